"""How the procurement under EU law begins: its two lots, their bids and marks, and every step up to the scores."""

import json
from datetime import datetime, timedelta
from typing import Any

from tests.make import a_policy, a_tender
from tests.make_play import GRADED, NO_REASON, PANEL_ROLES, Play, say, unreasoned
from tests.make_sealed import a_sealed_bid, send_sealed
from tests.service.conftest import done

PRICES = {"alder": "61000.00", "birch": "100250.00", "cedar": "95500.00", "dogwood": "104000.00"}
"""Of the first lot; of the second in UPKEEP."""
UPKEEP = {"alder": "80000.00", "birch": "72000.00"}
MEMBERS = ("Dogwood Workers Co-operative", "Elm Planning GmbH", "Fir Cranes AG")
"""Who stands behind Dogwood's bid: the lead, a member, and a subcontractor whose cranes it relies upon."""
PANEL = ("evaluator", "second_evaluator", "third_evaluator")
AGREED = {"alder": ("3", "3"), "birch": ("3", "3"), "cedar": ("2", "2"), "dogwood": ("5", "4")}
"""What the meeting agrees on method and team; each evaluator gave the same, or one less on the method."""


def an_eu_lot(title: str, *criteria: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A lot whose totals are rounded as published."""
    rounding = [{"stage": "total", "decimals": 2, "mode": "half_up"}]
    return {"title": title, "rules": {"criteria": [*criteria], "rounding": rounding} | fields}


def an_eu_draft(play: Play, *, relative: bool = False, team: str = "20") -> dict[str, Any]:
    """Two lots: a price sealed apart from two graded criteria and apprentice weeks; a price alone."""
    absolute = {"id": "A1", "best": "60000", "worst": "140000"}
    method = {"id": "P1", "zero": "reject"} if relative else absolute
    price = {"id": "price", "title": "Price", "weighting": "40", "unit": "EUR", "method": method}
    quality = {"id": "method", "title": "Method", "weighting": str(50 - int(team)), "minimum": "40", "method": GRADED}
    crew = {"id": "team", "title": "Team", "weighting": team, "method": GRADED}
    target = {"id": "target", "target": "100"}
    weeks = {"id": "weeks", "title": "Apprentice weeks", "weighting": "10", "unit": "week", "method": target}
    ties = {"tie_break": [{"id": "criterion", "criterion": "method"}]}
    low = {"abnormally_low": [{"id": "ALT-REL", "x": "0.20"}]}
    roofs = an_eu_lot("Roofs", price, quality, crew, weeks, **low, **({} if relative else ties))
    upkeep = an_eu_lot("Upkeep", price | {"weighting": "100", "method": absolute}, tie_break=[{"id": "lower_price"}])
    return a_tender(
        jurisdiction="eu-2014-24-pt" if relative else "eu-2014-24-de",
        currency="EUR",
        time_zone="Europe/Berlin",
        submission_deadline=play.later(days=35),
        lots=[roofs | {"price_envelope": ["price"]}, upkeep],
    )


async def drafted(play: Play) -> None:
    """The draft first names another country, whose law forbids relative points; nobody takes a role for themselves."""
    market, body = play.market, an_eu_draft(play, relative=True)
    (roofs, upkeep) = body["lots"]
    say(await market.author.post("/tenders", body | {"officers_needed": 1}), 422, "invalid-request")
    sealed = [roofs | {"price_envelope": ["price", "method"]}, upkeep]
    say(await market.author.post("/tenders", body | {"lots": sealed}), 422, "invalid-request", "graded by the panel")
    light = json.loads(json.dumps(roofs).replace('"40"', '"39"'))
    say(await market.author.post("/tenders", body | {"lots": [light]}), 422, "invalid-request", "100")
    play.tender = done(await market.author.post("/tenders", body))
    needed = [
        {"id": "insurance", "kind": "condition", "title": "Liability", "text": "5 million euros.", "evidence": "-"}
    ]
    twice = {"requirements": needed * 2}
    say(await market.author.put(f"{play.path}/requirements", twice), 422, "invalid-request", "id of its own")
    done(await market.author.put(f"{play.path}/requirements", {"requirements": needed}))
    roles = f"{play.path}/roles"
    say(await market.author.post(roles, {"person_id": market.author.id, "role": "moderator"}), 403, "own-role", "ask")
    for name, role in PANEL_ROLES.items():
        done(await market.author.post(roles, {"person_id": play.person(name).id, "role": role}))
    both = {"person_id": market.auditor.id, "role": "evaluator"}
    say(await market.approver.post(roles, both), 409, "roles-conflict", "auditor", "somebody else")
    law = await market.approver.post(f"{play.path}/publication", If_Match='"1"')
    faults = say(law, 422, "tender-not-ready", "CCP art. 139(4)", "such as A1", "Publish the list")["errors"]
    assert {fault["pointer"] for fault in faults} == {
        "/lots/0/rules/criteria/0/method",
        "/lots/0/rules/tie_break",
    }
    mended = an_eu_draft(play, team="15") | {"reference": body["reference"]}
    say(await market.approver.put(play.path, mended, If_Match='"1"'), 403, "forbidden", "author")
    say(await market.author.put(play.path, mended), 428, "precondition-required")
    play.tender = done(await market.author.put(play.path, mended, If_Match='"1"'))
    trial = {"lot": 3, "generate": {"number": 4, "seed": 7}, "runs": 20}
    say(await market.author.post(f"{play.path}/simulations", trial), 422, "invalid-request")


async def published_and_corrected(play: Play) -> None:
    """Weightings are published (art. 67(5)); they change only by two persons and with more time (art. 47(3))."""
    market = play.market
    stale = await market.approver.post(f"{play.path}/publication", If_Match='"1"')
    say(stale, 412, "precondition-failed")
    play.tender = done(await market.approver.post(f"{play.path}/publication", If_Match='"2"'))
    law = done(await market.alder.get(f"{play.path}/legal-rules"))
    assert {"two-open", "weightings-published", "receipt-guarded"} <= {rule["id"] for rule in law["rules"]}
    lots = an_eu_draft(play)["lots"]
    later = {"submission_deadline": play.later(days=42)}
    change = {"reason": "Bidders asked for what the team weighs.", "lots": lots}
    propose, tender = market.propose, play.tender
    say(await propose(tender, change), 422, "invalid-request", "need a later deadline")
    say(await propose(tender, change | later, market.evaluator), 403, "forbidden", "author or approver")
    unreasoned(await propose(tender, change | later | NO_REASON))
    sooner = change | {"submission_deadline": play.later(days=30)}
    say(await propose(tender, sooner), 422, "invalid-request", "only later")
    unsealed = [{name: value for name, value in lots[0].items() if name != "price_envelope"}, lots[1]]
    moved = await propose(tender, change | later | {"lots": unsealed})
    say(moved, 422, "invalid-request", "stays as it was published")
    own = done(await propose(tender, change | later, market.approver))["number"]
    say(await market.confirm(tender, own), 409, "proposed-by-yourself", "another approver")
    done(await market.author.delete(f"{play.path}/corrigenda/{own}"))
    say(await market.confirm(tender, own), 409, "proposal-decided", "withdrawn")
    number = done(await propose(tender, change | later))["number"]
    say(await market.confirm(tender, number, market.author), 403, "forbidden", "approver")
    play.tender = done(await market.confirm(tender, number))
    assert [one["weighting"] for one in play.tender["lots"][0]["rules"]["criteria"]] == ["40", "30", "20", "10"]


def an_eu_bid(name: str, weeks: str, **fields: Any) -> dict[str, Any]:
    """A complete bid for the first lot."""
    values = {"price": PRICES[name], "method": "One school at a time.", "team": "Six roofers.", "weeks": weeks}
    return {"values": values} | fields


async def bid_for(play: Play) -> None:
    """One bids jointly, one says its price also where it should not stand; one is late by a second."""
    market, tender = play.market, play.tender
    members = [
        {"name": MEMBERS[0], "role": "lead", "share": "60"},
        {"name": MEMBERS[1], "role": "member", "share": "39"},
    ]
    relied = [{"name": MEMBERS[2], "work": "Lifts on all sites."}]
    short = an_eu_bid("dogwood", "70", members=members, subcontractors=relied)
    say(await play.bid_from("dogwood", short), 422, "bid-incomplete", "add up to 99")
    members[1]["share"] = "40"
    done(await play.bid_from("dogwood", short))
    say(await play.bid_from("dogwood", short), 409, "bid-already-submitted", "PUT /bids/{id}")
    nameless = await play.dogwood.post(f"{play.lot}/bids", short)
    say(nameless, 400, "idempotency-key-missing")
    foreign = an_eu_bid("alder", "20", currency="GBP")
    say(await play.bid_from("alder", foreign), 422, "bid-incomplete", "GBP")
    done(await play.bid_from("alder", an_eu_bid("alder", "20")))
    done(await play.bid_from("birch", an_eu_bid("birch", "6")))
    said = an_eu_bid("cedar", "50")["values"]
    container = a_sealed_bid(tender, market.cedar, {"values": said}, {"values": {"price": said["price"]}})
    play.bids["cedar"] = done(await send_sealed(market, market.cedar, tender, container))["bid_id"]
    with play.in_lot(2):
        for name, price in UPKEEP.items():
            done(await play.bid_from(name, {"values": {"price": price}}))
    say(await market.officer.post(f"{play.lot}/opening"), 409, "deadline-not-reached", "from that instant")
    say(await market.evaluator.get(f"{play.lot}/bids"), 409, "not-opened", "officers_needed")
    say(await play.say_interest(market.moderator), 409, "names-not-known", "first lot is opened")
    await play.at(datetime.fromisoformat(tender["submission_deadline"]) + timedelta(seconds=1))
    with play.in_lot(2):
        say(await play.bid_from("dogwood", {"values": {"price": "70000.00"}}), 409, "submission-deadline-passed")
    late = {"reason": "One bidder asks for more time.", "submission_deadline": play.later(days=2)}
    say(await market.propose(tender, late), 409, "submission-deadline-passed", "already too late")


async def opened_by_two(play: Play) -> None:
    """VgV § 55(2): two officers open, and no price; who came late is in the record to the second."""
    market, path = play.market, f"{play.lot}/opening"
    say(await market.officer.post(f"{path}?envelope=price"), 409, "not-opened", "officers_needed")
    for who in (market.approver, market.moderator, market.auditor):
        say(await who.post(path), 403, "forbidden", "opening officer")
    record = await play.open()
    assert {bid["bid_id"] for bid in record["bids"]} == set(play.bids.values())
    joint = next(bid for bid in record["bids"] if bid["bid_id"] == play.bids["dogwood"])
    assert [party["name"] for party in joint["parties"]] == [*MEMBERS]
    say(await market.second_officer.post(path), 409, "already-opened", "GET /lots/{id}/opening")
    with play.in_lot(2):
        (late,) = (await play.open())["late"]
        assert late["supplier"] == play.dogwood.name
        assert datetime.fromisoformat(late["arrived_at"]) == play.now
        say(await market.officer.post(f"{play.lot}/opening?envelope=price"), 409, "no-price-envelope", "one envelope")


async def interests_declared(play: Play) -> None:
    """Art. 24: names with all who bid jointly; who has an open interest lets nobody else see a bid."""
    market = play.market
    names = {one["supplier"]: one for one in done(await market.moderator.get(f"{play.path}/bidders"))}
    assert [party["name"] for party in names[play.dogwood.name]["parties"]] == [*MEMBERS]
    say(await market.alder.get(f"{play.path}/bidders"), 404, "not-found")
    friend = {"interest": "perceived", "details": "I studied with a planner of Elm.", "mitigation": "I score nothing."}
    own = await play.declare(market.approver, **friend)
    theirs = await play.declare(market.evaluator)
    yes = {"approved": True, "reason": "Long ago, and mitigated."}
    say(await market.approver.post(theirs, yes), 403, "own-interest-open", "third person")
    say(await market.moderator.get(f"{play.lot}/bids"), 403, "not-cleared", "not declared")
    say(await market.moderator.post(own, yes), 403, "forbidden", "author or approver")
    unreasoned(await market.author.post(own, yes | NO_REASON))
    done(await market.author.post(own, yes))
    done(await market.approver.post(theirs, yes | {"reason": "Nothing was declared."}))
    await play.clear(market.author, market.second_evaluator, play.third_evaluator, market.moderator)
    bids = done(await market.evaluator.get(f"{play.lot}/bids"))
    cedar = next(bid for bid in bids if bid["bid_id"] == play.bids["cedar"])
    assert not any(bid["offers"] for bid in bids)
    assert "price" not in cedar["fault"]
    told = next(bid for bid in done(await market.officer.get(f"{play.lot}/opening"))["bids"] if bid["fault"])
    assert "price: this value belongs into the price envelope" in told["fault"]
    say(await market.colleague.get(f"{play.lot}/opening"), 403, "forbidden", "This is for the author")


async def seated_and_scored(play: Play) -> None:
    """Technical answers alone, on the published scale, before anybody has seen a price."""
    market = play.market
    seats = [{"person_id": play.person(name).id, "criteria": ["method", "team"]} for name in PANEL]
    policy = a_policy(every_question=True, majority="simple")
    body = {
        "chair_id": market.moderator.id,
        "reason": "Two criteria, half the weight.",
        "policy": policy,
        "seats": seats,
    }
    say(await market.approver.put(f"{play.lot}/panel", body), 403, "forbidden", "author or moderator")
    far = body | {"policy": a_policy(spread=5)}
    say(await market.author.put(f"{play.lot}/panel", far), 422, "panel-incomplete", "as far as the scale goes")
    with play.in_lot(2):
        say(await market.author.put(f"{play.lot}/panel", body), 422, "panel-incomplete", "does not score")
    say(await play.score(market.evaluator, "birch", "method", "3"), 403, "not-seated", "GET /lots/{id}/panel")
    done(await market.author.put(f"{play.lot}/panel", body))
    say(await play.score(market.auditor, "birch", "method", "3"), 403, "forbidden", "evaluator")
    say(await play.score(market.evaluator, "birch", "price", "3"), 422, "not-scored-by-the-panel")
    say(await play.score(market.evaluator, "birch", "method", "6"), 422, "score-off-the-scale")
    unreasoned(await play.score(market.evaluator, "birch", "method", "3", cites=[" "]), "/cites/0")
    for name in PANEL:
        assert done(await play.person(name).get(f"{play.lot}/scores")) == []
        for supplier, values in AGREED.items():
            for criterion, value in zip(("method", "team"), values, strict=True):
                lower = criterion == "method" and name == "second_evaluator"
                mark = str(int(value) - 1) if lower else value
                done(await play.score(play.person(name), supplier, criterion, mark))
    done(await market.author.put(f"{play.lot}/panel", body, If_Match="*"))
    frozen_by_then = await market.author.put(f"{play.lot}/panel", body | {"policy": a_policy()}, If_Match="*")
    say(frozen_by_then, 409, "policy-frozen", "follow from the scores")
    gone = body | {"seats": seats[1:]}
    say(await market.author.put(f"{play.lot}/panel", gone, If_Match="*"), 409, "seat-has-scored", "/panel/replacements")
    seen = done(await market.evaluator.get(f"{play.lot}/bids"))
    assert all(bid["offers"].keys() == {"method", "team"} for bid in seen)
