"""The order in which written measures are played: repeats, endings, da capo, dal segno, coda, fine.

Conventions: repeats nest; one without a start sign goes back to the last place where a repeat ended or a
movement began (measure numbers start again there). After a jump (D.C., D.S.) repeats are not played again
and last endings are taken; each jump is made once; the music after a jump's measure (a second trio, the next
movement) follows the Fine. A jump to a sign that is not there is ignored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from firmus.errors import FormatError
from firmus.formats._written.measures import WrittenMeasure

MAX_PLAYED = 50_000


def order(measures: Sequence[WrittenMeasure]) -> list[int]:
    """Indices of the measures in the order in which they are played.

    Examples
    --------
    >>> from firmus.formats._written.measures import WrittenMeasure
    >>> plain, second = WrittenMeasure(), WrittenMeasure(ending=(2,))
    >>> order([plain, WrittenMeasure(ending=(1,), ending_stops=True, backward=2), second, plain])
    [0, 1, 0, 2, 3]
    """
    _set_printed_jumps(measures)
    return _Player(measures).play()


def _set_printed_jumps(measures: Sequence[WrittenMeasure]) -> None:
    """Take segno, coda, D.C., D.S. and Fine as they are printed, each where no <sound> of the file says it."""
    sounded = {name for measure in measures for name in measure.jumps}
    for name in {"segno", "dacapo", "dalsegno", "tocoda", "fine"} - sounded:
        for measure in measures:
            if name in measure.signs:
                measure.jumps[name] = ""
    if "coda" in sounded:
        return
    codas = [measure for measure in measures if "coda" in measure.signs and "tocoda" not in measure.jumps]
    if len(codas) > 1 and not any("tocoda" in measure.jumps for measure in measures):
        codas.pop(0).jumps["tocoda"] = ""  # of two signs the first says where to leave
    for measure in codas:
        measure.jumps["coda"] = ""


@dataclass(slots=True)
class _Passage:
    """A passage under repeat: its first measure, which time it is being played, whether a sign opens it."""

    start: int
    signed: bool = False
    time: int = 1


@dataclass(slots=True, frozen=True)
class _Ending:
    """One bracket: its measures, the times it is played, how often its passage is, whether it is the last."""

    first: int
    last: int
    times: tuple[int, ...]
    passes: int
    closing: bool


class _Player:
    """Simulates playing the measures."""

    def __init__(self, measures: Sequence[WrittenMeasure]) -> None:
        self.measures = measures
        self.endings = _endings(measures)
        self.movements = _movements(measures)
        self.passages = [_Passage(0)]
        self.inside: _Ending | None = None  # the bracket that is being played
        self.jumped = False
        self.after_jump = -1  # where playing continues after the Fine
        self.taken_jumps: set[int] = set()

    def play(self) -> list[int]:
        played: list[int] = []
        place = 0
        while place < len(self.measures):
            if len(played) >= MAX_PLAYED:
                raise FormatError(f"with its repeats the piece has more than {MAX_PLAYED:,} measures")
            if not self.jumped:
                self._begin_movement(place)
            ending = self.endings[place]
            if ending and ending is not self.inside and self._skip_ending(ending):
                place = ending.last + 1
                continue
            self.inside = ending
            self._begin_passage(place)
            played.append(place)
            place = self._after(place, ending)
        return played

    def _begin_movement(self, place: int) -> None:
        if place in self.movements and self.passages[-1].start != place:
            self.passages = [_Passage(place)]

    def _begin_passage(self, place: int) -> None:
        if self.measures[place].forward and not (self.passages[-1].start == place and self.passages[-1].signed):
            self.passages.append(_Passage(place, signed=True))

    def _skip_ending(self, ending: _Ending) -> bool:
        """Whether an ending is not played this time; the last one then ends its passage."""
        time = self.passages[-1].time
        if (ending.passes if self.jumped else min(time, ending.passes)) in ending.times:
            return False
        if not self.jumped and ending.closing and time >= ending.passes:
            self._end_passage(ending.last)
        return True

    def _after(self, place: int, ending: _Ending | None) -> int:
        """Measure to play after one that has just been played."""
        jumps = self.measures[place].jumps
        if self.jumped:
            target = -1
            if "fine" in jumps or place + 1 == self.after_jump:
                target = self.after_jump
            elif "tocoda" in jumps:
                target = self._sign("coda", jumps["tocoda"], place + 1, len(self.measures))
            if target < 0:
                return self._repeated(place) if self.measures[place].after_jump else place + 1
            self.jumped, self.passages = False, [_Passage(target)]
            return target
        now = self.passages[-1]
        backward = self.measures[place].backward
        is_outside = ending is not None and now.start < ending.first  # the bracket ends this passage
        if backward and now.time < (ending.passes if ending and is_outside else backward):
            now.time += 1
            self.inside = self.endings[now.start]
            return now.start
        closes = ending is not None and ending.closing and place == ending.last
        if closes and not is_outside:
            del self.passages[-2:-1]  # a repeat that began in the bracket goes on, the one around it is over
        if backward and ending and not (is_outside or closes):
            self.passages.pop()  # the passage that the bracket ends is still being played
        elif backward or (closes and is_outside):
            self._end_passage(place)
        if place not in self.taken_jumps:
            target = self._jump(place)
            if target >= 0:
                self.taken_jumps.add(place)
                self.jumped, self.after_jump, self.inside = True, place + 1, None
                self.passages = [_Passage(target)]
                return target
        return place + 1

    def _repeated(self, place: int) -> int:
        """Measure to play after a repeat sign that also counts after a jump."""
        now = self.passages[-1]
        if now.time < self.measures[place].backward:
            now.time += 1
            return now.start
        return place + 1

    def _end_passage(self, place: int) -> None:
        """End the innermost passage; what follows may be repeated from here on, without a sign."""
        self.passages.pop()
        if not self.passages or not self.passages[-1].signed:
            self.passages[-1:] = [_Passage(place + 1)]

    def _jump(self, place: int) -> int:
        """Where D.C. or D.S. in a measure leads, or -1."""
        jumps = self.measures[place].jumps
        if "dalsegno" in jumps:
            return self._sign("segno", jumps["dalsegno"], 0, place + 1)
        if "dacapo" not in jumps:
            return -1
        fines = [index for index in range(place) if "fine" in self.measures[index].jumps]
        before = fines[-1] if fines else place
        return max((start for start in self.movements if start <= before), default=0)

    def _sign(self, name: str, label: str, first: int, stop: int) -> int:
        """Measure of a sign: the nearest with this label, else the only one, else -1."""
        places = [index for index in range(first, stop) if name in self.measures[index].jumps]
        same = [index for index in places if self.measures[index].jumps[name] == label]
        if same:
            return same[-1] if name == "segno" else same[0]
        return places[0] if len(places) == 1 else -1


def _movements(measures: Sequence[WrittenMeasure]) -> set[int]:
    """Measures at which the numbers begin again: in a file of several movements, their first measures."""
    starts: set[int] = set()
    last = 0
    for index, measure in enumerate(measures):
        if measure.number in ("0", "1") and last > 1:
            starts.add(index)
        if measure.number.isdecimal():
            last = int(measure.number[:9])
    return starts


def _endings(measures: Sequence[WrittenMeasure]) -> list[_Ending | None]:
    """Bracket over each measure, or None."""
    brackets: list[tuple[int, int, tuple[int, ...]]] = []
    for first, measure in enumerate(measures):
        if measure.ending:
            last = _last_of_bracket(measures, first)
            last = _to_repeat_sign(measures, last)
            closed = _ends_bracket(measures[last]) or (last + 1 < len(measures) and bool(measures[last + 1].ending))
            brackets.append((first, last if closed else first, measure.ending))
    endings: list[_Ending | None] = [None] * len(measures)
    while brackets:
        count = 1
        while count < len(brackets) and _continues(brackets[count - 1], brackets[count]):
            count += 1
        group, brackets = brackets[:count], brackets[count:]
        passes = max(max(times) for _, _, times in group) + (count == 1)
        for first, last, times in group:
            ending = _Ending(first, last, times, passes, closing=last == group[-1][1])
            endings[first : last + 1] = [ending] * (last + 1 - first)
    return endings


def _last_of_bracket(measures: Sequence[WrittenMeasure], first: int) -> int:
    """Last measure of a bracket; a repeat that begins and ends within it does not end it."""
    last, begun = first, 0
    while last + 1 < len(measures):
        measure = measures[last]
        begun += measure.forward
        if measure.ending_stops or (measure.backward and not begun) or measures[last + 1].ending:
            break
        begun -= measure.backward > 0
        last += 1
    return last


def _to_repeat_sign(measures: Sequence[WrittenMeasure], last: int) -> int:
    """End of a bracket that is drawn too short: the repeat sign before the next bracket ends it."""
    place = last
    while measures[place].backward == 0:
        place += 1
        if place == len(measures) or measures[place].forward or measures[place].ending:
            return last
    following = measures[place + 1].ending if place + 1 < len(measures) else ()
    return place if following and 1 not in following else last


def _ends_bracket(measure: WrittenMeasure) -> bool:
    return measure.ending_stops or measure.backward > 0


def _continues(bracket: tuple[int, int, tuple[int, ...]], following: tuple[int, int, tuple[int, ...]]) -> bool:
    return following[0] == bracket[1] + 1 and 1 not in following[2]
