"""Constrained decoding over events: a mask of the tokens that may come next, so that no rule can be broken.

The grammar of events (a place is followed by a note, a bar by the next); exactly the open cells; each part within its
range and, where required, one note at a time; no note past the end or into what is given after it; and, where strict,
only notes of the key, and of the chord on strong beats. Where a rule leaves no note at some place, the place itself is
masked, so no dead end can be reached.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import asdict, dataclass
from itertools import accumulate, takewhile
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from firmus.runtime.note_limits import NoteLimits
from firmus.tokens.events import vocabulary
from firmus.tokens.events.cursor import DRUM_STEPS, Cursor

EVERY_PITCH = np.ones(128, bool)
_PITCHES = np.arange(128)
_PITCH_TOKENS = slice(vocabulary.PITCH, vocabulary.PITCH + 128)
_STEPS = np.array(vocabulary.DURATIONS)
FREE = 1_000_000  # bars of rest: no limit


@dataclass(frozen=True, slots=True)
class PartRules:
    """Rules of one part.

    Parameters
    ----------
    low, high : int
        Lowest and highest pitch.
    monophonic : bool
        One note at a time.
    rests : int
        How many open bars in a row may stay silent.
    limits : NoteLimits, optional
        Of the rhythm and the leaps of a monophonic part.
    """

    low: int = 0
    high: int = 127
    monophonic: bool = False
    rests: int = FREE
    limits: NoteLimits | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain values; without limits where there are none."""
        return {name: value for name, value in asdict(self).items() if name != "limits" or value is not None}

    @classmethod
    def from_dict(cls, document: dict[str, Any]) -> Self:
        """Rules out of their plain values; the inverse of `as_dict`."""
        limits = document.get("limits")
        if limits is not None:
            limits = NoteLimits.from_dict(limits)
        return cls(**document | {"limits": limits})


