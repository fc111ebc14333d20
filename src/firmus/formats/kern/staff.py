"""A piece that has been read → what is written: a part for every staff, with the velocities of its dynamic marks."""

from __future__ import annotations

from firmus.errors import FormatError
from firmus.formats._written.dynamics import Dynamics
from firmus.formats._written.measures import WrittenScore, rounded
from firmus.formats.kern.instruments import one_line, written_parts
from firmus.formats.kern.timeline import DYNAMICS, NOTES, Timeline, Track
from firmus.score import MAX_PARTS


def written(piece: Timeline) -> WrittenScore:
    """All that a piece says, the topmost staff (the last spine) first.

    Raises
    ------
    FormatError
        Where it has more staves than a Score has parts.
    """
    staves = [place for place, track in enumerate(piece.tracks) if track.kind == NOTES]
    if len(staves) > MAX_PARTS:
        raise FormatError(f"{len(staves)} **kern spines: {MAX_PARTS} is the most")
    score = WrittenScore(measures=piece.measures.written)
    score.title = one_line(piece.references.get("OTL") or piece.references.get("OPR") or "")
    score.composer = _first_name_first(one_line(piece.references.get("COM", "")))
    starts = [rounded(start) for start in piece.measures.starts]
    for place, part in reversed(
        list(zip(staves, written_parts([piece.tracks[place].labels for place in staves]), strict=True))
    ):
        dynamics = _dynamics(piece.tracks, place)
        notes = [piece.tracks[place].notes.get(measure, []) for measure in range(len(starts))]
        for start, measure in zip(starts, notes, strict=True):
            for note in measure:
                note.velocity = dynamics.velocity(start + note.start)
        score.parts[str(place)], score.notes[str(place)] = [part], notes
    return score


def _first_name_first(name: str) -> str:
    """Name of a person as it is said.

    Examples
    --------
    >>> _first_name_first("Chopin, Fryderyk"), _first_name_first("Anonim")
    ('Fryderyk Chopin', 'Anonim')
    """
    last, comma, first = name.partition(", ")
    return f"{first} {last}" if comma and "," not in first else name


def _dynamics(tracks: list[Track], staff: int) -> Dynamics:
    """Dynamic marks of a staff: those of its part's one spine of marks; else of its number; else of the next spine."""
    spines = [place for place, track in enumerate(tracks) if track.kind == DYNAMICS]
    own = tracks[staff].labels
    chosen = [place for place in spines if own.part and tracks[place].labels.part == own.part]
    if len(chosen) != 1:
        chosen = [place for place in chosen or spines if own.staves & tracks[place].labels.staves] or [
            place for place in spines if _staff_before(tracks, place) == staff and not tracks[place].labels.part
        ]
    dynamics = Dynamics()
    for tick, name in sorted((mark for place in chosen for mark in tracks[place].marks), key=lambda mark: mark[0]):
        dynamics.mark(tick, name)
    return dynamics


def _staff_before(tracks: list[Track], place: int) -> int | None:
    return next((each for each in range(place - 1, -1, -1) if tracks[each].kind == NOTES), None)
