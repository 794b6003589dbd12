"""The report on a trial: what was tried, what it found; for those who write, approve or audit the tender."""

from typing import Any

from tests.make import a_tender
from tests.service.conftest import Market, done, refused
from tests.service.test_papers import words_of


async def tried(market: Market) -> tuple[dict[str, Any], str, dict[str, Any]]:
    """A draft with a trial: the draft, the report's address, the trial."""
    tender = await market.draft()
    trial = {"lot": 1, "generate": {"number": 4, "seed": 7}, "runs": 20}
    answer = await market.author.post(f"/tenders/{tender['id']}/simulations", trial)
    return tender, f"{answer.headers['location']}/report", done(answer)


async def test_it_tells_who_is_first_under_which_formula_and_what_to_look_at(market: Market):
    _, path, trial = await tried(market)
    page = words_of((await market.author.get(f"{path}.html")).text)
    assert f"First {trial['winners'][0]}" in page
    assert "4 invented, seed 7" in page
    for place in trial["ranking"]:
        assert place["bid"] in page
        assert place["total"] is None or place["total"] in page
    for one in trial["under_others"]:
        assert one["name"] in page
    for problem in trial["problems"]:
        assert problem["mend"] in page
    assert "The lot still has the rules that were tried." in page


async def test_a_draft_that_has_changed_since_says_so(market: Market):
    tender, path, _ = await tried(market)
    changed = a_tender(reference=tender["reference"])
    changed["lots"][0]["rules"]["criteria"][0]["title"] = "Price for the term"
    done(await market.author.put(f"/tenders/{tender['id']}", changed, If_Match='"1"'))
    assert "The lot has other rules now" in words_of((await market.author.get(f"{path}.html")).text)


async def test_it_is_for_the_author_the_approver_and_the_auditor(market: Market):
    _, path, _ = await tried(market)
    for form in ("pdf", "html"):
        for person in (market.author, market.approver, market.auditor):
            assert (await person.get(f"{path}.{form}")).status_code in {200, 202}
        refused(await market.evaluator.get(f"{path}.{form}"), 403, "forbidden")
        for person in (market.alder, market.stranger):
            refused(await person.get(f"{path}.{form}"), 404, "not-found")
        refused(await market.anonymous.get(f"{path}.{form}"), 401, "unauthenticated")
