"""A whole procurement under the Procurement Act 2023, played through the API by people who try the wrong things first.

Four suppliers, three evaluators, a moderator, two opening officers, an approver and an auditor. At every step somebody
without the role, somebody too early or too late, and somebody without a reason is refused, and told what to do.
"""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from service.examples import EXAMPLES
from tests.make import a_policy, a_tender
from tests.make_play import (
    NO_REASON,
    PANEL_ROLES,
    Play,
    a_play_bid,
    a_play_lot,
    begin,
    say,
    unreasoned,
)
from tests.make_play_steps import asked_and_answered, kept_and_destroyed, recorded_and_verified
from tests.make_sealed import a_sealed_bid, send_sealed
from tests.service.conftest import Market, collected_log, done, frozen

__all__ = ["collected_log", "frozen"]

SUPPLIERS = ("alder", "birch", "cedar")
PANEL = ("evaluator", "second_evaluator", "third_evaluator")
MARKS = {
    ("alder", "method"): ("3", "4", "3"),
    ("alder", "team"): ("3", "3", "3"),
    ("birch", "method"): ("5", "3", "5"),
    ("birch", "team"): ("4", "4", "5"),
    ("cedar", "method"): ("2", "2", "2"),
    ("cedar", "team"): ("1", "2", "2"),
}
"""What the three evaluators give, in the order of PANEL."""
AGREED = {"alder": ("3", "3"), "birch": ("5", "4"), "cedar": ("2", "2")}
"""What the meeting agrees on method and team."""


async def test_a_uk_procurement_from_draft_to_the_end_of_its_record(frozen: Market, tmp_path: Path) -> None:
    """Drafted, published, bid for, opened, declared, scored, agreed, ranked, awarded, told, signed, kept, destroyed."""
    play = await begin(frozen)
    await drafted(play)
    await published(play)
    await asked_and_answered(play)
    await bid_for(play)
    await opened_by_two(play)
    await interests_declared(play)
    await seated(play)
    await scored_alone(play)
    await one_replaced(play)
    await agreed_and_locked(play)
    await clarified_and_selected(play)
    run = await ranked_and_proved(play)
    await recommended_and_awarded(play, run)
    await letters_completed(play)
    await letters_sent_and_notice_published(play)
    await contract_after_the_standstill(play)
    await reported(play)
    kinds = ("seat.ended", "criterion.unlocked", "recommendation.rejected")
    await recorded_and_verified(play, tmp_path, kinds, ("crane plan is thin", "crane plan is fine"))
    await kept_and_destroyed(play)


async def drafted(play: Play) -> None:
    """The author alone writes; nobody holds roles that exclude each other; the rules are tried out."""
    market = play.market
    body = a_tender(jurisdiction="uk-pa2023", lots=[a_play_lot()], submission_deadline=play.later(days=30))
    say(await market.alder.post("/tenders", body), 403, "forbidden", "buyer")
    play.tender = done(await market.author.post("/tenders", body))
    say(await market.alder.get(play.path), 404, "not-found")
    needed = EXAMPLES["write_requirements"].body
    say(await market.approver.put(f"{play.path}/requirements", needed), 403, "forbidden", "author", "/roles")
    done(await market.author.put(f"{play.path}/requirements", needed))
    early = await market.author.post(f"{play.path}/publication", If_Match='"1"')
    say(early, 403, "forbidden", "approver", "/roles")
    done(await market.author.post(f"{play.path}/roles", {"person_id": market.approver.id, "role": "approver"}))
    nobody = say(await market.approver.post(f"{play.path}/publication", If_Match='"1"'), 422, "tender-not-ready")
    assert len([fault for fault in nobody["errors"] if fault["pointer"] == "/roles"]) == 3
    assert all(fault["mend"] for fault in nobody["errors"])
    say(
        await market.evaluator.post(f"{play.path}/roles", {"person_id": market.evaluator.id, "role": "evaluator"}),
        *(403, "forbidden", "author or approver"),
    )
    for name, role in PANEL_ROLES.items():
        done(await market.author.post(f"{play.path}/roles", {"person_id": play.person(name).id, "role": role}))
    both = {"person_id": market.evaluator.id, "role": "approver"}
    say(await market.author.post(f"{play.path}/roles", both), 409, "roles-conflict", "evaluator", "somebody else")
    trial = {"lot": 1, "generate": {"number": 4, "seed": 7}, "runs": 20}
    say(await market.evaluator.post(f"{play.path}/simulations", trial), 403, "forbidden", "author")
    assert done(await market.author.post(f"{play.path}/simulations", trial))["winners"]


