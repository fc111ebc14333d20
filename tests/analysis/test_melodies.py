"""Melodies that are compared: the same in any key, at any tempo, with split notes; a coarse modulus hides them."""

import numpy as np
import pytest

from firmus.analysis import lines
from firmus.analysis.melodies import Melodies, Symbols
from firmus.analysis.seeds import Seeds, steps
from firmus.analysis.surprise import RETURNED, Surprise
from firmus.score import Note, Part, Score

PITCHES = [60, 64, 62, 65, 69, 67, 60, 71, 72, 66, 62, 70, 61, 68, 64, 67, 59, 63, 74, 60]


def tune(pitches, beat=480, key=0, times=1):
    notes = [
        Note(beat * i + beat // times * part, beat // times, key + pitch)
        for i, pitch in enumerate(pitches)
        for part in range(times)
    ]
    return Score((Part("", tuple(notes)),))


def symbols(score, modulus=12):
    return Symbols.of(Melodies.of(lines.of_score(score)), modulus)


def intervals(those):
    return np.diff(those.pitches[-len(PITCHES) :].astype(int)) % those.modulus


@pytest.mark.parametrize("modulus", [4, 12])
@pytest.mark.parametrize("other", [{"key": 5}, {"beat": 240}, {"beat": 960, "key": -7}, {"times": 2}, {"times": 3}])
def test_key_tempo_and_split_notes_do_not_matter(other, modulus):
    one, two = symbols(tune(PITCHES), modulus), symbols(tune(PITCHES, **other), modulus)
    assert one.notes == two.notes == len(PITCHES)
    assert (intervals(one) == intervals(two)).all()
    assert (one.rhythms == two.rhythms).all()


def test_tunes_that_differ_are_the_same_by_a_coarse_modulus():
    up, down = tune([60, 62, 64, 65, 63, 66]), tune([60, 58, 56, 57, 55, 58])
    coarse, whole = ([symbols(each, modulus).pitches[-6:].astype(int) for each in (up, down)] for modulus in (4, 12))
    assert (np.diff(coarse[0]) % 4 == np.diff(coarse[1]) % 4).all()
    assert (np.diff(whole[0]) % 12 != np.diff(whole[1]) % 12).any()


def test_rhythm_is_the_ratio_to_the_length_before():
    notes = [(0, 480, 60), (480, 480, 62), (960, 240, 64), (1200, 960, 65), (2160, 480, 67)]
    found = symbols(Score((Part("", tuple(Note(*note) for note in notes)),)))
    assert found.rhythms[-5:].tolist() == [2, 2, 1, 4, 1]


@pytest.mark.parametrize("modulus", [4, 12])
@pytest.mark.parametrize("alter", ["nothing", "wrong", "one more", "two more"])
def test_seeds_are_found_although_notes_are_altered(modulus, alter):
    generator = np.random.default_rng(3)
    pitches = 60 + generator.permuted(np.tile(np.arange(24), 20))
    whole = symbols(tune(pitches.tolist()), modulus)
    seeds, size = Seeds.of(whole), steps(modulus)
    first = 200
    melody = pitches[first : first + size + 1].tolist()
    altered = {
        "nothing": melody,
        "wrong": [*melody[:3], melody[3] + 1, *melody[4:]],
        "one more": [*melody[:3], melody[2] + 1, *melody[3:]],
        "two more": [*melody[:3], melody[2] + 1, melody[2] + 3, *melody[3:]],
    }[alter]
    hits = seeds.hits(symbols(tune(altered, key=2), modulus))
    place = int(np.flatnonzero(Melodies.of(lines.of_score(tune(pitches.tolist()))).origins == lines.APART + first)[0])
    assert place in hits.places.tolist()
    exact = seeds.hits(symbols(tune(altered), modulus), altered=False)
    assert (place in exact.places.tolist()) == (alter == "nothing")


def test_common_steps_are_extended_until_they_are_rare():
    scale = [60, 62, 64, 65, 67, 69, 71]
    pitches = [each for number in range(60) for each in (*scale, 72 + number % 11, 50 + number % 7)]
    seeds = Seeds.of(symbols(tune(pitches)))
    plain, longer = (seeds.hits(symbols(tune(melody)), altered=False) for melody in (scale, [*scale, 75, 53]))
    assert len(plain.places) == 60
    assert 0 < (longer.notes == lines.APART).sum() < 10


def test_a_scale_tells_little_and_so_does_what_returns():
    generator = np.random.default_rng(4)
    steps_of_scales = generator.choice([2, -2, 2, -2, 1, -1, 5, -7], 4000)
    usual = Surprise.of(symbols(tune((60 + np.cumsum(steps_of_scales) % 24).tolist())))
    figure = [60, 67, 64, 72, 59, 66, 70]
    told, _ = usual(symbols(tune(figure * 2)))
    first, again = told[-len(figure) - 2 : -len(figure)], told[-2:]
    assert again == pytest.approx(RETURNED * first)
    leaps, scale = (
        usual(symbols(tune(each)))[0].sum() for each in ([60, 66, 59, 69, 62, 70], [60, 62, 64, 66, 68, 70])
    )
    assert leaps > 1.5 * scale
