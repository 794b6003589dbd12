"""What others name is fetched from public addresses by https only, in bounded time and size."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from service import outbound
from service.outbound import OutboundRefused, check_url, fetch, is_public, resolve

INWARD = [
    "127.0.0.1",
    "10.0.0.1",
    "172.16.0.9",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1%1",
    "fd00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
]


@pytest.mark.parametrize("address", INWARD)
def test_an_address_inside_of_a_network_is_not_public_however_it_is_wrapped(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2a00:1450:4001:81c::200e", "64:ff9b::808:808", "::ffff:8.8.8.8"])
def test_an_address_of_the_internet_is_public(address: str) -> None:
    """The control: not everything is refused."""
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://login.example",
        "ftp://login.example",
        "https://",
        "https:///keys",
        "https://ada:secret@login.example",
        "https://login.example:99999",
        "https://[::1",
        "https://login.example/a b",
        "https://login.exämple",
        "file:///etc/passwd",
        "login.example",
        "",
    ],
)
def test_only_https_with_a_host_and_without_a_login_is_fetched(url: str) -> None:
    with pytest.raises(OutboundRefused):
        check_url(url, ())
    check_url("https://login.example:8443/realms/city", ())
    check_url("http://login.internal", {"login.internal"})


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "0x7f.1", "[::1]".strip("[]")])
async def test_a_name_that_leads_inside_is_refused_before_anything_is_connected(host: str) -> None:
    """What counts is where it leads, not how it is written; the operator can name hosts of the own network."""
    with pytest.raises(OutboundRefused):
        await resolve(host, 443, ())
    assert await resolve(host, 443, {host})


async def test_one_private_address_among_public_ones_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that leads to both, as in DNS rebinding, leads nowhere; the connection goes to what was looked at."""
    found = [(2, 1, 6, "", ("8.8.8.8", 443)), (2, 1, 6, "", ("10.0.0.1", 443))]
    loop = asyncio.get_running_loop()

    async def answer(*_: object, **__: object) -> object:
        return found

    monkeypatch.setattr(loop, "getaddrinfo", answer)
    with pytest.raises(OutboundRefused):
        await resolve("rebind.example", 443, ())
    del found[1]
    assert await resolve("rebind.example", 443, ()) == "8.8.8.8"


@asynccontextmanager
async def answering(reply: bytes) -> AsyncIterator[str]:
    """A server on this machine that says this to everybody."""

    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(reply)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(say, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/keys"


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        (b"HTTP/1.1 302 Found\r\nLocation: https://other.example/\r\nContent-Length: 0\r\n\r\n", "answers 302"),
        (b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", "answers 500"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (outbound.LARGEST_ANSWER + 1), "more than"),
        (b"nonsense\r\n\r\n", "does not answer"),
        (b"", "does not answer"),
    ],
)
async def test_what_is_no_plain_small_answer_is_refused(reply: bytes, fault: str) -> None:
    async with answering(reply) as url:
        with pytest.raises(OutboundRefused, match=fault):
            await fetch(url, {"127.0.0.1"})


async def test_a_plain_answer_is_given_and_only_to_who_may_go_there() -> None:
    async with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}") as url:
        assert await fetch(url, {"127.0.0.1"}) == b"{}"
        with pytest.raises(OutboundRefused):
            await fetch(url, ())
        with pytest.raises(OutboundRefused, match="public"):
            await fetch(url.replace("http:", "https:"), ())
