"""A whole procurement under Directive 2014/24/EU, as Germany has it, played by people who try the wrong things first.

Two lots, four suppliers, one of them jointly with others; three evaluators, a moderator, two opening officers, an
approver and an auditor. The prices of the first lot stay sealed until the technical consensus is locked. One bidder is
excluded after a hearing, one price is rejected as abnormally low, and the joint bid wins. At every step somebody
without the role, somebody too early or too late, and somebody without a reason is refused, and told what to do.
"""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.make_play import NO_REASON, Play, begin, say, unreasoned
from tests.make_play_eu import (
    AGREED,
    MEMBERS,
    PANEL,
    PRICES,
    UPKEEP,
    bid_for,
    drafted,
    interests_declared,
    opened_by_two,
    published_and_corrected,
    seated_and_scored,
)
from tests.make_play_steps import asked_and_answered, recorded_and_verified
from tests.service.conftest import Market, collected_log, done, frozen

__all__ = ["collected_log", "frozen"]

EVERYBODY = f"Register extracts of {', '.join(MEMBERS)}, all of January 2031."
LETTERS_AT = datetime(2031, 4, 1, 8, tzinfo=UTC)
"""In Berlin ten in the morning; the tenth day after it is Good Friday."""


async def test_an_eu_procurement_from_draft_to_its_report(frozen: Market, tmp_path: Path) -> None:
    """Drafted, corrected, bid for, opened, scored, agreed, locked, priced, ranked, awarded, told, signed, reported."""
    play = await begin(frozen)
    await drafted(play)
    await published_and_corrected(play)
    await asked_and_answered(play)
    await bid_for(play)
    await opened_by_two(play)
    await interests_declared(play)
    await seated_and_scored(play)
    await agreed(play)
    await heard_and_excluded(play)
    await joint_bid_selected(play)
    await error_corrected(play)
    await locked_and_priced(play)
    first = await ranked_and_proved(play)
    await low_price_explained(play, first)
    run = await ranked_again(play, first)
    await recommended_and_awarded(play, run)
    await second_lot_awarded(play)
    await letters_completed(play)
    await letters_sent(play)
    await nothing_told_of_others(play)
    await contract_after_the_standstill(play)
    await reported(play)
    kinds = ("corrigendum.issued", "consensus.locked", "prices.opened", "abnormally-low.decided", "correction.decided")
    forged = ("New plant, same manager", "New plant, new manager")
    every_act_told(await recorded_and_verified(play, tmp_path, kinds, forged))


async def agreed(play: Play) -> None:
    """A meeting that everybody was at; a mark that changes after it is met about again, or nothing is locked."""
    market, chair = play.market, play.market.moderator
    people = [chair, *(play.person(name) for name in PANEL)]
    say(await chair.post(f"{play.lot}/consensus-lock"), 409, "evaluation-incomplete", "POST /lots/")
    items = [
        play.item(name, criterion, value)
        for name, values in AGREED.items()
        for criterion, value in zip(("method", "team"), values, strict=True)
    ]
    absent = await play.meet(chair, people[:-1], *items)
    say(absent, 422, "meeting-record-incomplete", "was not present")
    say(await play.meet(chair, people[1:], *items), 422, "meeting-record-incomplete", "Name yourself")
    guest = [*people, market.colleague]
    say(await play.meet(chair, guest, *items), 422, "meeting-record-incomplete", "not cleared")
    high = await play.meet(chair, people, items[0] | {"value": "5"})
    say(high, 422, "meeting-record-incomplete", "No evaluator had given", "answer")
    meeting = done(await play.meet(chair, people, *items))
    assert [item["bid_id"] for item in meeting["items"]] == [item["bid_id"] for item in items]
    assert done(await market.auditor.get(f"{play.lot}/meetings"))[0]["chair_reason"] is None
    await play.wait(minutes=1)
    why = {"change_reason": "Annex 3 was overlooked."}
    done(await play.score(market.second_evaluator, "dogwood", "method", "5", **why))
    say(await chair.post(f"{play.lot}/criteria/method/lock"), 409, "panel-must-meet", "later than it was agreed")
    again = play.item("dogwood", "method", "5")
    say(await play.meet(chair, people, again), 422, "change-needs-reason", "Say why the score changes")
    done(await play.meet(chair, people, again | why))
    done(await chair.post(f"{play.lot}/criteria/method/lock"))


