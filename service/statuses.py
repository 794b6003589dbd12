"""With which statuses each operation answers, beside the one that litestar knows: every error, and what is no error.

`tests/service/test_statuses.py` reads the code of every operation and finds what is not said here.
"""

from typing import Final

from litestar.openapi.spec import Operation, Reference

from service import quotas
from service.file_bodies import FileOperation

_ALWAYS: Final = {500: "Something broke on our side.", 503: "The service cannot answer just now."}
_WITH_KEY: Final = {
    401: "No valid key.",
    403: "The key or the role does not allow this.",
    507: "No room is left to store it; nothing was stored.",
}
_WITH_BODY: Final = {
    400: "The request cannot be read.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    422: "The request does not fit its description; every fault is listed.",
}
_WITH_ID: Final = {404: "Missing, or somebody else's."}
_WITH_STAGE: Final = {409: "Not at this stage of the tender."}
_WITH_QUOTA: Final = {
    429: "The key has sent as many requests as it may in this minute; `Retry-After` says when to go on."
}
_WITH_IF_MATCH: Final = {412: "Somebody else changed it.", 428: "`If-Match` is missing."}
_WITH_FILE: Final = {408: "The file did not arrive as a whole.", 411: "`Content-Length` is missing."}
_RULES: Final = {422: "No legal rules were in force on that day."}

KEYLESS: Final = (["Reference"], ["Public"])
"""The tags of what is read without a key."""

MAY_BE_UNREAD: Final = frozenset({"give_score", "record_consensus", "change_terms"})
"""Operations that take `If-Match` but do not ask for it."""

_ALSO: Final[dict[str, dict[int, str]]] = {
    "open_bids": {202: "The first officer's request is kept; a second one opens."},
    "open_with_keys": {202: "What does not open is noted; nothing is opened before a second officer finds the same."},
    "shred_bids": {202: "The first request is kept; a second person's destroys."},
    "import_tender": {200: "The same export was there already: what is kept of it."},
    "upload_spend_file": {200: "The same bytes were there already: the file that they are."},
}

_ERRORS: Final[dict[str, dict[int, str]]] = {
    "upload_document": _WITH_FILE | {429: "As many documents of yours as may be are on their way already."},
    "stamp_log": {502: "The time-stamping authority gave no stamp that fits."},
    "issue_token": {401: "Unknown client, or a wrong secret."},
    "preview_spend_file": {422: "The file cannot be read."},
} | (dict.fromkeys(("get_legal_rules", "get_retention", "list_summaries"), _RULES))


def also(name: str) -> dict[int, str]:
    """What an operation answers as well when nothing is wrong, with the same body as its other success."""
    return _ALSO.get(name, {})


def errors(operation: Operation, *, kept: bool) -> dict[int, str]:
    """Every error that an operation can answer, by what it takes. kept: answers are kept for repetitions."""
    parameters = [item for item in operation.parameters or [] if not isinstance(item, Reference)]
    places = {item.param_in for item in parameters}
    with_key = operation.tags not in KEYLESS
    of_a_tender = operation.tags != ["Reference"]
    with_if_match = {412: _WITH_IF_MATCH[412]} if operation.operation_id in MAY_BE_UNREAD else _WITH_IF_MATCH
    applies = (
        (True, _ALWAYS),
        (with_key, _WITH_KEY),
        (with_key and operation.operation_id not in quotas.FREE, _WITH_QUOTA),
        (kept, {409: _WITH_STAGE[409]}),
        (bool(places & {"query", "header"}), {400: _WITH_BODY[400], 422: _WITH_BODY[422]}),
        ("path" in places, _WITH_ID),
        (operation.request_body is not None, _WITH_BODY),
        (of_a_tender and ("path" in places or operation.request_body is not None), _WITH_STAGE),
        (any(item.name.lower() == "if-match" for item in parameters), with_if_match),
        (isinstance(operation, FileOperation), _WITH_FILE),
        (True, _ERRORS.get(operation.operation_id or "", {})),
    )
    return {status: meaning for fits, found in applies if fits for status, meaning in found.items()}
