"""Files of payments through the service: sent, looked at, mapped, read by a job, deleted; nobody else's business."""

import asyncio
import csv
import hashlib
import io
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from service import file_bodies, spend_reports
from service.settings import Settings
from tests.make_spend import HEADINGS, PLACES, REGISTER, as_csv, as_workbook, payments
from tests.service.conftest import Market, Person, at_work, done, refused, served


@pytest.fixture
async def worker(market: Market) -> AsyncIterator[None]:
    """Somebody who makes the files that are asked for."""
    async with at_work(market, lambda *_: spend_reports.duties(Settings(report_workers=1))):
        yield


async def a_buyer(market: Market) -> Person:
    """A buyer of one's own, so that nobody else's files are in its lists."""
    return await market.register(kind="buyer", name=f"Council {uuid4().hex[:8]}")


async def send(
    person: Person, content: bytes, kind: str = "payments", name: str = "april.csv", **headers: str
) -> httpx.Response:
    """Send a file."""
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    named = {"Authorization": f"Bearer {person.key}", "Content-Type": "application/octet-stream"} | named
    params = {"name": name, "kind": kind}
    return await person.http.request("POST", "/spend/files", params=params, content=content, headers=named)


async def finished(ask: Callable[[], Any], pending: Callable[[Any], bool]) -> Any:
    """What is there once the job is done."""
    for _ in range(3000):  # its process has idle priority: beside other tests it may wait long
        answer = await ask()
        if not pending(answer):
            return answer
        await asyncio.sleep(0.1)
    raise AssertionError("the job was not done in five minutes")


async def read(person: Person, content: bytes, kind: str = "payments", **mapping: Any) -> dict[str, Any]:
    """A file that has been sent, mapped as proposed and read."""
    sent = done(await send(person, content, kind))
    path = f"/spend/files/{sent['id']}"
    proposed = done(await person.get(f"{path}/preview"))["mapping"]
    answer = await person.put(f"{path}/mapping", proposed | mapping)
    assert answer.status_code == 202, answer.text
    return await finished(lambda: get(person, path), lambda file: file["pending"])


async def get(person: Person, path: str) -> Any:
    return done(await person.get(path))


async def test_a_file_is_sent_looked_at_mapped_and_read(market: Market, worker: None) -> None:
    """The whole way: what was sent is told by its digest, what was read by its rows and its sum to the penny."""
    buyer = await a_buyer(market)
    content = payments(("Grand total", "", "200000.00", "", ""))
    answer = await send(buyer, content)
    assert answer.status_code == 201
    sent = answer.json()
    assert (sent["digest"], sent["size"]) == (hashlib.sha256(content).hexdigest(), len(content))
    assert (sent["mapping"], sent["pending"]) == (None, False)
    path = answer.headers["location"]
    seen = done(await buyer.get(f"{path}/preview"))
    assert seen["mapping"]["columns"] == {"amount": 3, "supplier": 1, "paid_on": 2, "category": 5, "transaction": 4}
    mapped = await buyer.put(f"{path}/mapping", seen["mapping"])
    assert (mapped.status_code, mapped.json()["pending"]) == (202, True)
    file = await finished(lambda: get(buyer, path), lambda file: file["pending"])
    assert (file["imported"]["rows"], file["imported"]["kept"], file["imported"]["total"]) == (9, 8, "200000.00")
    listing = await buyer.get(f"{path}/left-out.csv")
    assert listing.headers["content-type"].startswith("text/csv")
    (line,) = csv.DictReader(io.StringIO(listing.text))
    assert (line["row"], line["supplier"]) == ("10", "Grand total")
    kinds = await market.owner.fetch(
        "SELECT kind FROM events WHERE data ->> 'file_id' = $1 ORDER BY position", file["id"]
    )
    assert [row["kind"] for row in kinds] == ["spend.file-received", "spend.file-mapped", "spend.imported"]


async def test_the_same_bytes_are_the_same_file(market: Market) -> None:
    """Sent twice by mistake it is there once; another purpose or another buyer is another file."""
    buyer = await a_buyer(market)
    first, again = await send(buyer, payments()), await send(buyer, payments(), name="again.csv")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    other = await send(await a_buyer(market), payments())
    register = await send(buyer, payments(), "register")
    assert len({first.json()["id"], other.json()["id"], register.json()["id"]}) == 3
    files = done(await buyer.get("/spend/files"))["items"]
    assert [file["kind"] for file in files] == ["payments", "register"]


