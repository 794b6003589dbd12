"""One bid on its way through an evaluation: what has been found out about it so far."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from scoring.model import OpenedBid
from scoring.tree import Cell, Node
from scoring.worked import BidFault, Worked


class Remark(NamedTuple):
    """Something to be said about a bid: message id, the criterion it concerns, and the message's arguments."""

    criterion: str | None
    message: str
    arguments: Mapping[str, str]


@dataclass(slots=True)
class Entry:
    """A bid, whether it still stands, and its numbers, cells, total and place as they become known."""

    bid: OpenedBid
    standing: bool
    numbers: dict[str, Fraction] = field(default_factory=dict[str, Fraction])
    full_for_zero: set[str] = field(default_factory=set[str])
    cells: dict[str, Cell] = field(default_factory=dict[str, Cell])
    flags: list[str] = field(default_factory=list[str])
    unreadable: list[BidFault] = field(default_factory=list[BidFault])
    remarks: list[Remark] = field(default_factory=list[Remark])
    figure: Worked | None = None
    total_exact: Fraction = Fraction(0)
    total: Fraction = Fraction(0)
    order: Fraction = Fraction(0)
    """Less is better; bids are ranked by it."""
    rank: int | None = None
    tied: bool = False

    def flag(self, criterion: str | None, message: str, arguments: Mapping[str, str]) -> None:
        """Note something that the buyer must look at; the bid stays in the race."""
        self.flags.append(message if criterion is None else f"{message}:{criterion}")
        self.remarks.append(Remark(criterion, message, arguments))

    def fail(self, criterion: str | None, message: str, arguments: Mapping[str, str]) -> None:
        """Take the bid out of the race and remember why."""
        self.standing = False
        self.flag(criterion, message, arguments)

    def cell(self, node: Node) -> Cell | None:
        """What the bid earned on a criterion, once that is known."""
        return self.cells.get(node.criterion.id)


def standing(entries: Iterable[Entry]) -> list[Entry]:
    """The bids that are still in the race."""
    return [entry for entry in entries if entry.standing]
