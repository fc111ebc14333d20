"""Commission: a Brief, parsed once, for one verb and one model."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from firmus.analysis import keys, meters, quantisation
from firmus.analysis.quantisation import Quantised
from firmus.brief_fields import pitch_range
from firmus.composing import controls
from firmus.composing.form import Form
from firmus.composing.selection import Open, Spans
from firmus.composing.styles import Voice, model_style, styles, styles_of
from firmus.errors import InvalidBrief, unknown
from firmus.runtime.constraints import Rules
from firmus.runtime.weights import Card, cards, find_card
from firmus.score import Chord, Key, Meter, Score
from firmus.work import Brief

DEFAULT_MODEL = "composer"
QUANTISING = ("continue", "infill", "harmonise", "accompany", "vary")
"""Verbs that compose into a piece on its beats."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Commission:
    """What is to be composed, by which model, under which conditions.

    Parameters
    ----------
    verb : str
        Such as ``"infill"``; the Origin's task.
    request : dict
        The Brief as it was given, for the Origin and for messages.
    card : Card
    seeds : tuple of int
        One for each work.
    source, target : Score, optional
        What is given; a source that was played in is quantised.
    quantised : Quantised, optional
        How such a source was played.
    score : Score, optional
        The source with room for what is composed; None where a piece is composed from nothing.
    spans : tuple of (int, int)
        Ticks of the bars that are composed.
    places : tuple of int
        Parts that were named, from 0; empty where none were.
    is_open : array (B, P + 1) of bool, optional
        Cells that are composed; None where they depend on the seed, or the composer knows no cells.
    rules : Rules, optional
        What no note can break; None where they depend on the seed, or are no rules over tokens.
    style : str
        ``""`` where none is asked for.
    genre : str
        ``""`` where none is asked for.
    voices : tuple of Voice
        Parts of a new piece.
    bars, seconds, amount
        As the Brief has them; `bars` is a number of bars to compose.
    steps : int
        How many pieces on the way from the source to the target; 0 where there is no target.
    meter : Meter, optional
    pickup, tempo : float, optional
        Quarter notes, and quarter notes a minute.
    key : Key, optional
        The key that is asked for.
    progression : tuple of tuple of Chord
        Chords of each bar, over again to the end; empty for none.
    chords : tuple of Chord
        The progression laid over the bars that are composed.
    form : Form, optional
    title : str
        Of the piece; ``""`` where none is asked for.
    close : bool
        Whether a continuation comes to an end.
    named_parts : tuple of str
        Parts or instruments as they were named.
    named_ranges : mapping of str to (int, int)
        Lowest and highest pitch of parts, by name.
    ranges : mapping of int to (int, int)
        Lowest and highest pitch of parts, by place.
    controls : mapping of str to float
        Density, register, polyphony, syncopation, valence and arousal that are asked for, each 0 to 1.
    loose : tuple of str
        Which of ``"key"`` and ``"chords"`` are no rules.
    temperature : float, optional
    top_p : float
    effort : str
    watermark : str
        ``"public"``, ``"private"`` or ``"off"``.
    original : str
        ``"off"``, ``"guard"`` or ``"strict"``.
    harmony : str
        ``"traditional"`` or ``"modern"`` chords to a melody; ``""`` where the model composes them.
    level : int
        1 to 8; 0 where none is asked for.
    """

    verb: str
    request: dict[str, Any]
    card: Card
    seeds: tuple[int, ...]
    source: Score | None = None
    quantised: Quantised | None = None
    target: Score | None = None
    score: Score | None = None
    spans: Spans = ()
    places: tuple[int, ...] = ()
    is_open: Open | None = None
    rules: Rules | None = None
    style: str = ""
    genre: str = ""
    voices: tuple[Voice, ...] = ()
    bars: int | None = None
    seconds: float | None = None
    steps: int = 0
    amount: float | None = None
    meter: Meter | None = None
    pickup: float | None = None
    tempo: float | None = None
    key: Key | None = None
    progression: tuple[tuple[Chord, ...], ...] = ()
    chords: tuple[Chord, ...] = ()
    form: Form | None = None
    title: str = ""
    close: bool = False
    named_parts: tuple[str, ...] = ()
    named_ranges: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    ranges: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    controls: Mapping[str, float] = field(default_factory=dict)
    loose: tuple[str, ...] = ()
    temperature: float | None = None
    top_p: float = 0.99
    effort: str = "usual"
    watermark: str = "off"
    original: str = "guard"
    harmony: str = ""
    level: int = 0

    def is_strict(self, rule: str) -> bool:
        """Whether ``"key"`` or ``"chords"`` is a rule rather than a preference."""
        return rule not in self.loose

    def check_controls(self, style: str, single: bool) -> None:
        """Refuse controls that the model does not know in a style, or in parts of single notes.

        Raises
        ------
        InvalidBrief
        """
        controls.check(self.controls, self.card, model_style(style), single, self.request.get("mood"))

    @property
    def tonality(self) -> Key | None:
        """The key that is asked for, or else the one that the chords are in; None where it is open."""
        if self.key or not self.progression:
            return self.key
        return keys.of_chords([chord for bar in self.progression for chord in bar])


