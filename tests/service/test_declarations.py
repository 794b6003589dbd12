"""Declarations of interest, and the gate that they open: no bid is seen before."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from service.examples import EXAMPLES
from tests.make import a_bid, a_lot, a_policy, a_score
from tests.service.conftest import Market, Person, done, refused
from tests.service.test_documents import a_document
from tests.service.ways import alike, bearer, both_ways

YES = {"approved": True, "reason": "Nothing stands against it."}
NO = {"approved": False, "reason": "The interest cannot be mitigated."}
POTENTIAL = {
    "interest": "potential",
    "details": "My brother worked for Alder until 2024.",
    "mitigation": "I score social value only.",
}


def path_of(tender: dict[str, Any]) -> str:
    return f"/tenders/{tender['id']}/declarations"


async def declare(person: Person, tender: dict[str, Any], **fields: Any) -> Any:
    return await person.post(path_of(tender), {"interest": "none"} | fields)


async def decide(person: Person, tender: dict[str, Any], of: Person, number: int = 1, **fields: Any) -> Any:
    return await person.post(f"{path_of(tender)}/{of.id}/{number}/decision", YES | fields)


async def opened(market: Market) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A tender with two opened bids, and nobody who has declared anything."""
    tender, bids = await market.opened()
    await undeclare(market, tender)
    return tender, bids


async def undeclare(market: Market, tender: dict[str, Any]) -> None:
    for table in ("declaration_decisions", "declarations"):
        await market.owner.execute(f"DELETE FROM {table} WHERE tender_id = $1", tender["id"])


async def test_a_person_declares_another_approves_and_bids_are_open(market: Market) -> None:
    """Names first, then the declaration, then somebody else's approval; each step is in the log."""
    tender, _ = await opened(market)
    bids = f"/lots/{tender['lots'][0]['id']}/bids"
    names = done(await market.evaluator.get(f"/tenders/{tender['id']}/bidders"))
    assert [one["supplier"] for one in names] == ["Alder Roofing Ltd", "Birch & Sons Renewables"]
    assert "bid_id" not in names[0]
    refused(await market.evaluator.get(bids), 403, "not-cleared")
    made = await declare(market.evaluator, tender)
    assert made.status_code == 201
    assert done(made)["number"] == 1
    assert "awaits approval" in refused(await market.evaluator.get(bids), 403, "not-cleared")["detail"]
    approved = done(await decide(market.approver, tender, market.evaluator))
    assert (approved["approved"], approved["decided_by"]) == (True, market.approver.id)
    done(await market.evaluator.get(bids))
    kinds = [entry["kind"] for entry in await market.log(tender)]
    assert kinds[-4:] == ["refused", "declaration.made", "refused", "declaration.approved"]


async def test_everybody_behind_a_joint_bid_is_among_the_names(market: Market) -> None:
    """A conflict with a member or a subcontractor is a conflict as well."""
    tender = await market.publish()
    members = [{"name": market.alder.name, "role": "lead"}, {"name": "Elm Electrics", "role": "member"}]
    relied = [{"name": "Crane Hire", "work": "Lifts on all sites", "identifier": "GB-COH-00000009"}]
    done(await market.alder.submit(tender, a_bid() | {"members": members, "subcontractors": relied}))
    await market.open(tender)
    (one,) = done(await market.evaluator.get(f"/tenders/{tender['id']}/bidders"))
    assert [(party["role"], party["name"]) for party in one["parties"]] == [
        ("lead", market.alder.name),
        ("member", "Elm Electrics"),
        ("subcontractor", "Crane Hire"),
    ]


async def test_an_approver_s_own_is_decided_by_the_author(market: Market) -> None:
    tender, _ = await opened(market)
    done(await declare(market.approver, tender))
    refused(await decide(market.approver, tender, market.approver), 403, "own-declaration")
    second = await market.colleague_of(market.author, "Second Approver")
    await market.give(tender, second, "approver")
    refused(await decide(second, tender, market.approver), 403, "forbidden")
    done(await decide(market.author, tender, market.approver))
    done(await declare(market.evaluator, tender))
    refused(await decide(market.author, tender, market.evaluator), 403, "forbidden")


