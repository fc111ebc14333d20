"""What the tasks of latent models share: windows out of a piece and back into it, qualities, Origins."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firmus import plugins, raster
from firmus._version import __version__
from firmus.analysis import features, keys
from firmus.analysis.melody import melody_part
from firmus.composing import session
from firmus.errors import InvalidBrief, TokenError
from firmus.runtime.latent import Latent, load
from firmus.runtime.weights import Card
from firmus.score import Key, Note, Part, Score
from firmus.timing import bars, beat
from firmus.tokens import Integers, in_bars
from firmus.work import Brief, Origin, Work

Points = NDArray[np.float32]
STRENGTHS = (0.5, 1.0, 1.5, 2.2, 3.0)  # of a step towards a quality, of which the nearest result is kept
CLEAREST, TELLING = 8, 0.5  # points of which the one that is clearest about its key is taken; temperature of telling
SPREAD = 0.35  # share of the way to a random point that neighbouring windows of one piece lie apart


@dataclass(frozen=True, slots=True)
class Window:
    """Some bars of a piece as a latent model reads them.

    Parameters
    ----------
    values : array (T, C)
    bar : int
        Steps in a bar.
    start : int
        Tick at which the window begins.
    first, last : int
        The ticks of it that are to be composed anew, `last` not among them.
    held : array (C,) of bool
        Which lines begin with a note that sounds on from before, or a rest that lasts on.
    """

    values: Integers
    bar: int
    start: int
    first: int
    last: int
    held: NDArray[np.bool_]


class Space:
    """A latent model, its representation and what its card says of its space."""

    def __init__(self, chosen: Card) -> None:
        self.card = chosen
        self.latent: Latent = load(chosen.name)
        self.module: Any = plugins.load("firmus.tokens", chosen.representation)
        self.bars = chosen.shape["bars"]
        self.lines = [column for column, size in enumerate(self.module.COLUMNS) if size == raster.LINE]
        self.facts: dict[str, Any] = chosen.facts.get("space", {})

    def draw(self, style: str, generator: np.random.Generator) -> Points:
        """A random point (Z,) where windows of a style lie; of a model without an encoder, anywhere."""
        styles = self.facts.get("styles", {})
        about = styles.get(style) or styles.get("")
        noise = generator.standard_normal(self.latent.size)
        if about is None:
            return noise.astype(np.float32)
        return (np.array(about["mean"]) + np.array(about["spread"]) * noise).astype(np.float32)

    def draw_in(self, key: Key, style: str, bar: int, generator: np.random.Generator) -> Points:
        """As `draw`, of several points the one whose window is clearest about its key, moved into this one.

        The space holds every tune in every key: the window of a point is told, transposed and read again.
        """
        if not self.lines or not self.latent.can_encode:
            return self.draw(style, generator)
        z = np.stack([self.draw(style, generator) for _ in range(CLEAREST)])
        told = self.latent.decode(z, bar, self.bars, generator, TELLING)
        found = [keys.estimate(self.score(values, bar)) for values in told]
        sure = [each.confidence * (each.key.mode == key.mode) if each else 0.0 for each in found]
        best = int(np.argmax(sure))
        if not sure[best]:
            unmoved: Points = z[best]
            return unmoved
        moved: Points = self.latent.encode(self.moved_into(key, told[best], bar)[None], bar)[0][0]
        return moved

    def moved_into(self, key: Key, values: Integers, bar: int) -> Integers:
        """A window (T, C) transposed from the key that is heard in it to this one, or to the key of the same scale."""
        found = keys.estimate(self.score(values, bar))
        if found is None:
            return values
        shift = (7 * (key.signature - found.key.signature) + 6) % 12 - 6
        window = values.copy()
        for column in self.lines:
            window[:, column] = raster.moved(window[:, column], shift)
        return window

    def score(self, values: Integers, bar: int) -> Score:
        """A window's Score."""
        return in_bars(self.module.decode(values), bar)

    def towards(self, now: dict[str, float], wanted: dict[str, float]) -> Points:
        """The step Δz = B Δa (Z,) from what is measured now to what is wanted of some qualities."""
        known = self.facts.get("qualities", {})
        steps = [np.array(known[name]["direction"]) * (value - now.get(name, value)) for name, value in wanted.items()]
        step: Points = np.sum(steps, axis=0).astype(np.float32)
        return step

    def targets(self, brief: Brief) -> dict[str, float]:
        """What is asked of each quality, as a value: the share of the training windows that have less."""
        found = {}
        for name in features.QUALITIES:
            share = getattr(brief, name)
            if share is not None:
                known = self.facts.get("qualities", {})
                if name not in known:
                    able = ", ".join(known) or "no quality"
                    raise InvalidBrief(f"{name} {share}: model {self.card.name!r} can be asked for {able}")
                quantiles = known[name]["quantiles"]
                found[name] = float(np.interp(share, np.linspace(0, 1, len(quantiles)), quantiles))
        return found

    def nearest(
        self, z: Points, wanted: dict[str, float], bar: int, decode: Callable[[Points], Integers]
    ) -> tuple[Points, Integers]:
        """Points (N, Z) moved towards what is wanted, and their windows: of several strengths the nearest."""
        told = decode(z)
        if not wanted:
            return z, told
        step = self.towards(self._measured(told, bar), wanted)
        tried = [(z, told), *((z + strength * step, decode(z + strength * step)) for strength in STRENGTHS)]
        spread = {name: self._spread(name) for name in wanted}

        def miss(values: Integers) -> float:
            found = self._measured(values, bar)
            return sum(abs(found.get(name, value) - value) / spread[name] for name, value in wanted.items())

        return min(tried, key=lambda each: miss(each[1]))

    def _measured(self, windows: Integers, bar: int) -> dict[str, float]:
        """Mean of each quality of windows (N, T, C)."""
        found = [features.qualities(self.score(each, bar)) for each in windows]
        names = set().union(*found)
        return {name: float(np.mean([each[name] for each in found if name in each])) for name in names}

    def _spread(self, name: str) -> float:
        quantiles = self.facts["qualities"][name]["quantiles"]
        return max(float(quantiles[-2] - quantiles[1]), 1e-6)


