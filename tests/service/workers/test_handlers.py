"""Kinds of job beyond composing: sounds, explaining, evaluating; and bars as they are composed."""

import hashlib
import io
import json
import zipfile
from base64 import b64encode

import numpy as np
import pytest
import soundfile

from firmus import formats, plugins
from firmus.formats.json import from_dict, to_dict
from firmus.production.effects import effect
from firmus.rights.verification import verify
from firmus.runtime.weights import read_card
from firmus.score import Note, Part, Score
from firmus.service.workers import handlers
from firmus.timing import bars

CHORALE = {"style": "chorale", "bars": 3, "seed": 4, "key": "G minor", "effort": "quick"}


def events_of(server, job):
    """Kinds and data of all events of a job."""
    text = server.client.get(f"/v1/jobs/{job['id']}/events").text
    blocks = [
        dict(line.split(": ", 1) for line in block.splitlines()) for block in text.split("\n\n") if "data" in block
    ]
    return [(block["event"], json.loads(block["data"])) for block in blocks]


def works_of(server, job):
    assert job["state"] == "succeeded", job["error"]
    return [server.client.get(f"/v1/works/{work['id']}").json() for work in job["result"]["works"]]


@pytest.fixture(scope="module")
def composed(server):
    """A job that has composed three bars of chorale."""
    job = server.ask("compose", **CHORALE)
    assert job["state"] == "succeeded"
    return job


@pytest.fixture(scope="module")
def recording(server, composed):
    """The sound of it, uploaded."""
    (work,) = works_of(server, composed)
    sound = server.client.get(work["links"]["flac"]).content
    answer = server.client.post("/v1/sounds", content=sound, params={"title": "Evening / ../ one"})
    assert answer.status_code == 201, answer.text
    assert answer.json()["bytes"] == len(sound)
    return answer.json()


def ask(server, kind, status=200, **body):
    answer = server.client.post("/v1/jobs", json={"kind": kind, **body}, headers={"Prefer": "wait=60"})
    assert answer.status_code == status, answer.text
    return answer.json()


def test_bars_arrive_as_they_are_composed_and_are_those_of_the_work(server):
    job = server.ask("compose", **{**CHORALE, "count": 2, "seed": 40})
    works = {work["id"]: work for work in works_of(server, job)}
    seeds = {each["id"]: each["seed"] for each in job["result"]["works"]}
    found = events_of(server, job)
    frames = {data["piece"]: from_dict(data["score"]) for kind, data in found if kind == "piece"}
    assert set(frames) == {1, 2}
    for name, work in works.items():
        piece = seeds[name] - 39
        score = formats.read(server.client.get(work["links"]["json"]).content, trusted=True)
        assert frames[piece].keys == score.keys
        assert [part.name for part in frames[piece].parts] == [part.name for part in score.parts]
        notes = {data["bar"]: data["notes"] for kind, data in found if kind == "bar" and data["piece"] == piece}
        assert set(notes) == {bar.number - 1 for bar in bars(score)}
        for place, part in enumerate(score.parts):
            streamed = sorted(note[1:] for bar in notes.values() for note in bar if note[0] == place)
            assert streamed == sorted([each.start, each.duration, each.pitch, each.velocity] for each in part.notes)
    kinds_of = [kind for kind, _ in found]
    assert kinds_of.index("bar") < len(kinds_of) - 2  # they did not come all at the end
    assert kinds_of[-1] == "state"


def test_jobs_that_are_composed_together_make_what_each_makes_alone(server, composed):
    alone = server.midi(composed)
    briefs = [CHORALE | {"seed": seed} for seed in (4, 5, 4, 6, 4)]
    batch = server.client.post("/v1/batches", json={"kind": "compose", "briefs": briefs}).json()
    jobs = server.client.get("/v1/jobs", params={"batch": batch["id"]}).json()["items"]
    ended = [server.ended(job) for job in sorted(jobs, key=lambda job: job["id"])]
    assert [job["state"] for job in ended] == ["succeeded"] * 5
    midi = [server.midi(job) for job in ended]
    assert midi[0] == midi[2] == midi[4] == alone
    assert len({each[0] for each in midi}) == 3
    begun = sorted(job["started"] for job in ended)
    assert begun[1] < min(job["ended"] for job in ended)  # some were under way together


