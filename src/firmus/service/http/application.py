"""The application: routes, problems and the OpenAPI document put together."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Lifespan

from firmus import plugins
from firmus._version import __version__
from firmus.errors import FirmusError
from firmus.service import problems
from firmus.service.http import page
from firmus.service.http.dependencies import Service
from firmus.service.http.head import HeadMiddleware
from firmus.service.http.middleware import EdgeMiddleware
from firmus.service.http.permissions import Permissions
from firmus.service.storage.keys import SCOPES
from firmus.translation import preferred

ABOUT = """\
Composing, analysing and rendering over HTTP. A **job** is asked for by `POST /v1/jobs` with a verb and a brief, is done
by a worker, and makes **works**: immutable revisions of a piece, each with its files (MIDI, MusicXML, sound, score).
The same brief with the same seed makes the same bytes.

Errors are `application/problem+json` (RFC 9457); tell them apart by `type`. Lists come in pages: ask again with
`cursor` from `next`. Scopes of a key: """ + " ".join(f"`{name}`: {text}" for name, text in SCOPES.items())


def build(service: Service) -> EdgeMiddleware:
    """The application of a service, with its middleware."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        polling = asyncio.create_task(service.notifier.run())
        service.readiness.start()
        try:
            yield
        finally:
            polling.cancel()
            service.pool.close()
            service.readiness.close()

    app = routed(lifespan)
    app.state.service = service
    permissions = Permissions(app.openapi())
    if service.has_page:
        app.router.routes += page.routes(service.token, page.FOLDER)
    return EdgeMiddleware(HeadMiddleware(app), service, permissions)


def routed(lifespan: Lifespan[FastAPI] | None = None) -> FastAPI:
    """All routes: to be served with a service, or described (OpenAPI) without one."""
    app = FastAPI(
        title="Firmus",
        version=__version__,
        description=ABOUT,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        responses={"4XX": _PROBLEM, "5XX": _PROBLEM},
        swagger_ui_oauth2_redirect_url=None,
        separate_input_output_schemas=False,
    )
    for router in _routers():
        app.include_router(router)
    for kind in (FirmusError, RequestValidationError, HTTPException, OSError, DBAPIError):
        app.add_exception_handler(kind, _problem_response)
    return app


async def _problem_response(request: Request, error: Exception) -> Response:
    problem = problems.of(error)
    if problem.kind == "internal":
        raise error
    request.state.problem = problem
    headers = getattr(error, "headers", None)
    if problem.kind == "method-not-allowed":
        headers = {"Allow": ", ".join(_allowed(request))}
    return problem.response(request.state.request_id, headers, preferred(request.headers.get("accept-language", "")))


def _routers() -> list[APIRouter]:
    package = "firmus.service.http.routes"
    return [plugins.load(package, name).router for name in plugins.names(package)]


def _allowed(request: Request) -> list[str]:
    """Methods that an address takes."""
    routes = [route for router in (request.app, *_routers()) for route in router.routes if isinstance(route, Route)]
    methods = {
        method for each in routes if each.matches(request.scope)[0] is not Match.NONE for method in each.methods or ()
    }
    return sorted(methods | ({"HEAD"} if "GET" in methods else set()))


_EXAMPLE = problems.Problem("invalid-brief", "tempo 999 must be 10 to 400 quarter notes a minute")
_PROBLEM: dict[str, Any] = {
    "description": "A problem: `type` says which, `detail` what and why.",
    "content": {
        problems.MEDIA: {
            "schema": {
                "type": "object",
                "required": ["type", "title", "status", "detail"],
                "properties": {
                    "type": {"type": "string", "enum": [f"urn:firmus:problem:{name}" for name in problems.KINDS]},
                    "title": {"type": "string"},
                    "status": {"type": "integer"},
                    "detail": {"type": "string"},
                    "instance": {"type": "string", "description": "Of the request, as in the log."},
                    "errors": {"type": "array", "items": {"type": "object"}, "description": "Fields that are wrong."},
                },
            },
            "example": _EXAMPLE.document(),
        }
    },
}