async def test_headings_that_were_confirmed_are_known_the_next_time(market: Market, worker: None) -> None:
    """A council's own words are learnt from its people, and from nobody else's."""
    buyer = await a_buyer(market)
    rows = [("Wer", "Wann", "Wieviel"), ("Elm", "13/04/2024", "1.00")]
    sent = done(await send(buyer, as_csv(rows)))
    path = f"/spend/files/{sent['id']}"
    seen = done(await buyer.get(f"{path}/preview"))
    assert "supplier" not in seen["mapping"]["columns"]
    columns = {"supplier": 1, "paid_on": 2, "amount": 3}
    done(await buyer.put(f"{path}/mapping", seen["mapping"] | {"columns": columns}))
    await finished(lambda: get(buyer, path), lambda file: file["pending"])
    next_one = done(await send(buyer, as_csv([*rows, ("Fir", "14/04/2024", "2.00")])))
    known = done(await buyer.get(f"/spend/files/{next_one['id']}/preview"))
    assert known["mapping"]["columns"] == columns
    stranger = done(await send(market.stranger, as_csv(rows)))
    told = done(await market.stranger.get(f"/spend/files/{stranger['id']}/preview"))
    assert "supplier" not in told["mapping"]["columns"]


async def test_a_file_that_cannot_be_read_says_why_and_where(market: Market, worker: None) -> None:
    """Nothing of it counts; mapped anew with what helps, it is read."""
    buyer = await a_buyer(market)
    content = payments() + "Café,01/04/2024,1.00,T9,x\n".encode("cp1252")
    file = await read(buyer, content, layout={"encoding": "utf-8"})
    assert (file["imported"], file["fault"]["row"], file["fault"]["column"]) == (None, 10, "character 4")
    refused(await buyer.get(f"/spend/files/{file['id']}/left-out.csv"), 409, "file-not-imported")
    path = f"/spend/files/{file['id']}"
    done(await buyer.put(f"{path}/mapping", file["mapping"] | {"layout": {"encoding": "cp1252"}}))
    mended = await finished(lambda: get(buyer, path), lambda file: file["pending"])
    assert (mended["version"], mended["fault"], mended["imported"]["kept"]) == (2, None, 9)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04 no workbook", "cannot be opened"),
        (b"\n\n\n", "0 columns"),
    ],
)
async def test_a_file_that_cannot_even_be_looked_at_is_refused_clearly(
    market: Market, content: bytes, words: str
) -> None:
    buyer = await a_buyer(market)
    sent = done(await send(buyer, content))
    problem = refused(await buyer.get(f"/spend/files/{sent['id']}/preview"), 422, "file-not-readable")
    assert words in problem["detail"]
    assert problem["errors"][0]["mend"]


async def test_a_workbook_is_taken_as_well(market: Market, worker: None) -> None:
    rows = [list(HEADINGS), ["Elm", "01/04/2024", 12.5, "T1", "Roofs"]]
    file = await read(await a_buyer(market), as_workbook({"Data": rows}))
    assert (file["mapping"]["layout"]["sheet"], file["imported"]["total"]) == ("Data", "12.50")


async def test_registers_and_places_come_the_same_way(market: Market, worker: None) -> None:
    buyer = await a_buyer(market)
    assert (await read(buyer, as_csv(REGISTER), "register"))["imported"]["kept"] == 4
    assert (await read(buyer, as_csv(PLACES), "places"))["imported"]["kept"] == 4


@pytest.mark.parametrize(
    ("columns", "pointer"),
    [
        ({"supplier": 1}, "/columns/amount"),
        ({"amount": 1, "ring": 2}, "/columns/ring"),
        ({"amount": 1, "supplier": 1}, "/columns/supplier"),
    ],
)
async def test_a_mapping_that_makes_no_sense_is_refused(market: Market, columns: dict[str, int], pointer: str) -> None:
    sent = done(await send(market.author, payments((str(uuid4()), "", "1", "", ""))))
    answer = await market.author.put(f"/spend/files/{sent['id']}/mapping", {"columns": columns})
    assert [fault["pointer"] for fault in refused(answer, 422, "invalid-request")["errors"]] == [pointer]


