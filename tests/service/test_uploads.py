"""A document comes in as a whole, before the deadline, sealed on its way – or it leaves nothing but the attempt."""

import asyncio
import contextlib
import hashlib
import os
import tracemalloc
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from service import sealing, underway, uploads
from service.sealing import DOCUMENT_STEP, DOCUMENT_TYPE, HEADER_BYTES
from tests.service.conftest import Market, Person, copied, done, market_in, refused

MICROSECOND = timedelta(microseconds=1)
DEADLINE = datetime(2031, 6, 2, 12, tzinfo=UTC)
FILE = {"Content-Type": "application/pdf"}
CONTENT = b"%PDF-1.7 the method, in confidence " * 6000
"""More than one chunk of the seal's."""


def path_of(tender: dict[str, Any]) -> str:
    return f"/lots/{tender['lots'][0]['id']}/documents"


async def send(
    person: Person, tender: dict[str, Any], content: Any = CONTENT, *, query: str = "", **headers: str
) -> httpx.Response:
    """Upload a document under a new retry key, unless a header names one."""
    named = FILE | {"Idempotency-Key": str(uuid4())}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    if person.key:
        named["Authorization"] = f"Bearer {person.key}"
    return await person.http.post(path_of(tender) + query, content=content, headers=named)


async def kept_bytes(market: Market, document_id: str) -> bytes:
    """What lies in the database of a document."""
    rows = await market.owner.fetch(
        "SELECT contents FROM document_chunks JOIN documents USING (upload_id) WHERE documents.id = $1 ORDER BY number",
        document_id,
    )
    return b"".join(row["contents"] for row in rows)


async def left(market: Market, tender: dict[str, Any]) -> tuple[int, int, int]:
    """How many documents a tender has, and how many uploads and chunks there are that belong to none."""
    documents = await market.owner.fetchval(
        "SELECT count(*) FROM documents JOIN lots ON lots.id = lot_id WHERE tender_id = $1", tender["id"]
    )
    begun = await market.owner.fetchval(
        "SELECT count(*) FROM document_uploads WHERE id NOT IN (SELECT upload_id FROM documents)"
    )
    chunks = await market.owner.fetchval(
        "SELECT count(*) FROM document_chunks WHERE upload_id NOT IN (SELECT upload_id FROM documents)"
    )
    return documents, begun, chunks


async def in_parts(*parts: bytes | Callable[[], Any]) -> AsyncIterator[bytes]:
    """A body of parts; between them something may happen."""
    for part in parts:
        if isinstance(part, bytes):
            yield part
        else:
            await part()


async def sealed_for(market: Market, tender: dict[str, Any], person: Person, content: bytes) -> tuple[UUID, bytes]:
    """A document as its supplier's own program seals it, and its id."""
    public = await market.owner.fetchval("SELECT public_key FROM tender_keys WHERE tender_id = $1", tender["id"])
    document_id = uuid4()
    place = (UUID(tender["id"]), UUID(tender["lots"][0]["id"]), UUID(person.organisation_id))
    return document_id, sealing.seal(public, sealing.context(*place, "document", document_id), content, DOCUMENT_STEP)


