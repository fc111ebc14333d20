"""A recording to notes: one, or several with silence between, each with its pitch."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from firmus.analysis import sound
from firmus.analysis.fundamental import Fundamental, fundamental
from firmus.errors import FormatError
from firmus.production.timbres.sampling import RATE, Note

Wave = npt.NDArray[np.float32]

EXCERPT_SECONDS = 60.0  # from where it begins to sound; more is not read
NOTE_SECONDS = 6.0
MOST_NOTES = 32
HOP = 441
QUIET_DECIBELS = 40.0  # below the loudest, where a note has ended
REST_SECONDS, LEAST_SECONDS = 0.08, 0.06
LEAD = 220  # frames before an onset that are kept
CLIPPED_RUN, CLIPPED_SHARE = 4, 5e-4  # equal frames at the peak, and their share
NEAR = 0.7  # semitones between the key that is said and the pitch that is heard, where that is taken
RUMBLE = 18.0, 60.0  # hertz, below which is none of it
FAINT = 0.02  # peak below which noise is likely to be heard


@dataclass(frozen=True, slots=True)
class Taken:
    """What a recording holds: its notes, whether they have pitches, and what is to be said of it."""

    notes: tuple[Note, ...]
    is_pitched: bool
    warnings: tuple[str, ...]


def read(path: str | os.PathLike[str], key: int | None = None) -> Taken:
    """Notes of a recording.

    Parameters
    ----------
    path : path
        WAV, FLAC, MP3, OGG or AIFF of any length: a minute from where it begins to sound is read.
    key : int, optional
        Its pitch as a MIDI number, where it is known, or where it has none: then it is one note.

    Raises
    ------
    FormatError
        Where it cannot be read, is silent, too short, or has no steady pitch and none was said.
    """
    name = Path(path).name
    audio = sound.read(path, excerpt=EXCERPT_SECONDS)
    wave = audio.mono(RATE)
    peak = float(np.abs(wave).max(initial=0.0))
    if peak < sound.SILENT:
        raise FormatError(f"{name} is silent: its loudest sample is {peak:.5f} of full scale")
    warnings = []
    if (share := clipped(audio.samples)) > CLIPPED_SHARE:
        warnings.append(f"{name} is clipped in {share:.1%} of its samples and will sound harsh: record it more softly")
    if peak < FAINT:
        warnings.append(f"{name} is faint ({20 * np.log10(peak):.0f} dB of full scale): its noise comes up with it")
    pieces = _pieces(wave - wave.mean())
    if not pieces:
        raise FormatError(f"{name} is too short: a note of {LEAST_SECONDS} seconds at least is needed")
    if key is not None:
        return Taken((_said(wave, pieces, key),), True, tuple(warnings))
    notes, left_out = [], 0
    for first, last in pieces[:MOST_NOTES]:
        piece, found = _cut(wave, first, last)
        if found is None:
            left_out += 1
        else:
            notes.append(Note(piece, found.key))
    if not notes or left_out > 2 * len(notes):
        raise FormatError(
            f"{name} has no steady pitch ({len(pieces)} sounds): record single notes, or say its key to take it as it "
            "is, such as --pitch C4"
        )
    if left_out:
        warnings.append(f"{left_out} of {len(pieces)} sounds in {name} have no steady pitch and are left out")
    return Taken(tuple(notes), True, tuple(warnings))


def _said(wave: Wave, pieces: list[tuple[int, int]], key: int) -> Note:
    """The recording as one note of a key; of its own pitch, where that is near."""
    piece, found = _cut(wave, pieces[0][0], pieces[-1][1])
    is_near = len(pieces) == 1 and found is not None and abs(found.key - key) < NEAR
    return Note(piece, found.key if found is not None and is_near else float(key))


def _cut(wave: Wave, first: int, last: int) -> tuple[Wave, Fundamental | None]:
    """A note, without the rumble below what it can hold, and its pitch."""
    from scipy.signal import butter, sosfilt

    piece = wave[first : min(last, first + round(NOTE_SECONDS * RATE))].astype(np.float64)
    found = fundamental((piece - piece.mean()).astype(np.float32), RATE)
    lowest = RUMBLE[0] if found is None else float(np.clip(0.35 * found.hertz, *RUMBLE))
    sections = butter(4, lowest, "highpass", fs=RATE, output="sos")
    return sosfilt(sections, piece - piece[0]).astype(np.float32), found


def _pieces(wave: Wave) -> list[tuple[int, int]]:
    """First frames and ends of what sounds, divided by silence."""
    padded = np.pad(wave, (0, -len(wave) % HOP)).reshape(-1, HOP)
    levels = 10 * np.log10((padded.astype(np.float64) ** 2).mean(axis=1) + 1e-14)
    loud = np.flatnonzero(levels > levels.max() - QUIET_DECIBELS)
    breaks = np.flatnonzero(np.diff(loud) > REST_SECONDS * RATE / HOP)
    firsts, lasts = loud[np.concatenate(([0], breaks + 1))], loud[np.concatenate((breaks, [len(loud) - 1]))]
    pieces = []
    for number, (first, last) in enumerate(zip(firsts.tolist(), lasts.tolist(), strict=True)):
        following = int(firsts[number + 1]) * HOP - LEAD if number + 1 < len(firsts) else len(wave)
        end = min((last + 1) * HOP + round(0.15 * RATE), following)
        if (last + 1 - first) * HOP >= LEAST_SECONDS * RATE:
            pieces.append((max(first * HOP - LEAD, 0), end))
    return pieces


def clipped(samples: npt.NDArray[np.float32]) -> float:
    """Share of the samples that stand in runs of four or more at the peak.

    Examples
    --------
    >>> tone = np.sin(np.arange(44100) / 50).astype(np.float32)[:, None]
    >>> clipped(tone), round(clipped(np.clip(2 * tone, -1, 1)), 2)
    (0.0, 0.67)
    """
    peak = float(np.abs(samples).max(initial=0.0))
    if not peak:
        return 0.0
    at_peak = np.abs(samples) >= 0.999 * peak
    same = np.concatenate((np.zeros((1, samples.shape[1]), bool), np.abs(np.diff(samples, axis=0)) < 1e-4 * peak))
    run = at_peak & same
    starts = np.flatnonzero(np.diff(np.concatenate(([0], run.T.ravel().astype(np.int8), [0]))))
    lengths = starts[1::2] - starts[::2] + 1
    return float(lengths[lengths >= CLIPPED_RUN].sum() / samples.size)
