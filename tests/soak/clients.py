"""The campaigns' own client: raw HTTP/1.1 over asyncio, a market set up through it, submitters that never give up.

It knows of the service what its API description says, and shares no code with it.
"""

import asyncio
import base64
import contextlib
import json
import os
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import uuid4

import msgspec

from tests.make import PANEL_CRITERIA, a_bid, a_lot, a_policy, a_tender

PATIENCE_SECONDS = 30.0
"""How long one try waits for its answer; after that its outcome is unknown."""

PROBLEM = "application/problem+json"
ROLES = {
    "approver": "approver",
    "officer": "opening_officer",
    "second_officer": "opening_officer",
    "evaluator": "evaluator",
    "moderator": "moderator",
    "auditor": "auditor",
}
"""Who of the buyer's people holds which role in every tender; `author` drafts."""

PANEL = ("approver", "author", "evaluator", "moderator")
"""Who of them sees no bid, or seats no panel, before a declaration of interest is approved."""


class Unknown(Exception):
    """No whole answer came: whether the request took effect is not known."""


class Unexpected(Exception):
    """An answer that a campaign's set-up cannot go on with."""


class Answer(NamedTuple):
    """A whole answer; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """The body's JSON."""
        return json.loads(self.body)

    @property
    def slug(self) -> str:
        """The problem's slug, or "" for what is no problem of RFC 9457."""
        if self.headers.get("content-type") != PROBLEM:
            return ""
        return str(self.json()["type"]).rpartition("/")[2]


class Line:
    """A person's connection to the service, opened again whenever it breaks; one request at a time.

    url: asked anew for each connection, for services that move.
    """

    def __init__(self, url: str | Callable[[], str], key: str = "", *, seconds: float = PATIENCE_SECONDS) -> None:
        self.url = url if callable(url) else lambda: url
        self.key = key
        self.seconds = seconds
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Send a request; header names are written with `_` for `-`. Raises Unknown when no whole answer comes.

        body: bytes as they are, anything else as JSON.
        """
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            named.setdefault("Content-Type", "application/json")
        if self.key:
            named.setdefault("Authorization", f"Bearer {self.key}")
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(content)}"]
        lines += [f"{name}: {value}" for name, value in named.items()]
        return await self.exchange("\r\n".join([*lines, "", ""]).encode() + content)

    async def exchange(self, request: bytes) -> Answer:
        """Send the bytes of a whole request and read its answer."""
        try:
            async with asyncio.timeout(self.seconds):
                reader, writer = await self.connected()
                writer.write(request)
                await writer.drain()
                answer = await read_answer(reader)
        except (OSError, EOFError, TimeoutError, ValueError) as error:
            await self.close()
            raise Unknown(f"{type(error).__name__}: {error}") from error
        except BaseException:
            await self.close()
            raise
        if answer.headers.get("connection", "").lower() == "close":
            await self.close()
        return answer

    async def connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """The connection, a new one if there is none or the other side has closed it."""
        if self._streams is not None and (self._streams[0].at_eof() or self._streams[1].is_closing()):
            await self.close()
        if self._streams is None:
            host, _, port = self.url().removeprefix("http://").rpartition(":")
            self._streams = await asyncio.open_connection(host, int(port))
        return self._streams

    async def close(self) -> None:
        """Drop the connection."""
        if self._streams is not None:
            writer, self._streams = self._streams[1], None
            writer.transport.abort()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def done(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The JSON of an answer that must be a success."""
        answer = await self.send(method, path, body, **headers)
        if not 200 <= answer.status < 300:
            raise Unexpected(f"{method} {path}: {answer.status} {answer.body[:500].decode(errors='replace')}")
        return answer.json() if answer.body else None


