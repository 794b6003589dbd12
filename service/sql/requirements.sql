-- name: insert_requirements(tender_id, requirements, digest, person_id)!
-- Keep a tender's conditions and requirements as its next version.
INSERT INTO tender_requirements (tender_id, version, requirements, digest, person_id, written_at)
SELECT
    :tender_id::uuid,
    1 + (SELECT count(*) FROM tender_requirements AS earlier WHERE earlier.tender_id = :tender_id::uuid)::int,
    :requirements::jsonb, :digest::text, :person_id::uuid, clock_timestamp();

-- name: get_requirements(tender_id)^
-- The last version of a tender's conditions and requirements.
SELECT written.version, written.requirements, written.digest, written.written_at
FROM tender_requirements AS written
WHERE written.tender_id = :tender_id::uuid
ORDER BY written.version DESC
LIMIT 1;
