"""The same service and people as in the tests of the service."""

from tests.service.conftest import collected_log, market

__all__ = ["collected_log", "market"]
