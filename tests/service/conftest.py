"""The real service on a real socket and a real PostgreSQL, with a city, its people and three suppliers.

Tests share one service per test process and are kept apart as its users are: by whose tender it is. Who needs a
database of one's own (to add a constraint, to cut its connections) takes `alone`.

Time is moved in two ways, without waiting. `Market.move_deadline` changes the deadline, which is data, as the owner of
the tables: that is sound because every rule compares the stored deadline with the clock when it is asked, and nothing
is computed from it earlier. For instants to the microsecond `frozen` replaces the clock itself: there a function named
clock_timestamp stands before PostgreSQL's own in the search path, and the service's statements run unchanged.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import msgspec
import pytest
import structlog

import scoring
from service import db, organisations, reports, serving
from service.organisations import NewOrganisation, NewPerson
from service.settings import Settings
from service.signing import Secrets
from tests.conftest import administer, with_database
from tests.make import PANEL_CRITERIA, a_bid, a_key, a_person, a_policy, a_score, a_tender, an_organisation

ROLES = {
    "approver": "approver",
    "officer": "opening_officer",
    "second_officer": "opening_officer",
    "evaluator": "evaluator",
    "second_evaluator": "evaluator",
    "moderator": "moderator",
    "auditor": "auditor",
}
"""Who of the city's people holds which role in a tender; `author` drafts it, `colleague` holds none."""

SECRETS = Secrets([b"\x01" * 32])
"""What the service under test signs with."""

LOG: list[dict[str, Any]] = []
"""Every line that the service has logged in this test process."""


def _collect(_logger: object, level: str, event: Mapping[str, Any]) -> Mapping[str, Any]:
    LOG.append({"level": level, **event})
    raise structlog.DropEvent


@pytest.fixture(scope="session", autouse=True)
def collected_log() -> None:
    """Keep what is logged instead of printing it."""
    structlog.configure(processors=[structlog.contextvars.merge_contextvars, _collect])


