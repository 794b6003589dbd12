"""How bids for a lot will be scored, as a paper for bidders: every published rule, and an example worked by the engine.

Source: Directive 2014/24/EU art. 67(5) and Procurement Act 2023 s. 23: criteria, their relative importance and how they
are assessed are told before anybody bids.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import scoring
from scoring import Evaluation
from scoring.invention import Draws, invent, usual_price
from scoring.tree import plan
from service import db, tenders
from service.money import AcceptedCurrency, Vat
from service.organisations import NOBODY
from service.paper_document import Document, Heading, Loaded, decimals_of, heading_of, latest
from service.report_document import Entry, Issued, ReportDocument
from service.report_view import methods_in, rule_in, rules_in, standings_of
from service.reports import issued_of
from service.submissions import VariantTerms
from service.tenders import TenderNotPublished

EXAMPLES = 3
"""So many bids are invented for the worked example."""
SEED = 1


class ScoringSheet(Document, frozen=True, kw_only=True):
    """Everything that the sheet prints. `example` is a run on invented bids, where the rules allow one."""

    published_at: datetime
    submission_deadline: datetime
    lot: scoring.Lot
    rules_digest: str | None
    vat: Vat
    accepted_currencies: tuple[AcceptedCurrency, ...]
    price_apart: bool
    variants: VariantTerms | None
    issued: tuple[Issued, ...]
    example: Evaluation | None


async def load(conn: db.Connection, _caller: object, lot_id: UUID) -> Loaded:
    """A published lot's rules as they are now, for anybody; raises NotFound for a draft."""
    known = await tenders.read(conn, NOBODY, lot_id=lot_id)
    tender, lot = known.tender, known.lot(lot_id)
    if tender.published_at is None or tender.submission_deadline is None:
        raise TenderNotPublished(f"{tender.reference} is still a draft.")
    issued = await issued_of(conn, tender.id)
    document = ScoringSheet(
        heading=heading_of(known, lot),
        at=latest(tender.published_at, *(one.issued_at for one in issued)),
        published_at=tender.published_at,
        submission_deadline=tender.submission_deadline,
        lot=lot.rules,
        rules_digest=lot.rules_digest,
        vat=tender.vat,
        accepted_currencies=tender.accepted_currencies,
        price_apart=bool(lot.price_envelope),
        variants=lot.variants,
        issued=issued,
        example=worked_example(lot.rules),
    )
    return Loaded(tender, document)


def worked_example(rules: scoring.Lot) -> Evaluation | None:
    """Invented bids, ranked by the engine under the lot's own rules; None where those cannot rank such bids.

    The same rules have the same example on every machine.
    """
    ready = plan(rules)
    bids = invent(ready, EXAMPLES, Draws(SEED), usual_price(ready, ()))
    try:
        return scoring.evaluate(rules, bids)
    except (scoring.MissingValue, scoring.Unscorable, scoring.InvalidValue):
        return None


def view(document: ScoringSheet) -> dict[str, Any]:
    """What its template sees beside the document: the rules in words, and the example line by line."""
    rules = rules_in(document.lot, document.heading.currency)
    standings = () if document.example is None else _standings(document.heading, document.example)
    return {
        "parts": {"method": 1, "example": 2, "changes": 3 if document.example else 2},
        "evaluation": {"lot": document.lot},
        "rules": rules,
        "methods": methods_in(document.lot, rules),
        "whole": rule_in(document.lot),
        "standings": standings,
        "decimals": decimals_of(bid.result.total for bid in standings),
    }


def _standings(heading: Heading, example: Evaluation) -> tuple[Any, ...]:
    """The example's bids, named by the letters of the alphabet in the order of their places."""
    letters = {bid.id: chr(ord("A") + place) for place, bid in enumerate(example.bids)}
    entries = tuple(Entry(bid_id=bid.id, supplier=letters[bid.id]) for bid in example.inputs)
    document = ReportDocument(evaluation=example, canonical=b"", entries=entries)
    return standings_of(document, rules_in(example.lot, heading.currency))
