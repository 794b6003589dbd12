"""The role table multiplied out: each operation × each role × ids of one's own, of others, of nothing, of each stage.

Whom the table does not let in is refused by who it is (401, 403, 404), not by the stage; what belongs to others is
answered like what does not exist; and no answer, header or problem tells a canary that its row does not allow.
"""

import io
import os
import re
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from uuid import uuid4
from zlib import crc32

import httpx
import pytest

from service.access import ROWS, Role, Row, Stage
from service.examples import EXAMPLES
from tests.make import a_bid, a_tender
from tests.make_worlds import SEATS, Canary, World, WorldName, Worlds, make_worlds
from tests.service.conftest import Market, done

HELD: dict[str, tuple[Role, ...]] = {
    "author": ("author",),
    "approver": ("approver",),
    "officer": ("opening_officer",),
    "evaluator": ("evaluator",),
    "second_evaluator": ("evaluator",),
    "moderator": ("moderator",),
    "auditor": ("auditor",),
    "contract_manager": ("contract_manager",),
    "colleague": (),
}
"""The city's people, and what each holds in all of its tenders."""

SUPPLIERS = ("bidder", "rival")
PEOPLE = ("anonymous", *SUPPLIERS, *HELD, "stranger", "operator")
ADMINS = ("author", "stranger", "operator", *SUPPLIERS)
STAGES: tuple[Stage, ...] = ("draft", "published", "closed", "opened", "evaluated", "awarded")
STAGE: dict[WorldName, Stage] = {
    "draft": "draft",
    "published": "published",
    "foreign": "published",
    "opened": "opened",
    "awarded": "awarded",
}

QUERIES = {
    "prove_inclusion": "position=1",
    "prove_consistency": "from=1",
    "preview_exclusion": "bid_id={bid_id}",
    "get_difference": "from={evaluation_id}",
    "get_sensitivity": "draws=100",
    "get_platform_record": "kind=submitted",
    "get_model": "starts_on=2026-02-01",
    "get_proxy": "year=2024",
    "upload_spend_file": "name=payments.csv",
    "add_evidence": "name=payroll.csv",
    "import_catalogue": "title=TOMs&version=1&licence=CC0&source=us",
    "get_bid_template": "format=csv",
    "get_score_sheet": "format=csv",
}
BODIES: dict[str, Any] = {
    "submit_bid": a_bid(),
    "replace_bid": a_bid(),
    "draft_tender": a_tender(),
    "edit_tender": a_tender(),
}
FIXED = {
    "criterion_id": "method-statement",
    "number": "1",
    "role": "evaluator",
    "field": "postal_address",
    "slug": "not-found",
    "name": "services-60-40",
    "jurisdiction": "uk",
    "series_id": "desnz-carbon-2023",
    "case": "central",
    "year": "2026",
}
"""What in an address is nobody's."""

LETTERS = ("get_summary", "get_letter", "show_letter")
AWARDS = (
    "get_public_report",
    "show_public_report",
    "list_notices",
    "list_public_notices",
    "list_tender_releases",
    "get_tender_record",
    "list_releases",
    "download_year",
)
OF_SPEND = re.compile("{(file|analysis|catalogue)_id}")
OF_A_WEBHOOK = re.compile("{webhook_id}")
OF_A_BID = re.compile("{(bid|document|clarification|obligation|delivery|evidence)_id}")
SEEN: tuple[WorldName, ...] = ("published", "awarded", "foreign")
"""The worlds that are enough for whom the table lets into none of one's own."""

EVERYWHERE = "TENDERSCORE_TEST_EVERYWHERE" in os.environ
"""Whether a colleague without the role asks in all of these; else in one, another for each operation and person."""

UNPRINTED: dict[Stage, tuple[WorldName, ...]] = {"draft": ("published", "opened"), "opened": ("published",)}
"""The worlds whose pages nobody looks at, by the stage from which there are such pages."""

EMPTY = {
    "list_keys": "for another's keys one needs the scope admin",
    "list_identities": "the same",
    "get_cancellation": "nothing was cancelled",
    "get_corrigendum": "nothing was corrected",
    "get_framework": "the tenders are no frameworks",
    "get_standstill": "the tenders follow no law that asks for one",
    "get_key": "the service keeps the keys",
    "get_share": "the service keeps the keys",
    "list_relays": "the service keeps the keys",
    "list_headers": "the service keeps the keys",
    "list_document_headers": "the service keeps the keys",
    "get_import": "nothing was imported",
    "get_imported_file": "nothing was imported",
    "get_jurisdiction": "its one address is asked without an id",
}
"""What answers nobody in these worlds, for a reason that has nothing to do with who asks."""


