"""The description names every status that an operation's code can answer, as far as reading the code tells.

From each handler on, the functions that it names are followed, within the service, by their names: in its own module,
or in the module that they are imported from. What they raise, and what they answer with, must be described.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from service import serving
from service.problems import Refusal
from tests.test_openapi import METHODS, described

assert serving  # everything that refuses is imported with it

SERVICE = Path(__file__).parent.parent.parent / "service"
BY_RULE = frozenset({401, 403, 404, 415, 428})
"""What every operation is described with that takes a key, an id, a body, or `If-Match`; nobody else can meet it."""

UNMET = {"list_ready_setups": {400, 422}, "issue_token": {405, 507}}
"""By operation: what cannot happen, because what is read comes with the service, or nothing is stored."""

Place = tuple[str, str]
"""A module of the service and a name in it."""


@cache
def functions(module: str) -> dict[str, list[ast.AST]]:
    """The functions, methods and classes of a module by their names."""
    found: dict[str, list[ast.AST]] = {}
    for node in ast.walk(ast.parse((SERVICE / f"{module}.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.setdefault(node.name, []).append(node)
    return found


@cache
def imported(module: str) -> dict[str, Place]:
    """What the names that a module imports from the service stand for; a module for itself, with an empty name."""
    found: dict[str, Place] = {}
    for node in ast.walk(ast.parse((SERVICE / f"{module}.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "service":
            found |= {alias.asname or alias.name: (alias.name, "") for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("service."):
            source = (node.module or "").partition(".")[2]
            found |= {alias.asname or alias.name: (source, alias.name) for alias in node.names}
    return found


def named(module: str, node: ast.AST) -> Iterator[Place]:
    """What a function of a module names: names of its own module, and of those that it imports."""
    there = imported(module)
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            yield there.get(part.id, (module, part.id))
        elif isinstance(part, ast.Attribute):
            source = there.get(part.value.id) if isinstance(part.value, ast.Name) else None
            yield (source[0], part.attr) if source and not source[1] else (module, part.attr)


def reached(handler: Place) -> Iterator[Place]:
    """Everything that a handler names, itself or by what it calls."""
    seen: set[Place] = set()
    ahead = [handler]
    while ahead:
        place = ahead.pop()
        if place not in seen:
            seen.add(place)
            called = [
                node for node in functions(place[0]).get(place[1], []) if place == handler or not is_handler(node)
            ]
            if called or not functions(place[0]).get(place[1]):
                yield place
            for node in called:
                ahead.extend(other for other in named(place[0], node) if (SERVICE / f"{other[0]}.py").exists())


def refusals(kind: type[Refusal] = Refusal) -> Iterator[type[Refusal]]:
    for one in kind.__subclasses__():
        yield one
        yield from refusals(one)


def answered(place: Place) -> Iterator[int]:
    """The statuses that a function gives its answers itself."""
    for node in functions(place[0]).get(place[1], []):
        for call in ast.walk(node):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Response":
                values = [keyword.value for keyword in call.keywords if keyword.arg == "status_code"]
                found = [part for value in values for part in ast.walk(value) if isinstance(part, ast.Constant)]
                yield from (part.value for part in found if isinstance(part.value, int))


def handlers() -> dict[str, Place]:
    """Where the handler of each operation stands."""
    names = {operation["operationId"] for operation in operations()}
    found: dict[str, Place] = {}
    for path in sorted(SERVICE.glob("*.py")):
        for name, nodes in functions(path.stem).items():
            if name in names and any(is_handler(node) for node in nodes):
                found[name] = (path.stem, name)
    return found


def is_handler(node: ast.AST) -> bool:
    decorators: list[Any] = getattr(node, "decorator_list", [])
    return any(
        isinstance(one, ast.Call) and isinstance(one.func, ast.Name) and one.func.id in METHODS for one in decorators
    )


def operations() -> list[dict[str, Any]]:
    paths = described()["paths"].values()
    return [item[method] for item in paths for method in METHODS if method in item]


@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation["operationId"])
def test_every_status_that_an_operation_can_answer_is_described(operation: dict[str, Any]) -> None:
    statuses = {(kind.__module__.rpartition(".")[2], kind.__name__): kind.status for kind in refusals()}
    place = handlers()[operation["operationId"]]
    told = {int(status) for status in operation["responses"]}
    possible: dict[int, Place] = {}
    for one in reached(place):
        found = [statuses[one]] if one in statuses else answered(one)
        possible |= {status: one for status in found if status not in BY_RULE}
    untold = possible.keys() - told - UNMET.get(operation["operationId"], set())
    assert {status: possible[status] for status in untold} == {}


def test_what_is_read_from_the_code_is_what_it_answers() -> None:
    """One of each kind: raised in a method, raised by what another module gives, answered, answered elsewhere."""
    there = {"upload_document": 408, "add_evidence": 411, "open_with_keys": 202, "get_letter": 304, "stamp_log": 502}
    told = {operation["operationId"]: operation["responses"] for operation in operations()}
    assert all(str(status) in told[name] for name, status in there.items())
