"""Analyses through the service: asked for, made by a job, kept; people's answers count; nobody else's business."""

import csv
import hashlib
import io
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from service import db, spend_analyses
from service.document_store import Disk
from service.spend_analyses import SupplierAnswer, answers_of
from service.spend_shelf import Shelf
from tests.make_spend import PLACES, REGISTER, as_csv, payments
from tests.service.conftest import Market, Person, done, refused
from tests.service.test_spend import a_buyer, finished, read, send, worker

assert worker
SLIP = ("Alder Rofing Ltd", "01/05/2024", "500.00", "T9", "Roofs")


async def prepared(person: Person) -> dict[str, Any]:
    """What to ask of payments with a slip of the pen, a register and places, all of which have been read."""
    file = await read(person, payments(SLIP))
    register = await read(person, as_csv(REGISTER), "register")
    places = await read(person, as_csv(PLACES), "places")
    return {
        "title": "Spend of 2024/25",
        "files": [file["id"]],
        "register_id": register["id"],
        "places_id": places["id"],
        "local": ["city"],
        "region": ["county"],
    }


async def analysed(person: Person, new: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The address and the result of an analysis."""
    asked = await person.post("/spend/analyses", new)
    assert asked.status_code == 202, asked.text
    path = asked.headers["location"]
    answer = await finished(lambda: person.get(path), lambda answer: answer.status_code == 202)
    return path, done(answer)


async def test_an_analysis_is_made_once_and_kept(market: Market, worker: None) -> None:
    """Whoever asks reads the same bytes, whose SHA-256 is the ETag; the list knows what was asked."""
    buyer = await a_buyer(market)
    path, found = await analysed(buyer, await prepared(buyer))
    assert (found["amount"], found["local"]["known"]) == ("200500.00", "47.37")
    answer = await buyer.get(path)
    assert answer.headers["etag"] == f'"{hashlib.sha256(answer.content).hexdigest()}"'
    (listed,) = done(await buyer.get("/spend/analyses"))["items"]
    assert (listed["location"], listed["request"]["title"]) == (path, "Spend of 2024/25")
    assert f'"{listed["digest"]}"' == answer.headers["etag"]


async def test_a_confirmed_supplier_counts_from_then_on(market: Market, worker: None) -> None:
    """The proposal names supplier and entry; a person says yes, and the next analysis has 500 more in the city."""
    buyer = await a_buyer(market)
    new = await prepared(buyer)
    _, before = await analysed(buyer, new)
    (proposal,) = before["proposals"]
    answer = {"supplier": proposal["supplier"], "entry": proposal["alike"][0]["entry"], "same": True}
    done(await buyer.post("/spend/answers", answer))
    _, after = await analysed(buyer, new)
    assert after["proposals"] == []
    assert [table["rings"]["parts"][0]["amount"] for table in (before, after)] == ["90000.00", "90500.00"]
    done(await buyer.post("/spend/answers", answer | {"same": False}))
    assert [one["same"] for one in done(await buyer.get("/spend/answers"))] == [False]
    _, refusing = await analysed(buyer, new)
    assert (refusing["proposals"], refusing["rings"]["parts"][0]["amount"]) == ([], "90000.00")


async def test_every_line_that_does_not_count_is_on_the_list(market: Market, worker: None) -> None:
    buyer = await a_buyer(market)
    new = await prepared(buyer)
    path, _ = await analysed(buyer, new | {"exclude": {"categories": ["Care"]}})
    rows = list(csv.DictReader(io.StringIO((await buyer.get(f"{path}/left-out.csv")).text)))
    assert [(row["file"], row["row"], row["reason"]) for row in rows] == [
        ("april.csv", "8", "The category is left out."),
        ("april.csv", "9", "The category is left out."),
    ]
    plain, _ = await analysed(buyer, new)
    refused(await buyer.get(f"{plain}/left-out.csv"), 404, "not-found")


async def test_a_misspelt_ring_is_said_and_not_counted_as_nought(market: Market, worker: None) -> None:
    buyer = await a_buyer(market)
    asked = await buyer.post("/spend/analyses", await prepared(buyer) | {"local": ["citty"]})
    path = asked.headers["location"]
    answer = await finished(lambda: buyer.get(path), lambda answer: answer.status_code == 202)
    problem = refused(answer, 409, "analysis-not-possible")
    assert "citty" in problem["detail"]
    assert "city, county, country" in problem["errors"][0]["mend"]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"files": [str(uuid4())]}, "/files/0"),
        ({"register_id": str(uuid4())}, "/register_id"),
        ({"places_id": None}, "/places_id"),
    ],
)
async def test_what_has_not_been_read_is_not_analysed(
    market: Market, worker: None, change: dict[str, Any], pointer: str
) -> None:
    buyer = await a_buyer(market)
    answer = await buyer.post("/spend/analyses", await prepared(buyer) | change)
    assert [fault["pointer"] for fault in refused(answer, 422, "invalid-request")["errors"]] == [pointer]


async def test_files_of_two_currencies_are_not_added_up(market: Market, worker: None) -> None:
    buyer = await a_buyer(market)
    pounds, euros = await read(buyer, payments()), await read(buyer, payments(SLIP), currency="EUR")
    answer = await buyer.post("/spend/analyses", {"title": "x", "files": [pounds["id"], euros["id"]]})
    assert "EUR, GBP" in refused(answer, 422, "invalid-request")["errors"][0]["message"]


async def test_a_file_that_is_deleted_meanwhile_makes_no_smaller_sum(market: Market) -> None:
    """Without a worker the job waits; when it comes the file is gone, and the analysis says so."""
    buyer = await a_buyer(market)
    sent = done(await send(buyer, payments()))
    await market.owner.execute(
        "INSERT INTO spend_analyses (id, buyer_id, person_id, request, asked_at)"
        " VALUES ($1, $2, $3, $4, clock_timestamp())",
        analysis_id := uuid4(),
        buyer.organisation_id,
        buyer.id,
        f'{{"title": "x", "files": ["{sent["id"]}"]}}',
    )
    pool = await db.open_pool(market.dsn, connections=2)
    async with pool:
        await spend_analyses.make(pool, Shelf(pool, None, Disk(None, 0)), str(analysis_id))
    problem = refused(await buyer.get(f"/spend/analyses/{analysis_id}"), 409, "analysis-not-possible")
    assert "deleted" in problem["detail"]


@pytest.mark.parametrize("who", ["stranger", "alder"])
async def test_analyses_are_nobody_elses_business(market: Market, worker: None, who: str) -> None:
    buyer = await a_buyer(market)
    file = await read(buyer, payments())
    path, _ = await analysed(buyer, {"title": "x", "files": [file["id"]]})
    other: Person = getattr(market, who)
    status, slug = (404, "not-found") if who == "stranger" else (403, "forbidden")
    for address in (path, f"{path}/left-out.csv", f"{path}/report.html", f"{path}/report.pdf"):
        refused(await other.get(address), status, slug)
    if who == "stranger":
        answer = await other.post("/spend/analyses", {"title": "x", "files": [file["id"]]})
        assert refused(answer, 422, "invalid-request")["errors"][0]["pointer"] == "/files/0"
    else:
        refused(await other.get("/spend/answers"), 403, "forbidden")


def test_of_two_entries_that_a_supplier_was_said_to_be_the_later_counts() -> None:
    given = [
        {
            "id": str(uuid4()),
            "supplier": "a",
            "entry": entry,
            "same": same,
            "person_id": str(uuid4()),
            "answered_at": at,
        }
        for entry, same, at in (
            ("1", True, "2024-01-01T00:00:00Z"),
            ("2", True, "2024-01-02T00:00:00Z"),
            ("3", False, "2024-01-03T00:00:00Z"),
        )
    ]
    answers = answers_of(msgspec.convert(given, list[SupplierAnswer]))
    assert (answers.same, answers.other) == ({"a": "2"}, {"a": {"3"}})
