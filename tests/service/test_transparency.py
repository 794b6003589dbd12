"""What a stranger needs to check a tender's log, over HTTP; and that a rewritten database is found with one receipt."""

import asyncio
import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from service import merkle, verify_receipt
from service.verify_receipt import open_checkpoint
from tests.make import a_bid, a_score
from tests.service.conftest import Market, Person, done, refused

SCRIPT = verify_receipt.__file__
ENTRIES = """
SELECT log_entry(log_id, position, kind, person_id, data, at, salt) FROM events WHERE log_id = $1 ORDER BY position
"""


def path_of(tender: dict[str, Any], what: str) -> str:
    return f"/tenders/{tender['id']}/log/{what}"


async def text(person: Person, tender: dict[str, Any], what: str) -> str:
    """An answer that is no JSON."""
    answer = await person.get(path_of(tender, what))
    assert answer.is_success, answer.text
    return answer.text


async def published_key(market: Market) -> str:
    keys = done(await market.anonymous.get("/.well-known/tenderscore-keys.json"))["keys"]
    return keys[0]["public_key"]


def nodes(texts: list[str]) -> list[bytes]:
    return [base64.b64decode(one) for one in texts]


async def said(folder: Path, receipt: Any, key: str, log: str, checkpoint: str = "") -> tuple[bool, str]:
    """The published script's judgement of what a stranger has fetched, and its words."""
    return await asyncio.to_thread(_said, folder, receipt, key, log, checkpoint)


def _said(folder: Path, receipt: Any, key: str, log: str, checkpoint: str) -> tuple[bool, str]:
    for name, content in (("receipt.json", json.dumps(receipt)), ("log.ndjson", log), ("checkpoint", checkpoint)):
        (folder / name).write_bytes(content.encode())
    command = [sys.executable, "-I", SCRIPT, str(folder / "receipt.json"), "--key", key]
    command += ["--log", str(folder / "log.ndjson")]
    command += ["--log-checkpoint", str(folder / "checkpoint")] if checkpoint else []
    ran = subprocess.run(command, check=False, capture_output=True, text=True)
    assert "Traceback" not in ran.stderr
    return ran.returncode == 0, ran.stdout + ran.stderr


@pytest.fixture
async def opened(market: Market) -> tuple[dict[str, Any], dict[str, Any]]:
    """A tender with two opened bids, and the first one's receipt."""
    tender = await market.publish()
    receipt = done(await market.alder.submit(tender))
    done(await market.birch.submit(tender, a_bid(price="1000000.00")))
    await market.open(tender)
    return tender, receipt


# The way of a stranger


async def test_a_stranger_verifies_a_receipt_and_the_log_with_the_published_script_alone(
    market: Market, opened: tuple[dict[str, Any], dict[str, Any]], tmp_path: Path
) -> None:
    """Receipt from the supplier, log from the auditor, checkpoint and key from anybody."""
    tender, receipt = opened
    log = await text(market.auditor, tender, "entries")
    checkpoint = await text(market.cedar, tender, "checkpoint")
    key = await published_key(market)
    right, words = await said(tmp_path, receipt, key, log, checkpoint)
    assert right, words
    assert f"The log's first {log.count(chr(10))} entries are exactly those signed; 0 came later." in words


async def test_a_bidder_connects_its_receipt_with_the_present_log_by_what_the_service_answers_it(
    market: Market, opened: tuple[dict[str, Any], dict[str, Any]], tmp_path: Path
) -> None:
    """Without the log, which only the buyer's people may read."""
    tender, receipt = opened
    key = await published_key(market)
    checkpoint = await text(market.alder, tender, "checkpoint")
    proof = await text(market.alder, tender, f"consistency?from={receipt['proof']['tree_size']}")
    files = {"receipt.json": json.dumps(receipt), "checkpoint": checkpoint, "proof.json": proof}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content.encode())
    command = [sys.executable, "-I", SCRIPT, "receipt.json", "--key", key, "--log-checkpoint", "checkpoint"]
    for more, verdict in ((["--consistency", "proof.json"], "VERIFIED."), ([], "NOT COMPARED.")):
        ran = await asyncio.to_thread(subprocess.run, command + more, capture_output=True, text=True, cwd=tmp_path)
        assert ran.stdout.splitlines()[-1].startswith(verdict), ran


