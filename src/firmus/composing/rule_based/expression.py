"""Expression: timing, loudness, articulation and pedal of a written piece, by rules of performance.

======================= ============================================================================================
phrase arch             tempo and loudness rise within a phrase and fall to its end, as a parabola: N. Todd, *The
                        dynamics of dynamics*, JASA 91 (1992)
final ritard            speed falls as that of a runner who comes to rest, v(x) = (1 + (w^q - 1) x)^(1/q), q = 3:
                        A. Friberg & J. Sundberg, *Does music performance allude to locomotion?*, JASA 105 (1999)
melodic lead            the melody is louder than what goes with it, and some 15 ms ahead: W. Goebl, *Melody lead in
                        piano performance*, JASA 110 (2001)
high loud, metre,       higher notes, notes on strong beats and long notes are louder; a note before its own
repetition              repetition is shorter: A. Friberg, R. Bresin & J. Sundberg, *Overview of the KTH rule system
                        for musical performance*, Advances in Cognitive Psychology 2 (2006)
deviation               each part drifts by some milliseconds, slowly (noise with memory)
pedal                   of a piano: changed with the harmony, just after the chord is struck
======================= ============================================================================================

Drums have the timing and loudness of drummers instead, by the model `DRUMMER`, where it can read them. The sizes are
those of the sources, rounded; they are conventions, and no performance was measured against them. Notes, and what is
written, stay: the tempo is in the tempo map, and notes are moved by so little that notation is the same.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from firmus.analysis import chords, features
from firmus.analysis.melody import Phrase, melody_part, phrases, skyline
from firmus.analysis.quantisation import is_played
from firmus.composing import latent
from firmus.composing import origin as origins
from firmus.composing.commission import Commission
from firmus.composing.selection import bar_spans
from firmus.composing.source import source_of
from firmus.errors import InvalidBrief
from firmus.pitch import NO_CHORD
from firmus.progress import Progress
from firmus.runtime.weights import card
from firmus.score import TICKS_PER_QUARTER, Note, Part, Score, Tempo
from firmus.timing import Bar, bar_at, bars, beat, seconds
from firmus.work import Work

DRUMMER = "vae-groove"
ARCH_TEMPO, ARCH_LOUDNESS = 0.1, 14.0  # from the ends of a phrase to its middle: share of the tempo, velocity
RITARD_BEATS, RITARD_TO, RITARD_CURVE = 4, 0.6, 3.0  # w and q of the formula
LEAD, LOUDER = 0.015, 8.0  # seconds and velocity of the melody before and above the rest
HIGH = 0.25  # velocity for each semitone above the part's mean
STRONG, WEAK = 5.0, -4.0  # velocity on the first beat of a bar, and between beats
DETACHED = 60  # ticks at most, and an eighth of its length, that a note is shorter which is struck again at once
MOST_MOVED = 9  # ticks: notation still reads where the note belongs (`firmus.notation.quantisation`)
DRIFT, MEMORY, UNEVEN = 0.005, 0.8, 2.5  # seconds; correlation from note to note; velocity
PIANOS = range(6)  # General MIDI programs with a sustain pedal
PEDAL_LATE, PEDAL_FREE = 0.06, 0.02  # seconds from the chord to the pedal, and from its release to the chord


def prepare(commission: Commission) -> None:
    """Refuse what cannot be asked for."""
    source = source_of(commission)
    if commission.request.get("bars") is not None or commission.named_parts:
        raise InvalidBrief("perform plays the whole piece: leave bars and parts out")
    if is_played(source):
        raise InvalidBrief(
            "the piece has a player's timing already: perform is for written music; convert --quantise puts it on beats"
        )


def perform(commission: Commission, progress: Progress | None) -> list[Work]:
    """Perform the piece once from each seed."""
    source, works = source_of(commission), []
    amount = 1.0 if commission.amount is None else commission.amount
    for done, seed in enumerate(commission.seeds, 1):
        generator = np.random.default_rng(seed)
        score = _with_drummer(performed(source, amount, generator), commission, seed)
        measured = {**features.qualities(score), "seconds": round(seconds(score, score.end), 2)}
        works.append(origins.work(commission, seed, score, measured=measured))
        if progress:
            progress("perform", done, len(commission.seeds))
    return works


def performed(score: Score, amount: float, generator: np.random.Generator) -> Score:
    """A score with expression; drums stay as they are.

    Parameters
    ----------
    score : Score
    amount : float
        Of every rule, above 0 to 1.
    generator : numpy.random.Generator

    Examples
    --------
    >>> tune = Score((Part("Tune", tuple(Note(480 * i, 480, 60 + i % 5) for i in range(32))),))
    >>> played = performed(tune, 1.0, np.random.default_rng(1))
    >>> [note.pitch for note in played.parts[0].notes] == [note.pitch for note in tune.parts[0].notes]
    True
    >>> played.tempi[-1].bpm < 0.8 * tune.tempi[0].bpm
    True
    """
    all_bars, spans, melody = bars(score), phrases(score), melody_part(score)
    curved = replace(score, tempi=tempo_curve(score, all_bars, spans, amount))
    parts = []
    for part in score.parts:
        if part.is_drums or not part.notes:
            parts.append(part)
            continue
        leading = _leading(part, part is melody)
        notes = _loudness(part, leading, all_bars, spans, amount)
        notes = _timing(notes, leading, curved, amount, generator)
        parts.append(replace(part, notes=tuple(notes), pedal=part.pedal or _pedal(part, score, curved)))
    return replace(curved, parts=tuple(parts))


def tempo_curve(score: Score, all_bars: Sequence[Bar], spans: Sequence[Phrase], amount: float) -> tuple[Tempo, ...]:
    """The tempo of every beat: an arch for each phrase, about the tempo that is written; then the final ritard."""
    beats = [(start, bar) for bar in all_bars for start in range(bar.start, bar.end, beat(bar.meter))]
    factors = np.array([1 + amount * ARCH_TEMPO * (2 / 3 - _from_middle(start, spans)) for start, _ in beats])
    count = min(RITARD_BEATS, len(beats) // 4)
    factors[0], lowest = 1.0, 1 - amount * (1 - RITARD_TO)
    for place in range(count):
        x = (place + 1) / count
        factors[len(beats) - count + place] = (1 + (lowest**RITARD_CURVE - 1) * x) ** (1 / RITARD_CURVE)
    curve, place = [], 0
    for (start, _), factor in zip(beats, factors, strict=True):
        while place + 1 < len(score.tempi) and score.tempi[place + 1].start <= start:
            place += 1
        curve.append(Tempo(start, round(score.tempi[place].bpm * float(factor), 2)))
    return tuple(curve)


def _from_middle(tick: int, spans: Sequence[Phrase]) -> float:
    """Squared distance of a tick from the middle of its phrase: 1 at its ends, and between phrases."""
    for span in spans:
        if span.start <= tick < span.end:
            return float((2 * (tick - span.start) / (span.end - span.start) - 1) ** 2)
    return 1.0


def _leading(part: Part, is_melody: bool) -> frozenset[tuple[int, int]]:
    """Onsets and pitches of the notes of the melody; none where it is not in this part."""
    return frozenset((start, pitch) for start, _, pitch in skyline(part).tolist()) if is_melody else frozenset()


def _loudness(
    part: Part, leading: frozenset[tuple[int, int]], all_bars: list[Bar], spans: Sequence[Phrase], amount: float
) -> list[Note]:
    middle = float(np.mean([note.pitch for note in part.notes]))
    notes = []
    for note in part.notes:
        bar = all_bars[bar_at(all_bars, note.start)]
        place = (note.start - bar.start) % beat(bar.meter)
        more = ARCH_LOUDNESS * (2 / 3 - _from_middle(note.start, spans)) + HIGH * (note.pitch - middle)
        more += STRONG if note.start == bar.start else WEAK if place else 0.0
        more += LOUDER if (note.start, note.pitch) in leading else 0.0
        notes.append(replace(note, velocity=int(np.clip(round(note.velocity + amount * more), 1, 127))))
    return notes


def _timing(
    notes: list[Note],
    leading: frozenset[tuple[int, int]],
    curved: Score,
    amount: float,
    generator: np.random.Generator,
) -> list[Note]:
    """Notes a little early or late, and uneven; chords go together, but for the melody, which leads."""
    struck: dict[int, list[int]] = {}
    for note in notes:
        struck.setdefault(note.pitch, []).append(note.start)
    starts = [tempo.start for tempo in curved.tempi]
    moved, drift, before = [], 0.0, -1
    for note in notes:
        if note.start != before:
            before = note.start
            drift = MEMORY * drift + (1 - MEMORY**2) ** 0.5 * DRIFT * float(generator.standard_normal())
        bpm = curved.tempi[max(0, bisect_right(starts, note.start) - 1)].bpm
        late = amount * (drift - (LEAD if (note.start, note.pitch) in leading else 0.0))
        moves = round(late * bpm / 60 * TICKS_PER_QUARTER)
        start = max(0, note.start + min(max(moves, -MOST_MOVED), MOST_MOVED))
        again = note.end in struck[note.pitch]
        end = note.end - (round(amount * min(DETACHED, note.duration / 8)) if again else 0)
        uneven = round(amount * UNEVEN * float(generator.standard_normal()))
        velocity = int(np.clip(note.velocity + uneven, 1, 127))
        moved.append(replace(note, start=start, duration=max(1, end - start), velocity=velocity))
    return moved


def _pedal(part: Part, score: Score, curved: Score) -> tuple[tuple[int, int], ...]:
    """Pedal down after each chord, up before the next; none for an instrument that has none."""
    if (
        part.program not in PIANOS
        or len(part.notes) < 2
        or max(1, len({n.start for n in part.notes})) == len(part.notes)
    ):
        return ()
    symbols = score.chords or chords.recognise(score)
    changes = [(chord.start, following.start) for chord, following in pairwise(symbols) if chord.root != NO_CHORD]
    if symbols and symbols[-1].root != NO_CHORD:
        changes.append((symbols[-1].start, part.end))
    spans = []
    for first, last in changes:
        bpm = next(tempo.bpm for tempo in reversed(curved.tempi) if tempo.start <= first)
        second = bpm / 60 * TICKS_PER_QUARTER
        down, up = first + round(PEDAL_LATE * second), last - round(PEDAL_FREE * second)
        if up - down > TICKS_PER_QUARTER // 4:
            spans.append((down, up))
    return tuple(spans)


def _with_drummer(score: Score, commission: Commission, seed: int) -> Score:
    """Drums as a drummer plays them, where the model of grooves can read them."""
    for place, part in enumerate(score.parts):
        if not part.is_drums or not part.notes:
            continue
        asked = replace(
            commission, verb="humanise", card=card(DRUMMER), source=score, request={}, seeds=(seed,), places=(place,),
            spans=bar_spans(score, None),
        )  # fmt: skip
        try:
            played = latent.perform(latent.prepare(asked))[0].score.parts[place]
        except InvalidBrief:  # another meter, or drums that it has not
            continue
        score = replace(score, parts=(*score.parts[:place], played, *score.parts[place + 1 :]))
    return score
