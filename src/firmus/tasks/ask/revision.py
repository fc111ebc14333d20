"""Revisions in which no note is composed anew: another tempo, key, title, or other instruments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from firmus.analysis import keys
from firmus.brief_fields import LIMITS
from firmus.composing.selection import bar_spans
from firmus.errors import InvalidBrief
from firmus.render.instruments import program_number
from firmus.score import Key, Note, Part, Score

MINOR, MAJOR = {4: 3, 9: 8}, {3: 4, 8: 9, 10: 11}
"""Steps above the tonic, in semitones, that another mode has elsewhere; a minor key keeps its leading tone."""


def at_tempo(score: Score, bpm: float) -> Score:
    """A score that begins at another tempo; those that follow keep their proportion.

    Examples
    --------
    >>> at_tempo(Score(), 96).tempi[0].bpm
    96.0
    """
    limits = LIMITS["tempo"]
    if not limits.hold(bpm):
        raise InvalidBrief(f"tempo {bpm:g} must be {limits.low:g} to {limits.high:g} quarter notes a minute")
    factor = bpm / score.tempi[0].bpm
    changed = (min(max(tempo.bpm * factor, limits.low), limits.high) for tempo in score.tempi)
    return replace(
        score, tempi=tuple(replace(tempo, bpm=round(bpm, 3)) for tempo, bpm in zip(score.tempi, changed, strict=True))
    )


def in_key(score: Score, key: Key) -> Score:
    """A score transposed into another key, the shorter way; into another mode, its thirds, sixths and sevenths move.

    Chord symbols are left out where the mode changes, as they would be others.

    Raises
    ------
    InvalidBrief
        Where the score has no key, or a note would leave the range of MIDI.

    Examples
    --------
    >>> tune = Score((Part("", (Note(0, 480, 64), Note(480, 480, 60))),), keys=(Key(0, "C"),))
    >>> [note.pitch for note in in_key(tune, Key.parse("A minor")).parts[0].notes]
    [60, 57]
    """
    estimate = None if score.keys else keys.estimate(score)
    own = score.keys[0] if score.keys else estimate.key if estimate else None
    if own is None:
        raise InvalidBrief(f"key {key.text!r}: the piece has no key from which to transpose it")
    shift = (key.pitch_class - own.pitch_class + 6) % 12 - 6
    pitches = [note.pitch + shift for part in score.parts if not part.is_drums for note in part.notes]
    if pitches and not 0 <= min(pitches) <= max(pitches) <= 127:
        raise InvalidBrief(f"key {key.text!r}: a note would leave the range of MIDI, 0 to 127")
    moved = replace(score.transposed(shift), title=_titled(score.title, own, key))
    if own.mode == key.mode:
        first = replace(key, start=moved.keys[0].start if moved.keys else 0)
        return replace(moved, keys=(first, *moved.keys[1:]))
    steps = MINOR if key.mode == "minor" else MAJOR

    def turned(note: Note) -> Note:
        step = (note.pitch - key.pitch_class) % 12
        return replace(note, pitch=note.pitch + steps.get(step, step) - step)

    parts = tuple(
        part if part.is_drums else replace(part, notes=tuple(sorted(map(turned, part.notes)))) for part in moved.parts
    )
    return replace(moved, parts=parts, keys=(replace(key, start=0),), chords=())


def _titled(title: str, own: Key, key: Key) -> str:
    """A title that names the key, with another."""
    named = f" in {own.text}"
    return title.removesuffix(named) + f" in {key.text}" if title.endswith(named) else title


def with_instruments(score: Score, names: Sequence[str], own: Sequence[str]) -> Score:
    """A score whose parts are those named: its own, or, in the place of one, another instrument.

    Parameters
    ----------
    score : Score
    names : sequence of str
        Parts after the change.
    own : sequence of str
        What the score's parts are called.
    """
    if len(names) == len(own):
        parts = [
            part if new == old else played_by(part, new) for part, new, old in zip(score.parts, names, own, strict=True)
        ]
        return replace(score, parts=tuple(parts))
    return replace(score, parts=tuple(score.parts[own.index(name)] for name in names))


def resting(score: Score, bars: str, places: Sequence[int]) -> Score:
    """A score in which some parts play nothing in some bars; a note that is held into them ends before them.

    Parameters
    ----------
    score : Score
    bars : str
        As a Brief has them, such as ``"5-8"``.
    places : sequence of int

    Examples
    --------
    >>> line = Part("Cello", tuple(Note(960 * place, 960, 48) for place in range(6)))
    >>> [(note.start, note.duration) for note in resting(Score((line,)), "2", [0]).parts[0].notes]
    [(0, 960), (960, 960), (3840, 960), (4800, 960)]
    """
    spans = bar_spans(score, bars)

    def played(note: Note) -> Note | None:
        if any(start <= note.start < stop for start, stop in spans):
            return None
        end = min((start for start, stop in spans if note.start < start < note.end), default=note.end)
        return replace(note, duration=end - note.start)

    return replace(
        score,
        end=score.end,
        parts=tuple(
            replace(part, notes=tuple(filter(None, map(played, part.notes)))) if place in places else part
            for place, part in enumerate(score.parts)
        ),
    )


def with_part(score: Score, name: str) -> Score:
    """A score with an empty part more, above its drums."""
    first_drums = next((place for place, part in enumerate(score.parts) if part.is_drums), len(score.parts))
    added = played_by(Part(name), name)
    return replace(score, parts=(*score.parts[:first_drums], added, *score.parts[first_drums:]))


def played_by(part: Part, name: str) -> Part:
    """A part, played by another instrument."""
    if name in ("drums", "percussion"):
        return replace(part, name=name.title(), is_drums=True)
    return replace(part, name=name.title(), program=program_number(name), is_drums=False)
