"""The opening officers' own client, as its users run it: one program, one key file, plain answers."""

import asyncio
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

from service import officer, sealing, shares
from service.officer_keys import OwnKey, Stopped, read_keys, write_keys
from tests.make_officers import Desk, desks, draft, publish
from tests.service.conftest import Market, Person, done

PROJECT = Path(__file__).parent.parent.parent


def program(market: Market, person: Person, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`tenderscore officer …` as this person, whose files are in the folder."""
    login = folder / "login"
    folder.mkdir(exist_ok=True)
    login.write_text(f"{person.key}\n")
    step, *rest = arguments
    files = ["--service", market.url, "--login", str(login), "--key", str(folder / "key")]
    command = [sys.executable, "-m", "service", "officer", step, *files, *rest]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False)


async def run(market: Market, person: Person, folder: Path, *arguments: str) -> str:
    """What the program says; it must have done what it was asked."""
    finished = await _in_thread(market, person, folder, *arguments)
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


async def _in_thread(market: Market, person: Person, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(program, market, person, folder, *arguments)


async def test_two_officers_carry_a_tender_from_its_key_to_its_opening(market: Market, tmp_path: Path) -> None:
    """Every step as it stands in the program's help; between them only the service, which learns no key."""
    people = {"helen": market.officer, "tom": market.second_officer}
    prints: dict[str, str] = {}
    for name, person in people.items():
        said = await run(market, person, tmp_path / name, "new-key")
        prints[name] = said.splitlines()[-1].strip()
        assert stat.S_IMODE((tmp_path / name / "key").stat().st_mode) == 0o600
    tender = await draft(market, [])
    helen = tmp_path / "helen"
    unseen = await _in_thread(market, market.officer, helen, "make-key", "--tender", tender["id"])
    assert unseen.returncode == 1
    assert "Nobody is here to confirm the fingerprints" in unseen.stderr
    said = await run(market, market.officer, helen, "make-key", "--tender", tender["id"], "--yes")
    assert all(one in said for one in prints.values())
    assert "any 2 of 2 officers open" in said
    fingerprint = said.splitlines()[-2].strip()
    for name, person in people.items():
        assert fingerprint in await run(market, person, tmp_path / name, "rehearse", "--tender", tender["id"])
    tender = done(await market.approver.post(f"/tenders/{tender['id']}/publication", If_Match='"1"'))
    done(await market.alder.submit(tender))
    await market.close(tender)
    lot = tender["lots"][0]["id"]
    early = await _in_thread(market, market.officer, helen, "open", "--lot", lot)
    assert (early.returncode, "0 of 2 shares are here" in early.stderr) == (1, True)
    await run(market, market.officer, helen, "act", "--lot", lot)
    said = await run(market, market.second_officer, tmp_path / "tom", "act", "--lot", lot)
    assert market.officer.name in said
    assert "Opened: 1 envelopes." in await run(market, market.officer, helen, "open", "--lot", lot)
    assert done(await market.auditor.get(f"/lots/{lot}/opening"))["number"] == 1


async def test_in_the_service_s_custody_an_officer_only_asks(market: Market, tmp_path: Path) -> None:
    tender = await market.publish()
    done(await market.alder.submit(tender))
    await market.close(tender)
    lot = tender["lots"][0]["id"]
    for name, person in (("helen", market.officer), ("tom", market.second_officer)):
        write_keys(tmp_path / name / "key", [OwnKey(*sealing.generate_key())])
        assert "You have asked" in await run(market, person, tmp_path / name, "act", "--lot", lot)
    assert done(await market.auditor.get(f"/lots/{lot}/opening"))["opened_at"]


async def test_a_refusal_is_told_in_the_service_s_own_words(market: Market, tmp_path: Path) -> None:
    """With its faults and their mends, on standard error, and the exit code 1."""
    write_keys(tmp_path / "key", [OwnKey(*sealing.generate_key())])
    tender = await market.draft()
    finished = await _in_thread(market, market.officer, tmp_path, "rehearse", "--tender", tender["id"])
    assert finished.returncode == 1
    assert "The key of this tender is in other hands" in finished.stderr
    assert "Traceback" not in finished.stderr


async def test_a_service_that_cannot_be_reached_is_told(tmp_path: Path) -> None:
    with httpx.Client(base_url="http://127.0.0.1:9", timeout=5) as http:
        client = officer.Client(http, [], print)
        with pytest.raises(Stopped, match="cannot be reached"):
            client.me()


# The key file


async def test_a_new_key_never_takes_the_place_of_an_old_one(market: Market, tmp_path: Path) -> None:
    """Shares that were sealed before still need the old one: it stays in the file, behind the new one."""
    await run(market, market.colleague, tmp_path, "new-key")
    (first,) = read_keys(tmp_path / "key")
    again = await _in_thread(market, market.colleague, tmp_path, "new-key")
    assert (again.returncode, "--replace" in again.stderr) == (1, True)
    await run(market, market.colleague, tmp_path, "new-key", "--replace")
    assert read_keys(tmp_path / "key")[1:] == [first]


# What the client does not take on trust


async def test_an_officer_with_a_new_key_still_opens_the_share_of_the_old_one(market: Market) -> None:
    officers = await desks(market)
    tender = await draft(market, officers)
    await officers[0].make_key(tender)
    before = await officers[1].share(tender)
    await officers[1].enrol()
    assert await officers[1].share(tender) == before
    del officers[1].keys[1]
    with pytest.raises(Stopped, match="a key that is not in your key file"):
        await officers[1].share(tender)


async def test_a_service_that_publishes_another_key_is_found_out(market: Market) -> None:
    """The public key is in every share: who exchanges the published one, to read bids, is noticed at the rehearsal."""
    officers = await desks(market)
    tender = await draft(market, officers)
    await officers[0].make_key(tender)
    _, other = sealing.generate_key()
    await market.owner.execute("UPDATE tender_keys SET public_key = $2 WHERE tender_id = $1", tender["id"], other)
    with pytest.raises(Stopped, match="publishes another key than your share is of"):
        await officers[1].rehearse(tender)


async def test_no_key_is_made_unless_the_fingerprints_were_compared(market: Market) -> None:
    """Who puts a key of one's own in an officer's place would get that officer's share."""
    officers = await desks(market)
    tender = await draft(market, officers)
    shown: list[str] = []

    def doubt(table: str) -> bool:
        shown.append(table)
        return False

    with pytest.raises(Stopped, match="No key was made"):
        await officers[0].do(lambda client: client.make_key(UUID(tender["id"]), doubt))
    assert all(desk.person.name in shown[0] for desk in officers)
    row = await market.owner.fetchval("SELECT count(*) FROM tender_keys WHERE tender_id = $1", tender["id"])
    assert row == 0


async def test_an_officer_without_a_key_gets_no_share_and_is_named(market: Market) -> None:
    officers = await desks(market)
    tender = await draft(market, officers)
    late = await market.colleague_of(market.author, "Late Officer")
    await market.give(tender, late, "opening_officer")
    await officers[0].make_key(tender)
    assert any("Late Officer" in said for said in officers[0].said)


async def test_too_few_officers_with_keys_make_none(market: Market) -> None:
    officers = await desks(market)
    tender = await draft(market, officers, needed=4)
    with pytest.raises(Stopped, match=r"3 officers have a key; it takes 4 to 16"):
        await officers[0].make_key(tender)


async def test_a_share_that_was_exchanged_in_the_database_is_not_taken(market: Market) -> None:
    """Its hash stands beside it, and the client opens it only as what it was sealed as."""
    officers = await desks(market)
    tender = await draft(market, officers)
    await officers[0].make_key(tender)
    columns: dict[str, Any] = {"tender_id": tender["id"], "person_id": officers[1].person.id}
    await market.owner.execute(
        "UPDATE tender_key_shares SET share_digest = repeat('0', 64) WHERE tender_id = $1 AND person_id = $2",
        *columns.values(),
    )
    with pytest.raises(Stopped, match="It is not the share that was made"):
        await officers[1].rehearse(tender)
    foreign = sealing.seal(officers[1].keys[0].public, b"another context", msgspec.json.encode({}))
    await market.owner.execute(
        "UPDATE tender_key_shares SET sealed_share = $3 WHERE tender_id = $1 AND person_id = $2",
        *columns.values(),
        foreign,
    )
    with pytest.raises(Stopped, match="It does not open"):
        await officers[1].rehearse(tender)


async def closed(market: Market, officers: list[Desk]) -> dict[str, Any]:
    """A tender in the officers' custody with one bid, after its deadline."""
    tender = await publish(market, officers)
    done(await market.alder.submit(tender))
    await market.close(tender)
    return tender


async def exchange_key(market: Market, desk: Desk) -> bytes:
    """Whoever runs the database puts a key in the officer's place; its private half."""
    private, other = sealing.generate_key()
    await market.owner.execute("UPDATE officer_keys SET public_key = $2 WHERE person_id = $1", desk.person.id, other)
    return private


async def relayed(market: Market, tender: dict[str, Any]) -> int:
    lot = tender["lots"][0]["id"]
    return await market.owner.fetchval("SELECT count(*) FROM share_relays WHERE lot_id = $1", lot)


async def test_no_share_is_sealed_to_a_key_that_was_put_in_another_officer_s_place(market: Market) -> None:
    """With enough shares sealed to that key, whoever runs the service would have the tender's private key."""
    officers = await desks(market)
    tender = await closed(market, officers)
    await exchange_key(market, officers[0])
    for desk in officers[1:]:
        with pytest.raises(Stopped, match="another key than when the shares were made"):
            await desk.act(tender, officers[0])
    assert await relayed(market, tender) == 0


async def test_no_share_is_sealed_to_a_key_that_was_put_in_one_s_own_place(market: Market) -> None:
    """Nor does the chair's client make a share for such a key, whatever was confirmed."""
    officers = await desks(market)
    tender = await closed(market, officers)
    await exchange_key(market, officers[0])
    with pytest.raises(Stopped, match="names a key as yours that is not in your key file"):
        await officers[0].act(tender)
    assert await relayed(market, tender) == 0
    with pytest.raises(Stopped, match="names a key as yours that is not in your key file"):
        await officers[0].make_key(await draft(market, officers))


async def test_an_officer_with_a_new_key_opens_when_the_others_have_heard_its_fingerprint(market: Market) -> None:
    """As it is read and written: with or without spaces, in either case. For oneself the key file is enough."""
    officers = await desks(market)
    tender = await closed(market, officers)
    await officers[0].enrol()
    await officers[0].act(tender)
    asked: list[str] = []

    def heard(why: str) -> str:
        asked.append(why)
        return shares.fingerprint(officers[0].keys[0].public).replace(" ", "").upper()

    officers[1].heard = heard
    await officers[1].act(tender)
    assert asked == [f"{officers[0].person.name} has another key than when the shares were made."]
    await officers[0].open(tender)
    assert done(await market.auditor.get(f"/lots/{tender['lots'][0]['id']}/opening"))["opened_at"]


async def test_a_share_of_an_earlier_release_asks_for_every_fingerprint(market: Market) -> None:
    """It does not say which keys the officers had, so that nothing but their own word does."""
    officers = await desks(market)
    tender = await closed(market, officers)
    for desk in officers[:2]:
        share = await desk.share(tender)
        assert len(share.officers) == 3
        fields = msgspec.json.decode(msgspec.json.encode(share))
        del fields["officers"]
        bound = shares.for_officer(UUID(tender["id"]), desk.id)
        sealed = sealing.seal(desk.keys[0].public, bound, msgspec.json.encode(fields))
        await market.owner.execute(
            "UPDATE tender_key_shares SET sealed_share = $2 WHERE person_id = $1", desk.person.id, sealed
        )
    await officers[0].act(tender)
    with pytest.raises(Stopped, match="Your share does not say which key"):
        await officers[1].act(tender)
    officers[1].heard = lambda _why: shares.fingerprint(officers[0].keys[0].public)
    await officers[1].act(tender)
    await officers[0].open(tender)


async def test_the_program_takes_a_fingerprint_that_was_read_out(market: Market, tmp_path: Path) -> None:
    """`show-key` reads it to the officer again, `--confirm` gives it to the other's client; nobody else may guess."""
    officers = await desks(market, 2)
    tender = await closed(market, officers)
    await officers[0].enrol()
    for name, desk in (("helen", officers[0]), ("tom", officers[1])):
        write_keys(tmp_path / name / "key", desk.keys)
    shown = await asyncio.to_thread(show_key, tmp_path / "helen" / "key")
    fingerprint = shown.splitlines()[0]
    assert fingerprint == shares.fingerprint(officers[0].keys[0].public)
    act = ("act", "--lot", tender["lots"][0]["id"])
    tom = tmp_path / "tom"
    await run(market, market.officer, tmp_path / "helen", *act)
    unheard = await _in_thread(market, market.second_officer, tom, *act)
    assert (unheard.returncode, "repeat with --confirm" in unheard.stderr) == (1, True)
    assert fingerprint not in unheard.stdout + unheard.stderr
    wrong = await _in_thread(market, market.second_officer, tom, *act, "--confirm", shown.splitlines()[1])
    assert (wrong.returncode, "somebody may have exchanged the key" in wrong.stderr) == (1, True)
    assert "is passed on" in await run(market, market.second_officer, tom, *act, "--confirm", fingerprint)


def show_key(path: Path) -> str:
    command = [sys.executable, "-m", "service", "officer", "show-key", "--key", str(path)]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=60, check=True).stdout
