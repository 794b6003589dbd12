"""What the city buys in its year: three purchases, from the finding of each to what was delivered. All invented."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, cast

from service.city_spend import CATERING, WORKS
from service.demo_data import BUYER, PANEL, Marks, Story
from service.demo_data import CONTACTS as OF_THE_DEMO
from service.demo_data import PEOPLE as OF_A_TENDER
from service.measures import SCALE

if TYPE_CHECKING:
    from service.operations import DraftTender, NewCriteriaProposal, NewTerms, ScoringModelCriterion

PEOPLE: Final[dict[str, str]] = {**OF_A_TENDER, "contract_manager": "Carla Quist"}


class Delivery(NamedTuple):
    """What a contractor reports of a period, in the promise's unit, and what of it was verified, and why."""

    reported: str
    verified: str
    reason: str = "Agrees with the evidence."


class Step(NamedTuple):
    """A step of the remedies about a criterion, and who takes it. `days`: from today, until when it is put right."""

    criterion: str
    by: Literal["contract_manager", "approver"]
    step: Literal["notify", "rectification_plan", "withhold"]
    reason: str
    days: int | None = None


class Purchase(NamedTuple):
    """One thing that the city buys.

    `story.tender` has no lots yet: they come of the criteria of its own and those that the catalogue makes of
    `proposal`. `finding` is the one in the spend analysis that it answers. The contract began a year ago and runs for
    so many `months`; `deliveries` are by criterion, one for each period that has ended, `notes` what the contractor
    writes with them.
    """

    story: Story
    lot: str
    own: Sequence["ScoringModelCriterion"]
    proposal: "NewCriteriaProposal"
    finding: str
    months: Literal[12, 24]
    period_months: Literal[3, 6]
    terms: Mapping[str, "NewTerms"]
    deliveries: Mapping[str, Sequence[Delivery]]
    notes: Mapping[str, str]
    remedies: Sequence[Step] = ()


def _price(weighting: str, best: str, worst: str) -> "ScoringModelCriterion":
    """A price whose points do not hang on other bids: so every point of the total is worth the same money."""
    price: dict[str, Any] = {"id": "price", "title": "Price", "weighting": weighting, "unit": "GBP"}
    return cast("ScoringModelCriterion", price | {"method": {"id": "A1", "best": best, "worst": worst}})


def _plan(name: str, title: str, weighting: str, description: str) -> "ScoringModelCriterion":
    """What the panel reads and grades."""
    scale = [{"value": value, "label": label, "descriptor": words} for value, label, words in SCALE]
    plan: dict[str, Any] = {"id": name, "title": title, "weighting": weighting, "description": description}
    return cast("ScoringModelCriterion", plan | {"method": {"id": "graded", "scale": scale}})


def _tender(reference: str, title: str, description: str) -> "DraftTender":
    return {
        "reference": reference,
        "title": title,
        "description": description,
        "currency": "GBP",
        "time_zone": "Europe/London",
        "language": "en",
    }


def _texts(price: str) -> dict[str, str]:
    """What people give for the letters."""
    return {
        "postal_address": "{supplier}, 5 Market Square, Northgate NG1 1AA",
        "email": "bids@{slug}.example",
        "identifier": "GB-COH-0{number:07d}",
        "contract_price": f"GBP {price} without value-added tax",
    }


def _marks(name: str, values: str, *reasons: str) -> Marks:
    """Marks of one criterion by three evaluators and the fourth on which they agreed, each with its reason."""
    given = list(zip(values, reasons, strict=True))
    return {name: (given[:3], given[3])}


