"""What comes in is read strictly, what goes wrong goes out as a problem: hostile and clumsy input at many addresses."""

import contextlib
import json
import time
from typing import Any
from uuid import uuid4

import httpx
import pytest

from service import edge
from tests.make import a_bid, a_corrigendum, a_decision, a_key, a_person, a_score, a_tender, an_organisation
from tests.service.conftest import LOG, Market, Person, done, refused

JSON = {"Content-Type": "application/json"}


class Door:
    """An address that takes a body, who may use it, a body that it takes, and a text in that body."""

    def __init__(self, who: str, method: str, path: str, body: dict[str, Any], *text: str) -> None:
        self.who = who
        self.method = method
        self.path = path
        self.body = body
        self.text = text

    def with_text(self, value: object) -> dict[str, Any]:
        """The body with another value in the place of its text."""
        changed = json.loads(json.dumps(self.body))
        inner = changed
        for step in self.text[:-1]:
            inner = inner[step]
        inner[self.text[-1]] = value
        return changed

    @property
    def pointer(self) -> str:
        return "".join(f"/{step}" for step in self.text)


DOORS = {
    "register": Door("operator", "POST", "/organisations", an_organisation(), "name"),
    "person": Door("author", "POST", "/people", a_person(), "name"),
    "key": Door("author", "POST", "/people/{person}/keys", a_key(), "label"),
    "draft": Door("author", "POST", "/tenders", a_tender(), "title"),
    "edit": Door("author", "PUT", "/tenders/{draft}", a_tender(), "reference"),
    "corrigendum": Door("author", "POST", "/tenders/{tender}/corrigenda", a_corrigendum(), "reason"),
    "bid": Door("alder", "POST", "/lots/{lot}/bids", a_bid(), "values", "method-statement"),
    "score": Door(
        "evaluator", "PUT", "/bids/{bid}/scores/method-statement", a_score(change_reason="Read again."), "reason"
    ),
    "consensus": Door(
        "moderator", "PUT", "/bids/{bid}/consensus/method-statement", a_score(change_reason="Read again."), "reason"
    ),
    "state": Door("moderator", "PUT", "/bids/{bid}/state", a_decision(), "reason"),
}


async def knock(market: Market, door: Door, body: bytes, **headers: str) -> httpx.Response:
    """Send bytes to a door of things that exist."""
    if not hasattr(market, "places"):
        _, (bid, _) = await market.opened()
        fresh = await market.publish()
        draft = await market.draft()
        market.places = {
            "person": market.colleague.id,
            "draft": draft["id"],
            "tender": fresh["id"],
            "lot": fresh["lots"][0]["id"],
            "bid": bid["bid_id"],
        }
    named = {"Authorization": f"Bearer {getattr(market, door.who).key}", "Idempotency-Key": str(uuid4()), **JSON}
    return await market.http.request(
        door.method, door.path.format(**market.places), content=body, headers=named | headers
    )


