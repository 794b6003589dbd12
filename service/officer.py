"""The opening officers' own client: here a tender's key is made, split, rehearsed, put together; never in the service.

    tenderscore officer new-key                    your own key, once; tell the chair its fingerprint
    tenderscore officer show-key                   the fingerprints of your own keys again, to read them to an officer
    tenderscore officer make-key --tender ID       one of you makes the tender's key and seals a share to every officer
    tenderscore officer rehearse --tender ID       every officer shows to hold a share; then the tender can be published
    tenderscore officer act --lot ID [--to PERSON] after the deadline: ask for the opening, pass your share to who opens
    tenderscore officer open --lot ID              who opens: put the shares together and open the lot

Your key lies in a file that only you can read. Keep a copy of it apart: without enough of these files nobody can open
the tender's bids, the service included.
"""

import argparse
import contextlib
import sys
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import httpx
import msgspec
from msgspec import Struct

from service import sealing, shares
from service.officer_keys import OwnKey, Stopped, open_share, read_keys, write_keys
from service.sealing import SealBroken
from service.settings import xdg_data_folder
from service.shares import Share, WrongShares

_SECONDS = 120


class Officer(Struct, frozen=True, kw_only=True):
    """An opening officer of a tender, as the service tells."""

    person_id: UUID
    person: str
    public_key: str | None
    number: int | None
    sealed_to: str | None
    share_digest: str | None
    rehearsed_at: str | None

    def fingerprint(self) -> str:
        """Of the officer's own key, as people compare it."""
        return shares.fingerprint(bytes.fromhex(self.public_key or ""))


class TenderKey(Struct, frozen=True, kw_only=True):
    """A tender's key and officers, as the service tells."""

    tender_id: UUID
    custody: str
    officers_needed: int
    public_key: str | None
    officers: list[Officer]

    def officer(self, person_id: UUID) -> Officer:
        """The officer with this id; raises Stopped."""
        for officer in self.officers:
            if officer.person_id == person_id:
                return officer
        raise Stopped(f"{person_id} is no opening officer of this tender.")


class _Caller(Struct, frozen=True, kw_only=True):
    person_id: UUID
    person: str


class _OwnShare(Struct, frozen=True, kw_only=True):
    sealed_share: bytes
    sealed_to: str
    share_digest: str


class _Relay(Struct, frozen=True, kw_only=True):
    person_id: UUID
    person: str
    sealed_share: bytes
    share_digest: str


class _Header(Struct, frozen=True, kw_only=True):
    bid_id: UUID
    version: int
    supplier_id: UUID
    supplier: str
    header: bytes


class _Document(Struct, frozen=True, kw_only=True):
    document_id: UUID
    supplier_id: UUID
    header: bytes


class _Act(Struct, frozen=True, kw_only=True):
    person_id: UUID


class _Prices(Struct, frozen=True, kw_only=True):
    officers: list[_Act]
    opened_at: str | None


class _Record(Struct, frozen=True, kw_only=True):
    tender_id: UUID
    custody: str
    officers: list[_Act]
    opened_at: str | None
    number: int | None
    prices: _Prices | None

    def acts(self, envelope: str) -> list[_Act]:
        return self.officers if envelope == "offer" else self.prices.officers if self.prices else []


# What an officer does