def test_a_recording_is_transcribed_and_analysed(server, recording):
    source = {"sound": recording["id"]}
    job = ask(server, "transcribe", brief={"source": source, "tempo": 84}, options={"voices": "many"})
    (work,) = works_of(server, job)
    assert (work["ai_generated"], work["parent"]) == (False, None)
    assert work["title"] == "Evening   one"
    assert work["summary"]["notes"] > 5
    assert job["seconds"] == 0.0
    found = ask(server, "analyse", brief={"source": source})["result"]["analysis"]
    assert found["sound"]["seconds"] > 5
    assert recording in server.client.get("/v1/sounds").json()["items"]


def test_a_sound_under_another_title_is_another_request(server):
    data, headers = b"RIFF\0\0\0\0WAVE", {"Idempotency-Key": "sound"}
    answers = [
        server.client.post("/v1/sounds", content=data, headers=headers, params={"title": title}) for title in "aab"
    ]
    assert [each.status_code for each in answers] == [201, 201, 422]
    assert answers[0].json() == answers[1].json()


def test_a_sound_is_checked_deleted_and_gone(server):
    assert server.client.post("/v1/sounds", content=b"no sound").status_code == 422
    assert server.client.post("/v1/sounds", content=b"").status_code == 422
    noise = b"RIFF\0\0\0\0WAVE" + bytes(range(256)) * 20
    name = server.client.post("/v1/sounds", content=noise).json()["id"]
    job = ask(server, "transcribe", brief={"source": {"sound": name}})
    assert (job["state"], job["attempt"]) == ("failed", 1)
    assert job["error"]["type"] == "urn:firmus:problem:unreadable-music"
    assert server.client.delete(f"/v1/sounds/{name}").status_code == 204
    assert server.client.get(f"/v1/sounds/{name}").status_code == 404
    ask(server, "transcribe", 404, brief={"source": {"sound": name}})


def test_a_composed_piece_is_explained(server, composed):
    (work,) = works_of(server, composed)
    source = {"source": {"work": work["id"]}, "bars": "1"}
    job = ask(server, "explain", brief=source, options={"note": "bar 1 beat 1 soprano"})
    assert job["state"] == "succeeded", job["error"]
    explained = job["result"]["explanation"]
    assert {note["bar"] for note in explained["notes"]} == {1}
    assert explained["rules"]
    refused = ask(server, "explain", brief=source, options={"note": "bar 90"})
    assert refused["state"] == "failed"


def test_a_composed_piece_is_checked(server, composed):
    (work,) = works_of(server, composed)
    job = ask(server, "check", brief={"source": {"work": work["id"]}})
    assert job["state"] == "succeeded", job["error"]
    found = job["result"]["originality"]
    assert found["verdict"] in ("original", "borrows as people do", "copies")
    assert found["pieces"] > 10_000
    assert len(job["result"]["pairs"]) == min(len(found["matches"]), 6)
    ask(server, "check", 422, brief={"source": {"work": work["id"]}, "tempo": 90})


def test_an_exercise_is_assessed_and_corrected_and_a_performance_compared(server, composed):
    lines = ((67, 69, 71, 72), (64, 65, 67, 67), (60, 60, 62, 64), (48, 53, 55, 48))
    parts = tuple(Part("", tuple(Note(480 * i, 480, pitch) for i, pitch in enumerate(line))) for line in lines)
    exercise = to_dict(Score(parts))
    job = ask(server, "teach", brief={"source": exercise, "seed": 1})
    assert job["state"] == "succeeded", job["error"]
    found = [each["rule"] for each in job["result"]["assessment"]["findings"]]
    assert found[:2] == ["parallel fifths", "parallel octaves"]
    assert job["result"]["corrected"]["origin"]["model"] == "composer"
    job = ask(server, "teach", brief={"source": exercise, "target": exercise})
    assert job["result"]["assessment"]["agreement"] == 1
    job = ask(server, "teach", brief={"source": exercise}, options={"species": "1"})
    assert (job["state"], "judged in two" in str(job["error"])) == ("failed", True)
    ask(server, "teach", 422, brief={"source": exercise, "target": exercise}, options={"species": "1"})