async def published(play: Play) -> None:
    """Another than the author publishes the version that was read; from then on nothing of it is edited."""
    market, path = play.market, f"{play.path}/publication"
    say(await market.author.post(path, If_Match='"1"'), 403, "forbidden", "approver")
    say(await market.approver.post(path), 428, "precondition-required", "If-Match")
    say(await market.approver.post(path, If_Match='"7"'), 412, "precondition-failed", "again")
    play.tender = done(await market.approver.post(path, If_Match='"1"'))
    assert not any("simulation" in warning["message"] for warning in play.tender["warnings"])
    say(await market.approver.post(path, If_Match='"1"'), 409, "tender-already-published", "corrigend")
    needed = {"requirements": []}
    say(await market.author.put(f"{play.path}/requirements", needed), 409, "tender-already-published", "corrigend")
    change = {"submission_deadline": play.later(days=40)}
    unreasoned(await market.author.post(f"{play.path}/corrigenda", change, If_Match='"2"'))
    say(await play.evaluate(market.moderator), 409, "not-opened", "/opening")


async def bid_for(play: Play) -> None:
    """One replaces its bid, one seals it itself, one withdraws and comes back too late."""
    market, tender, path = play.market, play.tender, f"{play.lot}/bids"
    say(await market.evaluator.submit(tender, a_play_bid("1", "1")), 403, "forbidden", "supplier")
    blank = say(await market.alder.post(f"{path}?validate=only", {"values": {}}), 422, "bid-incomplete")
    assert len(blank["errors"]) == 4
    first = done(await market.alder.submit(tender, a_play_bid("130000.00", "40")))
    again = a_play_bid("120000.00", "40")
    play.bids["alder"] = first["bid_id"]
    done(await market.alder.put(play.bid("alder"), again, Idempotency_Key=str(uuid4())))
    say(await market.birch.put(play.bid("alder"), again, Idempotency_Key=str(uuid4())), 404, "not-found")
    container = a_sealed_bid(tender, market.birch, a_play_bid("118000.00", "90"))
    play.bids["birch"] = done(await send_sealed(market, market.birch, tender, container))["bid_id"]
    play.bids["cedar"] = done(await market.cedar.submit(tender, a_play_bid("110000.00", "20")))["bid_id"]
    gone = done(await play.dogwood.submit(tender, a_play_bid("90000.00", "10")))
    told = done(await play.dogwood.delete(f"/bids/{gone['bid_id']}"))
    assert done(await play.dogwood.delete(f"/bids/{gone['bid_id']}")) == told
    early = await market.officer.post(f"{play.lot}/opening")
    say(early, 409, "deadline-not-reached", "from that instant")
    for who in (market.approver, market.evaluator, market.auditor):
        say(await who.get(path), 409, "not-opened", "officers_needed")
    await play.at(datetime.fromisoformat(tender["submission_deadline"]) - timedelta(microseconds=1))
    say(await market.officer.post(f"{play.lot}/opening"), 409, "deadline-not-reached")
    await play.wait(microseconds=1)
    say(await play.dogwood.submit(tender, a_play_bid("90000.00", "10")), 409, "submission-deadline-passed")
    say(await market.alder.delete(play.bid("alder")), 409, "submission-deadline-passed", "ask the buyer")
    late = await market.birch.post(f"{play.path}/questions", {"question": "And now?"})
    say(late, 409, "submission-deadline-passed")


