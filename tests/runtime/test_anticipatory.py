"""Triples one after another: what can be drawn, and what the network reads, whatever its logits."""

import numpy as np
import pytest

from firmus.runtime import anticipatory
from firmus.runtime.sampling import Sampling
from firmus.tokens import arrival as a


class Noise:
    """A network with random logits, which records what it reads."""

    def __init__(self, seed=0, length=1024, lean=None):
        self.generator, self.length, self.lean = np.random.default_rng(seed), length, lean
        self.windows = []

    def restart(self):
        self.windows.append([])

    def feed(self, tokens):
        self.windows[-1] += tokens.tolist()
        assert len(self.windows[-1]) <= self.length
        assert all(0 <= token < a.VOCABULARY for token in tokens)
        logits = self.generator.normal(0, 2, a.VOCABULARY).astype(np.float32)
        if self.lean is not None:
            logits[self.lean] += 100
        return logits


NOTHING = np.empty((0, 3), np.int64)


def request(before=NOTHING, given=NOTHING, start=0, stop=1000, allowed=slice(None), **sampling):
    mask = np.zeros(a.NOTES, bool)
    mask[allowed] = True
    return anticipatory.Request(
        before, given, start, stop, mask, Sampling(**{"temperature": 1, "top_p": 1, **sampling})
    )


def rows(*times, note=60, lasts=50):
    return np.array([(time, lasts, note) for time in times], np.int64).reshape(-1, 3)


def triples(window):
    """Rows of a window with whether they are controls; checks that nothing else stands in it."""
    flag, line = window[0], np.array(window[1:])
    assert flag in (a.AUTOREGRESS, a.ANTICIPATE)
    line = line[: len(line) // 3 * 3].reshape(-1, 3)
    control = line[:, 0] >= a.CONTROL
    plain = line - a.CONTROL * control[:, None]
    assert ((plain[:, 0] >= a.TIME) & (plain[:, 0] < a.DURATION)).all()
    assert ((plain[:, 1] >= a.DURATION) & (plain[:, 1] < a.NOTE)).all()
    assert ((plain[:, 2] >= a.NOTE) & (plain[:, 2] <= a.REST)).all()
    assert ((plain[:, 2] != a.REST) | (plain[:, 1] == a.DURATION)).all()
    return plain - [a.TIME, a.DURATION, a.NOTE], control


@pytest.mark.parametrize("length", [64, 300, 1024])
def test_only_triples_that_make_sense_are_told(length):
    network = Noise(length=length)
    made, nats = anticipatory.compose(network, request(stop=6000), np.random.default_rng(1))
    assert len(made) > 30
    assert nats > 0
    for window in network.windows:
        decoded, control = triples(window)
        assert not control.any()
        assert (np.diff(decoded[:, 0]) >= 0).all()
        assert (np.diff(decoded[:, 0]) <= a.RESTS_AFTER).all()
    assert len(network.windows) > 1 or length == 1024
    assert (made[:, 0] < 6000).all()
    assert (made[:, 1] >= 1).all()
    assert (made[:, 0] + made[:, 1] <= 6000).all()
    assert len(np.unique(made[:, [0, 2]], axis=0)) == len(made)
    assert len(set((made[:, 2] // a.PITCHES).tolist())) <= anticipatory.MOST_INSTRUMENTS


@pytest.mark.parametrize("length", [64, 1024])
def test_each_given_note_is_told_once_at_most_five_seconds_ahead(length):
    given = rows(*range(30, 4000, 97))
    network = Noise(length=length)
    made, _ = anticipatory.compose(network, request(given=given, stop=4000), np.random.default_rng(1))
    assert all(window[0] == a.ANTICIPATE for window in network.windows)
    assert not any(row[0] in given[:, 0] and row[2] == 60 for row in made)
    if length == 1024:
        (window,) = network.windows
        decoded, control = triples(window)
        assert decoded[control][:, 0].tolist() == given[:, 0].tolist()
        now = 0
        for row, known in zip(decoded, control, strict=True):
            if known:
                assert row[0] <= now + a.AHEAD
            else:
                now = row[0]
                due = given[given[:, 0] <= now + a.AHEAD]
        assert len(due) == len(given)


def test_what_went_before_is_told_with_rests_up_to_the_start():
    network = Noise()
    anticipatory.compose(network, request(before=rows(10, 20), start=500, stop=600), np.random.default_rng(1))
    decoded, _ = triples(network.windows[0])
    assert decoded[:6, 0].tolist() == [0, 10, 110, 210, 310, 410]
    assert decoded[:6, 2].tolist() == [60, 60, *[a.REST - a.NOTE] * 4]
    assert (decoded[6:, 0] >= 490).all()


def test_a_piece_may_be_longer_than_the_clock_of_the_tokens():
    before = rows(*range(0, 30_000, 50))
    made, _ = anticipatory.compose(Noise(), request(before=before, start=30_000, stop=31_000), np.random.default_rng(1))
    assert len(made)
    assert made[:, 0].min() >= 30_000


def test_only_what_is_allowed_is_composed():
    made, _ = anticipatory.compose(Noise(), request(allowed=slice(7740, 7745)), np.random.default_rng(1))
    assert set(made[:, 2].tolist()) <= set(range(7740, 7745))


def test_a_network_that_stays_on_the_spot_is_moved_on():
    network = Noise(lean=slice(0, 1))
    made, _ = anticipatory.compose(network, request(stop=300, temperature=0), np.random.default_rng(1))
    assert len(made) <= 3 * anticipatory.DENSEST + anticipatory.DENSEST


def test_where_every_note_is_taken_a_rest_is_all_that_is_left():
    taken = rows(*range(0, 200), note=5)
    made, _ = anticipatory.compose(
        Noise(), request(given=taken, stop=200, allowed=slice(5, 6)), np.random.default_rng(1)
    )
    assert not len(made)
