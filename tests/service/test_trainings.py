"""What people of a tender were trained in."""

from tests.service.conftest import Market, done, refused


async def test_a_training_is_recorded_with_what_and_when(market: Market) -> None:
    """The panel's list shows it, and names those of whom none is recorded."""
    tender, _ = await market.opened()
    path = f"/tenders/{tender['id']}/trainings"
    panel = f"/lots/{tender['lots'][0]['id']}/panel"
    assert "Evaluator" in done(await market.author.get(panel))["warnings"][0]["message"]
    body = {"person_id": market.evaluator.id, "subject": "Writing reasons, half a day", "held_on": "2026-02-11"}
    answer = await market.author.post(path, body)
    assert answer.status_code == 201
    assert (done(answer)["person"], done(answer)["held_on"]) == ("Evaluator", "2026-02-11")
    assert (await market.last(tender))["kind"] == "training.recorded"
    seen = done(await market.auditor.get(panel))
    assert (seen["warnings"], seen["trainings"]) == ([], [done(answer)])


async def test_trainings_are_recorded_by_author_and_moderator_about_people_of_the_tender(market: Market) -> None:
    tender = await market.draft()
    path = f"/tenders/{tender['id']}/trainings"
    body = {"person_id": market.evaluator.id, "subject": "Writing reasons", "held_on": "2026-02-11"}
    for person in (market.evaluator, market.approver, market.colleague):
        refused(await person.post(path, body), 403, "forbidden")
    for person in (market.stranger, market.alder):
        refused(await person.post(path, body), 404, "not-found")
    refused(await market.moderator.post(path, body | {"person_id": market.colleague.id}), 404, "not-found")
    refused(await market.moderator.post(path, body | {"held_on": "yesterday"}), 422, "invalid-request")
    done(await market.moderator.post(path, body))
