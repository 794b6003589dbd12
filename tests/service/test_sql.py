"""Every query against the real schema, and the seal as a property of the files: one query reads envelopes."""

import re
from typing import Any

import asyncpg
import pytest

from service import db

NOUNS = sorted(path.stem for path in db.QUERIES.glob("*.sql"))
TEXTS = {
    f"{noun}.{match[1]}": match[2]
    for noun in NOUNS
    for match in re.finditer(
        r"^-- name: (\w+).*?\n(.*?)(?=^-- name: |\Z)",
        (db.QUERIES / f"{noun}.sql").read_text(),
        re.DOTALL | re.MULTILINE,
    )
}
"""Each query's text with its comment, by its file and name."""
MIGRATIONS = "".join(path.read_text() for path in sorted(db.MIGRATIONS.glob("*.sql")))


def named(noun: str) -> dict[str, Any]:
    """The queries of a file, by name."""
    queries = db.queries(noun)
    return {name: getattr(queries, name) for name in queries.available_queries if not name.endswith("_cursor")}


READING = {"open_envelopes", "release_key"}
"""The queries for the one role that may read what is sealed."""

QUERIES = {f"{noun}.{name}": query for noun in NOUNS for name, query in named(noun).items()}


def code(text: str) -> str:
    """A query without its comments."""
    return re.sub(r"^\s*--.*$", "", text, flags=re.MULTILINE)


def test_every_query_is_looked_at() -> None:
    """What this file reads as text is what the program loads."""
    assert QUERIES.keys() == TEXTS.keys()
    assert len(QUERIES) > 50


@pytest.mark.parametrize("noun", NOUNS)
async def test_every_query_fits_the_real_schema(pool: asyncpg.Pool, noun: str) -> None:
    """PostgreSQL itself checks names, types and parameters, with the rights of the role that runs the query."""
    async with db.transaction(pool) as conn:
        for name, query in named(noun).items():
            if name in READING:
                await conn.execute("SET LOCAL ROLE tenderscore_opening")
            prepared = await conn.prepare(query.sql)
            await conn.execute("SET LOCAL ROLE tenderscore_app")
            parameters = prepared.get_parameters()
            assert len(parameters) == len(set(re.findall(r"\$(\d+)", query.sql))), name
            assert all(kind.name not in {"unknown", "anyelement"} for kind in parameters), name
            columns = [attribute.name for attribute in prepared.get_attributes()]
            assert len(columns) == len(set(columns)), name
            assert "?column?" not in columns, name


@pytest.mark.parametrize("name", TEXTS)
def test_a_query_says_what_it_is_for_and_hides_nothing(name: str) -> None:
    """A sentence of purpose, one statement, no `*`, and never the start of the transaction for the time."""
    text = TEXTS[name]
    assert re.match(r"-- [A-Z].{10,}", text)
    statement = code(text)
    assert statement.strip().endswith(";")
    assert statement.count(";") == 1
    assert not re.search(r"SELECT\s+(\w+\.)?\*", statement)
    assert not re.search(
        r"\bnow\(\)|current_timestamp|transaction_timestamp|localtime|current_date", statement, re.IGNORECASE
    )
    assert "pg_catalog.clock_timestamp" not in statement


@pytest.mark.parametrize("name", [name for name in TEXTS if ".list_" in name])
def test_a_list_has_an_order_and_an_end(name: str) -> None:
    """Nobody gets more than fits, and nobody gets it in whatever order it lies."""
    assert re.search(
        r"ORDER BY .+\nLIMIT ([:\w]+|coalesce\(:limit::bigint, [0-9]+\))( OFFSET [^;]+)?;\s*\Z",
        code(TEXTS[name]).strip(),
    )


# The seal


def test_exactly_one_query_reads_what_is_in_an_envelope() -> None:
    """`open_envelopes` and no other. One function writes, which judges and stores bids; another empties for good."""
    touching = {name for name, text in TEXTS.items() if "sealed_envelopes" in code(text)}
    assert touching == {"opening.open_envelopes"}
    functions = [text for text in MIGRATIONS.split("\nCREATE ") if re.match(r"(OR REPLACE )?FUNCTION", text)]
    functions = [text.partition("$$;")[0] for text in functions]
    writing = [text for text in functions if "sealed_envelopes" in text]
    emptying = [text for text in writing if "FUNCTION shred_bids" in text]
    assert emptying
    for text in emptying:
        assert (
            text.count("sealed_envelopes") == text.count("UPDATE sealed_envelopes SET header = '', contents = ''") == 1
        )
    storing = [text for text in writing if text not in emptying]
    assert {re.match(r"(?:OR REPLACE )?FUNCTION (\w+)", text)[1] for text in storing} == {"store_bids"}
    for text in storing:
        assert text.count("sealed_envelopes") == text.count("INSERT INTO sealed_envelopes") == 1