def every_door(*names: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("door", [DOORS[name] for name in names or DOORS], ids=names or list(DOORS))


# Bodies that cannot be read


UNREADABLE = {
    "nothing": b"",
    "half": b'{"name": ',
    "two": b'{"name": "a"} {"name": "b"}',
    "bare NaN": b'{"name": NaN}',
    "bare Infinity": b'{"name": -Infinity}',
    "single quotes": b"{'name': 'a'}",
    "trailing comma": b'{"name": "a",}',
    "comment": b'{"name": "a"} // a',
    "bad UTF-8": b'{"name": "\xff\xfe"}',
    "overlong UTF-8": b'{"name": "\xc0\xaf"}',
    "UTF-16": '{"name": "a"}'.encode("utf-16"),
    "byte order mark": b'\xef\xbb\xbf{"name": "a"}',
    "deep arrays": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"a":' * 40 + b"1" + b"}" * 40,
    "never closed": b"[" * 100_000,
    "twice": b'{"name": "a", "name": "b"}',
    "twice inside": b'{"person": {"name": "a", "name": "b"}}',
    "twice in disguise": b'{"name": "a", "n\\u0061me": "b"}',
    "raw control": b'{"name": "a\x00b"}',
    "quotes without end": b'"' + b'\\"' * 100_000,
    "many quotes": b'"' * 200_001,
}


@every_door("register", "draft", "bid", "score")
async def test_what_cannot_be_read_is_a_400(market: Market, door: Door) -> None:
    """Syntax, encoding, nesting and doubled members are refused before anything is understood."""
    for name, body in UNREADABLE.items():
        problem = refused(await knock(market, door, body), 400, "unreadable-request")
        assert len(problem["detail"]) < 500, name


async def test_no_body_keeps_the_service_busy(market: Market) -> None:
    """200 kB of whatever kind cost the processor less than half a second."""
    long = (b'{"name": ' + b"9" * 200_000 + b"}", b'{"name": "' + b"\\u0061" * 30_000 + b'"}')
    for body in (*UNREADABLE.values(), *long):
        started = time.process_time()
        assert (await knock(market, DOORS["person"], body)).status_code in {400, 422}
        assert time.process_time() - started < 0.5


# Bodies that can be read and are not acceptable


HIDDEN = [chr(code) for code in (0, 0x1B, 7, 0x7F, 0x9B, 0x200B, 0x200E, 0x202E, 0x2066, 0xFEFF, 0xD800, 0xDFFF)]


@every_door()
async def test_characters_that_hide_are_refused_at_their_place(market: Market, door: Door) -> None:
    """Controls, direction overrides, zero-width characters and lone surrogates are in nobody's name or reason."""
    for hidden in HIDDEN:
        body = json.dumps(door.with_text(f"Alder{hidden} Ltd")).encode()
        problem = refused(await knock(market, door, body), 422, "invalid-request")
        assert [fault["pointer"] for fault in problem["errors"]] == [door.pointer], ascii(hidden)


async def test_a_hidden_character_in_a_members_name_is_refused(market: Market) -> None:
    """Names of members are text as well, and the answer does not repeat what hides."""
    answer = await knock(market, DOORS["bid"], json.dumps({"values": {"pri\u202ece": "1"}}).encode())
    refused(answer, 422, "invalid-request")
    assert "\u202e" not in answer.text


@every_door()
async def test_text_is_text(market: Market, door: Door) -> None:
    """Nothing else is turned into text in silence."""
    for value in (None, 1, 1.5, True, [], {}, ["a"]):
        problem = refused(await knock(market, door, json.dumps(door.with_text(value)).encode()), 422, "invalid-request")
        assert problem["errors"][0]["pointer"] == door.pointer, value


@every_door()
async def test_a_body_is_an_object_with_its_members(market: Market, door: Door) -> None:
    """Neither a list nor a number nor an empty object is a request."""
    for body in (b"[]", b"null", b"1", b'"text"', b"true", b"{}"):
        assert refused(await knock(market, door, body), 422, "invalid-request")["errors"], body


@every_door()
async def test_unknown_members_are_refused(market: Market, door: Door) -> None:
    """Nobody sets a rank, an id or an instant by adding a member, and a misspelt member is told."""
    for name in ("id", "rank", "submitted_at", "__class__", "$schema", "constructor"):
        body = json.dumps(door.body | {name: "1"}).encode()
        problem = refused(await knock(market, door, body), 422, "invalid-request")
        assert name in problem["errors"][0]["pointer"] + problem["errors"][0]["message"]


@pytest.mark.parametrize(
    "value",
    [
        "NaN",
        "sNaN",
        "Infinity",
        "1e1000000",
        "1e-1000",
        "9" * 16,
        "1." + "0" * 13,
        "-0",
        "-0.00",
        "１２",
        " 12 ",
        "1_0",
    ],
)
@pytest.mark.parametrize("place", ["weighting", "minimum", "total"])
async def test_decimals_are_short_plain_and_finite(market: Market, place: str, value: str) -> None:
    """What is accepted comes back as the number that was sent; everything else is refused, at once and at its place."""
    tender = a_tender()
    tender["lots"][0]["rules"]["criteria"][1][place] = value
    answer = await knock(market, DOORS["draft"], json.dumps(tender).encode())
    if answer.status_code == 201:
        stored = done(answer)["lots"][0]["rules"]["criteria"][1].get(place, "0")
        assert (value, stored) in {("-0", "0"), ("-0.00", "0.00"), ("-0.00", "0")}
    else:
        assert refused(answer, 422, "invalid-request")["errors"]


@pytest.mark.parametrize("number", [b"40", b"40.0", b"4e1", b"9007199254740993.01", b"1e1000000", b"-0", b"9" * 5000])
async def test_decimals_are_not_json_numbers(market: Market, number: bytes) -> None:
    """A number's digits and scale are evidence, and other people's libraries lose them."""
    body = json.dumps(a_tender()).encode().replace(b'"weighting": "40"', b'"weighting": ' + number, 1)
    problem = refused(await knock(market, DOORS["draft"], body), 422, "invalid-request")
    assert problem["errors"][0]["pointer"] == "/lots/0/rules/criteria/0/weighting"


@pytest.mark.parametrize("value", ["1", "1.0", '"1"', "1e0", "true", "99999999999999999999", "-1", "0"])
async def test_whole_numbers_are_whole_numbers(market: Market, value: str) -> None:
    """`decimals` of a rounding takes an integer of its range and nothing that merely looks like one."""
    body = json.dumps(a_tender()).replace('"decimals": 2', f'"decimals": {value}')
    answer = await knock(market, DOORS["draft"], body.encode())
    if value in {"0", "1"}:
        assert done(answer)["lots"][0]["rules"]["rounding"][0]["decimals"] == int(value)
    else:
        refused(answer, 422, "invalid-request")


# Addresses

IDS = [
    "1",
    "0",
    "-1",
    "99999999999999999999999999999999999999",
    "١",
    "null",
    "undefined",
    "%00",
    "%2e%2e%2f",
    "%ff",
    "%ED%A0%80",
    "'; DROP TABLE bids; --",
    "{{7*7}}",
    "3f0c1a52-8f5e-4a4e-9d7c-1f2f8d2f6f1",
    "x" * 3000,
]


@pytest.mark.parametrize(
    "path", ["/tenders/{}", "/lots/{}/bids", "/bids/{}", "/evaluations/{}", "/people/{}/keys", "/lots/{}/award"]
)
async def test_what_is_no_id_is_not_found(market: Market, path: str) -> None:
    """An address with something else in the place of an id is a 404 like any other."""
    for text in IDS:
        refused(await market.author.get(path.format(text)), 404, "not-found")


@pytest.mark.parametrize(
    "spelling",
    [
        lambda text: "".join(chr(0xFF10 + int(c)) if c.isdigit() else c for c in text),
        lambda text: "".join(chr(0x0660 + int(c)) if c.isdigit() else c for c in text),
        lambda text: "{" + text + "}",
        lambda text: "urn:uuid:" + text,
    ],
    ids=["full width", "Arabic", "braces", "urn"],
)
async def test_an_id_has_one_spelling(market: Market, spelling: Any) -> None:
    """Two spellings of one id are two addresses to a log or a proxy: only the plain one is ours."""
    tender = await market.draft()
    refused(await market.author.get(f"/tenders/{spelling(tender['id'])}"), 404, "not-found")


@pytest.mark.parametrize("key", ["%00", "a%00b", "%ff", "x" * 3000, "١", "%F0%9F%92%A9"])
async def test_what_is_no_key_is_not_found(market: Market, key: str) -> None:
    """A key's id in an address is checked before it reaches the database."""
    refused(await market.author.delete(f"/keys/{key}"), 404, "not-found")


@pytest.mark.parametrize(
    "query",
    [
        *("limit=0", "limit=201", "limit=-5", "limit=٣", "limit=", "limit=x", "limit=99999999999999999999"),
        *("cursor=x", "cursor=%00", "cursor=%ff", "cursor=e30", "cursor=AAAA", "cursor=" + "A" * 3000),
        # An instant without an offset, and one that has no UTC.
        "cursor=WyIyMDI2LTAxLTAxVDAwOjAwOjAwIiwiM2YwYzFhNTItOGY1ZS00YTRlLTlkN2MtMWYyZjhkMmY2ZjExIl0",
        "cursor=WyI5OTk5LTEyLTMxVDIzOjU5OjU5LTEyOjAwIiwiM2YwYzFhNTItOGY1ZS00YTRlLTlkN2MtMWYyZjhkMmY2ZjExIl0",
    ],
    ids=lambda query: query[:40],
)
@pytest.mark.parametrize("path", ["/people", "/tenders"])
async def test_a_wrong_parameter_is_the_requests_fault(market: Market, path: str, query: str) -> None:
    """A bound, a number or a cursor that is none is told apart from a crash."""
    answer = await market.author.get(f"{path}?{query}")
    assert answer.status_code in {400, 422}, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


async def test_validate_takes_one_word(market: Market) -> None:
    """A misspelt dry run must not become a bid."""
    tender = await market.publish()
    path = f"/lots/{tender['lots'][0]['id']}/bids"
    answer = await market.alder.post(f"{path}?validate=Only", a_bid(), Idempotency_Key="k")
    refused(answer, 422, "invalid-request")
    assert done(await market.alder.get(path)) == []


# Methods, types, sizes


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", "/tenders"),
        ("DELETE", "/tenders"),
        ("PUT", "/people"),
        ("POST", "/health/live"),
        ("PUT", "/lots/{}/bids"),
    ],
)
async def test_a_method_that_an_address_does_not_take_is_a_405(market: Market, method: str, path: str) -> None:
    """The answer lists the methods that it takes."""
    answer = await market.author.send(method, path.format(uuid4()), {})
    refused(answer, 405, "method-not-allowed")
    assert answer.headers["allow"]


