"""The critic tells music apart, and nothing that a file decides."""

from dataclasses import replace

import numpy as np
import pytest

from firmus.evaluation import feature_critic
from firmus.score import Key, Note, Part, Score, Tempo


def tune(seed, step=3, bars=16):
    """A random walk in C major over a held bass."""
    generator = np.random.default_rng(seed)
    degrees = np.clip(generator.integers(-step, step + 1, 8 * bars).cumsum(), -7, 7)
    scale = (0, 2, 4, 5, 7, 9, 11)
    pitches = [72 + 12 * (degree // 7) + scale[degree % 7] for degree in degrees.tolist()]
    upper = tuple(Note(240 * place, 240, pitch, 70) for place, pitch in enumerate(pitches))
    lower = tuple(Note(1920 * bar, 1920, int(generator.choice([48, 53, 55])), 70) for bar in range(bars))
    return Score((Part("", upper, 73), Part("", lower, 42)))


def louder(score, generator):
    def play(note):
        return replace(note, velocity=int(generator.integers(1, 128)))

    return replace(score, parts=tuple(replace(part, notes=tuple(map(play, part.notes))) for part in score.parts))


def late(score, generator):
    def play(note):
        start = max(0, note.start + int(generator.integers(-8, 9)))
        return replace(note, start=start, duration=note.duration - int(generator.integers(20, 60)))

    return replace(score, parts=tuple(replace(part, notes=tuple(map(play, part.notes))) for part in score.parts))


def named(score, _):
    parts = tuple(replace(part, name="Track", program=5, volume=30) for part in score.parts)
    return replace(score, parts=parts, tempi=(Tempo(0, 61),), keys=(Key(0, "F#"),), title="A File", composer="Nobody")


def longer(score, _):
    first = score.parts[0]
    more = tuple(replace(note, start=note.start + score.end) for note in first.notes)
    return replace(score, parts=(replace(first, notes=(*first.notes, *more)), *score.parts[1:]))


CHANGES = {
    "loudness": louder,
    "grid and gaps": late,
    "key": lambda score, _: score.transposed(-5),
    "octave": lambda score, _: score.transposed(12),
    "names and marks": named,
    "length": longer,
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_a_file_decides_is_not_seen(change):
    for seed in range(5):
        score = tune(seed)
        changed = CHANGES[change](score, np.random.default_rng(seed))
        assert changed != score
        before, after = feature_critic.features(score, score), feature_critic.features(changed, score)
        assert np.array_equal(before, after, equal_nan=True)


def test_music_of_one_kind_cannot_be_told_apart_and_of_another_can():
    one, same, other = (
        [feature_critic.features(tune(seed, step)) for seed in range(first, first + 24)]
        for first, step in ((0, 3), (100, 3), (200, 1))
    )
    assert feature_critic.auc(one, same)[0] < 0.75
    area, low, _ = feature_critic.auc(one, other)
    assert area > 0.95
    assert low > 0.8


def test_versions_of_a_work_are_never_on_both_sides_of_a_split():
    generator = np.random.default_rng(0)
    ours = generator.normal(size=(40, 30))
    works = np.repeat(np.arange(4), 10)
    real = generator.normal(size=(4, 30))[works] * 3 + generator.normal(size=(40, 30)) * 0.01
    assert feature_critic.auc(list(ours), list(real))[0] > 0.99  # the versions give each other away
    assert feature_critic.auc(list(ours), list(real), works.tolist())[0] < 0.9
