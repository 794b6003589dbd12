"""What people write in letters and what they withhold: fields of the letter only, by a ground of the law, in time."""

from typing import Any
from uuid import uuid4

import pytest

from tests.service.conftest import Market, done, refused
from tests.service.test_summaries import path_of, three

SECRET = {"ground": "trade-secret", "reason": "The phasing was developed by the supplier and is marked as secret."}
SHOWN_AGAIN = {"ground": None, "reason": None}


def redaction(tender: dict[str, Any], bid_id: str, field: str) -> str:
    return f"{path_of(tender)}/{bid_id}/redactions/{field}"


async def test_a_redacted_field_shows_reason_and_ground_to_others_and_itself_to_its_owner(market: Market) -> None:
    """Procurement Act 2023 s.94(3): that it is withheld and under which provision; shown again before the sending."""
    tender, bids = await three(market)
    field = redaction(tender, bids["birch"], "explanation:method-statement")
    refused(await market.moderator.put(field, SECRET), 403, "forbidden")
    made = done(await market.approver.put(field, SECRET))
    assert (made["version"], made["ground"]) == (1, "trade-secret")
    entry = await market.last(tender)
    assert (entry["kind"], entry["data"]["ground"]) == ("letter.redacted", "trade-secret")
    other = redaction(tender, bids["birch"], "score:working-time")
    done(await market.approver.put(other, SECRET))
    assert done(await market.approver.put(other, SHOWN_AGAIN))["version"] == 2
    await market.send_letters(tender)
    answer = await market.alder.get(f"{path_of(tender)}/{bids['alder']}")
    quality = answer.json()["letter"]["winner"]["criteria"][1]
    told = quality["sub_criteria"][0]["explanation"]
    assert told["text"] is None
    assert told["redacted"].startswith(SECRET["reason"])
    assert "Procurement Act 2023 s.94(1)(b), (2)(a)" in told["redacted"]
    assert quality["sub_criteria"][1]["score"]["text"]
    assert "about birch" not in answer.text
    own = await market.birch.get(f"{path_of(tender)}/{bids['birch']}")
    assert "about birch" in own.text
    refused(await market.approver.put(field, SECRET), 409, "letters-already-sent")


@pytest.mark.parametrize("field", ["total", "postal_address", "email"])
async def test_what_regulation_31_has_told_is_withheld_by_nobody(market: Market, field: str) -> None:
    """Not on any ground: the address is named, with what may be withheld instead; nor by an earlier release."""
    tender, bids = await three(market)
    for ground in done(await market.approver.get(f"/tenders/{tender['id']}/legal-rules"))["withholding"]:
        answer = await market.approver.put(redaction(tender, bids["birch"], field), SECRET | {"ground": ground["id"]})
        (fault,) = refused(answer, 422, "must-be-told")["errors"]
        assert "reg. 31" in fault["message"]
    done(await market.approver.put(redaction(tender, bids["birch"], field), SHOWN_AGAIN))
    await market.owner.execute(
        "UPDATE letter_redactions SET reason = 'Asked for.' WHERE bid_id = $1 AND field = $2", bids["birch"], field
    )
    await market.send_letters(tender)
    letter = done(await market.alder.get(f"{path_of(tender)}/{bids['alder']}"))["letter"]
    assert letter["winner"][field]["text"]
    assert letter["winner"]["supplier"] == market.birch.name


async def test_only_grounds_of_the_tender_s_law_withhold_anything(market: Market) -> None:
    """Those of the Union's directive are not the kingdom's, and the other way round; no ground is none."""
    field = "explanation:method-statement"
    for jurisdiction, known, foreign in (
        ("uk-pa2023", "trade-secret", "fair-competition"),
        ("eu-2014-24-de", "fair-competition", "trade-secret"),
        ("world-bank", "marked-confidential", "public-interest"),
        ("none", "own-rules", "trade-secret"),
    ):
        tender, bids = await three(market, jurisdiction)
        path = redaction(tender, bids["birch"], field)
        problem = refused(await market.approver.put(path, SECRET | {"ground": foreign}), 422, "not-a-ground")
        assert f"{known}: " in problem["errors"][0]["mend"]
        assert done(await market.approver.put(path, SECRET | {"ground": known}))["ground"] == known
        for half in (SECRET | {"ground": None}, SECRET | {"reason": None}, {"reason": "Asked for."}):
            refused(await market.approver.put(path, half), 422, "invalid-request")


async def test_where_the_law_asks_for_no_points_a_total_may_be_withheld_and_then_stands_nowhere(market: Market) -> None:
    """Article 55 wants characteristics and advantages in words; the reasons do not tell the total either."""
    tender, bids = await three(market, "eu-2014-24-de")
    why = {"ground": "commercial-interests", "reason": "Its margin could be worked out."}
    done(await market.approver.put(redaction(tender, bids["birch"], "total"), why))
    winner = done(await market.approver.get(f"{path_of(tender)}/{bids['birch']}"))["letter"]["own"]["total"]["text"]
    seen = await market.approver.get(f"{path_of(tender)}/{bids['alder']}")
    assert winner not in seen.text
    assert "art. 55(3)" in seen.json()["letter"]["winner"]["total"]["redacted"]


async def test_a_price_that_the_law_makes_public_is_withheld_from_nobody(market: Market) -> None:
    """The World Bank has it read out and told to all; under the Act an approver may keep it from the public."""
    why = {"ground": "marked-confidential", "reason": "Asked for."}
    tender, bids = await three(market, "world-bank")
    refused(await market.approver.put(redaction(tender, bids["birch"], "contract_price"), why), 422, "must-be-told")
    tender, bids = await three(market)
    done(await market.approver.put(redaction(tender, bids["birch"], "contract_price"), SECRET))


async def test_only_fields_of_the_letter_are_written_or_redacted(market: Market) -> None:
    """A slip is told with the list of fields."""
    tender, bids = await three(market)
    base = f"{path_of(tender)}/{bids['alder']}"
    problem = refused(await market.moderator.put(f"{base}/texts/adress", {"text": "x"}), 422, "no-such-field")
    assert "postal_address" in problem["errors"][0]["mend"]
    refused(await market.approver.put(f"{base}/redactions/disqualification", SECRET), 422, "no-such-field")
    refused(await market.moderator.put(f"{base}/texts/email", {"text": " "}), 422, "invalid-request")
    refused(await market.moderator.put(f"{path_of(tender)}/{uuid4()}/texts/email", {"text": "x"}), 404, "not-found")
    assert done(await market.moderator.put(f"{base}/texts/email", {"text": "a@alder.example"}))["version"] == 1
    assert done(await market.moderator.put(f"{base}/texts/email", {"text": "b@alder.example"}))["version"] == 2
    assert (await market.last(tender))["data"]["text"] == "b@alder.example"
