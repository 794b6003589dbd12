"""From quantities to money by published rules, and promises that stand out. Worked examples by hand."""

import doctest
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import pytest

import scoring
from scoring import quantities as engine
from service import quantities
from service.opening import PanelBid
from service.problems import InvalidRequest
from service.quantities import Item, NewValuation, doubts, valuation, value_item
from tests.make import a_rules
from tests.service.conftest import Market, done, refused
from tests.service.test_own_measures import send_catalogue


def item(quantity: dict[str, Any], **fields: Any) -> Item:
    return msgspec.convert({"quantity": quantity} | fields, Item)


def test_worked_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(engine).failed == 0


def test_a_block_is_paid_pro_rata_to_hours_and_months() -> None:
    """Half a full-time week for half a year at 40,000 a year: 10,000; a candidate counts for 12 months at most."""
    work = {"id": "employment", "people": "1", "weekly_hours": "18", "months": "6"}
    one = value_item(item(work, series="sroi-utrecht-1", case="block"), {}, "")
    assert (one.quantity, one.value, one.currency) == (Decimal("0.25"), Decimal("10000.00"), "EUR")
    long = work | {"weekly_hours": "40", "months": "30"}
    assert value_item(item(long, series="sroi-utrecht-1", case="block"), {}, "").value == Decimal("40000.00")
    doubted = value_item(item(work, series="sroi-utrecht-1", case="block", confidence="0.75"), {}, "")
    assert (doubted.credited, doubted.value) == (Decimal("0.1875"), Decimal("7500.00"))


def test_carbon_is_priced_by_the_year_in_which_it_falls() -> None:
    """120 t in 2030 at 294.50: 35,340; kilograms are thousandths of it; each year has its own price."""
    one = value_item(
        item({"id": "emissions", "unit": "tCO2e", "years": {"2030": "120"}}, series="desnz-carbon-2023"), {}, ""
    )
    assert (one.value, one.currency, one.price_base) == (Decimal("35340.00"), "GBP", "2022")
    both = {"id": "emissions", "unit": "kgCO2e", "years": {"2030": "120000", "2026": "1000"}}
    found = value_item(item(both, series="desnz-carbon-2023"), {}, "")
    assert (found.quantity, found.value) == (Decimal(121), Decimal("35617.22"))
    assert found.formula == "1 × 277.22 + 120 × 294.5"


def test_an_obligation_is_a_share_of_the_contract_s_sum() -> None:
    """5 % of 400,000 are 20,000; one block for a year fulfils twice that."""
    work = item(
        {"id": "employment", "people": "1", "weekly_hours": "36", "months": "12"}, series="sroi-utrecht-1", case="block"
    )
    found = valuation(NewValuation(items=(work,), contract_sum=Decimal(400_000), percent=Decimal(5)), {})
    assert (found.due, found.fulfilled) == (Decimal("20000.00"), Decimal("200.00"))
    assert list(found.totals.values()) == [Decimal("40000.00")]


def test_amounts_at_the_prices_of_different_years_are_no_sum() -> None:
    """A block at prices of 2023 and one of no stated year: each has its total, and nobody adds them to a percentage."""
    work = {"id": "employment", "people": "1", "weekly_hours": "36", "months": "12"}
    items = tuple(item(work, series=name, case="block") for name in ("sroi-utrecht-1", "sroi-den-haag-1"))
    found = valuation(NewValuation(items=items, contract_sum=Decimal(400_000), percent=Decimal(5)), {})
    assert list(found.totals) == ["EUR, prices of not stated", "EUR, prices of 2023"]
    assert (found.due, found.fulfilled) == (Decimal("20000.00"), None)


def test_a_wellby_is_a_point_of_one_person_for_a_year() -> None:
    """40 people × a quarter of a point × 15 months are 12.5 WELLBYs: 162,500 at 13,000; people alone are none."""
    gained = item({"id": "amount", "unit": "wellby", "quantity": "12.5"}, series="wellby")
    found = value_item(gained, {}, "")
    assert (found.unit, found.value, found.price_base) == ("wellby", Decimal("162500.00"), "2019")
    with pytest.raises(InvalidRequest) as wrong:
        value_item(item({"id": "amount", "unit": "person", "quantity": "40"}, series="wellby"), {}, "")
    assert "a value per wellby" in wrong.value.faults[0].message


