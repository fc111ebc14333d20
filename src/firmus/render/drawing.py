"""SVG to PNG, by resvg, with the fonts that come along; others are those of the machine."""

from __future__ import annotations

import os
import re
import sys
from functools import lru_cache
from html import escape
from pathlib import Path

from firmus.errors import FirmusError
from firmus.render import fonts

# Sans-serif families, with the file by which they are known; the first found is used.
_SANS = {
    "Liberation Sans": "LiberationSans-Regular.ttf",
    "Noto Sans": "NotoSans-Regular.ttf",
    "DejaVu Sans": "DejaVuSans.ttf",
    "FreeSans": "FreeSans.ttf",
    "Noto Sans CJK SC": "NotoSansCJK-Regular.ttc",
    "WenQuanYi Zen Hei": "wqy-zenhei.ttc",
}


def xml_text(text: str) -> str:
    """Text that is valid in XML: markup escaped, characters that XML forbids left out.

    Examples
    --------
    >>> xml_text("a <b>" + chr(0))
    'a &lt;b&gt;'
    """
    return escape(re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text))


def png(svg_text: str, width: int = 1240) -> bytes:
    """Draw an SVG as PNG on white.

    Serif text, that of scores, looks alike on every machine (`firmus.render.fonts`). Sans-serif text appears in the
    machine's own fonts, Chinese too where a font has it.

    Parameters
    ----------
    svg_text : str
    width : int
        Pixels, 16 to 20,000.

    Raises
    ------
    FirmusError
        Where it is no SVG, or the width is out of range.

    Examples
    --------
    >>> png('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 1" width="2" height="1"/>', 32)[1:4]
    b'PNG'
    """
    import resvg_py

    if not 16 <= width <= 20_000:
        raise FirmusError(f"width {width!r} must be 16 to 20,000 pixels")
    sans = sans_serif()
    try:
        return bytes(
            resvg_py.svg_to_bytes(
                svg_string=svg_text,
                width=width,
                background="white",
                font_files=list(fonts.FILES),
                skip_system_fonts="sans-serif" not in svg_text and fonts.covers(svg_text),
                serif_family=fonts.SERIF,
                sans_serif_family=sans,
                font_family=fonts.SERIF,
            )
        )
    except ValueError as error:
        raise FirmusError(f"the SVG cannot be drawn: {error}") from None


@lru_cache(maxsize=1)
def sans_serif() -> str | None:
    """Sans-serif family to draw with; None where resvg's default, Arial, is installed."""
    if sys.platform in ("win32", "darwin"):
        return None
    user = Path.home()
    folders = [Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), user / ".fonts", user / ".local/share/fonts"]
    files = {name for folder in folders for _, _, names in os.walk(folder) for name in names}
    return next((family for family, file in _SANS.items() if file in files), fonts.SERIF)
