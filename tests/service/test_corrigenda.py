"""What is published changes by numbered corrigenda only: one person proposes, another confirms, before the deadline."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from service import db
from tests.make import a_bid, a_corrigendum, a_criterion, a_lot, a_rules
from tests.service.conftest import Market, Person, done, refused

DEADLINE = datetime(2031, 3, 14, 12, tzinfo=UTC)
LATER = DEADLINE + timedelta(hours=1)
MICROSECOND = timedelta(microseconds=1)
OTHER_RULES = a_rules(rounding=[{"stage": "total", "decimals": 3, "mode": "half_up"}])
NEW_TITLE = {"reason": "A word was missing.", "title": "Solar roofs for eleven schools"}


def an_extension(until: datetime = LATER) -> dict[str, Any]:
    """A corrigendum that moves the deadline."""
    return {"reason": "The platform did not answer for a minute.", "submission_deadline": until.isoformat()}


async def withdraw(person: Person, tender: dict[str, Any], number: int) -> httpx.Response:
    return await person.delete(f"/tenders/{tender['id']}/corrigenda/{number}")


async def until_somebody_waits(market: Market) -> None:
    """Until a statement of the service waits for a lock; each look is a round trip, during which others go on."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    async with asyncio.timeout(10):
        while not await market.owner.fetchval(waiting):
            pass


async def published_at_frozen_time(frozen: Market) -> dict[str, Any]:
    """A tender that closes at DEADLINE, an hour before that."""
    await frozen.set_clock(DEADLINE - timedelta(hours=1))
    return await frozen.publish(submission_deadline=DEADLINE.isoformat())


# It works


async def test_a_proposal_changes_nothing_and_suppliers_do_not_see_it(market: Market) -> None:
    """What one person alone has written is not in force: no number, no new title, no new deadline outside."""
    tender = await market.publish()
    answer = await market.propose(tender, a_corrigendum(title="Solar roofs for eleven schools"))
    proposal = done(answer)
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/tenders/{tender['id']}/corrigenda/1"
    assert (proposal["number"], proposal["proposed_by_id"]) == (1, market.author.id)
    assert (proposal["decision"], proposal["decided_at"]) == (None, None)
    assert set(proposal["changes"]) == {"title", "submission_deadline"}
    assert done(await market.officer.get(answer.headers["location"])) == proposal
    seen = done(await market.alder.get(f"/tenders/{tender['id']}"))
    for name in ("title", "submission_deadline", "version", "corrigenda", "rules_digest"):
        assert seen[name] == tender[name], name
    entry = await market.last(tender)
    assert (entry["kind"], entry["person_id"]) == ("corrigendum.proposed", market.author.id)
    assert entry["data"]["number"] == 1
    assert len(entry["data"]["digest"]) == 64


async def test_a_confirmed_corrigendum_is_numbered_and_tells_what_it_changes(market: Market) -> None:
    """Suppliers read each change with its number, its reason and its new values; the log names both persons."""
    tender = await market.publish()
    done(await market.propose(tender, a_corrigendum(title="Solar roofs for eleven schools")))
    answer = await market.confirm(tender, 1)
    changed = done(answer)
    assert answer.status_code == 200
    assert answer.headers["etag"] != '"1"'
    assert changed["title"] == "Solar roofs for eleven schools"
    assert changed["submission_deadline"] == a_corrigendum()["submission_deadline"]
    assert changed["rules_digest"] == tender["rules_digest"]
    await market.amend(tender, {"reason": "A word was missing.", "description": "Complete now."})
    seen = done(await market.alder.get(f"/tenders/{tender['id']}"))
    assert [corrigendum["number"] for corrigendum in seen["corrigenda"]] == [1, 2]
    assert seen["corrigenda"][0]["reason"] == "The site visit was moved."
    assert set(seen["corrigenda"][0]["changes"]) == {"title", "submission_deadline"}
    told = [entry for entry in await market.log(tender) if entry["kind"].startswith("corrigendum.")]
    assert [entry["kind"].partition(".")[2] for entry in told] == ["proposed", "issued"] * 2
    assert [entry["data"]["number"] for entry in told] == [1, 1, 2, 2]
    assert [entry["person_id"] for entry in told] == [market.author.id, market.approver.id] * 2
    assert told[1]["data"]["proposed_by"] == market.author.id
    assert told[1]["data"]["submission_deadline"] == a_corrigendum()["submission_deadline"]
    (first, _) = done(await market.auditor.get(f"/tenders/{tender['id']}/corrigenda"))
    assert (first["decision"], first["decided_by"], first["decided_at"]) == (
        "confirmed",
        market.approver.name,
        seen["corrigenda"][0]["issued_at"],
    )


