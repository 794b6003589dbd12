"""The running program: the first key, what it logs, how it stops, and that kill -9 at any step loses nothing."""

import asyncio
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from service import db, serving
from service.local_postgres import LocalPostgres
from service.postmaster import running
from service.settings import Settings
from service.signing import make_secret_file, read_secrets
from tests.conftest import administer, with_database
from tests.make import a_score
from tests.service.conftest import SECRETS, Market, Person, done, refused, served

ROOT = Path(__file__).parent.parent.parent
QUIET = {**os.environ, "TENDERSCORE_REPORT_WORKERS": "0", "TENDERSCORE_SAMPLE_SECONDS": "0"}


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that is not there yet, with a path short enough for a socket; removed afterwards."""
    folder = Path(tempfile.gettempdir()) / f"ts-{uuid4().hex[:8]}"
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


class Program:
    """`tenderscore serve` on a data folder, in a process of its own."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.process: subprocess.Popen[str] | None = None

    async def start(self) -> str:
        """Start it and return its address."""
        line = await asyncio.to_thread(self._start)
        assert line.startswith("listening on "), self.log()
        return line.split()[-1]

    def _start(self) -> str:
        command = [sys.executable, "-m", "service", "serve", "--port", "0", "--data", str(self.place)]
        with (self.place.parent / f"{self.place.name}.log").open("a") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=QUIET, stdout=subprocess.PIPE, stderr=log, text=True)
        return self.process.stdout.readline()

    async def stop(self, order: signal.Signals) -> int:
        """Send a signal and wait for the end; returns the exit code."""
        self.process.send_signal(order)
        code = await asyncio.to_thread(self.process.wait, 30)
        self.process.stdout.close()
        return code

    def loaded(self) -> str:
        """The names of the files that the process has mapped, compiled libraries among them; Linux only."""
        return Path(f"/proc/{self.process.pid}/maps").read_text()

    def log(self) -> str:
        """Everything that it has written to standard error."""
        return (self.place.parent / f"{self.place.name}.log").read_text()


@pytest.fixture
async def program(place: Path) -> AsyncIterator[Program]:
    """A program that does not run yet; ended afterwards, whatever happened."""
    made = Program(place)
    yield made
    if made.process is not None and made.process.poll() is None:
        await made.stop(signal.SIGKILL)
    (place.parent / f"{place.name}.log").unlink(missing_ok=True)


async def test_kill_9_at_every_step_loses_nothing_that_was_acknowledged(program: Program) -> None:
    """Killed while bids come in, between two officers, after the opening and after the ranking: all is there again.

    Whoever got no answer sends the same request with the same key and has one bid and one receipt.
    """
    async with httpx.AsyncClient(timeout=30) as http:
        market = await begin(program, http)
        tender = await market.publish()
        await market.owner.close()

        receipts = await bid_while_killed(program, market, tender)
        assert done(await market.author.get(f"/tenders/{tender['id']}"))["rules_digest"] == tender["rules_digest"]

        await market.close(tender)
        path = f"/lots/{tender['lots'][0]['id']}"
        asked = done(await market.officer.post(f"{path}/opening"))
        await restart(program, market)
        assert done(await market.auditor.get(f"{path}/opening")) == asked

        record = done(await market.second_officer.post(f"{path}/opening"))
        await market.ready(tender)
        await restart(program, market)
        assert done(await market.auditor.get(f"{path}/opening")) == record
        assert {bid["digest"] for bid in record["bids"]} == {receipt["digest"] for receipt in receipts}

        for bid in record["bids"]:
            done(await market.evaluator.put(f"/bids/{bid['bid_id']}/scores/method-statement", a_score()))
            done(await market.moderator.put(f"/bids/{bid['bid_id']}/consensus/method-statement", a_score()))
        await market.lock(tender)
        digest = {"rules_digest": tender["lots"][0]["rules_digest"]}
        run = done(await market.moderator.post(f"{path}/evaluations", digest))
        await restart(program, market)
        assert done(await market.moderator.get(f"{path}/evaluations")) == [run]
        log = await market.log(tender)
        assert [entry["position"] for entry in log] == list(range(1, len(log) + 1))
        assert log[-1]["data"]["digest"] == run["digest"]
        await market.owner.close()


async def begin(program: Program, http: httpx.AsyncClient) -> Market:
    """Start the program for the first time, with its first key as the operator."""
    http.base_url = await program.start()
    dsn = LocalPostgres(program.place).dsn
    market = Market(str(http.base_url), dsn, await db.connect(dsn), http)
    market.operator = Person(http, (program.place / "first-key").read_text().strip())
    await market.fill()
    return market


