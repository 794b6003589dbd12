"""Webhooks are made, shown without their secret, rotated, disabled and removed, by their own organisation alone."""

from typing import Any

import pytest

from service.webhooks import MOST
from tests.service.conftest import Market, Person, done, refused


def a_webhook(**fields: Any) -> dict[str, Any]:
    """A webhook to make."""
    return {"url": "https://portal.example.org/hooks", "types": ["bids.opened", "summary.sent"]} | fields


async def make(person: Person, **fields: Any) -> dict[str, Any]:
    """A webhook and its secret."""
    return done(await person.post("/webhooks", a_webhook(**fields)))


async def platform_log(market: Market, hook: dict[str, Any]) -> list[str]:
    rows = await market.owner.fetch(
        "SELECT kind, data::text AS data FROM events WHERE data ->> 'webhook_id' = $1 ORDER BY position", hook["id"]
    )
    assert not any("portal.example" in row["data"] or "whsec" in row["data"] for row in rows)
    return [row["kind"] for row in rows]


async def test_a_webhook_lives_from_its_making_to_its_removal(market: Market) -> None:
    """The secret is shown when it is made and never again; each step is in the platform's log."""
    made = await make(market.birch)
    hook, path = made["webhook"], f"/webhooks/{made['webhook']['id']}"
    assert made["secret"].startswith("whsec_")
    assert hook["public_key"].startswith("whpk_")
    assert (hook["person_id"], hook["types"]) == (market.birch.id, ["bids.opened", "summary.sent"])
    shown = await market.birch.get(path)
    assert done(shown) == hook
    assert "whsec" not in shown.text
    assert hook in done(await market.birch.get("/webhooks"))
    rotated = done(await market.birch.post(f"{path}/rotation"))
    assert rotated["secret"] != made["secret"]
    assert rotated["webhook"]["public_key"] != hook["public_key"]
    assert rotated["webhook"]["previous_secret_until"]
    assert (await market.birch.post(f"{path}/ping")).status_code == 202
    done(await market.birch.delete(path))
    for method, address in (("GET", path), ("POST", f"{path}/ping"), ("POST", f"{path}/rotation"), ("DELETE", path)):
        refused(await market.birch.send(method, address), 404, "not-found")
    kinds = ["webhook.made", "webhook.secret-rotated", "webhook.pinged", "webhook.removed"]
    assert await platform_log(market, hook) == kinds
    stored = await market.owner.fetchval(
        "SELECT row_to_json(hook)::text FROM webhooks AS hook WHERE id = $1", hook["id"]
    )
    assert made["secret"].removeprefix("whsec_") not in stored


async def test_a_disabled_webhook_is_sent_nothing_until_it_is_enabled(market: Market) -> None:
    made = (await make(market.birch))["webhook"]
    path = f"/webhooks/{made['id']}"
    await market.owner.execute(
        "UPDATE webhooks SET disabled_at = clock_timestamp(), disabled_because = 'It failed.' WHERE id = $1", made["id"]
    )
    problem = refused(await market.birch.post(f"{path}/ping"), 409, "webhook-is-disabled")
    assert "It failed." in problem["detail"]
    assert done(await market.birch.get(path))["disabled_because"] == "It failed."
    assert done(await market.birch.post(f"{path}/enabling"))["disabled_at"] is None
    assert (await market.birch.post(f"{path}/ping")).status_code == 202
    done(await market.birch.delete(path))


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"url": "http://portal.example.org/"}, "/url"),
        ({"url": "https://169.254.169.254/latest/meta-data"}, "/url"),
        ({"url": "https://2130706433/"}, "/url"),
        ({"url": "https://localhost:8000/"}, "/url"),
        ({"types": []}, "/types"),
        ({"types": ["bids.opened", "bids.opened"]}, "/types"),
        ({"types": ["score.given"]}, "/types/0"),
        ({"secret": "whsec_bXkgb3du"}, ""),
    ],
)
async def test_what_cannot_be_sent_to_or_is_no_news_is_refused_by_its_place(
    market: Market, fields: dict[str, Any], pointer: str
) -> None:
    """Nothing is looked up or connected to for it: what a name leads to is checked when something is sent."""
    problem = refused(await market.birch.post("/webhooks", a_webhook(**fields)), 422, "invalid-request")
    assert problem["errors"][0]["pointer"].startswith(pointer)


async def test_an_organisation_has_so_many_and_a_reader_makes_none(market: Market) -> None:
    supplier = await market.register(name="Dogwood Fencing")
    made = [await make(supplier) for _ in range(MOST)]
    refused(await supplier.post("/webhooks", a_webhook()), 409, "too-many-webhooks")
    done(await supplier.delete(f"/webhooks/{made[0]['webhook']['id']}"))
    await make(supplier)
    reader = await market.colleague_of(supplier, "Reader", scopes=["read"])
    refused(await reader.post("/webhooks", a_webhook()), 403, "forbidden")
    assert len(done(await reader.get("/webhooks"))) == MOST
