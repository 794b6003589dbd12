"""What each bidder is told about an award, made as data first: its own assessment and the winner's, nobody else's.

A letter is made from the stored run, the agreed reasons and the texts that only people can give; what the law asks for
and is not there yet is named with its reference. Numbers are the engine's. What letters give away: `discretion`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Final, Literal, assert_never
from uuid import UUID

import msgspec
from msgspec import Struct

import scoring
from scoring.decimals import exact_text
from scoring.model import price_criterion
from scoring.tie_break import DrawLots, Heaviest, HigherQuality, LowerPrice, OnCriterion, TieBreak
from service import participation
from service.criterion_words import how_assessed, in_units, part_of, scores_available
from service.jurisdictions import Presets
from service.language import LANGUAGES
from service.legal import LetterKind, Standstill
from service.legal_awards import NEVER_WITHHELD
from service.letter_words import CITED, OF
from service.participation import Participation
from service.tenders import TenderLot, TenderRow

TEXTS: Final = (
    "postal_address",
    "email",
    "identifier",
    "further_explanation",
    "relative_advantages",
    "disqualification",
    "decision",
    "contract_price",
    "debriefing",
)
"""Texts about a bid that people give; `explanation:<criterion>` besides. `decision` is what this bid's own letter says
of the award in place of the award's reason, which was written for the buyer's people."""
HIDEABLE: Final = ("postal_address", "email", "total", "further_explanation", "relative_advantages", "contract_price")
"""What may be withheld unless the letter's law has it told (`NEVER_WITHHELD`); `score:<criterion>` and
`explanation:<criterion>` besides. `contract_price` is withheld from the public: only letters that must hold it do.
"""

ENGLISH: Final = LANGUAGES["en"]
State = Literal["winner", "not_awarded", "disqualified"]


class Shown(Struct, frozen=True, kw_only=True):
    """A field of a letter: its text, or instead the reason for which it is redacted."""

    text: str | None
    redacted: str | None = None


class CriterionTold(Struct, frozen=True, kw_only=True):
    """A criterion as one bid was assessed against it: importance, how scores were given, the score and its explanation.

    `importance` is the share of the whole lot, of the published total and multiplied down the tree: the most that
    `score` (weighted points) can be. `mark` is what the panel agreed on the published scale, `points` are of 100.
    """

    id: str
    title: str
    importance: str
    method: str
    scores_available: str
    mark: Shown
    points: Shown
    score: Shown
    explanation: Shown
    sub_criteria: tuple["CriterionTold", ...]


class Assessed(Struct, frozen=True, kw_only=True):
    """One bid as a letter tells of it.

    `contract_price` and `debriefing` (how to ask for one, or to complain) where the law of the letter wants them.
    `participation`: what was decided about whether the reader takes part; of others nobody reads it.
    """

    bid_id: UUID
    supplier: str
    postal_address: Shown
    email: Shown
    identifier: str | None
    state: State
    criteria: tuple[CriterionTold, ...]
    total: Shown
    why_not_awarded: str | None
    further_explanation: Shown
    relative_advantages: Shown
    disqualification: str | None
    contract_price: str | None = None
    debriefing: str | None = None
    participation: tuple[Participation, ...] = ()


class FrameworkTold(Struct, frozen=True, kw_only=True):
    """What a letter says of the framework agreement that it is about.

    `place`: whether its reader's bid holds one; `suppliers`: the names of all who do, the reader's included (Directive
    2014/24/EU art. 55(2)(c): the parties to the framework agreement). Up to `most_suppliers` were announced.
    """

    place: Literal["holds a place", "does not hold a place"]
    suppliers: tuple[str, ...]
    most_suppliers: int
    ends_at: datetime


class ReadOut(Struct, frozen=True, kw_only=True):
    """A bidder and its price as it was read out at the opening, where it was, and as it was evaluated."""

    bidder: str
    read_out: str | None
    evaluated: str | None


class Letter(Struct, frozen=True, kw_only=True):
    """What one bidder is told. `winner` is missing in a winner's own letter, and where nothing was awarded.

    In a framework everybody who holds a place has won; `winner` is the one ranked first. `read_out`: all bidders with
    their prices, where the law makes them public. Instants are told in words as well, with offset and city.
    """

    kind: LetterKind
    law: str
    buyer: str
    reference: str
    title: str
    lot_number: int
    lot: str
    rules_digest: str | None
    full_rules: str
    award_number: int
    decided_at: datetime
    decision: str
    own: Assessed
    winner: Assessed | None
    standstill: str | None
    standstill_ends_at: datetime | None
    read_out: tuple[ReadOut, ...] = ()
    framework: FrameworkTold | None = None
    decided: str = ""
    standstill_ends: str | None = None


class BidFacts(Struct, frozen=True, kw_only=True):
    """What is stored about a bid beside the run: whose it is, what was last decided, and why."""

    bid_id: UUID
    supplier_id: UUID
    supplier: str
    identifier: str | None
    state_reason: str | None


class BidderName(Struct, frozen=True):
    """A name or identifier by which somebody behind a bid is known: its supplier, or a party of a joint bid."""

    bid_id: UUID
    kind: Literal["name", "identifier"]
    text: str


class Sources(Struct, frozen=True, kw_only=True):
    """Everything that the letters of a lot are made from; `address` is where this service is reached.

    `holders`: the bids that hold a place, where a framework was awarded.
    `on_paper`: they do not go out electronically, which can make the standstill longer.
    """

    tender: TenderRow
    lot: TenderLot
    kind: LetterKind
    required: bool
    law: Standstill | None
    award_number: int
    winner_id: UUID | None
    decision: str
    decided_at: datetime
    result: scoring.Evaluation
    address: str
    bids: dict[UUID, BidFacts]
    agreed: dict[tuple[UUID, str], str]
    texts: dict[tuple[UUID, str], str]
    hidden: dict[tuple[UUID, str], str]
    names: tuple[BidderName, ...] = ()
    opened_prices: dict[UUID, str] = {}
    standstill_ends_at: datetime | None = None
    on_paper: bool = False
    holders: tuple[UUID, ...] = ()
    participation: dict[UUID, tuple[Participation, ...]] = {}

    def has_won(self, bid_id: UUID) -> bool:
        """Whether the award went to this bid, or gave it a place in the framework."""
        return bid_id == self.winner_id or bid_id in self.holders


# What the law asks for

_UK: Final = "Procurement Act 2023 s.50; Procurement Regulations 2024 reg. 31"
LAWS: Final[dict[LetterKind, str]] = {
    "assessment_summary": _UK,
    "article_55_notice": "Directive 2014/24/EU art. 55; Directive 89/665/EEC art. 2a(2)",
    "regulation_86_notice": "Public Contracts Regulations 2015 reg. 86",
    "world_bank_notification": "World Bank Procurement Regulations, notification of intention to award",
}

NO_LAW: Final = "no country's rules were chosen"

WITH_PRICES: Final[LetterKind] = "world_bank_notification"
"""The kind of letter in which all prices stand, as they were read out in public."""


def kind_of(law: Presets) -> LetterKind:
    """What the letters of a tender are; where no law asks for any they have the form of an assessment summary."""
    return law.letters[0] if law.letters else "assessment_summary"


def never_withheld(law: Presets) -> Mapping[str, str]:
    """The fields that every letter of a tender must hold, with the source of that."""
    return NEVER_WITHHELD[kind_of(law)] if law.letters else {}


def known_fields(lot: TenderLot, names: Sequence[str], *, scores: bool) -> list[str]:
    """The fields that can be written or redacted in a lot's letters."""
    ids = [criterion.id for criterion, _ in scoring.walk(lot.rules.criteria)]
    prefixes = ("explanation", "score") if scores else ("explanation",)
    return [*names, *(f"{prefix}:{name}" for prefix in prefixes for name in ids)]


