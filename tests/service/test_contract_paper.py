"""The report on a contract is read by whom its dashboard is for, and stands for the day that it names."""

import msgspec

from service import papers
from service.contract_paper import view
from tests.make_contract import watched
from tests.make_contract_paper import contract_under
from tests.make_papers import heading
from tests.service.conftest import Market, refused
from tests.service.test_papers import words_of


async def test_the_report_is_for_who_reads_the_dashboard_and_names_its_day(market: Market) -> None:
    """As HTML at once, as PDF by the worker; the contractor and colleagues without a role read it not."""
    one = await watched(market)
    path = f"{one.lot}/contract-report"
    page = await one.manager.get(f"{path}.html")
    assert page.status_code == 200, page.text
    today = await market.owner.fetchval("SELECT clock_timestamp()::date")
    assert f"as on {today.day} {today:%B} {today.year}" in page.text
    assert market.birch.name.replace("&", "&amp;") in page.text
    assert (await one.manager.get(f"{path}.pdf")).status_code == 202
    refused(await one.supplier.get(f"{path}.html"), 404, "not-found")
    refused(await market.colleague.get(f"{path}.pdf"), 403, "forbidden")


def test_units_are_words_and_currencies_codes() -> None:
    document = contract_under(heading("Roofs"), "Roofs")
    assert view(document)["units"] == {"week": "weeks", "tCO2e": "tonnes of CO2 equivalent", "count": "number"}
    assert papers.PAPERS["contract"].file == "contract-report"


def test_what_no_bid_promised_what_no_target_covers_and_what_nobody_rates_is_said() -> None:
    """Each beside what it is about: the obligation, the promise that was lowered, the assessment."""
    document = msgspec.json.encode(contract_under(heading("Roofs"), "Roofs"))
    words = words_of(papers.typeset_paper("contract", document, "en"))
    for said in (
        "not from the bid: agreed in the contract alone, so it earned nothing at the award",
        "Advantage that no target covers",
        "225,000.00 × 156.2 ÷ 312.4",
        "periods rated: 1, 2",
        "This period was not over and counts in the next assessment: 3",
        "The contract ended before this period was over, so that no assessment rates it: 4",
    ):
        assert said in words, said
