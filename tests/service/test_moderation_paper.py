"""The moderation record as a paper: each own score, what was discussed, who dissented, what holds; for few."""

from typing import Any

from tests.make import a_score
from tests.service.conftest import Market, done, refused
from tests.service.test_papers import words_of


async def met(market: Market) -> tuple[dict[str, Any], str]:
    """A tender whose panel has met about two bids, with a dissent and a lifted lock; the record's address."""
    tender, bids = await market.opened()
    await market.seat(tender, market.second_evaluator, majority="simple")
    await market.seat(tender, market.colleague, majority="simple")
    await market.give(tender, market.colleague, "evaluator")
    await market.clear(tender, market.colleague)
    people = (market.evaluator, market.second_evaluator, market.colleague)
    for bid in bids:
        for person, value in zip(people, ("1", "4", "4"), strict=True):
            reason = f"Own reason of {person.name}."
            score = a_score(value=value, reason=reason, cites=[f"Page {value} of it"])
            done(await person.put(f"/bids/{bid['bid_id']}/scores/method-statement", score))
    items = [
        {
            "bid_id": bid["bid_id"],
            "criterion_id": "method-statement",
            "points": ["Page 4 was read together."],
            "value": "4",
            "reason": "Agreed that the phasing is shown.",
            "cites": ["Method statement, p. 4"],
            "dissent": [{"person_id": market.evaluator.id, "reason": "The crane plan is missing."}],
            "answer": "The evaluator had not seen page 4.",
        }
        for bid in bids
    ]
    done(await market.meet(tender, *items, present=(market.moderator, *people)))
    await market.lock(tender)
    await market.unlock(tender, "Two pages had not been in the copy.")
    return tender, f"/lots/{tender['lots'][0]['id']}/moderation/record"


async def test_everything_that_was_said_and_agreed_is_in_it(market: Market):
    _, path = await met(market)
    page = words_of((await market.auditor.get(f"{path}.html")).text)
    for words in (
        "Chair Moderator",
        "more than half of those who sit on it agree",
        "Own reason of Evaluator.",
        "Own reason of Second Evaluator.",
        "Page 4 of it",
        "scores lie far apart",
        "Lowest score 1, highest 4: 3 steps of the scale apart.",
        "Page 4 was read together.",
        "Agreed: 4",
        "Agreed that the phasing is shown.",
        "Did not agree: Evaluator : The crane plan is missing.",
        "The meeting answers: The evaluator had not seen page 4.",
        "Two pages had not been in the copy.",
        market.alder.name,
        market.birch.name,
    ):
        assert words in page, words


async def test_it_is_for_the_moderator_the_approver_and_the_auditor(market: Market):
    _, path = await met(market)
    for form in ("pdf", "html"):
        for person in (market.moderator, market.approver, market.auditor):
            assert (await person.get(f"{path}.{form}")).status_code in {200, 202}
        for person in (market.evaluator, market.officer):
            refused(await person.get(f"{path}.{form}"), 403, "forbidden")
        for person in (market.alder, market.stranger):
            refused(await person.get(f"{path}.{form}"), 404, "not-found")
        refused(await market.anonymous.get(f"{path}.{form}"), 401, "unauthenticated")


async def test_who_must_still_score_does_not_read_what_others_gave(market: Market):
    tender, path = await met(market)
    roles = f"/tenders/{tender['id']}/roles"
    late = await market.colleague_of(market.author, "Late Evaluator")
    await market.give(tender, late, "moderator")
    await market.clear(tender, late)
    assert (await late.get(f"{path}.html")).status_code == 200
    await market.seat(tender, late)
    refused(await late.get(f"{path}.html"), 409, "own-scores-first")
    assert done(await market.author.get(roles))


async def test_before_the_opening_and_without_a_panel_there_is_no_record(market: Market):
    tender = await market.publish()
    done(await market.alder.submit(tender))
    path = f"/lots/{tender['lots'][0]['id']}/moderation/record.html"
    refused(await market.auditor.get(path), 409, "not-opened")
