"""Long reports beside Chromium's print, Typst and one plain render by WeasyPrint: `make bench BENCH=reports`.

Prints one JSON line a figure: ratio says how many times better ours is (theirs ÷ ours); ours and theirs are seconds of
wall time, megabytes, CPU seconds a bid, or milliseconds. The report has 100 bids on 20 criteria with reasons, about 200
pages. At award the bids' parts were laid out before, when the panel was done with them; what that took is told on
standard error beside each figure. Both sides print the same HTML; Typst the same content by a layout of its own. The
plain render is what one writes first: one call, tables as wide as their content wants, the collector as it is.

Chromium and Typst are optional: without them their figures are left out. ARGS=--short takes 20 bids for 100 and 60 for
300, and judges nothing. ARGS="--only reports.memory" measures only figures of that beginning.
"""

import argparse
import asyncio
import gc
import multiprocessing
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx
import msgspec

from scoring import canonical, evaluate
from service import apart, pdf, typeset
from service.report_document import ReportDocument
from tests.bench import load, market, reads
from tests.bench.load import say
from tests.bench.measure import Figure, report
from tests.make_reports import SCALE, lot_of, opened, report_on

CRITERIA = 20
SEATS = 2
"""Processes that lay out parts side by side."""

CHUNK = 25
RATE = 200
"""Light requests a second, sent when they are due whether or not earlier ones were answered."""

WINDOW = 12.0
"""Seconds for which light requests are sent, without and with reports being made."""


class Spent(NamedTuple):
    """What a piece of work took: wall and CPU seconds, and the most megabytes of any of its processes."""

    wall: float
    cpu: float
    megabytes: float


# What is printed


WORDS = (
    "site team",
    "programme",
    "evidence from two schools",
    "occupied classrooms",
    "quality control",
    "risk register",
    "apprenticeship lead",
    "mobilisation in six weeks",
    "thin float",
    "phasing",
    "handover",
    "carbon saved",
    "plausible",
    "convincing",
)


def document(bids: int) -> ReportDocument:
    """A report on so many bids, with a reason for every grade."""
    chance = random.Random(1)
    price = {"id": "price", "title": "Price", "weighting": "5", "unit": "GBP", "method": {"id": "P1"}}
    graded = [
        {"id": f"q{place}", "title": f"Question {place}: how the work is done", "weighting": "5", "method": SCALE}
        for place in range(1, CRITERIA)
    ]
    rounding = [{"stage": stage, "decimals": 2, "mode": "half_up"} for stage in ("leaf", "criterion", "total")]
    lot = lot_of({"criteria": [price, *graded], "rounding": rounding})
    offers = {
        f"Bidder {place:03} Building Services Ltd": (
            f"{chance.randrange(1_800_000, 2_400_000) if place else 1_790_000}.00",
            *(str(chance.randrange(2, 6)) for _ in graded),
        )
        for place in range(bids)
    }
    reasons = tuple(" ".join(chance.choices(WORDS, k=chance.randrange(4, 8))).capitalize() + "." for _ in range(97))
    made = report_on(evaluate(lot, opened(lot, offers)), list(offers), reasons=reasons)
    return msgspec.structs.replace(made, scores=())


def with_one_changed_bid(whole: ReportDocument) -> ReportDocument:
    """The same after an appeal: one score of one bid has another reason."""
    first, *others = whole.consensus
    return msgspec.structs.replace(whole, consensus=(msgspec.structs.replace(first, reason="Agreed anew."), *others))


