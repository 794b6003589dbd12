"""The examples of a running contract are accepted as they stand, with one's own ids and days in place of theirs."""

import json
from datetime import date, timedelta
from typing import Any, Protocol

from service.contract_examples import CONTRACT_EXAMPLES
from tests.make_contract import Contract, send_evidence, signed
from tests.service.conftest import Market, Person, done
from tests.service.test_own_measures import send_catalogue


class Shown(Protocol):
    """Who sends examples and remembers which were accepted."""

    async def send(
        self, operation: str, person: Person, method: str, path: str, ids: dict[str, Any] | None = None
    ) -> Any:
        """Send the example of an operation."""


async def send_the_examples_of_a_contract(market: Market, shown: Shown) -> None:
    """From the obligations to a published notice; the contract's days are such that its first quarter has passed."""
    tender, manager = await signed(market)
    one = Contract(market, tender, manager, market.birch, {})
    today: date = await market.owner.fetchval("SELECT clock_timestamp()::date")
    starts_on = today - timedelta(days=100)
    days = {"starts_on": starts_on.isoformat(), "ends_on": (starts_on + timedelta(days=729)).isoformat()}
    made = await shown.send("make_obligations", manager, "POST", f"{one.lot}/obligations", days)
    one.obligations.update({item["criterion_id"]: item for item in made["obligations"]})
    weeks = one.obligations["apprentice-weeks"]["id"]
    changed = await shown.send("change_terms", manager, "PUT", f"/obligations/{weeks}/terms")
    assert len(changed["periods"]) == len(CONTRACT_EXAMPLES["change_terms"][1]["terms"]["targets"])
    added = await shown.send("add_obligation", manager, "POST", f"{one.lot}/negotiated-obligations")
    assert (added["origin"], added["number"]) == ("contract", 5)
    path = one.path("apprentice-weeks", "deliveries")
    delivery = await shown.send("report_delivery", one.supplier, "POST", path)
    await send_evidence(one.supplier, delivery["id"], b"0417")
    decided = await shown.send("decide_delivery", manager, "POST", f"/deliveries/{delivery['id']}/decisions")
    assert decided["state"] == "verified"
    await shown.send("take_remedy", manager, "POST", one.path("apprentice-weeks", "remedies"))
    span = {"starts_on": days["starts_on"], "ends_on": (today - timedelta(days=1)).isoformat()}
    await shown.send("assess_performance", manager, "POST", f"{one.lot}/assessments", span)
    came = {"arose_on": today.isoformat()}
    await shown.send("record_failure", manager, "POST", f"{one.lot}/performance-failures", came)
    at = (await market.owner.fetchval("SELECT clock_timestamp()")).isoformat()
    notices = f"{one.lot}/performance-notices"
    told = await shown.send("record_performance_notice", manager, "POST", notices, {"published_at": at})
    assert told == done(await manager.get(notices))[1]


async def send_the_examples_of_quantities(market: Market, shown: Shown) -> None:
    """Quantities in money, and criteria of a catalogue of one's own."""
    await shown.send("value_quantities", market.author, "POST", "/catalogue/valuations")
    measures = [
        {"code": code, "title": code, "unit": unit} for code, unit in (("OWN-1", "apprentice"), ("OWN-2", "hour"))
    ]
    own = done(await send_catalogue(market.author, json.dumps(measures).encode()))
    tender = await market.draft()
    path = f"/tenders/{tender['id']}/criteria/from-catalogue/{own['id']}"
    await shown.send("propose_own_criteria", market.author, "POST", path)


def test_every_example_has_a_summary_and_a_body() -> None:
    """They are sent along one tender's life, with all the others (test_examples.py)."""
    assert all(summary and body for summary, body in CONTRACT_EXAMPLES.values())
