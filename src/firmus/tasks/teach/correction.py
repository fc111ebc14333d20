"""A corrected version of an exercise: each faulty place is composed anew, and everything that is right stays.

Bar by bar, the voices that break a rule are opened, but for the highest, which is given; where that does not help, the
three lower ones, then the bar before as well. Of the candidates that Firmus composes the one that breaks the fewest
rules is taken, if it breaks fewer than what was there; of equals, the one that keeps the pupil's chords, then the most
notes. The chords of the exercise are given to the model, which likes to keep them, and may find better ones.
Counterpoint by species is corrected by search (`firmus.composing.rule_based.counterpoint`), without a model.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from firmus import tasks
from firmus._version import __version__
from firmus.analysis.part_writing import assess
from firmus.analysis.part_writing.harmony import sonorities
from firmus.analysis.part_writing.rules import REMARK, WEIGHTS
from firmus.analysis.part_writing.voices import Texture, read_voices
from firmus.composing.rule_based import counterpoint
from firmus.composing.styles import CHOIR
from firmus.pitch import note_name
from firmus.progress import Progress
from firmus.score import Chord, Note, Part, Score
from firmus.timing import bar_at, bars
from firmus.work import Brief, Origin, Work

STYLE = "chorale"
COUNT = 4  # candidates for each place
MOST_BARS = 16  # that are composed anew
Places = dict[int, set[int]]
"""Voices that break a rule, by the place of the bar."""


def in_voices(texture: Texture) -> Score:
    """The score of an exercise, a part for each voice: soprano, alto, tenor, bass; two voices keep their names."""
    score, parts = texture.score, []
    voices = CHOIR if len(texture.voices) == len(CHOIR) else [replace(CHOIR[0], name=name) for name in texture.names]
    for voice, tones in zip(voices, texture.voices, strict=True):
        notes = tuple(
            Note(tone.start, tone.end - tone.start, tone.pitch, score.parts[tone.part].notes[tone.note].velocity)
            for tone in tones
        )
        parts.append(Part(voice.name, notes, voice.program))
    return replace(score, parts=tuple(parts), chords=())


def correct(score: Score, seed: int = 1, progress: Progress | None = None) -> Work | None:
    """A version of an exercise in four voices that breaks fewer rules; None where none was found.

    Parameters
    ----------
    score : Score
        A part for each voice, highest first.
    seed : int
    progress : callable, optional
    """
    best: Work | None = None
    places = _places(score)
    for number, place in enumerate(sorted(places)[:MOST_BARS]):
        if progress:
            progress("correcting", number, min(len(places), MOST_BARS))
        current = best.score if best else score
        voices = _places(current).get(place)
        better = _composed_anew(current, place, voices, seed) if voices else None
        best = better or best
    return best


def correct_species(texture: Texture, species: int) -> Work | None:
    """A version of a counterpoint that breaks fewer rules of its species; None where none was found."""
    score = in_voices(texture)
    if not score.keys and texture.main_key:
        score = replace(score, keys=(replace(texture.main_key, start=0),))
    better = counterpoint.improved(score, species)
    if counterpoint.broken(better, species) >= counterpoint.broken(score, species):
        return None
    origin = Origin(
        firmus=__version__, model="rules", weights="", task="teach", seed=0, brief={}, ai_generated=False
    )  # fmt: skip
    return Work(better, origin)


def penalty(score: Score) -> int:
    """How many rules are broken, weighed by how grave that is."""
    return sum(WEIGHTS[finding.severity] for finding in assess(score))


def _places(score: Score) -> Places:
    """Where rules are broken, and by which voices, remarks apart."""
    every, found = bars(score), Places()
    for finding in assess(score):
        if finding.severity != REMARK:
            found.setdefault(bar_at(every, finding.tick), set()).update(finding.voices)
    return found


def _composed_anew(score: Score, place: int, voices: set[int], seed: int) -> Work | None:
    """The best of the versions in which a bar is composed anew; None where none is better than the score."""
    limit = penalty(score)
    best: tuple[int, ...] = (limit,)
    chords = _chords(score)
    found: Work | None = None
    for first, opened in _attempts(place, voices):
        numbers = [bar.number for bar in bars(score)[first : place + 1]]
        names = [score.parts[voice].name for voice in opened]
        for work in _infilled(score, numbers, names, seed):
            rank = (
                penalty(work.score),
                len(chords.items() - _chords(work.score).items()),
                _changed(score, work.score),
            )
            if rank < best and rank[0] < limit:
                best, found = rank, work
        if found is not None and place not in _places(found.score):
            break
    return found


def _attempts(place: int, voices: set[int]) -> Iterator[tuple[int, tuple[int, ...]]]:
    """First bar and voices that are opened, from the least to the most."""
    lower = (1, 2, 3)
    own = tuple(voice for voice in lower if voice in voices)
    if own and own != lower:
        yield place, own
    yield place, lower
    if place:
        yield place - 1, lower
    if 0 in voices:
        yield place, (0, *lower)


def _infilled(score: Score, numbers: list[int], names: list[str], seed: int) -> list[Work]:
    verb = tasks.verb("infill")
    asked = f"{numbers[0]}-{numbers[-1]}"
    brief = Brief(
        source=replace(score, chords=_symbols(score)),
        bars=asked,
        parts=tuple(names),
        style=STYLE,
        count=COUNT,
        seed=seed,
    )
    works: list[Work] = verb.perform(verb.commission(brief))
    return [replace(work, score=replace(work.score, chords=())) for work in works]


def _symbols(score: Score) -> tuple[Chord, ...]:
    """Chord symbols of an exercise, one where the chord changes."""
    centre = (score.keys[0].signature if score.keys else 0) + 1
    symbols: list[Chord] = []
    for tick, (root, quality) in _chords(score).items():
        name = note_name((root * 7 - centre + 5) % 12 - 5 + centre)
        if not symbols or (symbols[-1].root, symbols[-1].quality) != (name, quality):
            symbols.append(Chord(tick, name, quality))
    return tuple(symbols)


def _chords(score: Score) -> dict[int, tuple[int, str]]:
    """Root (pitch class) and quality of the chord on each beat that has one."""
    return {each.tick: (each.root, each.quality) for each in sonorities(read_voices(score))}


def _changed(score: Score, other: Score) -> int:
    """Notes of a score that another does not have."""
    return sum(len(set(one.notes) - set(two.notes)) for one, two in zip(score.parts, other.parts, strict=True))
