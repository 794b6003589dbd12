"""One version takes the other's place while bids come in, and nobody is refused (`make soak SOAK=upgrade [N=10]`).

Two `serve` on one database behind a balancer, which goes by `/health/ready` alone and looks twice a second. Round by
round a new process is started, becomes ready, and the old one is told to stop: it drains, and ends. Every bid must be
acknowledged at its first try, on whichever process it came; afterwards all receipts are compared with the database.

N is the number of rounds, and may be followed by a git revision: N="10 HEAD~5". Then the old process is of that
revision, the database is migrated by the present code, and the old version is started again in the middle of each
round, on a database that is newer than itself.

Control: a process that does not drain must be noticed by bids that were tried again.
"""

import asyncio
import contextlib
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec

from tests.soak import stage
from tests.soak.clients import Market, Sent, Unexpected, statuses
from tests.soak.harness import PROJECT, START_SECONDS, Failed, Stand, tell, until, verdict
from tests.soak.load import LOTS, Load
from tests.soak.receipts import Count
from tests.soak.stage import Play

ROUNDS = 10
LOOK_SECONDS = 0.5
DRAIN_SECONDS = "7"
"""More than the balancer's interval, and than the five seconds after which an idle connection is closed."""

BIDS_BETWEEN = 40
SUPPLIERS = 8


class Outcome(msgspec.Struct):
    """What the rounds have shown."""

    rounds: int = 0
    count: Count = msgspec.field(default_factory=Count)
    tries: int = 0
    bids: int = 0
    unknown: int = 0
    refused: dict[str, int] = {}
    exits: list[int] = []
    control: int | None = None
    """Bids that were tried again where a process did not drain; not made yet: None."""

    def add(self, bids: list[Sent]) -> None:
        """Count what was sent."""
        self.bids += len(bids)
        self.tries += sum(bid.tries for bid in bids)
        self.unknown += sum(bid.unknown for bid in bids)
        self.refused |= statuses(bids)

    def faults(self) -> list[str]:
        """Everything that must not be, as sentences."""
        found = self.count.faults()
        if self.unknown or self.refused:
            found.append(f"bids were not acknowledged at once: {self.unknown} broke off, refused {self.refused}")
        if any(self.exits):
            found.append(f"processes that were told to stop ended with {self.exits}")
        return found + (["a process that does not drain was not noticed"] if self.control == 0 else [])


class Balancer:
    """Sends each new connection to the next process that says it is ready, as it was seen last."""

    def __init__(self, *stands: Stand) -> None:
        self.stands = stands
        self._ready = [stand.url for stand in stands[:1]]
        self._turn = 0

    def url(self) -> str:
        """The address for the next connection."""
        self._turn += 1
        return self._ready[self._turn % len(self._ready)]

    def knows(self, stand: Stand) -> bool:
        """Whether connections go there."""
        return stand.url in self._ready

    @contextlib.asynccontextmanager
    async def looking(self) -> AsyncIterator[None]:
        """Look at all of them for as long as the block runs; with nobody ready it goes on with who was."""

        async def look() -> None:
            while True:
                told = await asyncio.gather(*(stand.ready() for stand in self.stands))
                self._ready = [one.url for one, good in zip(self.stands, told, strict=True) if good] or self._ready
                await asyncio.sleep(LOOK_SECONDS)

        task = asyncio.create_task(look())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def replace(balancer: Balancer, old: Stand, new: Stand) -> int:
    """Start the new one, wait until connections go there, and tell the old one to stop; its exit code."""
    new.serve.start()

    async def known() -> bool:
        if not new.serve.runs:
            raise Failed(new.serve.said())
        return balancer.knows(new)

    await until(known, START_SECONDS, "readiness")
    code = await old.serve.end(signal.SIGTERM)
    return 0 if code in {0, -signal.SIGTERM, 128 + signal.SIGTERM} else code


def code_of(revision: str, folder: Path) -> Path:
    """The files of a revision in a folder. Raises Failed where git does not know it."""
    folder.mkdir(parents=True)
    packed = subprocess.run(["git", "archive", revision], cwd=PROJECT, capture_output=True, check=False)
    if packed.returncode:
        raise Failed(packed.stderr.decode().strip())
    subprocess.run(["tar", "-x", "-C", folder], input=packed.stdout, check=True)
    return folder


@contextlib.asynccontextmanager
async def bidding(play: Play, suppliers: int, pause: float = 0) -> AsyncIterator[tuple[Balancer, Load]]:
    """Suppliers at work through a balancer in front of the play's two stands."""
    balancer = Balancer(play.stand, play.annex)
    market = Market(balancer.url, play.market.operator.key)
    await market.fill(suppliers)
    load = Load(market, [await market.publish(LOTS)], hedged=0, pause=pause)
    async with balancer.looking():
        load.start()
        try:
            await load.expect(suppliers)
            yield balancer, load
            await load.stop()
        finally:
            await load.abandon()
            await market.close()


async def campaign(
    rounds: int, *, suppliers: int = SUPPLIERS, revision: str = "", control: bool = True, pause: float = 0
) -> Outcome:
    """So many rounds, and the control; pause: seconds between a supplier's bids."""
    outcome = Outcome()
    async with stage.under("upgrade") as place:
        async with place.play(drain_seconds=DRAIN_SECONDS) as play:
            if revision:
                play.annex.serve.code = code_of(revision, place.place / "old")
            async with bidding(play, suppliers, pause) as (balancer, load):
                pair = (play.stand, play.annex)
                for number in range(rounds):
                    outcome.exits.append(await replace(balancer, *pair))
                    pair = pair[::-1]
                    await load.expect(BIDS_BETWEEN)
                    outcome.rounds += 1
                    tell(f"{number + 1} of {rounds} rounds, {load.acknowledged} bids")
            outcome.add(load.bids)
            outcome.count.add(await load.check(play.owner, opening=False))
        if control:
            async with place.play(drain_seconds="0") as play, bidding(play, suppliers) as (balancer, load):
                pair = (play.stand, play.annex)
                while not (again := sum(bid.tries - 1 for bid in load.bids if bid.receipt)) and outcome.rounds < 99:
                    await replace(balancer, *pair)
                    pair = pair[::-1]
                    await load.expect(suppliers)
                    outcome.rounds += 1
            outcome.control = again
    return outcome


def main(arguments: list[str]) -> int:
    """Run the campaign and say how it went."""
    rounds = int(arguments[0]) if arguments else ROUNDS
    try:
        outcome = asyncio.run(campaign(rounds, revision=arguments[1] if arguments[1:] else ""))
    except (Failed, Unexpected) as failure:
        print(f"upgrade: the campaign itself failed: {failure}", file=sys.stderr)
        return 3
    figures: dict[str, Any] = msgspec.to_builtins(outcome)
    return verdict("upgrade", figures, outcome.faults())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
