"""The opening record: who asked, what was in the box, what came late or was withdrawn, and who reads it."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from tests.service.conftest import Market, done, refused


def lot_of(tender: dict[str, Any]) -> str:
    return tender["lots"][0]["id"]


async def test_the_opening_record_is_for_those_with_a_role(market: Market) -> None:
    """Every colleague of the tender may see it, no other one; for outsiders it does not exist."""
    tender, _ = await market.opened()
    path = f"/lots/{lot_of(tender)}/opening"
    assert len(done(await market.author.get(path))["bids"]) == 2
    refused(await market.colleague.get(path), 403, "forbidden")
    missing = str(uuid4())
    for person in (market.stranger, market.alder):
        theirs, nobody = await person.get(path), await person.get(f"/lots/{missing}/opening")
        refused(theirs, 404, "not-found")
        assert theirs.content.replace(lot_of(tender).encode(), missing.encode()) == nobody.content


async def test_the_record_names_late_and_withdrawn_bids(market: Market) -> None:
    """Who came too late, when, with how much; how many thought better of it. Neither is opened."""
    tender = await market.publish()
    done(await market.alder.submit(tender))
    withdrawn = done(await market.birch.submit(tender))
    done(await market.birch.delete(f"/bids/{withdrawn['bid_id']}"))
    await market.close(tender)
    refused(await market.cedar.submit(tender), 409, "submission-deadline-passed")
    path = f"/lots/{lot_of(tender)}/opening"
    before = (await market.officer.post(path)).json()
    assert (before["number"], before["withdrawn"], before["late"]) == (None, None, [])
    record = (await market.second_officer.post(path)).json()
    assert (record["number"], record["withdrawn"], record["prices"]) == (1, 1, None)
    (late,) = record["late"]
    assert (late["supplier"], late["supplier_id"]) == (market.cedar.name, market.cedar.organisation_id)
    assert late["size"] > 4096
    assert len(late["digest"]) == 64
    assert datetime.fromisoformat(late["arrived_at"]) < datetime.fromisoformat(record["opened_at"])


async def test_a_record_of_very_many_bids_names_every_one(market: Market) -> None:
    """It once ended unsaid behind ten thousand."""
    tender, _ = await market.opened()
    await market.owner.execute(
        """
        WITH supplier AS (
            INSERT INTO organisations (kind, name)
            SELECT 'supplier', 'Supplier ' || n FROM generate_series(1, 10000) AS n RETURNING id
        ),
        bid AS (INSERT INTO bids (lot_id, supplier_id) SELECT $1, id FROM supplier RETURNING id, lot_id),
        kept AS (
            INSERT INTO bid_versions (bid_id, version, person_id, rules_digest, digest, size, submitted_at)
            SELECT id, 1, $2, '', '', 1, clock_timestamp() FROM bid
        )
        INSERT INTO opened_bids (bid_id, lot_id, version, offers) SELECT id, lot_id, 1, '{}' FROM bid
        """,
        lot_of(tender),
        market.author.id,
    )
    record = done(await market.officer.get(f"/lots/{lot_of(tender)}/opening"))
    assert (record["number"], len(record["bids"])) == (10_002, 10_002)
