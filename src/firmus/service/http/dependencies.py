"""Dependencies of the routes: the service, and authentication and authorisation of the caller.

Every route declares its scope through one of `Reading`, `Composing`, `Monitoring` and `Administering`, so that the
OpenAPI document, the middleware and the tests read it from the route itself. The middleware authenticates a request
before its body is received (`authorise`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes
from starlette.datastructures import Headers

from firmus.service.http.limits import StorageMeter, TokenBuckets
from firmus.service.http.metrics import Metrics
from firmus.service.http.pool import ProcessPool
from firmus.service.http.readiness import Readiness
from firmus.service.problems import Problem
from firmus.service.settings import Settings
from firmus.service.storage import keys
from firmus.service.storage.blobs import Blobs
from firmus.service.storage.database import Store
from firmus.service.storage.events import EventNotifier
from firmus.service.storage.idempotency import Idempotency
from firmus.service.storage.keys import LOCAL, Caller
from firmus.service.workers.supervisor import Supervisor

FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")  # headers that proxies add


@dataclass(slots=True)
class Service:
    """Everything that a route may use.

    Parameters
    ----------
    settings : Settings
    store : Store
    blobs : Blobs
    supervisor : Supervisor
    is_open : bool
        Whether it may be used without a key, as long as none was ever made: from this machine only.
    token : str
        By which browsers change things where no key is needed; empty where none can.
    has_page : bool
        Whether the page of the Studio is served.
    """

    settings: Settings
    store: Store
    blobs: Blobs
    supervisor: Supervisor
    is_open: bool
    token: str = ""
    has_page: bool = False
    playing: Counter[str] = field(default_factory=Counter)  # sessions of playing together, by owner
    notifier: EventNotifier = field(init=False)
    idempotency: Idempotency = field(init=False)
    buckets: TokenBuckets = field(init=False)
    storage: StorageMeter = field(init=False)
    metrics: Metrics = field(init=False)
    pool: ProcessPool = field(init=False)
    readiness: Readiness = field(init=False)

    def __post_init__(self) -> None:
        self.notifier, self.idempotency = EventNotifier(self.store), Idempotency(self.store)
        self.buckets = TokenBuckets(self.settings.rate, self.settings.burst)
        self.storage = StorageMeter(self.settings)
        self.metrics = Metrics(self.store)
        self.pool = ProcessPool(self.settings.worker_bytes)
        self.readiness = Readiness(self.settings, self.store, self.blobs, self.supervisor)


def _service(request: Request) -> Service:
    return request.app.state.service


ServiceDependency = Annotated[Service, Depends(_service)]
bearer = HTTPBearer(
    auto_error=False, scheme_name="key", description="An API key: `Authorization: Bearer firmus_<id>_<secret>`."
)


def authorise(service: Service, scope: MutableMapping[str, Any], required: str) -> Caller:
    """The authenticated caller of a request (an ASGI scope), if its key has a scope.

    Raises
    ------
    Problem
        401 without a valid key, 403 without the scope, 429 above the rate limit.
    """
    headers, state = Headers(scope=scope), scope["state"]
    kind, _, credentials = headers.get("authorization", "").partition(" ")
    with service.store.read() as connection:
        known = keys.check(connection, credentials.strip()) if kind.lower() == "bearer" else None
        if not kind and service.is_open and not keys.are_any(connection):
            if proxied := next((name for name in FORWARDED if name in headers), None):
                raise Problem("unauthorised", f"{proxied}: behind a proxy a key is needed: firmus serve keys add")
            known = LOCAL
    left, wait = service.buckets.take(known.key if known else f"at {(scope.get('client') or ('',))[0]}")
    rate, burst = service.settings.rate, service.settings.burst
    state["headers"] = {
        "RateLimit-Policy": f'"default";q={burst:g};w={max(1, round(burst / rate)) if rate else 1}',
        "RateLimit": f'"default";r={left:g};t={max(1, round((burst - left) / rate)) if rate else 1}',
    }
    state["key"] = known.key if known else None
    if wait:
        raise Problem("rate-limited", f"{rate:g} requests a second for long, {burst:g} at once", seconds=wait)
    if known is None:
        raise Problem("unauthorised", "send a valid key: Authorization: Bearer firmus_<id>_<secret>")
    if required not in known.scopes:
        raise Problem("forbidden", f"the key lacks the scope {required}")
    return known


def caller(
    request: Request,
    scopes: SecurityScopes,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> Caller:
    """The caller, whom the middleware has authenticated for this route."""
    known: Caller | None = getattr(request.state, "caller", None)
    if known is None or not known.scopes.issuperset(scopes.scopes):
        raise Problem("forbidden", f"the key lacks the scope {' '.join(scopes.scopes)}")
    return known


Reading = Annotated[Caller, Security(caller, scopes=["read"])]
Composing = Annotated[Caller, Security(caller, scopes=["compose"])]
Monitoring = Annotated[Caller, Security(caller, scopes=["monitor"])]
Administering = Annotated[Caller, Security(caller, scopes=["admin"])]

IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        description="Any text of yours: the same request sent again with it is done once, for 24 hours.",
    ),
]
