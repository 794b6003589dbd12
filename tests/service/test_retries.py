"""A POST with an Idempotency-Key takes effect once; its repetition gets the answer of the first, and nobody else."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from litestar.handlers import HTTPRouteHandler

from service import retries
from service.access import ROWS
from service.app import create_app
from service.exchange import ZIP
from service.retries import NOT_KEPT, SLOW, STREAMED
from service.settings import Settings
from service.signing import Secrets
from tests.make import a_key, a_person, a_tender
from tests.make_contract import watched
from tests.make_exports import exported
from tests.make_spend import payments
from tests.service.conftest import SECRETS, Market, Person, done, refused, served


async def people(market: Market, person: Person) -> int:
    return await market.owner.fetchval(
        "SELECT count(*) FROM people WHERE organisation_id = $1::text::uuid", person.organisation_id
    )


async def test_a_repetition_gets_the_first_answer_and_changes_nothing(market: Market) -> None:
    """Status, headers and body are the same; another body under the key is refused, another place is another one."""
    body, key = a_tender(), str(uuid4())
    first = await market.author.post("/tenders", body, Idempotency_Key=key)
    again = await market.author.post("/tenders", body, Idempotency_Key=f'"{key}"')
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    changing = {"date", "x-request-id", "idempotency-replayed"}
    heads = [{name: value for name, value in one.headers.items() if name not in changing} for one in (first, again)]
    assert heads[0] == heads[1]
    other = await market.author.post("/tenders", a_tender(), Idempotency_Key=key)
    refused(other, 422, "idempotency-key-reused")
    refused(await market.author.post("/tenders?x=1", body, Idempotency_Key=key), 422, "idempotency-key-reused")
    person = done(await market.author.post("/people", a_person(), Idempotency_Key=key))
    assert person["name"] == a_person()["name"]
    elsewhere = await market.stranger.post("/tenders", body, Idempotency_Key=key)
    assert done(elsewhere)["id"] != done(first)["id"]
    refused(await market.author.post("/people", a_person(), Idempotency_Key="a" * 101), 400, "unreadable-request")


async def test_a_new_key_is_shown_again_to_who_asked_and_is_in_no_table(market: Market) -> None:
    """Lost answers with secrets can be had again; the database holds neither the secret nor what would open it."""
    path, sent = f"/people/{market.colleague.id}/keys", f"retry-{uuid4()}"
    first = done(await market.author.post(path, a_key(), Idempotency_Key=sent))
    assert done(await market.author.post(path, a_key(), Idempotency_Key=sent)) == first
    assert len([one for one in await stored(market) if first["secret"] in one or sent in one]) == 0
    reading = done(await market.author.post(f"/people/{market.author.id}/keys", a_key(scopes=["read"])))
    reader = Person(market.http, reading["secret"])
    refused(await reader.post(path, a_key(), Idempotency_Key=sent), 403, "forbidden")
    known = retries._Asked(SECRETS, UUID(market.author.id), path, "a guess")
    with pytest.raises(LookupError):
        known.open((await sealed(market))[-1])


async def stored(market: Market) -> list[str]:
    rows = await market.owner.fetch("SELECT request_answers::text AS line, answer FROM request_answers")
    return [row["line"] + row["answer"].decode("latin-1") for row in rows]


async def sealed(market: Market) -> list[bytes]:
    rows = await market.owner.fetch("SELECT answer FROM request_answers ORDER BY at")
    return [row["answer"] for row in rows]


async def test_of_many_at_once_in_two_processes_one_takes_effect(market: Market) -> None:
    """All get the same answer, whichever process they came to."""
    admin = await market.register(kind="buyer", name="Duplicates Council")
    async with served(market.dsn) as url:
        elsewhere = Person(type(market.http)(base_url=url, timeout=30), admin.key)
        key = str(uuid4())
        answers = await asyncio.gather(
            *(who.post("/people", a_person(), Idempotency_Key=key) for who in (admin, elsewhere) * 10)
        )
        await elsewhere.http.aclose()
    assert len({done(answer)["id"] for answer in answers}) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 1
    assert await people(market, admin) == 2


async def test_what_was_refused_or_came_to_nothing_is_judged_anew(market: Market) -> None:
    """A refusal is no effect, by a rule or by the database: once its reason is gone, the same request is done."""
    city = await market.register(kind="buyer", name="Judged Anew Council")
    late, expired = str(uuid4()), a_key(expires_at="2001-01-01T00:00:00Z")
    path = f"/people/{city.id}/keys"
    refused(await city.post(path, expired, Idempotency_Key=late), 422, "invalid-request")
    assert len(done(await city.get(path))) == 1  # the rule is asked behind the insert, which is undone
    refused(await city.post(path, expired, Idempotency_Key=late), 422, "invalid-request")
    key, reference = str(uuid4()), f"TWICE-{uuid4()}"
    body = a_tender(reference=reference)
    taken = done(await market.author.post("/tenders", body))
    before = await market.author.post("/tenders", body, Idempotency_Key=key)
    assert before.status_code in {409, 422}, before.text
    await market.owner.execute("UPDATE tenders SET reference = $1 WHERE id = $2::text::uuid", str(uuid4()), taken["id"])
    assert done(await market.author.post("/tenders", body, Idempotency_Key=key))["reference"] == reference


async def test_effect_and_answer_are_of_one_transaction(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: where the answer cannot be kept, nothing has been done, and the repetition does it."""
    admin = await market.register(kind="buyer", name="One Transaction Council")

    def broken(*_: Any) -> bytes:
        raise OSError

    key = str(uuid4())
    with monkeypatch.context() as patched:
        patched.setattr(retries._Asked, "seal", broken)
        refused(await admin.post("/people", a_person(), Idempotency_Key=key), 503, "unavailable")
    assert await people(market, admin) == 1
    done(await admin.post("/people", a_person(), Idempotency_Key=key))
    assert await people(market, admin) == 2


