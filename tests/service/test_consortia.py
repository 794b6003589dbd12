"""Joint bids: who stands behind a bid is complete, sealed until the opening, and found where it stands behind two."""

from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from service import consortia
from service.consortia import Member, Party, Standing, Subcontractor
from tests.make import a_bid
from tests.service.conftest import Market, done, refused

LEAD = {"name": "Alder Roofing Ltd", "role": "lead", "share": "62.5", "identifier": "GB-COH-01234567"}
PARTNER = {"name": "Elm Electrics", "role": "member", "share": "37.5", "identifier": "GB-COH-07654321"}
CRANES = {"name": "Crane Hire", "work": "Lifts on all twelve sites", "identifier": "GB-COH-00000009"}


def faults(members: list[dict[str, Any]], subcontractors: tuple[dict[str, Any], ...] = ()) -> dict[str, str]:
    """What is wrong, by place."""
    joined = msgspec.convert(members, list[Member])
    relied = msgspec.convert(subcontractors, list[Subcontractor])
    return {fault.pointer: fault.message for fault in consortia.find_faults(joined, relied, UUID(int=1))}


def test_a_complete_consortium_has_no_faults():
    assert faults([LEAD, PARTNER], (CRANES,)) == {}
    assert faults([]) == {}


@pytest.mark.parametrize(
    ("members", "place", "words"),
    [
        ([LEAD | {"share": "100"}], "/members", "alone"),
        ([LEAD | {"role": "member"}, PARTNER], "/members", "0 members lead"),
        ([LEAD, PARTNER | {"role": "lead"}], "/members", "2 members lead"),
        ([LEAD, PARTNER | {"share": "37.4"}], "/members", "99.9"),
        ([LEAD, {"name": "Elm", "role": "member"}], "/members", "1 of 2 members have a share"),
        ([LEAD | {"share": "100"}, PARTNER | {"share": "0"}], "/members/1/share", "without work"),
        ([LEAD, PARTNER | {"identifier": "gb coh 01234567"}], "/members/1/identifier", "twice"),
        ([LEAD | {"organisation_id": str(UUID(int=2))}, PARTNER], "/members/0/organisation_id", "who sends the bid"),
    ],
)
def test_a_consortium_has_one_lead_and_shares_that_add_up(members: list[dict[str, Any]], place: str, words: str):
    """Shares are exact decimals: 33.3 three times is not the whole."""
    assert words in faults(members)[place]


def standing(number: int, supplier: int, *parties: Party, identifier: str | None = None) -> Standing:
    return Standing(UUID(int=number), UUID(int=100 + supplier), f"Supplier {supplier}", identifier, parties)


def party(role: Any, name: str, identifier: str | None = None, organisation: int | None = None) -> Party:
    organisation_id = None if organisation is None else UUID(int=100 + organisation)
    return Party(role=role, name=name, identifier=identifier, organisation_id=organisation_id, share=None, work=None)


def found(*bids: Standing) -> dict[int, list[tuple[str, str, int]]]:
    told = consortia.overlaps(bids)
    return {
        bid_id.int: [(one.name, one.known_by, one.other_bid_id.int) for one in overlaps]
        for bid_id, overlaps in told.items()
    }


def test_a_member_that_also_bids_alone_is_found_by_its_organisation():
    joint = standing(1, 1, party("lead", "One"), party("member", "Two Ltd", organisation=2))
    assert found(joint, standing(2, 2)) == {
        1: [("Two Ltd", "organisation_id", 2)],
        2: [("Supplier 2", "organisation_id", 1)],
    }


def test_a_member_of_two_consortia_is_found_by_its_identifier_however_it_is_written():
    first = standing(1, 1, party("member", "Elm", "GB-COH-07654321"))
    second = standing(2, 2, party("member", "Elm Electrics Limited", "gb/coh/07654321"))
    assert found(first, second) == {
        1: [("Elm", "identifier", 2)],
        2: [("Elm Electrics Limited", "identifier", 1)],
    }
    assert found(first, standing(3, 3, identifier="GB-COH 07654321")).keys() == {1, 3}


def test_own_variants_and_shared_subcontractors_are_no_second_bid():
    """A crane hire that three bidders rely upon bids for none of them."""
    cranes = party("subcontractor", "Crane Hire", "GB-COH-00000009")
    assert found(standing(1, 1, cranes), standing(2, 1, cranes), standing(3, 2, cranes)) == {}


