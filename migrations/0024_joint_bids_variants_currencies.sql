-- Joint bids, variants, and what money in a bid means.

-- What every price of a tender includes, and the currencies that bids may name beside the tender's own, each with the
-- one published rate.
ALTER TABLE tenders
ADD COLUMN vat jsonb NOT NULL DEFAULT '{"basis": "exclusive", "rates": []}',
ADD COLUMN accepted_currencies jsonb NOT NULL DEFAULT '[]';

-- Whether suppliers may send variants beside their bid, how many, and what each must fulfil; null: none.
ALTER TABLE lots ADD COLUMN variants jsonb;

-- 0 is a supplier's bid, 1 and more its variants.
ALTER TABLE bids
ADD COLUMN variant integer NOT NULL DEFAULT 0;
ALTER TABLE bids
ADD CONSTRAINT bids_count_their_variants_from_1 CHECK (variant >= 0) NOT VALID;
CREATE UNIQUE INDEX bids_one_standing_per_supplier_lot_and_variant
ON bids (lot_id, supplier_id, variant) WHERE withdrawn_at IS NULL;
DROP INDEX bids_one_standing_per_supplier_and_lot;

-- What an offer's envelope said of itself beside its values; null: nothing.
ALTER TABLE opened_bids
ADD COLUMN variant_description text,
ADD COLUMN currency text;

-- Who stands behind a joint bid, as its offer's envelope says: known from the opening on.
CREATE TABLE bid_parties (
    bid_id uuid NOT NULL CONSTRAINT bid_parties_stand_behind_an_opened_bid REFERENCES opened_bids (bid_id),
    number integer NOT NULL,
    role text NOT NULL CONSTRAINT bid_parties_lead_or_join_or_are_relied_upon CHECK (
        role IN ('lead', 'member', 'subcontractor')
    ),
    name text NOT NULL,
    identifier text,
    organisation_id uuid,
    share text,
    work text,
    CONSTRAINT bid_parties_are_numbered PRIMARY KEY (bid_id, number)
);
-- A bid's name in records and letters: its supplier, whom it bids with, and which variant it is.
CREATE FUNCTION bidder_name(bid uuid) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (
    SELECT
        supplier.name
        || coalesce((
            SELECT string_agg(' / ' || party.name, '' ORDER BY party.number) FROM bid_parties AS party
            WHERE party.bid_id = own.id AND party.role = 'member'
        ), '')
        || CASE WHEN own.variant > 0 THEN format(', variant %s', own.variant) ELSE '' END
    FROM bids AS own
    INNER JOIN organisations AS supplier ON own.supplier_id = supplier.id
    WHERE own.id = bid
);

GRANT SELECT, INSERT ON bid_parties TO tenderscore_app;
GRANT UPDATE (vat, accepted_currencies) ON tenders TO tenderscore_app;
GRANT UPDATE (variants) ON lots TO tenderscore_app;

-- Judge, stamp and store sealed bids, each by the one reading of the clock that follows the locks on the tenders and
-- on their logs' heads; entries of one log take consecutive positions. Every bid gets a verdict of its own:
--   stored, replay (the key was used: the answer of then), late (recorded, not stored), rules-changed, standing (the
--   supplier has a bid), withdrawn, version-changed, key-refused (the API key was revoked or has expired), unknown,
--   cancelled (the lot was),
--   documents-missing (a document that it names is not a complete one of this supplier for this lot),
--   documents-elsewhere (another standing bid of this supplier for this lot names the document).
-- A supplier has one standing bid for a lot and, where the lot takes them, numbered variants beside it. No two of one
-- call may be of the same supplier for the same lot. A version above 1 replaces the one before it.
CREATE FUNCTION store_bids(
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
            given.price_header, given.price, given.documents, given.retry_key, given.variant, asked.operation,
            tender.id AS tender_id, tender.submission_deadline, used.bid_id AS used_bid_id,
            used.version AS used_version, used.fingerprint AS used_fingerprint,
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
                answer.organisation_id = given.supplier_id AND answer.key = given.retry_key
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

-- The release before this one, which knows no variants, goes on storing bids while this one starts.
CREATE OR REPLACE FUNCTION store_bids(
    lot_ids uuid [], bid_ids uuid [], versions integer [], supplier_ids uuid [], person_ids uuid [],
    key_ids text [], retry_keys text [], fingerprints text [], tender_digests text [], rules_digests text [],
    sizes integer [], digests text [], offer_headers bytea [], offers bytea [], price_headers bytea [],
    prices bytea [], documents text [], signer text
) RETURNS TABLE (
    ordinal bigint, verdict text, at timestamptz, submission_deadline timestamptz, bid_id uuid, version integer,
    fingerprint text, entry text, place bigint, size_before bigint, tree_size bigint, frontier bytea []
)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
SELECT
    judged.ordinal, judged.verdict, judged.at, judged.submission_deadline, judged.bid_id, judged.version,
    judged.fingerprint, judged.entry, judged.place, judged.size_before, judged.tree_size, judged.frontier
FROM store_bids(
    lot_ids, bid_ids, versions, supplier_ids, person_ids, key_ids, retry_keys, fingerprints, tender_digests,
    rules_digests, sizes, digests, offer_headers, offers, price_headers, prices, documents,
    array_fill(0, ARRAY[cardinality(lot_ids)]), signer
) AS judged;
$$;

REVOKE ALL ON FUNCTION store_bids(
    uuid [], uuid [], integer [], uuid [], uuid [], text [], text [], text [], text [], text [], integer [], text [],
    bytea [], bytea [], bytea [], bytea [], text [], integer [], text
) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION store_bids(
    uuid [], uuid [], integer [], uuid [], uuid [], text [], text [], text [], text [], text [], integer [], text [],
    bytea [], bytea [], bytea [], bytea [], text [], integer [], text
) TO tenderscore_app;
