"""A complete, realistic tender played through the public API on a database of its own; its outcome in demo-output/.

The script speaks HTTP only, like any other client; it is the README's walk-through in motion.
"""

import argparse
import asyncio
import re
import shutil
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import msgspec

from service import demo_data, serving
from service.calls import NoAnswer, Refused
from service.client import Client, FalseReceipt, check_receipt
from service.local_postgres import erase
from service.settings import Settings
from service.signing import secrets_of

if TYPE_CHECKING:
    from service.operations import (
        NewAward,
        NewItem,
        NewNotice,
        NewPanel,
        NewPerson,
        NewRecommendation,
        NewScore,
        NewSeats,
        NewSending,
        Receipt,
        Registration,
    )

OUTPUT = Path("demo-output")
DATABASE = Path(".demo")
_SECONDS_TO_BID = 6


class Printed(NamedTuple):
    """A paper to keep: its file's name, who reads it, its address, and what follows there for page and file."""

    name: str
    reader: Client
    path: str
    page: str = ".html"
    file: str = ".pdf"


def slug(name: str) -> str:
    """A name as a part of a file's name."""
    return re.sub("[^a-z0-9]+", "-", name.lower()).strip("-")


class Play:
    """The tender's life, step by step."""

    def __init__(self, url: str, first_key: str) -> None:
        self.url = url
        self.operator = Client(url, first_key)
        self.people: dict[str, Client] = {}
        self.trial = ""
        self.bids: dict[str, Receipt] = {}

    def run(self) -> dict[str, Any]:
        """Play everything; returns the stored evaluation."""
        self.meet()
        self.publish()
        self.submit()
        self.open()
        self.seat()
        self.score()
        return self.decide()

    def meet(self) -> None:
        """Register the buyer with its people, and the suppliers."""
        city = self._register("buyer", demo_data.BUYER, "author")
        self.ids = {"author": city["person"]["id"]}
        author = self.people["author"]
        for role, name in demo_data.PEOPLE.items():
            person = author.add_person({"name": name}).value
            key = author.issue_key(person["id"], {"label": "Demo"}).value
            self.ids[role] = person["id"]
            self.people[role] = Client(self.url, key["secret"])
        for supplier in demo_data.BIDS:
            self._register("supplier", supplier, supplier)

    def _register(self, kind: Literal["buyer", "supplier"], name: str, as_name: str) -> "Registration":
        person: NewPerson = {"name": demo_data.CONTACTS[name]}
        made = self.operator.register_organisation({"kind": kind, "name": name, "person": person}).value
        self.people[as_name] = Client(self.url, made["key"]["secret"])
        return made

    def publish(self) -> None:
        """Draft, give roles, and let somebody else publish."""
        author = self.people["author"]
        drafted = author.draft_tender(demo_data.TENDER).value["id"]
        self.trial = author.simulate_lot(drafted, demo_data.TRIAL).location
        granted = [
            author.grant_role(drafted, {"person_id": person_id, "role": demo_data.ROLES[role]}).value
            for role, person_id in self.ids.items()
            if role != "author"
        ]
        # The service's clock counts, not ours; this is the last that it has told us.
        now = datetime.fromisoformat(granted[-1]["granted_at"])
        deadline = (now + timedelta(seconds=_SECONDS_TO_BID)).isoformat()
        edited = author.edit_tender(drafted, {**demo_data.TENDER, "submission_deadline": deadline}, if_match='"1"')
        self.tender = self.people["approver"].publish_tender(drafted, if_match=edited.etag).value
        self.lot = self.tender["lots"][0]

    def submit(self) -> None:
        """Every supplier checks its bid, then submits it and checks its receipt; one thinks again in time."""
        (signer,) = self.operator.list_signing_keys().value["keys"]
        for supplier, values in demo_data.BIDS.items():
            client = self.people[supplier]
            client.submit_bid(self.lot["id"], {"values": values}, validate="only")
            self.bids[supplier] = client.submit_bid(self.lot["id"], {"values": values}).value
        supplier, values = demo_data.SECOND_THOUGHT
        again = self.people[supplier].replace_bid(self.bids[supplier]["bid_id"], {"values": values})
        self.bids[supplier] = again.value
        for receipt in self.bids.values():
            check_receipt(receipt, signer["public_key"])

    def open(self) -> None:
        """Wait for the deadline by the service's own clock; then two officers open."""
        author = self.people["author"]
        while author.get_tender(self.tender["id"]).value["stage"] == "published":
            sleep(0.2)
        for officer in ("opening_officer1", "opening_officer2"):
            self.people[officer].open_bids(self.lot["id"])

    def seat(self) -> None:
        """Everybody declares, another person approves, and the author seats three evaluators."""
        tender = self.tender["id"]
        for role in ("approver", "author", "evaluator1", "evaluator2", "evaluator3", "moderator"):
            made = self.people[role].declare_interest(tender, {"interest": "none"}).value
            decider = self.people["author" if role == "approver" else "approver"]
            reason = demo_data.NO_INTEREST
            decider.decide_declaration(tender, self.ids[role], made["number"], {"approved": True, "reason": reason})
        seats: list[NewSeats] = [
            {"person_id": self.ids[f"evaluator{number}"], "criteria": ["method-statement"]} for number in (1, 2, 3)
        ]
        panel: NewPanel = {"chair_id": self.ids["moderator"], "seats": seats, **demo_data.PANEL}
        self.people["author"].set_panel(self.lot["id"], panel)

    def score(self) -> None:
        """Three evaluators score by themselves, then the moderator records their meeting and locks what it agreed."""
        cites = ["Answer on the method statement"]
        items: list[NewItem] = []
        for supplier, criteria in demo_data.SCORES.items():
            bid_id = self.bids[supplier]["bid_id"]
            for criterion, (marks, agreed) in criteria.items():
                for number, (value, reason) in enumerate(marks, 1):
                    score: NewScore = {"value": value, "reason": reason, "cites": cites}
                    self.people[f"evaluator{number}"].give_score(bid_id, criterion, score)
                item: NewItem = {
                    "bid_id": bid_id,
                    "criterion_id": criterion,
                    "points": [why for _, why in marks],
                    "value": agreed[0],
                    "reason": agreed[1],
                    "cites": cites,
                }
                items.append(item)
        present = [self.ids[role] for role in ("moderator", "evaluator1", "evaluator2", "evaluator3")]
        moderator = self.people["moderator"]
        opened_at = moderator.get_opening(self.lot["id"]).value["opened_at"] or ""
        moderator.record_meeting(self.lot["id"], {"held_at": opened_at, "present": present, "items": items})
        moderator.lock_criterion(self.lot["id"], "method-statement")

    def decide(self) -> dict[str, Any]:
        """Run the engine, fetch the report, recommend, and let somebody else decide the award."""
        moderator, lot = self.people["moderator"], self.lot["id"]
        run = moderator.evaluate_lot(lot, {"rules_digest": self.lot["rules_digest"] or ""}).value["id"]
        stored = moderator.get_evaluation(run)
        self._keep(stored.content)
        winner = stored.value["winner"] or ""
        warned = moderator.list_warnings(run).value
        recommendation: NewRecommendation = {
            "evaluation_id": run,
            "bid_id": winner,
            "reason": demo_data.RECOMMENDATION_REASON,
            "acknowledged": [{"warning": one["name"], "answer": demo_data.WARNING_ANSWER} for one in warned],
        }
        moderator.recommend_award(lot, recommendation)
        award: NewAward = {"evaluation_id": run, "bid_id": winner, "reason": demo_data.AWARD_REASON}
        self.people["approver"].decide_award(lot, award)
        self.tell(winner)
        self._keep_papers(run)
        return msgspec.json.decode(stored.content)

    def tell(self, winner: str) -> None:
        """Give what only people know, send every bidder its letter, publish the award notice, complete the record."""
        moderator, approver, lot = self.people["moderator"], self.people["approver"], self.lot["id"]
        for number, line in enumerate(moderator.list_summaries(lot).value, 1):
            told = {"supplier": line["supplier"], "slug": slug(line["supplier"]), "number": number}
            for one in line["missing"]:
                if one["bid_id"] == line["bid_id"]:
                    text = demo_data.TEXTS[one["field"]].format(**told)
                    moderator.give_text(lot, one["bid_id"], one["field"], {"text": text})
        moderator.give_text(lot, winner, "contract_price", {"text": demo_data.TEXTS["contract_price"]})
        accepted: NewSending = {"inference_accepted": demo_data.INFERENCE_ACCEPTED}
        accepted["mentions_accepted"] = demo_data.MENTIONS_ACCEPTED
        sent = approver.send_summaries(lot, accepted).value
        notice: NewNotice = {"published_at": sent["sent_at"], "reference": demo_data.NOTICE_REFERENCE}
        approver.record_notice(lot, notice)
        for field, text in demo_data.PROCEDURE_TEXTS.items():
            moderator.give_report_text(self.tender["id"], field, {"text": text})

    def _keep(self, canonical: bytes) -> None:
        (OUTPUT / f"result-{self.tender['reference']}.json").write_bytes(canonical)
        for receipt in self.bids.values():
            text = msgspec.json.format(msgspec.json.encode(receipt))
            (OUTPUT / f"receipt-{receipt['bid_id']}.json").write_bytes(text)

    def papers(self, evaluation_id: str) -> Iterator[Printed]:
        """Every paper of the tender in the order of its life: its file's name, who reads it, where it is."""
        author, moderator, auditor = (self.people[role] for role in ("author", "moderator", "auditor"))
        lot, anybody = f"/lots/{self.lot['id']}", Client(self.url)
        yield Printed("how-bids-are-scored", anybody, f"/public{lot}/scoring-sheet")
        yield Printed("simulation-report", author, f"{self.trial}/report")
        yield Printed("opening-record", auditor, f"{lot}/opening/record")
        yield Printed("moderation-record", moderator, f"{lot}/moderation/record")
        yield Printed("evaluation-report", moderator, f"/evaluations/{evaluation_id}/report")
        for supplier, receipt in self.bids.items():
            path = f"{lot}/assessment-summaries/{receipt['bid_id']}/letter"
            yield Printed(f"assessment-summary-{slug(supplier)}", self.people[supplier], path)
        yield Printed("public-evaluation-report", anybody, f"/public{lot}/evaluation-report")
        yield Printed("record-of-the-procedure", auditor, f"/tenders/{self.tender['id']}/procedure-report")
        asked = auditor.ask_for_record(self.tender["id"]).value["location"]
        yield Printed("chronological-record", auditor, asked, page="/record.html", file="")

    def _keep_papers(self, evaluation_id: str) -> None:
        papers = list(self.papers(evaluation_id))
        for paper in papers:  # ask for all first: the worker makes them while we wait for the first
            paper.reader.get(paper.path + paper.file)
        for paper in papers:
            made = paper.reader.made(paper.reader.get, paper.path + paper.file)
            name = f"{paper.name}-{self.tender['reference']}"
            (OUTPUT / f"{name}.pdf").write_bytes(made.content)
            (OUTPUT / f"{name}.html").write_bytes(paper.reader.get(paper.path + paper.page).content)

    def table(self, result: dict[str, Any]) -> str:
        """The ranking as a table for the terminal."""
        names = {receipt["bid_id"]: supplier for supplier, receipt in self.bids.items()}
        width = max(len(name) for name in names.values())
        lines = [f"rank  {'supplier':<{width}}  total"]
        lines += [
            f"{bid.get('rank') or '–':>4}  {names[bid['id']]:<{width}}  {bid.get('total') or 'not ranked'}"
            for bid in result["bids"]
        ]
        return "\n".join(lines)


