"""Notes that are to sound: what is due now, and what came too late, which is dropped.

A note that is late sounds wrong on any beat, so it is left out rather than played; a note's end is never left out.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from itertools import count
from typing import NamedTuple

from firmus.score import Note

MOST_SOUNDING = 16  # notes of a part
LATE = 0.05  # seconds after which a note is no longer played


class Message(NamedTuple):
    """A note that begins (`velocity` above 0) or ends, of a part, and the tick at which it does."""

    part: str
    pitch: int
    velocity: int
    tick: int = 0


class Scheduler:
    """A queue of messages by ticks.

    Examples
    --------
    >>> scheduler = Scheduler()
    >>> scheduler.add([("bass", Note(480, 240, 36))])
    >>> scheduler.due(480, 48)
    [Message(part='bass', pitch=36, velocity=80, tick=480)]
    >>> scheduler.due(800, 48)
    [Message(part='bass', pitch=36, velocity=0, tick=720)]
    """

    def __init__(self) -> None:
        self._queue: list[tuple[int, int, int, Message, int]] = []
        self._numbers = count()
        self._sounding: dict[tuple[str, int], int] = {}  # note that sounds on a key of a part
        self.late = 0  # notes that were dropped
        self.played: defaultdict[str, list[Note]] = defaultdict(list)  # notes of each part that have begun, as written

    def add(self, notes: Iterable[tuple[str, Note]]) -> None:
        """Schedule notes of parts."""
        for part, note in notes:
            number = next(self._numbers)
            begins, ends = Message(part, note.pitch, note.velocity), Message(part, note.pitch, 0)
            heapq.heappush(self._queue, (note.start, 1, number, begins, note.duration))
            heapq.heappush(self._queue, (note.end, 0, number, ends, 0))

    def due(self, tick: float, tolerance: float) -> list[Message]:
        """Messages until now, in order; notes that should have begun more than `tolerance` ticks ago are dropped."""
        found: list[Message] = []
        while self._queue and self._queue[0][0] <= tick:
            start, begins, number, message, duration = heapq.heappop(self._queue)
            message, key = message._replace(tick=start), (message.part, message.pitch)
            if begins and tick - start > tolerance:
                self.late += 1
            elif begins:
                if key in self._sounding:
                    found.append(message._replace(velocity=0))
                self._sounding[key] = number
                self.played[message.part].append(Note(start, duration, message.pitch, message.velocity))
                found.append(message)
            elif self._sounding.get(key) == number:
                del self._sounding[key]
                found.append(message)
        return found

    def cut(self, part: str, tick: int) -> None:
        """End at a tick what sounds of a part longer than that."""
        numbers = {number for (each, _), number in self._sounding.items() if each == part}
        self._queue = [
            (tick, 0, *each[2:]) if each[2] in numbers and not each[1] and each[0] > tick else each
            for each in self._queue
        ]
        heapq.heapify(self._queue)
        notes = self.played[part]
        for place in range(max(0, len(notes) - MOST_SOUNDING), len(notes)):
            if notes[place].start < tick < notes[place].end:
                notes[place] = replace(notes[place], duration=tick - notes[place].start)

    def silence(self, tick: int, part: str = "") -> list[Message]:
        """Forget what is to come of a part, or of all, and end at a tick what sounds of it."""
        self._queue = [each for each in self._queue if part and each[3].part != part]
        heapq.heapify(self._queue)
        ended = [key for key in self._sounding if not part or key[0] == part]
        for key in ended:
            del self._sounding[key]
        return [Message(each, pitch, 0, tick) for each, pitch in ended]

    def has(self, part: str) -> bool:
        """Whether a part has notes that sound or are to come."""
        return any(key[0] == part for key in self._sounding) or any(each[3].part == part for each in self._queue)
