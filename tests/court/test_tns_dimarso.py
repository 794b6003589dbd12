"""TNS Dimarso v Vlaams Gewest, C-6/15 (14 July 2016): weightings and criteria stand from publication on.

A Flemish call for surveys weighed quality and price 50 to 50; after opening, the committee judged quality on a scale of
high, satisfactory and low that nobody had seen, and price decided nearly alone. The Court: the method need not always
be published beforehand, but it may not alter the criteria or their weightings, and it must be fixed before the bids are
opened. Source: eur-lex.europa.eu CELEX 62015CJ0006; the law of Denmark asks for all of it in the tender documents.
What must hold: method, scale and weightings are under one digest from publication; a run names that digest or is
refused; nothing changes them after the deadline; an edit behind the service's back stops every run.
"""

import copy
from typing import Any

import msgspec
import pytest

import scoring
from tests.make import a_lot, a_rules, a_score, a_tender
from tests.service.conftest import Market, done, refused


def other_weightings() -> dict[str, Any]:
    """The same lot with 50 instead of 40 on the price."""
    rules = copy.deepcopy(a_rules())
    rules["criteria"][0]["weighting"] = "50"
    rules["criteria"][1]["weighting"] = "25"
    return rules


async def test_a_run_under_other_weightings_or_another_scale_is_refused(market: Market) -> None:
    """Whoever applies other weightings, or a scale of their own, names another digest."""
    tender, _ = await market.agreed()
    lot = tender["lots"][0]
    coarse = a_rules()
    coarse["criteria"][1]["criteria"][0]["method"]["scale"] = [
        {"value": "0", "label": "low"},
        {"value": "3", "label": "satisfactory"},
        {"value": "5", "label": "high"},
    ]
    for rules in (other_weightings(), coarse):
        digest = scoring.rules_digest(msgspec.convert(rules, scoring.Lot))
        assert digest != lot["rules_digest"]
        answer = await market.moderator.post(f"/lots/{lot['id']}/evaluations", {"rules_digest": digest})
        refused(answer, 409, "other-rules")
    same = scoring.rules_digest(msgspec.convert(a_rules(), scoring.Lot))
    assert same == lot["rules_digest"]
    done(await market.moderator.post(f"/lots/{lot['id']}/evaluations", {"rules_digest": same}))


async def test_after_publication_weightings_change_by_a_corrigendum_before_the_deadline_only(market: Market) -> None:
    """Neither an edit nor a corrigendum reaches the rules once bids may be opened; the attempts are in the log."""
    tender = await market.publish()
    path = f"/tenders/{tender['id']}"
    body = a_tender(reference=tender["reference"], lots=[a_lot(rules=other_weightings())])
    refused(await market.author.put(path, body, If_Match='"2"'), 409, "tender-already-published")
    await market.close(tender)
    change = {"reason": "Price shall count more.", "lots": [a_lot(rules=other_weightings())]}
    refused(await market.propose(tender, change), 409, "submission-deadline-passed")
    assert [entry["kind"] for entry in (await market.log(tender))[-2:]] == ["refused", "refused"]


@pytest.mark.parametrize("value", ["high", "satisfactory", "2.5"])
async def test_only_the_published_scale_can_be_given(market: Market, value: str) -> None:
    """A scale of the committee's own making has no way in."""
    _, (bid, _) = await market.opened()
    answer = await market.evaluator.put(f"/bids/{bid['bid_id']}/scores/method-statement", a_score(value=value))
    refused(answer, 422, "score-off-the-scale")


async def test_weightings_edited_in_the_database_stop_every_run(market: Market) -> None:
    """The digest is computed again from the stored rules at each run."""
    tender, _ = await market.agreed()
    lot = tender["lots"][0]
    await market.owner.execute(
        "UPDATE lots SET rules = jsonb_set(jsonb_set(rules, '{criteria,0,weighting}', '\"50\"'),"
        " '{criteria,1,weighting}', '\"25\"') WHERE id = $1",
        lot["id"],
    )
    answer = await market.moderator.post(f"/lots/{lot['id']}/evaluations", {"rules_digest": lot["rules_digest"]})
    refused(answer, 409, "other-rules")