def typst_of(whole: ReportDocument) -> str:
    """The same content for Typst."""

    def said(text: object) -> str:
        return '#"' + str(text).replace("\\", "\\\\").replace('"', '\\"') + '"'

    rules = typeset.rules_of(whole)
    standings = typeset.standings_of(whole, rules)
    lines = [
        '#set document(title: "Evaluation report", date: datetime(year: 2026, month: 11, day: 5))',
        '#set text(font: "Source Sans 3", size: 9.2pt, lang: "en")',
        '#set page(paper: "a4", margin: 20mm, numbering: "1 / 1")',
        "= Evaluation report",
        "#outline(depth: 2)",
        "#table(columns: 4, table.header([Rank], [Supplier], [Total], [Behind]),",
        *(
            ", ".join(f"[{said(it)}]" for it in (one.result.rank, one.entry.supplier, one.result.total, one.behind))
            + ","
            for one in standings
        ),
        ")",
    ]
    for one in standings:
        lines += [
            "#pagebreak()",
            f"== {said(one.entry.supplier)}",
            f"{said(one.entry.submitted_at)} {said(one.entry.digest)}",
            "#table(columns: (1fr, auto, auto, auto, auto),",
            "table.header([Criterion], [Offered], [Points], [Share], [Weighted]),",
        ]
        for line in one.lines:
            cells = (line.rule.title, line.offered, line.points, line.rule.share, line.weighted)
            lines += [", ".join(f"[{said(cell)}]" for cell in cells) + ","]
            reason = line.consensus.reason if line.consensus else ""
            steps = " ".join(step.sentence for step in line.steps)
            lines += [f"table.cell(colspan: 5)[{said(reason)} \\ {said(steps)}],"]
        lines.append(")")
    return "\n".join(lines)


# Ours


