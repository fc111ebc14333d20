"""Interpolating, varying, composing and humanising with latent models, small ones trained here."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import firmus
from firmus import formats
from firmus.composing.latent import latent_space
from firmus.errors import InvalidBrief
from firmus.learning import run
from firmus.runtime.weights import SHIPPED, read_card
from firmus.score import Chord, Key, Meter, Note, Part, Score
from firmus.timing import bars
from firmus.tokens import melody

RECIPE = """
name = "{name}"
representation = "{representation}"
model = "vae"
description = "For a test."
styles = ["folk"]
[data]
sets = []
bars = 2
transpose = {transpose}
[network]
width = 64
latent = 16
weight = 0.01
unseen = {unseen}
[training]
steps = 100
batch_windows = 32
learning_rate = 1e-2
warmup = 5
checkpoint_minutes = 60
"""


def tune(seed, count=8, meter=(4, 4)):
    generator = np.random.default_rng(seed)
    bar = Meter(0, *meter).bar
    scale = [60, 62, 64, 65, 67, 69, 71, 72, 74, 76]
    notes, start, place = [], 0, 4
    while start < count * bar:
        duration = min(int(generator.choice([240, 480])), count * bar - start)
        notes.append(Note(start, duration, scale[place]))
        place = int(np.clip(place + generator.integers(-2, 3), 0, 9))
        start += duration
    return Score((Part("Tune", tuple(notes), 73),), meters=(Meter(0, *meter),), keys=(Key(0, "C"),), title=f"T{seed}")


def beat(seed, count=8):
    """Drums a little late and with accents; hats on eighths."""
    generator = np.random.default_rng(seed)
    notes = []
    for step in range(0, count * 16, 2):
        extra = (46,) if step % 4 == 2 and generator.random() < seed % 5 / 5 else ()
        for drum in (42, *extra, *((36,) if step % 8 == 0 else ()), *((38,) if step % 8 == 4 else ())):
            late = int(generator.integers(10, 30)) if drum == 38 else 0
            notes.append(Note(step * 120 + late, 60, drum, 110 if step % 4 == 0 else 50))
    return Score((Part("Drums", tuple(notes), is_drums=True),), meters=(Meter(0, 4, 4),))


def band(seed, count=8, instruments=5):
    """Drums, bass, guitar, keys and strings in quarters over a cadence."""
    chords = ["C", "F", "G", "C"]
    names, programs = ("Drums", "Bass", "Guitar", "Keys", "Strings"), (0, 33, 25, 4, 48)
    notes = {name: [] for name in names}
    for beat in range(4 * count):
        chord = Chord.parse(chords[beat // 4 % 4])
        tones, start = chord.pitch_classes, 480 * beat
        notes["Drums"].append(Note(start, 60, 36 if beat % 2 == seed % 2 else 38))
        notes["Bass"].append(Note(start, 480, 36 + tones[0]))
        for tone in tones:
            notes["Guitar"].append(Note(start, 240, 48 + tone))
        notes["Keys"].append(Note(start, 480, 60 + tones[(beat + seed) % 3]))
        notes["Strings"].append(Note(start, 480, 72 + tones[beat % 3]))
    parts = (
        Part(name, tuple(notes[name]), program, name == "Drums") for name, program in zip(names, programs, strict=True)
    )
    return Score(tuple(parts)[:instruments], meters=(Meter(0, 4, 4),))


BAND = """
name = "tiny-band"
representation = "band"
model = "gan"
styles = ["band"]
[data]
sets = []
bars = 4
[network]
latent = 8
width = 16
critic_width = 16
critics = 1
[training]
steps = 20
batch_windows = 8
learning_rate = 1e-3
warmup = 5
checkpoint_minutes = 60
"""


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Folder of two small latent models."""
    root = tmp_path_factory.mktemp("latent")
    here = os.getcwd()
    os.chdir(root)
    try:
        music = root / "tiny-band"
        music.mkdir()
        for seed in range(12):
            formats.write(band(seed), music / f"{seed}.mid")
        (root / "tiny-band.toml").write_text(BAND)
        found = run.run(Path("tiny-band.toml"), root, music, out=root / "run-tiny-band", report=lambda line: None)
        (root / "weights").mkdir()
        found.rename(root / "weights" / "tiny-band")
        for name, representation, piece, transpose, unseen in (
            ("tiny-melody", "melody", tune, "true", 0.0), ("tiny-groove", "groove", beat, "false", 0.5),
        ):  # fmt: skip
            music = root / name
            music.mkdir()
            for seed in range(24):
                formats.write(piece(seed), music / f"{seed}.mid")
            settings = {"name": name, "representation": representation, "transpose": transpose, "unseen": unseen}
            (root / f"{name}.toml").write_text(RECIPE.format(**settings))
            found = run.run(Path(f"{name}.toml"), root, music, out=root / "runs", report=lambda line: None)
            found.rename(root / "weights" / name)
            (root / "runs").rename(root / f"run-{name}")
    finally:
        os.chdir(here)
    return root / "weights"


