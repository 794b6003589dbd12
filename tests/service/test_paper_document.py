"""What every paper is headed with, and the instant that it stands for."""

from datetime import UTC, datetime

from service.paper_document import latest

EARLY = datetime(2026, 1, 1, tzinfo=UTC)
LATE = datetime(2026, 1, 2, tzinfo=UTC)


def test_a_paper_stands_for_the_latest_instant_that_there_is():
    assert latest(None, LATE, EARLY, None) == LATE
