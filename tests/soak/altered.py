"""The service with one known mistake put in: what a campaign must catch before its silence means anything.

`python -m tests.soak.altered MISTAKE … serve` is `tenderscore serve` on a copy of the queries in which the mistake was
made. Nothing of the product is changed: the copy lies in a temporary folder, and a text that is no longer there to be
altered stops the campaign.
"""

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from service import __main__, db

JUDGED = "WHERE clock.at < tender.submission_deadline AND tender.rules_digest"
MISTAKES: dict[str, tuple[tuple[str, str, str, int], ...]] = {
    # The check reads the clock before the locks are taken, the stamp after: "check, then insert".
    "check-then-insert": (("bids", JUDGED, JUDGED.replace("clock.at", "statement_timestamp()"), 2),),
    # now() is the instant at which the transaction began.
    "now": (("bids", "SELECT clock_timestamp() AS at FROM head", "SELECT now() AS at FROM head", 3),),
    # The opening does not wait for what is in flight. Its own entries in the log, whose head the bids in flight hold,
    # would make it wait all the same: here it writes them only once it has read the envelopes.
    "opening-without-lock": (("tenders", "\nFOR UPDATE;", ";", 1),),
}
"""By name: the file of queries, the text in it, what stands there instead, and how often it occurs."""


def queries_with(mistake: str, folder: Path) -> Path:
    """A copy of the service's queries in the folder, with the mistake in it."""
    made = Path(shutil.copytree(db.QUERIES, folder / "sql"))
    for noun, right, wrong, times in MISTAKES[mistake]:
        path = made / f"{noun}.sql"
        text = path.read_text(encoding="utf-8")
        if text.count(right) != times:
            raise SystemExit(f"{noun}.sql holds {right!r} {text.count(right)} times, not {times}: adapt the mistake")
        path.write_text(text.replace(right, wrong), encoding="utf-8")
    return made


def write_late() -> None:
    """Let the opening write `opening.asked` into the log together with `bids.opened`, behind its reading."""
    from service import events

    record = events.record

    async def held_back(conn: Any, kind: Any, **facts: Any) -> int:
        return 0 if kind == "opening.asked" else await record(conn, kind, **facts)

    events.record = held_back


def main() -> None:
    """Run the command line that follows the mistake's name, whatever program it names first."""
    mistake, rest = sys.argv[1], sys.argv[2:]
    sys.argv = ["tenderscore", *rest[rest.index("service") + 1 :]]
    with tempfile.TemporaryDirectory(prefix="altered-") as folder:
        db.QUERIES = queries_with(mistake, Path(folder))
        if mistake == "opening-without-lock":
            write_late()
        __main__.main()


if __name__ == "__main__":
    main()
