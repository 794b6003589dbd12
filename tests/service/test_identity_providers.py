"""Buyers register their identity providers, and which person a subject is; nobody does so for others."""

import asyncio
from typing import Any

import httpx
import pytest

from service import db
from tests.make import a_person
from tests.make_provider import Provider
from tests.service.conftest import Market, Person, done, refused
from tests.service.test_organisations import platform_log
from tests.service.test_sign_in import STRONG, http, operator_of, provider, sign_up, url

__all__ = ["http", "provider", "url"]


def a_provider(**fields: Any) -> dict[str, Any]:
    return {"issuer": "https://login.example.org/city", "acr_values": ["mfa"]} | fields


@pytest.fixture(scope="module")
async def admin(market: Market) -> Person:
    return await market.register(kind="buyer", name="Eastgate City Council")


async def test_a_provider_is_registered_for_ones_own_organisation(market: Market, admin: Person) -> None:
    """Its audience is our name for the organisation, which nobody else can take; the log says who did it."""
    made = done(await admin.post("/identity-providers", a_provider(keys_decide=True)))
    assert made["audience"] == f"urn:tenderscore:organisation:{admin.organisation_id}"
    assert (made["algorithms"], made["retired_at"]) == (["RS256", "PS256", "ES256"], None)
    assert done(await admin.get("/identity-providers")) == [made]
    assert done(await market.stranger.get("/identity-providers")) == []
    (entry,) = await platform_log(market, "identity-provider.registered", provider_id=made["id"])
    assert entry["person_id"] == admin.id
    refused(await admin.post("/identity-providers", a_provider()), 409, "provider-already-registered")
    own = done(await market.stranger.post("/identity-providers", a_provider(keys_decide=True)))
    assert own["audience"] != made["audience"]
    refused(await market.stranger.delete(f"/identity-providers/{made['id']}"), 404, "not-found")
    refused(await market.alder.post("/identity-providers", a_provider()), 403, "forbidden")
    refused(await market.colleague.post("/identity-providers", a_provider()), 403, "forbidden")
    retired = done(await admin.delete(f"/identity-providers/{made['id']}"))
    assert done(await admin.delete(f"/identity-providers/{made['id']}")) == retired
    assert len(await platform_log(market, "identity-provider.retired", provider_id=made["id"])) == 1
    done(await market.stranger.delete(f"/identity-providers/{own['id']}"))
    again = done(await admin.post("/identity-providers", a_provider(keys_decide=True)))
    done(await admin.delete(f"/identity-providers/{again['id']}"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("issuer", "http://login.example.org"),
        ("issuer", "https://ada:secret@login.example.org"),
        ("issuer", "login"),
        ("issuer", ""),
        ("acr_values", []),
        ("acr_values", ["two words"]),
        ("algorithms", ["HS256"]),
        ("algorithms", ["none"]),
        ("algorithms", []),
        ("audience", "urn:tenderscore:organisation:00000000-0000-0000-0000-000000000000"),
        ("audience", "urn:tenderscore:service"),
        ("audience", ""),
    ],
)
async def test_a_provider_that_could_not_be_trusted_is_refused_by_its_field(
    admin: Person, field: str, value: object
) -> None:
    answer = await admin.post("/identity-providers", a_provider(**{field: value}))
    problem = refused(answer, 422, "invalid-request")
    assert problem["errors"][0]["pointer"].startswith(f"/{field}")


async def test_identities_are_given_to_ones_own_people_alone(market: Market, admin: Person) -> None:
    """Neither another's person nor another's provider, nor scopes that one lacks; they are listed beside the keys."""
    made = done(await admin.post("/identity-providers", a_provider(keys_decide=True)))
    person = done(await admin.post("/people", a_person()))
    path = f"/people/{person['id']}/identities"
    known = {"provider_id": made["id"], "subject": "noor@city.example"}
    refused(await market.stranger.post(path, known), 404, "not-found")
    refused(await admin.post(f"/people/{market.author.id}/identities", known), 404, "not-found")
    theirs = await market.stranger.post(f"/people/{market.stranger.id}/identities", known)
    assert refused(theirs, 422, "invalid-request")["errors"][0]["pointer"] == "/provider_id"
    problem = refused(await admin.post(path, known | {"scopes": ["platform"]}), 422, "invalid-request")
    assert problem["errors"][0]["pointer"] == "/scopes"
    identity = done(await admin.post(path, known | {"scopes": ["read"]}))
    assert "secret" not in identity
    assert done(await admin.get(path)) == [identity]
    assert [key["id"] for key in done(await admin.get(f"/people/{person['id']}/keys"))] == [identity["id"]]
    (entry,) = await platform_log(market, "identity.registered", key_id=identity["id"])
    assert (entry["subject"], entry["person_id"]) == ("noor@city.example", admin.id)
    done(await admin.delete(f"/identity-providers/{made['id']}"))


# Who names whom


