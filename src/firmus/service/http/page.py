"""The page of the Studio: its files, each at its own address; and the SoundFont that it plays."""

from __future__ import annotations

import mimetypes
import os
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.staticfiles import StaticFiles

from firmus.errors import FirmusError
from firmus.render import soundfont
from firmus.service.http import browsers

FOLDER = Path(__file__).parents[2] / "studio" / "static"
SOUNDFONT = "/soundfont.sf3"
TYPES = {
    ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css",
    ".json": "application/json", ".svg": "image/svg+xml", ".woff2": "font/woff2", ".wasm": "application/wasm",
    ".sf2": "application/octet-stream", ".sf3": "application/octet-stream",
}  # fmt: skip
"""Media types, which the system's tables may have otherwise."""
POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'wasm-unsafe-eval'",  # the SoundFont's samples are decoded by WebAssembly
        "style-src 'self'",
        "img-src 'self' blob:",  # what the page took out of an archive
        "media-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
"""Nothing is fetched from elsewhere, and no script runs that is not one of the files."""
PERMISSIONS = ", ".join(
    (
        "midi=(self)", "microphone=(self)",
        *(f"{name}=()" for name in ("camera", "display-capture", "geolocation", "hid", "payment", "serial", "usb")),
    )
)  # fmt: skip
"""A keyboard and a melody that is hummed are for the page alone; it needs no other device."""


def routes(token: str, folder: Path) -> list[BaseRoute]:
    """Routes of the page's files.

    Parameters
    ----------
    token : str
        For which a browser gets the cookie by which it may change things.
    folder : Path
        With ``index.html``; what is not in it when the service starts is not served.

    Raises
    ------
    FirmusError
        If the page is not there.
    """
    if not (folder / "index.html").is_file():
        raise FirmusError(f"{folder}: the page is not there; build it: npm ci and npm run build, in web/")
    for ending, kind in TYPES.items():
        mimetypes.add_type(kind, ending)
    files = _Files(folder)
    font = Path(os.environ.get(soundfont.VARIABLE) or soundfont.SHIPPED)

    def index(request: Request) -> Response:
        if (given := request.query_params.get("token")) is not None:
            return browsers.admit(request.headers, given, token)
        return files.response(folder / "index.html", request.scope)

    def play(request: Request) -> Response:
        return files.response(font, request.scope)

    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return [Route("/", index), Route(SOUNDFONT, play), *(Route(f"/{name}", files) for name in names)]


class _Files(StaticFiles):
    """Files of a page, with its policy, and kept by the browser as long as they stay what they are."""

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder)

    def response(self, path: Path, scope: Any) -> Response:
        """The response with a file."""
        return self.file_response(path, path.stat(), scope)

    def file_response(self, full_path: Any, stat_result: Any, scope: Any, status_code: int = 200) -> Response:
        """The response with a file; for ever where the address has a version, else asked for again each time."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        is_version = scope["query_string"].startswith(b"v=") and not str(full_path).endswith(".html")
        response.headers["Cache-Control"] = f"max-age={browsers.YEAR}, immutable" if is_version else "no-cache"
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["Permissions-Policy"] = PERMISSIONS
        return response
