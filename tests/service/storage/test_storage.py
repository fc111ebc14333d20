"""What is kept, in SQLite and in PostgreSQL: nothing is lost, nothing is done twice."""

import json
import threading
import time

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, event, func, inspect, select, text, update
from sqlalchemy.exc import DBAPIError

from firmus.errors import FirmusError
from firmus.service.http import limits
from firmus.service.problems import Problem
from firmus.service.settings import Settings
from firmus.service.storage import audit, events, idempotency, jobs, keys, tables
from firmus.service.storage.database import Store, migrations
from firmus.service.storage.idempotency import Idempotency
from firmus.service.storage.jobs import ClaimLost, JobOutput
from firmus.service.storage.keys import Caller


@pytest.fixture
def store(address):
    opened = Store(address)
    opened.upgrade()
    yield opened
    opened.close()


def add(store, **values):
    with store.write() as connection:
        return jobs.add(connection, **{"owner": "a", "kind": "compose", "request": {"brief": {}}, **values})


def claim(store, lease=10.0, worker="w"):
    return next(iter(jobs.claim(store, "compose", worker, lease)), None)


def row(store, name):
    with store.read() as connection:
        return jobs.find(connection, name, "a")


def together(number, action):
    """Do something in several threads at once; what each returned or raised."""
    found, gate = [], threading.Barrier(number)

    def run():
        gate.wait()
        try:
            found.append(action())
        except Exception as error:
            found.append(error)

    threads = [threading.Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_migrations_make_the_tables_that_the_code_has_and_can_be_taken_back(address):
    store = Store(address)
    (head,) = ScriptDirectory.from_config(migrations()).get_heads()
    store.upgrade()
    with store.read() as connection:
        context = MigrationContext.configure(connection)
        assert context.get_current_revision() == head
        assert compare_metadata(context, tables.metadata) == []
    store.upgrade()
    store.downgrade("base")
    with store.read() as connection:
        assert set(inspect(connection).get_table_names()) <= {"alembic_version"}
    store.upgrade()
    store.close()


def test_a_database_of_the_first_version_is_brought_up_to_date(address):
    store = Store(address)
    store.upgrade("0001")
    request = {"kind": "harmonise", "brief": {"source": {"work": "wrk_1"}, "style": "folk"}, "options": {}}
    lists = {"kind": "evaluate", "brief": {}, "options": {"generated": ["wrk_1", "wrk_2"], "note": "bar 1"}}
    old = MetaData()
    with store.write() as connection:
        old.reflect(connection)
        job = {"kind": "x", "lane": "compose", "priority": 1, "state": "queued", "attempt": 0, "events": 1}
        job |= {"seconds": 0.0, "created": 1.0, "owner": "acme"}
        rows = [
            {**job, "id": f"job_{number}", "request": json.dumps(each)} for number, each in ((1, request), (2, lists))
        ]
        connection.execute(old.tables["job"].insert(), rows)
        made = {"id": "wrk_3", "owner": "acme", "root": "wrk_3", "job": "job_1", "title": "T", "summary": "{}"}
        connection.execute(old.tables["work"].insert(), {**made, "created": 1.0})
        files = [{"holder": holder, "name": "json", "digest": "0" * 64, "bytes": 5} for holder in ("wrk_3", "job_2")]
        connection.execute(old.tables["file"].insert(), files)
    store.upgrade()
    with store.read() as connection:
        inputs = {tuple(row) for row in connection.execute(select(tables.job_input))}
        assert inputs == {("job_1", "wrk_1"), ("job_2", "wrk_1"), ("job_2", "wrk_2")}
        assert [row.bytes for row in connection.execute(select(tables.job).order_by(tables.job.c.id))] == [
            len(row["request"]) for row in rows
        ]
        assert connection.execute(select(tables.work.c.style)).scalars().all() == ["folk"]
        assert connection.execute(select(tables.file.c.owner)).scalars().all() == ["acme"] * 2
        assert limits.stored(connection, "acme") == 10 + sum(len(row["request"]) for row in rows)
    assert claim(store).id == "job_1"
    store.downgrade("0001")
    with store.read() as connection:
        again = MetaData()
        again.reflect(connection)
        assert {name: set(table.c.keys()) for name, table in again.tables.items()} == {
            name: set(table.c.keys()) for name, table in old.tables.items()
        }
        assert len(connection.execute(select(again.tables["job"].c.request)).all()) == 2
    store.close()


def test_sqlite_keeps_what_was_acknowledged_through_a_power_cut(tmp_path):
    store = Store(f"sqlite:///{tmp_path / 'x.db'}")
    with store.read() as connection:
        pragmas = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2}
    store.close()


