"""Refusals: each has a page, a title and a status; a broken constraint is told or is our own fault."""

import re
from typing import Any

import asyncpg
import pytest

from service import problems, serving
from service.edge import as_refusal
from service.problems import CONSTRAINTS, Refusal, refusal_for_constraint, refusals
from tests.make import a_person
from tests.service.conftest import LOG, Market, done, refused

assert serving  # everything that refuses is imported with it

REFUSALS = refusals()


def subclasses(kind: type[Refusal]) -> list[type[Refusal]]:
    return [sub for direct in kind.__subclasses__() for sub in (direct, *subclasses(direct))]


def test_every_refusal_has_a_slug_of_its_own() -> None:
    """Two problems never share an address."""
    assert len(REFUSALS) == len(subclasses(Refusal)) > 30


@pytest.mark.parametrize("kind", REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_says_what_happened_and_what_to_do(kind: type[Refusal]) -> None:
    """The docstring is the page: a title that is a sentence, and help below it."""
    title, _, help_ = (kind.__doc__ or "").strip().partition("\n")
    assert title.endswith(".")
    assert len(title) <= 100
    assert len(help_.strip()) > 20
    assert 400 <= kind.status <= 507
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", kind.slug())


async def test_every_problem_has_a_page(market: Market) -> None:
    """What an answer's `type` names can be read without a key."""
    listed = done(await market.anonymous.get("/problems"))
    assert {item["type"] for item in listed} == {f"/problems/{slug}" for slug in REFUSALS}
    for item in listed:
        assert done(await market.anonymous.get(item["type"])) == item
        assert item["title"]
        assert len(item["description"]) > len(item["title"])
        assert item["status"] == REFUSALS[item["type"].removeprefix("/problems/")].status


@pytest.mark.parametrize("slug", ["unheard-of", "Refusal", "%00", "..%2fhealth", "x" * 2000])
async def test_an_unknown_problem_is_a_problem(market: Market, slug: str) -> None:
    """A page that does not exist is a 404 like any other."""
    refused(await market.anonymous.get(f"/problems/{slug}"), 404, "not-found")


def test_a_problem_has_the_members_of_rfc_9457() -> None:
    """Type, title, status, detail, instance; `errors` only where something is listed."""
    body = problems.NotFound().problem("/tenders/1")
    assert (body.type, body.status, body.instance) == ("/problems/not-found", 404, "/tenders/1")
    assert problems.NotFound().problem("/", "https://bids.city.example").type.startswith("https://bids.city.example/p")


async def test_an_answer_says_itself_what_to_do(market: Market) -> None:
    """Nobody has to open the problem's page first: its help stands in the answer, in one line."""
    problem = refused(await market.alder.get("/tenders/00000000-0000-4000-8000-000000000000"), 404, "not-found")
    page = done(await market.anonymous.get(problem["type"]))
    assert problem["mend"].endswith("the key of the right organisation.")
    assert problem["mend"] in " ".join(page["description"].split())
    assert "\n" not in problem["mend"]


# Constraints


async def test_every_listed_constraint_exists_in_the_database(pool: asyncpg.Pool) -> None:
    """A renamed constraint would turn a clear refusal into a crash."""
    names = await pool.fetch("SELECT conname FROM pg_constraint UNION SELECT indexrelid::regclass::text FROM pg_index")
    assert CONSTRAINTS.keys() <= {row["conname"] for row in names}


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_a_listed_constraint_becomes_its_refusal(name: str) -> None:
    """Each with words of its own, never PostgreSQL's."""
    kind, detail = CONSTRAINTS[name]
    refusal = refusal_for_constraint(name)
    assert type(refusal) is kind
    assert refusal.detail == detail


async def test_a_constraint_that_nobody_listed_is_our_own_fault(alone: Market) -> None:
    """The answer is a 500 with a reference; what broke stands in the log under it, not in the answer."""
    await alone.owner.execute("ALTER TABLE people ADD CONSTRAINT nobody_is_called_zed CHECK (name <> 'Zed Secret')")
    answer = await alone.author.post("/people", a_person(name="Zed Secret"))
    problem = refused(answer, 500, "internal-error")
    assert "zed" not in answer.text.casefold()
    (reference,) = re.findall(r"[0-9a-f-]{36}", problem["detail"])
    (crash,) = [line for line in LOG if line.get("reference") == reference]
    assert "nobody_is_called_zed" in str(crash["exc_info"])
    assert crash["request_id"] == answer.headers["x-request-id"]
    assert done(await alone.author.post("/people", a_person(name="Zoe")))["name"] == "Zoe"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (asyncpg.LockNotAvailableError("x"), 503),
        (asyncpg.QueryCanceledError("x"), 503),
        (asyncpg.TooManyConnectionsError("x"), 503),
        (asyncpg.CannotConnectNowError("x"), 503),
        (asyncpg.ConnectionDoesNotExistError("x"), 503),
        (asyncpg.PostgresIOError("x"), 503),
        (asyncpg.UndefinedFileError("x"), 503),
        (TimeoutError(), 503),
        (ConnectionRefusedError(), 503),
        (asyncpg.UndefinedTableError("x"), 500),
        (asyncpg.ForeignKeyViolationError("x"), 500),
        (ZeroDivisionError(), 500),
        (RecursionError(), 500),
    ],
    ids=lambda value: type(value).__name__,
)
def test_trouble_that_passes_is_told_from_trouble_that_stays(error: Exception, status: int) -> None:
    """A 503 says when to come back; a 500 is ours to mend."""
    refusal = as_refusal(error)
    assert refusal.status == status
    assert ("Retry-After" in refusal.headers) == (status == 503)


async def test_connections_that_are_cut_are_never_a_crash(alone: Market) -> None:
    """Whoever meets a cut connection is told when to come back, and from then on everything is as before."""
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tenderscore' AND datname = "
    for _ in range(5):
        await alone.owner.execute(f"{cut} current_database()")
        answers: list[Any] = [await alone.author.get("/organisations/me") for _ in range(10)]
        for answer in answers:
            if answer.status_code != 200:
                refused(answer, 503, "unavailable")
                assert answer.headers["retry-after"]
        assert answers[-1].status_code == 200
