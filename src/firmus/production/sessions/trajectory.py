"""The trajectory of a session: from the listener's state to the one that is wanted, phrase by phrase.

What it is
    The iso principle (I. M. Altshuler, 1948): music first meets a mood, then leads away from it in small steps. Over
    the first part of a session (`GLIDE`) tempo, breathing, valence and arousal go from one end to the other, and
    stay there. A phrase is four bars. Where a session paces breathing, a phrase is a breath: twelve beats in 3/4, so
    that the tempo is twelve times the breaths a minute.
Conventions
    Valence and arousal from -1 to 1, tempi in quarter notes a minute, times in seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from math import log

from firmus.brief_fields import Limits
from firmus.errors import InvalidBrief, unknown
from firmus.production.scenes import valence_arousal
from firmus.production.scoring import tempo_of

MINUTES = Limits(5, 60, unit=" minutes")
BREATHS = Limits(4, 10, unit=" breaths a minute")
STEPS = Limits(60, 140, unit=" steps a minute")
BARS, IN_SECTION = 4, 4  # bars of a phrase, phrases of a section
BEATS = {"3/4": 12, "4/4": 16}  # of a phrase
GLIDE = 0.6  # share of the session in which it changes
MOST_CHANGE = 2.0  # quarter notes a minute, from one phrase to the next
TEMPI = (48.0, 140.0)
ROUNDING = 0.1  # phrases, by which steps of the tempo last longer than a line
LONGEST = 3590.0  # seconds of sound that can be rendered, without what dies away


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """What a session leads to.

    Parameters
    ----------
    valence, arousal : float
        At its end.
    start : str
        The listener's mood where none is said.
    meter : str
    tempo : float
        At its end, where neither breathing nor steps decide it.
    breaths : float, optional
        A minute, at its end.
    steps : float, optional
        A minute, throughout.
    fades : bool
        Whether the melody falls silent towards the end, and the music becomes softer.
    """

    valence: float
    arousal: float
    start: str
    meter: str = "4/4"
    tempo: float = 76.0
    breaths: float | None = None
    steps: float | None = None
    fades: bool = False


PRESETS = {
    "calm": Preset(valence=0.4, arousal=-0.7, start="tense", meter="3/4", breaths=6.0),
    "sleep": Preset(valence=0.3, arousal=-0.9, start="calm", meter="3/4", breaths=5.0, fades=True),
    "focus": Preset(valence=0.2, arousal=-0.3, start="neutral", tempo=72.0),
    "lift": Preset(valence=0.7, arousal=0.4, start="sad", tempo=108.0),
    "gait": Preset(valence=0.5, arousal=0.2, start="neutral", steps=100.0),
}


@dataclass(frozen=True, slots=True)
class Phrase:
    """Four bars: when they begin and how long they last, tempo, valence, arousal."""

    start: float
    seconds: float
    bpm: float
    valence: float
    arousal: float


@dataclass(frozen=True, slots=True)
class Trajectory:
    """The phrases of a session, of what preset they are, and their meter."""

    preset: str
    meter: str
    phrases: tuple[Phrase, ...]

    @property
    def sections(self) -> list[tuple[Phrase, ...]]:
        """Four phrases each; the last one may have fewer."""
        return [self.phrases[first : first + IN_SECTION] for first in range(0, len(self.phrases), IN_SECTION)]

    @property
    def breathes(self) -> bool:
        """Whether a phrase is a breath."""
        return PRESETS[self.preset].breaths is not None


def trajectory(
    name: str,
    minutes: float,
    *,
    start: str | None = None,
    breathing: float | None = None,
    steps: float | None = None,
) -> Trajectory:
    """Plan a session.

    Parameters
    ----------
    name : str
        Of a preset.
    minutes : float
        5 to 60; the session is as many whole phrases as come nearest to it.
    start : str, optional
        The listener's mood: a word, or valence and arousal, ``-0.5/0.8``.
    breathing : float, optional
        Breaths a minute at the end, 4 to 10.
    steps : float, optional
        Steps a minute, 60 to 140.

    Raises
    ------
    InvalidBrief

    Examples
    --------
    >>> calm = trajectory("calm", 10)
    >>> round(calm.phrases[0].bpm), calm.phrases[-1].bpm, calm.phrases[-1].seconds
    (111, 72.0, 10.0)
    """
    preset = PRESETS.get(name)
    if preset is None:
        raise InvalidBrief(unknown("session", name[:40], PRESETS))
    _check(name, preset, minutes, breathing, steps)
    first, last = valence_arousal(start or preset.start), (preset.valence, preset.arousal)
    if start and abs(first[0] - last[0]) < 0.05 and abs(first[1] - last[1]) < 0.05:
        raise InvalidBrief(f"{start!r} is where {name} leads to: say how you feel now, such as tense or sad")
    beats, bpm = BEATS[preset.meter], _tempi(preset, first[1], breathing, steps)
    length = min(minutes * 60, LONGEST)
    count = max(IN_SECTION, _count(length, beats, bpm))
    slowest = MOST_CHANGE * max(GLIDE * count, 1)  # the change that so many phrases allow
    begun = min(max(bpm[0], bpm[1] - slowest), bpm[1] + slowest)
    count = max(IN_SECTION, _count(length, beats, (begun, bpm[1])))
    phrases = []
    for place in range(count):
        done = min(1.0, place / max(GLIDE * count, 1))
        tempo = begun + (bpm[1] - begun) * done
        valence, arousal = (a + (b - a) * done for a, b in zip(first, last, strict=True))
        phrases.append((beats * 60 / tempo, tempo, valence, arousal))
    starts = [0.0, *accumulate(each[0] for each in phrases)]
    return Trajectory(name, preset.meter, tuple(Phrase(at, *each) for at, each in zip(starts, phrases, strict=False)))


def _tempi(preset: Preset, arousal: float, breathing: float | None, steps: float | None) -> tuple[float, float]:
    """Quarter notes a minute at the beginning and at the end."""
    if preset.steps:
        exact = float(steps or preset.steps)
        return exact, exact
    usual = min(max(tempo_of(arousal), TEMPI[0]), TEMPI[1])
    if preset.breaths:
        return usual, BEATS[preset.meter] * float(breathing or preset.breaths)
    return (preset.tempo, preset.tempo) if preset.start == "neutral" else (usual, preset.tempo)


def _count(seconds: float, beats: int, bpm: tuple[float, float]) -> int:
    """Phrases that last no more than so many seconds, with their tempo changing over the first of them."""
    change = bpm[1] - bpm[0]
    gliding = log(bpm[1] / bpm[0]) / change if abs(change) > 0.01 else 1 / bpm[1]  # mean minutes a beat
    return max(1, int(seconds / (60 * beats * (GLIDE * gliding + (1 - GLIDE) / bpm[1])) - ROUNDING))


def _check(name: str, preset: Preset, minutes: float, breathing: float | None, steps: float | None) -> None:
    if not MINUTES.hold(minutes):
        raise InvalidBrief(f"{minutes:g} minutes: a session lasts {MINUTES.low:g} to {MINUTES.high:g}")
    if breathing is not None and not preset.breaths:
        raise InvalidBrief(f"{name} does not pace breathing: leave breathing out, or take calm or sleep")
    if breathing is not None and not BREATHS.hold(breathing):
        raise InvalidBrief(f"breathing {breathing:g} must be {BREATHS.low:g} to {BREATHS.high:g} breaths a minute")
    if steps is not None and not preset.steps:
        raise InvalidBrief(f"{name} has no steps: leave steps out, or take gait")
    if steps is not None and not STEPS.hold(steps):
        raise InvalidBrief(f"steps {steps:g} must be {STEPS.low:g} to {STEPS.high:g} a minute")
