"""The award notice: after the letters, once, the standstill's beginning; and the feed of what the law makes public."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx

from tests.make import a_bid, a_corrigendum, a_decision
from tests.service.conftest import Market, Person, done, refused
from tests.service.test_frameworks import awarded as awarded_framework


def path_of(tender: dict[str, Any]) -> str:
    return f"/lots/{tender['lots'][0]['id']}/award-notice"


async def publish(market: Market, person: Person, tender: dict[str, Any], **fields: Any) -> httpx.Response:
    at: datetime = await market.owner.fetchval("SELECT clock_timestamp()")
    return await person.post(path_of(tender), {"published_at": at.isoformat(), "reference": "2026/S 000-7"} | fields)


async def test_summaries_then_notice_then_standstill(market: Market) -> None:
    """Procurement Act 2023 s.50–51: the order is kept by the service, and the notice begins the eight working days."""
    tender, _, _ = await market.awarded(jurisdiction="uk-pa2023")
    refused(await publish(market, market.approver, tender), 409, "letters-not-sent")
    sent = await market.send_letters(tender)
    assert sent["standstill_ends_at"] is None
    early = datetime.fromisoformat(sent["sent_at"]) - timedelta(microseconds=1)
    refused(await publish(market, market.approver, tender, published_at=early.isoformat()), 422, "invalid-request")
    refused(await publish(market, market.approver, tender, published_at="2131-01-01T00:00:00Z"), 422, "invalid-request")
    notice = done(await publish(market, market.approver, tender))
    assert notice["standstill_ends_at"]
    entry = await market.last(tender)
    assert (entry["kind"], entry["data"]["reference"]) == ("award-notice.published", "2026/S 000-7")
    assert done(await market.colleague.get(path_of(tender))) == notice
    refused(await publish(market, market.approver, tender), 409, "notice-already-published")


async def test_where_the_decision_begins_the_standstill_the_notice_does_not(market: Market) -> None:
    """Under the directives it began with the letters; the notice is recorded and changes nothing."""
    tender, _, _ = await market.awarded(jurisdiction="eu-2014-24-de", time_zone="Europe/Berlin")
    sent = await market.send_letters(tender)
    assert sent["standstill_ends_at"]
    told = done(await publish(market, market.approver, tender))["standstill_ends_at"]
    assert datetime.fromisoformat(told) == datetime.fromisoformat(sent["standstill_ends_at"])


async def test_a_notice_needs_an_award_and_an_approver(market: Market) -> None:
    """Others are told so; suppliers and strangers find nothing."""
    tender, _, _ = await market.evaluated()
    refused(await publish(market, market.approver, tender), 409, "not-awarded")
    for person in (market.moderator, market.author, market.colleague):
        refused(await publish(market, person, tender), 403, "forbidden")
    refused(await market.colleague.get(path_of(tender)), 404, "not-found")
    for person in (market.stranger, market.alder):
        refused(await publish(market, person, tender), 404, "not-found")
        refused(await person.get(path_of(tender)), 404, "not-found")


# What is public


def feed_of(tender: dict[str, Any]) -> str:
    return f"/tenders/{tender['id']}/notices"


async def kinds(person: Person, tender: dict[str, Any]) -> list[str]:
    return [one["kind"] for one in done(await person.get(feed_of(tender)))["items"]]


ANNULMENT = {"annulled_by": "court", "reference": "[2026] EWHC 7 (TCC)", "reason": "A mark was a manifest error."}


async def annul(market: Market, tender: dict[str, Any]) -> None:
    done(await market.approver.post(f"/lots/{tender['lots'][0]['id']}/award/annulment", ANNULMENT))


async def test_everybody_reads_what_is_public_of_a_tender_and_nothing_before_it_is(market: Market) -> None:
    """Publication, corrigendum, award notice; before the award notice nobody learns who bids or won."""
    draft = await market.draft()
    refused(await market.author.get(feed_of(draft)), 404, "not-found")
    tender = await market.publish(jurisdiction="uk-pa2023")
    assert await kinds(market.stranger, tender) == ["tender"]
    await market.amend(tender, a_corrigendum())
    done(await market.alder.submit(tender))
    done(await market.birch.submit(tender, a_bid(price="1000000.00")))
    everybody = (market.alder, market.cedar, market.stranger, market.approver)
    for person in everybody:
        answer = await person.get(feed_of(tender))
        assert [one["kind"] for one in answer.json()["items"]] == ["tender", "corrigendum"]
        assert market.birch.name not in answer.text
    assert done(await market.cedar.get(feed_of(tender)))["items"][1]["reason"] == a_corrigendum()["reason"]


async def test_an_award_notice_names_who_won_and_each_bidder_its_own_letter(market: Market) -> None:
    """The price stands there only where people have given it for that; nothing of who lost."""
    tender, bids, _ = await market.awarded(jurisdiction="uk-pa2023")
    price = f"/lots/{tender['lots'][0]['id']}/assessment-summaries/{bids[1]['bid_id']}/texts/contract_price"
    done(await market.moderator.put(price, {"text": "1,000,000.00 GBP without VAT"}))
    await market.send_letters(tender)
    assert await kinds(market.alder, tender) == ["tender"]
    notice = done(await publish(market, market.approver, tender))
    own = {market.alder.name: bids[0]["bid_id"], market.birch.name: bids[1]["bid_id"]}
    for person in (market.alder, market.birch, market.stranger):
        answer = await person.get(feed_of(tender))
        _, told = answer.json()["items"]
        assert (told["kind"], told["number"], told["awarded_to"]) == ("award", 1, [market.birch.name])
        assert (told["reference"], told["published_at"]) == (notice["reference"], notice["published_at"])
        assert told["standstill_ends_at"] == notice["standstill_ends_at"]
        assert told["contract_price"] == {"text": "1,000,000.00 GBP without VAT", "redacted": None}
        assert (told["your_bid_id"], told["annulled"]) == (own.get(person.name), None)
        assert (market.alder.name in answer.text) is False
        assert "1184500" not in answer.text


async def test_a_commercial_figure_is_withheld_from_the_public_on_a_ground_that_it_reads(market: Market) -> None:
    """Procurement Act 2023 s.94(3)."""
    tender, bids, _ = await market.awarded(jurisdiction="uk-pa2023")
    letter = f"/lots/{tender['lots'][0]['id']}/assessment-summaries/{bids[1]['bid_id']}"
    done(await market.moderator.put(f"{letter}/texts/contract_price", {"text": "1,000,000.00 GBP"}))
    why = {"ground": "commercial-interests", "reason": "Its rates could be worked out from it."}
    done(await market.approver.put(f"{letter}/redactions/contract_price", why))
    await market.send_letters(tender)
    done(await publish(market, market.approver, tender))
    answer = await market.stranger.get(feed_of(tender))
    told = answer.json()["items"][1]["contract_price"]
    assert told["text"] is None
    assert told["redacted"] == f"{why['reason']} (Withheld: Procurement Act 2023 s.94(1)(b), (2)(b).)"
    assert "1,000,000" not in answer.text


async def test_an_annulled_award_is_marked_wherever_it_was_told(market: Market) -> None:
    """Notice and feed: when, by whom, why, under which reference, and the award that came in its place."""
    tender, bids, _ = await market.awarded(jurisdiction="uk-pa2023")
    await market.send_letters(tender)
    done(await publish(market, market.approver, tender))
    await annul(market, tender)
    mark = done(await market.approver.get(path_of(tender)))["annulled"]
    assert {name: mark[name] for name in ANNULMENT} == ANNULMENT
    assert mark["replaced_by"] is None
    _, award, annulment = done(await market.stranger.get(feed_of(tender)))["items"]
    assert (award["kind"], award["annulled"]) == ("award", mark)
    assert (annulment["kind"], annulment["number"]) == ("annulment", 1)
    assert (annulment["reason"], annulment["reference"]) == (ANNULMENT["reason"], ANNULMENT["reference"])
    assert annulment["told_at"] == mark["annulled_at"]
    done(await market.moderator.put(f"/bids/{bids[1]['bid_id']}/state", a_decision(state="non_compliant")))
    run = await market.evaluate_again(tender)
    await market.recommend(tender, run, bids[0])
    decision = {"evaluation_id": run["id"], "bid_id": bids[0]["bid_id"], "reason": "As recommended."}
    done(await market.approver.post(f"/lots/{tender['lots'][0]['id']}/award", decision))
    await market.send_letters(tender)
    assert done(await market.stranger.get(feed_of(tender)))["items"][1]["annulled"]["replaced_by"] is None
    done(await publish(market, market.approver, tender))
    items = done(await market.stranger.get(feed_of(tender)))["items"]
    assert [one["kind"] for one in items] == ["tender", "award", "annulment", "award"]
    assert items[1]["annulled"]["replaced_by"] == 2
    assert (items[3]["number"], items[3]["annulled"], items[3]["awarded_to"]) == (2, None, [market.alder.name])
    assert done(await market.approver.get(path_of(tender)))["annulled"] is None


async def test_an_award_that_nobody_was_told_of_is_annulled_silently(market: Market) -> None:
    """Negative control: what was never public does not become so by its end."""
    tender, _, _ = await market.awarded(jurisdiction="uk-pa2023")
    await annul(market, tender)
    assert await kinds(market.stranger, tender) == ["tender"]


async def test_notices_come_in_pages_and_unchanged_ones_are_not_sent_again(market: Market) -> None:
    """By cursor, each once; the ETag changes with what is told."""
    tender = await market.publish()
    for _ in range(2):
        await market.amend(tender, {"reason": "A word.", "description": f"Now {uuid4()}."})
    done(await market.approver.post(f"/tenders/{tender['id']}/cancellation", {"reason": "The roof is gone."}))
    answer = await market.cedar.get(feed_of(tender))
    every = answer.json()["items"]
    assert [one["kind"] for one in every] == ["tender", "corrigendum", "corrigendum", "cancellation"]
    assert every[-1]["reason"] == "The roof is gone."
    paged: list[Any] = []
    cursor = ""
    while cursor is not None:
        page = done(await market.cedar.get(f"{feed_of(tender)}?limit=1{cursor and f'&cursor={cursor}'}"))
        paged += page["items"]
        cursor = page["next"]
    assert paged == every
    again = await market.cedar.send("GET", feed_of(tender), If_None_Match=answer.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")
    again = await market.cedar.send("GET", feed_of(tender), If_None_Match=f'"0", W/{answer.headers["etag"]}')
    assert again.status_code == 304, "a list, with tags that a proxy has weakened"
    other = await market.cedar.send("GET", feed_of(tender), If_None_Match='"0"')
    assert (other.status_code, other.json()) == (200, answer.json())


async def test_notices_of_a_call_off_are_the_framework_s_suppliers_only(market: Market) -> None:
    """For everybody else it does not exist."""
    framework = await awarded_framework(market)
    terms = {"framework_id": framework["id"], "estimated_value": "1.00"}
    tender = await market.publish(**terms)
    assert await kinds(market.birch, tender) == ["tender"]
    refused(await market.alder.get(feed_of(tender)), 404, "not-found")
    refused(await market.anonymous.get(f"/public{feed_of(tender)}"), 404, "not-found")


async def test_the_public_reads_notices_without_a_key(market: Market) -> None:
    """Word for word what a stranger with a key reads; of a draft, or of no tender, nothing."""
    tender, _, _ = await market.awarded(jurisdiction="uk-pa2023")
    await market.send_letters(tender)
    done(await publish(market, market.approver, tender))
    answer = await market.anonymous.get(f"/public{feed_of(tender)}")
    assert answer.json() == done(await market.stranger.get(feed_of(tender)))
    assert [one["kind"] for one in answer.json()["items"]] == ["tender", "award"]
    again = await market.anonymous.send("GET", f"/public{feed_of(tender)}", If_None_Match=answer.headers["etag"])
    assert again.status_code == 304
    assert (await market.anonymous.get(f"/public{feed_of(tender)}?limit=1")).json()["next"]
    draft = await market.draft()
    refused(await market.anonymous.get(f"/public{feed_of(draft)}"), 404, "not-found")
    refused(await market.anonymous.get(f"/public/tenders/{uuid4()}/notices"), 404, "not-found")
    refused(await market.anonymous.get(feed_of(tender)), 401, "unauthenticated")
