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
from firmus.requests.text import Text

JOINED = re.compile(
    r"[\s,、]*(?:and|or|with|the|an?|both|和|与|跟|及|以及|还有|&)?[\s]*(?:the|an?)?[\s]*", re.IGNORECASE
)
"""What stands between parts that are named together."""


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
    for mention in mentions:
        before = text.whole[max(0, mention.start - 24) : mention.start]
        name = mention.name if not mention.parts else _instrument(text.whole[mention.start : mention.end], mention)
        is_another = not mention.parts or re.search(
            r"(?:an?|another)[\s]+(?:(?:second|third|fourth)[\s]+)?$|一[把支架个]$", before, re.IGNORECASE
        )
        if name and is_another and _ends(words["add"], before):
            return Instruments("add", [name])
    replaced = _replaced(text, piece, mentions)
    if replaced:
        return Instruments("replace", replaced)
    removed = {
        place
        for chain in chains(text, mentions)
        if _ends(words["remove"], text.whole[max(0, chain[0].start - 24) : chain[0].start])
        or words["removed"].match(text.whole[chain[-1].end :].lstrip())
        for mention in chain
        for place in mention.parts
    }
    if removed and len(removed) < len(piece.names):
        return Instruments("remove", [name for place, name in enumerate(piece.names) if place not in removed])
    return None


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
    if not words["replacing"].search(text.whole) and not words["instead"].search(text.whole):
        return []
    filler = r"(?:part|line|instrument|is|should|shall|be|gets?|replaced|played|to be|声部|的部分|的|\s)*"
    gap = rf"{filler}(?:{words['becomes'].pattern}|(?=\s*an? ))[\s]*(?:an?|the|一[支把个])?[\s]*"
    becomes = re.compile(gap, re.IGNORECASE)
    for one, other in itertools.pairwise(mentions):
        between = text.whole[one.end : other.start]
        instead = words["instead"].search(between)
        old, new = (other, one) if instead else (one, other)
        if not becomes.fullmatch(between) and not (instead and len(between) < 24):
            is_new = (one.is_instrument and not one.parts) or words["plays"].search(text.whole[: one.start][-12:])
            is_swapped = re.search(r"(?:swap|exchange) (?:the )?$", text.whole[: one.start], re.IGNORECASE)
            if is_swapped and JOINED.fullmatch(between):
                one, other = other, one
            elif not is_new or len(between) > 24 or not words["taking"].search(between):
                continue
            old, new = other, one
        name = _instrument(text.whole[new.start : new.end], new)
        if old.parts and name:
            return [name if place in old.parts else each for place, each in enumerate(piece.names)]
    return []


def _instrument(words: str, mention: Mention) -> str:
    """English name of an instrument, though it may be one that the piece has; ``""`` where it is none."""
    if mention.is_instrument:
        return mention.name
    plain = words.casefold().strip()
    return english_name(plain) if plain in program_names() or plain.removesuffix("s") in program_names() else ""
