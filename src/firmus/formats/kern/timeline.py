"""The lines of one piece, read from the first to the last: at which tick each stands, and which notes begin there."""

from __future__ import annotations

import re

from firmus.errors import FormatError
from firmus.formats._written.measures import MAX_NOTES, Position, WrittenNote, rounded
from firmus.formats.kern import interpretations
from firmus.formats.kern.instruments import Labels
from firmus.formats.kern.measures import Measures
from firmus.formats.kern.spines import Spine, begin, follow
from firmus.formats.kern.tokens import Token, Tone, parse

NOTES, DYNAMICS = "**kern", "**dynam"
_KEPT = 20_000  # tokens that are parsed once
MAX_WAITING = 100_000  # barlines and interpretations without a note between them
_REFERENCE = re.compile(r"!!!(OTL|OPR|COM|OMD)(?:@@?\w+)?:\s*(.*)")


class Track:
    """A column of the file with all that it splits into."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.labels = Labels()
        self.transposition = 0
        self.notes: dict[int, list[WrittenNote]] = {}  # by measure
        self.marks: list[tuple[int, str]] = []  # tick and name of dynamic marks


class Timeline:
    """One piece as it is read."""

    def __init__(self) -> None:
        self.tracks: list[Track] = []
        self.measures = Measures()
        self.references: dict[str, str] = {}
        self.note_count = 0
        self.is_over = False
        self._spines: list[Spine] = []
        self._now: Position = -1  # tick of the last line with notes
        self._end: Position = 0  # of the last note or rest
        self._waiting: list[tuple[int, str]] = []  # barlines and interpretations until the tick of the next notes
        self._parsed: dict[str, Token] = {}
        self._ties: dict[tuple[int, int], list[int]] = {}  # tracks of notes that go on, by pitch and tick

    def reference(self, line: str) -> None:
        """Read a reference record, ``!!!OTL: Title``; the first of a kind counts, but every tempo."""
        match = _REFERENCE.match(line[:1000])
        if match and match[1] == "OMD":
            self._waiting.append((0, line[:1000]))
        elif match and match[2].strip():
            self.references.setdefault(match[1], match[2].strip())

    def read(self, tokens: list[str]) -> None:
        """Read a line of tokens, one for each spine."""
        if not self._spines:
            if not tokens[0].startswith("**"):
                raise FormatError(f"{tokens[0][:40]!r} stands before any spine: the first line must be like **kern")
            self._spines = begin(tokens, len(self.tracks))
            self.tracks.extend(map(Track, tokens))
        elif len(tokens) != len(self._spines):
            raise FormatError(
                f"{len(tokens)} columns where {len(self._spines)} spines are open: each has one, after a tabulator"
            )
        elif tokens[0].startswith("*"):
            self._interpret(tokens)
        elif tokens[0].startswith("="):
            self._waiting.append((0, " ".join(dict.fromkeys(tokens))))
        elif tokens.count(".") < len(tokens):
            self._data(tokens)
        if len(self._waiting) > MAX_WAITING:
            raise FormatError(f"more than {MAX_WAITING:,} barlines and interpretations without a note between them")

    def finish(self) -> None:
        """End the piece."""
        self._apply_waiting(self._end)
        self.measures.end(self._end)
        self.is_over = True

    def _interpret(self, tokens: list[str]) -> None:
        for spine, token in zip(self._spines, tokens, strict=True):
            track = self.tracks[spine.track]
            if token.startswith("**"):
                spine.kind = track.kind = token
            elif token.startswith(("*I", "*part", "*staff")):
                track.labels.read(token)
            elif spine.kind == NOTES and token.startswith("*Trd"):
                track.transposition = interpretations.transposition(token) or 0
            elif spine.kind == NOTES and len(token) > 2 and not (track.transposition and token.startswith("*k")):
                self._waiting.append((spine.track, token))
        self._spines = follow(self._spines, tokens, len(self.tracks))
        new = max((spine.track for spine in self._spines), default=-1) + 1 - len(self.tracks)
        self.tracks.extend(Track("") for _ in range(new))
        if not self._spines:
            self.finish()

    # -- notes --------------------------------------------------------------------------------------------

    def _data(self, tokens: list[str]) -> None:
        begun: list[tuple[Spine, Token]] = []
        marks: list[tuple[Track, str]] = []
        has_grace = False
        following: Position | None = None  # tick at which the first of the notes that sound ends
        for spine, token in zip(self._spines, tokens, strict=True):
            if spine.kind == NOTES:
                if spine.end > self._now and (following is None or spine.end < following):
                    following = spine.end
                if token not in (".", ""):
                    parsed = self._token(token)
                    has_grace |= parsed.is_grace
                    if parsed.ticks:
                        begun.append((spine, parsed))
            elif spine.kind == DYNAMICS and token not in (".", ""):
                marks.append((self.tracks[spine.track], token))
        tick = self._now if following is None else following
        if begun:
            tick = max(tick, *(spine.end for spine, _ in begun))
            self._apply_waiting(tick)
            self._now = tick
            for spine, parsed in begun:
                self._begin(spine, parsed, tick)
        elif not has_grace and self._now >= 0:
            tick = (self._now + tick) // 2
        for track, words in marks:
            track.marks.extend((max(0, rounded(tick)), name) for name in re.findall(r"[a-z]+", words))

    def _token(self, token: str) -> Token:
        parsed = self._parsed.get(token)
        if parsed is None:
            parsed = parse(token)
            if len(self._parsed) < _KEPT:
                self._parsed[token] = parsed
        return parsed

    def _apply_waiting(self, tick: Position) -> None:
        if not self._waiting:
            return
        # Barlines first, keys after their signatures.
        for track, token in sorted(self._waiting, key=lambda each: (not each[1].startswith("="), ":" in each[1])):
            self.measures.take(track, token, tick, self._now)
        self._waiting.clear()

    def _begin(self, spine: Spine, token: Token, tick: Position) -> None:
        """Let notes begin in a spine."""
        spine.end = tick + token.ticks
        self._end = max(self._end, spine.end)
        measure, offset = len(self.measures.written) - 1, rounded(self.measures.starts[-1])
        begin, voice = rounded(tick), str(spine.voice)
        has_staves = bool(self.tracks[spine.track].labels.part)  # between which a tie may lead
        for tone in token.tones:
            start, end = begin - offset, rounded(tick + tone.ticks) - offset
            if end > start:
                pitch = self._pitch(self.tracks[spine.track], tone)
                note = WrittenNote(start, end, pitch, 0, tone.tied_from, tone.tied_to, voice)
                note.is_pitched = tone.is_pitched
                track = self._tied_track(spine.track, pitch, begin) if has_staves and tone.tied_from else spine.track
                if has_staves and tone.tied_to:
                    self._ties.setdefault((pitch, offset + end), []).append(track)
                self.tracks[track].notes.setdefault(measure, []).append(note)
        self.note_count += len(token.tones)
        if self.note_count > MAX_NOTES:
            raise FormatError(f"more than {MAX_NOTES:,} notes")

    def _tied_track(self, track: int, pitch: int, tick: int) -> int:
        """Track in which a note began that is tied to this one: the same, or another staff of its part."""
        begun = self._ties.pop((pitch, tick), [])
        part = self.tracks[track].labels.part
        others = [each for each in begun if part and self.tracks[each].labels.part == part]
        chosen = track if track in begun or not others else others[0]
        if chosen in begun:
            begun.remove(chosen)
        if begun:
            self._ties[pitch, tick] = begun
        return chosen

    @staticmethod
    def _pitch(track: Track, tone: Tone) -> int:
        if track.labels.is_drums or not tone.is_pitched:
            return track.labels.drum_key
        pitch = tone.pitch + track.transposition
        if not 0 <= pitch <= 127:
            raise FormatError(f"a note that sounds at MIDI number {pitch}: it must be 0 to 127")
        return pitch
