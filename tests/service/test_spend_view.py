"""Charts show what the tables say; long lists are cut with a count, and what is cut stands in the data."""

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from msgspec.structs import replace

from service.charts import LONGEST
from service.language import LANGUAGES
from service.spend_analysis import SpendAnalysis
from service.spend_view import SHOWN, SpendView, view_of
from tests.make_spend import Desk, payments


def view(found: SpendAnalysis) -> SpendView:
    return view_of(found, LANGUAGES["en"], str, {"not known": "unknown"})


def test_bars_are_in_proportion_and_the_unknown_part_has_one(tmp_path: Path) -> None:
    rings = view(Desk(tmp_path).analyse(payments())).rings
    assert rings is not None
    assert [(Fraction(box.width) / LONGEST).limit_denominator(9) for box in rings.boxes] == [
        1,
        Fraction(8, 9),
        Fraction(2, 9),
        Fraction(1, 9),
    ]
    assert [box.tone for box in rings.boxes] == ["mid", "mid", "mid", "pale"]
    assert "unknown" in {word.text for word in rings.words}
    assert "city: 90,000.00 · 45.00 %" in rings.message


def test_what_is_not_known_at_all_has_no_chart(tmp_path: Path) -> None:
    bare = view(Desk(tmp_path).analyse(payments(), bare=True))
    assert (bare.rings, bare.columns) == (None, ())
    assert len(bare.categories.rows) == 3


def test_a_negative_sum_has_no_length(tmp_path: Path) -> None:
    more = ("Cedar CIC", "01/04/2020", "-900000.00", "T9", "x")
    years = view(Desk(tmp_path).analyse(payments(more))).years
    assert years is not None
    assert [box.width for box in years.boxes] == ["0", str(LONGEST)]


def test_a_long_list_is_cut_and_says_by_how_much(tmp_path: Path) -> None:
    many = [("Elm", "01/04/2024", "1.00", f"X{n}", f"Kind {n}") for n in range(60)]
    found = Desk(tmp_path).analyse(payments(*many))
    shown = view(found).categories
    assert (len(shown.rows), shown.more) == (SHOWN, len(found.categories) - SHOWN)


def test_more_rings_than_a_page_is_wide_are_one_column(tmp_path: Path) -> None:
    """The three best paid stand alone; nothing of the others is lost."""
    found = Desk(tmp_path).analyse(payments())
    (part, *_), (row, *_) = found.rings.parts, found.categories
    parts = tuple(replace(part, name=f"ring {n}", amount=Decimal(n)) for n in range(6))
    rings = {f"ring {n}": Decimal(n) for n in range(6)}
    crowded = replace(
        found, rings=replace(found.rings, parts=parts), categories=(replace(row, rings=rings, amount=Decimal(15)),)
    )
    shown = view(crowded)
    assert (shown.columns, shown.others) == (("ring 3", "ring 4", "ring 5"), True)
    (crossed,) = shown.categories.rows
    assert crossed.cells == (3, 4, 5, 3)
