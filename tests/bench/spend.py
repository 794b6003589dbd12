"""Spend analysis beside pandas doing the same: `make bench BENCH=spend`.

Both sides get one file of invented payments, a register and a list of places, each side in a process of its own, and
both must come to the same figures: sums by ring, size, category and year, the ten best paid, HHI, redactions, repeats.
Amounts are exact on both (pandas counts pennies). Ours also writes its lines to disk. Compared at the largest of 1, 3
and 10 million lines that pandas finishes in the memory that is free; ours also at 10 million. Seconds are of the wall,
megabytes are the most that was resident. Exits with 1 when a goal is missed or results differ.
"""

import argparse
import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from uuid import UUID

from tests.bench.measure import Figure, report

SIZES = (10_000_000, 3_000_000, 1_000_000)
LARGEST = 10_000_000
SUPPLIERS = 20_011
PATIENCE_SECONDS = 3600
SPARE_BYTES = 2_000_000_000
"""Of free memory that pandas is not given, so that the machine stays alive."""

PAYMENTS = """
COPY (
    SELECT
        'Northgate City Council' AS "Body Name", 'Service ' || (i % 40) AS "Organisational Unit",
        'Category ' || ((s * 7 + i % 3) % 120) AS "Expenditure Category", 'D' || (3000 + s % 900) AS "Expenditure Code",
        strftime(DATE '2022-04-01' + CAST((i * 31) % 1096 AS INTEGER), '%d/%m/%Y') AS "Paid Date",
        i || '_1' AS "Trans No",
        CASE WHEN i % 97 = 0 THEN '-' ELSE '' END || (500 + (s * 7907 + i % 11) % 90000) || '.'
        || lpad(CAST((i * 13) % 100 AS VARCHAR), 2, '0') AS "Amount",
        CASE WHEN i % 5 = 0 THEN 'Capital' ELSE 'Revenue' END AS "Type", 20000000 + s AS "Supplier ID",
        CASE
            WHEN i % 53 = 0 THEN 'Redacted personal data'
            WHEN i % 3 = 0 THEN 'SUPPLIER NO ' || s || ' LTD                     '
            WHEN i % 3 = 1 THEN 'Supplier No. ' || s || ' Limited'
            ELSE 'The Supplier No ' || s
        END AS "Supplier Name"
    FROM (
        SELECT i, (i * i) % {suppliers} AS s
        FROM (SELECT CASE WHEN i % 5003 = 5002 THEN i - 1 ELSE i END AS i FROM range({lines}) AS t (i))
    )
) TO '{path}' (FORMAT csv, HEADER)
"""
RINGS = ("city", "county", "region", "country")
EMPLOYEES = ("5", "40", "200", "4000")


