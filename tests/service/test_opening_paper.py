"""The opening record as a paper: everything that was in the box, for those who read the record itself."""

import msgspec

from service.opening_paper import OpeningPaper
from tests.make import a_bid, a_lot
from tests.service.conftest import Market, done, refused
from tests.service.test_papers import words_of


async def test_the_record_is_for_the_buyer_s_people_with_a_role_once_the_lot_is_opened(market: Market):
    tender = await market.publish()
    done(await market.alder.submit(tender))
    for form in ("pdf", "html"):
        refused(await market.auditor.get(f"/lots/{tender['lots'][0]['id']}/opening/record.{form}"), 409, "not-opened")
    await market.open(tender)
    for form in ("pdf", "html"):
        path = f"/lots/{tender['lots'][0]['id']}/opening/record.{form}"
        for person in (market.officer, market.auditor, market.approver, market.evaluator):
            assert (await person.get(path)).status_code in {200, 202}
        refused(await market.colleague.get(path), 403, "forbidden")
        for person in (market.alder, market.stranger):
            refused(await person.get(path), 404, "not-found")
        refused(await market.anonymous.get(path), 401, "unauthenticated")


async def test_it_tells_who_opened_what_was_in_the_box_and_what_came_too_late(market: Market):
    tender, bids = await market.opened()
    refused(await market.cedar.submit(tender, a_bid(price="777777.77")), 409, "submission-deadline-passed")
    page = words_of((await market.auditor.get(f"/lots/{tender['lots'][0]['id']}/opening/record.html")).text)
    for words in ("Officer", "Second Officer", market.alder.name, market.birch.name, market.cedar.name):
        assert words in page
    for bid in bids:
        assert bid["digest"][:8] in page
    assert "2 officers had to ask for the opening" in page
    assert "No bid had been withdrawn." in page
    assert "1184500.00" not in page, "an opening record tells no offer"


async def test_a_joint_bid_names_its_members_and_their_shares(market: Market):
    tender = await market.publish(lots=[a_lot()])
    members = [
        {"name": "Alder Roofing Ltd", "role": "lead", "share": "62.5"},
        {"name": "Elm Glazing Ltd", "role": "member", "share": "37.5", "identifier": "GB-COH-01234567"},
    ]
    done(await market.alder.submit(tender, a_bid() | {"members": members}))
    await market.open(tender)
    path = f"/lots/{tender['lots'][0]['id']}/opening/record"
    page = words_of((await market.auditor.get(f"{path}.html")).text)
    assert "Elm Glazing Ltd GB-COH-01234567 member 37.5" in page
    await market.auditor.get(f"{path}.pdf")
    data = await market.owner.fetchval("SELECT data FROM papers WHERE about_id = $1", tender["lots"][0]["id"])
    kept = msgspec.json.decode(data, type=OpeningPaper)
    assert [party.share for party in kept.behind[0].parties] == ["62.5", "37.5"]


async def test_it_is_destroyed_with_what_it_quotes(market: Market):
    """Who stood behind a joint bid is destroyed after its retention; no paper of ours keeps it longer."""
    tender, _ = await market.opened()
    lot, other = tender["lots"][0], (await market.opened())[0]["lots"][0]
    for one in (lot, other):
        assert (await market.auditor.get(f"/lots/{one['id']}/opening/record.pdf")).status_code == 202
    shredded = "INSERT INTO shreddings (tender_id, person_id, shredded_at) VALUES ($1, $2, clock_timestamp())"
    await market.owner.execute(shredded, tender["id"], market.approver.id)
    count = "SELECT count(*) FROM papers WHERE about_id = $1"
    assert [await market.owner.fetchval(count, one["id"]) for one in (lot, other)] == [0, 1]
