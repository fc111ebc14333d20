"""Playing together, in simulated time: chords are followed, late notes dropped, nothing hangs."""

from concurrent.futures import Executor, Future
from itertools import pairwise

import pytest

from firmus.errors import InvalidBrief
from firmus.harmony import Key
from firmus.live import take
from firmus.live.planner import Setup
from firmus.live.session import Immediate, Session
from firmus.score import Meter, Note, Part, Score, Tempo

CHORDS = {"C": (48, 52, 55), "F": (53, 57, 60), "G": (43, 47, 50), "Am": (45, 48, 52)}


class Stuck(Executor):
    """Begins nothing: a machine that has no time."""

    def submit(self, fn, /, *args, **kwargs):
        return Future()


class Slow(Executor):
    """Has each plan some calls later."""

    def __init__(self, behind):
        self.behind, self.waiting = behind, []

    def submit(self, fn, /, *args, **kwargs):
        future = Future()
        self.waiting.append((future, fn(*args, **kwargs)))
        if len(self.waiting) > self.behind:
            done, result = self.waiting.pop(0)
            done.set_result(result)
        return future


def left_hand(names, bars=8, bpm=120.0):
    """A player who plays a chord a bar."""
    notes = [Note(1920 * bar, 1800, pitch, 80) for bar in range(bars) for pitch in CHORDS[names[bar % len(names)]]]
    return Score((Part("", tuple(notes)),), (Meter(0, 4, 4),), (Tempo(0, bpm),))


