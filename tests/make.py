"""Valid requests as JSON values; each function takes what the sentence under test is about and defaults the rest."""

import copy
from typing import Any
from uuid import uuid4

from service.examples import BID, SCHOOL_ROOFS

PANEL_CRITERIA = ("method-statement",)
"""The criteria of `a_lot` that the panel scores; all others are scored from the bid's own value."""


def an_organisation(**fields: Any) -> dict[str, Any]:
    """A supplier to register."""
    return {"kind": "supplier", "name": "Alder Roofing Ltd", "person": a_person(name="Ada Alder")} | fields


def a_person(**fields: Any) -> dict[str, Any]:
    """A person to add to an organisation."""
    return {"name": "Noor Haddad", "email": "noor@city.example"} | fields


def a_key(**fields: Any) -> dict[str, Any]:
    """A key to issue."""
    return {"label": "Portal", "scopes": ["read", "write"]} | fields


def a_rules(**fields: Any) -> dict[str, Any]:
    """A lot's rules: price, quality that the panel grades, social value by targets."""
    return copy.deepcopy(SCHOOL_ROOFS) | fields


def a_criterion(**fields: Any) -> dict[str, Any]:
    """A price criterion that could stand alone in a lot."""
    return {
        "id": "price",
        "weighting": "100",
        "direction": "lower",
        "unit": "GBP",
        "method": {"id": "P1", "zero": "reject"},
    } | fields


def a_lot(**fields: Any) -> dict[str, Any]:
    """A lot of a draft."""
    return {"title": "Northern schools", "rules": a_rules()} | fields


def a_tender(**fields: Any) -> dict[str, Any]:
    """A draft that lacks nothing; its deadline lies years ahead and its reference is new."""
    return {
        "reference": f"SOLAR-{uuid4()}",
        "title": "Solar roofs for twelve schools",
        "description": "Design, supply and installation of solar roofs.",
        "currency": "GBP",
        "time_zone": "Europe/London",
        "submission_deadline": "2131-03-14T12:00:00Z",
        "lots": [a_lot()],
    } | fields


def a_corrigendum(**fields: Any) -> dict[str, Any]:
    """A change of a published tender that moves its deadline by two days."""
    return {"reason": "The site visit was moved.", "submission_deadline": "2131-03-16T12:00:00Z"} | fields


def a_bid(**values: str) -> dict[str, Any]:
    """A complete bid for `a_lot`; the keywords are criteria, `_` for `-`."""
    return {"values": BID["values"] | {name.replace("_", "-"): value for name, value in values.items()}}


def a_score(**fields: Any) -> dict[str, Any]:
    """A score on the published scale with its reason and the place in the bid that it rests on."""
    return {"value": "4", "reason": "Phasing is shown per school.", "cites": ["Method statement, p. 4"]} | fields


def a_policy(**fields: Any) -> dict[str, Any]:
    """A policy under which the panel meets only where scores lie more than a step apart."""
    return {"every_question": False, "spread": 1, "outlier": 1, "majority": "unanimous"} | fields


def an_item(bid: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """What a meeting said and agreed about a bid."""
    return {
        "bid_id": bid["bid_id"],
        "criterion_id": PANEL_CRITERIA[0],
        "points": ["Page 4 was read together: the crane plan lacks one site."],
        **a_score(reason="Agreed: the phasing is convincing."),
    } | fields


def a_decision(**fields: Any) -> dict[str, Any]:
    """A decision about a bid."""
    return {"state": "excluded", "reason": "The mandatory insurance certificate was not supplied when asked."} | fields
