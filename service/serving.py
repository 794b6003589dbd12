"""Running the service: which PostgreSQL, migrated or not, the first key, the server, the worker."""

import argparse
import asyncio
import contextlib
import gc
import logging
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable, Generator, Sequence
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, cast

import msgspec
import structlog
import uvicorn
from litestar.datastructures import State
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from service import bids, custody, db, jobs, organisations
from service.app import create_app, work
from service.edge import answer_head
from service.frontdoor import Door, FrontDoor
from service.leader import GONE
from service.local_postgres import LocalPostgres
from service.organisations import NewOrganisation, NewPerson
from service.results import ResultDoor
from service.settings import Settings, masked, read_settings
from service.signing import Secrets, secrets_of
from service.tender_list import TenderListDoor
from service.tracing import traced, tracing
from service.traffic import counted


@contextlib.contextmanager
def database(settings: Settings) -> Generator[str]:
    """The address of the database to use: the one that is set, or an embedded server that runs as long as the block.

    Call from the main thread (see LocalPostgres).
    """
    if settings.database_url is not None:
        yield settings.database_url
        return
    with LocalPostgres(settings.data, pg_bin=settings.pg_bin, pg_user=settings.pg_user) as server:
        yield server.dsn


async def prepare(dsn: str, settings: Settings, *, migrate: bool) -> None:
    """Bring the embedded database up to date and make its first key; only check an external one unless told.

    Raises MigrationError when an external database is behind, DatabaseError when none takes writes now.
    """
    embedded = settings.database_url is None
    try:
        applied = await db.migrate(dsn, check_only=not (embedded or migrate))
    except GONE as error:
        said = str(error) or type(error).__name__
        raise db.DatabaseError(f"The database does not answer: {said}", mend=f"psql '{masked(dsn)}'") from error
    for name in applied:
        print(f"applied {name}", file=sys.stderr)
    if embedded:
        await make_first_key(dsn, settings.data / "first-key", pooler=settings.database_pooler)


async def make_first_key(dsn: str, path: Path, *, pooler: str = "") -> None:
    """In an empty database register the first buyer and write its key, which may do everything, to a file of 0600."""
    pool = await db.open_pool(dsn, pooler=pooler, connections=1)
    try:
        async with db.transaction(pool) as conn:
            await organisations.SQL.lock_first(conn)
            if await organisations.SQL.any_organisation(conn):
                return
            first = NewOrganisation(kind="buyer", name="First buyer", person=NewPerson(name="First administrator"))
            made = await organisations.register(conn, first, ("read", "write", "admin", "platform"))
            await asyncio.to_thread(_write_secret, path, made.key.secret)
        print(f"the first buyer's key is in {path}", file=sys.stderr)
    finally:
        await pool.close()


