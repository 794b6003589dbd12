-- name: insert_bid_state(bid_id, state, source, verdict, reason, person_id)^
-- Keep a decision about a bid as the next one: what its source says, and what all sources together amount to.
INSERT INTO bid_states (bid_id, number, state, source, verdict, reason, person_id, decided_at)
SELECT
    :bid_id::uuid,
    1 + (SELECT count(*) FROM bid_states AS earlier WHERE earlier.bid_id = :bid_id::uuid)::int,
    :state::text, :source::text, :verdict::text, :reason::text, :person_id::uuid, clock_timestamp()
RETURNING bid_id, number, state, source, reason, person_id, decided_at;

-- name: list_verdicts(bid_id)
-- What each source last said about a bid.
SELECT last.source, last.verdict
FROM (
    SELECT DISTINCT ON (made.source) made.source, coalesce(made.verdict, made.state) AS verdict
    FROM bid_states AS made
    WHERE made.bid_id = :bid_id::uuid
    ORDER BY made.source, made.number DESC
) AS last
ORDER BY last.source
LIMIT 10;

-- name: list_states(lot_id)
-- Every decision about a bid of the lot, in order.
SELECT
    made.bid_id, made.number, made.state, made.source, made.reason, made.person_id, made.decided_at
FROM bid_states AS made
INNER JOIN opened_bids AS opened ON made.bid_id = opened.bid_id
WHERE opened.lot_id = :lot_id::uuid
ORDER BY made.decided_at, made.bid_id, made.number
LIMIT 1000000;

-- name: last_evaluation(lot_id)$
-- The canonical bytes of the lot's last run.
SELECT run.canonical
FROM evaluations AS run
WHERE run.lot_id = :lot_id::uuid
ORDER BY run.number DESC
LIMIT 1;
