-- name: list_decided(lot_id)
-- The standing decisions about who takes part in a lot, each with the last question to the bidder about its ground.
SELECT DISTINCT ON (made.bid_id, made.subject, made.subject_id)
    made.bid_id, made.subject, made.subject_id, made.outcome, made.evidence, made.reason, made.self_cleaning,
    made.decided_at, hearing.asked_at, hearing.due_at, hearing.answered_at
FROM selection_decisions AS made
INNER JOIN opened_bids AS opened ON made.bid_id = opened.bid_id
LEFT JOIN LATERAL (
    SELECT asked.asked_at, asked.due_at, answer.answered_at
    FROM clarifications AS asked
    LEFT JOIN clarification_answers AS answer ON asked.id = answer.clarification_id
    WHERE
        asked.bid_id = made.bid_id AND asked.kind = 'self_cleaning' AND asked.ground_id = made.subject_id
        AND made.subject = 'ground' AND asked.asked_at <= made.decided_at
    ORDER BY asked.number DESC
    LIMIT 1
) AS hearing ON TRUE
WHERE opened.lot_id = :lot_id::uuid
ORDER BY made.bid_id, made.subject, made.subject_id, made.number DESC
LIMIT 1000000;
