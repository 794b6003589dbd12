"""pgbench's script: one bid in one call of the function by which the service stores bids."""

import hashlib

from service import sealing
from service.sealing import Container
from tests.bench import market

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

CALL = """SELECT ordinal, verdict, at, submission_deadline, bid_id, version, fingerprint, entry, place, size_before,
tree_size, frontier
FROM store_bids(
    lot_ids => ARRAY[md5('lot ' || :lot)::uuid],
    bid_ids => ARRAY[gen_random_uuid()],
    versions => ARRAY[1],
    supplier_ids => ARRAY[md5('supplier ' || :supplier)::uuid],
    person_ids => ARRAY[md5('person ' || :supplier)::uuid],
    key_ids => ARRAY[lpad(:supplier, 12, '0')],
    retry_keys => ARRAY[concat('"', lpad(concat(:lot::text, '-', :supplier::text), 64, '0'))],
    fingerprints => ARRAY['{digest}'],
    tender_digests => ARRAY['{tender_digest}'],
    rules_digests => ARRAY['{rules_digest}'],
    sizes => ARRAY[{size}],
    digests => ARRAY['{digest}'],
    offer_headers => ARRAY[:header::bytea],
    offers => ARRAY[:offer::bytea],
    price_headers => ARRAY[NULL::bytea],
    prices => ARRAY[NULL::bytea],
    documents => ARRAY['{{}}'],
    variants => ARRAY[0],
    signer => '0123456789abcdef'
);
"""


def sealed(offer: bytes) -> bytes:
    """A sealed bid as a supplier sends it. It opens for nobody; the service can check its form alone."""
    _, public = sealing.generate_key()
    context = sealing.context(*(market.id_of(what, 0) for what in ("tender", "lot", "supplier")), "offer", 1)
    return sealing.build_container(1, market.digests()[0], sealing.seal(public, context, offer))


def script(numbers: str, container: bytes) -> str:
    """The script: the lines that set `lot` and `supplier`, then the call; the envelope comes in `variables`."""
    rules_digest, tender_digest = market.digests()
    return numbers + CALL.format(
        digest=hashlib.sha256(container).hexdigest(),
        tender_digest=tender_digest,
        rules_digest=rules_digest,
        size=len(container),
    )


def variables(container: bytes) -> dict[str, str | int]:
    """What pgbench passes as parameters: the sealed envelope, and the counter before its first value."""
    found: Container = sealing.parse_container(container)
    return {"i": -1, "header": "\\x" + found.offer.header.hex(), "offer": "\\x" + found.offer.body.hex()}
