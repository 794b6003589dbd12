"""The API's own description: its reference page, its errors and examples, the pages of problems and methods, health.

Nothing here needs a key, and nothing here tells about anybody's tender.
"""

import asyncio
import json
import re
import shlex
from dataclasses import fields
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, Literal, TypeVar, cast

from litestar import Litestar, Request, Response, Router, get, static_files
from litestar.datastructures import State
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import SwaggerRenderPlugin
from litestar.openapi.spec import (
    Components,
    Example,
    OpenAPI,
    OpenAPIMediaType,
    OpenAPIResponse,
    Operation,
    Parameter,
    Reference,
    RequestBody,
    Schema,
    SecurityScheme,
    Tag,
)
from litestar.openapi.spec.enums import OpenAPIType
from litestar.params import FromPath
from litestar.response import Redirect
from msgspec import Struct
from swagger_ui_bundle import swagger_ui_path

import scoring
from service import db, preferences, retries, statuses, wording
from service.deprecations import DEPRECATED
from service.edge import PROBLEM
from service.examples import EXAMPLES
from service.problems import NotFound, Unavailable, page, refusals
from service.schemas import add_links, mend_schema, problem_schema
from service.screen import for_screen
from service.statuses import KEYLESS, MAY_BE_UNREAD

SQL = db.queries("reference")
Page = TypeVar("Page")

_ASSETS = "/docs/assets"


class Description(OpenAPI):
    """The API's description, completed with what litestar cannot know when somebody first asks for it.

    It takes half a second and some megabytes, for which neither a worker that starts nor another request shall wait.
    """

    _one_at_a_time = Lock()
    _written: dict[str, Any] | None = None

    def to_schema(self) -> dict[str, Any]:
        """The document, made once."""
        with self._one_at_a_time:
            if self._written is None:
                complete_description(self)
                self._written = super().to_schema()
            return self._written


async def describe_beside(request: Request[Any, Any, Any]) -> None:
    """Before the description is answered: have it written in a thread, where no bid waits for it."""
    await asyncio.to_thread(_described, request.app)


def _described(app: Litestar) -> dict[str, Any]:
    return app.openapi_schema.to_schema()


class DescribedOnDemand(OpenAPIConfig):
    """The settings of that description."""

    def to_openapi_schema(self) -> OpenAPI:
        """The description without its operations, which litestar adds."""
        plain = super().to_openapi_schema()
        return Description(**{field.name: getattr(plain, field.name) for field in fields(plain)})


_TAGS = (
    Tag(name="Organisations", description="Buyers and suppliers, their people and keys."),
    Tag(name="Tenders", description="Draft, roles, publication, corrigenda, cancellation, audit log."),
    Tag(name="Bids", description="Submission, receipts, opening."),
    Tag(name="Evaluation", description="Panel scores, agreed scores, decisions, ranking."),
    Tag(name="Reports", description="What is printed: as PDF with its data inside, and as HTML."),
    Tag(name="Award", description="The award decision."),
    Tag(name="Contract", description="What was promised and is delivered: obligations, evidence, ratings, remedies."),
    Tag(name="Events", description="What happened: a feed to poll, and webhooks that are told."),
    Tag(name="Catalogue", description="Measures, social value models and proxy values, with their sources."),
    Tag(name="Spend", description="Spend analysis: payments in, where the money goes, findings for drafts."),
    Tag(name="Public", description="What anybody reads without a key: notices, how bids are scored, who won."),
    Tag(name="Reference", description="Health, problems, scoring methods. No key needed."),
)


def openapi() -> OpenAPIConfig:
    """The settings of the description for one application; the pages under /docs are its own."""
    return DescribedOnDemand(
        title="tenderscore",
        version="1",
        description=(
            "Tenders with weighted criteria, sealed bids, moderated scores, an exact ranking that explains every "
            "digit, and the report. Amounts and other decimals are JSON strings; instants are RFC 3339 in UTC. Every "
            "error is `application/problem+json` (RFC 9457); what each means stands at `/problems`. With `Prefer: "
            "return=minimal` (RFC 7240) an answer 200 to PUT or DELETE is 204 without a body, and one 201 with a "
            "`Location` has none; receipts are always sent. `RateLimit` and `RateLimit-Policy` tell what a key has "
            "left of its minute."
        ),
        openapi_router=Router("/docs", route_handlers=[], before_request=describe_beside, include_in_schema=False),
        render_plugins=[
            SwaggerRenderPlugin(
                path="/",
                js_url=f"{_ASSETS}/swagger-ui-bundle.js",
                css_url=f"{_ASSETS}/swagger-ui.css",
                standalone_preset_js_url=f"{_ASSETS}/swagger-ui-standalone-preset.js",
                favicon=f'<link rel="icon" href="{_ASSETS}/favicon-32x32.png">',
            )
        ],
        components=Components(
            security_schemes={
                "key": SecurityScheme(
                    type="http",
                    scheme="bearer",
                    description="An API key, `ts_live_…`, or an access token: of `/oauth/token`, or of your "
                    "organisation's identity provider (RFC 9068).",
                ),
            }
        ),
        security=[{"key": []}],
        tags=list(_TAGS),
        use_handler_docstrings=True,
        operation_id_creator=lambda handler, _method, _path: handler.handler_name,
    )