class Line:
    """A connection of one's own to the service, on which a request can stop anywhere."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def begin(self, person: Person, tender: dict[str, Any], announced: int, *, key: str | None = None) -> None:
        """Send an upload's head."""
        lines = [
            f"POST {path_of(tender)} HTTP/1.1",
            "Host: localhost",
            f"Authorization: Bearer {person.key}",
            "Content-Type: application/pdf",
            f"Idempotency-Key: {key or uuid4()}",
            f"Content-Length: {announced}",
        ]
        self.writer.write("\r\n".join([*lines, "", ""]).encode())
        await self.writer.drain()

    async def say(self, content: bytes) -> None:
        self.writer.write(content)
        await self.writer.drain()

    async def answer(self) -> str:
        """The status and the body of the answer."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
        return (head + await self.reader.readexactly(int(length.split(b":")[1]))).decode()


@contextlib.asynccontextmanager
async def line_to(market: Market) -> AsyncIterator[Line]:
    url = httpx.URL(market.url)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    try:
        yield Line(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def logged(market: Market, tender: dict[str, Any], kind: str) -> dict[str, Any]:
    """The data of the last entry of a kind, as soon as it is there."""
    async with asyncio.timeout(10):
        while not (found := [entry for entry in await market.log(tender) if entry["kind"] == kind]):
            pass
    return found[-1]["data"]


async def begun(market: Market, tender: dict[str, Any], number: int = 1) -> None:
    """Wait until so many uploads are under way."""
    async with asyncio.timeout(10):
        while (await left(market, tender))[1] != number:
            pass


# In time and as a whole


async def test_a_document_is_kept_sealed_and_its_sender_can_prove_it(market: Market) -> None:
    """The digest is that of the bytes that are kept; the log has it too, and nothing of what is inside."""
    tender = await market.publish()
    before = await market.owner.fetchval("SELECT clock_timestamp()")
    answer = await send(market.alder, tender)
    after = await market.owner.fetchval("SELECT clock_timestamp()")
    receipt = done(answer)
    assert answer.status_code == 201
    kept = await kept_bytes(market, receipt["document_id"])
    assert (receipt["digest"], receipt["size"]) == (hashlib.sha256(kept).hexdigest(), len(kept))
    assert receipt["size"] == HEADER_BYTES + sealing.sealed_bytes(len(CONTENT), DOCUMENT_STEP)
    assert before <= datetime.fromisoformat(receipt["received_at"]) <= after
    assert b"in confidence" not in kept
    entry = await market.last(tender)
    assert (entry["kind"], entry["person_id"]) == ("document.received", market.alder.id)
    assert entry["data"] == {
        "document_id": receipt["document_id"],
        "lot_id": tender["lots"][0]["id"],
        "supplier_id": market.alder.organisation_id,
        "digest": receipt["digest"],
        "size": receipt["size"],
    }


@pytest.mark.parametrize("length", [1, 65_528, 65_529, 983_040, 3_000_000])
async def test_a_document_may_have_any_length(market: Market, length: int) -> None:
    """Lengths at the edges of chunks and rows are no special cases."""
    tender = await market.publish()
    receipt = done(await send(market.alder, tender, os.urandom(length)))
    assert len(await kept_bytes(market, receipt["document_id"])) == receipt["size"]
    assert (receipt["size"] - HEADER_BYTES) == sealing.sealed_bytes(length, DOCUMENT_STEP)


async def test_a_document_that_its_supplier_has_sealed_is_kept_as_it_came(market: Market) -> None:
    tender = await market.publish()
    document_id, envelope = await sealed_for(market, tender, market.alder, CONTENT)
    sent = {"query": f"?document_id={document_id}", "Content_Type": DOCUMENT_TYPE}
    receipt = done(await send(market.alder, tender, envelope, **sent))
    assert (receipt["document_id"], receipt["digest"]) == (str(document_id), hashlib.sha256(envelope).hexdigest())
    assert await kept_bytes(market, receipt["document_id"]) == envelope
    # The same id again is another document's, and nobody's to replace.
    _, other = await sealed_for(market, tender, market.birch, CONTENT)
    refused(await send(market.birch, tender, other, **sent), 409, "document-id-taken")
    assert await left(market, tender) == (1, 0, 0)


async def test_a_long_document_passes_through_little_memory(market: Market) -> None:
    """Neither the service nor what stands before it collects a body; here of 24 MB, the sender's share included."""
    tender = await market.publish()
    piece = os.urandom(1_000_000)
    tracemalloc.start()
    try:
        answer = await send(market.alder, tender, in_parts(*[piece] * 24), Content_Length=str(24 * len(piece)))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert done(answer)["size"] > 24 * len(piece)
    assert peak < 12_000_000


