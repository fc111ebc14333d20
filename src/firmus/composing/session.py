"""What every composing task shares: the model, the seeds, the rules, the Origin."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from firmus._version import __version__
from firmus.analysis import features, keys
from firmus.composing import controls as wishes
from firmus.composing import form, ranking
from firmus.composing.styles import STYLES, instrument_range
from firmus.errors import InvalidBrief, unknown
from firmus.formats.json import to_dict
from firmus.runtime import stepper
from firmus.runtime.constraints import PartRules, Rules
from firmus.runtime.infilling import Bar, Request, chord_rules, fill_all
from firmus.runtime.sampling import Sampling
from firmus.runtime.weights import Card, cards, found
from firmus.score import Chord, Key, Part, Score
from firmus.timing import bars, beat
from firmus.tokens import events
from firmus.tokens.events import vocabulary
from firmus.work import Brief, Origin, Work, chord_bars, pitch_range

Progress = Callable[[str, int, int], None]  # what is being done, how much of it is done, of how much
Open = NDArray[np.bool_]
DEFAULT_MODEL = "composer"
MARK = "Firmus (AI-generated)"
DRAFTS = 4  # of which the nearest to a wish is kept
MARGIN = 4  # semitones that a part may go beyond what is given of it


@runtime_checkable
class Listener(Protocol):
    """Progress that also hears the music while it is composed, where the first draft is kept."""

    def __call__(self, title: str, done: int, total: int) -> None:
        """Hear how far it is."""

    def begin(self, piece: int, frame: Score) -> None:
        """Hear what is given of a piece, from 1, before anything is composed."""

    def bar(self, piece: int, bar: Bar) -> None:
        """Hear a bar that is whole."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a task has made of a Brief: the score with its gaps, and the rules for filling them.

    Parameters
    ----------
    score : Score
        Notes of open cells taken out.
    is_open : array (B, P + 1) of bool
    style : str
    rules : Rules
    source : Score, optional
        What was given, for the Origin.
    form : tuple of Stretch
        Sections that are composed one after the other; empty for all at once.
    """

    score: Score
    is_open: Open
    style: str
    rules: Rules
    source: Score | None = None
    form: tuple[form.Stretch, ...] = ()


def choose_model(brief: Brief, task: str) -> Card:
    """Card of the model asked for, or of the usual one; refuses what it cannot do."""
    chosen = found(brief.model or DEFAULT_MODEL)
    if task not in chosen.tasks:
        able = [name for name, each in cards().items() if task in each.tasks]
        raise InvalidBrief(f"model {chosen.name!r} does not {task}: {', '.join(able) or 'none here'} can")
    if chosen.kind == "engine":
        return chosen  # which says itself what it cannot be asked for
    if brief.style is not None and brief.style not in chosen.styles:
        raise InvalidBrief(unknown("style", brief.style, chosen.styles))
    if brief.form is not None and task != "compose":
        raise InvalidBrief(f"form {brief.form!r}: only compose takes a form; the source of {task} has its own")
    if task != "interpolate" and (brief.target is not None or brief.steps is not None):
        raise InvalidBrief(f"a target and steps are for interpolate: {task} takes neither")
    if brief.syncopation is not None and chosen.kind != "latent":
        able = [name for name, each in cards().items() if each.kind == "latent" and task in each.tasks]
        raise InvalidBrief(
            f"syncopation {brief.syncopation}: model {chosen.name!r} cannot be asked for it; "
            + (f"{' or '.join(able)} can (--model)" if able else "no model here can")
        )
    if brief.chords and not brief.is_strict("chords") and "chords" not in chosen.controls:
        raise InvalidBrief(f"chords as wishes: model {chosen.name!r} has not learnt chord symbols; leave --loose out")
    return chosen


def perform(
    brief: Brief, task: str, chosen: Card, plan: Callable[[np.random.Generator], Plan], progress: Progress | None
) -> list[Work]:
    """Compose as many works as are asked for, each from its own seed; best first (`firmus.composing.ranking`).

    The first work's seed is the Brief's, the next one's follows it: each can be made again alone. Where something is
    wished for the whole (density, mood ...), each work is the nearest to it of `DRAFTS`. Several are composed
    together, a token of each at a time; what is finished is kept when interrupted.
    """
    first = secrets.randbelow(2**31) if brief.seed is None else brief.seed
    model = stepper.load(chosen.name)
    wished = wishes.wishes(brief)
    drafts = DRAFTS if wished else 1
    listener = progress if isinstance(progress, Listener) and drafts == 1 else None
    works: dict[int, Work] = {}
    plans: list[Plan] = []

    def jobs() -> Iterator[tuple[Request, np.random.Generator]]:
        for seed in seeds:
            generator = np.random.default_rng(seed)
            made = plan(generator)
            plans.append(made)
            if listener:
                listener.begin(len(plans), made.score)
            known = as_the_model_knows(made.score, chosen, made.style)
            sampling = Sampling(_temperature(brief, made.style), brief.top_p)
            told = wishes.tokens(brief, chosen, made.style), wishes.targets(brief, chosen, made.style)
            request = Request(known, made.is_open, made.style, made.rules, sampling, *told)
            for draft in range(drafts):
                own = np.random.default_rng([seed, draft]) if draft else generator
                yield form.in_sections(request, made.form, own) if made.form else request, own

    def told(finished: int, done: int, total: int) -> None:
        if progress:
            number = f" {finished // drafts + 1}/{brief.count}" if brief.count > 1 else ""
            progress(f"{task}{number}", done, total)

    def heard(job: int, bar: Bar) -> None:
        if listener:
            listener.bar(job + 1, bar)

    seeds = [(first + index) % 2**63 for index in range(brief.count)]
    try:
        for job, filled in fill_all(model, jobs(), told, on_bar=heard if listener else None):
            index = job // drafts
            score = marked(_put_back(plans[index].score, filled.score))
            origin = _origin(brief, task, chosen, seeds[index], plans[index], score, filled.nats)
            if index not in works or _rank(origin, "obedience") > _rank(works[index].origin, "obedience"):
                works[index] = Work(score, origin)
    except KeyboardInterrupt:
        if not works:
            raise
    return sorted(works.values(), key=lambda work: -_rank(work.origin, "total"))


def _rank(origin: Origin, name: str) -> float:
    return float(origin.measured["score"][name])


def _temperature(brief: Brief, style: str) -> float:
    """Temperature asked for, or the style's."""
    if brief.temperature is not None:
        return brief.temperature
    return STYLES[style].temperature if style in STYLES else 0.9


