"""One year of a city, played once through the public API: what it says is what its files, bids and contracts give."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from service import city, city_spend, papers, pdf, spend_reports
from service.city import Year
from service.city_data import CONTACTS, PEOPLE
from service.play import Cast, keep
from service.settings import Settings
from tests.service.conftest import Market, at_work
from tests.service.test_papers import words_of
from tests.service.test_pdf import can_print

if TYPE_CHECKING:
    from service.operations import Monitored

PRINTED = ("1-spend", "3-contract-library-03", "4-what-was-learnt")
"""What is kept here: the others are printed by the same means, and are tested where they belong."""


class Played(NamedTuple):
    """The year, who played it, and where its reports lie."""

    year: Year
    cast: Cast
    folder: Path

    def promise(self, tender: int, criterion: str) -> "Monitored":
        """How a promise of one of the contracts stands."""
        return next(one for one in self.year.monitored[tender]["obligations"] if one["criterion_id"] == criterion)


@pytest.fixture(scope="module")
async def played(market: Market, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Played]:
    """The year, with its reports where the machine can print."""
    folder = tmp_path_factory.mktemp("city")

    def play() -> Played:
        with Cast(market.url, market.operator.key, PEOPLE, CONTACTS) as cast:
            year = city.live(cast)
            if can_print():
                keep(folder, [one for one in city.papers(cast, year) if one.name in PRINTED])
        return Played(year, cast, folder)

    settings = Settings(report_workers=1)
    async with at_work(market, lambda seats, seal: {**spend_reports.duties(settings), **papers.duties(seats, seal)}):
        yield await asyncio.to_thread(play)


def test_every_penny_of_the_year_is_counted_or_told_why_not(played: Played) -> None:
    """What is passed on and the repeated line do not count; a total and a heading were no payments at all."""
    result = played.year.analysed.result
    assert Decimal(result["amount"]) == city_spend.counted()
    assert {one["lines"] for one in result["left_out"]} == {12, 1}
    assert result["proposals"] == []
    assert played.year.analysed.answered == 1


def test_each_tender_answers_a_finding_and_is_ranked_by_its_own_and_the_catalogue_s_criteria(played: Played) -> None:
    """The dearest bid wins where the panel and the promises say so; the cheapest wins elsewhere."""
    ranked = [
        [bid["total"] for bid in one.ran.result["bids"] if bid.get("rank") is not None] for one in played.year.bought
    ]
    assert [one.winner for one in played.year.bought] == [
        "Hazel Build plc",
        "Juniper Kitchens CIC",
        "Sorrel Grounds Ltd",
    ]
    assert ranked == [
        ["71.60", "70.70", "62.45"],
        ["77.72", "68.19", "56.79"],
        ["69.50", "67.85", "63.36", "55.37"],
    ]
    assert [one.finding["id"] for one in played.year.bought] == [
        "influence:Building works",
        "influence:School meals",
        "smes",
    ]


def test_a_shortfall_climbs_the_ladder_and_costs_what_was_agreed_and_what_was_kept_costs_nothing(
    played: Played,
) -> None:
    """131 of 260 weeks: 1.5 × the advantage that the rest had brought, at most the cap of the contract."""
    weeks = played.promise(0, "apprentice-weeks")
    assert (weeks["standing"]["verified"], weeks["standing"]["achievement"]) == ("131", "50.38")
    steps = [(one["step"], one["amount"]) for one in weeks["remedies"]]
    assert [step for step, _ in steps] == ["notify", "rectification_plan", "withhold"]
    assert Decimal(steps[-1][1] or 0) == 184_000
    assert weeks["standing"]["rating"] == "inadequate"
    assert all(not one["remedies"] for one in played.year.monitored[1]["obligations"])
    assert [len(one["obligations"]) for one in played.year.monitored] == [4, 4, 4]
    assert all(len(one["record"]["assessments"]) == 1 for one in played.year.monitored)
    assert all(one["record"]["published"][0]["about"] == "assessment" for one in played.year.monitored)


def test_what_was_learnt_is_delivered_over_promised_of_each_supplier(played: Played) -> None:
    learnt = {one["title"]: one for one in played.year.learnt}
    assert (learnt["Apprenticeship weeks"]["promised"], learnt["Apprenticeship weeks"]["percent"]) == ("260", "50.38")
    assert [by["supplier"] for by in learnt["Apprenticeship weeks"]["suppliers"]] == ["Hazel Build plc"]
    assert Decimal(learnt["Apprenticeship weeks"]["plausible"] or 0) == Decimal("0.5038")
    assert learnt["Work placement weeks"]["percent"] == "84.62"
    assert "Menus and kitchens" in learnt
    assert len(learnt) == 12


def test_the_index_says_what_happened_and_where_each_report_lies(played: Played) -> None:
    said = "\n".join(city.index(Path("out"), played.year))
    for words in (
        "GBP 15,493,979.51",
        "notify, rectification plan, withhold GBP 184,000",
        "Apprenticeship weeks                             Hazel Build plc",
        "follow no country's rules",
        *(f"out/{one.name}.pdf" for one in city.papers(played.cast, played.year)),
    ):
        assert words in said, words


@pytest.mark.skipif(not can_print(), reason=f"no PDF without system libraries: {pdf.MEND}")
def test_the_reports_are_the_service_s_own(played: Played) -> None:
    """As PDF and as the same page; the last one tells what the contracts have taught, for next year's draft."""
    assert {path.stem for path in played.folder.iterdir()} == set(PRINTED)
    for name in PRINTED:
        assert (played.folder / f"{name}.pdf").read_bytes().startswith(b"%PDF-"), name
    page = words_of((played.folder / "4-what-was-learnt.html").read_text())
    assert "Hazel Build plc 1 260 131 50.38 %" in page
    assert "plausible of a promise: 50.38 %" in page
    assert "The 10 best paid suppliers" in page
