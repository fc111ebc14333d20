"""Joins of states: a bar on the dominant that leads into the next state, stings, and what a join costs.

All states share a tonic, so its dominant leads into each of them. A join is cut at any barline: its cost is the mean
movement of a voice of the pad, in semitones, from the last chord before the barline to the dominant, and from there to
the first chord of the next state; the greater of the two, at the worst barline.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from firmus.harmony import Chord, chord_of_numeral
from firmus.production.game.layers import (
    BAR,
    EIGHTH,
    Voicing,
    fill,
    level,
    movement,
    positions,
    voicings,
)  # fmt: skip
from firmus.production.game.states import State
from firmus.render import soundtrack
from firmus.score import Meter, Note, Part, Score, Tempo

MOST_MOVEMENT = 3.0  # semitones a voice
FADE_BEATS = 0.1  # of the crossfade at a barline


def before_barlines(score: Score) -> list[Voicing]:
    """Voicing of the pad that sounds before each barline of a state."""
    voiced = voicings(list(score.chords))
    starts = [chord.start for chord in score.chords]
    return [voiced[int(np.searchsorted(starts, tick)) - 1] for tick in range(BAR, score.end + 1, BAR)]


def dominant(one: Score, two: Score, state: State) -> tuple[Voicing, float]:
    """Voicing of the dominant between two states that moves the least at the worst barline; and that cost."""
    befores = set(before_barlines(one))
    first = voicings(list(two.chords[:1]))[0]

    def cost(voicing: Voicing) -> float:
        return max(movement(voicing, first), *(movement(each, voicing) for each in befores))

    best = min((each for chord in _dominants(state) for each in positions(chord)), key=cost)
    return best, cost(best)


def worst(scores: Sequence[Score], states: Sequence[State]) -> float:
    """The greatest cost of a join of states, in whichever order, and of a loop with its own beginning."""
    pairs = [
        dominant(one, two, state)[1]
        for two, state in zip(scores, states, strict=True)
        for one in scores
        if one is not two
    ]
    return max(*pairs, *(loop_cost(score) for score in scores))


def loop_cost(score: Score) -> float:
    """Mean movement of a voice from the last chord of a state to its first."""
    voiced = voicings(list(score.chords))
    return movement(voiced[-1], voiced[0])


def transition(one: Score, two: Score, states: tuple[State, State]) -> tuple[Score, float]:
    """A bar that leads from a state into another, in the tempo of the other; and the cost of the join."""
    state = states[1]
    voicing, cost = dominant(one, two, state)
    low, high = (level(each, 42, 74) for each in states)
    pad = tuple(Note(0, BAR, pitch, round((low + high) / 2)) for pitch in voicing)
    root = _dominant(state).pitch_classes[0]
    bass = tuple(Note(tick, 480, 36 + (root - 36) % 12, high + 6) for tick in range(0, BAR, 480))
    melody = next(part for part in two.parts if part.name == "theme")
    goal = melody.notes[0].pitch if melody.notes else 72
    run = [pitch for pitch in range(goal - 12, goal) if pitch % 12 in state.key.scale][-4:]
    upbeat = tuple(
        Note(BAR - EIGHTH * (len(run) - place), EIGHTH, pitch, level(state, 56, 92) + 4 * place)
        for place, pitch in enumerate(run)
    )
    drums = fill(BAR - 480, level(state, 40, 108))
    if state.arousal > states[0].arousal + 0.3:
        drums = [*fill(BAR - 960, level(state, 34, 96)), *drums]
    parts = (
        Part("pad", pad, program=48, volume=100),
        Part("motion bass", bass, program=43, volume=112),
        replace(melody, notes=upbeat),
        Part("drums", tuple(drums), is_drums=True, volume=118),
    )
    return _bars(parts, 2, state), cost


def sting(score: Score, state: State) -> tuple[Score, float]:
    """The head of the theme, and the tonic chord under its last note; and its length, 2 to 4 seconds."""
    melody = [part for part in score.parts if part.name.startswith("theme")]
    tonic = chord_of_numeral("I" if state.key.mode == "major" else "i", state.key)
    loud = level(state, 76, 112)
    count, step = 3, EIGHTH if state.bpm > 100 else 160
    parts = []
    for part in melody:
        head = [note.pitch for note in part.notes[:count]]
        last = _nearest(head[-1], tonic)
        notes = [Note(place * step, step, pitch, loud - 8) for place, pitch in enumerate(head)]
        parts.append(replace(part, notes=(*notes, Note(count * step, BAR, last, loud))))
    chord = voicings([tonic])[0]
    hit = count * step
    parts.append(Part("pad", tuple(Note(hit, BAR, pitch, loud) for pitch in chord), program=48, volume=100))
    bass = 36 + (tonic.pitch_classes[0] - 36) % 12
    parts.append(Part("motion bass", (Note(hit, BAR, bass, loud),), program=43, volume=112))
    drums = ((49, loud - 14), (36, loud)) if state.arousal > 0 else ((81, 50),)
    struck = [Note(hit, 480, drum, velocity) for drum, velocity in drums]
    parts.append(Part("drums", tuple(struck), is_drums=True, volume=110))
    seconds = min(max((hit + BAR) / 480 * 60 / state.bpm, 2.0), 4.0)
    return _bars(tuple(parts), 2, state), round(seconds, 2)


def joined(before: soundtrack.Wave, filler: soundtrack.Wave, after: soundtrack.Wave, cut: int, fade: int,
           bar: int) -> tuple[soundtrack.Wave, int, int]:  # fmt: skip
    """What an engine plays at a join, and the frames of its two joints.

    Parameters
    ----------
    before, filler, after : array (frames, 2)
        A loop, its transition and the next loop.
    cut : int
        Frame of the barline at which the loop is left.
    fade, bar : int
        Frames of the crossfade, and of the bar of the transition, behind which it rings on.
    """
    down = np.linspace(1, 0, fade, dtype=np.float32)[:, None]
    around = np.concatenate((before, before[:fade]))
    size = cut + bar + min(len(after), 2 * bar)
    played = np.zeros((max(size, cut + len(filler)), 2), np.float32)
    played[:cut] = around[:cut]
    played[cut : cut + fade] += around[cut : cut + fade] * down
    played[cut : cut + len(filler)] += filler
    entry = after[: size - cut - bar].copy()
    entry[:fade] *= 1 - down
    played[cut + bar : cut + bar + len(entry)] += entry
    return played, cut, cut + bar


def click(played: soundtrack.Wave, place: int, sample_rate: int) -> float:
    """How far a joint stands out, as `firmus.render.soundtrack.joint` measures it; above 1 it clicks."""
    return soundtrack.joint(np.concatenate((played[place:], played[:place])), sample_rate)


def _nearest(pitch: int, chord: Chord) -> int:
    """The tone of a chord that is nearest to a pitch."""
    return min((each for each in range(128) if each % 12 in chord.pitch_classes), key=lambda each: abs(each - pitch))


def _dominants(state: State) -> list[Chord]:
    """The dominant seventh, and chords that do as it does: the triad, and the seventh on the leading tone."""
    return [_dominant(state), chord_of_numeral("V", state.key), chord_of_numeral("vii°7", state.key)]


def _dominant(state: State) -> Chord:
    return chord_of_numeral("V7", state.key)


def _bars(parts: tuple[Part, ...], bars: int, state: State) -> Score:
    return Score(parts, keys=(state.key,), meters=(Meter(0, 4, 4),), tempi=(Tempo(0, state.bpm),), end=bars * BAR)