CONTRACTUAL = ("list_obligations", "report_delivery", "list_deliveries", "add_evidence", "read_evidence")
"""What answers the contractor, who is the bidder; the rival has no contract."""


class Target(NamedTuple):
    """Whose things are asked for: those of a world, or `nothing`, by ids that nobody has."""

    name: WorldName | None
    ids: Mapping[str, str]
    own: bool


@pytest.fixture(scope="module")
async def worlds(market: Market) -> Worlds:
    """What all tests here look at; they change nothing of it."""
    return await make_worlds(market)


@pytest.fixture(scope="module")
async def addresses(market: Market) -> dict[str, tuple[str, str]]:
    """Method and path of each operation, as the description of the interface has them."""
    described = done(await market.anonymous.get("/docs/openapi.json"))["paths"]
    return {
        one["operationId"]: (method.upper(), path) for path, every in described.items() for method, one in every.items()
    }


def targets(worlds: Worlds, who: str, operation: str, path: str) -> Iterator[Target]:
    """What a person asks for: its own side's worlds, the others', and nothing; fewer where the key alone is refused."""
    row = ROWS[operation]
    if row.whose == "caller":
        owners = webhook_owners if OF_A_WEBHOOK.search(path) else spenders if OF_SPEND.search(path) else colleagues
        yield from owners(worlds, who)
    elif row.whose == "anybody":  # without a key every world is looked at; no key sees more of a draft
        for name in worlds.worlds if who == "anonymous" else ("draft",):
            yield from targets_in(worlds.worlds[name], who, of_a_bid=False)
    elif has_key(row, who):
        wanted = worlds.worlds if holds(row, who) or who in SUPPLIERS else seen_by(who, operation)
        for name in wanted:
            if path.endswith(".html") and name in UNPRINTED.get(row.since, ()):
                continue  # to lay out a page takes as long as a hundred answers, and JSON is asked for everywhere
            yield from targets_in(worlds.worlds[name], who, of_a_bid=OF_A_BID.search(path) is not None)
    else:
        yield from targets_in(worlds.worlds["awarded"], who, of_a_bid=False)


def seen_by(who: str, operation: str) -> tuple[WorldName, ...]:
    """Where somebody asks whom the table lets into none of his own side's worlds."""
    if who not in HELD or EVERYWHERE:
        return SEEN
    return (SEEN[crc32(f"{who} {operation}".encode()) % len(SEEN)],)


def targets_in(world: World, who: str, *, of_a_bid: bool) -> Iterator[Target]:
    """A world as a person finds it: suppliers find their own bid there, and the other's, if the address names one."""
    if who in SUPPLIERS:
        yield Target(world.name, world.ids | world.bids.get(who, {}), own=True)
        if of_a_bid:
            rival = SUPPLIERS[1 - SUPPLIERS.index(who)]
            yield Target(world.name, world.ids | world.bids.get(rival, {}), own=False)
    else:
        own = who == "stranger" if world.name == "foreign" else who in HELD
        yield Target(world.name, world.ids | world.bids.get("bidder", {}), own=own)


def colleagues(worlds: Worlds, who: str) -> Iterator[Target]:
    """Somebody of one's own organisation, and somebody of another."""
    city, rival = worlds.people["colleague"], worlds.people["rival"]
    own = city if who in HELD else worlds.people[who]
    other = city if who not in HELD else rival
    for person, is_own in ((own, True), (other, False)):
        key = person.key.split("_")[2] if person.key else "0" * 12
        yield Target("awarded", {"person_id": person.id or str(uuid4()), "key_id": key}, own=is_own)


def spenders(worlds: Worlds, who: str) -> Iterator[Target]:
    """What one's own organisation and another one know of their payments."""
    for owner, ids in worlds.spend.items():
        yield Target("awarded", ids, own=who in HELD if owner == "city" else who == owner)


def webhook_owners(worlds: Worlds, who: str) -> Iterator[Target]:
    """A webhook of one's own organisation's, made by oneself or by a colleague, and those of others."""
    for owner in ("author", "stranger", *SUPPLIERS):
        yield Target("awarded", worlds.webhooks[owner], own=who in HELD if owner == "author" else who == owner)


