"""Sessions: music of 5 to 60 minutes that leads from a listener's state to another, for rest, sleep, work or walking.

Melodies and their chords are composed by the model, 16 bars each (style ``lead-sheet``), come back with some bars
composed anew, and are arranged by rule (`arrangement`) along a `trajectory`. What was made is measured (`Session.rows`,
`Session.summary`). No medical claim is made; see ``docs/uses/wellbeing.md`` for what is known and what is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import atanh
from pathlib import Path
from typing import Any

import numpy as np

from firmus.analysis import emotion as emotions
from firmus.analysis.composition import voices
from firmus.composing.commission import draw_seed
from firmus.composing.origin import estimated_key
from firmus.harmony import Key
from firmus.pitch import fifths
from firmus.production.scoring import TONICS, Compose, cut
from firmus.production.sessions import arrangement
from firmus.production.sessions.trajectory import BARS, PRESETS, Phrase, Trajectory
from firmus.render import files, mastering, synth
from firmus.rights.files import labelled
from firmus.score import Meter, Note, Score, Section, Tempo
from firmus.timing import seconds
from firmus.work import Brief, Work

BAR = 1920
THEME_BARS = 16
THEMES = ((12, 2), (24, 3), (45, 4))  # sections up to which there are so many themes; five beyond
LETTERS = "ABCDEFGHIJ"  # of themes in both modes
VARIED = ("9-12", "5-8", "3-6")  # bars that are composed anew in each return
LOUDNESS = -20.0  # LUFS
SWELL = 1.5  # decibels of loudness that breathing adds and takes
USUAL_AROUSAL, AROUSAL_SCALE = -0.6, 0.35  # of what is measured of so soft an arrangement, against what is asked
FULLER = (0, 1, -1, 2, -2)  # degrees of broken chords that are tried
MOST_LOUDER, STEADY = 16.0, 0.3  # steps of velocity; what a change of loudness costs against an error of arousal
INHALE = 0.4  # share of a breath
QUIETER = 10.0  # decibels by which a session that fades becomes softer
SILENT = (0.6, 0.85)  # shares of a session that fades, after which every second phrase, and every one, has no melody
ENDINGS = ("mid", "musicxml")


@dataclass(frozen=True, slots=True)
class Session:
    """A Work along a trajectory."""

    work: Work
    trajectory: Trajectory

    @property
    def rows(self) -> list[dict[str, Any]]:
        """What was made, a row a section, as measured: beside tempo and arousal, what was asked."""
        score, found = self.work.score, []
        starts = [section.start for section in score.sections]
        for phrases, (first, last) in zip(self.trajectory.sections, pairwise([*starts, score.end]), strict=True):
            own = stretch(score, first, last)
            felt = emotions.emotion(own)
            length = seconds(score, last) - seconds(score, first)
            found.append(
                {
                    "start": round(seconds(score, first), 2),
                    "bpm": round((last - first) / 480 / length * 60, 2),
                    "bpm_asked": round(_mean_tempo(phrases), 2),
                    "phrase_seconds": round(length / len(phrases), 2),
                    "breaths_a_minute": round(60 * len(phrases) / length, 2) if self.trajectory.breathes else None,
                    "arousal": felt.arousal if felt else None,
                    "valence": felt.valence if felt else None,
                    "velocity": round(float(np.mean([note.velocity for part in own.parts for note in part.notes])), 1),
                }
            )
        return found

    @property
    def summary(self) -> dict[str, float]:
        """How near to the trajectory it is: greatest errors of tempo (bpm) and of a phrase's length (share), and more.

        `arousal_against` is how far arousal, by the rules of `firmus.analysis.emotion`, ever goes against its
        direction; `clashes` the share of beats with a semitone.
        """
        score, rows = self.work.score, self.rows
        edges = [seconds(score, place * self._phrase_ticks) for place in range(len(self.trajectory.phrases) + 1)]
        errors = [
            abs((last - first) / phrase.seconds - 1)
            for (first, last), phrase in zip(pairwise(edges), self.trajectory.phrases, strict=True)
        ]
        arousal = [row["arousal"] for row in rows if row["arousal"] is not None]
        sign = 1 if self.trajectory.phrases[-1].arousal >= self.trajectory.phrases[0].arousal else -1
        reached = np.maximum.accumulate(sign * np.array(arousal))
        pitches = [note.pitch for part in score.parts if not part.is_drums for note in part.notes]
        return {
            "seconds": round(seconds(score, score.end), 2),
            "tempo_error": round(max(abs(row["bpm"] - row["bpm_asked"]) for row in rows), 3),
            "phrase_error": round(max(errors), 5),
            "arousal_first": arousal[0],
            "arousal_last": arousal[-1],
            "arousal_against": round(float((reached - sign * np.array(arousal)).max()), 3),
            "largest_tempo_step": round(max((abs(b.bpm - a.bpm) for a, b in pairwise(score.tempi)), default=0.0), 2),
            "lowest": min(pitches),
            "highest": max(pitches),
            "clashes": round(voices.clashes(score), 3),
        }

    @property
    def _phrase_ticks(self) -> int:
        return BARS * self.work.score.meters[0].bar

    def sound(self) -> synth.Audio:
        """The sound, at -20 LUFS, swelling and ebbing with the breath where it is paced."""
        audio = synth.render(self.work.score, loudness=LOUDNESS)
        rate, fades = audio.sample_rate, PRESETS[self.trajectory.preset].fades
        whole = len(audio.samples)
        for phrase in self.trajectory.phrases:
            first, last = (min(round(at * rate), whole) for at in (phrase.start, phrase.start + phrase.seconds))
            share = np.arange(last - first, dtype=np.float32) / max(last - first, 1)
            decibels = SWELL * _breath(share) if self.trajectory.breathes else np.zeros(last - first)
            if fades:
                decibels = decibels - QUIETER * np.linspace(first, last, last - first) / whole
            audio.samples[first:last] *= (10 ** (decibels / 20)).astype(np.float32)[:, None]
        mastering.limit(audio.samples, rate)
        return audio

    def save(self, folder: str | Path, *, ending: str = ".mp3", force: bool = False) -> list[Path]:
        """Write its notes, and its sound as ``session.mp3``.

        Raises
        ------
        OutputExists
            Where the folder already holds something, unless `force`.
        """
        target = Path(folder)
        files.check_free(target, force)
        data = labelled(self.work, synth.encode(self.sound(), ending, {"title": self.work.score.title}), ending)
        written = self.work.save(target, endings=ENDINGS, force=force)
        path = target / f"session{ending}"
        path.write_bytes(data)
        return [path, *written]


def compose(
    trajectory: Trajectory, perform: Compose, *, seed: int | None = None, key: str | None = None, **others: Any
) -> Session:
    """Compose a session.

    Parameters
    ----------
    trajectory : Trajectory
    perform : callable
        Performs a Brief by a verb.
    seed : int, optional
    key : str, optional
        A major key, or the relative one of the minor sections.
    **others
        Further fields of a Brief, such as `model` and `effort`.

    Raises
    ------
    InvalidBrief, ModelError
    """
    seed = draw_seed() if seed is None else seed
    sections = trajectory.sections
    count = next((themes for most, themes in THEMES if len(sections) <= most), THEMES[-1][1] + 1)
    home = Key.parse(key) if key else Key(0, TONICS[seed % len(TONICS)])
    composer = _Themes(trajectory, home, perform, seed, others)
    lines: list[list[Note]] = [[] for _ in arrangement.parts(trajectory.preset)]
    bar = Meter(0, *(int(each) for each in trajectory.meter.split("/"))).bar
    ticks, marks, chords, louder = 0, [], [], 0.0
    heard: list[tuple[str, int]] = []
    for phrases in sections:
        mode = _mode(phrases)
        before = sum(each == mode for each, _ in heard)
        number, turn = before % count, before // count
        theme = composer.theme(number, turn, mode)
        heard.append((mode, number))
        section, louder = _arranged(theme, phrases, trajectory, louder)
        for line, own in zip(lines, section, strict=True):
            line += [replace(note, start=note.start + ticks) for note in own]
        first = theme.end - BARS * bar * len(phrases)
        chords += [replace(each, start=each.start - first + ticks) for each in theme.chords if each.start >= first]
        letter = LETTERS[list(dict.fromkeys(heard)).index(heard[-1])]
        marks.append(Section(ticks, letter + "'" * min(turn, len(VARIED))))
        ticks += BARS * bar * len(phrases)
    parts = tuple(
        replace(part, notes=tuple(sorted(line, key=lambda note: (note.start, note.pitch))))
        for part, line in zip(arrangement.parts(trajectory.preset), lines, strict=True)
    )
    score = Score(
        parts,
        meters=(Meter(0, *(int(each) for each in trajectory.meter.split("/"))),),
        tempi=_tempi(trajectory, bar),
        keys=(home,),
        sections=tuple(marks),
        chords=tuple(chords),
        title=f"Session: {trajectory.preset}",
        end=ticks,
    )
    return Session(_work(composer.works[0], score, trajectory, seed), trajectory)


class _Themes:
    """Themes of 16 bars by number and mode, which come back with some bars composed anew."""

    def __init__(self, trajectory: Trajectory, home: Key, perform: Compose, seed: int, others: dict[str, Any]) -> None:
        self.meter, self.home, self.perform, self.seed, self.others = trajectory.meter, home, perform, seed, others
        self.works: list[Work] = []
        self._known: dict[tuple[int, int, str], Score] = {}

    def theme(self, number: int, turn: int, mode: str) -> Score:
        """A theme as it is heard the so-manieth time."""
        turn = turn % (len(VARIED) + 1)
        if (number, turn, mode) not in self._known:
            self._known[number, turn, mode] = self._composed(number, turn, mode)
        return self._known[number, turn, mode]

    def _composed(self, number: int, turn: int, mode: str) -> Score:
        signature = fifths(self.home.tonic) - (3 if self.home.mode == "minor" else 0)
        key = Key.from_signature(signature, "minor" if mode == "minor" else "major")
        seed = (self.seed + 101 * number + 13 * turn) % 2**63
        if turn:
            source = self.theme(number, turn - 1, mode)
            brief = Brief.of(source=source, bars=VARIED[turn - 1], key=key.text, seed=seed, **self.others)
            return self.perform("infill", brief).score
        brief = Brief.of(style="lead-sheet", bars=THEME_BARS, meter=self.meter, key=key.text, pickup=0.0, seed=seed,
                         **self.others)  # fmt: skip
        work = self.perform("compose", brief)
        self.works.append(work)
        return cut(work.score, THEME_BARS * work.score.meters[0].bar)


def stretch(score: Score, first: int, last: int) -> Score:
    """The notes of a score from one tick to another, at its tempo there."""
    tempo = next(each for each in reversed(score.tempi) if each.start <= first)
    parts = tuple(
        replace(
            part,
            notes=tuple(replace(note, start=note.start - first) for note in part.notes if first <= note.start < last),
        )
        for part in score.parts
    )
    return Score(parts, meters=score.meters, tempi=(replace(tempo, start=0),), end=last - first)


def _mean_tempo(phrases: Sequence[Phrase]) -> float:
    """Quarter notes a minute over some phrases."""
    quarters = sum(phrase.seconds * phrase.bpm / 60 for phrase in phrases)
    return quarters / sum(phrase.seconds for phrase in phrases) * 60


def _mode(phrases: Sequence[Phrase]) -> str:
    return "minor" if phrases[0].valence < -0.05 else "major"


def _has_melody(trajectory: Trajectory, phrase: Phrase) -> bool:
    """Whether a phrase has a melody: towards the end of a session that fades, fewer and fewer."""
    if not PRESETS[trajectory.preset].fades:
        return True
    last = trajectory.phrases[-1]
    done = phrase.start / (last.start + last.seconds)
    return done < SILENT[0] or (done < SILENT[1] and trajectory.phrases.index(phrase) % 2 == 0)


def _tempi(trajectory: Trajectory, bar: int) -> tuple[Tempo, ...]:
    """Tempo marks, where the tempo changes."""
    found: list[Tempo] = []
    for place, phrase in enumerate(trajectory.phrases):
        if not found or abs(found[-1].bpm - phrase.bpm) > 1e-9:
            found.append(Tempo(place * BARS * bar, phrase.bpm))
    return tuple(found)


def _arranged(
    theme: Score, phrases: Sequence[Phrase], trajectory: Trajectory, before: float
) -> tuple[list[list[Note]], float]:
    """A section whose measured arousal is where the trajectory has it, as nearly as what is soft and steady allows.

    Returned besides is the velocity that was added; `before` is that of the section before.
    """
    with_melody = [_has_melody(trajectory, phrase) for phrase in phrases]
    asked = sum(phrase.arousal for phrase in phrases) / len(phrases)
    wanted = atanh(USUAL_AROUSAL + AROUSAL_SCALE * asked)
    found = []
    for fuller in FULLER:
        lines = arrangement.arranged(theme, phrases, trajectory.preset, trajectory.meter, with_melody=with_melody,
                                     fuller=fuller)  # fmt: skip
        parts = (replace(part, notes=tuple(line)) for part, line in
                 zip(arrangement.parts(trajectory.preset), lines, strict=True))  # fmt: skip
        felt = emotions.emotion(Score(tuple(parts), tempi=(Tempo(0, _mean_tempo(phrases)),)))
        missing = (wanted - atanh(min(max(felt.arousal, -0.99), 0.99))) if felt else 0.0
        missing *= emotions.SPREAD_AROUSAL * emotions.LOUDNESS  # in steps of velocity
        louder = min(max(missing, -MOST_LOUDER), MOST_LOUDER)
        found.append((abs(missing - louder) + STEADY * abs(louder - before), louder, lines))
    _, louder, lines = min(found, key=lambda each: each[0])
    return [arrangement.louder(line, louder) for line in lines], louder


def _breath(share: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Loudness over a breath, -1 to 1: up while it is taken, down while it goes."""
    up, down = share / INHALE, (share - INHALE) / (1 - INHALE)
    return np.where(share < INHALE, -np.cos(np.pi * up), np.cos(np.pi * down))


def _work(first: Work, score: Score, trajectory: Trajectory, seed: int) -> Work:
    measured = {**estimated_key(score), "style": "lead-sheet", "session": trajectory.preset}
    origin = replace(
        first.origin,
        task="soothe",
        seed=seed,
        brief={"session": trajectory.preset, "seed": seed},
        measured=measured,
        composed=tuple((0, score.end, part) for part in range(len(score.parts))),
        source="",
        rules={},
    )
    return Work(score, origin)
