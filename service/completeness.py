"""What the law of a letter asks for and nobody has given: named one by one, with its reference and how to give it."""

from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal
from uuid import UUID

from msgspec import Struct

from service.legal import LetterKind
from service.letters import Assessed, CriterionTold, Letter, Shown, Sources

Rule = tuple[str, str, Literal["every", "loser"]]
REQUIRED: Final[dict[LetterKind, tuple[Rule, ...]]] = {
    "assessment_summary": (
        ("postal_address", "reg. 31 (b): postal address of the supplier", "every"),
        ("email", "reg. 31 (b): e-mail address of the supplier", "every"),
        ("identifier", "reg. 31 (c): unique identifier of the supplier", "every"),
        ("explanation", "reg. 31 (e): explanation of each score by reference to the tender", "every"),
        ("disqualification", "reg. 31: why the tender was disqualified", "loser"),
    ),
    "article_55_notice": (
        (
            "relative_advantages",
            "art. 55(2)(c): characteristics and relative advantages of the selected tender",
            "loser",
        ),
        ("disqualification", "art. 55(2)(a)–(b): reasons for the rejection", "loser"),
    ),
    "regulation_86_notice": (
        ("relative_advantages", "reg. 86(2)(b)(i): characteristics and relative advantages", "loser"),
        ("disqualification", "reg. 86(2)(b)(iii): reasons for the rejection", "loser"),
    ),
    "world_bank_notification": (
        (
            "further_explanation",
            "notification of intention to award: why the recipient's bid was unsuccessful",
            "loser",
        ),
        ("contract_price", "notification of intention to award: the contract price of the successful bid", "every"),
        ("debriefing", "notification of intention to award: how to request a debriefing or to complain", "loser"),
    ),
}
"""By kind of letter: what must be there, on whose authority, and whether for every bid told of or for losers only."""


class MissingField(Struct, frozen=True, kw_only=True):
    """Something that the law asks for and nobody has given: about which bid, by which reference, and how to give it."""

    bid_id: UUID
    field: str
    message: str
    reference: str
    mend: str


def missing(sources: Sources, letter: Letter) -> Iterator[MissingField]:
    """Every field that the law of this letter asks for and that is not there, about its reader and about the winner."""
    for told in (letter.own, letter.winner):
        if told is None or not sources.required:
            continue
        for field, reference, whose in REQUIRED[letter.kind]:
            if whose == "every" or (told is letter.own and told.state != "winner"):
                yield from _missing(sources, told, field, reference)


def _missing(sources: Sources, told: Assessed, field: str, reference: str) -> Iterator[MissingField]:
    path = f"PUT /lots/{sources.lot.id}/assessment-summaries/{told.bid_id}/texts"
    if field == "explanation":
        for criterion in _leaves(told.criteria):
            if criterion.points.text and not criterion.explanation.text and not criterion.explanation.redacted:
                message = f"No explanation of the score of {told.supplier} on {criterion.title}."
                name = f"explanation:{criterion.id}"
                mend = f"{path}/{name}"
                yield MissingField(bid_id=told.bid_id, field=name, message=message, reference=reference, mend=mend)
        return
    if field == "disqualification" and told.state != "disqualified":
        return
    if field == "contract_price" and told.state != "winner":
        return
    if field == "relative_advantages" and (told.state != "not_awarded" or sources.winner_id is None):
        return
    found: Any = getattr(told, field)
    if not found or (isinstance(found, Shown) and not found.text and not found.redacted):
        words = field.replace("_", " ")
        message = f"The {words} for {told.supplier} is missing."
        mend = f"{path}/{field}"
        yield MissingField(bid_id=told.bid_id, field=field, message=message, reference=reference, mend=mend)


def _leaves(criteria: Sequence[CriterionTold]) -> Iterator[CriterionTold]:
    for criterion in criteria:
        if criterion.sub_criteria:
            yield from _leaves(criterion.sub_criteria)
        else:
            yield criterion
