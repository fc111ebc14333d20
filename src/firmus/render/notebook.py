"""A Score in a notebook: self-contained HTML with the engraved score and a player."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from firmus.score import Score

LONGEST_ENGRAVED_BARS = 48
MOST_ENGRAVED_PARTS = 8
LONGEST_PLAYED_SECONDS = 600.0
SAMPLE_RATE = 22050  # a notebook stores the audio of every output
_STYLE = "max-width:100%;background:#fff;border:1px solid #ddd;border-radius:4px"


@runtime_checkable
class HasScore(Protocol):
    """An object with a Score, such as a Work."""

    @property
    def score(self) -> Score:
        """The Score."""


def html(music: Score | HasScore, *, audio: bool = True) -> str:
    """Show a Score, or an object that has one, as HTML: the engraved score and a player.

    A score of more than 48 bars or 8 parts is drawn as a piano roll; one of more than ten minutes has no player.
    Pictures are in ``<img>``, so that several in one page do not disturb one another.

    Parameters
    ----------
    music : Score, or an object with a `score`
    audio : bool
        Render the sound as well (MP3, some tenths of a second a minute).

    Examples
    --------
    >>> from firmus.score import Note, Part, Score
    >>> html(Score((Part("", (Note(0, 480, 60),)),)), audio=False).startswith("<figure")
    True
    """
    from firmus.render.drawing import xml_text
    from firmus.timing import seconds

    score = music.score if isinstance(music, HasScore) else music
    title = score.title or "Score"
    source = b64encode(_picture(score).encode()).decode()
    figure = f'<img alt="{xml_text(title)}" style="{_STYLE}" src="data:image/svg+xml;base64,{source}">'
    if audio and seconds(score, score.end) <= LONGEST_PLAYED_SECONDS:
        from firmus.render import synth

        sound = b64encode(synth.encode(synth.render(score, SAMPLE_RATE), ".mp3")).decode()
        player = '<audio controls preload="metadata" style="width:100%;max-width:640px;margin-top:8px"'
        figure += f'<br>{player} src="data:audio/mpeg;base64,{sound}"></audio>'
    return f'<figure style="margin:0">{figure}</figure>'


def _picture(score: Score) -> str:
    from firmus.render import engrave, roll
    from firmus.timing import bars

    short = len(bars(score)) <= LONGEST_ENGRAVED_BARS and len(score.parts) <= MOST_ENGRAVED_PARTS
    return engrave.svg(score) if short and score.end else roll.svg(score, width=1000)
