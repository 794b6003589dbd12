"""What integrators were promised: the description of the interface only grows, or the build fails.

`tests/openapi.json` is the promise. A change that takes something away needs a new name beside the old one; what was
added becomes part of the promise by `python -m tests.test_openapi`, which writes the file anew, and
what the client knows of the interface with it (`service/operations.json`, `operations.pyi`).
"""

import ast
import copy
import json
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from service.app import create_app
from service.settings import Settings
from service.signing import Secrets
from tests import make_client

PROMISED = Path(__file__).parent / "openapi.json"
LOWER = frozenset({"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"})
UPPER = frozenset({"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"})
FORMS = frozenset({"pattern", "format", "const"})
METHODS = ("get", "post", "put", "delete", "patch")


@cache
def described() -> dict[str, Any]:
    """The description that the program gives of itself; nobody changes it but in a copy."""
    app = create_app(Settings(port=0), "postgresql://nowhere/none", Secrets([b"\x01" * 32]))
    return json.loads(json.dumps(app.openapi_schema.to_schema(), default=str))


class Comparison:
    """What an old description has promised and a new one does not keep."""

    def __init__(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        self.old = old
        self.new = new
        self.seen: set[tuple[str, bool]] = set()

    def broken(self) -> Iterator[str]:
        """Every broken promise, in words."""
        for path, operations in self.old["paths"].items():
            for method in METHODS:
                if method in operations:
                    where = f"{method.upper()} {path}"
                    there = self.new["paths"].get(path, {}).get(method)
                    if there is None:
                        yield f"{where} is gone"
                    else:
                        yield from self.operation(operations[method], there, where)

    def operation(self, old: dict[str, Any], new: dict[str, Any], where: str) -> Iterator[str]:
        """An operation: its name, parameters, body and answers."""
        if old["operationId"] != new["operationId"]:
            yield f"{where}: {old['operationId']} has another name"
        if old.get("security", self.old.get("security")) != new.get("security", self.new.get("security")):
            yield f"{where} asks for another sign-in"
        yield from self.parameters(old, new, where)
        if not old.get("requestBody", {}).get("required") and new.get("requestBody", {}).get("required"):
            yield f"{where} demands a body"
        yield from self.content(old.get("requestBody", {}), new.get("requestBody", {}), where, sent=True)
        for status, answer in old.get("responses", {}).items():
            if status not in new.get("responses", {}):
                yield f"{where} does not say {status} any more"
            else:
                yield from self.content(answer, new["responses"][status], f"{where} {status}", sent=False)

    def parameters(self, old: dict[str, Any], new: dict[str, Any], where: str) -> Iterator[str]:
        """None is gone, none is demanded that was not."""
        before = {(one["in"], one["name"]): one for one in old.get("parameters", [])}
        after = {(one["in"], one["name"]): one for one in new.get("parameters", [])}
        for key, one in after.items():
            if one.get("required") and not before.get(key, {}).get("required"):
                yield f"{where} demands {key[0]} {key[1]}"
        for key, one in before.items():
            if key not in after:
                yield f"{where} does not take {key[0]} {key[1]} any more"
            else:
                yield from self.schema(
                    one.get("schema", {}), after[key].get("schema", {}), f"{where} {key[1]}", sent=True
                )

    def content(self, old: dict[str, Any], new: dict[str, Any], where: str, *, sent: bool) -> Iterator[str]:
        """The media types of a body or an answer, and what each holds."""
        for media_type, one in old.get("content", {}).items():
            there = new.get("content", {}).get(media_type)
            if there is None:
                yield f"{where}: {media_type} is gone"
            else:
                yield from self.schema(one.get("schema", {}), there.get("schema", {}), where, sent=sent)

    def schema(self, old: dict[str, Any], new: dict[str, Any], where: str, *, sent: bool) -> Iterator[str]:
        """A value: its type, choices and members; each named schema is looked at once as sent and once as answered."""
        if "$ref" in old:
            name = old["$ref"].rpartition("/")[2]
            if (name, sent) in self.seen:
                return
            self.seen.add((name, sent))
            where = name
        yield from self.value(self.resolved(self.old, old), self.resolved(self.new, new), where, sent=sent)

    def value(self, old: dict[str, Any], new: dict[str, Any], where: str, *, sent: bool) -> Iterator[str]:
        """The same, once it is known what is named; an answer of which nothing was said may be described at last."""
        if not old and not sent:
            return
        yield from self.bounds(old, new, where, sent=sent)
        if "oneOf" in old or "oneOf" in new:
            yield from self.choices(choices_of(old), choices_of(new), where, sent=sent)
            return
        if old.get("type") != new.get("type") and not widened(old.get("type"), new.get("type"), sent=sent):
            yield f"{where} is {new.get('type')}, no longer {old.get('type')}"
        yield from self.members(old, new, where, sent=sent)
        if "items" in old:
            yield from self.schema(old["items"], new.get("items", {}), f"{where}[]", sent=sent)

    def choices(
        self, old: dict[str, dict[str, Any]], new: dict[str, dict[str, Any]], where: str, *, sent: bool
    ) -> Iterator[str]:
        """What a value may be instead, in whatever order: none is gone that was taken, and null is not answered anew.

        An answer may be of a new kind, as a new scoring method is: clients go by the tag, and leave out what they do
        not know.
        """
        for name, one in old.items():
            if name in new:
                yield from self.schema(one, new[name], where, sent=sent)
            elif sent:
                yield f"{where} does not take {name} any more"
        if not sent and "null" in new.keys() - old.keys():
            yield f"{where} may be null now"

    @staticmethod
    def bounds(old: dict[str, Any], new: dict[str, Any], where: str, *, sent: bool) -> Iterator[str]:
        """What is sent is bound no more tightly than before, what is answered no more loosely; patterns do not change.

        What is answered may have a new word of a list: clients leave out what they do not know.
        """
        tight, loose = (new, old) if sent else (old, new)
        for name in LOWER & tight.keys():
            if name not in loose or loose[name] < tight[name]:
                yield f"{where} has another {name}"
        for name in UPPER & tight.keys():
            if name not in loose or loose[name] > tight[name]:
                yield f"{where} has another {name}"
        for name in FORMS & tight.keys():
            if loose.get(name) != tight[name]:
                yield f"{where} has another {name}"
        gone = [choice for choice in old.get("enum", []) if choice not in new.get("enum", [choice])]
        if sent and (gone or ("enum" in new and "enum" not in old)):
            yield f"{where} does not take {gone or 'everything'} any more"

    def members(self, old: dict[str, Any], new: dict[str, Any], where: str, *, sent: bool) -> Iterator[str]:
        """The members of an object."""
        for name in set(new.get("required", [])) - set(old.get("required", [])) if sent else ():
            yield f"{where} demands {name}"
        for name in set(old.get("required", [])) - set(new.get("required", [])) if not sent else ():
            yield f"{where} may lack {name}"
        for name, one in old.get("properties", {}).items():
            there = new.get("properties", {}).get(name)
            if there is None:
                yield f"{where} has no {name} any more"
            else:
                yield from self.schema(one, there, f"{where}.{name}", sent=sent)

    @staticmethod
    def resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
        """The schema itself, where it is only named."""
        if "$ref" not in schema:
            return schema
        return document["components"]["schemas"].get(schema["$ref"].rpartition("/")[2], {})


def choices_of(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What a value may be instead, by name or type; of two of one type the first comes first."""
    found: dict[str, dict[str, Any]] = {}
    for one in schema.get("oneOf", [schema]):
        name = one.get("$ref", "").rpartition("/")[2] or str(one.get("type"))
        while name in found:
            name += "'"
        found[name] = one
    return found


def widened(old: Any, new: Any, *, sent: bool) -> bool:
    """Whether a type takes more than before where it is sent, or tells less where it is answered."""
    before, after = ({one} if isinstance(one, str) else set(one or ()) for one in (old, new))
    return before <= after if sent else after <= before


def test_no_promise_is_broken() -> None:
    """Operations, parameters, members, statuses and choices that were there are there."""
    assert list(Comparison(json.loads(PROMISED.read_text("utf-8")), described()).broken()) == []


NAME, EMAIL = (("components", "schemas", "NewPerson", "properties", name) for name in ("name", "email"))
COMPENSATION = ("components", "schemas", "NewTerms", "properties", "compensation")


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (("paths", "/tenders", "get"), None, "GET /tenders is gone"),
        (("paths", "/tenders", "post", "responses", "422"), None, "POST /tenders does not say 422 any more"),
        (("components", "schemas", "Organisation", "properties", "name"), None, "Organisation has no name any more"),
        (("components", "schemas", "Organisation", "properties", "name", "type"), "integer", "Organisation.name is"),
        (("components", "schemas", "NewPerson", "required"), ["name", "email"], "NewPerson demands email"),
        (("components", "schemas", "NewRole", "properties", "role", "enum"), ["author"], "NewRole.role does not take"),
        (("paths", "/tenders", "get", "parameters"), [], "GET /tenders does not take query limit any more"),
        (("paths", "/methods", "get", "security"), [{"key": []}], "GET /methods asks for another sign-in"),
        (("security",), [{"key": [], "code": []}], "GET /tenders asks for another sign-in"),
        ((*COMPENSATION, "oneOf", 1), None, "NewTerms.compensation does not take ByUnit any more"),
        ((*COMPENSATION, "oneOf", 2), None, "NewTerms.compensation does not take null any more"),
        ((*EMAIL, "oneOf"), [{"type": "string"}], "NewPerson.email does not take null any more"),
        (EMAIL, {"type": "string"}, "NewPerson.email does not take null any more"),
        ((*EMAIL, "pattern"), "^[a-z]+@[a-z]+$", "NewPerson.email has another pattern"),
        ((*EMAIL, "maxLength"), 253, "NewPerson.email has another maxLength"),
        ((*NAME, "minLength"), 2, "NewPerson.name has another minLength"),
        ((*NAME, "minItems"), 1, "NewPerson.name has another minItems"),
        ((*NAME, "enum"), ["Ada"], "NewPerson.name does not take everything any more"),
        (
            ("components", "schemas", "Person", "properties", "name"),
            {"oneOf": [{"type": "string"}, {"type": "null"}]},
            "Person.name may be null now",
        ),
        (("components", "schemas", "Person", "properties", "id", "format"), None, "Person.id has another format"),
    ],
)
def test_a_broken_promise_is_found(place: tuple[Any, ...], value: Any, said: str) -> None:
    """The control: each kind of change that breaks a client is told."""
    new = described()
    changed = copy.deepcopy(new)
    inner = changed
    for step in place[:-1]:
        inner = inner[step]
    if value is None:
        del inner[place[-1]]
    else:
        inner[place[-1]] = value
    assert any(line.startswith(said) for line in Comparison(new, changed).broken())
    assert list(Comparison(new, new).broken()) == []


def test_what_only_adds_breaks_no_promise() -> None:
    """The other control: a request that takes more, an answer that is bound more tightly, choices in another order."""
    new = described()
    before = copy.deepcopy(new)
    before["paths"]["/tenders"]["post"]["responses"]["201"]["content"]["application/json"]["schema"] = {}
    assert list(Comparison(before, new).broken()) == []
    changed = copy.deepcopy(new)
    schemas = changed["components"]["schemas"]
    schemas["NewTerms"]["properties"]["compensation"]["oneOf"].reverse()
    del schemas["NewPerson"]["properties"]["email"]["maxLength"]
    schemas["NewPerson"]["properties"]["name"] = {
        "oneOf": [schemas["NewPerson"]["properties"]["name"], {"type": "null"}]
    }
    schemas["Person"]["properties"]["name"]["maxLength"] = 200
    schemas["Person"]["properties"]["email"] = {"type": "string"}
    assert list(Comparison(new, changed).broken()) == []


def test_the_client_knows_every_operation_as_it_is_described() -> None:
    """Paths, parameters, bodies and their types."""
    document = described()
    assert json.loads(make_client.TABLE.read_text("utf-8")) == make_client.table(document)
    known, wanted = make_client.TYPES.read_text("utf-8"), make_client.stub(document)
    assert ast.dump(ast.parse(known)) == ast.dump(ast.parse(wanted)), "run `python -m tests.test_openapi`"


if __name__ == "__main__":
    new = json.loads(json.dumps(described(), sort_keys=True))
    sys.stdout.write(f"{PROMISED}\n{make_client.TABLE}\n{make_client.TYPES}\n")
    PROMISED.write_text(json.dumps(new, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    make_client.write(new)
