"""String quartets."""

from __future__ import annotations

from firmus.composing.styles import LONGER, Style, Voice

STYLE = Style(
    name="quartet",
    title="String Quartet",
    voices=(
        Voice("Violin I", 40, 56, 93),
        Voice("Violin II", 40, 55, 84),
        Voice("Viola", 41, 48, 76),
        Voice("Cello", 42, 36, 69),
    ),
    tempo=112,
    tempi=(("3/4", 126), ("6/8", 96), ("2/4", 100)),
    pickup_share=0.25,
    minor_share=0.25,
    rests=2,
    temperature=1.0,
    pitch_temperature=0.85,
    is_part_writing=True,
    forms=("AA'BC", "ABA'C", "ABCB'", "A2A'2", *LONGER, "A2A'2B2A'2C2C'2D2C'2A2A'2B2A'2"),
    through_composed=0.55,
    resting=(),
    modulates=True,
)
