"""The commands of the service: serving, keys, backups, the Studio, and tools for an assistant."""

from __future__ import annotations

import argparse
import contextlib
import functools
import json
import os
import sys
import threading
import webbrowser
from collections.abc import Iterator
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from firmus.cli._words import say
from firmus.errors import FirmusError, InvalidBrief

if TYPE_CHECKING:
    from firmus.service.storage.backup import Backup


def serve(options: argparse.Namespace) -> None:
    """Serve over HTTP until interrupted, or look after the keys."""
    serving = _service()
    data = Path(options.data)
    match options.words:
        case []:
            serving.serve(
                data,
                options.host,
                options.port,
                functools.partial(_listening, options),
                cluster=options.cluster,
                keep=options.keep,
            )
        case ["keys", "add"] if options.owner:
            key = serving.add_key(data, options.owner, options.role, options.quota, options.storage)
            print(json.dumps({"key": key}) if options.json else key)
        case ["keys", "list"]:
            _list_keys(options, serving.listed_keys(data))
        case ["keys", "revoke", name]:
            serving.revoke_key(data, name)
        case ["backup", target]:
            _backed_up(options, serving.backup(data, Path(target)))
        case words:
            raise InvalidBrief(
                f"{' '.join(words)!r}: say keys add --owner NAME, keys list, keys revoke ID, or backup TO"
            )


def studio(options: argparse.Namespace) -> None:
    """Serve the Studio on this machine until interrupted, and open it in the browser."""
    serving = _service()
    data = Path(options.data) if options.data else _data_folder()
    data.mkdir(parents=True, exist_ok=True)
    with _logging_to(data / "log.jsonl"):
        serving.serve(data, "127.0.0.1", options.port, functools.partial(_open_page, options, data), page=True)


def mcp(options: argparse.Namespace) -> None:
    """Offer all tools to an assistant, until it hangs up."""
    try:
        from firmus.service import mcp as server
    except ModuleNotFoundError as error:
        raise FirmusError(f"firmus mcp needs {error.name}: pip install 'firmus[service]'") from None
    server.serve(Path(options.folder))


def _backed_up(options: argparse.Namespace, done: Backup) -> None:
    if options.json:
        print(json.dumps(asdict(done)))
    elif not options.quiet:
        print(
            say("backed up").format(**asdict(done)) + (say("lost before").format(lost=done.lost) if done.lost else "")
        )


def _service() -> ModuleType:
    try:
        return import_module("firmus.service.serving")
    except ModuleNotFoundError as error:
        raise FirmusError(f"the service needs {error.name}: pip install 'firmus[service]'") from None


def _data_folder() -> Path:
    """Where programs keep what belongs to the user of this machine."""
    import platformdirs

    return platformdirs.user_data_path("firmus", appauthor=False) / "studio"


@contextlib.contextmanager
def _logging_to(path: Path) -> Iterator[None]:
    """Write the log, of this process and of its workers, into a file rather than on the terminal."""
    sys.stderr.flush()
    terminal = os.dup(2)
    try:
        with path.open("wb") as file:
            os.dup2(file.fileno(), 2)
        yield
    finally:
        sys.stderr.flush()
        os.dup2(terminal, 2)
        os.close(terminal)


def _open_page(options: argparse.Namespace, data: Path, host: str, port: int, token: str) -> None:
    url = f"http://{host}:{port}/?token={token}"
    if options.json:
        print(json.dumps({"host": host, "port": port, "url": url}), flush=True)
    elif not options.quiet:
        print(say("studio at").format(url=url, data=data), flush=True)
    if not options.no_browser:  # in a thread, as a browser of the terminal returns when it ends
        threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()


def _listening(options: argparse.Namespace, host: str, port: int, token: str) -> None:
    if options.json:  # the warning is in the log, whose lines are JSON, too
        print(json.dumps({"host": host, "port": port}), flush=True)
        return
    if token:
        print(say("open service").format(data=options.data), file=sys.stderr, flush=True)
    if not options.quiet:
        shown = f"[{host}]" if ":" in host else host
        print(say("serving").format(host=shown, port=port, data=options.data), flush=True)


def _list_keys(options: argparse.Namespace, listed: list[dict[str, Any]]) -> None:
    if options.json:
        print(json.dumps({"keys": listed}))
        return
    for key in listed:
        quota = "" if key["quota"] is None else say("quota of").format(quota=key["quota"])
        storage = "" if key["storage"] is None else say("storage of").format(storage=key["storage"])
        revoked = "" if key["revoked"] is None else say("revoked")
        print(f"{key['id']}  {key['owner']}  {key['role']}{quota}{storage}{revoked}")
