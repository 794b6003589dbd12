"""What follows an award decision: the standstill and the letters, as dated data."""

from datetime import date
from typing import Final

from service.legal import JurisdictionId, LetterKind, Standstill

DIRECTIVE_FROM: Final = date(2016, 4, 18)
_REGULATION: Final = "Regulation 1182/71 art. 3"


def _union(calendar: str | None, law: str) -> Standstill:
    """Ten calendar days after electronic notice, fifteen otherwise, ending on a working day of the country."""
    return Standstill(
        days=10,
        days_on_paper=15,
        working_days=False,
        starts="decision",
        calendar=calendar,
        ends_on_working_day=True,
        source=f"Directive 89/665/EEC art. 2a(2); {_REGULATION}{law}",
        evidence="knowledge",
        valid_from=DIRECTIVE_FROM,
    )


STANDSTILLS: Final[dict[JurisdictionId, tuple[Standstill, ...]]] = {
    "uk-pa2023": (
        Standstill(
            days=8,
            working_days=True,
            starts="notice",
            # A bank holiday in any part: the later end is lawful everywhere, an earlier one is not.
            calendar="GB-ENG GB-WLS GB-SCT GB-NIR",
            counts_first_day=True,
            source="Procurement Act 2023 s.51(2): eight working days beginning with the day of the notice (guidance"
            " seen); s.123 for working days, taken as bank holidays of any part of the kingdom (knowledge)",
            evidence="seen",
            valid_from=date(2025, 2, 24),
        ),
    ),
    "eu-2014-24": (_union(None, "; the country's own holidays"),),
    "eu-2014-24-de": (_union("DE", "; GWB § 134(2)"),),
    "eu-2014-24-es": (
        Standstill(
            days=15,
            working_days=True,
            starts="decision",
            calendar="ES",
            source="LCSP art. 153(3): fifteen working days from the notification",
            evidence="knowledge",
            valid_from=date(2018, 3, 9),
        ),
    ),
    "eu-2014-24-it": (
        Standstill(
            days=32,
            working_days=False,
            starts="decision",
            calendar="IT",
            ends_on_working_day=True,
            source="D.lgs. 36/2023 art. 18(3): thirty-two days from the last notification",
            evidence="knowledge",
            valid_from=date(2023, 7, 1),
        ),
    ),
    "eu-2014-24-pl": (_union("PL", "; Pzp art. 264(1)"),),
    "eu-2014-24-pt": (
        Standstill(
            days=10,
            working_days=True,
            starts="decision",
            calendar="PT",
            source="CCP art. 104(1)(a), days counted as working days by art. 470",
            evidence="knowledge",
            valid_from=date(2018, 1, 1),
        ),
    ),
    "world-bank": (
        Standstill(
            days=10,
            working_days=True,
            starts="decision",
            calendar=None,
            source="World Bank Procurement Regulations, standstill of ten business days; the borrower's own holidays",
            evidence="knowledge",
            valid_from=date(2016, 7, 1),
        ),
    ),
}
"""By jurisdiction, within the dates of its rule books; a member state that is not listed has the Union's."""

LETTERS: Final[dict[JurisdictionId, tuple[LetterKind, ...]]] = {
    "uk-pa2023": ("assessment_summary",),
    "eu-2014-24": ("article_55_notice",),
    "world-bank": ("world_bank_notification",),
}
"""What bidders are sent, by jurisdiction; a member state that is not listed has the Union's.

`regulation_86_notice` has no jurisdiction: procurements that began before 24 February 2025 and still follow the Public
Contracts Regulations 2015 are not offered here.
"""