async def heard_and_excluded(play: Play) -> None:
    """Art. 57(4)(g) and (6): heard first, its measures judged in writing, and only then out; its price stays sealed."""
    market, path = play.market, f"{play.bid('cedar')}/hearings"
    ask = {"ground_id": "deficient-performance", "question": "Westgate ended a contract with you. What do you say?"}
    ask["due_at"] = play.later(days=10)
    out = {"outcome": "excluded", "evidence": "The notice of termination of 4 May 2029."}
    plain = {"state": "excluded", "reason": "We know them."}
    say(await market.moderator.put(f"{play.bid('cedar')}/state", plain), 409, "decided-elsewhere", "exclusion grounds")
    ground = (market.moderator, "cedar", "ground", "deficient-performance")
    say(await play.decide(*ground, **out), 409, "not-heard", "POST /bids/{id}/hearings")
    say(await market.evaluator.post(path, ask), 403, "forbidden", "moderator or approver")
    say(await market.moderator.post(path, ask | {"ground_id": "bad-feeling"}), 422, "no-such-ground", "/jurisdictions")
    far = ask | {"due_at": play.later(days=91)}
    say(await market.moderator.post(path, far), 422, "no-time-to-answer", "90 days")
    unreasoned(await market.moderator.post(path, ask | {"question": " "}), "/question")
    asked = done(await market.moderator.post(path, ask))
    say(await play.decide(*ground, **out), 409, "not-heard", asked["due_at"][:10])
    answer = f"/clarifications/{asked['id']}/answer"
    say(await market.birch.put(answer, {"answer": "It was not us."}), 404, "not-found")
    done(await market.cedar.put(answer, {"answer": "We have a new plant."}))
    say(await play.decide(*ground, **out), 422, "measures-not-judged", "why they are not enough")
    judged = {"self_cleaning": "New plant, same manager; the damages are unpaid."}
    say(await play.decide(*ground, "met", **judged), 422, "invalid-request", "with no other")
    made = done(await play.decide(*ground, **out, **judged))
    assert (made["state"]["state"], made["decision"]["self_cleaning"]) == ("excluded", judged["self_cleaning"])
    back = {"state": "admissible", "reason": "Second thoughts."}
    say(await market.moderator.put(f"{play.bid('cedar')}/state", back), 409, "decided-elsewhere", "mend it there")


async def joint_bid_selected(play: Play) -> None:
    """Art. 57 and 63(1): each member and whoever is relied upon, ground by ground; one has cleaned itself."""
    market = play.market
    law = done(await market.auditor.get(f"{play.path}/legal-rules"))
    mandatory = [ground["id"] for ground in law["grounds"] if ground["kind"] == "mandatory"]
    lead = {"evidence": f"Register extract of {MEMBERS[0]}."}
    alone = await play.decide(market.moderator, "dogwood", "ground", "fraud", **lead)
    assert len(say(alone, 422, "party-not-named", MEMBERS[1], MEMBERS[2])["errors"]) == 2
    held = (market.moderator, "dogwood", "ground", "corruption")
    say(await play.decide(*held, "not_excluded", evidence=EVERYBODY), 409, "ground-is-mandatory", "is mandatory")
    clean = {"evidence": EVERYBODY, "self_cleaning": "The director of Fir left, damages were paid, audits are yearly."}
    say(await play.decide(*held, "self_cleaned", **clean), 409, "no-self-cleaning", "has not answered")
    taxes = (market.moderator, "dogwood", "ground", "unpaid-taxes-established")
    say(await play.decide(*taxes, "self_cleaned", **clean), 409, "no-self-cleaning", "has none")
    ask = {"ground_id": "corruption", "question": "A director of Fir was convicted.", "due_at": play.later(days=10)}
    asked = done(await market.approver.post(f"{play.bid('dogwood')}/hearings", ask))
    done(await play.dogwood.put(f"/clarifications/{asked['id']}/answer", {"answer": "He left, and we paid."}))
    say(await play.decide(*held, "self_cleaned", evidence=EVERYBODY), 422, "invalid-request", "how what the supplier")
    done(await play.decide(*held, "self_cleaned", **clean))
    for ground in sorted({*mandatory} - {"corruption"}):
        done(await play.decide(market.moderator, "dogwood", "ground", ground, evidence=EVERYBODY))
    say(await play.decide(market.moderator, "dogwood", "condition", "size"), 422, "no-such-ground", "/requirements")
    say(await play.decide(market.author, "dogwood", "condition", "insurance"), 403, "forbidden")
    done(await play.decide(market.moderator, "birch", "condition", "insurance"))


