"""The parts of a score in the order in which a model is given them, and back (`firmus.tokens.events.part_order`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from firmus.runtime.constraints import Rules
from firmus.runtime.weights import Card
from firmus.score import Score
from firmus.tokens import events
from firmus.tokens.events import vocabulary

if TYPE_CHECKING:
    from firmus.runtime.request import Bar, Request


@dataclass(frozen=True, slots=True)
class PartOrder:
    """A permutation of the parts: `places` of the score's parts in the order of the model."""

    places: tuple[int, ...]

    @classmethod
    def of(cls, card: Card, score: Score) -> PartOrder:
        """The order of a model's card for a score."""
        programs = [vocabulary.DRUMS if part.is_drums else vocabulary.PROGRAM + part.program for part in score.parts]
        return cls(tuple(events.order_of(card.facts, programs)))

    @property
    def is_unchanged(self) -> bool:
        """Whether the model has the score's own order."""
        return self.places == tuple(range(len(self.places)))

    @property
    def lanes(self) -> list[int]:
        """Columns of the score's cells in the order of the model; the chord lane stays the first."""
        return [0, *(place + 1 for place in self.places)]

    def score(self, score: Score) -> Score:
        """The score with its parts in the order of the model."""
        return score if self.is_unchanged else replace(score, parts=tuple(score.parts[place] for place in self.places))

    def original(self, score: Score) -> Score:
        """The inverse of `score`."""
        if self.is_unchanged:
            return score
        parts = dict(zip(self.places, score.parts, strict=True))
        return replace(score, parts=tuple(parts[place] for place in range(len(parts))))

    def rules(self, rules: Rules) -> Rules:
        """Rules, of which those of the parts are in the order of the model."""
        if self.is_unchanged:
            return rules
        return replace(
            rules,
            parts=tuple(rules.parts[place] for place in self.places),
            final=tuple(rules.final[place] for place in self.places if place < len(rules.final)),
            cadence=tuple((self._numbers([part])[0], own) for part, own in rules.cadence),
        )

    def request(self, request: Request) -> Request:
        """A request in the order of the model."""
        if self.is_unchanged:
            return request
        return replace(
            request,
            score=self.score(request.score),
            is_open=request.is_open[:, self.lanes],
            rules=self.rules(request.rules),
            voices=self._numbers(request.voices),
        )

    def original_bar(self, bar: Bar) -> Bar:
        """A composed bar with its notes in the parts of the score."""
        notes = ((self.places[place], note) for place, note in bar.notes)
        return bar if self.is_unchanged else bar._replace(notes=tuple(sorted(notes, key=lambda each: each[0])))

    def _numbers(self, parts: Sequence[int]) -> tuple[int, ...]:
        """Numbers of parts, from 1, as the model counts them."""
        return tuple(self.places.index(part - 1) + 1 for part in parts)
