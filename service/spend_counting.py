"""The lines of many files, counted by DuckDB: who was paid, which lines repeat others or are left out, and the sums.

Every sum that the analysis needs comes from one walk over all lines. The statements are fixed; choices go in as values.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from msgspec import Struct

from service import inert
from service.spend_analysis import NewAnalysis
from service.spend_columns import kind_of_number
from service.spend_import import Imported, engine, set_variable
from service.spend_matching import SMES, Entry, Proposal, Register
from service.spend_places import Places
from service.spend_reading import Unreadable
from service.spend_suppliers import Answers, Spelled, Supplier, Suppliers

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LEFT_OUT: Final = "analysis-left-out.csv"

WHY: Final[Mapping[str, str]] = {
    "repeated": "The line repeats another one in everything, its transaction number included.",
    "period": "The line was paid outside of the chosen days.",
    "undated": "The line has no day, and days were chosen.",
    "supplier": "The supplier is left out.",
    "category": "The category is left out.",
    "kind": "The kind is left out.",
    "unit": "The unit is left out.",
    "contract": "The contract is left out.",
    "route": "The procurement route is left out.",
}
"""Why a line of a file does not count in an analysis."""


class Source(Struct, frozen=True, kw_only=True):
    """Imported lines: where they lie, the file's name, and how many rows of the file come before the first line.

    `digest` is the SHA-256 of the file, `imported` what became of its rows.
    """

    path: str
    name: str
    behind: int
    currency: str = "GBP"
    digest: str = ""
    imported: Imported | None = None

    def numbers(self) -> str:
        """The heading, in plain letters, under which suppliers' identifiers stand; empty where there are none."""
        headings = {} if self.imported is None else self.imported.headings
        return next((heading for heading, field in headings.items() if field == "supplier_id"), "")


class Work(Struct, frozen=True, kw_only=True):
    """All that an analysis is made from."""

    new: NewAnalysis
    files: tuple[Source, ...]
    register: Source | None = None
    places: Source | None = None
    answers: Answers = Answers()


class Chosen(NamedTuple):
    """Words by which lines are left out or held: for what, of which field, and how cells may spell each."""

    name: str
    field: str
    spelled: dict[str, set[str]]


class Counted(NamedTuple):
    """The sums, and what they are about: rows of the statements by the name of each."""

    rows: dict[str, list[tuple[Any, ...]]]
    suppliers: list[Supplier]
    proposals: list[Proposal]
    places: Places | None
    spelled: Spelled
    unused: tuple[tuple[str, str], ...]
    not_looked_up: int
    in_vain: tuple[str, ...] = ()
    outdated: tuple[tuple[str, str], ...] = ()


def count(work: Work, folder: Path) -> Counted | Unreadable:
    """Count everything; `analysis-left-out.csv` lists the lines that do not count; for a child process."""
    sources = [Path(source.path) for source in (*work.files, work.register, work.places) if source is not None]
    with engine(folder, *sources) as con:
        places = _places(con, work)
        if places is not None and (
            wrong := [ring for ring in (*work.new.local, *work.new.region) if ring not in places.rings]
        ):
            return Unreadable(
                message=f"The list of places has no ring {', '.join(wrong)}.", mend=f"It has {', '.join(places.rings)}."
            )
        chosen = [*_chosen(con, work.new)]
        _declare(con, work, chosen, folder)
        con.execute(PAID)
        con.execute(PAYEES)
        seen = Suppliers(work.new, work.answers, Register(_entries(con, work)), places, numbers_agree=_agree(work))
        _tell_who(con, seen, folder)
        _find_repeated(con, keep=work.new.keep_repeated)
        con.execute(JUDGED)
        for statement in (CUBE, PARTS, YEARLY, FIRMS):
            con.execute(statement)
        rows = {name: con.execute(statement).fetchall() for name, statement in SUMS.items()}
        if any(why is not None for why, *_ in rows["why"]):
            con.execute(inert.MACRO)
            con.execute(LISTING)
        paid = {supplier: amount for supplier, amount, _ in rows["suppliers"]}
        proposals, not_looked_up = seen.propose(paid)
        in_vain = tuple(dict.fromkeys((*seen.in_vain, *_in_vain(con, chosen))))
        return Counted(
            rows,
            seen.suppliers,
            proposals,
            places,
            seen.spelled,
            tuple(seen.unused),
            not_looked_up,
            in_vain,
            tuple(seen.outdated.items()),
        )


