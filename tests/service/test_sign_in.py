"""Keys and tokens lead to the same caller; a token that anybody has made or changed leads to none."""

import base64
import hmac
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

import httpx
import pytest
from joserfc import jws
from joserfc.jwk import ECKey, OKPKey, RSAKey

from tests.make import a_person, a_tender
from tests.make_provider import CLIENT, Provider, provider_running
from tests.service.conftest import Market, Person, done, refused, served

STRONG = "https://refeds.org/profile/mfa"


@pytest.fixture(scope="session")
def provider() -> Iterator[Provider]:
    with provider_running() as running:
        yield running


class City(NamedTuple):
    """A buyer that signs in at the provider: its administrator by key and signed in, and who its `amara` is."""

    admin: Person
    boss: Person
    amara: dict[str, Any]
    provider_id: str


@pytest.fixture(scope="module")
async def url(market: Market) -> Any:
    """A second process of the service that may go to this machine's own addresses."""
    async with served(market.dsn, outbound_hosts="127.0.0.1") as address:
        yield address


@pytest.fixture(scope="module")
async def http(url: str) -> Any:
    async with httpx.AsyncClient(base_url=url, timeout=30) as client:
        yield client


async def sign_up(market: Market, provider: Provider, http: httpx.AsyncClient, **fields: Any) -> City:
    """A new city registers the provider and says who its subject amara is."""
    admin = await market.register(kind="buyer", name="Westgate City Council")
    admin = Person(http, admin.key, id=admin.id, organisation_id=admin.organisation_id)
    body = {"issuer": provider.issuer, "acr_values": [STRONG]} | fields
    made = done(await admin.post("/identity-providers", body))
    first = {"provider_id": made["id"], "subject": "boss", "scopes": ["read", "write", "admin"]}
    done(await admin.post(f"/people/{admin.id}/identities", first))
    audience, provider.audience = provider.audience, made["audience"]
    boss = Person(http, "" if fields.get("issuer") else provider.person("boss", STRONG))
    provider.audience = audience
    if fields.get("issuer"):
        return City(admin, boss, {}, made["id"])
    person = done(await admin.post("/people", a_person(name="Amara Nwosu")))
    known = {"provider_id": made["id"], "subject": "amara"}
    identity = done(await boss.post(f"/people/{person['id']}/identities", known))
    return City(admin, boss, identity, made["id"])


def operator_of(market: Market, http: httpx.AsyncClient) -> Person:
    """The platform's operator, at the second process."""
    return Person(http, market.operator.key)


@pytest.fixture(scope="module")
async def city(market: Market, provider: Provider, http: httpx.AsyncClient) -> City:
    made = await sign_up(market, provider, http)
    provider.audience = f"urn:tenderscore:organisation:{made.admin.organisation_id}"
    return made


# People


async def test_who_signs_in_at_the_buyers_provider_acts_as_that_person(
    city: City, provider: Provider, http: httpx.AsyncClient
) -> None:
    """What they may do comes from the identity; how they signed in decides whether they open and approve."""
    strong = Person(http, provider.person("amara", STRONG))
    weak = Person(http, provider.person("amara", "pwd"))
    me = done(await strong.get("/organisations/me"))
    assert (me["person_id"], me["organisation_id"]) == (city.amara["person_id"], city.admin.organisation_id)
    assert (me["key_id"], me["scopes"], me["decides"]) == (city.amara["id"], ["read", "write"], True)
    assert done(await weak.get("/organisations/me"))["decides"] is False
    tender = done(await weak.post("/tenders", a_tender()))
    path = f"/tenders/{tender['id']}/publication"
    answer = await weak.post(path, If_Match='"1"')
    refused(answer, 401, "stronger-sign-in-needed")
    assert 'error="insufficient_user_authentication"' in answer.headers["www-authenticate"]
    assert f'acr_values="{STRONG}"' in answer.headers["www-authenticate"]
    refused(await strong.post(path, If_Match='"1"'), 403, "forbidden")  # nobody approves their own tender
    refused(await city.admin.post(path, If_Match='"1"'), 401, "stronger-sign-in-needed")


async def test_a_provider_beside_which_keys_decide_leaves_them_as_they_are(
    market: Market, provider: Provider, http: httpx.AsyncClient
) -> None:
    """Until a buyer's people are all known to the provider it may keep both ways."""
    made = await sign_up(market, provider, http, audience="https://keys.example", keys_decide=True)
    assert done(await made.admin.get("/organisations/me"))["decides"] is True