def test_exercises_are_composed_and_answers_marked(server):
    options = {"exercise": "cadence"}
    job = ask(server, "exercise", brief={"level": 2, "seed": 3}, options=options)
    assert job["state"] == "succeeded", job["error"]
    made = job["result"]["exercise"]
    assert (made["kind"], made["level"], job["result"]["mark"]) == ("cadence", 2, None)
    assert len(from_dict(made["sound"]).parts) == 4
    job = ask(server, "exercise", brief={"level": 2, "seed": 3}, options={**options, "answer": made["answer"]})
    assert job["result"]["mark"]["right"]
    key = ask(server, "exercise", brief={"level": 2, "seed": 3}, options={"exercise": "melodic-dictation"})
    score = key["result"]["exercise"]["work"]["score"]
    brief = {"level": 2, "seed": 3, "target": score}
    assert ask(server, "exercise", brief=brief, options={"exercise": "melodic-dictation"})["result"]["mark"]["right"]
    ask(server, "exercise", 422, brief={"level": 9}, options=options)
    ask(server, "exercise", 422, brief={"level": 2}, options={**options, "answer": "half"})
    ask(server, "exercise", 422, brief={"level": 2})
    ask(server, "exercise", 422, brief={"source": score}, options=options)


def test_works_are_evaluated_beside_others(server, composed):
    (work,) = works_of(server, composed)
    other = works_of(server, server.ask("compose", **CHORALE | {"seed": 9}))[0]
    lists = {"generated": [work["id"]], "reference": [other["id"], work["id"]]}
    job = ask(server, "evaluate", options=lists)
    assert job["state"] == "succeeded", job["error"]
    assert job["result"]["report"]["pieces"] == {"generated": 1, "reference": 2}
    ask(server, "evaluate", 404, options={**lists, "generated": ["wrk_" + "0" * 28]})
    ask(server, "evaluate", 422, options={"generated": [work["id"]]})


def test_what_is_downloaded_of_a_work_is_verified(server, composed):
    (work,) = works_of(server, composed)
    for name in ("midi", "json", "flac"):
        data = server.client.get(work["links"][name]).content
        options = {"name": f"evening.{ {'midi': 'mid'}.get(name, name) }", "data": b64encode(data).decode()}
        found = ask(server, "verify", options=options)["result"]["verification"]
        assert (found["file"], found["verdict"], found["is_own"]) == (options["name"], "intact", True)
        damaged = data[:-30] + bytes([data[-30] ^ 1]) + data[-29:]
        job = ask(server, "verify", options={**options, "data": b64encode(damaged).decode()})
        assert job["result"]["verification"]["verdict"] != "intact"


def test_a_work_has_a_rights_card_and_a_score_has_none(server, composed):
    (work,) = works_of(server, composed)
    card = ask(server, "rights", brief={"source": {"work": work["id"]}})["result"]["rights"]
    assert card["share"] == {"model": 1, "person": 0}
    assert card["training"]
    given = ask(server, "rights", brief={"source": to_dict(Score((Part("", (Note(0, 480, 60),)),)))})
    assert given["state"] == "failed"
    assert "no work of Firmus" in given["error"]["detail"]


def test_works_are_listed_in_a_catalogue(server, composed):
    (work,) = works_of(server, composed)
    for options in ({}, {"works": [work["id"]], "licence": "CC BY 4.0"}):
        found = ask(server, "catalogue", options=options)["result"]["catalogue"]
        (row,) = [row for row in found["works"] if row["folder"] == work["id"]]
        assert (row["licence"], row["model"], row["iswc"]) == (options.get("licence", ""), "composer", "")
        assert row["work"] in found["csv"]


def test_each_stem_in_the_archive_bears_the_label(server, composed, tmp_path):
    (work,) = works_of(server, composed)
    with zipfile.ZipFile(io.BytesIO(server.client.get(work["links"]["stems"]).content)) as packed:
        packed.extractall(tmp_path)
    found = [verify(path) for path in sorted(tmp_path.iterdir())]
    assert len(found) == 4
    assert {(each.verdict, each.is_own) for each in found} == {("intact", True)}
    assert len({each.work for each in found}) == 1


