-- name: get_own_letter(lot_id, bid_id, supplier_id)^
-- The last letter that a supplier was sent about its own bid.
SELECT sent.bid_id, sent.canonical, sent.digest, sent.sent_at
FROM sent_letters AS sent
INNER JOIN bids AS bid ON sent.bid_id = bid.id
WHERE sent.lot_id = :lot_id::uuid AND sent.bid_id = :bid_id::uuid AND bid.supplier_id = :supplier_id::uuid
ORDER BY sent.award_number DESC
LIMIT 1;

-- name: insert_letters(lot_id, award_number, bid_ids, canonicals, digests, person_id, sent_at)!
-- Keep all letters of an award as they are sent.
INSERT INTO sent_letters (lot_id, award_number, bid_id, canonical, digest, person_id, sent_at)
SELECT
    :lot_id::uuid, :award_number::int, letter.bid_id, letter.canonical, letter.digest, :person_id::uuid,
    :sent_at::timestamptz
FROM unnest(:bid_ids::uuid [], :canonicals::bytea [], :digests::text []) AS letter (bid_id, canonical, digest);
