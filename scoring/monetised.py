"""Whole-tender rules that turn quality, time or carbon into money: the lowest comparison price wins.

The contract price stays what was offered; the comparison price only ranks.
"""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Literal, NamedTuple, assert_never

import msgspec

from scoring.contest import Contender, Contest, Figure, not_negative, number_of
from scoring.decimals import printed, require_decimal, require_decimals
from scoring.worked import FULL, BidFault, InvalidValue, Number, Worked, require_above_zero

Amounts = dict[str, Decimal]
GradeAmounts = dict[str, Amounts]


class AwardOnValue(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="id", tag="M1"
):
    """Award on value

    Formula: p − Σ value · grade, the lowest wins.
    Used: Netherlands, gunnen op waarde; Norway, prissetting av kvalitet.
    Parameters: values, for each criterion either the amount that full marks are worth (the criterion has a method, and
    its points ÷ 100 are the grade), or the amount per unit (the criterion has no method), or a table of amounts per
    grade; price.
    Edge cases: negative grades raise the comparison price. It can fall below 0.
    Source: support.negometrix.com article 9000123966.

    >>> from scoring.contest import plain_contest
    >>> contest = plain_contest({"80": "50", "100": "70", "120": "80", "200": "95"})
    >>> rule = AwardOnValue(values={"quality": Decimal(100)})
    >>> [str(one.worked.points) for one in award_on_value(rule, contest)]
    ['30', '30', '40', '105']
    """

    values: dict[str, Decimal | Amounts]
    price: str | None = None

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError("values is empty; write what each criterion is worth in money")
        for name, worth in self.values.items():
            if isinstance(worth, dict):
                require_decimals(worth, f"values[{name!r}]")
            else:
                require_decimal(worth, f"values[{name!r}]")


def award_on_value(rule: AwardOnValue, contest: Contest) -> list[Figure]:
    """Figures by M1."""
    return [
        _priced(one, [_worth(one, name, worth) for name, worth in rule.values.items()]) for one in contest.contenders
    ]


class _Part(NamedTuple):
    """An amount taken off a price or added to it, the criterion it is for, and how it came about."""

    sign: Literal["−", "+"]
    amount: Fraction
    criterion: str
    how: str


def _worth(one: Contender, name: str, worth: Decimal | Amounts) -> _Part:
    if isinstance(worth, dict):
        return _Part("−", _amount(one, name, worth), name, f"graded {one.values[name]}")
    points = one.points.get(name)
    if points is None:
        number = number_of(one, name)
        return _Part("−", Fraction(worth) * number, name, f"{worth:f} × {printed(number)}")
    return _Part("−", Fraction(worth) * points / FULL, name, f"{worth:f} × {printed(points)} ÷ 100")


def _amount(one: Contender, name: str, amounts: Amounts) -> Fraction:
    amount = amounts.get(one.values[name])
    if amount is None:
        listed = ", ".join(amounts)
        raise InvalidValue(
            f"bid {one.id!r}, criterion {name!r}: {one.values[name]!r} is not listed; listed are {listed}"
        )
    return Fraction(amount)


def _priced(one: Contender, parts: list[_Part]) -> Figure:
    """A price with amounts taken off or added, and the sum as text."""
    total, text, where = one.price, "{price}", "{price} is the price"
    numbers: dict[str, Number] = {"price": one.price}
    for index, (sign, amount, criterion, how) in enumerate(parts):
        total = total + amount if sign == "+" else total - amount
        text += f" {sign} {{part_{index}}}"
        where += f", {{part_{index}}} is for {{for_{index}}}"
        numbers |= {f"part_{index}": amount, f"for_{index}": f"{criterion} ({how})"}
    return Figure(Worked(total, text, numbers, where=where))


