"""Award criteria and goals by the business terms of eForms, and what the publications office would refuse.

Source: eForms SDK 1.16 (OP-TED, CC BY 4.0): fields, codelists and rules by their numbers. Only what the office's rules
name is checked here; that weightings add up exactly is asked of every tender anyway.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

import scoring
from service import award_criteria, db, social_value, tenders
from service.award_criteria import LONGEST_COMBINATION, LONGEST_DESCRIPTION, LONGEST_NAME, Tagged
from service.drafts import NoticeTerms
from service.ocds import AwardCriteria, AwardCriterion, Number
from service.organisations import Caller
from service.problems import Fault
from service.tenders import Known, TenderLot

WEIGHTS: Final = {
    "percentageExact": "per-exa",
    "decimalExact": "dec-exa",
    "pointsExact": "poi-exa",
    "order": "ord-imp",
}
FIXED: Final = {"total": "fix-tot", "unit": "fix-unit"}
THRESHOLDS: Final = {"minimumScore": "min-score", "maximumBids": "max-pass"}
SDK: Final = "eforms-sdk-1.16"
UNION: Final = "eu-2014-24"
"""What is published under the directives goes to the publications office."""


class Figure(Struct, frozen=True, kw_only=True):
    """A number of a criterion (BT-541) and its kind: `BT-5421` weight, `BT-5422` fixed price, `BT-5423` threshold."""

    term: str
    code: str
    number: Decimal


class Criterion(Struct, frozen=True, kw_only=True):
    """An award criterion: BT-539 type, BT-734 name, BT-540 description, BT-541 numbers."""

    type: str
    name: str
    description: str
    numbers: tuple[Figure, ...]


class LotTerms(Struct, frozen=True, kw_only=True):
    """A lot's award criteria and goals by business terms.

    `combination` BT-543 how the criteria combine, `order_rationale` BT-733, `strategic` BT-06 and in words BT-777,
    `environmental` BT-774, `social` BT-775, `green` BT-805 if the draft says it; `deadline` BT-131, `opening` BT-132 as
    it was announced, else as it was.
    """

    lot: int
    title: str
    criteria: tuple[Criterion, ...]
    combination: str | None
    order_rationale: str | None
    strategic: tuple[str, ...]
    strategic_description: str | None
    environmental: tuple[str, ...]
    social: tuple[str, ...]
    green: tuple[str, ...]
    deadline: str | None
    opening: str | None


class Terms(Struct, frozen=True, kw_only=True):
    """All lots of a tender, and what the office would refuse of them."""

    sdk: str
    lots: tuple[LotTerms, ...]
    refused: tuple[Fault, ...]


# Rules


def terms_of(known: Known, lot: TenderLot, own: Mapping[str, Tagged]) -> LotTerms:
    """A lot by business terms; `own` is what the buyer's own catalogues say of its criteria."""
    asked = award_criteria.published(lot.rules)
    goals = tuple(award_criteria.goals(lot.rules, own))
    social = tuple(dict.fromkeys(one.social for one in goals if one.social))
    environmental = tuple(dict.fromkeys(one.environmental for one in goals if one.environmental))
    notice, deadline = known.tender.notice or NoticeTerms(), known.tender.submission_deadline
    bought_for = (("env-imp", environmental), ("soc-obj", social), ("inn-pur", notice.innovation))
    strategic = tuple(code for code, given in bought_for if given)
    words = (*(one.name for one in goals), *((notice.innovation,) if notice.innovation else ()))
    opening = notice.opening_at or lot.opened_at
    return LotTerms(
        lot=lot.number,
        title=lot.title,
        criteria=tuple(
            Criterion(
                type=one.type, name=one.name, description=one.description, numbers=tuple(map(_figure, one.numbers))
            )
            for one in asked.criteria
        ),
        combination=asked.weighting_description,
        order_rationale=asked.order_rationale,
        strategic=strategic or ("none",),
        strategic_description=", ".join(words) or None,
        environmental=environmental,
        social=social,
        green=notice.green_criteria,
        deadline=None if deadline is None else deadline.isoformat(),
        opening=None if opening is None else opening.isoformat(),
    )


def _figure(number: Number) -> Figure:
    if number.weight is not None:
        return Figure(term="BT-5421", code=WEIGHTS[number.weight], number=number.number)
    if number.fixed is not None:
        return Figure(term="BT-5422", code=FIXED[number.fixed], number=number.number)
    return Figure(term="BT-5423", code=THRESHOLDS[number.threshold or "minimumScore"], number=number.number)