async def error_corrected(play: Play) -> None:
    """C-336/12 Manova: an obvious slip is asked about, answered, and mended by two persons; nothing else changes."""
    market, path = play.market, f"{play.bid('birch')}/clarifications"
    ask = {"kind": "obvious_error", "criterion_id": "weeks", "question": "6 here, 60 in annex 3: which is meant?"}
    ask["due_at"] = play.later(days=2)
    price = {"kind": "explanation", "criterion_id": "price", "question": "What is in it?", "due_at": ask["due_at"]}
    say(await market.moderator.post(path, price), 409, "prices-sealed", "?envelope=price")
    whole = {name: value for name, value in price.items() if name != "criterion_id"}
    say(await market.moderator.post(path, whole), 422, "invalid-request", "name exactly one")
    asked = done(await market.moderator.post(path, ask))
    mend = f"/clarifications/{asked['id']}/correction"
    fit = {"corrected": "60", "reason": "Annex 3 adds up to 60 weeks."}
    say(await market.moderator.post(mend, fit), 409, "not-an-obvious-error", "has not answered")
    done(await market.birch.put(f"/clarifications/{asked['id']}/answer", {"answer": "60, as annex 3 has it."}))
    say(await market.approver.post(mend, fit), 403, "forbidden", "moderator")
    say(await market.moderator.post(mend, fit | {"corrected": "6"}), 422, "unfit-correction", "is 6 already")
    unreasoned(await market.moderator.post(mend, fit | NO_REASON))
    done(await market.moderator.post(mend, fit))
    say(await market.moderator.post(mend, fit), 409, "correction-proposed", "Somebody else")
    yes = {"decision": "confirmed", "reason": "The annex was part of the bid."}
    say(await market.moderator.put(f"{mend}/decision", yes), 403, "forbidden", "approver")
    unreasoned(await market.approver.put(f"{mend}/decision", yes | NO_REASON))
    made = done(await market.approver.put(f"{mend}/decision", yes))
    assert (made["original"], made["corrected"]) == ("6", "60")
    say(await market.approver.put(f"{mend}/decision", yes), 409, "correction-decided", "A decision stands")


async def locked_and_priced(play: Play) -> None:
    """The technical work is closed for good before two officers open the prices of those who are still in the race."""
    market, chair = play.market, play.market.moderator
    prices, lock = f"{play.lot}/opening?envelope=price", f"{play.lot}/consensus-lock"
    say(await market.officer.post(prices), 409, "consensus-not-locked", "/consensus-lock")
    say(await play.evaluate(chair), 409, "prices-sealed", "?envelope=price")
    low = {"question": "Why so cheap?", "due_at": play.later(days=7)}
    say(await chair.post(f"{play.bid('alder')}/abnormally-low/requests", low), 409, "prices-sealed")
    say(await market.approver.post(lock), 403, "forbidden", "moderator")
    with play.in_lot(2):
        say(await chair.post(f"{play.lot}/consensus-lock"), 409, "no-price-envelope")
    locked = done(await chair.post(lock))
    assert (locked["go_on"], [one["bid_id"] for one in locked["stay_sealed"]]) == (3, [play.bids["cedar"]])
    say(await chair.post(lock), 409, "consensus-locked", "fit the quality to the price")
    late = await play.score(market.evaluator, "birch", "team", "5", change_reason="A late thought.")
    say(late, 409, "consensus-locked")
    unlock = await market.approver.post(f"{play.lot}/criteria/team/unlock", {"reason": "A late thought."})
    say(unlock, 409, "consensus-locked")
    unmet = await play.decide(chair, "birch", "condition", "insurance", "not_met")
    say(unmet, 409, "consensus-locked", "wait until the prices are opened")
    say(await market.evaluator.post(prices), 403, "forbidden", "opening officer")
    record = await play.open("price")
    sealed = {bid["bid_id"]: bid["stays_sealed"] for bid in record["prices"]["bids"]}
    assert [name for name, why in sealed.items() if why] == [play.bids["cedar"]]
    say(await market.officer.post(prices), 409, "already-opened")
    say(
        await play.decide(chair, "cedar", "ground", "deficient-performance"),
        409,
        "price-stays-sealed",
        "out of the race",
    )
    for who in (market.evaluator, market.auditor):
        bids = {bid["bid_id"]: bid["offers"].get("price") for bid in done(await who.get(f"{play.lot}/bids"))}
        assert bids[play.bids["cedar"]] is None
        assert (bids[play.bids["birch"]] is None) == (who is market.evaluator)


