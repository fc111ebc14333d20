"""The Python client, sync and async, against a real server; through a proxy that breaks connections."""

import asyncio
import dataclasses
import inspect
import json
import subprocess
import sys
import time
import zipfile
from io import BytesIO

import numpy as np
import pytest
import soundfile

import firmus
from firmus import formats
from firmus.client import AsyncClient, Client, JobSummary, Refused, Unreachable, records
from firmus.errors import FirmusError
from firmus.score import Key, Meter, Note, Part, Score
from firmus.service.http import schemas

FOLK = {"style": "folk", "bars": 1, "seed": 3}
NOTES = tuple(Note(960 * place, 960, pitch) for place, pitch in enumerate((67, 69, 71, 72, 74, 71, 69, 67)))
TUNE = Score((Part("Melody", NOTES, 73),), meters=(Meter(0, 4, 4),), keys=(Key(0, "G"),), title="Four bars")


@pytest.fixture
def client(server):
    with Client(server.url) as made:
        yield made


def test_ask_wait_and_fetch(client, tmp_path):
    job = client.perform("compose", **FOLK)
    (made,) = job.works
    work = client.work(made)
    assert (work.title, work.job, work.summary["bars"], work.ai_generated) == (made.title, job.id, 1, True)
    assert len(client.score(made).parts) == 1
    path = client.save(made, tmp_path / "a.mid")
    assert formats.read(path).parts[0].notes == client.score(work).parts[0].notes
    sound, _ = soundfile.read(client.save(work, tmp_path / "a.mp3"))
    assert abs(sound).max() > 0.05
    assert zipfile.ZipFile(client.save(work, tmp_path / "parts.zip")).namelist()
    assert [each.id for each in client.works(job=job)] == [work.id]
    client.delete(work)
    with pytest.raises(Refused, match="there is no work") as refused:
        client.work(work)
    assert (refused.value.status, refused.value.kind) == (404, "not-found")


def test_every_kind_of_source(client, tmp_path):
    path = tmp_path / "Four bars.mid"
    formats.write(TUNE, path)
    work, again = client.upload(path), client.upload(TUNE)
    assert work.summary["notes"] == again.summary["notes"] == 8
    harmonised = client.perform("harmonise", source=work, seed=1)
    assert client.work(harmonised.works[0]).parent == work.id
    assert len(client.score(harmonised.works[0]).parts) == 4
    assert client.perform("analyse", source=TUNE).result["analysis"]["key"] == "G major"
    between = client.perform("interpolate", source=work, target=TUNE, steps=3, seed=1)
    assert len(between.works) == 3
    rendered = client.perform("render", source=work, formats=["svg"])
    assert b"<svg" in client.fetch(rendered, "svg")
    report = client.perform("evaluate", options={"generated": between.works, "reference": [work, again]})
    assert report.result["report"]["pieces"] == {"generated": 3, "reference": 2}
    revised = client.upload(TUNE, parent=work)
    assert {each.id for each in client.works(root=work)} >= {work.id, revised.id}


