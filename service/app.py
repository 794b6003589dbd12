"""Composition: settings, pool, errors, routers. What each part does stands in its own file."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from functools import partial
from http import HTTPStatus
from typing import Any, cast

import asyncpg
from litestar import Litestar, Request, Router
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.middleware import DefineMiddleware
from litestar.plugins import PluginProtocol
from litestar.plugins.core import MsgspecDIPlugin
from litestar.types import ControllerRouterHandler, Scope

from service import (
    abnormally_low,
    access,
    awards,
    bid_sheets,
    bids,
    cancellations,
    ceremony,
    chronicle,
    clarifications,
    contract_reminders,
    contracts,
    corrections,
    corrigenda,
    criterion_locks,
    custody,
    db,
    decisions,
    declarations,
    deliveries,
    document_store,
    draws,
    edge,
    eforms,
    evaluations,
    exchange,
    frameworks,
    identity_providers,
    imports,
    jobs,
    jurisdictions,
    letter_texts,
    locking,
    measures,
    meetings,
    metrics,
    moderation,
    monitoring,
    negotiated,
    news,
    notices,
    obligations,
    ocds_drafts,
    open_data,
    opened_documents,
    opening,
    organisations,
    outbound,
    own_measures,
    panel,
    panel_scores,
    papers,
    performance_notices,
    platform_record,
    preferences,
    procedure_reports,
    publication,
    quantities,
    questions,
    quotas,
    recommendations,
    reference,
    relay,
    releases,
    remedies,
    reports,
    requirements,
    results,
    retention,
    retries,
    robustness,
    roles,
    runs,
    samples,
    score_sheets,
    sealing,
    seals,
    selection,
    setups,
    sign_in,
    simulations,
    social_value,
    spend,
    spend_analyses,
    spend_findings,
    spend_reports,
    standstill,
    summaries,
    tenders,
    timestamps,
    trainings,
    transparency,
    uploads,
    webhook_deliveries,
    webhooks,
)
from service.attempts import Attempt, Attempts
from service.frontdoor import METRICS
from service.intake import Intake
from service.organisations import Caller, KnownKeys
from service.public_pages import PublicPages
from service.reception import Reception
from service.settings import Settings
from service.signing import Secrets
from service.spend_shelf import Shelf
from service.tokens import OwnTokens
from service.traffic import REFUSALS, Traffic, kind_of
from service.wrapping import Wrapper

_PUBLIC = [
    "^/docs",
    "^/health/",
    "^/problems",
    "^/methods",
    "^/jurisdictions",
    r"^/verify_(receipt|dossier)\.py$",
    r"^/\.well-known/",
    "^/public/",
    "^/oauth/token$",
    "^/$",
]


async def provide_connection(state: State, request: Request[Caller, str, State]) -> AsyncGenerator[db.Connection]:
    """One transaction for the request: committed before the answer is sent, rolled back by any error."""
    async with retries.connection_of(request, state.pool) as conn:
        yield conn


async def provide_caller(request: Request[Caller, str, State]) -> Caller:
    """Who is calling, as the key has told."""
    return request.user


async def write_down_refusal(error: Exception, scope: Scope) -> None:
    """Every refused attempt at something of ours is an entry in its log (Directive 2014/24/EU, Annex IV (g))."""
    refusal = edge.as_refusal(error)
    REFUSALS.labels(kind_of(scope.get("method", ""), scope["path"]), refusal.slug()).inc()
    ids = cast("dict[str, Any]", scope.get("path_params") or {})
    caller = cast("object", scope.get("user"))
    if refusal.status >= HTTPStatus.INTERNAL_SERVER_ERROR or refusal.recorded or not (caller or ids):
        return
    data: dict[str, Any] = {"problem": refusal.slug(), "detail": refusal.detail, "path": scope["path"]}
    data |= {"method": cast("str", scope.get("method")), **refusal.facts}
    actor = key_id = None
    if isinstance(caller, Caller):
        actor, key_id = caller.person_id, caller.key_id
        data |= {"organisation_id": caller.organisation_id, "key_id": key_id}
    attempts: Attempts = scope["litestar_app"].state.attempts
    await attempts.put(Attempt("refused", ids, actor, key_id, data, counted=refusal.counted))


class Service(Litestar):
    """Litestar for structs of msgspec alone.

    It would load pydantic and attrs wherever they are installed, and pydantic comes with the job queue: 10 MB and a
    quarter of the time to start, for models that we have none of.
    """

    @staticmethod
    def _get_default_plugins(plugins: list[PluginProtocol]) -> list[PluginProtocol]:
        return [*plugins, MsgspecDIPlugin()]


def create_app(settings: Settings, dsn: str, secrets: Secrets) -> Litestar:
    """The service on a database. The database must be migrated; its pool opens with the application."""
    timestamps.check_installed(settings)
    seals.seal_of(settings)

    @contextlib.asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncGenerator[None]:
        app.state.pool = await db.open_pool(
            dsn, pooler=settings.database_pooler, connections=settings.database_connections
        )
        app.state.public_url = settings.public_url
        await custody.make_missing(app.state.pool, app.state.wrapper)
        intake = Intake(dsn, secrets, pooler=settings.database_pooler)
        app.state.reception = Reception(app.state.pool, intake, secrets)
        store = document_store.store_at(settings.document_store, app.state.pool)
        app.state.attempts = attempts = Attempts(dsn, pooler=settings.database_pooler)
        app.state.uploads = uploads.Uploads(app.state.pool, store, secrets, settings, attempts)
        app.state.typesetting = asyncio.Semaphore(max(1, settings.report_workers))
        app.state.public_pages = PublicPages()
        app.state.tsa_url = settings.tsa_url
        app.state.shelf = Shelf.of(app.state.pool, settings)
        worker = asyncio.create_task(work(dsn, settings, secrets)) if settings.report_workers else None
        try:
            async with attempts.running(), intake.running():
                yield
        finally:
            if worker is not None:
                worker.cancel()
                await asyncio.gather(worker, return_exceptions=True)
            await _close(app.state.pool)

    return Service(
        route_handlers=_routers(settings),
        state=_state(settings, secrets),
        lifespan=[lifespan, samples.keeping(settings)],
        dependencies={"conn": Provide(provide_connection), "caller": Provide(provide_caller)},
        guards=[access.check_caller],
        middleware=[
            DefineMiddleware(edge.BindRequestId),
            METRICS.middleware,
            DefineMiddleware(sign_in.Authentication, exclude=_PUBLIC),
            DefineMiddleware(quotas.Counted),
            DefineMiddleware(preferences.Preferences),
            DefineMiddleware(retries.Retries),
        ],
        exception_handlers={HTTPException: edge.answer_error, Exception: edge.answer_error},
        after_exception=[write_down_refusal],
        before_send=[edge.finish_answer],
        request_class=edge.StrictRequest,
        request_max_body_size=settings.max_body_bytes,
        openapi_config=reference.openapi(),
        logging_config=None,
    )


async def work(dsn: str, settings: Settings, secrets: Secrets) -> None:
    """Do queued jobs of every kind and tell news until cancelled; a program of its own wraps it in `until_told`.

    Papers have the seats that the settings give; spend, whose imports take minutes, has one of its own, and so has what
    is done in a moment, such as releases.
    """
    seat = partial(jobs.work, dsn, at_once=1, grace=settings.shutdown_seconds, pooler=settings.database_pooler)
    async with asyncio.TaskGroup() as group:
        group.create_task(reports.work(dsn, settings, papers.duties))
        group.create_task(seat(spend_reports.duties(settings)))
        group.create_task(
            seat(contract_reminders.DUTIES | releases.duties(settings) | timestamps.duties(settings, secrets))
        )
        group.create_task(relay.work(dsn, settings, secrets))


_EVALUATION = (
    declarations.router,
    trainings.router,
    panel.router,
    panel_scores.router,
    moderation.router,
    meetings.router,
    criterion_locks.router,
    evaluations.router,
    draws.router,
    runs.router,
    decisions.router,
    selection.router,
    abnormally_low.router,
    locking.router,
    clarifications.router,
    corrections.router,
    results.router,
)
"""What leads from opened bids to a result."""

_DRAFT = (
    tenders.router,
    setups.router,
    roles.router,
    robustness.router,
    simulations.router,
    measures.router,
    social_value.router,
    ocds_drafts.router,
    own_measures.router,
    quantities.router,
    custody.router,
    requirements.router,
    frameworks.router,
)
"""What a draft is made and tried with, before it is published."""

_CONTRACT = (
    obligations.router,
    negotiated.router,
    deliveries.router,
    remedies.router,
    performance_notices.router,
    monitoring.router,
)
"""What a contract's performance is watched by."""

