"""MusicGen: audio from a text prompt.

What it is
    A text encoder (T5), a causal transformer over audio codes, and the codec (EnCodec) that decodes them. It generates
    audio, not notes: there is no score, and the only controls are the prompt and the length.
Paper
    Copet et al., *Simple and Controllable Music Generation* (2023, arXiv 2306.05284).
Conventions
    Samples are float32 (frames, 2), full scale 1.0; mono is duplicated. One piece is generated at a time,
    as PyTorch's random state is global to the process.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firmus.engines import _opening
from firmus.errors import ModelError
from firmus.runtime.model_cache import ModelLoader
from firmus.runtime.weights import Card

ARCHITECTURES = ("musicgen",)
TASKS = ("sound",)
CONTROLS = ("prompt", "seconds")
GUIDANCE = 3.0  # scale of classifier-free guidance, as in the paper (section 3)
_lock = threading.Lock()


def described(folder: Path, config: dict[str, Any]) -> dict[str, Any]:
    """Fields of the model's card.

    Raises
    ------
    ModelError
        Where a component is missing in ``config.json``.
    """
    try:
        layers, codec = config["decoder"]["num_hidden_layers"], config["audio_encoder"]
        shape = {"vocabulary": int(config["decoder"]["vocab_size"]), "rate": int(codec["sampling_rate"])}
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{folder}: config.json says nothing of {error}: it must describe a whole MusicGen") from None
    if not 8_000 <= shape["rate"] <= 96_000:
        raise ModelError(f"{folder}: {shape['rate']} frames a second: a sound file has 8,000 to 96,000")
    return {
        "title": f"MusicGen ({layers} layers)",
        "description": f"Sound of a prompt in words, {shape['rate']:,} frames a second; no notes.",
        "representation": "",
        "shape": shape,
    }


class Musicgen:
    """The model in memory, with its tokenizer.

    Parameters
    ----------
    card : Card
    """

    def __init__(self, card: Card) -> None:
        self.torch, transformers = _opening.libraries()
        self.card, self.network = _opening.model(card, "MusicgenForConditionalGeneration")
        if not (card.folder / "tokenizer.json").is_file():
            raise ModelError(f"{card.folder}: tokenizer.json is missing: nothing can read words")
        try:
            self.tokenizer = transformers.AutoTokenizer.from_pretrained(
                card.folder, local_files_only=True, trust_remote_code=False
            )
        except Exception as error:  # whatever the library raises for missing files
            first = (str(error).strip() or repr(error)).splitlines()[0]
            raise ModelError(f"{card.folder}: its tokenizer cannot be read: {first[:160]}") from None

    def play(
        self, prompt: str, seconds: float, seed: int, temperature: float, on_progress: Callable[[int, int], None]
    ) -> tuple[NDArray[np.float32], int]:
        """Audio (frames, 2) of a prompt, and frames a second.

        Parameters
        ----------
        prompt : str
        seconds : float
        seed : int
            0 to 2**63 - 1.
        temperature : float
            0 is greedy decoding.
        on_progress : callable
            Takes the steps that are done and how many there are.
        """
        codec, decoder = self.network.config.audio_encoder, self.network.config.decoder
        steps = int(np.ceil(seconds * codec.frame_rate)) + decoder.num_codebooks - 1
        inputs = self.tokenizer([prompt], return_tensors="pt").to(self.network.device)
        sampling: dict[str, Any] = {"do_sample": False, "temperature": 1.0, "top_k": 50}
        if temperature > 0:
            sampling = {"do_sample": True, "temperature": temperature, "top_k": min(250, decoder.vocab_size)}
        with _lock, self.torch.random.fork_rng(), self.torch.inference_mode():
            self.torch.manual_seed(seed)
            waves = self.network.generate(
                input_ids=inputs["input_ids"],
                attention_mask=inputs["attention_mask"],
                max_new_tokens=steps,
                guidance_scale=GUIDANCE,
                streamer=_ProgressStreamer(steps, on_progress),
                **sampling,
            )
        samples = waves[0].float().cpu().numpy().T[: round(seconds * codec.sampling_rate)]
        if not np.isfinite(samples).all():
            raise ModelError(f"model {self.card.name!r} made numbers out of range: its weights are damaged")
        return np.ascontiguousarray(np.broadcast_to(samples, (len(samples), 2)), np.float32), int(codec.sampling_rate)


class _ProgressStreamer:
    """Reports each generated step, as a streamer of transformers."""

    def __init__(self, total: int, on_progress: Callable[[int, int], None]) -> None:
        self.total, self.on_progress, self.done = total, on_progress, -1  # the prompt is put first

    def put(self, value: Any) -> None:
        self.done += 1
        if self.done > 0:
            self.on_progress(self.done, self.total)

    def end(self) -> None:
        self.on_progress(self.total, self.total)


load = ModelLoader(Musicgen)
