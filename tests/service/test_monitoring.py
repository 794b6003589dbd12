"""A contract manager's year, by HTTP alone: the clock is the database's and is put forward, quarter by quarter."""

import json
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

from service import contract_reminders, db
from service.obligations import Due
from tests.make_contract import Contract, Later, send_evidence, watched
from tests.service.conftest import Market, done, refused

START = datetime(2031, 3, 1, 9, tzinfo=UTC)
TERMS = {
    "apprentice-weeks": {"measure": "apprentice-weeks", "kpi": True},
    "carbon": {
        "measure": "emissions",
        "kpi": True,
        "compensation": {"id": "per_unit", "rate": "294.50", "source": "cl. 9"},
    },
    "method-statement": {"kpi": True, "evidence": ["site diary"]},
}


async def at(market: Market, year: int, month: int, day: int) -> None:
    await market.set_clock(datetime(year, month, day, 12, tzinfo=UTC))


async def stands(one: Contract) -> dict[str, Any]:
    """The dashboard's promises by criterion."""
    found = done(await one.manager.get(f"{one.lot}/monitoring"))
    return found | {"by": {promise["criterion_id"]: promise for promise in found["obligations"]}}


async def reminded(one: Contract) -> list[dict[str, Any]]:
    """Let the worker look what is due; what it told."""
    due = Due(lot_id=one.tender["lots"][0]["id"], award_number=1, on=None)
    before = len(await one.market.log(one.tender))
    async with await db.open_pool(one.market.dsn, connections=1) as pool:
        await contract_reminders.remind(pool, json.dumps({"lot_id": due.lot_id, "award_number": 1, "on": None}))
    entries = (await one.market.log(one.tender))[before:]
    return [told for entry in entries if entry["kind"] == "contract.reminded" for told in entry["data"]["due"]]


async def test_a_contract_manager_s_year(frozen: Market) -> None:
    """Promised, delivered, proved, verified, short, charged, rated, published; and the next tender learns of it."""
    await frozen.set_clock(START)
    one = await watched(Later(frozen), TERMS, jurisdiction="none")
    await the_first_quarter(one)
    await the_second_quarter(one)
    await the_ladder(one)
    await the_end_of_the_year(one)
    await frozen.set_clock(START)


async def the_first_quarter(one: Contract) -> None:
    """Reported by the contractor, proved by a file, verified by another person, accepted by a third."""
    market, weeks = one.market, one.path("apprentice-weeks", "deliveries")
    body = {"period": 1, "quantity": "40", "note": "Three apprentices.", "counted": ["payroll-0417", "payroll-0418"]}
    refused(await one.supplier.post(weeks, body), 409, "period-not-begun")
    await at(market, 2031, 6, 20)
    refused(await one.supplier.post(weeks, body | {"period": 5}), 422, "invalid-request")
    refused(await one.supplier.post(weeks, body | {"quantity": "-1"}), 422, "invalid-request")
    refused(await market.alder.post(weeks, body), 404, "not-found")
    delivery = done(await one.supplier.post(weeks, body))
    assert delivery["state"] == "reported"
    refused(await one.supplier.post(weeks, body), 409, "counted-twice")
    path = f"/deliveries/{delivery['id']}/decisions"
    verdict = {"verdict": "verified", "reason": "38 weeks are on the payroll.", "quantity": "38"}
    refused(await one.manager.post(path, verdict), 409, "evidence-missing")
    content = b"week,number\n1,0417\n1,0418\n"
    proved = await send_evidence(one.supplier, delivery["id"], content)
    assert (proved["state"], proved["evidence"][0]["digest"]) == ("evidenced", sha256(content).hexdigest())
    assert len((await send_evidence(one.supplier, delivery["id"], content))["evidence"]) == 1
    evidence = f"/evidence/{proved['evidence'][0]['id']}"
    assert (await one.manager.get(evidence)).content == content
    refused(await market.alder.get(evidence), 404, "not-found")
    refused(await one.supplier.post(path, verdict), 404, "not-found")
    refused(await one.manager.post(path, verdict | {"quantity": "41"}), 422, "invalid-request")
    accepted = {"verdict": "accepted", "reason": "Delivered."}
    refused(await one.manager.post(path, accepted), 409, "delivery-decided")
    done(await one.manager.post(path, verdict))
    refused(await one.manager.post(path, accepted), 409, "verified-by-yourself")
    assert done(await market.approver.post(path, accepted))["state"] == "accepted"
    refused(await market.approver.post(path, verdict), 409, "delivery-decided")
    await one.deliver("carbon", 1, "15")
    await one.deliver("method-statement", 1, "100")
    own = await one.manager.post(weeks, {"period": 1, "quantity": "1", "note": "Told by telephone."})
    refused(await one.manager.post(f"/deliveries/{done(own)['id']}/decisions", verdict), 409, "verified-by-yourself")
    rejected = {"verdict": "rejected", "reason": "Nothing proves it."}
    done(await market.approver.post(f"/deliveries/{done(own)['id']}/decisions", rejected))


