"""String quartets."""

from __future__ import annotations

from firmus.composing.styles import Style, Voice

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
    rests=2,
    temperature=1.0,
    is_part_writing=True,
    forms=("AA'", "ABA'", "AA'BA'", "AA'BA'CA'", "AA'BA'CC'DC'AA'BA'"),
    resting=(),
    modulates=True,
)
