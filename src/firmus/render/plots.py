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
    shapes = [
        f'<rect x="{30 + column * cell:.2f}" y="{row * cell:.2f}" width="{cell + 0.3:.2f}" height="{cell + 0.3:.2f}" '
        f'fill="#08306b" fill-opacity="{values[row, column]:.2f}"/>'
        for row, column in np.argwhere(values > 0.02)
    ]
    labelled = list(range(0, count, max(10, count // 80 * 10)))
    labels = list(numbers) or list(range(1, count + 1))
    step = (size - 30) / max(count, 1)
    marks = "".join(
        f'<text x="26" y="{(bar + 0.8) * step:.1f}" text-anchor="end">{labels[bar]}</text>'
        f'<text x="{30 + (bar + 0.5) * step:.1f}" y="{size - 16}" text-anchor="middle">{labels[bar]}</text>'
        for bar in labelled
    )
    return _svg(size, size, "".join(shapes) + marks)


def confusion(counts: NDArray[np.int64], names: Sequence[str], cell: int = 34) -> str:
    """A confusion matrix (C, C): rows the true class, columns the predicted one; dark where most of a row fall."""
    left, top = 8 * max((len(name) for name in names), default=0) + 12, 8 * max(map(len, names), default=0) + 12
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    shapes = []
    for row, name in enumerate(names):
        y = top + row * cell
        shapes.append(f'<text x="{left - 6}" y="{y + cell * 0.62:.0f}" text-anchor="end">{xml_text(name)}</text>')
        x, turned = left + round((row + 0.6) * cell), top - 6
        shapes.append(f'<text x="{x}" y="{turned}" transform="rotate(-60 {x} {turned})">{xml_text(name)}</text>')
        for column, share in enumerate(shares[row].tolist()):
            x = left + column * cell
            shapes.append(
                f'<rect x="{x}" y="{y}" width="{cell - 1}" height="{cell - 1}" fill="#08306b" '
                f'fill-opacity="{0.03 + 0.97 * share:.2f}"/>'
            )
            if counts[row, column]:
                shade = "#fff" if share > 0.5 else "#222"
                shapes.append(
                    f'<text x="{x + cell / 2:.0f}" y="{y + cell * 0.62:.0f}" text-anchor="middle" fill="{shade}">'
                    f"{counts[row, column]}</text>"
                )
    return _svg(left + cell * len(names) + top // 2, top + cell * len(names) + 8, "".join(shapes))


def line(values: Sequence[float], title: str, width: int = 900, height: int = 90) -> str:
    """A value a bar as steps, its range written at the left."""
    top = max([*values, 1e-9])
    step = (width - 60) / max(len(values), 1)
    points = []
    for place, value in enumerate(values):
        y = height - 16 - (height - 30) * value / top
        points += [f"{54 + place * step:.1f},{y:.1f}", f"{54 + (place + 1) * step:.1f},{y:.1f}"]
    shapes = (
        f'<polyline points="{" ".join(points)}" fill="none" stroke="{COLOURS[0]}" stroke-width="1.6"/>'
        f'<text x="4" y="22">{top:.3g}</text><text x="4" y="{height - 14}">0</text>'
        f'<text x="54" y="{height - 2}">{xml_text(title)}</text>'
    )
    return _svg(width, height, shapes)


def histogram(sets: Sequence[Sequence[float | None]], names: Sequence[str], title: str, width: int = 440) -> str:
    """Shares of two or more sets of values in common classes, side by side."""
    samples = [np.array([value for value in values if value is not None]) for values in sets]
    pooled = np.concatenate(samples)
    height, low, high = 120, float(pooled.min()), float(pooled.max())
    edges = np.linspace(low, high if high > low else low + 1, CLASSES + 1)
    shares = [np.histogram(sample, edges)[0] / max(len(sample), 1) for sample in samples]
    top, step = max(float(sample.max()) for sample in shares) or 1.0, (width - 20) / CLASSES
    bar = step / (len(shares) + 0.6)
    shapes = [f'<text x="10" y="14">{xml_text(title)}</text>']
    for number, (values, name) in enumerate(zip(shares, names, strict=True)):
        shade = COLOURS[number]
        shapes.append(
            f'<text x="{width - 130 * (len(names) - number) + 40}" y="14" fill="{shade}">{xml_text(name)}</text>'
        )
        for place, share in enumerate(values.tolist()):
            tall = (height - 44) * share / top
            shapes.append(
                f'<rect x="{10 + place * step + number * bar:.1f}" y="{height - 18 - tall:.1f}" width="{bar:.1f}" '
                f'height="{tall:.1f}" fill="{shade}"/>'
            )
    shapes.append(f'<text x="10" y="{height - 4}">{low:.3g}</text>')
    shapes.append(f'<text x="{width - 10}" y="{height - 4}" text-anchor="end">{high:.3g}</text>')
    return _svg(width, height, "".join(shapes))


def stretches(rows: Sequence[tuple[str, Sequence[tuple[float, float, str]]]], width: int = 900) -> str:
    """Rows of named stretches, each from and to a share of the piece, 0 to 1; one colour a name."""
    shapes: list[str] = []
    colour: dict[str, str] = {}
    for place, (title, spans) in enumerate(rows):
        y = 6 + 34 * place
        shapes.append(f'<text x="4" y="{y + 17}">{xml_text(title)}</text>')
        for start, stop, name in spans:
            shade = colour.setdefault(name, COLOURS[len(colour) % len(COLOURS)])
            x, length = 84 + (width - 90) * start, max((width - 90) * (stop - start), 1)
            shapes.append(
                f'<rect x="{x:.1f}" y="{y}" width="{length:.1f}" height="24" fill="{shade}" fill-opacity="0.35" '
                f'stroke="#fff"><title>{xml_text(name)}</title></rect>'
            )
            if length > 7 * len(name):
                shapes.append(f'<text x="{x + 4:.1f}" y="{y + 16}">{xml_text(name)}</text>')
    return _svg(width, 12 + 34 * len(rows), "".join(shapes))


def _svg(width: int, height: int, content: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'font-family="{FONT}" font-size="11" fill="#222"><rect width="100%" height="100%" fill="#fff"/>{content}</svg>'
    )
