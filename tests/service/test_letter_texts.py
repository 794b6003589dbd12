"""What people write in letters and what they withhold: fields of the letter only, by a ground of the law, in time."""

from uuid import uuid4

from tests.service.conftest import Market, done, refused
from tests.service.test_summaries import path_of, three


async def test_a_redacted_field_shows_its_reason_to_others_and_itself_to_its_owner(market: Market) -> None:
    """Procurement Act 2023 s.94: what is sensitive is left out visibly; it can be shown again before the sending."""
    tender, bids = await three(market)
    field = f"{path_of(tender)}/{bids['birch']}/redactions/explanation:method-statement"
    why = {"reason": "The phasing is a trade secret (s.94)."}
    refused(await market.moderator.put(field, why), 403, "forbidden")
    assert done(await market.approver.put(field, why))["version"] == 1
    assert (await market.last(tender))["kind"] == "letter.redacted"
    total = f"{path_of(tender)}/{bids['birch']}/redactions/total"
    done(await market.approver.put(total, why))
    assert done(await market.approver.put(total, {"reason": None}))["version"] == 2
    await market.send_letters(tender)
    answer = await market.alder.get(f"{path_of(tender)}/{bids['alder']}")
    told = answer.json()["letter"]["winner"]["criteria"][1]["sub_criteria"][0]["explanation"]
    assert told == {"text": None, "redacted": "The phasing is a trade secret (s.94)."}
    assert answer.json()["letter"]["winner"]["total"]["text"]
    assert "about birch" not in answer.text
    own = await market.birch.get(f"{path_of(tender)}/{bids['birch']}")
    assert "about birch" in own.text
    refused(await market.approver.put(field, why), 409, "letters-already-sent")


async def test_a_redacted_total_is_not_told_in_the_reasons_either(market: Market) -> None:
    """What is redacted in one place stands nowhere else in the letter."""
    tender, bids = await three(market)
    done(await market.approver.put(f"{path_of(tender)}/{bids['birch']}/redactions/total", {"reason": "Asked for."}))
    winner = done(await market.approver.get(f"{path_of(tender)}/{bids['birch']}"))["letter"]["own"]["total"]["text"]
    seen = await market.approver.get(f"{path_of(tender)}/{bids['alder']}")
    assert winner not in seen.text


async def test_only_fields_of_the_letter_are_written_or_redacted(market: Market) -> None:
    """A slip is told with the list of fields."""
    tender, bids = await three(market)
    base = f"{path_of(tender)}/{bids['alder']}"
    problem = refused(await market.moderator.put(f"{base}/texts/adress", {"text": "x"}), 422, "no-such-field")
    assert "postal_address" in problem["errors"][0]["mend"]
    refused(await market.approver.put(f"{base}/redactions/disqualification", {"reason": "x"}), 422, "no-such-field")
    refused(await market.moderator.put(f"{base}/texts/email", {"text": " "}), 422, "invalid-request")
    refused(await market.moderator.put(f"{path_of(tender)}/{uuid4()}/texts/email", {"text": "x"}), 404, "not-found")
    assert done(await market.moderator.put(f"{base}/texts/email", {"text": "a@alder.example"}))["version"] == 1
    assert done(await market.moderator.put(f"{base}/texts/email", {"text": "b@alder.example"}))["version"] == 2
    assert (await market.last(tender))["data"]["text"] == "b@alder.example"
