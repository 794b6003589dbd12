"""Variants: further bids of a supplier for a lot that asks for them, numbered, each with its receipt, ranked alike."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx

from tests.make import a_bid, a_corrigendum, a_lot, a_rules, a_score
from tests.service.conftest import Market, Person, done, refused

TERMS = {"minimum_requirements": "The roof keeps its load rating.", "at_most": 2}


def a_variant(number: int, **values: str) -> dict[str, Any]:
    return a_bid(**values) | {"variant": {"number": number, "description": "Thin film instead of panels."}}


async def published(market: Market) -> tuple[dict[str, Any], str]:
    tender = await market.publish(lots=[a_lot(variants=TERMS)])
    return tender, f"/lots/{tender['lots'][0]['id']}/bids"


async def send(
    person: Person, path: str, number: int, bid: dict[str, Any] | None = None, key: str | None = None
) -> httpx.Response:
    query = f"?variant={number}" if number else ""
    body = bid or (a_variant(number) if number else a_bid())
    return await person.post(f"{path}{query}", body, Idempotency_Key=key or str(uuid4()))


async def test_a_lot_publishes_whether_it_takes_variants_under_the_digest(market: Market) -> None:
    """Variants only where they are announced, with their minimum requirements (Directive 2014/24/EU, art. 45)."""
    tender, _ = await published(market)
    plain = await market.publish()
    assert tender["lots"][0]["variants"] == TERMS
    assert plain["lots"][0]["variants"] is None
    assert tender["lots"][0]["rules_digest"] == plain["lots"][0]["rules_digest"]
    assert tender["rules_digest"] != plain["rules_digest"]
    assert done(await market.alder.get(f"/lots/{tender['lots'][0]['id']}/sealing"))["variants"] == TERMS


async def test_a_variant_stands_beside_the_bid_and_its_receipt_and_log_entry_say_so(market: Market) -> None:
    """A supplier's bid itself is told without a number, as ever."""
    tender, path = await published(market)
    main = done(await send(market.alder, path, 0))
    variant = done(await send(market.alder, path, 1))
    assert "variant" not in main
    assert variant["variant"] == 1
    assert variant["bid_id"] != main["bid_id"]
    assert done(await market.alder.get(f"/bids/{variant['bid_id']}")) == variant
    entries = [entry["data"].get("variant") for entry in await market.log(tender) if entry["kind"] == "bid.submitted"]
    assert entries == [None, 1]
    assert [bid["variant"] for bid in done(await market.alder.get(path))] == [0, 1]


async def test_a_lot_without_variants_takes_none_and_one_with_two_takes_no_third(market: Market) -> None:
    """Plain, dry, and whatever the contents say: the reason is told and nothing is stored."""
    plain = await market.publish()
    path = f"/lots/{plain['lots'][0]['id']}/bids"
    refused(await send(market.alder, path, 1), 422, "no-variants")
    refused(await market.alder.post(f"{path}?variant=1&validate=only", a_variant(1)), 422, "no-variants")
    problem = refused(await send(market.alder, path, 0, a_variant(1)), 422, "bid-incomplete")
    assert "takes no variants" in problem["errors"][0]["message"]
    assert done(await market.alder.get(path)) == []
    _, path = await published(market)
    refused(await send(market.alder, path, 3), 422, "no-variants")
    for number in (-1, 21, 2**70):
        refused(await send(market.alder, path, number, a_variant(1)), 422, "no-variants")
        refused(await market.alder.get(f"{path.removesuffix('bids')}sealing?variant={number}"), 422, "no-variants")


async def test_a_variant_says_in_its_contents_what_its_address_says(market: Market) -> None:
    """Sent as one thing and sealed as another, it would be a surprise at the opening."""
    _, path = await published(market)
    for number, bid, place in (
        (0, a_variant(1), "/variant/number"),
        (2, a_variant(1), "/variant/number"),
        (1, a_bid(), "/variant"),
    ):
        problem = refused(await send(market.alder, path, number, bid), 422, "bid-incomplete")
        assert [fault["pointer"] for fault in problem["errors"]] == [place]
        assert problem["errors"][0]["mend"]


async def test_bid_and_variants_are_replaced_withdrawn_and_repeated_each_for_itself(market: Market) -> None:
    """One key may stand for a bid and for a variant; a second variant of one number is refused."""
    tender, path = await published(market)
    answers = [await send(market.alder, path, number, key="same") for number in (0, 1, 2)]
    receipts = [done(answer) for answer in answers]
    assert len({receipt["bid_id"] for receipt in receipts}) == 3
    for number in (0, 1, 2):
        again = await send(market.alder, path, number, key="same")
        assert (again.content, again.headers["idempotency-replayed"]) == (answers[number].content, "true")
    refused(await send(market.alder, path, 1), 409, "bid-already-submitted")
    second = done(
        await market.alder.put(f"/bids/{receipts[1]['bid_id']}", a_variant(1, price="2.00"), Idempotency_Key="k")
    )
    assert (second["version"], second["variant"]) == (2, 1)
    refused(
        await market.alder.put(f"/bids/{receipts[1]['bid_id']}", a_bid(), Idempotency_Key="l"), 422, "bid-incomplete"
    )
    done(await market.alder.delete(f"/bids/{receipts[2]['bid_id']}"))
    assert done(await send(market.alder, path, 2))["version"] == 1
    done(await market.alder.delete(f"/bids/{receipts[0]['bid_id']}"))
    record = await market.open(tender)
    assert [(line["variant"], line["version"]) for line in record["bids"]] == [(1, 2), (2, 1)]
    assert record["withdrawn"] == 2


