"""Organ pieces: two manuals and the pedal, a part for each staff."""

from __future__ import annotations

from firmus.composing.styles import LONGER, Style, Voice

STYLE = Style(
    name="organ",
    title="Organ Piece",
    voices=(
        Voice("Right Hand", 19, 55, 88, False),
        Voice("Left Hand", 19, 43, 76, False),
        Voice("Pedal", 19, 31, 62, False),
    ),
    tempo=80,
    rests=2,
    temperature=1.0,
    forms=("AA'BC", "ABA'C", "ABCB'", "A2A'2", *LONGER),
    through_composed=0.65,
    resting=(),
    modulates=True,
)
