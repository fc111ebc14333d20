"""What is deleted is gone: from tables, from files, from the database's own file; and what must stay stays."""

import os
import signal
import subprocess
import sys
import time

import pytest
from sqlalchemy import func, select, update

from firmus.score import Note, Part, Score
from firmus.service.http import limits
from firmus.service.http.metrics import Metrics
from firmus.service.problems import Problem
from firmus.service.settings import Settings
from firmus.service.storage import audit, erasure, jobs, sounds, tables, works
from firmus.service.storage.blobs import Blobs
from firmus.service.storage.database import Store
from firmus.service.storage.housekeeping import Housekeeper
from firmus.service.storage.keys import Caller
from firmus.service.workers.handlers._task import Task

SECRET = "Nightingale of Vereya"
DAY = 86_400.0


@pytest.fixture
def store(address):
    opened = Store(address)
    opened.upgrade()
    yield opened
    opened.close()


@pytest.fixture
def blobs(tmp_path):
    return Blobs(tmp_path / "files")


@pytest.fixture
def tidy(store, blobs, tmp_path):
    """Does one pass of housekeeping, as if some time had gone by."""

    def run(later=7200.0, **settings):
        for digest in blobs.folder.glob("??/*"):
            os.utime(digest, (0, digest.stat().st_mtime - 7200.0))
        keeper = Housekeeper(Settings(data=tmp_path, database="", **settings), store, blobs)
        return len(list(keeper.steps(time.time() + later)))

    return run


def tune(title=SECRET, pitch=60):
    return Score((Part(title, (Note(0, 480, pitch),)),), title=title)


def upload(store, blobs, title=SECRET, owner="a"):
    row = works.row_of(tune(title))
    files = [works.file_row(blobs, row["id"], "json", works.score_bytes(tune(title)))]
    with store.write() as connection:
        works.add(connection, owner, row, files)
    return row["id"]


def submit(store, kind="analyse", source=None, owner="a", **values):
    request = {"kind": kind, "brief": {"source": {"work": source}} if source else {}, "title": SECRET}
    with store.write() as connection:
        return jobs.add(connection, owner=owner, kind=kind, request=request, **values)


def finish(store, blobs, composed=(), seconds=0.0):
    """Claim the next job and finish it, with a result, events and works that name the secret."""
    (claimed,) = jobs.claim(store, "compose", "w", 60.0)
    task = Task(claimed, blobs, None)
    rows, files = [], []
    for title in composed:
        row = works.row_of(tune(title), job_id=claimed.id)
        rows.append(row)
        files.append(works.file_row(blobs, row["id"], "json", works.score_bytes(tune(title))))
    document = {"works": [{"id": row["id"], "title": row["title"]} for row in rows], "about": [] if rows else SECRET}
    output = jobs.JobOutput(task.write_result(**document), rows, files, seconds, bytes=100)
    jobs.finish(store, claimed, output, [("piece", {"score": SECRET})]).result()
    return claimed.id, [row["id"] for row in rows]


def delete(store, blobs, name):
    with store.write() as connection:
        store.advisory_lock(connection, audit.LOCK)
        if name.startswith("wrk"):
            erasure.delete_work(connection, blobs, works.find(connection, name, "a"))
        elif name.startswith("snd"):
            erasure.delete_sound(connection, sounds.find(connection, name, "a"))
        else:
            erasure.delete_jobs(connection, [name])


def found(store, blobs):
    """Where the secret still is: tables, files, and the file of the database."""
    with store.read() as connection:
        rows = {table.name: str(connection.execute(select(table)).all()) for table in tables.metadata.sorted_tables}
    places = [name for name, text in rows.items() if SECRET in text]
    places += ["files" for path in blobs.folder.glob("??/*") if SECRET.encode() in path.read_bytes()]
    if store.is_sqlite:
        folder = blobs.folder.parent
        places += [path.name for path in folder.glob("firmus.db*") if SECRET.encode() in path.read_bytes()]
    return places


def row(store, name):
    with store.read() as connection:
        return jobs.find(connection, name, "a")