@pytest.mark.parametrize("address", ["mysql://x", "nonsense", "postgresql+psycopg://me:hidden@127.0.0.1:1/x"])
def test_a_database_that_cannot_be_is_refused_without_its_password(address):
    with pytest.raises(FirmusError) as error:
        Store(address).upgrade()
    assert "hidden" not in str(error.value)


def test_every_job_is_claimed_once_the_urgent_and_the_oldest_first(store):
    batch, first, second = add(store, priority=0), add(store), add(store)
    high = add(store, priority=2)
    assert [claim(store).id for _ in range(4)] == [high, first, second, batch]
    assert claim(store) is None


def test_who_asks_for_much_does_not_keep_others_waiting(store):
    mine = [add(store, owner="much") for _ in range(4)]
    theirs = [add(store, owner="little") for _ in range(2)]
    assert [claim(store).id for _ in range(6)] == [mine[0], theirs[0], mine[1], theirs[1], mine[2], mine[3]]


def test_what_was_told_on_the_way_is_forgotten_a_day_after_the_end(store):
    name, other = add(store), add(store)
    for _ in range(2):
        jobs.heartbeat(store, [(claim(store), [("progress", {"done": 1}), ("bar", {})])], 9.0)
    with store.write() as connection:
        assert jobs.cancel(connection, name)
        assert events.purge(connection, 100) == 0
        assert len(events.after(connection, name, 0)) == 5
        assert [events.purge(connection, 3, now=time.time() + 90_000) for _ in range(2)] == [2, 0]
        assert [each.kind for each in events.after(connection, name, 0)] == ["state"] * 3
        assert len(events.after(connection, other, 0)) == 4


def test_workers_that_claim_at_once_get_different_jobs(store):
    names = {add(store) for _ in range(12)}
    claimed = []
    for found in together(6, lambda: [claim(store) for _ in range(3)]):
        assert not isinstance(found, Exception), found
        claimed += [each.id for each in found if each]
    assert sorted(claimed) == sorted(names)


def test_a_zombie_can_write_nothing(store):
    name = add(store)
    zombie = claim(store, lease=-1.0)
    jobs.reap(store)
    other = claim(store)
    assert (zombie.attempt, other.attempt) == (1, 2)
    assert jobs.heartbeat(store, [(zombie, [("progress", {})]), (other, [("progress", {})])], 10.0) == [other]
    assert row(store, name).events == 5
    jobs.requeue(store, zombie, 3, {"type": "x"})
    for write in (
        lambda: jobs.finish(store, zombie, JobOutput("0" * 64)).result(),
        lambda: jobs.fail(store, zombie, {"type": "x"}).result(),
    ):
        with pytest.raises(ClaimLost):
            write()
    assert row(store, name).state == "running"
    jobs.finish(store, other, JobOutput("1" * 64, seconds=4.0)).result()
    assert (row(store, name).state, row(store, name).result, row(store, name).seconds) == ("succeeded", "1" * 64, 4.0)
    with pytest.raises(ClaimLost):
        jobs.finish(store, other, JobOutput("2" * 64)).result()


def test_a_job_whose_workers_die_is_given_up(store):
    name = add(store, seconds=30.0)
    for attempt in (1, 2, 3):
        assert claim(store, worker=f"w{attempt}").attempt == attempt
        jobs.release(store, f"w{attempt}", attempts=3)
    assert claim(store) is None
    assert row(store, name).state == "failed"
    assert "3 times" in row(store, name).error
    assert row(store, name).seconds == 0.0


def test_the_ends_of_servers_and_leases_are_not_charged_to_a_job(store):
    name = add(store)
    for number in range(20):
        claim(store, worker="w")
        jobs.reap(store, now=time.time() + 3600) if number % 2 else jobs.release(store, "w")
    assert (row(store, name).state, row(store, name).failures, row(store, name).is_suspect) == ("queued", 0, False)
    assert claim(store).attempt == 21