def refused(answer: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    """The problem that the answer must be."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (status, f"/problems/{slug}"), answer.text
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    assert problem["instance"]
    return problem


def done(answer: httpx.Response) -> Any:
    """The JSON of an answer that must be a success."""
    assert answer.is_success, f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text}"
    return answer.json() if answer.content else None


class Person:
    """A person with a key: sends requests to the service."""

    def __init__(self, http: httpx.AsyncClient, key: str, **facts: str) -> None:
        self.http = http
        self.key = key
        self.id = facts.get("id", "")
        self.organisation_id = facts.get("organisation_id", "")
        self.name = facts.get("name", "")

    async def send(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """Send a request; header names are written with `_` for `-`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        given: dict[str, Any] = {"json": body} if body is not None else {}
        if self.key:
            named["Authorization"] = f"Bearer {self.key}"
        return await self.http.request(method, path, headers=named, **given)

    async def get(self, path: str) -> httpx.Response:
        return await self.send("GET", path)

    async def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        return await self.send("POST", path, body, **headers)

    async def put(self, path: str, body: Any, **headers: str) -> httpx.Response:
        return await self.send("PUT", path, body, **headers)

    async def delete(self, path: str) -> httpx.Response:
        return await self.send("DELETE", path)

    async def submit(self, tender: dict[str, Any], bid: Any = None, *, key: str | None = None) -> httpx.Response:
        """Submit a bid for a tender's first lot, under a new idempotency key unless one is given."""
        path = f"/lots/{tender['lots'][0]['id']}/bids"
        return await self.post(path, a_bid() if bid is None else bid, Idempotency_Key=key or str(uuid4()))


class Market:
    """A running service: its address, its database as the owner of the tables, and who takes part."""

    def __init__(self, url: str, dsn: str, owner: asyncpg.Connection, http: httpx.AsyncClient) -> None:
        self.url = url
        self.dsn = dsn
        self.owner = owner
        self.http = http
        self.anonymous = Person(http, "")

    async def appoint(self) -> None:
        """Make the operator, as the first start of the embedded default does."""
        pool = await db.open_pool(self.dsn, connections=1)
        try:
            async with db.transaction(pool) as conn:
                first = NewOrganisation(kind="buyer", name="Operator", person=NewPerson(name="Olga Operator"))
                made = await organisations.register(conn, first, ("read", "write", "admin", "platform"))
        finally:
            await pool.close()
        self.operator = Person(self.http, made.key.secret, id=str(made.person.id))

    async def fill(self) -> None:
        """Let the operator register two cities, the people of one, and three suppliers."""
        self.author = await self.register(kind="buyer", name="Northgate City Council")
        for name in (*ROLES, "colleague"):
            setattr(self, name, await self.colleague_of(self.author, name.replace("_", " ").title()))
        self.stranger = await self.register(kind="buyer", name="Southgate City Council")
        self.alder = await self.register(name="Alder Roofing Ltd")
        self.birch = await self.register(name="Birch & Sons Renewables")
        self.cedar = await self.register(name="Cedar Community Energy CIC")

    async def register(self, **fields: Any) -> Person:
        """A new organisation's first person."""
        made = done(await self.operator.post("/organisations", an_organisation(**fields)))
        facts = {"id": made["person"]["id"], "organisation_id": made["organisation"]["id"]}
        return Person(self.http, made["key"]["secret"], name=made["organisation"]["name"], **facts)

    async def colleague_of(self, person: Person, name: str, **key: Any) -> Person:
        """Another person of the same organisation, with a key."""
        added = done(await person.post("/people", a_person(name=name)))
        issued = done(await person.post(f"/people/{added['id']}/keys", a_key(**key)))
        return Person(self.http, issued["secret"], id=added["id"], organisation_id=added["organisation_id"], name=name)

    # Tenders at each stage

    async def draft(self, **fields: Any) -> dict[str, Any]:
        """A draft of the city's in which everybody has a role, given in one statement because many tests need them."""
        tender = done(await self.author.post("/tenders", a_tender(**fields)))
        people = [getattr(self, name).id for name in ROLES]
        await self.owner.execute(
            "INSERT INTO tender_roles SELECT $1, * FROM unnest($2::uuid[], $3::text[])",
            tender["id"],
            people,
            list(ROLES.values()),
        )
        return tender

    async def give(self, tender: dict[str, Any], person: Person, role: str) -> None:
        """Give a person a role in a tender; nobody gives one to themselves."""
        giver = self.approver if person is self.author else self.author
        done(await giver.post(f"/tenders/{tender['id']}/roles", {"person_id": person.id, "role": role}))

    async def publish(self, **fields: Any) -> dict[str, Any]:
        """A published tender, open for bids for an hour by the database's clock."""
        tender = await self.draft(**({"submission_deadline": await self.in_an_hour()} | fields))
        return done(await self.approver.post(f"/tenders/{tender['id']}/publication", If_Match='"1"'))

    async def in_an_hour(self) -> str:
        """The instant an hour from now by the database's clock."""
        at: datetime = await self.owner.fetchval("SELECT clock_timestamp() + interval '1 hour'")
        return at.isoformat()

    async def propose(
        self, tender: dict[str, Any], change: dict[str, Any], person: Person | None = None
    ) -> httpx.Response:
        """Let a person, the author unless said otherwise, propose a corrigendum on the present version."""
        etag = await self.etag(tender)
        return await (person or self.author).post(f"/tenders/{tender['id']}/corrigenda", change, If_Match=etag)

    async def confirm(self, tender: dict[str, Any], number: int, person: Person | None = None) -> httpx.Response:
        """Let a person, the approver unless said otherwise, confirm a proposed corrigendum on the present version."""
        path = f"/tenders/{tender['id']}/corrigenda/{number}/confirmation"
        return await (person or self.approver).post(path, If_Match=await self.etag(tender))

    async def amend(self, tender: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
        """Change a published tender: the author proposes, the approver confirms; returns the tender."""
        number = done(await self.propose(tender, change))["number"]
        return done(await self.confirm(tender, number))

    async def etag(self, tender: dict[str, Any]) -> str:
        """The ETag of the present version."""
        return (await self.approver.get(f"/tenders/{tender['id']}")).headers["etag"]

    async def move_deadline(self, tender: dict[str, Any], by: str) -> None:
        """Set the deadline this far from the database's clock: '-1 microsecond', '1 hour'.

        The lock is the one that every change of a tender takes, so no bid is in flight under the old deadline.
        """
        async with self.owner.transaction():
            await self.owner.execute("SELECT FROM tenders WHERE id = $1 FOR UPDATE", tender["id"])
            await self.owner.execute(
                "UPDATE tenders SET submission_deadline = clock_timestamp() + $2::text::interval WHERE id = $1",
                tender["id"],
                by,
            )

    async def close(self, tender: dict[str, Any]) -> None:
        """Let the deadline pass."""
        await self.move_deadline(tender, "-1 microsecond")

    async def open(self, tender: dict[str, Any]) -> dict[str, Any]:
        """Let the deadline pass and open the first lot; returns the opening record."""
        await self.close(tender)
        path = f"/lots/{tender['lots'][0]['id']}/opening"
        assert (await self.officer.post(path)).status_code == 202
        answer = await self.second_officer.post(path)
        assert answer.status_code == 201, answer.text
        await self.ready(tender)
        return answer.json()

    # The panel: given in a few statements, because many tests need it

    async def ready(self, tender: dict[str, Any]) -> None:
        """After an opening: nobody has an interest, which is approved, and `evaluator` sits on all criteria."""
        await self.clear(tender)
        await self.seat(tender, self.evaluator)

    async def clear(self, tender: dict[str, Any], *people: Person) -> None:
        """Let people, everybody with a role unless said otherwise, declare no interest, and approve that."""
        await self.owner.execute(
            """
            WITH made AS (
                INSERT INTO declarations (
                    tender_id, person_id, number, interest, details, mitigation, declared_at
                )
                SELECT $1, held.person_id, 1 + (
                    SELECT count(*) FROM declarations AS earlier
                    WHERE earlier.tender_id = $1 AND earlier.person_id = held.person_id
                ), 'none', '', '', clock_timestamp()
                FROM (SELECT DISTINCT person_id FROM tender_roles WHERE tender_id = $1) AS held
                WHERE $2::uuid[] = '{}' OR held.person_id = ANY($2)
                RETURNING person_id, number
            )
            INSERT INTO declaration_decisions (
                tender_id, person_id, number, approved, reason, decided_by, decided_at
            )
            SELECT $1, person_id, number, true, 'Nothing was declared.',
                CASE WHEN person_id = $3 THEN $4::uuid ELSE $3 END, clock_timestamp()
            FROM made
            """,
            tender["id"],
            [person.id for person in people],
            self.approver.id,
            self.author.id,
        )

    async def seat(self, tender: dict[str, Any], *people: Person, **policy: Any) -> None:
        """Seat people on every criterion that the panel scores, beside those who sit there."""
        for lot in tender["lots"]:
            rules = msgspec.convert(lot["rules"], scoring.Lot)
            criteria = [one.id for one in scoring.leaves(rules.criteria) if scoring.is_for_panel(one)]
            await self.owner.execute(
                "INSERT INTO panels SELECT $1, 1 + count(*), $2, 'Few bids.', $3::text::jsonb, $2, clock_timestamp()"
                " FROM panels WHERE lot_id = $1",
                lot["id"],
                self.moderator.id,
                json.dumps(a_policy(**policy)),
            )
            await self.owner.execute(
                "INSERT INTO seats (lot_id, criterion_id, person_id, seated_by, seated_at)"
                " SELECT $1, name, person, $4, clock_timestamp()"
                " FROM unnest($2::text[]) AS name CROSS JOIN unnest($3::uuid[]) AS person",
                lot["id"],
                criteria,
                [person.id for person in people],
                self.moderator.id,
            )

    async def meet(
        self, tender: dict[str, Any], *items: dict[str, Any], present: tuple[Person, ...] = (), **fields: Any
    ) -> httpx.Response:
        """Let the moderator record a meeting about these items with everybody present."""
        people = present or (self.moderator, self.evaluator, self.second_evaluator)
        at: datetime = await self.owner.fetchval("SELECT clock_timestamp()")
        body = {"held_at": at.isoformat(), "present": [person.id for person in people], "items": items} | fields
        return await self.moderator.post(f"/lots/{tender['lots'][0]['id']}/meetings", body)

    async def lock(self, tender: dict[str, Any], *criteria: str) -> None:
        """Let the moderator lock the agreed scores of the first lot's criteria."""
        for name in criteria or PANEL_CRITERIA:
            done(await self.moderator.post(f"/lots/{tender['lots'][0]['id']}/criteria/{name}/lock"))

    async def unlock(self, tender: dict[str, Any], reason: str, *criteria: str) -> None:
        """Let the approver lift the locks of the first lot's criteria."""
        for name in criteria or PANEL_CRITERIA:
            path = f"/lots/{tender['lots'][0]['id']}/criteria/{name}/unlock"
            done(await self.approver.post(path, {"reason": reason}))

    async def opened(self, **fields: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """A tender with two opened bids: Alder's, then Birch's, which is cheaper."""
        tender = await self.publish(**fields)
        done(await self.alder.submit(tender))
        done(await self.birch.submit(tender, a_bid(price="1000000.00")))
        return tender, (await self.open(tender))["bids"]

    async def agreed(self, **fields: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """The same, scored by the panel: both bids have an agreed 4, and the criterion is locked."""
        tender, bids = await self.opened(**fields)
        for bid in bids:
            done(await self.evaluator.put(f"/bids/{bid['bid_id']}/scores/method-statement", a_score()))
            done(await self.moderator.put(f"/bids/{bid['bid_id']}/consensus/method-statement", a_score()))
        await self.lock(tender)
        return tender, bids

    async def evaluated(self, **fields: Any) -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any]]:
        """The same, ranked; Birch is first. The third value is the run."""
        tender, bids = await self.agreed(**fields)
        lot = tender["lots"][0]
        run = done(await self.moderator.post(f"/lots/{lot['id']}/evaluations", {"rules_digest": lot["rules_digest"]}))
        return tender, bids, run

    async def evaluate_again(self, tender: dict[str, Any], reason: str = "An input changed.") -> dict[str, Any]:
        """A further run of the first lot; returns it."""
        lot = tender["lots"][0]
        body = {"rules_digest": lot["rules_digest"], "reason": reason}
        return done(await self.moderator.post(f"/lots/{lot['id']}/evaluations", body))

    async def recommend(
        self, tender: dict[str, Any], run: dict[str, Any], bid: Any, places: int | None = None
    ) -> dict[str, Any]:
        """Let the moderator recommend a bid, or with None that nothing be awarded, answering every warning."""
        asked = f"?places={places}" if places else ""
        warned = done(await self.moderator.get(f"/evaluations/{run['id']}/warnings{asked}")) if bid else []
        body = {
            "evaluation_id": run["id"],
            "bid_id": bid and bid["bid_id"],
            "places": places,
            "reason": "Ranked first on the published criteria.",
            "acknowledged": [{"warning": one["name"], "answer": "The panel read it again."} for one in warned],
        }
        return done(await self.moderator.post(f"/lots/{tender['lots'][0]['id']}/recommendations", body))

    async def awarded(self, **fields: Any) -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any]]:
        """An evaluated tender whose lot is awarded to Birch; the third value is the award."""
        tender, bids, run = await self.evaluated(**fields)
        await self.recommend(tender, run, bids[1])
        body = {"evaluation_id": run["id"], "bid_id": bids[1]["bid_id"], "reason": "As recommended."}
        return tender, bids, done(await self.approver.post(f"/lots/{tender['lots'][0]['id']}/award", body))

    async def complete_letters(self, tender: dict[str, Any]) -> None:
        """Give every text that the law asks for and that is missing in the letters on the first lot's award."""
        path = f"/lots/{tender['lots'][0]['id']}/assessment-summaries"
        asked = {
            (one["bid_id"], one["field"]) for line in done(await self.approver.get(path)) for one in line["missing"]
        }
        for bid_id, field in sorted(asked):
            done(await self.moderator.put(f"{path}/{bid_id}/texts/{field}", {"text": f"The {field} of {bid_id}."}))

    async def send_letters(self, tender: dict[str, Any], **fields: Any) -> dict[str, Any]:
        """Complete and send the letters on the first lot's award."""
        await self.complete_letters(tender)
        body = {"inference_accepted": "The price is public by the award notice."} | fields
        return done(await self.approver.post(f"/lots/{tender['lots'][0]['id']}/assessment-summaries/sending", body))

    async def log(self, tender: dict[str, Any]) -> list[dict[str, Any]]:
        """The tender's whole audit log as it is stored; over HTTP nobody reads of bids before the opening."""
        rows = await self.owner.fetch(
            "SELECT position, kind, at, person_id, people.name AS person, data::text AS data"
            " FROM events LEFT JOIN people ON people.id = person_id WHERE log_id = $1 ORDER BY position",
            tender["id"],
        )
        return [msgspec.to_builtins({**row, "data": json.loads(row["data"])}) for row in rows]

    async def last(self, tender: dict[str, Any]) -> dict[str, Any]:
        """The last entry of the tender's audit log."""
        return (await self.log(tender))[-1]

    # The frozen clock

    async def set_clock(self, at: datetime) -> None:
        """Put the frozen clock to an instant."""
        await self.owner.execute("UPDATE frozen.clock SET at = $1", at)


