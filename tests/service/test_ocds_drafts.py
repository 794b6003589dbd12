"""A draft from open data: our own release comes back, others' as far as they go, and all of it is accounted for."""

import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest

import scoring
from service import award_criteria
from tests.make import a_rules
from tests.ocds_bundle import BUNDLE, need_bundle
from tests.service.conftest import Market, done, refused
from tests.service.test_releases import make_due, packaged

GRADED = {"id": "graded", "scale": [{"value": "0"}, {"value": "5"}]}
METHODS = {"price": {"method": {"id": "P1", "zero": "reject"}}, "quality": {"method": GRADED}}
RELEASE: dict[str, Any] = {
    "ocid": "ocds-h6vhtk-02f1aa",
    "id": "1",
    "date": "2026-01-10T09:00:00Z",
    "tag": ["tender"],
    "initiationType": "tender",
    "language": "en",
    "buyer": {"id": "GB-1", "name": "Elsewhere"},
    "tender": {"id": "T-1", "title": "Benches", "value": {"amount": 1000.50, "currency": "GBP"}, "lots": []},
}


def asked(release: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"document": release, "time_zone": "Europe/London"} | fields


def with_tender(**fields: Any) -> dict[str, Any]:
    return RELEASE | {"tender": RELEASE["tender"] | fields}


@pytest.mark.parametrize("profile", ["current", "find-a-tender"])
async def test_our_own_release_comes_back_as_the_same_tender(market: Market, profile: str) -> None:
    """Record and package; criteria, weights, thresholds, deadline, value: published anew they are the same."""
    tender = await market.publish(estimated_value="250000.00", language="en")
    await make_due(market, tender)
    package = await packaged(market, tender, profile)
    leaves = [one for top in a_rules()["criteria"] for one in (top.get("criteria") or [top])]
    ids = {one["title"]: {name: one[name] for name in ("method", "unit", "direction") if name in one} for one in leaves}
    body = asked(package, reference=f"{tender['reference']}-{profile}", methods=ids)
    found = done(await market.author.post("/tenders/from-ocds", body))
    draft = found["tender"]
    assert draft["stage"] == "draft"
    for name in ("title", "description", "currency", "submission_deadline", "language"):
        assert draft[name] == tender[name], name
    assert Decimal(draft["estimated_value"]) == 250000
    (lot,), (original,) = draft["lots"], tender["lots"]
    assert lot["title"] == original["title"]
    assert found["lots_to_complete"] == []
    before, after = original["rules"], lot["rules"]
    flat = [(one["title"], one["method"]) for one in after["criteria"]]
    assert flat == [(one["title"], one["method"]) for one in leaves]
    assert before["criteria"][0]["weighting"] == after["criteria"][0]["weighting"]
    if profile == "current":
        lots = [award_criteria.published(msgspec.convert(one, scoring.Lot)) for one in (before, after)]
        assert lots[0] == lots[1]
    reasons = {one["path"]: one["reason"] for one in found["left_out"]}
    assert "your own organisation" in reasons["/document/releases/0/buyer"]
    assert not any("/awardCriteria/criteria" in path and "minimum" not in reason for path, reason in reasons.items())
    log = await market.log(draft)
    assert log[0]["data"]["from_ocds"]["ocid"] == package["releases"][0]["ocid"]


async def test_every_member_of_a_real_release_is_taken_or_left_out(market: Market) -> None:
    """The example of the standard's tools: nothing disappears, wherever it stands."""
    need_bundle()
    package = json.loads((BUNDLE / "example-release-package.json").read_text())
    body = asked(package, reference="EXAMPLE", methods=METHODS)
    found = done(await market.author.post("/tenders/from-ocds", body))
    (lot,) = found["tender"]["lots"]
    assert [one["weighting"] for one in lot["rules"]["criteria"]] == ["40", "30", "10", "10", "10"]
    told = {one["path"] for one in (*found["taken"], *found["left_out"])}

    def is_told(path: str) -> bool:
        return any(path == one or path.startswith(f"{one}/") for one in told)

    def leaves(value: Any, path: str) -> list[str]:
        parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
        return [path] if parts is None else [leaf for name, one in parts for leaf in leaves(one, f"{path}/{name}")]

    assert [leaf for leaf in leaves(package, "/document") if not is_told(leaf)] == []


