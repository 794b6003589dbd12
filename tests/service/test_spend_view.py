"""Charts show what the tables say: lengths in proportion, the unknown part beside the known ones."""

from decimal import Decimal
from pathlib import Path

from service.spend_view import LENGTH, view_of
from tests.make_spend import Desk, payments


def test_bars_are_in_proportion_and_the_unknown_part_has_one(tmp_path: Path) -> None:
    found = Desk(tmp_path).analyse(payments())
    rings = view_of(found).rings
    assert [(bar.label, bar.width, bar.pale) for bar in rings] == [
        ("city", LENGTH, False),
        ("county", Decimal("71.1"), False),
        ("country", Decimal("17.8"), False),
        ("not known", Decimal("8.9"), True),
    ]
    assert sum(bar.share or 0 for bar in rings) == 100


def test_what_is_not_known_at_all_has_no_chart(tmp_path: Path) -> None:
    assert view_of(Desk(tmp_path).analyse(payments(), bare=True)).rings == ()


def test_a_negative_sum_has_no_length(tmp_path: Path) -> None:
    more = ("Cedar CIC", "01/04/2020", "-900000.00", "T9", "x")
    years = view_of(Desk(tmp_path).analyse(payments(more))).years
    assert [bar.width for bar in years] == [0, LENGTH]
