"""Standstill, letters and what may be withheld in them: each says where it stands."""

from datetime import date
from typing import get_args

from service.jurisdictions import JURISDICTIONS, presets
from service.legal import LetterKind
from service.legal_awards import NEVER_WITHHELD, STANDSTILLS
from service.letters import HIDEABLE


def test_every_standstill_has_a_source():
    assert all(standstill.source for standstills in STANDSTILLS.values() for standstill in standstills)


def test_what_may_be_withheld_rests_on_a_ground_with_a_source_and_what_may_not_on_the_law_of_its_letter():
    """Every jurisdiction has grounds of its own, or the Union's; what no letter keeps back is a field of letters."""
    for name in JURISDICTIONS:
        grounds = presets(name, date(2026, 3, 2)).withholding
        assert grounds
        assert len({ground.id for ground in grounds}) == len(grounds)
        assert all(ground.source and ground.text.endswith(".") for ground in grounds)
    assert NEVER_WITHHELD.keys() == set(get_args(LetterKind))
    assert {field for told in NEVER_WITHHELD.values() for field in told} <= set(HIDEABLE)
    assert all(source for told in NEVER_WITHHELD.values() for source in told.values())
