"""Every way in which a bid reaches the service, or almost does: taken, refused, cut off, and crashed on.

Each way sends the canary that it is given and insists on the answer that shows it went the way it is named after.
"""

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from service import sealing
from service.sealing import BID_TYPE
from tests.make import a_bid
from tests.soak.clients import Answer, Tender, Unknown
from tests.soak.harness import START_SECONDS
from tests.soak.stage import Play
from tests.soak.traces import Canary


class Astray(Exception):
    """A canary was answered otherwise than its way is meant to be."""


class Scene(NamedTuple):
    """Where canaries are sent: a tender that takes bids, one that is closed, a draft; `note` hears of every body."""

    play: Play
    open: Tender
    closed: Tender
    priced: Tender
    """Its only lot keeps the price in an envelope of its own."""
    draft: str
    keys: dict[str, bytes]
    """The public key of each tender."""
    note: Callable[[int, bytes], None]

    def path(self, lot: str | None = None) -> str:
        """Where bids go."""
        return f"/lots/{lot or self.open.lots[0]}/bids"

    def bid(self, canary: Canary, **values: str) -> bytes:
        """A complete bid with the canary's price and word."""
        words = f"{canary.word} and we strip and re-roof one school at a time."
        return self.body(canary, a_bid(**({"price": canary.price, "method_statement": words} | values)))

    def body(self, canary: Canary, value: Any) -> bytes:
        """A body as it will be sent, known from now on by its hashes too."""
        return self.raw(canary, json.dumps(value).encode())

    def raw(self, canary: Canary, body: bytes) -> bytes:
        """The same for what is no JSON."""
        self.note(canary.number, body)
        return body

    def sealed(
        self,
        canary: Canary,
        tender: Tender | None = None,
        *,
        version: int = 1,
        rules: str = "",
        content: bytes | None = None,
    ) -> bytes:
        """A bid with the canary, complete unless a content is given, sealed by its sender."""
        tender = tender or self.open
        supplier = UUID(self.play.suppliers[canary.number].organisation_id)
        context = sealing.context(UUID(tender.id), UUID(tender.lots[0]), supplier, "offer", version)
        offer = sealing.seal(self.keys[tender.id], context, content or self.bid(canary))
        return sealing.build_container(version, rules or tender.rules_digests[0], offer)

    async def send(
        self, canary: Canary, body: bytes, *expected: str, method: str = "POST", path: str = "", **headers: str
    ) -> Answer:
        """Send it as the canary's own supplier, under a key of its own; raises Astray unless answered as expected.

        expected: `201`, or status and slug like `422 bid-incomplete`.
        """
        line = self.play.line(canary.number)
        named = {"Idempotency_Key": f"key-{canary.word}"} | headers
        try:
            answer = await line.send(method, path or self.path(), body, **named)
            while answer.status == 503:
                await asyncio.sleep(float(answer.headers.get("retry-after", "1")))
                answer = await line.send(method, path or self.path(), body, **named)
        finally:
            await line.close()
        return check(answer, *expected)


def check(answer: Answer, *expected: str) -> Answer:
    """The answer; raises Astray unless it is one of those expected."""
    said = f"{answer.status} {answer.slug}".strip()
    if said not in expected:
        raise Astray(f"{said} instead of {' or '.join(expected)}: {answer.body[:300].decode(errors='replace')}")
    return answer


Way = Callable[[Scene, Canary], Awaitable[object]]
TAKEN: dict[str, Way] = {}
"""Ways after which the canary's bid stands, and is opened."""

SHUT: dict[str, Way] = {}
"""Ways after which nobody may ever read it."""


def _taken(way: Way) -> Way:
    TAKEN[way.__name__.replace("_", " ")] = way
    return way


def _shut(way: Way) -> Way:
    SHUT[way.__name__.replace("_", " ")] = way
    return way


def _dull() -> bytes:
    return json.dumps(a_bid()).encode()


# Taken


@_taken
async def submitted(scene: Scene, canary: Canary) -> None:
    await scene.send(canary, scene.bid(canary), "201")


@_taken
async def replacing_an_earlier_one(scene: Scene, canary: Canary) -> None:
    first = (await scene.send(canary, _dull(), "201", Idempotency_Key="dull")).json()
    await scene.send(canary, scene.bid(canary), "200", method="PUT", path=f"/bids/{first['bid_id']}")


@_taken
async def sent_again(scene: Scene, canary: Canary) -> None:
    body = scene.bid(canary)
    first, second, third = await asyncio.gather(*(scene.send(canary, body, "201") for _ in range(3)))
    if not first.body == second.body == third.body:
        raise Astray("three receipts for one key that are not the same bytes")


@_taken
async def large(scene: Scene, canary: Canary) -> None:
    """A bid that PostgreSQL would compress if it could: compressed, it would not be found."""
    words = f"{canary.word} " * 1_000
    await scene.send(canary, scene.bid(canary, method_statement=words), "201")