def measured(work: Callable[..., Any], *arguments: Any) -> tuple[Any, float, float]:
    """In a child: the result, the CPU seconds that it took, the most megabytes that the process had."""
    start = time.process_time()
    found = work(*arguments)
    return found, time.process_time() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class Ours:
    """A report made in parts by processes of their own, as the worker does; parts that were made are kept."""

    def __init__(self) -> None:
        self.kept: dict[bytes, bytes] = {}
        self.cpu = self.peak = 0.0

    def _apart(self, work: Callable[..., Any], *arguments: Any) -> Any:
        found, cpu, megabytes = apart.run_now(measured, work, *arguments)
        self.cpu += cpu
        self.peak = max(self.peak, megabytes)
        return found

    def make(self, whole: ReportDocument) -> tuple[Spent, bytes]:
        """The report, with what it took beyond what was kept."""
        self.cpu = self.peak = 0.0
        start = time.monotonic()
        front, cut = self._apart(typeset.cut_report, whole)
        missing = [(key, page) for key, page in cut if key not in self.kept]
        size = min(CHUNK, -(-len(missing) // SEATS) or 1)
        chunks = [missing[place : place + size] for place in range(0, len(missing), size)]
        with ThreadPoolExecutor(SEATS) as seats:
            pressed = list(
                seats.map(lambda chunk: self._apart(typeset.press_parts, [page for _, page in chunk]), chunks)
            )
        for chunk, parts in zip(chunks, pressed, strict=True):
            self.kept |= {key: part for (key, _), part in zip(chunk, parts, strict=True)}
        made = self._apart(typeset.bind_report, front, [self.kept[key] for key, _ in cut])
        return Spent(time.monotonic() - start, self.cpu, self.peak), made

    def prepare_bids(self, whole: ReportDocument) -> float:
        """Lay out the bids' parts and nothing else; the CPU seconds that it took."""
        self.make(whole)
        used = self.cpu
        _, cut = self._apart(typeset.cut_report, whole)
        bids = {key for key, page in cut if '<section class="bid">' in page}
        self.kept = {key: part for key, part in self.kept.items() if key in bids}
        return used


# The others


def plainly(html: str) -> float:
    """In a child: seconds of one plain render, the library loaded before."""
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    weasyprint = pdf.load()
    gc.unfreeze()
    gc.set_threshold(700, 10, 10)
    page = html.replace("</style>", "table { table-layout: auto }</style>")
    start = time.monotonic()
    weasyprint.HTML(string=page, url_fetcher=pdf.data_only()).write_pdf(pdf_variant="pdf/ua-1")
    return time.monotonic() - start


def naive(html: str) -> float:
    """Seconds of one plain render in a process of its own, without our limits."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(plainly, (html,))


def chromium(html: str) -> float | None:
    """Seconds in which a fresh Chromium prints a page; None without one."""
    program = shutil.which("chromium")
    if program is None:
        return None
    with tempfile.TemporaryDirectory() as place:
        page, made = Path(place) / "page.html", Path(place) / "page.pdf"
        page.write_text(html, encoding="utf-8")
        command = [program, "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]
        command += [f"--user-data-dir={place}/profile", f"--print-to-pdf={made}", page.as_uri()]
        start = time.monotonic()
        subprocess.run(command, check=True, capture_output=True, timeout=900)
        spent = time.monotonic() - start
        return spent if made.exists() else None


def typst(source: str) -> float | None:
    """Seconds in which Typst makes its report in this process; None without it."""
    try:
        import typst as library
    except ImportError:
        return None
    start = time.monotonic()
    library.compile(source.encode(), font_paths=[str(pdf.FONTS)], pdf_standards=["ua-1"])
    return time.monotonic() - start


# Figures


class Sides(NamedTuple):
    """Wall seconds of everybody on the big report, rounds in turn; None: not installed."""

    cold: Spent
    award: Spent
    changed: Spent
    naive: float
    chromium: float | None
    typst: float | None


def sides(bids: int, rounds: int) -> Sides:
    """Everybody's time; the plain render, which takes minutes, once."""
    whole = document(bids)
    html, source, changed = typeset.typeset(whole), typst_of(whole), with_one_changed_bid(whole)
    Ours().make(document(2))  # the fork server starts
    cold: list[Spent] = []
    award: list[Spent] = []
    again: list[Spent] = []
    browser: list[float] = []
    other: list[float] = []
    for number in range(rounds):
        ours = Ours()
        spent, made = ours.make(whole)
        cold.append(spent)
        say(f"  round {number + 1}: cold {spent.wall:.2f} s, {spent.cpu:.1f} s CPU, {len(made):,} bytes")
        earlier = ours.prepare_bids(whole)
        spent, same = ours.make(whole)
        if same != made:
            raise load.Invalid("The report of kept parts is not the one of new parts.")
        award.append(spent)
        say(f"  at award {spent.wall:.2f} s, {spent.cpu:.1f} s CPU; spent earlier: {earlier:.1f} s CPU")
        again.append(ours.make(changed)[0])
        say(f"  one changed bid {again[-1].wall:.2f} s, {again[-1].cpu:.1f} s CPU")
        browser += [] if (seconds := chromium(html)) is None else [seconds]
        other += [] if (seconds := typst(source)) is None else [seconds]
        say(f"  Chromium {browser[-1:]} s, Typst {other[-1:]} s")
    plain = naive(html)
    say(f"  one plain render {plain:.1f} s")
    return Sides(
        _middle(cold),
        _middle(award),
        _middle(again),
        plain,
        median(browser) if browser else None,
        median(other) if other else None,
    )


def _middle(runs: list[Spent]) -> Spent:
    return sorted(runs)[len(runs) // 2]


def compared(bids: int, rounds: int) -> Iterator[Figure]:
    """Ours beside the others."""
    say(f"{bids} bids on {CRITERIA} criteria")
    found = sides(bids, rounds)
    for name, goal, baseline, ours, theirs in (
        ("reports.at_award", 1 / 0.3, "Chromium", found.award.wall, found.chromium),
        ("reports.at_award_typst", 1.0, "Typst", found.award.wall, found.typst),
        ("reports.at_award_naive", 25, "one plain render by WeasyPrint", found.award.wall, found.naive),
        ("reports.one_changed_bid", 1 / 0.35, "Chromium", found.changed.wall, found.chromium),
        ("reports.cold", 2.5, "one plain render by WeasyPrint", found.cold.wall, found.naive),
        ("reports.cold_chromium", 1 / 2.5, "Chromium", found.cold.wall, found.chromium),
    ):
        if theirs is None:
            say(f"{name} is left out: {baseline} is not installed")
        else:
            yield Figure(name, theirs / ours, round(goal, 3), baseline, ours, theirs, bids)


def grown(few: int, many: int, most: int) -> Iterator[Figure]:
    """How memory and CPU grow with the report."""
    spent = {bids: Ours().make(document(bids))[0] for bids in (few, many, most)}
    for bids, one in spent.items():
        say(f"{bids} bids: {one.wall:.1f} s, {one.cpu / bids:.3f} s CPU a bid, {one.megabytes:.0f} MB at most")
    ours, theirs = spent[most].megabytes, spent[many].megabytes
    yield Figure("reports.memory", theirs / ours, 0.769, f"peak at {many} bids", ours, theirs, most)
    ours, theirs = spent[most].cpu / most, spent[few].cpu / few
    yield Figure("reports.cpu_per_bid", theirs / ours, 0.87, f"CPU a bid at {few} bids", ours, theirs, most)


# Light requests


async def light(url: str, seconds: float) -> float:
    """The 99th percentile of light requests in milliseconds, each counted from the instant at which it was due."""
    host, port = urlsplit(url).hostname, urlsplit(url).port
    free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    for _ in range(32):
        free.put_nowait(await asyncio.open_connection(host, port))
    late: list[float] = []

    async def ask(due: float) -> None:
        reader, writer = await free.get()
        writer.write(b"GET /health/live HTTP/1.1\r\nHost: bench\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        size = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(size)
        late.append(time.monotonic() - due)
        free.put_nowait((reader, writer))

    start = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for number in range(int(seconds * RATE)):
            due = start + number / RATE
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            group.create_task(ask(due))
    while not free.empty():
        free.get_nowait()[1].close()
    return sorted(late)[int(len(late) * 0.99)] * 1000


def undisturbed(bids: int) -> Iterator[Figure]:
    """Light requests while the service's own worker makes two such reports."""
    content = canonical(document(bids).evaluation)
    ids = {name: market.id_of("result", number) for number, name in enumerate(reads.WHICH)}
    key = {"Authorization": f"Bearer {market.key_of(reads.FIRST_READER)}"}
    with load.folder() as files, load.postgres(files) as postgres:
        asyncio.run(reads.fill(postgres.dsn, reads.Results(content, content, ids)))
        with load.service(postgres.dsn, files, TENDERSCORE_REPORT_WORKERS="2") as server:
            asyncio.run(light(server.url, 3))
            idle = asyncio.run(light(server.url, WINDOW))
            asked = [f"{server.url}/evaluations/{one}/report.pdf" for one in ids.values()]
            if any(httpx.get(path, headers=key, timeout=60).status_code != 202 for path in asked):
                raise load.Invalid("The reports are not being made.")
            time.sleep(3)
            busy = asyncio.run(light(server.url, WINDOW))
            said = [httpx.get(path, headers=key, timeout=60).status_code for path in asked]
            say(f"light requests: p99 {idle:.2f} ms idle, {busy:.2f} ms with reports being made (now {said})")
            yield Figure("reports.light_get_p99", idle / busy, 0.667, "idle", busy, idle, int(WINDOW * RATE))


def main() -> int:
    """Print every figure; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="a fifth of the bids, one round; judges nothing")
    parser.add_argument("--only", default="", metavar="NAME", help="figures whose name begins so")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    many, most, rounds = (20, 60, 1) if given.short else (100, 300, given.rounds)
    groups: tuple[tuple[tuple[str, ...], Callable[[], Iterator[Figure]]], ...] = (
        (("reports.at_award", "reports.one_changed_bid", "reports.cold"), lambda: compared(many, rounds)),
        (("reports.memory", "reports.cpu_per_bid"), lambda: grown(20, many, most)),
        (("reports.light_get_p99",), lambda: undisturbed(many)),
    )

    def figures() -> Iterator[Figure]:
        for names, measure in groups:
            if any(name.startswith(given.only) or given.only.startswith(name) for name in names):
                yield from measure()

    with suppress(BrokenPipeError):
        code = report(figures())
        return 0 if given.short else code
    return 0


if __name__ == "__main__":
    sys.exit(main())
