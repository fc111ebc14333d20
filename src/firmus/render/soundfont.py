"""SoundFont 2 and 3 files: bytes to the regions and samples that `firmus.render.sampler` plays.

Source: SoundFont Technical Specification 2.04 (chapters 7 and 8); SoundFont 3 is the same with every sample
an Ogg Vorbis stream. Conventions: *cents* of pitch, *centibels* of attenuation, envelope times in seconds,
filter frequencies in cents above 8.176 Hz. As FluidSynth does, a region's attenuation counts for 0.4 of
what is written, and velocity does not modulate the filter. Low-frequency oscillators and user modulators are
not played.
"""

from __future__ import annotations

import io
import mmap
import os
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from firmus.errors import FirmusError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

SOUNDFONTS = (".sf2", ".sf3")
SHIPPED = Path(__file__).parents[1] / "assets" / "soundfont" / "gm-subset.sf3"
VARIABLE = "FIRMUS_SOUNDFONT"
DRUM_BANK = 128
MAX_DECODED_BYTES = 64_000_000
MOST_BYTES = 1 << 32  # what a RIFF file can hold
MOST_CHUNKS = 1000
MOST_ZONES, MOST_GENERATORS = 4096, 200_000  # of a preset
MOST_LAYERS = 256  # zones of a preset for one key, at all velocities
MOST_FRAMES = 20_000_000  # of a sample
RATES = 400, 192_000

# Generators (section 8.1.3) by number.
_START, _END, _LOOP_START, _LOOP_END = 0, 1, 2, 3
_START_COARSE, _END_COARSE, _LOOP_START_COARSE, _LOOP_END_COARSE = 4, 12, 45, 50
_CUTOFF, _RESONANCE, _SWEEP, _PAN = 8, 9, 11, 17
_SWEEP_ENVELOPE, _VOLUME_ENVELOPE = 25, 33  # delay, attack, hold, decay, sustain, release; key to hold, decay
_INSTRUMENT, _KEYS, _VELOCITIES, _ATTENUATION = 41, 43, 44, 48
_COARSE_TUNE, _FINE_TUNE, _SAMPLE, _MODE, _SCALE, _EXCLUSIVE, _ROOT = 51, 52, 53, 54, 56, 57, 58
_DEFAULTS = {_CUTOFF: 13500, _SCALE: 100, _ROOT: -1} | dict.fromkeys([*range(25, 29), 30, *range(33, 37), 38], -12000)
_FROM_INSTRUMENT_ONLY = {*range(5), 12, 45, 46, 47, 50, _SAMPLE, _MODE, _EXCLUSIVE, _ROOT}


@dataclass(frozen=True, slots=True)
class Envelope:
    """Times in seconds (decay and release for the full range) and sustain level.

    `sustain` is in centibels below the peak for a volume envelope, in tenths of a percent for a filter
    envelope. `key_to_hold` and `key_to_decay` are in cents of time a key, middle C being 0.
    """

    delay: float
    attack: float
    hold: float
    decay: float
    sustain: float
    release: float
    key_to_hold: int
    key_to_decay: int


@dataclass(frozen=True, slots=True)
class Region:
    """One sample as one range of keys and velocities plays it."""

    keys: tuple[int, int]
    velocities: tuple[int, int]
    sample: int
    offsets: tuple[int, int, int, int]
    looped: bool
    until_release: bool
    root: int
    tune: int
    scale: int
    attenuation: float
    pan: float
    cutoff: int
    resonance: int
    sweep: int
    sweep_envelope: Envelope
    volume_envelope: Envelope
    exclusive: int

    def plays(self, key: int, velocity: int) -> bool:
        """Whether a note of this key and velocity sounds this region."""
        return self.keys[0] <= key <= self.keys[1] and self.velocities[0] <= velocity <= self.velocities[1]


