"""Whose hands hold a tender's key, and what must be shown before bids are sealed to it."""

import hashlib
import sys
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from service import sealing
from service.wrapping import BY_COMMAND
from tests.make import a_lot, a_rules, a_tender
from tests.make_officers import Desk, desks, draft, publish
from tests.service.conftest import Market, Person, done, market_in, refused, served

PUBLIC = sealing.generate_key()[1].hex()


async def publication(market: Market, tender: dict[str, Any]) -> httpx.Response:
    return await market.approver.post(f"/tenders/{tender['id']}/publication", If_Match='"1"')


def faults(answer: httpx.Response) -> str:
    """What stands in the way of publishing, in one text."""
    return " | ".join(fault["message"] for fault in refused(answer, 422, "tender-not-ready")["errors"])


# What is published


async def test_a_published_tender_has_a_key_that_bids_are_sealed_to(market: Market) -> None:
    """Everybody reads it; the log has its digest."""
    tender = await market.publish()
    seen = done(await market.alder.get(f"/tenders/{tender['id']}"))
    sealing.check_public_key(bytes.fromhex(seen["public_key"]))
    assert (seen["custody"], seen["officers_needed"]) == ("service", 2)
    facts = (await market.last(tender))["data"]
    assert facts["public_key_digest"] == hashlib.sha256(bytes.fromhex(seen["public_key"])).hexdigest()
    assert (facts["custody"], facts["officers_needed"]) == ("service", 2)


async def test_a_corrigendum_keeps_the_key(market: Market) -> None:
    """Bids that are there stay readable; who has custody is not for a corrigendum."""
    tender = await market.publish()
    change = {"reason": "More time.", "submission_deadline": "2131-03-16T12:00:00Z"}
    changed = await market.amend(tender, change)
    assert changed["public_key"] == tender["public_key"]
    refused(await market.propose(tender, {**change, "custody": "officers"}), 422, "invalid-request")


async def test_a_tender_of_a_release_without_sealing_gets_its_key_at_the_next_start(alone: Market) -> None:
    """It had no bids when it was migrated; from then on they are sealed like all others, and opened."""
    tender = await alone.publish()
    await alone.owner.execute("DELETE FROM tender_keys WHERE tender_id = $1", tender["id"])
    assert done(await alone.alder.get(f"/tenders/{tender['id']}"))["public_key"] is None
    async with served(alone.dsn), served(alone.dsn) as url, httpx.AsyncClient(base_url=url) as http:
        alder = Person(http, alone.alder.key)
        seen = done(await alder.get(f"/tenders/{tender['id']}"))
        sealing.check_public_key(bytes.fromhex(seen["public_key"]))
        done(await alder.submit(tender))
    assert (await alone.last(tender))["kind"] == "bid.submitted"
    assert [entry["kind"] for entry in await alone.log(tender)].count("key.made") == 1
    assert (await alone.open(tender))["number"] == 1


async def test_no_two_tenders_share_a_key(market: Market) -> None:
    keys = {(await market.publish())["public_key"] for _ in range(3)}
    assert len(keys) == 3


async def test_the_key_of_a_published_tender_is_not_exchanged_even_by_our_own_statements(market: Market) -> None:
    """Whoever could put another key in its place could read every later bid."""
    tender = await market.publish()
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await market.owner.execute("UPDATE tender_keys SET public_key = '' WHERE tender_id = $1", tender["id"])


async def test_the_role_that_serves_requests_cannot_read_a_private_key(pool: asyncpg.Pool) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.fetch("SELECT wrapped_key FROM tender_keys")


async def test_a_tender_is_published_with_as_many_officers_as_it_takes_to_open_it(market: Market) -> None:
    tender = await market.draft(officers_needed=3)
    assert "3 opening officer(s) are needed, there are 2" in faults(await publication(market, tender))


@pytest.mark.parametrize("number", [1, 17, 0, -1])
async def test_two_to_sixteen_officers_open(market: Market, number: int) -> None:
    """One alone never does."""
    refused(await market.author.post("/tenders", a_tender(officers_needed=number)), 422, "invalid-request")


