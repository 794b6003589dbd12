-- name: record_event(log_id, kind, person_id, data)$
-- Append an entry to a log and return its position; locks the log's head, then reads the clock.
WITH head AS (
    UPDATE log_heads SET size = size + 1 WHERE log_id = :log_id::uuid RETURNING size
)

INSERT INTO events (log_id, position, kind, person_id, data, at)
SELECT :log_id::uuid, head.size, :kind::text, :person_id::uuid, :data::jsonb, clock_timestamp() FROM head
RETURNING position;

-- name: start_log(log_id)!
-- The log of a new tender.
INSERT INTO log_heads (log_id) VALUES (:log_id::uuid);

-- name: find_log(tender_id, lot_id, bid_id, evaluation_id)$
-- The tender that an address belongs to, by whichever id the address has; the platform's own log otherwise.
SELECT coalesce(
    (SELECT tender.id FROM tenders AS tender WHERE tender.id = :tender_id::uuid),
    (SELECT lot.tender_id FROM lots AS lot WHERE lot.id = :lot_id::uuid),
    (
        SELECT lot.tender_id FROM bids AS bid INNER JOIN lots AS lot ON bid.lot_id = lot.id
        WHERE bid.id = :bid_id::uuid
    ),
    (
        SELECT lot.tender_id FROM evaluations AS evaluation INNER JOIN lots AS lot ON evaluation.lot_id = lot.id
        WHERE evaluation.id = :evaluation_id::uuid
    ),
    '00000000-0000-0000-0000-000000000000'::uuid
);

-- name: list_events(log_id, after, limit)
-- A log in order, from behind a position.
SELECT event.position, event.kind, event.at, event.person_id, person.name AS person, event.data
FROM events AS event
LEFT JOIN people AS person ON event.person_id = person.id
WHERE event.log_id = :log_id::uuid AND event.position > :after::bigint
ORDER BY event.position
LIMIT :limit::int;