async def test_two_approvers_need_no_author(market: Market) -> None:
    """At 11:50 whoever is there proposes; it is enough that two persons agree."""
    tender = await market.publish()
    await market.give(tender, market.colleague, "approver")
    done(await market.propose(tender, a_corrigendum(), market.approver))
    changed = done(await market.confirm(tender, 1, market.colleague))
    assert changed["submission_deadline"] == a_corrigendum()["submission_deadline"]


async def test_new_rules_have_a_new_digest_and_lots_keep_their_ids(market: Market) -> None:
    """Whatever was computed under the old digest can be told from what is computed under the new."""
    tender = await market.publish()
    changed = await market.amend(tender, a_corrigendum(lots=[a_lot(rules=OTHER_RULES)]))
    assert changed["lots"][0]["id"] == tender["lots"][0]["id"]
    assert changed["lots"][0]["rules_digest"] != tender["lots"][0]["rules_digest"]
    assert changed["rules_digest"] != tender["rules_digest"]
    assert changed["lots"][0]["rules"]["rounding"] == OTHER_RULES["rounding"]


INSURANCE = {
    "id": "insurance",
    "kind": "condition",
    "title": "Insurance",
    "text": "5 million.",
    "evidence": "A policy.",
}


async def test_requirements_change_with_more_time_and_by_two_persons(market: Market) -> None:
    """C-298/15 Borta; Procurement Act 2023 s.31: published again, to all, while every bid can still be replaced."""
    draft = await market.draft(submission_deadline=await market.in_an_hour())
    path = f"/tenders/{draft['id']}"
    written = done(await market.author.put(f"{path}/requirements", {"requirements": [INSURANCE]}))
    tender = done(await market.approver.post(f"{path}/publication", If_Match='"1"'))
    receipt = done(await market.alder.submit(tender))
    lower = INSURANCE | {"text": "2 million are enough."}
    done(await market.propose(tender, a_corrigendum(requirements=[lower])))
    assert done(await market.alder.get(f"{path}/requirements"))["digest"] == written["digest"]
    refused(await market.confirm(tender, 1, market.author), 403, "forbidden")
    changed = done(await market.confirm(tender, 1))
    assert changed["corrigenda"][0]["changes"]["requirements"][0]["text"] == lower["text"]
    assert changed["rules_digest"] == tender["rules_digest"]
    now = done(await market.birch.get(f"{path}/requirements"))
    assert (now["version"], now["requirements"][0]["text"]) == (2, lower["text"])
    entry = await market.last(tender)
    assert entry["kind"] == "corrigendum.issued"
    assert entry["data"]["changes"]["requirements_digest"] == {"old": written["digest"], "new": now["digest"]}
    own = f"/lots/{tender['lots'][0]['id']}/bids"
    (line,) = done(await market.alder.get(own))
    assert line["under_present_rules"] is False
    done(await market.alder.put(f"/bids/{receipt['bid_id']}", a_bid(), Idempotency_Key="again"))
    (line,) = done(await market.alder.get(own))
    assert (line["version"], line["under_present_rules"]) == (2, True)
    await market.open(tender)
    (bid,) = done(await market.moderator.get(own))
    decision = {
        "subject": "condition",
        "id": "insurance",
        "outcome": "met",
        "evidence": "Annex.",
        "reason": "In force.",
    }
    done(await market.moderator.post(f"/bids/{bid['bid_id']}/selection", decision))


async def test_requirements_that_are_all_dropped_are_asked_of_nobody(market: Market) -> None:
    """An empty list is a change; a corrigendum without one leaves them as they are."""
    draft = await market.draft(submission_deadline=await market.in_an_hour())
    path = f"/tenders/{draft['id']}"
    done(await market.author.put(f"{path}/requirements", {"requirements": [INSURANCE]}))
    tender = done(await market.approver.post(f"{path}/publication", If_Match='"1"'))
    await market.amend(tender, NEW_TITLE)
    assert len(done(await market.alder.get(f"{path}/requirements"))["requirements"]) == 1
    await market.amend(tender, a_corrigendum(requirements=[]))
    assert done(await market.alder.get(f"{path}/requirements"))["requirements"] == []


