"""`Prefer: return=minimal` (RFC 7240): who needs only to know that it was done is not sent what was stored.

It is applied where the answer says elsewhere what was made, or nothing was: an answer 200 becomes 204 without a body,
one 201 with a `Location` loses its body. A new id, a secret or a receipt is sent whatever is preferred.
"""

import re
from typing import Any, cast

from litestar.types import ASGIApp, Message, Receive, Scope, Send

_MINIMAL = re.compile(rb'(?:^|,)\s*return\s*=\s*"?minimal"?\s*(?=[,;]|$)', re.IGNORECASE)
_CHANGING = frozenset({"PUT", "DELETE"})
NEEDED = frozenset({"submit_bid", "replace_bid", "withdraw_bid", "upload_document", "make_webhook"})
"""Operations whose answer is evidence, or holds a secret that is shown once."""

_OK, _CREATED, _NO_CONTENT = 200, 201, 204


def wants_minimal(scope: Scope) -> bool:
    """Whether a request that changes something prefers an answer without a body."""
    handler = cast("Any", scope.get("route_handler"))
    return handler.handler_name not in NEEDED and any(
        name == b"prefer" and _MINIMAL.search(value) is not None for name, value in scope["headers"]
    )


def status_without_body(method: str, status: int, headers: list[tuple[bytes, bytes]]) -> int | None:
    """The status of the answer without its body; None where the body is needed."""
    if status == _OK and method in _CHANGING:
        return _NO_CONTENT
    if status == _CREATED and any(name.lower() == b"location" for name, _ in headers):
        return _CREATED
    return None


class Preferences:
    """Middleware that leaves bodies out where that is preferred."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the request prefers, and say so."""
        if not wants_minimal(scope):
            await self.app(scope, receive, send)
            return
        method = cast("str", scope.get("method"))
        emptied = False

        async def shorten(message: Message) -> None:
            nonlocal emptied
            if message["type"] == "http.response.start":
                headers = [(bytes(name), bytes(value)) for name, value in message["headers"]]
                status = status_without_body(method, message["status"], headers)
                if status is not None:
                    emptied = True
                    kept = [one for one in headers if one[0].lower() not in {b"content-length", b"content-type"}]
                    length = [(b"content-length", b"0")] if status == _CREATED else []
                    message["status"] = status
                    message["headers"] = [*kept, *length, (b"preference-applied", b"return=minimal")]
            elif emptied and message["type"] == "http.response.body":
                message["body"] = b""
            await send(message)

        await self.app(scope, receive, shorten)
