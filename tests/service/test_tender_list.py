"""The list of tenders over both ways in: pages from memory that are never other than the stored ones."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest

from tests.make import a_tender
from tests.service.conftest import Market, Person, done
from tests.service.ways import Ways, alike, bearer, both_ways


@pytest.fixture(scope="module")
async def ways(market: Market) -> AsyncIterator[Ways]:
    async with both_ways(market.dsn) as opened:
        yield opened


@pytest.fixture(scope="module", autouse=True)
async def some_tenders(market: Market) -> None:
    for _ in range(3):
        await market.publish()
        await market.draft()


@pytest.fixture(scope="module")
async def cursor(market: Market) -> str:
    """The place behind the first two tenders."""
    return done(await market.author.get("/tenders?limit=2"))["next"]


@pytest.mark.parametrize("who", ["author", "stranger", "alder", "colleague"])
@pytest.mark.parametrize(
    "query",
    ["", "?limit=1", "?limit=50", "?limit=200", "?cursor={}", "?limit=2&cursor={}", "?cursor={}&limit=2", "?limit=2&"],
)
async def test_both_ways_tell_everybody_the_same(market: Market, ways: Ways, cursor: str, who: str, query: str) -> None:
    """Each its own organisation's drafts and everybody's published tenders."""
    told = await alike(ways, "GET", "/tenders" + query.format(cursor), bearer(getattr(market, who)))
    assert told.status == 200
    assert told.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("?limit=0", 422),
        ("?limit=201", 422),
        ("?limit=-1", 422),
        ("?limit=ten", 422),
        ("?limit=5&limit=6", 200),
        ("?limit=5cursor={}", 422),
        ("?limit=", 422),
        ("?cursor=nowhere", 400),
        ("?cursor=e30", 400),
        ("?cursor={}==", 200),
        ("?limit=05", 422),
        ("?&limit=5", 200),
        ("?page=2", 200),
        ("?limit=%35", 200),
    ],
)
async def test_other_spellings_are_answered_alike(
    market: Market, ways: Ways, cursor: str, query: str, status: int
) -> None:
    told = await alike(ways, "GET", "/tenders" + query.format(cursor), bearer(market.author))
    assert told.status == status


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("PUT", 405), ("DELETE", 405)])
async def test_other_methods_are_answered_alike(market: Market, ways: Ways, method: str, status: int) -> None:
    assert (await alike(ways, method, "/tenders", bearer(market.author))).status == status


async def test_a_key_is_judged_anew_by_every_request(market: Market, ways: Ways) -> None:
    """A key that the door knows is refused once it is revoked or has expired; one that may not read, always."""
    revoked = await market.colleague_of(market.author, "Rita")
    expired = await market.colleague_of(market.author, "Eve")
    for person in (revoked, expired):
        assert (await alike(ways, "GET", "/tenders", bearer(person))).status == 200
    done(await market.author.delete(f"/keys/{revoked.key[8:20]}"))
    await market.owner.execute(
        "UPDATE api_keys SET expires_at = clock_timestamp() - interval '1 microsecond' WHERE id = $1", expired.key[8:20]
    )
    writer = await market.colleague_of(market.author, "Will", scopes=["write"])
    for person, status in ((revoked, 401), (expired, 401), (writer, 403), (market.anonymous, 401)):
        headers = bearer(person) if person.key else []
        assert (await alike(ways, "GET", "/tenders", headers)).status == status


async def read_all(http: httpx.AsyncClient) -> dict[str, dict[str, Any]]:
    """Every page, one after the other, by tender."""
    found: dict[str, dict[str, Any]] = {}
    query = "?limit=3"
    while query:
        page = done(await http.get(f"/tenders{query}"))
        found |= {line["id"]: line for line in page["items"]}
        query = f"?limit=3&cursor={page['next']}" if page["next"] else ""
    return found


async def test_whatever_changes_is_told_by_the_next_request(market: Market, ways: Ways) -> None:
    """A new tender, its publication, its deadline, and even a buyer's name, which only the tables' owner can change."""
    tender = await market.draft(submission_deadline="2131-01-01T12:00:00Z")
    async with (
        httpx.AsyncClient(base_url=ways.door, headers=dict(bearer(market.author))) as ours,
        httpx.AsyncClient(base_url=ways.door, headers=dict(bearer(market.stranger))) as theirs,
    ):
        assert (await read_all(ours))[tender["id"]]["published_at"] is None
        assert tender["id"] not in await read_all(theirs)
        changed = done(
            await market.author.send(
                "PUT",
                f"/tenders/{tender['id']}",
                a_tender(reference=tender["reference"], title="Another title"),
                If_Match='"1"',
            )
        )
        assert (await read_all(ours))[tender["id"]]["title"] == changed["title"] == "Another title"
        done(await market.approver.post(f"/tenders/{tender['id']}/publication", If_Match='"2"'))
        assert (await read_all(theirs))[tender["id"]]["published_at"]
        await market.move_deadline(tender, "2 hours")
        told = (await read_all(theirs))[tender["id"]]["submission_deadline"]
        assert told == done(await market.author.get(f"/tenders/{tender['id']}"))["submission_deadline"]
        for name in ("Northgate Borough", "Northgate City Council"):
            await market.owner.execute(
                "UPDATE organisations SET name = $2 WHERE id = $1", market.author.organisation_id, name
            )
            assert (await read_all(theirs))[tender["id"]]["buyer"] == name


async def test_it_is_the_door_that_answers(market: Market, ways: Ways) -> None:
    """A control: the framework is asked once for a key that the door has not met."""
    person: Person = await market.colleague_of(market.author, "Una Unknown")
    ways.passed.clear()
    async with httpx.AsyncClient(base_url=ways.door, headers=dict(bearer(person))) as http:
        for _ in range(3):
            assert (await http.get("/tenders?limit=50")).status_code == 200
    assert ways.passed == ["/tenders"]


async def last_page(http: httpx.AsyncClient) -> str:
    """The address of the page with the newest tenders."""
    address = "/tenders?limit=200"
    while (page := done(await http.get(address)))["next"]:
        address = f"/tenders?limit=200&cursor={page['next']}"
    return address


async def test_no_page_is_older_than_its_request(market: Market, ways: Ways) -> None:
    """A writer changes a tender again and again; who asks after a change never gets the page before it."""
    tender = await market.publish(title="0")
    stored, reads = 0, 0

    async def write() -> None:
        nonlocal stored
        while reads < 300:
            await market.owner.execute("UPDATE tenders SET title = $2 WHERE id = $1", tender["id"], str(stored + 1))
            stored += 1

    async def read(http: httpx.AsyncClient) -> None:
        nonlocal reads
        while reads < 300:
            least = stored
            page = done(await http.get(last))
            assert next(int(line["title"]) for line in page["items"] if line["id"] == tender["id"]) >= least
            reads += 1

    async with httpx.AsyncClient(base_url=ways.door, headers=dict(bearer(market.author))) as http:
        last = await last_page(http)
        ways.passed.clear()
        await asyncio.gather(write(), *(read(http) for _ in range(6)))
    assert stored > 20


async def test_a_page_links_to_the_next_and_only_ours_is_followed(market: Market, ways: Ways) -> None:
    """The next page stands in the Link header too; a cursor with one letter changed is not followed."""
    for _ in range(2):
        await market.publish()
    told = await alike(ways, "GET", "/tenders?limit=1", bearer(market.author))
    cursor = msgspec.json.decode(told.body)["next"]
    assert told.headers["link"] == f'</tenders?limit=1&cursor={cursor}>; rel="next"'
    assert (await alike(ways, "GET", f"/tenders?limit=1&cursor={cursor}", bearer(market.author))).status == 200
    for place in (0, 20, len(cursor) // 2):
        other = cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :]
        assert (await alike(ways, "GET", f"/tenders?limit=1&cursor={other}", bearer(market.author))).status == 400
