"""Scores of other libraries: symusic, pretty_midi, music21, partitura, and NumPy note arrays.

=============  ============  ==========================================================================
library        goes through  what is lost on the way there and back
=============  ============  ==========================================================================
symusic        MIDI          title, composer, chord symbols
pretty_midi    MIDI          title, composer of some files, sections
music21        MusicXML      volume and pan; keys and lengths of drum strokes; rhythms finer than notation
partitura      MusicXML      the same (but drum keys), velocities, title, composer, sections, chord symbols
NumPy          directly      all but the notes: pass the Score as `like` to keep it
=============  ============  ==========================================================================

Through MusicXML an incomplete last bar comes back padded with rests.

No library is imported before it is needed; one that is missing is a `FirmusError` that says how to install it.

>>> from firmus.score import Note, Part, Score
>>> scale = Score((Part("Flute", tuple(Note(480 * step, 480, 60 + step) for step in range(3))),))
>>> to_array(scale)["pitch"].tolist()
[60, 61, 62]
>>> from_array(to_array(scale), like=scale) == scale
True
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

from firmus import timing
from firmus.errors import FirmusError
from firmus.formats import midi, musicxml
from firmus.score import TICKS_PER_QUARTER, Note, Part, Score

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

# Fields of a note array and their NumPy types; all but the last are partitura's names.
FIELDS = (
    ("onset_sec", "f8"), ("duration_sec", "f8"), ("onset_quarter", "f8"), ("duration_quarter", "f8"),
    ("onset_tick", "i4"), ("duration_tick", "i4"), ("pitch", "i4"), ("velocity", "i4"), ("part", "i4"),
)  # fmt: skip


@contextmanager
def _library(name: str) -> Iterator[Any]:
    """Import a library for a block in which its warnings are suppressed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            library = import_module(name)
        except ImportError:
            raise FirmusError(f"{name} is not installed: pip install {name}") from None
        yield library


def _expect(value: Any, fits: bool, what: str) -> None:
    if not fits:
        raise FirmusError(f"{type(value).__name__} is no {what}")


def to_symusic(score: Score) -> Any:
    """Turn a Score into a `symusic.Score` in ticks, 480 to the quarter."""
    with _library("symusic") as symusic:
        return symusic.Score.from_midi(midi.write(score, with_chord_track=False))


def from_symusic(score: Any) -> Score:
    """Turn a `symusic.Score`, in ticks, quarters or seconds, into a Score."""
    with _library("symusic"):
        _expect(score, hasattr(score, "dumps_midi"), "symusic.Score")
        return _from_midi(score.to("tick").dumps_midi())


def to_pretty_midi(score: Score) -> Any:
    """Turn a Score into a `pretty_midi.PrettyMIDI`."""
    with _library("pretty_midi") as pretty_midi:
        return pretty_midi.PrettyMIDI(io.BytesIO(midi.write(score, with_chord_track=False)))


def from_pretty_midi(score: Any) -> Score:
    """Turn a `pretty_midi.PrettyMIDI` into a Score."""
    out = io.BytesIO()
    with _library("pretty_midi") as pretty_midi:
        _expect(score, isinstance(score, pretty_midi.PrettyMIDI), "pretty_midi.PrettyMIDI")
        score.write(out)
    return _from_midi(out.getvalue())


def _from_midi(data: bytes) -> Score:
    """Read MIDI whose tracks end a tick after their last event, as these libraries write them."""
    score = midi.read(data)[0]
    last = max((part.end for part in score.parts), default=0)
    return replace(score, end=last) if score.end == last + 1 else score


def to_music21(score: Score) -> Any:
    """Turn a Score into a `music21.stream.Score`; every note gets its velocity."""
    with _library("music21") as music21:
        return music21.converter.parseData(_with_velocities(score).encode(), format="musicxml")


def from_music21(stream: Any) -> Score:
    """Turn a music21 stream (a score, a part, a measure) into a Score."""
    with _library("music21") as music21:
        _expect(stream, isinstance(stream, music21.base.Music21Object), "music21 stream")
        score = musicxml.read(music21.musicxml.m21ToXml.GeneralObjectExporter(stream).parse())[0]
    # music21 writes its own name where there is no author and no title.
    return replace(
        score,
        composer="" if score.composer == "Music21" else score.composer,
        title="" if score.title == "Music21 Fragment" else score.title,
    )


def _with_velocities(score: Score) -> str:
    """MusicXML with the velocity of each note; music21 derives its own from the marks f, mf, p."""

    def marked(match: re.Match[str]) -> str:
        velocity = score.parts[int(match[1])].notes[int(match[2])].velocity
        return f'{match[0]} dynamics="{velocity / 0.9:.2f}"'

    return re.sub(r'<note id="n(\d+)-(\d+)(?:t\d+)?"(?! dynamics)', marked, musicxml.write(score).decode())


def to_partitura(score: Score) -> Any:
    """Turn a Score into a `partitura.score.Score`."""
    with _library("partitura") as partitura:
        return partitura.load_musicxml(io.BytesIO(musicxml.write(score)))


