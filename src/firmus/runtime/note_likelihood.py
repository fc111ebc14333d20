"""The negative log-likelihood of each note of existing music under a model, and how much probability rules mask.

A note's surprise is the negative log-likelihood (nats) of its tokens, each given all before: Shannon's information
content (C. E. Shannon 1948), which correlates with what listeners find unexpected (M. T. Pearce & G. A. Wiggins,
Expectation in Melody, Music Perception 2006). It is the sum of three terms: that a note begins here, and not elsewhere
or not at all (where the note begins a bar or a part, that too); which pitch it has; how long it is.

"Before" is in the order of encoding: bar by bar, and in each bar part by part.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from firmus.runtime.constraints import Grammar, Rules
from firmus.runtime.decoding import rules_within, window
from firmus.runtime.part_order import PartOrder
from firmus.runtime.stepper import ROWS, State, Stepper
from firmus.score import Score
from firmus.tokens import Example, Prepared, events
from firmus.tokens.events import vocabulary
from firmus.tokens.events.cells import BAR_KEY, BAR_SECTION, NO_TOKEN
from firmus.tokens.events.cursor import Cursor

Probabilities = NDArray[np.float64]
LIKELIER = 3  # alternative pitches reported for each note
_SOUNDS = (vocabulary.FAMILY["PITCH"], vocabulary.FAMILY["DRUM"])
_BEFORE = (vocabulary.FAMILY["PLACE"], vocabulary.FAMILY["VELOCITY"])


@dataclass(frozen=True, slots=True)
class NoteTokens:
    """A note of an encoded example: its place in the score, and its tokens.

    Parameters
    ----------
    part, index : int
        Indices in `Score.parts` and `Part.notes`.
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
class NoteLikelihood:
    """One note and its negative log-likelihood.

    Parameters
    ----------
    note : NoteTokens
    nats : float
        Of all its tokens; the sum of the next three.
    when_nats, pitch_nats, length_nats : float
        That a note begins here, which pitch (or drum) it has, how long it is.
    probability : float
        Of its pitch, 0 to 1, given that a note begins here.
    likelier : tuple of (int, float)
        The likeliest other pitches and their probabilities.
    masked : dict of str to float
        Share, 0 to 1, of the probability of all pitches that each rule masks; see `Grammar.forbidden`.
    unmasked : float
        Share that all rules together leave.
    """

    note: NoteTokens
    nats: float
    when_nats: float
    pitch_nats: float
    length_nats: float
    probability: float
    likelier: tuple[tuple[int, float], ...]
    masked: dict[str, float]
    unmasked: float


@dataclass(slots=True)
class Reading:
    """A stretch of a piece that a model has read to its end.

    Parameters
    ----------
    stepper : Stepper
    first, last : int
        Bars of the stretch, `last` not among them.
    is_open : array (B, P + 1) of bool
        Cells that are encoded after ``FILL``, parts in the order of the model; all others of the stretch are given.
    example : Example
    begin : int
        First token of the open cells; the tokens before are given.
    places : tuple of int
        Indices in `Score.parts` of the parts in the order of the model.
    cells : dict of (int, int) to (int, int)
        First token of each cell's music, and the token after its last, by bar and lane.
    given : list of NoteTokens
    notes : list of NoteLikelihood
        In the order of encoding.
    token_nats : array (T,)
        Negative log-likelihood of each token of the open cells; 0 before.
    state : State
        The model's cache after the example.
    """

    stepper: Stepper
    first: int
    last: int
    is_open: NDArray[np.bool_]
    example: Example
    begin: int
    places: tuple[int, ...]
    cells: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)
    given: list[NoteTokens] = field(default_factory=list)
    notes: list[NoteLikelihood] = field(default_factory=list)
    token_nats: NDArray[np.float64] = field(init=False)
    state: State = field(init=False)

    def __post_init__(self) -> None:
        self.token_nats = np.zeros(len(self.example.tokens))
        self.state = self.stepper.start(len(self.example.tokens))

    @property
    def all_notes(self) -> list[NoteTokens]:
        """Notes of the example, given or open, in the order of encoding."""
        return [*self.given, *(each.note for each in self.notes)]


