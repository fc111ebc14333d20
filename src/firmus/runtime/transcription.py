"""Analysis of a recording: notes, key, beats and loudness, each with a confidence, or the reason why it is unknown."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from firmus import formats
from firmus.analysis import beat_tracking, keys, sound, spectrum, transcribe, voice
from firmus.errors import FormatError, InvalidBrief, unknown
from firmus.progress import Progress
from firmus.render import mastering
from firmus.runtime import transcriber
from firmus.score import TICKS_PER_QUARTER, Note, Part, Score

VOICES = ("many", "one")
SLOWEST, FASTEST = 20.0, 300.0  # of a given tempo
SURE_TEMPO = 0.12  # confidence from which a tempo is reported
MOST_CENTS = 12.0  # deviation from 440 Hz that is not corrected
PART = {"many": ("Piano", 0), "one": ("Voice", 73)}
SILENT = "nothing is heard: the sound is silent"
NOTHING = "no notes are heard: noise, drums alone, or too soft"


@dataclass(frozen=True, slots=True)
class RecordingAnalysis:
    """What is estimated from a sound file.

    Parameters
    ----------
    name : str
        Of the file.
    seconds : float
        Duration.
    loudness : float
        Integrated, LUFS (ITU-R BS.1770-4); minus infinity for silence.
    sounding : (float, float)
        Seconds at which sound begins and ends.
    cents : float
        Tuning relative to 440 Hz, -50 to 50.
    pulse : BeatEstimate or None
    key : KeyEstimate or None
    notes : tuple of DetectedNote
    score : Score
        The notes, quantised.
    model, weights : str
        Name of the transcriber, and the digest of its weights.
    unknown : dict
        What could not be determined, and why.
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


def analyse_recording(
    path: str | os.PathLike[str], voices: str = "many", tempo: float | None = None, progress: Progress | None = None
) -> RecordingAnalysis:
    """Analyse a sound file.

    Parameters
    ----------
    path : path
        WAV, FLAC, MP3, OGG or AIFF, of 15 minutes at most.
    voices : {"many", "one"}
        Whether several notes may sound at once.
    tempo : float, optional
        Quarter notes a minute, where known.
    progress : callable, optional
        Called with a title, steps done and steps in total.

    Raises
    ------
    FormatError
        Where the file cannot be read as sound.
    InvalidBrief
        Where an argument is out of range.
    """
    if voices not in VOICES:
        raise InvalidBrief(unknown("voices", str(voices), VOICES))
    if tempo is not None and not SLOWEST <= tempo <= FASTEST:
        raise InvalidBrief(f"tempo {tempo!r} must be {SLOWEST:g} to {FASTEST:g} quarter notes a minute")
    recording = sound.read(path)
    begin, end = recording.sounding()
    loudness = mastering.loudness(recording.samples, recording.rate)
    empty = RecordingAnalysis(
        name=Path(path).name,
        seconds=recording.seconds,
        loudness=loudness,
        sounding=(begin, end),
        cents=0.0,
        pulse=None,
        key=None,
        notes=(),
        score=Score(title=Path(path).stem),
        model="",
        weights="",
        unknown=dict.fromkeys(("notes", "key", "tempo", "meter"), SILENT),
    )
    if end <= begin or loudness == -np.inf:
        return empty
    samples, levels, cents, rate = _tuned(recording, begin, end, voices)
    notes, profile, model, weights = _notes(samples, levels, voices, progress)
    beats = beat_tracking.estimate(beat_tracking.flux(levels), tempo / rate if tempo else None)
    if beats is not None:
        beats = beat_tracking.BeatEstimate(beats.bpm * rate, beats.confidence, begin + beats.beats / rate)
    notes = [replace(note, start=begin + note.start / rate, end=begin + note.end / rate) for note in notes]
    key = keys.of_profile(profile) if len(notes) >= keys.FEWEST_NOTES else None
    grid = beats.beats if beats and beats.confidence >= SURE_TEMPO else None
    score = transcribe.to_score(notes, grid, *PART[voices], Path(path).stem)
    return replace(
        empty,
        cents=cents,
        pulse=beats,
        key=key,
        notes=tuple(notes),
        score=score,
        model=model,
        weights=weights,
        unknown=_missing(len(notes), key, beats),
    )


def read_performance(path: str | os.PathLike[str], progress: Progress | None = None) -> Score:
    """Read a performance: notes from a music file, or the transcription of a sound.

    Raises
    ------
    FormatError
    """
    if not sound.is_sound(path):
        return formats.read(path)
    recording = analyse_recording(path, progress=progress)
    if not recording.notes:
        raise FormatError(f"{recording.name}: {recording.unknown['notes']}; there is nothing to compare")
    return Score((Part(recording.name, tuple(_note(note) for note in recording.notes)),))


def _note(detected: transcribe.DetectedNote) -> Note:
    """A detected note where it is in time, at 120 quarter notes a minute."""
    second = 2 * TICKS_PER_QUARTER
    start, end = round(second * detected.start), round(second * detected.end)
    return Note(start, max(1, end - start), detected.pitch, detected.velocity)


def _tuned(
    recording: sound.Audio, begin: float, end: float, voices: str
) -> tuple[NDArray[np.float32], NDArray[np.uint8], float, float]:
    """Samples and spectrogram of the sounding part; its detuning in cents; and the factor by which it was resampled.

    Input of the network is tuned to the keys of a piano; pYIN detects any pitch.
    """
    cents, rate = 0.0, 1.0
    while True:
        fast = round(spectrum.RATE * rate)
        samples = recording.mono(fast)[round(begin * fast) : round(end * fast)]
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
    """Notes, the share of each pitch class, and the transcriber with the digest of its weights."""
    if voices == "one":
        notes = voice.notes(samples)
        profile = [0.0] * 12
        for note in notes:
            profile[note.pitch % 12] += note.end - note.start
        return notes, profile, "pYIN", ""
    outputs = transcriber.predict(levels, progress=progress)
    card = transcriber.card()
    return transcriber.notes(outputs), transcriber.profile(outputs), card.name, card.digest


def _missing(count: int, key: keys.KeyEstimate | None, beats: beat_tracking.BeatEstimate | None) -> dict[str, str]:
    """What could not be determined, and why."""
    missing = {} if count else dict.fromkeys(("notes", "key", "meter"), NOTHING)
    if key is None and count:
        missing["key"] = f"too short to tell a key: {count} note" + ("" if count == 1 else "s")
    if beats is None:
        missing["tempo"] = "too short, or too even, to tell a tempo; times are those of a clock"
    elif beats.confidence < SURE_TEMPO:
        missing["tempo"] = f"no steady beat is heard; {beats.bpm:.0f} a minute is the nearest to one"
    return missing
