"""Every message of the code, as a template: what its f-string says, each field as ``{}``.

Read from the syntax tree: arguments of errors and of problems; reasons, warnings and lines of logs; and what stands in
these as a field, where it is text of the code itself (a choice of two words, a local name, what a function returns).
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from itertools import product
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "firmus"
ERRORS = {
    "FirmusError", "InvalidScore", "InvalidBrief", "FormatError", "TokenError", "ModelError", "RecipeError",
    "OutputExists", "Problem", "_Truncated", "ValueError", "Refused", "ArgumentTypeError",
}  # fmt: skip
REASONS = {"unknown", "left_out", "missing"}  # mappings of reasons that users see
TOLD = {"refused", "detail"}  # keys of answers that users see
LINES = {"lines", "warnings"}  # lists of lines that users see
NO_LINES = ("formats/abc/writer.py",)  # lines of music
REPORTS = {"report", "show"}  # functions that show a line
RETURNED = {
    "refusal",
    "estimate",
    "rising",
    "warning",
    "summary",
    "look",
    "_database",
    "_audit",
    "_files",
    "_keys",
    "_missing",
}
"""Functions of `learning` and of the check of a data folder whose texts are shown."""
PRIVATE = {  # of programmers alone: never shown by the command line or the service
    "the commission is not prepared",
}
ROOMS = ("learning", "storage", "runtime", "_sandbox")
UNKNOWN = ("did you mean {}? ({})", "it must be one of {}")
Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


class Module:
    """A module's messages."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.tree = ast.parse(path.read_text(encoding="utf-8"))
        self.functions: dict[str, list[Function]] = defaultdict(list)
        self.seen: set[int] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                self.functions[node.name].append(node)

    def messages(self) -> Iterator[tuple[str, int]]:
        """Templates, with their lines."""
        for scope in [self.tree, *(each for some in self.functions.values() for each in some)]:
            returned = getattr(scope, "name", "") in RETURNED and self.path.parent.name in ROOMS
            for node in _inside(scope):
                for expression in (*_shown(node), *(_returned(node) if returned else ())):
                    for template in self.texts(expression, scope):
                        yield template, getattr(node, "lineno", 1)

    def texts(self, node: ast.AST, scope: ast.AST) -> list[str]:
        """What an expression may say; of a field in it, beside it, what that may say."""
        if isinstance(node, ast.Constant):
            return [node.value] if isinstance(node.value, str) else []
        if isinstance(node, ast.JoinedStr):
            whole = "".join(str(each.value) if isinstance(each, ast.Constant) else "{}" for each in node.values)
            fields = [each.value for each in node.values if isinstance(each, ast.FormattedValue)]
            return [whole, *(text for each in fields for text in self.texts(each, scope))]
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            sides = [self.texts(each, scope) or ["{}"] for each in (node.left, node.right)]
            return ["".join(pair) for pair in product(*sides)]
        if isinstance(node, ast.IfExp):
            return self.texts(node.body, scope) + self.texts(node.orelse, scope)
        if isinstance(node, ast.BoolOp):
            return [text for each in node.values for text in self.texts(each, scope)]
        if isinstance(node, ast.Name):
            return self.named(node.id, scope)
        if isinstance(node, ast.Call):
            return self.called(node, scope)
        return []

    def named(self, name: str, scope: ast.AST) -> list[str]:
        """What a name may hold, by its assignments."""
        found = []
        for place in dict.fromkeys((scope, self.tree)):
            for node in _inside(place):
                targets = node.targets if isinstance(node, ast.Assign) else []
                if (
                    any(isinstance(each, ast.Name) and each.id == name for each in targets)
                    and id(node) not in self.seen
                ):
                    self.seen.add(id(node))
                    found += self.texts(node.value, place)
                    self.seen.discard(id(node))
        return found

    def called(self, node: ast.Call, scope: ast.AST) -> list[str]:
        """What a function of this module returns; of `unknown`, what is unknown."""
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name == "unknown":
            kinds = self.texts(node.args[0], scope)
            return [f"unknown {each} {{}}: {rest}" for each in kinds for rest in UNKNOWN]
        if name == "join":
            return [text for each in node.args for text in self.texts(each, scope)]
        if name == "splitlines" and isinstance(node.func, ast.Attribute):
            return self.texts(node.func.value, scope)
        found = []
        is_own = isinstance(node.func, ast.Name) or getattr(getattr(node.func, "value", None), "id", "") == "self"
        for function in self.functions.get(name, []) if is_own else []:
            if id(function) not in self.seen:
                self.seen.add(id(function))
                for each in _inside(function):
                    if isinstance(each, ast.Return | ast.Yield) and each.value is not None:
                        found += self.texts(each.value, function)
                self.seen.discard(id(function))
        return found


def _inside(scope: ast.AST) -> Iterator[ast.AST]:
    """Nodes of a scope, but for those of functions in it."""
    for child in ast.iter_child_nodes(scope):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield child
            yield from _inside(child)


def _shown(node: ast.AST) -> Iterator[ast.AST]:
    """Expressions that a node shows to users."""
    if isinstance(node, ast.Call):
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name in ERRORS:
            yield from node.args[1:2] if name == "Problem" else node.args[:1]
        elif name in REPORTS if isinstance(node.func, ast.Name) else _is_line(node.func):
            yield from node.args[:1]
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Subscript) and _last_name(target.value) in REASONS:
                yield node.value
    elif isinstance(node, ast.Dict):
        for name, value in zip(node.keys, node.values, strict=True):
            if isinstance(name, ast.Constant) and name.value in TOLD:
                yield value
    elif isinstance(node, ast.keyword) and node.arg == "reason":
        yield node.value
    elif isinstance(node, ast.keyword) and node.arg in REASONS and isinstance(node.value, ast.Call):
        yield from node.value.args[1:2]
        yield node.value


def _returned(node: ast.AST) -> Iterator[ast.AST]:
    """Expressions that a function returns or yields, element by element."""
    if isinstance(node, ast.Return | ast.Yield) and node.value is not None:
        yield from node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
    elif isinstance(node, ast.Assign) and isinstance(node.value, ast.List):
        yield from node.value.elts


def _is_line(function: ast.AST) -> bool:
    """Whether it appends to a list of lines."""
    return isinstance(function, ast.Attribute) and function.attr == "append" and _list_name(function.value) in LINES


def _list_name(node: ast.AST) -> str:
    """Name of a list, ``lines`` or ``results["warnings"]``."""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return str(node.slice.value)
    return _last_name(node)


def _last_name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")


@cache
def messages() -> dict[str, str]:
    """Where (``file:line``) each template of the code stands first."""
    found: dict[str, str] = {}
    for path in sorted(set(SOURCE.rglob("*.py")) - {SOURCE / name for name in NO_LINES}):
        for template, line in Module(path).messages():
            text = re.sub(r"\{[a-z]+\}", "{}", " ".join(template.split()))
            if any(sign.isalpha() for sign in text.replace("{}", "")) and text not in PRIVATE:
                found.setdefault(text, f"{path.relative_to(SOURCE).as_posix()}:{line}")
    return found
