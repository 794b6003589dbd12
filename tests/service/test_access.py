"""The role table is whole, and the guards go by it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import service
from service import access
from service.access import ROWS, Row
from tests.service.conftest import Market, done, refused


async def operations(market: Market) -> Iterator[str]:
    described = done(await market.anonymous.get("/docs/openapi.json"))["paths"]
    return (one["operationId"] for path in described.values() for one in path.values())


async def test_every_operation_has_a_row_and_every_row_an_operation(market: Market) -> None:
    """A new endpoint fails the build until somebody has said who may use it."""
    assert set(await operations(market)) == set(ROWS)


async def test_an_operation_without_a_row_answers_nobody(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forgotten is closed, not open: it breaks, for those too who had a right."""
    monkeypatch.delitem(access.ROWS, "list_people")
    refused(await market.author.get("/people"), 500, "internal-error")


async def test_the_guards_go_by_the_table(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another row, another answer: nothing of who may stands in the handlers."""
    tender = await market.draft()
    path = f"/tenders/{tender['id']}/events"
    refused(await market.moderator.get(path), 403, "forbidden")
    monkeypatch.setitem(access.ROWS, "list_events", Row(whose="buyer", scope="read", roles=("moderator",)))
    done(await market.moderator.get(path))
    refused(await market.auditor.get(path), 403, "forbidden")
    monkeypatch.setitem(access.ROWS, "list_events", Row(whose="buyer", scope="platform"))
    refused(await market.moderator.get(path), 403, "forbidden")
    monkeypatch.setitem(access.ROWS, "list_events", Row(whose="buyer", scope="read", kind="supplier"))
    refused(await market.moderator.get(path), 403, "forbidden")


def test_no_handler_names_roles_itself() -> None:
    """Who may do what is read in one place; the one rule about a person's own roles is named here."""
    found = [
        f"{path.name}: {line.strip()}"
        for path in sorted(Path(service.__file__).parent.glob("*.py"))
        for line in path.read_text("utf-8").splitlines()
        if re.search(r'check_role\([^)]*"|\.require\("(write|platform)"\)|require_kind\("', line)
    ]
    assert found == [
        'declarations.py: tenders.check_role(tender, "author" if declared.person_id in approvers else "approver")',
        'metrics.py: connection.user.require("platform")',
    ]


@pytest.mark.parametrize("path", sorted(Path(service.__file__).parent.glob("*.py")), ids=lambda path: path.stem)
def test_a_guard_names_the_operation_that_it_guards(path: Path) -> None:
    """A row of another operation would let the wrong people in."""
    handler = ""
    for line in path.read_text("utf-8").splitlines():
        if named := re.match(r"async def ([a-z]\w+)\(", line):
            handler = named[1] if named[1] in ROWS else ""
        for asked in re.findall(r'(?:check_access|_find|_lock|_seated|_lock_letters|lock_lot)\([^"]*"(\w+)"\)', line):
            assert asked in ROWS, line
            assert not handler or asked == handler, line


GUARDED_AS = {
    "simulation_report": "get_simulation",
    "opening_paper": "get_opening",
    "moderation_paper": "list_meetings",
    "letter": "get_summary",
    "procedure_paper": "get_procedure_report",
    "contract_report": "get_monitoring",
    "learnt_paper": "list_findings",
}
"""Papers tell in print what an operation answers as data, and are guarded by that operation's row."""


@pytest.mark.parametrize("paper", GUARDED_AS)
def test_a_paper_is_for_whom_its_data_are(paper: str) -> None:
    """The row of a paper says whom the isolation tests must let in: it may say nobody else than the guard does."""
    data = ROWS[GUARDED_AS[paper]]
    for row in (ROWS[f"get_{paper}"], ROWS[f"show_{paper}"]):
        assert (row.whose, row.scope, row.kind, row.roles) == (data.whose, data.scope, data.kind, data.roles)


WEIGHTY = {
    *("publish_tender", "confirm_corrigendum", "cancel_tender", "cancel_lot", "put_key"),
    *("open_bids", "relay_share", "open_with_keys", "decide_declaration"),
    *("lock_criterion", "unlock_criterion", "lock_consensus"),
    *("decide_correction", "decide_selection", "decide_state", "decide_low_price"),
    *("reject_recommendation", "decide_award", "annul_award", "redact_field", "send_summaries"),
    *("record_notice", "record_contract", "make_obligations", "change_terms", "add_obligation", "decide_delivery"),
    "take_remedy",
    *("assess_performance", "record_failure", "record_performance_notice"),
    *("set_retention", "decide_hold", "shred_bids"),
}
"""What decides who wins, who is paid, or what becomes of the record: whoever takes one away says why."""


def test_who_approves_or_opens_has_signed_in_strongly() -> None:
    """What approvers and opening officers alone change asks for it, but for practice; so does what weighs as much."""
    alone = {"approver", "opening_officer"}
    acts = {name for name, row in ROWS.items() if row.scope == "write" and row.roles and set(row.roles) <= alone}
    assert acts - {name for name, row in ROWS.items() if row.decides} == {"rehearse"}
    others = {name for name, row in ROWS.items() if row.decides and (row.scope != "write" or row.whose != "buyer")}
    assert others == {"register_provider", "register_officer_key"}, "retire_provider, add_identity ask by themselves"
    assert {name for name, row in ROWS.items() if row.decides} - others == WEIGHTY


def test_anybody_is_asked_for_no_scope() -> None:
    assert {row.scope for row in ROWS.values() if row.whose == "anybody"} == {None}