_LIBRARY = Purchase(
    story=Story(
        tender=_tender(
            "LIBRARY-03",
            "Refurbishment of the central library and two children's centres",
            "New roof, insulation, heating and accessible entrances for three buildings, in use throughout.",
        ),
        bids={
            "Alder Construction Ltd": {
                "price": "2060000.00",
                "works-plan": "One building at a time, readers moved in turn; our own joiners and local firms.",
                "apprentice-weeks": "208",
                "emissions": "210",
                "sme-supply-chain": "55",
            },
            "Birch & Sons Building Ltd": {
                "price": "1985000.00",
                "works-plan": "Two gangs side by side; noisy work before ten; entrances in the holidays.",
                "apprentice-weeks": "156",
                "emissions": "260",
                "sme-supply-chain": "40",
            },
            "Hazel Build plc": {
                "price": "1840000.00",
                "works-plan": "Our national programme: all three at once, with a site manager for each.",
                "apprentice-weeks": "260",
                "emissions": "330",
                "sme-supply-chain": "20",
            },
        },
        scores={
            "Alder Construction Ltd": _marks(
                "works-plan",
                "4434",
                "Every move of the readers is on the plan, with its week.",
                "The reuse of the slates is worked out.",
                "Strong on access; who leads while two buildings overlap in May stays open.",
                "Agreed: very good; the overlap in May can be settled when the works begin.",
            ),
            "Birch & Sons Building Ltd": _marks(
                "works-plan",
                "3333",
                "Sound; the hours of noise are kept.",
                "Meets the need; the roof survey comes late.",
                "Complete, with nothing beyond what was asked.",
                "Agreed: meets the need.",
            ),
            "Hazel Build plc": _marks(
                "works-plan",
                "4333",
                "A site manager in each building is a real strength.",
                "All at once is quick, and hard on the readers.",
                "Credible; the programme has been run elsewhere.",
                "Agreed after discussion: meets the need; the site managers weigh up the crowding.",
            ),
        },
        panel={
            **PANEL,
            "reason": "Works in three occupied buildings: estates, library and children's services each have a seat.",
        },
        texts=_texts("1,840,000.00"),
        recommendation_reason="Ranked first on the published criteria; each warning was looked into.",
        award_reason="Ranked first on the published criteria. Its lead rests on what it promises, which is contracted.",
        notice_reference="2026/S 000-051003",
    ),
    lot="Three buildings",
    own=(
        _price("40", "1700000", "2500000"),
        _plan("works-plan", "Plan of the works", "30", "How the buildings stay open, and who leads on each site."),
    ),
    proposal={
        "weighting": "30",
        "measures": [
            {"code": "apprentice-weeks", "weighting": "50", "target": "260"},
            {"code": "emissions", "weighting": "30", "target": "150", "worst": "450"},
            {"code": "sme-supply-chain", "weighting": "20", "target": "60"},
        ],
    },
    finding=f"influence:{WORKS}",
    months=12,
    period_months=3,
    terms={
        "apprentice-weeks": {"kpi": True, "compensation": {"id": "advantage", "factor": "1.5", "cap": "184000"}},
        "emissions": {"kpi": True},
        "sme-supply-chain": {"kpi": True},
    },
    deliveries={
        "works-plan": (
            Delivery("100", "100"),
            Delivery("100", "100"),
            Delivery("100", "90", "The west door was closed for six days of the quarter."),
            Delivery("100", "100"),
        ),
        "apprentice-weeks": (
            Delivery("52", "52"),
            Delivery("44", "31", "Thirteen weeks are of an apprentice who worked on another site."),
            Delivery("34", "28", "Six weeks have no timesheet."),
            Delivery("20", "20"),
        ),
        "emissions": (
            Delivery("79", "79"),
            Delivery("84", "84"),
            Delivery("88", "88"),
            Delivery("81", "84", "Three tonnes of crane hire were left out."),
        ),
        "sme-supply-chain": (Delivery("24", "24"), Delivery("21", "21"), Delivery("26", "26"), Delivery("23", "23")),
    },
    notes={
        "works-plan": "Diaries of the site managers",
        "apprentice-weeks": "Timesheets of the apprentices",
        "emissions": "Meters, delivery notes and hire of machines",
        "sme-supply-chain": "Invoices of subcontractors",
    },
    remedies=(
        Step("apprentice-weeks", "contract_manager", "notify", "Half of the weeks are missing."),
        Step("apprentice-weeks", "contract_manager", "rectification_plan", "Say how weeks are made good.", days=28),
        Step(
            "apprentice-weeks",
            "approver",
            "withhold",
            "No plan would bring back all of the weeks: what the contract says is withheld.",
        ),
    ),
)

