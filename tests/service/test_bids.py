"""Bids: submitted, replaced and withdrawn before the deadline, to the microsecond, once per retry."""

import asyncio
import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from service import db, sealing
from tests.make import a_bid, a_corrigendum, a_lot, a_rules
from tests.service.conftest import Market, done, refused

DEADLINE = datetime(2031, 3, 14, 12, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def lot_of(tender: dict[str, Any]) -> str:
    return tender["lots"][0]["id"]


async def bids_path(market: Market) -> tuple[dict[str, Any], str]:
    tender = await market.publish()
    return tender, f"/lots/{lot_of(tender)}/bids"


async def sealed_bytes(market: Market, receipt: dict[str, Any]) -> bytes:
    """The container whose digest a receipt names, put together from what is stored."""
    parts = await market.owner.fetch(
        "SELECT header || contents FROM sealed_envelopes WHERE bid_id = $1 AND version = $2 ORDER BY kind",
        receipt["bid_id"],
        receipt["version"],
    )
    offer, price = (*(part[0] for part in parts), None)[:2]
    return sealing.build_container(receipt["version"], receipt["rules_digest"], offer, price=price)


# Submission


async def test_a_bid_gets_a_receipt_that_proves_what_arrived_and_when(market: Market) -> None:
    """The receipt names supplier, lot, instant and the SHA-256 of the sealed bytes as they are stored."""
    tender, path = await bids_path(market)
    body = json.dumps(a_bid(), indent=3).encode()
    headers = {"Authorization": f"Bearer {market.alder.key}", "Content-Type": "application/json"}
    before = await market.owner.fetchval("SELECT clock_timestamp()")
    answer = await market.http.post(path, content=body, headers=headers | {"Idempotency-Key": '"first try"'})
    after = await market.owner.fetchval("SELECT clock_timestamp()")
    receipt = done(answer)
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/bids/{receipt['bid_id']}"
    stored = await sealed_bytes(market, receipt)
    assert receipt["digest"] == hashlib.sha256(stored).hexdigest()
    assert receipt["size"] == len(stored)
    assert receipt["documents"] == []
    assert receipt["version"] == 1
    assert receipt["supplier_id"] == market.alder.organisation_id
    assert receipt["tender"] == tender["reference"]
    assert receipt["rules_digest"] == tender["lots"][0]["rules_digest"]
    assert before < datetime.fromisoformat(receipt["submitted_at"]) < after


async def test_a_bid_is_written_into_the_log_with_its_digest_and_without_its_contents(market: Market) -> None:
    """The log proves the arrival at the receipt's own instant and says nothing of what was offered."""
    tender = await market.publish()
    receipt = done(await market.alder.submit(tender, a_bid(price="777123.45")))
    entry = await market.last(tender)
    assert entry["kind"] == "bid.submitted"
    assert entry["person_id"] == market.alder.id
    assert entry["at"] == receipt["submitted_at"]
    assert entry["data"]["digest"] == receipt["digest"]
    assert "777123" not in json.dumps(entry)


async def test_the_receipt_can_be_read_again(market: Market) -> None:
    """A lost answer is no lost receipt."""
    receipt = done(await market.alder.submit(await market.publish()))
    assert done(await market.alder.get(f"/bids/{receipt['bid_id']}")) == receipt


async def test_a_dry_run_names_every_fault_and_stores_nothing(market: Market) -> None:
    """A portal learns all faults at once, without a key for retries and without a bid."""
    _, path = await bids_path(market)
    bid = a_bid(price="NaN", working_time="perhaps", unheard_of="1")
    del bid["values"]["carbon"]
    problem = refused(await market.alder.post(f"{path}?validate=only", bid), 422, "bid-incomplete")
    pointers = {fault["pointer"] for fault in problem["errors"]}
    assert pointers == {"/values/price", "/values/working-time", "/values/unheard-of", "/values/carbon"}
    assert all(fault["mend"] for fault in problem["errors"])
    assert done(await market.alder.get(path)) == []


async def test_a_dry_run_of_a_complete_bid_is_no_receipt(market: Market) -> None:
    """The answer says complete and until when, and stores nothing."""
    tender, path = await bids_path(market)
    answer = await market.alder.post(f"{path}?validate=only", a_bid())
    assert answer.status_code == 200
    assert done(answer)["complete"] is True
    assert done(answer)["submission_deadline"] == tender["submission_deadline"]
    assert "bid_id" not in done(answer)
    assert done(await market.alder.get(path)) == []


async def test_an_incomplete_bid_is_refused_with_all_its_faults(market: Market) -> None:
    """Blank forms that are found only at the opening have cost bidders contracts: they are refused at once."""
    tender, path = await bids_path(market)
    problem = refused(await market.alder.submit(tender, {"values": {}}), 422, "bid-incomplete")
    assert len(problem["errors"]) == 5
    assert done(await market.alder.get(path)) == []
    assert (await market.last(tender))["data"]["problem"] == "bid-incomplete"


NO_PRICES = """
NaN sNaN Infinity -Infinity 1e1000000 1E5 1_000 １２ ٣ +1 0x10 1. .5 12.34567 -1 1,5 £12 ½
"""


@pytest.mark.parametrize("price", [*NO_PRICES.split(), "", " 12 ", "1 000", "9" * 400])
async def test_a_price_that_is_no_plain_finite_decimal_is_refused_at_its_place(market: Market, price: str) -> None:
    """What two readers could read differently, or what no arithmetic can hold, never enters a bid."""
    _, path = await bids_path_of_all(market)
    problem = refused(await market.alder.post(f"{path}?validate=only", a_bid(price=price)), 422, "bid-incomplete")
    assert [fault["pointer"] for fault in problem["errors"]] == ["/values/price"]


async def bids_path_of_all(market: Market) -> tuple[dict[str, Any], str]:
    """One published tender for all checks that store nothing."""
    if not hasattr(market, "quiet_tender"):
        market.quiet_tender = await market.publish()
    return market.quiet_tender, f"/lots/{lot_of(market.quiet_tender)}/bids"


async def test_a_value_that_is_a_json_number_is_refused(market: Market) -> None:
    """Numbers lose digits on their way through other people's JSON libraries, so amounts are strings."""
    tender, _ = await bids_path_of_all(market)
    bid = {"values": {**a_bid()["values"], "price": 1184500.00}}
    problem = refused(await market.alder.submit(tender, bid), 422, "invalid-request")
    assert problem["errors"][0]["pointer"].startswith("/values")


async def test_a_buyer_cannot_bid(market: Market) -> None:
    """Only suppliers bid."""
    tender, path = await bids_path_of_all(market)
    refused(await market.author.submit(tender), 403, "forbidden")
    refused(await market.author.post(f"{path}?validate=only", a_bid()), 403, "forbidden")


async def test_a_draft_takes_no_bids(market: Market) -> None:
    """Too early: before publication the lot does not exist for suppliers, and its log tells of the attempt."""
    tender = await market.draft()
    refused(await market.alder.submit(tender), 404, "not-found")
    assert (await market.last(tender))["data"]["problem"] == "not-found"


async def test_a_second_bid_for_a_lot_is_refused(market: Market) -> None:
    """One supplier, one standing bid; a further version goes to the bid's own address."""
    tender = await market.publish()
    done(await market.alder.submit(tender))
    refused(await market.alder.submit(tender, a_bid(price="1.00")), 409, "bid-already-submitted")
    assert len(done(await market.alder.get(f"/lots/{lot_of(tender)}/bids"))) == 1


# The deadline, to the microsecond


async def at_deadline(frozen: Market, offset: timedelta) -> tuple[dict[str, Any], datetime]:
    """A published tender, the clock standing this far from its deadline."""
    await frozen.set_clock(DEADLINE - timedelta(hours=1))
    tender = await frozen.publish(submission_deadline=DEADLINE.isoformat())
    await frozen.set_clock(DEADLINE + offset)
    return tender, DEADLINE + offset


async def test_a_bid_one_microsecond_before_the_deadline_is_in_time(frozen: Market) -> None:
    """The last instant before the deadline counts, and is on the receipt."""
    tender, instant = await at_deadline(frozen, -MICROSECOND)
    receipt = done(await frozen.alder.submit(tender))
    assert datetime.fromisoformat(receipt["submitted_at"]) == instant


@pytest.mark.parametrize("offset", [timedelta(0), MICROSECOND], ids=["at the instant", "one microsecond later"])
async def test_a_bid_at_the_deadline_or_later_is_late(frozen: Market, offset: timedelta) -> None:
    """The instant of the deadline is already too late; size, digest and instant are in the log, nothing is stored."""
    tender, instant = await at_deadline(frozen, offset)
    refused(await frozen.alder.submit(tender), 409, "submission-deadline-passed")
    assert done(await frozen.alder.get(f"/lots/{lot_of(tender)}/bids")) == []
    entry = await frozen.last(tender)
    assert entry["kind"] == "bid.late"
    assert entry["data"]["supplier_id"] == frozen.alder.organisation_id
    assert len(entry["data"]["digest"]) == 64
    assert entry["data"]["size"] > 4096
    assert datetime.fromisoformat(entry["at"]) == instant
    assert await frozen.owner.fetchval("SELECT count(*) FROM bids WHERE lot_id = $1", lot_of(tender)) == 0


async def test_a_late_bid_is_told_that_it_is_late_and_not_what_else_is_wrong(frozen: Market) -> None:
    """Nobody mends a bid that comes too late anyway; the log has it once."""
    tender, _ = await at_deadline(frozen, timedelta(0))
    incomplete = a_bid()
    del incomplete["values"]["price"]
    refused(await frozen.alder.submit(tender, incomplete), 409, "submission-deadline-passed")
    assert [entry["kind"] for entry in await frozen.log(tender)][-2:] == ["tender.published", "bid.late"]


@pytest.mark.parametrize(("offset", "status"), [(-MICROSECOND, 200), (timedelta(0), 409), (MICROSECOND, 409)])
async def test_a_replacement_is_judged_by_the_same_instant(frozen: Market, offset: timedelta, status: int) -> None:
    """A bid can be mended until the last microsecond and not at the deadline; the earlier version then stands."""
    tender, _ = await at_deadline(frozen, -timedelta(minutes=1))
    first = done(await frozen.alder.submit(tender))
    await frozen.set_clock(DEADLINE + offset)
    path = f"/bids/{first['bid_id']}"
    answer = await frozen.alder.put(path, a_bid(price="1.00"), Idempotency_Key=str(uuid4()))
    assert answer.status_code == status
    assert done(await frozen.alder.get(path))["version"] == (2 if status == 200 else 1)


@pytest.mark.parametrize(("offset", "status"), [(-MICROSECOND, 200), (timedelta(0), 409), (MICROSECOND, 409)])
async def test_a_withdrawal_is_judged_by_the_same_instant(frozen: Market, offset: timedelta, status: int) -> None:
    """After the deadline a bid stands."""
    tender, _ = await at_deadline(frozen, -timedelta(minutes=1))
    receipt = done(await frozen.alder.submit(tender))
    await frozen.set_clock(DEADLINE + offset)
    answer = await frozen.alder.delete(f"/bids/{receipt['bid_id']}")
    assert answer.status_code == status
    if status == 409:
        refused(answer, 409, "submission-deadline-passed")


@pytest.mark.parametrize(("offset", "status"), [(-MICROSECOND, 200), (timedelta(0), 409)])
async def test_a_dry_run_follows_the_deadline_too(frozen: Market, offset: timedelta, status: int) -> None:
    """What is checked after the deadline could not be submitted any more."""
    tender, _ = await at_deadline(frozen, offset)
    answer = await frozen.alder.post(f"/lots/{lot_of(tender)}/bids?validate=only", a_bid())
    assert answer.status_code == status


async def until_somebody_waits(market: Market) -> None:
    """Until a statement of the service waits for a lock."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    async with asyncio.timeout(10):
        while not await market.owner.fetchval(waiting):
            pass  # each look is a round trip, during which everybody else goes on


async def test_the_clock_that_judges_a_bid_is_read_when_the_bid_can_be_written(frozen: Market) -> None:
    """A bid that was checked in time and then had to wait beyond the deadline is late: one reading judges and stamps.

    Its own negative control: the naive pair of statements, check first and insert later, takes the same bid.
    """
    tender, _ = await at_deadline(frozen, -MICROSECOND)
    holder = await db.connect(frozen.dsn)
    try:
        async with holder.transaction():
            await holder.execute("SELECT FROM log_heads WHERE log_id = $1 FOR UPDATE", tender["id"])
            naive = "SELECT clock_timestamp() < submission_deadline FROM tenders WHERE id = $1"
            assert await holder.fetchval(naive, tender["id"])
            late = asyncio.create_task(frozen.alder.submit(tender))
            await until_somebody_waits(frozen)
            await frozen.set_clock(DEADLINE)
            stamped = await holder.fetchval("SELECT clock_timestamp()")
            assert stamped >= DEADLINE
        refused(await late, 409, "submission-deadline-passed")
    finally:
        await holder.close()


async def test_a_deadline_extended_while_a_bid_waits_lets_no_unchecked_bid_in(frozen: Market) -> None:
    """A bid that seemed late, and so went unchecked, is checked before it is stored when it turns out to be in time."""
    tender, _ = await at_deadline(frozen, timedelta(0))
    holder = await db.connect(frozen.dsn)
    try:
        async with holder.transaction():
            await holder.execute("SELECT FROM tenders WHERE id = $1 FOR UPDATE", tender["id"])
            blank = asyncio.create_task(frozen.alder.submit(tender, {"values": {}}))
            await until_somebody_waits(frozen)
            later = "UPDATE tenders SET submission_deadline = submission_deadline + interval '1 day' WHERE id = $1"
            await holder.execute(later, tender["id"])
        refused(await blank, 422, "bid-incomplete")
        assert done(await frozen.alder.get(f"/lots/{lot_of(tender)}/bids")) == []
    finally:
        await holder.close()


# Retries


async def test_a_bid_needs_an_idempotency_key(market: Market) -> None:
    """Without a key a retry could not be told from a second bid."""
    _, path = await bids_path_of_all(market)
    refused(await market.alder.post(path, a_bid()), 400, "idempotency-key-missing")


@pytest.mark.parametrize("key", ["", '""', '" "', "k" * 101, "ключ".encode().decode("latin-1"), "a\tb"])
async def test_a_key_is_some_visible_text(market: Market, key: str) -> None:
    """1–100 visible ASCII characters, with or without quotes."""
    _, path = await bids_path_of_all(market)
    headers = [(b"Authorization", f"Bearer {market.alder.key}".encode()), (b"Idempotency-Key", key.encode("latin-1"))]
    answer = await market.http.post(path, json=a_bid(), headers=headers)
    refused(answer, 400, "idempotency-key-missing")


async def test_a_retry_gets_the_first_receipt_byte_for_byte(market: Market) -> None:
    """Whoever lost the answer asks again and has the same proof."""
    tender = await market.publish()
    first = await market.alder.submit(tender, key="one")
    again = await market.alder.submit(tender, key='"one"')
    assert (again.status_code, again.content) == (first.status_code, first.content) == (201, first.content)
    marked = [answer.headers.get("idempotency-replayed") for answer in (first, again)]
    assert marked == [None, "true"]
    assert [entry["kind"] for entry in await market.log(tender)].count("bid.submitted") == 1


async def test_a_retry_after_the_deadline_gets_the_first_receipt(market: Market) -> None:
    """A bid that was in time stays in time, even if its sender learns of it late."""
    tender = await market.publish()
    first = await market.alder.submit(tender, key="one")
    await market.close(tender)
    assert (await market.alder.submit(tender, key="one")).content == first.content


async def test_a_retry_after_a_replacement_gets_the_receipt_of_its_own_version(market: Market) -> None:
    """A key stands for the one version that it brought in."""
    tender = await market.publish()
    first = await market.alder.submit(tender, key="one")
    path = f"/bids/{first.json()['bid_id']}"
    second = await market.alder.put(path, a_bid(price="1.00"), Idempotency_Key="one")
    assert second.json()["version"] == 2
    assert (await market.alder.submit(tender, key="one")).content == first.content
    again = await market.alder.put(path, a_bid(price="1.00"), Idempotency_Key="one")
    assert again.content == second.content


async def test_a_key_with_another_body_is_refused(market: Market) -> None:
    """A key that answered for two bodies would prove neither."""
    tender = await market.publish()
    done(await market.alder.submit(tender, key="one"))
    refused(await market.alder.submit(tender, a_bid(price="1.00"), key="one"), 422, "idempotency-key-reused")


async def test_keys_of_two_suppliers_have_nothing_to_do_with_each_other(market: Market) -> None:
    """A key is its sender's own."""
    tender = await market.publish()
    mine, theirs = await market.alder.submit(tender, key="1"), await market.birch.submit(tender, key="1")
    assert done(mine)["bid_id"] != done(theirs)["bid_id"]


async def test_fifty_duplicates_at_once_are_one_bid(market: Market) -> None:
    """However often and however quickly a bid is sent, it is stored once, and every answer is the same receipt."""
    tender = await market.publish()
    answers = await asyncio.gather(*(market.alder.submit(tender, key="storm") for _ in range(50)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert await market.owner.fetchval("SELECT count(*) FROM bids WHERE lot_id = $1", lot_of(tender)) == 1
    assert [entry["kind"] for entry in await market.log(tender)].count("bid.submitted") == 1


async def test_twenty_different_bids_at_once_are_one_bid(market: Market) -> None:
    """Different keys cannot smuggle two standing bids past each other; who is sent away meanwhile comes again."""
    tender = await market.publish()

    async def insist(key: str) -> httpx.Response:
        while (answer := await market.alder.submit(tender, key=key)).status_code == 503:
            assert answer.headers["retry-after"] == "1"
        return answer

    answers = await asyncio.gather(*(insist(str(uuid4())) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [201] + 19 * [409]


# Replacement and withdrawal


async def test_a_replaced_bid_counts_with_its_last_version(market: Market) -> None:
    """Both versions are in the log; the second is what is opened."""
    tender = await market.publish()
    first = done(await market.alder.submit(tender))
    path = f"/bids/{first['bid_id']}"
    second = done(await market.alder.put(path, a_bid(price="999.00"), Idempotency_Key="second"))
    assert (second["bid_id"], second["version"]) == (first["bid_id"], 2)
    assert second["submitted_at"] > first["submitted_at"]
    assert [entry["kind"] for entry in (await market.log(tender))[-2:]] == ["bid.submitted", "bid.replaced"]
    assert (await market.last(tender))["data"]["digest"] == second["digest"]
    record = await market.open(tender)
    assert [(bid["version"], bid["digest"]) for bid in record["bids"]] == [(2, second["digest"])]
    (opened,) = done(await market.moderator.get(f"/lots/{lot_of(tender)}/bids"))
    assert opened["offers"]["price"] == "999.00"


async def test_a_replacement_is_checked_like_a_first_bid(market: Market) -> None:
    """Mending one value must not lose the others."""
    receipt = done(await market.alder.submit(await market.publish()))
    path = f"/bids/{receipt['bid_id']}"
    refused(await market.alder.put(path, {"values": {}}, Idempotency_Key="k"), 422, "bid-incomplete")
    refused(await market.alder.put(f"{path}?validate=only", {"values": {}}), 422, "bid-incomplete")
    refused(await market.alder.put(path, a_bid()), 400, "idempotency-key-missing")
    assert done(await market.alder.put(f"{path}?validate=only", a_bid()))["complete"]
    assert done(await market.alder.get(path)) == receipt


async def test_a_withdrawn_bid_is_never_opened(market: Market) -> None:
    """Who withdraws in time has not bid; the log keeps both facts."""
    tender = await market.publish()
    done(await market.birch.submit(tender))
    receipt = done(await market.alder.submit(tender))
    path = f"/bids/{receipt['bid_id']}"
    gone = done(await market.alder.delete(path))
    proved = {name: gone.pop(name) for name in ("withdrawn_at", "proof")}
    assert gone | {"proof": receipt["proof"]} == receipt
    assert json.loads(proved["proof"]["entry"])["at"] == proved["withdrawn_at"]
    assert done(await market.alder.get(path)) == gone | proved
    assert (await market.last(tender))["kind"] == "bid.withdrawn"
    record = await market.open(tender)
    assert receipt["bid_id"] not in {bid["bid_id"] for bid in record["bids"]}
    assert len(record["bids"]) == 1


async def test_a_withdrawn_bid_cannot_be_replaced_and_its_withdrawal_is_answered_again(market: Market) -> None:
    """A new one goes to the lot. Whose answer got lost asks again, after the deadline too, and it is withdrawn once."""
    tender = await market.publish()
    path = f"/bids/{done(await market.alder.submit(tender))['bid_id']}"
    receipt = done(await market.alder.delete(path))
    assert done(await market.alder.delete(path)) == receipt
    refused(await market.alder.put(path, a_bid(), Idempotency_Key="k"), 409, "bid-withdrawn")
    assert (await market.alder.submit(tender)).status_code == 201


async def test_bids_of_others_do_not_exist(market: Market) -> None:
    """A competitor's bid and no bid at all get the same answer, whatever is tried."""
    receipt = done(await market.alder.submit(await market.publish()))
    missing = str(uuid4())
    for method, body in (("GET", None), ("PUT", a_bid()), ("DELETE", None)):
        theirs = await market.birch.send(method, f"/bids/{receipt['bid_id']}", body, Idempotency_Key="k")
        nobody = await market.birch.send(method, f"/bids/{missing}", body, Idempotency_Key="k")
        refused(theirs, 404, "not-found")
        assert theirs.content.replace(receipt["bid_id"].encode(), missing.encode()) == nobody.content


async def test_a_supplier_lists_its_own_bids_only(market: Market) -> None:
    """Nobody learns who else bids, nor how many do."""
    tender = await market.publish()
    mine = done(await market.alder.submit(tender))
    done(await market.birch.submit(tender))
    (line,) = done(await market.alder.get(f"/lots/{lot_of(tender)}/bids"))
    assert line["bid_id"] == mine["bid_id"]
    assert line["under_present_rules"] is True
    assert "offers" not in line


async def test_new_rules_mark_bids_that_were_made_under_the_old_ones(market: Market) -> None:
    """After a corrigendum the supplier sees that its bid needs another look, and the next version is under the new."""
    tender = await market.publish()
    done(await market.alder.submit(tender))
    rules = a_rules(rounding=[{"stage": "total", "decimals": 3, "mode": "half_up"}])
    changed = await market.amend(tender, a_corrigendum(lots=[a_lot(rules=rules)]))
    (line,) = done(await market.alder.get(f"/lots/{lot_of(tender)}/bids"))
    assert line["under_present_rules"] is False
    again = await market.alder.put(f"/bids/{line['bid_id']}", a_bid(), Idempotency_Key="k")
    assert done(again)["rules_digest"] == changed["lots"][0]["rules_digest"] != line["rules_digest"]


async def test_a_bid_checked_under_rules_that_change_meanwhile_is_checked_again(market: Market) -> None:
    """What was checked against one set of rules is never stored under another."""
    tender = await market.publish()
    done(await market.birch.submit(tender))  # the service knows the lot by now
    changed = a_rules()
    changed["criteria"][0]["id"] = changed["tie_break"][1]["criterion"] = "whole-life-cost"
    holder = await db.connect(market.dsn)
    try:
        async with holder.transaction():
            await holder.execute("SELECT FROM tenders WHERE id = $1 FOR UPDATE", tender["id"])
            bid = asyncio.create_task(market.alder.submit(tender))
            await until_somebody_waits(market)
            await holder.execute("UPDATE tenders SET rules_digest = 'other' WHERE id = $1", tender["id"])
            await holder.execute(
                "UPDATE lots SET rules = $2::text::jsonb WHERE tender_id = $1", tender["id"], json.dumps(changed)
            )
        problem = refused(await bid, 422, "bid-incomplete")
        assert {fault["pointer"] for fault in problem["errors"]} == {"/values/price", "/values/whole-life-cost"}
    finally:
        await holder.close()


async def test_replacing_and_withdrawing_at_once_leaves_one_of_the_two_outcomes(market: Market) -> None:
    """Two colleagues of a supplier act in the same moment: both are answered, none waits for ever."""
    tender = await market.publish()
    for number in range(12):
        bid_id = done(await market.alder.submit(tender))["bid_id"]
        replacing, withdrawing = await asyncio.gather(
            market.alder.put(f"/bids/{bid_id}", a_bid(price=f"{100 + number}.00"), Idempotency_Key=str(uuid4())),
            market.alder.delete(f"/bids/{bid_id}"),
        )
        assert replacing.status_code in {200, 409}, replacing.text
        version = done(withdrawing)["version"]
        assert version == (2 if replacing.is_success else 1)
    told = [entry for entry in await market.log(tender) if entry["kind"] == "bid.withdrawn"]
    own = done(await market.alder.get(f"/lots/{tender['lots'][0]['id']}/bids"))
    assert [entry["at"] for entry in told] == sorted(bid["withdrawn_at"] for bid in own)
