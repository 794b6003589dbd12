"""Officers lose their shares, or pass on forged ones (`make soak SOAK=keys [N=300]`).

Every tender has 2 to 6 opening officers of whom some number opens it, by shares of a key that their own clients have
made. Nothing is published before each of them has shown to hold the share. Then, after bids have come in and the
deadline is over, some have lost their shares and some pass on others: while as many good shares are left as are needed,
every acknowledged bid is opened and the forgers are named; with fewer nothing is opened, not a row of it, the officers
are told plainly that nobody can, and made-up content keys do not help.

Control: tenders whose rehearsal was skipped by writing it into the database, with an officer who never had a share:
there the campaign must see a tender that should open and does not.

Progress lies in .soak/keys.json and belongs to one state of the code.
"""

import asyncio
import base64
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

import httpx
import msgspec

from service import sealing, shares
from service.officer import Client
from service.officer_keys import OwnKey, Stopped
from service.shares import Share, WrongShares
from tests.make import a_tender
from tests.soak import stage
from tests.soak.clients import Line, a_new_bid, submit
from tests.soak.harness import LONGEST_SECONDS, Failed, code_digest, load, store, tell, verdict
from tests.soak.stage import Play

PROGRESS = Path(".soak/keys.json")
TENDERS = 300
TENDERS_A_PLAY = 50
OFFICERS = 6
SUPPLIERS = 4
CONTROL_TENDERS = 4
PLAIN_WORDS = "cannot be opened, by nobody, the service included"

T = TypeVar("T")


class Count(msgspec.Struct):
    """What was seen, and what must not be, by its name."""

    tenders: int = 0
    opened: int = 0
    stayed_closed: int = 0
    lost_shares: int = 0
    forged_shares: int = 0
    bids: int = 0
    faults: dict[str, int] = {}

    def fault(self, name: str) -> None:
        """Count something that must not be."""
        self.faults[name] = self.faults.get(name, 0) + 1


class Progress(msgspec.Struct):
    """How far the campaign has come."""

    code: str
    count: Count = msgspec.field(default_factory=Count)
    control: dict[str, int] | None = None


class Officer:
    """An officer with a client and a key of one's own; what the client says is kept."""

    def __init__(self, url: str, person: dict[str, Any], api_key: str) -> None:
        self.id = UUID(person["id"])
        self.name: str = person["name"]
        self.key = OwnKey(*sealing.generate_key())
        self.said: list[str] = []
        self.line = Line(url, api_key)
        self._url, self._api_key = url, api_key

    async def do(self, step: Callable[[Client], T]) -> T:
        """Let the officer's client do something."""

        def work() -> T:
            with httpx.Client(
                base_url=self._url, headers={"Authorization": f"Bearer {self._api_key}"}, timeout=60
            ) as http:
                return step(Client(http, [self.key], self.said.append))

        return await asyncio.to_thread(work)


class Case(NamedTuple):
    """A tender: how many of its officers open it, who has lost the share, who passes on a forged one."""

    needed: int
    officers: list[Officer]
    lost: set[UUID]
    forgers: set[UUID]
    bids: int

    @property
    def good(self) -> list[Officer]:
        """Who still brings a right share."""
        return [one for one in self.officers if one.id not in self.lost | self.forgers]

    @property
    def opens(self) -> bool:
        """Whether enough right shares are left."""
        return len(self.good) >= self.needed


def invented(number: int, officers: list[Officer], *, lost_at_most: bool = False) -> Case:
    """The case of a number. lost_at_most: as many are lost as can be spared, and nothing is forged."""
    random = Random(number)
    there = random.sample(officers, random.randint(3 if lost_at_most else 2, len(officers)))
    needed = random.randint(2, len(there) - lost_at_most)
    spare = len(there) - needed
    missing = spare if lost_at_most else random.choice([spare, spare + 1, random.randint(0, len(there))])
    gone = [one.id for one in random.sample(there, missing)]
    forging = 0 if lost_at_most else random.randint(0, len(gone))
    return Case(needed, there, set(gone[forging:]), set(gone[:forging]), random.randint(1, SUPPLIERS))