def _write_secret(path: Path, secret: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(secret + "\n")
        file.flush()
        os.fsync(file.fileno())


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Who connects before the server runs waits for it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((host, port))
    sock.listen(2048)
    return sock


def address(sock: socket.socket) -> str:
    """The URL of a listening socket."""
    host, port = sock.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


GATHERED_BYTES = 65_536
"""What is written beyond this is sent at once, so that a long answer is held up when its reader is slow."""

COLLECTED_AFTER = (20_000, 20, 20)
"""Of how many objects more the collector looks for cycles (gc.set_threshold): requests leave next to none."""

DOORS: tuple[Callable[[State], Door], ...] = (bids.BidDoor, ResultDoor, TenderListDoor)
"""What is answered before the framework; each is made with the application's state."""


class _AtOnce(asyncio.Transport):
    """A connection that sends what is written to it in one turn of the event loop by one system call."""

    def __init__(self, transport: asyncio.Transport) -> None:
        super().__init__()
        self._transport = transport
        self._written = bytearray()
        self._loop = asyncio.get_running_loop()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if not self._written:
            self._loop.call_soon(self._send)
        self._written += data
        if len(self._written) > GATHERED_BYTES:
            self._send()

    def _send(self) -> None:
        if self._written:
            written, self._written = self._written, bytearray()
            self._transport.write(written)

    def close(self) -> None:
        self._send()
        self._transport.close()

    def abort(self) -> None:
        self._written.clear()
        self._transport.abort()

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._transport.get_extra_info(name, default)

    def pause_reading(self) -> None:
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        self._transport.resume_reading()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._transport.set_protocol(protocol)


class WrittenAtOnce(HttpToolsProtocol):
    """Uvicorn's protocol, with an answer's head and body in one system call and, mostly, one packet.

    While the process drains each connection ends with the answer that is given on it, so that its client goes where
    the balancer sends it, and does not write into one that is just being closed.
    """

    def __init__(self, *given: Any, draining: asyncio.Event, **named: Any) -> None:
        super().__init__(*given, **named)
        self._draining = draining

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Put the gathering in between."""
        super().connection_made(_AtOnce(transport))

    def on_headers_complete(self) -> None:
        """Decide whether the connection outlives the request."""
        super().on_headers_complete()
        if self._draining.is_set():
            self.cycle.keep_alive = False


class DrainingServer(uvicorn.Server):
    """A server that, told to stop, is first not ready any more, for so long that the balancer sees it; then stops.

    Until then it answers whoever still comes: nobody is refused in an upgrade. A second signal ends the wait.
    """

    def __init__(self, config: uvicorn.Config, draining: asyncio.Event, seconds: int) -> None:
        super().__init__(config)
        self._draining = draining
        self._seconds = seconds

    def hurry(self) -> None:
        """Wait no longer for the balancer."""
        self._seconds = 0

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop; told so again, at once."""
        if self.should_exit:
            self.hurry()
        super().handle_exit(sig, frame)

    async def main_loop(self) -> None:
        """Serve until told to stop, then drain."""
        await super().main_loop()
        self._draining.set()
        tick = 0
        while tick < self._seconds * TICKS:
            await asyncio.sleep(1 / TICKS)
            await self.on_tick(tick)
            tick += 1


TICKS = 10
"""In a second, as uvicorn counts."""


def http_server(
    settings: Settings, dsn: str, secrets: Secrets, *, doors: Sequence[Callable[[State], Door]] = DOORS
) -> uvicorn.Server:
    """The HTTP server, to be run on a socket; it drains what is in flight when told to stop."""
    app = create_app(settings, dsn, secrets)
    config = uvicorn.Config(
        traced(counted(answer_head(FrontDoor(app, [door(app.state) for door in doors])), app.state.traffic)),
        http=cast("type[asyncio.Protocol]", partial(WrittenAtOnce, draining=app.state.draining)),
        lifespan="on",
        ws="none",
        proxy_headers=False,  # nothing here goes by who is said to stand behind a proxy
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=settings.shutdown_seconds,
    )
    return DrainingServer(config, app.state.draining, settings.drain_seconds)


def configure_logging(level: str) -> None:
    """One JSON object a line on stderr, for our events and for the libraries'."""
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_as_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(_JsonLines())
    logging.basicConfig(level=max(number, logging.WARNING), handlers=[handler], force=True)


def _as_json(event: dict[str, Any], **_: Any) -> str:
    return msgspec.json.encode(event, enc_hook=str).decode()


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {"event": record.getMessage(), "level": record.levelname.lower(), "logger": record.name}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return _as_json(line)


# Commands


def forbid_core_dumps() -> None:
    """Whatever the shell allows: a core dump would hold the bids that were on their way, in the clear."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def serve(arguments: argparse.Namespace) -> int:
    """Run the HTTP service until it is told to stop."""
    settings = _settings(arguments)
    forbid_core_dumps()
    configure_logging(settings.log_level)
    signal.signal(signal.SIGTERM, _leave)
    with tracing(settings), database(settings) as dsn:
        secrets = secrets_of(settings)
        asyncio.run(prepare(dsn, settings, migrate=arguments.migrate))
        asyncio.run(custody.check_secrets(dsn, secrets, settings))
        with listen(settings.host, settings.port) as sock:
            server = http_server(settings, dsn, secrets)

            def drain(_number: int, _frame: FrameType | None) -> None:
                server.should_exit = True

            # uvicorn's own handlers come when it has started. It drains, then raises the signal again to whoever
            # handled it before: _leave would end us there before the database is stopped.
            signal.signal(signal.SIGTERM, drain)
            print(f"listening on {address(sock)}", flush=True)
            gc.freeze()  # what is loaded stays: to walk it takes the collector 50 ms, in which nobody is answered
            gc.set_threshold(*COLLECTED_AFTER)
            server.run(sockets=[sock])
    return 0


def _leave(number: int, _frame: FrameType | None) -> None:
    """Told to stop while starting: nothing is in flight, the `with` blocks stop the database."""
    raise SystemExit(128 + number)


def worker(arguments: argparse.Namespace) -> int:
    """Do queued jobs (reports, webhooks) until told to stop; as many of these beside `serve` as wanted."""
    settings = _settings(arguments)
    forbid_core_dumps()
    configure_logging(settings.log_level)
    with tracing(settings), database(settings) as dsn:
        asyncio.run(prepare(dsn, settings, migrate=False))
        asyncio.run(jobs.until_told(work(dsn, settings, secrets_of(settings))))
    return 0


def migrate(arguments: argparse.Namespace) -> int:
    """Bring the database up to date, or with --check only say what is missing."""
    settings = _settings(arguments)
    with database(settings) as dsn:
        for name in asyncio.run(db.migrate(dsn, check_only=arguments.check)):
            print(f"applied {name}")
        if arguments.first_key is not None:
            asyncio.run(make_first_key(dsn, arguments.first_key, pooler=settings.database_pooler))
    print("the database is up to date")
    return 0


def _settings(arguments: argparse.Namespace) -> Settings:
    settings = read_settings(os.environ)
    given = {name: value for name in ("host", "port", "data") if (value := getattr(arguments, name, None)) is not None}
    return msgspec.structs.replace(settings, **given)


def add_commands(commands: Any) -> None:
    """Register serve, worker and migrate."""
    runs: tuple[tuple[str, Callable[[argparse.Namespace], int]], ...] = (
        ("serve", serve),
        ("worker", worker),
        ("migrate", migrate),
    )
    parsers: dict[str, argparse.ArgumentParser] = {}
    for name, run in runs:
        parser = parsers[name] = commands.add_parser(name, help=run.__doc__, description=run.__doc__)
        parser.set_defaults(run=run)
        parser.add_argument("--data", type=_folder, metavar="DIR", help="folder of the embedded database")
    parsers["serve"].add_argument("--host", help="address to listen on")
    parsers["serve"].add_argument("--port", type=int, help="TCP port, 0 for a free one")
    parsers["serve"].add_argument("--migrate", action="store_true", help="bring an external database up to date first")
    parsers["migrate"].add_argument(
        "--first-key",
        type=_folder,
        metavar="FILE",
        help="in a database without organisations register the first buyer and write its key to this file",
    )
    parsers["migrate"].add_argument("--check", action="store_true", help="change nothing, fail if something is missing")


def _folder(text: str) -> Path:
    return Path(text).expanduser().absolute()
