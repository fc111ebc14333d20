"""Harmonising: a melody is set for four voices; it stays as it is."""

from __future__ import annotations

from dataclasses import replace

from firmus.composing import perform, prepare
from firmus.composing.commission import Commission, begin
from firmus.composing.source import melody_place
from firmus.work import Brief

__all__ = ["commission", "perform"]


def commission(brief: Brief) -> Commission:
    """What is to be composed; refuses what cannot be.

    Raises
    ------
    InvalidBrief, ModelError
    """
    begun = begin(brief, "harmonise")
    begun = replace(begun, places=(melody_place(brief, "harmonise"),))
    return prepare(begun)
