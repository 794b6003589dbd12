-- name: last_evaluation(lot_id)^
-- The lot's last run.
SELECT run.canonical
FROM evaluations AS run
WHERE run.lot_id = :lot_id::uuid
ORDER BY run.number DESC
LIMIT 1;

-- name: insert_assessment(bid_id, clarification_id, explained, mandatory_case, reason, person_id, assessed_at)!
-- Keep how a bidder's explanation was judged, as the bid's next assessment.
INSERT INTO abnormally_low_assessments (
    bid_id, number, clarification_id, explained, mandatory_case, reason, person_id, assessed_at
)
SELECT
    :bid_id::uuid,
    1 + (SELECT count(*) FROM abnormally_low_assessments AS earlier WHERE earlier.bid_id = :bid_id::uuid)::int,
    :clarification_id::uuid, :explained::boolean, :mandatory_case::text, :reason::text, :person_id::uuid,
    :assessed_at::timestamptz;

-- name: list_assessments(lot_id)
-- How the explanations of a lot's bidders were judged, in order.
SELECT
    made.bid_id, made.number, made.clarification_id, made.explained, made.mandatory_case, made.reason,
    made.person_id, made.assessed_at
FROM abnormally_low_assessments AS made
INNER JOIN opened_bids AS opened ON made.bid_id = opened.bid_id
WHERE opened.lot_id = :lot_id::uuid
ORDER BY made.assessed_at, made.bid_id, made.number
LIMIT 1000000;

-- name: insert_decision(bid_id, assessment, outcome, reason, person_id, decided_at)!
-- Keep what was decided on an assessment, as the bid's next decision.
INSERT INTO abnormally_low_decisions (bid_id, number, assessment, outcome, reason, person_id, decided_at)
SELECT
    :bid_id::uuid,
    1 + (SELECT count(*) FROM abnormally_low_decisions AS earlier WHERE earlier.bid_id = :bid_id::uuid)::int,
    :assessment::int, :outcome::text, :reason::text, :person_id::uuid, :decided_at::timestamptz;

-- name: list_decisions(lot_id)
-- What was decided about a lot's bids whose price seemed too low, in order.
SELECT made.bid_id, made.number, made.assessment, made.outcome, made.reason, made.person_id, made.decided_at
FROM abnormally_low_decisions AS made
INNER JOIN opened_bids AS opened ON made.bid_id = opened.bid_id
WHERE opened.lot_id = :lot_id::uuid
ORDER BY made.decided_at, made.bid_id, made.number
LIMIT 1000000;
