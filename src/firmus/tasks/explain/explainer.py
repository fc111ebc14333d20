"""Explaining a piece: surprise of each note, effects of rules, influences of earlier notes, the same runs elsewhere.

The model's conditions (rules, controls) are known of a Work that Firmus composed; any other piece is read as if the
model had composed all of it. What cannot be determined is reported as unknown, with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from firmus.analysis.shared_passages import Corpus, SharedRun
from firmus.composing.selection import bar_spans, find_part
from firmus.errors import InvalidBrief
from firmus.progress import Progress
from firmus.render.files import read
from firmus.render.instruments import drum
from firmus.runtime.influence import influences
from firmus.runtime.note_likelihood import NoteLikelihood, Reading, conditioning_effects, readings
from firmus.score import Note, Score
from firmus.tasks.explain.explanation import ExplainedNote, Explanation, Influence
from firmus.tasks.explain.model_reading import (
    Folder,
    ModelReading,
    beat_of,
    find_note,
    note_name,
    reading_of_score,
    reading_of_work,
)
from firmus.timing import bar_at, bars
from firmus.tokens import events
from firmus.work import Brief, Work

__all__ = ["ExplainedNote", "Explanation", "Influence", "explain", "read"]

BIT = float(np.log(2))  # nats
LEAST = 0.05  # bits of an influence that is reported
BARS, NOTES = 24, 12  # influences reported of a note: bars of parts, and single notes,
CLOSEST = 4  # which are measured in so many of the former
OPTIONS = ("model", "style", "bars", "parts")
MOST_STEPS = 40_000  # tokens that are read anew to measure influences, unless more notes are requested


def explain(
    source: Work | Score,
    brief: Brief | None = None,
    *,
    note: str | None = None,
    among: Corpus | str | Path | None = None,
    most: int | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> Explanation:
    """Explain the notes of a piece.

    Parameters
    ----------
    source : Work or Score
        Of a Work the notes that Firmus composed are explained.
    brief : Brief, optional
        Or its fields as keywords: `model` (that reads it: of a Work the one that composed it, else ``"composer"``),
        `style` (of any other piece; the likeliest where it is not given), `bars` and `parts` (which notes).
    note : str, optional
        One note in particular: ``"bar 7 beat 2 alto"``.
    among : folder, or an object that finds shared runs, optional
        Other pieces to search for the same runs.
    most : int, optional
        For how many notes, the most surprising first, influences are measured; 0 for the chosen one alone. As many as
        take about half a minute where it is not given.
    progress : callable, optional

    Raises
    ------
    InvalidBrief
        Where there is no such note, or no note at all.
    ModelError
        Where the model does not predict note by note.
    """
    score = source.score if isinstance(source, Work) else source
    if not any(part.notes for part in score.parts):
        raise InvalidBrief("the piece has no notes: there is nothing to explain")
    brief = brief or Brief.of(**options)
    for name in brief.as_dict():
        if name not in OPTIONS:
            raise InvalidBrief(f"{name}: explain takes {', '.join(OPTIONS)}, a note and other pieces")
    if isinstance(among, str | Path):
        among = Folder(Path(among), progress)
        among.files()  # raises before anything is read
    unknown: dict[str, str] = {}
    if isinstance(source, Work):
        if brief.style is not None:
            raise InvalidBrief(f"style {brief.style!r}: the work says itself what it was composed as; leave it out")
        model_reading = reading_of_work(source, brief.model, unknown)
    else:
        model_reading = reading_of_score(score, brief.model, brief.style, unknown)
    chosen = find_note(score, note) if note else None
    selected = _selected(score, brief, chosen)
    passages = _read(model_reading, selected, progress)
    explainer = _Explainer(score, model_reading, passages, selected, progress)
    notes = explainer.notes()
    if not notes:
        raise InvalidBrief("none of these notes was composed by Firmus: there is nothing to explain in them")
    if passages[-1].first > 0:
        length = model_reading.model.card.shape["length"]
        unknown["before"] = (
            f"longer than the {length:,} tokens that the model reads at once: see reads_from of each note"
        )
    place = next((at for at, each in enumerate(notes) if (each.part, each.index) == chosen), None)
    if chosen is not None and place is None:
        raise InvalidBrief(f"note {note!r} was given, not composed by Firmus: there is nothing to explain in it")
    if model_reading.model.keeps_tokens:
        notes = explainer.with_influences(notes, place, most, unknown)
    else:
        unknown["influences"] = f"model {model_reading.model.card.name!r} keeps one memory of all it has read"
    notes, shared = _shared(score, notes, among, unknown)
    return Explanation(score, model_reading.model.card.name, model_reading.style, tuple(notes), place, shared, unknown)


def _selected(score: Score, brief: Brief, chosen: tuple[int, int] | None) -> set[tuple[int, int]]:
    """Notes (part, index) to explain."""
    spans = bar_spans(score, brief.bars)
    places = [find_part(score, name) for name in brief.parts] or range(len(score.parts))
    selected = {
        (place, index)
        for place in places
        for index, each in enumerate(score.parts[place].notes)
        if any(start <= each.start < stop for start, stop in spans)
    }
    if not selected:
        raise InvalidBrief("no note begins in these bars of these parts: there is nothing to explain")
    if chosen is not None and chosen not in selected:
        raise InvalidBrief("the note asked for is not among these bars and parts: leave bars and parts out")
    return selected


def _read(model_reading: ModelReading, selected: set[tuple[int, int]], progress: Progress | None) -> list[Reading]:
    """Read the piece as far as the last selected note, stretch by stretch."""
    this = model_reading
    passages, left, count = [], set(selected), len(this.is_open)
    for reading in readings(this.model, this.known, this.is_open, this.style, this.rules, this.controls):
        passages.append(reading)
        left -= {(each.note.part, each.note.index) for each in reading.notes}
        if progress:
            progress("read", reading.last, count)
        if not left:
            break
    return passages


class _Explainer:
    """Maps measurements of tokens to notes of the score."""

    def __init__(
        self,
        score: Score,
        model_reading: ModelReading,
        passages: list[Reading],
        selected: set[tuple[int, int]],
        progress: Progress | None,
    ) -> None:
        self.score, self.model_reading, self.passages, self.progress = score, model_reading, passages, progress
        self.bars = every = bars(score)
        ticks = events.prepare(model_reading.known)["ticks"].tolist()
        self.numbers = [every[bar_at(every, tick)].number for tick in ticks]  # of the bars of the representation
        self.measured: list[tuple[Reading, NoteLikelihood]] = [
            (reading, each)
            for reading in passages
            for each in reading.notes
            if (each.note.part, each.note.index) in selected
        ]

    def notes(self) -> list[ExplainedNote]:
        """Every note with its surprise."""
        order = sorted(range(len(self.measured)), key=lambda at: -self.measured[at][1].nats)
        rank = {at: place for place, at in enumerate(order, 1)}
        return [self._note(reading, each, rank[at]) for at, (reading, each) in enumerate(self.measured)]

    def _note(self, reading: Reading, each: NoteLikelihood, rank: int) -> ExplainedNote:
        part, index = each.note.part, each.note.index
        sounding: Note = self.score.parts[part].notes[index]
        bar, beat = beat_of(self.bars, sounding.start)

        def name(pitch: int) -> str:
            return note_name(self.score, part, pitch, drum)

        rules = dict(each.masked)
        if "chords" in rules and not self.model_reading.has_chord_rules:
            rules["ending"] = max(rules.pop("chords"), rules.get("ending", 0.0))
        bits = (each.nats / BIT, each.when_nats / BIT, each.pitch_nats / BIT, each.length_nats / BIT)
        likelier = tuple((name(pitch), probability) for pitch, probability in each.likelier)
        repeats = self.model_reading.repeats.get((part, index))
        return ExplainedNote(
            part,
            index,
            bar,
            beat,
            name(sounding.pitch),
            *bits,
            rank,
            each.probability,
            likelier,
            rules,
            each.unmasked,
            {},
            repeats,
            self.numbers[reading.first],
        )

    def with_influences(
        self, notes: list[ExplainedNote], chosen: int | None, most: int | None, unknown: dict[str, str]
    ) -> list[ExplainedNote]:
        """Notes with effects of conditions and influences of earlier notes, for as many as are requested."""
        by_rank = sorted(range(len(notes)), key=lambda at: (at != chosen, notes[at].rank))
        count = self._affordable(by_rank) if most is None else most + (chosen is not None)
        picked = set(by_rank[:count])
        if count < len(notes) and (chosen is None or most != 0):
            some = f"is measured of {count} notes of {len(notes)}; name a note, or bars, to see others"
            none = "is not measured here: firmus explain measures it"
            unknown["influences"] = f"what a note came from {some if count else none}"
        done = list(notes)
        for reading in self.passages:
            indices = [at for at in sorted(picked) if self.measured[at][0] is reading]
            if indices:
                self._add_conditions(reading, done, indices)
                self._add_influences(reading, done, indices, len(picked))
        return done

    def _affordable(self, order: Sequence[int]) -> int:
        """How many notes can be measured in about half a minute."""
        steps = 0
        for count, at in enumerate(order):
            reading, each = self.measured[at]
            before = sum(first < each.note.first for first, _ in reading.cells.values())
            steps += (before + NOTES) * (each.note.last - each.note.first)
            if steps > MOST_STEPS:
                return max(count, 1)
        return len(order)

    def _add_conditions(self, reading: Reading, notes: list[ExplainedNote], indices: Sequence[int]) -> None:
        """Add the effects of the key, the chords, the sections and the controls."""
        this = self.model_reading
        effects = conditioning_effects(reading, this.known, this.style, this.controls)
        place = {id(each): at for at, each in enumerate(reading.notes)}
        for at in indices:
            here = place[id(self.measured[at][1])]
            bits = {name: each[here] / BIT for name, each in effects.items()}
            notes[at] = replace(notes[at], conditions=bits)

    def _add_influences(self, reading: Reading, notes: list[ExplainedNote], indices: Sequence[int], total: int) -> None:
        """Add the influences of bars of parts, then those of single notes in the bars of the largest influence."""
        cells = list(reading.cells)
        targets = [self.measured[at][1].note for at in indices]
        nats = influences(reading, targets, list(reading.cells.values()))
        within: dict[tuple[int, int], list[Any]] = {}
        for each in reading.all_notes:
            within.setdefault((each.bar, each.part + 1), []).append(each)
        for done, (at, note) in enumerate(zip(indices, targets, strict=True), 1):
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
