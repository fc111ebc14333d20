"""Composing several times, and keeping what the critic prefers; composing the weakest bars anew.

Each phrase, or all that is open where there are none, is composed several times (`Request.alternatives`). At the best
effort the bars of which the critic thinks least are then opened again, as long as that makes the piece better; bars
that come back, and those in which they do, stay.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from firmus.composing.selection import Open
from firmus.drums import SNARES
from firmus.runtime import critic
from firmus.runtime.request import Request
from firmus.score import Part, Score
from firmus.tokens import events

ALTERNATIVES = {"quick": 1, "usual": 2, "best": 4}
DRAFTS = {"quick": 1, "usual": 1, "best": 2}  # whole pieces, of which one is kept
ROUNDS = {"quick": 0, "usual": 0, "best": 2}  # in which weak bars are composed anew
TRIES = 4  # times that what came out as it was before, or amiss, is composed again,
BOLDER = 0.15  # each time at a temperature so much higher
WEAK = 4  # bars that are composed anew at a time
AROUND = 4  # bars before and after what is composed, with which it is judged

Chooser = Callable[[list[Score]], int]


def alternatives(effort: str, style: str) -> int:
    """How often something is composed; once in a style that the critic does not know."""
    return ALTERNATIVES[effort] if effort != "quick" and critic.knows(style) else 1


def chooser(style: str, first: int, last: int) -> Chooser:
    """Chooses the score that the critic prefers, by full bars from `first` to `last` (not among them)."""
    return lambda scores: critic.preferred(scores, style, first, last)


def choosing(prefer: Chooser, is_amiss: Callable[[Score], bool]) -> Chooser:
    """Chooses what is preferred of what is not amiss; of all where everything is."""

    def choose(scores: list[Score]) -> int:
        fine = [number for number, score in enumerate(scores) if not is_amiss(score)] or list(range(len(scores)))
        return fine[prefer([scores[number] for number in fine])]

    return choose


def in_attempts(request: Request, effort: str, given: Score | None = None) -> Request:
    """A request that is composed as often as an effort says; at the best one its weakest bars are then composed anew.

    Where what stood there comes again, or new drums have no snare, it is composed again, each time more boldly.

    Parameters
    ----------
    request : Request
        All that is open is composed at once.
    effort : str
    given : Score, optional
        What stood there: where the same comes again, it is composed again.
    """
    lead, rows = int(request.score.pickup > 0), np.flatnonzero(request.is_open[:, 1:].any(axis=1))
    if not len(rows):
        return request
    prefer = chooser(request.style, max(0, int(rows[0]) - lead), max(1, int(rows[-1]) + 1 - lead))
    rework = reworking(request, request.is_open, effort)

    drums = [lane for lane, part in enumerate(request.score.parts, 1) if part.is_drums]
    has_new_drums = any(request.is_open[:, lane].all() for lane in drums)

    def is_amiss(score: Score) -> bool:
        return _is_the_same(score, given) or (has_new_drums and lacks_a_snare(score))

    choose = choosing(prefer, is_amiss)

    def attempt(tried: int) -> Request:
        def then(score: Score) -> Request | None:
            if tried < TRIES and is_amiss(score):
                return attempt(tried + 1)
            return rework(score) if rework else None

        sampling = request.sampling.bolder(BOLDER * tried)
        count = alternatives(effort, request.style)
        return replace(request, sampling=sampling, alternatives=count, choose=choose, then=then)

    return attempt(0)


def _is_the_same(score: Score, given: Score | None) -> bool:
    """Whether a score has the notes that were given."""
    return given is not None and [part.notes for part in score.parts] == [part.notes for part in given.parts]


def lacks_a_snare(score: Score) -> bool:
    """Whether there are drums, and not one of them is a snare."""
    struck = {note.pitch for part in score.parts if part.is_drums for note in part.notes}
    return bool(struck) and struck.isdisjoint(SNARES)


def reworking(
    request: Request, free: Open, effort: str, is_amiss: Callable[[Score], bool] = lambda score: False
) -> Callable[[Score], Request | None] | None:
    """What follows a request that has composed a piece: the weakest of its free cells are composed anew.

    Parameters
    ----------
    request : Request
        Of the whole piece: its constraints hold.
    free : array (B, P + 1) of bool
        Cells that may be composed anew.
    effort : str
    is_amiss : callable
        Says of a whole piece whether something is wrong with it, whatever the critic says.
    """
    lead, free = int(request.score.pickup > 0), free.copy()
    free[:, 0] = False
    rows = np.flatnonzero(free.any(axis=1))
    first, last = (int(rows[0]) - lead, int(rows[-1]) + 1 - lead) if len(rows) else (0, 0)

    def then(
        score: Score, best: tuple[Score, critic.Criticism] | None = None, rounds: int = ROUNDS[effort]
    ) -> Request | None:
        whole = critic.judge(score, request.style, first - AROUND, last + AROUND)
        if whole is None:
            return None
        if best and (is_amiss(score) or best[1].whole >= whole.whole):
            score, whole = best
        offset = max(0, first - AROUND)
        usable = np.array([bool(free[bar + offset + lead].any()) for bar in range(len(whole.bars))])
        if rounds == 0 or not usable.any():
            return _unchanged(request, score) if best is not None else None
        begin = offset + replace(whole, bars=np.where(usable, whole.bars, whole.bars.max())).weakest(WEAK) + lead
        opened = np.zeros_like(free)
        opened[begin : begin + WEAK] = free[begin : begin + WEAK]
        return replace(
            request,
            score=emptied(score, opened),
            is_open=opened,
            alternatives=alternatives(effort, request.style),
            choose=choosing(chooser(request.style, begin - lead, min(begin + WEAK, len(free)) - lead), is_amiss),
            then=lambda done: then(done, (score, whole), rounds - 1),
        )

    return then if ROUNDS[effort] and len(rows) and critic.knows(request.style) else None


def _unchanged(request: Request, score: Score) -> Request:
    """A request with nothing open."""
    return replace(request, score=score, is_open=np.zeros_like(request.is_open), alternatives=1, then=None)


def emptied(score: Score, is_open: Open) -> Score:
    """The score without the notes that begin in open cells."""
    ticks = events.prepare(score)["ticks"]

    def kept(lane: int, part: Part) -> Part:
        cells = [int(np.searchsorted(ticks, note.start, side="right")) - 1 for note in part.notes]
        return replace(
            part, notes=tuple(note for note, bar in zip(part.notes, cells, strict=True) if not is_open[bar, lane])
        )

    return replace(score, parts=tuple(kept(lane, part) for lane, part in enumerate(score.parts, 1)))
