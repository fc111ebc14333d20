"""What a model of events makes of real music: the surprise of every token it would have had to compose.

What it is
    A stretch of a piece encoded with every cell open: style, instruments, meters, keys, tempi and the number of bars
    are given, then all the music follows. Only the music (what stands after ``FILL``) is counted.
Conventions
    Chord symbols and sections that were read off the notes are left out, as if nobody had given them; chord symbols
    of a lead sheet are part of the music. Nats a token; for comparing representations, nats a note and bits a bar.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firmus.runtime.stepper import ROWS, Stepper
from firmus.score import Score
from firmus.tokens import Example, Integers, Prepared, events
from firmus.tokens.events import vocabulary

NOTES = (vocabulary.FAMILY["PITCH"], vocabulary.FAMILY["DRUM"])


@dataclass(frozen=True, slots=True)
class Window:
    """Some bars of a piece, encoded with everything open: the example, and where its music begins in it."""

    example: Example
    begin: int
    bars: int

    @property
    def music(self) -> Integers:
        """Tokens (M,) that are counted."""
        return self.example.tokens[self.begin :]

    @property
    def notes(self) -> int:
        """Number of notes."""
        return int(np.isin(vocabulary.FAMILY_OF[self.music], NOTES).sum())


def window(prepared: Prepared, first: int = 0, last: int | None = None) -> Window:
    """Bars `first` to `last` (not among them) of a piece, everything open.

    Examples
    --------
    >>> from firmus.score import Note, Part, Score
    >>> tune = Score((Part("Flute", (Note(0, 480, 72), Note(480, 1440, 74)), program=73),))
    >>> drawn = window(events.bare(events.prepare(tune)))
    >>> drawn.notes, drawn.bars, [vocabulary.name(token) for token in drawn.music][:5]
    (2, 1, ['BAR', 'PART 1', 'PITCH 72', 'DURATION 24', 'PITCH 74'])
    """
    last = events.grid_shape(prepared)[0] if last is None else last
    example = events.assemble(prepared, np.ones(events.grid_shape(prepared), bool), first, last)
    begin = int(np.flatnonzero(example.tokens == vocabulary.FILL)[0]) + 1
    return Window(example, begin, last - first)


def of_score(score: Score, style: str, facts: Mapping[str, Any] | None = None) -> Window:
    """All of a Score, everything open: its chord symbols, which somebody wrote, are part of the music.

    Parameters
    ----------
    score : Score
    style : str
    facts : mapping, optional
        Of the card of the model that is to read it: its form of encoding and order of parts; today's by default.

    Examples
    --------
    >>> from firmus.score import Note, Part
    >>> of_score(Score((Part("Flute", (Note(0, 480, 72), Note(480, 1440, 74)), program=73),)), "folk").notes
    2
    """
    is_compact = facts is None or events.is_compact(facts)
    prepared = events.bare(events.prepare(score, style, not score.chords, is_compact=is_compact))
    order = events.order_of(facts or {"part_order": events.OUTER_FIRST}, prepared["programs"].tolist())
    return window(events.with_parts(prepared, order))


def nats_a_note(stepper: Stepper, scores: Sequence[Score], style: str) -> list[tuple[float, int]]:
    """Nats of all the music of each Score under a model, and its notes: comparable whatever a model's tokens are.

    Parameters
    ----------
    stepper : Stepper
    scores : sequence of Score
        The same ones, in the same rhythm, for every model that is compared.
    style : str
        By which models know it.

    Returns
    -------
    list of (float, int)
        Ratio of the sums is the figure (`firmus.evaluation.intervals.ratio`).
    """
    found = nats(stepper, [of_score(score, style, stepper.card.facts) for score in scores])
    notes = [sum(len(part.notes) for part in score.parts) for score in scores]
    return [(float(each.sum()), count) for each, count in zip(found, notes, strict=True)]


def draw_window(prepared: Prepared, length: int, generator: np.random.Generator) -> Window | None:
    """As many bars as `length` tokens hold, from a random one on, or all where they fit; None for too long a bar."""
    count, lanes = events.grid_shape(prepared)
    cost = np.diff(prepared["borders"]).reshape(count, lanes).sum(axis=1) + lanes + 7
    room = length - len(prepared["programs"]) - 8
    first = 0
    if cost.sum() > room:
        latest = int(np.flatnonzero(np.cumsum(cost[::-1])[::-1] > room)[-1])
        first = int(generator.integers(0, latest + 1))
    last = first + max(1, int((np.cumsum(cost[first:]) <= room).sum()))
    drawn = window(prepared, first, last)
    return drawn if len(drawn.example.tokens) <= length else None


def nats(stepper: Stepper, windows: Sequence[Window]) -> list[NDArray[np.float64]]:
    """Surprise (M,) of every counted token of each window under a model, through the runtime, side by side."""
    results = [np.empty(len(each.music)) for each in windows]
    longest_first = sorted(range(len(windows)), key=lambda index: -len(windows[index].music))
    for begin in range(0, len(windows), ROWS):
        chosen = longest_first[begin : begin + ROWS]
        examples = [windows[index].example for index in chosen]
        state = stepper.start(max(len(example.tokens) for example in examples), len(chosen))
        places = np.array([windows[index].begin for index in chosen])
        ends = np.array([len(example.tokens) for example in examples])
        prompts = zip(examples, places, strict=True)
        logits = [
            stepper.feed(example.tokens[:at], example.slots[:at], state, row)
            for row, (example, at) in enumerate(prompts)
        ]
        scores = np.stack(logits)
        for step in range(len(windows[chosen[0]].music)):
            running = range(int((places + step < ends).sum()))  # the first rows: the longest stories
            for row in running:
                results[chosen[row]][step] = surprise(scores[row], int(examples[row].tokens[places[row] + step]))
            left = range(int((places + step + 1 < ends).sum()))
            if left:
                tokens = np.array([examples[row].tokens[places[row] + step] for row in left])
                slots = np.array([examples[row].slots[places[row] + step] for row in left])
                scores = stepper.step(tokens, slots, state)
    return results


def surprise(logits: NDArray[np.float32], token: int) -> float:
    """Nats of a token.

    Examples
    --------
    >>> round(surprise(np.zeros(4, np.float32), 2), 4) == round(float(np.log(4)), 4)
    True
    """
    scores = logits.astype(np.float64)
    top = scores.max()
    return float(top + np.log(np.exp(scores - top).sum()) - scores[token])
