"""Keys, usage, the secret of webhooks and the audit log."""

from __future__ import annotations

import base64
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from sqlalchemy import Row, func, select

from firmus.service.http import limits, schemas, serializers
from firmus.service.http.dependencies import Administering, Composing, Reading, ServiceDependency
from firmus.service.problems import Problem
from firmus.service.storage import audit, keys
from firmus.service.storage.keys import Caller
from firmus.service.storage.tables import api_key, job
from firmus.service.workers import webhooks

router = APIRouter(prefix="/v1", tags=["keys"])


@router.get("/usage")
def usage(service: ServiceDependency, caller: Reading) -> schemas.Usage:
    """See what you have used today, and how much you store."""
    with service.store.read() as connection:
        open_jobs = select(func.count()).select_from(job).where(job.c.owner == caller.owner)
        open_jobs = open_jobs.where(job.c.state.in_(("queued", "running")))
        return schemas.Usage(
            owner=caller.owner,
            seconds=round(limits.used(connection, caller.owner), 3),
            quota=service.settings.quota if caller.quota is None else caller.quota,
            unfinished=connection.execute(open_jobs).scalar_one(),
            stored=limits.stored(connection, caller.owner),
            storage=limits.storage_quota(service.settings, caller),
        )


@router.get("/webhook-secret")
def webhook_secret(service: ServiceDependency, caller: Composing) -> schemas.WebhookSecret:
    """See the secret with which your webhooks are signed (Standard Webhooks)."""
    key = webhooks.secret(service.settings, caller.owner)
    return schemas.WebhookSecret(secret=f"whsec_{base64.b64encode(key).decode()}")


@router.get("/keys")
def listed(service: ServiceDependency, caller: Administering) -> schemas.Page[schemas.Key]:
    """List the keys of your owner, or of all owners if yours is an operator's, without their secrets."""
    with service.store.read() as connection:
        found = keys.rows(connection, None if caller.is_operator else caller.owner)
    return schemas.Page(items=[schemas.Key(**_fields(row)) for row in found], next=None)


@router.post("/keys", status_code=201)
def add(body: schemas.KeySubmission, service: ServiceDependency, caller: Administering) -> schemas.NewKey:
    """Make a key. The answer is the only place where it is ever told.

    An admin makes keys of its own owner, with the roles reader, composer and admin and with no more than its own quota;
    an operator makes any.
    """
    quota = body.quota if caller.is_operator else _own_quota(caller, body, service.settings.quota)
    with service.store.write() as connection:
        service.store.advisory_lock(connection, audit.LOCK)
        name, key = keys.add(connection, body.owner, body.role, quota, body.storage)
        audit.write(connection, caller.key, caller.owner, "key add", name)
        row = connection.execute(select(api_key).where(api_key.c.id == name)).one()
    return schemas.NewKey(**_fields(row), key=key)


@router.delete("/keys/{name}", status_code=204)
def revoke(
    name: Annotated[str, Path(pattern="^[0-9a-f]{12}$")], service: ServiceDependency, caller: Administering
) -> None:
    """Revoke a key, of your owner or as an operator any; from the next request on it opens nothing."""
    with service.store.write() as connection:
        service.store.advisory_lock(connection, audit.LOCK)
        if not keys.revoke(connection, name, None if caller.is_operator else caller.owner):
            raise Problem("not-found", f"there is no key {name} that is valid")
        audit.write(connection, caller.key, caller.owner, "key revoke", name)


@router.get("/audit")
def log(
    service: ServiceDependency,
    caller: Administering,
    after: Annotated[int, Query(ge=0, le=2**31 - 1, description="Number of the last line that you have.")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> schemas.Page[schemas.AuditLine]:
    """Read the audit log, the oldest line first; `next` is the `after` of the next page.

    An admin sees what keys of its own owner did, an operator everything, without which the chain of digests cannot be
    checked.
    """
    with service.store.read() as connection:
        rows = audit.lines(connection, after, limit, None if caller.is_operator else caller.owner)
    items = [schemas.AuditLine(**{**row._mapping, "at": serializers.timestamp(row.at)}) for row in rows]
    return schemas.Page(items=items, next=str(rows[-1].number) if len(rows) == limit else None)


def _own_quota(caller: Caller, body: schemas.KeySubmission, default: float) -> float | None:
    """Quota of a key that an owner's admin makes."""
    if body.owner != caller.owner or body.role not in keys.OWNERS_ROLES:
        allowed = f"owner {caller.owner} and the roles {', '.join(keys.OWNERS_ROLES)}"
        raise Problem("forbidden", f"owner {body.owner!r}, role {body.role!r}: an admin makes keys of {allowed}")
    most = default if caller.quota is None else caller.quota
    if body.quota is not None and body.quota > most:
        raise Problem("forbidden", f"quota {body.quota:g}: your own is {most:g}, and a key that you make has no more")
    return caller.quota if body.quota is None else body.quota


def _fields(row: Row[Any]) -> dict[str, Any]:
    plain = {name: getattr(row, name) for name in ("id", "owner", "role", "quota", "storage")}
    return {**plain, "created": serializers.created_at(row), "revoked": serializers.timestamp(row.revoked)}
