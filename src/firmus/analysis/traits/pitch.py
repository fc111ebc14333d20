"""Traits of pitch: scale, melody, harmony, voices."""

from __future__ import annotations

import numpy as np

from firmus.analysis import chords, keys, voice_leading
from firmus.analysis.key_normalised import Floats, Integers, NormalisedScore
from firmus.analysis.keys import LONGEST
from firmus.pitch import NO_CHORD, pitch_class
from firmus.score import Chord, Score

WIDEST = 12  # semitones of a melodic step that are distinguished
MOST_VOICES = 7
QUALITIES = (*chords.VOCABULARY, NO_CHORD)


def pitch_traits(piece: NormalisedScore) -> dict[str, float]:
    """Every trait of pitch, by name."""
    return {
        **_scale(piece),
        **_lines(piece),
        **_voices(piece),
        **_harmony(piece),
    }


def named(what: str, labels: object, values: Floats) -> dict[str, float]:
    """One trait a label."""
    return dict(zip((f"{what} {label}" for label in labels), values.tolist(), strict=True))  # type: ignore[attr-defined]


def shares(values: Integers, size: int, weights: Floats | Integers | None = None) -> Floats:
    """Shares (size,) of whole numbers from 0 to size - 1; all 0 where there are none."""
    counts = np.bincount(values, weights, size)[:size].astype(float)
    total = counts.sum()
    return counts / total if total else counts


def _scale(piece: NormalisedScore) -> dict[str, float]:
    """Pitch classes over the tonic, of all, of the highest and of the lowest line; mode; how often keys change."""
    traits: dict[str, float] = {}
    for name, table in (("degree", piece.notes), ("melody degree", piece.top), ("bass degree", piece.low)):
        lasting = np.minimum(table[:, 1] - table[:, 0], LONGEST)
        traits |= named(name, range(12), shares(table[:, 2] % 12, 12, lasting))
    profile = np.array([traits[f"degree {each}"] for each in range(12)])
    minor = piece.key is not None and piece.key.key.mode == "minor"
    scale = [0, 2, 3, 5, 7, 8, 9, 10, 11] if minor else [0, 2, 4, 5, 7, 9, 11]
    some = profile[profile > 0]
    areas = keys.regions(piece.score)
    count = max(len(piece.bar_starts), 1)
    return traits | {
        "minor": float(minor),
        "key clarity": piece.key.confidence if piece.key else 0.0,
        "outside scale": float(1 - profile[scale].sum()) if len(some) else 0.0,
        "degree entropy": float(-(some * np.log2(some)).sum()),
        "key changes": 8.0 * max(len(areas) - 1, 0) / count,
        "ends on tonic": float(len(piece.low) > 0 and piece.low[-1, 2] % 12 == 0),
    }


def _lines(piece: NormalisedScore) -> dict[str, float]:
    """Steps of the highest and lowest line and of every part's; turns; ranges."""
    top, low = np.diff(piece.top[:, 2]), np.diff(piece.low[:, 2])
    inner = np.concatenate([np.diff(each[:, 2]) for each in piece.lines] or [np.zeros(0, np.int64)])
    signed = shares(np.clip(top, -WIDEST, WIDEST) + WIDEST, 2 * WIDEST + 1)
    turns = np.sign(top[:-1]) * 3 + np.sign(top[1:]) + 4
    return {
        **named("melody step", range(-WIDEST, WIDEST + 1), signed),
        **named("part step", range(WIDEST + 1), shares(np.minimum(np.abs(inner), WIDEST), WIDEST + 1)),
        **named("bass step", range(WIDEST + 1), shares(np.minimum(np.abs(low), WIDEST), WIDEST + 1)),
        **named("melody turn", range(9), shares(turns, 9)),
        "range": _span(piece.notes[:, 2]),
        "melody range": _span(piece.top[:, 2]),
        "bass range": _span(piece.low[:, 2]),
        "part range": float(np.mean([_span(each[:, 2]) for each in piece.lines])) if piece.lines else 0.0,
        "spread": float(piece.notes[:, 2].std() / 12) if len(piece.notes) else 0.0,
    }


