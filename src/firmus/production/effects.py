"""Sound effects as files: the sound, a picture of it, and the settings that make it again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from firmus import formats
from firmus._version import __version__
from firmus.brief_fields import LIMITS, Limits
from firmus.composing.commission import draw_seed
from firmus.errors import InvalidBrief, unknown
from firmus.render import mastering, soundtrack, spectrogram, synth, wave_chunks
from firmus.render.effects.kinds import KINDS, Kind, make
from firmus.render.effects.settings import Settings
from firmus.render.files import check_absent
from firmus.work import Origin

LOUDNESS = -20.0
SHORTEST, SHORTEST_STEADY = 0.05, 1.0
DIALS = ("pitch", "brightness", "tone", "space", "rate")
RANGES = {
    "pitch": Limits(20, 12_000, unit=" Hz"),
    "brightness": Limits(0, 1),
    "tone": Limits(0, 1),
    "space": Limits(0, 1),
    "rate": Limits(0.02, 2000, unit=" a second"),
    "loudness": Limits(*soundtrack.LOUDNESS, unit=" LUFS"),
    "seed": LIMITS["seed"],
}


@dataclass(frozen=True, slots=True)
class Effect:
    """A sound effect: its kind, its sound, whether that is a loop, and where it comes from."""

    kind: str
    audio: synth.Audio
    loop: bool
    origin: Origin

    def encoded(self) -> bytes:
        """A WAV file of 24 bits, with the loop points of a loop."""
        settings = ", ".join(f"{name} {value}" for name, value in self.origin.brief.items())
        tags = {"title": self.kind, "comment": settings, "software": f"Firmus {self.origin.firmus}"}
        data = synth.encode(self.audio, ".wav", tags, bits=24)
        frames, rate = len(self.audio.samples), self.audio.sample_rate
        return wave_chunks.with_loop(data, frames, rate) if self.loop else data

    def save(self, path: str | Path, *, force: bool = False) -> list[Path]:
        """Write the sound (``.wav``), and beside it its picture (``.png``) and its settings (``.json``).

        Raises
        ------
        OutputExists
            Where one of them is there, unless `force`.
        InvalidBrief
            Where the file is no ``.wav``.
        """
        target = Path(path)
        if target.suffix.lower() != ".wav":
            raise InvalidBrief(f"a sound effect is a .wav file, not {target.name[:80]!r}: it may hold loop points")
        document = {"format": "firmus-effect", "version": 1, "origin": asdict(self.origin)}
        contents = {
            target: self.encoded(),
            target.with_suffix(".png"): spectrogram.png(self.audio, f"{self.kind}, seed {self.origin.seed}"),
            target.with_suffix(".json"): (json.dumps(document, ensure_ascii=False) + "\n").encode(),
        }
        for each in contents:
            check_absent(each, force)
        for each, data in contents.items():
            formats.save(data, each)
        return list(contents)


def effect(
    kind: str,
    *,
    seconds: float | None = None,
    loop: bool = False,
    loudness: float = LOUDNESS,
    seed: int | None = None,
    **dials: float | None,
) -> Effect:
    """Synthesise a sound effect.

    Parameters
    ----------
    kind : str
        Such as ``"riser"``; see `firmus.render.effects.kinds`.
    seconds : float, optional
    loop : bool
        Whether its end leads into its beginning; ambiences alone.
    loudness : float
        LUFS, -40 to -8.
    seed : int, optional
    **dials
        `pitch` (hertz), `brightness`, `tone`, `space` (0 to 1), `rate` (a second); the kind's own by default.

    Raises
    ------
    InvalidBrief

    Examples
    --------
    >>> made = effect("coin", seconds=0.5, seed=4)
    >>> made.audio.seconds, made.origin.measured["loudness"]
    (0.5, -20.0)
    """
    drawn = draw_seed() if seed is None else seed
    chosen, length, values = _read(kind, seconds, loop, dials, {"loudness": loudness, "seed": drawn})
    name = chosen.name
    numbers = {each: float(values[each]) for each in DIALS}
    settings = Settings(seconds=length, loop=loop, generator=np.random.default_rng([drawn, list(KINDS).index(name)]),
                        **numbers)  # fmt: skip
    audio = make(chosen, settings, float(loudness))
    asked = {"effect": name, "seconds": length, **numbers, "loop": loop, "loudness": loudness, "seed": drawn}
    if chosen.rate is None:
        del asked["rate"]
    measured = {
        "seconds": round(audio.seconds, 3),
        "loudness": round(mastering.loudness(audio.samples, audio.sample_rate), 1),
        "true_peak": round(soundtrack.true_peak(audio.samples, loop), 2),
    }
    origin = Origin(firmus=__version__, model="rules", weights="", task="effects", seed=drawn, brief=asked,
                    measured=measured, ai_generated=False)  # fmt: skip
    return Effect(name, audio, loop, origin)


def check(kind: str, settings: Mapping[str, Any]) -> None:
    """Refuse what `effect` would refuse, without a sound.

    Raises
    ------
    InvalidBrief
    """
    named = ("seconds", "loop", "loudness", "seed")
    others = {"loudness": settings.get("loudness", LOUDNESS), "seed": settings.get("seed") or 0}
    dials = {name: value for name, value in settings.items() if name not in named}
    _read(kind, settings.get("seconds"), bool(settings.get("loop")), dials, others)


def _read(kind: str, seconds: float | None, loop: bool, dials: dict[str, float | None],
          others: dict[str, Any]) -> tuple[Kind, float, dict[str, Any]]:  # fmt: skip
    """The kind of an effect, its length, and all numbers, each within its range."""
    name = str(kind).strip().lower()
    if name not in KINDS:
        raise InvalidBrief(unknown("sound effect", str(kind), KINDS))
    chosen = KINDS[name]
    length = _length(chosen, seconds)
    values = _dials(chosen, dials) | others
    for each, value in values.items():
        if not RANGES[each].hold(value) and (each != "rate" or dials.get("rate") is not None):
            limits = RANGES[each]
            raise InvalidBrief(f"{each} {value!r} must be {limits.low:g} to {limits.high:,g}{limits.unit}")
    if loop and not chosen.loops:
        raise InvalidBrief(f"{name} has an end, and is no loop: {', '.join(_looping())} can be loops")
    return chosen, length, values


def _length(kind: Kind, seconds: float | None) -> float:
    length = kind.seconds if seconds is None else seconds
    limits = Limits(SHORTEST_STEADY if kind.loops else SHORTEST, kind.longest, unit=" seconds")
    if not limits.hold(length):
        raise InvalidBrief(f"length {length!r} of {kind.name} must be {limits.low:g} to {limits.high:g} seconds")
    return float(length)


def _dials(kind: Kind, given: dict[str, float | None]) -> dict[str, float]:
    usual = {"pitch": kind.pitch, "brightness": 0.5, "tone": kind.tone, "space": kind.space, "rate": kind.rate or 0.0}
    asked = {name: value for name, value in given.items() if value is not None}
    for name in asked:
        if name not in DIALS:
            raise InvalidBrief(unknown("setting", name, DIALS))
    if "rate" in asked and kind.rate is None:
        having = ", ".join(name for name, each in KINDS.items() if each.rate is not None)
        raise InvalidBrief(f"{kind.name} has no rate: {having} have one")
    return usual | asked


def _looping() -> list[str]:
    return [name for name, kind in KINDS.items() if kind.loops]
