"""What was learnt from contracts, as a paper: for the buyer's people alone, by the figures of its own contracts."""

from service import papers
from service.learnt_paper import view
from tests.make import a_tender
from tests.make_contract import watched
from tests.make_papers import learnt
from tests.service.conftest import Market, done, refused
from tests.service.test_papers import words_of

PAST = {"starts_on": "2024-04-01", "ends_on": "2025-03-31", "period_months": 3}


async def test_whoever_drafts_reads_what_was_delivered_of_what_had_been_promised(alone: Market) -> None:
    """A draft is enough; no supplier reads it, nor another buyer. More than was promised makes no promise likelier."""
    market = alone  # what is learnt is learnt of all contracts of the buyer
    buyer = market.author
    drafted = done(await buyer.post("/tenders", a_tender(title="The next roofs")))
    path = f"/tenders/{drafted['id']}/what-was-learnt"
    one = await watched(market, days=PAST)
    await one.deliver("apprentice-weeks", 1, "500")
    page = words_of((await buyer.get(f"{path}.html")).text)
    assert "The next roofs" in page
    assert f"{market.birch.name} 1 " in page
    assert "weeks · plausible of a promise: 100.00 %" in page
    assert (await buyer.get(f"{path}.pdf")).status_code == 202
    for person in (market.alder, market.stranger):
        refused(await person.get(f"{path}.html"), 404, "not-found")
    refused(await market.anonymous.get(f"{path}.pdf"), 401, "unauthenticated")


async def test_without_a_contract_it_says_that_there_is_nothing_to_learn(market: Market) -> None:
    other = await market.register(kind="buyer", name="Eastgate")
    drafted = done(await other.post("/tenders", a_tender()))
    page = words_of((await other.get(f"/tenders/{drafted['id']}/what-was-learnt.html")).text)
    assert "No period of a contract has ended yet." in page
    assert "Findings of the spend analysis" not in page


def test_units_are_words() -> None:
    assert view(learnt())["units"] == {"week": "weeks", "tCO2e": "tonnes of CO2 equivalent"}
    assert papers.PAPERS["learnt"].file == "what-was-learnt"
