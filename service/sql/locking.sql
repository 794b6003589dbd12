-- name: insert_lock(lot_id, person_id, bid_ids, reasons, by_comparison)$
-- Lock a lot's technical consensus with what it means for every bid, and say when.
WITH held AS (
    INSERT INTO consensus_locks (lot_id, person_id, locked_at)
    VALUES (:lot_id::uuid, :person_id::uuid, clock_timestamp())
    RETURNING lot_id, locked_at
),

outcomes AS (
    INSERT INTO technical_outcomes (bid_id, lot_id, reason, by_comparison)
    SELECT outcome.bid_id, held.lot_id, outcome.reason, outcome.by_comparison
    FROM unnest(:bid_ids::uuid [], :reasons::text [], :by_comparison::boolean [])
        AS outcome (bid_id, reason, by_comparison)
    CROSS JOIN held
)

SELECT held.locked_at FROM held;