# Making a letter


def with_cites(reason: str, cites: Sequence[str]) -> str:
    """A panel's agreed reason with the places in the bid that it rests on."""
    return f"{reason}\n\n{CITED}{'; '.join(cites)}." if cites else reason


def made_for(sources: Sources, bid_id: UUID) -> Letter:
    """The letter to the bidder of a bid."""
    told_of_winner = sources.winner_id is not None and not sources.has_won(bid_id)
    tender, lot = sources.tender, sources.lot
    return Letter(
        kind=sources.kind,
        law=LAWS[sources.kind] if sources.required else NO_LAW,
        buyer=tender.buyer,
        reference=tender.reference,
        title=tender.title,
        lot_number=lot.number,
        lot=lot.title,
        rules_digest=lot.rules_digest,
        full_rules=f"{sources.address}/tenders/{tender.id}",
        award_number=sources.award_number,
        decided_at=sources.decided_at,
        decision=_decision(sources, bid_id),
        own=assessed(sources, bid_id, own=True),
        winner=assessed(sources, sources.winner_id, own=False) if told_of_winner and sources.winner_id else None,
        standstill=_standstill(sources.law, on_paper=sources.on_paper),
        standstill_ends_at=sources.standstill_ends_at,
        read_out=_read_out(sources) if sources.kind == WITH_PRICES else (),
        framework=_framework(sources, bid_id),
        decided=ENGLISH.instant(sources.decided_at, tender.time_zone),
        standstill_ends=_ends(sources),
    )


