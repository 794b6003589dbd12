"""Hostile input: the payloads of `corpus/*.json`, and every place of the interface that takes a text or a number.

`values.json` holds what stands in a field, a path, a query or a header; `bodies.json` what is sent as a whole body.
A long one is written short: {"repeat": text, "times": n} between `before` and `after`.
"""

import copy
import json
import re
from collections.abc import Iterator
from itertools import chain, cycle, islice
from pathlib import Path
from typing import Any, Literal, NamedTuple
from urllib.parse import quote
from uuid import uuid4
from zlib import crc32

import httpx

from service.access import ROWS
from service.examples import EXAMPLES
from tests.make import a_bid, a_tender
from tests.make_worlds import WorldName, Worlds
from tests.service.conftest import Person

FieldKind = Literal["text", "decimal", "whole", "instant", "id", "flag", "member", "path", "query", "header"]
FIELD_KINDS: tuple[FieldKind, ...] = (
    "text",
    "decimal",
    "whole",
    "instant",
    "id",
    "flag",
    "member",
    "path",
    "query",
    "header",
)
FOLDER = Path(__file__).parent / "corpus"
VALUES: dict[str, list[Any]] = json.loads((FOLDER / "values.json").read_text("utf-8"))
BODIES: dict[str, list[Any]] = json.loads((FOLDER / "bodies.json").read_text("utf-8"))
HEADERS = ("If-Match", "If-None-Match", "Idempotency-Key", "X-Request-Id", "Accept", "Accept-Encoding", "Cookie")
HEADERS += ("Content-Type", "Authorization", "X-Forwarded-For", "Forwarded", "Range", "Accept-Language", "Prefer")
LEAST = 12
"""Into how many places of a kind a class goes at least."""

ENDS = {"cancel_lot", "cancel_tender", "shred_bids"}
"""What would end a world if it succeeded is asked of another: it is read all the same, and then refused."""

WHO = {
    "author": "author",
    "approver": "approver",
    "opening_officer": "officer",
    "evaluator": "evaluator",
    "moderator": "moderator",
    "auditor": "auditor",
    "contract_manager": "contract_manager",
}


class Place(NamedTuple):
    """Where a payload goes: into which operation, and into what of its request; `steps` lead into the body."""

    operation: str
    kind: FieldKind
    steps: tuple[str | int, ...]


def written_out(payload: Any) -> Any:
    """A payload as it is sent; only long ones are written otherwise."""
    if not isinstance(payload, dict) or "repeat" not in payload:
        return payload
    times = payload["times"]
    middle = payload["repeat"] * times + payload.get("middle", "") + payload.get("close", "") * times
    return f"{payload.get('before', '')}{middle}{payload.get('after', '')}"


def body_of(payload: Any) -> bytes:
    """A whole body as bytes."""
    if isinstance(payload, dict) and "encode" in payload:
        return '{"name": "Ädä"}'.encode(payload["encode"], "replace")
    if isinstance(payload, dict) and "latin1" in payload:
        return payload["latin1"].encode("latin-1")
    if isinstance(payload, dict) and "members" in payload:
        return json.dumps({f"member{number}": number for number in range(payload["members"])}).encode()
    return written_out(payload).encode()


def example_of(operation: str) -> Any:
    """A body that the operation takes, fresh for each who changes it."""
    if operation in {"submit_bid", "replace_bid"}:
        return a_bid()
    if operation in {"draft_tender", "edit_tender"}:
        return a_tender()
    return copy.deepcopy(EXAMPLES[operation].body) if operation in EXAMPLES else None


