"""What the panel is warned about before it signs: marks and flags on which first place hangs, and what is undecided.

In Braceurself v NHS England one mark on one question changed the winner, and nobody had looked. Here the engine looks.
"""

from collections.abc import Container, Iterable, Iterator, Mapping
from uuid import UUID

from msgspec import Struct

import scoring
from service import (
    bidders,
    clarifications,
    db,
    panel,
    panel_scores,
    robustness,
    selection,
    tenders,
)
from service.clarifications import Clarification
from service.consortia import Overlap
from service.legal import Ground
from service.panel import PanelRow
from service.panel_scores import PanelScore
from service.selection import SelectionDecision
from service.tenders import Known, TenderLot


class Warned(Struct, frozen=True, kw_only=True):
    """Something on which the first place hangs. The name is what an acknowledgement repeats."""

    name: str
    message: str


def warnings_of(result: scoring.Evaluation) -> list[Warned]:
    """All on which the first place of a run hangs, worked out by the engine."""
    try:
        robustness.check_size(result)
    except robustness.TooLargeToAnswer:
        text = (
            "The evaluation is too large to be examined here: run `tenderscore sensitivity` on it and say what it says."
        )
        return [Warned(name="not-examined", message=text), *_flagged(result)]
    found = scoring.sensitivity(result.lot, result.inputs, result.draw_secret, draws=0)
    return [*_marks(found), *_removals(found, result), *_flagged(result)]


def _marks(found: scoring.Sensitivity) -> Iterator[Warned]:
    """One mark on one question."""
    for mark in found.marks:
        then = f"bid {mark.winner} wins" if mark.winner else "first place is shared"
        yield Warned(
            name=f"one-mark/{mark.criterion}/{mark.bid}/{mark.grade}-{mark.changed_to}",
            message=f"One mark on one question changes the winner: with {mark.changed_to} instead of {mark.grade} on"
            f" {mark.criterion} for bid {mark.bid}, {then}.",
        )


def _removals(found: scoring.Sensitivity, result: scoring.Evaluation) -> Iterator[Warned]:
    """A losing bid that makes the winner."""
    for removal in found.removals:
        if result.winner not in {removal.bid, removal.winner}:
            then = f"bid {removal.winner} wins" if removal.winner else "first place is shared"
            message = f"A losing bid makes the winner: without bid {removal.bid}, {then}."
            yield Warned(name=f"without-bid/{removal.bid}", message=message)


def _flagged(result: scoring.Evaluation) -> Iterator[Warned]:
    """First place shared, drawn, or held by a price that looks abnormally low."""
    first = [bid for bid in result.bids if bid.rank == 1]
    if len(first) > 1:
        yield Warned(
            name="shared-first-place", message=f"{len(first)} bids share the first place; none of them can win."
        )
    if any("tie_broken:lots" in bid.flags for bid in first):
        yield Warned(name="lots-drawn", message="The first place was decided by drawing lots.")
    for bid in first:
        if any(flag.startswith("abnormally_low") for flag in bid.flags):
            message = f"The price of bid {bid.id}, ranked first, looks abnormally low by the published tests."
            yield Warned(name=f"abnormally-low/{bid.id}", message=message)


def grounds_warning(
    grounds: Iterable[Ground], decided: Container[tuple[str, str]], bid_id: UUID, *, is_winner: bool
) -> Iterator[Warned]:
    """Mandatory exclusion grounds on which nothing is recorded about the winner, or who holds a place beside it."""
    mandatory = [ground.id for ground in grounds if ground.kind == "mandatory"]
    left = [name for name in mandatory if ("ground", name) not in decided]
    if left:
        message = (
            f"Of {len(mandatory)} mandatory exclusion grounds {len(left)} have no recorded decision about bid {bid_id},"
            f" {'ranked first' if is_winner else 'which is to hold a place'}: {', '.join(left)}. Record them"
            f" (POST /bids/{bid_id}/selection), or say how it is known that none applies."
        )
        yield Warned(name="grounds-not-decided" if is_winner else f"grounds-not-decided/{bid_id}", message=message)


def hearing_warnings(
    hearings: Iterable[Clarification], decided: Mapping[tuple[selection.Subject, str], selection.SelectionDecision]
) -> Iterator[Warned]:
    """Exclusion grounds on which the winner was heard, and nothing is decided since."""
    for ground, at in sorted({str(one.ground_id): one.asked_at for one in hearings}.items()):
        made = decided.get(("ground", ground))
        if made is None or made.decided_at < at:
            message = f"The bid ranked first was heard on {ground} at {at.isoformat()}; nothing is decided since."
            yield Warned(name=f"hearing-open/{ground}", message=message)


def overlap_warnings(overlaps: Iterable[Overlap]) -> Iterator[Warned]:
    """Who stands behind the winner and behind another bid: for the panel to look into. Source: C-538/07 Assitur."""
    for one in overlaps:
        message = f"{one.name} stands behind the bid ranked first and behind that of {one.other_supplier}."
        yield Warned(name=f"stands-twice/{one.other_bid_id}", message=message)


def panel_warning(scores: Iterable[PanelScore], chair_id: UUID) -> Iterator[Warned]:
    """All marks that count are one person's, or on some criterion the only ones are the chair's own."""
    scorers: dict[str, dict[UUID, str]] = {}
    for score in scores:
        if score.counts:
            scorers.setdefault(score.criterion_id, {})[score.person_id] = score.person or str(score.person_id)
    everybody = {person: name for held in scorers.values() for person, name in held.items()}
    alone = sorted(name for name, held in scorers.items() if set(held) == {chair_id})
    if len(everybody) == 1:
        (name,) = everybody.values()
        message = f"Every mark that counts is {name}'s: nobody else has scored this lot."
    elif alone:
        message = f"The chair is the only one who has scored {', '.join(alone)}."
    else:
        return
    yield Warned(name="one-person-panel", message=f"{message} Say why the result can be relied on all the same.")


async def record_warnings(
    conn: db.Connection, known: Known, lot: TenderLot, result: scoring.Evaluation, places: Iterable[UUID] = ()
) -> list[Warned]:
    """What the lot's record, and not the engine, warns of: a panel of one, what is undecided about the winner.

    And about those who are to hold `places` of a framework beside it.
    """
    warned: list[Warned] = []
    seated = await db.maybe(panel.SQL.get_panel(conn, lot_id=lot.id), PanelRow)
    if seated is not None:
        warned += panel_warning(await panel_scores.standing(conn, lot.id), seated.chair_id)
    if result.winner is not None:
        winner = UUID(result.winner)
        grounds = tenders.legal_rules(known.tender).grounds
        made = await db.many(selection.SQL.list_decisions(conn, lot_id=lot.id), SelectionDecision)
        decided = {bid_id: selection.standing(made, bid_id) for bid_id in (winner, *places)}
        for bid_id, about in decided.items():
            warned += grounds_warning(grounds, about, bid_id, is_winner=bid_id == winner)
        hearings = await clarifications.of_bid(conn, winner, "self_cleaning")
        warned += hearing_warnings(hearings, decided[winner])
        warned += overlap_warnings((await bidders.behind(conn, lot.id)).overlaps.get(winner, ()))
    return warned
