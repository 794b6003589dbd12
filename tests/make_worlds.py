"""Worlds for the isolation tests: one city's tenders at every stage and another's, with canaries in all that is secret.

A canary is a text or a price that stands nowhere else. Whoever finds one in an answer knows whose secret was told.
"""

import json
import re
from collections.abc import Iterator
from itertools import count
from typing import Any, Literal, NamedTuple
from uuid import uuid4

from service import db, relay, releases, spend, spend_analyses
from service.examples import EXAMPLES
from service.news import TYPES
from service.settings import Settings
from service.spend_shelf import Shelf
from tests.make import a_lot, a_policy, a_rules, a_score, a_tender
from tests.make_contract import send_evidence
from tests.make_spend import payments
from tests.service.conftest import Market, Person, done
from tests.service.test_documents import a_document

Kind = Literal["draft", "name", "offer", "document", "price", "reason", "question", "spend", "webhook"]
WorldName = Literal["draft", "published", "opened", "awarded", "foreign"]

SCALE = {"id": "graded", "scale": [{"value": str(value), "label": f"level {value}"} for value in range(6)]}
SEATS = {"evaluator": "method-statement", "second_evaluator": "cost-plan"}
"""Who scores what: the one reads about quality, the other about costs, and neither the other's answers."""

CANARY = re.compile("canary-[0-9a-f]{32}")
GROUPING = str.maketrans("", "", "\u202f\u00a0,")
"""What may stand between the digits of a price."""

_price = count(1)


class Canary(NamedTuple):
    """A secret: in which world, of whose, what it is; `criterion` where it is about one."""

    text: str
    world: WorldName
    owner: str
    kind: Kind
    criterion: str = ""


class World(NamedTuple):
    """A tender at a stage with the ids of everything in it; `bids` are the ids that belong to a supplier."""

    name: WorldName
    ids: dict[str, str]
    bids: dict[str, dict[str, str]]


class Worlds:
    """All of it: the worlds, the canaries, and the people by the names that the role table's test gives them."""

    def __init__(self, market: Market) -> None:
        self.market = market
        self.worlds: dict[WorldName, World] = {}
        self.canaries: list[Canary] = []
        self.people: dict[str, Person] = {}
        self.spend: dict[str, dict[str, str]] = {}
        """The ids of a file of payments and an analysis, by whose they are: the city's and the stranger's."""
        self.webhooks: dict[str, dict[str, str]] = {}
        """The ids of a webhook that is told everything, and of one of its deliveries, by who made it."""

    def canary(self, world: WorldName, owner: str, kind: Kind, criterion: str = "") -> str:
        """A new canary's text; a price is a number."""
        text = (
            f"{910_000 + next(_price) * 25_003}.{next(_price) % 90 + 10}"
            if kind == "price"
            else f"canary-{uuid4().hex}"
        )
        self.canaries.append(Canary(text, world, owner, kind, criterion))
        return text

    def told(self, answer: str) -> Iterator[Canary]:
        """The canaries that stand in an answer."""
        words = set(CANARY.findall(answer))
        figures = answer.translate(GROUPING)
        for canary in self.canaries:
            if (canary.text in figures) if canary.kind == "price" else (canary.text in words):
                yield canary


def rules() -> dict[str, Any]:
    """Price, and two questions that different people score."""
    return a_rules(
        criteria=[
            {
                "id": "price",
                "title": "Price",
                "weighting": "40",
                "unit": "GBP",
                "method": {"id": "P1", "zero": "reject"},
            },
            {"id": "method-statement", "title": "Method statement", "weighting": "40", "method": SCALE},
            {"id": "cost-plan", "title": "Cost plan", "weighting": "20", "method": SCALE},
        ],
        tie_break=[{"id": "criterion", "criterion": "method-statement"}],
    )


EVERY: tuple[WorldName, ...] = ("draft", "published", "opened", "awarded", "foreign")


