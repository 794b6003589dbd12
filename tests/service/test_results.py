"""A stored result over both ways in: the door before the framework answers as the framework does, only sooner."""

import asyncio
import hashlib
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from service import organisations, results
from service.organisations import make_key
from tests.service.conftest import Market, Person, done, market_in
from tests.service.ways import Headers, Ways, alike, bearer, both_ways


@pytest.fixture(scope="module")
async def ways(market: Market) -> AsyncIterator[Ways]:
    async with both_ways(market.dsn) as opened:
        yield opened


@pytest.fixture(scope="module")
async def result(market: Market) -> tuple[dict[str, Any], dict[str, Any]]:
    """A tender and the run whose result is read."""
    tender, _, run = await market.evaluated()
    return tender, run


REQUESTS: dict[str, Callable[[str], Headers]] = {
    "plain": lambda _: [],
    "held": lambda tag: [("If-None-Match", tag)],
    "held weakly": lambda tag: [("If-None-Match", f"W/{tag}")],
    "held among others": lambda tag: [("If-None-Match", f'"a", {tag} , W/"b"')],
    "held whatever it is": lambda _: [("If-None-Match", "*")],
    "held in another version": lambda tag: [("If-None-Match", tag.replace(tag[1], "x"))],
    "held in two lines": lambda tag: [("If-None-Match", '"a"'), ("If-None-Match", tag)],
    "held, but not a tag": lambda tag: [("If-None-Match", tag.strip('"'))],
    "packed": lambda _: [("Accept-Encoding", "br, gzip")],
    "packed and held": lambda tag: [("Accept-Encoding", "gzip"), ("If-None-Match", tag)],
    "not packed": lambda _: [("Accept-Encoding", "gzip;q=0, identity")],
    "named by its portal": lambda _: [("Accept", "application/json"), ("Cookie", "a=1"), ("Cookie", "b=2")],
}
STATUS = {name: 304 if name.startswith(("held", "packed and")) else 200 for name in REQUESTS}
STATUS |= {"held in another version": 200, "held, but not a tag": 200}


