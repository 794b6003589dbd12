-- name: get_letter(lot_id, bid_id, supplier_id, award_number)^
-- The letter about a bid on an award, or the last one, as it was sent, for the buyer or for the bid's supplier alone; with
-- what annulled the award, and the award on which the bid's next letter was sent.
SELECT
    sent.bid_id, sent.award_number, sent.canonical, sent.digest, sent.sent_at,
    (
        SELECT
            jsonb_build_object(
                'annulled_at', annulment.annulled_at,
                'annulled_by', annulment.annulled_by,
                'reference', annulment.reference,
                'reason', annulment.reason,
                'replaced_by', (
                    SELECT min(later.award_number) FROM sent_letters AS later
                    WHERE
                        later.lot_id = sent.lot_id AND later.bid_id = sent.bid_id
                        AND later.award_number > sent.award_number
                )
            )
        FROM award_annulments AS annulment
        WHERE annulment.lot_id = sent.lot_id AND annulment.number = sent.award_number
    ) AS annulled
FROM sent_letters AS sent
INNER JOIN bids AS bid ON sent.bid_id = bid.id
WHERE
    sent.lot_id = :lot_id::uuid AND sent.bid_id = :bid_id::uuid
    AND (:supplier_id::uuid IS NULL OR bid.supplier_id = :supplier_id::uuid)
    AND (:award_number::int IS NULL OR sent.award_number = :award_number::int)
ORDER BY sent.award_number DESC
LIMIT 1;

-- name: insert_letters(lot_id, award_number, bid_ids, canonicals, digests, person_id, sent_at)!
-- Keep all letters of an award as they are sent.
INSERT INTO sent_letters (lot_id, award_number, bid_id, canonical, digest, person_id, sent_at)
SELECT
    :lot_id::uuid, :award_number::int, letter.bid_id, letter.canonical, letter.digest, :person_id::uuid,
    :sent_at::timestamptz
FROM unnest(:bid_ids::uuid [], :canonicals::bytea [], :digests::text []) AS letter (bid_id, canonical, digest);
