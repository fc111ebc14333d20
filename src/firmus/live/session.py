"""A session of playing together: what the player does comes in with its time, and what is due comes out.

Every half beat the bars ahead are planned anew: a beat is planned long before it sounds, and revised until half a beat
before it. Where the latest plan is late an older one plays (its age in half beats is the backup level); where none
reaches so far the pattern goes on over the last chord.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from typing import Any

from firmus.errors import InvalidBrief
from firmus.live.accompaniment import ANSWER, BASS, CHORDS, DRUMS, Beat
from firmus.live.chord_following import estimate_key
from firmus.live.clock import Clock
from firmus.live.listener import Listener
from firmus.live.planner import Setup, Situation, fallback, plan, reply
from firmus.live.scheduler import LATE, Message, Scheduler
from firmus.live.styles import STICK
from firmus.score import TICKS_PER_QUARTER, Note
from firmus.timing import beat

EARLY = 8  # a beat is settled so many parts of a beat before it sounds
MOST_ANSWERED = 64  # notes of answers, to which the chords are fitted as well
MOST_PLANS = 8  # that are waited for: a machine that is slower than this makes no more of them
REST_BARS = 4  # without a note of the player, after which nobody plays


@dataclass(slots=True)
class Figures:
    """How well it kept up.

    Parameters
    ----------
    levels : list of int
        Backup level of each beat that had a plan: 0 the latest one, 1 the one of half a beat before ...
    misses : int
        Beats without a plan, which the fallback played.
    planning_seconds : list of float
        Time that each plan took.
    """

    levels: list[int] = field(default_factory=list)
    misses: int = 0
    planning_seconds: list[float] = field(default_factory=list)

    @property
    def hit_rate(self) -> float:
        """Share of the beats that had a plan."""
        beats = len(self.levels) + self.misses
        return len(self.levels) / beats if beats else 1.0


class Immediate(Executor):
    """Does what it is given at once, as where time is simulated."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Call it."""
        done: Future[Any] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


