"""Every kind of exercise, by name."""

from __future__ import annotations

from collections.abc import Callable, Collection

from firmus.composing.commission import draw_seed
from firmus.composing.levels import level as level_of
from firmus.errors import InvalidBrief, unknown
from firmus.tasks.exercise import hearing, melodies, part_writing
from firmus.tasks.exercise.exercises import Exercise

Maker = Callable[[int, int, Collection[str]], Exercise]
KINDS: dict[str, Maker] = {
    "sight-reading": melodies.sight_reading,
    "piano-reading": melodies.piano_reading,
    "melodic-dictation": melodies.melodic_dictation,
    "rhythmic-dictation": melodies.rhythmic_dictation,
    "call-and-response": melodies.call_and_response,
    "interval": hearing.interval,
    "chord": hearing.chord,
    "cadence": hearing.cadence,
    "figured-bass": part_writing.figured_bass,
    "harmonisation": part_writing.harmonisation,
    "counterpoint": part_writing.counterpoint,
}
"""What composes each, of a level, a seed and skills that it had better need."""
NAMED = ("interval", "chord", "cadence")
"""Those whose answer is a name."""
MOST_SEED = 2**63 // 10_007


def exercise(kind: str, *, level: int = 1, seed: int | None = None, wanted: Collection[str] = ()) -> Exercise:
    """Compose an exercise.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    level : int
        1 to 8.
    seed : int, optional
        The same seed gives the same exercise; drawn where there is none.
    wanted : collection of str
        Skills that it had better need; with the same ones.

    Raises
    ------
    InvalidBrief, ModelError

    Examples
    --------
    >>> found = exercise("interval", level=1, seed=7)
    >>> found.answer in found.choices, len(found.key.parts[0].notes)
    (True, 4)
    """
    if kind not in KINDS:
        raise InvalidBrief(unknown("exercise", kind, KINDS))
    if seed is not None and not 0 <= seed < MOST_SEED:
        raise InvalidBrief(f"seed {seed} must be from 0 to {MOST_SEED - 1}")
    level_of(level)
    return KINDS[kind](level, draw_seed() if seed is None else seed, wanted)