async def test_an_identity_is_revoked_like_a_key_and_from_the_next_request_on(
    city: City, provider: Provider, http: httpx.AsyncClient
) -> None:
    """Whose subject it was can then be somebody else."""
    person = done(await city.admin.post("/people", a_person(name="Ben Leaver")))
    known = {"provider_id": city.provider_id, "subject": "ben"}
    first = done(await city.boss.post(f"/people/{person['id']}/identities", known))
    ben = Person(http, provider.person("ben", "pwd"))
    assert done(await ben.get("/organisations/me"))["person"] == "Ben Leaver"
    other = done(await city.admin.post("/people", a_person(name="Ben Newcomer")))
    refused(await city.boss.post(f"/people/{other['id']}/identities", known), 409, "subject-already-known")
    done(await city.boss.delete(f"/keys/{first['id']}"))
    refused(await ben.get("/organisations/me"), 401, "invalid-token")
    done(await city.boss.post(f"/people/{other['id']}/identities", known))
    assert done(await ben.get("/organisations/me"))["person"] == "Ben Newcomer"


async def test_a_retired_provider_signs_in_nobody(market: Market, provider: Provider, http: httpx.AsyncClient) -> None:
    provider.audience, before = "https://retired.example", provider.audience
    made = await sign_up(market, provider, http, audience=provider.audience)
    amara = Person(http, provider.person("amara", STRONG))
    provider.audience = before
    done(await amara.get("/organisations/me"))
    assert done(await operator_of(market, http).delete(f"/identity-providers/{made.provider_id}"))["retired_at"]
    refused(await amara.get("/organisations/me"), 401, "invalid-token")


async def test_a_key_does_not_undo_that_only_a_strong_sign_in_decides(
    market: Market, provider: Provider, http: httpx.AsyncClient
) -> None:
    """It neither retires the provider that alone decides nor registers another; who signed in there strongly does.

    Nor does it say who somebody is there, whom an identity is taken from, or who opens and approves.
    """
    provider.audience, before = "https://undone.example", provider.audience
    made = await sign_up(market, provider, http, audience=provider.audience)
    weak, strong = Person(http, provider.person("boss", "pwd")), made.boss
    provider.audience = before
    thief = {"provider_id": made.provider_id, "subject": "mallory"}
    people, key = f"/people/{made.amara['person_id']}", f"/keys/{made.amara['id']}"
    tender = done(await made.admin.post("/tenders", a_tender()))
    role = {"person_id": made.amara["person_id"], "role": "approver"}
    for person in (made.admin, weak):
        refused(await person.post(f"{people}/identities", thief), 401, "stronger-sign-in-needed")
        refused(await person.delete(key), 401, "stronger-sign-in-needed")
        refused(await person.post(f"/tenders/{tender['id']}/roles", role), 401, "stronger-sign-in-needed")
    done(await made.admin.post(f"/tenders/{tender['id']}/roles", role | {"role": "contract_manager"}))
    done(await strong.delete(key))
    path, another = f"/identity-providers/{made.provider_id}", {"issuer": "https://mine.example", "acr_values": ["pwd"]}
    for person in (made.admin, weak):
        refused(await person.delete(path), 401, "stronger-sign-in-needed")
        refused(await person.post("/identity-providers", another), 401, "stronger-sign-in-needed")
    done(await strong.post("/identity-providers", another))
    assert done(await strong.delete(path))["retired_at"]


