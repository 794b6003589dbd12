"""Scores as sheets: all rows or none, by the rules of a single score, with faults told by cells."""

import httpx
import pytest

from service import sheets
from service.sheets import CSV, TYPES, XLSX
from tests.make import PANEL_CRITERIA, a_score
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


@pytest.mark.parametrize("form", ["csv", "xlsx"])
async def test_a_moderator_takes_all_scores_with_their_reasons_and_none_of_them_runs(
    market: Market, form: sheets.Format
) -> None:
    """The standing ones, as the list has them; for suppliers, evaluators and who is not cleared there are none."""
    tender = await market.publish()
    lot, path = tender["lots"][0]["id"], f"/lots/{tender['lots'][0]['id']}/scores/export?format={form}"
    cunning = await market.register(name='=HYPERLINK("http://evil.example")')
    bids = [done(await supplier.submit(tender)) for supplier in (market.alder, cunning)]
    refused(await market.moderator.get(path), 409, "not-opened")
    await market.open(tender)
    for bid in bids:
        said = a_score(reason="=1+1", cites=["@p. 4", "p. 9"])
        done(await market.evaluator.put(f"/bids/{bid['bid_id']}/scores/{PANEL_CRITERIA[0]}", said))
    changed = a_score(value="5", reason="-- better", change_reason="+ The annex.")
    done(await market.evaluator.put(f"/bids/{bids[0]['bid_id']}/scores/{PANEL_CRITERIA[0]}", changed))

    got = await market.moderator.get(path)
    assert got.headers["content-type"].partition(";")[0] == TYPES[form]
    if form == "csv":
        assert not [line for line in got.text.split(",") if line[:1] in {"=", "@", "+", "-"}]
    rows = sheets.read(got.content, TYPES[form]).rows
    names = rows[1]
    told = [dict(zip(names, row, strict=True)) for row in rows[2:]]
    listed = {one["bid_id"]: one for one in done(await market.moderator.get(f"/lots/{lot}/scores"))}
    assert [one["bid_id"] for one in told] == [bids[1]["bid_id"], bids[0]["bid_id"]]
    for one in told:
        score = listed[one["bid_id"]]
        assert (one["value"], one["reason"], one["cites"].split("\n")) == (
            score["value"],
            score["reason"],
            score["cites"],
        )
        assert (one["version"], one["given_at"], one["counts"]) == (str(score["version"]), score["given_at"], "yes")
        assert one["Evaluator"] == score["person"]
    assert (told[0]["Bidder"], told[0]["reason"]) == (cunning.name, "=1+1")
    assert (told[1]["version"], told[1]["change_reason"]) == ("2", "+ The annex.")
    problem = refused(await send(market.evaluator, lot, rows, form), 422, "sheet-unreadable")
    assert [fault["pointer"] for fault in problem["errors"]] == ["A1"]
    refused(await market.evaluator.get(path), 403, "forbidden")
    refused(await market.alder.get(path), 404, "not-found")


async def test_who_once_had_a_seat_takes_what_the_list_shows_and_no_more(market: Market) -> None:
    """A moderator who was seated, and has not scored, finds others' scores in the sheet no sooner than in the list."""
    tender = await market.publish()
    lot, criterion = tender["lots"][0]["id"], PANEL_CRITERIA[0]
    bid = done(await market.alder.submit(tender))
    await market.open(tender)
    done(await market.evaluator.put(f"/bids/{bid['bid_id']}/scores/{criterion}", a_score()))
    path = f"/lots/{lot}/scores/export?format=csv"
    assert len(sheets.read((await market.moderator.get(path)).content, CSV).rows) == 3
    await market.owner.execute(
        "INSERT INTO seats (lot_id, criterion_id, person_id, seated_by, seated_at)"
        " VALUES ($1::text::uuid, $2, $3::text::uuid, $4::text::uuid, clock_timestamp())",
        *(lot, criterion, market.moderator.id, market.author.id),
    )
    assert done(await market.moderator.get(f"/lots/{lot}/scores")) == []
    assert len(sheets.read((await market.moderator.get(path)).content, CSV).rows) == 2
