"""Time stamps over checkpoints, from a real authority: OpenSSL's, on this machine."""

import asyncio
import base64
import json
import shutil
import subprocess
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import asyncpg
import httpx
import pytest

from service import timestamps
from service.jobs import JobError, Later
from service.publication import STAMP
from service.settings import Settings, SettingsError
from tests.service.conftest import SECRETS, Market, done, market_in, refused

pytest.importorskip("rfc3161_client", reason="time stamps need the extra: pip install 'tenderscore[tsa]'")
if shutil.which("openssl") is None:
    pytest.skip("the authority is OpenSSL's: sudo apt-get install openssl", allow_module_level=True)

CONFIGURATION = """
[tsa]
serial = {folder}/serial
signer_cert = {folder}/authority.pem
signer_key = {folder}/authority.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
"""


def openssl(*arguments: str | Path) -> str:
    ran = subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, text=True)
    return ran.stdout + ran.stderr


class Authority:
    """An authority at an address; `twist` changes what it answers to a query."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.twist: Callable[[bytes], tuple[int, bytes]] = lambda query: (200, self.stamp(query))
        (folder / "openssl.cnf").write_text(CONFIGURATION.format(folder=folder))
        (folder / "serial").write_text("01\n")
        key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", folder / "authority.key")
        usage = ("-addext", "extendedKeyUsage=critical,timeStamping", "-addext", "keyUsage=critical,digitalSignature")
        openssl("req", "-x509", *key, "-out", folder / "authority.pem", "-subj", "/CN=Authority", "-days", "2", *usage)
        handler = type("Handler", (_Handler,), {"authority": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/tsa"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stamp(self, query: bytes) -> bytes:
        """The answer of RFC 3161 to a query."""
        (self.folder / "query").write_bytes(query)
        files = ("-config", self.folder / "openssl.cnf", "-section", "tsa", "-queryfile", self.folder / "query")
        openssl("ts", "-reply", *files, "-out", self.folder / "answer")
        return (self.folder / "answer").read_bytes()


class _Handler(BaseHTTPRequestHandler):
    authority: Authority

    def do_POST(self) -> None:  # the name that http.server calls
        query = self.rfile.read(int(self.headers["Content-Length"]))
        status, answer = self.authority.twist(query)
        self.send_response(status)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:  # the name that http.server calls
        """Say nothing."""


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[Authority]:
    made = Authority(tmp_path)
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
async def stamping(dsn: str, authority: Authority) -> AsyncIterator[Market]:
    """A service that asks this authority."""
    async with market_in(dsn, tsa_url=authority.url) as market:
        yield market


async def test_an_outside_authority_stamps_the_checkpoint_and_openssl_verifies_the_token(
    stamping: Market, authority: Authority, tmp_path: Path
) -> None:
    """The token is over the checkpoint's own bytes, and stands in the log behind what they cover."""
    tender = await stamping.draft()
    path = f"/tenders/{tender['id']}/log"
    checkpoint = await stamping.author.get(f"{path}/checkpoint")
    stamp = done(await stamping.auditor.post(f"{path}/timestamp"))
    assert stamp["checkpoint"] == checkpoint.text
    entry = await stamping.last(tender)
    assert (entry["kind"], entry["data"]["token"]) == ("log.timestamped", stamp["token"])
    assert entry["data"]["checkpoint"].splitlines()[1] == str(entry["position"] - 1)
    assert await asyncio.to_thread(verified, tmp_path, stamp["checkpoint"], stamp["token"])
    assert not await asyncio.to_thread(verified, tmp_path, stamp["checkpoint"] + " ", stamp["token"])


def verified(folder: Path, checkpoint: str, token: str) -> bool:
    """OpenSSL's own judgement."""
    (folder / "checkpoint").write_bytes(checkpoint.encode())
    (folder / "token").write_bytes(base64.b64decode(token))
    command = ["openssl", "ts", "-verify", "-data", folder / "checkpoint", "-in", folder / "token", "-token_in"]
    command += ["-CAfile", folder / "authority.pem"]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


