"""The child process that decodes an untrusted sound file: its bytes on standard input, samples on standard output.

The answer is a line of JSON, ``{"rate", "channels"}`` or ``{"refused"}``, and then float32 samples, the channels of a
frame side by side (of more than two their mean, twice), until the file ends; where it is damaged the child fails. The
limits are those of `limits`: little memory, no right to write.
"""

from __future__ import annotations

import json
import os
import sys
from typing import BinaryIO

from firmus.formats._sandbox import limits

KINDS = ("WAV", "WAVEX", "FLAC", "OGG", "MP3", "MPEG", "AIFF")
BLOCK = 1 << 14  # frames
RATES = (4_000, 96_000)
MOST_CHANNELS = 8


def main() -> None:
    """Decode standard input; arguments are the limits of memory in bytes, of processor seconds, of the sound's."""
    sys.dont_write_bytecode = True
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    import numpy as np  # before the limits: its threads take address space
    import soundfile

    memory, seconds, most_seconds = (float(each) for each in sys.argv[1:4])
    limits.limit(int(memory))
    limits.limit_processor(seconds)
    try:
        file = soundfile.SoundFile(0, closefd=False)
    except (RuntimeError, ValueError, OSError) as error:  # soundfile's own errors are RuntimeErrors
        _send(answers, {"refused": f"it is no sound that Firmus reads ({str(error).rpartition(': ')[2].rstrip('.')})"})
        return
    refused = refusal(file.format, file.samplerate, file.channels, file.frames, most_seconds)
    _send(answers, {"refused": refused} if refused else {"rate": file.samplerate, "channels": min(file.channels, 2)})
    remaining = 0 if refused else int(most_seconds * file.samplerate)  # a header may be wrong
    while remaining > 0 and len(block := file.read(min(BLOCK, remaining), dtype="float32", always_2d=True)):
        remaining -= len(block)
        samples = block if block.shape[1] <= 2 else block.mean(axis=1, keepdims=True).repeat(2, axis=1)
        answers.write(np.nan_to_num(samples, posinf=0.0, neginf=0.0).clip(-8, 8).astype("<f4").tobytes())
        answers.flush()


def refusal(kind: str, rate: int, channels: int, frames: int, most: float) -> str:
    """Why a sound file is refused by its header; ``""`` where it is not.

    Examples
    --------
    >>> refusal("WAV", 44100, 2, 44100 * 60 * 180, 900)
    'it lasts 180 minutes: 15 are the most; cut it, for example with ffmpeg -t 900'
    >>> refusal("WAV", 44100, 2, 44100, 900)
    ''
    """
    if kind not in KINDS:
        return f"it is sound of the kind {kind}: WAV, FLAC, MP3, OGG and AIFF are read"
    if not RATES[0] <= rate <= RATES[1]:
        return f"it has {rate} samples a second: {RATES[0]} to {RATES[1]} are read"
    if not 1 <= channels <= MOST_CHANNELS:
        return f"it has {channels} channels: {MOST_CHANNELS} are the most"
    if frames <= 0:
        return "its header is there, but no sound: 0 samples"
    if frames > most * rate:
        minutes = f"{frames / rate / 60:.0f} minutes: {most / 60:g} are the most"
        return f"it lasts {minutes}; cut it, for example with ffmpeg -t {most:.0f}"
    return ""


def _send(answers: BinaryIO, header: dict[str, object]) -> None:
    answers.write(json.dumps(header).encode() + b"\n")


if __name__ == "__main__":
    main()
