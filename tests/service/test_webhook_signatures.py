"""What a delivery is signed with is checked by the public library, and by anybody with the public key."""

import base64
import time
from uuid import UUID

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks import Webhook, WebhookVerificationError

from service.signing import Secrets
from service.webhook_signatures import SecretName, public_key, shared_secret, signatures

OLD, NEW = b"\x01" * 32, b"\x02" * 32
SECRETS = Secrets([NEW, OLD])
HOOK, MESSAGE = UUID(int=7), UUID(int=8)
BODY = b'{"type":"bids.opened"}'
FIRST = SecretName(HOOK, SECRETS.webhook_line, 1)


def headers_of(*names: SecretName, body: bytes = BODY) -> dict[str, str]:
    seconds = int(time.time())
    return {
        "webhook-id": str(MESSAGE),
        "webhook-timestamp": str(seconds),
        "webhook-signature": signatures(SECRETS, names, (MESSAGE, seconds, body)),
    }


def check_by_key(key: str, headers: dict[str, str], body: bytes) -> None:
    """As a consumer checks `v1a`: one of the signatures is the key's."""
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key.removeprefix("whpk_")))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    found = [one.partition(",")[2] for one in headers["webhook-signature"].split(" ") if one.startswith("v1a,")]
    for signature in found[:-1]:
        try:
            return public.verify(base64.b64decode(signature), signed)
        except InvalidSignature:
            continue
    return public.verify(base64.b64decode(found[-1]), signed)


def test_both_signatures_hold_for_what_was_sent_and_for_nothing_else() -> None:
    headers = headers_of(FIRST)
    assert [one.partition(",")[0] for one in headers["webhook-signature"].split(" ")] == ["v1", "v1a"]
    Webhook(shared_secret(SECRETS, FIRST)).verify(BODY, headers)
    check_by_key(public_key(SECRETS, FIRST), headers, BODY)
    for forged in (headers | {"webhook-id": str(HOOK)}, headers | {"webhook-timestamp": "1"}):
        with pytest.raises(InvalidSignature):
            check_by_key(public_key(SECRETS, FIRST), forged, BODY)
        with pytest.raises(WebhookVerificationError):
            Webhook(shared_secret(SECRETS, FIRST)).verify(BODY, forged)
    with pytest.raises(WebhookVerificationError):
        Webhook(shared_secret(SECRETS, FIRST)).verify(BODY + b" ", headers)


def test_a_secret_belongs_to_one_webhook_one_number_and_one_line() -> None:
    """Who has the secret of one can forge nothing for another; what a database holds gives none away."""
    older = next(line for line in Secrets([OLD])._webhook_keys)
    names = [FIRST, FIRST._replace(number=2), FIRST._replace(webhook_id=MESSAGE), FIRST._replace(line=older)]
    assert len({shared_secret(SECRETS, name) for name in names} | {public_key(SECRETS, name) for name in names}) == 8
    for name in names[1:]:
        with pytest.raises(WebhookVerificationError):
            Webhook(shared_secret(SECRETS, name)).verify(BODY, headers_of(FIRST))
    with pytest.raises(LookupError):
        shared_secret(Secrets([NEW]), names[3])


def test_after_a_rotation_consumers_with_either_secret_are_content() -> None:
    second = FIRST._replace(number=2)
    headers = headers_of(second, FIRST)
    for name in (FIRST, second):
        Webhook(shared_secret(SECRETS, name)).verify(BODY, headers)
        check_by_key(public_key(SECRETS, name), headers, BODY)
    assert len(headers["webhook-signature"].split(" ")) == 4
