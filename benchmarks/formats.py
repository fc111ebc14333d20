"""Read every music file of a data folder: how many are read, how fast, which are refused and why.

    python benchmarks/formats.py --data ../shared/data --out formats-table.md

Files are taken from folders and from ``.tar.xz`` archives. Timed is the reader alone, in this process (the
sandbox adds a few milliseconds a file). MIDI files are read by symusic too: compared is, file by file, the
multiset of (start, pitch) after rescaling to 480 ticks to the quarter. The table is Markdown.
"""

from __future__ import annotations

import argparse
import sys
import tarfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from firmus import formats, plugins
from firmus.errors import FormatError
from firmus.score import Score

KINDS = {".mid": "midi", ".midi": "midi", ".mxl": "musicxml", ".musicxml": "musicxml", ".abc": "abc"}


@dataclass
class Row:
    """What came of one set's files of one format."""

    files: int = 0
    read: int = 0
    scores: int = 0
    notes: int = 0
    size: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    refused: list[str] = field(default_factory=list)


@dataclass
class Agreement:
    """How far symusic reads the same notes."""

    files: int = 0
    same: int = 0
    ours: int = 0
    theirs: int = 0
    common: int = 0
    apart: list[str] = field(default_factory=list)


def files(folder: Path) -> Iterator[tuple[str, str, bytes]]:
    """Set, name and bytes of every music file in a folder and its archives."""
    for path in sorted(folder.rglob("*")):
        group = path.relative_to(folder).parts[0]
        if path.suffix.lower() in KINDS and path.is_file():
            yield group, path.name, path.read_bytes()
        elif path.name.endswith(".tar.xz"):
            with tarfile.open(path) as archive:
                for member in archive:
                    stream = archive.extractfile(member) if Path(member.name).suffix.lower() in KINDS else None
                    if stream:
                        yield group, member.name, stream.read()


def read(name: str, data: bytes, format_name: str, row: Row) -> list[Score]:
    row.files += 1
    row.size += len(data)
    began = time.perf_counter()
    try:
        scores: list[Score] = plugins.load("firmus.formats", format_name).read(data)
    except FormatError as error:
        scores = []
        row.refused.append(f"{name}: {error}")
    except Exception as error:  # a fault of ours: counted and shown, so that the rest is measured
        scores = []
        row.refused.append(f"{name}: FAULT {type(error).__name__}: {error}")
    taken = time.perf_counter() - began
    row.seconds += taken
    row.slowest = max(row.slowest, taken)
    row.read += bool(scores)
    row.scores += len(scores)
    row.notes += sum(len(part.notes) for score in scores for part in score.parts)
    return scores


def compare(name: str, data: bytes, score: Score, agreement: Agreement) -> None:
    import symusic

    try:
        other = symusic.Score.from_midi(data)
    except Exception as error:
        agreement.apart.append(f"{name}: symusic refuses it ({str(error).splitlines()[0][:80]})")
        return
    resolution = other.ticks_per_quarter
    ours = Counter((note.start, note.pitch) for part in score.parts for note in part.notes)
    theirs = Counter(
        ((note.start * 960 + resolution) // (2 * resolution), note.pitch)
        for track in other.tracks
        for note in track.notes
    )
    agreement.files += 1
    agreement.same += ours == theirs
    agreement.ours += ours.total()
    agreement.theirs += theirs.total()
    agreement.common += (ours & theirs).total()
    if ours != theirs:
        more, less = (ours - theirs).total(), (theirs - ours).total()
        agreement.apart.append(f"{name}: {more} notes only in Firmus, {less} only in symusic, of {ours.total()}")


def table(rows: dict[tuple[str, str], Row], agreement: Agreement) -> str:
    lines = [
        "| format | set | files | read | tunes | notes | files/s | notes/s | slowest file, ms |",
        "|-|-|-:|-:|-:|-:|-:|-:|-:|",
    ]
    for (format_name, group), row in sorted(rows.items()):
        lines.append(
            f"| {format_name} | {group} | {row.files:,} | {row.read:,} ({row.read / row.files:.1%}) | {row.scores:,} "
            f"| {row.notes:,} | {row.files / row.seconds:,.0f} | {row.notes / row.seconds:,.0f} "
            f"| {row.slowest * 1000:,.0f} |"
        )
    if agreement.files:
        lines += [
            "",
            f"MIDI against symusic: {agreement.same:,} of {agreement.files:,} files have the same (start, pitch) "
            f"multiset; {agreement.common:,} notes are common, Firmus reads {agreement.ours:,} and symusic "
            f"{agreement.theirs:,}.",
            *(f"- {line}" for line in agreement.apart),
        ]
    for (format_name, group), row in sorted(rows.items()):
        if row.refused:
            lines += ["", f"Refused of {group} ({format_name}):", *(f"- {line}" for line in row.refused)]
    return "\n".join(lines) + "\n"


def main() -> int:
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=default, help="folder of music files and .tar.xz archives")
    parser.add_argument("--formats", default="midi,musicxml,abc", help="which to read, with commas")
    parser.add_argument("--out", type=Path, help="where to write the table (default: only show it)")
    options = parser.parse_args()
    if not options.data.is_dir():
        print(f"{options.data} is no folder: give one with --data", file=sys.stderr)
        return 2
    wanted = [name for name in options.formats.split(",") if name in plugins.names("firmus.formats")]
    rows: dict[tuple[str, str], Row] = {}
    agreement = Agreement()
    for group, name, data in files(options.data):
        format_name = KINDS[Path(name).suffix.lower()]
        if format_name in wanted:
            scores = read(name, data, format_name, rows.setdefault((format_name, group), Row()))
            if format_name == "midi" and scores:
                compare(name, data, scores[0], agreement)
    text = table(rows, agreement)
    print(text, end="")
    if options.out:
        formats.save(text.encode(), options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
