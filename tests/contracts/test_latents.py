"""What every latent model promises, on every raster that it takes; a new file is tested without a line here."""

import json
from copy import deepcopy
from dataclasses import fields

import numpy as np
import onnx
import pytest
import torch

from firmus import plugins, tokens
from firmus.errors import RecipeError
from firmus.learning import batches, export, latent_directions, recipe, train
from firmus.learning.corpus import Corpus, Piece
from firmus.learning.optimisers import optimisers
from firmus.learning.quantising import quantise
from firmus.runtime.latent import OPEN, Latent
from firmus.runtime.weights import Card
from firmus.score import Chord, Meter, Note, Part, Score

SMALL = {"width": 48, "latent": 24, "critic_width": 24, "layers": 1}
RASTERS = [name for name in plugins.names("firmus.tokens") if plugins.load("firmus.tokens", name).KIND == "raster"]


def models():
    return {name: plugins.load("firmus.models", name) for name in plugins.names("firmus.models")}


def config(module, **more):
    known = {field.name for field in fields(module.Config)}
    return {name: value for name, value in (SMALL | more).items() if name in known}


def module_of(name):
    """Module of a model such as ``"vae"`` or, with a choice that its module offers, ``"vae decoder=flat"``."""
    return plugins.load("firmus.models", name.partition(" ")[0])


def choice(name):
    key, _, value = name.partition(" ")[2].partition("=")
    return {key: value} if key else {}


def built(name, raster):
    module = module_of(name)
    torch.manual_seed(3)
    return module.build(
        module.Config(**config(module, **choice(name))), tokens.shape(plugins.load("firmus.tokens", raster))
    )


def takes(name, raster):
    try:
        built(name, raster)
    except RecipeError:
        return False
    return True


def pairs():
    """Each latent model with the rasters that it takes; those of many columns only where it takes no other."""
    for name, module in models().items():
        if module.KIND == "latent":
            taken = [raster for raster in RASTERS if takes(name, raster)]
            narrow = [each for each in taken if len(plugins.load("firmus.tokens", each).COLUMNS) < 100]
            choices = [
                f"{name} {key}={value}" for key, some in getattr(module, "CHOICES", {}).items() for value in some
            ]
            yield from ((each, raster) for raster in narrow or taken for each in choices or [name])


PAIRS = list(pairs())
latents = pytest.mark.parametrize(("name", "raster"), PAIRS)


def stirred(network):
    """The network with no weight left at 0, so that nothing is equal for want of an effect."""
    for weight in network.parameters():
        if not weight.any():
            torch.nn.init.normal_(weight, std=0.1)
    return network.eval()


def latent_of(name, raster, network, graphs, folder):
    import hashlib

    module = module_of(name)
    digests = {}
    for graph, model in graphs.items():
        data = model.SerializeToString()
        (folder / f"{graph}.onnx").write_bytes(data)
        digests[graph] = hashlib.sha256(data).hexdigest()
    facts = json.loads(json.dumps(module.facts(network))) | {"graphs": digests}
    shape = {"latent": network.config.latent, "bars": 2}
    return Latent(Card(name, "", "", "latent", raster, (), (), (), shape, "", facts, folder), threads=1)


def windows(raster, count, bar, bars, seed=0):
    """Any values of a raster's columns; mostly nothing, where columns are many."""
    columns = np.array(plugins.load("firmus.tokens", raster).COLUMNS)
    generator = np.random.default_rng(seed)
    values = generator.integers(0, columns, (count, bar * bars, len(columns)))
    return np.where(generator.random(values.shape) < min(1, 40 / len(columns)), values, 0)


def score():
    """Eight bars of a melody, a bass, drums and chords."""
    generator = np.random.default_rng(1)
    melody = tuple(Note(240 * i, 200, int(60 + generator.integers(0, 12))) for i in range(64))
    bass = tuple(Note(480 * i, 400, int(36 + generator.integers(0, 12))) for i in range(32))
    drums = tuple(Note(240 * i, 60, int(generator.choice([36, 38, 42])), 40 + i) for i in range(64))
    parts = Part("Tune", melody, 73), Part("Bass", bass, 33), Part("Drums", drums, is_drums=True)
    chords = tuple(Chord(1920 * i, root, "m") for i, root in enumerate("CDEFGABC"))
    return Score(parts, meters=(Meter(0, 4, 4),), chords=chords)


