"""How long a record is kept, legal holds, and the end: what suppliers sent is destroyed, what was decided stays.

A lot comes to its end by an entry of the log; the tests write that entry as the award or the cancellation would.
"""

import asyncio
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from service import db, verify_receipt
from tests.make import a_bid
from tests.service.conftest import Market, Person, copied, done, market_in, refused
from tests.service.test_documents import a_document, bid_with

MICROSECOND = timedelta(microseconds=1)
NOON = datetime(2031, 6, 2, 12, tzinfo=UTC)
WHY = {"reason": "The record was kept for as long as the law wants."}
HOLD = {"held": True, "reason": "Claim CL-2026-114 was served."}
LIFTED = {"held": False, "reason": "The claim was withdrawn."}


async def tell(market: Market, tender: dict[str, Any], kind: str, **facts: Any) -> None:
    """Write into the tender's log what became of its first lot."""
    lot_id = tender["lots"][0]["id"]
    data = json.dumps(facts or {"lot_id": lot_id})
    await market.owner.fetchval("SELECT log_append($1, $2, NULL, $3::text::jsonb)", tender["id"], kind, data)


async def a_finished_tender(market: Market, at: datetime | None = None, **fields: Any) -> dict[str, Any]:
    """A British tender with an opened bid that has a document, awarded by the log; `at`, by the frozen clock."""
    if at:
        await market.set_clock(at - timedelta(minutes=30))
    tender = await market.publish(**({"jurisdiction": "uk-pa2023"} | fields))
    document_id = await a_document(market.alder, tender)
    receipt = await bid_with(market.alder, tender, (document_id, "Method.pdf"))
    done(await market.birch.submit(tender, a_bid(price="1000000.00")))
    if at:
        await market.set_clock(at)
    await market.open(tender)
    await tell(market, tender, "award.decided")
    return tender | {"bid_id": receipt["bid_id"], "document_id": document_id, "receipt": receipt}


async def shred(market: Market, tender: dict[str, Any], *people: Person) -> list[int]:
    """Let people ask to destroy; what each was answered."""
    path = f"/tenders/{tender['id']}/shredding"
    return [(await person.post(path, WHY)).status_code for person in people]


async def age(market: Market, tender: dict[str, Any], years: int) -> None:
    """Let years pass since the tender's lots came to their end: every entry about that is moved back."""
    await market.owner.execute(
        "UPDATE events SET at = at - make_interval(years => $2)"
        " WHERE log_id = $1 AND (kind LIKE 'award.%' OR kind LIKE 'contract.%' OR kind = 'lots.cancelled')",
        tender["id"],
        years,
    )


def verified(folder: Path, files: dict[str, str]) -> str:
    """What the published script says about a receipt with the log and a checkpoint."""
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    command = [sys.executable, verify_receipt.__file__, "receipt.json", "--log", "log", "--log-checkpoint", "note"]
    told = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return told.stdout + told.stderr


def objects_in(folder: Path) -> int:
    """How many objects lie in a store that is a folder."""
    return len(list(folder.iterdir()))


async def retention(market: Market, tender: dict[str, Any]) -> dict[str, Any]:
    return done(await market.auditor.get(f"/tenders/{tender['id']}/retention"))


async def test_the_record_is_kept_to_the_last_microsecond_of_the_law_s_three_years(frozen: Market):
    """Procurement Act 2023 s. 98. At the instant itself two persons may destroy what suppliers sent."""
    tender = await a_finished_tender(frozen, NOON)
    ends = NOON.replace(year=2034)
    assert datetime.fromisoformat((await retention(frozen, tender))["retained_until"]) == ends
    await frozen.set_clock(ends - MICROSECOND)
    problem = refused(await frozen.approver.post(f"/tenders/{tender['id']}/shredding", WHY), 409, "still-retained")
    assert "2034-06-02T12:00:00" in problem["detail"]
    await frozen.set_clock(ends)
    assert await shred(frozen, tender, frozen.approver, frozen.auditor) == [202, 201]
    await frozen.set_clock(NOON)


