"""Genres as a control: what a set calls its pieces, in the words of `firmus.tokens.events.vocabulary.GENRES`."""

from __future__ import annotations

import re

from firmus.learning.labels import Labels
from firmus.learning.sources import Document
from firmus.tokens.events.vocabulary import GENRES

GAMES = ("freedoom", "simutrans", "blasphemer", "easyrpg")
TUNE_BOOKS = ("ryan", "oneills", "aird")
ALIASES = {
    "mass section": "mass", "requiem section": "requiem", "completorium": "vespers", "offertorium": "sacred",
    "hymns": "hymn", "cantata": "oratorio", "passions": "oratorio", "aria": "opera", "children": "children's song",
    "christmas": "sacred", "easter": "sacred", "cracow": "krakowiak", "polka": "dance", "anglaise": "dance",
    "ecossaise": "dance", "minuet": "dance", "galop": "dance", "contradance": "dance", "cotillion": "dance",
    "gavotte": "dance", "tango": "dance", "tarantelle": "dance", "bolero": "dance", "cassation": "partita",
    "suite": "partita", "sonate": "sonata", "sonatina": "sonata", "rondeau": "rondo", "strophic with chorus": "song",
    "double jig": "jig", "slipjig": "slip jig", "walse": "waltz", "baracolle": "nocturne", "berceuse": "nocturne",
    "barcarolle": "nocturne", "romantique": "romantic", "popular / dance": "popular", "modern": "romantic",
    "funk / soul": "soul", "electronic": "popular", "stage & screen": "popular", "afrobeat": "afro-cuban",
    "dance": "popular",
}  # fmt: skip


def genre_of(set_name: str, labels: Labels) -> str:
    """The genre of a piece, the most particular where it has several; ``""`` where it has none of the table.

    Examples
    --------
    >>> genre_of("polish", Labels(genre="secular; polonaise")), genre_of("polish", Labels(genre="sacred; mass section"))
    ('polonaise', 'mass')
    >>> genre_of("simutrans", Labels()), genre_of("polish", Labels(genre="secular")), genre_of("aird", Labels())
    ('game', '', '')
    """
    if set_name in GAMES:
        return "game"
    if set_name in TUNE_BOOKS:
        return ""
    for name in reversed(re.split(r"\s*[;:,]\s*", labels.genre.lower())):
        if (genre := _known(name)) and (genre != "sacred" or name == "sacred" or "sacred" not in labels.genre.lower()):
            return genre
    return ""


def genres_of_tunes(document: Document) -> list[str]:
    r"""Genre of each tune of an ABC file, by its field ``R:``.

    Examples
    --------
    >>> genres_of_tunes(Document("", b"X:1\nR: double jig\nK:C\nX:2\nK:D\nX:3\nR:Reel\n", "folk", ""))
    ['jig', '', 'reel']
    """
    tunes = re.split(r"(?m)^X:", document.data.decode("utf-8", "replace"))[1:]
    found = [re.search(r"(?m)^R: *(.*?)\s*$", tune) for tune in tunes]
    return [_known(each[1].lower()) if each else "" for each in found]


def _known(name: str) -> str:
    genre = ALIASES.get(name, name)
    return genre if genre in GENRES else ""
