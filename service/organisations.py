"""Buyers and suppliers, their people, the people's keys – and so: who is calling."""

import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Literal, NamedTuple
from uuid import UUID

import asyncpg
import msgspec
from litestar import Response, Router, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from service import db, events
from service.edge import Cursor, Limit, Page, before, link_to_next, page_of, part_of, start_of
from service.problems import CONSTRAINTS, Fault, Forbidden, InvalidRequest, Refusal, Unauthenticated
from service.rounds import Rounds

SQL = db.queries("organisations")

Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S", description="As it shall be printed.")]
Identifier = Annotated[
    str,
    Meta(
        pattern=r"^[A-Z]{2}-[A-Z]{2,10}-[A-Za-z0-9]{1,40}$",
        description="Register and number, such as GB-COH-01234567. It names an organisation and grants nothing.",
    ),
]
Scope = Literal["read", "write", "admin", "platform"]
OrganisationKind = Literal["buyer", "supplier"]


class NewPerson(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person to add."""

    name: Name
    email: (
        Annotated[
            str, Meta(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$", description="An address such as ada@alder.example.")
        ]
        | None
    ) = None


class NewOrganisation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A buyer or supplier to register, with its first person, who gets a key that may add others."""

    kind: OrganisationKind
    name: Name
    person: NewPerson
    identifier: Identifier | None = None


class NewKey(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key to issue: what it is for, what it may do, until when."""

    label: Name
    scopes: Annotated[tuple[Scope, ...], Meta(min_length=1, max_length=4)] = ("read", "write")
    expires_at: Annotated[datetime, Meta(tz=True)] | None = None


class Organisation(Struct, frozen=True, kw_only=True):
    """A buyer or a supplier."""

    id: UUID
    kind: OrganisationKind
    name: str
    identifier: str | None
    created_at: datetime


class Person(Struct, frozen=True, kw_only=True):
    """A person of an organisation."""

    id: UUID
    organisation_id: UUID
    name: str
    email: str | None
    created_at: datetime


class Key(Struct, frozen=True, kw_only=True):
    """A key as it can be shown: everything but its secret."""

    id: str
    person_id: UUID
    label: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


class IssuedKey(Struct, frozen=True, kw_only=True):
    """A new key. `secret` is the whole key, shown this once: it is stored only as a digest."""

    key: Key
    secret: str


class Registration(Struct, frozen=True, kw_only=True):
    """A new organisation, its first person, and that person's key."""

    organisation: Organisation
    person: Person
    key: IssuedKey


class Caller(Struct, frozen=True, kw_only=True):
    """Who is calling: a person, by a key or a token, for an organisation.

    decides: whether the sign-in is strong enough to open bids and to approve: a token with one of the `acr_values` that
    the organisation's identity provider is registered with; a key, unless there is a provider that alone decides.
    """

    key_id: str
    person_id: UUID
    person: str
    organisation_id: UUID
    organisation: str
    kind: OrganisationKind
    scopes: tuple[Scope, ...]
    decides: bool = True
    acr_values: tuple[str, ...] = ()

    def require(self, scope: Scope) -> None:
        """Refuse unless the key carries the scope."""
        if scope not in self.scopes:
            raise Forbidden(f"This needs a key with the scope `{scope}`; yours has {', '.join(self.scopes)}.")

    def require_kind(self, kind: OrganisationKind) -> None:
        """Refuse unless the caller's organisation is a buyer, or a supplier."""
        if self.kind != kind:
            raise Forbidden(f"Only a {kind} can do this; {self.organisation} is a {self.kind}.")


NOBODY = Caller(
    key_id="",
    person_id=UUID(int=0),
    person="",
    organisation_id=UUID(int=0),
    organisation="",
    kind="supplier",
    scopes=("read",),
)
"""Whoever reads without a key what is public: no person of no organisation."""


class OrganisationAlreadyRegistered(Refusal):
    """An organisation with this identifier is registered already.

    Ask its people for a key, or the platform's operator if nobody there has one.
    """


CONSTRAINTS["organisations_one_per_identifier"] = (
    OrganisationAlreadyRegistered,
    "The identifier is taken by an organisation that is registered already.",
)

# Keys: ts_live_<id>_<secret><crc>, made to be found by scanners and told from noise without asking us.

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_KEY = re.compile(r"ts_live_([0-9A-Za-z]{12})_([0-9A-Za-z]{43})([0-9A-Za-z]{6})", re.ASCII)


class _FreshKey(NamedTuple):
    id: str
    whole: str
    digest: bytes


def _checksum(text: str) -> str:
    number = binascii.crc32(text.encode())
    digits = ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        digits = _ALPHABET[digit] + digits
    return digits


def make_key() -> _FreshKey:
    """A new random key: 43 characters of 62 are 256 bits, so a plain SHA-256 of it is stored, not a slow hash."""
    key_id = "".join(secrets.choice(_ALPHABET) for _ in range(12))
    secret = "".join(secrets.choice(_ALPHABET) for _ in range(43))
    body = f"ts_live_{key_id}_{secret}"
    return _FreshKey(key_id, body + _checksum(body), hashlib.sha256(secret.encode()).digest())


def read_key(text: str) -> tuple[str, bytes] | None:
    """The id and the secret's digest of a well-formed key; None for a mistyped one, told by its checksum alone."""
    match = _KEY.fullmatch(text)
    if match is None or not hmac.compare_digest(_checksum(text[:-6]), match[3]):
        return None
    return match[1], hashlib.sha256(match[2].encode()).digest()


class KnownKeys:
    """Who holds which key, of those that have authenticated in this process: the key is checked without a query.

    Contract: it is known here that the key was whole, its secret right, and whose it was – things that never change.
    Whether it has been revoked or has expired since is *not* known: the statement that acts for the caller must demand
    that itself, in the same round trip, by
    `key.id = :key_id AND key.revoked_at IS NULL AND (key.expires_at IS NULL OR key.expires_at > clock_timestamp())`,
    and its caller must treat no row as somebody unknown. So a revoked key is refused from the next request on.
    """

    def __init__(self, most: int = 10_000) -> None:
        """`most`: how many keys are kept, about 1 kB each; then the one known longest is forgotten."""
        self._most = most
        self._holders = Rounds(find_holders)
        self._known: dict[bytes, tuple[bytes, Caller]] = {}

    def remember(self, key: str, caller: Caller) -> None:
        """Keep the holder of a key that the database has just found good."""
        self._known.pop(caller.key_id.encode(), None)
        while len(self._known) >= self._most:
            del self._known[next(iter(self._known))]
        self._known[caller.key_id.encode()] = hashlib.sha256(key.encode()).digest(), caller

    def forget(self, key_id: str) -> None:
        """A key that the database no longer finds good is not kept."""
        self._known.pop(key_id.encode(), None)

    def caller(self, authorization: bytes | None) -> Caller | None:
        """Who sent this `Authorization` header; None if that is not known here, and must be asked of the database."""
        if authorization is None or not authorization.startswith(b"Bearer ts_live_"):
            return None
        known = self._known.get(authorization[15:27])
        if known is None or not hmac.compare_digest(hashlib.sha256(authorization[7:]).digest(), known[0]):
            return None
        return known[1]

    async def introduce(self, pool: asyncpg.Pool, authorization: bytes | None) -> Caller | None:
        """Who sent this header, asked of the database together with all who are not known in the same moment.

        At a deadline everybody comes for the first time. None for a key that is not good, and where the database does
        not answer: `authenticate` tells the two apart.
        """
        token = "" if authorization is None else authorization.removeprefix(b"Bearer ").decode("latin-1")
        known = read_key(token)
        holder = None if known is None else await self._holders.ask(pool, known[0])
        if known is None or holder is None or not hmac.compare_digest(holder["secret_digest"], known[1]):
            return None
        caller = msgspec.convert(holder, Caller)
        self.remember(token, caller)
        return caller


async def find_holders(conn: db.Connection | asyncpg.Pool, key_ids: Sequence[str]) -> Mapping[str, asyncpg.Record]:
    """Who holds each of the keys that are neither expired nor revoked."""
    return {row["key_id"]: row async for row in SQL.list_holders(conn, key_ids=list(key_ids))}


async def authenticate(pool: asyncpg.Pool, authorization: str | None, known_keys: KnownKeys) -> Caller:
    """The caller who sent this `Authorization` header; raises Unauthenticated, always in the same words."""
    scheme, _, token = (authorization or "").partition(" ")
    known = read_key(token.strip()) if scheme.lower() == "bearer" else None
    if known is not None:
        holder = (await find_holders(pool, [known[0]])).get(known[0])
        if holder is None:
            known_keys.forget(known[0])
        elif hmac.compare_digest(holder["secret_digest"], known[1]):
            caller = msgspec.convert(holder, Caller)
            known_keys.remember(token.strip(), caller)
            return caller
    raise Unauthenticated("Send a valid key: `Authorization: Bearer ts_live_…`.")


# Rules


def check_scopes(caller: Caller, wanted: tuple[Scope, ...]) -> None:
    """Nobody can hand out more than they hold."""
    missing = [scope for scope in wanted if scope not in caller.scopes]
    if missing:
        fault = Fault(pointer="/scopes", message=f"Your own key lacks {', '.join(missing)}.", mend="Leave it out.")
        raise InvalidRequest("A key cannot be given scopes that its issuer does not hold.", faults=(fault,))


async def register(
    conn: db.Connection, new: NewOrganisation, scopes: tuple[Scope, ...], actor: UUID | None = None
) -> Registration:
    """Store an organisation, its first person and that person's key, and write it down."""
    organisation = await db.one(
        SQL.insert_organisation(conn, kind=new.kind, name=new.name, identifier=new.identifier), Organisation
    )
    person = await add_to(conn, organisation.id, new.person, actor)
    await events.record(
        conn, "organisation.registered", tender_id=None, actor=actor, data={"organisation_id": organisation.id}
    )
    key = await issue_to(conn, person, NewKey(label="First key", scopes=scopes), actor)
    return Registration(organisation=organisation, person=person, key=key)


async def add_to(conn: db.Connection, organisation_id: UUID, new: NewPerson, actor: UUID | None) -> Person:
    """Store a person and write it down."""
    person = await db.one(
        SQL.insert_person(conn, organisation_id=organisation_id, name=new.name, email=new.email), Person
    )
    await events.record(conn, "person.added", tender_id=None, actor=actor, data={"person_id": person.id})
    return person


async def find_person(conn: db.Connection, person_id: UUID, caller: Caller) -> Person:
    """A person of the caller's organisation; anybody else is not found."""
    return await db.one(SQL.get_person(conn, person_id=person_id, organisation_id=caller.organisation_id), Person)


async def issue_to(conn: db.Connection, person: Person, new: NewKey, actor: UUID | None) -> IssuedKey:
    """Make and store a key for a person and write it down, without its secret."""
    fresh = make_key()
    key = await db.one(
        SQL.insert_key(
            conn,
            id=fresh.id,
            person_id=person.id,
            label=new.label,
            secret_digest=fresh.digest,
            scopes=list(new.scopes),
            expires_at=new.expires_at,
        ),
        Key,
    )
    if key.expires_at is not None and key.expires_at <= key.created_at:
        fault = Fault("/expires_at", "This instant has passed.", "Give a later one, or leave it out.")
        raise InvalidRequest("The key would never work.", faults=(fault,))
    data = {"key_id": key.id, "person_id": person.id, "scopes": list(new.scopes)}
    await events.record(conn, "key.issued", tender_id=None, actor=actor, data=data)
    return IssuedKey(key=key, secret=fresh.whole)


# Handlers


@post("/organisations")
async def register_organisation(
    data: JSONBody[NewOrganisation], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> Registration:
    """Register a buyer or supplier with its first person; needs a key with the scope `platform`.

    The answer holds that person's key, with the scopes read, write and admin. It is shown this once.
    """
    return await register(conn, data, ("read", "write", "admin"), caller.person_id)


@get("/organisations/me")
async def who_am_i(caller: NamedDependency[Caller]) -> Caller:
    """Say who the key belongs to and what it may do."""
    return caller


@post("/people")
async def add_person(
    data: JSONBody[NewPerson], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> Person:
    """Add a person to your own organisation; needs the scope `admin`."""
    return await add_to(conn, caller.organisation_id, data, caller.person_id)


@get("/people")
async def list_people(
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
    state: State,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response[Page[Person]]:
    """List the people of your own organisation, oldest first."""
    after_at, after_id = start_of(cursor, state.secrets)
    rows = SQL.list_people(
        conn, organisation_id=caller.organisation_id, after_at=after_at, after_id=after_id, limit=limit + 1
    )
    found = await db.many(rows, Person)
    page = page_of(found, limit, lambda person: (person.created_at, person.id), state.secrets)
    return Response(page, headers=link_to_next("/people", limit, page.next))


@post("/people/{person_id:uuid}/keys")
async def issue_key(
    person_id: FromPath[UUID],
    data: JSONBody[NewKey],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> IssuedKey:
    """Issue a key to a person of your own organisation; needs the scope `admin`. The secret is shown this once."""
    check_scopes(caller, data.scopes)
    person = await find_person(conn, person_id, caller)
    return await issue_to(conn, person, data, caller.person_id)


@get("/people/{person_id:uuid}/keys")
async def list_keys(
    person_id: FromPath[UUID],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
    state: State,
    limit: Limit = 200,
    cursor: Cursor = None,
) -> Response[list[Key]]:
    """List a person's keys, the newest first, without their secrets; needs the scope `admin`, except for your own.

    Where there are more, the `Link` header leads to the older ones.
    """
    if person_id != caller.person_id:
        caller.require("admin")
    person = await find_person(conn, person_id, caller)
    before_at, place = before(cursor, state.secrets)
    rows = SQL.list_keys(conn, person_id=person.id, before_at=before_at, before_id=key_at(place), limit=limit + 1)
    return part_of(await db.many(rows, Key), limit, f"/people/{person_id}/keys", place_of, state.secrets)


def place_of(key: Key) -> tuple[datetime, UUID]:
    """Where a key stands in a list, as a cursor holds it: its id's twelve letters are the end of a UUID."""
    return key.created_at, UUID(bytes=key.id.encode().rjust(16, b"\0"))


def key_at(place: UUID | None) -> str | None:
    """The id of the key that stands there."""
    return None if place is None else place.bytes.lstrip(b"\0").decode("latin-1")


router = Router(
    path="/",
    route_handlers=[register_organisation, who_am_i, add_person, list_people, issue_key, list_keys],
    tags=["Organisations"],
)
