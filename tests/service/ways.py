"""Both ways into the service: through the doors before the framework, and through the framework alone."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import httpx
import uvicorn

from service import serving
from service.app import create_app
from service.edge import answer_head
from service.frontdoor import FrontDoor
from service.settings import Settings
from tests.service.conftest import LOG, SECRETS, Person

Headers = list[tuple[str, str]]


class Ways(NamedTuple):
    """Both ways into one database, and how many requests the framework behind the door has seen."""

    door: str
    framework: str
    passed: list[str]


@contextlib.asynccontextmanager
async def serving_at(app: Any) -> AsyncIterator[str]:
    with serving.listen("127.0.0.1", 0) as sock:
        server = uvicorn.Server(uvicorn.Config(answer_head(app), lifespan="on", log_config=None, server_header=False))
        running = asyncio.create_task(server.serve(sockets=[sock]))
        try:
            yield serving.address(sock)
        finally:
            server.should_exit = True
            await running


@contextlib.asynccontextmanager
async def both_ways(dsn: str) -> AsyncIterator[Ways]:
    chosen = Settings(port=0, report_workers=0, database_connections=4)
    passed: list[str] = []
    behind = create_app(chosen, dsn, SECRETS)

    async def counted(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            passed.append(scope["path"])
        await behind(scope, receive, send)

    doors = FrontDoor(counted, [door(behind.state) for door in serving.DOORS])
    async with serving_at(doors) as door, serving_at(create_app(chosen, dsn, SECRETS)) as framework:
        yield Ways(door, framework, passed)


class Told(NamedTuple):
    """An answer as it went over the wire, without what differs from request to request."""

    status: int
    headers: dict[str, str]
    body: bytes
    logged: dict[str, Any]


async def ask(http: httpx.AsyncClient, url: str, method: str, path: str, headers: Headers) -> Told:
    fixed = {"accept-encoding": "identity"} if not any(name == "Accept-Encoding" for name, _ in headers) else {}
    # httpx adds headers of its own where none is named; a request here has the ones of its row and no others
    request = httpx.Request(method, url + path, headers=[*fixed.items(), ("host", "tenderscore"), *headers])
    answer = await http.send(request, stream=True)
    body = b"".join([part async for part in answer.aiter_raw()])
    await answer.aclose()
    named = dict(answer.headers)
    line = next(line for line in reversed(LOG) if line.get("request_id") == named["x-request-id"])
    named.pop("date")
    if "allow" in named:  # litestar keeps the methods in a set
        named["allow"] = ", ".join(sorted(named["allow"].split(", ")))
    assert re.fullmatch("[0-9a-f]{32}", named.pop("x-request-id"))
    return Told(answer.status_code, named, body, {**line, "request_id": ""})


async def alike(ways: Ways, method: str, path: str, headers: Headers) -> Told:
    """What both ways answer, the door twice: to a stranger's key and to one that it knows."""
    async with httpx.AsyncClient(timeout=30) as http:
        expected = await ask(http, ways.framework, method, path, headers)
        for _ in range(2):
            told = await ask(http, ways.door, method, path, headers)
            assert told == expected, f"{told}\n{expected}"
    return expected


def bearer(person: Person) -> Headers:
    return [("Authorization", f"Bearer {person.key}")]
