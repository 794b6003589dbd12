"""Two envelopes: prices stay sealed until the technical consensus is locked, and those of failed bids for good."""

import asyncio
from typing import Any, NamedTuple

import pytest

from tests.make import a_bid, a_decision, a_lot, a_score
from tests.make_sealed import a_sealed_bid, send_sealed
from tests.service.conftest import Market, Person, done, refused

PRICES = {"alder": "1184500.00", "birch": "1000000.00", "cedar": "900000.00"}


class Lot(NamedTuple):
    """A tender with price envelopes, opened; its bids by supplier."""

    tender: dict[str, Any]
    bids: dict[str, dict[str, Any]]

    @property
    def path(self) -> str:
        return f"/lots/{self.tender['lots'][0]['id']}"

    @property
    def digest(self) -> dict[str, str]:
        return {"rules_digest": self.tender["lots"][0]["rules_digest"]}


async def opened(market: Market, **prices: str) -> Lot:
    """Three bids whose offers are opened, their prices not."""
    tender = await market.publish(lots=[a_lot(price_envelope=["price"])])
    receipts = {
        name: done(await getattr(market, name).submit(tender, a_bid(price=prices.get(name, price))))
        for name, price in PRICES.items()
    }
    await market.open(tender)
    return Lot(tender, receipts)


async def agree(market: Market, lot: Lot, **grades: str) -> None:
    """Scores and agreed scores: 4 unless said otherwise."""
    for name, bid in lot.bids.items():
        given = a_score(value=grades.get(name, "4"))
        done(await market.evaluator.put(f"/bids/{bid['bid_id']}/scores/method-statement", given))
        done(await market.moderator.put(f"/bids/{bid['bid_id']}/consensus/method-statement", given))


async def locked(market: Market, **grades: str) -> Lot:
    lot = await opened(market)
    await agree(market, lot, **grades)
    done(await market.moderator.post(f"{lot.path}/consensus-lock"))
    return lot


async def open_prices(market: Market, lot: Lot) -> dict[str, Any]:
    """Two officers ask for the prices; the opening record."""
    path = f"{lot.path}/opening?envelope=price"
    assert (await market.officer.post(path)).status_code == 202
    answer = await market.second_officer.post(path)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def stored(market: Market, lot: Lot) -> set[str]:
    """Whose price is in the database, by name."""
    rows = await market.owner.fetch("SELECT bid_id::text FROM opened_prices WHERE lot_id = $1", lot.path[6:])
    names = {bid["bid_id"]: name for name, bid in lot.bids.items()}
    return {names[row["bid_id"]] for row in rows}


# Until the lock


async def test_until_the_prices_are_opened_nobody_reads_one(market: Market) -> None:
    """Not the evaluators, nor anybody else of the city, in any answer (Ehime, c. 2011: prices in a page's source)."""
    lot = await opened(market)
    await agree(market, lot)
    done(await market.moderator.post(f"{lot.path}/consensus-lock"))
    tender = f"/tenders/{lot.tender['id']}"
    for person in (market.evaluator, market.moderator, market.approver, market.auditor, market.officer):
        for path in (f"{lot.path}/bids", f"{lot.path}/opening", f"{lot.path}/scores", f"{tender}/events", tender):
            answer = await person.get(path)
            assert not any(price in answer.text for price in PRICES.values())
    bids = done(await market.evaluator.get(f"{lot.path}/bids"))
    assert all("price" not in bid["offers"] and bid["fault"] is None for bid in bids)
    rows = await market.owner.fetch("SELECT offers::text FROM opened_bids WHERE lot_id = $1", lot.path[6:])
    assert all("price" not in row["offers"] for row in rows)
    assert await stored(market, lot) == set()


async def test_officers_cannot_open_prices_before_the_lock(market: Market) -> None:
    """However many they are; and every attempt is written down."""
    lot = await opened(market)
    await agree(market, lot)
    for person in (market.officer, market.second_officer):
        refused(await person.post(f"{lot.path}/opening?envelope=price"), 409, "consensus-not-locked")
    assert (await market.last(lot.tender))["data"]["problem"] == "consensus-not-locked"
    refused(await market.moderator.post(f"{lot.path}/evaluations", lot.digest), 409, "prices-sealed")


async def test_prices_are_not_opened_before_the_offers(market: Market) -> None:
    tender = await market.publish(lots=[a_lot(price_envelope=["price"])])
    await market.close(tender)
    path = f"/lots/{tender['lots'][0]['id']}"
    refused(await market.officer.post(f"{path}/opening?envelope=price"), 409, "not-opened")
    refused(await market.moderator.post(f"{path}/consensus-lock"), 409, "not-opened")


