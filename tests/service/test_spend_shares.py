"""The analysis of a small invented city, worked out by hand, and what must hold for any."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from service.spend_analysis import Bounds, Chosen, SpendAnalysis
from service.spend_multiplier import Answer
from service.spend_reading import Unreadable
from service.spend_shares import bounds, percent
from service.spend_suppliers import Answers
from tests.make_spend import HEADINGS, PAYMENTS, Desk, as_csv, payments
from tests.service.test_spend_import import FILES


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture
def city(desk: Desk) -> SpendAnalysis:
    """The city's payments of one year; 190,000.00 of 200,000.00 have a place."""
    return desk.analyse(payments())


def amounts(table: object) -> dict[str, str]:
    return {part.name: str(part.amount) for part in (*table.parts, table.unknown)}


def test_spellings_are_one_supplier(city: SpendAnalysis) -> None:
    """Alder is written in two ways; five suppliers are named, four of them are in the register."""
    assert (city.amount, city.lines, city.suppliers) == (Decimal("200000.00"), 8, 5)
    assert (city.matched, city.unmatched) == (4, 1)


def test_rings_are_sums_by_place_and_the_unknown_is_a_part_of_its_own(city: SpendAnalysis) -> None:
    assert amounts(city.rings) == {
        "city": "90000.00",
        "county": "80000.00",
        "country": "20000.00",
        "not known": "10000.00",
    }
    assert [part.share for part in city.rings.parts] == [Decimal("47.37"), Decimal("42.11"), Decimal("10.53")]
    assert city.rings.unknown.of_all == Decimal("5.00")


def test_missing_places_are_never_counted_as_elsewhere(city: SpendAnalysis) -> None:
    """90 of 190 known thousands are local; of all 200 between 45 and 50 percent, whatever the missing postcodes are."""
    assert city.local == Bounds(known=Decimal("47.37"), lowest=Decimal("45.00"), highest=Decimal("50.00"))
    assert city.influence.leakage == Decimal("20000.00")
    assert city.influence.share.highest == Decimal("15.00")


def test_smes_by_value_and_by_number(city: SpendAnalysis) -> None:
    """Alder (40 people) and Cedar (8) of the four whose size is known: 90 of 190 thousands, and half of the firms."""
    assert amounts(city.sizes) == {
        "micro": "10000.00",
        "small": "80000.00",
        "large": "100000.00",
        "not known": "10000.00",
    }
    assert city.smes.known == Decimal("47.37")
    assert city.smes_by_count == Bounds(known=Decimal("50.00"), lowest=Decimal("40.00"), highest=Decimal("60.00"))


def test_concentration_is_of_named_suppliers_and_exact(city: SpendAnalysis) -> None:
    """Shares 80, 80, 20, 10 and 9 of 199: the sum of their squares is 13,381 of 39,601."""
    found = city.concentration
    assert [part.name for part in found.top] == [
        "Alder Roofing Limited",
        "Birch and Sons",
        "Fir Global PLC",
        "Cedar Community Energy C.I.C.",
        "Somebody Unlisted",
    ]
    assert (found.amount, found.top_share, found.hhi) == (
        Decimal("199000.00"),
        Decimal("100.00"),
        Decimal("3378.96"),
    )


def test_a_supplier_with_more_credits_than_payments_has_no_share(desk: Desk) -> None:
    found = desk.analyse(payments(("Elm", "01/04/2024", "-400.00", "T9", "x"))).concentration
    assert (found.suppliers, found.named_apart, found.amount) == (5, 1, Decimal("199000.00"))


def test_what_could_be_influenced_is_neither_bound_nor_without_local_supply(desk: Desk) -> None:
    """Fir's 20,000 for energy leak; Cedar is local and sells energy, so a tender could move them, unless it is bound.

    Gas leaks too, but nobody in the region is paid for gas.
    """
    gas = ("Fir Global plc", "01/05/2024", "7000.00", "T9", "Gas")
    found = desk.analyse(payments(gas)).influence
    assert (found.leakage, found.influenceable, found.no_local_supply, found.bound) == (
        Decimal("27000.00"),
        Decimal("20000.00"),
        Decimal("7000.00"),
        0,
    )
    assert [(leak.category, leak.influenceable, leak.local_suppliers) for leak in found.categories] == [
        ("Energy", Decimal("20000.00"), 1),
        ("Gas", 0, 0),
    ]
    held = desk.analyse(payments(gas), bound=Chosen(categories=("energy",))).influence
    assert (held.bound, held.influenceable) == (Decimal("20000.00"), 0)
    by_name = desk.analyse(payments(gas), bound=Chosen(suppliers=("FIR GLOBAL",))).influence
    assert (by_name.bound, by_name.leakage) == (Decimal("27000.00"), Decimal("27000.00"))


