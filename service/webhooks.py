"""Webhooks: addresses of an organisation's own that news are sent to, after the Standard Webhooks 1.0.

A webhook reads with the eyes of the person who made it: it is sent what that person may read when it is sent. It cannot
be pointed elsewhere, for then others could read with these eyes: who wants another address makes another webhook.
"""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Response, Router, delete, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from service import db, events
from service.news import TYPES, NewsType
from service.organisations import Caller
from service.outbound import LONGEST_URL, OutboundRefused, check_postable
from service.problems import Fault, InvalidRequest, Refusal
from service.signing import Secrets
from service.webhook_signatures import SecretName, public_key, shared_secret

SQL = db.queries("webhooks")

MOST = 20
"""Webhooks of one organisation."""

OVERLAP_HOURS = 24
"""So long the secret before signs beside the new one."""


class NewWebhook(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where to be told of what."""

    url: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=LONGEST_URL,
            description="https, of the public internet, on port 443 or above 1023; redirects are not followed.",
        ),
    ]
    types: Annotated[tuple[NewsType, ...], Meta(min_length=1, max_length=len(TYPES), description="What of.")]


class Webhook(Struct, frozen=True, kw_only=True):
    """A webhook; `person_id` is who made it, with whose eyes it reads.

    `public_key` (Ed25519, 32 bytes in base64 behind `whpk_`) checks the signatures `v1a` of its deliveries. Until
    `previous_secret_until` deliveries carry signatures by the secret before as well. While it is disabled nothing is
    sent; what happens meanwhile is in the feed.
    """

    id: UUID
    person_id: UUID
    url: str
    types: tuple[str, ...]
    public_key: str
    created_at: datetime
    previous_secret_until: datetime | None
    disabled_at: datetime | None
    disabled_because: str | None


class WebhookWithSecret(Struct, frozen=True, kw_only=True):
    """A webhook and the secret (`whsec_…`) that checks the signatures `v1` of its deliveries, shown this once."""

    webhook: Webhook
    secret: str


class WebhookRow(Struct, frozen=True, kw_only=True):
    """A webhook as it is stored."""

    id: UUID
    organisation_id: UUID
    person_id: UUID
    url: str
    types: tuple[str, ...]
    secret_line: str
    secret_number: int
    previous_line: str | None
    previous_until: datetime | None
    created_at: datetime
    disabled_at: datetime | None
    disabled_because: str | None

    @property
    def secret(self) -> SecretName:
        """The secret in force."""
        return SecretName(self.id, self.secret_line, self.secret_number)


class TooManyWebhooks(Refusal):
    """Your organisation has as many webhooks as it may have.

    Remove one that is not needed any more (`DELETE /webhooks/{id}`), or poll `GET /events`.
    """


class WebhookIsDisabled(Refusal):
    """Nothing is sent to this webhook.

    It was disabled because its address failed for three days, or answered 410. Mend the address, then enable the
    webhook with `POST /webhooks/{id}/enabling`.
    """


# Rules


def check_types(types: tuple[str, ...]) -> None:
    """Refuse a type that is named twice."""
    if len(set(types)) < len(types):
        fault = Fault("/types", "A type stands there twice.", "Name each once.")
        raise InvalidRequest("The webhook names a type twice.", faults=(fault,))


def check_enabled(hook: WebhookRow) -> None:
    """Refuse to send to a webhook that is disabled."""
    if hook.disabled_at is not None:
        raise WebhookIsDisabled(f"It was disabled at {hook.disabled_at:%Y-%m-%dT%H:%M:%SZ}: {hook.disabled_because}")


def presented(hook: WebhookRow, secrets: Secrets) -> Webhook:
    """The webhook as it is shown."""
    return Webhook(
        id=hook.id,
        person_id=hook.person_id,
        url=hook.url,
        types=hook.types,
        public_key=public_key(secrets, hook.secret),
        created_at=hook.created_at,
        previous_secret_until=hook.previous_until,
        disabled_at=hook.disabled_at,
        disabled_because=hook.disabled_because,
    )


async def find(conn: db.Connection, caller: Caller, webhook_id: UUID) -> WebhookRow:
    """A webhook of the caller's organisation. Raises NotFound."""
    rows = SQL.get_webhook(conn, webhook_id=webhook_id, organisation_id=caller.organisation_id)
    return await db.one(rows, WebhookRow)


async def _record(conn: db.Connection, caller: Caller, kind: events.Kind, hook: WebhookRow) -> None:
    facts = {"webhook_id": hook.id, "organisation_id": hook.organisation_id}
    await events.record(conn, kind, tender_id=None, actor=caller.person_id, data=facts)


# Handlers


@post("/webhooks")
async def make_webhook(
    data: JSONBody[NewWebhook], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller], state: State
) -> Response[WebhookWithSecret]:
    """Have news sent to an address of yours; the answer holds the secret, which is shown this once.

    You are sent what you may read yourself. Each delivery is a POST with `type`, `timestamp` and `data`, which names
    ids and where to read more; answer 2xx within 15 seconds. It carries `webhook-id`, which stays the same when it is
    sent again, and signatures `v1` and `v1a` after the Standard Webhooks 1.0. What is not taken is sent again over
    three days; then the webhook is disabled, which the feed (`GET /events`) and your other webhooks tell.
    """
    check_types(data.types)
    try:
        check_postable(data.url, state.own_hosts)
    except OutboundRefused as unsafe:
        fault = Fault("/url", str(unsafe), "Give an https address that the public internet reaches.")
        raise InvalidRequest("Nothing can be sent to this address.", faults=(fault,)) from None
    secrets: Secrets = state.secrets
    row = SQL.insert_webhook(
        conn,
        organisation_id=caller.organisation_id,
        person_id=caller.person_id,
        url=data.url,
        types=list(data.types),
        secret_line=secrets.webhook_line,
        most=MOST,
    )
    hook = await db.maybe(row, WebhookRow)
    if hook is None:
        raise TooManyWebhooks(f"There are {MOST}.")
    await _record(conn, caller, "webhook.made", hook)
    answer = WebhookWithSecret(webhook=presented(hook, secrets), secret=shared_secret(secrets, hook.secret))
    return Response(answer, status_code=201, headers={"Location": f"/webhooks/{hook.id}"})


