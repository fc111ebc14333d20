"""Sound files: WAV, FLAC, MP3, OGG and AIFF to samples, within bounds, by a child process.

Conventions: samples are float32 (frames, channels), one channel or two, full scale 1.0; times are in seconds from the
beginning of the file, also where it was trimmed.
"""

from __future__ import annotations

import json
import os
import threading
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from firmus import formats
from firmus.errors import FormatError

MOST_SECONDS = 900.0
LONGEST_SECONDS = 86_400.0  # of what an excerpt may be taken from
READ_BYTES = 1 << 16
SILENT = 1e-3  # amplitude below which an excerpt does not yet begin
DECODING_SECONDS = 120.0
MEMORY = 2 << 30
SILENCE_DECIBELS = -60.0  # of full scale, in the root mean square of a window
WINDOW_SECONDS = 0.05
ANTIPHASE = 10.0  # times the power of the channels' mean that their difference has where they cancel each other out
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Audio:
    """Decoded audio: `samples` float32 (frames, 1 or 2), at `rate` frames a second."""

    samples: Floats
    rate: int

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.samples) / self.rate

    def mono(self, rate: int) -> Floats:
        """Its channels' mean (N,), resampled; half their difference where they cancel each other out."""
        from scipy.signal import resample_poly

        mixed: Floats = self.samples.mean(axis=1)
        if self.samples.shape[1] == 2:
            difference: Floats = (self.samples[:, 0] - self.samples[:, 1]) / np.float32(2)
            if (difference**2).sum() > ANTIPHASE * (mixed**2).sum():  # one channel is the other turned over
                mixed = difference
        if rate == self.rate or not len(mixed):
            return mixed
        ratio = Fraction(rate, self.rate).limit_denominator(2000)
        return resample_poly(mixed, ratio.numerator, ratio.denominator).astype(np.float32)

    def sounding(self) -> tuple[float, float]:
        """Seconds at which sound begins and ends; (0, 0) where all is silent.

        Examples
        --------
        >>> wave = np.zeros((16000, 1), np.float32)
        >>> wave[4000:8000] = 0.5
        >>> Audio(wave, 16000).sounding()
        (0.25, 0.5)
        """
        size = max(round(WINDOW_SECONDS * self.rate), 1)
        whole = len(self.samples) // size * size
        power = (self.samples[:whole] ** 2).mean(axis=1).reshape(-1, size).mean(axis=1)
        rest = self.samples[whole:]
        power = np.append(power, (rest**2).mean()) if len(rest) else power
        loud = np.flatnonzero(power > 10 ** (SILENCE_DECIBELS / 10))
        if not len(loud):
            return 0.0, 0.0
        return float(loud[0] * size / self.rate), float(min((loud[-1] + 1) * size / self.rate, self.seconds))


def is_sound(path: str | os.PathLike[str]) -> bool:
    """Whether a file is to be read as audio: by its first bytes, or else by its ending.

    Examples
    --------
    >>> is_sound("take.wav"), is_sound("tune.abc")
    (True, False)
    """
    try:
        with Path(path).open("rb") as file:
            head = file.read(12)
    except OSError:
        head = b""
    if (head[:4] == b"RIFF" and head[8:] == b"WAVE") or (head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC")):
        return True
    if head[:4] in (b"fLaC", b"OggS") or head[:3] == b"ID3" or (head[:1] == b"\xff" and head[1:2] >= b"\xe0"):
        return True
    return Path(path).suffix.lower() in formats.SOUND and head[:4] not in (b"MThd", b"PK\x03\x04")


def read(path: str | os.PathLike[str], excerpt: float | None = None) -> Audio:
    """Decode a sound file.

    Parameters
    ----------
    path : path
    excerpt : float, optional
        Only so many seconds from where it begins to sound; what is behind them is neither decoded nor bounded, and of
        a silence that lasts, 15 minutes are all that is heard.

    Raises
    ------
    FormatError
        Where it is empty, no sound, damaged, or lasts more than 15 minutes (by its header, before decoding).
    """
    source = Path(path)
    try:
        if source.is_dir():
            raise FormatError(f"{source} is a folder: name a file in it")
        with source.open("rb") as file:
            if not os.fstat(file.fileno()).st_size:
                raise FormatError(f"{source.name} is empty")
            return _decoded(file.fileno(), source.name, excerpt)
    except OSError as error:
        raise FormatError(f"{source}: {error.strerror or error}") from None


def _received(stdout: IO[bytes], line: bytes, excerpt: float | None) -> tuple[bytes, bool]:
    """Samples as they come from the decoder, and whether they are all: of an excerpt without the silence before it."""
    if excerpt is None or b"channels" not in line:
        return stdout.read(), True
    header = json.loads(line)
    frame = 4 * header["channels"]
    most, patience = round(excerpt * header["rate"]) * frame, round(MOST_SECONDS * header["rate"]) * frame
    data, is_silent = bytearray(), True
    while (is_silent and patience > 0) or (not is_silent and len(data) < most):
        block = stdout.read(READ_BYTES)  # of a pipe: what is there
        if not block:
            return bytes(data if not is_silent else b"") or bytes(frame), True
        data += block
        patience -= len(block)
        whole = len(data) // frame * frame
        if is_silent and whole:
            is_silent = bool(np.abs(np.frombuffer(data[:whole], "<f4")).max() < SILENT)
        if is_silent and whole > 2 * READ_BYTES:
            del data[: whole - READ_BYTES // frame * frame]
    return bytes(data[:most] if not is_silent else b"") or bytes(frame), False


def _decoded(descriptor: int, name: str, excerpt: float | None) -> Audio:
    """Audio of an open file, decoded by a child process that may take two minutes and cannot write files."""
    limits = [str(MEMORY), str(DECODING_SECONDS), str(MOST_SECONDS if excerpt is None else LONGEST_SECONDS)]
    child = formats.spawn("sound", *limits, stdin=descriptor)
    timer = threading.Timer(DECODING_SECONDS + 10, child.kill)
    timer.start()
    try:
        stdout = child.stdout
        if stdout is None:
            raise FormatError(f"{name}: the decoder does not answer")
        line = stdout.readline()
        data, is_whole = _received(stdout, line, excerpt)
        if is_whole:
            child.wait()  # at the end of its output
    finally:
        timer.cancel()
        child.kill()
        child.wait()
        if child.stdout:
            child.stdout.close()
    header: dict[str, Any] = {"refused": "the decoder crashed on it, or took too long"}
    if line.endswith(b"\n"):
        header = json.loads(line)
    if "refused" in header:
        raise FormatError(f"{name}: {header['refused']}")
    if (is_whole and child.returncode) or not data:
        good = len(data) / (4 * header["channels"] * header["rate"])
        raise FormatError(f"{name} is damaged or cut off: it can be decoded up to second {good:.1f} and no further")
    return Audio(np.frombuffer(data, "<f4").reshape(-1, header["channels"]), header["rate"])
