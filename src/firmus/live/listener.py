"""What the player has played: notes in ticks, and where a phrase ends."""

from __future__ import annotations

from dataclasses import replace
from itertools import takewhile

from firmus.score import Note

SHORTEST = 30  # ticks of a note that is still held
LONGEST_BEATS = 4  # that a held note counts: beyond it the key may be stuck
REST, GAP = 1.0, 2.0  # beats: of silence, and since the last onset, that end a phrase
FEWEST_NOTES = 3  # of a phrase
REMEMBERED_BEATS = 128  # of what was played, by which is judged what comes


class Listener:
    """Notes as they come; each has an end once its key is up.

    Parameters
    ----------
    beat : int
        Ticks of a beat.

    Examples
    --------
    >>> listener = Listener(480)
    >>> for place, pitch in enumerate((60, 64, 67)):
    ...     listener.press(480 * place, pitch, 80)
    ...     listener.release(480 * place + 400, pitch)
    >>> listener.phrase(1440), len(listener.phrase(2000))
    ((), 3)
    """

    def __init__(self, beat: int) -> None:
        self.beat = beat
        self.notes: list[Note] = []  # that have ended
        self._down: dict[int, Note] = {}  # keys that are down
        self._phrase_start = 0  # tick from which notes belong to the phrase that is being played

    def press(self, tick: float, pitch: int, velocity: int) -> None:
        """A key goes down."""
        self.release(tick, pitch)
        self._down[pitch] = Note(max(0, round(tick)), SHORTEST, pitch, velocity)

    def release(self, tick: float, pitch: int) -> None:
        """A key goes up; one that is not down is none of ours."""
        note = self._down.pop(pitch, None)
        if note is None:
            return
        self.notes.append(self._until(note, tick))

    def release_all(self, tick: float) -> None:
        """All keys go up, as where the keyboard is unplugged."""
        for pitch in tuple(self._down):
            self.release(tick, pitch)

    def played(self, tick: float) -> tuple[Note, ...]:
        """The last notes until now, in order; held ones as long as they have lasted."""
        since = tick - REMEMBERED_BEATS * self.beat
        latest = takewhile(lambda note: note.start >= since, reversed(self.notes))
        return tuple(sorted([*latest, *(self._until(note, tick) for note in self._down.values())]))

    def phrase(self, tick: float) -> tuple[Note, ...]:
        """Notes of the phrase that has ended by now; empty while it goes on, or where there is none."""
        notes = tuple(note for note in self.played(tick) if note.start >= self._phrase_start)
        if len(notes) < FEWEST_NOTES or tick - max(note.start for note in notes) < GAP * self.beat:
            return ()
        longest = LONGEST_BEATS * self.beat
        if any(tick - note.start < longest for note in self._down.values()):
            return ()
        return notes if tick - max(note.end for note in notes) >= REST * self.beat or self._down else ()

    def begin_phrase(self, tick: float) -> None:
        """What is played from now on is another phrase."""
        self._phrase_start = round(tick)

    def loudness(self) -> float:
        """Mean velocity of the last notes, against a usual one of 80."""
        latest = [note.velocity for note in (*self.notes[-8:], *self._down.values())]
        return sum(latest) / len(latest) / 80 if latest else 1.0

    def _until(self, note: Note, tick: float) -> Note:
        lasted = round(tick) - note.start
        return replace(note, duration=max(SHORTEST, min(lasted, LONGEST_BEATS * self.beat)))