async def test_while_a_body_trickles_in_nothing_of_the_database_is_held(postgres: str, template: str) -> None:
    """The one connection of this service serves others between any two pieces of an upload."""
    async with copied(postgres, template) as dsn, market_in(dsn, database_connections=1) as market:
        tender = await market.publish()

        async def others_are_served() -> None:
            done(await market.birch.get(f"/tenders/{tender['id']}"))
            idle = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'"
            assert await market.owner.fetchval(idle) == 0

        piece = os.urandom(1_000_000)
        body = in_parts(piece, others_are_served, piece, others_are_served, piece)
        done(await send(market.alder, tender, body, Content_Length=str(3 * len(piece))))


# Late


async def at_deadline(frozen: Market, offset: timedelta) -> dict[str, Any]:
    """A tender at an instant relative to its deadline."""
    await frozen.set_clock(DEADLINE - timedelta(hours=1))
    tender = await frozen.publish(submission_deadline=DEADLINE.isoformat())
    await frozen.set_clock(DEADLINE + offset)
    return tender


async def test_a_document_complete_one_microsecond_before_the_deadline_is_in_time(frozen: Market) -> None:
    tender = await at_deadline(frozen, -MICROSECOND)
    receipt = done(await send(frozen.alder, tender))
    assert datetime.fromisoformat(receipt["received_at"]) == DEADLINE - MICROSECOND


@pytest.mark.parametrize("offset", [timedelta(0), MICROSECOND], ids=["at the instant", "one microsecond later"])
async def test_a_document_that_is_complete_too_late_is_recorded_and_not_kept(frozen: Market, offset: timedelta) -> None:
    """It began in time; what counts is the clock of the statement that keeps it. Its sender is told."""
    tender = await at_deadline(frozen, -MICROSECOND)
    half = len(CONTENT) // 2

    async def time_passes() -> None:
        await begun(frozen, tender)
        await frozen.set_clock(DEADLINE + offset)

    body = in_parts(CONTENT[:half], time_passes, CONTENT[half:])
    answer = await send(frozen.alder, tender, body, Content_Length=str(len(CONTENT)))
    problem = refused(answer, 409, "submission-deadline-passed")
    assert DEADLINE.isoformat() in problem["detail"]
    entry = await frozen.last(tender)
    assert entry["kind"] == "document.late"
    assert entry["data"].keys() == {"lot_id", "supplier_id", "digest", "size"}
    assert await left(frozen, tender) == (0, 0, 0)


async def test_after_the_deadline_a_document_is_refused_before_it_is_read(frozen: Market) -> None:
    """Nobody sends a hundred megabytes to learn that it was too late."""
    tender = await at_deadline(frozen, timedelta(0))
    async with line_to(frozen) as line:
        await line.begin(frozen.alder, tender, 50_000_000)
        answer = await line.answer()
    assert answer.startswith("HTTP/1.1 409")
    assert "submission-deadline-passed" in answer
    assert (await frozen.last(tender))["kind"] == "refused"


# Broken off


@pytest.mark.parametrize("came", [0, 1, 100_000, 2_500_000])
async def test_an_upload_that_breaks_off_leaves_the_attempt_and_nothing_else(market: Market, came: int) -> None:
    """The buyer may have to show that it was the sender's line (Conseil d'État, 449250)."""
    tender = await market.publish()
    key = str(uuid4())
    async with line_to(market) as line:
        await line.begin(market.alder, tender, 3_000_000, key=key)
        await line.say(bytes(came))
    data = await logged(market, tender, "document.interrupted")
    assert data["announced"] == 3_000_000
    assert data["received"] <= came
    assert (data["supplier_id"], data["lot_id"]) == (market.alder.organisation_id, tender["lots"][0]["id"])
    assert await left(market, tender) == (0, 0, 0)
    done(await send(market.alder, tender, Idempotency_Key=key))


async def test_an_upload_of_which_nothing_more_comes_is_given_up(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "IDLE_SECONDS", 0.05)
    tender = await market.publish()
    async with line_to(market) as line:
        await line.begin(market.alder, tender, 1000)
        await line.say(bytes(999))
        answer = await line.answer()
    assert answer.startswith("HTTP/1.1 408")
    assert "999 of 1000 bytes had come" in answer
    assert (await logged(market, tender, "document.interrupted"))["received"] == 999
    assert await left(market, tender) == (0, 0, 0)


