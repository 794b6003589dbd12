"""HTTP/1.1 for tests that send ten thousands of requests: httpx's client on asyncio and httptools alone.

httpx's own transport takes a fifth of the time that such a test takes; what is sent and answered is the same.
"""

import asyncio
from collections.abc import AsyncIterable

import httptools
import httpx

SECONDS = 30.0


class _Connection(asyncio.Protocol):
    """One connection: sends a request, collects its answer."""

    def __init__(self) -> None:
        self.is_lost = False
        self._transport: asyncio.Transport | None = None
        self._answered: asyncio.Future[None] | None = None
        self._writable = asyncio.Event()
        self._writable.set()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_lost = True
        self._writable.set()
        self._fail(f"the connection was closed: {exc or 'no answer'}")

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(str(error))

    async def send(self, request: httpx.Request) -> httpx.Response:
        """The whole answer; raises httpx.TransportError."""
        self._method = request.method
        self._headers: list[tuple[bytes, bytes]] = []
        self._body: list[bytes] = []
        self._status = 0
        self._parser = httptools.HttpResponseParser(self)
        self._answered = asyncio.get_running_loop().create_future()
        assert self._transport is not None
        lines = [f"{request.method} ".encode() + request.url.raw_path + b" HTTP/1.1"]
        lines += [name + b": " + value for name, value in request.headers.raw]
        head = b"\r\n".join([*lines, b"", b""])
        if isinstance(request.stream, httpx.ByteStream):
            self._transport.write(head + request.content)
        else:
            self._transport.write(head)
            assert isinstance(request.stream, AsyncIterable)
            chunked = "transfer-encoding" in request.headers
            async for part in request.stream:
                await self._writable.wait()
                self._transport.write(b"%x\r\n%b\r\n" % (len(part), part) if chunked else part)
            if chunked:
                self._transport.write(b"0\r\n\r\n")
        await self._answered
        return httpx.Response(
            self._status,
            headers=self._headers,
            stream=httpx.ByteStream(b"".join(self._body)),
            extensions={"http_version": b"HTTP/1.1"},
        )

    def close(self) -> None:
        self.is_lost = True
        if self._transport is not None:
            self._transport.abort()

    def _fail(self, why: str) -> None:
        if self._answered is not None and not self._answered.done():
            self._answered.set_exception(httpx.RemoteProtocolError(why))

    # What httptools calls

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        self._status = self._parser.get_status_code()
        if not self._parser.should_keep_alive():
            self.is_lost = True
        if self._method == "HEAD":
            self.on_message_complete()

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        if self._answered is not None and not self._answered.done() and self._status >= 200:
            self._answered.set_result(None)


class Wire(httpx.AsyncBaseTransport):
    """Connections to one server, each used again when its answer has come."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._idle: list[_Connection] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request on a connection that nobody uses."""
        connection = await self._connection(request.url)
        try:
            async with asyncio.timeout(self._seconds):
                answer = await connection.send(request)
        except TimeoutError as error:
            connection.close()
            raise httpx.ReadTimeout("no answer in time") from error
        except BaseException:
            connection.close()
            raise
        if connection.is_lost:
            connection.close()
        else:
            self._idle.append(connection)
        return answer

    async def _connection(self, url: httpx.URL) -> _Connection:
        while self._idle:
            if not (connection := self._idle.pop()).is_lost:
                return connection
        try:
            _, connection = await asyncio.get_running_loop().create_connection(_Connection, url.host, url.port)
        except OSError as error:
            raise httpx.ConnectError(str(error)) from error
        return connection

    async def aclose(self) -> None:
        """Drop the connections."""
        while self._idle:
            self._idle.pop().close()