async def test_what_suppliers_sent_is_destroyed_and_what_proves_the_procedure_stays(market: Market):
    tender = await a_finished_tender(market)
    await age(market, tender, 3)
    digests = await market.owner.fetch("SELECT digest FROM bid_versions WHERE bid_id = $1", tender["bid_id"])
    names = "SELECT key FROM idempotency_keys WHERE bid_id = $1"
    name = await market.owner.fetchval(names, tender["bid_id"])
    assert await shred(market, tender, market.approver, market.auditor) == [202, 201]
    last = await market.last(tender)
    assert (last["kind"], last["person"], last["data"]) == ("bids.shredded", "Auditor", {"bids": 2, "documents": 1})
    rows = await market.owner.fetchrow(
        "SELECT (SELECT wrapped_key FROM tender_keys WHERE tender_id = $1) AS key,"
        " (SELECT string_agg(header || contents, '') FROM sealed_envelopes JOIN bids ON id = bid_id"
        "  WHERE lot_id = $2) AS sealed,"
        " (SELECT jsonb_agg(offers)::text FROM opened_bids WHERE lot_id = $2) AS offers,"
        " (SELECT content_key FROM opened_documents WHERE document_id = $3) AS content_key,"
        " (SELECT header FROM documents WHERE id = $3) AS header,"
        " (SELECT string_agg(fingerprint, '') FROM documents WHERE lot_id = $2) AS documents_known_by,"
        " (SELECT string_agg(fingerprint, '') FROM idempotency_keys JOIN bids ON bids.id = bid_id WHERE lot_id = $2)"
        "  AS bids_known_by,"
        " (SELECT count(*) FROM document_chunks JOIN documents USING (upload_id) WHERE documents.id = $3) AS chunks",
        tender["id"],
        tender["lots"][0]["id"],
        tender["document_id"],
    )
    assert dict(rows) == {
        "key": None,
        "sealed": b"",
        "offers": "[{}, {}]",
        "content_key": None,
        "header": b"",
        "documents_known_by": "",
        "bids_known_by": "",
        "chunks": 0,
    }
    assert await market.owner.fetchval(names, tender["bid_id"]) != name
    path = f"/bids/{tender['bid_id']}/documents/{tender['document_id']}"
    refused(await market.auditor.get(path), 409, "document-unreadable")
    assert digests == await market.owner.fetch("SELECT digest FROM bid_versions WHERE bid_id = $1", tender["bid_id"])
    refused(await market.approver.post(f"/tenders/{tender['id']}/shredding", WHY), 409, "already-shredded")
    for change, body in (("retention", {"years": 9, "reason": "…"}), ("legal-hold", HOLD)):
        refused(await market.approver.put(f"/tenders/{tender['id']}/{change}", body), 409, "already-shredded")


async def test_questions_answers_parties_variants_and_corrected_values_are_destroyed_too(market: Market):
    """What the buyer published or decided stays: questions as all read them, its own ones, the reasons of mends."""
    tender = await market.publish(jurisdiction="uk-pa2023")
    asked = done(
        await market.alder.post(f"/tenders/{tender['id']}/questions", {"question": "May Alders' crane be used?"})
    )
    path = f"/tenders/{tender['id']}/questions/{asked['number']}/answer"
    done(await market.author.put(path, {"answer": "Yes.", "question": "May an own crane be used?"}))
    receipt = done(await market.alder.submit(tender))
    await market.open(tender)
    bid_id = receipt["bid_id"]
    question = {"kind": "obvious_error", "criterion_id": "price", "question": "Is the price per school?"}
    question |= {"due_at": await market.in_an_hour()}
    clarification = done(await market.moderator.post(f"/bids/{bid_id}/clarifications", question))
    done(await market.alder.put(f"/clarifications/{clarification['id']}/answer", {"answer": "It is 1184400 for all."}))
    await market.owner.execute(
        "INSERT INTO corrections SELECT $1, $2, 'price', '1184500.00', '1184400.00', 'Two digits.', $3,"
        " clock_timestamp()",
        clarification["id"],
        bid_id,
        market.moderator.id,
    )
    confirmed = "INSERT INTO correction_decisions VALUES ($1, $2, 'confirmed', 'Seen.', $3, clock_timestamp())"
    await market.owner.execute(confirmed, clarification["id"], market.moderator.id, market.approver.id)
    await market.owner.execute("INSERT INTO bid_parties VALUES ($1, 1, 'subcontractor', 'Larch Ltd', 'L-1')", bid_id)
    await market.owner.execute("UPDATE opened_bids SET variant_description = 'Slate' WHERE bid_id = $1", bid_id)
    await tell(market, tender, "award.decided")
    await age(market, tender, 3)
    assert await shred(market, tender, market.approver, market.auditor) == [202, 201]
    rows = await market.owner.fetchrow(
        "SELECT (SELECT question FROM questions WHERE tender_id = $1) AS asked,"
        " (SELECT question || answer FROM question_answers WHERE tender_id = $1) AS published,"
        " (SELECT question FROM clarifications WHERE bid_id = $2) AS clarification,"
        " (SELECT answer FROM clarification_answers WHERE clarification_id = $3) AS answer,"
        " (SELECT original || corrected || reason FROM corrections WHERE bid_id = $2) AS correction,"
        " (SELECT count(*) FROM bid_parties WHERE bid_id = $2) AS parties,"
        " (SELECT variant_description FROM opened_bids WHERE bid_id = $2) AS variant",
        tender["id"],
        bid_id,
        clarification["id"],
    )
    assert dict(rows) == {
        "asked": "It was destroyed after its retention.",
        "published": "May an own crane be used?Yes.",
        "clarification": "Is the price per school?",
        "answer": "It was destroyed after its retention.",
        "correction": "Two digits.",
        "parties": 0,
        "variant": None,
    }
    (left,) = done(await market.auditor.get(f"/lots/{tender['lots'][0]['id']}/bids"))
    assert "1184" not in json.dumps(left), "the values of no offer and of no correction"