def test_chords_of_the_player_are_followed():
    """The chord of a bar is played from its second beat at the latest, its root under it."""
    names = ("C", "Am", "F", "G")
    session = take.play(left_hand(names), Setup(tempo=120, key=Key(0, "C")))
    late = [beat for beat in session.beats if beat.tick % 1920 >= 480 and 1920 <= beat.tick < 8 * 1920]
    right = [beat.chord.text.rstrip("7") == names[beat.tick // 1920 % 4] for beat in late]
    assert len(late) == 21
    assert sum(right) / len(right) > 0.9


def test_given_chords_have_their_roots_on_the_downbeats():
    from firmus.brief_fields import chord_bars

    session = take.play(left_hand(("C",)), Setup(tempo=120, chords=chord_bars("Am F C G")))
    bass = {note.start: note.pitch % 12 for note in session.scheduler.played["bass"]}
    assert [bass[bar * 1920] for bar in range(1, 8)] == [5, 0, 7, 9, 5, 0, 7]


def test_a_second_take_is_the_same():
    scores = [take.as_score(take.play(left_hand(("C", "F")), Setup(tempo=120))) for _ in range(2)]
    assert scores[0] == scores[1]


def test_a_phrase_is_answered_from_a_barline_in_its_key():
    phrase = tuple(Note(480 * i, 450, pitch) for i, pitch in enumerate((67, 69, 71, 74, 72, 71, 69)))
    session = take.play(Score((Part("", phrase),)), Setup(("answer",), tempo=120, key=Key(0, "G")))
    answered = session.scheduler.played["answer"]
    assert answered[0].start % 1920 == 0
    assert answered[-1].pitch % 12 == 7
    assert take.as_score(session).parts[1].name == "Answer"


def test_an_answer_is_accompanied_to_its_end():
    phrase = tuple(Note(480 * i, 450, 60 + (0, 2, 4, 7, 5, 4, 2)[i % 7]) for i in range(30))
    session = take.play(Score((Part("", phrase),)), Setup(("accompaniment", "answer"), tempo=120))
    answered = session.scheduler.played["answer"][-1]
    assert answered.end > 12 * 1920  # long after the last note of the player
    assert any(note.start >= answered.start for note in session.scheduler.played["bass"])


def test_an_answer_yields_to_the_player():
    phrase = [Note(480 * i, 450, pitch) for i, pitch in enumerate((67, 69, 71, 74, 72, 71, 69))]
    alone = take.play(Score((Part("", tuple(phrase)),)), Setup(("answer",), tempo=120))
    begins = alone.scheduler.played["answer"][0].start
    again = [*phrase, Note(begins + 1440, 400, 60)]
    session = take.play(Score((Part("", tuple(again)),)), Setup(("answer",), tempo=120))
    assert all(note.start < begins + 1440 + 240 for note in session.scheduler.played["answer"])


def test_without_plans_the_pattern_goes_on():
    session = take.play(left_hand(("C",)), Setup(tempo=120), Stuck())
    assert session.figures.hit_rate == 0
    assert len(session.scheduler.played["drums"]) > 50


def test_late_plans_are_backed_up_by_older_ones():
    session = take.play(left_hand(("C", "F")), Setup(tempo=120), Slow(3))
    assert session.figures.hit_rate > 0.9
    assert set(session.figures.levels) >= {3}


def test_late_notes_are_dropped():
    session = Session(Setup(tempo=120), Immediate())
    session.press(0.0, 60, 80)
    session.advance(0.01)
    before = session.scheduler.late
    session.advance(2.0)  # nobody looked for two seconds
    assert session.scheduler.late > before
    assert all(message.velocity == 0 for message in session.advance(2.0))


def test_panic_ends_every_note_and_stays_silent_until_a_note():
    session = take.play(left_hand(("C",), bars=2), Setup(tempo=120))
    session.press(5.0, 60, 80)
    sounding = set()
    for step in range(1000, 1220):
        for part, pitch, velocity, _ in session.advance(step / 200):
            (sounding.add if velocity else sounding.discard)((part, pitch))
    assert sounding
    ended = {(each.part, each.pitch) for each in session.panic(6.1)}
    assert ended == sounding
    assert not [message for step in range(1220, 2000) for message in session.advance(step / 200)]


def test_a_key_that_is_stuck_neither_hangs_nor_holds_the_answer():
    session = Session(Setup(("answer",), tempo=120), Immediate())
    for place, pitch in enumerate((60, 64, 67, 72)):
        session.press(place * 0.5, pitch, 80)  # no key is ever released
    sent = [message for step in range(4000) for message in session.advance(step / 200)]
    assert any(message.part == "answer" for message in sent)


def test_nobody_plays_on_for_ever():
    session = Session(Setup(tempo=120), Immediate())
    session.press(0.0, 60, 80)
    for step in range(200 * 60):
        session.advance(step / 200)
    assert max(note.end for note in session.scheduler.played["drums"]) < 6 * 1920


def test_a_take_with_an_upbeat_keeps_its_barlines():
    notes = (Note(0, 480, 67), *(Note(480 + 480 * i, 450, 60 + i % 5) for i in range(16)))
    score = Score((Part("", notes),), (Meter(0, 4, 4),), pickup=480)
    session = take.play(score, Setup(tempo=120))
    assert session.listener.notes[0].start == 1440


@pytest.mark.parametrize(
    ("setup", "message"),
    [
        ({"plays": ("solo",)}, "plays solo"),
        ({"plays": ()}, "plays nothing"),
        ({"plays": ("harmony", "accompaniment")}, "choose one"),
        ({"style": "pob"}, "pop"),
    ],
)
def test_what_cannot_be_agreed_is_refused(setup, message):
    with pytest.raises(InvalidBrief, match=message):
        Setup(**setup)


def test_an_empty_take_is_refused():
    with pytest.raises(InvalidBrief, match="no notes"):
        take.play(Score((Part("", ()),)), Setup())


def test_a_new_chord_ends_the_one_before():
    session = take.play(left_hand(("C", "F", "G")), Setup(("harmony",), tempo=120, key=Key(0, "C")))
    changes = [later.tick for earlier, later in pairwise(session.beats) if earlier.chord != later.chord]
    notes = session.scheduler.played["chords"]
    chords = {note.start: set() for note in notes}
    for note in notes:
        chords[note.start].add(note.pitch)
    assert len(changes) >= 3
    assert all(note.end <= later for note in notes for later in chords if note.start < later)


def test_no_part_of_a_given_chord_clashes():
    from firmus.brief_fields import chord_bars

    session = take.play(left_hand(("Am", "F")), Setup(tempo=120, chords=chord_bars("Am F")))
    for beat in session.beats:
        tones = {note.pitch % 12 for part, note in beat.notes if part == "chords"}
        assert tones <= set(beat.chord.pitch_classes)
