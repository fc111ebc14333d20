"""Score to notation: SVG pages by verovio, from the MusicXML that Firmus writes.

Every SVG is self-contained (music glyphs and styles inside) and is safe to put into a page: texts are escaped, there
are no scripts and no external references. MusicXML ids of notes come through as ids of ``<g class="note">``.
verovio holds Python's interpreter lock while it works; where other threads must not wait (a server), pass
``isolated=True`` to engrave in a child process.
"""

from __future__ import annotations

import html
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firmus.errors import FirmusError
from firmus.render.drawing import png, xml_text

if TYPE_CHECKING:
    from firmus.score import Score

__all__ = ["line", "pages", "pages_of_musicxml", "png", "stacked", "svg", "svg_of_musicxml"]

MOST_NOTES = 100_000  # about a minute
GENERATED = "AI-generated"  # what the composer of a score says of one that a model composed
NOTICE = f"AI生成 / {GENERATED}"
PAGE_WIDTH, PAGE_HEIGHT = 2100, 2970  # tenths of a millimetre: A4
_CHILD = (
    "import json, sys; from firmus.render.engrave import pages_of_musicxml; text, layout = json.load(sys.stdin); "
    "sys.stdout.write(json.dumps(pages_of_musicxml(text, layout)))"
)
FONT = "Leland"
_DOT, _FLAGGED = "\uecb7", "\ueca7\ueca9\uecab"
_PLAIN = {"\ue260": "♭", "\ue261": "♮", "\ue262": "♯", "\ue263": "𝄪", "\ue264": "𝄫"}
_PLAIN |= {"\uea63": "♭♭", "\uea64": "♭", "\uea65": "♮", "\uea66": "♯", "\uea67": "♯♯"}
_MUSIC_TEXT = re.compile(r'<tspan font-family="\w+" font-size="(\d+)px">([^<]*)</tspan>')
_OPTIONS: dict[str, Any] = {
    "inputFrom": "musicxml",
    "footer": "none",
    "svgViewBox": True,
    "svgFormatRaw": True,
    "svgRemoveXlink": True,
    "smuflTextFont": "none",
    "font": FONT,
    "scale": 100,
    "unit": 7.5,
    "pageMarginTop": 120,
    "pageMarginBottom": 120,
    "pageMarginLeft": 130,
    "pageMarginRight": 110,
    "spacingStaff": 10,
    "spacingSystem": 8,
    "mnumInterval": 0,
    "bottomMarginHeader": 12,
    "xmlIdChecksum": True,
    "justifyVertically": False,
}
_PAGE = {"breaks": "auto", "header": "auto", "pageWidth": PAGE_WIDTH, "pageHeight": PAGE_HEIGHT}
_LAYOUTS: dict[str, dict[str, Any]] = {
    "page": _PAGE,
    "scroll": {**_PAGE, "adjustPageHeight": True, "usePgHeaderForAll": False, "pageMarginBottom": 60},
    "line": {
        "breaks": "none",
        "header": "none",
        "adjustPageHeight": True,
        "adjustPageWidth": True,
        "pageWidth": 100_000,
        "pageHeight": PAGE_HEIGHT,
        "pageMarginTop": 40,
        "pageMarginBottom": 40,
    },
}


def pages(score: Score, *, cut: bool = False, isolated: bool = False) -> list[str]:
    """Engrave a Score on A4 pages, one SVG a page; where its composer is AI, with a notice at the foot of each.

    Parameters
    ----------
    score : Score
    cut : bool
        Cut each page below its music.
    isolated : bool
        Engrave in a child process (0.3 s more), so that other threads go on.

    Raises
    ------
    FirmusError
        Where verovio cannot engrave it.
    """
    engraved = _engrave(_musicxml(score), "scroll" if cut else "page", isolated)
    return [_with_footer(page, 20 if cut else 60) for page in engraved] if GENERATED in score.composer else engraved


def svg(score: Score, *, isolated: bool = False) -> str:
    """Engrave a Score as one SVG for the screen: as wide as A4, as high as the music."""
    return stacked(pages(score, cut=True, isolated=isolated))


def line(score: Score, *, isolated: bool = False) -> str:
    """Engrave a Score as one endless system, for scrolling."""
    return _engrave(_musicxml(score), "line", isolated)[0]


