-- name: insert_locks(lot_id, criteria, person_id)!
-- Lock criteria of a lot, each as its next lock.
INSERT INTO criterion_locks (lot_id, criterion_id, number, person_id, locked_at)
SELECT
    :lot_id::uuid, asked.criterion_id,
    1 + (
        SELECT count(*) FROM criterion_locks AS earlier
        WHERE earlier.lot_id = :lot_id::uuid AND earlier.criterion_id = asked.criterion_id
    )::int,
    :person_id::uuid, clock_timestamp()
FROM unnest(:criteria::text []) AS asked (criterion_id);

-- name: insert_unlock(lot_id, criterion_id, number, person_id, reason)!
-- Lift a lock.
INSERT INTO criterion_unlocks (lot_id, criterion_id, number, person_id, reason, unlocked_at)
VALUES (:lot_id::uuid, :criterion_id::text, :number::int, :person_id::uuid, :reason::text, clock_timestamp());

-- name: has_scored(lot_id, person_id)$
-- Whether a person has judged anything in the lot, under whatever role it was then: scored or agreed a score, met, locked,
-- decided about a bid, assessed a low price, or run the evaluation. Deciding on a low price that somebody else assessed is
-- an approver's work and does not count.
SELECT
    EXISTS (
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
                OR EXISTS (
                    SELECT 1 FROM bid_states AS made
                    WHERE
                        made.bid_id = opened.bid_id AND made.person_id = :person_id::uuid
                        AND made.source <> 'abnormally_low'
                )
                OR EXISTS (
                    SELECT 1 FROM selection_decisions AS made
                    WHERE made.bid_id = opened.bid_id AND made.person_id = :person_id::uuid
                )
                OR EXISTS (
                    SELECT 1 FROM abnormally_low_assessments AS made
                    WHERE made.bid_id = opened.bid_id AND made.person_id = :person_id::uuid
                )
            )
    )
    OR EXISTS (
        SELECT 1 FROM meetings AS met
        WHERE
            met.lot_id = :lot_id::uuid
            AND (met.chair_id = :person_id::uuid OR :person_id::uuid = ANY(met.present))
    )
    OR EXISTS (
        SELECT 1 FROM criterion_locks AS held
        WHERE held.lot_id = :lot_id::uuid AND held.person_id = :person_id::uuid
    )
    OR EXISTS (
        SELECT 1 FROM consensus_locks AS held
        WHERE held.lot_id = :lot_id::uuid AND held.person_id = :person_id::uuid
    )
    OR EXISTS (
        SELECT 1 FROM evaluations AS run
        WHERE run.lot_id = :lot_id::uuid AND run.person_id = :person_id::uuid
    ) AS judged;

-- name: list_holders(lot_id)
-- Who holds a seat in force: on which criteria, whether as an evaluator still, and how the declaration of interest stands.
SELECT
    seat.person_id, person.name AS person, array_agg(DISTINCT seat.criterion_id) AS criteria,
    EXISTS (
        SELECT 1 FROM tender_roles AS held
        WHERE held.tender_id = lot.tender_id AND held.person_id = seat.person_id AND held.role = 'evaluator'
    ) AS evaluates,
    clearance(lot.tender_id, seat.person_id) AS clearance
FROM seats_in_force AS seat
INNER JOIN lots AS lot ON seat.lot_id = lot.id
INNER JOIN people AS person ON seat.person_id = person.id
WHERE seat.lot_id = :lot_id::uuid
GROUP BY seat.person_id, person.name, lot.tender_id
ORDER BY person.name, seat.person_id
LIMIT 1000;

-- name: list_locks(lot_id)
-- The locks of a lot's criteria and who lifted them, first to last.
SELECT
    held.criterion_id, held.number, held.person_id, held.locked_at, lifted.person_id AS unlocked_by,
    lifted.reason AS unlocked_because, lifted.unlocked_at
FROM criterion_locks AS held
LEFT JOIN criterion_unlocks AS lifted
    ON held.lot_id = lifted.lot_id AND held.criterion_id = lifted.criterion_id AND held.number = lifted.number
WHERE held.lot_id = :lot_id::uuid
ORDER BY held.locked_at, held.criterion_id, held.number
LIMIT 10000;