def test_sound_bears_the_marks_that_are_asked_for(server, composed, tmp_path):
    (work,) = works_of(server, composed)
    lengths = []
    for options in ({}, {"audible_label": "yes", "c2pa": "yes"}):
        brief = {"source": {"work": work["id"]}}
        job = ask(server, "render", brief=brief, formats=["wav"], options=options)
        assert job["state"] == "succeeded", job["error"]
        path = tmp_path / "piece.wav"
        path.write_bytes(server.client.get(f"/v1/jobs/{job['id']}/files/wav").content)
        found = verify(path)
        assert (found.verdict, found.credentials) == ("intact", "valid" if options else "")
        lengths.append(soundfile.info(path).duration)
    assert lengths[1] - lengths[0] == pytest.approx(1.92, abs=0.01)


def test_an_edited_revision_keeps_its_origin_and_says_which_notes_a_person_added(server, composed):
    (work,) = works_of(server, composed)
    document = server.client.get(work["links"]["json"]).json()
    notes = document["score"]["parts"][0]["notes"]
    for name, value in (("start", 20), ("duration", 20), ("pitch", 90), ("velocity", 80)):
        notes[name].append(value + notes[name][0] if name == "start" else value)
    first = notes["start"][0]
    document["origin"]["composed"] = [[first, first + 1, 0], [first + 21, 100_000, 0]]
    answer = server.client.post("/v1/works", json=document, params={"parent": work["id"]})
    assert answer.status_code == 201, answer.text
    revision = answer.json()
    result = ask(server, "rights", brief={"source": {"work": revision["id"]}, "target": {"work": work["id"]}})["result"]
    assert (result["rights"]["parts"][0]["notes"]["person"], result["rights"]["kept"]) == (1, 1)
    assert result["rights"]["parts"][0]["bars"][0]["by"] == "model and person"
    files = {kind: server.client.get(f"/v1/works/{revision['id']}/files/{kind}").content for kind in ("json", "midi")}
    (written,) = (each for name, each in result["sidecar"]["entity"].items() if name == "firmus:piece.json")
    assert written["firmus:sha256"] == hashlib.sha256(files["json"]).hexdigest()
    for name, data in (("piece.json", files["json"]), ("piece.mid", files["midi"])):
        found = ask(server, "verify", options={"name": name, "data": b64encode(data).decode()})
        assert found["result"]["verification"]["verdict"] == "intact"


@pytest.mark.parametrize(
    "change", [{"seed": "1"}, {"credits": [1]}, {"brief": []}, {"composed": [[0, 480, 99]]}, {"spy": 1}, None]
)
def test_an_upload_with_a_damaged_origin_is_refused_in_a_line(server, composed, change):
    (work,) = works_of(server, composed)
    document = server.client.get(work["links"]["json"]).json()
    document["origin"] = document["origin"] | change if change else None
    answer = server.client.post("/v1/works", json=document)
    assert answer.status_code == 422, answer.text
    assert "its origin is missing or damaged" in answer.json()["detail"]


REFUSED = [
    ({"kind": "render", "formats": ["svg"], "options": {"c2pa": "yes"}}, "a C2PA manifest is for sound"),
    ({"kind": "render", "formats": ["pdf"], "options": {"audible_label": "yes"}}, "an audible label is for sound"),
    ({"kind": "catalogue", "brief": {"bars": "1"}}, "catalogue takes a source"),
    ({"kind": "verify"}, "verify takes no source"),
    ({"kind": "produce", "formats": ["wav"]}, "produce takes no source"),
    ({"kind": "soothe", "formats": ["mp3"]}, "soothe takes no source"),
    ({"kind": "batch"}, "batch takes no source"),
    ({"kind": "timbre", "formats": ["sf2"], "options": {"timbre": "from"}}, "takes a sound as its source"),
    ({"kind": "timbre", "formats": ["sf2"], "brief": {"source": "sound"}}, "needs the option timbre"),
    (
        {
            "kind": "timbre",
            "formats": ["sf2"],
            "brief": {"source": "sound"},
            "options": {"timbre": "from", "like": "x"},
        },
        "like: timbre from takes",
    ),
    ({"kind": "render", "formats": ["svg"], "options": {"volume": "1=3"}}, "of sound alone, not of svg"),
    ({"kind": "render", "formats": ["wav"], "options": {"pan": "viola=1"}}, "no part 'viola'"),
    ({"kind": "rights", "brief": {"bars": "1"}}, "rights takes a source"),
    ({"kind": "analyse", "brief": {"tempo": 90}}, "analyse takes a source"),
    ({"kind": "render", "brief": {"bars": 4}, "formats": ["wav"]}, "render takes a source"),
    ({"kind": "transcribe", "options": {"voices": "some"}}, "many"),
    ({"kind": "transcribe"}, "needs a sound"),
    ({"kind": "explain", "options": {"nota": "x"}}, "did you mean 'note'"),
    ({"kind": "explain", "options": {"note": 7}}, "must be text"),
    ({"kind": "explain", "formats": ["svg"]}, "takes none"),
    ({"kind": "vary", "options": {"note": "x"}}, "takes none"),
    ({"kind": "vary", "brief": {"source": "sound"}}, "takes no sound"),
]


