"""What the API's description says of values: schemas mended, what a problem is, links from answers to addresses."""

import re
from typing import Any

from litestar.openapi.spec import Link, OpenAPI, OpenAPIResponse, Reference, Schema
from litestar.openapi.spec.enums import OpenAPIType
from msgspec import Struct


def add_links(document: OpenAPI) -> None:
    """Say of what a POST has made where it is read: below its path or at the root, by the id in its answer."""
    paths = document.paths or {}
    for path, item in paths.items():
        made = (item.post.responses or {}).get("201") if item.post is not None else None
        parent, _, last = path.rpartition("/")
        for there, other in paths.items():
            below = re.fullmatch(r"(.*)/{(\w+)}", there)
            if not isinstance(made, OpenAPIResponse) or below is None or other.get is None:
                continue
            read = _members(document, (other.get.responses or {}).get("200"))
            members = _members(document, made) or read or {}
            member = next((name for name in (below[2], "id") if name in members), None)
            if below[1] in {path, parent, f"/{last}"} and member is not None and read is not None:
                given = {name: f"$request.path.{name}" for name in re.findall(r"{(\w+)}", below[1])}
                given[below[2]] = f"$response.body#/{member}"
                link = Link(operation_id=other.get.operation_id, parameters=given)
                made.links = {**(made.links or {}), other.get.operation_id or "": link}


def _members(document: OpenAPI, answer: object) -> dict[str, Any] | None:
    """The members of a JSON answer, none where they are not described; None for any other answer."""
    media = (answer.content or {}).get("application/json") if isinstance(answer, OpenAPIResponse) else None
    schema = media.schema if media is not None else None
    if isinstance(schema, Reference):
        schema = document.components.schemas.get(schema.ref.rpartition("/")[2])
    return None if media is None else dict(schema.properties or {}) if isinstance(schema, Schema) else {}


def mend_schema(schema: object) -> None:
    """Mend what litestar 2.25 describes amiss.

    `tuple[T, ...]` is no array of "T or anything"; and the default of one field that holds a struct is none of every
    other that holds one, nor is it JSON.
    """
    if not isinstance(schema, Schema):
        return
    if isinstance(schema.default, Struct):
        schema.default = None
    if isinstance(schema.items, Schema) and schema.items.one_of and Schema() in schema.items.one_of:
        first = next(choice for choice in schema.items.one_of if choice != Schema())
        schema.items = first
    parts = [schema.items, *(schema.properties or {}).values(), *(schema.one_of or ()), *(schema.any_of or ())]
    for part in parts:
        mend_schema(part)


def problem_schema() -> Schema:
    """What an error is."""
    text = Schema(type=OpenAPIType.STRING)
    fault = Schema(
        type=OpenAPIType.OBJECT,
        properties={"pointer": text, "message": text, "mend": text},
        required=["pointer", "message"],
    )
    return Schema(
        type=OpenAPIType.OBJECT,
        description="What went wrong (RFC 9457).",
        properties={
            "type": text,
            "title": text,
            "status": Schema(type=OpenAPIType.INTEGER),
            "detail": text,
            "mend": text,
            "instance": text,
            "errors": Schema(type=OpenAPIType.ARRAY, items=fault),
        },
        required=["type", "title", "status", "detail", "mend"],
    )
