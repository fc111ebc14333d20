"""SoundFont 2: an instrument as one file, a preset with its samples; the inverse of `firmus.render.soundfont`.

Source: SoundFont Technical Specification 2.04, chapters 5 to 8. Samples have 16 bits, and 46 frames of silence behind
each; behind a loop its beginning goes on, for samplers that interpolate across its end.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from math import log2

import numpy as np

from firmus._version import __version__
from firmus.render.multisample.zones import Instrument, Zone
from firmus.render.soundfont import Envelope

EXTENSION, MEDIA_TYPE = ".sf2", "audio/x-soundfont"
SILENCE = 46  # frames behind each sample (section 6.1)
BEHIND = 32  # frames that go on behind a loop
_KEYS, _VELOCITIES, _INSTRUMENT, _SAMPLE, _MODE = 43, 44, 41, 53, 54
_DELAY, _ATTACK, _HOLD, _DECAY, _SUSTAIN, _RELEASE = range(33, 39)
_MONO = 1


def write(instrument: Instrument, program: int = 0) -> bytes:
    """A SoundFont 2 file with one preset, of bank 0.

    Parameters
    ----------
    instrument : Instrument
    program : int
        0 to 127.

    Examples
    --------
    >>> wave = np.sin(np.arange(1000) * np.pi / 50).astype(np.float32)
    >>> data = write(Instrument("Sine", (Zone(wave, 44100, 69, loop=(100, 900)),)), program=5)
    >>> from firmus.render.soundfont import SoundFont
    >>> SoundFont(data).regions(0, 5)[0].looped
    True
    """
    name = _named(instrument.name)
    info = [(b"ifil", struct.pack("<HH", 2, 4)), (b"isng", b"EMU8000\0"), (b"INAM", _text(name.decode()))]
    info += [(b"ISFT", _text(f"Firmus {__version__}"))]
    if instrument.comment:
        info.append((b"ICMT", _text(instrument.comment)))
    body = b"sfbk" + _list(b"INFO", info)
    body += _list(b"sdta", [(b"smpl", b"".join(_samples(zone) for zone in instrument.zones))])
    return _chunk(b"RIFF", body + _list(b"pdta", _articulation(instrument.zones, name, program)))


def _samples(zone: Zone) -> bytes:
    return _sounding(zone).tobytes() + bytes(2 * SILENCE)


def _sounding(zone: Zone) -> np.ndarray:
    """Frames of 16 bits; of a looped sample as far as its loop, and on behind it as at its beginning."""
    wave = zone.wave
    if zone.loop:
        first, last = zone.loop
        wave = np.concatenate((wave[:last], wave[first + np.arange(BEHIND) % (last - first)]))
    return np.rint(np.clip(wave, -1, 1) * 32767).astype("<i2")


def _articulation(zones: Sequence[Zone], name: bytes, program: int) -> list[tuple[bytes, bytes]]:
    generators, bags, headers, place = b"", [], b"", 0
    for number, zone in enumerate(zones):
        bags.append(len(generators) // 4)
        generators += b"".join(_generators(zone, number))
        frames = len(_sounding(zone))
        loop = zone.loop or (0, 0)
        headers += struct.pack(
            "<20sIIIIIBbHH", name[:14] + b" %d" % (number + 1), place, place + frames, place + loop[0],
            place + loop[1], zone.rate, zone.root, round(zone.tune), 0, _MONO,
        )  # fmt: skip
        place += frames + SILENCE
    bags.append(len(generators) // 4)
    return [
        (b"phdr", struct.pack("<20sHHHIII20sHHHIII", name, program, 0, 0, 0, 0, 0, b"EOP", 0, 0, 1, 0, 0, 0)),
        (b"pbag", struct.pack("<HHHH", 0, 0, 1, 0)),
        (b"pmod", bytes(10)),
        (b"pgen", struct.pack("<HHHH", _INSTRUMENT, 0, 0, 0)),
        (b"inst", struct.pack("<20sH20sH", name, 0, b"EOI", len(zones))),
        (b"ibag", b"".join(struct.pack("<HH", first, 0) for first in bags)),
        (b"imod", bytes(10)),
        (b"igen", generators + bytes(4)),
        (b"shdr", headers + struct.pack("<20sIIIIIBbHH", b"EOS", *[0] * 9)),
    ]


def _generators(zone: Zone, number: int) -> Iterator[bytes]:
    """Generators of a zone, in the order that section 8.1.2 wants: keys, velocities, all others, the sample."""
    yield struct.pack("<HBB", _KEYS, *zone.keys)
    if zone.velocities != (1, 127):
        yield struct.pack("<HBB", _VELOCITIES, *zone.velocities)
    for generator, value in _envelope(zone.envelope):
        yield struct.pack("<Hh", generator, value)
    if zone.loop:
        yield struct.pack("<HH", _MODE, 1)
    yield struct.pack("<HH", _SAMPLE, number)


def _envelope(envelope: Envelope) -> Iterator[tuple[int, int]]:
    times = {_DELAY: envelope.delay, _ATTACK: envelope.attack, _HOLD: envelope.hold, _DECAY: envelope.decay,
             _RELEASE: envelope.release}  # fmt: skip
    values = {generator: _timecents(seconds) for generator, seconds in times.items() if seconds > 0}
    if envelope.sustain > 0:
        values[_SUSTAIN] = round(min(envelope.sustain, 1440))
    yield from sorted(values.items())


def _timecents(seconds: float) -> int:
    return min(max(round(1200 * log2(seconds)), -12000), 8000)


def _named(name: str) -> bytes:
    """A name of ASCII letters, 19 at most, with the zero that ends it."""
    plain = "".join(letter for letter in name if " " <= letter <= "~").strip()
    return (plain[:19] or "Instrument").encode()


def _text(text: str) -> bytes:
    """Text of an INFO chunk: ASCII, ended by one zero or two, so that its length is even."""
    plain = text.encode("ascii", "replace")[:250]
    return plain + b"\0" * (2 - len(plain) % 2)


def _list(kind: bytes, chunks: Sequence[tuple[bytes, bytes]]) -> bytes:
    return _chunk(b"LIST", kind + b"".join(_chunk(name, content) for name, content in chunks))


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)