class Session:
    """Playing together.

    Parameters
    ----------
    setup : Setup
    executor : concurrent.futures.Executor
        Where plans are made.
    seconds : float
        Now, where a bar is counted in; else the first note is when it begins.
    lead : float
        Seconds by which messages are given before they are due, for a player who is at the end of a network.

    Examples
    --------
    >>> session = Session(Setup(tempo=120, plays=("accompaniment",)), Immediate())
    >>> session.press(0.0, 60, 80)
    []
    >>> [message.part for message in session.advance(0.01)]
    ['drums', 'drums']
    """

    def __init__(self, setup: Setup, executor: Executor, seconds: float = 0.0, lead: float = 0.0) -> None:
        self.setup, self.executor, self.lead = setup, executor, lead
        self.beat = beat(setup.meter)
        self.clock = Clock(setup.tempo, self.beat, seconds)
        self.clock.is_steady = setup.steady
        self.listener = Listener(self.beat)
        self.scheduler = Scheduler()
        self.figures = Figures()
        self.beats: list[Beat] = []  # that are settled
        self.tempi: list[tuple[int, float]] = []  # at each barline
        self.is_begun = setup.count_in
        self._key = setup.key
        self._plans: dict[int, Future[tuple[float, tuple[Beat, ...]]]] = {}  # by the tick when each was begun
        self._reply: Future[tuple[tuple[Note, ...], int]] | None = None
        self.next_beat = 0  # tick of the beat that is settled next
        self._is_revised = False
        self._answer_start = 0
        self._last_press: float = 0.0
        self._is_playing = False  # whether the last beat was accompanied
        self._is_silent = False  # until the player plays again
        if setup.count_in:
            self._count_in()

    def press(self, seconds: float, pitch: int, velocity: int) -> list[Message]:
        """A key goes down; messages that end what it interrupts."""
        if not self.is_begun:
            self.is_begun = True
            self.clock.restart(seconds)
        self.clock.follow(seconds)
        tick = self.clock.tick(seconds)
        self._last_press, self._is_silent = tick, False
        self.listener.press(tick, pitch, velocity)
        if self.scheduler.has(ANSWER) and tick - self._answer_start > self.beat:  # the player comes in
            self.listener.begin_phrase(tick)
            return self.scheduler.silence(round(tick), ANSWER)
        return []

    def release(self, seconds: float, pitch: int) -> None:
        """A key goes up."""
        self.listener.release(self.clock.tick(seconds), pitch)

    def begin(self, seconds: float, tick: int = 0) -> list[Message]:
        """Take a moment for a barline, as MIDI's start message asks, or for a tick of the first bar."""
        ended = self.panic(seconds)
        bar = self.setup.meter.bar
        tick += -int(-self.clock.tick(seconds) // bar) * bar if self.is_begun else 0
        self.clock.restart(seconds, tick)
        self.is_begun, self.next_beat = True, -(-tick // self.beat) * self.beat
        return ended

    def panic(self, seconds: float) -> list[Message]:
        """Silence at once; it goes on when the player does."""
        self._is_silent = True
        self._plans.clear()
        self._reply = None
        tick = self.clock.tick(seconds)
        self.listener.release_all(tick)
        self.listener.begin_phrase(tick)
        return self.scheduler.silence(round(tick))

    def change(self, seconds: float, setup: Setup) -> list[Message]:
        """Agree on something else from the next beat on; messages that end what is not wanted any more.

        Raises
        ------
        InvalidBrief
            Where the meter is another, or the tempo cannot be followed.
        """
        if setup.meter.text != self.setup.meter.text:
            raise InvalidBrief(f"meter {setup.meter.text}: it stays {self.setup.meter.text} until you begin again")
        if setup.tempo != self.setup.tempo:
            self.clock.change(seconds, setup.tempo)
        self.clock.is_steady = setup.steady
        self.setup, self._key = setup, setup.key or self._key
        self._is_playing = self._is_playing and setup.accompanies
        self._plans.clear()
        wanted = {DRUMS, *(setup.band.parts if setup.accompanies else ()), *({ANSWER} & {*setup.plays})}
        tick = round(self.clock.tick(seconds))
        return [each for part in (ANSWER, BASS, CHORDS) if part not in wanted for each in self._ended(part, tick)]

    def advance(self, seconds: float) -> list[Message]:
        """Settle the beats that come, and say what is due."""
        if not self.is_begun:
            return []
        tick, horizon = self.clock.tick(seconds), self.clock.tick(seconds + self.lead)
        while horizon >= self.next_beat - self.beat / EARLY:
            self._settle(self.next_beat, tick)
            self._plan(tick)
            self.next_beat += self.beat
            self._is_revised = False
        if not self._is_revised and horizon >= self.next_beat - self.beat / 2:
            self._plan(tick)
            self._is_revised = True
        if self._reply and self._reply.done():
            self._answer(*self._reply.result(), horizon)
            self._reply = None
        tolerance = (LATE + self.lead) * self.clock.bpm * TICKS_PER_QUARTER / 60
        return self.scheduler.due(horizon, tolerance)

    def _settle(self, at: int, tick: float) -> None:
        """Settle the beat that begins at a tick."""
        if at % self.setup.meter.bar == 0:
            self.tempi.append((at, self.clock.bpm))
        if self._key is None or (at % self.setup.meter.bar == 0 and not self.setup.key):
            self._key = estimate_key(self.listener.played(tick), self.setup.meter.bar)
        if self.setup.accompanies:
            self._accompany(at, tick)
        phrase = self.listener.phrase(tick) if "answer" in self.setup.plays and not self._reply else ()
        if phrase and not self.scheduler.has(ANSWER):
            self._reply = self.executor.submit(reply, self.setup, phrase, self.listener.played(tick))
            self.listener.begin_phrase(tick)

    def _accompany(self, at: int, tick: float) -> None:
        before = self.beats[-1] if self.beats else Beat(at - self.beat, None)
        if before.tick != at - self.beat:  # it was silent meanwhile
            before = Beat(at - self.beat, before.chord, (), before.voicing, before.bass)
        latest = at if self.scheduler.has(ANSWER) else self._last_press
        rests = self._is_silent or tick - latest > REST_BARS * self.setup.meter.bar
        counted = self.setup.count_in and at < self.setup.meter.bar
        if rests or counted:
            self._plans.clear()
            self._is_playing = False
            return
        self.beats.append(self._planned(at) or fallback(self.setup, before, self.listener.loudness()))
        if before.chord and self.beats[-1].chord and before.chord.text != self.beats[-1].chord.text:
            for part in (CHORDS, BASS):
                self.scheduler.cut(part, at)
        self.scheduler.add(self.beats[-1].notes)
        self._is_playing = True

    def _plan(self, tick: float) -> None:
        """Have the beats after the last one that is settled planned, from what is known now."""
        if not self._is_playing or sum(not made.done() for made in self._plans.values()) >= MOST_PLANS:
            return
        answered = self.scheduler.played[ANSWER][-MOST_ANSWERED:]
        notes = tuple(sorted((*self.listener.played(tick), *answered)))
        situation = Situation(notes, max(0, round(tick)), self.beats[-1], self._key, self.listener.loudness())
        self._plans[round(tick)] = self.executor.submit(_timed_plan, self.setup, situation)

    def _ended(self, part: str, tick: int) -> list[Message]:
        """End a part at a tick, also in what was played."""
        self.scheduler.cut(part, tick)
        return self.scheduler.silence(tick, part)

    def _planned(self, at: int) -> Beat | None:
        """The beat at a tick by the latest plan that is there, or None."""
        for age, made in enumerate(sorted(self._plans, reverse=True)):
            future = self._plans[made]
            if not future.done():
                continue
            taken, beats = future.result()
            found = next((each for each in beats if each.tick == at), None)
            for older in [each for each in self._plans if each < made]:
                del self._plans[older]
            if found:
                self.figures.levels.append(age)
                self.figures.planning_seconds.append(taken)
                return found
        if self._is_playing:
            self.figures.misses += 1
        return None

    def _answer(self, notes: tuple[Note, ...], upbeat: int, tick: float) -> None:
        """Schedule the answer from the first barline that it can be ready for, a beat from now or later."""
        bar = self.setup.meter.bar
        barline = -int(-(tick + self.beat + upbeat) // bar) * bar
        self._answer_start = barline - upbeat
        self.scheduler.add(
            (ANSWER, Note(note.start + self._answer_start, note.duration, note.pitch, note.velocity)) for note in notes
        )

    def _count_in(self) -> None:
        ticks = range(0, self.setup.meter.bar, self.beat)
        self.scheduler.add((DRUMS, Note(tick, self.beat // 4, STICK, 100 if tick == 0 else 80)) for tick in ticks)
        self._last_press = float(self.setup.meter.bar)


def _timed_plan(setup: Setup, situation: Situation) -> tuple[float, tuple[Beat, ...]]:
    """A plan, and the seconds that it took."""
    began = time.perf_counter()
    beats = plan(setup, situation)
    return time.perf_counter() - began, beats
