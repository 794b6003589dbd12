"""How bids will be scored: for anybody, before any bid, with an example that the engine can work again."""

import json
from typing import Any

import msgspec

import scoring
from service.scoring_sheet import ScoringSheet, worked_example
from tests.make import a_lot
from tests.make_papers import rules_with
from tests.service.conftest import Market, refused
from tests.service.test_papers import words_of


def path_of(tender: dict[str, Any], form: str = "html") -> str:
    """Where a tender's first lot has its sheet."""
    return f"/public/lots/{tender['lots'][0]['id']}/scoring-sheet.{form}"


async def test_anybody_reads_it_from_the_publication_on_and_nobody_before(market: Market):
    draft = await market.draft()
    for form in ("pdf", "html"):
        for person in (market.anonymous, market.author, market.alder):
            refused(await person.get(path_of(draft, form)), 404, "not-found")
    tender = await market.publish()
    assert (await market.anonymous.get(path_of(tender))).status_code == 200
    assert (await market.anonymous.get(path_of(tender, "pdf"))).status_code == 202
    refused(await market.anonymous.get("/public/lots/none/scoring-sheet.html"), 404, "not-found")


async def test_it_tells_every_rule_and_works_an_example(market: Market):
    tender = await market.publish()
    page = words_of((await market.anonymous.get(path_of(tender))).text)
    for words in (
        "Method statement",
        "Inverse proportional",
        "100 · m / p",
        "very good",
        "Meets it with added value.",
        "a bid with fewer than 40 points of 100 is not ranked",
        "Example bid A",
        "Nothing has changed since the publication.",
        tender["lots"][0]["rules_digest"][:8],
    ):
        assert words in page, words


async def test_a_call_off_is_for_the_framework_s_suppliers_alone(market: Market):
    """Whoever has no key is no supplier of any framework."""
    tender = await market.publish()
    other = await market.publish()
    await market.owner.execute(
        "UPDATE tenders SET framework_id = $1, estimated_value = 1 WHERE id = $2", tender["id"], other["id"]
    )
    refused(await market.anonymous.get(path_of(other)), 404, "not-found")


async def test_a_corrigendum_stands_in_it_with_its_reason(market: Market):
    tender = await market.publish()
    before = await market.anonymous.get(path_of(tender, "pdf"))
    await market.amend(tender, {"reason": "The site visit was moved.", "title": "Roofs"})
    page = words_of((await market.anonymous.get(path_of(tender))).text)
    assert "title The site visit was moved." in page
    assert "Nothing has changed" not in page
    assert before.status_code == (await market.anonymous.get(path_of(tender, "pdf"))).status_code == 202
    rows = await market.owner.fetch("SELECT data FROM papers WHERE tender_id = $1 ORDER BY asked_at", tender["id"])
    assert [msgspec.json.decode(row["data"], type=ScoringSheet).heading.title for row in rows] == [
        tender["title"],
        "Roofs",
    ]


async def test_nothing_of_a_bid_or_of_the_panel_is_in_it(market: Market):
    tender, _, _ = await market.evaluated()
    text = (await market.anonymous.get(path_of(tender))).text
    for secret in (market.alder.name, "1184500", "Phasing is shown", "Evaluator<", market.evaluator.name + "<"):
        assert secret not in text


def test_the_example_is_the_engine_s_own_and_always_the_same():
    lot = rules_with("Price")
    example = worked_example(lot)
    assert example is not None
    assert scoring.canonical(scoring.evaluate(lot, list(example.inputs))) == scoring.canonical(example)
    again = worked_example(msgspec.convert(json.loads(scoring.canonical(lot)), scoring.Lot))
    assert again is not None
    assert scoring.canonical(again) == scoring.canonical(example)


def test_a_rule_for_the_whole_tender_has_an_example_too():
    scale = [{"value": "0"}, {"value": "5"}]
    plan = {"id": "plan", "weighting": "100", "method": {"id": "graded", "scale": scale}}
    price = {"id": "price", "weighting": "0", "unit": "GBP"}
    lot = msgspec.convert({"criteria": [price, plan], "rule": {"id": "R1"}}, scoring.Lot)
    assert worked_example(lot) is not None


async def test_each_lot_has_its_own(market: Market):
    tender = await market.publish(lots=[a_lot(title="North"), a_lot(title="South")])
    paths = [f"/public/lots/{lot['id']}/scoring-sheet.html" for lot in tender["lots"]]
    pages = [words_of((await market.anonymous.get(path)).text) for path in paths]
    assert ["Lot 1 · North" in pages[0], "Lot 2 · South" in pages[1]] == [True, True]