@pytest.mark.parametrize(
    "wrong",
    [
        item({"id": "amount", "unit": "person", "quantity": "1.5"}),
        item({"id": "amount", "unit": "hour", "quantity": "-1"}),
        item({"id": "amount", "unit": "hour", "quantity": "1"}, confidence="1.1"),
        item({"id": "amount", "unit": "hour", "quantity": "1"}, series="desnz-carbon-2023"),
        item({"id": "amount", "unit": "hour", "quantity": "1"}, series="toms"),
        item({"id": "amount", "unit": "hour", "quantity": "1"}, catalogue_id=str(UUID(int=1))),
    ],
)
def test_what_cannot_be_reckoned_is_refused_with_its_place(wrong: Item) -> None:
    with pytest.raises(InvalidRequest) as error:
        value_item(wrong, {}, "/items/0")
    assert error.value.faults[0].pointer.startswith("/items/0")


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        (item({"id": "emissions", "unit": "tCO2e", "years": {"2051": "1"}}, series="desnz-carbon-2023"), "years/2051"),
        (
            item(
                {"id": "employment", "people": "1", "weekly_hours": "36", "months": "12"},
                series="sroi-utrecht-1",
            ),
            "case",
        ),
    ],
)
def test_a_case_or_a_year_that_a_series_has_not_is_refused_at_its_place(wrong: Item, place: str) -> None:
    """Nothing is extrapolated, and the mend says what there is."""
    with pytest.raises(InvalidRequest) as error:
        value_item(wrong, {}, "/items/0")
    (fault,) = error.value.faults
    assert fault.pointer.startswith("/items/0/")
    assert fault.pointer.endswith(place)
    assert "The series has" in fault.mend


async def test_quantities_are_valued_with_a_catalogue_of_one_s_own(market: Market) -> None:
    """A city's own block and its own price of carbon, cited with version and licence; nobody else's."""
    rows = (
        b"code,title,unit,value,currency,price base\nB-1,Block,fte_year,31000,EUR,2026\nC-1,Carbon,tCO2e,90,EUR,2026\n"
    )
    own = done(await send_catalogue(market.author, rows, title="City's blocks", licence="own work", source="The city"))
    work = {"id": "employment", "people": "2", "weekly_hours": "18", "months": "12"}
    carbon = {"id": "emissions", "unit": "tCO2e", "years": {"2051": "2"}}
    items = [
        {"quantity": quantity, "series": code, "catalogue_id": own["id"]}
        for quantity, code in ((work, "B-1"), (carbon, "C-1"))
    ]
    found = done(await market.author.post("/catalogue/valuations", {"items": items}))
    assert [one["value"] for one in found["items"]] == ["31000.00", "180.00"]
    assert found["items"][0]["source"] == "City's blocks 2026, The city (own work)"
    assert found["totals"] == {"EUR, prices of 2026": "31180.00"}
    problem = refused(await market.stranger.post("/catalogue/valuations", {"items": items}), 422, "invalid-request")
    assert problem["errors"][0]["pointer"] == "/items/0/catalogue_id"


def a_bid(number: int, weeks: str, carbon: str = "60") -> PanelBid:
    plain: dict[str, Any] = dict.fromkeys(
        ("fault", "price_stays_sealed", "variant_description", "currency", "exchange"),
    )
    plain |= {"supplier": f"Supplier {number}", "version": 1, "digest": "", "rules_digest": "", "variant": 0}
    offers = {"price": "1", "apprentice-weeks": weeks, "carbon": carbon}
    ids = {"bid_id": str(UUID(int=number)), "supplier_id": str(UUID(int=100 + number))}
    return msgspec.convert(
        {**plain, **ids, "state": "admissible", "offers": offers, "submitted_at": "2031-03-01T09:00:00Z"}, PanelBid
    )


def test_promises_that_stand_out_are_asked_about_and_nothing_else_is() -> None:
    """Twice the others' median, half of their emissions, twice the target, and who did not deliver the last time."""
    rules = msgspec.convert(a_rules(), scoring.Lot)
    bids = [a_bid(1, "100"), a_bid(2, "110"), a_bid(3, "90")]
    assert list(doubts(rules, bids, {})) == []
    found = list(doubts(rules, [*bids, a_bid(4, "416", "30")], {}))
    assert [(one.supplier, one.criterion_id) for one in found] == [
        ("Supplier 4", "apprentice-weeks"),
        ("Supplier 4", "apprentice-weeks"),
        ("Supplier 4", "carbon"),
    ]
    learnt = {("apprentice-weeks", UUID(int=102)): Decimal("0.5")}
    assert [one.message for one in doubts(rules, bids, learnt)] == [
        "Of earlier promises of this kind 50.0 % were delivered."
    ]


async def test_doubts_are_told_once_bids_are_opened(alone: Market) -> None:
    """Of a supplier who has broken no promise to this buyer."""
    tender, bids = await alone.opened()
    path = f"/lots/{tender['lots'][0]['id']}/plausibility"
    assert done(await alone.moderator.get(path)) == []
    assert len(bids) > 1
    assert quantities.FAR_ABOVE > 1