def _agree(work: Work) -> bool:
    """Whether the headings say that payments and register have numbers of one kind."""
    register = "" if work.register is None else work.register.numbers()
    ours = {source.numbers() for source in work.files} - {""}
    return bool(register) and all(
        one == register or kind_of_number(one) == kind_of_number(register) != "" for one in ours
    )


def _places(con: "DuckDBPyConnection", work: Work) -> Places | None:
    if work.places is None:
        return None
    found = con.execute("SELECT place, ring FROM read_parquet(?) WHERE reason IS NULL", [work.places.path]).fetchall()
    return Places((place, ring) for place, ring in found)


def _entries(con: "DuckDBPyConnection", work: Work) -> list[Entry]:
    if work.register is None:
        return []
    found = con.execute(ENTRIES, [work.register.path]).fetchall()
    return [Entry(**dict(zip(Entry.__struct_fields__, row, strict=True))) for row in found]


def _declare(con: "DuckDBPyConnection", work: Work, chosen: Iterable[Chosen], folder: Path) -> None:
    """The values that the statements use."""
    new = work.new
    for one in chosen:
        set_variable(con, f"{one.name}_{one.field}", sorted(set[str]().union(*one.spelled.values())))
    set_variable(con, "files", [source.path for source in work.files])
    set_variable(con, "first_day", new.first_day or date.min)
    set_variable(con, "last_day", new.last_day or date.max)
    set_variable(con, "by_day", new.first_day is not None or new.last_day is not None)
    set_variable(con, "year_begins_in", new.year_begins_in)
    set_variable(con, "smes", sorted(SMES))
    set_variable(con, "surveyed", bool(new.survey))
    set_variable(con, "who", str(folder / "who.csv"))
    set_variable(con, "left_out", str(folder / LEFT_OUT))
    con.execute("CREATE TEMP TABLE files (path VARCHAR, name VARCHAR, number INTEGER, behind BIGINT)")
    con.executemany(
        "INSERT INTO files VALUES (?, ?, ?, ?)",
        [[source.path, source.name, number, source.behind] for number, source in enumerate(work.files)],
    )
    con.execute("CREATE TEMP TABLE reasons (why VARCHAR, words VARCHAR)")
    con.executemany("INSERT INTO reasons VALUES (?, ?)", [list(item) for item in WHY.items()])


def _chosen(con: "DuckDBPyConnection", new: NewAnalysis) -> Iterator[Chosen]:
    """All but the suppliers."""
    for name, chosen in (("excluded", new.exclude), ("bound", new.bound)):
        yield Chosen(name, "category", _spelled(con, chosen.categories))
        yield Chosen(name, "kind", _spelled(con, chosen.kinds))
        yield Chosen(name, "unit", _spelled(con, chosen.units))
        yield Chosen(name, "contract", _spelled(con, chosen.contracts))
        yield Chosen(name, "route", _spelled(con, chosen.routes))


def _spelled(con: "DuckDBPyConnection", words: Sequence[str]) -> dict[str, set[str]]:
    """Words as the statements have cells: in their lower case, and as capitals give ς and ß."""
    both = [[*words], [word.strip() for word in words]]
    lower = con.execute("SELECT lower(trim(unnest(?), ' ')), lower(unnest(?))", both).fetchall() if words else []
    return {word: _variants(set(found)) for word, found in zip(words, lower, strict=True)}


