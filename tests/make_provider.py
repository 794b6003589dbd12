"""A buyer's identity provider, run in the tests: Authlib's OAuth 2 server with access tokens of RFC 9068, on a socket.

It publishes its configuration and its keys, gives machines tokens for their client credentials, and people for a code
(with PKCE), telling by `acr` how they have signed in. Who signs in is said by `login_hint`; there is no page for it.
"""

import base64
import hashlib
import logging
import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import grants
from authlib.oauth2.rfc6749.util import list_to_scope
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc9068 import JWTBearerTokenGenerator
from flask import Flask, jsonify, request
from joserfc.jwk import KeySet, RSAKey
from werkzeug.serving import make_server

CLIENT = "panel-portal"
SECRET = "a secret of the portal's"
BACK = "https://portal.city.example/back"

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # it is on this machine's own address
logging.getLogger("werkzeug").setLevel(logging.ERROR)


class _Client:
    client_id = CLIENT

    def get_client_id(self) -> str:
        return CLIENT

    def get_default_redirect_uri(self) -> str:
        return BACK

    def get_allowed_scope(self, scope: Any) -> str:
        return list_to_scope(scope) or ""

    def check_redirect_uri(self, uri: str) -> bool:
        return uri == BACK

    def check_client_secret(self, secret: str) -> bool:
        return secrets.compare_digest(secret, SECRET)

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        return method == "client_secret_basic"

    def check_response_type(self, kind: str) -> bool:
        return kind == "code"

    def check_grant_type(self, kind: str) -> bool:
        return kind in {"authorization_code", "client_credentials"}


class _Code(SimpleNamespace):
    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope


class _User(SimpleNamespace):
    def get_user_id(self) -> str:
        return self.subject


class Provider:
    """The running provider: its issuer, and ways to get tokens from it as portals do."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.audience = "urn:nobody"
        self.life = 300
        self.keys = KeySet([RSAKey.generate_key(2048, {"use": "sig", "kid": "first"})])
        self.published = 0
        self.codes: dict[str, _Code] = {}

    def machine(self) -> str:
        """A token for client credentials; its subject is the client."""
        answer = httpx.post(f"{self.issuer}/token", data={"grant_type": "client_credentials"}, auth=(CLIENT, SECRET))
        return answer.raise_for_status().json()["access_token"]

    def person(self, subject: str, acr: str) -> str:
        """A token for a person who has signed in this way, by authorization code and PKCE."""
        verifier = secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": CLIENT,
            "redirect_uri": BACK,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "login_hint": subject,
            "acr_values": acr,
        }
        back = httpx.get(f"{self.issuer}/authorize", params=asked).headers["location"]
        code = parse_qs(urlsplit(back).query)["code"][0]
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": verifier}
        answer = httpx.post(f"{self.issuer}/token", data=form, auth=(CLIENT, SECRET))
        return answer.raise_for_status().json()["access_token"]


def _tokens_of(provider: Provider) -> JWTBearerTokenGenerator:
    class Tokens(JWTBearerTokenGenerator):
        def get_jwks(self) -> KeySet:
            return provider.keys

        def get_audiences(self, client: Any, user: Any, scope: Any) -> str:
            return provider.audience

        def get_acr(self, user: Any) -> str | None:
            return user and user.acr

    return Tokens(provider.issuer, expires_generator=lambda _client, _grant: provider.life)


def _codes_of(provider: Provider) -> type[grants.AuthorizationCodeGrant]:
    class Codes(grants.AuthorizationCodeGrant):
        def save_authorization_code(self, code: str, asked: Any) -> None:
            payload = asked.payload
            provider.codes[code] = _Code(
                code=code,
                redirect_uri=payload.redirect_uri,
                scope=payload.scope or "",
                user=asked.user,
                code_challenge=payload.data["code_challenge"],
                code_challenge_method="S256",
            )

        def query_authorization_code(self, code: str, client: Any) -> _Code | None:
            return provider.codes.get(code)

        def delete_authorization_code(self, code: _Code) -> None:
            del provider.codes[code.code]

        def authenticate_user(self, code: _Code) -> _User:
            return code.user

    return Codes


def _app(provider: Provider) -> Flask:
    app = Flask("provider")
    server = AuthorizationServer(app, lambda name: _Client() if name == CLIENT else None, lambda _token, _asked: None)
    server.register_token_generator("default", _tokens_of(provider))
    server.register_grant(grants.ClientCredentialsGrant)
    server.register_grant(_codes_of(provider), [CodeChallenge(required=True)])

    @app.get("/.well-known/openid-configuration")
    def configuration() -> Any:
        ends = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "jwks"}
        return jsonify(issuer=provider.issuer, **{name: f"{provider.issuer}/{end}" for name, end in ends.items()})

    @app.get("/jwks")
    def jwks() -> Any:
        provider.published += 1
        return jsonify(provider.keys.as_dict(private=False))

    @app.get("/authorize")
    def authorize() -> Any:
        grant = server.get_consent_grant(end_user=None)
        user = _User(subject=request.args["login_hint"], acr=request.args["acr_values"])
        return server.create_authorization_response(grant_user=user, grant=grant)

    @app.post("/token")
    def token() -> Any:
        return server.create_token_response()

    return app


@contextmanager
def provider_running() -> Iterator[Provider]:
    """The provider on a free port of this machine, in a thread."""
    provider = Provider("")
    server = make_server("127.0.0.1", 0, Flask("nothing"), threaded=True)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    server.app = _app(provider)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
