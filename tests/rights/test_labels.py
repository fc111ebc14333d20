"""Every kind of file that Firmus writes bears a label, which others' readers see and ours leaves out."""

import io

import mido
import music21
import numpy as np
import pytest
import soundfile
import symusic
import verovio
from PIL import Image

from firmus import formats, plugins
from firmus.render import files
from firmus.render.synth import Audio
from firmus.rights import labels
from firmus.score import Key, Note, Part, Score
from firmus.tasks.sound.generation import Sound
from firmus.work import Origin

TEXTS = {
    labels.AIGC: '{"ContentProducer":"Firmus & <friends>","Label":"1"}',
    labels.PROVENANCE: '{"key":"a+/=","work":"0123"}',
    labels.NOTICE: "AI生成 / AI-generated",
}
SCORE = Score(
    (Part("Oben", tuple(Note(480 * i, 480, 60 + i) for i in range(8))), Part("Unten", (Note(0, 3840, 48),))),
    keys=(Key(0, "C"),), title="Probe", composer="Firmus (AI-generated)",
)  # fmt: skip
ENDINGS = sorted({*formats.extensions(), *files.SOUNDS, *files.PICTURES} - {".xml", ".midi", ".kern"})


@pytest.fixture(scope="module")
def written():
    return {ending: files.encoded(SCORE, ending) for ending in ENDINGS}


def test_every_kind_of_file_has_its_module():
    assert not [ending for ending in ENDINGS if labels.module(ending) is None]
    assert labels.module(".txt") is None
    room = "firmus.rights.labels"
    endings = [end for name in plugins.names(room) for end in plugins.load(room, name).EXTENSIONS]
    assert len(endings) == len(set(endings))


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_is_written_is_read_and_the_content_stays(written, ending):
    module, data = labels.module(ending), written[ending]
    labelled = module.write(data, TEXTS)
    assert module.read(labelled) == TEXTS
    assert module.read(data) == {}
    assert module.content(labelled) == module.content(data)
    if ending in formats.extensions():
        assert formats.read(labelled) == formats.read(data)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("damage", [b"", b"\x00" * 64, b"no music"], ids=["empty", "zeros", "text"])
def test_what_is_no_such_file_has_no_label(ending, damage):
    module = labels.module(ending)
    assert module.read(damage) == {}
    module.content(damage)


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_file_that_is_cut_anywhere_costs_no_error(written, ending):
    module = labels.module(ending)
    labelled = module.write(written[ending], TEXTS)
    for length in np.linspace(0, len(labelled) - 1, 60).astype(int):
        module.read(labelled[:length])
        module.content(labelled[:length])


def test_other_readers_of_midi(written):
    labelled = labels.module(".mid").write(written[".mid"], TEXTS)
    texts = [event.text for event in mido.MidiFile(file=io.BytesIO(labelled)).tracks[0] if event.type == "text"]
    assert f"AIGC={TEXTS[labels.AIGC]}" in texts
    assert symusic.Score.from_midi(labelled).note_num() == 9


def test_other_readers_of_musicxml(written):
    labelled = labels.module(".musicxml").write(written[".musicxml"], TEXTS).decode()
    score, bare = (music21.converter.parseData(text, format="musicxml") for text in (labelled, written[".musicxml"]))
    assert len(score.recurse().notes) == len(bare.recurse().notes) >= 9
    assert TEXTS[labels.NOTICE] in score.metadata.copyright
    toolkit = verovio.toolkit()
    assert toolkit.loadData(labelled)


@pytest.mark.parametrize("ending", sorted(files.SOUNDS))
def test_other_readers_of_sound(written, ending):
    labelled = labels.module(ending).write(written[ending], TEXTS)
    before, after = (soundfile.read(io.BytesIO(data))[0] for data in (written[ending], labelled))
    assert np.array_equal(before, after)
    if ending == ".wav":
        assert TEXTS[labels.AIGC] in soundfile.SoundFile(io.BytesIO(labelled)).comment


def test_other_readers_of_pictures(written):
    labelled = labels.module(".png").write(written[".png"], TEXTS)
    with Image.open(io.BytesIO(labelled)) as image:
        image.load()
        assert image.text["AIGC"] == TEXTS[labels.AIGC]


def test_sound_made_of_words_bears_it_and_keeps_its_tags():
    audio = Audio(np.zeros((4410, 2), np.float32), 44100)
    origin = Origin(firmus="1", model="m", weights="", task="sound", seed=3, brief={"prompt": "rain on a tin roof"})
    for ending in sorted(files.SOUNDS):
        data = Sound(audio, origin).encoded(ending)
        assert '"Label":"1"' in labels.module(ending).read(data)[labels.AIGC]
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            assert file.title == "rain on a tin roof"
