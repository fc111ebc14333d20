"""Part writing: what is right stands, each rule finds what breaks it, and motion is judged as music21 judges it."""

import random
from collections import Counter
from dataclasses import replace

import pytest

from firmus.analysis.part_writing import assess
from firmus.analysis.part_writing.motion import crossing, hidden, moves, overlap, parallels
from firmus.analysis.part_writing.rules import FAULT, REMARK, RULES
from firmus.analysis.part_writing.voices import read_voices
from firmus.errors import InvalidBrief
from firmus.score import Key, Meter, Note, Part, Score

NAMES = ("Soprano", "Alto", "Tenor", "Bass")
RIGHT = ((72, 67, 64, 48), (72, 69, 65, 53), (71, 67, 62, 55), (72, 67, 64, 48),
         (72, 69, 64, 45), (74, 69, 62, 53), (71, 67, 62, 55), (72, 67, 64, 48))  # fmt: skip


def written(*chords, key="C", length=480, title=""):
    """Chords, highest note first, a beat each; the last lasts until the end of its bar."""
    lines = zip(*chords, strict=True)
    parts = tuple(
        Part(name, tuple(Note(length * i, length, pitch) for i, pitch in enumerate(line)), 52)
        for name, line in zip(NAMES, lines, strict=False)
    )
    return Score(parts, keys=(Key.parse(key),), title=title)


def rules(score, species=None):
    return {finding.rule for finding in assess(score, species)}


def test_a_harmonisation_by_the_rules_has_no_fault():
    assert not [each for each in assess(written(*RIGHT)) if each.severity != REMARK]


@pytest.mark.parametrize(
    ("rule", "chords"),
    {
        "parallel fifths": [(72, 64, 55, 48), (74, 65, 57, 50)],
        "parallel octaves": [(72, 67, 64, 48), (74, 67, 65, 50)],
        "contrary fifths or octaves": [(67, 64, 60, 48), (62, 59, 55, 55)],
        "unequal fifths": [(65, 62, 55, 47), (67, 64, 55, 48)],
        "hidden fifths": [(65, 62, 57, 41), (69, 65, 57, 50)],
        "hidden octaves": [(67, 64, 55, 48), (72, 64, 57, 60)],
        "voice crossing": [(72, 64, 67, 48), (71, 62, 67, 43)],
        "voice overlap": [(67, 60, 55, 48), (72, 69, 60, 53)],
        "spacing": [(76, 60, 55, 48), (74, 59, 55, 43)],
        "range": [(84, 79, 72, 48), (83, 74, 67, 43)],
        "leap of a seventh": [(62, 59, 55, 43), (72, 60, 55, 48)],
        "leap beyond an octave": [(60, 55, 52, 48), (76, 67, 60, 48)],
        "leap not recovered": [(64, 60, 55, 48), (72, 67, 57, 53), (74, 67, 59, 55)],
        "diminished leap": [(65, 62, 59, 55), (59, 55, 50, 43), (57, 53, 48, 41)],
        "leading tone doubled": [(67, 62, 59, 47), (67, 64, 60, 48)],
        "leading tone unresolved": [(71, 67, 62, 55), (67, 64, 60, 48)],
        "seventh doubled": [(71, 65, 53, 43), (72, 64, 52, 48)],
        "seventh unresolved": [(71, 65, 62, 55), (72, 67, 64, 48)],
        "no third": [(72, 67, 60, 48), (72, 67, 60, 48)],
        "six-four chord": [(74, 69, 65, 50), (76, 72, 67, 55), (77, 72, 69, 53)],
        "diminished triad in root position": [(72, 67, 64, 48), (74, 65, 62, 47), (72, 67, 64, 48)],
        "dissonance by leap": [(72, 64, 55, 48), (77, 64, 55, 48), (72, 64, 55, 48)],
        "backward progression": [(71, 67, 62, 55), (69, 65, 60, 53)],
        "no cadence": [(72, 67, 64, 48), (74, 69, 65, 50)],
    }.items(),
)  # fmt: skip
def test_each_rule_finds_what_breaks_it(rule, chords):
    key = ((64, 60, 55, 48), (65, 62, 55, 43), (64, 60, 55, 48))  # says which key it is
    assert rule in rules(written(*key, *chords))


