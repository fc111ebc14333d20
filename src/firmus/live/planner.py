"""What is planned: the next beats of accompaniment, or an answer, from what has been played until now.

Both are pure functions, so that they can run beside the playing; each takes a few milliseconds.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from firmus.errors import InvalidBrief
from firmus.harmony import Chord, Key
from firmus.live.accompaniment import Band, Beat
from firmus.live.answers import answer, understood
from firmus.live.chord_following import chords_ahead, estimate_key, window_length
from firmus.live.styles import style
from firmus.score import Meter, Note
from firmus.timing import beat

PLAYS = ("accompaniment", "answer", "harmony")
AHEAD = 8  # beats of a plan
Bars = tuple[tuple[Chord, ...], ...]


@dataclass(frozen=True, slots=True)
class Setup:
    """What is agreed before playing.

    Parameters
    ----------
    plays : tuple of str
        Of `PLAYS`.
    style : str
        One of `firmus.live.styles.STYLES`.
    tempo : float
        Quarter notes a minute at the beginning.
    meter : Meter
    key : Key or None
        None where it is estimated.
    chords : tuple of tuple of Chord
        A bar each, over and over; empty where they are followed.
    seed : int
    steady : bool
        Whether the tempo stays, rather than follow the player.
    count_in : bool
        Whether a bar is counted in; else the first note is the first beat.

    Raises
    ------
    InvalidBrief
    """

    plays: tuple[str, ...] = ("accompaniment",)
    style: str = "pop"
    tempo: float = 100.0
    meter: Meter = field(default_factory=lambda: Meter(0, 4, 4))
    key: Key | None = None
    chords: Bars = ()
    seed: int = 0
    steady: bool = False
    count_in: bool = False

    def __post_init__(self) -> None:
        unknown = [each for each in self.plays if each not in PLAYS]
        if unknown or not self.plays:
            raise InvalidBrief(f"plays {', '.join(unknown) or 'nothing'}: choose of {', '.join(PLAYS)}")
        if {"accompaniment", "harmony"} <= set(self.plays):
            raise InvalidBrief("plays accompaniment, harmony: both play the chords; choose one of them")
        style(self.style, self.meter)

    @property
    def accompanies(self) -> bool:
        """Whether anybody plays while the player does."""
        return self.plays != ("answer",)

    @property
    def band(self) -> Band:
        """Who accompanies."""
        if "harmony" in self.plays:
            return Band(self.style, self.meter, ("bass", "chords"), holds=True)
        return Band(self.style, self.meter)


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known when a plan is made.

    Parameters
    ----------
    notes : tuple of Note
        Played until `now`.
    now : int
        Ticks.
    before : Beat
        After which the plan begins: the latest beat that is settled.
    key : Key or None
        None where it is not known yet.
    loudness : float
        Of the player, 1 is usual.
    """

    notes: tuple[Note, ...]
    now: int
    before: Beat
    key: Key | None = None
    loudness: float = 1.0

    @property
    def melody(self) -> int:
        """Highest pitch of the last beat; 0 where none."""
        latest = [note.pitch for note in self.notes if note.end > self.now - 480]
        return max(latest, default=0)


def plan(setup: Setup, situation: Situation) -> tuple[Beat, ...]:
    """The next `AHEAD` beats.

    Examples
    --------
    >>> tune = tuple(Note(480 * i, 480, pitch) for i, pitch in enumerate((60, 64, 67, 64)))
    >>> beats = plan(Setup(), Situation(tune, 1900, Beat(1440, None), Key(0, "C")))
    >>> beats[0].tick, beats[0].chord.text, beats[0].notes[0]
    (1920, 'C', ('bass', Note(start=1920, duration=450, pitch=36, velocity=84)))
    """
    band = setup.band
    length, found, last = beat(setup.meter), list[Beat](), situation.before
    chords = _progression(setup, situation)
    starts = [chord.start for chord in chords]
    for number in range(1, AHEAD + 1):
        at = situation.before.tick + number * length
        chord, following = (
            chords[max(0, bisect_right(starts, tick) - 1)] if chords else None for tick in (at, at + length)
        )
        last = band.beat(last, chord, following, situation.melody if number == 1 else 0, situation.loudness)
        found.append(last)
    return tuple(found)


def fallback(setup: Setup, before: Beat, loudness: float) -> Beat:
    """The beat after another one without a plan: the pattern goes on over the last chord, or over the given one."""
    length = beat(setup.meter)
    tick = before.tick + length
    chord = _given(setup, tick, tick + length)[0] if setup.chords else before.chord
    return setup.band.beat(before, chord, chord, 0, loudness)


def reply(setup: Setup, phrase: Sequence[Note], known: Sequence[Note]) -> tuple[tuple[Note, ...], int]:
    """An answer to a phrase, from tick 0 on, and the ticks of its upbeat, which are before it.

    Parameters
    ----------
    setup : Setup
    phrase, known : sequence of Note
        The phrase, and all that was played of late, by which the key is estimated.
    """
    found = understood(phrase, setup.meter)
    key = setup.key or estimate_key(known, setup.meter.bar) or Key(0, "C")
    generator = np.random.default_rng([setup.seed, phrase[0].start])
    notes = answer(found, key, setup.meter, generator)
    if not found.upbeat:
        return notes, 0
    early = setup.meter.bar - found.upbeat[0].start
    shifted = [Note(note.start + early, note.duration, note.pitch, note.velocity) for note in notes]
    upbeat = [Note(n.start - found.upbeat[0].start, n.duration, n.pitch, n.velocity) for n in found.upbeat]
    return (*upbeat, *shifted), early


def _progression(setup: Setup, situation: Situation) -> tuple[Chord, ...]:
    """Chords from now to the end of the plan, each with its start; none where nothing is known yet."""
    length = beat(setup.meter)
    end = situation.before.tick + (AHEAD + 2) * length
    if setup.chords:
        return _given(setup, situation.now, end)
    if situation.key is None or not situation.notes:
        return ()
    window = window_length(setup.meter)
    before = situation.before
    sounding = before.chord if before.tick // window == situation.now // window else None
    return chords_ahead(
        situation.notes,
        situation.now,
        setup.meter,
        situation.key,
        end // window - situation.now // window + 1,
        sounding,
    )


def _given(setup: Setup, tick: int, end: int) -> tuple[Chord, ...]:
    """Chords that are given, from the one at a tick on, each with its start."""
    bar, found = setup.meter.bar, list[Chord]()
    for number in range(tick // bar, end // bar + 1):
        chords = setup.chords[number % len(setup.chords)]
        found += [replace(chord, start=number * bar + place * bar // len(chords)) for place, chord in enumerate(chords)]
    return tuple(found[max(0, bisect_right([chord.start for chord in found], tick) - 1) :])