async def test_what_is_missing_stays_missing_and_is_named(market: Market) -> None:
    """No method, no rules: the lot is proposed and not drafted; no deadline; another currency's value is left out."""
    lot = {"id": "1", "title": "North", "awardCriteria": {"criteria": [{"type": "quality", "name": "Jobs"}]}}
    body = asked(with_tender(lots=[lot], tenderPeriod={"endDate": "2031-01-01"}), currency="EUR", reference="NORTH-1")
    found = done(await market.author.post("/tenders/from-ocds", body))
    draft = found["tender"]
    assert (draft["lots"], draft["submission_deadline"], draft["estimated_value"]) == ([], None, None)
    (missing,) = found["lots_to_complete"]
    assert [len(one["needs"]) for one in missing["criteria"]] == [2]
    assert {one["pointer"] for one in found["to_complete"]} == {"/submission_deadline", "/lots", "/jurisdiction"}
    reasons = {one["path"]: one["reason"] for one in found["left_out"]}
    assert "no instant" in reasons["/document/tender/tenderPeriod/endDate"]
    assert "EUR" in reasons["/document/tender/value"]
    assert "/document/tender/lots/0" in reasons


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (asked(RELEASE, document=[]), "/document"),
        (asked(with_tender(title=7)), "/document/tender/title"),
        (asked(with_tender(title="x" * 401)), "/document/tender/title"),
        (asked(with_tender(value={"amount": "7", "currency": "GBP"})), "/document/tender/value/amount"),
        (asked(with_tender(value=None)), "/currency"),
        (asked(with_tender(id=None)), "/reference"),
        (asked(with_tender(lots={"0": {}})), "/document/tender/lots"),
        (
            asked(with_tender(lots=[{"awardCriteria": {"criteria": [1]}}])),
            "/document/tender/lots/0/awardCriteria/criteria/0",
        ),
        (asked(with_tender(lots=[{"awardCriteria": []}])), "/document/tender/lots/0/awardCriteria"),
        (asked(with_tender(lots=[{}] * 201)), "/document/tender/lots"),
        (asked(with_tender(**{f"x{number}": 1 for number in range(6000)})), "/document"),
        (asked(RELEASE, methods={"carbon": METHODS["price"]}), "/methods/carbon"),
        (asked(RELEASE, methods={"price": {"method": {"id": "P99"}}}), "/methods/price/method/id"),
        (asked(RELEASE, time_zone="Mars/Olympus"), "/time_zone"),
        (asked({"releases": [RELEASE, RELEASE]}), "/document"),
    ],
)
async def test_what_is_wrong_is_refused_with_its_place(market: Market, body: dict[str, Any], pointer: str) -> None:
    problem = refused(await market.author.post("/tenders/from-ocds", body), 422, "invalid-request")
    assert pointer in [fault["pointer"] for fault in problem["errors"]], problem


async def test_hostile_documents_are_refused_before_anything_is_read(market: Market) -> None:
    """Too deep, too large; suppliers draft nothing, and a reference is taken once."""
    deep: dict[str, Any] = {}
    for _ in range(40):
        deep = {"tender": deep}
    refused(await market.author.post("/tenders/from-ocds", asked(deep)), 400, "unreadable-request")
    large = asked(with_tender(description="x" * 1_000_000))
    refused(await market.author.post("/tenders/from-ocds", large), 413, "body-too-large")
    refused(await market.alder.post("/tenders/from-ocds", asked(RELEASE)), 403, "forbidden")
    twice = asked(with_tender(awardCriteria="priceOnly", lots=[{"id": "1"}]), reference="TWICE")
    made = done(await market.author.post("/tenders/from-ocds", twice))
    (lot,) = made["tender"]["lots"]
    assert (lot["title"], lot["rules"]["rule"]) == ("Benches", {"id": "S1"})
    assert {"path": "/document/tender/title", "into": "/title /lots/0/title"} in made["taken"]
    assert {"path": "/document/tender/awardCriteria", "into": "/lots/0/rules/rule"} in made["taken"]
    assert "/document/tender/awardCriteria" not in [one["path"] for one in made["left_out"]]
    refused(await market.author.post("/tenders/from-ocds", twice), 409, "reference-taken")
