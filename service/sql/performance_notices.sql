-- name: insert_assessment(lot_id, award_number, starts_on, ends_on, at_termination, ratings, person_id)^
-- Keep how the contractor performed between two days, as the contract's next assessment.
INSERT INTO performance_assessments (
    lot_id, award_number, number, starts_on, ends_on, at_termination, ratings, person_id, assessed_at
)
SELECT
    :lot_id::uuid, :award_number::int,
    1 + (
        SELECT count(*) FROM performance_assessments AS earlier
        WHERE earlier.lot_id = :lot_id::uuid AND earlier.award_number = :award_number::int
    )::int,
    :starts_on::date, :ends_on::date, :at_termination::boolean, :ratings::jsonb, :person_id::uuid, clock_timestamp()
RETURNING number, starts_on, ends_on, at_termination, ratings, person_id, assessed_at;

-- name: list_assessments(lot_id, award_number)
-- A contract's assessments, first to last.
SELECT
    made.number, made.starts_on, made.ends_on, made.at_termination, made.ratings, made.person_id, made.assessed_at
FROM performance_assessments AS made
WHERE made.lot_id = :lot_id::uuid AND made.award_number = :award_number::int
ORDER BY made.number
LIMIT 1000;

-- name: insert_failure(lot_id, award_number, kind, outcome, description, arose_on, decided_by, person_id)^
-- Keep a breach, or performance that did not improve, as the contract's next failure.
INSERT INTO performance_failures (
    lot_id, award_number, number, kind, outcome, description, arose_on, decided_by, person_id, recorded_at
)
SELECT
    :lot_id::uuid, :award_number::int,
    1 + (
        SELECT count(*) FROM performance_failures AS earlier
        WHERE earlier.lot_id = :lot_id::uuid AND earlier.award_number = :award_number::int
    )::int,
    :kind::text, :outcome::text, :description::text, :arose_on::date, :decided_by::text, :person_id::uuid,
    clock_timestamp()
RETURNING number, kind, outcome, description, arose_on, decided_by, person_id, recorded_at;

-- name: list_failures(lot_id, award_number)
-- A contract's failures, first to last.
SELECT
    failed.number, failed.kind, failed.outcome, failed.description, failed.arose_on, failed.decided_by,
    failed.person_id, failed.recorded_at
FROM performance_failures AS failed
WHERE failed.lot_id = :lot_id::uuid AND failed.award_number = :award_number::int
ORDER BY failed.number
LIMIT 1000;

-- name: insert_notice(lot_id, award_number, about, number, reference, published_at, person_id)^
-- Keep that a notice was published.
INSERT INTO performance_notices (
    lot_id, award_number, about, number, reference, published_at, person_id, recorded_at
)
VALUES (
    :lot_id::uuid, :award_number::int, :about::text, :number::int, :reference::text, :published_at::timestamptz,
    :person_id::uuid, clock_timestamp()
)
RETURNING about, number, reference, published_at;

-- name: list_published(lot_id, award_number)
-- The notices of a contract that were published.
SELECT notice.about, notice.number, notice.reference, notice.published_at
FROM performance_notices AS notice
WHERE notice.lot_id = :lot_id::uuid AND notice.award_number = :award_number::int
ORDER BY notice.published_at, notice.about, notice.number
LIMIT 3000;

-- name: find_contractor(bid_id)^
-- Under which number a contractor is registered.
SELECT supplier.name, supplier.identifier
FROM bids AS bid
INNER JOIN organisations AS supplier ON bid.supplier_id = supplier.id
WHERE bid.id = :bid_id::uuid;
