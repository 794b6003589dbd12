"""The one door into the engine: lots and opened bids in, an explained ranking out.

Pure: no clock, no files, no network, no binary floats in a score. `evaluate` ranks and explains, `verify` ranks again
and compares, `score_many` ranks big lots, `sensitivity` and `simulate` say how much it takes to change the outcome,
`combine` awards several lots together, `moderation` says who must meet, `technical_failures` whose price stays sealed,
`commitments` what the awarded bid has promised.
"""

from scoring.bulk import score_many
from scoring.canonical import ENGINE, canonical, digest, rules_digest
from scoring.case import BadDocument, Case, Fault, decode
from scoring.catalogue import Listed, methods
from scoring.cautions import giveaways
from scoring.combination import Combination, combine
from scoring.commitments import Commitment, commitments, in_cents
from scoring.debrief import Debrief, Derived, ShownBid, ShownLetter, debrief
from scoring.decimals import Rounding
from scoring.envelopes import Failure, check_price_envelope, technical_failures
from scoring.methods import Method
from scoring.model import BidResult, Criterion, Evaluation, Id, Lot, OpenedBid, State, Step, leaves, walk
from scoring.moderation import Agenda, AgendaItem, GivenScore, Mark, ModerationPolicy, check_consensus, moderation
from scoring.offers import OfferFault, check_offer, is_for_panel, judged_value
from scoring.publishable import Problem, check_publishable
from scoring.ranking import Exclusion, evaluate, exclude
from scoring.rules import Rule
from scoring.sensitivity import Sensitivity, sensitivity
from scoring.simulation import Simulation, Trial, simulate
from scoring.units import UNITS, Direction, Unit
from scoring.verification import verify
from scoring.worked import InvalidValue, MissingValue, Unscorable, ZeroValue

__all__ = [
    "ENGINE",
    "UNITS",
    "Agenda",
    "AgendaItem",
    "BadDocument",
    "BidResult",
    "Case",
    "Combination",
    "Commitment",
    "Criterion",
    "Debrief",
    "Derived",
    "Direction",
    "Evaluation",
    "Exclusion",
    "Failure",
    "Fault",
    "GivenScore",
    "Id",
    "InvalidValue",
    "Listed",
    "Lot",
    "Mark",
    "Method",
    "MissingValue",
    "ModerationPolicy",
    "OfferFault",
    "OpenedBid",
    "Problem",
    "Rounding",
    "Rule",
    "Sensitivity",
    "ShownBid",
    "ShownLetter",
    "Simulation",
    "State",
    "Step",
    "Trial",
    "Unit",
    "Unscorable",
    "ZeroValue",
    "canonical",
    "check_consensus",
    "check_offer",
    "check_price_envelope",
    "check_publishable",
    "combine",
    "commitments",
    "debrief",
    "decode",
    "digest",
    "evaluate",
    "exclude",
    "giveaways",
    "in_cents",
    "is_for_panel",
    "judged_value",
    "leaves",
    "methods",
    "moderation",
    "rules_digest",
    "score_many",
    "sensitivity",
    "simulate",
    "technical_failures",
    "verify",
    "walk",
]
