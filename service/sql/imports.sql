-- name: insert_import(digest, checked, size, person_id)$
-- Keep what was found of an export; no row where the same one is there.
INSERT INTO imported_tenders (digest, checked, size, person_id, imported_at)
VALUES (:digest::text, :checked::jsonb, :size::bigint, :person_id::uuid, clock_timestamp())
ON CONFLICT ON CONSTRAINT imported_tenders_are_there_once DO NOTHING
RETURNING id;

-- name: insert_chunk(import_id, number, contents)!
-- Some more bytes of it.
INSERT INTO imported_chunks (import_id, number, contents) VALUES (:import_id::uuid, :number::int, :contents::bytea);

-- name: get_import(import_id, digest)^
-- An import by its id, or by its digest.
SELECT kept.id, kept.digest, kept.checked, kept.size, kept.person_id, kept.imported_at
FROM imported_tenders AS kept
WHERE kept.id = :import_id::uuid OR kept.digest = :digest::text;

-- name: list_imports(after_at, after_id, limit)
-- Imports, oldest first.
SELECT kept.id, kept.digest, kept.checked, kept.size, kept.person_id, kept.imported_at
FROM imported_tenders AS kept
WHERE (kept.imported_at, kept.id) > (:after_at::timestamptz, :after_id::uuid)
ORDER BY kept.imported_at, kept.id
LIMIT :limit;

-- name: read_chunk(import_id, number)$
-- A piece of an import's bytes, from 0; none behind the last.
SELECT chunk.contents
FROM imported_chunks AS chunk
WHERE chunk.import_id = :import_id::uuid AND chunk.number = :number::int;
