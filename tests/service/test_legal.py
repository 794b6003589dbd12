"""When a legal rule is in force."""

from datetime import date

import pytest

from service.legal import LegalRule, in_force

RULE = LegalRule(
    id="x", text="…", source="…", evidence="knowledge", valid_from=date(2020, 1, 1), valid_to=date(2024, 12, 31)
)


@pytest.mark.parametrize(
    ("on", "holds"),
    [("2019-12-31", False), ("2020-01-01", True), ("2024-12-31", True), ("2025-01-01", False)],
)
def test_a_rule_holds_from_its_first_to_its_last_day(on: str, *, holds: bool):
    assert bool(in_force([RULE], date.fromisoformat(on))) is holds


def test_a_rule_without_an_end_holds_on():
    endless = LegalRule(id="x", text="…", source="…", evidence="knowledge", valid_from=date(2020, 1, 1))
    assert in_force([endless], date(2999, 1, 1)) == (endless,)