def test_a_scene_becomes_sound_stems_and_notes_of_its_length(server):
    body = {
        "brief": {"seconds": 6.5, "style": "folk", "seed": 4, "effort": "quick"},
        "formats": ["wav", "stems", "midi"],
    }
    job = ask(server, "produce", **body, options={"scene": "calm until 0:03, danger", "loudness": "-23"})
    assert job["state"] == "succeeded", job
    assert [row["mood"] for row in job["result"]["sheet"]] == ["calm", "danger"]
    assert abs(job["result"]["loudness"] + 23) < 0.3
    sound = server.client.get(f"/v1/jobs/{job['id']}/files/wav")
    assert soundfile.info(io.BytesIO(sound.content)).frames == round(6.5 * 44100)


@pytest.mark.parametrize(
    ("brief", "scene", "hint"),
    [
        ({"seconds": 30}, "calm until 0:50", "beyond the end"),
        ({"seconds": 18000}, "calm", "3600"),
        ({}, "calm", "needs its length"),
        ({"seconds": 30, "bars": 4}, "calm", "bars"),
        ({"seconds": 30, "style": "polka"}, "calm", "unknown style"),
    ],
)
def test_a_scene_that_makes_no_sense_is_refused_at_once(server, brief, scene, hint):
    body = {"kind": "produce", "brief": brief, "options": {"scene": scene}, "formats": ["wav"]}
    answer = server.client.post("/v1/jobs", json=body)
    assert answer.status_code == 422, answer.text
    assert hint in answer.json()["detail"]


def test_a_session_becomes_sound_and_what_was_measured(server):
    body = {"brief": {"seconds": 300, "seed": 4, "effort": "quick"}, "formats": ["mp3", "midi"]}
    job = ask(server, "soothe", **body, options={"session": "focus"})
    assert job["state"] == "succeeded", job
    assert job["result"]["measured"]["tempo_error"] < 1
    assert len(job["result"]["session"]) > 4
    sound = server.client.get(f"/v1/jobs/{job['id']}/files/mp3")
    assert sound.headers["content-type"] == "audio/mpeg"
    assert abs(soundfile.info(io.BytesIO(sound.content)).duration - 300) < 20


@pytest.mark.parametrize(
    ("brief", "options", "hint"),
    [
        ({"seconds": 180}, {"session": "calm"}, "3 minutes: a session lasts 5 to 60"),
        ({"seconds": 300}, {}, "needs the option session"),
        ({"seconds": 300}, {"session": "calm", "breathing": "60"}, "breathing 60"),
        ({"seconds": 300, "style": "folk"}, {"session": "calm"}, "style"),
    ],
)
def test_a_session_that_cannot_be_is_refused_at_once(server, brief, options, hint):
    body = {"kind": "soothe", "brief": brief, "options": options, "formats": ["mp3"]}
    answer = server.client.post("/v1/jobs", json=body)
    assert answer.status_code == 422, answer.text
    assert hint in answer.json()["detail"]