def test_a_sound_is_written_down(client, tmp_path):
    time_axis = np.arange(4 * 22050) / 22050
    pitch = np.array([67, 69, 71, 72])[(time_axis // 1).astype(int)]
    wave = 0.3 * np.sin(2 * np.pi * np.cumsum(440 * 2 ** ((pitch - 69) / 12)) / 22050) * (time_axis % 1 < 0.9)
    soundfile.write(tmp_path / "evening.wav", wave, 22050)
    sound = client.upload_sound(tmp_path / "evening.wav")
    assert sound.title == "evening"
    job = client.perform("transcribe", source=sound, options={"voices": "one"})
    assert [note.pitch for note in client.score(job.works[0]).parts[0].notes] == [67, 69, 71, 72]
    client.delete(sound)


def test_jobs_are_listed_in_short_and_deleted(client):
    job = client.perform("compose", style="folk", bars=1, seed=1)
    batch = client.submit_all("compose", [{"style": "folk", "bars": 1, "seed": seed} for seed in range(3)])
    listed = list(client.jobs(batch=batch))
    assert [type(each) for each in listed] == [JobSummary] * 3
    assert client.job(listed[0]).request["brief"]["seed"] == 2
    client.cancel(listed[0])
    client.delete(listed[0])
    for each in listed[1:]:
        client.wait(each)
    assert client.batch(batch).is_over
    for each in (batch, job):
        client.delete(each)
    for gone in (lambda: client.job(job), lambda: client.batch(batch)):
        with pytest.raises(Refused, match="of yours"):
            gone()
    assert client.work(job.works[0]).job == job.id


def test_refusals_tell_all_that_the_service_told(client):
    with pytest.raises(Refused, match=r"^tempo 999 must be 10 to 400") as refused:
        client.submit("compose", tempo=999)
    error = refused.value
    assert isinstance(error, firmus.FirmusError)
    assert (error.status, error.type) == (422, "urn:firmus:problem:invalid-brief")
    assert error.instance.startswith("urn:firmus:request:")
    with pytest.raises(Refused, match="compsoe") as refused:
        client.submit("compsoe")
    with pytest.raises(Refused, match="no file") as refused:
        client.fetch(client.upload(TUNE), "gif")
    with pytest.raises(FirmusError, match="the ending says"):
        client.save("wrk_1", "evening")
    with pytest.raises(FirmusError, match="No such file"):
        client.upload("no.mid")


def test_a_job_that_failed_is_raised(client):
    silence = BytesIO()
    soundfile.write(silence, np.zeros(22050), 22050, format="WAV")
    job = client.submit("transcribe", source=client.upload_sound(silence.getvalue(), title="silence"))
    ended = client.wait(job)
    assert ended.state == "failed"
    with pytest.raises(Refused) as refused:
        ended.checked()
    assert refused.value.detail == ended.error["detail"]
    assert refused.value.kind == ended.error["type"].rpartition(":")[2]


def test_a_canceled_job_is_no_result(client):
    job = client.submit("compose", style="chorale", bars=64)
    assert client.cancel(job).state == client.cancel(job.id).state == "canceled"
    with pytest.raises(Refused, match="was canceled"):
        client.wait(job).checked()
    assert job.id in [each.id for each in client.jobs(state="canceled")]


def test_waiting_ends_in_time(client):
    job = client.submit("compose", style="chorale", bars=128, seed=1)
    assert not client.wait(job, seconds=0.5).is_over
    assert not client.cancel(job).result


def test_pages_are_turned(client):
    made = {client.upload(TUNE).id for _ in range(23)}
    assert made <= {each.id for each in client.works()}


def test_a_batch(client):
    batch = client.submit_all("compose", [{**FOLK, "seed": seed} for seed in (1, 2)])
    while not client.batch(batch).is_over:
        time.sleep(0.1)
    assert [each.state for each in client.jobs(batch=batch)] == ["succeeded"] * 2
    names = zipfile.ZipFile(BytesIO(client.archive(batch))).namelist()
    assert any(name.startswith("0002/") for name in names)


def test_events_go_on_after_the_last_that_is_known(client):
    job = client.submit("compose", style="folk", bars=3, seed=1)
    events = list(client.follow(job))
    assert [each.number for each in events] == list(range(1, len(events) + 1))
    assert events[-1].data["state"] == "succeeded"
    bars = [each.data["bar"] for each in events if each.kind == "bar"]
    assert bars[-3:] == sorted(set(bars)) == [0, 1, 2]  # composed again, they come again
    assert list(client.follow(job, after=events[-3].number)) == events[-2:]
    assert list(client.follow(job, after=events[-1].number)) == []


def test_a_stream_that_breaks_goes_on_and_loses_nothing(proxy, client):
    job = client.perform("compose", style="chorale", bars=4, seed=2)
    expected = list(client.follow(job))
    proxy.cuts = [0, 700, 900, 903, 5, 600]
    with Client(proxy.url) as other:
        assert list(other.follow(job)) == expected
    assert proxy.connections == 7
    assert not proxy.cuts


def test_what_is_sent_twice_is_done_once(proxy, client):
    known = {each.id for each in client.jobs()}
    proxy.cuts = [0, 40]  # the service has done it, and its answer is lost
    with Client(proxy.url) as other:
        job = other.submit("compose", **FOLK)
    assert proxy.connections == 3
    assert {each.id for each in client.jobs()} - known == {job.id}
    mine = [client.submit("compose", **FOLK, idempotency_key="mine").id for _ in range(2)]
    assert mine[0] == mine[1]
    with pytest.raises(Refused) as refused:
        client.submit("compose", **{**FOLK, "seed": 4}, idempotency_key="mine")
    assert refused.value.kind == "idempotency-key-reused"


def test_a_busy_service_is_asked_again_as_long_as_it_says(serve):
    server = serve(rate=2.0, burst=1.0)
    with Client(server.url) as client:
        for _ in range(4):
            client.usage()
    until = time.monotonic() + 10  # a line is written when its answer is already on the way
    statuses: list[int] = []
    while statuses.count(200) < 4 and time.monotonic() < until:
        statuses = [line["status"] for line in map(json.loads, server.log.read_text().splitlines()) if "status" in line]
        time.sleep(0.05)
    assert statuses[:2] == [200, 429]
    assert statuses.count(200) == 4
    with Client(server.url, attempts=1) as client, pytest.raises(Refused) as refused:
        [client.usage() for _ in range(4)]
    assert (refused.value.kind, refused.value.status) == ("rate-limited", 429)
    assert refused.value.seconds >= 1


def test_a_service_that_starts_anew_is_waited_for(serve):
    server = serve()
    with Client(server.url, attempts=2) as client:
        job = client.submit("compose", **FOLK)
        server.stop()
        with pytest.raises(Unreachable, match="does firmus serve run there"):
            client.job(job)
        server.start()
    with Client(server.url) as client:
        assert client.wait(job).state == "succeeded"


@pytest.mark.parametrize("url", ["localhost", "", "ftp://x"])
def test_what_is_no_address_is_refused(url):
    with pytest.raises(FirmusError, match="is no address"):
        Client(url)


def test_keys(serve):
    import subprocess
    import sys

    server = serve()
    words = [sys.executable, "-m", "firmus", "serve", "keys", "add", "--owner", "acme", "--data", str(server.data)]
    key = subprocess.run(words, capture_output=True, check=True, text=True).stdout.strip()
    server.stop()
    server.start()
    with Client(server.url, key) as client:
        assert client.usage()["owner"] == "acme"
    with Client(server.url, "firmus_wrong") as client, pytest.raises(Refused) as refused:
        client.usage()
    assert refused.value.status == 401


def test_async(server, tmp_path):
    async def scenario():
        async with AsyncClient(server.url) as client:
            work = await client.upload(TUNE)
            jobs = await asyncio.gather(*(client.perform("vary", source=work, amount=0.5, seed=n) for n in range(3)))
            assert {(await client.work(job.works[0])).parent for job in jobs} == {work.id}
            job = await client.submit("compose", style="folk", bars=2, seed=1)
            events = [event async for event in client.follow(job)]
            assert [each.number for each in events] == list(range(1, len(events) + 1))
            assert [event async for event in client.follow(job, after=events[-1].number)] == []
            assert formats.read(await client.save(jobs[0].works[0], tmp_path / "a.musicxml")).parts
            assert work.id in [each.id async for each in client.works(root=work)]
            with pytest.raises(Refused, match="tempo 999"):
                await client.submit("compose", tempo=999)

    asyncio.run(scenario())


def test_an_async_stream_that_breaks_goes_on(proxy, client):
    job = client.perform("compose", style="folk", bars=3, seed=2)
    expected = list(client.follow(job))

    async def followed():
        async with AsyncClient(proxy.url) as other:
            return [event async for event in other.follow(job)]

    proxy.cuts = [0, 700, 1200, 5]
    assert asyncio.run(followed()) == expected
    assert proxy.connections >= 5


def test_both_clients_have_the_same_methods():
    def public(kind):
        methods = {name: each for name, each in vars(kind).items() if inspect.isfunction(each) and name[0] != "_"}
        return {name: (list(inspect.signature(each).parameters), each.__doc__) for name, each in methods.items()}

    assert public(Client) == public(AsyncClient)


@pytest.mark.parametrize("name", ["Work", "Sound", "Job", "Batch"])
def test_the_records_are_those_of_the_service(name):
    ours = {each.name for each in dataclasses.fields(getattr(records, name))}
    assert ours == set(getattr(schemas, name).model_fields)


def test_without_httpx_it_says_what_to_install():
    code = """
import sys
sys.modules["httpx"] = None
try:
    import firmus.client
except Exception as error:
    print(type(error).__name__, error)
"""
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert output == "FirmusError firmus.client needs httpx: pip install 'firmus[client]'\n"
