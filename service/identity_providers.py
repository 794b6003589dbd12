"""Identity providers of buyers: who issues tokens for their people (OIDC, RFC 9068), and which person a subject is.

A token is accepted where its issuer is registered by an organisation for the token's audience, its signature is by one
of the keys that the issuer publishes, and its subject is somebody's identity there. What the person may do comes from
that identity, never from the token; only how they signed in (`acr`) does.
"""

import asyncio
import re
from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import asyncpg
import msgspec
import structlog
from litestar import Response, Router, delete, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from service import db, events, organisations, tokens
from service.access import check_sign_in
from service.edge import Cursor, Limit, before, part_of
from service.organisations import (
    Caller,
    Key,
    Name,
    NewKey,
    OrganisationKind,
    Person,
    Scope,
    check_scopes,
)
from service.outbound import OutboundRefused, check_url, fetch
from service.problems import Fault, InvalidRequest, NotFound, Refusal, Unavailable
from service.tokens import RFC_9068, Accepted, Algorithm, InvalidToken, TokenType, Unverified

if TYPE_CHECKING:  # loaded by the first token
    from joserfc.jwk import KeySet

SQL = db.queries("identity_providers")

_log = structlog.get_logger("tenderscore")

FRESH_SECONDS = 600.0
"""How long a provider's keys are taken from memory."""
STALE_SECONDS = 3600.0
"""How long they still count while the provider does not answer; what it has taken back counts no longer than that."""
AGAIN_SECONDS = 30.0
"""A provider is asked no more often, whatever keys tokens name."""
MOST_PROVIDERS = 1000
OWN_NAMES = "urn:tenderscore:"
"""How the audiences begin that we name: they hold the organisation's id, so that nobody else can take them first."""

Address = Annotated[str, Meta(min_length=1, max_length=500)]
Value = Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^[!-~]+$")]


