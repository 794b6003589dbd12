"""What others name is fetched from public addresses by https only, in bounded time and size."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from service import outbound
from service.outbound import Outbound, OutboundRefused, check_postable, check_url, fetch, is_public, resolve
from tests.make_receiver import Receiver, authority, receiving

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
    "::127.0.0.1",
    "192.88.99.1",
    "2001:db8::1",
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


LEADS_INWARD = [
    *("127.0.0.1", "127.1", "0x7f.1", "0x7f000001", "2130706433", "017700000001", "0177.0.0.1", "0", "0.0.0.0"),
    *("10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254", "198.18.0.1", "192.0.2.1"),
    *("224.0.0.1", "255.255.255.255", "192.88.99.1", "240.0.0.1", "127.0.0.1.", "0xa9fea9fe"),
    *("[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:a9fe:a9fe]", "[::127.0.0.1]", "[fe80::1]", "[fe80::1%25eth0]"),
    *("[fc00::1]", "[ff02::1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[2001:0:0:0:0:0:80ff:fffe]", "[2001:db8::1]"),
    *("localhost", "LOCALHOST", "localhost.", "db.localhost", "printer.local", "metadata.google.internal", "intranet"),
    "router.home.arpa",
]
NO_ADDRESS = [
    *("http://portal.example/", "gopher://portal.example/", "//x.example", "https://user@portal.example/"),
    *("https://portal.example/#f", "https://portal.example:25/", "https://portal.example:0/", "https://a b.example/"),
    *("https://portal.example\\@127.0.0.1/", "https://portal.example/\r\nHost: x", "https://pörtal.example/"),
    *("https://1.1.1.1@127.0.0.1/", "https://portal.example/" + "x" * 2000, "portal.example", "javascript:alert(1)"),
]


def test_an_address_to_post_to_that_leads_inward_or_is_none_is_refused() -> None:
    """Sixty spellings of what is not the public internet: nothing is looked up to know it."""
    for url in (*(f"https://{host}/" for host in LEADS_INWARD), *NO_ADDRESS):
        with pytest.raises(OutboundRefused):
            check_postable(url, ())
    for url in ("https://portal.example.org/a?b=c", "https://1.1.1.1:8443", "https://[2606:4700::1111]/"):
        check_postable(url, ())
    check_postable("http://127.0.0.1:80/", {"127.0.0.1"})


async def failure(sender: Outbound, url: str) -> str:
    with pytest.raises(OutboundRefused) as raised:
        await sender.post(url, b"{}", {})
    return str(raised.value)


async def test_a_body_is_posted_once_and_the_status_is_all_that_is_read() -> None:
    """By TLS, to the name that was given; a redirect is an answer like any other."""
    async with receiving() as receiver:
        assert await receiver.outbound().post(receiver.url, b"{}", {"webhook-id": "1"}) == 204
        receiver.answers = [f"302 Found\r\nLocation: https://hooks.example:{receiver.port}/elsewhere"]
        assert await receiver.outbound().post(receiver.url, b"{}", {}) == 302
        first, _ = receiver.received
        assert first.line == "POST /news?from=us HTTP/1.1"
        assert (first.headers["host"], first.headers["webhook-id"]) == (f"hooks.example:{receiver.port}", "1")
        assert first.body == b"{}"


async def test_nothing_is_posted_to_a_name_that_leads_inward() -> None:
    """DNS rebinding: the answer that was checked is the one that is connected to, and every address of it counts."""
    asked: list[str] = []

    def answering_with(addresses: Sequence[str]) -> Outbound:
        async def look_up(host: str, _port: int) -> Sequence[str]:
            asked.append(host)
            return addresses

        return Outbound(look_up=look_up, trust=authority()[1])

    async with receiving() as receiver:
        for addresses in (["127.0.0.1"], ["1.1.1.1", "127.0.0.1"], ["::ffff:127.0.0.1"], ["::1%lo"], []):
            assert "public address" in await failure(answering_with(addresses), receiver.url)
        assert (receiver.connections, len(asked)) == (0, 5), "each name is looked up once"
        # the control: the same name and port, where the operator lets this host be reached
        assert await receiver.outbound().post(receiver.url, b"{}", {}) == 204


async def test_why_nothing_was_posted_is_said_without_what_a_stranger_could_learn_by_it() -> None:
    async with receiving() as receiver:
        assert "certificate" in await failure(receiver.outbound(trust=ssl.create_default_context()), receiver.url)
        other = receiver.url.replace("hooks.example", "other.example")
        assert "certificate" in await failure(receiver.outbound(), other)
        receiver.answers = ["silence"]
        assert "within 0.2 seconds" in await failure(receiver.outbound(seconds=0.2), receiver.url)
        receiver.answers = ["rubbish\r\nX" * 3]
        assert await failure(receiver.outbound(), receiver.url) == "The connection broke before there was an answer."
        await nobody_listens(receiver)


async def nobody_listens(receiver: Receiver) -> None:
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    assert "No connection" in await failure(receiver.outbound(), f"https://hooks.example:{port}/")


async def test_the_authorities_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """For whatever is fetched or sent to; a file of certificates takes a while."""
    first = await outbound.trusted()
    monkeypatch.setattr(ssl, "create_default_context", lambda: pytest.fail("read again"))
    assert await outbound.trusted() is first
    assert first.verify_mode is ssl.CERT_REQUIRED
