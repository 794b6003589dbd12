"""Letters to bidders: complete by the law of the tender, discreet about third parties, sent once, kept as sent."""

import asyncio
import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.make import a_bid, a_decision, a_score
from tests.service.conftest import Market, Person, done, refused

PRICES = {"alder": "1184500.00", "birch": "1000000.00", "cedar": "873210.00"}


def path_of(tender: dict[str, Any]) -> str:
    return f"/lots/{tender['lots'][0]['id']}/assessment-summaries"


async def send(person: Person, tender: dict[str, Any], **fields: Any) -> httpx.Response:
    return await person.post(f"{path_of(tender)}/sending", fields)


async def three(market: Market, jurisdiction: str = "uk-pa2023") -> tuple[dict[str, Any], dict[str, str]]:
    """Cedar is cheapest, Birch wins by quality, Alder is third; awarded to Birch."""
    tender = await market.publish(jurisdiction=jurisdiction)
    bids: dict[str, str] = {}
    for name, price in PRICES.items():
        bids[name] = done(await getattr(market, name).submit(tender, a_bid(price=price)))["bid_id"]
    await market.open(tender)
    for name, mark in (("alder", "3"), ("birch", "5"), ("cedar", "2")):
        path = f"/bids/{bids[name]}"
        reason = f"Agreed about {name}: phasing on page 4 is worked out."
        done(await market.evaluator.put(f"{path}/scores/method-statement", a_score(value=mark)))
        done(await market.moderator.put(f"{path}/consensus/method-statement", a_score(value=mark, reason=reason)))
    await market.lock(tender)
    lot = tender["lots"][0]
    run = done(await market.moderator.post(f"/lots/{lot['id']}/evaluations", {"rules_digest": lot["rules_digest"]}))
    await market.recommend(tender, run, {"bid_id": bids["birch"]})
    award = {"evaluation_id": run["id"], "bid_id": bids["birch"], "reason": "As recommended."}
    done(await market.approver.post(f"/lots/{lot['id']}/award", award))
    return tender, bids


# Regulation 31, field by field


async def test_a_losing_bidders_summary_has_every_field_of_regulation_31(market: Market) -> None:
    """Its own and the winner's: name, addresses, identifier, criteria with importance and scores available, score and
    explanation for each, sub-criteria, sub-totals, total, why it was not awarded."""
    tender, bids = await three(market)
    await market.send_letters(tender)
    summary = done(await market.alder.get(f"{path_of(tender)}/{bids['alder']}"))
    letter = summary["letter"]
    assert letter["kind"] == "assessment_summary"
    assert "reg. 31" in letter["law"]
    own, winner = letter["own"], letter["winner"]
    assert (own["supplier"], winner["supplier"]) == (market.alder.name, market.birch.name)
    for told in (own, winner):
        assert told["postal_address"]["text"]
        assert told["email"]["text"]
        assert told["identifier"]
        assert told["total"]["text"]
        price, quality, social = told["criteria"]
        shares = [one["importance"] for one in (price, quality, social)]
        assert shares == ["40 of 100", "35 of 100", "25 of 100"]
        assert price["method"].startswith("Inverse proportional: ")
        assert quality["score"]["text"]  # the sub-total
        statement = quality["sub_criteria"][0]
        assert "4 very good" in statement["scores_available"]
        assert "page 4" in statement["explanation"]["text"]
        assert "In the tender: Method statement, p. 4." in statement["explanation"]["text"]
        assert statement["importance"] == "21 of 100"
        for criterion in (price, statement, *social["sub_criteria"]):
            assert criterion["score"]["text"]
            assert criterion["explanation"]["text"]
    assert own["criteria"][1]["sub_criteria"][0]["mark"]["text"] == "3"
    assert own["total"]["text"] in own["why_not_awarded"]
    assert winner["why_not_awarded"] is None
    assert own["criteria"][0]["explanation"]["text"].endswith("what the tender states: 1184500.00 GBP.")
    assert own["criteria"][2]["sub_criteria"][1]["explanation"]["text"].endswith(" tonnes of CO2 equivalent.")
    assert letter["decided"].endswith("(UTC, London)")
    assert letter["rules_digest"] == tender["lots"][0]["rules_digest"]
    assert letter["full_rules"].startswith("http://127.0.0.1:")
    assert letter["full_rules"].endswith(f"/tenders/{tender['id']}")
    assert "eight" in letter["standstill"] or "8 working days" in letter["standstill"]


