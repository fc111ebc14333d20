"""Chorales in four parts."""

from __future__ import annotations

from firmus.composing.styles import CHOIR, Style

STYLE = Style(
    name="chorale",
    title="Chorale",
    voices=CHOIR,
    tempo=76,
    tempi=(("3/4", 84), ("3/2", 120)),
    pickup_share=0.7,
    is_choral=True,
    is_part_writing=True,
    dissonance=2.0,
    temperature=0.8,
    pitch_temperature=0.7,
    forms=("AA'BC", "AAB2"),
    through_composed=0.4,
    resting=(0, 1, 2, 3),
)
