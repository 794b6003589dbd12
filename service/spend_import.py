"""Payments from a readable file: every row of it becomes one line, kept or left out for a reason that is told.

The work is DuckDB's, in decimals, within a limit of memory, in a child process. The statements are fixed; what a file
or a person says goes in as values.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from msgspec import Meta, Struct

from service import inert, spend_columns
from service.spend_columns import FIELDS, NEEDED, DateOrder, Field, Kind, Mark
from service.spend_reading import Layout, Table, Unreadable, UnreadableFile, put_right, table_of
from service.spend_totals import TOTAL, TOTAL_ALONE, TOTAL_BEHIND, TOTAL_OF, leave_out_sums

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MEMORY: Final = "1000MB"
"""What DuckDB keeps in memory; beyond it, it uses the disk."""
THREADS: Final = 2
LINES: Final = "lines.parquet"
LEFT_OUT: Final = "left-out.csv"
REDACTED: Final = r"(?i)\b(?:redact(?:ed|ion)?|withheld)\b|personal (?:data|info)|name removed|^\s*confidential\s*$"
"""What stands in place of a name that must not be told. RE2 and Python alike."""

Reason = Literal["fields", "empty", "heading", "total", "sum", "no-amount", "amount", "date", "currency", "needed"]
REASONS: Final[Mapping[Reason, str]] = {
    "fields": "The row has more cells than the heading.",
    "empty": "The row is empty.",
    "heading": "The row repeats the heading.",
    "total": "The row is a total, or names neither supplier nor day.",
    "sum": "The row has no day or is the last one, and its amount is the sum of the rows above it.",
    "no-amount": "The row has no amount.",
    "amount": "The amount is not an amount.",
    "date": "The date is not a date.",
    "currency": "The amount is in another currency.",
    "needed": "The row lacks what it is about.",
}
"""Why a row is left out, in the words of the list."""


class Mapped(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person has confirmed of a file: how it is written, and which column (from 1) is what.

    `currency` is that of every amount unless a column says otherwise; other currencies are left out and listed.
    """

    layout: Layout = Layout()
    columns: dict[Field, Annotated[int, Meta(ge=1, le=200)]]
    dates: DateOrder = "dmy"
    decimal_mark: Mark = "."
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")] = "GBP"


class LeftOut(Struct, frozen=True, kw_only=True):
    """Rows that were left out for one reason, and the sum of their amounts as far as these could be read."""

    reason: str
    words: str
    lines: int
    amount: Decimal | None


class Imported(Struct, frozen=True, kw_only=True):
    """What became of a file: `rows` = `kept` + all that were left out. Amounts are exact.

    `missing` counts kept lines without the field; `rounded` those whose amount had more than two decimals. `headings`
    are the file's own in plain letters, and what they were confirmed to mean.
    """

    rows: int
    kept: int
    total: Decimal
    first_paid_on: date | None
    last_paid_on: date | None
    left_out: tuple[LeftOut, ...]
    missing: dict[str, int]
    redacted: int
    redacted_amount: Decimal
    credits: int
    credits_amount: Decimal
    rounded: int
    headings: dict[str, Field] = {}


def missing_of(kind: Kind, mapping: Mapped) -> list[Field]:
    """Fields that a file of this kind must have and for which no column is named."""
    return [field for field in NEEDED[kind] if field not in mapping.columns]


# The import