def begin(brief: Brief, verb: str, model: str = DEFAULT_MODEL) -> Commission:
    """What every verb reads of a Brief alike.

    Parameters
    ----------
    brief : Brief
    verb : str
    model : str
        Taken where the Brief names none.

    Raises
    ------
    InvalidBrief, ModelError
        Where the model cannot be asked for it.
    """
    card = choose_model(brief, verb, model)
    quantised = _quantised(brief, verb, card)
    return Commission(
        verb=verb,
        request=brief.as_dict(),
        card=card,
        seeds=draw_seeds(brief.seed, brief.count),
        source=quantised.score if quantised else brief.source,
        quantised=quantised,
        target=brief.target,
        style=brief.style or "",
        genre=brief.genre or "",
        bars=brief.bars if isinstance(brief.bars, int) else None,
        seconds=brief.seconds,
        amount=brief.amount,
        meter=Meter.parse(brief.meter) if brief.meter else None,
        pickup=brief.pickup,
        tempo=brief.tempo,
        key=Key.parse(brief.key) if brief.key else None,
        progression=brief.progression(),
        form=Form.parse(brief.form) if brief.form else None,
        title=brief.title or "",
        close=brief.close,
        named_parts=brief.parts,
        named_ranges={name: pitch_range(text, name) for name, text in brief.ranges.items()},
        controls=controls.requested(brief),
        loose=brief.loose,
        temperature=brief.temperature,
        top_p=brief.top_p,
        effort=brief.effort or "usual",
        watermark=brief.watermark or ("public" if card.kind == "stepper" else "off"),
        original=brief.original or "guard",
        harmony=brief.harmony or "",
        level=brief.level or 0,
    )


def _quantised(brief: Brief, verb: str, card: Card) -> Quantised | None:
    """The source on beats, where it was played in or that is asked for."""
    if brief.quantise is not None and (verb not in QUANTISING or card.kind == "engine"):
        able = ", ".join(QUANTISING)
        raise InvalidBrief(f"quantise {brief.quantise!r}: {verb} by {card.name!r} keeps time as it is; {able} quantise")
    if brief.source is None or verb not in QUANTISING or card.kind == "engine":
        return None
    grid = quantisation.check(brief.quantise or "auto")
    if grid == "off" or (brief.quantise is None and not quantisation.is_played(brief.source)):
        heard = meters.heard(brief.source)
        return None if heard is brief.source else Quantised(heard, {}, "written", 0.5, brief.source)
    try:
        return quantisation.quantise(brief.source, grid)
    except InvalidBrief:
        if brief.quantise is None:
            return None  # no beat is found: nothing can be done for it
        raise


