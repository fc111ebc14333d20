"""Chords and sections of popular songs as the McGill Billboard project writes them: `salami_chords.txt` to Scores.

Source: J. A. Burgoyne, J. Wild & I. Fujinaga, An Expert Ground Truth Set for Audio Chord Recognition and Music
Analysis, ISMIR 2011; chord labels after C. Harte et al., ISMIR 2005. A Score of it has one part without notes: such
pieces are learnt as plans alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Literal

from firmus.errors import FormatError
from firmus.pitch import NO_CHORD, fifths, note_name
from firmus.score import TICKS_PER_QUARTER, Chord, Key, Meter, Part, Score, Section, Tempo

QUALITIES = {
    "maj": "", "min": "m", "7": "7", "maj7": "maj7", "min7": "m7", "dim": "dim", "dim7": "dim7", "hdim7": "m7b5",
    "aug": "aug", "minmaj7": "mM7", "maj6": "6", "min6": "m6", "sus2": "sus2", "sus4": "sus4", "5": "5", "1": "5",
    "9": "9", "maj9": "maj9", "min9": "m9", "11": "11", "min11": "m9", "13": "13", "maj13": "maj9", "min13": "m9",
    "maj11": "maj9", "aug7": "aug7", "6": "6", "4": "sus4", "sus4(b7)": "7sus4", "sus4(b7,9)": "7sus4",
    "7(b9)": "7b9", "7(#9)": "7#9", "maj(9)": "add9",
}  # fmt: skip
_DEGREES = {"1": 0, "2": 2, "3": 4, "4": -1, "5": 1, "6": 3, "7": 5, "9": 2, "11": -1, "13": 3}  # steps of fifths
_LINE = re.compile(r"([\d.]+)\t(.*)")
_HEADER = re.compile(r"# (\w+): (.*)")


class _Song:
    """A song as read so far."""

    def __init__(self) -> None:
        self.meter, self.tonic, self.tick = "4/4", "C", 0
        self.chords: list[Chord] = []
        self.meters: list[Meter] = []
        self.sections: list[Section] = []
        self.keys: list[tuple[int, str]] = []

    def bar(self, text: str) -> None:
        """Read one bar, with a meter of its own in brackets where it has one."""
        own = re.match(r"\((\d+/\d+)\)\s*", text)
        meter = Meter(self.tick, *(int(each) for each in (own[1] if own else self.meter).split("/")))
        if not self.meters or replace(self.meters[-1], start=self.tick) != meter:
            self.meters.append(meter)
        labels = text[own.end() :].split() if own else text.split()
        for place, label in enumerate(labels):
            chord = _chord(label, self.tick + meter.bar * place // len(labels))
            if chord and (not self.chords or replace(self.chords[-1], start=chord.start) != chord):
                self.chords.append(chord)
        self.tick += meter.bar

    def line(self, text: str) -> None:
        """Read one line: the letter of a section, and its bars."""
        before, *bars = text.split("|")
        if not bars:
            return
        letters = [word.strip() for word in before.split(",") if re.fullmatch(r"\s*[A-Y]'*\s*", word)]
        if letters:
            self.sections.append(Section(self.tick, letters[0][0]))
        times = re.match(r"\s*x(\d+)", bars[-1])
        for _ in range(min(int(times[1]), 32) if times else 1):
            for bar in bars[:-1]:
                self.bar(bar.strip())


def read(data: bytes) -> Score:
    r"""Score of a file of the set.

    Raises
    ------
    FormatError
        Where it has no bars of chords.

    Examples
    --------
    >>> song = read(b"# metre: 4/4\n# tonic: G\n0.0\tA, verse, | G:maj | D:7/3 C:maj |\n8.0\tend\n")
    >>> [(chord.start, chord.text) for chord in song.chords], song.tempi[0].bpm
    ([(0, 'G'), (1920, 'D7/F#'), (2880, 'C')], 60.0)
    """
    song, times = _Song(), list[tuple[float, int]]()
    for line in data.decode("utf-8", "replace").splitlines():
        if header := _HEADER.match(line):
            if header[1] == "metre":
                song.meter = header[2].strip()
            elif header[1] == "tonic":
                song.keys.append((song.tick, header[2].strip()))
        elif found := _LINE.match(line):
            times.append((float(found[1]), song.tick))
            song.line(found[2])
    if not song.chords or song.tick == 0:
        raise FormatError("there are no bars of chords in it")
    times.append((times[-1][0], song.tick))
    return Score(
        (Part("Melody"),),
        tuple(song.meters),
        (Tempo(0, _bpm(times)),),
        tuple(_keys(song)),
        tuple(song.chords),
        tuple(song.sections),
        end=song.tick,
    )


def _bpm(times: list[tuple[float, int]]) -> float:
    """Quarters a minute over the lines that have bars."""
    pairs = [(after[0] - one[0], after[1] - one[1]) for one, after in pairwise(times)]
    spans = [(seconds, ticks) for seconds, ticks in pairs if seconds > 0 and ticks > 0]
    seconds, ticks = sum(each for each, _ in spans), sum(each for _, each in spans)
    return min(300.0, max(30.0, ticks / TICKS_PER_QUARTER * 60 / seconds)) if seconds else 120.0


def _keys(song: _Song) -> Iterator[Key]:
    """Keys on the tonics, minor where the chords on a tonic are mostly so."""
    for place, (start, tonic) in enumerate(song.keys):
        stop = song.keys[place + 1][0] if place + 1 < len(song.keys) else song.tick
        if start < stop and re.fullmatch(r"[A-G][#b]?", tonic):
            on_tonic = [each for each in song.chords if start <= each.start < stop and each.root == tonic]
            minor = sum(each.quality.startswith("m") and not each.quality.startswith("maj") for each in on_tonic)
            mode: Literal["major", "minor"] = "minor" if 2 * minor > len(on_tonic) else "major"
            yield replace(Key.from_signature(_signature(tonic, mode == "minor"), mode), start=start)


def _signature(tonic: str, is_minor: bool) -> int:
    """Sharps of a key, below 0 flats, from seven flats to seven sharps."""
    sharps = fifths(tonic) - (3 if is_minor else 0)
    return sharps - 12 if sharps > 7 else sharps + 12 if sharps < -7 else sharps


def _chord(label: str, start: int) -> Chord | None:
    """Chord of a label in Harte's syntax; None for a mark that is no chord, such as ``.`` for the same again."""
    if label in ("N", "X", "&pause", "*"):
        return Chord(start, NO_CHORD)
    match = re.fullmatch(r"([A-G][#b]*):([^/]+)(?:/([#b]*)(\d+))?", label)
    if not match:
        return None
    place = fifths(match[1])
    named = match[2] if match[2] in QUALITIES else match[2].partition("(")[0]
    bass = ""
    if match[4] in _DEGREES:
        bass = note_name(place + _DEGREES[match[4]] + 7 * (match[3].count("#") - match[3].count("b")))
    return Chord(start, note_name(place), QUALITIES.get(named, ""), bass)