def choose(brief: Brief, task: str, usual: str) -> Card:
    """Card of the latent model asked for; refuses what a latent model cannot be asked."""
    chosen = session.choose_model(replace(brief, model=brief.model or usual), task)
    if chosen.kind != "latent":
        raise InvalidBrief(f"model {chosen.name!r} composes token by token: {task} needs a latent model, as {usual!r}")
    for name in ("mood", "polyphony", "form"):
        if getattr(brief, name) is not None:
            raise InvalidBrief(f"{name} {getattr(brief, name)}: latent models take density, register and syncopation")
    return chosen


def between(one: Points, other: Points, share: float) -> Points:
    """The point a share of the way from one to the other on an arc (spherical interpolation, Shoemake 1985).

    Examples
    --------
    >>> between(np.array([1.0, 0.0]), np.array([0.0, 1.0]), 0.5).round(3)
    array([0.707, 0.707], dtype=float32)
    """
    lengths = float(np.linalg.norm(one) * np.linalg.norm(other))
    cosine = float(np.clip((one @ other) / max(lengths, 1e-9), -1, 1))
    angle = np.arccos(cosine)
    if angle < 1e-3:
        found: Points = (1 - share) * one + share * other
        return found
    found = (np.sin((1 - share) * angle) * one + np.sin(share * angle) * other) / np.sin(angle)
    return found.astype(np.float32)


def heard(source: Score, module: Any, brief: Brief) -> tuple[Score, int | None]:
    """What of a source a representation is to read: one part, with its place, or everything (None)."""
    if module.PARTS == 1:
        place = part_place(source, module, brief)
        return replace(source, parts=(source.parts[place],)), place
    if brief.parts:
        raise InvalidBrief(f"parts {', '.join(brief.parts)}: {module.TITLE.lower()} takes the whole piece")
    return source, None


