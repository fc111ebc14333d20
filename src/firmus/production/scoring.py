"""Scoring a scene: each span is whole bars at a tempo that fits it exactly, composed on from the one before it.

The first span is a Brief of ``compose``, every other one of ``continue``, in the mode, mood and tempo of the span, so
that a hit point is a barline. Loudness follows arousal. A loop has no ending: its last two bars are composed as the
way back into the first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from statistics import mean
from typing import Any, Literal

from firmus.analysis import features
from firmus.composing.origin import estimated_key
from firmus.errors import InvalidBrief
from firmus.pitch import fifths
from firmus.production.scenes import Span
from firmus.score import Key, Note, Part, Score, Section, Tempo
from firmus.work import Brief, Work

Compose = Callable[[str, Brief], Work]
"""Performs a Brief by a verb."""
Mode = Literal["major", "minor"]

METER, BAR = "4/4", 1920
TONICS = ("C", "D", "E", "F", "G", "A")
USUAL_TEMPO, OCTAVE = 92.0, 0.45  # quarter notes a minute at arousal 0, and by how many doublings arousal 1 is faster
TEMPI = (30.0, 200.0)
SOFT, LOUD = 46, 104  # mean velocity at arousal -1 and 1
EVENNESS = 0.5  # how much of the differences of velocity within a span stays
ACCENT = 22  # velocity that a hit adds
NEUTRAL = 0.05  # valence nearer to 0 keeps the mode of the span before
CUT = 2  # bars of a new piece in which it closes, which are cut where it goes on
TURN = 2  # bars at the end of a loop that lead back


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked of every span alike: fields of a Brief beside those that the scene decides."""

    seed: int
    style: str = "quartet"
    key: str | None = None
    loop: bool = False
    title: str = ""
    others: dict[str, Any] = field(default_factory=dict)
    """Further fields, such as `model` and `effort`."""


def tempo_of(arousal: float) -> float:
    """Usual tempo of an arousal, in quarter notes a minute.

    Examples
    --------
    >>> tempo_of(0), round(tempo_of(-0.6)), round(tempo_of(0.8))
    (92.0, 76, 118)
    """
    return float(USUAL_TEMPO * 2 ** (OCTAVE * arousal))


def fitted(seconds: float, near: float) -> tuple[int, float]:
    """Bars of 4/4 that last so many seconds exactly, and their tempo, nearest to one.

    Examples
    --------
    >>> fitted(12, 76)
    (4, 80.0)
    """
    exact = seconds * near / 240
    bars = max(1, int(exact))
    bars = min(bars, bars + 1, key=lambda count: max(count / exact, exact / count))
    while bars > 1 and bars * 240 / seconds > TEMPI[1]:
        bars -= 1
    return bars, bars * 240 / seconds


def mode_of(valence: float, before: Mode) -> Mode:
    """Mode of a span: that of its valence, or of the span before where this is neutral."""
    return before if abs(valence) < NEUTRAL else "major" if valence > 0 else "minor"


def compose(spans: Sequence[Span], request: Request, perform: Compose) -> Work:
    """Compose a scene.

    Parameters
    ----------
    spans : sequence of Span
    request : Request
    perform : callable
        ``compose`` and ``continue``, and ``infill`` for a loop.

    Raises
    ------
    InvalidBrief
        Where the style or the key cannot be had.
    """
    keys = _keys(spans, request)
    fits = [fitted(span.seconds, tempo_of(span.arousal)) for span in spans]
    work: Work | None = None
    starts = [0]
    for place, span in enumerate(spans):
        is_last = place + 1 == len(spans)
        brief = _brief(span, place, keys[place], request)
        bars = fits[place][0]
        if work is None:
            extra = 0 if is_last and not request.loop else CUT
            work = perform("compose", replace(brief, bars=bars + extra, meter=METER, pickup=0.0, form="none",
                                              tempo=round(tempo_of(span.arousal)), style=request.style))  # fmt: skip
            work = replace(work, score=cut(work.score, bars * BAR))
        else:
            closes = is_last and not request.loop
            work = perform("continue", replace(brief, source=work.score, bars=bars, close=closes))
        starts.append(starts[-1] + bars * BAR)
    if work is None:
        raise InvalidBrief("a scene of no moods: it has at least one, such as 'calm'")
    if request.loop:
        work = _turned(work, keys[-1], starts[-1], request, perform)
    score = replace(
        work.score,
        tempi=tuple(Tempo(start, tempo) for start, (_, tempo) in zip(starts, fits, strict=False)),
        keys=tuple(
            replace(key, start=start)
            for place, (start, key) in enumerate(zip(starts, keys, strict=False))
            if place == 0 or key != keys[place - 1]
        ),
        sections=tuple(Section(start, span.name[:100]) for start, span in zip(starts, spans, strict=False)),
        title=request.title or work.score.title,
    )
    score = with_dynamics(score, starts, spans)
    return _finished(work, score, spans, request)


