"""Steps that every played procurement has alike: questions before the deadline, and the record at the end."""

import asyncio
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from service import verify_dossier
from tests.make_play import NO_REASON, Play, say, unreasoned
from tests.service.conftest import done


async def asked_and_answered(play: Play) -> None:
    """Suppliers ask without their names, and everybody reads the answer."""
    market, path = play.market, f"{play.path}/questions"
    question = {"question": "May work begin before the summer holidays?"}
    say(await market.evaluator.post(path, question), 403, "forbidden", "supplier")
    unreasoned(await market.birch.post(path, {"question": " "}), "/question")
    named = {"question": f"Does {market.birch.name} qualify?"}
    say(await market.birch.post(path, named), 422, "question-names-you", "without the name")
    asked = done(await market.birch.post(path, question))
    assert done(await market.alder.get(path)) == []
    (seen,) = done(await market.author.get(path))
    assert seen["asked_by"] is None
    answer = f"{path}/{asked['number']}/answer"
    say(await market.evaluator.put(answer, {"answer": "No."}), 403, "forbidden", "author or approver")
    unreasoned(await market.author.put(answer, {"answer": " "}), "/answer")
    told = {"answer": f"No, {market.birch.name}."}
    say(await market.author.put(answer, told), 422, "answer-names-supplier", "Leave the name out")
    done(await market.author.put(answer, {"answer": "No. On the first day of the holidays."}))
    (read,) = done(await market.alder.get(path))
    assert (read["yours"], read["answer"]) == (False, "No. On the first day of the holidays.")


async def recorded_and_verified(
    play: Play, folder: Path, kinds: Sequence[str], forged: tuple[str, str]
) -> list[dict[str, Any]]:
    """Everything that anybody did, with who and why; a stranger's script finds the dossier whole, or words replaced.

    `kinds` are among what must be told; `forged`: words that somebody said, and what is put in their place. Returns the
    entries of the record.
    """
    market = play.market
    say(await market.moderator.get(f"{play.path}/record"), 403, "forbidden", "approver or auditor")
    entries: list[dict[str, Any]] = []
    after: int | None = 0
    while after is not None:
        page = done(await market.auditor.get(f"{play.path}/record?limit=200&after={after}"))
        entries, after = entries + page["entries"], page["next"]
    told = [entry["kind"] for entry in entries]
    assert {"meeting.held", "contract.signed", *kinds} <= {*told}
    assert told.count("refused") > 50
    login, out = folder / "login", folder / "dossier.json"
    login.write_text(market.auditor.key)
    asked = ("dossier", play.tender["id"], "--service", market.url, "--login", str(login), "-o", str(out))
    status, words = await ran("-m", "service", *asked)
    assert status == 0, words
    key = done(await market.anonymous.get("/.well-known/tenderscore-keys.json"))["keys"][0]["public_key"]
    status, words = await ran(str(verify_dossier.__file__), str(out), "--key", key)
    assert status == 0, words
    assert forged[0] in out.read_text()
    out.write_text(out.read_text().replace(*forged))
    status, words = await ran(str(verify_dossier.__file__), str(out), "--key", key)
    assert status != 0, words
    return entries


async def ran(*arguments: str) -> tuple[int, str]:
    """Run Python apart: what it returned and what it said."""
    command = [sys.executable, *arguments]
    told = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
    return told.returncode, told.stdout + told.stderr


async def kept_and_destroyed(play: Play) -> None:
    """Three years by law; a hold stops everything; then two persons destroy what the suppliers sent."""
    market, path = play.market, f"{play.path}/shredding"
    why = {"reason": "The record was kept for as long as the law wants."}
    kept = done(await market.approver.get(f"{play.path}/retention"))
    assert (kept["law_years"], kept["shredded_at"]) == (3, None)
    say(await market.approver.post(path, why), 409, "still-retained", kept["retained_until"][:10])
    short = {"years": 2, "reason": "Space."}
    say(await market.author.put(f"{play.path}/retention", short), 403, "forbidden", "approver")
    say(await market.approver.put(f"{play.path}/retention", short), 422, "invalid-request", "Write 3 or more")
    await play.at(datetime.fromisoformat(kept["retained_until"]))
    hold = {"held": True, "reason": "Claim CL-2034-7 was served."}
    say(await market.moderator.put(f"{play.path}/legal-hold", hold), 403, "forbidden", "approver")
    unreasoned(await market.approver.put(f"{play.path}/legal-hold", hold | NO_REASON))
    done(await market.approver.put(f"{play.path}/legal-hold", hold))
    say(await market.approver.post(path, why), 409, "legal-hold-stands", "CL-2034-7", "lifts it")
    done(await market.approver.put(f"{play.path}/legal-hold", {"held": False, "reason": "It was withdrawn."}))
    say(await market.moderator.post(path, why), 403, "forbidden", "approver or auditor")
    unreasoned(await market.approver.post(path, NO_REASON))
    assert (await market.approver.post(path, why)).status_code == 202
    assert (await market.approver.post(path, why)).status_code == 202  # one person alone is still one
    assert (await market.auditor.post(path, why)).status_code == 201
    say(await market.auditor.post(path, why), 409, "already-shredded", "are kept")
