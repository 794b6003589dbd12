"""How many requests a key may send in a minute holds over all processes, and never against a bid."""

import asyncio
import signal
from collections.abc import AsyncIterator
from typing import cast

import asyncpg
import httpx
import pytest

from service.quotas import Quotas
from tests.make import a_bid
from tests.service.conftest import Market, Person, done, refused, served

MOST = 40


@pytest.fixture(scope="module")
async def two(market: Market) -> AsyncIterator[tuple[httpx.AsyncClient, httpx.AsyncClient]]:
    """Two processes of the service on one database."""
    limit = {"requests_per_minute": MOST}
    async with (
        served(market.dsn, **limit) as one,
        served(market.dsn, **limit) as other,
        httpx.AsyncClient(base_url=one, timeout=30) as first,
        httpx.AsyncClient(base_url=other, timeout=30) as second,
    ):
        yield first, second


async def test_two_processes_together_answer_no_more_than_the_quota(
    market: Market, two: tuple[httpx.AsyncClient, httpx.AsyncClient]
) -> None:
    """Whoever is over it is told when to come again; every answer tells what is left."""
    admin = await market.register(name="Busy Ltd")
    people = [Person(http, admin.key) for http in two]
    answers = await asyncio.gather(*(people[n % 2].get("/organisations/me") for n in range(2 * MOST)))
    left = [int(answer.headers["ratelimit"].rpartition("t=")[2]) for answer in answers]
    taken = [answer for answer in answers if answer.is_success]
    minutes = 1 if max(left) - min(left) < 30 else 2  # a new one may have begun meanwhile
    assert MOST <= len(taken) <= MOST * minutes
    assert {answer.headers["ratelimit-policy"] for answer in answers} == {f'"requests";q={MOST};w=60'}
    over = [answer for answer in answers if not answer.is_success]
    for answer in over:
        refused(answer, 429, "quota-exceeded")
        assert 1 <= int(answer.headers["retry-after"]) <= 60
        assert answer.headers["ratelimit"].startswith('"requests";r=0;t=')


async def test_a_bid_is_taken_from_who_has_used_up_the_minute(
    market: Market, two: tuple[httpx.AsyncClient, httpx.AsyncClient]
) -> None:
    """In the last hour before the deadline as at any time; checking it counts no more than sending it."""
    tender = await market.publish()
    supplier = await market.register(name="Late and Busy Ltd")
    person = Person(two[0], supplier.key)
    answers = [await person.get("/organisations/me") for _ in range(2 * MOST + 1)]
    assert any(answer.status_code == 429 for answer in answers)
    path = f"/lots/{tender['lots'][0]['id']}/bids"
    done(await person.post(f"{path}?validate=only", a_bid()))
    receipt = await person.submit(tender)
    assert receipt.status_code == 201
    assert "ratelimit" not in receipt.headers


async def test_a_lease_ends_with_its_minute_and_the_next_begins_full(market: Market) -> None:
    """What a process had left of one minute is not added to the next."""
    pool = market.owner
    quotas = Quotas(20)
    left = [int((await quotas.take(pool, "k"))["RateLimit"].split("r=")[1].split(";")[0]) for _ in range(5)]
    assert left == [19, 18, 17, 16, 15]
    await market.owner.execute("UPDATE request_quotas SET minute = minute - interval '1 minute' WHERE key_id = 'k'")
    for lease in quotas._leases.values():
        lease.until = 0
    assert (await quotas.take(pool, "k"))["RateLimit"].startswith('"requests";r=19;')


class Instantly:
    """A connection whose answers are there at once: of forty, one request is leased at a time."""

    async def fetchrow(self, *_: object) -> dict[str, int]:
        return {"granted": 1, "leased": 1, "seconds_left": 60}


async def test_whoever_asks_in_the_moment_in_which_a_lease_comes_holds_nobody_up() -> None:
    """Two came before it was told of; the second waited for what had ended, and never let anybody else go on."""
    quotas = Quotas(MOST)
    connection = cast("asyncpg.Pool", Instantly())
    first = asyncio.create_task(quotas.take(connection, "key"))
    await asyncio.sleep(0)  # now the lease is on its way
    others = [asyncio.create_task(quotas.take(connection, "key")) for _ in range(3)]
    signal.setitimer(signal.ITIMER_REAL, 20)  # nothing on a loop that is held up can end it
    answers = await asyncio.gather(first, *others)
    signal.setitimer(signal.ITIMER_REAL, 0)
    assert all("RateLimit" in answer for answer in answers)
