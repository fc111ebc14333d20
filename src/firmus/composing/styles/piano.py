"""Piano pieces, a part for each hand."""

from __future__ import annotations

from firmus.composing.styles import LONGER, Style, Voice

STYLE = Style(
    name="piano",
    title="Piano Piece",
    voices=(Voice("Right Hand", 0, 52, 93, False), Voice("Left Hand", 0, 33, 74, False)),
    tempo=100,
    tempi=(("3/4", 120), ("6/8", 84)),
    rests=2,
    temperature=1.0,
    pitch_temperature=0.75,
    velocity_temperature=0.9,
    forms=("AA'BC", "ABA'C", "ABCB'", "ABAB'", "AA'BB'", *LONGER, "A2A'2B2A'2C2C'2D2C'2A2A'2B2A'2"),
    through_composed=0.35,
    resting=(),
    modulates=True,
)
