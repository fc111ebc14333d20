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
from firmus.score import Note, Part, Score, Section
from firmus.tokens import events

USUAL_BARS = 8
FEWEST_BARS = 2
CHANGED = 0.4  # share of the cells of a varied return (A') that are composed anew
TRIES = 4  # times that a varied return which came out the same is composed again,
BOLDER = 0.15  # each time at a temperature so much higher


@dataclass(frozen=True, slots=True)
class Stretch:
    """One section of a form: its letter, its first bar and the bar after its last, from 0; which stretch it repeats."""

    letter: str
    first: int
    last: int
    repeats: int | None = None
    is_varied: bool = False


def lay_out(form: str, bars: int | None) -> tuple[Stretch, ...]:
    """Sections of a form over so many bars (eight a section by default).

    Parameters
    ----------
    form : str
        Letters, ``'`` after one whose return is varied, and, if need be, bars: ``"AABA"``, ``"ABA'"``, ``"A8B4A8"``.
    bars : int or None

    Raises
    ------
    InvalidBrief
        Where the form is none, or does not fit the bars.

    Examples
    --------
    >>> [(each.letter, each.first, each.last, each.repeats) for each in lay_out("ABA'", 24)]
    [('A', 0, 8, None), ('B', 8, 16, None), ('A', 16, 24, 0)]
    """
    text = form.replace(" ", "").replace("’", "'")
    marks = re.findall(r"([A-Z])('*)(\d*)", text)
    if not marks or "".join("".join(mark) for mark in marks) != text:
        raise InvalidBrief(f"form {form!r} must be capital letters such as AABA, ABA' or A8B4A8")
    if any(length for *_, length in marks):
        lengths = [int(length or USUAL_BARS) for *_, length in marks]
        if bars is not None and sum(lengths) != bars:
            raise InvalidBrief(f"form {form!r} has {sum(lengths)} bars, not {bars}: give the length once")
    else:
        total = bars if bars is not None else USUAL_BARS * len(marks)
        edges = [round(total * place / len(marks)) for place in range(len(marks) + 1)]
        lengths = [stop - start for start, stop in pairwise(edges)]
    if min(lengths) < FEWEST_BARS:
        raise InvalidBrief(f"form {form!r} over {sum(lengths)} bars: a section needs {FEWEST_BARS} bars at least")
    found: list[Stretch] = []
    at = 0
    for (letter, primes, _), length in zip(marks, lengths, strict=True):
        earlier = next((place for place, each in enumerate(found) if each.letter == letter), None)
        found.append(Stretch(letter, at, at + length, earlier, bool(primes)))
        at += length
    return tuple(found)


def marks(stretches: tuple[Stretch, ...], bar: int) -> tuple[Section, ...]:
    """Section marks of a form whose bars are so many ticks long."""
    return tuple(Section(each.first * bar, each.letter) for each in stretches)


def in_sections(request: Request, stretches: tuple[Stretch, ...], generator: np.random.Generator) -> Request:
    """The request, all of whose cells are open, as a chain: one section after the other, each with those before it.

    Each section is composed as the end of what there is, so that it closes, where endings are a rule. Where a letter
    comes back, its notes come back, but for the cells that are opened again (`reopened`); a varied return that came out
    the same is composed again, each time more boldly.
    """
    lanes = request.is_open.shape[1]

    def step(place: int, so_far: Score, tried: int = 0) -> Request:
        stretch, bar = stretches[place], so_far.meters[0].bar
        score = _cut(request.score, so_far, stretch.last * bar)
        opened = np.zeros((stretch.last, lanes), bool)
        if stretch.repeats is None:
            opened[stretch.first :] = request.is_open[stretch.first : stretch.last]
        else:
            score = _repeat(score, stretches[stretch.repeats], stretch, bar)
            again = reopened(stretch, lanes, place == len(stretches) - 1, generator)
            opened[stretch.first :] = again
            score = emptied(score, opened)

        def following(done: Score) -> Request | None:
            if stretch.is_varied and tried < TRIES and _is_the_same(done, stretch, stretches):
                return step(place, so_far, tried + 1)
            return step(place + 1, done) if place + 1 < len(stretches) else None

        bolder = replace(request.sampling, temperature=request.sampling.temperature + BOLDER * tried)
        rules = with_cadence(request.rules, score.keys[0], score) if request.rules.final else request.rules
        return replace(request, score=score, is_open=opened, rules=rules, sampling=bolder, then=following)

    return step(0, request.score)


def _is_the_same(score: Score, stretch: Stretch, stretches: tuple[Stretch, ...]) -> bool:
    """Whether a section that comes back has the notes of its first time."""
    if stretch.repeats is None:
        return False
    earlier = stretches[stretch.repeats]
    content = notes_of_bars(score)[1 if score.pickup else 0 :]
    return likeness(content[earlier.first : earlier.last], content[stretch.first : stretch.last]) == 1


def _cut(whole: Score, so_far: Score, end: int) -> Score:
    """The whole score up to a tick, with the notes and chords of what there is so far."""

    def before(things: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(each for each in things if each.start < end)

    parts = tuple(replace(part, notes=before(done.notes)) for part, done in zip(whole.parts, so_far.parts, strict=True))
    chords = so_far.chords or whole.chords
    return replace(whole, parts=parts, chords=before(chords), sections=before(whole.sections), end=end)


def _repeat(score: Score, source: Stretch, target: Stretch, bar: int) -> Score:
    """The score with a section's notes (and chords, where it has none) told again; a longer return begins anew."""
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


def reopened(stretch: Stretch, lanes: int, is_last: bool, generator: np.random.Generator) -> NDArray[np.bool_]:
    """Cells (bars of the stretch, lanes) that are composed anew where a section comes back.

    A plain return keeps every note, but that the piece's last two bars are composed to end it; a varied one keeps
    its first bar and, of the others, six cells of ten.
    """
    count = stretch.last - stretch.first
    opened = np.zeros((count, lanes), bool)
    if stretch.is_varied:
        opened[:] = generator.random((count, lanes)) < CHANGED
        opened[0] = False
    if is_last:
        opened[-2:] = True
    elif stretch.is_varied:
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


def returns(score: Score, stretches: tuple[Stretch, ...]) -> dict[str, float]:
    """How alike (0 to 1, `firmus.analysis.form.likeness`) same and different sections are, on the mean."""
    content = notes_of_bars(score)[1 if score.pickup else 0 :]
    same: list[float] = []
    other: list[float] = []
    for place, one in enumerate(stretches):
        for two in stretches[place + 1 :]:
            found = likeness(content[one.first : one.last], content[two.first : two.last])
            (same if one.letter == two.letter else other).append(found)
    marks = {"same": same, "different": other}
    return {name: round(float(np.mean(each)), 3) for name, each in marks.items() if each}