def strings(value: Any, *, but: frozenset[str]) -> Iterator[str]:
    """Every text in a letter, except under these names."""
    if isinstance(value, dict):
        for name, part in value.items():
            if name not in but:
                yield from strings(part, but=but)
    elif isinstance(value, list):
        for part in value:
            yield from strings(part, but=but)
    elif isinstance(value, str):
        yield value


async def test_where_a_letters_reader_expects_a_name_there_is_no_identifier(market: Market) -> None:
    """Ids stand where ids belong: the bid's own, the tender's address, the digest of its rules; words are words."""
    tender, bids = await three(market)
    await market.complete_letters(tender)
    named = {"postal_address": "1 Mill Lane", "email": "a@bids.example", "identifier": "PPON-1"}
    for bid_id in bids.values():
        for field, text in named.items():
            done(await market.moderator.put(f"{path_of(tender)}/{bid_id}/texts/{field}", {"text": text}))
    await market.send_letters(tender)
    letter = done(await market.alder.get(f"{path_of(tender)}/{bids['alder']}"))["letter"]
    ids = frozenset({"bid_id", "full_rules", "rules_digest", "id", "reference"})
    texts = list(strings(letter, but=ids))
    assert len(texts) > 80
    for text in texts:
        assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}|[0-9a-f]{32}", text), text
        assert not re.search(r"(method|statement|working|apprentice)-(statement|time|weeks)", text), text
        assert not re.search(r"\b(P1|A1|yes_no|knowledge|None)\b", text), text


async def test_no_letter_tells_of_a_third_bidder(market: Market) -> None:
    """Alder reads of Alder and Birch; neither Cedar's name, id, price nor reasons are in it, nor the winner's price."""
    tender, bids = await three(market)
    await market.send_letters(tender)
    answer = await market.alder.get(f"{path_of(tender)}/{bids['alder']}")
    for secret in (market.cedar.name, bids["cedar"], "873210", "about cedar", PRICES["birch"], "1000000"):
        assert secret not in answer.text, secret
    assert PRICES["alder"] in answer.text
    winners = await market.birch.get(f"{path_of(tender)}/{bids['birch']}")
    assert winners.json()["letter"]["winner"] is None
    for secret in (market.cedar.name, market.alder.name, "1184500", "873210"):
        assert secret not in winners.text, secret


async def test_what_is_missing_is_named_with_its_reference_and_stops_the_sending(market: Market) -> None:
    """Addresses and identifiers are things that only people know; each has a request that gives it."""
    tender, bids = await three(market)
    problem = refused(await send(market.approver, tender), 409, "letters-incomplete")
    assert {fault["pointer"].rsplit("/", 1)[1] for fault in problem["errors"]} == {
        "postal_address",
        "email",
        "identifier",
    }
    assert len(problem["errors"]) == 3 * 3
    assert all("reg. 31" in fault["message"] for fault in problem["errors"])
    assert all(fault["mend"].startswith("PUT /lots/") for fault in problem["errors"])
    seen = done(await market.auditor.get(f"{path_of(tender)}/{bids['alder']}"))
    assert {one["bid_id"] for one in seen["missing"]} == {bids["alder"], bids["birch"]}
    refused(await market.alder.get(f"{path_of(tender)}/{bids['alder']}"), 404, "not-found")
    await market.complete_letters(tender)
    assert all(line["missing"] == [] for line in done(await market.auditor.get(path_of(tender))))


