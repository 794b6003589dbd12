"""A thousand retry keys, each used fifty times at once (`make soak SOAK=idempotency [N=1000]`).

Of every key's requests one stores a bid, and all are answered with the same bytes; another body under the key is
refused; after a restart of the service and after the deadline the key still gives the same bytes. Every fourth key
replaces a bid instead: there nothing but the key tells a retry from a further version. While the first request is held
up for a moment its duplicates wait and then get its answer; held up for longer than five seconds they are told so, but
for the first that comes to another service: no commit tells it from a first request yet, and it waits like one.

The duplicates come in by two services on one database, half by each, those that wait as well.

Controls: a service that does not store the key with its bid, and one that neither asks for it nor is stopped by the
database's own constraints (altered.py).
"""

import asyncio
import contextlib
import sys
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import msgspec

from tests.make import a_bid
from tests.soak import stage
from tests.soak.clients import Answer, Line, Tender, Unknown
from tests.soak.harness import LONGEST_SECONDS, Failed, code_digest, load, store, tell, verdict
from tests.soak.stage import Play
from tests.soak.ways import WAITING

PROGRESS = Path(".soak/idempotency.json")
KEYS = 1_000
DUPLICATES = 50
KEYS_A_PLAY = 250
WAITED_SECONDS = 5.0
"""So long a duplicate waits for the first request before it is told that there is one (409)."""

SLACK_SECONDS = 2.0
"""Less than the three seconds by which the first request is held up for longer than that."""

CONTROLS = ("key-not-stored", "key-not-asked-for")
"""The mistakes that must be caught."""


class Case(NamedTuple):
    """One key: whose it is, where it goes, what it carries."""

    number: int
    supplier: int
    method: str
    path: str
    body: bytes

    @property
    def key(self) -> str:
        """The retry key."""
        return f"case-{self.number}"


COUNTED = ("keys", "requests", "turned_away", "replayed", "altered_refused", "after_restart", "after_deadline")


class Count(msgspec.Struct):
    """What was seen, and what must not be, by its name."""

    keys: int = 0
    requests: int = 0
    turned_away: int = 0
    replayed: int = 0
    altered_refused: int = 0
    after_restart: int = 0
    after_deadline: int = 0
    faults: dict[str, int] = {}

    def fault(self, name: str, times: int = 1) -> None:
        """Count something that must not be."""
        if times:
            self.faults[name] = self.faults.get(name, 0) + times

    def add(self, other: "Count") -> None:
        """Count what another part has counted."""
        for name in COUNTED:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name, times in other.faults.items():
            self.fault(name, times)


class Progress(msgspec.Struct):
    """How far a campaign has come."""

    code: str
    count: Count = msgspec.field(default_factory=Count)
    waits: dict[str, str] = {}
    controls: dict[str, dict[str, int]] = {}