def test_exactly_one_query_reads_a_private_key() -> None:
    """`release_key`; two more write one. All that read re-check deadline and officers, and who goes on, themselves."""
    holding = {name for name, text in TEXTS.items() if "wrapped_key" in code(text)}
    writing = {"custody.insert_wrapped_key", "custody.insert_missing_key"}
    assert holding == {"opening.release_key", *writing}
    assert not any("SELECT" in code(TEXTS[name]) or "RETURNING wrapped" in code(TEXTS[name]) for name in writing)
    *_, condition = re.findall(r"FUNCTION may_be_opened\(.*?\$\$(.*?)\$\$", MIGRATIONS, re.DOTALL)
    judged = " ".join(condition.split())
    assert "tender.submission_deadline <= clock_timestamp()" in judged
    assert "tender.officers_needed <= ( SELECT count(*) FROM officers_acts AS act" in judged
    assert "held.role = 'opening_officer'" in judged
    assert "part.cancelled_at IS NULL" in judged
    for name in ("opening.release_key", "opening.open_envelopes"):
        statement = " ".join(code(TEXTS[name]).split())
        assert "AND may_be_opened(lot.id, :envelope::text)" in statement
        if name != "opening.release_key":
            assert "bid.withdrawn_at IS NULL" in statement
            assert "outcome.bid_id = bid.id AND outcome.reason IS NULL" in statement


def test_no_statement_stands_in_the_program_that_could_read_an_envelope() -> None:
    """Queries live in files; the one role that may read envelopes is taken in one place."""
    sources = {path.name: path.read_text() for path in db.QUERIES.parent.glob("*.py")}
    assert [name for name, text in sources.items() if "FROM sealed_envelopes" in text] == []
    assert [name for name, text in TEXTS.items() if "tenderscore_opening" in code(text)] == [
        "opening.become_opening_officer"
    ]
    users = [name for name, text in sources.items() if "become_opening_officer" in text]
    assert len(users) == 1
    assert sources[users[0]].count("SQL.become_opening_officer(") == 1


def test_exactly_one_function_reads_what_is_in_a_document() -> None:
    """And it reads what has been opened only; no query and no other statement does. Another one removes all."""
    assert {name for name, text in TEXTS.items() if "document_chunks" in code(text)} == {"document_store.insert_chunk"}
    functions = re.findall(r"^CREATE FUNCTION (\w+)\((.*?)^\$\$;", MIGRATIONS, re.DOTALL | re.MULTILINE)
    touching = {name: text for name, text in functions if "document_chunks" in text}
    removing = touching.pop("shred_bids")
    assert removing.count("document_chunks") == removing.count("DELETE FROM document_chunks") == 1
    (reading,) = touching.values()
    assert "FROM opened_documents AS opened" in reading


async def test_what_the_service_may_do_to_each_table_is_on_one_list(pool: asyncpg.Pool) -> None:
    """Nothing is deleted but drafts, lots of drafts and roles; nothing of the record changes but the columns here."""
    rows = await pool.fetch(
        """
        SELECT table_name::text, privilege_type::text, NULL::text AS column_name
        FROM information_schema.role_table_grants
        WHERE grantee = 'tenderscore_app' AND privilege_type IN ('DELETE', 'TRUNCATE', 'UPDATE', 'TRIGGER')
        UNION ALL
        SELECT table_name::text, privilege_type::text, column_name::text
        FROM information_schema.column_privileges AS held
        WHERE grantee = 'tenderscore_app' AND privilege_type = 'UPDATE'
        ORDER BY 1, 2, 3
        """
    )
    held = {(row["table_name"], row["privilege_type"]) for row in rows if not row["table_name"].startswith("pgqueuer")}
    kept = {
        *(
            "events",
            "bids",
            "bid_versions",
            "sealed_envelopes",
            "idempotency_keys",
            "opening_acts",
            "opened_bids",
            "corrigenda",
        ),
        *("documents", "document_uploads", "document_chunks", "bid_documents", "opened_documents"),
        *("corrigendum_proposals", "corrigendum_decisions", "service_samples", "cancellations"),
        *("questions", "question_answers", "clarifications", "clarification_answers"),
        *("corrections", "correction_decisions", "tender_requirements", "selection_decisions"),
        *("abnormally_low_assessments", "abnormally_low_decisions"),
        *("declarations", "declaration_decisions", "trainings", "panels", "seats", "seat_endings"),
        *("meetings", "meeting_items", "criterion_locks", "criterion_unlocks"),
        *("panel_scores", "consensus_scores", "bid_states", "evaluations", "awards", "organisations", "people"),
        *("award_decisions", "award_annulments", "recommendations", "drawn_lots", "evaluation_verifications"),
        *("recommendation_rejections", "contracts", "letter_texts", "letter_redactions", "sent_letters"),
        *("award_notices", "standstills", "report_texts"),
        *("spend_mappings", "spend_imports", "spend_answers", "spend_analyses", "spend_results", "spend_reports"),
        *("spend_findings", "spend_chunks"),
    }
    assert {table for table, _ in held} & kept == set()
    assert {table for table, privilege in held if privilege == "DELETE"} <= {
        "tenders",
        "lots",
        "tender_roles",
        "job_attempts",
        "score_drafts",
        "spend_objects",
        "spend_files",
        "request_answers",
    }


async def test_bids_and_log_entries_come_in_by_their_functions_only(pool: asyncpg.Pool) -> None:
    """The service's role can neither write a log entry of its own making nor a bid that nobody judged."""
    rows = await pool.fetch(
        """
        SELECT table_name::text, privilege_type::text FROM information_schema.role_table_grants
        WHERE grantee = 'tenderscore_app' AND privilege_type <> 'SELECT'
        """
    )
    held = {row["table_name"] for row in rows}
    assert held & {"events", "log_heads", "bids", "bid_versions", "sealed_envelopes", "idempotency_keys"} == set()
