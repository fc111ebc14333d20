"""Traits of rhythm: lengths, places in the beat and bar, density, repetition, drums."""

from __future__ import annotations

import numpy as np

from firmus.analysis import grooves, meters
from firmus.analysis.key_normalised import Floats, Integers, NormalisedScore
from firmus.analysis.traits.pitch import named, shares
from firmus.score import TICKS_PER_QUARTER

LENGTHS = (0.17, 0.25, 0.33, 0.5, 0.67, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0)  # quarters; the middle of each class
RATIOS = (1 / 3, 0.5, 2 / 3, 1.0, 1.5, 2.0, 3.0)  # of a length to the one before it
PLACES, IN_BEAT = 16, 12  # of a bar, of a quarter note
METERS = ("2/4", "3/4", "4/4", "6/8", "9/8", "12/8", "3/8")
TIMES = (2, 3, 4, 6, 9, 12)  # numerators of written meters that are distinguished
DRUMS = {
    "kick": (35, 36), "snare": (37, 38, 39, 40), "hi-hat": (22, 42, 44), "open hi-hat": (26, 46), "ride": (51, 53, 59),
    "crash": (49, 52, 55, 57), "tom": (41, 43, 45, 47, 48, 50, 58),
}  # of General MIDI, and 22, 26, 58 of electronic kits  # fmt: skip
BACK = 8  # bars in which a bar may have come before


def rhythm_traits(piece: NormalisedScore) -> dict[str, float]:
    """Every trait of rhythm, by name."""
    return {**_lengths(piece), **_places(piece), **_densities(piece), **_meters(piece), **_bars(piece), **_drums(piece)}


def _classes(values: Floats, middles: tuple[float, ...]) -> Floats:
    """Shares of values in the classes around these middles."""
    edges = np.sqrt(np.array(middles[1:]) * np.array(middles[:-1]))
    return shares(np.searchsorted(edges, values), len(middles))


def _lengths(piece: NormalisedScore) -> dict[str, float]:
    """Times from one note to the next, of the melody, of all notes; how long notes last; ratios in the melody."""
    quarter = float(TICKS_PER_QUARTER)
    top = (piece.top[1:, 0] - piece.top[:-1, 0]) / quarter
    onsets = np.unique(piece.notes[:, 0])
    every = (onsets[1:] - onsets[:-1]) / quarter
    last = (piece.notes[:, 1] - piece.notes[:, 0]) / quarter
    labels = [f"{each:g}" for each in LENGTHS]
    ratio = top[1:] / top[:-1]
    sung = np.minimum(piece.top[:-1, 1] - piece.top[:-1, 0], np.diff(piece.top[:, 0]))
    return {
        **named("melody length", labels, _classes(top, LENGTHS)),
        **named("onset length", labels, _classes(every, LENGTHS)),
        **named("note length", labels, _classes(last, LENGTHS)),
        **named("melody ratio", (f"{each:.2g}" for each in RATIOS), _classes(ratio, RATIOS)),
        "melody sounds": float(sung.sum() / max(np.diff(piece.top[:, 0]).sum(), 1)),
    }


