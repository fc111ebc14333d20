"""Music for choirs in four parts."""

from __future__ import annotations

from firmus.composing.styles import CHOIR, LONGER, Style

STYLE = Style(
    name="choir",
    title="Choral Piece",
    voices=CHOIR,
    tempo=84,
    tempi=(("3/4", 96), ("6/8", 81)),
    minor_share=0.45,
    rests=2,
    temperature=0.85,
    pitch_temperature=0.8,
    is_part_writing=True,
    is_choral=True,
    forms=("AA'BC", "ABA'C", "ABCB'", "A2A'2", *LONGER),
    through_composed=0.65,
    resting=(0, 1, 2, 3),
    modulates=True,
)
