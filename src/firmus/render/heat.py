"""Heat maps of the surprisal of each note, or of the influences on one note, over piano roll and score.

Colours are perceptually uniform and safe for colour-blind people: for surprise a part of *plasma* (S. van der
Walt & N. Smith, matplotlib, CC0), which gets lighter by even steps; for influence blue (for) and orange (against),
mixed with grey in OKLab. Against white every step of surprise has a contrast of 3 to 1 at least; `SURPRISE_DARK` and
`INFLUENCE_DARK` are for dark pages, on which the page's style puts them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from firmus.render import engrave, roll
from firmus.render.roll import FONT
from firmus.score import Score
from firmus.timing import bars

SURPRISE = (
    "#0d0887", "#310597", "#4c02a1", "#6700a8", "#8004a8", "#9613a1", "#ac2694", "#be3885", "#ce4b75", "#dc5d67",
    "#e87059",
)  # fmt: skip
SURPRISE_DARK = (
    "#b12a90", "#c13b82", "#cf4c74", "#db5c68", "#e76e5b", "#f0804e", "#f89441", "#fca934", "#fec029", "#fad824",
    "#f3f027",
)  # fmt: skip
INFLUENCE = ("#a83c00", "#b36345", "#bc8674", "#c1a8a2", "#c3c9d0", "#97aac2", "#6b8bb3", "#406ca3", "#0a4d92")
INFLUENCE_DARK = ("#ffa45c", "#d09061", "#a27b62", "#766760", "#4b525b", "#586d81", "#6589aa", "#71a6d4", "#7cc4ff")
UNEXPLAINED = "#b4bac1"
MOST_BITS = len(SURPRISE) - 1  # a step a bit
MOST_ENGRAVED = 400
BORDERS = (0.1, 0.5, 1.0, 2.0)  # bits of influence at which the next step begins, for either sign
Shades = Mapping[tuple[int, int], str]  # by the indices of a part and of a note in it
WORDS = {
    "surprise": ("surprise, bits", "意外程度（比特）"),
    "more": ("{most} and more", "{most} 及以上"),
    "influence": ("bits: made it likelier (blue), less likely (orange)", "比特：使其更可能（蓝）、更不可能（橙）"),
}


def surprise_step(bits: float) -> int:
    """Shade of a surprisal: its whole bits, 10 at most.

    Examples
    --------
    >>> surprise_step(0.7), surprise_step(7.2), surprise_step(40)
    (0, 7, 10)
    """
    return max(0, min(int(bits), MOST_BITS))


def influence_step(bits: float) -> int:
    """Shade of an influence: 4 for none, up to 8 where it made a note likelier, down to 0 where less likely.

    Examples
    --------
    >>> influence_step(0.05), influence_step(0.6), influence_step(-7)
    (4, 6, 0)
    """
    strength = sum(abs(bits) >= border for border in BORDERS)
    return 4 + strength if bits > 0 else 4 - strength


def on_roll(
    score: Score, shades: Shades, selected: tuple[int, int] | None = None, legend: str = "", language: str = "en"
) -> str:
    """The piano roll, each note in its shade, the selected note with a thick dark edge.

    Parameters
    ----------
    score : Score
    shades : mapping of (int, int) to str
        Notes without one are grey.
    selected : (int, int), optional
    legend : str
        As `surprise_legend` and `influence_legend` give it; empty for none.
    language : {"en", "zh"}

    Examples
    --------
    >>> from firmus.score import Note, Part
    >>> drawing = on_roll(Score((Part("", (Note(0, 480, 60),)),)), {(0, 0): SURPRISE[2]}, legend=surprise_legend())
    >>> drawing.count('data-note="0-0"'), SURPRISE[2] in drawing, "bits" in drawing
    (1, True, True)
    """

    def paint(part: int, index: int) -> str:
        edge = ' stroke="#111" stroke-width="2.4"' if (part, index) == selected else ""
        return f'fill="{shades.get((part, index), UNEXPLAINED)}"{edge}'

    return _with_legend(roll.svg(score, language=language, paint=paint), legend, 1.0)


def on_score(score: Score, shades: Shades, legend: str = "") -> str:
    """The engraved score, each note in its shade; empty for a piece of more than `MOST_ENGRAVED` bars of all parts."""
    if len(score.parts) * len(bars(score)) > MOST_ENGRAVED:
        return ""

    def coloured(match: re.Match[str]) -> str:
        shade = shades.get((int(match[2]), int(match[3])), "")
        return f'{match[1]} fill="{shade}" color="{shade}">' if shade else match[0]

    return _with_legend(
        re.sub(r'(<g id="n(\d+)-(\d+)(?:t\d+)?" class="note")>', coloured, engrave.svg(score)), legend, 1.9
    )


def surprise_legend(language: str = "en") -> str:
    """Shades of surprise with their bits, as a group of an SVG, 26 high."""
    zh = language.startswith("zh")
    names = [f"{step}" if step % 2 == 0 else "" for step in range(MOST_BITS)]
    return _legend(WORDS["surprise"][zh], SURPRISE, [*names, WORDS["more"][zh].format(most=MOST_BITS)])


def influence_legend(language: str = "en") -> str:
    """Shades of influence with their bits, as a group of an SVG, 26 high."""
    borders = ["", *(f"{border:g}" for border in BORDERS[1:])]
    names = [
        *(border and f"−{border}" for border in reversed(borders)),
        "0",
        *(border and f"+{border}" for border in borders),
    ]
    return _legend(WORDS["influence"][language.startswith("zh")], INFLUENCE, names)


def _legend(title: str, shades: Sequence[str], names: Sequence[str]) -> str:
    shapes = [f'<text x="0" y="10" fill="#222">{title}</text>']
    left = 14 + sum(12 if ord(letter) > 0x2E7F else 6.2 for letter in title)
    for place, (shade, name) in enumerate(zip(shades, names, strict=True)):
        x = left + 26 * place
        shapes.append(f'<rect x="{x:.1f}" y="0" width="26" height="12" fill="{shade}"/>')
        shapes.append(f'<text x="{x:.1f}" y="24" fill="#222" font-size="10">{name}</text>')
    return "".join(shapes)


def _with_legend(drawing: str, legend: str, scale: float) -> str:
    """A drawing with a legend under it."""
    header = re.match(r'<svg [^>]*?viewBox="0 0 ([\d.]+) ([\d.]+)"', drawing)
    if not legend or header is None:
        return drawing
    width, height = float(header[1]), float(header[2])
    total = height + 44 * scale
    inner = re.sub(r"^<svg (?![^>]*? width=)", f'<svg width="{width:g}" height="{height:g}" ', drawing, count=1)
    size = f'width="{width:g}" height="{total:g}" viewBox="0 0 {width:g} {total:g}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}>'
        f'<rect width="{width:g}" height="{total:g}" fill="#ffffff"/>{inner}<g transform="translate({16 * scale:g} '
        f'{height + 6 * scale:g}) scale({scale:g})" font-family="{FONT}" font-size="11">{legend}</g></svg>'
    )