def part_place(source: Score, module: Any, brief: Brief) -> int:
    """Place of the one part of a source that a representation is to read: the one named, or its drums or melody."""
    drums = module.NAMES == ("Drums",)
    kind = "drums" if drums else "melody"
    fitting = [place for place, part in enumerate(source.parts) if part.is_drums == drums and part.notes]
    if brief.parts:
        place = session.find_part(source, brief.parts[0])
        if place not in fitting or len(brief.parts) > 1:
            raise InvalidBrief(f"parts {', '.join(brief.parts)}: name one part that has notes of a {kind}")
        return place
    if not fitting:
        raise InvalidBrief(f"the source has no {kind}: {module.TITLE.lower()} is what is read")
    sung = source.parts[fitting[0]] if drums else melody_part(source)
    return next(index for index in fitting if source.parts[index] is sung)


def cut(source: Score, space: Space, spans: list[tuple[int, int]]) -> Iterator[Window]:
    """Windows that cover the bars within spans of ticks; bars beside them fill a window up.

    Raises
    ------
    InvalidBrief
        Where there are too few bars of one length in a row.
    """
    try:
        values = space.module.encode(source)
    except TokenError as error:
        raise InvalidBrief(str(error)) from None
    every, lines = bars(source), raster.bar_lines(source)
    missing = len(every) and int(lines[-1].sum()) - len(values)
    if missing > 0:  # the last bar may end after the last note
        silence = np.zeros((missing, values.shape[1]), values.dtype)
        silence[0] = [raster.REST if size == raster.LINE else 0 for size in space.module.COLUMNS]
        values = np.concatenate([values, silence])
    wanted = [any(first <= bar.start < last for first, last in spans) and bar.number > 0 for bar in every]
    place = 0
    while place < len(every):
        if not wanted[place]:
            place += 1
            continue
        low, high = place, place + 1
        length = int(lines[place, 1])
        while high < len(every) and high - low < space.bars and lines[high, 1] == length:
            high += 1
        while low > 0 and high - low < space.bars and lines[low - 1, 1] == length:
            low -= 1
        if high - low < space.bars or not length:
            number = every[place].number
            raise InvalidBrief(
                f"bar {number}: model {space.card.name!r} reads {space.bars} bars in a row that are equally long, "
                "in whole sixteenths"
            )
        stop = place
        while stop < high and wanted[stop]:
            stop += 1
        begin = int(lines[low, 0])
        window = values[begin : begin + space.bars * length].astype(np.int64)
        held = np.array([size == raster.LINE for size in space.module.COLUMNS]) & (window[0] == raster.HOLD)
        for column in np.flatnonzero(held):
            window[:, column] = raster.begun(window[:, column], values[:begin, column])
        yield Window(window, length, every[low].start, every[place].start, every[stop - 1].end, held)
        place = stop


def spliced(parts: tuple[Part, ...], space: Space, told: list[Integers], found: list[Window]) -> tuple[Part, ...]:
    """Parts with what was told of some windows in place of their own notes there.

    Parameters
    ----------
    parts : tuple of Part
        As many as the representation has.
    space : Space
    told : list of array (T, C)
        For each window; of one that overlaps the one before, only what is new is taken.
    found : list of Window
    """
    for start, last, bar, values in _runs(told, found):
        fresh = space.score(values, bar).parts
        parts = tuple(_spliced(part, start, last, own.notes) for part, own in zip(parts, fresh, strict=True))
    return parts


