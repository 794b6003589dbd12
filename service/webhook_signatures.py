"""What a delivery is signed with: Standard Webhooks 1.0, by a shared secret (`v1`) and by a key pair (`v1a`) at once.

Both belong to one webhook and come from a line of the service's secret file, the webhook's id and the secret's number,
so that none is stored. After a rotation the secret before signs as well for a while.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from service.signing import Secrets, Signer


class SecretName(NamedTuple):
    """Which secret: the webhook's, made of which line of the secret file, the how manieth."""

    webhook_id: UUID
    line: str
    number: int


def shared_secret(secrets: Secrets, name: SecretName) -> str:
    """The secret as its consumer gets it, `whsec_…`. Raises LookupError where its line is not in the file any more."""
    return "whsec_" + base64.b64encode(_shared(secrets, name)).decode()


def public_key(secrets: Secrets, name: SecretName) -> str:
    """The Ed25519 key that `v1a` is checked with, `whpk_…`. Raises LookupError as `shared_secret` does."""
    return "whpk_" + base64.b64encode(_signer(secrets, name).public_key).decode()


def signatures(secrets: Secrets, names: Sequence[SecretName], message: tuple[UUID, int, bytes]) -> str:
    """The header `webhook-signature` of a message: its id, the seconds since 1970 of the attempt, its body.

    For each secret, the newest first, one signature by HMAC-SHA256 and one by Ed25519, both over `id.seconds.body`.
    """
    message_id, seconds, body = message
    signed = f"{message_id}.{seconds}.".encode() + body
    return " ".join(
        f"{version},{base64.b64encode(signature).decode()}"
        for name in names
        for version, signature in (
            ("v1", hmac.digest(_shared(secrets, name), signed, hashlib.sha256)),
            ("v1a", _signer(secrets, name).sign(signed)),
        )
    )


def _shared(secrets: Secrets, name: SecretName) -> bytes:
    return secrets.webhook_secret(name.line, name.webhook_id, name.number, "v1")


def _signer(secrets: Secrets, name: SecretName) -> Signer:
    return Signer(secrets.webhook_secret(name.line, name.webhook_id, name.number, "v1a"))
