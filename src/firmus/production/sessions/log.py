"""The log of sessions, with how the listener felt before and after, 1 (bad) to 10 (good).

It is a file of JSON lines in the user's data folder, on this machine alone, which can be copied and deleted.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from firmus.brief_fields import Limits
from firmus.errors import FirmusError, InvalidBrief

RATING = Limits(1, 10, whole=True)


def path() -> Path:
    """Where the log is."""
    import platformdirs

    return platformdirs.user_data_path("firmus", appauthor=False) / "sessions.jsonl"


def entries() -> list[dict[str, Any]]:
    """Sessions, the oldest first.

    Raises
    ------
    FirmusError
        Where the log cannot be read.
    """
    try:
        text = path().read_text("utf-8")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise FirmusError(f"{path()}: {error.strerror or error}") from None
    try:
        return [dict(json.loads(line)) for line in text.splitlines() if line.strip()]
    except (ValueError, TypeError):
        raise FirmusError(f"{path()} is no log of sessions: move it away") from None


def add(preset: str, minutes: float, folder: Path, before: int | None) -> None:
    """Write down a session."""
    check(before)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    _write([*entries(), {"time": now, "session": preset, "minutes": minutes, "folder": str(folder),
                         "before": before, "after": None}])  # fmt: skip


def rate(after: int) -> dict[str, Any]:
    """Write down how the listener felt after the last session; that entry.

    Raises
    ------
    InvalidBrief
        Where there is none.
    """
    check(after)
    known = entries()
    if not known:
        raise InvalidBrief("no session to rate: make one first, such as firmus soothe calm --before 4")
    known[-1]["after"] = after
    _write(known)
    return known[-1]


def forget() -> int:
    """Delete the log; how many sessions it had."""
    count = len(entries())
    path().unlink(missing_ok=True)
    return count


def check(rating: int | None) -> None:
    """Refuse a rating that is none."""
    if rating is not None and not RATING.hold(rating):
        raise InvalidBrief(f"rating {rating}: how you feel is {RATING.low} (bad) to {RATING.high} (good)")


def _write(lines: list[dict[str, Any]]) -> None:
    target = path()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        written = target.with_suffix(".part")
        written.write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in lines), "utf-8")
        written.replace(target)
    except OSError as error:
        raise FirmusError(f"{target}: {error.strerror or error}") from None
