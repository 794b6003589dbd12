"""Exclusion grounds, and when an abnormally low bid must be rejected, as dated data, in our own words.

A hearing is due on every ground that leaves discretion or knows self-cleaning (`selection.py`). National law may turn a
discretionary ground of the Union's directive into a mandatory one; where that was not re-read the directive's is told.
"""

from collections.abc import Iterator
from datetime import date
from typing import Final, Literal

from service.legal import Evidence, ExplanationPeriod, Ground, JurisdictionId, LegalRule

UK_ACT: Final = date(2025, 2, 24)
"""The Procurement Act 2023 applies to procurements that began on this day or later."""
DIRECTIVE: Final = date(2016, 4, 18)
"""By this day member states had to apply Directive 2014/24/EU."""
WORLD_BANK: Final = date(2016, 7, 1)
"""The World Bank's Procurement Regulations apply to projects from this day on."""

_Row = tuple[str, str, str, bool, Evidence]


def _grounds(kind: Literal["mandatory", "discretionary"], since: date, rows: tuple[_Row, ...]) -> Iterator[Ground]:
    """Rows of id, text, source, whether self-cleaning is possible, and evidence."""
    for ground_id, text, source, self_cleaning, evidence in rows:
        yield Ground(
            id=ground_id,
            kind=kind,
            text=text,
            source=source,
            evidence=evidence,
            self_cleaning=self_cleaning,
            valid_from=since,
        )


# European Union: Directive 2014/24/EU, article 57; the convictions of (1) were seen where a report quotes them

_ART57: Final = "Directive 2014/24/EU, article 57"
_EU_MANDATORY: Final[tuple[_Row, ...]] = (
    (
        "criminal-organisation",
        "Final conviction for taking part in a criminal organisation.",
        f"{_ART57}(1)(a)",
        True,
        "seen",
    ),
    ("corruption", "Final conviction for corruption.", f"{_ART57}(1)(b)", True, "seen"),
    ("fraud", "Final conviction for fraud against the Union's financial interests.", f"{_ART57}(1)(c)", True, "seen"),
    (
        "terrorism",
        "Final conviction for terrorist offences or offences linked to them.",
        f"{_ART57}(1)(d)",
        True,
        "seen",
    ),
    (
        "money-laundering",
        "Final conviction for money laundering or financing terrorism.",
        f"{_ART57}(1)(e)",
        True,
        "seen",
    ),
    (
        "child-labour",
        "Final conviction for child labour or trafficking in human beings.",
        f"{_ART57}(1)(f)",
        True,
        "seen",
    ),
    (
        "unpaid-taxes-established",
        (
            "Taxes or social security contributions unpaid, as a final decision has established; not if paid,"
            " or a binding arrangement to pay them is in place."
        ),
        f"{_ART57}(2), first and third subparagraph",
        False,
        "knowledge",
    ),
)
_EU_DISCRETIONARY: Final[tuple[_Row, ...]] = (
    (
        "unpaid-taxes",
        "Taxes or social security contributions unpaid, as the buyer can show by any appropriate means.",
        f"{_ART57}(2), second subparagraph",
        False,
        "knowledge",
    ),
    (
        "environmental-social-labour-law",
        "Breach of environmental, social or labour law obligations of article 18(2).",
        f"{_ART57}(4)(a)",
        True,
        "knowledge",
    ),
    (
        "insolvency",
        "Bankrupt, insolvent, being wound up, or in a like situation.",
        f"{_ART57}(4)(b)",
        True,
        "knowledge",
    ),
    (
        "professional-misconduct",
        "Grave professional misconduct that makes its integrity questionable.",
        f"{_ART57}(4)(c)",
        True,
        "knowledge",
    ),
    (
        "collusion",
        "Sufficiently plausible indications of agreements to distort competition.",
        f"{_ART57}(4)(d)",
        True,
        "knowledge",
    ),
    (
        "conflict-of-interest",
        "A conflict of interest (article 24) that no less intrusive measure remedies.",
        f"{_ART57}(4)(e)",
        True,
        "knowledge",
    ),
    (
        "prior-involvement",
        "Competition distorted by its part in preparing the procedure (article 41), not remedied otherwise.",
        f"{_ART57}(4)(f)",
        True,
        "knowledge",
    ),
    (
        "deficient-performance",
        (
            "Significant or persistent deficiencies under an earlier public contract that led to its early end, damages"
            " or comparable sanctions."
        ),
        f"{_ART57}(4)(g)",
        True,
        "knowledge",
    ),
    (
        "misrepresentation",
        "Serious misrepresentation about grounds or selection criteria, or withholding what was asked.",
        f"{_ART57}(4)(h)",
        True,
        "knowledge",
    ),
    (
        "undue-influence",
        "Undue influence on the decision, confidential information obtained, or misleading information supplied.",
        f"{_ART57}(4)(i)",
        True,
        "knowledge",
    ),
)

# United Kingdom: Procurement Act 2023, Schedules 6 and 7; section 58 lets every ground be answered

