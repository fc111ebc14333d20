"""Model definitions in PyTorch, one readable file each; used by training and export only.

Every model module has

``TITLE``
    its name in words;
``KIND``
    ``"stepper"`` (prefill and step, one token after another), ``"latent"`` (encode and decode) or ``"scorer"``
    (likelihood of whole pieces, for measuring and comparing);
``Config``
    a frozen dataclass, the ``[network]`` table of a recipe;
``build(config, shape) -> torch.nn.Module``
    the network, whose ``forward(tokens, slots)`` gives logits;
``graph(network) -> onnx.ModelProto``
    the same function as an ONNX graph for `firmus.runtime`.
"""
