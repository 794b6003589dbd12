"""The second wall: the database itself shows a tenant no rows of others, whatever a query forgets to ask."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID, uuid4

import pytest

import service
from service import db
from tests.conftest import administer, with_database
from tests.make_worlds import Canary, Worlds, make_worlds
from tests.service.conftest import Market

WALLED = (
    "abnormally_low_assessments",
    "abnormally_low_decisions",
    "bid_documents",
    "bid_states",
    "bid_versions",
    "bids",
    "clarification_answers",
    "clarifications",
    "consensus_scores",
    "contract_reminders",
    "deliveries",
    "delivery_decisions",
    "delivery_evidence",
    "documents",
    "evaluations",
    "events",
    "letter_redactions",
    "letter_texts",
    "meeting_items",
    "meetings",
    "monitoring_plans",
    "obligation_terms",
    "obligations",
    "news",
    "opened_bids",
    "opened_documents",
    "opened_prices",
    "panel_scores",
    "own_catalogues",
    "paper_files",
    "papers",
    "performance_assessments",
    "performance_failures",
    "performance_notices",
    "questions",
    "remedies",
    "report_parts",
    "score_drafts",
    "sealed_envelopes",
    "selection_decisions",
    "sent_letters",
    "simulations",
    "spend_analyses",
    "spend_answers",
    "spend_files",
    "spend_findings",
    "spend_imports",
    "spend_mappings",
    "spend_report_files",
    "spend_reports",
    "spend_results",
    "webhook_attempts",
    "webhook_deliveries",
    "webhooks",
)
"""What is behind the second wall: bids, envelopes, documents, scores, letters, contracts, papers, spend, the log."""

OPEN = {
    "organisations people api_keys officer_keys": "who is calling is found before there is a tenant",
    "identity_providers identities": "the same",
    "request_answers request_quotas": "answers sealed under the sender's own key, counts of requests",
    "tenders lots tender_roles tender_keys tender_key_shares tender_requirements": "what every rule asks first",
    "corrigenda corrigendum_proposals corrigendum_decisions question_answers cancellations": "published to all",
    "tender_measures": "what a published tender's criteria are measured by",
    "ocds_releases": "open data, for anybody",
    "award_decisions award_annulments framework_places standstills award_notices contracts awards": "who won what",
    "declarations declaration_decisions panels seats seat_endings trainings": "who sits where: names, no bids",
    "criterion_locks criterion_unlocks consensus_locks drawn_lots technical_outcomes": "that something was done",
    "opening_acts price_opening_acts share_relays shreddings shredding_acts": "the same",
    "corrections correction_decisions recommendations recommendation_rejections": "go by what is walled",
    "evaluation_verifications reports report_texts record_files record_file_contents": "the same",
    "legal_holds retention_periods unopenable_documents unopenable_findings bid_parties": "the same",
    "bid_envelopes idempotency_keys document_uploads document_chunks": "the role that serves cannot read them",
    "spend_objects spend_chunks": "bytes without an owner: found only through a file or an analysis that is walled",
    "relay relayed_logs": "how far logs were told: positions, no facts",
    "imported_tenders imported_chunks": "evidence of other installations, for the operator alone",
    "log_heads service_samples schema_migrations job_attempts": "of the whole platform",
    "pgqueuer pgqueuer_log pgqueuer_schedules pgqueuer_statistics": "of the whole platform",
}
"""What is not, and why: here the queries' own conditions are the one wall."""


@pytest.fixture(scope="module")
async def worlds(market: Market) -> Worlds:
    return await make_worlds(market)


async def rows(worlds: Worlds, table: str, who: str) -> str:
    """All that the serving role can read of a table in the name of somebody's organisation, as text."""
    conn = worlds.market.owner
    async with conn.transaction():
        await conn.execute("SET LOCAL ROLE tenderscore_app")
        tenant = worlds.people[who].organisation_id
        await conn.fetchval("SELECT set_config('tenderscore.tenant', $1, TRUE)", tenant)
        readable = await conn.fetchval("SELECT has_table_privilege($1, 'SELECT')", table)
        if not readable:
            await conn.execute("RESET ROLE; SET LOCAL ROLE tenderscore_opening")
        found: list[Any] = await conn.fetch(f"SELECT walled::text AS line FROM {table} AS walled")
        return "\n".join(row["line"] for row in found)


def others(worlds: Worlds, who: str, text: str) -> Iterator[Canary]:
    """The canaries of others that stand in rows; who asks is always a supplier or another city."""
    for canary in worlds.told(text):
        if canary.owner != who:
            yield canary


@pytest.mark.parametrize("who", ["bidder", "rival", "stranger"])
@pytest.mark.parametrize("table", WALLED)
async def test_isolation_of_rows(worlds: Worlds, table: str, who: str) -> None:
    """A whole table, asked without any condition, gives a supplier its own and another city nothing."""
    text = await rows(worlds, table, who)
    assert list(others(worlds, who, text)) == []
    ids = {name: world.bids for name, world in worlds.worlds.items() if name != "foreign"}
    theirs = [bids[other]["bid_id"] for bids in ids.values() for other in bids if other != who]
    if table not in {"bids", "sent_letters"}:  # who won is told to all
        assert not any(bid_id in text for bid_id in theirs)


