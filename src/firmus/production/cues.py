"""Cues: a scene composed, and delivered as people who cut pictures take it.

A folder of a cue holds the files of its Work (``piece.mid`` with the sections as markers, ``piece.musicxml``,
``piece.svg``, ``piece.json``), ``cue.wav`` of the exact length, with markers and, of a loop, its loop points, a file a
part in ``stems/`` that add up to it, and the cue sheet, ``cues.csv``. It appears whole or not at all.
"""

from __future__ import annotations

import csv
import glob
import io
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from firmus.composing.commission import draw_seed
from firmus.errors import FirmusError, InvalidBrief
from firmus.production import scenes, scoring
from firmus.production.scenes import Span
from firmus.production.scoring import Compose, Request
from firmus.render import files, soundtrack, synth, wave_chunks
from firmus.rights.files import labelled
from firmus.timing import bars
from firmus.work import Work

SOUND, SHEET, STEMS = "cue.wav", "cues.csv", "stems"
COLUMNS = ("number", "mood", "start", "end", "start_seconds", "end_seconds", "start_frame", "first_bar", "bars", "bpm",
           "key", "valence", "arousal", "hit")  # fmt: skip
ENDINGS = ("mid", "musicxml", "svg")
BITS: Literal[16, 24] = 24
FIELDS = ("style", "key", "title", "model", "seed", "effort")
"""Fields of a Brief that a cue takes."""


@dataclass(frozen=True, slots=True)
class Cue:
    """A Work over a scene, and how it is to sound.

    Parameters
    ----------
    work : Work
    spans : tuple of Span
    loudness : float
        LUFS.
    loop : bool
    speech : tuple of (float, float)
        Seconds from and to which there is speech.
    """

    work: Work
    spans: tuple[Span, ...]
    loudness: float = synth.LOUDNESS
    loop: bool = False
    speech: tuple[tuple[float, float], ...] = ()

    @property
    def seconds(self) -> float:
        """How long it lasts, exactly."""
        return self.spans[-1].end

    def mix(self) -> soundtrack.Mix:
        """The sound, and its stems."""
        return soundtrack.mix(self.work.score, self.seconds, loudness=self.loudness, loop=self.loop, speech=self.speech)

    def sheet(self) -> list[dict[str, Any]]:
        """The cue sheet: a row a section."""
        score = self.work.score
        starts = [bar.start for bar in bars(score)]
        edges = [*(section.start for section in score.sections), score.end]
        rows = []
        for number, (span, first, last) in enumerate(zip(self.spans, edges, edges[1:], strict=False), 1):
            key = [each for each in score.keys if each.start <= first]
            rows.append(
                {
                    "number": number,
                    "mood": span.name,
                    "start": scenes.shown(span.start),
                    "end": scenes.shown(span.end),
                    "start_seconds": span.start,
                    "end_seconds": span.end,
                    "start_frame": round(span.start * synth.SAMPLE_RATE),
                    "first_bar": starts.index(first) + 1,
                    "bars": sum(first <= start < last for start in starts),
                    "bpm": round(score.tempi[number - 1].bpm, 3),
                    "key": key[-1].text if key else "",
                    "valence": span.valence,
                    "arousal": span.arousal,
                    "hit": "hit" if span.is_hit else "",
                }
            )
        return rows

    def sound(self, mix: soundtrack.Mix) -> bytes:
        """The mix as a labelled WAV file of 24 bits, with markers, and the loop points of a loop."""
        rate = mix.audio.sample_rate
        markers = [(round(span.start * rate), span.name) for span in self.spans]
        data = wave_chunks.with_markers(self.encoded(mix.audio), markers)
        if self.loop:
            data = wave_chunks.with_loop(data, len(mix.audio.samples), rate)
        return labelled(self.work, data, ".wav")

    def stems(self, mix: soundtrack.Mix) -> Iterator[tuple[str, bytes]]:
        """Name and labelled file of each stem."""
        for name, stem in mix.stems:
            plain = re.sub(r"[^\w -]+", "", name)
            yield f"{plain}.wav", labelled(self.work, self.encoded(stem), ".wav")

    def encoded(self, audio: synth.Audio) -> bytes:
        """Sound as a WAV file of 24 bits."""
        tags = {"title": self.work.score.title, "software": f"Firmus {self.work.origin.firmus}"}
        return synth.encode(audio, ".wav", tags, bits=BITS)

    def save(self, folder: str | Path, *, force: bool = False) -> list[Path]:
        """Write the folder of the cue.

        Raises
        ------
        OutputExists
            Where the folder already holds something, unless `force`.
        """
        target = Path(folder)
        files.check_free(target, force)
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
        shutil.rmtree(temporary, ignore_errors=True)
        try:
            written = [path.name for path in self.work.save(temporary, endings=ENDINGS)]
            mix = self.mix()
            (temporary / STEMS).mkdir()
            contents = {SOUND: self.sound(mix), SHEET: _table(self.sheet())}
            contents |= {f"{STEMS}/{name}": data for name, data in self.stems(mix)}
            for name, data in contents.items():
                (temporary / name).write_bytes(data)
            _moved(temporary, target)
        except OSError as error:
            raise FirmusError(f"{target}: {error.strerror or error}") from None
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        return [target / name for name in (*contents, *written)]


