"""The scope that each route requires, so that a request is authorised before its body is received."""

from __future__ import annotations

import re
from typing import Any

from starlette.routing import compile_path


class Permissions:
    """The scopes of an OpenAPI document's operations.

    Parameters
    ----------
    document : dict

    Examples
    --------
    >>> reading = {"get": {"security": [{"key": ["read"]}]}}
    >>> permissions = Permissions({"paths": {"/a/{name}": reading, "/b": {"get": {}}}})
    >>> permissions.scope("GET", "/a/x"), permissions.scope("HEAD", "/a/x"), permissions.scope("GET", "/b")
    ('read', 'read', None)
    >>> permissions.scope("POST", "/a/x")
    """

    def __init__(self, document: dict[str, Any]) -> None:
        self._scopes: list[tuple[str, re.Pattern[str], str]] = []
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                for scheme in operation.get("security", ()):
                    for required in scheme["key"]:
                        self._scopes.append((method.upper(), compile_path(path)[0], required))

    def scope(self, method: str, path: str) -> str | None:
        """Scope that a request requires; None where it requires none, or there is no such route."""
        method = "GET" if method == "HEAD" else method
        return next((scope for name, form, scope in self._scopes if name == method and form.match(path)), None)
