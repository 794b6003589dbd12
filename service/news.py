"""What organisations are told of the logs: which entries, whom, and where to read more. And the feed of it.

News are thin: what happened, when, in which tender and lot, and an address. What stands there is for whoever the role
table lets read it, and so are the news: each names the operation that its address answers, and the row of that
operation decides (service/access.py). Suppliers are told what is public and what concerns their own bids; before the
opening nobody is told anything of another's bid, nor how many news there were for others: an organisation's news are
ordered among themselves, and cursors hold nothing but an instant and an id of its own.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Collection, Generator, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple, get_args
from uuid import UUID
from weakref import WeakValueDictionary

import asyncpg
from litestar import Request, Response, Router, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from msgspec import Struct

from service import db, sign_in
from service.access import ROWS
from service.edge import Limit, cursor_behind, start_of
from service.organisations import Caller
from service.rounds import FAILURES

SQL = db.queries("news")

NewsType = Literal[
    "tender.published",
    "corrigendum.proposed",
    "corrigendum.issued",
    "deadline.moved",
    "question.asked",
    "question.answered",
    "bid.submitted",
    "bid.replaced",
    "bid.withdrawn",
    "bids.opened",
    "prices.opened",
    "declaration.made",
    "clarification.asked",
    "clarification.answered",
    "correction.proposed",
    "criterion.locked",
    "consensus.locked",
    "lot.evaluated",
    "report.stored",
    "award.recommended",
    "recommendation.rejected",
    "award.decided",
    "award.annulled",
    "summary.sent",
    "award-notice.published",
    "contract.signed",
    "obligations.made",
    "obligation.changed",
    "obligation.added",
    "delivery.reported",
    "delivery.decided",
    "remedy.taken",
    "performance-notice.published",
    "lots.cancelled",
    "webhook.pinged",
    "webhook.disabled",
]
"""The log's own names of what happened; `deadline.moved` is a corrigendum that moves the submission deadline."""

Audience = Literal["anybody", "buyer", "supplier", "bidders", "addressees", "owner"]
"""Whom an entry is told to.

anybody: whoever may read the tender · buyer: the tender's buyer · supplier: the one whose bid the entry is about, and
of a contract who promised what it is about · bidders: those with a standing bid for the lot · addressees: those whom a
letter was sent to · owner: the organisation that the entry names, of the platform's log
"""


class Telling(NamedTuple):
    """That entries of a kind are told to an audience as news of a type, which point to what an operation answers."""

    kind: str
    type: NewsType
    audience: Audience
    operation: str
    needs: str = ""
    """What the entry's facts must hold to be told."""


def _told(type_: NewsType, audience: Audience, operation: str) -> Telling:
    return Telling(type_, type_, audience, operation)


