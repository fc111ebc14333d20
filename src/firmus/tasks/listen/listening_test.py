"""Listening tests on the local machine: a page with questions, a file of answers, and a statistical report."""

from __future__ import annotations

import json
import os
import secrets
import threading
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from firmus import formats
from firmus.errors import FirmusError, FormatError, InvalidBrief
from firmus.evaluation import listening
from firmus.evaluation.listening import Clip
from firmus.progress import Progress
from firmus.render import mastering, synth
from firmus.timing import seconds, tick

SHORTEST, LONGEST, FADE = 15.0, 30.0, 0.5  # seconds of a clip
LOUDNESS = -20.0  # LUFS, of every clip
RATE = 32_000
SOUNDS = (".wav", ".flac", ".ogg", ".mp3")
MOST_BYTES = 1 << 16  # of an answer


class ListeningTest:
    """A listening test: its rendered clips, and the file of its answers.

    Parameters
    ----------
    folders : dict
        Folder of each source (``"A"``, ``"B"``, ``"real"``).
    results : Path
        JSON lines, one an answer; an existing file is appended to.
    most : int
        Clips of a source.
    progress : callable, optional

    Attributes
    ----------
    left_out : dict
        Files that are excluded, and why: damaged, silent, or shorter than 15 seconds.

    Raises
    ------
    FormatError
        Where a folder has no usable file.
    """

    def __init__(
        self,
        folders: dict[str, Path],
        results: Path,
        most: int = 12,
        progress: Progress | None = None,
    ) -> None:
        if len(folders) < 2:
            raise InvalidBrief("a listening test compares two folders or more: name A, B and perhaps --real")
        self.results, self._lock = results, threading.Lock()
        self.clips: dict[str, Clip] = {}
        self.sounds: dict[str, bytes] = {}
        self.left_out: dict[str, str] = {}
        chosen = {source: pieces(folder) for source, folder in folders.items()}
        total = sum(min(len(paths), most) for paths in chosen.values())
        for source, paths in chosen.items():
            before = len(self.clips)
            for path in paths:
                self._add_clip(source, path)
                if progress:
                    progress("listen", len(self.clips), total)
                if len(self.clips) == before + most:
                    break
            if len(self.clips) == before:
                first = paths[0].as_posix()
                raise FormatError(f"{folders[source]} holds nothing to ask about: {first}: {self.left_out[first]}")
        self._write({"clips": [asdict(each) for each in self.clips.values()]})

    def _add_clip(self, source: str, path: Path) -> None:
        """Make a clip of a file, or record why there is none."""
        name = secrets.token_hex(8)
        try:
            self.sounds[name] = clip(path)
            self.clips[name] = Clip(name, source, path.as_posix())
        except FirmusError as error:
            self.left_out[path.as_posix()] = str(error).removeprefix(f"{path}: ")

    def plan(self) -> dict[str, Any]:
        """Trials and questions for a new participant."""
        generator = np.random.default_rng(secrets.randbits(64))
        trials = listening.plan(list(self.clips.values()), generator)
        return {"session": secrets.token_hex(8), "trials": trials, "questions": listening.QUESTIONS}

    def record(self, answer: Any) -> None:
        """Append an answer to the results.

        Raises
        ------
        InvalidBrief
            Where it is malformed.
        """
        trial = answer.get("trial") if isinstance(answer, dict) else None
        if not isinstance(trial, dict) or not isinstance(answer.get("session"), str):
            raise InvalidBrief("an answer has a session and a trial")
        named = [trial.get(side) for side in ("left", "right")] if trial.get("kind") == "pair" else [trial.get("clip")]
        if any(name not in self.clips for name in named):
            raise InvalidBrief("an answer is about clips of this test")
        ratings = answer.get("ratings", {})
        good = (
            answer.get("choice") in ("left", "right")
            if trial.get("kind") == "pair"
            else (
                isinstance(ratings, dict)
                and set(ratings) == set(listening.QUESTIONS)
                and all(value in (1, 2, 3, 4, 5) for value in ratings.values())
            )
        )
        if not good:
            raise InvalidBrief("an answer is left or right, or 1 to 5 for each question")
        fields = ("session", "trial", "choice", "ratings", "seconds")
        self._write({name: answer[name] for name in fields if name in answer})

    def _write(self, line: dict[str, Any]) -> None:
        with self._lock, self.results.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())


def pieces(folder: Path) -> list[Path]:
    """Sounds and scores of a folder, in order; of files of one name the sound."""
    known = (*SOUNDS, *formats.extensions())
    files = [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in known] if folder.is_dir() else []
    by_name: dict[Path, Path] = {}
    for path in sorted(files, key=lambda each: each.suffix.lower() not in SOUNDS):
        by_name.setdefault(path.with_suffix(""), path)
    if not by_name:
        raise FormatError(f"{folder} holds nothing to be heard: sounds ({', '.join(SOUNDS)}) or scores")
    return sorted(by_name.values())


