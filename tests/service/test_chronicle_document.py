"""What an entry changed."""

from service.chronicle_document import Change, changes_of


def test_what_an_entry_says_itself_goes_before_what_can_be_compared():
    data = {"digest": "b", "changes": {"title": {"old": "A", "new": "B"}}}
    assert changes_of(data, {"digest": "a"}, {}) == [Change(field="title", old="A", new="B")]


def test_ids_instants_and_reasons_are_no_changes():
    data = {"bid_id": "1", "value": "4", "reason": "…", "given_at": "2026-01-01T00:00:00Z", "version": 2}
    before = {"bid_id": "1", "value": "4", "reason": "!", "given_at": "2025-01-01T00:00:00Z", "version": 1}
    assert changes_of(data, before, {"bid_id": "1"}) == [Change(field="version", old=1, new=2)]


def test_a_first_entry_has_no_old_values():
    assert changes_of({"value": "4"}, None, {}) == [Change(field="value", old=None, new="4")]
