"""Health: liveness, readiness and metrics."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from firmus.service.http.dependencies import Monitoring, ServiceDependency
from firmus.service.problems import Problem

router = APIRouter(tags=["health"])


@router.get("/livez")
async def live() -> dict[str, str]:
    """Whether the process lives: it answers, and looks at nothing else. Start it anew where it does not."""
    return {"state": "alive"}


@router.get("/readyz")
async def ready(service: ServiceDependency) -> dict[str, str]:
    """Whether it can work: a whole database, room on the disk, models, a worker that lives for each kind of job."""
    if service.notifier.closed:
        raise Problem("busy", "the service is ending", seconds=5)
    await service.readiness.check()
    return {"state": "ready"}


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def metrics(service: ServiceDependency, caller: Monitoring) -> Response:
    """Measurements in Prometheus's text format."""
    return Response(service.metrics.text(), media_type="text/plain; version=0.0.4")