@pytest.mark.parametrize(("body", "hint"), REFUSED, ids=lambda each: json.dumps(each)[:60])
def test_what_a_kind_does_not_take_is_refused(server, composed, recording, body, hint):
    source = {"work": composed["result"]["works"][0]["id"]}
    brief = body.get("brief", {})
    source = {"sound": recording["id"]} if brief.get("source") == "sound" else source
    answer = server.client.post("/v1/jobs", json={**body, "brief": {**brief, "source": source}})
    assert answer.status_code == 422, answer.text
    assert hint in answer.json()["detail"]


def test_a_sound_becomes_an_instrument(server):
    from firmus.render.soundfont import SoundFont

    times = np.arange(44100) / 44100
    buffer = io.BytesIO()
    soundfile.write(buffer, 0.3 * np.sin(2 * np.pi * 440 * times), 44100, format="WAV")
    sent = server.client.post("/v1/sounds", content=buffer.getvalue(), params={"title": "Tone"}).json()
    body = {"brief": {"source": {"sound": sent["id"]}}, "formats": ["sf2", "sfz", "wav"]}
    job = ask(server, "timbre", **body, options={"timbre": "from", "name": "tone"})
    assert job["state"] == "succeeded", job
    assert job["result"]["instruments"][0]["measured"]["pitches"] == [69.0]
    answer = server.client.get(f"/v1/jobs/{job['id']}/files/sf2")
    assert answer.status_code == 200, answer.text
    font = SoundFont(answer.content)
    assert font.presets == ((0, 0),)
    with zipfile.ZipFile(io.BytesIO(server.client.get(f"/v1/jobs/{job['id']}/files/sfz").content)) as archive:
        assert archive.namelist()[0] == "tone.sfz"


def test_a_work_is_mixed_as_is_asked(server, composed):
    (work,) = works_of(server, composed)
    body = {"brief": {"source": {"work": work["id"]}}, "formats": ["flac"]}
    sounds = []
    for options in ({}, {"volume": "1=-30", "reverb": "0"}):
        job = ask(server, "render", **body, options=options)
        assert job["state"] == "succeeded", job
        sounds.append(soundfile.read(io.BytesIO(server.client.get(f"/v1/jobs/{job['id']}/files/flac").content))[0])
    assert np.abs(sounds[0] - sounds[1]).max() > 0.05


def test_every_kind_of_the_folder_says_what_it_is(server):
    listed = server.client.get("/v1/capabilities").json()["kinds"]
    assert {"compose", "transcribe", "explain", "evaluate", "render"} <= set(listed) == set(handlers.KINDS)
    assert set(listed["evaluate"]["options"]) == {"generated", "reference"}
    assert [name for name, each in listed.items() if each["takes_sound"]] == ["analyse", "timbre", "transcribe"]
    for module in handlers.KINDS.values():
        assert module.LANE in handlers.LANES
        assert callable(module.check)
        assert callable(module.perform)


# -- searching one's own works ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def library(server):
    """Works of this file's owner, by title: two tunes of ours, the second twice, once moved and a note longer."""
    from firmus.score import Key, Note, Part, Score

    def tune(title, pitches, tonic):
        notes = tuple(Note(480 * place, 480, pitch) for place, pitch in enumerate(pitches))
        return Score((Part("Melody", notes, 73),), keys=(Key(0, tonic),), title=title)

    stairs = [60, 62, 64, 65, 67, 69, 71, 72, 71, 69, 67, 65, 64, 62, 60]
    turns = [67, 67, 69, 67, 72, 71, 67, 67, 69, 67, 74, 72, 67, 67, 79, 76, 72]
    found = {}
    for title, pitches, tonic in (
        ("Stairs at Noon", stairs, "C"), ("Turns", turns, "C"), ("Turns_%", [p + 2 for p in turns] + [74], "D"),
    ):  # fmt: skip
        data = plugins.load("firmus.formats", "json").write(tune(title, pitches, tonic))
        answer = server.client.post("/v1/works", content=data)
        assert answer.status_code == 201, answer.text
        found[title] = answer.json()["id"]
    return found


def works_like(server, **filters):
    answer = server.client.get("/v1/works", params={"limit": 100, **filters})
    assert answer.status_code == 200, answer.text
    return [each["title"] for each in answer.json()["items"]]


