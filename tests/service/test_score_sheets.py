"""Scores as sheets: all rows or none, by the rules of a single score, with faults told by cells."""

import httpx

from service import sheets
from service.sheets import CSV, TYPES, XLSX
from tests.make import a_score
from tests.service.conftest import Market, Person, done, refused


async def send(person: Person, lot: str, rows: list[list[str]], form: sheets.Format, query: str = "") -> httpx.Response:
    headers = {"Authorization": f"Bearer {person.key}", "Content-Type": TYPES[form]}
    body = sheets.write(rows, form)
    return await person.http.post(f"/lots/{lot}/scores/sheet{query}", content=body, headers=headers)


async def test_an_evaluator_fills_in_a_sheet_and_all_of_it_counts_or_nothing(market: Market) -> None:
    """A wrong row keeps out the right one; a change says why; the same again changes nothing."""
    tender = await market.publish()
    lot = tender["lots"][0]["id"]
    cunning = await market.register(name='=HYPERLINK("http://evil.example")')
    for supplier in (market.alder, cunning):
        done(await supplier.submit(tender))
    await market.open(tender)
    got = await market.evaluator.get(f"/lots/{lot}/scores/sheet?format=csv")
    rows = sheets.read(got.content, CSV).rows
    assert b',"=HYPERLINK' not in got.content
    assert rows[3][1] == cunning.name
    names = rows[1]
    value, reason, cites, change = (names.index(name) for name in ("value", "reason", "cites", "change_reason"))

    rows[2][value], rows[2][reason], rows[2][cites] = "4", "Phased well.", "p. 4\np. 9"
    rows[3][value], rows[3][cites] = "eleven", "p. 1"
    problem = refused(await send(market.evaluator, lot, rows, "xlsx"), 422, "sheet-unreadable")
    assert [fault["pointer"] for fault in problem["errors"]] == ["F4"]
    rows[3][reason] = "Thin."
    problem = refused(await send(market.evaluator, lot, rows, "csv"), 422, "sheet-unreadable")
    assert [fault["pointer"] for fault in problem["errors"]] == ["E4"]
    assert done(await market.evaluator.get(f"/lots/{lot}/scores")) == []
    rows[3][value] = "2"
    tried = done(await send(market.evaluator, lot, rows, "xlsx", "?validate=only"))
    assert (tried["new"], tried["scores"]) == (len([row for row in rows[2:] if row[value]]), [])
    stored = done(await send(market.evaluator, lot, rows, "xlsx"))
    assert {(one["value"], one["reason"], tuple(one["cites"])) for one in stored["scores"]} == {
        ("4", "Phased well.", ("p. 4", "p. 9")),
        ("2", "Thin.", ("p. 1",)),
    }

    again = sheets.read((await market.evaluator.get(f"/lots/{lot}/scores/sheet")).content, XLSX).rows
    assert again[2][value : cites + 1] == ["4", "Phased well.", "p. 4\np. 9"]
    same = done(await send(market.evaluator, lot, again, "csv"))
    assert (same["new"], same["unchanged"]) == (0, 2)
    again[2][value] = "5"
    problem = refused(await send(market.evaluator, lot, again, "csv"), 422, "sheet-unreadable")
    assert [fault["pointer"] for fault in problem["errors"]] == ["H3"]
    again[2][change] = "The annex was read."
    (changed,) = done(await send(market.evaluator, lot, again, "csv"))["scores"]
    assert (changed["version"], changed["value"]) == (2, "5")
    told = done(await market.auditor.get(f"/tenders/{tender['id']}/events?limit=200"))
    given = [entry["data"] for entry in told if entry["kind"] == "score.given"]
    assert len(given) == 3
    assert given[-1]["was"] == "4"


async def test_nobody_scores_by_a_sheet_what_he_may_not_score_by_hand(market: Market) -> None:
    """Who has no seat, rows of other bids, a row twice, another lot's sheet, a criterion that is locked."""
    tender = await market.publish()
    lot = tender["lots"][0]["id"]
    receipt = done(await market.alder.submit(tender))
    refused(await market.evaluator.get(f"/lots/{lot}/scores/sheet"), 409, "not-opened")
    await market.open(tender)
    refused(await market.second_evaluator.get(f"/lots/{lot}/scores/sheet"), 403, "not-seated")
    refused(await market.moderator.get(f"/lots/{lot}/scores/sheet"), 403, "forbidden")
    refused(await market.alder.get(f"/lots/{lot}/scores/sheet"), 404, "not-found")
    rows = sheets.read((await market.evaluator.get(f"/lots/{lot}/scores/sheet")).content, XLSX).rows
    foreign = [["0" * 8 + rows[2][0][8:], *rows[2][1:]], rows[2]]
    problem = refused(await send(market.evaluator, lot, [*rows, *foreign], "csv"), 422, "sheet-unreadable")
    assert [fault["pointer"] for fault in problem["errors"]] == [f"A{len(rows) + 1}", f"A{len(rows) + 2}"]
    strange = [[rows[0][0], "0" * 36], *rows[1:]]
    refused(await send(market.evaluator, lot, strange, "csv"), 422, "sheet-unreadable")
    refused(await market.evaluator.post(f"/lots/{lot}/scores/sheet", {}), 415, "unsupported-media-type")
    for criterion in {row[2] for row in rows[2:]}:
        path = f"/bids/{receipt['bid_id']}"
        done(await market.evaluator.put(f"{path}/scores/{criterion}", a_score()))
        done(await market.moderator.put(f"{path}/consensus/{criterion}", a_score()))
        await market.lock(tender, criterion)
    rows = sheets.read((await market.evaluator.get(f"/lots/{lot}/scores/sheet")).content, XLSX).rows
    assert done(await send(market.evaluator, lot, rows, "csv"))["unchanged"] == len(rows) - 2
    rows[2][5] += " And more."
    problem = refused(await send(market.evaluator, lot, rows, "csv"), 422, "sheet-unreadable")
    assert [fault["pointer"] for fault in problem["errors"]] == ["C3"]
