"""Bands: lead, guitar, bass and drums."""

from __future__ import annotations

from firmus.composing.styles import LONGER, Style, Voice

STYLE = Style(
    name="band",
    title="Band Piece",
    voices=(
        Voice("Lead", 81, 55, 88),
        Voice("Guitar", 29, 40, 79, False),
        Voice("Bass", 33, 28, 55),
        Voice("Drums", 0, is_drums=True),
    ),
    tempo=120,
    minor_share=0.55,
    rests=2,
    temperature=0.85,
    pitch_temperature=0.95,
    drum_temperature=0.75,
    fill_temperature=1.0,
    new_bars=0.48,
    is_accompanied=True,
    forms=("AA'BB'", "ABA'B'", "AA'BC", "ABCB'", "A2A'2", *LONGER),
    through_composed=0.15,
)