async def test_what_a_crash_left_behind_is_swept_by_the_next_upload(market: Market) -> None:
    """And nothing that may still be under way."""
    tender = await market.publish()
    old, young = uuid4(), uuid4()
    for upload_id, age in ((old, "3 hours"), (young, "1 hour")):
        await market.owner.execute(
            "INSERT INTO document_uploads VALUES ($1, clock_timestamp() - $2::text::interval)", upload_id, age
        )
        await market.owner.execute("INSERT INTO document_chunks VALUES ($1, 0, 'left')", upload_id)
    done(await send(market.alder, tender))
    assert await left(market, tender) == (1, 1, 1)
    await market.owner.execute("DELETE FROM document_uploads WHERE id = $1", young)


# Once


async def test_a_repeated_key_gets_the_first_answer_whatever_the_clock_says_by_now(market: Market) -> None:
    tender = await market.publish()
    key = str(uuid4())
    first = await send(market.alder, tender, Idempotency_Key=key)
    done(first)
    await market.close(tender)
    again = await send(market.alder, tender, Idempotency_Key=key)
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert await left(market, tender) == (1, 0, 0)


async def test_a_key_stands_for_one_body_of_one_supplier_for_one_lot(market: Market) -> None:
    tender, other = await market.publish(), await market.publish()
    key = str(uuid4())
    first = done(await send(market.alder, tender, Idempotency_Key=key))
    refused(await send(market.alder, tender, CONTENT + b".", Idempotency_Key=key), 422, "idempotency-key-reused")
    second = done(await send(market.birch, tender, Idempotency_Key=key))
    third = done(await send(market.alder, other, Idempotency_Key=key))
    assert len({receipt["document_id"] for receipt in (first, second, third)}) == 3


async def test_duplicates_at_the_same_time_are_one_document_and_one_answer(market: Market) -> None:
    tender = await market.publish()
    key = str(uuid4())
    answers = await asyncio.gather(*(send(market.alder, tender, Idempotency_Key=key) for _ in range(50)))
    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1
    assert await left(market, tender) == (1, 0, 0)
    kinds = [entry["kind"] for entry in await market.log(tender)]
    assert kinds.count("document.received") == 1


# Not yours, and not like this


async def test_documents_are_for_suppliers_and_for_published_lots(market: Market) -> None:
    published, draft = await market.publish(), await market.draft()
    reader = await market.colleague_of(market.alder, "Reader", scopes=["read"])
    nowhere = {"lots": [{"id": str(uuid4())}]}
    refused(await send(market.author, published), 403, "forbidden")
    refused(await send(reader, published), 403, "forbidden")
    refused(await send(market.anonymous, published), 401, "unauthenticated")
    refused(await send(market.alder, draft), 404, "not-found")
    refused(await send(market.alder, nowhere), 404, "not-found")
    assert await left(market, published) == (0, 0, 0)


HOSTILE: dict[str, tuple[dict[str, Any], int, str]] = {
    "a form": ({"Content_Type": "multipart/form-data; boundary=x"}, 415, "unsupported-media-type"),
    "what curl says by itself": ({"Content_Type": "application/x-www-form-urlencoded"}, 415, "unsupported-media-type"),
    "compressed": ({"Content_Encoding": "gzip"}, 415, "unsupported-media-type"),
    "empty": ({"content": b""}, 422, "document-empty"),
    "without its length": ({"content": in_parts}, 411, "length-missing"),
    "too long": ({"Content_Length": "100000001"}, 413, "body-too-large"),
    "much too long": ({"Content_Length": str(2**62)}, 413, "body-too-large"),
    "without a key": ({"Idempotency_Key": ""}, 400, "idempotency-key-missing"),
    "a bad key": ({"Idempotency_Key": "k" * 101}, 400, "idempotency-key-missing"),
    "sealed without its id": ({"Content_Type": DOCUMENT_TYPE}, 400, "unreadable-request"),
    "an id without the seal": ({"query": f"?document_id={UUID(int=5)}"}, 400, "unreadable-request"),
    "an id that is none": ({"query": "?document_id=5", "Content_Type": DOCUMENT_TYPE}, 422, "invalid-request"),
    "sealed, but cut": (
        {"query": f"?document_id={UUID(int=5)}", "Content_Type": DOCUMENT_TYPE},
        422,
        "sealed-document-broken",
    ),
    "sealed, but otherwise": (
        {
            "query": f"?document_id={UUID(int=5)}",
            "Content_Type": DOCUMENT_TYPE,
            "content": bytes(HEADER_BYTES + sealing.sealed_bytes(1, DOCUMENT_STEP)),
        },
        422,
        "sealed-document-broken",
    ),
}


