-- name: insert_finding(tender_id, analysis_id, person_id, finding, outcome)^
-- Keep what a draft is to change, and the outcome that it stands for.
INSERT INTO spend_findings (tender_id, analysis_id, person_id, finding, outcome, linked_at)
VALUES (
    :tender_id::uuid, :analysis_id::uuid, :person_id::uuid, :finding::jsonb, :outcome::text, clock_timestamp()
)
RETURNING id, tender_id, analysis_id, person_id, finding, outcome, linked_at;

-- name: list_findings(tender_id)
-- A tender's findings, first to last.
SELECT linked.id, linked.tender_id, linked.analysis_id, linked.person_id, linked.finding, linked.outcome, linked.linked_at
FROM spend_findings AS linked
WHERE linked.tender_id = :tender_id::uuid
ORDER BY linked.linked_at, linked.id
LIMIT 200;
