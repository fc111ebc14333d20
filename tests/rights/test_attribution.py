"""Attribution is exact for its own model, finds a work that a piece is made of, and says what it does not say."""

from dataclasses import replace

import numpy as np
import pytest

from firmus.analysis import lines
from firmus.analysis.melodies import Melodies, Symbols
from firmus.rights import attribution
from firmus.rights.attribution import Works, attribute, digest, influences, shipped_works, similarities
from firmus.rights.collection import Collection, Source, shipped
from firmus.score import Note, Part, Score


def tune(pitches):
    return Score((Part("", tuple(Note(480 * i, 480, int(pitch)) for i, pitch in enumerate(pitches))),))


def walk(seed, count=60):
    return 60 + np.cumsum(np.random.default_rng(seed).choice([-2, -1, 1, 2, 3, -3], count)) % 24


@pytest.fixture(scope="module")
def pieces():
    """Ten works, of which the second shares 30 notes with the first, and the third 15 with both."""
    walks = [walk(seed) for seed in range(10)]
    walks[1][:30], walks[2][20:35] = walks[0][:30], walks[0][10:25]
    return [tune(each) for each in walks]


def collected(pieces):
    joined = lines.joined([lines.of_score(each) for each in pieces], [1] * len(pieces))
    return Collection.of(joined, [Source(str(number), "", "") for number in range(len(pieces))], "walks"), joined


def symbols_of(query):
    return Symbols.of(Melodies.of(lines.of_score(query)))


def log_likelihood(query, collection, transitions):
    """Of the n-grams of a query, from the definition, one after the other."""
    index, total = collection.index, int(collection.index.starts[-1])
    symbols = symbols_of(query)
    result = 0.0
    first = int(np.flatnonzero(symbols.pitches != lines.BORDER)[0])
    for note in range(first, first + 54):  # of 60 notes, n-grams of six steps
        steps = np.diff(symbols.pitches[note : note + 7].astype(int)) % 12
        places = index.seeds.exact(steps.tolist())
        count = len(set(index.starts.searchsorted(places, side="right").tolist()))
        backed_off = attribution._backed_off(symbols, np.array([note]), transitions)[0]
        result += np.log(0.5 * count / total + 0.5 * backed_off)
    return result


def test_the_score_is_what_the_likelihood_loses_when_the_model_is_made_without_the_work(pieces):
    collection, joined = collected(pieces)
    transitions = Works.of(joined, collection).transitions
    query = pieces[0]
    nats, ngrams = influences(symbols_of(query), collection, transitions)
    assert ngrams[:3].tolist() == [54, 24, 9]
    for left_out in range(3):
        without, _ = collected([piece for number, piece in enumerate(pieces) if number != left_out])
        lost = log_likelihood(query, collection, transitions) - log_likelihood(query, without, transitions)
        sizes = int(collection.index.starts[-1]), int(without.index.starts[-1])
        others = 54 - ngrams[left_out]  # of n-grams that the work lacks the count is of a smaller total
        assert nats[left_out] == pytest.approx(lost, abs=others * np.log(sizes[0] / sizes[1]) + 1e-9)
    assert nats[0] > nats[1] > nats[2] > 0
    assert nats[0] > 10


def test_a_piece_is_nearest_to_the_work_that_it_is_in_any_key_and_at_any_tempo(pieces):
    collection, joined = collected(pieces)
    works = Works.of(joined, collection)
    for number, piece in enumerate(pieces):
        slower = replace(piece.parts[0], notes=tuple(Note(2 * n.start, 960, n.pitch + 3) for n in piece.parts[0].notes))
        alike = similarities(lines.of_score(Score((slower,))), works)
        assert int(alike.argmax()) == number
        assert alike[number] == pytest.approx(1, abs=1e-3)


def test_what_is_shipped_is_of_the_shipped_collection_and_small():
    works = shipped_works()
    assert len(works.points) == len(shipped().sources)
    assert works.titles == digest(shipped().sources)  # else: benchmarks/attribution.py build
    lengths = np.linalg.norm(works.points, axis=1)
    assert np.minimum(np.abs(lengths - 1), lengths).max() < 1e-5
    assert (lengths > 0).mean() > 0.95  # the others have no line that is long enough
    assert works.transitions.sum(axis=1) == pytest.approx(1, abs=1e-3)
    assert attribution.SHIPPED.stat().st_size < 1_000_000


def test_it_can_be_saved_and_read(pieces, tmp_path):
    collection, joined = collected(pieces)
    works = Works.of(joined, collection)
    works.save(tmp_path / "new" / "works.npz")
    assert np.abs(Works.load(tmp_path / "new" / "works.npz").points - works.points).max() < 0.02


def test_a_known_tune_is_attributed_to_its_printings_and_limits_are_said():
    notes = "DGGABGBDGGABGAGE"  # as in "The Girl I Left Behind Me", of which many sets have a version
    pitches = [{"D": 74, "G": 67, "A": 69, "B": 71, "E": 76}[letter] for letter in notes]
    found = attribute(tune(pitches * 2)).as_dict()
    assert len(found["nearest"]) == 5
    similar = [each["similarity"] for each in found["nearest"]]
    assert similar == sorted(similar, reverse=True)
    assert all(each["ngrams"] >= 2 and each["nats"] > 0 for each in found["raising"])
    assert found["limits"].startswith("Similarity, not causation")


def test_music_without_melodic_lines_is_attributed_to_nothing():
    drums = Score((Part("", tuple(Note(480 * i, 480, 38) for i in range(16)), is_drums=True),))
    for score in (Score(), drums, tune([60, 62])):
        assert (attribute(score).nearest, attribute(score).raising) == ((), ())
