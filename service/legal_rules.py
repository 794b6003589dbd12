"""The rules of each jurisdiction that bind a tender before its publication, and its record after the award."""

from datetime import date
from typing import Final, Literal

from msgspec import Struct

from scoring.legal_notes import LEGAL_NOTES
from service.legal import Evidence, JurisdictionId, LegalRule

Permission = Literal["allowed", "discouraged", "forbidden"]


class RuleBook(Struct, frozen=True, kw_only=True):
    """What a jurisdiction asks of a tender.

    `country` names whose notes on formulas hold (`scoring/legal_notes.py`). `abnormally_low_tests`: the tests that its
    law knows. `relative_scoring`: how its notes on that weigh at the publication. `record_years`: how long the record
    is kept at least, from the award; none where the buyer must say.
    """

    title: str
    country: str | None = None
    rules: tuple[LegalRule, ...] = ()
    officers_least: int = 2
    record_years: int | None = None
    relative_scoring: Permission = "allowed"
    tie_break: Literal["required", "recommended"] = "recommended"
    judgement_first: bool = False
    abnormally_low_tests: tuple[str, ...] = ()
    abnormally_low_test: Literal["required", "recommended"] = "recommended"
    valid_from: date
    valid_to: date | None = None


UK_ACT: Final = date(2025, 2, 24)
"""The Procurement Act 2023 applies to procurements that began on this day or later."""
DIRECTIVE: Final = date(2016, 4, 18)
"""By this day member states had to apply Directive 2014/24/EU."""
LCSP: Final = date(2018, 3, 9)
CODICE: Final = date(2023, 7, 1)
PZP: Final = date(2021, 1, 1)
CCP: Final = date(2018, 1, 1)
WORLD_BANK: Final = date(2016, 7, 1)


def _rule(name: str, text: str, source: str, since: date, *, evidence: Evidence = "knowledge") -> LegalRule:
    return LegalRule(id=name, text=text, source=source, evidence=evidence, valid_from=since)


def _noted(name: str, country: str, reference: str, since: date) -> LegalRule:
    """A rule on formulas, as `scoring/legal_notes.py` has it."""
    note = next(note for note in LEGAL_NOTES if note.country == country and note.reference.startswith(reference))
    return _rule(name, note.rule, note.reference, since, evidence=note.evidence)


_UK: Final = (
    _rule(
        "criteria-published",
        "Award criteria are linked to the subject-matter, clear, measurable, specific and proportionate; the "
        "assessment methodology and the relative importance are published, and whether failing one disqualifies.",
        "Procurement Act 2023 s. 23",
        UK_ACT,
    ),
    _rule(
        "criteria-refined",
        "Award criteria are refined only in a competitive flexible procedure, before final tenders are invited, and "
        "only where the notice allowed it.",
        "Procurement Act 2023 s. 24",
        UK_ACT,
    ),
    _rule(
        "conflicts-assessed",
        "Conflicts of interest are identified, mitigated, and assessed in writing before the notice; the assessment is "
        "kept under review.",
        "Procurement Act 2023 ss. 81-83",
        UK_ACT,
    ),
    _rule(
        "record-kept",
        "Records that explain every material decision, and those of communications with suppliers, are kept for three "
        "years from the contract or the award.",
        "Procurement Act 2023 s. 98",
        UK_ACT,
    ),
    _noted("relative-scoring", "GB", "Bid Evaluation Guidance Note", UK_ACT),
    _noted("marks-agreed", "GB", "Bromcom", UK_ACT),
)

_EU: Final = (
    _noted("weightings-fixed", "EU", "C-6/15", DIRECTIVE),
    _rule(
        "receipt-guarded",
        "Devices for the receipt of tenders record the exact time, keep contents from everybody before the time limit, "
        "let only authorised persons set or change dates and open, and make infringements detectable.",
        "Directive 2014/24/EU art. 22(3) and Annex IV (a)-(g)",
        DIRECTIVE,
        evidence="seen",
    ),
    _rule(
        "weightings-published",
        "The relative weighting of each criterion is published, or where that is impossible their order of importance.",
        "Directive 2014/24/EU art. 67(5)",
        DIRECTIVE,
    ),
    _rule(
        "changes-extend",
        "A significant change of the procurement documents extends the time limit for tenders.",
        "Directive 2014/24/EU art. 47(3)",
        DIRECTIVE,
    ),
    _rule(
        "abnormally-low-explained",
        "A tender that appears abnormally low is rejected only after its tenderer was asked to explain it.",
        "Directive 2014/24/EU art. 69; 103/88 Fratelli Costanzo",
        DIRECTIVE,
    ),
    _rule(
        "record-kept",
        "The progress of the procedure, decisions, communications and internal deliberations are documented and kept "
        "for at least three years from the award.",
        "Directive 2014/24/EU art. 84(2)",
        DIRECTIVE,
    ),
)

_DE: Final = (
    _rule(
        "two-open",
        "Bids are opened jointly by at least two representatives of the buyer, without delay after the time limit.",
        "VgV § 55(2)",
        DIRECTIVE,
        evidence="seen",
    ),
    _noted("interpolation", "DE", "VK Südbayern", DIRECTIVE),
)

