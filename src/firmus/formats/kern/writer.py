"""Write one Score as Humdrum **kern: a spine for every staff, the lowest first, which splits where it has voices.

Preserved on reading: onsets, durations and pitches on the grid of notation; parts and their programs, the hands of a
keyboard; meters, keys, tempi, sections, pickup, title, composer. Not kept: velocities, drum keys, volume, pan, pedal,
chord symbols.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from firmus.formats.kern.instruments import code_of
from firmus.notation.grand_staff import joined
from firmus.notation.measures import Measure, PartLayout, Segment, lay_out
from firmus.notation.rhythm import TYPES, Value
from firmus.notation.spelling import Spelling, spell
from firmus.score import Key, Part, Score
from firmus.timing import Bar, written_bars

_WHOLE = 1920
_TICKS = {name: ticks for ticks, name in TYPES.items()}
_FLATS, _SHARPS = "beadgcf", "fcgdaeb"
_MODES = {
    "ionian": "ion", "dorian": "dor", "phrygian": "phr", "lydian": "lyd", "mixolydian": "mix", "aeolian": "aeo",
    "locrian": "loc",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Column:
    """A staff: its layout, its number there, the number of its player, the part that it shows."""

    layout: PartLayout
    staff: int
    player: int
    part: Part


def text(score: Score) -> str:
    """The file of a Score."""
    score = score if score.parts else replace(score, parts=(Part(),))
    all_bars = written_bars(score) or [Bar(1, 0, score.meters[0].bar, score.meters[0])]
    names = spell(score)
    columns: list[_Column] = []
    for player, group in enumerate(joined(score.parts, all_bars), 1):
        layout = lay_out(score, group, all_bars, names)
        for staff in range(1, layout.staves + 1):
            owner = max(place for place, first in enumerate(layout.first_staves) if first <= staff)
            columns.append(_Column(layout, staff, player, score.parts[group[owner]]))
    records = {"COM": score.composer, "OTL": score.title}
    references = [f"!!!{name}: {_plain(words)}" for name, words in records.items() if words]
    return "\n".join([*references, *_Writer(score, columns[::-1]).lines(all_bars)]) + "\n"


class _Writer:
    """Writes the columns bar by bar."""

    def __init__(self, score: Score, columns: Sequence[_Column]) -> None:
        self.score = score
        self.columns = columns
        self.voices = [1] * len(columns)  # spines of each column that are open

    def lines(self, all_bars: Sequence[Bar]) -> Iterator[str]:
        """Every line after the reference records."""
        yield self._all("**kern")
        yield "\t".join(f"*part{column.player}" for column in self.columns)
        yield "\t".join(f"*staff{len(self.columns) - place}" for place in range(len(self.columns)))
        yield "\t".join(f'*I"{_plain(column.part.name)}' for column in self.columns)
        yield "\t".join(f"*I{code}" if (code := code_of(column.part)) else "*" for column in self.columns)
        marks = self._marks()
        for index, bar in enumerate(all_bars):
            if index or not self.score.pickup:
                yield self._all(f"={bar.number}")
            if bar.meter.start == bar.start or not index:
                yield self._all(f"*M{bar.meter.text}")
            measures = [column.layout.measures[index] for column in self.columns]
            yield from self._measure(measures, bar, marks)
        yield from self._split([1] * len(self.columns))
        yield self._all("==")
        yield self._all("*-")

    def _all(self, token: str) -> str:
        return "\t".join([token] * sum(self.voices))

    def _marks(self) -> list[tuple[int, str]]:
        """Keys, tempi and sections, the last first."""
        marks = [(section.start, f"*>{_plain(section.label)}") for section in self.score.sections]
        for key in self.score.keys:
            marks += [(key.start, _signature(key)), (key.start, _designation(key))]
        marks += [(tempo.start, f"*MM{tempo.bpm:.6f}".rstrip("0").rstrip(".")) for tempo in self.score.tempi]
        return sorted(marks, key=lambda mark: mark[0])[::-1]

    def _measure(self, measures: Sequence[Measure], bar: Bar, marks: list[tuple[int, str]]) -> Iterator[str]:
        voices = [
            [measure.voices[place] for place in sorted(measure.voices) if place[0] == column.staff]
            for column, measure in zip(self.columns, measures, strict=True)
        ]
        yield from self._split([len(each) for each in voices])
        layouts = [column.layout for column, each in zip(self.columns, voices, strict=True) for _ in each]
        spines = [{segment.value.start: segment for segment in voice} for each in voices for voice in each]
        for tick in sorted({tick for spine in spines for tick in spine}):
            while marks and marks[-1][0] <= tick:
                yield self._all(marks.pop()[1])
            yield "\t".join(
                _token(layout, spine[tick], bar) if tick in spine else "."
                for layout, spine in zip(layouts, spines, strict=True)
            )

    def _split(self, voices: list[int]) -> Iterator[str]:
        """Lines of joins and splits that give every column so many spines."""
        for place, (open_now, wanted) in enumerate(zip(self.voices, voices, strict=True)):
            if open_now > wanted:
                tokens = [["*v" if other == place else "*"] * count for other, count in enumerate(self.voices)]
                yield "\t".join(token for each in tokens for token in each)
                self.voices[place] = 1
            while self.voices[place] < wanted:
                tokens = [["*"] * count for count in self.voices]
                tokens[place][-1] = "*^"
                yield "\t".join(token for each in tokens for token in each)
                self.voices[place] += 1


def _token(layout: PartLayout, segment: Segment, bar: Bar) -> str:
    length = _length(segment.value, bar)
    if segment.chord is None:
        return f"{length}r" + ("yy" if segment.hidden else "")
    before = "[" if segment.tied_to and not segment.tied_from else ""
    after = "_" if segment.tied_to and segment.tied_from else "]" if segment.tied_from else ""
    unpitched = "R" if layout.is_drums else ""
    names = [_pitch(layout.spelling[note]) for note in segment.chord.notes]
    return " ".join(f"{before}{length}{unpitched}{name}{after}" for name in names)


def _length(value: Value, bar: Bar) -> str:
    """Duration as a part of a whole note: ``4.``, ``12``, ``0``, ``7%3``.

    Examples
    --------
    >>> from firmus.score import Meter
    >>> bar = Bar(1, 0, 1920, Meter(0, 4, 4))
    >>> _length(Value(0, 720, "quarter", 1), bar), _length(Value(0, 3840, "breve", 0), bar)
    ('4.', '0')
    """
    ticks = value.end - value.start
    written = Fraction(_TICKS[value.name]) * (2 - Fraction(1, 2**value.dots))
    if value.span is not None:
        written = written * value.span.normal / value.span.actual
    if abs(written - ticks) >= 1:  # a rest of a whole bar, or what no note value has
        written = Fraction(ticks)
    for dots in range(3):
        part = _WHOLE * (2 - Fraction(1, 2**dots)) / written
        if part.denominator == 1:
            return f"{part}{'.' * dots}"
        if part.numerator == 1 and part.denominator in (2, 4, 8):
            return "0" * (part.denominator.bit_length() - 1) + "." * dots
    part = _WHOLE / written
    return f"{part.numerator}%{part.denominator}"


def _pitch(name: Spelling) -> str:
    """A pitch with its octave: C4 is ``c``, C3 is ``C``.

    Examples
    --------
    >>> _pitch(("C", 0, 4)), _pitch(("B", -1, 2)), _pitch(("F", 1, 5))
    ('c', 'BB-', 'ff#')
    """
    letter, alteration, octave = name
    letters = letter.lower() * (octave - 3) if octave > 3 else letter * (4 - octave)
    return letters + ("#" * alteration if alteration > 0 else "-" * -alteration)


def _signature(key: Key) -> str:
    sharps = key.signature
    signs = [f"{letter}-" for letter in _FLATS[: max(0, -sharps)]] + [
        f"{letter}#" for letter in _SHARPS[: max(0, sharps)]
    ]
    return f"*k[{''.join(signs)}]"


def _designation(key: Key) -> str:
    tonic = key.tonic.replace("b", "-")
    tonic = tonic.lower() if key.mode == "minor" else tonic
    return f"*{tonic}:{_MODES.get(key.church_mode, '')}"


def _plain(words: str) -> str:
    """Words that break no line and no column."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in words).split())
