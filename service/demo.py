"""A complete, realistic tender played through the public API on a database of its own; its outcome in demo-output/.

The script speaks HTTP only, like any other client; it is the README's walk-through in motion.
"""

import argparse
import asyncio
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import sleep
from typing import Any, Literal

import msgspec

from service import city, demo_data, serving
from service.calls import Missing, NoAnswer, Refused
from service.client import Client, FalseReceipt
from service.demo_data import STORY
from service.local_postgres import erase
from service.play import Cast, Evaluated, Play, Printed, keep, slug
from service.settings import Settings
from service.signing import secrets_of

OUTPUT = Path("demo-output")
DATABASE = Path(".demo")
_OPEN_DATA: dict[str, Literal["current", "find-a-tender"]] = {"ocds": "current", "fts": "find-a-tender"}
"""What the files of open data begin with, by their profile."""


def play(url: str, first_key: str) -> list[str]:
    """One tender from its trial to its open data; what to say of it."""
    print(f"playing the tender {STORY.tender['reference']} through {url} …", flush=True)
    with Cast(url, first_key, demo_data.PEOPLE, demo_data.CONTACTS) as cast:
        tender = Play(cast, STORY)
        tender.draft(STORY.tender)
        trial = tender.people["author"].simulate_lot(tender.draft_id, demo_data.TRIAL).location
        tender.publish(STORY.tender)
        tender.submit()
        tender.open()
        tender.seat()
        tender.score()
        ran = tender.evaluate()
        tender.award(ran)
        tender.tell(ran.winner)
        for field, text in demo_data.PROCEDURE_TEXTS.items():
            tender.people["moderator"].give_report_text(tender.tender["id"], field, {"text": text})
        _keep_result(tender, ran)
        keep(OUTPUT, papers(tender, ran, trial))
        _keep_open_data(tender)
    return _told(tender, ran)


def papers(tender: Play, ran: Evaluated, trial: str) -> Iterator[Printed]:
    """Every paper of the tender in the order of its life."""
    author, moderator, auditor = (tender.people[part] for part in ("author", "moderator", "auditor"))
    lot, anybody, name = f"/lots/{tender.lot}", tender.cast.anybody, STORY.tender["reference"]
    yield Printed(f"how-bids-are-scored-{name}", anybody, f"/public{lot}/scoring-sheet")
    yield Printed(f"simulation-report-{name}", author, f"{trial}/report")
    yield Printed(f"opening-record-{name}", auditor, f"{lot}/opening/record")
    yield Printed(f"moderation-record-{name}", moderator, f"{lot}/moderation/record")
    yield Printed(f"evaluation-report-{name}", moderator, f"/evaluations/{ran.id}/report")
    for supplier, receipt in tender.bids.items():
        path = f"{lot}/assessment-summaries/{receipt['bid_id']}/letter"
        yield Printed(f"assessment-summary-{slug(supplier)}-{name}", tender.people[supplier], path)
    yield Printed(f"public-evaluation-report-{name}", anybody, f"/public{lot}/evaluation-report")
    yield Printed(f"record-of-the-procedure-{name}", auditor, f"/tenders/{tender.tender['id']}/procedure-report")
    asked = auditor.ask_for_record(tender.tender["id"]).value["location"]
    yield Printed(f"chronological-record-{name}", auditor, asked, page="/record.html", file="")


def _keep_result(tender: Play, ran: Evaluated) -> None:
    (OUTPUT / f"result-{STORY.tender['reference']}.json").write_bytes(ran.canonical)
    for receipt in tender.bids.values():
        text = msgspec.json.format(msgspec.json.encode(receipt))
        (OUTPUT / f"receipt-{receipt['bid_id']}.json").write_bytes(text)


def _keep_open_data(tender: Play) -> None:
    """The tender as open data, once the award is in it: for everybody, and as Find a Tender reads it."""
    tender_id, anybody = tender.tender["id"], tender.cast.anybody
    while not any("award" in one["tag"] for one in _released(anybody, tender_id)):
        sleep(0.3)
    for prefix, profile in _OPEN_DATA.items():
        package = anybody.list_tender_releases(tender_id, profile=profile).content
        (OUTPUT / f"{prefix}-{STORY.tender['reference']}.json").write_bytes(msgspec.json.format(package))


def _released(anybody: Client, tender_id: str) -> list[dict[str, Any]]:
    """The releases so far: a worker makes them."""
    try:
        return msgspec.json.decode(anybody.list_tender_releases(tender_id).content)["releases"]
    except Missing:
        return []


def _told(tender: Play, ran: Evaluated) -> list[str]:
    """The ranking, and where everything lies."""
    name = STORY.tender["reference"]
    names = (path.name.removesuffix(f"-{name}.pdf") for path in OUTPUT.glob("*.pdf"))
    beside = ", ".join(sorted(one for one in names if one != "evaluation-report"))
    return [
        f"\n{tender.table(ran)}\n",
        f"report   {OUTPUT / f'evaluation-report-{name}.pdf'}  (and .html)",
        f"papers   beside it, as PDF and HTML: {beside}",
        f"data     {OUTPUT / f'ocds-{name}.json'}  (open data; fts-{name}.json for Find a Tender)",
        f"result   {OUTPUT / f'result-{name}.json'}  (check it: tenderscore verify FILE)",
    ]


def play_city(url: str, first_key: str) -> list[str]:
    """One year of a city, from where its money goes to what was learnt; what to say of it."""
    folder = OUTPUT / "city"
    folder.mkdir()
    return city.play(url, first_key, folder)


async def _run(settings: Settings, dsn: str, story: Callable[[str, str], list[str]], *, leave: bool) -> None:
    await serving.prepare(dsn, settings, migrate=True)
    key = (settings.data / "first-key").read_text().strip()
    with serving.listen(settings.host, settings.port) as sock:
        url = serving.address(sock)
        server = serving.http_server(settings, dsn, secrets_of(settings))
        running = asyncio.create_task(server.serve(sockets=[sock]))
        try:
            for line in await asyncio.to_thread(story, url, key):
                print(line)
            print(f"the first key is in {settings.data / 'first-key'}; the reference page is {url}/docs")
            print(f"listening on {url}" + ("" if leave else "  (Ctrl-C stops)"), flush=True)
            if not leave:
                await running
        finally:
            server.should_exit = True
            await running


def run(arguments: argparse.Namespace) -> int:
    """Play a complete tender, or a city's year with three, on an own database and keep serving it."""
    settings = Settings(data=DATABASE.absolute(), port=0, report_workers=2)
    shutil.rmtree(OUTPUT, ignore_errors=True)
    OUTPUT.mkdir()
    erase(DATABASE)
    serving.configure_logging("warning")
    story = play_city if arguments.city else play
    with serving.database(settings) as dsn:
        try:
            asyncio.run(_run(settings, dsn, story, leave=arguments.exit))
        except (Refused, NoAnswer, FalseReceipt) as failure:
            print(f"tenderscore demo: {failure}", file=sys.stderr)
            return 1
    return 0


def add_commands(commands: Any) -> None:
    """Register demo."""
    parser = commands.add_parser("demo", help=run.__doc__, description=__doc__)
    parser.add_argument("--city", action="store_true", help="one year of a city: spend, three tenders, contracts")
    parser.add_argument("--exit", action="store_true", help="stop once everything is written")
    parser.set_defaults(run=run)
