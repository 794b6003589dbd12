"""Access tokens (RFC 9068): read strictly, checked against keys that we have ourselves, and made for our own callers.

What is read is refused for whatever is not needed: headers that name keys or places to get them from, algorithms that
are not on the list, encrypted or nested tokens. Whose key checks a token is decided by who calls `verify`, never by the
token.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

import msgspec
from msgspec import UNSET, Struct, UnsetType

from service.problems import Unauthenticated

if TYPE_CHECKING:  # the library and its cryptography are loaded by the first token
    from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey
    from joserfc.jws import CompactSignature

Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519"]
ALGORITHMS: tuple[Algorithm, ...] = get_args(Algorithm)
"""Signatures by private keys; none that a public key or a shared secret could make."""

LONGEST = 8000
"""Characters of a token; servers bound headers at about as many."""
SECONDS = 600
"""How long a token of our own is good."""
LONGEST_LIFE = 86_400
"""Seconds for which a token of others may be good."""
SKEW = 60
"""Seconds that the clock of who issues tokens may go before the database's. A token's end has no such grace."""
LEAST_RSA_BITS = 2048

TokenType = Literal["at+jwt", "JWT", "untyped"]
"""What a token's header says that it is: an access token by RFC 9068, or a JWT, which may be anything, or nothing.

More is asked of a JWT, and of what has no `typ`, as Cognito's and Okta's tokens have none, still more.
"""

RFC_9068: TokenType = "at+jwt"
UNTYPED: TokenType = "untyped"
_TYPES: dict[str, TokenType] = {"at+jwt": "at+jwt", "application/at+jwt": "at+jwt", "jwt": "JWT"}
_HEADERS = frozenset({"alg", "typ", "kid", "x5t", "x5t#S256"})
_GIVES_ACCESS = frozenset({"access"})
_OWN_ALGORITHM: Algorithm = "Ed25519"


class InvalidToken(Unauthenticated):
    """This access token is not accepted.

    The detail says why. Get a new one from the identity provider that your organisation has registered, or from
    `/oauth/token`, for the audience that it was registered with.
    """

    def __init__(self, detail: str) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": 'Bearer realm="tenderscore", error="invalid_token"'})


class Claims(Struct, frozen=True):
    """What an access token must say, and what it may (RFC 9068, 2.2)."""

    iss: str
    sub: str
    aud: str | list[str]
    exp: int | float
    iat: int | float
    client_id: str
    jti: str
    nbf: int | float | None = None
    acr: str | None = None
    acrs: list[str] = []
    scope: str = ""

    def is_strong(self, acr_values: Collection[str]) -> bool:
        """Whether one of these values says how somebody has signed in: `acr`, or one of Entra's list `acrs`."""
        return self.acr in acr_values or any(acr in acr_values for acr in self.acrs)

    @property
    def audiences(self) -> list[str]:
        """Whom it is for."""
        return [self.aud] if isinstance(self.aud, str) else self.aud


