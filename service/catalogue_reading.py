"""A catalogue of measures as its owner sends it, CSV, XLSX or JSON, read whole or not at all; faults by their rows."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import msgspec
from msgspec import Meta, Struct

from scoring.decimals import require_decimal
from scoring.units import UNITS, Direction
from service import apart, sheets, wire, workbooks
from service.ocds import EnvironmentalImpact, SocialObjective
from service.problems import Fault, Refusal
from service.sheets import SheetUnreadable

MOST_ROWS: Final = 5_000
MOST_UNPACKED: Final = 50_000_000
"""Bytes of an unpacked workbook."""
HEADINGS: Final[dict[str, str]] = {
    "code": "code",
    "ref": "code",
    "reference": "code",
    "measure code": "code",
    "title": "title",
    "measure": "title",
    "name": "title",
    "unit": "unit",
    "units": "unit",
    "value": "value",
    "unit value": "value",
    "proxy value": "value",
    "proxy": "value",
    "currency": "currency",
    "price base": "price_base",
    "description": "description",
    "evidence": "evidence",
    "theme": "theme",
    "counts": "counts",
    "direction": "direction",
    "social objective": "social_objective",
    "bt-775": "social_objective",
    "environmental impact": "environmental_impact",
    "bt-774": "environmental_impact",
    "goal": "goal",
    "ocds goal": "goal",
}
"""What a heading means, in small letters and without what stands in brackets."""
NEEDED: Final = ("code", "title", "unit")
LATER: Final = ("direction", "social_objective", "environmental_impact", "goal")
"""What catalogues could not say at first."""
WORDS: Final[dict[str, str]] = {
    "fte": "fte_year",
    "no. fte": "fte_year",
    "fte years": "fte_year",
    "no. people": "person",
    "people": "person",
    "no. hrs": "hour",
    "hours": "hour",
    "no. weeks": "week",
    "weeks": "week",
    "wellbys": "wellby",
    "no. wellbys": "wellby",
    "tco2e": "tCO2e",
    "tonnes co2e": "tCO2e",
    "kgco2e": "kgCO2e",
    "%": "percent",
    "yes/no": "yes_no",
    "£": "GBP",
    "€": "EUR",
}
"""Units as catalogues write them."""
_AMOUNT: Final = re.compile(r"[£€$]?\s*([0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,15})(\.[0-9]{1,12})?", re.ASCII)

Words = Annotated[str, Meta(min_length=1, max_length=1000, pattern=r"\S")]


class OwnMeasure(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A measure of a buyer's own catalogue, with the proxy value of its unit, if it has one.

    `counts` tells what it counts: two measures that count the same would count one thing twice. `direction` says which
    way is better where the unit does not, as of tonnes of carbon saved. `social_objective` (BT-775),
    `environmental_impact` (BT-774) and `goal` (OCDS) are what criteria made of it are published with.
    """

    code: Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S")]
    title: Words
    unit: Annotated[str, Meta(min_length=1, max_length=20)]
    value: Decimal | None = None
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")] | None = None
    price_base: Annotated[str, Meta(max_length=100)] = ""
    description: Annotated[str, Meta(max_length=10_000)] = ""
    evidence: tuple[Words, ...] = ()
    theme: Annotated[str, Meta(max_length=200)] = ""
    counts: Annotated[str, Meta(max_length=100)] = ""
    direction: Direction | None = None
    social_objective: SocialObjective | None = None
    environmental_impact: EnvironmentalImpact | None = None
    goal: Annotated[str, Meta(max_length=100, pattern=r"^(social|economic|environmental)(\.[A-Za-z]+)?$")] | None = None

    def __post_init__(self) -> None:
        """A value that can be reckoned with: 1E+900000 is a short text and a number of nine hundred thousand digits."""
        if self.value is not None:
            require_decimal(self.value, "value")


class Read(NamedTuple):
    """What was read of a file: its measures, or every fault."""

    measures: tuple[OwnMeasure, ...]
    faults: tuple[Fault, ...]


def read(source: Path) -> Read:
    """The measures of a file; runs in a process of its own, which it closes to the world."""
    apart.close_doors()
    return read_catalogue(source)


def read_catalogue(source: Path) -> Read:
    """The measures of a file, or every fault with its row as a spreadsheet counts."""
    with source.open("rb") as file:
        head = file.read(4)
    try:
        if head.lstrip()[:1] in {b"[", b"{"}:
            return _of_json(source.read_bytes())
        if head[:2] == b"PK":
            return _of_visible(list(_of_workbook(source)))
        found = sheets.read(source.read_bytes(), sheets.CSV)
    except SheetUnreadable as error:
        return Read((), error.faults or (Fault("", error.detail, error.mend()),))
    except ValueError as error:
        return Read((), (Fault("", str(error), "Send CSV in UTF-8, a workbook (XLSX) or JSON."),))
    return Read((), tuple(found.faults.values())) if found.faults else _of_visible(found.rows)


