"""Matching: long passages are one, none is lost between blocks, none spans two lines; what all have tells little."""

import numpy as np
import pytest

from firmus.analysis import lines
from firmus.analysis.melodies import Melodies, Symbols
from firmus.rights.collection import Collection, Source
from firmus.rights.matching import BLOCK, OVERLAP, shared
from firmus.score import Note, Part, Score


def walk(seed, count):
    """A melody of its own, no note of which repeats the one before."""
    generator = np.random.default_rng(seed)
    pitches = 60 + np.cumsum(generator.choice([-5, -3, -2, -1, 1, 2, 4, 7], count)) % 19
    pitches[1:][pitches[1:] == pitches[:-1]] += 1
    starts = np.cumsum(np.append(0, generator.choice([240, 480, 480, 720], count - 1)))
    return [Note(int(start), 240, int(pitch)) for start, pitch in zip(starts, pitches, strict=True)]


def moved(notes, tick, semitones=0):
    return [Note(note.start - notes[0].start + tick, 240, note.pitch + semitones) for note in notes]


def piece(*parts):
    return Score(tuple(Part("", tuple(notes)) for notes in parts))


def index_of(*scores):
    every = lines.joined([lines.of_score(score) for score in scores], [1] * len(scores))
    return Collection.of(every, [Source("", "", "")] * len(scores), "some").index


def found(index, score):
    return shared(index, Symbols.of(Melodies.of(lines.of_score(score))))


def test_a_long_passage_is_one():
    tune = walk(1, 400)
    index = index_of(piece(walk(2, 300)), piece(tune))
    (best, *rest) = found(index, piece(moved(tune, 0, 3)))
    assert best.piece == 1
    assert len(best.pairs) > 350
    assert best.run > 350
    assert all(each.bits < best.bits / 4 for each in rest)


@pytest.mark.parametrize("place", [0, BLOCK - OVERLAP - 12, BLOCK - 50, BLOCK - 32, BLOCK - 20, BLOCK + 100])
def test_no_passage_is_lost_between_blocks(place):
    tune, own = walk(3, 200), walk(4, 800)
    before = own[:place]
    tick = before[-1].start + 480 if before else 0
    passage = moved(tune[100:130], tick, -2)
    after = moved(own[place:], passage[-1].start + 480)
    best = found(index_of(piece(tune), piece(walk(5, 200))), piece([*before, *passage, *after]))[0]
    assert best.piece == 0
    assert 26 <= len(best.pairs) <= 36


def test_a_passage_is_of_one_line():
    upper, lower = walk(6, 40), walk(7, 40)
    passages = found(index_of(piece(upper, lower)), piece(moved(upper, 0, 2), moved(lower, 0, 2)))
    of_line = Melodies.of(lines.of_score(piece(upper, lower))).lines
    assert {of_line[each.first] for each in passages} == {0, 1}
    assert all(len(set(of_line[each.pairs[:, 0]].tolist())) == 1 for each in passages)


def test_scales_and_figures_tell_little_and_a_theme_much():
    scale = [
        Note(240 * step, 240, 60 + pitch) for step, pitch in enumerate([0, 2, 4, 5, 7, 9, 11, 12, 11, 9, 7, 5, 4, 2])
    ]
    figure = [Note(240 * step, 240, (60, 67, 64, 67)[step % 4]) for step in range(64)]
    index = index_of(piece(scale), piece(figure), piece(walk(8, 30)))
    of_scale, of_figure, of_theme = (
        max((each.bits for each in found(index, piece(moved(notes, 0, 5)))), default=0)
        for notes in (scale, figure, walk(8, 30))
    )
    assert of_theme > 5 * of_scale
    assert of_theme > 3 * of_figure
