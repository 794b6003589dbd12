"""Releases: one for everything that becomes public, each as it then was, valid, and together one compiled release."""

import json
import re
from pathlib import Path
from typing import Any

import ocdsmerge
import pytest

from service import db, ocds, releases
from service.settings import Settings
from tests.make import a_bid, a_decision
from tests.ocds_bundle import BUNDLE, check_seen_by_cove, check_valid, need_bundle, validated
from tests.service.conftest import Market, done, refused
from tests.service.test_contracts import now, sign
from tests.service.test_notices import annul, publish

PRICE = "1,000,000.00 GBP without VAT"


async def make_due(market: Market, tender: dict[str, Any]) -> int:
    """Do the jobs that the log has queued for a tender, as a worker would; returns how many there were."""
    queued = await market.owner.fetch(
        "DELETE FROM pgqueuer WHERE entrypoint = $1 AND convert_from(payload, 'UTF8') LIKE $2 RETURNING payload",
        releases.DUTY,
        f"{tender['id']} %",
    )
    async with await db.open_pool(market.dsn, connections=2) as pool:
        for row in queued:
            await releases.make(Settings(), pool, row["payload"].decode())
    return len(queued)


async def packaged(market: Market, tender: dict[str, Any], profile: str = "current") -> dict[str, Any]:
    return done(await market.anonymous.get(f"/public/tenders/{tender['id']}/ocds/releases?profile={profile}"))


async def award_again(market: Market, tender: dict[str, Any], bids: list[dict[str, Any]]) -> None:
    """After the annulment: Birch is out, Alder wins, the bidders are told, the notice is published."""
    done(await market.moderator.put(f"/bids/{bids[1]['bid_id']}/state", a_decision(state="non_compliant")))
    run = await market.evaluate_again(tender)
    await market.recommend(tender, run, bids[0])
    decision = {"evaluation_id": run["id"], "bid_id": bids[0]["bid_id"], "reason": "As recommended."}
    done(await market.approver.post(f"/lots/{tender['lots'][0]['id']}/award", decision))
    await market.send_letters(tender)
    done(await publish(market, market.approver, tender))


