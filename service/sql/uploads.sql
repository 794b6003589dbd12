-- name: get_way_in(lot_id, supplier_id, name)^
-- What has to be known of a lot that is published to the supplier to take a document in, and whether a document came by this key already.
SELECT
    tender.id AS tender_id, tender.submission_deadline, lot.cancelled_at, tender_key.public_key, clock_timestamp() AS now,
    EXISTS (
        SELECT 1 FROM documents AS known
        WHERE
            known.supplier_id = :supplier_id::uuid AND known.lot_id = lot.id AND known.retry_key = :name::text
    ) AS key_used,
    (
        SELECT count(*) FROM documents AS known
        WHERE known.supplier_id = :supplier_id::uuid AND known.lot_id = lot.id
    ) AS documents,
    (
        SELECT coalesce(sum(known.size), 0)::bigint FROM documents AS known
        WHERE known.supplier_id = :supplier_id::uuid AND known.lot_id = lot.id
    ) AS bytes
FROM lots AS lot
INNER JOIN tenders AS tender ON lot.tender_id = tender.id
INNER JOIN tender_keys AS tender_key ON tender.id = tender_key.tender_id
WHERE
    lot.id = :lot_id::uuid AND tender.published_at IS NOT NULL
    AND (tender.framework_id IS NULL OR is_framework_supplier(tender.framework_id, :supplier_id::uuid));

-- name: begin_upload(upload_id)!
-- An upload begins; until it is a document it may be swept.
INSERT INTO document_uploads (id, begun_at) VALUES (:upload_id::uuid, clock_timestamp());

-- name: store_document(document_id, upload_id, lot_id, supplier_id, person_id, key_id, name, fingerprint, kept_in, header, digest, size)^
-- Judge, stamp and keep a document whose last byte has arrived; migration 0054 says how. No row: no such lot.
SELECT
    judged.verdict, judged.at, judged.submission_deadline, judged.document_id, judged.digest, judged.size,
    judged.received_at, judged.fingerprint
FROM store_document(
    :document_id::uuid, :upload_id::uuid, :lot_id::uuid, :supplier_id::uuid, :person_id::uuid, :key_id::text,
    :name::text, :fingerprint::text, :kept_in::text, :header::bytea, :digest::text, :size::bigint
) AS judged;

-- name: find_answer(lot_id, supplier_id, name)^
-- What was answered to an upload with this key.
SELECT known.id AS document_id, known.digest, known.size, known.received_at, known.fingerprint
FROM documents AS known
WHERE known.supplier_id = :supplier_id::uuid AND known.lot_id = :lot_id::uuid AND known.retry_key = :name::text;

-- name: discard_upload(upload_id)$
-- Take back an upload unless it has become a document; whether nothing of it is kept now.
SELECT discard_upload(:upload_id::uuid);

-- name: list_left_behind(hours)
-- Uploads of so many hours ago that never became documents: whoever sent them has crashed, or we have.
SELECT begun.id
FROM document_uploads AS begun
WHERE
    begun.begun_at < clock_timestamp() - make_interval(hours => :hours::int)
    AND NOT EXISTS (SELECT 1 FROM documents AS complete WHERE complete.upload_id = begun.id)
ORDER BY begun.begun_at, begun.id
LIMIT 20;
