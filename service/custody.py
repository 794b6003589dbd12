"""Who can open a tender's bids: the key that they are sealed to, and in whose hands its private half is.

In the service's custody the key pair is made at publication and the private half stored wrapped (`wrapping.py`). In the
officers' custody an officer's client makes and splits it (`officer.py`); the service holds the public half, the shares
sealed to their officers, and hashes of them. A rehearsal by every officer comes before publication.
"""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import asyncpg
import structlog
from litestar import Router, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from service import db, events, sealing, tenders
from service.drafts import Custody
from service.organisations import Caller
from service.problems import Fault, InvalidRequest, Refusal
from service.settings import Settings
from service.signing import Secrets, SecretUnusable
from service.tenders import TenderRow
from service.wrapping import BY_COMMAND, KeyNotWrapped, Wrapper

SQL = db.queries("custody")

_log = structlog.get_logger("tenderscore")

PublicKey = Annotated[
    str, Meta(pattern="^04[0-9a-f]{128}$", description="A point of P-256, uncompressed, in 130 hexadecimal digits.")
]
Digest = Annotated[str, Meta(pattern="^[0-9a-f]{64}$", description="SHA-256 in 64 hexadecimal digits.")]
Sealed = Annotated[bytes, Meta(min_length=1, max_length=20_000, description="An envelope, in base64.")]