@get("/webhooks")
async def list_webhooks(
    conn: NamedDependency[db.Connection], caller: NamedDependency[Caller], state: State
) -> list[Webhook]:
    """List your organisation's webhooks, oldest first."""
    found = await db.many(SQL.list_webhooks(conn, organisation_id=caller.organisation_id), WebhookRow)
    return [presented(hook, state.secrets) for hook in found]


@get("/webhooks/{webhook_id:uuid}")
async def get_webhook(
    webhook_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller], state: State
) -> Webhook:
    """Read a webhook of your organisation's, without its secret."""
    return presented(await find(conn, caller, webhook_id), state.secrets)


@post("/webhooks/{webhook_id:uuid}/rotation", status_code=200)
async def rotate_secret(
    webhook_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller], state: State
) -> WebhookWithSecret:
    """Give a webhook a new secret and a new key pair; for 24 hours deliveries are signed by those before as well."""
    secrets: Secrets = state.secrets
    new = {"secret_line": secrets.webhook_line, "overlap_hours": OVERLAP_HOURS}
    rotated = SQL.rotate_secret(conn, webhook_id=webhook_id, organisation_id=caller.organisation_id, **new)
    hook = await db.one(rotated, WebhookRow)
    await _record(conn, caller, "webhook.secret-rotated", hook)
    return WebhookWithSecret(webhook=presented(hook, secrets), secret=shared_secret(secrets, hook.secret))


@post("/webhooks/{webhook_id:uuid}/ping", status_code=202)
async def ping_webhook(
    webhook_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller], state: State
) -> Webhook:
    """Have `webhook.pinged` sent to a webhook, whatever it is told of else; how it went is among its deliveries."""
    hook = await find(conn, caller, webhook_id)
    check_enabled(hook)
    await _record(conn, caller, "webhook.pinged", hook)
    return presented(hook, state.secrets)


@post("/webhooks/{webhook_id:uuid}/enabling", status_code=200)
async def enable_webhook(
    webhook_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller], state: State
) -> Webhook:
    """Let a disabled webhook be sent to again from now on; what it missed is in the feed, or is sent again singly."""
    enabled = SQL.enable_webhook(conn, webhook_id=webhook_id, organisation_id=caller.organisation_id)
    hook = await db.one(enabled, WebhookRow)
    await _record(conn, caller, "webhook.enabled", hook)
    return presented(hook, state.secrets)


@delete("/webhooks/{webhook_id:uuid}", status_code=200)
async def remove_webhook(
    webhook_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller], state: State
) -> Webhook:
    """Remove a webhook of your organisation's for good; nothing more is sent to it, not even what is on its way."""
    removed = SQL.remove_webhook(conn, webhook_id=webhook_id, organisation_id=caller.organisation_id)
    hook = await db.one(removed, WebhookRow)
    await SQL.give_up_all(conn, webhook_id=webhook_id, because="The webhook was removed.")
    await _record(conn, caller, "webhook.removed", hook)
    return presented(hook, state.secrets)


router = Router(
    path="/",
    route_handlers=[
        make_webhook,
        list_webhooks,
        get_webhook,
        rotate_secret,
        ping_webhook,
        enable_webhook,
        remove_webhook,
    ],
    tags=["Events"],
)
