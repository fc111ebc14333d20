"""Form: sections by their letters, laid out over the bars of a piece; what comes back, and how it is changed."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firmus.analysis.form import likeness, notes_of_bars
from firmus.composing.cadence import with_cadence
from firmus.errors import InvalidBrief
from firmus.runtime.infilling import Request
from firmus.score import Note, Part, Score
from firmus.score import Section as SectionMark
from firmus.tokens import events

USUAL_BARS = 8
FEWEST_BARS = 2
CHANGED = 0.4  # share of the cells of a varied return (A') that are composed anew
TRIES = 4  # times that a varied return which came out the same is composed again,
BOLDER = 0.15  # each time at a temperature so much higher


@dataclass(frozen=True, slots=True)
class Section:
    """One section of a form: its letter, its first bar and the bar after its last, from 0; which section it repeats."""

    letter: str
    first: int
    last: int
    repeats: int | None = None
    is_varied: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """A form as it is written: of each section its letter, whether its return is varied, and its bars, if given."""

    text: str
    sections: tuple[tuple[str, bool, int | None], ...]

    @classmethod
    def parse(cls, text: str) -> Form:
        """Read letters, ``'`` after one whose return is varied, and, if need be, bars.

        Raises
        ------
        InvalidBrief
            Where it is no form.

        Examples
        --------
        >>> Form.parse("AB8A'").sections
        (('A', False, None), ('B', False, 8), ('A', True, None))
        """
        plain = text.replace(" ", "").replace("’", "'")
        marks = re.findall(r"([A-Z])('*)(\d*)", plain)
        if not marks or "".join("".join(mark) for mark in marks) != plain:
            raise InvalidBrief(f"form {text!r} must be capital letters such as AABA, ABA' or A8B4A8")
        sections = ((letter, bool(primes), int(bars) if bars else None) for letter, primes, bars in marks)
        return cls(text, tuple(sections))

    def lay_out(self, bars: int | None) -> tuple[Section, ...]:
        """Sections over so many bars (eight a section where None).

        Raises
        ------
        InvalidBrief
            Where it does not fit the bars.

        Examples
        --------
        >>> [(each.letter, each.first, each.last, each.repeats) for each in Form.parse("ABA'").lay_out(24)]
        [('A', 0, 8, None), ('B', 8, 16, None), ('A', 16, 24, 0)]
        """
        count = len(self.sections)
        if any(length is not None for *_, length in self.sections):
            lengths = [USUAL_BARS if length is None else length for *_, length in self.sections]
            if bars is not None and sum(lengths) != bars:
                raise InvalidBrief(f"form {self.text!r} has {sum(lengths)} bars, not {bars}: give the length once")
        else:
            total = bars if bars is not None else USUAL_BARS * count
            edges = [round(total * place / count) for place in range(count + 1)]
            lengths = [stop - start for start, stop in pairwise(edges)]
        if min(lengths) < FEWEST_BARS:
            raise InvalidBrief(
                f"form {self.text!r} over {sum(lengths)} bars: a section needs {FEWEST_BARS} bars at least"
            )
        sections: list[Section] = []
        first = 0
        for (letter, is_varied, _), length in zip(self.sections, lengths, strict=True):
            earlier = next((place for place, each in enumerate(sections) if each.letter == letter), None)
            sections.append(Section(letter, first, first + length, earlier, is_varied))
            first += length
        return tuple(sections)


def marks(sections: tuple[Section, ...], bar: int) -> tuple[SectionMark, ...]:
    """Section marks of a form whose bars are so many ticks long."""
    return tuple(SectionMark(each.first * bar, each.letter) for each in sections)


def in_sections(request: Request, sections: tuple[Section, ...], generator: np.random.Generator) -> Request:
    """The request, all of whose cells are open, as a chain: one section after the other, each with those before it.

    Each section is composed as the end of what there is, so that it closes, where endings are a rule. Where a letter
    comes back, its notes come back, but for the cells that are opened again (`reopened`); a varied return that came out
    the same is composed again, each time more boldly.
    """
    lanes = request.is_open.shape[1]

    def step(place: int, so_far: Score, tried: int = 0) -> Request:
        section, bar = sections[place], so_far.meters[0].bar
        score = _cut(request.score, so_far, section.last * bar)
        opened = np.zeros((section.last, lanes), bool)
        if section.repeats is None:
            opened[section.first :] = request.is_open[section.first : section.last]
        else:
            score = _repeat(score, sections[section.repeats], section, bar)
            again = reopened(section, lanes, place == len(sections) - 1, generator)
            opened[section.first :] = again
            score = emptied(score, opened)

        def following(done: Score) -> Request | None:
            if section.is_varied and tried < TRIES and _is_the_same(done, section, sections):
                return step(place, so_far, tried + 1)
            return step(place + 1, done) if place + 1 < len(sections) else None

        bolder = replace(request.sampling, temperature=request.sampling.temperature + BOLDER * tried)
        rules = (
            with_cadence(request.rules, score.keys[0], score)
            if request.rules.final_chord is not None
            else request.rules
        )
        return replace(request, score=score, is_open=opened, rules=rules, sampling=bolder, then=following)

    return step(0, request.score)


def _is_the_same(score: Score, section: Section, sections: tuple[Section, ...]) -> bool:
    """Whether a section that comes back has the notes of its first time."""
    if section.repeats is None:
        return False
    earlier = sections[section.repeats]
    content = notes_of_bars(score)[1 if score.pickup else 0 :]
    return likeness(content[earlier.first : earlier.last], content[section.first : section.last]) == 1


def _cut(whole: Score, so_far: Score, end: int) -> Score:
    """The whole score up to a tick, with the notes and chords of what there is so far."""

    def before(things: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(each for each in things if each.start < end)

    parts = tuple(replace(part, notes=before(done.notes)) for part, done in zip(whole.parts, so_far.parts, strict=True))
    chords = so_far.chords or whole.chords
    return replace(whole, parts=parts, chords=before(chords), sections=before(whole.sections), end=end)


def _repeat(score: Score, source: Section, target: Section, bar: int) -> Score:
    """The score with a section's notes (and chords, where it has none) repeated; a longer return begins anew."""
    length = (source.last - source.first) * bar
    begin, end = source.first * bar, source.last * bar
    room = (target.last - target.first) * bar

    def again(notes: tuple[Note, ...]) -> tuple[Note, ...]:
        copies = []
        for offset in range(0, room, length):
            for note in notes:
                start = note.start - begin + offset
                if begin <= note.start < end and start < room:
                    duration = min(note.duration, room - start)
                    copies.append(replace(note, start=target.first * bar + start, duration=duration))
        return notes + tuple(copies)

    chords = score.chords
    if not any(each.start >= target.first * bar for each in chords):
        there = [each for each in chords if begin <= each.start < end]
        moved = [replace(each, start=each.start - begin + target.first * bar) for each in there]
        chords = (*chords, *(each for each in moved if each.start < target.last * bar))
    return replace(score, parts=tuple(replace(part, notes=again(part.notes)) for part in score.parts), chords=chords)


