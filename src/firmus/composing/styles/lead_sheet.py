"""Lead sheets: a melody with chord symbols."""

from __future__ import annotations

from firmus.composing.styles import Style, Voice

STYLE = Style(
    name="lead-sheet",
    title="Song Sheet",
    voices=(Voice("Melody", 73, 58, 81, model_program=68),),
    tempo=108,
    tempi=(("3/4", 120), ("6/8", 84)),
    pickup_share=0.3,
    temperature=1.0,
    has_chords=True,
    is_accompanied=True,
    forms=("AA'", "ABA'", "AA'BA'", "AA'BA'BA'"),
)
