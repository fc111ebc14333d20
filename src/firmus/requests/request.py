"""What a request asks for, and what is asked back where no Brief can say it or nobody knows a word."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from firmus.errors import InvalidBrief
from firmus.requests import lexicon, new_piece
from firmus.requests.coverage import unknown_words
from firmus.requests.piece import Piece
from firmus.requests.text import Text

REASONS = {
    "loudness": "how loud it is cannot be asked for: ask for another character, such as 'calmer' or 'busier'",
    "timing": "only a steady tempo can be asked for, such as 'slower' or 'tempo 96'",
    "words": "words that are sung cannot be asked for, but their tune can, such as 'a sadder melody'",
    "mixing": "sound and mixing cannot be asked for, but notes can, such as 'fuller chords in bars 5 to 8'",
    "removing": "bars cannot be taken out: delete them in an editor, or rewrite them, such as 'rewrite bars 5 to 8'",
    "orchestra": "an orchestra or several movements cannot be composed: ask for less, such as 'a string quartet'",
    "artists": "music like a named artist's is not composed: name a mood or genre, such as 'a sad waltz for piano'",
    "articulation": "how notes are played cannot be asked for, but which can, such as 'fewer notes in the bass'",
    "layout": "printing and files are no part of a request: ask for notes, such as 'bars 5 to 8 higher'",
    "copying": "bars are not copied or moved: do that in an editor, or ask for new ones, such as 'rewrite bars 5 to 8'",
    "intro": "music is not put before the beginning, but after the end, such as 'continue for 8 bars'",
    "another_piece": "only the open piece can be changed: say what it should become, such as 'bars 5 to 8 livelier'",
}


@dataclass(frozen=True, slots=True)
class Request:
    """What a request asks for.

    Parameters
    ----------
    verb : str
        ``""`` where no note is composed anew: tempo, key, title or instruments of the whole piece change;
        ``"rest"`` where parts are to play nothing in some bars.
    fields : dict of str to Any
        Fields of a Brief that the words, or the selection, give.
    relative : dict of str to int
        By how much a field is to be more (1, 2) or less (-1, -2) than it is in what is open; `valence` and `arousal`
        are those of the mood.
    needs_piece : bool
        Whether it is about the open piece; else it is for a new one.
    """

    verb: str
    fields: dict[str, Any] = field(default_factory=dict)
    relative: dict[str, int] = field(default_factory=dict)
    needs_piece: bool = True


def ask_back(text: Text) -> None:
    """Ask back where words are left that nobody knows: no wish is dropped.

    Raises
    ------
    InvalidBrief
    """
    if unknown := unknown_words(text):
        raise InvalidBrief(
            f"{' '.join(unknown)!r} is not understood: say it in other words, or leave it out, "
            "such as 'bars 5 to 8 calmer'"
        )


def refuse(text: Text, piece: Piece | None) -> None:
    """Ask back where a request names what no Brief can say.

    Raises
    ------
    InvalidBrief
    """
    known = lexicon.load().words
    patterns = {**known["refuse"], "artists": known["names"]["artists"]}
    for name, reason in REASONS.items():
        if name in patterns and patterns[name].search(text.left) and (piece or name != "removing"):
            raise InvalidBrief(reason)
    named = re.search(  # a name that is no style, genre or drummer's
        r"像(.{2,5}?)(?:那样|一样|的风格|写的)|(?:[Ll]ike|in the style of) (?:the |The )?([A-Z][a-z]+)", text.left
    )
    name = lexicon.first(named) if named else ""
    known_sound = new_piece.styles_in(name) or new_piece.genre_of(Text(name)) or known["verb"]["humanise"].search(name)
    if named and not (known_sound or known["part"]["drums"].search(name)):
        raise InvalidBrief(REASONS["artists"])
