-- Documents attached to bids: sealed on their way in, kept outside of the bids' rows, opened with the bid that names them.

-- An upload that began. What has not become a document is discarded; what a crash left behind is swept by its age.
CREATE TABLE document_uploads (
    id uuid CONSTRAINT document_uploads_have_one_id PRIMARY KEY,
    begun_at timestamptz NOT NULL
);

-- The sealed bytes of an upload in order, unless they lie in object storage.
CREATE TABLE document_chunks (
    upload_id uuid NOT NULL CONSTRAINT document_chunks_are_of_an_upload
    REFERENCES document_uploads (id) ON DELETE CASCADE,
    number integer NOT NULL,
    contents bytea NOT NULL,
    CONSTRAINT document_chunks_are_numbered PRIMARY KEY (upload_id, number)
);
-- Sealed bytes do not compress.
ALTER TABLE document_chunks ALTER COLUMN contents SET STORAGE EXTERNAL;

-- A complete document. The header is the beginning of its sealed bytes; kept_in is the address of the object storage.
CREATE TABLE documents (
    id uuid CONSTRAINT documents_have_one_id PRIMARY KEY,
    upload_id uuid NOT NULL CONSTRAINT documents_one_per_upload UNIQUE
    CONSTRAINT documents_come_from_an_upload REFERENCES document_uploads (id),
    lot_id uuid NOT NULL CONSTRAINT documents_are_for_a_lot REFERENCES lots (id),
    supplier_id uuid NOT NULL CONSTRAINT documents_are_of_a_supplier REFERENCES organisations (id),
    person_id uuid NOT NULL CONSTRAINT documents_are_sent_by_a_person REFERENCES people (id),
    kept_in text,
    header bytea NOT NULL,
    digest text NOT NULL,
    size bigint NOT NULL,
    retry_key text NOT NULL,
    fingerprint text NOT NULL,
    received_at timestamptz NOT NULL,
    CONSTRAINT documents_one_per_retry_key UNIQUE (supplier_id, lot_id, retry_key)
);

-- Which documents a version of a bid names. Checked at the end of the transaction: the version may be written after.
CREATE TABLE bid_documents (
    bid_id uuid NOT NULL,
    version integer NOT NULL,
    document_id uuid NOT NULL CONSTRAINT bid_documents_are_documents REFERENCES documents (id),
    CONSTRAINT bid_documents_once_per_version PRIMARY KEY (bid_id, version, document_id),
    CONSTRAINT bid_documents_are_of_a_version FOREIGN KEY (bid_id, version)
    REFERENCES bid_versions (bid_id, version) DEFERRABLE INITIALLY DEFERRED
);

-- What the opening learnt of a standing bid's documents: the name, and the content key or why there is none.
CREATE TABLE opened_documents (
    document_id uuid CONSTRAINT opened_documents_once PRIMARY KEY
    CONSTRAINT opened_documents_are_documents REFERENCES documents (id),
    bid_id uuid NOT NULL CONSTRAINT opened_documents_are_named_by_a_bid REFERENCES bids (id),
    number integer NOT NULL,
    name text NOT NULL,
    content_key bytea,
    fault text,
    CONSTRAINT opened_documents_have_a_key_or_a_fault CHECK ((content_key IS NULL) <> (fault IS NULL)),
    CONSTRAINT opened_documents_are_numbered UNIQUE (bid_id, number)
);

