"""Folk tunes: one melody."""

from __future__ import annotations

from firmus.composing.styles import Style, Voice

STYLE = Style(
    name="folk",
    title="Tune",
    voices=(Voice("Melody", 40, 55, 88, model_program=0),),
    tempo=112,
    tempi=(("6/8", 168), ("9/8", 168), ("12/8", 168), ("3/4", 132), ("2/4", 96), ("2/2", 176)),
    pickup_share=0.8,
    temperature=0.8,
    pitch_temperature=0.9,
    new_bars=0.56,
    forms=("ABAB'", "AA'BB'", "AA'AA''", "ABAB'CD", "ABAB'CDCD'", "AA'AA''BCBC'", "AA'AA''BB'BB''"),
    is_planned=False,
)
