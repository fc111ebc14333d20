"""Notes of one pitch never sound into one another where one of them is composed."""

from firmus.composing.autoregressive.plan import without_overlaps
from firmus.score import Note, Part


def lengths(given, *composed):
    part = without_overlaps(Part("", given), Part("", tuple(sorted((*given, *composed), key=lambda note: note.start))))
    return [(note.start, note.duration, note.pitch) for note in part.notes]


def test_a_composed_note_ends_where_the_next_of_its_pitch_begins():
    assert lengths((), Note(0, 960, 60), Note(480, 480, 60)) == [(0, 480, 60), (480, 480, 60)]
    given = (Note(480, 480, 60),)
    assert lengths(given, Note(0, 960, 60), Note(0, 960, 64)) == [(0, 480, 60), (0, 960, 64), (480, 480, 60)]


def test_what_is_composed_into_a_given_note_is_left_out():
    given = (Note(0, 960, 60),)
    assert lengths(given, Note(480, 480, 60), Note(480, 480, 62)) == [(0, 960, 60), (480, 480, 62)]
    assert lengths(given, Note(0, 480, 60)) == [(0, 960, 60)]


def test_given_notes_stay_as_they_are():
    given = (Note(0, 960, 60), Note(480, 480, 60))
    assert lengths(given, Note(960, 480, 60)) == [(0, 960, 60), (480, 480, 60), (960, 480, 60)]
