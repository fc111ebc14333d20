"""Composing a form phrase by phrase: what is new is composed after all that goes before, what comes back is repeated.

Each phrase is composed as the end of what there is, so that it closes: the parts that breathe with it rest on its last
chord. Of a varied return some bars are composed anew.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firmus.analysis.form import likeness, notes_of_bars
from firmus.composing.cadence import on_phrase_end, with_cadence
from firmus.composing.form import Section
from firmus.drums import SNARES
from firmus.runtime.constraints import Rules
from firmus.runtime.request import Request
from firmus.score import Note, Part, Score
from firmus.tokens import events

CHANGED = 0.15  # share of the inner cells of a varied return (A') that are composed anew
CLOSE = 2  # bars at the end of a varied return, and of the piece, that are composed anew
TRIES = 4  # times that a varied return which came out the same, or drums without a snare, are composed again,
BOLDER = 0.15  # each time at a temperature so much higher


def in_phrases(
    request: Request, phrases: tuple[Section, ...], resting: Collection[int], generator: np.random.Generator
) -> Request:
    """The request, all of whose cells are open, as a chain: one phrase after the other, each with those before it.

    Where a phrase comes back, its notes come back, but for the cells that are opened again (`reopened`); a varied
    return that came out the same is composed again, and so is a phrase by whose end a band has no snare, each time more
    boldly. Drums fill the last bar of each phrase but the last.

    Parameters
    ----------
    request : Request
        Its rules are those of the end of the piece.
    phrases : tuple of Section
    resting : collection of int
        Places of the parts that come to rest at the end of each phrase.
    generator : numpy.random.Generator
    """
    last = phrases[-1]  # where it comes back unchanged, its first time already closes as the piece does
    closed = last.repeats if not last.is_varied and request.rules.final_chord is not None else None
    meter, lead = request.score.meters[0], 1 if request.score.pickup else 0

    def tick(bar: int) -> int:
        return request.score.pickup + bar * meter.bar

    def step(place: int, so_far: Score, tried: int = 0) -> Request:
        phrase, is_last = phrases[place], place + 1 == len(phrases)
        score = _cut(request.score, so_far, tick(phrase.last))
        rows = slice(phrase.first + lead if place else 0, phrase.last + lead)
        opened = np.zeros((phrase.last + lead, request.is_open.shape[1]), bool)
        opened[rows] = request.is_open[rows]
        if phrase.repeats is not None:
            source = phrases[phrase.repeats]
            score = _repeated(score, (tick(source.first), tick(source.last)), (tick(phrase.first), tick(phrase.last)))
            opened[rows] &= reopened(phrase, opened.shape[1], is_last and closed is None, generator)
            score = emptied(score, opened)

        def following(done: Score) -> Request | None:
            is_same = phrase.is_varied and _is_the_same(done, phrase, phrases)
            if tried < TRIES and (is_same or (phrase.repeats is None and _lacks_a_snare(done))):
                return step(place, so_far, tried + 1)
            return step(place + 1, done) if not is_last else None

        sampling = request.sampling.bolder(BOLDER * tried)
        if is_last:  # no fill leads anywhere
            sampling = replace(sampling, fill_temperature=None)
        rules = request.rules if is_last else _inner(request.rules, score, phrase, resting)
        if place == closed:  # the same ending, at its own time
            rules = with_cadence(request.rules, score.keys[0], score, is_led=bool(request.rules.cadence))
        whole = len(request.is_open)
        return replace(request, score=score, is_open=opened, rules=rules, sampling=sampling, bars=whole, then=following)

    return step(0, request.score)


def _inner(rules: Rules, score: Score, phrase: Section, resting: Collection[int]) -> Rules:
    """Rules of a phrase that is not the last one."""
    strict = rules.chords if not rules.cadence and rules.final_chord is None else ()
    rules = replace(rules, final=(), final_chord=None, cadence=(), chords=strict)
    return on_phrase_end(rules, score, resting) if phrase.cadence else rules


def _is_the_same(score: Score, phrase: Section, phrases: tuple[Section, ...]) -> bool:
    """Whether a phrase that comes back has the notes of its first time."""
    if phrase.repeats is None:
        return False
    earlier = phrases[phrase.repeats]
    content = notes_of_bars(score)[1 if score.pickup else 0 :]
    return likeness(content[earlier.first : earlier.last], content[phrase.first : phrase.last]) == 1


def _lacks_a_snare(score: Score) -> bool:
    """Whether there are drums, and not one of them is a snare."""
    struck = {note.pitch for part in score.parts if part.is_drums for note in part.notes}
    return bool(struck) and struck.isdisjoint(SNARES)


def _cut(whole: Score, so_far: Score, end: int) -> Score:
    """The whole score up to a tick, with the notes and chords of what there is so far."""

    def before(things: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(each for each in things if each.start < end)

    parts = tuple(replace(part, notes=before(done.notes)) for part, done in zip(whole.parts, so_far.parts, strict=True))
    chords = before(whole.chords or so_far.chords)
    return replace(whole, parts=parts, keys=before(whole.keys), chords=chords, sections=before(whole.sections), end=end)


def _repeated(score: Score, source: tuple[int, int], target: tuple[int, int]) -> Score:
    """The score with the notes between two ticks repeated between two others; a longer return begins anew."""
    begin, end = source
    room = target[1] - target[0]

    def again(notes: tuple[Note, ...]) -> tuple[Note, ...]:
        copies = []
        for offset in range(0, room, end - begin):
            for note in notes:
                start = note.start - begin + offset
                if begin <= note.start < end and start < room:
                    duration = min(note.duration, room - start)
                    copies.append(replace(note, start=target[0] + start, duration=duration))
        return notes + tuple(copies)

    return replace(score, parts=tuple(replace(part, notes=again(part.notes)) for part in score.parts))


def reopened(phrase: Section, lanes: int, is_last: bool, generator: np.random.Generator) -> NDArray[np.bool_]:
    """Cells (bars of the phrase, lanes) that are composed anew where a phrase comes back.

    A plain return keeps every note, unless it has to end the piece; a varied one keeps its first bar and, of the
    others, most cells, and its end is composed anew.
    """
    count = phrase.last - phrase.first
    opened = np.zeros((count, lanes), bool)
    if phrase.is_varied:
        opened[1:] = generator.random((count - 1, lanes)) < CHANGED
        opened[-CLOSE if phrase.cadence and count > CLOSE else count - 1 :] = True
    if is_last:
        opened[-CLOSE:] = True
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
