"""Writes ``api.ts``, the types and requests of the TypeScript client, from the OpenAPI document of the service.

``python clients/typescript/generate.py`` writes it; a test fails while the file is another than this would write. It
needs no Node: the document is made by the code that answers (`firmus.service.http.application.routed`).
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from firmus.service.http.application import routed

TARGET = Path(__file__).with_name("api.ts")
HEAD = """\
// Types and requests of the Firmus service, written by generate.py from its OpenAPI document. Do not edit.

export type Options = { query?: Record<string, unknown>; headers?: Record<string, unknown>; body?: unknown };

/** Sends a request, and reads its answer as JSON; a refusal is thrown. */
export type Send = <Answer>(method: string, path: string, options?: Options) => Promise<Answer>;

/** Sends a request, and gives its answer as it is; a refusal is thrown. */
export type Fetch = (method: string, path: string, options?: Options) => Promise<Response>;
"""


def written() -> str:
    """The whole file."""
    document = routed().openapi()
    schemas = document["components"]["schemas"].items()
    shown = [
        f"{comment(schema.get('description'))}export type {named(name)} = {kind(schema)};" for name, schema in schemas
    ]
    return "\n".join([HEAD, "\n\n".join(shown), "", requests(document), ""])


def named(schema: str) -> str:
    """Name of a type: ``Page_Work_`` is ``PageOfWork``."""
    return re.sub(r"^Page_(\w+)_$", r"PageOf\1", schema)


def comment(text: str | None, indent: str = "") -> str:
    """A description as a comment before what it describes."""
    told = " ".join((text or "").replace("*/", "* /").split())
    return f"{indent}/** {told} */\n" if told else ""


def kind(schema: dict[str, Any], indent: str = "") -> str:
    """A JSON schema as a type.

    Examples
    --------
    >>> kind({"anyOf": [{"type": "array", "items": {"type": "integer"}}, {"type": "null"}]})
    'number[] | null'
    """
    if "$ref" in schema:
        return named(schema["$ref"].rpartition("/")[2])
    if "const" in schema or "enum" in schema:
        return " | ".join(json.dumps(each) for each in schema.get("enum", [schema.get("const")]))
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(kind(each, indent) for each in schema["anyOf"]))
    match schema.get("type"):
        case "object":
            return shape(schema, indent)
        case "array":
            items = kind(schema.get("items", {}), indent)
            return f"({items})[]" if "|" in items else f"{items}[]"
        case "string":
            return "Blob | ArrayBuffer | Uint8Array<ArrayBuffer>" if schema.get("format") == "binary" else "string"
        case "integer" | "number":
            return "number"
        case "boolean" | "null" as plain:
            return str(plain)
    return "unknown"


def shape(schema: dict[str, Any], indent: str) -> str:
    """An object's schema as a type."""
    more, required = schema.get("additionalProperties", True), schema.get("required", ())
    if "properties" not in schema:
        return f"Record<string, {kind(more, indent) if isinstance(more, dict) else 'unknown'}>"
    inner, lines = indent + "  ", ["{"]
    for name, each in schema["properties"].items():
        mark = "" if name in required else "?"
        lines.append(f"{comment(each.get('description'), inner)}{inner}{name}{mark}: {kind(each, inner)};")
    if more is True and "title" not in schema:
        lines.append(f"{inner}[other: string]: unknown;")
    return "\n".join([*lines, f"{indent}}}"])


def requests(document: dict[str, Any]) -> str:
    """All requests, by the noun that they are of."""
    nouns: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            nouns.setdefault(operation["tags"][0], []).append(request(path, method, operation))
    rooms = [f"    {noun}: {{\n{''.join(found)}    }},\n" for noun, found in nouns.items()]
    head = "/** All requests of the service, by the noun that they are of. */\n"
    return f"{head}export function requests(send: Send, fetched: Fetch) {{\n  return {{\n{''.join(rooms)}  }};\n}}"


def request(path: str, method: str, operation: dict[str, Any]) -> str:
    """One request as a method."""
    suffix = re.sub(r"\W", "_", path) + f"_{method}"
    name = re.sub(r"_(\w)", lambda match: match[1].upper(), operation["operationId"].removesuffix(suffix))
    taken, passed, given = [], [], operation.get("parameters", [])
    taken += [f"{each['name']}: string" for each in given if each["in"] == "path"]
    body = operation.get("requestBody", {}).get("content", {})
    if body:
        taken.append(f"body: {kind(next(iter(body.values()))['schema'])}")
        passed.append("body")
    for place, group in (("query", "query"), ("header", "headers")):
        found = [f"{json.dumps(each['name'])}?: {kind(each['schema'])}" for each in given if each["in"] == place]
        if found:
            taken.append(f"{group}: {{ {'; '.join(found)} }} = {{}}")
            passed.append(group)
    answer = next(each for status, each in sorted(operation["responses"].items()) if status.startswith("2"))
    contents = answer.get("content", {})
    is_json = list(contents) == ["application/json"]
    told = kind(contents["application/json"]["schema"]) if is_json else "void" if not contents else "Response"
    call = (
        f"fetched({json.dumps(method.upper())}" if told == "Response" else f"send<{told}>({json.dumps(method.upper())}"
    )
    address = re.sub(r"\{(\w+)\}", r"${encodeURIComponent(\1)}", path)
    sent = f", {{ {', '.join(passed)} }}" if passed else ""
    shown = comment(operation.get("description"), " " * 6)
    return f"{shown}      {name}: ({', '.join(taken)}): Promise<{told}> => {call}, `{address}`{sent}),\n"


if __name__ == "__main__":
    TARGET.write_text(written(), encoding="utf-8")