async def restart(program: Program, market: Market) -> None:
    """Kill -9 and start again."""
    await market.owner.close()
    assert await program.stop(signal.SIGKILL) == -signal.SIGKILL
    market.http.base_url = await program.start()
    market.owner = await db.connect(market.dsn)


async def bid_while_killed(program: Program, market: Market, tender: dict[str, Any]) -> list[dict[str, Any]]:
    """Let three suppliers submit, kill the program after the first receipt, and let all retry; returns the receipts."""
    suppliers = (market.alder, market.birch, market.cedar)
    first = await market.alder.submit(tender, key="once")
    going = [asyncio.create_task(person.submit(tender, key="once")) for person in suppliers[1:]]
    await restart(program, market)
    early = [
        answer for answer in await asyncio.gather(*going, return_exceptions=True) if isinstance(answer, httpx.Response)
    ]
    again = [await person.submit(tender, key="once") for person in suppliers]
    assert again[0].content == first.content
    contents = {answer.content for answer in again}
    assert {answer.content for answer in early if answer.status_code == 201} <= contents
    for person, answer in zip(suppliers, again, strict=True):
        (line,) = done(await person.get(f"/lots/{tender['lots'][0]['id']}/bids"))
        assert line["bid_id"] == done(answer)["bid_id"]
    kinds = [entry["kind"] for entry in await market.log(tender)]
    assert kinds.count("bid.submitted") == 3
    return [answer.json() for answer in again]


async def test_the_first_key_is_its_owners_alone_and_made_once(program: Program) -> None:
    """The operator finds one key in a file that nobody else can read; a second start makes no other one.

    Of the service's secret the same is true.
    """
    async with httpx.AsyncClient(timeout=30) as http:
        http.base_url = await program.start()
        path = program.place / "first-key"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        key = path.read_text().strip()
        secret = (program.place / "service-secret").read_text()
        assert read_secrets(program.place / "service-secret").signers
        operator = Person(http, key)
        assert done(await operator.get("/organisations/me"))["scopes"] == ["read", "write", "admin", "platform"]
        assert await program.stop(signal.SIGTERM) in {0, -signal.SIGTERM}
        http.base_url = await program.start()
        assert path.read_text().strip() == key
        assert (program.place / "service-secret").read_text() == secret
        done(await operator.get("/organisations/me"))
        done(await operator.send("GET", "/tenders", X_Request_Id="seen-in-the-log"))
        await operator.get("/nothing")
        await program.stop(signal.SIGTERM)
    assert key not in program.log()
    assert secret.strip() not in program.log()
    assert key.split("_")[3] not in program.log()
    lines = [json.loads(line) for line in program.log().splitlines() if line.startswith("{")]
    (line,) = [line for line in lines if line.get("request_id") == "seen-in-the-log" and line["event"] == "request"]
    assert (line["method"], line["path"], line["status"]) == ("GET", "/tenders", 200)
    assert line["timestamp"].endswith("Z")


async def test_a_crash_leaves_no_core_dump_whatever_the_shell_allows(program: Program) -> None:
    """A core dump would hold bids in the clear; the limit holds for the embedded server too."""
    await program.start()
    limits = await asyncio.to_thread(Path(f"/proc/{program.process.pid}/limits").read_text)
    assert re.search(r"Max core file size +0 +0 ", limits)


async def test_who_is_told_to_stop_in_the_moment_of_starting_stops(program: Program) -> None:
    """An orchestrator that changes its mind is heard, and no database is left behind."""
    await program.start()
    assert await program.stop(signal.SIGTERM) == 0
    assert running(LocalPostgres(program.place).data) is None


async def test_a_database_that_is_behind_is_not_served(postgres: str, tmp_path: Path) -> None:
    """On a server of somebody else's nothing is migrated unless told; the message names what is missing."""
    name = f"test_{uuid4().hex}"
    await administer(postgres, f"CREATE DATABASE {name}")
    secret = tmp_path / "secret"
    make_secret_file(secret)
    environment = {**QUIET, "DATABASE_URL": with_database(postgres, name), "TENDERSCORE_SECRET_FILE": str(secret)}
    command = [sys.executable, "-m", "service", "serve", "--port", "0"]
    ran = await asyncio.to_thread(
        subprocess.run, command, check=False, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=30
    )
    await administer(postgres, f"DROP DATABASE {name} WITH (FORCE)")
    assert ran.returncode == 1
    assert "0001_organisations.sql" in ran.stderr
    assert "to mend it: tenderscore migrate" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert "listening" not in ran.stdout


