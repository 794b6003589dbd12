-- name: store_bids(lot_ids, bid_ids, versions, supplier_ids, person_ids, key_ids, names, fingerprints, tender_digests, rules_digests, sizes, digests, offer_headers, offers, price_headers, prices, documents, variants, signer, lock_timeout)
-- Judge, stamp and store sealed bids, each by one reading of the clock; migration 0054 says how.
-- How long a lock is waited for is said with each statement, because behind a pooler nothing else can be set.
SELECT
    judged.ordinal, judged.verdict, judged.at, judged.submission_deadline, judged.bid_id, judged.version,
    judged.fingerprint, judged.entry, judged.place, judged.size_before, judged.tree_size, judged.frontier
FROM (SELECT set_config('lock_timeout', :lock_timeout::text, TRUE) AS lock_timeout OFFSET 0) AS patience
CROSS JOIN LATERAL store_bids(
    :lot_ids::uuid [], :bid_ids::uuid [], :versions::int [], :supplier_ids::uuid [], :person_ids::uuid [],
    :key_ids::text [], :names::text [], :fingerprints::text [], :tender_digests::text [], :rules_digests::text [],
    :sizes::int [], :digests::text [], :offer_headers::bytea [], :offers::bytea [], :price_headers::bytea [],
    :prices::bytea [], :documents::text [], :variants::int [],
    CASE WHEN patience.lock_timeout <> '' THEN :signer::text END
) AS judged;
