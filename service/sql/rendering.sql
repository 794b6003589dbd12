-- name: get_digest(evaluation_id, lang)$
-- What the tender's log says of the stored report: its SHA-256.
SELECT event.data ->> 'digest' AS digest
FROM evaluations AS run
INNER JOIN lots AS lot ON run.lot_id = lot.id
INNER JOIN events AS event ON lot.tender_id = event.log_id
WHERE
    run.id = :evaluation_id::uuid AND event.kind = 'report.stored'
    AND event.data ->> 'evaluation_id' = run.id::text AND event.data ->> 'lang' = :lang::text;