def as_the_model_knows(score: Score, chosen: Card, style: str) -> Score:
    """The score as it is told to the model: without chord symbols, marks and instruments that it never met."""
    programs = set(chosen.facts.get("programs", range(128)))
    voices = STYLES[style].voices if style in STYLES else ()

    def met(place: int, part: Part) -> Part:
        own = voices[place] if place < len(voices) else None
        if own and own.known_as in programs and own.program == part.program:
            return replace(part, program=own.known_as)
        if part.is_drums or part.program in programs:
            return part
        usual = own.program if own else 52
        return replace(part, program=usual if usual in programs else min(programs, default=0))

    parts = tuple(met(place, part) for place, part in enumerate(score.parts))
    chords = score.chords if "chords" in chosen.controls else ()
    sections = score.sections if "sections" in chosen.controls else ()
    return replace(score, parts=parts, chords=chords, sections=sections)


def marked(score: Score) -> Score:
    """The score with a mark, beside its composer, that says it was composed by a machine."""
    if MARK in score.composer:
        return score
    return replace(score, composer=f"{score.composer}, with {MARK}" if score.composer else MARK)


def _put_back(wanted: Score, filled: Score) -> Score:
    """The composed notes in the score that was wanted."""
    pairs = zip(wanted.parts, filled.parts, strict=True)
    parts = tuple(replace(part, notes=composed.notes) for part, composed in pairs)
    return replace(wanted, parts=parts, chords=filled.chords or wanted.chords)