async def ranked_and_proved(play: Play) -> dict[str, Any]:
    """Under the published rules, proved again; the cheapest is first for now, and flagged by the published test."""
    market = play.market
    say(await play.evaluate(market.approver), 403, "forbidden", "moderator")
    say(await play.evaluate(market.moderator, rules_digest="f" * 64), 409, "other-rules", play.rules_digest)
    run = done(await play.evaluate(market.moderator))
    say(await market.alder.get(f"/evaluations/{run['id']}"), 404, "not-found")
    result = done(await market.auditor.get(f"/evaluations/{run['id']}"))
    assert result["winner"] == play.bids["alder"]
    assert done(await market.evaluator.post(f"/evaluations/{run['id']}/verification"))["agrees"]
    (low,) = done(await market.moderator.get(f"{play.lot}/abnormally-low"))
    assert (low["bid_id"], low["open"]) == (play.bids["alder"], "request")
    return run


async def low_price_explained(play: Play, run: dict[str, Any]) -> None:
    """Art. 69: asked with a clock, judged in writing, decided by another; a breach of labour law must be rejected."""
    market, path = play.market, f"{play.bid('alder')}/abnormally-low"
    say(await play.award(market.approver, run, "alder"), 409, "not-assessed", "Ask its supplier")
    plain = {"state": "abnormally_low_rejected", "reason": "Too cheap."}
    say(await market.moderator.put(f"{play.bid('alder')}/state", plain), 409, "decided-elsewhere", "asked to explain")
    no = {"outcome": "rejected", "reason": "The wages are below the agreement that binds the site."}
    say(await market.approver.post(f"{path}/decisions", no), 409, "not-answered", "has not been asked")
    ask = {"question": "Explain your labour costs in figures.", "due_at": play.later(days=7)}
    say(await market.evaluator.post(f"{path}/requests", ask), 403, "forbidden", "moderator or approver")
    unreasoned(await market.moderator.post(f"{path}/requests", ask | {"question": " "}), "/question")
    asked = done(await market.moderator.post(f"{path}/requests", ask))["requests"][-1]
    judged = {"explained": False, "reason": "Annex 2 pays 9 euros an hour.", "mandatory_case": "labour"}
    say(await market.moderator.post(f"{path}/assessments", judged), 409, "not-answered", asked["due_at"][:10])
    said = {"answer": "We pay 9 euros an hour, as annex 2 shows."}
    await play.at(datetime.fromisoformat(asked["due_at"]))
    say(
        await market.alder.put(f"/clarifications/{asked['id']}/answer", said),
        409,
        "answer-too-late",
        "already too late",
    )
    again = ask | {"due_at": play.later(days=3)}
    asked = done(await market.moderator.post(f"{path}/requests", again))["requests"][-1]
    answer = f"/clarifications/{asked['id']}/answer"
    await play.at(datetime.fromisoformat(asked["due_at"]) - timedelta(microseconds=1))
    done(await market.alder.put(answer, said))
    say(await market.alder.put(answer, {"answer": "And 13 from May on."}), 409, "already-answered", "asks again")
    say(await market.approver.post(f"{path}/decisions", no), 409, "assessment-missing", "A moderator assesses")
    say(await market.approver.post(f"{path}/assessments", judged), 403, "forbidden", "moderator")
    say(await market.moderator.post(f"{path}/assessments", judged), 422, "no-such-case", "abnormally_low_mandatory")
    judged["mandatory_case"] = "environmental-social-labour-law"
    both = judged | {"explained": True}
    say(await market.moderator.post(f"{path}/assessments", both), 422, "invalid-request", "leave one of the two out")
    unreasoned(await market.moderator.post(f"{path}/assessments", judged | NO_REASON))
    done(await market.moderator.post(f"{path}/assessments", judged))
    yes = no | {"outcome": "accepted"}
    say(await market.approver.post(f"{path}/decisions", yes), 409, "assessment-says-otherwise", "must be rejected")
    say(await market.moderator.post(f"{path}/decisions", no), 403, "forbidden", "approver")
    unreasoned(await market.approver.post(f"{path}/decisions", no | NO_REASON))
    assert done(await market.approver.post(f"{path}/decisions", no))["state"] == "abnormally_low_rejected"