@pytest.mark.parametrize("path", ["/nothing", "/tenders/x/y/z", "/.env", "/docs/assets/../../etc/passwd"])
async def test_an_address_that_does_not_exist_is_a_404(market: Market, path: str) -> None:
    """Every unknown address is a problem like every other."""
    refused(await market.author.get(path), 404, "not-found")


OTHER_TYPES = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/json")


@every_door()
async def test_a_body_that_is_not_json_is_a_415(market: Market, door: Door) -> None:
    """Only JSON is read, and only if it says so."""
    for kind in OTHER_TYPES:
        answer = await knock(market, door, json.dumps(door.body).encode(), **{"Content-Type": kind})
        refused(answer, 415, "unsupported-media-type")


@every_door("register", "draft", "score", "bid")
async def test_a_body_beyond_the_limit_is_a_413(market: Market, door: Door) -> None:
    """Bids take up to 1 MB, everything else a quarter of it."""
    limit = 1_000_000 if door is DOORS["bid"] else 256_000
    body = json.dumps(door.with_text("x" * (limit + 1))).encode()
    refused(await knock(market, door, body), 413, "body-too-large")


async def test_a_body_in_pieces_is_counted_too(market: Market) -> None:
    """A body without a declared length is cut off at the same limit."""

    async def pieces() -> Any:
        for _ in range(30):
            yield b" " * 10_000

    headers = {"Authorization": f"Bearer {market.author.key}", **JSON}
    refused(await market.http.post("/people", content=pieces(), headers=headers), 413, "body-too-large")


