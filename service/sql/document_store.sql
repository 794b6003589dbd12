-- name: insert_chunk(upload_id, number, contents)!
-- Some more sealed bytes of an upload.
INSERT INTO document_chunks (upload_id, number, contents) VALUES (:upload_id::uuid, :number::int, :contents::bytea);

-- name: read_chunk(document_id, number)$
-- A chunk of an opened document, from 0; none of a sealed one.
SELECT read_document_chunk(:document_id::uuid, :number::int);