class _PlainClaims(Struct, frozen=True):
    """The claims of a JWT that says of itself no more than that it is one, under the names that providers give them.

    `azp` and `scope` are Keycloak's, `appid`, `azp`, `scp`, `uti` and `acrs` Entra's, `cid` and a list `scp` Okta's,
    `token_use` Cognito's, which like `typ` says what it is.
    """

    iss: str
    sub: str
    exp: int | float
    iat: int | float
    aud: str | list[str] | UnsetType = UNSET
    client_id: str | None = None
    azp: str | None = None
    appid: str | None = None
    cid: str | None = None
    jti: str | None = None
    uti: str | None = None
    nbf: int | float | None = None
    acr: str | None = None
    acrs: list[str] = []
    scope: str = ""
    scp: str | list[str] = ""
    typ: str = "Bearer"
    token_use: str | None = None
    nonce: Any = UNSET
    at_hash: Any = UNSET
    c_hash: Any = UNSET

    def of_access(self, type_: TokenType) -> Claims:
        """The same as an access token's; raises InvalidToken for an ID token, or what could be one.

        An ID token tells its own client who has signed in: it has a nonce or hashes, no scope, and is for that client.
        Source: OpenID Connect Core 1.0, section 2. Without a type in its header it must say that it gives access.
        """
        marked = any(one is not UNSET for one in (self.nonce, self.at_hash, self.c_hash))
        if marked or self.token_use not in {None, *_GIVES_ACCESS} or self.typ != "Bearer":
            raise InvalidToken("It is an ID token, or of another kind, and no access token.")
        if type_ == UNTYPED and not self._says_access():
            raise InvalidToken("It has no type, and neither `token_use` nor `cid` and `scp` say that it gives access.")
        client = self.client_id or self.azp or self.appid or self.cid
        name = self.jti or self.uti
        scope = self.scope or (self.scp if isinstance(self.scp, str) else " ".join(self.scp))
        if not client or not name or not scope.strip():
            raise InvalidToken("It lacks its client, its id or its scope, which an access token has.")
        claims = Claims(
            iss=self.iss,
            sub=self.sub,
            aud=self._audience(type_),
            exp=self.exp,
            iat=self.iat,
            client_id=client,
            jti=name,
            nbf=self.nbf,
            acr=self.acr,
            acrs=self.acrs,
            scope=scope,
        )
        if self.aud is not UNSET and {self.client_id, self.azp, self.appid, self.cid} & {*claims.audiences}:
            raise InvalidToken("It is for the client that asked for it, as ID tokens are.")
        return claims

    def _says_access(self) -> bool:
        """Cognito says it in a word; Okta names the client by `cid` and lists scopes in access tokens alone."""
        return self.token_use in _GIVES_ACCESS or bool(self.cid and isinstance(self.scp, list) and any(self.scp))

    def _audience(self, type_: TokenType) -> str | list[str]:
        """Whom it is for. Cognito names nobody: then for its client, which must be registered as the audience.

        A pool signs for all its clients with the same keys, so that a token of another one must lead nowhere.
        """
        if self.aud is not UNSET:
            return self.aud
        if type_ == UNTYPED and self.token_use in _GIVES_ACCESS and self.client_id:
            return self.client_id
        raise InvalidToken("It does not say whom it is for (aud).")


class Accepted(NamedTuple):
    """What is taken of an issuer: signatures by which algorithms, and whether plain JWTs as well."""

    algorithms: Sequence[str]
    type: TokenType = RFC_9068


class Unverified(NamedTuple):
    """A token that is well-formed; nothing that it says is proved."""

    type: TokenType
    claims: Claims
    algorithm: str
    kid: str
    signed: "CompactSignature"


def looks_like_token(text: str) -> bool:
    """Whether a bearer's credential is meant as a token and not as an API key."""
    return "." in text


def read(text: str) -> Unverified:
    """A token's parts; raises InvalidToken where it is no access token, as RFC 9068 has it or as a plain JWT."""
    from joserfc import jws
    from joserfc.errors import JoseError

    if len(text) > LONGEST or not text.isascii():
        raise InvalidToken("It is no access token.")
    try:
        signed = jws.extract_compact(text.encode())
        header: dict[str, Any] = signed.headers()
        typ, algorithm, kid = header.get("typ"), header.get("alg"), header.get("kid")
    except (JoseError, ValueError, TypeError, RecursionError):
        raise InvalidToken("It is no access token.") from None
    if not set(header) <= _HEADERS:
        raise InvalidToken(f"Its header has more than {', '.join(sorted(_HEADERS))}.")
    kind = _TYPES.get(typ.lower()) if isinstance(typ, str) else None if "typ" in header else UNTYPED
    if kind is None:
        raise InvalidToken(f"Its type is none of {', '.join(_TYPES)}: it is no access token.")
    if algorithm not in ALGORITHMS:
        raise InvalidToken(f"Its algorithm is none of {', '.join(ALGORITHMS)}.")
    if not isinstance(kid, str) or not kid:
        raise InvalidToken("Its header names no key (kid).")
    return Unverified(kind, _claims(signed.payload or b"", kind), algorithm, kid, signed)


def _claims(payload: bytes, type_: TokenType) -> Claims:
    try:
        if type_ == RFC_9068:
            return msgspec.json.decode(payload, type=Claims)
        plain = msgspec.json.decode(payload, type=_PlainClaims)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise InvalidToken("It lacks a claim that RFC 9068 asks for, or one is of another type.") from None
    return plain.of_access(type_)


