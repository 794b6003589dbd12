-- name: get_due(tender_id)^
-- The deadline of a published tender, and its log as it is now.
SELECT tender.submission_deadline, clock_timestamp() AS now, head.size, head.frontier
FROM tenders AS tender
INNER JOIN log_heads AS head ON tender.id = head.log_id
WHERE tender.id = :tender_id::uuid AND tender.published_at IS NOT NULL;
