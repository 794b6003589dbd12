-- name: insert_correction(clarification_id, bid_id, criterion_id, original, corrected, reason, person_id, proposed_at)!
-- Propose the mend of an obvious error; it counts once a second person has confirmed it.
INSERT INTO corrections (
    clarification_id, bid_id, criterion_id, original, corrected, reason, person_id, proposed_at
)
VALUES (
    :clarification_id::uuid, :bid_id::uuid, :criterion_id::text, :original::text, :corrected::text, :reason::text,
    :person_id::uuid, :proposed_at::timestamptz
);

-- name: insert_decision(clarification_id, proposer_id, decision, reason, person_id, decided_at)!
-- Keep what a person decided about a correction: once, and confirmed only by somebody else than its proposer.
INSERT INTO correction_decisions (clarification_id, proposer_id, decision, reason, person_id, decided_at)
VALUES (
    :clarification_id::uuid, :proposer_id::uuid, :decision::text, :reason::text, :person_id::uuid,
    :decided_at::timestamptz
);

-- name: list_corrections(lot_id, clarification_id)
-- The corrections of a lot's bids, or the one that a clarification led to, with what was decided about them.
SELECT
    mend.clarification_id, mend.bid_id, mend.criterion_id, mend.original, mend.corrected, mend.reason,
    mend.person_id AS proposed_by_id, mend.proposed_at, made.decision, made.reason AS decision_reason,
    made.person_id AS decided_by_id, made.decided_at
FROM corrections AS mend
INNER JOIN opened_bids AS opened ON mend.bid_id = opened.bid_id
LEFT JOIN correction_decisions AS made ON mend.clarification_id = made.clarification_id
WHERE
    (:lot_id::uuid IS NULL OR opened.lot_id = :lot_id::uuid)
    AND (:clarification_id::uuid IS NULL OR mend.clarification_id = :clarification_id::uuid)
    AND num_nonnulls(:lot_id::uuid, :clarification_id::uuid) = 1
ORDER BY mend.proposed_at, mend.clarification_id
LIMIT 1000000;
