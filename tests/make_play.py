"""A whole tender played through the API alone: who takes part, the clock, and what every refusal must be good for."""

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx

from tests.make import a_lot, a_rules
from tests.service.conftest import Market, Person, done, refused

PANEL_ROLES = {
    "approver": "approver",
    "officer": "opening_officer",
    "second_officer": "opening_officer",
    "evaluator": "evaluator",
    "second_evaluator": "evaluator",
    "third_evaluator": "evaluator",
    "moderator": "moderator",
    "auditor": "auditor",
}
"""Who of the city's people is given which role; the author has the author's by drafting."""

GRADED = {"id": "graded", "scale": [{"value": str(value), "label": f"level {value}"} for value in range(6)]}

NO_REASON = {"reason": " "}
"""What whoever has no reason writes."""


def say(answer: httpx.Response, status: int, slug: str, *words: str) -> dict[str, Any]:
    """The refusal that the answer must be; it says what is wrong and what to do, with these words among it."""
    problem = refused(answer, status, slug)
    faults = [f"{fault['message']} {fault.get('mend', '')}" for fault in problem.get("errors", [])]
    told = " ".join([problem["detail"], problem["mend"], *faults])
    assert len(problem["mend"]) > 20, problem
    for word in words:
        assert word in told, f"{word!r} is not in: {told}"
    return problem


def unreasoned(answer: httpx.Response, pointer: str = "/reason") -> None:
    """The refusal of something that was done without its reason: it points at the place where it belongs."""
    problem = refused(answer, 422, "invalid-request")
    assert pointer in [fault["pointer"] for fault in problem["errors"]], problem


