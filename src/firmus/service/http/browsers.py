"""Browsers: which pages may ask a service that needs no key.

Any page that somebody opens can send requests to this machine. Those of other origins are rejected, by what the browser
says of them (``Origin``, ``Sec-Fetch-Site``); names that somebody else resolved to this machine (DNS rebinding) by
``Host``. To change anything a browser also shows a cookie, which it gets for the token in the address that ``firmus
studio`` opens. What is no browser sends none of these headers, and needs no token.
"""

from __future__ import annotations

import hmac
import os
import secrets
from collections.abc import Iterable
from contextlib import suppress
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse

from firmus.service.problems import Problem

LOCAL = ("127.0.0.1", "localhost", "::1")
SAFE = ("GET", "HEAD", "OPTIONS")  # methods that change nothing
YEAR = 31_536_000  # seconds


def read_token(data: Path) -> str:
    """The token of a data folder, made at the first time: it outlasts the process, as open pages do."""
    path = data / "browser-token"
    with suppress(FileExistsError), os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(32))
    return path.read_text(encoding="ascii")


def check_host(headers: Headers, others: Iterable[str]) -> None:
    """Reject a name that is neither this machine's nor among `others`.

    Raises
    ------
    Problem
    """
    host = _name(headers.get("host", ""))
    if host not in (*LOCAL, *others):
        raise Problem("misdirected", f"host {host!r}: name it under hosts in service.toml")


def check_page(headers: Headers, method: str, token: str) -> None:
    """Reject what a page of another origin sends, also one that another port of this machine serves.

    Parameters
    ----------
    headers : Headers
    method : str
        Any but a safe one needs the cookie, where a browser sends it.
    token : str

    Raises
    ------
    Problem
    """
    host, origin, site = headers.get("host", ""), headers.get("origin"), headers.get("sec-fetch-site")
    if site not in (None, "none", "same-origin") or (origin and origin.partition("://")[2] != host):
        raise Problem("forbidden", "a page of another origin may not ask this service: it needs a key")
    is_browser = origin is not None or site is not None
    if is_browser and method not in SAFE and not _is_token(_cookie(headers), token):
        raise Problem("forbidden", "this browser has no token: open the address that firmus studio printed")


def admit(headers: Headers, given: str, token: str) -> RedirectResponse:
    """Give a browser the cookie for the token of its address, and send it to the address without.

    Raises
    ------
    Problem
        If it is another token.
    """
    if not _is_token(given, token):
        raise Problem("forbidden", "the token is another one: open the address that firmus studio printed")
    response = RedirectResponse("./", 303)
    response.set_cookie(_cookie_name(headers), token, max_age=YEAR, httponly=True, samesite="strict")
    return response


def _is_token(given: str, token: str) -> bool:
    return bool(token) and hmac.compare_digest(given.encode(), token.encode())


def _cookie(headers: Headers) -> str:
    name = _cookie_name(headers)
    with suppress(CookieError):
        cookies = SimpleCookie(headers.get("cookie", ""))
        return cookies[name].value if name in cookies else ""
    return ""


def _cookie_name(headers: Headers) -> str:
    """Name of the cookie; cookies are those of all ports of a host."""
    host = headers.get("host", "")
    with suppress(ValueError):
        return f"firmus-{urlsplit(f'//{host}').port or 80}"
    return "firmus-80"


def _name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
