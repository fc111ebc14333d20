"""Setting a melody to chords as people harmonise songs."""

import numpy as np
import pytest

import firmus
from firmus import formats
from firmus.composing.melody_chords import ENDS, chords_to
from firmus.composing.progressions import fits, progressions
from firmus.errors import InvalidBrief
from firmus.pitch import pitch_class

TUNE = b"""X:1
T:Tune
M:3/4
L:1/4
K:G
D|G2 B/G/|B2 A|G2 E|D2 D|G2 B/G/|B2 A|d3-|d2 B|d>B d/B/|G2 D|E>G G/E/|D2 D|G2 B/G/|B2 A|G3-|G2|]
"""


@pytest.fixture(scope="module")
def tune():
    return formats.read(TUNE)


@pytest.mark.parametrize("harmony", ENDS)
def test_a_progression_fits_the_melody_and_ends_on_the_tonic_under_its_last_note(tune, harmony):
    melody = tune.parts[0]
    for seed in range(12):
        chords = chords_to(melody, tune, harmony, np.random.default_rng(seed))
        assert chords[0].start == tune.pickup
        assert chords[-1].root == "G"
        assert chords[-1].start <= melody.notes[-1].start
        inside = total = 0
        for note in melody.notes[1:]:
            chord = [each for each in chords if each.start <= note.start][-1]
            total += note.duration
            inside += note.duration * ((note.pitch - pitch_class(chord.root)) % 12 in (0, 2, 3, 4, 5, 7, 9, 10, 11))
        assert inside / total > 0.75


def test_modern_chords_have_more_sevenths_and_three_seeds_give_three_answers(tune):
    drawn = {
        harmony: [chords_to(tune.parts[0], tune, harmony, np.random.default_rng(seed)) for seed in range(12)]
        for harmony in ENDS
    }
    sevenths = {
        harmony: np.mean(["7" in chord.quality for chords in each for chord in chords])
        for harmony, each in drawn.items()
    }
    assert sevenths["modern"] > sevenths["traditional"] + 0.2
    for each in drawn.values():
        assert len(set(each[:3])) == 3


@pytest.mark.parametrize("harmony", ENDS)
@pytest.mark.parametrize("mode", ["major", "minor"])
def test_tables_are_whole(harmony, mode):
    table = progressions(harmony, mode)
    assert set(ENDS[harmony]) & set(table.numerals)
    assert np.allclose(table.transitions.sum(axis=-1), 1)
    assert all(row.sum() == pytest.approx(1) for row in fits(harmony).values())


def test_the_melody_is_set_under_the_chords(tune):
    works = firmus.accompany(tune, style="lead-sheet", harmony="modern", count=3, seed=1)
    assert len({work.score.chords for work in works}) == 3
    assert all(work.score.parts[0].notes == tune.parts[0].notes for work in works)
    work = firmus.harmonise(tune, harmony="传统", seed=1, effort="quick")
    assert work.origin.brief["harmony"] == "traditional"
    assert work.score.chords[-1].root == "G"
    assert [note.pitch % 12 for note in work.score.parts[-1].notes][-1] == 7


def test_where_it_cannot_be_it_is_refused(tune):
    with pytest.raises(InvalidBrief, match="harmony modern: compose by 'composer' sets no melody to chords"):
        firmus.compose(harmony="modern")
    with pytest.raises(InvalidBrief, match="harmony modern: the chords are given already"):
        firmus.harmonise(tune, harmony="modern", chords="G")
    with pytest.raises(InvalidBrief, match="unknown harmony 'jazzy'"):
        firmus.harmonise(tune, harmony="jazzy")


def test_a_melody_that_modulates_has_chords_of_each_key():
    tune = formats.read(b"X:1\nM:4/4\nL:1/4\nK:C\nCEGE|FAGF|EGEC|DBC2|[K:D]DFAF|GBAG|FAFD|EcD2|]\n")
    for seed in range(6):
        chords = chords_to(tune.parts[0], tune, "traditional", np.random.default_rng(seed))
        early, late = (
            {each.root for each in chords if (each.start >= 4 * 1920) == is_late} for is_late in (False, True)
        )
        assert early <= {"C", "D", "E", "F", "G", "A", "B", "Bb", "Eb", "Ab"}
        assert "D" in late
        assert chords[-1].root == "D"
        assert not {"F#", "C#"} & early
        assert not {"F", "C"} & late
