"""Tags of a piece, by which people who need music look for it: mood, tempo, meter, instruments, character.

What it is
    Words for what `firmus.analysis` measures: mood by the angle of valence and arousal, tempo by beats a minute, and
    the numbers of `firmus.analysis.character` that stand out most.
Paper
    Russell, *A circumplex model of affect* (1980), for the eight words around valence and arousal.
Conventions
    What is measured is said, not what was asked for. Drums alone have no mood.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import chain
from math import atan2, hypot, pi

from firmus.analysis.character import WORDS, character
from firmus.analysis.emotion import emotion
from firmus.analysis.features import polyphony
from firmus.formats.musicxml.instruments import PROGRAMS
from firmus.score import TICKS_PER_QUARTER, Part, Score
from firmus.timing import beat, seconds

MOODS = ("happy", "lively", "energetic", "tense", "dark", "sad", "quiet", "calm")  # from valence 1 against the clock
NEUTRAL, FAINT = "neutral", 0.2  # what is nearer to the middle
TEMPI = ((76.0, "slow"), (120.0, "medium"), (float("inf"), "fast"))  # beats a minute below which each is
SHORT = {"Acoustic Grand Piano": "Piano", "Choir Aahs": "Choir", "Voice Oohs": "Voice", "Acoustic Bass": "Double Bass"}
"""Names of instruments where those of General MIDI are not what people say."""
UNSAID = ("tempo", "major", "triple meter", "compound meter", "loudness", "drums", "length")  # said by other tags
OF_SEVERAL = ("together", "contrary motion", "bass notes", "polyphony", "parts")  # what a single line has not
SINGLE = 1.05  # notes at once, up to which it is a single line
STANDING_OUT, MOST = 1.0, 4  # standard deviations from the mean of much music; words


@dataclass(frozen=True, slots=True)
class Tags:
    """What a piece is found by.

    Parameters
    ----------
    mood : str
        One of `MOODS`, ``"neutral"``, or ``""`` where it has fewer than eight notes of a pitch.
    tempo : str
        ``"slow"``, ``"medium"`` or ``"fast"``.
    bpm : float
        Beats a minute; a beat of 6/8 is a dotted quarter.
    meter : str
    instruments : tuple of str
        Of parts that have notes, by their programs, each once.
    character : tuple of str
        Words that tell it from other music, those first that do so most.
    """

    mood: str
    tempo: str
    bpm: float
    meter: str
    instruments: tuple[str, ...]
    character: tuple[str, ...]


def tags(score: Score) -> Tags:
    """The tags of a piece.

    Examples
    --------
    >>> from firmus.score import Note, Part, Tempo
    >>> line = tuple(Note(480 * i, 480, pitch, 60) for i, pitch in enumerate((60, 64, 67, 64) * 4))
    >>> found = tags(Score((Part("Melody", line, 73), Part("Second", line, 73)), tempi=(Tempo(0, 60.0),)))
    >>> found.mood, found.tempo, found.bpm, found.meter, found.instruments
    ('calm', 'slow', 60.0, '4/4', ('Flute',))
    """
    felt = emotion(score)
    total = seconds(score, score.end)
    quarters = score.end / TICKS_PER_QUARTER
    bpm = 60 * quarters / total * TICKS_PER_QUARTER / beat(score.meters[0]) if total else score.tempi[0].bpm
    return Tags(
        mood_word(felt.valence, felt.arousal) if felt else "",
        next(word for limit, word in TEMPI if bpm < limit),
        round(bpm, 1),
        score.meters[0].text,
        tuple(dict.fromkeys(_instrument(part) for part in score.parts if part.notes)),
        _character(score),
    )


def mood_word(valence: float, arousal: float) -> str:
    """One of `MOODS`, by the angle; ``"neutral"`` near the middle.

    Examples
    --------
    >>> mood_word(0.6, 0), mood_word(-0.5, -0.5), mood_word(0.1, 0.1)
    ('happy', 'sad', 'neutral')
    """
    if hypot(valence, arousal) < FAINT:
        return NEUTRAL
    return MOODS[round(atan2(arousal, valence) / (2 * pi) * len(MOODS)) % len(MOODS)]


def _character(score: Score) -> tuple[str, ...]:
    if not any(part.notes for part in score.parts if not part.is_drums):
        return ()
    unsaid = UNSAID if polyphony(score) > SINGLE else (*UNSAID, *OF_SEVERAL)
    values = zip(WORDS, character(score).tolist(), strict=True)
    telling = [(abs(value), WORDS[name][value > 0]) for name, value in values if name not in unsaid]
    return tuple(word for size, word in sorted(telling, reverse=True)[:MOST] if size >= STANDING_OUT)


def _instrument(part: Part) -> str:
    """What plays a part, as catalogues have it."""
    if part.is_drums:
        return "Drums"
    name = re.sub(r"( \d)?( \(.+\))?$", "", PROGRAMS[part.program])
    return f"Synth {name}" if name in ("Lead", "Pad") else SHORT.get(name, name)


def words(found: Tags) -> tuple[str, ...]:
    """All words of some tags, each once."""
    given = chain((found.mood, f"{found.tempo} tempo"), found.instruments, found.character)
    return tuple(dict.fromkeys(each.lower() for each in given if each))
