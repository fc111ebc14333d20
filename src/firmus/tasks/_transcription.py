"""Hearing: a sound file to what is heard in it, each finding with how sure it is, or why it cannot be told."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from firmus.analysis import beat_tracking, keys, sound, spectrum, transcribe, voice
from firmus.errors import InvalidBrief, unknown
from firmus.render import mastering
from firmus.runtime import transcriber
from firmus.score import Score

Progress = Callable[[str, int, int], None]
VOICES = ("many", "one")
SLOWEST, FASTEST = 20.0, 300.0  # of a tempo that is told
SURE_TEMPO = 0.12  # confidence from which a tempo is told at all
MOST_CENTS = 12.0  # off 440 Hz that nothing is done about
PART = {"many": ("Piano", 0), "one": ("Voice", 73)}
SILENT = "nothing is heard: the sound is silent"
NOTHING = "no notes are heard: noise, drums alone, or too soft"


@dataclass(frozen=True, slots=True)
class Heard:
    """What is heard in a sound file.

    Parameters
    ----------
    name : str
        Of the file.
    seconds : float
        How long it lasts.
    loudness : float
        Integrated, LUFS (ITU-R BS.1770-4); minus infinity for silence.
    sounding : (float, float)
        Seconds at which sound begins and ends.
    cents : float
        How far above the tuning of 440 Hz it is, -50 to 50.
    pulse : BeatEstimate or None
    key : KeyEstimate or None
    notes : tuple of DetectedNote
    score : Score
        The notes written down.
    model, weights : str
        What transcribed, and the digest of its weights.
    unknown : dict
        What cannot be told, and why.
    """

    name: str
    seconds: float
    loudness: float
    sounding: tuple[float, float]
    cents: float
    pulse: beat_tracking.BeatEstimate | None
    key: keys.KeyEstimate | None
    notes: tuple[transcribe.DetectedNote, ...]
    score: Score
    model: str
    weights: str
    unknown: dict[str, str]


def hear(
    path: str | os.PathLike[str], voices: str = "many", tempo: float | None = None, progress: Progress | None = None
) -> Heard:
    """Listen to a sound file.

    Parameters
    ----------
    path : path
        WAV, FLAC, MP3, OGG or AIFF, of 15 minutes at most.
    voices : {"many", "one"}
        Whether several notes may sound at once.
    tempo : float, optional
        Quarter notes a minute, where they are known.
    progress : callable, optional
        Takes what is done, how much of it, and of how much.

    Raises
    ------
    FormatError
        Where the file is no sound that can be read.
    InvalidBrief
        Where an argument is out of range.
    """
    if voices not in VOICES:
        raise InvalidBrief(unknown("voices", str(voices), VOICES))
    if tempo is not None and not SLOWEST <= tempo <= FASTEST:
        raise InvalidBrief(f"tempo {tempo!r} must be {SLOWEST:g} to {FASTEST:g} quarter notes a minute")
    take = sound.read(path)
    begin, end = take.sounding()
    loudness = mastering.loudness(take.samples, take.rate)
    nothing = Heard(
        name=Path(path).name, seconds=take.seconds, loudness=loudness, sounding=(begin, end), cents=0.0, pulse=None,
        key=None, notes=(), score=Score(title=Path(path).stem), model="", weights="",
        unknown=dict.fromkeys(("notes", "key", "tempo", "meter"), SILENT),
    )  # fmt: skip
    if end <= begin or loudness == -np.inf:
        return nothing
    samples, levels, cents, rate = _tuned(take, begin, end, voices)
    notes, profile, model, weights = _notes(samples, levels, voices, progress)
    beats = beat_tracking.estimate(beat_tracking.flux(levels), tempo / rate if tempo else None) if notes else None
    if beats is not None:
        beats = beat_tracking.BeatEstimate(beats.bpm * rate, beats.confidence, begin + beats.beats / rate)
    notes = [replace(note, start=begin + note.start / rate, end=begin + note.end / rate) for note in notes]
    key = keys.of_profile(profile) if len(notes) >= keys.FEWEST_NOTES else None
    grid = beats.beats if beats and beats.confidence >= SURE_TEMPO else None
    score = transcribe.to_score(notes, grid, *PART[voices], Path(path).stem)
    return replace(
        nothing, cents=cents, pulse=beats, key=key, notes=tuple(notes), score=score, model=model, weights=weights,
        unknown=_missing(len(notes), key, beats),
    )  # fmt: skip


def _tuned(
    take: sound.Audio, begin: float, end: float, voices: str
) -> tuple[NDArray[np.float32], NDArray[np.uint8], float, float]:
    """Samples and levels of what sounds; cents it was off; and how much slower it is now, to be in tune.

    A network that hears keys of a piano is given sound in tune; pYIN hears any pitch.
    """
    cents, rate = 0.0, 1.0
    while True:
        fast = round(spectrum.RATE * rate)
        samples = take.mono(fast)[round(begin * fast) : round(end * fast)]
        levels = spectrum.decibels(spectrum.magnitudes(samples))
        if rate != 1.0:
            return samples, levels, cents, rate
        cents = spectrum.tuning(levels)
        if abs(cents) <= MOST_CENTS or voices == "one":
            return samples, levels, cents, rate
        rate = 2 ** (cents / 1200)


def _notes(
    samples: NDArray[np.float32], levels: NDArray[np.uint8], voices: str, progress: Progress | None
) -> tuple[list[transcribe.DetectedNote], list[float], str, str]:
    """Notes, the share of each pitch class, and what heard them."""
    if voices == "one":
        found = voice.notes(samples)
        profile = [0.0] * 12
        for note in found:
            profile[note.pitch % 12] += note.end - note.start
        return found, profile, "pYIN", ""
    chances = transcriber.hear(levels, progress=progress)
    card = transcriber.card()
    return transcriber.notes(chances), transcriber.profile(chances), card.name, card.digest


def _missing(count: int, key: keys.KeyEstimate | None, beats: beat_tracking.BeatEstimate | None) -> dict[str, str]:
    """What cannot be told, and why."""
    if not count:
        return dict.fromkeys(("notes", "key", "tempo", "meter"), NOTHING)
    missing = {}
    if key is None:
        missing["key"] = f"too short to tell a key: {count} note" + ("" if count == 1 else "s")
    if beats is None:
        missing["tempo"] = "too short, or too even, to tell a tempo; times are those of a clock"
    elif beats.confidence < SURE_TEMPO:
        missing["tempo"] = f"no steady beat is heard; {beats.bpm:.0f} a minute is the nearest to one"
    return missing