def test_of_a_deleted_work_nothing_is_left(store, blobs, tidy):
    work = upload(store, blobs)
    analysed, rendered = submit(store, source=work), submit(store, "render", source=work, work=work)
    for _ in range(2):
        finish(store, blobs)
    waiting = submit(store, "harmonise", source=work)
    assert {"job", "event", "work", "files"} <= set(found(store, blobs))
    delete(store, blobs, work)
    assert set(found(store, blobs)) <= {"files", "firmus.db", "firmus.db-wal"}  # until the next pass
    assert row(store, rendered) is None
    for name, state in ((analysed, "succeeded"), (waiting, "canceled")):
        erased = row(store, name)
        assert (erased.state, erased.request, erased.result, erased.bytes) == (state, "{}", None, 0)
        assert erased.erased
    tidy()
    assert found(store, blobs) == []
    with store.read() as connection:
        assert limits.stored(connection, "a") == 0
        assert connection.execute(select(func.count()).select_from(tables.garbage)).scalar_one() == 0


def test_of_a_job_with_several_works_each_is_forgotten_alone(store, blobs, tidy):
    job = submit(store, "compose")
    _, (first, second) = finish(store, blobs, (SECRET, "Other"))
    delete(store, blobs, first)
    assert "event" not in found(store, blobs)
    kept = row(store, job)
    assert blobs.get(kept.result) == b'{"works": [{"id": "%s", "title": "Other"}], "about": []}' % second.encode()
    assert not kept.erased
    delete(store, blobs, second)
    assert row(store, job).erased
    tidy()
    assert found(store, blobs) == []
    assert list(blobs.folder.glob("??/*")) == []


def test_what_came_of_a_deleted_work_stays(store, blobs, tidy):
    source = upload(store, blobs, "Plain")
    job = submit(store, "harmonise", source=source)
    _, (child,) = finish(store, blobs, ("Child",))
    delete(store, blobs, source)
    tidy()
    with store.read() as connection:
        assert works.find(connection, child, "a").title == "Child"
        digest = works.files(connection, child)["json"].digest
    assert b"Child" in blobs.get(digest)
    assert (row(store, job).state, row(store, job).erased) == ("succeeded", None)
    assert b"Child" in blobs.get(row(store, job).result)


def test_a_deleted_sound_takes_its_title_along(store, blobs, tidy):
    digest = blobs.put(SECRET.encode() * 100)
    with store.write() as connection:
        sound = sounds.add(connection, "a", SECRET, digest, len(SECRET) * 100)
        for kind in ("analyse", "transcribe"):
            source = {"sound": sound, "name": SECRET}
            jobs.add(connection, owner="a", kind=kind, request={"brief": {"source": source}})
    finish(store, blobs)
    transcribed, (child,) = finish(store, blobs, ("Child",))
    delete(store, blobs, sound)
    tidy()
    assert found(store, blobs) == []
    assert row(store, transcribed).request == f'{{"brief": {{"source": {{"sound": "{sound}"}}}}}}'
    with store.read() as connection:
        assert works.find(connection, child, "a")


def test_deleted_jobs_count_for_quota_and_metrics(store, blobs, tidy):
    for _ in range(2):
        submit(store, "compose")
        name, _ = finish(store, blobs, ("Tune",), seconds=30.0)
    before = Metrics(store).text()
    assert b'firmus_jobs_total{kind="compose",state="succeeded"} 2.0' in before
    delete(store, blobs, name)
    assert row(store, name) is None
    for later in (0.0, 2 * DAY):
        tidy(later)
        assert Metrics(store).text() == before
        with store.read() as connection:
            assert limits.used(connection, "a") == (60.0 if later == 0.0 else 30.0)  # the second day is only pretended


def test_a_job_that_runs_is_lost_when_it_is_deleted(store, blobs):
    name = submit(store)
    (claimed,) = jobs.claim(store, "compose", "w", 60.0)
    delete(store, blobs, name)
    assert jobs.still_claimed(store, [claimed]) == []
    with pytest.raises(jobs.ClaimLost):
        jobs.finish(store, claimed, jobs.JobOutput("0" * 64)).result()


def test_what_an_owner_stores_is_bounded_until_it_is_off_the_disk(store, blobs, tidy, tmp_path):
    settings, me = Settings(data=tmp_path, database="", storage_bytes=5_000), Caller("k", "a", frozenset())
    work = upload(store, blobs)
    upload(store, blobs, owner="b")
    meter = limits.StorageMeter(settings)
    with store.read() as connection:
        used = limits.stored(connection, "a")
        assert used == len(works.score_bytes(tune()))
        meter.admit(connection, me, 4_000 - used)
        with pytest.raises(Problem, match=f"{used:,} of 5,000 are used") as error:
            limits.StorageMeter(settings).admit(connection, me, 5_001 - used)
        assert error.value.status == 413
        meter.admit(connection, Caller("k", "a", frozenset(), None, 1e6), 900_000)
        meter.admit(connection, me, 5_000 - used)  # as nothing that was admitted was written, which is then counted
    delete(store, blobs, work)
    with store.read() as connection:
        assert limits.stored(connection, "a") == used  # who uploads and deletes in turn fills no disk
    tidy()
    with store.read() as connection:
        assert limits.stored(connection, "a") == 0
        assert limits.stored(connection, "b") == used
    assert len(list(blobs.folder.glob("??/*"))) == 1  # of the other owner, with the same content


