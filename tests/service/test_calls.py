"""What the client sends again and what it does not, and what an answer means; without a network."""

from typing import Any

import httpx
import pytest

from service import calls
from service.calls import NoAnswer, Operation, Refused, exchange, path_of, prepare
from service.operations import TABLE

READ = Operation("GET", "/tenders/{tender_id}", query={"limit": "limit", "from_": "from"})
SCORE = Operation("PUT", "/lots/{lot_id}/panel", headers={"if_match": "If-Match"}, bodies=("application/json",))
RELEASE = Operation("DELETE", "/lots/{lot_id}")
WITHDRAW = Operation("DELETE", "/bids/{bid_id}")
REPLACE = Operation(
    "PUT", "/bids/{bid_id}", headers={"idempotency_key": "Idempotency-Key"}, bodies=("application/json",)
)
DRAFT = Operation("POST", "/tenders", bodies=("application/json",))
SUBMIT = Operation(
    "POST",
    "/lots/{lot_id}/bids",
    headers={"idempotency_key": "Idempotency-Key"},
    bodies=("application/json", "application/vnd.tenderscore.sealed-bid"),
)
BROKEN = httpx.ReadError("connection reset")
NEVER_SENT = httpx.ConnectError("refused")


def answered(status: int, content: Any = None, **headers: str) -> httpx.Response:
    return httpx.Response(status, json=content, headers={key.replace("_", "-"): said for key, said in headers.items()})


def play(
    operation: Operation, *outcomes: httpx.Response | httpx.TransportError
) -> tuple[list[httpx.Request], list[float], Any]:
    """What was sent, how long was waited, and how it ended, when the network does this."""
    given: dict[str, Any] = {part[1:-1]: "1" for part in operation.path.split("/") if part.startswith("{")}
    if operation.bodies:
        given["body"] = {"values": {}}
    steps = exchange(operation, prepare("http://service", operation, given, "key"))
    sent: list[httpx.Request] = []
    waits: list[float] = []
    left, outcome = list(outcomes), None
    try:
        while True:
            step = steps.send(outcome)
            outcome = None
            if isinstance(step, httpx.Request):
                sent.append(step)
                outcome = left.pop(0)
            else:
                waits.append(step)
    except StopIteration as done:
        return sent, waits, done.value
    except (Refused, NoAnswer) as failure:
        return sent, waits, failure


def test_a_bid_is_sent_again_under_the_same_key_until_its_receipt_has_come() -> None:
    """Broken connections and a busy service in between; the waits are those that the service asks for."""
    sent, waits, reply = play(
        SUBMIT, BROKEN, answered(503, Retry_After="2"), answered(429, Retry_After="0"), answered(201, {"bid_id": "b"})
    )
    assert len({request.headers["Idempotency-Key"] for request in sent}) == 1
    assert len({request.content for request in sent}) == 1
    assert len(sent) == 4
    assert waits[1:] == [2.0, 0.0]
    assert 0 < waits[0] <= 0.2
    assert reply.value == {"bid_id": "b"}


@pytest.mark.parametrize(
    ("operation", "outcome", "sent_again"),
    [
        (READ, BROKEN, True),
        (READ, answered(503), True),
        (WITHDRAW, BROKEN, True),
        (WITHDRAW, answered(503), True),
        (REPLACE, BROKEN, True),
        (REPLACE, answered(503), True),
        (RELEASE, BROKEN, False),
        (RELEASE, answered(503), False),
        (RELEASE, NEVER_SENT, True),
        (SCORE, BROKEN, False),
        (SCORE, answered(502), False),
        (SCORE, answered(429), True),
        (DRAFT, NEVER_SENT, True),
        (DRAFT, answered(429), True),
        (DRAFT, BROKEN, False),
        (DRAFT, answered(503, Retry_After="1"), False),
        (READ, answered(503, Retry_After="3600"), False),
        (READ, answered(500), False),
        (SUBMIT, answered(409), False),
    ],
)
def test_only_what_cannot_be_done_twice_is_sent_again(
    operation: Operation, outcome: httpx.Response | httpx.TransportError, *, sent_again: bool
) -> None:
    """A draft of which nobody knows whether it was stored is not stored a second time."""
    sent, _, ended = play(operation, outcome, answered(200, {}))
    assert (len(sent) == 2) is sent_again
    assert isinstance(ended, calls.Reply) is sent_again