@pytest.mark.parametrize("name", REQUESTS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_both_ways_tell_those_who_may_read_a_result_the_same(
    market: Market, ways: Ways, result: tuple[dict[str, Any], dict[str, Any]], name: str, method: str
) -> None:
    _, run = result
    tag = f'"{run["digest"]}"'
    told = await alike(ways, method, f"/evaluations/{run['id']}", bearer(market.moderator) + REQUESTS[name](tag))
    assert told.status == STATUS[name]
    assert told.headers["cache-control"] == "no-store"
    assert told.headers["vary"] == "Accept-Encoding"
    assert told.logged["key_id"] in market.moderator.key
    packed = name.startswith("packed")
    assert told.headers["etag"] == tag
    if method == "GET" and told.status == 200:
        content = zlib.decompress(told.body, 31) if packed else told.body
        assert hashlib.sha256(content).hexdigest() == run["digest"]
        assert told.headers["content-length"] == str(len(told.body))
    else:
        assert told.body == b""


async def mistyped(_: Market, person: Person) -> Headers:
    return [("Authorization", f"Bearer {person.key[:-1]}{'0' if person.key[-1] != '0' else '1'}")]


async def guessed(_: Market, person: Person) -> Headers:
    """A key that is whole, with the id of a good one and another secret."""
    body = f"{person.key[:20]}{make_key().whole[20:-6]}"
    return [("Authorization", f"Bearer {body}{organisations._checksum(body)}")]


async def revoked(market: Market, person: Person) -> Headers:
    done(await market.author.delete(f"/keys/{person.key[8:20]}"))
    return bearer(person)


async def expired(market: Market, person: Person) -> Headers:
    await market.owner.execute(
        "UPDATE api_keys SET expires_at = clock_timestamp() - interval '1 microsecond' WHERE id = $1", person.key[8:20]
    )
    return bearer(person)


async def role_taken(market: Market, person: Person) -> Headers:
    await market.owner.execute("DELETE FROM tender_roles WHERE person_id = $1", person.id)
    return bearer(person)


async def in_lower_case(_: Market, person: Person) -> Headers:
    return [("Authorization", f"bearer  {person.key}")]


async def twice(_: Market, person: Person) -> Headers:
    return bearer(person) * 2


CALLERS: dict[str, tuple[Callable[[Market, Person], Awaitable[Headers]], int]] = {
    "mistyped": (mistyped, 401),
    "guessed": (guessed, 401),
    "revoked": (revoked, 401),
    "expired": (expired, 401),
    "without a role any more": (role_taken, 403),
    "named in lower case": (in_lower_case, 200),
    "named twice": (twice, 200),
}


@pytest.mark.parametrize("name", CALLERS)
async def test_a_key_is_judged_anew_by_every_request(
    market: Market, ways: Ways, result: tuple[dict[str, Any], dict[str, Any]], name: str
) -> None:
    """Whoever has just been answered by the door is refused the next time, if a key or role was taken meanwhile."""
    tender, run = result
    person = await market.colleague_of(market.author, "Ruth Reader")
    await market.give(tender, person, "auditor")
    path = f"/evaluations/{run['id']}"
    assert (await alike(ways, "GET", path, bearer(person))).status == 200
    change, status = CALLERS[name]
    headers = await change(market, person)
    for more in ([], [("If-None-Match", f'"{run["digest"]}"')], [("If-None-Match", "*")]):
        told = await alike(ways, "GET", path, headers + more)
        assert told.status == (304 if more and status == 200 else status)
    if status == 403:
        assert (await market.last(tender))["data"]["problem"] == "forbidden"


@pytest.mark.parametrize(
    ("who", "status"), [("auditor", 200), ("colleague", 403), ("stranger", 404), ("alder", 404), ("operator", 404)]
)
async def test_who_has_no_part_in_the_tender_is_refused_on_both_ways(
    market: Market, ways: Ways, result: tuple[dict[str, Any], dict[str, Any]], who: str, status: int
) -> None:
    _, run = result
    for headers in ([], [("If-None-Match", "*")], [("Accept-Encoding", "gzip")]):
        told = await alike(ways, "GET", f"/evaluations/{run['id']}", bearer(getattr(market, who)) + headers)
        assert told.status == (304 if status == 200 and headers[:1] == [("If-None-Match", "*")] else status)


async def test_a_key_that_may_not_read_is_refused_on_both_ways(
    market: Market, ways: Ways, result: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    tender, run = result
    writer = await market.colleague_of(market.author, "Will Writer", scopes=["write"])
    await market.give(tender, writer, "auditor")
    assert (await alike(ways, "GET", f"/evaluations/{run['id']}", bearer(writer))).status == 403


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/evaluations/{missing}", 404),
        ("GET", "/evaluations/{id}?format=json", 200),
        ("GET", "/evaluations/{id}/", 200),
        ("GET", "/evaluations/{ID}", 200),
        ("GET", "/evaluations/%7Bid%7D", 404),
        ("GET", "/evaluations", 404),
        ("POST", "/evaluations/{id}", 405),
        ("DELETE", "/evaluations/{id}", 405),
        ("OPTIONS", "/evaluations/{id}", 204),
    ],
)
async def test_other_methods_and_spellings_are_answered_alike(
    market: Market, ways: Ways, result: tuple[dict[str, Any], dict[str, Any]], method: str, path: str, status: int
) -> None:
    _, run = result
    address = path.format(id=run["id"], ID=run["id"].upper(), missing=uuid4())
    assert (await alike(ways, method, address, bearer(market.moderator))).status == status
    assert (await alike(ways, method, address, [])).status in {401, 405, 404, 204}