@_taken
async def sealed_by_its_sender(scene: Scene, canary: Canary) -> None:
    await scene.send(canary, scene.sealed(canary), "201", Content_Type=BID_TYPE)


@_taken
async def sealed_with_an_unfit_price(scene: Scene, canary: Canary) -> None:
    """What is wrong with it is found at the opening only, and must then be said without saying what was offered."""
    content = scene.bid(canary, price=f"{canary.price} GBP", working_time=f"yes, {canary.word}")
    await scene.send(canary, scene.sealed(canary, content=content), "201", Content_Type=BID_TYPE)


# Not taken, or not standing


@_shut
async def sealed_with_a_criterion_nobody_asked_for(scene: Scene, canary: Canary) -> None:
    """The bid is opened, and what the lot asks nothing for is neither kept nor quoted."""
    content = scene.body(canary, {"values": a_bid()["values"] | {canary.word: canary.price}})
    await scene.send(canary, scene.sealed(canary, content=content), "201", Content_Type=BID_TYPE)


@_shut
async def replaced_by_a_later_one(scene: Scene, canary: Canary) -> None:
    first = (await scene.send(canary, scene.bid(canary), "201")).json()
    await scene.send(canary, _dull(), "200", method="PUT", path=f"/bids/{first['bid_id']}", Idempotency_Key="dull")


@_shut
async def withdrawn(scene: Scene, canary: Canary) -> None:
    first = (await scene.send(canary, scene.bid(canary), "201")).json()
    await scene.send(canary, b"", "200", method="DELETE", path=f"/bids/{first['bid_id']}")


@_shut
async def checked_only(scene: Scene, canary: Canary) -> None:
    await scene.send(canary, scene.bid(canary), "200", path=f"{scene.path()}?validate=only")


@_shut
async def checked_only_and_found_wanting(scene: Scene, canary: Canary) -> None:
    body = scene.body(canary, {"values": {"price": canary.price, "method-statement": canary.word}})
    await scene.send(canary, body, "422 bid-incomplete", path=f"{scene.path()}?validate=only")


@_shut
async def under_a_key_used_before(scene: Scene, canary: Canary) -> None:
    await scene.send(canary, _dull(), "201")
    await scene.send(canary, scene.bid(canary), "422 idempotency-key-reused")


@_shut
async def second_for_the_lot(scene: Scene, canary: Canary) -> None:
    await scene.send(canary, _dull(), "201", Idempotency_Key="dull")
    await scene.send(canary, scene.bid(canary), "409 bid-already-submitted")


@_shut
async def late(scene: Scene, canary: Canary) -> None:
    path = scene.path(scene.closed.lots[0])
    await scene.send(canary, scene.bid(canary), "409 submission-deadline-passed", path=path)


@_shut
async def incomplete(scene: Scene, canary: Canary) -> None:
    body = scene.body(canary, {"values": {"price": canary.price, "method-statement": canary.word}})
    await scene.send(canary, body, "422 bid-incomplete")


@_shut
async def with_an_unfit_price(scene: Scene, canary: Canary) -> None:
    await scene.send(canary, scene.bid(canary, price=f"{canary.price} GBP"), "422 bid-incomplete")


@_shut
async def with_an_unfit_yes_or_no(scene: Scene, canary: Canary) -> None:
    await scene.send(canary, scene.bid(canary, working_time=f"yes, {canary.word}"), "422 bid-incomplete")


@_shut
async def with_a_criterion_nobody_asked_for(scene: Scene, canary: Canary) -> None:
    values = a_bid()["values"] | {canary.word: canary.price}
    await scene.send(canary, scene.body(canary, {"values": values}), "422 bid-incomplete")


@_shut
async def with_an_answer_too_long(scene: Scene, canary: Canary) -> None:
    await scene.send(canary, scene.bid(canary, method_statement=f"{canary.word} " * 2_000), "422 bid-incomplete")


@_shut
async def with_a_price_as_a_number(scene: Scene, canary: Canary) -> None:
    values = json.dumps(a_bid(method_statement=canary.word)["values"] | {"price": 0})
    body = f'{{"values": {values.replace(": 0", ": " + canary.price)}}}'
    await scene.send(canary, scene.raw(canary, body.encode()), "422 invalid-request")


@_shut
async def with_a_member_nobody_knows(scene: Scene, canary: Canary) -> None:
    await scene.send(canary, scene.body(canary, a_bid() | {canary.word: canary.price}), "422 invalid-request")


@_shut
async def with_a_member_named_twice(scene: Scene, canary: Canary) -> None:
    body = f'{{"values": {{"{canary.word}": "{canary.price}", "{canary.word}": "1"}}}}'
    await scene.send(canary, scene.raw(canary, body.encode()), "400 unreadable-request")


