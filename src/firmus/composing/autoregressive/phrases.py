"""Composing a form phrase by phrase: what is new is composed after all that goes before, what comes back is repeated.

Each phrase is composed as the end of what there is, so that it closes: the parts that breathe with it rest on its last
chord. Of a varied return some bars are composed anew.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firmus.analysis.form import likeness, notes_of_bars
from firmus.analysis.form import sections as sections_of
from firmus.composing.autoregressive.attempts import (
    BOLDER,
    TRIES,
    alternatives,
    chooser,
    choosing,
    emptied,
    lacks_a_snare,
    reworking,
)
from firmus.composing.cadence import led, on_phrase_end, with_cadence
from firmus.composing.form import Section
from firmus.runtime.constraints import Rules
from firmus.runtime.request import Request
from firmus.score import Note, Score

CHANGED = 0.15  # share of the inner cells of a varied return (A') that are composed anew
CLOSE = 2  # bars at the end of a varied return, and of the piece, that are composed anew
SAME = 0.8  # likeness of ends that are heard as the same
ALIKE = 0.6  # likeness of phrases that are heard as the same
CLEARER = 4  # times that a section is composed again after which others are heard than are marked,


def in_phrases(
    request: Request,
    phrases: tuple[Section, ...],
    resting: Collection[int],
    generator: np.random.Generator,
    effort: str = "quick",
) -> Request:
    """The request, all of whose cells are open, as a chain: one phrase after the other, each with those before it.

    Where a phrase comes back, its notes come back, but for the cells that are opened again (`reopened`); a varied
    return that ends the same is composed again, and so are a phrase by whose end a band has no snare, and one after
    which other sections would be heard than are marked, each time more boldly. Drums fill the last bar of each phrase
    but the last.

    Parameters
    ----------
    request : Request
        Its rules are those of the end of the piece.
    phrases : tuple of Section
    resting : collection of int
        Places of the parts that come to rest at the end of each phrase.
    generator : numpy.random.Generator
    effort : str
        How often each phrase is composed; see `firmus.composing.autoregressive.attempts`.
    """
    last = phrases[-1]  # where it comes back unchanged, its first time already closes as the piece does
    closed = last.repeats if not last.is_varied and request.rules.final_chord is not None else None
    meter, lead = request.score.meters[0], 1 if request.score.pickup else 0

    bound = {place for place, phrase in enumerate(phrases) if phrase.repeats is not None}
    bound |= {phrase.repeats for phrase in phrases if phrase.repeats is not None}
    free = request.is_open.copy()
    for place in bound:
        free[phrases[place].first + lead : phrases[place].last + lead] = False

    def loses_its_form(score: Score) -> bool:
        pairs = ((phrase, phrases[:place]) for place, phrase in enumerate(phrases))
        return _has_other_sections(score) or any(_is_like_another(score, *pair) for pair in pairs)

    rework = reworking(request, free, effort, loses_its_form)

    def tick(bar: int) -> int:
        return request.score.pickup + bar * meter.bar

    def step(place: int, so_far: Score, tried: int = 0, clearer: int = 0) -> Request:
        phrase, is_last = phrases[place], place + 1 == len(phrases)
        score = _cut(request.score, so_far, tick(phrase.last))
        rows = slice(phrase.first + lead if place else 0, phrase.last + lead)
        opened = np.zeros((phrase.last + lead, request.is_open.shape[1]), bool)
        opened[rows] = request.is_open[rows]
        if phrase.repeats is not None:
            source = phrases[phrase.repeats]
            score = _repeated(score, (tick(source.first), tick(source.last)), (tick(phrase.first), tick(phrase.last)))
            opened[rows] &= reopened(phrase, opened.shape[1], is_last and closed is None, generator, clearer)
            score = emptied(score, opened)

        def is_amiss(done: Score) -> bool:
            is_same = phrase.is_varied and _is_the_same(done, phrase, phrases)
            return is_same or (phrase.repeats is None and lacks_a_snare(done))

        def is_unclear(done: Score) -> bool:
            if _is_like_another(done, phrase, phrases[:place]):
                return True
            ends_section = is_last or tick(phrase.last) in [mark.start for mark in request.score.sections]
            return ends_section and bool(opened.any()) and _has_other_sections(done)

        def following(done: Score) -> Request | None:
            if tried < TRIES and is_amiss(done):
                return step(place, so_far, tried + 1, clearer)
            if clearer < CLEARER and is_unclear(done):
                return step(place, so_far, tried, clearer + 1)
            if not is_last:
                return step(place + 1, done)
            return rework(done) if rework else None

        sampling = request.sampling.bolder(BOLDER * (tried if phrase.is_varied else tried + clearer))
        if is_last:  # no fill leads anywhere
            sampling = replace(sampling, fill_temperature=None)
        rules = request.rules if is_last else _inner(request.rules, score, phrase, resting)
        if place == closed:  # the same ending, at its own time
            rules = with_cadence(request.rules, score.keys[0], score, led(request.rules))
        prefer = chooser(request.style, phrase.first, phrase.last)
        return replace(
            request,
            score=score,
            is_open=opened,
            rules=rules,
            sampling=sampling,
            bars=len(request.is_open),
            then=following,
            alternatives=alternatives(effort, request.style) if opened[:, 1:].any() else 1,
            choose=choosing(prefer, lambda score: is_amiss(score) or is_unclear(score)),
        )

    return step(0, request.score)


def _inner(rules: Rules, score: Score, phrase: Section, resting: Collection[int]) -> Rules:
    """Rules of a phrase that is not the last one."""
    strict = rules.chords if not rules.cadence and rules.final_chord is None else ()
    rules = replace(rules, final=(), final_chord=None, cadence=(), chords=strict)
    return on_phrase_end(rules, score, resting) if phrase.cadence else rules


def _is_the_same(score: Score, phrase: Section, phrases: tuple[Section, ...]) -> bool:
    """Whether a phrase that comes back ends as it did the first time."""
    if phrase.repeats is None:
        return False
    earlier = phrases[phrase.repeats]
    content = notes_of_bars(score)[1 if score.pickup else 0 :]
    return likeness(content[earlier.last - CLOSE : earlier.last], content[phrase.last - CLOSE : phrase.last]) > SAME


def _is_like_another(score: Score, phrase: Section, earlier: Sequence[Section]) -> bool:
    """Whether a phrase that is new, of a section that is new, has much in common with one of another section."""
    if phrase.repeats is not None:
        return False
    content = notes_of_bars(score)[1 if score.pickup else 0 :]
    return any(
        likeness(content[other.first : other.last], content[phrase.first : phrase.last]) > ALIKE
        for other in earlier
        if other.letter != phrase.letter
    )


def _has_other_sections(score: Score) -> bool:
    """Whether other sections are heard than are marked; where none returns, whether one seems to."""
    marked = [(mark.start, mark.label.rstrip("'")) for mark in score.sections]
    heard = [(each.start, each.label) for each in sections_of(score)]
    has_returns, seems_to_return = (len({label for _, label in each}) < len(each) for each in (marked, heard))
    return heard != marked if has_returns else seems_to_return


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


def reopened(
    phrase: Section, lanes: int, is_last: bool, generator: np.random.Generator, clearer: int = 0
) -> NDArray[np.bool_]:
    """Cells (bars of the phrase, lanes) that are composed anew where a phrase comes back.

    A plain return keeps every note, unless it has to end the piece; a varied one keeps its first bar and, of the
    others, most cells, and its end is composed anew: the less of both, the `clearer` it has to be.
    """
    count = phrase.last - phrase.first
    close = max(1, CLOSE - max(0, clearer - 1))
    opened = np.zeros((count, lanes), bool)
    if phrase.is_varied:
        opened[1:] = generator.random((count - 1, lanes)) < (0 if clearer else CHANGED)
        opened[-close if phrase.cadence and count > close else count - 1 :] = True
    if is_last:
        opened[-close:] = True
    opened[:, 0] = False
    return opened
