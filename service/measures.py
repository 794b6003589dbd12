"""The built-in catalogue of measures: social value models by date, measures with evidence, proxy values in series.

Facts with their sources, in `measures.json`. Which model holds is told by the day on which the procurement starts. A
draft keeps that day; who does not say it is judged as if it were today, and is told so. The models are the United
Kingdom's: tenders under other law are not judged by them. A proposal of criteria is only that: its author puts it into
the draft, or not.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from litestar import Router, get
from litestar.params import FromPath, FromQuery
from msgspec import Meta, Struct

import scoring
from scoring.units import Direction, find_unit, is_money
from service import tenders
from service.drafts import StartDay
from service.ocds import EnvironmentalImpact, SocialObjective
from service.performance import exactly
from service.problems import Fault, InvalidRequest, NotFound

HUNDRED: Final = Decimal(100)
SCALE: Final = (
    ("0", "unacceptable", "No answer, or nothing that this contract would cause."),
    ("1", "poor", "Serious gaps."),
    ("2", "fair", "Some gaps."),
    ("3", "good", "Meets what was asked."),
    ("4", "very good", "Meets it with added value."),
    ("5", "excellent", "Exceeds it throughout, with evidence for each promise."),
)
ADDITIONAL: Final = "Count only what this contract causes and would not happen without it."
"""The guard against deadweight, in every proposed criterion."""

STANDARD_RATE: Final = Decimal(20)
"""Value-added tax of the United Kingdom in percent. Source: Value Added Tax Act 1994, s. 2(1)."""


class Outcome(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An outcome of a model, below its theme or mission, with the model's award criteria as far as they are known here.

    `metrics` are the measures of this catalogue by which it can be reported, by their codes.
    """

    id: str
    title: str
    theme: str = ""
    criteria: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()