def _runs(told: list[Integers], found: list[Window]) -> Iterator[tuple[int, int, int, Integers]]:
    """First tick, tick after the last, steps in a bar and values (T, C) of windows that follow on each other."""
    place = 0
    while place < len(found):
        first = found[place]
        pieces: list[Integers] = []
        while True:
            window = found[place]
            inside = slice((window.first - window.start) // raster.STEP, (window.last - window.start) // raster.STEP)
            new = told[place][inside].copy()
            if pieces and window.first == window.start:
                new[0] = np.where(window.held & (new[0] == _sounding(np.concatenate(pieces))), raster.HOLD, new[0])
            pieces.append(new)
            place += 1
            if place == len(found) or found[place].first != window.last or found[place].bar != first.bar:
                break
        yield first.first, window.last, first.bar, np.concatenate(pieces)


def _sounding(values: Integers) -> Integers:
    """The last value (C,) of each column of (T, C) that is not `raster.HOLD`."""
    latest = len(values) - 1 - (values[::-1] != raster.HOLD).argmax(axis=0)
    found: Integers = np.take_along_axis(values, latest[None], 0)[0]
    return found


def _spliced(part: Part, first: int, last: int, told: tuple[Note, ...]) -> Part:
    """A part with notes told from tick `first` on in place of its own up to `last`; what sounds into them sounds on."""
    half = raster.STEP // 2
    kept = [note for note in part.notes if not first - half <= note.start < last - half]
    alone = features.is_monophonic(part)
    into = [note for note in kept if note.start < first < note.end] if not part.is_drums else []
    fresh = []
    for note in told:
        start, end = max(note.start + first, 0), min(note.end + first, last)
        start = max([start, *(each.end for each in into if alone or each.pitch == note.pitch)])
        if start < end:
            fresh.append(replace(note, start=start, duration=end - start))
    return replace(part, notes=tuple(kept + fresh))


def origin(brief: Brief, task: str, chosen: Card, seed: int, score: Score, **more: Any) -> Origin:
    """Where a Work of a latent model comes from; `more` are fields of the Origin."""
    measured = {**features.summary(score), **session.heard(score), **features.qualities(score)}
    return Origin(
        firmus=__version__,
        model=chosen.name,
        weights=chosen.digest,
        task=task,
        seed=seed,
        brief=brief.as_dict(),
        credits=chosen.credits,
        measured=measured | more.pop("measured", {}),
        **more,
    )


def work(brief: Brief, task: str, chosen: Card, seed: int, score: Score, **more: Any) -> Work:
    """A marked Score with its Origin."""
    marked = session.marked(score)
    return Work(marked, origin(brief, task, chosen, seed, marked, **more))


def ruled(score: Score, scale: frozenset[int]) -> Score:
    """A score that was made in one go, moved onto the rules: each note to the nearest pitch that they allow.

    Notes on a beat go to tones of the chord that stands there, all others to tones of the chord or of the scale; a note
    that is allowed stays. Where no chord stands the scale alone rules, an empty one allowing everything.
    """
    starts = [chord.start for chord in score.chords]
    unit = beat(score.meters[0])
    found = []
    for part in score.parts:
        notes: dict[tuple[int, int], Note] = {}
        for note in part.notes:
            place = bisect_right(starts, note.start) - 1
            tones = set(score.chords[place].pitch_classes) if place >= 0 else set()
            strong = note.start % score.meters[0].bar % unit == 0
            allowed = (tones or scale) if strong else (tones | scale if scale else set())
            pitch = note.pitch if part.is_drums or not allowed else _nearest(note.pitch, allowed)
            notes.setdefault((note.start, pitch), replace(note, pitch=pitch))
        found.append(replace(part, notes=tuple(notes.values())))
    return replace(score, parts=tuple(found))


def _nearest(pitch: int, classes: Collection[int]) -> int:
    """The pitch of some classes that is nearest, the lower of two.

    Examples
    --------
    >>> _nearest(61, {0, 4, 7}), _nearest(66, {0, 4, 7})
    (60, 67)
    """
    reach = [pitch + step * way for step in range(12) for way in (-1, 1)]
    return next(each for each in reach if each % 12 in classes and 0 <= each <= 127)


def key_mask(space: Space, brief: Brief, steps: int) -> NDArray[np.bool_] | None:
    """Which values may be drawn (T, F): of lines the pitches of the key asked for; None where none is a rule."""
    if brief.key is None or not brief.is_strict("key"):
        return None
    return scale_mask(space, set(Key.parse(brief.key).scale), steps)


def scale_mask(
    space: Space, scale: set[int], steps: int, low: int = raster.LOWEST, high: int = raster.HIGHEST
) -> NDArray[np.bool_]:
    """Which values may be drawn (T, F): of lines some pitch classes within a range; all values of other columns."""
    found = []
    for size in space.module.COLUMNS:
        mask = np.ones(size, bool)
        if size == raster.LINE:
            pitches = np.arange(raster.LOWEST, raster.HIGHEST + 1)
            mask[raster.FIRST :] = [pitch % 12 in scale and low <= pitch <= high for pitch in pitches]
        found.append(mask)
    return np.tile(np.concatenate(found), (steps, 1))
