"""The result of explaining: the notes of a piece with their measurements, as values, a page and heat maps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from firmus.analysis.shared_passages import SharedRun
from firmus.render import heat
from firmus.render.instruments import drum
from firmus.render.pages import explanation
from firmus.score import Score
from firmus.tasks.explain.model_reading import beat_of, note_name
from firmus.timing import Bar, bar_at, bars
from firmus.tokens import events

UNLIKELY = 9.0  # bits of a pitch from which on it is reported as unlikely


@dataclass(frozen=True, slots=True)
class Influence:
    """Influence of an earlier bar of a part, or of an earlier note, on a note.

    Parameters
    ----------
    bar : int
        Its number.
    part : int
        Index in `Score.parts`; -1 for the chord symbols.
    index : int or None
        Index in `Part.notes` of a single note; None for all notes of the part in the bar.
    bits : float
        By which it made the note likelier; below 0, less likely.
    """

    bar: int
    part: int
    index: int | None
    bits: float


@dataclass(frozen=True, slots=True)
class ExplainedNote:
    """One note and its measurements.

    Parameters
    ----------
    part, index : int
        Indices in `Score.parts` and `Part.notes`.
    bar : int
        Its number.
    beat : float
        Quarter notes from the barline, counted from 1.
    name : str
        Of the pitch or the drum.
    bits : float
        Its surprise: the sum of the next three: that a note begins here, which pitch it has, how long it is.
    when_bits, pitch_bits, length_bits : float
    rank : int
        1 for the most surprising note of those explained.
    chance : float
        Probability of the pitch, 0 to 1, given that a note begins here.
    likelier : tuple of (str, float)
        The likeliest other pitches and their probabilities.
    rules : dict of str to float
        Share, 0 to 1, of the probability of all pitches that each rule masks.
    left : float
        Share that all rules together leave; near 0 the rules forced the note.
    conditions : dict of str to float
        Bits by which each condition of the model (key, chords, sections, controls) made the note likelier.
    returns : int or None
        Number of the bar that it repeats, by the form.
    reads_from : int
        Number of the first bar in the model's context.
    bars_before, notes_before : tuple of Influence, or None
        Influences on it, the strongest first; None where they were not measured.
    shared : SharedRun or None
        The longest run of notes around it that also occurs in another piece, where others are given.
    """

    part: int
    index: int
    bar: int
    beat: float
    name: str
    bits: float
    when_bits: float
    pitch_bits: float
    length_bits: float
    rank: int
    chance: float
    likelier: tuple[tuple[str, float], ...]
    rules: dict[str, float]
    left: float
    conditions: dict[str, float]
    returns: int | None
    reads_from: int
    bars_before: tuple[Influence, ...] | None = None
    notes_before: tuple[Influence, ...] | None = None
    shared: SharedRun | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """The explanation of a piece's notes.

    Parameters
    ----------
    score : Score
    model, style : str
        The model that read it, and the style it was conditioned on.
    notes : tuple of ExplainedNote
        In the order of encoding: bar by bar, and in each bar part by part.
    chosen : int or None
        Index in `notes` of the requested note.
    shared : tuple of SharedRun
        The longest runs that the piece shares with others, longest first.
    unknown : dict of str to str
        What could not be determined, and why.
    """

    score: Score
    model: str
    style: str
    notes: tuple[ExplainedNote, ...]
    chosen: int | None
    shared: tuple[SharedRun, ...]
    unknown: dict[str, str]

    @property
    def bits(self) -> float:
        """Mean surprise of a note."""
        return float(np.mean([note.bits for note in self.notes]))

    @property
    def rules(self) -> dict[str, float]:
        """Mean share of the model's probability that each rule masks: near 0 no effect, near 1 against the model."""
        names = dict.fromkeys(name for note in self.notes for name in note.rules)
        return {name: float(np.mean([note.rules[name] for note in self.notes if name in note.rules])) for name in names}

    @property
    def unlikely(self) -> tuple[ExplainedNote, ...]:
        """Notes of unlikely pitch, to proofread, the least likely first."""
        unlikely = [note for note in self.notes if note.pitch_bits >= UNLIKELY]
        return tuple(sorted(unlikely, key=lambda note: -note.pitch_bits))

    @property
    def focus(self) -> ExplainedNote:
        """The requested note, else the most surprising one whose influences were measured."""
        if self.chosen is not None:
            return self.notes[self.chosen]
        return min(self.notes, key=lambda note: (note.bars_before is None, note.rank))

    @property
    def part_names(self) -> tuple[str, ...]:
        """Names of the parts, or their numbers; no two alike."""
        names = [part.name.strip() or str(number) for number, part in enumerate(self.score.parts, 1)]
        return tuple(name if names.count(name) == 1 else f"{name} ({number})" for number, name in enumerate(names, 1))

    def as_dict(self) -> dict[str, Any]:
        """Plain values that JSON can hold; ``docs/listening.md`` describes them."""
        names, every = self.part_names, bars(self.score)
        return {
            "title": self.score.title,
            "model": self.model,
            "style": self.style,
            "parts": names,
            "bits": round(self.bits, 3),
            "rules": _rounded(self.rules),
            "unlikely": [self.notes.index(note) for note in self.unlikely],
            "chosen": self.chosen,
            "shared": [self._run(run, every) for run in self.shared],
            "unknown": self.unknown,
            "notes": [self._note(note, names, every) for note in self.notes],
        }

    def html(self, language: str = "en") -> str:
        """A page with both heat maps, which shows the measurements of each note."""
        return explanation.page(
            self.as_dict(), self.score, self._places(), f"{self.focus.part}-{self.focus.index}", language
        )

    def maps(self, language: str = "en") -> dict[str, str]:
        """Heat maps as SVG: ``"roll"`` and ``"score"`` by surprise, ``"influences"`` of the note in `focus`."""
        surprise = {(note.part, note.index): heat.SURPRISE[heat.surprise_step(note.bits)] for note in self.notes}
        legend = heat.surprise_legend(language)
        maps = {
            "roll": heat.on_roll(self.score, surprise, legend=legend, language=language),
            "score": heat.on_score(self.score, surprise, legend),
        }
        focus = self.focus
        if focus.bars_before is not None:
            bits = {(each.bar, self.part_names[each.part]): each.bits for each in focus.bars_before if each.part >= 0}
            own = (focus.part, focus.index)
            shades = {
                note: heat.INFLUENCE[heat.influence_step(bits.get(at, 0.0))] for note, at in self._places().items()
            }
            for index in range(focus.index + 1, len(self.score.parts[focus.part].notes)):
                shades[focus.part, index] = heat.INFLUENCE[heat.influence_step(0.0)]  # not yet read
            shades[own] = surprise[own]
            maps["influences"] = heat.on_roll(self.score, shades, own, heat.influence_legend(language), language)
        return {name: svg for name, svg in maps.items() if svg}

    def _places(self) -> dict[tuple[int, int], tuple[int, str]]:
        """Number of the bar, as the model counts bars, and part of every note."""
        every, ticks = bars(self.score), events.prepare(self.score)["ticks"].tolist()
        return {
            (part, index): (every[bar_at(every, ticks[bar])].number, self.part_names[part])
            for part, order in enumerate(events.encoding_order(self.score))
            for bar, index in order
        }

    def _note(self, note: ExplainedNote, names: Sequence[str], every: list[Bar]) -> dict[str, Any]:
        def listed(influences: tuple[Influence, ...] | None) -> list[dict[str, Any]] | None:
            return None if influences is None else [self._influence(each, names, every) for each in influences]

        return {
            "id": f"{note.part}-{note.index}",
            "part": names[note.part],
            "bar": note.bar,
            "beat": note.beat,
            "name": note.name,
            "bits": round(note.bits, 3),
            "when_bits": round(note.when_bits, 3),
            "pitch_bits": round(note.pitch_bits, 3),
            "length_bits": round(note.length_bits, 3),
            "rank": note.rank,
            "chance": round(note.chance, 4),
            "likelier": [[name, round(chance, 4)] for name, chance in note.likelier],
            "rules": _rounded(note.rules),
            "left": round(note.left, 4),
            "told": _rounded(note.conditions),
            "returns": note.returns,
            "reads_from": note.reads_from,
            "bars_before": listed(note.bars_before),
            "notes_before": listed(note.notes_before),
            "shared": None if note.shared is None else self._run(note.shared, every),
        }

    def _influence(self, each: Influence, names: Sequence[str], every: list[Bar]) -> dict[str, Any]:
        values: dict[str, Any] = {"bar": each.bar, "part": names[each.part] if each.part >= 0 else "chords"}
        if each.index is not None:
            note = self.score.parts[each.part].notes[each.index]
            values |= {
                "id": f"{each.part}-{each.index}",
                "beat": beat_of(every, note.start)[1],
                "name": note_name(self.score, each.part, note.pitch, drum),
            }
        return {**values, "bits": round(each.bits, 3)}

    def _run(self, run: SharedRun, every: list[Bar]) -> dict[str, Any]:
        first = self.score.parts[run.part].notes[run.indices[0]]
        return {
            "piece": run.piece,
            "bar": run.bar,
            "notes": len(run.indices),
            "semitones": run.semitones,
            "from_bar": beat_of(every, first.start)[0],
            "part": run.part + 1,
        }


def _rounded(values: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in values.items()}
