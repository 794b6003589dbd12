"""A trace says what was done and how long it took; nothing of a bid, of whose it is, or of an address stands in it."""

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from uuid import uuid4

import pytest
from litestar.types import ASGIApp
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from service import db, jobs, tracing
from service.settings import Settings, SettingsError
from tests.make import a_bid
from tests.service.conftest import market_in


class Collector:
    """What a collector has been sent, byte by byte."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        bodies = self.bodies

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def spans(self) -> list[dict]:
        """Every span: its name, trace, own id and parent's, and its attributes' texts."""
        told = [ExportTraceServiceRequest.FromString(body) for body in self.bodies]
        return [
            {"name": span.name, "trace": span.trace_id.hex(), "id": span.span_id.hex()}
            | {"parent": span.parent_span_id.hex(), "about": {one.key: str(one.value) for one in span.attributes}}
            for request in told
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


@pytest.fixture
def collector() -> Iterator[Collector]:
    """A collector that listens."""
    made = Collector()
    thread = threading.Thread(target=made.server.serve_forever, args=(0.01,))
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


async def test_requests_statements_and_jobs_are_told_and_nothing_of_a_bid(collector: Collector, dsn: str) -> None:
    """One trace from the caller's own span through the request and its statements to the job that it asked for."""
    secret, trace = uuid4().hex, uuid4().hex
    with tracing.tracing(Settings(otlp_url=collector.url)) as provider:
        assert provider is not None
        async with market_in(dsn) as market:
            tender = await market.publish()
            answers = {"method-statement": secret}
            bid = a_bid(**answers)
            assert (await market.alder.submit(tender, bid)).status_code == 201
            assert (await market.alder.submit(tender, bid)).status_code == 409
            given = {"traceparent": f"00-{trace}-{'1' * 16}-01"}
            assert (await market.author.send("GET", f"/tenders/{tender['id']}", **given)).is_success
            assert (await market.author.get(f"/{secret}")).status_code == 404
            done = await queue_and_do(dsn)
        with pytest.raises(ValueError, match=secret), tracing.job("broken", None):
            raise ValueError(secret)
        with pytest.raises(ValueError, match=secret):
            await ask(tracing.traced(broken_with(secret)))
        await asyncio.to_thread(provider.force_flush)
        people = [market.alder.key, market.alder.id, market.alder.organisation_id, tender["id"], secret]
    spans = collector.spans()
    names = {span["name"] for span in spans}
    assert {"POST /lots/{id}/bids", "intake.store_bids", "GET unrouted"} <= names, names
    (asked,) = (span for span in spans if span["trace"] == trace and span["parent"] == "1" * 16)
    assert asked["about"]["http.route"].find("/tenders/{tender_id") > 0
    below = [span for span in spans if span["parent"] == asked["id"]]
    assert below
    assert all(span["about"]["db.query.summary"] for span in below)
    (job,) = (span for span in spans if span["name"] == "job greet")
    assert job["trace"] == done
    broken = [span["about"]["error.type"] for span in spans if span["name"] in {"job broken", "POST"}]
    assert ["ValueError" in kind for kind in broken] == [True, True]
    everything = b"".join(collector.bodies)
    assert [text for text in people if text.encode() in everything] == []


def broken_with(text: str) -> ASGIApp:
    """An application whose exceptions hold what they must not tell."""

    async def broken(*_: object) -> None:
        raise ValueError(text)

    return broken


async def ask(app: ASGIApp) -> None:
    """Send an application a request; whoever answers tells nobody."""

    async def nothing(*_: object) -> Any: ...

    await app(cast("Any", {"type": "http", "method": "POST", "headers": [], "path": "/"}), nothing, nothing)


async def queue_and_do(dsn: str) -> str:
    """Queue a job inside of a span and let a worker do it; the trace in which it was queued."""
    from opentelemetry import trace

    finished = asyncio.Event()

    async def greet(_pool: object, _payload: str) -> None:
        finished.set()

    async with await db.open_pool(dsn, connections=2) as pool:
        with tracing.job("asking", None):
            asked = f"{trace.get_current_span().get_span_context().trace_id:032x}"
            async with db.transaction(pool) as conn:
                await jobs.enqueue(conn, "greet", "nobody")
        working = asyncio.create_task(jobs.work(dsn, {"greet": greet}, at_once=1, grace=5))
        await finished.wait()
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
    return asked


async def test_where_no_collector_is_named_nothing_is_in_the_way() -> None:
    """The application is the application itself, statements go untold, jobs carry nothing."""

    async def app(*_: object) -> None: ...

    with tracing.tracing(Settings()) as provider:
        assert provider is None
        assert tracing.traced(app) is app
        assert db.QUERY_LOGGERS == []
        assert tracing.carried() is None


def test_a_collector_without_the_library_is_refused_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not when the first trace is lost."""
    monkeypatch.setattr(tracing, "find_spec", lambda _name: None)
    with pytest.raises(SettingsError, match=r"pip install 'tenderscore\[otel\]'"):
        tracing.check_installed(Settings(otlp_url="http://collector:4318"))