-- Judge, stamp and keep a document whose last byte has arrived, by the one reading of the clock that follows the locks
-- on the tender and on its log's head. Verdicts: stored, replay (the key was used: the answer of then), late (recorded,
-- not kept), taken (another document has this id), key-refused (the API key was revoked or has expired). No row: there
-- is no such lot, or it is not published. An upload that is not stored is discarded.
CREATE FUNCTION store_document(
    document uuid, upload uuid, lot uuid, supplier uuid, person uuid, api_key text, retry text, print text,
    address text, head bytea, sealed_digest text, sealed_size bigint
) RETURNS TABLE (
    verdict text, at timestamptz, submission_deadline timestamptz, document_id uuid, digest text, size bigint,
    received_at timestamptz, fingerprint text
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    tender uuid;
    deadline timestamptz;
    instant timestamptz;
    judged text;
    facts jsonb := jsonb_build_object(
        'lot_id', lot, 'supplier_id', supplier, 'digest', sealed_digest, 'size', sealed_size
    );
BEGIN
    SELECT locked.id, locked.submission_deadline INTO tender, deadline
    FROM tenders AS locked
    WHERE
        locked.id = (SELECT part.tender_id FROM lots AS part WHERE part.id = lot) AND locked.published_at IS NOT NULL
    FOR SHARE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    PERFORM FROM log_heads AS held WHERE held.log_id = tender FOR UPDATE;
    instant := clock_timestamp();
    judged := CASE
        WHEN EXISTS (
            SELECT FROM documents AS known
            WHERE known.supplier_id = supplier AND known.lot_id = lot AND known.retry_key = retry
        ) THEN 'replay'
        WHEN NOT EXISTS (
            SELECT FROM api_keys AS known
            WHERE
                known.id = api_key AND known.revoked_at IS NULL
                AND (known.expires_at IS NULL OR known.expires_at > instant)
        ) THEN 'key-refused'
        WHEN instant >= deadline THEN 'late'
        WHEN EXISTS (SELECT FROM documents AS known WHERE known.id = document) THEN 'taken'
        ELSE 'stored'
    END;
    IF judged = 'stored' THEN
        INSERT INTO documents (
            id, upload_id, lot_id, supplier_id, person_id, kept_in, header, digest, size, retry_key, fingerprint,
            received_at
        ) VALUES (
            document, upload, lot, supplier, person, address, head, sealed_digest, sealed_size, retry, print, instant
        );
        PERFORM log_enter(
            tender, 'document.received', person, facts || jsonb_build_object('document_id', document), instant
        );
    ELSE
        DELETE FROM document_uploads WHERE id = upload;
    END IF;
    IF judged = 'late' THEN
        PERFORM log_enter(tender, 'document.late', person, facts, instant);
    END IF;
    RETURN QUERY
    SELECT judged, instant, deadline, known.id, known.digest, known.size, known.received_at, known.fingerprint
    FROM (VALUES (TRUE)) AS one (row)
    LEFT JOIN documents AS known
        ON
            known.supplier_id = supplier AND known.lot_id = lot AND known.retry_key = retry
            AND judged IN ('stored', 'replay');
END
$$;

-- Take back an upload unless it has become a document; whether nothing of it is kept now.
CREATE FUNCTION discard_upload(upload uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    DELETE FROM document_uploads AS begun
    WHERE
        begun.id = upload
        AND NOT EXISTS (SELECT FROM documents AS complete WHERE complete.upload_id = begun.id);
    RETURN NOT EXISTS (SELECT FROM documents AS complete WHERE complete.upload_id = upload);
END
$$;

-- Whether these are complete documents of this supplier for this lot, each named once. Complete ones stay.
CREATE FUNCTION are_documents(supplier uuid, lot uuid, ids uuid []) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp
AS $$
SELECT count(*) = cardinality(ids) FROM documents AS known
WHERE known.id = ANY (ids) AND known.supplier_id = supplier AND known.lot_id = lot;
$$;

-- Note the documents that a version of a bid names; false, and nothing noted, unless they are that supplier's for that
-- lot.
CREATE FUNCTION bind_documents(
    bid uuid, bid_version integer, supplier uuid, lot uuid, document_ids uuid []
) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF NOT are_documents(supplier, lot, document_ids) THEN
        RETURN FALSE;
    END IF;
    INSERT INTO bid_documents (bid_id, version, document_id)
    SELECT bid, bid_version, named.id FROM unnest(document_ids) AS named (id);
    RETURN TRUE;
END
$$;

-- A chunk of an opened document. Nothing else reads chunks, so that nobody collects what is still sealed.
CREATE FUNCTION read_document_chunk(document uuid, place integer) RETURNS bytea
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
SELECT chunk.contents
FROM opened_documents AS opened
INNER JOIN documents AS complete ON opened.document_id = complete.id
INNER JOIN document_chunks AS chunk ON complete.upload_id = chunk.upload_id AND chunk.number = place
WHERE opened.document_id = document AND opened.content_key IS NOT NULL;
$$;

REVOKE ALL ON FUNCTION store_document, discard_upload, bind_documents, read_document_chunk FROM PUBLIC;
GRANT EXECUTE ON FUNCTION store_document, discard_upload, read_document_chunk TO tenderscore_app;
GRANT SELECT, INSERT ON document_uploads TO tenderscore_app;
GRANT INSERT ON document_chunks TO tenderscore_app;
GRANT SELECT ON documents, bid_documents TO tenderscore_app;
GRANT SELECT, INSERT ON opened_documents TO tenderscore_app;