class NewProvider(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An identity provider to register.

    issuer: its name to the letter, an https address below which it publishes `/.well-known/openid-configuration`.
    audience: what its tokens for this service carry as `aud`; our own name for your organisation if left out.
    acr_values: by which `acr`, or Entra's `acrs`, it says that somebody signed in with more than one factor: needed to
    open bids and to approve. keys_decide: whether API keys of your people still open and approve beside it. token_type:
    `JWT` where the provider cannot say `at+jwt` of its access tokens (RFC 9068), as Entra cannot; such a token must
    name its client and a scope, and ID tokens are still refused. `untyped` where it says no type, as Cognito and Okta:
    then the token must say by `token_use`, or by `cid` and a list `scp`, that it gives access; one without `aud`, as
    Cognito's, is for its client, whose id must be the audience.
    """

    issuer: Address
    acr_values: Annotated[tuple[Value, ...], Meta(min_length=1, max_length=20)]
    audience: Value | None = None
    algorithms: Annotated[tuple[Algorithm, ...], Meta(min_length=1, max_length=10)] = ("RS256", "PS256", "ES256")
    keys_decide: bool = False
    token_type: TokenType = RFC_9068


class IdentityProvider(Struct, frozen=True, kw_only=True):
    """A registered identity provider; from `retired_at` on its tokens are refused."""

    id: UUID
    issuer: str
    audience: str
    algorithms: tuple[Algorithm, ...]
    acr_values: tuple[str, ...]
    keys_decide: bool
    token_type: TokenType
    registered_at: datetime
    retired_at: datetime | None


class NewIdentity(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a provider calls a person (`sub` of its tokens), what they may do by it, until when."""

    provider_id: UUID
    subject: Value
    label: Name = "Signs in at the identity provider"
    scopes: Annotated[tuple[Scope, ...], Meta(min_length=1, max_length=4)] = ("read", "write")
    expires_at: Annotated[datetime, Meta(tz=True)] | None = None


class Identity(Key, frozen=True, kw_only=True):
    """A key that no secret opens but a token of the provider with this subject; it is revoked like any other key."""

    provider_id: UUID
    subject: str


class ProviderAlreadyRegistered(Refusal):
    """This issuer is registered with this audience already.

    Retire your own registration first. If it is not yours, leave the audience out, so that it names your organisation,
    and let your identity provider issue tokens for that; or ask the platform's operator.
    """


class SubjectAlreadyKnown(Refusal):
    """This subject of the provider is somebody's identity already.

    Revoke that identity first (`DELETE /keys/{key_id}`), if it has gone to another person.
    """


class LastAdministrator(Refusal):
    """This is the last identity that names others, and people work by the others.

    Name another with the scope `admin` first (`POST /people/{person_id}/identities`), then revoke this one; or revoke
    it last of all.
    """


# The keys that providers publish


class _Configuration(Struct, frozen=True):
    issuer: str
    jwks_uri: str


class _Kept(Struct):
    keys: "KeySet | None"
    fetched: float
    asked: float


class ProviderKeys:
    """The keys of providers, in memory: fetched when they are needed, all who wait share one request."""

    def __init__(self, own_hosts: Collection[str]) -> None:
        """`own_hosts`: whose addresses may be private (TENDERSCORE_OUTBOUND_HOSTS)."""
        self._own_hosts = own_hosts
        self._kept: dict[str, _Kept] = {}
        self._asking: dict[str, asyncio.Task[None]] = {}

    def at_hand(self, issuer: str, kid: str) -> "KeySet | None":
        """The issuer's keys, where they are fresh and this one is among them."""
        kept = self._kept.get(issuer)
        if kept is None or asyncio.get_running_loop().time() - kept.fetched > FRESH_SECONDS:
            return None
        return kept.keys if _has(kept.keys, kid) else None

    async def find(self, issuer: str, kid: str) -> "KeySet":
        """The issuer's keys, asked for unless that was a moment ago.

        Raises InvalidToken where this key is not among them, Unavailable where the provider does not answer.
        """
        loop = asyncio.get_running_loop()
        kept = await self._ask(issuer, self._kept.get(issuer))
        if kept.keys is None or loop.time() - kept.fetched > STALE_SECONDS:
            raise Unavailable(f"The keys of {issuer} cannot be fetched just now.", headers={"Retry-After": "30"})
        if not _has(kept.keys, kid):
            raise InvalidToken("Its issuer publishes no such key (kid).")
        return kept.keys

    async def _ask(self, issuer: str, kept: _Kept | None) -> _Kept:
        loop = asyncio.get_running_loop()
        if kept is not None and loop.time() - kept.asked < AGAIN_SECONDS:
            return kept
        if issuer not in self._asking:
            asking = self._asking[issuer] = loop.create_task(self._fetch(issuer))
            asking.add_done_callback(lambda _: self._asking.pop(issuer))
        await asyncio.shield(self._asking[issuer])
        return self._kept[issuer]

    async def _fetch(self, issuer: str) -> None:
        """Keep what the provider publishes now; of one that does not answer only that it was asked."""
        now = asyncio.get_running_loop().time()
        kept = self._kept.get(issuer) or _Kept(None, now, now)
        try:
            kept = _Kept(await self._published(issuer), now, now)
        except (OutboundRefused, msgspec.MsgspecError, ValueError, RecursionError) as error:
            _log.warning("identity provider gives no keys", issuer=issuer, reason=str(error))
            kept.asked = now
        self._kept.pop(issuer, None)
        while len(self._kept) >= MOST_PROVIDERS:
            del self._kept[next(iter(self._kept))]
        self._kept[issuer] = kept

    async def _published(self, issuer: str) -> "KeySet":
        url = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
        told = msgspec.json.decode(await fetch(url, self._own_hosts), type=_Configuration)
        if told.issuer != issuer:
            raise ValueError(f"{url} speaks for {told.issuer[:200]!r}.")
        return tokens.read_keys(await fetch(told.jwks_uri, self._own_hosts))


def _has(keys: "KeySet | None", kid: str) -> bool:
    return keys is not None and any(key.kid == kid for key in keys.keys)


# Whose token it is


class _Known(Struct, frozen=True, kw_only=True):
    """A registration, and who the subject is in it, if anybody."""

    algorithms: tuple[str, ...]
    acr_values: tuple[str, ...]
    token_type: TokenType
    now: datetime
    organisation_id: UUID
    organisation: str
    kind: OrganisationKind
    key_id: str | None
    scopes: tuple[Scope, ...] | None
    person_id: UUID | None
    person: str | None


async def identify(pool: asyncpg.Pool, keys: ProviderKeys, token: Unverified) -> Caller:
    """Who sends a token of an organisation's provider; raises InvalidToken, or Unavailable without its keys."""
    known = await _find(pool, token)
    published = keys.at_hand(token.claims.iss, token.kid)
    if published is None:
        published = await keys.find(token.claims.iss, token.kid)
        # That takes seconds, in which a token may end and an identity may be revoked.
        known = await _find(pool, token)
    tokens.check_signature(token, published, Accepted(known.algorithms, known.token_type))
    tokens.check_times(token.claims, known.now)
    if known.key_id is None or known.person_id is None or known.person is None or known.scopes is None:
        raise InvalidToken("Its subject is nobody whom the organisation has named.")
    return Caller(
        key_id=known.key_id,
        person_id=known.person_id,
        person=known.person,
        organisation_id=known.organisation_id,
        organisation=known.organisation,
        kind=known.kind,
        scopes=known.scopes,
        decides=token.claims.is_strong(known.acr_values),
        acr_values=known.acr_values,
    )


async def _find(pool: asyncpg.Pool, token: Unverified) -> _Known:
    rows = SQL.find_identity(
        pool, issuer=token.claims.iss, audiences=token.claims.audiences[:20], subject=token.claims.sub
    )
    found = await db.many(rows, _Known)
    if len(found) != 1:
        raise InvalidToken("Its issuer is registered for none of its audiences, or it is for several organisations.")
    return found[0]


# Handlers


def check_audience(given: str | None, caller: Caller) -> str:
    """Whom tokens are for: what the buyer says, but never our name for another organisation; else our name for it."""
    own = f"{OWN_NAMES}organisation:{caller.organisation_id}"
    if given is not None and given != own and given.startswith(OWN_NAMES):
        fault = Fault("/audience", "It is our own name for another organisation.", f"Leave it out: it is {own} then.")
        raise InvalidRequest("Tokens for this audience are not for your organisation.", faults=(fault,))
    return given or own


@post("/identity-providers")
async def register_provider(
    data: JSONBody[NewProvider], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller], state: State
) -> IdentityProvider:
    """Register the identity provider of your people; needs the scope `admin`.

    Its keys are fetched when the first token comes. Unless `keys_decide`, your people's API keys open and approve
    nothing from now on: only who has signed in there with one of the `acr_values` does, and registers or retires
    providers.
    """
    try:
        check_url(data.issuer, state.own_hosts)
    except OutboundRefused as error:
        fault = Fault("/issuer", str(error), "Write it as the provider does, such as https://login.example.org/city.")
        raise InvalidRequest("The issuer is no address that keys could be fetched from.", faults=(fault,)) from None
    facts: dict[str, Any] = {
        "issuer": data.issuer,
        "audience": check_audience(data.audience, caller),
        "algorithms": list(data.algorithms),
        "acr_values": list(data.acr_values),
        "keys_decide": data.keys_decide,
        "token_type": data.token_type,
    }
    made = await db.maybe(SQL.insert_provider(conn, organisation_id=caller.organisation_id, **facts), IdentityProvider)
    if made is None:
        raise ProviderAlreadyRegistered(f"{data.issuer} is registered for {facts['audience']} already.")
    data_told = facts | {"provider_id": made.id, "organisation_id": caller.organisation_id}
    await events.record(conn, "identity-provider.registered", tender_id=None, actor=caller.person_id, data=data_told)
    return made