def _origin(brief: Brief, task: str, chosen: Card, seed: int, made: Plan, score: Score, nats: float) -> Origin:
    wished = wishes.wishes(brief)
    controls = wishes.measure(score, made.is_open, made.style, chosen)
    found = {name: each["share"] for name, each in controls.items()}
    return Origin(
        firmus=__version__,
        model=chosen.name,
        weights=chosen.digest,
        task=task,
        seed=seed,
        brief=brief.as_dict(),
        credits=chosen.credits,
        measured={
            **features.summary(score),
            **heard(score),
            "style": made.style,
            "surprise": round(nats, 4),
            **({"form": form.returns(score, made.form)} if made.form else {}),
            "controls": controls,
            "score": ranking.rank(score, made.style, nats, wished, found),
        },
        composed=tuple(spans(score, made.is_open)),
        source=digest(made.source) if made.source else "",
        rules=made.rules.as_dict(),
    )


def heard(score: Score) -> dict[str, Any]:
    """Key as it is heard in the notes, whatever is written, and how sure that is (0 to 1)."""
    found = keys.estimate(score)
    if found is None:
        return {"heard_key": None, "heard_key_confidence": 0.0}
    return {"heard_key": found.key.text, "heard_key_confidence": round(found.confidence, 3)}


def digest(score: Score) -> str:
    """SHA-256 of a Score's content."""
    return hashlib.sha256(json.dumps(to_dict(score), sort_keys=True).encode()).hexdigest()


def spans(score: Score, is_open: Open) -> list[tuple[int, int, int]]:
    """Stretches of open cells: first tick, tick after the last, part from 0."""
    ticks = [*events.prepare(score)["ticks"].tolist(), max(score.end, bars(score)[-1].end)]
    found: list[tuple[int, int, int]] = []
    for lane in range(1, is_open.shape[1]):
        opened = np.flatnonzero(is_open[:, lane]).tolist()
        for place, bar in enumerate(opened):
            if place and opened[place - 1] == bar - 1:
                found[-1] = (found[-1][0], ticks[bar + 1], lane - 1)
            else:
                found.append((ticks[bar], ticks[bar + 1], lane - 1))
    return found


def rules(brief: Brief, score: Score, part_rules: tuple[PartRules, ...], chords: tuple[Chord, ...] = ()) -> Rules:
    """Rules of a Brief: what is asked for strictly cannot be broken.

    Raises
    ------
    InvalidBrief
        Where the wishes contradict each other.
    """
    scale = frozenset(Key.parse(brief.key).scale) if brief.key and brief.is_strict("key") else None
    held = chord_rules(score, chords) if chords and brief.is_strict("chords") else ()
    if scale is not None and held:
        for chord in chords:
            if chord.pitch_classes and len(scale & set(chord.pitch_classes)) < 2:
                raise InvalidBrief(
                    f"chord {chord.text} has hardly a note of {brief.key}: give other chords, or --loose"
                )
        held = tuple((start, tones & scale) for start, tones in held)
    for part, limits in zip(score.parts, part_rules, strict=True):
        classes = {pitch % 12 for pitch in range(limits.low, limits.high + 1)}
        wanted = [tones for tones in (scale, *(tones for _, tones in held)) if tones]
        if not part.is_drums and not all(classes & tones for tones in wanted):
            raise InvalidBrief(
                f"part {part.name!r} has no note of the key or chords from MIDI {limits.low} to {limits.high}: "
                "widen its range"
            )
    steps = beat(score.meters[0]) // vocabulary.UNIT
    return Rules(part_rules, scale, held, steps)


def rules_of_parts(brief: Brief, score: Score) -> tuple[PartRules, ...]:
    """Range and texture of each part of a source: what it shows, a little widened, or its instrument's."""
    wanted = ranges(brief, score)
    found = []
    for place, part in enumerate(score.parts):
        low, high = instrument_range(part.program)
        if part.notes:
            pitches = [note.pitch for note in part.notes]
            low, high = max(0, min(pitches) - MARGIN), min(127, max(pitches) + MARGIN)
        low, high = wanted.get(place, (low, high))
        found.append(PartRules(low, high, features.is_monophonic(part)))
    return tuple(found)


