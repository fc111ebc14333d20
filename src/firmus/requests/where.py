"""Where a request changes an open piece: bars and parts, those that are to stay, and the selection."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from firmus.brief_fields import bar_numbers
from firmus.errors import InvalidBrief
from firmus.requests import bars, lexicon, parts
from firmus.requests.bars import Span
from firmus.requests.edits import Instruments, chains
from firmus.requests.parts import Mention
from firmus.requests.piece import Piece
from firmus.requests.text import Text, clause_of

TIMES = {"double": 2, "triple": 3}
_RANGE = re.compile(r"[^,.;]{0,30}[A-G][#b]?\d(?!\d)")
_PLAYING = re.compile(
    r"(?:'s)?\s*(?:gets?|has|have|needs?|wants?|should (?:have|get|play)|plays?)?\s*(?:an?|the|some|another)?\s*"
    r"(?:[a-z]+ ){0,2}|(?:[要有来写弹拉吹]|需要)?(?:一?[条段个支]?(?:新|[\u4e00-\u9fff]{0,4}的))?",
    re.IGNORECASE,
)
"""What stands between a part and 'melody' where that is its own."""
_PLAYED_BY = re.compile(r"\s*(?:of|for|in|on|from|to|by) (?:the )?", re.IGNORECASE)
_OTHERS = re.compile(r"\s*(?:什么|其[他余它]|别的|都|全|everything|nothing|all |don't|do not)", re.IGNORECASE)
"""How a clause begins of which the one before it names an exception."""
_NOT = re.compile(r"[不没][太大是很怎么够]{0,2}$|(?:n't|never|not|hardly) $")
"""What stands before a word of praise that is denied."""
"""What follows where a part is not to be kept, but kept within a range."""


class Where:
    """Bars and parts of a piece that a request names, taken out of its text.

    Parameters
    ----------
    text : Text
    piece : Piece
    selection : mapping, optional
        `bars` and `parts`.
    """

    def __init__(self, text: Text, piece: Piece, selection: Mapping[str, Any] | None) -> None:
        self.text, self.piece = text, piece
        self.words = lexicon.load().words["where"]
        self.is_everywhere = bool(text.take_all(self.words["all"]))
        spans = [*bars.sections(text, piece), *bars.find(text, piece)]
        self.mentions = parts.find(text, piece)
        self.is_here = bool(self.words["here"].search(text.left))
        self.selection = None if self.is_everywhere else selection
        if self.words["that"].search(text.left) and not (selection or spans):
            raise InvalidBrief("which bars are that? Select them, or name them, such as 'bars 9 to 12'")
        kept, clauses, excepted = self._kept_clauses(), text.clauses(), self._excepted()

        def is_kept(place: int, is_exception: bool) -> bool:
            clause = clause_of(clauses, place)
            if is_exception and clause + 1 in kept and _OTHERS.match(text.whole, clauses[clause + 1]):
                clause += 1
            return (clause in kept) != is_exception  # of what is kept an exception is open

        self.keeps = bool(kept)
        self.kept_spans = [span for span in spans if is_kept(span.place, self._is_excepted(span))]
        self.spans = [span for span in spans if span not in self.kept_spans]
        stay = [
            mention
            for mention in self.mentions
            if is_kept(mention.start, mention in excepted) or self._is_above(mention)
        ]
        self.kept_parts = {place for mention in stay for place in mention.parts}
        changed = [mention for mention in self.mentions if mention not in stay and not self._is_noun(mention)]
        self.named_parts = {place for mention in changed for place in mention.parts}
        if all(self._is_added(mention) for mention in changed):
            self.named_parts = set()
        self.opens_drums = True
        self.new_part = ""

    @property
    def is_named(self) -> bool:
        """Whether the words name bars or parts."""
        return bool(self.spans or self.kept_spans or self.named_parts or self.kept_parts)

    @property
    def names_bars(self) -> bool:
        """Whether the words name bars, or mean those that are selected."""
        return bool(self.spans or self.kept_spans or (self.is_here and self.selection and self.selection.get("bars")))

    def bars(self) -> str:
        """Bars that are open."""
        everything = set(range(1, self.piece.bars + 1))
        if self.spans:
            numbers = _numbers(_narrowest(self.spans))
        elif self.selection and self.selection.get("bars"):
            numbers = {
                each
                for first, last in bar_numbers(str(self.selection["bars"]))
                for each in range(first, (last or self.piece.bars) + 1)
            }
        else:
            numbers = everything
        numbers -= _numbers(self.kept_spans)
        if not numbers:
            raise InvalidBrief(
                "no bar is left to change: name those that should, such as 'keep bars 1 to 4, rewrite the rest'"
            )
        return bars.written(numbers)

    def parts(self) -> list[str]:
        """Names of the parts that are open."""
        if self.new_part:
            return [self.new_part]
        names = self.piece.names
        if self.named_parts:
            places = self.named_parts - self.kept_parts
        elif self.selection and self.selection.get("parts"):
            wanted = {str(each).casefold() for each in self.selection["parts"]}
            places = {place for place, name in enumerate(names) if {name.casefold(), str(place + 1)} & wanted}
            places -= self.kept_parts
            if not self.opens_drums and places - set(self.piece.roles["drums"]):
                places -= set(self.piece.roles["drums"])
        else:
            places = set(range(len(names))) - self.kept_parts
            if not self.opens_drums:
                places -= set(self.piece.roles["drums"])
        if not places:
            raise InvalidBrief(
                "no part is left to change: name one that should, such as 'keep the melody, rewrite the rest'"
            )
        return [name for place, name in enumerate(names) if place in places]

    @property
    def names_melody(self) -> bool:
        """Whether the words name one part that sings."""
        return any(len(each.parts) == 1 and each.name in ("melody", "voice", "one", "") for each in self.mentions)

    def melody(self) -> int:
        """Place of the part that is to be harmonised or accompanied."""
        by_role = {mention.name: mention for mention in reversed(self.mentions) if mention.parts}
        melody = by_role.get("melody")
        if melody:
            for mention in self.mentions:
                if len(mention.parts) == 1 and 0 <= melody.start - mention.end <= 4 and mention is not melody:
                    return mention.parts[0]
            return melody.parts[0]
        to = r"(?:to|for|under|behind|set|harmoni[sz]e|accompany|给|为|把|替)[\s]*(?:the )?$"
        single = [mention for mention in self.mentions if len(mention.parts) == 1]
        addressed = [each for each in single if re.search(to, self.text.whole[: each.start][-16:], re.IGNORECASE)]
        named = addressed or [by_role[name] for name in ("voice", "one") if name in by_role]
        melodies = self.piece.roles["voice"] or self.piece.roles["melody"]
        if not named and not melodies:
            raise InvalidBrief("which part is the melody? Name it, such as 'harmonise part 1'")
        return named[0].parts[0] if named else melodies[0]

    def check_missing(self, edited: Instruments | None) -> None:
        """Ask back where an instrument or a part is named that the piece has not.

        Raises
        ------
        InvalidBrief
        """
        for mention in self.mentions:
            if not mention.parts and edited is None:
                words, names = self.text.whole[mention.start : mention.end], ", ".join(self.piece.names)
                raise InvalidBrief(f"the piece has no {words!r}: its parts are {names}; say such as 'part 1 higher'")

    @property
    def has_new_bars(self) -> bool:
        """Whether it is to be so many times as long."""
        return self.times_as_long() > 0

    @property
    def is_rewriting_ending(self) -> bool:
        """Whether the ending that is there is to change."""
        again = lexicon.load().words["told"]["again"]
        return bool(again.search(self.text.whole))

    def is_rewritten(self, match: re.Match[str]) -> bool:
        """Whether an accompaniment that is there is to change."""
        near = self.text.whole[max(0, match.start() - 12) : match.end()]
        given = r"伴奏(?:声部|部分)|the (?:accompaniment|backing)(?! (?:to|for|under)(?! something))"
        compared = r"(?:[a-z]+er|more \w+|less \w+) (?:accompaniment|backing)"
        is_given = re.search(given, match[0], re.IGNORECASE) or re.search(compared, near, re.IGNORECASE)
        if re.search("piano|钢琴", near, re.IGNORECASE) and not self.piece.roles["both"]:
            return False  # no piano is there
        is_again = lexicon.load().words["told"]["again"].search(near)
        return bool(is_given or (is_again and re.search("accompan|伴奏|backing", match[0], re.IGNORECASE)))

    def is_total_length(self) -> bool:
        """Whether a length is that of the whole piece rather than of what is added."""
        words = lexicon.load().words["length"]
        if words["whole"].search(self.text.whole) or words["to"].search(self.text.left):
            return True
        says_total = words["total"].search(self.text.left) or words["total"].search(self.text.whole)
        return bool(says_total and not words["more"].search(self.text.whole))

    def times_as_long(self) -> int:
        """How many times as long as it is; 0 where that is not said."""
        words = lexicon.load().words["length"]
        return next((times for name, times in TIMES.items() if words[name].search(self.text.whole)), 0)

    def _kept_clauses(self) -> set[int]:
        """Clauses that say what is to stay."""
        clauses = self.text.clauses()
        return {
            clause_of(clauses, match.start())
            for match in self.words["keep"].finditer(self.text.left)
            if not (_RANGE.match(self.text.whole, match.end()) or _NOT.search(self.text.whole[: match.start()]))
            and not _manner().match(self.text.left, match.end())
        }

    def _is_above(self, mention: Mention) -> bool:
        """Whether a part is named as that under which something is to change."""
        before, after = self.text.whole[max(0, mention.start - 24) : mention.start], self.text.whole[mention.end :]
        return bool(
            re.search(rf"(?:{self.words['under'].pattern})[\s]*(?:the )?$", before, re.IGNORECASE)
            or self.words["beneath"].match(after)
        )

    def _is_noun(self, mention: Mention) -> bool:
        """Whether 'melody' is no part of its own, but what another part plays: 'the melody of the viola'."""
        if mention.name != "melody":
            return False
        whole = self.text.whole
        others = [other for other in self.mentions if other.parts and other.name not in ("melody", "all")]
        return any(
            _PLAYING.fullmatch(whole, other.end, mention.start) if other.end <= mention.start
            else _PLAYED_BY.fullmatch(whole, mention.end, other.start)
            for other in others
        )  # fmt: skip

    def _is_added(self, mention: Mention) -> bool:
        """Whether a part is named as one that changes with the others."""
        before, after = self.text.whole[max(0, mention.start - 24) : mention.start], self.text.whole[mention.end :]
        return bool(
            (self.is_everywhere and re.match(r"\s*(?:too|as well|也)(?![a-z])", after))
            or re.search(rf"(?:{self.words['including'].pattern})[\s]*(?:the )?$", before, re.IGNORECASE)
            or self.words["included"].match(after.lstrip())
        )

    def _excepted(self) -> list[Mention]:
        """Parts that are named as exceptions."""
        found = []
        for chain in chains(self.text, self.mentions):
            before = self.text.whole[max(0, chain[0].start - 24) : chain[0].start]
            after = self.text.whole[chain[-1].end : chain[-1].end + 4]
            english = rf"(?:{self.words['except'].pattern})[\s]*(?:the|for)?[\s]*$"
            if (
                re.search(english, before, re.IGNORECASE)
                or re.search(rf"(?:{self.words['except_before'].pattern})[\s]*$", before)
                or re.match(r"的?(?:以外|之外|除外)", after)
            ):
                found += chain
        return found

    def _is_excepted(self, span: Span) -> bool:
        before = self.text.whole[max(0, span.place - 24) : span.place]
        but = r"(?:every\w+|all(?: of (?:it|them))?|whole \w+|entire \w+) but"
        words = rf"(?:except|apart from|other than|besides|excluding|{but}|除了?)"
        return bool(re.search(rf"{words}[\s]*(?:for )?(?:in )?(?:the )?$", before, re.IGNORECASE))


@cache
def _manner() -> re.Pattern[str]:
    """What follows where something is to be kept in a manner, as in 'keep it simple', and not as it is."""
    known = lexicon.load()
    how = f"{known.any_of('plain', 'en')}|{known.any_of('comparative', 'en')}"
    english = f"(?:very |quite |fairly |nice and )?(?:{how})"
    chinese = f"(?:得|在)?(?:更|很|非常|比较|一?[些点])*(?:{known.any_of('plain', 'zh')})(?!的)"
    return re.compile(
        rf"\s*(?:(?:it|them|things|this|the)\s|the ¤+\s|¤+\s)?(?:{english}|(?:some )?more )|{chinese}", re.IGNORECASE
    )


def _narrowest(spans: list[Span]) -> list[Span]:
    """Spans without those within which others are: of 'the ending, bars 14 to 16' the bars."""
    return [
        span
        for span in spans
        if not any(
            (span.first, span.last) != (other.first, other.last)
            and span.first <= other.first
            and other.last <= span.last
            for other in spans
        )
    ]


def _numbers(spans: list[Span]) -> set[int]:
    return {each for span in spans for each in range(span.first, span.last + 1)}
