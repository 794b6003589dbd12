"""Open data of a year, streamed, beside a list of it in memory: `make bench BENCH=ocds`.

Ours is what the service sends for `/public/ocds/years/{year}`, page by page; the other side reads all releases, decodes
them and writes one package, as scripts do that combine packages with the standard library. Each side runs in a process
of its own on the same database, and both must have sent the same releases. The database holds a year with 1,000 tenders
and one with 10,000; releases are of one invented tender of six lots, told apart by their ids. Megabytes are the most
that was resident. Exits with 1 when a goal is missed or the sides differ. ARGS=--short takes a tenth of each.
"""

import argparse
import asyncio
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

import scoring
from service import award_criteria, db, ocds, open_data
from service.examples import SCHOOL_ROOFS
from tests.bench import load
from tests.bench.measure import Figure, report

FEW, MANY = 1_000, 10_000
YEARS = {FEW: 2001, MANY: 2002}
LOTS = 6

FILL = """
INSERT INTO ocds_releases (tender_id, number, told, digest, current, find_a_tender, made_at)
SELECT
    gen_random_uuid(), 1, '{}', '', convert_to(replace($1, 'NUMBER', i::text), 'UTF8'), '',
    make_timestamptz($2, 1, 1, 0, 0, 0, 'UTC') + i * interval '1 second'
FROM generate_series(1, $3) AS made (i)
"""


def a_release() -> str:
    """A release of a published tender; NUMBER stands where its own number shall."""
    rules = msgspec.convert(SCHOOL_ROOFS, scoring.Lot)
    buyer = ocds.Reference(id="GB-LAE-ABC", name="Northgate City Council")
    at = datetime(2001, 1, 1, tzinfo=UTC)
    lot = ocds.Lot(
        id="1",
        title="Schools",
        status="active",
        award_criteria=award_criteria.published(rules),
        has_sustainability=True,
        sustainability=award_criteria.sustainability(rules, {}),
    )
    release = ocds.Release(
        ocid="ocds-213czf-NUMBER",
        id="ocds-213czf-NUMBER-1",
        date=at,
        tag=("tender",),
        initiation_type="tender",
        language="en",
        parties=(ocds.Party(id=buyer.id, name=buyer.name, roles=("buyer",)),),
        buyer=buyer,
        tender=ocds.Tender(
            id="NUMBER",
            title="Solar roofs",
            status="active",
            procuring_entity=buyer,
            award_criteria="ratedCriteria",
            tender_period=ocds.Period(start_date=at, end_date=at),
            lots=tuple(msgspec.structs.replace(lot, id=str(number + 1)) for number in range(LOTS)),
        ),
    )
    return ocds.encode(release).decode()


async def fill(dsn: str, sizes: dict[int, int]) -> None:
    """So many releases in each year; their tenders themselves are not needed."""
    await db.migrate(dsn)
    conn = await db.connect(dsn)
    await conn.execute("ALTER TABLE ocds_releases DROP CONSTRAINT ocds_releases_are_of_a_tender")
    text = a_release()
    for number, year in sizes.items():
        await conn.execute(FILL, text, year, number)
    await conn.close()


async def by_ours(dsn: str, year: int, out: Path) -> None:
    """The lines as the service sends them."""
    begin, end = (datetime(one, 1, 1, tzinfo=UTC) for one in (year, year + 1))
    async with await db.open_pool(dsn, connections=2) as pool:
        with out.open("wb") as file:
            async for piece in open_data._lines(pool, {"profile": "current", "buyer": None, "before_at": end}, begin):
                file.write(piece)


async def by_list(dsn: str, year: int, out: Path) -> None:
    """All releases in a list, written as one package."""
    conn = await db.connect(dsn)
    rows = await conn.fetch(
        "SELECT current FROM ocds_releases WHERE extract(YEAR FROM made_at AT TIME ZONE 'UTC') = $1 ORDER BY made_at",
        year,
    )
    package = {"version": "1.1", "releases": [json.loads(row["current"]) for row in rows]}
    with out.open("w") as file:
        json.dump(package, file)
    await conn.close()


SIDES = {"ours": by_ours, "list": by_list}


def run(side: str, dsn: str, year: int, out: Path) -> dict[str, float]:
    """One side in a process of its own: seconds of wall and the most megabytes."""
    command = [sys.executable, "-m", "tests.bench.ocds", "--side", side, "--year", str(year), "--out", str(out)]
    began = time.perf_counter()
    with subprocess.Popen(command, env={**os.environ, "BENCH_DSN": dsn}) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{side} failed")
    found = {"seconds": time.perf_counter() - began, "mb": used.ru_maxrss / 1024}
    print(f"{side} {year}: {found['seconds']:.1f} s, {found['mb']:.0f} MB, {out.stat().st_size} bytes", file=sys.stderr)
    return found


def digest_of(releases: Iterator[Any]) -> str:
    """The releases that were sent, whatever stands around them."""
    seen = hashlib.sha256()
    for release in releases:
        seen.update(json.dumps(release, sort_keys=True).encode())
    return seen.hexdigest()


def figures(dsn: str, folder: Path, many: int) -> Iterator[Figure]:
    """Memory at the larger size, ours beside the list, and ours beside ours at the smaller one."""
    few = run("ours", dsn, YEARS[FEW], folder / "few.jsonl")
    ours = run("ours", dsn, YEARS[MANY], folder / "ours.jsonl")
    theirs = run("list", dsn, YEARS[MANY], folder / "list.json")
    with (folder / "ours.jsonl").open() as lines:
        sent = digest_of(json.loads(line) for line in lines)
    listed = digest_of(iter(json.loads((folder / "list.json").read_text())["releases"]))
    same, baseline = float(sent == listed), "json list in memory"
    yield Figure("ocds.same_releases", same, 1, baseline, 1, same, many, sent)
    yield Figure("ocds.memory", theirs["mb"] / ours["mb"], 2, baseline, ours["mb"], theirs["mb"], many)
    faster = theirs["seconds"] / ours["seconds"]
    yield Figure("ocds.speed", faster, 1, baseline, ours["seconds"], theirs["seconds"], many)
    growth = few["mb"] / ours["mb"]
    yield Figure("ocds.constant_memory", growth, 0.9, "ours at a tenth", ours["mb"], few["mb"], many)


def main() -> int:
    """Print every figure; 1 when a goal is missed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--side", choices=SIDES)
    parser.add_argument("--year", type=int)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--short", action="store_true")
    given = parser.parse_args()
    if given.side:
        asyncio.run(SIDES[given.side](os.environ["BENCH_DSN"], given.year, given.out))
        return 0
    part = 10 if given.short else 1
    with load.folder() as folder, load.postgres(folder) as server:
        asyncio.run(fill(server.dsn, {number // part: year for number, year in YEARS.items()}))
        return report(figures(server.dsn, folder, MANY // part))


if __name__ == "__main__":
    sys.exit(main())
