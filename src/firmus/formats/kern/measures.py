"""The measures of a piece while it is read: barlines, signatures, tempi and labels at their ticks."""

from __future__ import annotations

import re

from firmus.errors import FormatError
from firmus.formats._written.measures import MAX_WRITTEN, Position, WrittenMeasure, rounded
from firmus.formats.kern import interpretations, sections
from firmus.score import Meter


class Measures:
    """Measures as written, the tick at which each begins, and the labels of passages."""

    def __init__(self) -> None:
        self.written = [WrittenMeasure()]
        self.starts: list[Position] = [0]
        self.labels: dict[str, int] = {}  # first measure of each passage
        self.expansion: list[str] = []  # labels in the order in which they are played
        self._meter: Meter | None = None  # to begin with the next measure
        self._bar = 0  # ticks of a full one
        self._signatures: dict[tuple[int, int], int] = {}  # track and place to index in the keys of this measure
        self._keyed: set[int] = set()  # tracks that have had a key

    def take(self, track: int, token: str, tick: Position, before: Position) -> None:
        """Take a barline or an interpretation; what says nothing of measures is passed over.

        Parameters
        ----------
        track : int
            The spine's.
        token : str
            Or the barlines of all spines.
        tick, before : int or Fraction
            Ticks of the next notes and of those before.
        """
        if token.startswith("="):
            self._barline(token, tick, before)
        elif token.startswith("*>"):
            self._label(token, tick)
        elif token.startswith("!!!OMD"):
            self._tempo(interpretations.metronome(token), tick)
        elif token.startswith("*MM"):
            self._tempo(interpretations.tempo(token), tick)
        elif token.startswith("*M"):
            self._meter = interpretations.meter(token) or self._meter
            if tick == self.starts[-1]:
                self._set_meter()
        else:
            self._key(track, token, self._place(tick))

    def end(self, tick: Position) -> None:
        """End the last measure; what stands after the last note is no measure."""
        self.written[-1].length = self._place(tick)
        if tick == self.starts[-1] and len(self.written) > 1:
            del self.written[-1], self.starts[-1]
        self.labels = {name: first for name, first in self.labels.items() if first < len(self.written)}
        for measure in self.written:
            if 0 in measure.sections and sections.is_ending(measure.sections[0], self.labels):
                del measure.sections[0]

    def _place(self, tick: Position) -> int:
        return rounded(tick) - rounded(self.starts[-1])

    def _begin(self, tick: Position) -> None:
        """Begin a measure where the one before has music."""
        if tick == self.starts[-1]:
            return
        if len(self.written) == MAX_WRITTEN:
            raise FormatError(f"more than {MAX_WRITTEN:,} measures")
        self.written[-1].length = self._place(tick)
        self.written.append(WrittenMeasure())
        self.starts.append(tick)
        self._signatures.clear()
        self._set_meter()

    def _set_meter(self) -> None:
        self.written[-1].meter, self._meter = self.written[-1].meter or self._meter, None
        self._bar = self.written[-1].meter.bar if self.written[-1].meter else self._bar

    def _barline(self, token: str, tick: Position, before: Position) -> None:
        if "-" in token and self._bar:  # invisible, as in mensural music: notes sound over it, rests last several bars
            start = self.starts[-1]
            full_bars = int((tick - start) // self._bar)
            if start + full_bars * self._bar > before:
                for count in range(1, full_bars + 1):
                    self._begin(start + count * self._bar)
                tick = self.starts[-1]
        self._begin(tick)
        number, backward, forward = _barline(token)
        self.written[-1].number = number
        self.written[-1].forward |= forward
        if backward and len(self.written) > 1:
            self.written[-2].backward = 2

    def _label(self, token: str, tick: Position) -> None:
        self.expansion = self.expansion or sections.expansion(token)
        name = sections.label(token)
        if name:
            self._begin(tick)
            self.labels.setdefault(name, len(self.written) - 1)
            self.written[-1].sections[0] = name

    def _tempo(self, bpm: float | None, tick: Position) -> None:
        if bpm is not None:
            self.written[-1].tempi[self._place(tick)] = bpm

    def _key(self, track: int, token: str, place: int) -> None:
        """A signature; or the key there, which may differ by a sign, as in old minor. Later keys are analysis."""
        keys = self.written[-1].keys
        sharps, key = interpretations.signature(token), interpretations.designation(token)
        own = self._signatures.get((track, place))
        if sharps is not None:
            self._signatures[track, place] = len(keys)
            self._keyed.add(track)
            keys.append((track, place, sharps, ""))
        elif key is not None and (
            abs(keys[own][2] - key.signature) <= 1 if own is not None else track not in self._keyed
        ):
            self._keyed.add(track)
            keys.append((track, place, key.signature, key.church_mode or key.mode))


def _barline(token: str) -> tuple[str, bool, bool]:
    """Number of the measure after a barline, and whether repeats end and begin there.

    Examples
    --------
    >>> _barline("=12:|!|:"), _barline("==:|!"), _barline("=3-")
    (('12', True, True), ('', True, False), ('3', False, False))
    """
    number = re.match(r"=+(\d{1,9})?", token)
    return (
        number[1] or "" if number else "",
        re.search(r":[|!]", token) is not None,
        re.search(r"[|!]:", token) is not None,
    )