def holds(row: Row, who: str) -> bool:
    """Whether one of the city's people holds a role that the row asks for; the stranger is an author elsewhere."""
    held = ("author",) if who == "stranger" else HELD.get(who)
    return held is not None and (not row.roles or bool(set(row.roles) & set(held)))


def has_key(row: Row, who: str) -> bool:
    """Whether a person's key and organisation are such as the row asks for."""
    if who == "anonymous" or (row.scope == "platform" and who != "operator"):
        return False
    if row.scope == "admin" and who not in ADMINS:
        return False
    return row.kind is None or (row.kind == "supplier") == (who in SUPPLIERS)


def is_let_in(row: Row, who: str, target: Target) -> bool:
    """Whether the table lets a person do this with these things, whatever their stage."""
    if row.whose == "anybody":
        return True
    if not has_key(row, who):
        return False
    own = target.own
    reached = {
        "caller": target.own,
        "operator": who == "operator",
        "published": holds(row, who) if own and who in HELD else own or target.name not in {None, "draft"},
        "buyer": own and holds(row, who),
        "supplier": own and who in SUPPLIERS,
        "parties": own and (who in SUPPLIERS or holds(row, who)),
    }
    return reached[row.whose]


def may_tell(row: Row, who: str, target: Target, canary: Canary) -> bool:
    """Whether an answer may tell this person this secret."""
    if canary.owner == who:
        return True
    if canary.kind == "draft":
        return who in HELD and row.whose in {"published", "buyer"}
    if canary.kind == "webhook":
        return canary.owner == "city" and who in HELD and row.whose == "caller"
    if canary.kind == "spend":
        return canary.owner == "city" and who in HELD and row.kind == "buyer"
    if any(row is ROWS[name] for name in (*AWARDS, "list_delivered", "get_learnt_paper", "show_learnt_paper")):
        return (canary.owner, canary.kind) == ("bidder", "name")  # who won, for anybody
    if who in SUPPLIERS:
        # the letter to a loser names the winner, its price, and how its answers were scored
        won = canary.owner in {"bidder", "city"} and canary.kind in {"name", "price", "reason"}
        return any(row is ROWS[name] for name in LETTERS) and target.name == "awarded" and won
    return who in HELD and target.own and holds(row, who) and may_tell_buyer(row, who, target, canary)


def may_tell_buyer(row: Row, who: str, target: Target, canary: Canary) -> bool:
    """The same for one of the city's people who is let in."""
    stage = STAGES.index(STAGE[target.name or "draft"])
    if canary.kind == "question":
        return bool(HELD[who]) and (row is ROWS["list_questions"] or "offer" in row.tells)
    if stage < STAGES.index("opened"):
        return False
    if canary.kind == "name":
        return bool(HELD[who]) or row.since == "awarded" or row is ROWS["list_awards"]
    if canary.world != target.name or (canary.kind == "price" and stage < STAGES.index("awarded")):
        return False
    # who scores reads of prices, and of what others score, only what follows from the ranking
    seated = who in SEATS and row.since not in {"evaluated", "awarded"}
    if seated and (canary.kind == "price" or canary.criterion not in {"", SEATS[who]}):
        return False
    return ("offer" if canary.kind == "document" else canary.kind) in row.tells


async def ask(
    worlds: Worlds, who: str, operation: str, address: tuple[str, str], ids: Mapping[str, str]
) -> httpx.Response:
    """Send the operation's example with these ids; what has none of them gets ids that nobody has."""
    method, path = address
    known = {**FIXED, **ids}
    known.setdefault("key_id", "0" * 12)

    def fill(found: re.Match[str]) -> str:
        return known.get(found[1]) or str(uuid4())

    path = re.sub(r"{(\w+)}", fill, path)
    if operation in QUERIES:
        path += "?" + re.sub(r"{(\w+)}", fill, QUERIES[operation])
    headers = {"If_Match": '"1"', "Idempotency_Key": str(uuid4())}
    example = EXAMPLES.get(operation)
    body = BODIES.get(operation) or (example.body if example else None)
    person = worlds.people[who]
    if operation in {"upload_document", "upload_spend_file", "add_evidence", "import_catalogue"}:
        key = {"Authorization": f"Bearer {person.key}"} if person.key else {}
        named = {"Content-Type": "text/plain", "Idempotency-Key": str(uuid4())}
        return await person.http.post(path, content=b"text", headers=named | key)
    return await person.send(method, path, body, **headers)


