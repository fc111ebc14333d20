"""Who shares a batch changes nothing: same seed, same bytes."""

import threading
import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from firmus.runtime import batch as batches
from firmus.runtime.batch import Batch, Feed
from firmus.runtime.constraints import PartRules, Rules
from firmus.runtime.infilling import fill, fill_all
from firmus.runtime.request import Request
from firmus.runtime.sampling import Sampling
from firmus.runtime.stepper import ROWS, State, load
from firmus.score import Part, Score
from firmus.tokens import events


@pytest.fixture(scope="module")
def stepper():
    return load("composer")


def request(count, parts=1):
    score = Score(tuple(Part(f"P{place}", (), 52) for place in range(parts)), end=count * 1920)
    is_open = np.ones(events.grid_shape(events.prepare(score)), bool)
    is_open[:, 0] = False
    return Request(score, is_open, "folk", Rules((PartRules(55, 80, True, 0),) * parts), Sampling(1.0, 0.98))


def jobs(sizes):
    return [(request(bars, parts), np.random.default_rng(seed)) for seed, (bars, parts) in enumerate(sizes)]


SIZES = [(6, 1), (2, 2), (9, 1), (1, 1), (4, 3), (3, 1), (7, 2), (2, 1)]


def test_a_batch_of_any_size_makes_what_each_makes_alone(stepper):
    alone = [fill(stepper, *job) for job in jobs(SIZES)]
    assert sum(each.tokens for each in alone) > 400
    for rows in (3, ROWS):
        together = dict(fill_all(stepper, jobs(SIZES), rows=rows))
        assert [together[place] for place in range(len(SIZES))] == alone


def test_rows_at_different_places_get_the_bits_they_get_alone(stepper):
    generator = np.random.default_rng(3)
    tokens = generator.integers(0, stepper.vocabulary, (ROWS, 200))
    slots = np.sort(generator.integers(0, 90, (ROWS, 200, 3)) % (3000, 97, 5), axis=1)
    prompts = generator.integers(1, 150, ROWS)

    def states():
        state = stepper.start(160, ROWS)  # grows on the way
        for row, size in enumerate(prompts):
            stepper.feed(tokens[row, :size], slots[row, :size], state, row)
        return state

    alone, together = states(), states()
    for step in range(40):
        rows = ROWS - step // 3
        place = prompts[:rows] + step
        fed, at = tokens[np.arange(rows), place], slots[np.arange(rows), place]
        expected = [stepper.feed(fed[row : row + 1], at[row : row + 1], alone, row) for row in range(rows)]
        assert np.array_equal(stepper.step(fed, at, together), expected)


def test_where_rows_together_are_not_exact_they_are_fed_one_by_one(stepper, monkeypatch):
    expected = dict(fill_all(stepper, jobs(SIZES[:3])))
    monkeypatch.setitem(stepper.__dict__, "exact", False)
    seen, run = set(), stepper._run
    monkeypatch.setitem(stepper.__dict__, "_run", lambda tokens, *rest: seen.add(len(tokens)) or run(tokens, *rest))
    assert dict(fill_all(stepper, jobs(SIZES[:3]))) == expected
    assert seen == {1}


def test_a_row_that_grows_or_moves_keeps_what_it_holds():
    grows = SimpleNamespace(name="key0", type="tensor(float)", shape=["batch", 2, "capacity", 64])
    fixed = SimpleNamespace(name="hidden0", type="tensor(float)", shape=["batch", 8])
    state = State([grows, fixed], 4, rows=3)
    state.buffers["key0"][2, :, :4] = 7
    state.buffers["hidden0"][2] = 5
    state.lengths[2] = 4
    state.reserve(5)
    state.move(2, 0)
    assert state.capacity == 8
    assert state.lengths.tolist() == [4, 0, 4]
    assert (state.buffers["key0"][0, :, :4] == 7).all()
    assert state.buffers["hidden0"].tolist() == [[5] * 8, [0] * 8, [5] * 8]


