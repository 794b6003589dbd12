"""Who prefers no body is sent none, where nothing is lost by it."""

import pytest

from service.preferences import status_without_body
from tests.make import a_person, a_tender
from tests.service.conftest import Market, done


@pytest.mark.parametrize(
    ("method", "status", "headers", "without"),
    [
        ("PUT", 200, [], 204),
        ("DELETE", 200, [], 204),
        ("POST", 201, [(b"location", b"/x")], 201),
        ("POST", 201, [], None),
        ("POST", 200, [], None),
        ("GET", 200, [], None),
        ("PUT", 409, [], None),
        ("POST", 202, [(b"location", b"/x")], None),
    ],
)
def test_a_body_is_left_out_where_it_is_told_elsewhere_what_was_made(
    method: str, status: int, headers: list[tuple[bytes, bytes]], without: int | None
) -> None:
    assert status_without_body(method, status, headers) == without


async def test_an_edit_can_be_answered_without_what_was_stored(market: Market) -> None:
    """The new version's tag is there all the same; a new person's id, a refusal and a receipt are always sent."""
    tender = done(await market.author.post("/tenders", a_tender()))
    path, minimal = f"/tenders/{tender['id']}", "respond-async, return=minimal; x=1"
    answer = await market.author.put(path, a_tender(), If_Match='"1"', Prefer=minimal)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["preference-applied"] == "return=minimal"
    assert answer.headers["etag"] == '"2"'
    late = await market.author.put(path, a_tender(), If_Match='"1"', Prefer=minimal)
    assert (late.status_code, late.json()["status"]) == (412, 412)
    person = await market.author.post("/people", a_person(), Prefer="return=minimal")
    assert done(person)["id"]
    assert "preference-applied" not in person.headers
    full = await market.author.put(path, a_tender(), If_Match='"2"', Prefer="return=representation")
    assert done(full)["id"] == tender["id"]
    bid_on = await market.publish()
    receipt = await market.alder.post(
        f"/lots/{bid_on['lots'][0]['id']}/bids", {"values": {}}, Idempotency_Key="1", Prefer="return=minimal"
    )
    assert receipt.content
    hook = {"url": "https://portal.example/", "types": ["tender.published"]}
    made = done(await market.alder.post("/webhooks", hook, Prefer="return=minimal"))
    assert made["secret"]
    done(await market.alder.delete(f"/webhooks/{made['webhook']['id']}"))