class BonusMalus(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="id", tag="M2"
):
    """Bonus and malus

    Formula: p − Σ bonus + Σ malus, the lowest wins; each a published amount per grade.
    Used: Netherlands, mixed forms with negative grades.
    Parameters: bonus and malus, for each criterion a table of amounts by grade; a grade that a table does not list has
    no amount in it, but must be in one of the two; price.
    Edge cases: the comparison price can fall below 0.
    Source: support.negometrix.com article 9000123966, negative grades.

    >>> from scoring.contest import plain_contest
    >>> rule = BonusMalus(bonus={"quality": {"50": Decimal(7)}}, malus={"quality": {"20": Decimal(5)}})
    >>> [str(one.worked.points) for one in bonus_malus(rule, plain_contest({"80": "50", "100": "20"}))]
    ['73', '105']
    """

    bonus: GradeAmounts = {}
    malus: GradeAmounts = {}
    price: str | None = None

    def __post_init__(self) -> None:
        if not self.bonus and not self.malus:
            raise ValueError("bonus and malus are both empty; write an amount for each grade of a criterion")
        for name, tables in (("bonus", self.bonus), ("malus", self.malus)):
            for criterion, amounts in tables.items():
                require_decimals(amounts, f"{name}[{criterion!r}]")


def bonus_malus(rule: BonusMalus, contest: Contest) -> list[Figure]:
    """Figures by M2."""
    figures: list[Figure] = []
    for one in contest.contenders:
        parts: list[_Part] = []
        for name in sorted(rule.bonus.keys() | rule.malus.keys()):
            grade, bonus, malus = one.values[name], rule.bonus.get(name, {}), rule.malus.get(name, {})
            if grade not in bonus and grade not in malus:
                raise InvalidValue(BidFault(one.id, name, f"no amount is published for {grade!r}"))
            parts += [_Part("−", Fraction(bonus[grade]), name, f"graded {grade}")] if grade in bonus else []
            parts += [_Part("+", Fraction(malus[grade]), name, f"graded {grade}")] if grade in malus else []
        figures.append(_priced(one, parts))
    return figures


class FictitiousDiscount(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="id", tag="M3"
):
    """Fictitious discount by level

    Formula: p · (1 − d), d the published discount of the bid's level; the lowest wins.
    Used: Netherlands, CO2 performance ladder; local preference margins.
    Parameters: levels, the discount of each level as a share (0.04 for 4 %); criterion, the id of the criterion that
    states the level (the only other one, unless named); price.
    Edge cases: a level that is not listed stops the scoring. Levels are the buyer's data, never a constant.
    Source: ProRail practice; the ladder's fourth edition (2025) replaced five levels by three steps.

    >>> from scoring.contest import plain_contest
    >>> rule = FictitiousDiscount(levels={"3": Decimal("0.04"), "0": Decimal(0)}, criterion="quality")
    >>> contest = plain_contest({"30000000": "3", "29000000": "0"})
    >>> [str(one.worked.points) for one in fictitious_discount(rule, contest)]
    ['28800000', '29000000']
    """

    levels: Amounts
    criterion: str | None = None
    price: str | None = None

    def __post_init__(self) -> None:
        for level, discount in self.levels.items():
            require_decimal(discount, f"levels[{level!r}]")
            if not -1 < discount < 1:
                raise ValueError(f"levels[{level!r}] is {discount:f}; write a share below 1, 0.04 for 4 %")
        if not self.levels:
            raise ValueError("levels is empty; write the discount of each level, 0.04 for 4 %")


def fictitious_discount(rule: FictitiousDiscount, contest: Contest) -> list[Figure]:
    """Figures by M3."""
    figures: list[Figure] = []
    for one in contest.contenders:
        name = rule.criterion or next(iter(contest.others))
        discount = _amount(one, name, rule.levels)
        price = not_negative(one, "price", one.price)
        numbers: dict[str, Number] = {"price": one.price, "discount": discount}
        numbers["level"] = f"{name} {one.values[name]}"
        where = "{discount} is the published discount for {level}"
        figures.append(Figure(Worked(price * (1 - discount), "{price} × (1 − {discount})", numbers, where=where)))
    return figures