_ES: Final = (
    _rule(
        "judgement-first",
        "Criteria that need a judgement of value are assessed before those that a formula applies to.",
        "LCSP art. 146(2)",
        LCSP,
    ),
    _rule(
        "half-of-quality",
        "Where a procedure has phases, a bid needs at least half of the points of the quality criteria to go on.",
        "LCSP art. 146(3)",
        LCSP,
    ),
    _rule(
        "tie-ladder",
        "Ties are split by the published criteria; without any by the share of workers with disabilities, then the "
        "fewest temporary contracts, then the share of women employed, then by drawing lots.",
        "LCSP art. 147",
        LCSP,
    ),
    _rule(
        "abnormally-low-test",
        "Where price alone decides and no other test is published, prices far below the others or the budget are "
        "presumed abnormally low by fixed percentages.",
        "LCSP art. 149; RGLCAP art. 85",
        LCSP,
    ),
)

_IT: Final = (
    _noted("min-max", "IT", "Consip", CODICE),
    _rule(
        "anomaly-methods",
        "The anomaly threshold is computed by one of the methods of annex II.2; with quality, the notice names the "
        "elements by which a bid appears anomalous.",
        "D.Lgs. 36/2023 arts 54 and 110, annex II.2",
        CODICE,
    ),
    _rule(
        "averages-stay",
        "Averages and thresholds stay as they were at the end of the admission stage.",
        "D.Lgs. 36/2023 art. 108(12)",
        CODICE,
    ),
)

_PL: Final = (
    _rule(
        "thirty-percent",
        "A price at least 30 % below the estimate with VAT, or below the mean of all bids that are not rejected, must "
        "be explained on the buyer's request.",
        "PZP art. 224(2)",
        PZP,
    ),
    _rule(
        "ties-split",
        "Equal bids are split by the heaviest criterion, then by price; if they still tie, by new price offers.",
        "PZP art. 248",
        PZP,
    ),
    _rule("record-kept-longer", "The record is kept for four years from the end of the procedure.", "PZP art. 78", PZP),
)

_PT: Final = (
    _noted("relative-scoring", "PT", "CCP art. 139(4)", CCP),
    _rule(
        "tie-break-defined",
        "The tie-break is defined in the tender documents and may not be the time of submission.",
        "CCP art. 74(4)-(5)",
        CCP,
        evidence="seen",
    ),
    _rule("record-kept-longer", "The record is kept for four years from the contract.", "CCP art. 107", CCP),
)

_WB: Final = (
    _rule(
        "public-opening",
        "Bids are opened in public; the names of bidders and their prices are read out and recorded.",
        "World Bank Procurement Regulations for IPF Borrowers, annex XII",
        WORLD_BANK,
    ),
    _rule(
        "two-envelopes",
        "Where technical and financial envelopes are used, financial ones stay closed until the technical evaluation "
        "is finished, and those of bids that failed it are returned unopened.",
        "World Bank Procurement Regulations for IPF Borrowers, annex XII",
        WORLD_BANK,
    ),
)

RULE_BOOKS: Final[dict[JurisdictionId, tuple[RuleBook, ...]]] = {
    "uk-pa2023": (
        RuleBook(
            title="United Kingdom, Procurement Act 2023",
            country="GB",
            rules=_UK,
            record_years=3,
            relative_scoring="discouraged",
            valid_from=UK_ACT,
        ),
    ),
    "eu-2014-24": (
        RuleBook(
            title="European Union, Directive 2014/24/EU",
            country="EU",
            rules=_EU,
            record_years=3,
            valid_from=DIRECTIVE,
        ),
    ),
    "eu-2014-24-de": (
        RuleBook(title="Germany, VgV", country="DE", rules=(*_EU, *_DE), record_years=3, valid_from=DIRECTIVE),
    ),
    "eu-2014-24-es": (
        RuleBook(
            title="Spain, LCSP",
            country="ES",
            rules=(*_EU, *_ES),
            record_years=3,
            judgement_first=True,
            abnormally_low_tests=("ALT-ES",),
            valid_from=LCSP,
        ),
    ),
    "eu-2014-24-it": (
        RuleBook(
            title="Italy, D.Lgs. 36/2023",
            country="IT",
            rules=(*_EU, *_IT),
            record_years=3,
            abnormally_low_tests=("ALT-IT-A", "ALT-IT-4/5"),
            valid_from=CODICE,
        ),
    ),
    "eu-2014-24-pl": (
        RuleBook(
            title="Poland, PZP",
            country="PL",
            rules=(*_EU, *_PL),
            record_years=4,
            abnormally_low_tests=("ALT-PL",),
            abnormally_low_test="required",
            valid_from=PZP,
        ),
    ),
    "eu-2014-24-pt": (
        RuleBook(
            title="Portugal, CCP",
            country="PT",
            rules=(*_EU, *_PT),
            record_years=4,
            relative_scoring="forbidden",
            tie_break="required",
            abnormally_low_tests=("ALT-PT",),
            valid_from=CCP,
        ),
    ),
    "world-bank": (
        RuleBook(title="World Bank, Procurement Regulations for IPF Borrowers", rules=_WB, valid_from=WORLD_BANK),
    ),
    "none": (RuleBook(title="No country's rules", valid_from=date.min),),
}
