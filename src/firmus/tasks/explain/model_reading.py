"""What explaining a piece needs to know: how a model was, or would be, told it, and which notes are meant."""

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
from firmus.composing import controls as wishes
from firmus.composing import form, session
from firmus.composing.styles import STYLES
from firmus.errors import FirmusError, FormatError, InvalidBrief, ModelError
from firmus.pitch import STEPS
from firmus.runtime import stepper
from firmus.runtime.constraints import Rules
from firmus.runtime.surprise import side_by_side
from firmus.runtime.weights import Card, card, cards
from firmus.score import TICKS_PER_QUARTER, Note, Part, Score
from firmus.timing import Bar, bar_at, bars
from firmus.tokens import events
from firmus.work import Brief, Work

HEARD = 96  # tokens of music by which a style is told
Reasons = dict[str, str]


@dataclass(frozen=True, slots=True)
class Telling:
    """How a piece is told to a model.

    Parameters
    ----------
    model : Stepper
    known : Score
        The piece as the model knows it; see `firmus.composing.session.as_the_model_knows`.
    is_open : array (B, P + 1) of bool
        Cells that were composed; all, where nobody knows.
    style : str
    rules : Rules or None
    controls : tuple of int
    asks_chords : bool
        Whether the rules of chords were asked for, rather than being those of the ending.
    returns : dict of (int, int) to int
        Of notes (part, index) that a form brought back: the number of the bar that they return from.
    """

    model: stepper.Stepper
    known: Score
    is_open: NDArray[np.bool_]
    style: str
    rules: Rules | None
    controls: tuple[int, ...]
    asks_chords: bool
    returns: dict[tuple[int, int], int]


def of_work(work: Work, model: str | None, unknown: Reasons) -> Telling:
    """How a Work was told to the model that composed it."""
    score, origin, brief = work.score, work.origin, Brief.of(**work.origin.brief)
    able = origin.model in cards() and _reads(card(origin.model)) if model is None else True
    if not able:
        unknown["model"] = (
            f"{origin.model} made it, which reads no notes here; {session.DEFAULT_MODEL} reads it note by note"
        )
    chosen = reader(model or (origin.model if able else session.DEFAULT_MODEL))
    is_open = np.zeros(events.grid_shape(events.prepare(score)), bool)
    for start, stop, part in origin.composed:
        is_open |= session.cells_between(score, [(start, stop)], [part])
    style = origin.measured.get("style") or session.infer_style(brief, chosen, score)
    style = style if style in chosen.styles else chosen.styles[0]
    if style in STYLES and STYLES[style].has_chords and not brief.chords and score.chords:
        is_open[:, 0] = is_open.any(axis=1)
    rules = _rules(origin.rules, score) if chosen.name == origin.model else None
    if rules is None:
        reason = f"{chosen.name} did not compose it" if chosen.name != origin.model else "the work keeps none"
        unknown["rules"] = f"rules: {reason if able else f'what {origin.model} was held to is not kept note by note'}"
    if chosen.name == origin.model and chosen.digest != origin.weights:
        unknown["model"] = f"other weights of {chosen.name} composed it: its surprise is that of those that are here"
    known = session.as_the_model_knows(score, chosen, style)
    told = wishes.tokens(brief, chosen, style)
    return Telling(
        stepper.load(chosen.name), known, is_open, style, rules, told, bool(brief.chords), _returns(brief, score)
    )


def _rules(told: dict[str, object], score: Score) -> Rules | None:
    """Rules that an Origin keeps, if any."""
    if not told:
        return None
    try:
        rules = Rules.from_dict(told)
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError(f"the work's rules are damaged: {error!r}") from None
    if len(rules.parts) != len(score.parts):
        raise FormatError(f"the work's rules are those of {len(rules.parts)} parts: it has {len(score.parts)}")
    return rules


def of_score(score: Score, model: str | None, style: str | None, unknown: Reasons) -> Telling:
    """How a stranger's piece would be told if the model had composed all of it."""
    chosen = reader(model or session.DEFAULT_MODEL)
    if style is not None:
        session.choose_model(Brief.of(style=style, model=chosen.name), "compose")
    unknown["rules"] = "Firmus did not compose it: under which rules it was made is not known"
    model_in_memory = stepper.load(chosen.name)
    found = style or likeliest_style(model_in_memory, score)
    if style is None:
        unknown["style"] = f"no style is given: {found} is the likeliest of {len(chosen.styles)}; --style says another"
    known = session.as_the_model_knows(score, chosen, found)
    is_open = np.ones(events.grid_shape(events.prepare(known)), bool)
    is_open[:, 0] = False
    return Telling(model_in_memory, known, is_open, found, None, (), False, {})