async def test_a_lot_with_one_envelope_has_nothing_to_lock(market: Market) -> None:
    tender, _ = await market.opened()
    path = f"/lots/{tender['lots'][0]['id']}"
    refused(await market.moderator.post(f"{path}/consensus-lock"), 409, "no-price-envelope")
    refused(await market.officer.post(f"{path}/opening?envelope=price"), 409, "no-price-envelope")


async def test_the_lock_waits_for_every_agreed_score(market: Market) -> None:
    """Of the bids that are in the race; each one that is missing is named."""
    lot = await opened(market)
    problem = refused(await market.moderator.post(f"{lot.path}/consensus-lock"), 409, "evaluation-incomplete")
    assert len(problem["errors"]) == 3
    alder, birch, cedar = lot.bids.values()
    for bid in (alder, birch):
        done(await market.evaluator.put(f"/bids/{bid['bid_id']}/scores/method-statement", a_score()))
        done(await market.moderator.put(f"/bids/{bid['bid_id']}/consensus/method-statement", a_score()))
    done(await market.moderator.put(f"/bids/{cedar['bid_id']}/state", a_decision()))
    answer = done(await market.moderator.post(f"{lot.path}/consensus-lock"))
    assert (answer["go_on"], [one["bid_id"] for one in answer["stay_sealed"]]) == (2, [cedar["bid_id"]])
    assert "excluded" in answer["stay_sealed"][0]["reason"]


async def test_the_lock_waits_for_an_agreement_on_the_marks_of_now(market: Market) -> None:
    """A mark that went down after the agreement; and an agreement of somebody who has left the panel."""
    lot = await opened(market)
    await agree(market, lot)
    alder = lot.bids["alder"]["bid_id"]
    lower = a_score(value="0", change_reason="Page 4 says nothing of the crane.")
    done(await market.evaluator.put(f"/bids/{alder}/scores/method-statement", lower))
    problem = refused(await market.moderator.post(f"{lot.path}/consensus-lock"), 409, "panel-must-meet")
    assert [fault["pointer"] for fault in problem["errors"]] == [f"/bids/{alder}/consensus/method-statement"]
    done(await market.moderator.put(f"/bids/{alder}/consensus/method-statement", lower))
    body = {"person_id": market.evaluator.id, "successor_id": market.second_evaluator.id, "reason": "Ill."}
    done(await market.author.post(f"{lot.path}/panel/replacements", body))
    problem = refused(await market.moderator.post(f"{lot.path}/consensus-lock"), 409, "panel-must-meet")
    assert len(problem["errors"]) == 3


async def test_the_lock_waits_for_the_clearance_of_who_has_scored(market: Market) -> None:
    """A conflict that comes up before the prices is decided about before them."""
    lot = await opened(market)
    await agree(market, lot)
    conflict = {"interest": "actual", "details": "I own Birch."}
    done(await market.evaluator.post(f"/tenders/{lot.tender['id']}/declarations", conflict))
    problem = refused(await market.moderator.post(f"{lot.path}/consensus-lock"), 409, "seat-not-cleared")
    assert "Evaluator" in problem["detail"]
    await market.clear(lot.tender, market.evaluator)
    done(await market.moderator.post(f"{lot.path}/consensus-lock"))


async def test_only_a_moderator_locks(market: Market) -> None:
    lot = await opened(market)
    await agree(market, lot)
    for person in (market.evaluator, market.approver, market.officer, market.author, market.colleague):
        refused(await person.post(f"{lot.path}/consensus-lock"), 403, "forbidden")
    for person in (market.stranger, market.alder):
        refused(await person.post(f"{lot.path}/consensus-lock"), 404, "not-found")


# The lock


async def test_after_the_lock_no_score_agreed_score_or_decision_changes(market: Market) -> None:
    """Woods v Milton Keynes [2015]: score cells were changed in later stages."""
    lot = await locked(market)
    bid = f"/bids/{lot.bids['alder']['bid_id']}"
    refused(await market.evaluator.put(f"{bid}/scores/method-statement", a_score()), 409, "consensus-locked")
    refused(await market.second_evaluator.put(f"{bid}/scores/method-statement", a_score()), 409, "consensus-locked")
    refused(await market.moderator.put(f"{bid}/consensus/method-statement", a_score()), 409, "consensus-locked")
    refused(await market.moderator.put(f"{bid}/state", a_decision()), 409, "consensus-locked")
    refused(await market.moderator.post(f"{lot.path}/consensus-lock"), 409, "consensus-locked")
    await open_prices(market, lot)
    refused(await market.evaluator.put(f"{bid}/scores/method-statement", a_score()), 409, "consensus-locked")
    refused(await market.moderator.put(f"{bid}/consensus/method-statement", a_score()), 409, "consensus-locked")


