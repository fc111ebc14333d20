"""MusicGen: a prompt in words becomes sound.

What it is
    A text encoder (T5), a causal transformer over the codes of sound, and the codec (EnCodec) that plays them. It makes
    sound, not notes: there is no score, and nothing in it can be fixed but the words and the length.
Paper
    Copet et al., *Simple and Controllable Music Generation* (2023, arXiv 2306.05284).
Conventions
    Samples are float32 (frames, 2), full scale 1.0; of one channel both sides are alike. One piece is made at a time,
    as PyTorch's random numbers belong to the whole process.
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
GUIDANCE = 3.0  # how much more the words count than chance, as in the paper (section 3)
_turn = threading.Lock()


def described(folder: Path, config: dict[str, Any]) -> dict[str, Any]:
    """What the card says.

    Raises
    ------
    ModelError
        Where a part of it is missing in ``config.json``.
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
    """The model in memory, with the reader of its words.

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
            self.words = transformers.AutoTokenizer.from_pretrained(
                card.folder, local_files_only=True, trust_remote_code=False
            )
        except Exception as error:  # whatever the library makes of missing files
            first = (str(error).strip() or repr(error)).splitlines()[0]
            raise ModelError(f"{card.folder}: its tokenizer cannot be read: {first[:160]}") from None

    def play(
        self, prompt: str, seconds: float, seed: int, temperature: float, told: Callable[[int, int], None]
    ) -> tuple[NDArray[np.float32], int]:
        """Sound (frames, 2) of a prompt, and frames a second.

        Parameters
        ----------
        prompt : str
        seconds : float
        seed : int
            0 to 2**63 - 1.
        temperature : float
            0 takes the likeliest.
        told : callable
            Takes the steps that are done and how many there are.
        """
        codec, decoder = self.network.config.audio_encoder, self.network.config.decoder
        steps = int(np.ceil(seconds * codec.frame_rate)) + decoder.num_codebooks - 1
        given = self.words([prompt], return_tensors="pt").to(self.network.device)
        how: dict[str, Any] = {"do_sample": False, "temperature": 1.0, "top_k": 50}
        if temperature > 0:
            how = {"do_sample": True, "temperature": temperature, "top_k": min(250, decoder.vocab_size)}
        with _turn, self.torch.random.fork_rng(), self.torch.inference_mode():
            self.torch.manual_seed(seed)
            waves = self.network.generate(
                input_ids=given["input_ids"], attention_mask=given["attention_mask"], max_new_tokens=steps,
                guidance_scale=GUIDANCE, streamer=_Steps(steps, told), **how,
            )  # fmt: skip
        sides = waves[0].float().cpu().numpy().T[: round(seconds * codec.sampling_rate)]
        if not np.isfinite(sides).all():
            raise ModelError(f"model {self.card.name!r} made numbers out of range: its weights are damaged")
        return np.ascontiguousarray(np.broadcast_to(sides, (len(sides), 2)), np.float32), int(codec.sampling_rate)


class _Steps:
    """Hears of each step that is done, as a streamer of transformers."""

    def __init__(self, total: int, told: Callable[[int, int], None]) -> None:
        self.total, self.told, self.done = total, told, -1  # what is put first is what was given

    def put(self, value: Any) -> None:
        self.done += 1
        if self.done > 0:
            self.told(self.done, self.total)

    def end(self) -> None:
        self.told(self.total, self.total)


load = ModelLoader(Musicgen)