async def opened_by_two(play: Play) -> None:
    """Two different officers, and nobody else; exactly the three bids that stood are in the box."""
    market, path = play.market, f"{play.lot}/opening"
    say(await market.approver.post(path), 403, "forbidden", "opening officer", "/roles")
    say(await play.say_interest(market.evaluator), 409, "names-not-known", "Declare once")
    assert (await market.officer.post(path)).status_code == 202
    assert (await market.officer.post(path)).status_code == 202  # the same person again is still one
    assert done(await market.officer.get(path))["number"] is None
    answer = await market.second_officer.post(path)
    assert answer.status_code == 201
    record = answer.json()
    assert ({bid["bid_id"] for bid in record["bids"]}, record["withdrawn"]) == (set(play.bids.values()), 1)
    assert [bid["supplier"] for bid in record["late"]] == [play.dogwood.name]
    say(await market.officer.post(path), 409, "already-opened", "GET")


async def interests_declared(play: Play) -> None:
    """Names first; then everybody of the panel declares, another person decides, and only then bids are open."""
    market = play.market
    names = done(await market.evaluator.get(f"{play.path}/bidders"))
    assert {one["supplier"] for one in names} == {play.person(name).name for name in SUPPLIERS}
    say(await market.colleague.get(f"{play.path}/bidders"), 403, "forbidden", "role")
    say(await market.evaluator.get(f"{play.lot}/bids"), 403, "not-cleared", "not declared", "/declarations")
    vague = await play.say_interest(market.evaluator, interest="potential")
    say(vague, 422, "invalid-request", "since when")
    brother = "My brother worked for Alder Roofing until 2029."
    await play.declare(market.evaluator, interest="potential", details=brother)
    bare = f"{play.path}/declarations/{market.evaluator.id}/1/decision"
    yes = {"approved": True, "reason": "He left two years ago."}
    say(await market.approver.post(bare, yes), 409, "mitigation-missing", "declare anew", "replace the person")
    mitigation = "Two others score the same criteria; the approver reads my reasons on Alder."
    eased = await play.declare(market.evaluator, interest="potential", details=brother, mitigation=mitigation)
    say(await market.approver.post(bare, yes), 409, "not-the-last-declaration", "last declaration")
    say(await market.evaluator.get(f"{play.lot}/bids"), 403, "not-cleared", "awaits approval")
    say(await market.moderator.post(eased, yes), 403, "forbidden", "author or approver")
    say(await market.author.post(eased, yes), 403, "forbidden", "approver")
    unreasoned(await market.approver.post(eased, yes | NO_REASON))
    assert done(await market.approver.post(eased, yes))["approved"]
    say(await market.approver.post(eased, yes), 409, "declaration-decided", "new declaration")
    own = await play.declare(market.approver)
    say(await market.approver.post(own, yes), 403, "own-declaration", "author of the tender")
    done(await market.author.post(own, yes | {"reason": "Nothing was declared."}))
    await play.clear(market.author, market.second_evaluator, play.third_evaluator, market.moderator)
    assert len(done(await market.evaluator.get(f"{play.lot}/bids"))) == 3


async def seated(play: Play) -> None:
    """Who scores what, why so many, and when the panel meets; nobody scores before, and training is recorded."""
    market, path = play.market, f"{play.lot}/panel"
    say(await play.score(market.evaluator, "alder", "method", "3"), 403, "not-seated", "GET /lots/{id}/panel")
    say(await market.evaluator.get(path), 409, "no-panel", "PUT /lots/{id}/panel")
    seats = [{"person_id": play.person(name).id, "criteria": ["method", "team"]} for name in PANEL]
    policy = a_policy(every_question=True, majority="two_thirds")
    body = {"chair_id": market.moderator.id, "reason": "Two criteria, half the weight: three are in proportion."}
    body |= {"policy": policy, "seats": seats}
    say(await market.evaluator.put(path, body), 403, "forbidden", "author or moderator")
    unreasoned(await market.author.put(path, body | NO_REASON))
    wrong = body | {"chair_id": market.evaluator.id, "seats": [seats[0] | {"criteria": ["method", "price"]}]}
    faults = say(await market.author.put(path, wrong), 422, "panel-incomplete", "Let a moderator chair")["errors"]
    assert {fault["pointer"] for fault in faults} == {"/chair_id", "/seats/0/criteria/1", "/seats"}
    panel = done(await market.author.put(path, body))
    assert len(panel["warnings"]) == 3
    course = {"subject": "Scoring and writing reasons", "held_on": "2030-11-04"}
    for name in PANEL:
        trained = course | {"person_id": play.person(name).id}
        say(await market.evaluator.post(f"{play.path}/trainings", trained), 403, "forbidden", "author or moderator")
        done(await market.author.post(f"{play.path}/trainings", trained))
    assert done(await market.evaluator.get(path))["warnings"] == []
    blank = course | {"person_id": market.evaluator.id, "subject": " "}
    unreasoned(await market.author.post(f"{play.path}/trainings", blank), "/subject")


