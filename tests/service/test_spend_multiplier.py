"""The three-round local multiplier, by published numbers."""

import json
import os
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import msgspec
import pytest

from service.spend_multiplier import Answer, Multiplier, hundredths, local_amounts, multiplier, three_rounds

PROJECT = Path(__file__).parents[2]
EXAMPLES = Path(os.environ.get("WORKED_EXAMPLES", PROJECT.parent / "shared" / "worked-examples"))
MINNEY = EXAMPLES / "26-lm3-minney-new-build.json"


def answer(staff: str, suppliers: str) -> Answer:
    return Answer(supplier="x", local_staff=Decimal(staff), local_suppliers=Decimal(suppliers))


def by_name(**amounts: str) -> dict[str, Decimal]:
    return {name: Decimal(amount) for name, amount in amounts.items()}


def test_a_published_example_counts_rounds_in_its_own_way() -> None:
    """Of 100,000 half is local, of that all is spent locally again, then 30,000: the ratio is 2.00, the sum 130,000.

    Source: minney.org, "Local Multiplier 3", which sums local amounts; nef's ratio counts R1 to R3.
    """
    initial, local = Decimal(100_000), [Decimal(50_000), Decimal(50_000), Decimal(30_000)]
    assert three_rounds(initial, local[0], local[1]) == Decimal("2.00")
    assert local_amounts(local) == 130_000


@pytest.mark.skipif(not MINNEY.exists(), reason="the published examples are not here")
def test_the_published_file_says_the_same() -> None:
    case = json.loads(MINNEY.read_text(), parse_float=Decimal, parse_int=Decimal)
    given = case["inputs"]
    local = [given["stage1_local"], given["stage2_local"], given["stage3_local"]]
    assert local_amounts(local) == case["published"]["return"]
    expected = case["verification"]["recomputed_unrounded"]["standard_LM3_with_R1_100k_R2_50k_R3_50k"]
    assert three_rounds(given["initial"], local[0], local[1]) == expected


def test_northumberland_a_local_pound_and_another() -> None:
    """A pound leaves 1.76 with a supplier here that spends 76 % again, 0.36 with one elsewhere that spends 36 %.

    Source: lm3online.com about Northumberland County Council.
    """
    answers = {"here": answer("40", "36"), "there": answer("20", "16")}
    found = multiplier(Decimal(2000), by_name(here="1000"), by_name(there="1000"), answers)
    assert found.value_of_a_local_pound == Decimal("1.76")
    assert found.value_of_another_pound == Decimal("0.36")
    assert (found.r1, found.r2, found.r3_answered) == (2000, 1000, 760)
    assert found.lowest == found.estimate == found.highest == Decimal("1.88")
    assert found.coverage == 100


def test_who_was_not_asked_widens_the_bounds_and_is_told() -> None:
    """Half of the local money is answered for: between none and all of the rest comes again; the estimate says so."""
    found = multiplier(Decimal(1000), by_name(a="300", b="300"), {}, {"a": answer("50", "0")})
    assert found.coverage == 50
    assert (found.lowest, found.estimate, found.highest) == (Decimal("1.75"), Decimal("1.90"), Decimal("2.05"))
    assert found.value_of_another_pound is None


def test_without_answers_there_is_no_estimate() -> None:
    found = multiplier(Decimal(1000), by_name(a="500"), {}, {})
    assert (found.coverage, found.estimate, found.value_of_a_local_pound) == (0, None, None)
    assert (found.lowest, found.highest) == (Decimal("1.50"), Decimal("2.00"))


def test_nothing_spent_has_no_multiplier() -> None:
    found = multiplier(Decimal(0), {}, {}, {})
    assert isinstance(found, Multiplier)
    assert (found.lowest, found.estimate, found.highest, found.coverage) == (None, None, None, None)


@pytest.mark.parametrize(("staff", "suppliers"), [("-1", "0"), ("101", "0"), ("60", "41"), ("NaN", "0")])
def test_shares_that_are_none_are_refused(staff: str, suppliers: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"supplier": "x", "local_staff": staff, "local_suppliers": suppliers}, Answer, strict=False)


def test_halves_go_away_from_nought() -> None:
    assert hundredths(Fraction(1, 200)) == Decimal("0.01")
    assert hundredths(Fraction(-1, 200)) == Decimal("-0.01")
    assert hundredths(Fraction(49, 10_000)) == 0
