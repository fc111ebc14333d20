"""A new piece: its style, genre, instruments, length, and all that the words give."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from firmus.errors import InvalidBrief
from firmus.requests import adjectives, key_names, lexicon, parts, values
from firmus.requests.text import TAKEN, Text

GENRE_METERS = {"waltz": "3/4", "mazurka": "3/4", "polonaise": "3/4", "jig": "6/8", "slip jig": "9/8"}
GENRE_STYLES = {
    **dict.fromkeys(("jig", "reel", "hornpipe", "strathspey", "slip jig"), "folk"),
    **dict.fromkeys(
        ("rock", "funk", "jazz", "hip-hop", "soul", "punk", "reggae", "country", "latin", "popular"), "band"
    ),
    **dict.fromkeys(("mass", "requiem", "motet"), "choir"),
    **dict.fromkeys(
        ("waltz", "mazurka", "polonaise", "nocturne", "etude", "prelude", "sonata", "rondo", "fugue"), "piano"
    ),
}
"""Meter, and style, that a genre has where nothing else is said."""
DESCRIBING = ("key", "bars", "seconds", "meter", "form", "chords")  # what only a new piece is asked for without a verb
PITCHED = {"key", "chords", "register", "polyphony"}  # what does not concern drums
STYLES = ("quartet", "hymn", "chorale", "lead-sheet", "choir", "folk", "drums", "band", "song")
"""Styles by the words for them, those that name more first; a piano or an organ is an instrument."""
PERIODS = ("renaissance", "baroque", "classical", "romantic", "popular", "dance", "game")
REFUSED = re.compile(
    r"(?:(?<![a-z])(?:less|not|no|instead of|without)(?: an?| the| any)?|不要|不用|少一?[些点]?|别用?)\s*$",
    re.IGNORECASE,
)
"""What stands before a genre or an instrument that is not wanted."""
MOST_ALIKE = 4  # instruments of one kind
SOLO = {"piano": "piano", "organ": "organ"}


def is_asked_for(text: Text) -> bool:
    """Whether a new piece is asked for, though one is open."""
    words = lexicon.load().words
    sure = words["new"]["sure"].search(text.whole)
    if sure and not (sure[0].casefold() == "from scratch" and words["where"]["keep"].search(text.whole)):
        return True
    if words["verb"]["plan"].search(text.whole) and (styles_in(text.whole) or words["new"]["noun"].search(text.whole)):
        return True
    if words["new"]["partial"].search(text.whole):
        return False
    if words["new"]["asking"].search(text.whole):
        return True
    named = styles_in(text.whole) or genre_of(text, ("variations",)) or words["new"]["noun"].search(text.whole)
    return bool(named and words["verb"]["fresh"].search(text.whole) and not words["where"]["here"].search(text.whole))


def read(text: Text, given: dict[str, Any], *, is_open: bool) -> tuple[str, dict[str, Any]]:
    """Verb and fields of a request for a new piece.

    Parameters
    ----------
    text : Text
    given : dict
        What was read of it already.
    is_open : bool
        Whether another piece is open.

    Raises
    ------
    InvalidBrief
        Where no new piece is asked for.
    """
    words = lexicon.load().words
    is_plan = bool(words["verb"]["plan"].search(text.whole))
    if not is_open and words["new"]["first"].search(text.whole):
        raise _nothing_open()
    is_editing = bool(words["new"]["edited"].search(text.whole))
    for mention in parts.instruments(Text(text.left)):  # those that are refused
        if REFUSED.search(text.left[: mention.start]):
            text.left = text.left[: mention.start] + TAKEN * (mention.end - mention.start) + text.left[mention.end :]
    fields = _values(text, given)
    named, genre = _style(text), genre_of(text)
    instruments = [name for mention in parts.instruments(text) for name in _times(text, mention)]
    if instruments and not named and (voice := text.take(r"(?<![a-z])voice(?![a-z])|人声")):
        is_first = voice.start() < text.whole.casefold().find(instruments[0])
        instruments.insert(0 if is_first else len(instruments), "voice")
    if len(instruments) == 1 and instruments[0] in SOLO and not named:
        named, instruments = SOLO[instruments[0]], []
    wishes = adjectives.find(text)
    adjectives.check(wishes)
    is_composed = bool(named or genre or instruments or words["new"]["composed"].search(text.whole))
    is_composed = is_composed or not fields.keys().isdisjoint(DESCRIBING)
    if not is_open and (not (is_composed or is_plan) or (is_editing and not (named or genre or is_plan))):
        raise _nothing_open()
    if named or (genre and not instruments):
        style = named or GENRE_STYLES.get(genre or "")
        fields |= {"style": style} if style else {}
    if genre:
        fields["genre"] = genre
        if genre in GENRE_METERS:
            fields.setdefault("meter", GENRE_METERS[genre])
    if instruments:
        fields["parts"] = instruments
    for wish in wishes:
        absolute = wish.absolute or _absolute(wish.relative)
        fields |= {name: value for name, value in absolute.items() if name not in fields or value in (0.1, 0.9)}
    if ("key" in fields or "chords" in fields) and (loose := values.loose(text, fields)):
        fields["loose"] = loose
    return "plan" if is_plan else "compose", fields


def _nothing_open() -> InvalidBrief:
    return InvalidBrief("no piece is open: open one, or say what to compose, such as 'a sad waltz for piano'")


def genre_of(text: Text, skip: Sequence[str] = ()) -> str | None:
    """The genre that a text names; a dance before others, a form before a period, then the first."""
    found = [
        (name not in GENRE_METERS, name in PERIODS, match.start(), -len(match[0]), name)
        for name, pattern in lexicon.load().words["genre"].items()
        if name not in skip and (match := pattern.search(text.left)) and not REFUSED.search(text.left[: match.start()])
    ]
    return min(found)[4] if found else None


def styles_in(whole: str) -> list[str]:
    """All styles that a text names, those that name more first."""
    words = lexicon.load().words["style"]
    return [style for style in (*STYLES, *SOLO) if words[style].search(whole)]


def _times(text: Text, mention: parts.Mention) -> list[str]:
    """An instrument as often as it is asked for: two violins."""
    match = re.search(rf"({lexicon.NUMBER})[把支个架]?\s*$", text.whole[: mention.start], re.IGNORECASE)
    return [mention.name] * min(int(lexicon.number(match[1])) if match else 1, MOST_ALIKE)


def _style(text: Text) -> str | None:
    """The style, taken out of a text; a song that is a genre's (children's song) is none."""
    words = lexicon.load().words
    for genre in ("children's song",):
        if words["genre"][genre].search(text.left):
            return None
    named = [style for style in STYLES if words["style"][style].search(text.left)]
    for style in named:
        text.take_all(words["style"][style])
    return named[0] if named else None


def _absolute(relative: dict[str, int]) -> dict[str, Any]:
    """What a comparative means where there is nothing to compare with."""
    adjective = next((each for *_, each in lexicon.load().adjectives if each.relative.items() <= {
        name: 1 if size > 0 else -1 for name, size in relative.items()}.items()), None)  # fmt: skip
    return adjective.absolute if adjective else {}


def _values(text: Text, given: dict[str, Any]) -> dict[str, Any]:
    """Fields of what is named as a value."""
    found = {
        "chords": values.chords(text),
        "seed": values.seed(text),
        "model": values.model(text),
        "key": key_names.find(text, None),
        "pickup": values.pickup(text),
        "tempo": values.tempo(text, None),
        "meter": values.meter(text),
        "seconds": values.duration(text),
        "form": values.form(text),
        "bars": values.count_of_bars(text),
        "count": values.versions(text, is_new=True),
    }
    return given | {name: value for name, value in found.items() if value is not None} | values.controls(text)
