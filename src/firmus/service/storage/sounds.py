"""Sounds: uploaded recordings, to be analysed or transcribed."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from firmus.service.storage.tables import new_id, sound


def add(connection: Connection, owner: str, title: str, digest: str, size: int) -> str:
    """Insert a sound whose file is on disk; its identifier."""
    name = new_id("snd")
    row = {"id": name, "owner": owner, "title": title, "digest": digest, "bytes": size, "created": time.time()}
    connection.execute(insert(sound).values(**row))
    return name


def find(connection: Connection, sound_id: Any, owner: str) -> Row[Any] | None:
    """Row of an owner's sound."""
    if not isinstance(sound_id, str):
        return None
    return connection.execute(select(sound).where(sound.c.id == sound_id, sound.c.owner == owner)).first()