async def test_the_first_whom_a_provider_knows_is_who_names_the_others(
    market: Market, provider: Provider, http: httpx.AsyncClient
) -> None:
    """A key names one alone, who has the scope admin: nobody locks himself out by naming somebody else first."""
    admin = await market.register(kind="buyer", name="Southgate City Council")
    admin = Person(http, admin.key, id=admin.id)
    body = {"issuer": provider.issuer, "acr_values": [STRONG], "audience": "https://first.example"}
    made = done(await admin.post("/identity-providers", body))
    known = {"provider_id": made["id"], "subject": "noor"}
    problem = refused(await admin.post(f"/people/{admin.id}/identities", known), 422, "invalid-request")
    assert [fault["pointer"] for fault in problem["errors"]] == ["/scopes"]
    first = done(await admin.post(f"/people/{admin.id}/identities", known | {"scopes": ["read", "admin"]}))
    refused(
        await admin.post(f"/people/{admin.id}/identities", known | {"subject": "x"}), 401, "stronger-sign-in-needed"
    )
    refused(await admin.delete(f"/keys/{first['id']}"), 401, "stronger-sign-in-needed")
    done(await operator_of(market, http).delete(f"/identity-providers/{made['id']}"))
    done(await admin.delete(f"/keys/{first['id']}"))


async def test_while_nobody_works_who_names_others_a_key_names_one(
    market: Market, provider: Provider, http: httpx.AsyncClient
) -> None:
    """Those whom a buyer named when any identity would do, or whose only administrator has left, lock nobody out."""
    provider.audience, before = "https://unled.example", provider.audience
    admin = await market.register(kind="buyer", name="Unled City Council")
    admin = Person(http, admin.key, id=admin.id)
    body = {"issuer": provider.issuer, "acr_values": [STRONG], "audience": provider.audience}
    made = done(await admin.post("/identity-providers", body | {"keys_decide": True}))
    people = f"/people/{admin.id}/identities"
    known = {"provider_id": made["id"], "subject": "old"}
    done(await admin.post(people, known))
    await market.owner.execute("UPDATE identity_providers SET keys_decide = FALSE WHERE id = $1", made["id"])
    refused(await admin.post(people, known | {"subject": "x"}), 422, "invalid-request")
    for subject in ("first", "second"):
        led = known | {"subject": subject, "scopes": ["read", "admin"]}
        identity = done(await admin.post(people, led))
        refused(await admin.post(people, led | {"subject": "x"}), 401, "stronger-sign-in-needed")
        await market.owner.execute(
            "UPDATE api_keys SET expires_at = clock_timestamp() WHERE id = $1 AND $2",
            identity["id"],
            subject == "first",
        )
    others = known | {"subject": "x", "scopes": ["read"]}
    done(await Person(http, provider.person("second", STRONG)).post(people, others))
    provider.audience = before


async def test_who_names_the_others_is_revoked_last(
    market: Market, provider: Provider, http: httpx.AsyncClient
) -> None:
    """Or has named a successor: nobody is left signing in whom nobody who has signed in could revoke."""
    provider.audience, before = "https://successor.example", provider.audience
    made = await sign_up(market, provider, http, audience=provider.audience)
    successor = Person(http, provider.person("successor", STRONG))
    provider.audience = before
    people = f"/people/{made.admin.id}/identities"
    (own,) = [one for one in done(await made.admin.get(people)) if one["subject"] == "boss"]
    refused(await made.boss.delete(f"/keys/{own['id']}"), 409, "last-administrator")
    named = {"provider_id": made.provider_id, "subject": "successor", "scopes": ["read", "admin"]}
    heir = done(await made.boss.post(people, named))
    done(await made.boss.delete(f"/keys/{own['id']}"))
    refused(await successor.delete(f"/keys/{heir['id']}"), 409, "last-administrator")
    done(await successor.delete(f"/keys/{made.amara['id']}"))
    done(await successor.delete(f"/keys/{heir['id']}"))


async def test_of_two_keys_that_name_the_first_at_once_one_does(
    market: Market, provider: Provider, http: httpx.AsyncClient
) -> None:
    """A stolen key does not name its thief in the moment in which the buyer begins."""
    admin = await market.register(kind="buyer", name="Hasty City Council")
    admin = Person(http, admin.key, id=admin.id)
    body = {"issuer": provider.issuer, "acr_values": [STRONG], "audience": "https://hasty.example"}
    made = done(await admin.post("/identity-providers", body))
    known = {"provider_id": made["id"], "scopes": ["read", "admin"]}
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    holder = await db.connect(market.dsn)
    try:
        async with holder.transaction(), asyncio.timeout(10):
            await holder.execute("SELECT FROM identity_providers WHERE id = $1 FOR UPDATE", made["id"])
            asked = [
                asyncio.create_task(admin.post(f"/people/{admin.id}/identities", known | {"subject": subject}))
                for subject in ("mayor", "mallory")
            ]
            while await market.owner.fetchval(waiting) < len(asked):
                pass  # each look is a round trip, during which everybody else goes on
    finally:
        await holder.close()
    answers = sorted([await one for one in asked], key=lambda answer: answer.status_code)
    done(answers[0])
    refused(answers[1], 401, "stronger-sign-in-needed")
