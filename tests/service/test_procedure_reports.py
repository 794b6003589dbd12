"""The report on a procedure: made from what happened, with every missing part named by its reference."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.make import a_bid, a_decision, a_lot, a_rules, a_score
from tests.service.conftest import Market, Person, done, refused

TEXTS = {
    "authority_address": "Town Hall, Northgate NG1 1AA",
    "value": "1000000.00 GBP",
    "procedure": "open",
    "conflicts": "None was detected; every declaration is in the record.",
    "subcontracting:1": "20 per cent, scaffolding, by Elm Access Ltd.",
}


def path_of(tender: dict[str, Any]) -> str:
    return f"/tenders/{tender['id']}/procedure-report"


async def give(person: Person, tender: dict[str, Any], field: str, text: str) -> httpx.Response:
    return await person.put(f"{path_of(tender)}/texts/{field}", {"text": text})


async def test_the_report_tells_who_bid_who_won_and_why(market: Market) -> None:
    """Regulation 84(1)(a)–(i): what the service knows is there at once, the rest once people have said it."""
    tender, _, _ = await market.awarded(jurisdiction="uk-pa2023")
    report = done(await market.auditor.get(path_of(tender)))
    assert "reg. 84(1)" in report["law"]
    assert (report["authority"], report["subject"]) == ("Northgate City Council", tender["title"])
    (lot,) = report["lots"]
    assert {bid["supplier"] for bid in lot["admitted"]} == {market.alder.name, market.birch.name}
    assert lot["award"]["supplier"] == market.birch.name
    assert lot["award"]["reason"] == "As recommended."
    assert lot["award"]["recommendation"] == "Ranked first on the published criteria."
    assert {one["field"] for one in report["missing"]} == TEXTS.keys()
    assert all("84(1)(" in one["reference"] for one in report["missing"])
    for field, text in TEXTS.items():
        done(await give(market.moderator, tender, field, text))
    assert (await market.last(tender))["kind"] == "report.text-given"
    report = done(await market.auditor.get(path_of(tender)))
    assert report["missing"] == []
    assert report["lots"][0]["subcontracting"] == TEXTS["subcontracting:1"]


async def test_a_bid_that_a_published_rule_keeps_out_is_rejected_with_that_reason(market: Market) -> None:
    """Nobody decides about it, and all the same it was out: article 84(1)(c) asks why."""
    lots = [a_lot(rules=a_rules(minimum="85"))]
    tender, (alder, _), run = await market.evaluated(lots=lots)
    result = done(await market.auditor.get(f"/evaluations/{run['id']}"))
    assert [bid["rank"] for bid in result["bids"]] == [1, None], result["bids"]
    (lot,) = done(await market.auditor.get(path_of(tender)))["lots"]
    assert [bid["supplier"] for bid in lot["admitted"]] == [market.birch.name]
    (out,) = lot["rejected"]
    assert (out["bid_id"], out["state"]) == (alder["bid_id"], "admissible")
    assert "minimum" in out["reason"]


async def test_who_was_rejected_and_whose_price_was_too_low_stands_with_the_reason(market: Market) -> None:
    """Reasons are those of the decision, not written a second time."""
    tender, (alder, birch), _ = await market.evaluated(jurisdiction="eu-2014-24-de")
    low = "INSERT INTO bid_states (bid_id, number, state, source, reason, person_id, decided_at)"
    low += " VALUES ($1, 1, 'abnormally_low_rejected', 'abnormally_low', $2, $3, clock_timestamp())"
    await market.owner.execute(low, birch["bid_id"], "The labour cost was not explained.", market.approver.id)
    late = a_decision(state="non_compliant", reason="No insurance.")
    done(await market.moderator.put(f"/bids/{alder['bid_id']}/state", late))
    report = done(await market.approver.get(path_of(tender)))
    assert report["law"] == "Directive 2014/24/EU art. 84(1)"
    (lot,) = report["lots"]
    assert lot["admitted"] == []
    assert {bid["reason"] for bid in lot["rejected"]} == {"The labour cost was not explained.", "No insurance."}
    assert [bid["bid_id"] for bid in lot["abnormally_low"]] == [birch["bid_id"]]
    assert "award:1" in {one["field"] for one in report["missing"]}


async def test_whoever_is_out_by_two_procedures_is_told_both_reasons(market: Market) -> None:
    """And not the reason of the last decision alone, which may even be one that spoke for the bid."""
    tender, (alder, _), _ = await market.evaluated(jurisdiction="eu-2014-24-de")
    path = f"/bids/{alder['bid_id']}"
    done(await market.moderator.put(f"{path}/state", a_decision(state="non_compliant", reason="Unsigned.")))
    taxes = {"subject": "ground", "id": "unpaid-taxes-established", "evidence": "The final decision of 3 May."}
    done(await market.moderator.post(f"{path}/selection", taxes | {"outcome": "excluded", "reason": "Unpaid."}))
    (lot,) = done(await market.approver.get(path_of(tender)))["lots"]
    (told,) = lot["rejected"]
    assert told["state"] == "excluded"
    assert told["reason"].startswith("Unsigned. ground unpaid-taxes-established (Directive 2014/24/EU, article 57(2)")
    done(await market.moderator.post(f"{path}/selection", taxes | {"outcome": "met", "reason": "They were paid."}))
    (lot,) = done(await market.approver.get(path_of(tender)))["lots"]
    assert [(bid["state"], bid["reason"]) for bid in lot["rejected"]] == [("non_compliant", "Unsigned.")]


async def test_a_joint_bid_is_named_with_all_its_members(market: Market) -> None:
    """Art. 84(1)(b) and (d): the successful tenderer is all who bid together, not the one that sent the bid."""
    tender = await market.publish()
    members = [{"name": market.alder.name, "role": "lead"}, {"name": "Elm Electrics", "role": "member"}]
    bid = done(await market.alder.submit(tender, a_bid() | {"members": members}))
    await market.open(tender)
    done(await market.evaluator.put(f"/bids/{bid['bid_id']}/scores/method-statement", a_score()))
    done(await market.moderator.put(f"/bids/{bid['bid_id']}/consensus/method-statement", a_score()))
    await market.lock(tender)
    lot = tender["lots"][0]
    run = done(await market.moderator.post(f"/lots/{lot['id']}/evaluations", {"rules_digest": lot["rules_digest"]}))
    await market.recommend(tender, run, bid)
    award = {"evaluation_id": run["id"], "bid_id": bid["bid_id"], "reason": "As recommended."}
    done(await market.approver.post(f"/lots/{lot['id']}/award", award))
    (told,) = done(await market.auditor.get(path_of(tender)))["lots"]
    named = f"{market.alder.name} / Elm Electrics"
    assert (told["admitted"][0]["supplier"], told["award"]["supplier"]) == (named, named)


async def test_an_annulled_award_stands_in_the_report_beside_the_next(market: Market) -> None:
    """Nothing that was decided disappears."""
    tender, _, _ = await market.awarded()
    annulment = {"annulled_by": "court", "reference": "[2026] EWHC 7", "reason": "A mark was wrong."}
    done(await market.approver.post(f"/lots/{tender['lots'][0]['id']}/award/annulment", annulment))
    (lot,) = done(await market.auditor.get(path_of(tender)))["lots"]
    assert lot["award"] is None
    assert [award["annulled"] for award in lot["annulled"]] == ["A mark was wrong."]


async def test_declared_conflicts_and_what_was_done_about_them_stand_there_by_themselves(market: Market) -> None:
    """Regulation 84(1)(i): nobody writes again what was declared and decided; what nobody has decided is missing."""
    tender, _, _ = await market.awarded()
    conflict = {"interest": "actual", "details": "My partner has joined Birch's board."}
    path = f"/tenders/{tender['id']}/declarations"
    number = done(await market.evaluator.post(path, conflict))["number"]
    report = done(await market.auditor.get(path_of(tender)))
    (told,) = report["conflicts_declared"]
    assert (told["details"], told["approved"]) == (conflict["details"], None)
    fields = {one["field"] for one in report["missing"]}
    assert "conflicts_declared" in fields
    assert "conflicts" not in fields
    decision = {"approved": False, "reason": "It cannot be mitigated."}
    done(await market.approver.post(f"{path}/{market.evaluator.id}/{number}/decision", decision))
    report = done(await market.auditor.get(path_of(tender)))
    assert [one["decision"] for one in report["conflicts_declared"]] == [decision["reason"]]
    assert "conflicts_declared" not in {one["field"] for one in report["missing"]}


async def test_why_a_lot_was_cancelled_stands_in_the_report_and_no_award_is_asked_for(market: Market) -> None:
    """Regulation 84(1)(g): the reasons for which no contract was awarded; the report is still completed."""
    tender, _, _ = await market.evaluated()
    why = {"reason": "The schools are closed."}
    done(await market.approver.post(f"/tenders/{tender['id']}/cancellation", why))
    done(await give(market.author, tender, "value", "0"))
    report = done(await market.auditor.get(path_of(tender)))
    assert report["lots"][0]["cancelled"] == why["reason"]
    assert "award:1" not in {one["field"] for one in report["missing"]}


@pytest.mark.parametrize("procedure", ["competitive_dialogue", "negotiated_without_publication"])
async def test_a_procedure_that_needs_a_justification_asks_for_it(market: Market, procedure: str) -> None:
    """An open or restricted procedure needs none."""
    tender, _, _ = await market.awarded()
    done(await give(market.author, tender, "procedure", "open"))
    before = done(await market.auditor.get(path_of(tender)))["missing"]
    assert "justification" not in {one["field"] for one in before}
    assert done(await give(market.author, tender, "procedure", procedure))["version"] == 2
    after = done(await market.auditor.get(path_of(tender)))["missing"]
    assert "justification" in {one["field"] for one in after}


async def test_only_parts_of_the_report_and_known_procedures_are_taken(market: Market) -> None:
    """A slip is told with what there is."""
    tender = await market.publish()
    problem = refused(await give(market.author, tender, "adress", "x"), 422, "no-such-report-part")
    assert "authority_address" in problem["errors"][0]["mend"]
    problem = refused(await give(market.author, tender, "procedure", "beauty contest"), 422, "no-such-report-part")
    assert "restricted" in problem["errors"][0]["mend"]
    refused(await give(market.author, tender, "subcontracting:2", "x"), 422, "no-such-report-part")
    refused(await give(market.author, tender, "value", " "), 422, "invalid-request")


async def test_before_the_opening_the_report_tells_of_no_bid(market: Market) -> None:
    """Nobody learns from it who bids."""
    tender = await market.publish()
    done(await market.alder.submit(tender))
    (lot,) = done(await market.auditor.get(path_of(tender)))["lots"]
    assert (lot["admitted"], lot["rejected"]) == ([], [])


async def test_the_report_is_for_those_who_decide_or_audit(market: Market) -> None:
    """Others are told so; suppliers and strangers find nothing."""
    tender = await market.publish()
    for person in (market.officer, market.colleague, market.author):
        refused(await person.get(path_of(tender)), 403, "forbidden")
    for person in (market.evaluator, market.officer, market.colleague, market.auditor):
        refused(await give(person, tender, "value", "7"), 403, "forbidden")
    for person in (market.stranger, market.alder):
        refused(await person.get(path_of(tender)), 404, "not-found")
        refused(await give(person, tender, "value", "7"), 404, "not-found")
    refused(await market.auditor.get(f"/tenders/{uuid4()}/procedure-report"), 404, "not-found")
