"""A document is accounted for to the last member: taken, left out with a reason, or wrong at its place."""

from decimal import Decimal
from typing import Any

import pytest

from scoring.case import Number
from service.ocds_reading import MOST_LEFT_OUT, Part, Reading, release_in
from service.problems import InvalidRequest

RELEASE: dict[str, Any] = {"ocid": "ocds-1", "tender": {"title": "Benches", "status": "active"}}


@pytest.mark.parametrize(
    ("document", "path"),
    [
        (RELEASE, "/document"),
        ({"version": "1.1", "releases": [RELEASE]}, "/document/releases/0"),
        ({"ocid": "ocds-1", "releases": [RELEASE]}, "/document/releases/0"),
        ({"ocid": "ocds-1", "releases": [{"url": "x"}], "compiledRelease": RELEASE}, "/document/compiledRelease"),
        ({"records": [{"compiledRelease": RELEASE}]}, "/document/records/0/compiledRelease"),
    ],
)
def test_the_one_release_is_found_wherever_it_stands(document: dict[str, Any], path: str) -> None:
    assert release_in(Reading(document, "/document")).path == path


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ({}, "/document/tender"),
        ({"releases": []}, "/document"),
        ({"releases": [RELEASE, RELEASE]}, "/document"),
        ({"releases": [{"url": "https://elsewhere.example"}]}, "/document/releases/0/tender"),
        ({"releases": {"0": RELEASE}}, "/document/releases"),
        ({"releases": [1]}, "/document/releases/0"),
        ({"records": [RELEASE, RELEASE]}, "/document"),
        ({"tender": [1]}, "/document/tender"),
        (RELEASE | {"version": "1.0"}, "/document/version"),
        (RELEASE | {"version": 1.1}, "/document/version"),
    ],
)
def test_what_is_not_one_release_is_refused_at_its_place(document: dict[str, Any], path: str) -> None:
    """None, several, links to elsewhere, wrong types, another version."""
    with pytest.raises(InvalidRequest) as error:
        release_in(Reading(document, "/document"))
    assert path in [fault.pointer for fault in error.value.faults]


@pytest.mark.parametrize(
    ("value", "number"),
    [(7, "7"), (Number("1250.50"), "1250.50"), (Number("1e3"), "1000"), (None, None)],
)
def test_a_number_is_read_digit_by_digit(value: object, number: str | None) -> None:
    reading = Reading({"amount": value}, "")
    assert reading.number(reading.root, "amount") == (None if number is None else Decimal(number))
    assert reading.faults == []


@pytest.mark.parametrize("value", ["7", True, [], Number("1e999999"), Number("1e-999999"), 10**40, Number("1" * 50)])
def test_what_is_no_number_of_anybody_s_is_a_fault(value: object) -> None:
    """Texts, and numbers whose digits would fill books."""
    reading = Reading({"amount": value}, "/document")
    assert reading.number(reading.root, "amount") is None
    assert [fault.pointer for fault in reading.faults] == ["/document/amount"]


def test_what_is_neither_taken_nor_left_is_told_as_far_up_as_it_goes() -> None:
    """Once each, in the order of the document, with the reason that its name tells."""
    document = {"buyer": {"name": "City"}, "tender": {"title": "Benches", "items": [{"id": "1"}], "x": None}, "tag": []}
    reading = Reading(document, "")
    reading.take("/tender/title", "/title")
    told = {one.path: one.reason for one in reading.left_out()}
    assert list(told) == ["/buyer", "/tender/items", "/tender/x", "/tag"]
    assert "your own organisation" in told["/buyer"]
    assert told["/tender/x"] == "It is empty."
    reading.leave_whole("/tender", "Not at all.")
    assert [(one.path, one.reason) for one in reading.left_out()][1] == ("/tender", "Not at all.")
    assert reading.taken() == ()


def test_a_document_that_is_all_noise_is_refused() -> None:
    document = {"tender": {f"{number}": 1 for number in range(MOST_LEFT_OUT)}, "title": ""}
    reading = Reading(document, "")
    reading.take(Part(document["tender"], "/tender").at("title"), "/title")
    with pytest.raises(InvalidRequest):
        reading.left_out()
