"""Taking a bid: caller, idempotency, completeness, deadline, log – in one transaction, answered after COMMIT."""

import hashlib
import hmac
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, FastAPI, Header, HTTPException, Request, Response, status
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import joinedload

from tests.bench.peer.models import ApiKey, Bid, IdempotencyKey, LogEntry, LogHead, Lot, Person

engine = create_async_engine(os.environ["PEER_DATABASE_URL"], pool_size=20, max_overflow=0)
Session = async_sessionmaker(engine, expire_on_commit=False)


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Close the pool at the end."""
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)
bearer = HTTPBearer()


class Submission(BaseModel):
    """A bid as it is sent."""

    model_config = ConfigDict(extra="forbid")

    values: dict[str, str] = Field(max_length=200)


class Receipt(BaseModel):
    """Proof of a bid."""

    model_config = ConfigDict(from_attributes=True)

    bid_id: UUID = Field(validation_alias="id")
    version: int
    lot_id: UUID
    supplier_id: UUID
    digest: str
    size: int
    rules_digest: str
    submitted_at: datetime


async def get_session() -> AsyncIterator[AsyncSession]:
    """A session for the request; what is not committed is rolled back."""
    async with Session() as session:
        yield session


SessionDep = Annotated[AsyncSession, Depends(get_session)]


async def get_caller(
    session: SessionDep, credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]
) -> Person:
    """The person whose key it is."""
    key_id, _, secret = credentials.credentials.removeprefix("ts_live_").partition("_")
    statement = (
        select(ApiKey)
        .options(joinedload(ApiKey.person).joinedload(Person.organisation))
        .where(
            ApiKey.id == key_id,
            ApiKey.revoked_at.is_(None),
            or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > func.clock_timestamp()),
        )
    )
    key = await session.scalar(statement)
    digest = hashlib.sha256(secret[:43].encode()).digest()
    if key is None or not hmac.compare_digest(key.secret_digest, digest):
        raise HTTPException(status.HTTP_401_UNAUTHORIZED, "Send a valid key.")
    if key.person.organisation.kind != "supplier" or "write" not in key.scopes:
        raise HTTPException(status.HTTP_403_FORBIDDEN, "Only a supplier may do this.")
    return key.person


async def get_fingerprint(request: Request) -> tuple[str, int]:
    """Digest and size of the exact bytes that arrived."""
    body = await request.body()
    return hashlib.sha256(body).hexdigest(), len(body)


async def replay(session: AsyncSession, key: tuple[UUID, str, str], fingerprint: str) -> Bid | None:
    """The bid that an earlier request with the same key has made."""
    used = await session.get(IdempotencyKey, key, options=[joinedload(IdempotencyKey.bid)])
    if used is None:
        return None
    if used.fingerprint != fingerprint:
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, "The key was used for another body.")
    return used.bid


def check_complete(rules: dict[str, Any], values: dict[str, str]) -> None:
    """Every criterion has a value and every value a criterion."""
    wanted = {criterion["id"] for criterion in rules["criteria"]}
    if wanted != values.keys():
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, sorted(wanted ^ values.keys()))


def link(previous: bytes, data: dict[str, Any], at: datetime) -> bytes:
    """The hash of an entry and of all before it."""
    entry = json.dumps({**data, "at": at.isoformat()}, sort_keys=True)
    return hashlib.sha256(previous + entry.encode()).digest()


@app.post("/lots/{lot_id}/bids", status_code=status.HTTP_201_CREATED, response_model=Receipt)
async def submit_bid(
    lot_id: UUID,
    submission: Submission,
    response: Response,
    session: SessionDep,
    caller: Annotated[Person, Depends(get_caller)],
    sent: Annotated[tuple[str, int], Depends(get_fingerprint)],
    idempotency_key: Annotated[str, Header(min_length=1, max_length=100)],
) -> Bid:
    """Submit a bid for a lot."""
    digest, size = sent
    key = (caller.organisation_id, f"submit {lot_id}", idempotency_key)
    if (earlier := await replay(session, key, digest)) is not None:
        response.headers["Idempotency-Replayed"] = "true"
        return earlier
    lot = await session.scalar(select(Lot).options(joinedload(Lot.tender)).where(Lot.id == lot_id))
    if lot is None or lot.tender.published_at is None or lot.tender.submission_deadline is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    check_complete(lot.rules, submission.values)
    try:
        head = await session.get_one(LogHead, lot.tender_id, with_for_update=True)
        bid = Bid(
            lot_id=lot.id,
            supplier_id=caller.organisation_id,
            person_id=caller.id,
            values=submission.values,
            digest=digest,
            size=size,
            rules_digest=lot.rules_digest,
        )
        session.add(bid)
        await session.flush()
        if bid.submitted_at >= lot.tender.submission_deadline:  # by the database's clock, under the lock
            raise HTTPException(status.HTTP_409_CONFLICT, "The deadline has passed.")
        data = {"bid_id": str(bid.id), "lot_id": str(lot.id), "supplier_id": str(bid.supplier_id), "digest": digest}
        head.size += 1
        head.hash = link(head.hash, data, bid.submitted_at)
        session.add_all(
            [
                LogEntry(
                    tender_id=head.tender_id,
                    position=head.size,
                    kind="bid.submitted",
                    person_id=caller.id,
                    data=data,
                    at=bid.submitted_at,
                    hash=head.hash,
                ),
                IdempotencyKey(supplier_id=key[0], operation=key[1], key=key[2], fingerprint=digest, bid_id=bid.id),
            ]
        )
        await session.commit()
    except IntegrityError:
        await session.rollback()
        if (earlier := await replay(session, key, digest)) is not None:
            return earlier
        raise HTTPException(status.HTTP_409_CONFLICT, "There is a bid already.") from None
    return bid