def complete_description(document: OpenAPI) -> None:
    """Add to the OpenAPI document what litestar cannot know: every error of every operation, and tested examples."""
    components = document.components
    components.schemas["ProblemDetails"] = problem_schema()
    for schema in components.schemas.values():
        mend_schema(schema)
    for path, item in (document.paths or {}).items():
        for method, operation in (("GET", item.get), ("PUT", item.put), ("POST", item.post), ("DELETE", item.delete)):
            if operation is not None:
                _describe(operation, method)
                told = operation.description or operation.summary or ""
                operation.description = f"{told}\n\n```sh\n{_curl(method, path, operation)}\n```"
    add_links(document)


def _describe(operation: Operation, method: str) -> None:
    if operation.tags in KEYLESS:
        operation.security = [{}]
    name = operation.operation_id or ""
    if method == "POST" and name not in retries.NOT_KEPT and operation.tags not in KEYLESS:
        operation.parameters = [*(operation.parameters or []), _RETRY_KEY]
    if name in DEPRECATED:
        operation.deprecated = True
    operation.summary = (operation.description or "").partition("\n")[0].rstrip(".")
    operation.responses = _answers(operation, method)
    if "304" in operation.responses:
        operation.parameters = [*(operation.parameters or []), _HELD]
    example = EXAMPLES.get(operation.operation_id or "")
    body = operation.request_body
    if example is not None and isinstance(body, RequestBody):
        body.content["application/json"].examples = {"example": Example(summary=example.summary, value=example.body)}


def _answers(operation: Operation, method: str) -> dict[str, OpenAPIResponse | Reference]:
    """Every answer of an operation, its errors included."""
    media = {PROBLEM: OpenAPIMediaType(schema=Reference(ref="#/components/schemas/ProblemDetails"))}
    answers: dict[str, OpenAPIResponse | Reference] = dict(operation.responses or {})
    same = next((one for one in answers.values() if isinstance(one, OpenAPIResponse)), None)
    for status, meaning in statuses.also(operation.operation_id or "").items():
        answers[str(status)] = OpenAPIResponse(description=meaning, content=same.content if same else None)
    if method in {"PUT", "DELETE"} and "200" in answers and operation.operation_id not in preferences.NEEDED:
        answers["204"] = OpenAPIResponse(description="Done; with `Prefer: return=minimal`, without a body.")
    for status in [status for status in answers if status.startswith(("4", "5"))]:
        del answers[status]
    kept = _RETRY_KEY in (operation.parameters or [])
    for status, meaning in sorted(statuses.errors(operation, kept=kept).items()):
        answers[str(status)] = OpenAPIResponse(description=meaning, content=media)
    return answers


_RETRY_KEY = Parameter(
    name="Idempotency-Key",
    param_in="header",
    description="Any text of your own, 1 to 100 characters, new for each request: its repetition within eight days "
    "changes nothing and gets the first answer again, marked `Idempotency-Replayed: true`.",
    schema=Schema(type=OpenAPIType.STRING, min_length=1, max_length=102),
)

_HELD = Parameter(
    name="If-None-Match",
    param_in="header",
    description="The ETag that you hold: while it is that of the present version the answer is 304, without a body.",
    schema=Schema(type=OpenAPIType.STRING),
)
_FILE_ENDS = {"application/pdf": "pdf", "text/csv": "csv", "application/x-ndjson": "ndjson", "text/html": "html"}


def _curl(method: str, path: str, operation: Operation) -> str:
    """The operation on a command line, with its example; what is one's own stands in variables of the shell."""
    parameters = [item for item in operation.parameters or [] if not isinstance(item, Reference)]
    asked = [
        f"{item.name}=${_variable(item.name)}" for item in parameters if item.param_in == "query" and item.required
    ]
    url = re.sub(r"{(\w+)}", lambda found: f"${_variable(found[1])}", path) + ("?" + "&".join(asked) if asked else "")
    parts = [f'curl -sS --fail-with-body{"" if method == "GET" else f" -X {method}"} "$URL{url}"']
    if operation.security != [{}]:
        parts.append('-H "Authorization: Bearer $KEY"')
    own = {"if-match": """-H "If-Match: $ETAG\"""", "idempotency-key": """-H "Idempotency-Key: $RETRY_KEY\""""}
    if operation.operation_id in MAY_BE_UNREAD:
        del own["if-match"]
    parts += [own[item.name.lower()] for item in parameters if item is not _RETRY_KEY and item.name.lower() in own]
    body = operation.request_body
    if isinstance(body, RequestBody):
        media_type = str(getattr(first := next(iter(body.content)), "value", first))
        parts.append(f"-H 'Content-Type: {media_type}'")
        example = EXAMPLES.get(operation.operation_id or "")
        parts.append("--data-binary @FILE" if example is None else f"-d {shlex.quote(json.dumps(example.body))}")
    answer = (operation.responses or {}).get("200")
    media_types = answer.content or {} if isinstance(answer, OpenAPIResponse) else {}
    ends = [f"-o answer.{_FILE_ENDS[media_type]}" for media_type in media_types if media_type in _FILE_ENDS]
    return " \\\n  ".join([*parts, *ends])