async def ranked_again(play: Play, first: dict[str, Any]) -> dict[str, Any]:
    """What is out of date is not followed; the new run stands beside the old one, and the difference is explained."""
    market = play.market
    say(await play.recommend(market.moderator, first, "alder"), 409, "evaluation-outdated", "evaluates the lot")
    say(await play.award(market.approver, first, "alder"), 409, "evaluation-outdated", "with the reason")
    say(await play.evaluate(market.moderator), 422, "run-without-reason", "Say what was")
    run = done(await play.evaluate(market.moderator, reason="Alder's price was rejected."))
    path = f"/evaluations/{run['id']}/difference?from="
    backwards = f"/evaluations/{first['id']}/difference?from={run['id']}"
    say(await market.auditor.get(backwards), 422, "runs-not-comparable", "exchange the two")
    told = done(await market.auditor.get(path + first["id"]))
    (change,) = told["inputs"]
    assert (change["before"], change["after"]) == ("admissible", "abnormally_low_rejected")
    assert (told["winner_before"], told["winner_after"]) == (play.bids["alder"], play.bids["dogwood"])
    assert done(await market.auditor.post(f"/evaluations/{run['id']}/verification"))["agrees"]
    return run


async def recommended_and_awarded(play: Play, run: dict[str, Any]) -> None:
    """The panel recommends whom it has looked at; somebody who judged nothing decides."""
    market = play.market
    missing = say(await play.recommend(market.moderator, run, "dogwood"), 409, "requirements-not-decided", "Liability")
    assert [fault["pointer"].rpartition("/")[2] for fault in missing["errors"]] == ["insurance"]
    done(await play.decide(market.moderator, "dogwood", "condition", "insurance"))
    warned = {one["name"] for one in done(await market.moderator.get(f"/evaluations/{run['id']}/warnings"))}
    assert "grounds-not-decided" not in warned
    say(await play.recommend(market.evaluator, run, "dogwood"), 403, "forbidden", "moderator")
    say(await play.recommend(market.moderator, run, "birch"), 409, "not-ranked-first", play.bids["dogwood"])
    done(await play.recommend(market.moderator, run, "dogwood", reason="Best plan; each member was looked at."))
    say(await play.award(market.auditor, run, "dogwood"), 403, "forbidden", "approver")
    nothing = {"evaluation_id": run["id"], "bid_id": None, "reason": "We wait."}
    say(await market.approver.post(f"{play.lot}/award", nothing), 409, "not-recommended", play.bids["dogwood"])
    unreasoned(await play.award(market.approver, run, "dogwood", reason=""))
    award = done(await play.award(market.approver, run, "dogwood"))
    assert award["bidder"] == f"{MEMBERS[0]} / {MEMBERS[1]}"
    late = {"reason": "The award is sent back."}
    rejection = f"{play.lot}/recommendations/1/rejection"
    say(await market.approver.post(rejection, late), 409, "lot-already-awarded")
    say(await market.approver.post(f"{play.lot}/cancellation", late), 409, "lot-already-awarded", "cancel the other")


async def second_lot_awarded(play: Play) -> None:
    """Each lot has a decision of its own."""
    market = play.market
    with play.in_lot(2):
        say(await market.approver.post(f"{play.lot}/assessment-summaries/sending", {}), 409, "not-awarded")
        run = done(await play.evaluate(market.moderator))
        unasked = await play.recommend(market.moderator, run, "birch", acknowledged=[])
        say(unasked, 409, "requirements-not-decided", "insurance")
        done(await play.decide(market.moderator, "birch", "condition", "insurance"))
        silent = await play.recommend(market.moderator, run, "birch", acknowledged=[])
        say(silent, 422, "warnings-not-answered", "grounds-not-decided", "corruption")
        done(await play.recommend(market.moderator, run, "birch"))
        done(await play.award(market.approver, run, "birch"))


