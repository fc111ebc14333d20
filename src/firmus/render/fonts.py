"""The fonts that come along, so that texts of a score look alike on every machine, also on one without fonts.

Liberation Serif has the widths for which verovio sets texts, and Latin, Greek, Cyrillic and Hebrew letters; the
accidentals of chord symbols are those of DejaVu Serif. Other scripts, Chinese too, are drawn in the machine's fonts.
"""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "assets" / "fonts"
SERIF = "Liberation Serif"
FILES = tuple(
    str(FOLDER / name) for name in ("LiberationSerif-Regular.ttf", "LiberationSerif-Bold.ttf", "FirmusAccidentals.ttf")
)


_CHINESE = re.compile("CJK|Hei|Song|Ming|Kai|Fang|Gothic|Mincho|Han |Fallback", re.IGNORECASE)


def covers(svg_text: str) -> bool:
    """Whether the fonts that come along have every letter of an SVG's texts.

    Examples
    --------
    >>> covers("<text>Ländler in B♭</text>"), covers("<text>春江花月夜</text>")
    (True, False)
    """
    texts = unescape(re.sub(r"<[^>]*>", "", svg_text))
    return not re.search("[^\x00-\u052f\u1e00-\u1fff\u2010-\u2044\u20ac\u2122\u266d-\u266f]", texts)


def lacks_chinese(text: str) -> bool:
    """Whether a text has Chinese letters, and the machine, by the names of its fonts, none to draw them in."""
    if not re.search("[\u3400-\u9fff]", text):
        return False
    import typst

    return not any(_CHINESE.search(family) for family in typst.Fonts(include_embedded_fonts=False).families())
