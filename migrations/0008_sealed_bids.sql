-- The log becomes a Merkle tree; bids come in sealed, judged and stored many at a time by one statement.

-- What lies unopened in the clear cannot be sealed afterwards.
DO $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM bid_envelopes AS envelope
        INNER JOIN bids AS bid ON envelope.bid_id = bid.id
        INNER JOIN lots AS lot ON bid.lot_id = lot.id
        WHERE lot.opened_at IS NULL
    ) THEN
        RAISE EXCEPTION 'open the lots that have bids with the release before this one, then migrate';
    END IF;
END
$$;

-- The log: an RFC 9162 tree per log. A leaf is the hash of an entry; a head keeps the roots of the complete subtrees.

ALTER TABLE log_heads ADD COLUMN frontier bytea [] NOT NULL DEFAULT '{}';
ALTER TABLE events ADD COLUMN salt uuid, ADD COLUMN leaf bytea;

-- An entry's exact text: the leaf is hashed over it, the log is exported in it.
CREATE FUNCTION log_entry(
    log_id uuid, place bigint, kind text, person_id uuid, data jsonb, at timestamptz, salt uuid
) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN jsonb_build_object(
    'log_id', log_id,
    'position', place,
    'kind', kind,
    'person_id', person_id,
    'data', data,
    'at', to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'salt', salt
)::text;

CREATE FUNCTION log_leaf(entry text) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN sha256('\x00'::bytea || convert_to(entry, 'UTF8'));

-- The frontier after further leaves (largest subtree first): two subtrees of one size become one of twice the size.
CREATE FUNCTION log_grown(frontier bytea [], size bigint, leaves bytea []) RETURNS bytea []
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    stack bytea [] := frontier;
    top integer := cardinality(frontier);
    grown bigint := size;
    complete bigint;
    node bytea;
BEGIN
    FOREACH node IN ARRAY leaves LOOP
        complete := grown;
        WHILE complete & 1 = 1 LOOP
            node := sha256('\x01'::bytea || stack[top] || node);
            top := top - 1;
            complete := complete >> 1;
        END LOOP;
        top := top + 1;
        stack[top] := node;
        grown := grown + 1;
    END LOOP;
    RETURN stack[1 : top];
END
$$;

UPDATE events SET salt = gen_random_uuid();
UPDATE events SET leaf = log_leaf(log_entry(log_id, position, kind, person_id, data, at, salt));
UPDATE log_heads AS head SET frontier = log_grown('{}', 0, held.leaves)
FROM (SELECT log_id, array_agg(leaf ORDER BY position) AS leaves FROM events GROUP BY log_id) AS held
WHERE head.log_id = held.log_id;
ALTER TABLE events
ADD CONSTRAINT events_are_leaves_of_their_log CHECK (salt IS NOT NULL AND leaf IS NOT NULL) NOT VALID;

-- Append an entry at an instant read after the head was locked, and return its position.
CREATE FUNCTION log_enter(log uuid, what text, person uuid, facts jsonb, instant timestamptz) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    place bigint;
    grain uuid := gen_random_uuid();
    leaf bytea;
BEGIN
    SELECT held.size + 1 INTO STRICT place FROM log_heads AS held WHERE held.log_id = log;
    leaf := log_leaf(log_entry(log, place, what, person, facts, instant, grain));
    INSERT INTO events (log_id, position, kind, person_id, data, at, salt, leaf)
    VALUES (log, place, what, person, facts, instant, grain, leaf);
    UPDATE log_heads AS held
    SET size = place, frontier = log_grown(held.frontier, held.size, ARRAY[leaf])
    WHERE held.log_id = log;
    RETURN place;
END
$$;

-- Append an entry and return its position: locks the head, then reads the clock.
CREATE FUNCTION log_append(log uuid, what text, person uuid, facts jsonb) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM FROM log_heads AS held WHERE held.log_id = log FOR UPDATE;
    RETURN log_enter(log, what, person, facts, clock_timestamp());
END
$$;

-- Bids: the envelope's header holds its content key, sealed to the tender's key; contents is what that key opens.
-- What earlier releases kept in the clear has been opened and stays behind, for nobody to read.

CREATE TABLE sealed_envelopes (
    bid_id uuid NOT NULL,
    version integer NOT NULL,
    kind text NOT NULL CONSTRAINT sealed_envelopes_hold_the_offer_or_its_price CHECK (kind IN ('offer', 'price')),
    header bytea NOT NULL,
    contents bytea NOT NULL,
    CONSTRAINT sealed_envelopes_one_per_version_and_kind PRIMARY KEY (bid_id, version, kind),
    CONSTRAINT sealed_envelopes_are_of_a_version FOREIGN KEY (bid_id, version) REFERENCES bid_versions (bid_id, version)
);
-- Sealed bytes do not compress; a usual bid stays in its row instead of being cut into chunks.
ALTER TABLE sealed_envelopes ALTER COLUMN contents SET STORAGE EXTERNAL;
ALTER TABLE sealed_envelopes SET (toast_tuple_target = 8160);