_MEALS = Purchase(
    story=Story(
        tender=_tender(
            "MEALS-05",
            "School meals for nine primary schools",
            "Breakfast and lunch on every school day for nine schools, cooked in three kitchens of the city.",
        ),
        bids={
            "Juniper Kitchens CIC": {
                "price": "1120000.00",
                "kitchens": "Menus made with pupils; cooks trained in each kitchen; vegetables from allotments.",
                "jobs-disadvantaged": "7.5",
                "local-supply-chain": "58",
                "fair-work": "Living wage, contracts of at least twenty hours, and a staff council that meets monthly.",
            },
            "Maple Meals Ltd": {
                "price": "1060000.00",
                "kitchens": "A four-week cycle of menus, cooked fresh, with a dietitian two days a week.",
                "jobs-disadvantaged": "4",
                "local-supply-chain": "45",
                "fair-work": "Living wage and fixed hours for all; a yearly survey, whose results are acted upon.",
            },
            "Fir Global plc": {
                "price": "960000.00",
                "kitchens": "Cook-chill from our regional kitchen, finished in each school.",
                "jobs-disadvantaged": "2",
                "local-supply-chain": "10",
                "fair-work": "Our group's policy on people applies; hours follow the number of meals.",
            },
        },
        scores={
            "Juniper Kitchens CIC": {
                **_marks(
                    "kitchens",
                    "5455",
                    "Menus with the pupils, and a reserve for each kitchen.",
                    "Very good; the delivery at half past six needs a second van.",
                    "The training of the cooks is worked out week by week.",
                    "Agreed: exceeds the need; the second van is in the price.",
                ),
                **_marks(
                    "fair-work",
                    "4444",
                    "Secure hours for everybody, and a council that is asked.",
                    "Pay and hours are put into the contract.",
                    "Very good; cover for illness is thin.",
                    "Agreed: meets it with added value.",
                ),
            },
            "Maple Meals Ltd": {
                **_marks(
                    "kitchens",
                    "4444",
                    "The dietitian is a strength for children with allergies.",
                    "Fresh and varied; the plan for power cuts is sound.",
                    "Very good; pupils are asked once a year.",
                    "Agreed: very good.",
                ),
                **_marks(
                    "fair-work",
                    "4344",
                    "Fixed hours for all who work there.",
                    "Meets what was asked; the survey comes but once.",
                    "Pay and hours are put into the contract.",
                    "Agreed: the fixed hours weigh more than how often people are asked.",
                ),
            },
            "Fir Global plc": {
                **_marks(
                    "kitchens",
                    "3233",
                    "Works, as it does today.",
                    "Nothing is cooked where it is eaten.",
                    "Complete; the menus are those of every city.",
                    "Agreed: meets the need and no more.",
                ),
                **_marks(
                    "fair-work",
                    "2232",
                    "Hours change with the number of meals.",
                    "A policy, but nothing about these kitchens.",
                    "Pay is fair; the hours are not secure.",
                    "Agreed: the hours are not secure.",
                ),
            },
        },
        panel={
            **PANEL,
            "reason": "Food for two thousand children: schools, public health and a parents' governor have a seat.",
        },
        texts=_texts("1,120,000.00"),
        recommendation_reason="Ranked first on the published criteria by a clear lead.",
        award_reason="Ranked first on the published criteria; the dearest bid, and the best by far.",
        notice_reference="2026/S 000-052117",
    ),
    lot="Nine schools",
    own=(
        _price("35", "900000", "1300000"),
        _plan(
            "kitchens",
            "Menus and kitchens",
            "30",
            "What is cooked where, by whom, and what happens when a kitchen fails.",
        ),
    ),
    proposal={
        "weighting": "35",
        "measures": [
            {"code": "jobs-disadvantaged", "weighting": "40", "target": "8"},
            {"code": "local-supply-chain", "weighting": "35", "target": "60"},
            {"code": "fair-work", "weighting": "25"},
        ],
    },
    finding=f"influence:{CATERING}",
    months=24,
    period_months=6,
    terms={"jobs-disadvantaged": {"kpi": True}, "local-supply-chain": {"kpi": True}, "fair-work": {"kpi": True}},
    deliveries={
        "kitchens": (Delivery("100", "100"), Delivery("100", "100")),
        "jobs-disadvantaged": (Delivery("2.1", "2.1"), Delivery("2.0", "1.9", "One contract began a month later.")),
        "local-supply-chain": (Delivery("61", "61"), Delivery("57", "57")),
        "fair-work": (Delivery("100", "100"), Delivery("100", "100")),
    },
    notes={
        "kitchens": "Kitchen books and the menus that were served",
        "jobs-disadvantaged": "Payroll, with the referrals of the employment service",
        "local-supply-chain": "Invoices of growers and dairies",
        "fair-work": "Rotas, and minutes of the staff council",
    },
)

