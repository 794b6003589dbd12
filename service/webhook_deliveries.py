"""Deliveries: news on their way to a webhook, each attempt on record, until they are taken or three days are over.

The worker makes an attempt as a job (jobs.py), outside of any transaction, and writes down how it went together with
when the next one is due. So news may be sent twice, where a worker dies in between, and are never lost; their
`webhook-id` stays the same. Webhooks that answer slowly hold up themselves and nobody else.
"""

import contextlib
import time
from collections import Counter
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from litestar import Response, Router, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from service import db, events, jobs, news, webhooks
from service.edge import Cursor, Limit, Page, link_to_next, page_of, start_of
from service.news import Facts, NewsRow, NewsType
from service.organisations import Caller
from service.outbound import Outbound, OutboundRefused
from service.signing import Secrets
from service.webhook_signatures import SecretName, signatures

SQL = db.queries("webhook_deliveries")

DUTY = "webhook"
"""What the worker calls the job that makes an attempt; its payload is the delivery's id."""

AT_ONCE = 64
"""Attempts that one worker makes at the same time: sockets that wait, for which one process is enough."""

AT_ONCE_PER_ORGANISATION = 4
AT_ONCE_PER_WEBHOOK = 2
CONNECTIONS = 11
"""To the database, of one worker: an attempt holds none while it waits for its answer."""

WAIT_FOR_OTHERS = timedelta(seconds=2)
LONGEST_WAIT_FOR_OTHERS = timedelta(minutes=1)
"""How long a delivery is put off for each that is served before it at the same seat, and at most."""

RETRIES = tuple(
    timedelta(**one)
    for one in (
        {"seconds": 5},
        {"minutes": 5},
        {"minutes": 30},
        {"hours": 2},
        {"hours": 5},
        {"hours": 10},
        {"hours": 14},
        {"hours": 20},
        {"hours": 24},
    )
)
"""The waits behind each attempt that failed: three days in all. Source: the Standard Webhooks 1.0, Deliverability."""

_LAST = datetime.max.replace(tzinfo=UTC)
_LAST_ID = UUID(int=2**128 - 1)


class WebhookAttempt(Struct, frozen=True, kw_only=True):
    """One attempt: when, and what was answered (`status`), or why there was no answer (`failure`)."""

    number: int
    at: datetime
    status: int | None
    failure: str | None
    milliseconds: int


class WebhookDelivery(Struct, frozen=True, kw_only=True):
    """News on their way to a webhook, or arrived (`delivered_at`), or given up.

    `event_id` is the news' id in the feed and the `webhook-id` of every attempt.
    """

    id: UUID
    webhook_id: UUID
    event_id: UUID
    type: NewsType
    timestamp: datetime
    data: Facts
    made_at: datetime
    attempts: int
    next_attempt_at: datetime | None
    delivered_at: datetime | None
    given_up_at: datetime | None
    given_up_because: str | None


class WebhookDeliveryWithAttempts(Struct, frozen=True, kw_only=True):
    """A delivery and each attempt at it, in order."""

    delivery: WebhookDelivery
    attempts: list[WebhookAttempt]


class WebhookDeliveryRow(NewsRow, frozen=True, kw_only=True):
    """A delivery as it is stored, with its news."""

    delivery_id: UUID
    sent_to: UUID
    made_at: datetime
    attempts: int
    next_attempt_at: datetime | None
    delivered_at: datetime | None
    given_up_at: datetime | None
    given_up_because: str | None


class Due(WebhookDeliveryRow, frozen=True, kw_only=True):
    """A delivery that is to be attempted: where to, signed by what, and whether its webhook may still be told."""

    organisation_id: UUID
    url: str
    secret_line: str
    secret_number: int
    previous_line: str | None
    may_be_told: bool
    now: datetime

    @property
    def secrets(self) -> list[SecretName]:
        """What signs it, the newest first."""
        names = [SecretName(self.sent_to, self.secret_line, self.secret_number)]
        if self.previous_line is not None:
            names.append(SecretName(self.sent_to, self.previous_line, self.secret_number - 1))
        return names


class Outcome(Struct, frozen=True, kw_only=True):
    """How an attempt went."""

    status: int | None
    failure: str | None
    milliseconds: int


# Rules


def wait_behind(attempts: int) -> timedelta | None:
    """How long to wait behind so many attempts that failed; None when it is time to give up."""
    return RETRIES[attempts - 1] if attempts <= len(RETRIES) else None