async def make_worlds(market: Market, names: tuple[WorldName, ...] = EVERY) -> Worlds:
    """Play these worlds once; each test process does."""
    made = Worlds(market)
    manager = await market.colleague_of(market.author, "Contract Manager")
    city = ("evaluator", "second_evaluator", "moderator", "officer", "approver", "author", "auditor", "colleague")
    for name in city:
        made.people[name] = getattr(market, name)
    for name in ("bidder", "rival"):
        made.people[name] = await market.register(name=made.canary("published", name, "name"))
    made.people |= {"anonymous": market.anonymous, "stranger": market.stranger, "operator": market.operator}
    made.people["contract_manager"] = manager
    make = {
        "draft": make_draft,
        "published": make_published,
        "opened": make_opened,
        "awarded": make_awarded,
        "foreign": make_foreign,
    }
    await make_webhooks(made)
    for name in names:
        await make[name](made)
    await make_releases(made)
    await make_spend(made)
    await tell(made)
    return made


async def make_draft(made: Worlds) -> None:
    """A draft with a trial on invented bids."""
    market = made.market
    tender = await market.draft(title=made.canary("draft", "city", "draft"), lots=[a_lot(rules=rules())])
    await market.give(tender, made.people["contract_manager"], "contract_manager")
    trial = {"lot": 1, "generate": {"number": 3}, "runs": 10}
    run = await market.author.post(f"/tenders/{tender['id']}/simulations", trial)
    ids = ids_of(tender) | {"simulation_id": run.headers["location"].rpartition("/")[2]}
    made.worlds["draft"] = World("draft", ids, {})


async def publish(made: Worlds, name: WorldName) -> dict[str, Any]:
    """A tender of the city's with a price envelope, two bids with a document each, and a question."""
    market = made.market
    tender = await market.publish(lots=[a_lot(rules=rules(), price_envelope=["price"])])
    await market.give(tender, made.people["contract_manager"], "contract_manager")
    world = World(name, ids_of(tender), {})
    made.worlds[name] = world
    for supplier in ("bidder", "rival"):
        await bid(made, world, tender, supplier)
    question = {"question": made.canary(name, "rival", "question")}
    done(await made.people["rival"].post(f"/tenders/{tender['id']}/questions", question))
    return tender


async def bid(made: Worlds, world: World, tender: dict[str, Any], supplier: str) -> None:
    """A supplier's bid, a canary in each of its parts."""
    name, person = world.name, made.people[supplier]
    content = made.canary(name, supplier, "document").encode()
    document_id = await a_document(person, tender, content)
    values = {
        "price": made.canary(name, supplier, "price"),
        "method-statement": made.canary(name, supplier, "offer", "method-statement"),
        "cost-plan": made.canary(name, supplier, "offer", "cost-plan"),
    }
    body = {"values": values, "documents": [{"id": document_id, "name": "plan.txt"}]}
    receipt = done(await person.submit(tender, body))
    world.bids[supplier] = {"bid_id": receipt["bid_id"], "document_id": document_id}


async def make_published(made: Worlds) -> None:
    """Open for bids, with two that are sealed."""
    await publish(made, "published")


async def make_opened(made: Worlds) -> None:
    """Opened offers, scored; the prices are sealed still."""
    await score(made, await publish(made, "opened"), "opened")


async def make_foreign(made: Worlds) -> None:
    """What another city has: a published tender with a bid."""
    market, stranger = made.market, made.people["stranger"]
    draft = {
        "submission_deadline": await market.in_an_hour(),
        "lots": [a_lot(rules=rules(), price_envelope=["price"])],
    }
    tender = done(await stranger.post("/tenders", a_tender(**draft)))
    approver = await market.colleague_of(stranger, "Foreign Approver")
    others = [await market.colleague_of(stranger, f"Foreign {number}") for number in range(4)]
    roles = ("approver", "opening_officer", "opening_officer", "evaluator", "moderator")
    for person, role in zip((approver, *others), roles, strict=True):
        done(await stranger.post(f"/tenders/{tender['id']}/roles", {"person_id": person.id, "role": role}))
    tender = done(await approver.post(f"/tenders/{tender['id']}/publication", If_Match='"1"'))
    world = made.worlds["foreign"] = World("foreign", ids_of(tender), {})
    for supplier in ("bidder", "rival"):
        await bid(made, world, tender, supplier)


