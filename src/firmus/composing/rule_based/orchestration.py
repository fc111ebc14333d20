"""Orchestration: the notes of a piece, most often for piano, given to the instruments of an ensemble.

What it is
    At every onset each new note goes to one instrument: the cheapest assignment of all (H. W. Kuhn, *The Hungarian
    method*, Naval Research Logistics Quarterly 2, 1955), where it costs something to leap, to leave the comfortable
    range by octaves, to cross another instrument, and to break a note off. The highest note that sounds is the melody
    and belongs to the first instrument, the lowest one is the bass and belongs to the last.
Conventions
    Instruments are in order of score, high to low. What more notes than instruments are struck at once is left out,
    doublings first, never the melody. A note that a pedal lets sound is held as long as its instrument is free.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

import numpy as np
from scipy.optimize import linear_sum_assignment

from firmus.analysis import features
from firmus.composing import origin as origins
from firmus.composing.commission import Commission
from firmus.composing.source import source_of
from firmus.composing.styles import CHORDAL, Voice, empty_parts, instrument_range
from firmus.errors import FirmusError, InvalidBrief
from firmus.progress import Progress
from firmus.render.instruments import PROGRAMS, program_number
from firmus.score import TICKS_PER_QUARTER, Note, Score
from firmus.translation.vocabulary import plain
from firmus.work import Work

ENSEMBLES: dict[str, tuple[int, ...]] = {
    "string trio": (40, 41, 42),
    "string quartet": (40, 40, 41, 42),
    "string quintet": (40, 40, 41, 42, 42),
    "piano trio": (40, 42, 0),
    "wind quintet": (73, 68, 71, 60, 70),
    "brass quintet": (56, 56, 60, 57, 58),
    "saxophone quartet": (64, 65, 66, 67),
    "band": (81, 27, 33),
}
"""General MIDI programs of the instruments of each ensemble, high to low."""
CHINESE = {
    "弦乐三重奏": "string trio", "弦乐四重奏": "string quartet", "弦乐五重奏": "string quintet",
    "钢琴三重奏": "piano trio", "木管五重奏": "wind quintet", "铜管五重奏": "brass quintet",
    "萨克斯四重奏": "saxophone quartet", "乐队": "band", "四重奏": "string quartet", "quartet": "string quartet",
}  # fmt: skip
THIRD = 4  # semitones
MOST_NOTES = 6  # that an instrument of chords plays at once
MOST_INSTRUMENTS = 16
FULL = 3  # notes struck together, from which on an instrument that rests doubles one
LEAP, OCTAVE, CROSSING = 0.3, 6.0, 4.0  # cost of a semitone, of an octave's move, of each instrument crossed
CUT, CUT_MELODY = 6.0, 60.0  # cost of breaking a note off
ELSEWHERE = {"melody": 25.0, "bass": 18.0, "inner": 9.0}  # cost of another instrument than is its own
LEFT_OUT = {"melody": 500.0, "bass": 200.0, "inner": 40.0, "doubling": 12.0}


@dataclass(slots=True)
class Player:
    """An instrument, and what it has played."""

    program: int
    low: int
    high: int
    notes: list[Note] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)
    free_from: list[int] = field(default_factory=list)  # tick to which the page has each note sound

    @property
    def is_chordal(self) -> bool:
        """Whether it plays several notes at once."""
        return self.program in CHORDAL

    def placed(self, pitch: int) -> int:
        """The pitch in the nearest octave that the instrument plays in comfort."""
        while pitch < self.low:
            pitch += 12
        while pitch > self.high:
            pitch -= 12
        return pitch


def prepare(commission: Commission) -> None:
    """Refuse what cannot be asked for."""
    if commission.request.get("bars") is not None:
        raise InvalidBrief("orchestrate scores the whole piece: leave bars out")
    if len(commission.seeds) > 1:
        raise InvalidBrief(f"count {len(commission.seeds)}: orchestrate has one answer; leave it out")
    players(commission.named_parts)
    if not any(part.notes for part in source_of(commission).parts if not part.is_drums):
        raise InvalidBrief("the source has no pitched notes: there is nothing to orchestrate")


def perform(commission: Commission, progress: Progress | None) -> list[Work]:
    """Orchestrate the piece; it is the same from every seed."""
    score, measured = orchestrated(source_of(commission), players(commission.named_parts))
    work = origins.work(commission, commission.seeds[0], score, measured={**features.qualities(score), **measured})
    if progress:
        progress("orchestrate", 1, 1)
    return [work]


def players(names: Sequence[str]) -> list[Player]:
    """Instruments by their names, or by that of an ensemble; a string quartet where none are named.

    Raises
    ------
    InvalidBrief

    Examples
    --------
    >>> [player.program for player in players(("flute", "clarinet", "bassoon"))]
    [73, 71, 70]
    >>> len(players(("wind quintet",)))
    5
    """
    if len(names) > MOST_INSTRUMENTS:
        raise InvalidBrief(f"{len(names)} instruments: {MOST_INSTRUMENTS} is the most")
    programs: list[int] = []
    for name in names or ("string quartet",):
        wanted = plain(name).strip().casefold()
        wanted = CHINESE.get(wanted, wanted)
        if wanted in ENSEMBLES:
            programs.extend(ENSEMBLES[wanted])
            continue
        try:
            programs.append(program_number(name))
        except FirmusError as error:
            raise InvalidBrief(f"{error}; or an ensemble: {', '.join(ENSEMBLES)}") from None
    return [Player(program, *instrument_range(program)) for program in programs]


def ensemble_in(text: str) -> str:
    """The ensemble that a text names, in English or Chinese; ``""`` where it names none.

    Examples
    --------
    >>> ensemble_in("arrange it for a wind quintet"), ensemble_in("改编成弦乐四重奏"), ensemble_in("louder")
    ('wind quintet', 'string quartet', '')
    """
    words = {**{name: name for name in ENSEMBLES if name != "band"}, **CHINESE}
    found = [words[each] for each in sorted(words, key=len, reverse=True) if each in text.casefold()]
    return found[0] if found else ""


def orchestrated(score: Score, ensemble: list[Player]) -> tuple[Score, dict[str, float]]:
    """A score for an ensemble, and what share of notes, of melody and of bass it keeps.

    Parameters
    ----------
    score : Score
    ensemble : list of Player
        Its lists of notes are filled.

    Examples
    --------
    >>> from firmus.score import Part
    >>> chords = [Note(480 * i, 480, pitch) for i, low in enumerate((48, 53, 55, 48)) for pitch in (low, 64, 67, 72)]
    >>> written, kept = orchestrated(Score((Part("Piano", tuple(chords)),)), players(("string quartet",)))
    >>> [part.name for part in written.parts], kept["kept"]
    (['Violin I', 'Violin II', 'Viola', 'Cello'], 1.0)
    """
    written, sounding = _notes(score)
    roles = _roles(written)
    counts = {role: [0, 0] for role in LEFT_OUT}
    places = range(len(written))
    for _, group in groupby(places, key=lambda place: written[place].start):
        together = list(group)
        given = _given(ensemble, [written[place] for place in together], [roles[place] for place in together])
        for place, player in zip(together, given, strict=True):
            counts[roles[place]][0] += 1
            if player is not None:
                counts[roles[place]][1] += 1
                _play(player, written[place], sounding[place], roles[place])
        _double(ensemble, [written[place] for place in together])
    voices = [Voice(name, player.program) for name, player in zip(_names(ensemble), ensemble, strict=True)]
    parts = [
        replace(part, notes=tuple(player.notes))
        for part, player in zip(empty_parts(tuple(voices)), ensemble, strict=True)
    ]
    drums = [part for part in score.parts if part.is_drums]
    totals = [sum(each) for each in zip(*counts.values(), strict=True)]
    measured = {"kept": round(totals[1] / totals[0], 3)}
    measured |= {f"{role}_kept": round(counts[role][1] / max(1, counts[role][0]), 3) for role in ("melody", "bass")}
    return replace(score, parts=(*parts, *drums)), measured


def _notes(score: Score) -> tuple[list[Note], list[int]]:
    """Pitched notes in order of onset and pitch, each key once; and until when each sounds."""
    found: dict[tuple[int, int], tuple[Note, int]] = {}
    for part in score.parts:
        if part.is_drums:
            continue
        for note, longer in zip(part.notes, part.sounding(), strict=True):
            known = found.get((note.start, note.pitch))
            if known is None or known[0].duration < note.duration:
                found[note.start, note.pitch] = (note, longer.end)
    ordered = [found[key] for key in sorted(found)]
    return [note for note, _ in ordered], [end for _, end in ordered]


def _roles(notes: Sequence[Note]) -> list[str]:
    """``"melody"``, ``"bass"``, ``"inner"`` or ``"doubling"`` of each note, by what sounds at its onset.

    A figure that leaves a short bass or melody note by more than a third within a beat is neither.
    """
    roles, held = [], list[Note]()
    top = bottom = Note(0, 1, 0)
    for _, group in groupby(notes, key=lambda note: note.start):
        together = list(group)
        held = [note for note in held if note.end > together[0].start]
        heights = [note.pitch for note in (*held, *together)]
        for note in together:
            others = [each for each in heights if each != note.pitch]
            if note.pitch == max(heights) and not (_follows(note, top) and top.pitch - note.pitch > THIRD):
                roles.append("melody")
                top = note
            elif note.pitch == min(heights) and not (_follows(note, bottom) and note.pitch - bottom.pitch > THIRD):
                roles.append("bass")
                bottom = note
            else:
                roles.append("doubling" if any((each - note.pitch) % 12 == 0 for each in others) else "inner")
        held += together
    return roles


def _follows(note: Note, before: Note) -> bool:
    """Whether a note comes after another within its beat."""
    return before.pitch > 0 and before.start < note.start < (before.start // TICKS_PER_QUARTER + 1) * TICKS_PER_QUARTER


def _given(ensemble: list[Player], notes: Sequence[Note], roles: Sequence[str]) -> list[Player | None]:
    """Which instrument plays each note that is struck together; None where none does."""
    seats = [player for player in ensemble for _ in range(MOST_NOTES if player.is_chordal else 1)]
    costs = np.array(
        [[_cost(ensemble, seat, note, role) for seat in seats] for note, role in zip(notes, roles, strict=True)]
    )
    silence = np.full((len(notes), len(notes)), 1e6)
    np.fill_diagonal(silence, [LEFT_OUT[role] for role in roles])
    rows, columns = linear_sum_assignment(np.hstack([costs, silence]))
    given: list[Player | None] = [None] * len(notes)
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        given[row] = seats[column] if column < len(seats) else None
    return given


def _cost(ensemble: list[Player], player: Player, note: Note, role: str) -> float:
    pitch = player.placed(note.pitch)
    own = {"melody": ensemble[0], "bass": ensemble[-1]}.get(role)
    cost = OCTAVE * abs(pitch - note.pitch) / 12
    if own is not None:
        cost += ELSEWHERE[role] * (player is not own)
    elif len(ensemble) > 2:
        cost += ELSEWHERE["inner"] * (player is ensemble[0] or player is ensemble[-1])
    if player.notes:
        cost += LEAP * min(abs(pitch - player.notes[-1].pitch), 24)
        if player.free_from[-1] > note.start and not player.is_chordal:
            cost += CUT_MELODY if player.roles[-1] == "melody" else CUT
    rank = next(place for place, each in enumerate(ensemble) if each is player)
    for place, other in enumerate(ensemble):
        if other is not player and other.notes and other.free_from[-1] > note.start:
            above = other.notes[-1].pitch > pitch
            cost += CROSSING * (above != (place < rank) and other.notes[-1].pitch != pitch)
    return cost


def _play(player: Player, note: Note, until: int, role: str) -> None:
    """Add a note to what an instrument plays; the one before it ends."""
    if not player.is_chordal and player.notes and player.notes[-1].end > note.start:
        before = player.notes[-1]
        player.notes[-1] = replace(before, duration=note.start - before.start)
    pitch = player.placed(note.pitch)
    if player.is_chordal and any(
        each.start == note.start and each.pitch == pitch for each in player.notes[-MOST_NOTES:]
    ):
        return
    duration = note.duration if player.is_chordal else max(note.duration, until - note.start)
    player.notes.append(replace(note, pitch=pitch, duration=duration))
    player.roles.append(role)
    player.free_from.append(note.end)


def _double(ensemble: list[Player], struck: Sequence[Note]) -> None:
    """Give an instrument that rests, while nearly all others strike, a note of theirs, in unison or an octave away.

    Voices that meet on one key leave one of their instruments without a note; a fifth instrument has none of four
    voices. A thin texture stays thin.
    """
    idle = [each for each in ensemble if not each.is_chordal and not _is_sounding(each, struck[0].start)]
    if len(struck) < FULL or not 0 < len(idle) <= len(ensemble) - FULL + 1:
        return
    low, high = min(note.pitch for note in struck), max(note.pitch for note in struck)
    length = min(note.duration for note in struck)
    for player in idle:
        near = player.notes[-1].pitch if player.notes else (player.low + player.high) // 2
        doubled = [
            replace(note, pitch=pitch, duration=length)
            for note in struck
            for pitch in (note.pitch, note.pitch + 12, note.pitch - 12)
            if low <= pitch <= high and player.low <= pitch <= player.high
        ]
        if doubled:
            _play(player, min(doubled, key=lambda each: abs(each.pitch - near)), 0, "doubling")


def _is_sounding(player: Player, tick: int) -> bool:
    return bool(player.notes) and player.notes[-1].end > tick


def _names(ensemble: Sequence[Player]) -> list[str]:
    """Names of the parts; of like instruments with numbers."""
    programs = [player.program for player in ensemble]
    names = []
    for place, program in enumerate(programs):
        number = "" if programs.count(program) == 1 else f" {'I' * (programs[:place].count(program) + 1)}"
        names.append(PROGRAMS[program][0] + number)
    return names
