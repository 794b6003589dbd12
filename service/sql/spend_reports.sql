-- name: get_document(analysis_id)^
-- A stored result and whose it is.
SELECT buyer.name AS buyer, found.canonical, found.digest, found.analysed_at
FROM spend_results AS found
INNER JOIN spend_analyses AS asked ON found.analysis_id = asked.id
INNER JOIN organisations AS buyer ON asked.buyer_id = buyer.id
WHERE asked.id = :analysis_id::uuid AND found.canonical IS NOT NULL;

-- name: get_report(analysis_id, lang)^
-- A stored report with its seal behind it; the digest is of its own bytes.
SELECT report.pdf || coalesce(report.signature, ''::bytea) AS pdf, report.digest
FROM spend_report_files AS report
WHERE report.analysis_id = :analysis_id::uuid AND report.lang = :lang::text;

-- name: insert_report(analysis_id, lang, pdf, digest, signature)$
-- Keep a report for good; the first one stays.
INSERT INTO spend_report_files (analysis_id, lang, pdf, digest, signature, stored_at)
VALUES (
    :analysis_id::uuid, :lang::text, :pdf::bytea, :digest::text, :signature::bytea, clock_timestamp()
)
ON CONFLICT ON CONSTRAINT spend_report_files_are_stored_once DO NOTHING
RETURNING digest;
