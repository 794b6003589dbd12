"""Report documents as the service makes them: real rules, ranked by the real engine."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from scoring import Evaluation, Lot, OpenedBid, State, canonical, evaluate, leaves
from scoring.model import method_tag
from service.report_document import (
    AuditEntry,
    Consensus,
    Decision,
    Entry,
    LateBid,
    Officer,
    Opening,
    PanelScore,
    ReportDocument,
    SealedPrice,
    Tender,
)

OPENED_AT = datetime(2026, 10, 14, 11, 5, 12, tzinfo=UTC)
EVALUATED_AT = datetime(2026, 11, 5, 15, 42, 7, tzinfo=UTC)

SCALE = {
    "id": "graded",
    "scale": [
        {"value": "0", "label": "Unacceptable", "descriptor": "No answer, or one that does not address the question."},
        {"value": "1", "label": "Poor", "descriptor": "Significant gaps and serious doubts."},
        {"value": "2", "label": "Partial", "descriptor": "Addresses part of the requirement with little evidence."},
        {"value": "3", "label": "Satisfactory", "descriptor": "Meets the requirement; minor reservations."},
        {"value": "4", "label": "Good", "descriptor": "Meets the requirement in full, with evidence."},
        {"value": "5", "label": "Excellent", "descriptor": "Exceeds it in ways that benefit the buyer."},
    ],
}

REASONS = (
    "Names the site team and shows two retrofits of occupied schools; every classroom stays in use.",
    "Convincing on quality control; the risk register does not cover asbestos found late.",
    "Adequate evidence. Mobilisation in six weeks is plausible, the programme float is thin.",
    "A named apprenticeship lead and quarterly reports, verifiable with the training provider.",
)


RETROFIT = {
    "criteria": [
        {
            "id": "price",
            "title": "Price",
            "weighting": "40",
            "unit": "GBP",
            "method": {"id": "P1"},
            "description": "Total of the priced schedule for the whole term, without VAT.",
        },
        {
            "id": "quality",
            "title": "Quality",
            "weighting": "40",
            "minimum": "50",
            "criteria": [
                {
                    "id": "delivery",
                    "title": "Delivery",
                    "weighting": "60",
                    "criteria": [
                        {"id": "team", "title": "Site team and experience", "weighting": "50", "method": SCALE},
                        {"id": "programme", "title": "Programme and phasing", "weighting": "50", "method": SCALE},
                    ],
                },
                {"id": "assurance", "title": "Quality assurance", "weighting": "40", "method": SCALE},
            ],
        },
        {
            "id": "social",
            "title": "Social value",
            "weighting": "20",
            "criteria": [
                {
                    "id": "jobs",
                    "title": "Jobs for people out of work",
                    "weighting": "40",
                    "unit": "fte_year",
                    "method": {"id": "target", "target": "12"},
                },
                {
                    "id": "weeks",
                    "title": "Apprenticeship weeks",
                    "weighting": "30",
                    "unit": "week",
                    "method": {"id": "target", "target": "520"},
                },
                {
                    "id": "carbon",
                    "title": "Carbon saved in the works",
                    "weighting": "30",
                    "unit": "tCO2e",
                    "direction": "higher",
                    "method": {"id": "target", "target": "300"},
                },
            ],
        },
    ],
    "rounding": [
        {"stage": stage, "decimals": 2, "mode": "half_up"} for stage in ("leaf", "criterion", "subtotal", "total")
    ],
}
"""Price 40, quality 40 in a tree of three levels with a minimum, social value 20; rounded to two decimals."""


def lot_of(rules: dict[str, Any]) -> Lot:
    """A lot as the service reads it from its store."""
    return msgspec.convert(rules, Lot)


RETROFIT_BIDS = {
    "Alder & Sons Building Services Ltd": ("2184500.00", "4", "5", "4", "10.5", "480", "260"),
    "Birch Regeneration CIC": ("2296000.00", "5", "4", "4", "14", "610", "310.5"),
    "Cedar Retrofit Group plc": ("2105750.50", "3", "3", "3", "6", "260", "180"),
    "Dogwood Energy Partnership": ("1874000.00", "2", "1", "3", "4", "104", "120"),
    "Elm Contracting": ("2240000.00", "3", "4", "3", "8", "312", "200"),
}


def opened(
    lot: Lot, offers: dict[str, tuple[str, ...]], states: dict[str, State] | None = None
) -> tuple[OpenedBid, ...]:
    """Opened bids, one value for each leaf in published order."""
    ids = [criterion.id for criterion in leaves(lot.criteria)]
    return tuple(
        OpenedBid(
            id=bid_id(name), values=dict(zip(ids, values, strict=True)), state=(states or {}).get(name, "admissible")
        )
        for name, values in offers.items()
    )


TENDER = Tender(
    title="Low-carbon retrofit of twelve primary schools",
    reference="NCC-2026-041",
    buyer="Northmoor County Council",
    currency="GBP",
    time_zone="Europe/London",
    lot_number=1,
    lot_title="Northern schools: fabric, heating and ventilation",
    published_at=datetime(2026, 8, 24, 8, 0, tzinfo=UTC),
    submission_deadline=datetime(2026, 10, 14, 11, 0, tzinfo=UTC),
    opened_at=OPENED_AT,
)


def bid_id(name: str) -> str:
    """A stable id, as the database would give one."""
    return hashlib.sha256(name.encode()).hexdigest()[:32]


def scores_on(
    graded: list[str], values: dict[str, dict[str, str]], names: list[str], reasons: tuple[str, ...]
) -> tuple[PanelScore, ...]:
    """What three evaluators gave before they met."""
    panel = ("Amara Okafor", "Tom Reilly", "Zoë Ferreira")
    return tuple(
        PanelScore(
            bid_id=bid_id(name),
            criterion_id=criterion,
            evaluator=person,
            value=str(max(0, min(5, int(values[bid_id(name)][criterion]) + (index + place) % 3 - 1))),
            reason=reasons[(index + place) % len(reasons)],
            given_at=OPENED_AT + timedelta(days=5, minutes=7 * index),
        )
        for name in names
        for index, criterion in enumerate(graded)
        for place, person in enumerate(panel)
    )


def consensus_on(
    graded: list[str], values: dict[str, dict[str, str]], names: list[str], reasons: tuple[str, ...]
) -> tuple[Consensus, ...]:
    """What the panel agreed: the grade that was scored."""
    return tuple(
        Consensus(
            bid_id=bid_id(name),
            criterion_id=criterion,
            value=values[bid_id(name)][criterion],
            reason=reasons[(index + number) % len(reasons)],
            moderator="Ruth Adeyemi",
            recorded_at=OPENED_AT + timedelta(days=12),
        )
        for number, name in enumerate(names)
        for index, criterion in enumerate(graded)
    )


def report_on(
    evaluation: Evaluation,
    names: list[str],
    *,
    reasons: tuple[str, ...] = REASONS,
    decisions: tuple[Decision, ...] = (),
    opening: Opening | None = None,
) -> ReportDocument:
    """The document of a complete procedure around an evaluation."""
    graded = [leaf.id for leaf in leaves(evaluation.lot.criteria) if method_tag(leaf) == "graded"]
    values = {bid.id: bid.values for bid in evaluation.inputs}
    scores = scores_on(graded, values, names, reasons)
    consensus = consensus_on(graded, values, names, reasons)
    stored = canonical(evaluation)
    return ReportDocument(
        evaluation=evaluation,
        canonical=stored,
        digest=hashlib.sha256(stored).hexdigest(),
        number=1,
        evaluated_at=EVALUATED_AT,
        evaluated_by="Ruth Adeyemi",
        tender=TENDER,
        entries=tuple(
            Entry(
                bid_id=bid_id(name),
                supplier=name,
                submitted_at=OPENED_AT - timedelta(days=1, minutes=13 * place, microseconds=1),
                digest=hashlib.sha256(name.encode()).hexdigest(),
            )
            for place, name in enumerate(names)
        ),
        scores=scores,
        consensus=consensus,
        decisions=decisions,
        officers=(
            Officer(name="Helen Marsh", acted_at=OPENED_AT - timedelta(seconds=41)),
            Officer(name="Dilip Rao", acted_at=OPENED_AT),
        ),
        opening=opening,
        events=tuple(
            AuditEntry(position=place, at=OPENED_AT + timedelta(hours=place), actor=actor, kind=kind, data=data)
            for place, (actor, kind, data) in enumerate(
                (
                    (
                        "Ruth Adeyemi",
                        "tender.published",
                        {"rules_digest": evaluation.rules_digest, "reference": "NCC-2026-041"},
                    ),
                    ("Cara Alder", "bid.submitted", {"version": 1, "size": 18233, "lot": 1}),
                    (
                        "Bo Birch",
                        "refused",
                        {"problem": "submission-deadline-passed", "detail": "Lot 1 closed at 12:00 BST."},
                    ),
                    ("Dilip Rao", "bids.opened", {"bids": len(names)}),
                    ("Tom Reilly", "score.given", {"criterion": "team"}),
                    ("Ruth Adeyemi", "lot.evaluated", {"number": 1, "digest": hashlib.sha256(stored).hexdigest()}),
                ),
                start=1,
            )
        ),
    )


def retrofit_report() -> ReportDocument:
    """Five bids: one below a minimum, one excluded, three ranked."""
    lot = lot_of(RETROFIT)
    evaluation = evaluate(lot, opened(lot, RETROFIT_BIDS, {"Elm Contracting": "excluded"}))
    exclusion = Decision(
        bid_id=bid_id("Elm Contracting"),
        state="excluded",
        reason="Mandatory ground: tax offence, final in 2024; no self-cleaning was shown when asked.",
        decided_by="Ruth Adeyemi",
        decided_at=OPENED_AT + timedelta(days=3),
    )
    late = LateBid(
        supplier="Fir Mechanical Ltd", arrived_at=OPENED_AT - timedelta(minutes=4), size=12_613, digest="f1" * 32
    )
    opening = Opening(custody="service", withdrawn=1, late=(late,))
    return report_on(evaluation, list(RETROFIT_BIDS), decisions=(exclusion,), opening=opening)


def report_with_prices_apart() -> ReportDocument:
    """The same bids in the officers' custody, with price envelopes: one was never opened, one could not be read."""
    whole = retrofit_report()
    fault = "The offer envelope opens, but cannot be read. The body is not UTF-8."
    entries = (*whole.entries[:-1], msgspec.structs.replace(whole.entries[-1], fault=fault))
    opening = Opening(
        custody="officers",
        withdrawn=0,
        locked_at=OPENED_AT + timedelta(days=9),
        locked_by="Ruth Adeyemi",
        price_opened_at=OPENED_AT + timedelta(days=10),
        price_officers=(Officer(name="Sam Price Officer", acted_at=OPENED_AT + timedelta(days=10)),),
        stay_sealed=(
            SealedPrice(supplier="Dogwood Energy Partnership", reason="42 points are below the minimum of 50."),
        ),
    )
    return msgspec.structs.replace(whole, entries=entries, opening=opening)


def report_named(text: str) -> ReportDocument:
    """Two bids, one of a supplier with the given name, which is also every reason and a criterion's title."""
    lot = lot_of(
        {
            "criteria": [
                {"id": "price", "title": "Price", "weighting": "50", "unit": "GBP", "method": {"id": "P1"}},
                {"id": "plan", "title": text, "description": text, "weighting": "50", "method": SCALE},
            ]
        }
    )
    offers = {text: ("100.00", "4"), "Birch": ("120.00", "5")}
    return report_on(evaluate(lot, opened(lot, offers)), list(offers), reasons=(text,))
