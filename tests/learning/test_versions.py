"""Versions, copies and works, found fast in many pieces."""

import numpy as np

from firmus.learning.versions import families, fingerprint
from firmus.score import Chord, Note, Part, Score


def tune(seed, count=60):
    pitches = 60 + np.random.default_rng(seed).integers(0, 20, count)
    return Score((Part("", tuple(Note(480 * i, 480, int(pitch)) for i, pitch in enumerate(pitches))),))


def joined(*tunes):
    notes = [note for each in tunes for note in each.parts[0].notes]
    return Score((Part("", tuple(Note(480 * i, 480, note.pitch) for i, note in enumerate(notes))),))


def test_versions_are_a_family_of_its_first_piece_and_copies_are_known():
    pieces = [tune(1), tune(2), tune(1).transposed(3), joined(tune(2), tune(3)), tune(4)]
    heads, copies = families([fingerprint(each) for each in pieces])
    assert heads == [0, 1, 0, 1, 4]
    assert copies == {2}


def test_works_are_families_and_other_chords_make_no_copy():
    prints = [fingerprint(tune(seed)) for seed in (1, 2, 3, 1)]
    heads, copies = families(prints, [(0, 1)], ["C", "", "", "Am"])
    assert heads == [0, 0, 2, 0]
    assert copies == set()


def test_what_many_pieces_share_is_counted_as_a_loop_would():
    generator = np.random.default_rng(0)
    prints = [np.unique(generator.integers(0, 400, 60).astype(np.uint64)) for _ in range(80)]
    owners = {}
    for index, each in enumerate(prints):
        for pattern in each.tolist():
            owners.setdefault(pattern, []).append(index)
    shared = {}
    for members in owners.values():
        if 1 < len(members) <= 50:
            for place, one in enumerate(members):
                for other in members[place + 1 :]:
                    shared[one, other] = shared.get((one, other), 0) + 1
    related = [pair for pair, count in shared.items() if count >= max(4, min(len(prints[each]) for each in pair) / 2)]
    heads, _ = families(prints)
    expected = list(range(80))
    for one, other in sorted(related):
        low, high = sorted((expected[one], expected[other]))
        expected = [low if each == high else each for each in expected]
    assert heads == expected


def test_chords_alone_have_fingerprints_too():
    chords = tuple(Chord(1920 * bar, "CFGDAE"[(bar * bar) % 6]) for bar in range(24))
    song = Score((Part(""),), chords=chords)
    higher = Score((Part(""),), chords=tuple(chord.transposed(2) for chord in chords))
    assert len(fingerprint(song))
    assert (fingerprint(song) == fingerprint(higher)).all()