async def test_a_bid_may_be_larger_than_other_bodies(market: Market) -> None:
    """A bid of 300 kB passes the door and is judged for what it says."""
    body = json.dumps(a_bid(method_statement="x" * 300_000)).encode()
    problem = refused(await knock(market, DOORS["bid"], body), 422, "bid-incomplete")
    assert [fault["pointer"] for fault in problem["errors"]] == ["/values/method-statement"]


# Outages


BROKEN = """
CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{state}'; END $$;
CREATE TRIGGER broken BEFORE INSERT ON bids FOR EACH ROW EXECUTE FUNCTION broken();
"""


@pytest.mark.parametrize(
    ("state", "status", "slug"),
    [("53100", 507, "storage-full"), ("25006", 503, "unavailable"), ("53200", 503, "unavailable")],
    ids=["full disk", "leader that became a standby", "no memory"],
)
async def test_the_same_request_is_good_when_the_database_is(alone: Market, state: str, status: int, slug: str) -> None:
    """The supplier is told to try again soon, and does so under the same key; nothing was stored meanwhile."""
    tender = await alone.publish()
    await alone.owner.execute(BROKEN.format(state=state))
    answer = await alone.alder.submit(tender, key="once")
    refused(answer, status, slug)
    assert int(answer.headers["retry-after"]) > 0
    assert any(line["event"] == "disk full" for line in LOG) >= (status == 507)
    await alone.owner.execute("DROP TRIGGER broken ON bids")
    done(await alone.alder.submit(tender, key="once"))


# Answers


