"""Performing: a written piece gets the timing, loudness and pedal of a performance, by rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firmus.composing import perform, prepare
from firmus.tasks import AMOUNT, Verb
from firmus.work import Brief

if TYPE_CHECKING:
    from firmus.composing.commission import Commission

__all__ = ["commission", "perform"]

MODEL = "rules"

VERB = Verb(
    name="perform",
    english="give a written piece the timing, loudness and pedal of a performance, by rules",
    chinese="按规则为写成的乐曲赋予演奏的速度、力度与踏板",
    options=(AMOUNT,),
    place=9,
)


def commission(brief: Brief) -> Commission:
    """What is to be performed; refuses what cannot be.

    Raises
    ------
    InvalidBrief, ModelError
    """
    from firmus.composing.commission import begin
    from firmus.composing.source import given

    given(brief, "perform")
    return prepare(begin(brief, "perform", MODEL))
