"""A picture of sound: its spectrogram, level by colour over time and frequency, with its waveform below.

Conventions: frequencies on a logarithmic scale from 40 Hz to 16 kHz; colours from -90 to 0 decibels below the loudest
place, those of *magma* (S. van der Walt & N. Smith, matplotlib, CC0).
"""

from __future__ import annotations

import base64
import struct
import zlib
from itertools import pairwise

import numpy as np

from firmus.render import drawing
from firmus.render.drawing import xml_text
from firmus.render.roll import FONT
from firmus.render.synth import Audio

WIDTH, HEIGHT, WAVE_HEIGHT, LEFT, TOP = 900, 320, 90, 66, 30
LOW, HIGH, RANGE_DECIBELS = 40.0, 16_000.0, 90.0
WINDOW = 4096
MAGMA = (
    "#000004", "#180f3d", "#440f76", "#721f81", "#9e2f7f", "#cd4071", "#f1605d", "#fd9668", "#feca8d", "#fcfdbf",
)  # fmt: skip


def png(audio: Audio, title: str) -> bytes:
    """The picture of a sound.

    Examples
    --------
    >>> tone = np.sin(2 * np.pi * 440 * np.arange(22050) / 44100).astype(np.float32)
    >>> png(Audio(np.stack([tone, tone], 1)), "a tone")[1:4]
    b'PNG'
    """
    mono = audio.samples.mean(axis=1).astype(np.float64)
    picture = base64.b64encode(_encoded(_coloured(_levels(mono, audio.sample_rate)))).decode()
    marks = ""
    for hertz in (100, 1000, 10_000):
        y = TOP + HEIGHT * (1 - np.log(hertz / LOW) / np.log(HIGH / LOW))
        marks += f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{hertz:,} Hz</text>'
        marks += f'<path d="M{LEFT} {y:.1f}h{WIDTH}" stroke="#fff" stroke-opacity="0.25"/>'
    below = TOP + HEIGHT + WAVE_HEIGHT
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        x = LEFT + WIDTH * share
        anchor = "start" if share == 0 else "end" if share == 1 else "middle"
        marks += f'<text x="{x:.1f}" y="{below + 18}" text-anchor="{anchor}">{audio.seconds * share:.4g} s</text>'
    width, height = LEFT + WIDTH + 16, below + 28
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="{width}" '
        f'height="{height}" viewBox="0 0 {width} {height}" font-family="{FONT}" font-size="11" fill="#222">'
        f'<text x="{LEFT}" y="20" font-size="14">{xml_text(title)}</text>'
        f'<image x="{LEFT}" y="{TOP}" width="{WIDTH}" height="{HEIGHT}" preserveAspectRatio="none" '
        f'xlink:href="data:image/png;base64,{picture}"/>{_wave(mono)}{marks}</svg>'
    )
    return drawing.png(svg, width)


def _levels(mono: np.ndarray, sample_rate: int) -> np.ndarray:
    """Decibels (HEIGHT, WIDTH), highest frequency first, 0 at the loudest."""
    size = min(WINDOW, max(256, 2 ** int(np.log2(max(len(mono) / 16, 256)))))
    padded = np.pad(mono, size // 2)
    starts = np.linspace(0, max(len(padded) - size, 0), WIDTH).astype(int)
    hertz = LOW * (HIGH / LOW) ** (np.arange(HEIGHT)[::-1] / (HEIGHT - 1))
    bins = np.clip(np.round(hertz * size / sample_rate).astype(int), 0, size // 2)
    window, columns = np.hanning(size), []
    for start in starts:
        piece = padded[start : start + size]
        columns.append(np.abs(np.fft.rfft(np.pad(piece, (0, size - len(piece))) * window))[bins])
    levels = 20 * np.log10(np.maximum(np.array(columns).T, 1e-9))
    return levels - levels.max()


def _coloured(levels: np.ndarray) -> np.ndarray:
    """Levels as colours, (height, width, 3) bytes."""
    anchors = np.array([[int(shade[place : place + 2], 16) for place in (1, 3, 5)] for shade in MAGMA])
    place = np.clip(1 + levels / RANGE_DECIBELS, 0, 1) * (len(MAGMA) - 1)
    channels = [np.interp(place, np.arange(len(MAGMA)), anchors[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=2).astype(np.uint8)


def _encoded(pixels: np.ndarray) -> bytes:
    """Pixels as a PNG file (RFC 2083)."""
    height, width, _ = pixels.shape
    rows = np.concatenate([np.zeros((height, 1), np.uint8), pixels.reshape(height, -1)], axis=1)
    chunks = [
        (b"IHDR", struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows.tobytes(), 6)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )


def _wave(mono: np.ndarray) -> str:
    """The highest and lowest sample of each column."""
    edges = np.linspace(0, len(mono), WIDTH + 1).astype(int)
    middle, half = TOP + HEIGHT + WAVE_HEIGHT / 2 + 2, WAVE_HEIGHT / 2 - 4
    loudest = max(float(np.abs(mono).max()), 1e-9)
    strokes = []
    for column, (first, last) in enumerate(pairwise(edges.tolist())):
        piece = mono[first : max(last, first + 1)] / loudest
        top, bottom = middle - half * piece.max(initial=-1), middle - half * piece.min(initial=1)
        strokes.append(f'<path d="M{LEFT + column} {top:.1f}V{bottom + 0.5:.1f}"/>')
    return f'<g stroke="#721f81">{"".join(strokes)}</g>'