async def scored_alone(play: Play) -> None:
    """Values of the scale only, with reason and place; nobody reads others' scores before the own ones are in."""
    market = play.market
    one, two = market.evaluator, market.second_evaluator
    say(await play.score(market.moderator, "alder", "method", "3"), 403, "forbidden", "evaluator")
    say(await play.score(one, "alder", "price", "3"), 422, "not-scored-by-the-panel", "formula")
    say(await play.score(one, "alder", "method", "3.5"), 422, "score-off-the-scale", "3.5")
    unreasoned(await play.score(one, "alder", "method", "3", reason=" "))
    unreasoned(await play.score(one, "alder", "method", "3", cites=[]), "/cites")
    draft = f"{play.bid('alder')}/scores/method/draft"
    done(await one.put(draft, {"reason": "Page 3, cranes?"}))
    assert [kept["reason"] for kept in done(await one.get(f"{play.lot}/scores/drafts"))] == ["Page 3, cranes?"]
    assert done(await two.get(f"{play.lot}/scores/drafts")) == []
    for (supplier, criterion), marks in MARKS.items():
        done(await play.score(two, supplier, criterion, marks[1]))
    assert done(await one.get(f"{play.lot}/scores")) == []
    done(await play.score(one, "alder", "method", "2"))
    say(await play.score(one, "alder", "method", "3"), 422, "change-needs-reason", "Say why the score changes")
    changed = done(await play.score(one, "alder", "method", "3", change_reason="Annex 2 was overlooked."))
    assert changed["version"] == 2
    late = {"message": "We meet on Friday."}
    say(await two.post(f"{play.lot}/panel/reminders", late), 403, "forbidden", "moderator")
    unreasoned(await market.moderator.post(f"{play.lot}/panel/reminders", {"message": " "}), "/message")
    behind = done(await market.moderator.post(f"{play.lot}/panel/reminders", late))
    assert {person["person"] for person in behind} == {one.name, play.third_evaluator.name}
    for (supplier, criterion), marks in list(MARKS.items())[1:]:
        done(await play.score(one, supplier, criterion, marks[0]))
    assert len(done(await one.get(f"{play.lot}/scores"))) == 12
    early = await play.meet(market.moderator, [market.moderator, one, two], play.item("alder", "method", "3"))
    say(early, 422, "meeting-record-incomplete", "has not scored this bid", "was not present", "replace")


async def one_replaced(play: Play) -> None:
    """An evaluator in the middle of scoring declares an actual conflict, is out at once, and somebody follows."""
    market, gone = play.market, play.third_evaluator
    done(await play.score(gone, "cedar", "method", "5"))
    conflict = await play.declare(gone, interest="actual", details="My partner has joined Cedar's board.")
    say(await play.score(gone, "cedar", "team", "5"), 403, "not-cleared", "awaits approval")
    unreasoned(await market.approver.post(conflict, {"approved": False} | NO_REASON))
    done(await market.approver.post(conflict, {"approved": False, "reason": "It cannot be mitigated."}))
    say(await gone.get(f"{play.lot}/bids"), 403, "not-cleared", "rejected")
    follower = await market.colleague_of(market.author, "Fourth Evaluator")
    path = f"{play.lot}/panel/replacements"
    body = {"person_id": gone.id, "successor_id": follower.id, "reason": "A conflict of interest was declared."}
    say(await market.evaluator.post(path, body), 403, "forbidden", "author or moderator")
    say(await market.moderator.post(path, body), 422, "panel-incomplete", "Give the role first")
    done(await market.author.post(f"{play.path}/roles", {"person_id": follower.id, "role": "evaluator"}))
    unreasoned(await market.moderator.post(path, body | NO_REASON))
    done(await market.moderator.post(path, body))
    say(await market.moderator.post(path, body), 422, "panel-incomplete", "GET /lots/{id}/panel")
    play.third_evaluator = follower
    say(await play.score(follower, "alder", "method", "3"), 403, "not-cleared", "not declared")
    await play.clear(follower)
    for (supplier, criterion), marks in MARKS.items():
        done(await play.score(follower, supplier, criterion, marks[2]))
    scores = done(await market.moderator.get(f"{play.lot}/scores"))
    assert [score["value"] for score in scores if not score["counts"]] == ["5"]


