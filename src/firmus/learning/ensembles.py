"""The style of a piece by who plays it, where a set does not say: from the General MIDI programs of its parts."""

from __future__ import annotations

from firmus.score import Score

VOICES = (52, 53, 54, 85, 91)
PIANOS, ORGANS, STRINGS = range(8), range(16, 24), range(40, 46)
QUARTET = [40, 40, 41, 42]
MOST_IN_CHAMBER = 8  # parts, beyond which it is an orchestra
MOST_IN_CHOIR = 12
FEWEST_OF_ORCHESTRA = 3  # instruments that accompany voices as one


def style_of(score: Score) -> str:
    """A style of `firmus.tokens.events`; ``""`` for one voice alone, a part of something that is lost.

    Examples
    --------
    >>> from firmus.score import Part
    >>> def played_by(*programs): return style_of(Score(tuple(Part("", program=program) for program in programs)))
    >>> played_by(52, 0, 0), played_by(52, 52, 52, 52, 19), played_by(0, 0), played_by(40, 40, 41, 42)
    ('song', 'choir', 'piano', 'quartet')
    >>> played_by(52, 52, 40, 40, 60, 19), played_by(40, 0, 0), played_by(52)
    ('orchestra', 'chamber', '')
    """
    programs = [part.program for part in score.parts if not part.is_drums]
    voices = sum(program in VOICES for program in programs)
    pianos = sum(program in PIANOS for program in programs)
    organs = sum(program in ORGANS for program in programs)
    others = len(programs) - voices - pianos - organs
    if any(part.is_drums for part in score.parts) or others > MOST_IN_CHAMBER:
        return "orchestra"
    if voices:
        return _with_voices(voices, pianos, organs, others)
    if not others:
        return "piano" if pianos and not organs else "organ" if organs and not pianos else "chamber" if programs else ""
    if sorted(programs) == QUARTET:
        return "quartet"
    return "chamber" if len(programs) > 1 else ""


def _with_voices(voices: int, pianos: int, organs: int, others: int) -> str:
    """Style of music that is sung."""
    if others >= FEWEST_OF_ORCHESTRA:
        return "orchestra"
    if voices == 1:
        return "song" if pianos or organs or others else ""
    if voices <= 2 and pianos:
        return "song"
    return "choir" if voices <= MOST_IN_CHOIR else "orchestra"