@pytest.fixture(autouse=True)
def these_weights(weights, monkeypatch):
    monkeypatch.setenv("FIRMUS_WEIGHTS", str(weights))
    from firmus.runtime.latent import load

    load.cache_clear()


def notes_of(score, place=0):
    return [(note.start, note.duration, note.pitch) for note in score.parts[place].notes]


def test_the_way_from_one_piece_to_another_begins_and_ends_with_them():
    one, other = tune(101), tune(102)
    works = firmus.interpolate(one, other, model="tiny-melody", steps=5, seed=1)
    assert len(works) == 5
    assert notes_of(works[0].score) == notes_of(one)
    assert notes_of(works[-1].score) == notes_of(other)
    assert {work.score.end for work in works} == {one.end}
    assert [work.origin.measured["step"] for work in works] == [1, 2, 3, 4, 5]
    again = firmus.interpolate(one, other, model="tiny-melody", steps=5, seed=1)
    assert [work.score for work in again] == [work.score for work in works]


def test_an_upbeat_is_heard():
    one = replace(tune(101), pickup=480)
    works = firmus.interpolate(one, tune(102), model="tiny-melody", steps=3, seed=1)
    assert notes_of(works[0].score) == [(start + 1440, duration, pitch) for start, duration, pitch in notes_of(one)]
    assert not works[0].score.pickup
    assert min(notes_of(works[-1].score))[0] == 1920


def test_pieces_of_unlike_length_go_as_far_as_the_shorter():
    works = firmus.interpolate(tune(101, 8), tune(102, 4), model="tiny-melody", steps=3, seed=1)
    assert {work.score.end for work in works} == {4 * 1920}


def test_an_odd_bar_is_not_lost():
    one = tune(101, 5)
    works = firmus.interpolate(one, tune(102, 5), model="tiny-melody", steps=3, seed=1)
    assert works[0].score.end == 5 * 1920
    assert notes_of(works[0].score) == notes_of(one)


def test_pieces_in_other_meters_are_refused():
    with pytest.raises(InvalidBrief, match="same meter"):
        firmus.interpolate(tune(101), tune(102, meter=(3, 4)), model="tiny-melody")


def test_a_pieces_other_parts_and_bars_stay_when_it_is_varied():
    source = replace(tune(7), parts=(*tune(7).parts, Part("Bass", (Note(0, 1920, 40),), 33)))
    work = firmus.vary(source, model="tiny-melody", bars="3-4", amount=0.9, seed=2)
    assert work.score.parts[1] == source.parts[1]
    outside = [each for each in notes_of(source) if not 2 * 1920 <= each[0] < 4 * 1920]
    assert [each for each in notes_of(work.score) if not 2 * 1920 <= each[0] < 4 * 1920] == outside
    assert notes_of(work.score) != notes_of(source)
    assert max(start + duration for start, duration, _ in notes_of(work.score) if start < 4 * 1920) <= 4 * 1920
    assert work.origin.composed == ((2 * 1920, 4 * 1920, 0),)


def test_what_is_wished_of_a_quality_is_heard():
    source = tune(11)
    low, high = (
        firmus.vary(source, model="tiny-melody", register=share, seed=3).origin.measured["register"]
        for share in (0.05, 0.95)
    )
    assert high > low + 3


def test_composing_keeps_the_key_the_length_and_ends_on_the_tonic():
    work = firmus.compose(model="tiny-melody", bars=7, key="G minor", meter="3/4", seed=5)
    assert work.score.end == 7 * 1440
    assert len(bars(work.score)) == 7
    scale = set(Key.parse("G minor").scale)
    assert {note.pitch % 12 for note in work.score.parts[0].notes} <= scale
    assert work.score.parts[0].notes[-1].pitch % 12 in scale


