-- A lot cancelled by decision: it takes no more bids, and what is sealed stays sealed for ever.

ALTER TABLE lots ADD COLUMN cancelled_at timestamptz;
GRANT UPDATE (cancelled_at) ON lots TO tenderscore_app;
-- When the last of a tender's lots was cancelled, for the list of tenders that portals poll.
ALTER TABLE tenders ADD COLUMN cancelled_at timestamptz;
GRANT UPDATE (cancelled_at) ON tenders TO tenderscore_app;

CREATE TABLE cancellations (
    lot_id uuid CONSTRAINT cancellations_once_per_lot PRIMARY KEY
    CONSTRAINT cancellations_are_of_a_lot REFERENCES lots (id),
    stage text NOT NULL CONSTRAINT cancellations_come_before_the_award CHECK (stage IN ('published', 'closed', 'opened')),
    reason text NOT NULL CONSTRAINT cancellations_have_a_reason CHECK (btrim(reason) <> ''),
    person_id uuid NOT NULL CONSTRAINT cancellations_are_decided_by_a_person REFERENCES people (id),
    cancelled_at timestamptz NOT NULL
);
GRANT SELECT, INSERT ON cancellations TO tenderscore_app;

-- As before, and never for a cancelled lot.
CREATE OR REPLACE FUNCTION may_be_opened(lot uuid, stage text) RETURNS boolean
LANGUAGE sql VOLATILE SET search_path = pg_catalog, public, pg_temp
AS $$
SELECT
    tender.submission_deadline <= clock_timestamp()
    AND tender.officers_needed <= (
        SELECT count(*)
        FROM officers_acts AS act
        INNER JOIN tender_roles AS held ON act.person_id = held.person_id
        WHERE
            act.lot_id = lot AND act.envelope = stage
            AND held.tender_id = tender.id AND held.role = 'opening_officer'
    )
FROM tenders AS tender
WHERE tender.id = (SELECT part.tender_id FROM lots AS part WHERE part.id = lot AND part.cancelled_at IS NULL);
$$;

-- Judge, stamp and keep a document whose last byte has arrived, by the one reading of the clock that follows the locks
-- on the tender and on its log's head. Verdicts: stored, replay (the key was used: the answer of then), late (recorded,
-- not kept), taken (another document has this id), key-refused (the API key was revoked or has expired). No row: there
-- is no such lot, or it is not published. An upload that is not stored is discarded.
CREATE OR REPLACE FUNCTION store_document(
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
        WHEN EXISTS (
            SELECT FROM lots AS part WHERE part.id = lot AND part.cancelled_at IS NOT NULL
        ) THEN 'cancelled'
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
