"""Time stamps of others over a log's checkpoint (RFC 3161): that it was there by then is not ours alone to say.

The token stands in the log itself, behind the entries that the checkpoint covers. It can be had while bids are sealed,
and the worker asks for one at the deadline: the authority sees a hash, and the stamp is told with the log, after the
opening, because a checkpoint says how many entries there are. Its signature is for whoever trusts
the authority to verify: `openssl ts -verify -data CHECKPOINT -in TOKEN -token_in -CAfile AUTHORITY.pem`.
"""

import base64
import hashlib
from datetime import datetime
from importlib import import_module
from importlib.util import find_spec
from typing import Any, cast
from uuid import UUID

import asyncpg
from litestar import Request, Response, Router, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromPath
from msgspec import Struct
from prometheus_client import Counter

from service import db, events, merkle, retries
from service.jobs import Do, JobError, Later
from service.organisations import Caller
from service.problems import Refusal
from service.publication import STAMP
from service.settings import Settings, SettingsError
from service.signing import Secrets
from service.tenders import check_access, read
from service.transparency import find_head

SQL = db.queries("timestamps")

_SECONDS = 10.0
_LARGEST_ANSWER = 100_000
_GRANTED = (0, 1)
"""PKIStatus granted and grantedWithMods: RFC 3161, 2.4.2."""


_STAMPS = Counter("tenderscore_time_stamps", "Time stamps that were asked for, by whether one came.", ["outcome"])


class Stamp(Struct, frozen=True, kw_only=True):
    """A time-stamp token (DER in base64) over exactly the bytes of a checkpoint, and when the authority made it."""

    checkpoint: str
    token: str
    stamped_at: datetime


class SealedStamp(Struct, frozen=True, kw_only=True):
    """A stamp that stands in the log, and is told with it once all lots are opened."""

    stamped_at: datetime


class NoTimeStamps(Refusal):
    """This service asks no authority for time stamps.

    Its operator names one in TENDERSCORE_TSA_URL. Checkpoints and receipts are valid without.
    """


class TimeStampFailed(Refusal):
    """The time-stamping authority gave no stamp that fits.

    Nothing was changed; try again later, and tell the operator of the service if it stays so.
    """

    status = 502


def check_installed(settings: Settings) -> None:
    """Raise SettingsError where an authority is named, but the library that speaks with it is not there."""
    if settings.tsa_url is not None and find_spec("rfc3161_client") is None:
        raise SettingsError("TENDERSCORE_TSA_URL is set.", "pip install 'tenderscore[tsa]'")


async def fetch(url: str, data: bytes) -> tuple[bytes, datetime]:
    """An authority's token over these bytes and its instant; raises TimeStampFailed."""
    import httpx

    library: Any = import_module("rfc3161_client")  # an extra; here and not above, because few services have it
    request = library.TimestampRequestBuilder().data(data).hash_algorithm(library.base.HashAlgorithm.SHA256).build()
    try:
        async with httpx.AsyncClient(timeout=_SECONDS) as http:
            headers = {"Content-Type": "application/timestamp-query"}
            async with http.stream("POST", url, content=request.as_bytes(), headers=headers) as answer:
                answer.raise_for_status()
                body = b""
                async for part in answer.aiter_bytes():
                    body += part
                    if len(body) > _LARGEST_ANSWER:
                        raise TimeStampFailed(f"{url} answers more than a time stamp.")
        told = library.decode_timestamp_response(body)
        if told.status not in _GRANTED:
            raise TimeStampFailed(f"{url} refuses: status {told.status} {' '.join(told.status_string)}.")
        info = told.tst_info
        if (info.message_imprint.message, info.nonce) != (hashlib.sha256(data).digest(), request.nonce):
            raise TimeStampFailed(f"{url} has stamped something else.")
        return told.time_stamp_token(), info.gen_time
    except httpx.HTTPError as error:
        raise TimeStampFailed(f"{url} does not answer as it should: {error}") from None
    except ValueError as error:
        raise TimeStampFailed(f"{url} answers no time stamp: {error}") from None


class _Due(Struct, frozen=True, kw_only=True):
    """A published tender's deadline, and its log as it is now."""

    submission_deadline: datetime
    now: datetime
    size: int
    frontier: list[bytes]


def duties(settings: Settings, secrets: Secrets) -> dict[str, Do]:
    """What a worker does: have a tender's log stamped at its deadline, which may have moved."""

    async def stamp(pool: asyncpg.Pool, payload: str) -> None:
        if settings.tsa_url is None:
            return
        async with db.transaction(pool) as conn:
            due = await db.one(SQL.get_due(conn, tender_id=UUID(payload)), _Due)
        if due.now < due.submission_deadline:
            raise Later(due.submission_deadline - due.now)
        try:
            made = await _make(settings.tsa_url, secrets, UUID(payload), (due.size, due.frontier))
        except TimeStampFailed as failed:
            raise JobError(failed.detail) from None
        async with db.transaction(pool) as conn:
            await _record(conn, UUID(payload), None, made)

    return {STAMP: stamp}


async def _make(tsa_url: str, secrets: Secrets, tender_id: UUID, head: tuple[int, list[bytes]]) -> Stamp:
    """A stamp over a log of a size and a frontier; raises TimeStampFailed."""
    size, frontier = head
    checkpoint = secrets.checkpoint(tender_id, size, merkle.append(frontier, size, ()).root)
    try:
        token, stamped_at = await fetch(tsa_url, checkpoint.encode())
    except TimeStampFailed:
        _STAMPS.labels("failed").inc()
        raise
    _STAMPS.labels("made").inc()
    return Stamp(checkpoint=checkpoint, token=base64.b64encode(token).decode(), stamped_at=stamped_at)


async def _record(conn: db.Connection, tender_id: UUID, actor: UUID | None, stamp: Stamp) -> None:
    facts = {"checkpoint": stamp.checkpoint, "token": stamp.token, "stamped_at": stamp.stamped_at}
    await events.record(conn, "log.timestamped", tender_id=tender_id, actor=actor, data=facts)


_SEALED = "While bids are sealed: the stamp stands in the log; only its instant is told."


@post(
    "/tenders/{tender_id:uuid}/log/timestamp",
    responses={202: ResponseSpec(SealedStamp, generate_examples=False, description=_SEALED)},
)
async def stamp_log(
    tender_id: FromPath[UUID], request: Request[Caller, Any, State], caller: NamedDependency[Caller], state: State
) -> Response[Stamp]:
    """Have an outside authority stamp the log's present checkpoint; for auditor, approver or opening officer.

    From publication until all lots are opened the answer is 202 and tells only the instant: the stamp stands in the log
    and is read with it, because its checkpoint would tell how many bids there are.
    """
    async with db.transaction_of(state.pool, caller.organisation_id) as conn:
        known = await read(conn, caller, tender_id=tender_id)
        check_access(known.tender, caller, "stamp_log")
        head = await find_head(conn, caller, tender_id)
    if state.tsa_url is None:
        raise NoTimeStamps("No time-stamping authority is set.")
    # No transaction is open meanwhile: others go on writing, the stamp covers what was there when it was asked for.
    stamp = await _make(state.tsa_url, state.secrets, tender_id, (head.size, head.frontier))
    async with retries.last_connection_of(request, state.pool) as conn:
        await _record(conn, tender_id, caller.person_id, stamp)
    if head.sealed:
        return Response(cast("Any", SealedStamp(stamped_at=stamp.stamped_at)), status_code=202)
    return Response(stamp, status_code=201)


router = Router(path="/", route_handlers=[stamp_log], tags=["Tenders"])
