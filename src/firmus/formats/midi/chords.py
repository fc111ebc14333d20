"""Chord symbols as a muted track, for programs that read no text: close voicings, each held until the next symbol."""

from __future__ import annotations

from firmus.score import Note, Part, Score

NAME = "Chords (muted)"
LOWEST = 48  # of the roots: C3 to B3
SOFT = 60


def part(score: Score) -> Part:
    """The chord symbols of a Score as a part of volume 0.

    Examples
    --------
    >>> from firmus.score import Chord
    >>> [(note.start, note.pitch) for note in part(Score(chords=(Chord(0, "A", "m"),), end=480)).notes]
    [(0, 57), (0, 60), (0, 64)]
    """
    notes = []
    ends = [*(chord.start for chord in score.chords[1:]), score.end]
    for chord, end in zip(score.chords, ends, strict=True):
        low = LOWEST
        for tone in chord.pitch_classes if end > chord.start else ():
            low += (tone - low) % 12
            notes.append(Note(chord.start, end - chord.start, low, SOFT))
    return Part(NAME, tuple(notes), volume=0)
