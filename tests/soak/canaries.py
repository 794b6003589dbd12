"""A thousand bids that must be nowhere (`make soak SOAK=canaries [N=1000]`).

Every bid has a price and a word that occur nowhere else; the word is in its Idempotency-Key too. They are sent in every
way in which a bid can arrive, be refused, or be crashed on (ways.py, attached.py), to a service that logs at debug
level, on a PostgreSQL that logs every statement with its parameters. Then everything that the two have left is searched
(traces.py): the data directory with its write-ahead log, a dump, both logs, the temporary folder, core dumps,
`/metrics`, and what anybody but the sender is answered; for digests of what was sent too, also under the service's own
secret. After the opening it is searched again: now the opened bids may be found, and all others still must not be.

Some hundreds are sent to one service, whose documents lie in its database and in a folder in turn.

Control: canaries that were never sent are planted, one in each of these places, and must be found there.
"""

import asyncio
import contextlib
import subprocess
import sys
import time
from collections import Counter
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from service.signing import read_secrets
from tests.make import a_bid, a_tender
from tests.soak import attached, stage, ways
from tests.soak.clients import Tender
from tests.soak.harness import LONGEST_SECONDS, PROJECT, code_digest, load, store, tell, verdict
from tests.soak.stage import Play
from tests.soak.traces import Canary, Search, Trace, canaries
from tests.soak.ways import CRASHES, Scene, Way

PROGRESS = Path(".soak/canaries.json")
VARIED = {"variants": {"minimum_requirements": "The roof keeps its load rating.", "at_most": 1}}
CANARIES = 1_000
A_PLAY = 250
"""So many are sent to one service; progress is stored after each."""

FEWEST = 100
"""So many that each way is gone at least once."""

TAKEN: dict[str, Way] = {**ways.TAKEN, **attached.TAKEN}
SHUT: dict[str, Way] = {**ways.SHUT, **attached.SHUT}
AT_ONCE = 8
EXAMPLES = 12
PLANTED = 9
"""Canaries that are never sent, for the control: one for each place."""

READERS = {"evaluator", "moderator", "approver", "auditor"}
"""Who may read opened bids, and the log beside them."""

NEVER = ("log's entries", "answers to others")
"""Where nothing of a bid may stand even after it was opened."""

TALKATIVE = {
    "log_statement": "all",
    "log_min_duration_statement": "0",
    "log_parameter_max_length": "-1",
    "log_parameter_max_length_on_error": "-1",
    "log_min_messages": "debug1",
    "log_min_error_statement": "debug5",
    "log_error_verbosity": "verbose",
    "log_lock_waits": "on",
    # What has been written must still be there when it is searched.
    "wal_keep_size": "10GB",
}

# PostgreSQL compresses long values, and nobody finds a price inside of a compressed one.
UNCOMPRESSED = """
DO $$
DECLARE
    part record;
BEGIN
    FOR part IN
        SELECT att.attrelid::regclass AS tab, att.attname FROM pg_attribute AS att
        INNER JOIN pg_class AS rel ON rel.oid = att.attrelid
        WHERE rel.relnamespace = 'public'::regnamespace AND rel.relkind = 'r' AND att.attnum > 0
        AND NOT att.attisdropped AND att.attstorage IN ('x', 'm')
    LOOP
        EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET STORAGE EXTERNAL', part.tab, part.attname);
    END LOOP;
END
$$
"""


class Found(NamedTuple):
    """A canary where it must not be: how it was sent, in which form and place it was found."""

    way: str
    form: str
    place: str
    around: str


class Outcome(msgspec.Struct):
    """What a campaign has seen."""

    code: str
    sent: dict[str, int] = {}
    before: list[Found] = []
    after: list[Found] = []
    quoted: list[Found] = []
    """Opened bids in the log or in answers to those who may not read them."""
    searched: dict[str, int] = {}
    """Bytes looked through, by place."""
    planted: dict[str, bool] = {}
    """Whether what was planted in a place was found there."""
    opened: bool = False
    """Whether the search after the opening found the bids that are open by then: it looks where bids are."""

    def add(self, other: "Outcome") -> None:
        """Add what another service's canaries came to."""
        self.opened = other.opened and (self.opened or not self.sent)
        self.sent = dict(Counter(self.sent) + Counter(other.sent))
        self.searched = dict(Counter(self.searched) + Counter(other.searched))
        for name, seen in other.planted.items():
            self.planted[name] = seen and self.planted.get(name, True)
        self.before += other.before
        self.after += other.after
        self.quoted += other.quoted