async def test_answers_are_kept_eight_days_and_survive_a_new_secret(market: Market) -> None:
    """After a week the same answer still; then it is thrown away by those who come later."""
    key, body = str(uuid4()), a_person()
    first = done(await market.author.post("/people", body, Idempotency_Key=key))
    await market.owner.execute("UPDATE request_answers SET at = at - interval '7 days'")
    async with served(market.dsn, secrets=Secrets([b"\x09" * 32, b"\x01" * 32])) as url:
        rotated = Person(type(market.http)(base_url=url, timeout=30), market.author.key)
        assert done(await rotated.post("/people", body, Idempotency_Key=key)) == first
        await rotated.http.aclose()
    await market.owner.execute("UPDATE request_answers SET at = at - interval '2 days'")
    before = await market.owner.fetchval("SELECT count(*) FROM request_answers")
    done(await market.author.post("/people", body, Idempotency_Key=str(uuid4())))
    assert await market.owner.fetchval("SELECT count(*) FROM request_answers") == max(1, before - 20 + 1)


Sending = Callable[[bytes, str], Awaitable[httpx.Response]]


async def sending(market: Market) -> dict[str, Sending]:
    """By operation: how a file is sent with a key, each by somebody who may."""
    today = await market.owner.fetchval("SELECT clock_timestamp()::date")
    days = {"starts_on": today.isoformat(), "ends_on": f"{today.year + 2}-01-31", "period_months": 12}
    one = await watched(market, days=days)
    told = {"period": 1, "quantity": "1", "note": "Told."}
    delivery = done(await one.supplier.post(one.path("apprentice-weeks", "deliveries"), told))
    signed = done(await market.anonymous.get("/.well-known/tenderscore-keys.json"))["keys"][0]["public_key"]
    catalogue = {"title": f"Own {uuid4()}", "version": "1", "licence": "CC0", "source": "Us"}

    def by(person: Person, path: str, media_type: str = "text/csv", **params: str) -> Sending:
        async def send(content: bytes, key: str) -> httpx.Response:
            named = {"Authorization": f"Bearer {person.key}", "Content-Type": media_type, "Idempotency-Key": key}
            return await person.http.post(path, params=params, content=content, headers=named)

        return send

    return {
        "add_evidence": by(one.supplier, f"/deliveries/{delivery['id']}/evidence", name="hours.csv"),
        "import_catalogue": by(market.author, "/catalogues", **catalogue),
        "upload_spend_file": by(market.author, "/spend/files", name="april.csv", kind="payments"),
        "import_tender": by(market.operator, "/imports", ZIP, key=signed),
    }