TELLINGS: tuple[Telling, ...] = (
    _told("tender.published", "anybody", "get_tender"),
    _told("corrigendum.issued", "anybody", "get_tender"),
    Telling("corrigendum.issued", "deadline.moved", "anybody", "get_tender", needs="submission_deadline"),
    _told("question.answered", "anybody", "list_questions"),
    _told("lots.cancelled", "anybody", "get_tender"),
    _told("award-notice.published", "anybody", "list_notices"),
    _told("corrigendum.proposed", "buyer", "list_corrigenda"),
    _told("question.asked", "buyer", "list_questions"),
    _told("bids.opened", "buyer", "get_opening"),
    _told("prices.opened", "buyer", "get_opening"),
    _told("declaration.made", "buyer", "list_declarations"),
    _told("clarification.answered", "buyer", "list_clarifications"),
    _told("correction.proposed", "buyer", "list_corrections"),
    _told("criterion.locked", "buyer", "list_locks"),
    _told("consensus.locked", "buyer", "list_locks"),
    _told("lot.evaluated", "buyer", "list_evaluations"),
    _told("report.stored", "buyer", "list_evaluations"),
    _told("award.recommended", "buyer", "list_recommendations"),
    _told("recommendation.rejected", "buyer", "list_recommendations"),
    _told("award.decided", "buyer", "list_awards"),
    _told("award.annulled", "buyer", "list_awards"),
    _told("summary.sent", "buyer", "list_summaries"),
    _told("contract.signed", "buyer", "get_contract"),
    _told("obligations.made", "buyer", "list_obligations"),
    _told("obligation.changed", "buyer", "list_obligations"),
    _told("obligation.added", "buyer", "list_obligations"),
    _told("delivery.reported", "buyer", "list_deliveries"),
    _told("delivery.decided", "buyer", "list_deliveries"),
    _told("remedy.taken", "buyer", "get_monitoring"),
    _told("performance-notice.published", "buyer", "list_performance_notices"),
    _told("obligations.made", "supplier", "list_obligations"),
    _told("obligation.changed", "supplier", "list_obligations"),
    _told("obligation.added", "supplier", "list_obligations"),
    _told("delivery.reported", "supplier", "list_deliveries"),
    _told("delivery.decided", "supplier", "list_deliveries"),
    _told("bid.submitted", "supplier", "get_receipt"),
    _told("bid.replaced", "supplier", "get_receipt"),
    _told("bid.withdrawn", "supplier", "get_receipt"),
    _told("clarification.asked", "supplier", "list_bid_clarifications"),
    _told("bids.opened", "bidders", "get_tender"),
    _told("award.decided", "bidders", "get_tender"),
    _told("award.annulled", "bidders", "get_tender"),
    _told("summary.sent", "addressees", "get_summary"),
    _told("webhook.pinged", "owner", "get_webhook"),
    _told("webhook.disabled", "owner", "get_webhook"),
)

ADDRESSES: dict[str, str] = {
    "get_tender": "/tenders/{tender_id}",
    "list_corrigenda": "/tenders/{tender_id}/corrigenda",
    "list_questions": "/tenders/{tender_id}/questions",
    "list_declarations": "/tenders/{tender_id}/declarations",
    "list_notices": "/tenders/{tender_id}/notices",
    "get_opening": "/lots/{lot_id}/opening",
    "list_clarifications": "/lots/{lot_id}/clarifications",
    "list_corrections": "/lots/{lot_id}/corrections",
    "list_locks": "/lots/{lot_id}/criteria/locks",
    "list_evaluations": "/lots/{lot_id}/evaluations",
    "list_recommendations": "/lots/{lot_id}/recommendations",
    "list_awards": "/lots/{lot_id}/awards",
    "list_summaries": "/lots/{lot_id}/assessment-summaries",
    "get_summary": "/lots/{lot_id}/assessment-summaries/{bid_id}",
    "get_contract": "/lots/{lot_id}/contract",
    "list_obligations": "/lots/{lot_id}/obligations",
    "list_deliveries": "/lots/{lot_id}/deliveries",
    "get_monitoring": "/lots/{lot_id}/monitoring",
    "list_performance_notices": "/lots/{lot_id}/performance-notices",
    "get_receipt": "/bids/{bid_id}",
    "list_bid_clarifications": "/bids/{bid_id}/clarifications",
    "get_webhook": "/webhooks/{webhook_id}",
}
"""Where each operation that news point to is found."""


class Facts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What news are about: ids, and `href`, where to read more with a key that may. Never what a bid says."""

    href: str
    tender_id: UUID | None = None
    lot_id: UUID | None = None
    bid_id: UUID | None = None
    webhook_id: UUID | None = None


class News(Struct, frozen=True, kw_only=True):
    """One piece of news, as the feed tells it; its `id` is the `webhook-id` of its deliveries.

    `timestamp` is the instant of the log's entry.
    """

    id: UUID
    type: NewsType
    timestamp: datetime
    data: Facts


class Feed(Struct, frozen=True, kw_only=True):
    """Some news in the order in which they are told; send `next` as `after` to go on, at once where there is `more`."""

    items: list[News]
    next: str
    more: bool


class NewsRow(Struct, frozen=True, kw_only=True):
    """News as they are stored."""

    id: UUID
    type: NewsType
    operation: str
    tender_id: UUID | None
    lot_id: UUID | None
    bid_id: UUID | None
    webhook_id: UUID | None
    at: datetime
    told_at: datetime


def rights() -> Mapping[str, list[str]]:
    """Which roles each operation that news point to asks of the buyer's people, as the role table has them now."""
    return {operation: list(ROWS[operation].roles) for operation in ADDRESSES}


