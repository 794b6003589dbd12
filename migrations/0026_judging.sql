-- How bids are judged: a key that is no longer good gets no receipt either, and nothing comes into a lot that was opened
-- or leaves it, whatever the clock says – a leader that took over may be behind. Changed in each function is what the
-- comments in it say. Not judged is by the log's last instant: one reading of a clock that ran ahead for a moment would
-- close a tender for good.

-- As in migration 0008, and never from a lot that was opened.
CREATE OR REPLACE FUNCTION withdraw_bid(bid uuid, supplier uuid, person uuid) RETURNS TABLE (
    submission_deadline timestamptz, at timestamptz, withdrawn uuid
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    lot uuid;
    tender uuid;
    deadline timestamptz;
    instant timestamptz;
    latest integer;
    opened boolean;
BEGIN
    SELECT own.lot_id INTO lot FROM bids AS own WHERE own.id = bid AND own.supplier_id = supplier;
    SELECT locked.id, locked.submission_deadline INTO tender, deadline
    FROM tenders AS locked
    WHERE locked.id = (SELECT part.tender_id FROM lots AS part WHERE part.id = lot) FOR SHARE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    PERFORM FROM log_heads AS head WHERE head.log_id = tender FOR UPDATE;
    instant := clock_timestamp();
    SELECT part.opened_at IS NOT NULL INTO STRICT opened FROM lots AS part WHERE part.id = lot;
    UPDATE bids AS own SET withdrawn_at = instant
    WHERE own.id = bid AND own.withdrawn_at IS NULL AND instant < deadline AND NOT opened
    RETURNING own.version INTO latest;
    IF FOUND THEN
        PERFORM log_enter(
            tender, 'bid.withdrawn', person,
            jsonb_build_object('bid_id', bid, 'lot_id', lot, 'supplier_id', supplier, 'version', latest), instant
        );
    END IF;
    -- Of an opened lot the deadline has passed, whatever a clock that is behind says.
    RETURN QUERY
    SELECT
        deadline, CASE WHEN opened THEN greatest(instant, deadline) ELSE instant END,
        CASE WHEN latest IS NOT NULL THEN bid END;
END
$$;

-- As in migration 0010, but for cancelled lots and for the order of its verdicts: the key first; nothing into a lot that was opened.
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
        WHEN NOT EXISTS (
            SELECT FROM api_keys AS known
            WHERE
                known.id = api_key AND known.revoked_at IS NULL
                AND (known.expires_at IS NULL OR known.expires_at > instant)
        ) THEN 'key-refused'
        WHEN EXISTS (
            SELECT FROM documents AS known
            WHERE known.supplier_id = supplier AND known.lot_id = lot AND known.retry_key = retry
        ) THEN 'replay'
        WHEN EXISTS (
            SELECT FROM lots AS part WHERE part.id = lot AND part.cancelled_at IS NOT NULL
        ) THEN 'cancelled'
        WHEN
            instant >= deadline
            OR EXISTS (SELECT FROM lots AS part WHERE part.id = lot AND part.opened_at IS NOT NULL)
            THEN 'late'
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

-- The log holds a digest of what the opening found in each envelope. The salt is for that digest: a price has so few
-- digits that without one everybody who reads the log could guess it.
ALTER TABLE opened_bids ADD COLUMN salt uuid;
ALTER TABLE opened_prices ADD COLUMN salt uuid;