class Play:
    """A tender with its people: three evaluators, a moderator, two opening officers, an approver and four suppliers."""

    def __init__(self, market: Market, third_evaluator: Person, dogwood: Person) -> None:
        self.market = market
        self.third_evaluator = third_evaluator
        self.dogwood = dogwood
        self.now = datetime(2031, 1, 6, 9, tzinfo=UTC)
        self.tender: dict[str, Any] = {}
        self._number = 1
        self._bids: dict[int, dict[str, str]] = {}

    @property
    def path(self) -> str:
        """Where the tender is."""
        return f"/tenders/{self.tender['id']}"

    @contextlib.contextmanager
    def in_lot(self, number: int) -> Iterator[None]:
        """Do all that follows in this lot instead of the first one."""
        before, self._number = self._number, number
        try:
            yield
        finally:
            self._number = before

    @property
    def lot(self) -> str:
        """Where the lot is."""
        return f"/lots/{self.tender['lots'][self._number - 1]['id']}"

    @property
    def rules_digest(self) -> str:
        """Under which digest the lot was published."""
        return self.tender["lots"][self._number - 1]["rules_digest"]

    @property
    def bids(self) -> dict[str, str]:
        """The bids for the lot, by who sent them."""
        return self._bids.setdefault(self._number, {})

    def bid(self, supplier: str) -> str:
        """Where a supplier's bid is."""
        return f"/bids/{self.bids[supplier]}"

    def person(self, name: str) -> Person:
        """Somebody of the play or of the market."""
        return getattr(self, name) if name in {"third_evaluator", "dogwood"} else getattr(self.market, name)

    async def wait(self, **time: int) -> None:
        """Let time pass on the service's clock."""
        self.now += timedelta(**time)
        await self.market.set_clock(self.now)

    async def at(self, instant: datetime) -> None:
        """Put the service's clock to an instant."""
        self.now = instant
        await self.market.set_clock(instant)

    def later(self, **time: int) -> str:
        """An instant from now on, as it is written in a request."""
        return (self.now + timedelta(**time)).isoformat()

    # Steps that every procurement has

    async def bid_from(self, name: str, bid: dict[str, Any]) -> httpx.Response:
        """Let a supplier send a bid for the lot; one that is taken is remembered."""
        answer = await self.person(name).post(f"{self.lot}/bids", bid, Idempotency_Key=str(uuid4()))
        if answer.is_success:
            self.bids[name] = answer.json()["bid_id"]
        return answer

    async def open(self, envelope: str = "offer") -> dict[str, Any]:
        """Let both officers open an envelope; the first is told to wait for the second, and the second it takes."""
        path = f"{self.lot}/opening?envelope={envelope}"
        assert (await self.market.officer.post(path)).status_code == 202
        answer = await self.market.second_officer.post(path)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def say_interest(self, person: Person, **fields: Any) -> httpx.Response:
        """Let a person declare what connects it with the bidders."""
        return await person.post(f"{self.path}/declarations", {"interest": "none"} | fields)

    async def declare(self, person: Person, **fields: Any) -> str:
        """The same, taken; the address of the decision about it."""
        made = done(await self.say_interest(person, **fields))
        return f"{self.path}/declarations/{person.id}/{made['number']}/decision"

    async def clear(self, *people: Person) -> None:
        """Let people declare no interest, and another person approve that."""
        for person in people:
            decider = self.market.author if person is self.market.approver else self.market.approver
            decision = {"approved": True, "reason": "Nothing was declared."}
            done(await decider.post(await self.declare(person), decision))

    async def score(self, person: Person, supplier: str, criterion: str, value: str, **fields: Any) -> httpx.Response:
        """Let an evaluator score a supplier's answer."""
        body = {"value": value, "reason": f"{supplier} shows it on page {value}.", "cites": [f"Answer, p. {value}"]}
        return await person.put(f"{self.bid(supplier)}/scores/{criterion}", body | fields)

    def item(self, supplier: str, criterion: str, value: str, **fields: Any) -> dict[str, Any]:
        """What a meeting said and agreed about a supplier's answer."""
        return {
            "bid_id": self.bids[supplier],
            "criterion_id": criterion,
            "points": [f"Page {value} of {supplier}'s answer was read together."],
            "value": value,
            "reason": f"Agreed about {supplier}: page {value} shows what was asked.",
            "cites": [f"Answer, p. {value}"],
        } | fields

    async def meet(self, chair: Person, present: list[Person], *items: dict[str, Any]) -> httpx.Response:
        """Let a moderator record a meeting."""
        body = {"held_at": self.now.isoformat(), "present": [person.id for person in present], "items": items}
        return await chair.post(f"{self.lot}/meetings", body)

    async def decide(
        self, person: Person, supplier: str, subject: str, name: str, outcome: str = "met", **fields: Any
    ) -> httpx.Response:
        """Let somebody decide about a bid and a ground, condition or requirement."""
        body = {
            "subject": subject,
            "id": name,
            "outcome": outcome,
            "evidence": "Annex 5.",
            "reason": "Annex 5 shows it.",
        }
        return await person.post(f"{self.bid(supplier)}/selection", body | fields)

    async def evaluate(self, person: Person, **fields: Any) -> httpx.Response:
        """Let somebody run the engine under the published rules."""
        return await person.post(f"{self.lot}/evaluations", {"rules_digest": self.rules_digest} | fields)

    async def recommend(self, person: Person, run: dict[str, Any], supplier: str, **fields: Any) -> httpx.Response:
        """Let somebody recommend a supplier's bid, every warning answered."""
        warned = done(await self.market.moderator.get(f"/evaluations/{run['id']}/warnings"))
        body = {
            "evaluation_id": run["id"],
            "bid_id": self.bids[supplier],
            "reason": "Ranked first on the published criteria.",
            "acknowledged": [{"warning": one["name"], "answer": "The panel read it again."} for one in warned],
        }
        return await person.post(f"{self.lot}/recommendations", body | fields)

    async def award(self, person: Person, run: dict[str, Any], supplier: str, **fields: Any) -> httpx.Response:
        """Let somebody decide the award."""
        body = {"evaluation_id": run["id"], "bid_id": self.bids[supplier], "reason": "As recommended."}
        return await person.post(f"{self.lot}/award", body | fields)

    async def sign(self, person: Person, **fields: Any) -> httpx.Response:
        """Let somebody record the contract, signed now."""
        body = {"signed_at": self.now.isoformat(), "reference": "NGC-2031-07"} | fields
        return await person.post(f"{self.lot}/contract", body)

    async def complete(self, address: str, texts: dict[str, str]) -> None:
        """Give every text that is missing from the letters, each by the request that its own mend names."""
        for line in done(await self.market.approver.get(address)):
            for one in line["missing"]:
                text = texts.get(one["field"].partition(":")[0], f"What is to be said on {one['field']}.")
                method, _, path = one["mend"].partition(" ")
                done(await self.market.moderator.send(method, path, {"text": text}))


async def begin(market: Market) -> Play:
    """The play before its first step, on a Monday morning by the service's clock."""
    third = await market.colleague_of(market.author, "Third Evaluator")
    play = Play(market, third, await market.register(name="Dogwood Workers Co-operative"))
    await play.wait(minutes=0)
    return play


def a_play_lot(**fields: Any) -> dict[str, Any]:
    """A lot with a price, two graded criteria and apprentice weeks."""
    criteria = [
        {"id": "price", "title": "Price", "weighting": "40", "unit": "GBP", "method": {"id": "P1", "zero": "reject"}},
        {"id": "method", "title": "Method statement", "weighting": "30", "method": GRADED},
        {"id": "team", "title": "Team", "weighting": "20", "method": GRADED},
        {
            "id": "weeks",
            "title": "Weeks",
            "weighting": "10",
            "unit": "week",
            "method": {"id": "target", "target": "100"},
        },
    ]
    rules = a_rules(criteria=criteria, tie_break=[{"id": "criterion", "criterion": "method"}])
    return a_lot(rules=rules, **fields)


def a_play_bid(price: str, weeks: str, **fields: Any) -> dict[str, Any]:
    """A complete bid for it."""
    values = {"price": price, "method": "One school at a time.", "team": "Six roofers, one lead.", "weeks": weeks}
    return {"values": values} | fields
