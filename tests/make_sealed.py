"""Bids as a supplier's own portal seals them, right or wrong."""

import json
from typing import Any
from uuid import UUID, uuid4

import httpx

from service import sealing
from service.submissions import Place
from tests.service.conftest import Market, Person


def a_sealed_bid(
    tender: dict[str, Any], supplier: Person, offer: Any, price: Any = None, *, version: int = 1, **place: UUID
) -> bytes:
    """The container of a bid whose envelopes hold these contents, whatever they are; `place` binds it elsewhere."""
    lot = tender["lots"][0]
    own = {"tender_id": UUID(tender["id"]), "lot_id": UUID(lot["id"]), "supplier_id": UUID(supplier.organisation_id)}
    there = Place(**(own | place), version=version)
    public = bytes.fromhex(tender["public_key"])
    sealed_price = None if price is None else sealing.seal(public, there.context("price"), _bytes(price))
    sealed_offer = sealing.seal(public, there.context("offer"), _bytes(offer))
    return sealing.build_container(version, lot["rules_digest"], sealed_offer, price=sealed_price)


def _bytes(content: Any) -> bytes:
    return content if isinstance(content, bytes) else json.dumps(content).encode()


async def send_sealed(market: Market, supplier: Person, tender: dict[str, Any], container: bytes) -> httpx.Response:
    """Send a sealed bid for the tender's first lot."""
    headers = {
        "Authorization": f"Bearer {supplier.key}",
        "Content-Type": sealing.BID_TYPE,
        "Idempotency-Key": str(uuid4()),
    }
    return await market.http.post(f"/lots/{tender['lots'][0]['id']}/bids", content=container, headers=headers)