def engine(folder: Path, *sources: Path) -> "DuckDBPyConnection":
    """A database in memory that reads these files, reads and writes this folder, and reaches nothing else."""
    import duckdb

    con = duckdb.connect(
        config={
            "memory_limit": MEMORY,
            "threads": THREADS,
            "temp_directory": str(folder / "spill"),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
    )
    con.execute("SET allowed_directories = ?", [[str(folder)]])
    con.execute("SET allowed_paths = ?", [[str(source) for source in sources]])
    con.execute("SET enable_external_access = false")
    con.execute("SET lock_configuration = true")
    return con


def import_file(source: Path, kind: Kind, mapping: Mapped, folder: Path) -> Imported | Unreadable:
    """Read a file whole: `lines.parquet` has a line for every row, `left-out.csv` those left out; for a child process.

    Nothing counts unless all of it could be read.
    """
    try:
        table = table_of(source, mapping.layout, folder)
        _check_columns(table, mapping)
        with engine(folder, source) as con:
            _declare(con, table, mapping, folder)
            if not _quickly_written(con, table, kind, mapping, folder) and not _written(
                con, put_right(table, folder), kind, mapping, folder
            ):
                return Unreadable(message="Its rows cannot be told apart.", mend="Save the file anew as CSV.")
            return _told(con, kind, mapping, table)
    except UnreadableFile as error:
        return error.fault


def _check_columns(table: Table, mapping: Mapped) -> None:
    for field, number in mapping.columns.items():
        if number > len(table.headings):
            raise UnreadableFile(
                f"`{field}` is to be column {number}; the heading has {len(table.headings)}.",
                "Look at the preview and name the columns again.",
                mapping.layout.heading_row,
            )


def _declare(con: "DuckDBPyConnection", table: Table, mapping: Mapped, folder: Path) -> None:
    """The values and functions that the statements use."""
    mark = mapping.decimal_mark
    heading = table.headings[mapping.columns["amount"] - 1] if "amount" in mapping.columns else ""
    values: dict[str, Any] = {
        "amount_plain": spend_columns.amount_pattern(mark),
        "mark": mark,
        "group_mark": "," if mark == "." else ".",
        "heading": heading.strip().casefold(),
        "currency": mapping.currency,
        "own_money": spend_columns.cells_of(mapping.currency),
        "other_money": spend_columns.foreign_marks(mapping.currency),
        "total": TOTAL if "paid_on" in mapping.columns else TOTAL_ALONE,
        "total_alone": TOTAL_ALONE,
        "total_of": TOTAL_OF,
        "total_behind": TOTAL_BEHIND,
        "day_form": {"dmy": "%d/%m/%Y", "mdy": "%m/%d/%Y", "ymd": "%Y-%m-%d"}[mapping.dates],
        "behind": table.layout.heading_row + 1,
        "blank": " \t\u00a0",
        "redacted": REDACTED,
        "dated": "paid_on" in mapping.columns,
        "lines": str(folder / LINES),
        "left_out": str(folder / LEFT_OUT),
    }
    for name, value in values.items():
        set_variable(con, name, value)

    from duckdb.func import FunctionNullHandling

    def amount(text: str | None) -> Decimal | None:
        return spend_columns.read_amount(text or "", mark)

    def day(text: str | None) -> date | None:
        return spend_columns.read_date(text or "", mapping.dates)

    con.create_function("read_amount", amount, ["VARCHAR"], "DECIMAL(18,2)", null_handling=FunctionNullHandling.SPECIAL)
    con.create_function("read_day", day, ["VARCHAR"], "DATE", null_handling=FunctionNullHandling.SPECIAL)
    con.execute("CREATE TEMP TABLE reasons (reason VARCHAR, words VARCHAR)")
    con.executemany("INSERT INTO reasons VALUES (?, ?)", [list(item) for item in REASONS.items()])


def _quickly_written(con: "DuckDBPyConnection", table: Table, kind: Kind, mapping: Mapped, folder: Path) -> bool:
    """Let DuckDB read the file as it is, which it refuses where line ends or quotation marks are mixed."""
    from duckdb import InvalidInputException

    try:
        return _written(con, table, kind, mapping, folder)
    except InvalidInputException:
        return False


def _written(con: "DuckDBPyConnection", table: Table, kind: Kind, mapping: Mapped, folder: Path) -> bool:
    """Write a line for every row; False where DuckDB has found other rows than the file has lines."""
    mark = ["mark"] if table.marked else []
    names = [*mark, *(f"_{number}" for number in range(1, len(table.headings) + 1))]
    taken = [
        f"_{mapping.columns[field]} AS {field}" if field in mapping.columns else f"NULL::VARCHAR AS {field}"
        for field in FIELDS[kind]
    ]
    # Names are numbers and fields of ours; what comes from outside goes in as values.
    reading = Template(READING).substitute(
        columns=", ".join(f"{name}: 'VARCHAR'" for name in names),
        taken=", ".join([*(mark or ["NULL AS mark"]), *taken]),
    )
    set_variable(con, "path", str(table.path))
    set_variable(con, "delimiter", table.layout.delimiter)
    set_variable(con, "quote", '"' if table.layout.quoting == "double" else "")
    set_variable(con, "skip", table.skip)
    con.execute(reading)
    for statement in WRITING[kind]:
        con.execute(statement)
    con.execute(
        "COPY (FROM lines) TO (getvariable('lines')) (FORMAT parquet, COMPRESSION zstd, DICTIONARY_SIZE_LIMIT 1000)"
    )
    (found,) = _one(con, "SELECT count(*) FROM read_parquet(getvariable('lines'))")
    (faults,) = _one(con, "SELECT count(*) FROM reject_errors")
    if found != table.lines or (faults and not table.marked):
        return False
    if kind == "payments":
        leave_out_sums(con, folder)
    return True


def _told(con: "DuckDBPyConnection", kind: Kind, mapping: Mapped, table: Table) -> Imported:
    """What became of the file, and the list of what was left out."""
    con.execute(inert.MACRO)
    con.execute(LISTING)
    rows, kept, total = _one(con, SUMMARY)
    paid: tuple[Any, ...] = (None, None, 0, Decimal(0), 0, Decimal(0), 0)
    missing: dict[str, int] = {}
    if kind == "payments":
        paid = _one(con, SUMMARY_OF_PAYMENTS)
        found = con.execute(MISSING)
        names = [column[0] for column in found.description or ()]
        counts = found.fetchone() or ()
        missing = {name: count for name, count in zip(names, counts, strict=True) if name in mapping.columns and count}
    return Imported(
        rows=rows,
        kept=kept,
        total=total,
        first_paid_on=paid[0],
        last_paid_on=paid[1],
        left_out=tuple(
            LeftOut(reason=reason, words=words, lines=lines, amount=amount)
            for reason, words, lines, amount in con.execute(SUMMARY_OF_REASONS).fetchall()
        ),
        missing=missing,
        redacted=paid[2],
        redacted_amount=paid[3],
        credits=paid[4],
        credits_amount=paid[5],
        rounded=paid[6],
        headings={spend_columns.plain(table.headings[number - 1]): field for field, number in mapping.columns.items()},
    )


def set_variable(con: "DuckDBPyConnection", name: str, value: object) -> None:
    """Give a value to the statements; the name is one of ours."""
    con.execute(f"SET VARIABLE {name} = ?", [value])


def _one(con: "DuckDBPyConnection", statement: str) -> tuple[Any, ...]:
    row = con.execute(statement).fetchone()
    assert row is not None
    return row


READING = """
CREATE OR REPLACE TEMP VIEW raw AS
SELECT $taken FROM read_csv(
    getvariable('path'), columns = {$columns}, header = false, auto_detect = false, strict_mode = true,
    delim = getvariable('delimiter'), quote = getvariable('quote'), escape = getvariable('quote'),
    skip = getvariable('skip')::BIGINT, nullstr = '', store_rejects = true
)
"""

PAYMENTS = (
    """
CREATE OR REPLACE TEMP VIEW read_lines AS
SELECT
    *,
    coalesce(NOT plain AND regexp_matches(amount, getvariable('other_money')), false) AS foreign_money,
    CASE
        WHEN plain
        THEN TRY_CAST(
            replace(replace(amount, getvariable('group_mark'), ''), getvariable('mark'), '.') AS DECIMAL(18, 2)
        )
        WHEN amount IS NOT NULL THEN read_amount(amount)
    END AS sum_paid,
    CASE
        WHEN plain_day >= TIMESTAMP '1900-01-01' THEN CAST(plain_day AS DATE)
        WHEN paid_on IS NOT NULL THEN read_day(paid_on)
    END AS day
FROM (
    SELECT
        *, regexp_full_match(amount, getvariable('amount_plain')) AS plain,
        try_strptime(paid_on, getvariable('day_form')) AS plain_day
    FROM raw
)
""",
    r"""
CREATE OR REPLACE TEMP VIEW lines AS
SELECT
    CASE
        WHEN mark = 'fields' THEN 'fields'
        WHEN sum_paid IS NULL THEN CASE
            WHEN trim(
                concat(amount, supplier, paid_on, transaction, category, body, unit, description), getvariable('blank')
            ) = '' THEN 'empty'
            WHEN lower(trim(amount)) = getvariable('heading') THEN 'heading'
            WHEN coalesce(trim(amount, getvariable('blank')), '') = '' THEN 'no-amount'
            ELSE 'amount'
        END
        WHEN day IS NULL AND trim(coalesce(paid_on, ''), getvariable('blank')) = '' AND (
            trim(
                concat(supplier, supplier_id, category, unit, body, description, transaction), getvariable('blank')
            ) = ''
            OR regexp_matches(
                concat_ws(chr(10), supplier, category, unit, body, description, code, transaction, supplier_id, kind),
                getvariable('total')
            )
            AND (
                trim(concat(transaction, supplier_id), getvariable('blank')) = ''
                OR regexp_matches(concat_ws(chr(10), transaction, supplier_id), getvariable('total'))
            )
            AND (
                trim(coalesce(supplier, ''), getvariable('blank')) = ''
                OR regexp_matches(supplier, getvariable('total_of'))
                OR regexp_matches(
                    concat_ws(chr(10), category, unit, body, description, code, transaction, supplier_id, kind),
                    getvariable('total_alone')
                )
                OR regexp_matches(supplier, getvariable('total_behind'))
                AND trim(concat(category, description, code, kind), getvariable('blank')) = ''
            )
        ) THEN 'total'
        WHEN paid_on IS NOT NULL AND day IS NULL AND trim(paid_on, getvariable('blank')) <> '' THEN 'date'
        WHEN foreign_money THEN 'currency'
        WHEN
            upper(trim(currency)) <> getvariable('currency') AND trim(currency, getvariable('blank')) <> ''
            AND NOT list_contains(getvariable('own_money'), upper(trim(currency, getvariable('blank'))))
        THEN 'currency'
    END AS reason,
    sum_paid AS amount, day AS paid_on,
    CASE
        WHEN sum_paid IS NULL THEN amount
        WHEN NOT plain AND regexp_matches(amount, '[.,][0-9]{2}[0-9]*[1-9]') THEN amount
    END AS amount_text,
    CASE WHEN day IS NULL THEN paid_on END AS paid_on_text,
    supplier, supplier_id, body, unit, category, code, transaction, kind, description, postcode, country, nuts, size,
    employees, voluntary, sector, contract, route
FROM read_lines
""",
)

REGISTER = (
    """
CREATE OR REPLACE TEMP VIEW lines AS
SELECT
    CASE WHEN mark = 'fields' THEN 'fields' WHEN coalesce(trim(supplier), '') = '' THEN 'needed' END AS reason,
    NULL::DECIMAL(18, 2) AS amount, NULL AS amount_text, NULL AS paid_on, NULL AS paid_on_text,
    supplier, supplier_id, postcode, country, nuts, size, employees, voluntary, sector
FROM raw
""",
)

PLACES = (
    """
CREATE OR REPLACE TEMP VIEW lines AS
SELECT
    CASE
        WHEN mark = 'fields' THEN 'fields'
        WHEN coalesce(trim(place), '') = '' OR coalesce(trim(ring), '') = '' THEN 'needed'
    END AS reason,
    NULL::DECIMAL(18, 2) AS amount, NULL AS amount_text, NULL AS paid_on, NULL AS paid_on_text,
    trim(place) AS place, trim(ring) AS ring
FROM raw
""",
)

WRITING: Final[Mapping[Kind, tuple[str, ...]]] = {"payments": PAYMENTS, "register": REGISTER, "places": PLACES}

LISTING = """
COPY (
    SELECT
        line.file_row_number + getvariable('behind') AS row, reasons.words AS reason,
        inert(coalesce(line.amount_text, line.amount::VARCHAR)) AS amount,
        inert(coalesce(line.paid_on_text, line.paid_on::VARCHAR)) AS paid_on,
        inert(COLUMNS(line.* EXCLUDE (reason, amount, amount_text, paid_on, paid_on_text, file_row_number)))
    FROM read_parquet(getvariable('lines'), file_row_number = true) AS line
    INNER JOIN reasons ON line.reason = reasons.reason
    ORDER BY row
) TO (getvariable('left_out')) (FORMAT csv, HEADER, FORCE_QUOTE *)
"""

SUMMARY = """
SELECT count(*), count(*) FILTER (reason IS NULL), coalesce(sum(amount) FILTER (reason IS NULL), 0)
FROM read_parquet(getvariable('lines'))
"""

SUMMARY_OF_PAYMENTS = """
SELECT
    min(first_day), max(last_day), coalesce(sum(lines) FILTER (redacted), 0),
    coalesce(sum(amount) FILTER (redacted), 0), coalesce(sum(credits), 0), coalesce(sum(credits_amount), 0),
    coalesce(sum(rounded), 0)
FROM (
    SELECT
        supplier IS NOT NULL AND regexp_matches(supplier, getvariable('redacted')) AS redacted,
        min(paid_on) AS first_day, max(paid_on) AS last_day, count(*) AS lines, sum(amount) AS amount,
        count(*) FILTER (amount < 0) AS credits, sum(amount) FILTER (amount < 0) AS credits_amount,
        count(amount_text) AS rounded
    FROM read_parquet(getvariable('lines'))
    WHERE reason IS NULL
    GROUP BY supplier
)
"""

SUMMARY_OF_REASONS = """
SELECT line.reason, any_value(reasons.words), count(*), sum(line.amount)
FROM read_parquet(getvariable('lines')) AS line INNER JOIN reasons ON line.reason = reasons.reason
GROUP BY line.reason
ORDER BY count(*) DESC, line.reason
"""

MISSING = """
SELECT count(*) - count(COLUMNS(* EXCLUDE (reason, amount, amount_text, paid_on_text)))
FROM read_parquet(getvariable('lines'))
WHERE reason IS NULL
"""
