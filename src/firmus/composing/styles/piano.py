"""Piano pieces, a part for each hand."""

from __future__ import annotations

from firmus.composing.styles import Style, Voice

STYLE = Style(
    name="piano",
    title="Piano Piece",
    voices=(Voice("Right Hand", 0, 52, 93, False), Voice("Left Hand", 0, 33, 74, False)),
    tempo=100,
    tempi=(("3/4", 120), ("6/8", 84)),
    rests=2,
    temperature=1.0,
    forms=("AA'", "ABA'", "AA'BA'", "AA'BA'CA'", "AA'BA'CC'DC'AA'BA'"),
    resting=(),
    modulates=True,
)
