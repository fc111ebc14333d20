"""Who may do what: the service as routes see it, and the dependency that lets a caller in.

Every route names its scope through one of `Reading`, `Composing`, `Monitoring` and `Governing`, so that the OpenAPI
document and the tests read it from the route itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Header, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes

from firmus.service.http.limits import Buckets
from firmus.service.http.metrics import Metrics
from firmus.service.problems import Problem
from firmus.service.settings import Settings
from firmus.service.storage import keys
from firmus.service.storage.blobs import Blobs
from firmus.service.storage.database import Store
from firmus.service.storage.events import Bell
from firmus.service.storage.idempotency import Once
from firmus.service.storage.keys import LOCAL, Caller
from firmus.service.workers.supervisor import Crew


@dataclass(slots=True)
class Service:
    """Everything that a route may need.

    Parameters
    ----------
    settings : Settings
    store : Store
    blobs : Blobs
    crew : Crew
    is_open : bool
        Whether it may be used without a key, as long as there is none: on this machine alone.
    """

    settings: Settings
    store: Store
    blobs: Blobs
    crew: Crew
    is_open: bool
    bell: Bell = field(init=False)
    once: Once = field(init=False)
    buckets: Buckets = field(init=False)
    metrics: Metrics = field(init=False)

    def __post_init__(self) -> None:
        self.bell, self.once = Bell(self.store), Once(self.store)
        self.buckets = Buckets(self.settings.rate, self.settings.burst)
        self.metrics = Metrics(self.store)


def _service(request: Request) -> Service:
    found: Service = request.app.state.service
    return found


Here = Annotated[Service, Depends(_service)]
bearer = HTTPBearer(
    auto_error=False, scheme_name="key", description="An API key: `Authorization: Bearer firmus_<id>_<secret>`."
)  # fmt: skip


def caller(
    request: Request,
    scopes: SecurityScopes,
    service: Here,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> Caller:
    """Who asks, if they may.

    Raises
    ------
    Problem
        401 without a valid key, 403 without the scope, 429 where it is too fast.
    """
    with service.store.read() as connection:
        known = keys.check(connection, credentials.credentials) if credentials else None
        if known is None and credentials is None and service.is_open and not keys.are_any(connection):
            known = LOCAL
    who = known.key if known else f"at {request.client.host if request.client else ''}"
    left, wait = service.buckets.take(who)
    rate, burst = service.settings.rate, service.settings.burst
    request.state.headers = {
        "RateLimit-Policy": f'"default";q={burst:g};w={max(1, round(burst / rate)) if rate else 1}',
        "RateLimit": f'"default";r={left:g};t={max(1, round((burst - left) / rate)) if rate else 1}',
    }
    request.state.key = known.key if known else None
    if wait:
        raise Problem("rate-limited", f"{rate:g} requests a second for long, {burst:g} at once", seconds=wait)
    if known is None:
        raise Problem("unauthorised", "send a valid key: Authorization: Bearer firmus_<id>_<secret>")
    if not known.scopes.issuperset(scopes.scopes):
        raise Problem("forbidden", f"the key lacks the scope {' '.join(scopes.scopes)}")
    return known


Reading = Annotated[Caller, Security(caller, scopes=["read"])]
Composing = Annotated[Caller, Security(caller, scopes=["compose"])]
Monitoring = Annotated[Caller, Security(caller, scopes=["monitor"])]
Governing = Annotated[Caller, Security(caller, scopes=["admin"])]

IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$",
        description="Any text of yours: the same request sent again with it is done once, for 24 hours.",
    ),
]  # fmt: skip
