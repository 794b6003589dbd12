"""A supplier's portal seals a bid by itself: nothing leaves its machine, and what is wrong is said in time."""

import argparse
import base64
import contextlib
import hashlib
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import msgspec
import pytest

import scoring
from service import sealer, sealing
from service.submissions import Place
from tests.make import a_bid, a_lot, a_rules
from tests.service.conftest import Market, done, refused

PRIVATE, PUBLIC = sealing.generate_key()
SUPPLIER = uuid4()
RULES = msgspec.convert(a_rules(), scoring.Lot)


class Done(NamedTuple):
    returncode: Any
    stdout: str
    stderr: str


def tenderscore(*arguments: Any) -> Done:
    """The command as its registration has it, in this process."""
    parser = argparse.ArgumentParser(prog="tenderscore")
    sealer.add_commands(parser.add_subparsers(required=True))
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as error:
        try:
            parsed = parser.parse_args([str(argument) for argument in arguments])
            code: Any = parsed.run(parsed)
        except SystemExit as left:
            code = left.code
    return Done(code, out.getvalue(), error.getvalue())


class Desk:
    """A folder of a portal's, with a lot's terms and a bid."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sealed = folder / "bid.sealed"
        self.terms: dict[str, Any] = {
            "tender_id": str(uuid4()),
            "lot_id": str(uuid4()),
            "public_key": base64.b64encode(PUBLIC).decode(),
            "rules": a_rules(),
            "rules_digest": scoring.rules_digest(RULES),
            "price_envelope": [],
            "submission_deadline": "2131-03-14T12:00:00Z",
        }

    def lot(self, **changes: Any) -> Path:
        return self.file("lot.json", json.dumps(self.terms | changes))

    def bid(self, bid: Any = None) -> Path:
        return self.file("bid.json", bid if isinstance(bid, str) else json.dumps(bid or a_bid()))

    def file(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text)
        return path

    def seal(self, *more: Any, bid: Any = None, lot: Path | None = None) -> Done:
        whose = ("--supplier", SUPPLIER, "--version", 1)
        return tenderscore("seal", self.bid(bid), "--lot", lot or self.lot(), "-o", self.sealed, *whose, *more)

    def check(self, bid: Any = None) -> Done:
        return tenderscore("seal", "--check", self.bid(bid), "--lot", self.lot())

    def place(self, version: int = 1) -> Place:
        return Place(UUID(self.terms["tender_id"]), UUID(self.terms["lot_id"]), SUPPLIER, version)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def opened(envelope: sealing.Envelope | None, context: bytes) -> Any:
    assert envelope is not None
    return json.loads(sealing.open_body(sealing.unwrap(PRIVATE, context, envelope.header), *envelope))


def test_a_sealed_bid_is_for_its_lot_and_supplier_and_says_what_its_receipt_will_say(desk: Desk):
    ran = desk.seal()
    assert (ran.returncode, ran.stderr) == (0, "")
    container = desk.sealed.read_bytes()
    assert hashlib.sha256(container).hexdigest() in ran.stdout
    assert f"{len(container)} bytes" in ran.stdout
    assert f"Send it as {sealing.BID_TYPE} before 2131-03-14T12:00:00+00:00." in ran.stdout
    read = sealing.parse_container(container)
    assert opened(read.offer, desk.place().context("offer")) == a_bid()
    assert read.rules_digest == desk.terms["rules_digest"]
    assert a_bid()["values"]["method-statement"].encode() not in container


def test_prices_go_where_the_lot_wants_them(desk: Desk):
    assert desk.seal(lot=desk.lot(price_envelope=["price"])).returncode == 0
    read = sealing.parse_container(desk.sealed.read_bytes())
    assert opened(read.price, desk.place().context("price")) == {"values": {"price": a_bid()["values"]["price"]}}
    assert "price" not in opened(read.offer, desk.place().context("offer"))["values"]


def test_terms_read_with_a_supplier_s_key_say_who_and_which_version(desk: Desk):
    lot = desk.lot(supplier_id=str(SUPPLIER), version=3)
    ran = tenderscore("seal", desk.bid(), "--lot", lot, "-o", desk.sealed)
    assert ran.returncode == 0, ran.stderr
    read = sealing.parse_container(desk.sealed.read_bytes())
    assert read.version == 3
    assert opened(read.offer, desk.place(3).context("offer"))


def test_the_command_is_there_and_loads_no_web_server(desk: Desk):
    command = [sys.executable, "-X", "importtime", "-W", "error", "-m", "service", "seal", "--check", desk.bid()]
    ran = subprocess.run([*command, "--lot", desk.lot()], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "is complete" in ran.stdout
    loaded = {line.rpartition("|")[2].strip() for line in ran.stderr.splitlines()}
    assert "scoring.offers" in loaded
    assert not loaded & {"litestar", "uvicorn", "weasyprint", "numpy"}


def test_a_check_writes_nothing(desk: Desk):
    before = {desk.bid(), desk.lot()}
    ran = desk.check()
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "is complete" in ran.stdout
    assert set(desk.folder.iterdir()) == before


BAD_BIDS: dict[str, tuple[Any, list[str]]] = {
    "empty form": ({"values": {}}, [f"/values/{name}: The value is missing." for name in a_bid()["values"]]),
    "blank answer": (a_bid(method_statement=" "), ["/values/method-statement: The answer is blank. Answer in words"]),
    "blank price": (a_bid(price=""), ["/values/price: "]),
    "too precise": (a_bid(price="1.23456"), ["/values/price: The value has 5 decimals; 4 are allowed for"]),
    "unknown": (
        a_bid(prize="1"),
        ["/values/prize: The lot has no such criterion that asks for a value. Leave it out."],
    ),
    "two at once": (a_bid(price="x", carbon=""), ["/values/price: ", "/values/carbon: "]),
}


@pytest.mark.parametrize("case", BAD_BIDS)
@pytest.mark.parametrize("way", ["check", "seal"])
def test_a_bid_that_could_not_be_scored_is_told_so_before_it_is_sealed(desk: Desk, case: str, way: str):
    """Sealing hides a blank form until the opening, which is too late: it is refused here, each place with its mend."""
    bid, wanted = BAD_BIDS[case]
    ran = desk.check(bid) if way == "check" else desk.seal(bid=bid)
    assert (ran.returncode, ran.stdout) == (1, "")
    lines = ran.stderr.splitlines()
    assert re.match(r"tenderscore: .*bid.json has \d+ faults?; nothing was sealed\.", lines[0])
    assert len(lines) == len(wanted) + 1
    for start in wanted:
        (line,) = [line for line in lines if line.strip().startswith(start)]
        assert line.endswith(".")
    assert not desk.sealed.exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not JSON"),
        ('{"values": {"price": "1", "price": "2"}}', "named twice"),
        ('{"values": {"price": 1}}', '/values/price: 1 is no text write "1"'),
        ('{"values": {}, "extra": 1}', "/extra: no such member exists here"),
        ('{"values": {"price": "1\\u200b"}}', "/values/price: U+200B"),
        ('{"values": {}, "documents": [{"id": "x", "name": "A.pdf"}]}', "/documents/0/id: "),
    ],
)
def test_a_file_that_is_no_bid_is_refused_in_the_service_s_words(desk: Desk, text: str, said: str):
    ran = desk.seal(bid=text)
    assert ran.returncode == 2
    assert said in ran.stderr
    assert not desk.sealed.exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"public_key": "AAAA"}, "holds no usable public key"),
        ({"public_key": base64.b64encode(b"\x04" + bytes(64)).decode()}, "no point of the curve"),
        ({"rules_digest": "0" * 64}, "was changed"),
        ({"rules": a_rules(tie_break=[])}, "was changed"),
        ({"tender_id": "x"}, "is not the answer of GET /lots/{id}/sealing"),
    ],
)
def test_terms_that_are_not_the_published_ones_are_refused(desk: Desk, changes: dict[str, Any], said: str):
    """A bid sealed to a wrong key, or checked by other rules, would be found out only at the opening."""
    ran = desk.seal(lot=desk.lot(**changes))
    assert (ran.returncode, ran.stdout) == (2, "")
    assert said in ran.stderr
    assert not desk.sealed.exists()


def test_what_is_not_given_anywhere_is_asked_for(desk: Desk):
    for given, said in (((), "--version 1"), (("--version", 1), "--supplier")):
        ran = tenderscore("seal", desk.bid(), "--lot", desk.lot(), "-o", desk.sealed, *given)
        assert ran.returncode == 2
        assert said in ran.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "name a bid"),
        (["bid.json", "--document", "x"], "name a bid"),
        (["bid.json"], "-o"),
        (["bid.json", "--check", "-o", "x"], "writes nothing"),
        (["--document", "x", "--check"], "--check is for bids"),
        (["bid.json", "-o", "x", "--version", "0"], "a version is 1 or more"),
    ],
)
def test_wrong_use_is_answered_with_the_usage(desk: Desk, arguments: list[str], said: str):
    ran = tenderscore("seal", *arguments, "--lot", desk.lot())
    assert ran.returncode == 2
    assert said in ran.stderr


def test_files_that_cannot_be_read_or_written_are_named(desk: Desk):
    bid, lot = desk.bid(), desk.lot()
    whose = ("--supplier", SUPPLIER, "--version", 1)
    for arguments in (
        (desk.folder / "none.json", "--lot", lot, "-o", desk.sealed),
        (bid, "--lot", desk.folder / "none.json", "-o", desk.sealed),
        (bid, "--lot", lot, "-o", desk.folder / "none" / "bid.sealed"),
        ("--document", desk.folder / "none.pdf", "--lot", lot, "-o", desk.sealed),
    ):
        ran = tenderscore("seal", *arguments, *whose)
        assert ran.returncode == 2
        assert re.search(r"tenderscore: .*none.*: No such file or directory", ran.stderr)
    assert set(desk.folder.iterdir()) == {bid, lot}


def test_a_document_is_sealed_in_pieces_under_an_id_of_its_own(desk: Desk):
    """What the portal is told to send and to write into the bid is what opens."""
    content = os.urandom(3_000_000)
    document = desk.folder / "Method.pdf"
    document.write_bytes(content)
    ran = tenderscore("seal", "--document", document, "--lot", desk.lot(), "--supplier", SUPPLIER, "-o", desk.sealed)
    assert (ran.returncode, ran.stderr) == (0, "")
    envelope = desk.sealed.read_bytes()
    assert hashlib.sha256(envelope).hexdigest() in ran.stdout
    (named,) = json.loads("{" + ran.stdout.splitlines()[-1] + "}")["documents"]
    assert named["name"] == "Method.pdf"
    assert f"/lots/{desk.terms['lot_id']}/documents?document_id={named['id']}" in ran.stdout
    place = desk.place()
    context = sealing.context(place.tender_id, place.lot_id, SUPPLIER, "document", UUID(named["id"]))
    header, body = sealing.split(envelope)
    assert sealing.open_body(sealing.unwrap(PRIVATE, context, header), header, body) == content
    assert len(envelope) == sealing.HEADER_BYTES + sealing.sealed_bytes(len(content), sealing.DOCUMENT_STEP)


# With the service


async def test_a_bid_and_its_document_sealed_by_a_portal_go_all_the_way(market: Market, desk: Desk):
    """The published terms, saved as they come, are all that the command needs; what it writes is taken and opened."""
    tender = await market.publish()
    lot_id = tender["lots"][0]["id"]
    answer = await market.alder.get(f"/lots/{lot_id}/sealing")
    terms = done(answer)
    assert (terms["supplier_id"], terms["version"]) == (market.alder.organisation_id, 1)
    lot = desk.file("published.json", answer.text)
    document = desk.folder / "Method.pdf"
    document.write_bytes(os.urandom(100_000))
    sealed = tenderscore("seal", "--document", document, "--lot", lot, "-o", desk.folder / "method.sealed")
    named = json.loads("{" + sealed.stdout.splitlines()[-1] + "}")["documents"]
    kept = done(
        await market.http.post(
            f"/lots/{lot_id}/documents?document_id={named[0]['id']}",
            content=(desk.folder / "method.sealed").read_bytes(),
            headers=headers(market, sealing.DOCUMENT_TYPE),
        )
    )
    assert kept["digest"] in sealed.stdout
    ran = tenderscore("seal", desk.bid(a_bid() | {"documents": named}), "--lot", lot, "-o", desk.sealed)
    sent = headers(market, sealing.BID_TYPE)
    receipt = done(await market.http.post(f"/lots/{lot_id}/bids", content=desk.sealed.read_bytes(), headers=sent))
    assert receipt["digest"] in ran.stdout
    assert receipt["documents"] == [named[0]["id"]]
    assert done(await market.alder.get(f"/lots/{lot_id}/sealing"))["version"] == 2
    await market.open(tender)
    (bid,) = done(await market.moderator.get(f"/lots/{lot_id}/bids"))
    assert bid["offers"] == a_bid()["values"]


def headers(market: Market, media_type: str) -> dict[str, str]:
    key = {"Authorization": f"Bearer {market.alder.key}", "Idempotency-Key": str(uuid4())}
    return key | {"Content-Type": media_type}


async def test_the_terms_are_for_everybody_who_may_read_the_tender(market: Market):
    """The buyer's people and other cities see no supplier's version; a draft has no terms."""
    tender, draft = await market.publish(), await market.draft()
    path = f"/lots/{tender['lots'][0]['id']}/sealing"
    for person in (market.author, market.colleague, market.stranger):
        terms = done(await person.get(path))
        assert (terms["supplier_id"], terms["version"]) == (None, None)
    refused(await market.anonymous.get(path), 401, "unauthenticated")
    for lot_id in (draft["lots"][0]["id"], uuid4()):
        refused(await market.alder.get(f"/lots/{lot_id}/sealing"), 404, "not-found")


async def test_the_command_and_the_service_name_the_same_faults(market: Market, desk: Desk):
    """What passes here passes there; nobody learns of a fault only after sealing."""
    tender = await market.publish()
    lot_id = tender["lots"][0]["id"]
    lot = desk.file("published.json", (await market.alder.get(f"/lots/{lot_id}/sealing")).text)
    for bid, _ in BAD_BIDS.values():
        problem = refused(await market.alder.post(f"/lots/{lot_id}/bids?validate=only", bid), 422, "bid-incomplete")
        said = tenderscore("seal", "--check", desk.bid(bid), "--lot", lot)
        told = [f"  {fault['pointer']}: {fault['message']} {fault['mend']}" for fault in problem["errors"]]
        assert said.stderr.splitlines()[1:] == told


async def test_a_variant_is_sealed_at_home_and_sent_as_what_it_is(market: Market, tmp_path: Path) -> None:
    """The portal is told what the lot takes; currency and variant are checked there as by the service."""
    terms_of_variants = {"minimum_requirements": "The roof keeps its load rating.", "at_most": 1}
    tender = await market.publish(lots=[a_lot(variants=terms_of_variants)])
    lot_id = tender["lots"][0]["id"]
    terms = json.dumps(done(await market.alder.get(f"/lots/{lot_id}/sealing?variant=1")))
    desk = Desk(tmp_path)
    lot = desk.file("terms.json", terms)
    bid = desk.bid(a_bid() | {"variant": {"number": 1, "description": "Thin film."}, "currency": "EUR"})
    refused_at_home = tenderscore("seal", bid, "--lot", lot, "--check")
    assert refused_at_home.returncode == 1
    assert "/variant/number" in refused_at_home.stderr
    assert "/currency" in refused_at_home.stderr
    bid = desk.bid(a_bid() | {"variant": {"number": 1, "description": "Thin film."}})
    made = tenderscore("seal", bid, "--lot", lot, "--variant", 1, "-o", desk.sealed)
    assert "?variant=1" in made.stdout
    headers = {"Authorization": f"Bearer {market.alder.key}", "Content-Type": sealing.BID_TYPE}
    sent = {"content": desk.sealed.read_bytes(), "headers": headers | {"Idempotency-Key": "1"}}
    assert done(await market.http.post(f"/lots/{lot_id}/bids?variant=1", **sent))["variant"] == 1
    (line,) = (await market.open(tender))["bids"]
    assert (line["variant"], line["fault"]) == (1, None)


async def test_a_sealed_variant_sent_as_the_bid_itself_is_opened_and_told(market: Market, tmp_path: Path) -> None:
    """Nobody can see it before the opening; then the panel reads what was sealed and what it was sent as."""
    tender = await market.publish(lots=[a_lot(variants={"minimum_requirements": "As published."})])
    lot_id = tender["lots"][0]["id"]
    desk = Desk(tmp_path)
    lot = desk.file("terms.json", json.dumps(done(await market.alder.get(f"/lots/{lot_id}/sealing?variant=1"))))
    bid = desk.bid(a_bid() | {"variant": {"number": 1, "description": "Thin film."}})
    assert tenderscore("seal", bid, "--lot", lot, "--variant", 1, "-o", desk.sealed).returncode == 0
    headers = {"Authorization": f"Bearer {market.alder.key}", "Content-Type": sealing.BID_TYPE}
    sent = {"content": desk.sealed.read_bytes(), "headers": headers | {"Idempotency-Key": "1"}}
    done(await market.http.post(f"/lots/{lot_id}/bids", **sent))
    (line,) = (await market.open(tender))["bids"]
    assert line["fault"] == "It was sent as the bid itself and says that it is variant 1."
