"""A recorded take, played through a session in simulated time; and a session as a score."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import fields, replace
from itertools import groupby

from firmus._version import __version__
from firmus.analysis import features
from firmus.analysis.keys import estimate
from firmus.composing.origin import digest, estimated_key, marked
from firmus.errors import InvalidBrief
from firmus.live.accompaniment import ANSWER, BASS, CHORDS, DRUMS
from firmus.live.planner import Setup
from firmus.live.session import Immediate, Session
from firmus.score import Key, Part, Score, Tempo
from firmus.timing import seconds
from firmus.work import Brief, Origin, Work

STEP = 0.005  # seconds between two looks at what is due
LONGEST = 3600.0  # seconds of a take
AFTERWARDS_BARS = 9  # in which an answer may come
PROGRAMS = {ANSWER: 73, DRUMS: 0}
NAMES = {ANSWER: "Answer", CHORDS: "Chords", BASS: "Bass", DRUMS: "Drums"}


def key_presses(score: Score) -> list[tuple[float, int, int]]:
    """Time in seconds, pitch and velocity of each key that goes down, or up (velocity 0), in order."""
    notes = sorted(note for part in score.parts if not part.is_drums for note in part.notes)
    found, again = list[tuple[float, int, int]](), dict[int, int]()
    for note in reversed(notes):
        end = min(note.end, again.get(note.pitch, note.end))  # a key is struck again only once it is up
        found += [(seconds(score, note.start), note.pitch, note.velocity), (seconds(score, end), note.pitch, 0)]
        again[note.pitch] = note.start
    return sorted(found, key=lambda each: (each[0], each[2]))


def play(
    take: Score, setup: Setup, executor: Executor | None = None, watch: Callable[[float], None] | None = None
) -> Session:
    """Play a take through a session, whose time is simulated.

    Parameters
    ----------
    take : Score
        It begins with a beat; in its pickup nobody else plays.
    setup : Setup
    executor : concurrent.futures.Executor, optional
        Where plans are made: at once by default.
    watch : callable, optional
        Takes the seconds that are simulated before each step.

    Raises
    ------
    InvalidBrief
        Where nothing is played, or for too long.
    """
    presses = key_presses(take)
    if not presses:
        raise InvalidBrief("the take has no notes: there is nothing to play along with")
    if presses[-1][0] > LONGEST:
        raise InvalidBrief(f"the take lasts {presses[-1][0]:.0f} seconds: {LONGEST:.0f} is the most")
    session = Session(setup, executor or Immediate())
    session.begin(0.0, take.meters[0].bar - take.pickup if take.pickup else 0)
    after = (AFTERWARDS_BARS if ANSWER in setup.plays else 1) * setup.meter.bar
    until = presses[-1][0] + after * 60 / (480 * setup.tempo)
    for now in _steps(until):
        if watch:
            watch(now)
        while presses and presses[0][0] <= now:
            at, pitch, velocity = presses.pop(0)
            if velocity:
                session.press(at, pitch, velocity)
            else:
                session.release(at, pitch)
        session.advance(now)
    return session


def programs(setup: Setup) -> dict[str, int]:
    """Programs of General MIDI, from 0, of the parts that play along.

    Examples
    --------
    >>> programs(Setup(style="pop"))
    {'answer': 73, 'chords': 4, 'bass': 33, 'drums': 0}
    """
    style = setup.band.patterns
    return {ANSWER: PROGRAMS[ANSWER], CHORDS: style.chord_program, BASS: style.bass_program, DRUMS: PROGRAMS[DRUMS]}


def as_score(session: Session, title: str = "") -> Score:
    """What was played, and what was played along, with the chords and the tempo that were followed."""
    meter = session.setup.meter
    parts = [Part("Player", tuple(session.listener.notes), 0)]
    for name, program in programs(session.setup).items():
        notes = tuple(session.scheduler.played[name])
        parts += [Part(NAMES[name], notes, program, is_drums=name == DRUMS)] if notes else []
    tempi = [Tempo(tick, round(bpm)) for tick, bpm in session.tempi]
    tempi = [next(same) for _, same in groupby(tempi, key=lambda tempo: tempo.bpm)]
    symbols = [replace(each.chord, start=each.tick) for each in session.beats if each.chord]
    chords = [next(same) for _, same in groupby(symbols, key=lambda chord: chord.text)]
    score = Score(tuple(parts), (meter,), tuple(tempi), chords=tuple(chords), title=title)
    found = session.setup.key or _key(parts[0])
    return replace(score, keys=(found,) if found else ())


def as_work(session: Session, title: str, brief: dict[str, object], take: Score | None = None) -> Work:
    """The same with its origin."""
    score = marked(as_score(session, title))
    figures = session.figures
    measured: dict[str, object] = {
        "hit_rate": round(figures.hit_rate, 4),
        "backup_level": max(figures.levels, default=0),
        "late_notes": session.scheduler.late,
    }
    known = {field.name for field in fields(Brief)}
    brief = {name: value for name, value in brief.items() if value not in (None, "")}  # left open
    asked = {name: value for name, value in brief.items() if name in known}
    measured |= {name: value for name, value in brief.items() if name not in known}  # `plays` and its like
    composed = tuple((0, score.end, place) for place in range(1, len(score.parts)))
    origin = Origin(
        firmus=__version__, model="rules", weights="", task="jam", seed=session.setup.seed, brief=asked,
        measured={**features.summary(score), **estimated_key(score), **measured}, composed=composed,
        source=digest(take) if take else "",
    )  # fmt: skip
    return Work(score, origin)


def _key(part: Part) -> Key | None:
    found = estimate(Score((part,)))
    return found.key if found else None


def _steps(until: float) -> Iterator[float]:
    return (number * STEP for number in range(int(until / STEP) + 1))
