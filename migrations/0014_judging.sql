-- How bids are judged: a key that is no longer good gets no receipt either, and nothing comes into a lot that was opened
-- or leaves it, whatever the clock says – a leader that took over may be behind. Changed in each function is what the
-- comments in it say. Not judged is by the log's last instant: one reading of a clock that ran ahead for a moment would
-- close a tender for good.

-- As in migration 0012 but for the two verdicts named in it.
CREATE OR REPLACE FUNCTION store_bids(
    lot_ids uuid [], bid_ids uuid [], versions integer [], supplier_ids uuid [], person_ids uuid [],
    key_ids text [], retry_keys text [], fingerprints text [], tender_digests text [], rules_digests text [],
    sizes integer [], digests text [], offer_headers bytea [], offers bytea [], price_headers bytea [],
    prices bytea [], documents text [], signer text
) RETURNS TABLE (
    ordinal bigint, verdict text, at timestamptz, submission_deadline timestamptz, bid_id uuid, version integer,
    fingerprint text, entry text, place bigint, size_before bigint, tree_size bigint, frontier bytea []
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
-- One plan for any number of bids: look everything up by its index, whatever the tables held when it was made.
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
    tender_ids uuid [];
    instant timestamptz;
BEGIN
    -- FOR SHARE, so that submissions run side by side, and whoever changes or opens the tender waits for them.
    SELECT array_agg(locked.id) INTO tender_ids
    FROM (
        SELECT tender.id FROM tenders AS tender
        WHERE
            tender.id IN (SELECT lot.tender_id FROM lots AS lot WHERE lot.id = ANY (lot_ids))
            AND tender.published_at IS NOT NULL
        ORDER BY tender.id FOR SHARE
    ) AS locked;
    PERFORM FROM log_heads AS head WHERE head.log_id = ANY (tender_ids) ORDER BY head.log_id FOR UPDATE;
    instant := clock_timestamp();
    RETURN QUERY
    WITH judged AS MATERIALIZED (
        SELECT
            given.ordinal, given.lot_id, given.bid_id, given.version, given.supplier_id, given.person_id,
            given.fingerprint, given.rules_digest, given.size, given.digest, given.offer_header, given.offer,
            given.price_header, given.price, given.documents, given.retry_key,
            CASE WHEN given.version = 1 THEN 'submit ' || given.lot_id ELSE 'replace ' || given.bid_id END AS operation,
            tender.id AS tender_id, tender.submission_deadline, used.bid_id AS used_bid_id,
            used.version AS used_version, used.fingerprint AS used_fingerprint,
            CASE
                -- The key before the replay: who revoked a key wants nothing told to whoever has it.
                WHEN api_key.id IS NULL THEN 'key-refused'
                WHEN used.bid_id IS NOT NULL THEN 'replay'
                WHEN tender.id IS NULL THEN 'unknown'
                -- An opened lot is closed, whatever a clock that is behind says.
                WHEN instant >= tender.submission_deadline OR lot.opened_at IS NOT NULL THEN 'late'
                WHEN tender.rules_digest <> given.tender_digest THEN 'rules-changed'
                WHEN given.version = 1 AND standing.id IS NOT NULL THEN 'standing'
                WHEN given.version > 1 AND standing.id IS DISTINCT FROM given.bid_id THEN 'withdrawn'
                WHEN given.version > 1 AND standing.version + 1 <> given.version THEN 'version-changed'
                WHEN
                    given.documents <> '{}'
                    AND NOT are_documents(given.supplier_id, given.lot_id, given.documents::uuid [])
                    THEN 'documents-missing'
                ELSE 'stored'
            END AS verdict
        FROM unnest(
            lot_ids, bid_ids, versions, supplier_ids, person_ids, key_ids, retry_keys, fingerprints, tender_digests,
            rules_digests, sizes, digests, offer_headers, offers, price_headers, prices, documents
        ) WITH ORDINALITY AS given (
            lot_id, bid_id, version, supplier_id, person_id, key_id, retry_key, fingerprint, tender_digest,
            rules_digest, size, digest, offer_header, offer, price_header, price, documents, ordinal
        )
        LEFT JOIN lots AS lot ON given.lot_id = lot.id
        LEFT JOIN tenders AS tender ON lot.tender_id = tender.id AND tender.id = ANY (tender_ids)
        LEFT JOIN api_keys AS api_key
            ON
                given.key_id = api_key.id AND api_key.revoked_at IS NULL
                AND (api_key.expires_at IS NULL OR api_key.expires_at > instant)
        -- LIMIT makes these look-ups of the index even in a plan that was made while the tables were empty.
        LEFT JOIN LATERAL (
            SELECT bid.id, bid.version FROM bids AS bid
            WHERE bid.lot_id = given.lot_id AND bid.supplier_id = given.supplier_id AND bid.withdrawn_at IS NULL
            LIMIT 1
        ) AS standing ON TRUE
        LEFT JOIN LATERAL (
            SELECT answer.bid_id, answer.version, answer.fingerprint FROM idempotency_keys AS answer
            WHERE
                answer.organisation_id = given.supplier_id AND answer.key = given.retry_key
                AND answer.operation
                = CASE WHEN given.version = 1 THEN 'submit ' || given.lot_id ELSE 'replace ' || given.bid_id END
            LIMIT 1
        ) AS used ON TRUE
    ),

    placed AS MATERIALIZED (
        SELECT
            judged.*, head.size AS size_before, head.frontier, gen_random_uuid() AS salt,
            head.size + row_number() OVER (PARTITION BY judged.tender_id ORDER BY judged.ordinal) AS place,
            head.size + count(*) OVER (PARTITION BY judged.tender_id) AS tree_size,
            CASE
                WHEN judged.verdict = 'late' THEN 'bid.late'
                WHEN judged.version = 1 THEN 'bid.submitted'
                ELSE 'bid.replaced'
            END AS kind,
            jsonb_build_object(
                'lot_id', judged.lot_id, 'supplier_id', judged.supplier_id, 'digest', judged.digest,
                'size', judged.size, 'rules_digest', judged.rules_digest
            )
            || CASE
                WHEN judged.verdict = 'late' THEN '{}'
                ELSE
                    jsonb_build_object(
                        'bid_id', judged.bid_id, 'version', judged.version,
                        'documents', to_jsonb(judged.documents::uuid [])
                    )
            END AS data
        FROM judged
        INNER JOIN log_heads AS head ON judged.tender_id = head.log_id
        WHERE judged.verdict IN ('stored', 'late')
    ),

    entered AS MATERIALIZED (
        SELECT placed.*, written.entry, log_leaf(written.entry) AS leaf
        FROM placed
        CROSS JOIN LATERAL (
            SELECT
                log_entry(
                    placed.tender_id, placed.place, placed.kind, placed.person_id, placed.data, instant, placed.salt
                ) AS entry
            OFFSET 0
        ) AS written
    ),

    event AS (
        INSERT INTO events (log_id, position, kind, person_id, data, at, salt, leaf)
        SELECT
            entered.tender_id, entered.place, entered.kind, entered.person_id, entered.data, instant, entered.salt,
            entered.leaf
        FROM entered
    ),

    grown AS (
        UPDATE log_heads AS head
        SET size = head.size + added.number, frontier = log_grown(head.frontier, head.size, added.leaves)
        FROM (
            SELECT
                entered.tender_id, count(*) AS number,
                array_agg(entered.leaf ORDER BY entered.place) AS leaves
            FROM entered GROUP BY entered.tender_id
        ) AS added
        WHERE head.log_id = added.tender_id
    ),

    first AS (
        INSERT INTO bids (id, lot_id, supplier_id)
        SELECT entered.bid_id, entered.lot_id, entered.supplier_id
        FROM entered WHERE entered.kind = 'bid.submitted'
    ),

    further AS (
        UPDATE bids AS bid SET version = bid.version + 1
        WHERE bid.id = ANY (ARRAY(SELECT entered.bid_id FROM entered WHERE entered.kind = 'bid.replaced'))
    ),

    kept AS (
        INSERT INTO bid_versions (
            bid_id, version, person_id, rules_digest, digest, size, submitted_at, position, tree_size, signed_by
        )
        SELECT
            entered.bid_id, entered.version, entered.person_id, entered.rules_digest, entered.digest, entered.size,
            instant, entered.place, entered.tree_size, signer
        FROM entered WHERE entered.verdict = 'stored'
    ),

    envelope AS (
        INSERT INTO sealed_envelopes (bid_id, version, kind, header, contents)
        SELECT entered.bid_id, entered.version, part.kind, part.header, part.contents
        FROM entered
        CROSS JOIN LATERAL (
            VALUES ('offer', entered.offer_header, entered.offer), ('price', entered.price_header, entered.price)
        ) AS part (kind, header, contents)
        WHERE entered.verdict = 'stored' AND part.contents IS NOT NULL
    ),

    bound AS (
        INSERT INTO bid_documents (bid_id, version, document_id)
        SELECT entered.bid_id, entered.version, named.id
        FROM entered CROSS JOIN LATERAL unnest(entered.documents::uuid []) AS named (id)
        WHERE entered.verdict = 'stored'
    ),

    answered AS (
        INSERT INTO idempotency_keys (organisation_id, operation, key, fingerprint, bid_id, version)
        SELECT
            entered.supplier_id, entered.operation, entered.retry_key, entered.fingerprint, entered.bid_id,
            entered.version
        FROM entered WHERE entered.verdict = 'stored'
    )

    SELECT
        entered.ordinal, entered.verdict, instant, entered.submission_deadline, entered.bid_id, entered.version,
        entered.fingerprint, entered.entry, entered.place, entered.size_before, entered.tree_size, entered.frontier
    FROM entered
    UNION ALL
    SELECT
        judged.ordinal, judged.verdict, instant, judged.submission_deadline,
        coalesce(judged.used_bid_id, judged.bid_id), coalesce(judged.used_version, judged.version),
        judged.used_fingerprint, NULL, NULL, NULL, NULL, NULL
    FROM judged WHERE judged.verdict NOT IN ('stored', 'late');
END
$$;

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

-- As in migration 0010, but for the order of its verdicts: the key first; nothing into a lot that was opened.
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
