-- name: find_logs(tender_ids, lot_ids, bid_ids, evaluation_ids)
-- The tender that each of some addresses belongs to, by whichever id it has; the platform's own log otherwise.
SELECT
    coalesce(
        (SELECT tender.id FROM tenders AS tender WHERE tender.id = given.tender_id),
        (SELECT lot.tender_id FROM lots AS lot WHERE lot.id = given.lot_id),
        (
            SELECT lot.tender_id FROM bids AS bid INNER JOIN lots AS lot ON bid.lot_id = lot.id
            WHERE bid.id = given.bid_id
        ),
        (
            SELECT lot.tender_id FROM evaluations AS evaluation INNER JOIN lots AS lot ON evaluation.lot_id = lot.id
            WHERE evaluation.id = given.evaluation_id
        ),
        '00000000-0000-0000-0000-000000000000'::uuid
    ) AS log_id
FROM unnest(
    :tender_ids::uuid [], :lot_ids::uuid [], :bid_ids::uuid [], :evaluation_ids::uuid []
) WITH ORDINALITY AS given (tender_id, lot_id, bid_id, evaluation_id, ordinal)
ORDER BY given.ordinal
LIMIT 1000;

-- name: record_attempts(log_id, kinds, person_ids, facts, ages, lock_timeout)$
-- Append entries to one log, in their order; its head is waited for only so long. What is written more than a second after
-- it was answered carries that instant.
SELECT count(written.position)
FROM (
    SELECT
        log_append(
            :log_id::uuid, given.kind, given.person_id,
            given.facts || CASE
                WHEN given.age < 1 THEN '{}'
                ELSE jsonb_build_object('answered_at', clock_timestamp() - make_interval(secs => given.age))
            END
        ) AS position
    FROM (SELECT set_config('lock_timeout', :lock_timeout::text, TRUE) AS lock_timeout OFFSET 0) AS patience
    CROSS JOIN LATERAL unnest(:kinds::text [], :person_ids::uuid [], :facts::jsonb [], :ages::float8 [])
        WITH ORDINALITY AS given (kind, person_id, facts, age, ordinal)
    WHERE patience.lock_timeout <> ''
    ORDER BY given.ordinal
    OFFSET 0
) AS written;
