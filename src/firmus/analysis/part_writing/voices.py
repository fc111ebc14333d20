"""The voices of a Score, highest first, and what each of them sings at every onset.

A part with several notes at once (two voices on a staff) is divided into as many voices as sound together: of notes
that begin at once the highest is the highest voice's. A Score has no spelling: `firmus.notation.spelling` names notes.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from firmus.analysis.keys import main_and_regions
from firmus.notation.spelling import Spelling, spell
from firmus.score import Key, Note, Score
from firmus.timing import bars, beat

LETTERS = "CDEFGAB"
LEAST_SURE = 0.5  # confidence of a key area from which on it counts


class Tone(NamedTuple):
    """A note of a voice: its ticks, pitch, diatonic place (7 to the octave), and where in the Score it is."""

    start: int
    end: int
    pitch: int
    place: int
    part: int
    note: int


class Interval(NamedTuple):
    """From one tone to another: diatonic steps, and semitones; negative downwards.

    Examples
    --------
    >>> Interval(4, 7).is_perfect(7), Interval(11, 19).is_perfect(7), Interval(5, 7).is_perfect(7)
    (True, True, False)
    """

    steps: int
    semitones: int

    def is_perfect(self, size: int) -> bool:
        """Whether it is a perfect fifth (7) or an octave or unison (0), compound or not."""
        return abs(self.semitones) % 12 == size and abs(self.steps) % 7 == {7: 4, 0: 0, 5: 3}[size]

    @property
    def alteration(self) -> int:
        """Semitones wider (above 0: augmented) than the perfect or major interval; narrower below 0."""
        steps, semitones = abs(self.steps), self.semitones if self.steps >= 0 else -self.semitones
        return semitones - 12 * (steps // 7) - (0, 2, 4, 5, 7, 9, 11)[steps % 7]

    @property
    def is_augmented(self) -> bool:
        """Whether it is wider than perfect or major."""
        return self.alteration > 0

    @property
    def is_diminished(self) -> bool:
        """Whether it is narrower than perfect or minor."""
        return self.alteration < (0 if abs(self.steps) % 7 in (0, 3, 4) else -1)


def interval(one: Tone, other: Tone) -> Interval:
    """From one tone to another."""
    return Interval(other.place - one.place, other.pitch - one.pitch)


Moment = tuple[int, tuple[Tone | None, ...]]
"""A tick, and what each voice sounds there."""


@dataclass(frozen=True)
class Texture:
    """Voices (highest first) of a Score, each a line of tones that do not overlap."""

    score: Score
    voices: tuple[tuple[Tone, ...], ...]
    names: tuple[str, ...]

    @cached_property
    def spelled(self) -> list[list[Spelling]]:
        """Name of every note of every part."""
        return spell(self.score)

    @cached_property
    def moments(self) -> list[Moment]:
        """What sounds at every tick at which a tone begins."""
        ticks = sorted({tone.start for voice in self.voices for tone in voice})
        return [(tick, tuple(self.at(voice, tick) for voice in range(len(self.voices)))) for tick in ticks]

    @cached_property
    def beats(self) -> list[Moment]:
        """What sounds on every beat on which all voices sound, and a tone begins or not."""
        found = []
        for bar in bars(self.score):
            step = beat(bar.meter)
            for tick in range(bar.start + (-bar.place) % step, bar.end, step):
                tones = tuple(self.at(voice, tick) for voice in range(len(self.voices)))
                if all(tones) and any(tone.start == tick for tone in tones if tone):
                    found.append((tick, tones))
        return found

    def at(self, voice: int, tick: int) -> Tone | None:
        """What a voice sounds at a tick."""
        place = self.place(voice, tick)
        return self.voices[voice][place] if place >= 0 and self.voices[voice][place].end > tick else None

    def place(self, voice: int, tick: int) -> int:
        """Which tone of a voice began last at a tick; -1 for none."""
        return bisect_right(self._starts[voice], tick) - 1

    def key(self, tick: int) -> Key | None:
        """The key in force; None where it is not sure."""
        before = [area for area in self._areas if area.start <= tick]
        return before[-1].key if before and before[-1].confidence >= LEAST_SURE else None

    @cached_property
    def main_key(self) -> Key | None:
        """The key that the score writes, else the one estimated."""
        estimated, _ = main_and_regions(self.score)
        return self.score.keys[0] if self.score.keys else estimated.key if estimated else None

    @cached_property
    def _starts(self) -> list[list[int]]:
        return [[tone.start for tone in voice] for voice in self.voices]

    @cached_property
    def _areas(self) -> list[Area]:
        return [Area(each.start, each.key, each.confidence) for each in main_and_regions(self.score)[1]]


class Area(NamedTuple):
    """A key from a tick on, and how sure it is."""

    start: int
    key: Key
    confidence: float


def read_voices(score: Score) -> Texture:
    """The voices of a Score, highest on the mean first.

    Examples
    --------
    >>> from firmus.score import Note, Part
    >>> staff = Part("Upper", (Note(0, 480, 72), Note(0, 480, 67), Note(480, 480, 71), Note(480, 480, 67)))
    >>> texture = read_voices(Score((staff,)))
    >>> texture.names, [[tone.pitch for tone in voice] for voice in texture.voices]
    (('Upper 1', 'Upper 2'), [[72, 71], [67, 67]])
    """
    spelled = spell(score)
    found: list[tuple[float, str, tuple[Tone, ...]]] = []
    for number, part in enumerate(score.parts):
        if part.is_drums or not part.notes:
            continue
        name = part.name or f"part {number + 1}"
        lines = _lines(part.notes)
        for line, indices in enumerate(lines, 1):
            tones = []
            for index in indices:
                letter, _, octave = spelled[number][index]
                note = part.notes[index]
                place = 7 * octave + LETTERS.index(letter)
                tones.append(Tone(note.start, note.end, note.pitch, place, number, index))
            mean = sum(tone.pitch for tone in tones) / len(tones)
            found.append((mean, f"{name} {line}" if len(lines) > 1 else name, _without_overlaps(tones)))
    found.sort(key=lambda each: -each[0])
    return Texture(score, tuple(tones for *_, tones in found), tuple(name for _, name, _ in found))


def _lines(notes: tuple[Note, ...]) -> list[list[int]]:
    """Indices of the notes of each voice of a part: a note goes to the free voice that is nearest in pitch."""
    by_start: dict[int, list[int]] = {}
    for index, note in enumerate(notes):
        by_start.setdefault(note.start, []).append(index)
    count = max(sum(other.start <= note.start < other.end for other in notes[max(0, index - 16) : index + 16])
                for index, note in enumerate(notes))  # fmt: skip
    lines: list[list[int]] = [[] for _ in range(count)]
    ends = [0] * count
    for start in sorted(by_start):
        group = sorted(by_start[start], key=lambda index: -notes[index].pitch)
        free = [line for line in range(count) if ends[line] <= start]
        if len(group) < len(free):
            free = _nearest(notes, lines, group, free)
        for index, line in zip(group, free, strict=False):
            lines[line].append(index)
            ends[line] = notes[index].end
    return [line for line in lines if line]


def _nearest(notes: tuple[Note, ...], lines: list[list[int]], group: list[int], free: list[int]) -> list[int]:
    """As many of the free voices as there are notes, in order, each near to what it sang last."""
    chosen: list[int] = []
    for place, index in enumerate(group):
        left = [line for line in free if line not in chosen and (not chosen or line > chosen[-1])]
        left = left[: len(left) - (len(group) - place - 1)]
        last = {line: notes[lines[line][-1]].pitch if lines[line] else 127 - 16 * line for line in left}
        chosen.append(min(left, key=lambda line: abs(last[line] - notes[index].pitch)))
    return chosen


def _without_overlaps(tones: list[Tone]) -> tuple[Tone, ...]:
    """A line of which each tone ends where the next begins, at the latest."""
    following = [tone.start for tone in tones[1:]] + [tones[-1].end]
    return tuple(tone._replace(end=min(tone.end, start)) for tone, start in zip(tones, following, strict=True))
