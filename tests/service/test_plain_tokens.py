"""Access tokens as Keycloak, Entra, Cognito and Okta write them, of a type that may be anything or of none."""

from typing import Any

import httpx

from tests.make_provider import CLIENT, Provider
from tests.service.conftest import Market, done, refused
from tests.service.test_sign_in import DROPPED, STRANGER, STRONG, Forger, http, provider, sign_up, url

__all__ = ["http", "provider", "url"]

PLAIN: dict[str, dict[str, Any]] = {
    "Keycloak": {"azp": CLIENT, "client_id": DROPPED, "typ": "Bearer", "scope": "openid tenders", "sid": "1"},
    "Entra, version 2": {
        "azp": CLIENT,
        "client_id": DROPPED,
        "jti": DROPPED,
        "uti": "x",
        "scp": "tenders",
        "ver": "2.0",
    },
    "Entra, version 1": {"appid": CLIENT, "client_id": DROPPED, "jti": DROPPED, "uti": "x", "scp": "tenders"},
    "Cognito": {"client_id": CLIENT, "token_use": "access", "scope": "tenders/write", "origin_jti": "2"},
    "Entra, strong by acrs": {
        "azp": CLIENT,
        "client_id": DROPPED,
        "scp": "tenders",
        "acr": "1",
        "acrs": ["p1", STRONG],
    },
}
"""How providers write access tokens; sources: their own documentation of the claims (2026)."""

STILL_FORGED: dict[str, dict[str, Any]] = {
    "an id token with a nonce": {"nonce": "n-0S6_WzA2Mj"},
    "an id token whose nonce is null": {"nonce": None},
    "an id token whose nonce is an object": {"nonce": {}},
    "an id token with the hash of an access token": {"at_hash": "77QmUPtjPfzWtF2AnpK9RQ"},
    "an id token with the hash of a code": {"c_hash": "77QmUPtjPfzWtF2AnpK9RQ"},
    "an id token by Keycloak's word": {"typ": "ID"},
    "a refresh token by Keycloak's word": {"typ": "Refresh"},
    "an id token by Cognito's word": {"token_use": "id"},
    "an id token is for its client": {"aud": "urn:plain", "azp": "urn:plain"},
    "an id token is for its client and others": {"aud": ["urn:plain", CLIENT]},
    "no client": {"client_id": DROPPED},
    "an empty client": {"client_id": ""},
    "no scope": {"scope": DROPPED},
    "an empty scope": {"scope": " "},
    "no id": {"jti": DROPPED},
    "another audience": {"aud": "urn:other"},
    "no audience": {"aud": DROPPED},
    "another issuer": {"iss": "https://evil.example"},
    "our own issuer": {"iss": "urn:tenderscore:service", "aud": "urn:tenderscore:service", "sub": CLIENT},
    "expired": {"exp": -1},
    "an unknown subject": {"sub": "mallory"},
}


async def test_a_provider_that_only_says_jwt_is_believed_where_its_buyer_says_so(
    market: Market, provider: Provider, http: httpx.AsyncClient
) -> None:
    """Access tokens as providers write them, and those of RFC 9068; ID tokens and forgeries are nobody's still."""
    made = await sign_up(market, provider, http, audience="urn:plain", token_type="JWT", keys_decide=True)
    assert done(await made.admin.get("/identity-providers"))[0]["token_type"] == "JWT"
    forger, base = Forger(market, provider), {"aud": "urn:plain", "scope": "tenders"}

    async def asked(claims: dict[str, Any], typ: str = "JWT", key: Any = None) -> httpx.Response:
        token = await forger.token(base | claims, {"typ": typ}, key)
        return await http.get("/organisations/me", headers={"Authorization": f"Bearer {token}"})

    for name, claims in PLAIN.items():
        me = done(await asked(claims))
        assert (me["person_id"], me["decides"]) == (made.amara["person_id"], "acrs" in claims), name
    done(await asked({}, "at+jwt"))
    for name, claims in STILL_FORGED.items():
        assert (await asked(claims)).status_code == 401, name
    for typ in ("", "logout+jwt", "secevent+jwt", "dpop+jwt"):
        refused(await asked({}, typ), 401, "invalid-token")
    refused(await asked({}, key=STRANGER), 401, "invalid-token")
    done(await made.admin.delete(f"/identity-providers/{made.provider_id}"))


UNTYPED: dict[str, dict[str, Any]] = {
    "Cognito, without an audience": {"aud": DROPPED, "client_id": "urn:untyped", "token_use": "access"},
    "Cognito, for a resource": {"token_use": "access"},
    "Okta": {"client_id": DROPPED, "cid": CLIENT, "scope": DROPPED, "scp": ["tenders", "openid"]},
}
UNTYPED_FORGED: dict[str, dict[str, Any]] = {
    "Cognito, an id token": {"aud": "urn:untyped", "client_id": DROPPED, "token_use": "id", "scope": DROPPED},
    "Cognito, another client of the pool": {"aud": DROPPED, "client_id": CLIENT, "token_use": "access"},
    "Cognito, another audience": {"aud": "urn:other", "client_id": "urn:untyped", "token_use": "access"},
    "Cognito, no client": {"aud": DROPPED, "client_id": DROPPED, "azp": "urn:untyped", "token_use": "access"},
    "Okta, an id token": {"aud": "urn:untyped", "client_id": DROPPED, "scope": DROPPED, "amr": ["mfa"]},
    "Okta, an id token with scopes": {"client_id": DROPPED, "azp": CLIENT, "scope": DROPPED, "scp": ["tenders"]},
    "Okta, no audience": {"aud": DROPPED, "client_id": DROPPED, "cid": "urn:untyped", "scp": ["tenders"]},
    "Okta, no scopes": {"client_id": DROPPED, "cid": CLIENT, "scope": DROPPED, "scp": []},
    "Okta, for its own client": {"client_id": DROPPED, "cid": "urn:untyped", "scp": ["tenders"]},
    "nothing says that it gives access": {},
    "a nonce": {"token_use": "access", "nonce": "n"},
    "an audience that is null": {"aud": None, "client_id": "urn:untyped", "token_use": "access"},
}


async def test_a_token_without_a_type_says_itself_that_it_gives_access(
    market: Market, provider: Provider, http: httpx.AsyncClient
) -> None:
    """Cognito's and Okta's, where a provider is registered for such; an empty type is none."""
    fields = {"audience": "urn:untyped", "keys_decide": True}
    made = await sign_up(market, provider, http, token_type="untyped", **fields)
    forger, base = Forger(market, provider), {"aud": "urn:untyped", "scope": "tenders"}

    async def asked(claims: dict[str, Any], **header: Any) -> httpx.Response:
        token = await forger.token(base | claims, {"typ": DROPPED} | header)
        return await http.get("/organisations/me", headers={"Authorization": f"Bearer {token}"})

    for name, claims in UNTYPED.items():
        assert done(await asked(claims))["person_id"] == made.amara["person_id"], name
        for typ in ("", None, "JWT"):
            assert (await asked(claims, typ=typ)).status_code == 401, (name, typ)
    for name, claims in UNTYPED_FORGED.items():
        assert (await asked(claims)).status_code == 401, name
    done(await made.admin.delete(f"/identity-providers/{made.provider_id}"))
    for kind in ("at+jwt", "JWT"):
        made = await sign_up(market, provider, http, token_type=kind, **fields)
        for name, claims in UNTYPED.items():
            assert (await asked(claims)).status_code == 401, (name, kind)
        done(await made.admin.delete(f"/identity-providers/{made.provider_id}"))