class Campaign:
    """The tenders of one play."""

    def __init__(self, play: Play, count: Count) -> None:
        self.play = play
        self.count = count
        self.officers: list[Officer] = []

    async def enrol(self) -> None:
        """Officers with keys of their own."""
        author = self.play.market.people["author"].line
        for number in range(1, OFFICERS + 1):
            person = await author.done("POST", "/people", {"name": f"Officer {number}"})
            key = await author.done("POST", f"/people/{person['id']}/keys", {"label": "campaign"})
            officer = Officer(self.play.stand.url, person, key["secret"])
            await officer.do(lambda client, own=officer.key: client.register(own))
            self.officers.append(officer)

    async def tender(self, case: Case, *, never_had: UUID | None = None) -> None:
        """One tender from its draft to its opening, or to where it stays closed."""
        self.count.tenders += 1
        tender = await self.draft(case)
        if await self.may_be_published(tender):
            self.count.fault("published without a key")
            return
        await case.officers[0].do(lambda client: client.make_key(UUID(tender["id"]), lambda _: True))
        if never_had is None:
            await self.rehearse(case, tender)
        else:
            await self.skip_rehearsal(tender, never_had)
        tender = await self.publish(tender)
        await self.bid(case, tender)
        await self.play.owner.execute(
            "UPDATE tenders SET submission_deadline = clock_timestamp() WHERE id = $1", tender["id"]
        )
        await self.open(case, tender)
        self.count.bids += case.bids
        self.count.lost_shares += len(case.lost)
        self.count.forged_shares += len(case.forgers)

    # Before the deadline

    async def draft(self, case: Case) -> dict[str, Any]:
        """A draft in the officers' custody, with everybody's roles."""
        market = self.play.market
        author = market.people["author"].line
        deadline = (await self.play.deadline_in(3600)).isoformat()
        fields = {"custody": "officers", "officers_needed": case.needed, "submission_deadline": deadline}
        tender = await author.done("POST", "/tenders", a_tender(**fields))
        held = [(str(one.id), "opening_officer") for one in case.officers]
        held += [(market.people[name].id, name) for name in ("approver", "evaluator", "moderator", "auditor")]
        for person_id, role in held:
            await author.done("POST", f"/tenders/{tender['id']}/roles", {"person_id": person_id, "role": role})
        return tender

    async def rehearse(self, case: Case, tender: dict[str, Any]) -> None:
        """Every officer shows the share; until the last one has, nothing is published."""
        for place, officer in enumerate(case.officers):
            if place in {0, len(case.officers) - 1} and await self.may_be_published(tender):
                self.count.fault("published before every officer had rehearsed")
            await officer.do(lambda client: client.rehearse(UUID(tender["id"])))

    async def skip_rehearsal(self, tender: dict[str, Any], never_had: UUID) -> None:
        """What a service without the rehearsal would let happen: one officer never had a share that opens."""
        owner = self.play.owner
        await owner.execute(
            "UPDATE tender_key_shares SET rehearsed_at = clock_timestamp() WHERE tender_id = $1", tender["id"]
        )
        await owner.execute(
            "UPDATE tender_key_shares SET sealed_share = '\\x00' WHERE tender_id = $1 AND person_id = $2",
            tender["id"],
            never_had,
        )

    async def _ask_to_publish(self, tender: dict[str, Any]) -> tuple[int, Any]:
        approver = self.play.market.people["approver"].line
        answer = await approver.send("POST", f"/tenders/{tender['id']}/publication", If_Match='"1"')
        return answer.status, answer.json()

    async def may_be_published(self, tender: dict[str, Any]) -> bool:
        """Whether the service would publish the draft as it stands; it is meant to refuse."""
        status, said = await self._ask_to_publish(tender)
        if status not in {200, 422}:
            raise Failed(f"publication was answered {status}: {said}")
        return status == 200

    async def publish(self, tender: dict[str, Any]) -> dict[str, Any]:
        """The published tender."""
        status, said = await self._ask_to_publish(tender)
        if status != 200:
            raise Failed(f"publication was answered {status}: {said}")
        return said

    async def bid(self, case: Case, tender: dict[str, Any]) -> None:
        """So many suppliers bid, each acknowledged."""
        for number in range(case.bids):
            line = self.play.line(number)
            if not await submit(line, a_new_bid(number, tender["lots"][0]["id"])):
                raise Failed("a bid was not acknowledged")
            await line.close()

    # After the deadline

    async def open(self, case: Case, tender: dict[str, Any]) -> None:
        """Whoever is left asks and passes on; then one of them opens, or is told that nobody can."""
        lot = UUID(tender["lots"][0]["id"])
        left = [one for one in case.officers if one.id not in case.lost]
        if not left:
            await self.expect_closed(tender)
            return
        opener = next(iter(case.good), left[0])
        opener.said.clear()
        acted = 0
        for officer in left:
            acted += await self.act(officer, opener, tender, forges=officer.id in case.forgers)
        try:
            await opener.do(lambda client: client.open(lot, "offer"))
        except (Stopped, WrongShares) as stopped:
            if case.opens:
                self.count.fault("closed for good although enough shares are left")
                return
            if PLAIN_WORDS not in str(stopped):
                self.count.fault(f"not said plainly: {stopped}")
            if acted >= case.needed:
                await self.make_up_keys(opener, lot)
            await self.expect_closed(tender)
            return
        if not case.opens:
            self.count.fault("opened with too few shares")
            return
        await self.expect_opened(case, tender, opener)

    async def act(self, officer: Officer, opener: Officer, tender: dict[str, Any], *, forges: bool) -> int:
        """Ask for the opening and pass the share on, or one that was made up; 0 where the officer had none to pass."""
        lot = UUID(tender["lots"][0]["id"])
        if not forges:
            try:
                await officer.do(lambda client: client.act(lot, "offer", opener.id, heard=lambda _: ""))
            except Stopped:
                return 0
            return 1
        private, _ = sealing.generate_key()
        made_up: Share = shares.split(UUID(tender["id"]), private, 2, 2)[0]
        forged = msgspec.structs.replace(made_up, public_key=tender["public_key"])
        bound = shares.for_opening(lot, "offer", officer.id, opener.id)
        sealed = sealing.seal(opener.key.public, bound, msgspec.json.encode(forged))
        body = {"sealed_share": base64.b64encode(sealed).decode()}
        await officer.line.done("PUT", f"/lots/{lot}/opening/shares/{opener.id}", body)
        await officer.line.done("POST", f"/lots/{lot}/opening")
        return 1

    async def make_up_keys(self, opener: Officer, lot: UUID) -> None:
        """Enough officers have asked, but nobody has the key: content keys that were made up open nothing."""
        headers = await opener.line.done("GET", f"/lots/{lot}/opening/headers")
        keys = [{"bid_id": one["bid_id"], "key": base64.b64encode(os.urandom(32)).decode()} for one in headers]
        answer = await opener.line.send("POST", f"/lots/{lot}/opening/keys", {"envelope": "offer", "keys": keys})
        if (answer.status, answer.slug) != (422, "wrong-content-key"):
            self.count.fault(f"made-up keys were answered {answer.status} {answer.slug}")

    async def expect_closed(self, tender: dict[str, Any]) -> None:
        """Nothing of the lot is open: no row, no instant."""
        lot = UUID(tender["lots"][0]["id"])
        rows = await self.play.owner.fetchval("SELECT count(*) FROM opened_bids WHERE lot_id = $1", lot)
        opened_at = await self.play.owner.fetchval("SELECT opened_at FROM lots WHERE id = $1", lot)
        if rows or opened_at is not None:
            self.count.fault("half opened")
        self.count.stayed_closed += 1

    async def expect_opened(self, case: Case, tender: dict[str, Any], opener: Officer) -> None:
        """Every acknowledged bid, without a fault, and every forger named."""
        auditor = self.play.market.people["auditor"].line
        record = await auditor.done("GET", f"/lots/{tender['lots'][0]['id']}/opening")
        if record["number"] != case.bids or any(bid["fault"] for bid in record["bids"]):
            self.count.fault("an acknowledged bid is missing or does not open")
        blamed = " ".join(line for line in opener.said if "not usable" in line)
        for officer in case.officers:
            if (f"The share that {officer.name} passed on" in blamed) != (officer.id in case.forgers):
                self.count.fault("the wrong officer is blamed, or a forger is not")
        self.count.opened += 1

    async def close(self) -> None:
        """Drop all connections."""
        for officer in self.officers:
            await officer.line.close()