async def test_the_lock_is_in_the_log_and_in_the_tender(market: Market) -> None:
    lot = await locked(market, birch="1")
    entry = await market.last(lot.tender)
    assert (entry["kind"], entry["data"]["go_on"]) == ("consensus.locked", 2)
    assert [one["bid_id"] for one in entry["data"]["stay_sealed"]] == [lot.bids["birch"]["bid_id"]]
    seen = done(await market.alder.get(f"/tenders/{lot.tender['id']}"))["lots"][0]
    assert seen["consensus_locked_at"]
    assert seen["price_opened_at"] is None


async def test_of_a_score_and_a_lock_at_the_same_moment_one_comes_first(market: Market) -> None:
    """A score is either in what was locked, or refused."""
    lot = await opened(market)
    await agree(market, lot)
    bid = f"/bids/{lot.bids['alder']['bid_id']}/consensus/method-statement"
    answers = await asyncio.gather(
        market.moderator.put(bid, a_score(reason="First.", change_reason="Before the lock.")),
        market.moderator.post(f"{lot.path}/consensus-lock"),
        market.moderator.put(bid, a_score(reason="Second.", change_reason="After it.")),
    )
    assert answers[1].status_code == 201
    locked_at = answers[1].json()["locked_at"]
    agreed = done(await market.moderator.get(f"{lot.path}/consensus"))
    assert all(score["recorded_at"] < locked_at for score in agreed)


# The prices


async def test_prices_are_opened_by_two_officers_again(market: Market) -> None:
    """Those who opened the offers have to ask anew; then the panel sees the prices and the lot is ranked."""
    lot = await locked(market)
    path = f"{lot.path}/opening?envelope=price"
    for _ in range(2):
        assert (await market.officer.post(path)).status_code == 202
    for person in (market.evaluator, market.moderator, market.author):
        refused(await person.post(path), 403, "forbidden")
    answer = await market.second_officer.post(path)
    assert answer.status_code == 201
    prices = answer.json()["prices"]
    assert [act["person_id"] for act in prices["officers"]] == [market.officer.id, market.second_officer.id]
    assert [(bid["opened"], bid["fault"], bid["stays_sealed"]) for bid in prices["bids"]] == [(True, None, None)] * 3
    assert not any(price in answer.text for price in PRICES.values())
    bids = done(await market.moderator.get(f"{lot.path}/bids"))
    assert [bid["offers"] for bid in bids] == [a_bid(price=price)["values"] for price in PRICES.values()]
    refused(await market.officer.post(path), 409, "already-opened")
    run = done(await market.moderator.post(f"{lot.path}/evaluations", lot.digest))
    result = done(await market.moderator.get(f"/evaluations/{run['id']}"))
    assert result["winner"] == lot.bids["cedar"]["bid_id"]


async def test_a_failed_bid_s_price_is_never_opened(market: Market) -> None:
    """Below the published minimum: its envelope stays as it came, the record says so, the ranking needs it not."""
    lot = await locked(market, cedar="1")
    record = await open_prices(market, lot)
    assert await stored(market, lot) == {"alder", "birch"}
    line = next(bid for bid in record["prices"]["bids"] if bid["supplier"] == market.cedar.name)
    assert (line["opened"], line["fault"]) == (False, None)
    assert "20 points are below the minimum of 40" in line["stays_sealed"]
    panel = done(await market.evaluator.get(f"{lot.path}/bids"))
    cedar = next(bid for bid in panel if bid["supplier"] == market.cedar.name)
    assert "price" not in cedar["offers"]
    assert cedar["price_stays_sealed"] == line["stays_sealed"]
    run = done(await market.moderator.post(f"{lot.path}/evaluations", lot.digest))
    answer = await market.moderator.get(f"/evaluations/{run['id']}")
    result = answer.json()
    assert result["winner"] == lot.bids["birch"]["bid_id"]
    failed = next(bid for bid in result["bids"] if bid["id"] == cedar["bid_id"])
    assert "20 points are below the minimum of 40" in str(failed["chain"])
    assert PRICES["cedar"] not in answer.text
    report = await market.moderator.get(f"/evaluations/{run['id']}/report.html")
    assert report.status_code == 200
    assert "900,000" not in report.text
    contents = await market.owner.fetchval(
        "SELECT count(*) FROM sealed_envelopes WHERE bid_id = $1 AND kind = 'price'", cedar["bid_id"]
    )
    assert contents == 1


