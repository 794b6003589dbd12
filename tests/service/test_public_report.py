"""The public report: who won, once the award notice is out; nothing by which a loser is known or reckoned out."""

from typing import Any

import msgspec
import pytest

import scoring
from scoring import Evaluation, evaluate
from service.public_report import MIXED, PRICE_FOLLOWS, sums_beside, withheld
from tests.make import a_bid
from tests.make_reports import RETROFIT, RETROFIT_BIDS, SCALE, lot_of, opened
from tests.service.conftest import Market, done, refused
from tests.service.test_papers import words_of

CANARIES = ("777777.77", "777,777.77", "a canary in the offer", "a canary in a reason", "a canary in a dissent")
"""What a loser offered, and what people said about it."""


def path_of(tender: dict[str, Any], form: str = "html") -> str:
    """Where a tender's first lot has its public report."""
    return f"/public/lots/{tender['lots'][0]['id']}/evaluation-report.{form}"


async def awarded(market: Market) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """An award to Birch, in which everything about Alder is a canary."""
    tender = await market.publish(jurisdiction="uk-pa2023")
    done(await market.alder.submit(tender, a_bid(price="777777.77", method_statement="a canary in the offer")))
    done(await market.birch.submit(tender, a_bid(price="700000.00")))
    bids = (await market.open(tender))["bids"]
    for bid, value, reason in zip(bids, ("3", "5"), ("a canary in a reason", "Sound."), strict=True):
        score = {"value": value, "reason": reason, "cites": ["a canary in a reason"]}
        done(await market.evaluator.put(f"/bids/{bid['bid_id']}/scores/method-statement", score))
        done(await market.moderator.put(f"/bids/{bid['bid_id']}/consensus/method-statement", score))
    await market.lock(tender)
    lot = tender["lots"][0]
    run = done(await market.moderator.post(f"/lots/{lot['id']}/evaluations", {"rules_digest": lot["rules_digest"]}))
    await market.recommend(tender, run, bids[1])
    award = {"evaluation_id": run["id"], "bid_id": bids[1]["bid_id"], "reason": "a canary in a reason"}
    done(await market.approver.post(f"/lots/{lot['id']}/award", award))
    return tender, bids


async def notice(market: Market, tender: dict[str, Any]) -> None:
    """Publish the award notice now."""
    at = await market.owner.fetchval("SELECT clock_timestamp()")
    body = {"published_at": at.isoformat(), "reference": "2031/S 001-000001"}
    done(await market.approver.post(f"/lots/{tender['lots'][0]['id']}/award-notice", body))


async def test_anybody_reads_it_once_the_award_notice_is_out(market: Market):
    tender, _ = await awarded(market)
    for form in ("pdf", "html"):
        for person in (market.anonymous, market.birch, market.approver):
            refused(await person.get(path_of(tender, form)), 409, "not-public-yet")
    await market.send_letters(tender)
    refused(await market.anonymous.get(path_of(tender)), 409, "not-public-yet")
    await notice(market, tender)
    assert (await market.anonymous.get(path_of(tender))).status_code == 200
    assert (await market.anonymous.get(path_of(tender, "pdf"))).status_code == 202


async def test_it_names_the_winner_and_nothing_by_which_a_loser_is_known(market: Market):
    tender, _ = await awarded(market)
    await market.send_letters(tender)
    await notice(market, tender)
    html = (await market.anonymous.get(path_of(tender))).text
    page = words_of(html)
    assert f"Awarded to {market.birch.name}" in page
    assert "Price of the contract stands in the award notice" in page
    assert "Bids opened 2 Bids ranked 2" in page
    assert "name withheld" in page
    assert "Procurement Act 2023 s.94" in page
    assert "2031/S 001-000001" in page
    await market.anonymous.get(path_of(tender, "pdf"))
    kept = await market.owner.fetchval(
        "SELECT convert_from(data, 'UTF8') FROM papers WHERE kind = 'public-report' AND tender_id = $1", tender["id"]
    )
    for text in (html, kept):
        for secret in (
            *CANARIES,
            market.alder.name,
            market.evaluator.name,
            market.moderator.name,
            market.approver.name,
        ):
            assert secret not in text, secret


