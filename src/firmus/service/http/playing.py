"""A session of playing together whose player is at the other end of a network.

`firmus.live.session.Session` does all the playing. Here its time is that of the player's clock: of what a message says
the time is, the latest is nearest to the truth, as a message takes time to come. Notes are given `LEAD` seconds before
they are due, each with its time, so that the page can have them sound on it. It knows no socket.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from concurrent.futures import Executor
from typing import Any

from firmus.live import take
from firmus.live.scheduler import Message
from firmus.live.session import Session
from firmus.service.http import live_messages as messages
from firmus.service.http.live_messages import Answer, Played
from firmus.service.problems import Problem
from firmus.tasks import jam

LEAD = 0.2  # seconds by which notes are sent ahead
AFTER = 0.3  # seconds after a message, at which a bar begins to be counted in
OLDEST, NEWEST = 2.0, 0.25  # seconds by which a note may be before and after what we think is the player's time
DRIFT = 5.0  # seconds by which the player's clock may gain
SYNCS = 16  # by which the player's clock is known
MOST_NOTES = 50_000  # of a session


class PlayerClock:
    """The player's clock, as the messages say.

    Examples
    --------
    >>> clock = PlayerClock()
    >>> clock.hear(100.0, now=5.02)
    >>> clock.hear(101.0, now=6.001)
    >>> round(clock.seconds(now=7.0), 3)
    101.999
    """

    def __init__(self) -> None:
        self._ahead: deque[float] = deque(maxlen=SYNCS)  # of ours, as each message says
        self._first: float | None = None

    def hear(self, at: float, now: float) -> None:
        """Take the time of a message that was sent at once.

        Raises
        ------
        Problem
            Where it has gained more than any clock does.
        """
        self._first = at - now if self._first is None else self._first
        if at - now > self._first + DRIFT:
            raise Problem("conflict", f"your clock jumped by {at - now - self._first:.0f} s: begin again")
        self._ahead.append(at - now)

    def seconds(self, now: float) -> float:
        """Its time now."""
        return max(now + max(self._ahead), 0.0) if self._ahead else 0.0


class Playing:
    """A session and its player.

    Parameters
    ----------
    executor : concurrent.futures.Executor
        Where plans are made.
    """

    def __init__(self, executor: Executor) -> None:
        self.executor = executor
        self.session: Session | None = None
        self.clock = PlayerClock()
        self.last_press = 0.0  # of our clock
        self.count = 0  # notes of the player
        self._brief: dict[str, Any] = {}

    def receive(self, message: Played, now: float) -> list[Answer]:
        """Take a message; what is to be answered at once.

        Parameters
        ----------
        message : Played
            Any but `keep`.
        now : float
            Seconds of our clock.

        Raises
        ------
        Problem, InvalidBrief, InvalidScore
        """
        if isinstance(message, messages.Begin):
            return self._begin(message, now)
        if isinstance(message, messages.Sync):
            self.clock.hear(message.at, now)
            return [message]
        session = self._begun()
        if isinstance(message, messages.Change):
            given = {**self._brief, **message.options}
            setup = jam.setup(**given)
            ended = session.change(self.clock.seconds(now), setup)
            self._brief = given
            return [*self._notes(ended, now), self._state(None)]
        if isinstance(message, messages.Press):
            return self._press(message, now)
        if isinstance(message, messages.Release):
            session.release(max(message.at, self.clock.seconds(now) - OLDEST), message.pitch)
        elif isinstance(message, messages.Pulse):
            if not session.clock.pulse(self._checked(message.at, now)):
                raise Problem("invalid-brief", "MIDI clock: its tempo cannot be followed (30 to 300); mine goes on")
        elif isinstance(message, messages.Barline):
            return self._notes(session.begin(self._checked(message.at, now)), now)
        elif isinstance(message, messages.Panic):
            session.panic(self.clock.seconds(now))
            return [messages.Silence()]
        return []

    def advance(self, now: float) -> list[Answer]:
        """What is to be sent by now: beats that come, and notes."""
        session = self.session
        if session is None:
            return []
        time, before = self.clock.seconds(now), session.next_beat
        if session.clock.is_lost(time):
            session.clock.lose()
        levels, misses = len(session.figures.levels), session.figures.misses
        found = session.advance(time)
        is_planned = len(session.figures.levels) > levels and session.figures.misses == misses
        ticks = range(before, session.next_beat, session.beat)
        return [*(self._beat(tick, is_planned) for tick in ticks), *self._notes(found, now)]

    def keep(self, title: str) -> messages.Take:
        """What both have played; it takes a moment.

        Raises
        ------
        Problem
        """
        session = self._begun()
        if not session.listener.notes and not session.scheduler.played:
            raise Problem("conflict", "nothing was played yet: there is nothing to keep")
        return messages.Take(work=take.as_work(session, title or "Jam", self._brief).as_dict())

    def _begin(self, message: messages.Begin, now: float) -> list[Answer]:
        given = {**message.options, "meter": message.meter, "seed": message.seed, "count_in": message.count_in}
        setup = jam.setup(**given)
        clock = PlayerClock()
        clock.hear(message.at, now)
        begins = message.at + LEAD + AFTER
        self.clock, self._brief, self.last_press, self.count = clock, given, now, 0
        self.session = Session(setup, self.executor, begins, LEAD)
        return [self._state(begins if setup.count_in else None)]

    def _begun(self) -> Session:
        if self.session is None:
            raise Problem("conflict", "begin first: the first message is begin")
        return self.session

    def _press(self, message: messages.Press, now: float) -> list[Answer]:
        session = self._begun()
        at = self._checked(message.at, now)
        self.count += 1
        if self.count > MOST_NOTES:
            raise Problem("too-large", f"{MOST_NOTES:,} notes are the most: keep what you have, and begin again")
        self.last_press = now
        return [*self._notes(session.press(at, message.pitch, message.velocity), now), *self.advance(now)]

    def _checked(self, at: float, now: float) -> float:
        """A time that the player gives, if it is near to now."""
        time = self.clock.seconds(now)
        if not time - OLDEST <= at <= time + NEWEST:
            raise Problem("conflict", f"a note {abs(time - at):.1f} s from now: {OLDEST:g} s before is the most")
        return at

    def _state(self, at: float | None) -> messages.Begun:
        session = self._begun()
        parts = [
            messages.Instrument(part=part, program=number) for part, number in take.programs(session.setup).items()
        ]
        return messages.Begun(at=at, lead=LEAD, beat=session.beat, bar=session.setup.meter.bar, parts=parts)

    def _beat(self, tick: int, is_planned: bool) -> messages.Beat:
        session, figures = self._begun(), self._begun().figures
        is_played = bool(session.beats) and session.beats[-1].tick >= tick
        chord = session.beats[-1].chord if is_played else None
        return messages.Beat(
            at=session.clock.seconds(tick),
            tick=tick,
            bpm=round(session.clock.bpm, 2),
            chord=chord.text if chord else None,
            level=figures.levels[-1] if is_planned else None,
            hit_rate=round(figures.hit_rate, 4),
            dropped=session.scheduler.late,
            planning=round(figures.planning_seconds[-1], 5) if figures.planning_seconds else None,
        )

    def _notes(self, found: Iterable[Message], now: float) -> list[Answer]:
        """Messages of the session, each at its time, or now where that is over."""
        session, time = self._begun(), self.clock.seconds(now)
        notes = [
            messages.Sounding(
                part=each.part,
                pitch=each.pitch,
                velocity=each.velocity,
                at=session.clock.seconds(each.tick) if each.velocity else max(session.clock.seconds(each.tick), time),
                tick=each.tick,
            )
            for each in found
        ]
        return [messages.Notes(notes=notes)] if notes else []