FREEZE = """
CREATE SCHEMA frozen;
CREATE TABLE frozen.clock (at timestamptz NOT NULL);
INSERT INTO frozen.clock VALUES ('2031-03-01T09:00:00Z');
CREATE FUNCTION frozen.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT at FROM frozen.clock';
GRANT USAGE ON SCHEMA frozen TO PUBLIC;
GRANT SELECT ON frozen.clock TO PUBLIC;
DO $$
DECLARE
    own regprocedure;
BEGIN
    FOR own IN
        SELECT oid FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace AND array_to_string(proconfig, ' ') LIKE '%search_path=%'
    LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = frozen, pg_catalog, public, pg_temp', own);
    END LOOP;
END
$$;
"""


@contextlib.asynccontextmanager
async def served(dsn: str, *, secrets: Secrets = SECRETS, **settings: Any) -> AsyncIterator[str]:
    """The service as `tenderscore serve` runs it, on a free port; yields its address."""
    quiet = {"port": 0, "report_workers": 0, "sample_seconds": 0, "database_connections": 8, "requests_per_minute": 0}
    chosen = Settings(**(quiet | settings))
    with serving.listen("127.0.0.1", 0) as sock:
        server = serving.http_server(chosen, dsn, secrets)
        running = asyncio.create_task(server.serve(sockets=[sock]))
        try:
            yield serving.address(sock)
        finally:
            server.should_exit = True
            await running


