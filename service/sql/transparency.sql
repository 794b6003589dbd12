-- name: get_head(tender_id, supplier_id)^
-- How long a tender's log is and what its root follows from; whether that may be told yet, and the sizes that the supplier's own receipts name.
SELECT
    head.size, head.frontier,
    EXISTS (
        SELECT 1 FROM lots AS lot
        INNER JOIN tenders AS tender ON lot.tender_id = tender.id
        WHERE
            tender.id = head.log_id AND tender.published_at IS NOT NULL
            AND lot.opened_at IS NULL AND lot.cancelled_at IS NULL
    ) AS sealed,
    ARRAY(
        SELECT version.tree_size FROM bid_versions AS version
        INNER JOIN bids AS bid ON version.bid_id = bid.id
        INNER JOIN lots AS lot ON bid.lot_id = lot.id
        WHERE lot.tender_id = head.log_id AND bid.supplier_id = :supplier_id::uuid
        ORDER BY version.tree_size
    ) AS own_sizes
FROM log_heads AS head
WHERE head.log_id = :tender_id::uuid;

-- name: has_withheld(tender_id, reader_id)$
-- Whether the log tells what the reader, who evaluates or has ever had a seat, may not see: others' scores before the own
-- ones, and what may tell prices before the bids are ranked.
SELECT EXISTS (
    SELECT 1 FROM events AS event
    WHERE
        event.log_id = :tender_id::uuid
        AND (
            EXISTS (
                SELECT 1 FROM tender_roles AS held
                WHERE
                    held.tender_id = :tender_id::uuid AND held.person_id = :reader_id::uuid
                    AND held.role = 'evaluator'
            )
            OR EXISTS (
                SELECT 1 FROM seats AS seat
                INNER JOIN lots AS lot ON seat.lot_id = lot.id
                WHERE lot.tender_id = :tender_id::uuid AND seat.person_id = :reader_id::uuid
            )
        )
        AND event.person_id IS DISTINCT FROM :reader_id::uuid
        AND CASE
            WHEN event.kind IN ('score.given', 'consensus.recorded')
                THEN NOT own_scores_are_in(
                    (event.data ->> 'bid_id')::uuid, event.data ->> 'criterion_id', :reader_id::uuid
                )
            WHEN
                event.kind IN (
                    'meeting.held', 'bid.state-decided', 'clarification.asked', 'clarification.answered',
                    'correction.proposed', 'correction.decided', 'selection.decided', 'abnormally-low.assessed',
                    'abnormally-low.decided'
                )
                THEN EXISTS (
                    SELECT 1 FROM lots AS lot
                    WHERE
                        lot.tender_id = :tender_id::uuid AND lot.cancelled_at IS NULL
                        AND NOT EXISTS (SELECT 1 FROM evaluations AS run WHERE run.lot_id = lot.id)
                )
            ELSE FALSE
        END
);

-- name: list_entries(tender_id, after, size, limit)
-- The exact texts that the leaves of a log were hashed from, in order, from behind a position up to a size.
SELECT
    log_entry(event.log_id, event.position, event.kind, event.person_id, event.data, event.at, event.salt) AS entry
FROM events AS event
WHERE event.log_id = :tender_id::uuid AND event.position > :after::bigint AND event.position <= :size::bigint
ORDER BY event.position
LIMIT :limit::int;
