"""Health: liveness, readiness and metrics."""

from __future__ import annotations

from fastapi import APIRouter
from sqlalchemy import text
from starlette.responses import Response

from firmus.runtime.weights import cards
from firmus.service.http import limits
from firmus.service.http.dependencies import Monitoring, ServiceDependency
from firmus.service.problems import Problem

router = APIRouter(tags=["health"])


@router.get("/livez")
async def live() -> dict[str, str]:
    """Whether the process lives: it answers, and looks at nothing else. Start it anew where it does not."""
    return {"state": "alive"}


@router.get("/readyz")
def ready(service: ServiceDependency) -> dict[str, str]:
    """Whether it can take jobs: the database takes a transaction, there is room on the disk, there are workers."""
    if service.notifier.closed:
        raise Problem("busy", "the service is ending", seconds=5)
    with service.store.write() as connection:
        connection.execute(text("SELECT 1"))
    limits.require_disk_space(service.settings, service.blobs)
    if not cards():
        raise Problem("busy", "there are no models")
    if idle := service.supervisor.idle_lanes:
        raise Problem("busy", f"no worker is there to {' or to '.join(idle)}", seconds=2)
    return {"state": "ready"}


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def metrics(service: ServiceDependency, caller: Monitoring) -> Response:
    """Measurements in Prometheus's text format."""
    return Response(service.metrics.text(), media_type="text/plain; version=0.0.4")
