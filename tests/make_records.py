"""A chronological record and the report on a spend analysis, as the service makes them."""

import hashlib
import tempfile
from pathlib import Path

import msgspec

from service.chronicle_document import ChronicleDocument, ChronicleRow, ChronicleTitle, entry_of
from service.spend_analysis import SpendDocument
from tests.make_papers import ID, PLAIN
from tests.make_reports import EVALUATED_AT
from tests.make_spend import Desk, payments


def chronicle(entries: int = 80) -> ChronicleDocument:
    """A record of several pages: what was changed, what was refused, what speaks for itself."""
    row = ChronicleRow(
        position=1,
        kind="score.given",
        at=EVALUATED_AT,
        person_id=ID,
        person=PLAIN,
        data={"value": "4", "reason": "Meets the need.", "criterion_id": "team"},
        subject={"criterion_id": "team"},
        before={"value": "3"},
        supplier=PLAIN,
        lot=1,
        holder=None,
    )
    refused = msgspec.structs.replace(row, position=2, kind="refused", data={"title": PLAIN}, before=None)
    return ChronicleDocument(
        tender=ChronicleTitle(
            tender_id=ID,
            reference="NCC-2026-041",
            title=PLAIN,
            buyer=PLAIN,
            jurisdiction="uk-pa2023",
            time_zone="Europe/London",
        ),
        at=EVALUATED_AT,
        sealed=True,
        entries=tuple(entry_of(one) for one in (row, refused) * (entries // 2)),
    )


def spend() -> SpendDocument:
    """The report on an analysis of a few payments."""
    with tempfile.TemporaryDirectory() as folder:
        found = Desk(Path(folder)).analyse(payments())
    data = msgspec.json.encode(found)
    digest = hashlib.sha256(data).hexdigest()
    return SpendDocument(buyer=PLAIN, analysis=found, canonical=data, digest=digest, analysed_at=EVALUATED_AT)