class QualityPremium(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="id", tag="M4"
):
    """Price less a quality premium

    Formula: p − estimate · (WS − WS_min) / w_price, WS the weighted quality points, w_price the price's weighting in
    percent; the lowest wins.
    Used: New Zealand, NZTA price-quality method.
    Parameters: estimate, the published estimate of the price; price. The weightings give WS and w_price.
    Edge cases: relative to the lowest quality, yet a losing bid's leaving never reorders the others.
    Source: NZTA procurement manual, price-quality method.

    >>> from scoring.contest import plain_contest
    >>> contest = plain_contest({"80": "50", "100": "70", "120": "80", "200": "95"}, price_share=Fraction(6, 10))
    >>> [str(one.worked.points) for one in quality_premium(QualityPremium(estimate=Decimal(120)), contest)]
    ['80', '84', '96', '164']
    """

    estimate: Decimal
    price: str | None = None

    def __post_init__(self) -> None:
        require_above_zero(self.estimate, "estimate")


def quality_premium(rule: QualityPremium, contest: Contest) -> list[Figure]:
    """Figures by M4."""
    estimate = Fraction(rule.estimate)
    lowest = min(one.worth for one in contest.contenders)
    return [
        Figure(
            Worked(
                one.price - estimate * (one.worth - lowest) / contest.price_share,
                "{price} − {estimate} × ({sum} − {lowest}) ÷ {weighting}",
                {
                    "price": one.price,
                    "estimate": estimate,
                    "sum": one.worth * 100,
                    "lowest": lowest * 100,
                    "weighting": contest.price_share * 100,
                },
                where="{sum} is the sum of the weighted quality points, {lowest} the lowest such sum of the bids, "
                "{estimate} the published estimate and {weighting} the weighting of the price",
            )
        )
        for one in contest.contenders
    ]


class LifeCycleCost(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="id", tag="M5"
):
    """Life-cycle cost

    Formula: p + Σ cost / (1 + rate)^year, the lowest wins.
    Used: Directive 2014/24/EU art. 68; ProZorro "addition".
    Parameters: years, for each cost criterion the list of years in which that cost falls, year 0 undiscounted; rate,
    the discount rate as a share (0.035 for 3.5 %); price.
    Edge cases: a rate of 0 adds the costs as they are.
    Source: Directive 2014/24/EU art. 68 (discounting from knowledge).

    >>> from scoring.contest import plain_contest
    >>> rule = LifeCycleCost(rate=Decimal("0.25"), years={"quality": (1, 2)})
    >>> [str(one.worked.points) for one in life_cycle_cost(rule, plain_contest({"80": "50"}))]
    ['152']
    """

    years: dict[str, tuple[Annotated[int, msgspec.Meta(ge=0, le=100)], ...]]
    rate: Decimal = Decimal(0)
    price: str | None = None

    def __post_init__(self) -> None:
        require_decimal(self.rate, "rate", decimals=6)
        if not 0 <= self.rate < 1:
            raise ValueError(f"rate is {self.rate:f}; write a share below 1, 0.035 for 3.5 %")
        if not self.years or not all(self.years.values()):
            raise ValueError('years must list at least one year for each cost criterion, such as {"energy":[1,2,3]}')


def life_cycle_cost(rule: LifeCycleCost, contest: Contest) -> list[Figure]:
    """Figures by M5."""
    growth = 1 + Fraction(rule.rate)
    figures: list[Figure] = []
    for one in contest.contenders:
        parts: list[_Part] = []
        for name, years in rule.years.items():
            cost = number_of(one, name)
            how = f"{printed(cost)} ÷ {printed(growth)} ^ "
            parts += [_Part("+", cost / growth**year, name, f"{how}{year}") for year in years]
        figures.append(_priced(one, parts))
    return figures


