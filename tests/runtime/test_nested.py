"""A nested transformer composes as any other: alone or in a batch, with its groups at different places."""

import hashlib

import numpy as np
import pytest
import torch

from firmus.learning.quantising import quantise
from firmus.models import nested
from firmus.runtime import stepper
from firmus.runtime.constraints import PartRules, Rules
from firmus.runtime.infilling import Request, fill, fill_all
from firmus.runtime.influence import influences
from firmus.runtime.nested import NestedStepper
from firmus.runtime.note_likelihood import readings
from firmus.runtime.sampling import Sampling
from firmus.runtime.weights import Card
from firmus.score import Note, Part, Score
from firmus.tokens import events, shape


def model_of(folder, layers=2):
    torch.manual_seed(1)
    network = nested.build(nested.Config(width=128, layers=layers), shape(events)).eval()
    with torch.no_grad():
        for weight in network.parameters():
            weight.mul_(3)
    digests = {}
    for name, graph in nested.graphs(network).items():
        data = quantise(graph).SerializeToString()
        (folder / f"{name}.onnx").write_bytes(data)
        digests[name] = hashlib.sha256(data).hexdigest()
    facts = {"graphs": digests} | nested.facts(network)
    return stepper.of_card(
        Card("x", "", "", "stepper", "events", (), (), (), {"length": 512}, "", facts, folder), threads=1
    )


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return model_of(tmp_path_factory.mktemp("nested"))


def request(bars, parts):
    score = Score(tuple(Part(f"P{place}", (), 52) for place in range(parts)), end=bars * 1920)
    is_open = np.ones(events.grid_shape(events.prepare(score)), bool)
    is_open[:, 0] = False
    return Request(score, is_open, "folk", Rules((PartRules(55, 80, True, 0),) * parts), Sampling(1.0, 0.98))


def jobs():
    sizes = [(3, 1), (2, 2), (4, 1), (1, 3), (2, 1)]
    return [(request(*size), np.random.default_rng(seed)) for seed, size in enumerate(sizes)]


def test_a_batch_composes_what_each_makes_alone(model):
    assert isinstance(model, NestedStepper)
    alone = [fill(model, *job) for job in jobs()]
    assert sum(each.tokens for each in alone) > 100
    for rows in (2, 5):
        together = dict(fill_all(model, jobs(), rows=rows))
        assert [together[place] for place in range(5)] == alone


def test_the_large_network_reads_groups_and_waits_for_those_that_are_not_at_their_end(model, monkeypatch):
    read, run = [], model._run
    monkeypatch.setitem(model.__dict__, "_run", lambda tokens, *rest: read.append(tokens.shape) or run(tokens, *rest))
    done = dict(fill_all(model, jobs(), rows=5))
    steps = [rows for rows, count, *_ in read if count == 1]
    assert sum(steps) < 0.7 * sum(each.tokens for each in done.values())  # fewer groups than tokens
    assert np.mean(steps[: len(steps) // 4]) > 4  # of five rows, together


def test_tokens_one_by_one_and_a_prompt_leave_the_same_state(model):
    tune = Score((Part("", tuple(Note(240 * i, 240, 60 + i % 7) for i in range(16)), 52),))
    prepared = events.prepare(tune)
    example = events.assemble(prepared, np.zeros(events.grid_shape(prepared), bool))
    whole, single = model.start(8), model.start(8)
    for end in range(1, len(example.tokens)):
        logits = model.feed(example.tokens[end - 1 : end], example.slots[end - 1 : end], single)
    expected = model.feed(example.tokens[:end], example.slots[:end], whole)
    assert np.abs(logits - expected).max() < 1e-2 * np.abs(expected).max()
    assert whole.begun == single.begun
    assert whole.lengths[0] == single.lengths[0] == model.entries(example.tokens)[end] < 0.6 * end


def test_with_one_layer_forgetting_is_leaving_out(tmp_path):
    model = model_of(tmp_path, 1)
    tune = Score((Part("", tuple(Note(480 * i, 480, 60 + i % 7) for i in range(12))),))
    is_open = np.ones(events.grid_shape(events.prepare(tune)), bool)
    is_open[:, 0] = False
    (reading,) = readings(model, tune, is_open)
    note, first, last = reading.notes[9].note, reading.notes[2].note.first, reading.notes[4].note.last
    (found,) = influences(reading, [note], [(first, last)])[0]
    tokens, slots, state = reading.example.tokens, reading.example.slots, model.start(64)
    entries = model.entries(tokens)
    model.feed(tokens[:first], slots[:first], state)
    assert not state.begun[0]
    state.forgotten[0] += entries[last] - entries[first]
    logits = model.feed(tokens[last : note.first], slots[last : note.first], state)
    nats = 0.0
    for at in range(note.first, note.last):
        scores = logits.astype(float)
        nats += float(np.log(np.exp(scores - scores.max()).sum()) + scores.max() - scores[tokens[at]])
        logits = model.feed(tokens[at : at + 1], slots[at : at + 1], state)
    assert found == pytest.approx(nats - reading.token_nats[note.first : note.last].sum(), abs=2e-2)
    assert abs(found) > 0.02
