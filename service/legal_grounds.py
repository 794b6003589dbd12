"""Exclusion grounds, and when an abnormally low bid must be rejected, as dated data."""

from typing import Final

from service.legal import Ground, JurisdictionId, LegalRule

GROUNDS: Final[dict[JurisdictionId, tuple[Ground, ...]]] = {}
"""By jurisdiction; a member state that is not listed has the Union's."""

ABNORMALLY_LOW_MANDATORY: Final[dict[JurisdictionId, tuple[LegalRule, ...]]] = {}
"""When an abnormally low bid must be rejected, by jurisdiction; a member state that is not listed has the Union's."""
