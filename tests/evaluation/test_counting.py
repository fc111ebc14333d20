"""The counting floor: a distribution, with or without looking ahead, that finds what is certain."""

import numpy as np
import pytest

from firmus.evaluation.counting import SYMBOLS, Counting

GENERATOR = np.random.default_rng(0)
WALK = 20 + np.cumsum(GENERATOR.integers(-1, 2, (64, 4)), axis=0)


def soprano(raster):
    given = np.zeros(raster.shape, bool)
    given[:, 0] = True
    return [given]


@pytest.mark.parametrize("look", [False, True])
def test_the_chances_of_all_pitches_add_up_to_one(look):
    counting = Counting([WALK], soprano if look else None)
    mask = soprano(WALK)[0].tolist() if look else None
    rows = WALK.tolist()
    for step in (0, 1, 33):
        total = 0.0
        for symbol in range(SYMBOLS):
            rows[step][2] = symbol
            total += counting.probability(rows, step, 2, mask)
        assert total == pytest.approx(1, abs=1e-9)
        rows[step][2] = int(WALK[step, 2])


def test_what_is_given_costs_nothing_and_helps():
    copied = np.repeat(WALK[:, :1], 4, axis=1)  # all voices do what the soprano does
    copied = np.stack([np.roll(copied[:, 0], -1), copied[:, 1], copied[:, 2], copied[:, 3]], axis=1)
    ahead = Counting([copied] * 3, soprano).nats(copied, soprano(copied)[0])
    assert (ahead[:, 0] == 0).all()
    wanted = Counting([copied] * 3).nats(copied)
    assert ahead[:, 1:].sum() <= wanted.sum()


def test_only_what_is_open_is_counted():
    given = np.ones(WALK.shape, bool)
    given[16:20] = False
    told = Counting([WALK], lambda raster: [given]).nats(WALK, given)
    assert (told[16:20] > 0).all()
    assert told[given].sum() == 0
