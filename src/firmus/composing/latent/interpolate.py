"""Interpolating: from one piece to another, window by window.

Each window of the one and the window of the other at its place are two points of the space, and the steps are decoded
from points between them (Roberts et al. 2018, section 5.2; on an arc, for points of a normal distribution lie near a
sphere). Windows are decoded at temperature 0 where none is asked for.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from firmus.analysis import features
from firmus.composing import origin as origins
from firmus.composing.commission import Commission
from firmus.composing.latent import windows
from firmus.composing.latent.latent_space import Points, Space, between, key_mask
from firmus.composing.latent.windows import Window
from firmus.composing.source import source_of, target_of
from firmus.errors import InvalidBrief
from firmus.progress import Progress
from firmus.score import Score
from firmus.timing import bars
from firmus.work import Work


def prepare(commission: Commission, space: Space) -> None:
    """Refuse what cannot be asked for."""
    space.targets(commission.controls)
    _cut(commission, space)


def _cut(commission: Commission, space: Space) -> tuple[Score, int, list[Window], list[Window]]:
    """The source as it is read, the length of the shorter piece, windows of source and target."""
    source, target = source_of(commission), target_of(commission)
    whole = replace(commission, places=())
    read = _aligned(
        windows.parts_read(source, space.module, commission)[0], windows.parts_read(target, space.module, whole)[0]
    )
    length = min(bars(each)[-1].end for each in read)
    ones, others = (list(windows.cut(_cut_off(each, length), space, [(0, length)])) for each in read)
    for index, (one, other) in enumerate(zip(ones, others, strict=False), 1):
        if (one.bar, one.start) != (other.bar, other.start):
            raise InvalidBrief(
                f"window {index}: the source has bars of {one.bar} sixteenths, the target of {other.bar}: "
                "both must have the same meter"
            )
    return read[0], length, ones, others


def perform(commission: Commission, space: Space, progress: Progress | None) -> list[Work]:
    """Compose the steps, in order."""
    source, target, targets = source_of(commission), target_of(commission), space.targets(commission.controls)
    read, length, ones, others = _cut(commission, space)
    seed, count = commission.seeds[0], commission.steps
    generator = np.random.default_rng(seed)
    paths: list[Any] = []
    for index, (one, other) in enumerate(zip(ones, others, strict=False)):
        ends = [space.latent.encode(each.values[None], each.bar)[0][0] for each in (one, other)]
        points = np.stack([between(ends[0], ends[1], share) for share in np.linspace(0, 1, count)])
        allowed = key_mask(space, commission, len(one.values))

        def decode(z: Points, bar: int = one.bar, allowed: Any = allowed) -> Any:
            temperature = commission.temperature or 0.0
            return space.latent.decode(z, bar, space.bars, generator, temperature, allowed=allowed)

        _, values = space.nearest(points, targets, one.bar, decode)
        values[0], values[-1] = one.values, other.values  # the two pieces themselves
        paths.append(values)
        if progress:
            progress("interpolate", index + 1, len(ones))
    names = [source.title or "one", target.title or "other"]
    empty = space.module.decode(np.zeros((1, len(space.module.COLUMNS)), np.int64)).parts
    pieces = {"source": source, "target": target}
    beyond = {name: sum(bar.start >= length for bar in bars(piece)) for name, piece in pieces.items()}
    left_out = {name: number for name, number in beyond.items() if number}
    works = []
    for step in range(count):
        nearer = ones if 2 * step < count else others
        score = Score(
            windows.spliced(empty, space, [path[step] for path in paths], nearer),
            read.meters,
            source.tempi[:1],
            end=length,
            title=f"{names[0]} to {names[1]}, {step + 1} of {count}",
        )
        measured: dict[str, Any] = {
            "step": step + 1,
            "steps": count,
            "target": origins.digest(target),
        }
        measured |= {"left_out": left_out} if left_out else {}
        works.append(origins.work(commission, seed, score, measured=features.qualities(score) | measured))
    return works


def _cut_off(score: Score, end: int) -> Score:
    """A score up to a tick, so that windows of two pieces begin alike."""
    parts = (
        replace(part, notes=tuple(
            replace(note, duration=min(note.duration, end - note.start)) for note in part.notes if note.start < end
        ))
        for part in score.parts
    )  # fmt: skip
    meters = tuple(meter for meter in score.meters if meter.start < end)
    tempi = tuple(tempo for tempo in score.tempi if tempo.start < end)
    return Score(tuple(parts), meters, tempi, pickup=score.pickup, end=end)


def _aligned(*scores: Score) -> list[Score]:
    """The scores, an incomplete first bar filled up with silence; the others then begin with a bar of silence."""
    if not any(score.pickup for score in scores):
        return list(scores)
    return [_later(score, score.meters[0].bar - score.pickup) for score in scores]


def _later(score: Score, ticks: int) -> Score:
    """A score that begins with some ticks of silence, and with a full bar."""
    parts = (
        replace(part, notes=tuple(replace(note, start=note.start + ticks) for note in part.notes))
        for part in score.parts
    )
    meters = (score.meters[0], *(replace(meter, start=meter.start + ticks) for meter in score.meters[1:]))
    return Score(tuple(parts), meters, score.tempi[:1], pickup=0, end=score.end + ticks)
