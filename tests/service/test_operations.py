"""Every operation of the description is a method of the client, and nothing else is."""

import json
from typing import Any

import pytest

from service.calls import Operation, prepare
from service.examples import EXAMPLES
from service.operations import TABLE, Operations
from tests.make_client import argument
from tests.test_openapi import PROMISED


class Told(Operations):
    """Prepares requests and sends none."""

    def send(self, operation: Operation, given: dict[str, Any]) -> Any:
        return prepare("http://s", operation, given, "key")


def test_every_operation_can_be_called_as_it_is_described() -> None:
    """Each by its name: ids and body by place, what is required by name; the request is the one of the description."""
    document, client = json.loads(PROMISED.read_text("utf-8")), Told()
    called = set[str]()
    for path, item in document["paths"].items():
        for method, described in item.items():
            name = described["operationId"]
            parameters = described.get("parameters", [])
            ids = [f"id{number}" for number, one in enumerate(parameters) if one["in"] == "path"]
            named = {argument(one["name"]): "1" for one in parameters if one["in"] != "path"}
            body = [EXAMPLES[name].body if name in EXAMPLES else b"bytes"] if "requestBody" in described else []
            request = getattr(client, name)(*ids, *body, **named)
            assert request.method == method.upper()
            filled = path
            for one, said in zip([one for one in parameters if one["in"] == "path"], ids, strict=True):
                filled = filled.replace(f"{{{one['name']}}}", said)
            assert request.url.path == filled
            assert set(request.url.params) == {one["name"] for one in parameters if one["in"] == "query"}
            assert {one["name"].lower() for one in parameters if one["in"] == "header"} <= set(request.headers)
            assert ("content-type" in request.headers) == ("requestBody" in described)
            called.add(name)
    assert called == TABLE.keys()


def test_what_the_service_does_not_have_is_no_method() -> None:
    with pytest.raises(AttributeError):
        _ = Told().read_sealed_bids
    with pytest.raises(TypeError):
        Told().get_tender("a", "b")
