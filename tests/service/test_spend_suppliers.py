"""Which supplier a payee is: numbers, names, legal forms and people's answers, through the whole analysis."""

from decimal import Decimal
from pathlib import Path

from service.spend_analysis import Chosen
from service.spend_suppliers import Answers
from tests.make_spend import HEADINGS, Desk, as_csv, payments

NUMBERED = (*HEADINGS, "Supplier ID")


def test_two_legal_forms_of_one_name_are_two_suppliers(tmp_path: Path) -> None:
    """Neither is merged with the other, and a spelling without a form is nobody's."""
    rows = [("Elm Ltd", "01/04/2024", "1.00", "A", ""), ("ELM LIMITED", "01/04/2024", "2.00", "B", "")]
    more = [("Elm LLP", "01/04/2024", "4.00", "C", ""), ("Elm", "01/04/2024", "8.00", "D", "")]
    desk = Desk(tmp_path)
    top = desk.analyse(as_csv([HEADINGS, *rows, *more])).concentration.top
    assert sorted(part.amount for part in top) == [Decimal(3), Decimal(4), Decimal(8)]
    found = desk.analyse(as_csv([HEADINGS, *rows, *more]), exclude=Chosen(suppliers=("Elm Limited",)))
    assert found.amount == Decimal(4)


def test_a_partnership_is_proposed_and_not_taken_for_a_company(tmp_path: Path) -> None:
    found = Desk(tmp_path).analyse(payments(("Alder Roofing LLP", "01/05/2024", "500.00", "T9", "Roofs")))
    assert [(one.supplier, one.alike[0].name) for one in found.proposals] == [
        ("alder roofing llp", "Alder Roofing Limited")
    ]
    assert found.rings.parts[0].amount == Decimal("90000.00")


def test_a_vendor_number_is_no_company_number(tmp_path: Path) -> None:
    """The council's vendor 42 is not company 00000042; the register's firm of that number is proposed."""
    rows = [
        NUMBERED,
        ("Elm Ltd", "01/04/2024", "1.00", "A", "", "42"),
        ("Fir Global", "01/04/2024", "2", "B", "", "99"),
    ]
    found = Desk(tmp_path).analyse(as_csv(rows))
    assert (found.matched, found.unmatched) == (1, 1)
    assert found.proposals[0].alike[0].same_number
    nameless = [("Supplier ID", "Amount"), ("42", "1.00"), ("43", "3.00")]
    assert Desk(tmp_path / "2").analyse(as_csv(nameless)).matched == 0
    companies = [("Company number", "Amount"), ("42", "1.00"), ("43", "3.00")]
    assert Desk(tmp_path / "3").analyse(as_csv(companies)).matched == 1


def test_an_answer_about_an_entry_that_is_gone_is_told(tmp_path: Path) -> None:
    """By name it counts in a register that has numbers; what names no entry is printed and not dropped in silence."""
    slip = payments(("Alder Rofing Ltd", "01/05/2024", "500.00", "T9", "Roofs"))
    desk = Desk(tmp_path)
    by_name = desk.analyse(slip, answers=Answers(same={"alder rofing": "alder roofing"}))
    assert by_name.rings.parts[0].amount == Decimal("90500.00")
    lost = desk.analyse(slip, answers=Answers(same={"alder rofing": "777"}))
    assert lost.rings.parts[0].amount == Decimal("90000.00")
    assert any("alder rofing = 777" in note for note in lost.notes)


def test_an_answer_holds_when_a_second_legal_form_turns_up(tmp_path: Path) -> None:
    """It was given of the words alone: it counts for the firm with the entry's form, and for nobody else."""
    rows = [
        ("Alder Rofing Ltd", "01/05/2024", "500.00", "T9", ""),
        ("Alder Rofing LLP", "02/05/2024", "7.00", "T10", ""),
    ]
    desk = Desk(tmp_path)
    given = Answers(same={"alder rofing": "alder roofing"})
    found = desk.analyse(payments(*rows), answers=given)
    assert found.rings.parts[0].amount == Decimal("90500.00")
    assert not any("legal forms" in note for note in found.notes)
    lost = desk.analyse(payments(*rows), answers=Answers(same={"alder rofing": "fir global"}))
    assert any("alder rofing = fir global" in note for note in lost.notes)
    again = desk.analyse(payments(rows[0]), answers=Answers(same={"alder rofing ltd": "alder roofing"}))
    assert again.rings.parts[0].amount == Decimal("90500.00")


def test_a_refusal_holds_when_a_second_legal_form_turns_up(tmp_path: Path) -> None:
    rows = [
        ("Alder Rofing Ltd", "01/05/2024", "500.00", "T9", ""),
        ("Alder Rofing LLP", "02/05/2024", "7.00", "T10", ""),
    ]
    desk = Desk(tmp_path)
    no = {"alder roofing"}
    assert desk.analyse(payments(*rows), answers=Answers(other={"alder rofing": no})).proposals == ()
    assert desk.analyse(payments(rows[0]), answers=Answers(other={"alder rofing ltd": no})).proposals == ()
    assert [one.supplier for one in desk.analyse(payments(*rows)).proposals] == ["alder rofing ltd", "alder rofing llp"]