def tellings() -> list[dict[str, Any]]:
    """What is told, as the query that tells takes it."""
    return [telling._asdict() for telling in TELLINGS]


def presented(row: NewsRow, base: str = "") -> News:
    """News as they go out; base: the service's public address, in front of where they point to."""
    ids = {name: str(getattr(row, name)) for name in ("tender_id", "lot_id", "bid_id", "webhook_id")}
    facts = Facts(
        href=base + ADDRESSES[row.operation].format(**ids),
        tender_id=row.tender_id,
        lot_id=row.lot_id,
        bid_id=row.bid_id,
        webhook_id=row.webhook_id,
    )
    return News(id=row.id, type=row.type, timestamp=row.at, data=facts)


TYPES: tuple[NewsType, ...] = get_args(NewsType)

# Waiting for news

EVERY_SECONDS = 1.0
LONGEST_WAIT = 25
"""Seconds: shorter than what balancers take for a silent connection."""
MOST_WAITING = 200
MOST_OF_AN_ORGANISATION = 16
MOST_OF_A_KEY = 4
LOOKS_AT_ONCE = 4
"""Of those whom the bell has woken so many look at a time; the pool's other connections are left to who comes anew."""


class Bell:
    """Wakes who waits for news: one task of the process looks every second whom something was told, while any wait."""

    def __init__(self) -> None:
        self.looking = asyncio.Semaphore(LOOKS_AT_ONCE)
        self._rung: WeakValueDictionary[UUID, asyncio.Event] = WeakValueDictionary()
        self._waiting: Counter[tuple[UUID, str]] = Counter()
        self._watching: asyncio.Task[None] | None = None

    def of(self, caller: Caller) -> asyncio.Event:
        """What is set with the next news of somebody's organisation; take it before you look for what is there."""
        rung = self._rung.get(caller.organisation_id)
        if rung is None:
            rung = self._rung[caller.organisation_id] = asyncio.Event()
        return rung

    def has_room(self, caller: Caller) -> bool:
        """Whether one more may wait with this key; who may not is answered at once."""
        own = sum(number for (whose, _), number in self._waiting.items() if whose == caller.organisation_id)
        of_key = self._waiting[caller.organisation_id, caller.key_id]
        return self._waiting.total() < MOST_WAITING and own < MOST_OF_AN_ORGANISATION and of_key < MOST_OF_A_KEY

    @contextlib.contextmanager
    def listening(self, pool: asyncpg.Pool, caller: Caller) -> Generator[None]:
        """Somebody waits."""
        place = caller.organisation_id, caller.key_id
        self._waiting[place] += 1
        if self._watching is None:
            self._watching = asyncio.create_task(self._watch(pool))
        try:
            yield
        finally:
            self._waiting[place] -= 1
            self._waiting += Counter()  # keeps only those who wait
            if not self._waiting:
                self._watching.cancel()
                self._watching = None

    async def _watch(self, pool: asyncpg.Pool) -> None:
        last: datetime | None = None
        while True:
            with contextlib.suppress(*FAILURES):  # who waits is told so when it looks, or that there is no news
                told = await SQL.read_told(pool, since=last)
                self._ring(None if last is None else told["organisations"])
                last = told["told_at"]
            await asyncio.sleep(EVERY_SECONDS)

    def _ring(self, organisations: Collection[UUID | None] | None) -> None:
        """Wake whom something was told; all of them where that was everybody, or where nobody knows it yet."""
        everybody = organisations is None or None in organisations
        for whose in [*self._rung] if everybody else organisations or ():
            rung = None if whose is None else self._rung.pop(whose, None)
            if rung is not None:
                rung.set()


