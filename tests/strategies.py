"""Hypothesis strategies for music: notes, parts and whole scores.

Everything drawn is valid and can be held by a music file: texts have no control characters and no outer
blanks, tempi have at most one decimal, changes begin at or before the end. ``grid`` is the smallest step of
every start and duration in ticks (120 for sixteenths, 1 for any tick).
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from firmus.pitch import NO_CHORD, QUALITIES, note_name
from firmus.score import Chord, Key, Meter, Note, Part, Score, Section, Tempo

LENGTH = 16 * 480
METERS = ((4, 4), (3, 4), (2, 4), (6, 8), (5, 8), (2, 2), (7, 16))
NAMES = ("", "Flute", "Alto", "Violoncello I", "钢琴", "Cor anglais (fa)", "Gitárr & Bass <1>")


def texts(low: int = 0, high: int = 20) -> st.SearchStrategy[str]:
    """Printable text in any script, without outer blanks."""
    letters = st.characters(exclude_categories=("C", "Z"), include_characters=" ")
    return st.text(letters, min_size=low, max_size=high).filter(lambda text: text == text.strip())


def _steps(low: int, high: int, grid: int) -> st.SearchStrategy[int]:
    return st.integers(-(-low // grid), high // grid).map(lambda count: count * grid)


@st.composite
def notes(draw: st.DrawFn, *, length: int = LENGTH, grid: int = 1, low: int = 0, high: int = 127) -> Note:
    """One note that ends at or before `length`, with a pitch from `low` to `high`."""
    start = draw(_steps(0, length - grid, grid))
    duration = draw(_steps(grid, min(length - start, 4 * 480), grid))
    return Note(start, duration, draw(st.integers(low, high)), draw(st.integers(1, 127)))


def without_overlaps(drawn: list[Note]) -> tuple[Note, ...]:
    """Leave out every note that sounds with an earlier one of the same pitch."""
    kept: list[Note] = []
    ends: dict[int, int] = {}
    for note in sorted(drawn):
        if note.start >= ends.get(note.pitch, 0):
            ends[note.pitch] = note.end
            kept.append(note)
    return tuple(kept)


def one_voice(drawn: list[Note]) -> tuple[Note, ...]:
    """Leave out every note that sounds with an earlier one of any pitch."""
    kept: list[Note] = []
    for note in sorted(drawn):
        if not kept or note.start >= kept[-1].end:
            kept.append(note)
    return tuple(kept)


@st.composite
def parts(
    draw: st.DrawFn,
    *,
    length: int = LENGTH,
    grid: int = 1,
    low: int = 0,
    high: int = 127,
    max_notes: int = 12,
    drums: bool | None = None,
    overlaps: bool = False,
    monophonic: bool = False,
) -> Part:
    """One part; ``drums=None`` draws both kinds, ``overlaps`` lets a pitch sound twice at once."""
    is_drums = draw(st.sampled_from((False, False, False, True))) if drums is None else drums
    span = (35, 81) if is_drums else (low, high)
    drawn = draw(st.lists(notes(length=length, grid=grid, low=span[0], high=span[1]), max_size=max_notes))
    if monophonic:
        kept = one_voice(drawn)
    else:
        kept = tuple(drawn) if overlaps else without_overlaps(drawn)
    return Part(
        name=draw(st.sampled_from(NAMES)),
        notes=kept,
        program=draw(st.integers(0, 127)),
        is_drums=is_drums,
        volume=draw(st.integers(0, 127)),
        pan=draw(st.integers(0, 127)),
    )


@st.composite
def _starts(draw: st.DrawFn, length: int, grid: int, most: int, *, from_zero: bool) -> list[int]:
    later = sorted(draw(st.sets(_steps(grid if from_zero else 0, length, grid), max_size=most)))
    return [0, *later] if from_zero else later


@st.composite
def meters(draw: st.DrawFn, *, length: int = LENGTH, most: int = 2) -> tuple[Meter, ...]:
    """Meters from tick 0 on; every change stands on a barline (without a pickup) and changes something."""
    drawn = [Meter(0, *draw(st.sampled_from(METERS)))]
    for _ in range(draw(st.integers(0, most))):
        start = drawn[-1].start + draw(st.integers(1, 4)) * drawn[-1].bar
        meter = Meter(start, *draw(st.sampled_from(METERS)))
        if start <= length and meter.text != drawn[-1].text:
            drawn.append(meter)
    return tuple(drawn)


def keys() -> st.SearchStrategy[Key]:
    """Any of the thirty keys, from tick 0."""
    return st.builds(Key.from_signature, st.integers(-7, 7), st.sampled_from(("major", "minor")))


@st.composite
def chords(draw: st.DrawFn, start: int = 0) -> Chord:
    """Any chord symbol, or no chord, from tick `start`."""
    if draw(st.integers(0, 9)) == 0:
        return Chord(start, NO_CHORD)
    names = st.integers(-7, 9).map(note_name)
    bass = draw(st.one_of(st.just(""), names))
    return Chord(start, draw(names), draw(st.sampled_from(sorted(QUALITIES))), bass)


@st.composite
def scores(
    draw: st.DrawFn,
    /,
    *,
    length: int = LENGTH,
    grid: int = 1,
    min_parts: int = 0,
    max_parts: int = 4,
    changes: bool = True,
    pickups: bool = True,
    **of_parts: Any,
) -> Score:
    """One score of at most `length` ticks, with everything a Score can have.

    ``changes`` lets meter, tempo and key change, ``pickups`` lets the first bar be incomplete (changes of
    meter stand on barlines still). Other keywords go to `parts`.
    """
    most = 2 if changes else 0
    meter = draw(meters(length=length, most=most))
    pickup = draw(_steps(0, meter[0].bar - 3, grid)) if pickups else 0  # two ticks less than a bar read as a bar
    if pickup:
        meter = (
            meter[0],
            *(Meter(each.start + pickup, each.numerator, each.denominator) for each in meter[1:]),
        )
        meter = tuple(each for each in meter if each.start <= length)
        meter = (meter[0], *(later for earlier, later in pairwise(meter) if later.text != earlier.text))
    tempi = draw(_starts(length, grid, most, from_zero=True))
    keyed = draw(_starts(length, grid, most, from_zero=True)) if draw(st.booleans()) else []
    harmony = draw(_starts(length, grid, 4, from_zero=False))
    form = draw(_starts(length, grid, 3, from_zero=False))
    drawn = draw(st.lists(parts(length=length, grid=grid, **of_parts), min_size=min_parts, max_size=max_parts))
    last_change = max([meter[-1].start, *tempi, *keyed, *harmony, *form])
    return Score(
        parts=tuple(drawn),
        meters=meter,
        tempi=tuple(Tempo(start, draw(st.integers(200, 3000)) / 10) for start in tempi),
        keys=tuple(Key(start, each.tonic, each.mode) for start in keyed for each in [draw(keys())]),
        chords=tuple(draw(chords(start)) for start in harmony),
        sections=tuple(Section(start, draw(texts(1, 12))) for start in form),
        pickup=pickup,
        end=draw(st.sampled_from((last_change, length, length + 480))),
        title=draw(texts()),
        composer=draw(texts()),
    )


@st.composite
def briefs(draw: st.DrawFn) -> dict[str, Any]:
    """Keywords of a Brief, most of them sensible, some not."""
    wild = st.one_of(st.none(), st.integers(-5, 10_000), st.text(max_size=8), st.booleans())
    sensible: dict[str, st.SearchStrategy[Any]] = {
        "style": st.sampled_from(("chorale", "hymn", "folk")),
        "bars": st.integers(1, 4),
        "key": st.sampled_from(("G minor", "Bb", "f# minor", "Am")),
        "meter": st.sampled_from(("4/4", "3/4", "6/8")),
        "tempo": st.floats(40, 200),
        "chords": st.sampled_from(("Am F C G", "C,G | F", "N.C. G7")),
        "seed": st.integers(0, 2**40),
        "temperature": st.floats(0, 2),
        "top_p": st.floats(0.1, 1),
        "loose": st.sampled_from([(), ("key",), ("chords",), ("key", "chords")]),
    }
    names = draw(st.lists(st.sampled_from(sorted(sensible)), unique=True, max_size=5))
    return {name: draw(wild if draw(st.integers(0, 9)) == 0 else sensible[name]) for name in names}
