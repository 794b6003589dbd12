"""A consumer of webhooks: a real HTTPS server for `hooks.example` on a free port, under an authority of its own."""

import asyncio
import contextlib
import ssl
import tempfile
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from service.outbound import Outbound

NAMES = {"hooks.example", "other.example"}
BEGIN = parsedate_to_datetime("Wed, 01 Jan 2025 00:00:00 +0000")


class Received(NamedTuple):
    """A request: its first line, its headers in small letters, its body."""

    line: str
    headers: dict[str, str]
    body: bytes


@cache
def authority() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """What the receiver shows, and what a sender must trust to believe it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hooks.example")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(BEGIN)
        .not_valid_after(BEGIN + timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hooks.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    shown = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "chain.pem"
        file.write_bytes(secret + pem)
        shown.load_cert_chain(file)
    return shown, ssl.create_default_context(cadata=pem.decode())


class Receiver:
    """Answers each request with the next of `answers`, then with 204 for ever; `connections` counts who came at all."""

    def __init__(self) -> None:
        self.url = ""
        self.port = 0
        self.answers: list[str] = []
        self.received: list[Received] = []
        self.connections = 0
        self.came = asyncio.Event()

    def outbound(self, *, trust: ssl.SSLContext | None = None, seconds: float = 15) -> Outbound:
        """A sender that finds this receiver by its name and believes its certificate."""

        async def look_up(_host: str, _port: int) -> Sequence[str]:
            return ["127.0.0.1"]

        return Outbound(NAMES, look_up=look_up, trust=trust or authority()[1], seconds=seconds)

    async def reached(self, requests: int) -> None:
        """Wait until so many requests have come."""
        while len(self.received) < requests:
            self.came.clear()
            await self.came.wait()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request on a connection."""
        self.connections += 1
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines if line)}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.received.append(Received(first, headers, body))
            self.came.set()
            answer = self.answers.pop(0) if self.answers else "204 No Content"
            if answer == "silence":
                await reader.read()
            writer.write(f"HTTP/1.1 {answer}\r\nConnection: close\r\n\r\n".encode())
            await writer.drain()
        writer.close()


@contextlib.asynccontextmanager
async def receiving(*, plain: bool = False) -> AsyncIterator[Receiver]:
    """A receiver on the test's own loop; plain: without TLS."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0, ssl=None if plain else authority()[0])
    receiver.port = server.sockets[0].getsockname()[1]
    receiver.url = f"{'http' if plain else 'https'}://hooks.example:{receiver.port}/news?from=us"
    async with server:
        yield receiver