def _variants(lower: set[str]) -> set[str]:
    plain = {one.replace("ς", "σ") for one in lower}
    return lower | plain | {re.sub(r"σ\b", "ς", one) for one in plain} | {one.replace("ß", "ss") for one in lower}


def _in_vain(con: "DuckDBPyConnection", chosen: Iterable[Chosen]) -> Iterator[str]:
    """The chosen words that no line has."""
    for one in chosen:
        if one.spelled:
            # Names are ours; what comes from outside goes in as values.
            said = con.execute(Template(SAID).substitute(name=one.name, field=one.field)).fetchall()
            there = {cell for (cell,) in said}
            yield from (word for word, spellings in one.spelled.items() if there.isdisjoint(spellings))


def _tell_who(con: "DuckDBPyConnection", seen: Suppliers, folder: Path) -> None:
    """What is known of each payee, as a table beside the lines."""
    for rows in _batches(con.execute(LIST_PAYEES)):
        seen.learn_names(rows)
    for rows in _batches(con.execute(LIST_PAYEES)):
        seen.learn_suppliers(rows)
    seen.choose()
    found = con.execute(LIST_PAYEES)
    with (folder / "who.csv").open("w", encoding="utf-8", newline="") as out:
        write = csv.writer(out, quoting=csv.QUOTE_ALL)
        for rows in _batches(found):
            write.writerows([["" if cell is None else cell for cell in seen.tell(row)] for row in rows])
    con.execute(WHO)


def _batches(found: Any) -> Iterator[list[tuple[Any, ...]]]:
    while rows := found.fetchmany(10_000):
        yield rows


def _find_repeated(con: "DuckDBPyConnection", *, keep: bool) -> None:
    """Lines that repeat another one in everything: first those with likeness to another are found, then looked at.

    Likenesses are sorted as numbers, which takes a fifth of the time and memory of grouping them.
    """
    con.execute(NOT_REPEATED)
    if keep:
        return
    found = cast("Any", con.execute(PRINTS).fetchnumpy()["likeness"])
    found.sort()
    twice = found[1:][found[1:] == found[:-1]]
    if len(twice):
        con.register("twice", {"likeness": twice})
        con.execute(REPEATED)


ENTRIES = """
SELECT supplier, supplier_id, postcode, country, nuts, size, employees, voluntary, sector
FROM read_parquet(?) WHERE reason IS NULL
"""

PAID = """
CREATE TEMP VIEW paid AS
SELECT
    * REPLACE (
        trim(category, ' ') AS category, trim(unit, ' ') AS unit, trim(kind, ' ') AS kind,
        trim(contract, ' ') AS contract, trim(route, ' ') AS route
    ),
    coalesce(supplier, supplier_id) AS payee_name,
    hash(coalesce(supplier, supplier_id), postcode, country, nuts, size, employees, voluntary, sector) AS print
FROM read_parquet(getvariable('files'), file_row_number = true, filename = true)
WHERE reason IS NULL
"""

PAYEES = """
CREATE TEMP TABLE payees AS
SELECT
    row_number() OVER () AS payee, print, payee_name, postcode, country, nuts, size, employees, voluntary, sector,
    first_id, last_id
FROM (
    SELECT
        print, payee_name, postcode, country, nuts, size, employees, voluntary, sector,
        min(supplier_id) AS first_id, max(supplier_id) AS last_id
    FROM paid
    GROUP BY ALL
)
"""

LIST_PAYEES = """
SELECT payee, payee_name, postcode, country, nuts, size, employees, voluntary, sector, first_id, last_id
FROM payees
ORDER BY payee_name, postcode, country, nuts, size, employees, voluntary, sector
"""

WHO = """
CREATE TEMP TABLE who AS
SELECT payees.print, told.*
FROM payees
INNER JOIN read_csv(
    getvariable('who'), header = false, auto_detect = false, quote = '"', escape = '"', delim = ',', nullstr = '',
    columns = {
        payee: 'BIGINT', supplier: 'INTEGER', ring: 'VARCHAR', size: 'VARCHAR', voluntary: 'VARCHAR', sector: 'VARCHAR',
        excluded: 'BOOLEAN', bound: 'BOOLEAN', redacted: 'BOOLEAN'
    }
) AS told ON payees.payee = told.payee
"""

