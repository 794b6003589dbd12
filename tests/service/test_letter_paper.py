"""The letter as a paper: for its own bidder once it is sent, for the buyer also as a draft; nobody else's secrets."""

from tests.make import a_bid
from tests.service.conftest import Market, done, refused
from tests.service.test_papers import words_of

UK = {"jurisdiction": "uk-pa2023"}


async def test_a_bidder_reads_its_own_letter_once_it_is_sent_and_no_other(market: Market):
    tender, bids, _ = await market.awarded(**UK)
    path = f"/lots/{tender['lots'][0]['id']}/assessment-summaries"
    alder, birch = (f"{path}/{bid['bid_id']}/letter" for bid in bids)
    for form in ("pdf", "html"):
        refused(await market.alder.get(f"{alder}.{form}"), 404, "not-found")
        assert (await market.approver.get(f"{alder}.{form}")).status_code in {200, 202}
    await market.send_letters(tender)
    for form in ("pdf", "html"):
        assert (await market.alder.get(f"{alder}.{form}")).status_code in {200, 202}
        for person in (market.birch, market.cedar, market.stranger):
            refused(await person.get(f"{alder}.{form}"), 404, "not-found")
        refused(await market.alder.get(f"{birch}.{form}"), 404, "not-found")
        refused(await market.officer.get(f"{alder}.{form}"), 403, "forbidden")
        refused(await market.anonymous.get(f"{alder}.{form}"), 401, "unauthenticated")


async def test_a_draft_says_that_it_is_one_and_what_it_lacks(market: Market):
    tender, bids, _ = await market.awarded(**UK)
    path = f"/lots/{tender['lots'][0]['id']}/assessment-summaries/{bids[0]['bid_id']}/letter.html"
    page = words_of((await market.approver.get(path)).text)
    assert "Draft. This letter has not been sent." in page
    assert "reg. 31 (b): postal address of the supplier" in page
    await market.send_letters(tender)
    assert "Draft" not in words_of((await market.approver.get(path)).text)


async def test_everything_that_was_sent_is_in_it_and_nothing_of_a_third_bidder(market: Market):
    tender = await market.publish(**UK)
    for person, price in ((market.alder, "1100000.00"), (market.birch, "900000.00"), (market.cedar, "1000000.00")):
        done(await person.submit(tender, a_bid(price=price)))
    tender_bids = (await market.open(tender))["bids"]
    for bid in tender_bids:
        score = {"value": "4", "reason": f"Secret reason on {bid['supplier']}.", "cites": ["p. 4"]}
        done(await market.evaluator.put(f"/bids/{bid['bid_id']}/scores/method-statement", score))
        done(await market.moderator.put(f"/bids/{bid['bid_id']}/consensus/method-statement", score))
    await market.lock(tender)
    lot = tender["lots"][0]
    run = done(await market.moderator.post(f"/lots/{lot['id']}/evaluations", {"rules_digest": lot["rules_digest"]}))
    await market.recommend(tender, run, tender_bids[1])
    award = {"evaluation_id": run["id"], "bid_id": tender_bids[1]["bid_id"], "reason": "As recommended."}
    done(await market.approver.post(f"/lots/{lot['id']}/award", award))
    await market.send_letters(tender, mentions_accepted="Each text names its own bidder.")
    path = f"/lots/{lot['id']}/assessment-summaries/{tender_bids[0]['bid_id']}"
    letter = done(await market.alder.get(path))["letter"]
    page = words_of((await market.alder.get(f"{path}/letter.html")).text)
    for told in (letter["own"], letter["winner"]):
        assert told["total"]["text"] in page
        for criterion in told["criteria"]:
            assert criterion["score"]["text"] in page
    assert f"Secret reason on {market.alder.name}." in page
    assert f"Secret reason on {market.birch.name}." in page
    assert market.cedar.name not in page
    assert "Evaluator" not in page
    assert "The contract is not to be awarded to you." in page
