"""Metrics for Prometheus: requests as they are served, jobs as the database has them.

No label holds a key, an owner or an identifier: label values are few, and nothing private is exposed.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import func, select

from firmus.service.storage.database import Store
from firmus.service.storage.jobs import ENDED
from firmus.service.storage.tables import deleted_jobs, job
from firmus.service.workers.handlers import LANES

LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)

_JOBS = (func.count().label("total"), func.min(job.c.created).label("first"), func.sum(job.c.seconds).label("seconds"))
_COUNTS = select(job.c.state, job.c.lane, job.c.kind, *_JOBS).group_by(job.c.state, job.c.lane, job.c.kind)
_SUMS = (func.sum(deleted_jobs.c.total).label("total"), func.sum(deleted_jobs.c.seconds).label("seconds"))
_DELETED = select(deleted_jobs.c.kind, deleted_jobs.c.state, *_SUMS).group_by(deleted_jobs.c.kind, deleted_jobs.c.state)


class Metrics:
    """The metrics of the service.

    Parameters
    ----------
    store : Store
    """

    def __init__(self, store: Store) -> None:
        self.registry = CollectorRegistry()
        self.requests = Histogram(
            "firmus_request_seconds",
            "Time to serve a request",
            ("method", "route", "status"),
            buckets=LATENCY_BUCKETS,
            registry=self.registry,
        )
        self.registry.register(_Jobs(store))

    def text(self) -> bytes:
        """All metrics, in Prometheus's text format."""
        return generate_latest(self.registry)


class _Jobs(Collector):
    """Jobs, counted in the database on each scrape."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing: otherwise the database would be queried at registration."""
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        depth = GaugeMetricFamily("firmus_queue_depth", "Jobs that wait", labels=("lane",))
        oldest = GaugeMetricFamily("firmus_queue_wait_seconds", "Age of the oldest that waits", labels=("lane",))
        running = GaugeMetricFamily("firmus_jobs_running", "Jobs that are being done", labels=("lane",))
        ended = CounterMetricFamily("firmus_jobs", "Jobs that have ended", labels=("kind", "state"))
        music = CounterMetricFamily("firmus_music_seconds", "Music composed")
        with self.store.read() as connection:
            rows = connection.execute(_COUNTS).all()
            deleted = connection.execute(_DELETED).all()
        for lane in LANES:
            waiting = [row for row in rows if row.lane == lane and row.state == "queued"]
            depth.add_metric((lane,), sum(row.total for row in waiting))
            oldest.add_metric((lane,), max((time.time() - row.first for row in waiting), default=0.0))
            running.add_metric((lane,), sum(row.total for row in rows if row.lane == lane and row.state == "running"))
        over = [*(row for row in rows if row.state in ENDED), *deleted]
        for kind, state in sorted({(row.kind, row.state) for row in over}):
            same = (row.total for row in over if (row.kind, row.state) == (kind, state))
            ended.add_metric((kind, state), sum(same))
        music.add_metric((), float(sum(row.seconds for row in over if row.state == "succeeded")))
        yield from (depth, oldest, running, ended, music)
