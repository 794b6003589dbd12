"""What follows an award decision: the standstill and the letters, as dated data."""

from typing import Final

from service.legal import JurisdictionId, LetterKind, Standstill

STANDSTILLS: Final[dict[JurisdictionId, tuple[Standstill, ...]]] = {}
"""By jurisdiction, the one in force first; a member state that is not listed has the Union's."""

LETTERS: Final[dict[JurisdictionId, tuple[LetterKind, ...]]] = {}
"""What bidders are sent, by jurisdiction; a member state that is not listed has the Union's."""
