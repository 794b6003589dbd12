"""What the client knows of the interface, written from its description: a table of operations, and their types.

`tests/test_openapi.py` writes both files beside the description itself, and compares them with it.
"""

import builtins
import json
import keyword
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SERVICE = Path(__file__).parent.parent / "service"
TABLE = SERVICE / "operations.json"
TYPES = SERVICE / "operations.pyi"
HEADER = """# Written by `python -m tests.test_openapi` from the description of the interface; not by hand.
from typing import Any, Literal, NotRequired, TypedDict
from uuid import UUID

from service.calls import Operation, Reply

TABLE: dict[str, Operation]
"""
_SIMPLE = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Every operation: its name, method, path and description."""
    for path, item in sorted(document["paths"].items()):
        for method, one in sorted(item.items()):
            yield one["operationId"], method.upper(), path, one


def argument(name: str) -> str:
    """A parameter's name in Python."""
    name = name.lower().replace("-", "_")
    return f"{name}_" if keyword.iskeyword(name) or hasattr(builtins, name) else name


def table(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """How each operation is sent."""
    document = json.loads(json.dumps(document, sort_keys=True))
    found: dict[str, dict[str, Any]] = {}
    for name, method, path, one in operations(document):
        row: dict[str, Any] = {"method": method, "path": path}
        for place, member in (("query", "query"), ("header", "headers")):
            named = {argument(it["name"]): it["name"] for it in one.get("parameters", []) if it["in"] == place}
            row |= {member: named} if named else {}
        if "requestBody" in one:
            row["bodies"] = list(one["requestBody"]["content"])
        found[name] = row
    return dict(sorted(found.items()))


class Types:
    """Writes JSON schemas as types; objects without a name get one from where they stand."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._named: set[str] = set()

    def name(self, title: str) -> str:
        return "".join(part[:1].upper() + part[1:] for part in re.split(r"[\W_]+", title))

    def of(self, schema: dict[str, Any], where: str) -> str:
        """The type of a schema."""
        if "$ref" in schema:
            return self.name(schema["$ref"].rpartition("/")[2])
        if "enum" in schema or "const" in schema:
            said = schema.get("enum", [schema.get("const")])
            text = f"Literal[{', '.join(repr(one) for one in said if one is not None)}]"
            return f"{text} | None" if None in said else text
        if choices := schema.get("oneOf") or schema.get("anyOf"):
            return self.union(self.of(choice, f"{where}{number or ''}") for number, choice in enumerate(choices))
        kind = schema.get("type")
        if isinstance(kind, list):
            return self.union(self.of({**schema, "type": one}, where) for one in kind)
        if kind == "array":
            return f"list[{self.of(schema.get('items', {}), where)}]"
        if kind == "object":
            return self.object(schema, where)
        return _SIMPLE.get(kind or "", "Any")

    def union(self, choices: Iterator[str]) -> str:
        found = list(dict.fromkeys(choices))
        return "Any" if "Any" in found else " | ".join(found)

    def object(self, schema: dict[str, Any], where: str) -> str:
        if "properties" not in schema:
            values = schema.get("additionalProperties", True)
            return f"dict[str, {self.of(values, where) if isinstance(values, dict) else 'Any'}]"
        self.declare(where, schema)
        return where

    def declare(self, name: str, schema: dict[str, Any]) -> None:
        """A TypedDict for an object."""
        if name in self._named:
            return
        self._named.add(name)
        fields: dict[str, str] = {}
        for member, inner in schema.get("properties", {}).items():
            said = self.of(inner, f"{name}{self.name(member).title().replace('_', '')}")
            fields[member] = said if member in schema.get("required", []) else f"NotRequired[{said}]"
        if all(member.isidentifier() and not keyword.iskeyword(member) for member in fields):
            body = [f"    {member}: {said}" for member, said in fields.items()] or ["    pass"]
            self.lines += [f"class {name}(TypedDict):", *body, ""]
        else:
            inside = ", ".join(f"{member!r}: {said}" for member, said in fields.items())
            self.lines += [f"{name} = TypedDict({name!r}, {{{inside}}})", ""]


def signature(name: str, one: dict[str, Any], types: Types) -> tuple[str, str]:
    """The arguments of an operation and the type of its answer."""
    title = name.title().replace("_", "")
    kinds = {"integer": "int", "uuid": "UUID | str"}
    places = [
        f"{it['name']}: {kinds.get(it['schema'].get('format') or it['schema'].get('type'), 'str')}"
        for it in one.get("parameters", [])
        if it["in"] == "path"
    ]
    named: list[str] = []
    for it in one.get("parameters", []):
        if it["in"] != "path":
            needed = it.get("required", False)
            said = types.of(it["schema"], f"{title}{argument(it['name']).title()}")
            said = f"UUID | {said}" if "uuid" in json.dumps(it["schema"]) else said
            named.append(f"{argument(it['name'])}: {said}{'' if needed else ' = ...'}")
    if "requestBody" in one:
        content = one["requestBody"]["content"]
        bodies = [
            types.of(it["schema"], f"{title}Body") for media, it in content.items() if media == "application/json"
        ]
        others = [media for media in content if media != "application/json"]
        if others:
            named.append(f"media_type: Literal[{', '.join(map(repr, content))}] = ...")
        places.append(f"body: {types.union(iter([*bodies, *(['bytes'] if others else [])]))}")
    arguments = ", ".join(["self", *places, *(["*"] if named else []), *named])
    return arguments, reply(one, title, types)


def reply(one: dict[str, Any], title: str, types: Types) -> str:
    """The type of an operation's answer; while it is in the making there is none yet."""
    good = [it for status, it in sorted(one["responses"].items()) if status < "3"]
    made = [it for status, it in sorted(one["responses"].items()) if status in {"200", "201"}]
    answers: list[str] = []
    for it in made or good:
        for media, inner in it.get("content", {}).items():
            if media == "application/json":
                answers.append(types.of(inner["schema"], f"{title}Reply"))
            else:
                answers.append("str" if media.startswith("text/") and media != "text/csv" else "bytes")
    if "DryRun" in " | ".join(answers):
        return "Any"  # a receipt, or with `validate` what was found and not stored
    return types.union(iter(answers)) if answers else "None"


def stub(document: dict[str, Any]) -> str:
    """The types of all operations and of what they take and answer; members in the order of the alphabet."""
    document = json.loads(json.dumps(document, sort_keys=True))
    types = Types()
    for name, schema in sorted(document["components"]["schemas"].items()):
        types.declare(types.name(name), schema)
    told = [(name, *signature(name, one, types)) for name, _, _, one in sorted(operations(document))]
    send = "def send(self, operation: Operation, given: dict[str, Any]) -> Any: ..."
    lines = [HEADER, *types.lines]
    for kind, word in (("Operations", "def"), ("AsyncOperations", "async def")):
        lines.append(f"class {kind}:")
        lines += [f"    {word} {name}({arguments}) -> Reply[{answer}]: ..." for name, arguments, answer in told]
        lines += [f"    {word.replace('def', send.partition(' ')[0])} {send.partition(' ')[2]}", ""]
    return "\n".join(lines)


def write(document: dict[str, Any]) -> None:
    """Write both files."""
    TABLE.write_text(json.dumps(table(document), indent=1) + "\n", encoding="utf-8")
    TYPES.write_text(stub(document), encoding="utf-8")
    ruff = Path(sys.executable).parent / "ruff"
    subprocess.run([ruff, "format", "--quiet", TYPES], check=True)
