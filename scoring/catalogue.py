"""The listing of all formulas, made from their structs: docstring for people, JSON Schema for machines."""

import inspect
from typing import Any, Final, Literal, cast, get_args

import msgspec

from scoring.legal_notes import LegalNote, notes_on
from scoring.methods import Method, Relative
from scoring.rules import RELATIVE_RULES, Rule

SECTIONS: Final = ("Formula", "Used", "Parameters", "Edge cases", "Source")


class Listed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One formula of the catalogue.

    `relative` means that other bids can change a bid's points or figure. `place` says where it is written: as the
    method of a criterion, or as the rule of a lot. `parameters` is the JSON Schema of what stands beside the id.
    """

    id: str
    name: str
    place: Literal["method", "rule"]
    relative: bool
    parameters: dict[str, Any]
    formula: str
    used: str
    parameter_notes: str
    edge_cases: str
    source: str
    example: str
    law: tuple[LegalNote, ...]


def methods() -> tuple[Listed, ...]:
    """Every scoring method and every whole-tender rule, in the order of their families."""
    return tuple(_listed(kind, "method") for kind in get_args(Method)) + tuple(
        _listed(kind, "rule") for kind in get_args(Rule)
    )


def _listed(kind: type[msgspec.Struct], place: Literal["method", "rule"]) -> Listed:
    tag = str(kind.__struct_config__.tag)
    relative = kind in get_args(Relative) or kind in get_args(RELATIVE_RULES)
    name, sections, example = sections_of(inspect.getdoc(kind) or "")
    return Listed(
        id=tag,
        name=name,
        place=place,
        relative=relative,
        parameters=_parameters(kind),
        formula=sections["Formula"],
        used=sections["Used"],
        parameter_notes=sections["Parameters"],
        edge_cases=sections["Edge cases"],
        source=sections["Source"],
        example=example,
        law=notes_on(tag, relative=relative),
    )


def sections_of(docstring: str) -> tuple[str, dict[str, str], str]:
    """A formula's docstring taken apart: its name, its five sections, and the worked example."""
    text, _, example = docstring.partition("\n>>> ")
    name, *lines = text.splitlines()
    sections: dict[str, list[str]] = {}
    current: list[str] = []
    for line in lines:
        head, colon, rest = line.partition(": ")
        if colon and head in SECTIONS:
            current = sections[head] = [rest]
        elif line.strip():
            current.append(line.strip())
    return name, {head: " ".join(sections[head]) for head in SECTIONS}, f">>> {example}" if example else ""


def _parameters(kind: type[msgspec.Struct]) -> dict[str, Any]:
    whole = msgspec.json.schema(kind)
    parts = cast("dict[str, Any]", whole.pop("$defs"))
    own = cast("dict[str, Any]", parts.pop(kind.__name__))
    properties = cast("dict[str, Any]", own["properties"])
    properties.pop("id")
    schema: dict[str, Any] = {
        "type": "object",
        "properties": properties,
        "required": [name for name in own["required"] if name != "id"],
        "additionalProperties": False,
    }
    return {**schema, "$defs": parts} if parts else schema