class Client:
    """An officer at work: speaks to the service with the officer's API key, opens with the officer's own keys."""

    def __init__(self, http: httpx.Client, keys: Sequence[OwnKey], say: Callable[[str], None]) -> None:
        self._http = http
        self._keys = {key.public.hex(): key for key in keys}
        self._say = say

    def send(self, method: str, path: str, body: Any = None, kind: Any = Any) -> Any:
        """Ask the service; raises Stopped with the service's own words where it refuses."""
        given: dict[str, Any] = {} if body is None else {"content": msgspec.json.encode(body)}
        try:
            answer = self._http.request(method, path, headers={"Content-Type": "application/json"}, **given)
        except httpx.HTTPError as error:
            raise Stopped(f"The service cannot be reached: {error}") from None
        if answer.is_success:
            return msgspec.json.decode(answer.content, type=kind)
        raise Stopped(_refusal_in(answer))

    def me(self) -> _Caller:
        """Who the API key belongs to."""
        return self.send("GET", "/organisations/me", kind=_Caller)

    def key_of(self, tender_id: UUID) -> TenderKey:
        """A tender's key and officers."""
        return self.send("GET", f"/tenders/{tender_id}/key", kind=TenderKey)

    def register(self, key: OwnKey) -> None:
        """Let the service know the public half of the officer's own key."""
        self.send("PUT", "/people/me/officer-key", {"public_key": key.public.hex()})
        self._say(
            "Your key is registered. Read its fingerprint to whoever makes the tender's key:\n"
            f"  {shares.fingerprint(key.public)}"
        )

    def make_key(self, tender_id: UUID, confirm: Callable[[str], bool]) -> None:
        """Make the tender's key, try every set of shares, seal each share to its officer, and forget the key."""
        told = self.key_of(tender_id)
        holders = [officer for officer in told.officers if officer.public_key is not None]
        me = self.me().person_id
        for own in (one for one in holders if one.person_id == me):
            self._check_own(own)
        without = [officer.person for officer in told.officers if officer.public_key is None]
        if without:
            self._say(f"Without a key of their own, and so without a share: {', '.join(without)}.")
        if not told.officers_needed <= len(holders) <= shares.MOST_OFFICERS:
            raise Stopped(
                f"{len(holders)} officers have a key; it takes {told.officers_needed} to {shares.MOST_OFFICERS}."
            )
        lines = [f"  {one.fingerprint()}  {one.person}" for one in holders]
        table = "\n".join(["Every officer must have read you the fingerprint of the own key:", *lines])
        if not confirm(table):
            raise Stopped("No key was made. A key that somebody else put in an officer's place would get a share.")
        private, public = sealing.generate_key()
        made = shares.split(tender_id, private, told.officers_needed, len(holders))
        known = {str(one.person_id): one.fingerprint() for one in holders}
        sealed = [
            _sealed_share(tender_id, one, msgspec.structs.replace(share, officers=known))
            for one, share in zip(holders, made, strict=True)
        ]
        body = {"public_key": public.hex(), "officers_needed": told.officers_needed, "shares": sealed}
        self.send("PUT", f"/tenders/{tender_id}/key", body)
        self._say(f"The tender's key is made: any {told.officers_needed} of {len(holders)} officers open.")
        self._say(f"Its fingerprint is\n  {shares.fingerprint(public)}")
        self._say(f"Every officer now runs: tenderscore officer rehearse --tender {tender_id}")

    def own_share(self, tender_id: UUID, person_id: UUID) -> Share:
        """Open the officer's own share and compare it with its hash and with the published key; raises Stopped."""
        told: _OwnShare = self.send("GET", f"/tenders/{tender_id}/key/share", kind=_OwnShare)
        own = self._keys.get(told.sealed_to)
        if own is None:
            raise Stopped(
                "Your share was sealed to a key that is not in your key file. Restore the file from your copy."
            )
        share = open_share(own, shares.for_officer(tender_id, person_id), told.sealed_share, told.share_digest)
        published = self.key_of(tender_id).public_key
        if share.public_key != published or share.tender_id != tender_id:
            raise Stopped("The service publishes another key than your share is of. Tell the other officers.")
        return share

    def rehearse(self, tender_id: UUID) -> None:
        """Show to hold the share, without showing it."""
        share = self.own_share(tender_id, self.me().person_id)
        self.send("POST", f"/tenders/{tender_id}/key/rehearsal", {"answer": share.rehearsal()})
        fingerprint = shares.fingerprint(bytes.fromhex(share.public_key))
        self._say(f"You hold share {share.number} of the tender's key. Its fingerprint is\n  {fingerprint}")

    def act(self, lot_id: UUID, envelope: str, recipient: UUID | None, *, heard: Callable[[str], str]) -> None:
        """Ask for the opening, and pass the own share to the officer whose client opens: the first who asked.

        heard: asks for the fingerprint that this officer has read out, where the share does not know the key.
        """
        me = self.me()
        record: _Record = self.send("GET", f"/lots/{lot_id}/opening", kind=_Record)
        query = f"?envelope={envelope}"
        if record.custody == "officers":
            first = [act.person_id for act in record.acts(envelope)]
            to = self.key_of(record.tender_id).officer(recipient or (first[0] if first else me.person_id))
            if to.public_key is None:
                raise Stopped(f"{to.person} has registered no key; somebody else must open.")
            share = self.own_share(record.tender_id, me.person_id)
            if to.person_id == me.person_id:
                self._check_own(to)
            else:
                _check_recipient(share, to, heard)
            bound = shares.for_opening(lot_id, envelope, me.person_id, to.person_id)
            sealed = sealing.seal(bytes.fromhex(to.public_key), bound, msgspec.json.encode(share))
            self.send("PUT", f"/lots/{lot_id}/opening/shares/{to.person_id}{query}", {"sealed_share": sealed})
            self._say(f"Your share is passed on to {to.person} (key {to.fingerprint()}).")
        self.send("POST", f"/lots/{lot_id}/opening{query}")
        self._say("You have asked for the opening.")

    def _check_own(self, me: Officer) -> None:
        """What the service names as the own key must be one: a share sealed to another one would be somebody else's."""
        if me.public_key not in self._keys:
            raise Stopped(
                "The service names a key as yours that is not in your key file. Nothing was sent. If you registered it"
                " from elsewhere, use that file (--key); else somebody has put it in your place: tell the other"
                " officers."
            )

    def open(self, lot_id: UUID, envelope: str) -> None:
        """Put the shares together, unwrap the content keys of a lot's envelopes, and give the service only those."""
        record: _Record = self.send("GET", f"/lots/{lot_id}/opening", kind=_Record)
        told = self.key_of(record.tender_id)
        private = self._private_key(told, lot_id, envelope)
        headers: list[_Header] = self.send(
            "GET", f"/lots/{lot_id}/opening/headers?envelope={envelope}", kind=list[_Header]
        )
        keys: list[dict[str, Any]] = []
        for one in headers:
            place = sealing.context(told.tender_id, lot_id, one.supplier_id, cast("Any", envelope), one.version)
            try:
                keys.append({"bid_id": one.bid_id, "key": sealing.unwrap(private, place, one.header)})
            except SealBroken as broken:
                keys.append({"bid_id": one.bid_id, "key": None})
                self._say(f"The envelope of {one.supplier} does not open: {broken.why}")
        body = {"envelope": envelope, "keys": keys, "documents": []}
        if envelope == "offer":
            body["documents"] = self._document_keys(told, lot_id, private)
        after: _Record = self.send("POST", f"/lots/{lot_id}/opening/keys", body, kind=_Record)
        if (after.prices.opened_at if envelope == "price" and after.prices else after.opened_at) is None:
            raise Stopped(
                "Nothing is opened yet: what your client could not open, a second officer's client must find so too."
                " The officers run `tenderscore officer act --to` that officer, who then runs `open`."
            )
        self._say(f"Opened: {len(headers)} envelopes.")

    def _document_keys(self, told: TenderKey, lot_id: UUID, private: bytes) -> list[dict[str, Any]]:
        found: list[_Document] = self.send("GET", f"/lots/{lot_id}/opening/documents", kind=list[_Document])
        keys: list[dict[str, Any]] = []
        for one in found:
            place = sealing.context(told.tender_id, lot_id, one.supplier_id, "document", one.document_id)
            try:
                keys.append({"document_id": one.document_id, "key": sealing.unwrap(private, place, one.header)})
            except SealBroken as broken:
                keys.append({"document_id": one.document_id, "key": None})
                self._say(f"The document {one.document_id} does not open: {broken.why}")
        return keys

    def _private_key(self, told: TenderKey, lot_id: UUID, envelope: str) -> bytes:
        relays: list[_Relay] = self.send("GET", f"/lots/{lot_id}/opening/shares?envelope={envelope}", kind=list[_Relay])
        me = self.me().person_id
        good: list[Share] = []
        for relay in relays:
            try:
                good.append(self._open_relay(shares.for_opening(lot_id, envelope, relay.person_id, me), relay))
            except Stopped as wrong:
                self._say(f"The share that {relay.person} passed on is not usable: {wrong}")
        if len(good) < told.officers_needed:
            raise Stopped(_too_few(told, len(good), {share.number for share in good}))
        # Where more have come than are needed, one that was wrong from the beginning stops nobody.
        for some in shares.trials(good, told.officers_needed):
            with contextlib.suppress(WrongShares):
                private = shares.combine(some)
                if sealing.public_key_of(private).hex() == told.public_key:
                    return private
        raise Stopped("These shares do not give the published key, though each is as it was made. Ask others.")

    def _open_relay(self, bound: bytes, relay: _Relay) -> Share:
        wrong = Stopped("It was not sealed to your key.")
        for own in self._keys.values():
            try:
                return open_share(own, bound, relay.sealed_share, relay.share_digest)
            except Stopped as why:
                wrong = why
        raise wrong