async def letters_completed(play: Play) -> None:
    """Art. 55(2): whom it concerns and why; what is missing is named with its reference, others' names are found."""
    market, path = play.market, f"{play.lot}/assessment-summaries"
    sending = f"{path}/sending"
    say(await market.moderator.post(sending, {}), 403, "forbidden", "approver")
    missing = say(await market.approver.post(sending, {}), 409, "letters-incomplete", "art. 55(2)(c)", "relative")
    assert f"/bids/{play.bids['birch']}/relative_advantages" in [fault["pointer"] for fault in missing["errors"]]
    await play.complete(path, {})
    text = f"{path}/{play.bids['birch']}/texts/relative_advantages"
    named = {"text": f"Its plan is better than yours, and than that of {market.cedar.name}."}
    done(await market.moderator.put(text, named))
    found = say(await market.approver.post(sending, {}), 409, "others-mentioned", market.cedar.name, "anew")
    assert {fault["pointer"] for fault in found["errors"]} == {f"/bids/{play.bids['birch']}/relative_advantages"}
    done(await market.moderator.put(text, {"text": "Every school has its own phase; the lead was on site twice."}))
    for bid in play.bids.values():
        letter = done(await market.moderator.get(f"{path}/{bid}"))
        assert (letter["missing"], letter["given_away"], letter["mentions"]) == ([], [], [])
    cedar = done(await market.moderator.get(f"{path}/{play.bids['cedar']}"))["letter"]["own"]
    assert "article 57(4)(g)" in cedar["disqualification"]
    assert "the damages are unpaid" in cedar["disqualification"]
    with play.in_lot(2):
        await play.complete(f"{play.lot}/assessment-summaries", {})


async def letters_sent(play: Play) -> None:
    """Directive 89/665/EEC art. 2a(2): ten days from sending, on paper fifteen, and never ending on a holiday."""
    market, path = play.market, f"{play.lot}/assessment-summaries"
    await play.at(LETTERS_AT)
    notice = {"published_at": play.later(minutes=-1), "reference": "2031/S 000-123456"}
    say(await market.approver.post(f"{play.lot}/award-notice", notice), 409, "letters-not-sent", "/sending")
    say(await play.sign(market.approver), 409, "standstill-runs", "has not begun")
    say(await market.birch.get(f"{path}/{play.bids['birch']}"), 404, "not-found")
    sent = done(await market.approver.post(f"{path}/sending", {}))
    assert (sent["letters"], sent["standstill_ends_at"]) == (4, "2031-04-16T00:00:00+02:00")
    with play.in_lot(2):
        paper = done(await market.approver.post(f"{play.lot}/assessment-summaries/sending", {"on_paper": True}))
        assert paper["standstill_ends_at"] == "2031-04-17T00:00:00+02:00"
        letter = done(await market.alder.get(f"{play.lot}/assessment-summaries/{play.bids['alder']}"))["letter"]
        assert "15 calendar days" in letter["standstill"]
    again = await market.approver.post(f"{path}/sending", {})
    say(again, 409, "letters-already-sent", "letter of its own")
    days = done(await market.author.get(f"{play.lot}/standstill"))["explained"]["days"]
    assert [day["on"] for day in days if day["counted"] == 10] == ["2031-04-11"]
    assert days[-1]["on"] == "2031-04-15"


async def nothing_told_of_others(play: Play) -> None:
    """A loser reads its own assessment and the winner's characteristics: no name and no price of a third bidder."""
    for number in (1, 2):
        with play.in_lot(number):
            winner = "dogwood" if number == 1 else "birch"
            for reader, bid in play.bids.items():
                answer = await play.person(reader).get(f"{play.lot}/assessment-summaries/{bid}")
                letter = json.dumps(done(answer)["letter"])
                assert play.person(reader).name in letter
                for other in set(play.bids) - {reader, winner}:
                    assert play.person(other).name.split()[0] not in letter
                prices = PRICES if number == 1 else UPKEEP
                told = {name for name in play.bids if prices[name].partition(".")[0] in letter}
                assert told == {reader} - {"cedar"}
                say(await play.market.stranger.get(f"{play.lot}/assessment-summaries/{bid}"), 404, "not-found")


