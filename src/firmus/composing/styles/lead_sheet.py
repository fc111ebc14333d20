"""Lead sheets: a melody with chord symbols."""

from __future__ import annotations

from firmus.composing.styles import LONGER, Style, Voice

STYLE = Style(
    name="lead-sheet",
    title="Song Sheet",
    voices=(Voice("Melody", 73, 58, 81, model_program=68),),
    tempo=108,
    tempi=(("3/4", 120), ("6/8", 84)),
    pickup_share=0.3,
    temperature=1.0,
    step_close=0.8,
    has_chords=True,
    is_accompanied=True,
    forms=("ABA'C", "AA'BC", "AA'BA'", "ABAB'", *LONGER),
    through_composed=0.3,
)
