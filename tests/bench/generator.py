"""Our own HTTP load generator, for machines without wrk: `python -m tests.bench.generator URL CONNECTIONS SECONDS …`.

The further arguments and the answer are those of requests.lua; it takes several times wrk's CPU.
"""

import asyncio
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import uvloop

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Source:
    """The prepared requests, in order."""

    def __init__(self, heads: list[bytes], bodies: list[bytes], *, cycle: bool, start: int) -> None:
        self.heads, self.bodies, self.cycle, self.start = heads, bodies, cycle, start
        self.sent = 0

    @property
    def exhausted(self) -> bool:
        """Whether some request was sent a second time although none may be."""
        return not self.cycle and self.sent > len(self.heads)

    def take(self) -> bytes:
        """The next request."""
        at = (self.start + self.sent) % len(self.heads)
        self.sent += 1
        return self.heads[at] + self.bodies[at % len(self.bodies)]


class Connection(asyncio.Protocol):
    """One connection: a request, its whole answer, the next request."""

    def __init__(self, source: Source, micros: list[int], failed: dict[str, int]) -> None:
        self.source, self.micros, self.failed = source, micros, failed
        self.stopped = False
        self.have = b""
        self.need = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.WriteTransport", transport)
        self.send()

    def send(self) -> None:
        self.have, self.need = b"", 0
        self.sent_at = time.perf_counter_ns()
        self.transport.write(self.source.take())

    def data_received(self, data: bytes) -> None:
        self.have += data
        if not self.need and (end := self.have.find(b"\r\n\r\n")) >= 0:
            length = LENGTH.search(self.have, 0, end)
            self.need = end + 4 + (int(length[1]) if length else 0)
        if self.need and len(self.have) >= self.need and not self.stopped:
            self.micros.append((time.perf_counter_ns() - self.sent_at) // 1000)
            self.failed["status"] += self.have[9:12] >= b"400"
            self.send()

    def connection_lost(self, exc: Exception | None) -> None:
        self.failed["read"] += not self.stopped


def records(path: Path) -> Iterator[bytes]:
    """What `load.write_records` wrote."""
    with path.open("rb") as file:
        while length := file.readline():
            yield file.read(int(length))


async def main(url: str, connections: int, seconds: float, source: Source) -> dict[str, Any]:
    """Load the server and tell what happened."""
    parts = urlsplit(url)
    micros: list[int] = []
    failed = dict.fromkeys(("status", "connect", "read", "write", "timeout"), 0)
    loop = asyncio.get_running_loop()
    started = time.perf_counter_ns()
    made = [
        await loop.create_connection(lambda: Connection(source, micros, failed), parts.hostname, parts.port)
        for _ in range(connections)
    ]
    await asyncio.sleep(seconds)
    done, took = list(micros), time.perf_counter_ns() - started
    for transport, connection in made:
        connection.stopped = True
        transport.abort()
    return failed | {
        "requests": len(done),
        "us": took // 1000,
        "latencies": sorted(Counter(done).items()),
        "exhausted": int(source.exhausted),
    }


if __name__ == "__main__":
    heads, bodies, mode, start = sys.argv[4:8]
    given = Source(list(records(Path(heads))), list(records(Path(bodies))), cycle=mode == "cycle", start=int(start))
    print(json.dumps(uvloop.run(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), given))))