def main() -> int:
    """Print every figure; 1 when a goal is missed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--side", choices=("ours", "pandas"))
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--most-bytes", type=int, default=resource.RLIM_INFINITY)
    parser.add_argument("--sizes", type=int, nargs="*", default=list(SIZES))
    given = parser.parse_args()
    if given.side:
        resource.setrlimit(resource.RLIMIT_AS, (given.most_bytes, given.most_bytes))
        print(json.dumps({"ours": by_ours, "pandas": by_pandas}[given.side](given.folder)))
        return 0
    return report(figures(given.sizes))


def figures(sizes: list[int]) -> Iterator[Figure]:
    """Speed and memory at the largest size that pandas finishes, and ours at the largest of all."""
    with tempfile.TemporaryDirectory(prefix="tenderscore-bench-") as name:
        for lines in sorted(sizes, reverse=True):
            folder = Path(name) / str(lines)
            make(folder, lines)
            theirs = run("pandas", folder)
            if theirs is None:
                print(f"pandas does not finish {lines} lines", file=sys.stderr)
                continue
            ours = run("ours", folder)
            assert ours is not None
            digest = hashlib.sha256(json.dumps(ours["found"], sort_keys=True).encode()).hexdigest()
            same = float(ours["found"] == theirs["found"])
            n, baseline = lines, "pandas 3.1"
            yield Figure("spend.same_figures", same, 1, baseline, 1, same, n, digest)
            yield Figure(
                "spend.speed", ratio(theirs, ours, "seconds"), 10, baseline, ours["seconds"], theirs["seconds"], n
            )
            yield Figure("spend.cpu", ratio(theirs, ours, "cpu"), 5, baseline, ours["cpu"], theirs["cpu"], n)
            yield Figure("spend.memory", ratio(theirs, ours, "mb"), 5, baseline, ours["mb"], theirs["mb"], n)
            break
        folder = Path(name) / str(LARGEST)
        make(folder, LARGEST)
        ours = run("ours", folder)
        assert ours is not None
        found = hashlib.sha256(json.dumps(ours["found"], sort_keys=True).encode()).hexdigest()
        seconds, mb = ours["seconds"], ours["mb"]
        yield Figure("spend.memory_at_10_million", 4000 / mb, 1, "4 GB", mb, 4000, LARGEST, found)
        yield Figure("spend.seconds_at_10_million", 900 / seconds, 1, "the job's limit", seconds, 900, LARGEST, found)


def ratio(theirs: dict[str, Any], ours: dict[str, Any], what: str) -> float:
    """How many times better ours is."""
    return theirs[what] / ours[what]


def make(folder: Path, lines: int) -> None:
    """Payments, a register and places, unless they are there."""
    if folder.exists():
        return
    import duckdb

    folder.mkdir()
    with duckdb.connect() as con:
        con.execute(PAYMENTS.format(suppliers=SUPPLIERS, lines=lines, path=folder / "payments.csv"))
    with (folder / "register.csv").open("w") as out:
        out.write("Supplier,Company number,Postcode,Employees,Sector\n")
        for number in range(0, SUPPLIERS, 2):
            place = f"N{number % 4}X"
            out.write(f"Supplier No {number} Limited,,{place},{EMPLOYEES[number // 4 % 4]},S{number % 9}\n")
    with (folder / "places.csv").open("w") as out:
        out.write("Code,Ring\n" + "".join(f"N{number}X,{ring}\n" for number, ring in enumerate(RINGS)))


def run(side: str, folder: Path) -> dict[str, Any] | None:
    """One side in a process of its own: its figures, seconds of wall and processor, megabytes; None if it fails."""
    print(f"{side}: {folder.name} lines", file=sys.stderr)
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") - SPARE_BYTES
    command = [sys.executable, "-m", "tests.bench.spend", "--side", side, "--folder", str(folder)]
    command += ["--most-bytes", str(free)]
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        out = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - began
    print(f"  {seconds:.1f} s, {used.ru_maxrss / 1024:.0f} MB, exit {process.returncode}", file=sys.stderr)
    if process.returncode:
        return None
    cpu = used.ru_utime + used.ru_stime
    return {"found": json.loads(out), "seconds": seconds, "cpu": cpu, "mb": used.ru_maxrss / 1024}


def by_ours(folder: Path) -> dict[str, Any]:
    """The service's own way, without the service."""
    from service.spend_analysis import NewAnalysis, SpendAnalysis
    from service.spend_columns import Kind
    from service.spend_counting import Source, Work
    from service.spend_import import LINES, Imported, import_file
    from service.spend_preview import Preview, preview
    from service.spend_shares import analyse

    def read(name: str, kind: Kind) -> tuple[Source, Imported]:
        source, lines = folder / f"{name}.csv", folder / f"{name}-lines"
        lines.mkdir(exist_ok=True)
        seen = preview(source, kind, None, {})
        assert isinstance(seen, Preview)
        done = import_file(source, kind, seen.mapping, lines)
        assert isinstance(done, Imported)
        assert done.rows == done.kept
        return Source(path=str(lines / LINES), name=name, behind=1), done

    payments, imported = read("payments", "payments")
    register, places = read("register", "register")[0], read("places", "places")[0]
    new = NewAnalysis(title="Bench", files=(UUID(int=1),), local=RINGS[:1], region=RINGS[:3])
    found = analyse(Work(new=new, files=(payments,), register=register, places=places), folder / "payments-lines")
    assert isinstance(found, SpendAnalysis)
    redacted = next(one for one in found.unknown if one.what == "supplier, redacted")
    return {
        "amount": str(found.amount),
        "lines": found.lines,
        "suppliers": found.suppliers,
        "left_out": [[one.lines, str(one.amount)] for one in found.left_out],
        "rings": {part.name: [str(part.amount), part.suppliers] for part in (*found.rings.parts, found.rings.unknown)},
        "sizes": {part.name: [str(part.amount), part.suppliers] for part in (*found.sizes.parts, found.sizes.unknown)},
        "categories": {one.name: [str(one.amount), rings_of(one.rings, one.unknown)] for one in found.categories[:40]},
        "sectors": {one.name: [str(one.amount), rings_of(one.rings, one.unknown)] for one in found.sectors[:40]},
        "supply": {leak.category: leak.local_suppliers for leak in found.influence.categories[:40]},
        "leakage": str(found.influence.leakage),
        "years": {
            year.name: [str(year.amount), year.lines, year.suppliers, str(year.local.lowest), str(year.smes.lowest)]
            for year in found.years
        },
        "missing": sorted(list(item) for item in imported.missing.items()),
        "top": [[part.name, str(part.amount)] for part in found.concentration.top],
        "hhi": str(found.concentration.hhi),
        "redacted": [redacted.lines, str(redacted.amount)],
    }