# The campaign


async def play_tenders(play: Play, count: Count, numbers: range) -> None:
    """The tenders of these numbers."""
    campaign = Campaign(play, count)
    await campaign.enrol()
    try:
        for number in numbers:
            await campaign.tender(invented(number, campaign.officers))
    finally:
        await campaign.close()


async def run_control(play: Play, tenders: int = CONTROL_TENDERS) -> dict[str, int]:
    """The faults that are seen where nobody had to rehearse, and one officer never had a share."""
    count = Count()
    campaign = Campaign(play, count)
    await campaign.enrol()
    try:
        for number in range(tenders):
            case = invented(number, campaign.officers, lost_at_most=True)
            await campaign.tender(case, never_had=case.good[0].id)
    finally:
        await campaign.close()
    return count.faults


async def run(tenders: int, seconds: float = LONGEST_SECONDS) -> Progress:
    """The control, then all tenders, some on a database at a time; goes on where it stopped."""
    progress, end = load(PROGRESS, Progress(code=code_digest())), time.monotonic() + seconds
    async with stage.under("keys") as place:
        if progress.control is None:
            async with place.play(suppliers=SUPPLIERS) as play:
                progress.control = await run_control(play)
            store(PROGRESS, progress)
            tell(f"control: {progress.control}")
        while progress.count.tenders < tenders and time.monotonic() < end:
            done = progress.count.tenders
            async with place.play(suppliers=SUPPLIERS) as play:
                await play_tenders(play, progress.count, range(done, min(done + TENDERS_A_PLAY, tenders)))
            store(PROGRESS, progress)
            tell(f"{progress.count.tenders} of {tenders} tenders, {progress.count.faults or 'nothing wrong'}")
    return progress


def faults_of(progress: Progress) -> list[str]:
    """Everything that fails the campaign, in sentences."""
    found = [f"{times} × {name}" for name, times in progress.count.faults.items()]
    return found if progress.control else [*found, "not caught: a rehearsal that nobody held"]


def main(arguments: list[str]) -> int:
    """Run the campaign; 1 if anything was wrong or the control was not caught, 2 if the hour did not suffice."""
    tenders = int(arguments[0]) if arguments else TENDERS
    progress = asyncio.run(run(tenders))
    figures = {**msgspec.to_builtins(progress.count), "control": progress.control}
    done = progress.count.tenders
    return verdict("keys", figures, faults_of(progress), missing=f"{done} of {tenders}" if done < tenders else "")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