def _ends(sources: Sources) -> str | None:
    """Until when no contract is signed, to the second (Directive 89/665/EEC art. 2a(2): the exact period)."""
    if sources.standstill_ends_at is None:
        return None
    return f"No contract is signed before {ENGLISH.instant(sources.standstill_ends_at, sources.tender.time_zone)}."


def _framework(sources: Sources, bid_id: UUID) -> FrameworkTold | None:
    terms = sources.tender.framework
    if terms is None:
        return None
    return FrameworkTold(
        place="holds a place" if bid_id in sources.holders else "does not hold a place",
        suppliers=tuple(sources.bids[holder].supplier for holder in sources.holders),
        most_suppliers=terms.most_suppliers,
        ends_at=terms.ends_at,
    )


def _evaluated(sources: Sources, bid_id: UUID) -> str | None:
    """A bid's price as it was compared, in the tender's currency."""
    price = price_criterion(sources.lot.rules.criteria, sources.lot.rules.rule)
    for bid in sources.result.inputs:
        if price is not None and bid.id == str(bid_id) and price.id in bid.values:
            return f"{bid.values[price.id]} {sources.tender.currency}"
    return None


def _read_out(sources: Sources) -> tuple[ReadOut, ...]:
    return tuple(
        ReadOut(
            bidder=facts.supplier, read_out=sources.opened_prices.get(bid_id), evaluated=_evaluated(sources, bid_id)
        )
        for bid_id, facts in sources.bids.items()
    )


def _decision(sources: Sources, bid_id: UUID) -> str:
    return sources.texts.get((bid_id, "decision"), sources.decision)


def _standstill(law: Standstill | None, *, on_paper: bool) -> str | None:
    if law is None:
        return None
    length = law.days_on_paper if on_paper and law.days_on_paper else law.days
    days = f"{length} working days" if law.working_days else f"{length} calendar days"
    return f"No contract is signed for {days}, {_BEGINS[law.starts, law.counts_first_day]}. {law.source}."


_BEGINS: Final = {
    ("notice", True): "beginning with the day on which the award notice is published",
    ("notice", False): "from the day after the award notice is published",
    ("decision", True): "beginning with the day on which this letter is sent",
    ("decision", False): "from the day after this letter is sent",
}
"""From when a standstill is counted: by what starts it, and whether that day is its first."""


