"""Major or minor, for key signatures without a mode.

Evidence, over the passage under one signature: which of the two keys the notes fit better (correlation with
the key profiles of Krumhansl and Kessler, 1982), and on which of the two tonics the lowest voice ends. Minor
needs both, or one of them clearly; else the key is major.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Literal

from firmus.harmony import CHURCH_MODES
from firmus.pitch import note_name
from firmus.score import Key, Note, Score

_MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
_ENDING = 0.15  # how much correlation a final bass note is worth
_PLAIN: dict[str, Literal["major", "minor"]] = {
    "major": "major", "ionian": "major", "minor": "minor", "aeolian": "minor",
}  # fmt: skip
_CHURCH = CHURCH_MODES.keys() - _PLAIN.keys()


def with_modes(score: Score, signatures: list[tuple[int, int, str]]) -> tuple[Key, ...]:
    """Keys for signatures (tick, sharps, mode or "")."""
    notes = sorted(note for part in score.parts if not part.is_drums for note in part.notes)
    starts = [note.start for note in notes]
    keys: list[Key] = []
    for index, (tick, sharps, word) in enumerate(signatures):
        stop = signatures[index + 1][0] if index + 1 < len(signatures) else score.end + 1
        if word in _CHURCH:
            further, family, _ = CHURCH_MODES[word]
            key = Key(tick, note_name(sharps - further), family, word)
        else:
            mode = _PLAIN.get(word) or _mode(notes[bisect_left(starts, tick) : bisect_left(starts, stop)], sharps)
            key = Key.from_signature(sharps, mode, tick)
        if not keys or keys[-1].text != key.text:
            keys.append(key)
    return tuple(keys)


def _mode(notes: list[Note], sharps: int) -> Literal["major", "minor"]:
    if not notes:
        return "major"
    weights = [0.0] * 12
    for note in notes:
        weights[note.pitch % 12] += note.duration
    tonic = sharps * 7 % 12
    relative = (tonic + 9) % 12
    minor = _correlation(weights, _MINOR, relative) - _correlation(weights, _MAJOR, tonic)
    end = max(note.end for note in notes)
    last = min(note.pitch for note in notes if note.end >= end - 60) % 12
    minor += _ENDING * ((last == relative) - (last == tonic))
    return "minor" if minor > 0 else "major"


def _correlation(weights: list[float], profile: tuple[float, ...], tonic: int) -> float:
    rotated = [weights[(tonic + step) % 12] for step in range(12)]
    mean, profile_mean = sum(rotated) / 12, sum(profile) / 12
    covariance = sum((a - mean) * (b - profile_mean) for a, b in zip(rotated, profile, strict=True))
    spread = sum((a - mean) ** 2 for a in rotated) * sum((b - profile_mean) ** 2 for b in profile)
    return float(covariance / spread**0.5) if spread > 0 else 0.0
