"""A draft says what its buyer decides, and refuses to be wrong before anything is stored."""

from typing import Any

import msgspec
import pytest

from service.drafts import DraftTender
from tests.make import a_lot, a_rules, a_tender


def test_a_draft_may_still_lack_its_deadline_and_its_lots():
    """A buyer begins with a title; what is missing is asked for at publication."""
    given = {name: value for name, value in a_tender().items() if name not in {"submission_deadline", "lots"}}
    draft = msgspec.convert(given, DraftTender)
    assert (draft.submission_deadline, draft.lots, draft.jurisdiction) == (None, (), "none")


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"time_zone": "Europe/Londinium"}, "is no zone"),
        ({"estimated_value": "-1"}, "estimated_value"),
        ({"framework_id": "3f0c1a52-8f5e-4a4e-9d7c-1f2f8d2f6f11"}, "has an estimated_value"),
        ({"starts_on": "soon"}, "starts_on"),
        ({"notice": {"green_criteria": ["none", "eu"]}}, "no others are named"),
        ({"notice": {"green_criteria": ["eu", "eu"]}}, "each is named once"),
        ({"notice": {"green_criteria": ["ours"]}}, "green_criteria"),
        ({"notice": {"innovation": " "}}, "innovation"),
        ({"notice": {"opening_at": "2131-03-14T12:00:00"}}, "opening_at"),
        ({"lots": [a_lot(rules=a_rules(), price_envelope=["no-such-criterion"])]}, "price_envelope"),
    ],
)
def test_a_draft_that_cannot_hold_is_refused_with_its_reason(fields: dict[str, Any], why: str):
    with pytest.raises(msgspec.ValidationError, match=why):
        msgspec.convert(a_tender(**fields), DraftTender)