async def test_a_deleted_file_is_gone_with_all_that_was_read_from_it(market: Market, worker: None) -> None:
    """Payments can name persons: no byte of them stays, in no table."""
    buyer = await a_buyer(market)
    file = await read(buyer, payments())
    path = f"/spend/files/{file['id']}"
    objects = (
        "SELECT object_id FROM spend_files WHERE id = $1 UNION SELECT lines_id FROM spend_imports WHERE file_id = $1"
    )
    ids = [row["object_id"] for row in await market.owner.fetch(objects, file["id"])]
    chunks = "SELECT count(*) FROM spend_chunks WHERE object_id = ANY($1)"
    assert await market.owner.fetchval(chunks, ids) >= 2
    assert (await buyer.delete(path)).status_code == 204
    refused(await buyer.get(path), 404, "not-found")
    assert await market.owner.fetchval(chunks, ids) == 0
    for table in ("spend_mappings", "spend_imports"):
        assert await market.owner.fetchval(f"SELECT count(*) FROM {table} WHERE file_id = $1", file["id"]) == 0


@pytest.mark.parametrize("who", ["stranger", "alder"])
async def test_spend_is_nobody_elses_business(market: Market, who: str) -> None:
    """For another buyer a file does not exist; suppliers have no spend analysis at all."""
    sent = done(await send(market.author, payments((str(uuid4()), "", "1", "", ""))))
    other: Person = getattr(market, who)
    status, slug = (404, "not-found") if who == "stranger" else (403, "forbidden")
    path = f"/spend/files/{sent['id']}"
    refused(await other.get(path), status, slug)
    refused(await other.get(f"{path}/preview"), status, slug)
    refused(await other.get(f"{path}/left-out.csv"), status, slug)
    refused(await other.put(f"{path}/mapping", {"columns": {"amount": 1}}), status, slug)
    refused(await other.delete(path), status, slug)
    if who == "alder":
        refused(await send(other, payments()), 403, "forbidden")
        refused(await other.get("/spend/files"), 403, "forbidden")


async def test_who_only_reads_sends_nothing(market: Market) -> None:
    reader = await market.colleague_of(market.author, "Reader", scopes=["read"])
    refused(await send(reader, payments()), 403, "forbidden")
    done(await reader.get("/spend/files"))


async def test_what_is_no_file_is_refused(market: Market) -> None:
    refused(await send(market.author, b"x", Content_Type="multipart/form-data"), 415, "unsupported-media-type")
    refused(await send(market.author, b""), 422, "file-empty")
    refused(await send(market.author, b"x", "invoices"), 422, "invalid-request")

    async def endless() -> AsyncIterator[bytes]:
        yield b"x"

    headers = {"Authorization": f"Bearer {market.author.key}"}
    answer = await market.http.post("/spend/files?name=x", content=endless(), headers=headers)
    refused(answer, 411, "file-length-missing")


async def test_a_file_beyond_the_limit_is_refused_before_it_is_sent(market: Market) -> None:
    async with served(market.dsn, max_spend_bytes=1000) as url:
        headers = {"Authorization": f"Bearer {market.author.key}"}
        answer = await market.http.post(f"{url}/spend/files?name=x", content=b"x" * 1001, headers=headers)
        assert answer.status_code == 413


async def test_an_upload_that_breaks_off_leaves_nothing(market: Market) -> None:
    before = await market.owner.fetchval("SELECT count(*) FROM spend_objects")
    host, port = market.url.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    head = f"POST /spend/files?name=x HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {market.author.key}\r\n"
    writer.write(f"{head}Content-Length: 100\r\n\r\nonly this".encode())
    await writer.drain()
    writer.close()
    for _ in range(50):
        if await market.owner.fetchval("SELECT count(*) FROM spend_objects") == before:
            break
        await asyncio.sleep(0.1)
    assert await market.owner.fetchval("SELECT count(*) FROM spend_objects") == before
    assert file_bodies.IDLE_SECONDS == 60
