"""What sounds on a beat, as a chord: root, quality, and which member of it each voice has.

Only what is sure is named: every note is a member of the chord, and root and third sound (and the seventh of a seventh
chord). Suspensions and passing notes make no chord, so that no rule about chords is applied to them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from firmus.analysis.part_writing.voices import Texture, Tone
from firmus.pitch import QUALITIES

TRIADS, SEVENTHS = ("", "m", "dim", "aug"), ("7", "maj7", "m7", "m7b5", "dim7")


class Sonority(NamedTuple):
    """A chord on a beat.

    Parameters
    ----------
    tick : int
    tones : tuple of Tone
        Of each voice, highest first.
    root : int
        Pitch class.
    quality : str
    members : tuple of int
        Of each voice: 0 root, 1 third, 2 fifth, 3 seventh.
    """

    tick: int
    tones: tuple[Tone, ...]
    root: int
    quality: str
    members: tuple[int, ...]

    @property
    def inversion(self) -> int:
        """Member of the chord that is in the bass."""
        return self.members[-1]


def sonority(tick: int, tones: Sequence[Tone]) -> Sonority | None:
    """The chord of some tones; None where they are none that is sure.

    Examples
    --------
    >>> chord = ((71, 34), (67, 32), (62, 29), (53, 24))
    >>> found = sonority(0, [Tone(0, 480, pitch, place, 0, 0) for pitch, place in chord])
    >>> found.root, found.quality, found.inversion
    (7, '7', 3)
    """
    classes = {tone.pitch % 12 for tone in tones}
    for quality in (*TRIADS, *SEVENTHS):
        intervals = QUALITIES[quality]
        for root_tone in {tone.pitch % 12: tone for tone in tones}.values():
            root = root_tone.pitch % 12
            members = {(root + above) % 12: member for member, above in enumerate(intervals)}
            needed = {member for member in range(len(intervals)) if member != 2}
            if not classes <= set(members) or not needed <= {members[each] for each in classes}:
                continue
            steps = {(tone.place - root_tone.place) % 7: members[tone.pitch % 12] for tone in tones}
            if all(2 * member == step for step, member in steps.items()):
                return Sonority(tick, tuple(tones), root, quality, tuple(members[tone.pitch % 12] for tone in tones))
    return None


def sonorities(texture: Texture) -> list[Sonority]:
    """The chords of all beats that have one."""
    found = [sonority(tick, sounding) for tick, sounding in sounding_beats(texture)]
    return [each for each in found if each is not None]


def sounding_beats(texture: Texture) -> Iterator[tuple[int, list[Tone]]]:
    """The tick and the tones of every beat on which all voices sound."""
    for tick, tones in texture.beats:
        yield tick, [tone for tone in tones if tone]


def changes(texture: Texture) -> list[tuple[Sonority, Sonority]]:
    """Neighbouring beats whose chords are both sure, and differ."""
    ticks = [tick for tick, _ in texture.beats]
    following = dict(pairwise(ticks))
    chords = {each.tick: each for each in sonorities(texture)}
    pairs = ((one, chords.get(following.get(one.tick, -1))) for one in chords.values())
    return [(one, two) for one, two in pairs if two and (one.root, one.quality) != (two.root, two.quality)]