def reader(name: str) -> Card:
    """Card of a model that can say how surprising each note of a piece is.

    Raises
    ------
    ModelError
        Where it cannot.
    """
    chosen = card(name)
    if not _reads(chosen):
        raise ModelError(
            f"model {name!r} is a {chosen.kind} of {chosen.representation}: it does not go from note to note; "
            f"{session.DEFAULT_MODEL} explains pieces, its own and others"
        )
    return chosen


def _reads(chosen: Card) -> bool:
    return chosen.kind == "stepper" and chosen.representation == "events"


def likeliest_style(model: stepper.Stepper, score: Score) -> str:
    """The style of the model's in which the first bars of a piece surprise it least."""
    styles = model.card.styles
    stories = []
    for style in styles:
        prepared = events.prepare(session.as_the_model_knows(score, model.card, style), style)
        count, lanes = events.grid_shape(prepared)
        sizes = np.diff(prepared["borders"]).reshape(count, lanes).sum(axis=1) + lanes
        last = max(1, int((np.cumsum(sizes) <= HEARD).sum()))
        is_open = np.ones((count, lanes), bool)
        is_open[:, 0] = False
        stories.append(events.assemble(prepared, is_open, 0, last))
    nats = side_by_side(model, stories)
    return styles[int(np.argmin([float(each.sum()) for each in nats]))]


def _returns(brief: Brief, score: Score) -> dict[tuple[int, int], int]:
    """Notes that a form brought back, and the number of the bar that each returns from.

    Those are the bars of a part that come back note for note; the last two bars of a piece are always composed.
    """
    found: dict[tuple[int, int], int] = {}
    if not brief.form:
        return found
    bar = score.meters[0].bar
    stretches = form.lay_out(brief.form, score.end // bar)
    for place, part in enumerate(score.parts):
        content: dict[int, list[int]] = {}
        for index, note in enumerate(part.notes):
            content.setdefault(note.start // bar, []).append(index)

        def told(number: int, part: Part = part, content: dict[int, list[int]] = content) -> list[Note]:
            return [
                replace(part.notes[index], start=part.notes[index].start % bar) for index in content.get(number, [])
            ]

        for stretch in stretches:
            if stretch.repeats is None:
                continue
            earlier = stretches[stretch.repeats]
            for number in range(stretch.first, min(stretch.last, score.end // bar - 2)):
                source = earlier.first + (number - stretch.first) % (earlier.last - earlier.first)
                if told(number) == told(source):
                    found |= {(place, index): source + 1 for index in content.get(number, [])}
    return found


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
    match = re.fullmatch(r"\s*(?:bar\s*)?(\d+)[\s,:]+(?:beat\s*)?(\d+(?:\.\d+)?)[\s,:]*(.*?)\s*", text, re.IGNORECASE)
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
        shown = ", ".join(part.name or str(number) for number, part in enumerate(score.parts, 1))
        raise InvalidBrief(f"note {text!r} must name a part: {shown}")
    place = session.find_part(score, named) if named else 0
    notes = score.parts[place].notes
    sounding = [index for index, note in enumerate(notes) if note.start <= tick < note.end]
    if pitch is not None:
        sounding = [index for index in sounding if notes[index].pitch == pitch]
    if not sounding:
        there = sorted({beat_of(every, note.start)[1] for note in notes if bar.start <= note.start < bar.end})
        told = f"notes begin at {', '.join(f'{each:g}' for each in there)}" if there else "it is silent in this bar"
        raise InvalidBrief(f"note {text!r}: no such note sounds there; {told}")
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
        Takes what is being done, the files done and the files to do.
    """

    path: Path
    progress: session.Progress | None = None

    def shared(self, score: Score) -> list[shared_passages.SharedRun]:
        """The longest runs that a piece shares with those of the folder; the piece itself is left out."""
        return shared_passages.shared(score, self._others(score))

    def files(self) -> list[Path]:
        """Files that may be music.

        Raises
        ------
        FormatError
            Where there is none.
        """
        known = tuple(formats.extensions())
        found = [path for path in sorted(self.path.rglob("*")) if path.suffix.lower() in known]
        if not found:
            raise FormatError(f"{self.path} holds no music that Firmus reads ({', '.join(known)})")
        return found

    def _others(self, score: Score) -> Iterator[tuple[str, Score]]:
        files = self.files()
        own = [part.notes for part in score.parts]
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
                if [part.notes for part in tune.parts] != own:
                    name = path.relative_to(self.path).as_posix()
                    yield name if len(tunes) == 1 else f"{name}#{number}", tune
        if not read:
            raise FormatError(f"{self.path}: none of its {len(files)} files is music that Firmus reads")
