"""Engines: models that others made and trained, played from a folder that a person has, one architecture a file.

They are run by ``transformers`` and PyTorch (``pip install 'firmus[large]'``), which nothing else needs to compose; so
this room is entered by name alone (`firmus.plugins`), when such a model is asked for. Nothing is fetched: weights are
read from a local folder in Hugging Face's layout, in safetensors, and no code that comes with them is run.

Every engine module has

``ARCHITECTURES``
    the values of ``model_type`` in ``config.json`` that it plays;
``TASKS``, ``CONTROLS``
    what it can be asked to do, and to obey;
``described(folder, config) -> dict``
    ``title``, ``description``, ``representation`` and ``shape`` of the model's card, from ``config.json`` alone;
    a `firmus.errors.ModelError` where it is of the architecture and still another thing;
``load``
    takes a name or a card, returns the model, cached in memory (`firmus.runtime.model_cache.ModelLoader`).
"""