def clip(path: Path) -> bytes:
    """15 to 30 seconds of a file as MP3, as loud as all others, faded in and out.

    Raises
    ------
    FormatError
        Where it is no music, silent, or shorter than 15 seconds.
    """
    samples = _sound(path) if path.suffix.lower() in SOUNDS else _rendered(path)
    samples = samples[: round(LONGEST * RATE)]
    length = len(samples) / RATE
    if length < SHORTEST:
        raise FormatError(f"{path}: it lasts {length:.1f} seconds, shorter than {SHORTEST:g}")
    level = mastering.loudness(samples, RATE)
    if not np.isfinite(level) or level < -70:
        raise FormatError(f"{path}: it is silent")
    samples = samples * np.float32(10 ** ((LOUDNESS - level) / 20))
    mastering.limit(samples, RATE)
    ramp = np.linspace(0, 1, round(FADE * RATE), dtype=np.float32)[:, None]
    samples[: len(ramp)] *= ramp
    samples[-len(ramp) :] *= ramp[::-1]
    return synth.encode(synth.Audio(samples, RATE), ".mp3")


def _sound(path: Path) -> Any:
    import soundfile
    from scipy.signal import resample_poly

    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True, frames=-1)
    except (RuntimeError, OSError) as error:
        raise FormatError(f"{path}: {error}") from None
    first = _begin(len(samples) / rate)
    samples = samples[round(first * rate) : round((first + LONGEST) * rate)]
    both = np.repeat(samples, 2, axis=1)[:, :2] if samples.shape[1] == 1 else samples[:, :2]
    divisor = int(np.gcd(RATE, rate))
    return np.ascontiguousarray(resample_poly(both, RATE // divisor, rate // divisor, axis=0), np.float32)


def _rendered(path: Path) -> Any:
    from dataclasses import replace

    score = formats.read(path)
    first = int(tick(score, _begin(seconds(score, score.end))))
    last = min(score.end, int(tick(score, seconds(score, first) + LONGEST)) + 1)
    parts = tuple(
        replace(
            part,
            notes=tuple(replace(note, start=note.start - first) for note in part.notes if first <= note.start < last),
        )
        for part in score.parts
    )
    tempi = [each for each in score.tempi if each.start <= first][-1:]
    cut = replace(
        score,
        parts=parts,
        tempi=tuple(replace(each, start=0) for each in tempi),
        meters=score.meters[:1],
        keys=(),
        chords=(),
        sections=(),
        pickup=0,
        end=last - first,
    )
    return synth.render(cut, sample_rate=RATE).samples


def _begin(length: float) -> float:
    """Where a clip of a piece of so many seconds begins: at its beginning, or, in a long piece, after a quarter."""
    return 0.0 if length <= 2 * LONGEST else length / 4


def report(results: Path) -> dict[str, Any]:
    """Statistics of the answers in a file of results; see `firmus.evaluation.listening.report`."""
    try:
        lines = [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, ValueError) as error:
        raise FormatError(f"{results}: {error}") from None
    sources = {each["name"]: each["source"] for line in lines for each in line.get("clips", [])}
    return listening.report([line for line in lines if "trial" in line], sources)


def server(test: ListeningTest, port: int, language: str) -> ThreadingHTTPServer:
    """The page's server, on localhost alone; port 0 takes any free port."""
    page = (resources.files("firmus") / "assets" / "pages" / "listen.html").read_text(encoding="utf-8")
    content = page.replace("__LANGUAGE__", language).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.removeprefix("/clip/").removesuffix(".mp3")
            if self.path == "/":
                self._reply(200, "text/html; charset=utf-8", content)
            elif self.path == "/plan":
                self._reply(200, "application/json", json.dumps(test.plan()).encode())
            elif self.path.startswith("/clip/") and name in test.sounds:
                self._reply(200, "audio/mpeg", test.sounds[name])
            else:
                self._reply(404, "text/plain", b"there is no such page\n")

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            if self.path != "/answer" or not 0 < length <= MOST_BYTES:
                self._reply(404 if self.path != "/answer" else 413, "text/plain", b"no answer\n")
                return
            try:
                test.record(json.loads(self.rfile.read(length)))
            except (FirmusError, ValueError) as error:
                self._reply(422, "text/plain; charset=utf-8", f"{error}\n".encode())
                return
            self._reply(204, "text/plain", b"")

        def _reply(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """No access log."""

    try:
        return ThreadingHTTPServer(("127.0.0.1", port), Handler)
    except OSError as error:
        raise InvalidBrief(f"port {port}: {error.strerror or error}; give another --port") from None
