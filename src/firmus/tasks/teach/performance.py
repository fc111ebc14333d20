"""A performance beside its score: wrong, missing and extra notes, timing, tempo and loudness, with a picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from firmus.analysis.features import pitch_name
from firmus.analysis.performance import Alignment, Pair, Place, align
from firmus.errors import InvalidBrief
from firmus.notation.spelling import Spelling, name, spell
from firmus.render import heat
from firmus.render.pages import performance as page
from firmus.score import TICKS_PER_QUARTER, Key, Score
from firmus.timing import bar_at, bars, beat, seconds

FEWEST = 0.4  # agreement below which it is taken for another piece
LATE = 0.08  # seconds from which on a note counts as early or late
COLOURS = {"missing": "#c8102e", "wrong": "#d97700", "late": "#2563b0", "early": "#7a3fb0"}


@dataclass(frozen=True, slots=True)
class Performed:
    """A performance that was compared with its score.

    Parameters
    ----------
    score, performance : Score
    alignment : Alignment
    """

    score: Score
    performance: Score
    alignment: Alignment

    def as_dict(self) -> dict[str, Any]:
        """Plain values that JSON can hold; ``docs/teaching.md`` describes them."""
        found = self.alignment
        late = np.array([pair.late for pair in found.matched])
        tempi = self._tempi()
        uneven = [pair for pair in found.matched if abs(pair.late) > LATE]
        loudness = [pair.played.velocity for pair in found.matched]
        steady = [row["tempo"] for row in tempi]
        return {
            "title": self.score.title,
            "notes": sum(len(part.notes) for part in self.score.parts if not part.is_drums),
            "agreement": round(found.agreement, 4),
            "correct": len(found.matched),
            "wrong": [
                self._row(pair.written) | {"played": pitch_name(pair.played.pitch, self._key)} for pair in found.wrong
            ],
            "missing": [self._row(place) for place in found.missing],
            "extra": [self._extra(place) for place in found.extra],
            "uneven": [self._row(pair.written) | {"late": round(pair.late, 3)} for pair in uneven],
            "timing": {"deviation": round(float(late.std()), 4), "late": round(float(np.mean(late > LATE)), 3),
                       "early": round(float(np.mean(late < -LATE)), 3)},
            "tempo": {"mean": round(float(np.mean(steady)), 1) if steady else None,
                      "written": round(self.score.tempi[0].bpm, 1),
                      "variation": round(float(np.std(steady) / np.mean(steady)), 4) if steady else None},
            "dynamics": {"mean": round(float(np.mean(loudness)), 1),
                         "softest": min(loudness), "loudest": max(loudness)},
            "bars": tempi,
        }  # fmt: skip

    def html(self, language: str = "en") -> str:
        """A page: the score with the notes marked, tempo and loudness by bar, and every note that was not right."""
        return page.page(self.as_dict(), self.marked(), language)

    def marked(self) -> str:
        """The score, engraved, with wrong, missing, late and early notes in colours; SVG."""
        found = self.alignment
        shades = {
            (pair.written.part, pair.written.note): COLOURS["late" if pair.late > 0 else "early"]
            for pair in found.matched
            if abs(pair.late) > LATE
        }
        shades |= {(pair.written.part, pair.written.note): COLOURS["wrong"] for pair in found.wrong}
        shades |= {(place.part, place.note): COLOURS["missing"] for place in found.missing}
        return heat.on_score(self.score, shades)

    @property
    def _key(self) -> Key | None:
        """By which played notes are named, which have no spelling."""
        return self.score.keys[0] if self.score.keys else None

    def _row(self, place: Place) -> dict[str, Any]:
        every, note = bars(self.score), self.score.parts[place.part].notes[place.note]
        bar = every[bar_at(every, note.start)]
        return {
            "bar": bar.number,
            "beat": round((note.start - bar.start + bar.place) / beat(bar.meter) + 1, 3),
            "note": name(_spelled(self.score)[place.part][place.note]),
            "id": f"{place.part}-{place.note}",
        }

    def _extra(self, place: Place) -> dict[str, Any]:
        """A played note that is not written: its pitch, and the last written bar that had begun."""
        before = [pair.written for pair in self.alignment.matched if pair.played.onset <= place.onset]
        bar = self._row(before[-1])["bar"] if before else bars(self.score)[0].number
        return {"bar": bar, "seconds": round(place.onset, 3), "note": pitch_name(place.pitch, self._key)}

    def _tempi(self) -> list[dict[str, Any]]:
        """Of each bar in which notes agree: its number, tempo in quarter notes a minute, and mean loudness."""
        every, rows = bars(self.score), []
        by_bar: dict[int, list[Pair]] = {}
        for pair in self.alignment.matched:
            start = self.score.parts[pair.written.part].notes[pair.written.note].start
            by_bar.setdefault(bar_at(every, start), []).append(pair)
        at = _onsets_of(self.alignment)
        origin = min((note.start for part in self.score.parts if not part.is_drums for note in part.notes), default=0)
        begin = seconds(self.score, origin)
        for place, pairs in sorted(by_bar.items()):
            first, last = every[place].start, every[place].end
            lasts = at(seconds(self.score, last) - begin) - at(seconds(self.score, first) - begin)
            if lasts > 0:
                tempo = 60 * (last - first) / TICKS_PER_QUARTER / lasts
                loudness = float(np.mean([pair.played.velocity for pair in pairs]))
                rows.append({"bar": every[place].number, "tempo": round(tempo, 1), "loudness": round(loudness, 1)})
        return rows


def _onsets_of(alignment: Alignment) -> Callable[[float], float]:
    """From seconds of the score to seconds of the performance, through the notes that agree."""
    means: dict[float, list[float]] = {}
    for pair in alignment.matched:
        means.setdefault(pair.written.onset, []).append(pair.played.onset)
    known = np.array(sorted(means))
    where = np.maximum.accumulate([float(np.median(means[each])) for each in known.tolist()])

    def at(onset: float) -> float:
        if len(known) > 1 and not known[0] <= onset <= known[-1]:  # as fast as the two notes next to it
            one, two = (0, min(4, len(known) - 1)) if onset < known[0] else (max(-5, -len(known)), -1)
            slope = (where[two] - where[one]) / (known[two] - known[one])
            end = 0 if onset < known[0] else -1
            return float(where[end] + slope * (onset - known[end]))
        return float(np.interp(onset, known, where))

    return at


@lru_cache(maxsize=1)
def _spelled(score: Score) -> list[list[Spelling]]:
    """Name of every note of every part."""
    return spell(score)


def compare(score: Score, performance: Score) -> Performed:
    """Compare a performance with its score.

    Parameters
    ----------
    score : Score
    performance : Score
        As it was played, in its own time.

    Raises
    ------
    InvalidBrief
        Where either has no notes of a pitch, or they are different pieces.
    """
    for what, piece in (("score", score), ("performance", performance)):
        if not any(part.notes for part in piece.parts if not part.is_drums):
            raise InvalidBrief(f"the {what} has no notes of a pitch: there is nothing to compare")
    found = align(score, performance)
    if found.agreement < FEWEST:
        raise InvalidBrief(
            f"only {found.agreement:.0%} of the notes agree, and {FEWEST:.0%} are needed: is it another piece?"
        )
    return Performed(score, performance, found)