def produce(
    scene: str,
    seconds: float,
    perform: Compose,
    *,
    seed: int | None = None,
    loudness: float = synth.LOUDNESS,
    loop: bool = False,
    speech: str = "",
    **fields: Any,
) -> Cue:
    """Compose a cue.

    Parameters
    ----------
    scene : str
        Such as ``"calm until 0:12, danger 0:12-0:20, release"``; see `firmus.production.scenes`.
    seconds : float
    perform : callable
        Performs a Brief by a verb.
    seed : int, optional
    loudness : float
    loop : bool
    speech : str
        When there is speech: ``"0:05-0:12, 0:20-0:24"``.
    **fields
        `style`, `key` and `title`, and others of a Brief for every section.

    Raises
    ------
    InvalidBrief, ModelError
    """
    spans = scenes.read(scene, seconds)
    spoken = speech_spans(speech, seconds)
    low, high = soundtrack.LOUDNESS
    if not low <= loudness <= high:
        raise InvalidBrief(f"loudness {loudness!r} must be from {low:g} to {high:g} LUFS, such as -14, -16 or -23")
    given = {name: value for name, value in fields.items() if value is not None}
    named = {name: given.pop(name) for name in ("style", "key", "title") if name in given}
    request = Request(seed=draw_seed() if seed is None else seed, loop=loop, others=given, **named)
    return Cue(scoring.compose(spans, request, perform), spans, loudness, loop, spoken)


def speech_spans(text: str, length: float) -> tuple[tuple[float, float], ...]:
    """Seconds from and to which there is speech.

    Examples
    --------
    >>> speech_spans("0:05-0:12, 20-24", 30)
    ((5.0, 12.0), (20.0, 24.0))
    """
    spans = []
    for each in filter(None, (part.strip() for part in text.split(","))):
        first, mark, last = each.partition("-")
        if not mark:
            raise InvalidBrief(f"speech {each[:40]!r} must be from one time to another, such as 0:05-0:12")
        span = scenes.clock(first), scenes.clock(last)
        if not span[0] < span[1] <= length:
            raise InvalidBrief(
                f"speech {each[:40]!r} must end after it begins, and before the end, {scenes.shown(length)}"
            )
        spans.append(span)
    return tuple(spans)


def remove_unfinished(folder: Path) -> None:
    """Remove what a process that was killed has left of a cue that was to be written into a folder."""
    for left in folder.parent.glob(f".{glob.escape(folder.name)}.*.part"):
        shutil.rmtree(left, ignore_errors=True)


def _moved(written: Path, target: Path) -> None:
    """Give a folder its name; where one is there, its files of a cue are replaced and all others stay."""
    if not target.exists():
        written.replace(target)
        return
    (target / STEMS).mkdir(exist_ok=True)
    for stem in (target / STEMS).glob("[0-9][0-9]*.wav"):
        stem.unlink()
    for path in sorted(written.rglob("*")):
        if path.is_file():
            path.replace(target / path.relative_to(written))


def _table(rows: Sequence[dict[str, Any]]) -> bytes:
    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return text.getvalue().encode("utf-8-sig")  # Excel knows UTF-8 by its mark
