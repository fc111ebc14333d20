"""Score to audio: every part played by the SoundFont, panned, mixed, with reverb, at a target loudness.

The sampler is Firmus's own (`firmus.render.sampler`): symusic's plays SoundFonts whose keys are tuned in
their instruments, as the shipped one's are, up to an octave out of tune (symusic issue 55). It is numpy
throughout, which lets other threads run, so it needs no process of its own.

Conventions: samples are float32 (frames, 2), full scale 1.0. The same Score gives the same bytes. The sound
lasts as long as the Score and two seconds more, in which the last notes ring and fade.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from firmus.errors import FirmusError, unknown
from firmus.render.instruments import played_as
from firmus.score import Part, Score
from firmus.timing import seconds

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from firmus.render.mixing import Channel, Mixer
    from firmus.render.soundfont import SoundFont

LOUDNESS = -14.0
SAMPLE_RATE = 44100
TAIL_SECONDS = 2.0
FADE_SECONDS = 1.2
MAX_SECONDS = 3600.0
WRITE_FRAMES = 65_536  # libsndfile's Vorbis encoder overruns the stack when given minutes at once
FILES = {
    ".wav": ("WAV", "PCM_16"),
    ".flac": ("FLAC", "PCM_16"),
    ".ogg": ("OGG", "VORBIS"),
    ".mp3": ("MP3", "MPEG_LAYER_III"),
}


@dataclass(frozen=True, slots=True)
class Audio:
    """Rendered audio: `samples` float32 (frames, 2), full scale 1.0, at `sample_rate` frames a second."""

    samples: npt.NDArray[np.float32]
    sample_rate: int = SAMPLE_RATE

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.samples) / self.sample_rate


def render(
    score: Score,
    sample_rate: int = SAMPLE_RATE,
    loudness: float = LOUDNESS,
    reverb: bool = True,
    mixer: Mixer | None = None,
) -> Audio:
    """Render a Score.

    Parameters
    ----------
    score : Score
    sample_rate : int
        8,000 to 96,000 frames a second.
    loudness : float
        Integrated loudness in LUFS, -60 to -5; peaks stay below -1 dBFS.
    reverb : bool
        Add the reverberation of a small hall.
    mixer : Mixer, optional
        How each part is mixed, and by what it is played.

    Raises
    ------
    FirmusError
        Where an argument is out of range, the Score lasts more than an hour, or a SoundFont is damaged.

    Examples
    --------
    >>> from firmus.score import Note
    >>> render(Score((Part("Flute", (Note(0, 480, 69),), program=73),))).seconds
    2.5
    """
    from firmus.render import mastering

    _check_range("loudness", loudness, -60.0, -5.0, "LUFS")
    mix = _mixed(score, sample_rate, _mixer(score, reverb, mixer), range(len(score.parts)))
    mastering.master(mix, sample_rate, loudness)
    return Audio(mix, sample_rate)


def stems(
    score: Score,
    sample_rate: int = SAMPLE_RATE,
    loudness: float = LOUDNESS,
    reverb: bool = True,
    mixer: Mixer | None = None,
) -> Iterator[tuple[str, Audio]]:
    """Render a Score part by part: what each adds to the mix, one at a time.

    Each is mixed as in `render`, with its own reverberation. The gain that makes the mix loud, and the limiter's, are
    one curve for all: so the stems add up to the mix, before the limiter and behind it.

    Yields
    ------
    (name, Audio)
        Names are those of the parts, made distinct: ``"01 Soprano"``.
    """
    import numpy as np

    from firmus.render import mastering

    _check_range("loudness", loudness, -60.0, -5.0, "LUFS")
    mixing = _mixer(score, reverb, mixer)
    mix = _mixed(score, sample_rate, mixing, range(len(score.parts)))
    curve = np.ones(len(mix), np.float32)
    mastering.master(mix, sample_rate, loudness, curve)
    del mix
    for place, part in enumerate(score.parts):
        stem = _mixed(score, sample_rate, mixing, [place])
        stem *= curve[:, None]
        yield f"{place + 1:02d} {part.name}".strip(), Audio(stem, sample_rate)


def encode(
    audio: Audio, ending: str = ".wav", tags: Mapping[str, str] | None = None, *, bits: Literal[16, 24] = 16
) -> bytes:
    """Encode audio as a file's bytes.

    Parameters
    ----------
    audio : Audio
    ending : {".wav", ".flac", ".ogg", ".mp3"}
    bits : {16, 24}
        Of WAV and FLAC.
    tags : mapping, optional
        ``title``, ``artist``, ``comment``, ``software``, ``copyright``, ``date``, as far as the file holds
        them.

    Examples
    --------
    >>> import numpy as np
    >>> encode(Audio(np.zeros((100, 2), np.float32)))[:4]
    b'RIFF'
    """
    import numpy as np
    import soundfile

    if ending not in FILES:
        raise FirmusError(unknown("audio file ending", ending, FILES))
    kind, subtype = FILES[ending]
    subtype = f"PCM_{bits}" if subtype == "PCM_16" else subtype
    target = io.BytesIO()
    with soundfile.SoundFile(target, "w", audio.sample_rate, 2, subtype, format=kind) as file:
        for name, text in (tags or {}).items():
            setattr(file, name, text)
        for first in range(0, len(audio.samples), WRITE_FRAMES):
            block = audio.samples[first : first + WRITE_FRAMES]
            if subtype == "PCM_16":
                file.write(np.rint(np.clip(block, -1.0, 1.0) * 32767).astype(np.int16))
            else:
                file.write(np.clip(block, -1.0, 1.0) if subtype == "PCM_24" else block)
    return target.getvalue()


def write(path: str | os.PathLike[str], audio: Audio, tags: Mapping[str, str] | None = None) -> None:
    """Write audio to a WAV, FLAC, OGG or MP3 file, by its ending; the file appears whole or not at all."""
    from firmus.formats import save

    target = Path(path)
    save(encode(audio, target.suffix.lower(), tags), target)


def _silence(score: Score, sample_rate: int) -> npt.NDArray[np.float32]:
    import numpy as np

    _check_range("sample rate", sample_rate, 8000, 96000, "frames a second")
    duration = seconds(score, score.end)
    if duration > MAX_SECONDS:
        raise FirmusError(
            f"the score lasts {duration:,.0f} seconds: {MAX_SECONDS:,.0f} is the most that can be rendered"
        )
    return np.zeros((round((duration + TAIL_SECONDS) * sample_rate), 2), np.float32)


def _check_range(what: str, value: float, low: float, high: float, unit: str) -> None:
    if not low <= value <= high:
        raise FirmusError(f"{what} {value!r} must be from {low:g} to {high:g} {unit}")


def _mixer(score: Score, reverb: bool, mixer: Mixer | None) -> Mixer:
    from firmus.render.mixing import Mixer

    chosen = mixer or Mixer()
    return chosen if reverb else chosen.without_reverb(len(score.parts))


def _mixed(score: Score, sample_rate: int, mixer: Mixer, places: Iterable[int]) -> npt.NDArray[np.float32]:
    """Some parts, mixed: those with one equaliser and one send to the hall go through them together."""
    from firmus.render import mastering

    buses: dict[tuple[float, ...], list[int]] = {}
    for place in places:
        buses.setdefault(mixer.channel(place).bus, []).append(place)
    mix = _silence(score, sample_rate)
    for number, (settings, some) in enumerate(buses.items()):
        bus = _silence(score, sample_rate) if number else mix
        for place in some:
            add_part(bus, score, place, sample_rate, mixer)
        *bands, send = settings
        if any(bands):
            mastering.equalise(bus, sample_rate, *bands)
        if send:
            mastering.reverberate(bus, sample_rate, send)
        if number:
            mix += bus
    _fade(mix, sample_rate)
    return mix


def add_part(
    buffer: npt.NDArray[np.float32], score: Score, place: int, sample_rate: int, mixer: Mixer | None = None
) -> None:
    """Add a part of a score, dry, panned, at its volume, to a buffer (frames, 2); what lies behind it is cut."""
    from firmus.render import fluidsynth, sampler, soundfont
    from firmus.render.mixing import USUAL

    part = score.parts[place]
    if not part.notes or not part.volume:
        return
    channel = mixer.channel(place) if mixer else USUAL
    font = channel.font or soundfont.current()
    bank, program = _preset(font, part)
    gains = _gains(part, channel)
    if mixer and mixer.synthesizer == "fluidsynth":
        played = fluidsynth.play(score, part, font.path, (bank, program), sample_rate)[: len(buffer)]
        buffer[: len(played)] += played * gains
        return
    sounding = part.sounding()
    ticks = sorted({tick for note in sounding for tick in (note.start, note.end)})
    times = dict(zip(ticks, _seconds_of(score, ticks), strict=True))
    notes = [
        sampler.Played(times[note.start], times[note.end] - times[note.start], note.pitch, note.velocity)
        for note in sounding
    ]
    sampler.add_notes(buffer, sample_rate, font, (bank, program), notes, gains)


def _preset(font: SoundFont, part: Part) -> tuple[int, int]:
    """The preset that plays a part: drums by a kit where there is one, else by what there is."""
    from firmus.render.soundfont import DRUM_BANK

    if part.is_drums and ((DRUM_BANK, 0) in font.presets or not font.programs):
        return (DRUM_BANK, 0)
    if not font.programs and font.presets:
        return font.presets[0]
    return (0, played_as(part.program, font.programs))


def _gains(part: Part, channel: Channel) -> tuple[float, float]:
    """Left and right gain: volume as MIDI controller 7 (squared), pan by equal power."""
    from math import cos, pi, sin

    position = min(max((part.pan - 64) / 63, -1.0), 1.0) if channel.pan is None else channel.pan
    angle = (position + 1.0) * pi / 4
    gain = 0.25 * (part.volume / 127) ** 2 * 10.0 ** (channel.volume / 20)
    return gain * cos(angle), gain * sin(angle)


def _seconds_of(score: Score, ticks: list[int]) -> list[float]:
    """Seconds of many ticks in rising order, in one walk over the tempi."""
    if len(score.tempi) < 32:
        return [seconds(score, tick) for tick in ticks]
    import numpy as np

    starts = [tempo.start for tempo in score.tempi]
    rates = np.array([60.0 / (tempo.bpm * 480) for tempo in score.tempi])
    elapsed = np.concatenate(([0.0], np.cumsum(np.diff(starts) * rates[:-1])))
    index = np.searchsorted(starts, ticks, side="right") - 1
    return (elapsed[index] + (np.array(ticks) - np.array(starts)[index]) * rates[index]).tolist()


def _fade(mix: npt.NDArray[np.float32], sample_rate: int) -> None:
    import numpy as np

    frames = round(FADE_SECONDS * sample_rate)
    mix[-frames:] *= (np.cos(np.linspace(0.0, np.pi / 2, frames, dtype=np.float32)) ** 2)[:, None]