async def agreed_and_locked(play: Play) -> None:
    """The panel meets about every question; what was agreed is typed in, one dissents, and then it is locked."""
    market, chair = play.market, play.market.moderator
    people = [chair, *(play.person(name) for name in PANEL)]
    say(await market.evaluator.get(f"{play.lot}/moderation/agenda"), 403, "forbidden", "moderator")
    agenda = done(await chair.get(f"{play.lot}/moderation/agenda"))
    assert (len(agenda["items"]), agenda["ready"]) == (6, True)
    alone = {"value": "3", "reason": "Three said so.", "cites": ["p. 3"]}
    path = f"{play.bid('alder')}/consensus/method"
    say(await chair.put(path, alone), 409, "panel-must-meet", "POST /lots/{id}/meetings")
    items = [
        play.item(name, criterion, value)
        for name, values in AGREED.items()
        for criterion, value in zip(("method", "team"), values, strict=True)
    ]
    say(await play.meet(market.evaluator, people, *items), 403, "forbidden", "moderator")
    mean = await play.meet(chair, people, items[0] | {"value": "3.33"})
    say(mean, 422, "score-off-the-scale", "average")
    silent = await play.meet(chair, people, items[0] | {"points": []})
    unreasoned(silent, "/items/0/points")
    unreasoned(await play.meet(chair, people, items[0] | NO_REASON), "/items/0/reason")
    apart = [{"person_id": person.id, "reason": "A page is missing."} for person in people[1:3]]
    two = await play.meet(chair, people, items[0] | {"dissent": apart})
    say(two, 422, "meeting-record-incomplete", "two_thirds", "Go on discussing")
    say(await chair.post(f"{play.lot}/criteria/method/lock"), 409, "agreements-missing", "POST /lots/{id}/meetings")
    items[2]["dissent"] = [{"person_id": people[2].id, "reason": "The crane plan is thin."}]
    meeting = done(await play.meet(chair, people, *items))
    assert sum(len(item["dissent"]) for item in meeting["items"]) == 1
    say(await play.evaluate(chair), 409, "criteria-not-locked", "/criteria/method/lock")
    say(await market.approver.post(f"{play.lot}/criteria/method/lock"), 403, "forbidden", "moderator")
    for name in ("method", "team"):
        done(await chair.post(f"{play.lot}/criteria/{name}/lock"))
    late = await play.score(market.evaluator, "alder", "method", "4", change_reason="Late thought.")
    say(late, 409, "criterion-locked", "unlock")
    unlock = f"{play.lot}/criteria/team/unlock"
    why = {"reason": "A page had not been in the evaluators' copy."}
    say(await chair.post(unlock, why), 403, "forbidden", "approver")
    unreasoned(await market.approver.post(unlock, NO_REASON))
    done(await market.approver.post(unlock, why))
    say(await market.approver.post(unlock, why), 409, "not-locked", "with a reason")
    done(await chair.post(f"{play.lot}/criteria/team/lock"))
    assert [lock["number"] for lock in done(await market.auditor.get(f"{play.lot}/criteria/locks"))] == [1, 1, 2]


