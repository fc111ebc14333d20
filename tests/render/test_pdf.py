import re
from dataclasses import replace

import pytest

import firmus
from firmus.errors import FirmusError, OutputExists
from firmus.render import engrave, files, fonts, pdf
from firmus.score import Chord, Key, Note, Part, Score


def piece(bars: int, title: str = "Ländler") -> Score:
    """Quarter notes of one part, with a chord symbol that has an accidental."""
    notes = tuple(Note(480 * index, 480, 60 + index % 12) for index in range(4 * bars))
    return Score((Part("Flute", notes, 73),), keys=(Key(0, "F"),), chords=(Chord(0, "Bb"),), title=title)


def page_count(data: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", data))


def test_a_pdf_has_the_pages_as_vectors_and_text_in_the_fonts_that_come_along() -> None:
    score = piece(200)
    data = files.encoded(score, ".pdf")
    assert data.startswith(b"%PDF-")
    assert page_count(data) == len(engrave.pages(score)) > 2
    assert b"/Subtype /Image" not in data
    names = {name.rpartition(b"+")[2] for name in re.findall(rb"/BaseFont ?/([\w+-]+)", data)}
    assert names == {b"LiberationSerif", b"LiberationSerif-Bold", b"FirmusAccidentals"}


def test_same_score_same_pdf_and_any_title() -> None:
    for title in ('"x" #panic() \\', "春江花月夜", ""):
        assert files.encoded(piece(4, title), ".pdf") == files.encoded(piece(4, title), ".pdf")


def test_what_is_no_page_is_an_error() -> None:
    with pytest.raises(FirmusError, match="cannot be written as PDF"):
        pdf.of_pages(["<svg"])


def test_the_letters_that_come_along_are_those_that_are_said_to() -> None:
    from fontTools.ttLib import TTFont

    known = {letter for file in fonts.FILES for letter in TTFont(file).getBestCmap()}
    assert all(ord(letter) in known for letter in "Größe – Čeština, Łódź „x“ Ελλάδα Россия ♭♮♯ 1/2 · … €")
    assert not fonts.covers("<text>夜</text>")


def test_an_svg_of_several_pages_is_as_many_files(tmp_path) -> None:
    long, short = (tmp_path / name for name in ("long.svg", "short.svg"))
    written = files.render(piece(200), long)
    assert [path.name for path in written] == [f"long-{number}.svg" for number in range(1, len(written) + 1)]
    assert len(written) > 2
    assert [name for path in written for name in re.findall(r'id="n0-(\d+)"', path.read_text())] == [
        str(index) for index in range(800)
    ]
    assert files.render(piece(4), short) == [short]
    with pytest.raises(OutputExists, match=r"long-1\.svg"):
        files.render(piece(200), long)
    assert files.render(piece(200), long, force=True) == written


def test_pages_of_an_earlier_work_do_not_stay(tmp_path) -> None:
    work = firmus.compose(style="folk", bars=1, seed=1)
    long = replace(work, score=piece(200))
    names = [path.name for path in files.save(long, tmp_path / "out", endings=["svg", "pdf"])]
    assert "piece-2.svg" in names
    assert "piece.pdf" in names
    files.save(work, tmp_path / "out", endings=["svg"], force=True)
    assert sorted(path.name for path in (tmp_path / "out").glob("*.svg")) == ["piece.svg"]


def test_too_much_music_is_refused_before_it_is_engraved(monkeypatch) -> None:
    monkeypatch.setattr(engrave, "MOST_NOTES", 15)
    with pytest.raises(FirmusError, match="16 notes: 15 is the most"):
        engrave.pages(piece(4))


def test_a_work_that_is_too_long_to_engrave_is_written_without_its_score(tmp_path, monkeypatch, capsys) -> None:
    from firmus.cli import main

    monkeypatch.setattr(engrave, "MOST_NOTES", 1)
    assert main(["compose", "--style", "folk", "--bars", "1", "--seed", "1", "--out", str(tmp_path / "out")]) == 0
    assert {path.suffix for path in (tmp_path / "out").iterdir()} == {".json", ".mid", ".musicxml", ".wav"}
    assert "too many to engrave" in capsys.readouterr().err
