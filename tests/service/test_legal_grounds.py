"""The exclusion grounds: each has an id of its own and says where it stands."""

from datetime import date
from typing import Any

import pytest

from service.jurisdictions import presets
from service.legal_grounds import GROUNDS


def test_every_ground_has_an_id_of_its_own_and_a_source():
    for grounds in GROUNDS.values():
        assert len({ground.id for ground in grounds}) == len(grounds)
        assert all(ground.text and ground.source for ground in grounds)


def test_the_union_s_grounds_are_those_of_article_57():
    """Six convictions and established tax debts are mandatory; ten are at the buyer's discretion."""
    grounds = presets("eu-2014-24", date(2026, 11, 27)).grounds
    assert sum(ground.kind == "mandatory" for ground in grounds) == 7
    assert sum(ground.kind == "discretionary" for ground in grounds) == 10
    assert {ground.id for ground in grounds if not ground.self_cleaning} == {"unpaid-taxes-established", "unpaid-taxes"}


@pytest.mark.parametrize("member_state", ["de", "es", "it", "pl", "pt"])
def test_member_states_have_the_union_s_grounds_and_cases(member_state: Any):
    """What the directive binds them to is told where national law was not re-read."""
    union, state = (presets(one, date(2026, 11, 27)) for one in ("eu-2014-24", f"eu-2014-24-{member_state}"))
    assert state.grounds == union.grounds
    assert [rule.source for rule in state.abnormally_low_mandatory] == [
        "Directive 2014/24/EU, article 69(3), second subparagraph"
    ]


def test_the_united_kingdom_has_schedules_6_and_7_and_no_mandatory_rejection_of_low_prices():
    """Section 19 of the Act lets a low price be disregarded and never demands it."""
    law = presets("uk-pa2023", date(2026, 11, 27))
    assert all("Schedule 6" in one.source or "57(1)" in one.source for one in law.grounds if one.kind == "mandatory")
    assert all(
        "Schedule 7" in one.source or "57(2)" in one.source for one in law.grounds if one.kind == "discretionary"
    )
    assert law.abnormally_low_mandatory == ()


def test_where_no_country_s_rules_hold_there_are_no_grounds():
    """And the World Bank's are about eligibility."""
    assert presets("none", date(2026, 11, 27)).grounds == ()
    assert "sanctioned" in {ground.id for ground in presets("world-bank", date(2026, 11, 27)).grounds}
