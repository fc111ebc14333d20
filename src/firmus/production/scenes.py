"""Scenes: which mood lasts from when to when, as spotting notes have it.

Conventions: times are seconds from the beginning; written ``12``, ``12.5``, ``0:12``, ``1:02:03.25``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import pairwise

from firmus.brief_fields import MOODS, Limits, mood
from firmus.errors import InvalidBrief, unknown
from firmus.translation import vocabulary

MOST_SECONDS = 3600.0
LEAST_SECTION = 2.0  # a bar that is still music
LENGTH = Limits(LEAST_SECTION, MOST_SECONDS, unit=" seconds")
CURVE_SECONDS = 8.0  # between two steps of a mood that changes gradually
MOST_CLAUSES = 200
WORDS = {
    **MOODS,
    "danger": (-0.7, 0.8), "action": (0.0, 0.9), "suspense": (-0.5, 0.2), "mystery": (-0.3, -0.2),
    "release": (0.4, -0.3), "hope": (0.5, 0.0), "triumph": (0.8, 0.8), "wonder": (0.6, 0.1), "love": (0.6, -0.3),
    "grief": (-0.8, -0.6), "playful": (0.6, 0.4), "dark": (-0.7, -0.1),
}  # fmt: skip
"""Valence and arousal of the words of scenes."""
CHINESE: vocabulary.Words = {
    **vocabulary.MOODS,
    "danger": ("危险", "危急"), "action": ("动作", "战斗"), "suspense": ("悬念", "悬疑"), "mystery": ("神秘", "诡秘"),
    "release": ("释放", "舒展"), "hope": ("希望", "期待"), "triumph": ("胜利", "凯旋"), "wonder": ("惊奇", "奇妙"),
    "love": ("爱情", "爱", "浪漫"), "grief": ("悲痛", "哀悼"), "playful": ("俏皮", "顽皮"), "dark": ("黑暗", "阴暗"),
}  # fmt: skip
HITS = ("hit", "hit at", "accent", "重音", "强音", "撞击")
CHANGE = re.compile(r"\s+to\s+|->|→|\s*(?:逐渐|渐渐|渐)?(?:变为|变成|变到|转为|转向|到|至)\s*")
TIME = r"\d{1,6}(?::\d{1,2}){0,2}(?:\.\d{1,6})?"
CLAUSE = re.compile(
    rf"(?P<mood>[^\d\s(][^\d]*?|-?\d(?:\.\d+)?/-?\d(?:\.\d+)?)\s*"
    rf"(?:(?:(?:until|up to)\s+|(?:直到|到|至)\s*)(?P<until>{TIME})\s*秒?"
    rf"|(?:from\s+|从\s*)?(?P<start>{TIME})\s*秒?\s*(?:(?:-|to|until|直到|到|至)\s*(?:(?P<end>{TIME})\s*秒?)?)?)?"
)


@dataclass(frozen=True, slots=True)
class Span:
    """A section of a scene: `start` and `end` in seconds, valence and arousal from -1 to 1, its name."""

    start: float
    end: float
    valence: float
    arousal: float
    name: str
    is_hit: bool = False
    """Whether it begins with an accent: on a hit point."""

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.end - self.start


def read(text: str, length: float) -> tuple[Span, ...]:
    """Read the spans of a scene that lasts so many seconds.

    Clauses are divided by commas. A mood lasts ``until`` a time, from one time to another, or for what is left;
    ``calm to tense 0:10-0:30`` changes gradually; ``hit 0:15`` is an accent within a mood. A mood is a word, or
    valence and arousal, ``-0.5/0.8``.

    Raises
    ------
    InvalidBrief
        Where times lie beyond the end, overlap or leave a gap, or a word is no mood.

    Examples
    --------
    >>> [(span.name, span.start, span.end) for span in read("calm until 0:12, danger 0:12-0:20, release", 30)]
    [('calm', 0.0, 12.0), ('danger', 12.0, 20.0), ('release', 20.0, 30.0)]
    """
    check_length(length)
    length = float(length)
    clauses = [each.strip() for each in vocabulary.plain(text).replace(";", ",").split(",") if each.strip()]
    if not clauses or len(clauses) > MOST_CLAUSES:
        raise InvalidBrief(f"a scene of {len(clauses)} moods: it has 1 to {MOST_CLAUSES}, such as 'calm until 0:12'")
    spans: list[tuple[float, float, str]] = []
    hits: list[float] = []
    for number, clause in enumerate(clauses):
        begun = spans[-1][1] if spans else 0.0
        match = CLAUSE.fullmatch(clause)
        if match is None:
            raise InvalidBrief(f"scene {clause[:60]!r} must be a mood and its times, such as 'danger 0:12-0:20'")
        times = {name: _time(match[name], length) for name in ("until", "start", "end") if match[name]}
        if match["mood"] in HITS:
            hits += _hit(clause, times)
            continue
        is_last = not any(CLAUSE.fullmatch(each) and not each.startswith(HITS) for each in
                          clauses[number + 1 :])  # fmt: skip
        start = times.get("start", begun)
        end = times.get("until", times.get("end", length if is_last else None))
        if end is None:
            end = _next_start(clauses[number + 1 :], length, clause)
        _check_order(clause, start, end, begun)
        spans.append((start, end, match["mood"]))
    if not spans or spans[-1][1] < length:
        said = shown(spans[-1][1]) if spans else "0:00"
        raise InvalidBrief(f"the scene says nothing of {said} to the end, {shown(length)}: leave the last time out")
    return _checked(_with_hits([step for span in spans for step in _steps(*span)], hits))


def check_length(length: float) -> None:
    """Refuse a length that no cue has.

    Raises
    ------
    InvalidBrief
    """
    if not LENGTH.hold(length):
        raise InvalidBrief(f"length {length!r} must be {LEAST_SECTION:g} to {MOST_SECONDS:,.0f} seconds")


def clock(text: str) -> float:
    """Seconds of a time.

    Examples
    --------
    >>> clock("1:02.5"), clock("90"), clock("1:00:00")
    (62.5, 90.0, 3600.0)
    """
    if not re.fullmatch(TIME, vocabulary.plain(text).strip()):
        raise InvalidBrief(f"time {text[:40]!r} must be seconds or minutes and seconds, such as 12.5 or 0:12")
    total = 0.0
    for field in vocabulary.plain(text).strip().split(":"):
        total = total * 60 + float(field)
    return total


def shown(seconds: float) -> str:
    """A time as people write it.

    Examples
    --------
    >>> shown(62.5), shown(12)
    ('1:02.5', '0:12')
    """
    minutes, rest = divmod(round(seconds, 3), 60)
    return f"{int(minutes)}:{f'{rest:06.3f}'.rstrip('0').rstrip('.')}"


def valence_arousal(word: str) -> tuple[float, float]:
    """Valence and arousal of a word of scenes, or of two numbers with a stroke.

    Raises
    ------
    InvalidBrief
    """
    if "/" in word:
        return mood(word.replace("/", ","))
    name = vocabulary.english(word, CHINESE).strip()
    if name not in WORDS:
        both = [each for each in WORDS if each in name.split()]
        if len(both) > 1:
            raise InvalidBrief(f"moods {' and '.join(both)} at once: give each its own time, or {both[0]} to {both[1]}")
        raise InvalidBrief(unknown("mood", name[:40], WORDS))
    return WORDS[name]


def _time(text: str, length: float) -> float:
    found = clock(text)
    if found > length:
        raise InvalidBrief(f"hit point {text} is beyond the end, {shown(length)}: give a longer length")
    return found


def _hit(clause: str, times: dict[str, float]) -> list[float]:
    if list(times) != ["start"]:
        raise InvalidBrief(f"scene {clause[:60]!r}: a hit has one time, such as 'hit 0:15'")
    return [times["start"]]


def _next_start(others: list[str], length: float, clause: str) -> float:
    """Where the next mood begins, which ends one that says no end."""
    for each in others:
        match = CLAUSE.fullmatch(each)
        if match and match["start"] and match["mood"] not in HITS:
            return _time(match["start"], length)
        if match and match["mood"] not in HITS:
            break
    raise InvalidBrief(f"scene {clause[:60]!r} says no end: write until when, such as '{clause[:20]} until 0:12'")


def _check_order(clause: str, start: float, end: float, begun: float) -> None:
    if start < begun:
        raise InvalidBrief(
            f"scene {clause[:60]!r} begins while another mood lasts, until {shown(begun)}: one at a time"
        )
    if start > begun:
        raise InvalidBrief(f"the scene says nothing of {shown(begun)} to {shown(start)}: give it a mood")
    if end <= start:
        raise InvalidBrief(f"scene {clause[:60]!r} ends at {shown(end)}, no later than it begins, {shown(start)}")


def _steps(start: float, end: float, text: str) -> list[Span]:
    """One span; or several, where a mood changes gradually into another."""
    names = [each.strip() for each in CHANGE.split(text.removeprefix("从"))]
    if len(names) > 2:
        raise InvalidBrief(f"mood {text[:40]!r}: a change has two moods, such as 'calm to tense'")
    ends = [valence_arousal(name) for name in names]
    if len(ends) == 1:
        return [Span(start, end, *ends[0], names[0])]
    count = max(2, round((end - start) / CURVE_SECONDS))
    steps = []
    for index in range(count):
        share = index / (count - 1)
        valence, arousal = (round(a + (b - a) * share, 4) for a, b in zip(*ends, strict=True))
        first, last = (start + (end - start) * each / count for each in (index, index + 1))
        steps.append(Span(first, last, valence, arousal, f"{names[0]} to {names[1]} {index + 1}/{count}"))
    return steps


def _with_hits(spans: list[Span], hits: list[float]) -> list[Span]:
    for hit in hits:
        for index, span in enumerate(spans):
            if span.start == hit:
                spans[index] = replace(span, is_hit=True)
            elif span.start < hit < span.end:
                spans[index : index + 1] = [
                    replace(span, end=hit),
                    replace(span, start=hit, name=f"{span.name}: hit", is_hit=True),
                ]
                break
    return spans


def _checked(spans: list[Span]) -> tuple[Span, ...]:
    """With hit points marked where arousal leaps up; refuses what is too short to be music."""
    for span in spans:
        if span.seconds < LEAST_SECTION - 1e-9:
            raise InvalidBrief(
                f"{span.name!r} lasts {span.seconds:g} seconds, {shown(span.start)} to {shown(span.end)}: "
                f"{LEAST_SECTION:g} is the least"
            )
    leaps = {later.start for earlier, later in pairwise(spans) if later.arousal - earlier.arousal > 0.5}
    return tuple(replace(span, is_hit=span.is_hit or span.start in leaps) for span in spans)