async def test_an_answer_that_does_not_fit_is_refused_and_nothing_is_written(
    stamping: Market, authority: Authority
) -> None:
    """Garbage, an error, a stamp of an earlier query: none of it becomes an entry."""
    tender = await stamping.draft()
    path = f"/tenders/{tender['id']}/log/timestamp"
    first: list[bytes] = []

    def replay(query: bytes) -> tuple[int, bytes]:
        first.append(authority.stamp(query))
        return 200, first[0]

    authority.twist = replay
    stamped = await stamping.auditor.post(path, Idempotency_Key="stamp-1")
    assert done(await stamping.auditor.post(path, Idempotency_Key="stamp-1")) == done(stamped)
    faults = {
        "has stamped something else": replay,
        "answers no time stamp": lambda _query: (200, b"garbage"),
        "does not answer as it should": lambda _query: (503, b""),
        "answers more than a time stamp": lambda _query: (200, bytes(200_000)),
    }
    for fault, twist in faults.items():
        authority.twist = twist
        assert fault in refused(await stamping.auditor.post(path), 502, "time-stamp-failed")["detail"]
    assert [entry["kind"] for entry in await stamping.log(tender)].count("log.timestamped") == 1


async def test_while_the_box_is_sealed_a_stamp_is_made_and_only_its_instant_is_told(
    stamping: Market, tmp_path: Path
) -> None:
    """That is when it is worth most: who could rewrite the log before the opening is bound by it."""
    tender = await stamping.publish()
    done(await stamping.alder.submit(tender))
    path = f"/tenders/{tender['id']}/log/timestamp"
    answers = [await person.post(path) for person in (stamping.auditor, stamping.approver, stamping.officer)]
    assert {answer.status_code for answer in answers} == {202}
    assert {*answers[0].json()} == {"stamped_at"}
    for person in (stamping.evaluator, stamping.colleague):
        refused(await person.post(path), 403, "forbidden")
    refused(await stamping.alder.post(path), 404, "not-found")
    for person in (stamping.author, stamping.auditor):
        told = await person.get(f"/tenders/{tender['id']}/events")
        assert "log.timestamped" not in json.dumps(done(told))
        record = await person.get(f"/tenders/{tender['id']}/record")
        assert "checkpoint" not in record.text
    await stamping.open(tender)
    stamps = [entry for entry in await stamping.log(tender) if entry["kind"] == "log.timestamped"]
    assert [entry["data"]["stamped_at"] for entry in stamps] == [done(answer)["stamped_at"] for answer in answers]
    for entry in stamps:
        assert await asyncio.to_thread(verified, tmp_path, entry["data"]["checkpoint"], entry["data"]["token"])
    assert (await stamping.auditor.post(path)).status_code == 201


async def test_the_worker_has_the_log_stamped_at_the_deadline(
    stamping: Market, pool: asyncpg.Pool, authority: Authority
) -> None:
    """The job is queued at publication for the deadline; where that has moved it waits, and it tries again."""
    tender = await stamping.publish()
    queued = "SELECT execute_after FROM pgqueuer WHERE entrypoint = $1 AND convert_from(payload, 'UTF8') = $2"
    at = await stamping.owner.fetchval(queued, STAMP, tender["id"])
    assert at == datetime.fromisoformat(tender["submission_deadline"])
    stamp = timestamps.duties(Settings(tsa_url=authority.url), SECRETS)[STAMP]
    with pytest.raises(Later) as waits:
        await stamp(pool, tender["id"])
    assert timedelta() < waits.value.after <= timedelta(hours=1)
    await stamping.close(tender)
    authority.twist = lambda _query: (503, b"")
    with pytest.raises(JobError, match="does not answer as it should"):
        await stamp(pool, tender["id"])
    authority.twist = lambda query: (200, authority.stamp(query))
    await stamp(pool, tender["id"])
    (entry,) = [entry for entry in await stamping.log(tender) if entry["kind"] == "log.timestamped"]
    assert entry["person_id"] is None


async def test_without_an_authority_the_service_says_so(market: Market) -> None:
    tender = await market.draft()
    refused(await market.auditor.post(f"/tenders/{tender['id']}/log/timestamp"), 409, "no-time-stamps")


async def test_an_authority_that_is_not_there_is_told(dsn: str) -> None:
    async with market_in(dsn, tsa_url="http://127.0.0.1:9/tsa") as market:
        tender = await market.draft()
        answer: httpx.Response = await market.auditor.post(f"/tenders/{tender['id']}/log/timestamp")
        assert "does not answer" in refused(answer, 502, "time-stamp-failed")["detail"]


def test_who_names_an_authority_without_the_library_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the start, not when the first stamp is wanted."""
    timestamps.check_installed(Settings(tsa_url="https://tsa.example"))
    monkeypatch.setattr(timestamps, "find_spec", lambda _name: None)
    timestamps.check_installed(Settings())
    with pytest.raises(SettingsError, match=r"to mend it: pip install 'tenderscore\[tsa\]'"):
        timestamps.check_installed(Settings(tsa_url="https://tsa.example"))
