"""What a file looks like: its first rows, what each column was taken for, a mapping to confirm, and its doubts."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct

from service import spend_columns, spend_words
from service.spend_columns import Field, Kind
from service.spend_import import Mapped, missing_of
from service.spend_reading import Layout, Unreadable, UnreadableFile, head_of, headings_of

SHOWN_ROWS: Final = 20
SAMPLES: Final = 3
_Test = Callable[[Sequence[str]], bool]
"""Whether all cells of a column may be of a field."""


class Column(Struct, frozen=True, kw_only=True):
    """A column of a file with its first values, and what it was taken for."""

    number: int
    heading: str
    field: Field | None
    samples: tuple[str, ...]


class Preview(Struct, frozen=True, kw_only=True):
    """What a file looks like, and a mapping to confirm. `doubts` are what a person should look at first."""

    sheets: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    mapping: Mapped
    doubts: tuple[str, ...]


def preview(source: Path, kind: Kind, given: Layout | None, known: Mapping[str, Field]) -> Preview | Unreadable:
    """The beginning of a file and the mapping to propose; for a child process.

    known: what people of the same buyer have confirmed before, by plain heading.
    """
    try:
        head = head_of(source, kind, given)
        headings = headings_of(head.rows, head.layout)
    except UnreadableFile as error:
        return error.fault
    rows = [[*row, *[""] * (len(headings) - len(row))] for row in head.rows[head.layout.heading_row :]]
    columns, guessed = _columns_of(headings, rows, kind, known)
    fields: dict[int, Field] = {number: field for field, number in columns.items()}

    def samples(field: Field) -> list[str]:
        number = columns.get(field)
        return [] if number is None else [row[number - 1] for row in rows if row[number - 1].strip()]

    dates, sure = spend_columns.order_of(samples("paid_on"))
    mark, doubtful = spend_columns.mark_of(samples("amount"))
    money = [codes for text in samples("amount") if (codes := spend_columns.currencies_in(text))]
    currency = _currency(samples("currency"), money, len(samples("amount")))
    mapping = Mapped(
        layout=head.layout,
        columns=columns,
        dates=dates,
        decimal_mark=mark,
        currency=currency,
    )
    doubts = [*guessed, *_doubts(kind, mapping, samples("amount"), samples("paid_on"))]
    if samples("paid_on") and not sure:
        doubts.append("The first rows do not tell whether the day or the month comes first in a date.")
    if unread := [name for name in head.sheets if name != head.layout.sheet]:
        doubts.append(f"Only the sheet {head.layout.sheet!r} is read; not: {', '.join(unread)[:300]}.")
    if doubtful is not None:
        doubts.append(f"The first rows do not tell whether {doubtful[:40]!r} has decimals or thousands.")
    if others := [text for text in samples("currency") if currency not in spend_columns.currencies_of(text)]:
        said = f"{len(others)} of the first {len(samples('currency'))} currencies, such as {others[0][:40]!r},"
        doubts.append(f"{said} are not {currency}; their rows will be left out.")
    if any(mapping.currency not in codes for codes in money):
        doubts.append(f"Amounts are in several currencies; all but those in {mapping.currency} will be left out.")
    return Preview(
        sheets=head.sheets,
        columns=tuple(
            Column(
                number=number,
                heading=heading,
                field=fields.get(number),
                samples=tuple(row[number - 1] for row in rows[:SAMPLES]),
            )
            for number, heading in enumerate(headings, 1)
        ),
        rows=tuple(tuple(row) for row in rows[:SHOWN_ROWS]),
        mapping=mapping,
        doubts=tuple(doubts),
    )


def _columns_of(
    headings: Sequence[str], rows: Sequence[Sequence[str]], kind: Kind, known: Mapping[str, Field]
) -> tuple[dict[Field, int], list[str]]:
    """The column of each field by its heading; of amounts and days also by what stands below, which is a doubt."""
    filled = [[row[place] for row in rows if row[place].strip()] for place in range(len(headings))]
    fitting = [
        "" if filled[place] and _belies(heading, filled[place], kind, known) else heading
        for place, heading in enumerate(headings)
    ]
    columns, doubts = spend_columns.meanings_of(fitting, kind, known), list[str]()
    looked_for: tuple[tuple[Field, _Test, Callable[[str], bool]], ...] = (
        ("paid_on", spend_columns.is_days, spend_words.is_no_day),
        ("amount", spend_columns.is_money, spend_words.is_no_amount),
    )
    for field, is_one, is_none in looked_for if kind == "payments" else ():
        if field in columns:
            continue
        taken = set(columns.values())
        found = [
            number
            for number, heading in enumerate(headings, 1)
            if number not in taken and filled[number - 1] and not is_none(heading) and is_one(filled[number - 1])
        ]
        if found:
            columns[field] = found[0]
            names = ", ".join(f"{number} {headings[number - 1][:40]!r}" for number in found)
            doubts.append(f"No heading says which column is `{field}`; by their first rows it may be {names}.")
    return {field: columns[field] for field in spend_columns.FIELDS[kind] if field in columns}, doubts


def _belies(heading: str, cells: Sequence[str], kind: Kind, known: Mapping[str, Field]) -> bool:
    """Whether a heading that is known by its words alone speaks of amounts or days, and no cell below it is one."""
    found = spend_columns.meaning_of(heading, kind, known)
    if found is None or spend_columns.is_listed(heading, kind) or not found[1]:
        return False
    if found[0] == "amount":
        mark, _ = spend_columns.mark_of(cells)
        return all(spend_columns.read_amount(text, mark) is None for text in cells)
    order, _ = spend_columns.order_of(cells)
    return found[0] == "paid_on" and all(spend_columns.read_date(text, order) is None for text in cells)


def _currency(cells: list[str], money: list[list[str]], amounts: int) -> str:
    """The currency to propose: what most cells of its column say, else the marks beside most amounts, else pounds."""
    said = [codes[0] for cell in cells if (codes := spend_columns.currencies_of(cell))]
    if not said and len(money) * 2 > amounts:
        said = [codes[0] for codes in money]
    return Counter(said).most_common(1)[0][0] if said else "GBP"


def _doubts(kind: Kind, mapping: Mapped, amounts: list[str], days: list[str]) -> list[str]:
    doubts = [f"No column was taken for `{field}`, which is needed." for field in missing_of(kind, mapping)]
    if kind == "payments" and "supplier" not in mapping.columns:
        doubts.append("No column was taken for `supplier`: nothing can be said of who was paid.")
    unread = [text for text in amounts if spend_columns.read_amount(text, mapping.decimal_mark) is None]
    if unread:
        doubts.append(f"{len(unread)} of the first {len(amounts)} amounts are no amounts, such as {unread[0][:40]!r}.")
    unread = [text for text in days if spend_columns.read_date(text, mapping.dates) is None]
    if unread:
        doubts.append(f"{len(unread)} of the first {len(days)} dates are no dates, such as {unread[0][:40]!r}.")
    if mapping.layout.encoding not in {"utf-8", "utf-16"}:
        doubts.append(f"The file is not UTF-8 and is read as {mapping.layout.encoding}: look at names with accents.")
    return doubts
