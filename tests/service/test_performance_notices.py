"""Ratings by the figures or with a reason, notices as the regulations name them. The play is in test_monitoring."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, get_args
from uuid import UUID

import pytest

from service import performance_notices
from service.performance import Rating
from service.performance_notices import LAWS, Assessment, NewAssessment, NewFailure
from service.problems import InvalidRequest
from tests.service.test_deliveries import watched_with

TODAY = date(2031, 7, 1)


def test_the_ratings_are_those_of_the_regulations() -> None:
    """Regulation 39(5) of the Procurement Regulations 2024 has five; and the Act asks of contracts above 5,000,000."""
    assert get_args(Rating) == ("good", "approaching_target", "requires_improvement", "inadequate", "other")
    law = LAWS["uk-pa2023"]
    assert (law.above, law.indicators, law.months, law.days) == (Decimal(5_000_000), 3, 12, 30)


def test_assessed_are_days_that_have_passed_and_none_twice() -> None:
    """Not even at a contract's end is anybody rated for days to come."""
    begin, end = date(2031, 1, 1), date(2031, 3, 31)
    about: dict[str, Any] = {"at_termination": False, "ratings": (), "person_id": UUID(int=1)}
    about |= {"assessed_at": datetime(2031, 4, 1, tzinfo=UTC)}
    earlier = [Assessment(number=1, starts_on=begin, ends_on=end, **about)]
    plan = watched_with().plan
    for ends_on, at_termination, fits in (
        (date(2031, 6, 30), False, True),
        (TODAY, False, False),
        (TODAY, True, True),
        (date(2031, 7, 2), True, False),
        (date(2031, 3, 31), False, False),
    ):
        new = NewAssessment(starts_on=begin, ends_on=ends_on, at_termination=at_termination)
        if fits:
            performance_notices.check_span(new, earlier, plan, TODAY)
        else:
            with pytest.raises(InvalidRequest) as error:
                performance_notices.check_span(new, earlier, plan, TODAY)
            assert [fault.pointer for fault in error.value.faults] == ["/ends_on"]


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"outcome": "none"}, "/outcome"),
        ({"kind": "not_improved"}, "/outcome"),
        ({"arose_on": date(2031, 7, 2)}, "/arose_on"),
    ],
)
def test_a_failure_is_one_that_the_act_knows(fields: dict[str, Any], pointer: str) -> None:
    """A breach with its consequence (71(3)), or performance that did not improve (71(4)); and it has come."""
    plain: dict[str, Any] = {"kind": "breach", "outcome": "damages", "description": "Short.", "arose_on": TODAY}
    performance_notices.check_failure(NewFailure(**plain, decided_by="a court"), TODAY)
    with pytest.raises(InvalidRequest) as error:
        performance_notices.check_failure(NewFailure(**(plain | fields), decided_by="a court"), TODAY)
    assert [fault.pointer for fault in error.value.faults] == [pointer]
