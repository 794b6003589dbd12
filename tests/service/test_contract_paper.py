"""The report on a contract is read by whom its dashboard is for, and stands for the day that it names."""

from service import papers
from service.contract_paper import view
from tests.make_contract import watched
from tests.make_contract_paper import contract_under
from tests.make_papers import heading
from tests.service.conftest import Market, refused


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
    assert view(document)["units"] == {"week": "weeks", "tCO2e": "tonnes of CO2 equivalent"}
    assert papers.PAPERS["contract"].file == "contract-report"
