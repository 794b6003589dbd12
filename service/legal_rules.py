"""The rules of each jurisdiction that bind a tender before its publication and its record after the award."""

from datetime import date
from typing import Final, Literal

from msgspec import Struct

from service.legal import JurisdictionId, LegalRule

Permission = Literal["allowed", "discouraged", "forbidden"]


class RuleBook(Struct, frozen=True, kw_only=True):
    """What a jurisdiction asks of a tender.

    `record_years`: how long the record is kept at least, in years from the award; none where the buyer must say.
    """

    title: str
    rules: tuple[LegalRule, ...]
    officers_least: int = 2
    record_years: int | None = None
    relative_scoring: Permission = "allowed"
    time_tie_break: Permission = "discouraged"
    valid_from: date
    valid_to: date | None = None


UK_ACT: Final = date(2025, 2, 24)
"""The Procurement Act 2023 applies to procurements that began on this day or later."""
DIRECTIVE: Final = date(2016, 4, 18)
"""By this day member states had to apply Directive 2014/24/EU."""

RULE_BOOKS: Final[dict[JurisdictionId, tuple[RuleBook, ...]]] = {
    "uk-pa2023": (RuleBook(title="United Kingdom, Procurement Act 2023", rules=(), valid_from=UK_ACT),),
    "eu-2014-24": (RuleBook(title="European Union, Directive 2014/24/EU", rules=(), valid_from=DIRECTIVE),),
    "eu-2014-24-de": (RuleBook(title="Germany, VgV", rules=(), valid_from=DIRECTIVE),),
    "eu-2014-24-es": (RuleBook(title="Spain, LCSP", rules=(), valid_from=date(2018, 3, 9)),),
    "eu-2014-24-it": (RuleBook(title="Italy, D.Lgs. 36/2023", rules=(), valid_from=date(2023, 7, 1)),),
    "eu-2014-24-pl": (RuleBook(title="Poland, PZP", rules=(), valid_from=date(2021, 1, 1)),),
    "eu-2014-24-pt": (RuleBook(title="Portugal, CCP", rules=(), valid_from=date(2018, 1, 1)),),
    "world-bank": (RuleBook(title="World Bank, Procurement Regulations", rules=(), valid_from=date(2016, 7, 1)),),
    "none": (RuleBook(title="No country's rules", rules=(), valid_from=date.min),),
}
