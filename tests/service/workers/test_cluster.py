"""What is done to many things comes out the same on the machines of a cluster as on one."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from firmus import formats
from firmus.errors import FirmusError
from firmus.learning.corpus import load
from firmus.score import Key, Note, Part, Score
from firmus.service.workers import cluster

BOTH = "import json, sys; from firmus.cli import main; sys.exit(sum(main(words) for words in json.loads(sys.argv[1])))"
RECIPE = """
name = "tiny"
representation = "events"
model = "transformer"
description = "For a test."
styles = ["folk"]
[network]
width = 64
layers = 1
key_heads = 1
[training]
steps = 1
length = 64
batch_tokens = 128
"""


def tune(seed):
    """Eight bars of C major, drawn by a generator."""
    steps = np.random.default_rng(seed).integers(0, 10, 32).tolist()
    pitches = [60 + 12 * (step // 7) + (0, 2, 4, 5, 7, 9, 11)[step % 7] for step in steps]
    notes = tuple(Note(480 * place, 480, pitch) for place, pitch in enumerate(pitches))
    return Score((Part("Tune", notes, 73),), keys=(Key(0, "C"),))


@pytest.fixture
def folder(tmp_path):
    for name, first in (("ours", 0), ("real", 50)):
        (tmp_path / name).mkdir()
        for seed in range(first, first + 16):
            formats.write(tune(seed), tmp_path / name / f"{seed}.mid")
        (tmp_path / name / "noise.mid").write_bytes(b"MThd no music")
    (tmp_path / "tiny.toml").write_text(RECIPE)
    return tmp_path


def done(folder, environment, *options):
    """What two commands leave: a report, and a corpus."""
    out = options[-1].replace(":", "-") if options else "alone"
    evaluate = ["evaluate", "../ours", "--reference", "../real", "--out", "report", "--quiet"]
    train = ["train", "../tiny.toml", "--data", "../real", "--quiet"]
    (folder / out).mkdir()
    words = [sys.executable, "-c", BOTH, json.dumps([[*evaluate, *options], [*train, *options]])]
    ended = subprocess.run(
        words, check=False, cwd=folder / out, env={**os.environ, **environment}, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stderr
    (report,) = (folder / out / "report").glob("*.json")
    (corpus,) = (folder / out / "cache").glob("*.npz")
    return json.loads(report.read_text()), load(corpus)


def test_machines_that_are_installed_differently_are_told_apart():
    cluster.check(cluster.facts())
    with pytest.raises(FirmusError, match=r"^model composer is .* on .*, and another where it is asked"):
        cluster.check({**cluster.facts(), "model composer": "another"})


@pytest.mark.cluster
def test_reading_on_several_machines_is_reading_on_one(folder, machines):
    report, corpus = done(folder, {})
    other_report, other_corpus = done(folder, machines.environment, "--cluster", machines.address)
    assert len(report["left_out"]) == 2
    assert other_report == report
    assert other_corpus.scales == corpus.scales
    for one, other in zip(corpus.all_pieces, other_corpus.all_pieces, strict=True):
        facts = [(each.name, each.set, each.licence, each.split, each.tokens) for each in (one, other)]
        assert facts[0] == facts[1]
        for name, values in one.prepared.items():
            np.testing.assert_array_equal(values, other.prepared[name])