@pytest.mark.parametrize("path", ["/organisations/me", "/tenders", "/people", "/nothing", "/health/ready"])
async def test_every_answer_carries_its_requests_id_and_is_not_kept(market: Market, path: str) -> None:
    """A caller's own id is taken over; no cache on the way keeps what was answered to one."""
    answer = await market.author.send("GET", path, X_Request_Id="portal-42")
    assert answer.headers["x-request-id"] == "portal-42"
    assert answer.headers["cache-control"] == "no-store"
    assert any(line.get("request_id") == "portal-42" and line.get("path") == path for line in LOG)


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "<script>", "a;b", "ü"])
async def test_a_request_id_that_is_none_is_replaced(market: Market, given: str) -> None:
    """What goes into the log is well-formed, whatever was sent."""
    headers = [(b"Authorization", f"Bearer {market.author.key}".encode()), (b"X-Request-Id", given.encode())]
    answer = await market.http.get("/organisations/me", headers=headers)
    assert len(answer.headers["x-request-id"]) == 32
    assert answer.headers["x-request-id"].isalnum()


async def test_an_answer_without_a_key_is_the_same_everywhere(market: Market) -> None:
    """Without a key nobody learns which tenders, bids or lots exist."""
    tender = await market.publish()
    real, missing = tender["id"], str(uuid4())
    for path in ("/tenders/{}", "/tenders/{}/events"):
        known, unknown = await market.anonymous.get(path.format(real)), await market.anonymous.get(path.format(missing))
        refused(known, 401, "unauthenticated")
        assert known.content.replace(real.encode(), missing.encode()) == unknown.content


async def test_text_comes_back_as_it_was_sent(market: Market) -> None:
    """What is accepted is kept to the last character."""
    for name in ("O’Neill & Söhne <GmbH>", "Łódź «Α» 日本 👷🏽", "=1+1", "a\\b\"c'd", "{{7*7}}", "%s %(a)s", "a/b~c"):
        assert done(await market.author.post("/people", a_person(name=name)))["name"] == name
        stranger = Person(market.http, market.author.key)
        assert done(await stranger.get("/organisations/me"))["kind"] == "buyer"


async def test_head_is_answered_like_get_without_the_body(market: Market) -> None:
    """Watchers and caches ask by HEAD; they get the same status and headers, and are kept out of the same places."""
    async with httpx.AsyncClient(base_url=market.url) as stranger:
        for path, status in (("/health/live", 200), ("/methods", 200), ("/tenders", 401), ("/nowhere", 404)):
            asked, got = await stranger.head(path), await stranger.get(path)
            assert (asked.status_code, asked.content) == (status, b"")
            assert got.status_code == status
            assert asked.headers["content-type"] == got.headers["content-type"]
            assert asked.headers["content-length"] == got.headers["content-length"]


async def test_a_caller_is_answered_in_its_own_language(market: Market) -> None:
    """Title, detail, mend and every fault; the slug and the places stay, English is what it was, the log keeps it."""
    body = {"kind": "buyer", "name": 7, "unheard_of": "x"}
    answers = {
        lang: await market.operator.post("/organisations", body, Accept_Language=lang)
        for lang in ("en", "de-AT, en;q=0.5", "tlh")
    }
    english, german, other = (refused(answer, 422, "invalid-request") for answer in answers.values())
    assert other == english
    assert english["title"] == "The request does not fit its description"
    assert german["title"] == "Die Anfrage entspricht nicht ihrer Beschreibung"
    assert [fault["pointer"] for fault in german["errors"]] == [fault["pointer"] for fault in english["errors"]]
    for before, after in zip(english["errors"], german["errors"], strict=True):
        assert before["message"] != after["message"]
    assert [answer.headers.get("content-language") for answer in answers.values()] == [None, "de", None]


@pytest.mark.parametrize(
    ("if_match", "named"),
    [
        ('"3"', True),
        ("*", True),
        ('"2", "3"', True),
        ('"2","4"', False),
        ('W/"3"', False),
        ('W/"3", "3"', True),
        ("3", False),
        ("", False),
    ],
)
def test_an_edit_names_its_version_as_rfc_9110_says(if_match: str, named: object) -> None:
    """Any that exists, or one of a list; a weak tag names none (13.1.1)."""
    with contextlib.nullcontext() if named else pytest.raises(edge.PreconditionFailed):
        edge.check_if_match(if_match, 3)


def test_of_what_does_not_exist_yet_there_is_no_version_to_name() -> None:
    """The first list is sent without; `*` asks for one that is there; the second one has to be named."""
    edge.check_replaced(None, 0)
    with pytest.raises(edge.PreconditionFailed):
        edge.check_replaced("*", 0)
    with pytest.raises(edge.PreconditionRequired):
        edge.check_replaced(None, 1)
