"""The watermark changes no probability, uses each context once, and lets the same seed give the same bytes."""

import numpy as np
import pytest
from scipy.stats import chisquare, ttest_ind

import firmus
from firmus.runtime.sampling import Sampling, draw, nucleus
from firmus.runtime.watermark import PUBLIC_KEY, Context, Watermark, steps, uniforms
from firmus.score import Note, Part, Score
from firmus.tokens.events import vocabulary
from firmus.tokens.events.cursor import BarState, Cursor

LINE = (60, 62, 64, 65, 67)
ALLOWED = np.zeros(vocabulary.COMPLETION, bool)
ALLOWED[vocabulary.PITCH + 64 : vocabulary.PITCH + 68] = True
LOGITS = np.zeros(vocabulary.COMPLETION, np.float32)
LOGITS[vocabulary.PITCH + 64 : vocabulary.PITCH + 68] = np.log([0.4, 0.3, 0.2, 0.1])
DRAWN = vocabulary.PITCH + 64
WARM = Sampling(0.8, 1.0)


def after(*pitches: int, key: bytes = PUBLIC_KEY, given: int = 0, there: Score | None = None) -> Watermark:
    """Before a note on the second bar's first beat, after quarter notes, of which some were given."""
    cursor = Cursor(phase="fill", bars=[BarState(0, 96), BarState(96, 96)], bar=1, lane=1, place=0)
    cursor.programs, cursor.notes = [vocabulary.PROGRAM], [[(24 * i, 24, pitches[i], 80) for i in range(given)]]
    mark = Watermark(key, there or Score())
    mark.window(cursor)
    cursor.notes[0] += [(24 * i, 24, pitch, 80) for i, pitch in enumerate(pitches) if i >= given]
    return mark


def test_pitches_keep_their_probabilities():
    sampling = Sampling(1.0, 1.0)
    generator = np.random.default_rng(1)
    taken = [after(*LINE[:4], key=generator.bytes(32)).draw(DRAWN, LOGITS, ALLOWED, sampling) for _ in range(4000)]
    shares = np.bincount(np.array(taken) - DRAWN, minlength=4) / len(taken)
    assert np.abs(shares - [0.4, 0.3, 0.2, 0.1]).max() < 0.03  # three standard deviations are 0.023


def process(key: bytes, generator: np.random.Generator, count: int = 14) -> list[int]:
    """Pitches (0 to 3), a note a bar, of a process that never repeats a note at once: so that contexts come again."""
    mark, pitches = after(*LINE[:4], key=key, given=3), [0]
    cursor = mark._cursor
    cursor.bars = [BarState(96 * bar, 96) for bar in range(count + 1)]
    for bar in range(1, count + 1):
        cursor.bar, allowed = bar, ALLOWED.copy()
        allowed[DRAWN + pitches[-1]] = False
        token = mark.draw(draw(LOGITS, allowed, WARM, generator), LOGITS, allowed, WARM)
        pitches.append(token - DRAWN)
        cursor.notes[0].append((96 * bar, 24, token - vocabulary.PITCH, 80))
    return pitches[1:]


def test_over_keys_music_has_the_probabilities_of_the_model_under_masks_and_where_contexts_come_again():
    generator, keys = np.random.default_rng(7), 3000
    every = [process(generator.bytes(32), generator) for _ in range(keys)]
    chain = np.tile(np.array([0.4, 0.3, 0.2, 0.1]) ** (1 / WARM.temperature), (4, 1)) * ~np.eye(4, dtype=bool)
    chain /= chain.sum(axis=1, keepdims=True)
    for end in (3, 8, 14):
        found = np.zeros((4, 4, 4))
        np.add.at(found, tuple(np.array(every)[:, end - 3 : end].T), 1)
        first = np.linalg.matrix_power(chain, end - 2)[0]
        expected = keys * first[:, None, None] * chain[:, :, None] * chain[None]
        assert found[expected == 0].sum() == 0
        assert chisquare(found[expected > 0], expected[expected > 0]).pvalue > 0.001
    plain = [process(b"", generator) for _ in range(keys)]
    runs = [[len({tuple(each[i : i + 4]) for i in range(11)}) for each in kind] for kind in (every, plain)]
    assert ttest_ind(*runs).pvalue > 0.001  # nor does it come back more often


def test_what_is_drawn_follows_from_the_key_and_the_context():
    numbers = uniforms(PUBLIC_KEY, Context((2, 2, 1), 0))
    likeliest = int(np.argmax(np.log(numbers[127 - 1 : 127 + 3]) / [0.4, 0.3, 0.2, 0.1]))
    mark = after(*LINE[:4])
    assert mark.draw(DRAWN, LOGITS, ALLOWED, Sampling(1.0, 1.0)) == DRAWN + likeliest
    other = (DRAWN + likeliest - vocabulary.PITCH - 63) % 4 + vocabulary.PITCH + 64
    assert mark.draw(other, LOGITS, ALLOWED, Sampling(1.0, 1.0)) == other  # the context was used


@pytest.mark.parametrize(
    "mark",
    [
        after(*LINE[:3]),
        after(*LINE[:4], given=4),
        after(*LINE[:4], there=Score((Part("", tuple(Note(480 * i, 480, p) for i, p in enumerate(LINE))),))),
    ],
    ids=["too few notes", "the first note of one's own", "a context that is there already"],
)
def test_elsewhere_what_the_generator_drew_stays(mark):
    for token in range(DRAWN, DRAWN + 4):
        assert mark.draw(token, LOGITS, ALLOWED, Sampling(1.0, 1.0)) == token


def test_the_nucleus_is_what_is_drawn():
    generator = np.random.default_rng(2)
    for top_p in (0.35, 0.65, 0.85, 1.0):
        sampling = Sampling(0.8, top_p)
        tokens, masses = nucleus(LOGITS, ALLOWED, sampling)
        drawn = {draw(LOGITS, ALLOWED, sampling, generator) for _ in range(300)}
        assert drawn == set(tokens.tolist())
        assert masses.sum() == pytest.approx(1)


def test_contexts_survive_transposition():
    score = firmus.compose(style="folk", bars=8, seed=3, effort="quick").score
    assert list(steps(score.transposed(4))) == list(steps(score))


def test_the_same_seed_gives_the_same_piece_alone_and_in_a_batch():
    together = firmus.compose(style="chorale", bars=4, seed=11, count=3, watermark="private")
    for work in together:
        alone = firmus.compose(style="chorale", bars=4, seed=work.origin.seed, watermark="private")
        assert alone.score == work.score


def test_what_is_given_stays():
    tune = Score((Part("Soprano", tuple(Note(480 * i, 480, 67 + i % 5) for i in range(16)), 52),))
    work = firmus.harmonise(tune, style="hymn", seed=2)
    assert [(note.start, note.pitch) for note in work.score.parts[0].notes] == [
        (note.start, note.pitch) for note in tune.parts[0].notes
    ]
