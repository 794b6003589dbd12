-- name: list_outcomes(lot_id)
-- What the technical consensus meant for each bid of a lot.
SELECT outcome.bid_id, outcome.reason, outcome.by_comparison
FROM technical_outcomes AS outcome
WHERE outcome.lot_id = :lot_id::uuid
ORDER BY outcome.bid_id
LIMIT 100000;

-- name: count_evaluations(lot_id)$
-- How many runs a lot has.
SELECT count(*) FROM evaluations AS run WHERE run.lot_id = :lot_id::uuid;

-- name: get_secret(lot_id)$
-- The secret for drawing lots, once it is revealed.
SELECT drawn.secret FROM drawn_lots AS drawn WHERE drawn.lot_id = :lot_id::uuid;

-- name: insert_evaluation(lot_id, person_id, reason, canonical, digest, rules_digest, engine)^
-- Keep a result for good, as the lot's next run.
INSERT INTO evaluations (lot_id, number, person_id, reason, canonical, digest, rules_digest, engine, evaluated_at)
SELECT
    :lot_id::uuid,
    1 + (SELECT count(*) FROM evaluations AS earlier WHERE earlier.lot_id = :lot_id::uuid)::int,
    :person_id::uuid, :reason::text, :canonical::bytea, :digest::text, :rules_digest::text, :engine::text,
    clock_timestamp()
RETURNING id, lot_id, number, reason, digest, rules_digest, engine, evaluated_at;

-- name: list_evaluations(lot_id, after_at, after_id, limit)
-- A lot's runs, first to last.
SELECT run.id, run.lot_id, run.number, run.reason, run.digest, run.rules_digest, run.engine, run.evaluated_at
FROM evaluations AS run
WHERE run.lot_id = :lot_id::uuid AND (run.evaluated_at, run.id) > (:after_at::timestamptz, :after_id::uuid)
ORDER BY run.evaluated_at, run.id
LIMIT coalesce(:limit::bigint, 1000);

-- name: get_evaluation(evaluation_id, organisation_id)^
-- One run with its canonical bytes, for the buyer whose tender it is.
SELECT run.id, run.lot_id, lot.tender_id, run.number, run.reason, run.canonical, run.digest, run.evaluated_at
FROM evaluations AS run
INNER JOIN lots AS lot ON run.lot_id = lot.id
INNER JOIN tenders AS tender ON lot.tender_id = tender.id
WHERE run.id = :evaluation_id::uuid AND tender.buyer_id = :organisation_id::uuid;
