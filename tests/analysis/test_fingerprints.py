"""Fingerprints: the same in any key, at any tempo, with split notes; an index says where they stand."""

import numpy as np
import pytest

from firmus.analysis import lines
from firmus.analysis.fingerprints import COMMON, NOTES, Index, Melodies, hashes
from firmus.score import Note, Part, Score

PITCHES = [60, 64, 62, 65, 69, 67, 60, 71, 72, 66, 62, 70, 61, 68, 64, 67, 59, 63, 74, 60]


def tune(pitches, beat=480, key=0, times=1):
    notes = [
        Note(beat * i + beat // times * part, beat // times, key + pitch)
        for i, pitch in enumerate(pitches)
        for part in range(times)
    ]
    return Score((Part("", tuple(notes)),))


def melodies(score):
    return Melodies.of(lines.of_score(score))


@pytest.mark.parametrize("other", [{"key": 5}, {"beat": 240}, {"beat": 960, "key": -7}, {"times": 2}, {"times": 3}])
def test_key_tempo_and_split_notes_do_not_matter(other):
    one, two = hashes(melodies(tune(PITCHES))), hashes(melodies(tune(PITCHES, **other)))
    assert len(one.hashes) == len(PITCHES) - NOTES + 1
    assert (one.hashes == two.hashes).all()


def test_another_pitch_or_rhythm_is_another_fingerprint():
    plain = tune(PITCHES)
    wrong = tune([*PITCHES[:10], PITCHES[10] + 1, *PITCHES[11:]])
    notes = list(plain.parts[0].notes)
    notes[10:] = [Note(note.start + 960, note.duration, note.pitch) for note in notes[10:]]
    delayed = Score((Part("", tuple(notes)),))
    own = hashes(melodies(plain)).hashes
    assert (own != hashes(melodies(wrong)).hashes).sum() == NOTES
    late = hashes(melodies(delayed)).hashes
    assert 0 < (own != late).sum() < NOTES
    assert (own >> np.uint64(8) == late >> np.uint64(8)).all()  # the intervals are the same


def test_every_passage_of_so_many_notes_keeps_a_fingerprint():
    generator = np.random.default_rng(1)
    whole = lines.of_score(tune(generator.integers(48, 84, 400).tolist()))
    own = Melodies.of(whole)
    window = 6
    kept = np.sort(Index.of(whole, own, 1, window).words & np.uint64((1 << 28) - 1)).astype(int)
    every = Index.of(whole, own, 1)
    assert len(every.words) / 4.5 < len(kept) < len(every.words) / 2.5  # about 2 / (window + 1)
    assert np.diff(kept).max() <= window


def test_an_index_says_piece_bar_and_rhythm():
    scores = [tune(PITCHES[::-1]), tune(PITCHES, beat=240, key=3)]
    whole = lines.joined([lines.of_score(each) for each in scores], [1, 1])
    index = Index.of(whole, Melodies.of(whole), 2)
    own = hashes(melodies(tune(PITCHES)))
    hits = index.hits(own.hashes)
    assert set(hits.pieces.tolist()) == {1}
    assert hits.ngrams.tolist() == list(range(len(own.hashes)))
    assert hits.is_rhythmic.all()
    assert hits.bars.tolist() == [i // 8 + 1 for i in range(len(own.hashes))]


def test_what_many_pieces_have_is_left_out():
    generator = np.random.default_rng(2)
    scale = [60, 62, 64, 65, 67, 69, 71, 72]
    scores = [tune([*scale, *generator.integers(48, 84, 20).tolist()]) for _ in range(8)]
    whole = lines.joined([lines.of_score(each) for each in scores], [1] * 8)
    index = Index.of(whole, Melodies.of(whole), 8)
    assert COMMON * 8 < 1  # so it is a fixed number of pieces here
    assert not len(index.hits(hashes(melodies(tune(scale))).hashes).places)
    assert len(index.hits(hashes(melodies(scores[3])).hashes).places) >= 19
