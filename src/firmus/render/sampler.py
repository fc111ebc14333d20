"""A SoundFont sampler in numpy: notes in seconds to audio.

Every note plays the regions of its preset that contain its key and velocity: the sample, read at the speed of
the pitch with cubic (Catmull-Rom) interpolation and its loop unrolled, through the region's low-pass
filter, under the six stages of its volume envelope. Equal notes share one filtered wave, so a piece costs
little more than its distinct sounds. Conventions: times in seconds, gains are amplitudes, buffers are
float32 (frames, 2).

Source: SoundFont Technical Specification 2.04, chapters 8 and 9.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from firmus.render.soundfont import Envelope, Region, Sample, SoundFont

if TYPE_CHECKING:
    import numpy.typing as npt

    Wave = npt.NDArray[np.float32]

SILENCE_DECIBELS = 80.0
CHOKE_SECONDS = 0.02
CHOKE_WITHIN_SECONDS = 30.0
FILTER_BLOCK = 512
ENVELOPE_BLOCK = 32
OPEN_FILTER_CENTS = 13500


@dataclass(frozen=True, slots=True)
class Played:
    """A note to be played: seconds from the beginning of the buffer; a choked one ends at once."""

    start: float
    duration: float
    pitch: int
    velocity: int
    choked: bool = False


def add_notes(
    buffer: Wave,
    sample_rate: int,
    font: SoundFont,
    preset: tuple[int, int],
    notes: Iterable[Played],
    gains: tuple[float, float],
) -> None:
    """Mix notes into a buffer.

    Parameters
    ----------
    buffer : float32 (frames, 2)
        Changed in place; what would sound after its end is cut.
    preset : (bank, program)
        Silent where the font has no such preset.
    gains : (left, right)
        Amplitudes.
    """
    regions = font.regions(*preset)
    sounding: dict[tuple[int, int], list[Played]] = {}
    choked = _choke(regions, sorted(notes, key=lambda note: (note.start, note.pitch)))
    for note in choked:
        for index, region in enumerate(regions):
            if region.plays(note.pitch, note.velocity):
                sounding.setdefault((index, note.pitch), []).append(note)
    for (index, pitch), group in sounding.items():
        _add_group(buffer, sample_rate, font, regions[index], pitch, group, gains)


def _choke(regions: tuple[Region, ...], notes: list[Played]) -> list[Played]:
    """Cut short what a later note of the same exclusive class ends, as a closed hi-hat does an open one."""
    if not any(region.exclusive for region in regions):
        return notes
    next_start: dict[int, float] = {}
    result = []
    for note in reversed(notes):
        classes = {region.exclusive for region in regions if region.plays(note.pitch, note.velocity)} - {0}
        stop = min((next_start[each] for each in classes if each in next_start), default=np.inf)
        if note.start < stop < note.start + CHOKE_WITHIN_SECONDS:
            note = replace(note, duration=stop - note.start, choked=True)
        result.append(note)
        next_start.update(dict.fromkeys(classes, note.start))
    return result[::-1]


def _add_group(
    buffer: Wave,
    sample_rate: int,
    font: SoundFont,
    region: Region,
    pitch: int,
    group: list[Played],
    gains: tuple[float, float],
) -> None:
    """Play notes of one region and pitch: the longest is read once, the others reuse its beginning."""
    frames = len(buffer)
    spans = [_span(region, note) for note in group]
    longest = max(duration + release for duration, release in spans)
    available = max(frames - int(note.start * sample_rate) for note in group)
    wave = _read(font.sample(region.sample), region, pitch, min(int(longest * sample_rate) + 1, available), sample_rate)
    angle = (region.pan + 1.0) * np.pi / 4
    channel_gains = [
        gain * float(channel) * np.sqrt(2.0)
        for gain, channel in zip(gains, (np.cos(angle), np.sin(angle)), strict=True)
    ]
    for note, (duration, release) in zip(group, spans, strict=True):
        first = round(note.start * sample_rate)
        count = min(int((duration + release) * sample_rate) + 1, len(wave), frames - first)
        if count <= 0:
            continue
        signal = _volume(region.volume_envelope, pitch, duration, release, count, sample_rate)
        level = (note.velocity / 127.0) ** 2 * 10.0 ** (-region.attenuation / 200.0)
        signal *= np.float32(level)
        signal *= wave[:count]
        for channel, gain in enumerate(channel_gains):
            if gain:
                buffer[first : first + count, channel] += signal * np.float32(gain)


def _span(region: Region, note: Played) -> tuple[float, float]:
    """Duration of a note and of its release until it is inaudible, in seconds."""
    release = region.volume_envelope.release * SILENCE_DECIBELS / 100.0
    return note.duration, CHOKE_SECONDS if note.choked else max(release, 0.005)


def _read(sample: Sample, region: Region, pitch: int, count: int, sample_rate: int) -> Wave:
    """Read `count` frames (fewer where the sample ends) of a sample at a pitch, filtered."""
    start, end = (
        max(region.offsets[0], 0),
        min(len(sample.wave) + min(region.offsets[1], 0), len(sample.wave)),
    )
    loop_start, loop_end = sample.loop_start + region.offsets[2], sample.loop_end + region.offsets[3]
    looped = region.looped and start <= loop_start < loop_end - 3 and loop_end <= len(sample.wave)
    root = region.root if region.root >= 0 else sample.root
    cents = (pitch - root) * region.scale + region.tune + sample.tune
    step = sample.rate / sample_rate * 2.0 ** (cents / 1200)
    positions = start + np.arange(count) * step
    if looped:
        is_looped = positions >= loop_end
        positions[is_looped] = loop_start + (positions[is_looped] - loop_start) % (loop_end - loop_start)
        loop_head = sample.wave[loop_start : loop_start + 3]
        source = np.concatenate((sample.wave[start : start + 1], sample.wave[:loop_end], loop_head))
    else:
        positions = positions[: max(int((end - start) / step), 0)]
        source = np.concatenate((sample.wave[start : start + 1], sample.wave[:end], np.zeros(3, np.float32)))
    wave = _interpolate(source, positions)
    return _filtered(wave, region, sample_rate)


def _interpolate(source: Wave, positions: npt.NDArray[np.float64]) -> Wave:
    """Catmull-Rom interpolation; `source` has one frame in front of position 0."""
    index = positions.astype(np.int32)
    fraction = (positions - index).astype(np.float32)
    before, current, after, after_next = (source[index + step] for step in range(4))
    result = after_next - before
    result += 3.0 * (current - after)
    result *= fraction
    result += 2.0 * before - 5.0 * current + 4.0 * after - after_next
    result *= fraction
    result += after - before
    result *= fraction
    result *= np.float32(0.5)
    result += current
    return result


def _filtered(wave: Wave, region: Region, sample_rate: int) -> Wave:
    """Two-pole low-pass; where a filter envelope modulates it, in blocks of 512 frames."""
    from scipy.signal import lfilter

    blocks = np.arange(0, len(wave), FILTER_BLOCK)
    cutoffs = region.cutoff + region.sweep * _sweep(region.sweep_envelope, blocks / sample_rate)
    if len(wave) == 0 or (cutoffs.min() >= OPEN_FILTER_CENTS and not region.resonance):
        return wave
    changes = np.flatnonzero(np.diff(cutoffs) != 0)
    if len(changes) == 0:
        numerator, denominator = _low_pass(cutoffs[0], region.resonance, sample_rate)
        return lfilter(numerator, denominator, wave).astype(np.float32)
    result = np.empty_like(wave)
    state = np.zeros(2)
    moving = int(changes[-1]) + 1
    for block in range(moving + 1):
        numerator, denominator = _low_pass(cutoffs[block], region.resonance, sample_rate)
        last = len(wave) if block == moving else (block + 1) * FILTER_BLOCK
        block_frames = slice(block * FILTER_BLOCK, last)
        result[block_frames], state = lfilter(numerator, denominator, wave[block_frames], zi=state)
    return result


def _low_pass(
    cents: float, centibels: int, sample_rate: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Resonant low-pass (R. Bristow-Johnson, Audio EQ Cookbook), scaled as FluidSynth does."""
    hertz = min(8.176 * 2.0 ** (min(max(cents, 1500.0), 13500.0) / 1200), 0.45 * sample_rate)
    quality = 10.0 ** ((centibels / 10 - 3.01) / 20)
    omega = 2 * np.pi * hertz / sample_rate
    alpha = np.sin(omega) / (2 * quality)
    outer = (1 - np.cos(omega)) / 2 / np.sqrt(max(quality, 1.0))
    return (
        np.array([outer, 2 * outer, outer]) / (1 + alpha),
        np.array([1 + alpha, -2 * np.cos(omega), 1 - alpha]) / (1 + alpha),
    )


