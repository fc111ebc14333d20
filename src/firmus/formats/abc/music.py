"""The body of an ABC tune: lines of music become voices of measures.

Times within a measure are subticks (`firmus.formats.abc.fields.SUBTICKS` to the tick).

Source: The ABC music standard 2.1 (2011), sections 4 and 7, https://abcnotation.com/wiki/abc:standard:v2.1
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

from firmus.errors import FormatError, InvalidScore
from firmus.formats.abc import fields
from firmus.formats.abc.file import FIELD, Tune, text_of
from firmus.formats.abc.measure import Voice
from firmus.score import Chord, Key, Meter

MAX_NOTES = 200_000
MAX_FIELD = 500
NATURALS = {"C": 60, "D": 62, "E": 64, "F": 65, "G": 67, "A": 69, "B": 71}
ALTERATIONS = {"^": 1, "^^": 2, "_": -1, "__": -2, "=": 0}

_TOKENS = re.compile(
    r"""
      (?P<note>([\^_=]{0,2})(?:\d?/\d?(?=[A-Ga-g]))?([A-Ga-g])([,']*)(\d*)(/*)(\d*))
    | (?P<bar>:*\|[|\]:]*|\[\|[|\]:]*|::+)
    | (?P<ending>\[[ ]*\d[\d,\-.]*|(?:(?<=[|:\]])[ ]?|^[ ]*)\d[\d,\-.]*)
    | (?P<tuplet>\((\d{1,2})(?::(\d{0,2}))?(?::(\d{0,2}))?)
    | (?P<skip>(?:[ \t).~`\\$*;?@\#h-wH-WY]|\((?!\d)|y\d*)+)
    | (?P<rest>[zx](\d*)(/*)(\d*))
    | (?P<bars_rest>[ZX](\d*))
    | (?P<tie>-)
    | (?P<broken>>+|<+)
    | (?P<quoted>"([^"]*)")
    | (?P<grace>\{[^{}]*\})
    | (?P<inline>\[([A-Za-z]):([^\]\[]*)\])
    | (?P<chord>\[([^\]\[|]*)\](\d*)(/*)(\d*))
    | (?P<mark>![^!\s|]+!|!D\.[^!|]*!|\+[^+\s|]+\+)
    | (?P<overlay>&)
    """,
    re.VERBOSE,
)
_GROUPS = dict(_TOKENS.groupindex)
_CHORD_NOTE = re.compile(r"([\^_=]{0,2})([A-Ga-g])([,']*)(\d*)(/*)(\d*)(-?)")
_ORNAMENT = re.compile(r'![^!]*!|\+[^+]*\+|"[^"]*"|\{[^}]*\}')


class Body:
    """Reads the body of one tune; `voices` are those read so far, in order of appearance."""

    def __init__(self, tune: Tune) -> None:
        self.tune = tune
        self.voices: dict[str, Voice] = {}
        self.count = 0
        self.line = tune.line
        self.propagate = "octave"
        self.drum_keys: dict[int, int] = {}  # General MIDI keys by written pitch
        self._handlers: dict[str, Callable[[re.Match[str]], None]] = {
            name: getattr(self, f"_{name}") for name in _GROUPS if name not in ("skip", "grace", "mark")
        }

    def read_all(self) -> list[Voice]:
        """Read the header and every line of music; return the voices in order of appearance."""
        self._header()
        for number, text in self.tune.body:
            self.line = number
            self._read(text)
        for voice in self.voices.values():
            voice.close(self.line)
        return [voice for voice in self.voices.values() if voice.measures]

    def _header(self) -> None:
        by_name = {name: (line, value[:MAX_FIELD]) for line, name, value in self.tune.header}

        def value(name: str) -> str:
            self.line, text = by_name.get(name, (self.tune.line, ""))
            return text

        meter = fields.read_meter(value("M"))
        unit = fields.read_length(value("L")) if value("L").strip() else fields.default_length(meter)
        tempo = fields.read_tempo(value("Q"), unit)
        key = fields.read_key(value("K")) or fields.KeyField(None, {})
        self.default = self.voice = Voice("", meter, key, tempo, unit)
        self._take_properties(self.default, fields.read_properties(value("K")))
        self.default.measure.key = self.default.sounding_key()
        self.voices[""] = self.default
        for number, name, text in self.tune.header:
            self.line = number
            if name == "V":
                self._switch(text[:MAX_FIELD])
            elif name in "%I":
                self._directive(text[:MAX_FIELD].removeprefix("%%").strip())
        self.voice = next(iter(self.voices.values()))

    def _read(self, text: str) -> None:
        if text.startswith("%%"):
            self._directive(text[2:MAX_FIELD].strip())
            return
        match = FIELD.match(text)
        if match:
            self._field(match[1], match[2])
            return
        handlers = self._handlers
        for token in _TOKENS.finditer(text):
            handler = handlers.get(token.lastgroup or "")
            if handler:
                handler(token)

    # Fields and directives

    def _inline(self, token: re.Match[str]) -> None:
        first = _GROUPS["inline"]
        self._field(token[first + 1], token[first + 2].strip())

    def _field(self, name: str, value: str) -> None:
        voice, value = self.voice, value[:MAX_FIELD]
        self._count(1)
        if name == "V":
            self._switch(value)
        elif name == "M":
            voice.meter = fields.read_meter(value)
            self._change(voice.meter)
            voice.measure.restated = not voice.position
        elif name == "L":
            voice.unit = fields.read_length(value)
        elif name == "K":
            key = fields.read_key(value)
            self._take_properties(voice, fields.read_properties(value))
            if key is not None:
                voice.key = key
                self._change(voice.sounding_key())
        elif name == "Q":
            tempo = fields.read_tempo(value, voice.unit)
            if tempo is not None:
                voice.tempo = tempo
                self._change(tempo)
        elif name == "P" and text_of(value):
            label = text_of(value)[:100]
            if not voice.position:
                voice.measure.part = label
            voice.measure.changes.append((voice.position, label))
        elif name == "I":
            self._directive(value)

    def _change(self, value: Meter | Key | float | None) -> None:
        voice, measure = self.voice, self.voice.measure
        if voice.position:
            measure.changes.append((voice.position, value))
        else:
            measure.meter, measure.key, measure.tempo = voice.meter, voice.sounding_key(), voice.tempo

    def _switch(self, value: str) -> None:
        match = re.match(r"\s*(\S+)\s*(.*)", value)
        if match is None or match[1] == "*":
            return
        properties = fields.read_properties(match[2])
        voice = self.voices.get(match[1])
        if voice is None:
            voice = self.voices[match[1]] = self._new_voice(match[1])
            if len(self.voices) > 256:
                raise FormatError(f"voice {match[1][:20]!r}: a tune has at most 256 voices")
        self._take_properties(voice, properties)
        name = properties.get("name") or properties.get("nm")
        if name:
            voice.name = text_of(name)
        if not voice.position:
            voice.measure.key = voice.sounding_key()
        self.voice = voice

    def _new_voice(self, identity: str) -> Voice:
        """Begin a voice with the defaults of the header; the first one takes over the fields before any ``V:``."""
        only = self.voices.get("")
        if only is not None and not only.measures and not only.position:
            del self.voices[""]
            only.identity = identity
            self.default = replace(only, measures=[], shifts=dict(only.shifts))
            return only
        start = self.default
        return Voice(identity, start.meter, start.key, start.tempo, start.unit, shifts=dict(start.shifts))

    def _take_properties(self, voice: Voice, properties: dict[str, str]) -> None:
        """Take what the properties of a ``K:`` or ``V:`` field say of a voice's clef and transposition."""
        voice.shift(fields.transpositions(properties))
        if properties.get("clef", "").startswith("perc"):
            voice.is_drums = True

    def _directive(self, text: str) -> None:
        program = re.match(r"MIDI\s*=?\s*program\s+(\d+)(?:\s+(\d+))?", text)
        if program:
            voice, number = self.voice, program[1]
            if program[2]:
                channel, number = int(program[1][:4]), program[2]
                voices = list(self.voices.values())
                voice = voices[channel - 1] if 1 <= channel <= len(voices) else voice
            if int(number[:9]) > 127:
                raise FormatError(f"%%MIDI program {number[:20]} must be 0 to 127")
            voice.program = int(number)
        elif control := re.match(r"MIDI\s*=?\s*control\s+(7|10)\s+(\d{1,3})\b", text):
            if int(control[2]) > 127:
                raise FormatError(f"%%{text[:40]}: a controller's value must be 0 to 127")
            if control[1] == "7":
                self.voice.volume = int(control[2])
            else:
                self.voice.pan = int(control[2])
        elif re.match(r"MIDI\s*=?\s*channel\s+10\b", text):
            self.voice.is_drums = True
        elif re.match(r"MIDI\s*=?\s*transpose\s+-?\d{1,2}\b", text):
            self.voice.shift({"MIDI": int(text.rsplit(maxsplit=1)[-1])})
        elif drum := re.match(r"(?:MIDI\s*=?\s*drummap|percmap)\s+([\^_=]{0,2})([A-Ga-g])([,']*)\s+(\d{1,3})\b", text):
            if int(drum[4]) > 127:
                raise FormatError(f"%%{text[:40]}: a drum key must be 0 to 127")
            self.drum_keys[_natural(drum[2], drum[3]) + ALTERATIONS.get(drum[1], 0)] = int(drum[4])
        elif text.startswith("propagate-accidentals"):
            self.propagate = text.rsplit(maxsplit=1)[-1]

    # Notes and rests

    def _note(self, token: re.Match[str]) -> None:
        mark, letter, octave, above, slashes, below = token.group(2, 3, 4, 5, 6, 7)
        voice = self.voice
        duration = voice.unit
        if above or slashes:
            upper, lower = _fraction(above, slashes, below)
            duration = duration * upper // lower
        if voice.tuplet[2] or voice.broken != (1, 1):
            duration = self._scaled(duration)
        natural = _natural(letter, octave)
        notes = voice.measure.notes
        voice.last = (len(notes), duration)
        notes.append([voice.position, duration, self._pitch(mark, letter, natural), 0, natural])
        voice.position += duration
        if voice.tied:
            voice.tied = {}
        self._count(1)

    def _count(self, number: int) -> None:
        self.count += number
        if self.count > MAX_NOTES:
            raise FormatError(f"the tune has more than {MAX_NOTES:,} notes, rests and chord symbols")

    def _pitch(self, mark: str, letter: str, natural: int) -> int:
        voice = self.voice
        scope = natural % 12 if self.propagate == "pitch" else natural
        if mark:
            alteration = ALTERATIONS.get(mark, 0)
            if self.propagate != "not":
                voice.accidentals[scope] = alteration
        elif natural in voice.carried and not voice.position:
            alteration = voice.carried[natural]
        elif scope in voice.accidentals:
            alteration = voice.accidentals[scope]
        else:
            alteration = voice.key.alterations.get(letter.upper(), 0)
        if voice.is_drums:  # a key signature does not move drums
            written = natural + (ALTERATIONS.get(mark, 0) if mark else voice.accidentals.get(scope, 0))
            if written in self.drum_keys:
                return self.drum_keys[written]
        pitch = natural + alteration + voice.transpose
        if not 0 <= pitch <= 127:
            raise FormatError(f"note {mark + letter!r}, MIDI pitch {pitch}, lies outside MIDI pitches 0 to 127")
        return pitch

    def _scaled(self, duration: int) -> int:
        """Apply a tuplet and a broken rhythm that wait for this note."""
        voice = self.voice
        above, below, remaining = voice.tuplet
        if remaining:
            duration = duration * below // above
            voice.tuplet = (above, below, remaining - 1)
        duration = duration * voice.broken[0] // voice.broken[1]
        voice.broken = (1, 1)
        return duration

    def _rest(self, token: re.Match[str]) -> None:
        first = _GROUPS["rest"]
        upper, lower = _fraction(*token.group(first + 1, first + 2, first + 3))
        voice = self.voice
        duration = self._scaled(voice.unit * upper // lower)
        voice.last = (len(voice.measure.notes), duration)
        voice.position += duration
        voice.tied = {}
        self._count(1)

    def _bars_rest(self, token: re.Match[str]) -> None:
        voice = self.voice
        count = int(token[_GROUPS["bars_rest"] + 1][:9] or 1)
        if not 1 <= count <= 10_000:
            raise FormatError(f"a rest of {count} bars: 1 to 10,000 is allowed")
        self._count(count)
        bar = (voice.meter.bar if voice.meter else 1920) * fields.SUBTICKS
        for remaining in range(count, 0, -1):
            voice.position += bar
            if remaining > 1:
                voice.close(self.line)
        voice.last = None

    def _chord(self, token: re.Match[str]) -> None:
        first = _GROUPS["chord"]
        chord_notes = _CHORD_NOTE.findall(_ORNAMENT.sub(" ", token[first + 1]))
        if not chord_notes:
            return
        voice = self.voice
        upper, lower = _fraction(*token.group(first + 2, first + 3, first + 4))
        scale = self._scaled(voice.unit * upper // lower)
        notes, begin, advance = voice.measure.notes, len(voice.measure.notes), 0
        for mark, letter, octave, above, slashes, below, tie in chord_notes:
            upper, lower = _fraction(above, slashes, below)
            duration = scale * upper // lower
            advance = advance or duration
            natural = _natural(letter, octave)
            pitch = self._pitch(mark, letter, natural)
            notes.append([voice.position, duration, pitch, 1 if tie else 0, natural])
        voice.tied = {note[4]: note[2] - voice.transpose - note[4] for note in notes[begin:] if note[3]}
        voice.last = (begin, advance)
        voice.position += advance
        self._count(len(chord_notes))

    def _tie(self, token: re.Match[str]) -> None:
        voice = self.voice
        if voice.last is None:
            return
        for note in voice.measure.notes[voice.last[0] :]:
            note[3] = 1
            voice.tied[note[4]] = note[2] - voice.transpose - note[4]

    def _broken(self, token: re.Match[str]) -> None:
        voice = self.voice
        parts = 2 ** min(len(token[0]), 6)
        long, short = (2 * parts - 1, parts), (1, parts)
        before, after = (long, short) if token[0][0] == ">" else (short, long)
        voice.broken = after
        if voice.last is None:
            return
        begin, duration = voice.last
        for note in voice.measure.notes[begin:]:
            note[1] = note[1] * before[0] // before[1]
        changed = duration * before[0] // before[1]
        voice.position += changed - duration
        voice.last = (begin, changed)

    def _tuplet(self, token: re.Match[str]) -> None:
        first = _GROUPS["tuplet"]
        above = int(token[first + 1])
        meter = self.voice.meter
        compound = meter is not None and meter.numerator % 3 == 0 and meter.numerator > 3
        default = {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}.get(above, 3 if compound else 2)
        below, count = int(token[first + 2] or default), int(token[first + 3] or above)
        if not above or not below or not count:
            raise FormatError(f"tuplet {token[0]!r} must have numbers from 1 on, such as (3abc")
        self.voice.tuplet = (above, below, count)

    def _overlay(self, token: re.Match[str]) -> None:
        voice = self.voice
        voice.measure.length = max(voice.measure.length, voice.position)
        voice.position = 0
        voice.last = None
        voice.tuplet = (1, 1, 0)
        voice.overlay_ties |= voice.tied
        voice.tied = {}

    # Barlines, repeats and chord symbols

    def _bar(self, token: re.Match[str]) -> None:
        voice, text = self.voice, token[0].removeprefix("[|]")
        if not text:
            return
        full = voice.close(self.line)
        before = voice.measures[-1] if voice.measures else None
        colons = len(text) - len(text.lstrip(":"))
        trailing = len(text) - len(text.rstrip(":")) if colons < len(text) else colons
        if before is not None and colons:
            before.repeat_end = max(before.repeat_end, 2, colons + 1 if colons < len(text) else 2)
        if before is not None and (colons or trailing or len(text) > 1) and (full or not voice.measure.changes):
            before.final = True
        if trailing:
            voice.measure.repeat_start = True

    def _ending(self, token: re.Match[str]) -> None:
        voice = self.voice
        voice.close(self.line)
        numbers: list[int] = []
        for low, high in re.findall(r"(\d{1,3})(?:-(\d{1,3}))?", token[0]):
            numbers += range(int(low), min(int(high or low), int(low) + 63) + 1)
        voice.measure.endings = tuple(number for number in numbers if 1 <= number <= 64)

    def _quoted(self, token: re.Match[str]) -> None:
        chord = _chord_symbol(token[_GROUPS["quoted"] + 1])
        if chord is not None:
            self._count(1)
            self.voice.measure.changes.append((self.voice.position, chord))


@lru_cache(maxsize=4096)
def _fraction(above: str, slashes: str, below: str) -> tuple[int, int]:
    """Note length as a fraction: ``3/2``, ``/``, ``//``, ``2``."""
    upper = int(above[:6]) if above else 1
    lower = 1 if not slashes else int(below[:6]) if below else 2 ** min(len(slashes), 8)
    if not upper or not 1 <= lower <= 1024 or upper > 10_000:
        raise FormatError(f"note length {(above + slashes + below)[:20]!r} must be a fraction such as 2, 3/2 or /2")
    return upper, lower


@lru_cache(maxsize=4096)
def _chord_symbol(text: str) -> Chord | None:
    """Chord symbol in double quotes; None for an annotation or a fingering."""
    text = text.strip().strip("()[]")
    if not text or text[0] in "^_<>@" or len(text) > 20:
        return None
    try:
        return Chord.parse(text)
    except InvalidScore:
        return None


def _natural(letter: str, octave: str) -> int:
    natural = NATURALS[letter] if letter in NATURALS else NATURALS[letter.upper()] + 12
    return natural + 12 * (octave.count("'") - octave.count(","))
