-- name: insert_file(buyer_id, person_id, object_id, kind, name, digest, size)$
-- Keep a file; no row where the buyer has sent the same bytes for the same purpose before.
INSERT INTO spend_files (buyer_id, person_id, object_id, kind, name, digest, size, received_at)
VALUES (
    :buyer_id::uuid, :person_id::uuid, :object_id::uuid, :kind::text, :name::text, :digest::text, :size::bigint,
    clock_timestamp()
)
ON CONFLICT ON CONSTRAINT spend_files_are_there_once DO NOTHING
RETURNING id;

-- name: find_file(buyer_id, kind, digest)$
-- The file with these bytes.
SELECT file.id
FROM spend_files AS file
WHERE file.buyer_id = :buyer_id::uuid AND file.kind = :kind::text AND file.digest = :digest::text;

-- name: get_file(file_id, buyer_id)^
-- A buyer's file with its last mapping and what became of it.
SELECT
    file.id, file.kind, file.name, file.digest, file.size, file.person_id, file.received_at, file.object_id,
    mapped.version, mapped.mapping, done.summary AS imported, done.fault, done.left_out_id
FROM spend_files AS file
LEFT JOIN LATERAL (
    SELECT mapping.version, mapping.mapping
    FROM spend_mappings AS mapping
    WHERE mapping.file_id = file.id
    ORDER BY mapping.version DESC
    LIMIT 1
) AS mapped ON true
LEFT JOIN spend_imports AS done ON file.id = done.file_id AND mapped.version = done.version
WHERE file.id = :file_id::uuid AND file.buyer_id = :buyer_id::uuid;

-- name: list_files(buyer_id, after_at, after_id, limit)
-- A buyer's files, oldest first, from behind a place.
SELECT
    file.id, file.kind, file.name, file.digest, file.size, file.person_id, file.received_at, file.object_id,
    mapped.version, mapped.mapping, done.summary AS imported, done.fault, done.left_out_id
FROM spend_files AS file
LEFT JOIN LATERAL (
    SELECT mapping.version, mapping.mapping
    FROM spend_mappings AS mapping
    WHERE mapping.file_id = file.id
    ORDER BY mapping.version DESC
    LIMIT 1
) AS mapped ON true
LEFT JOIN spend_imports AS done ON file.id = done.file_id AND mapped.version = done.version
WHERE
    file.buyer_id = :buyer_id::uuid
    AND (file.received_at, file.id) > (:after_at::timestamptz, :after_id::uuid)
ORDER BY file.received_at, file.id
LIMIT :limit::int;

-- name: get_kind(file_id, buyer_id)$
-- What a buyer's file is.
SELECT file.kind
FROM spend_files AS file
WHERE file.id = :file_id::uuid AND file.buyer_id = :buyer_id::uuid;

-- name: insert_mapping(file_id, person_id, mapping)$
-- Keep what a person has confirmed, as the file's next version.
INSERT INTO spend_mappings (file_id, version, person_id, mapping, mapped_at)
SELECT
    :file_id::uuid,
    1 + (SELECT count(*) FROM spend_mappings AS earlier WHERE earlier.file_id = :file_id::uuid)::int,
    :person_id::uuid, :mapping::jsonb, clock_timestamp()
RETURNING version;

-- name: list_headings(buyer_id, kind)
-- Headings that a buyer's people have confirmed, the last word last.
SELECT done.summary -> 'headings' AS headings
FROM spend_imports AS done
INNER JOIN spend_files AS file ON done.file_id = file.id
WHERE file.buyer_id = :buyer_id::uuid AND file.kind = :kind::text AND done.summary IS NOT NULL
ORDER BY done.imported_at, done.file_id
LIMIT 500;

-- name: get_work(file_id, version)^
-- What is needed to read a file under a mapping; no row once it is done or the file is deleted.
SELECT file.kind, file.object_id, mapping.mapping
FROM spend_files AS file
INNER JOIN spend_mappings AS mapping ON file.id = mapping.file_id
WHERE
    file.id = :file_id::uuid AND mapping.version = :version::int
    AND NOT EXISTS (
        SELECT 1 FROM spend_imports AS done WHERE done.file_id = file.id AND done.version = mapping.version
    );

-- name: insert_import(file_id, version, lines_id, left_out_id, summary, fault)$
-- Keep what became of a file; no row where somebody else was quicker or the file is deleted.
INSERT INTO spend_imports (file_id, version, lines_id, left_out_id, summary, fault, imported_at)
SELECT
    mapping.file_id, mapping.version, :lines_id::uuid, :left_out_id::uuid, :summary::jsonb, :fault::jsonb,
    clock_timestamp()
FROM spend_mappings AS mapping
WHERE mapping.file_id = :file_id::uuid AND mapping.version = :version::int
ON CONFLICT ON CONSTRAINT spend_imports_happen_once DO NOTHING
RETURNING version;

-- name: list_objects(file_id)
-- Every object of a file: its bytes, its lines, the lists of what was left out.
SELECT file.object_id
FROM spend_files AS file
WHERE file.id = :file_id::uuid
UNION
SELECT unnest(ARRAY[done.lines_id, done.left_out_id])
FROM spend_imports AS done
WHERE done.file_id = :file_id::uuid AND done.fault IS NULL
ORDER BY object_id
LIMIT 10000;

-- name: delete_file(file_id, buyer_id)$
-- Delete a buyer's file with its mappings and imports; analyses that were made with it stay.
DELETE FROM spend_files AS file
WHERE file.id = :file_id::uuid AND file.buyer_id = :buyer_id::uuid
RETURNING file.digest;
