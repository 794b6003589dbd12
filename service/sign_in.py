"""How callers say who they are: an API key, an access token of ours or one of their identity provider.

All three lead to the same `Caller`; nothing behind it knows by which way it came, but for how strong the sign-in was.
"""

import base64
import binascii
import hmac
from typing import Annotated, Any, Literal
from urllib.parse import unquote_plus
from uuid import uuid4

import asyncpg
import msgspec
import structlog
from litestar import Request, Response, Router, get, post
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.enums import RequestEncodingType
from litestar.exceptions import HTTPException
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.params import Body
from msgspec import Meta, Struct

from service import db, edge, identity_providers, organisations, tokens
from service.organisations import Caller, KnownKeys, Scope, find_holders, read_key
from service.problems import Refusal
from service.tokens import InvalidToken, OwnTokens, Unverified

SQL = db.queries("sign_in")

_LONGEST = 500
_TYPE: Literal["Bearer"] = "Bearer"
Field = Annotated[str, Meta(max_length=_LONGEST)]


class TokenRequest(Struct, frozen=True):
    """What a machine asks for (RFC 6749, 4.4.2). What else it sends is ignored, as the RFC says."""

    grant_type: Annotated[Field, Meta(description="`client_credentials`.")] = ""
    scope: Annotated[Field, Meta(description="Scopes with spaces between; all that the key has if left out.")] = ""
    client_id: Annotated[Field, Meta(description="The id of an API key, if not sent by HTTP Basic.")] = ""
    client_secret: Annotated[Field, Meta(description="The whole key, `ts_live_…`, if not sent by HTTP Basic.")] = ""


class AccessToken(Struct, frozen=True, kw_only=True):
    """An access token of ours (RFC 6749, 5.1). It works no longer than the key that it was given for."""

    access_token: str
    expires_in: int
    scope: str
    token_type: Literal["Bearer"] = _TYPE


class TokenKeys(Struct, frozen=True):
    """The public keys of our access tokens (RFC 7517)."""

    keys: list[dict[str, str]]


class TokenMetadata(Struct, frozen=True, kw_only=True):
    """Where machines get tokens, and what is spoken there (RFC 8414)."""

    issuer: str
    token_endpoint: str
    jwks_uri: str
    grant_types_supported: list[str]
    token_endpoint_auth_methods_supported: list[str]
    scopes_supported: list[str]
    response_types_supported: list[str]


class InvalidClient(Refusal):
    """The client is not known by this id and secret.

    `client_id` is the id of an API key, the twelve characters behind `ts_live_`, and `client_secret` the whole key.
    Send both by HTTP Basic or in the form.
    """

    status = 401
    oauth = "invalid_client"

    def __init__(self) -> None:
        super().__init__(
            "No key works by this id and secret.", headers={"WWW-Authenticate": 'Basic realm="tenderscore"'}
        )


class InvalidTokenRequest(Refusal):
    """The request for a token cannot be read.

    Send a form (`application/x-www-form-urlencoded`) with `grant_type=client_credentials`, each field once and none
    longer than 500 characters.
    """

    status = 400
    oauth = "invalid_request"


class UnsupportedGrantType(Refusal):
    """Tokens are given for client credentials only.

    Send the form field `grant_type=client_credentials`.
    """

    status = 400
    oauth = "unsupported_grant_type"


class InvalidScope(Refusal):
    """The token cannot be given these scopes.

    Ask for scopes that the key has, or leave `scope` out.
    """

    status = 400
    oauth = "invalid_scope"


# Who is calling


async def authenticate(state: State, authorization: str | None) -> Caller:
    """Who sent this `Authorization` header, by key or token; raises Unauthenticated where nobody is known by it."""
    scheme, _, credential = (authorization or "").partition(" ")
    pool: asyncpg.Pool = state.pool
    known_keys: KnownKeys = state.known_keys
    if scheme.lower() != "bearer" or not tokens.looks_like_token(credential):
        return await organisations.authenticate(pool, authorization, known_keys)
    token = tokens.read(credential.strip())
    if token.claims.iss == state.token_issuer:
        return await _own(state, token)
    return await identity_providers.identify(pool, state.provider_keys, token)


async def _own(state: State, token: Unverified) -> Caller:
    """Whose key a token of ours was given for: the key must work still, and the token can do no more than it."""
    own: OwnTokens = state.own_tokens
    own.check(token)
    claims = token.claims
    if claims.audiences != [state.token_issuer] or claims.sub != claims.client_id:
        raise InvalidToken("It is not for this service.")
    holder = (await find_holders(state.pool, [claims.client_id])).get(claims.client_id)
    if holder is None:
        raise InvalidToken("The key that it was given for does not work any more.")
    tokens.check_times(claims, holder["now"])
    caller = msgspec.convert(holder, Caller)
    narrowed = tuple(scope for scope in caller.scopes if scope in claims.scope.split())
    return msgspec.structs.replace(caller, scopes=narrowed)


