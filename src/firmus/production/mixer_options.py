"""A mixer's settings in words: ``melody=-3,bass=+2``, a part or all of them, and what each is set to.

Each setting is a list of values, divided by commas: ``PART=VALUE``, the part by its name or number, or the value alone
for every part. What is said later of a part replaces what was said earlier.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from firmus.composing.selection import find_part
from firmus.errors import InvalidBrief
from firmus.render.mixing import Channel, Mixer
from firmus.render.soundfont import SoundFont
from firmus.score import Score
from firmus.translation.vocabulary import plain

SETTINGS = ("volume", "pan", "eq", "reverb")
"""Settings that are numbers; of ``eq`` three, as in ``bass=+3/0/-2``: low, middle, high."""


def mixer(
    score: Score,
    *,
    instrument: str | None = None,
    synthesizer: str | None = None,
    files: Mapping[str, os.PathLike[str]] | None = None,
    **settings: str | None,
) -> Mixer:
    """Read a mixer's settings.

    Parameters
    ----------
    score : Score
    instrument : str, optional
        SoundFonts that play parts: ``"melody=my.sf2"``.
    synthesizer : {"firmus", "fluidsynth"}, optional
    files : mapping, optional
        Files of the SoundFonts by what `instrument` calls them; it names the files themselves where this is left out.
    **settings
        `volume` (dB), `pan` (-1 to 1), `eq` (three of dB: low/middle/high), `reverb` (0 to 1), as text.

    Raises
    ------
    InvalidBrief, FirmusError

    Examples
    --------
    >>> from firmus.score import Part
    >>> score = Score((Part("Melody"), Part("Bass")))
    >>> mixer(score, volume="-1, bass=2", eq="bass=+3/0/-2").channel(1).low
    3.0
    """
    channels: dict[int, Channel] = {}
    for name in SETTINGS:
        for places, value in _assigned(score, name, settings.get(name)):
            for place in places:
                channels[place] = replace(channels.get(place, Channel()), **_numbers(name, value))
    fonts: dict[str, SoundFont] = {}
    for places, name in _assigned(score, "instrument", instrument):
        if name not in fonts:
            fonts[name] = SoundFont(os.path.expanduser(name) if files is None else files[name])
        if not fonts[name].presets:
            raise InvalidBrief(f"instrument {name!r} holds no preset: it plays nothing")
        for place in places:
            channels[place] = replace(channels.get(place, Channel()), font=fonts[name])
    return Mixer(channels, synthesizer or "firmus")


def values(text: str) -> list[str]:
    """What parts are set to, in the order of the text.

    Examples
    --------
    >>> values("melody=my.sf2, other.sf2")
    ['my.sf2', 'other.sf2']
    """
    return [item.rpartition("=")[2].strip() for item in _items(text) if item.strip()]


def _items(text: str) -> list[str]:
    return text.replace("，", ",").split(",")


def _assigned(score: Score, name: str, text: str | None) -> Iterator[tuple[tuple[int, ...], str]]:
    """Places of the parts, and value, of each item of a list."""
    for item in _items(text or ""):
        part, sign, value = item.rpartition("=")
        if not item.strip():
            continue
        if not value.strip() or (sign and not part.strip()):
            raise InvalidBrief(f"{name} {item.strip()!r} must be PART=VALUE, such as {EXAMPLES[name]}")
        yield (find_part(score, part),) if sign else tuple(range(len(score.parts))), value.strip()


def _numbers(name: str, value: str) -> dict[str, Any]:
    names = ("low", "middle", "high") if name == "eq" else (name,)
    try:
        numbers = [float(each) for each in plain(value).split("/")]
    except ValueError:
        numbers = []
    if len(numbers) != len(names):
        raise InvalidBrief(f"{name} {value!r} must be as in {EXAMPLES[name]}")
    return dict(zip(names, numbers, strict=True))


EXAMPLES = {"volume": "melody=-3", "pan": "melody=-0.5", "eq": "bass=+3/0/-2", "reverb": "melody=0.3",
            "instrument": "melody=my.sf2"}  # fmt: skip