class LargerContract(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a model asks of contracts from a value on, in pounds with value-added tax."""

    value: Decimal
    minimum_weighting: Decimal


class SocialValueModel(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A social value model: for procurements that start in its days, with the least weighting that it asks for.

    `question`: what it has bidders asked, in our words. `note`: what of it is not known here, or not from its own text.
    """

    id: str
    title: str
    in_force_from: date
    in_force_until: date | None
    minimum_weighting: Decimal
    source: str
    licence: str
    outcomes: tuple[Outcome, ...]
    larger: LargerContract | None = None
    question: str = ""
    note: str = ""

    def least(self, value: Decimal | None) -> Decimal:
        """The least weighting for a contract of a value; where nobody has told the value, that for smaller ones."""
        if self.larger is not None and value is not None and value >= self.larger.value:
            return self.larger.minimum_weighting
        return self.minimum_weighting


class Measure(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What can be promised, in which unit, and what proves it.

    `counts` names what it counts: two measures that count the same would count one thing twice. `social_objective` and
    `environmental_impact` are the eForms codes that it maps to, `goal` the one of OCDS; `outcomes` those of the models.
    """

    code: str
    title: str
    description: str
    unit: str
    direction: Direction
    method: Literal["target", "band", "graded"]
    theme: str
    evidence: tuple[str, ...]
    social_objective: SocialObjective | None
    environmental_impact: EnvironmentalImpact | None
    goal: str | None
    counts: str
    outcomes: tuple[str, ...]


class ProxySeries(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Proxy values of a measure's unit in money, by case and year (no year: one value), in prices of `price_base`."""

    id: str
    title: str
    measure: str
    currency: str
    per: str
    price_base: str
    valid_from: date | None
    values: dict[str, dict[str, Decimal]]
    source: str
    licence: str
    note: str


class Ladder(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Names of the levels of a ladder; what a level is worth, the buyer decides."""

    id: str
    title: str
    levels: tuple[str, ...]
    note: str


class Measures(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole built-in catalogue."""

    models: tuple[SocialValueModel, ...]
    measures: tuple[Measure, ...]
    series: tuple[ProxySeries, ...]
    ladders: tuple[Ladder, ...]


class ChosenMeasure(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A measure of the catalogue and its share of the group.

    `target` earns full points, for quantities; of what is better when less, `worst` earns none.
    """

    code: str
    weighting: Decimal
    target: Decimal | None = None
    worst: Decimal | None = None


class NewCriteriaProposal(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Measures to make criteria of: the group's share of the total, and each measure's share of the group.

    `starts_on`, the day on which the procurement starts, is kept with the draft.
    """

    weighting: Decimal
    measures: Annotated[tuple[ChosenMeasure, ...], Meta(min_length=1, max_length=30)]
    starts_on: date | None = None


class CriteriaProposal(Struct, frozen=True, kw_only=True):
    """A group of criteria to put into a draft lot's rules, the model that it follows, and what to look at first."""

    model: SocialValueModel | None
    criterion: scoring.Criterion
    warnings: tuple[Fault, ...]


# Rules


@cache
def built_in() -> Measures:
    """The catalogue that comes with the program."""
    found = msgspec.json.decode((Path(__file__).parent / "measures.json").read_bytes(), type=Measures)
    models = tuple(
        msgspec.structs.replace(model, outcomes=tuple(_reported(one, found.measures) for one in model.outcomes))
        for model in found.models
    )
    return msgspec.structs.replace(found, models=models)


def _reported(outcome: Outcome, known: Sequence[Measure]) -> Outcome:
    return msgspec.structs.replace(outcome, metrics=tuple(one.code for one in known if outcome.id in one.outcomes))


def model_for(tender: tenders.TenderRow, starts_on: date | None) -> SocialValueModel | None:
    """The model for the day on which a procurement starts: as told, else as its draft says, else today.

    None under other law than the United Kingdom's.
    """
    if tenders.legal_rules(tender).country != "GB":
        return None
    return model_on(starts_on or tender.starts_on or today_of(tender))


def today_of(tender: tenders.TenderRow) -> date:
    """The day it is where the tender is, by the database's clock."""
    return tender.now.astimezone(ZoneInfo(tender.time_zone)).date()


def model_on(day: date) -> SocialValueModel | None:
    """The model for procurements that start on this day; None before the first."""
    for model in built_in().models:
        if model.in_force_from <= day and (model.in_force_until is None or day <= model.in_force_until):
            return model
    return None


def proxy_of(series: ProxySeries, case: str, year: int | None) -> Decimal:
    """The value of a series in a case and year. Raises NotFound: nothing is extrapolated."""
    value = series.values.get(case, {}).get("" if year is None else str(year))
    if value is None:
        years = sorted(next(iter(series.values.values())))
        span = f" from {years[0]} to {years[-1]}" if years[0] else ", without a year"
        raise NotFound(f"The series has {', '.join(series.values)}{span}.")
    return value


def by_code() -> dict[str, Measure]:
    """The built-in measures by their codes."""
    return {measure.code: measure for measure in built_in().measures}


def check_measures(new: NewCriteriaProposal, known: Mapping[str, Measure]) -> None:
    """Each measure must be there, with the bounds that its kind needs."""
    faults = list(_faults(new, known))
    if sum(one.weighting for one in new.measures) != HUNDRED:
        faults.append(Fault("/measures", "Their weightings do not add up to 100.", "They are shares of the group."))
    if faults:
        raise InvalidRequest("No criteria can be made of these measures.", faults=tuple(faults))


def _faults(new: NewCriteriaProposal, known: Mapping[str, Measure]) -> Iterator[Fault]:
    for number, chosen in enumerate(new.measures):
        at = f"/measures/{number}"
        measure = known.get(chosen.code)
        if measure is None:
            yield Fault(f"{at}/code", f"There is no measure {chosen.code!r}.", f"There are {', '.join(known)}.")
        elif measure.method != "graded" and chosen.target is None:
            yield Fault(
                f"{at}/target", "A quantity needs a target.", "Against the best promise alone, inflated ones win."
            )
        elif measure.method == "band" and chosen.worst is None:
            yield Fault(f"{at}/worst", "Where less is better, say what earns nothing.", "Give `worst`.")
    for code, often in Counter(one.code for one in new.measures).items():
        if often > 1:
            yield Fault("/measures", f"{code} is named {often} times.", "Name each measure once.")


def criterion_of(chosen: ChosenMeasure, measure: Measure, source: str) -> dict[str, Any]:
    """A measure as an award criterion; `source` names whose words they are, and stays with them wherever they go."""
    methods: dict[str, dict[str, Any]] = {
        "target": {"id": "target", "target": chosen.target},
        "band": {"id": "A1", "best": chosen.target, "worst": chosen.worst},
        "graded": {
            "id": "graded",
            "scale": [{"value": value, "label": label, "descriptor": words} for value, label, words in SCALE],
        },
    }
    unit = {} if measure.method == "graded" else {"unit": measure.unit}
    # A unit of which less is better says so by itself: tonnes of carbon that are saved have to say the opposite.
    if measure.method == "target" and direction_in(measure.unit) != measure.direction:
        unit["direction"] = measure.direction
    evidence = f"Evidence: {'; '.join(measure.evidence)}."
    return {
        "id": measure.code,
        "title": measure.title,
        "description": f"{measure.description} {ADDITIONAL} {evidence} {source}".strip(),
        "weighting": chosen.weighting,
        "method": methods[measure.method],
        **unit,
    }


def direction_in(unit: str) -> Direction:
    """Which way is better of a quantity in a unit, where nobody says anything else."""
    return "lower" if is_money(unit) else find_unit(unit).direction or "higher"


def twice(counted: Iterable[tuple[str, str]], at: str) -> Iterator[Fault]:
    """What is counted under more than one measure, of pairs of a code and what it counts; nothing counts as nothing."""
    by_what: dict[str, list[str]] = {}
    for code, what in counted:
        if what and code not in by_what.setdefault(what, []):
            by_what[what].append(code)
    for what, codes in by_what.items():
        if len(codes) > 1:
            message = f"{', '.join(codes)} count the same {what}."
            yield Fault(at, message, "Say in the tender that nothing counts twice.")


def with_tax(tender: tenders.TenderRow, value: Decimal | None) -> tuple[Decimal, Decimal] | None:
    """A value of a tender in pounds with value-added tax, at least and at most; None where nobody can tell it.

    A value without the tax has that of the one rate that the tender states. Of several, which may apply to parts, and
    of none it can be the highest that is stated or known, or no tax at all.
    """
    rates = tender.vat.rates
    if value is None or tender.currency != "GBP":
        return None
    if tender.vat.basis == "inclusive":
        return value, value
    highest = value * (1 + max((rate.percent for rate in rates), default=STANDARD_RATE) / HUNDRED)
    return (highest if len(rates) == 1 and not rates[0].applies_to.strip() else value), highest


def light(weighting: Fraction, model: SocialValueModel, tender: tenders.TenderRow, at: str) -> Iterator[Fault]:
    """Less weight, in percent, than the model asks for; whom the model binds, its note says."""
    lowest, highest = with_tax(tender, tender.estimated_value) or (None, None)
    least = model.least(lowest)
    if weighting >= least and model.larger is not None and weighting < (most := model.least(highest)):
        yield Fault(
            at,
            f"Social value, as far as a catalogue knows it, weighs {exactly(weighting):f} of 100; with value-added tax"
            f" this contract may reach {model.larger.value:,f} pounds; {model.title} then asks for at least {most}.",
            f"State the rate of value-added tax, raise it, or say why not. Source: {model.source}.",
        )
    if weighting < least:
        yield Fault(
            at,
            f"Social value, as far as a catalogue knows it, weighs {exactly(weighting):f} of 100;"
            f" {model.title} asks for at least {least}.",
            f"Raise it, or say why not. Source: {model.source}.",
        )


def warnings_of(new: NewCriteriaProposal, asked: "Asked", model: SocialValueModel | None) -> Iterator[Fault]:
    """What to look at: too little weight, one thing counted twice, measures for no outcome of the model."""
    known = asked.known
    if model is not None and (new.starts_on or asked.tender.starts_on) is None:
        message = f"Nobody has said on which day the procurement starts; today {model.title} is in force."
        yield Fault("/starts_on", message, "Give `starts_on`: the day decides which model holds.")
    if model is not None:
        yield from light(Fraction(new.weighting), model, asked.tender, "/weighting")
    chosen = [(one.code, known[one.code].counts) for one in new.measures]
    yield from twice([*chosen, *asked.there], "/measures")
    ids = {outcome.id for outcome in model.outcomes} if model is not None else set[str]()
    for number, one in enumerate(new.measures):
        outcomes = known[one.code].outcomes
        if outcomes and ids.isdisjoint(outcomes) and model is not None:
            yield Fault(f"/measures/{number}", f"{one.code} serves no outcome of {model.title}.", "Choose another one.")


class Asked(NamedTuple):
    """What a proposal is made for and of: a draft, a catalogue's measures by their codes, and whose they are.

    `there`: the measures that the draft has already, with what each counts.
    """

    tender: tenders.TenderRow
    known: Mapping[str, Measure]
    there: Sequence[tuple[str, str]]
    source: str = ""


def propose(new: NewCriteriaProposal, asked: Asked) -> CriteriaProposal:
    """The criteria of a catalogue's measures, and what to look at; raises InvalidRequest."""
    known = asked.known
    check_measures(new, known)
    model = model_for(asked.tender, new.starts_on)
    group = {
        "id": "social-value",
        "title": "Social value",
        "weighting": new.weighting,
        "criteria": [criterion_of(one, known[one.code], asked.source) for one in new.measures],
    }
    try:
        criterion = msgspec.convert(group, scoring.Criterion)
    except msgspec.ValidationError as error:
        fault = Fault("/measures", str(error), "Give decimals as the unit takes them.")
        raise InvalidRequest("No criteria can be made of these measures.", faults=(fault,)) from None
    return CriteriaProposal(model=model, criterion=criterion, warnings=tuple(warnings_of(new, asked, model)))


# Handlers


@get("/catalogue")
async def get_catalogue() -> Measures:
    """Read the built-in catalogue: social value models, measures, proxy values with sources, ladders' levels."""
    return built_in()


@get("/catalogue/model")
async def get_model(starts_on: FromQuery[StartDay]) -> SocialValueModel:
    """Read the social value model for procurements that start on a day."""
    model = model_on(starts_on)
    if model is None:
        raise NotFound("No built-in model was in force on that day.")
    return model


class ProxyValue(Struct, frozen=True, kw_only=True):
    """One value with all that makes it citable."""

    series: str
    case: str
    year: int | None
    value: Decimal
    currency: str
    per: str
    price_base: str
    source: str
    licence: str


@get("/catalogue/series/{series_id:str}/{case:str}")
async def get_proxy(series_id: FromPath[str], case: FromPath[str], year: FromQuery[int | None] = None) -> ProxyValue:
    """Read a proxy value, such as that of a tonne of CO2 equivalent in a year; nothing is extrapolated."""
    for series in built_in().series:
        if series.id == series_id:
            return ProxyValue(
                series=series.id,
                case=case,
                year=year,
                value=proxy_of(series, case, year),
                currency=series.currency,
                per=series.per,
                price_base=series.price_base,
                source=series.source,
                licence=series.licence,
            )
    raise NotFound("There is no such series in the catalogue.")


router = Router(path="/", route_handlers=[get_catalogue, get_model, get_proxy], tags=["Catalogue"])