async def test_a_disqualified_bidder_learns_why(market: Market) -> None:
    """Scores as far as it was assessed, and the decision's reason."""
    tender, (alder, birch), run = await market.evaluated(jurisdiction="uk-pa2023")
    done(
        await market.moderator.put(
            f"/bids/{alder['bid_id']}/state", a_decision(state="non_compliant", reason="No insurance certificate.")
        )
    )
    run = await market.evaluate_again(tender)
    await market.recommend(tender, run, birch)
    award = {"evaluation_id": run["id"], "bid_id": birch["bid_id"], "reason": "As recommended."}
    done(await market.approver.post(f"/lots/{tender['lots'][0]['id']}/award", award))
    await market.send_letters(tender)
    own = done(await market.alder.get(f"{path_of(tender)}/{alder['bid_id']}"))["letter"]["own"]
    assert (own["state"], own["disqualification"]) == ("disqualified", "No insurance certificate.")
    assert own["total"]["text"] is None


# The directives


async def test_a_letter_under_article_55_needs_characteristics_and_relative_advantages(market: Market) -> None:
    """For each admissible loser, in words; it tells the end of the standstill, which begins with the letters."""
    tender, bids = await three(market, "eu-2014-24-de")
    problem = refused(await send(market.approver, tender), 409, "letters-incomplete")
    assert {fault["pointer"] for fault in problem["errors"]} == {
        f"/bids/{bids[name]}/relative_advantages" for name in ("alder", "cedar")
    }
    assert all("art. 55(2)(c)" in fault["message"] for fault in problem["errors"])
    sent = await market.send_letters(tender)
    letter = done(await market.cedar.get(f"{path_of(tender)}/{bids['cedar']}"))["letter"]
    assert letter["kind"] == "article_55_notice"
    assert letter["standstill_ends_at"] == sent["standstill_ends_at"]
    assert letter["own"]["relative_advantages"]["text"]
    assert letter["winner"]["supplier"] == market.birch.name


@pytest.mark.parametrize(("on_paper", "days"), [(False, 10), (True, 15)])
async def test_a_letter_tells_the_standstill_that_it_begins(market: Market, *, on_paper: bool, days: int) -> None:
    """Directive 89/665/EEC art. 2a(2): ten days electronically, fifteen on paper; the letter says which."""
    tender, _, _ = await market.awarded(jurisdiction="eu-2014-24-de", time_zone="Europe/Berlin")
    sent = await market.send_letters(tender, on_paper=on_paper)
    bid = done(await market.alder.get(f"/lots/{tender['lots'][0]['id']}/bids"))[0]["bid_id"]
    letter = done(await market.alder.get(f"{path_of(tender)}/{bid}"))["letter"]
    assert f"for {days} calendar days" in letter["standstill"]
    assert letter["standstill_ends_at"] == sent["standstill_ends_at"]


async def test_where_the_law_leaves_the_calendar_to_the_country_it_must_be_named(market: Market) -> None:
    """No country's holidays by default."""
    tender, _, _ = await market.awarded(jurisdiction="eu-2014-24")
    await market.complete_letters(tender)
    refused(await send(market.approver, tender), 422, "calendar-needed")
    for unknown in ("XX", "utils", "  ", "XNYS"):
        refused(await send(market.approver, tender, calendar=unknown), 422, "calendar-needed")
    assert done(await send(market.approver, tender, calendar="FR", inference_accepted="Public."))["standstill_ends_at"]


# The World Bank


async def test_a_notification_of_the_world_bank_has_all_prices_that_were_read_out(market: Market) -> None:
    """Contract price, every bidder with its price as read out and as evaluated, and how to be debriefed or complain."""
    tender, bids = await three(market, "world-bank")
    problem = refused(await send(market.approver, tender, calendar="FR"), 409, "letters-incomplete")
    assert {fault["pointer"].rsplit("/", 1)[1] for fault in problem["errors"]} == {"further_explanation", "debriefing"}
    await market.complete_letters(tender)
    done(await send(market.approver, tender, calendar="FR"))
    letter = done(await market.alder.get(f"{path_of(tender)}/{bids['alder']}"))["letter"]
    assert letter["winner"]["contract_price"] == "1000000.00 GBP"
    told = {one["bidder"]: (one["read_out"], one["evaluated"]) for one in letter["read_out"]}
    assert told == {getattr(market, name).name: (f"{price} GBP", f"{price} GBP") for name, price in PRICES.items()}
    assert letter["own"]["debriefing"]
    assert letter["winner"]["debriefing"] is None


