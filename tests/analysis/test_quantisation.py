"""What was played in is put on beats, and keeps how it was played."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import firmus
from firmus import timing
from firmus.analysis import quantisation
from firmus.errors import InvalidBrief
from firmus.formats import midi
from firmus.score import Chord, Key, Meter, Note, Part, Score, Section, Tempo

TUNE = [67, 67, 69, 71, 67, 71, 69, 62, 67, 67, 69, 71, 67, 66, 62, 64]


def written(bars: int = 16) -> Score:
    """A tune in eighths and quarters over a bass on the beats."""
    melody, bass, tick = [], [], 0
    for bar in range(bars):
        for index in range(4):
            pitch = TUNE[(4 * bar + index) % 16]
            if (bar + index) % 3 == 2:
                melody += [Note(tick, 240, pitch), Note(tick + 240, 240, pitch + 2)]
            else:
                melody.append(Note(tick, 480, pitch))
            tick += 480
        bass += [Note(1920 * bar, 960, 43), Note(1920 * bar + 960, 960, 50)]
    return Score((Part("Right", tuple(melody)), Part("Left", tuple(bass))), keys=(Key(0, "G"),))


def performed(
    score: Score, bpm: float, seed: int = 1, drift: float = 0.02, jitter: float = 0.012, swing: float = 0.5
) -> Score:
    """The score as somebody plays it into a sequencer whose clock stands at 120."""
    generator = np.random.default_rng(1)
    pace = 60 / bpm * np.exp(np.cumsum(generator.normal(size=score.end // 480 + 3) * drift / 4))
    at = np.concatenate([[0.4], 0.4 + np.cumsum(pace)])

    def second(tick: int) -> float:
        beat, inside = divmod(tick / 480, 1)
        inside = inside * 2 * swing if inside <= 0.5 else swing + (inside - 0.5) * 2 * (1 - swing)
        return float(np.interp(beat + inside, np.arange(len(at)), at)) + float(generator.normal() * jitter)

    parts = []
    for part in score.parts:
        notes = []
        for note in part.notes:
            start, end = round(second(note.start) * 960), round(second(note.end) * 960) - 20
            notes.append(replace(note, start=max(start, 0), duration=max(end - start, 60)))
        parts.append(replace(part, notes=tuple(notes)))
    return Score(tuple(parts), tempi=(Tempo(0, 120.0),))


def onsets(score: Score) -> list[list[int]]:
    return [[note.start for note in part.notes] for part in score.parts]


@pytest.mark.parametrize("bpm", [72, 96, 131])
def test_beats_are_found_and_every_note_is_where_it_was_written(bpm: float) -> None:
    score = written()
    take = performed(score, bpm)
    assert quantisation.is_played(take)
    result = quantisation.quantise(take)
    assert result.grid == "found"
    factor = next(each for each in (0.5, 1, 2) if abs(result.score.end / score.end / each - 1) < 0.1)
    assert onsets(result.score) == [[round(start * factor) for start in part] for part in onsets(score)]
    assert not quantisation.is_played(result.score)
    assert abs(result.as_dict()["tempo"] / bpm / factor - 1) < 0.03


def test_a_given_tempo_is_taken() -> None:
    take = performed(written(), 96)
    for grid, factor in (("96", 1.0), ("48", 0.5), ("192", 2.0)):
        quantised = quantisation.quantise(take, grid).score
        assert abs(quantised.end / written().end / factor - 1) < 0.1


def test_the_written_beats_are_kept_where_the_music_follows_them() -> None:
    generator = np.random.default_rng(2)
    score = replace(written(), meters=(Meter(0, 2, 4),), tempi=(Tempo(0, 90.0),), chords=(Chord(0, "G"),))
    parts = tuple(
        replace(part, notes=tuple(replace(n, start=max(n.start + int(generator.normal() * 12), 0)) for n in part.notes))
        for part in score.parts
    )
    result = quantisation.quantise(replace(score, parts=parts))
    assert (result.grid, result.score.meters, result.score.tempi) == ("written", score.meters, score.tempi)
    assert result.score.chords == score.chords
    assert onsets(result.score) == onsets(score)


def test_swung_eighths_become_even_ones() -> None:
    result = quantisation.quantise(performed(written(), 110, swing=0.66, jitter=0.006))
    assert 0.6 < result.swing < 0.7
    factor = result.score.end / written().end
    assert abs(factor - 1) < 0.1
    assert onsets(result.score) == onsets(written())
    triplets = [Note(160 * index, 160, 60 + index % 5) for index in range(96)]
    assert quantisation.quantise(performed(Score((Part("", tuple(triplets)),)), 100), "found").swing == 0.5


def test_triplets_stay_triplets() -> None:
    notes = [Note(160 * index, 160, 60 + index % 5) for index in range(96)]
    result = quantisation.quantise(performed(Score((Part("", tuple(notes)),)), 100, jitter=0.005))
    assert {note.start % 160 for note in result.score.parts[0].notes} == {0}


def test_the_timing_comes_back_to_the_millisecond() -> None:
    take = performed(written(), 84, drift=0.06)
    result = quantisation.quantise(take)
    again = result.with_timing(result.score)

    def seconds(score: Score) -> list[float]:
        return sorted(timing.seconds(score, note.start) for part in score.parts for note in part.notes)

    before, after = np.array(seconds(take)), np.array(seconds(again))
    assert len(before) == len(after)
    assert np.abs((before - before[0]) - (after - after[0])).max() < 0.02
    assert len(result.score.tempi) > 1


def test_no_beat_is_found_in_noise() -> None:
    generator = np.random.default_rng(0)
    starts = np.sort(generator.uniform(0, 30_000, 80)).astype(int)
    score = Score((Part("", tuple(Note(int(start), 100, 60) for start in starts)),))
    with pytest.raises(InvalidBrief, match="no steady beat"):
        quantisation.quantise(score, "found")


@pytest.mark.parametrize("grid", ["often", "19", "301", ""])
def test_other_grids_are_refused(grid: str) -> None:
    with pytest.raises(InvalidBrief, match=r"auto|20 to 300"):
        quantisation.quantise(written(), grid)


def test_marks_move_to_their_beats() -> None:
    take = replace(performed(written(), 96), sections=(Section(0, "A"),), keys=(Key(0, "G"),))
    quantised = quantisation.quantise(take).score
    assert (quantised.sections, quantised.keys[0].text) == ((Section(0, "A"),), "G major")


def test_a_written_piece_does_not_look_played() -> None:
    assert not quantisation.is_played(written())
    assert not quantisation.is_played(Score((Part("", (Note(7, 100, 60),)),)))
    drums = tuple(Note(7 * index * index, 10, 36) for index in range(40))
    assert not quantisation.is_played(Score((Part("", drums, is_drums=True),)))


def test_infilling_what_was_played_in_keeps_its_timing() -> None:
    take = midi.read(midi.write(performed(written(), 96)))[0]
    work = firmus.infill(take, bars="5-6", seed=1)
    grid = work.origin.measured["quantised"]
    assert grid["grid"] == "found"
    assert abs(grid["tempo"] - 96) < 4
    assert work.origin.source == firmus.infill(take, bars="5-6", seed=1, quantise="found").origin.source
    bars = timing.bars(work.score)
    low, high = bars[4].start, bars[5].end
    kept = [note for note in work.score.parts[0].notes if note.end < low or note.start > high]
    assert np.mean([note.start % 20 > 2 for note in kept]) > 0.5
    inside = [note for note in work.score.parts[0].notes if low + 60 < note.start < high - 60]
    on_beats = quantisation.quantise(take, "found").score.parts[0].notes
    played = {(round(note.start / 20), note.pitch) for note in on_beats}  # which may come again, as it was played
    composed = [note.start % 20 for note in inside if (round(note.start / 20), note.pitch) not in played]
    assert composed
    assert set(composed) == {0}


def test_quantising_can_be_left_out_and_is_refused_where_nothing_is_quantised() -> None:
    take = performed(written(8), 96)
    assert "quantised" not in firmus.vary(take, amount=0.2, seed=1, quantise="off").origin.measured
    with pytest.raises(InvalidBrief, match="keeps time as it is"):
        firmus.compose(bars=4, quantise="auto")
    with pytest.raises(InvalidBrief, match="did you mean 'found'"):
        firmus.vary(take, quantise="fuond")
