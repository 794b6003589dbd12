-- name: list_consensus(lot_id)
-- The standing consensus scores of a lot.
SELECT
    score.bid_id, score.criterion_id, score.version, score.person_id, score.value, score.reason, score.cites,
    score.change_reason, score.meeting_id, score.recorded_at
FROM consensus_scores AS score
INNER JOIN opened_bids AS opened ON score.bid_id = opened.bid_id
WHERE
    opened.lot_id = :lot_id::uuid
    AND NOT EXISTS (
        SELECT 1 FROM consensus_scores AS later
        WHERE
            later.bid_id = score.bid_id AND later.criterion_id = score.criterion_id AND later.version > score.version
    )
ORDER BY score.bid_id, score.criterion_id
LIMIT 1000000;

-- name: insert_consensus(meeting_id, person_id, bid_ids, criteria, versions, agreed, reasons, cites, change_reasons)$
-- Keep scores that the panel agreed, side by side, and say when.
WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS at),

kept AS (
    INSERT INTO consensus_scores (
        bid_id, criterion_id, version, person_id, value, reason, cites, change_reason, meeting_id, recorded_at
    )
    SELECT
        score.bid_id, score.criterion_id, score.version, :person_id::uuid, score.agreed, score.reason,
        ARRAY(
            SELECT cite.place FROM jsonb_array_elements_text(score.cites) WITH ORDINALITY AS cite (place, number)
            ORDER BY cite.number
        ),
        score.change_reason, :meeting_id::uuid, clock.at
    FROM unnest(
        :bid_ids::uuid [], :criteria::text [], :versions::int [], :agreed::text [], :reasons::text [],
        :cites::jsonb [], :change_reasons::text []
    ) AS score (bid_id, criterion_id, version, agreed, reason, cites, change_reason)
    CROSS JOIN clock
)

SELECT clock.at FROM clock;