def test_humanised_drums_strike_the_same_drums_at_the_same_sixteenths():
    flat = beat(50)
    straight = replace(flat.parts[0], notes=tuple(
        replace(note, start=(note.start + 60) // 120 * 120, velocity=80) for note in flat.parts[0].notes
    ))  # fmt: skip
    source = replace(flat, parts=(straight, *tune(3).parts))
    work = firmus.humanise(source, model="tiny-groove", seed=4)
    played = work.score.parts[0].notes
    assert [(round(n.start / 120), n.pitch) for n in sorted(played, key=lambda n: (round(n.start / 120), n.pitch))] == [
        (n.start // 120, n.pitch) for n in straight.notes
    ]
    assert work.score.parts[1] == source.parts[1]
    assert len({note.velocity for note in played}) > 1
    hats = [note for note in played if note.pitch == 42]
    strong, weak = ([n.velocity for n in hats if (round(n.start / 120) % 4 == 0) == on] for on in (True, False))
    assert np.mean(strong) > np.mean(weak)  # as the drummer of the training music does
    half = firmus.humanise(source, model="tiny-groove", seed=4, amount=0.5).score.parts[0].notes
    assert (
        abs(np.mean([note.velocity for note in half]) - 80) < abs(np.mean([note.velocity for note in played]) - 80) + 1
    )


@pytest.mark.parametrize(
    ("wishes", "message"),
    [
        ({"mood": "calm"}, "mood calm"),
        ({"density": 0.5, "model": "tiny-groove"}, None),
        ({"parts": "2"}, "there is no part"),
        ({"steps": 4}, "for interpolate"),
    ],
)
def test_what_cannot_be_asked_is_refused(wishes, message):
    wishes = {"model": "tiny-melody"} | wishes
    source = beat(3) if wishes["model"] == "tiny-groove" else tune(3)
    if message is None:
        assert firmus.vary(source, seed=1, **wishes)
        return
    with pytest.raises(InvalidBrief, match=message):
        firmus.vary(source, seed=1, **wishes)


def test_drums_have_no_melody_and_a_melody_no_drums():
    with pytest.raises(InvalidBrief, match="has no melody"):
        firmus.vary(beat(1), model="tiny-melody")
    with pytest.raises(InvalidBrief, match="has no drums"):
        firmus.humanise(tune(1), model="tiny-groove")


def test_too_few_bars_are_refused_with_their_number():
    with pytest.raises(InvalidBrief, match="bar 1: model 'tiny-melody' reads 2 bars"):
        firmus.vary(tune(1, 1), model="tiny-melody")


def test_a_band_is_composed_over_chords():
    work = firmus.compose(model="tiny-band", chords="Am F", bars=6, seed=1)
    assert work.score.end == 6 * 1920
    assert [chord.text for chord in work.score.chords] == ["Am", "F"] * 3
    for part in work.score.parts:
        for note in part.notes if not part.is_drums else ():
            tones = work.score.chords[note.start // 1920].pitch_classes
            assert note.start % 480 or note.pitch % 12 in tones


def test_what_a_band_has_not_is_painted_and_what_it_has_stays():
    source = band(3, instruments=3)
    work = firmus.accompany(source, model="tiny-band", chords="C F G C", seed=1)
    assert work.score.parts[:3] == source.parts
    assert {part.name for part in work.score.parts[3:]} <= {"Keys", "Strings"}
    assert all(row >= 3 for _, _, row in work.origin.composed)
    named = firmus.accompany(source, model="tiny-band", parts=["Bass"], seed=1)
    assert named.score.parts[0] == source.parts[1]
    assert "Bass" not in {part.name for part in named.score.parts[1:]}


def test_a_whole_band_needs_no_accompaniment():
    with pytest.raises(InvalidBrief, match="nothing is left"):
        firmus.accompany(band(3), model="tiny-band")
    with pytest.raises(InvalidBrief, match="density"):
        firmus.accompany(band(3, instruments=2), model="tiny-band", density=0.4)


def test_a_network_that_only_makes_music_can_be_asked_for_its_qualities():
    counts = []
    for density in (0.1, 0.9):
        works = firmus.compose(model="infogan", key="G major", bars=8, density=density, seed=5, count=3)
        counts.append(sum(len(work.score.parts[0].notes) for work in works))
        assert all(note.pitch % 12 in {7, 9, 11, 0, 2, 4, 6} for work in works for note in work.score.parts[0].notes)
    assert counts[1] > 1.5 * counts[0]


def test_a_window_is_moved_into_the_key_of_the_same_scale():
    space = latent_space.Space(read_card(SHIPPED / "infogan" / "card.json"))
    theme = [74, 76, 78, 79, 81, 79, 78, 76, 74, 78, 81, 78, 74, 73, 74, 74]  # in D major
    values = np.zeros((64, 1), np.int64)
    values[::4] = melody.encode(Score((Part("", tuple(Note(480 * i, 480, each) for i, each in enumerate(theme))),)))[
        ::4
    ]
    for key, moved in (("D major", 0), ("G major", 5), ("A minor", -2), ("C major", -2)):
        heard = space.score(space.moved_into(Key.parse(key), values, 16), 16)
        assert [note.pitch for note in heard.parts[0].notes] == [each + moved for each in theme]
    silence = np.zeros((64, 1), np.int64)
    assert (space.moved_into(Key.parse("G major"), silence, 16) == silence).all()
