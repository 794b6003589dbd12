"""A catalogue is read whole or not at all, and every fault is told with the row as a spreadsheet counts it."""

from pathlib import Path

import pytest

from service.catalogue_reading import headings_of, of_rows, read_catalogue

HEAD = ("Code", "Measure", "Unit", "Value", "Currency")


@pytest.mark.parametrize(
    ("row", "pointer"),
    [
        (("A", "Jobs", "furlongs", "", ""), "row 3, unit"),
        (("A", "Jobs", "week", "1.234,50", "GBP"), "row 3, value"),
        (("A", "Jobs", "week", "12,34", "GBP"), "row 3, value"),
        (("A", "Jobs", "week", "12", ""), "row 3, currency"),
        (("", "Jobs", "week", "", ""), "row 3"),
        (("B", "Jobs", "week", "", ""), "row 2"),
    ],
)
def test_every_fault_has_its_row(row: tuple[str, ...], pointer: str) -> None:
    found = of_rows([HEAD, ("B", "Weeks", "week", "", ""), row])
    assert found.measures == ()
    assert pointer in [fault.pointer for fault in found.faults]
    assert all(fault.message and fault.mend for fault in found.faults)


def test_headings_are_known_without_their_brackets() -> None:
    assert headings_of(("Ref.", "Ref", "Measure", "Units", "Proxy value (£, 2026)")) == {
        "code": 1,
        "title": 2,
        "unit": 3,
        "value": 4,
    }


def test_a_file_in_another_alphabet_of_bytes_is_told_so(tmp_path: Path) -> None:
    file = tmp_path / "catalogue"
    file.write_bytes("code;title;unit\nÄ;Wärme;week\n".encode("cp1252"))
    assert read_catalogue(file).faults
    file.write_bytes("code;title;unit\nÄ;Wärme;week\n".encode())
    assert [one.title for one in read_catalogue(file).measures] == ["Wärme"]