async def test_a_key_command_wraps_instead_of_the_secret_file(dsn: str, tmp_path: Path) -> None:
    """What the command cannot wrap is not published."""
    program = tmp_path / "kms.py"
    program.write_text(
        "import sys\nsys.exit('vault sealed') if open(sys.argv[1]).read() else"
        " sys.stdout.buffer.write(bytes(b ^ 7 for b in sys.stdin.buffer.read()))\n"
    )
    switch = tmp_path / "switch"
    switch.write_text("off")
    async with market_in(dsn, kms_command=f"{sys.executable} {program} {switch}") as market:
        tender = await market.draft()
        answer = await publication(market, tender)
        assert "vault sealed" in refused(answer, 503, "key-not-wrapped")["detail"]
        assert done(await market.author.get(f"/tenders/{tender['id']}"))["stage"] == "draft"
        switch.write_text("")
        done(await publication(market, tender))
        wrapped_by = "SELECT wrapped_by FROM tender_keys WHERE tender_id = $1"
        assert await market.owner.fetchval(wrapped_by, tender["id"]) == BY_COMMAND


# Two envelopes


async def test_a_lot_says_which_criteria_are_sealed_apart(market: Market) -> None:
    tender = await market.publish(lots=[a_lot(price_envelope=["price"])])
    seen = done(await market.alder.get(f"/tenders/{tender['id']}"))
    assert seen["lots"][0]["price_envelope"] == ["price"]


@pytest.mark.parametrize("sealed", [["prices"], ["method-statement"], ["price", "price"], ["quality"]])
async def test_what_cannot_be_sealed_apart_is_refused_in_the_draft(market: Market, sealed: list[str]) -> None:
    """An unknown criterion, one that the panel grades, one named twice, a group."""
    problem = refused(
        await market.author.post("/tenders", a_tender(lots=[a_lot(price_envelope=sealed)])), 422, "invalid-request"
    )
    assert "price_envelope" in str(problem["errors"])


async def test_a_corrigendum_moves_no_value_into_another_envelope(market: Market) -> None:
    """Bids are already sealed the way it was published."""
    tender = await market.publish(lots=[a_lot(price_envelope=["price"])])
    change = {"reason": "Rules.", "submission_deadline": "2131-03-16T12:00:00Z", "lots": [a_lot(rules=a_rules())]}
    problem = refused(await market.propose(tender, change), 422, "invalid-request")
    assert [fault["pointer"] for fault in problem["errors"]] == ["/lots/0/price_envelope"]


# The officers' own key


async def test_an_officer_registers_a_key(market: Market) -> None:
    """The log of the platform has it; a supplier has no use for one."""
    answer = done(await market.officer.put("/people/me/officer-key", {"public_key": PUBLIC}))
    assert (answer["person_id"], answer["public_key"]) == (market.officer.id, PUBLIC)
    refused(await market.alder.put("/people/me/officer-key", {"public_key": PUBLIC}), 403, "forbidden")


@pytest.mark.parametrize("public_key", ["04" + "11" * 64, "04" + "00" * 64, "02" + "11" * 32, "", PUBLIC.upper()])
async def test_what_is_no_point_of_the_curve_is_no_key(market: Market, public_key: str) -> None:
    """What nobody has the private half of, nothing must be sealed to."""
    refused(await market.officer.put("/people/me/officer-key", {"public_key": public_key}), 422, "invalid-request")


# The officers' custody


