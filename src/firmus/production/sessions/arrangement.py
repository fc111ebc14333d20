"""Arranging a theme softly: its melody over broken chords, held chords and a bass, thinner as arousal falls.

The theme is a melody with chord symbols. Held chords go on to the nearest position of the next chord, without a note
that would clash with the melody; broken chords have fewer notes a bar the calmer a phrase is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

from firmus.pitch import NO_CHORD, QUALITIES, pitch_class
from firmus.production.sessions.trajectory import Phrase
from firmus.score import Chord, Note, Part, Score

EIGHTH = 240
ONSETS = {
    "3/4": ((0,), (0, 4), (0, 2, 4), (0, 2, 3, 4), (0, 1, 2, 3, 4, 5)),
    "4/4": ((0,), (0, 4), (0, 2, 4), (0, 2, 4, 6), (0, 2, 3, 4, 6, 7), (0, 1, 2, 3, 4, 5, 6, 7)),
}
"""Eighths of a bar on which a broken chord has notes, the calmest first."""
ORDER = (0, 1, 2, 3, 2, 1, 3, 2)  # places of a broken chord: its bass, then the voices of the held chord
SOFTEST, LOUDEST = 36, 70  # velocity at arousal -1 and 1
VELOCITIES = (24, 88)
BREATH = (0, 6, 2, -5)  # added to the velocity in the four bars of a phrase: in, and out
MELODY, HELD, LOW = (60, 81), (52, 72), (36, 50)  # ranges
CLASHING = (1, 11)  # semitones
NAMES = ("Melody", "Broken Chords", "Held Chords", "Bass")
PROGRAMS = {"": (73, 46, 48, 42), "focus": (0, 0, 89, 32), "lift": (73, 24, 48, 32), "gait": (73, 24, 48, 32)}
SHAKER, DRUM = 70, 36  # keys of General MIDI percussion


def parts(preset: str) -> list[Part]:
    """The parts of a session, without notes."""
    programs = PROGRAMS.get(preset, PROGRAMS[""])
    found = [Part(name, (), program=program) for name, program in zip(NAMES, programs, strict=True)]
    return [*found, Part("Percussion", (), is_drums=True)] if preset == "gait" else found


def arranged(
    theme: Score, phrases: Sequence[Phrase], preset: str, meter: str, *, with_melody: Sequence[bool], fuller: int = 0
) -> list[list[Note]]:
    """Notes of every part for a section, from tick 0.

    Parameters
    ----------
    theme : Score
        A melody with chord symbols; its last bars, four for each phrase, are taken.
    phrases : sequence of Phrase
    preset : str
    meter : str
    with_melody : sequence of bool
        For each phrase.
    fuller : int
        By how many degrees (of `ONSETS`) broken chords are fuller than arousal says.
    """
    bar = theme.meters[0].bar
    first = theme.end - 4 * bar * len(phrases)
    melody = _melody(theme, first)
    lines: list[list[Note]] = [[] for _ in parts(preset)]
    lines[0] = [note for note in melody if with_melody[min(note.start // (4 * bar), len(phrases) - 1)]]
    voicing: tuple[int, ...] = ()
    for start, end, chord in _harmony(theme, first, bar):
        voicing = _nearest(chord, voicing)
        clear = _without_clashes(voicing, lines[0], start, end)
        low = LOW[0] + (pitch_class(chord.bass or chord.root) - LOW[0]) % 12
        lines[2] += [Note(start, end - start, pitch, 64) for pitch in clear]
        lines[3].append(Note(start, end - start, low, 64))
        arousal = phrases[min(start // (4 * bar), len(phrases) - 1)].arousal
        degree = round((arousal + 0.9) / 1.6 * (len(ONSETS[meter]) - 1)) + fuller
        onsets = ONSETS[meter][min(max(degree, 0), len(ONSETS[meter]) - 1)]
        lines[1] += _broken((low + 12, *voicing), start, end, onsets, bar)
    if preset == "gait":
        for beat in range(0, theme.end - first, 480):
            lines[4].append(Note(beat, 120, SHAKER, 52))
            if beat % 960 == 0:
                lines[4].append(Note(beat, 120, DRUM, 64))
    return [[_levelled(note, phrases, bar, lead=6 * (place == 0)) for note in line] for place, line in enumerate(lines)]


def louder(line: Sequence[Note], velocity: float) -> list[Note]:
    """Notes so much louder, within the bounds."""
    low, high = VELOCITIES
    return [replace(note, velocity=min(max(round(note.velocity + velocity), low), high)) for note in line]


def _melody(theme: Score, first: int) -> list[Note]:
    """The melody from a tick on, in octaves that lie within its range."""
    notes = [note for note in theme.parts[0].notes if note.start >= first]
    if not notes:
        return []
    middle = sum(note.pitch for note in notes) / len(notes)
    octaves = 12 * round(((MELODY[0] + MELODY[1]) / 2 - middle) / 12)

    def within(pitch: int) -> int:
        while pitch < MELODY[0]:
            pitch += 12
        while pitch > MELODY[1]:
            pitch -= 12
        return pitch

    return [replace(note, start=note.start - first, pitch=within(note.pitch + octaves)) for note in notes]


def _harmony(theme: Score, first: int, bar: int) -> list[tuple[int, int, Chord]]:
    """Start, end and chord of every stretch of harmony, none longer than a bar."""
    chords = [each for each in theme.chords if each.root != NO_CHORD]
    edges = sorted({*range(first, theme.end, bar), *(each.start for each in chords if first < each.start < theme.end)})
    found = []
    for start, end in zip(edges, [*edges[1:], theme.end], strict=True):
        before = [each for each in chords if each.start <= start] or chords[:1]
        if before:
            found.append((start - first, end - first, before[-1]))
    return found


def _nearest(chord: Chord, before: tuple[int, ...]) -> tuple[int, ...]:
    """Three notes of a triad within the range of held chords, nearest to the chord before."""
    tones = {(pitch_class(chord.root) + tone) % 12 for tone in QUALITIES[chord.quality][:3]}
    pitches = [pitch for pitch in range(HELD[0], HELD[1] + 1) if pitch % 12 in tones]
    best = [each for each in combinations(pitches, min(3, len(tones))) if {pitch % 12 for pitch in each} == tones]
    goal = before or (57, 60, 64)
    return min(best, key=lambda each: sum(abs(a - b) for a, b in zip(each, goal, strict=False)) + (each[-1] - each[0]))


def _without_clashes(voicing: Sequence[int], melody: Sequence[Note], start: int, end: int) -> list[int]:
    """The notes that are no semitone from one that the melody holds for a beat or longer meanwhile."""
    held = [note.pitch for note in melody if note.start < end and note.end > start and note.duration >= 480]
    clear = [pitch for pitch in voicing if not any((pitch - other) % 12 in CLASHING for other in held)]
    return clear if len(clear) > 1 else list(voicing)


def _broken(tones: Sequence[int], start: int, end: int, eighths: Sequence[int], bar: int) -> list[Note]:
    """A broken chord, on some eighths of the bar."""
    offset = start % bar
    places = [each for each in eighths if offset <= each * EIGHTH < offset + end - start] or [offset // EIGHTH]
    onsets = [start - offset + each * EIGHTH for each in places]
    return [
        Note(onset, following - onset, tones[ORDER[number % len(ORDER)] % len(tones)], 60)
        for number, (onset, following) in enumerate(zip(onsets, [*onsets[1:], end], strict=True))
    ]


def _levelled(note: Note, phrases: Sequence[Phrase], bar: int, lead: int) -> Note:
    """A note as loud as the arousal of its phrase and the breath say."""
    place = min(note.start // (4 * bar), len(phrases) - 1)
    level = SOFTEST + (LOUDEST - SOFTEST) * (phrases[place].arousal + 1) / 2
    breath = BREATH[note.start // bar % 4]
    return replace(note, velocity=min(max(round(level + breath + lead), VELOCITIES[0]), VELOCITIES[1]))