def told(folder: Path, reference: str) -> list[str]:
    """What papers there are beside the evaluation report."""
    names = (path.name.removesuffix(f"-{reference}.pdf") for path in folder.glob("*.pdf"))
    return sorted(name for name in names if name != "evaluation-report")


async def _run(settings: Settings, dsn: str, *, leave: bool) -> None:
    await serving.prepare(dsn, settings, migrate=True)
    key = (settings.data / "first-key").read_text().strip()
    with serving.listen(settings.host, settings.port) as sock:
        url = serving.address(sock)
        server = serving.http_server(settings, dsn, secrets_of(settings))
        running = asyncio.create_task(server.serve(sockets=[sock]))
        try:
            play = Play(url, key)
            print(f"playing the tender {demo_data.TENDER['reference']} through {url} …", flush=True)
            result = await asyncio.to_thread(play.run)
            name = play.tender["reference"]
            print(f"\n{play.table(result)}\n")
            print(f"report   {OUTPUT / f'evaluation-report-{name}.pdf'}  (and .html)")
            print("papers   beside it, as PDF and HTML: " + ", ".join(told(OUTPUT, name)))
            print(f"result   {OUTPUT / f'result-{name}.json'}  (check it: tenderscore verify FILE)")
            print(f"the first key is in {settings.data / 'first-key'}; the reference page is {url}/docs")
            print(f"listening on {url}" + ("" if leave else "  (Ctrl-C stops)"), flush=True)
            if not leave:
                await running
        finally:
            server.should_exit = True
            await running


def run(arguments: argparse.Namespace) -> int:
    """Play a complete tender on an own database and keep serving it."""
    settings = Settings(data=DATABASE.absolute(), port=0, report_workers=2)
    shutil.rmtree(OUTPUT, ignore_errors=True)
    OUTPUT.mkdir()
    erase(DATABASE)
    serving.configure_logging("warning")
    with serving.database(settings) as dsn:
        try:
            asyncio.run(_run(settings, dsn, leave=arguments.exit))
        except (Refused, NoAnswer, FalseReceipt) as failure:
            print(f"tenderscore demo: {failure}", file=sys.stderr)
            return 1
    return 0


def add_commands(commands: Any) -> None:
    """Register demo."""
    parser = commands.add_parser("demo", help=run.__doc__, description=__doc__)
    parser.add_argument("--exit", action="store_true", help="stop once everything is written")
    parser.set_defaults(run=run)