class Counter:
    """A Stepper whose logits say what each row has read: the sum of its tokens."""

    def __init__(self):
        self.card = SimpleNamespace(shape={"length": 8})
        self.sizes = []

    def start(self, capacity, rows):
        state = SimpleNamespace(lengths=np.zeros(rows, int), sums=np.zeros(rows))
        state.move = lambda source, target: state.sums.__setitem__(target, state.sums[source])
        return state

    def feed(self, tokens, slots, state, row=0):
        state.sums[row] = tokens.sum() + (state.sums[row] if state.lengths[row] else 0)
        state.lengths[row] += len(tokens)
        return state.sums[row : row + 1].copy()

    def step(self, tokens, slots, state):
        self.sizes.append(len(tokens))
        state.sums[: len(tokens)] += tokens
        return state.sums[: len(tokens), None].copy()


def adding(number, times, windows=1):
    """Read a prompt and a number so many times; the logits received."""
    received = []
    for _ in range(windows):
        received.append(float((yield Feed([number, number], [(0, 0, 0)] * 2, restart=True))[0]))
        for _ in range(times):
            logits = yield Feed([number], [(0, 0, 0)])
            received.append(float(logits[0]))
    return received


def sums(number, times, windows=1):
    return [number * (2 + time) for _ in range(windows) for time in range(times + 1)]


def test_sequences_join_and_leave_between_tokens():
    batch = Batch(Counter(), rows=3)
    specs = [(1, 5), (10, 2), (100, 9), (1000, 1), (7, 4)]
    futures = [batch.add(adding(*each)) for each in specs[:2]]
    assert batch.step()
    futures += [batch.add(adding(*each)) for each in specs[2:]]
    while batch.step():
        pass
    assert [future.result() for future in futures] == [sums(*each) for each in specs]
    assert max(batch.stepper.sizes) == 3
    assert batch.stepper.sizes[:2] == [2, 3]


def test_a_sequence_may_begin_anew():
    batch = Batch(Counter())
    futures = [batch.add(adding(3, 2, windows=3)), batch.add(adding(5, 4))]
    while batch.step():
        pass
    assert [future.result() for future in futures] == [sums(3, 2, 3), sums(5, 4)]


def test_an_error_or_a_cancelled_request_leaves_the_others_alone():
    def failing():
        yield Feed([1], [(0, 0, 0)], restart=True)
        raise ValueError("mine alone")

    batch = Batch(Counter())
    futures = [batch.add(failing()), batch.add(adding(2, 50)), batch.add(adding(4, 6))]
    batch.step()
    futures[1].cancel()
    while batch.step():
        pass
    with pytest.raises(ValueError, match="mine alone"):
        futures[0].result()
    assert futures[1].cancelled()
    assert futures[2].result() == sums(4, 6)
    assert batch.stepper.sizes[-1] == 1


