"""The inputs of explaining a piece: how a model reads it, which notes are selected, and the pieces of a folder."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from firmus import formats
from firmus.analysis import shared_passages
from firmus.analysis.features import pitch_name
from firmus.composing import controls
from firmus.composing.autoregressive.plan import model_view
from firmus.composing.commission import DEFAULT_MODEL, choose_model
from firmus.composing.form import of_marks
from firmus.composing.selection import cells_between, find_part
from firmus.composing.styles import infer_style, styles
from firmus.errors import FirmusError, FormatError, InvalidBrief, ModelError
from firmus.pitch import STEPS
from firmus.progress import Progress
from firmus.runtime import stepper
from firmus.runtime.constraints import Rules
from firmus.runtime.note_likelihood import batched_nats
from firmus.runtime.part_order import PartOrder
from firmus.runtime.weights import Card, card, cards
from firmus.score import TICKS_PER_QUARTER, Note, Part, Score
from firmus.timing import Bar, bar_at, bars
from firmus.tokens import events
from firmus.translation import vocabulary
from firmus.work import Brief, Work

STYLE_TOKENS = 96  # tokens of music by which a style is inferred
Reasons = dict[str, str]


@dataclass(frozen=True, slots=True)
class ModelReading:
    """How a piece is encoded for a model, and what the model is conditioned on.

    Parameters
    ----------
    model : Stepper
    known : Score
        The piece as the model sees it; see `firmus.composing.autoregressive.plan.model_view`.
    is_open : array (B, P + 1) of bool
        Cells that were composed; all, where that is not known.
    style : str
    rules : Rules or None
    controls : tuple of int
    has_chord_rules : bool
        Whether the rules of chords were requested, rather than being those of the ending.
    repeats : dict of (int, int) to int
        Of notes (part, index) that a form repeats: the number of the bar that they repeat.
    """

    model: stepper.Stepper
    known: Score
    is_open: NDArray[np.bool_]
    style: str
    rules: Rules | None
    controls: tuple[int, ...]
    has_chord_rules: bool
    repeats: dict[tuple[int, int], int]


def reading_of_work(work: Work, model: str | None, unknown: Reasons) -> ModelReading:
    """A Work as the model that composed it saw it."""
    score, origin, brief = work.score, work.origin, Brief.of(**work.origin.brief)
    is_readable = origin.model in cards() and _can_read(card(origin.model)) if model is None else True
    if not is_readable:
        unknown["model"] = f"{origin.model} made it, which reads no notes here; {DEFAULT_MODEL} reads it note by note"
    chosen = reader_card(model or (origin.model if is_readable else DEFAULT_MODEL))
    is_open = np.zeros(events.grid_shape(events.prepare(score)), bool)
    for start, stop, part in origin.composed:
        is_open |= cells_between(score, [(start, stop)], [part])
    style = origin.measured.get("style") or infer_style(brief.style or "", chosen, score)
    style = style if style in chosen.styles else chosen.styles[0]
    plan = origin.measured.get("plan", {})
    if style in styles() and styles()[style].has_chords and not brief.chords and score.chords and "chords" not in plan:
        is_open[:, 0] = is_open.any(axis=1)
    rules = _rules(origin.rules, score) if chosen.name == origin.model else None
    if rules is None:
        reason = f"{chosen.name} did not compose it" if chosen.name != origin.model else "the work keeps none"
        unknown["rules"] = (
            f"rules: {reason if is_readable else f'what {origin.model} was held to is not kept note by note'}"
        )
    if chosen.name == origin.model and chosen.digest != origin.weights:
        unknown["model"] = f"other weights of {chosen.name} composed it: its surprise is that of those that are here"
    known = model_view(score, chosen, style)
    genre = brief.genre if brief.genre in chosen.facts.get("genres", ()) else None
    tokens = controls.tokens(controls.requested(brief), chosen, style, genre or "")
    return ModelReading(
        stepper.load(chosen.name),
        known,
        is_open,
        style,
        rules,
        tokens,
        bool(brief.chords),
        _repeats(score) if plan.get("form") else {},
    )


def _rules(document: dict[str, object], score: Score) -> Rules | None:
    """Rules stored in an Origin, if any."""
    if not document:
        return None
    try:
        rules = Rules.from_dict(document)
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError(f"the work's rules are damaged: {error!r}") from None
    if len(rules.parts) != len(score.parts):
        raise FormatError(f"the work's rules are those of {len(rules.parts)} parts: it has {len(score.parts)}")
    return rules


def reading_of_score(score: Score, model: str | None, style: str | None, unknown: Reasons) -> ModelReading:
    """Any other piece, as if the model had composed all of it."""
    chosen = reader_card(model or DEFAULT_MODEL)
    if style is not None:
        choose_model(Brief.of(style=style, model=chosen.name), "compose")
    unknown["rules"] = "Firmus did not compose it: under which rules it was made is not known"
    model_in_memory = stepper.load(chosen.name)
    read_as = style or likeliest_style(model_in_memory, score)
    if style is None:
        unknown["style"] = (
            f"no style is given: {read_as} is the likeliest of {len(chosen.styles)}; --style says another"
        )
    known = model_view(score, chosen, read_as)
    is_open = np.ones(events.grid_shape(events.prepare(known)), bool)
    is_open[:, 0] = False
    return ModelReading(model_in_memory, known, is_open, read_as, None, (), False, {})


def reader_card(name: str) -> Card:
    """Card of a model that gives the likelihood of each note of a piece.

    Raises
    ------
    ModelError
        Where it cannot.
    """
    chosen = card(name)
    if not _can_read(chosen):
        raise ModelError(
            f"model {name!r} is a {chosen.kind} of {chosen.representation}: it does not go from note to note; "
            f"{DEFAULT_MODEL} explains pieces, its own and others"
        )
    return chosen


def _can_read(chosen: Card) -> bool:
    return chosen.kind == "stepper" and chosen.representation == "events"


def likeliest_style(model: stepper.Stepper, score: Score) -> str:
    """The style of the model that maximises the likelihood of the first bars of a piece."""
    styles = model.card.styles
    examples = []
    for style in styles:
        view = model_view(score, model.card, style)
        ordered, is_compact = PartOrder.of(model.card, view).score(view), events.is_compact(model.card.facts)
        prepared = events.prepare(ordered, style, is_compact=is_compact)
        count, lanes = events.grid_shape(prepared)
        sizes = np.diff(prepared["borders"]).reshape(count, lanes).sum(axis=1) + lanes
        last = max(1, int((np.cumsum(sizes) <= STYLE_TOKENS).sum()))
        is_open = np.ones((count, lanes), bool)
        is_open[:, 0] = False
        examples.append(events.assemble(prepared, is_open, 0, last))
    nats = batched_nats(model, examples)
    return styles[int(np.argmin([float(each.sum()) for each in nats]))]


def _repeats(score: Score) -> dict[tuple[int, int], int]:
    """Notes that a form repeats, and the number of the bar that each repeats.

    Those are the bars of a part that recur note for note; the last two bars of a varied return are always composed.
    """
    repeats: dict[tuple[int, int], int] = {}
    bar, stretches = score.meters[0].bar, of_marks(score)
    for place, part in enumerate(score.parts):
        content: dict[int, list[int]] = {}
        for index, note in enumerate(part.notes):
            content.setdefault((note.start - score.pickup) // bar, []).append(index)

        def bar_notes(number: int, part: Part = part, content: dict[int, list[int]] = content) -> list[Note]:
            return [
                replace(part.notes[index], start=(part.notes[index].start - score.pickup) % bar)
                for index in content.get(number, [])
            ]

        for stretch in stretches:
            if stretch.repeats is None:
                continue
            earlier = stretches[stretch.repeats]
            for number in range(stretch.first, stretch.last - 2 if stretch.is_varied else stretch.last):
                source = earlier.first + (number - stretch.first) % (earlier.last - earlier.first)
                if bar_notes(number) == bar_notes(source):
                    repeats |= {(place, index): source + 1 for index in content.get(number, [])}
    return repeats


# -- which notes ------------------------------------------------------------------------------------------------


def find_note(score: Score, text: str) -> tuple[int, int]:
    """Part and index of the note that sounds at a place: ``"bar 7 beat 2 alto"``, ``"7 2.5 piano E4"``.

    Beats are quarter notes, counted from 1 at the barline. Of several notes at once the highest is meant, unless a
    pitch is named.

    Raises
    ------
    InvalidBrief
        Where there is none.

    Examples
    --------
    >>> from firmus.score import Part
    >>> find_note(Score((Part("Alto", (Note(0, 480, 60), Note(480, 960, 62))),)), "bar 1, beat 3")
    (0, 1)
    """
    place_of = r"\s*(?:bar\s*)?(\d+)[\s,:]+(?:beat\s*)?(\d+(?:\.\d+)?)[\s,:]*(.*?)\s*"
    match = re.fullmatch(place_of, vocabulary.note(text), re.IGNORECASE)
    if not match:
        raise InvalidBrief(f"note {text!r} must say bar, beat (quarter notes from 1) and part: 'bar 7 beat 2 alto'")
    every = bars(score)
    numbered = {bar.number: bar for bar in every}
    if int(match[1]) not in numbered:
        raise InvalidBrief(f"note {text!r}: the piece has bars {min(numbered)} to {max(numbered)}")
    bar, beat = numbered[int(match[1])], float(match[2])
    tick = bar.start - bar.place + round((beat - 1) * TICKS_PER_QUARTER)
    if not bar.start <= tick < bar.end:
        first, last = (1 + (bar.place + ticks) / TICKS_PER_QUARTER for ticks in (0, bar.end - bar.start))
        raise InvalidBrief(
            f"note {text!r}: bar {match[1]} goes from beat {first:g} to before {last:g}, in quarter notes"
        )
    named, pitch = _pitch(match[3])
    if not named and len(score.parts) > 1:
        names = ", ".join(part.name or str(number) for number, part in enumerate(score.parts, 1))
        raise InvalidBrief(f"note {text!r} must name a part: {names}")
    place = find_part(score, named) if named else 0
    notes = score.parts[place].notes
    sounding = [index for index, note in enumerate(notes) if note.start <= tick < note.end]
    if pitch is not None:
        sounding = [index for index in sounding if notes[index].pitch == pitch]
    if not sounding:
        beats = sorted({beat_of(every, note.start)[1] for note in notes if bar.start <= note.start < bar.end})
        hint = f"notes begin at {', '.join(f'{each:g}' for each in beats)}" if beats else "it is silent in this bar"
        raise InvalidBrief(f"note {text!r}: no such note sounds there; {hint}")
    return place, max(sounding, key=lambda index: (notes[index].start, notes[index].pitch))


def _pitch(text: str) -> tuple[str, int | None]:
    """A part's name, and the pitch that stands after it, if any."""
    match = re.fullmatch(r"(.*?)\s*\b([A-Ga-g])([#b]?)(-?\d)", text)
    if not match:
        return text, None
    return match[1], 12 * (int(match[4]) + 1) + STEPS[match[2].upper()] + {"#": 1, "b": -1, "": 0}[match[3]]