@contextlib.asynccontextmanager
async def market_in(dsn: str, **settings: Any) -> AsyncIterator[Market]:
    """A service on a migrated database, with its people."""
    owner = await db.connect(dsn)
    try:
        async with served(dsn, **settings) as url, httpx.AsyncClient(base_url=url, timeout=30) as http:
            market = Market(url, dsn, owner, http)
            await market.appoint()
            await market.fill()
            yield market
    finally:
        await owner.close()


@contextlib.asynccontextmanager
async def copied(postgres: str, template: str) -> AsyncIterator[str]:
    """A copy of the migrated database."""
    name = f"test_{uuid4().hex}"
    await administer(postgres, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield with_database(postgres, name)
    await administer(postgres, f"DROP DATABASE {name} WITH (FORCE)")


@contextlib.asynccontextmanager
async def at_work(market: Market, also: reports.Also | None = None) -> AsyncIterator[None]:
    """A worker beside the service, as `tenderscore worker` runs it.

    What other tests have left in the queue is taken out: nobody waits for it, and it would all be printed first.
    """
    await market.owner.execute("DELETE FROM pgqueuer")
    running = asyncio.create_task(reports.work(market.dsn, Settings(report_workers=1), also))
    try:
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@pytest.fixture(scope="session")
async def market(postgres: str, template: str) -> AsyncIterator[Market]:
    """The service that the tests of one process share."""
    async with copied(postgres, template) as dsn, market_in(dsn) as running:
        yield running


@pytest.fixture(scope="session")
async def frozen(postgres: str, template: str) -> AsyncIterator[Market]:
    """A service whose clock stands still until `set_clock` moves it."""
    async with copied(postgres, template) as dsn:
        await administer(dsn, FREEZE)
        name = dsn.rpartition("/")[2].partition("?")[0]
        await administer(dsn, f"ALTER DATABASE {name} SET search_path = frozen, pg_catalog, public")
        async with market_in(dsn) as running:
            yield running


@pytest.fixture
async def alone(dsn: str) -> AsyncIterator[Market]:
    """A service on a database of one's own."""
    async with market_in(dsn) as running:
        yield running