async def test_before_the_names_are_known_nobody_declares(market: Market) -> None:
    """A declaration about nobody is worth nothing."""
    tender = await market.publish()
    done(await market.alder.submit(tender))
    refused(await declare(market.evaluator, tender), 409, "names-not-known")
    assert done(await market.evaluator.get(f"/tenders/{tender['id']}/bidders")) == []


async def test_an_interest_is_told_and_approved_only_with_its_mitigation(market: Market) -> None:
    """Procurement Act 2023, section 82: mitigate, or replace the person."""
    tender, _ = await opened(market)
    for details in ("", " \n"):
        problem = refused(
            await declare(market.evaluator, tender, interest="actual", details=details), 422, "invalid-request"
        )
        assert problem["errors"][0]["pointer"] == "/details"
    done(await declare(market.evaluator, tender, interest="actual", details="I own shares of Alder."))
    refused(await decide(market.approver, tender, market.evaluator), 409, "mitigation-missing")
    done(await declare(market.evaluator, tender, **POTENTIAL))
    done(await decide(market.approver, tender, market.evaluator, 2))
    entry = await market.last(tender)
    assert (entry["kind"], entry["data"]["interest"]) == ("declaration.approved", "potential")


async def test_a_rejected_declaration_keeps_bids_closed_whatever_the_role(market: Market) -> None:
    """Edmonton City Auditor 2017; becoming an auditor is no way around it."""
    tender, _ = await opened(market)
    bids = f"/lots/{tender['lots'][0]['id']}/bids"
    done(await declare(market.evaluator, tender, **POTENTIAL))
    done(await decide(market.approver, tender, market.evaluator, **NO))
    assert "rejected" in refused(await market.evaluator.get(bids), 403, "not-cleared")["detail"]
    roles = f"/tenders/{tender['id']}/roles"
    done(await market.author.delete(f"{roles}/{market.evaluator.id}/evaluator"))
    await market.give(tender, market.evaluator, "auditor")
    refused(await market.evaluator.get(bids), 403, "not-cleared")
    refused(await decide(market.approver, tender, market.evaluator), 409, "declaration-decided")


async def test_changed_circumstances_close_access_at_once(market: Market) -> None:
    """Until somebody approves the new declaration; what was said before no longer holds."""
    tender, _ = await opened(market)
    bids = f"/lots/{tender['lots'][0]['id']}/bids"
    done(await declare(market.moderator, tender))
    done(await decide(market.approver, tender, market.moderator))
    done(await market.moderator.get(bids))
    done(await declare(market.moderator, tender, **POTENTIAL))
    refused(await market.moderator.get(bids), 403, "not-cleared")
    refused(await decide(market.approver, tender, market.moderator), 409, "not-the-last-declaration")
    done(await decide(market.approver, tender, market.moderator, 2))
    done(await market.moderator.get(bids))


@pytest.mark.parametrize(("offset", "status"), [(-1, 403), (0, 200), (1, 200)])
async def test_bidders_of_a_lot_opened_later_are_declared_about_anew(frozen: Market, offset: int, status: int) -> None:
    """A declaration of before the opening, by a microsecond even, did not know the names."""
    deadline = datetime(2031, 5, 1, 12, tzinfo=UTC)
    await frozen.set_clock(deadline - timedelta(hours=1))
    tender = await frozen.publish(submission_deadline=deadline.isoformat(), lots=[a_lot(), a_lot(title="South")])
    first, second = (f"/lots/{lot['id']}" for lot in tender["lots"])
    await frozen.set_clock(deadline + timedelta(hours=1))
    for person in (frozen.officer, frozen.second_officer):
        done(await person.post(f"{first}/opening"))
    await frozen.set_clock(deadline + timedelta(hours=2, microseconds=offset))
    await frozen.clear(tender, frozen.moderator)
    done(await frozen.moderator.get(f"{first}/bids"))
    await frozen.set_clock(deadline + timedelta(hours=2))
    for person in (frozen.officer, frozen.second_officer):
        done(await person.post(f"{second}/opening"))
    assert (await frozen.moderator.get(f"{first}/bids")).status_code == status


