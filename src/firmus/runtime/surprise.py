"""How surprising a model finds music that is already there, note by note, and how hard rules bear on it.

A note's surprise is the negative log-probability (nats) of the tokens that tell it, each given all before. It is
Shannon's information content (C. E. Shannon 1948), which follows what listeners find unexpected (M. T. Pearce & G. A.
Wiggins, Expectation in Melody, Music Perception 2006). It is the sum of three: that a note begins here, and not
elsewhere or not at all (where the note begins a bar or a part, that too); which pitch it has; how long it is.

"Before" is in the order in which the model composes: bar by bar, and in each bar part by part.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from firmus.runtime.constraints import Grammar, Rules
from firmus.runtime.infilling import rules_within, window
from firmus.runtime.stepper import ROWS, State, Stepper
from firmus.score import Score
from firmus.tokens import Example, Prepared, events
from firmus.tokens.events import vocabulary
from firmus.tokens.events.cells import BAR_KEY, BAR_SECTION, NO_TOKEN
from firmus.tokens.events.cursor import Cursor

Logits = NDArray[np.float64]
LIKELIER = 3  # pitches that are told beside the one that sounds
_SOUNDS = (vocabulary.FAMILY["PITCH"], vocabulary.FAMILY["DRUM"])
_BEFORE = (vocabulary.FAMILY["PLACE"], vocabulary.FAMILY["VELOCITY"])


@dataclass(frozen=True, slots=True)
class ToldNote:
    """A note in a story: where it stands in the score, and which tokens tell it.

    Parameters
    ----------
    part, index : int
        Places in `Score.parts` and `Part.notes`.
    bar : int
        As `firmus.tokens.events` counts bars, from 0.
    first, pitch, last : int
        Its first token (its place, velocity or pitch), its pitch, and the token after its last.
    """

    part: int
    index: int
    bar: int
    first: int
    pitch: int
    last: int


@dataclass(frozen=True, slots=True)
class NoteSurprise:
    """One note and its surprise.

    Parameters
    ----------
    told : ToldNote
    nats : float
        Of all its tokens; the sum of the next three.
    when_nats, pitch_nats, length_nats : float
        That a note begins here, which pitch (or drum) it has, how long it is.
    chance : float
        Of its pitch, 0 to 1, given that a note begins here.
    likelier : tuple of (int, float)
        The likeliest other pitches and their chances.
    pressure : dict of str to float
        Share, 0 to 1, of the chances of all pitches that each rule took away; see `Grammar.forbidden`.
    left : float
        Share that all rules together left.
    """

    told: ToldNote
    nats: float
    when_nats: float
    pitch_nats: float
    length_nats: float
    chance: float
    likelier: tuple[tuple[int, float], ...]
    pressure: dict[str, float]
    left: float


@dataclass(slots=True)
class Reading:
    """A stretch of a piece that a model has read to its end.

    Parameters
    ----------
    stepper : Stepper
    first, last : int
        Bars of the stretch, `last` not among them.
    is_open : array (B, P + 1) of bool
        Cells that are told at the end of the story; all others of the stretch are given.
    story : Example
    begin : int
        First token of what was open; what stands before is given.
    cells : dict of (int, int) to (int, int)
        First token of each cell's music, and the token after its last, by bar and lane.
    given : list of ToldNote
    notes : list of NoteSurprise
        In the order of composing.
    costs : array (T,)
        Nats of each token of what was open; 0 before.
    state : State
        What the model keeps of the story.
    """

    stepper: Stepper
    first: int
    last: int
    is_open: NDArray[np.bool_]
    story: Example
    begin: int
    cells: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)
    given: list[ToldNote] = field(default_factory=list)
    notes: list[NoteSurprise] = field(default_factory=list)
    costs: NDArray[np.float64] = field(init=False)
    state: State = field(init=False)

    def __post_init__(self) -> None:
        self.costs = np.zeros(len(self.story.tokens))
        self.state = self.stepper.start(len(self.story.tokens))

    @property
    def all_notes(self) -> list[ToldNote]:
        """Notes of the story, given or open, in the order in which they were read."""
        return [*self.given, *(each.told for each in self.notes)]


def readings(
    stepper: Stepper,
    score: Score,
    is_open: NDArray[np.bool_],
    style: str = "",
    rules: Rules | None = None,
    controls: tuple[int, ...] = (),
) -> Iterator[Reading]:
    """Read a piece, a stretch at a time, and measure the surprise of every note in its open cells.

    Parameters
    ----------
    stepper : Stepper
    score : Score
        With all its notes.
    is_open : array (B, P + 1) of bool
        Cells whose notes are looked at; the others are given.
    style : str
    rules : Rules, optional
        Under which the music was composed.
    controls : tuple of int
    """
    prepared, left, order = events.prepare(score, style), is_open.copy(), events.told_order(score)
    while left.any():
        first, last = window(prepared, left, stepper.card.shape["length"], is_known=True)
        now = np.zeros_like(left)
        now[first:last] = left[first:last]
        story = events.assemble(prepared, now, first, last, controls)
        begin = int(np.flatnonzero(story.tokens == vocabulary.FILL)[0]) + 1
        reading = Reading(stepper, first, last, now, story, begin)
        _read(reading, order, rules_within(rules, prepared, first, last) if rules else None)
        yield reading
        left[first:last] = False


def _read(reading: Reading, order: list[list[tuple[int, int]]], rules: Rules | None) -> None:
    """Find the notes of a story and measure the open ones."""
    tokens, slots, begin = reading.story.tokens, reading.story.slots, reading.begin
    notes = iter(_find(reading, order))
    cursor = Cursor()
    for token in tokens[:begin].tolist():
        cursor.push(token)
    logits = reading.stepper.feed(tokens[:begin], slots[:begin], reading.state)
    grammar = Grammar(cursor, rules) if rules else None
    told = next(notes, None)
    when = 0.0
    for at in range(begin, len(tokens)):
        if told is None:
            break
        chances, token = chances_of(logits), int(tokens[at])
        cost = reading.costs[at] = _cost(chances, token)
        if at < told.first and cursor.lane == 0:
            when = cost = 0.0  # chord symbols are no part of the note that follows
        if at < told.pitch:
            when += cost
        elif at == told.pitch:
            family = _run_of(token)
            here = chances[family] / max(chances[family].sum(), 1e-12)
            pitch_nats = _cost(here, token - family.start)
            when += cost - pitch_nats
            around = _around(grammar, here, told) if grammar and family.start == vocabulary.PITCH else ({}, 1.0)
            found = (float(here[token - family.start]), _likeliest(here, token - family.start), *around)
            length = 0.0
        else:
            length += cost
        cursor.push(token)
        if at + 1 == told.last:
            nats = (when + pitch_nats + length, when, pitch_nats, length)
            reading.notes.append(NoteSurprise(told, *nats, *found))
            told, when = next(notes, None), 0.0
        if at + 1 < len(tokens):
            logits = reading.stepper.feed(tokens[at : at + 1], slots[at : at + 1], reading.state)


def _find(reading: Reading, order: list[list[tuple[int, int]]]) -> list[ToldNote]:
    """The open notes of a story, as they are told; given notes and cells go into the reading."""
    tokens, cursor = reading.story.tokens, Cursor()
    families = vocabulary.FAMILY_OF[tokens]
    waiting = {
        (bar, part): [index for there, index in told if there == bar]
        for part, told in enumerate(order)
        for bar in {bar for bar, _ in told}
        if reading.first <= bar < reading.last
    }
    found: list[ToldNote] = []
    for at, token in enumerate(tokens.tolist()):
        cursor.push(token)
        bar, lane = reading.first + cursor.bar, cursor.lane
        if lane < 0 or cursor.place < 0:
            continue
        cell = reading.cells.get((bar, lane), (at, at))
        reading.cells[bar, lane] = (cell[0], at + 1)
        if families[at] in _SOUNDS:
            first, last = at, at + 1
            while families[first - 1] in _BEFORE:
                first -= 1
            while last < len(tokens) and families[last] == vocabulary.FAMILY["DURATION"]:
                last += 1
            told = ToldNote(lane - 1, waiting[bar, lane - 1].pop(0), bar, first, at, last)
            (found if at >= reading.begin else reading.given).append(told)
    return found


def untold(reading: Reading, score: Score, style: str = "", controls: tuple[int, ...] = ()) -> dict[str, list[float]]:
    """What each thing that is told of a piece does to each note: the nats that it would have more, were it not told.

    Those things that are there of ``"key"``, ``"chords"``, ``"sections"`` and the controls, by their names. The music
    of one reading is read again without each of them, side by side.

    Parameters
    ----------
    reading : Reading
    score, style, controls
        What was read, and as what.

    Returns
    -------
    dict of str to list of float
        One for each of the reading's notes: above 0 where what is told made the note likelier.
    """
    prepared = events.prepare(score, style)
    variants = {
        name: events.assemble(changed, reading.is_open, reading.first, reading.last, kept)
        for name, (changed, kept) in _without(prepared, reading.is_open, controls).items()
    }
    found: dict[str, list[float]] = {}
    names, as_it_is = list(variants), reading.costs[reading.begin :]
    spans = [(each.told.first - reading.begin, each.told.last - reading.begin) for each in reading.notes]
    for first in range(0, len(names), ROWS):
        some = names[first : first + ROWS]
        for name, nats in zip(some, side_by_side(reading.stepper, [variants[name] for name in some]), strict=True):
            change = np.concatenate([[0.0], np.cumsum(nats - as_it_is)])
            found[name] = [float(change[last] - change[begin]) for begin, last in spans]
    return found


def _without(
    prepared: Prepared, is_open: NDArray[np.bool_], controls: tuple[int, ...]
) -> dict[str, tuple[Prepared, tuple[int, ...]]]:
    """The piece, and its controls, without each thing that is told."""
    found: dict[str, tuple[Prepared, tuple[int, ...]]] = {}
    for name, column in (("key", BAR_KEY), ("sections", BAR_SECTION)):
        if (prepared["bars"][:, column] != NO_TOKEN).any():
            marked = prepared["bars"].copy()
            marked[:, column] = NO_TOKEN
            found[name] = (prepared | {"bars": marked}, controls)
    if prepared["lane"][0] and not is_open[:, 0].any():
        found["chords"] = (prepared | {"lane": np.array([False, False])}, controls)
    for place, token in enumerate(controls):
        name = vocabulary.CONTROLS[(token - vocabulary.CONTROL) // vocabulary.CLASSES]
        found[name] = (prepared, (*controls[:place], *controls[place + 1 :]))
    return found


def side_by_side(stepper: Stepper, stories: Sequence[Example]) -> list[NDArray[np.float64]]:
    """Nats of every token after ``FILL`` of stories with the same music."""
    begins = [int(np.flatnonzero(story.tokens == vocabulary.FILL)[0]) + 1 for story in stories]
    music = stories[0].tokens[begins[0] :]
    state = stepper.start(max(len(story.tokens) for story in stories), len(stories))
    logits = np.stack([
        stepper.feed(story.tokens[:begin], story.slots[:begin], state, row)
        for row, (story, begin) in enumerate(zip(stories, begins, strict=True))
    ])  # fmt: skip
    found = np.zeros((len(stories), len(music)))
    for at, token in enumerate(music.tolist()):
        found[:, at] = [_cost(chances_of(each), token) for each in logits]
        if at + 1 < len(music):
            slots = stories[0].slots[begins[0] + at]
            logits = stepper.step(np.full(len(stories), token), np.repeat(slots[None], len(stories), 0), state)
    return list(found)


def chances_of(logits: NDArray[np.float32]) -> Logits:
    """Chances (V,) that sum to 1."""
    scores = logits.astype(np.float64)
    masses = np.exp(scores - scores.max())
    found: Logits = masses / masses.sum()
    return found


def _cost(chances: Logits, token: int) -> float:
    return -float(np.log(max(chances[token], 1e-12)))


def _run_of(token: int) -> slice:
    """The pitches or the drums of the vocabulary, whichever a token is one of."""
    return (
        slice(vocabulary.PITCH, vocabulary.PITCH + 128)
        if vocabulary.FAMILY_OF[token] == vocabulary.FAMILY["PITCH"]
        else slice(vocabulary.DRUM, vocabulary.DRUM + 128)
    )


def _likeliest(chances: Logits, but: int) -> tuple[tuple[int, float], ...]:
    best = [int(each) for each in np.argsort(-chances, kind="stable")[: LIKELIER + 1] if each != but]
    return tuple((pitch, float(chances[pitch])) for pitch in best[:LIKELIER])


def _around(grammar: Grammar, chances: Logits, told: ToldNote) -> tuple[dict[str, float], float]:
    """Share of the chances (128,) that each rule takes, and that all leave."""
    masks = grammar.forbidden()
    taken = {name: float(chances[mask].sum()) for name, mask in masks.items()}
    every = np.any(list(masks.values()), axis=0) if masks else np.zeros(128, bool)
    return taken, float(chances[~every].sum())