def alike(answer: httpx.Response, ids: Mapping[str, str]) -> tuple[int, str, dict[str, str]]:
    """An answer without what must differ: the ids of the question, the request's own id, the time."""
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "id", answer.text)
    for value in (*ids.values(), "0" * 12):
        text = text.replace(value, "id")
    headers = {name: value for name, value in answer.headers.items() if name not in {"date", "x-request-id"}}
    headers.pop("content-length", None)
    return answer.status_code, text, headers


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("operation", ROWS)
async def test_isolation(worlds: Worlds, addresses: dict[str, tuple[str, str]], operation: str, who: str) -> None:
    """Nobody is let in but whom the table lets in, and nobody is told what the table does not let be told."""
    row, address = ROWS[operation], addresses[operation]
    has_ids = bool(set(re.findall(r"{(\w+)}", address[1])) - set(FIXED))
    nothing = await ask(worlds, who, operation, address, {}) if has_ids else None
    tried, let_in = [], False
    if nothing is not None:
        check_answer(worlds, who, row, Target(None, {}, own=False), nothing)
    for target in targets(worlds, who, operation, address[1]) if has_ids else [Target(None, {}, own=True)]:
        allowed = is_let_in(row, who, target)
        in_time = target.name is None or STAGES.index(STAGE[target.name]) >= STAGES.index(row.since)
        if allowed and in_time and address[0] != "GET":
            continue  # it would be done
        answer = await ask(worlds, who, operation, address, target.ids)
        check_answer(worlds, who, row, target, answer)
        if not allowed and not target.own and nothing is not None:
            assert alike(answer, target.ids) == alike(nothing, {})
        if allowed and in_time:
            tried.append(answer)
            let_in = let_in or answer.is_success
    assert let_in or not tried or excused(operation, who), [answer.text for answer in tried]


def excused(operation: str, who: str) -> bool:
    """Whether an operation answers somebody nothing in these worlds, whatever the table says."""
    return who == "stranger" or operation in EMPTY or (who == "rival" and operation in CONTRACTUAL)


def said(answer: httpx.Response) -> str:
    """All text of an answer; the parts of a workbook or an archive are deflated, where nobody would find a canary."""
    if not answer.content.startswith(b"PK\x03\x04"):
        return answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        return "\n".join(
            [*archive.namelist(), *(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())]
        )


def check_answer(worlds: Worlds, who: str, row: Row, target: Target, answer: httpx.Response) -> None:
    """The answer is one that the row allows, and tells nothing that it does not."""
    whose = f"{target.name}{'' if target.own else ', not its own'}"
    where = f"by {who} of {whose}: {answer.status_code} {answer.text[:300]}"
    assert answer.status_code < 500, where
    if not is_let_in(row, who, target):
        assert answer.status_code in {401, 403, 404}, where
    elif target.name is not None and STAGES.index(STAGE[target.name]) < STAGES.index(row.since):
        assert answer.status_code >= 400, where
    head = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
    told = [one for one in worlds.told(f"{head}\n{said(answer)}") if not may_tell(row, who, target, one)]
    assert told == [], where


@pytest.mark.parametrize("who", [*SUPPLIERS, *HELD, "stranger"])
async def test_isolation_of_news(worlds: Worlds, who: str) -> None:
    """What the feed and a webhook tell somebody is the same, tells no secret, and can be read where it points to."""
    person = worlds.people[who]
    hook = f"/webhooks/{worlds.webhooks[who]['webhook_id']}/deliveries?limit=200"
    sent, told, after = done(await person.get(hook))["items"], [], ""
    while True:
        page = done(await person.get(f"/events?limit=200{after}"))
        told += page["items"]
        after = f"&after={page['next']}"
        if not page["more"]:
            break
    tenders = {world.ids["tender_id"] for world in worlds.worlds.values()}
    fed = {one["id"]: one for one in told if one["data"].get("tender_id") in tenders}
    sent = [one for one in sent if one["data"].get("tender_id") in tenders]  # others play in the same town
    assert {one["event_id"] for one in sent} == fed.keys()
    text = str([*fed.values(), *sent])
    assert list(worlds.told(text)) == []
    rivals = [ids["bid_id"] for world in worlds.worlds.values() for name, ids in world.bids.items() if name != who]
    assert not any(bid_id in text for bid_id in rivals)
    for href in {one["data"]["href"] for one in fed.values()}:
        assert (await person.get(href)).status_code == 200, href
    assert ("bids.opened" in text) == (who not in {"colleague", "stranger"})