async def the_second_quarter(one: Contract) -> None:
    """Half of what was due: the dashboard says so, forecasts the end, and the worker reminds once."""
    await at(one.market, 2031, 10, 1)
    told = await reminded(one)
    assert {(due["kind"], due["about"]) for due in told} >= {("report", "Apprentice weeks on the contract, period 2")}
    assert await reminded(one) == []
    await one.deliver("apprentice-weeks", 2, "20", verified="1")
    await one.deliver("carbon", 2, "20")
    await one.deliver("method-statement", 2, "50")
    found = (await stands(one))["by"]
    weeks, carbon = found["apprentice-weeks"]["standing"], found["carbon"]["standing"]
    assert (weeks["target_to_date"], weeks["verified"], weeks["shortfall"]) == ("78", "39", "39")
    assert (weeks["achievement"], weeks["rating"]) == ("50.00", "inadequate")
    assert (weeks["forecast"], weeks["forecast_achievement"]) == ("78", "50.00")
    assert found["apprentice-weeks"]["charge"] == {"amount": "84375.00", "formula": "1.5 × 225000.00 × 39 ÷ 156"}
    assert (carbon["target_to_date"], carbon["verified"], carbon["achievement"]) == ("32.25", "35", "92.14")
    assert found["carbon"]["charge"]["amount"] == "809.88"
    assert found["method-statement"]["standing"]["achievement"] == "75.00"
    assert found["working-time"]["standing"]["rating"] == "inadequate"


async def the_ladder(one: Contract) -> None:
    """One step after the other; money by the formula, not more, and by another person than the step before."""
    path, approver = one.path("apprentice-weeks", "remedies"), one.market.approver
    refused(await one.manager.post(path, {"step": "withhold", "reason": "Short."}), 409, "step-below-missing")
    done(await one.manager.post(path, {"step": "notify", "reason": "39 weeks are missing."}))
    plan = {"step": "rectification_plan", "reason": "Two more apprentices from November."}
    refused(await one.manager.post(path, plan), 422, "invalid-request")
    refused(await one.manager.post(path, plan | {"due_on": "2031-10-01"}), 422, "invalid-request")
    done(await one.manager.post(path, plan | {"due_on": "2031-12-31"}))
    held = {"step": "withhold", "reason": "Until the plan is met.", "amount": "50000.00"}
    refused(await one.manager.post(path, held), 409, "taken-by-yourself")
    refused(await approver.post(path, held | {"amount": "84375.01"}), 422, "invalid-request")
    taken = done(await approver.post(path, held))
    assert (taken["amount"], taken["shortfall"]) == ("50000.00", "39")
    claimed = done(await one.manager.post(path, {"step": "damages", "reason": "The rest of what is agreed."}))
    assert claimed["amount"] == "34375.00"
    refused(await approver.post(path, {"step": "damages", "reason": "More."}), 409, "nothing-to-charge")
    found = (await stands(one))["by"]["apprentice-weeks"]
    assert (found["charged"], found["next_step"]) == ("84375.00", "step_in")
    refused(await one.supplier.post(path, held), 404, "not-found")