def corpus(raster):
    prepared = plugins.load("firmus.tokens", raster).prepare(score(), "rock", False)
    pieces = [Piece(f"{side}", "", "public domain", side, prepared, 128) for side in ("train", "valid")]
    return Corpus(raster, pieces)


def tiny(name, raster, **more):
    network = "\n".join(f"{key} = {value!r}" for key, value in config(module_of(name), **choice(name), **more).items())
    own = name.partition(" ")[0]
    return recipe.parse(
        f'name = "tiny"\nrepresentation = "{raster}"\nmodel = "{own}"\n[data]\nbars = 2\n[network]\n{network}\n'
        "[training]\nsteps = 3\nbatch_windows = 4\nwarmup = 1\nlearning_rate = 1e-3\n"
    )


def test_every_latent_model_takes_a_raster():
    assert {name.partition(" ")[0] for name, _ in PAIRS} == {
        name for name, module in models().items() if module.KIND == "latent"
    }


@latents
@pytest.mark.parametrize("bar", [12, 16])
def test_the_graphs_equal_torch(name, raster, bar, tmp_path):
    network = stirred(built(name, raster))
    latent = latent_of(name, raster, network, module_of(name).graphs(network), tmp_path)
    values = windows(raster, 3, bar, 3)
    known = np.random.default_rng(1).random(values.shape) < 0.8
    z = np.random.default_rng(2).normal(size=(3, latent.size)).astype(np.float32)
    place = torch.tensor(bar)
    with torch.no_grad():
        if latent.can_encode:
            mean, spread = network.encode(torch.tensor(values), place, torch.tensor(known))
            found = latent.encode(values, bar, known)
            assert np.abs(found[0] - mean.numpy()).max() < 1e-4
            assert np.abs(found[1] - np.exp(spread.numpy() / 2)).max() < 1e-4
        if latent.is_autoregressive:
            logits = network.logits(torch.tensor(z), torch.tensor(values), place)
            wanted = network.cross_entropy(logits, torch.tensor(values)).numpy()
            told = latent.read(z, values, bar)
            assert np.abs(told.nats - wanted).max() < 1e-3
            best = [each.argmax(-1).numpy() for each in torch.split(logits, list(latent.columns), dim=-1)]
            assert (told.likeliest == np.stack(best, axis=-1)).all()
        else:
            given = np.where(known, OPEN, values)
            wanted = network.decode(torch.tensor(z), torch.tensor(given), place).numpy()
            assert (latent.decode(z, bar, 3, np.random.default_rng(0), given=given) == wanted).all()


@latents
@pytest.mark.parametrize(("bar", "bars"), [(12, 2), (16, 4), (10, 1), (9, 2)])
def test_any_point_is_a_window_and_what_is_given_comes_back(name, raster, bar, bars, tmp_path):
    network = stirred(built(name, raster))
    latent = latent_of(name, raster, network, module_of(name).graphs(network), tmp_path)
    generator = np.random.default_rng(4)
    z = np.concatenate([np.zeros((1, latent.size)), generator.normal(size=(3, latent.size)) * [[1], [10], [1000]]])
    given = windows(raster, 4, bar, bars)
    given[generator.random(given.shape) < 0.5] = OPEN
    for fixed in (None, given):
        values = latent.decode(z.astype(np.float32), bar, bars, generator, given=fixed)
        assert values.shape == (4, bar * bars, len(latent.columns))
        assert values.dtype == np.int64
        assert values.min() >= 0
        assert (values < np.array(latent.columns)).all()
    assert (values[given != OPEN] == given[given != OPEN]).all()


@latents
def test_the_same_point_is_the_same_window_alone_or_among_others(name, raster, tmp_path):
    network = stirred(built(name, raster))
    latent = latent_of(name, raster, network, module_of(name).graphs(network), tmp_path)
    z = np.random.default_rng(5).normal(size=(4, latent.size)).astype(np.float32)
    together = latent.decode(z, 16, 2, np.random.default_rng(0), temperature=0.0)
    alone = latent.decode(z[2:3], 16, 2, np.random.default_rng(0), temperature=0.0)
    assert (together[2] == alone[0]).mean() > 0.99  # sums in another order