def svg_of_musicxml(text: str) -> str:
    """Engrave MusicXML as one SVG for the screen: as wide as A4, as high as the music."""
    return stacked(pages_of_musicxml(text, "scroll"))


def pages_of_musicxml(text: str, layout: str = "page") -> list[str]:
    """Engrave MusicXML; `layout` is ``"page"``, ``"scroll"`` (pages cut below the music) or ``"line"``."""
    import verovio

    verovio.enableLog(verovio.LOG_OFF)
    verovio.setDefaultResourcePath(str(Path(verovio.__file__).parent / "data"))  # which each thread has of its own
    toolkit = verovio.toolkit()
    toolkit.setOptions({**_OPTIONS, **_LAYOUTS[layout]})
    # Without credits verovio reserves room for a title that it generates, which `_with_heading` replaces; it prints
    # degrees of chords that say that they are not to be printed.
    music = re.sub(r'<credit\b.*?</credit>|<degree print-object="no">.*?</degree>', "", text, flags=re.DOTALL)
    if not toolkit.loadData(music) or "<measure" not in text:
        raise FirmusError("verovio cannot engrave this score: its MusicXML has no bar, or is damaged")
    rendered = [_tidy(toolkit.renderToSVG(number)) for number in range(1, toolkit.getPageCount() + 1)]
    return [_with_heading(rendered[0], text), *rendered[1:]]


def stacked(all_pages: list[str]) -> str:
    """Put SVG pages under one another in one SVG."""
    if len(all_pages) == 1:
        return all_pages[0]
    width, top, bodies = 0.0, 0.0, []
    for number, page in enumerate(all_pages, 1):
        root = re.match(r'<svg viewBox="0 0 ([\d.]+) ([\d.]+)"[^>]*? id="(\w+)">', page)
        if root is None:
            raise FirmusError("an SVG page that verovio did not make cannot be stacked")
        across, down, name = float(root[1]), float(root[2]), root[3]
        place = f'y="{top:g}" width="{across:g}" height="{down:g}" viewBox="0 0 {across:g} {down:g}"'
        body = re.sub(rf"\b{name}\b", f"{name}p{number}", page[root.end() :])
        # Of a heading only the title is wanted: there is no page of which to give the number.
        heading = _without_ids if number == 1 else ""
        body = re.sub(r'<g id="[^"]*" class="pgHead.*?</g>', heading, body, flags=re.DOTALL)
        bodies.append(f'<svg {place} overflow="visible" id="{name}p{number}">{body}')
        width, top = max(width, across), top + down
    head = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" version="1.1"'
    size = f'width="{width:g}" height="{top:g}" viewBox="0 0 {width:g} {top:g}"'
    return f"<svg {head} {size}>" + "".join(bodies) + "</svg>"


def _without_ids(match: re.Match[str]) -> str:
    return re.sub(r' id="[^"]*"', "", match[0])


def is_too_long(score: Score) -> bool:
    """Whether a Score has more notes than are engraved."""
    return sum(len(part.notes) for part in score.parts) > MOST_NOTES


def _musicxml(score: Score) -> str:
    from firmus import plugins

    if is_too_long(score):
        count = sum(len(part.notes) for part in score.parts)
        raise FirmusError(f"{count:,} notes: {MOST_NOTES:,} is the most that is engraved; leave svg and pdf out")
    data: bytes = plugins.load("firmus.formats", "musicxml").write(score)
    return data.decode()


def _engrave(text: str, layout: str, isolated: bool) -> list[str]:
    if not isolated:
        return pages_of_musicxml(text, layout)
    import json
    import subprocess
    import sys

    finished = subprocess.run(
        [sys.executable, "-c", _CHILD], input=json.dumps([text, layout]), capture_output=True, text=True, check=False
    )
    if finished.returncode:
        reason = finished.stderr.strip().rpartition("\n")[2] or f"exit {finished.returncode}"
        raise FirmusError(f"engraving failed: {reason}")
    return json.loads(finished.stdout)


def _tidy(page: str) -> str:
    """Make verovio's SVG self-contained: no XML declaration, music glyphs in texts drawn rather than typed."""
    page = re.sub(r"^\s*<\?xml[^>]*\?>\s*", "", page).strip()
    page = re.sub(
        r'(<g id="[^"]*" class="tempo">\s*)(<text x="(\d+)" y="(\d+)".*?</text>)', _draw_beat, page, flags=re.DOTALL
    )
    page = re.sub(_MUSIC_TEXT, _type_plainly, page)
    return re.sub(r'class="harm">.*?</text>', _with_altered_degrees, page, flags=re.DOTALL)