def _sweep(envelope: Envelope, seconds: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Filter envelope, 0 to 1, of a held note."""
    attack_end = envelope.delay + envelope.attack
    sustain = 1.0 - min(envelope.sustain, 1000) / 1000
    decay_end = attack_end + envelope.hold + envelope.decay * (1.0 - sustain)
    points = np.array([envelope.delay, attack_end, attack_end + envelope.hold, decay_end])
    return np.interp(seconds, np.maximum.accumulate(points + np.arange(4) * 1e-9), [0.0, 1.0, 1.0, sustain])


def _volume(envelope: Envelope, pitch: int, duration: float, release: float, count: int, sample_rate: int) -> Wave:
    """Volume envelope: the attack is linear in amplitude, decay and release are linear in decibels."""
    key = 60 - pitch
    hold = envelope.hold * 2.0 ** (envelope.key_to_hold * key / 1200)
    decay = envelope.decay * 2.0 ** (envelope.key_to_decay * key / 1200)
    sustain = -min(envelope.sustain, 1000) / 10
    top = envelope.delay + envelope.attack
    decay_end = top + hold + max(decay * -sustain / 100.0, 1e-4)

    def decibels(time: float) -> float:
        return float(np.interp(time, [top + hold, decay_end], [0.0, sustain]))

    release_level = decibels(duration)
    corners = [(0.0, 0.0), (top + hold, 0.0), (decay_end, sustain)]
    corners = [corner for corner in corners if corner[0] < duration]
    corners += [(duration, release_level), (duration + release, release_level - SILENCE_DECIBELS)]
    grid = np.arange(0, count + 2 * ENVELOPE_BLOCK, ENVELOPE_BLOCK)
    levels = np.interp(grid / sample_rate, [time for time, _ in corners], [level for _, level in corners])
    amplitudes = 10.0 ** (levels / 20)
    if envelope.delay or envelope.attack > 1e-3:
        attack = np.clip((grid / sample_rate - envelope.delay) / max(envelope.attack, 1e-3), 0.0, 1.0)
        released = np.clip((duration - envelope.delay) / max(envelope.attack, 1e-3), 0.0, 1.0)
        amplitudes *= np.where(grid / sample_rate > duration, released, attack)
    ramp = np.linspace(0.0, 1.0, ENVELOPE_BLOCK, endpoint=False, dtype=np.float32)
    corner = amplitudes.astype(np.float32)
    gain = (corner[:-1, None] + np.diff(corner)[:, None] * ramp).ravel()[:count]
    fade = min(count, round(0.005 * sample_rate))
    gain[count - fade :] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)
    return gain