@dataclass(frozen=True, slots=True)
class Sample:
    """Decoded mono sample: `wave` float32 (frames,), loop in frames, `root` a MIDI key, `tune` in cents."""

    wave: npt.NDArray[np.float32]
    rate: int
    loop_start: int
    loop_end: int
    root: int
    tune: int


def is_soundfont(data: bytes) -> bool:
    """Whether bytes look like a SoundFont.

    Examples
    --------
    >>> is_soundfont(b"RIFF....sfbk"), is_soundfont(b"RIFF....WAVE")
    (True, False)
    """
    return data[:4] == b"RIFF" and data[8:12] == b"sfbk"


class SoundFont:
    """An open SoundFont; `regions` and `sample` are used for playing.

    Parameters
    ----------
    source : path of an ``.sf2`` or ``.sf3`` file, or the bytes of one

    Raises
    ------
    FirmusError
        Where it is no SoundFont, or cannot be read, or is larger than any that is in use.
    """

    def __init__(self, source: str | os.PathLike[str] | bytes) -> None:
        self.path = Path("bytes" if isinstance(source, bytes) else source)
        self._data = source if isinstance(source, bytes) else self._mapped()
        if len(self._data) > MOST_BYTES:
            raise FirmusError(f"SoundFont {self.path}: {len(self._data):,} bytes, and {MOST_BYTES:,} are the most")
        try:
            self._chunks = dict(self._find_chunks())
            self._presets = self._find_presets()
        except (struct.error, IndexError, KeyError, ValueError) as error:
            raise FirmusError(f"SoundFont {self.path}: damaged, or no .sf2 or .sf3 file ({error!r})") from None
        self._regions: dict[tuple[int, int], tuple[Region, ...]] = {}
        self._decoded: dict[int, Sample] = {}
        self._budget = MOST_GENERATORS

    def _mapped(self) -> mmap.mmap:
        try:
            with self.path.open("rb") as file:
                return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            raise FirmusError(f"SoundFont {self.path}: {getattr(error, 'strerror', None) or error}") from None

    @property
    def presets(self) -> tuple[tuple[int, int], ...]:
        """Bank and program of each preset, in order."""
        return tuple(sorted(self._presets))

    @property
    def programs(self) -> frozenset[int]:
        """Melodic programs (bank 0) that the font holds."""
        return frozenset(program for bank, program in self._presets if bank == 0)

    def regions(self, bank: int, program: int) -> tuple[Region, ...]:
        """Regions of a preset; empty where the font has no such preset."""
        preset = (bank, program)
        if preset not in self._presets:
            return ()
        if preset not in self._regions:
            self._budget = MOST_GENERATORS
            try:
                self._regions[preset] = _bounded(self._build(*self._presets[preset]))
            except (struct.error, IndexError, KeyError, ValueError) as error:
                raise FirmusError(f"SoundFont {self.path}: preset {bank}:{program} is damaged ({error!r})") from None
        return self._regions[preset]

    def sample(self, index: int) -> Sample:
        """Decode one sample; the last ones stay in memory, up to 64 MB."""
        if index not in self._decoded:
            decoded = self._decode(index)
            cached = sum(each.wave.nbytes for each in self._decoded.values())
            if cached + decoded.wave.nbytes > MAX_DECODED_BYTES:
                self._decoded = {}
            self._decoded[index] = decoded
            return decoded
        return self._decoded[index]

    def _decode(self, index: int) -> Sample:
        import numpy as np

        header = self._chunk(b"shdr")[46 * index : 46 * index + 46]
        offset, size = self._chunks[b"smpl"]
        try:
            _, start, end, loop_start, loop_end, rate, root, tune, _, kind = struct.unpack("<20sIIIIIBbHH", header)
            if kind & 0x10:
                import soundfile

                if not start < end <= size:
                    raise ValueError("outside the file")
                with soundfile.SoundFile(io.BytesIO(self._data[offset + start : offset + end])) as file:
                    wave, rate = file.read(MOST_FRAMES + 1, dtype="float32"), file.samplerate
            else:
                if not 2 * start < 2 * end <= size or end - start > MOST_FRAMES:
                    raise ValueError("outside the file, or too long")
                raw = np.frombuffer(self._data, "<i2", end - start, offset + 2 * start)
                wave = raw.astype(np.float32) / 32768.0
                loop_start, loop_end = loop_start - start, loop_end - start
            rate = rate or 44100
            if not 0 < len(wave) <= MOST_FRAMES or not RATES[0] <= rate <= RATES[1]:
                raise ValueError(f"{len(wave)} frames, {rate} a second")
        except (RuntimeError, ValueError, struct.error) as error:
            raise FirmusError(f"SoundFont {self.path}: sample {index} is damaged ({error})") from None
        if wave.ndim > 1:
            wave = wave.mean(axis=1)
        return Sample(wave, rate, loop_start, loop_end, root if root <= 127 else 60, tune)

    def _chunk(self, name: bytes) -> bytes:
        offset, size = self._chunks[name]
        return self._data[offset : offset + size]

    def _find_chunks(self) -> Iterator[tuple[bytes, tuple[int, int]]]:
        if self._data[:4] != b"RIFF" or self._data[8:12] != b"sfbk":
            raise ValueError("its first bytes are not those of a SoundFont")
        stack, count = [(12, len(self._data))], 0
        while stack:
            offset, end = stack.pop()
            while offset + 8 <= end:
                name, size = struct.unpack("<4sI", self._data[offset : offset + 8])
                count += 1
                if count > MOST_CHUNKS:
                    raise ValueError(f"more than {MOST_CHUNKS} chunks")
                if name == b"LIST":
                    stack.append((offset + 12, min(offset + 8 + size, end)))
                else:
                    yield name, (offset + 8, size)
                offset += 8 + size + size % 2

    def _find_presets(self) -> dict[tuple[int, int], tuple[int, int]]:
        headers = list(struct.iter_unpack("<20sHHHIII", self._chunk(b"phdr")))
        for name in (b"shdr", b"smpl", b"inst", b"pbag", b"ibag", b"pgen", b"igen"):
            self._chunks[name]
        return {
            (bank, program): (first, following[3]) for (_, program, bank, first, *_), following in pairwise(headers)
        }

    def _zones(self, kind: str, first: int, last: int, leaf: int) -> list[dict[int, int]]:
        """Generators of zones `first` to `last`, the global zone's merged into the others."""
        bags = self._chunk(f"{kind}bag".encode())
        generators = self._chunk(f"{kind}gen".encode())
        common: dict[int, int] = {}
        zones = []
        for bag in range(first, last):
            start, stop = (struct.unpack_from("<H", bags, 4 * edge)[0] for edge in (bag, bag + 1))
            self._budget -= max(stop - start, 1)
            if self._budget < 0:
                raise ValueError(f"more than {MOST_GENERATORS:,} generators")
            zone = {}
            for index in range(start, stop):
                number, low, high = struct.unpack_from("<HBB", generators, 4 * index)
                is_range = number in (_KEYS, _VELOCITIES)
                value = low | high << 8
                signed = value - 65536 if value > 32767 and number not in (leaf, _SAMPLE) else value
                zone[number] = value if is_range else signed
            if leaf in zone:
                zones.append({**common, **zone})
            elif bag == first:
                common = zone
        return zones

    def _build(self, first: int, last: int) -> Iterator[Region]:
        instruments = self._chunk(b"inst")
        for preset in self._zones("p", first, last, _INSTRUMENT):
            number = preset[_INSTRUMENT]
            span = [struct.unpack_from("<20sH", instruments, 22 * (number + step))[1] for step in (0, 1)]
            for zone in self._zones("i", span[0], span[1], _SAMPLE):
                keys, velocities = (_overlap(preset, zone, name) for name in (_KEYS, _VELOCITIES))
                if keys[0] <= keys[1] and velocities[0] <= velocities[1]:
                    merged = _DEFAULTS | zone
                    for generator, value in preset.items():
                        if generator not in _FROM_INSTRUMENT_ONLY and generator not in (_KEYS, _VELOCITIES):
                            merged[generator] = merged.get(generator, 0) + value
                    yield _region(merged, keys, velocities)


