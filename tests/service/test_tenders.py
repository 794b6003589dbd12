"""Tenders as drafts: what they hold, who may edit them, and who does what in them."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.make import a_criterion, a_lot, a_rules, a_tender
from tests.service.conftest import Market, done, refused

# Drafting


async def test_a_buyer_drafts_a_tender_and_becomes_its_author(market: Market) -> None:
    """The draft is answered as it stands, with its address, its version and the drafter's role; the log begins."""
    body = a_tender()
    answer = await market.author.post("/tenders", body)
    tender = done(answer)
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/tenders/{tender['id']}"
    assert answer.headers["etag"] == '"1"'
    assert (tender["stage"], tender["your_roles"]) == ("draft", ["author"])
    for name in ("reference", "title", "description", "currency", "time_zone", "submission_deadline"):
        assert tender[name] == body[name]
    assert tender["lots"][0]["rules"]["criteria"][0]["weighting"] == "40"
    (entry,) = done(await market.author.get(f"/tenders/{tender['id']}/events"))
    assert (entry["position"], entry["kind"], entry["person_id"]) == (1, "tender.drafted", market.author.id)


async def test_a_draft_may_lack_its_deadline_and_lots(market: Market) -> None:
    """Work in progress can be kept."""
    body = a_tender()
    del body["submission_deadline"], body["lots"], body["description"]
    assert done(await market.author.post("/tenders", body))["lots"] == []


async def test_suppliers_draft_no_tenders(market: Market) -> None:
    """Only buyers buy."""
    refused(await market.alder.post("/tenders", a_tender()), 403, "forbidden")


async def test_a_reference_names_one_tender_of_a_buyer(market: Market) -> None:
    """Two tenders of one city differ in their references; another city may use the same."""
    body = a_tender()
    done(await market.author.post("/tenders", body))
    refused(await market.author.post("/tenders", body), 409, "reference-taken")
    assert (await market.stranger.post("/tenders", body)).status_code == 201


@pytest.mark.parametrize(
    ("pointer", "fields"),
    [
        ("/reference", {"reference": ""}),
        ("/reference", {"reference": " \n"}),
        ("/title", {"title": "t" * 401}),
        ("/title", {"title": None}),
        ("/currency", {"currency": "gbp"}),
        ("", {"time_zone": "Europe/Atlantis"}),
        ("/submission_deadline", {"submission_deadline": "2031-03-14T12:00:00"}),
        ("/submission_deadline", {"submission_deadline": "2031-03-14 12:00:00Z"}),
        ("/submission_deadline", {"submission_deadline": "2031-03-14T12:00:60Z"}),
        ("/submission_deadline", {"submission_deadline": "2031-02-30T12:00:00Z"}),
        ("/submission_deadline", {"submission_deadline": 1931169600}),
        ("/lots/0/rules/criteria/0/weighting", {"lots": [a_lot(rules={"criteria": [a_criterion(weighting=100)]})]}),
        ("/lots/0/rules/criteria/0/weighting", {"lots": [a_lot(rules={"criteria": [a_criterion(weighting="1_00")]})]}),
        ("/lots/0/rules/criteria/0/weighting", {"lots": [a_lot(rules={"criteria": [a_criterion(weighting="NaN")]})]}),
        ("/lots/0/rules/criteria/0/weighting", {"lots": [a_lot(rules={"criteria": [a_criterion(weighting="1e2")]})]}),
        ("/lots/0/rules", {"lots": [a_lot(rules={"criteria": [a_criterion(weighting="99.999999")]})]}),
        ("/lots/0/rules", {"lots": [a_lot(rules={"criteria": []})]}),
        (
            "/lots/0/rules/criteria/0/method/id",
            {"lots": [a_lot(rules={"criteria": [a_criterion(method={"id": "P99"})]})]},
        ),
        ("/lots/0/rules/criteria/0/wieghting", {"lots": [a_lot(rules={"criteria": [a_criterion(wieghting="100")]})]}),
        ("/lots/0/rules/criteria/0", {"lots": [a_lot(rules={"criteria": [a_criterion(unit="parsecs")]})]}),
        ("/rank", {"rank": 1}),
        ("/published_at", {"published_at": "2026-01-01T00:00:00Z"}),
    ],
)
async def test_a_wrong_draft_names_the_place(market: Market, pointer: str, fields: dict[str, Any]) -> None:
    """Every fault of a draft is told with a JSON Pointer to where it is; nothing unknown is swallowed."""
    problem = refused(await market.author.post("/tenders", a_tender(**fields)), 422, "invalid-request")
    assert problem["errors"][0]["pointer"] == pointer
    assert problem["errors"][0]["message"]


