"""Engines: pretrained models of others, run from a local folder, one architecture a file.

They are run by ``transformers`` and PyTorch (``pip install 'firmus[large]'``), which nothing else needs to compose; so
modules here are loaded by name (`firmus.plugins`), when such a model is requested. Nothing is downloaded: weights are
read from a local folder in Hugging Face's layout, in safetensors, and no code that comes with them is run.

Every engine module has

``ARCHITECTURES``
    the values of ``model_type`` in ``config.json`` that it runs;
``TASKS``, ``CONTROLS``
    the tasks and controls that it supports;
``described(folder, config) -> dict``
    ``title``, ``description``, ``representation`` and ``shape`` of the model's card, from ``config.json`` alone;
    a `firmus.errors.ModelError` where it has the architecture but not the expected shape;
``load``
    takes a name or a card, returns the model, cached in memory (`firmus.runtime.model_cache.ModelLoader`).
"""
