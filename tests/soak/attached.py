"""Ways in which more than plain values reaches the service with a bid: documents, filled sheets, members, a variant.

As in ways.py each sends its canary and insists on the answer that shows it went that way.
"""

import csv
import io
from uuid import UUID, uuid4

from service import sealing
from service.sealing import DOCUMENT_STEP, DOCUMENT_TYPE
from service.sheets import CSV, XLSX
from tests.make import a_bid
from tests.service.test_bid_sheets import filled
from tests.soak.clients import Tender
from tests.soak.traces import Canary
from tests.soak.ways import Astray, Scene, Way


def _content(scene: Scene, canary: Canary) -> bytes:
    """A document full of the canary, of more than one chunk of the seal's."""
    return scene.raw(canary, f"{canary.price} {canary.word}\n".encode() * 4_000)


def _documents(tender: Tender) -> str:
    return f"/lots/{tender.lots[0]}/documents"


async def _upload(scene: Scene, canary: Canary, body: bytes, query: str = "", **headers: str) -> str:
    """Send a document for the open lot; its id."""
    named = {"Content_Type": "application/pdf", "Idempotency_Key": f"document-{canary.word}"} | headers
    answer = await scene.send(canary, body, "201", path=_documents(scene.open) + query, **named)
    return str(answer.json()["document_id"])


async def _name(scene: Scene, canary: Canary, document_id: str, name: str = "Method.pdf") -> None:
    """A bid that names the document, and otherwise what others bid too."""
    bid = a_bid() | {"documents": [{"id": document_id, "name": name}]}
    await scene.send(canary, scene.body(canary, bid), "201")


# Taken


async def with_a_document_of_that_name(scene: Scene, canary: Canary) -> None:
    document_id = await _upload(scene, canary, b"%PDF-1.7 nothing of interest")
    await _name(scene, canary, document_id, f"{canary.word} for {canary.price}.pdf")


async def as_a_workbook(scene: Scene, canary: Canary) -> None:
    """Its cells are deflated: what is looked for is what the service has read in them."""
    values = {"price": canary.price, "method-statement": f"{canary.word}, one school at a time."}
    body = filled(await _template(scene, canary, "xlsx"), a_bid()["values"] | values)
    await scene.send(canary, scene.raw(canary, body), "201", Content_Type=XLSX)


async def as_a_table(scene: Scene, canary: Canary) -> None:
    values = a_bid()["values"] | {"price": canary.price, "method-statement": f"{canary.word}, one school at a time."}
    rows = list(csv.reader(io.StringIO((await _template(scene, canary, "csv")).decode("utf-8-sig"))))
    for row in rows[2:]:
        row[1] = values.get(row[0].partition("/")[2], "")
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    await scene.send(canary, scene.raw(canary, text.getvalue().encode()), "201", Content_Type=CSV)


async def of_several_who_bid_together(scene: Scene, canary: Canary) -> None:
    lead = {"name": "Alder Roofing Ltd", "role": "lead", "share": "60"}
    member = {"name": f"{canary.word} Electrics Ltd", "role": "member", "share": "40"}
    await scene.send(canary, scene.body(canary, a_bid(price=canary.price) | {"members": [lead, member]}), "201")


async def as_a_variant(scene: Scene, canary: Canary) -> None:
    variant = {"number": 1, "description": "Thin film instead of panels."}
    body = scene.body(canary, a_bid(price=canary.price, method_statement=canary.word) | {"variant": variant})
    await scene.send(canary, body, "201", path=f"{scene.path()}?variant=1")


async def _template(scene: Scene, canary: Canary, form: str) -> bytes:
    line = scene.play.line(canary.number)
    answer = await line.send("GET", f"{scene.path()}/template?format={form}")
    await line.close()
    if answer.status != 200:
        raise Astray(f"no template: {answer.status} {answer.body[:300].decode(errors='replace')}")
    return answer.body


# Read by nobody, or not taken: what a document says is unsealed only while somebody reads it


async def in_a_document(scene: Scene, canary: Canary) -> None:
    await _name(scene, canary, await _upload(scene, canary, _content(scene, canary)))


async def in_a_document_that_no_bid_names(scene: Scene, canary: Canary) -> None:
    await _upload(scene, canary, _content(scene, canary))


async def in_a_document_sealed_by_its_sender(scene: Scene, canary: Canary) -> None:
    tender, document_id = scene.open, uuid4()
    supplier = UUID(scene.play.suppliers[canary.number].organisation_id)
    place = sealing.context(UUID(tender.id), UUID(tender.lots[0]), supplier, "document", document_id)
    sealed = sealing.seal(scene.keys[tender.id], place, _content(scene, canary), DOCUMENT_STEP)
    await _name(
        scene, canary, await _upload(scene, canary, sealed, f"?document_id={document_id}", Content_Type=DOCUMENT_TYPE)
    )


async def in_a_document_said_to_be_sealed(scene: Scene, canary: Canary) -> None:
    """A portal that forgot to seal it: of what came nothing is kept, nor quoted."""
    path = f"{_documents(scene.open)}?document_id={uuid4()}"
    await scene.send(
        canary, _content(scene, canary), "422 sealed-document-broken", path=path, Content_Type=DOCUMENT_TYPE
    )


async def in_a_document_that_broke_off(scene: Scene, canary: Canary) -> None:
    """Several chunks of it have come, and been sealed and kept, when its sender hangs up."""
    body, line = _content(scene, canary), scene.play.line(canary.number)
    head = f"POST {_documents(scene.open)} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {line.key}\r\n"
    head += "Idempotency-Key: half\r\nContent-Type: application/pdf\r\n"
    _, writer = await line.connected()
    writer.write(f"{head}Content-Length: {len(body) + 9}\r\n\r\n".encode() + body)
    await writer.drain()
    await line.close()


async def in_a_late_document(scene: Scene, canary: Canary) -> None:
    path = _documents(scene.closed)
    await scene.send(
        canary, _content(scene, canary), "409 submission-deadline-passed", path=path, Content_Type="application/pdf"
    )


async def as_a_workbook_with_a_formula(scene: Scene, canary: Canary) -> None:
    values = {"price": f"={canary.price}+0", "method-statement": canary.word}
    body = filled(await _template(scene, canary, "xlsx"), a_bid()["values"] | values)
    await scene.send(canary, scene.raw(canary, body), "422 sheet-unreadable", Content_Type=XLSX)


def _named(*ways: Way) -> dict[str, Way]:
    return {way.__name__.replace("_", " "): way for way in ways}


TAKEN = _named(with_a_document_of_that_name, as_a_workbook, as_a_table, of_several_who_bid_together, as_a_variant)
"""Ways after which the canary's bid stands, and is opened."""

NAMED = frozenset(_named(of_several_who_bid_together))
"""Of these the ones whose canary says who bids, which the record of the opening tells."""

SHUT = _named(
    in_a_document,
    in_a_document_that_no_bid_names,
    in_a_document_sealed_by_its_sender,
    in_a_document_said_to_be_sealed,
    in_a_document_that_broke_off,
    in_a_late_document,
    as_a_workbook_with_a_formula,
)
"""Ways after which nobody may ever find it."""