def test_works_are_listed_by_title_style_and_key(server, library, composed):
    assert works_like(server, title="AT noon") == ["Stairs at Noon"]
    assert works_like(server, title="_%") == ["Turns_%"]
    assert works_like(server, title="turns", key="d") == ["Turns_%"]
    (work,) = works_of(server, composed)
    assert work["title"] in works_like(server, style="chorale", key="G minor")
    assert "Turns" not in works_like(server, style="chorale")
    assert works_like(server, style="organ") == []
    refused = server.client.get("/v1/works", params={"key": "H major"})
    assert refused.status_code == 422
    assert "there is no key 'H major'" in refused.json()["detail"]


def test_a_melody_is_found_among_ones_works(server, library):
    job = ask(server, "search", options={"melody": "A4 A4 B4 A4 D5 C#5"})
    assert job["state"] == "succeeded", job["error"]
    first, second = job["result"]["found"]["matches"][:2]
    assert {first["work"], second["work"]} == {library["Turns"], library["Turns_%"]}
    assert first["bars"] == "1-2"
    named = ask(server, "search", options={"melody": "A4 A4 B4 A4 D5 C#5", "among": [library["Stairs at Noon"]]})
    assert library["Turns"] not in [each["work"] for each in named["result"]["found"]["matches"]]


def test_works_that_are_like_a_work_are_found(server, library):
    job = ask(server, "search", options={"like": [library["Turns"]]})
    assert job["result"]["found"]["matches"][0]["work"] == library["Turns_%"]
    assert library["Turns"] not in [each["work"] for each in job["result"]["found"]["matches"]]


@pytest.mark.parametrize(
    "options", [{}, {"melody": "C4"}, {"melody": "C4 D4 E4 F4 G4", "like": ["x"]}, {"like": []}, {"hum": "x"}]
)
def test_a_search_for_nothing_is_refused(server, options):
    assert ask(server, "search", status=422, options=options)["type"] == "urn:firmus:problem:invalid-brief"


def test_works_are_recommended_by_what_was_rated(server, library):
    first = ask(server, "recommend")["result"]["found"]
    assert first["are_first"]
    assert len(first["pieces"]) == 3
    rated = {"like": [library["Turns"]], "dislike": [library["Stairs at Noon"]]}
    found = ask(server, "recommend", options=rated)["result"]["found"]
    works = [each["work"] for each in found["pieces"]]
    assert not {library["Turns"], library["Stairs at Noon"]} & set(works)
    assert (found["are_first"], found["rated"]) == (False, 2)
    both = {"like": [library["Turns"]], "skip": [library["Turns"]]}
    assert "say one of the two" in ask(server, "recommend", status=422, options=both)["detail"]


def test_music_is_composed_for_a_taste(server, library):
    rated = {"like": [library["Turns"]], "compose": "yes"}
    brief = {"style": "folk", "bars": 4, "seed": 4, "effort": "quick"}
    (work,) = works_of(server, server.ended(ask(server, "recommend", brief=brief, options=rated)))
    assert work["ai_generated"]
    for options, given, hint in (
        ({"compose": "yes"}, {}, "name works that you like"),
        (rated | {"among": [library["Turns"]]}, {}, "nothing is chosen"),
        (rated, {"style": "polka"}, "unknown style"),
        ({"like": [library["Turns"]]}, {"bars": 4}, "say the option compose"),
    ):
        assert hint in ask(server, "recommend", status=422, options=options, brief=given)["detail"]


def test_a_sound_effect_becomes_sound_and_a_picture(server):
    body = {"brief": {"seconds": 1.5, "seed": 4}, "formats": ["wav", "png"]}
    options = {"effect": "rain", "rate": "300", "loop": "yes", "loudness": "-24"}
    job = server.ended(ask(server, "effects", options=options, **body))
    assert job["state"] == "succeeded", job
    sound = server.client.get(f"/v1/jobs/{job['id']}/files/wav").content
    made = effect("rain", seconds=1.5, seed=4, rate=300.0, loop=True, loudness=-24.0)
    assert sound == made.encoded()
    assert job["result"]["origin"]["measured"]["loudness"] == pytest.approx(-24, abs=0.3)
    assert server.client.get(f"/v1/jobs/{job['id']}/files/png").content[1:4] == b"PNG"


