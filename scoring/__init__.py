"""The one door into the engine: lots and opened bids in, an explained ranking out. Pure: no clock, no files, no network."""

from scoring.decimals import Rounding
from scoring.model import BidResult, Criterion, Evaluation, Lot, OpenedBid, State, Step, leaves, walk
from scoring.units import UNITS, Direction, Unit
from scoring.worked import InvalidValue, MissingValue, Unscorable, ZeroValue

ENGINE = "tenderscore-engine/1"

__all__ = [
    "ENGINE",
    "UNITS",
    "BidResult",
    "Criterion",
    "Direction",
    "Evaluation",
    "InvalidValue",
    "Lot",
    "MissingValue",
    "OpenedBid",
    "Rounding",
    "State",
    "Step",
    "Unit",
    "Unscorable",
    "ZeroValue",
    "leaves",
    "walk",
]
