"""Reading sets: labels, styles and genres, and music as people would write it."""

import io
import json
import lzma
import tarfile

import numpy as np
import pytest

from firmus import formats
from firmus.learning import notated, reading, recipe, sources
from firmus.learning.ensembles import style_of
from firmus.notation.legato import legato
from firmus.score import Chord, Key, Note, Part, Score
from firmus.tokens import events
from firmus.tokens.events import vocabulary

RECIPE = recipe.parse('name = "tiny"\nrepresentation = "events"\nmodel = "transformer"\n[data]\nsets = ["jsb"]')
TUNE = Part("", tuple(Note(480 * beat, 480, 60 + (0, 2, 4, 5, 7, 5, 4, 2)[beat % 8]) for beat in range(16)))


def packed(folder, archive, files):
    path = folder / archive
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:xz") as made:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            made.addfile(member, io.BytesIO(content))


def read(folder, name):
    return reading.read_all(sources.source(name), folder, RECIPE, trusted=True, spread=map)


def spelled(piece, field="head"):
    return [vocabulary.name(int(token)) for token in piece.prepared[field]]


KERN = """!!!COM: Anonim
**kern\t**kern\t**kern\t**kern
*Ibass\t*Itenor\t*Ialto\t*Isoprn
*M4/4\t*M4/4\t*M4/4\t*M4/4
4C\t4e\t4g\t4cc
4D\t4f\t4a\t4dd
4E\t4g\t4b\t4ee
4F\t4a\t4cc\t4ff
=\t=\t=\t=
1C\t1e\t1g\t1cc
*-\t*-\t*-\t*-
"""


def test_polish_scores_get_style_genre_and_work_of_who_plays_and_of_the_manifest(tmp_path):
    names = {
        "a/kern/a--1--001-001_anonim--missa-kyrie.krn": "Anonim,Kyrie,Sacred; Mass",
        "a/kern/a--1--001-002_anonim--missa-gloria.krn": "Anonim,Gloria,Sacred; Mass",
        "b/kern/b--2--001_elsner-jozef--polonez.krn": '"Elsner, Józef",Polonez,Secular; Polonaise',
    }
    packed(tmp_path, "polish-scores/polish-scores.tar.xz", dict.fromkeys(names, KERN.encode()))
    rows = "".join(f"{file},{rest},16xx,X\n" for file, rest in names.items())
    (tmp_path / "polish-scores/manifest.csv").write_text(f"file,composer,title,genre,century,source\n{rows}")
    kyrie, gloria, polonaise = read(tmp_path, "polish")
    assert spelled(kyrie) == ["START", "COMPACT", "STYLE choir"]
    assert [spelled(piece, "genre") for piece in (kyrie, polonaise)] == [["GENRE mass"], ["GENRE polonaise"]]
    assert kyrie.work == gloria.work != polonaise.work == "polish/Józef Elsner"


def test_one_edition_of_a_work_of_chopin_is_read(tmp_path):
    kern = KERN.replace("!!!COM: Anonim", "!!!AGN: Mazurka").replace("*Ibass\t*Itenor\t*Ialto\t*Isoprn\n", "")
    files = ("006-1-KI-001.krn", "006-1b-Sm-001.krn", "006-1-KI-002.krn", "008-1-Sm-001-piano.krn", "065-1-BH.krn")
    packed(tmp_path, "chopin-first-editions/chopin-first-editions.tar.xz", dict.fromkeys(files, kern.encode()))
    pieces = read(tmp_path, "chopin")
    assert [piece.name for piece in pieces] == ["006-1-KI-001.krn#1", "006-1-KI-002.krn#1", "065-1-BH.krn#1"]
    assert [piece.work for piece in pieces] == ["chopin/006/001", "chopin/006/002", "chopin/065/"]
    assert spelled(pieces[0], "genre") == ["GENRE mazurka"]


def test_both_harmonisations_of_a_tune_are_read_and_are_one_work(tmp_path):
    bars = "".join(f'"C""^{chord}" CD "G7""^B¨7" EF|' for chord in ("Cmaj7", "Em7", "Am7", "C#º"))
    abc = f"X:1\nT:Tune\nM:4/4\nL:1/4\nK:C\n{bars}\n"
    packed(tmp_path, "song-anthology/song-anthology.tar.xz", {"tune.abc": abc.encode()})
    traditional, modern = read(tmp_path, "anthology")
    assert traditional.work == modern.work
    assert traditional.harmony.split()[1] == "C"
    assert modern.harmony.split()[1::2][:3] == ["Cmaj7", "Bb7", "Em7"]
    assert (traditional.fingerprint == modern.fingerprint).all()


