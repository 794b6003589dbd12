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
LANGUAGE sql STABLE PARALLEL SAFE
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
REVOKE ALL ON FUNCTION log_enter, log_append, withdraw_bid FROM PUBLIC;
GRANT EXECUTE ON FUNCTION log_append, withdraw_bid TO tenderscore_app;
REVOKE INSERT ON events, log_heads, bids, bid_versions, idempotency_keys FROM tenderscore_app;
REVOKE ALL ON bid_envelopes FROM tenderscore_app, tenderscore_opening;
REVOKE UPDATE (size) ON log_heads FROM tenderscore_app;
REVOKE UPDATE (version, withdrawn_at) ON bids FROM tenderscore_app;
GRANT INSERT (log_id) ON log_heads TO tenderscore_app;
GRANT SELECT (tender_id, public_key, made_at), INSERT ON tender_keys TO tenderscore_app;
GRANT SELECT ON sealed_envelopes, tender_keys, tenders, lots, opening_acts, tender_roles TO tenderscore_opening;