_PARKS = Purchase(
    story=Story(
        tender=_tender(
            "PARKS-09",
            "Care of the parks in the northern wards",
            "Mowing, planting, paths and playgrounds in fourteen parks for two years.",
        ),
        bids={
            "Rowan Gardens CIC": {
                "price": "560000.00",
                "care-plan": "A gardener for each park; hedges cut after nesting; volunteers plant twice a year.",
                "training-hours": "1100",
                "placement-weeks": "80",
                "volunteering-hours": "400",
            },
            "Sorrel Grounds Ltd": {
                "price": "468000.00",
                "care-plan": "Four gangs with fixed parks, electric machines, paths checked each month.",
                "training-hours": "840",
                "placement-weeks": "52",
                "volunteering-hours": "240",
            },
            "Thistle Parks Ltd": {
                "price": "492000.00",
                "care-plan": "Gangs go where work is reported; reports are answered within two days.",
                "training-hours": "500",
                "placement-weeks": "60",
                "volunteering-hours": "100",
            },
            "Yew Facilities plc": {
                "price": "431000.00",
                "care-plan": "Work by the season's calendar, planned centrally.",
                "training-hours": "600",
                "placement-weeks": "30",
                "volunteering-hours": "120",
            },
        },
        scores={
            "Rowan Gardens CIC": _marks(
                "care-plan",
                "5545",
                "Somebody knows each park; the planting is drawn.",
                "The nesting calendar is exemplary.",
                "Very good; winter cover is thin.",
                "Agreed: exceeds the need throughout.",
            ),
            "Sorrel Grounds Ltd": _marks(
                "care-plan",
                "4444",
                "Fixed gangs, and the machines are on order.",
                "Monthly checks of the paths go beyond the need.",
                "Very good; hedges are treated briefly.",
                "Agreed: very good.",
            ),
            "Thistle Parks Ltd": _marks(
                "care-plan",
                "3333",
                "Quick when something is reported.",
                "Nothing happens where nobody reports.",
                "Meets the need.",
                "Agreed: meets the need.",
            ),
            "Yew Facilities plc": _marks(
                "care-plan",
                "3233",
                "A calendar that works.",
                "No park is named.",
                "Meets the need; the wet meadows are forgotten.",
                "Agreed: meets the need, the wet meadows were found on page 9.",
            ),
        },
        panel={**PANEL, "reason": "Daily work in fourteen parks: parks, ecology and neighbourhoods each have a seat."},
        texts=_texts("468,000.00"),
        recommendation_reason="Ranked first on the published criteria; each warning was looked into.",
        award_reason="Ranked first on the published criteria: good work at a good price.",
        notice_reference="2026/S 000-053320",
    ),
    lot="Fourteen parks",
    own=(
        _price("45", "380000", "640000"),
        _plan(
            "care-plan",
            "Plan of the care",
            "25",
            "Who cares for which park, through the seasons, and how that is checked.",
        ),
    ),
    proposal={
        "weighting": "30",
        "measures": [
            {"code": "training-hours", "weighting": "40", "target": "1200"},
            {"code": "placement-weeks", "weighting": "35", "target": "80"},
            {"code": "volunteering-hours", "weighting": "25", "target": "400"},
        ],
    },
    finding="smes",
    months=24,
    period_months=6,
    terms={"training-hours": {"kpi": True}, "placement-weeks": {"kpi": True}, "volunteering-hours": {"kpi": True}},
    deliveries={
        "care-plan": (Delivery("100", "100"), Delivery("100", "100")),
        "training-hours": (Delivery("228", "228"), Delivery("196", "196")),
        "placement-weeks": (Delivery("12", "12"), Delivery("11", "10", "One week was a visit and no placement.")),
        "volunteering-hours": (Delivery("75", "75"), Delivery("52", "52")),
    },
    notes={
        "care-plan": "Books of the gangs, park by park",
        "training-hours": "Certificates of the course",
        "placement-weeks": "Agreements with the schools",
        "volunteering-hours": "Lists that the friends of the parks have signed",
    },
    remedies=(
        Step("placement-weeks", "contract_manager", "notify", "Placements begin too late in the year.", days=56),
    ),
)

CONTACTS: Final[Mapping[str, str]] = {
    BUYER: OF_THE_DEMO[BUYER],
    "Alder Construction Ltd": "Ada Alder",
    "Birch & Sons Building Ltd": "Ben Birch",
    "Fir Global plc": "Flora Finch",
    "Hazel Build plc": "Henry Holt",
    "Juniper Kitchens CIC": "Jasmin Obi",
    "Maple Meals Ltd": "Marco Rossi",
    "Rowan Gardens CIC": "Rosa Lind",
    "Sorrel Grounds Ltd": "Sam Sorrel",
    "Thistle Parks Ltd": "Tara Singh",
    "Yew Facilities plc": "Yusuf Demir",
}
"""Who speaks for the city, and for each supplier."""

NEXT: Final = _tender(
    "LIBRARY-04",
    "Refurbishment of the branch library in the northern wards",
    "Insulation, heating and an accessible entrance; to be drafted with what was learnt.",
)
"""What the city buys next year, for which what was learnt is read; it begins with the finding `NEXT_FINDING`."""
NEXT_FINDING: Final = "concentration"

PURCHASES: Final = (_LIBRARY, _MEALS, _PARKS)
