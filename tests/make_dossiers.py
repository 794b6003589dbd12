"""The log of a small tender, and its dossier, made without a database: the same bytes every time."""

import json
from collections.abc import Collection
from typing import Any

import msgspec

from service.dossier import Dossier, assemble
from service.signing import Signer
from tests.make_logs import LOG_ID, SIGNER, a_checkpoint, as_jsonb, numbered, public

LOT = numbered("lot", 1)
DEADLINE = "2026-11-20T12:00:00Z"
PEOPLE = {
    name: numbered("person", number)
    for number, name in enumerate(("author", "approver", "officer", "second", "evaluator", "alder", "birch"), start=1)
}


def happened() -> list[tuple[str, str | None, str, dict[str, Any]]]:
    """Kind, who, when and facts of every entry of a tender that went as it should."""
    role = [
        ("role.granted", "author", f"2026-11-01T09:01:{second:02}", {"person_id": PEOPLE[name], "role": role})
        for second, (name, role) in enumerate(
            (
                ("approver", "approver"),
                ("officer", "opening_officer"),
                ("second", "opening_officer"),
                ("evaluator", "evaluator"),
            )
        )
    ]
    bid = {"lot_id": LOT, "version": 1, "digest": "0" * 64, "size": 16_384}
    published = {"submission_deadline": DEADLINE, "officers_needed": 2, "custody": "service"}
    asked = {"lot_id": LOT, "envelope": "offer"}
    return [
        ("tender.drafted", "author", "2026-11-01T09:00:00", {"digest": "sha256:1"}),
        *role,
        ("tender.published", "approver", "2026-11-02T09:00:00", published),
        ("refused", "officer", "2026-11-03T09:00:00", {"problem": "deadline-not-reached"}),
        ("bid.submitted", "alder", "2026-11-19T09:00:00", bid | {"bid_id": numbered("bid", 1)}),
        ("bid.submitted", "birch", "2026-11-20T11:59:59.999999", bid | {"bid_id": numbered("bid", 2)}),
        ("bid.late", "birch", "2026-11-20T12:00:00", {"lot_id": LOT, "size": 1, "digest": "1" * 64}),
        ("opening.asked", "officer", "2026-11-20T12:00:01", asked),
        ("opening.asked", "second", "2026-11-20T12:00:02", asked),
        ("bids.opened", "second", "2026-11-20T12:00:02.5", {"lot_id": LOT, "bids": []}),
        ("score.given", "evaluator", "2026-11-21T09:00:00", {"value": "4", "reason": "Phasing is shown per school."}),
    ]


def lines_of(entries: list[tuple[str, str | None, str, dict[str, Any]]]) -> list[str]:
    """A log of these entries, to the letter."""
    return [
        as_jsonb(
            {
                "log_id": str(LOG_ID),
                "position": position,
                "kind": kind,
                "person_id": who and PEOPLE[who],
                "data": data,
                "at": f"{at if '.' in at else f'{at}.':<026}".replace(" ", "0") + "Z",
                "salt": numbered("salt", position),
            }
        )
        for position, (kind, who, at, data) in enumerate(entries, start=1)
    ]


def a_dossier(lines: list[str] | None = None, withheld: Collection[int] = (), signer: Signer = SIGNER) -> Dossier:
    """The dossier of a log, signed."""
    log = lines_of(happened()) if lines is None else lines
    tender = {"id": LOG_ID, "reference": "SOLAR-2026-07", "title": "Solar roofs", "buyer": "Northgate City Council"}
    names = {person_id: name.title() for name, person_id in PEOPLE.items()}
    return assemble(tender, public(signer), a_checkpoint(log, signer), log, names, withheld)


def as_file(dossier: Dossier) -> dict[str, Any]:
    """The dossier as it is written."""
    return json.loads(msgspec.json.encode(dossier))