_S6: Final = "Procurement Act 2023, Schedule 6, paragraph"
_S7: Final = "Procurement Act 2023, Schedule 7"
_UK_MANDATORY: Final[tuple[_Row, ...]] = (
    ("corporate-manslaughter", "Corporate manslaughter or homicide, by conviction.", f"{_S6} 2", True, "seen"),
    ("terrorism", "A terrorism offence, by conviction.", f"{_S6} 3", True, "seen"),
    ("theft-fraud-bribery", "Theft, robbery, fraud, bribery or money laundering.", f"{_S6}s 4 to 18", True, "seen"),
    ("labour-market-slavery", "Labour market, slavery and trafficking offences.", f"{_S6}s 19 to 26", True, "seen"),
    ("organised-crime", "Taking part in organised crime.", f"{_S6}s 27 and 28", True, "seen"),
    ("tax-offences", "Cheating the public revenue and other tax offences.", f"{_S6}s 29 to 31", True, "knowledge"),
    ("cartel-offence", "The cartel offence.", f"{_S6} 32", True, "knowledge"),
    ("ancillary-offences", "Attempt, conspiracy, aiding; like offences abroad.", f"{_S6}s 33 and 34", True, "seen"),
    ("national-security-determined", "A threat that an authority has determined.", f"{_S6} 35", True, "knowledge"),
    (
        "tax-misconduct",
        "A penalty for tax misconduct, or abusive arrangements.",
        f"{_S6}s 36 and 37",
        True,
        "knowledge",
    ),
    ("competition-law", "An authority's final decision on a cartel.", f"{_S6}s 38 to 41", True, "knowledge"),
    ("failure-to-cooperate", "No co-operation with a debarment investigation.", f"{_S6} 42", True, "knowledge"),
    (
        "debarred-mandatory",
        "On the debarment list by a mandatory exclusion ground.",
        "Procurement Act 2023, section 57(1)(b)",
        False,
        "seen",
    ),
)
_UK_DISCRETIONARY: Final[tuple[_Row, ...]] = (
    (
        "labour-market-misconduct",
        "Labour market misconduct, with an order but without a conviction.",
        _S7,
        True,
        "knowledge",
    ),
    ("environmental-misconduct", "Environmental misconduct with significant harm.", _S7, True, "knowledge"),
    ("insolvency", "Insolvent, bankrupt, or in a like situation.", _S7, True, "knowledge"),
    (
        "potential-competition-infringement",
        "Potential competition infringement, as the buyer considers.",
        _S7,
        True,
        "knowledge",
    ),
    (
        "professional-misconduct",
        "Professional misconduct that brings its integrity into question.",
        _S7,
        True,
        "knowledge",
    ),
    (
        "breach-of-contract",
        "Sufficiently serious breach of, or poor performance under, a contract.",
        _S7,
        True,
        "knowledge",
    ),
    (
        "acting-improperly",
        "Acting improperly in a procurement: misleading, or undue influence.",
        _S7,
        True,
        "knowledge",
    ),
    ("national-security", "A threat to the national security of the United Kingdom.", _S7, True, "knowledge"),
    (
        "debarred-discretionary",
        "On the debarment list by a discretionary exclusion ground.",
        "Procurement Act 2023, section 57(2)(b)",
        False,
        "seen",
    ),
)

# World Bank: who is not eligible may not bid; these come from lists and law, so there is nothing to prove to the buyer

_WB: Final = "World Bank Procurement Regulations, section III, eligibility"
_WORLD_BANK_MANDATORY: Final[tuple[_Row, ...]] = (
    ("sanctioned", "Debarred or temporarily suspended by the World Bank Group.", _WB, False, "knowledge"),
    ("un-sanctions", "Barred by a decision of the United Nations Security Council.", _WB, False, "knowledge"),
    ("borrowers-law", "Barred by a law of the borrower's country that the Bank accepts.", _WB, False, "knowledge"),
    ("conflict-of-interest", "A conflict of interest as the Regulations define it.", _WB, True, "knowledge"),
    (
        "state-owned",
        "A state-owned enterprise of the borrower without autonomy under commercial law.",
        _WB,
        True,
        "knowledge",
    ),
    (
        "fraud-and-corruption",
        "Fraud or corruption in competing for this contract.",
        "World Bank Procurement Regulations, annex IV",
        True,
        "knowledge",
    ),
)

GROUNDS: Final[dict[JurisdictionId, tuple[Ground, ...]]] = {
    "uk-pa2023": (
        *_grounds("mandatory", UK_ACT, _UK_MANDATORY),
        *_grounds("discretionary", UK_ACT, _UK_DISCRETIONARY),
    ),
    "eu-2014-24": (
        *_grounds("mandatory", DIRECTIVE, _EU_MANDATORY),
        *_grounds("discretionary", DIRECTIVE, _EU_DISCRETIONARY),
    ),
    "world-bank": tuple(_grounds("mandatory", WORLD_BANK, _WORLD_BANK_MANDATORY)),
}
"""By jurisdiction; a member state that is not listed has the Union's."""

ABNORMALLY_LOW_MANDATORY: Final[dict[JurisdictionId, tuple[LegalRule, ...]]] = {
    "eu-2014-24": (
        LegalRule(
            id="environmental-social-labour-law",
            text="A price that is abnormally low because the bid does not comply with obligations of environmental,"
            " social or labour law (article 18(2)) must be rejected.",
            source="Directive 2014/24/EU, article 69(3), second subparagraph",
            evidence="knowledge",
            valid_from=DIRECTIVE,
        ),
    ),
}
"""When an abnormally low bid must be rejected, by jurisdiction; a member state that is not listed has the Union's.

United Kingdom: none. By section 19(3)(c) and (4) of the Procurement Act 2023 a tender at an abnormally low price may be
disregarded once the supplier was told and could show that it can perform at that price (knowledge). State aid, article
69(4) of the directive, is a case of discretion with a hearing of its own.
"""

EXPLANATION_PERIODS: Final[dict[JurisdictionId, tuple[ExplanationPeriod, ...]]] = {
    "eu-2014-24-it": (
        ExplanationPeriod(
            least_days=None,
            most_days=15,
            source="D.Lgs. 36/2023, article 110(2)",
            evidence="knowledge",
            valid_from=date(2023, 7, 1),
        ),
    ),
}
"""How long a supplier has to explain a low price, where the law says so; the directive leaves it to the buyer."""
