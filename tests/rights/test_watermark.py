"""The watermark is found in notes alone, by whoever has the key."""

from dataclasses import replace

import numpy as np
import pytest

import firmus
from firmus import formats
from firmus.errors import InvalidBrief
from firmus.rights import keys
from firmus.rights.watermark import USUAL, Evidence, detect
from firmus.score import Note, Part, Score, Tempo


@pytest.fixture(scope="module")
def public():
    return firmus.compose(style="piano", bars=32, seed=8, effort="quick")


@pytest.fixture
def own_key(tmp_path, monkeypatch):
    monkeypatch.setenv(keys.VARIABLE, str(tmp_path / "keys"))


def test_a_piece_says_that_it_is_watermarked(public, own_key):
    found = detect(public.score)
    assert (found.verdict, found.key, public.origin.watermark) == ("found", "public", "public")
    assert found.p < 1e-6


@pytest.mark.parametrize(
    "alter",
    [
        lambda score: score.transposed(-5),
        lambda score: replace(score, tempi=(Tempo(0, 47.0),)),
        lambda score: formats.read(
            formats.encoded(formats.read(formats.encoded(score, "a.mid")), "a.musicxml"), trusted=True
        ),
    ],
    ids=["transposed", "at another tempo", "through MIDI and MusicXML"],
)
def test_it_survives(public, alter, own_key):
    assert detect(alter(public.score)).verdict == "found"


def test_without_it_or_under_another_key_nothing_is_found(public, own_key):
    off = firmus.compose(style="piano", bars=48, seed=8, effort="quick", watermark="off")
    assert off.origin.watermark == ""
    assert detect(off.score).verdict == "not found"
    evidence = Evidence.of(public.score)
    assert evidence.p_values([evidence.score(b"another key")])[0] > 1e-4


def test_a_private_watermark_is_found_by_its_installation_alone(tmp_path, monkeypatch):
    monkeypatch.setenv(keys.VARIABLE, str(tmp_path / "ours"))
    work = firmus.compose(style="piano", bars=48, seed=8, effort="quick", watermark="private")  # the key is by chance
    found = detect(work.score)
    assert (found.verdict, found.key, work.origin.watermark) == ("found", "private", "private")
    monkeypatch.setenv(keys.VARIABLE, str(tmp_path / "theirs"))
    assert detect(work.score).verdict == "not found"
    keys.public_key()
    assert detect(work.score).verdict == "not found"


def test_pieces_have_one_of_several_keys(own_key):
    works = firmus.compose(style="folk", bars=32, seed=1, count=3, effort="quick")
    sums = [[Evidence.of(work.score).score(key) for key in keys.watermark_keys("public")] for work in works]
    assert [each.index(max(each)) for each in sums] == [work.origin.seed for work in works]  # the best comes first
    assert all(detect(work.score).verdict in ("found", "likely") for work in works)


def test_of_a_short_piece_nothing_is_said(own_key):
    tune = Score((Part("", tuple(Note(480 * i, 480, 60 + i) for i in range(12))),))
    assert detect(tune).verdict == detect(Score()).verdict == "not detectable"


def test_p_values_of_other_music_are_uniform():
    generator = np.random.default_rng(3)
    tune = Score((Part("", tuple(Note(480 * i, 480, 60 + (i * i) % 11) for i in range(60))),))
    evidence = Evidence.of(tune)
    values = np.array(evidence.p_values([evidence.score(generator.bytes(16)) for _ in range(1000)]))
    assert abs(values.mean() - 0.5) < 0.04
    assert 60 < (values < 0.1).sum() < 140


def test_notes_count_the_more_the_less_they_were_to_be_expected(own_key):
    surer = []
    for work in firmus.compose(style="folk", bars=16, seed=40, count=5, effort="quick"):
        read = Evidence.of(work.score)
        alike = replace(read, levels=np.full_like(read.levels, USUAL))
        key = keys.watermark_keys("public")[work.origin.seed % keys.WATERMARKS]
        by_reading, flat = (each.p_values([each.score(key)])[0] for each in (read, alike))
        surer.append(by_reading < flat)
    assert sum(surer) >= 4


def test_music_that_the_composer_cannot_read_is_looked_at_all_the_same(own_key):
    parts = tuple(Part("", tuple(Note(480 * i, 480, 40 + (i * place) % 30) for i in range(8))) for place in range(40))
    assert detect(Score(parts)).notes > 0


def test_words_and_models_that_have_no_watermark_refuse():
    with pytest.raises(InvalidBrief, match="unknown watermark 'secret'"):
        firmus.compose(style="folk", watermark="secret")
    with pytest.raises(InvalidBrief, match="watermark public: model 'vae-melody' puts none into its notes"):
        firmus.compose(model="vae-melody", watermark="public")
    assert firmus.compose(model="vae-melody", watermark="关闭", bars=4, seed=1).origin.watermark == ""
