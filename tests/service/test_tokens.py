"""Access tokens are read strictly, and only keys that can check signatures are taken from a provider."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from joserfc.jwk import ECKey, KeySet, OctKey, OKPKey, RSAKey

from service import tokens
from service.tokens import Accepted, Claims, InvalidToken, OwnTokens, check_signature, check_times, read, read_keys

NOW = datetime(2031, 3, 14, 12, tzinfo=UTC)


def a_claims(**fields: Any) -> Claims:
    at = int(NOW.timestamp())
    return Claims(
        **({"iss": "i", "sub": "s", "aud": "a", "client_id": "c", "jti": "j", "iat": at, "exp": at + 60} | fields)
    )


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"exp": NOW.timestamp()}, "expired"),
        ({"exp": NOW.timestamp() - 1}, "expired"),
        ({"iat": NOW.timestamp() + 61, "exp": NOW.timestamp() + 90}, "not good yet"),
        ({"nbf": NOW.timestamp() + 61}, "not good yet"),
        ({"exp": NOW.timestamp() + 86_401}, "more than a day"),
        ({"exp": 1e300}, "more than a day"),
    ],
)
def test_a_token_is_good_from_when_to_when_it_says(fields: dict[str, Any], fault: str) -> None:
    """Its end is to the second; its beginning may lie a minute ahead of the database's clock."""
    with pytest.raises(InvalidToken, match=fault):
        check_times(a_claims(**fields), NOW)
    check_times(a_claims(nbf=NOW.timestamp() + 59, iat=NOW.timestamp() + 59), NOW)


def test_only_keys_that_can_check_signatures_are_taken_of_what_a_provider_publishes() -> None:
    """Neither shared secrets, private or weak keys, nor those for encryption, without a name, or of unknown kinds."""
    good = ECKey.generate_key("P-256", {"kid": "good", "use": "sig"})
    published = [
        good.as_dict(private=False),
        OctKey.generate_key(256, {"kid": "secret"}).as_dict(),
        ECKey.generate_key("P-256", {"kid": "private"}).as_dict(private=True),
        ECKey.generate_key("P-256", {"kid": "enc", "use": "enc"}).as_dict(private=False),
        ECKey.generate_key("P-256", {"use": "sig"}).as_dict(private=False) | {"kid": None},
        {"kty": "RSA", "kid": "weak", "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbf", "e": "AQAB"},
        {"kty": "MOON", "kid": "unknown"},
        {"kty": "EC", "crv": "P-256", "kid": "off the curve", "x": "AAAA", "y": "AAAA"},
        {"kid": "nothing"},
    ]
    assert [key.kid for key in read_keys(json.dumps({"keys": published}).encode()).keys] == ["good"]


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"keys": 1}', b'{"keys": [1]}', b"\xff", b"<html>"])
def test_what_is_no_key_set_is_told_from_one(body: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_keys(body)


def test_a_key_checks_only_the_algorithms_that_its_issuer_is_registered_with() -> None:
    """An issuer that signs by one kind of key is not believed a token by another."""
    own = OwnTokens([b"\x01" * 32])
    token = read(own.make("i", "c", ["read"], NOW, "j"))
    check_signature(token, own.keys, Accepted(["Ed25519"]))
    with pytest.raises(InvalidToken, match="algorithm"):
        check_signature(token, own.keys, Accepted(["RS256"]))
    other = KeySet([RSAKey.generate_key(2048, {"kid": token.kid})])
    with pytest.raises(InvalidToken, match="signature"):
        check_signature(token, other, Accepted(["Ed25519", "RS256"]))


def test_tokens_of_an_older_secret_count_and_of_another_do_not() -> None:
    """A new line in the secret file ends no token; another installation's tokens are nobody's here."""
    before = OwnTokens([b"\x01" * 32])
    token = read(before.make("i", "c", ["read"], NOW, "j"))
    OwnTokens([b"\x02" * 32, b"\x01" * 32]).check(token)
    with pytest.raises(InvalidToken):
        OwnTokens([b"\x02" * 32]).check(token)
    (published,) = before.published()
    assert OKPKey.import_key(published).as_dict(private=False) == published
    assert "d" not in published
    assert token.claims.exp - token.claims.iat == tokens.SECONDS == 600
