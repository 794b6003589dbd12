"""A body that is a file: its length is announced, it is hashed as it comes, and what breaks off is refused."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from litestar import Request
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIFormat, OpenAPIType
from litestar.types import Receive

from service import edge
from service.problems import BodyTooLarge, Refusal, UnsupportedMediaType

IDLE_SECONDS: Final = 60
"""An upload of which nothing has come for so long has broken off."""


class FileUploadInterrupted(Refusal):
    """The file did not arrive as a whole.

    Nothing of it was kept. Send it again.
    """

    status = 408


class FileLengthMissing(Refusal):
    """A file is sent with its length.

    Send the header `Content-Length`; most programs do when they are given a file rather than a stream.
    """

    status = 411


class FileEmpty(Refusal):
    """The file is empty.

    Nothing was kept. Send the file itself as the body.
    """

    status = 422


FORMS: Final = frozenset({"multipart/form-data", "application/x-www-form-urlencoded"})


def check_file(
    request: Request[Any, Any, Any], most: int, refused: frozenset[str] = FORMS | {"application/json"}
) -> int:
    """The announced length, which must be there and within the limit, of a body that is the file itself."""
    media_type = edge.media_type_of(request)
    if media_type in refused:
        raise UnsupportedMediaType(f"Send the file itself, as application/octet-stream, and not as {media_type}.")
    announced = request.content_length
    if announced is None:
        raise FileLengthMissing("The header `Content-Length` is missing.")
    if announced == 0:
        raise FileEmpty("The length is 0.")
    if announced > most:
        raise BodyTooLarge(f"A file has at most {most} bytes; this one has {announced}.")
    return announced


@dataclass
class FileOperation(Operation):
    """An operation whose body is a file; the handler reads it itself."""

    def __post_init__(self) -> None:
        """Describe the body, which litestar cannot see."""
        file = OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY))
        self.request_body = RequestBody(required=True, content={"application/octet-stream": file, "text/csv": file})


class Flow:
    """A body on its way to where it is kept, hashed as it comes; raises FileUploadInterrupted unless all of it does."""

    def __init__(self, receive: Receive, announced: int) -> None:
        self.hash = hashlib.sha256()
        self._receive = receive
        self._announced = announced

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The pieces as they come."""
        came = 0
        while came < self._announced:
            try:
                async with asyncio.timeout(IDLE_SECONDS):
                    message = await self._receive()
            except TimeoutError:
                raise FileUploadInterrupted(f"{came} of {self._announced} bytes had come.") from None
            if message["type"] != "http.request" or not (message["body"] or message["more_body"]):
                raise FileUploadInterrupted(f"{came} of {self._announced} bytes had come.")
            came += len(message["body"])
            self.hash.update(message["body"])
            yield message["body"]

    async def into(self, path: Path) -> None:
        """Write all of it to a file, beside the event loop."""
        with path.open("wb") as file:
            async for piece in self:
                await asyncio.to_thread(file.write, piece)