class CarbonPriced(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="id", tag="M6"
):
    """Carbon priced in

    Formula: p + Σ tCO2e · price of the year, the lowest wins.
    Used: Netherlands and UK, shadow price of carbon; EU art. 68(2) external costs.
    Parameters: prices, for each carbon criterion the amount per unit of it (one criterion a year where prices differ
    by year); price, the id of the price criterion.
    Edge cases: negative emissions lower the comparison price.
    Source: Directive 2014/24/EU art. 68(1)(b); published carbon values of the buyer's country.

    >>> from scoring.contest import plain_contest
    >>> rule = CarbonPriced(prices={"quality": Decimal("2.5")})
    >>> [str(one.worked.points) for one in carbon_priced(rule, plain_contest({"80": "50"}))]
    ['205']
    """

    prices: Amounts
    price: str | None = None

    def __post_init__(self) -> None:
        if not self.prices:
            raise ValueError("prices is empty; write the amount per unit of each carbon criterion")
        require_decimals(self.prices, "prices")


def carbon_priced(rule: CarbonPriced, contest: Contest) -> list[Figure]:
    """Figures by M6."""
    figures: list[Figure] = []
    for one in contest.contenders:
        amounts = {name: number_of(one, name) for name in rule.prices}
        figures.append(
            _priced(
                one,
                [
                    _Part("+", amounts[name] * Fraction(price), name, f"{printed(amounts[name])} × {price:f}")
                    for name, price in rule.prices.items()
                ],
            )
        )
    return figures


class WillingnessToPay(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="id", tag="M7"
):
    """Willingness to pay

    Formula: p − Q · wtp, Q the quality on 0–100; the lowest wins.
    Used: UK MOD.
    Parameters: wtp, what one more quality point may cost; price.
    Edge cases: the comparison price can fall below 0.
    Source: UK MOD, paying 20–50 % more for quality 100 than for 60 (lajh87/tessa).

    >>> from scoring.contest import plain_contest
    >>> rule = WillingnessToPay(wtp=Decimal("0.5"))
    >>> [str(one.worked.points) for one in willingness_to_pay(rule, plain_contest({"80": "50", "100": "95"}))]
    ['55', '105/2']
    """

    wtp: Decimal
    price: str | None = None

    def __post_init__(self) -> None:
        require_decimal(self.wtp, "wtp", low=0)


def willingness_to_pay(rule: WillingnessToPay, contest: Contest) -> list[Figure]:
    """Figures by M7."""
    wtp = Fraction(rule.wtp)
    return [
        Figure(
            Worked(
                one.price - one.quality * wtp,
                "{price} − {quality} × {wtp}",
                {"price": one.price, "quality": one.quality, "wtp": wtp},
                where="{quality} is the quality and {wtp} what one quality point may cost",
            )
        )
        for one in contest.contenders
    ]


MonetisedRule = (
    AwardOnValue | BonusMalus | FictitiousDiscount | QualityPremium | LifeCycleCost | CarbonPriced | WillingnessToPay
)


def monetised_figures(rule: MonetisedRule, contest: Contest) -> list[Figure]:
    """Figures of the bids by a rule of this family."""
    match rule:
        case AwardOnValue():
            return award_on_value(rule, contest)
        case BonusMalus():
            return bonus_malus(rule, contest)
        case FictitiousDiscount():
            return fictitious_discount(rule, contest)
        case QualityPremium():
            return quality_premium(rule, contest)
        case LifeCycleCost():
            return life_cycle_cost(rule, contest)
        case CarbonPriced():
            return carbon_priced(rule, contest)
        case WillingnessToPay():
            return willingness_to_pay(rule, contest)
        case _:
            assert_never(rule)


def named_by(rule: MonetisedRule) -> Mapping[str, object]:
    """The criteria that a rule's own tables name."""
    match rule:
        case AwardOnValue():
            return rule.values
        case BonusMalus():
            return {**rule.bonus, **rule.malus}
        case FictitiousDiscount():
            return {} if rule.criterion is None else {rule.criterion: None}
        case LifeCycleCost():
            return rule.years
        case CarbonPriced():
            return rule.prices
        case QualityPremium() | WillingnessToPay():
            return {}
        case _:
            assert_never(rule)
