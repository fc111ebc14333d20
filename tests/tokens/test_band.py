"""A band as a piano roll: its drums keep to the keys of General MIDI."""

import numpy as np
import pytest

import firmus
from firmus.score import Note, Part, Score
from firmus.tokens import band

GENERAL_MIDI = range(35, 82)


def drums(*keys: int) -> Score:
    return Score((Part("Drums", tuple(Note(0, 60, key) for key in keys), is_drums=True),), end=480)


def keys(score: Score) -> list[int]:
    return sorted({note.pitch for part in score.parts if part.is_drums for note in part.notes})


@pytest.mark.parametrize(
    ("written", "folded"),
    [((22, 26), [42, 46]), ((28, 36), [36, 39]), ((82, 88, 100), [70]), ((0, 29, 127), []), ((42, 22), [42])],
)
def test_a_drum_outside_general_midi_is_its_nearest_or_none_read_and_written(written, folded):
    assert keys(band.quantise(drums(*written))) == folded
    values = np.zeros((4, len(band.COLUMNS)), int)
    values[0, list(written)] = band.STRUCK
    assert keys(band.decode(values)) == folded


def test_every_drum_of_general_midi_stays_as_it_is():
    assert keys(band.quantise(drums(*GENERAL_MIDI))) == list(GENERAL_MIDI)


@pytest.mark.parametrize("seed", [2, 3])  # whose drums stood on 28, 88 and 100
def test_the_band_that_comes_with_firmus_plays_drums_of_general_midi(seed):
    work = firmus.compose(model="gan-band", chords="Am F C G", bars=8, seed=seed)
    assert len(keys(work.score)) > 4
    assert set(keys(work.score)) <= set(GENERAL_MIDI)