def judge(jurisdiction: str, lots: Sequence[scoring.Lot]) -> list[Fault]:
    """What the office would refuse of a tender that follows the directives; nothing of any other."""
    if not jurisdiction.startswith(UNION):
        return []
    return [fault for index, lot in enumerate(lots) for fault in refused(award_criteria.published(lot), index)]


def early(notice: NoticeTerms | None, deadline: datetime | None) -> Iterator[Fault]:
    """An opening that is announced for a time when bids still come in; no law allows it."""
    opening = notice and notice.opening_at
    if opening and deadline and opening < deadline:
        message = f"Bids come in until {deadline.isoformat()} and would be opened before (BR-BT-00132-0151)."
        yield Fault("/notice/opening_at", message, "Announce the opening for the deadline or later.")


def refused(asked: AwardCriteria, index: int) -> Iterator[Fault]:
    """What the office's rules refuse of a lot's award criteria; `index` is the lot's place in the draft."""
    at = f"/lots/{index}/rules/criteria"
    for one in asked.criteria:
        yield from _refused_texts(one, at)
        for kind, code in THRESHOLDS.items():
            if sum(number.threshold == kind for number in one.numbers) > 1:
                yield Fault(at, f"{one.name} has two numbers {code} (BR-BT-00540-0150).", "Leave one.")
    if not asked.criteria:
        yield Fault(at, "No criterion is weighed (BT-539).", "Publish at least one.")
    if len(asked.weighting_description or "") > LONGEST_COMBINATION:
        yield Fault(at, f"How they combine takes more than {LONGEST_COMBINATION} (BT-543).", "Shorten the titles.")
    given = [number for one in asked.criteria for number in one.numbers if number.weight is not None]
    if not given and not asked.weighting_description:
        yield Fault(at, "There are no weights, and no word on how they combine (BT-543).", "Give the one or the other.")
    yield from _refused_order(asked, given, at)
    yield from _refused_sums(given, at)


def _refused_texts(one: AwardCriterion, at: str) -> Iterator[Fault]:
    if not one.description.strip():
        yield Fault(at, f"{one.name} has no description (BT-540).", "Describe the criterion.")
    if len(one.name) > LONGEST_NAME:
        yield Fault(at, f"The title {one.name[:40]}… is longer than {LONGEST_NAME} (BT-734).", "Shorten it.")
    if len(one.description) > LONGEST_DESCRIPTION:
        yield Fault(at, f"{one.name[:40]} is described in more than {LONGEST_DESCRIPTION} (BT-540).", "Shorten it.")


def _refused_order(asked: AwardCriteria, given: Sequence[Number], at: str) -> Iterator[Fault]:
    """What is wrong with an order of importance in the place of weights."""
    places = [number.number for number in given if number.weight == "order"]
    if not places:
        return
    if len(places) < len(given):
        yield Fault(at, "An order of importance stands beside weights (BR-BT-00539-0194).", "Use one of them.")
    if not asked.order_rationale:
        yield Fault(at, "Why there is only an order is not said (BT-733).", "Give the reason.")
    for place in places:
        if place != place.to_integral_value():
            yield Fault(at, f"{place:f} is no place in an order (BR-BT-00539-0209).", "Write whole numbers.")
        elif not 1 <= place <= len(asked.criteria):
            yield Fault(at, f"There is no place {place:f} (BR-BT-00539-0197).", "Count the criteria.")


def _refused_sums(given: Sequence[Number], at: str) -> Iterator[Fault]:
    """Weights that do not add up: a hundred may be missed by one for each weight, one by a hundredth."""
    for kind, whole, slack, rule in (
        ("percentageExact", 100, Decimal(1), "BR-BT-00539-0200"),
        ("decimalExact", 1, Decimal("0.01"), "BR-BT-00539-0201"),
    ):
        weights = [number.number for number in given if number.weight == kind]
        if weights and abs(whole - sum(weights)) > slack * len(weights):
            yield Fault(at, f"The weights add up to {sum(weights):f}, not {whole} ({rule}).", "Mend the weightings.")


# Handlers


@get("/tenders/{tender_id:uuid}/eforms")
async def get_eforms_terms(
    tender_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> Terms:
    """Read a tender's award criteria and goals by the business terms of eForms, and what the office would refuse."""
    known = await tenders.read(conn, caller, tender_id=tender_id)
    own = await social_value.own_of(conn, known)
    return Terms(
        sdk=SDK,
        lots=tuple(terms_of(known, lot, own) for lot in known.lots),
        refused=(
            *early(known.tender.notice, known.tender.submission_deadline),
            *(
                fault
                for index, lot in enumerate(known.lots)
                for fault in refused(award_criteria.published(lot.rules), index)
            ),
        ),
    )


router = Router(path="/", route_handlers=[get_eforms_terms], tags=["Publication"])
