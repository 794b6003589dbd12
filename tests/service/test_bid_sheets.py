"""Bids as sheets: judged, sealed and receipted as those sent as JSON, with faults told by cells."""

import io
from typing import Any
from uuid import uuid4

import httpx
import openpyxl

from service import sheets
from service.sheets import CSV, XLSX
from tests.make import a_bid, a_lot
from tests.service.conftest import Market, Person, done, refused


async def template(person: Person, lot: str, form: str, query: str = "") -> bytes:
    answer = await person.get(f"/lots/{lot}/bids/template?format={form}{query}")
    assert answer.is_success, answer.text
    return answer.content


async def send(person: Person, path: str, body: bytes, media_type: str, method: str = "POST") -> httpx.Response:
    headers = {"Authorization": f"Bearer {person.key}", "Content-Type": media_type, "Idempotency-Key": str(uuid4())}
    return await person.http.request(method, path, content=body, headers=headers)


def filled(body: bytes, values: dict[str, Any], *more: tuple[str, Any]) -> bytes:
    """A workbook as a supplier fills it in."""
    book = openpyxl.load_workbook(io.BytesIO(body))
    sheet = book.active
    for row in sheet.iter_rows(min_row=3):
        row[1].value = values.get(row[0].value.partition("/")[2], row[1].value)
    for field in more:
        sheet.append(field)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


async def test_a_filled_workbook_is_a_bid_like_any_other(market: Market) -> None:
    """Checked, submitted, replaced by CSV and opened with the values that were in the cells; joint bids add rows."""
    tender = await market.publish()
    lot = tender["lots"][0]["id"]
    values = a_bid()["values"]
    members = [("members/1/name", "Alder Roofing Ltd"), ("members/1/role", "lead"), ("members/1/share", "60")]
    members += [("members/2/name", "Ash GmbH"), ("members/2/role", "member"), ("members/2/share", "40")]
    body = filled(await template(market.alder, lot, "xlsx"), values, *members)
    assert done(await send(market.alder, f"/lots/{lot}/bids?validate=only", body, XLSX))["complete"] is True
    receipt = done(await send(market.alder, f"/lots/{lot}/bids", body, XLSX))

    read = sheets.read(body, XLSX)
    read.rows[2][1] = "1250.75"
    text = sheets.write(read.rows, "csv")
    replaced = done(await send(market.alder, f"/bids/{receipt['bid_id']}", text, CSV, "PUT"))
    assert replaced["version"] == 2
    sealed = await market.owner.fetch("SELECT * FROM sealed_envelopes WHERE bid_id = $1", receipt["bid_id"])
    assert sealed
    assert not any(b"Ash GmbH" in bytes(cell) for row in sealed for cell in row.values() if isinstance(cell, bytes))

    await market.open(tender)
    (opened,) = done(await market.moderator.get(f"/lots/{lot}/bids"))
    first = read.rows[2][0].partition("/")[2]
    assert opened["offers"] == {name: str(value) for name, value in (values | {first: "1250.75"}).items()}
    assert [party["name"] for party in opened["parties"]] == ["Alder Roofing Ltd", "Ash GmbH"]


async def test_every_fault_of_a_sheet_is_told_by_its_cell_and_nothing_is_stored(market: Market) -> None:
    """Formulas and ambiguous numbers at once, then what the rules find; the log is told no content."""
    tender = await market.publish(lots=[a_lot(variants={"minimum_requirements": "Quieter.", "at_most": 1})])
    lot = tender["lots"][0]["id"]
    empty = await template(market.birch, lot, "xlsx")
    names = [row[0].partition("/")[2] for row in sheets.read(empty, XLSX).rows[2:]]
    price = "B" + str(3 + names.index("price"))
    ambiguous = filled(empty, {"price": "1.234"}, ("values/price", "7"), ("colour", "secret-red"))
    problem = refused(await send(market.birch, f"/lots/{lot}/bids", ambiguous, XLSX), 422, "sheet-unreadable")
    last = len(names) + 3
    assert [fault["pointer"] for fault in problem["errors"]] == [price, f"A{last}", f"A{last + 1}"]
    assert "secret-red" not in problem["detail"]
    formula = refused(
        await send(market.birch, f"/lots/{lot}/bids", filled(empty, {"price": "=7*6"}), XLSX), 422, "sheet-unreadable"
    )
    assert [fault["pointer"] for fault in formula["errors"]] == [price]
    unfit = await send(market.birch, f"/lots/{lot}/bids?validate=only", filled(empty, {"price": "many"}), XLSX)
    assert price in [fault["pointer"] for fault in refused(unfit, 422, "bid-incomplete")["errors"]]

    variant = sheets.read(await template(market.birch, lot, "csv", "&variant=1"), CSV)
    assert [row[0] for row in variant.rows[-2:]] == ["variant/number", "variant/description"]
    refused(await market.birch.get(f"/lots/{lot}/bids/template?variant=2"), 422, "no-variants")
    other = await market.publish()
    elsewhere = await send(market.birch, f"/lots/{other['lots'][0]['id']}/bids", empty, XLSX)
    assert refused(elsewhere, 422, "sheet-unreadable")["errors"][0]["pointer"] == "A1"
    rows = sheets.read(empty, XLSX).rows
    rows[0][2] = "0" * 64
    changed = await send(market.birch, f"/lots/{lot}/bids", sheets.write(rows, "csv"), CSV)
    refused(changed, 409, "rules-changed")
    assert done(await market.birch.get(f"/lots/{lot}/bids")) == []
