"""The built-in catalogue of measures: social value models by date, measures with evidence, proxy values in series.

Facts with their sources, in `measures.json`. Which model holds is told by the day on which the procurement starts,
never by today. A proposal of criteria is only that: its author puts it into the draft, or does not.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta, Struct

import scoring
from service import db, tenders
from service.organisations import Caller
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

StartDay = Annotated[date, Meta(description="The day on which the procurement starts.")]


class Outcome(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An outcome of a model."""

    id: str
    title: str
    theme: str = ""


class SocialValueModel(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A social value model: for procurements that start in its days, with the least weighting that it asks for."""

    id: str
    title: str
    in_force_from: date
    in_force_until: date | None
    minimum_weighting: Decimal
    source: str
    licence: str
    outcomes: tuple[Outcome, ...]


class Measure(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What can be promised, in which unit, and what proves it.

    `counts` names what it counts: two measures that count the same would count one thing twice. `social_objective` and
    `environmental_impact` are the eForms codes that it maps to; `outcomes` those of the models.
    """

    code: str
    title: str
    description: str
    unit: str
    method: Literal["target", "band", "graded"]
    theme: str
    evidence: tuple[str, ...]
    social_objective: str | None
    environmental_impact: str | None
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
    """Measures to make criteria of: the group's share of the total, and each measure's share of the group."""

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
    return msgspec.json.decode((Path(__file__).parent / "measures.json").read_bytes(), type=Measures)


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


def criterion_of(chosen: ChosenMeasure, measure: Measure) -> dict[str, Any]:
    """A measure as an award criterion."""
    methods: dict[str, dict[str, Any]] = {
        "target": {"id": "target", "target": chosen.target},
        "band": {"id": "A1", "best": chosen.target, "worst": chosen.worst},
        "graded": {
            "id": "graded",
            "scale": [{"value": value, "label": label, "descriptor": words} for value, label, words in SCALE],
        },
    }
    unit = {} if measure.method == "graded" else {"unit": measure.unit}
    evidence = f"Evidence: {'; '.join(measure.evidence)}."
    return {
        "id": measure.code,
        "title": measure.title,
        "description": f"{measure.description} {ADDITIONAL} {evidence}",
        "weighting": chosen.weighting,
        "method": methods[measure.method],
        **unit,
    }


def warnings_of(
    new: NewCriteriaProposal, known: Mapping[str, Measure], model: SocialValueModel | None
) -> Iterator[Fault]:
    """What to look at: too little weight, one thing counted twice, measures for no outcome of the model."""
    if model is not None and new.weighting < model.minimum_weighting:
        yield Fault(
            "/weighting",
            f"Social value weighs {new.weighting} of 100; the model asks for at least {model.minimum_weighting}.",
            f"Raise it, or say why not. Source: {model.source}.",
        )
    counts = Counter(known[one.code].counts for one in new.measures if known[one.code].counts)
    for what, often in counts.items():
        if often > 1:
            codes = ", ".join(one.code for one in new.measures if known[one.code].counts == what)
            yield Fault("/measures", f"{codes} count the same {what}.", "Say in the tender that nothing counts twice.")
    ids = {outcome.id for outcome in model.outcomes} if model is not None else set[str]()
    for number, one in enumerate(new.measures):
        outcomes = known[one.code].outcomes
        if outcomes and ids.isdisjoint(outcomes) and model is not None:
            yield Fault(f"/measures/{number}", f"{one.code} serves no outcome of {model.title}.", "Choose another one.")


def propose(new: NewCriteriaProposal, today: date, known: Mapping[str, Measure]) -> CriteriaProposal:
    """The criteria of a catalogue's measures, and what to look at; raises InvalidRequest."""
    check_measures(new, known)
    model = model_on(new.starts_on or today)
    group = {
        "id": "social-value",
        "title": "Social value",
        "weighting": new.weighting,
        "criteria": [criterion_of(one, known[one.code]) for one in new.measures],
    }
    try:
        criterion = msgspec.convert(group, scoring.Criterion)
    except msgspec.ValidationError as error:
        fault = Fault("/measures", str(error), "Give decimals as the unit takes them.")
        raise InvalidRequest("No criteria can be made of these measures.", faults=(fault,)) from None
    return CriteriaProposal(model=model, criterion=criterion, warnings=tuple(warnings_of(new, known, model)))


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


@post("/tenders/{tender_id:uuid}/criteria/from-catalogue", status_code=200)
async def propose_criteria(
    tender_id: FromPath[UUID],
    data: JSONBody[NewCriteriaProposal],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> CriteriaProposal:
    """Make criteria of the catalogue's measures for a draft; for its author. Nothing is stored: it is a proposal."""
    known = await tenders.read(conn, caller, tender_id=tender_id)
    tenders.check_access(known.tender, caller, "propose_criteria")
    tenders.check_draft(known.tender)
    today = known.tender.now.astimezone(ZoneInfo(known.tender.time_zone)).date()
    return propose(data, today, by_code())


router = Router(path="/", route_handlers=[get_catalogue, get_model, get_proxy, propose_criteria], tags=["Catalogue"])
