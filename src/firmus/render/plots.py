"""Small plots as SVG: a matrix as a picture, a line over the bars, coloured stretches."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from firmus.render.drawing import xml_text
from firmus.render.roll import COLOURS, FONT

CLASSES = 20  # of a histogram
MOST_CELLS = 160  # of a matrix, a side; larger ones are averaged


def matrix(values: NDArray[np.float64], size: int = 420, numbers: Sequence[int] = ()) -> str:
    """A square matrix (B, B) of shares, 0 to 1, dark where it is 1.

    Parameters
    ----------
    values : array (B, B)
    size : int
        Of the picture, in pixels.
    numbers : sequence of int
        Of the bars, written beside the first and every tenth.
    """
    count = len(values)
    if count > MOST_CELLS:
        edges = np.linspace(0, count, MOST_CELLS + 1).astype(int)[:-1]
        values = np.add.reduceat(np.add.reduceat(values, edges, 0), edges, 1)
        widths = np.diff([*edges, count])
        values = values / np.outer(widths, widths)
    cell = (size - 30) / max(len(values), 1)
    drawn = [
        f'<rect x="{30 + column * cell:.2f}" y="{row * cell:.2f}" width="{cell + 0.3:.2f}" height="{cell + 0.3:.2f}" '
        f'fill="#08306b" fill-opacity="{values[row, column]:.2f}"/>'
        for row, column in np.argwhere(values > 0.02)
    ]
    places = list(range(0, count, max(10, count // 80 * 10)))
    named = list(numbers) or list(range(1, count + 1))
    step = (size - 30) / max(count, 1)
    marks = "".join(
        f'<text x="26" y="{(place + 0.8) * step:.1f}" text-anchor="end">{named[place]}</text>'
        f'<text x="{30 + (place + 0.5) * step:.1f}" y="{size - 16}" text-anchor="middle">{named[place]}</text>'
        for place in places
    )
    return _svg(size, size, "".join(drawn) + marks)


def confusion(counts: NDArray[np.int64], names: Sequence[str], cell: int = 34) -> str:
    """A confusion matrix (C, C): rows the truth, columns what it was taken for; dark where most of a row fall."""
    left, top = 8 * max((len(name) for name in names), default=0) + 12, 8 * max(map(len, names), default=0) + 12
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    drawn = []
    for row, name in enumerate(names):
        y = top + row * cell
        drawn.append(f'<text x="{left - 6}" y="{y + cell * 0.62:.0f}" text-anchor="end">{xml_text(name)}</text>')
        x, turned = left + round((row + 0.6) * cell), top - 6
        drawn.append(f'<text x="{x}" y="{turned}" transform="rotate(-60 {x} {turned})">{xml_text(name)}</text>')
        for column, share in enumerate(shares[row].tolist()):
            x = left + column * cell
            drawn.append(
                f'<rect x="{x}" y="{y}" width="{cell - 1}" height="{cell - 1}" fill="#08306b" '
                f'fill-opacity="{0.03 + 0.97 * share:.2f}"/>'
            )
            if counts[row, column]:
                shade = "#fff" if share > 0.5 else "#222"
                drawn.append(
                    f'<text x="{x + cell / 2:.0f}" y="{y + cell * 0.62:.0f}" text-anchor="middle" fill="{shade}">'
                    f"{counts[row, column]}</text>"
                )
    return _svg(left + cell * len(names) + top // 2, top + cell * len(names) + 8, "".join(drawn))


def line(values: Sequence[float], title: str, width: int = 900, height: int = 90) -> str:
    """A value a bar as steps, its range written at the left."""
    top = max([*values, 1e-9])
    step = (width - 60) / max(len(values), 1)
    points = []
    for place, value in enumerate(values):
        y = height - 16 - (height - 30) * value / top
        points += [f"{54 + place * step:.1f},{y:.1f}", f"{54 + (place + 1) * step:.1f},{y:.1f}"]
    drawn = (
        f'<polyline points="{" ".join(points)}" fill="none" stroke="{COLOURS[0]}" stroke-width="1.6"/>'
        f'<text x="4" y="22">{top:.3g}</text><text x="4" y="{height - 14}">0</text>'
        f'<text x="54" y="{height - 2}">{xml_text(title)}</text>'
    )
    return _svg(width, height, drawn)


def histogram(sets: Sequence[Sequence[float | None]], names: Sequence[str], title: str, width: int = 440) -> str:
    """Shares of two or more sets of values in common classes, side by side."""
    known = [np.array([value for value in some if value is not None]) for some in sets]
    every = np.concatenate(known)
    height, low, high = 120, float(every.min()), float(every.max())
    edges = np.linspace(low, high if high > low else low + 1, CLASSES + 1)
    shares = [np.histogram(each, edges)[0] / max(len(each), 1) for each in known]
    top, step = max(float(each.max()) for each in shares) or 1.0, (width - 20) / CLASSES
    bar = step / (len(shares) + 0.6)
    drawn = [f'<text x="10" y="14">{xml_text(title)}</text>']
    for number, (values, name) in enumerate(zip(shares, names, strict=True)):
        shade = COLOURS[number]
        drawn.append(
            f'<text x="{width - 130 * (len(names) - number) + 40}" y="14" fill="{shade}">{xml_text(name)}</text>'
        )
        for place, share in enumerate(values.tolist()):
            tall = (height - 44) * share / top
            drawn.append(
                f'<rect x="{10 + place * step + number * bar:.1f}" y="{height - 18 - tall:.1f}" width="{bar:.1f}" '
                f'height="{tall:.1f}" fill="{shade}"/>'
            )
    drawn.append(f'<text x="10" y="{height - 4}">{low:.3g}</text>')
    drawn.append(f'<text x="{width - 10}" y="{height - 4}" text-anchor="end">{high:.3g}</text>')
    return _svg(width, height, "".join(drawn))


def stretches(rows: Sequence[tuple[str, Sequence[tuple[float, float, str]]]], width: int = 900) -> str:
    """Rows of named stretches, each from and to a share of the piece, 0 to 1; one colour a name."""
    drawn: list[str] = []
    colour: dict[str, str] = {}
    for place, (title, some) in enumerate(rows):
        y = 6 + 34 * place
        drawn.append(f'<text x="4" y="{y + 17}">{xml_text(title)}</text>')
        for start, stop, name in some:
            shade = colour.setdefault(name, COLOURS[len(colour) % len(COLOURS)])
            x, long = 84 + (width - 90) * start, max((width - 90) * (stop - start), 1)
            drawn.append(
                f'<rect x="{x:.1f}" y="{y}" width="{long:.1f}" height="24" fill="{shade}" fill-opacity="0.35" '
                f'stroke="#fff"><title>{xml_text(name)}</title></rect>'
            )
            if long > 7 * len(name):
                drawn.append(f'<text x="{x + 4:.1f}" y="{y + 16}">{xml_text(name)}</text>')
    return _svg(width, 12 + 34 * len(rows), "".join(drawn))


def _svg(width: int, height: int, content: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'font-family="{FONT}" font-size="11" fill="#222"><rect width="100%" height="100%" fill="#fff"/>{content}</svg>'
    )
