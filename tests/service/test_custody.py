"""Whose hands a tender's private key is in."""

from uuid import UUID, uuid4

import pytest
from cryptography.exceptions import InvalidTag

from service import custody, sealing
from service.signing import Secrets
from tests.service.conftest import SECRETS, Market


async def test_a_tenders_private_key_is_stored_wrapped_and_for_that_tender_alone(market: Market) -> None:
    """Whoever has the database alone has no key; nor does a key moved to another tender open anything."""
    tender = await market.publish()
    row = await market.owner.fetchrow("SELECT * FROM tender_keys WHERE tender_id = $1", tender["id"])
    own = SECRETS
    private = custody.unwrap(own, UUID(tender["id"]), row["wrapped_key"], row["wrapped_by"])
    assert sealing.public_key_of(private) == row["public_key"]
    with pytest.raises(InvalidTag):
        custody.unwrap(own, uuid4(), row["wrapped_key"], row["wrapped_by"])
    with pytest.raises(LookupError):
        custody.unwrap(Secrets([bytes(32)]), UUID(tender["id"]), row["wrapped_key"], row["wrapped_by"])