def reopened(section: Section, lanes: int, is_last: bool, generator: np.random.Generator) -> NDArray[np.bool_]:
    """Cells (bars of the section, lanes) that are composed anew where a section comes back.

    A plain return keeps every note, but that the piece's last two bars are composed to end it; a varied one keeps
    its first bar and, of the others, six cells of ten.
    """
    count = section.last - section.first
    opened = np.zeros((count, lanes), bool)
    if section.is_varied:
        opened[:] = generator.random((count, lanes)) < CHANGED
        opened[0] = False
    if is_last:
        opened[-2:] = True
    elif section.is_varied:
        opened[-1] = True
    opened[:, 0] = False
    return opened


def emptied(score: Score, is_open: NDArray[np.bool_]) -> Score:
    """The score without the notes that begin in open cells."""
    ticks = events.prepare(score)["ticks"]

    def kept(lane: int, part: Part) -> Part:
        cells = [int(np.searchsorted(ticks, note.start, side="right")) - 1 for note in part.notes]
        return replace(
            part, notes=tuple(note for note, bar in zip(part.notes, cells, strict=True) if not is_open[bar, lane])
        )

    return replace(score, parts=tuple(kept(lane, part) for lane, part in enumerate(score.parts, 1)))


def returns(score: Score, sections: tuple[Section, ...]) -> dict[str, float]:
    """How alike (0 to 1, `firmus.analysis.form.likeness`) same and different sections are, on the mean."""
    content = notes_of_bars(score)[1 if score.pickup else 0 :]
    same: list[float] = []
    other: list[float] = []
    for place, one in enumerate(sections):
        for two in sections[place + 1 :]:
            alike = likeness(content[one.first : one.last], content[two.first : two.last])
            (same if one.letter == two.letter else other).append(alike)
    marks = {"same": same, "different": other}
    return {name: round(float(np.mean(each)), 3) for name, each in marks.items() if each}
