"""One beat of accompaniment under a chord: bass, chords and drums by the patterns of a style.

Chords are voiced in the middle, three or four notes, each moving as little as it can from the voicing before (the law
of the shortest way) and none a semitone or a tone below the melody. The bass has the root, or the bass of the symbol,
where a bar or a chord begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

from firmus.drums import LENGTH
from firmus.harmony import Chord
from firmus.live.styles import HARMONY, Style, style, word
from firmus.pitch import pitch_class
from firmus.score import Meter, Note
from firmus.timing import beat

BASS, CHORDS, DRUMS, ANSWER = "bass", "chords", "drums", "answer"
LOWEST_BASS, HIGHEST_BASS = 31, 48
LOWEST, HIGHEST, MIDDLE = 50, 69, 59  # of voicings
VELOCITY = {BASS: 78, CHORDS: 56, DRUMS: 66}
ACCENT = 18
LOUDEST, SOFTEST = 1.3, 0.6  # of the player's loudness that is followed


@dataclass(frozen=True, slots=True)
class Beat:
    """A beat of accompaniment.

    Parameters
    ----------
    tick : int
        Its start.
    chord : Chord or None
        None where no chord is known: drums alone play.
    notes : tuple of (str, Note)
        Part and note.
    voicing, bass : tuple of int, int
        What the next beat moves on from.
    """

    tick: int
    chord: Chord | None
    notes: tuple[tuple[str, Note], ...] = ()
    voicing: tuple[int, ...] = ()
    bass: int = 0


@dataclass(frozen=True, slots=True)
class Band:
    """Who plays along.

    Parameters
    ----------
    style : str
        One of `firmus.live.styles.STYLES`.
    meter : Meter
    parts : tuple of str
        Of ``"bass"``, ``"chords"`` and ``"drums"``.
    holds : bool
        Whether chords are held under the melody, as a harmony.

    Examples
    --------
    >>> band = Band("pop", Meter(0, 4, 4))
    >>> first = band.beat(Beat(-480, None), Chord(0, "C"), Chord(0, "C"), 0)
    >>> [(part, note.pitch) for part, note in first.notes]
    [('bass', 36), ('chords', 55), ('chords', 60), ('chords', 64), ('drums', 36), ('drums', 42), ('drums', 42)]
    >>> band.beat(first, Chord(1920, "F"), Chord(1920, "F"), 1920).voicing
    (57, 60, 65)
    """

    style: str
    meter: Meter
    parts: tuple[str, ...] = (BASS, CHORDS, DRUMS)
    holds: bool = False

    @property
    def patterns(self) -> Style:
        """Patterns of the style for the meter."""
        return HARMONY if self.holds else style(self.style, self.meter)

    def beat(
        self, before: Beat, chord: Chord | None, following: Chord | None, melody: int, loudness: float = 1.0
    ) -> Beat:
        """The beat after another one.

        Parameters
        ----------
        before : Beat
        chord, following : Chord or None
            Of this beat, and of the next one.
        melody : int
            Pitch that the player is on, 0 where none: chords stay off it.
        loudness : float
            Of the player, 1 is usual.
        """
        length = beat(self.meter)
        tick = before.tick + length
        place = tick % self.meter.bar // length
        changes = before.chord is None or chord is None or before.chord.text != chord.text
        level = min(max(loudness, SOFTEST), LOUDEST)
        notes = [(DRUMS, note) for note in self._drums(tick, place, level)]
        voicing, bass = before.voicing, before.bass
        if chord is not None and chord.pitch_classes:
            if changes or not voicing:
                voicing = voiced(chord, before.voicing, melody)
            played, bass = self._bass((tick, place), (chord, following or chord), bass, level, is_new=changes)
            notes = [
                *((BASS, note) for note in played),
                *((CHORDS, note) for note in self._chords((tick, place), voicing, level, is_new=changes)),
                *notes,
            ]
        kept = tuple((part, note) for part, note in notes if part in self.parts)
        return Beat(tick, chord, kept, voicing, bass)

    def _drums(self, tick: int, place: int, level: float) -> list[Note]:
        step = beat(self.meter) // self.patterns.steps
        return [
            Note(tick + at * step, LENGTH, key, _velocity(VELOCITY[DRUMS] + (ACCENT if letter == "X" else 0), level))
            for at, key, letter in self.patterns.drum_steps(place)
        ]

    def _bass(
        self, at: tuple[int, int], chords: tuple[Chord, Chord], before: int, level: float, *, is_new: bool
    ) -> tuple[list[Note], int]:
        """Notes of the bass, and the last of them."""
        (tick, place), (chord, following) = at, chords
        length = beat(self.meter)
        step, pattern = length // self.patterns.steps, word(self.patterns.bass, place)
        if (is_new or place == 0) and pattern[0] in ".358a":
            pattern = "1" + pattern[1:]
        notes = []
        for number, letter in enumerate(pattern):
            if letter == ".":
                continue
            before = self._bass_pitch(letter, chord, following, before)
            beats = 2 if letter == "R" and self.meter.bar // length - place >= 2 else 1
            until = next((later for later in range(number + 1, len(pattern)) if pattern[later] != "."), len(pattern))
            lasts = (until - number) * step + (beats - 1) * length
            velocity = VELOCITY[BASS] + (ACCENT // 3 if place == 0 and number == 0 else 0)
            notes.append(Note(tick + number * step, lasts - step // 8, before, _velocity(velocity, level)))
        return notes, before

    def _bass_pitch(self, letter: str, chord: Chord, following: Chord, before: int) -> int:
        root = pitch_class(chord.bass or chord.root)
        if letter == "a":
            target = nearest(pitch_class(following.bass or following.root), before or 40)
            tones = sorted(chord.pitch_classes, key=lambda tone: abs((tone - target + 6) % 12 - 6))
            near = next((tone for tone in tones if 0 < abs((tone - target + 6) % 12 - 6) <= 3), root)
            return nearest(near, target)
        third, fifth = (*chord.pitch_classes, root, root)[1:3]
        pitch = nearest({"3": third, "5": fifth}.get(letter, root), before or 40)
        return pitch + 12 if letter == "8" and pitch + 12 <= HIGHEST_BASS else pitch

    def _chords(self, at: tuple[int, int], voicing: tuple[int, ...], level: float, *, is_new: bool) -> list[Note]:
        tick, place = at
        length = beat(self.meter)
        step, pattern = length // self.patterns.steps, word(self.patterns.chords, place)
        if self.holds and is_new:
            pattern = "H" + pattern[1:]
        notes = []
        for number, letter in enumerate(pattern):
            if letter == ".":
                continue
            lasts = {"c": step, "C": length - number * step, "H": self.meter.bar - place * length}[letter]
            start, velocity = tick + number * step, _velocity(VELOCITY[CHORDS], level)
            notes += [Note(start, lasts - step // 8, pitch, velocity) for pitch in voicing]
        return notes


def nearest(tone: int, pitch: int) -> int:
    """Pitch of a pitch class that is nearest to another, in the range of a bass.

    Examples
    --------
    >>> nearest(7, 36), nearest(0, 47)
    (31, 48)
    """
    choices = [each for each in range(LOWEST_BASS, HIGHEST_BASS + 1) if each % 12 == tone]
    return min(choices, key=lambda each: (abs(each - pitch), each))


def voiced(chord: Chord, before: Sequence[int], melody: int) -> tuple[int, ...]:
    """Three notes of a chord, or four of a seventh chord, near those before and clear of the melody.

    Examples
    --------
    >>> voiced(Chord(0, "G", "7"), (55, 60, 64), 67)
    (53, 55, 59, 62)
    """
    wanted = set(chord.pitch_classes[:4])
    room = [pitch for pitch in range(LOWEST, HIGHEST + 1) if pitch % 12 in wanted and not 0 < melody - pitch <= 2]
    choices = [
        each
        for each in combinations(room, len(wanted))
        if len({pitch % 12 for pitch in each}) == len(wanted) and each[-1] - each[0] <= 14
    ]
    if not choices:  # the melody is in the way of one note
        return tuple(pitch for pitch in room if pitch < MIDDLE + 6)[:3]

    def movement(each: tuple[int, ...]) -> float:
        away = abs(sum(each) / len(each) - MIDDLE)
        crowded = sum(1.0 for low, high in pairwise(each) if high - low < 2)
        above = 2.0 * (melody > 0 and each[-1] > melody)
        moved = sum(min(abs(pitch - other) for other in before) for pitch in each) if before else 0
        return moved + 0.5 * away + 3 * crowded + above

    return min(choices, key=lambda each: (movement(each), each))


def _velocity(velocity: int, level: float) -> int:
    return min(max(round(velocity * level), 1), 127)
