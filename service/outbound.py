"""Going out to an address that somebody else has named: by https, to public addresses, in bounded time and size.

The name is resolved once, every address that it has is looked at, and the connection is made to one of these: a name
that means something else a moment later (DNS rebinding) leads nowhere. No redirect is followed.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Collection
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import httpcore

SECONDS = 5.0
"""For each step: resolving, connecting, the handshake, each piece of the answer."""
TOTAL_SECONDS = 10.0
"""For all of it."""
LARGEST_ANSWER = 100_000
"""Bytes."""

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_OK = 200


class OutboundRefused(Exception):
    """Nothing could be fetched, or may be; the text says why."""


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet, also looking through what wraps an IPv4 address in IPv6."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        wrapped = found.ipv4_mapped or found.sixtofour or (found.teredo or (None, None))[1]
        if found in _NAT64:
            wrapped = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if wrapped is not None:
            return is_public(str(wrapped))
    return found.is_global and not found.is_multicast


def check_url(url: str, own_hosts: Collection[str]) -> None:
    """Refuse an address that is not https, holds a login, or names no host; `own_hosts` may be reached by http.

    Raises OutboundRefused.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise OutboundRefused("It is no address.") from None
    if not host or not url.isascii() or any(not char.isprintable() or char.isspace() for char in url):
        raise OutboundRefused("It names no host.")
    if parts.username is not None or parts.password is not None:
        raise OutboundRefused("It holds a login.")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in own_hosts):
        raise OutboundRefused("It does not begin with https://.")


async def resolve(host: str, port: int, own_hosts: Collection[str]) -> str:
    """One address of a host, all of whose addresses are public, or that is one of our own; raises OutboundRefused."""
    loop = asyncio.get_running_loop()
    try:
        found = await asyncio.wait_for(loop.getaddrinfo(host, port, type=socket.SOCK_STREAM), SECONDS)
    except (OSError, TimeoutError, UnicodeError):
        raise OutboundRefused(f"The name {host} leads nowhere.") from None
    addresses = [str(one[4][0]) for one in found]
    if not addresses or (host not in own_hosts and not all(map(is_public, addresses))):
        raise OutboundRefused(f"{host} is not at a public address.")
    return addresses[0]


def _backend(own_hosts: Collection[str]) -> "httpcore.AsyncNetworkBackend":
    import httpcore

    plain: httpcore.AsyncNetworkBackend = cast("Any", httpcore).AnyIOBackend()

    class Checked(httpcore.AsyncNetworkBackend):
        """Connects to the address that was looked at; the name stays what the certificate must show."""

        async def connect_tcp(self, host: str, port: int, *bounds: Any, **more: Any) -> httpcore.AsyncNetworkStream:
            return await plain.connect_tcp(await resolve(host, port, own_hosts), port, *bounds, **more)

    return Checked()


async def fetch(url: str, own_hosts: Collection[str]) -> bytes:
    """The body at an address; raises OutboundRefused for everything but an answer 200 of at most LARGEST_ANSWER."""
    check_url(url, own_hosts)
    try:
        return await asyncio.wait_for(_get(url, own_hosts), TOTAL_SECONDS)
    except TimeoutError:
        raise OutboundRefused(f"{url} takes too long.") from None


async def _get(url: str, own_hosts: Collection[str]) -> bytes:
    import httpcore

    bounds = dict.fromkeys(("connect", "read", "write", "pool"), SECONDS)
    body = bytearray()
    try:
        async with (
            httpcore.AsyncConnectionPool(network_backend=_backend(own_hosts), max_connections=1) as pool,
            pool.stream("GET", url, headers={"Accept": "application/json"}, extensions={"timeout": bounds}) as answer,
        ):
            if answer.status != _OK:
                raise OutboundRefused(f"{url} answers {answer.status}.")
            async for piece in answer.aiter_stream():
                body += piece
                if len(body) > LARGEST_ANSWER:
                    raise OutboundRefused(f"{url} answers more than {LARGEST_ANSWER} bytes.")
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, OSError) as error:
        raise OutboundRefused(f"{url} does not answer: {type(error).__name__}.") from None
    return bytes(body)
