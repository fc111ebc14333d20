"""Firmus for assistants: a server of the Model Context Protocol, over standard input and output.

It implements the tools of https://modelcontextprotocol.io/specification/2025-11-25; messages are JSON-RPC 2.0, one a
line. The tools are those of `firmus.service.tools`.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TextIO

from firmus._version import __version__
from firmus.errors import FirmusError, OutputExists, unknown
from firmus.service.tools import Canceled, Folder, Reporter, call, tools

VERSIONS = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")
MAX_RESULT = 20_000  # characters of a result; a longer one is written into a file
ABOUT = """\
Composes and studies music. All paths are below one folder. Ask for `files` and `models` first; compose with a seed to
be able to make the same again; `render` makes sound (mp3, wav) and scores (svg, png) of what other tools wrote."""


class Server:
    """Serves one client, one message a line; tool calls run one after the other, and can be canceled meanwhile.

    Parameters
    ----------
    folder : Folder
    lines : iterator of str
        Messages of the client.
    out : text file
        Takes the messages of the server.
    """

    def __init__(self, folder: Folder, lines: Iterator[str], out: TextIO) -> None:
        self.folder, self.lines, self.out = folder, lines, out
        self.lock = threading.Lock()
        self.running: dict[str | int, threading.Event] = {}

    def run(self) -> None:
        """Serve until the client disconnects."""
        with ThreadPoolExecutor(1) as worker:
            for line in self.lines:
                if line.strip():
                    self.handle_message(line, worker)
            for stopped in list(self.running.values()):
                stopped.set()

    def handle_message(self, line: str, worker: ThreadPoolExecutor) -> None:
        """Handle one message."""
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            self.respond_error(None, -32700, "no valid JSON")
            return
        if not isinstance(message, dict) or not isinstance(message.get("method"), str):
            if not isinstance(message, dict) or not ("result" in message or "error" in message):
                self.respond_error(None, -32600, "no request of JSON-RPC 2.0")
            return
        number, method, parameters = message.get("id"), message["method"], message.get("params") or {}
        if not isinstance(parameters, dict) or not isinstance(number, str | int | None):
            self.respond_error(None, -32602, "params must be an object, and id text or a number")
        elif method == "notifications/cancelled":
            for each, stopped in list(self.running.items()):
                if each == parameters.get("requestId"):
                    stopped.set()
        elif number is not None:
            self.handle_request(number, method, parameters, worker)

    def handle_request(
        self, number: str | int, method: str, parameters: dict[str, Any], worker: ThreadPoolExecutor
    ) -> None:
        """Handle one request."""
        match method:
            case "initialize":
                version = parameters.get("protocolVersion")
                self.respond(
                    number,
                    {
                        "protocolVersion": version if version in VERSIONS else VERSIONS[0],
                        "instructions": ABOUT,
                        "capabilities": {"tools": {}},
                        "serverInfo": {"name": "firmus", "version": __version__},
                    },
                )
            case "ping":
                self.respond(number, {})
            case "tools/list":
                self.respond(number, {"tools": tools()})
            case "tools/call":
                names = [each["name"] for each in tools()]
                name, arguments = str(parameters.get("name")), parameters.get("arguments") or {}
                if name not in names or not isinstance(arguments, dict):
                    self.respond_error(number, -32602, unknown("tool", name, names))
                    return
                self.running[number] = threading.Event()
                meta = parameters.get("_meta")
                token = meta.get("progressToken") if isinstance(meta, dict) else None
                worker.submit(self.call_tool, number, name, arguments, token)
            case _:
                self.respond_error(number, -32601, f"no method {method!r}: tools/list and tools/call are offered")

    def call_tool(self, number: str | int, name: str, arguments: dict[str, Any], token: str | int | None) -> None:
        """Call a tool, and respond with its result or error."""

        def notify(fraction: float, title: str) -> None:
            if token is not None:
                parameters = {"progressToken": token, "progress": round(fraction, 4), "total": 1, "message": title}
                self.send({"method": "notifications/progress", "params": parameters})

        stopped = self.running[number]
        try:
            if stopped.is_set():
                return
            result = call(self.folder, name, arguments, Reporter(notify, stopped))
            text = json.dumps(result, ensure_ascii=False)
            if len(text) > MAX_RESULT:
                text = self.shortened(name, text)
            if not stopped.is_set():
                self.respond(number, {"content": [{"type": "text", "text": text}], "isError": False})
        except Canceled:
            pass
        except FirmusError as error:
            message = " ".join(str(error).split())
            self.respond(number, {"content": [{"type": "text", "text": message}], "isError": True})
        except Exception as error:
            self.respond_error(number, -32603, f"our fault, please report: {type(error).__name__}: {error}")
        finally:
            del self.running[number]

    def shortened(self, name: str, text: str) -> str:
        """Write a long result into a file; its beginning, and the path."""
        for each in range(1, 10_000):
            with contextlib.suppress(OutputExists):
                (path,) = self.folder.write({f"{name}-{each}.json": text.encode()}, force=False)
                return f"{text[:MAX_RESULT]} … all {len(text):,} characters are in {path}"
        raise FirmusError(f"the folder holds 10,000 files {name}-*.json: take some out")

    def respond(self, number: str | int, result: dict[str, Any]) -> None:
        """Send the result of a request."""
        self.send({"id": number, "result": result})

    def respond_error(self, number: str | int | None, code: int, text: str) -> None:
        """Send the error of a request."""
        self.send({"id": number, "error": {"code": code, "message": text}})

    def send(self, message: dict[str, Any]) -> None:
        """Send a message."""
        with self.lock:
            self.out.write(json.dumps({"jsonrpc": "2.0", **message}, ensure_ascii=False) + "\n")
            self.out.flush()


def serve(folder: Path) -> None:
    """Serve a folder over standard input and output, until the client disconnects.

    Raises
    ------
    FirmusError
        If there is no such folder.
    """
    opened = Folder(folder)
    with os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n") as out:
        os.dup2(2, 1)  # what a library prints goes to standard error, not into the protocol
        with open(0, encoding="utf-8", errors="replace", closefd=False) as lines:
            Server(opened, lines, out).run()
