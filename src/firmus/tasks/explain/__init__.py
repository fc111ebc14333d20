"""Explaining a piece: how surprising each note is, what forced it, in the light of which notes, who else has it.

What the model was told (the rules, the controls) is known of a Work that Firmus composed; a stranger's piece is read
as if the model had composed all of it. What cannot be told is said to be unknown, with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from firmus import formats
from firmus.analysis.shared_passages import Corpus, SharedRun
from firmus.composing import session
from firmus.composing.source import stretches
from firmus.errors import InvalidBrief
from firmus.render.instruments import drum
from firmus.runtime.influence import influences
from firmus.runtime.surprise import NoteSurprise, Reading, readings, untold
from firmus.score import Note, Score
from firmus.tasks.explain import model_reading as telling
from firmus.tasks.explain.explanation import ExplainedNote, Explanation, Influence
from firmus.timing import bar_at, bars
from firmus.tokens import events
from firmus.work import Brief, Work

__all__ = ["ExplainedNote", "Explanation", "Influence", "explain", "read"]

BIT = float(np.log(2))  # nats
LEAST = 0.05  # bits of an influence that is told
BARS, NOTES = 24, 12  # influences that are told of a note: bars of parts, and single notes,
CLOSEST = 4  # looked for in so many of the former
ASKED = ("model", "style", "bars", "parts")
WORK = b'"firmus-work"'  # how the file of a work begins
MOST_STEPS = 40_000  # tokens that are read anew to find influences, unless more notes are asked for


def explain(
    source: Work | Score,
    brief: Brief | None = None,
    *,
    note: str | None = None,
    among: Corpus | str | Path | None = None,
    most: int | None = None,
    progress: session.Progress | None = None,
    **options: Any,
) -> Explanation:
    """Explain the notes of a piece.

    Parameters
    ----------
    source : Work or Score
        Of a Work those notes are explained that Firmus composed.
    brief : Brief, optional
        Or its fields as keywords: `model` (that reads it: of a Work the one that composed it, else ``"composer"``),
        `style` (of a stranger's piece; the likeliest where it is not given), `bars` and `parts` (which notes).
    note : str, optional
        One note above all: ``"bar 7 beat 2 alto"``.
    among : folder, or what can find shared runs, optional
        Other pieces to look for the same runs in.
    most : int, optional
        Of how many notes, the most surprising first, it is measured in the light of what they were composed; 0 for the
        chosen one alone. As many as take about half a minute where it is not given.
    progress : callable, optional

    Raises
    ------
    InvalidBrief
        Where there is no such note, or no note at all.
    ModelError
        Where the model does not go from note to note.
    """
    score = source.score if isinstance(source, Work) else source
    if not any(part.notes for part in score.parts):
        raise InvalidBrief("the piece has no notes: there is nothing to explain")
    brief = brief or Brief.of(**options)
    for name in brief.as_dict():
        if name not in ASKED:
            raise InvalidBrief(f"{name}: explain takes {', '.join(ASKED)}, a note and other pieces")
    if isinstance(among, str | Path):
        among = telling.Folder(Path(among), progress)
        among.files()  # refused before anything is read, if need be
    unknown: dict[str, str] = {}
    if isinstance(source, Work):
        if brief.style is not None:
            raise InvalidBrief(f"style {brief.style!r}: the work says itself what it was composed as; leave it out")
        told = telling.of_work(source, brief.model, unknown)
    else:
        told = telling.of_score(score, brief.model, brief.style, unknown)
    chosen = telling.find_note(score, note) if note else None
    wanted = _wanted(score, brief, chosen)
    read = _read(told, wanted, progress)
    reader = _Explainer(score, told, read, wanted, progress)
    notes = reader.notes()
    if not notes:
        raise InvalidBrief("none of these notes was composed by Firmus: there is nothing to explain in them")
    if read[-1].first > 0:
        length = told.model.card.shape["length"]
        unknown["before"] = (
            f"longer than the {length:,} tokens that the model reads at once: see reads_from of each note"
        )
    place = next((at for at, each in enumerate(notes) if (each.part, each.index) == chosen), None)
    if chosen is not None and place is None:
        raise InvalidBrief(f"note {note!r} was given, not composed by Firmus: there is nothing to explain in it")
    if told.model.keeps_tokens:
        notes = reader.in_the_light_of(notes, place, most, unknown)
    else:
        unknown["influences"] = f"model {told.model.card.name!r} keeps one memory of all it has read"
    notes, shared = _shared(score, notes, among, unknown)
    return Explanation(score, told.model.card.name, told.style, tuple(notes), place, shared, unknown)


def _wanted(score: Score, brief: Brief, chosen: tuple[int, int] | None) -> set[tuple[int, int]]:
    """Notes (part, index) that are meant."""
    spans = stretches(score, brief.bars)
    places = [session.find_part(score, name) for name in brief.parts] or range(len(score.parts))
    found = {
        (place, index)
        for place in places
        for index, each in enumerate(score.parts[place].notes)
        if any(start <= each.start < stop for start, stop in spans)
    }
    if not found:
        raise InvalidBrief("no note begins in these bars of these parts: there is nothing to explain")
    if chosen is not None and chosen not in found:
        raise InvalidBrief("the note asked for is not among these bars and parts: leave bars and parts out")
    return found


def _read(told: telling.Telling, wanted: set[tuple[int, int]], progress: session.Progress | None) -> list[Reading]:
    """The piece, read as far as the last note that is meant."""
    found, left, count = [], set(wanted), len(told.is_open)
    for reading in readings(told.model, told.known, told.is_open, told.style, told.rules, told.controls):
        found.append(reading)
        left -= {(each.told.part, each.told.index) for each in reading.notes}
        if progress:
            progress("read", reading.last, count)
        if not left:
            break
    return found


class _Explainer:
    """Turns what was measured in tokens into notes of the score."""

    def __init__(
        self, score: Score, told: telling.Telling, read: list[Reading], wanted: set[tuple[int, int]],
        progress: session.Progress | None,
    ) -> None:  # fmt: skip
        self.score, self.told, self.read, self.progress = score, told, read, progress
        self.bars = every = bars(score)
        ticks = events.prepare(told.known)["ticks"].tolist()
        self.numbers = [every[bar_at(every, tick)].number for tick in ticks]  # of the bars of the representation
        self.found: list[tuple[Reading, NoteSurprise]] = [
            (reading, each) for reading in read for each in reading.notes if (each.told.part, each.told.index) in wanted
        ]

    def notes(self) -> list[ExplainedNote]:
        """Every note with its surprise."""
        order = sorted(range(len(self.found)), key=lambda at: -self.found[at][1].nats)
        rank = {at: place for place, at in enumerate(order, 1)}
        return [self._note(reading, each, rank[at]) for at, (reading, each) in enumerate(self.found)]

    def _note(self, reading: Reading, each: NoteSurprise, rank: int) -> ExplainedNote:
        part, index = each.told.part, each.told.index
        sounding: Note = self.score.parts[part].notes[index]
        bar, beat = telling.beat_of(self.bars, sounding.start)

        def name(pitch: int) -> str:
            return telling.note_name(self.score, part, pitch, drum)

        rules = dict(each.pressure)
        if "chords" in rules and not self.told.asks_chords:
            rules["ending"] = max(rules.pop("chords"), rules.get("ending", 0.0))
        bits = (each.nats / BIT, each.when_nats / BIT, each.pitch_nats / BIT, each.length_nats / BIT)
        likelier = tuple((name(pitch), chance) for pitch, chance in each.likelier)
        return ExplainedNote(
            part, index, bar, beat, name(sounding.pitch), *bits, rank, each.chance, likelier, rules, each.left, {},
            self.told.returns.get((part, index)), self.numbers[reading.first],
        )  # fmt: skip

    def in_the_light_of(
        self, notes: list[ExplainedNote], chosen: int | None, most: int | None, unknown: dict[str, str]
    ) -> list[ExplainedNote]:
        """Notes with what was told and what stood before them, as many as are asked for."""
        by_rank = sorted(range(len(notes)), key=lambda at: (at != chosen, notes[at].rank))
        count = self._affordable(by_rank) if most is None else most + (chosen is not None)
        picked = set(by_rank[:count])
        if count < len(notes) and (chosen is None or most != 0):
            some = f"is measured of {count} notes of {len(notes)}; name a note, or bars, to see others"
            none = "is not measured here: firmus explain measures it"
            unknown["influences"] = f"what a note came from {some if count else none}"
        done = list(notes)
        for reading in self.read:
            own = [at for at in sorted(picked) if self.found[at][0] is reading]
            if own:
                self._told(reading, done, own)
                self._before(reading, done, own, len(picked))
        return done

    def _affordable(self, order: Sequence[int]) -> int:
        """How many notes it takes about half a minute to measure."""
        steps = 0
        for count, at in enumerate(order):
            reading, each = self.found[at]
            before = sum(first < each.told.first for first, _ in reading.cells.values())
            steps += (before + NOTES) * (each.told.last - each.told.first)
            if steps > MOST_STEPS:
                return max(count, 1)
        return len(order)

    def _told(self, reading: Reading, notes: list[ExplainedNote], own: Sequence[int]) -> None:
        """What the key, the chords, the sections and the controls did."""
        told = self.told
        change = untold(reading, told.known, told.style, told.controls)
        place = {id(each): at for at, each in enumerate(reading.notes)}
        for at in own:
            here = place[id(self.found[at][1])]
            bits = {name: each[here] / BIT for name, each in change.items()}
            notes[at] = replace(notes[at], told=bits)

    def _before(self, reading: Reading, notes: list[ExplainedNote], own: Sequence[int], total: int) -> None:
        """What each note was composed in the light of: bars of parts, then the notes in those that did most."""
        cells = list(reading.cells)
        told = [self.found[at][1].told for at in own]
        nats = influences(reading, told, list(reading.cells.values()))
        within: dict[tuple[int, int], list[Any]] = {}
        for each in reading.all_notes:
            within.setdefault((each.bar, each.part + 1), []).append(each)
        for done, (at, note) in enumerate(zip(own, told, strict=True), 1):
            strongest = sorted(
                np.flatnonzero(np.abs(nats[done - 1]) >= LEAST * BIT), key=lambda u: -abs(nats[done - 1, u])
            )
            bars_before = tuple(
                Influence(self.numbers[cells[u][0]], cells[u][1] - 1, None, float(nats[done - 1, u]) / BIT)
                for u in strongest[:BARS]
            )
            near = [each for u in strongest[:CLOSEST] for each in within.get(cells[u], ()) if each.first < note.first]
            single = influences(reading, [note], [(each.first, each.last) for each in near])[0] / BIT
            notes_before = tuple(
                Influence(self.numbers[each.bar], each.part, each.index, float(bits))
                for bits, each in sorted(zip(single, near, strict=True), key=lambda pair: -abs(pair[0]))[:NOTES]
                if abs(bits) >= LEAST
            )
            notes[at] = replace(notes[at], bars_before=bars_before, notes_before=notes_before)
            if self.progress:
                self.progress("explain", done, total)


def _shared(
    score: Score, notes: list[ExplainedNote], among: Corpus | None, unknown: dict[str, str]
) -> tuple[list[ExplainedNote], tuple[SharedRun, ...]]:
    """Notes with the longest run that each shares with another piece."""
    if among is None:
        unknown["nearest"] = "no folder of other pieces is named (--among): which pieces are nearest is not known"
        return notes, ()
    runs = among.shared(score)
    longest: dict[tuple[int, int], SharedRun] = {}
    for run in runs:  # longest first
        for index in run.indices:
            longest.setdefault((run.part, index), run)
    return [replace(note, shared=longest.get((note.part, note.index))) for note in notes], tuple(runs)


def read(path: str | Path, tune: int = 1) -> Work | Score:
    """Read what is to be explained: a Work from its folder or ``piece.json``, a Score from any music file."""
    path = Path(path)
    if path.is_dir():
        return Work.load(path)
    score = formats.read(path, tune=tune)
    return Work.load(path) if WORK in path.read_bytes()[:100] else score
