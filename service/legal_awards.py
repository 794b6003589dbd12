"""What follows an award decision: the standstill, the letters, and what may be withheld in them, as dated data."""

from datetime import date
from typing import Final

from service.legal import Evidence, JurisdictionId, LegalRule, LetterKind, Standstill

DIRECTIVE_FROM: Final = date(2016, 4, 18)
UK_ACT_FROM: Final = date(2025, 2, 24)
WORLD_BANK_FROM: Final = date(2016, 7, 1)
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
            source="Procurement Act 2023 s.51(2): eight working days beginning with the day of the notice; s.123: bank"
            " holidays are no working days, those of any part of the kingdom",
            # Section 51 and the guidance on it were seen; that any part's holidays count (s.123) is from knowledge.
            evidence="seen",
            valid_from=UK_ACT_FROM,
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
            valid_from=WORLD_BANK_FROM,
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

_ART55: Final = "Directive 2014/24/EU art. 55(3)"
_S94: Final = "Procurement Act 2023 s.94"


def _ground(name: str, text: str, source: str, since: date, evidence: Evidence = "knowledge") -> LegalRule:
    return LegalRule(id=name, text=text, source=source, evidence=evidence, valid_from=since)


WITHHOLDING: Final[dict[JurisdictionId, tuple[LegalRule, ...]]] = {
    "uk-pa2023": (
        _ground("national-security", "National security needs it withheld.", f"{_S94}(1)(a)", UK_ACT_FROM, "seen"),
        _ground(
            "trade-secret",
            "It is a trade secret, and an overriding public interest is in its being withheld.",
            f"{_S94}(1)(b), (2)(a)",
            UK_ACT_FROM,
            "seen",
        ),
        _ground(
            "commercial-interests",
            "It would be likely to prejudice somebody's commercial interests, and an overriding public interest is in"
            " its being withheld.",
            f"{_S94}(1)(b), (2)(b)",
            UK_ACT_FROM,
            "seen",
        ),
        _ground("personal-data", "It is personal data that others need not have.", "UK GDPR art. 5(1)(c)", UK_ACT_FROM),
    ),
    "eu-2014-24": (
        _ground("law-enforcement", "Its release would impede law enforcement.", _ART55, DIRECTIVE_FROM),
        _ground("public-interest", "Its release would be contrary to the public interest.", _ART55, DIRECTIVE_FROM),
        _ground(
            "commercial-interests",
            "Its release would prejudice somebody's legitimate commercial interests.",
            _ART55,
            DIRECTIVE_FROM,
        ),
        _ground(
            "fair-competition", "Its release might prejudice fair competition between bidders.", _ART55, DIRECTIVE_FROM
        ),
        _ground(
            "personal-data",
            "It is personal data that others need not have.",
            "Regulation (EU) 2016/679 art. 5(1)(c)",
            date(2018, 5, 25),
        ),
    ),
    "world-bank": (
        _ground(
            "marked-confidential",
            "The bidder has marked it as confidential: proprietary, a trade secret, or commercially sensitive.",
            "World Bank Procurement Regulations, confidentiality",
            WORLD_BANK_FROM,
        ),
    ),
    "none": (
        _ground(
            "own-rules",
            "The buyer's own rules have it withheld.",
            "no country's rules were chosen; the buyer answers for it",
            date.min,
        ),
    ),
}
"""On which grounds a field may be withheld from who it is not about, by jurisdiction; a member state that is not listed
has the Union's. Who reads that a field is withheld reads the ground as well (Procurement Act 2023 s.94(3))."""

_REG31: Final = "Procurement Regulations 2024 reg. 31"
NEVER_WITHHELD: Final[dict[LetterKind, dict[str, str]]] = {
    "assessment_summary": {
        "postal_address": f"{_REG31}(2)(b), (3)(a)",
        "email": f"{_REG31}(2)(b), (3)(a)",
        "total": f"{_REG31}(2)(e)(ii), (3)(b)",
    },
    "article_55_notice": {},
    "regulation_86_notice": {"total": "Public Contracts Regulations 2015 reg. 86(2)(c): the scores of both"},
    "world_bank_notification": {
        "contract_price": "World Bank Procurement Regulations, notification of intention to award",
    },
}
"""What a letter that the law requires must hold whatever anybody wishes, by kind, each with its source. Names stand in
every letter and are no field that could be withheld: article 55(2)(c) and regulation 31(2)(a) want the winner's told.

How to reach a bidder and how many points it has are neither trade secrets nor likely to prejudice commerce, so that
section 94 has nothing to withhold there; the scores and explanations by which a price or a method could be worked out
are another thing. Article 55 asks for no points at all: they may be left out as any other characteristic.
"""
