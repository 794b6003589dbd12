"""A tender played through the public API, step by step, by everybody who has a part in one; nothing but HTTP.

`Cast` is who takes part, `Play` one tender's life: the demo plays one, the year of a city three by the same people.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self

import httpx
import msgspec

from service import demo_data
from service.access import Role
from service.client import SECONDS, Client, check_receipt
from service.demo_data import Story

if TYPE_CHECKING:
    from service.operations import (
        DraftTender,
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
        Tender,
    )

_SECONDS_TO_BID = 6
_DECLARING = ("approver", "author", "evaluator1", "evaluator2", "evaluator3", "moderator")


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


def keep(folder: Path, papers: Iterable[Printed]) -> None:
    """Every paper as PDF and as HTML under its name."""
    papers = list(papers)
    for paper in papers:  # ask for all first: the worker makes them while we wait for the first
        paper.reader.get(paper.path + paper.file)
    for paper in papers:
        made = paper.reader.made(paper.reader.get, paper.path + paper.file)
        (folder / f"{paper.name}.pdf").write_bytes(made.content)
        (folder / f"{paper.name}.html").write_bytes(paper.reader.get(paper.path + paper.page).content)


class Cast:
    """Who takes part: a buyer's people by what they do, suppliers by their name; each speaks with a key of its own.

    The first of the buyer's is the author, who brings in the others.
    """

    def __init__(self, url: str, first_key: str, people: Mapping[str, str], contacts: Mapping[str, str]) -> None:
        """`people`: of the buyer, by their part beside the author; `contacts`: who speaks for whom."""
        self._url, self._contacts = url, contacts
        self._http = httpx.Client(timeout=SECONDS)
        self.operator = self.as_key(first_key)
        self.anybody = self.as_key("")
        self.people: dict[str, Client] = {}
        self.roles: dict[str, Role] = {}
        self.ids = {"author": self._register("buyer", demo_data.BUYER, "author")["person"]["id"]}
        author = self.people["author"]
        for part, name in people.items():
            person = author.add_person({"name": name}).value
            key = author.issue_key(person["id"], {"label": "Demo"}).value
            self.ids[part] = person["id"]
            self.roles[person["id"]] = demo_data.role_of(part)
            self.people[part] = self.as_key(key["secret"])

    def as_key(self, key: str) -> Client:
        """Whoever has this key, over connections that all share."""
        return Client(self._url, key, http=self._http)

    def __enter__(self) -> Self:
        """The cast itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close all connections."""
        self._http.close()

    def join(self, supplier: str) -> None:
        """Register a supplier, unless it takes part already."""
        if supplier not in self.people:
            self._register("supplier", supplier, supplier)

    def _register(self, kind: Literal["buyer", "supplier"], name: str, as_name: str) -> "Registration":
        person: NewPerson = {"name": self._contacts[name]}
        made = self.operator.register_organisation({"kind": kind, "name": name, "person": person}).value
        self.people[as_name] = self.as_key(made["key"]["secret"])
        return made


class Play:
    """The life of one tender with one lot."""

    tender: "Tender"

    def __init__(self, cast: Cast, story: Story) -> None:
        self.cast = cast
        self.story = story
        self.people, self.ids = cast.people, cast.ids
        self.bids: dict[str, Receipt] = {}
        self.draft_id = ""
        for supplier in story.bids:
            cast.join(supplier)

    @property
    def lot(self) -> str:
        """The id of the published lot."""
        return self.tender["lots"][0]["id"]

    def draft(self, content: "DraftTender") -> None:
        """Write the draft, which may still lack its lots."""
        drafted = self.people["author"].draft_tender(content)
        self.draft_id, self._version = drafted.value["id"], drafted.etag

    def publish(self, content: "DraftTender") -> None:
        """Give the roles, set the deadline, and let somebody else publish."""
        author = self.people["author"]
        granted = [
            author.grant_role(self.draft_id, {"person_id": person_id, "role": role}).value
            for person_id, role in self.cast.roles.items()
        ]
        # The service's clock counts, not ours; this is the last that it has told us.
        now = datetime.fromisoformat(granted[-1]["granted_at"])
        deadline = (now + timedelta(seconds=_SECONDS_TO_BID)).isoformat()
        edited = author.edit_tender(
            self.draft_id, {**content, "submission_deadline": deadline}, if_match=self._version or '"1"'
        )
        self.tender = self.people["approver"].publish_tender(self.draft_id, if_match=edited.etag).value

    def submit(self) -> None:
        """Every supplier checks its bid, then submits it and checks its receipt; who thinks again does it in time."""
        (signer,) = self.cast.operator.list_signing_keys().value["keys"]
        for supplier, values in self.story.bids.items():
            client = self.people[supplier]
            client.submit_bid(self.lot, {"values": values}, validate="only")
            self.bids[supplier] = client.submit_bid(self.lot, {"values": values}).value
        if self.story.second_thought is not None:
            supplier, values = self.story.second_thought
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
            self.people[officer].open_bids(self.lot)

    def seat(self) -> None:
        """Everybody declares, another person approves, and the author seats three evaluators."""
        tender = self.tender["id"]
        for part in (*_DECLARING, *(["contract_manager"] if "contract_manager" in self.people else [])):
            made = self.people[part].declare_interest(tender, {"interest": "none"}).value
            decider = self.people["author" if part == "approver" else "approver"]
            reason = demo_data.NO_INTEREST
            decider.decide_declaration(tender, self.ids[part], made["number"], {"approved": True, "reason": reason})
        seats: list[NewSeats] = [
            {"person_id": self.ids[f"evaluator{number}"], "criteria": self._judged()} for number in (1, 2, 3)
        ]
        panel: NewPanel = {"chair_id": self.ids["moderator"], "seats": seats, **self.story.panel}
        self.people["author"].set_panel(self.lot, panel)

    def _judged(self) -> list[str]:
        """What the panel scores."""
        return list(next(iter(self.story.scores.values())))

    def score(self) -> None:
        """Three evaluators score by themselves, then the moderator records their meeting and locks what it agreed."""
        items: list[NewItem] = []
        for supplier, criteria in self.story.scores.items():
            bid_id = self.bids[supplier]["bid_id"]
            for criterion, (marks, agreed) in criteria.items():
                cites = [f"Answer on {criterion.replace('-', ' ')}"]
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
        present = [self.ids[part] for part in ("moderator", "evaluator1", "evaluator2", "evaluator3")]
        moderator = self.people["moderator"]
        opened_at = moderator.get_opening(self.lot).value["opened_at"] or ""
        moderator.record_meeting(self.lot, {"held_at": opened_at, "present": present, "items": items})
        for criterion in self._judged():
            moderator.lock_criterion(self.lot, criterion)

    def evaluate(self) -> "Evaluated":
        """Run the engine."""
        moderator = self.people["moderator"]
        rules = self.tender["lots"][0]["rules_digest"] or ""
        run = moderator.evaluate_lot(self.lot, {"rules_digest": rules}).value["id"]
        stored = moderator.get_evaluation(run)
        return Evaluated(run, stored.value["winner"] or "", stored.content)

    def award(self, ran: "Evaluated") -> str:
        """Recommend, with an answer to every warning, and let somebody else decide; when that was."""
        moderator = self.people["moderator"]
        warned = moderator.list_warnings(ran.id).value
        recommendation: NewRecommendation = {
            "evaluation_id": ran.id,
            "bid_id": ran.winner,
            "reason": self.story.recommendation_reason,
            "acknowledged": [{"warning": one["name"], "answer": demo_data.WARNING_ANSWER} for one in warned],
        }
        moderator.recommend_award(self.lot, recommendation)
        award: NewAward = {"evaluation_id": ran.id, "bid_id": ran.winner, "reason": self.story.award_reason}
        return self.people["approver"].decide_award(self.lot, award).value["decided_at"]

    def tell(self, winner: str) -> None:
        """Give what only people know, send every bidder its letter, publish the award notice."""
        moderator, approver = self.people["moderator"], self.people["approver"]
        for number, line in enumerate(moderator.list_summaries(self.lot).value, 1):
            told = {"supplier": line["supplier"], "slug": slug(line["supplier"]), "number": number}
            for one in line["missing"]:
                if one["bid_id"] == line["bid_id"]:
                    text = self.story.texts[one["field"]].format(**told)
                    moderator.give_text(self.lot, one["bid_id"], one["field"], {"text": text})
        moderator.give_text(self.lot, winner, "contract_price", {"text": self.story.texts["contract_price"]})
        accepted: NewSending = {"inference_accepted": demo_data.INFERENCE_ACCEPTED}
        accepted["mentions_accepted"] = demo_data.MENTIONS_ACCEPTED
        sent = approver.send_summaries(self.lot, accepted).value
        notice: NewNotice = {"published_at": sent["sent_at"], "reference": self.story.notice_reference}
        approver.record_notice(self.lot, notice)

    def table(self, ran: "Evaluated") -> str:
        """The ranking as a table for the terminal."""
        names = {receipt["bid_id"]: supplier for supplier, receipt in self.bids.items()}
        width = max(len(name) for name in names.values())
        lines = [f"rank  {'supplier':<{width}}  total"]
        lines += [
            f"{bid.get('rank') or '–':>4}  {names[bid['id']]:<{width}}  {bid.get('total') or 'not ranked'}"
            for bid in ran.result["bids"]
        ]
        return "\n".join(lines)


class Evaluated(NamedTuple):
    """A run of the engine: its id, the bid ranked first, and the stored result to the byte."""

    id: str
    winner: str
    canonical: bytes

    @property
    def result(self) -> dict[str, Any]:
        """The result."""
        return msgspec.json.decode(self.canonical)