async def test_standing_bids_are_untouched_by_more_time(market: Market) -> None:
    """An extension asks nothing of who has bid: same receipt, under the present rules, free to be replaced."""
    tender = await market.publish()
    receipt = done(await market.alder.submit(tender))
    await market.amend(tender, a_corrigendum())
    assert done(await market.alder.get(f"/bids/{receipt['bid_id']}")) == receipt
    (line,) = done(await market.alder.get(f"/lots/{tender['lots'][0]['id']}/bids"))
    assert line["under_present_rules"] is True
    better = await market.alder.put(f"/bids/{receipt['bid_id']}", a_bid(price="1000000.00"), Idempotency_Key="b")
    assert done(better)["version"] == 2


async def test_a_withdrawn_proposal_stays_on_record_and_keeps_its_number(market: Market) -> None:
    """Nobody confirms it later, and no other change goes under its number."""
    tender = await market.publish()
    done(await market.propose(tender, a_corrigendum()))
    assert done(await withdraw(market.author, tender, 1))["decision"] == "withdrawn"
    assert (await market.last(tender))["kind"] == "corrigendum.withdrawn"
    refused(await market.confirm(tender, 1), 409, "proposal-decided")
    refused(await withdraw(market.author, tender, 1), 409, "proposal-decided")
    assert [c["number"] for c in (await market.amend(tender, NEW_TITLE))["corrigenda"]] == [2]
    listed = done(await market.evaluator.get(f"/tenders/{tender['id']}/corrigenda"))
    assert [(line["number"], line["decision"]) for line in listed] == [(1, "withdrawn"), (2, "confirmed")]


# Two persons


async def test_nobody_confirms_what_they_proposed(market: Market) -> None:
    """One person does not move a deadline, whatever roles that person holds."""
    tender = await market.publish()
    done(await market.propose(tender, a_corrigendum(), market.approver))
    refused(await market.confirm(tender, 1), 409, "proposed-by-yourself")
    assert done(await market.alder.get(f"/tenders/{tender['id']}"))["corrigenda"] == []
    entry = await market.last(tender)
    assert (entry["kind"], entry["data"]["problem"]) == ("refused", "proposed-by-yourself")


async def test_the_database_itself_asks_for_a_second_person(market: Market) -> None:
    """Should the program ever forget it, the table does not."""
    tender = await market.publish()
    done(await market.propose(tender, a_corrigendum()))
    with pytest.raises(asyncpg.CheckViolationError, match="confirmed_by_a_second_person"):
        await market.owner.execute(
            "INSERT INTO corrigendum_decisions SELECT tender_id, number, person_id, person_id, 'confirmed', proposed_at"
            " FROM corrigendum_proposals WHERE tender_id = $1",
            tender["id"],
        )
    with pytest.raises(asyncpg.CheckViolationError, match="only_later"):
        await market.owner.execute(
            "UPDATE corrigendum_proposals SET later_deadline = submission_deadline WHERE tender_id = $1", tender["id"]
        )


async def test_the_author_proposes_and_never_confirms(market: Market) -> None:
    """Not even after giving up the author's role and taking the approver's."""
    tender = await market.publish()
    done(await market.propose(tender, a_corrigendum(), market.approver))
    refused(await market.confirm(tender, 1, market.author), 403, "forbidden")
    done(await market.approver.delete(f"/tenders/{tender['id']}/roles/{market.author.id}/author"))
    role = {"person_id": market.author.id, "role": "approver"}
    done(await market.approver.post(f"/tenders/{tender['id']}/roles", role))
    refused(await market.confirm(tender, 1, market.author), 409, "roles-conflict")


async def test_who_lost_the_role_does_not_act_by_an_earlier_proposal(market: Market) -> None:
    """Both persons hold their roles when the change takes effect."""
    tender = await market.publish()
    await market.give(tender, market.colleague, "approver")
    done(await market.propose(tender, a_corrigendum(), market.colleague))
    done(await market.author.delete(f"/tenders/{tender['id']}/roles/{market.colleague.id}/approver"))
    refused(await market.confirm(tender, 1), 409, "proposal-outdated")
    await market.give(tender, market.colleague, "approver")
    done(await market.confirm(tender, 1))