@_shut
async def with_a_hidden_character(scene: Scene, canary: Canary) -> None:
    await scene.send(canary, scene.bid(canary, method_statement=f"{canary.word}\u200b"), "422 invalid-request")


@_shut
async def cut_short(scene: Scene, canary: Canary) -> None:
    await scene.send(canary, scene.raw(canary, scene.bid(canary)[:-9]), "400 unreadable-request")


@_shut
async def with_a_comma_too_many(scene: Scene, canary: Canary) -> None:
    body = scene.raw(canary, scene.bid(canary).replace(b"}}", b",}}"))
    await scene.send(canary, body, "400 unreadable-request")


@_shut
async def not_in_utf_8(scene: Scene, canary: Canary) -> None:
    body = scene.raw(canary, scene.bid(canary).replace(b" and we", b" \xff\xfe and we"))
    await scene.send(canary, body, "400 unreadable-request")


@_shut
async def nested_too_deep(scene: Scene, canary: Canary) -> None:
    body = scene.raw(canary, b"[" * 40 + f'"{canary.price} {canary.word}"'.encode() + b"]" * 40)
    await scene.send(canary, body, "400 unreadable-request")


@_shut
async def too_large(scene: Scene, canary: Canary) -> None:
    body = scene.bid(canary, method_statement=f"{canary.word} " * 80_000)
    with contextlib.suppress(Unknown):  # the service may hang up on a body that it will not read
        await scene.send(canary, body, "413 body-too-large")


@_shut
async def as_plain_text(scene: Scene, canary: Canary) -> None:
    await scene.send(canary, scene.bid(canary), "415 unsupported-media-type", Content_Type="text/plain")


