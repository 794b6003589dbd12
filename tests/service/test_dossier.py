"""The Annex IV dossier of a tender, from the running service to the stranger's script."""

import argparse
import asyncio
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from service import dossier, verify_dossier
from tests.make import a_score, a_tender
from tests.make_dossiers import a_dossier
from tests.service.conftest import Market, Person, done, refused

NOON = datetime(2031, 9, 1, 12, tzinfo=UTC)


async def a_whole_tender(market: Market) -> dict[str, Any]:
    """A tender in which every role was given through the service, opened and scored; by the frozen clock."""
    await market.set_clock(NOON - timedelta(hours=1))
    draft = done(await market.author.post("/tenders", a_tender(submission_deadline=NOON.isoformat())))
    for person, role in (
        (market.approver, "approver"),
        (market.officer, "opening_officer"),
        (market.second_officer, "opening_officer"),
        (market.evaluator, "evaluator"),
        (market.moderator, "moderator"),
        (market.auditor, "auditor"),
    ):
        await market.give(draft, person, role)
    tender = done(await market.approver.post(f"/tenders/{draft['id']}/publication", If_Match='"1"'))
    done(await market.alder.submit(tender))
    refused(await market.officer.post(f"/lots/{tender['lots'][0]['id']}/opening"), 409, "deadline-not-reached")
    await market.set_clock(NOON)
    refused(await market.birch.submit(tender), 409, "submission-deadline-passed")
    path = f"/lots/{tender['lots'][0]['id']}/opening"
    assert (await market.officer.post(path)).status_code == 202
    (bid,) = done(await market.second_officer.post(path))["bids"]
    await market.ready(tender)
    done(await market.evaluator.put(f"/bids/{bid['bid_id']}/scores/method-statement", a_score()))
    return tender


def ask(market: Market, person: Person, tender: dict[str, Any], folder: Path, *options: str) -> int:
    """Run the command as a person; its exit status."""
    login = folder / "login"
    login.write_text(person.key)
    parser = argparse.ArgumentParser()
    dossier.add_commands(parser.add_subparsers())
    given = ["dossier", tender["id"], "--service", market.url, "--login", str(login), *options]
    arguments = parser.parse_args(given)
    return arguments.run(arguments)


def verified(path: Path, key: str) -> tuple[int, str]:
    """What the published script says."""
    command = [sys.executable, verify_dossier.__file__, str(path), "--key", key]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    return ran.returncode, ran.stdout + ran.stderr


async def published_key(market: Market) -> str:
    keys = done(await market.anonymous.get("/.well-known/tenderscore-keys.json"))["keys"]
    return keys[0]["public_key"]


async def test_a_whole_tender_s_dossier_verifies_against_the_published_key(
    frozen: Market, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    tender = await a_whole_tender(frozen)
    out = tmp_path / "dossier.json"
    assert await asyncio.to_thread(ask, frozen, frozen.auditor, tender, tmp_path, "-o", str(out)) == 0
    printed = capsys.readouterr().out
    for item in "abcdefg":
        assert f"\n({item}) " in printed
    assert "bid.late" in printed
    assert "deadline-not-reached" in printed
    assert "Second Officer" in printed
    code, said = await asyncio.to_thread(verified, out, await published_key(frozen))
    assert (code, said.splitlines()[-1]) == (0, "VERIFIED.")


async def test_marks_can_be_kept_back(frozen: Market, tmp_path: Path):
    tender = await a_whole_tender(frozen)
    out = tmp_path / "dossier.json"
    options = ("-o", str(out), "--withhold-scores")
    assert await asyncio.to_thread(ask, frozen, frozen.approver, tender, tmp_path, *options) == 0
    text = await asyncio.to_thread(out.read_text)
    assert "Phasing is shown per school" not in text
    code, said = await asyncio.to_thread(verified, out, await published_key(frozen))
    assert code == 0
    assert "1 are given as hashes only" in said
    tampered = json.loads(text)
    tampered["log"][0]["entry"] = tampered["log"][0]["entry"].replace("tender.drafted", "tender.edited")
    await asyncio.to_thread(out.write_text, json.dumps(tampered))
    assert (await asyncio.to_thread(verified, out, ""))[0] == 1


async def test_what_the_log_does_not_bear_out_is_said(market: Market, tmp_path: Path):
    """The tests' shortcut gives roles past the service and moves the deadline: the log knows of neither."""
    tender, _ = await market.opened()
    out = tmp_path / "dossier.json"
    assert await asyncio.to_thread(ask, market, market.auditor, tender, tmp_path, "-o", str(out)) == 2
    code, said = await asyncio.to_thread(verified, out, await published_key(market))
    assert code == 2
    assert "(e) Entry" in said


async def test_before_the_opening_there_is_no_dossier_and_it_is_not_for_everybody(
    market: Market, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    tender = await market.publish()
    assert await asyncio.to_thread(ask, market, market.auditor, tender, tmp_path) == 1
    assert "until all lots are opened" in capsys.readouterr().err
    assert await asyncio.to_thread(ask, market, market.stranger, tender, tmp_path) == 1
    await market.open(tender)
    assert await asyncio.to_thread(ask, market, market.evaluator, tender, tmp_path) == 1
    assert "approver" in capsys.readouterr().err


def test_a_service_that_is_not_there_is_said_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    with httpx.Client(base_url="http://127.0.0.1:9") as http, pytest.raises(dossier.Stopped, match="cannot be reached"):
        dossier.fetch(http, UUID(int=1))
    arguments = argparse.Namespace(login=tmp_path / "none")
    assert dossier.run(arguments) == 1
    assert "No such file" in capsys.readouterr().err


def test_an_item_without_an_entry_is_told_too():
    lines = list(dossier.told(a_dossier()))
    assert "(c) Only authorised persons set or change the dates." in lines
    assert lines[-1] == "All of it holds, by the log's own words."


async def test_the_script_is_given_to_anybody(market: Market):
    answer = await market.anonymous.get("/verify_dossier.py")
    assert answer.headers["content-type"].startswith("text/x-python")
    assert "tenderscore-dossier-1" in answer.text