class Trial:
    """Some keys on one play, and their first answers."""

    def __init__(self, play: Play, tender: Tender) -> None:
        self.play = play
        self.tender = tender
        self.count = Count()
        self.first: dict[int, bytes] = {}
        self.cases: list[Case] = []
        self.lines: list[Line] = []

    async def prepare(self, keys: int) -> None:
        """Think of the bids; those that will be replaced are submitted."""
        bids = f"/lots/{self.tender.lots[0]}/bids"
        urls = self.play.stand.url, self.play.annex.url
        self.lines = [Line(urls[number % len(urls)]) for number in range(DUPLICATES)]
        for number in range(keys):
            body = msgspec.json.encode(a_bid(price=f"{1_000_000 + number}.00"))
            case = Case(number, number, "POST", bids, body)
            if number % 4 == 3:
                first = msgspec.json.encode(a_bid(price="9000000.00"))
                receipt = (await self.send(self.lines[0], case._replace(body=first), key="first")).json()
                case = case._replace(method="PUT", path=f"/bids/{receipt['bid_id']}")
            self.cases.append(case)

    async def send(self, line: Line, case: Case, *, key: str = "") -> Answer:
        """Send a case over a connection; again when that is cut or the service too busy, as any client would."""
        authorization = f"Bearer {self.play.suppliers[case.supplier].key}"
        self.count.requests += 1
        headers = {"Authorization": authorization, "Idempotency_Key": key or case.key}
        while True:
            with contextlib.suppress(Unknown):
                answer = await line.send(case.method, case.path, case.body, **headers)
                if answer.status != 503:
                    return answer
                self.count.turned_away += 1
            await asyncio.sleep(1.0)

    async def at_once(self, case: Case) -> None:
        """The case on all connections at the same time."""
        answers = await asyncio.gather(*(self.send(line, case) for line in self.lines))
        self.count.keys += 1
        expected = 201 if case.method == "POST" else 200
        good = [answer for answer in answers if answer.status == expected]
        for said, times in Counter(f"{a.status} {a.slug}" for a in answers if a.status != expected).items():
            self.count.fault(f"a duplicate answered {said}", times)
        bodies = {answer.body for answer in good}
        self.count.fault("keys with different answers", len(bodies) > 1)
        fresh = [answer for answer in good if "idempotency-replayed" not in answer.headers]
        self.count.fault("keys with another number of first answers than one", len(fresh) != 1)
        self.count.replayed += len(good) - len(fresh)
        self.first[case.number] = (fresh or good or answers)[0].body

    async def alter(self, case: Case) -> None:
        """The key with another body."""
        altered = case._replace(body=case.body.replace(b".00", b".01"))
        answer = await self.send(self.lines[case.number % DUPLICATES], altered)
        self.count.altered_refused += answer.slug == "idempotency-key-reused"
        self.count.fault("another body under the key taken", answer.slug != "idempotency-key-reused")

    async def replay(self) -> int:
        """Every key once more; how many give the first answer's bytes."""
        same = 0
        for start in range(0, len(self.cases), DUPLICATES):
            part = self.cases[start : start + DUPLICATES]
            answers = await asyncio.gather(*(self.send(*pair) for pair in zip(self.lines, part, strict=False)))
            same += sum(answer.body == self.first[case.number] for answer, case in zip(answers, part, strict=True))
        return same

    async def run(self, keys: int) -> Count:
        """Everything, in order."""
        await self.prepare(keys)
        for case in self.cases:
            await self.at_once(case)
        await asyncio.gather(*(self.alter(case) for case in self.cases[:DUPLICATES]))
        for case in self.cases[DUPLICATES:]:
            await self.alter(case)
        await self.count_rows()
        await self.play.restart()
        await self.play.start_annex()
        self.count.after_restart = await self.replay()
        await self.close_tender()
        self.count.after_deadline = await self.replay()
        self.count.fault("another answer after the restart", keys - self.count.after_restart)
        self.count.fault("another answer after the deadline", keys - self.count.after_deadline)
        await self.count_rows()
        for line in self.lines:
            await line.close()
        return self.count

    async def close_tender(self) -> None:
        """Let the deadline pass."""
        owner = self.play.owner
        async with owner.transaction():
            await owner.execute("SELECT FROM tenders WHERE id = $1 FOR UPDATE", self.tender.id)
            passed = "UPDATE tenders SET submission_deadline = clock_timestamp() WHERE id = $1"
            await owner.execute(passed, self.tender.id)

    async def count_rows(self) -> None:
        """One bid a case, one version a key, one entry a version."""
        stored = await self.play.owner.fetchrow(
            """
            SELECT
                count(DISTINCT version.bid_id) AS bids, count(*) AS versions,
                (SELECT count(*) FROM events WHERE log_id = $2 AND kind IN ('bid.submitted', 'bid.replaced')) AS entries
            FROM bid_versions AS version INNER JOIN bids AS bid ON version.bid_id = bid.id WHERE bid.lot_id = $1
            """,
            self.tender.lots[0],
            self.tender.id,
        )
        versions = len(self.cases) + sum(case.method == "PUT" for case in self.cases)
        self.count.fault("bids too many or too few", abs(stored["bids"] - len(self.cases)))
        self.count.fault("versions too many or too few", abs(stored["versions"] - versions))
        self.count.fault("entries too many or too few", abs(stored["entries"] - versions))


# A first request that takes its time


class Waited(NamedTuple):
    """A duplicate's answer, and after how many seconds it came; on the first request's service or on the other."""

    answer: Answer
    seconds: float
    elsewhere: bool


async def held(play: Play, tender: Tender, seconds: float) -> list[Waited]:
    """Ten duplicates, half of them on each service, the first held up at the tender's log; it is the first answer."""
    trial = Trial(play, tender)
    await trial.prepare(1)
    lines, case = list(enumerate(trial.lines[:10])), trial.cases[0]

    async def one(number: int, line: Line) -> Waited:
        began = time.monotonic()
        answer = await trial.send(line, case)
        return Waited(answer, time.monotonic() - began, elsewhere=number % 2 == 1)

    async with play.owner.transaction():
        await play.owner.execute("SELECT FROM log_heads WHERE log_id = $1 FOR UPDATE", tender.id)
        sending = [asyncio.create_task(one(*lines[0]))]
        while not await play.owner.fetchval(WAITING):
            pass  # each look is a round trip
        sending += [asyncio.create_task(one(*line)) for line in lines[1:]]
        await asyncio.sleep(seconds)
    answers = await asyncio.gather(*sending)
    for line in trial.lines:
        await line.close()
    return list(answers)


