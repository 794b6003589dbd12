-- name: record_event(log_id, kind, person_id, data)$
-- Append an entry to a log and return its position; locks the log's head, then reads the clock.
SELECT log_append(:log_id::uuid, :kind::text, :person_id::uuid, :data::jsonb);

-- name: record_events(log_id, kind, person_id, data)$
-- Append an entry for each of several facts, in their order, and return how many.
SELECT count(log_append(:log_id::uuid, :kind::text, :person_id::uuid, told.facts))
FROM (
    SELECT fact.facts FROM unnest(:data::jsonb []) WITH ORDINALITY AS fact (facts, place) ORDER BY fact.place
) AS told;

-- name: start_log(log_id)!
-- The log of a new tender.
INSERT INTO log_heads (log_id) VALUES (:log_id::uuid);

-- name: find_log(tender_id, lot_id, bid_id, evaluation_id)$
-- The tender that an address belongs to, by whichever id the address has; the platform's own log otherwise.
SELECT coalesce(
    (SELECT tender.id FROM tenders AS tender WHERE tender.id = :tender_id::uuid),
    (SELECT lot.tender_id FROM lots AS lot WHERE lot.id = :lot_id::uuid),
    (
        SELECT lot.tender_id FROM bids AS bid INNER JOIN lots AS lot ON bid.lot_id = lot.id
        WHERE bid.id = :bid_id::uuid
    ),
    (
        SELECT lot.tender_id FROM evaluations AS evaluation INNER JOIN lots AS lot ON evaluation.lot_id = lot.id
        WHERE evaluation.id = :evaluation_id::uuid
    ),
    '00000000-0000-0000-0000-000000000000'::uuid
);

-- name: list_events(log_id, reader_id, cleared, skip, limit)
-- A log in order, as the buyer's people may read it now, from behind a number of entries.
-- From publication until all lots are opened or cancelled the suppliers' own doings are left out, and positions, whose gaps would count them;
-- so are time stamps, whose checkpoints tell how long the log is.
-- Who evaluates, or has ever had a seat, reads what others scored only where all own scores on the criterion have been given,
-- and what may tell prices once all lots are ranked; who is not cleared reads no facts but those of before the opening and
-- the declarations.
WITH box AS (
    SELECT
        EXISTS (
            SELECT 1 FROM lots AS lot
            INNER JOIN tenders AS tender ON lot.tender_id = tender.id
            WHERE
                tender.id = :log_id::uuid AND tender.published_at IS NOT NULL
                AND lot.opened_at IS NULL AND lot.cancelled_at IS NULL
        ) AS sealed
),

reader AS (
    SELECT
        EXISTS (
            SELECT 1 FROM tender_roles AS held
            WHERE held.tender_id = :log_id::uuid AND held.person_id = :reader_id::uuid AND held.role = 'evaluator'
        )
        OR EXISTS (
            SELECT 1 FROM seats AS seat
            INNER JOIN lots AS lot ON seat.lot_id = lot.id
            WHERE lot.tender_id = :log_id::uuid AND seat.person_id = :reader_id::uuid
        ) AS scores,
        EXISTS (
            SELECT 1 FROM lots AS lot
            WHERE
                lot.tender_id = :log_id::uuid AND lot.cancelled_at IS NULL
                AND NOT EXISTS (SELECT 1 FROM evaluations AS run WHERE run.lot_id = lot.id)
        ) AS unranked
)

SELECT
    CASE WHEN NOT box.sealed THEN event.position END AS position,
    event.kind, event.at, event.person_id, person.name AS person,
    CASE
        WHEN
            NOT :cleared::boolean
            AND split_part(event.kind, '.', 1) NOT IN (
                'tender', 'role', 'key', 'share', 'corrigendum', 'opening', 'declaration', 'training', 'panel', 'seat'
            )
            THEN '{"withheld": "until your declaration of interest is approved"}'::jsonb
        WHEN
            reader.scores AND reader.unranked AND event.person_id IS DISTINCT FROM :reader_id::uuid
            AND event.kind = ANY(
                ARRAY[
                    'meeting.held', 'bid.state-decided', 'clarification.asked', 'clarification.answered',
                    'correction.proposed', 'correction.decided', 'selection.decided', 'abnormally-low.assessed',
                    'abnormally-low.decided'
                ]
            )
            THEN '{"withheld": "until the bids have been ranked"}'::jsonb
        WHEN
            event.kind NOT IN ('score.given', 'consensus.recorded')
            OR event.person_id = :reader_id::uuid
            OR NOT reader.scores
            OR own_scores_are_in(
                (event.data ->> 'bid_id')::uuid, event.data ->> 'criterion_id', :reader_id::uuid
            )
            THEN event.data
        ELSE '{"withheld": "until your own scores have been given"}'::jsonb
    END AS data
FROM events AS event
CROSS JOIN box
CROSS JOIN reader
LEFT JOIN people AS person ON event.person_id = person.id
LEFT JOIN organisations AS actor ON person.organisation_id = actor.id
WHERE
    event.log_id = :log_id::uuid
    AND (
        NOT box.sealed
        OR (actor.kind = 'buyer' AND event.kind <> 'log.timestamped')
        OR (actor.kind IS NULL AND event.kind NOT IN ('refused', 'log.timestamped'))
    )
    AND (box.sealed OR event.position > :skip::bigint)
ORDER BY event.position
LIMIT :limit::int OFFSET CASE WHEN (SELECT box.sealed FROM box) THEN :skip::bigint ELSE 0 END;
