"""The front door: each door in turn, then the framework, and nobody's request is spoilt by who looked at it before."""

from typing import Any

from service.frontdoor import FrontDoor, heard, read_body


def a_scope(kind: str = "http", headers: tuple[tuple[bytes, bytes], ...] = ()) -> dict[str, Any]:
    return {"type": kind, "method": "POST", "path": "/", "headers": list(headers), "state": {}}


async def body_of(receive: Any) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message["body"], message["more_body"]
    return body


class Visitor:
    """A door, or the framework behind it: reads the body, and answers or leaves it to the next."""

    def __init__(self, *, answers: bool) -> None:
        self.answers = answers
        self.read: list[bytes] = []

    async def __call__(self, _scope: Any, receive: Any, _send: Any) -> bool:
        self.read.append(await body_of(receive))
        return self.answers


async def visit(app: Any, kind: str = "http") -> None:
    messages = iter(
        (
            {"type": "http.request", "body": b"sealed ", "more_body": True},
            {"type": "http.request", "body": b"bid", "more_body": False},
        )
    )

    async def receive() -> Any:
        return next(messages)

    async def send(_message: Any) -> None:
        raise AssertionError

    await app(a_scope(kind), receive, send)


async def test_who_comes_after_a_door_that_has_read_reads_the_same():
    first, second, framework = Visitor(answers=False), Visitor(answers=False), Visitor(answers=True)
    await visit(FrontDoor(framework, [first, second]))
    assert first.read == second.read == framework.read == [b"sealed bid"]


async def test_behind_the_door_that_has_answered_nobody_is_asked():
    first, second, framework = Visitor(answers=True), Visitor(answers=True), Visitor(answers=True)
    await visit(FrontDoor(framework, [first, second]))
    assert (len(first.read), second.read, framework.read) == (1, [], [])


async def test_what_is_no_request_passes_the_doors():
    door, framework = Visitor(answers=True), Visitor(answers=True)
    await visit(FrontDoor(framework, [door]), kind="lifespan")
    assert (door.read, len(framework.read)) == ([], 1)


def test_headers_that_doors_go_by_are_heard_once():
    known = (b"authorization", b"Bearer x")
    assert heard(a_scope(headers=(known, (b"cookie", b"a"), (b"cookie", b"b")))) == dict([known])
    assert heard(a_scope(headers=(known, known))) == {}


async def test_a_body_that_a_door_has_read_is_in_memory_once():
    """A megabyte comes in many pieces: they are let go, and who comes next reads the very same whole."""
    pieces = [{"type": "http.request", "body": b"x" * 1000, "more_body": number < 9} for number in range(10)]
    read: list[bytes] = []
    grown: list[int] = []

    async def receive() -> Any:
        return pieces.pop(0)

    async def door(_scope: Any, receive: Any, _send: Any) -> bool:
        read.append(await read_body(receive, 10_000, grown.append) or b"")
        return False

    async def framework(_scope: Any, receive: Any, _send: Any) -> None:
        read.append((await receive())["body"])

    await FrontDoor(framework, [door])(a_scope(), receive, receive)
    assert read[0] is read[1]
    assert (len(read[0]), sum(grown)) == (10_000, 10_000)