def test_chords_of_songs_are_a_piece_without_notes(tmp_path):
    lines = "".join(f"{8 * i}.0\t{'AB'[i % 2]}, verse, | G:maj | D:7 | E:min | C:maj |\n" for i in range(4))
    song = f"# title: X\n# artist: Y\n# metre: 4/4\n# tonic: G\n0.0\tsilence\n{lines}40.0\tend\n"
    packed(tmp_path, "billboard-chords/billboard-chords.tar.xz", {"0001/salami_chords.txt": song.encode()})
    (piece,) = read(tmp_path, "billboard")
    assert piece.notes == 0
    assert (spelled(piece), spelled(piece, "genre")) == (["START", "COMPACT", "STYLE lead-sheet"], ["GENRE popular"])
    drawn = events.example(piece.prepared, np.random.default_rng(0), 512)
    assert vocabulary.PLAN in drawn.tokens


def test_chorales_strike_notes_again_and_keep_the_fingerprint_of_the_raster(tmp_path):
    moving = [[72 + step % 5, 67 + step % 4, 64 - step % 4, 48] for step in range(32) for _ in range(4)]
    path = tmp_path / "jsb" / "Jsb16thSeparated.train-valid.json.xz"
    path.parent.mkdir()
    path.write_bytes(lzma.compress(json.dumps({"train": [moving], "valid": []}).encode()))
    (piece,) = read(tmp_path, "jsb")
    bass = events.decode(events.assemble(piece.prepared, np.zeros(events.grid_shape(piece.prepared), bool)).tokens)
    assert len(bass.parts[3].notes) == 32
    assert spelled(piece) == ["START", "COMPACT", "STYLE chorale"]


def test_tunes_have_the_genre_of_their_field():
    document = sources.Document("x.abc", b"X:1\nR:reel\nK:C\nCDEF\n\nX:2\nK:C\nCDEF\n", "folk", "")
    assert reading.genres_of_tunes(document) == ["reel", ""]


@pytest.mark.parametrize(
    ("written", "taught"),
    [
        ((), ["A minor"]), ((Key(0, "C"),), ["A minor"]), ((Key(480, "C"),), ["A minor"]),
        ((Key(0, "A", "minor"),), ["A minor"]), ((Key(0, "G"),), ["G major"]),
        ((Key(0, "C"), Key(1920, "G")), ["C major", "G major"]),
    ],
)  # fmt: skip
def test_a_signature_without_a_mode_is_the_minor_key_that_is_heard(written, taught):
    pitches = [57, 60, 64, 69, 68, 64, 71, 69] * 2
    tune = Part("", tuple(Note(480 * place, 480, pitch) for place, pitch in enumerate(pitches)))
    found = reading.annotate(Score((tune,), keys=written)).keys
    assert [key.text for key in found] == taught
    assert [key.start for key in found] == [key.start for key in written or (Key(0, "A"),)]


def test_songs_are_no_lead_sheets(tmp_path):
    song = Score((TUNE, Part("", tuple(Note(960 * i, 960, 48) for i in range(8)))))
    files = {"scores/Schubert,_Franz/_/Song/lc.mxl": formats.encoded(song, "lc.mxl")}
    packed(tmp_path, "openscore-lieder/lieder-mxl.tar.xz", files)
    (piece,) = read(tmp_path, "lieder")
    assert spelled(piece)[2] == "STYLE song"


def test_words_of_annotations_are_left_out():
    from firmus.score import Section

    score = Score((TUNE,), sections=(Section(0, "main theme"),))
    assert notated.as_written(score, "orchestra", "orchestra").sections == ()
    assert notated.as_written(score, "lieder", "song").sections == score.sections


@pytest.mark.parametrize(("gap", "filled"), [(60, True), (120, True), (240, False), (20, True)])
def test_short_gaps_alone_are_filled(gap, filled):
    notes = tuple(Note(i * (120 + gap), 120, 60) for i in range(8))
    played = legato(Score((Part("", notes), Part("", notes, is_drums=True))))
    assert played.parts[0].notes[0].duration == (120 + gap if filled else 120)
    assert played.parts[0].notes[-1].duration == 120
    assert played.parts[1].notes == notes


def test_an_organ_has_manuals_and_a_pedal():
    def line(pitch, step=1):
        return Part("", tuple(Note(480 * i, 480, pitch + step * (i % 5)) for i in range(8)), program=73)

    doubled = (line(72), line(84), line(60, 2), line(40, 3), line(64, -1))
    staves = notated.as_written(Score(doubled), "mutopia", "organ").parts
    assert [part.program for part in staves] == [19, 19, 19]
    assert [min(note.pitch for note in part.notes) for part in staves] == [60, 60, 40]
    assert len(notated.organ_staves(Score(doubled[:2])).parts) == 1


def test_a_single_voice_is_left_out():
    assert style_of(Score((Part("", program=52),))) == ""
    piece = reading._encode(
        events,
        Score((TUNE,), chords=(Chord(0, "C"),)),
        reading._Job("events", sources.Document("x", b"", "", ""), "polish", reading.Labels(), True),
        "x",
    )
    assert piece.prepared is None
    assert "single part" in piece.reason