def _span(pitches: Integers) -> float:
    """Octaves between the lowest and the highest fortieth of the pitches."""
    return float(np.subtract(*np.percentile(pitches, (97.5, 2.5))) / 12) if len(pitches) else 0.0


def _voices(piece: NormalisedScore) -> dict[str, float]:
    """How many pitches sound at once, in which intervals over the lowest, and how the outer lines move."""
    moments, sounds = _sounding(piece.notes)
    lasting = np.diff([*moments, max(piece.notes[:, 1].max(initial=0), moments[-1])]) if len(moments) else moments
    counts = sounds.sum(axis=1)
    lowest, highest = sounds.argmax(axis=1), 127 - sounds[:, ::-1].argmax(axis=1)
    row, pitch = np.nonzero(sounds)
    over = (pitch - lowest[row])[pitch > lowest[row]] % 12
    several = counts > 1
    gap = ((highest - lowest) * lasting)[several].sum() / max(lasting[several].sum(), 1)
    upper, under = np.sign(np.diff(highest)), np.sign(np.diff(lowest))
    together = several[1:] & several[:-1]
    moves = np.where(upper * under < 0, 0, np.where(upper * under > 0, 1, np.where(upper == under, 3, 2)))
    faults = voice_leading.faults(piece.score)
    return {
        **named("voices", range(MOST_VOICES + 1), shares(np.minimum(counts, MOST_VOICES), MOST_VOICES + 1, lasting)),
        **named("interval", range(12), shares(over, 12, lasting[row[pitch > lowest[row]]])),
        **named("outer voices", ("contrary", "similar", "oblique", "still"), shares(moves[together], 4)),
        "outer distance": float(gap / 12),
        **{name: faults.get(name, 0.0) for name in ("parallels", "crossings", "leaps")},
    }


def _sounding(notes: Integers) -> tuple[Integers, np.ndarray[tuple[int, int], np.dtype[np.bool_]]]:
    """Moments (M,) at which a note begins, and which pitches (M, 128) sound from then on."""
    moments = np.unique(notes[:, 0])
    change = np.zeros((len(moments) + 1, 128), np.int32)
    np.add.at(change, (np.searchsorted(moments, notes[:, 0]), notes[:, 2]), 1)
    np.add.at(change, (np.searchsorted(moments, notes[:, 1]), notes[:, 2]), -1)
    return moments, change.cumsum(axis=0)[:-1] > 0


def _harmony(piece: NormalisedScore) -> dict[str, float]:
    """Kinds of chords, their roots over the tonic and how these move, how often they change, how well they fit."""
    symbols = chords.recognise(piece.score) if len(piece.notes) >= keys.FEWEST_NOTES else ()
    lasting = np.diff([*(each.start for each in symbols), max(piece.score.end, 0)]) if symbols else np.zeros(0, int)
    lasting = np.maximum(lasting, 0)
    kind = np.array([QUALITIES.index(NO_CHORD if each.root == NO_CHORD else each.quality) for each in symbols], int)
    named_chord = np.array([each.root != NO_CHORD for each in symbols], bool)
    root = np.array([pitch_class(each.root) for each in symbols if each.root != NO_CHORD], int)
    bars = max(len(piece.bar_starts), 1)
    return {
        **named("chord", (each or "major" for each in QUALITIES), shares(kind, len(QUALITIES), lasting)),
        **named("root", range(12), shares(root, 12, lasting[named_chord])),
        **named("root step", range(12), shares(np.diff(root) % 12, 12)),
        "chord changes": float(np.log1p(len(symbols) / bars)),
        "inversions": float(np.mean([bool(each.bass) for each in symbols])) if symbols else 0.0,
        "chord fit": _fit(piece.score, symbols),
    }


def _fit(score: Score, symbols: tuple[Chord, ...]) -> float:
    return float(np.mean(chords.fit(score, symbols))) if symbols else 0.0
