"""Buyers register their identity providers, and which person a subject is; nobody does so for others."""

from typing import Any

import pytest

from tests.make import a_person
from tests.service.conftest import Market, Person, done, refused
from tests.service.test_organisations import platform_log


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