async def read_answer(reader: asyncio.StreamReader) -> Answer:
    """One whole answer. Raises EOFError (IncompleteReadError) if the other side stops in the middle."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    status = int(head[0].split(" ", 2)[1])
    pairs = (line.partition(":") for line in head[1:] if line)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    if headers.get("transfer-encoding", "").lower() != "chunked":
        return Answer(status, headers, await reader.readexactly(int(headers.get("content-length", "0"))))
    parts: list[bytes] = []
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        parts.append((await reader.readexactly(size + 2))[:-2])
    await reader.readuntil(b"\r\n")
    return Answer(status, headers, b"".join(parts))


# The market


class Person(NamedTuple):
    """Somebody with a key."""

    id: str
    organisation_id: str
    line: Line


class Tender(NamedTuple):
    """A published tender."""

    id: str
    lots: tuple[str, ...]
    rules_digests: tuple[str, ...]
    document: dict[str, Any]


class Market:
    """A buyer with its people, and suppliers, all registered over HTTP by the operator's key."""

    def __init__(self, url: str | Callable[[], str], operator_key: str) -> None:
        self.url = url
        self.operator = Line(url, operator_key)
        self.people: dict[str, Person] = {}
        self.suppliers: list[Person] = []

    async def fill(self, suppliers: int) -> None:
        """Register the buyer with its people, and so many suppliers."""
        self.people["author"] = await self.register("buyer", "Northgate City Council")
        author = self.people["author"].line
        for role in ROLES:
            person = await author.done("POST", "/people", {"name": role.replace("_", " ").title()})
            key = await author.done("POST", f"/people/{person['id']}/keys", {"label": "campaign"})
            self.people[role] = Person(person["id"], person["organisation_id"], Line(self.url, key["secret"]))
        for number in range(1, suppliers + 1):
            self.suppliers.append(await self.register("supplier", f"Supplier {number} Ltd"))

    async def register(self, kind: str, name: str) -> Person:
        """A new organisation's first person."""
        body = {"kind": kind, "name": name, "person": {"name": "Bids"}}
        made = await self.operator.done("POST", "/organisations", body)
        return Person(made["person"]["id"], made["organisation"]["id"], Line(self.url, made["key"]["secret"]))

    async def publish(
        self, lots: int = 1, *, seconds: float = 7200, lot: dict[str, Any] | None = None, **fields: Any
    ) -> Tender:
        """A published tender that is open for so long by the service's own clock; `lot` goes into each of its lots."""
        author, approver = self.people["author"].line, self.people["approver"].line
        deadline = (await self.clock() + timedelta(seconds=seconds)).isoformat()
        body = {
            "submission_deadline": deadline,
            "lots": [a_lot(title=f"Lot {n + 1}", **(lot or {})) for n in range(lots)],
        }
        draft = await author.done("POST", "/tenders", a_tender(**(body | fields)))
        for name, role in ROLES.items():
            await author.done(
                "POST", f"/tenders/{draft['id']}/roles", {"person_id": self.people[name].id, "role": role}
            )
        path = f"/tenders/{draft['id']}/publication"
        made = await approver.done("POST", path, If_Match='"1"')
        return Tender(
            made["id"],
            tuple(lot["id"] for lot in made["lots"]),
            tuple(lot["rules_digest"] for lot in made["lots"]),
            made,
        )

    async def clock(self) -> datetime:
        """The time by the Date header of the service's answer, to the second."""
        answer = await self.operator.send("GET", "/health/live")
        stamp = answer.headers.get("date", "")
        return datetime.strptime(stamp, "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)

    async def open(self, lot_id: str) -> dict[str, Any]:
        """Both officers open a lot whose deadline has passed; the opening record."""
        path = f"/lots/{lot_id}/opening"
        await self.people["officer"].line.done("POST", path)
        return await self.people["second_officer"].line.done("POST", path)

    async def clear(self, tender_id: str) -> None:
        """Everybody of the panel declares no interest in an opened tender, and another person approves."""
        for name in PANEL:
            path = f"/tenders/{tender_id}/declarations"
            made = await self.people[name].line.done("POST", path, {"interest": "none"})
            decider = self.people["author" if name == "approver" else "approver"].line
            decision = {"approved": True, "reason": "Nothing was declared."}
            await decider.done("POST", f"{path}/{self.people[name].id}/{made['number']}/decision", decision)

    async def seat(self, tender_id: str, lot_id: str) -> None:
        """Clear the panel of an opened tender, and seat one evaluator for a lot."""
        await self.clear(tender_id)
        seats = [{"person_id": self.people["evaluator"].id, "criteria": list(PANEL_CRITERIA)}]
        panel = {"chair_id": self.people["moderator"].id, "reason": "A campaign.", "policy": a_policy()}
        await self.people["author"].line.done("PUT", f"/lots/{lot_id}/panel", panel | {"seats": seats})

    async def close(self) -> None:
        """Drop all connections."""
        for person in (*self.people.values(), *self.suppliers):
            await person.line.close()
        await self.operator.close()


# Submitters


class Sent(msgspec.Struct):
    """One bid as its supplier sees it: what was sent under which key, and what is known of it."""

    supplier: int
    lot_id: str
    key: str
    values: dict[str, str]
    replaces: str | None = None
    receipt: dict[str, Any] | None = None
    receipts: int = 0
    tries: int = 0
    unknown: int = 0
    refused: dict[str, int] = {}
    """Answers that were neither a receipt nor silence: `503 unavailable`, and how often."""
    acknowledged_at: float = 0.0
    """The campaign's monotonic clock."""
    different: bool = False
    """Two receipts for one key that are not the same bytes."""


def a_new_bid(supplier: int, lot_id: str, *, size: int = 2048, replaces: str | None = None) -> Sent:
    """A complete bid that nobody else makes, of about that many bytes, under a new key."""
    mark = uuid4().hex
    base = a_bid(price=f"{1_000_000 + int(mark[:5], 16)}.00")["values"]
    length = max(40, size - len(json.dumps({"values": {**base, "method-statement": ""}})))
    # Words that do not compress, so that a bid takes as much room as it says.
    noise = base64.b32encode(os.urandom(length)).decode()
    words = f"{mark} " + " ".join(noise[start : start + 9] for start in range(0, len(noise), 9))
    return Sent(supplier, lot_id, uuid4().hex, {**base, "method-statement": words[:length].strip()}, replaces)


WAIT = {"unavailable", "storage-full", "too-many-requests", "request-in-flight"}
"""Refusals after which the same request is sent again."""

PATIENT = ("503 unavailable", "507 storage-full", "409 request-in-flight")
"""Answers that a service whose database is away may give to a bid: try again. The last one is for the second of two
that were sent at once under one key, when the first has had no answer for five seconds."""


async def try_once(line: Line, sent: Sent) -> Answer | None:
    """Send the bid once; None when no answer came. What is known of the bid is brought up to date."""
    method, path = ("PUT", f"/bids/{sent.replaces}") if sent.replaces else ("POST", f"/lots/{sent.lot_id}/bids")
    sent.tries += 1
    try:
        answer = await line.send(method, path, {"values": sent.values}, Idempotency_Key=sent.key)
    except Unknown:
        sent.unknown += 1
        return None
    if answer.status in {200, 201}:
        receipt = answer.json()
        sent.receipts += 1
        sent.different |= sent.receipt is not None and not same_receipt(sent.receipt, receipt)
        if sent.receipt is None:
            sent.receipt, sent.acknowledged_at = receipt, time.monotonic()
    else:
        said = f"{answer.status} {answer.slug or 'not a problem'}"
        sent.refused[said] = sent.refused.get(said, 0) + 1
    return answer


def same_receipt(first: dict[str, Any], second: dict[str, Any]) -> bool:
    """Whether two receipts say the same of the bid and prove the same entry; the checkpoint may be a later one."""
    entries = [
        {**receipt, "proof": [(receipt.get("proof") or {}).get(part) for part in ("entry", "position")]}
        for receipt in (first, second)
    ]
    return entries[0] == entries[1]


async def submit(
    line: Line, sent: Sent, *, seconds: float = 300, pause: float = 0.05, hedge: Line | None = None
) -> bool:
    """Send the bid again and again under its key until it is acknowledged; False if that never happens.

    hedge: a second connection on which the same request is sent at the same time, as an impatient portal does.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        lines = (line,) if hedge is None else (line, hedge)
        answers = await asyncio.gather(*(try_once(one, sent) for one in lines))
        if sent.receipt is not None:
            return True
        told = [answer for answer in answers if answer is not None]
        if any(answer.slug not in WAIT for answer in told):
            return False
        wait = max((float(answer.headers.get("retry-after", "0")) for answer in told), default=0.0)
        await asyncio.sleep(max(pause, min(wait, 1.0)))
    return False


def statuses(bids: list[Sent]) -> dict[str, int]:
    """Every refusal that the bids met, and how often."""
    found: Counter[str] = Counter()
    for sent in bids:
        found.update(sent.refused)
    return dict(sorted(found.items()))