def rings_of(rings: Any, unknown: Any) -> dict[str, str]:
    """What is spent in each ring, and where nobody knows."""
    return {ring: str(amount) for ring, amount in rings.items()} | ({"not known": str(unknown)} if unknown else {})


COLUMNS = ("body", "unit", "category", "code", "paid_on", "transaction", "amount", "kind", "supplier_id", "supplier")
REDACTED = r"\b(?:redact(?:ed|ion)?|withheld)\b|personal (?:data|info)|name removed|^confidential$"
AMOUNT = r"-?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,15})(?:\.[0-9]{1,2})?"


def money(pennies: Any) -> str:
    """Pennies as an amount."""
    return str(Decimal(int(pennies)).scaleb(-2).quantize(Decimal("0.01")))


def read_by_pandas(path: Path) -> Any:
    """The lines as pandas has them: trimmed, amounts in pennies, days, redactions, repeats marked."""
    import pandas as pd

    lines = pd.read_csv(path, dtype=str, keep_default_na=False)
    lines.columns = list(COLUMNS)
    for column in COLUMNS:
        lines[column] = lines[column].str.strip()
    assert lines["amount"].str.fullmatch(AMOUNT).all()
    parts = lines["amount"].str.replace(",", "").str.partition(".")
    whole, rest = parts[0], parts[2]
    size = whole.str.lstrip("-").astype("int64") * 100 + rest.str.ljust(2, "0").astype("int64")
    lines["pennies"] = size.where(~whole.str.startswith("-"), -size)
    lines["day"] = pd.to_datetime(lines["paid_on"], format="%d/%m/%Y")
    judge_by_pandas(lines)
    lines["redacted"] = lines["supplier"].str.contains(REDACTED, case=False, regex=True)
    lines["repeated"] = lines.duplicated(subset=list(COLUMNS)) & (lines["transaction"] != "")
    return lines


def judge_by_pandas(lines: Any) -> None:
    """No row is empty, repeats the heading, is a total or lacks its day; ours leaves such rows out and lists them."""
    empty = (lines[list(COLUMNS)] == "").all(axis=1)
    heading = lines["amount"].str.lower() == "amount"
    undated = (lines["paid_on"] == "") & (lines["transaction"] == "")
    total = undated & lines["supplier"].str.contains(r"^(?:grand |sub[- ]?)?totals?\b", case=False, regex=True)
    assert not (empty | heading | total | lines["day"].isna()).any()


def by_pandas(folder: Path) -> dict[str, Any]:
    """The same by pandas: names are brought together by the same function, once for each spelling."""
    import pandas as pd

    from service.spend_matching import key_of, size_of

    lines = read_by_pandas(folder / "payments.csv")
    repeated = lines[lines["repeated"]]
    left_out = [[len(repeated), money(repeated["pennies"].sum())]] if len(repeated) else []
    kept = lines[~lines["repeated"]].copy()
    register = pd.read_csv(folder / "register.csv", dtype=str, keep_default_na=False)
    places = dict(pd.read_csv(folder / "places.csv", dtype=str).itertuples(index=False))
    register["key"] = register["Supplier"].map(key_of)
    register = register.set_index("key")
    keys = {name: key_of(name) for name in kept["supplier"].unique()}
    kept["key"] = kept["supplier"].map(keys).where(~kept["redacted"])
    kept["ring"] = kept["key"].map(register["Postcode"].map(places)).fillna("not known")
    kept["sector"] = kept["key"].map(register["Sector"])
    kept["size"] = kept["key"].map(register["Employees"].map(lambda n: size_of(None, n))).fillna("not known")
    kept["year"] = kept["day"].dt.year - (kept["day"].dt.month < 4)
    return {"left_out": left_out, **figures_of(kept, register)}


