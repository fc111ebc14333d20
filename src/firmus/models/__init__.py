"""Model definitions in PyTorch, one readable file each; used by training and export only.

Every model module has

``TITLE``
    its name in words;
``KIND``
    ``"stepper"`` (prefill and step, one token after another) or ``"latent"`` (encode and decode);
``Config``
    a frozen dataclass, the ``[model]`` table of a recipe;
``build(config, vocabulary) -> torch.nn.Module``
    the network, whose ``forward(batch)`` gives logits;
``graph(network, name) -> onnx.ModelProto``
    the same function as an ONNX graph for `firmus.runtime`.
"""
