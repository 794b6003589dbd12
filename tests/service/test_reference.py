"""The API's description of itself: complete, valid, and usable without any foreign host."""

import asyncio
import contextlib
import json
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from service import db, verify_receipt
from service.local_postgres import LocalPostgres
from service.preferences import NEEDED
from service.retries import STREAMED
from tests.conftest import administer
from tests.service.conftest import Market, Person, done, refused, served

SCRIPT = Path(verify_receipt.__file__).read_bytes()


NOT_JSON = {"upload_document", "upload_spend_file", "issue_token"}


async def description(market: Market) -> dict[str, Any]:
    return done(await market.anonymous.get("/docs/openapi.json"))


def operations(document: dict[str, Any]) -> dict[str, tuple[str, str, dict[str, Any]]]:
    """Operation id to method, path and operation."""
    return {
        operation["operationId"]: (method, path, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in {"get", "put", "post", "delete"}
    }


async def test_the_description_is_valid_openapi_3_1(market: Market) -> None:
    """Generators and fuzzers of other people read it without complaint."""
    from openapi_spec_validator import OpenAPIV31SpecValidator

    document = await description(market)
    assert document["openapi"].startswith("3.1")
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


async def test_every_operation_has_a_summary_and_an_id_of_its_own(market: Market) -> None:
    """A reader of the list of operations understands each line."""
    document = await description(market)
    found = operations(document)
    total = sum(len(item.keys() & {"get", "put", "post", "delete"}) for item in document["paths"].values())
    assert len(found) == total > 35
    for name, (_, _, operation) in found.items():
        assert operation["summary"], name
        assert not operation["summary"].lower().startswith(name.replace("_", " ")), name
        assert operation["description"], name
        assert len(operation["tags"]) == 1, name


async def test_every_operation_documents_its_errors(market: Market) -> None:
    """All of them as problems; with a key 401 and 403, with an id 404, with a body 400, 413, 415 and 422."""
    for name, (_, path, operation) in operations(await description(market)).items():
        answers = operation["responses"]
        expected = {"500"}
        if operation["tags"] not in (["Reference"], ["Public"]):
            expected |= {"401", "403"}
        if "{" in path:
            expected |= {"404"}
        if "requestBody" in operation:
            expected |= {"400", "413", "415", "422"}
        assert expected <= answers.keys(), name
        for status, answer in answers.items():
            if status >= "400":
                assert list(answer["content"]) == ["application/problem+json"], (name, status)
        assert any(status < "300" for status in answers), name


async def test_every_success_is_described(market: Market) -> None:
    """A program knows what each answer holds: a check of a bid, a file that was there, a report in the making."""
    found = operations(await description(market))
    for name, (_, _, operation) in found.items():
        for status in {"200", "201", "202"} & operation["responses"].keys():
            for media_type, content in operation["responses"][status]["content"].items():
                assert content["schema"] or media_type != "application/json", (name, status)
    said = {
        (name, status): found[name][2]["responses"][status]["content"]["application/json"]["schema"]["$ref"]
        for name, status in (
            *(("submit_bid", "200"), ("submit_bid", "201"), ("import_tender", "200"), ("upload_spend_file", "200")),
            *(("open_bids", "202"), ("get_report", "202"), ("get_letter", "202"), ("get_analysis", "202")),
        )
    }
    assert [one.rpartition("/")[2] for one in said.values()] == [
        *("DryRun", "Receipt", "ImportedTender", "SpendFile"),
        *("OpeningRecord", "ReportQueued", "ReportQueued", "AskedAnalysis"),
    ]


async def test_answers_without_a_body_are_described(market: Market) -> None:
    """304 with the header that asks for it, 204 where an edit or a removal may be answered so, 408 and 411 of files."""
    found = operations(await description(market))
    for name, (method, _, operation) in found.items():
        answers, taken = operation["responses"].keys(), {one["name"] for one in operation.get("parameters", [])}
        assert ("304" in answers) == ("If-None-Match" in taken), name
        if method in {"put", "delete"} and "200" in answers:
            assert ("204" in answers) == (name not in NEEDED), name
    assert {name for name, (_, _, one) in found.items() if "304" in one["responses"]} >= {
        *("get_evaluation", "get_report", "get_letter", "get_spend_report", "get_record_file"),
        *("list_notices", "list_public_notices", "list_releases", "list_tender_releases", "get_tender_record"),
    }
    for name in STREAMED:
        assert {"408", "411"} <= found[name][2]["responses"].keys(), name


async def test_edits_document_their_precondition(market: Market) -> None:
    """Whoever reads the description knows that an edit needs If-Match, and a bid a key for retries."""
    found = operations(await description(market))
    for name in ("edit_tender", "publish_tender", "propose_corrigendum", "confirm_corrigendum"):
        operation = found[name][2]
        assert "If-Match" in {parameter["name"] for parameter in operation["parameters"]}
        assert {"412", "428"} <= operation["responses"].keys()
    for name in ("submit_bid", "replace_bid"):
        assert "Idempotency-Key" in {parameter["name"] for parameter in found[name][2]["parameters"]}


async def test_links_lead_from_what_was_made_to_where_it_is_read(market: Market) -> None:
    """A program that follows them needs no knowledge of addresses; each names every parameter of the path."""
    found = operations(await description(market))
    links = {
        (name, to): link["parameters"]
        for name, (_, _, operation) in found.items()
        for to, link in operation["responses"].get("201", {}).get("links", {}).items()
    }
    assert links["draft_tender", "get_tender"] == {"tender_id": "$response.body#/id"}
    assert links["submit_bid", "get_receipt"] == {"bid_id": "$response.body#/bid_id"}
    assert ("add_evidence", "read_evidence") not in links, "its answer is the delivery, whose id is another one"
    for (_, to), given in links.items():
        assert given.keys() == set(re.findall(r"{(\w+)}", found[to][1])), to
    tender = await market.publish()
    receipt = done(await market.alder.submit(tender))
    assert done(await market.alder.get(f"/bids/{receipt['bid_id']}")) == receipt


FILES = {
    "give_scores",
    "upload_document",
    "upload_spend_file",
    "add_evidence",
    "import_catalogue",
    "import_tender",
    "issue_token",
}


async def test_every_body_has_an_example(market: Market) -> None:
    """Nobody has to guess what a body looks like; a file is any file."""
    for name, (_, _, operation) in operations(await description(market)).items():
        content = operation.get("requestBody", {}).get("content", {})
        assert not content or "application/json" in content or name in FILES
        if "application/json" in content:
            assert content["application/json"]["examples"], name


async def test_every_route_is_described(market: Market) -> None:
    """There is no operation that the description hides."""
    document = await description(market)
    assert "/metrics" not in document["paths"]
    for path in document["paths"]:
        answer = await market.http.request("TRACE", re.sub(r"\{.*?\}", "x", path))
        assert answer.status_code in {404, 405}


async def test_the_page_needs_no_foreign_host(market: Market) -> None:
    """The reference page works on a machine without internet: all it loads is served here."""
    page = await market.anonymous.get("/docs")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    loaded = re.findall(r"""(?:src|href)\s*=\s*["']([^"']+)""", page.text)
    assert len(loaded) >= 3
    for address in loaded:
        assert address.startswith("/docs/"), address
        assert (await market.anonymous.get(address)).status_code == 200
    # The document itself stands in the page; outside it no address of another host occurs.
    outside = page.text.replace(json.dumps(json.dumps(await description(market))), "")
    assert not re.findall(r"""(?:src|href|url|import)\s*[=:(]\s*["']?(?:https?:)?//""", outside)


async def test_the_front_page_leads_to_the_reference(market: Market) -> None:
    """Whoever opens the bare address finds the way."""
    answer = await market.anonymous.get("/")
    assert answer.status_code in {301, 302, 303, 307, 308}
    assert answer.headers["location"] == "/docs"


async def test_the_process_says_that_it_lives(market: Market) -> None:
    """Liveness asks nobody."""
    assert done(await market.anonymous.get("/health/live")) == {"status": "alive"}


async def test_readiness_names_the_settings_on_which_storing_rests(market: Market) -> None:
    """Whoever monitors the service sees whether what was acknowledged would survive a power cut."""
    ready = done(await market.anonymous.get("/health/ready"))
    assert ready["status"] == "ready"
    assert ready["synchronous_commit"] == "on"
    assert ready["full_page_writes"] == "on"
    assert ready["fsync"] in {"on", "off"}
    assert ready["postgresql"][:2].isdigit()
    assert ready["data_checksums"] in {"on", "off"}
    assert (ready["standbys"], ready["standbys_synchronous"]) == (0, False)


async def test_a_standby_for_which_nobody_waits_is_warned_about(caplog: pytest.LogCaptureFixture) -> None:
    """If it takes over, bids are lost: the operator reads it at the start and in /health/ready, until it is mended."""
    place = Path(tempfile.gettempdir()) / f"ts-{uuid4().hex[:8]}"
    with LocalPostgres(place, throwaway=True) as server, following(server):
        await db.migrate(server.dsn)
        owner = await db.connect(server.dsn)
        while not await owner.fetchval("SELECT count(*) FROM pg_stat_replication"):
            pass
        await owner.close()
        async with served(server.dsn) as url, httpx.AsyncClient(base_url=url) as http:
            anonymous = Person(http, "")
            ready = done(await anonymous.get("/health/ready"))
            assert (ready["standbys"], ready["standbys_synchronous"]) == (1, False)
            assert ready["data_checksums"] == "on"
            assert "1 standbys follow asynchronously" in caplog.text
            await administer(server.dsn, "ALTER SYSTEM SET synchronous_standby_names = '*'")
            await administer(server.dsn, "SELECT pg_reload_conf()")
            while not done(await anonymous.get("/health/ready"))["standbys_synchronous"]:
                pass
        caplog.clear()
        await (await db.open_pool(server.dsn)).close()
        assert "asynchronously" not in caplog.text


@contextlib.contextmanager
def following(server: LocalPostgres) -> Iterator[None]:
    """Somebody who receives the server's log as a standby does."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            server.binaries / "pg_receivewal",
            "--synchronous",
            "-D",
            folder,
            "-h",
            server.sockets,
            "-U",
            "tenderscore",
        ]
        named = os.environ | {"PGAPPNAME": "standby"}  # by its own name it is an archive, which is no standby
        with subprocess.Popen(command, stderr=subprocess.DEVNULL, env=named) as receiver:
            try:
                yield
            finally:
                receiver.terminate()


async def test_metrics_count_requests_by_their_template(market: Market) -> None:
    """Prometheus reads how many and how long, and learns no id, no key and no name."""
    await market.author.get(f"/people/{market.author.id}/keys")
    text = (await market.operator.get("/metrics")).text
    assert "tenderscore_requests" in text
    assert market.author.id not in text
    assert market.author.key not in text


@pytest.mark.parametrize("path", ["/docs", "/docs/openapi.json", "/health/live", "/health/ready", "/problems"])
async def test_what_tells_about_nobody_needs_no_key(market: Market, path: str) -> None:
    """Reference and health are open."""
    assert (await market.anonymous.get(path)).status_code == 200


async def test_metrics_are_for_the_operator(market: Market) -> None:
    """They count the requests that bring bids, which nobody may know before the opening."""
    refused(await market.anonymous.get("/metrics"), 401, "unauthenticated")
    for person in (market.author, market.approver, market.alder):
        refused(await person.get("/metrics"), 403, "forbidden")


async def test_everything_else_needs_a_key(market: Market) -> None:
    """No operation outside the reference answers somebody unknown."""
    for name, (method, path, operation) in operations(await description(market)).items():
        if operation["tags"] not in (["Reference"], ["Public"]):
            address = re.sub(r"\{.*?\}", market.author.id, path.replace("{number}", "1"))
            answer = await market.http.request(method.upper(), address, json={})
            assert answer.status_code == 401, name


async def test_the_script_that_checks_receipts_is_given_to_anybody(market: Market) -> None:
    """Byte for byte the one that is tested here, as Python and without a key."""
    answer = await market.anonymous.get("/verify_receipt.py")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/x-python; charset=utf-8")
    assert answer.content == SCRIPT


async def test_no_bid_waits_until_the_description_is_written(alone: Market) -> None:
    """It takes half a second when somebody first asks for it: other requests are answered meanwhile."""
    asked = asyncio.create_task(alone.anonymous.get("/docs/openapi.json"))
    answered = 0
    while not asked.done():
        assert (await alone.anonymous.get("/health/live")).status_code == 200
        answered += 1
    assert done(asked.result())["openapi"] == "3.1.0"
    assert answered > 12, "three or four came in before it"