Chords = tuple[tuple[int, frozenset[int]], ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules of a piece.

    Parameters
    ----------
    parts : tuple of PartRules
    scale : frozenset of int, optional
        Pitch classes that alone are allowed.
    chords : tuple of (int, frozenset of int)
        Time (steps) and pitch classes of each chord, in order; the notes that sound on a strong beat are restricted
        to them.
    beat : int
        Steps from one strong beat to the next, counted in each bar.
    final : tuple of frozenset of int
        For each part, the pitch classes on one of which it rests from the last half bar on at the latest; further
        notes above it may be of any part's. Empty: no such rule.
    final_chord : int, optional
        Token of the chord symbol of the last bar, where symbols are composed.
    cadence : tuple of (int, tuple of (int, frozenset of int))
        Parts, from 1, with chords of their own, in place of `chords` from the first of them on, on the beat and off
        it; every part must reach them. Where there are any, all parts rest from the last of these chords on.
    """

    parts: tuple[PartRules, ...]
    scale: frozenset[int] | None = None
    chords: tuple[tuple[int, frozenset[int]], ...] = ()
    beat: int = vocabulary.QUARTER
    final: tuple[frozenset[int], ...] = ()
    final_chord: int | None = None
    cadence: tuple[tuple[int, Chords], ...] = ()

    def chords_of(self, part: int) -> Chords:
        """Chords that hold for a part, from 1."""
        own = dict(self.cadence).get(part)
        return self.chords if not own else (*(each for each in self.chords if each[0] < own[0][0]), *own)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as stored in an Origin.

        Examples
        --------
        >>> rules = Rules((PartRules(48, 60),), frozenset({0, 7, 4}), ((0, frozenset({7, 11})),))
        >>> rules.as_dict()["scale"], Rules.from_dict(rules.as_dict()) == rules
        ([0, 4, 7], True)
        """
        return {
            "parts": [part.as_dict() for part in self.parts],
            "scale": None if self.scale is None else sorted(self.scale),
            "chords": [[start, sorted(tones)] for start, tones in self.chords],
            "beat": self.beat,
            "final": [sorted(tones) for tones in self.final],
            "final_chord": self.final_chord,
            "cadence": [[part, [[start, sorted(tones)] for start, tones in own]] for part, own in self.cadence],
        }

    @classmethod
    def from_dict(cls, document: dict[str, Any]) -> Self:
        """Rules out of their plain values; the inverse of `as_dict`.

        Raises
        ------
        ValueError, TypeError, KeyError
            Where the values are malformed.
        """
        return cls(
            tuple(map(PartRules.from_dict, document["parts"])),
            None if document["scale"] is None else frozenset(document["scale"]),
            tuple((int(start), frozenset(tones)) for start, tones in document["chords"]),
            int(document["beat"]),
            tuple(frozenset(tones) for tones in document["final"]),
            document["final_chord"],
            tuple(
                (int(part), tuple((int(start), frozenset(tones)) for start, tones in own))
                for part, own in document.get("cadence", ())
            ),
        )


class Grammar:
    """The tokens allowed after what a cursor has read; the cursor stands at ``FILL`` or after it.

    Bars, given notes and rules no longer change from there, so what depends on them alone is computed once.
    """

    def __init__(self, cursor: Cursor, rules: Rules) -> None:
        self.cursor, self.rules = cursor, rules
        self._allowed, self._trial = np.zeros(vocabulary.COMPLETION, bool), np.zeros(vocabulary.COMPLETION, bool)
        in_scale = EVERY_PITCH if rules.scale is None else _of_classes(rules.scale)
        self._pitches = [in_scale & (part.low <= _PITCHES) & (part.high >= _PITCHES) for part in rules.parts]
        self._mask_cache: dict[tuple[int, frozenset[int] | None, frozenset[int]], tuple[NDArray[np.bool_], bool]] = {}
        self._chords = [rules.chords_of(lane) for lane in range(len(rules.parts) + 1)]
        self._chord_starts = [[start for start, _ in chords] for chords in self._chords]
        self._bar_starts = [bar.start for bar in cursor.bars]
        self._last_open = max((index for index in range(len(cursor.bars)) if cursor.open_lanes(index)), default=-1)
        self._end = cursor.bars[-1].start + cursor.bars[-1].length
        last = cursor.bars[-1].length
        rests = [own[-1][0] for _, own in rules.cadence]  # here final notes begin
        self._led_from = {part: own[0][0] for part, own in rules.cadence}
        self._closing = max(rests, default=self._end - _held_steps(rules.beat, last))
        self._closing_bar = bisect_right(self._bar_starts, self._closing) - 1
        given = [sorted((start, start + steps) for start, steps, *_ in notes) for notes in cursor.notes]
        self._given_starts = [[start for start, _ in notes] for notes in given]
        self._given_ends = [list(accumulate((end for _, end in notes), max)) for notes in given]  # the latest so far
        self._settled = [(len(notes), 0) for notes in given]  # composed notes processed, and their latest end

    def allowed(self) -> NDArray[np.bool_]:
        """Mask (``COMPLETION``,) of the tokens that may come next; the array is reused by the next call."""
        mask, family = self._allowed, self.cursor.family
        mask[:] = False
        if self.cursor.bar < 0:
            mask[vocabulary.BAR] = True
        elif family in (vocabulary.FAMILY["PLACE"], vocabulary.FAMILY["VELOCITY"]):
            self._sound(mask, family)
        elif family == vocabulary.FAMILY["PITCH"]:
            self._duration(mask)
            if self.cursor.is_chained and not self.rules.parts[self.cursor.lane - 1].monophonic:
                self._sound(mask, family)
        else:
            self._continuations(mask, family)
        return mask

    def _sound(self, mask: NDArray[np.bool_], family: int) -> None:
        """After a place: a chord symbol, a drum, or a velocity and a pitch."""
        cursor = self.cursor
        if cursor.lane == 0:
            closing = self._has_final_chord()
            mask[
                self.rules.final_chord
                if closing
                else slice(vocabulary.CHORD, vocabulary.CHORD + vocabulary.size("CHORD"))
            ] = True
            return
        self._notes(mask)
        if family == vocabulary.FAMILY["PLACE"] or (family == vocabulary.FAMILY["PITCH"] and mask[_PITCH_TOKENS].any()):
            mask[vocabulary.VELOCITY : vocabulary.VELOCITY + vocabulary.size("VELOCITY")] = True

    def forbidden(self) -> dict[str, NDArray[np.bool_]]:
        """Masks (128,) of the pitches that each rule by itself forbids, where the next token may be a pitch.

        By name of the rule: ``"range"``, ``"key"``, ``"chords"`` (on strong beats) and ``"ending"``; rules that do not
        apply here are left out.
        """
        cursor, rules = self.cursor, self.rules
        if cursor.lane <= 0:
            return {}
        part, time = rules.parts[cursor.lane - 1], cursor.bars[cursor.bar].start + cursor.place
        masks = {}
        if (part.low, part.high) != (0, 127):
            masks["range"] = (part.low > _PITCHES) | (part.high < _PITCHES)
        if rules.scale is not None:
            masks["key"] = ~_of_classes(rules.scale)
        chord = self._chord(time, cursor.lane) if self._is_held(time, cursor.lane) else None
        if chord:
            masks["chords"] = ~_of_classes(chord)
        final = self._final(cursor.lane) if time >= self._closing else frozenset[int]()
        if final:
            is_above = cursor.pitch >= 0 or (cursor.is_chained and cursor.place == cursor.onset)
            masks["ending"] = ~_of_classes(final.union(*rules.final) if is_above else final)
        return masks

    def _pitches_at(self, lane: int, time: int, above: int = 0) -> tuple[NDArray[np.bool_], bool]:
        """Mask (128,) of the pitches allowed for a part at a time, alone or above others, and whether there are any."""
        chord = self._chord(time, lane) if self._is_held(time, lane) else None
        final = self._final(lane) if time >= self._closing else frozenset[int]()
        if final and above:
            final = final.union(*self.rules.final)
        if (lane, chord, final) not in self._mask_cache:
            pitches = self._pitches[lane - 1]
            for tones in (chord, final):
                pitches = pitches & _of_classes(tones) if tones else pitches
            self._mask_cache[lane, chord, final] = pitches, bool(pitches.any())
        return self._mask_cache[lane, chord, final]

    def _final(self, lane: int) -> frozenset[int]:
        """Pitch classes on which a part must end the piece; empty where free, or the end lies outside this window."""
        return self.rules.final[lane - 1] if self.rules.final and 0 < lane <= len(self.rules.final) else frozenset()

    def _chord(self, time: int, lane: int) -> frozenset[int] | None:
        """Pitch classes of the chord that holds for a part at a time; None where there is none."""
        index = bisect_right(self._chord_starts[lane], time) - 1
        return self._chords[lane][index][1] or None if index >= 0 else None

    def _past_beat(self, time: int) -> int:
        """Steps since the last strong beat."""
        bar = bisect_right(self._bar_starts, time) - 1
        return (time - self._bar_starts[bar]) % self.rules.beat

    def _is_held(self, time: int, lane: int) -> bool:
        """Whether the chords of a part hold: on strong beats, and where it is led to the cadence throughout."""
        return bool(self.rules.chords) and (self._past_beat(time) == 0 or time >= self._led_from.get(lane, self._end))

    def _duration(self, mask: NDArray[np.bool_]) -> None:
        """Durations of the notes that wait for one: none longer than any of them may be."""
        cursor = self.cursor
        start, final = cursor.bars[cursor.bar].start + cursor.place, self._final(cursor.lane)
        if final and (self._is_above_final(final, start) or min(cursor.chord)[0] % 12 in final):
            final = final.union(*self.rules.final)
        fits = min(self._longest(start, pitch % 12, final) for pitch, _ in cursor.chord) >= _STEPS
        if final:
            fits &= (start + _STEPS <= self._closing) | (start + _STEPS == self._end)
        if cursor.is_chained and cursor.place == cursor.onset:  # at one place, long notes come first
            fits &= start + _STEPS < cursor.end_of_note
        if limits := self._limits(cursor.lane):
            within = fits & np.isin(_STEPS, limits.lengths(cursor.place))
            fits = within if within.any() else fits
        mask[vocabulary.DURATION : vocabulary.DURATION + len(_STEPS)] = fits

    def _longest(self, start: int, tone: int, final: frozenset[int]) -> int:
        """Steps of the longest note of a pitch class that ends with the piece, and before what is given or clashes."""
        cursor, most = self.cursor, self._end - start
        if final and tone not in final:
            most = self._closing - start  # a final note follows
        if self.rules.parts[cursor.lane - 1].monophonic:
            given = self._given_starts[cursor.lane - 1]
            following = bisect_right(given, start)
            if following < len(given):
                most = min(most, given[following] - start)
        chord = self._chord(start, cursor.lane)
        if chord is not None and tone not in chord:
            most = min(most, self.rules.beat - self._past_beat(start))
        for begin, tones in self._chords[cursor.lane][bisect_right(self._chord_starts[cursor.lane], start) :]:
            if begin - start >= most:
                break
            if tones and tone not in tones:
                most = begin - start
        return most

    def _is_above_final(self, final: frozenset[int], start: int) -> bool:
        """Whether a lower note of this place is a final one, held to the end."""
        here = takewhile(lambda note: note[0] == start, reversed(self.cursor.notes[self.cursor.lane - 1]))
        return any(start + steps >= self._end and pitch % 12 in final for _, steps, pitch, _ in here)

    def _continuations(self, mask: NDArray[np.bool_], family: int) -> None:
        """More at this place, a later place in this cell, another part, another bar, or the end."""
        cursor = self.cursor
        if cursor.is_chained:
            self._chain(mask)
        elif cursor.lane >= 0:
            self._places(mask, cursor.lane, cursor.place + 1)
            if cursor.place >= 0:
                self._more_here(mask, family)
        if cursor.lane >= 0 and (cursor.is_cell_empty or self._unfinished(cursor.lane)):
            return  # a cell that has begun is not left empty, nor the last one before the end
        for lane in cursor.open_lanes(cursor.bar):
            if lane > cursor.lane and self._has_room(lane):
                mask[vocabulary.PART + lane] = True
                if self._must_sound(lane):
                    return
        if cursor.lane >= 0 or not mask.any():
            mask[vocabulary.BAR if cursor.bar < self._last_open else vocabulary.END] = True

    def _chain(self, mask: NDArray[np.bool_]) -> None:
        """In the compact form: a note that follows on, one elsewhere, or a shorter one at the place of the last."""
        cursor = self.cursor
        self._places(mask, cursor.lane, cursor.onset + 1)
        if cursor.place < cursor.bars[cursor.bar].length and mask[vocabulary.PLACE + cursor.place]:
            mask[vocabulary.PLACE + cursor.place] = False  # it goes without saying
            mask[vocabulary.VELOCITY : vocabulary.VELOCITY + vocabulary.size("VELOCITY")] = True
            self._notes(mask)
        start = cursor.bars[cursor.bar].start + cursor.onset
        is_held = bool(self._final(cursor.lane)) and start >= self._closing
        is_alone = cursor.onset < 0 or self.rules.parts[cursor.lane - 1].monophonic
        if not is_alone and not is_held and cursor.end_of_note > start + 1 and self._pitches_here(start).any():
            mask[vocabulary.PLACE + cursor.onset] = True

    def _pitches_here(self, time: int) -> NDArray[np.bool_]:
        """Mask (128,) of the pitches that may begin at a time, without those that do."""
        lane = self.cursor.lane
        pitches = self._pitches_at(lane, time, 1)[0].copy()
        here = takewhile(lambda note: note[0] == time, reversed(self.cursor.notes[lane - 1]))
        pitches[[pitch for _, _, pitch, _ in here]] = False
        return pitches

    def _unfinished(self, lane: int) -> bool:
        """Whether the part must sound on: to the end of the piece, or of a bar that allows no rest."""
        if limits := self._limits(lane):
            bar = self.cursor.bars[self.cursor.bar]
            free = max(0, self._busy_until(lane, bar.start + bar.length) - bar.start)
            if free < bar.length and not limits.is_rest(free, bar.length - free):
                return True
        is_last = self.cursor.bar == self._closing_bar
        return is_last and bool(self._final(lane)) and self._busy_until(lane, self._end) < self._end

    def _more_here(self, mask: NDArray[np.bool_], family: int) -> None:
        """Another note of a chord, another drum, or the bass of a chord symbol."""
        cursor = self.cursor
        if cursor.lane == 0:
            is_chord = family == vocabulary.FAMILY["CHORD"] and cursor.chords[cursor.time][0] != len(vocabulary.CHORDS)
            if is_chord and not self._has_final_chord():
                mask[vocabulary.BASS : vocabulary.BASS + 12] = True
        elif cursor.programs[cursor.lane - 1] == vocabulary.DRUMS or not self.rules.parts[cursor.lane - 1].monophonic:
            self._notes(mask)

    def _notes(self, mask: NDArray[np.bool_]) -> None:
        """Drums or pitches at this place, above the last one written here."""
        cursor = self.cursor
        time, above = cursor.bars[cursor.bar].start + cursor.place, cursor.pitch + 1
        if cursor.programs[cursor.lane - 1] != vocabulary.DRUMS:
            is_among = cursor.is_chained and cursor.place == cursor.onset
            pitches = self._pitches_here(time) if is_among else self._pitches_at(cursor.lane, time, above)[0]
            if (limits := self._limits(cursor.lane)) and (before := self._last_pitch(cursor.lane, time)) is not None:
                pitches = limits.near(pitches, before)
            mask[vocabulary.PITCH + above : vocabulary.PITCH + 128] = pitches[above:]
        elif time + DRUM_STEPS <= self._end:
            mask[vocabulary.DRUM + above : vocabulary.DRUM + 128] = True

    def _must_sound(self, lane: int) -> bool:
        """Whether a part may not stay silent in this bar."""
        if lane == 0:
            return self._has_final_chord()
        is_last = self.cursor.bar == self._closing_bar
        return self._has_rested(lane) or (is_last and bool(self._final(lane)))

    def _has_rested(self, lane: int) -> bool:
        """Whether a part has been silent for as many bars as it may."""
        most, bar = self.rules.parts[lane - 1].rests, self.cursor.bars[self.cursor.bar]
        if most in (0, FREE):
            return most == 0
        return bar.start - self._busy_until(lane, bar.start) >= most * bar.length

    def _has_final_chord(self) -> bool:
        """Whether this is the last bar and its chord symbol is prescribed."""
        return self.rules.final_chord is not None and self.cursor.bar == len(self.cursor.bars) - 1

    def _has_room(self, lane: int) -> bool:
        places = self._trial[vocabulary.PLACE : vocabulary.PLACE + vocabulary.LONGEST_BAR]
        places[:] = False
        self._places(self._trial, lane, 0)
        return bool(places.any())

    def _places(self, mask: NDArray[np.bool_], lane: int, earliest: int) -> None:
        """Places from the earliest on where something may begin."""
        cursor = self.cursor
        bar = cursor.bars[cursor.bar]
        first, last = max(earliest, bar.place), bar.length
        if lane > 0 and self.rules.parts[lane - 1].monophonic:
            first = max(first, self._busy_until(lane, bar.start + bar.length) - bar.start)
        if self._final(lane):
            last = min(last, self._closing - bar.start + 1)
        if first >= last:
            return
        if lane > 0 and cursor.programs[lane - 1] == vocabulary.DRUMS:  # a drum lasts a sixteenth, within the piece
            last = min(last, self._end - DRUM_STEPS - bar.start + 1)
        mask[vocabulary.PLACE + first : vocabulary.PLACE + last] = True
        if lane > 0 and self.rules.chords and cursor.programs[lane - 1] != vocabulary.DRUMS:
            if not self._pitches[lane - 1].any():
                mask[vocabulary.PLACE + first : vocabulary.PLACE + last] = False
            beat = self.rules.beat
            for place in (*range(-(-first // beat) * beat, last, beat), last - 1):
                mask[vocabulary.PLACE + place] = self._pitches_at(lane, bar.start + place)[1]
        if limits := self._limits(lane):
            free = max(bar.place, self._busy_until(lane, bar.start + bar.length) - bar.start)
            within = [vocabulary.PLACE + place for place in limits.starts(free, last) if mask[vocabulary.PLACE + place]]
            if within:
                mask[vocabulary.PLACE + first : vocabulary.PLACE + last] = False
                mask[within] = True

    def _limits(self, lane: int) -> NoteLimits | None:
        """Limits of rhythm and leaps of a part."""
        return self.rules.parts[lane - 1].limits if lane > 0 else None

    def _last_pitch(self, lane: int, time: int) -> int | None:
        """Pitch of the part's last note that begins before a time."""
        earlier = [(start, pitch) for start, _, pitch, *_ in self.cursor.notes[lane - 1] if start < time]
        return max(earlier)[1] if earlier else None

    def _busy_until(self, lane: int, before: int) -> int:
        """Latest end of the part's notes that begin before a time, which is no earlier than any composed note."""
        given = bisect_left(self._given_starts[lane - 1], before)
        latest = self._given_ends[lane - 1][given - 1] if given else 0
        notes = self.cursor.notes[lane - 1]
        seen, composed = self._settled[lane - 1]
        for start, steps, *_ in notes[seen:-1]:
            composed = max(composed, start + steps)
        self._settled[lane - 1] = max(seen, len(notes) - 1), composed
        if len(notes) > len(self._given_starts[lane - 1]):  # the last note may still grow
            composed = max(composed, notes[-1][0] + notes[-1][1])
        return max(latest, composed)


def _held_steps(beat: int, bar: int) -> int:
    """Steps that a final note is held at least: half a bar, in whole beats."""
    return min(bar, -(-bar // 2 // beat) * beat if beat else bar)


def _of_classes(classes: frozenset[int]) -> NDArray[np.bool_]:
    """Pitches (128,) of some pitch classes."""
    return np.isin(_PITCHES % 12, list(classes))
