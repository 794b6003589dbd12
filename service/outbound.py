"""Going out to an address that somebody else has named: by https, to public addresses, in bounded time and size.

The name is resolved once, every address that it has is looked at, and the connection is made to one of these: a name
that means something else a moment later (DNS rebinding) leads nowhere. No redirect is followed, no proxy asked.
"""

import asyncio
import contextlib
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias, cast
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import httpcore

LookUp: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
"""From a name and a port to the numeric addresses that it has now."""

SECONDS = 5.0
"""For each step: resolving, connecting, the handshake, each piece of the answer."""
TOTAL_SECONDS = 10.0
"""For all of it."""
LARGEST_ANSWER = 100_000
"""Bytes."""

POST_SECONDS = 15.0
"""For a POST, from the name to the answer's status."""
LONGEST_URL = 2_000
FIRST_FREE_PORT = 1024

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_UNICAST = ipaddress.IPv6Network("2000::/3")
_RELAYS = ipaddress.IPv4Network("192.88.99.0/24")
"""Once the relays of 6to4 (RFC 7526): nobody's."""
_INWARD = ("localhost", ".localhost", ".local", ".internal", ".home.arpa", ".onion")
_HTTPS_PORT = 443
_HTTP_PORT = 80
_OK = 200


class OutboundRefused(Exception):
    """Nothing could be fetched, or may be; the text says why."""


def own_hosts(setting: str) -> frozenset[str]:
    """The hosts that the operator lets be reached although they are not public: their names, by commas."""
    return frozenset(filter(None, setting.split(",")))


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet, also looking through what wraps an IPv4 address in IPv6."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        wrapped = found.ipv4_mapped or found.sixtofour or (found.teredo or (None, None))[1]
        if found in _NAT64:
            wrapped = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if wrapped is not None:
            return is_public(str(wrapped))
        return found.is_global and found in _UNICAST
    return found.is_global and not found.is_multicast and found not in _RELAYS


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


def check_postable(url: str, own_hosts: Collection[str]) -> None:
    """The same for an address that is kept to be sent to, without looking anything up. Raises OutboundRefused.

    It has no fragment, no low port, and no host of which the spelling tells already that it leads inward.
    """
    check_url(url, own_hosts)
    parts = urlsplit(url)
    host, port = (parts.hostname or "").rstrip("."), parts.port
    if len(url) > LONGEST_URL or "#" in url or "\\" in url:
        raise OutboundRefused(f"It has a fragment, a backslash, or more than {LONGEST_URL} letters.")
    if parts.hostname in own_hosts:
        return
    if port is not None and port != _HTTPS_PORT and port < FIRST_FREE_PORT:
        raise OutboundRefused(f"Its port is neither {_HTTPS_PORT} nor above {FIRST_FREE_PORT - 1}.")
    number = number_of(host)
    if number is not None and not is_public(number):
        raise OutboundRefused(f"{host} is not at a public address.")
    if number is None and (host.endswith(_INWARD) or "." not in host):
        raise OutboundRefused(f"{host} is no name of the public internet.")


def number_of(host: str) -> str | None:
    """The address that a host is when it is no name: also `0x7f.1`, `017700000001` or `2130706433`, as C reads them."""
    with contextlib.suppress(ValueError):
        return str(ipaddress.ip_address(host.partition("%")[0]))
    with contextlib.suppress(OSError):
        return socket.inet_ntoa(socket.inet_aton(host))
    return None


async def look_up(host: str, port: int) -> Sequence[str]:
    """The addresses that the machine's resolver gives."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(one[4][0]) for one in found]


async def resolve(host: str, port: int, own_hosts: Collection[str], look_up: LookUp = look_up) -> str:
    """One address of a host, all of whose addresses are public, or that is one of our own; raises OutboundRefused."""
    try:
        addresses = await asyncio.wait_for(look_up(host, port), SECONDS)
    except (OSError, TimeoutError, UnicodeError):
        raise OutboundRefused(f"The name {host} leads nowhere.") from None
    if not addresses or (host not in own_hosts and not all(map(is_public, addresses))):
        raise OutboundRefused(f"{host} is not at a public address.")
    return addresses[0]


def _backend(own_hosts: Collection[str], look_up: LookUp = look_up) -> "httpcore.AsyncNetworkBackend":
    import httpcore

    plain: httpcore.AsyncNetworkBackend = cast("Any", httpcore).AnyIOBackend()

    class Checked(httpcore.AsyncNetworkBackend):
        """Connects to the address that was looked at; the name stays what the certificate must show."""

        async def connect_tcp(self, host: str, port: int, *bounds: Any, **more: Any) -> httpcore.AsyncNetworkStream:
            return await plain.connect_tcp(await resolve(host, port, own_hosts, look_up), port, *bounds, **more)

    return Checked()


@cache
def _authorities() -> ssl.SSLContext:
    import httpcore

    return httpcore.default_ssl_context()


async def trusted() -> ssl.SSLContext:
    """The authorities whose certificates count, read once in a process and beside the event loop."""
    return await asyncio.to_thread(_authorities)


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
    trust, network, body = await trusted(), _backend(own_hosts), bytearray()
    try:
        async with (
            httpcore.AsyncConnectionPool(ssl_context=trust, network_backend=network, max_connections=1) as pool,
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


class Outbound:
    """Posts to others' addresses. `look_up` and `trust` are replaced where names or authorities are one's own."""

    def __init__(
        self,
        own_hosts: Collection[str] = (),
        *,
        look_up: LookUp = look_up,
        trust: ssl.SSLContext | None = None,
        seconds: float = POST_SECONDS,
    ) -> None:
        self._own_hosts = own_hosts
        self._look_up = look_up
        self._trust = trust
        self._seconds = seconds

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """The status that is answered to a body, of which nothing else is read; raises OutboundRefused without one."""
        import httpcore

        try:
            async with asyncio.timeout(self._seconds):
                return await self._post(url, body, headers)
        except TimeoutError:
            raise OutboundRefused(f"No answer came within {self._seconds:g} seconds.") from None
        except httpcore.ConnectError as error:
            raise OutboundRefused(_why_unconnected(error)) from None
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, OSError):
            raise OutboundRefused("The connection broke before there was an answer.") from None

    async def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        import httpcore

        check_postable(url, self._own_hosts)
        parts = urlsplit(url)
        port = parts.port or (_HTTPS_PORT if parts.scheme == "https" else _HTTP_PORT)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        # Made of what was checked, so that nobody reads the address anew and differently.
        where = httpcore.URL(scheme=parts.scheme, host=parts.hostname or "", port=port, target=path)
        network, trust = _backend(self._own_hosts, self._look_up), self._trust or await trusted()
        async with (
            httpcore.AsyncConnectionPool(ssl_context=trust, network_backend=network, max_connections=1) as http,
            http.stream("POST", where, headers=[("Host", parts.netloc), *headers.items()], content=body) as answer,
        ):
            return answer.status


def _why_unconnected(error: Exception) -> str:
    """Why no connection came about, without what a stranger could learn of our network by it."""
    if "certificate" in str(error).lower():
        return "The host's certificate is not valid for its name."
    return "No connection to the host came about."