def _places(piece: NormalisedScore) -> dict[str, float]:
    """Where in the quarter note and in the bar notes begin."""
    onset, top = np.unique(piece.notes[:, 0]), piece.top[:, 0]
    within = (onset * IN_BEAT + TICKS_PER_QUARTER // 2) // TICKS_PER_QUARTER % IN_BEAT
    return {
        **named("in quarter", range(IN_BEAT), shares(within, IN_BEAT)),
        **named("in bar", range(PLACES), shares(_in_bar(piece, onset), PLACES)),
        **named("melody in bar", range(PLACES), shares(_in_bar(piece, top), PLACES)),
    }


def _in_bar(piece: NormalisedScore, ticks: Integers) -> Integers:
    """Place (n,) of each tick in its bar, in sixteenths of the bar."""
    if not len(piece.bar_starts):
        return np.zeros(0, np.int64)
    bar = np.clip(np.searchsorted(piece.bar_starts, ticks, side="right") - 1, 0, None)
    length = piece.bar_lengths[bar]
    place = ticks - piece.bar_starts[bar] + piece.bar_places[bar]
    return (place * PLACES + length // 2) // length % PLACES


def _densities(piece: NormalisedScore) -> dict[str, float]:
    """How busy it is, how much is silent, how often notes begin together and how many."""
    notes = piece.notes
    quarters = max(int(notes[:, 1].max(initial=0) - notes[:, 0].min(initial=0)), 1) / TICKS_PER_QUARTER
    onsets, counts = np.unique(notes[:, 0], return_counts=True)
    parts = [len(np.unique(each[:, 0])) / quarters for each in piece.lines]
    reached = np.maximum.accumulate(notes[:, 1]) if len(notes) else notes[:, 1]
    silent = np.maximum(notes[1:, 0] - reached[:-1], 0).sum() / (quarters * TICKS_PER_QUARTER)
    return {
        "notes a quarter": float(np.log1p(len(notes) / quarters)),
        "onsets a quarter": float(np.log1p(len(onsets) / quarters)),
        "melody notes a quarter": float(np.log1p(len(piece.top) / quarters)),
        "bass notes a quarter": float(np.log1p(len(piece.low) / quarters)),
        "busiest part": float(np.log1p(max(parts, default=0.0))),
        "quietest part": float(np.log1p(min(parts, default=0.0))),
        "silence": float(silent),
        "together": float((counts > 1).mean()) if len(counts) else 0.0,
        "notes an onset": float(np.log1p(counts.mean())) if len(counts) else 0.0,
        "most an onset": float(np.log1p(np.percentile(counts, 90))) if len(counts) else 0.0,
    }


def _meters(piece: NormalisedScore) -> dict[str, float]:
    """The meter as written and as estimated, syncopation, swing, how steady the rhythm is."""
    estimated, written = meters.estimate(piece.score), piece.score.meters[0]
    groove = grooves.groove(piece.score)
    return {
        **{
            f"heard {name}": estimated.confidence * (estimated.meter.text == name) if estimated else 0.0
            for name in METERS
        },
        **{f"written {count}": float(written.numerator == count) for count in TIMES},
        "bar": written.bar / TICKS_PER_QUARTER / 4,
        "pickup": piece.score.pickup / written.bar,
        "syncopation": groove.syncopation if groove else 0.0,
        "swing": (groove.swing or 1.0) - 1.0 if groove else 0.0,
        "steadiness": groove.consistency if groove else 0.0,
        "commonest rhythm": groove.share if groove else 0.0,
    }


def _bars(piece: NormalisedScore) -> dict[str, float]:
    """How much the density of the bars varies; bars that come back."""
    onsets = np.unique(piece.notes[:, 0])
    counts = np.diff(np.append(np.searchsorted(onsets, piece.bar_starts), len(onsets)))
    dense = counts / np.maximum(piece.bar_lengths, 1)
    back, rhythm = _returns(piece)
    return {
        "density varies": float(dense.std() / max(dense.mean(), 1e-9)) if len(dense) else 0.0,
        "bars come back": back,
        "rhythms come back": rhythm,
    }


def _returns(piece: NormalisedScore) -> tuple[float, float]:
    """Share of bars that are, and of bars whose onsets are, those of one of the eight bars before."""
    borders = np.append(np.searchsorted(piece.notes[:, 0], piece.bar_starts), len(piece.notes))
    notes, onsets = [], []
    for bar, start in enumerate(piece.bar_starts.tolist()):
        rows = piece.notes[borders[bar] : borders[bar + 1]]
        notes.append((rows[:, (0, 2)] - (start, 0)).tobytes())
        onsets.append(np.unique(rows[:, 0] - start).tobytes())
    back = [
        float(np.mean([each in some[max(0, place - BACK) : place] for place, each in enumerate(some) if place]))
        for some in (notes, onsets)
        if len(some) > 1
    ]
    return (back[0], back[1]) if back else (0.0, 0.0)


def _drums(piece: NormalisedScore) -> dict[str, float]:
    """Which drums are struck, how often, and where in the bar the kick, the snare and the cymbals fall."""
    start, drum = piece.strokes.T
    kinds = np.full(len(drum), len(DRUMS))
    for kind, pitches in enumerate(DRUMS.values()):
        kinds[np.isin(drum, pitches)] = kind
    quarters = max(int(start.max(initial=0) - start.min(initial=0)), 1) / TICKS_PER_QUARTER
    place = _in_bar(piece, start) if len(start) else start
    traits = named("drum", (*DRUMS, "other"), shares(kinds, len(DRUMS) + 1))
    for name, some in (("kick", (0,)), ("snare", (1,)), ("cymbal", (2, 3, 4))):
        traits |= named(f"{name} in bar", range(PLACES), shares(place[np.isin(kinds, some)], PLACES))
    within = (start * IN_BEAT + TICKS_PER_QUARTER // 2) // TICKS_PER_QUARTER % IN_BEAT
    traits |= named("drum in quarter", range(IN_BEAT), shares(within, IN_BEAT))
    return traits | {"drum strokes a quarter": float(np.log1p(len(start) / quarters)) if len(start) else 0.0}