class Campaign:
    """One stage, one play, and what is known of every canary; `documents` is the folder they lie in, if any."""

    def __init__(self, place: stage.Stage, play: Play, documents: Path | None, number: int, seed: int) -> None:
        self.place = place
        self.play = play
        self.documents = documents
        self.canaries = canaries(number + PLANTED, seed)
        self.secrets = read_secrets(place.secrets)
        self.search = Search(self.canaries, self.secrets)
        self.ways: dict[int, str] = {}
        self.outcome = Outcome(code=code_digest())
        self.scene: Scene

    @property
    def spare(self) -> list[Canary]:
        """The canaries for the control."""
        return self.canaries[-PLANTED:]

    async def prepare(self) -> None:
        """Make PostgreSQL talkative, and the tenders to send to."""
        owner, market = self.play.owner, self.play.market
        for name, value in TALKATIVE.items():
            await owner.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        await owner.execute("SELECT pg_reload_conf()")
        await owner.execute(UNCOMPRESSED)
        draft = await market.people["author"].line.done("POST", "/tenders", a_tender())
        opened, closed = await market.publish(lot=VARIED), await market.publish()
        priced = await market.publish(lot={"price_envelope": ["price"]})
        await self.close(closed)
        keys = {str(row["tender_id"]): row["public_key"] for row in await owner.fetch("TABLE tender_keys")}
        lot = draft["lots"][0]["id"]
        self.scene = Scene(self.play, opened, closed, priced, lot, keys, self.search.learn_body)

    async def close(self, tender: Tender) -> None:
        """Let the deadline pass."""
        async with self.play.owner.transaction():
            await self.play.owner.execute("SELECT FROM tenders WHERE id = $1 FOR UPDATE", tender.id)
            await self.play.owner.execute(
                "UPDATE tenders SET submission_deadline = clock_timestamp() WHERE id = $1", tender.id
            )

    # Sending

    async def send_all(self) -> None:
        """Send every canary: the ways in turn, the last sixth of them crashes."""
        number = len(self.canaries) - PLANTED
        crashing = max(len(CRASHES), number // 6)
        plain = {**TAKEN, **SHUT}
        todo = iter(list(zip(self.canaries[: number - crashing], _for_ever(list(plain)), strict=False)))

        async def work() -> None:
            for canary, way in todo:
                self.ways[canary.number] = way
                await plain[way](self.scene, canary)

        await asyncio.gather(*(work() for _ in range(AT_ONCE)))
        rest = self.canaries[number - crashing : number]
        for index, (way, crash) in enumerate(CRASHES.items()):
            group = rest[index :: len(CRASHES)]
            self.ways |= {canary.number: way for canary in group}
            tell(f"{len(group)} bids {way}")
            await crash(self.scene, group)
        self.outcome.sent = dict(Counter(self.ways.values()))

    # Searching

    async def look(self) -> list[Trace]:
        """Every trace in every place."""
        await self.play.owner.execute("CHECKPOINT")
        found: list[Trace] = []
        for place, texts in (await self.texts()).items():
            self.outcome.searched[place] = sum(map(len, texts))
            found += [trace for text in texts for trace in self.search.text(text, place)]
        for place, root in self.folders().items():
            files = [path for path in root.rglob("*") if path.is_file()]
            self.outcome.searched[place] = sum(path.stat().st_size for path in files)
            found += [trace._replace(place=f"{place}: {trace.place}") for trace in self.search.folder(root)]
        return found

    def folders(self) -> dict[str, Path]:
        """The folders to search."""
        kept = {} if self.documents is None else {"document store": self.documents}
        return {"data directory": self.place.server.data, "temporary folder": self.play.temporary, **kept}

    async def texts(self) -> dict[str, list[bytes]]:
        """Logs, dump, core dumps, and what others are told."""
        binaries, dsn = self.place.server.binaries, self.play.dsn
        dump = await asyncio.to_thread(subprocess.run, [binaries / "pg_dump", dsn], capture_output=True, check=True)
        entries = await self.play.owner.fetch("SELECT data::text AS data FROM events")
        activity = await self.play.owner.fetch("SELECT query FROM pg_stat_activity")
        return {
            "dump": [dump.stdout],
            "PostgreSQL's log": [path.read_bytes() for path in sorted(self.place.server.place.glob("log*"))],
            "service's log": [path.read_bytes() for path in sorted(self.play.folder.rglob("*.log"))],
            "core dumps": [path.read_bytes() for path in core_dumps()],
            "statements under way": ["\n".join(row["query"] or "" for row in activity).encode()],
            "answers to readers": await self.told(readers=True),
            "answers to others": await self.told(readers=False),
            "log's entries": [b"\n".join(row["data"].encode() for row in entries)],
        }

    async def told(self, *, readers: bool) -> list[bytes]:
        """What those of the buyer's people are answered who read opened bids; or everybody else."""
        market, scene = self.play.market, self.scene
        paths = ["/metrics", "/tenders?limit=200", "/health/ready"]
        for tender in (scene.open, scene.closed, scene.priced):
            lot = tender.lots[0]
            paths += [f"/tenders/{tender.id}{part}" for part in ("", "/events?limit=200", "/log/entries", "/log")]
            paths += [f"/lots/{lot}/bids", f"/lots/{lot}/opening", f"/tenders/{tender.id}/platform-record"]
        await market.close()  # the service has hung up on them while all was searched
        other = self.play.line(len(self.play.suppliers) - 1)
        people = [person.line for name, person in market.people.items() if (name in READERS) is readers]
        answers = [
            await line.send("GET", path)
            for line in (people if readers else [market.operator, other, *people])
            for path in paths
        ]
        await other.close()
        return [answer.body for answer in answers]

    def judge(self, traces: list[Trace], opened: frozenset[int] = frozenset()) -> list[Found]:
        """The traces of canaries that were sent, but for those whose bids have been opened."""
        return [
            Found(self.ways[trace.number], *trace[1:])
            for trace in traces
            if trace.number in self.ways and trace.number not in opened
        ]

    async def open(self) -> frozenset[int]:
        """Open what stands; the canaries that may be read from now on. A bid that was crashed on may stand or not."""
        for tender in (self.scene.open, self.scene.priced):
            await self.close(tender)
            await self.play.market.close()
            await self.play.market.open(tender.lots[0])
        rows = await self.play.owner.fetch(
            "SELECT bid.supplier_id FROM opened_bids AS opened INNER JOIN bids AS bid ON opened.bid_id = bid.id"
        )
        standing = {str(row["supplier_id"]) for row in rows}
        return frozenset(
            number
            for number, way in self.ways.items()
            if way not in SHUT and self.play.suppliers[number].organisation_id in standing
        )

    def conclude(self, traces: list[Trace], opened: frozenset[int]) -> None:
        """What the search after the opening amounts to."""
        self.outcome.after = self.judge(traces, opened)
        secret = {number for number in opened if self.ways[number] not in attached.NAMED}
        aloud = [trace for trace in traces if trace.number in secret and trace.place.startswith(NEVER)]
        self.outcome.quoted = self.judge(aloud)
        found = {self.ways.get(trace.number) for trace in traces if trace.place.startswith("data directory")}
        self.outcome.opened = found >= set(TAKEN)
        self.check_control(traces)

    # Control

    async def plant(self) -> None:
        """Put a spare canary into each place."""
        spare, owner, people = self.spare, self.play.owner, self.play.market.people
        await owner.execute("ALTER TABLE bid_versions ADD COLUMN remark text")
        await owner.execute("UPDATE bid_versions SET remark = $1", spare[0].price)
        await owner.execute("ALTER TABLE bid_versions ADD COLUMN amount numeric")
        await owner.execute("UPDATE bid_versions SET amount = $1::text::numeric", spare[1].price)
        await owner.execute(f"DO $$ BEGIN RAISE LOG 'remark: %', '{spare[2].word}'; END $$")
        (self.play.temporary / "upload.tmp").write_bytes(spare[3].word.encode("utf-16-le"))
        await people["author"].line.send("GET", f"/tenders/{spare[4].word}")
        reference = {"reference": spare[5].word.upper()}
        await people["author"].line.done("POST", "/tenders", a_tender(**reference))
        (PROJECT / "core.planted").write_bytes(bytes(99) + spare[6].price.encode() + bytes(99))
        guessable = msgspec.json.encode(a_bid(price=spare[8].price))
        self.search.learn_body(spare[8].number, guessable)
        await owner.execute("ALTER TABLE idempotency_keys ADD COLUMN remark text")
        await owner.execute("UPDATE idempotency_keys SET remark = $1", self.secrets.fingerprint(guessable))
        if self.documents is not None:
            (self.documents / "planted").write_bytes(bytes(99) + spare[7].word.encode() + bytes(99))

    def check_control(self, traces: list[Trace]) -> None:
        """Whether each place gave away what was planted in it."""
        places = (
            ("a text in a column, data directory", 0, "data directory: base"),
            ("a text in a column, write-ahead log", 0, "data directory: pg_wal"),
            ("a text in a column, dump", 0, "dump"),
            ("a number in a column, data directory", 1, "data directory: base"),
            ("PostgreSQL's log", 2, "PostgreSQL's log"),
            ("temporary folder", 3, "temporary folder"),
            ("service's log", 4, "service's log"),
            ("answers to others", 5, "answers to others"),
            ("core dumps", 6, "core dumps"),
            ("a digest of a bid under the secret, dump", 8, "dump"),
            ("document store", 7, "document store"),
        )
        for name, index, place in places if self.documents is not None else places[:-1]:
            number = self.spare[index].number
            self.outcome.planted[name] = any(
                trace.number == number and trace.place.startswith(place) for trace in traces
            )


def _for_ever(names: list[str]) -> Any:
    return (names[number % len(names)] for number in count())


def core_dumps() -> list[Path]:
    """What a crash leaves in the folder that the service was started in, unless the machine sends it elsewhere."""
    return [path for path in PROJECT.glob("core*") if path.is_file()]


CORES_ALLOWED = ("sh", "-c", 'ulimit -c "$(ulimit -H -c)"; exec "$@"', "sh")


async def run(number: int, seed: int, *, folder: bool = False) -> Outcome:
    """Send, search, open, search again, and look for what was planted; the documents lie in a folder or a database."""
    async with contextlib.AsyncExitStack() as opened_up:
        place = await opened_up.enter_async_context(stage.under("canaries"))
        documents = place.place / "documents" if folder else None
        settings = {"log_level": "debug"} | ({"document_store": documents.as_uri()} if documents else {})
        playing = place.play(suppliers=number + PLANTED + 1, before=CORES_ALLOWED, **settings)
        campaign = Campaign(place, await opened_up.enter_async_context(playing), documents, number, seed)
        await campaign.prepare()
        await campaign.send_all()
        tell("searching before the opening")
        campaign.outcome.before = campaign.judge(await campaign.look())
        opened = await campaign.open()
        tell(f"searching after the opening of {len(opened)}, with {PLANTED} planted")
        await campaign.plant()
        traces = await campaign.look()
        campaign.conclude(traces, opened)
    for core in core_dumps():
        core.unlink()
    return campaign.outcome


async def go_on(number: int, seconds: float = LONGEST_SECONDS) -> Outcome:
    """Send some hundreds at a time until all are sent or the time is up; goes on where it stopped."""
    outcome, end = load(PROGRESS, Outcome(code=code_digest())), time.monotonic() + seconds
    while (done := sum(outcome.sent.values())) < number and time.monotonic() < end:
        part = max(FEWEST, min(A_PLAY, number - done))
        outcome.add(await run(part, done + part, folder=done // A_PLAY % 2 == 1))
        store(PROGRESS, outcome)
        tell(f"{sum(outcome.sent.values())} of {number} canaries, {len(faults_of(outcome))} faults", end=True)
    return outcome


def _room(trace: Found) -> str:
    return trace.place.partition(":")[0].partition(",")[0]


def faults_of(outcome: Outcome) -> list[str]:
    """Everything that fails the campaign, in sentences."""
    found: list[str] = []
    for when, traces in (
        ("before", outcome.before),
        ("after", outcome.after),
        ("though opened, not for everybody after", outcome.quoted),
    ):
        for way in sorted({trace.way for trace in traces}):
            kinds = Counter(f"{trace.form} in {_room(trace)}" for trace in traces if trace.way == way)
            seen = ", ".join(f"{times} × {kind}" for kind, times in kinds.most_common())
            found.append(f"{when} the opening, a bid {way}: {seen}")
        found += [f"for example {trace.place}: …{trace.around}…" for trace in traces[:EXAMPLES]]
    found += [f"planted and not found: {name}" for name, seen in outcome.planted.items() if not seen]
    if not outcome.opened:
        found.append("the opened bids were not found after the opening: the search looks in the wrong places")
    return found


def main(arguments: list[str]) -> int:
    """Run the campaign; 1 if a canary was found or a control was not, 2 if the hour did not suffice."""
    number = int(arguments[0]) if arguments else CANARIES
    outcome = asyncio.run(go_on(number))
    done = sum(outcome.sent.values())
    figures = {
        "canaries": done,
        "ways": len(outcome.sent),
        "found_before_opening": len(outcome.before),
        "found_after_opening": len(outcome.after),
        "quoted_after_opening": len(outcome.quoted),
        "searched_bytes": outcome.searched,
        "planted_found": outcome.planted,
    }
    return verdict("canaries", figures, faults_of(outcome), missing=f"{done} of {number}" if done < number else "")


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main(sys.argv[1:]))
