"""Operations that will go: since when they are deprecated, when they end, and what takes their place.

Nothing goes without both headers for at least half a year: `Deprecation` (RFC 9745) says since when there is something
better, `Sunset` (RFC 8594) when the old answers no more. The description marks the operation as deprecated.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from email.utils import format_datetime

from msgspec import Struct

LEAST_NOTICE = timedelta(days=182)


class Deprecation(Struct, frozen=True, kw_only=True):
    """What is said of an operation: both days begin at midnight UTC; `instead` is the page that explains the change."""

    since: date
    sunset: date
    instead: str

    def __post_init__(self) -> None:
        if self.sunset < self.since + LEAST_NOTICE:
            raise ValueError("an operation ends half a year after its deprecation at the earliest")

    def headers(self) -> Iterator[tuple[bytes, bytes]]:
        """The three headers of every answer."""
        yield b"deprecation", b"@%d" % datetime.combine(self.since, time(), UTC).timestamp()
        yield b"sunset", format_datetime(datetime.combine(self.sunset, time(), UTC), usegmt=True).encode()
        yield b"link", f'<{self.instead}>; rel="deprecation"'.encode()


DEPRECATED: dict[str, Deprecation] = {}
"""By operation; none so far."""
