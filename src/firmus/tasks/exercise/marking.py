"""Marking an answer: a name, a melody written down or played, four voices or a counterpoint."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from firmus.analysis.figured_bass import figured, plain
from firmus.analysis.part_writing import assess
from firmus.analysis.part_writing.rules import FAULT, WEIGHTS, Finding
from firmus.analysis.part_writing.voices import read_voices
from firmus.analysis.performance import align
from firmus.composing.levels import breaches, level
from firmus.errors import InvalidBrief, unknown
from firmus.notation.spelling import name, spelled
from firmus.score import TICKS_PER_QUARTER, Note, Part, Score
from firmus.tasks.exercise.exercises import RHYTHMS, SMALL_LEAP, Exercise, interval_name
from firmus.timing import bar_at, bars
from firmus.translation import translate

PASSED = 0.85  # share of the notes that are right, of an answer that counts as right
ROUNDS = 20  # points of broken rules that leave nothing


@dataclass(frozen=True, slots=True)
class Mark:
    """What an answer is worth.

    Parameters
    ----------
    share : float
        0 to 1.
    is_right : bool
    wrong : tuple of str
        Skills that went wrong.
    remarks : tuple of str
        What is wrong where, in English.
    """

    share: float
    is_right: bool
    wrong: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "share": round(self.share, 3),
            "right": self.is_right,
            "wrong": list(self.wrong),
            "remarks": list(self.remarks),
        }


def mark(exercise: Exercise, answer: str | Score) -> Mark:
    """Mark an answer.

    Parameters
    ----------
    exercise : Exercise
    answer : str or Score
        A name where one is asked for, else music.

    Raises
    ------
    InvalidBrief
        Where it is no answer to this exercise.

    Examples
    --------
    >>> from firmus.tasks.exercise.kinds import exercise
    >>> asked = exercise("chord", level=1, seed=3)
    >>> mark(asked, asked.answer).is_right
    True
    """
    if exercise.answer:
        if isinstance(answer, Score):
            raise InvalidBrief(f"{exercise.kind}: the answer is a name, one of {', '.join(exercise.choices)}")
        return _named(exercise, answer)
    if not isinstance(answer, Score):
        raise InvalidBrief(f"{exercise.kind}: the answer is music: give a file, such as MusicXML or MIDI")
    if not any(part.notes for part in answer.parts):
        raise InvalidBrief("the answer has no notes: there is nothing to mark")
    marker = {
        "sight-reading": _played,
        "piano-reading": _played,
        "melodic-dictation": _dictated,
        "rhythmic-dictation": _dictated,
        "call-and-response": _responded,
        "counterpoint": _against_cantus,
    }.get(exercise.kind, _four_parts)
    return marker(exercise, answer)


def choice(answer: str, choices: Collection[str]) -> str:
    """The choice that is meant, in English or Chinese.

    Raises
    ------
    InvalidBrief

    Examples
    --------
    >>> choice("Minor-Third", ("minor third", "octave"))
    'minor third'
    """
    wanted = " ".join(answer.strip().lower().replace("-", " ").replace("_", " ").split())
    for each in choices:
        if wanted in (each.replace("-", " "), each.removesuffix(" triad"), f"{each} cadence", translate(each, "zh")):
            return each
    raise InvalidBrief(unknown("answer", answer[:60], choices))


def _named(exercise: Exercise, answer: str) -> Mark:
    given = choice(answer, exercise.choices)
    if given == exercise.answer:
        return Mark(1.0, True)
    skill = exercise.skills[0].split()[0]
    return Mark(0.0, False, (exercise.skills[0], f"{skill} {given}"), (f"{given}: it is {exercise.answer}",))


def _dictated(exercise: Exercise, answer: Score) -> Mark:
    """Each note in its place, with its length and, but for a rhythm, its pitch."""
    is_rhythm = exercise.kind == "rhythmic-dictation"

    def signs(score: Score) -> dict[tuple[int, int, int], Note]:
        return {
            (note.start, note.duration, 0 if is_rhythm else note.pitch): note
            for part in score.parts
            for note in part.notes
        }

    asked, given = signs(exercise.key), signs(answer)
    missed = [note for sign, note in asked.items() if sign not in given]
    right = len(asked) - len(missed)
    share = 2 * right / (len(asked) + len(given))
    return Mark(share, share >= PASSED, _skills_of(exercise, missed), _places(exercise.key, missed))


def _played(exercise: Exercise, answer: Score) -> Mark:
    """Notes that were played, in their order, whatever the tempo."""
    found = align(exercise.key, answer)
    matched = {(pair.written.part, pair.written.note) for pair in found.matched}
    parts = enumerate(exercise.key.parts)
    missed = [note for at, part in parts for place, note in enumerate(part.notes) if (at, place) not in matched]
    is_right = found.agreement >= PASSED
    return Mark(found.agreement, is_right, _skills_of(exercise, missed), _places(exercise.key, missed))


def _skills_of(exercise: Exercise, missed: list[Note]) -> tuple[str, ...]:
    """Skills that missed notes need: their lengths, the leaps to them; else the key."""
    notes, found = exercise.key.parts[0].notes, dict[str, None]()
    for one, two in pairwise(notes):
        if two in missed and abs(two.pitch - one.pitch) > SMALL_LEAP:
            found[f"leap {interval_name(one.pitch, two.pitch, exercise.key)}"] = None
        if two in missed and two.start > one.end:
            found["rhythm rests"] = None
    for note in missed:
        length = note.duration / TICKS_PER_QUARTER
        if length in RHYTHMS:
            found[RHYTHMS[length]] = None
    known = tuple(each for each in found if each in exercise.skills)
    return known or (exercise.skills[:1] if missed else ())


def _places(score: Score, missed: list[Note]) -> tuple[str, ...]:
    every, key = bars(score), score.keys[0]
    return tuple(
        f"bar {every[bar_at(every, note.start)].number}: {name(spelled(note.pitch, key))} is missed" for note in missed
    )


def _responded(exercise: Exercise, answer: Score) -> Mark:
    """A response within the level, as long as the call, that ends on the tonic."""
    key, every = exercise.key, bars(exercise.key)
    half = every[len(every) // 2].start
    notes = answer.parts[0].notes
    call = [(note.start, note.pitch) for note in key.parts[0].notes if note.start < half]
    if [(note.start, note.pitch) for note in notes[: len(call)]] == call:
        notes = notes[len(call) :]
    elif notes[0].start < half:  # written alone
        half = 0
    if not notes:
        raise InvalidBrief("the answer ends with the call: write the response after it, or alone")
    shifted = tuple(
        Note(note.start - half, note.duration, note.pitch, note.velocity) for note in notes if note.start >= half
    )
    response = Score((Part("", shifted),), meters=key.meters, keys=key.keys)
    length, wanted = response.end, key.end - every[len(every) // 2].start
    remarks = [f"beyond the level: {each}" for each in dict.fromkeys(breaches(response, level(exercise.level)))]
    checks = {
        "the response does not end on the tonic": shifted[-1].pitch % 12 == key.keys[0].pitch_class,
        "the response is not as long as the call": abs(length - wanted) <= every[0].meter.bar // 2,
    }
    remarks += [text for text, is_kept in checks.items() if not is_kept]
    share = max(0.0, 1 - len(remarks) / 4)
    wrong = ("response close",) if "the response does not end on the tonic" in remarks else ()
    return Mark(share, not remarks, wrong or (exercise.skills[:1] if remarks else ()), tuple(remarks))


def _four_parts(exercise: Exercise, answer: Score) -> Mark:
    """What is given kept, no rule broken; the chords of the figures where there are any."""
    findings = assess(answer)
    texture = read_voices(answer)
    is_bass = exercise.kind == "figured-bass"
    given = exercise.key.parts[-1 if is_bass else 0].notes
    kept = [(note.start, note.pitch) for note in given]
    written = [(tone.start, tone.pitch) for tone in texture.voices[-1 if is_bass else 0]]
    remarks = [] if kept == written else ["the given bass was changed" if is_bass else "the given melody was changed"]
    wrong: list[str] = []
    if is_bass and kept == written:
        found = dict(figured(texture, exercise.key.keys[0]) or ())
        for tick, asked in exercise.figures:
            if found.get(tick) != asked:
                remarks.append(f"bar {_bar(exercise.key, tick)}: the figures {asked} are not kept")
                wrong.append(f"figure {plain(asked)}")
    return _by_rules(findings, remarks, wrong, exercise)


def _against_cantus(exercise: Exercise, answer: Score) -> Mark:
    """The cantus kept, and no rule of its species broken."""
    findings = assess(answer, exercise.species)
    cantus = [(note.start, note.pitch) for note in exercise.key.parts[1].notes]
    is_kept = any([(note.start, note.pitch) for note in part.notes] == cantus for part in answer.parts)
    return _by_rules(findings, [] if is_kept else ["the cantus was changed"], [], exercise)


def _by_rules(findings: tuple[Finding, ...], remarks: list[str], wrong: list[str], exercise: Exercise) -> Mark:
    grave = [each for each in findings if WEIGHTS[each.severity]]
    lost = sum(WEIGHTS[each.severity] for each in grave) + 4 * len(remarks)
    remarks += [f"bar {_bar(exercise.key, each.tick)}: {each.rule}" for each in grave]
    wrong += [f"rule {each.rule}" for each in grave]
    is_right = not any(each.severity == FAULT for each in grave) and len(remarks) == len(grave)
    return Mark(max(0.0, 1 - lost / ROUNDS), is_right, tuple(dict.fromkeys(wrong)), tuple(remarks))


def _bar(score: Score, tick: int) -> int:
    every = bars(score)
    return every[bar_at(every, tick)].number