def readings(
    stepper: Stepper,
    score: Score,
    is_open: NDArray[np.bool_],
    style: str = "",
    rules: Rules | None = None,
    controls: tuple[int, ...] = (),
) -> Iterator[Reading]:
    """Measure the negative log-likelihood of every note in a piece's open cells, a stretch at a time.

    Parameters
    ----------
    stepper : Stepper
    score : Score
        With all its notes.
    is_open : array (B, P + 1) of bool
        Cells whose notes are measured; the others are given.
    style : str
    rules : Rules, optional
        Under which the music was composed.
    controls : tuple of int
    """
    part_order = PartOrder.of(stepper.card, score)
    left, places = is_open[:, part_order.lanes], part_order.places
    ordered = part_order.score(score)
    is_compact = events.is_compact(stepper.card.facts)
    prepared = events.prepare(ordered, style, is_compact=is_compact)
    order = events.encoding_order(ordered, is_compact)
    held = part_order.rules(rules) if rules else None
    while left.any():
        first, last = window(prepared, left, stepper.card.shape["length"], is_known=True)
        now = np.zeros_like(left)
        now[first:last] = left[first:last]
        example = events.assemble(prepared, now, first, last, controls)
        begin = int(np.flatnonzero(example.tokens == vocabulary.FILL)[0]) + 1
        reading = Reading(stepper, first, last, now, example, begin, places)
        _read(reading, order, rules_within(held, prepared, first, last) if held else None)
        yield reading
        left[first:last] = False


def _read(reading: Reading, order: list[list[tuple[int, int]]], rules: Rules | None) -> None:
    """Locate the notes of an example and measure the open ones."""
    tokens, slots, begin = reading.example.tokens, reading.example.slots, reading.begin
    notes = iter(_locate(reading, order))
    cursor = Cursor()
    for token in tokens[:begin].tolist():
        cursor.push(token)
    logits = reading.stepper.feed(tokens[:begin], slots[:begin], reading.state)
    grammar = Grammar(cursor, rules) if rules else None
    note = next(notes, None)
    when = 0.0
    for at in range(begin, len(tokens)):
        if note is None:
            break
        probabilities, token = softmax(logits), int(tokens[at])
        nats = reading.token_nats[at] = _nats(probabilities, token)
        if at < note.first and cursor.lane == 0:
            when = nats = 0.0  # chord symbols are no part of the note that follows
        if at < note.pitch:
            when += nats
        elif at == note.pitch:
            family = _family(token)
            pitches = probabilities[family] / max(probabilities[family].sum(), 1e-12)
            pitch_nats = _nats(pitches, token - family.start)
            when += nats - pitch_nats
            masked = _masked(grammar, pitches) if grammar and family.start == vocabulary.PITCH else ({}, 1.0)
            details = (float(pitches[token - family.start]), _likeliest(pitches, token - family.start), *masked)
            length = 0.0
        else:
            length += nats
        cursor.push(token)
        if at + 1 == note.last:
            terms = (when + pitch_nats + length, when, pitch_nats, length)
            reading.notes.append(NoteLikelihood(note, *terms, *details))
            note, when = next(notes, None), 0.0
        if at + 1 < len(tokens):
            logits = reading.stepper.feed(tokens[at : at + 1], slots[at : at + 1], reading.state)


def _locate(reading: Reading, order: list[list[tuple[int, int]]]) -> list[NoteTokens]:
    """The open notes of an example, in order; given notes and cells go into the reading."""
    tokens, cursor = reading.example.tokens, Cursor()
    families = vocabulary.FAMILY_OF[tokens]
    waiting = {
        (bar, part): [index for number, index in notes if number == bar]
        for part, notes in enumerate(order)
        for bar in {bar for bar, _ in notes}
        if reading.first <= bar < reading.last
    }
    open_notes: list[NoteTokens] = []
    for at, token in enumerate(tokens.tolist()):
        cursor.push(token)
        bar, lane = reading.first + cursor.bar, cursor.lane
        if lane < 0 or cursor.place < 0:
            continue
        part = reading.places[lane - 1] if lane else -1
        cell = reading.cells.get((bar, part + 1), (at, at))
        reading.cells[bar, part + 1] = (cell[0], at + 1)
        if families[at] in _SOUNDS:
            first, last = at, at + 1
            while families[first - 1] in _BEFORE:
                first -= 1
            while last < len(tokens) and families[last] == vocabulary.FAMILY["DURATION"]:
                last += 1
            note = NoteTokens(part, waiting[bar, lane - 1].pop(0), bar, first, at, last)
            (open_notes if at >= reading.begin else reading.given).append(note)
    return open_notes


