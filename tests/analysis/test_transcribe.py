"""Notes in seconds written down: on the grid of the beats, in their meter and key, or by a clock."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmus.analysis import transcribe
from firmus.analysis.transcribe import DetectedNote, to_score
from firmus.score import Note, Part, Score, Tempo
from firmus.timing import seconds

TUNE = [67, 69, 71, 72, 74, 74, 71, 67, 69, 71, 72, 69, 71, 67, 66, 67]


def played(score, jitter=0.0, seed=0):
    generator = np.random.default_rng(seed)
    return [
        DetectedNote(
            max(seconds(score, note.start) + generator.normal(0, jitter), 0.0),
            seconds(score, note.end) + generator.normal(0, jitter), note.pitch, note.velocity,
        )
        for part in score.parts for note in part.notes
    ]  # fmt: skip


def beats_of(score, count=None):
    return np.array([seconds(score, 480 * place) for place in range(count or score.end // 480 + 2)])


@pytest.mark.parametrize("bpm", [63.0, 96.0, 140.0])
@pytest.mark.parametrize("jitter", [0.0, 0.012])
def test_a_tune_comes_back_as_it_was_written(bpm, jitter):
    lengths = [480, 240, 240, 960, 480, 720, 240, 480]
    starts = np.cumsum([0, *(lengths * 2)])
    notes = tuple(Note(int(at), lengths[i % 8], TUNE[i]) for i, at in enumerate(starts[:16]))
    score = Score((Part("", notes),), tempi=(Tempo(0, bpm),))
    found = to_score(played(score, jitter), beats_of(score))
    assert [(n.start, n.pitch) for n in found.parts[0].notes] == [(n.start, n.pitch) for n in notes]
    same = [a.duration == b.duration for a, b in zip(found.parts[0].notes, notes, strict=True)]
    assert np.mean(same) > (0.99 if not jitter else 0.7)
    assert abs(found.tempi[0].bpm / bpm - 1) < 0.005
    assert len(found.tempi) == 1
    assert found.keys[0].text == "G major"


def test_triplets_are_written_as_thirds():
    notes = tuple(Note(160 * i, 160, 60 + i % 5) for i in range(24))
    score = Score((Part("", notes),), tempi=(Tempo(0, 80.0),))
    found = to_score(played(score, 0.008), beats_of(score))
    assert [note.start for note in found.parts[0].notes] == [note.start for note in notes]


def test_beats_that_begin_late_are_continued_backwards():
    notes = tuple(Note(480 * i, 480, 60 + i) for i in range(8))
    score = Score((Part("", notes),), tempi=(Tempo(0, 100.0),))
    found = to_score(played(score), beats_of(score)[3:6])
    assert [note.start for note in found.parts[0].notes] == [note.start for note in notes]


def test_a_tempo_that_changes_is_written_every_four_beats():
    tempi = tuple(Tempo(1920 * i, 80.0 + 10 * i) for i in range(4))
    notes = tuple(Note(480 * i, 480, 60 + i % 7) for i in range(16))
    score = Score((Part("", notes),), tempi=tempi)
    found = to_score(played(score), beats_of(score, 17))
    assert len(found.tempi) >= 4
    for mine, theirs in zip(found.parts[0].notes, notes, strict=True):
        assert mine.start == theirs.start
        assert abs(seconds(found, mine.start) - seconds(score, theirs.start)) < 0.15


def test_without_beats_a_clock_counts():
    found = to_score([DetectedNote(1.0, 1.5, 60), DetectedNote(1.63, 2.0, 62)])
    assert [(note.start, note.duration) for note in found.parts[0].notes] == [(0, 480), (605, 355)]
    assert found.tempi[0].bpm == transcribe.CLOCK_BPM


heard_notes = st.lists(
    st.builds(
        lambda start, length, pitch, velocity: DetectedNote(start, start + length, pitch, velocity),
        st.floats(0, 60), st.floats(0.01, 5), st.integers(21, 108), st.integers(1, 127),
    ), max_size=40,
)  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(notes=heard_notes, period=st.floats(0.25, 1.5), first=st.floats(0, 10))
def test_whatever_is_heard_makes_a_valid_score(notes, period, first):
    beats = first + period * np.arange(30)
    for grid in (beats, None):
        found = to_score(sorted(notes, key=lambda note: note.start), grid)
        line = found.parts[0].notes
        assert len(line) <= len(notes)
        assert bool(line) == bool(notes)
        for one in line:
            assert not any(one.start < other.start < one.end for other in line if other.pitch == one.pitch)
