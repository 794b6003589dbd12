"""What comes in is counted by what it is about; what would leave no entry is noted until it can be written down."""

from typing import Any
from uuid import UUID

import pytest

from service.organisations import make_key
from service.traffic import Traffic, counted, kind_of

LOT, BID = UUID(int=7), UUID(int=8)
BIDS = f"/lots/{LOT}/bids"


async def ask(traffic: Traffic, status: int, path: str = BIDS, *, gone: bool = False, **scope: Any) -> None:
    """Let a request be answered with a status, perhaps after its sender has gone away."""
    body = b'{"type": "https://tenders.example/problems/unavailable", "status": 503}' if status >= 500 else b"{}"

    async def app(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    async def receive() -> Any:
        return {"type": "http.disconnect"} if gone else {"type": "http.request", "body": b"", "more_body": False}

    async def send(_message: Any) -> None:
        pass

    asked = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": []} | scope
    await counted(app, traffic)(asked, receive, send)


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("POST", BIDS, "bids"),
        ("PUT", f"/bids/{BID}", "bids"),
        ("DELETE", f"/bids/{BID}", "bids"),
        ("POST", f"/lots/{LOT}/documents", "documents"),
        ("PUT", f"/documents/{BID}", "documents"),
        ("GET", f"/bids/{BID}", "reads"),
        ("HEAD", "/health/ready", "reads"),
        ("PUT", f"/bids/{BID}/scores/price", "other"),
    ],
)
def test_a_request_is_about_bids_documents_reading_or_else(method: str, path: str, kind: str) -> None:
    """By its method and address alone: nothing of a body is looked at."""
    assert kind_of(method, path) == kind


async def test_answers_are_counted_until_they_are_taken_and_what_was_not_written_counts_again() -> None:
    """A sample that could not be written loses nothing: its counts are in the next one."""
    traffic = Traffic(10)
    for status in (201, 409, 503):
        await ask(traffic, status)
    await ask(traffic, 200, "/tenders", method="GET")
    taken = traffic.take()
    assert taken == ({"bids": 3, "reads": 1}, {"bids": 1})
    assert traffic.take() == ({}, {})
    await ask(traffic, 500)
    traffic.put_back(taken)
    assert traffic.take() == ({"bids": 4, "reads": 1}, {"bids": 2})


async def test_a_bid_that_got_a_server_error_is_noted_with_who_said_to_send_it() -> None:
    """The key is kept as its id and digest, never whole; the size is what the sender announced."""
    traffic, key = Traffic(10), make_key()
    headers = [(b"authorization", f"Bearer {key.whole}".encode()), (b"content-length", b"2048")]
    await ask(traffic, 503, headers=headers)
    (note,) = traffic.notes
    assert (note.validated, note.status, note.problem, note.size) == (False, 503, "unavailable", 2048)
    assert note.key == (key.id, key.digest)
    assert note.ids() == {"lot_id": LOT}
    assert key.whole not in repr(note)


async def test_a_bid_that_was_only_checked_is_noted() -> None:
    """It leaves no other trace: nothing was stored."""
    traffic = Traffic(10)
    await ask(traffic, 200, query_string=b"validate=only")
    await ask(traffic, 422, query_string=b"validate=only")
    assert [note.validated for note in traffic.notes] == [True]


async def test_what_the_log_tells_anyway_is_not_noted() -> None:
    """Receipts, refusals, reading, errors elsewhere, and uploads that broke off."""
    traffic = Traffic(10)
    for status in (201, 200, 409, 422):
        await ask(traffic, status)
    await ask(traffic, 503, "/tenders")
    await ask(traffic, 503, BIDS, method="GET")
    await ask(traffic, 500, gone=True)
    assert not traffic.notes


async def test_the_first_notes_are_kept_and_those_beyond_are_numbered() -> None:
    """Memory has an end; how many are missing is known."""
    traffic = Traffic(2)
    for _ in range(5):
        await ask(traffic, 503)
    assert (len(traffic.notes), traffic.lost) == (2, 3)


@pytest.mark.parametrize("header", [b"", b"-1", b"1e3", b"9" * 40, "١".encode()])
async def test_a_size_that_is_no_number_is_no_size(header: bytes) -> None:
    """What a client says of its body is not trusted to be a number."""
    traffic = Traffic(2)
    await ask(traffic, 503, headers=[(b"content-length", header)])
    assert traffic.notes[0].size is None
