-- name: insert_verification(evaluation_id, person_id, engine, digest, differences)^
-- Keep what came out when a run was computed again.
WITH kept AS (
    INSERT INTO evaluation_verifications (evaluation_id, number, person_id, engine, digest, differences, verified_at)
    SELECT
        :evaluation_id::uuid,
        1 + (
            SELECT count(*) FROM evaluation_verifications AS earlier WHERE earlier.evaluation_id = :evaluation_id::uuid
        )::int,
        :person_id::uuid, :engine::text, :digest::text, :differences::jsonb, clock_timestamp()
    RETURNING evaluation_id, number, person_id, engine, digest, differences, verified_at
)

SELECT
    kept.evaluation_id, kept.number, kept.person_id, kept.engine, kept.digest, kept.differences, kept.verified_at,
    kept.digest = run.digest AND kept.differences = '[]' AS agrees
FROM kept
INNER JOIN evaluations AS run ON kept.evaluation_id = run.id;

-- name: list_verifications(evaluation_id)
-- When a run was computed again, first to last.
SELECT
    verification.evaluation_id, verification.number, verification.person_id, verification.engine, verification.digest,
    verification.differences, verification.verified_at,
    verification.digest = run.digest AND verification.differences = '[]' AS agrees
FROM evaluation_verifications AS verification
INNER JOIN evaluations AS run ON verification.evaluation_id = run.id
WHERE verification.evaluation_id = :evaluation_id::uuid
ORDER BY verification.number
LIMIT 1000;

-- name: list_decisions(lot_id, since, until)
-- What people decided about a lot's bids between two instants: their states, agreed scores and confirmed corrections.
SELECT
    made.kind, made.bid_id, made.criterion_id, made.number, made.value, made.reason, person.name AS person,
    made.decided_at
FROM (
    SELECT
        'state' AS kind, state.bid_id, NULL::text AS criterion_id, state.number, state.state AS value, state.reason,
        state.person_id, state.decided_at
    FROM bid_states AS state
    UNION ALL
    SELECT
        'agreed_score' AS kind, score.bid_id, score.criterion_id, score.version AS number, score.value, score.reason,
        score.person_id, score.recorded_at AS decided_at
    FROM consensus_scores AS score
    UNION ALL
    SELECT
        'correction' AS kind, mend.bid_id, mend.criterion_id,
        row_number() OVER (PARTITION BY mend.bid_id, mend.criterion_id ORDER BY confirmed.decided_at)::int AS number,
        mend.corrected AS value, confirmed.reason, confirmed.person_id, confirmed.decided_at
    FROM correction_decisions AS confirmed
    INNER JOIN corrections AS mend ON confirmed.clarification_id = mend.clarification_id
    WHERE confirmed.decision = 'confirmed'
) AS made
INNER JOIN opened_bids AS opened ON made.bid_id = opened.bid_id
INNER JOIN people AS person ON made.person_id = person.id
WHERE
    opened.lot_id = :lot_id::uuid
    AND made.decided_at > :since::timestamptz
    AND made.decided_at <= :until::timestamptz
ORDER BY made.decided_at, made.bid_id, made.criterion_id
LIMIT 1000000;

-- name: get_drawing(lot_id, since, until)^
-- The secret with which a lot's ties are drawn, if it was revealed between two instants, and by whom.
SELECT drawn.secret, person.name AS person, drawn.revealed_at
FROM drawn_lots AS drawn
INNER JOIN people AS person ON drawn.person_id = person.id
WHERE
    drawn.lot_id = :lot_id::uuid
    AND drawn.revealed_at > :since::timestamptz
    AND drawn.revealed_at <= :until::timestamptz;
