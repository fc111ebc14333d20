"""How far from their pitch the shipped SoundFont's instruments sound: Firmus's sampler, and symusic's.

    python benchmarks/tuning.py

Firmus: the fundamental nearest to the note (the comb of five harmonics that gathers most of the spectrum, within
a tritone up and down) against its equal-tempered pitch. symusic: the same note rendered by both, and the shift on a
logarithmic frequency axis at which the two spectra agree best, within two octaves. Notes are C3, A4 and C5 as far
as the instrument holds them; cents, 100 to the semitone. Bells, drums and noises are left out: they have no one
fundamental.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from firmus.render import soundfont, synth
from firmus.render.instruments import instrument
from firmus.score import Note, Part, Score

UNPITCHED = {9, 11, 14, 47}  # bells and timpani: their partials are no harmonic series
NOTES = (48, 69, 72)
CENTS = np.arange(-600, 601, 5)
GRID = 20.0 * 2.0 ** (np.arange(0, 12 * 9 * 20) / 240)  # twenty points a semitone from 20 Hz on
Spectrum = tuple[NDArray[np.float64], NDArray[np.float64]]


def spectrum(wave: NDArray[np.float64], rate: int) -> Spectrum:
    held = wave[int(0.3 * rate) : int(1.1 * rate)]
    size = 1 << 17
    return np.fft.rfftfreq(size, 1 / rate), np.abs(np.fft.rfft((held - held.mean()) * np.hanning(len(held)), size))


def off_pitch(found: Spectrum, pitch: int) -> int:
    """Cents from the note's pitch to the fundamental that is heard."""
    levels = found[1]
    fundamentals = 440.0 * 2.0 ** ((pitch - 69) / 12 + CENTS / 1200)
    comb = sum(np.log(np.interp(fundamentals * harmonic, *found) + 1e-3 * levels.max()) for harmonic in range(1, 6))
    return int(CENTS[np.argmax(comb)])


def shift(ours: Spectrum, theirs: Spectrum) -> int:
    """Cents by which the second spectrum lies above the first."""
    one, other = (np.log(np.interp(GRID, *each) / each[1].max() + 1e-4) for each in (ours, theirs))
    one, other = one - one.mean(), other - other.mean()
    shifts = range(-480, 481)
    agreement = []
    for moved in shifts:
        low, high = max(0, -moved), len(one) - max(0, moved)
        agreement.append(float(np.mean(one[low:high] * other[low + moved : high + moved])))
    return 5 * shifts[int(np.argmax(agreement))]


def by_firmus(program: int, pitch: int) -> Spectrum:
    score = Score((Part("", (Note(0, 1440, pitch, 100),), program=program),))
    audio = synth.render(score, reverb=False)
    return spectrum(audio.samples.mean(axis=1).astype(float), audio.sample_rate)


def by_symusic(program: int, pitch: int) -> Spectrum:
    import symusic

    score, track = symusic.Score(480), symusic.Track(program=program)
    track.notes.append(symusic.Note(0, 1440, pitch, 100))
    score.tracks.append(track)
    player = symusic.Synthesizer(sf_path=str(soundfont.SHIPPED), sample_rate=44100)
    return spectrum(np.asarray(player.render(score, True)).mean(axis=0).astype(float), 44100)


def main() -> None:
    print("| program | Firmus, cents off | symusic, cents off |\n|-|-:|-:|")
    worst_ours, worst_theirs = 0, 0
    for program in sorted(soundfont.current().programs - UNPITCHED):
        found = [(by_firmus(program, pitch), by_symusic(program, pitch), pitch) for pitch in NOTES]
        ours = [off_pitch(each, pitch) for each, _, pitch in found]
        theirs = [shift(each, other) + off for (each, other, _), off in zip(found, ours, strict=True)]
        worst_ours = max(worst_ours, *map(abs, ours))
        worst_theirs = max(worst_theirs, *map(abs, theirs))
        shown = (", ".join(f"{each:+d}" for each in cents) for cents in (ours, theirs))
        print(f"| {program} {instrument(program)} | " + " | ".join(shown) + " |", flush=True)
    print(f"\nworst: Firmus {worst_ours} cents, symusic {worst_theirs} cents")


if __name__ == "__main__":
    main()