def _sealed_share(tender_id: UUID, officer: Officer, share: Share) -> dict[str, Any]:
    public = bytes.fromhex(officer.public_key or "")
    return {
        "person_id": officer.person_id,
        "number": share.number,
        "sealed_share": sealing.seal(
            public, shares.for_officer(tender_id, officer.person_id), msgspec.json.encode(share)
        ),
        "sealed_to": officer.public_key,
        "share_digest": share.digest(),
        "rehearsal_digest": shares.rehearsal_digest(share.rehearsal()),
    }


def _check_recipient(share: Share, to: Officer, heard: Callable[[str], str]) -> None:
    """The key that the service names as another officer's must be the one known when the shares were made.

    The service could name any key, and with enough shares sealed to that one the bids would be open to whoever put it
    there. An officer who has a new key, or is new, reads out its fingerprint.
    """
    present = to.fingerprint()
    known = share.officers.get(str(to.person_id))
    if known == present:
        return
    why = f"{to.person} has another key than when the shares were made."
    if known is None:
        why = f"Your share does not say which key {to.person} has."
    if "".join(heard(why).split()).lower() != present.replace(" ", ""):
        raise Stopped(
            f"{why} The service names one with another fingerprint than {to.person} has read to you. Nothing was sent."
            " If it was read and written rightly, tell the other officers: somebody may have exchanged the key."
        )


