"""Rows of payments that are no payments but sums of others: known by their label, or by what stands above them."""

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_SUMS: Final = "sum|summe|suma|somme|somma|soma|άθροισμα|αθροισμα|сума"
_TOTALS: Final = (
    "totals?|gesamt(?:summe|betrag)?|zwischensumme|insgesamt|totaux|totale|totali|subtotale"
    "|totaal|subtotaal|eindtotaal|razem|ogółem|łącznie|σύνολο|συνολο|σύνολα|общо|всичко"
)
_ANY: Final = f"(?:{_TOTALS}|{_SUMS})"
_BEFORE: Final = (
    "(?:grand |sub[- ]?|report |page |overall |sous[- ]|montant |importe |gran |geral |suma |γενικό |γενικο |μερικό "
    "|μερικο |междинна |обща |крайна )"
)
_OF: Final = (
    "for|of|per|für|der|des|von|du|de|pour|par|por|para|del|di|della|dei|do|da|dos|das|van|voor|za|dla|για|του|της|των"
    "|за|на|по"
)
_WHAT: Final = (
    "amount|value|spend|spending|expenditure|payments?|paid|costs?|due|net|gross|général|general|generale|geral|betrag"
    "|ausgaben|dépenses|gastos|spese|despesas|uitgaven|wydatki|wydatków|ht|ttc|gbp|eur|pln|bgn"
)
_ENDS: Final = rf"(?:{_BEFORE}{_ANY}|(?:{_TOTALS}))\s*:?\s*$"
"""As a label ends a cell; a lump sum is none."""
TOTAL: Final = rf"(?im)^\s*{_BEFORE}?{_ANY}(?:$|[\s:.,;=(])|(?:^|\s){_ENDS}"
"""A label of totals in any of the languages, as it begins a cell or ends it. RE2 and Python alike.

Names of firms begin so too: it counts where no supplier is named, or where the sum is right.
"""
TOTAL_ALONE: Final = rf"(?im)^\s*{_BEFORE}?{_ANY}\s*:?\s*$"
"""A cell that says nothing else: where no row has a day, a firm's name may begin with such a word."""
TOTAL_OF: Final = (
    rf"(?im)^\s*{_BEFORE}?{_ANY}(?:\s*$|\s*[:;=(]|[.,](?:\s|$)|\s+[0-9£€$]|\s+(?:{_OF})\s"
    rf"|(?:\s+(?:{_WHAT}))+\s*:?\s*$)|(?:^|\s){_ANY}\s*:\s*$"
)
"""A label that is nobody's name, such as `Total for March` or `Report total:`."""
TOTAL_BEHIND: Final = rf"(?im)\s{_ENDS}"
"""A label behind what it sums, which may be a supplier's name."""
FEW_SUMS: Final = 10_000
"""So many rows without a day are held against the sum of the rows above them."""


def leave_out_sums(con: "DuckDBPyConnection", folder: Path) -> None:
    """Leave out rows without a day, and the last row, whose amount is that of all rows above or since the last sum.

    Only rows that have no number and name nobody, but for a label: what a supplier is paid may equal any sum.
    """
    con.execute("SET VARIABLE few = ?", [FEW_SUMS])
    con.execute(DOUBTFUL)
    whole, group, above, since, sums = Decimal(0), Decimal(0), 0, 0, list[int]()
    for row, amount, before, lines in con.execute(ABOVE).fetchall():
        whole, group, above, since = whole + before, group + before, above + lines, since + lines
        if amount and ((amount == whole and above > 1) or (amount == group and since > 1)):
            sums.append(row)
            group, since = Decimal(0), 0
        else:
            whole, group, above, since = whole + amount, group + amount, above + 1, since + 1
    if sums:
        (path,) = con.execute("SELECT getvariable('lines')").fetchall()[0]
        con.execute("SET VARIABLE sums = ?", [sums])
        con.execute("SET VARIABLE again = ?", [str(folder / "again.parquet")])
        con.execute(WITHOUT_SUMS)
        (folder / "again.parquet").replace(path)


DOUBTFUL = """
CREATE OR REPLACE TEMP TABLE doubtful AS
SELECT file_row_number, amount FROM (
    SELECT file_row_number, amount
    FROM read_parquet(getvariable('lines'), file_row_number = true)
    WHERE
        reason IS NULL AND paid_on IS NULL AND paid_on_text IS NULL AND getvariable('dated')
        AND trim(concat(transaction, supplier_id), getvariable('blank')) = ''
        AND (
            trim(coalesce(supplier, ''), getvariable('blank')) = '' OR regexp_matches(supplier, getvariable('total'))
        )
    ORDER BY file_row_number
    LIMIT getvariable('few')
)
UNION
SELECT file_row_number, amount
FROM read_parquet(getvariable('lines'), file_row_number = true)
WHERE
    file_row_number = (
        SELECT max(file_row_number) FROM read_parquet(getvariable('lines'), file_row_number = true)
        WHERE reason IS NULL
    )
    AND trim(concat(transaction, supplier_id), getvariable('blank')) = ''
    AND (
        trim(coalesce(supplier, ''), getvariable('blank')) = '' OR regexp_matches(supplier, getvariable('total_alone'))
    )
"""

ABOVE = """
SELECT doubtful.file_row_number, doubtful.amount, coalesce(sums.amount, 0), coalesce(sums.lines, 0)
FROM doubtful
LEFT JOIN (
    SELECT next.file_row_number, sum(line.amount) AS amount, count(*) AS lines
    FROM (
        SELECT file_row_number, amount FROM read_parquet(getvariable('lines'), file_row_number = true)
        WHERE reason IS NULL
    ) AS line
    ASOF JOIN doubtful AS next ON line.file_row_number < next.file_row_number
    ANTI JOIN doubtful AS itself ON line.file_row_number = itself.file_row_number
    GROUP BY next.file_row_number
) AS sums ON doubtful.file_row_number = sums.file_row_number
ORDER BY doubtful.file_row_number
"""
"""Rows that may be sums, and what stands between each and the one before it."""

WITHOUT_SUMS = """
COPY (
    SELECT * EXCLUDE (file_row_number) REPLACE (
        CASE WHEN list_contains(getvariable('sums'), file_row_number) THEN 'sum' ELSE reason END AS reason
    )
    FROM read_parquet(getvariable('lines'), file_row_number = true)
) TO (getvariable('again')) (FORMAT parquet, COMPRESSION zstd, DICTIONARY_SIZE_LIMIT 1000)
"""