async def test_a_proposal_is_confirmed_for_the_version_that_it_was_made_for(market: Market) -> None:
    """Two persons mean the same change of the same text; what changed in between is read and proposed anew."""
    tender = await market.publish()
    done(await market.propose(tender, a_corrigendum()))
    done(await market.propose(tender, NEW_TITLE))
    done(await market.confirm(tender, 2))
    refused(await market.confirm(tender, 1), 409, "proposal-outdated")
    done(await withdraw(market.approver, tender, 1))


async def test_confirming_needs_the_version_that_was_read(market: Market) -> None:
    """As every change does."""
    tender = await market.publish()
    path = f"/tenders/{tender['id']}/corrigenda"
    done(await market.propose(tender, a_corrigendum()))
    for person, address, body in (
        (market.author, path, a_corrigendum()),
        (market.approver, f"{path}/1/confirmation", None),
    ):
        refused(await person.post(address, body), 428, "precondition-required")
        refused(await person.post(address, body, If_Match='"99"'), 412, "precondition-failed")


async def test_of_ten_confirmations_at_once_one_takes_effect(market: Market) -> None:
    """A corrigendum is issued once; proposals at once get numbers one after the other."""
    tender = await market.publish()
    proposed = await asyncio.gather(*(market.propose(tender, NEW_TITLE) for _ in range(5)))
    assert sorted(done(answer)["number"] for answer in proposed) == [1, 2, 3, 4, 5]
    path, etag = f"/tenders/{tender['id']}/corrigenda", await market.etag(tender)
    confirm = (market.approver.post(f"{path}/{1 + n % 5}/confirmation", If_Match=etag) for n in range(10))
    answers = await asyncio.gather(*confirm)
    assert sorted(answer.status_code for answer in answers) == [200] + 9 * [409]
    kinds = [entry["kind"] for entry in await market.log(tender)]
    assert kinds.count("corrigendum.issued") == 1


# It refuses


@pytest.mark.parametrize(
    ("pointer", "change"),
    [
        ("/submission_deadline", {"reason": "Sooner.", "submission_deadline": "2026-01-01T00:00:00Z"}),
        ("/submission_deadline", {"reason": "Rules without time.", "lots": [a_lot(rules=OTHER_RULES)]}),
        ("/submission_deadline", {"reason": "Requirements without time.", "requirements": [INSURANCE]}),
        ("/requirements/0/lot", a_corrigendum(requirements=[INSURANCE | {"lot": 2}])),
        ("/requirements/1/id", a_corrigendum(requirements=[INSURANCE, INSURANCE])),
        ("/lots", a_corrigendum(lots=[a_lot(), a_lot()])),
        ("", {"reason": "Nothing."}),
        (
            "/lots/0/rules/criteria/0/unit",
            a_corrigendum(lots=[a_lot(rules=a_rules(criteria=[a_criterion(unit="EUR")], tie_break=[]))]),
        ),
    ],
)
async def test_a_corrigendum_that_harms_bidders_is_refused(
    market: Market, pointer: str, change: dict[str, Any]
) -> None:
    """A published deadline moves only later, new rules give more time, lots and the currency stay as they are."""
    tender = await market.publish()
    problem = refused(await market.propose(tender, change), 422, "invalid-request")
    assert [fault["pointer"] for fault in problem["errors"]] == [pointer]
    assert done(await market.approver.get(f"/tenders/{tender['id']}/corrigenda")) == []


@pytest.mark.parametrize("reason", ["", "  ", None])
async def test_a_corrigendum_has_a_reason(market: Market, reason: object) -> None:
    """Nothing published is changed without saying why."""
    tender = await market.publish()
    problem = refused(await market.propose(tender, a_corrigendum(reason=reason)), 422, "invalid-request")
    assert problem["errors"][0]["pointer"] == "/reason"


async def test_a_draft_has_no_corrigenda(market: Market) -> None:
    """Too early: what is not published is edited."""
    refused(await market.propose(await market.draft(), a_corrigendum()), 409, "tender-not-published")


async def test_corrigenda_are_for_author_and_approver(market: Market) -> None:
    """The panel and colleagues without a role read them; they change nothing."""
    tender = await market.publish()
    done(await market.propose(tender, a_corrigendum()))
    for person in (market.officer, market.moderator, market.auditor, market.colleague):
        refused(await market.propose(tender, NEW_TITLE, person), 403, "forbidden")
        refused(await market.confirm(tender, 1, person), 403, "forbidden")
        refused(await withdraw(person, tender, 1), 403, "forbidden")
        done(await person.get(f"/tenders/{tender['id']}/corrigenda/1"))


