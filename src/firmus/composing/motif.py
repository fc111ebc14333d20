"""Developing a motif: sequence, inversion and the like, in the scale of the key.

=============== ===================================================================================================
sequence        a step higher; the second time a step lower, then two steps higher ...
inversion       intervals turned round its first note: what rose falls; in the octave that is nearest to it
retrograde      its pitches from the last to the first, in its rhythm
augmentation    twice as slow
diminution      twice as fast, and again a step higher
fragmentation   its first half, and that again a step higher
return          as it was
=============== ===================================================================================================

Steps are those of the scale (tonal, not real, transposition); a note outside it keeps its alteration. Terms as in A.
Schoenberg, *Fundamentals of Musical Composition* (1967), chapter III.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from firmus.analysis.keys import estimate as estimate_key
from firmus.composing.selection import Spans
from firmus.harmony import Key
from firmus.score import Note, Part, Score

Notes = tuple[Note, ...]


def transformed(notes: Notes, way: str, key: Key, length: int, time: int = 0) -> Notes:
    """The motif, transformed; it begins at tick 0, as `notes` do.

    Parameters
    ----------
    notes : tuple of Note
        Of `length` ticks.
    way : str
        One of `firmus.brief_fields.TRANSFORMATIONS`.
    key : Key
    length : int
    time : int
        How often this way was taken before.

    Examples
    --------
    >>> motif = (Note(0, 480, 60), Note(480, 480, 64), Note(960, 960, 67))
    >>> [note.pitch for note in transformed(motif, "sequence", Key.parse("C major"), 1920)]
    [62, 65, 69]
    >>> [note.pitch for note in transformed(motif, "inversion", Key.parse("C major"), 1920)]
    [72, 69, 65]
    """
    ways: dict[str, Callable[[], Notes]] = {
        "sequence": lambda: _shifted(notes, key, (time // 2 + 1) * (-1 if time % 2 else 1)),
        "inversion": lambda: _inverted(notes, key),
        "retrograde": lambda: tuple(
            replace(note, pitch=other.pitch) for note, other in zip(notes, reversed(notes), strict=True)
        ),
        "augmentation": lambda: _stretched(notes, 2, 1),
        "diminution": lambda: _twice(_stretched(notes, 1, 2), key, length // 2),
        "fragmentation": lambda: _twice(_cut(notes, length // 2), key, length // 2),
        "return": lambda: notes,
    }
    return ways[way]()


def in_key(notes: Notes, key: Key, other: Key) -> Notes:
    """Notes of a key in another: each on the same step of its scale, in the nearest octave.

    Examples
    --------
    >>> motif = (Note(0, 480, 60), Note(480, 480, 64), Note(960, 960, 69))
    >>> [note.pitch for note in in_key(motif, Key.parse("C major"), Key.parse("C minor"))]
    [60, 63, 68]
    >>> [note.pitch for note in in_key(motif, Key.parse("C major"), Key.parse("G major"))]
    [55, 59, 64]
    """
    far = (other.pitch_class - key.pitch_class + 6) % 12 - 6
    home = key.transposed(far)
    moved = []
    for note in notes:
        degree, above = _degree(note.pitch + far, home)
        steps = _steps_from_tonic(home), _steps_from_tonic(other)
        moved.append(replace(note, pitch=min(max(_pitch(degree - steps[0] + steps[1], above, other), 0), 127)))
    return tuple(moved)


def _steps_from_tonic(key: Key) -> int:
    """Index of the tonic in the scale in order."""
    return _scale(key).index(key.pitch_class)


def laid_out(source: Score, part: Part, bars: int, count: int, ways: Sequence[str]) -> tuple[Score, Spans]:
    """A score of `count` bars in which a motif is developed, and the spans between that are open.

    The motif stands at the beginning; after as many open bars as it has follow, in turn, its transformations, each
    with open bars behind it.

    Parameters
    ----------
    source : Score
        Its first `bars` bars are the motif.
    part : Part
        Of the source, which has it.
    bars, count : int
    ways : sequence of str
        Of `firmus.brief_fields.TRANSFORMATIONS`, over again.
    """
    meter = source.meters[0]
    length = bars * meter.bar
    estimate = estimate_key(source)
    key = source.keys[0] if source.keys else estimate.key if estimate else Key(0, "C")
    motif = _cut(part.notes, length)
    notes, spans, start, turn = list(motif), list[tuple[int, int]](), length, 0
    taken: Counter[str] = Counter()
    while start < count * meter.bar:
        stop = min(start + length, count * meter.bar)
        way = ways[turn % len(ways)]
        following = length_of(way, length)
        is_last = stop + following + length > count * meter.bar  # there would be no room to close
        spans.append((start, count * meter.bar if is_last else stop))
        if is_last:
            break
        notes += [replace(note, start=note.start + stop) for note in transformed(motif, way, key, length, taken[way])]
        taken[way] += 1
        start, turn = stop + following, turn + 1
    melody = replace(part, notes=tuple(notes), name=part.name or "Melody", pedal=())
    score = Score(
        (melody,), tempi=source.tempi[:1], meters=source.meters[:1], keys=(replace(key, start=0),),
        end=count * meter.bar, title=source.title, composer=source.composer,
    )  # fmt: skip
    return score, tuple(spans)


def length_of(way: str, length: int) -> int:
    """Ticks of a motif of `length` once it is transformed."""
    return 2 * length if way == "augmentation" else length


def _scale(key: Key) -> list[int]:
    """Pitch classes of the scale in order; of minor the natural one."""
    steps = [0, 2, 3, 5, 7, 8, 10] if key.mode == "minor" and not key.church_mode else None
    return sorted((key.pitch_class + step) % 12 for step in steps) if steps else sorted(key.scale)


def _degree(pitch: int, key: Key) -> tuple[int, int]:
    """Step of the scale, counted through the octaves, at or below a pitch; and semitones above it."""
    scale = _scale(key)
    octave, place = divmod(pitch, 12)
    below = [index for index, each in enumerate(scale) if each <= place]
    index = below[-1] if below else -1
    step = scale[index] if below else scale[-1] - 12
    return octave * len(scale) + index, place - step


def _pitch(degree: int, above: int, key: Key) -> int:
    scale = _scale(key)
    octave, index = divmod(degree, len(scale))
    return 12 * octave + scale[index] + above


def _mapped(notes: Sequence[Note], key: Key, change: Callable[[int], int]) -> Notes:
    moved = []
    for note in notes:
        degree, above = _degree(note.pitch, key)
        moved.append(replace(note, pitch=min(max(_pitch(change(degree), above, key), 0), 127)))
    return tuple(moved)


def _shifted(notes: Sequence[Note], key: Key, steps: int) -> Notes:
    return _mapped(notes, key, lambda degree: degree + steps)


def _inverted(notes: Sequence[Note], key: Key) -> Notes:
    first = _degree(notes[0].pitch, key)[0]
    turned = _mapped(notes, key, lambda degree: 2 * first - degree)
    lower = sum(note.pitch for note in notes) - sum(note.pitch for note in turned)
    octaves = round(lower / len(notes) / 12)
    return tuple(replace(note, pitch=min(max(note.pitch + 12 * octaves, 0), 127)) for note in turned)


def _stretched(notes: Sequence[Note], by: int, over: int) -> Notes:
    return tuple(
        replace(note, start=note.start * by // over, duration=max(1, note.duration * by // over)) for note in notes
    )


def _cut(notes: Sequence[Note], end: int) -> Notes:
    return tuple(replace(note, duration=min(note.duration, end - note.start)) for note in notes if note.start < end)


def _twice(notes: Notes, key: Key, length: int) -> Notes:
    """A figure, and again a step higher behind it."""
    return (*notes, *(replace(note, start=note.start + length) for note in _shifted(notes, key, 1)))