# What a letter gives away


async def test_a_third_bidders_price_that_follows_from_a_letter_stops_the_sending(market: Market) -> None:
    """Alder's own price and points give Cedar's price: 1184500 × 73.72 ÷ 100. Somebody must answer for that."""
    tender, bids = await three(market)
    await market.complete_letters(tender)
    seen = done(await market.approver.get(f"{path_of(tender)}/{bids['alder']}"))
    lowest = next(one for one in seen["given_away"] if one["whose"] == "lowest")
    assert lowest["pinned"]
    assert lowest["third_party"]
    assert float(lowest["lowest"]) <= float(PRICES["cedar"]) <= float(lowest["highest"])
    problem = refused(await send(market.approver, tender), 409, "price-given-away")
    assert f"/bids/{bids['alder']}" in {fault["pointer"] for fault in problem["errors"]}
    sent = done(await send(market.approver, tender, inference_accepted="Prices were read out at the opening."))
    assert sent["letters"] == 3
    entry = await market.last(tender)
    assert entry["data"]["inference_accepted"] == "Prices were read out at the opening."
    assert done(await market.alder.get(f"{path_of(tender)}/{bids['alder']}"))["given_away"] == []


async def test_where_nothing_follows_nothing_must_be_accepted(market: Market) -> None:
    """Negative control: of two bids the winner's is no third party's price."""
    tender, _, _ = await market.awarded(jurisdiction="uk-pa2023")
    await market.complete_letters(tender)
    done(await send(market.approver, tender))


# What a letter's texts tell


async def test_a_text_that_tells_of_a_third_bidder_stops_the_sending(market: Market) -> None:
    """Name and price are listed with the letter and its field; the text is written anew, or somebody answers for it."""
    tender, bids = await three(market)
    await market.complete_letters(tender)
    text = f"{path_of(tender)}/{bids['alder']}/texts"
    done(await market.moderator.put(f"{text}/further_explanation", {"text": "Cedar asked £873,210."}))
    accepted = {"inference_accepted": "The price is public."}
    problem = refused(await send(market.approver, tender, **accepted), 409, "others-mentioned")
    assert {fault["pointer"] for fault in problem["errors"]} == {f"/bids/{bids['alder']}/further_explanation"}
    assert sorted(fault["message"] for fault in problem["errors"]) == [
        f"It tells the name of {market.cedar.name}: {market.cedar.name}.",
        f"It tells the price of {market.cedar.name}: 873210.00.",
    ]
    lines = {line["bid_id"]: line["warnings"] for line in done(await market.auditor.get(path_of(tender)))}
    assert any("873210.00" in warning for warning in lines[bids["alder"]])
    assert not any("further_explanation" in warning for warning in lines[bids["birch"]])
    assert len(done(await market.auditor.get(f"{path_of(tender)}/{bids['alder']}"))["mentions"]) == 2
    refused(await send(market.approver, tender, **accepted, mentions_accepted=" "), 422, "invalid-request")
    done(await market.moderator.put(f"{text}/further_explanation", {"text": "Others were clearer."}))
    done(await send(market.approver, tender, **accepted))
    facts = (await market.last(tender))["data"]
    assert (facts["mentions"], facts["mentions_accepted"]) == ([], None)


