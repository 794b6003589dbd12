"""pgbench's script: one bid in one call of the function by which the service stores bids."""

import re
from pathlib import Path

SPREAD = """\\set i :i + 1
\\set n :client_id + :i * :clients
\\set lot :n % {tenders}
\\set supplier (:n / {tenders} + :lot * 37) % {suppliers}
"""
"""Which lot and supplier bid number n has, on many tenders."""

RUSH = """\\set i :i + 1
\\set supplier :client_id + :i * :clients
\\set lot 0
"""
"""The same with one tender and another supplier each time."""


def script(numbers: str, rules_digest: str) -> str:
    """The script from the lines that set `lot` and `supplier`; `body` is a variable that the caller sets."""
    text = Path("service/sql/bids.sql").read_text(encoding="utf-8")
    found = re.search(r"-- name: submit_bid\(.*?\n(.*?;)\n", text, re.DOTALL)
    assert found is not None
    from tests.bench.market import digests

    values = {
        "lot_id": "md5('lot ' || :lot)",
        "supplier_id": "md5('supplier ' || :supplier)",
        "person_id": "md5('person ' || :supplier)",
        "key": "concat('bid-', :lot::text, '-', :supplier::text)",
        "fingerprint": "encode(sha256(:body::bytea), 'hex')",
        "tender_digest": f"'{digests()[1]}'",
        "rules_digest": f"'{rules_digest}'",
        "size": "4500",
        "contents": ":body",
    }
    sql = re.sub(r"(?<!:):(" + "|".join(values) + r")\b", lambda match: f"({values[match[1]]})", found[1])
    return numbers + re.sub(r"^\s*--.*\n", "", sql, flags=re.MULTILINE)