NOT_REPEATED = "CREATE TEMP TABLE repeated (filename VARCHAR, file_row_number BIGINT)"

PRINTS = """
SELECT hash(transaction, amount, paid_on) AS likeness FROM paid WHERE transaction IS NOT NULL
"""

REPEATED = """
INSERT INTO repeated
WITH alike AS (SELECT DISTINCT likeness FROM twice)
SELECT filename, file_row_number
FROM (
    SELECT
        paid.filename, paid.file_row_number,
        row_number() OVER (
            PARTITION BY
                transaction, paid_on, amount, supplier, supplier_id, body, unit, category, code, kind, description,
                contract
            ORDER BY files.number, paid.file_row_number
        ) AS turn
    FROM paid
    SEMI JOIN alike ON hash(paid.transaction, paid.amount, paid.paid_on) = alike.likeness
    INNER JOIN files ON paid.filename = files.path
    WHERE paid.transaction IS NOT NULL
)
WHERE turn > 1
"""

JUDGED = """
CREATE TEMP VIEW judged AS
SELECT
    paid.filename, paid.file_row_number, paid.amount, paid.paid_on, paid.category, paid.payee_name, who.payee,
    CASE
        WHEN repeated.file_row_number IS NOT NULL THEN 'repeated'
        WHEN getvariable('by_day') AND paid.paid_on IS NULL THEN 'undated'
        WHEN paid.paid_on < getvariable('first_day') OR paid.paid_on > getvariable('last_day') THEN 'period'
        WHEN who.excluded THEN 'supplier'
        WHEN list_contains(getvariable('excluded_category'), lower(paid.category)) THEN 'category'
        WHEN list_contains(getvariable('excluded_kind'), lower(paid.kind)) THEN 'kind'
        WHEN list_contains(getvariable('excluded_unit'), lower(paid.unit)) THEN 'unit'
        WHEN list_contains(getvariable('excluded_contract'), lower(paid.contract)) THEN 'contract'
        WHEN list_contains(getvariable('excluded_route'), lower(paid.route)) THEN 'route'
    END AS why,
    who.bound
    OR coalesce(list_contains(getvariable('bound_category'), lower(paid.category)), false)
    OR coalesce(list_contains(getvariable('bound_kind'), lower(paid.kind)), false)
    OR coalesce(list_contains(getvariable('bound_unit'), lower(paid.unit)), false)
    OR coalesce(list_contains(getvariable('bound_contract'), lower(paid.contract)), false)
    OR coalesce(list_contains(getvariable('bound_route'), lower(paid.route)), false) AS bound
FROM paid
INNER JOIN who ON paid.print = who.print
LEFT JOIN repeated ON paid.filename = repeated.filename AND paid.file_row_number = repeated.file_row_number
"""

SAID = """
SELECT DISTINCT lower(cell)
FROM (SELECT DISTINCT $field AS cell FROM paid)
WHERE list_contains(getvariable('${name}_$field'), lower(cell))
"""

CUBE = """
CREATE TEMP TABLE cube AS
SELECT
    why, payee, category, bound, financial_year, sum(amount) AS amount, count(*) AS lines, min(paid_on) AS first_day,
    max(paid_on) AS last_day, bit_or(1 << month_paid) AS months, grouping(category, financial_year) AS grain
FROM (
    SELECT
        *, CAST(month(paid_on) AS INTEGER) AS month_paid,
        CAST(year(paid_on) AS INTEGER) - CAST(month(paid_on) < getvariable('year_begins_in') AS INTEGER)
            AS financial_year
    FROM judged
)
GROUP BY GROUPING SETS ((why, payee, category, bound), (why, payee, financial_year))
"""

