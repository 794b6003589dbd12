"""The set-up of a tender, taken from one and drafted again as another, loses nothing and brings nothing along."""

from hashlib import sha256
from typing import Any

import httpx
import msgspec
import pytest

from scoring.case import Case
from service import setups
from service.drafts import DraftTender
from service.examples import DRAWN_WITH, EXAMPLES
from service.setups import Form, Setup
from tests.make import a_lot, a_rules
from tests.service.conftest import Market, Person, done, refused

TYPES: dict[Form, str] = {"json": "application/json", "yaml": "application/yaml"}


async def send(person: Person, body: bytes, form: Form = "yaml", **asked: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {person.key}", "Content-Type": TYPES[form]}
    return await person.http.post("/tenders/from-setup", content=body, headers=headers, params=asked)


def a_large_tender() -> dict[str, Any]:
    """A draft that says something of everything that a set-up holds."""
    return {
        "description": "Two\nlines: the second with 'marks'.",
        "language": "de",
        "officers_needed": 3,
        "jurisdiction": "uk-pa2023",
        "vat": {"basis": "inclusive", "rates": [{"percent": "20"}]},
        "accepted_currencies": [{"code": "EUR", "rate": "0.8512", "rate_on": "2026-01-31", "source": "ECB"}],
        "framework": {"ends_at": "2135-03-14T12:00:00Z", "most_suppliers": 4, "total_value": "1000000.00"},
        "estimated_value": "250000.50",
        "starts_on": "2026-02-01",
        "notice": {"green_criteria": ["eu", "national"], "innovation": "Yes: a first of its kind."},
        "lots": [
            a_lot(title="no", price_envelope=["price"], variants={"minimum_requirements": "As in annex 1."}),
            a_lot(title="0.10"),
        ],
    }


@pytest.mark.parametrize("form", ["json", "yaml"])
async def test_a_setup_drafted_again_has_the_same_rules(market: Market, form: Form) -> None:
    """Digest for digest, requirements and money too; and its own set-up is the same bytes."""
    draft = await market.draft(**a_large_tender())
    asked = EXAMPLES["write_requirements"].body
    digest = done(await market.author.put(f"/tenders/{draft['id']}/requirements", asked))["digest"]
    got = await market.author.get(f"/tenders/{draft['id']}/setup?format={form}")
    assert got.headers["content-type"] == TYPES[form]
    for word in (draft["reference"], draft["id"], "2131-03-14", "2135-03-14"):
        assert word not in got.text
    ends = {"framework_ends_at": "2136-01-01T00:00:00Z"}
    answer = await send(market.author, got.content, form, reference=f"again-{draft['id']}", **ends)
    again = done(answer)
    assert answer.headers["location"] == f"/tenders/{again['id']}"
    assert again["your_roles"] == ["author"]
    own = {"id", "reference", "created_at", "submission_deadline", "framework", "version", "lots"}
    assert {name: again[name] for name in draft if name not in own} == {
        name: draft[name] for name in draft if name not in own
    }
    assert [lot["rules"] for lot in again["lots"]] == [lot["rules"] for lot in draft["lots"]]
    assert again["framework"] == draft["framework"] | {"ends_at": ends["framework_ends_at"]}
    assert done(await market.author.get(f"/tenders/{again['id']}/requirements"))["digest"] == digest
    assert (await market.author.get(f"/tenders/{again['id']}/setup?format={form}")).content == got.content
    kinds = [entry["kind"] for entry in await market.log(again)]
    assert kinds == ["tender.drafted", "requirements.written"]


async def test_an_announced_opening_is_of_the_occasion(market: Market) -> None:
    """A set-up says nothing of it; whoever drafts from it gives it anew, as the deadline, and the day of the start."""
    opening = {"opening_at": "2131-03-14T13:00:00Z"}
    draft = await market.draft(notice=opening, starts_on="2025-09-01")
    body = (await market.author.get(f"/tenders/{draft['id']}/setup")).content
    assert b"notice" not in body
    asked = {"reference": f"again-{draft['id']}", "opening_at": "2132-01-01T12:00:00Z", "starts_on": "2026-02-01"}
    again = done(await send(market.author, body, "json", **asked))
    assert (again["starts_on"], again["notice"]["opening_at"]) == ("2026-02-01", asked["opening_at"])
    same = done(await send(market.author, body, "json", reference=f"same-{draft['id']}"))
    assert (same["starts_on"], same["notice"]) == ("2025-09-01", None)


async def test_the_commitment_to_a_secret_stays_with_its_tender(market: Market) -> None:
    """Once it was revealed in one tender, everybody could work out another one's draw."""
    commitment = sha256(DRAWN_WITH.encode()).hexdigest()
    rules = a_rules(tie_break=[{"id": "lower_price"}, {"id": "lots", "commitment": commitment}])
    draft = await market.draft(lots=[a_lot(rules=rules)])
    setup = done(await market.author.get(f"/tenders/{draft['id']}/setup"))
    assert setup["lots"][0]["rules"]["tie_break"] == [{"id": "lower_price"}]


async def test_what_comes_with_the_service_is_drafted_as_it_stands(market: Market) -> None:
    """Each in its own language of documents, by any buyer, and with a title and a deadline of the occasion."""
    listed = done(await market.author.get("/setups"))
    assert {one["name"] for one in listed} == {"framework", "services-60-40", "works-social-value-10"}
    for one in listed:
        document = await market.author.get(f"/setups/{one['name']}")
        ends = {"framework_ends_at": "2136-01-01T00:00:00Z"} if one["name"] == "framework" else {}
        asked = {"reference": f"ready-{market.author.key[-8:]}-{one['name']}", "title": "Ours", **ends}
        deadline = {"submission_deadline": "2131-03-14T12:00:00Z"}
        draft = done(await send(market.author, document.content, **asked, **deadline))
        assert (draft["title"], draft["submission_deadline"]) == ("Ours", deadline["submission_deadline"])
    refused(await market.author.get("/setups/none"), 404, "not-found")
    for setup in setups.ready().values():
        for lot in setup.lots:
            assert msgspec.convert({"lot": msgspec.to_builtins(lot.rules), "bids": []}, Case)


async def test_what_cannot_be_drafted_is_told_by_place_and_line(market: Market) -> None:
    """Weightings that do not add up, an end without a framework, a requirement of no lot, a deadline that is none."""
    document = (await market.author.get("/setups/services-60-40")).content
    asked = {"reference": "never"}
    problem = refused(await send(market.author, document.replace(b"'40'", b"'41'"), **asked), 422, "invalid-request")
    assert all(fault["message"].startswith("Line ") for fault in problem["errors"])
    for changed in ({"framework_ends_at": "2136-01-01T00:00:00Z"}, {"submission_deadline": "tomorrow"}):
        problem = refused(await send(market.author, document, **asked, **changed), 422, "invalid-request")
        assert next(iter(changed)) in problem["errors"][0]["pointer"]
    wrong = document.replace(b"lot: null", b"lot: 2")
    problem = refused(await send(market.author, wrong, **asked), 422, "invalid-request")
    assert problem["errors"][0]["pointer"] == "/requirements/0/lot"
    framework = (await market.author.get("/setups/framework?format=json")).content
    problem = refused(await send(market.author, framework, "json", **asked), 422, "invalid-request")
    assert problem["errors"][0]["pointer"] == "framework_ends_at"
    refused(await send(market.author, b"a: &x [*x]", **asked), 400, "unreadable-request")
    refused(await market.author.post("/tenders/from-setup", {}), 422, "invalid-request")
    headers = {"Authorization": f"Bearer {market.author.key}", "Content-Type": "text/plain"}
    answer = await market.author.http.post("/tenders/from-setup", content=b"a", headers=headers, params=asked)
    refused(answer, 415, "unsupported-media-type")


async def test_a_setup_is_for_its_buyer_and_no_supplier_drafts(market: Market) -> None:
    """A supplier reads the published tender, but starts none; another buyer finds nothing."""
    tender = await market.publish()
    refused(await market.alder.get(f"/tenders/{tender['id']}/setup"), 404, "not-found")
    document = (await market.alder.get("/setups/services-60-40")).content
    refused(await send(market.alder, document, reference="mine"), 403, "forbidden")


def test_a_setup_has_whatever_a_draft_has_but_its_occasion():
    """A new member of drafts is a member of set-ups, or is named here as one of the procedure's own."""
    own = {"reference", "submission_deadline", "framework_id"}
    assert set(Setup.__struct_fields__) == set(DraftTender.__struct_fields__) - own | {"requirements"}
