"""Ratings by the figures or with a reason, notices as the regulations name them. The play is in test_monitoring."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, get_args
from uuid import UUID

import pytest
from msgspec import structs

from service import performance_notices
from service.obligations import Obligation
from service.performance import Rating, periods_of, spans
from service.performance_notices import Assessment, NewAssessment, NewFailure, NewRating
from service.problems import InvalidRequest
from tests.service.test_deliveries import a_delivery, an_obligation, watched_with

TODAY = date(2031, 7, 1)


def test_the_ratings_are_those_of_the_regulations() -> None:
    """Regulation 39(5) of the Procurement Regulations 2024 has five."""
    assert get_args(Rating) == ("good", "approaching_target", "requires_improvement", "inadequate", "other")


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


QUARTERS = spans(date(2031, 4, 1), date(2032, 3, 31), 3)


def an_indicator() -> Obligation:
    """100 hours in each quarter of the year."""
    plain = an_obligation(unit="hour")
    terms = structs.replace(plain.terms, kpi=True, targets=(Decimal(100),) * 4)
    return structs.replace(plain, terms=terms, periods=periods_of(QUARTERS, terms.targets))


def assessed(span: tuple[date, date], earlier: list[Assessment], **fields: Any) -> Assessment:
    """The next assessment, of what was verified: 100 hours in the first quarter, 50 in the second, 0 in the third."""
    new = NewAssessment(starts_on=span[0], ends_on=span[1], **fields)
    told = [a_delivery(hours, ("verified", hours), period=number) for number, hours in ((1, 100), (2, 50), (3, 0))]
    ratings = performance_notices.rated(watched_with(an_indicator()), told, new, earlier)
    about: dict[str, Any] = {"person_id": UUID(int=1), "assessed_at": datetime(2032, 4, 1, tzinfo=UTC)}
    about |= {"starts_on": new.starts_on, "ends_on": new.ends_on, "at_termination": new.at_termination}
    return Assessment(number=len(earlier) + 1, ratings=ratings, **about)


def test_a_period_across_two_assessments_counts_in_the_one_in_whose_days_it_ended() -> None:
    """The second quarter began in the first assessment's days and ended in the second's: it is rated, once."""
    first = assessed((date(2031, 4, 1), date(2031, 8, 15)), [])
    second = assessed((date(2031, 8, 16), date(2032, 2, 10)), [first])
    assert [(one.ratings[0].periods, one.ratings[0].running) for one in (first, second)] == [((1,), 2), ((2, 3), 4)]
    assert [one.ratings[0].achievement for one in (first, second)] == [Decimal("100.00"), Decimal("25.00")]
    again = assessed((date(2031, 4, 1), date(2032, 3, 31)), [first, second])
    assert (again.ratings[0].periods, again.ratings[0].running) == ((4,), None)


def test_what_earlier_assessments_rated_without_telling_their_periods_is_not_rated_twice() -> None:
    """They rated what lay wholly in their days, and so left out what reached beyond them."""
    first = assessed((date(2031, 4, 1), date(2031, 8, 15)), [])
    untold = structs.replace(first, ratings=(structs.replace(first.ratings[0], periods=None, running=None),))
    second = assessed((date(2031, 4, 1), date(2031, 12, 31)), [untold])
    assert second.ratings[0].periods == (2, 3)


def test_a_termination_says_which_running_period_nobody_rates() -> None:
    first = assessed((date(2031, 4, 1), date(2031, 8, 15)), [], at_termination=True)
    assert performance_notices.statement_of(first).endswith("Period 2 was not over on 2031-08-15 and is not rated.")
    goes_on = assessed((date(2031, 4, 1), date(2031, 8, 15)), [])
    assert "Period" not in performance_notices.statement_of(goes_on)
    at_the_end = assessed((date(2031, 4, 1), date(2032, 3, 31)), [], at_termination=True)
    assert "Period" not in performance_notices.statement_of(at_the_end)
    given = {"promise-1": NewRating(rating="other", comment="Terminated in the first weeks.")}
    early = assessed((date(2031, 4, 1), date(2031, 5, 1)), [], at_termination=True, ratings=given)
    assert (early.ratings[0].periods, early.ratings[0].running) == ((), 1)