def _of_json(content: bytes) -> Read:
    try:
        measures = wire.decode(content, tuple[OwnMeasure, ...])
    except Refusal as refusal:
        mend = "See the description of OwnMeasure."
        return Read((), refusal.faults or (Fault("", f"This is no list of measures: {refusal.detail}", mend),))
    return checked(measures, [f"/{number}" for number in range(len(measures))])


def _of_visible(rows: Sequence[Sequence[str]]) -> Read:
    """The measures in a table, none of whose cells has characters that hide or reorder text."""
    cells = ((number, column, cell) for number, row in enumerate(rows, 1) for column, cell in enumerate(row, 1))
    faults = [
        fault for number, column, cell in cells if (fault := wire.hidden_in(cell, sheets.address(number, column)))
    ]
    return Read((), tuple(faults)) if faults else of_rows(rows)


def _of_workbook(source: Path) -> Iterator[list[str]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        workbooks.check(source, MOST_UNPACKED)
        book = CalamineWorkbook.from_path(str(source))
        rows = book.get_sheet_by_index(0).to_python(skip_empty_area=False, nrows=MOST_ROWS + 2)
    except (CalamineError, OSError) as error:
        raise ValueError(f"The workbook cannot be opened: {error}.") from None
    for row in rows:
        yield [_cell(value) for value in row]


def _cell(value: Any) -> str:
    """A cell as text; a number to the 15 digits that a spreadsheet has."""
    return format(Decimal(f"{value:.15g}"), "f") if isinstance(value, float) else str(value)


def of_rows(rows: Sequence[Sequence[str]]) -> Read:
    """The measures in a table whose first row that names what is needed is its heading."""
    named = [headings_of(row) for row in rows[:40]]
    place = next((place for place, columns in enumerate(named) if all(name in columns for name in NEEDED)), None)
    if place is None:
        mend = f"Name columns {', '.join(NEEDED)} and, if you have them, value, currency, evidence, theme."
        return Read((), (Fault("", "No row is a heading of a catalogue.", mend),))
    columns = named[place]
    if len(rows) - place > MOST_ROWS:
        return Read((), (Fault("", f"The file has more than {MOST_ROWS} rows.", "Split the catalogue."),))
    measures: list[OwnMeasure] = []
    faults: list[Fault] = []
    places: list[str] = []
    for number, row in enumerate(rows[place + 1 :], start=place + 2):
        cells = {name: row[column].strip() for name, column in columns.items() if column < len(row)}
        if any(cells.values()):
            one = _measure_of(cells, f"row {number}")
            if isinstance(one, Fault):
                faults.append(one)
            else:
                measures.append(one)
                places.append(f"row {number}")
    known = checked(tuple(measures), places)
    return Read(known.measures if not faults else (), (*faults, *known.faults))


def headings_of(row: Sequence[str]) -> dict[str, int]:
    """Which column is what, by its heading; the first of two that mean the same."""
    found: dict[str, int] = {}
    for column, text in enumerate(row):
        plain = re.sub(r"\(.*?\)", "", text).strip().casefold()
        if plain in HEADINGS:
            found.setdefault(HEADINGS[plain], column)
    return found


def _measure_of(cells: dict[str, str], at: str) -> OwnMeasure | Fault:
    value = None
    if cells.get("value"):
        amount = _AMOUNT.fullmatch(cells["value"])
        if amount is None:
            message = f"{cells['value'][:40]!r} is no amount."
            return Fault(f"{at}, value", message, "Write 1234.50 or 1,234.50.")
        value = Decimal(amount[1].replace(",", "") + (amount[2] or ""))
    unit = cells.get("unit", "")
    evidence = tuple(part.strip() for part in cells.get("evidence", "").split(";") if part.strip())
    plain = {name: cells.get(name, "") for name in ("code", "title", "description", "theme", "counts", "price_base")}
    own = {"unit": WORDS.get(unit.casefold(), unit), "value": value, "currency": cells.get("currency") or None}
    own |= {name: cells.get(name) or None for name in LATER}
    try:
        return msgspec.convert({**plain, **own, "evidence": evidence}, OwnMeasure)
    except msgspec.ValidationError as error:
        return Fault(at, str(error), "Fill the cell, or leave the row out.")


def checked(measures: tuple[OwnMeasure, ...], places: Sequence[str]) -> Read:
    """Each code once, in a unit that is known, with a value that has a currency."""
    often = Counter(one.code for one in measures)
    faults: list[Fault] = []
    for one, at in zip(measures, places, strict=True):
        if often[one.code] > 1:
            faults.append(Fault(at, f"The code {one.code} stands {often[one.code]} times.", "Name each measure once."))
        if one.unit not in UNITS and re.fullmatch("[A-Z]{3}", one.unit) is None:
            faults.append(
                Fault(f"{at}, unit", f"The unit {one.unit!r} is unknown.", f"Write one of {', '.join(UNITS)}.")
            )
        if one.value is not None and one.currency is None:
            faults.append(Fault(f"{at}, currency", "A value has a currency.", "Write GBP, EUR or another code."))
    if not measures:
        faults.append(Fault("", "There is no measure in it.", "Send at least one."))
    return Read(() if faults else measures, tuple(faults))