def why_failed(outcome: Outcome) -> str | None:
    """Why an attempt did not arrive, in words; None when it did."""
    if outcome.status is None:
        return outcome.failure
    if outcome.status // 100 == HTTPStatus.OK // 100:
        return None
    if outcome.status // 100 == HTTPStatus.MULTIPLE_CHOICES // 100:
        return f"The address answered {outcome.status}; redirects are not followed."
    return f"The address answered {outcome.status}."


def body_of(row: NewsRow, base: str) -> bytes:
    """What is sent: type, timestamp, and the ids in `data`. The same bytes at each attempt."""
    told = news.presented(row, base)
    return msgspec.json.encode({"type": told.type, "timestamp": told.timestamp, "data": told.data})


def presented(row: WebhookDeliveryRow, base: str) -> WebhookDelivery:
    """The delivery as it is shown."""
    told = news.presented(row, base)
    return WebhookDelivery(
        id=row.delivery_id,
        webhook_id=row.sent_to,
        event_id=row.id,
        type=row.type,
        timestamp=told.timestamp,
        data=told.data,
        made_at=row.made_at,
        attempts=row.attempts,
        next_attempt_at=row.next_attempt_at,
        delivered_at=row.delivered_at,
        given_up_at=row.given_up_at,
        given_up_because=row.given_up_because,
    )


# The worker


class Seats:
    """Who is being sent to, and who waits: so many at once to one webhook and to one organisation, whatever it has."""

    def __init__(self) -> None:
        self._busy: Counter[UUID] = Counter()
        self._lines: dict[UUID, set[UUID]] = {}

    def wait(self, due: Due) -> timedelta | None:
        """How long a delivery is put off, by its place in the line; None where there is a seat for it."""
        for whose, most in ((due.sent_to, AT_ONCE_PER_WEBHOOK), (due.organisation_id, AT_ONCE_PER_ORGANISATION)):
            line = self._lines.get(whose, set())
            line.discard(due.delivery_id)
            if self._busy[whose] >= most:
                self._lines[whose] = line
                before = len(line) // most
                line.add(due.delivery_id)
                return min(WAIT_FOR_OTHERS * (1 + before), LONGEST_WAIT_FOR_OTHERS)
        return None

    @contextlib.contextmanager
    def taken(self, due: Due) -> Generator[None]:
        """A seat for an attempt. A line is forgotten once nobody is sent to: others may have taken who stood in it."""
        both = (due.sent_to, due.organisation_id)
        self._busy.update(both)
        try:
            yield
        finally:
            self._busy.subtract(both)
            for whose in both:
                if not self._busy[whose]:
                    del self._busy[whose]
                    self._lines.pop(whose, None)


class Courier:
    """Makes attempts: signs with the service's secrets, links to its public address, and keeps webhooks apart."""

    def __init__(self, secrets: Secrets, outbound: Outbound, base: str) -> None:
        self._secrets = secrets
        self._outbound = outbound
        self._base = base
        self.seats = Seats()

    async def deliver(self, pool: asyncpg.Pool, payload: str) -> None:
        """The worker's duty: make one attempt, write down how it went, and come again where it failed."""
        due = await db.maybe(SQL.get_due(pool, delivery_id=UUID(payload), rights=news.rights()), Due)
        if due is None:
            return
        if not due.may_be_told:
            because = "Who made the webhook may not read this any more, or the webhook was disabled or removed."
            await SQL.give_up(pool, delivery_id=due.delivery_id, because=because)
            return
        if (wait := self.seats.wait(due)) is not None:
            raise jobs.Later(wait)
        with self.seats.taken(due):
            outcome = await self._attempt(due)
        async with db.transaction(pool) as conn:
            again = await write_down(conn, due, outcome)
        if again is not None:
            raise jobs.Later(again)

    async def _attempt(self, due: Due) -> Outcome:
        body = body_of(due, self._base)
        seconds = int(due.now.timestamp())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "tenderscore",
            "webhook-id": str(due.id),
            "webhook-timestamp": str(seconds),
            "webhook-signature": signatures(self._secrets, due.secrets, (due.id, seconds, body)),
        }
        status, failure, since = None, None, time.monotonic()
        try:
            status = await self._outbound.post(due.url, body, headers)
        except OutboundRefused as error:
            failure = str(error)
        return Outcome(status=status, failure=failure, milliseconds=round((time.monotonic() - since) * 1000))


