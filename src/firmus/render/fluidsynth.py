"""FluidSynth, where it is installed, plays instead of our sampler: with vibrato, modulators and all controllers.

It is asked as a command, one part at a time, dry and in the middle, so that a part is mixed as ours are. Its sound is
that of the machine's version; ours is the same everywhere.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from firmus.errors import FirmusError
from firmus.score import Part, Score

GAIN = 0.5
LEVEL = 1.1  # so that it is about as loud as our sampler
MOST_SECONDS = 600.0  # that it may take


def play(score: Score, part: Part, font: Path, preset: tuple[int, int], sample_rate: int) -> npt.NDArray[np.float32]:
    """One part of a score, dry, at full volume, in the middle, (frames, 2).

    Raises
    ------
    FirmusError
        Where FluidSynth is not installed, or cannot play the SoundFont.
    """
    import soundfile

    from firmus.formats import midi

    command = shutil.which("fluidsynth")
    if command is None:
        raise FirmusError("the synthesizer fluidsynth is not installed: apt install fluidsynth, or leave it out")
    bank, program = preset
    neutral = replace(part, volume=127, pan=64, program=program, is_drums=bank == 128)
    with tempfile.TemporaryDirectory(prefix="firmus-fluidsynth-") as folder:
        notes, sound = Path(folder) / "part.mid", Path(folder) / "part.wav"
        notes.write_bytes(midi.write(replace(score, parts=(neutral,))))
        words = [command, "-n", "-i", "-q", "-R", "0", "-C", "0", "-g", str(GAIN), "-r", str(sample_rate), "-O",
                 "float", "-T", "wav", "-F", str(sound), str(font.resolve()), str(notes)]  # fmt: skip
        try:
            done = subprocess.run(words, capture_output=True, timeout=MOST_SECONDS, check=False, cwd=folder)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise FirmusError(f"fluidsynth cannot play {font.name}: {error}") from None
        if done.returncode or not sound.is_file() or b"error:" in done.stderr:
            lines = done.stderr.decode(errors="replace").strip().splitlines() or [f"exit status {done.returncode}"]
            raise FirmusError(f"fluidsynth cannot play {font.name}: {lines[0]}")
        samples, _ = soundfile.read(sound, dtype="float32", always_2d=True)
    return np.asarray(samples * np.float32(LEVEL / GAIN), np.float32)