async def score(made: Worlds, tender: dict[str, Any], name: WorldName) -> None:
    """Open the offers; ask and answer, score and agree, lock."""
    market, world = made.market, made.worlds[name]
    lot = f"/lots/{world.ids['lot_id']}"
    await market.close(tender)
    for officer in (market.officer, market.second_officer):
        answer = await officer.post(f"{lot}/opening")
    assert answer.status_code == 201, answer.text
    await market.clear(tender)
    await seat(made, tender)
    for supplier, ids in world.bids.items():
        bid_path = f"/bids/{ids['bid_id']}"
        asked = {
            "kind": "explanation",
            "criterion_id": "method-statement",
            "question": made.canary(name, supplier, "offer", "method-statement"),
            "due_at": await market.in_an_hour(),
        }
        ids["clarification_id"] = done(await market.moderator.post(f"{bid_path}/clarifications", asked))["id"]
        said = {"answer": made.canary(name, supplier, "offer", "method-statement")}
        done(await made.people[supplier].put(f"/clarifications/{ids['clarification_id']}/answer", said))
        for person, criterion in SEATS.items():
            reason = a_score(reason=made.canary(name, supplier, "reason", criterion))
            done(await getattr(market, person).put(f"{bid_path}/scores/{criterion}", reason))
            agreed = a_score(reason=made.canary(name, supplier, "reason", criterion))
            done(await market.moderator.put(f"{bid_path}/consensus/{criterion}", agreed))
    for criterion in SEATS.values():
        done(await market.moderator.post(f"{lot}/criteria/{criterion}/lock"))


async def seat(made: Worlds, tender: dict[str, Any]) -> None:
    """Let the moderator seat each evaluator on one criterion."""
    market = made.market
    panel = {
        "chair_id": market.moderator.id,
        "reason": "Few bids.",
        "policy": a_policy(),
        "seats": [{"person_id": getattr(market, who).id, "criteria": [name]} for who, name in SEATS.items()],
    }
    done(await market.moderator.put(f"/lots/{tender['lots'][0]['id']}/panel", panel))


async def make_awarded(made: Worlds) -> None:
    """Everything that there is: prices opened, ranked, awarded, letters sent, a record asked for."""
    market = made.market
    tender = await publish(made, "awarded")
    await score(made, tender, "awarded")
    world = made.worlds["awarded"]
    lot = f"/lots/{world.ids['lot_id']}"
    done(await market.moderator.post(f"{lot}/consensus-lock"))
    for officer in (market.officer, market.second_officer):
        done(await officer.post(f"{lot}/opening?envelope=price"))
    run = done(await market.moderator.post(f"{lot}/evaluations", {"rules_digest": tender["lots"][0]["rules_digest"]}))
    winner = world.bids["bidder"]["bid_id"]  # equal scores, and its price is the lower one
    await market.recommend(tender, run, {"bid_id": winner})
    award = {"evaluation_id": run["id"], "bid_id": winner, "reason": made.canary("awarded", "city", "reason")}
    done(await market.approver.post(f"{lot}/award", award))
    await market.send_letters(tender)
    at = (await market.owner.fetchval("SELECT clock_timestamp()")).isoformat()
    notice = {"reference": "2026/S 101-345678", "published_at": at}
    done(await market.approver.post(f"{lot}/award-notice", notice))
    file = done(await market.auditor.post(f"/tenders/{tender['id']}/record-files"))
    world.ids.update(evaluation_id=run["id"], record_file_id=file["id"])
    await sign(made, world, at)


async def sign(made: Worlds, world: World, at: str) -> None:
    """The contract with the bidder, its obligations, and something delivered with its proof."""
    manager, bidder = made.people["contract_manager"], made.people["bidder"]
    lot = f"/lots/{world.ids['lot_id']}"
    done(await manager.post(f"{lot}/contract", {"signed_at": at, "reference": "C-1"}))
    today = await made.market.owner.fetchval("SELECT clock_timestamp()::date")
    days = {"starts_on": today.isoformat(), "ends_on": f"{today.year + 2}-01-31", "period_months": 12}
    obligations = done(await manager.post(f"{lot}/obligations", days))["obligations"]
    obligation_id = next(one["id"] for one in obligations if one["criterion_id"] == "method-statement")
    told = {"period": 1, "quantity": "50", "note": made.canary(world.name, "bidder", "offer", "method-statement")}
    delivery = done(await bidder.post(f"/obligations/{obligation_id}/deliveries", told))
    content = made.canary(world.name, "bidder", "document").encode()
    evidence = (await send_evidence(bidder, delivery["id"], content))["evidence"][0]
    ids = {"obligation_id": obligation_id, "delivery_id": delivery["id"], "evidence_id": evidence["id"]}
    world.bids["bidder"].update(ids)


