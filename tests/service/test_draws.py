"""Drawing lots: a committed secret is revealed once, after the opening, and decides the tie for all to check."""

import asyncio
import hashlib
from typing import Any

import msgspec
import pytest

import scoring
from scoring.tie_break import ticket
from tests.make import a_bid, a_lot, a_rules, a_score
from tests.service.conftest import Market, done, refused

SECRET = "dew point over the weir"


async def tied(market: Market) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Two bids that are equal in everything, under rules that draw lots."""
    commitment = hashlib.sha256(SECRET.encode()).hexdigest()
    rules = a_rules(tie_break=[{"id": "lots", "commitment": commitment}])
    tender = await market.publish(lots=[a_lot(rules=rules)])
    done(await market.alder.submit(tender, a_bid()))
    done(await market.birch.submit(tender, a_bid()))
    bids = (await market.open(tender))["bids"]
    for bid in bids:
        done(await market.evaluator.put(f"/bids/{bid['bid_id']}/scores/method-statement", a_score()))
        done(await market.moderator.put(f"/bids/{bid['bid_id']}/consensus/method-statement", a_score()))
    await market.lock(tender)
    return tender, bids


def draw_of(tender: dict[str, Any]) -> str:
    return f"/lots/{tender['lots'][0]['id']}/draw"


async def test_the_revealed_secret_decides_the_tie_and_anybody_can_draw_again(market: Market) -> None:
    """Before it the first place is shared; after it the lowest ticket wins, and the stored run holds the secret."""
    tender, bids = await tied(market)
    lot = tender["lots"][0]
    digest = {"rules_digest": lot["rules_digest"]}
    first = done(await market.moderator.post(f"/lots/{lot['id']}/evaluations", digest))
    assert done(await market.moderator.get(f"/evaluations/{first['id']}"))["winner"] is None
    answer = await market.approver.post(draw_of(tender), {"secret": SECRET})
    assert (answer.status_code, done(answer)["secret"]) == (201, SECRET)
    entry = await market.last(tender)
    assert (entry["kind"], entry["data"]["secret"]) == ("lots.drawn", SECRET)
    second = await market.evaluate_again(tender, "Lots were drawn.")
    result = msgspec.convert(done(await market.moderator.get(f"/evaluations/{second['id']}")), scoring.Evaluation)
    ids = [bid["bid_id"] for bid in bids]
    assert result.winner == min(ids, key=lambda bid: ticket(SECRET, ids, bid))
    assert result.draw_secret == SECRET
    told = done(await market.auditor.get(f"/evaluations/{second['id']}/difference?from={first['id']}"))
    assert told["lots_drawn_between"]
    assert done(await market.auditor.post(f"/evaluations/{second['id']}/verification"))["agrees"]


@pytest.mark.parametrize("secret", [f"{SECRET}\n", "another", SECRET.upper()])
async def test_another_secret_is_refused(market: Market, secret: str) -> None:
    """Nobody chooses a secret to suit a bid."""
    tender, _ = await tied(market)
    problem = refused(await market.approver.post(draw_of(tender), {"secret": secret}), 422, "not-the-published-secret")
    assert problem["errors"][0]["pointer"] == "/secret"


async def test_there_is_one_draw(market: Market) -> None:
    """Of three at once one stands, and it is not repeated."""
    tender, _ = await tied(market)
    answers = await asyncio.gather(*(market.author.post(draw_of(tender), {"secret": SECRET}) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    refused(await market.author.post(draw_of(tender), {"secret": SECRET}), 409, "already-drawn")


async def test_lots_are_drawn_only_where_it_was_published_and_after_the_opening(market: Market) -> None:
    """Not before the bids are known, not by whoever likes, not in a lot without it, not by strangers."""
    tender = await market.publish()
    refused(await market.approver.post(draw_of(tender), {"secret": SECRET}), 409, "not-opened")
    opened, _ = await market.opened()
    refused(await market.approver.post(draw_of(opened), {"secret": SECRET}), 409, "no-lots-to-draw")
    for person in (market.evaluator, market.officer, market.colleague):
        refused(await person.post(draw_of(opened), {"secret": SECRET}), 403, "forbidden")
    for person in (market.stranger, market.alder):
        refused(await person.post(draw_of(opened), {"secret": SECRET}), 404, "not-found")
    awarded, _, _ = await market.awarded()
    refused(await market.approver.post(draw_of(awarded), {"secret": SECRET}), 409, "lot-already-awarded")