@_shut
async def as_an_uploaded_form(scene: Scene, canary: Canary) -> None:
    """More than a megabyte of a form is what web servers spool to a temporary file."""
    part = b'--x\r\nContent-Disposition: form-data; name="bid"; filename="bid.json"\r\n\r\n'
    for filler in (1, 1_200_000):
        body = scene.raw(canary, part + scene.bid(canary) * (1 + filler // 500) + b"\r\n--x--\r\n")
        with contextlib.suppress(Unknown):
            expected = "415 unsupported-media-type", "413 body-too-large"
            await scene.send(canary, body, *expected, Content_Type="multipart/form-data; boundary=x")


@_shut
async def without_a_retry_key(scene: Scene, canary: Canary) -> None:
    await scene.send(canary, scene.bid(canary), "400 idempotency-key-missing", Idempotency_Key="")


@_shut
async def without_a_key(scene: Scene, canary: Canary) -> None:
    await scene.send(canary, scene.bid(canary), "401 unauthenticated", Authorization="Bearer ts_live_no")


@_shut
async def by_a_buyer(scene: Scene, canary: Canary) -> None:
    buyer = f"Bearer {scene.play.market.people['author'].line.key}"
    await scene.send(canary, scene.bid(canary), "403 forbidden", Authorization=buyer)


@_shut
async def to_a_draft(scene: Scene, canary: Canary) -> None:
    await scene.send(canary, scene.bid(canary), "404 not-found", path=scene.path(scene.draft))


@_shut
async def to_no_lot_at_all(scene: Scene, canary: Canary) -> None:
    await scene.send(canary, scene.bid(canary), "404 not-found", path=scene.path(scene.open.id))


@_shut
async def to_somebody_else_s_bid(scene: Scene, canary: Canary) -> None:
    first = (await scene.send(canary, _dull(), "201", Idempotency_Key="dull")).json()
    buyer = f"Bearer {scene.play.suppliers[-1].key}"
    await scene.send(
        canary, scene.bid(canary), "404 not-found", method="PUT", path=f"/bids/{first['bid_id']}", Authorization=buyer
    )


@_shut
async def hung_up_in_the_middle(scene: Scene, canary: Canary) -> None:
    body, line = scene.bid(canary), scene.play.line(canary.number)
    head = f"POST {scene.path()} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {line.key}\r\n"
    head += f"Idempotency-Key: half\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    _, writer = await line.connected()
    writer.write(head.encode() + body[:-9])
    await writer.drain()
    await line.close()


# Sealed by the sender, and not taken


@_shut
async def sealed_and_late(scene: Scene, canary: Canary) -> None:
    sealed, path = scene.sealed(canary, scene.closed), scene.path(scene.closed.lots[0])
    await scene.send(canary, sealed, "409 submission-deadline-passed", path=path, Content_Type=BID_TYPE)


@_shut
async def sealed_for_other_rules(scene: Scene, canary: Canary) -> None:
    await scene.send(canary, scene.sealed(canary, rules="0" * 64), "409 rules-changed", Content_Type=BID_TYPE)


@_shut
async def sealed_for_another_version(scene: Scene, canary: Canary) -> None:
    await scene.send(canary, scene.sealed(canary, version=3), "422 sealed-bid-broken", Content_Type=BID_TYPE)


@_shut
async def sealed_and_cut_short(scene: Scene, canary: Canary) -> None:
    await scene.send(canary, scene.sealed(canary)[:-9], "422 sealed-bid-broken", Content_Type=BID_TYPE)


@_shut
async def said_to_be_sealed(scene: Scene, canary: Canary) -> None:
    """A portal that forgot to seal: what it sent must not be quoted as a broken envelope."""
    await scene.send(canary, scene.bid(canary), "422 sealed-bid-broken", Content_Type=BID_TYPE)


@_shut
async def with_its_price_apart(scene: Scene, canary: Canary) -> None:
    """The price stays sealed when the offer is opened; the word would be opened, so it is left out."""
    body = scene.body(canary, a_bid(price=canary.price))
    await scene.send(canary, body, "201", path=scene.path(scene.priced.lots[0]))


# Crashes, each for a group of canaries at once

Crash = Callable[[Scene, list[Canary]], Awaitable[None]]
CRASHES: dict[str, Crash] = {}


def _crash(way: Crash) -> Crash:
    CRASHES[way.__name__.replace("_", " ")] = way
    return way


async def _whatever(scene: Scene, canary: Canary) -> str:
    """Send it; any answer and none will do. What became of it."""
    try:
        await scene.send(canary, scene.bid(canary), "201")
    except (Unknown, Astray) as told:
        return str(told)
    return "201"


@_crash
async def while_a_constraint_fails(scene: Scene, canaries: list[Canary]) -> None:
    """A violated constraint makes PostgreSQL quote the whole row in its log and in the error."""
    tables = "sealed_envelopes", "events", "bid_versions", "idempotency_keys", "bids"
    for table in tables:
        await scene.play.owner.execute(f"ALTER TABLE {table} ADD CONSTRAINT planted CHECK (false) NOT VALID")
        part = canaries[tables.index(table) :: len(tables)]
        lines = [scene.send(canary, scene.bid(canary), "500 internal-error") for canary in part]
        try:
            await asyncio.gather(*lines)
        finally:
            await scene.play.owner.execute(f"ALTER TABLE {table} DROP CONSTRAINT planted")


BACKENDS = "FROM pg_locks WHERE NOT granted"
WAITING = f"SELECT count(*) {BACKENDS}"  # unlike pg_stat_activity, looked at anew within a transaction


@contextlib.asynccontextmanager
async def _in_flight(scene: Scene, canaries: list[Canary]) -> AsyncIterator[None]:
    """The canaries' bids on their way, held up at the tender's log while the block runs."""
    owner = scene.play.owner
    async with owner.transaction():
        await owner.execute("SELECT FROM log_heads WHERE log_id = $1 FOR UPDATE", scene.open.id)
        sending = [asyncio.create_task(_whatever(scene, canary)) for canary in canaries]
        async with asyncio.timeout(30):
            while not await owner.fetchval(WAITING):  # each look is a round trip
                if all(task.done() for task in sending):
                    raise Astray(f"nothing was held up: {[task.result() for task in sending]}")
        yield
    await asyncio.gather(*sending)


@_crash
async def while_the_statement_is_cancelled(scene: Scene, canaries: list[Canary]) -> None:
    async with _in_flight(scene, canaries):
        await scene.play.owner.execute(f"SELECT pg_cancel_backend(pid) {BACKENDS}")


@_crash
async def while_the_connection_is_cut(scene: Scene, canaries: list[Canary]) -> None:
    async with _in_flight(scene, canaries):
        await scene.play.owner.execute(f"SELECT pg_terminate_backend(pid) {BACKENDS}")


@_crash
async def while_the_service_is_killed(scene: Scene, canaries: list[Canary]) -> None:
    async with _in_flight(scene, canaries):
        await scene.play.stand.serve.end(signal.SIGKILL)
    await scene.play.start()


@_crash
async def while_the_service_aborts(scene: Scene, canaries: list[Canary]) -> None:
    """With core dumps allowed by whoever started it: the service itself must forbid them."""
    async with _in_flight(scene, canaries):
        await scene.play.stand.serve.end(signal.SIGABRT)
    await scene.play.start()


@_crash
async def while_postgresql_dies(scene: Scene, canaries: list[Canary]) -> None:
    """One backend killed with -9 takes the whole server down; it recovers from its write-ahead log."""
    play = scene.play
    with contextlib.suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        async with _in_flight(scene, canaries):
            os.kill(await play.owner.fetchval(f"SELECT min(pid) {BACKENDS}"), signal.SIGKILL)
            await play.owner.fetchval("SELECT pg_sleep(30)")
    await play.reconnect()
    await play.stand.until_ready(START_SECONDS)