async def test_the_canaries_are_where_they_were_put(market: Market):
    """Control: the buyer's own record of the same tender tells them."""
    tender, _ = await awarded(market)
    page = (await market.auditor.get(f"/lots/{tender['lots'][0]['id']}/moderation/record.html")).text
    assert "a canary in a reason" in page
    assert market.alder.name in page


async def test_what_an_approver_has_redacted_is_not_public_either(market: Market):
    tender, bids = await awarded(market)
    path = f"/lots/{tender['lots'][0]['id']}/assessment-summaries/{bids[1]['bid_id']}/redactions"
    reason = {"ground": "trade-secret", "reason": "It tells the supplier's margin."}
    done(await market.approver.put(f"{path}/score:social-value", reason))
    await market.send_letters(tender)
    await notice(market, tender)
    page = words_of((await market.anonymous.get(path_of(tender))).text)
    assert page.count("withheld: It tells the supplier's margin.") == 3, "one would follow from the others"


async def test_an_annulled_award_stays_public_and_says_that_it_does_not_stand(market: Market):
    tender, _ = await awarded(market)
    await market.send_letters(tender)
    await notice(market, tender)
    body = {"annulled_by": "buyer", "reference": "Minute 7", "reason": "A score was wrong."}
    done(await market.approver.post(f"/lots/{tender['lots'][0]['id']}/award/annulment", body))
    page = words_of((await market.anonymous.get(path_of(tender))).text)
    assert "This award was annulled" in page
    assert "( by the buyer, Minute 7 ): A score was wrong." in page.replace("(by", "( by")


# What follows from figures


def ranked(rules: dict[str, Any], offers: dict[str, tuple[str, ...]]) -> Evaluation:
    """Bids ranked by the engine."""
    lot = lot_of(rules)
    return evaluate(lot, opened(lot, offers))


def told(result: Evaluation, place: int = 0, hidden: dict[str, str] | None = None) -> dict[str, str]:
    """What is withheld where the bid at a place is the winner."""
    return withheld(result, result.bids[place], hidden or {})


def test_a_winner_that_is_the_cheapest_gives_no_price_away():
    result = ranked(RETROFIT | {"abnormally_low": []}, {"Alder": RETROFIT_BIDS["Birch Regeneration CIC"]})
    assert told(result) == {}


def test_a_winner_that_is_not_the_cheapest_tells_the_cheapest_price_by_its_points():
    """Its price and its points on the price are an equation; with neither criterion shown nothing follows."""
    result = ranked(RETROFIT, RETROFIT_BIDS)
    winner = next(bid for bid in result.bids if bid.rank == 1)
    assert winner.points["price"] != "100.00"
    assert told(result) == {"criteria": PRICE_FOLLOWS}


def test_where_the_price_decides_alone_no_total_is_public_but_the_cheapest_winner_s_own():
    rules = {"criteria": [{"id": "price", "weighting": "100", "unit": "GBP", "method": {"id": "P1"}}]}
    result = ranked(rules, {"Alder": ("80.00",), "Birch": ("100.00",)})
    assert told(result) == {"others": PRICE_FOLLOWS}
    assert told(result, 1) == {"others": PRICE_FOLLOWS, "criteria": PRICE_FOLLOWS, "total": PRICE_FOLLOWS}


@pytest.mark.parametrize(
    ("graded", "expected"), [(0, 1), (1, 6), (3, 216), (4, MIXED)], ids=["none", "one", "three", "four"]
)
def test_a_total_is_public_where_a_thousand_sums_can_be_behind_it(graded: int, expected: int):
    share = str(50 // max(1, graded))
    rest = 100 - graded * int(share)
    criteria = [{"id": "price", "weighting": str(rest), "unit": "GBP", "method": {"id": "P1"}}]
    criteria += [{"id": f"plan{number}", "weighting": share, "method": SCALE} for number in range(graded)]
    lot = msgspec.convert({"criteria": criteria}, scoring.Lot)
    price = next(one for one in lot.criteria if one.id == "price")
    assert sums_beside(lot, price) == expected


def test_a_redacted_score_takes_the_others_with_it_and_a_redacted_total_all_of_them():
    result = ranked(RETROFIT, {"Alder": RETROFIT_BIDS["Birch Regeneration CIC"]})
    assert told(result, hidden={"score:team": "Secret."}) == {"criteria": "Secret."}
    assert told(result, hidden={"total": "Secret."}) == {"total": "Secret.", "criteria": "Secret."}