def _variable(name: str) -> str:
    return name.upper().replace("-", "_")


class Alive(Struct, frozen=True):
    """The process runs."""

    status: Literal["alive"]


class Ready(Struct, frozen=True, kw_only=True):
    """The service can do its work: its database answers, is migrated, and loses nothing that was acknowledged.

    `standbys` follow the database now; `standbys_synchronous` says that no bid is acknowledged before one has it.
    """

    status: Literal["ready"]
    postgresql: str
    fsync: str
    full_page_writes: str
    synchronous_commit: str
    data_checksums: str
    standbys: int
    standbys_synchronous: bool


class ProblemPage(Struct, frozen=True, kw_only=True):
    """What a problem type means and how to mend it."""

    type: str
    title: str
    status: int
    description: str


@get("/", include_in_schema=False)
async def index() -> Redirect:
    """Go to the reference page."""
    return Redirect("/docs")


@get("/health/live")
async def live() -> Alive:
    """Say that the process runs."""
    return Alive("alive")


@get("/health/ready")
async def ready(state: State) -> Ready:
    """Say whether the service can do its work, and under which durability settings; else 503, and why."""
    if state.draining.is_set():
        raise Unavailable("This process is being stopped; another one answers.", headers={"Retry-After": "1"})
    state.reception.intake.check_working()
    async with state.pool.acquire() as conn:
        await db.check_durability(conn)
        return Ready(**await SQL.get_durability(conn), status="ready")


@get("/problems")
async def list_problems(request: Request[Any, Any, Any]) -> Response[list[ProblemPage]]:
    """List every problem type that the service answers with, in your language (`Accept-Language`) where we speak it."""
    lang = wording.choose(request.headers.get("accept-language", ""))
    return _spoken([ProblemPage(**page(kind, lang)) for kind in refusals().values()], lang)


@get("/problems/{slug:str}")
async def get_problem(slug: FromPath[str], request: Request[Any, Any, Any]) -> Response[ProblemPage]:
    """Explain one problem type, in your language (`Accept-Language`) where there is one."""
    kind = refusals().get(slug)
    if kind is None:
        raise NotFound(f"There is no problem type {slug!r}; see /problems.")
    lang = wording.choose(request.headers.get("accept-language", ""))
    return _spoken(ProblemPage(**page(kind, lang)), lang)


def _spoken(answer: Page, lang: str) -> Response[Page]:
    """An answer that depends on its reader's language, and says so to caches."""
    return Response(answer, headers={"Content-Language": lang, "Vary": "Accept-Language"})


@get("/methods")
async def list_methods(request: Request[Any, Any, Any]) -> Response[list[scoring.Listed]]:
    """List every scoring method and whole-tender rule: formula, parameters, edge cases, source, law, worked example.

    A browser gets the same as a page.
    """
    if request.accept.best_match(["application/json", "text/html"]) == "text/html":
        return Response(cast("Any", _methods_page()), media_type="text/html")
    return Response(list(scoring.methods()))


@cache
def _methods_page() -> str:
    import jinja2  # most API processes never show this page

    loader = jinja2.FileSystemLoader(Path(__file__).parent.parent / "templates")
    pages = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)
    return for_screen(pages.get_template("methods.html").render(methods=scoring.methods(), engine=scoring.ENGINE))


@get("/verify_receipt.py", media_type="text/x-python")
async def get_verifier() -> str:
    """Give the script that checks a receipt, its log and its signature without this service.

    `python verify_receipt.py RECEIPT.json --key BASE64` needs Python 3.9 and nothing else. `tenderscore verify` is the
    same.
    """
    return _script("verify_receipt.py")


@get("/verify_dossier.py", media_type="text/x-python")
async def get_dossier_verifier() -> str:
    """Give the script that checks an Annex IV dossier (`tenderscore dossier`) without this service.

    `python verify_dossier.py DOSSIER.json --key BASE64` needs Python 3.9 and nothing else.
    """
    return _script("verify_dossier.py")


@cache
def _script(name: str) -> str:
    return (Path(__file__).parent / name).read_text("utf-8")


router = Router(
    path="/",
    route_handlers=[
        index,
        live,
        ready,
        list_problems,
        get_problem,
        list_methods,
        get_verifier,
        get_dossier_verifier,
    ],
    tags=["Reference"],
)
assets = cast("Any", static_files).create_static_files_router(
    path=_ASSETS, directories=[swagger_ui_path], include_in_schema=False
)
