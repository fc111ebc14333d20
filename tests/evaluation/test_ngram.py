"""The n-gram: a distribution, better than chance, and aware of what it saw."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from firmus.evaluation.ngram import NGram

VOCABULARY = 12


def walk(seed: int, length: int = 600) -> np.ndarray:
    """Steps up and down a scale of ten tokens, up twice as often as down."""
    steps = np.random.default_rng(seed).choice([1, 1, -1], length)
    return np.cumsum(steps) % 10


@pytest.mark.parametrize("order", [1, 2, 3, 5])
@pytest.mark.parametrize("context", [[], [3], [3, 4, 5], [11, 11], [3, 4, 5, 6, 7, 8, 9]])
def test_probabilities_sum_to_one(order: int, context: list[int]) -> None:
    model = NGram([walk(0), walk(1)], order, VOCABULARY)
    chances = model.probabilities(np.array(context, np.int64))
    assert chances.shape == (VOCABULARY,)
    assert (chances > 0).all()
    assert chances.sum() == pytest.approx(1, abs=1e-9)


def test_beats_uniform_and_nears_the_truth() -> None:
    (nats,) = NGram([walk(seed) for seed in range(20)], 3, VOCABULARY).nats([walk(99)])
    truth = -(2 / 3 * np.log(2 / 3) + 1 / 3 * np.log(1 / 3))
    assert truth - 0.05 < nats.mean() < truth + 0.05 < np.log(VOCABULARY)


def test_a_longer_context_tells_more() -> None:
    tune = np.tile([0, 1, 2, 0, 1, 3], 60)  # after 0 1 come 2 and 3 in turn
    held_out = np.tile([0, 1, 2, 0, 1, 3], 3)
    means = [float(NGram([tune], order, VOCABULARY).nats([held_out])[0].mean()) for order in (1, 2, 5)]
    assert means[0] > means[1] + 0.5
    assert means[1] > means[2] + 0.1


def test_what_was_never_seen_is_possible_and_dear() -> None:
    usual, strange = NGram([walk(0)], 4, VOCABULARY).nats([np.array([3, 4, 5]), np.array([3, 4, 11])])
    assert np.isfinite(strange).all()
    assert strange[-1] > usual[-1] + 4


def test_sequences_are_apart() -> None:
    model = NGram([walk(0), walk(1)], 4, VOCABULARY)
    together = model.nats([walk(2), walk(3)])
    assert np.allclose(together[1], model.nats([walk(3)])[0])
    assert [len(each) for each in together] == [600, 600]


def test_kneser_ney_counts_contexts_not_occurrences() -> None:
    """After an unknown context a token that followed many others is likelier than a frequent one that followed one."""
    often_after_one = np.tile([1, 2], 200)  # 2 stands only after 1, and 1 after 2
    after_many = np.concatenate([[each, 3] for each in (4, 5, 6, 7, 8, 9) for _ in range(4)])
    chances = NGram([often_after_one, after_many], 2, VOCABULARY).probabilities(np.array([10]))
    assert chances[3] > chances[2]


def counted_by_hand(music: list[int], context: list[int], token: int, longest: bool = True) -> float:
    """The same smoothing without tables: counts in dictionaries, one context after the other (order 3 at most)."""
    size = len(context) + 1
    marked = [VOCABULARY] * 3 + music
    grams = [tuple(marked[end - size : end]) for end in range(4, len(marked) + 1)]
    if not longest:  # how many different tokens stood before each
        grams = [gram[1:] for gram in {tuple(marked[end - size - 1 : end]) for end in range(4, len(marked) + 1)}]
    counts = Counter(grams)
    seldom = [sum(each == kind for each in counts.values()) for kind in (1, 2, 3, 4)]
    discounts = [0.0, 0.5, 0.75, 1.0]
    if min(seldom):
        share = seldom[0] / (seldom[0] + 2 * seldom[1])
        discounts = [0.0] + [kind - (kind + 1) * share * seldom[kind] / seldom[kind - 1] for kind in (1, 2, 3)]
        discounts = [0.0] + [min(max(each, 0.05), 0.95 * kind) for kind, each in enumerate(discounts) if kind]
    shorter = counted_by_hand(music, context[1:], token, longest=False) if context else 1 / VOCABULARY
    total = sum(count for gram, count in counts.items() if gram[:-1] == tuple(context))
    if not total:
        return shorter
    taken = sum(discounts[min(count, 3)] for gram, count in counts.items() if gram[:-1] == tuple(context))
    own = counts[(*context, token)]
    return (own - discounts[min(own, 3)] + taken * shorter) / total


@pytest.mark.parametrize("context", [[3, 4], [4, 3], [9, 0], [11, 11]])
def test_the_tables_say_what_counting_by_hand_says(context: list[int]) -> None:
    music = [*walk(0, 150).tolist(), 1, 3, 1, 3, 5, 5, 5]
    chances = NGram([np.array(music)], 3, VOCABULARY).probabilities(np.array([7, *context]))
    assert chances == pytest.approx([counted_by_hand(music, context, token) for token in range(VOCABULARY)], abs=1e-9)
