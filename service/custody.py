"""The key that a tender's bids are sealed to: made at publication, its private half wrapped by the service's secret."""

import secrets as random
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from service import db, sealing
from service.signing import Secrets

SQL = db.queries("custody")


async def make_key(conn: db.Connection, secrets: Secrets, tender_id: UUID) -> None:
    """Make a tender's key pair, once; the private half is kept wrapped, bound to the tender."""
    private, public = sealing.generate_key()
    wrapping = secrets.wrappings[0]
    nonce = random.token_bytes(12)
    wrapped = nonce + AESGCM(wrapping.key).encrypt(nonce, private, tender_id.bytes)
    await SQL.insert_key(conn, tender_id=tender_id, public_key=public, wrapped_key=wrapped, wrapped_by=wrapping.id)


def unwrap(secrets: Secrets, tender_id: UUID, wrapped_key: bytes, wrapped_by: str) -> bytes:
    """The private key of a tender."""
    key = AESGCM(secrets.wrapping(wrapped_by).key)
    return key.decrypt(wrapped_key[:12], wrapped_key[12:], tender_id.bytes)