async def test_a_providers_new_key_is_fetched_once_and_its_old_one_ends_with_it(
    city: City, provider: Provider, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys are rotated without telling us; whoever makes up names of keys does not make us ask again and again."""
    monkeypatch.setattr("service.identity_providers.AGAIN_SECONDS", 0)
    old = Person(http, provider.person("amara", STRONG))
    done(await old.get("/organisations/me"))
    before, provider.keys = provider.keys, type(provider.keys)([RSAKey.generate_key(2048, {"kid": "second"})])
    try:
        new = Person(http, provider.person("amara", STRONG))
        asked = provider.published
        for _ in range(3):
            done(await new.get("/organisations/me"))
        assert provider.published == asked + 1
        monkeypatch.setattr("service.identity_providers.AGAIN_SECONDS", 30)
        for _ in range(3):
            refused(await old.get("/organisations/me"), 401, "invalid-token")
        assert provider.published == asked + 1
    finally:
        provider.keys = before
        monkeypatch.setattr("service.identity_providers.AGAIN_SECONDS", 0)
        done(await old.get("/organisations/me"))


async def test_a_provider_that_does_not_answer_is_told_from_a_bad_token(
    market: Market, provider: Provider, http: httpx.AsyncClient
) -> None:
    """503 and when to come again; nothing is connected to but what the operator allows."""
    made = await sign_up(market, provider, http, issuer="http://127.0.0.1:9", audience="urn:away")
    sent = {"iss": "http://127.0.0.1:9", "aud": "urn:away"}
    token = await Forger(market, provider).token(claims=sent)
    answer = await http.get("/organisations/me", headers={"Authorization": f"Bearer {token}"})
    refused(answer, 503, "unavailable")
    assert answer.headers["retry-after"] == "30"
    done(await operator_of(market, http).delete(f"/identity-providers/{made.provider_id}"))


# Machines


async def token_for(http: httpx.AsyncClient, key: str, **form: str) -> httpx.Response:
    asked = {"grant_type": "client_credentials"} | form
    return await http.post("/oauth/token", data=asked, auth=(key.split("_")[2], key))


async def test_a_machine_gets_a_short_token_for_its_key(market: Market, http: httpx.AsyncClient) -> None:
    """The token is its key's caller with fewer scopes if it wants; bids come by it as by the key."""
    answer = await token_for(http, market.birch.key, scope="read")
    given = done(answer)
    assert (given["token_type"], given["expires_in"], given["scope"]) == ("Bearer", 600, "read")
    assert answer.headers["cache-control"] == "no-store"
    machine = Person(http, given["access_token"])
    me = done(await machine.get("/organisations/me"))
    assert (me["person_id"], me["scopes"]) == (market.birch.id, ["read"])
    refused(await machine.post("/people", a_person()), 403, "forbidden")
    tender = await market.publish()
    bidder = Person(http, done(await token_for(http, market.birch.key))["access_token"])
    done(await bidder.submit(tender))
    keys = done(await http.get("/.well-known/jwks.json"))["keys"]
    told = done(await http.get("/.well-known/oauth-authorization-server"))
    assert told["token_endpoint"] == f"{str(http.base_url).rstrip('/')}/oauth/token"
    assert jws.extract_compact(given["access_token"].encode()).headers()["kid"] == keys[0]["kid"]


async def test_a_token_ends_with_the_key_that_it_was_given_for(market: Market, http: httpx.AsyncClient) -> None:
    leaver = await market.colleague_of(market.author, "Machine")
    machine = Person(http, done(await token_for(http, leaver.key))["access_token"])
    done(await machine.get("/organisations/me"))
    done(await market.author.delete(f"/keys/{leaver.key.split('_')[2]}"))
    refused(await machine.get("/organisations/me"), 401, "invalid-token")
    refused(await token_for(http, leaver.key), 401, "invalid-client")


async def test_what_the_token_endpoint_refuses_it_refuses_in_the_words_of_oauth(
    market: Market, http: httpx.AsyncClient
) -> None:
    """Clients of OAuth 2 go by `error`; the rest of the problem is for people."""
    key, path = market.birch.key, "/oauth/token"
    form = {"grant_type": "client_credentials", "client_id": key.split("_")[2], "client_secret": key}
    done(await http.post(path, data=form | {"resource": "ignored"}))
    for change, status, slug, error in (
        ({"grant_type": "password"}, 400, "unsupported-grant-type", "unsupported_grant_type"),
        ({"grant_type": ""}, 400, "invalid-token-request", "invalid_request"),
        ({"grant_type": ["client_credentials"] * 2}, 400, "invalid-token-request", "invalid_request"),
        ({"client_secret": "x" * 501}, 400, "invalid-token-request", "invalid_request"),
        ({"scope": "read " * 200}, 400, "invalid-token-request", "invalid_request"),
        ({"scope": "platform"}, 400, "invalid-scope", "invalid_scope"),
        ({"client_id": market.alder.key.split("_")[2]}, 401, "invalid-client", "invalid_client"),
        ({"client_secret": key[:-1] + ("0" if key[-1] != "0" else "1")}, 401, "invalid-client", "invalid_client"),
        ({"client_secret": ""}, 401, "invalid-client", "invalid_client"),
    ):
        assert refused(await http.post(path, data=form | change), status, slug)["error"] == error
    missing = await http.post(path, data={name: value for name, value in form.items() if name != "grant_type"})
    assert refused(missing, 400, "invalid-token-request")["error"] == "invalid_request"
    assert refused(await http.post(path), 400, "invalid-token-request")["error"] == "invalid_request"
    for header in ("Basic", "Basic !", "Bearer x", "Basic " + base64.b64encode(b"\xff").decode()):
        refused(await http.post(path, data=form, headers={"Authorization": header}), 401, "invalid-client")
    answer = await http.post(path, json=form)
    assert answer.status_code in {400, 415, 422}


# Forged


class Forger:
    """Makes tokens as the provider would, but for what the forger changes."""

    def __init__(self, market: Market, provider: Provider) -> None:
        self.market = market
        self.provider = provider
        self.key = provider.keys.keys[0]

    async def token(
        self,
        claims: dict[str, Any] | None = None,
        header: dict[str, Any] | None = None,
        key: Any = None,
        payload: bytes | None = None,
    ) -> str:
        now: datetime = await self.market.owner.fetchval("SELECT clock_timestamp()")
        at = int(now.timestamp())
        said = {
            "iss": self.provider.issuer,
            "aud": self.provider.audience,
            "sub": "amara",
            "client_id": CLIENT,
            "jti": "1",
            "iat": at,
            "exp": at + 60,
        }
        for name, value in (claims or {}).items():
            said[name] = at + value if name in {"exp", "nbf", "iat"} and type(value) is int else value
        said = {name: value for name, value in said.items() if value is not DROPPED}
        head = {"alg": "RS256", "typ": "at+jwt", "kid": self.key.kid} | (header or {})
        head = {name: value for name, value in head.items() if value is not DROPPED}
        body = json.dumps(said).encode() if payload is None else payload
        signed = f"{encoded(head)}.{base64.urlsafe_b64encode(body).rstrip(b'=').decode()}"
        signing = key or self.key
        if isinstance(signing, bytes):
            signature = hmac.digest(signing, signed.encode(), "sha256")
        else:
            signature = jws.JWSRegistry.algorithms[head["alg"]].sign(signed.encode(), signing)
        return f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


DROPPED = object()
STRANGER = RSAKey.generate_key(2048, {"kid": "first"})
EC = ECKey.generate_key("P-256", {"kid": "first"})


def encoded(part: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


FORGED: dict[str, dict[str, Any]] = {
    "alg none": {"change": lambda token: f"{encoded({'alg': 'none', 'typ': 'at+jwt', 'kid': 'first'})}."
                 f"{token.split('.')[1]}."},
    "alg None": {"change": lambda token: f"{encoded({'alg': 'None', 'typ': 'at+jwt', 'kid': 'first'})}."
                 f"{token.split('.')[1]}."},
    "hs256 with the public key": {"header": {"alg": "HS256"}, "own_key": True},
    "another's key of the same name": {"key": STRANGER},
    "another's key of another name": {"key": STRANGER, "header": {"kid": "second"}},
    "a key of another kind": {"key": EC, "header": {"alg": "ES256"}},
    "kid as a path": {"key": STRANGER, "header": {"kid": "../../../../dev/null"}},
    "kid as sql": {"key": STRANGER, "header": {"kid": "' OR '1'='1"}},
    "no kid": {"header": {"kid": DROPPED}},
    "kid is no text": {"change": lambda token: encoded({"alg": "RS256", "typ": "at+jwt", "kid": 1})
                       + token[token.index("."):]},
    "jku": {"key": STRANGER, "header": {"jku": "https://evil.example/jwks"}},
    "x5u": {"key": STRANGER, "header": {"x5u": "https://evil.example/cert"}},
    "jwk in the header": {"key": STRANGER, "header": {"jwk": STRANGER.as_dict(private=False)}},
    "x5c in the header": {"key": STRANGER, "header": {"x5c": ["MIIB"]}},
    "crit": {"header": {"crit": ["exp"], "exp": 1}},
    "unencoded payload": {"change": lambda token: encoded({"alg": "RS256", "typ": "at+jwt", "kid": "first",
                          "b64": False, "crit": ["b64"]}) + token[token.index("."):]},
    "zip": {"header": {"zip": "DEF"}},
    "an id token": {"header": {"typ": "JWT"}},
    "a token of no registered type": {"header": {"typ": "JWT"}, "claims": {"scope": "read"}},
    "no type": {"header": {"typ": DROPPED}},
    "a logout token": {"header": {"typ": "logout+jwt"}},
    "expired": {"claims": {"exp": -1}},
    "expired this second": {"claims": {"exp": 0}},
    "no end": {"claims": {"exp": DROPPED}},
    "end is no number": {"claims": {"exp": "2999"}},
    "end is not a number": {"payload": lambda said: said.replace(b'"exp": ', b'"exp": NaN, "x": ')},
    "good for years": {"claims": {"exp": 10**9}},
    "not before": {"claims": {"nbf": 120}},
    "from the future": {"claims": {"iat": 120}},
    "another audience": {"claims": {"aud": "https://other.example"}},
    "no audience": {"claims": {"aud": DROPPED}},
    "audiences are empty": {"claims": {"aud": []}},
    "another organisation": {"claims": {"aud": "urn:tenderscore:organisation:00000000-0000-0000-0000-000000000000"}},
    "another issuer": {"claims": {"iss": "https://evil.example"}},
    "our own issuer": {"claims": {"iss": "urn:tenderscore:service"}},
    "no issuer": {"claims": {"iss": DROPPED}},
    "an unknown subject": {"claims": {"sub": "mallory"}},
    "subject of another spelling": {"claims": {"sub": "AMARA"}},
    "no subject": {"claims": {"sub": DROPPED}},
    "no client": {"claims": {"client_id": DROPPED}},
    "no id": {"claims": {"jti": DROPPED}},
    "claims are a list": {"payload": lambda _: b"[]"},
    "claims are nested deep": {"payload": lambda _: b"[" * 3000},
    "no signature": {"change": lambda token: token[: token.rindex(".") + 1]},
    "signature cut": {"change": lambda token: token[:-8]},
    "signature changed": {"change": lambda token: token[:-20] + ("A" if token[-20] != "A" else "B") + token[-19:]},
    "claims changed": {"change": lambda token: ".".join((token.split(".")[0], encoded({"sub": "amara", "iss": "x"}),
                       token.split(".")[2]))},
    "two parts": {"change": lambda token: token.rpartition(".")[0]},
    "five parts": {"change": lambda token: token + ".a.b"},
    "a signed token inside": {"change": lambda token: f"{token.split('.')[0]}.{token}"},
    "letters of elsewhere": {"change": lambda token: "é" + token},
    "very long": {"change": lambda token: token + "A" * 8000},
    "dots": {"change": lambda _: "..."},
}  # fmt: skip


async def forge(market: Market, provider: Provider, recipe: dict[str, Any]) -> str:
    """A forged token by its recipe: what is said, what stands in the header, whose key, what is changed afterwards."""
    forger = Forger(market, provider)
    pem = provider.keys.keys[0].as_pem(private=False)
    key = pem if recipe.get("own_key") else recipe.get("key")
    token = await forger.token(recipe.get("claims"), recipe.get("header"), key)
    if "payload" in recipe:
        payload = recipe["payload"](jws.extract_compact(token.encode()).payload)
        token = await forger.token(payload=payload)
    return recipe["change"](token) if "change" in recipe else token


@pytest.mark.parametrize("name", FORGED)
async def test_a_forged_token_is_nobodys(
    market: Market, city: City, provider: Provider, http: httpx.AsyncClient, name: str
) -> None:
    """401 as a problem for each, and nothing is fetched from where a token points."""
    good = await forge(market, provider, {})
    done(await http.get("/organisations/me", headers={"Authorization": f"Bearer {good}"}))
    token = await forge(market, provider, FORGED[name])
    assert token != good
    answer = await http.get("/organisations/me", headers=[(b"Authorization", f"Bearer {token}".encode())])
    assert answer.status_code == 401, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_token_of_ours_that_somebody_else_has_signed_is_nobodys(
    market: Market, http: httpx.AsyncClient
) -> None:
    """Neither another's key nor another audience, nor another key's id, makes one of our own."""
    given = done(await token_for(http, market.birch.key))["access_token"]
    kid = jws.extract_compact(given.encode()).headers()["kid"]
    claims = json.loads(jws.extract_compact(given.encode()).payload or b"")
    stranger = OKPKey.generate_key("Ed25519", {"kid": kid})
    header = {"alg": "Ed25519", "typ": "at+jwt", "kid": kid}
    forged = jws.serialize_compact(header, json.dumps(claims), stranger, ["Ed25519"])
    refused(await Person(http, forged).get("/organisations/me"), 401, "invalid-token")
    done(await Person(http, given).get("/organisations/me"))