def conditioning_effects(
    reading: Reading, score: Score, style: str = "", controls: tuple[int, ...] = ()
) -> dict[str, list[float]]:
    """Ablation of the conditioning: the nats that each note would have more without each condition.

    Conditions are those present of ``"key"``, ``"chords"``, ``"sections"``, ``"genre"`` and the controls, by their
    names. The music of one reading is read again without each of them, as one batch.

    Parameters
    ----------
    reading : Reading
    score, style, controls
        What was read, and how it was conditioned.

    Returns
    -------
    dict of str to list of float
        One for each of the reading's notes: above 0 where the condition made the note likelier.
    """
    ordered = PartOrder(reading.places).score(score)
    prepared = events.prepare(ordered, style, is_compact=events.is_compact(reading.stepper.card.facts))
    variants = {
        name: events.assemble(changed, reading.is_open, reading.first, reading.last, remaining)
        for name, (changed, remaining) in _ablations(prepared, reading.is_open, controls).items()
    }
    effects: dict[str, list[float]] = {}
    names, baseline = list(variants), reading.token_nats[reading.begin :]
    spans = [(each.note.first - reading.begin, each.note.last - reading.begin) for each in reading.notes]
    for first in range(0, len(names), ROWS):
        some = names[first : first + ROWS]
        for name, nats in zip(some, batched_nats(reading.stepper, [variants[name] for name in some]), strict=True):
            change = np.concatenate([[0.0], np.cumsum(nats - baseline)])
            effects[name] = [float(change[last] - change[begin]) for begin, last in spans]
    return effects


def _ablations(
    prepared: Prepared, is_open: NDArray[np.bool_], controls: tuple[int, ...]
) -> dict[str, tuple[Prepared, tuple[int, ...]]]:
    """The piece, and its controls, without each condition."""
    variants: dict[str, tuple[Prepared, tuple[int, ...]]] = {}
    for name, column in (("key", BAR_KEY), ("sections", BAR_SECTION)):
        if (prepared["bars"][:, column] != NO_TOKEN).any():
            unmarked = prepared["bars"].copy()
            unmarked[:, column] = NO_TOKEN
            variants[name] = (prepared | {"bars": unmarked}, controls)
    if prepared["lane"][0] and not is_open[:, 0].any():
        variants["chords"] = (prepared | {"lane": np.array([False, False])}, controls)
    for place, token in enumerate(controls):
        kind = (token - vocabulary.CONTROL) // vocabulary.CLASSES
        name = "genre" if token >= vocabulary.GENRE else vocabulary.CONTROLS[kind]
        variants[name] = (prepared, (*controls[:place], *controls[place + 1 :]))
    return variants


def batched_nats(stepper: Stepper, examples: Sequence[Example]) -> list[NDArray[np.float64]]:
    """Negative log-likelihoods of every token after ``FILL`` of examples with the same music."""
    begins = [int(np.flatnonzero(example.tokens == vocabulary.FILL)[0]) + 1 for example in examples]
    music = examples[0].tokens[begins[0] :]
    state = stepper.start(max(len(example.tokens) for example in examples), len(examples))
    prompts = enumerate(zip(examples, begins, strict=True))
    logits = np.stack(
        [stepper.feed(example.tokens[:begin], example.slots[:begin], state, row) for row, (example, begin) in prompts]
    )
    nats = np.zeros((len(examples), len(music)))
    for at, token in enumerate(music.tolist()):
        nats[:, at] = [_nats(softmax(each), token) for each in logits]
        if at + 1 < len(music):
            slots = examples[0].slots[begins[0] + at]
            logits = stepper.step(np.full(len(examples), token), np.repeat(slots[None], len(examples), 0), state)
    return list(nats)


def softmax(logits: NDArray[np.float32]) -> Probabilities:
    """Probabilities (V,) of logits."""
    scores = logits.astype(np.float64)
    masses = np.exp(scores - scores.max())
    return masses / masses.sum()


def _nats(probabilities: Probabilities, token: int) -> float:
    return -float(np.log(max(probabilities[token], 1e-12)))


def _family(token: int) -> slice:
    """The pitches or the drums of the vocabulary, whichever contain a token."""
    return (
        slice(vocabulary.PITCH, vocabulary.PITCH + 128)
        if vocabulary.FAMILY_OF[token] == vocabulary.FAMILY["PITCH"]
        else slice(vocabulary.DRUM, vocabulary.DRUM + 128)
    )


def _likeliest(probabilities: Probabilities, but: int) -> tuple[tuple[int, float], ...]:
    best = [int(each) for each in np.argsort(-probabilities, kind="stable")[: LIKELIER + 1] if each != but]
    return tuple((pitch, float(probabilities[pitch])) for pitch in best[:LIKELIER])


def _masked(grammar: Grammar, probabilities: Probabilities) -> tuple[dict[str, float], float]:
    """Share of the probabilities (128,) that each rule masks, and that all leave."""
    masks = grammar.forbidden()
    masked = {name: float(probabilities[mask].sum()) for name, mask in masks.items()}
    union = np.any(list(masks.values()), axis=0) if masks else np.zeros(128, bool)
    return masked, float(probabilities[~union].sum())