def _bounded(regions: Iterator[Region]) -> tuple[Region, ...]:
    """Regions, where they are not so many that no computer would play them."""
    layers, kept = [0] * 128, []
    for region in regions:
        kept.append(region)
        for key in range(region.keys[0], min(region.keys[1], 127) + 1):
            layers[key] += 1
        if len(kept) > MOST_ZONES or max(layers) > MOST_LAYERS:
            raise ValueError(f"more than {MOST_ZONES} zones, or {MOST_LAYERS} for one key")
    return tuple(kept)


def _overlap(preset: Mapping[int, int], zone: Mapping[int, int], generator: int) -> tuple[int, int]:
    full_range = 127 << 8
    one, other = preset.get(generator, full_range), zone.get(generator, full_range)
    return max(one & 255, other & 255), min(one >> 8, other >> 8)


def _seconds(timecents: int) -> float:
    return 0.0 if timecents <= -12000 else float(2.0 ** (min(timecents, 8000) / 1200))


def _envelope(zone: Mapping[int, int], first: int) -> Envelope:
    return Envelope(
        delay=_seconds(zone[first]),
        attack=_seconds(zone[first + 1]),
        hold=_seconds(zone[first + 2]),
        decay=_seconds(zone[first + 3]),
        sustain=min(max(zone.get(first + 4, 0), 0), 1440),
        release=_seconds(zone[first + 5]),
        key_to_hold=min(max(zone.get(first + 6, 0), -1200), 1200),
        key_to_decay=min(max(zone.get(first + 7, 0), -1200), 1200),
    )