def check_signature(token: Unverified, keys: "KeySet", accepted: Accepted) -> None:
    """Refuse a token that none of these keys has signed by an accepted algorithm, or that is of no accepted type."""
    from joserfc import jws
    from joserfc.errors import JoseError

    if token.type not in {RFC_9068, accepted.type}:
        raise InvalidToken("Its type is not at+jwt, and its issuer is registered for no other.")
    if token.algorithm not in accepted.algorithms:
        raise InvalidToken(f"Its algorithm is none of {', '.join(accepted.algorithms)}.")
    try:
        good = jws.validate_compact(token.signed, keys, [token.algorithm])
    except (JoseError, ValueError):
        good = False
    if not good:
        raise InvalidToken("Its signature is not by a key of its issuer.")


def check_times(claims: Claims, now: datetime) -> None:
    """Refuse a token that is over, not good yet, from the future, or good for too long, by the database's clock."""
    at = now.timestamp()
    if claims.exp <= at:
        raise InvalidToken("It has expired.")
    if claims.iat > at + SKEW or (claims.nbf is not None and claims.nbf > at + SKEW):
        raise InvalidToken("It is not good yet.")
    if claims.exp - claims.iat > LONGEST_LIFE:
        raise InvalidToken("It is good for more than a day.")


# Keys of others


class _Published(Struct, frozen=True):
    keys: list[dict[str, Any]]


def read_keys(body: bytes) -> "KeySet":
    """The keys of a JWKS (RFC 7517) that can check signatures; what is unknown, weak or secret is left out.

    Raises ValueError for what is no key set.
    """
    from joserfc.jwk import KeySet

    try:
        published = msgspec.json.decode(body, type=_Published)
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from None
    return KeySet([*_usable(published.keys)])


def _usable(published: Iterable[dict[str, Any]]) -> "Iterator[RSAKey | ECKey | OKPKey]":
    from joserfc.errors import JoseError
    from joserfc.jwk import ECKey, JWKRegistry, OKPKey, RSAKey

    for one in published:
        if not isinstance(one.get("kid"), str) or one.get("use", "sig") != "sig" or "d" in one:
            continue
        if one.get("kty") == "RSA" and len(str(one.get("n"))) < LEAST_RSA_BITS // 6:
            continue  # six bits a character
        try:
            key = JWKRegistry.import_key(one)
        except (JoseError, ValueError, TypeError, KeyError):
            continue
        if isinstance(key, RSAKey | ECKey | OKPKey):
            yield key


# Tokens of our own


class OwnTokens:
    """Makes and checks the access tokens that the service itself gives to machines (RFC 6749, 4.4)."""

    def __init__(self, seeds: Sequence[bytes]) -> None:
        """`seeds`: one for each line of the secret file, the newest first; 32 bytes each."""
        self._seeds = seeds

    @cached_property
    def _private(self) -> "list[OKPKey]":
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from joserfc.jwk import OKPKey

        private = [OKPKey.import_key(Ed25519PrivateKey.from_private_bytes(seed)) for seed in self._seeds]
        for key in private:
            key.ensure_kid()
        return private

    @cached_property
    def keys(self) -> "KeySet":
        """What checks them."""
        from joserfc.jwk import KeySet

        return KeySet([*self._private])

    def make(self, issuer: str, key_id: str, scopes: Sequence[str], now: datetime, jti: str) -> str:
        """A token for who holds an API key, good for SECONDS from now."""
        from joserfc import jwt

        at = int(now.timestamp())
        claims: dict[str, Any] = {
            "iss": issuer,
            "aud": issuer,
            "sub": key_id,
            "client_id": key_id,
            "iat": at,
            "exp": at + SECONDS,
            "jti": jti,
            "scope": " ".join(scopes),
        }
        header = {"alg": _OWN_ALGORITHM, "typ": RFC_9068, "kid": self._private[0].kid}
        return jwt.encode(header, claims, self._private[0], [_OWN_ALGORITHM])

    def check(self, token: Unverified) -> None:
        """Refuse a token that claims to be ours and is not."""
        check_signature(token, self.keys, Accepted([_OWN_ALGORITHM]))

    def published(self) -> list[dict[str, Any]]:
        """The public keys as JWKs, for whoever else is to check these tokens."""
        return [dict(key.as_dict(private=False, use="sig", alg=_OWN_ALGORITHM)) for key in self.keys.keys]
