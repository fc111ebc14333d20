"""An exercise: what a pupil sees, hears and is asked, the answer, and which skills it needs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firmus._version import __version__
from firmus.notation.spelling import spelled
from firmus.score import TICKS_PER_QUARTER, Note, Part, Score
from firmus.timing import beat
from firmus.work import Origin, Work

if TYPE_CHECKING:
    from firmus.tasks.exercise.marking import Mark

PIANO, CHOIR = 0, 52  # programs
EVEN = 80  # velocity of what is printed without marks of loudness
SPACING = 10_007  # of the seeds of candidates
SMALL_LEAP = 4  # semitones above which an interval is a leap to practise
RHYTHMS = {
    0.25: "rhythm sixteenths", 0.5: "rhythm eighths", 0.75: "rhythm dotted eighths", 1.5: "rhythm dotted quarters",
}  # fmt: skip
"""Skills by the length of notes, in quarters."""
TITLES = {
    "sight-reading": "Sight reading, level {level}",
    "piano-reading": "Piano reading, level {level}",
    "melodic-dictation": "Melodic dictation, level {level}",
    "rhythmic-dictation": "Rhythmic dictation, level {level}",
    "call-and-response": "Call and response, level {level}",
    "interval": "Interval, level {level}",
    "chord": "Chord, level {level}",
    "cadence": "Cadence, level {level}",
    "figured-bass": "Figured bass, level {level}",
    "harmonisation": "Harmonisation, level {level}",
    "counterpoint": "Counterpoint, level {level}",
}


@dataclass(frozen=True, slots=True)
class Exercise:
    """One exercise.

    Parameters
    ----------
    kind : str
        Such as ``"sight-reading"``; see `firmus.tasks.exercise.kinds`.
    level, seed : int
        The same kind, level and seed give the same exercise.
    work : Work
        The answer as music, with its origin.
    sheet : Score or None
        What is printed; None where nothing is.
    sound : Score or None
        What is played; None where nothing is.
    answer : str
        The answer where it is a name; ``""`` where it is music.
    choices : tuple of str
        Names among which to choose.
    skills : tuple of str
        What it needs, such as ``"meter 6/8"``, ``"interval minor third"``.
    figures : tuple of (int, str)
        Of a figured bass: tick and figures.
    species : int
        Of counterpoint; 0 of all else.
    """

    kind: str
    level: int
    seed: int
    work: Work
    sheet: Score | None = None
    sound: Score | None = None
    answer: str = ""
    choices: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    figures: tuple[tuple[int, str], ...] = field(default=())
    species: int = 0

    @property
    def key(self) -> Score:
        """The answer as music."""
        return self.work.score

    @property
    def title(self) -> str:
        """In English, such as ``"Sight reading, level 3"``."""
        return TITLES[self.kind].format(level=self.level)

    def save(self, folder: str | PathLike[str], *, force: bool = False) -> list[Path]:
        """Write its sheet, sound, page and answer key; see `firmus.tasks.exercise.sheets`.

        Raises
        ------
        OutputExists
        """
        from firmus.tasks.exercise import sheets

        return sheets.save(self, Path(folder), force=force)

    def mark(self, answer: str | Score, *, pupil: str | None = None) -> Mark:
        """Mark an answer, a name or music, and keep it in a pupil's record.

        Raises
        ------
        InvalidBrief, FormatError
        """
        from firmus.tasks.exercise import lessons

        return lessons.answer(self, answer, pupil)[0]

    def as_dict(self) -> dict[str, Any]:
        """Plain values, the answer among them; ``docs/teaching.md`` describes them."""
        score = self.key
        return {
            "format": "firmus-exercise",
            "kind": self.kind,
            "level": self.level,
            "seed": self.seed,
            "title": self.title,
            "key": score.keys[0].text,
            "meter": score.meters[0].text,
            "tempo": round(score.tempi[0].bpm, 1),
            "skills": list(self.skills),
            "choices": list(self.choices),
            "answer": self.answer,
            "figures": [[tick, text] for tick, text in self.figures],
            "species": self.species,
        }


def seed_of(seed: int, further: int = 0) -> int:
    """The seed of the first candidate of an exercise: those of the next seed are others."""
    return (seed * SPACING + further) % 2**63


def by_rule(number: int, seed: int, score: Score) -> Work:
    """A work that rules made, not a model: what is drawn for the ear, a line of counterpoint."""
    origin = Origin(
        firmus=__version__, model="rules", weights="", task="exercise", seed=seed, ai_generated=False,
        brief={"level": number, "seed": seed},
    )  # fmt: skip
    return Work(score, origin)


def alone(part: Part, score: Score, **fields: Any) -> Score:
    """A score of one part, evenly loud, without chord symbols and marks of the form."""
    even = replace(part, notes=tuple(replace(note, velocity=EVEN) for note in part.notes))
    usual: dict[str, Any] = {"parts": (even,), "chords": (), "sections": (), "title": ""}
    return replace(score, **usual | fields)


def melody_skills(score: Score) -> tuple[str, ...]:
    """What a melody needs: its key, its meter, its rhythms, its leaps."""
    notes, key, meter = score.parts[0].notes, score.keys[0], score.meters[0]
    lengths = {note.duration / TICKS_PER_QUARTER for note in notes}
    found = [f"key {key.text}", f"meter {meter.text}"]
    found += [name for length, name in RHYTHMS.items() if length in lengths]
    if any(two.start > one.end for one, two in pairwise(notes)):
        found.append("rhythm rests")
    pulse = beat(meter)
    places = [(note.start - score.pickup) % meter.bar % pulse for note in notes]
    if any(place * 2 == pulse == note.duration for place, note in zip(places, notes, strict=True)):
        found.append("rhythm syncopation")
    for one, two in pairwise(notes):
        name = f"leap {interval_name(one.pitch, two.pitch, score)}"
        if abs(two.pitch - one.pitch) > SMALL_LEAP and name not in found:
            found.append(name)
    return tuple(found)


INTERVALS = (
    "unison", "minor second", "major second", "minor third", "major third", "perfect fourth", "tritone",
    "perfect fifth", "minor sixth", "major sixth", "minor seventh", "major seventh", "octave", "minor ninth",
    "major ninth", "minor tenth", "major tenth",
)  # fmt: skip
"""Names of intervals by semitones."""


def interval_name(one: int, two: int, score: Score) -> str:
    """Name of the interval between two pitches; of six semitones, ``"tritone"``."""
    size = abs(two - one)
    return INTERVALS[size] if size < len(INTERVALS) else f"{spelled(two, score.keys[0])}"


def struck(pitches: tuple[int, ...], start: int, duration: int, velocity: int = 72) -> tuple[Note, ...]:
    """Notes of a chord."""
    return tuple(Note(start, duration, pitch, velocity) for pitch in sorted(pitches))