def _too_few(told: TenderKey, have: int, numbers: set[int]) -> str:
    others = [one.person for one in told.officers if one.number is not None and one.number not in numbers]
    missing = told.officers_needed - have
    if len(others) < missing:
        return (
            f"{have} of {told.officers_needed} shares are here, and only {len(others)} more officers hold one. This lot"
            " cannot be opened, by nobody, the service included."
        )
    return (
        f"{have} of {told.officers_needed} shares are here. {missing} more must come from: {', '.join(others)}; each"
        " runs `tenderscore officer act`. If they have lost theirs, this lot cannot be opened, by nobody, the service"
        " included."
    )


def _refusal_in(answer: httpx.Response) -> str:
    """A problem in the words of the service."""
    try:
        problem: dict[str, Any] = msgspec.json.decode(answer.content, type=dict[str, Any])
    except msgspec.MsgspecError:
        return f"The service answered {answer.status_code}."
    faults = [f"{fault.get('message', '')} {fault.get('mend', '')}".strip() for fault in problem.get("errors", [])]
    return "\n".join([f"{problem.get('title', 'Refused')}. {problem.get('detail', '')}", *faults])


# Commands


def _new_key(arguments: argparse.Namespace) -> None:
    path: Path = arguments.key
    if path.exists() and not arguments.replace:
        raise Stopped(
            f"You have a key in {path}. With --replace a new one is put before it; shares need the old one too."
        )
    earlier = read_keys(path) if path.exists() else []
    key = OwnKey(*sealing.generate_key())
    write_keys(path, [key, *earlier])
    _say(f"Your key is in {path}. Keep a copy of this file apart.")
    with _client(arguments) as client:
        client.register(key)


