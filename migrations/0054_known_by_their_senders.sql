-- What is sealed can be guessed by nobody who has database and secrets: no digest of what came in the clear is kept but
-- under the key of its sender, and that key is not kept. And a withdrawal is proved to its supplier like a bid.

-- A bid or document is known again by its sender's Idempotency-Key. Stored are the name of the request, a digest of whose
-- and which it is with the key, and its fingerprint, a digest of the same and of the contents' HMAC under the service's
-- secret. So contents can be tried by those alone who know the key. A name begins with ", which no key has in it.
CREATE FUNCTION retry_name(supplier uuid, operation text, key text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN '"' || encode(sha256(convert_to('name ' || supplier || ' ' || operation || ' ' || key, 'UTF8')), 'hex');

CREATE FUNCTION retry_print(supplier uuid, operation text, key text, fingerprint text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN encode(
    sha256(convert_to(fingerprint || ' ' || supplier || ' ' || operation || ' ' || key, 'UTF8')), 'hex'
);

-- What was stored before is turned into the same, then whatever the release before still has in flight.
UPDATE idempotency_keys
SET
    key = retry_name(organisation_id, operation, key),
    fingerprint = retry_print(organisation_id, operation, key, fingerprint)
WHERE key NOT LIKE '"%';
UPDATE documents
SET
    retry_key = retry_name(supplier_id, 'document ' || lot_id, retry_key),
    fingerprint = retry_print(supplier_id, 'document ' || lot_id, retry_key, fingerprint)
WHERE retry_key NOT LIKE '"%';

CREATE FUNCTION hide_retry_key() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF TG_TABLE_NAME = 'documents' THEN
        NEW.fingerprint := retry_print(NEW.supplier_id, 'document ' || NEW.lot_id, NEW.retry_key, NEW.fingerprint);
        NEW.retry_key := retry_name(NEW.supplier_id, 'document ' || NEW.lot_id, NEW.retry_key);
    ELSE
        NEW.fingerprint := retry_print(NEW.organisation_id, NEW.operation, NEW.key, NEW.fingerprint);
        NEW.key := retry_name(NEW.organisation_id, NEW.operation, NEW.key);
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER idempotency_keys_are_not_kept BEFORE INSERT ON idempotency_keys
FOR EACH ROW WHEN (new.key NOT LIKE '"%') EXECUTE FUNCTION hide_retry_key();
CREATE TRIGGER documents_keep_no_retry_key BEFORE INSERT ON documents
FOR EACH ROW WHEN (new.retry_key NOT LIKE '"%') EXECUTE FUNCTION hide_retry_key();

UPDATE idempotency_keys
SET
    key = retry_name(organisation_id, operation, key),
    fingerprint = retry_print(organisation_id, operation, key, fingerprint)
WHERE key NOT LIKE '"%';
UPDATE documents
SET
    retry_key = retry_name(supplier_id, 'document ' || lot_id, retry_key),
    fingerprint = retry_print(supplier_id, 'document ' || lot_id, retry_key, fingerprint)
WHERE retry_key NOT LIKE '"%';

-- Of what has been destroyed no digest is left either.
UPDATE idempotency_keys AS used SET key = '"' || gen_random_uuid(), fingerprint = ''
FROM bids AS bid
INNER JOIN lots AS lot ON bid.lot_id = lot.id
INNER JOIN shreddings AS done ON lot.tender_id = done.tender_id
WHERE used.bid_id = bid.id;
UPDATE documents AS known SET retry_key = '"' || gen_random_uuid(), fingerprint = ''
FROM lots AS lot
INNER JOIN shreddings AS done ON lot.tender_id = done.tender_id
WHERE known.lot_id = lot.id;

-- As in migration 0047, with names and fingerprints of requests. The release before gives keys and fingerprints of
-- contents; they are turned into the same here, so that either release knows again what the other has stored.
CREATE OR REPLACE FUNCTION store_bids(
    lot_ids uuid [], bid_ids uuid [], versions integer [], supplier_ids uuid [], person_ids uuid [],
    key_ids text [], retry_keys text [], fingerprints text [], tender_digests text [], rules_digests text [],
    sizes integer [], digests text [], offer_headers bytea [], offers bytea [], price_headers bytea [],
    prices bytea [], documents text [], variants integer [], signer text
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
    most_versions CONSTANT integer := 1000;
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
            given.price_header, given.price, given.documents, given.variant, asked.operation, request.name, request.print,
            tender.id AS tender_id, tender.submission_deadline, used.bid_id AS used_bid_id,
            used.version AS used_version,
            -- The release before compares with its own fingerprint, which says nothing of the key.
            CASE
                WHEN given.retry_key NOT LIKE '"%' AND used.fingerprint = request.print THEN given.fingerprint
                ELSE used.fingerprint
            END AS used_fingerprint,
            CASE
                -- The key before the replay: who revoked a key wants nothing told to whoever has it.
                WHEN api_key.id IS NULL THEN 'key-refused'
                WHEN used.bid_id IS NOT NULL THEN 'replay'
                WHEN tender.id IS NULL THEN 'unknown'
                WHEN lot.cancelled_at IS NOT NULL THEN 'cancelled'
                -- An opened lot is closed, whatever a clock that is behind says – a leader that took over may be.
                WHEN instant >= tender.submission_deadline OR lot.opened_at IS NOT NULL THEN 'late'
                WHEN tender.rules_digest <> given.tender_digest THEN 'rules-changed'
                WHEN given.version = 1 AND standing.id IS NOT NULL THEN 'standing'
                WHEN given.version > 1 AND standing.id IS DISTINCT FROM given.bid_id THEN 'withdrawn'
                WHEN given.version > 1 AND standing.version + 1 <> given.version THEN 'version-changed'
                -- Every version is kept as long as the record is. What stands goes on standing.
                -- So that who withdraws the last of many can still bid, first versions have some room more.
                WHEN
                    most_versions + CASE WHEN given.version = 1 THEN 100 ELSE 0 END < given.version + (
                        SELECT coalesce(sum(other.version), 0) FROM bids AS other
                        WHERE
                            other.supplier_id = given.supplier_id AND other.lot_id = given.lot_id
                            AND other.id <> given.bid_id
                    )
                    THEN 'too-many-versions'
                WHEN
                    given.documents <> '{}'
                    AND NOT are_documents(given.supplier_id, given.lot_id, given.documents::uuid [])
                    THEN 'documents-missing'
                WHEN
                    given.documents <> '{}'
                    AND EXISTS (
                        SELECT FROM bids AS other
                        INNER JOIN bid_documents AS named ON other.id = named.bid_id AND other.version = named.version
                        WHERE
                            other.lot_id = given.lot_id AND other.supplier_id = given.supplier_id
                            AND other.withdrawn_at IS NULL AND other.variant <> given.variant
                            AND named.document_id = ANY (given.documents::uuid [])
                    )
                    THEN 'documents-elsewhere'
                ELSE 'stored'
            END AS verdict
        FROM unnest(
            lot_ids, bid_ids, versions, supplier_ids, person_ids, key_ids, retry_keys, fingerprints, tender_digests,
            rules_digests, sizes, digests, offer_headers, offers, price_headers, prices, documents,
            variants
        ) WITH ORDINALITY AS given (
            lot_id, bid_id, version, supplier_id, person_id, key_id, retry_key, fingerprint, tender_digest,
            rules_digest, size, digest, offer_header, offer, price_header, price, documents, variant, ordinal
        )
        CROSS JOIN LATERAL (
            SELECT
                CASE
                    WHEN given.version > 1 THEN 'replace ' || given.bid_id
                    WHEN given.variant > 0 THEN 'submit ' || given.lot_id || ' variant ' || given.variant
                    ELSE 'submit ' || given.lot_id
                END AS operation
        ) AS asked
        CROSS JOIN LATERAL (
            SELECT
                CASE
                    WHEN given.retry_key LIKE '"%' THEN given.retry_key
                    ELSE retry_name(given.supplier_id, asked.operation, given.retry_key)
                END AS name,
                CASE
                    WHEN given.retry_key LIKE '"%' THEN given.fingerprint
                    ELSE retry_print(given.supplier_id, asked.operation, given.retry_key, given.fingerprint)
                END AS print
        ) AS request
        LEFT JOIN lots AS lot ON given.lot_id = lot.id
        LEFT JOIN tenders AS tender ON lot.tender_id = tender.id AND tender.id = ANY (tender_ids)
        LEFT JOIN api_keys AS api_key
            ON
                given.key_id = api_key.id AND api_key.revoked_at IS NULL
                AND (api_key.expires_at IS NULL OR api_key.expires_at > instant)
        -- LIMIT makes these look-ups of the index even in a plan that was made while the tables were empty.
        LEFT JOIN LATERAL (
            SELECT bid.id, bid.version FROM bids AS bid
            WHERE
                bid.lot_id = given.lot_id AND bid.supplier_id = given.supplier_id AND bid.variant = given.variant
                AND bid.withdrawn_at IS NULL
            LIMIT 1
        ) AS standing ON TRUE
        LEFT JOIN LATERAL (
            SELECT answer.bid_id, answer.version, answer.fingerprint FROM idempotency_keys AS answer
            WHERE
                answer.organisation_id = given.supplier_id AND answer.key = request.name
                AND answer.operation = asked.operation
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
            END
            || CASE WHEN judged.variant = 0 THEN '{}' ELSE jsonb_build_object('variant', judged.variant) END AS data
        FROM judged
        INNER JOIN log_heads AS head ON judged.tender_id = head.log_id
        WHERE judged.verdict = 'stored' OR (judged.verdict = 'late' AND judged.digest <> '')
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
        INSERT INTO bids (id, lot_id, supplier_id, variant)
        SELECT entered.bid_id, entered.lot_id, entered.supplier_id, entered.variant
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
            entered.supplier_id, entered.operation, entered.name, entered.print, entered.bid_id,
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
    FROM judged WHERE judged.verdict NOT IN ('stored', 'late') OR (judged.verdict = 'late' AND judged.digest = '');
END
$$;

-- As in migration 0026, with names and fingerprints of requests; those of the release before are turned into them.
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
    name text := retry;
    stored_print text := print;
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
    IF retry NOT LIKE '"%' THEN
        name := retry_name(supplier, 'document ' || lot, retry);
        IF EXISTS (
            SELECT FROM documents AS known
            WHERE known.supplier_id = supplier AND known.lot_id = lot AND known.retry_key = name
        ) THEN
            -- The release before looks for the key itself, and would find no answer to give again: its repetition
            -- is kept as another document, with a receipt that holds.
            name := retry_name(supplier, 'document ' || lot || ' ' || upload, retry);
        END IF;
        stored_print := retry_print(supplier, 'document ' || lot, retry, print);
    END IF;
    judged := CASE
        WHEN NOT EXISTS (
            SELECT FROM api_keys AS known
            WHERE
                known.id = api_key AND known.revoked_at IS NULL
                AND (known.expires_at IS NULL OR known.expires_at > instant)
        ) THEN 'key-refused'
        WHEN EXISTS (
            SELECT FROM documents AS known
            WHERE known.supplier_id = supplier AND known.lot_id = lot AND known.retry_key = name
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
            document, upload, lot, supplier, person, address, head, sealed_digest, sealed_size, name, stored_print, instant
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
            known.supplier_id = supplier AND known.lot_id = lot AND known.retry_key = name
            AND judged IN ('stored', 'replay');
END
$$;

-- As in migration 0047, and what requests were known by is destroyed as well.
CREATE OR REPLACE FUNCTION shred_bids(tender uuid, person uuid, least_years integer) RETURNS TABLE (
    shredded_at timestamptz, bids bigint, documents bigint
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    instant timestamptz;
    bid_ids uuid [];
    document_ids uuid [];
    destroyed CONSTANT text := 'It was destroyed after its retention.';
BEGIN
    PERFORM FROM tenders AS locked WHERE locked.id = tender FOR UPDATE;
    instant := clock_timestamp();
    IF
        coalesce(retained_until(tender, least_years) > instant, TRUE)
        OR EXISTS (SELECT FROM shreddings AS done WHERE done.tender_id = tender)
        OR EXISTS (
            SELECT FROM legal_holds AS hold
            WHERE hold.tender_id = tender AND hold.number = last_hold(tender) AND hold.held
        )
        OR 2 > (
            SELECT count(DISTINCT act.person_id)
            FROM shredding_acts AS act
            INNER JOIN tender_roles AS held ON act.tender_id = held.tender_id AND act.person_id = held.person_id
            WHERE
                act.tender_id = tender AND act.hold_number = last_hold(tender)
                AND held.role IN ('approver', 'auditor')
        )
    THEN
        RETURN;
    END IF;
    INSERT INTO shreddings (tender_id, person_id, shredded_at) VALUES (tender, person, instant);
    SELECT array_agg(bid.id) INTO bid_ids
    FROM bids AS bid INNER JOIN lots AS lot ON bid.lot_id = lot.id WHERE lot.tender_id = tender;
    SELECT array_agg(known.id) INTO document_ids
    FROM documents AS known INNER JOIN lots AS lot ON known.lot_id = lot.id WHERE lot.tender_id = tender;
    UPDATE tender_keys SET wrapped_key = NULL, wrapped_by = NULL WHERE tender_id = tender;
    UPDATE tender_key_shares SET sealed_share = '' WHERE tender_id = tender;
    UPDATE share_relays SET sealed_share = ''
    WHERE lot_id IN (SELECT lot.id FROM lots AS lot WHERE lot.tender_id = tender);
    UPDATE sealed_envelopes SET header = '', contents = '' WHERE bid_id = ANY (bid_ids);
    UPDATE bid_envelopes SET contents = '' WHERE bid_id = ANY (bid_ids);
    UPDATE opened_bids
    SET
        offers = '{}', variant_description = NULL, salt = NULL,
        fault = CASE WHEN fault IS NOT NULL THEN destroyed END
    WHERE bid_id = ANY (bid_ids);
    UPDATE opened_prices SET offers = '{}', salt = NULL, fault = CASE WHEN fault IS NOT NULL THEN destroyed END
    WHERE bid_id = ANY (bid_ids);
    UPDATE opened_documents SET name = '', content_key = NULL, fault = destroyed
    WHERE document_id = ANY (document_ids);
    DELETE FROM document_chunks
    WHERE upload_id IN (SELECT known.upload_id FROM documents AS known WHERE known.id = ANY (document_ids));
    UPDATE documents SET header = '', retry_key = '"' || gen_random_uuid(), fingerprint = ''
    WHERE id = ANY (document_ids);
    UPDATE idempotency_keys SET key = '"' || gen_random_uuid(), fingerprint = '' WHERE bid_id = ANY (bid_ids);
    DELETE FROM bid_parties WHERE bid_id = ANY (bid_ids);
    UPDATE questions SET question = destroyed WHERE tender_id = tender;
    UPDATE clarification_answers SET answer = destroyed
    WHERE clarification_id IN (SELECT asked.id FROM clarifications AS asked WHERE asked.bid_id = ANY (bid_ids));
    UPDATE corrections SET original = '', corrected = '' WHERE bid_id = ANY (bid_ids);
    PERFORM log_append(
        tender, 'bids.shredded', person,
        jsonb_build_object(
            'bids', coalesce(cardinality(bid_ids), 0), 'documents', coalesce(cardinality(document_ids), 0)
        )
    );
    RETURN QUERY SELECT instant, coalesce(cardinality(bid_ids), 0)::bigint, coalesce(cardinality(document_ids), 0)::bigint;
END
$$;

-- Where a withdrawal's receipt is proved: its entry's place, in a tree of which size, by which key.
ALTER TABLE bids
ADD COLUMN withdrawn_position bigint,
ADD COLUMN withdrawn_tree_size bigint,
ADD COLUMN withdrawn_signed_by text;

UPDATE bids AS bid
SET withdrawn_position = entry.position, withdrawn_tree_size = entry.position, withdrawn_signed_by = last.signed_by
FROM lots AS lot
INNER JOIN events AS entry ON lot.tender_id = entry.log_id AND entry.kind = 'bid.withdrawn'
CROSS JOIN bid_versions AS last
WHERE
    bid.lot_id = lot.id AND bid.withdrawn_at IS NOT NULL AND entry.data ->> 'bid_id' = bid.id::text
    AND last.bid_id = bid.id AND last.version = bid.version;

-- As in migration 0026, and where its entry stands is kept with the bid. signer: null from the release before, which
-- gives the receipt of the last version; a receipt of the withdrawal is then signed by who signed that one.
CREATE FUNCTION withdraw_bid(bid uuid, supplier uuid, person uuid, signer text) RETURNS TABLE (
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
    place bigint;
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
        place := log_enter(
            tender, 'bid.withdrawn', person,
            jsonb_build_object('bid_id', bid, 'lot_id', lot, 'supplier_id', supplier, 'version', latest), instant
        );
        UPDATE bids AS own
        SET
            withdrawn_position = place, withdrawn_tree_size = place,
            withdrawn_signed_by = coalesce(
                signer,
                (SELECT last.signed_by FROM bid_versions AS last WHERE last.bid_id = bid AND last.version = latest)
            )
        WHERE own.id = bid;
    END IF;
    -- Of an opened lot the deadline has passed, whatever a clock that is behind says.
    RETURN QUERY
    SELECT
        deadline, CASE WHEN opened THEN greatest(instant, deadline) ELSE instant END,
        CASE WHEN latest IS NOT NULL THEN bid END;
END
$$;

CREATE OR REPLACE FUNCTION withdraw_bid(bid uuid, supplier uuid, person uuid) RETURNS TABLE (
    submission_deadline timestamptz, at timestamptz, withdrawn uuid
)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
SELECT judged.submission_deadline, judged.at, judged.withdrawn FROM withdraw_bid(bid, supplier, person, NULL) AS judged;
$$;

REVOKE ALL ON FUNCTION withdraw_bid(uuid, uuid, uuid, text), hide_retry_key FROM PUBLIC;
GRANT EXECUTE ON FUNCTION withdraw_bid(uuid, uuid, uuid, text) TO tenderscore_app;
