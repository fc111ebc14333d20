"""Reworking: the same piece, shorter, in another mood, key or tempo, for other instruments, as steps in turn.

Only where every word of a request says so; whatever else it says is for `firmus.requests.grammar`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from firmus.brief_fields import MOODS
from firmus.composing.rule_based.orchestration import CHINESE, ENSEMBLES, ensemble_in
from firmus.errors import InvalidBrief
from firmus.requests import adjectives, bars, key_names, lexicon, parts, values
from firmus.requests.adjectives import Wish
from firmus.requests.piece import Piece
from firmus.requests.text import Text
from firmus.score import Key

SHARES = {"half": 2, "third": 3, "quarter": 4}
"""The piece is to be so many times as short."""
FEWEST = 2  # bars of a piece that was shortened
CHANGED = {"valence", "arousal", "tempo"}
"""What adjectives may change while the notes stay the piece's."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step: a verb (``""`` where no note is composed anew), fields of its Brief, and comparatives."""

    verb: str
    fields: dict[str, Any]
    relative: dict[str, int]


def read(words: str, piece: Piece) -> list[Step]:
    """Steps of a request that reworks a whole piece; none where it asks for something else.

    Examples
    --------
    >>> from firmus.score import Note, Part, Score
    >>> tune = Score((Part("", tuple(Note(480 * place, 480, 60) for place in range(64))),), keys=(Key(0, "C"),))
    >>> for step in read("the same theme, for strings, half as long, sad", Piece(tune)):
    ...     print(step)
    Step(verb='', fields={'bars': 8}, relative={})
    Step(verb='', fields={'key': 'C minor'}, relative={})
    Step(verb='', fields={}, relative={'tempo': -1})
    Step(verb='orchestrate', fields={'parts': ['string quartet']}, relative={})
    """
    text = Text(words)
    known = lexicon.load().words
    is_same = bool(text.take_all(known["rework"]["same"]))
    title = values.title(text)
    length = _order(text, piece) or _length(text, piece)
    players = ensemble(text)
    performing = [match[0].casefold() for match in text.take_all(known["verb"]["perform"])]
    is_performed = any(not words.startswith("play") for words in performing)
    key, tempo = key_names.find(text, piece), values.tempo(text, piece)
    wishes = adjectives.find(text)
    is_reworked = is_same or length is not None or bool(players) or (is_performed and (key or tempo or wishes or title))
    if not is_reworked or _is_left(text):
        return []
    adjectives.check(wishes)
    mode, pace = _mood(wishes)
    steps = [Step("", {"bars": length}, {})] if length is not None else []
    if mode and (key or not piece.key or piece.key.mode == mode):  # no other mode is left to take
        pace = pace or (1 if mode == "major" else -1)
    elif mode and piece.key:
        key = Key.parse(f"{piece.key.tonic} {mode}").text
    steps += [Step("", {"key": key}, {})] if key else []
    if tempo is not None:
        steps.append(Step("", {"tempo": tempo}, {}))
    elif pace:
        steps.append(Step("", {}, {"tempo": pace}))
    steps += [Step("orchestrate", {"parts": players}, {})] if players else []
    steps += [Step("perform", {}, {})] if is_performed else []
    steps += [Step("", {"title": title}, {})] if title else []
    return steps


def _order(text: Text, piece: Piece) -> str | None:
    """Bars in the order in which they are to come, of numbers or of the piece's section marks.

    Raises
    ------
    InvalidBrief
    """
    match = text.take(lexicon.load().words["rework"]["order"])
    if match is None:
        return None
    listed = lexicon.first(match)
    if numbers := re.findall(r"\d+(?: ?(?:-|to|到|至) ?第?\d+)?", listed):
        return ",".join(re.sub(r" ?(?:-|to|到|至) ?第?", "-", each) for each in numbers)
    spans = bars.marked(piece)
    named = re.findall("[A-Z]", listed)
    if missing := [name for name in named if name not in spans]:
        raise InvalidBrief(f"the piece has no section mark {missing[0]!r}: say bars, such as 'in the order 9-16, 1-8'")
    return ",".join(f"{spans[name].first}-{spans[name].last}" for name in named)


def _length(text: Text, piece: Piece) -> int | None:
    """How many bars are to be left; None where the piece keeps its length."""
    words = lexicon.load().words["rework"]
    count: int | None = None
    for name, times in SHARES.items():
        if text.take(words[name]):
            count = max(FEWEST, round(piece.bars / times))
    if count is None and (match := text.take(words["to"])):
        count = int(lexicon.number(lexicon.first(match)))
    return None if count is None or not 0 < count < piece.bars else count


def ensemble(text: Text) -> list[str]:
    """An ensemble, or instruments, for which the piece is to be scored."""
    words = lexicon.load().words
    if name := ensemble_in(text.left):
        spelt = "|".join(sorted((*ENSEMBLES, *CHINESE), key=len, reverse=True))
        text.take(rf"(?:(?:for|by|into) (?:an? )?|[给为由用])?(?:{spelt})(?:版|演奏)?")
        text.take_all(words["verb"]["orchestrate"])
        return [name]
    for name, pattern in words["ensemble"].items():
        if text.take(pattern):
            text.take_all(words["verb"]["orchestrate"])
            return [name]
    if not words["verb"]["orchestrate"].search(text.whole):
        return []
    return [mention.name for mention in parts.instruments(text)]


def _mood(wishes: list[Wish]) -> tuple[str, int]:
    """The mode, and how much faster or slower, that words for a mood come to.

    Raises
    ------
    InvalidBrief
        Where adjectives ask for other notes.
    """
    valence, pace = 0.0, 0
    for wish in wishes:
        relative = dict(wish.relative)
        if "mood" in wish.absolute:
            mood = MOODS[wish.absolute["mood"]]
            relative |= {"valence": round(mood[0] / 0.6), "arousal": round(mood[1] / 0.5)}
        elif "tempo" in wish.absolute:
            relative["tempo"] = 1 if wish.absolute["tempo"] > 100 else -1
        if others := {*relative, *wish.absolute} - {*CHANGED, "mood"}:
            raise InvalidBrief(
                f"{min(others)}: with its notes kept, a piece changes in mood, key, tempo, length and instruments; "
                "ask for new notes in a request of their own, such as 'make bars 5 to 8 busier'"
            )
        valence += relative.get("valence", 0)
        pace = relative.get("tempo", 0) or pace or relative.get("arousal", 0)
    is_calm = "calm" in [wish.absolute.get("mood") for wish in wishes]
    mode = "" if not valence or (is_calm and valence > 0) else "major" if valence > 0 else "minor"
    return mode, min(max(pace, -2), 2)


def _is_left(text: Text) -> bool:
    """Whether a word is left that asks for something else."""
    words = lexicon.load().words
    left = words["rework"]["filler"].sub("", text.left)
    return bool(re.search(r"\w", re.sub(r"¤", "", words["told"]["filler"].sub("", left))))