def _draw_beat(match: re.Match[str]) -> str:
    """Draw the note value that begins a tempo, and move the text behind it."""
    group, text, x, y = match[1], match[2], int(match[3]), int(match[4])
    glyphs = re.search(_MUSIC_TEXT, text)
    if glyphs is None or re.sub(r"<[^>]*>", "", text[: glyphs.start()]).strip():
        return match[0]
    scale, outlines, position = int(glyphs[1]) / 1000, [], float(x)
    for letter in glyphs[2]:
        outline, advance = _glyph(letter)
        if outline:
            outlines.append(f'<g transform="translate({position:g}, {y}) scale({scale:g})">{outline}</g>')
        position += advance * scale
    rest = text[: glyphs.start()] + text[glyphs.end() :]
    while rest != (rest := re.sub(r"<tspan[^>]*>\s*</tspan>\s*", "", rest)):
        pass
    return group + "".join(outlines) + rest.replace(f'x="{x}"', f'x="{position:g}"', 1)


def _with_heading(page: str, musicxml: str) -> str:
    """Write title and composer into the heading of the first page, the title smaller where it is long."""
    title, composer = (
        html.unescape(match[1].strip()) if (match := re.search(pattern, musicxml, re.DOTALL)) else ""
        for pattern in (r"<work-title>(.*?)</work-title>", r'<creator type="composer">(.*?)</creator>')
    )
    width = 10 * (PAGE_WIDTH - _OPTIONS["pageMarginLeft"] - _OPTIONS["pageMarginRight"])
    size = min(620.0, width / max(_em(title), 1.0))
    small = min(340.0, width / max(_em(composer), 1.0))
    texts = f'<text x="{width / 2:g}" y="330" text-anchor="middle" font-size="{size:.0f}px">{xml_text(title)}</text>'
    if composer:
        texts += f'<text x="{width}" y="790" text-anchor="end" font-size="{small:.0f}px">{xml_text(composer)}</text>'
    heading = re.compile(r'(<g id="[^"]*" class="pgHead[^"]*">).*?</g>', re.DOTALL)
    return heading.sub(lambda head: f"{head[1]}{texts}</g>", page, count=1)


def _with_footer(page: str, above: int) -> str:
    """Write the notice at the foot of a page, so far above its end."""
    head, end, rest = page.rpartition("</svg>")
    height = float(page.split('viewBox="0 0 ', 1)[1].split('"', 1)[0].split()[1])
    place = f'x="{_OPTIONS["pageMarginLeft"]}" y="{height - above:g}" font-size="26px" font-family="Times, serif"'
    return f"{head}<text {place}>{NOTICE}</text>{end}{rest}"


def _em(text: str) -> float:
    """Width of a text in a usual serif font, in ems, roughly."""
    return sum(1.0 if ord(letter) > 0x2E7F else 0.62 for letter in text)


@cache
def _glyph(letter: str) -> tuple[str, float]:
    """Outline of a music glyph, from verovio's own data, and its advance in thousandths of an em."""
    import verovio

    path = Path(verovio.__file__).parent / "data" / FONT / f"{ord(letter):04X}.xml"
    if letter.isspace() or not path.is_file():
        return "", 120.0
    outline = re.search(r"<path[^>]*>", path.read_text(encoding="utf-8"))
    return (outline[0] if outline else ""), 780.0 if letter in _FLAGGED else 170.0 if letter == _DOT else 490.0


def _type_plainly(match: re.Match[str]) -> str:
    """Type accidentals in texts with the letters that ordinary fonts have, as wide as verovio's."""
    letters = "".join(_PLAIN.get(letter, letter) for letter in match[2])
    return f'<tspan font-size="{round(int(match[1]) * 0.5)}px">{letters}</tspan>'


def _with_altered_degrees(match: re.Match[str]) -> str:
    """Write the alterations in a chord's quality as accidentals: m7♭5."""
    return re.sub("[b#](?=\\d+[^<>]*<)", lambda sign: {"b": "♭", "#": "♯"}[sign[0]], match[0])
