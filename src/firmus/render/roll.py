"""Score to a piano roll: SVG in rows of whole bars, pitched parts above, one lane a drum below.

Conventions: time goes to the right, row by row; colour shows the part (a palette safe for colour-blind people),
opacity the velocity, unless notes are painted otherwise. What Firmus composed may be highlighted: its span is tinted
and its notes have a dark edge. Every note is one ``<rect class="note">``, two where it goes on in the next row;
``data-note`` identifies it: the indices of its part and of itself in the part, from 0, such as ``"0-12"``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from firmus.errors import FirmusError
from firmus.render.drawing import png, xml_text
from firmus.render.instruments import drum, instrument
from firmus.score import TICKS_PER_QUARTER, Note, Score
from firmus.timing import Bar, bars, beat
from firmus.translation import translate

__all__ = ["COLOURS", "png", "svg"]

# Okabe and Ito's palette without yellow and black, then P. Tol's muted one.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#882255", "#999933", "#332288", "#44AA99")
HIGHLIGHT = "#FFE08A"
FONT = "'Noto Sans', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif"
MARGIN, KEYS_WIDTH, NUMBERS_HEIGHT, MARKS_LINE, ROW_GAP = 16, 92, 18, 14, 14
WIDEST_QUARTER, USUAL_QUARTER, MOST_ROWS = 56.0, 22.0, 24
NARROWEST = 640
LANE_HEIGHT = 11
BLACK_KEYS = frozenset((1, 3, 6, 8, 10))

Highlight = tuple[int, int, int]
Paint = Callable[[int, int], str]


@dataclass(frozen=True, slots=True)
class _Page:
    """Layout shared by all rows: the score, scales in pixels, and what is highlighted."""

    score: Score
    width: int
    scale: float
    low: int
    high: int
    semitone: float
    drum_keys: tuple[int, ...]
    highlight: tuple[Highlight, ...]
    language: str
    paint: Paint | None = None

    @property
    def marks_height(self) -> float:
        return NUMBERS_HEIGHT + MARKS_LINE * (bool(self.score.chords) + bool(self.score.sections))

    @property
    def keys_height(self) -> float:
        return (self.high - self.low + 1) * self.semitone if self.high >= self.low else 0.0

    @property
    def row_height(self) -> float:
        gap = 6 if self.drum_keys and self.keys_height else 0
        return self.marks_height + self.keys_height + gap + len(self.drum_keys) * LANE_HEIGHT

    @property
    def drums_top(self) -> float:
        return self.marks_height + self.keys_height + (6 if self.keys_height else 0)


def svg(
    score: Score,
    highlight: Iterable[Highlight] = (),
    width: int = 1400,
    bars_per_row: int | None = None,
    language: str = "en",
    paint: Paint | None = None,
) -> str:
    """Draw a Score as a piano roll.

    Parameters
    ----------
    score : Score
    highlight : iterable of (start, end, part)
        Ticks and index of the part, as Firmus composed it.
    width : int
        Pixels at most, 300 to 10,000; a short score is narrower.
    bars_per_row : int, optional
        At least 1; as many as read well where left out.
    language : {"en", "zh"}
        Of instruments, drums and the legend.
    paint : callable, optional
        Takes the indices of a part and of a note in it, gives the attributes of its rectangle (``fill="#0d0887"``), in
        place of those that show part and velocity; the legend of parts is left out then.

    Raises
    ------
    FirmusError
        Where a number is out of range, or a highlight names a part that is not there.

    Examples
    --------
    >>> from firmus.score import Part
    >>> svg(Score((Part("", (Note(0, 480, 60),)),))).count('class="note"')
    1
    """
    highlight = tuple(highlight)
    _check(score, highlight, width, bars_per_row)
    if not score.end:
        score = replace(score, end=score.meters[0].bar)
    rows = _rows(bars(score), width, bars_per_row)
    page = replace(_page(score, rows, width, highlight, language), paint=paint)
    width, (head, top) = page.width, _head(page)
    body = []
    for row in rows:
        body.append(f'<g transform="translate({MARGIN + KEYS_WIDTH} {top:g})">{"".join(_row(page, row))}</g>')
        top += page.row_height + ROW_GAP
    height = top - ROW_GAP + MARGIN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height:g}" '
        f'viewBox="0 0 {width} {height:g}" font-family="{FONT}" font-size="11">'
        f'<rect width="{width}" height="{height:g}" fill="#ffffff"/>{head}{"".join(body)}</svg>'
    )


def _check(score: Score, highlight: Sequence[Highlight], width: int, bars_per_row: int | None) -> None:
    if not 300 <= width <= 10_000:
        raise FirmusError(f"width {width!r} must be 300 to 10,000 pixels")
    if bars_per_row is not None and bars_per_row < 1:
        raise FirmusError(f"{bars_per_row!r} bars a row: it must be at least 1")
    for start, end, part in highlight:
        if not 0 <= part < len(score.parts) or end <= start:
            raise FirmusError(
                f"highlight {start, end, part}: it must end after its start and name a part from 0 to "
                f"{len(score.parts) - 1}"
            )


def _rows(all_bars: list[Bar], width: int, bars_per_row: int | None) -> list[list[Bar]]:
    """Distribute bars over rows, by number or so that a quarter note is about 22 pixels."""
    if bars_per_row is not None:
        first = 1 if all_bars[0].number == 0 else 0  # a pickup goes with the first row
        starts = [0, *range(first + bars_per_row, len(all_bars), bars_per_row)]
        return [all_bars[a:b] for a, b in zip(starts, [*starts[1:], len(all_bars)], strict=True)]
    ticks_per_row = (width - 2 * MARGIN - KEYS_WIDTH) / USUAL_QUARTER * TICKS_PER_QUARTER
    ticks_per_row = max(ticks_per_row, all_bars[-1].end / MOST_ROWS)
    rows: list[list[Bar]] = []
    for bar in all_bars:
        if rows and bar.end - rows[-1][0].start <= ticks_per_row:
            rows[-1].append(bar)
        else:
            rows.append([bar])
    return rows


def _page(score: Score, rows: list[list[Bar]], width: int, highlight: tuple[Highlight, ...], language: str) -> _Page:
    longest = max(row[-1].end - row[0].start for row in rows)
    room = width - 2 * MARGIN - KEYS_WIDTH
    scale = min(room / longest, WIDEST_QUARTER / TICKS_PER_QUARTER)
    width = min(width, max(round(longest * scale) + 2 * MARGIN + KEYS_WIDTH, NARROWEST))
    pitches = [note.pitch for part in score.parts if not part.is_drums for note in part.notes]
    drum_keys = {note.pitch for part in score.parts if part.is_drums for note in part.notes}
    low, high = (min(pitches) - 2, max(pitches) + 2) if pitches else (59, 73)
    if drum_keys and not pitches:
        low, high = 0, -1
    elif high - low < 24:
        low, high = (low + high) // 2 - 12, (low + high) // 2 + 12
    semitone = min(max(300 / (high - low + 1), 4.0), 8.0) if high >= low else 0.0
    keys = tuple(sorted(drum_keys, reverse=True))
    return _Page(score, width, scale, max(low, 0), min(high, 127), semitone, keys, highlight, language)


def _text(x: float, y: float, text: str, style: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}"{" " + style if style else ""}>{xml_text(text)}</text>'


def _rect(x: float, y: float, width: float, height: float, style: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" {style}/>'


def _vertical(x: float, top: float, bottom: float, style: str) -> str:
    return f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top:.1f}" y2="{bottom:.1f}" {style}/>'


def _head(page: _Page) -> tuple[str, float]:
    """Title, composer and legend, and the y coordinate of their end."""
    shapes, top, score = [], float(MARGIN), page.score
    if score.title or score.composer:
        shapes.append(
            _text(
                MARGIN, top + 16, translate(score.title, page.language), 'font-size="18" font-weight="bold" fill="#222"'
            )
        )
        right = 'font-size="13" fill="#444" text-anchor="end"'
        shapes.append(_text(page.width - MARGIN, top + 16, score.composer, right))
        top += 30
    entries = [(colour(index), _part_name(page, index)) for index in range(len(score.parts)) if not page.paint]
    if page.highlight:
        entries.append((HIGHLIGHT, "Firmus 作曲" if page.language.startswith("zh") else "composed by Firmus"))
    x = float(MARGIN)
    for shade, name in entries:
        width = 30 + sum(12 if ord(letter) > 0x2E7F else 6.6 for letter in name)
        if x + width > page.width - MARGIN and x > MARGIN:
            x, top = MARGIN, top + 18
        shapes.append(_rect(x, top + 2, 10, 10, f'rx="2" fill="{shade}"'))
        shapes.append(_text(x + 15, top + 11, name, 'fill="#222"'))
        x += width
    return "".join(shapes), top + (24 if entries else 0)


def colour(part: int) -> str:
    """Colour of a part, by its index."""
    return COLOURS[part % len(COLOURS)]


def _part_name(page: _Page, index: int) -> str:
    part = page.score.parts[index]
    drums = "鼓" if page.language.startswith("zh") else "Drums"
    sound = drums if part.is_drums else instrument(part.program, page.language)
    name = translate(part.name.strip()[:60], page.language)
    return sound if not name or name.casefold() == sound.casefold() else f"{name} ({sound})"


def _row(page: _Page, row: list[Bar]) -> Iterable[str]:
    start, end = row[0].start, row[-1].end
    yield from _keys(page, (end - start) * page.scale)
    for first, last in _merged(page.highlight):
        if first < end and last > start:
            left, right = (max(first, start) - start) * page.scale, (min(last, end) - start) * page.scale
            style = f'class="highlight" fill="{HIGHLIGHT}" opacity="0.45"'
            yield _rect(left, page.marks_height, right - left, page.row_height - page.marks_height, style)
    yield from _grid(page, row)
    yield from _marks(page, row)
    yield from _notes(page, start, end)


def _merged(highlight: Iterable[Highlight]) -> list[tuple[int, int]]:
    """Spans of time in which any part is highlighted, without overlaps."""
    spans: list[tuple[int, int]] = []
    for start, end in sorted((start, end) for start, end, _ in highlight):
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans


def _keys(page: _Page, width: float) -> Iterable[str]:
    """Backgrounds of black keys, lines and names of the Cs, and the drum lanes with their names."""
    bottom = page.marks_height + page.keys_height
    label = 'text-anchor="end" fill="#555" font-size="10"'
    for pitch in range(page.low, page.high + 1):
        y = bottom - (pitch - page.low + 1) * page.semitone
        if pitch % 12 in BLACK_KEYS:
            yield _rect(0, y, width, page.semitone, 'fill="#f1f3f5"')
        if pitch % 12 == 0:
            base = y + page.semitone
            yield f'<line x1="0" x2="{width:.1f}" y1="{base:.1f}" y2="{base:.1f}" stroke="#c3c9cf"/>'
            yield _text(-6, base, f"C{pitch // 12 - 1}", label)
    for lane, key in enumerate(page.drum_keys):
        y = page.drums_top + lane * LANE_HEIGHT
        if lane % 2 == 0:
            yield _rect(0, y, width, LANE_HEIGHT, 'fill="#f1f3f5"')
        yield _text(-6, y + LANE_HEIGHT - 2, drum(key, page.language), label)


def _grid(page: _Page, row: list[Bar]) -> Iterable[str]:
    start, bottom = row[0].start, page.row_height
    for bar in row:
        x = (bar.start - start) * page.scale
        yield _vertical(x, page.marks_height - 12, bottom, 'stroke="#8a939b"')
        step = beat(bar.meter)
        if step * page.scale >= 5:
            first = bar.start - bar.place + -(-bar.place // step) * step
            for tick in range(first, bar.end, step):
                if tick > bar.start:
                    yield _vertical((tick - start) * page.scale, page.marks_height, bottom, 'stroke="#dde1e5"')
    yield _vertical((row[-1].end - start) * page.scale, page.marks_height - 12, bottom, 'stroke="#8a939b"')


def _marks(page: _Page, row: list[Bar]) -> Iterable[str]:
    """Section labels, chord symbols and bar numbers, each in its line, without overlaps."""
    start, end = row[0].start, row[-1].end
    numbers = [(bar.start, str(bar.number)) for bar in row]
    chords_at = page.marks_height - NUMBERS_HEIGHT - 2
    sections_at = chords_at - MARKS_LINE * bool(page.score.chords)
    lines = (
        (sections_at, [(each.start, each.label) for each in page.score.sections], 'font-weight="bold"', 7.2),
        (chords_at, [(each.start, each.text) for each in page.score.chords], 'fill="#222"', 6.6),
        (page.marks_height - 4, numbers, 'font-size="9" fill="#70787f"', 5.6),
    )
    for y, texts, style, letter in lines:
        free = -1.0
        for tick, text in texts:
            x = (tick - start) * page.scale + 3
            if start <= tick < end and x >= free:
                yield _text(x, y, text, style)
                free = x + letter * len(text) + 5


def _notes(page: _Page, start: int, end: int) -> Iterable[str]:
    for index, part in enumerate(page.score.parts):
        composed = [span for span in page.highlight if span[2] == index]
        for number, note in enumerate(part.notes):
            if note.start >= end:
                break
            if note.end > start:
                edge = any(first <= note.start < last for first, last, _ in composed)
                yield _note(page, note, (index, number), (start, end), edge)


def _note(page: _Page, note: Note, index: tuple[int, int], span: tuple[int, int], outlined: bool) -> str:
    left = (max(note.start, span[0]) - span[0]) * page.scale
    width = max((min(note.end, span[1]) - span[0]) * page.scale - left - 0.6, 1.6)
    if page.score.parts[index[0]].is_drums:
        y = page.drums_top + page.drum_keys.index(note.pitch) * LANE_HEIGHT + 1.5
        width, height = min(max(width, 4.0), 8.0), LANE_HEIGHT - 3.0
    else:
        y = page.marks_height + page.keys_height - (note.pitch - page.low + 1) * page.semitone + 0.3
        height = page.semitone - 0.6
    fill = page.paint(*index) if page.paint else ""
    if not fill:
        opacity = 0.35 + 0.65 * note.velocity / 127
        fill = f'fill="{colour(index[0])}" fill-opacity="{opacity:.2f}"'
    stroke = ' stroke="#222" stroke-width="1"' if outlined else ""
    style = f'class="note" data-note="{index[0]}-{index[1]}" rx="1.2" {fill}{stroke}'
    return _rect(left, y, width, height, style)