def percent(part: Any, whole: Any) -> str:
    """A share in percent to two decimals, half up."""
    return money((Fraction(int(part), int(whole)) * 10_000 + Fraction(1, 2)).__floor__())


def influenced(leaking: Any, supply: Any) -> list[str]:
    """The forty categories of which most that leaks could be influenced: somebody nearer is paid in them."""

    def free(name: str) -> int:
        return int(leaking[name]) if any(supply.get((name, ring), 0) for ring in RINGS[:3]) else 0

    return sorted(leaking.index, key=lambda name: (-free(name), -leaking[name], name))[:40]


def crossed(kept: Any, column: str) -> dict[str, list[Any]]:
    """The forty biggest of a column with their rings."""
    sums = kept.groupby([column, "ring"])["pennies"].sum()
    whole = sums.groupby(level=0).sum()
    best = sorted(whole.items(), key=lambda item: (-item[1], item[0]))[:40]
    return {name: [money(sum_), {ring: money(one) for ring, one in sums[name].items()}] for name, sum_ in best}


def figures_of(kept: Any, register: Any) -> dict[str, Any]:
    """The sums."""

    def parts(column: str) -> dict[str, list[Any]]:
        grouped = kept.groupby(column)
        sums, suppliers = grouped["pennies"].sum(), grouped["key"].nunique()
        return {name: [money(sums[name]), int(suppliers[name])] for name in sums.index}

    suppliers = kept.groupby("key")["pennies"].sum()
    paid = suppliers[suppliers > 0]
    whole = int(paid.sum())
    first = kept.loc[~kept["redacted"]].groupby("key")["supplier"].min()
    names = {key: register["Supplier"].get(key, first[key]) for key in paid.index}
    top = sorted(((-int(sum_), names[key]) for key, sum_ in paid.items()))[:10]
    squares = Fraction(sum(int(one) ** 2 for one in paid), whole**2) * 10_000
    hundredths = (squares * 100 + Fraction(1, 2)).__floor__()
    years = kept.groupby("year").agg(
        pennies=("pennies", "sum"), lines=("pennies", "size"), suppliers=("key", "nunique")
    )
    local = kept[kept["ring"] == RINGS[0]].groupby("year")["pennies"].sum()
    smes = kept[kept["size"].isin(("micro", "small", "medium"))].groupby("year")["pennies"].sum()
    supply = kept.groupby(["category", "ring"])["key"].nunique()
    leaking = kept[~kept["ring"].isin((*RINGS[:3], "not known"))].groupby("category")["pennies"].sum()
    redacted = kept[kept["redacted"]]
    return {
        "amount": money(kept["pennies"].sum()),
        "lines": len(kept),
        "suppliers": len(suppliers),
        "rings": parts("ring"),
        "sizes": parts("size"),
        "categories": crossed(kept, "category"),
        "sectors": crossed(kept, "sector"),
        "supply": {
            name: int(sum(supply.get((name, ring), 0) for ring in RINGS[:3])) for name in influenced(leaking, supply)
        },
        "leakage": money(leaking.sum()),
        "years": {
            f"{year}/{(year + 1) % 100:02}": [
                money(row.pennies),
                int(row.lines),
                int(row.suppliers),
                percent(local[year], row.pennies),
                percent(smes[year], row.pennies),
            ]
            for year, row in years.iterrows()
        },
        "missing": [[name, int(n)] for name, n in sorted((kept[list(COLUMNS)] == "").sum().items()) if n],
        "top": [[name, money(-sum_)] for sum_, name in top],
        "hhi": str(Decimal(hundredths).scaleb(-2)),
        "redacted": [len(redacted), money(redacted["pennies"].sum())],
    }


if __name__ == "__main__":
    sys.exit(main())
