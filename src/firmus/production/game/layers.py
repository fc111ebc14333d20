"""A theme arranged for a state, in four layers that add up: pad, motion, theme, drums.

Voicing: four voices, each chord in the position that moves the fewest semitones from the one before, around middle C.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations_with_replacement, pairwise

import numpy as np

from firmus.composing import melody_chords, motif
from firmus.harmony import Chord, Key
from firmus.production.game.states import State
from firmus.score import Meter, Note, Part, Score, Tempo

BAR, EIGHTH = 1920, 240
LAYERS = ("pad", "motion", "theme", "drums")
VOICES, LOWEST, HIGHEST, CENTRE = 4, 50, 74, 62.0
CALM, BUSY = -0.2, 0.35  # arousal below which the music is still, and above which it drives
Voicing = tuple[int, ...]


def arranged(theme: Part, bars: int, home: Key, state: State, seed: int) -> Score:
    """The theme in the key of a state, with its chords, as a score whose parts are named by their layers.

    Parameters
    ----------
    theme : Part
        In the key `home`.
    bars : int
    home : Key
    state : State
    seed : int
        Of the chords.
    """
    end = bars * BAR
    notes = motif.in_key(theme.notes, home, state.key)
    melody = replace(theme, notes=notes)
    frame = Score((melody,), keys=(state.key,), meters=(Meter(0, 4, 4),), tempi=(Tempo(0, state.bpm),), end=end)
    chords = melody_chords.chords_to(melody, frame, "traditional", np.random.default_rng(seed))
    if chords[0].start:
        chords = (replace(chords[0], start=0), *chords[1:])
    spans = [(chord, last) for chord, last in zip(chords, [*(each.start for each in chords[1:]), end], strict=True)]
    parts = (*_pad(spans, state), *_motion(spans, state), *_theme(notes, state), *_drums(bars, state))
    return replace(frame, parts=parts, chords=chords)


def level(state: State, low: int, high: int) -> int:
    """Velocity of an arousal between two velocities."""
    return round(low + (high - low) * (state.arousal + 1) / 2)


def voicings(chords: Sequence[Chord], start: Voicing | None = None) -> list[Voicing]:
    """A voicing of each chord, near to the one before.

    Examples
    --------
    >>> voicings([Chord.parse(each) for each in ("C", "F", "G", "C")])
    [(55, 60, 64, 67), (53, 60, 65, 69), (55, 59, 62, 67), (55, 60, 64, 67)]
    """
    found: list[Voicing] = []
    before = start
    for chord in chords:
        each = before

        def cost(voicing: Voicing, each: Voicing | None = each) -> float:
            moved = movement(each, voicing) if each else 0.0
            return moved + 0.25 * abs(sum(voicing) / VOICES - CENTRE)

        before = min(positions(chord), key=cost)
        found.append(before)
    return found


def positions(chord: Chord) -> list[Voicing]:
    """Every voicing of a chord in the register of the pad, all of its first tones in it, no gap wider than a fifth."""
    tones = chord.pitch_classes[:VOICES] or (0,)
    pitches = [pitch for pitch in range(LOWEST, HIGHEST + 1) if pitch % 12 in tones]
    return [
        each
        for each in combinations_with_replacement(pitches, VOICES)
        if {pitch % 12 for pitch in each} == set(tones)
        and len(set(each)) == VOICES
        and all(high - low <= 7 for low, high in pairwise(each))
    ]


def movement(one: Voicing, two: Voicing) -> float:
    """Semitones that a voice moves, on the mean."""
    return sum(abs(first - second) for first, second in zip(one, two, strict=True)) / VOICES


def _pad(spans: list[tuple[Chord, int]], state: State) -> tuple[Part, ...]:
    velocity = level(state, 42, 74)
    notes = tuple(
        Note(chord.start, end - chord.start, pitch, velocity)
        for (chord, end), voicing in zip(spans, voicings([chord for chord, _ in spans]), strict=True)
        for pitch in voicing
    )
    return (Part("pad", notes, program=48, volume=100),)


def _motion(spans: list[tuple[Chord, int]], state: State) -> tuple[Part, ...]:
    """Bass and broken chords: quarters where the music is still, eighths, sixteenths where it drives."""
    step = 480 if state.arousal < CALM else EIGHTH if state.arousal < BUSY else 120
    figure = (0, 2, 1, 3) if state.arousal < BUSY else (0, 0, 2, 0, 1, 0, 2, 1)
    velocity = level(state, 44, 82)
    broken, bass = [], []
    for (chord, end), voicing in zip(spans, voicings([chord for chord, _ in spans]), strict=True):
        low = 36 + (chord.pitch_classes[0] - 36) % 12
        bass += _pulses(chord.start, end, 1920 if step == 480 else 480 if step == EIGHTH else EIGHTH, low, velocity)
        for place, tick in enumerate(range(chord.start, end, step)):
            pitch = voicing[figure[(tick % BAR) // step % len(figure)]]
            accent = 8 if tick % 480 == 0 else 0
            broken.append(Note(tick, min(step, end - tick), pitch, velocity - 6 + accent - place % 2 * 4))
    program = 46 if state.arousal < CALM else 45 if state.arousal < BUSY else 48
    return (Part("motion bass", tuple(bass), program=43, volume=112),
            Part("motion", tuple(broken), program=program, volume=112, pan=44))  # fmt: skip


def _pulses(start: int, end: int, step: int, pitch: int, velocity: int) -> list[Note]:
    return [Note(tick, min(step, end - tick), pitch, velocity + (8 if tick % BAR == 0 else 0))
            for tick in range(start, end, step)]  # fmt: skip


def _theme(notes: tuple[Note, ...], state: State) -> tuple[Part, ...]:
    """The melody: a flute where the music is still, a violin, a horn and violins where it drives."""
    velocity = level(state, 62, 104)
    sung = tuple(replace(note, velocity=min(velocity + (6 if note.start % BAR == 0 else 0), 127)) for note in notes)
    if state.arousal < CALM:
        return (Part("theme", sung, program=73, volume=82, pan=70),)
    if state.arousal < BUSY:
        return (Part("theme", sung, program=40, volume=78, pan=70),)
    lower = tuple(replace(note, pitch=note.pitch - 12) for note in sung)
    return (Part("theme", sung, program=48, volume=84, pan=70), Part("theme low", lower, program=60, volume=72))


def _drums(bars: int, state: State) -> tuple[Part, ...]:
    """Drums of a bar, and a fill in the last of every four."""
    loud = level(state, 34, 104)
    notes: list[Note] = []
    for bar in range(bars):
        start = bar * BAR
        for place, drum, share in PATTERNS[0 if state.arousal < CALM else 1 if state.arousal < BUSY else 2]:
            if not (bar % 4 == 3 and place >= 12 and state.arousal >= CALM):
                notes.append(Note(start + place * 120, 120, drum, max(round(loud * share), 1)))
        if bar % 4 == 3 and state.arousal >= CALM:
            notes += fill(start + 3 * 480, loud)
    return (Part("drums", tuple(notes), is_drums=True, volume=118),)


def fill(start: int, loud: int) -> list[Note]:
    """A beat of toms that gets louder."""
    drums = (48, 47, 45, 43)
    return [Note(start + place * 120, 120, drum, max(round(loud * (0.6 + 0.1 * place)), 1))
            for place, drum in enumerate(drums)]  # fmt: skip


PATTERNS: tuple[tuple[tuple[int, int, float], ...], ...] = (
    ((0, 36, 0.8), (4, 70, 0.7), (8, 70, 0.9), (12, 70, 0.7), (14, 70, 0.5)),
    ((0, 36, 1.0), (4, 37, 0.8), (6, 36, 0.6), (8, 36, 0.9), (12, 37, 0.8),
     *((each, 42, 0.5) for each in range(0, 16, 2))),
    ((0, 36, 1.0), (3, 41, 0.7), (4, 38, 0.9), (6, 41, 0.8), (8, 36, 0.9), (10, 36, 0.7), (12, 38, 1.0),
     *((each, 42, 0.5 if each % 4 else 0.7) for each in range(16))),
)  # fmt: skip
"""Sixteenth, drum of General MIDI, and share of the loudness: still, moving, driving."""