def test_what_is_put_or_deleted_is_sent_again_only_where_it_is_named_as_harmless() -> None:
    """A decision that was taken is not taken once more: whoever asked is told that nobody knows, and reads."""
    changing = [one for one in TABLE.values() if one.method in {"PUT", "DELETE", "PATCH"}]
    assert {f"{one.method} {one.path}" for one in changing} >= calls.HARMLESS_TWICE.keys()
    for operation in changing:
        sent, _, ended = play(operation, BROKEN, answered(200, {}))
        again = f"{operation.method} {operation.path}" in calls.HARMLESS_TWICE or "idempotency_key" in operation.headers
        assert (len(sent) == 2) is again, operation
        assert isinstance(ended, calls.Reply if again else NoAnswer), operation


def test_patience_has_an_end() -> None:
    sent, _, ended = play(READ, *[BROKEN] * calls.TRIES)
    assert len(sent) == calls.TRIES
    assert isinstance(ended, NoAnswer)


def test_a_refusal_is_an_exception_of_its_status_with_the_service_s_words() -> None:
    """Kind, detail, mend, and each fault with its place; what is no problem document is told by its status."""
    problem = {"type": "https://x/problems/bid-incomplete", "title": "The bid cannot be scored.", "status": 422}
    problem |= {"detail": "1 of its values.", "errors": [{"pointer": "/values/price", "message": "It is missing."}]}
    *_, ended = play(SUBMIT, answered(422, problem))
    assert isinstance(ended, calls.Invalid)
    assert (ended.kind, ended.faults[0].pointer) == ("bid-incomplete", "/values/price")
    assert str(ended) == "The bid cannot be scored. 1 of its values.\n/values/price: It is missing."
    for status, kind in ((401, calls.Unauthenticated), (404, calls.Missing), (412, calls.Outdated), (418, Refused)):
        *_, ended = play(READ, httpx.Response(status, text="<html>"))
        assert type(ended) is kind
        assert str(status) in str(ended)


def test_arguments_go_where_the_description_says_and_no_others_are_taken() -> None:
    """A path's argument is escaped, so that no id becomes another address."""
    request = prepare("http://s", READ, {"tender_id": "a/../b", "from_": 3, "limit": None}, "")
    assert str(request.url) == "http://s/tenders/a%2F..%2Fb?from=3"
    assert "Authorization" not in request.headers
    for given in ({}, {"tender_id": "t", "body": {}}, {"tender_id": "t", "colour": "red"}):
        with pytest.raises(TypeError):
            prepare("http://s", READ, given, "")
    sealed = {"lot_id": "l", "body": b"TSB", "media_type": "application/vnd.tenderscore.sealed-bid"}
    assert prepare("http://s", SUBMIT, sealed, "k").headers["Content-Type"] == sealed["media_type"]


def test_a_location_is_followed_with_its_query_and_never_to_somebody_else() -> None:
    """A report's location names its language; one of another host would be sent the key."""
    location = "http://s/evaluations/1/report.pdf?lang=de"
    asked = prepare("http://s", Operation("GET", path_of(location, "http://s")), {}, "key")
    assert str(asked.url) == location
    for foreign in ("@evil.example/", ".evil.example/", "//evil.example/", "http://s.evil.example/x"):
        with pytest.raises(ValueError, match="no address"):
            path_of(foreign, "http://s")


def test_a_date_is_waited_for_from_the_service_s_own_clock() -> None:
    """Retry-After may name an instant (RFC 9110, 10.2.3); our own clock may be wrong."""
    headers = {"retry-after": "Wed, 21 Oct 2026 07:28:30 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"}
    assert calls.seconds_in(headers) == 30
    assert calls.seconds_in({"retry-after": "soon"}) is None