def test_augmented_steps_and_false_relations_are_spelled():
    minor, dominant = (69, 64, 60, 45), (68, 64, 59, 52)
    assert "augmented step" in rules(written(minor, dominant, minor, (65, 62, 57, 50), dominant, minor, key="A minor"))
    assert "false relation" in rules(written(*RIGHT[:1], (67, 64, 61, 45), (65, 62, 57, 50)))
    assert "false relation" not in rules(written(*RIGHT[:1], (67, 64, 57, 45), (65, 62, 57, 50)))


def test_suspensions_and_passing_notes_are_no_faults():
    score = written(*RIGHT)
    soprano, alto, tenor, bass = (part.notes for part in score.parts)
    passing = (*bass[:3], Note(1440, 240, 48), Note(1680, 240, 47), *bass[4:])
    suspended = (*alto[:5], Note(5 * 480, 720, 69), Note(6 * 480 + 240, 240, 67), alto[7])
    for lines in ((soprano, alto, tenor, passing), (soprano, suspended, tenor, bass)):
        parts = tuple(replace(part, notes=line) for part, line in zip(score.parts, lines, strict=True))
        assert not [each for each in assess(replace(score, parts=parts)) if each.severity != REMARK]


def test_two_voices_on_a_staff_are_read_as_two():
    score = written(*RIGHT)
    notes = [part.notes for part in score.parts]
    staves = replace(score, parts=(Part("Upper", notes[0] + notes[1]), Part("Lower", notes[2] + notes[3])))
    lines = [[tone.pitch for tone in voice] for voice in read_voices(staves).voices]
    assert lines == [[note.pitch for note in part.notes] for part in score.parts]


def named(tone):
    """A tone as a note of music21."""
    letter, octave = divmod(tone.place, 7)[::-1]
    written_note = pytest.importorskip("music21.note").Note("CDEFGAB"[letter] + str(octave))
    written_note.pitch.accidental = tone.pitch - written_note.pitch.midi
    return written_note


def test_motion_is_judged_as_music21_does():
    voice_leading = pytest.importorskip("music21.voiceLeading")
    generator, counts = random.Random(7), Counter()
    for _ in range(4000):
        upper, lower = generator.choices(range(57, 78), k=2), generator.choices(range(45, 66), k=2)
        if upper[0] == upper[1] or lower[0] == lower[1] or sum(upper) <= sum(lower):
            continue
        texture = read_voices(written(*zip(upper, lower, strict=True)))
        found = {each.rule for check in (parallels, hidden, crossing, overlap) for each in check(texture)}
        (move,) = moves(texture)
        if {move.before.semitones, move.after.semitones} == {0, 12}:
            continue  # from a unison to an octave: parallels here, hidden ones there
        theirs = voice_leading.VoiceLeadingQuartet(*(named(tone) for tone in move.tones))
        is_contrary = theirs.contraryMotion()
        expected = {
            "parallel fifths": theirs.parallelFifth() and not is_contrary,
            "parallel octaves": theirs.parallelUnisonOrOctave() and not is_contrary,
            "contrary fifths or octaves": is_contrary and (theirs.parallelFifth() or theirs.parallelUnisonOrOctave()),
            "hidden fifths": theirs.hiddenFifth() and abs(move.upper) > 2,
            "hidden octaves": theirs.hiddenOctave() and abs(move.upper) > 2,
            "voice crossing": theirs.voiceCrossing(),
        }
        assert found - {"voice overlap"} == {rule for rule, is_there in expected.items() if is_there}
        if not theirs.voiceCrossing():
            assert ("voice overlap" in found) == theirs.voiceOverlap()
        counts.update(found)
    assert len(counts) == 7
    assert min(counts.values()) > 3


