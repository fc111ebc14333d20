"""Excerpts, the shapes in which files give the same music, and noise."""

import numpy as np
import pytest

from firmus.analysis import excerpt
from firmus.learning import excerpts
from firmus.score import Note, Part, Score
from firmus.timing import bars


def duet():
    """Repeated quarters over whole notes, eight bars; drums."""
    upper = tuple(Note(480 * i, 480, 72 + i // 2 % 5) for i in range(32))
    lower = tuple(Note(1920 * i, 1920, 48 + i % 3) for i in range(8))
    drums = tuple(Note(960 * i, 60, 36) for i in range(16))
    return Score((Part("A", upper, 73), Part("B", lower, 42), Part("C", drums, is_drums=True)))


def test_parts_are_merged_but_for_the_drums():
    merged = excerpts.merged(duet())
    assert len(merged.parts) == 2
    assert len(merged.parts[0].notes) == 40
    assert merged.parts[0].program == 0
    assert merged.parts[1] == duet().parts[2]
    alone = Score(duet().parts[:1])
    assert excerpts.merged(alone) is alone


def test_what_is_repeated_is_held_and_what_is_held_is_struck():
    tied = excerpt.tied(duet())
    assert [note.duration for note in tied.parts[0].notes] == [960] * 16
    assert tied.parts[1:] == duet().parts[1:]
    struck = excerpts.restruck(duet())
    assert [note.duration for note in struck.parts[1].notes] == [480] * 32
    assert struck.parts[0] == duet().parts[0]
    assert excerpt.tied(struck) == tied


def test_random_excerpts_have_the_length_asked_for():
    generator = np.random.default_rng(1)
    assert excerpts.random_excerpt(duet(), generator, 8) is None
    assert len(bars(excerpts.random_excerpt(duet(), generator, 4))) == 4
    long = Score((Part("", tuple(Note(480 * i, 480, 60) for i in range(400))),))
    sizes = {len(bars(excerpts.random_excerpt(long, generator))) for _ in range(60)}
    assert min(sizes) >= 8
    assert max(sizes) <= 32
    assert len(sizes) > 10


@pytest.mark.parametrize("kind", excerpts.NOISE_KINDS)
def test_noise_is_the_same_from_the_same_seed(kind):
    scores = [excerpts.noise(kind, np.random.default_rng(seed), duet()) for seed in (3, 3, 4)]
    assert scores[0] == scores[1] != scores[2]
    assert sum(len(part.notes) for part in scores[0].parts) >= 24
