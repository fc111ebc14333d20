"""Dependencies of the routes: the service, and authentication and authorisation of the caller.

Every route declares its scope through one of `Reading`, `Composing`, `Monitoring` and `Administering`, so that the
OpenAPI document and the tests read it from the route itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Header, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes

from firmus.service.http.limits import StorageMeter, TokenBuckets
from firmus.service.http.metrics import Metrics
from firmus.service.problems import Problem
from firmus.service.settings import Settings
from firmus.service.storage import keys
from firmus.service.storage.blobs import Blobs
from firmus.service.storage.database import Store
from firmus.service.storage.events import EventNotifier
from firmus.service.storage.idempotency import Idempotency
from firmus.service.storage.keys import LOCAL, Caller
from firmus.service.workers.supervisor import Supervisor


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
        Whether it may be used without a key, as long as none exists: from this machine only.
    """

    settings: Settings
    store: Store
    blobs: Blobs
    supervisor: Supervisor
    is_open: bool
    notifier: EventNotifier = field(init=False)
    idempotency: Idempotency = field(init=False)
    buckets: TokenBuckets = field(init=False)
    storage: StorageMeter = field(init=False)
    metrics: Metrics = field(init=False)

    def __post_init__(self) -> None:
        self.notifier, self.idempotency = EventNotifier(self.store), Idempotency(self.store)
        self.buckets = TokenBuckets(self.settings.rate, self.settings.burst)
        self.storage = StorageMeter(self.settings)
        self.metrics = Metrics(self.store)


def _service(request: Request) -> Service:
    return request.app.state.service


ServiceDependency = Annotated[Service, Depends(_service)]
bearer = HTTPBearer(
    auto_error=False, scheme_name="key", description="An API key: `Authorization: Bearer firmus_<id>_<secret>`."
)


def caller(
    request: Request,
    scopes: SecurityScopes,
    service: ServiceDependency,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> Caller:
    """The authenticated caller, if it has the scopes of the route.

    Raises
    ------
    Problem
        401 without a valid key, 403 without the scope, 429 above the rate limit.
    """
    with service.store.read() as connection:
        known = keys.check(connection, credentials.credentials) if credentials else None
        if known is None and credentials is None and service.is_open and not keys.are_any(connection):
            known = LOCAL
    client = known.key if known else f"at {request.client.host if request.client else ''}"
    left, wait = service.buckets.take(client)
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