def species(cantus, counterpoint, each, first=0):
    """Counterpoint, `each` notes to one of the cantus, which is below; its last note is as long as that."""
    whole, size = 1920, 1920 // each
    below = tuple(Note(whole * i, whole, pitch) for i, pitch in enumerate(cantus))
    above = [Note(first + size * i, size, pitch) for i, pitch in enumerate(counterpoint[:-1])]
    above.append(Note(whole * (len(cantus) - 1), whole, counterpoint[-1]))
    return Score((Part("Counterpoint", tuple(above)), Part("Cantus", below)), (Meter(0, 4, 4),), keys=(Key(0, "C"),))


FUX = (62, 65, 64, 62, 67, 65, 69, 67, 65, 64, 62)
"""The cantus firmus in D of Fux's Gradus ad Parnassum (1725)."""


def test_fux_own_first_species_is_right():
    score = species(FUX, (69, 69, 67, 69, 71, 72, 72, 71, 74, 73, 74), 1)
    assert not [each for each in assess(score, 1) if each.severity == FAULT]


def test_fux_own_second_species_is_right():
    line = (69, 62 + 12, 69, 72, 71, 67, 69, 74, 71, 67 + 7, 72, 69, 72, 77, 76, 71, 74, 69, 71, 73, 74)
    score = species(FUX, line, 2)
    assert "dissonance on the beat" not in rules(score, 2)
    assert "dissonance not passing" not in rules(score, 2)


@pytest.mark.parametrize(
    ("rule", "kind", "counterpoint"),
    [
        ("dissonance on the beat", 1, (69, 69, 69, 69, 71, 72, 72, 71, 74, 73, 74)),
        ("imperfect beginning", 1, (65, 69, 67, 69, 71, 72, 72, 71, 74, 73, 74)),
        ("imperfect end", 1, (69, 69, 67, 69, 71, 72, 72, 71, 74, 76, 77)),
        ("cadence not by step", 1, (69, 69, 67, 69, 71, 72, 72, 71, 74, 71, 74)),
        ("unison inside", 1, (69, 69, 67, 69, 67, 72, 72, 71, 74, 73, 74)),
        ("perfect by similar motion", 1, (69, 69, 67, 65, 74, 72, 72, 71, 74, 73, 74)),
        ("imperfect consonances in a row", 1, (65, 69, 67, 65, 71, 69, 72, 71, 69, 67, 74)),
        ("rhythm of the species", 2, (69, 69, 67, 69, 71, 72, 72, 71, 74, 73, 74)),
    ],
)
def test_each_rule_of_the_species_finds_what_breaks_it(rule, kind, counterpoint):
    assert rule in rules(species(FUX, counterpoint, 1), kind)


def test_dissonances_off_the_beat_and_suspensions():
    cantus = (60, 62, 64, 62, 60)
    leaping = (67, 72, 71, 76 - 9, 72, 69 + 2, 71, 69, 72)
    assert "dissonance not passing" in rules(species(cantus, leaping, 2), 2)
    assert "repeated note" in rules(species(cantus, (67, 69, 69, 69, 72, 71, 71, 69, 72), 2), 2)
    cantus = species((60, 62, 60, 59, 60), (72, 69, 72, 71, 72), 1).parts[1]
    starts = ((960, 72), (2880, 74), (4800, 69), (6720, 71), (7680, 72))
    tied = Score(
        (Part("", tuple(Note(start, 1920 if start < 6000 else 960, pitch) for start, pitch in starts)), cantus)
    )
    assert "suspension unresolved" in rules(tied, 4)


def test_a_rule_has_its_words_in_both_languages():
    for name, rule in RULES.items():
        assert (rule.why[-1], rule.why_chinese[-1]) == (".", "。"), name
    assert len(RULES) >= 30


@pytest.mark.parametrize(
    ("score", "kind", "message"),
    [
        (Score((Part("", ()),)), None, "no notes of a pitch"),
        (
            written((72, 60), (71, 55)),
            None,
            "has 2 voices: .* in four; two voices are counterpoint",
        ),
        (written(*RIGHT), 1, "has 4 voices: counterpoint by species is judged in two"),
        (written(*RIGHT), 6, "species 6: there are five, 1 to 5"),
    ],
)
def test_what_cannot_be_assessed_is_refused(score, kind, message):
    with pytest.raises(InvalidBrief, match=message):
        assess(score, kind)