@pytest.fixture(scope="module")
async def awarded(market: Market) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A tender with a release after its publication, award, annulment, second award and contract; and its bids."""
    tender = await market.publish(jurisdiction="uk-pa2023")
    assert await make_due(market, tender) == 1
    done(await market.alder.submit(tender))
    done(await market.birch.submit(tender, a_bid(price="1000000.00")))
    bids = (await market.open(tender))["bids"]
    for bid in bids:
        score = {"value": "4", "reason": "Phasing is shown.", "cites": ["p. 4"]}
        done(await market.evaluator.put(f"/bids/{bid['bid_id']}/scores/method-statement", score))
        done(await market.moderator.put(f"/bids/{bid['bid_id']}/consensus/method-statement", score))
    await market.lock(tender)
    lot = tender["lots"][0]
    run = done(await market.moderator.post(f"/lots/{lot['id']}/evaluations", {"rules_digest": lot["rules_digest"]}))
    await market.recommend(tender, run, bids[1])
    decision = {"evaluation_id": run["id"], "bid_id": bids[1]["bid_id"], "reason": "As recommended."}
    done(await market.approver.post(f"/lots/{lot['id']}/award", decision))
    price = f"/lots/{lot['id']}/assessment-summaries/{bids[1]['bid_id']}/texts/contract_price"
    done(await market.moderator.put(price, {"text": PRICE}))
    assert await make_due(market, tender) == 0  # an award is not public before its notice
    await market.send_letters(tender)
    done(await publish(market, market.approver, tender))
    assert await make_due(market, tender) == 1
    await annul(market, tender)
    assert await make_due(market, tender) == 1
    await award_again(market, tender, bids)
    over = "UPDATE standstills SET ends_at = begins_at + interval '1 microsecond' WHERE lot_id = $1"
    await market.owner.execute(over, lot["id"])
    done(await sign(market.approver, tender, await now(market)))
    assert await make_due(market, tender) == 2
    return tender, bids


Awarded = tuple[dict[str, Any], list[dict[str, Any]]]


async def test_each_release_tells_what_had_happened_by_then(market: Market, awarded: Awarded) -> None:
    """Two events that one worker finds together are one release; their instants never go back."""
    tender, bids = awarded
    made = (await packaged(market, tender))["releases"]
    assert [one["tag"] for one in made] == [["tender"], ["award"], ["awardCancellation"], ["award", "contract"]]
    assert [one["id"] for one in made] == [f"{made[0]['ocid']}-{number}" for number in (1, 2, 3, 4)]
    assert [one["date"] for one in made] == sorted(one["date"] for one in made)
    first, award, annulled, last = made
    assert "awards" not in first
    assert "bids" not in first
    assert award["tender"]["status"] == "complete"
    assert award["awards"][0]["value"] == {"amount": 1000000.00, "currency": "GBP"}
    assert annulled["awards"][0]["status"] == "cancelled"
    assert annulled["tender"]["status"] == "active"
    assert [(one["id"], one["status"]) for one in last["awards"]] == [("1-1", "cancelled"), ("1-2", "active")]
    assert [(one["awardID"], one["title"]) for one in last["contracts"]] == [("1-2", "C-2026-7")]
    assert [party["name"] for party in last["parties"]] == [tender["buyer"], market.birch.name, market.alder.name]
    text = json.dumps(made)
    assert not any(bid["bid_id"] in text for bid in bids)


async def test_the_award_tells_the_winner_s_scores_and_of_others_only_totals(market: Market, awarded: Awarded) -> None:
    """To the digit what the result says; who lost and at which price is withheld, and that is said with its reason."""
    award = (await packaged(market, awarded[0]))["releases"][1]
    won, lost = award["bids"]["details"]
    assert won["tenderers"] == [{"id": award["parties"][1]["id"], "name": market.birch.name}]
    assert "tenderers" not in lost
    assert "value" not in lost
    assert market.alder.name not in json.dumps(award)
    assert (won["rank"], lost["rank"]) == (1, 2)
    assert won["evaluation"]["scores"][0] == {"criterion": "price", "weightedScore": 40.0}
    assert {one["field"] for one in award["withheldInformation"]} == {"bids.details.tenderers", "bids.details.value"}
    counts = {one["measure"]: one["value"] for one in award["bids"]["statistics"]}
    assert counts == {"bids": 2, "validBids": 2}


async def test_every_release_is_valid_in_both_profiles(market: Market, awarded: Awarded, tmp_path: Path) -> None:
    """No error, no unknown field, no foreign code: by the schema and its codelists, and by lib-cove-ocds."""
    need_bundle()
    for profile, bundle in (("current", "bundle-core"), ("find-a-tender", "bundle-uk")):
        file = tmp_path / f"{profile}.json"
        file.write_text(json.dumps(await packaged(market, awarded[0], profile)))
        check_valid(bundle, file)
        check_seen_by_cove(file, 4)


def test_the_validators_refuse_what_is_wrong() -> None:
    """The control: each file of the set of faults is refused."""
    need_bundle()
    wrong = sorted(file for file in (BUNDLE / "invalid").glob("*.json") if file.stem not in {"goal", "nan"})
    status, lines = validated("bundle-core", *wrong)
    found = {line.partition(": ")[0] for line in lines if re.search(r": (ERROR|SEMANTIC|EXTRA|CLOSED-CODE) ", line)}
    assert status == 1
    assert found == {str(file) for file in wrong}


async def test_all_releases_merge_to_the_compiled_one(market: Market, awarded: Awarded) -> None:
    """By the merging library of the standard's authors, with the schema's own rules for merging."""
    need_bundle()
    schema = json.loads((BUNDLE / "bundle-core" / "release-schema.json").read_text())
    record = done(await market.anonymous.get(f"/public/tenders/{awarded[0]['id']}/ocds/record"))["records"][0]
    merged = ocdsmerge.Merger(schema).create_compiled_release(record["releases"])
    told = record["compiledRelease"]
    assert told["tag"] == merged["tag"] == ["compiled"]
    for name in ("id", "tag", "date"):
        merged.pop(name)
        told.pop(name)
    assert told == merged


async def test_what_a_corrigendum_takes_out_and_what_is_cancelled(market: Market) -> None:
    """The description goes, by null, and stays gone where releases are merged; then the tender is cancelled."""
    tender = await market.publish(estimated_value="250000.00")
    await make_due(market, tender)
    await market.amend(tender, {"reason": "It said too much.", "description": ""})
    await make_due(market, tender)
    done(await market.approver.post(f"/tenders/{tender['id']}/cancellation", {"reason": "The roof is gone."}))
    assert await make_due(market, tender) == 1
    first, amended, cancelled = (await packaged(market, tender))["releases"]
    assert (first["tender"]["description"] != "", amended["tender"]["description"]) == (True, None)
    assert (amended["tag"], cancelled["tag"]) == (["tenderAmendment"], ["tenderCancellation"])
    assert amended["tender"]["amendments"][0]["rationale"] == "It said too much."
    assert (cancelled["tender"]["status"], cancelled["tender"]["lots"][0]["status"]) == ("cancelled", "cancelled")
    merged = ocds.compiled([json.dumps(one).encode() for one in (first, amended)])
    assert "description" not in json.loads(merged)["tender"]
    async with await db.open_pool(market.dsn, connections=2) as pool:
        await releases.make(Settings(), pool, f"{tender['id']} 0")
    assert len((await packaged(market, tender))["releases"]) == 3  # nothing new, no release


async def test_of_drafts_and_call_offs_there_is_no_release(market: Market) -> None:
    """They are nobody else's business: nothing is kept, and a stranger finds nothing."""
    draft = await market.draft()
    framework = await market.publish(
        framework={"ends_at": "2131-06-01T12:00:00Z", "most_suppliers": 2, "total_value": "500000.00"}
    )
    await market.owner.execute(
        "UPDATE tenders SET framework_id = $2, estimated_value = 1, published_at = clock_timestamp(), rules_digest = ''"
        " WHERE id = $1",
        draft["id"],
        framework["id"],
    )
    async with await db.open_pool(market.dsn, connections=2) as pool:
        for tender in (draft, framework):
            await releases.make(Settings(), pool, f"{tender['id']} 0")
    refused(await market.anonymous.get(f"/public/tenders/{draft['id']}/ocds/releases"), 404, "not-found")
    agreed = (await packaged(market, framework))["releases"][0]["tender"]["techniques"]["frameworkAgreement"]
    assert agreed["value"] == {"amount": 500000.00, "currency": "GBP"}
    assert agreed["maximumParticipants"] == 2
