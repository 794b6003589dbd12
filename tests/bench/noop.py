"""The service with two addresses more that do nothing: what the server alone takes, for `tests.bench.reads`.

GET /noop/{size} asks for a key as a result does, by the same memory of keys and in rounds of one statement; GET
/bare/{size} asks for nothing and no database. Both answer so many bytes, or 304 to whoever sends If-None-Match.
"""

import gc
import os
import re
import time
from collections.abc import Mapping, Sequence
from typing import Any

from litestar.datastructures import State
from litestar.types import HTTPScope, Receive, Send

from service import db, frontdoor, serving, signing
from service.frontdoor import Answer, Desk
from service.organisations import Caller
from service.rounds import Rounds
from service.settings import read_settings

GOOD = """
SELECT asked.place::int AS place FROM unnest($1::text[]) WITH ORDINALITY AS asked (key_id, place)
JOIN api_keys AS key ON key.id = asked.key_id
WHERE key.revoked_at IS NULL AND (key.expires_at IS NULL OR key.expires_at > clock_timestamp())
    AND 'read' = ANY(key.scopes)
"""
TAG = b'"' + b"0" * 64 + b'"'


class NoopDoor:
    """Answers as a result's door does, with bytes that are always the same."""

    address = re.compile("/noop/([0-9]+)")

    def __init__(self, state: State) -> None:
        self._state = state
        self._desk = Desk("GET", "/noop/{size}")
        self._rounds = Rounds(find_good)
        self._bodies: dict[str, bytes] = {}

    async def __call__(self, scope: HTTPScope, _receive: Receive, send: Send) -> bool:
        """Answer if it is a known caller; the first time the framework meets the key, and answers 404."""
        address = self.address.fullmatch(scope["path"])
        if address is None:
            return False
        since = time.perf_counter()
        headers = frontdoor.heard(scope)
        caller = await self._caller(headers)
        if caller is None:
            return False
        with self._desk.busy():
            named = [(b"etag", TAG), (b"vary", b"Accept-Encoding")]
            if b"if-none-match" in headers:
                answer = Answer(304, named, b"")
            else:
                body = self._bodies.get(address[1]) or self._bodies.setdefault(address[1], b"0" * int(address[1]))
                answer = Answer(200, named, body)
            await self._desk.answer(scope, send, caller, answer, since=since)
        return True

    async def _caller(self, headers: Mapping[bytes, bytes]) -> Caller | None:
        caller: Caller | None = self._state.known_keys.caller(headers.get(b"authorization"))
        if caller is None or not await self._rounds.ask(self._state.pool, caller.key_id):
            return None
        return caller


class BareDoor(NoopDoor):
    """The same without any question about the key."""

    address = re.compile("/bare/([0-9]+)")

    async def _caller(self, headers: Mapping[bytes, bytes]) -> Caller | None:
        return self._state.known_keys.caller(headers.get(b"authorization"))


async def find_good(conn: db.Connection, asked: Sequence[str]) -> Mapping[str, bool]:
    """Which keys are good at this moment."""
    rows: list[Any] = await conn.fetch(GOOD, list(asked))
    return {asked[row["place"] - 1]: True for row in rows}


def main() -> None:
    """Serve as `tenderscore serve` does, with these doors behind its own."""
    settings = read_settings(os.environ)
    serving.configure_logging(settings.log_level)
    assert settings.database_url is not None
    with serving.listen(settings.host, settings.port) as sock:
        doors = (*serving.DOORS, NoopDoor, BareDoor)
        server = serving.http_server(settings, settings.database_url, signing.secrets_of(settings), doors=doors)
        print(f"listening on {serving.address(sock)}", flush=True)
        gc.freeze()
        server.run(sockets=[sock])


if __name__ == "__main__":
    main()