@pytest.mark.parametrize("case", HOSTILE)
async def test_a_request_that_cannot_be_right_is_refused_in_words(market: Market, case: str) -> None:
    given, status, slug = HOSTILE[case]
    tender = await market.publish()
    if given.get("content") is in_parts:
        given = given | {"content": in_parts(b"%PDF")}
    if "Content_Length" in given:  # more than will ever be sent: the answer comes before
        async with line_to(market) as line:
            await line.begin(market.alder, tender, int(given["Content_Length"]))
            answer = await line.answer()
        assert answer.startswith(f"HTTP/1.1 {status}")
        assert slug in answer
    else:
        refused(await send(market.alder, tender, **given), status, slug)
    assert await left(market, tender) == (0, 0, 0)


async def test_a_supplier_has_so_many_uploads_under_way_and_no_more(market: Market) -> None:
    """Slow lines hold memory; others are served meanwhile."""
    tender = await market.publish()
    async with contextlib.AsyncExitStack() as lines:
        for _ in range(underway.MOST_AT_ONCE):
            line = await lines.enter_async_context(line_to(market))
            await line.begin(market.alder, tender, 10)
            await line.say(b"12345")
        await begun(market, tender, underway.MOST_AT_ONCE)
        refused(await send(market.alder, tender), 429, "too-many-uploads")
        done(await send(market.birch, tender))
    await begun(market, tender, 0)
    done(await send(market.alder, tender))


async def test_a_lot_takes_so_many_documents_of_a_supplier(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST_DOCUMENTS", 2)
    tender = await market.publish()
    for _ in range(2):
        done(await send(market.alder, tender))
    refused(await send(market.alder, tender), 409, "too-many-documents")
    done(await send(market.birch, tender))


async def test_a_lot_takes_so_many_bytes_of_a_supplier_and_leaves_room_for_bids(
    postgres: str, template: str, tmp_path: Path
) -> None:
    """One supplier cannot fill the disk that all bids need, neither by its documents nor where little is left."""
    limit = {"max_supplier_document_bytes": 600_000}  # sealed they have some more bytes than as they came
    async with copied(postgres, template) as dsn, market_in(dsn, **limit) as market:
        tender = await market.publish()
        for _ in range(2):
            done(await send(market.alder, tender))
        refused(await send(market.alder, tender), 409, "too-many-documents")
        done(await send(market.birch, tender))
    full = {"data": tmp_path, "disk_reserve_bytes": 2**62}
    async with copied(postgres, template) as dsn, market_in(dsn, **full) as market:
        tender = await market.publish()
        refused(await send(market.alder, tender), 507, "storage-full")
        done(await market.alder.submit(tender))


async def test_a_key_revoked_while_its_document_comes_in_keeps_nothing(market: Market) -> None:
    tender = await market.publish()
    leaver = await market.colleague_of(market.alder, "Leaver")

    async def is_revoked() -> None:
        await begun(market, tender)
        await market.owner.execute("UPDATE api_keys SET revoked_at = clock_timestamp() WHERE person_id = $1", leaver.id)

    body = in_parts(CONTENT[:1000], is_revoked, CONTENT[1000:])
    refused(await send(leaver, tender, body, Content_Length=str(len(CONTENT))), 401, "unauthenticated")
    assert await left(market, tender) == (0, 0, 0)