async def test_publication_waits_until_every_officer_has_shown_the_share(market: Market) -> None:
    """Step by step: no key, no rehearsal, one rehearsal of three, all."""
    officers = await desks(market)
    tender = await draft(market, officers)
    assert "have not made the tender's key" in faults(await publication(market, tender))
    await officers[1].make_key(tender)
    assert faults(await publication(market, tender)).count("has not shown to hold the share") == 3
    await officers[0].rehearse(tender)
    assert faults(await publication(market, tender)).count("has not shown to hold the share") == 2
    await officers[1].rehearse(tender)
    await officers[2].rehearse(tender)
    published = done(await publication(market, tender))
    assert published["custody"] == "officers"
    row = await market.owner.fetchrow("SELECT * FROM tender_keys WHERE tender_id = $1", tender["id"])
    assert (row["public_key"].hex(), row["wrapped_key"]) == (published["public_key"], None)
    kinds = [entry["kind"] for entry in await market.log(tender) if entry["kind"] != "refused"]
    assert kinds[-5:] == ["key.made", *["share.rehearsed"] * 3, "tender.published"]


async def test_an_officer_who_comes_or_goes_makes_the_key_worthless(market: Market) -> None:
    """A share in the hands of somebody who is no officer, and an officer without one: made anew, all is well."""
    officers = await desks(market)
    tender = await draft(market, officers[:2])
    await officers[0].make_key(tender)
    for desk in officers[:2]:
        await desk.rehearse(tender)
    await market.give(tender, officers[2].person, "opening_officer")
    assert "Officer 3 holds no share" in faults(await publication(market, tender))
    path = f"/tenders/{tender['id']}/roles/{officers[0].person.id}/opening_officer"
    done(await market.author.delete(path))
    assert "no opening officer any more holds a share" in faults(await publication(market, tender))
    await officers[2].make_key(tender)
    for desk in officers[1:]:
        await desk.rehearse(tender)
    done(await publication(market, tender))


async def test_a_draft_that_asks_for_more_officers_needs_another_key(market: Market) -> None:
    """The shares would still open with two."""
    officers = await desks(market)
    tender = await draft(market, officers)
    await officers[0].make_key(tender)
    for desk in officers:
        await desk.rehearse(tender)
    await market.owner.execute("UPDATE tenders SET officers_needed = 3 WHERE id = $1", tender["id"])
    assert "The key was made for 2 officers, 3 are needed now" in faults(await publication(market, tender))


async def test_an_officer_with_a_new_key_rehearses_with_the_old_one_or_not_at_all(market: Market) -> None:
    """Whoever has replaced the own key may have lost the other: the share does not count."""
    officers = await desks(market)
    tender = await draft(market, officers)
    await officers[0].make_key(tender)
    for desk in officers:
        await desk.rehearse(tender)
    await officers[1].enrol()
    assert "has a new key" in faults(await publication(market, tender))


async def test_a_draft_back_in_the_service_s_custody_gets_another_key(market: Market) -> None:
    """The officers' key and shares are worth nothing then."""
    officers = await desks(market)
    tender = await draft(market, officers)
    await officers[0].make_key(tender)
    made = done(await market.author.get(f"/tenders/{tender['id']}"))["public_key"]
    await market.owner.execute("UPDATE tenders SET custody = 'service' WHERE id = $1", tender["id"])
    assert done(await publication(market, tender))["public_key"] not in {made, None}


async def test_the_service_keeps_no_share_and_no_private_key_in_the_clear(market: Market) -> None:
    """All that is stored about a share are hashes and an envelope that only its officer opens."""
    officers = await desks(market)
    tender = await publish(market, officers)
    held = [await desk.share(tender) for desk in officers]
    rows = await market.owner.fetch("SELECT * FROM tender_key_shares WHERE tender_id = $1", tender["id"])
    stored = b"".join(value if isinstance(value, bytes) else str(value).encode() for row in rows for value in row)
    assert len(rows) == 3
    for share in held:
        assert all(b" ".join(share.words.encode().split()[place : place + 3]) not in stored for place in range(30))
        assert share.digest() in str(stored)
        assert share.rehearsal() not in str(stored)


async def test_the_answer_of_another_share_is_refused(market: Market) -> None:
    """And written down, like every refusal."""
    officers = await desks(market)
    tender = await draft(market, officers)
    await officers[0].make_key(tender)
    path = f"/tenders/{tender['id']}/key/rehearsal"
    other = await officers[1].share(tender)
    refused(await officers[0].person.post(path, {"answer": other.rehearsal()}), 422, "rehearsal-failed")
    refused(await officers[0].person.post(path, {"answer": other.digest()}), 422, "rehearsal-failed")
    assert (await market.last(tender))["data"]["problem"] == "rehearsal-failed"


