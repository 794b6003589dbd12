"""The one door into the engine: lots and opened bids in, an explained ranking out.

Pure: no clock, no files, no network, no binary floats. `evaluate` ranks, `verify` ranks again and compares.
"""

from scoring.canonical import ENGINE, canonical, digest, rules_digest
from scoring.decimals import Rounding
from scoring.methods import Method
from scoring.model import BidResult, Criterion, Evaluation, Lot, OpenedBid, State, Step, leaves, walk
from scoring.ranking import evaluate, verify
from scoring.units import UNITS, Direction, Unit
from scoring.worked import InvalidValue, MissingValue, Unscorable, ZeroValue

__all__ = [
    "ENGINE",
    "UNITS",
    "BidResult",
    "Criterion",
    "Direction",
    "Evaluation",
    "InvalidValue",
    "Lot",
    "Method",
    "MissingValue",
    "OpenedBid",
    "Rounding",
    "State",
    "Step",
    "Unit",
    "Unscorable",
    "ZeroValue",
    "canonical",
    "digest",
    "evaluate",
    "leaves",
    "rules_digest",
    "verify",
    "walk",
]