def leaves(value: Any, steps: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Every text, number and flag in a body with its place."""
    if isinstance(value, dict | list):
        members = value.items() if isinstance(value, dict) else enumerate(value)
        for step, part in members:
            yield from leaves(part, (*steps, step))
    else:
        yield steps, value


def kind_of(value: Any) -> FieldKind:
    """What a place takes, by what stands there in the example."""
    if isinstance(value, bool):
        return "flag"
    if isinstance(value, int):
        return "whole"
    if re.fullmatch(r"-?\d+(\.\d+)?", str(value)):
        return "decimal"
    if re.fullmatch(r"\d{4}-\d\d-\d\dT.*", str(value)):
        return "instant"
    return "id" if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", str(value)) else "text"


def places(described: dict[str, Any]) -> dict[FieldKind, list[Place]]:
    """Every place of the interface by its kind; `described` are the paths of its OpenAPI document."""
    found: dict[FieldKind, list[Place]] = {kind: [] for kind in FIELD_KINDS}
    for every in described.values():
        for operation in every.values():
            for place in places_of(operation["operationId"], operation):
                found[place.kind].append(place)
    return found


def places_of(name: str, operation: dict[str, Any]) -> Iterator[Place]:
    """The places of one operation."""
    body = example_of(name)
    if body is not None:
        yield Place(name, "member", ())
        for steps, value in leaves(body):
            yield Place(name, kind_of(value), steps)
    for parameter in operation.get("parameters", []):
        if parameter["in"] in {"path", "query"}:
            yield Place(name, parameter["in"], (parameter["name"],))
    for header in HEADERS:
        yield Place(name, "header", (header,))


def paired(payloads: list[Any], found: list[Place], name: str) -> Iterator[tuple[Any, Place]]:
    """Each payload of a class in one place, other places for another class."""
    first = crc32(name.encode()) % len(found)
    places = islice(cycle(found), first, None)
    yield from islice(zip(cycle(payloads), places, strict=False), max(len(payloads), LEAST))


def half(name: str, kind: FieldKind) -> list[Any]:
    """Every other payload of a class: those that go into the one half of the kinds are not those of the other half."""
    return VALUES[name][FIELD_KINDS.index(kind) % 2 :: 2]


class Sender:
    """Sends payloads to places, as people who may use them, in worlds where they could succeed."""

    def __init__(self, worlds: Worlds, described: dict[str, Any]) -> None:
        self.worlds = worlds
        self.addresses = {
            one["operationId"]: (method.upper(), path)
            for path, every in described.items()
            for method, one in every.items()
        }

    def person(self, operation: str) -> Person:
        """Somebody whom the role table lets do this."""
        row = ROWS[operation]
        if row.scope == "platform":
            return self.worlds.people["operator"]
        if row.whose in {"supplier", "parties"} or row.kind == "supplier":
            return self.worlds.people["bidder"]
        return self.worlds.people[WHO[row.roles[0]] if row.roles else "author"]

    def path(self, operation: str, steps: dict[str, str] | None = None) -> str:
        """The operation's address with ids of a world, and with others in the place of some."""
        since = ROWS[operation].since
        name: WorldName = "draft" if operation in ENDS or since == "draft" else "opened"
        name = "published" if since in {"published", "closed"} and operation not in ENDS else name
        world = self.worlds.worlds[name]
        known = {"criterion_id": "method-statement", "number": "1", "role": "evaluator", "field": "postal_address"}
        known |= {"series_id": "desnz-carbon-2023", "case": "central", "year": "2026"}
        known |= {} if operation == "delete_spend_file" else self.worlds.spend["city"]
        known |= {"slug": "not-found", "jurisdiction": "uk", "person_id": self.worlds.people["evaluator"].id}
        known |= {**world.ids, **world.bids.get("bidder", {}), **(steps or {})}
        return re.sub(r"{(\w+)}", lambda found: known.get(found[1]) or str(uuid4()), self.addresses[operation][1])

    async def send(self, place: Place, payload: Any) -> httpx.Response | None:
        """Send a payload; None where it cannot be written in such a place at all."""
        operation, method = place.operation, self.addresses[place.operation][0]
        value = written_out(payload)
        body = example_of(operation)
        headers = {"If-Match": '"1"', "Idempotency-Key": str(uuid4())}
        path = self.path(operation)
        match place.kind:
            case "header":
                return await self.send_header(operation, str(place.steps[0]), value)
            case "path" | "query" if not isinstance(value, str) or len(value) > 60_000:
                return None
            case "path":
                path = self.path(operation, {str(place.steps[0]): quoted(value) or "%20"})
            case "query":
                path += f"?{place.steps[0]}={quoted(value)}"
            case "member" if not isinstance(value, str):
                return None
            case "member":
                body = {**body, f"{value} ": 1} if value in body else {**body, value: 1}
            case _:
                put(body, place.steps, value)
        content = None if body is None else json.dumps(body).encode()
        return await self.request(self.person(operation), method, path, content, headers)

    async def send_header(self, operation: str, name: str, value: Any) -> httpx.Response | None:
        """Send a header of this value."""
        if not isinstance(value, str) or len(value) > 60_000:
            return None
        body = example_of(operation)
        content = None if body is None else json.dumps(body).encode()
        raw = re.sub(r"[\r\n\0]", "", value).encode("utf-8", "surrogatepass")
        method = self.addresses[operation][0]
        if method != "GET" and operation in EXAMPLES:  # what is told apart by headers is told apart before it is done
            content = b"{}"
        return await self.request(self.person(operation), method, self.path(operation), content, {name: raw})

    async def request(
        self, person: Person, method: str, path: str, content: bytes | None, headers: dict[str, Any]
    ) -> httpx.Response | None:
        """The request itself, with the person's key unless a header takes its place; None if no HTTP can carry it."""
        named: dict[str, Any] = {"Content-Type": "application/json"} if content is not None else {}
        if person.key:
            named["Authorization"] = f"Bearer {person.key}"
        try:
            return await person.http.request(method, path, content=content, headers=named | headers)
        except (httpx.LocalProtocolError, httpx.InvalidURL):
            return None


def quoted(value: str) -> str:
    """A text in an address."""
    return quote(value.encode("utf-8", "surrogatepass"), safe="")


def put(body: Any, steps: tuple[str | int, ...], value: Any) -> None:
    """Put a value at its place in a body."""
    for step in steps[:-1]:
        body = body[step]
    body[steps[-1]] = value


def texts(value: Any) -> set[str]:
    """Every text in an answer."""
    return {str(leaf) for _, leaf in leaves(value)} | set(chain.from_iterable(names(value)))


def names(value: Any) -> Iterator[set[str]]:
    """The names of members, which may be what was sent."""
    if isinstance(value, dict):
        yield {str(name) for name in value}
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from names(part)
