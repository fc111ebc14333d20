"""Drum grooves."""

from __future__ import annotations

from firmus.composing.styles import Style, Voice

STYLE = Style(
    name="drums",
    title="Groove",
    voices=(Voice("Drums", 0, is_drums=True),),
    tempo=108,
    temperature=0.8,
    is_planned=False,
)