def assessed(sources: Sources, bid_id: UUID, *, own: bool) -> Assessed:
    """One bid as it is told of; a winner's own values stay out of what others read."""
    facts = sources.bids[bid_id]
    result = next((bid for bid in sources.result.bids if bid.id == str(bid_id)), None)
    values: dict[str, str] = {}
    for bid in sources.result.inputs:
        values = bid.values if bid.id == str(bid_id) else values
    state: State = "not_awarded" if result is not None and result.rank is not None else "disqualified"
    if sources.has_won(bid_id):
        state = "winner"
    teller = _Teller(sources, bid_id, result, values, own=own)
    return Assessed(
        bid_id=bid_id,
        supplier=facts.supplier,
        postal_address=teller.shown("postal_address", sources.texts.get((bid_id, "postal_address"))),
        email=teller.shown("email", sources.texts.get((bid_id, "email"))),
        identifier=sources.texts.get((bid_id, "identifier")) or facts.identifier,
        state=state,
        criteria=tuple(teller.criterion(one, Fraction(one.weighting)) for one in sources.lot.rules.criteria),
        total=teller.shown("total", result.total if result else None),
        why_not_awarded=_why_not(sources, bid_id, result) if state == "not_awarded" else None,
        further_explanation=teller.shown("further_explanation", sources.texts.get((bid_id, "further_explanation"))),
        relative_advantages=teller.shown("relative_advantages", sources.texts.get((bid_id, "relative_advantages"))),
        disqualification=_disqualification(sources, bid_id, result) if state == "disqualified" else None,
        contract_price=_contract_price(sources, bid_id) if state == "winner" else None,
        debriefing=sources.texts.get((bid_id, "debriefing")) if own else None,
        participation=sources.participation.get(bid_id, ()) if own else (),
    )


def _contract_price(sources: Sources, bid_id: UUID) -> str | None:
    """As somebody has written it, else the price that was evaluated; only where the law makes it public."""
    if sources.kind != WITH_PRICES:
        return None
    return sources.texts.get((bid_id, "contract_price")) or _evaluated(sources, bid_id)


def _why_not(sources: Sources, bid_id: UUID, result: scoring.BidResult | None) -> str:
    first = next((bid for bid in sources.result.bids if bid.id == str(sources.winner_id)), None)
    if first is None or result is None:
        return f"Nothing was awarded: {_decision(sources, bid_id)}"
    if (sources.winner_id, "total") in sources.hidden:
        return "Its total is not the best one; the winning tender's is redacted."
    if result.total == first.total:
        return f"Its total of {result.total} is that of the winning tender{_told_apart(sources.result, first, result)}."
    return f"Its total of {result.total} is behind the winning tender's {first.total}."


def _told_apart(result: scoring.Evaluation, first: scoring.BidResult, other: scoring.BidResult) -> str:
    """By what two bids with one total were told apart: the published tie-breaks are applied again, one by one."""
    if first.rank == other.rank:
        return ", and nothing that was published tells the two apart"
    for number in range(len(result.lot.tie_break) + 1):
        rules = msgspec.structs.replace(result.lot, tie_break=result.lot.tie_break[:number])
        ranked = {bid.id: bid.rank for bid in scoring.evaluate(rules, result.inputs, result.draw_secret).bids}
        if ranked[first.id] != ranked[other.id] and number:
            return f"; the published tie-break decided: {_tie_break(result.lot, rules.tie_break[-1])}"
        if ranked[first.id] != ranked[other.id]:
            break
    return " as it is printed; the published rule ranks it behind"


def _tie_break(lot: scoring.Lot, rule: TieBreak) -> str:
    """What a tie-break prefers, in words."""
    match rule:
        case Heaviest():
            return "more points on the heaviest criterion, then on the next heaviest"
        case OnCriterion():
            titles = {one.id: one.title or one.id for one, _ in scoring.walk(lot.criteria)}
            return f"the winning tender is better on {titles[rule.criterion]}"
        case HigherQuality():
            return "more points on everything but the price"
        case LowerPrice():
            return "the lower price"
        case DrawLots():
            return "lots were drawn with the secret whose hash was published"
        case _:
            assert_never(rule)