@pytest.mark.parametrize("deadline", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00"])
async def test_a_deadline_beyond_all_calendars_is_refused(market: Market, deadline: str) -> None:
    """An instant that cannot be written in UTC is the request's fault, not the database's."""
    problem = refused(
        await market.author.post("/tenders", a_tender(submission_deadline=deadline)), 422, "invalid-request"
    )
    assert problem["errors"]


# Reading


async def test_a_draft_is_its_buyers_own(market: Market) -> None:
    """Colleagues see it; other cities and suppliers get what they would get if it did not exist."""
    tender = await market.draft()
    path = f"/tenders/{tender['id']}"
    assert done(await market.colleague.get(path))["your_roles"] == []
    missing = str(uuid4())
    for person in (market.stranger, market.alder, market.operator):
        for part in ("", "/roles", "/events"):
            theirs, nobody = await person.get(path + part), await person.get(f"/tenders/{missing}{part}")
            refused(theirs, 404, "not-found")
            assert theirs.content.replace(tender["id"].encode(), missing.encode()) == nobody.content


async def test_what_outsiders_may_not_see_of_a_published_tender_does_not_exist(market: Market) -> None:
    """The tender is public; who works on it and what is done is not."""
    tender = await market.publish()
    missing = str(uuid4())
    for person in (market.stranger, market.alder):
        seen = done(await person.get(f"/tenders/{tender['id']}"))
        assert (seen["stage"], seen["your_roles"]) == ("published", [])
        for part in ("/roles", "/events"):
            theirs, nobody = (
                await person.get(f"/tenders/{tender['id']}{part}"),
                await person.get(f"/tenders/{missing}{part}"),
            )
            refused(theirs, 404, "not-found")
            assert theirs.content.replace(tender["id"].encode(), missing.encode()) == nobody.content


async def test_tenders_are_listed_a_page_at_a_time(market: Market) -> None:
    """One's own drafts and everybody's published tenders, each once; nobody else's drafts."""
    buyer = await market.register(kind="buyer", name="Eastgate")
    drafts = [done(await buyer.post("/tenders", a_tender()))["id"] for _ in range(5)]
    foreign = (await market.draft())["id"]
    public = (await market.publish())["id"]
    seen: list[str] = []
    path = "/tenders?limit=3"
    while path:
        page = done(await buyer.get(path))
        assert len(page["items"]) <= 3
        seen += [line["id"] for line in page["items"]]
        path = page.get("next") and f"/tenders?limit=3&cursor={page['next']}"
    assert len(seen) == len(set(seen))
    assert {*drafts, public} <= set(seen)
    assert foreign not in seen


# Editing


async def test_an_author_replaces_a_draft(market: Market) -> None:
    """What is sent is what stands, a lot keeps its id, surplus lots go, and the log says who did it."""
    tender = await market.draft(lots=[a_lot(), a_lot(title="Southern schools")])
    body = a_tender(title="New title", lots=[a_lot(title="All schools")])
    answer = await market.author.put(f"/tenders/{tender['id']}", body, If_Match='"1"')
    edited = done(answer)
    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
    assert (edited["title"], edited["version"]) == ("New title", 2)
    assert [(lot["id"], lot["title"]) for lot in edited["lots"]] == [(tender["lots"][0]["id"], "All schools")]
    assert done(await market.author.get(f"/tenders/{tender['id']}")) == edited
    entry = await market.last(tender)
    assert (entry["kind"], entry["person_id"]) == ("tender.edited", market.author.id)


async def test_an_edit_says_which_version_it_edits(market: Market) -> None:
    """Without If-Match nothing is changed, and with an old one neither."""
    tender = await market.draft()
    path = f"/tenders/{tender['id']}"
    refused(await market.author.put(path, a_tender()), 428, "precondition-required")
    done(await market.author.put(path, a_tender(), If_Match='"1"'))
    for stale in ('"1"', '"3"', "2", "W/", '""'):
        refused(await market.author.put(path, a_tender(), If_Match=stale), 412, "precondition-failed")
    assert done(await market.author.get(path))["version"] == 2


async def test_of_two_editors_at_once_one_is_told(market: Market) -> None:
    """No edit overwrites another unseen."""
    tender = await market.draft()
    path = f"/tenders/{tender['id']}"
    edits = (market.author.put(path, a_tender(title=f"Title {number}"), If_Match='"1"') for number in range(8))
    statuses = sorted(answer.status_code for answer in await asyncio.gather(*edits))
    assert statuses == [200] + 7 * [412]


async def test_who_did_not_write_a_draft_does_not_edit_it(market: Market) -> None:
    """Editing is for authors; foreign drafts do not exist."""
    tender = await market.draft()
    path = f"/tenders/{tender['id']}"
    for person in (market.colleague, market.approver, market.evaluator):
        refused(await person.put(path, a_tender(), If_Match='"1"'), 403, "forbidden")
    missing = str(uuid4())
    theirs = await market.stranger.put(path, a_tender(), If_Match='"1"')
    nobody = await market.stranger.put(f"/tenders/{missing}", a_tender(), If_Match='"1"')
    refused(theirs, 404, "not-found")
    assert theirs.content.replace(tender["id"].encode(), missing.encode()) == nobody.content


async def test_a_published_tender_is_not_edited(market: Market) -> None:
    """Too late: after publication only a corrigendum changes anything."""
    tender = await market.publish()
    etag = (await market.author.get(f"/tenders/{tender['id']}")).headers["etag"]
    refused(
        await market.author.put(f"/tenders/{tender['id']}", a_tender(), If_Match=etag), 409, "tender-already-published"
    )
    assert (await market.last(tender))["data"]["problem"] == "tender-already-published"


async def test_an_edit_to_a_taken_reference_is_refused(market: Market) -> None:
    """A reference stays unique through edits."""
    first, second = await market.draft(), await market.draft()
    body = a_tender(reference=first["reference"])
    refused(await market.author.put(f"/tenders/{second['id']}", body, If_Match='"1"'), 409, "reference-taken")


# Stages


async def test_a_stage_is_what_the_facts_amount_to(market: Market) -> None:
    """Draft, published, closed, opened, evaluated, awarded: no job sets a flag, the facts and the clock say it."""

    async def stage(tender: dict[str, Any]) -> str:
        return done(await market.auditor.get(f"/tenders/{tender['id']}"))["stage"]

    assert await stage(await market.draft()) == "draft"
    tender = await market.publish()
    assert await stage(tender) == "published"
    await market.close(tender)
    assert await stage(tender) == "closed"
    await market.open(tender)
    assert await stage(tender) == "opened"
    tender, _, run = await market.evaluated()
    assert await stage(tender) == "evaluated"
    await market.recommend(tender, run, None)
    award = {"evaluation_id": run["id"], "bid_id": None, "reason": "The budget was cut."}
    done(await market.approver.post(f"/lots/{tender['lots'][0]['id']}/award", award))
    assert await stage(tender) == "awarded"


async def test_a_tender_closes_at_the_instant_of_its_deadline(frozen: Market) -> None:
    """One microsecond before, it is open; at the instant it is closed."""
    now = await frozen.owner.fetchval("SELECT clock_timestamp()")
    deadline = now + timedelta(hours=1)
    tender = await frozen.publish(submission_deadline=deadline.isoformat())
    for offset, stage in ((-1, "published"), (0, "closed"), (1, "closed")):
        await frozen.set_clock(deadline + timedelta(microseconds=offset))
        assert done(await frozen.alder.get(f"/tenders/{tender['id']}"))["stage"] == stage


async def test_a_tender_of_two_lots_is_opened_when_both_are(market: Market) -> None:
    """Lots have lives of their own; the tender is as far as its slowest lot."""
    tender = await market.publish(lots=[a_lot(), a_lot(title="Southern", rules=a_rules())])
    await market.open(tender)
    seen = done(await market.auditor.get(f"/tenders/{tender['id']}"))
    assert seen["stage"] == "closed"
    assert [bool(lot["opened_at"]) for lot in seen["lots"]] == [True, False]
