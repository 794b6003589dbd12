-- name: cancel_lots(tender_id, lot_ids, stages, reason, person_id, cancelled_at)!
-- Keep why lots were cancelled, and mark them: from the commit on they take no bids and are never opened. With its last
-- lot the tender is marked.
WITH kept AS (
    INSERT INTO cancellations (lot_id, stage, reason, person_id, cancelled_at)
    SELECT given.lot_id, given.stage, :reason::text, :person_id::uuid, :cancelled_at::timestamptz
    FROM unnest(:lot_ids::uuid [], :stages::text []) AS given (lot_id, stage)
),

marked AS (
    UPDATE lots SET cancelled_at = :cancelled_at::timestamptz WHERE id = ANY(:lot_ids::uuid [])
)

UPDATE tenders AS tender
SET cancelled_at = :cancelled_at::timestamptz
WHERE
    tender.id = :tender_id::uuid
    AND NOT EXISTS (
        SELECT 1 FROM lots AS lot
        WHERE lot.tender_id = tender.id AND lot.cancelled_at IS NULL AND lot.id <> ALL(:lot_ids::uuid [])
    );

-- name: list_cancellations(tender_id, supplier_id)
-- A tender's cancelled lots, with the supplier's own standing bid for each.
SELECT
    lot.id AS lot_id, lot.number AS lot_number, given.stage, given.reason, given.cancelled_at,
    (
        SELECT bid.id FROM bids AS bid
        WHERE bid.lot_id = lot.id AND bid.supplier_id = :supplier_id::uuid AND bid.withdrawn_at IS NULL
    ) AS your_bid_id
FROM cancellations AS given
INNER JOIN lots AS lot ON given.lot_id = lot.id
WHERE lot.tender_id = :tender_id::uuid
ORDER BY lot.number, lot.id
LIMIT 1000;

-- name: list_bidders(lot_id)
-- Who has a standing bid for a lot: all must be told of its cancellation.
SELECT bid.supplier_id, supplier.name AS supplier, bid.id AS bid_id
FROM bids AS bid
INNER JOIN organisations AS supplier ON bid.supplier_id = supplier.id
WHERE bid.lot_id = :lot_id::uuid AND bid.withdrawn_at IS NULL
ORDER BY supplier.name, bid.id
LIMIT 100000;