async def test_log_and_receipts_verify_after_the_destruction(frozen: Market, tmp_path: Path):
    """The log's entries, the checkpoint and the receipt of a destroyed bid agree, by the published script."""
    tender = await a_finished_tender(frozen, NOON)
    await frozen.set_clock(NOON.replace(year=2035))
    assert await shred(frozen, tender, frozen.approver, frozen.auditor) == [202, 201]
    log = await frozen.auditor.get(f"/tenders/{tender['id']}/log/entries")
    note = await frozen.auditor.get(f"/tenders/{tender['id']}/log/checkpoint")
    files = {"receipt.json": json.dumps(tender["receipt"]), "log": log.text, "note": note.text}
    assert (await asyncio.to_thread(verified, tmp_path, files)).endswith("VERIFIED.\n")
    assert '"bids.shredded"' in log.text
    await frozen.set_clock(NOON)


async def test_one_person_alone_destroys_nothing_however_often_it_asks(market: Market):
    tender = await a_finished_tender(market)
    await age(market, tender, 3)
    assert await shred(market, tender, market.approver, market.approver) == [202, 202]
    assert (await retention(market, tender))["shredded_at"] is None
    await market.owner.execute("DELETE FROM tender_roles WHERE person_id = $1", market.approver.id)
    assert await shred(market, tender, market.auditor) == [202], "who lost the role does not count"


async def test_a_legal_hold_stops_the_destruction_and_ends_the_requests_before_it(market: Market):
    tender = await a_finished_tender(market)
    await age(market, tender, 9)
    path = f"/tenders/{tender['id']}/legal-hold"
    assert await shred(market, tender, market.approver) == [202]
    placed = done(await market.approver.put(path, HOLD))
    assert (placed["held"], placed["hold_reason"], placed["shredding"]) == (True, HOLD["reason"], [])
    problem = refused(await market.auditor.post(f"/tenders/{tender['id']}/shredding", WHY), 409, "legal-hold-stands")
    assert HOLD["reason"] in problem["detail"]
    done(await market.approver.put(path, LIFTED))
    assert await shred(market, tender, market.auditor) == [202], "the approver's request was made before the hold"
    assert await shred(market, tender, market.approver) == [201]
    kinds = [entry["kind"] for entry in await market.log(tender)]
    assert kinds.count("hold.decided") == 2
    assert kinds[-1] == "bids.shredded"


async def test_where_no_law_says_how_long_the_buyer_must(market: Market):
    """No silent default: without any period nothing is ever destroyed."""
    tender = await a_finished_tender(market, jurisdiction="none")
    await age(market, tender, 90)
    path = f"/tenders/{tender['id']}/shredding"
    assert "has not said" in refused(await market.approver.post(path, WHY), 409, "still-retained")["detail"]
    own = {"years": 6, "reason": "The city's financial rules."}
    assert done(await market.approver.put(f"/tenders/{tender['id']}/retention", own))["years"] == 6
    assert await shred(market, tender, market.approver, market.auditor) == [202, 201]