async def test_a_database_of_ones_own_is_not_served_without_a_secret(dsn: str, tmp_path: Path) -> None:
    """Receipts signed by a key that dies with a container prove nothing; the message says how to make one."""
    open_to_all = tmp_path / "secret"
    open_to_all.write_text("00" * 32)
    open_to_all.chmod(0o644)
    for path, fault in (("", "no TENDERSCORE_SECRET_FILE"), (str(open_to_all), f"to mend it: chmod 600 {open_to_all}")):
        environment = {**QUIET, "DATABASE_URL": dsn, "TENDERSCORE_SECRET_FILE": path}
        command = [sys.executable, "-m", "service", "serve", "--port", "0"]
        ran = await asyncio.to_thread(
            subprocess.run, command, check=False, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=30
        )
        assert (ran.returncode, ran.stdout) == (1, "")
        assert fault in ran.stderr
        assert "Traceback" not in ran.stderr


async def test_a_lost_secret_is_noticed_before_the_deadline_and_not_at_the_opening(program: Program) -> None:
    """A secret file is made where none is; with it no sealed bid could be opened. The start tells what is missing."""
    async with httpx.AsyncClient(timeout=30) as http:
        market = await begin(program, http)
        await market.publish()
        await market.owner.close()
    await program.stop(signal.SIGTERM)
    kept = program.place / "service-secret"
    kept.rename(program.place / "elsewhere")
    assert await asyncio.to_thread(program._start) == ""
    await program.stop(signal.SIGTERM)
    assert "1 tender" in program.log()
    assert "put the lost line back" in program.log()
    (program.place / "elsewhere").replace(kept)
    assert await program.start()


async def test_eight_that_start_on_an_empty_database_at_once_make_one_first_key(dsn: str, tmp_path: Path) -> None:
    """Replicas that come up together agree on the one key that may do everything."""
    files = [tmp_path / f"key-{number}" for number in range(8)]
    await asyncio.gather(*(serving.make_first_key(dsn, file) for file in files))
    (key,) = (file.read_text().strip() for file in files if file.exists())
    async with served(dsn) as url, httpx.AsyncClient(base_url=url) as http:
        assert "platform" in done(await Person(http, key).get("/organisations/me"))["scopes"]


async def test_an_answer_leaves_at_once_head_and_body(dsn: str) -> None:
    """One system call for an answer, of however many parts: at the deadline thousands are answered in a second."""
    async with served(dsn) as url:
        host, port = url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        request = f"GET /health/live HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
        writer.write(request)
        alone = await reader.read(65_536)
        writer.write(request + request)
        both = await reader.readexactly(2 * len(alone))
        writer.close()
        await writer.wait_closed()
    head, _, body = alone.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert f"content-length: {len(body)}".encode() in head
    assert both.count(b"HTTP/1.1 200") == 2


async def test_who_is_told_to_stop_is_not_ready_any_more_and_still_answers(alone: Market) -> None:
    """In an upgrade the balancer turns to the new process; who still comes to the old one is answered, and sent away.

    No connection stays open behind an answer, so that nobody writes into one that is just being closed.
    """
    settings = Settings(port=0, report_workers=0, sample_seconds=0, database_connections=4, drain_seconds=600)
    tender = await alone.publish()
    with serving.listen("127.0.0.1", 0) as sock:
        server = serving.http_server(settings, alone.dsn, SECRETS)
        running = asyncio.create_task(server.serve(sockets=[sock]))
        async with httpx.AsyncClient(base_url=serving.address(sock), timeout=30) as http:
            before = await http.get("/health/ready")
            assert (before.status_code, before.headers.get("connection")) == (200, None)
            server.should_exit = True
            while (answer := await http.get("/health/ready")).headers.get("connection") != "close":
                pass  # one that was being answered as the signal came may still keep its connection
            assert refused(answer, 503, "unavailable")["detail"].startswith("This process is being stopped")
            late = await Person(http, alone.alder.key).submit(tender)
            assert (late.status_code, late.headers["connection"]) == (201, "close")
            server.hurry()
            await running


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
async def test_a_worker_that_has_served_requests_has_loaded_nothing_that_it_has_not_needed(program: Program) -> None:
    """Numbers in bulk, PDF, the job queue and their libraries come with the first work that takes them."""
    url = await program.start()
    async with httpx.AsyncClient(base_url=url) as http:
        assert (await http.get("/health/ready")).status_code == 200
        assert (await http.get("/tenders")).status_code == 401
        loaded = program.loaded()
        assert "asyncpg" in loaded
        for library in ("numpy", "libpango", "pikepdf", "pydantic", "cryptography", "highspy", "obstore", "lxml"):
            assert library not in loaded, library
        assert (await http.get("/docs/openapi.json")).json()["paths"]["/tenders"]["get"]["responses"]["401"]