async def make_webhooks(made: Worlds) -> None:
    """Everybody who may has a webhook for everything that there is to be told, its address a canary."""
    for name, person in made.people.items():
        if name in {"anonymous", "operator"}:
            continue
        owner = name if name in {"bidder", "rival", "stranger"} else "city"
        wanted = {"url": f"https://{made.canary('published', owner, 'webhook')}.example/", "types": list(TYPES)}
        made.webhooks[name] = {"webhook_id": done(await person.post("/webhooks", wanted))["webhook"]["id"]}


async def tell(made: Worlds) -> None:
    """Let a worker tell what has happened; nothing is sent."""
    async with await db.open_pool(made.market.dsn, connections=1) as pool:
        while await relay.tell(pool):
            pass
        rows = await pool.fetch(
            "SELECT DISTINCT ON (sent.webhook_id) sent.webhook_id, sent.id FROM webhook_deliveries AS sent"
            " INNER JOIN news AS told ON sent.news_id = told.id WHERE told.type = 'tender.published'"
        )
    first = {str(row["webhook_id"]): str(row["id"]) for row in rows}
    for ids in made.webhooks.values():
        if ids["webhook_id"] in first:
            ids["delivery_id"] = first[ids["webhook_id"]]


async def make_releases(made: Worlds) -> None:
    """What is public of every world, released by now."""
    async with await db.open_pool(made.market.dsn, connections=2) as pool:
        for world in made.worlds.values():
            await releases.make(Settings(), pool, f"{world.ids['tender_id']} 0")


async def make_spend(made: Worlds) -> None:
    """Payments of the city's and of the stranger's, read and analysed, the one supplier's name a canary."""
    market = made.market
    async with await db.open_pool(market.dsn, connections=2) as pool:
        shelf = Shelf.of(pool, Settings())
        for owner, person in (("city", market.author), ("stranger", market.stranger)):
            told = made.canary("awarded", owner, "spend")
            content = payments(
                (told, "17/06/2024", "700.00", "T10", "Care"),
                (told, "18/06/2024", "300.00", "T11", "Grants"),
                ("Total", "", "181000.00", "", ""),
            )
            sent = await person.http.post(
                f"/spend/files?name={told}.csv",
                content=content,
                headers={"Authorization": f"Bearer {person.key}", "Content-Type": "text/csv"},
            )
            file_id = done(sent)["id"]
            mapped = await person.put(f"/spend/files/{file_id}/mapping", EXAMPLES["map_spend_file"].body)
            assert mapped.status_code == 202, mapped.text
            await spend.read_file(pool, shelf, json.dumps({"file_id": file_id, "version": 1}))
            new = {"title": told, "files": [file_id], "local": [], "region": [], "exclude": {"categories": ["Grants"]}}
            asked = await person.post("/spend/analyses", new)
            assert asked.status_code == 202, asked.text
            analysis_id = asked.json()["id"]
            await spend_analyses.make(pool, shelf, analysis_id)
            own = json.dumps([{"code": "OWN-1", "title": told, "unit": "week"}]).encode()
            catalogue = await person.http.post(
                f"/catalogues?title={told}&version=1&licence=CC0&source=us",
                content=own,
                headers={"Authorization": f"Bearer {person.key}", "Content-Type": "text/plain"},
            )
            made.spend[owner] = {"file_id": file_id, "analysis_id": analysis_id, "catalogue_id": done(catalogue)["id"]}


def ids_of(tender: dict[str, Any]) -> dict[str, str]:
    """The ids that lie in a tender itself."""
    return {"tender_id": tender["id"], "lot_id": tender["lots"][0]["id"]}