async def test_a_bid_whose_price_stays_sealed_does_not_come_back(market: Market) -> None:
    """Once the others' prices are known nobody opens one more; who was excluded after that can still come back."""
    lot = await locked(market, cedar="1")
    await open_prices(market, lot)
    back = a_decision(state="admissible", reason="We would like to see it.")
    cedar, alder = lot.bids["cedar"]["bid_id"], lot.bids["alder"]["bid_id"]
    refused(await market.moderator.put(f"/bids/{cedar}/state", back), 409, "price-stays-sealed")
    out = a_decision(state="non_compliant", reason="Not explained when asked.")
    done(await market.moderator.put(f"/bids/{alder}/state", out))
    done(await market.moderator.put(f"/bids/{alder}/state", back))


async def test_a_withdrawn_or_excluded_bid_s_price_stays_sealed_too(market: Market) -> None:
    lot = await opened(market)
    await agree(market, lot)
    done(await market.moderator.put(f"/bids/{lot.bids['birch']['bid_id']}/state", a_decision()))
    done(await market.moderator.post(f"{lot.path}/consensus-lock"))
    await open_prices(market, lot)
    assert await stored(market, lot) == {"alder", "cedar"}


async def test_who_fell_behind_the_best_stays_out_even_if_one_of_those_fails_by_its_price(market: Market) -> None:
    """Only the two best go on; a price of nought takes one of them out, and no third envelope is opened for it."""
    rules = a_lot()["rules"]
    rules["criteria"][1]["criteria"][0] |= {"max_pass": 2}
    tender = await market.publish(lots=[a_lot(rules=rules, price_envelope=["price"])])
    prices = {"alder": "0", "birch": "1000000.00", "cedar": "900000.00"}
    bids = {
        name: done(await getattr(market, name).submit(tender, a_bid(price=price))) for name, price in prices.items()
    }
    await market.open(tender)
    lot = Lot(tender, bids)
    await agree(market, lot, alder="5", birch="4", cedar="3")
    done(await market.moderator.post(f"{lot.path}/consensus-lock"))
    await open_prices(market, lot)
    assert await stored(market, lot) == {"alder", "birch"}
    run = done(await market.moderator.post(f"{lot.path}/evaluations", lot.digest))
    result = done(await market.moderator.get(f"/evaluations/{run['id']}"))
    assert result["winner"] == bids["birch"]["bid_id"]
    assert {bid["id"]: bid["rank"] for bid in result["bids"]}[bids["cedar"]["bid_id"]] is None


# Prices that were sealed before anybody could look at them


async def sealed_prices(market: Market, *sealed: tuple[Person, Any, Any]) -> Lot:
    """A lot with bids of these offers and prices, agreed and locked."""
    tender = await market.publish(lots=[a_lot(price_envelope=["price"])])
    bids = {
        person.name: done(await send_sealed(market, person, tender, a_sealed_bid(tender, person, offer, price)))
        for person, offer, price in sealed
    }
    await market.open(tender)
    return Lot(tender, bids)


OFFER = {"values": {name: value for name, value in a_bid()["values"].items() if name != "price"}}


@pytest.mark.parametrize("price", [b"\xff", {"values": {}}, {"values": {"price": "free"}}])
async def test_a_price_that_cannot_be_read_stops_no_other(market: Market, price: Any) -> None:
    """The record has the reason; the panel decides about the bid, and until then there is no ranking."""
    good = {"values": {"price": "2.00"}}
    lot = await sealed_prices(market, (market.alder, OFFER, price), (market.birch, OFFER, good))
    await agree(market, lot)
    done(await market.moderator.post(f"{lot.path}/consensus-lock"))
    record = await open_prices(market, lot)
    assert [bid["fault"] is None for bid in record["prices"]["bids"]] == [False, True]
    answer = await market.moderator.post(f"{lot.path}/evaluations", lot.digest)
    assert answer.status_code == 409
    alder = lot.bids[market.alder.name]["bid_id"]
    done(await market.moderator.put(f"/bids/{alder}/state", a_decision(state="non_compliant")))
    run = done(await market.moderator.post(f"{lot.path}/evaluations", lot.digest))
    result = done(await market.moderator.get(f"/evaluations/{run['id']}"))
    assert result["winner"] == lot.bids[market.birch.name]["bid_id"]


async def test_a_price_told_in_the_offer_is_shown_to_nobody(market: Market) -> None:
    """Who decides learns that it was there, whoever scores only that something is not where it belongs."""
    telling = {"values": a_bid(price="777777.77")["values"]}
    lot = await sealed_prices(market, (market.alder, telling, {"values": {"price": "777777.77"}}))
    for reader, told in (
        (market.moderator, "price: this value belongs into the price envelope"),
        (market.evaluator, "is not where it belongs"),
    ):
        answer = await reader.get(f"{lot.path}/bids")
        (bid,) = answer.json()
        assert told in bid["fault"]
        assert "777777" not in answer.text
