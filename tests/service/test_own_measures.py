"""A catalogue that somebody has licensed: read whole, used in one's own drafts, and not passed on unless it may be."""

import io
import zipfile
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest

from service import own_measures
from service.catalogue_reading import read_catalogue
from tests.service.conftest import Market, Person, done, refused

PROJECT = Path(__file__).parent.parent.parent

TOMS = b"""Example framework,,,,,
Ref,Measure,Unit,Proxy Value (GBP),Currency,Evidence
NT-A,Local people employed,No. FTE,"31,000.50",GBP,Payroll extract; contract
NT-B,Hours of volunteering,No. hrs,16.09,GBP,Timesheets
"""
"""As such frameworks are laid out, with invented values."""


async def send_catalogue(person: Person, content: bytes, **fields: str) -> httpx.Response:
    named = {
        "title": "Example framework",
        "version": "2026",
        "licence": "CC BY-NC-ND 4.0",
        "source": "Its owner",
    } | fields
    headers = {"Authorization": f"Bearer {person.key}", "Content-Type": "text/csv"}
    return await person.http.post("/catalogues", params=named | fields, content=content, headers=headers)


async def test_a_licensed_catalogue_is_used_and_not_given_away(market: Market) -> None:
    """Its measures become criteria of one's own draft, with a word about the licence; no file leaves the house."""
    own = done(await send_catalogue(market.author, TOMS, title="A licensed one"))
    assert [(one["code"], one["unit"], one["value"]) for one in own["measures"]] == [
        ("NT-A", "fte_year", "31000.50"),
        ("NT-B", "hour", "16.09"),
    ]
    assert own["measures"][0]["evidence"] == ["Payroll extract", "contract"]
    again = await send_catalogue(market.author, TOMS, title="A licensed one")
    assert (done(again), again.headers["idempotency-replayed"]) == (own, "true")
    other = await send_catalogue(market.author, TOMS + b"\n", title="A licensed one")
    refused(other, 409, "catalogue-there")
    path = f"/catalogues/{own['id']}"
    assert done(await market.colleague.get(path))["digest"] == own["digest"]
    refused(await market.author.get(f"{path}/export.csv"), 403, "licence-forbids-export")
    refused(await market.stranger.get(path), 404, "not-found")
    refused(await market.stranger.get(f"{path}/export.csv"), 404, "not-found")
    assert own["id"] in [one["id"] for one in done(await market.author.get("/catalogues"))]
    tender = await market.draft()
    proposal = {"weighting": "5", "measures": [{"code": "NT-A", "weighting": "100", "target": "4"}]}
    made = done(await market.author.post(f"/tenders/{tender['id']}/criteria/from-catalogue/{own['id']}", proposal))
    assert made["criterion"]["criteria"][0]["title"] == "Local people employed"
    said = [warning["message"] for warning in made["warnings"]]
    assert ["CC BY-NC-ND 4.0" in message for message in said] == [True]
    opened = done(await send_catalogue(market.author, TOMS, title="Our own", licence="Open Government Licence v3.0"))
    file = await market.author.get(f"/catalogues/{opened['id']}/export.csv")
    assert '"NT-B","Hours of volunteering","hour","16.09","GBP"' in file.text
    assert "Open Government Licence v3.0" in file.text


@pytest.mark.parametrize(
    ("licence", "allowed"),
    [
        ("Open Government Licence 3.0", True),
        ("OGL v3", True),
        ("CC BY 4.0", True),
        ("CC BY-SA 4.0", True),
        ("CC0", True),
        ("CC BY-NC-ND 4.0", False),
        ("CC BY-NC 4.0", False),
        ("CC BY-ND 4.0", False),
        ("cc by nc sa", False),
        ("Proprietary", False),
        ("CC BY 4.0, but not for tools", False),
        ("unknown", False),
    ],
)
def test_only_licences_that_are_known_to_allow_it_let_a_catalogue_out(licence: str, allowed: object) -> None:
    assert own_measures.may_export(licence) is allowed


async def test_a_formula_in_a_catalogue_is_refused_by_its_cell_or_stays_text(market: Market) -> None:
    """Held back by an apostrophe it is text, comes in without it, and goes out with it; so does what looks like one."""
    named = {"title": "Formula", "licence": "CC0"}
    problem = refused(
        await send_catalogue(market.author, b"code,title,unit\nX,=1+1,week\n", **named), 422, "catalogue-not-readable"
    )
    assert [fault["pointer"] for fault in problem["errors"]] == ["B2"]
    own = done(await send_catalogue(market.author, b"code,title,unit\nX,'=1+1,week\nY,|x,hour\n", **named))
    assert [one["title"] for one in own["measures"]] == ["=1+1", "|x"]
    file = await market.author.get(f"/catalogues/{own['id']}/export.csv")
    assert '"X","\'=1+1","week"' in file.text
    assert '"Y","\'|x","hour"' in file.text
    again = done(await send_catalogue(market.author, file.content, **named, version="2027"))
    assert again["measures"] == own["measures"]


async def test_a_catalogue_that_is_no_csv_is_refused_by_its_cell(market: Market) -> None:
    """A quote that nobody closes: where it begins, and not a crash."""
    broken = b'code,title,unit\nX,Weeks,week\nY,"Hours,hour\n'
    problem = refused(await send_catalogue(market.author, broken, title="Broken"), 422, "catalogue-not-readable")
    assert [fault["pointer"] for fault in problem["errors"]] == ["A3"]