class NewOfficerKey(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The public half of an officer's own key. The private half stays in the officer's file."""

    public_key: PublicKey


class OfficerKey(Struct, frozen=True, kw_only=True):
    """An officer's registered key."""

    person_id: UUID
    person: str
    public_key: str
    registered_at: datetime


class NewShare(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An officer's share of a tender's key: sealed to the officer's own key, with what it is compared with.

    `rehearsal_digest` is the SHA-256 of the answer that the officer gives in the rehearsal, and that answer is
    SHA-256("tenderscore rehearsal" and the share's words).
    """

    person_id: UUID
    number: Annotated[int, Meta(ge=1, le=16)]
    sealed_share: Sealed
    sealed_to: PublicKey
    share_digest: Digest
    rehearsal_digest: Digest


class NewTenderKey(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key that an officer's client made: its public half, and a sealed share for every officer."""

    public_key: PublicKey
    officers_needed: Annotated[int, Meta(ge=2, le=16)]
    shares: Annotated[tuple[NewShare, ...], Meta(min_length=2, max_length=16)]


class Officer(Struct, frozen=True, kw_only=True):
    """An opening officer: the own public key, and the number and SHA-256 of the share that the officer holds."""

    person_id: UUID
    person: str
    public_key: str | None
    number: int | None
    sealed_to: str | None
    share_digest: str | None
    rehearsed_at: datetime | None


class StoredKey(Struct, frozen=True, kw_only=True):
    """What is kept of a tender's key, without any private part."""

    public_key: bytes
    wrapped_by: str | None
    edition: int
    officers_needed: int | None
    made_at: datetime
    shares: int


class TenderKey(Struct, frozen=True, kw_only=True):
    """A tender's key as its officers see it, and who of them has shown to hold a share.

    `officers_needed` is what the tender asks for; a key that was made for another number must be made anew.
    """

    tender_id: UUID
    custody: Custody
    officers_needed: int
    public_key: str | None
    made_at: datetime | None
    officers: list[Officer]


class OwnShare(Struct, frozen=True, kw_only=True):
    """Your share of a tender's key, readable with your own private key only."""

    number: int
    sealed_share: bytes
    sealed_to: str
    share_digest: str


class Rehearsal(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The answer that proves that you hold your share: SHA-256("tenderscore rehearsal" and the share's words)."""

    answer: Digest


class Rehearsed(Struct, frozen=True, kw_only=True):
    """A rehearsal that went well. The share was not shown by it."""

    rehearsed_at: datetime


# Refusals


class OtherCustody(Refusal):
    """The key of this tender is in other hands.

    `custody` of the tender says whose: with `service` the service makes and keeps it, with `officers` the opening
    officers make it with `tenderscore officer make-key`. A draft's author can change it.
    """


class RehearsalFailed(Refusal):
    """This is not the answer of whoever holds your share.

    Your client opened another share than the one that was made for you. Let the key be made anew before publication
    (`tenderscore officer make-key`).
    """

    status = 422


# Rules


def check_officers_custody(tender: TenderRow) -> None:
    """Refuse what only makes sense where officers hold the key."""
    if tender.custody != "officers":
        raise OtherCustody(f"{tender.reference} is in the service's custody.")


def check_new_key(tender: TenderRow, officers: Sequence[Officer], new: NewTenderKey) -> None:
    """A share for every opening officer who has a key, sealed to that very key; raises InvalidRequest."""
    faults: list[Fault] = []
    if new.officers_needed != tender.officers_needed:
        faults.append(Fault("/officers_needed", f"The tender needs {tender.officers_needed}.", "Make the key anew."))
    wanted = {officer.person_id: officer for officer in officers if officer.public_key is not None}
    given = [share.person_id for share in new.shares]
    if sorted(given) != sorted(wanted) or len(given) < tender.officers_needed:
        names = ", ".join(officer.person for officer in wanted.values()) or "nobody"
        mend = "Give every opening officer who has registered a key one share."
        faults.append(Fault("/shares", f"Officers with a key are: {names}.", mend))
    for place, share in enumerate(new.shares):
        officer = wanted.get(share.person_id)
        if officer is not None and share.sealed_to != officer.public_key:
            message = f"{officer.person} has registered another key by now."
            faults.append(Fault(f"/shares/{place}/sealed_to", message, "Read the officers again; make the key anew."))
    if sorted(share.number for share in new.shares) != list(range(1, len(new.shares) + 1)):
        faults.append(Fault("/shares", "Shares are numbered from 1.", "Make the key anew."))
    if not _is_point(new.public_key):
        faults.append(Fault("/public_key", "This is no point of the curve P-256.", "Make the key anew."))
    if faults:
        raise InvalidRequest("The key cannot be kept as it stands.", faults=tuple(faults))


def _is_point(public_key: str) -> bool:
    try:
        sealing.check_public_key(bytes.fromhex(public_key))
    except sealing.SealBroken:
        return False
    return True


_ANEW = "Make the key anew: `tenderscore officer make-key`."


def key_faults(tender: TenderRow, key: StoredKey | None, officers: Sequence[Officer]) -> list[Fault]:
    """What stands against publishing in the officers' custody: every officer must have shown to hold a share."""
    if tender.custody != "officers":
        return []
    if key is None or key.officers_needed is None:
        return [Fault("/custody", "The officers have not made the tender's key.", _ANEW)]
    faults: list[Fault] = []
    if key.officers_needed != tender.officers_needed:
        message = f"The key was made for {key.officers_needed} officers, {tender.officers_needed} are needed now."
        faults.append(Fault("/officers_needed", message, _ANEW))
    if key.shares != sum(officer.number is not None for officer in officers):
        faults.append(Fault("/roles", "Somebody who is no opening officer any more holds a share.", _ANEW))
    faults.extend(fault for officer in officers if (fault := _share_fault(officer)) is not None)
    return faults


def _share_fault(officer: Officer) -> Fault | None:
    if officer.number is None:
        return Fault("/roles", f"{officer.person} holds no share of the key.", _ANEW)
    if officer.sealed_to != officer.public_key:
        return Fault("/roles", f"{officer.person} has a new key; the share is sealed to the earlier one.", _ANEW)
    if officer.rehearsed_at is None:
        mend = "The officer runs `tenderscore officer rehearse`."
        return Fault("/roles", f"{officer.person} has not shown to hold the share.", mend)
    return None


async def settle(conn: db.Connection, wrapper: Wrapper, tender: TenderRow, key: StoredKey | None) -> bytes:
    """The public key that bids will be sealed to: the officers' own, or a new one whose private half is kept wrapped.

    Raises KeyNotWrapped.
    """
    if tender.custody == "officers" and key is not None:
        return key.public_key
    private, public = sealing.generate_key()
    wrapped, wrapped_by = await wrapper.wrap(tender.id, private)
    await SQL.insert_wrapped_key(
        conn, tender_id=tender.id, public_key=public, wrapped_key=wrapped, wrapped_by=wrapped_by
    )
    return public


async def check_secrets(dsn: str, secrets: Secrets, settings: Settings) -> None:
    """Refuse to serve without what wrapped the key of a tender that has something sealed, or what signed a receipt.

    Otherwise bids would be taken in that nobody can open, and it would show after the deadline; and who asks for a
    receipt again would get none. Raises SecretUnusable.
    """
    known = [wrapping.id for wrapping in secrets.wrappings] + [BY_COMMAND] * bool(settings.kms_command)
    pool = await db.open_pool(dsn, pooler=settings.database_pooler, connections=1)
    async with pool:
        lost = [row async for row in SQL.list_lost_wrappings(pool, known=known)]
        signed = {row["signed_by"]: row["receipts"] async for row in SQL.list_signers(pool)}
    if lost:
        number = sum(row["tenders"] for row in lost)
        raise SecretUnusable(
            f"What is sealed to {number} tender{'s' * (number != 1)} cannot be opened: what wrapped their keys is lost"
            f" ({', '.join(row['wrapped_by'] for row in lost)}).",
            "put the lost line back behind the first one of the secret file, from its copy; for `command` set"
            " TENDERSCORE_KMS_COMMAND as it was",
        )
    # Where nothing was signed no signer's id is asked for: it takes what a process that signs nothing does not load.
    unsigned = sorted(signed.keys() - {signer.key_id for signer in secrets.signers}) if signed else []
    if unsigned:
        number = sum(signed[key_id] for key_id in unsigned)
        raise SecretUnusable(
            f"{number} receipt{'s' * (number != 1)} of bids cannot be given again: what signed them is lost"
            f" ({', '.join(unsigned)}).",
            "put the lost line back behind the first one of the secret file, from its copy",
        )


async def make_missing(pool: asyncpg.Pool, wrapper: Wrapper) -> None:
    """Give keys to tenders that a release without sealing had published, so that bids for them can be taken in.

    Where a key cannot be wrapped the log says so; the next start tries again.
    """
    async with db.transaction(pool) as conn:
        keyless: list[UUID] = [row["tender_id"] async for row in SQL.list_without_key(conn)]
    for tender_id in keyless:
        private, public = sealing.generate_key()
        try:
            wrapped, wrapped_by = await wrapper.wrap(tender_id, private)
        except KeyNotWrapped as failure:
            _log.error("tender without a key", tender_id=str(tender_id), detail=failure.detail)
            continue
        columns = {"tender_id": tender_id, "public_key": public, "wrapped_key": wrapped, "wrapped_by": wrapped_by}
        async with db.transaction(pool) as conn:
            if await SQL.insert_missing_key(conn, **columns) is not None:
                facts = {"public_key_digest": digest_of(public)}
                await events.record(conn, "key.made", tender_id=tender_id, actor=None, data=facts)


async def find(conn: db.Connection, tender_id: UUID) -> tuple[StoredKey | None, list[Officer]]:
    """What is kept of a tender's key, and its opening officers with their shares."""
    key = await db.maybe(SQL.get_key(conn, tender_id=tender_id), StoredKey)
    return key, await db.many(SQL.list_officers(conn, tender_id=tender_id), Officer)


# Handlers


@put("/people/me/officer-key")
async def register_officer_key(
    data: JSONBody[NewOfficerKey], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> OfficerKey:
    """Register the public half of your own key as an opening officer; shares will be sealed to it.

    A later one replaces it. Shares that were sealed before still need the private half of the earlier one.
    """
    if not _is_point(data.public_key):
        fault = Fault("/public_key", "This is no point of the curve P-256.", "Make a new key.")
        raise InvalidRequest("The key cannot be used.", faults=(fault,))
    row = SQL.register_officer_key(conn, person_id=caller.person_id, public_key=bytes.fromhex(data.public_key))
    key = await db.one(row, OfficerKey)
    facts = {"person_id": key.person_id, "public_key_digest": digest_of(bytes.fromhex(key.public_key))}
    await events.record(conn, "officer-key.registered", tender_id=None, actor=caller.person_id, data=facts)
    return key


def digest_of(public_key: bytes) -> str:
    """SHA-256 of a public key, by which log entries name it."""
    return hashlib.sha256(public_key).hexdigest()


@get("/tenders/{tender_id:uuid}/key")
async def get_key(
    tender_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> TenderKey:
    """Read the tender's key with its officers and what their shares are compared with; for the buyer's people."""
    tender = (await tenders.read(conn, caller, tender_id=tender_id)).tender
    tenders.check_access(tender, caller, "get_key")
    return await _present(conn, tender)


async def _present(conn: db.Connection, tender: TenderRow) -> TenderKey:
    key, officers = await find(conn, tender.id)
    return TenderKey(
        tender_id=tender.id,
        custody=tender.custody,
        officers_needed=tender.officers_needed,
        public_key=None if key is None else key.public_key.hex(),
        made_at=None if key is None else key.made_at,
        officers=officers,
    )


@put("/tenders/{tender_id:uuid}/key")
async def put_key(
    tender_id: FromPath[UUID],
    data: JSONBody[NewTenderKey],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> TenderKey:
    """Give a draft the key that your client has made and split; for an opening officer. An earlier key is replaced.

    `tenderscore officer make-key` does it. Every officer then rehearses, and only then the tender can be published.
    """
    tender = (await tenders.lock(conn, caller, tender_id=tender_id)).tender
    tenders.check_access(tender, caller, "put_key")
    tenders.check_draft(tender)
    check_officers_custody(tender)
    check_new_key(tender, await db.many(SQL.list_officers(conn, tender_id=tender_id), Officer), data)
    public = bytes.fromhex(data.public_key)
    edition: int = await SQL.put_officers_key(
        conn, tender_id=tender_id, public_key=public, officers_needed=data.officers_needed
    )
    columns = {f"{name}s": [getattr(share, name) for share in data.shares] for name in _SHARE_COLUMNS}
    sealed_to = [share.sealed_to for share in data.shares]
    await SQL.insert_shares(conn, tender_id=tender_id, edition=edition, sealed_to=sealed_to, **columns)
    facts: dict[str, Any] = {"public_key_digest": digest_of(public), "shares": len(data.shares), "edition": edition}
    facts["officers_needed"] = data.officers_needed
    await events.record(conn, "key.made", tender_id=tender_id, actor=caller.person_id, data=facts)
    return await _present(conn, tender)


_SHARE_COLUMNS = ("person_id", "number", "sealed_share", "share_digest", "rehearsal_digest")


class _StoredShare(Struct, frozen=True, kw_only=True):
    number: int
    sealed_share: bytes
    sealed_to: str
    share_digest: str
    rehearsal_digest: str


@get("/tenders/{tender_id:uuid}/key/share")
async def get_share(
    tender_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> OwnShare:
    """Read your own share of the tender's key, sealed to your own key; for the officer it was made for."""
    tender = (await tenders.read(conn, caller, tender_id=tender_id)).tender
    tenders.check_access(tender, caller, "get_share")
    check_officers_custody(tender)
    return await db.one(SQL.get_share(conn, tender_id=tender_id, person_id=caller.person_id), OwnShare)


@post("/tenders/{tender_id:uuid}/key/rehearsal", status_code=200)
async def rehearse(
    tender_id: FromPath[UUID],
    data: JSONBody[Rehearsal],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> Rehearsed:
    """Show that you hold your share, without showing it; for an opening officer, before publication or again later."""
    tender = (await tenders.lock(conn, caller, tender_id=tender_id)).tender
    tenders.check_access(tender, caller, "rehearse")
    check_officers_custody(tender)
    share = await db.one(SQL.get_share(conn, tender_id=tender_id, person_id=caller.person_id), _StoredShare)
    shown = hashlib.sha256(bytes.fromhex(data.answer)).hexdigest()
    if not hmac.compare_digest(shown, share.rehearsal_digest):
        raise RehearsalFailed("The answer does not belong to your share.")
    at: datetime = await SQL.record_rehearsal(conn, tender_id=tender_id, person_id=caller.person_id)
    facts = {"number": share.number}
    await events.record(conn, "share.rehearsed", tender_id=tender_id, actor=caller.person_id, data=facts)
    return Rehearsed(rehearsed_at=at)


router = Router(
    path="/",
    route_handlers=[register_officer_key, get_key, put_key, get_share, rehearse],
    tags=["Opening"],
)