async def the_end_of_the_year(one: Contract) -> None:
    """Rated by the figures or with a reason, told as a notice, and remembered when the next tender is drafted."""
    await at(one.market, 2032, 4, 1)
    for period in (3, 4):
        await one.deliver("apprentice-weeks", period, "39")
        await one.deliver("carbon", period, "10")
    path, span = f"{one.lot}/assessments", {"starts_on": "2031-04-01", "ends_on": "2032-03-31"}
    refused(await one.manager.post(path, span | {"starts_on": "2031-05-01"}), 422, "invalid-request")
    refused(await one.manager.post(path, span | {"ends_on": "2032-04-01"}), 422, "invalid-request")
    other = {"working-time": {"rating": "good", "comment": "Seen."}}
    refused(await one.manager.post(path, span | {"ratings": other}), 422, "invalid-request")
    words = {"method-statement": {"rating": "other", "comment": "The method was changed together in October."}}
    made = done(await one.manager.post(path, span | {"ratings": words}))
    ratings = {rated["criterion_id"]: (rated["by_figures"], rated["rating"]) for rated in made["ratings"]}
    assert ratings["method-statement"] == ("inadequate", "other")
    assert ratings["apprentice-weeks"] == ("requires_improvement", "requires_improvement")
    assert ratings["carbon"] == ("good", "good")
    failure = {"kind": "breach", "outcome": "damages", "description": "Weeks short.", "arose_on": "2032-03-31"}
    failure["decided_by"] = "agreement of the parties"
    refused(
        await one.manager.post(f"{one.lot}/performance-failures", failure | {"outcome": "none"}), 422, "invalid-request"
    )
    done(await one.manager.post(f"{one.lot}/performance-failures", failure))
    notices = done(await one.manager.get(f"{one.lot}/performance-notices"))
    assert [(notice["code"], notice["about"], notice["due_on"]) for notice in notices] == [
        ("UK7", "kpis", None),
        ("UK9", "assessment", None),
        ("UK9", "failure", None),
    ]
    published = {"about": "assessment", "number": 1, "reference": "2032/S 1-1", "published_at": "2032-04-01T10:00:00Z"}
    told = await one.manager.post(f"{one.lot}/performance-notices", published)
    assert done(told)["published"]["reference"] == "2032/S 1-1"
    refused(await one.manager.post(f"{one.lot}/performance-notices", published), 409, "notice-published")
    missing = published | {"number": 2}
    refused(await one.manager.post(f"{one.lot}/performance-notices", missing), 404, "not-found")
    await what_was_learnt(one)


async def what_was_learnt(one: Contract) -> None:
    """117 of 156 weeks by the one supplier: three quarters of a promise are what experience makes plausible."""
    market = one.market
    learnt = {found["measure"]: found for found in done(await market.author.get("/contracts/delivered"))}
    weeks = learnt["apprentice-weeks"]
    assert (weeks["promised"], weeks["delivered"], weeks["percent"], weeks["plausible"]) == (
        "156",
        "117",
        "75.00",
        "0.75",
    )
    assert [(found["supplier"], found["percent"]) for found in weeks["suppliers"]] == [(market.birch.name, "75.00")]
    assert learnt["emissions"]["percent"] == "100.00"
    refused(await market.birch.get("/contracts/delivered"), 403, "forbidden")
    assert done(await market.stranger.get("/contracts/delivered")) == []


