-- name: list_ready(file_ids, buyer_id)
-- Files of a buyer that have been read under their last mapping: where their lines lie.
SELECT
    file.id, file.kind, file.name, file.digest, mapped.mapping, done.lines_id, done.summary AS imported
FROM spend_files AS file
INNER JOIN LATERAL (
    SELECT mapping.version, mapping.mapping
    FROM spend_mappings AS mapping
    WHERE mapping.file_id = file.id
    ORDER BY mapping.version DESC
    LIMIT 1
) AS mapped ON true
INNER JOIN spend_imports AS done ON file.id = done.file_id AND mapped.version = done.version
WHERE file.id = ANY(:file_ids::uuid[]) AND file.buyer_id = :buyer_id::uuid AND done.lines_id IS NOT NULL
ORDER BY file.received_at, file.id
LIMIT 500;

-- name: insert_analysis(buyer_id, person_id, request)^
-- Keep what is to be analysed.
INSERT INTO spend_analyses (buyer_id, person_id, request, asked_at)
VALUES (:buyer_id::uuid, :person_id::uuid, :request::jsonb, clock_timestamp())
RETURNING id, person_id, request, asked_at, NULL::text AS digest, NULL::jsonb AS fault, NULL::uuid AS left_out_id;

-- name: get_analysis(analysis_id, buyer_id)^
-- A buyer's analysis, and whether it has come to a result.
SELECT
    asked.id, asked.person_id, asked.request, asked.asked_at, found.digest, found.fault, found.left_out_id
FROM spend_analyses AS asked
LEFT JOIN spend_results AS found ON asked.id = found.analysis_id
WHERE asked.id = :analysis_id::uuid AND asked.buyer_id = :buyer_id::uuid;

-- name: list_analyses(buyer_id, after_at, after_id, limit)
-- A buyer's analyses, oldest first, from behind a place.
SELECT
    asked.id, asked.person_id, asked.request, asked.asked_at, found.digest, found.fault, found.left_out_id
FROM spend_analyses AS asked
LEFT JOIN spend_results AS found ON asked.id = found.analysis_id
WHERE
    asked.buyer_id = :buyer_id::uuid
    AND (asked.asked_at, asked.id) > (:after_at::timestamptz, :after_id::uuid)
ORDER BY asked.asked_at, asked.id
LIMIT :limit::int;

-- name: get_result(analysis_id, buyer_id)^
-- The canonical bytes of a result.
SELECT found.canonical, found.digest, found.analysed_at
FROM spend_results AS found
INNER JOIN spend_analyses AS asked ON found.analysis_id = asked.id
WHERE asked.id = :analysis_id::uuid AND asked.buyer_id = :buyer_id::uuid AND found.canonical IS NOT NULL;

-- name: get_work(analysis_id)^
-- What a worker needs to begin; no row once there is a result.
SELECT asked.buyer_id, asked.request
FROM spend_analyses AS asked
WHERE
    asked.id = :analysis_id::uuid
    AND NOT EXISTS (SELECT 1 FROM spend_results AS found WHERE found.analysis_id = asked.id);

-- name: insert_result(analysis_id, left_out_id, canonical, digest, fault)$
-- Keep a result for good; the first one stays.
INSERT INTO spend_results (analysis_id, left_out_id, canonical, digest, fault, analysed_at)
VALUES (
    :analysis_id::uuid, :left_out_id::uuid, :canonical::bytea, :digest::text, :fault::jsonb, clock_timestamp()
)
ON CONFLICT ON CONSTRAINT spend_results_are_stored_once DO NOTHING
RETURNING analysed_at;

-- name: insert_answer(buyer_id, person_id, supplier, entry, same)^
-- Keep what a person says about a supplier and an entry of the register.
INSERT INTO spend_answers (buyer_id, person_id, supplier, entry, same, answered_at)
VALUES (:buyer_id::uuid, :person_id::uuid, :supplier::text, :entry::text, :same::boolean, clock_timestamp())
RETURNING id, supplier, entry, same, person_id, answered_at;

-- name: list_answers(buyer_id, after_at, after_id, limit)
-- The answers that count: of each supplier and entry the last, oldest first.
SELECT last.id, last.supplier, last.entry, last.same, last.person_id, last.answered_at
FROM (
    SELECT DISTINCT ON (answer.supplier, answer.entry)
        answer.id, answer.supplier, answer.entry, answer.same, answer.person_id, answer.answered_at
    FROM spend_answers AS answer
    WHERE answer.buyer_id = :buyer_id::uuid
    ORDER BY answer.supplier, answer.entry, answer.answered_at DESC, answer.id
) AS last
WHERE
    :after_at::timestamptz IS NULL
    OR (last.answered_at, last.id) > (:after_at::timestamptz, :after_id::uuid)
ORDER BY last.answered_at, last.id
LIMIT coalesce(:limit::bigint, 100000);
