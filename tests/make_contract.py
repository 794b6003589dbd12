"""A signed contract with its obligations: Birch's, for solar roofs, by rules under which points have a price."""

from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

from tests.make import a_bid, a_lot, a_rules
from tests.service.conftest import Market, Person, done

YEAR = {"starts_on": "2031-04-01", "ends_on": "2032-03-31", "period_months": 3}
"""The contract's year, in quarters."""


class Contract(NamedTuple):
    """Who plays in a contract, and its parts by the criteria that they come from."""

    market: Market
    tender: dict[str, Any]
    manager: Person
    supplier: Person
    obligations: dict[str, dict[str, Any]]

    @property
    def lot(self) -> str:
        """The address of the lot."""
        return f"/lots/{self.tender['lots'][0]['id']}"

    def path(self, criterion: str, what: str) -> str:
        """An address below an obligation."""
        return f"/obligations/{self.obligations[criterion]['id']}/{what}"

    async def deliver(self, criterion: str, period: int, quantity: str, verified: str | None = None) -> dict[str, Any]:
        """Let the contractor report and prove something, and the manager verify it."""
        body = {"period": period, "quantity": quantity, "note": f"Quarter {period}."}
        reported = done(await self.supplier.post(self.path(criterion, "deliveries"), body))
        await send_evidence(self.supplier, reported["id"], f"{criterion}, {period}: {quantity}".encode())
        decision = {"verdict": "verified", "reason": "Checked against the file.", "quantity": verified or quantity}
        return done(await self.manager.post(f"/deliveries/{reported['id']}/decisions", decision))


async def send_evidence(person: Person, delivery_id: str, content: bytes) -> dict[str, Any]:
    """Send a file that proves a delivery; the answer names its digest."""
    sent = await person.http.post(
        f"/deliveries/{delivery_id}/evidence?name=payroll%20extract.csv",
        content=content,
        headers={"Authorization": f"Bearer {person.key}", "Content-Type": "text/csv"},
    )
    answer = done(sent)
    assert sha256(content).hexdigest() in [one["digest"] for one in answer["evidence"]]
    return answer


def priced_absolutely() -> dict[str, Any]:
    """The rules of the school roofs, with a point of the total that costs 20,000."""
    rules = a_rules()
    rules["criteria"][0]["method"] = {"id": "A1", "best": "800000", "worst": "1600000"}
    return rules


class Later(Market):
    """A market with a frozen clock, in which the deadline passes by putting the clock on."""

    def __init__(self, market: Market) -> None:
        self.__dict__.update(market.__dict__)

    async def opened(self, **fields: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Alder's bid, a minute later Birch's, an hour later the opening: on a clock that stands they were at once."""
        tender = await self.publish(**fields)
        done(await self.alder.submit(tender))
        await self.put_on("1 minute")
        done(await self.birch.submit(tender, a_bid(price="1000000.00")))
        await self.put_on("1 hour")
        return tender, (await self.open(tender))["bids"]

    async def put_on(self, by: str) -> None:
        """Put the frozen clock on."""
        await self.owner.execute("UPDATE frozen.clock SET at = at + $1::text::interval", by)


async def signed(market: Market, **fields: Any) -> tuple[dict[str, Any], Person]:
    """A tender awarded to Birch whose contract is signed, and its contract manager."""
    tender, _, _ = await market.awarded(**({"lots": [a_lot(rules=priced_absolutely())]} | fields))
    manager = await market.colleague_of(market.author, "Carla Contract")
    await market.give(tender, manager, "contract_manager")
    at: datetime = await market.owner.fetchval("SELECT clock_timestamp()")
    contract = {"signed_at": at.isoformat(), "reference": "C-2031-7"}
    done(await manager.post(f"/lots/{tender['lots'][0]['id']}/contract", contract))
    return tender, manager


async def watched(
    market: Market, terms: dict[str, Any] | None = None, days: dict[str, Any] | None = None, **fields: Any
) -> Contract:
    """The same with obligations in quarters, or over other days."""
    tender, manager = await signed(market, **fields)
    plan = {**(days or YEAR), "terms": terms or {}}
    made = await manager.post(f"/lots/{tender['lots'][0]['id']}/obligations", plan)
    obligations = {one["criterion_id"]: one for one in done(made)["obligations"]}
    return Contract(market, tender, manager, market.birch, obligations)