def ranges(brief: Brief, score: Score) -> dict[int, tuple[int, int]]:
    """Ranges asked for, by the place of the part."""
    return {find_part(score, name): pitch_range(text, name) for name, text in brief.ranges.items()}


def find_part(score: Score, name: str) -> int:
    """Place of a part by its name or its number from 1.

    Raises
    ------
    InvalidBrief
        Where there is no such part.
    """
    names = [part.name.lower() for part in score.parts]
    wanted = name.strip().lower()
    if wanted.isdecimal() and 1 <= int(wanted) <= len(names):
        return int(wanted) - 1
    matches = [place for place, each in enumerate(names) if each == wanted] or [
        place for place, each in enumerate(names) if wanted and wanted in each
    ]
    if len(matches) != 1:
        shown = ", ".join(f"{number} {part.name or '(unnamed)'}" for number, part in enumerate(score.parts, 1))
        what = "no part" if not matches else "more than one part"
        raise InvalidBrief(f"there is {what} {name!r}: the parts are {shown}")
    return matches[0]


def infer_style(brief: Brief, chosen: Card, score: Score) -> str:
    """Style asked for, or the one of the model's that has as many parts."""
    if brief.style:
        return brief.style
    count = len(score.parts)
    fitting = [name for name in chosen.styles if name in STYLES and len(STYLES[name].voices) == count]
    return fitting[0] if fitting else chosen.styles[0]


def chords_over(text: str, score: Score, first: int = 0) -> tuple[Chord, ...]:
    """Chord symbols of a progression laid over the full bars from tick `first` on, again and again; equal ones held."""
    progression = chord_bars(text)
    placed: list[Chord] = []
    full = [bar for bar in bars(score) if bar.number > 0 and bar.start >= first]
    for index, bar in enumerate(full):
        within = progression[index % len(progression)]
        for place, chord in enumerate(within):
            step = (bar.end - bar.start) * place // len(within)
            start = bar.start + step // vocabulary.UNIT * vocabulary.UNIT
            if not placed or replace(placed[-1], start=start) != replace(chord, start=start):
                placed.append(replace(chord, start=start))
    return tuple(placed)


def key_asked(brief: Brief) -> Key | None:
    """The key that is asked for, or else the one that the chords are in; None where it is open."""
    if brief.key:
        return Key.parse(brief.key)
    return keys.of_chords([chord for bar in chord_bars(brief.chords) for chord in bar]) if brief.chords else None


def summary_of(work: Work) -> dict[str, Any]:
    """What was asked and what was measured, for showing."""
    return {"asked": work.origin.brief, "measured": work.origin.measured}


def cells_between(score: Score, spans: list[tuple[int, int]], parts: Iterable[int]) -> Open:
    """Cells (B, P + 1) of the parts (places from 0) in the bars that begin within the spans of ticks."""
    prepared = events.prepare(score)
    is_open = np.zeros(events.grid_shape(prepared), bool)
    inside = np.zeros(len(prepared["ticks"]), bool)
    for start, stop in spans:
        inside |= (prepared["ticks"] >= start) & (prepared["ticks"] < stop)
    for place in parts:
        is_open[inside, place + 1] = True
    return is_open


def refill(
    brief: Brief,
    task: str,
    chosen: Card,
    score: Score,
    is_open: Open,
    source: Score,
    chords: tuple[Chord, ...],
    progress: Progress | None,
) -> list[Work]:
    """Compose the open cells of a source anew."""
    if len(score.parts) > vocabulary.MAX_PARTS:
        raise InvalidBrief(f"the source has {len(score.parts)} parts: {vocabulary.MAX_PARTS} is the most")
    part_rules = rules_of_parts(brief, source)
    held = rules(brief, score, part_rules, chords)
    bare, style = form.emptied(score, is_open), infer_style(brief, chosen, score)
    wishes.refuse_unknown(brief, chosen, style, all(limits.monophonic for limits in part_rules))
    made = Plan(bare, is_open, style, held, source)
    return perform(brief, task, chosen, lambda _: made, progress)