async def test_the_exported_log_is_what_the_leaves_were_hashed_from(
    market: Market, opened: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    """Line by line, to the letter, in order, and every leaf and the root follow from it."""
    tender, _ = opened
    answer = await market.approver.get(path_of(tender, "entries"))
    assert answer.headers["content-type"] == "application/x-ndjson"
    lines = answer.content.decode().splitlines()
    assert lines == [row[0] for row in await market.owner.fetch(ENTRIES, tender["id"])]
    told = [json.loads(line) for line in lines]
    assert [entry["position"] for entry in told] == list(range(1, len(told) + 1))
    assert {entry["log_id"] for entry in told} == {tender["id"]}
    assert len({entry["salt"] for entry in told}) == len(told)
    leaves = [merkle.leaf_hash(line.encode()) for line in lines]
    stored = await market.owner.fetch("SELECT leaf FROM events WHERE log_id = $1 ORDER BY position", tender["id"])
    assert leaves == [row["leaf"] for row in stored]
    key = base64.b64decode(await published_key(market))
    name, size, root = open_checkpoint(await text(market.alder, tender, "checkpoint"), key)
    assert (name, size, root) == (f"tenderscore/{tender['id']}", len(lines), merkle.root(leaves))


async def test_proofs_show_each_entry_and_every_earlier_state_in_the_present_one(
    market: Market, opened: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    """For any position and any pair of sizes, by the verifier of RFC 9162."""
    tender, _ = opened
    leaves = [merkle.leaf_hash(row[0].encode()) for row in await market.owner.fetch(ENTRIES, tender["id"])]
    size = len(leaves)
    for position in range(1, size + 1):
        proof = done(await market.cedar.get(path_of(tender, f"inclusion?position={position}")))
        assert (proof["position"], proof["tree_size"]) == (position, size)
        leaf, path = base64.b64decode(proof["leaf"]), nodes(proof["hashes"])
        assert leaf == leaves[position - 1]
        assert merkle.verify_inclusion(leaf, position - 1, size, path, merkle.root(leaves))
        proof = done(await market.cedar.get(path_of(tender, f"consistency?from={position}")))
        old, path = merkle.root(leaves[:position]), nodes(proof["hashes"])
        assert merkle.verify_consistency(position, old, size, merkle.root(leaves), path)
    proof = done(await market.cedar.get(path_of(tender, f"inclusion?position=2&size={size - 1}")))
    assert merkle.verify_inclusion(leaves[1], 1, size - 1, nodes(proof["hashes"]), merkle.root(leaves[:-1]))
    proof = done(await market.cedar.get(path_of(tender, f"consistency?from=2&to={size - 1}")))
    assert (proof["old_size"], proof["new_size"]) == (2, size - 1)


async def test_a_long_log_is_exported_and_proved_like_a_short_one(market: Market, tmp_path: Path) -> None:
    """3,000 entries come in several pieces; their root is computed off the event loop."""
    tender = await market.publish()
    receipt = done(await market.alder.submit(tender))
    await market.owner.fetch("SELECT log_append($1, 'refused', NULL, '{}') FROM generate_series(1, 3000)", tender["id"])
    await market.open(tender)
    log = await text(market.auditor, tender, "entries")
    assert log.count("\n") > 3000
    right, words = await said(
        tmp_path, receipt, await published_key(market), log, await text(market.alder, tender, "checkpoint")
    )
    assert right, words
    leaves = [merkle.leaf_hash(line.encode()) for line in log.splitlines()]
    proof = done(await market.alder.get(path_of(tender, "inclusion?position=2900")))
    assert merkle.verify_inclusion(leaves[2899], 2899, len(leaves), nodes(proof["hashes"]), merkle.root(leaves))


async def test_the_published_keys_are_all_that_ever_signed(market: Market) -> None:
    """Without a key of one's own; the one in use first; ids as on receipts."""
    keys = done(await market.anonymous.get("/.well-known/tenderscore-keys.json"))["keys"]
    assert [key["in_use"] for key in keys] == [True]
    receipt = done(await market.alder.submit(await market.publish()))
    assert receipt["proof"]["key"] == {"id": keys[0]["id"], "public_key": keys[0]["public_key"]}
    assert keys[0]["algorithm"] == "Ed25519"


# Who may, and when


async def test_before_the_opening_nobody_learns_how_long_the_log_is(market: Market) -> None:
    """Its length would count the bids: neither buyer nor suppliers are told, and trying sizes does not help."""
    tender = await market.publish()
    done(await market.alder.submit(tender))
    for person in (market.author, market.auditor, market.approver, market.birch, market.stranger, market.alder):
        refused(await person.get(path_of(tender, "checkpoint")), 409, "log-sealed")
        for size in (1, 2, 3, 4, 1000):
            if person is not market.alder:
                refused(await person.get(path_of(tender, f"inclusion?position=1&size={size}")), 409, "log-sealed")
                refused(await person.get(path_of(tender, f"consistency?from=1&to={size}")), 409, "log-sealed")
    refused(await market.auditor.get(path_of(tender, "entries")), 409, "log-sealed")


async def test_before_the_opening_a_supplier_has_proofs_between_its_own_receipts(market: Market) -> None:
    """The log that holds its second bid begins with the log that held its first; other sizes stay untold."""
    tender = await market.publish()
    first = done(await market.alder.submit(tender))
    done(await market.birch.submit(tender))
    answer = await market.alder.put(
        f"/bids/{first['bid_id']}", a_bid(price="1000000.00"), If_Match='"1"', Idempotency_Key="second"
    )
    second = done(answer)
    key = base64.b64decode(await published_key(market))
    (_, old, old_root), (_, new, new_root) = (
        open_checkpoint(one["proof"]["checkpoint"], key) for one in (first, second)
    )
    proof = done(await market.alder.get(path_of(tender, f"consistency?from={old}&to={new}")))
    assert merkle.verify_consistency(old, old_root, new, new_root, nodes(proof["hashes"]))
    proof = done(await market.alder.get(path_of(tender, f"inclusion?position={old}&size={new}")))
    assert base64.b64decode(proof["leaf"]) == merkle.leaf_hash(first["proof"]["entry"].encode())
    for query in (f"from={old}&to={new - 1}", f"from=1&to={new}", f"from={old}"):
        refused(await market.alder.get(path_of(tender, f"consistency?{query}")), 409, "log-sealed")
    refused(await market.birch.get(path_of(tender, f"consistency?from={old}&to={new}")), 409, "log-sealed")


async def test_the_entries_are_for_whoever_may_read_the_events(
    market: Market, opened: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    """Author, approver and auditor; no supplier, no other of the buyer's people, no other buyer."""
    tender, _ = opened
    for person in (market.author, market.approver, market.auditor):
        assert (await text(person, tender, "entries")).startswith("{")
    for person in (market.evaluator, market.officer, market.colleague):
        refused(await person.get(path_of(tender, "entries")), 403, "forbidden")
    for person in (market.alder, market.cedar, market.stranger):
        refused(await person.get(path_of(tender, "entries")), 404, "not-found")
    refused(await market.anonymous.get(path_of(tender, "entries")), 401, "unauthenticated")


async def test_who_scores_does_not_read_others_scores_in_the_log(
    market: Market, opened: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    """An author who is on the panel reads the log once the own scores are given, as in `/events`."""
    tender, _ = opened
    rows = await market.owner.fetch("SELECT bid_id::text FROM opened_bids WHERE lot_id = $1", tender["lots"][0]["id"])
    bid, *others = [row["bid_id"] for row in rows]
    await market.seat(tender, market.second_evaluator)
    await market.give(tender, market.second_evaluator, "author")
    assert await text(market.second_evaluator, tender, "entries")
    done(await market.evaluator.put(f"/bids/{bid}/scores/method-statement", a_score()))
    refused(await market.second_evaluator.get(path_of(tender, "entries")), 409, "scores-untold")
    for own in (bid, *others):
        done(await market.second_evaluator.put(f"/bids/{own}/scores/method-statement", a_score()))
    assert await text(market.second_evaluator, tender, "entries")


async def test_a_draft_s_log_is_its_buyer_s(market: Market) -> None:
    """Before publication nothing is sealed; nobody else knows that there is a draft."""
    tender = await market.draft()
    assert (await text(market.author, tender, "checkpoint")).startswith(f"tenderscore/{tender['id']}\n1\n")
    assert (await text(market.author, tender, "entries")).count("\n") == 1
    for what in ("checkpoint", "entries", "inclusion?position=1", "consistency?from=1"):
        refused(await market.alder.get(path_of(tender, what)), 404, "not-found")


@pytest.mark.parametrize(
    ("query", "status", "slug"),
    [
        ("inclusion?position=100000", 404, "not-found"),
        ("inclusion?position=3&size=2", 404, "not-found"),
        ("inclusion?position=1&size=100000", 404, "not-found"),
        ("consistency?from=100000", 404, "not-found"),
        ("consistency?from=3&to=2", 404, "not-found"),
        ("inclusion", 422, "invalid-request"),
        ("inclusion?position=0", 422, "invalid-request"),
        ("inclusion?position=x", 422, "invalid-request"),
        ("consistency?from=0", 422, "invalid-request"),
        ("consistency?from=1&to=99999999999999999999", 422, "invalid-request"),
    ],
)
async def test_a_place_that_the_log_has_never_had_is_refused(
    market: Market, opened: tuple[dict[str, Any], dict[str, Any]], query: str, status: int, slug: str
) -> None:
    refused(await market.alder.get(path_of(opened[0], query)), status, slug)


# Rewriting the database, as its owner

REWRITES = {
    "a digest": "UPDATE events SET data = jsonb_set(data, '{digest}', '\"00\"') WHERE log_id = $1 AND position = 3",
    "an instant by a microsecond": "UPDATE events SET at = at + interval '1 us' WHERE log_id = $1 AND position = 3",
    "who acted": "UPDATE events SET person_id = NULL WHERE log_id = $1 AND position = 1",
    "a salt": "UPDATE events SET salt = gen_random_uuid() WHERE log_id = $1 AND position = 2",
    "an entry is gone": "DELETE FROM events WHERE log_id = $1 AND position = 2",
}


@pytest.mark.parametrize("what", REWRITES)
async def test_a_rewritten_database_is_found_with_one_receipt(market: Market, tmp_path: Path, what: str) -> None:
    """Also when every leaf, the frontier and the size are made anew, and the service itself signs the result."""
    tender = await market.publish()
    done(await market.alder.submit(tender))
    receipt = done(await market.birch.submit(tender))
    await market.open(tender)
    key = await published_key(market)
    assert (await said(tmp_path, receipt, key, await text(market.auditor, tender, "entries")))[0]

    await market.owner.execute(REWRITES[what], tender["id"])
    right, words = await said(tmp_path, receipt, key, await text(market.auditor, tender, "entries"))
    assert (right, "not those that were signed" in words) == (False, True), words

    await hash_anew(market, tender)
    log, checkpoint = await text(market.auditor, tender, "entries"), await text(market.alder, tender, "checkpoint")
    leaves = [merkle.leaf_hash(line.encode()) for line in log.splitlines()]
    assert open_checkpoint(checkpoint, base64.b64decode(key))[1:] == (len(leaves), merkle.root(leaves))
    right, words = await said(tmp_path, receipt, key, log, checkpoint)
    assert (right, "not those that were signed" in words) == (False, True), words


NUMBER_ANEW = """
UPDATE events AS event SET position = -placed.place
FROM (
    SELECT position, row_number() OVER (ORDER BY position) AS place FROM events WHERE log_id = $1
) AS placed
WHERE log_id = $1 AND event.position = placed.position
"""
LEAVES_ANEW = """
UPDATE events SET position = -position, leaf = log_leaf(log_entry(log_id, -position, kind, person_id, data, at, salt))
WHERE log_id = $1
"""
HEAD_ANEW = """
UPDATE log_heads SET (size, frontier) = (
    SELECT count(*), log_grown('{}', 0, array_agg(leaf ORDER BY position)) FROM events WHERE log_id = $1
)
WHERE log_id = $1
"""


async def hash_anew(market: Market, tender: dict[str, Any]) -> None:
    """Number the entries again and make every hash of the log fit them: what is left agrees with itself."""
    for statement in (NUMBER_ANEW, LEAVES_ANEW, HEAD_ANEW):
        await market.owner.execute(statement, tender["id"])
