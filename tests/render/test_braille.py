"""Music Braille of melodies: beside music21's, which is written by others, and what is refused."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from firmus import formats
from firmus.errors import FormatError
from firmus.render.braille import CELLS, brf
from firmus.score import Key, Meter, Note, Part, Score

ASCII = " A1B'K2L@CIF/MSP\"E3H9O6R^DJG>NTQ,*5<-U8V.%[$+X!&;:4\\0Z7(_?W]#Y)="  # of the 64 cells, in the order of Unicode
LENGTHS = {"4/4": (240, 480, 720, 960, 1920), "3/4": (240, 480, 960), "6/8": (240, 480, 720)}


def melody(seed: int, meter: str, key: str, bars: int = 2) -> Score:
    """Notes and rests of a key, with a note that is not of it now and then."""
    generator, signature = np.random.default_rng(seed), Meter.parse(meter)
    notes: list[Note] = []
    start, pitch = 0, 67
    scale = set(Key.parse(key).scale)
    while start < bars * signature.bar:
        left = signature.bar - start % signature.bar
        length = int(generator.choice([each for each in LENGTHS[meter] if each <= left]))
        pitch = int(np.clip(pitch + generator.integers(-9, 10), 50, 84))
        while pitch % 12 not in scale and generator.random() > 0.1:
            pitch += 1
        if generator.random() > 0.15 or not notes:
            notes.append(Note(start, length, pitch))
        start += length
    return Score((Part("", tuple(notes), 52),), meters=(signature,), keys=(Key.parse(key),), end=bars * signature.bar)


def by_music21(score: Score) -> str:
    """The line of music that music21 writes, in Braille ASCII."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from music21 import braille, converter

        read = converter.parse(formats.encoded(score, ".musicxml").decode(), format="musicxml")
        lines = braille.translate.objectToBraille(read).splitlines()
    return "".join(ASCII[ord(cell) - 0x2800] for cell in lines[-1] if 0x2800 <= ord(cell) < 0x2840).strip()


@pytest.mark.parametrize("meter", LENGTHS)
@pytest.mark.parametrize("key", ["C major", "D major", "Bb major", "E major", "A minor", "Ab major"])
def test_melodies_are_written_as_music21_writes_them(meter: str, key: str) -> None:
    for seed in range(3):
        score = melody(seed, meter, key)
        assert brf(score).decode().splitlines()[-1].split(" ", 1)[1] == by_music21(score).split(" ", 1)[1]


def test_lines_have_forty_cells_and_begin_with_their_measure_and_an_octave() -> None:
    lines = brf(melody(1, "4/4", "Eb major", bars=30)).decode().split("\r\n")
    assert lines[0] == "<<<#D4"
    assert lines[-1] == ""
    assert len(lines) > 5
    for line in lines[1:-1]:
        assert len(line) <= CELLS
        assert line.startswith("#")
        first = line.split()[1].lstrip("%<*MUVX'")
        assert not first or first[0] in '@^_".;,'


def test_ties_and_signatures_of_many_sharps() -> None:
    score = Score((Part("", (Note(0, 2400, 59), Note(2400, 1440, 61))),), keys=(Key.parse("B major"),))
    assert brf(score) == b"#E%#D4\r\n#A _)@C W?@CN<K\r\n"


@pytest.mark.parametrize(
    ("score", "message"),
    [
        (Score((Part(), Part())), "2 parts"),
        (Score((Part("", (Note(0, 480, 60), Note(0, 480, 64))),)), "a chord in bar 1"),
        (Score((Part("", (Note(0, 1920, 48), Note(480, 480, 72))),)), "two voices in bar 1"),
        (Score((Part("", tuple(Note(160 * i, 160, 60 + i) for i in range(12))),)), "a tuplet in bar 1"),
        (Score((Part("", (Note(0, 480, 60),)),), meters=(Meter(0, 4, 4), Meter(1920, 3, 4))), "a change of meter"),
    ],
)
def test_what_is_no_plain_melody_is_refused(score: Score, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        brf(score)
