"""A request about an open piece: what of it is to change, and how."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from firmus.composing.rule_based.orchestration import ensemble_in
from firmus.errors import InvalidBrief
from firmus.requests import adjectives, key_names, lexicon, new_piece, reworking, values
from firmus.requests.adjectives import Wish
from firmus.requests.edits import Instruments, instruments_after, removed_parts
from firmus.requests.piece import Piece
from firmus.requests.request import REASONS, Request, ask_back
from firmus.requests.text import Text
from firmus.requests.where import Where

PARTS_TOO = ("quartet", "drums", "band", "song", "piano", "organ")
"""Styles whose words may also mean a part, or the piece as it is."""
HARMONISED = ("chorale", "hymn", "choir")
ACCOMPANIED = {"lead-sheet": "lead-sheet", "band": "band", "piano": "song", "song": "song"}


class Edit:
    """A request about an open piece."""

    def __init__(self, text: Text, piece: Piece, selection: Mapping[str, Any] | None, given: dict[str, Any]) -> None:
        self.text, self.piece, self.fields = text, piece, given
        self.words = lexicon.load().words
        self._read_values()
        text.take_all(self.words["told"]["background"])
        self.last_bar = values.last_bar(text, piece)
        self.where = Where(text, piece, selection)
        self.wishes = adjectives.find(text)
        self.length = self.last_bar or values.count_of_bars(text)
        self.relative = _together(self.wishes)
        if "tempo" in self.fields:
            self.relative.pop("tempo", None)

    def request(self) -> Request:
        """What is asked for.

        Raises
        ------
        InvalidBrief
            Where a part of it would be dropped, or is not understood.
        """
        request = self._request()
        if dropped := self._dropped(request):
            raise InvalidBrief(
                f"{', '.join(dropped)}: cannot be asked for together with the rest: say one after the other, such as "
                "'make it sadder, then arrange it for a wind quintet'"
            )
        ask_back(self.text)
        return request

    def _dropped(self, request: Request) -> list[str]:
        """What was read of the words and is not in the request."""
        axes = {"valence": "mood", "arousal": "mood"}
        asked = {axes.get(name, name) for name in (*request.fields, *request.relative)}
        read = [axes.get(name, name) for wish in self.wishes for name in (*wish.relative, *wish.absolute)]
        read += [*self.fields, *(["ranges"] if self.range else [])]
        if request.verb in ("orchestrate", "perform"):
            read += ["bars"] if self.where.spans or self.where.kept_spans else []
            asked -= {"parts"}
            read += ["parts"] if self.where.kept_parts or self.where.named_parts - {*self.piece.roles["all"]} else []
        return [name for name in dict.fromkeys(read) if name not in asked]

    def _request(self) -> Request:
        where, fields = self.where, self.fields
        new_form = {name: fields[name] for name in ("form", "pickup", "meter") if name in fields}
        if new_form:
            return Request("compose", {**fields, **self._said(), **self._genre_meter()}, self.relative)
        if self._is("orchestrate") and (name := ensemble_in(self.text.whole)):
            reworking.ensemble(self.text)
            return Request("orchestrate", {"parts": [name]})
        has_no_drums = not (self.piece.roles["drums"] or self.words["part"]["drums"].search(self.text.whole))
        if self._is_performed() or (self._is_humanising() and has_no_drums):
            return Request("perform", {name: fields[name] for name in ("count", "seed", "title") if name in fields})
        if self._is_humanising():
            if not self.piece.roles["drums"]:
                raise InvalidBrief("the piece has no drums to be humanised: say 'perform it', which plays every part")
            where.named_parts = where.named_parts or set(self.piece.roles["drums"])
            return self._where("humanise", {})
        if (genre := self._genre()) and (meter := self._genre_meter().get("meter")):
            return Request("compose", {**fields, **self._said(), "genre": genre, "meter": meter}, self.relative)
        for name in ("harmonise", "accompany"):
            if not self._is("reharmonise") and (request := self._setting(name)):
                return request
        edited = instruments_after(self.text, self.piece, where.mentions)
        if edited and edited.kind == "add":
            where.new_part = edited.names[0]
            return self._infill()
        where.check_missing(edited)
        if where.names_bars and (resting := removed_parts(self.text, where.mentions)):
            names = [self.piece.names[place] for place in sorted(resting)]
            return Request("rest", {"bars": where.bars(), "parts": names})
        if self._continues():
            return self._continuation()
        return self._varied() or self._infilled(edited) or self._unchanged(edited)

    def _read_values(self) -> None:
        """Take values out of the text, into fields."""
        text, piece, fields = self.text, self.piece, self.fields
        found = {
            "chords": values.chords(text),
            "range": values.note_range(text),
            "count": values.versions(text, is_new=False),
            "pickup": values.pickup(text),
            "tempo": values.tempo(text, piece),
            "meter": values.meter(text),
            "key": key_names.find(text, piece),
            "seconds": values.duration(text),
            "form": values.form(text),
            "seed": values.seed(text),
            "model": values.model(text),
        }
        fields |= {name: value for name, value in found.items() if value is not None} | values.controls(text)
        if "key" in fields and (other := key_names.find_named(text)) and other != fields["key"]:
            raise InvalidBrief(
                f"keys {fields['key']} and {other} are asked for at once: say one of them, such as 'in D minor'"
            )
        self.range = fields.pop("range", None)
        if fields.get("meter") == piece.meter.text:
            del fields["meter"]
        if ("chords" in fields or "key" in fields) and (loose := values.loose(text, fields)):
            fields["loose"] = loose

    def _is(self, verb: str) -> bool:
        return bool(self.words["verb"][verb].search(self.text.whole))

    def _is_performed(self) -> bool:
        """Whether it is to be performed; not where it is to be played faster."""
        found = [match[0].casefold() for match in self.words["verb"]["perform"].finditer(self.text.whole)]
        is_paced = "tempo" in {*self.fields, *self.relative}
        return any(not (is_paced and words.startswith("play")) for words in found)

    def _is_humanising(self) -> bool:
        """Whether drums are to sound less like a machine: named, or with nothing else that is to change."""
        is_alone = not (self.relative or self._genre())
        return self._is("humanise") and (is_alone or not self.where.named_parts.isdisjoint(self.piece.roles["drums"]))

    def _genre(self) -> str | None:
        return new_piece.genre_of(self.text, skip=("variations",) if self._is("vary") else ())

    def _genre_meter(self) -> dict[str, str]:
        """The genre, with its meter where the piece has another."""
        genre = self._genre()
        if not genre:
            return {}
        meter = new_piece.GENRE_METERS.get(genre)
        return {"genre": genre, "meter": meter} if meter and meter != self.piece.meter.text else {"genre": genre}

    def _style(self) -> str | None:
        """A style that the piece is to have: its role as a part's name is none."""
        for style, pattern in self.words["style"].items():
            for match in pattern.finditer(self.text.whole):
                around = self.text.whole[max(0, match.start() - 14) : match.end() + 8]
                if style not in PARTS_TOO or self.words["told"]["style"].search(around):
                    return style
        return None

    def _said(self) -> dict[str, Any]:
        """Fields of what is to be composed that adjectives say, and the genre."""
        said: dict[str, Any] = {}
        adjectives.check(self.wishes)
        axes = {"mood": ("valence", "arousal")}
        for wish in self.wishes:
            for name, value in wish.absolute.items():
                if name not in said and not {*axes.get(name, (name,))} & {*self.relative}:
                    said[name] = value
        if genre := self._genre():
            said["genre"] = genre
        return said

    def _setting(self, verb: str) -> Request | None:
        """A melody harmonised or accompanied."""
        match = self.words["verb"][verb].search(self.text.whole)
        if not match or self.where.is_rewritten(match):
            return None
        styles = new_piece.styles_in(self.text.whole)
        if verb == "harmonise":
            style = next((each for each in styles if each in HARMONISED), None)
            if len(self.where.named_parts) > 1 and self.where.melody() not in self.where.named_parts:
                return None
            if style is None and not re.search(r"harmon|four|4|tenor|和声|四", match[0], re.IGNORECASE):
                return None
            if re.match("turn|make|arrange|把", match[0], re.IGNORECASE) and not self.where.names_melody:
                return None
        else:
            style = next((setting for each, setting in ACCOMPANIED.items() if each in styles), None)
            style = style or ("lead-sheet" if re.search("chord|和弦", match[0], re.IGNORECASE) else None)
        fields = {**self.fields, "parts": [self.piece.names[self.where.melody()]], **self._said()}
        harmonies = [name for name, words in self.words["harmony"].items() if words.search(self.text.whole)]
        said = {**({"style": style} if style else {}), **({"harmony": harmonies[0]} if harmonies else {})}
        return Request(verb, {**fields, **said}, self.relative)

    def _continues(self) -> bool:
        if self.where.has_new_bars:
            return True
        is_close = self._is("close") and not self.where.is_rewriting_ending
        return is_close or self.length is not None or "seconds" in self.fields or self._is("continue")

    def _continuation(self) -> Request:
        """The piece goes on: how much is added."""
        style = self._style()
        fields = {**self.fields, **self._said(), **({"style": style} if style else {})}
        is_total = bool(self.last_bar) or self.where.is_total_length()
        if self.length is not None:
            added = self.length - self.piece.bars if is_total else self.length
            if added <= 0:
                raise InvalidBrief(f"the piece has {self.piece.bars} bars: {REASONS['removing']}")
            fields["bars"] = added
        elif "seconds" in fields:
            if is_total:
                fields["seconds"] = round(fields["seconds"] - self.piece.seconds, 1)
            if fields["seconds"] <= 0:
                raise InvalidBrief(f"the piece lasts {self.piece.seconds:.0f} seconds: {REASONS['removing']}")
        elif times := self.where.times_as_long():
            fields["bars"] = self.piece.bars * (times - 1)
        if self._is("close"):
            fields["close"] = True
        return Request("continue", fields, self.relative)

    def _varied(self) -> Request | None:
        """A variation: asked for by name, or by syncopation, or where only versions are asked for."""
        said = self._said()
        is_asked = self._is("vary") and not self._is("reharmonise")
        is_syncopated = "syncopation" in {*self.relative, *said, *self.fields}
        is_again = self.words["told"]["again"].search(self.text.left)
        only_versions = set(self.fields) == {"count"} and not (said or self.relative or is_again)
        if not (is_asked or is_syncopated or (only_versions and not self._is("reharmonise"))):
            return None
        if is_asked and (amount := values.amount(self.text)):
            said["amount"] = amount
        return self._where("vary", said)

    def _infilled(self, edited: Instruments | None) -> Request | None:
        """Some bars of some parts anew."""
        said = self._said()
        given = set(self.fields) & {"chords", *values.CONTROLS}
        changed = set(self.relative) - {"tempo"} or set(said) - {"tempo"} or given or self.range
        is_new = self._is("reharmonise") or bool(self._style()) or bool(changed)
        where = self.where
        refused = self.words["refuse"]
        is_unclear = refused["direction"].search(self.text.whole) or refused["unknown"].search(self.text.left)
        if is_unclear and not (is_new or self.words["told"]["again"].search(self.text.whole)):
            return None
        if "key" in self.fields and (where.is_named or (where.selection and where.is_here)):
            is_new = True
        has_no_verb = (
            set(self.fields) - {"count", "seed", "loose", "model"} or self.relative or "tempo" in said or edited
        )
        if not is_new and not has_no_verb:
            is_new = self._is("rewrite") and (where.is_named or not where.keeps)
            is_new = is_new or (where.is_named and self._names_places_alone())
        if (
            not is_new
            and has_no_verb
            and where.is_named
            and self._is("rewrite")
            and not (edited or "key" in self.fields)
        ):
            is_new = bool(where.spans or where.kept_spans)
        return self._infill() if is_new else None

    def _names_places_alone(self) -> bool:
        """Whether but for bars and parts there are only words that ask for nothing."""
        return not re.sub(r"[\W_¤]", "", self.words["told"]["filler"].sub("", self.text.left))

    def _infill(self) -> Request:
        said = self._said()
        if style := self._style():
            said["style"] = style
        asked = {*said, *self.relative, *(name for name in ("key", "chords") if name in self.fields)}
        self.where.opens_drums = not (self._is("reharmonise") or (asked and asked <= new_piece.PITCHED))
        if self._is("reharmonise") and not self.where.named_parts and "chords" not in self.fields:
            self.where.kept_parts |= set(self.piece.roles["melody"])
        return self._where("infill", said)

    def _where(self, verb: str, said: dict[str, Any]) -> Request:
        fields = {**self.fields, **said, "bars": self.where.bars(), "parts": self.where.parts()}
        if self.range:
            fields["ranges"] = dict.fromkeys(fields["parts"], self.range)
        return Request(verb, fields, self.relative)

    def _unchanged(self, edited: Instruments | None) -> Request:
        """No note anew: the tempo, the key, the title or the instruments."""
        fields = {**self.fields, **{name: value for name, value in self._said().items() if name == "tempo"}}
        if edited:
            fields["parts"] = edited.names
        asked = {*fields, *self.relative}
        if self.where.spans and asked and asked <= {"tempo", "count"}:
            raise InvalidBrief("the tempo is that of the whole piece: say it without bars, such as 'slower'")
        if not fields and not self.relative:
            ask_back(self.text)
            raise InvalidBrief("what should change, and how? Such as 'make bars 5 to 8 calmer, keep the bass'")
        return Request("", fields, self.relative)


def _together(wishes: list[Wish]) -> dict[str, int]:
    """All comparatives together.

    Raises
    ------
    InvalidBrief
        Where they contradict each other.
    """
    together: dict[str, int] = {}
    for wish in wishes:
        for name, size in wish.relative.items():
            if together.get(name, size) * size < 0:
                raise InvalidBrief(
                    f"{name}: more and less of it are asked for at once: say one of them, such as 'bars 1 to 4 calmer'"
                )
            together[name] = size if abs(size) > abs(together.get(name, 0)) else together[name]
    return together