def test_of_jobs_that_ran_together_each_runs_alone_before_it_is_charged(store):
    poison, innocent, later = (add(store) for _ in range(3))
    assert len(jobs.claim(store, "compose", "w", 10.0, 2)) == 2
    jobs.release(store, "w", attempts=2)
    assert {row(store, each).failures for each in (poison, innocent)} == {0}
    assert jobs.claim(store, "compose", "w", 10.0, 4, is_idle=False) == []  # it becomes idle first
    for failures in (1, 2):
        (alone,) = jobs.claim(store, "compose", "w", 10.0, 4)
        assert (alone.id, alone.is_suspect) == (poison, True)
        jobs.release(store, "w", attempts=2)
        assert row(store, poison).failures == failures
    assert row(store, poison).state == "failed"
    (alone,) = jobs.claim(store, "compose", "w", 10.0, 4)
    assert alone.id == innocent
    jobs.finish(store, alone, JobOutput("0" * 64)).result()
    assert [each.id for each in jobs.claim(store, "compose", "w", 10.0, 4)] == [later]


def test_only_leases_that_ran_out_are_taken_back(store):
    add(store)
    claimed = claim(store, lease=60.0)
    jobs.reap(store)
    assert jobs.still_claimed(store, [claimed]) == [claimed]
    jobs.reap(store, now=time.time() + 3600)  # a clock that jumps costs time, and nothing else
    assert jobs.still_claimed(store, [claimed]) == []
    assert claim(store).attempt == 2


def test_a_canceled_job_is_lost_to_its_worker(store):
    name = add(store)
    claimed = claim(store)
    with store.write() as connection:
        assert jobs.cancel(connection, name)
        assert not jobs.cancel(connection, name)
    with pytest.raises(ClaimLost):
        jobs.finish(store, claimed, JobOutput("0" * 64)).result()
    assert row(store, name).state == "canceled"


def test_events_are_numbered_without_gaps_whoever_writes_them(store):
    name = add(store)
    claimed = claim(store)
    results = together(
        5, lambda: [jobs.heartbeat(store, [(claimed, [("progress", {"done": n})])], 9.0) for n in range(4)]
    )
    assert not [each for each in results if isinstance(each, Exception)]
    with store.read() as connection:
        found = events.after(connection, name, 0)
        assert [each.number for each in found] == list(range(1, 23))
        assert events.after(connection, name, 20) == found[20:]
    assert row(store, name).events == 22


def waiting(store, *makers):
    """Futures of writes that are submitted while another transaction is under way."""
    begun, over = threading.Event(), threading.Event()

    def slow(connection):
        begun.set()
        over.wait()

    store.group_write(slow)
    begun.wait()
    futures = [store.group_write(make) for make in makers]
    over.set()
    return futures


def test_what_waits_is_written_in_one_transaction_and_undone_alone(store):
    commits = []
    event.listen(store.engine, "commit", commits.append)

    def make(connection):
        return jobs.add(connection, owner="a", kind="compose", request={})

    def broken(connection):
        make(connection)
        raise Problem("busy", "no")

    first, wrong, second = waiting(store, make, broken, make)
    assert first.result() < second.result()
    with pytest.raises(Problem):
        wrong.result()
    assert len(commits) == 2  # of the slow one, and of the three
    with store.read() as connection:
        kept = connection.execute(select(tables.job.c.id).order_by(tables.job.c.id)).scalars().all()
        assert list(kept) == [first.result(), second.result()]
        assert connection.execute(select(func.count()).select_from(tables.event)).scalar_one() == 2


def test_what_the_database_refuses_is_told_to_all_who_wrote_together(store):
    def make(connection):
        return jobs.add(connection, owner="a", kind="compose", request={})

    def wrong(connection):
        connection.execute(text("SELECT nothing FROM nowhere"))

    futures = waiting(store, make, wrong, make)
    for future in futures:
        with pytest.raises(DBAPIError, match="nowhere"):
            future.result()
    with store.read() as connection:
        assert connection.execute(select(func.count()).select_from(tables.job)).scalar_one() == 0
    assert store.group_write(make).result()


def test_what_is_sent_twice_at_once_is_made_once(store):
    requests, made = Idempotency(store), []

    def maker(connection):
        made.append(jobs.add(connection, owner="a", kind="compose", request={}))
        return made[-1]

    found = together(6, lambda: requests.execute("key", "token", "digest", maker))
    assert len({name for name, _ in found}) == 1
    assert sorted(again for _, again in found) == [False] + [True] * 5
    with store.read() as connection:
        assert len(connection.execute(select(tables.job.c.id)).all()) == 1