def is_first_there(one: Waited, first: Waited) -> bool:
    """Whether it was the first on the other service: nothing tells it from a first request, so it waits like one."""
    return one.elsewhere and one.answer.status == first.answer.status and one.seconds > WAITED_SECONDS + SLACK_SECONDS


async def check_waits(play: Play) -> dict[str, str]:
    """Duplicates of a request that takes a moment, and of one that takes too long; what is wrong with the answers."""
    found: dict[str, str] = {}
    waited = await held(play, await play.market.publish(), 1.0)
    said = Counter((one.answer.status, one.answer.body) for one in waited)
    if len(said) != 1 or waited[0].answer.status != 201:
        found["held up for 1 s"] = f"not one and the same receipt: {Counter(one.answer.status for one in waited)}"
    first, *others = await held(play, await play.market.publish(), WAITED_SECONDS + 3)
    if first.answer.status not in {201, 503}:
        found["held up for 8 s"] = f"the first request was answered {first.answer.status}"
    for service, elsewhere in (("the same service", False), ("the other service", True)):
        told = [one for one in others if one.elsewhere is elsewhere and not is_first_there(one, first)]
        if len(told) < len([one for one in others if one.elsewhere is elsewhere]) - elsewhere:
            found[f"held up for 8 s, on {service}"] = "more than one waited to the end"
        strange = Counter(one.answer.status for one in told if one.answer.slug != "request-in-flight")
        if strange:
            found[f"held up for 8 s, on {service}"] = f"not all were told 409 request-in-flight: {strange}"
        soonest = min(one.seconds for one in told)
        if not WAITED_SECONDS - 0.5 < soonest < WAITED_SECONDS + SLACK_SECONDS:
            found[f"patience of {service}"] = f"told after {soonest:.1f} s, not after {WAITED_SECONDS:.0f}"
    return found


# The campaign


async def run(keys: int, seconds: float = LONGEST_SECONDS) -> Progress:
    """Controls, waits, then all keys, some hundreds on a database at a time; goes on where it stopped."""
    progress, end = load(PROGRESS, Progress(code=code_digest())), time.monotonic() + seconds
    async with stage.under("idempotency") as place:
        for name in [name for name in CONTROLS if name not in progress.controls]:
            progress.controls[name] = await run_control(place, name)
            store(PROGRESS, progress)
            tell(f"control: {name}: {progress.controls[name]}")
        while progress.count.keys < keys and time.monotonic() < end:
            part = min(KEYS_A_PLAY, keys - progress.count.keys)
            async with place.play(suppliers=part) as play:
                await play.start_annex()
                if not progress.count.keys:
                    progress.waits = await check_waits(play)
                progress.count.add(await Trial(play, await play.market.publish()).run(part))
            store(PROGRESS, progress)
            tell(f"{progress.count.keys} of {keys} keys, {progress.count.faults or 'nothing wrong'}")
    return progress


async def run_control(place: stage.Stage, name: str, *, keys: int = 12) -> dict[str, int]:
    """The faults that are seen once the database's guards are removed."""
    async with place.play(mistake=name, suppliers=keys) as play:
        await play.start_annex()
        try:
            return (await Trial(play, await play.market.publish()).run(keys)).faults
        except Failed as failure:
            return {str(failure): 1}


def faults_of(progress: Progress) -> list[str]:
    """Everything that fails the campaign, in sentences."""
    found = [f"{times} × {name}" for name, times in progress.count.faults.items()]
    found += [f"{name}: {said}" for name, said in progress.waits.items()]
    return found + [f"not caught: {name}" for name, seen in progress.controls.items() if not seen]


def main(arguments: list[str]) -> int:
    """Run the campaign; 1 if anything was wrong or a control was not caught, 2 if the hour did not suffice."""
    keys = int(arguments[0]) if arguments else KEYS
    progress = asyncio.run(run(keys))
    figures = {**msgspec.to_builtins(progress.count), "duplicates": DUPLICATES, "controls": progress.controls}
    done = progress.count.keys
    return verdict("idempotency", figures, faults_of(progress), missing=f"{done} of {keys}" if done < keys else "")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
