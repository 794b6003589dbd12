"""Bids on their way in: checked, submitted, replaced, withdrawn.

A bid is judged and stamped by one reading of the database's clock in the statement that stores it. Nothing here can
read what was stored; that is `opening.py`'s one query.
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

import asyncpg
from litestar import Request, Response, Router, delete, get, post, put
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, HeaderParameter, JSONBody
from msgspec import Meta, Struct

import scoring
from service import db, submissions, tenders
from service.organisations import Caller
from service.problems import CONSTRAINTS, NotFound, Refusal
from service.submissions import Submission
from service.tenders import SubmissionDeadlinePassed, TenderLot, TenderRow

SQL = db.queries("bids")

IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        description="Required: any text of 1–100 characters of your own, new for each bid; the same for a retry.",
    ),
]
ValidateOnly = Annotated[Literal["only"] | None, Meta(description="`only`: check the bid and store nothing.")]


class Receipt(Struct, frozen=True, kw_only=True):
    """Proof of a bid: when it arrived by the database's clock, and the SHA-256 of the exact bytes that arrived."""

    bid_id: UUID
    version: int
    tender_id: UUID
    tender: str
    lot_id: UUID
    lot_number: int
    supplier_id: UUID
    supplier: str
    digest: str
    size: int
    rules_digest: str
    submitted_at: datetime


class _Answer(NamedTuple):
    """A receipt, and whether it is the answer to an earlier request with the same key."""

    receipt: Receipt
    replayed: bool

    def headers(self) -> dict[str, str]:
        return {"Idempotency-Replayed": "true"} if self.replayed else {}


class DryRun(Struct, frozen=True, kw_only=True):
    """The outcome of `?validate=only` for a bid without faults. Nothing was stored: this is no receipt."""

    complete: bool
    rules_digest: str
    submission_deadline: datetime
    checked_at: datetime


class OwnBid(Struct, frozen=True, kw_only=True):
    """A supplier's own bid before the opening: everything but its contents.

    `under_present_rules` is false when a corrigendum has changed the rules since: look again, and replace the bid.
    """

    bid_id: UUID
    version: int
    submitted_at: datetime
    digest: str
    rules_digest: str
    withdrawn_at: datetime | None
    under_present_rules: bool


# Refusals


class IdempotencyKeyMissing(Refusal):
    """A bid needs an Idempotency-Key.

    Send a header `Idempotency-Key` with any text of your own, new for each bid. If the answer gets lost, send the
    same request again with the same key: the bid is stored once and you get the same receipt.
    """

    status = 400


class IdempotencyKeyReused(Refusal):
    """This Idempotency-Key was used for another bid.

    A key stands for one request and its body. Use the receipt that you have, or a new key for a new body.
    """

    status = 422


class BidIncomplete(Refusal):
    """The bid cannot be scored as it stands.

    Every missing, unknown or unfit value is listed under `errors` with its mend. Nothing was stored; check as often as
    you like with `?validate=only`.
    """

    status = 422


class BidAlreadySubmitted(Refusal):
    """You already have a bid for this lot.

    Send the new one to the bid's own address (`PUT /bids/{id}`) to replace it; both versions stay in the log.
    """


class BidWithdrawn(Refusal):
    """The bid has been withdrawn.

    Before the deadline you can submit a new one to its lot.
    """


class RulesChanged(Refusal):
    """The tender was changed by a corrigendum in this very moment.

    Read the tender again and repeat the request; nothing was stored.
    """


CONSTRAINTS["bids_one_standing_per_supplier_and_lot"] = (BidAlreadySubmitted, "There is a standing bid already.")
CONSTRAINTS["idempotency_keys_used_once"] = (IdempotencyKeyReused, "The key has been used.")

# Rules

_KEY = re.compile(r'"?([\x21\x23-\x7e](?:[\x20\x21\x23-\x7e]{0,98}[\x21\x23-\x7e])?)"?', re.ASCII)


def check_key(key: str | None) -> str:
    """The idempotency key without the quotes of a structured field."""
    if key is None:
        raise IdempotencyKeyMissing("The header `Idempotency-Key` is missing.")
    match = _KEY.fullmatch(key)
    if match is None:
        raise IdempotencyKeyMissing("The `Idempotency-Key` must be 1–100 visible ASCII characters.")
    return match[1]


