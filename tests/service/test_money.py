"""What money in a bid means: published with the tender, converted exactly, shown as given and as compared."""

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest

import scoring
from service import money
from service.money import AcceptedCurrency
from tests.make import a_bid, a_lot, a_score, a_tender
from tests.make_sealed import a_sealed_bid, send_sealed
from tests.service.conftest import Market, done, refused

EURO = {"code": "EUR", "rate": "0.8512", "rate_on": "2031-02-28", "source": "ECB euro reference rates"}


def euro(**fields: Any) -> AcceptedCurrency:
    return msgspec.convert(EURO | fields, AcceptedCurrency)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("GBP 1,262,750.00 without value-added tax", "1262750.00"),
        ("1.262.750,00 €", "1262750.00"),
        ("1 262 750,5 zł", "1262750.5"),
        ("CHF 1'262'750", "1262750"),
        ("5 years, 999999.99", "999999.99"),
    ],
)
def test_an_amount_is_found_however_it_is_written(text: str, amount: str) -> None:
    """So that a published price can be told as a number, if it is the price that was ranked."""
    assert Decimal(amount) in money.amounts_in(text)


def test_an_amount_that_is_not_there_is_not_found() -> None:
    """Not even as a part of another one."""
    assert Decimal(1000) not in money.amounts_in("GBP 1,000,000.00")
    assert money.amounts_in("to be settled") == set()


@pytest.mark.parametrize(
    ("amount", "rate", "decimals", "converted"),
    [
        ("1000000.00", "0.8512", 2, "851200.00"),
        ("0.01", "0.5", 2, "0.01"),  # half up: 0.005
        ("1.005", "1", 2, "1.01"),
        ("-0.01", "0.5", 2, "-0.01"),
        ("3", "0.333333333333333333333333333333333333", 0, "1"),
        ("99999999999999999999.9999", "1.000000000000000000000001", 4, "100000000000000000000.0000"),
    ],
)
def test_amounts_are_multiplied_exactly_and_rounded_once(amount: str, rate: str, decimals: int, converted: str):
    assert format(euro(rate=rate, decimals=decimals).converted(Decimal(amount)), "f") == converted


@pytest.mark.parametrize("fields", [{"rate": "0"}, {"rate": "-1"}, {"rate": "NaN"}, {"rate": "1E-50"}, {"code": "eur"}])
def test_a_rate_is_a_positive_decimal_of_a_known_code(fields: dict[str, str]):
    with pytest.raises(msgspec.ValidationError):
        euro(**fields)


def test_only_amounts_are_converted():
    """Tonnes and weeks are the same in any currency."""
    rules = msgspec.convert(a_lot()["rules"], scoring.Lot)
    assert money.in_tender_currency(rules, a_bid()["values"], euro()).keys() == {"price"}
    assert "price" not in money.without_amounts(rules, a_bid()["values"])
    assert money.in_tender_currency(rules, a_bid()["values"], None) == {}


def test_a_rate_is_a_date_and_a_source():
    assert euro().rate_on == date(2031, 2, 28)
    with pytest.raises(msgspec.ValidationError):
        euro(source=" ")


# Through the service


async def test_prices_are_compared_without_vat_unless_the_tender_says_otherwise(market: Market) -> None:
    """Suppliers read the basis before they bid, with the tender and with what they seal."""
    plain = await market.publish()
    assert plain["vat"] == {"basis": "exclusive", "rates": []}
    vat = {"basis": "inclusive", "rates": [{"percent": "20", "applies_to": "all works"}]}
    tender = await market.publish(vat=vat)
    assert done(await market.alder.get(f"/tenders/{tender['id']}"))["vat"] == vat
    assert done(await market.alder.get(f"/lots/{tender['lots'][0]['id']}/sealing"))["vat"] == vat


async def test_vat_and_rates_are_frozen_with_the_rules_and_plain_tenders_keep_their_digest(market: Market) -> None:
    """What bids are compared by is under the digest; a tender without such terms has the digest that it always had."""
    plain = await market.publish()
    digest = scoring.digest([plain["lots"][0]["rules_digest"]])
    assert plain["rules_digest"] == digest
    others = [await market.publish(vat={"basis": "inclusive"}), await market.publish(accepted_currencies=[EURO])]
    dearer = await market.publish(accepted_currencies=[EURO | {"rate": "0.8513"}])
    assert len({digest, dearer["rules_digest"], *(tender["rules_digest"] for tender in others)}) == 4
    assert others[0]["lots"][0]["rules_digest"] == plain["lots"][0]["rules_digest"]


@pytest.mark.parametrize(
    "fields",
    [
        {"accepted_currencies": [EURO, EURO]},
        {"accepted_currencies": [EURO | {"code": "GBP"}]},
        {"accepted_currencies": [EURO | {"rate": 0.85}]},
        {"accepted_currencies": [{"code": "EUR"}]},
        {"vat": {"basis": "mixed"}},
        {"vat": {"basis": "inclusive", "rates": [{"percent": "101"}]}},
    ],
)
async def test_a_currency_has_one_published_rate(market: Market, fields: dict[str, Any]) -> None:
    """Two rates, or one that is a binary float, would let somebody choose."""
    refused(await market.author.post("/tenders", a_tender(**fields)), 422, "invalid-request")


