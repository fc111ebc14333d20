"""Organ pieces: manual and pedal."""

from __future__ import annotations

from firmus.composing.styles import Style, Voice

STYLE = Style(
    name="organ",
    title="Organ Piece",
    voices=(Voice("Manual", 19, 48, 84, False), Voice("Pedal", 19, 36, 67, False)),
    tempo=80,
    rests=2,
    temperature=1.0,
    forms=("AA'", "ABA'", "AA'BA'", "AA'BA'CA'"),
    resting=(),
    modulates=True,
)
