"""The city's purchases hold together: bids fit the rules, marks lie on the scale, deliveries are of the promises."""

from datetime import UTC, datetime

import msgspec
import pytest

import scoring
from scoring.offers import check_offer, is_for_panel, judged_value
from service.city_data import CONTACTS, PEOPLE, PURCHASES, Purchase
from service.demo_data import BUYER
from service.measures import Asked, NewCriteriaProposal, by_code, propose
from service.tenders import TenderRow

every_purchase = pytest.mark.parametrize("purchase", PURCHASES, ids=lambda one: one.story.tender["reference"])


def rules_of(purchase: Purchase) -> scoring.Lot:
    """The rules as the service makes them of the city's own criteria and the catalogue's."""
    new = msgspec.convert(purchase.proposal, NewCriteriaProposal)
    now = datetime(2026, 4, 1, tzinfo=UTC)
    told = {"jurisdiction": purchase.story.tender.get("jurisdiction", "none"), "now": now, "time_zone": "Europe/London"}
    drafted = TenderRow(**(dict.fromkeys(TenderRow.__struct_fields__) | told))
    proposed = propose(new, Asked(drafted, by_code(), ()))
    assert proposed.warnings == ()
    own = [msgspec.convert(one, scoring.Criterion) for one in purchase.own]
    return scoring.Lot(criteria=(*own, proposed.criterion))


@every_purchase
def test_every_bid_is_complete_and_its_supplier_has_a_name(purchase: Purchase) -> None:
    rules = rules_of(purchase)
    for supplier, values in purchase.story.bids.items():
        assert check_offer(rules, values) == (), supplier
        assert CONTACTS[supplier]
    assert CONTACTS[BUYER]


@every_purchase
def test_three_evaluators_mark_every_bid_and_agree_on_a_mark_that_one_of_them_gave(purchase: Purchase) -> None:
    judged = {one.id: one for one in scoring.leaves(rules_of(purchase).criteria) if is_for_panel(one)}
    assert purchase.story.scores.keys() == purchase.story.bids.keys()
    for criteria in purchase.story.scores.values():
        assert criteria.keys() == judged.keys()
        for name, (marks, agreed) in criteria.items():
            assert len(marks) == sum(part.startswith("evaluator") for part in PEOPLE)
            assert all(judged_value(judged[name], value) == value for value, _ in marks)
            assert agreed[0] in {value for value, _ in marks}


@every_purchase
def test_each_promise_has_a_delivery_for_every_period_of_the_year_and_what_proves_it(purchase: Purchase) -> None:
    promised = {one.id for one in scoring.leaves(rules_of(purchase).criteria)} - {"price"}
    assert purchase.deliveries.keys() == purchase.notes.keys() == promised
    assert {len(given) for given in purchase.deliveries.values()} == {12 // purchase.period_months}
    assert purchase.terms.keys() | {step.criterion for step in purchase.remedies} <= promised