def _make_key(arguments: argparse.Namespace) -> None:
    def confirm(table: str) -> bool:
        _say(table)
        if arguments.yes:
            return True
        if not sys.stdin.isatty():
            raise Stopped("Nobody is here to confirm the fingerprints; if they are compared, repeat with --yes.")
        return input("Are they the same? Write yes: ").strip() == "yes"

    with _client(arguments) as client:
        client.make_key(arguments.tender, confirm)


def _show_key(arguments: argparse.Namespace) -> None:
    for key in read_keys(arguments.key):
        _say(shares.fingerprint(key.public))


def _rehearse(arguments: argparse.Namespace) -> None:
    with _client(arguments) as client:
        client.rehearse(arguments.tender)


def _act(arguments: argparse.Namespace) -> None:
    def heard(why: str) -> str:
        if arguments.confirm is not None:
            return arguments.confirm
        help_ = "Have the officer read you the fingerprint of the own key (`tenderscore officer show-key`, first line)"
        if not sys.stdin.isatty():
            raise Stopped(f"{why} {help_} and repeat with --confirm 'FINGERPRINT'. Nothing was sent.")
        return input(f"{why} {help_} and write it: ")

    with _client(arguments) as client:
        client.act(arguments.lot, arguments.envelope, arguments.to, heard=heard)


def _open(arguments: argparse.Namespace) -> None:
    with _client(arguments) as client:
        client.open(arguments.lot, arguments.envelope)


@contextlib.contextmanager
def _client(arguments: argparse.Namespace) -> Generator[Client]:
    try:
        login = arguments.login.read_text(encoding="ascii", errors="replace").strip()
    except OSError as error:
        raise Stopped(f"Your API key cannot be read from {arguments.login}: {error.strerror}.") from None
    headers = {"Authorization": f"Bearer {login}"}
    with httpx.Client(base_url=arguments.service, headers=headers, timeout=_SECONDS) as http:
        yield Client(http, read_keys(arguments.key), _say)


def _say(text: str) -> None:
    print(text, flush=True)


def run(arguments: argparse.Namespace) -> int:
    """Do what an officer asked for."""
    try:
        arguments.step(arguments)
    except (Stopped, WrongShares) as stopped:
        print(f"tenderscore officer: {stopped}", file=sys.stderr)
        return 1
    return 0


def add_commands(commands: Any) -> None:
    """Register officer with its steps."""
    parser = commands.add_parser(
        "officer",
        help="the opening officers' own client: keys, shares, opening",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    steps = parser.add_subparsers(required=True, metavar="STEP")
    for name, step in (
        ("new-key", _new_key),
        ("show-key", _show_key),
        ("make-key", _make_key),
        ("rehearse", _rehearse),
        ("act", _act),
        ("open", _open),
    ):
        _add_step(steps.add_parser(name), name, step)


def _add_step(parser: argparse.ArgumentParser, name: str, step: Callable[[argparse.Namespace], None]) -> None:
    parser.set_defaults(step=step)
    if name != "show-key":
        parser.add_argument("--service", default="http://127.0.0.1:8000", metavar="URL", help="address of the service")
        parser.add_argument("--login", type=Path, required=True, metavar="FILE", help="file with your API key")
    own = xdg_data_folder() / "officer-key"
    parser.add_argument("--key", type=Path, default=own, metavar="FILE", help=f"file of your own keys ({own})")
    if name == "new-key":
        parser.add_argument("--replace", action="store_true", help="put a new key before the one that is there")
    if name in {"make-key", "rehearse"}:
        parser.add_argument("--tender", type=UUID, required=True, metavar="ID")
    if name == "make-key":
        parser.add_argument("--yes", action="store_true", help="the officers' fingerprints have been compared")
    if name in {"act", "open"}:
        parser.add_argument("--lot", type=UUID, required=True, metavar="ID")
        parser.add_argument("--envelope", choices=("offer", "price"), default="offer", help="what is opened")
    if name == "act":
        parser.add_argument("--to", type=UUID, metavar="PERSON", help="id of the officer who opens; else the first")
        parser.add_argument("--confirm", metavar="FINGERPRINT", help="of the key of who opens, as that officer read it")