def test_what_is_past_its_time_goes_and_what_is_young_or_unfinished_stays(store, blobs, tidy):
    old = [upload(store, blobs, f"Old {number}") for number in range(45)]
    for _ in range(45):
        submit(store)
        finish(store, blobs)
    unfinished = submit(store)
    assert tidy(later=29 * DAY, keep="30d") > 256
    with store.read() as connection:
        assert connection.execute(select(func.count()).select_from(tables.work)).scalar_one() == len(old)
    tidy(later=31 * DAY)
    with store.read() as connection:
        assert connection.execute(select(func.count()).select_from(tables.job)).scalar_one() == 46
    tidy(later=31 * DAY, keep="30d")
    with store.read() as connection:
        for table in (tables.work, tables.file, tables.garbage):
            assert connection.execute(select(func.count()).select_from(table)).scalar_one() == 0
        assert connection.execute(select(tables.job.c.id)).scalars().all() == [unfinished]
        recorded = {line.target for line in audit.lines(connection, 0, 100)}
        assert audit.broken(connection) is None
    assert {"20 works", "5 works", "20 jobs"} <= recorded
    assert list(blobs.folder.glob("??/*")) == []


def test_files_without_rows_go_and_young_ones_stay(store, blobs, tidy):
    work, orphan = upload(store, blobs), blobs.put(b"of a process that was killed")
    queued = submit(store, source=None)
    source = blobs.put(b"that a queued job reads")
    with store.write() as connection:
        connection.execute(update(tables.job).where(tables.job.c.id == queued).values(source=source))
    tidy()
    young = blobs.put(b"whose row is about to be written")
    keeper = Housekeeper(Settings(data=blobs.folder, database=""), store, blobs)
    list(keeper.steps())
    with store.read() as connection:
        digest = works.files(connection, work)["json"].digest
    assert {path.name for path in blobs.folder.glob("??/*")} == {digest, source, young}
    assert not blobs.path(orphan).exists()


SWEEPING = """
import sys
from pathlib import Path
from firmus.service.settings import Settings
from firmus.service.storage.blobs import Blobs
from firmus.service.storage.database import Store
from firmus.service.storage.housekeeping import Housekeeper

folder = Path(sys.argv[1])
keeper = Housekeeper(Settings(data=folder, database=""), Store(sys.argv[2]), Blobs(folder / "files"))
print("ready", flush=True)
while True:
    for _ in keeper.steps():
        pass
"""


def test_a_sweep_that_is_killed_while_others_store_loses_nothing(address, store, blobs, tmp_path):
    kept = {}
    for kills in range(4):
        for number in range(60):
            content = b"%d of %d" % (number, kills)
            digest = blobs.put(content)
            os.utime(blobs.path(digest), (0, time.time() - 7200.0))
            if number % 3 == 0:
                with store.write() as connection:
                    sounds.add(connection, "a", "", digest, len(content))
                kept[digest] = content
        words = [sys.executable, "-c", SWEEPING, tmp_path, address]
        sweeping = subprocess.Popen(words, stdout=subprocess.PIPE)
        sweeping.stdout.readline()
        until = time.monotonic() + 0.3 * (kills + 1)
        number = 0
        while time.monotonic() < until:  # store again what is about to be deleted, and refer to it
            number = (number + 1) % 60
            content = b"%d of %d" % (number, kills)
            digest = blobs.put(content)
            assert blobs.get(digest) == content
            if number % 7 == 0 and digest not in kept:
                with store.write() as connection:
                    sounds.add(connection, "a", "", digest, len(content))
                kept[digest] = content
        sweeping.send_signal(signal.SIGKILL)
        sweeping.wait()
        sweeping.stdout.close()
        assert {digest: blobs.get(digest) for digest in kept} == kept
    for path in blobs.folder.glob("??/*"):
        os.utime(path, (0, time.time() - 7200.0))
    list(Housekeeper(Settings(data=tmp_path, database=""), store, blobs).steps())
    assert {path.name: path.read_bytes() for path in blobs.folder.glob("??/*")} == kept
