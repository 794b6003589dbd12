-- name: lock_framework(framework_id, buyer_id)^
-- Lock the framework that a tender of its buyer calls off from, so that what is left of it holds until commit.
SELECT tender.id, tender.reference, tender.currency, tender.framework
FROM tenders AS tender
WHERE
    tender.id = :framework_id::uuid AND tender.buyer_id = :buyer_id::uuid
    AND tender.framework IS NOT NULL AND tender.published_at IS NOT NULL
FOR UPDATE;

-- name: get_use(framework_id)^
-- How many suppliers a framework has now, and what the tenders that call off from it were estimated at when published.
SELECT
    (
        SELECT count(DISTINCT taken.supplier_id) FROM framework_suppliers AS taken
        WHERE taken.framework_id = :framework_id::uuid
    ) AS suppliers,
    coalesce((
        SELECT sum(called.estimated_value) FROM tenders AS called
        WHERE called.framework_id = :framework_id::uuid AND called.published_at IS NOT NULL
    ), 0) AS called_off;

-- name: list_rules(framework_id)
-- The rules of a framework's lots.
SELECT lot.rules
FROM lots AS lot
WHERE lot.tender_id = :framework_id::uuid
ORDER BY lot.number, lot.id
LIMIT 1000;

-- name: list_suppliers(framework_id)
-- Who has a place in a framework now, lot by lot.
SELECT
    taken.lot_id, lot.number AS lot_number, taken.bid_id, taken.supplier_id, supplier.name AS supplier, taken.decided_at
FROM framework_suppliers AS taken
INNER JOIN lots AS lot ON taken.lot_id = lot.id
INNER JOIN organisations AS supplier ON taken.supplier_id = supplier.id
WHERE taken.framework_id = :framework_id::uuid
ORDER BY lot.number, taken.decided_at, supplier.name, taken.bid_id
LIMIT 100000;

-- name: list_call_offs(framework_id)
-- What was called off from a framework.
SELECT called.id AS tender_id, called.reference, called.title, called.estimated_value, called.published_at
FROM tenders AS called
WHERE called.framework_id = :framework_id::uuid AND called.published_at IS NOT NULL
ORDER BY called.published_at, called.id
LIMIT 10000;

-- name: insert_places(lot_id, award_number, bid_ids, ranks, reason, person_id)!
-- Give further bids their places in a framework.
INSERT INTO framework_places (lot_id, award_number, bid_id, rank, reason, person_id, decided_at)
SELECT
    :lot_id::uuid, :award_number::int, place.bid_id, place.rank, :reason::text, :person_id::uuid, clock_timestamp()
FROM unnest(:bid_ids::uuid [], :ranks::int []) AS place (bid_id, rank);
