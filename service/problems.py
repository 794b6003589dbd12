"""How every error becomes an RFC 9457 problem.

A rule refuses by raising a `Refusal` subclass that stands beside the rule: its name is the slug, the first line of its
docstring the title, the whole docstring the page at `/problems/<slug>`. Nothing else builds an error answer. What a
supplier can meet is told in the caller's language (`Accept-Language`); the log keeps the English.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, ClassVar

from msgspec import UNSET, Struct, UnsetType

from service.wording import ENGLISH, told


class Fault(Struct, frozen=True, omit_defaults=True):
    """One thing wrong with a request: where (JSON Pointer into the body, or a parameter), what, how to mend it."""

    pointer: str
    message: str
    mend: str = ""


def pointer(*steps: str | int) -> str:
    """A JSON Pointer (RFC 6901) from its steps."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


class Problem(Struct, frozen=True, omit_defaults=True):
    """The body of every error answer, media type `application/problem+json` (RFC 9457).

    `mend` says what to do about it: the text of the page that `type` names. `error` is there where OAuth 2 wants one of
    its own words (RFC 6749, 5.2).
    """

    type: str
    title: str
    status: int
    detail: str
    mend: str
    instance: str | UnsetType = UNSET
    error: str | UnsetType = UNSET
    errors: tuple[Fault, ...] = ()


class Refusal(Exception):
    """A request that was understood and refused."""

    status: ClassVar[int] = 409
    oauth: ClassVar[str | None] = None
    """The word by which clients of OAuth 2 know it."""
    recorded = False
    """Whether the attempt stands in the log already, by the statement that refused it."""
    counted = False
    """Whether the attempt is only counted there, because enough of its like is written down (`attempts`)."""

    def __init__(
        self,
        detail: str,
        *,
        faults: tuple[Fault, ...] = (),
        headers: Mapping[str, str] | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        """Say what was refused; `facts` go into the audit log's entry about the attempt, not into the answer."""
        super().__init__(detail)
        self.detail = detail
        self.faults = faults
        self.headers: Mapping[str, str] = headers or {}
        self.facts: Mapping[str, Any] = facts or {}

    @classmethod
    def slug(cls) -> str:
        """The last part of the problem's `type`: the class name in kebab case."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()

    @classmethod
    def title(cls) -> str:
        """The first sentence of the docstring, without its full stop."""
        return (cls.__doc__ or cls.__name__).strip().splitlines()[0].rstrip(".")

    @classmethod
    @cache
    def mend(cls) -> str:
        """What to do about it: the rest of the docstring, in one line."""
        return " ".join((cls.__doc__ or "").partition("\n")[2].split())

    def problem(self, instance: str, base: str = "", lang: str = ENGLISH) -> Problem:
        """The answer's body in a language; `base` is the service's public address, for an absolute `type`."""
        return Problem(
            type=f"{base}/problems/{self.slug()}",
            title=told(self.title(), lang),
            status=self.status,
            detail=told(self.detail, lang),
            mend=told(self.mend(), lang),
            instance=instance,
            error=self.oauth or UNSET,
            errors=tuple(Fault(one.pointer, told(one.message, lang), told(one.mend, lang)) for one in self.faults),
        )


class NotFound(Refusal):
    """There is nothing here for you.

    The address is wrong, the thing does not exist, or it belongs to somebody else: the answer is the same for all
    three, so that nobody learns what others have. Check the id, and that you use the key of the right organisation.
    """

    status = 404

    def __init__(self, detail: str = "There is nothing at this address that your key may see.") -> None:
        super().__init__(detail)


class InvalidRequest(Refusal):
    """The request does not fit its description.

    Every fault found is listed under `errors`, with a JSON Pointer to the place in the body and what to write instead.
    """

    status = 422


class UnreadableRequest(Refusal):
    """The request cannot be read.

    It is not UTF-8, not JSON, names a member twice, is nested too deep, or lacks a header that it needs.
    """

    status = 400


class Unauthenticated(Refusal):
    """This needs a valid key.

    Send `Authorization: Bearer ts_live_…`. A key that is mistyped, expired or revoked is refused in the same words.
    """

    status = 401


class Forbidden(Refusal):
    """Your key or your role does not allow this.

    The detail names the role or scope that does. Who holds which role in a tender is listed at `/tenders/{id}/roles`.
    """

    status = 403


class MethodNotAllowed(Refusal):
    """This address does not take this method.

    The `Allow` header lists the methods that it takes.
    """

    status = 405


class BodyTooLarge(Refusal):
    """The body is larger than this address takes.

    The limits stand in the API reference; documents go up on their own, not inside the bid.
    """

    status = 413


class UnsupportedMediaType(Refusal):
    """The body must be JSON.

    Send `Content-Type: application/json`.
    """

    status = 415


class PreconditionRequired(Refusal):
    """An edit must say which version it edits.

    Read the thing first and send its `ETag` back as `If-Match`, so that two people cannot overwrite each other unseen.
    """

    status = 428


class PreconditionFailed(Refusal):
    """Somebody else changed it in the meantime.

    The `If-Match` you sent is not the present version. Read it again, look at what changed, and repeat your edit.
    """

    status = 412


class Unavailable(Refusal):
    """The service cannot answer just now.

    Repeat the request after the time in `Retry-After`, with the same `Idempotency-Key` if it carried one.
    """

    status = 503


class StorageFull(Refusal):
    """The service has no room left to store this.

    Nothing of the request was stored, and nothing that was acknowledged before is lost. Repeat it after the time in
    `Retry-After`, with the same `Idempotency-Key` if it carried one; the operator has been told to make room.
    """

    status = 507


class InternalError(Refusal):
    """Something broke on our side.

    Whether the request took effect is not known: repeat it with the same `Idempotency-Key`. Tell the operator the
    reference in the detail.
    """

    status = 500


def refusals() -> dict[str, type[Refusal]]:
    """Every refusal the running program knows, by slug."""

    def walk(kind: type[Refusal]) -> Iterator[type[Refusal]]:
        for sub in kind.__subclasses__():
            yield sub
            yield from walk(sub)

    return {kind.slug(): kind for kind in sorted(walk(Refusal), key=lambda kind: kind.slug())}


# Constraints of the database that a caller can run into, and the refusal each becomes; filled by the modules that own
# the tables. A constraint that is not here is our fault and becomes a 500.
CONSTRAINTS: dict[str, tuple[type[Refusal], str]] = {}


def refusal_for_constraint(name: str | None) -> Refusal | None:
    """The refusal that a violated constraint stands for, or None where it can only be our own mistake."""
    if name is None or name not in CONSTRAINTS:
        return None
    kind, detail = CONSTRAINTS[name]
    return kind(detail)


def page(kind: type[Refusal], lang: str = ENGLISH) -> dict[str, Any]:
    """What `/problems/<slug>` says about one refusal, in a language."""
    title = told(kind.title(), lang)
    return {
        "type": f"/problems/{kind.slug()}",
        "title": title,
        "status": kind.status,
        "description": f"{title}. {told(kind.mend(), lang)}".strip(),
    }
