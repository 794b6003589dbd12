"""Who forbids or discourages which formulas, as dated data: shown with a formula and before a tender is published.

Nothing here is legal advice. `evidence` says whether the text was seen or is believed from knowledge; check the latter.
"""

from typing import Final, Literal

import msgspec

NOTED_ON: Final = "2026-11-23"


class LegalNote(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One country's rule or advice on some formulas."""

    country: str
    """ISO 3166 code, EU for the Union, or INT for literature."""
    ids: tuple[str, ...]
    """Formula ids, or "relative" for all whose points depend on other bids, or "all"."""
    weight: Literal["forbidden", "discouraged", "required", "allowed"]
    rule: str
    reference: str
    evidence: Literal["seen", "knowledge"]
    noted_on: str = NOTED_ON


LEGAL_NOTES: Final[tuple[LegalNote, ...]] = (
    LegalNote(
        country="PT",
        ids=("relative",),
        weight="forbidden",
        rule="The model may not use data that depend, directly or indirectly, on the attributes of other tenders.",
        reference="CCP art. 139(4)",
        evidence="seen",
    ),
    LegalNote(
        country="NL",
        ids=("relative",),
        weight="discouraged",
        rule="Do not score relatively: ranking paradox, bid-rigging, worse price for quality; put quality into money.",
        reference="PIANOo, schaal, score en score grafiek",
        evidence="seen",
    ),
    LegalNote(
        country="SE",
        ids=("relative",),
        weight="discouraged",
        rule="Relative price points depend on irrelevant alternatives and are not transparent.",
        reference="Konkurrensverket report 2009:2, En logisk fälla",
        evidence="seen",
    ),
    LegalNote(
        country="FR",
        ids=("P2", "P5", "P6"),
        weight="forbidden",
        rule="Negative marks neutralise the weightings and were annulled; publish a floor of 0.",
        reference="CE 18 December 2012 n° 362532",
        evidence="knowledge",
    ),
    LegalNote(
        country="FR",
        ids=("all",),
        weight="required",
        rule="The lowest price must receive the best price mark.",
        reference="CE 29 October 2013 n° 370789",
        evidence="seen",
    ),
    LegalNote(
        country="DE",
        ids=("P4",),
        weight="discouraged",
        rule="Interpolation between cheapest and dearest distorts with few bids.",
        reference="VK Südbayern 30.8.2016, Z3-3-3194-1-28-07/16 (not final)",
        evidence="seen",
    ),
    LegalNote(
        country="DE",
        ids=("P3",),
        weight="allowed",
        rule="Lowest price to twice the lowest price was accepted, with hurdles on quality.",
        reference="VK Südbayern 30.8.2016, Z3-3-3194-1-28-07/16 (not final)",
        evidence="seen",
    ),
    LegalNote(
        country="AT",
        ids=("P4",),
        weight="required",
        rule="Leaving the dearest bid out of a published interpolation changes the rules unlawfully.",
        reference="RPA 2005",
        evidence="seen",
    ),
    LegalNote(
        country="CH",
        ids=("P4",),
        weight="discouraged",
        rule="Min–max should no longer be used federally.",
        reference="federal guidance on price curves",
        evidence="seen",
    ),
    LegalNote(
        country="IT",
        ids=("P4",),
        weight="discouraged",
        rule="Min–max is advised against for prices; absolute and concave forms are offered.",
        reference="Consip, wiki.acquistinretepa.it",
        evidence="seen",
    ),
    LegalNote(
        country="NO",
        ids=("P2", "P5", "P6"),
        weight="allowed",
        rule="Negative price points are not unlawful; pricing quality in money is recommended.",
        reference="KOFA 2015/60",
        evidence="seen",
    ),
    LegalNote(
        country="DK",
        ids=("all",),
        weight="required",
        rule="The method must be described in the tender documents; its slope need not be fixed in advance.",
        reference="Udbudsloven § 160; Klagenævnet 8 August 2017, Region Midtjylland",
        evidence="seen",
    ),
    LegalNote(
        country="EU",
        ids=("all",),
        weight="required",
        rule="Weightings and criteria may not change after opening, and the method may not alter them.",
        reference="C-6/15 TNS Dimarso; C-532/06 Lianakis; C-331/04 ATI EAC",
        evidence="knowledge",
    ),
    LegalNote(
        country="GB",
        ids=("relative",),
        weight="discouraged",
        rule="Relative scoring has drawbacks; price per quality point and benchmarks are alternatives; test it first.",
        reference="Bid Evaluation Guidance Note, May 2021, 7.2–7.5 and 8",
        evidence="seen",
    ),
    LegalNote(
        country="GB",
        ids=("graded",),
        weight="required",
        rule="Marks are agreed in moderation on the published scale; an average of evaluators' marks is a breach.",
        reference="Bromcom v ULT [2022] EWHC 3262 (TCC)",
        evidence="seen",
    ),
)


def notes_on(formula: str, *, relative: bool) -> tuple[LegalNote, ...]:
    """The notes that concern a formula."""
    return tuple(
        note
        for note in LEGAL_NOTES
        if formula in note.ids or "all" in note.ids or (relative and "relative" in note.ids)
    )