async def test_a_buyer_keeps_for_longer_than_the_law_wants_never_for_shorter(market: Market):
    tender = await a_finished_tender(market)
    path = f"/tenders/{tender['id']}/retention"
    short = refused(await market.approver.put(path, {"years": 2, "reason": "Tidy."}), 422, "invalid-request")
    assert short["errors"][0]["mend"] == "Write 3 or more."
    done(await market.approver.put(path, {"years": 6, "reason": "The city's financial rules."}))
    await age(market, tender, 4)
    refused(await market.approver.post(f"/tenders/{tender['id']}/shredding", WHY), 409, "still-retained")
    found = await retention(market, tender)
    assert (found["law_years"], found["own_years"], found["years"]) == (3, 6, 6)


async def test_the_years_run_from_the_end_of_the_last_lot(market: Market):
    """A lot without an end keeps the record of all; an annulled award is none; the contract counts, not the award."""
    tender = await market.publish(jurisdiction="uk-pa2023")
    done(await market.alder.submit(tender))
    await market.open(tender)
    assert (await retention(market, tender))["retained_until"] is None
    await tell(market, tender, "award.decided")
    await age(market, tender, 3)
    assert (await retention(market, tender))["retained_until"] is not None
    await tell(market, tender, "award.annulled")
    assert (await retention(market, tender))["retained_until"] is None
    refused(await market.approver.post(f"/tenders/{tender['id']}/shredding", WHY), 409, "still-retained")
    await tell(market, tender, "award.decided")
    first = (await retention(market, tender))["retained_until"]
    await tell(market, tender, "contract.signed")
    assert (await retention(market, tender))["retained_until"] > first
    cancelled = await market.publish(jurisdiction="uk-pa2023")
    lots = [{"lot_id": lot["id"], "stage": "published"} for lot in cancelled["lots"]]
    await tell(market, cancelled, "lots.cancelled", lots=lots)
    assert (await retention(market, cancelled))["retained_until"] is not None


async def test_the_service_itself_cannot_destroy_but_by_the_judging_function(pool: asyncpg.Pool):
    for statement in (
        "UPDATE opened_bids SET offers = '{}'",
        "UPDATE sealed_envelopes SET header = ''",
        "DELETE FROM document_chunks",
        "INSERT INTO shreddings SELECT",
        "UPDATE legal_holds SET held = FALSE",
        "DELETE FROM shredding_acts",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute(statement)


async def test_the_function_judges_by_itself(market: Market):
    """Called past every rule of the service, it destroys nothing that must be kept."""
    tender = await a_finished_tender(market)
    people = [market.approver.id, market.auditor.id]
    await market.owner.execute(
        "INSERT INTO shredding_acts SELECT $1, 0, person, 'now', clock_timestamp() FROM unnest($2::uuid[]) AS person",
        tender["id"],
        people,
    )
    async with await db.open_pool(market.dsn, connections=1) as pool, db.transaction(pool) as conn:
        call = "SELECT * FROM shred_bids($1, $2, 3)"
        assert await conn.fetchrow(call, tender["id"], people[0]) is None
        less = "SELECT * FROM shred_bids($1, $2, 1)"
        await age(market, tender, 2)
        assert await conn.fetchrow(less, tender["id"], people[0]) is None, "the law's years stand in the log"
    await age(market, tender, 1)
    done(await market.approver.put(f"/tenders/{tender['id']}/legal-hold", HOLD))
    async with await db.open_pool(market.dsn, connections=1) as pool, db.transaction(pool) as conn:
        assert await conn.fetchrow(call, tender["id"], people[0]) is None


async def test_retention_is_for_the_buyer_s_people_by_their_roles(market: Market):
    tender = await market.publish()
    path = f"/tenders/{tender['id']}"
    own = {"years": 6, "reason": "Rules."}
    for person, status, slug in ((market.evaluator, 403, "forbidden"), (market.alder, 404, "not-found")):
        refused(await person.get(f"{path}/retention"), status, slug)
        refused(await person.put(f"{path}/retention", own), status, slug)
        refused(await person.put(f"{path}/legal-hold", HOLD), status, slug)
        refused(await person.post(f"{path}/shredding", WHY), status, slug)
    refused(await market.auditor.put(f"{path}/legal-hold", HOLD), 403, "forbidden")


async def test_documents_in_object_storage_are_removed_there(postgres: str, template: str, tmp_path: Path):
    async with (
        copied(postgres, template) as dsn,
        market_in(dsn, document_store=f"file://{tmp_path}") as market,
    ):
        tender = await a_finished_tender(market)
        await age(market, tender, 3)
        assert objects_in(tmp_path) == 1
        assert await shred(market, tender, market.approver, market.auditor) == [202, 201]
        assert objects_in(tmp_path) == 0
