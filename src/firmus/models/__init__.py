"""Model definitions in PyTorch, one readable file each; used by training and export only.

Every model module has

``TITLE``
    its name in words;
``KIND``
    ``"stepper"`` (prefill and step, one token after another), ``"latent"`` (encode and decode windows of a raster),
    ``"scorer"`` (likelihood of whole pieces, for measuring and comparing), ``"listener"`` (what is measured of music
    in, chances of labels or of notes out) or ``"instrument"`` (a point of timbre, pitch and velocity in, sound out);
``Config``
    a frozen dataclass, the ``[network]`` table of a recipe;
``build(config, shape) -> torch.nn.Module``
    the network;
``graph(network) -> onnx.ModelProto``
    of a stepper, scorer or listener: the same function as an ONNX graph for `firmus.runtime`;
``graphs(network) -> dict of onnx.ModelProto``, ``facts(network) -> dict``
    of a latent model: its functions as ONNX graphs by name, and what `firmus.runtime.latent` must know of them; of an
    instrument the same for `firmus.runtime.timbre` or `firmus.runtime.waveform`;
``RATE``, ``SECONDS``, ``PITCHED``, ``sizes(network) -> dict of int``
    of an instrument: samples a second and seconds of the notes that it learns from, and whether they must have one
    pitch; its sizes, for the card;
``example(generator) -> (network, dict of arrays)``
    of a listener: a small network with fresh weights, and inputs for it by name, for the tests of all models; of an
    instrument inputs for each of its graphs.

Every network has

``PHASES``
    the phases of a step of training, in order; one may stand there several times;
``phase_modules(phase) -> list of torch.nn.Module``
    whose weights are learnt in a phase;
``loss(phase, batch, share) -> (loss, metrics)``
    what is to be minimised in a phase, and what else is worth telling, each a number by name. `batch` is that of
    `firmus.learning.batches`, `share` how much of the training is over, 0 to 1;
``forward(tokens, slots) -> logits``
    of a stepper or scorer;
``judge(*inputs) -> tuple of Tensor``
    of a listener: what its graph computes, output by output;
``sample(count, bar, bars) -> values``
    of a latent model, where it can: windows drawn at random, so that training notices when it begins to copy.
"""
