"""How well a piece is composed, in numbers that a musician understands; one short function each.

Whether a number is good is for real music of the same style to say: chorales avoid parallel fifths, quartets less so,
guitars in a band are made of them. So every measure is compared with real pieces (`benchmarks/music.py`,
`firmus evaluate`), and none has a value of its own to reach. Where a piece has nothing to be measured the value is NaN.
"""

from __future__ import annotations

from collections.abc import Callable

from firmus.analysis.composition import bars, harmony, melody, voices
from firmus.score import Score

WHOLE: dict[str, Callable[[Score], float]] = {
    "parallel fifths, of 100 moves": voices.parallel_fifths,
    "parallel octaves, of 100 moves": voices.parallel_octaves,
    "beats with a semitone clash": voices.clashes,
    "dissonances of the outer voices": voices.outer_dissonances,
    "roots falling a fifth": harmony.falling_fifths,
    "dominant to tonic": harmony.dominant_to_tonic,
    "bass has the root": harmony.bass_on_root,
    "chromatic dead ends": harmony.chromatic_dead_ends,
    "motif returns": melody.motif_returns,
    "phrase ends": melody.phrase_ends,
    "melody range": melody.melody_range,
    "melody steps": melody.steps,
    "melody rests": melody.rests,
    "melody notes a bar": melody.notes_per_bar,
    "distinct bars": bars.distinct_bars,
    "longest run of equal bars": bars.longest_run,
    "backbeat": bars.backbeat,
    "steady cymbal": bars.steady_cymbal,
}
BEGINNING: dict[str, Callable[[Score], float]] = {"pickup": melody.pickup}
END: dict[str, Callable[[Score], float]] = {
    "last melody note, beats": melody.last_note,
    "bass closes by fourth or fifth": voices.bass_close,
    "melody closes by step": voices.melody_close,
}
MEASURES = WHOLE | BEGINNING | END


def measure(score: Score) -> dict[str, float]:
    """Every measure of a Score, NaN where it has none."""
    return {name: each(score) for name, each in MEASURES.items()}