async def test_who_has_an_interest_of_the_own_decides_about_nobody(market: Market) -> None:
    """Neither while it waits, nor rejected, nor by declaring anew that there is none; a third person does."""
    tender, _ = await opened(market)
    done(await declare(market.evaluator, tender))
    done(await declare(market.approver, tender, **POTENTIAL))
    problem = refused(await decide(market.approver, tender, market.evaluator), 403, "own-interest-open")
    assert "third person" in problem["detail"]
    done(await decide(market.author, tender, market.approver, **NO))
    refused(await decide(market.approver, tender, market.evaluator), 403, "own-interest-open")
    done(await declare(market.approver, tender))
    refused(await decide(market.approver, tender, market.evaluator), 403, "own-interest-open")
    third = await market.colleague_of(market.author, "Third Person")
    await market.give(tender, third, "approver")
    done(await decide(third, tender, market.evaluator))


async def test_two_who_have_no_interest_can_decide_about_each_other(market: Market) -> None:
    """Otherwise nobody could ever be the first."""
    tender, _ = await opened(market)
    done(await declare(market.author, tender))
    done(await declare(market.approver, tender))
    done(await decide(market.approver, tender, market.author))
    done(await decide(market.author, tender, market.approver))


async def test_an_author_with_an_open_interest_changes_neither_panel_nor_letters(market: Market) -> None:
    """Nor does one who has declared nothing, once names are known; a conflicted moderator neither, nor an approver."""
    tender, bids, _ = await market.evaluated()
    lot = f"/lots/{tender['lots'][0]['id']}"
    seats = [{"person_id": market.evaluator.id, "criteria": ["method-statement"]}]
    panel = {"chair_id": market.moderator.id, "reason": "Mine.", "policy": a_policy(), "seats": seats}
    leaves = {"person_id": market.evaluator.id, "successor_id": None, "reason": "Not mine."}
    text = {"text": "It was good."}
    asked = [
        ("PUT", f"{lot}/panel", panel),
        ("POST", f"{lot}/panel/replacements", leaves),
        ("POST", f"{lot}/draw", {"secret": "0" * 64}),
        ("PUT", f"{lot}/assessment-summaries/{bids[0]['bid_id']}/texts/name_and_address", text),
        ("PUT", f"/tenders/{tender['id']}/procedure-report/texts/interests", text),
    ]
    done(await declare(market.moderator, tender, **POTENTIAL))
    done(await declare(market.approver, tender, **POTENTIAL))
    for method, path, body in asked:
        refused(await market.moderator.send(method, path, body), 403, "not-cleared")
    effects = f"{lot}/exclusion-effects?bid_id={bids[0]['bid_id']}"
    for person in (market.moderator, market.approver):
        refused(await person.get(effects), 403, "not-cleared")
    for path in (lot, f"/tenders/{tender['id']}"):
        refused(await market.approver.post(f"{path}/cancellation", {"reason": "Mine lost."}), 403, "not-cleared")
    await undeclare(market, tender)
    for method, path, body in asked:
        refused(await market.author.send(method, path, body), 403, "not-cleared")


async def test_declarations_are_read_by_those_who_decide_or_audit_and_one_s_own_by_oneself(market: Market) -> None:
    tender, _ = await opened(market)
    done(await declare(market.evaluator, tender, **POTENTIAL))
    done(await declare(market.moderator, tender))
    for person in (market.author, market.approver, market.auditor):
        assert len(done(await person.get(path_of(tender)))) == 2
    assert [one["person_id"] for one in done(await market.moderator.get(path_of(tender)))] == [market.moderator.id]
    for what in ("declarations", "bidders"):
        refused(await market.colleague.get(f"/tenders/{tender['id']}/{what}"), 403, "forbidden")
        for person in (market.stranger, market.alder):
            refused(await person.get(f"/tenders/{tender['id']}/{what}"), 404, "not-found")
    refused(await declare(market.colleague, tender), 403, "forbidden")
    for person in (market.stranger, market.alder):
        refused(await declare(person, tender), 404, "not-found")
        refused(await decide(person, tender, market.evaluator), 404, "not-found")
    refused(await decide(market.moderator, tender, market.evaluator), 403, "forbidden")
    refused(await decide(market.approver, tender, market.evaluator, 7), 404, "not-found")


# The gate

CANARIES = ("777777.77", "a canary in the offer", "a canary in a reason", "a canary in the document")
"""What only a cleared person may read: a price, an offer, a reason, a document."""