async def test_a_contract_of_more_than_five_million_lacks_its_indicators(frozen: Market) -> None:
    """A warning with its source, days for the notices, and no refusal: exempt contracts exist."""
    await frozen.set_clock(START)
    terms = {"carbon": {"kpi": True}, "working-time": {"contracted": False}}
    one = await watched(Later(frozen), terms, vat={"basis": "inclusive"})
    lot = one.tender["lots"][0]["id"]
    await frozen.owner.execute("UPDATE tenders SET jurisdiction = 'uk-pa2023' WHERE id = $1", one.tender["id"])
    for value, lacking in (("5000000", False), ("5000000.01", True)):
        await frozen.owner.execute(
            "UPDATE monitoring_plans SET value = $2::text::numeric WHERE lot_id = $1", lot, value
        )
        found = await stands(one)
        assert any("at least 3 key performance" in one["message"] for one in found["warnings"]) is lacking
        assert any("was scored, and is not in the contract" in one["message"] for one in found["warnings"])
        notices = done(await one.manager.get(f"{one.lot}/performance-notices"))
        assert notices[0]["due_on"] == (date(2031, 3, 30).isoformat() if lacking else None)
    due = {(one["kind"], one["due_on"]) for one in await reminded(one)}
    assert due == set()
    await at(frozen, 2031, 3, 20)
    due = {(one["kind"], one["due_on"]) for one in await reminded(one)}
    assert due == {("publish", "2031-03-20")}
    await frozen.set_clock(START)


async def test_a_contract_near_five_million_may_exceed_it_with_the_tax_that_nobody_stated(frozen: Market) -> None:
    """4,200,000 without value-added tax may be 5,040,000 with it, and a contract without a price may be anything."""
    await frozen.set_clock(START)
    one = await watched(Later(frozen), {"carbon": {"kpi": True}, "apprentice-weeks": {"measure": "placement-weeks"}})
    lot = one.tender["lots"][0]["id"]
    await frozen.owner.execute("UPDATE tenders SET jurisdiction = 'uk-pa2023' WHERE id = $1", one.tender["id"])
    for value, said in (
        ("4100000", None),
        ("4200000", "may exceed 5000000 pounds"),
        (None, "no price in pounds"),
        ("5000000.01", "at least 3 key performance indicators"),
    ):
        await frozen.owner.execute(
            "UPDATE monitoring_plans SET value = $2::text::numeric WHERE lot_id = $1", lot, value
        )
        told = [warning["message"] for warning in (await stands(one))["warnings"]]
        assert [message for message in told if "5000000" in message] == [
            message for message in told if said is not None and said in message
        ]
        assert (said is None) or any(said in message for message in told), told
    await frozen.set_clock(START)


async def test_a_lowered_target_stays_beside_what_was_scored(frozen: Market) -> None:
    """156 weeks earned 225,000 at the award; the contract asks for 78: half of the advantage is covered by nothing."""
    await frozen.set_clock(START)
    lowered = {"apprentice-weeks": {"measure": "training-hours", "targets": ["39", "39", "0", "0"]}}
    one = await watched(Later(frozen), lowered, jurisdiction="none")
    await at(frozen, 2031, 10, 1)
    await one.deliver("apprentice-weeks", 1, "39")
    await one.deliver("apprentice-weeks", 2, "39")
    found = await stands(one)
    weeks = found["by"]["apprentice-weeks"]
    assert (weeks["standing"]["achievement"], weeks["charge"]) == ("100.00", None), "the contract is kept"
    assert weeks["uncovered"] == {
        "scored": "156",
        "contracted": "78",
        "advantage": "112500.00",
        "formula": "225000.00 × 78 ÷ 156",
    }
    warned = {warning["message"]: warning["mend"] for warning in found["warnings"]}
    mend = warned["Apprentice weeks on the contract was scored with 156; the contract's targets ask for 78."]
    assert mend == "112500.00 of the advantage at the award (225000.00 × 78 ÷ 156) is covered by no target."
    learnt = {one["measure"]: one for one in done(await frozen.author.get("/contracts/delivered"))}["training-hours"]
    assert (learnt["promised"], learnt["delivered"], learnt["percent"]) == ("156", "78", "50.00")
    assert found["by"]["carbon"]["uncovered"] is None
    await frozen.set_clock(START)