def _region(zone: Mapping[int, int], keys: tuple[int, int], velocities: tuple[int, int]) -> Region:
    def value(generator: int) -> int:
        return zone.get(generator, 0)

    fine = (_START, _END, _LOOP_START, _LOOP_END)
    coarse = (_START_COARSE, _END_COARSE, _LOOP_START_COARSE, _LOOP_END_COARSE)
    offsets = [value(small) + 32768 * value(large) for small, large in zip(fine, coarse, strict=True)]
    return Region(
        keys=keys,
        velocities=velocities,
        sample=zone[_SAMPLE],
        offsets=(offsets[0], offsets[1], offsets[2], offsets[3]),
        looped=value(_MODE) in (1, 3),
        until_release=value(_MODE) == 3,
        root=zone[_ROOT],
        tune=100 * min(max(value(_COARSE_TUNE), -120), 120) + min(max(value(_FINE_TUNE), -1200), 1200),
        scale=min(max(zone[_SCALE], 0), 1200),
        attenuation=0.4 * max(value(_ATTENUATION), 0),
        pan=min(max(value(_PAN) / 500, -1.0), 1.0),
        cutoff=zone[_CUTOFF],
        resonance=min(max(value(_RESONANCE), 0), 960),
        sweep=value(_SWEEP),
        sweep_envelope=_envelope(zone, _SWEEP_ENVELOPE),
        volume_envelope=_envelope(zone, _VOLUME_ENVELOPE),
        exclusive=value(_EXCLUSIVE),
    )


def current() -> SoundFont:
    """Open the SoundFont in use: the one that ``FIRMUS_SOUNDFONT`` names, else the one that is shipped.

    Examples
    --------
    >>> sorted(current().programs)[:4]
    [0, 4, 6, 9]
    """
    return _opened(os.environ.get(VARIABLE) or str(SHIPPED))


@lru_cache(maxsize=2)
def _opened(path: str) -> SoundFont:
    return SoundFont(path)
