"""What the API's description says of values: as they are, whatever litestar took them for."""

from litestar.openapi.spec import (
    Components,
    Info,
    OpenAPI,
    OpenAPIMediaType,
    OpenAPIResponse,
    Operation,
    PathItem,
    Reference,
    Schema,
)
from litestar.openapi.spec.enums import OpenAPIType

from service.schemas import add_links, mend_schema, problem_schema

TEXT = Schema(type=OpenAPIType.STRING)


def test_a_list_of_texts_is_no_list_of_anything() -> None:
    """Deep inside as well."""
    inner = Schema(type=OpenAPIType.ARRAY, items=Schema(one_of=[TEXT, Schema()]))
    outer = Schema(type=OpenAPIType.OBJECT, properties={"names": inner})
    mend_schema(outer)
    assert inner.items == TEXT


def test_every_error_says_how_it_is_mended() -> None:
    assert {"type", "title", "status", "detail", "mend"} == {*(problem_schema().required or ())}


def test_what_was_made_leads_to_where_it_is_read() -> None:
    """By the id in its answer, which is taken for the parameter of the path."""
    schema = Schema(type=OpenAPIType.OBJECT, properties={"id": TEXT})
    content = {"application/json": OpenAPIMediaType(schema=Reference(ref="#/components/schemas/Bench"))}
    made, read = (OpenAPIResponse(description="", content=content) for _ in range(2))
    paths = {
        "/benches": PathItem(post=Operation(operation_id="make_bench", responses={"201": made})),
        "/benches/{bench_id}": PathItem(get=Operation(operation_id="get_bench", responses={"200": read})),
    }
    info = Info(title="Benches", version="1")
    add_links(OpenAPI(info=info, servers=[], paths={**paths}, components=Components(schemas={"Bench": schema})))
    assert made.links is not None
    link = made.links["get_bench"]
    assert not isinstance(link, Reference)
    assert link.parameters == {"bench_id": "$response.body#/id"}
