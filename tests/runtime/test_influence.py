"""What is forgotten, and only that, is without influence."""

import hashlib
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from firmus.errors import ModelError
from firmus.models import transformer
from firmus.runtime import stepper
from firmus.runtime.influence import influences
from firmus.runtime.note_likelihood import readings
from firmus.runtime.weights import Card
from firmus.score import Key, Note, Part, Score
from firmus.tokens import events
from firmus.tokens.events import vocabulary

SHAPE = transformer.Shape(vocabulary.VOCABULARY, events.PLACES, events.PARTS, events.QUARTER)


def everything(score):
    is_open = np.ones(events.grid_shape(events.prepare(score)), bool)
    is_open[:, 0] = False
    return is_open


def layered(folder, layers):
    """A network with random weights, large enough that what is read matters."""
    torch.manual_seed(1)
    network = transformer.build(transformer.Config(width=128, layers=layers, key_heads=2, dropout=0.0), SHAPE).eval()
    with torch.no_grad():
        for weight in network.parameters():
            weight.mul_(3)
    data = transformer.graph(network).SerializeToString()
    (folder / "model.onnx").write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    card = Card("x", "", "", "stepper", "events", (), (), (), {"length": 256}, digest, {}, folder)
    return stepper.Stepper(card, threads=1)


@pytest.fixture
def tune():
    return Score((Part("", tuple(Note(480 * i, 480, 60 + i % 7) for i in range(12))),))


def test_with_one_layer_forgetting_is_leaving_out(tune, tmp_path):
    """Keys and values of one layer depend on their own token alone: without those of a place is without the place."""
    model = layered(tmp_path, 1)
    (reading,) = readings(model, tune, everything(tune))
    note, place = reading.notes[9].note, (reading.notes[2].note.first, reading.notes[4].note.last)
    (found,) = influences(reading, [note], [place])[0]
    state, tokens, slots = model.start(256), reading.example.tokens, reading.example.slots
    model.feed(tokens[: place[0]], slots[: place[0]], state)
    state.forgotten[0] += place[1] - place[0]
    logits = model.feed(tokens[place[1] : note.first], slots[place[1] : note.first], state)
    nats = 0.0
    for at in range(note.first, note.last):
        scores = logits.astype(float)
        nats += float(np.log(np.exp(scores - scores.max()).sum()) + scores.max() - scores[tokens[at]])
        logits = model.feed(tokens[at : at + 1], slots[at : at + 1], state)
    own = reading.token_nats[note.first : note.last].sum()
    assert found == pytest.approx(nats - own, abs=1e-3)
    assert abs(found) > 0.01


def test_what_comes_later_or_is_nothing_has_no_influence(tune, tmp_path):
    model = layered(tmp_path, 2)
    (reading,) = readings(model, tune, everything(tune))
    note = reading.notes[5].note
    later = (note.last, len(reading.example.tokens))
    found = influences(reading, [note], [later, (10, 10), (note.first, note.last), (note.first - 3, note.first)])[0]
    assert np.abs(found[:3]).max() < 1e-5
    assert abs(found[3]) > 1e-4


def test_many_places_at_once_are_as_each_alone(tune, tmp_path):
    model = layered(tmp_path, 2)
    (reading,) = readings(model, tune, everything(tune))
    notes = [each.note for each in reading.notes]
    places = [(note.first, note.last) for note in notes] + list(reading.cells.values()) + [(0, 4), (2, 9)] * 3
    assert len(places) > stepper.ROWS
    together = influences(reading, notes[::-1], places)[::-1]
    assert not together[0, 0]
    for at in (1, 6, 11):
        for place in (0, 3, at - 1, 12, 14, 16):
            alone = influences(reading, [notes[at]], [places[place]])[0, 0]
            assert together[at, place] == pytest.approx(alone, abs=1e-5)


def test_the_source_of_what_is_repeated_is_found():
    """Eight bars of which the last four repeat the first: the model says from where it takes each note."""
    bars = [[67, 71, 74, 71], [72, 69, 66, 69], [71, 67, 64, 67], [69, 66, 62, 62]] * 2
    pitches = [pitch for bar in bars for pitch in bar]
    tune = Score((Part("", tuple(Note(480 * i, 480, pitch) for i, pitch in enumerate(pitches))),), keys=(Key(0, "G"),))
    (reading,) = readings(stepper.load("composer"), tune, everything(tune), "folk")
    notes = [each.note for each in reading.notes if each.note.bar >= 5]
    cells = sorted(reading.cells)
    found = influences(reading, notes, [reading.cells[cell] for cell in cells])
    hits = [cells[int(np.argmax(row[: note.bar]))][0] == note.bar - 4 for note, row in zip(notes, found, strict=True)]
    assert np.mean(hits) >= 0.75  # by chance a sixth


def test_a_model_with_one_memory_for_all_is_refused():
    keeps_nothing = SimpleNamespace(keeps_tokens=False, card=SimpleNamespace(name="r"))
    with pytest.raises(ModelError, match="one memory"):
        influences(SimpleNamespace(stepper=keeps_nothing), [], [])