@latents
def test_eight_bits_change_little(name, raster, tmp_path):
    network = stirred(built(name, raster))
    plain = module_of(name).graphs(network)
    packed = {graph: quantise(onnx.ModelProto.FromString(each.SerializeToString())) for graph, each in plain.items()}
    sizes = [sum(len(each.SerializeToString()) for each in graphs.values()) for graphs in (packed, plain)]
    assert sizes[0] < 0.6 * sizes[1]
    z = np.random.default_rng(6).normal(size=(6, SMALL["latent"])).astype(np.float32)
    values, found = windows(raster, 6, 16, 2), []
    for graphs, folder in ((plain, tmp_path / "plain"), (packed, tmp_path / "packed")):
        folder.mkdir()
        latent = latent_of(name, raster, network, graphs, folder)
        first = (
            latent.read(z, values, 16).nats
            if latent.is_autoregressive
            else latent.decode(z, 16, 2, np.random.default_rng(0))
        )
        found.append([first, *(latent.encode(values, 16) if latent.can_encode else ())])
    for one, other in zip(*found, strict=True):
        if one.dtype == np.int64:
            assert (one == other).mean() > 0.9  # a fresh network hardly knows what it prefers
        else:
            assert np.abs(one - other).max() < 0.05 * np.abs(one).max()


@latents
def test_training_is_finite_and_every_phase_learns(name, raster, tmp_path):
    chosen = tiny(name, raster)
    torch.manual_seed(chosen.training.seed)
    fresh = train.build(chosen)
    network, progress = train.train(chosen, corpus(raster), tmp_path / "run", report=lambda line: None)
    assert progress.step == 3
    assert all(np.isfinite(value) for value in progress.log[-1].values())
    before, after = dict(fresh.named_parameters()), dict(network.named_parameters())
    assert all(weight.isfinite().all() for weight in after.values())
    for phase in dict.fromkeys(network.PHASES):
        own = {id(weight) for part in fresh.phase_modules(phase) for weight in part.parameters()}
        changed = [not torch.equal(each, after[name]) for name, each in before.items() if id(each) in own]
        assert np.mean(changed) > 0.8, phase  # some weights are not used in every variant


@latents
def test_a_phase_changes_its_own_weights_alone(name, raster, tmp_path):
    chosen = tiny(name, raster)
    torch.manual_seed(1)
    network = train.build(chosen)
    batch = next(batches.batches(chosen, corpus(raster), 1, 0, seed=1))
    found = optimisers(network, chosen)
    for phase in dict.fromkeys(network.PHASES):
        own = {id(weight) for part in network.phase_modules(phase) for weight in part.parameters()}
        assert {id(w) for each in found[phase] for group in each.param_groups for w in group["params"]} == own
        before = deepcopy(network.state_dict())
        network.zero_grad()
        network.loss(phase, batch, 0.5)[0].backward()
        for optimiser in found[phase]:
            optimiser.step()
        for key, weight in network.named_parameters():
            assert id(weight) in own or torch.equal(weight, before[key]), key


@latents
def test_a_trained_network_is_exported_and_run(name, raster, tmp_path, monkeypatch):
    monkeypatch.setattr(latent_directions, "WINDOWS", 40)
    monkeypatch.setattr(export, "WINDOWS", 8)
    card = export.export(train.build(tiny(name, raster)), tiny(name, raster), corpus(raster), tmp_path, training={})
    latent = Latent(card)
    values = latent.decode(np.zeros((1, latent.size), np.float32), 16, 2, np.random.default_rng(0))
    assert plugins.load("firmus.tokens", raster).decode(values[0]).end == 32 * 120
    assert ("validation_accuracy_told" in card.facts["training"]) == latent.is_autoregressive
    assert ("styles" in card.facts["space"]) == latent.can_encode


@latents
def test_the_docstring_says_what_paper_and_conventions(name, raster):
    module = module_of(name)
    for heading in ("What it is", "Paper", "Conventions"):
        assert heading in module.__doc__
    assert module.TITLE
    assert isinstance(module.Config().latent, int)
