"""A year of a city's payments as councils publish them, with a register of suppliers and a list of places; invented.

The lines follow from a few numbers for each payee by plain arithmetic, so that every run has the same files to the
byte. The second half year comes from another finance system: other headings, another encoding, a title above and a
total below; and it names some suppliers otherwise.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, NamedTuple

FIRST_YEAR: Final = 2025
"""The financial year begins in April of it."""
EXCLUDED: Final = "Precepts and levies"
"""What is passed on to other authorities, and buys nothing."""
BOUND: Final = "Waste collection"
"""What a long contract holds."""
CATERING: Final = "School meals"
WORKS: Final = "Building works"
MISSPELT: Final = ("Larch Highway Maintenence Ltd", "Larch Highways Maintenance Ltd")
"""A name of the second half year, and whom it means."""
_BODY: Final = "Northgate City Council"
_CENT: Final = Decimal("0.01")
_CREDITED: Final = 23
"""Every so manieth payment is followed by a credit note."""


class Payee(NamedTuple):
    """Who is paid for what: so many payments a month of about so many pounds.

    `later`: its name in the second half year. `place`, `employees` and `sector` stand in the register; without a
    place it is not there.
    """

    name: str
    category: str
    unit: str
    monthly: int
    pounds: int
    place: str = ""
    employees: int = 0
    sector: str = ""
    later: str = ""


_ENVIRONMENT, _CARE, _SCHOOLS, _ESTATES, _CENTRE = (
    "Environment",
    "Adult care",
    "Schools",
    "Estates and roads",
    "Corporate services",
)

_LATER_ALDER: Final = "ALDER CONSTRUCTION LIMITED"
_LATER_BIRCH: Final = "Birch and Sons Building Limited"
PAYEES: Final = (
    Payee("Fir Global plc", BOUND, _ENVIRONMENT, 1, 198_000, "EC1A 1BB", 9_400, "Facilities"),
    Payee("Fir Global plc", CATERING, _SCHOOLS, 2, 52_000, "EC1A 1BB", 9_400, "Facilities", "FIR GLOBAL PLC"),
    Payee("Maple Meals Ltd", CATERING, _SCHOOLS, 1, 8_300, "NG1 5AX", 34, "Catering", "Maple Meals Limited"),
    Payee("Juniper Kitchens CIC", CATERING, _SCHOOLS, 1, 3_900, "NG2 3JK", 12, "Catering"),
    Payee("Yew Facilities plc", "Grounds maintenance", _ENVIRONMENT, 2, 33_500, "LS1 4YE", 3_100, "Facilities"),
    Payee("Sorrel Grounds Ltd", "Grounds maintenance", _ENVIRONMENT, 1, 9_200, "DE1 3XY", 61, "Landscaping"),
    Payee("Rowan Gardens CIC", "Grounds maintenance", _ENVIRONMENT, 2, 1_900, "NG2 1AA", 18, "Landscaping"),
    Payee(
        "Alder Construction Ltd",
        WORKS,
        _ESTATES,
        2,
        37_400,
        "NG1 2AB",
        44,
        "Construction",
        _LATER_ALDER,
    ),
    Payee(
        "Birch & Sons Building Ltd",
        WORKS,
        _ESTATES,
        1,
        58_900,
        "DE24 8BB",
        230,
        "Construction",
        _LATER_BIRCH,
    ),
    Payee("Hazel Build plc", WORKS, _ESTATES, 2, 121_000, "B1 2HZ", 5_200, "Construction"),
    Payee(MISSPELT[1], "Roads", _ESTATES, 3, 27_600, "DE1 9LH", 140, "Construction", MISSPELT[0]),
    Payee("Spruce Energy plc", "Energy", _ESTATES, 1, 74_200, "CF10 2SE", 6_800, "Energy"),
    Payee("Oak Care Homes Ltd", "Residential care", _CARE, 6, 13_800, "NG2 8OC", 96, "Care"),
    Payee("Poplar Home Care Ltd", "Home care", _CARE, 5, 10_900, "NG1 7PH", 310, "Care"),
    Payee("Quince Health Group plc", "Residential care", _CARE, 3, 41_700, "M1 1QH", 12_000, "Care"),
    Payee("Redacted personal data", "Direct payments", _CARE, 9, 840),
    Payee("Vine Transport Ltd", "School transport", _SCHOOLS, 6, 5_200, "NG1 4VT", 52, "Transport"),
    Payee("Willow Taxis", "School transport", _SCHOOLS, 5, 690),
    Payee("Ivy Training CIC", "Training", _SCHOOLS, 2, 2_700, "NG2 6IV", 9, "Education"),
    Payee("Thorn Software Ltd", "Software", _CENTRE, 2, 17_800, "RG1 8TS", 420, "Information technology"),
    Payee("Northgate Computers Ltd", "Software", _CENTRE, 2, 4_100, "NG1 1NC", 15, "Information technology"),
    Payee("Ash Legal LLP", "Legal services", _CENTRE, 2, 7_600, "EC4A 3AL", 1_150, "Legal"),
    Payee("Elder & Lime Solicitors LLP", "Legal services", _CENTRE, 1, 3_300, "NG1 6EL", 21, "Legal"),
    Payee("Holly Print Ltd", "Printing", _CENTRE, 2, 1_450, "NG2 4HP", 7, "Printing", "Holly Print Limited"),
    Payee("Northgate Fire Authority", EXCLUDED, _CENTRE, 1, 305_000, "NG1 1FA", 610, "Public administration"),
)

PLACES: Final = (
    ("NG1", "city"),
    ("NG2", "city"),
    ("DE", "county"),
    *((area, "country") for area in ("B", "CF", "EC", "LS", "M", "RG")),
)
"""Codes and the ring that each lies in."""

SURVEY: Final = (
    ("Alder Construction Ltd", "38", "31"),
    ("Oak Care Homes Ltd", "61", "9"),
    ("Vine Transport Ltd", "44", "17"),
    ("Hazel Build plc", "9", "4"),
)
"""What suppliers answered: how many percent they spend on local staff, and how many on local suppliers."""


class Payment(NamedTuple):
    """One line: to whom, when, how much, under which number."""

    payee: Payee
    paid_on: date
    amount: Decimal
    number: str


def payments() -> Iterator[Payment]:
    """Every line of the year by day, the credit notes among them."""
    number = 0
    for month in range(12):
        year, month_of_year = divmod(FIRST_YEAR * 12 + 3 + month, 12)
        for place, payee in enumerate(PAYEES):
            for turn in range(payee.monthly):
                number += 1
                paid_on = date(year, month_of_year + 1, 1 + (7 * turn + 5 * place + month) % 28)
                percent = 82 + (37 * turn + 11 * month + 5 * place) % 37
                amount = (Decimal(payee.pounds) * percent / 100 + Decimal(number % 100) / 100).quantize(_CENT)
                yield Payment(payee, paid_on, amount, f"T{number:05d}")
                if number % _CREDITED == 0:
                    part = (amount * Decimal("0.15")).quantize(_CENT, ROUND_HALF_UP)
                    yield Payment(payee, paid_on, -part, f"C{number:05d}")


def _halves() -> tuple[list[Payment], list[Payment]]:
    turn = date(FIRST_YEAR, 10, 1)
    every = sorted(payments(), key=lambda one: (one.paid_on, one.number))
    return [one for one in every if one.paid_on < turn], [one for one in every if one.paid_on >= turn]


def counted() -> Decimal:
    """What an analysis must come to: all payments but what is passed on."""
    return sum((one.amount for one in payments() if one.payee.category != EXCLUDED), start=Decimal(0))


def _written(rows: Iterable[Sequence[str]], encoding: str) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return out.getvalue().encode(encoding)


def first_half() -> bytes:
    """April to September; the line that was exported last stands there twice."""
    first, _ = _halves()
    heading = ("Body Name", "Service Area", "Supplier Name", "Paid Date", "Net Amount", "Trans No", "Spend Category")
    rows = [
        (_BODY, payee.unit, payee.name, f"{paid_on:%d/%m/%Y}", f"{amount}", number, payee.category)
        for payee, paid_on, amount, number in first
    ]
    return _written([heading, *rows, rows[-1]], "utf-8")


def second_half() -> bytes:
    """October to March: other headings, pounds with signs, brackets for credits, a heading repeated, a total below."""
    _, second = _halves()
    heading = ("Date Paid", "Directorate", "Vendor", "Purpose of Expenditure", "Amount excl. VAT", "Internal Ref")
    rows = [
        (f"{paid_on:%d-%b-%y}", payee.unit, payee.later or payee.name, payee.category, _pounds(amount), number)
        for payee, paid_on, amount, number in second
    ]
    middle, total = len(rows) // 2, sum((one.amount for one in second), start=Decimal(0))
    title = (f"{_BODY} – payments over £0, October to March", "", "", "", "", "")
    last = ("", "", "Total", "", _pounds(total), "")
    return _written([title, heading, *rows[:middle], heading, *rows[middle:], last], "cp1252")


def _pounds(amount: Decimal) -> str:
    return f"(£{-amount:,})" if amount < 0 else f"£{amount:,}"


def register() -> bytes:
    """Who the suppliers are: number, place, people, sector."""
    known = {payee.name: payee for payee in PAYEES if payee.place}
    rows = [
        (one.name, f"{4_000_000 + 7_919 * number}", one.place, f"{one.employees}", one.sector)
        for number, one in enumerate(known.values(), 1)
    ]
    return _written([("Supplier", "Company number", "Postcode", "Employees", "Sector"), *rows], "utf-8")


def places() -> bytes:
    """The list of places."""
    return _written([("Code", "Ring"), *PLACES], "utf-8")