class Authentication(AbstractAuthenticationMiddleware):
    """Litestar's middleware that puts the `Caller` into the request before any handler runs."""

    async def authenticate_request(self, connection: ASGIConnection[Any, Any, Any, Any]) -> AuthenticationResult:
        """Find the caller or refuse the request."""
        caller = await authenticate(connection.app.state, connection.headers.get("authorization"))
        structlog.contextvars.bind_contextvars(key_id=caller.key_id)
        return AuthenticationResult(user=caller, auth=caller.key_id)


# Tokens for machines


def read_client(authorization: str | None, data: TokenRequest) -> tuple[str, str]:
    """The client's id and secret, by HTTP Basic (RFC 6749, 2.3.1) or else from the form; raises InvalidClient."""
    if authorization is None:
        return data.client_id, data.client_secret
    scheme, _, encoded = authorization.partition(" ")
    try:
        given = base64.b64decode(encoded.strip(), validate=True).decode() if scheme.lower() == "basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        given = ""
    name, _, secret = given.partition(":")
    return unquote_plus(name), unquote_plus(secret)


def choose_scopes(held: tuple[Scope, ...], wanted: str) -> tuple[Scope, ...]:
    """The scopes that a token is given: those wanted, of those that the key has; raises InvalidScope."""
    names = wanted.split()
    if missing := [name for name in names if name not in held]:
        raise InvalidScope(f"The key lacks {', '.join(missing)}.")
    return tuple(scope for scope in held if scope in names or not names)


def _refuse_form(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """A form that does not fit, in the words of OAuth (RFC 6749, 5.2)."""
    refusal = edge.as_refusal(error)
    if refusal.status in {400, 422}:
        refusal = InvalidTokenRequest("A field is missing, too long or given twice.", faults=refusal.faults)
    return edge.answer_error(request, refusal)


@post("/oauth/token", status_code=200, exception_handlers={HTTPException: _refuse_form})
async def issue_token(
    data: Annotated[TokenRequest, Body(media_type=RequestEncodingType.URL_ENCODED)],
    request: Request[Any, Any, State],
    state: State,
) -> Response[AccessToken]:
    """Give a machine a short-lived access token for its API key (OAuth 2, client credentials).

    The token is good for ten minutes, and not from the moment on when its key is revoked or expires.
    """
    if not data.grant_type:
        raise InvalidTokenRequest("The field `grant_type` is missing.")
    if data.grant_type != "client_credentials":
        raise UnsupportedGrantType("`grant_type` is not client_credentials.")
    name, secret = read_client(request.headers.get("authorization"), data)
    known = read_key(secret)
    holder = None if known is None else (await find_holders(state.pool, [known[0]])).get(known[0])
    if known is None or holder is None or name != known[0]:
        raise InvalidClient
    if not hmac.compare_digest(holder["secret_digest"], known[1]):
        raise InvalidClient
    scopes = choose_scopes(msgspec.convert(holder, Caller).scopes, data.scope)
    own: OwnTokens = state.own_tokens
    token = own.make(state.token_issuer, name, scopes, holder["now"], str(uuid4()))
    given = AccessToken(access_token=token, expires_in=tokens.SECONDS, scope=" ".join(scopes))
    return Response(given, headers={"Pragma": "no-cache"})


@get("/.well-known/jwks.json")
async def list_token_keys(state: State) -> TokenKeys:
    """List the public keys of our access tokens."""
    own: OwnTokens = state.own_tokens
    return TokenKeys(own.published())


@get("/.well-known/oauth-authorization-server")
async def get_token_metadata(state: State, request: Request[Any, Any, State]) -> TokenMetadata:
    """Say where machines get access tokens, and how (RFC 8414)."""
    base = state.public_url or str(request.base_url).rstrip("/")
    return TokenMetadata(
        issuer=state.token_issuer,
        token_endpoint=f"{base}/oauth/token",
        jwks_uri=f"{base}/.well-known/jwks.json",
        grant_types_supported=["client_credentials"],
        token_endpoint_auth_methods_supported=["client_secret_basic", "client_secret_post"],
        scopes_supported=["read", "write", "admin", "platform"],
        response_types_supported=[],
    )


router = Router(path="/", route_handlers=[issue_token, list_token_keys, get_token_metadata], tags=["Public"])
