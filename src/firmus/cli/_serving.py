"""The commands of the service: serving, keys, backups, and tools for an assistant."""

from __future__ import annotations

import argparse
import functools
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firmus.cli._words import say
from firmus.errors import InvalidBrief

if TYPE_CHECKING:
    from firmus.service.storage.backup import Backup


def serve(options: argparse.Namespace) -> None:
    """Serve over HTTP until interrupted, or look after the keys."""
    from firmus.errors import FirmusError

    try:
        from firmus.service import serving
    except ModuleNotFoundError as error:
        raise FirmusError(f"the service needs {error.name}: pip install 'firmus[service]'") from None
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


def mcp(options: argparse.Namespace) -> None:
    """Offer all tools to an assistant, until it hangs up."""
    from firmus.errors import FirmusError

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


def _listening(options: argparse.Namespace, host: str, port: int, is_open: bool) -> None:
    if options.json:  # the warning is in the log, whose lines are JSON, too
        print(json.dumps({"host": host, "port": port}), flush=True)
        return
    if is_open:
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
