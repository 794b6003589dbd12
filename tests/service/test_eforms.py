"""Award criteria by the business terms of eForms, and a tender refused that the publications office would refuse."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from service import eforms
from service.ocds import AwardCriteria, AwardCriterion, Number
from tests.make import a_criterion, a_lot, a_rules, a_tender
from tests.service.conftest import Market, done, refused


async def test_a_lot_is_told_by_business_terms(market: Market) -> None:
    """Types, numbers with their kinds, goals; by anybody who may read the tender."""
    draft = await market.draft()
    told = done(await market.author.get(f"/tenders/{draft['id']}/eforms"))
    assert (told["sdk"], told["refused"]) == ("eforms-sdk-1.16", [])
    (lot,) = told["lots"]
    assert [(one["type"], one["numbers"]) for one in lot["criteria"][:2]] == [
        ("price", [{"term": "BT-5421", "code": "per-exa", "number": "40"}]),
        (
            "quality",
            [
                {"term": "BT-5421", "code": "per-exa", "number": "21"},
                {"term": "BT-5423", "code": "min-score", "number": "40"},
            ],
        ),
    ]
    assert (lot["strategic"], lot["social"], lot["environmental"]) == (
        ["env-imp", "soc-obj"],
        ["other"],
        ["clim-mitig"],
    )
    assert lot["strategic_description"] == "Apprentice weeks on the contract, Emissions of the works"
    assert lot["deadline"].startswith("2131-03-14T12:00:00")
    refused(await market.stranger.get(f"/tenders/{draft['id']}/eforms"), 404, "not-found")


async def test_what_the_office_would_refuse_is_refused_at_publication_under_the_directives_alone(
    market: Market,
) -> None:
    """A title of 401 characters (BT-734); where no notice goes to the office, nothing is wrong with it."""
    rules = a_rules(criteria=[a_criterion(title="A" * 401)], tie_break=[])
    lots = [a_lot(rules=rules)]
    for jurisdiction, wrong in (("eu-2014-24", True), ("none", False)):
        draft = await market.draft(
            jurisdiction=jurisdiction, lots=lots, submission_deadline=await market.in_an_hour(), currency="GBP"
        )
        told = done(await market.author.get(f"/tenders/{draft['id']}/eforms"))["refused"]
        assert [fault["message"].partition("(")[2] for fault in told] == ["BT-734)."]
        answer = await market.approver.post(f"/tenders/{draft['id']}/publication", If_Match='"1"')
        if wrong:
            assert told[0] in refused(answer, 422, "tender-not-ready")["errors"]
        else:
            assert answer.is_success, answer.text


async def test_what_a_notice_says_besides_is_told_as_the_draft_says_it(market: Market) -> None:
    """The public opening as it is announced (BT-132), green criteria (BT-805), innovation (BT-06, BT-777)."""
    notice = {
        "opening_at": "2131-03-14T13:00:00Z",
        "green_criteria": ["eu", "national"],
        "innovation": "A first of its kind.",
    }
    draft = await market.draft(notice=notice)
    (lot,) = done(await market.author.get(f"/tenders/{draft['id']}/eforms"))["lots"]
    assert (lot["opening"][:16], lot["green"]) == ("2131-03-14T13:00", ["eu", "national"])
    assert lot["strategic"] == ["env-imp", "soc-obj", "inn-pur"]
    assert lot["strategic_description"].endswith(", A first of its kind.")
    edited = done(
        await market.author.put(f"/tenders/{draft['id']}", a_tender(reference=draft["reference"]), If_Match='"1"')
    )
    assert edited["notice"] is None
    (lot,) = done(await market.author.get(f"/tenders/{draft['id']}/eforms"))["lots"]
    assert (lot["opening"], lot["green"], lot["strategic"]) == (None, [], ["env-imp", "soc-obj"])


async def test_innovation_alone_is_a_goal(market: Market) -> None:
    rules = a_rules(criteria=[a_criterion()], tie_break=[])
    draft = await market.draft(lots=[a_lot(rules=rules)], notice={"innovation": "A first of its kind."})
    (lot,) = done(await market.author.get(f"/tenders/{draft['id']}/eforms"))["lots"]
    assert (lot["strategic"], lot["strategic_description"]) == (["inn-pur"], "A first of its kind.")


async def test_nothing_is_opened_before_its_deadline_by_what_is_announced(market: Market) -> None:
    """Neither at publication nor by a corrigendum that moves the deadline; at the very deadline it may be."""
    deadline = datetime.fromisoformat(await market.in_an_hour())
    draft = await market.draft(
        submission_deadline=deadline.isoformat(), notice={"opening_at": (deadline - timedelta(seconds=1)).isoformat()}
    )
    told = done(await market.author.get(f"/tenders/{draft['id']}/eforms"))["refused"]
    assert ["BR-BT-00132-0151" in fault["message"] for fault in told] == [True]
    answer = await market.approver.post(f"/tenders/{draft['id']}/publication", If_Match='"1"')
    assert told[0] in refused(answer, 422, "tender-not-ready")["errors"]
    tender = await market.publish(submission_deadline=deadline.isoformat(), notice={"opening_at": deadline.isoformat()})
    later = {"reason": "More time.", "submission_deadline": (deadline + timedelta(hours=1)).isoformat()}
    problem = refused(await market.propose(tender, later), 422, "invalid-request")
    assert [fault["pointer"] for fault in problem["errors"]] == ["/notice/opening_at"]
    moved = later | {"notice": {"opening_at": later["submission_deadline"], "green_criteria": ["other"]}}
    done(await market.propose(tender, moved))
    changed = done(await market.confirm(tender, 1))
    assert changed["notice"]["green_criteria"] == ["other"]
    assert datetime.fromisoformat(changed["notice"]["opening_at"]) == deadline + timedelta(hours=1)


def criteria_with(*numbers: tuple[Number, ...], **fields: Any) -> AwardCriteria:
    return AwardCriteria(
        criteria=tuple(AwardCriterion(type="quality", name="A", description="B", numbers=one) for one in numbers),
        **fields,
    )


def weight(number: str, kind: Any = "percentageExact") -> Number:
    return Number(number=Decimal(number), weight=kind)


MINIMUM = Number(number=Decimal(1), threshold="minimumScore")
FAULTS = {
    "BR-BT-00539-0200": criteria_with((weight("60"),), (weight("37.9"),)),
    "BR-BT-00539-0201": criteria_with((weight("0.6", "decimalExact"),), (weight("0.37", "decimalExact"),)),
    "BR-BT-00539-0194": criteria_with((weight("1", "order"),), (weight("100"),), order_rationale="Why."),
    "BR-BT-00539-0197": criteria_with((weight("2", "order"),), order_rationale="Why."),
    "BR-BT-00539-0209": criteria_with((weight("1.5", "order"),), order_rationale="Why."),
    "BR-BT-00540-0150": criteria_with((weight("100"), MINIMUM, MINIMUM)),
    "BT-733": criteria_with((weight("1", "order"),)),
    "BT-543": criteria_with(()),
    "BT-539": AwardCriteria(criteria=(), weighting_description="Lots are drawn."),
    "BT-540": AwardCriteria(
        criteria=(AwardCriterion(type="price", name="A", description=" ", numbers=(weight("100"),)),)
    ),
}


@pytest.mark.parametrize("rule", FAULTS)
def test_each_rule_of_the_office_refuses_what_it_is_for(rule: str) -> None:
    """One planted fault for each, found under its number; and nothing else is."""
    (fault,) = eforms.refused(FAULTS[rule], 0)
    assert f"({rule})" in fault.message


@pytest.mark.parametrize(
    "right",
    [
        criteria_with((weight("60"),), (weight("38"),)),
        criteria_with((weight("0.6", "decimalExact"),), (weight("0.38", "decimalExact"),)),
        criteria_with((weight("1", "order"),), (weight("2", "order"),), order_rationale="Nobody can weigh it."),
        criteria_with((weight("30", "pointsExact"), MINIMUM)),
        criteria_with((), weighting_description="Price per quality point."),
    ],
)
def test_what_the_office_takes_is_not_refused(right: AwardCriteria) -> None:
    """Its own slack included: percentages may miss a hundred by one for each."""
    assert list(eforms.refused(right, 0)) == []
