"""The one door into the engine: lots and opened bids in, an explained ranking out.

Pure: no clock, no files, no network, no binary floats. `evaluate` ranks, `verify` ranks again and compares.
"""

from scoring.canonical import ENGINE, canonical, digest, rules_digest
from scoring.case import BadDocument, Case, Fault, decode
from scoring.catalogue import Listed, methods
from scoring.decimals import Rounding
from scoring.methods import Method
from scoring.model import BidResult, Criterion, Evaluation, Lot, OpenedBid, State, Step, leaves, walk
from scoring.offers import OfferFault, check_offer, is_for_panel, judged_value
from scoring.publishable import Problem, check_publishable
from scoring.ranking import Exclusion, evaluate, exclude, verify
from scoring.rules import Rule
from scoring.units import UNITS, Direction, Unit
from scoring.worked import InvalidValue, MissingValue, Unscorable, ZeroValue

__all__ = [
    "ENGINE",
    "UNITS",
    "BadDocument",
    "BidResult",
    "Case",
    "Criterion",
    "Direction",
    "Evaluation",
    "Exclusion",
    "Fault",
    "InvalidValue",
    "Listed",
    "Lot",
    "Method",
    "MissingValue",
    "OfferFault",
    "OpenedBid",
    "Problem",
    "Rounding",
    "Rule",
    "State",
    "Step",
    "Unit",
    "Unscorable",
    "ZeroValue",
    "canonical",
    "check_offer",
    "check_publishable",
    "decode",
    "digest",
    "evaluate",
    "exclude",
    "is_for_panel",
    "judged_value",
    "leaves",
    "methods",
    "rules_digest",
    "verify",
    "walk",
]
