"""Transcribing: a sound file becomes a Work, quantised to the detected beats."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from firmus.errors import FormatError
from firmus.tasks import FORMATS, OUT, Option, Verb
from firmus.work import Origin, Work

if TYPE_CHECKING:
    from firmus.progress import Progress
    from firmus.runtime.transcription import RecordingAnalysis

VERB = Verb(
    name="transcribe",
    english="write down the notes of a sound file",
    chinese="把音频记成乐谱",
    arguments=(
        Option(
            "source",
            "a sound file of at most 15 minutes: WAV, FLAC, MP3, OGG",
            "音频文件，最长 15 分钟：WAV、FLAC、MP3、OGG",
            metavar="SOUND",
        ),
    ),
    options=(
        Option(
            "voices",
            "many: several notes at once, piano best (the default); one: a single voice",
            "many：可多音同时发声，以钢琴最佳（默认）；one：单声部",
            metavar="one|many",
            default="many",
        ),
        Option(
            "tempo", "quarter notes a minute, where you know them", "每分钟四分音符数（若已知）", float, metavar="BPM"
        ),
        FORMATS,
        OUT,
    ),
    place=19,
)


def transcribe(
    path: str | os.PathLike[str], voices: str = "many", tempo: float | None = None, progress: Progress | None = None
) -> Work:
    """Transcribe a sound file.

    Parameters
    ----------
    path : path
        WAV, FLAC, MP3, OGG or AIFF, of 15 minutes at most.
    voices : {"many", "one"}
        ``"many"`` by Firmus's own network, which is best on a piano; ``"one"`` by pYIN, for a single line, sung or
        played (it needs librosa: ``pip install 'firmus[audio]'``).
    tempo : float, optional
        Quarter notes a minute, 20 to 300, where known; else they are estimated.
    progress : callable, optional

    Returns
    -------
    Work
        Its origin's `measured` holds confidences, and what could not be determined.

    Raises
    ------
    FormatError
        Where the file cannot be read, or no notes are detected.
    """
    from firmus.runtime.transcription import analyse_recording

    recording = analyse_recording(path, voices, tempo, progress)
    if not recording.notes:
        raise FormatError(f"{recording.name}: {recording.unknown['notes']}; there is nothing to transcribe")
    brief: dict[str, object] = {"voices": voices} | ({} if tempo is None else {"tempo": tempo})
    return Work(recording.score, _origin(recording, brief, Path(path)))


def _origin(recording: RecordingAnalysis, brief: dict[str, object], path: Path) -> Origin:
    """Origin of the notes: the transcriber, the file, and confidences."""
    from firmus._version import __version__
    from firmus.analysis import features

    summary = features.summary(recording.score)
    sure = sum(note.confidence for note in recording.notes) / len(recording.notes)
    if recording.pulse and "tempo" not in recording.unknown:
        summary["tempo"] = round(recording.pulse.bpm, 1)  # of the whole, where the score's changes with the player
    measured = summary | {
        "heard_key": recording.key.key.text if recording.key else None,
        "heard_key_confidence": round(recording.key.confidence, 3) if recording.key else 0.0,
        "begins": round(recording.notes[0].start, 3),
        "tuning_cents": round(recording.cents, 1),
        "confidence": {
            "notes": round(sure, 3),
            "tempo": 1.0 if "tempo" in brief else round(recording.pulse.confidence, 3) if recording.pulse else 0.0,
            "key": round(recording.key.confidence, 3) if recording.key else 0.0,
        },
        "unknown": recording.unknown,
    }
    with path.open("rb") as file:
        source = hashlib.file_digest(file, "sha256").hexdigest()
    return Origin(
        firmus=__version__,
        model=recording.model,
        weights=recording.weights,
        task="transcribe",
        seed=0,
        brief=brief,
        measured=measured,
        source=source,
        ai_generated=False,
    )
