"""What a letter must contain by its law: named when it is missing, and everything of it can be given."""

from typing import get_args

import msgspec
import pytest

from service import completeness, letters
from service.completeness import REQUIRED
from service.legal import LetterKind
from service.letters import LAWS
from tests.service.test_letters import ALDER, sources


@pytest.mark.parametrize("kind", get_args(LetterKind))
def test_every_kind_of_letter_has_its_law_and_what_that_asks_for(kind: LetterKind) -> None:
    """A kind without a list of required fields would go out empty."""
    assert LAWS[kind]
    assert REQUIRED[kind]
    given = sources(kind)
    found = list(completeness.missing(given, letters.made_for(given, ALDER)))
    assert found
    assert all(one.reference and one.mend.startswith("PUT /lots/") for one in found)


@pytest.mark.parametrize("kind", get_args(LetterKind))
def test_every_required_field_can_be_given(kind: LetterKind) -> None:
    """What is asked for has a request that gives it; then nothing is missing."""
    given = sources(kind)
    known = letters.known_fields(given.lot, letters.TEXTS, scores=False)
    texts = {}
    for bid in given.bids:
        for one in completeness.missing(given, letters.made_for(given, bid)):
            assert one.field in known
            texts[one.bid_id, one.field] = "Given."
    complete = msgspec.structs.replace(given, texts=texts)
    assert [one for bid in given.bids for one in completeness.missing(complete, letters.made_for(complete, bid))] == []