OPEN = {
    "GET /tenders/{tender_id}": "the tender as everybody reads it",
    "GET /tenders/{tender_id}/roles": "who does what",
    "GET /tenders/{tender_id}/bidders": "the names that a declaration is about",
    "GET /tenders/{tender_id}/declarations": "one's own declarations, for the approver the others' as well",
    "POST /tenders/{tender_id}/declarations": "what opens the gate",
    "GET /tenders/{tender_id}/corrigenda": "what was published",
    "GET /tenders/{tender_id}/requirements": "the same",
    "GET /tenders/{tender_id}/eforms": "the same by the terms of eForms",
    "GET /tenders/{tender_id}/notices": "the same",
    "GET /public/tenders/{tender_id}/notices": "the same, without a key",
    "GET /tenders/{tender_id}/questions": "what was answered to all",
    "GET /lots/{lot_id}/cancellation": "that the lot was cancelled, and why",
    "GET /tenders/{tender_id}/simulations": "trials of the draft with invented bids",
    "GET /tenders/{tender_id}/spend-findings": "what the draft was made for",
    "GET /tenders/{tender_id}/setup": "what was published, as a document",
    "GET /tenders/{tender_id}/what-was-learnt.html": "earlier contracts of the buyer",
    "GET /tenders/{tender_id}/what-was-learnt.pdf": "the same",
    "GET /tenders/{tender_id}/events": "what was done when by whom; facts about bids are withheld",
    "GET /tenders/{tender_id}/platform-record": "when the platform worked and who sent something, no contents",
    "GET /tenders/{tender_id}/platform-record/samples": "health samples",
    "GET /tenders/{tender_id}/log/checkpoint": "a hash",
    "GET /tenders/{tender_id}/log/inclusion": "hashes",
    "GET /tenders/{tender_id}/log/consistency": "hashes",
    "GET /tenders/{tender_id}/log/timestamps": "stamps of hashes",
    "GET /tenders/{tender_id}/key": "the tender's public key",
    "GET /tenders/{tender_id}/officers": "whose shares there are",
    "GET /tenders/{tender_id}/retention": "how long the record is kept",
    "PUT /tenders/{tender_id}/retention": "the same",
    "PUT /tenders/{tender_id}/legal-hold": "the same",
    "GET /tenders/{tender_id}/legal-rules": "the law that was chosen at the publication",
    "GET /lots/{lot_id}/sealing": "what a supplier's portal needs before it bids",
    "GET /lots/{lot_id}/bids/template": "the same, as an empty sheet",
    "GET /lots/{lot_id}/panel": "who is seated",
    "POST /tenders/{tender_id}/trainings": "what somebody was trained in",
    "GET /public/lots/{lot_id}/scoring-sheet.pdf": "how bids are scored, for anybody",
    "GET /public/lots/{lot_id}/scoring-sheet.html": "the same on a screen",
}
"""The only addresses of a tender that answer a person of the panel who has declared nothing, and why each may."""


async def awarded(market: Market) -> dict[str, str]:
    """A tender whose every step has happened, with canaries in all that is secret; the ids of its addresses."""
    tender = await market.publish()
    document_id = await a_document(market.alder, tender, b"a canary in the document")
    bid = a_bid(price="777777.77", method_statement="a canary in the offer")
    bid["documents"] = [{"id": document_id, "name": "plan.txt"}]
    receipt = done(await market.alder.submit(tender, bid))
    (line,) = (await market.open(tender))["bids"]
    score = a_score(reason="a canary in a reason")
    done(await market.evaluator.put(f"/bids/{line['bid_id']}/scores/method-statement", score))
    done(await market.moderator.put(f"/bids/{line['bid_id']}/consensus/method-statement", score))
    await market.lock(tender)
    lot = tender["lots"][0]
    run = done(await market.moderator.post(f"/lots/{lot['id']}/evaluations", {"rules_digest": lot["rules_digest"]}))
    await market.recommend(tender, run, line)
    award = {"evaluation_id": run["id"], "bid_id": line["bid_id"], "reason": "a canary in a reason"}
    done(await market.approver.post(f"/lots/{lot['id']}/award", award))
    return {
        "tender_id": tender["id"],
        "lot_id": lot["id"],
        "bid_id": receipt["bid_id"],
        "evaluation_id": run["id"],
        "document_id": document_id,
        "criterion_id": "method-statement",
        "person_id": market.evaluator.id,
        "number": "1",
        "role": "evaluator",
    }


QUERIES = {"inclusion": "?position=1", "consistency": "?from=1", "platform-record": "?kind=submitted"}


