-- name: last_evaluation(lot_id)$
-- The last run of a lot.
SELECT run.id FROM evaluations AS run WHERE run.lot_id = :lot_id::uuid ORDER BY run.number DESC LIMIT 1;

-- name: insert_recommendation(lot_id, evaluation_id, bid_id, places, reason, warnings, person_id)$
-- Keep a recommendation as the lot's next one.
INSERT INTO recommendations (
    lot_id, number, evaluation_id, bid_id, places, reason, warnings, person_id, recommended_at
)
SELECT
    :lot_id::uuid,
    1 + (SELECT count(*) FROM recommendations AS earlier WHERE earlier.lot_id = :lot_id::uuid)::int,
    :evaluation_id::uuid, :bid_id::uuid, :places::int, :reason::text, :warnings::jsonb, :person_id::uuid, clock_timestamp()
RETURNING number;

-- name: last_annulled(lot_id)$
-- The number of the last recommendation that an award followed which was annulled.
SELECT max(award.recommendation_number)
FROM award_decisions AS award
INNER JOIN award_annulments AS annulment ON award.lot_id = annulment.lot_id AND award.number = annulment.number
WHERE award.lot_id = :lot_id::uuid;

-- name: insert_rejection(lot_id, number, reason, person_id)!
-- Keep the decision not to follow a recommendation.
INSERT INTO recommendation_rejections (lot_id, number, reason, person_id, rejected_at)
VALUES (:lot_id::uuid, :number::int, :reason::text, :person_id::uuid, clock_timestamp());

-- name: list_recommendations(lot_id)
-- A lot's recommendations, first to last, with what was decided against any.
SELECT
    made.lot_id, made.number, made.evaluation_id, made.bid_id, made.places, made.reason, made.warnings, made.person_id,
    person.name AS person, made.recommended_at,
    CASE
        WHEN rejection.lot_id IS NOT NULL
            THEN
                jsonb_build_object(
                    'reason', rejection.reason, 'person_id', rejection.person_id, 'rejected_at', rejection.rejected_at
                )
    END AS rejection
FROM recommendations AS made
INNER JOIN people AS person ON made.person_id = person.id
LEFT JOIN recommendation_rejections AS rejection
    ON made.lot_id = rejection.lot_id AND made.number = rejection.number
WHERE made.lot_id = :lot_id::uuid
ORDER BY made.number
LIMIT 1000;
