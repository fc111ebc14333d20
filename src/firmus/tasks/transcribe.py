"""Transcribing: a sound file becomes a Work, quantised to the beats that are heard."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from firmus.errors import FormatError
from firmus.tasks import Option, Verb
from firmus.work import Origin, Work

if TYPE_CHECKING:
    from firmus.progress import Progress
    from firmus.runtime.transcription import Heard

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
        Option("out", "folder for the files (default: out/<title>)", "输出文件夹（默认 out/<标题>）", metavar="DIR"),
    ),
    place=19,
)


def transcribe(
    path: str | os.PathLike[str], voices: str = "many", tempo: float | None = None, progress: Progress | None = None
) -> Work:
    """Write down what is heard in a sound file.

    Parameters
    ----------
    path : path
        WAV, FLAC, MP3, OGG or AIFF, of 15 minutes at most.
    voices : {"many", "one"}
        ``"many"`` by Firmus's own network, which hears a piano best; ``"one"`` by pYIN, for a single line, sung or
        played (it needs librosa: ``pip install 'firmus[audio]'``).
    tempo : float, optional
        Quarter notes a minute, 20 to 300, where they are known; else they are heard.
    progress : callable, optional

    Returns
    -------
    Work
        Its origin's `measured` says how sure what is, and what could not be told.

    Raises
    ------
    FormatError
        Where the file cannot be read, or holds no notes that can be heard.
    """
    from firmus.runtime.transcription import hear

    heard = hear(path, voices, tempo, progress)
    if not heard.notes:
        raise FormatError(f"{heard.name}: {heard.unknown['notes']}; there is nothing to transcribe")
    asked: dict[str, object] = {"voices": voices} | ({} if tempo is None else {"tempo": tempo})
    return Work(heard.score, _origin(heard, asked, Path(path)))


def _origin(heard: Heard, asked: dict[str, object], path: Path) -> Origin:
    """Where the notes come from: what heard them, in which file, and how sure it is."""
    from firmus._version import __version__
    from firmus.analysis import features

    summary = features.summary(heard.score)
    sure = sum(note.confidence for note in heard.notes) / len(heard.notes)
    measured = summary | {
        "heard_key": heard.key.key.text if heard.key else None,
        "heard_key_confidence": round(heard.key.confidence, 3) if heard.key else 0.0,
        "begins": round(heard.notes[0].start, 3),
        "tuning_cents": round(heard.cents, 1),
        "confidence": {
            "notes": round(sure, 3),
            "tempo": 1.0 if "tempo" in asked else round(heard.pulse.confidence, 3) if heard.pulse else 0.0,
            "key": round(heard.key.confidence, 3) if heard.key else 0.0,
        },
        "unknown": heard.unknown,
    }
    with path.open("rb") as file:
        source = hashlib.file_digest(file, "sha256").hexdigest()
    return Origin(
        firmus=__version__,
        model=heard.model,
        weights=heard.weights,
        task="transcribe",
        seed=0,
        brief=asked,
        measured=measured,
        source=source,
        ai_generated=False,
    )