async def heard(rung: asyncio.Event, ends: Collection[asyncio.Task[Any]], seconds: float) -> bool:
    """Whether the bell has rung before the time was up and before anything else ended the wait."""
    if seconds <= 0:
        return False
    ringing = asyncio.create_task(rung.wait())
    try:
        await asyncio.wait([ringing, *ends], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        ringing.cancel()
    return rung.is_set() and not any(end.done() for end in ends)


@contextlib.contextmanager
def _ends(request: Request[Caller, Any, State], draining: asyncio.Event) -> Generator[Collection[asyncio.Task[Any]]]:
    """What ends a wait before its time: the process was told to stop, or nobody is there any more to be answered."""
    ends = asyncio.create_task(draining.wait()), asyncio.create_task(_gone(request))
    try:
        yield ends
    finally:
        for end in ends:
            end.cancel()


async def _gone(request: Request[Caller, Any, State]) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


Wait = Annotated[
    int,
    QueryParameter(ge=0, le=LONGEST_WAIT, description="Seconds to wait where there is nothing new yet."),
]
After = Annotated[str | None, QueryParameter(description="`next` of the answer before; from the start if left out.")]


@get("/events")
async def read_feed(
    request: Request[Caller, Any, State],
    caller: NamedDependency[Caller],
    state: State,
    after: After = None,
    limit: Limit = 100,
    wait: Wait = 0,
) -> Response[Feed]:
    """Read what happened, in a stable order, from behind what you have read: for who would rather poll than be called.

    You are told what you may read: what is public, what concerns your organisation's bids, and of your own
    organisation's tenders what your roles in them let you read. Nothing is told twice or left out behind a cursor,
    however many write at once; it comes about a second after it happened. With `wait` you are answered when there is
    something new for you, or when the time is up; at once where too many wait already.
    """
    bell: Bell = state.bell
    loop, place = asyncio.get_running_loop(), start_of(after, state.secrets)
    until, rung = loop.time() + wait, bell.of(caller)
    found = await _look(state.pool, caller, place, limit)
    if wait and not found and bell.has_room(caller):
        with bell.listening(state.pool, caller), _ends(request, state.draining) as ends:
            while not found and await heard(rung, ends, until - loop.time()):
                async with bell.looking:
                    caller = await sign_in.authenticate(state, request.headers.get("authorization"))
                    rung = bell.of(caller)
                    found = await _look(state.pool, caller, place, limit)
    return _feed(state, found, place, limit)


async def _look(pool: asyncpg.Pool, caller: Caller, place: tuple[datetime, UUID], limit: int) -> list[NewsRow]:
    """What is new to somebody behind a place, one more than asked for; in a transaction of its own."""
    async with db.transaction_of(pool, caller.organisation_id) as conn:
        rows = SQL.list_news(
            conn,
            organisation_id=caller.organisation_id,
            person_id=caller.person_id,
            rights=rights(),
            after_at=place[0],
            after_id=place[1],
            limit=limit + 1,
        )
        return await db.many(rows, NewsRow)


def _feed(state: State, found: list[NewsRow], place: tuple[datetime, UUID], limit: int) -> Response[Feed]:
    told, more = found[:limit], len(found) > limit
    behind = cursor_behind(*((told[-1].told_at, told[-1].id) if told else place), state.secrets)
    base = state.public_url or ""
    feed = Feed(items=[presented(row, base) for row in told], next=behind, more=more)
    headers = {"Link": f'</events?limit={limit}&after={behind}>; rel="next"'} if more else {}
    return Response(feed, headers=headers)


router = Router(path="/", route_handlers=[read_feed], tags=["Events"])