# Through the service


async def test_nobody_learns_of_a_consortium_before_the_opening_and_everybody_on_the_panel_does_after(
    market: Market,
) -> None:
    """Members are sealed with the offer; the opening record and the panel's list name them with roles and shares."""
    tender = await market.publish()
    bid = a_bid() | {"members": [LEAD, PARTNER], "subcontractors": [CRANES]}
    receipt = done(await market.alder.submit(tender, bid))
    assert "Elm" not in str(receipt) + str(await market.log(tender))
    record = await market.open(tender)
    (line,) = record["bids"]
    names = [(one["name"], one["role"], one["share"]) for one in line["parties"]]
    expected = [("Alder Roofing Ltd", "lead", "62.5"), ("Elm Electrics", "member", "37.5")]
    assert names == [*expected, ("Crane Hire", "subcontractor", None)]
    assert line["fault"] is None
    (seen,) = done(await market.evaluator.get(f"/lots/{tender['lots'][0]['id']}/bids"))
    assert seen["parties"] == line["parties"]
    assert seen["parties"][2]["work"] == "Lifts on all twelve sites"
    (entry,) = [entry for entry in await market.log(tender) if entry["kind"] == "bids.opened"]
    assert [one["name"] for one in entry["data"]["bids"][0]["parties"]] == [name for name, _, _ in names]


async def test_who_bids_twice_for_a_lot_is_flagged_to_the_panel_and_stays_in_the_race(market: Market) -> None:
    """C-538/07 Assitur: a rule that excludes them unheard is unlawful; what the law asks for is that somebody looks."""
    tender = await market.publish()
    partner = PARTNER | {"organisation_id": market.birch.organisation_id}
    joint = done(await market.alder.submit(tender, a_bid() | {"members": [LEAD, partner]}))
    alone = done(await market.birch.submit(tender, a_bid(price="1000000.00")))
    done(await market.cedar.submit(tender, a_bid(price="1100000.00")))
    record = await market.open(tender)
    flagged = {line["bid_id"]: [one["other_bid_id"] for one in line["overlaps"]] for line in record["bids"]}
    assert flagged.pop(joint["bid_id"]) == [alone["bid_id"]]
    assert flagged.pop(alone["bid_id"]) == [joint["bid_id"]]
    assert [*flagged.values()] == [[]]
    bids = done(await market.moderator.get(f"/lots/{tender['lots'][0]['id']}/bids"))
    assert {bid["state"] for bid in bids} == {"admissible"}
    (entry,) = [entry for entry in await market.log(tender) if entry["kind"] == "bids.opened"]
    assert {one["bid_id"] for one in entry["data"]["overlaps"]} == {joint["bid_id"], alone["bid_id"]}


async def test_a_consortium_that_does_not_add_up_is_refused_and_named_by_the_dry_run(market: Market) -> None:
    """A supplier learns it before the deadline; nothing is stored."""
    tender = await market.publish()
    path = f"/lots/{tender['lots'][0]['id']}/bids"
    bid = a_bid() | {"members": [LEAD, PARTNER | {"share": "30"}]}
    refused(await market.alder.submit(tender, bid), 422, "bid-incomplete")
    problem = refused(await market.alder.post(f"{path}?validate=only", bid), 422, "bid-incomplete")
    assert [fault["pointer"] for fault in problem["errors"]] == ["/members"]
    stranger = LEAD | {"organisation_id": str(uuid4())}
    problem = refused(
        await market.alder.submit(tender, a_bid() | {"members": [stranger, PARTNER]}), 422, "bid-incomplete"
    )
    assert [fault["pointer"] for fault in problem["errors"]] == ["/members/0/organisation_id"]
    assert done(await market.alder.get(path)) == []


@pytest.mark.parametrize("share", [62.5, "62,5", "-1", "NaN", "1e1", "٣"])
async def test_a_share_is_a_plain_decimal_as_text(market: Market, share: Any) -> None:
    """What two readers could read differently never enters a bid."""
    tender = await market.publish()
    bid = a_bid() | {"members": [LEAD | {"share": share}, PARTNER]}
    refused(await market.alder.submit(tender, bid), 422, "invalid-request")