def test_requests_are_pushed_in_from_other_threads():
    batch, stop = Batch(Counter(), rows=4), threading.Event()

    def serve():
        while not stop.is_set():
            if not batch.step():
                time.sleep(0.001)

    server = threading.Thread(target=serve)
    server.start()
    results = {}

    def ask(number):
        results[number] = batch.add(adding(number, number)).result()

    askers = [threading.Thread(target=ask, args=(number,)) for number in range(1, 13)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    stop.set()
    server.join()
    assert results == {number: sums(number, number) for number in range(1, 13)}


def test_an_interrupt_keeps_what_is_finished(stepper):
    kept = {}

    def stop_after_the_first(finished, done, total):
        if finished == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        kept.update(fill_all(stepper, jobs([(6, 1), (1, 1), (8, 1)]), stop_after_the_first))
    assert kept == {1: fill(stepper, *jobs([(6, 1), (1, 1)])[1])}


def test_progress_is_reported_of_the_furthest(stepper):
    calls = []
    list(fill_all(stepper, jobs([(3, 1), (2, 1)]), lambda *each: calls.append(each)))
    assert calls[0] == (0, 1, 3)
    assert calls[-1] == (1, 3, 3)
    assert len(calls) == len(set(calls))


@pytest.fixture
def sharing(monkeypatch):
    """This process's threads are fed together, for one test."""
    monkeypatch.setattr(batches, "_shared_batches", {})
    yield
    assert batches._shared_batches == {}  # whoever came has left


def in_threads(actions):
    """What each returns or raises, all at once."""
    found = [None] * len(actions)

    def run(place):
        try:
            found[place] = actions[place]()
        except Exception as error:
            found[place] = error

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(actions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_threads_that_share_make_what_each_makes_alone(stepper, sharing):
    sizes = SIZES[1:6]
    alone = [fill(stepper, *job) for job in jobs(sizes)]
    calls = []
    actions = [
        lambda job=job: fill(stepper, *job, lambda *bars: calls.append((threading.current_thread().name, bars)))
        for job in jobs(sizes)
    ]
    assert in_threads(actions) == alone
    assert not [name for name, _ in calls if name.startswith("shared batch")]  # callbacks run in the caller's thread
    assert len({name for name, _ in calls}) == len(sizes)


def test_one_that_stops_or_fails_leaves_the_others_alone(stepper, sharing):
    (expected,) = [fill(stepper, *job) for job in jobs([(3, 1)])]

    def stop(done, total):
        raise ValueError("enough")

    longer = jobs([(3, 1), (9, 1), (2, 1)])
    broken = (request(2), None)  # without a generator nothing can be drawn
    found = in_threads(
        [
            lambda: fill(stepper, *longer[0]),
            lambda: fill(stepper, *longer[1], stop),
            lambda: fill(stepper, *broken),
        ]
    )
    assert found[0] == expected
    assert str(found[1]) == "enough"
    assert isinstance(found[2], AttributeError)


def test_what_the_model_raises_reaches_all_who_share_it(stepper, sharing, monkeypatch):
    monkeypatch.setattr(stepper, "feed", lambda *_: 1 / 0)
    found = in_threads([lambda job=job: fill(stepper, *job) for job in jobs([(1, 1)] * 3)])
    assert {type(each) for each in found} == {ZeroDivisionError}


def test_who_shares_asks_for_few_rows(stepper, sharing):
    clients = [batches.open_batch(stepper, ROWS) for _ in range(ROWS)]
    assert clients[0].rows == 1
    for client in clients[1:]:
        client.close()
    assert clients[0].rows == batches.SHARE
    clients[0].close()


def test_of_several_attempts_the_chosen_one_is_kept_and_gone_on_from(stepper):
    def fewest(scores):
        return min(range(len(scores)), key=lambda place: len(scores[place].parts[0].notes))

    def job(seed, alternatives):
        first, second = request(2), request(4)
        offered = []

        def choose(scores):
            offered.append(scores)
            return fewest(scores)

        def then(score):
            is_open = second.is_open.copy()
            is_open[:2] = False
            longer = replace(second.score, parts=score.parts)
            return replace(second, score=longer, is_open=is_open, alternatives=alternatives, choose=choose)

        chain = replace(first, then=then, alternatives=alternatives, choose=choose, bars=4)
        return (chain, np.random.default_rng(seed)), offered

    reported = {}
    chosen, offered = job(1, 3)
    ((_, filled),) = fill_all(stepper, [chosen], on_bar=lambda _, bar: reported.update({bar.number: bar.notes}))
    assert [len(scores) for scores in offered] == [3, 3]
    assert len({scores[place].parts for scores in offered for place in range(3)}) > 3
    assert filled.score == offered[1][fewest(offered[1])]
    before = [note for note in filled.score.parts[0].notes if note.start < 2 * 1920]
    assert before == list(offered[0][fewest(offered[0])].parts[0].notes)
    assert sorted((0, note) for note in filled.score.parts[0].notes) == sorted(sum(reported.values(), ()))
    together = dict(fill_all(stepper, [job(2, 2)[0], job(1, 3)[0], job(3, 1)[0]], rows=4))
    assert together[1] == filled
