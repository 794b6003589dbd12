-- name: get_paper_digest(paper_id)$
-- What the tender's log says of a stored paper: its SHA-256.
SELECT event.data ->> 'digest' AS digest
FROM papers AS paper
INNER JOIN events AS event ON paper.tender_id = event.log_id
WHERE
    paper.id = :paper_id::uuid AND event.kind = 'paper.stored' AND event.data ->> 'paper_id' = paper.id::text;

-- name: get_record_digest(record_file_id)$
-- What the tender's log says of a stored record file: its SHA-256.
SELECT event.data ->> 'digest' AS digest
FROM record_files AS asked
INNER JOIN events AS event ON asked.tender_id = event.log_id
WHERE
    asked.id = :record_file_id::uuid AND event.kind = 'record.stored'
    AND event.data ->> 'record_file_id' = asked.id::text;

-- name: get_digest(evaluation_id, lang)$
-- What the tender's log says of the stored report: its SHA-256.
SELECT event.data ->> 'digest' AS digest
FROM evaluations AS run
INNER JOIN lots AS lot ON run.lot_id = lot.id
INNER JOIN events AS event ON lot.tender_id = event.log_id
WHERE
    run.id = :evaluation_id::uuid AND event.kind = 'report.stored'
    AND event.data ->> 'evaluation_id' = run.id::text AND event.data ->> 'lang' = :lang::text;