async def write_down(conn: db.Connection, due: Due, outcome: Outcome) -> timedelta | None:
    """Keep how an attempt went and what follows from it; returns the wait before the next one, if there is one."""
    await SQL.insert_attempt(
        conn,
        delivery_id=due.delivery_id,
        at=due.now,
        status=outcome.status,
        failure=outcome.failure,
        milliseconds=outcome.milliseconds,
    )
    why = why_failed(outcome)
    if why is None:
        await SQL.mark_delivered(conn, delivery_id=due.delivery_id)
        return None
    wait = None if outcome.status == HTTPStatus.GONE else wait_behind(due.attempts + 1)
    if wait is not None:
        await SQL.put_off(conn, delivery_id=due.delivery_id, wait=wait)
        return wait
    await SQL.give_up(conn, delivery_id=due.delivery_id, because=why)
    await _disable(conn, due.sent_to, why)
    return None


async def _disable(conn: db.Connection, webhook_id: UUID, why: str) -> None:
    """Send nothing more to a webhook, and let its organisation know by the log."""
    organisation_id: UUID | None = await webhooks.SQL.disable_webhook(conn, webhook_id=webhook_id, because=why)
    if organisation_id is None:
        return
    await webhooks.SQL.give_up_all(conn, webhook_id=webhook_id, because=f"The webhook was disabled. {why}")
    facts = {"webhook_id": webhook_id, "organisation_id": organisation_id, "because": why}
    await events.record(conn, "webhook.disabled", tender_id=None, actor=None, data=facts)


# Handlers


@get("/webhooks/{webhook_id:uuid}/deliveries")
async def list_webhook_deliveries(
    webhook_id: FromPath[UUID],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
    state: State,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response[Page[WebhookDelivery]]:
    """List what was sent to a webhook, or is on its way, newest first, as far as you may read it yourself."""
    await webhooks.find(conn, caller, webhook_id)
    before_at, before_id = (_LAST, _LAST_ID) if cursor is None else start_of(cursor, state.secrets)
    rows = SQL.list_deliveries(
        conn,
        webhook_id=webhook_id,
        person_id=caller.person_id,
        rights=news.rights(),
        before_at=before_at,
        before_id=before_id,
        limit=limit + 1,
    )
    base = state.public_url or ""
    found = [presented(row, base) for row in await db.many(rows, WebhookDeliveryRow)]
    page = page_of(found, limit, lambda one: (one.made_at, one.id), state.secrets)
    return Response(page, headers=link_to_next(f"/webhooks/{webhook_id}/deliveries", limit, page.next))


async def _find(conn: db.Connection, caller: Caller, webhook_id: UUID, delivery_id: UUID) -> WebhookDeliveryRow:
    ids = {"webhook_id": webhook_id, "delivery_id": delivery_id, **_eyes(caller)}
    return await db.one(SQL.get_delivery(conn, **ids), WebhookDeliveryRow)


def _eyes(caller: Caller) -> dict[str, Any]:
    """Who reads: what is not for this person, or of another organisation's webhook, is not found."""
    return {"organisation_id": caller.organisation_id, "person_id": caller.person_id, "rights": news.rights()}


@get("/webhooks/{webhook_id:uuid}/deliveries/{delivery_id:uuid}")
async def get_webhook_delivery(
    webhook_id: FromPath[UUID],
    delivery_id: FromPath[UUID],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
    state: State,
) -> WebhookDeliveryWithAttempts:
    """Read a delivery with each attempt at it: what was answered, or why nothing was."""
    row = await _find(conn, caller, webhook_id, delivery_id)
    made = await db.many(SQL.list_attempts(conn, delivery_id=delivery_id), WebhookAttempt)
    return WebhookDeliveryWithAttempts(delivery=presented(row, state.public_url or ""), attempts=made)


@post("/webhooks/{webhook_id:uuid}/deliveries/{delivery_id:uuid}/redelivery", status_code=202)
async def redeliver(
    webhook_id: FromPath[UUID],
    delivery_id: FromPath[UUID],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
    state: State,
) -> WebhookDelivery:
    """Send a delivery again now, under the same `webhook-id`, whether it arrived, was given up, or waits for its turn.

    The three days begin anew.
    """
    webhooks.check_enabled(await webhooks.find(conn, caller, webhook_id))
    ids = {"webhook_id": webhook_id, "delivery_id": delivery_id, **_eyes(caller)}
    row = await db.one(SQL.begin_anew(conn, **ids), WebhookDeliveryRow)
    await jobs.forget(conn, DUTY, str(delivery_id))
    await jobs.hasten(conn, DUTY, str(delivery_id))
    return presented(row, state.public_url or "")


router = Router(path="/", route_handlers=[list_webhook_deliveries, get_webhook_delivery, redeliver], tags=["Events"])
