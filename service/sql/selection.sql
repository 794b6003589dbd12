-- name: insert_decision(bid_id, subject, subject_id, outcome, evidence, reason, self_cleaning, person_id)^
-- Keep what was decided about a bid and a ground, condition or requirement, as the bid's next decision.
INSERT INTO selection_decisions (
    bid_id, number, subject, subject_id, outcome, evidence, reason, self_cleaning, person_id, decided_at
)
SELECT
    :bid_id::uuid,
    1 + (SELECT count(*) FROM selection_decisions AS earlier WHERE earlier.bid_id = :bid_id::uuid)::int,
    :subject::text, :subject_id::text, :outcome::text, :evidence::text, :reason::text, :self_cleaning::text,
    :person_id::uuid, clock_timestamp()
RETURNING bid_id, number, subject, subject_id, outcome, evidence, reason, self_cleaning, person_id, decided_at;

-- name: list_decisions(lot_id)
-- Every selection decision about a lot's bids, in order.
SELECT
    made.bid_id, made.number, made.subject, made.subject_id, made.outcome, made.evidence, made.reason,
    made.self_cleaning, made.person_id, made.decided_at
FROM selection_decisions AS made
INNER JOIN opened_bids AS opened ON made.bid_id = opened.bid_id
WHERE opened.lot_id = :lot_id::uuid
ORDER BY made.decided_at, made.bid_id, made.number
LIMIT 1000000;