PARTS = """
CREATE TEMP VIEW parts AS
SELECT cube.category, cube.bound, cube.amount, cube.lines, who.* EXCLUDE (bound)
FROM cube
INNER JOIN who ON cube.payee = who.payee
WHERE cube.why IS NULL AND cube.grain = 1
"""

YEARLY = """
CREATE TEMP VIEW yearly AS
SELECT
    cube.financial_year, cube.amount, cube.lines, cube.first_day, cube.last_day, cube.months, who.supplier, who.ring,
    who.size
FROM cube
INNER JOIN who ON cube.payee = who.payee
WHERE cube.why IS NULL AND cube.grain = 2
"""

FIRMS = """
CREATE TEMP VIEW firms AS
SELECT
    coalesce(bool_or(list_contains(getvariable('smes'), size)), false) AS small,
    coalesce(bool_or(size IS NOT NULL AND NOT list_contains(getvariable('smes'), size)), false) AS large
FROM parts
WHERE supplier >= 0
GROUP BY supplier
"""
"""Whether lines call a supplier small, large, or both."""

SUMS: Final[Mapping[str, str]] = {
    "why": "SELECT why, sum(amount), sum(lines), min(first_day), max(last_day) FROM cube WHERE grain = 1"
    " GROUP BY why ORDER BY why NULLS FIRST",
    "suppliers": "SELECT supplier, sum(amount), sum(lines) FROM parts WHERE supplier >= 0 GROUP BY ALL ORDER BY 1",
    "rings": "SELECT ring, sum(amount), sum(lines), count(DISTINCT supplier) FILTER (supplier >= 0)"
    " FROM parts GROUP BY 1",
    "sizes": "SELECT size, sum(amount), sum(lines), count(DISTINCT supplier) FILTER (supplier >= 0)"
    " FROM parts GROUP BY 1",
    "firms": "SELECT small, large, count(*) FROM firms GROUP BY ALL",
    "voluntary": "SELECT voluntary, sum(amount), sum(lines), count(DISTINCT supplier) FILTER (supplier >= 0)"
    " FROM parts GROUP BY 1",
    "sectors": "SELECT sector, ring, sum(amount) FROM parts WHERE sector IS NOT NULL GROUP BY ALL",
    "categories": "SELECT category, ring, bound, sum(amount) FROM parts GROUP BY ALL",
    "category_suppliers": "SELECT category, ring, count(DISTINCT supplier) FILTER (supplier >= 0)"
    " FROM parts GROUP BY ALL",
    "years": "SELECT financial_year, ring, size, sum(amount), sum(lines) FROM yearly"
    " WHERE financial_year IS NOT NULL GROUP BY ALL",
    "spans": "SELECT financial_year, sum(amount), sum(lines), min(first_day), max(last_day), bit_or(months),"
    " count(DISTINCT supplier) FILTER (supplier >= 0) FROM yearly GROUP BY financial_year ORDER BY 1",
    "unknown": "SELECT redacted, NOT redacted AND supplier < 0, ring IS NULL, size IS NULL, sector IS NULL,"
    " category IS NULL, sum(amount), sum(lines) FROM parts GROUP BY ALL",
    "supplier_rings": "SELECT supplier, ring, sum(amount) FROM parts"
    " WHERE ring IS NOT NULL AND getvariable('surveyed') GROUP BY ALL",
}
"""Each sum by its name; what it is about stands before the amounts."""

LISTING = """
COPY (
    SELECT
        inert(files.name) AS file, judged.file_row_number + files.behind + 1 AS row, reasons.words AS reason,
        judged.amount, judged.paid_on, inert(judged.payee_name) AS supplier, inert(judged.category) AS category
    FROM judged
    INNER JOIN files ON judged.filename = files.path
    INNER JOIN reasons ON judged.why = reasons.why
    ORDER BY files.number, judged.file_row_number
) TO (getvariable('left_out')) (FORMAT csv, HEADER, FORCE_QUOTE *)
"""
