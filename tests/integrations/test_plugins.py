"""The plug-ins for MuseScore and REAPER: what they send and take, in their own languages, against a real service.

The hosts themselves are not run: what talks to them is linted.
"""

import json
import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from firmus import formats
from firmus.formats.json import from_dict
from firmus.score import Key, Meter, Note, Part, Score, Tempo
from firmus.timing import bars
from serving import Server

PLUGINS = Path(__file__).parents[2] / "integrations"
SCRIPT = PLUGINS / "musescore" / "Firmus" / "firmus.js"
MODULE = PLUGINS / "reaper" / "Firmus" / "firmus_music.lua"
QMLLINT = shutil.which("qmllint") or shutil.which("/usr/lib/qt6/bin/qmllint")
TUNES, GENERATED = 26, 24


def needs(*programs):
    missing = [name for name, path in programs if path is None]
    return pytest.mark.skipif(bool(missing) and not os.environ.get("CI"), reason=f"no {missing}: .ci/run installs them")


class Caller:
    """Calls functions of a plug-in's module."""

    def __init__(self, *words):
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self.process = subprocess.Popen(words, text=True, encoding="utf-8", **pipes)

    def __call__(self, name, *arguments):
        self.process.stdin.write(json.dumps({"call": name, "with": arguments}) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def stop(self):
        self.process.communicate()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    running = Server(tmp_path_factory.mktemp("plugins") / "data")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def javascript():
    caller = Caller(shutil.which("node"), str(Path(__file__).parent / "call.js"), str(SCRIPT))
    yield caller
    caller.stop()


@pytest.fixture(scope="module")
def lua():
    caller = Caller(shutil.which("lua5.3"), str(Path(__file__).parent / "call.lua"), str(MODULE))
    yield caller
    caller.stop()


def tunes():
    """Public-domain tunes that come with music21, one after another."""
    import music21

    corpus = Path(music21.__file__).parent / "corpus"
    files = sorted([*(corpus / "ryansMammoth").glob("*.abc"), *(corpus / "airdsAirs").glob("*.abc")])
    found = [score for path in files for score in formats.read_all(path)[:4] if 4 <= len(bars(score)) <= 24]
    return found[:TUNES]


def generated():
    """Scores of one to four parts in several meters, some with triplets and a pickup."""
    made = []
    for seed in range(GENERATED):
        draw = random.Random(seed)
        meter = draw.choice([Meter(0, 4, 4), Meter(0, 3, 4), Meter(0, 6, 8)])
        pickup = draw.choice([0, 0, 480])
        end = pickup + 6 * meter.bar
        parts = []
        for place in range(draw.randint(1, 4)):
            at, notes = 0, []
            while at < end:
                length = draw.choice([160, 240, 480, 480, 720, 960])
                lengths = [160] * 3 if length == 160 else [length]
                for each in lengths:
                    if at + each <= end and draw.random() < 0.85:
                        notes.append(Note(at, each, 76 - 9 * place + draw.choice([0, 2, 4, 5, 7]), 80))
                    at += each
            parts.append(Part(f"Part {place + 1}", tuple(notes), 40 + place))
        lanes = {"meters": (meter,), "tempi": (Tempo(0, 100),), "keys": (Key(0, "C"),)}
        made.append(Score(tuple(parts), **lanes, pickup=pickup, end=end, title=f"Seed {seed}"))
    return made


def staves(score):
    return [
        {
            "name": part.name,
            "program": part.program,
            "drums": part.is_drums,
            "notes": [[note.start, note.duration, note.pitch, note.velocity] for note in part.notes],
        }
        for part in score.parts
    ]


def measures(score):
    return [
        {"start": bar.start, "end": bar.end, "numerator": bar.meter.numerator, "denominator": bar.meter.denominator}
        for bar in bars(score)
    ]


def selection(score, seed):
    """Two bars of one staff: their numbers, their ticks, and the staff, from 0."""
    full = [bar for bar in bars(score) if bar.number > 0]
    first = seed % (len(full) - 1)
    staff = max(place for place, part in enumerate(score.parts) if part.notes and place <= seed % len(score.parts))
    return full[first].number, full[first + 1].number, full[first].start, full[first + 1].end, staff


def sounding(events):
    """Notes of a voice as it is written: start, end and pitch, ties joined."""
    notes, held = [], {}
    for event in events:
        for pitch in event["pitches"]:
            start = held.pop(pitch, event["tick"])
            if event["tied"]:
                held[pitch] = start
            else:
                notes.append((start, event["tick"] + event["ticks"], pitch))
    assert not held, "a tie leads nowhere"
    return notes


@pytest.fixture(scope="module")
def candidates(server, javascript):
    """Of 50 scores: the score, what was selected in it, and a candidate of the service for it."""
    found = []
    for seed, score in enumerate([*tunes(), *generated()]):
        first, last, start, end, staff = selection(score, seed)
        sharps = score.keys[0].signature if score.keys else 0
        piece = javascript("score", score.title, staves(score), measures(score), score.tempi[0].bpm, sharps)
        body = javascript("job", piece, first, last, [staff], 1)
        body["brief"]["seed"] = seed
        answer = server.client.post("/v1/jobs", json=body, headers={"Prefer": "wait=60"})
        assert answer.status_code == 200, answer.text
        job = answer.json()
        assert job["state"] == "succeeded", (score.title, job)
        file = server.client.get(f"/v1/works/{job['result']['works'][0]['id']}/files/json").json()
        found.append((score, from_dict(piece), (start, end, staff), file.get("score", file)))
    assert len(found) == TUNES + GENERATED == 50
    return found


BOTH = needs(("node", shutil.which("node")), ("lua5.3", shutil.which("lua5.3")))


def in_order(note):
    return note.start, note.pitch, note.duration


@BOTH
def test_bars_that_were_not_selected_are_identical_on_fifty_scores(candidates):
    for score, sent, (start, end, staff), file in candidates:
        back = from_dict(file)
        assert [part.notes for part in sent.parts] == [tuple(sorted(part.notes, key=in_order)) for part in score.parts]
        for place, (before, after) in enumerate(zip(sent.parts, back.parts, strict=True)):
            kept = [note for note in before.notes if place != staff or not start <= note.start < end]
            left = [note for note in after.notes if place != staff or not start <= note.start < end]
            assert sorted(left, key=in_order) == sorted(kept, key=in_order)
        assert (back.end, back.meters, back.tempi) == (sent.end, sent.meters, sent.tempi)
    assert sum(from_dict(file).parts != sent.parts for _, sent, _, file in candidates) > 40


@BOTH
def test_musescore_writes_the_selection_as_note_values_without_a_gap(candidates, javascript):
    for score, _, (start, end, staff), file in candidates:
        notes = javascript("composed", file, staff, start, end)
        assert all(start <= note[0] < end and note[0] + note[1] <= end for note in notes)
        written = javascript("written", notes, measures(score), start, end)
        assert 1 <= len(written) <= 4
        for voice in written:
            at = start
            for event in voice:
                assert event["tick"] == at, (score.title, event)
                numerator, denominator = event["value"]
                value = 1920 * numerator // denominator
                assert event["ticks"] == (value * 2 // 3 if event["triplet"] else value)
                (bar,) = [each for each in bars(score) if each.start <= at < each.end]
                assert at + event["ticks"] <= bar.end, "a value crosses its bar"
                at += event["ticks"]
            assert at == end
            beats = {}
            for event in voice:
                origin = next(each.start for each in bars(score) if each.start <= event["tick"] < each.end)
                beats.setdefault((origin, (event["tick"] - origin) // 480), set()).add(bool(event["triplet"]))
            assert all(len(kinds) == 1 for kinds in beats.values()), "half a beat is a triplet"
        heard = sorted((begin, pitch) for voice in written for begin, _, pitch in sounding(voice))
        assert len(heard) >= 0.9 * len({(note[0], note[2]) for note in notes})
        assert all(min(abs(begin - note[0]) for note in notes if note[2] == pitch) <= 80 for begin, pitch in heard)


@BOTH
def test_reaper_sends_the_same_piece_and_changes_the_span_alone(candidates, lua):
    for score, sent, (start, end, staff), file in candidates:
        tracks = [
            {
                "name": part.name,
                "program": part.program,
                "drums": part.is_drums,
                "notes": [
                    {"start": note.start, "duration": note.duration, "pitch": note.pitch, "velocity": note.velocity}
                    for note in part.notes
                ],
            }
            for part in score.parts
        ]
        meters = [
            {name: getattr(meter, name) for name in ("start", "numerator", "denominator")} for meter in score.meters
        ]
        document = lua("score", score.title, tracks, meters, [{"start": 0, "bpm": score.tempi[0].bpm}], sent.end)
        assert from_dict(document).parts == sent.parts
        job = lua("job", document, 1, 2, [staff + 1], 4)
        assert (job["kind"], job["brief"]["bars"], job["brief"]["parts"]) == ("infill", "1-2", [str(staff + 1)])
        composed = lua("composed", file, staff + 1, start, end)
        merged = lua("merged", tracks[staff]["notes"], composed, start, end)
        kept = [note for note in tracks[staff]["notes"] if not start <= note["start"] < end]
        assert [note for note in merged if not start <= note["start"] < end] == kept
        assert [note for note in merged if start <= note["start"] < end] == composed


@needs(("lua5.3", shutil.which("lua5.3")))
def test_json_of_the_reaper_script_is_json(lua):
    value = {"text": 'a "b" \\ \n é 中', "list": [1, 2.5, True, False], "nothing": [], "deep": {"a": [{"b": "c"}]}}
    again = lua("decode", json.dumps(value))
    assert again == value
    assert lua("decode", json.dumps(value, ensure_ascii=False, indent=1)) == value


@needs(("luacheck", shutil.which("luacheck")))
def test_the_reaper_script_has_no_warning():
    config = PLUGINS / "reaper" / ".luacheckrc"
    words = ["luacheck", "--no-color", "--config", config, PLUGINS / "reaper" / "Firmus"]
    found = subprocess.run(words, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout


@needs(("qmllint", QMLLINT))
def test_the_musescore_plugin_is_valid_qml():
    """Only what MuseScore itself brings is unknown."""
    file = PLUGINS / "musescore" / "Firmus" / "Firmus.qml"
    found = subprocess.run([QMLLINT, "--json", "-", file], capture_output=True, text=True, check=False)
    report = json.loads(found.stdout)["files"][0]
    assert not [each for each in report["warnings"] if each["type"] == "critical"], report
