"""Every hostile payload in every place: none breaks, leaves the machine or is changed; what each costs is measured.

The service and its asker share this process, one request at a time; the processor's clock of the process is read before
and after each. So the figures hold the asker's own share, some milliseconds. At most 200 ms of processor time a request
and 50 MB of memory in all (standards.md, C-10). `make soak SOAK=corpus N=20` sends twenty more classes of payloads to
one kind of place each; what was sent is kept.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import msgspec

from tests.make_corpus import BODIES, FIELD_KINDS, VALUES, FieldKind, Place, Sender, body_of, places, written_out
from tests.make_worlds import make_worlds
from tests.service.conftest import done
from tests.service.test_corpus import OUTSIDE, harmless
from tests.soak.harness import LONGEST_SECONDS, SOAK, code_digest, load, store, tell, verdict
from tests.soak.stored import a_market

MOST_CPU_SECONDS = 0.2
MOST_GROWTH_BYTES = 50_000_000
MOST_FAULTS = 50


class Progress(msgspec.Struct):
    """What has been sent with this code: requests by class and kind of place; the dearest, in seconds."""

    code: str
    sent: dict[str, int] = {}
    faults: list[str] = []
    dearest: float = 0.0
    growth: int = 0


def resident() -> int:
    """Bytes that the process holds in memory."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * 4096


async def answers(
    sender: Sender, name: str, kind: FieldKind | None, found: list[Place]
) -> AsyncIterator[tuple[Place, Any, httpx.Response, float]]:
    """What each payload of a class in each place is answered, and the processor's seconds that it took."""
    for place in found:
        for payload in BODIES[name] if kind is None else VALUES[name]:
            began = time.process_time()
            if kind is None:
                method, path = sender.addresses[place.operation][0], sender.path(place.operation)
                headers = {"If-Match": '"1"', "Idempotency-Key": str(uuid4())}
                answer = await sender.request(sender.person(place.operation), method, path, body_of(payload), headers)
            else:
                answer = await sender.send(place, payload)
            if answer is not None:
                yield place, payload, answer, time.process_time() - began


async def send(sender: Sender, progress: Progress, name: str, kind: FieldKind | None, found: list[Place]) -> None:
    """Send a class to all places of a kind, None for whole bodies, and note what came of it."""
    outside, before, number = len(OUTSIDE), resident(), 0
    async for place, payload, answer, seconds in answers(sender, name, kind, found):
        number += 1
        progress.dearest = max(progress.dearest, seconds)
        try:
            harmless(answer, place, written_out(payload) if kind else payload)
        except AssertionError as fault:
            progress.faults.append(str(fault)[:500])
        if seconds > MOST_CPU_SECONDS:
            progress.faults.append(f"{place}: {payload!r:.100} took {seconds:.3f} s")
    progress.growth = max(progress.growth, resident() - before)
    progress.faults += [f"{name}: a connection to {place}" for _, place in OUTSIDE[outside:]]
    progress.sent[f"{name} · {kind or 'body'}"] = number


async def run(most: int | None) -> int:
    """Send what is left."""
    began, path = time.monotonic(), SOAK / "corpus.json"
    progress = load(path, Progress(code_digest(Path(__file__).parent.parent / "corpus" / "values.json")))
    kinds: list[tuple[str, FieldKind | None]] = [(name, kind) for kind in FIELD_KINDS for name in VALUES]
    kinds += [(name, None) for name in BODIES]
    left = [(name, kind) for name, kind in kinds if f"{name} · {kind or 'body'}" not in progress.sent][:most]
    async with a_market() as market:
        described = done(await market.anonymous.get("/docs/openapi.json"))["paths"]
        sender = Sender(await make_worlds(market, ("draft", "published", "opened")), described)
        found = places(described)
        for name, kind in left:
            if time.monotonic() - began > LONGEST_SECONDS or len(progress.faults) >= MOST_FAULTS:
                break
            await send(sender, progress, name, kind, found["member" if kind is None else kind])
            store(path, progress)
            tell(f"{name} · {kind or 'body'}: {sum(progress.sent.values())} requests by now")
    if progress.growth > MOST_GROWTH_BYTES:
        progress.faults.append(f"memory grew by {progress.growth} bytes in one class")
    figures = {"requests": sum(progress.sent.values()), "dearest_s": progress.dearest, "growth": progress.growth}
    waiting = len(kinds) - len(progress.sent)
    return verdict("corpus", figures, progress.faults, missing=f"{waiting} classes are left" if waiting else "")


if __name__ == "__main__":
    sys.exit(asyncio.run(run(int(sys.argv[1]) if len(sys.argv) > 1 else None)))