def test_an_idempotency_key_is_for_one_request_one_caller_and_one_day(store):
    requests = Idempotency(store)
    first, _ = requests.execute("key", "t", "one", lambda connection: "job_1")
    assert requests.recorded("key", "t", "one") == first
    with pytest.raises(Problem) as error:
        requests.execute("key", "t", "other", lambda connection: "job_2")
    assert error.value.status == 422
    assert requests.execute("another", "t", "other", lambda connection: "job_3") == ("job_3", False)
    with store.write() as connection:
        connection.execute(update(tables.idempotency).values(created=time.time() - 90_000))
    assert requests.execute("key", "t", "other", lambda connection: "job_4") == ("job_4", False)
    with store.write() as connection:
        assert [idempotency.purge(connection, 1) for _ in range(2)] == [1, 0]
        assert len(connection.execute(select(tables.idempotency)).all()) == 1
    with requests.serving("key", "t"), pytest.raises(Problem) as error, requests.serving("key", "t"):
        pass
    assert error.value.status == 409


def test_a_maker_that_fails_leaves_nothing(store):
    def maker(connection):
        jobs.add(connection, owner="a", kind="compose", request={})
        raise Problem("busy", "no")

    with pytest.raises(Problem):
        Idempotency(store).execute("key", "t", "x", maker)
    assert Idempotency(store).recorded("key", "t", "x") is None
    assert claim(store) is None


def test_the_audit_log_shows_what_was_altered(store):
    def write(number):
        with store.write() as connection:
            store.advisory_lock(connection, audit.LOCK)
            audit.write(connection, "k", "a", f"act {number}", "t")

    assert together(4, lambda: [write(n) for n in range(3)]) == [[None] * 3] * 4
    with store.read() as connection:
        assert [line.number for line in audit.lines(connection, 0, 100)] == list(range(1, 13))
        assert audit.broken(connection) is None
    with store.write() as connection:
        connection.execute(update(tables.audit).where(tables.audit.c.number == 5).values(owner="b"))
    with store.read() as connection:
        assert audit.broken(connection) == 5
    with store.write() as connection:
        connection.execute(tables.audit.delete().where(tables.audit.c.number == 5))
    with store.read() as connection:
        assert audit.broken(connection) == 5


def test_of_a_key_only_the_digest_is_kept(store):
    with store.write() as connection:
        name, key = keys.add(connection, "acme", "reader", 60.0)
    secret = key.rpartition("_")[2]
    with store.read() as connection:
        assert secret not in str(connection.execute(select(tables.api_key)).all())
        assert keys.check(connection, key) == Caller(name, "acme", frozenset({"read"}), 60.0)
        for wrong in ("", "firmus", key[:-1], key[:-1] + ("0" if key[-1] != "0" else "1"), key + "\n", secret):
            assert keys.check(connection, wrong) is None
    with store.write() as connection:
        assert keys.revoke(connection, name)
        assert not keys.revoke(connection, name)
        assert keys.check(connection, key) is None
        assert keys.are_any(connection)  # which is not forgotten


def test_quotas_and_queues_are_bounded(store, tmp_path):
    settings = Settings(data=tmp_path, database="", queue=3, owner_queue=2, quota=100.0)
    me, rich = Caller("k", "a", frozenset()), Caller("r", "b", frozenset(), 1000.0)
    add(store, seconds=60.0)
    with store.read() as connection:
        limits.admit(connection, settings, me, 40.0)
        limits.admit(connection, settings, rich, 900.0)
        for caller, seconds, count, kind in (
            (me, 41.0, 1, "quota-exceeded"), (me, 0.0, 2, "too-many-jobs"), (rich, 1.0, 3, "queue-full"),
        ):  # fmt: skip
            with pytest.raises(Problem) as error:
                limits.admit(connection, settings, caller, seconds, count)
            assert error.value.kind == kind
            assert error.value.seconds > 0


def test_identifiers_are_in_the_order_in_which_they_were_made(monkeypatch):
    monkeypatch.setattr(tables.time, "time_ns", iter([5 * 10**15, *[4 * 10**15] * 999]).__next__)  # a clock set back
    made = [tables.new_id("job") for _ in range(1000)]
    assert made == sorted(set(made))
    assert {len(each) for each in made} == {32}