-- Where a version's receipt was proved: its entry's place, in a tree of which size, by which key.
ALTER TABLE bid_versions
ADD COLUMN position bigint NOT NULL DEFAULT 0,
ADD COLUMN tree_size bigint NOT NULL DEFAULT 0,
ADD COLUMN signed_by text NOT NULL DEFAULT '';

-- The key that a tender's bids are sealed to; its private half, wrapped, where the service has custody.
CREATE TABLE tender_keys (
    tender_id uuid CONSTRAINT tender_keys_one_per_tender PRIMARY KEY
    CONSTRAINT tender_keys_are_of_a_tender REFERENCES tenders (id),
    public_key bytea NOT NULL,
    wrapped_key bytea,
    wrapped_by text,
    made_at timestamptz NOT NULL
);

-- The criteria whose values come in a second envelope, which stays sealed until the rest is decided.
ALTER TABLE lots ADD COLUMN price_envelope text [] NOT NULL DEFAULT '{}';

-- Judge, stamp and store sealed bids, each by the one reading of the clock that follows the locks on the tenders and
-- on their logs' heads; entries of one log take consecutive positions. Every bid gets a verdict of its own:
--   stored, replay (the key was used: the answer of then), late (recorded, not stored), rules-changed, standing (the
--   supplier has a bid), withdrawn, version-changed, key-refused (the API key was revoked or has expired), unknown.
-- No two of one call may be of the same supplier for the same lot. A version above 1 replaces the one before it.
CREATE FUNCTION store_bids(
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
                WHEN used.bid_id IS NOT NULL THEN 'replay'
                WHEN tender.id IS NULL THEN 'unknown'
                WHEN api_key.id IS NULL THEN 'key-refused'
                WHEN instant >= tender.submission_deadline THEN 'late'
                WHEN tender.rules_digest <> given.tender_digest THEN 'rules-changed'
                WHEN given.version = 1 AND standing.id IS NOT NULL THEN 'standing'
                WHEN given.version > 1 AND standing.id IS DISTINCT FROM given.bid_id THEN 'withdrawn'
                WHEN given.version > 1 AND standing.version + 1 <> given.version THEN 'version-changed'
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
        SELECT
            placed.*,
            log_entry(
                placed.tender_id, placed.place, placed.kind, placed.person_id, placed.data, instant, placed.salt
            ) AS entry
        FROM placed
    ),

    event AS (
        INSERT INTO events (log_id, position, kind, person_id, data, at, salt, leaf)
        SELECT
            entered.tender_id, entered.place, entered.kind, entered.person_id, entered.data, instant, entered.salt,
            log_leaf(entered.entry)
        FROM entered
    ),

    grown AS (
        UPDATE log_heads AS head
        SET size = head.size + added.number, frontier = log_grown(head.frontier, head.size, added.leaves)
        FROM (
            SELECT
                entered.tender_id, count(*) AS number,
                array_agg(log_leaf(entered.entry) ORDER BY entered.place) AS leaves
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

-- Withdraw a standing bid before the deadline, judged, stamped and written down by one reading of the clock under the
-- same locks in the same order. No row: it is not the supplier's. withdrawn is null where it was refused.
CREATE FUNCTION withdraw_bid(bid uuid, supplier uuid, person uuid) RETURNS TABLE (
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
    UPDATE bids AS own SET withdrawn_at = instant
    WHERE own.id = bid AND own.withdrawn_at IS NULL AND instant < deadline
    RETURNING own.version INTO latest;
    IF FOUND THEN
        PERFORM log_enter(
            tender, 'bid.withdrawn', person,
            jsonb_build_object('bid_id', bid, 'lot_id', lot, 'supplier_id', supplier, 'version', latest), instant
        );
    END IF;
    RETURN QUERY SELECT deadline, instant, CASE WHEN latest IS NOT NULL THEN bid END;
END
$$;

-- The service enters bids and log entries through these functions only.
REVOKE ALL ON FUNCTION log_enter, log_append, store_bids, withdraw_bid FROM PUBLIC;
GRANT EXECUTE ON FUNCTION log_append, store_bids, withdraw_bid TO tenderscore_app;
REVOKE INSERT ON events, log_heads, bids, bid_versions, idempotency_keys FROM tenderscore_app;
REVOKE ALL ON bid_envelopes FROM tenderscore_app, tenderscore_opening;
REVOKE UPDATE (size) ON log_heads FROM tenderscore_app;
REVOKE UPDATE (version, withdrawn_at) ON bids FROM tenderscore_app;
GRANT INSERT (log_id) ON log_heads TO tenderscore_app;
GRANT SELECT (tender_id, public_key, made_at), INSERT ON tender_keys TO tenderscore_app;
GRANT SELECT ON sealed_envelopes, tender_keys, tenders, lots, opening_acts, tender_roles TO tenderscore_opening;