def cut(score: Score, end: int) -> Score:
    """A score up to a tick.

    Examples
    --------
    >>> cut(Score((Part("", (Note(0, 960, 60), Note(960, 960, 62))),)), 1440).parts[0].notes[1].duration
    480
    """

    def kept(part: Part) -> Part:
        notes = (replace(note, duration=min(note.end, end) - note.start) for note in part.notes if note.start < end)
        return replace(part, notes=tuple(notes))

    lanes: dict[str, Any] = {name: tuple(each for each in getattr(score, name) if each.start < end)
             for name in ("meters", "tempi", "keys", "chords", "sections")}  # fmt: skip
    return replace(score, parts=tuple(kept(part) for part in score.parts), end=end, **lanes)


def with_dynamics(score: Score, starts: Sequence[int], spans: Sequence[Span]) -> Score:
    """Velocities that follow arousal, and accents on the hits, where a chord stands on the barline.

    Parameters
    ----------
    score : Score
    starts : sequence of int
        Tick of each span, and of the end.
    spans : sequence of Span
    """
    by_span = list(zip(starts, starts[1:], spans, strict=False))
    parts = list(score.parts)
    for start, end, span in by_span:
        inside = [note.velocity for part in parts for note in part.notes if start <= note.start < end]
        if not inside:
            continue
        target = SOFT + (LOUD - SOFT) * (span.arousal + 1) / 2
        usual = mean(inside)
        hit = start if span.is_hit else None
        if hit is not None:
            parts = [_struck(part, start, min(end, start + BAR)) for part in parts]
        parts = [_levelled(part, (start, end), (usual, target), hit) for part in parts]
    return replace(score, parts=tuple(parts))


def _levelled(part: Part, span: tuple[int, int], level: tuple[float, float], hit: int | None) -> Part:
    """A part whose velocities in a span lie about a level instead of another, at half their distance from it."""
    usual, target = level

    def moved(note: Note) -> Note:
        if not span[0] <= note.start < span[1]:
            return note
        velocity = target + EVENNESS * (note.velocity - usual) + (ACCENT if note.start == hit else 0)
        return replace(note, velocity=min(max(round(velocity), 1), 127))

    return replace(part, notes=tuple(moved(note) for note in part.notes))


def _struck(part: Part, hit: int, latest: int) -> Part:
    """A part that enters on a hit: what sounds over it ends there, and the first note after it begins there."""
    first = min((note.start for note in part.notes if hit <= note.start < latest), default=None)
    notes = []
    for note in part.notes:
        if note.start < hit < note.end:
            notes.append(replace(note, duration=hit - note.start))
        elif note.start == first:
            notes.append(replace(note, start=hit, duration=note.end - hit))
        else:
            notes.append(note)
    return replace(part, notes=tuple(notes))


def _keys(spans: Sequence[Span], request: Request) -> list[Key]:
    """Key of each span: one tonic, and the mode of its valence."""
    given = Key.parse(request.key) if request.key else None
    tonic = given.tonic if given else TONICS[request.seed % len(TONICS)]
    mode: Mode = given.mode if given else "minor" if mean(span.valence for span in spans) < 0 else "major"
    keys = []
    for span in spans:
        mode = mode_of(span.valence, mode)
        if given and len(spans) == 1:
            mode = given.mode
        keys.append(_key(tonic, mode))
    return keys


def _key(tonic: str, mode: Mode) -> Key:
    """The key on a tonic, by its other name where that has fewer sharps or flats.

    Examples
    --------
    >>> _key("Ab", "minor").text, _key("Db", "minor").text
    ('Ab minor', 'C# minor')
    """
    signature = fifths(tonic) - (3 if mode == "minor" else 0)
    return Key.from_signature(signature - 12 * (signature > 7) + 12 * (signature < -7), mode)


def _brief(span: Span, place: int, key: Key, request: Request) -> Brief:
    mood = f"{span.valence},{span.arousal}"
    return Brief.of(key=key.text, mood=mood, seed=(request.seed + place) % 2**63, **request.others)


def _turned(work: Work, key: Key, end: int, request: Request, perform: Compose) -> Work:
    """A loop whose last bars lead into its first, which stand after them while they are composed."""
    score, bars = work.score, end // BAR
    if bars <= TURN + 1:
        return work
    head = cut(score, TURN * BAR)
    parts = tuple(
        replace(part, notes=(*part.notes, *(replace(note, start=note.start + end) for note in first.notes)))
        for part, first in zip(score.parts, head.parts, strict=True)
    )
    doubled = replace(score, parts=parts, end=end + TURN * BAR)
    which = f"{bars - TURN + 1}-{bars}"
    brief = Brief.of(source=doubled, bars=which, key=key.text, seed=request.seed, **request.others)
    done = perform("infill", brief)
    return replace(done, score=cut(done.score, end))


def _finished(work: Work, score: Score, spans: Sequence[Span], request: Request) -> Work:
    asked = {"style": request.style, "seconds": spans[-1].end, "seed": request.seed, "key": request.key,
             "title": request.title, **request.others}  # fmt: skip
    measured = {
        **features.summary(score),
        **estimated_key(score),
        "style": request.style,
        "scene": [{"name": span.name, "start": span.start, "end": span.end, "valence": span.valence,
                   "arousal": span.arousal} for span in spans],
    }  # fmt: skip
    origin = replace(
        work.origin,
        task="produce",
        seed=request.seed,
        brief={name: value for name, value in asked.items() if value},
        measured=measured,
        composed=tuple((0, score.end, part) for part in range(len(score.parts))),
        source="",
        rules={},
    )
    return Work(score, origin)
