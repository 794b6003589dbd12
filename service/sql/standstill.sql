-- name: insert_standstill(lot_id, award_number, begins_at, ends_at, explained, now)^
-- Keep the standstill of an award as it was computed when it began.
INSERT INTO standstills (lot_id, award_number, begins_at, ends_at, explained, recorded_at)
VALUES (
    :lot_id::uuid, :award_number::int, :begins_at::timestamptz, :ends_at::timestamptz, :explained::jsonb,
    :now::timestamptz
)
RETURNING lot_id, award_number, begins_at, ends_at, ends_at <= clock_timestamp() AS is_over, explained;

-- name: get_standstill(lot_id, award_number)^
-- The standstill of an award, or of the last one that has any; with whether it is over by the clock.
SELECT
    standstill.lot_id, standstill.award_number, standstill.begins_at, standstill.ends_at,
    standstill.ends_at <= clock_timestamp() AS is_over, standstill.explained
FROM standstills AS standstill
WHERE
    standstill.lot_id = :lot_id::uuid
    AND standstill.award_number = coalesce(:award_number::int, standstill.award_number)
ORDER BY standstill.award_number DESC
LIMIT 1;