def beat_of(every: list[Bar], tick: int) -> tuple[int, float]:
    """Number of the bar of all the bars, and the beat: quarter notes from the barline, counted from 1."""
    bar = every[bar_at(every, tick)]
    return bar.number, round((tick - bar.start + bar.place) / TICKS_PER_QUARTER + 1, 3)


def note_name(score: Score, part: int, pitch: int, drum: Callable[[int], str]) -> str:
    """Name of a pitch in the key of the piece, or of a drum."""
    return drum(pitch) if score.parts[part].is_drums else pitch_name(pitch, score.keys[0] if score.keys else None)


# -- other pieces -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Folder:
    """The pieces of a folder, read one by one, as `firmus.analysis.shared_passages.Corpus`.

    Parameters
    ----------
    path : Path
    progress : callable, optional
        Called with a title, files done and files in total.
    """

    path: Path
    progress: Progress | None = None

    def shared(self, score: Score) -> list[shared_passages.SharedRun]:
        """The longest runs that a piece shares with those of the folder; the piece itself is skipped."""
        return shared_passages.shared(score, self._others(score))

    def files(self) -> list[Path]:
        """Files that may be music.

        Raises
        ------
        FormatError
            Where there is none.
        """
        known = tuple(formats.extensions())
        files = [path for path in sorted(self.path.rglob("*")) if path.suffix.lower() in known]
        if not files:
            raise FormatError(f"{self.path} holds no music that Firmus reads ({', '.join(known)})")
        return files

    def _others(self, score: Score) -> Iterator[tuple[str, Score]]:
        files = self.files()
        notes = [part.notes for part in score.parts]
        read = 0
        for done, path in enumerate(files, 1):
            try:
                tunes = formats.read_all(path)
            except FirmusError:
                continue  # a folder of music may hold other things, too
            finally:
                if self.progress:
                    self.progress("among", done, len(files))
            read += 1
            for number, tune in enumerate(tunes, 1):
                if [part.notes for part in tune.parts] != notes:
                    name = path.relative_to(self.path).as_posix()
                    yield name if len(tunes) == 1 else f"{name}#{number}", tune
        if not read:
            raise FormatError(f"{self.path}: none of its {len(files)} files is music that Firmus reads")