@get("/identity-providers")
async def list_providers(
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
    state: State,
    limit: Limit = 200,
    cursor: Cursor = None,
) -> Response[list[IdentityProvider]]:
    """List the identity providers of your organisation, the newest first and the retired ones too.

    Where there are more, the `Link` header leads to the older ones.
    """
    before_at, before_id = before(cursor, state.secrets)
    rows = SQL.list_providers(
        conn, organisation_id=caller.organisation_id, before_at=before_at, before_id=before_id, limit=limit + 1
    )
    found = await db.many(rows, IdentityProvider)
    return part_of(found, limit, "/identity-providers", lambda one: (one.registered_at, one.id), state.secrets)


@delete("/identity-providers/{provider_id:uuid}", status_code=200)
async def retire_provider(
    provider_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> IdentityProvider:
    """Refuse all tokens of a provider from the next request on; needs the scope `admin`.

    While a provider alone decides, it needs a sign-in that may approve; or the platform's operator, who retires any.
    """
    operator = "platform" in caller.scopes
    if not operator:
        check_sign_in(caller)
    whose = None if operator else caller.organisation_id
    found = await SQL.retire_provider(conn, provider_id=provider_id, organisation_id=whose)
    if found is None:
        raise NotFound
    retired = msgspec.convert(found, IdentityProvider)
    if found["is_new"]:
        data = {"provider_id": retired.id, "organisation_id": found["organisation_id"]}
        await events.record(conn, "identity-provider.retired", tender_id=None, actor=caller.person_id, data=data)
    return retired


@post("/people/{person_id:uuid}/identities")
async def add_identity(
    person_id: FromPath[UUID],
    data: JSONBody[NewIdentity],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> Identity:
    """Say which subject of your identity provider a person of your organisation is; needs the scope `admin`.

    While a provider alone decides, who has signed in strongly by an identity with the scope `admin` names all others.
    A key names such a one, and only while none works: whoever steals a key could make its thief the approver.
    """
    check_scopes(caller, data.scopes)
    person = await organisations.find_person(conn, person_id, caller)
    await _check_may_name(conn, caller, data)
    provider = await db.maybe(
        SQL.lock_provider(conn, provider_id=data.provider_id, organisation_id=caller.organisation_id), IdentityProvider
    )
    if provider is None:
        fault = Fault("/provider_id", "Your organisation has no such provider.", "Take it from /identity-providers.")
        raise InvalidRequest("The provider is not there, or was retired.", faults=(fault,))
    return await _name(conn, person, data, caller)


async def _check_may_name(conn: db.Connection, caller: Caller, new: NewIdentity) -> None:
    """Refuse a weak sign-in while somebody works who names others, and else whoever could not name a second one.

    Of two who come at once the later sees whom the earlier has named: the providers are locked.
    """
    if caller.decides:
        return
    await _lock(conn, caller)
    if (await _working(conn, caller)).others_name:
        check_sign_in(caller)
    if "admin" not in new.scopes:
        mend = "Begin with who names the others, and give it the scopes read, write and admin."
        fault = Fault("/scopes", "Nobody works yet who has the scope admin.", mend)
        raise InvalidRequest("A key names none but who names all others.", faults=(fault,))


async def _lock(conn: db.Connection, caller: Caller) -> bool:
    """Keep all others of the organisation from naming and revoking; says whether a provider of it alone decides."""
    found = [row async for row in SQL.lock_providers(conn, organisation_id=caller.organisation_id)]
    return any(not row["keys_decide"] for row in found)


class _Working(Struct, frozen=True, kw_only=True):
    """Of the identities that work: whether one names others, whether another does, and whether there is another."""

    names: bool
    others_name: bool
    others_work: bool


async def _working(conn: db.Connection, caller: Caller, key_id: str = "") -> _Working:
    return await db.one(SQL.find_working(conn, organisation_id=caller.organisation_id, key_id=key_id), _Working)


async def _name(conn: db.Connection, person: Person, data: NewIdentity, caller: Caller) -> Identity:
    """Store the identity with its key, whose secret is thrown away, and write it down."""
    new = NewKey(label=data.label, scopes=data.scopes, expires_at=data.expires_at)
    key = (await organisations.issue_to(conn, person, new, caller.person_id)).key
    made = await SQL.insert_identity(conn, provider_id=data.provider_id, subject=data.subject, key_id=key.id)
    if made is None:
        raise SubjectAlreadyKnown(f"The subject {data.subject!r} is an identity that works.")
    facts = {"key_id": key.id, "person_id": person.id, "provider_id": data.provider_id, "subject": data.subject}
    await events.record(conn, "identity.registered", tender_id=None, actor=caller.person_id, data=facts)
    return Identity(**msgspec.structs.asdict(key), provider_id=data.provider_id, subject=data.subject)


@get("/people/{person_id:uuid}/identities")
async def list_identities(
    person_id: FromPath[UUID],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
    state: State,
    limit: Limit = 200,
    cursor: Cursor = None,
) -> Response[list[Identity]]:
    """List by which subjects of which providers a person is known, the newest first; needs the scope `admin`.

    One's own are listed without it. Where there are more, the `Link` header leads to the older ones.
    """
    if person_id != caller.person_id:
        caller.require("admin")
    person = await organisations.find_person(conn, person_id, caller)
    before_at, place = before(cursor, state.secrets)
    rows = SQL.list_identities(
        conn, person_id=person.id, before_at=before_at, before_id=organisations.key_at(place), limit=limit + 1
    )
    path = f"/people/{person_id}/identities"
    return part_of(await db.many(rows, Identity), limit, path, organisations.place_of, state.secrets)


@delete("/keys/{key_id:str}", status_code=200)
async def revoke_key(
    key_id: FromPath[str], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> Key:
    """Revoke a key of your own organisation at once; needs the scope `admin`, except for the key you are using.

    Another's identity at a provider that alone decides is revoked by who has signed in there strongly: a key that could
    revoke one could give its subject to somebody else. The last one with the scope `admin` is revoked last of all.
    """
    if key_id != caller.key_id:
        caller.require("admin")
    if not re.fullmatch("[0-9A-Za-z]{12}", key_id):
        raise NotFound
    alone_decides = await _lock(conn, caller)
    working = await _working(conn, caller, key_id)
    found = await organisations.SQL.revoke_key(conn, key_id=key_id, organisation_id=caller.organisation_id)
    if found is None:
        raise NotFound
    if found["is_identity"] and key_id != caller.key_id:
        check_sign_in(caller)
    if alone_decides and working.names and working.others_work and not working.others_name:
        raise LastAdministrator("Without it nobody who has signed in could name or revoke the others.")
    key = msgspec.convert(found, Key)
    if found["is_new"]:
        await events.record(conn, "key.revoked", tender_id=None, actor=caller.person_id, data={"key_id": key.id})
    return key


router = Router(
    path="/",
    route_handlers=[register_provider, list_providers, retire_provider, add_identity, list_identities, revoke_key],
    tags=["Organisations"],
)
