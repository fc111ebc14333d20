"""Art songs: a voice and a piano."""

from __future__ import annotations

from firmus.composing.styles import LONGER, Style, Voice

STYLE = Style(
    name="song",
    title="Song",
    voices=(Voice("Voice", 53, 58, 81, model_program=68), Voice("Piano", 0, 31, 91, False)),
    tempo=88,
    tempi=(("6/8", 75), ("3/4", 96), ("2/4", 72)),
    pickup_share=0.3,
    rests=2,
    temperature=0.95,
    pitch_temperature=0.85,
    is_accompanied=True,
    forms=("AA'BC", "ABA'C", "ABCA'", "AA'BB'", "A2A'2", *LONGER),
    through_composed=0.5,
    modulates=True,
)