def check_complete(rules: scoring.Lot, data: Submission) -> None:
    """Refuse a bid that lacks something or says what cannot be scored, naming everything at once."""
    if faults := submissions.find_faults(rules, data):
        raise BidIncomplete(f"{len(faults)} of the bid's values need mending.", faults=faults)


class _Verdict(Struct, frozen=True, kw_only=True):
    submission_deadline: datetime
    at: datetime
    rules_digest: str
    tender_id: UUID
    bid_id: UUID | None


def check_verdict(verdict: _Verdict, tender_digest: str, facts: Mapping[str, Any]) -> UUID:
    """What the storing statement decided: the bid's id, or the reason why nothing was stored."""
    if verdict.bid_id is not None:
        return verdict.bid_id
    if verdict.at >= verdict.submission_deadline:
        late = (
            f"The bid arrived at {verdict.at.isoformat()}; the deadline was {verdict.submission_deadline.isoformat()}."
        )
        raise SubmissionDeadlinePassed(late, facts={**facts, "arrived_at": verdict.at})
    if verdict.rules_digest != tender_digest:
        raise RulesChanged("The rules changed while the bid was checked.", facts=facts)
    raise BidWithdrawn("The bid has been withdrawn; submit a new one to the lot.", facts=facts)


# One way in for first and further versions


class _Post(Struct, frozen=True, kw_only=True):
    """A bid on its way in: where it goes, who sends it, and its exact bytes."""

    operation: str
    key: str
    caller: Caller
    body: bytes
    digest: str

    def facts(self) -> dict[str, Any]:
        return {"digest": self.digest, "size": len(self.body), "supplier_id": self.caller.organisation_id}


async def _store(pool: asyncpg.Pool, post_: _Post, statement: Any, lot_id: UUID, data: Submission) -> _Answer:
    """Check and store a bid; a repeated key gets the first answer, whatever the clock and the rules say by now."""
    if answered := await _answered(pool, post_):
        return _Answer(answered, replayed=True)
    tender, lot = await _published_lot(pool, post_.caller, lot_id)
    # A late bid is told so by the one clock that counts, not that it is also incomplete.
    in_time = tender.submission_deadline is not None and tender.now < tender.submission_deadline
    if in_time:
        check_complete(lot.rules, data)
    tender_digest = tender.rules_digest or ""
    try:
        async with db.transaction(pool) as conn:
            row = statement(
                conn,
                supplier_id=post_.caller.organisation_id,
                person_id=post_.caller.person_id,
                key=post_.key,
                fingerprint=post_.digest,
                tender_digest=tender_digest,
                rules_digest=lot.rules_digest,
                size=len(post_.body),
                contents=post_.body,
            )
            bid_id = check_verdict(await db.one(row, _Verdict), tender_digest, post_.facts())
            if not in_time:  # the deadline was extended in this very moment
                check_complete(lot.rules, data)
            return _Answer(await _receipt(conn, bid_id, post_.caller), replayed=False)
    except asyncpg.UniqueViolationError:
        # A retry that overtook its first try, which has committed by now: it gets the first answer.
        if answered := await _answered(pool, post_):
            return _Answer(answered, replayed=True)
        raise


async def _answered(pool: asyncpg.Pool, post_: _Post) -> Receipt | None:
    found = await SQL.find_answer(
        pool, organisation_id=post_.caller.organisation_id, operation=post_.operation, key=post_.key
    )
    if found is None:
        return None
    if found["fingerprint"] != post_.digest:
        raise IdempotencyKeyReused("The key belongs to a request with another body.", facts=post_.facts())
    return await _receipt(pool, found["bid_id"], post_.caller, found["version"])


async def _receipt(
    conn: db.Connection | asyncpg.Pool, bid_id: UUID, caller: Caller, version: int | None = None
) -> Receipt:
    return await db.one(
        SQL.get_receipt(conn, bid_id=bid_id, version=version, supplier_id=caller.organisation_id), Receipt
    )


async def _read_post(request: Request[Any, Any, Any], caller: Caller, operation: str, key: str | None) -> _Post:
    caller.require_kind("supplier")
    caller.require("write")
    body = await request.body()
    return _Post(
        operation=operation,
        key=check_key(key),
        caller=caller,
        body=body,
        digest=hashlib.sha256(body).hexdigest(),
    )