def _disqualification(sources: Sources, bid_id: UUID, result: scoring.BidResult | None) -> str | None:
    kept_out = participation.in_short(sources.participation.get(bid_id, ()))
    stands = "\n\n".join(filter(None, (kept_out, sources.bids[bid_id].state_reason))) or None
    given = sources.texts.get((bid_id, "disqualification")) or stands
    if given is not None or result is None:
        return given
    return kept_from_ranking(result)


def kept_from_ranking(result: scoring.BidResult) -> str | None:
    """By which published rule a bid is not ranked, in words that tell nothing of another; None where by none."""
    return " ".join(_HURDLES.get(step.message, step.sentence) for step in result.chain if step.message in _OUT) or None


_HURDLES: Final = {"max_pass": "It is not among the best bids, as many as were published to go on."}
"""What is said otherwise than the engine does, whose sentence tells of the last bid that went on."""
_OUT: Final = {"minimum", "minimum_total", "max_pass", "failed", "fatal", "above_ceiling", "over_budget", "zero"}
"""What keeps a bid from being ranked by the published rules, as the engine names it."""


_COMPUTED: Final = "Scored by the published formula from what the tender states"
_SUMMED: Final = "The sum of its sub-criteria, each explained below."


class _Teller:
    """Tells of one bid, criterion by criterion, and leaves out what is redacted."""

    def __init__(
        self,
        sources: Sources,
        bid_id: UUID,
        result: scoring.BidResult | None,
        values: Mapping[str, str],
        *,
        own: bool,
    ) -> None:
        self.sources, self.bid_id, self.own = sources, bid_id, own
        self.values = values
        self.points: Mapping[str, str] = result.points if result else {}
        self.weighted: Mapping[str, str] = result.weighted if result else {}

    def shown(self, field: str, text: str | None) -> Shown:
        """The text, or the reason why it is not there; who it is about always reads it."""
        reason = None if self.own else self.sources.hidden.get((self.bid_id, field))
        return Shown(text=None if reason else text, redacted=reason)

    def criterion(self, criterion: scoring.Criterion, share: Fraction) -> CriterionTold:
        """A criterion with its sub-criteria; `share` is its part of the whole lot."""
        name, score = criterion.id, f"score:{criterion.id}"
        judged = not criterion.criteria and scoring.is_for_panel(criterion)
        return CriterionTold(
            id=name,
            title=criterion.title or name,
            importance=f"{exact_text(share)}{OF}{self.sources.lot.rules.total:f}",
            method=how_assessed(criterion),
            scores_available=scores_available(criterion, share),
            mark=self.shown(score, self.values.get(name) if judged else None),
            points=self.shown(score, self.points.get(name)),
            score=self.shown(score, self.weighted.get(name)),
            explanation=self.shown(f"explanation:{name}", self._explanation(criterion, judged=judged)),
            sub_criteria=tuple(self.criterion(child, part_of(criterion, child, share)) for child in criterion.criteria),
        )

    def _explanation(self, criterion: scoring.Criterion, *, judged: bool) -> str | None:
        name = criterion.id
        given = self.sources.texts.get((self.bid_id, f"explanation:{name}"))
        reason = self.sources.agreed.get((self.bid_id, name)) if judged else None
        computed = None
        if not judged and not criterion.criteria and name in self.values:
            offer = in_units(criterion, self.values[name], self.sources.tender.currency)
            computed = f"{_COMPUTED}: {offer}." if self.own else f"{_COMPUTED}."
        if criterion.criteria and name in self.points:
            computed = _SUMMED
        return "\n\n".join(part for part in (reason or computed, given) if part) or None
