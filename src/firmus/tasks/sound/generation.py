"""Text to audio: a prompt becomes a sound file, by a model that the user provides (`firmus.engines`).

It is no Work, for there is no Score; but its origin is recorded all the same, beside the file and in it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firmus import formats, plugins
from firmus._version import __version__
from firmus.brief_fields import LIMITS, Limits
from firmus.composing.commission import draw_seed
from firmus.errors import FormatError, InvalidBrief, unknown
from firmus.progress import Progress
from firmus.runtime.external import ENGINES
from firmus.runtime.weights import Card, cards, find_card
from firmus.work import Origin

if TYPE_CHECKING:
    from firmus.render.synth import Audio

LENGTH = Limits(1, 30, unit=" seconds")  # longer than the models were trained on
USUAL_SECONDS = 10.0
MOST_WORDS = 2000  # characters


@dataclass(frozen=True, slots=True)
class Sound:
    """Sound, and its origin."""

    audio: Audio
    origin: Origin

    def encoded(self, ending: str = ".wav", *, audible_label: bool = False, c2pa: bool = False) -> bytes:
        """Bytes of a sound file, whose tags and label say that it is AI-generated, as its first seconds may."""
        from firmus.render import audible, synth
        from firmus.rights.files import labelled_as
        from firmus.rights.manifest import of_origin

        comment = f"AI-generated: {self.origin.model}, seed {self.origin.seed}"
        tags = {
            "title": self.origin.brief["prompt"][:200],
            "comment": comment,
            "software": f"Firmus {self.origin.firmus}",
        }
        audio = audible.with_label(self.audio) if audible_label else self.audio
        return labelled_as(of_origin(self.origin), synth.encode(audio, ending, tags), ending, c2pa=c2pa)

    def as_dict(self) -> dict[str, Any]:
        """Plain values of its origin."""
        return {"format": "firmus-sound", "version": 1, "origin": asdict(self.origin)}

    def save(
        self, path: str | Path, *, force: bool = False, audible_label: bool = False, c2pa: bool = False
    ) -> list[Path]:
        """Write the sound file, and its origin beside it as ``NAME.json``.

        Raises
        ------
        OutputExists
            Where one of them exists already, unless `force`.
        """
        target = Path(path)
        beside = target.with_suffix(".json")
        check(target, force, c2pa)
        formats.save(self.encoded(target.suffix.lower(), audible_label=audible_label, c2pa=c2pa), target)
        formats.save((json.dumps(self.as_dict(), ensure_ascii=False) + "\n").encode(), beside)
        return [target, beside]


def check(target: Path, force: bool, c2pa: bool = False) -> None:
    """Refuse a file that cannot be written, before anything is generated."""
    from firmus.render import synth
    from firmus.render.files import check_absent
    from firmus.rights.files import check_marks

    if target.suffix.lower() not in synth.FILES:
        raise FormatError(unknown("file ending", target.suffix or target.name, synth.FILES))
    check_marks([target.suffix.lower()], c2pa=c2pa)
    for path in (target, target.with_suffix(".json")):
        check_absent(path, force)


def sound(
    prompt: str,
    *,
    seconds: float = USUAL_SECONDS,
    model: str | None = None,
    seed: int | None = None,
    temperature: float = 1.0,
    progress: Progress | None = None,
) -> Sound:
    """Generate audio from a text prompt.

    Parameters
    ----------
    prompt : str
        Description of the sound: ``"a calm piano in the rain"``.
    seconds : float
        1 to 30.
    model : str, optional
        Name of a model, or its folder; by default the only one there is.
    seed : int, optional
        0 to 2**63 - 1; one is drawn where it is not given.
    temperature : float
        0 (the likeliest) to 2.
    progress : callable, optional

    Raises
    ------
    InvalidBrief
        Where a value is out of range.
    ModelError
        Where no model generates audio.
    """
    drawn = draw_seed() if seed is None else seed
    chosen = choose(find_card(model) if model else None)
    check_values(prompt, seconds, drawn, temperature)
    from firmus.render import mastering, synth

    engine: Any = plugins.load(ENGINES, chosen.facts["engine"]).load(chosen)

    def on_progress(done: int, total: int) -> None:
        if progress:
            progress("sound", done, total)

    samples, rate = engine.play(prompt, float(seconds), drawn, float(temperature), on_progress)
    loud = mastering.loudness(samples, rate)
    brief = {"prompt": prompt, "seconds": seconds, "model": chosen.name, "seed": drawn, "temperature": temperature}
    measured = {
        "seconds": round(len(samples) / rate, 3),
        "sample_rate": rate,
        "loudness": round(loud, 1) if loud > -70 else None,
        "engine": {name: chosen.facts[name] for name in ("architecture", "licence")},
    }
    origin = Origin(
        firmus=__version__,
        model=chosen.name,
        weights=engine.card.digest,
        task="sound",
        seed=drawn,
        brief=brief,
        measured=measured,
    )
    return Sound(synth.Audio(samples, rate), origin)


def choose(requested: Card | None) -> Card:
    """The requested model, if it generates audio, or else the only one that does.

    Raises
    ------
    ModelError
    """
    if requested is not None:
        if "sound" not in requested.tasks:
            raise InvalidBrief(
                f"model {requested.name!r} makes no sound of words: it does {', '.join(requested.tasks)}"
            )
        return requested
    capable = [card for card in cards().values() if "sound" in card.tasks]
    if len(capable) != 1:
        known = ", ".join(card.name for card in capable) or "none here does: see docs/engines.md"
        raise InvalidBrief(f"say which model is to make sound of words: {known}")
    return capable[0]


def check_values(prompt: str, seconds: float, seed: int, temperature: float) -> None:
    """Refuse values that are out of range.

    Raises
    ------
    InvalidBrief
    """
    if not isinstance(prompt, str) or not 0 < len(prompt.strip()) <= len(prompt) <= MOST_WORDS:
        raise InvalidBrief(f"prompt {str(prompt)[:40]!r} must be words, {MOST_WORDS:,} characters at most")
    numbers = {"seconds": (seconds, LENGTH), "seed": (seed, LIMITS["seed"])}
    numbers["temperature"] = temperature, LIMITS["temperature"]
    for name, (value, limits) in numbers.items():
        if not limits.hold(value):
            raise InvalidBrief(f"{name} {value!r} must be {limits.low} to {limits.high}{limits.unit}")