async def test_who_answers_for_what_a_letter_tells_of_others_is_in_the_log(market: Market) -> None:
    """With the reason and the places, and without repeating there what they tell."""
    tender, bids = await three(market)
    await market.complete_letters(tender)
    path = f"{path_of(tender)}/{bids['alder']}/texts/decision"
    done(await market.moderator.put(path, {"text": "Cedar was in front until it was excluded."}))
    why = {"inference_accepted": "The price is public.", "mentions_accepted": "All bidders heard of it at the opening."}
    done(await send(market.approver, tender, **why))
    facts = (await market.last(tender))["data"]
    assert facts["mentions_accepted"] == why["mentions_accepted"]
    assert facts["mentions"] == [
        {"bid_id": bids["alder"], "about_id": bids["alder"], "field": "decision", "kind": "name"}
    ]
    own = done(await market.alder.get(f"{path_of(tender)}/{bids['alder']}"))["letter"]
    assert own["decision"] == "Cedar was in front until it was excluded."
    birch = done(await market.birch.get(f"{path_of(tender)}/{bids['birch']}"))["letter"]
    assert birch["decision"] == "As recommended."


# Sending


async def test_letters_are_sent_once_and_kept_to_the_byte(market: Market) -> None:
    """Of three at once one goes out; each letter's digest is in the log; a later change of a text changes no letter."""
    tender, bids = await three(market)
    await market.complete_letters(tender)
    body = {"inference_accepted": "The price is public."}
    answers = await asyncio.gather(*(send(market.approver, tender, **body) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    refused(await send(market.approver, tender, **body), 409, "letters-already-sent")
    told = {one["bid_id"]: one["digest"] for one in (await sent_entry(market, tender))["data"]["letters"]}
    summary = done(await market.alder.get(f"{path_of(tender)}/{bids['alder']}"))
    assert summary["digest"] == told[bids["alder"]]
    stored = await market.owner.fetchval("SELECT canonical FROM sent_letters WHERE bid_id = $1", bids["alder"])
    assert hashlib.sha256(stored).hexdigest() == summary["digest"]
    assert json.loads(stored)["own"]["supplier"] == market.alder.name
    text = f"{path_of(tender)}/{bids['alder']}/texts/email"
    refused(await market.moderator.put(text, {"text": "late@alder.example"}), 409, "letters-already-sent")
    assert all(line["sent_at"] for line in done(await market.auditor.get(path_of(tender))))


async def sent_entry(market: Market, tender: dict[str, Any]) -> dict[str, Any]:
    return next(entry for entry in await market.log(tender) if entry["kind"] == "summary.sent")


async def test_only_approvers_send_and_bidders_read_their_own_only(market: Market) -> None:
    """A rival's letter, and any before it is sent, is what a missing one is."""
    tender, bids = await three(market)
    for person in (market.moderator, market.author, market.evaluator, market.colleague):
        refused(await send(person, tender), 403, "forbidden")
    for person in (market.officer, market.colleague):
        refused(await person.get(path_of(tender)), 403, "forbidden")
        refused(await person.get(f"{path_of(tender)}/{bids['alder']}"), 403, "forbidden")
    await market.send_letters(tender)
    for person in (market.cedar, market.birch, market.stranger):
        refused(await person.get(f"{path_of(tender)}/{bids['alder']}"), 404, "not-found")
        refused(await person.get(path_of(tender)), 404, "not-found")
        refused(await send(person, tender), 404, "not-found")
    refused(await market.approver.get(f"{path_of(tender)}/{uuid4()}"), 404, "not-found")


async def test_letters_follow_an_award(market: Market) -> None:
    """Too early without one; where nothing was awarded each bidder learns that and why."""
    tender, (alder, _), run = await market.evaluated(jurisdiction="eu-2014-24-de")
    refused(await send(market.approver, tender), 409, "not-awarded")
    refused(await market.approver.get(path_of(tender)), 409, "not-awarded")
    await market.recommend(tender, run, None)
    nothing = {"evaluation_id": run["id"], "bid_id": None, "reason": "The budget was cut."}
    done(await market.approver.post(f"/lots/{tender['lots'][0]['id']}/award", nothing))
    sent = await market.send_letters(tender)
    assert sent["standstill_ends_at"] is None
    letter = done(await market.alder.get(f"{path_of(tender)}/{alder['bid_id']}"))["letter"]
    assert letter["winner"] is None
    assert "The budget was cut." in letter["own"]["why_not_awarded"]
