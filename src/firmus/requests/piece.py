"""The piece that a request is about: its length, key and tempo, and which of its parts is the melody or the bass."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from firmus.analysis import keys
from firmus.analysis.melody import bass_part, melody_part
from firmus.score import Key, Meter, Score
from firmus.timing import bars, seconds

VOICES, PIANOS, VIOLINS, LOW_STRINGS = range(52, 55), range(8), range(40, 41), range(41, 44)  # programs


@dataclass(frozen=True)
class Piece:
    """An open piece.

    Parameters
    ----------
    score : Score
    """

    score: Score
    bars: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "bars", max(bar.number for bar in bars(self.score)))

    @property
    def names(self) -> list[str]:
        """Name of each part, its number where it has none or one that others have, too."""
        all_names = [part.name.strip() for part in self.score.parts]
        return [
            name if name and all_names.count(name) == 1 else str(number) for number, name in enumerate(all_names, 1)
        ]

    @cached_property
    def key(self) -> Key | None:
        """The key at the beginning: written, or else estimated."""
        if self.score.keys:
            return self.score.keys[0]
        estimate = keys.estimate(self.score)
        return estimate.key if estimate else None

    @property
    def meter(self) -> Meter:
        """The meter at the beginning."""
        return self.score.meters[0]

    @property
    def tempo(self) -> float:
        """Quarter notes a minute, at the beginning."""
        return self.score.tempi[0].bpm

    @cached_property
    def seconds(self) -> float:
        """How long it lasts, in whole bars."""
        return seconds(self.score, max(self.score.end, bars(self.score)[-1].end))

    @property
    def by_height(self) -> list[int]:
        """Pitched parts, from 0, the highest first."""
        pitched = [place for place, part in enumerate(self.score.parts) if not part.is_drums]
        return sorted(pitched, key=lambda place: -self._height(place))

    @cached_property
    def roles(self) -> dict[str, tuple[int, ...]]:
        """Parts, from 0, by what they are in the piece; empty where it has none such."""
        parts = self.score.parts
        pitched = [place for place, part in enumerate(parts) if not part.is_drums]
        drums = tuple(place for place, part in enumerate(parts) if part.is_drums)
        names = [part.name.casefold() for part in parts]
        melody = [p for p in pitched if parts[p] is melody_part(self.score)] or pitched[:1]
        bass = [p for p in pitched if "bass" in names[p]] or [p for p in pitched if parts[p] is bass_part(self.score)]
        low = [place for place in bass[:1] if place not in melody] or pitched[-1:]
        violins = tuple(p for p in pitched if parts[p].program in VIOLINS or "violin" in names[p])
        by_height = self.by_height

        def named(*words: str) -> tuple[int, ...]:
            return tuple(place for place in pitched if any(word in names[place] for word in words))

        def played(programs: range) -> tuple[int, ...]:
            return tuple(place for place in pitched if parts[place].program in programs)

        return {
            "all": tuple(range(len(parts))),
            "melody": tuple(melody),
            "voice": named("voice", "vocal", "soprano", "singer") or played(VOICES)[:1],
            "bass": tuple(low),
            "inner": tuple(place for place in pitched if place not in melody and place not in low),
            "top": tuple(melody),
            "outer": tuple(sorted({*melody, *low})),
            "upper": tuple(sorted(by_height[: max(1, len(by_height) - 1)])),
            "lower": tuple(place for place in pitched if place not in melody),
            "low_strings": tuple(p for p in pitched if parts[p].program in LOW_STRINGS and p not in violins),
            "strings": played(range(40, 46)),
            "violins": violins,
            "accompaniment": tuple(place for place in range(len(parts)) if place not in melody),
            "right": named("right"),
            "left": named("left"),
            "both": named("piano") or tuple(p for p in played(PIANOS) if p not in melody),
            "drums": drums,
            "one": violins[:1] if len(violins) > 1 else (),
            "two": violins[1:2],
            "viola": tuple(place for place in pitched if parts[place].program == 41),
            "cello": tuple(place for place in pitched if parts[place].program == 42),
        }

    def _height(self, place: int) -> float:
        notes = self.score.parts[place].notes
        return float(np.mean([note.pitch for note in notes])) if notes else -float(place)