async def an_export(market: Market) -> bytes:
    tender = await market.publish()
    done(await market.alder.submit(tender))
    await market.open(tender)
    return await exported(market, tender)


async def test_a_file_that_is_sent_again_under_its_key_gets_the_first_answer(market: Market) -> None:
    """Whatever the file is: status and body are the first's, another file under the key is refused and kept nowhere."""
    spent = ("13/04/2024", "1.00", "", "")
    files = {
        "add_evidence": (b"week,hours", b"week,Hours"),
        "import_catalogue": (b"code,title,unit\nX,Weeks,week\n", b"code,title,unit\nY,Weeks,week\n"),
        "upload_spend_file": (payments((str(uuid4()), *spent)), payments((str(uuid4()), *spent))),
        "import_tender": (await an_export(market), b"PK"),
    }
    ways = await sending(market)
    assert ways.keys() == STREAMED
    objects = "SELECT count(*) FROM spend_objects"
    for name, send in ways.items():
        content, other = files[name]
        key = str(uuid4())
        first = await send(content, key)
        assert (first.status_code, "idempotency-replayed" in first.headers) == (201, False), name
        before = await market.owner.fetchval(objects)
        again = await send(content, f'"{key}"')
        assert (again.status_code, again.content) == (first.status_code, first.content), name
        assert again.headers.get_list("idempotency-replayed") == ["true"], name
        assert again.headers.get("location") == first.headers.get("location"), name
        refused(await send(other, key), 422, "idempotency-key-reused")
        assert await market.owner.fetchval(objects) == before, name
        refused(await send(content, "a" * 101), 400, "unreadable-request")


async def test_evidence_whose_answer_was_lost_is_answered_after_the_decision(market: Market) -> None:
    """The decision closes the delivery to new files; who only repeats what was taken before it is told so."""
    today = await market.owner.fetchval("SELECT clock_timestamp()::date")
    days = {"starts_on": today.isoformat(), "ends_on": f"{today.year + 2}-01-31", "period_months": 12}
    one = await watched(market, days=days)
    told = {"period": 1, "quantity": "1", "note": "Told."}
    delivery = done(await one.supplier.post(one.path("apprentice-weeks", "deliveries"), told))
    headers = {"Authorization": f"Bearer {one.supplier.key}", "Content-Type": "text/csv", "Idempotency-Key": "lost"}
    path = f"/deliveries/{delivery['id']}/evidence?name=x"
    first = await market.http.post(path, content=b"week", headers=headers)
    decision = {"verdict": "verified", "reason": "Checked against the file.", "quantity": "1"}
    done(await one.manager.post(f"/deliveries/{delivery['id']}/decisions", decision))
    again = await market.http.post(path, content=b"week", headers=headers)
    assert (again.status_code, again.content) == (201, first.content)
    later = headers | {"Idempotency-Key": "later"}
    refused(await market.http.post(path, content=b"week", headers=later), 409, "delivery-decided")


async def test_of_files_sent_at_once_to_two_processes_one_is_kept(market: Market) -> None:
    """All get the same answer: of a process that was slower, what the faster one kept."""
    buyer = await market.register(kind="buyer", name=f"Two Processes {uuid4()}")
    async with served(market.dsn) as url, httpx.AsyncClient(base_url=url, timeout=30) as elsewhere:
        key = str(uuid4())
        headers = {"Authorization": f"Bearer {buyer.key}", "Content-Type": "text/csv", "Idempotency-Key": key}
        path, content = "/spend/files?name=april.csv", payments()
        answers = await asyncio.gather(
            *(http.post(path, content=content, headers=headers) for http in (market.http, elsewhere) * 4)
        )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 1


def test_every_post_is_kept_or_named_with_its_reason() -> None:
    """A new operation works in the one transaction by its connection, or at its end, or is not kept on purpose."""
    app = create_app(Settings(), "postgresql://nowhere", SECRETS)
    posts = {
        handler.handler_name: handler
        for route in app.routes
        for handler in getattr(route, "route_handlers", ())
        if isinstance(handler, HTTPRouteHandler) and "POST" in handler.http_methods and handler.handler_name in ROWS
    }
    without = {name for name, one in posts.items() if "conn" not in one.parsed_fn_signature.parameters}
    assert without == NOT_KEPT | SLOW | STREAMED