@pytest.mark.parametrize(
    ("brief", "options", "hint"),
    [
        ({}, {}, "needs the option effect"),
        ({}, {"effect": "riser", "loop": "yes"}, "is no loop"),
        ({"seconds": 400}, {"effect": "rain"}, "seconds"),
        ({}, {"effect": "coin", "pitch": "high"}, "must be a number"),
        ({}, {"effect": "coin", "space": "7"}, "0 to 1"),
        ({"bars": 4}, {"effect": "coin"}, "bars"),
        ({}, {"effect": "quack"}, "quack"),
    ],
)
def test_an_effect_that_cannot_be_is_refused_at_once(server, brief, options, hint):
    answer = ask(server, "effects", status=422, brief=brief, options=options, formats=["wav"])
    assert hint in answer["detail"]


def tune_of(server, title="Own"):
    """A work of four bars in C major."""
    pitches = (60, 64, 67, 64, 65, 69, 67, 67, 64, 62, 60, 62, 64, 62, 60, 60)
    notes = tuple(Note(480 * place, 480, pitch) for place, pitch in enumerate(pitches))
    score = Score((Part("Melody", notes, 73),), title=title)
    answer = server.client.post("/v1/works", content=json.dumps(to_dict(score)).encode())
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def test_a_game_pack_of_ones_own_theme_is_an_archive(server):
    brief = {"source": {"work": tune_of(server)}, "bars": 4, "key": "D minor", "seed": 4}
    job = server.ended(ask(server, "game", brief=brief, options={"states": "calm,danger"}, formats=["pack"]))
    assert job["state"] == "succeeded", job
    assert [(state["name"], state["lufs"]) for state in job["result"]["states"]] == [("calm", -18), ("danger", -14)]
    archive = zipfile.ZipFile(io.BytesIO(server.client.get(f"/v1/jobs/{job['id']}/files/pack").content))
    names = archive.namelist()
    assert {"README.txt", "cues.csv", "index.html", "states/calm/mix.wav", "godot/music.tres"} <= set(names)
    for body, hint in (
        ({"options": {}}, "needs the option states"),
        ({"options": {"states": "calm"}}, "2 to 7"),
        ({"options": {"states": "calm,danger"}, "brief": {"bars": 2}}, "4 to 32"),
        ({"options": {"states": "calm,danger"}, "brief": {**brief, "effort": "quick"}}, "effort"),
        ({"options": {"states": "calm,danger"}, "brief": {**brief, "bars": 8}}, "the theme has 4"),
        ({"options": {"states": "calm,danger", "loudness": "-99"}}, "LUFS"),
    ):
        assert hint in ask(server, "game", status=422, **body, formats=["pack"])["detail"]


def test_a_model_is_adapted_to_works_and_the_archive_is_one(server, tmp_path):
    pieces = [tune_of(server, f"Own {number}") for number in range(5)]
    job = server.ended(ask(server, "adapt", brief={"style": "folk"}, options={"pieces": pieces}, formats=["adapter"]))
    assert job["state"] == "succeeded", job
    assert job["result"]["adapted"]["after"] < job["result"]["adapted"]["before"]
    data = server.client.get(f"/v1/jobs/{job['id']}/files/adapter").content
    zipfile.ZipFile(io.BytesIO(data)).extractall(tmp_path / "adapted")
    assert read_card(tmp_path / "adapted" / "card.json").facts["base"] == "composer"
    for options, hint in (({"pieces": pieces[:3]}, "5 to 20"), ({}, "5 to 20")):
        answer = ask(server, "adapt", status=422, options=options, formats=["adapter"])
        assert hint in answer["detail"]
    refused = ask(server, "adapt", 422, brief={"style": "polka"}, options={"pieces": pieces}, formats=["adapter"])
    assert "polka" in refused["detail"]


def test_nobody_finds_works_of_others(serve, library):
    """What is not named is looked for among one's own."""
    server = serve()
    job = ask(server, "search", options={"melody": "A4 A4 B4 A4 D5 C#5"})
    assert job["state"] == "failed"
    assert "none of the 0 pieces" in job["error"]["detail"]
    refused = ask(server, "search", status=404, options={"like": [library["Turns"]]})
    assert refused["type"] == "urn:firmus:problem:not-found"
