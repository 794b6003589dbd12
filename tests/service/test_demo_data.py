"""The demo's story holds together: bids fit the rules, marks lie on the scale, nobody is forgotten."""

import msgspec
import pytest

import scoring
from scoring.offers import check_offer, is_for_panel, judged_value
from service.demo_data import BIDS, BUYER, CONTACTS, PEOPLE, SCORES, SECOND_THOUGHT, TENDER

RULES = msgspec.convert(TENDER["lots"][0]["rules"], scoring.Lot)


@pytest.mark.parametrize("supplier", BIDS)
def test_every_bid_is_complete(supplier: str) -> None:
    """The demo shows bids that a buyer could score."""
    assert check_offer(RULES, BIDS[supplier]) == ()


def test_the_second_thought_is_a_complete_bid_of_one_who_has_bid() -> None:
    """A replacement replaces something."""
    supplier, values = SECOND_THOUGHT
    assert check_offer(RULES, values) == ()
    assert values != BIDS[supplier]


def test_every_mark_and_every_agreement_is_on_the_published_scale_with_a_reason() -> None:
    """Three evaluators mark every bid on everything that the panel decides."""
    judged = {criterion.id: criterion for criterion in scoring.leaves(RULES.criteria) if is_for_panel(criterion)}
    assert SCORES.keys() == BIDS.keys()
    for criteria in SCORES.values():
        assert criteria.keys() == judged.keys()
        for name, (marks, agreed) in criteria.items():
            assert len(marks) == sum(role.startswith("evaluator") for role in PEOPLE)
            for value, reason in (*marks, agreed):
                assert judged_value(judged[name], value) == value
                assert len(reason) > 20


def test_everybody_has_a_name() -> None:
    """The buyer and each supplier have somebody to speak to."""
    assert CONTACTS.keys() == {BUYER, *BIDS}