def choose_model(brief: Brief, verb: str, model: str = DEFAULT_MODEL) -> Card:
    """Card of the model asked for, or of the usual one; refuses what it cannot do.

    Raises
    ------
    InvalidBrief, ModelError
    """
    card = find_card(brief.model or model)
    if verb not in card.tasks:
        able = [name for name, each in cards().items() if verb in each.tasks]
        raise InvalidBrief(f"model {card.name!r} does not {verb}: {', '.join(able) or 'none here'} can")
    if brief.watermark not in (None, "off") and card.kind != "stepper":
        raise InvalidBrief(f"watermark {brief.watermark}: model {card.name!r} puts none into its notes; leave it out")
    if card.kind == "engine":
        return card  # its composer refuses all that it cannot be asked for
    able = [name for name in styles_of(card) if verb != "compose" or card.kind != "stepper" or name in styles()]
    if brief.style is not None and brief.style not in able:
        raise InvalidBrief(unknown("style", brief.style, able))
    if brief.genre is not None:
        controls.check_genre(brief.genre, card)
    if brief.form is not None and verb != "compose":
        raise InvalidBrief(f"form {brief.form!r}: only compose takes a form; the source of {verb} has its own")
    if brief.pickup is not None and (verb != "compose" or card.kind != "stepper"):
        raise InvalidBrief(
            f"pickup {brief.pickup:g}: {verb} by {card.name!r} takes none; a new piece has one (compose)"
        )
    if verb != "interpolate" and (brief.target is not None or brief.steps is not None):
        raise InvalidBrief(f"a target and steps are for interpolate: {verb} takes neither")
    if brief.effort is not None and card.kind != "stepper":
        raise InvalidBrief(f"effort {brief.effort}: model {card.name!r} composes at once; leave it out")
    if brief.original == "guard" and card.kind != "stepper":
        raise InvalidBrief(f"original guard: model {card.name!r} composes at once; leave it out, or ask for strict")
    _check_few(brief, verb, card)
    if brief.close and (verb != "continue" or card.kind != "stepper"):
        raise InvalidBrief(f"close: {verb} by {card.name!r} does not take it; a piece that compose makes always closes")
    if brief.syncopation is not None and card.kind != "latent":
        able = [name for name, each in cards().items() if each.kind == "latent" and verb in each.tasks]
        raise InvalidBrief(
            f"syncopation {brief.syncopation}: model {card.name!r} cannot be asked for it; "
            + (f"{' or '.join(able)} can (--model)" if able else "no model here can")
        )
    if brief.chords and not brief.is_strict("chords") and "chords" not in card.controls:
        raise InvalidBrief(f"chords as wishes: model {card.name!r} has not learnt chord symbols; leave --loose out")
    return card


def _check_few(brief: Brief, verb: str, card: Card) -> None:
    """Refuse what only a few verbs take."""
    if brief.by and verb != "continue":
        raise InvalidBrief(f"by {', '.join(brief.by)}: only develop transforms a motif; leave it out")
    if brief.level is not None and (verb != "compose" or card.kind != "stepper"):
        raise InvalidBrief(f"level {brief.level}: {verb} by {card.name!r} takes none; compose by the composer does")
    if brief.harmony is not None and (verb not in ("harmonise", "accompany") or card.kind != "stepper"):
        raise InvalidBrief(
            f"harmony {brief.harmony}: {verb} by {card.name!r} sets no melody to chords; harmonise and accompany do"
        )


def draw_seed() -> int:
    """A seed for what is asked for without one."""
    return secrets.randbelow(2**31)


def draw_seeds(seed: int | None, count: int = 1) -> tuple[int, ...]:
    """Seeds of some works: the first is the one given, or drawn, and each follows the one before.

    So that each work can be made again alone.
    """
    first = draw_seed() if seed is None else seed
    return tuple((first + index) % 2**63 for index in range(count))