async def clarified_and_selected(play: Play) -> None:
    """A bidder explains one part of its bid and changes nothing; who may take part is decided with evidence."""
    market, path = play.market, f"{play.bid('alder')}/clarifications"
    ask = {"kind": "explanation", "criterion_id": "method", "question": "For which schools does the plan hold?"}
    ask |= {"due_at": play.later(days=3)}
    say(await market.evaluator.post(path, ask), 403, "forbidden", "moderator or approver")
    say(await market.moderator.post(path, ask | {"criterion_id": "colour"}), 422, "no-such-part", "one criterion")
    past = ask | {"due_at": play.later(seconds=-1)}
    say(await market.moderator.post(path, past), 422, "no-time-to-answer", "in the future")
    unreasoned(await market.moderator.post(path, ask | {"question": " "}), "/question")
    asked = done(await market.moderator.post(path, ask))
    answer = f"/clarifications/{asked['id']}/answer"
    say(await market.birch.put(answer, {"answer": "For all."}), 404, "not-found")
    unreasoned(await market.alder.put(answer, {"answer": " "}), "/answer")
    done(await market.alder.put(answer, {"answer": "For all twelve, as annex 2 lists them."}))
    say(await market.alder.put(answer, {"answer": "And more."}), 409, "already-answered", "asks again")
    second = done(await market.moderator.post(path, ask | {"question": "And the cranes?"}))
    await play.wait(days=3)
    say(await market.alder.put(f"/clarifications/{second['id']}/answer", {"answer": "Two."}), 409, "answer-too-late")
    decision = {"subject": "condition", "id": "insurance", "outcome": "met"}
    decision |= {"evidence": "Certificate of 3 January, annex 5.", "reason": "Cover of 10 million pounds."}
    path = f"{play.bid('alder')}/selection"
    say(await market.evaluator.post(path, decision), 403, "forbidden", "moderator or approver")
    unreasoned(await market.moderator.post(path, decision | NO_REASON))
    unreasoned(await market.moderator.post(path, decision | {"evidence": " "}), "/evidence")
    say(await market.moderator.post(path, decision | {"id": "colour"}), 422, "no-such-ground", "/requirements")
    plain = {"state": "failed_selection", "reason": "No insurance."}
    say(await market.moderator.put(f"{play.bid('alder')}/state", plain), 409, "decided-elsewhere", "/selection")
    for name in SUPPLIERS:
        for subject, requirement in (("condition", "insurance"), ("mandatory", "modules")):
            one = decision | {"subject": subject, "id": requirement}
            done(await market.moderator.post(f"{play.bid(name)}/selection", one))


async def ranked_and_proved(play: Play) -> dict[str, Any]:
    """Under the published rules and no others; anybody of the panel proves the result again."""
    market = play.market
    say(await play.evaluate(market.evaluator), 403, "forbidden", "moderator")
    say(await play.evaluate(market.moderator, rules_digest="0" * 64), 409, "other-rules", play.rules_digest)
    early = {"evaluation_id": str(uuid4()), "bid_id": play.bids["birch"], "reason": "The best."}
    say(await market.moderator.post(f"{play.lot}/recommendations", early), 409, "not-the-last-evaluation", "last one")
    say(await market.approver.post(f"{play.lot}/award", early), 409, "not-the-last-evaluation", "last one")
    run = done(await play.evaluate(market.moderator))
    say(await play.evaluate(market.moderator), 422, "run-without-reason", "Say what was")
    result = done(await market.evaluator.get(f"/evaluations/{run['id']}"))
    assert result["winner"] == play.bids["birch"]
    say(await market.colleague.post(f"/evaluations/{run['id']}/verification"), 403, "forbidden", "auditor")
    assert done(await market.auditor.post(f"/evaluations/{run['id']}/verification"))["agrees"]
    return run