async def test_only_opening_officers_make_keys_and_read_their_own_share_alone(market: Market) -> None:
    officers = await desks(market)
    tender = await draft(market, officers)
    await officers[0].make_key(tender)
    path = f"/tenders/{tender['id']}/key"
    for person in (market.author, market.approver, market.evaluator, market.colleague):
        refused(await person.get(f"{path}/share"), 403, "forbidden")
        refused(await person.post(f"{path}/rehearsal", {"answer": "0" * 64}), 403, "forbidden")
    for person in (market.stranger, market.alder):
        for answer in (await person.get(path), await person.get(f"{path}/share")):
            refused(answer, 404, "not-found")
    mine = done(await officers[0].person.get(f"{path}/share"))
    yours = done(await officers[1].person.get(f"{path}/share"))
    assert mine["number"] != yours["number"]
    refused(await market.evaluator.get(path), 403, "forbidden")
    assert len(done(await market.auditor.get(path))["officers"]) == 3


async def test_a_key_is_for_drafts_in_the_officers_custody(market: Market) -> None:
    """Not for the service's custody, and never again once published."""
    officers = await desks(market)
    body = await _a_key(market, officers)
    tender = await market.draft()
    refused(await market.officer.put(f"/tenders/{tender['id']}/key", body), 409, "other-custody")
    published = await publish(market, officers)
    refused(await market.officer.put(f"/tenders/{published['id']}/key", body), 409, "tender-already-published")


async def _a_key(market: Market, officers: list[Desk], **fields: Any) -> dict[str, Any]:
    """A body that `put_key` takes, for these officers."""
    share = {"sealed_share": "VFNFMQ==", "share_digest": "0" * 64, "rehearsal_digest": "0" * 64}
    shares = [
        {"person_id": desk.person.id, "number": place, "sealed_to": desk.keys[0].public.hex(), **share}
        for place, desk in enumerate(officers, 1)
    ]
    return {"public_key": PUBLIC, "officers_needed": 2, "shares": shares} | fields


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"officers_needed": 3}, "/officers_needed"),
        ({"public_key": "04" + "11" * 64}, "/public_key"),
    ],
)
async def test_a_key_that_does_not_fit_the_tender_is_refused(
    market: Market, fields: dict[str, Any], pointer: str
) -> None:
    officers = await desks(market)
    tender = await draft(market, officers)
    body = await _a_key(market, officers, **fields)
    problem = refused(await market.officer.put(f"/tenders/{tender['id']}/key", body), 422, "invalid-request")
    assert [fault["pointer"] for fault in problem["errors"]] == [pointer]


async def test_every_officer_with_a_key_gets_one_share(market: Market) -> None:
    """Nobody is left out, nobody gets two, nobody else gets one, and all are sealed to the registered keys."""
    officers = await desks(market)
    tender = await draft(market, officers)
    path = f"/tenders/{tender['id']}/key"
    whole = await _a_key(market, officers)
    one, two, three = whole["shares"]
    for shares in ([one, two], [one, two, two], [one, two, {**three, "person_id": market.author.id}]):
        problem = refused(await market.officer.put(path, {**whole, "shares": shares}), 422, "invalid-request")
        assert "/shares" in {fault["pointer"] for fault in problem["errors"]}
    wrong = [one, two, {**three, "sealed_to": PUBLIC}]
    problem = refused(await market.officer.put(path, {**whole, "shares": wrong}), 422, "invalid-request")
    assert [fault["pointer"] for fault in problem["errors"]] == ["/shares/2/sealed_to"]
    numbered = [one, two, {**three, "number": 2}]
    refused(await market.officer.put(path, {**whole, "shares": numbered}), 422, "invalid-request")
    done(await market.officer.put(path, whole))
