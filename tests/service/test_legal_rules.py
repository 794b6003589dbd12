"""The rule books: every jurisdiction has one, and every rule says where it stands."""

from itertools import pairwise

import pytest

from scoring.legal_notes import LEGAL_NOTES
from service.jurisdictions import JURISDICTIONS
from service.legal_rules import RULE_BOOKS


def test_every_jurisdiction_has_a_rule_book_and_no_day_has_two():
    assert set(RULE_BOOKS) == set(JURISDICTIONS)
    for books in RULE_BOOKS.values():
        for earlier, later in pairwise(sorted(books, key=lambda book: book.valid_from)):
            assert earlier.valid_to is not None
            assert earlier.valid_to < later.valid_from


@pytest.mark.parametrize("jurisdiction", JURISDICTIONS)
def test_every_rule_has_an_id_of_its_own_a_text_and_a_source(jurisdiction: str):
    rules = [rule for book in RULE_BOOKS[jurisdiction] for rule in book.rules]
    assert len({rule.id for rule in rules}) == len(rules)
    assert all(rule.text.endswith(".") and len(rule.source) > 5 for rule in rules)


def test_relative_scoring_is_what_the_country_s_notes_say():
    """One truth: the permission in the rule book and the dated notes on formulas agree."""
    for books in RULE_BOOKS.values():
        for book in books:
            said = {note.weight for note in LEGAL_NOTES if note.country == book.country and "relative" in note.ids}
            assert said == ({book.relative_scoring} if book.relative_scoring != "allowed" else set())