async def test_twenty_at_once_leave_one_bid_and_one_of_each_variant(market: Market) -> None:
    """Different keys cannot smuggle a second variant of one number past the first."""
    _, path = await published(market)
    answers = await asyncio.gather(*(send(market.alder, path, number) for number in (0, 1, 2) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [409] * 21
    assert sorted(bid["variant"] for bid in done(await market.alder.get(path))) == [0, 1, 2]


async def test_a_document_belongs_to_one_bid(market: Market) -> None:
    """A bid and its variant are opened and read apart, each with its own documents."""
    tender, path = await published(market)
    sent = await market.http.post(
        f"/lots/{tender['lots'][0]['id']}/documents",
        content=b"method",
        headers={"Authorization": f"Bearer {market.alder.key}", "Idempotency-Key": "d"},
    )
    named = {"documents": [{"id": done(sent)["document_id"], "name": "Method"}]}
    main = done(await send(market.alder, path, 0, a_bid() | named))
    refused(await send(market.alder, path, 1, a_variant(1) | named), 422, "document-of-another-bid")
    done(await market.alder.put(f"/bids/{main['bid_id']}", a_bid() | named, Idempotency_Key="again"))
    done(await market.alder.delete(f"/bids/{main['bid_id']}"))
    assert done(await send(market.alder, path, 1, a_variant(1) | named))["variant"] == 1


async def test_variants_are_opened_described_scored_and_ranked_with_the_others(market: Market) -> None:
    """By the same rules: the best of all is first, be it a variant; a supplier's own variant is no overlap."""
    tender, path = await published(market)
    done(await send(market.alder, path, 0, a_bid(price="1200000.00")))
    variant = done(await send(market.alder, path, 1, a_variant(1, price="900000.00")))
    done(await send(market.birch, path, 0, a_bid(price="1100000.00")))
    record = await market.open(tender)
    lines = {line["bid_id"]: line for line in record["bids"]}
    assert lines[variant["bid_id"]]["variant_description"] == "Thin film instead of panels."
    assert [line["overlaps"] for line in record["bids"]] == [[], [], []]
    assert all(line["fault"] is None for line in record["bids"])
    for bid_id in lines:
        done(await market.evaluator.put(f"/bids/{bid_id}/scores/method-statement", a_score()))
        done(await market.moderator.put(f"/bids/{bid_id}/consensus/method-statement", a_score()))
    lot = tender["lots"][0]
    await market.lock(tender)
    run = done(await market.moderator.post(f"/lots/{lot['id']}/evaluations", {"rules_digest": lot["rules_digest"]}))
    assert done(await market.moderator.get(f"/evaluations/{run['id']}"))["winner"] == variant["bid_id"]
    seen = {bid["bid_id"]: bid["variant"] for bid in done(await market.evaluator.get(path))}
    assert sorted(seen.values()) == [0, 0, 1]


async def test_records_name_a_consortium_and_tell_a_variant_from_the_bid(market: Market) -> None:
    """Two lines of one supplier in a report, or an award to one of three partners, would be read wrongly."""
    tender, path = await published(market)
    members = [{"name": "Alder", "role": "lead"}, {"name": "Elm Electrics", "role": "member"}]
    done(await send(market.alder, path, 0, a_bid(price="1200000.00") | {"members": members}))
    done(await send(market.alder, path, 1, a_variant(1, price="900000.00") | {"members": members}))
    bids = sorted((await market.open(tender))["bids"], key=lambda bid: bid["variant"])
    for bid in bids:
        done(await market.evaluator.put(f"/bids/{bid['bid_id']}/scores/method-statement", a_score()))
        done(await market.moderator.put(f"/bids/{bid['bid_id']}/consensus/method-statement", a_score()))
    lot = tender["lots"][0]
    await market.lock(tender)
    run = done(await market.moderator.post(f"/lots/{lot['id']}/evaluations", {"rules_digest": lot["rules_digest"]}))
    await market.recommend(tender, run, bids[1])
    body = {"evaluation_id": run["id"], "bid_id": bids[1]["bid_id"], "reason": "As recommended."}
    award = done(await market.approver.post(f"/lots/{lot['id']}/award", body))
    assert award["bidder"] == f"{market.alder.name} / Elm Electrics, variant 1"
    page = (await market.moderator.get(f"/evaluations/{run['id']}/report.html")).text
    assert f"{market.alder.name} / Elm Electrics, variant 1" in page
    assert f"{market.alder.name} / Elm Electrics</" in page


async def test_variants_once_published_stay_allowed(market: Market) -> None:
    """A corrigendum cannot disown a variant that was sent as the tender asked."""
    tender, _ = await published(market)
    for variants in (None, TERMS | {"at_most": 1}):
        lots = [a_lot(rules=a_rules(), variants=variants)]
        problem = refused(await market.propose(tender, a_corrigendum(lots=lots)), 422, "invalid-request")
        assert "/lots/0/variants" in [fault["pointer"] for fault in problem["errors"]]


async def test_a_lot_opened_to_variants_by_a_corrigendum_takes_them_at_once(market: Market) -> None:
    """What the service knows of a lot is read again when its terms have changed."""
    tender = await market.publish()
    path = f"/lots/{tender['lots'][0]['id']}/bids"
    done(await send(market.alder, path, 0))
    refused(await send(market.alder, path, 1), 422, "no-variants")
    await market.amend(tender, a_corrigendum(lots=[a_lot(variants=TERMS)]))
    assert done(await send(market.alder, path, 1))["variant"] == 1