async def test_a_bid_in_an_accepted_currency_is_ranked_by_its_converted_price(market: Market) -> None:
    """1.1 million euro are 936,320.00 pounds and cheaper than a million: both amounts are shown, one is compared."""
    tender = await market.publish(accepted_currencies=[EURO])
    given = done(await market.alder.submit(tender, a_bid(price="1100000.00") | {"currency": "EUR"}))
    done(await market.birch.submit(tender, a_bid(price="1000000.00") | {"currency": "GBP"}))
    record = await market.open(tender)
    lot = tender["lots"][0]
    bids = {bid["bid_id"]: bid for bid in done(await market.moderator.get(f"/lots/{lot['id']}/bids"))}
    alder = bids.pop(given["bid_id"])
    assert (alder["currency"], alder["offers"]["price"]) == ("EUR", "1100000.00")
    assert alder["in_tender_currency"] == {"price": "936320.00"}
    assert alder["exchange"]["rate"] == "0.8512"
    (birch,) = bids.values()
    assert (birch["currency"], birch["in_tender_currency"], birch["exchange"]) == (None, {}, None)
    unseated = done(await market.evaluator.get(f"/lots/{lot['id']}/bids"))
    assert all(not bid["in_tender_currency"] and "price" not in bid["offers"] for bid in unseated)
    for bid in record["bids"]:
        done(await market.evaluator.put(f"/bids/{bid['bid_id']}/scores/method-statement", a_score()))
        done(await market.moderator.put(f"/bids/{bid['bid_id']}/consensus/method-statement", a_score()))
    await market.lock(tender)
    run = done(await market.moderator.post(f"/lots/{lot['id']}/evaluations", {"rules_digest": lot["rules_digest"]}))
    result = done(await market.moderator.get(f"/evaluations/{run['id']}"))
    assert result["winner"] == given["bid_id"]
    values = {bid["id"]: bid["values"]["price"] for bid in result["inputs"]}
    assert values == {given["bid_id"]: "936320.00", birch["bid_id"]: "1000000.00"}


async def test_sealed_prices_are_converted_once_they_are_opened(market: Market) -> None:
    """The currency is known with the offer, the amount with the price: nothing is converted that nobody has read."""
    lots = [a_lot(price_envelope=["price"])]
    tender = await market.publish(lots=lots, accepted_currencies=[EURO])
    done(await market.alder.submit(tender, a_bid(price="1100000.00") | {"currency": "EUR"}))
    (bid,) = (await market.open(tender))["bids"]
    lot = f"/lots/{tender['lots'][0]['id']}"
    (before,) = done(await market.moderator.get(f"{lot}/bids"))
    assert (before["currency"], before["in_tender_currency"]) == ("EUR", {})
    done(await market.evaluator.put(f"/bids/{bid['bid_id']}/scores/method-statement", a_score()))
    done(await market.moderator.put(f"/bids/{bid['bid_id']}/consensus/method-statement", a_score()))
    await market.lock(tender)
    done(await market.moderator.post(f"{lot}/consensus-lock"))
    for officer in (market.officer, market.second_officer):
        done(await officer.post(f"{lot}/opening?envelope=price"))
    (after,) = done(await market.moderator.get(f"{lot}/bids"))
    assert (after["offers"]["price"], after["in_tender_currency"]) == ("1100000.00", {"price": "936320.00"})
    digest = {"rules_digest": tender["lots"][0]["rules_digest"]}
    run = done(await market.moderator.post(f"{lot}/evaluations", digest))
    result = done(await market.moderator.get(f"/evaluations/{run['id']}"))
    assert [bid["values"]["price"] for bid in result["inputs"]] == ["936320.00"]


async def test_an_amount_in_a_currency_that_nobody_can_convert_stops_the_ranking(market: Market) -> None:
    """A foreign client may seal anything: such a price is never taken for one in the tender's own currency."""
    tender = await market.publish()
    done(
        await send_sealed(
            market, market.alder, tender, a_sealed_bid(tender, market.alder, a_bid() | {"currency": "XAU"})
        )
    )
    (bid,) = (await market.open(tender))["bids"]
    assert "XAU: the tender accepts no such currency" in bid["fault"]
    done(await market.evaluator.put(f"/bids/{bid['bid_id']}/scores/method-statement", a_score()))
    done(await market.moderator.put(f"/bids/{bid['bid_id']}/consensus/method-statement", a_score()))
    await market.lock(tender)
    lot = tender["lots"][0]
    answer = await market.moderator.post(f"/lots/{lot['id']}/evaluations", {"rules_digest": lot["rules_digest"]})
    refused(answer, 409, "evaluation-incomplete")


async def test_a_currency_that_the_tender_does_not_accept_is_refused(market: Market) -> None:
    """Before the deadline, with the currencies that it does accept."""
    tender = await market.publish(accepted_currencies=[EURO])
    problem = refused(await market.alder.submit(tender, a_bid() | {"currency": "USD"}), 422, "bid-incomplete")
    assert problem["errors"][0]["pointer"] == "/currency"
    assert "GBP or EUR" in problem["errors"][0]["mend"]
    plain = await market.publish()
    refused(await market.alder.submit(plain, a_bid() | {"currency": "EUR"}), 422, "bid-incomplete")
