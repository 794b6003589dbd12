"""The examples of the reference page are accepted as they stand, once their ids and instants are one's own tender's.

Each is sent by the command that stands beside it there: curl itself, with the reader's own variables.
"""

import asyncio
import json
import re
import shlex
from hashlib import sha256
from itertools import pairwise
from typing import Any

from service import spend_reports
from service.examples import DRAWN_WITH, EXAMPLES
from service.settings import Settings
from tests.make import a_lot, a_rules, a_score, a_tender
from tests.make_officers import content_keys, desks, private_key, publish
from tests.make_officers import draft as a_draft
from tests.make_spend import PLACES, REGISTER, as_csv, payments
from tests.service.conftest import Market, Person, at_work, done
from tests.service.test_contract_examples import send_the_examples_of_a_contract, send_the_examples_of_quantities
from tests.service.test_spend import finished
from tests.service.test_spend import get as get_file
from tests.service.test_spend import send as send_file

CONTRACTS = (send_the_examples_of_a_contract, send_the_examples_of_quantities)


class Shown:
    """Sends examples by their commands, and remembers which have been accepted."""

    def __init__(self, described: dict[str, Any]) -> None:
        self.sent: set[str] = set()
        self.commands: dict[str, tuple[str, str]] = {
            one["operationId"]: (path, one["description"].rpartition("```sh\n")[2].rpartition("\n```")[0])
            for path, every in described["paths"].items()
            for one in every.values()
        }

    async def send(
        self, operation: str, person: Person, method: str, path: str, ids: dict[str, Any] | None = None, **headers: str
    ) -> Any:
        """Run the command of an operation with the reader's own ids in place of its example's."""
        body = EXAMPLES[operation].body
        replaced = set(ids or {})
        assert replaced <= body.keys()
        template, command = self.commands[operation]
        own = {"URL": str(person.http.base_url).rstrip("/"), "KEY": person.key}
        own |= {
            name.replace("If_Match", "ETAG").replace("Idempotency_Key", "RETRY_KEY"): headers[name] for name in headers
        }
        found = re.fullmatch(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", template), path)
        assert found is not None, path
        own |= {name.upper(): value for name, value in found.groupdict().items()}
        words = shlex.split(command.replace("\\\n", ""))
        assert json.loads(words[-1]) == body
        assert ("-X", method) in pairwise(words)
        filled = [re.sub(r"\$([A-Z_]+)", lambda name: own[name[1]], word) for word in words[:-1]]
        ran = await asyncio.create_subprocess_exec(*filled, json.dumps(body | (ids or {})), stdout=-1, stderr=-1)
        said, complaint = await ran.communicate()
        assert ran.returncode == 0, f"{operation}: {complaint.decode()} {said.decode()}"
        self.sent.add(operation)
        return json.loads(said) if said else None


async def test_every_example_is_accepted_along_one_tenders_life(market: Market) -> None:
    """From registering to the award each example is sent at its stage and accepted; none is left out."""
    shown = Shown(done(await market.anonymous.get("/docs/openapi.json")))
    await send_the_examples_of_people(market, shown)
    tender = await market.draft()
    path = f"/tenders/{tender['id']}"
    await shown.send("edit_tender", market.author, "PUT", path, {"reference": a_tender()["reference"]}, If_Match='"1"')
    await shown.send("grant_role", market.author, "POST", f"{path}/roles", {"person_id": market.colleague.id})
    await shown.send("write_requirements", market.author, "PUT", f"{path}/requirements", If_Match='"0"')
    await shown.send("propose_criteria", market.author, "POST", f"{path}/criteria/from-catalogue")
    await shown.send("simulate_lot", market.author, "POST", f"{path}/simulations")
    published = done(await market.approver.post(f"{path}/publication", If_Match='"2"'))
    etag = (await market.approver.get(path)).headers["etag"]
    await shown.send("propose_corrigendum", market.author, "POST", f"{path}/corrigenda", If_Match=etag)

    asked = await shown.send("ask_question", market.alder, "POST", f"{path}/questions")
    await shown.send("answer_question", market.author, "PUT", f"{path}/questions/{asked['number']}/answer")

    lot = f"/lots/{tender['lots'][0]['id']}"
    receipt = await shown.send("submit_bid", market.alder, "POST", f"{lot}/bids", Idempotency_Key="1")
    bid = f"/bids/{receipt['bid_id']}"
    await shown.send("replace_bid", market.alder, "PUT", bid, Idempotency_Key="2")
    other = done(await market.birch.submit(tender))
    await market.open(tender)

    await shown.send("decide_state", market.moderator, "PUT", f"/bids/{other['bid_id']}/state")
    await send_the_clarifying_examples(market, shown, bid)
    await send_the_panels_examples(market, shown, tender, receipt["bid_id"])
    digest = {"rules_digest": published["lots"][0]["rules_digest"]}
    run = await shown.send("evaluate_lot", market.moderator, "POST", f"{lot}/evaluations", digest)
    award = {"evaluation_id": run["id"], "bid_id": receipt["bid_id"]}
    warned = done(await market.moderator.get(f"/evaluations/{run['id']}/warnings"))
    answers = {"acknowledged": [{"warning": one["name"], "answer": "Read again."} for one in warned]}
    for _ in range(2):
        made = await shown.send("recommend_award", market.moderator, "POST", f"{lot}/recommendations", award | answers)
        if made["number"] == 1:
            await shown.send("reject_recommendation", market.approver, "POST", f"{lot}/recommendations/1/rejection")
    await shown.send("decide_award", market.approver, "POST", f"{lot}/award", award)
    letter = f"{lot}/assessment-summaries/{receipt['bid_id']}"
    await shown.send("give_text", market.moderator, "PUT", f"{letter}/texts/postal_address")
    redaction = f"{letter}/redactions/explanation:method-statement"
    await shown.send("redact_field", market.approver, "PUT", redaction, {"ground": "own-rules"})
    await shown.send("send_summaries", market.approver, "POST", f"{lot}/assessment-summaries/sending")
    at = (await market.owner.fetchval("SELECT clock_timestamp()")).isoformat()
    await shown.send("record_notice", market.approver, "POST", f"{lot}/award-notice", {"published_at": at})
    report = f"/tenders/{tender['id']}/procedure-report/texts/authority_address"
    await shown.send("give_report_text", market.author, "PUT", report)
    await shown.send("record_contract", market.approver, "POST", f"{lot}/contract", {"signed_at": at})
    annulled, _, _ = await market.awarded()
    await shown.send("annul_award", market.approver, "POST", f"/lots/{annulled['lots'][0]['id']}/award/annulment")
    commitment = sha256(DRAWN_WITH.encode()).hexdigest()
    drawn = await market.publish(lots=[a_lot(rules=a_rules(tie_break=[{"id": "lots", "commitment": commitment}]))])
    await market.open(drawn)
    await shown.send("reveal_secret", market.approver, "POST", f"/lots/{drawn['lots'][0]['id']}/draw")
    for operation in ("cancel_tender", "cancel_lot"):
        unneeded = await market.publish()
        path = f"/tenders/{unneeded['id']}" if operation == "cancel_tender" else f"/lots/{unneeded['lots'][0]['id']}"
        await shown.send(operation, market.approver, "POST", f"{path}/cancellation")
    await send_the_examples_of_the_record(market, shown, f"/tenders/{tender['id']}")
    for send in (*CONTRACTS, send_the_officers_examples, send_the_examples_of_spend):
        await send(market, shown)
    assert shown.sent == EXAMPLES.keys()


async def send_the_examples_of_people(market: Market, shown: Shown) -> None:
    """Who takes part, how they come in, and who is told what happens; a first draft."""
    await shown.send("register_organisation", market.operator, "POST", "/organisations")
    person = await shown.send("add_person", market.author, "POST", "/people")
    await shown.send("issue_key", market.author, "POST", f"/people/{person['id']}/keys")
    await shown.send("make_webhook", market.author, "POST", "/webhooks")
    buyer = await market.register(kind="buyer", name="Reader's Council")
    await shown.send("draft_tender", buyer, "POST", "/tenders")
    await shown.send("draft_from_ocds", buyer, "POST", "/tenders/from-ocds")
    named = {"REFERENCE": "READER-2"}
    await shown.send("draft_from_setup", buyer, "POST", "/tenders/from-setup", **named)
    provider = await shown.send("register_provider", buyer, "POST", "/identity-providers")
    known = {"provider_id": provider["id"]}
    await shown.send("add_identity", buyer, "POST", f"/people/{buyer.id}/identities", known)


async def send_the_examples_of_spend(market: Market, shown: Shown) -> None:
    """Payments, a register and places are mapped and read; then an analysis, an answer, a finding for a draft."""
    files: dict[str, str] = {}
    async with at_work(market, lambda *_: spend_reports.duties(Settings(report_workers=1))):
        for kind, content in (("payments", payments()), ("register", as_csv(REGISTER)), ("places", as_csv(PLACES))):
            file = done(await send_file(market.author, content, kind))
            path = f"/spend/files/{file['id']}"
            if kind == "payments":
                await shown.send("map_spend_file", market.author, "PUT", f"{path}/mapping")
            else:
                proposed = done(await market.author.get(f"{path}/preview"))["mapping"]
                done(await market.author.put(f"{path}/mapping", proposed))
            await finished(lambda path=path: get_file(market.author, path), lambda file: file["pending"])
            files[kind] = file["id"]
        ids = {"files": [files["payments"]], "register_id": files["register"], "places_id": files["places"]}
        asked = await shown.send("ask_for_analysis", market.author, "POST", "/spend/analyses", ids)
        location = asked["location"]
        await finished(lambda: market.author.get(location), lambda answer: answer.status_code == 202)
    await shown.send("answer_about_supplier", market.author, "POST", "/spend/answers")
    tender = await market.draft()
    path = f"/tenders/{tender['id']}/spend-findings"
    await shown.send("link_finding", market.author, "POST", path, {"analysis_id": asked["id"]})


async def send_the_panels_examples(market: Market, shown: Shown, tender: dict[str, Any], bid_id: str) -> None:
    """A declaration, seats, a replacement, training, draft and score, a meeting, a lock that is lifted."""
    path, lot, bid = f"/tenders/{tender['id']}", f"/lots/{tender['lots'][0]['id']}", f"/bids/{bid_id}"
    await shown.send("declare_interest", market.evaluator, "POST", f"{path}/declarations")
    decision = f"{path}/declarations/{market.evaluator.id}/2/decision"
    await shown.send("decide_declaration", market.approver, "POST", decision)
    people = {"chair_id": market.moderator.id}
    seats = [{**seat, "person_id": market.second_evaluator.id} for seat in EXAMPLES["set_panel"].body["seats"]]
    seated = people | {"seats": seats}
    await shown.send("set_panel", market.author, "PUT", f"{lot}/panel", seated, If_Match="*")
    change = {"person_id": market.second_evaluator.id, "successor_id": market.evaluator.id}
    await shown.send("replace_evaluator", market.author, "POST", f"{lot}/panel/replacements", change)
    trained = {"person_id": market.evaluator.id}
    await shown.send("record_training", market.author, "POST", f"{path}/trainings", trained)
    await shown.send("remind_evaluators", market.moderator, "POST", f"{lot}/panel/reminders")
    await shown.send("save_draft", market.evaluator, "PUT", f"{bid}/scores/method-statement/draft")
    await shown.send("give_score", market.evaluator, "PUT", f"{bid}/scores/method-statement")
    items = [{**item, "bid_id": bid_id} for item in EXAMPLES["record_meeting"].body["items"]]
    held = {"held_at": (await market.owner.fetchval("SELECT clock_timestamp()")).isoformat()}
    held |= {"present": [market.moderator.id, market.evaluator.id], "items": items}
    await shown.send("record_meeting", market.moderator, "POST", f"{lot}/meetings", held)
    await market.lock(tender)
    criterion = f"{lot}/criteria/method-statement"
    await shown.send("unlock_criterion", market.approver, "POST", f"{criterion}/unlock")
    await market.seat(tender)
    again = a_score(change_reason="The missing pages were read.")
    await market.evaluator.put(f"{bid}/scores/method-statement", again)
    await shown.send("record_consensus", market.moderator, "PUT", f"{bid}/consensus/method-statement")
    await market.lock(tender)


async def send_the_examples_of_the_record(market: Market, shown: Shown, path: str) -> None:
    """After the award: how long the record is kept, a hold placed and lifted, and the end."""
    await shown.send("set_retention", market.approver, "PUT", f"{path}/retention")
    await shown.send("decide_hold", market.approver, "PUT", f"{path}/legal-hold")
    done(await market.approver.put(f"{path}/legal-hold", {"held": False, "reason": "The claim was withdrawn."}))
    last = "kind IN ('award.decided', 'contract.signed')"
    await market.owner.execute(f"UPDATE events SET at = at - interval '6 years' WHERE {last}")
    await shown.send("shred_bids", market.approver, "POST", f"{path}/shredding")


async def send_the_clarifying_examples(market: Market, shown: Shown, bid: str) -> None:
    """Selection, a low price, a question about a part of the bid, and an obvious error mended by two persons."""
    await shown.send("decide_selection", market.moderator, "POST", f"{bid}/selection")
    met = {
        "subject": "mandatory",
        "id": "modules",
        "outcome": "met",
        "evidence": "Annex 6.",
        "reason": "All certified.",
    }
    done(await market.moderator.post(f"{bid}/selection", met))
    lawful = await market.publish(jurisdiction="eu-2014-24")
    heard = done(await market.alder.submit(lawful))["bid_id"]
    await market.open(lawful)
    due = {"due_at": await market.in_an_hour()}
    await shown.send("open_hearing", market.moderator, "POST", f"/bids/{heard}/hearings", due)
    low = await shown.send("request_explanation", market.moderator, "POST", f"{bid}/abnormally-low/requests", due)
    answered = f"/clarifications/{low['requests'][0]['id']}/answer"
    await shown.send("answer_clarification", market.alder, "PUT", answered)
    await shown.send("assess_explanation", market.moderator, "POST", f"{bid}/abnormally-low/assessments")
    await shown.send("decide_low_price", market.approver, "POST", f"{bid}/abnormally-low/decisions")
    asked = await shown.send("ask_bidder", market.moderator, "POST", f"{bid}/clarifications", due)
    await shown.send("answer_clarification", market.alder, "PUT", f"/clarifications/{asked['id']}/answer")
    error = {"kind": "obvious_error", "criterion_id": "apprentice-weeks"} | due
    asked = await shown.send("ask_bidder", market.moderator, "POST", f"{bid}/clarifications", error)
    path = f"/clarifications/{asked['id']}"
    await shown.send("answer_clarification", market.alder, "PUT", f"{path}/answer")
    await shown.send("propose_correction", market.moderator, "POST", f"{path}/correction")
    await shown.send("decide_correction", market.approver, "PUT", f"{path}/correction/decision")


async def send_the_officers_examples(market: Market, shown: Shown) -> None:
    """In the officers' custody: a key of one's own, the tender's key, a rehearsal, a share passed on, content keys."""
    await shown.send("register_officer_key", market.officer, "PUT", "/people/me/officer-key")
    officers = await desks(market, 2)
    draft = await a_draft(market, officers)
    path = f"/tenders/{draft['id']}/key"
    shares = [
        {**share, "person_id": desk.person.id, "sealed_to": desk.keys[0].public.hex()}
        for desk, share in zip(officers, EXAMPLES["put_key"].body["shares"], strict=True)
    ]
    await shown.send("put_key", market.officer, "PUT", path, {"shares": shares})
    tender = await publish(market, officers)
    answer = (await officers[0].share(tender)).rehearsal()
    await shown.send("rehearse", market.officer, "POST", f"/tenders/{tender['id']}/key/rehearsal", {"answer": answer})
    receipt = done(await market.alder.submit(tender))
    await market.close(tender)
    opening = f"/lots/{tender['lots'][0]['id']}/opening"
    await shown.send("relay_share", market.officer, "PUT", f"{opening}/shares/{market.second_officer.id}")
    for desk in officers:
        await desk.act(tender)
    keys = await content_keys(officers[0], tender, await private_key(officers, tender))
    assert [key["bid_id"] for key in keys] == [receipt["bid_id"]]
    await shown.send("open_with_keys", market.officer, "POST", f"{opening}/keys", {"keys": keys})