_WITH_BIDS = [bids.router, opening.router, bid_sheets.router, score_sheets.router]
"""What takes bodies as large as a bid."""


def _routers(settings: Settings) -> list[ControllerRouterHandler]:
    return [
        reference.router,
        reference.assets,
        metrics.router,
        jurisdictions.router,
        organisations.router,
        identity_providers.router,
        sign_in.router,
        *_DRAFT,
        questions.router,
        publication.router,
        eforms.router,
        corrigenda.router,
        transparency.router,
        transparency.public,
        timestamps.router,
        exchange.router,
        imports.router,
        Router("/", route_handlers=_WITH_BIDS, request_max_body_size=sealing.largest_container(settings.max_bid_bytes)),
        uploads.router,
        opened_documents.router,
        ceremony.router,
        *_EVALUATION,
        reports.router,
        chronicle.router,
        recommendations.router,
        awards.router,
        retention.router,
        cancellations.router,
        standstill.router,
        letter_texts.router,
        summaries.router,
        notices.router,
        notices.public,
        open_data.public,
        contracts.router,
        *_CONTRACT,
        procedure_reports.router,
        papers.router,
        papers.public,
        platform_record.router,
        news.router,
        webhooks.router,
        webhook_deliveries.router,
        spend.router,
        spend_analyses.router,
        spend_reports.router,
        spend_findings.router,
    ]


def _state(settings: Settings, secrets: Secrets) -> State:
    """What is there before the application starts: the doors before the framework are made with it."""
    own_hosts = outbound.own_hosts(settings.outbound_hosts)
    return State(
        {
            "known_keys": KnownKeys(),
            "provider_keys": identity_providers.ProviderKeys(own_hosts),
            "own_hosts": own_hosts,
            "quotas": quotas.Quotas(settings.requests_per_minute),
            "own_tokens": OwnTokens(secrets.token_seeds),
            "token_issuer": settings.public_url or f"{identity_providers.OWN_NAMES}service",
            "secrets": secrets,
            "wrapper": Wrapper(secrets, settings.kms_command),
            "max_bid_bytes": settings.max_bid_bytes,
            "max_spend_bytes": settings.max_spend_bytes,
            "max_evidence_bytes": settings.max_document_bytes,
            "draining": asyncio.Event(),
            "bell": news.Bell(),
            "open_data": open_data.Publication.of(settings),
            "traffic": Traffic(10_000 if settings.sample_seconds else 0),
        }
    )


async def _close(pool: asyncpg.Pool) -> None:
    try:
        await asyncio.wait_for(pool.close(), 10)
    except TimeoutError:
        pool.terminate()