async def asked(
    market: Market, person: Person, ids: dict[str, str], kept: Callable[[str], bool]
) -> dict[str, tuple[int, str]]:
    """What every address of a tender answers a person: the status and the text, by method and path."""
    described = done(await market.anonymous.get("/docs/openapi.json"))["paths"]
    answers: dict[str, tuple[int, str]] = {}
    for path, operations in described.items():
        if not re.search(r"{(tender|lot|bid|evaluation)_id}", path):
            continue
        for method, operation in operations.items():
            name = f"{method.upper()} {path}"
            if method not in {"get", "post", "put", "delete", "patch"} or not kept(method):
                continue
            address = re.sub(r"{(\w+)}", lambda found: ids.get(found[1], str(uuid4())), path)
            address += next((query for end, query in QUERIES.items() if path.endswith(end)), "")
            example = EXAMPLES.get(operation["operationId"])
            answer = await person.send(method.upper(), address, example and example.body)
            answers[name] = (answer.status_code, answer.text)
    return answers


@pytest.mark.parametrize("who", ["evaluator", "moderator", "approver"])
async def test_no_address_tells_the_panel_of_a_bid_before_the_declaration_is_approved(market: Market, who: str) -> None:
    """Every address of a tender is tried, read and write; those that answer are on a list with the reason for each."""
    ids = await awarded(market)
    await undeclare(market, {"id": ids["tender_id"]})
    person = getattr(market, who)
    answers = await asked(market, person, ids, lambda method: method != "delete")
    assert len(answers) > 60
    told = {name for name, (status, _) in answers.items() if status < 400}
    assert told <= OPEN.keys(), told - OPEN.keys()
    for name, (_, text) in answers.items():
        assert not any(canary in text for canary in CANARIES), name


async def test_the_same_addresses_tell_a_cleared_person(market: Market) -> None:
    """The control: what is closed above is closed by the declaration and by nothing else."""
    ids = await awarded(market)
    answers = await asked(market, market.approver, ids, lambda method: method == "get")
    told = {name for name, (status, _) in answers.items() if status < 400}
    assert len(told - OPEN.keys()) >= 12, sorted(told)
    text = " ".join(text for _, text in answers.values())
    assert all(canary in text for canary in CANARIES)


async def test_the_door_before_the_framework_is_closed_as_well(market: Market) -> None:
    """A result in memory is no way around the gate: both ways refuse, and both answer once a person is cleared."""
    ids = await awarded(market)
    tender = {"id": ids["tender_id"]}
    path = f"/evaluations/{ids['evaluation_id']}"
    async with both_ways(market.dsn) as ways:
        for person in (market.moderator, market.auditor):
            assert (await alike(ways, "GET", path, bearer(person))).status == 200
        await undeclare(market, tender)
        assert (await alike(ways, "GET", path, bearer(market.moderator))).status == 403
        assert (await alike(ways, "GET", path, bearer(market.auditor))).status == 200
        done(await declare(market.auditor, tender, **POTENTIAL))
        assert (await alike(ways, "GET", path, bearer(market.auditor))).status == 403
        done(await decide(market.approver, tender, market.auditor))
        assert (await alike(ways, "GET", path, bearer(market.auditor))).status == 200
        done(await declare(market.moderator, tender))
        assert (await alike(ways, "GET", path, bearer(market.moderator))).status == 403
        done(await decide(market.approver, tender, market.moderator))
        assert (await alike(ways, "GET", path, bearer(market.moderator))).status == 200


async def test_who_is_not_cleared_reads_the_log_without_what_it_says_of_bids(market: Market) -> None:
    """The approver sees that something was done, when and by whom, and the facts once cleared; letters are refused."""
    ids = await awarded(market)
    tender = {"id": ids["tender_id"]}
    await undeclare(market, tender)
    path = f"/tenders/{ids['tender_id']}"
    for person in (market.approver, market.author):
        log = done(await person.get(f"{path}/events"))
        told = {
            entry["kind"]
            for entry in log
            if entry["data"] != {"withheld": "until your declaration of interest is approved"}
        }
        assert told == {"tender.drafted", "tender.published", "opening.asked"}
        refused(await person.get(f"{path}/log/entries"), 403, "not-cleared")
    assert "a canary in a reason" in (await market.auditor.get(f"{path}/events")).text
