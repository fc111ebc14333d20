"""Hymns in four parts."""

from __future__ import annotations

from firmus.composing.styles import CHOIR, Style

STYLE = Style(
    name="hymn",
    title="Hymn",
    voices=CHOIR,
    tempo=92,
    tempi=(("3/4", 96), ("6/8", 81)),
    pickup_share=0.5,
    new_bars=0.77,
    is_choral=True,
    is_part_writing=True,
    dissonance=1.0,
    temperature=0.8,
    pitch_temperature=0.7,
    forms=("AA'BC", "ABA'C", "AA'BA'", "AAB2"),
    through_composed=0.3,
    resting=(0, 1, 2, 3),
)
