-- name: insert_award(lot_id, evaluation_id, recommendation_number, bid_id, reason, person_id)^
-- Keep the award decision of a lot: while one stands its number is taken.
INSERT INTO award_decisions (
    lot_id, number, evaluation_id, recommendation_number, bid_id, reason, person_id, decided_at
)
SELECT
    :lot_id::uuid,
    1 + (SELECT count(*) FROM award_annulments AS annulment WHERE annulment.lot_id = :lot_id::uuid)::int,
    :evaluation_id::uuid, :recommendation_number::int, :bid_id::uuid, :reason::text, :person_id::uuid,
    clock_timestamp()
RETURNING
    lot_id, number, evaluation_id, recommendation_number, bid_id, reason, person_id, decided_at,
    bidder_name(bid_id) AS bidder,
    (
        SELECT made.places FROM recommendations AS made
        WHERE made.lot_id = award_decisions.lot_id AND made.number = award_decisions.recommendation_number
    ) AS places;

-- name: insert_annulment(lot_id, number, annulled_by, reference, reason, person_id)^
-- Keep that an award was annulled.
INSERT INTO award_annulments (lot_id, number, annulled_by, reference, reason, person_id, annulled_at)
VALUES (
    :lot_id::uuid, :number::int, :annulled_by::text, :reference::text, :reason::text, :person_id::uuid,
    clock_timestamp()
)
RETURNING annulled_by, reference, reason, person_id, annulled_at;

-- name: get_award(lot_id)^
-- The standing award decision of a lot.
SELECT
    award.lot_id, award.number, award.evaluation_id, award.recommendation_number, award.bid_id, award.reason,
    award.person_id, award.decided_at, bidder_name(award.bid_id) AS bidder,
    (
        SELECT made.places FROM recommendations AS made
        WHERE made.lot_id = award.lot_id AND made.number = award.recommendation_number
    ) AS places
FROM award_decisions AS award
WHERE
    award.lot_id = :lot_id::uuid
    AND NOT EXISTS (
        SELECT 1 FROM award_annulments AS annulment
        WHERE annulment.lot_id = award.lot_id AND annulment.number = award.number
    );

-- name: list_awards(lot_id)
-- A lot's award decisions with the annulled ones, first to last.
SELECT
    award.lot_id, award.number, award.evaluation_id, award.recommendation_number, award.bid_id, award.reason,
    award.person_id, award.decided_at, bidder_name(award.bid_id) AS bidder,
    (
        SELECT made.places FROM recommendations AS made
        WHERE made.lot_id = award.lot_id AND made.number = award.recommendation_number
    ) AS places,
    CASE
        WHEN annulment.lot_id IS NOT NULL
            THEN
                jsonb_build_object(
                    'annulled_by', annulment.annulled_by,
                    'reference', annulment.reference,
                    'reason', annulment.reason,
                    'person_id', annulment.person_id,
                    'annulled_at', annulment.annulled_at
                )
    END AS annulment
FROM award_decisions AS award
LEFT JOIN award_annulments AS annulment ON award.lot_id = annulment.lot_id AND award.number = annulment.number
WHERE award.lot_id = :lot_id::uuid
ORDER BY award.number
LIMIT 1000;

-- name: has_contract(lot_id)$
-- Whether a contract was signed on the standing award of a lot.
SELECT EXISTS (
    SELECT 1 FROM contracts AS contract
    WHERE
        contract.lot_id = :lot_id::uuid
        AND NOT EXISTS (
            SELECT 1 FROM award_annulments AS annulment
            WHERE annulment.lot_id = contract.lot_id AND annulment.number = contract.award_number
        )
);
