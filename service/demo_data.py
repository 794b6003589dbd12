"""What the demo's city buys, who takes part, what they bid and how the panel judged it. All of it is invented."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypedDict, cast

from service.access import Role
from service.examples import SCHOOL_ROOFS

if TYPE_CHECKING:
    from service.operations import DraftTender, Lot, NewSimulation, Policy

Mark = tuple[str, str]
"""A value of the scale and the reason for it."""
Marks = Mapping[str, tuple[Sequence[Mark], Mark]]
"""By criterion: what each evaluator gave, and what they agreed."""


class PanelTerms(TypedDict):
    """Why the panel is as it is, and what it has to meet about."""

    reason: str
    policy: "Policy"


class Story(NamedTuple):
    """One tender as it is played. Names are those of the suppliers; `texts` are by the field that they are given for.

    `second_thought`: who replaces its bid in time, and by what.
    """

    tender: "DraftTender"
    bids: Mapping[str, dict[str, str]]
    scores: Mapping[str, Marks]
    panel: PanelTerms
    texts: Mapping[str, str]
    recommendation_reason: str
    award_reason: str
    notice_reference: str
    second_thought: tuple[str, dict[str, str]] | None = None


BUYER = "Northgate City Council"

PEOPLE: dict[str, str] = {
    "approver": "Helen Marsh",
    "opening_officer1": "Tomasz Zielinski",
    "opening_officer2": "Grace Okafor",
    "evaluator1": "Priya Raman",
    "evaluator2": "Daniel Hughes",
    "evaluator3": "Sofia Papadaki",
    "moderator": "Liam Doyle",
    "auditor": "Ingrid Solberg",
}


def role_of(part: str) -> Role:
    """The role of somebody by the part played: a second evaluator is an evaluator."""
    return cast("Role", part.rstrip("123"))


CONTACTS: dict[str, str] = {
    BUYER: "Amara Nwosu",
    "Alder Roofing Ltd": "Ada Alder",
    "Birch & Sons Renewables": "Ben Birch",
    "Cedar Community Energy CIC": "Carol Cedar",
    "Dogwood Electrical plc": "Dev Dogwood",
}

TENDER: "DraftTender" = {
    "reference": "SOLAR-2026-07",
    "title": "Solar roofs for twelve primary schools",
    "description": (
        "Design, supply and installation of photovoltaic roofs with storage on twelve primary schools, with repair of "
        "the roof coverings beneath them and five years of maintenance."
    ),
    "currency": "GBP",
    "time_zone": "Europe/London",
    "jurisdiction": "uk-pa2023",
    "lots": [{"title": "Roofs and storage, all twelve schools", "rules": cast("Lot", SCHOOL_ROOFS)}],
}

BIDS: dict[str, dict[str, str]] = {
    "Alder Roofing Ltd": {
        "price": "1184500.00",
        "method-statement": "One school at a time; crane work in the holidays; a site manager who stays throughout.",
        "working-time": "yes",
        "apprentice-weeks": "156",
        "carbon": "64.5",
    },
    "Birch & Sons Renewables": {
        "price": "1098200.00",
        "method-statement": "Three crews in parallel; noisy work from 16:00; roof surveys before ordering.",
        "working-time": "yes",
        "apprentice-weeks": "104",
        "carbon": "88.0",
    },
    "Cedar Community Energy CIC": {
        "price": "1262750.00",
        "method-statement": "Works planned with each school; trainees from the estate; reused mounting rails.",
        "working-time": "yes",
        "apprentice-weeks": "260",
        "carbon": "31.2",
    },
    "Dogwood Electrical plc": {
        "price": "1049900.00",
        "method-statement": "Standard national installation procedure as attached to the framework.",
        "working-time": "no",
        "apprentice-weeks": "0",
        "carbon": "117.9",
    },
}

SECOND_THOUGHT = ("Alder Roofing Ltd", {**BIDS["Alder Roofing Ltd"], "price": "1169900.00"})

SCORES: dict[str, Marks] = {
    "Alder Roofing Ltd": {
        "method-statement": (
            [
                ("4", "Phasing is shown school by school and fits the terms."),
                ("4", "Crane plan is sound; one site lacks a delivery route."),
                ("3", "Good plan; roof repairs are described only in outline."),
            ],
            (
                "4",
                (
                    "Agreed after discussion: the phasing and the permanent site manager go beyond the need. The "
                    "missing delivery route (Mill Lane) can be settled at mobilisation."
                ),
            ),
        )
    },
    "Birch & Sons Renewables": {
        "method-statement": (
            [
                ("3", "Parallel crews are credible; surveys before ordering are a strength."),
                ("3", "Meets the need; noise after 16:00 collides with after-school clubs."),
                ("3", "Complete, with no particular added value."),
            ],
            ("3", "Agreed: meets the need. Surveys before ordering weigh up the late noisy work."),
        )
    },
    "Cedar Community Energy CIC": {
        "method-statement": (
            [
                ("5", "Planned with each head teacher; letters of intent are attached."),
                ("4", "Very good; reuse of rails needs proof of strength."),
                ("5", "Training, reuse and school hours are all worked through."),
            ],
            (
                "5",
                (
                    "Agreed: the plan is worked out with every school. The test certificate of the reused rails on "
                    "page 14 was accepted as proof."
                ),
            ),
        )
    },
    "Dogwood Electrical plc": {
        "method-statement": (
            [
                ("2", "Generic; no school is named."),
                ("1", "Nothing about roofs or school hours."),
                ("2", "A procedure, but not for these buildings."),
            ],
            ("1", "Agreed: the text is generic; it leaves open how any of the twelve schools would be reached."),
        )
    },
}

NO_INTEREST = "Nothing was declared, and nothing is known."


PANEL: PanelTerms = {
    "reason": "One graded criterion of 21 per cent and four bids: three evaluators, of energy, estates and schools.",
    "policy": {"every_question": True, "spread": 1, "outlier": 1, "majority": "unanimous"},
}

AWARD_REASON = (
    "Ranked first on the published criteria; the price is in line with the estimate and needs no explanation."
)

RECOMMENDATION_REASON = (
    "Ranked first on the published criteria; the panel's agreed reasons carry the lead, and no single mark decides it "
    "unseen: each warning was looked into."
)

WARNING_ANSWER = "The panel read the passage together once more and stands by what it agreed."

TRIAL: "NewSimulation" = {"lot": 1, "generate": {"number": 6, "seed": 7}, "runs": 200}
"""With what the city tries its rules before it publishes them."""

TEXTS: dict[str, str] = {
    "postal_address": "{supplier}, 3 Mill Lane, Northgate NG1 2AB",
    "email": "bids@{slug}.example",
    "identifier": "GB-COH-0{number:07d}",
    "contract_price": "GBP 1,262,750.00 without value-added tax",
}
"""What people give for the letters and for the public, by the field; everything else is told by what happened."""

INFERENCE_ACCEPTED = "The award notice tells the price of the contract, and with it what could be worked out."

MENTIONS_ACCEPTED = "Each text was read again: what it tells of others is public by the award notice."

NOTICE_REFERENCE = "2026/S 000-041207"

PROCEDURE_TEXTS: dict[str, str] = {
    "authority_address": "Northgate City Council, Town Hall, 1 Market Square, Northgate NG1 1AA",
    "value": "GBP 1,250,000 without value-added tax, for five years",
    "procedure": "open",
    "conflicts": "None were found; all who scored, moderated or decided have declared that they have no interest.",
    "subcontracting:1": "About 15 per cent: scaffolding, by a firm that is not yet chosen.",
}
"""The parts of the record of the procedure that only people know."""

STORY = Story(
    tender=TENDER,
    bids=BIDS,
    scores=SCORES,
    panel=PANEL,
    texts=TEXTS,
    recommendation_reason=RECOMMENDATION_REASON,
    award_reason=AWARD_REASON,
    notice_reference=NOTICE_REFERENCE,
    second_thought=SECOND_THOUGHT,
)
