"""What a job names beside its source: a model that was adapted, SoundFonts, works to compare with."""

import io
import struct

import numpy as np
import pytest
import soundfile

from firmus.render.soundfont import SHIPPED

TUNE = "X:1\nT:Own {0}\nM:4/4\nL:1/4\nK:G\n" + "GABd|c{0}A2|GABd|cAG2|" * 2


def ask(server, kind, status=200, **body):
    answer = server.client.post("/v1/jobs", json={"kind": kind, **body}, headers={"Prefer": "wait=60"})
    assert answer.status_code == status, answer.text
    return answer.json()


def done(server, kind, **body):
    job = server.ended(ask(server, kind, **body))
    assert job["state"] == "succeeded", job
    return job


@pytest.fixture(scope="module")
def pieces(server):
    bodies = [TUNE.format(name).encode() for name in "BdeGF"]
    return [server.client.post("/v1/works", content=body).json()["id"] for body in bodies]


@pytest.fixture(scope="module")
def adapted(server, pieces):
    return done(server, "adapt", brief={"style": "folk"}, options={"pieces": pieces}, formats=["adapter"])


def sound_of(server, job):
    return soundfile.read(io.BytesIO(server.client.get(f"/v1/jobs/{job['id']}/files/flac").content))[0]


def test_an_adapted_model_composes_and_what_it_copies_is_told(server, pieces, adapted):
    brief = {"style": "folk", "bars": 4, "seed": 4, "effort": "quick"}
    own, usual = (done(server, "compose", brief=brief | more) for more in ({"model": adapted["id"]}, {}))
    assert own["request"] == {"kind": "compose", "brief": brief | {"model": adapted["id"]}}
    (work,), (other,) = own["result"]["works"], usual["result"]["works"]
    documents = [server.client.get(f"/v1/works/{each['id']}/files/json").json() for each in (work, other)]
    assert [each["origin"]["model"] for each in documents] == [adapted["id"], "composer"]
    assert documents[0]["score"]["parts"] != documents[1]["score"]["parts"]
    assert any("your own" in credit for credit in documents[0]["origin"]["credits"])
    found = done(server, "check", brief={"source": {"work": pieces[0]}}, options={"against": pieces[:1]})
    assert found["result"]["originality"]["pieces"] == 1
    assert found["result"]["originality"]["verdict"] == "copies"
    assert ask(server, "check", brief={"source": {"work": pieces[0]}}, options={"against": []})["state"] == "failed"
    ask(server, "check", 404, brief={"source": {"work": pieces[0]}}, options={"against": ["wrk_" + "0" * 28]})


def test_an_adapted_model_is_refused_where_it_cannot_be(server, pieces, adapted):
    refused = ask(server, "compose", 422, brief={"style": "chorale-prelude", "model": adapted["id"]})
    assert "style" in refused["detail"]
    other = done(server, "analyse", brief={"source": {"work": pieces[0]}})
    for name in (other["id"], "job_" + "0" * 28):
        refused = ask(server, "compose", 404, brief={"style": "folk", "model": name})
        assert refused["detail"] == f"model: there is no job {name} of yours that has adapted one"
    again = ask(server, "adapt", 422, brief={"model": adapted["id"]}, options={"pieces": pieces}, formats=["adapter"])
    assert "\n" not in again["detail"]
    again = done(server, "adapt", brief={"style": "folk"}, options={"pieces": pieces}, formats=["adapter"])
    assert server.client.delete(f"/v1/jobs/{again['id']}").status_code == 204
    ask(server, "compose", 404, brief={"style": "folk", "model": again["id"]})


def test_a_soundfont_of_ones_own_plays_a_part(server, pieces):
    font = server.client.post("/v1/sounds", content=SHIPPED.read_bytes(), params={"title": "Mine"}).json()["id"]
    made = done(server, "timbre", options={"timbre": "new", "like": "bright"}, brief={"seed": 1}, formats=["sf2"])
    own = server.client.get(f"/v1/jobs/{made['id']}/files/sf2").content
    own = server.client.post("/v1/sounds", content=own).json()["id"]
    body = {"brief": {"source": {"work": pieces[0]}}, "formats": ["flac"]}
    usual, same, other = (
        sound_of(server, done(server, "render", **body, options=options))
        for options in ({}, {"instrument": f"1={font}"}, {"instrument": own})
    )
    assert np.abs(usual - same).max() < 0.01
    assert np.abs(usual[:40_000] - other[:40_000]).max() > 0.05
    refused = ask(server, "render", 422, **body | {"formats": ["svg"]}, options={"instrument": own})
    assert "of sound alone" in refused["detail"]
    for value in ("my.sf2", f"1={font[:-1]}x", "/etc/passwd"):
        refused = ask(server, "render", 404, **body, options={"instrument": value})
        assert refused["detail"].startswith("instrument: there is no sound")
    assert "part" in ask(server, "render", 422, **body, options={"instrument": f"bassoon={font}"})["detail"]
    assert server.client.delete(f"/v1/sounds/{font}").status_code == 204
    ask(server, "render", 404, **body, options={"instrument": font})


@pytest.mark.parametrize(
    ("data", "hint"),
    [
        (b"RIFF\x04\0\0\0sfbk", "damaged"),
        (SHIPPED.read_bytes()[:2000], "damaged"),
        (b"MThd\0\0\0\x06", "no sound and no SoundFont"),
    ],
)
def test_what_is_no_soundfont_is_refused_in_a_line(server, data, hint):
    answer = server.client.post("/v1/sounds", content=data)
    assert answer.status_code == 422
    assert hint in answer.json()["detail"]
    assert "\n" not in answer.json()["detail"]


def test_a_soundfont_without_presets_is_refused(server):
    def chunk(name, data):
        return name + struct.pack("<I", len(data)) + data

    last = {
        b"phdr": 38,
        b"pbag": 4,
        b"pmod": 10,
        b"pgen": 4,
        b"inst": 22,
        b"ibag": 4,
        b"imod": 10,
        b"igen": 4,
        b"shdr": 46,
    }
    lists = chunk(b"LIST", b"sdta" + chunk(b"smpl", b"\0" * 200))
    lists += chunk(b"LIST", b"pdta" + b"".join(chunk(name, b"\0" * size) for name, size in last.items()))
    answer = server.client.post("/v1/sounds", content=chunk(b"RIFF", b"sfbk" + lists))
    assert (answer.status_code, "no preset" in answer.json()["detail"]) == (422, True)


@pytest.mark.parametrize("name", ["/etc/hostname", "take.wav", "../flute"])
def test_a_morph_reads_no_file_of_the_server(server, name):
    options = {"timbre": "morph", "first": name, "second": "cello"}
    assert "by its name" in ask(server, "timbre", 422, options=options, formats=["sf2"])["detail"]


def test_a_soundfont_is_no_recording(server):
    font = server.client.post("/v1/sounds", content=SHIPPED.read_bytes()).json()["id"]
    job = ask(server, "transcribe", brief={"source": {"sound": font}})
    assert (job["state"], job["error"]["type"]) == ("failed", "urn:firmus:problem:unreadable-music")
