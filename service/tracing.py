"""Traces for OpenTelemetry, where TENDERSCORE_OTLP_URL names a collector: requests, statements, jobs. Else nothing.

A span says what was done, never with what: the route without its ids, the statement's name in service/sql without its
values, the job's duty without its payload. No address of a caller, no key, nothing of a bid: before the opening nobody
learns who bids, from traces neither. A job carries the trace of the request that asked for it.
"""

import contextlib
import re
import time
from collections.abc import Generator, Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, cast

from litestar.types import ASGIApp, Message, Receive, Scope, Send

from service import db
from service.settings import Settings, SettingsError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span, Tracer

_ID = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_UNROUTED = "unrouted"
_CLIENT_ERROR, _SERVER_ERROR = 400, 500
_SILENT: dict[str, Any] = {"record_exception": False, "set_status_on_exception": False}
"""Else the library writes an exception's text into the span."""
_NANOSECONDS = 1_000_000_000

_tracers: list["Tracer"] = []
"""The one in use, if any."""


def check_installed(settings: Settings) -> None:
    """Raise SettingsError where a collector is named, but the library that speaks with it is not there."""
    if settings.otlp_url is not None and find_spec("opentelemetry.exporter") is None:
        raise SettingsError("TENDERSCORE_OTLP_URL is set.", "pip install 'tenderscore[otel]'")


@contextlib.contextmanager
def tracing(settings: Settings) -> Generator["TracerProvider | None"]:
    """Trace while the block runs, if a collector is named; what is not sent at its end is sent then.

    The library's own variables (OTEL_TRACES_SAMPLER, OTEL_EXPORTER_OTLP_HEADERS and others) count as well.
    """
    if settings.otlp_url is None:
        yield None
        return
    check_installed(settings)
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": "tenderscore"}))
    exporter = OTLPSpanExporter(endpoint=f"{settings.otlp_url}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    _tracers.append(provider.get_tracer("tenderscore"))
    statements = _Statements(_tracers[0])
    db.QUERY_LOGGERS.append(statements)
    try:
        yield provider
    finally:
        db.QUERY_LOGGERS.remove(statements)
        _tracers.clear()
        provider.shutdown()


# Failures


def _fail(span: "Span", error: BaseException) -> None:
    """Tell the kind of an error: its text may hold what was worked on."""
    from opentelemetry.trace import Status, StatusCode

    span.set_attribute("error.type", type(error).__name__)
    span.set_status(Status(StatusCode.ERROR))


@contextlib.contextmanager
def _failing(span: "Span") -> Generator[None]:
    try:
        yield
    except Exception as error:
        _fail(span, error)
        raise


# Requests


def traced(app: ASGIApp) -> ASGIApp:
    """The application with a span for each request; the application itself where nothing is traced."""
    if not _tracers:
        return app
    from opentelemetry.propagate import extract
    from opentelemetry.trace import SpanKind, Status, StatusCode

    tracer = _tracers[0]

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == b"traceparent"), b"")
        method = str(scope["method"])
        parent = extract({"traceparent": given.decode("latin-1")})
        with tracer.start_as_current_span(method, context=parent, kind=SpanKind.SERVER, **_SILENT) as span:

            async def tell(message: Message) -> None:
                if message["type"] == "http.response.start":
                    status = message["status"]
                    route = route_of(scope, status)
                    span.update_name(f"{method} {route}")
                    span.set_attributes(
                        {"http.request.method": method, "http.route": route, "http.response.status_code": status}
                    )
                    if status >= _SERVER_ERROR:
                        span.set_status(Status(StatusCode.ERROR))
                await send(message)

            with _failing(span):
                await app(scope, receive, tell)

    return answer


def route_of(scope: Scope, status: int) -> str:
    """The route of a request without what stood in its place; an address that is none is not told.

    What a door has answered never met the router: its address is one of ours, with ids in it.
    """
    template = cast("str | None", scope.get("path_template"))
    if template is not None:
        return template
    return _ID.sub("{id}", scope["path"]) if status < _CLIENT_ERROR else _UNROUTED


# Statements


class _Statements:
    """Makes a span of each statement when it has ended; asyncpg calls it in the context of whoever asked."""

    def __init__(self, tracer: "Tracer") -> None:
        self._tracer = tracer
        self._names = db.statement_names()

    def __call__(self, logged: Any) -> None:
        """Tell of a statement: its name, how long it took, and the kind of an error; never its values."""
        from opentelemetry.trace import SpanKind

        end = time.time_ns()
        name = self._names.get(logged.query) or logged.query.split(maxsplit=1)[0][:20]
        begin = end - round(logged.elapsed * _NANOSECONDS)
        span = self._tracer.start_span(name, kind=SpanKind.CLIENT, start_time=begin)
        span.set_attributes({"db.system.name": "postgresql", "db.query.summary": name})
        if logged.exception is not None:
            _fail(span, logged.exception)
        span.end(end)


# Jobs


def carried() -> dict[str, dict[str, str]] | None:
    """The trace that is under way, to be kept with a job."""
    if not _tracers:
        return None
    from opentelemetry.propagate import inject

    carrier: dict[str, str] = {}
    inject(carrier)
    return {"otel": carrier} if carrier else None


@contextlib.contextmanager
def job(duty: str, headers: Mapping[str, Any] | None) -> Generator[None]:
    """A span for an attempt at a job, in the trace of whoever asked for it."""
    if not _tracers:
        yield
        return
    from opentelemetry.propagate import extract
    from opentelemetry.trace import SpanKind

    parent = extract(cast("dict[str, str]", (headers or {}).get("otel") or {}))
    with (
        _tracers[0].start_as_current_span(f"job {duty}", context=parent, kind=SpanKind.CONSUMER, **_SILENT) as span,
        _failing(span),
    ):
        yield