async def contract_after_the_standstill(play: Play) -> None:
    """Not an instant before the end where the tender lives, each lot at its own; then the notice (art. 50)."""
    market = play.market
    ends_at = datetime.fromisoformat("2031-04-16T00:00:00+02:00")
    await play.at(ends_at - timedelta(microseconds=1))
    say(await play.sign(market.approver), 409, "standstill-runs", "2031-04-1")
    await play.at(ends_at)
    say(await play.sign(market.author), 403, "forbidden", "approver or contract manager")
    before = play.later(microseconds=-1)
    say(await play.sign(market.approver, signed_at=before), 409, "standstill-runs", "can be set aside")
    with play.in_lot(2):
        say(await play.sign(market.approver), 409, "standstill-runs")
    assert done(await play.sign(market.approver))["bid_id"] == play.bids["dogwood"]
    await play.wait(days=1)
    for number in (1, 2):
        with play.in_lot(number):
            if number == 2:
                done(await play.sign(market.approver, reference="NGC-2031-08"))
            early = {"published_at": LETTERS_AT.isoformat(), "reference": f"2031/S 000-00000{number}"}
            backdated = early | {"published_at": (LETTERS_AT - timedelta(days=1)).isoformat()}
            say(await market.approver.post(f"{play.lot}/award-notice", backdated), 422, "invalid-request", "letters")
            said = early | {"published_at": play.now.isoformat()}
            say(await market.moderator.post(f"{play.lot}/award-notice", said), 403, "forbidden", "approver")
            published = done(await market.approver.post(f"{play.lot}/award-notice", said))
            standstill = done(await market.auditor.get(f"{play.lot}/standstill"))
            assert published["standstill_ends_at"] == standstill["ends_at"]


async def reported(play: Play) -> None:
    """Art. 84(1): who was out and why, whose price was too low, who won with whom; what is missing is named."""
    market, path = play.market, f"{play.path}/procedure-report"
    say(await market.birch.get(path), 404, "not-found")
    report = done(await market.approver.get(path))
    roofs, upkeep = report["lots"]
    assert roofs["award"]["supplier"] == f"{MEMBERS[0]} / {MEMBERS[1]}"
    (low,) = roofs["abnormally_low"]
    assert (low["supplier"], "article 69(3)" in low["reason"]) == (market.alder.name, True)
    assert {bid["supplier"] for bid in roofs["rejected"]} == {market.alder.name, market.cedar.name}
    assert upkeep["award"]["supplier"] == market.birch.name
    assert [one["interest"] for one in report["conflicts_declared"]] == ["perceived"]
    closed = await market.author.put(f"{path}/texts/procedure", {"text": "closed"})
    say(closed, 422, "no-such-report-part", "competitive_dialogue")
    say(await market.author.put(f"{path}/texts/weather", {"text": "Fine."}), 422, "no-such-report-part", "value")
    talks = {"text": "competitive_with_negotiation"}
    done(await market.author.put(f"{path}/texts/procedure", talks))
    asked = {one["field"]: one["reference"] for one in done(await market.auditor.get(path))["missing"]}
    assert asked.keys() == {"authority_address", "value", "justification", "subcontracting:1", "subcontracting:2"}
    assert all("art. 84(1)(" in reference for reference in asked.values())
    texts = dict.fromkeys(asked, "As the file has it.") | {"procedure": "open"}
    for field in sorted(texts):
        done(await market.moderator.put(f"{path}/texts/{field}", {"text": texts[field]}))
    assert done(await market.auditor.get(path))["missing"] == []


REASONED = {
    "corrigendum.issued",
    "declaration.approved",
    "selection.decided",
    "bid.state-decided",
    "correction.proposed",
    "abnormally-low.assessed",
    "abnormally-low.decided",
    "award.recommended",
    "award.decided",
}


def every_act_told(entries: list[dict[str, Any]]) -> None:
    """Art. 84(2): decisions with their reasons, and whatever changed with the value before."""
    assert {entry["kind"] for entry in entries} >= REASONED
    assert all(entry["reason"] for entry in entries if entry["kind"] in REASONED)
    assert all(entry["person"] for entry in entries if entry["kind"] in REASONED)
    (again,) = [entry for entry in entries if entry["kind"] == "score.given" and entry["facts"]["version"] == 2]
    assert {"field": "value", "old": "4", "new": "5"} in again["changes"]
    assert again["facts"]["change_reason"] == "Annex 3 was overlooked."
    (mended,) = [entry["facts"] for entry in entries if entry["kind"] == "correction.proposed"]
    assert (mended["original"], mended["corrected"]) == ("6", "60")
    (issued,) = [entry["changes"] for entry in entries if entry["kind"] == "corrigendum.issued"]
    assert {"lot 1 rules_digest", "submission_deadline"} <= {change["field"] for change in issued}
