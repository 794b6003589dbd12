"""Whatever is done to stored bids in a real database, the opening or the evaluation tells it; part of `tampering`.

A case is a tender of its own: Alder bids with a document, Birch beside it, one thing of Alder's is changed by whoever
owns the tables, the lot is opened, scored and ranked. Noticed is a fault or a missing bid in the opening record, a
document that is not given out whole, or a ranking that is refused. Cases with an even number flip a random bit.
"""

import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any, NamedTuple
from uuid import uuid4

import httpx

from service import db
from service.local_postgres import LocalPostgres
from tests.make import a_bid, a_score
from tests.service.conftest import Market, done, market_in
from tests.service.test_documents import a_document, bid_with
from tests.service.test_tampered import CHANGED, OPERATOR
from tests.service.test_uploads import CONTENT

OF_BID = "(SELECT document_id FROM bid_documents WHERE bid_id = $1 AND version = 2)"
FLIPS = {
    "sealed_envelopes.header": (149 * 8, "sealed_envelopes SET header = {} WHERE bid_id = $1 AND version = 2"),
    "sealed_envelopes.contents": (4112 * 8, "sealed_envelopes SET contents = {} WHERE bid_id = $1 AND version = 2"),
    "documents.header": (149 * 8, f"documents SET header = {{}} WHERE id = {OF_BID}"),
    "document_chunks.contents": (
        200_000 * 8,
        f"document_chunks SET contents = {{}} WHERE upload_id = (SELECT upload_id FROM documents WHERE id = {OF_BID})",
    ),
}
"""Columns of bytes: how many bits they have at least, and how one of them is changed."""


class Case(NamedTuple):
    """What is done to a bid, and when; no statement at all is the control."""

    what: str
    statement: str
    opened: bool


def case_of(number: int) -> Case:
    """Every named change in turn, and between them random bits."""
    random = Random(number)
    if number % 2 == 0:
        column, (bits, change) = random.choice(list(FLIPS.items()))
        bit, name = random.randrange(bits), column.partition(".")[2]
        flipped = f"set_bit({name}, {bit}, 1 - get_bit({name}, {bit}))"
        return Case(f"bit {bit} of {column}", "UPDATE " + change.format(flipped), opened=False)
    named = [Case(what, statement, opened=False) for what, (statement, _) in OPERATOR.items()]
    named += [Case(f"{what}, once opened", statement, opened=True) for what, statement in CHANGED.items()]
    return named[number // 2 % len(named)]


CONTROL = Case("nothing", "SELECT $1::uuid", opened=False)


async def is_noticed(market: Market, case: Case) -> bool:
    """Whether a buyer is told of it before there is a ranking."""
    await market.publish()  # a lot without bids, for one to be moved to
    tender = await market.publish()
    document_id = await a_document(market.alder, tender)
    bid_id = (await bid_with(market.alder, tender, (document_id, "Method.pdf")))["bid_id"]
    second = a_bid(price="2.00") | {"documents": [{"id": document_id, "name": "Method.pdf"}]}
    done(await market.alder.put(f"/bids/{bid_id}", second, Idempotency_Key=str(uuid4())))
    done(await market.birch.submit(tender))
    if not case.opened:
        await market.owner.execute(case.statement, bid_id)
    record = await market.open(tender)
    if case.opened:
        await market.owner.execute(case.statement, bid_id)
    if record["missing"] or any(bid["fault"] for bid in record["bids"]):
        return True
    return not await _is_whole(market, bid_id, document_id) or not await _is_ranked(market, tender, record["bids"])


async def _is_whole(market: Market, bid_id: str, document_id: str) -> bool:
    try:
        answer = await market.auditor.get(f"/bids/{bid_id}/documents/{document_id}")
    except httpx.RemoteProtocolError:
        return False
    return answer.status_code == 200 and answer.content == CONTENT


async def _is_ranked(market: Market, tender: dict[str, Any], bids: list[dict[str, Any]]) -> bool:
    for bid in bids:
        done(await market.evaluator.put(f"/bids/{bid['bid_id']}/scores/method-statement", a_score()))
        done(await market.moderator.put(f"/bids/{bid['bid_id']}/consensus/method-statement", a_score()))
    await market.lock(tender)
    lot = tender["lots"][0]
    ran = await market.moderator.post(f"/lots/{lot['id']}/evaluations", {"rules_digest": lot["rules_digest"]})
    return ran.is_success


@asynccontextmanager
async def a_market() -> AsyncIterator[Market]:
    """A service on a server and a database of its own."""
    with LocalPostgres(Path(tempfile.gettempdir()) / f"ts-{uuid4().hex[:8]}", throwaway=True) as server:
        await db.migrate(server.dsn)
        async with market_in(server.dsn) as market:
            yield market


async def play(
    numbers: range,
    seconds: float,
    note: Callable[[int, list[str]], None],
    noticed: Callable[[Market, Case], Awaitable[bool]] = is_noticed,
) -> None:
    """Make the changes of these numbers, as many as the time allows, each in a tender of its own.

    `note` hears after each how many are done by now, those before the range included, and what nobody has noticed; at
    first of the control, which must be noticed by nobody.
    """
    began = time.monotonic()
    async with a_market() as market:
        accepted = not await noticed(market, CONTROL)
        note(numbers.start, [] if accepted else ["the control: what nobody has touched is not accepted"])
        for number in numbers:
            if time.monotonic() - began > seconds:
                break
            case = case_of(number)
            note(number + 1, [] if await noticed(market, case) else [case.what])
