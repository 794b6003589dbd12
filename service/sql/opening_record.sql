-- name: list_opening_acts(lot_id, envelope)
-- Which officers have asked to open envelopes of a kind, first to last.
SELECT act.person_id, person.name AS person, act.acted_at
FROM officers_acts AS act
INNER JOIN people AS person ON act.person_id = person.id
WHERE act.lot_id = :lot_id::uuid AND act.envelope = :envelope::text
ORDER BY act.acted_at, act.person_id
LIMIT 100;

-- name: list_opened_lines(lot_id)
-- The opened bids of a lot as the opening record names them.
SELECT
    opened.bid_id, supplier.name AS supplier, opened.version, version.submitted_at, version.digest, opened.fault,
    bid.variant, opened.variant_description
FROM opened_bids AS opened
INNER JOIN bids AS bid ON opened.bid_id = bid.id
INNER JOIN organisations AS supplier ON bid.supplier_id = supplier.id
INNER JOIN bid_versions AS version ON opened.bid_id = version.bid_id AND opened.version = version.version
WHERE opened.lot_id = :lot_id::uuid
ORDER BY version.submitted_at, opened.bid_id
LIMIT 100000;

-- name: list_price_lines(lot_id)
-- The bids of a lot after the technical consensus: whose price was opened, with what fault, and whose stays sealed.
SELECT
    outcome.bid_id, supplier.name AS supplier, price.bid_id IS NOT NULL AS opened, price.fault,
    outcome.reason AS stays_sealed
FROM technical_outcomes AS outcome
INNER JOIN bids AS bid ON outcome.bid_id = bid.id
INNER JOIN organisations AS supplier ON bid.supplier_id = supplier.id
INNER JOIN bid_versions AS version ON bid.id = version.bid_id AND bid.version = version.version
LEFT JOIN opened_prices AS price ON outcome.bid_id = price.bid_id
WHERE outcome.lot_id = :lot_id::uuid
ORDER BY version.submitted_at, outcome.bid_id
LIMIT 100000;

-- name: list_late(lot_id)
-- The bids that came too late for a lot and were not stored: whose, when, how large, with which digest.
SELECT
    (event.data ->> 'supplier_id')::uuid AS supplier_id, supplier.name AS supplier, event.at AS arrived_at,
    (event.data ->> 'size')::bigint AS size, event.data ->> 'digest' AS digest
FROM events AS event
INNER JOIN lots AS lot ON event.log_id = lot.tender_id
INNER JOIN organisations AS supplier ON (event.data ->> 'supplier_id')::uuid = supplier.id
WHERE lot.id = :lot_id::uuid AND event.kind = 'bid.late' AND event.data ->> 'lot_id' = lot.id::text
ORDER BY event.position, supplier.id
LIMIT 1000000;

-- name: count_withdrawn(lot_id)$
-- How many bids for a lot were withdrawn before the deadline, says the log; they are never opened.
SELECT count(*)
FROM lots AS lot
INNER JOIN events AS event ON lot.tender_id = event.log_id
WHERE lot.id = :lot_id::uuid AND event.kind = 'bid.withdrawn' AND event.data ->> 'lot_id' = lot.id::text;

-- name: list_missing(lot_id, envelope)
-- The bids that the log had and the opening of a lot's offers or prices did not find.
SELECT
    (missing.facts ->> 'bid_id')::uuid AS bid_id, supplier.id AS supplier_id, supplier.name AS supplier,
    (missing.facts ->> 'version')::int AS version, missing.facts ->> 'digest' AS digest
FROM lots AS lot
INNER JOIN events AS event ON lot.tender_id = event.log_id
CROSS JOIN LATERAL jsonb_array_elements(event.data -> 'missing') AS missing (facts)
INNER JOIN organisations AS supplier ON (missing.facts ->> 'supplier_id')::uuid = supplier.id
WHERE
    lot.id = :lot_id::uuid AND event.data ->> 'lot_id' = lot.id::text
    AND event.kind = CASE WHEN :envelope::text = 'offer' THEN 'bids.opened' ELSE 'prices.opened' END
ORDER BY event.position, bid_id
LIMIT 100000;
