"""Opening officers with clients of their own: the real `tenderscore officer`, speaking to a service under test."""

import asyncio
import base64
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

import httpx

from service import sealing, shares
from service.officer import Client
from service.officer_keys import OwnKey
from service.shares import Share
from tests.service.conftest import Market, Person, done

T = TypeVar("T")


class Desk:
    """An officer with a key file in memory and a client; what the client says is kept."""

    def __init__(self, market: Market, person: Person) -> None:
        self.person = person
        self.id = UUID(person.id)
        self.said: list[str] = []
        self.keys: list[OwnKey] = []
        self.heard: Callable[[str], str] = lambda _why: ""
        """What another officer reads out, when the client asks."""
        self._url = market.url

    async def do(self, step: Callable[[Client], T]) -> T:
        """Let the officer's client do something, with the keys that the officer has now."""

        def work() -> T:
            headers = {"Authorization": f"Bearer {self.person.key}"}
            with httpx.Client(base_url=self._url, headers=headers, timeout=60) as http:
                return step(Client(http, self.keys, self.said.append))

        return await asyncio.to_thread(work)

    async def enrol(self) -> None:
        """Make and register a key of one's own."""
        self.keys.insert(0, OwnKey(*sealing.generate_key()))
        await self.do(lambda client: client.register(self.keys[0]))

    async def make_key(self, tender: dict[str, Any]) -> None:
        await self.do(lambda client: client.make_key(UUID(tender["id"]), lambda _: True))

    async def rehearse(self, tender: dict[str, Any]) -> None:
        await self.do(lambda client: client.rehearse(UUID(tender["id"])))

    async def act(self, tender: dict[str, Any], to: "Desk | None" = None, envelope: str = "offer") -> None:
        lot, recipient = UUID(tender["lots"][0]["id"]), None if to is None else to.id
        await self.do(lambda client: client.act(lot, envelope, recipient, heard=self.heard))

    async def open(self, tender: dict[str, Any], envelope: str = "offer") -> None:
        await self.do(lambda client: client.open(UUID(tender["lots"][0]["id"]), envelope))

    async def share(self, tender: dict[str, Any]) -> Share:
        """The officer's own share, in the clear."""
        return await self.do(lambda client: client.own_share(UUID(tender["id"]), self.id))


async def desks(market: Market, number: int = 3) -> list[Desk]:
    """So many officers of the city, the two that every tender has first, each with a registered key."""
    people = [market.officer, market.second_officer]
    people += [await market.colleague_of(market.author, f"Officer {place}") for place in range(3, number + 1)]
    there = [Desk(market, person) for person in people]
    for desk in there:
        await desk.enrol()
    return there


async def draft(market: Market, officers: Sequence[Desk], needed: int = 2, **fields: Any) -> dict[str, Any]:
    """A draft in the officers' custody in which all of them have the role, open for bids for an hour once published."""
    facts = {"custody": "officers", "officers_needed": needed, "submission_deadline": await market.in_an_hour()}
    tender = await market.draft(**(facts | fields))
    for desk in officers[2:]:
        await market.give(tender, desk.person, "opening_officer")
    return tender


async def publish(market: Market, officers: Sequence[Desk], needed: int = 2, **fields: Any) -> dict[str, Any]:
    """A tender published with a key that the first officer's client has made and all have rehearsed."""
    tender = await draft(market, officers, needed, **fields)
    await officers[0].make_key(tender)
    for desk in officers:
        await desk.rehearse(tender)
    return done(await market.approver.post(f"/tenders/{tender['id']}/publication", If_Match='"1"'))


async def private_key(officers: list[Desk], tender: dict[str, Any], needed: int = 2) -> bytes:
    return shares.combine([await desk.share(tender) for desk in officers[:needed]])


async def content_keys(desk: Desk, tender: dict[str, Any], private: bytes) -> list[dict[str, Any]]:
    """What an honest client would send, as JSON values."""
    lot = UUID(tender["lots"][0]["id"])
    keys: list[dict[str, Any]] = []
    for one in done(await desk.person.get(f"/lots/{lot}/opening/headers")):
        place = sealing.context(UUID(tender["id"]), lot, UUID(one["supplier_id"]), "offer", one["version"])
        key = sealing.unwrap(private, place, base64.b64decode(one["header"]))
        keys.append({"bid_id": one["bid_id"], "key": base64.b64encode(key).decode()})
    return keys