def test_the_parts_of_leakage_add_up(desk: Desk) -> None:
    found = desk.analyse(payments(("Fir Global plc", "01/05/2024", "500.00", "T9", ""))).influence
    assert found.no_category == Decimal("500.00")
    assert found.leakage == found.bound + found.no_local_supply + found.no_category + found.influenceable


@pytest.mark.parametrize(
    ("chosen", "lines", "reason"),
    [
        (Chosen(suppliers=("alder roofing",)), 2, "The supplier is left out."),
        (Chosen(categories=("ROOFS",)), 3, "The category is left out."),
    ],
)
def test_every_exclusion_is_counted_and_listed(desk: Desk, chosen: Chosen, lines: int, reason: str) -> None:
    found = desk.analyse(payments(), exclude=chosen)
    (out,) = found.left_out
    assert (out.reason, out.lines, found.lines) == (reason, lines, 8 - lines)
    assert found.amount + out.amount == Decimal("200000.00")
    (folder,) = desk.folder.glob("analysis-*")
    with (folder / "analysis-left-out.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["row"] for row in rows] == (["2", "3"] if lines == 2 else ["2", "3", "4"])
    assert {row["file"] for row in rows} == {"1.csv"}


@pytest.mark.parametrize(
    ("cell", "word"),
    [
        ("Straßenreinigung", "straßenreinigung"),
        ("STRASSENREINIGUNG", "Straßenreinigung"),
        ("Καθαρισμός", "καθαρισμός"),
        ("ΔΡΟΜΟΣ", "δρομος"),
        ("δρομος", "ΔΡΟΜΟΣ"),
        ("Ménage ", " MÉNAGE"),
    ],
)
def test_chosen_words_are_found_in_any_script_and_case(desk: Desk, cell: str, word: str) -> None:
    """A word that one reads with the same letters leaves its lines out, and no note says that it is nowhere."""
    line = ("Elm", "01/04/2024", "1.00", "T9", cell)
    found = desk.analyse(payments(line), exclude=Chosen(categories=(word,)))
    assert [(out.reason, out.lines) for out in found.left_out] == [("The category is left out.", 1)]
    assert not any(word in note for note in found.notes)
    held = desk.analyse(payments(line), bound=Chosen(categories=(word,)))
    assert not any(word in note for note in held.notes)


def test_chosen_words_that_no_line_has_are_told(desk: Desk) -> None:
    """A slip of the pen in what is to be left out does not pass for having left it out."""
    found = desk.analyse(
        payments(), exclude=Chosen(categories=("Rofs", "Roofs"), suppliers=("Alda",)), bound=Chosen(contracts=("C1",))
    )
    assert found.notes[-1] == "What was chosen to be left out or to count as bound matches no line: Alda, Rofs, C1."


def test_days_are_chosen_and_lines_without_one_are_told(desk: Desk) -> None:
    undated = ("Elm", "", "1.00", "T9", "x")
    found = desk.analyse(payments(undated), first_day=date(2024, 6, 1), last_day=date(2024, 6, 30))
    assert {out.reason: out.lines for out in found.left_out} == {
        "The line was paid outside of the chosen days.": 2,
        "The line has no day, and days were chosen.": 1,
    }
    assert found.lines == 6


def test_files_that_overlap_count_once(desk: Desk) -> None:
    """The same quarter published twice doubles nothing: a repeated line repeats everything, its number included."""
    found = desk.analyse(payments(), payments(("Elm", "01/04/2024", "1.00", "T9", "x")))
    assert (found.amount, found.lines) == (Decimal("200001.00"), 9)
    assert found.left_out[0].lines == 8
    both = desk.analyse(payments(), payments(), keep_repeated=True)
    assert both.amount == Decimal("400000.00")


def test_lines_that_differ_in_anything_or_have_no_number_are_no_repeats(desk: Desk) -> None:
    """The control: two payments of one sum on one day to one supplier are two payments."""
    one = ("Elm", "01/04/2024", "1.00", "T9", "x")
    more = (one, ("Elm", "01/04/2024", "1.00", "T9", "y"), ("Elm", "01/04/2024", "1.00", "", "x"))
    assert desk.analyse(payments(*more, ("Elm", "01/04/2024", "1.00", "", "x"))).lines == 12


def test_a_person_s_answer_counts_and_the_proposal_goes(desk: Desk) -> None:
    """`Alder Rofing` is proposed, not matched; once a person has said yes, it is Alder and local."""
    slip = payments(("Alder Rofing Ltd", "01/05/2024", "500.00", "T9", "Roofs"))
    before = desk.analyse(slip)
    assert [(one.supplier, one.amount) for one in before.proposals] == [("alder rofing", Decimal("500.00"))]
    answers = Answers(same={"alder rofing": before.proposals[0].alike[0].entry})
    after = desk.analyse(slip, answers=answers)
    assert (after.proposals, after.suppliers, before.suppliers) == ((), 5, 6)
    assert after.rings.parts[0].amount - before.rings.parts[0].amount == Decimal("500.00")
    no = desk.analyse(slip, answers=Answers(other={"alder rofing": {before.proposals[0].alike[0].entry}}))
    assert no.proposals == ()


def test_a_line_s_own_postcode_counts_before_the_register_s(desk: Desk) -> None:
    """A branch is where it was paid, not where the firm is registered."""
    rows = [(*HEADINGS, "Supplier Postcode"), (*PAYMENTS[0], "EC1A 1BB"), (*PAYMENTS[1], "")]
    found = desk.analyse(as_csv(rows))
    assert amounts(found.rings) == {"city": "20000.00", "country": "60000.00", "not known": "0.00"}


def test_years_begin_where_the_buyer_s_do_and_only_like_is_compared(desk: Desk) -> None:
    """From 40 to 60 in the same month of the next year is plus 50 percent; a year with more months is not compared."""
    more = [
        ("Elm", "01/06/2020", "40.00", "A", "x"),
        ("Elm", "01/06/2021", "60.00", "B", "x"),
        ("Elm", "01/06/2022", "60.00", "C", "x"),
        ("Elm", "31/03/2023", "60.00", "D", "x"),
    ]
    years = desk.analyse(as_csv([HEADINGS, *more])).years
    assert [(year.name, year.months, year.change) for year in years] == [
        ("2020/21", 1, None),
        ("2021/22", 1, Decimal("50.00")),
        ("2022/23", 2, None),
    ]
    calendar = desk.analyse(as_csv([HEADINGS, *more]), year_begins_in=1).years
    assert [year.name for year in calendar] == ["2020", "2021", "2022", "2023"]


def test_the_multiplier_is_worked_out_from_answers(desk: Desk) -> None:
    """R1 190, R2 90 (Alder 80, Cedar 10); Alder answered half: R3 is 40, of 89 percent of R2."""
    survey = [{"supplier": "Alder Roofing LTD", "local_staff": "30", "local_suppliers": "20"}]
    answers = msgspec.convert(survey, tuple[Answer, ...], strict=False)
    found = desk.analyse(payments(), survey=answers).multiplier
    assert found is not None
    assert (found.r1, found.r2, found.r3_answered) == (190_000, 90_000, 40_000)
    assert (found.coverage, found.lowest, found.estimate, found.highest) == (
        Decimal("88.89"),
        Decimal("1.68"),
        Decimal("1.71"),
        Decimal("1.74"),
    )
    assert found.value_of_a_local_pound == Decimal("1.50")


def test_lines_without_a_name_count_in_both_rounds_alike(desk: Desk) -> None:
    """A redacted line with a local postcode is local spend; nobody answered for it, and so the coverage is lower."""
    rows = [(*HEADINGS, "Supplier Postcode"), (*PAYMENTS[0], ""), (*PAYMENTS[6], "NG1 1AA")]
    answers = (Answer(supplier="Alder Roofing", local_staff=Decimal(50), local_suppliers=Decimal(0)),)
    found = desk.analyse(as_csv(rows), survey=answers)
    assert found.multiplier is not None
    assert (found.multiplier.r1, found.multiplier.r2) == (61_000, 61_000)
    assert (found.multiplier.coverage, found.place_known) == (Decimal("98.36"), Decimal("100.00"))


def test_a_supplier_with_two_sizes_counts_once(desk: Desk) -> None:
    """Small on two lines under two classes it is one SME; called small and large it is unknown."""
    rows = [("Supplier", "Amount", "Size"), ("Elm", "1", "micro"), ("Elm", "1", "small"), ("Oak", "1", "large")]
    assert desk.analyse(as_csv(rows), bare=True).smes_by_count.known == Decimal("50.00")
    both = desk.analyse(as_csv([*rows, ("Oak", "5", "small")]), bare=True).smes_by_count
    assert both == Bounds(known=Decimal("100.00"), lowest=Decimal("50.00"), highest=Decimal("100.00"))


def test_all_categories_are_kept_and_the_files_are_named(desk: Desk) -> None:
    """What a report has no room for is in the data; what was asked, and what the import left out, is too."""
    many = [("Elm", "01/04/2024", "1.00", f"X{n}", f"Kind {n}") for n in range(60)]
    found = desk.analyse(payments(*many, ("Elm", "31/04/2024", "12", "T9", "")))
    assert (len(found.categories), found.more_categories) == (63, 0)
    assert found.request is not None
    assert found.request.local == ("city",)
    payment, register, places = found.made_of
    assert [one.kind for one in (payment, register, places)] == ["payments", "register", "places"]
    assert (payment.rows, payment.kept, [one.reason for one in payment.left_out]) == (69, 68, ["date"])
    assert len(payment.digest) == 64


def test_a_ring_that_the_list_does_not_have_is_refused(desk: Desk) -> None:
    """A misspelt ring must not become a local share of nought."""
    found = desk.try_to_analyse(payments(), local=("citty",))
    assert isinstance(found, Unreadable)
    assert "citty" in found.message
    assert "city, county, country" in found.mend


def test_without_places_and_register_nothing_is_claimed(desk: Desk) -> None:
    found = desk.analyse(payments(), bare=True)
    assert found.local == Bounds(known=None, lowest=None, highest=None)
    assert (found.influence.leakage, found.influence.share.known) == (0, None)
    assert found.suppliers == 5
    assert len(found.notes) == 2


def test_nothing_is_local_where_nobody_said_what_is(desk: Desk) -> None:
    """A share of nought would be a claim; what leaves the region is told where one was named."""
    nothing = Bounds(known=None, lowest=None, highest=None)
    found = desk.analyse(payments(), local=())
    assert found.local == nothing
    assert [year.local for year in found.years] == [nothing]
    assert found.influence.leakage == Decimal("110000.00")
    assert found.notes == ("No ring was named as local: local shares are not worked out.",)
    neither = desk.analyse(payments(), local=(), region=())
    assert (neither.local, neither.influence.share) == (nothing, nothing)
    assert neither.notes == ("No ring was named as local: local shares and leakage are not worked out.",)


def test_what_is_not_known_is_printed(city: SpendAnalysis) -> None:
    told = {one.what: (one.lines, str(one.amount)) for one in city.unknown}
    assert told["supplier, redacted"] == (1, "1000.00")
    assert told["place"] == told["size"] == (2, "10000.00")
    assert told["day"] == (0, "0.00")


def test_findings_name_what_they_speak_for(city: SpendAnalysis) -> None:
    assert [finding.id for finding in city.findings] == ["influence:Energy", "smes", "concentration"]
    assert all(finding.outcomes for finding in city.findings)


def test_shares_are_rounded_once_half_up() -> None:
    assert percent(Decimal("0.005"), Decimal(100)) == Decimal("0.01")
    assert percent(Decimal(1), Decimal(3)) == Decimal("33.33")
    assert percent(Decimal(1), Decimal(0)) is None
    assert percent(Decimal(1), Decimal(-5)) is None
    assert bounds(Decimal(0), Decimal(0), Decimal(10)) == Bounds(known=None, lowest=Decimal(0), highest=Decimal(100))


@pytest.mark.skipif(not FILES, reason="the real council's files are not here")
def test_a_real_city_s_parts_add_up(desk: Desk) -> None:
    """Whatever the files hold: kept and left out are all lines, and every table's parts are the whole sum."""
    found = desk.analyse(*[path.read_bytes() for path in FILES], bare=True)
    rows = sum(len(path.read_text().splitlines()) - 1 for path in FILES)
    assert found.lines + sum(out.lines for out in found.left_out) == rows
    for table in (found.rings, found.sizes, found.voluntary):
        assert sum((part.amount for part in table.parts), start=table.unknown.amount) == found.amount
    assert sum(year.amount for year in found.years) == found.amount
    assert found.concentration.hhi is not None
    assert 0 < found.concentration.hhi < 10_000
