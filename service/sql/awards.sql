-- name: insert_award(lot_id, evaluation_id, bid_id, reason, person_id)^
-- Keep the award decision of a lot.
INSERT INTO awards (lot_id, evaluation_id, bid_id, reason, person_id, decided_at)
VALUES (:lot_id::uuid, :evaluation_id::uuid, :bid_id::uuid, :reason::text, :person_id::uuid, clock_timestamp())
RETURNING lot_id, evaluation_id, bid_id, reason, person_id, decided_at;

-- name: get_award(lot_id)^
-- The award decision of a lot.
SELECT award.lot_id, award.evaluation_id, award.bid_id, award.reason, award.person_id, award.decided_at
FROM awards AS award
WHERE award.lot_id = :lot_id::uuid;

-- name: latest_evaluation(lot_id)^
-- The last run of a lot.
SELECT run.id, run.canonical
FROM evaluations AS run
WHERE run.lot_id = :lot_id::uuid
ORDER BY run.number DESC
LIMIT 1;

-- name: has_scored(lot_id, person_id)$
-- Whether a person has scored any bid of the lot, or recorded a consensus, under whatever role it was then.
SELECT EXISTS (
    SELECT 1 FROM opened_bids AS opened
    WHERE
        opened.lot_id = :lot_id::uuid
        AND (
            EXISTS (
                SELECT 1 FROM panel_scores AS score
                WHERE score.bid_id = opened.bid_id AND score.person_id = :person_id::uuid
            )
            OR EXISTS (
                SELECT 1 FROM consensus_scores AS score
                WHERE score.bid_id = opened.bid_id AND score.person_id = :person_id::uuid
            )
        )
);
