-- name: insert_notice(lot_id, award_number, reference, published_at, person_id)!
-- Keep that an award notice was published.
INSERT INTO award_notices (lot_id, award_number, reference, published_at, person_id, recorded_at)
VALUES (
    :lot_id::uuid, :award_number::int, :reference::text, :published_at::timestamptz, :person_id::uuid,
    clock_timestamp()
);

-- name: get_notice(lot_id)^
-- The award notice of the last award of a lot that has one, with the end of its standstill.
SELECT
    notice.lot_id, notice.award_number, notice.reference, notice.published_at, notice.person_id, notice.recorded_at,
    (
        SELECT standstill.ends_at FROM standstills AS standstill
        WHERE standstill.lot_id = notice.lot_id AND standstill.award_number = notice.award_number
    ) AS standstill_ends_at
FROM award_notices AS notice
WHERE notice.lot_id = :lot_id::uuid
ORDER BY notice.award_number DESC
LIMIT 1;
