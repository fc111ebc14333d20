"""Brief and Work: what is asked, and what came of it.

A `Brief` is the one request type of Python, command line and network; a `Work` is a Score with its `Origin`.
Saving and showing a Work is done by rooms above this one (formats, render), which are found by name when
they are needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from firmus import plugins
from firmus.brief_fields import (
    CHOICES,
    LIMITS,
    MOST_COUNT,
    MOST_NAME,
    MOST_TEXT,
    NAMED,
    READ,
    bar_numbers,
    check_number,
    chord_bars,
    listed,
    mood,
    pitch_range,
)
from firmus.errors import InvalidBrief, InvalidScore, unknown
from firmus.score import Chord, Key, Meter, Score
from firmus.translation import vocabulary


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What is asked for: some of a piece is given, the rest is to be composed.

    Every field that is given is obeyed or refused with an error, never ignored. Chinese words and full-width signs are
    read as well as English ones (``"G大调"``, ``"平静"``, ``"９－１２"``), and kept as those.

    Parameters
    ----------
    source : Score, optional
        The piece of which some is given; for `compose` a plan, a Score without notes.
    style : str, optional
        Such as ``"chorale"``, ``"hymn"``, ``"folk"``; the model's card says which it knows.
    genre : str, optional
        The kind of music within the style: ``"mazurka"``, ``"mass"``, ``"reel"``; the model's card says which it knows.
    bars : int or str, optional
        How many bars to compose (``16``), or which (``"9-12"``, ``"9-"``, ``"3,5,9-12"``), counted from 1, both
        ends included.
    seconds : float, optional
        Length instead of `bars`, at the tempo; the piece gets the nearest whole number of bars.
    key, meter : str, optional
        ``"G minor"``, ``"D dorian"``; ``"3/4"``.
    pickup : float, optional
        Quarter notes of an incomplete bar with which a new piece begins, which its last bar lacks; 0 for none. By
        default as the style has it.
    tempo : float, optional
        Quarter notes a minute, 10 to 400.
    chords : str, optional
        Lead-sheet symbols, or Roman numerals in the key, one a bar, over again to the end: ``"Am F C G"``,
        ``"vi IV I V"``; ``"Am,F"`` share a bar.
    mood : str, optional
        A word (calm, happy, sad, tense) or ``"valence,arousal"`` from -1 to 1.
    density, register, polyphony, syncopation : float, optional
        How busy, how high, how full and how much against the beat, 0 to 1: the share of the style's music that is less
        so. What each measures says `firmus.tokens.events`, and `firmus.analysis.features` for latent models.
    parts : tuple of str
        Names or numbers from 1 of the source's parts to compose; when composing from nothing, instruments.
    ranges : mapping of str to str
        Part name to lowest and highest note: ``{"alto": "F3-D5"}``.
    form : str, optional
        Section letters, ``"AABA"``; ``"none"`` for a piece without sections. By default one of the style's.
    title : str, optional
        Of the piece; by default what it is, or the source's.
    close : bool
        Whether `continue` ends the piece: the dominant, then every part at rest on the tonic.
    amount : float, optional
        Above 0 to 1: share of the music that `vary` composes anew, or how far it goes from it with a latent model; how
        much of a drummer's ways `humanise` takes over.
    quantise : str, optional
        How a source that was played in is put on beats: ``"auto"`` (on those of the file where it is played to them,
        else on beats that are found), ``"written"``, ``"found"``, ``"off"``, or quarter notes a minute. By default
        ``"auto"`` where the source looks played in.
    target : Score, optional
        The piece that `interpolate` goes to.
    steps : int, optional
        Pieces on that way, 3 to 64, both ends among them.
    model : str, optional
        Name of the weights; the default is what suits the request.
    count : int
        How many works, 1 to 100, each from its own seed.
    seed : int, optional
        0 to 2**63 - 1; one is drawn where it is not given, and told in the Origin.
    loose : tuple of str
        Which of ``"key"`` and ``"chords"`` are wishes; else they are rules: no note outside them is possible.
    temperature, top_p : float
        Sampling: 0 to 2 (0 takes the likeliest; by default what suits the style), and above 0 to 1.
    effort : str, optional
        Of a model that composes token by token: ``"quick"`` composes once; ``"usual"``, the default, composes each
        phrase twice and keeps what the critic prefers; ``"best"`` tries more often, and composes the weakest bars anew.
    watermark : str, optional
        Of a model that composes token by token: with which key pitches are drawn so that `firmus.verify` finds them.
        ``"public"``, the default, everyone has; ``"private"`` this installation alone, so that the same seed gives
        other notes elsewhere; ``"off"`` is none.
    original : str, optional
        ``"guard"``, the default of a model that composes token by token, masks notes that would lengthen a passage of
        the training music; ``"strict"`` moreover composes again until `firmus.check` finds no copy; ``"off"`` is none.
    by : tuple of str
        How `develop` transforms a motif, in order and again: ``"sequence"``, ``"inversion"``, ``"retrograde"``,
        ``"augmentation"``, ``"diminution"``, ``"fragmentation"``, ``"return"``.
    harmony : str, optional
        Chords that `harmonise` and `accompany` set a melody to, drawn as people harmonise songs: ``"traditional"`` or
        ``"modern"`` (sevenths, substitutes). By default the model composes them as the style has them.
    level : int, optional
        How hard the piece that `compose` makes is to read and play, 1 to 8: its keys, meters, rhythms, range and leaps
        are within those of ``assets/tables/levels.toml``.
    """

    source: Score | None = None
    style: str | None = None
    genre: str | None = None
    bars: int | str | None = None
    seconds: float | None = None
    key: str | None = None
    meter: str | None = None
    pickup: float | None = None
    tempo: float | None = None
    chords: str | None = None
    mood: str | None = None
    density: float | None = None
    register: float | None = None
    polyphony: float | None = None
    syncopation: float | None = None
    parts: tuple[str, ...] = ()
    ranges: Mapping[str, str] = field(default_factory=dict)
    form: str | None = None
    title: str | None = None
    close: bool = False
    amount: float | None = None
    quantise: str | None = None
    target: Score | None = None
    steps: int | None = None
    model: str | None = None
    count: int = 1
    seed: int | None = None
    loose: tuple[str, ...] = ()
    temperature: float | None = None
    top_p: float = 0.99
    effort: str | None = None
    watermark: str | None = None
    original: str | None = None
    by: tuple[str, ...] = ()
    harmony: str | None = None
    level: int | None = None

    def __post_init__(self) -> None:
        for name in ("parts", "loose", "by"):
            object.__setattr__(self, name, listed(name, getattr(self, name)))
        for name, (what, words, known) in NAMED.items():
            names = tuple(vocabulary.english(each, words) for each in getattr(self, name))
            object.__setattr__(self, name, names)
            if strange := [each for each in names if each not in known]:
                raise InvalidBrief(unknown(what, strange[0], known))
        for name, read in READ.items():
            if isinstance(value := getattr(self, name), str) and not value.isascii():
                object.__setattr__(self, name, read(value))
        for name in (
            "style",
            "genre",
            "key",
            "meter",
            "chords",
            "mood",
            "form",
            "title",
            "quantise",
            "model",
            "effort",
            "watermark",
            "original",
            "harmony",
        ):
            value = getattr(self, name)
            if value is not None and not isinstance(value, str):
                raise InvalidBrief(f"{name} {value!r} must be text")
        for name, known in CHOICES.items():
            value = getattr(self, name)
            if value is not None and value not in known:
                raise InvalidBrief(unknown(name, value[:MOST_NAME], known))
        for name, most in MOST_TEXT.items():
            value = getattr(self, name)
            if isinstance(value, str) and len(value) > most:
                raise InvalidBrief(f"{name} has {len(value):,} characters: {most:,} is the most")
        for name, limits in LIMITS.items():
            value = getattr(self, name)
            is_given = value is not None or name in ("count", "top_p")
            if is_given and not (name == "bars" and isinstance(value, str)):
                check_number(name, value, limits)
        if self.seconds is not None and self.bars is not None:
            raise InvalidBrief("bars and seconds are both given: give the length once")
        self._parse_musical_fields()

    def _parse_musical_fields(self) -> None:
        try:
            if self.key is not None:
                Key.parse(self.key)
            if self.meter is not None:
                Meter.parse(self.meter)
        except InvalidScore as error:
            raise InvalidBrief(str(error)) from None
        if self.chords is not None:
            self.progression()
        if self.mood is not None:
            mood(self.mood)
        if isinstance(self.bars, str):
            bar_numbers(self.bars)
        if not isinstance(self.ranges, Mapping) or not all(isinstance(text, str) for text in self.ranges.values()):
            raise InvalidBrief(f"ranges {self.ranges!r} must tell of each part its range, such as alto: F3-D5")
        if len(self.ranges) > MOST_COUNT:
            raise InvalidBrief(f"ranges tells of {len(self.ranges):,} parts: {MOST_COUNT} is the most")
        for name, text in self.ranges.items():
            if max(len(name), len(text)) > MOST_NAME:
                raise InvalidBrief(f"ranges {name[:40]!r}: names and ranges have {MOST_NAME} characters at most")
            pitch_range(text, name)

    def is_strict(self, rule: str) -> bool:
        """Whether ``"key"`` or ``"chords"`` is a rule rather than a wish."""
        return rule not in self.loose

    def progression(self) -> tuple[tuple[Chord, ...], ...]:
        """Chords of each bar; Roman numerals are in the key that is given, or else in the source's."""
        if self.chords is None:
            return ()
        keys = self.source.keys if self.source else ()
        return chord_bars(self.chords, Key.parse(self.key) if self.key else keys[0] if keys else None)

    @classmethod
    def of(cls, **options: Any) -> Brief:
        """Build a Brief from keywords; an unknown one is an error that names the nearest."""
        known = [each.name for each in fields(cls)]
        for name in options:
            if name not in known:
                raise InvalidBrief(unknown("option", name, known))
        return cls(**options)

    def as_dict(self) -> dict[str, Any]:
        """Plain values of what was given, without the pieces."""
        usual = Brief()
        shown = {each.name: getattr(self, each.name) for each in fields(self) if each.name not in ("source", "target")}
        given = {name: value for name, value in shown.items() if value != getattr(usual, name)}
        return {name: dict(value) if isinstance(value, Mapping) else value for name, value in given.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a Work comes from.

    Parameters
    ----------
    firmus, model, weights : str
        Version of Firmus, name of the model, SHA-256 of its weights.
    task : str
        What was done: ``"compose"``, ``"continue"``, ``"infill"``, ``"harmonise"``, ``"accompany"``, ``"vary"``.
    seed : int
    brief : dict
        What was asked, as given.
    credits : tuple of str
        Whose music the model learnt from.
    measured : dict
        What came of it: key, range and so on.
    composed : tuple of (int, int, int)
        Spans that Firmus composed: first tick, tick after the last, part from 0.
    source : str
        SHA-256 of the source Score, ``""`` without one.
    rules : dict
        What no composed note could break, as `firmus.runtime.constraints.Rules` has it; empty where the model makes
        whole bars at once.
    watermark : str
        Whose key the watermark of the notes has, ``"public"`` or ``"private"``; ``""`` where they have none.
    steps : tuple of dict
        Of a work that was made in several steps, those before the last: `task`, `model`, `weights`, `seed`, `brief`,
        and as `source` the SHA-256 of the Score on which each was done.
    """

    firmus: str
    model: str
    weights: str
    task: str
    seed: int
    brief: dict[str, Any]
    credits: tuple[str, ...] = ()
    measured: dict[str, Any] = field(default_factory=dict)
    composed: tuple[tuple[int, int, int], ...] = ()
    source: str = ""
    rules: dict[str, Any] = field(default_factory=dict)
    watermark: str = ""
    ai_generated: bool = True
    steps: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Work:
    """A Score and where it came from; nothing leaves `firmus.tasks` as less."""

    score: Score
    origin: Origin

    def save(
        self,
        folder: str | Path,
        *,
        force: bool = False,
        endings: Sequence[str] | None = None,
        audible_label: bool = False,
        c2pa: bool = False,
    ) -> list[Path]:
        """Write ``piece.mid``, ``.musicxml``, ``.wav``, ``.svg`` and ``.json`` into a folder, or files of some endings.

        Each bears a label; ``piece.prov.json`` is their signed record (`firmus.rights`). Sound begins with the rhythm
        of `firmus.render.audible`, or has a C2PA manifest (`firmus.rights.content_credentials`), where asked for.

        Raises
        ------
        OutputExists
            Where the folder already holds something, unless `force`.
        """
        paths: list[Path] = plugins.load("firmus.rights", "files").save(
            self, Path(folder), force=force, endings=endings, audible_label=audible_label, c2pa=c2pa
        )
        return paths

    @classmethod
    def load(cls, path: str | Path) -> Work:
        """Read a Work from its folder, or from its ``piece.json``; the inverse of `save`.

        Raises
        ------
        FormatError
            Where there is none.
        """
        found: Work = plugins.load("firmus.render", "files").load(Path(path))
        return found

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as ``piece.json`` holds them."""
        score = plugins.load("firmus.formats", "json").to_dict(self.score)
        return {"format": "firmus-work", "version": 1, "origin": asdict(self.origin), "score": score}

    def _repr_html_(self) -> str:
        return self.score._repr_html_()