@pytest.mark.parametrize("table", ["bids", "opened_bids", "opened_prices", "panel_scores", "events", "evaluations"])
async def test_the_buyer_is_shown_its_own_rows(worlds: Worlds, table: str) -> None:
    """The control: what is not shown to others is there."""
    world, text = worlds.worlds["awarded"], await rows(worlds, table, "author")
    assert world.ids["lot_id"] in text or world.bids["bidder"]["bid_id"] in text


async def test_isolation_of_rows_is_everywhere_or_has_a_reason(market: Market) -> None:
    """A new table is put behind the wall, or somebody writes down why not."""
    found = await market.owner.fetch(
        "SELECT relname, relrowsecurity AND relforcerowsecurity AS walled FROM pg_class"
        " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    assert {row["relname"] for row in found if row["walled"]} == set(WALLED)
    assert {row["relname"] for row in found if not row["walled"]} == {name for names in OPEN for name in names.split()}


async def test_who_serves_is_subject_to_the_wall(market: Market) -> None:
    """Neither owner nor superuser, and without the right to go around; views ask with the reader's rights."""
    roles = await market.owner.fetch(
        "SELECT rolname FROM pg_roles WHERE rolname LIKE 'tenderscore_%' AND (rolsuper OR rolbypassrls)"
    )
    owned = await market.owner.fetch(
        "SELECT relname FROM pg_class WHERE pg_get_userbyid(relowner) LIKE 'tenderscore_%'"
        " AND relnamespace = 'public'::regnamespace"
    )
    views = await market.owner.fetch(
        "SELECT relname FROM pg_class WHERE relkind = 'v' AND relnamespace = 'public'::regnamespace"
        " AND NOT coalesce('security_invoker=true' = ANY (reloptions), FALSE)"
    )
    assert (roles, owned, views) == ([], [], [])


async def test_no_tenant_is_left_on_a_connection(market: Market) -> None:
    """The next request on a connection is nobody's until it says whose it is, as it must be behind a pooler."""
    pool = await db.open_pool(market.dsn, connections=1)
    async with pool:
        async with db.transaction_of(pool, UUID(market.author.organisation_id)) as conn:
            assert await conn.fetchval("SELECT tenant()") is not None
        async with db.transaction(pool) as conn:
            assert await conn.fetchval("SELECT tenant()") is None


def test_every_request_says_whose_it_is() -> None:
    """What knows its caller opens no transaction that does not name the tenant."""
    found = [
        f"{path.name}: {function.name}"
        for path in sorted(Path(service.__file__).parent.glob("*.py"))
        for function in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(function, ast.AsyncFunctionDef)
        and any(given.arg == "caller" for given in function.args.args)
        and "db.transaction(" in ast.unparse(function)
    ]
    assert found == []


async def test_an_owner_who_is_no_superuser_stays_on_this_side(postgres: str, template: str) -> None:
    """Where a plain login owns the tables the policies hold for it too; its functions judge by themselves as before.

    So a backup by that login says `pg_dump --enable-row-security`: without it PostgreSQL refuses, with it all is there.
    """
    assert template  # its migrations have made the roles
    name = f"plain_{uuid4().hex}"
    await administer(postgres, f"CREATE ROLE {name} LOGIN NOSUPERUSER")
    await administer(postgres, f"GRANT tenderscore_app, tenderscore_opening TO {name} WITH ADMIN OPTION")
    await administer(postgres, f"CREATE DATABASE {name} OWNER {name}")
    parts = urlsplit(with_database(postgres, name))
    dsn = urlunsplit(parts._replace(netloc=f"{name}@{parts.netloc.rpartition('@')[2]}"))
    await db.migrate(dsn)
    conn = await db.connect(dsn)
    try:
        await conn.fetchval("SELECT set_config('tenderscore.tenant', $1, FALSE)", str(uuid4()))
        assert await conn.fetchval("SELECT tenant()") is None
        await conn.execute("INSERT INTO log_heads (log_id) VALUES ('00000000-0000-0000-0000-000000000001')")
        await conn.execute("SET ROLE tenderscore_app")
        assert await conn.fetchval("SELECT tenant()") is not None
        log = "'00000000-0000-0000-0000-000000000001'::uuid"
        assert await conn.fetchval(f"SELECT log_append({log}, 'refused', NULL, '{{}}')") == 1
        assert await conn.fetchval("SELECT count(*) FROM events") == 0
        assert len(await conn.fetchval(f"SELECT log_leaves({log}, 1)")) == 1
    finally:
        await conn.close()
        await administer(postgres, f"DROP DATABASE {name} WITH (FORCE)")
        await administer(postgres, f"DROP ROLE {name}")