def from_partitura(score: Any) -> Score:
    """Turn a partitura score or part into a Score."""
    with _library("partitura") as partitura:
        kinds = (partitura.score.Score, partitura.score.Part, partitura.score.PartGroup)
        _expect(score, isinstance(score, kinds), "partitura score or part")
        return musicxml.read(partitura.save_musicxml(score))[0]


def to_array(score: Score) -> Array:
    """Give all notes as a NumPy structured array, in order of onset, then part, then pitch.

    Returns
    -------
    ndarray, shape (notes,)
        Fields as in partitura's note arrays, so that its functions take it: ``onset_sec``, ``duration_sec``,
        ``onset_quarter``, ``duration_quarter``, ``onset_tick``, ``duration_tick`` (480 to the quarter),
        ``pitch`` (MIDI), ``velocity`` (1 to 127), and ``part`` (index in `Score.parts`, from 0).
    """
    import numpy as np

    rows = [
        (note.start, index, note.pitch, note.duration, note.velocity)
        for index, part in enumerate(score.parts)
        for note in part.notes
    ]
    columns = np.array(sorted(rows), dtype=np.int64).reshape(-1, 5).T
    start, part, pitch, duration, velocity = columns
    ticks, seconds = _tempo_map(score)
    array = np.zeros(len(rows), dtype=list(FIELDS))
    array["onset_tick"], array["duration_tick"] = start, duration
    array["onset_quarter"], array["duration_quarter"] = start / TICKS_PER_QUARTER, duration / TICKS_PER_QUARTER
    array["onset_sec"] = np.interp(start, ticks, seconds)
    array["duration_sec"] = np.interp(start + duration, ticks, seconds) - array["onset_sec"]
    array["pitch"], array["velocity"], array["part"] = pitch, velocity, part
    return array


def from_array(array: Array, *, like: Score | None = None) -> Score:
    """Build a Score from a structured note array.

    Parameters
    ----------
    array : ndarray
        With a field ``pitch`` and onsets and durations in ticks, quarters or seconds (``onset_tick`` and
        ``duration_tick``, or ``_quarter``, or ``_sec``; the first of these that is there), and if there are
        ``velocity`` (else 80) and ``part`` or ``track`` (else one part).
    like : Score, optional
        From which parts (names, programs), tempi, meters and everything else is taken; default: one piano
        sound a part, 4/4, 120.

    Raises
    ------
    FirmusError
        Where a field is missing or a note lies outside its range.
    """
    import numpy as np

    names = array.dtype.names or ()
    unit = next((each for each in ("tick", "quarter", "sec") if {f"onset_{each}", f"duration_{each}"} <= {*names}), "")
    if "pitch" not in names or not unit:
        raise FirmusError(
            f"a note array needs pitch, and onset and duration in _tick, _quarter or _sec: its fields are {list(names)}"
        )
    score = like or Score()
    onset, end = (array[f"onset_{unit}"], array[f"onset_{unit}"] + array[f"duration_{unit}"])
    if unit == "quarter":
        onset, end = onset * TICKS_PER_QUARTER, end * TICKS_PER_QUARTER
    elif unit == "sec":
        ticks, seconds = _tempo_map(score, float(np.max(end, initial=0.0)))
        onset, end = np.interp(onset, seconds, ticks), np.interp(end, seconds, ticks)
    starts = np.rint(onset).astype(int)
    durations = np.maximum(1, np.rint(end).astype(int) - starts)
    velocities = array["velocity"] if "velocity" in names else np.full(len(array), 80)
    parts = next((array[each] for each in ("part", "track") if each in names), np.zeros(len(array), dtype=int))
    notes: dict[int, list[Note]] = {}
    for part, *values in zip(parts, starts, durations, array["pitch"], velocities, strict=True):
        notes.setdefault(int(part), []).append(Note(*map(int, values)))
    return _with_notes(score, notes, keep=like is not None)


def _with_notes(score: Score, notes: dict[int, list[Note]], *, keep: bool) -> Score:
    """The Score with other notes; `notes` holds them by the index of their part."""
    if keep:
        missing = sorted(index for index in notes if not 0 <= index < len(score.parts))
        if missing:
            raise FirmusError(f"part {missing[0]} of the note array: the score it is like has {len(score.parts)} parts")
        parts = [replace(part, notes=tuple(notes.get(index, ()))) for index, part in enumerate(score.parts)]
    else:
        parts = [Part("", tuple(notes[index])) for index in sorted(notes)]
    return replace(score, parts=tuple(parts))


def _tempo_map(score: Score, at_least: float = 0.0) -> tuple[list[float], list[float]]:
    """Ticks and seconds at which the tempo changes, and a last point after the end; straight lines between."""
    last = max(score.end, score.tempi[-1].start, timing.tick(score, at_least)) + TICKS_PER_QUARTER
    ticks = [float(tempo.start) for tempo in score.tempi] + [float(last)]
    return ticks, [timing.seconds(score, tick) for tick in ticks]