async def recommended_and_awarded(play: Play, run: dict[str, Any]) -> None:
    """The panel answers every warning, an approver sends it back once, and then decides."""
    market, path = play.market, f"{play.lot}/recommendations"
    say(await play.recommend(market.approver, run, "birch"), 403, "forbidden", "moderator")
    say(await play.recommend(market.moderator, run, "cedar"), 409, "not-ranked-first", play.bids["birch"])
    unreasoned(await play.recommend(market.moderator, run, "birch", reason=" "))
    unasked = [{"warning": "none", "answer": "So be it."}]
    faults = await play.recommend(market.moderator, run, "birch", acknowledged=unasked)
    say(faults, 422, "warnings-not-answered", "GET /evaluations/{id}/warnings", "Leave it out")
    say(await play.award(market.approver, run, "birch"), 409, "not-recommended", "POST /lots/{id}/recommendations")
    first = done(await play.recommend(market.moderator, run, "birch"))
    rejection = f"{path}/{first['number']}/rejection"
    why = {"reason": "It does not say how the crane plan was assessed."}
    say(await market.moderator.post(rejection, why), 403, "forbidden", "approver")
    unreasoned(await market.approver.post(rejection, NO_REASON))
    done(await market.approver.post(rejection, why))
    say(await market.approver.post(rejection, why), 409, "recommendation-decided", "GET /lots/{id}/recommendations")
    say(await play.award(market.approver, run, "birch"), 409, "not-recommended", "A moderator recommends")
    done(await play.recommend(market.moderator, run, "birch", reason="Ranked first; the crane plan names every site."))
    say(await play.award(market.moderator, run, "birch"), 403, "forbidden", "approver")
    unreasoned(await play.award(market.approver, run, "birch", reason=" "))
    say(await play.award(market.approver, run, "cedar"), 409, "not-ranked-first", "ranks")
    assert done(await play.award(market.approver, run, "birch"))["number"] == 1
    say(await play.award(market.approver, run, "birch"), 409, "lot-already-awarded", "GET /lots/{id}/award")
    late = {"state": "excluded", "reason": "Too late."}
    say(await market.moderator.put(f"{play.bid('alder')}/state", late), 409, "lot-already-awarded")


async def letters_completed(play: Play) -> None:
    """Regulation 31: what is missing is named with the request that gives it, and secrets are left out with reasons."""
    market, path = play.market, f"{play.lot}/assessment-summaries"
    own = f"{path}/{play.bids['alder']}"
    say(await market.alder.get(own), 404, "not-found")
    sending = f"{path}/sending"
    say(await market.approver.post(sending, {}), 409, "letters-incomplete", "reg. 31 (b)", "PUT /lots/")
    text = {"text": "3 Mill Lane, Northgate"}
    say(await market.evaluator.put(f"{own}/texts/postal_address", text), 403, "forbidden", "author or moderator")
    say(await market.moderator.put(f"{own}/texts/adress", text), 422, "no-such-field", "postal_address")
    unreasoned(await market.moderator.put(f"{own}/texts/postal_address", {"text": " "}), "/text")
    await play.complete(path, {"postal_address": "3 Mill Lane, Northgate NG1 2AB", "email": "bids@supplier.example"})
    assert [line["missing"] for line in done(await market.moderator.get(path))] == [[], [], []]
    winner = f"{path}/{play.bids['birch']}/redactions/explanation:team"
    secret = {"ground": "personal-data", "reason": "The explanation names its people."}
    say(await market.moderator.put(winner, secret), 403, "forbidden", "approver")
    unreasoned(await market.approver.put(winner, NO_REASON))
    bare = secret | {"ground": "we-would-rather-not"}
    say(await market.approver.put(winner, bare), 422, "not-a-ground", "trade-secret")
    total = winner.replace("explanation:team", "total")
    say(await market.approver.put(total, secret), 422, "must-be-told", "reg. 31")
    done(await market.approver.put(winner, secret))
    letter = done(await market.moderator.get(own))["letter"]
    team = next(one for one in letter["winner"]["criteria"] if one["id"] == "team")
    assert (team["explanation"]["text"], team["explanation"]["redacted"]) == (
        None,
        f"{secret['reason']} (Withheld: UK GDPR art. 5(1)(c).)",
    )


