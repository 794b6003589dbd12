-- name: begin_object(kept_in)$
-- An object that is about to be written; until something refers to it, it may be swept.
INSERT INTO spend_objects (kept_in, begun_at) VALUES (:kept_in::text, clock_timestamp()) RETURNING id;

-- name: insert_chunk(object_id, number, contents)!
-- Some more bytes of an object.
INSERT INTO spend_chunks (object_id, number, contents) VALUES (:object_id::uuid, :number::int, :contents::bytea);

-- name: read_chunk(object_id, number)$
-- A chunk of an object, from 0; none behind the last.
SELECT chunk.contents
FROM spend_chunks AS chunk
WHERE chunk.object_id = :object_id::uuid AND chunk.number = :number::int;

-- name: list_places(object_ids)
-- Where objects lie: in a store of this address, without one in the database.
SELECT object.id, object.kept_in
FROM spend_objects AS object
WHERE object.id = ANY(:object_ids::uuid[])
ORDER BY object.begun_at, object.id
LIMIT 1000;

-- name: delete_objects(object_ids)!
-- Forget objects that nothing refers to, with their chunks.
DELETE FROM spend_objects AS object
WHERE object.id = ANY(:object_ids::uuid[]);

-- name: list_left_behind(hours)
-- Objects of so many hours ago to which nothing refers: whoever wrote them has crashed, or their file was deleted.
SELECT object.id
FROM spend_objects AS object
WHERE
    object.begun_at < clock_timestamp() - make_interval(hours => :hours::int)
    AND NOT EXISTS (SELECT 1 FROM spend_files AS file WHERE file.object_id = object.id)
    AND NOT EXISTS (SELECT 1 FROM spend_imports AS done WHERE done.lines_id = object.id)
    AND NOT EXISTS (SELECT 1 FROM spend_imports AS done WHERE done.left_out_id = object.id)
    AND NOT EXISTS (SELECT 1 FROM spend_results AS found WHERE found.left_out_id = object.id)
    AND NOT EXISTS (SELECT 1 FROM delivery_evidence AS evidence WHERE evidence.object_id = object.id)
ORDER BY object.begun_at, object.id
LIMIT 20;