async def _dry_run(pool: asyncpg.Pool, caller: Caller, lot_id: UUID, data: Submission) -> Response[DryRun]:
    caller.require_kind("supplier")
    tender, lot = await _published_lot(pool, caller, lot_id)
    tenders.check_open(tender)
    check_complete(lot.rules, data)
    return Response(
        DryRun(
            complete=True,
            rules_digest=lot.rules_digest or "",
            submission_deadline=tender.submission_deadline or tender.now,
            checked_at=tender.now,
        ),
        status_code=200,
    )


async def _published_lot(pool: asyncpg.Pool, caller: Caller, lot_id: UUID) -> tuple[TenderRow, TenderLot]:
    async with db.transaction(pool) as conn:
        known = await tenders.read(conn, caller, lot_id=lot_id)
    if known.tender.published_at is None:
        raise NotFound
    return known.tender, known.lot(lot_id)


# Handlers


@post("/lots/{lot_id:uuid}/bids")
async def submit_bid(
    lot_id: FromPath[UUID],
    data: JSONBody[Submission],
    request: Request[Any, Any, Any],
    state: State,
    caller: NamedDependency[Caller],
    idempotency_key: IdempotencyKey = None,
    validate: FromQuery[ValidateOnly] = None,
) -> Response[Receipt] | Response[DryRun]:
    """Submit a bid for a lot; the receipt comes only after the bid is safely stored.

    A repeated key gets the first receipt again, marked `Idempotency-Replayed: true`.
    With `?validate=only` the bid is checked, all faults are named at once, and nothing is stored.
    """
    if validate:
        return await _dry_run(state.pool, caller, lot_id, data)
    post_ = await _read_post(request, caller, f"submit {lot_id}", idempotency_key)

    def statement(conn: db.Connection, **values: Any) -> Any:
        return SQL.submit_bid(conn, lot_id=lot_id, **values)

    answer = await _store(state.pool, post_, statement, lot_id, data)
    headers = {"Location": f"/bids/{answer.receipt.bid_id}", **answer.headers()}
    return Response(answer.receipt, status_code=201, headers=headers)


@put("/bids/{bid_id:uuid}")
async def replace_bid(
    bid_id: FromPath[UUID],
    data: JSONBody[Submission],
    request: Request[Any, Any, Any],
    state: State,
    caller: NamedDependency[Caller],
    idempotency_key: IdempotencyKey = None,
    validate: FromQuery[ValidateOnly] = None,
) -> Response[Receipt] | Response[DryRun]:
    """Replace your bid by a further version before the deadline; the last version counts, earlier ones stay sealed."""
    present = await _receipt(state.pool, bid_id, caller)
    if validate:
        return await _dry_run(state.pool, caller, present.lot_id, data)
    post_ = await _read_post(request, caller, f"replace {bid_id}", idempotency_key)

    def statement(conn: db.Connection, **values: Any) -> Any:
        return SQL.replace_bid(conn, bid_id=bid_id, **values)

    answer = await _store(state.pool, post_, statement, present.lot_id, data)
    return Response(answer.receipt, status_code=200, headers=answer.headers())


@get("/bids/{bid_id:uuid}")
async def get_receipt(
    bid_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> Receipt:
    """Read the receipt of your bid's standing version. Contents are read by nobody before the opening."""
    return await _receipt(conn, bid_id, caller)


@delete("/bids/{bid_id:uuid}", status_code=200)
async def withdraw_bid(
    bid_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> Receipt:
    """Withdraw your bid before the deadline; it is never opened. The answer is the withdrawn version's receipt."""
    caller.require_kind("supplier")
    caller.require("write")
    row = await SQL.withdraw_bid(conn, bid_id=bid_id, supplier_id=caller.organisation_id, person_id=caller.person_id)
    if row is None:
        raise NotFound
    if row["bid_id"] is None:
        if row["at"] >= row["submission_deadline"]:
            raise SubmissionDeadlinePassed("After the deadline a bid stands; ask the buyer.")
        raise BidWithdrawn("It was withdrawn before.")
    return await _receipt(conn, bid_id, caller)


router = Router(
    path="/",
    route_handlers=[submit_bid, replace_bid, get_receipt, withdraw_bid],
    tags=["Bids"],
)