async def letters_sent_and_notice_published(play: Play) -> None:
    """All letters at once; then the notice, with which the standstill begins; no contract before its end."""
    market, path = play.market, f"{play.lot}/assessment-summaries"
    notice = {"published_at": play.later(minutes=-1), "reference": "2031/S 000-123456"}
    say(await market.approver.post(f"{play.lot}/award-notice", notice), 409, "letters-not-sent", "/sending")
    say(await market.moderator.post(f"{path}/sending", {}), 403, "forbidden", "approver")
    revealing = await market.approver.post(f"{path}/sending", {})
    say(revealing, 409, "price-given-away", "inference_accepted")
    unreasoned(await market.approver.post(f"{path}/sending", {"inference_accepted": " "}), "/inference_accepted")
    accepted = {"inference_accepted": "The award notice tells the price of the contract."}
    sent = done(await market.approver.post(f"{path}/sending", accepted))
    assert (sent["letters"], sent["standstill_ends_at"]) == (3, None)
    say(await market.approver.post(f"{path}/sending", accepted), 409, "letters-already-sent", "letter of its own")
    late = await market.moderator.put(f"{path}/{play.bids['alder']}/texts/email", {"text": "x@y.example"})
    say(late, 409, "letters-already-sent")
    letter = done(await market.alder.get(f"{path}/{play.bids['alder']}"))["letter"]
    assert (letter["own"]["supplier"], letter["winner"]["supplier"]) == (market.alder.name, market.birch.name)
    assert market.cedar.name not in json.dumps(letter)
    say(await market.cedar.get(f"{path}/{play.bids['alder']}"), 404, "not-found")
    say(await play.sign(market.approver), 409, "standstill-runs", "GET /lots/{id}/standstill", "award notice")
    say(await market.moderator.post(f"{play.lot}/award-notice", notice), 403, "forbidden", "approver")
    before = await market.approver.post(f"{play.lot}/award-notice", notice)
    say(before, 422, "invalid-request", "letters were sent", "Check the instant")
    await play.wait(hours=1)
    unreasoned(await market.approver.post(f"{play.lot}/award-notice", notice | {"reference": " "}), "/reference")
    notice["published_at"] = play.later(minutes=-1)
    published = done(await market.approver.post(f"{play.lot}/award-notice", notice))
    again = await market.approver.post(f"{play.lot}/award-notice", notice)
    say(again, 409, "notice-already-published", "GET /lots/{id}/award-notice")
    standstill = done(await market.approver.get(f"{play.lot}/standstill"))
    assert standstill["ends_at"] == published["standstill_ends_at"]


async def contract_after_the_standstill(play: Play) -> None:
    """Not an instant before the end of the eighth working day."""
    market = play.market
    ends_at = datetime.fromisoformat(done(await market.approver.get(f"{play.lot}/standstill"))["ends_at"])
    await play.at(ends_at - timedelta(microseconds=1))
    say(await play.sign(market.approver), 409, "standstill-runs", f"{ends_at:%Y-%m-%d}")
    await play.at(ends_at)
    say(await play.sign(market.moderator), 403, "forbidden", "approver or contract manager")
    unreasoned(await play.sign(market.approver, reference=" "), "/reference")
    say(await play.sign(market.approver, signed_at=play.later(days=1)), 422, "invalid-request", "once it is signed")
    assert done(await play.sign(market.approver))["bid_id"] == play.bids["birch"]
    say(await play.sign(market.approver), 409, "contract-signed", "court")
    annulment = {"annulled_by": "buyer", "reference": "NGC 7", "reason": "Second thoughts."}
    say(await market.approver.post(f"{play.lot}/award/annulment", annulment), 409, "contract-signed", "only a court")


async def reported(play: Play) -> None:
    """The report of the procedure tells what is known, conflicts included, and names what people must say."""
    market, path = play.market, f"{play.path}/procedure-report"
    say(await market.officer.get(path), 403, "forbidden", "auditor")
    report = done(await market.auditor.get(path))
    assert {one["field"] for one in report["missing"]} == {
        "authority_address",
        "value",
        "procedure",
        "subcontracting:1",
    }
    declared = {one["interest"]: one["approved"] for one in report["conflicts_declared"]}
    assert declared == {"potential": True, "actual": False}
    texts = {"authority_address": "Town Hall", "value": "118000 GBP", "procedure": "open", "subcontracting:1": "None."}
    for field, text in texts.items():
        say(
            await market.evaluator.put(f"{path}/texts/{field}", {"text": text}), 403, "forbidden", "author or moderator"
        )
        unreasoned(await market.author.put(f"{path}/texts/{field}", {"text": " "}), "/text")
        done(await market.moderator.put(f"{path}/texts/{field}", {"text": text}))
    assert done(await market.auditor.get(path))["missing"] == []
