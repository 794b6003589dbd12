"""One supplier's spellings come together; two suppliers never do by likeness alone."""

from decimal import Decimal

import pytest

from service.spend_matching import (
    Entry,
    Register,
    Wanted,
    identifier_of,
    key_of,
    name_of,
    propose,
    size_of,
    voluntary_of,
)

REGISTER = Register(
    [
        Entry(supplier="Alder Roofing Limited", supplier_id="01234567"),
        Entry(supplier="Birch & Sons"),
        Entry(supplier="Cedar Energy Ltd", supplier_id="42"),
        Entry(supplier="Cedar Energy plc", supplier_id="43"),
    ]
)


@pytest.mark.parametrize(
    "spelling",
    [
        "ALDER ROOFING LTD",
        "Alder Roofing Ltd.",
        "The Alder-Roofing Limited   ",
        "Alder Roofing Limited t/a Roofs4U",
        "alder  roofing",
        "Ålder Roofing LTD",
    ],
)
def test_spellings_of_one_name_have_one_key(spelling: str) -> None:
    assert key_of(spelling) == "alder roofing"


def test_other_names_have_other_keys() -> None:
    """The control: nothing that tells two firms apart is thrown away."""
    names = ("Alder Roofing", "Alder Roofing North", "Alder Roofing 2", "Elder Roofing", "Ltd", "A B C")
    assert len({key_of(name) for name in names}) == len(names)
    assert key_of("A.B.C. Ltd") == key_of("ABC Limited") == "abc"
    assert key_of("***") == ""


def test_legal_forms_are_told() -> None:
    assert name_of("Cedar Energy P.L.C.").form == "plc"
    assert name_of("Cedar Community Interest Company").form == "cic"
    assert name_of("Baker GmbH").form == "gmbh"


def test_an_identifier_decides_where_the_names_fit() -> None:
    """A council's vendor number may be somebody else's company number: with another name it is a proposal."""
    assert REGISTER.find(name_of("Alder Roofing Services (North) Ltd"), [identifier_of(" 1234567")]) == 0
    assert REGISTER.find(name_of("Something Else"), [identifier_of(" 1234567")]) is None
    assert REGISTER.find(name_of("Alder Roofing LLP"), [identifier_of(" 1234567")]) is None
    other = wanted("Something Else")._replace(identifiers=frozenset({"1234567"}))
    (proposal,) = propose(REGISTER, [other], {})
    assert [(one.entry, one.same_number) for one in proposal.alike] == [("1234567", True)]


def test_two_legal_forms_are_two_firms() -> None:
    """`Alder Roofing LLP` is not the register's limited company, though it is its only entry of that name."""
    assert REGISTER.find(name_of("Alder Roofing LLP"), []) is None
    assert REGISTER.find(name_of("Alder Roofing"), []) == 0
    assert REGISTER.find(name_of("Alder Roofing"), [], forms=2) is None


def test_an_answer_finds_its_entry_by_number_and_by_name() -> None:
    """A register loaded again with company numbers voids no answer that was given by name."""
    assert [REGISTER.named(key) for key in ("1234567", "alder roofing", "birch and sons", "cedar energy", "9")] == [
        0,
        0,
        1,
        None,
        None,
    ]


def test_a_name_with_two_entries_is_told_apart_by_its_legal_form_or_left_open() -> None:
    """Two firms of one name: with its form one is found, without it nobody guesses."""
    assert REGISTER.find(name_of("CEDAR ENERGY PLC"), []) == 3
    assert REGISTER.find(name_of("Cedar Energy"), []) is None
    assert REGISTER.find(name_of("BIRCH AND SONS LTD"), []) == 1


def wanted(text: str) -> Wanted:
    """A supplier that is in no entry."""
    return Wanted(key_of(text), name_of(text), text, Decimal(5), frozenset())


def test_likeness_is_proposed_and_not_matched() -> None:
    assert REGISTER.find(name_of("Alder Rofing Ltd"), []) is None
    (proposal,) = propose(REGISTER, [wanted("Alder Rofing Ltd"), wanted("Zebra")], {})
    assert proposal.supplier == "alder rofing"
    assert [(one.entry, one.name) for one in proposal.alike] == [("1234567", "Alder Roofing Limited")]
    assert 86 <= proposal.alike[0].likeness < 100


def test_a_proposal_that_a_person_has_refused_does_not_come_again() -> None:
    for entry in ("1234567", "alder roofing"):
        assert propose(REGISTER, [wanted("Alder Rofing Ltd")], {"alder rofing": {entry}}) == []


@pytest.mark.parametrize(
    ("size", "employees", "found"),
    [
        (None, "9", "micro"),
        (None, "10", "small"),
        (None, "49", "small"),
        (None, "50", "medium"),
        (None, "249", "medium"),
        (None, "250", "large"),
        (None, "1,200", "large"),
        (None, "1.200", "large"),
        (None, "1\u202f200", "large"),
        (None, "1.234,5", "large"),
        (None, "12.5", "small"),
        (None, "9,75", "micro"),
        (None, "0.125", "micro"),
        (None, "249.5", "medium"),
        ("Large", "10", "small"),
        ("SME", None, "sme"),
        ("Non-SME", None, "large"),
        ("Yes", None, "sme"),
        ("N", None, "large"),
        ("unknown", None, None),
        (None, None, None),
    ],
)
def test_sizes_follow_the_recommendation_s_head_counts(size: str, employees: str, found: str) -> None:
    assert size_of(size, employees) == found


def test_voluntary_is_what_says_so_and_unknown_is_not_no() -> None:
    assert voluntary_of("Charity", name_of("x")) is True
    assert voluntary_of(None, name_of("Cedar CIC")) is True
    assert voluntary_of("No", name_of("x")) is False
    assert voluntary_of(None, name_of("Cedar Ltd")) is None