async def test_for_outsiders_there_are_no_proposals(market: Market) -> None:
    """Another city and suppliers are answered as if the tender did not exist: nobody learns what is being prepared."""
    tender = await market.publish()
    done(await market.propose(tender, a_corrigendum()))
    missing = str(uuid4())
    for person in (market.stranger, market.alder):
        for method, path, body in (
            ("GET", "corrigenda", None),
            ("GET", "corrigenda/1", None),
            ("POST", "corrigenda", a_corrigendum()),
            ("POST", "corrigenda/1/confirmation", None),
            ("DELETE", "corrigenda/1", None),
        ):
            theirs = await person.send(method, f"/tenders/{tender['id']}/{path}", body, If_Match='"1"')
            nobody = await person.send(method, f"/tenders/{missing}/{path}", body, If_Match='"1"')
            refused(theirs, 404, "not-found")
            assert theirs.content.replace(tender["id"].encode(), missing.encode()) == nobody.content


@pytest.mark.parametrize("number", ["2", "0", "-1", "01", "1_0", "١", "2147483648", "9" * 40, "x"])
async def test_a_number_that_was_not_given_is_not_found(market: Market, number: str) -> None:
    """Numbers count as they are written in our own answers."""
    tender = await market.publish()
    done(await market.propose(tender, a_corrigendum()))
    refused(await market.author.get(f"/tenders/{tender['id']}/corrigenda/{number}"), 404, "not-found")


# Too early, too late


@pytest.mark.parametrize(("offset", "in_time"), [(-MICROSECOND, True), (timedelta(0), False), (MICROSECOND, False)])
async def test_corrigenda_end_with_the_deadline(frozen: Market, offset: timedelta, *, in_time: bool) -> None:
    """Proposed in time and confirmed too late is too late: no deadline is revived."""
    tender = await published_at_frozen_time(frozen)
    done(await frozen.propose(tender, an_extension()))
    await frozen.set_clock(DEADLINE + offset)
    answers = await frozen.propose(tender, an_extension()), await frozen.confirm(tender, 1)
    if in_time:
        assert [answer.status_code for answer in answers] == [201, 200]
    for answer in () if in_time else answers:
        refused(answer, 409, "submission-deadline-passed")
    seen = done(await frozen.alder.get(f"/tenders/{tender['id']}"))
    assert datetime.fromisoformat(seen["submission_deadline"]) == (LATER if in_time else DEADLINE)


async def test_an_extension_is_for_everybody_and_a_late_bid_is_never_let_in(frozen: Market) -> None:
    """Confirmed a microsecond before the deadline all bid on; without it nobody does, whoever asks for it."""
    extended, closed = await published_at_frozen_time(frozen), await published_at_frozen_time(frozen)
    for tender in (extended, closed):
        done(await frozen.propose(tender, an_extension()))
    await frozen.set_clock(DEADLINE - MICROSECOND)
    done(await frozen.confirm(extended, 1))
    await frozen.set_clock(DEADLINE)
    suppliers = (frozen.alder, frozen.birch, frozen.cedar)
    assert [(await person.submit(extended)).status_code for person in suppliers] == [201, 201, 201]
    refused(await frozen.officer.post(f"/lots/{extended['lots'][0]['id']}/opening"), 409, "deadline-not-reached")
    refused(await frozen.confirm(closed, 1), 409, "submission-deadline-passed")
    for person in suppliers:
        refused(await person.submit(closed), 409, "submission-deadline-passed")
    await frozen.set_clock(LATER)
    refused(await frozen.alder.submit(extended), 409, "submission-deadline-passed")


async def test_a_confirmation_waits_for_bids_in_flight(market: Market) -> None:
    """No bid is being stored under the old deadline when the new one takes effect."""
    tender = await market.publish()
    done(await market.propose(tender, a_corrigendum()))
    bidding = await db.connect(market.dsn)
    try:
        async with bidding.transaction():
            await bidding.execute("SELECT FROM tenders WHERE id = $1 FOR SHARE", tender["id"])
            confirming = asyncio.create_task(market.confirm(tender, 1))
            await until_somebody_waits(market)
            assert not confirming.done()
        done(await confirming)
    finally:
        await bidding.close()
