"""Who does what in a tender."""

from typing import Any
from uuid import uuid4

import pytest

from tests.make import a_tender
from tests.service.conftest import ROLES, Market, Person, done, refused


async def test_roles_are_given_seen_and_taken(market: Market) -> None:
    """Every change of who does what is in the log."""
    tender = done(await market.author.post("/tenders", a_tender()))
    path = f"/tenders/{tender['id']}/roles"
    answer = await market.author.post(path, {"person_id": market.evaluator.id, "role": "evaluator"})
    held = done(answer)
    assert answer.status_code == 201
    assert (held["person_id"], held["role"], held["person"]) == (market.evaluator.id, "evaluator", "Evaluator")
    entry = done(await market.author.get(f"/tenders/{tender['id']}/events"))[-1]
    assert (entry["kind"], entry["data"]["role"]) == ("role.granted", "evaluator")
    assert held in done(await market.evaluator.get(path))
    answer = await market.author.delete(f"{path}/{market.evaluator.id}/evaluator")
    assert (answer.status_code, answer.content) == (204, b"")
    assert held not in done(await market.evaluator.get(path))
    entry = done(await market.author.get(f"/tenders/{tender['id']}/events"))[-1]
    assert (entry["kind"], entry["data"]["role"]) == ("role.taken", "evaluator")


async def test_a_role_given_twice_is_held_once(market: Market) -> None:
    """Saying it again changes nothing."""
    tender = await market.draft()
    body = {"person_id": market.evaluator.id, "role": "evaluator"}
    done(await market.author.post(f"/tenders/{tender['id']}/roles", body))
    roles = done(await market.author.get(f"/tenders/{tender['id']}/roles"))
    assert [(role["person_id"], role["role"]) for role in roles].count((market.evaluator.id, "evaluator")) == 1
    assert len(roles) == len(ROLES) + 1


@pytest.mark.parametrize(
    ("holder", "role"),
    [
        ("evaluator", "approver"),
        ("moderator", "approver"),
        ("author", "approver"),
        ("approver", "evaluator"),
        ("approver", "moderator"),
        ("approver", "author"),
        ("evaluator", "auditor"),
        ("auditor", "evaluator"),
    ],
)
async def test_who_scores_or_writes_does_not_approve_nor_audit(market: Market, holder: str, role: str) -> None:
    """Separation of duties: one person cannot hold both roles in one tender."""
    tender = await market.draft()
    body = {"person_id": getattr(market, holder).id, "role": role}
    refused(await market.author.post(f"/tenders/{tender['id']}/roles", body), 409, "roles-conflict")


async def test_roles_are_given_by_authors_and_approvers(market: Market) -> None:
    """Nobody gives themselves a role."""
    tender = await market.draft()
    path = f"/tenders/{tender['id']}/roles"
    for person in (market.colleague, market.evaluator, market.officer):
        body = {"person_id": person.id, "role": "auditor"}
        refused(await person.post(path, body), 403, "forbidden")
        refused(await person.delete(f"{path}/{market.auditor.id}/auditor"), 403, "forbidden")
    done(await market.approver.post(path, {"person_id": market.colleague.id, "role": "auditor"}))


async def test_nobody_takes_a_role(market: Market) -> None:
    """An author who gives up the evaluator's role, audits and comes back is helped by somebody else, in the log."""
    tender = await market.draft()
    path = f"/tenders/{tender['id']}/roles"
    for person, role in (
        (market.author, "evaluator"),
        (market.author, "auditor"),
        (market.approver, "contract_manager"),
    ):
        refused(await person.post(path, {"person_id": person.id, "role": role}), 403, "own-role")
    done(await market.approver.post(path, {"person_id": market.author.id, "role": "evaluator"}))


async def published_with(market: Market, role: str) -> tuple[dict[str, Any], Person]:
    """A tender with a bid, in which a further person was given a role."""
    tender = await market.publish()
    done(await market.alder.submit(tender))
    person = await market.colleague_of(market.author, f"Former {role}")
    await market.give(tender, person, role)
    return tender, person


@pytest.mark.parametrize("role", ["auditor", "approver", "contract_manager", "moderator"])
async def test_who_could_read_all_bids_in_another_role_does_not_score(market: Market, role: str) -> None:
    """Nobody is led by colleagues' scores or by a price: to give the other role up before comes too late."""
    tender, person = await published_with(market, role)
    await market.open(tender)
    path = f"/tenders/{tender['id']}/roles"
    done(await market.author.delete(f"{path}/{person.id}/{role}"))
    body = {"person_id": person.id, "role": "evaluator"}
    problem = refused(await market.author.post(path, body), 409, "roles-conflict")
    assert role.replace("_", " ") in problem["detail"]
    done(await market.author.post(path, body | {"role": "opening_officer"}))


async def test_a_moderator_scores_who_was_made_an_evaluator_before_the_opening(market: Market) -> None:
    """From then on both roles read what an evaluator reads; a chair who has read all marks steps in for nobody."""
    tender, person = await published_with(market, "moderator")
    await market.give(tender, person, "evaluator")
    await market.open(tender)
    path = f"/tenders/{tender['id']}/roles"
    done(await market.author.delete(f"{path}/{person.id}/evaluator"))
    refused(await market.author.post(path, {"person_id": person.id, "role": "evaluator"}), 409, "roles-conflict")


async def test_who_gave_the_other_role_up_before_the_opening_may_score(market: Market) -> None:
    """Negative control: there was nothing to read; nor was there for who was made auditor and is seated already."""
    tender, person = await published_with(market, "auditor")
    path = f"/tenders/{tender['id']}/roles"
    done(await market.author.delete(f"{path}/{person.id}/auditor"))
    await market.open(tender)
    await market.give(tender, person, "evaluator")
    done(await market.author.delete(f"{path}/{market.evaluator.id}/evaluator"))
    await market.give(tender, market.evaluator, "auditor")
    done(await market.author.delete(f"{path}/{market.evaluator.id}/auditor"))
    await market.give(tender, market.evaluator, "evaluator")


async def test_roles_are_for_ones_own_people(market: Market) -> None:
    """A supplier's person on the panel, a stranger's person and nobody at all: none of them exists here."""
    tender = await market.draft()
    path = f"/tenders/{tender['id']}/roles"
    for person_id in (market.alder.id, market.stranger.id, str(uuid4())):
        refused(await market.author.post(path, {"person_id": person_id, "role": "evaluator"}), 404, "not-found")
    refused(await market.author.delete(f"{path}/{market.alder.id}/evaluator"), 404, "not-found")
    refused(await market.stranger.post(path, {"person_id": market.stranger.id, "role": "author"}), 404, "not-found")
    refused(await market.stranger.delete(f"{path}/{market.evaluator.id}/evaluator"), 404, "not-found")


@pytest.mark.parametrize("role", ["admin", "AUTHOR", "", None, 1])
async def test_roles_are_of_the_known_list(market: Market, role: object) -> None:
    """A role that means nothing is refused at its place."""
    tender = await market.draft()
    body = {"person_id": market.colleague.id, "role": role}
    problem = refused(await market.author.post(f"/tenders/{tender['id']}/roles", body), 422, "invalid-request")
    assert problem["errors"][0]["pointer"] == "/role"


async def test_an_unknown_role_in_an_address_is_refused(market: Market) -> None:
    """An address is checked like a body."""
    tender = await market.draft()
    path = f"/tenders/{tender['id']}/roles/{market.evaluator.id}/admin"
    answer = await market.author.delete(path)
    assert answer.status_code in {404, 422}
    assert answer.headers["content-type"] == "application/problem+json"
