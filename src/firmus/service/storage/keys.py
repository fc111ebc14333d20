"""API keys and their scopes. A key is ``firmus_<id>_<secret>``; of the secret only the SHA-256 is stored.

The secret is 256 random bits, which cannot be guessed from a digest, however fast the hash; passwords would need a slow
one. What belongs to an owner is visible to keys of that owner only, of whatever role.

A service that ever had a key requires one for good, also when every key was revoked: the rows of revoked keys stay, and
so does the audit log.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from firmus.errors import InvalidBrief, unknown
from firmus.service.storage.tables import api_key, audit

ROLES = {
    "reader": frozenset({"read"}),
    "composer": frozenset({"read", "compose"}),
    "monitor": frozenset({"monitor"}),
    "admin": frozenset({"read", "compose", "admin"}),
    "operator": frozenset({"read", "compose", "admin", "monitor", "operate"}),
}
SCOPES = {
    "read": "See and fetch what belongs to the key's owner.",
    "compose": "Upload, start jobs, cancel, delete.",
    "monitor": "Read the service's measurements.",
    "admin": "Make and revoke keys of the key's owner, read its lines of the audit log.",
    "operate": "The same for all owners, and keys of every role.",
}
OWNERS_ROLES = ("reader", "composer", "admin")  # of keys that an owner's admin may make and revoke
_FORM = re.compile(r"firmus_([0-9a-f]{12})_([0-9a-f]{64})")
_OWNER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,79}")


@dataclass(frozen=True, slots=True)
class Caller:
    """The authenticated caller of a request.

    Parameters
    ----------
    key : str
        Identifier of the key; ``"local"`` where the service needs none.
    owner : str
    scopes : frozenset of str
    quota : float, optional
        Seconds of music a day; None for the service's.
    storage : float, optional
        Bytes that the owner may store; None for the service's.
    """

    key: str
    owner: str
    scopes: frozenset[str]
    quota: float | None = None
    storage: float | None = None

    @property
    def is_operator(self) -> bool:
        """Whether it manages the keys of all owners."""
        return "operate" in self.scopes


LOCAL = Caller("local", "local", ROLES["operator"])


def add(
    connection: Connection, owner: str, role: str, quota: float | None = None, storage: float | None = None
) -> tuple[str, str]:
    """Create a key.

    Returns
    -------
    (str, str)
        Its identifier, and the key itself, which cannot be recovered later.
    """
    if role not in ROLES:
        raise InvalidBrief(unknown("role", role, ROLES))
    if not _OWNER.fullmatch(owner):
        raise InvalidBrief(f"owner {owner[:80]!r} must be up to 80 letters, digits, dots, hyphens, underscores or @")
    if quota is not None and not 0 <= quota <= 1e9:
        raise InvalidBrief(f"quota {quota!r} must be 0 to 1,000,000,000 seconds of music a day")
    if storage is not None and not 0 <= storage <= 1e18:
        raise InvalidBrief(f"storage {storage!r} must be 0 to 1,000,000,000,000,000,000 bytes")
    name, secret = secrets.token_hex(6), secrets.token_hex(32)
    row = {"id": name, "owner": owner, "role": role, "digest": _digest(secret), "quota": quota, "created": time.time()}
    row["storage"] = storage
    connection.execute(insert(api_key).values(**row))
    return name, f"firmus_{name}_{secret}"


def check(connection: Connection, text: str) -> Caller | None:
    """The caller that a key authenticates; None where it is unknown or revoked."""
    match = _FORM.fullmatch(text)
    if not match:
        return None
    row = connection.execute(select(api_key).where(api_key.c.id == match[1])).first()
    if row is None or not hmac.compare_digest(row.digest, _digest(match[2])) or row.revoked is not None:
        return None
    return Caller(row.id, row.owner, ROLES.get(row.role, frozenset()), row.quota, row.storage)


def rows(connection: Connection, owner: str | None = None) -> list[Row[Any]]:
    """Rows of all keys, the oldest first; only those that an owner's admin manages, if `owner` is given."""
    return list(connection.execute(select(api_key).where(*_managed_by(owner)).order_by(api_key.c.created)))


def are_any(connection: Connection) -> bool:
    """Whether there is a key, valid or revoked: from then on the service requires one."""
    return connection.execute(select(api_key.c.id).limit(1)).first() is not None


def have_existed(connection: Connection) -> bool:
    """Whether there is a key, or the audit log has one; slow, as it reads the log."""
    made = select(audit.c.number).where(audit.c.action == "key add").limit(1)
    return are_any(connection) or connection.execute(made).first() is not None


def revoke(connection: Connection, name: str, owner: str | None = None) -> bool:
    """Revoke a key, among those that an owner's admin manages if `owner` is given; whether it was valid."""
    valid = (api_key.c.id == name, api_key.c.revoked.is_(None), *_managed_by(owner))
    return connection.execute(update(api_key).where(*valid).values(revoked=time.time())).rowcount == 1


def _managed_by(owner: str | None) -> tuple[Any, ...]:
    return () if owner is None else (api_key.c.owner == owner, api_key.c.role.in_(OWNERS_ROLES))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
