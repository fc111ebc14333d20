"""Orchestrating: a piece, such as one for piano, is scored for the instruments of an ensemble."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firmus.composing import perform, prepare
from firmus.tasks import Verb
from firmus.work import Brief

if TYPE_CHECKING:
    from firmus.composing.commission import Commission

__all__ = ["commission", "perform"]

MODEL = "rules"

VERB = Verb(
    name="orchestrate",
    english="score a piece for other instruments: --parts 'wind quintet', or 'flute,clarinet,bassoon'",
    chinese="为其他乐器配器：--parts 木管五重奏，或“长笛,单簧管,大管”",
    place=9,
)


def commission(brief: Brief) -> Commission:
    """What is to be scored; refuses what cannot be.

    Raises
    ------
    InvalidBrief, ModelError
    """
    from firmus.composing.commission import begin
    from firmus.composing.source import given

    given(brief, "orchestrate")
    return prepare(begin(brief, "orchestrate", MODEL))