async def test_the_framework_is_asked_once_for_each_key_and_for_refusals(
    market: Market, ways: Ways, result: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    """A control: it is the door that has answered in the other tests."""
    tender, run = result
    path, person = f"/evaluations/{run['id']}", await market.colleague_of(market.author, "Una Unknown")
    await market.give(tender, person, "auditor")
    ways.passed.clear()
    async with httpx.AsyncClient(base_url=ways.door, headers=bearer(person)) as http:
        for _ in range(5):
            assert (await http.get(path)).status_code == 200
        assert ways.passed == [path]
        await market.owner.execute("DELETE FROM tender_roles WHERE person_id = $1", person.id)
        assert (await http.get(path)).status_code == 403
        assert ways.passed == [path] * 2


async def test_both_ways_are_counted_alike(
    market: Market, ways: Ways, result: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    """Whoever watches the service sees one number for one address, whichever way it was answered."""
    _, run = result

    async def counted() -> float:
        text = (await market.operator.get("/metrics")).text
        lines = [line for line in text.splitlines() if line.startswith("tenderscore_requests_total{")]
        about = ('method="GET"', 'path="/evaluations/{evaluation_id}"', 'status_code="200"')
        return sum(float(line.split(" ")[1]) for line in lines if all(label in line for label in about))

    headers = dict(bearer(market.moderator))
    async with httpx.AsyncClient(headers=headers) as http:
        for url in (ways.framework, ways.door, ways.door):
            before = await counted()
            assert (await http.get(f"{url}/evaluations/{run['id']}")).status_code == 200
            assert await counted() == before + 1


async def test_no_answer_is_older_than_its_request(alone: Market) -> None:
    """A writer puts another result in the place of the stored one, again and again, as only the owner of the tables
    could; a reader that asks after the writer was done never gets the one before.
    """
    _, _, run = await alone.evaluated()
    original: bytes = await alone.owner.fetchval("SELECT canonical FROM evaluations WHERE id = $1", run["id"])
    stored, reads = 0, 0

    async def flip() -> None:
        nonlocal stored
        while reads < 500:
            content = original.replace(b"{", b'{"version":"%d",' % (stored + 1), 1)
            digest = hashlib.sha256(content).hexdigest()
            await alone.owner.execute(
                "UPDATE evaluations SET canonical = $2, digest = $3 WHERE id = $1", run["id"], content, digest
            )
            stored += 1

    async def read(http: httpx.AsyncClient, *, packed: bool) -> None:
        nonlocal reads
        while reads < 500:
            least = stored
            answer = await http.get(f"/evaluations/{run['id']}", headers={"Accept-Encoding": "gzip"} if packed else {})
            assert answer.headers["etag"] == f'"{hashlib.sha256(answer.content).hexdigest()}"'
            assert int(answer.json().get("version", "0")) >= least
            reads += 1

    async with httpx.AsyncClient(base_url=alone.url, headers=dict(bearer(alone.moderator))) as http:
        await asyncio.gather(flip(), *(read(http, packed=number % 4 > 0) for number in range(8)))
        assert stored > 20


async def test_without_its_database_the_door_leaves_the_answer_to_the_framework(dsn: str) -> None:
    """Nothing is served from memory that cannot be checked."""
    async with market_in(dsn) as market:
        _, _, run = await market.evaluated()
        path = f"/evaluations/{run['id']}"
        assert [(await market.moderator.get(path)).status_code for _ in range(3)] == [200] * 3
        await market.owner.execute("ALTER TABLE evaluations RENAME TO hidden")
        assert (await market.moderator.get(path)).status_code >= 500
        await market.owner.execute("ALTER TABLE hidden RENAME TO evaluations")
        assert (await market.moderator.get(path)).status_code == 200


def test_packing_is_always_the_same_and_comes_apart_again():
    content = b'{"lots":[]}' * 1000
    assert results.pack(content) == results.pack(content)
    assert zlib.decompress(results.pack(content), 31) == content
