"""Instruments that are to change: a part added, taken away, or played by another."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from firmus.render.instruments import program_names
from firmus.requests import lexicon
from firmus.requests.parts import Mention, english_name
from firmus.requests.piece import Piece
from firmus.requests.text import Text, clause_of

JOINED = re.compile(
    r"[\s,、]*(?:and|or|with|the|an?|both|和|与|跟|及|以及|还有|&)?[\s]*(?:the|an?)?[\s]*", re.IGNORECASE
)
"""What stands between parts that are named together."""
NEAR = 24  # characters
_FILLER = (
    r"(?:part|line|instrument|is|should|shall|to|be|gets?|replaced|played|声部|的?部分|那一?[行条]|这一?[行条]|的|\s)*"
)
_ARTICLE = r"[\s]*(?:an?|the|一[支把个])?[\s]*"


@dataclass(frozen=True, slots=True)
class Instruments:
    """Instruments after a change.

    Parameters
    ----------
    kind : str
        ``"add"``, ``"remove"`` or ``"replace"``.
    names : list of str
        The part that is added, or else all parts after the change.
    """

    kind: str
    names: list[str]


def instruments_after(text: Text, piece: Piece, mentions: Sequence[Mention]) -> Instruments | None:
    """How a request changes the instruments; None where it does not."""
    words = lexicon.load().words["edit"]
    new = [mention.name for mention in mentions if mention.is_instrument and not mention.parts]
    if new and not any(mention.parts for mention in mentions) and words["adding"].search(text.whole):
        return Instruments("add", new[:1])
    for mention in mentions:
        before = text.whole[max(0, mention.start - 24) : mention.start]
        name = mention.name if not mention.parts else _instrument(text.whole[mention.start : mention.end], mention)
        is_another = not mention.parts or re.search(
            r"(?:an?|another)[\s]+(?:(?:second|third|fourth)[\s]+)?$|一[把支架个台件管位名]$", before, re.IGNORECASE
        )
        is_added = _ends(words["add"], before) or words["added"].match(text.whole[mention.end :].lstrip())
        if name and is_another and is_added:
            return Instruments("add", [name])
    replaced = _replaced(text, piece, mentions)
    if replaced:
        return Instruments("replace", replaced)
    removed = removed_parts(text, mentions)
    if removed and len(removed) < len(piece.names):
        return Instruments("remove", [name for place, name in enumerate(piece.names) if place not in removed])
    return None


def removed_parts(text: Text, mentions: Sequence[Mention]) -> set[int]:
    """Places of the parts that are to play no more."""
    chained = (chain for chain in chains(text, mentions) if _is_removed(text, chain))
    return {place for chain in chained for mention in chain for place in mention.parts}


def _is_removed(text: Text, chain: Sequence[Mention]) -> bool:
    words, after = lexicon.load().words["edit"], text.whole[chain[-1].end :].lstrip()
    is_refused = _ends(words["remove"], text.whole[max(0, chain[0].start - 24) : chain[0].start])
    return bool(words["removed"].match(after)) or (is_refused and not re.match("to|chang|touch", after))


def chains(text: Text, mentions: Sequence[Mention]) -> list[list[Mention]]:
    """Mentions that are named together: 'the drums and the bass'."""
    found: list[list[Mention]] = []
    for mention in mentions:
        if found and JOINED.fullmatch(text.whole[found[-1][-1].end : mention.start]):
            found[-1].append(mention)
        else:
            found.append([mention])
    return found


def _ends(pattern: re.Pattern[str], before: str) -> bool:
    """Whether words stand right before a mention, but for an article."""
    return bool(
        re.search(
            rf"(?:{pattern.pattern})[\s]*(?:all )?(?:an?|the|some|another|one)?(?:[\s]+(?:second|third|fourth))?[\s]*$",
            before,
            re.IGNORECASE,
        )
    )


def _replaced(text: Text, piece: Piece, mentions: Sequence[Mention]) -> list[str]:
    """Names of all parts where one instrument takes the place of another; empty where none does."""
    words = lexicon.load().words["edit"]
    if not words["replacing"].search(text.whole):
        return []
    new = [mention for mention in mentions if mention.is_instrument and not mention.parts]
    if new:
        old = _displaced(text, mentions, new[0]) if len({mention.name for mention in new}) == 1 else None
        return _with(piece, old, new[0].name) if old else []
    for one, other in itertools.pairwise(mentions):
        between = text.whole[one.end : other.start]
        is_old_first = re.fullmatch(rf"{_FILLER}(?:{words['becomes'].pattern}){_ARTICLE}", between, re.IGNORECASE)
        is_old_last = words["instead"].search(between) or (
            words["plays"].search(text.whole[: one.start][-12:]) and words["taking"].search(between)
        )
        old, player = (one, other) if is_old_first else (other, one)
        name = _instrument(text.whole[player.start : player.end], player)
        if (is_old_first or is_old_last) and len(between) < NEAR and old.parts and name:
            return _with(piece, old, name)
    return []


def _displaced(text: Text, mentions: Sequence[Mention], new: Mention) -> Mention | None:
    """The part whose place an instrument takes that the piece has not: in its clause, or else the nearest."""
    clauses = text.clauses()
    own = [mention for mention in mentions if mention.parts and mention.name != "all"]
    beside = [each for each in own if clause_of(clauses, each.start) == clause_of(clauses, new.start)]
    old = min(beside or own, key=lambda each: abs(each.start - new.start), default=None)
    together = (chain for chain in chains(text, mentions) if old in chain and new in chain)
    return old if all(_is_swap(text, chain[0]) for chain in together) else None  # not 'the oboe and the cello'


def _is_swap(text: Text, first: Mention) -> bool:
    verbs = "(?:swap|exchange|switch|replace|substitute|change)"
    return bool(re.search(rf"{verbs} (?:the )?$", text.whole[: first.start], re.IGNORECASE))


def _with(piece: Piece, old: Mention, name: str) -> list[str]:
    return [name if place in old.parts else each for place, each in enumerate(piece.names)]


def _instrument(words: str, mention: Mention) -> str:
    """English name of an instrument, though it may be one that the piece has; ``""`` where it is none."""
    if mention.is_instrument:
        return mention.name
    plain = words.casefold().strip()
    return english_name(plain) if plain in program_names() or plain.removesuffix("s") in program_names() else ""
