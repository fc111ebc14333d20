"""What is composed prints as people write it: no short rests between notes, dynamics that do not leap about."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

import firmus
from firmus.composing.autoregressive import _legato
from firmus.notation.legato import legato
from firmus.runtime import decoding
from firmus.runtime.sampling import Sampling
from firmus.score import Note, Part, Score
from firmus.tokens.events import vocabulary

SHORT = tuple(Note(240 * place, 120, 60 + place % 5) for place in range(32))
"""Four bars of sixteenths and rests between them."""


def gaps(part: Part, first: int = 0) -> list[int]:
    """Ticks between the end of each note from a tick on and the next onset of its part."""
    ends = {note.start: note.end for note in sorted(part.notes, key=lambda note: note.end)}
    return [later - ends[start] for start, later in pairwise(sorted(ends)) if start >= first]


@pytest.mark.parametrize("style", ["piano", "organ"])
def test_no_short_gap_is_left_in_what_is_composed(style: str) -> None:
    for work in firmus.compose(style=style, bars=8, seed=3, count=2, effort="quick"):
        assert work.score == legato(work.score)


def test_given_notes_keep_their_gaps() -> None:
    piece = Score((Part("Melody", SHORT, 73), Part("Bass", (), 32)), end=4 * 1920)
    continued = firmus.extend(piece, bars=2, seed=1).score
    assert continued.parts[0].notes[:32] == SHORT
    assert 120 in gaps(continued.parts[0])
    under = firmus.infill(piece, bars="1-4", parts=["Bass"], seed=1).score
    assert under.parts[0].notes == SHORT


def test_bands_keep_the_gaps_of_their_groove() -> None:
    played = Score((Part("Bass", SHORT, 33), Part("Drums", (Note(0, 120, 36),), is_drums=True)))
    assert _legato(Score((Part("Bass"), Part("Drums"))), played.parts) == played.parts


def test_velocities_are_drawn_at_a_temperature_of_their_own() -> None:
    generator = np.random.default_rng(0)
    logits = generator.normal(size=vocabulary.COMPLETION).astype(np.float32)
    allowed = np.zeros(vocabulary.COMPLETION, bool)
    allowed[decoding.VELOCITIES] = allowed[decoding.PITCHES] = True
    warm = Sampling(0.9, velocity_temperature=0.6)
    steady = decoding._steady(logits, allowed, warm)

    def masses(values: np.ndarray) -> np.ndarray:
        shares = np.exp(values[allowed].astype(float) / warm.temperature)
        result = np.zeros(len(values))
        result[allowed] = shares / shares.sum()
        return result

    before, after = masses(logits), masses(steady)
    assert after[decoding.VELOCITIES].sum() == pytest.approx(before[decoding.VELOCITIES].sum(), abs=1e-5)
    assert np.allclose(before[decoding.PITCHES], after[decoding.PITCHES], atol=1e-6)
    own = np.exp(logits[decoding.VELOCITIES].astype(float) / warm.velocity_temperature)
    assert np.allclose(after[decoding.VELOCITIES] / after[decoding.VELOCITIES].sum(), own / own.sum(), atol=1e-5)
    assert decoding._steady(logits, allowed, Sampling(0.9)) is logits
    allowed[decoding.VELOCITIES] = False
    assert decoding._steady(logits, allowed, warm) is logits
