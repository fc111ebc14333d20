"""Counterpoint by species: what is searched breaks no rule, and of a pupil's line little is changed."""

from __future__ import annotations

import numpy as np
import pytest

from firmus.composing.rule_based.counterpoint import against, broken, cantus_of, improved
from firmus.score import Key, Note, Part, Score
from firmus.tasks.teach.assessment import assess_exercise

WHOLE = 1920
DORIAN = (62, 65, 64, 62, 67, 65, 69, 67, 65, 64, 62)  # J. J. Fux, Gradus ad Parnassum (1725), the first cantus


def cantus(*pitches: int, key: str = "D minor") -> Score:
    notes = tuple(Note(WHOLE * place, WHOLE, pitch) for place, pitch in enumerate(pitches))
    return Score((Part("Cantus", notes),), keys=(Key.parse(key),))


@pytest.mark.parametrize("species", [1, 2, 3, 5])
def test_a_counterpoint_to_the_cantus_of_fux_breaks_no_rule(species: int) -> None:
    found = against(cantus(*DORIAN), species, np.random.default_rng(1))
    assert broken(found, species) == 0
    assert [note.pitch for note in found.parts[1].notes] == list(DORIAN)
    assert cantus_of(found) == 1


def test_the_fourth_species_has_suspensions() -> None:
    found = against(cantus(*DORIAN), 4, np.random.default_rng(1))
    inner = found.parts[0].notes[1:-2]
    assert all(note.start % WHOLE == WHOLE // 2 and note.duration == WHOLE for note in inner)
    assert broken(found, 4) <= 2


@pytest.mark.parametrize("species", [1, 2, 3])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_fault_is_corrected_and_the_rest_stays(species: int, seed: int) -> None:
    score = against(cantus(*DORIAN), species, np.random.default_rng(seed))
    notes = list(score.parts[0].notes)
    place = next(place for place, note in enumerate(notes) if note.start == 5 * WHOLE)
    faulty = Note(notes[place].start, notes[place].duration, DORIAN[5] + 11)  # a seventh on the beat
    line = Part("Counterpoint", (*notes[:place], faulty, *notes[place + 1 :]))
    spoiled = Score((line, score.parts[1]), keys=score.keys)
    assert broken(spoiled, species) > 0
    found = assess_exercise(spoiled, species)
    assert found.corrected is not None
    assert found.left == ()
    assert found.corrected.score.parts[1].notes == score.parts[1].notes
    changed = sum(one != two for one, two in zip(line.notes, found.corrected.score.parts[0].notes, strict=True))
    assert 1 <= changed <= 3
    assert not found.corrected.origin.ai_generated
    assert "corrected" in found.html()
    assert assess_exercise(spoiled, species, corrected=False).corrected is None


def test_a_line_below_its_cantus_is_corrected_below_it() -> None:
    below = tuple(Note(WHOLE * place, WHOLE, pitch) for place, pitch in enumerate((50, 53, 48, 50, 48, 50, 49, 50)))
    above = tuple(Note(WHOLE * place, 2 * WHOLE, pitch) for place, pitch in ((0, 62), (2, 64), (4, 65), (6, 62)))
    score = Score((Part("", above), Part("", below)), keys=(Key.parse("D minor"),))
    found = improved(score, 2)
    assert broken(found, 2) <= broken(score, 2)
    assert all(note.pitch <= 62 for note in found.parts[1].notes)
    assert found.parts[0].notes == above
