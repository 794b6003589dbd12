"""Open data for anybody: what is new, whole years, one tender's record; no key, and nothing that was not released."""

import csv
import json
from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest

from service.measures import by_code
from service.open_data import Publication
from service.settings import Settings
from tests.ocds_bundle import LOCAL_GOALS
from tests.service.conftest import Market, done, refused
from tests.service.test_releases import make_due, packaged


@pytest.fixture(scope="module")
async def two(market: Market) -> list[dict[str, Any]]:
    """Two published tenders, the first of them corrected, each change released."""
    tenders = [await market.publish() for _ in range(2)]
    for tender in tenders:
        await make_due(market, tender)
    await market.amend(tenders[0], {"reason": "A word.", "description": "Roofs and batteries."})
    await make_due(market, tenders[0])
    return tenders


async def followed(market: Market, first: str) -> list[dict[str, Any]]:
    """Every page of the feed from an address on."""
    pages: list[dict[str, Any]] = []
    address: str | None = first
    while address:
        pages.append(done(await market.anonymous.get(address)))
        address = pages[-1].get("links", {}).get("next")
        address = address and address[address.index("/public/") :]
    return pages


async def test_the_feed_gives_every_release_once_in_order(market: Market, two: list[dict[str, Any]]) -> None:
    """Page by page, without a key; each page a package that says how to go on."""
    pages = await followed(market, "/public/ocds/releases?limit=1")
    every = [one for page in pages for one in page["releases"]]
    ids = [one["id"] for one in every]
    assert len(ids) == len(set(ids))
    ours = [one["id"] for one in every if one["tender"]["id"] in {tender["id"] for tender in two}]
    made = [(await packaged(market, tender))["releases"] for tender in two]
    assert ours == [made[0][0]["id"], made[1][0]["id"], made[0][1]["id"]]
    assert [one["date"] for one in every] == sorted(one["date"] for one in every)
    assert any("pagination" in one for one in pages[0]["extensions"])
    refused(await market.anonymous.get("/public/ocds/releases?cursor=x"), 400, "unreadable-request")
    refused(await market.anonymous.get("/public/ocds/releases?profile=other"), 422, "invalid-request")


async def test_a_buyer_s_releases_are_read_alone(market: Market, two: list[dict[str, Any]]) -> None:
    """By the id that its releases have for it, page by page and by the year; an id that nobody has finds nothing."""
    every = [one for page in await followed(market, "/public/ocds/releases") for one in page["releases"]]
    own = [one for one in every if one["tender"]["id"] in {tender["id"] for tender in two}]
    buyer = quote(own[0]["buyer"]["id"])
    pages = await followed(market, f"/public/ocds/releases?limit=1&buyer={buyer}")
    found = [one for page in pages for one in page["releases"]]
    assert found == [one for one in every if one["buyer"]["id"] == own[0]["buyer"]["id"]]
    (year, *_) = done(await market.anonymous.get("/public/ocds/years"))
    lines = (await market.anonymous.get(f"{year['address']}?buyer={buyer}")).text.splitlines()
    assert [json.loads(line)["id"] for line in lines] == [one["id"] for one in found]
    assert done(await market.anonymous.get("/public/ocds/releases?buyer=GB-COH-none"))["releases"] == []


async def test_a_feed_without_a_release_is_of_this_moment(alone: Market) -> None:
    """By the database's clock, and not of the year 1."""
    before = await alone.owner.fetchval("SELECT clock_timestamp()")
    package = done(await alone.anonymous.get("/public/ocds/releases"))
    assert package["releases"] == []
    assert datetime.fromisoformat(package["publishedDate"]) >= before.replace(microsecond=0)


async def test_a_year_is_downloaded_line_by_line(market: Market, two: list[dict[str, Any]]) -> None:
    """The same releases as the feed's, one a line; another year has none."""
    years = done(await market.anonymous.get("/public/ocds/years"))
    assert sum(year["releases"] for year in years) >= 3
    answer = await market.anonymous.get(years[-1]["address"])
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert len(lines) == years[-1]["releases"]
    made = (await packaged(market, two[0]))["releases"]
    assert [one for one in lines if one["ocid"] == made[0]["ocid"]] == made
    cut = (await market.anonymous.get(f"{years[-1]['address']}?profile=find-a-tender")).text
    assert "hasSustainability" in answer.text
    assert "hasSustainability" not in cut
    assert (await market.anonymous.get("/public/ocds/years/1999")).text == ""
    refused(await market.anonymous.get("/public/ocds/years/0"), 422, "invalid-request")


async def test_a_record_holds_all_releases_and_what_they_amount_to(market: Market, two: list[dict[str, Any]]) -> None:
    """With an ETag, so that an unchanged one is not sent again."""
    answer = await market.anonymous.get(f"/public/tenders/{two[0]['id']}/ocds/record")
    (record,) = done(answer)["records"]
    assert record["releases"] == (await packaged(market, two[0]))["releases"]
    assert record["ocid"] == record["releases"][0]["ocid"] == f"ocds-213czf-{two[0]['id']}"
    assert record["compiledRelease"]["tender"]["description"] == "Roofs and batteries."
    assert record["compiledRelease"]["tag"] == ["compiled"]
    path = f"/public/tenders/{two[0]['id']}/ocds/record"
    again = await market.anonymous.send("GET", path, If_None_Match=answer.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")
    other = await market.anonymous.send("GET", f"{path}?profile=find-a-tender", If_None_Match=answer.headers["etag"])
    assert other.status_code == 200
    refused(await market.anonymous.get(f"/public/tenders/{uuid4()}/ocds/record"), 404, "not-found")


async def test_our_own_extension_is_served_where_packages_say_it_is(market: Market) -> None:
    """With the schema that it names; without an address of one's own the packages name an example."""
    told = done(await market.anonymous.get("/public/ocds/bid-evaluation/extension.json"))
    schema = done(await market.anonymous.get(f"/public/ocds/bid-evaluation/{told['schemas'][0]}"))
    assert {"BidEvaluation", "CriterionScore"} <= schema["definitions"].keys()
    listed = await market.anonymous.get(f"/public/ocds/bid-evaluation/codelists/{told['codelists'][0]}")
    assert listed.headers["content-type"].startswith("text/csv")
    goals = {row["Code"] for row in csv.DictReader(listed.text.splitlines())}
    assert goals == LOCAL_GOALS < {measure.goal for measure in by_code().values()}
    address = Publication.of(Settings(public_url="https://tenders.city.example")).evaluation
    assert address == "https://tenders.city.example/public/ocds/bid-evaluation/extension.json"
    assert Publication.of(Settings()).evaluation.startswith("https://example.org/")
