"""Hostile input at every place that takes a text or a number: refused, or taken and given back unchanged.

Here each payload goes into one place of every other kind, so that its class goes into all; `make soak SOAK=corpus`
puts every payload into every place and measures what each request costs.
"""

import re
import sys
from collections import Counter
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import httpx
import pytest

from scoring.decimals import is_plain_decimal
from service.problems import pointer
from tests.make_corpus import (
    BODIES,
    FIELD_KINDS,
    VALUES,
    FieldKind,
    Place,
    Sender,
    body_of,
    half,
    paired,
    places,
    texts,
    written_out,
)
from tests.make_worlds import make_worlds
from tests.service.conftest import Market, copied, done, market_in

UNPARSED = "Invalid HTTP request received."
"""What the server says to a header that is no HTTP, before any of us sees it."""

RECKONED = {"value_quantities"}
"""Operations that tell what numbers amount to, and not each of them again."""

OUTSIDE: list[Any] = []
"""Connections that this process, which the service runs in, has opened to anywhere but this machine."""


def watch(event: str, given: tuple[Any, ...]) -> None:
    """An audit hook; it cannot be taken away again."""
    if event in {"socket.connect", "socket.getaddrinfo"}:
        place = given[1] if event == "socket.connect" else given[0]
        host = place[0] if isinstance(place, tuple) else place
        if host not in {"127.0.0.1", "localhost", "::1", None} and not str(host).startswith("/"):
            OUTSIDE.append((event, place))


sys.addaudithook(watch)


@pytest.fixture(scope="module")
async def market(postgres: str, template: str) -> AsyncIterator[Market]:
    """A service of one's own: some of what is sent is done, and changes what its buyer asks of everybody."""
    async with copied(postgres, template) as dsn, market_in(dsn) as running:
        yield running


@pytest.fixture(scope="module")
async def described(market: Market) -> dict[str, Any]:
    return done(await market.anonymous.get("/docs/openapi.json"))["paths"]


@pytest.fixture(scope="module")
def found(described: dict[str, Any]) -> dict[FieldKind, list[Place]]:
    return places(described)


@pytest.fixture(scope="module")
async def sender(market: Market, described: dict[str, Any]) -> Sender:
    return Sender(await make_worlds(market, ("draft", "published", "opened")), described)


def harmless(answer: httpx.Response, place: Place, value: Any) -> None:
    """Refused in our own words, taken and given back as it came, or named as left out by its place; never a crash."""
    where = f"{place}: {value!r:.200} → {answer.status_code} {answer.text[:300]}"
    assert answer.status_code < 500, where
    if answer.text == UNPARSED and place.kind == "header":
        return
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json", where
        return
    taken = place.kind in {"text", "decimal", "whole", "instant", "id", "flag"}
    if taken and value and answer.content and place.operation not in RECKONED:
        told = texts(answer.json())
        if any(pointer(*place.steps[:end]) in told for end in range(2, len(place.steps) + 1)):
            return
        assert str(value) in told or (place.kind == "decimal" and is_the_same_number(str(value), told)), where


def is_the_same_number(value: str, told: set[str]) -> bool:
    """Whether a number came back digit by digit, if in another spelling: 0.000000000001 is told as 1E-12."""
    if not is_plain_decimal(value):
        return False
    numbers = (Decimal(text) for text in told if re.fullmatch(r"-?[0-9]{1,40}(\.[0-9]{1,40})?(E-?[0-9]{1,3})?", text))
    return any(number.as_tuple() == Decimal(value).as_tuple() for number in numbers)


@pytest.mark.parametrize("kind", FIELD_KINDS)
@pytest.mark.parametrize("name", VALUES)
async def test_corpus(sender: Sender, found: dict[FieldKind, list[Place]], name: str, kind: FieldKind) -> None:
    """No payload of the class breaks anything in a place of the kind, leaves this machine, or is changed in silence."""
    before = len(OUTSIDE)
    for payload, place in paired(half(name, kind), found[kind], f"{name}-{kind}"):
        answer = await sender.send(place, payload)
        if answer is not None:
            harmless(answer, place, written_out(payload))
    assert OUTSIDE[before:] == []


@pytest.mark.parametrize("name", ["marks that reverse", "characters without width", "control characters"])
async def test_corpus_of_queries_that_hide(sender: Sender, found: dict[FieldKind, list[Place]], name: str) -> None:
    """Text that hides or reorders what is seen is refused in every query, and the parameter is named."""
    for payload, place in paired(VALUES[name], found["query"], f"{name} hides"):
        answer = await sender.send(place, payload)
        assert answer is not None
        assert answer.status_code == 422, f"{place}: {payload!r} → {answer.status_code} {answer.text[:300]}"
        assert place.steps[0] in [fault["pointer"] for fault in answer.json()["errors"]]


@pytest.mark.parametrize("name", BODIES)
async def test_corpus_of_bodies(sender: Sender, found: dict[FieldKind, list[Place]], name: str) -> None:
    """What is no JSON, or not as we want it, is refused wherever a body is taken."""
    for payload, place in paired(BODIES[name], found["member"], name):
        method = sender.addresses[place.operation][0]
        headers = {"If-Match": '"1"', "Idempotency-Key": "1"}
        person, path = sender.person(place.operation), sender.path(place.operation)
        answer = await sender.request(person, method, path, body_of(payload), headers)
        assert answer is not None
        harmless(answer, place, payload)
        assert answer.status_code >= 400, f"{place.operation}: {payload!r:.200}"


def test_corpus_is_as_large_as_it_says(found: dict[FieldKind, list[Place]]) -> None:
    """At least 400 payloads in 20 classes, no class empty, none twice; and places of every kind."""
    every = [*VALUES.values(), *BODIES.values()]
    assert sum(map(len, every)) >= 400
    assert len(every) >= 20
    assert min(map(len, every)) >= 5
    for payloads in every:
        assert max(Counter(map(repr, payloads)).values()) == 1
    assert all(len(of_a_kind) > 0 for of_a_kind in found.values())
    for name, payloads in VALUES.items():
        assert len(half(name, "text")) + len(half(name, "decimal")) == len(payloads)