@pytest.mark.parametrize(
    "content",
    [b"supplier,amount\nAlder,5\n", b"\xff\xfe\x00", b"PK\x03\x04 not a workbook", b"[1]", b"code,title,unit\n"],
)
async def test_what_is_no_catalogue_is_refused(market: Market, content: bytes) -> None:
    problem = refused(await send_catalogue(market.author, content, title="Bad"), 422, "catalogue-not-readable")
    assert problem["errors"]


def workbook(*rows: tuple[Any, ...]) -> bytes:
    """A workbook of one sheet, in as few parts as there can be."""
    cells = "".join(
        f'<row r="{number}">'
        + "".join(
            f"<c><v>{value}</v></c>" if isinstance(value, float) else f'<c t="inlineStr"><is><t>{value}</t></is></c>'
            for value in row
        )
        + "</row>"
        for number, row in enumerate(rows, start=1)
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r"'
        f' Type="{rel}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{rel}"><sheets><sheet name="S" sheetId="1" r:id="r1"/>'
        "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1"'
        f' Type="{rel}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>',
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name, text in parts.items():
            packed.writestr(name, text)
    return out.getvalue()


async def test_a_workbook_is_read_to_the_digits_that_it_shows(market: Market) -> None:
    content = workbook(("Code", "Title", "Unit", "Value", "Currency"), ("W-1", "Weeks", "weeks", 251.79, "GBP"))
    own = done(await send_catalogue(market.author, content, title="Workbook"))
    assert [(one["unit"], one["value"]) for one in own["measures"]] == [("week", "251.79")]


async def test_more_of_money_that_is_promised_is_better(market: Market) -> None:
    """What local firms will be paid is no price; a catalogue that says otherwise is believed."""
    rows = (
        b"Ref,Measure,Unit,Direction\n"
        b"NT-C,Spend in local supply chain,GBP,\nNT-D,Cost of disposal,GBP,lower\nNT-E,Emissions,tCO2e,\n"
    )
    own = done(await send_catalogue(market.author, rows, title="Money"))
    chosen = [
        {"code": "NT-C", "weighting": "40", "target": "50000"},
        {"code": "NT-D", "weighting": "30", "target": "100", "worst": "900"},
        {"code": "NT-E", "weighting": "30", "target": "1", "worst": "9"},
    ]
    tender = await market.draft()
    path = f"/tenders/{tender['id']}/criteria/from-catalogue/{own['id']}"
    made = done(await market.author.post(path, {"weighting": "5", "measures": chosen}))["criterion"]
    told = {one["id"]: (one["method"]["id"], one["unit"], one.get("direction")) for one in made["criteria"]}
    assert told == {
        "NT-C": ("target", "GBP", "higher"),
        "NT-D": ("A1", "GBP", None),
        "NT-E": ("A1", "tCO2e", None),
    }


@pytest.mark.parametrize(
    "content",
    [
        b'[{"code":"A","title":"B","unit":"hour","value":"1E+900000","currency":"GBP"}]',
        b'[{"code":"A","title":"B","unit":"hour","value":1e100000,"currency":"GBP"}]',
        b'[{"code":"A","title":"B","unit":"hour","value":"0.0000000000001","currency":"GBP"}]',
        b'[{"code":"A","title":"B","title":"C","unit":"hour"}]',
        '[{"code":"A","title":"B\u202eC","unit":"hour"}]'.encode(),
        "code,title,unit\nA,B\u202eC,hour\n".encode(),
        b"[" * 100_000,
    ],
    ids=["exponent", "number", "decimals", "twice", "reversed", "reversed in CSV", "deep"],
)
async def test_a_catalogue_is_read_as_strictly_as_a_body(market: Market, content: bytes) -> None:
    """A value of nine hundred thousand digits would stop whoever reckons with it; two titles or hidden text mislead."""
    refused(await send_catalogue(market.author, content, title="Strict"), 422, "catalogue-not-readable")


def test_hidden_text_in_a_workbook_is_told_by_its_cell(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["code", "title", "unit"], ["A", "B\u202eC", "hour"]):
        book.active.append(row)
    book.save(tmp_path / "own.xlsx")
    assert [fault.pointer for fault in read_catalogue(tmp_path / "own.xlsx").faults] == ["B2"]


async def test_a_value_that_was_taken_before_it_was_bounded_is_gone_and_its_measure_stays(market: Market) -> None:
    """What only had an exponent is written out; a catalogue that was kept with 1E+900000 can be read again."""
    rows = b"code,title,unit,value,currency\nA,A,hour,1,GBP\nB,B,hour,2,GBP\nC,C,hour,3.50,GBP\nD,D,hour,,\n"
    own = done(await send_catalogue(market.author, rows, title="Kept before"))
    await market.owner.execute(
        """UPDATE own_catalogues SET measures = jsonb_set(
            jsonb_set(measures, '{0,value}', '"1E+900000"'), '{1,value}', '"1.5E+3"'
        ) WHERE id = $1::text::uuid""",
        own["id"],
    )
    await market.owner.execute((PROJECT / "migrations" / "0056_values_of_own_measures.sql").read_text("utf-8"))
    again = done(await market.author.get(f"/catalogues/{own['id']}"))
    assert [one.get("value") for one in again["measures"]] == [None, "1500", "3.50", None]
    assert [one["code"] for one in again["measures"]] == ["A", "B", "C", "D"]
