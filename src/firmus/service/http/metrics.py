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
from firmus.service.storage.tables import job
from firmus.service.workers.handlers import LANES

LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


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
        counts = select(job.c.lane, job.c.kind, job.c.state, func.count(), func.min(job.c.created))
        with self.store.read() as connection:
            rows = connection.execute(counts.group_by(job.c.lane, job.c.kind, job.c.state)).all()
            composed = select(func.coalesce(func.sum(job.c.seconds), 0.0)).where(job.c.state == "succeeded")
            music.add_metric((), float(connection.execute(composed).scalar_one()))
        for lane in LANES:
            waiting = [row for row in rows if row[0] == lane and row[2] == "queued"]
            depth.add_metric((lane,), sum(row[3] for row in waiting))
            oldest.add_metric((lane,), max((time.time() - row[4] for row in waiting), default=0.0))
            running.add_metric((lane,), sum(row[3] for row in rows if row[0] == lane and row[2] == "running"))
        for row in rows:
            if row[2] in ENDED:
                ended.add_metric((row[1], row[2]), row[3])
        yield from (depth, oldest, running, ended, music)
