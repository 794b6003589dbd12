-- How long a tender's record is kept, legal holds, and the end: what suppliers sent is destroyed, what was decided stays.

-- A buyer's own period, longer than the law's; the last row counts.
CREATE TABLE retention_periods (
    tender_id uuid NOT NULL CONSTRAINT retention_periods_are_of_a_tender REFERENCES tenders (id),
    number integer NOT NULL,
    years integer NOT NULL CONSTRAINT retention_periods_last_1_to_100_years CHECK (years BETWEEN 1 AND 100),
    reason text NOT NULL CONSTRAINT retention_periods_have_a_reason CHECK (btrim(reason) <> ''),
    person_id uuid NOT NULL CONSTRAINT retention_periods_are_set_by_a_person REFERENCES people (id),
    set_at timestamptz NOT NULL,
    CONSTRAINT retention_periods_are_numbered PRIMARY KEY (tender_id, number)
);

-- A legal hold placed or lifted; the last row counts.
CREATE TABLE legal_holds (
    tender_id uuid NOT NULL CONSTRAINT legal_holds_are_of_a_tender REFERENCES tenders (id),
    number integer NOT NULL,
    held boolean NOT NULL,
    reason text NOT NULL CONSTRAINT legal_holds_have_a_reason CHECK (btrim(reason) <> ''),
    person_id uuid NOT NULL CONSTRAINT legal_holds_are_decided_by_a_person REFERENCES people (id),
    decided_at timestamptz NOT NULL,
    CONSTRAINT legal_holds_are_numbered PRIMARY KEY (tender_id, number)
);

-- Requests to destroy what suppliers sent; one from before the last decision about a hold does not count.
CREATE TABLE shredding_acts (
    tender_id uuid NOT NULL CONSTRAINT shredding_acts_concern_a_tender REFERENCES tenders (id),
    hold_number integer NOT NULL,
    person_id uuid NOT NULL CONSTRAINT shredding_acts_are_of_a_person REFERENCES people (id),
    reason text NOT NULL CONSTRAINT shredding_acts_have_a_reason CHECK (btrim(reason) <> ''),
    acted_at timestamptz NOT NULL,
    CONSTRAINT shredding_acts_once_per_person PRIMARY KEY (tender_id, hold_number, person_id)
);

CREATE TABLE shreddings (
    tender_id uuid CONSTRAINT shreddings_once_per_tender PRIMARY KEY
    CONSTRAINT shreddings_are_of_a_tender REFERENCES tenders (id),
    person_id uuid NOT NULL CONSTRAINT shreddings_are_done_by_a_person REFERENCES people (id),
    shredded_at timestamptz NOT NULL
);

-- The instant up to which a tender's record is kept: so many years from the last award, contract or cancellation, once
-- every lot has come to one and no award is annulled. NULL: not finished, or nobody has said how long.
-- Told by the log, which nobody can rewrite: the law's years too, as they were written there at the publication.
CREATE FUNCTION retained_until(tender uuid, least_years integer) RETURNS timestamptz
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp
AS $$
WITH told AS (
    SELECT lot.id AS lot_id, event.position, event.kind, event.at
    FROM lots AS lot
    LEFT JOIN events AS event
        ON
            event.log_id = lot.tender_id
            AND (event.kind IN ('award.decided', 'award.annulled', 'lots.cancelled') OR event.kind LIKE 'contract.%')
            AND (
                event.data ->> 'lot_id' = lot.id::text
                OR event.data -> 'lots' @> jsonb_build_array(jsonb_build_object('lot_id', lot.id))
            )
    WHERE lot.tender_id = tender
),

outcome AS (
    SELECT
        told.lot_id, max(told.at) AS at,
        (array_agg(told.kind ORDER BY told.position DESC) FILTER (WHERE told.kind NOT LIKE 'contract.%'))[1] AS kind
    FROM told GROUP BY told.lot_id
)

SELECT
    CASE
        WHEN bool_and(coalesce(outcome.kind IN ('award.decided', 'lots.cancelled'), FALSE))
            THEN max(outcome.at) + make_interval(
                years => greatest(
                    least_years,
                    (
                        SELECT max((event.data ->> 'record_years')::integer) FROM events AS event
                        WHERE event.log_id = tender AND event.kind = 'tender.published'
                    ),
                    (
                        SELECT period.years FROM retention_periods AS period
                        WHERE period.tender_id = tender ORDER BY period.number DESC LIMIT 1
                    )
                )
            )
    END
FROM outcome;
$$;

-- The number of the last decision about a hold, 0 without any.
CREATE FUNCTION last_hold(tender uuid) RETURNS integer
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp
AS $$ SELECT coalesce(max(hold.number), 0) FROM legal_holds AS hold WHERE hold.tender_id = tender; $$;

-- The key of a published tender stays, unless it is destroyed for good.
CREATE OR REPLACE FUNCTION keep_published_key() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF
        new.wrapped_key IS NULL AND new.public_key = old.public_key AND new.edition = old.edition
        AND EXISTS (SELECT 1 FROM shreddings AS shredding WHERE shredding.tender_id = old.tender_id)
    THEN
        RETURN new;
    END IF;
    IF EXISTS (SELECT 1 FROM tenders AS tender WHERE tender.id = old.tender_id AND tender.published_at IS NOT NULL) THEN
        RAISE EXCEPTION 'bids may be sealed to the key of a published tender'
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'tender_keys_stay_once_published';
    END IF;
    RETURN new;
END
$$;

-- Destroy what suppliers sent to a tender: keys, envelopes' headers, opened offers, documents. Judged here: the retention
-- has run out by this clock, no hold stands, and two persons have asked since who are approver or auditor of the tender
-- still. Log, receipts' digests, scores, reasons and results stay. No row: a condition does not hold.
CREATE FUNCTION shred_bids(tender uuid, person uuid, least_years integer) RETURNS TABLE (
    shredded_at timestamptz, bids bigint, documents bigint
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    instant timestamptz;
    bid_ids uuid [];
    document_ids uuid [];
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
    UPDATE opened_bids SET offers = '{}' WHERE bid_id = ANY (bid_ids);
    UPDATE opened_prices SET offers = '{}' WHERE bid_id = ANY (bid_ids);
    UPDATE opened_documents SET name = '', content_key = NULL, fault = 'It was destroyed after its retention.'
    WHERE document_id = ANY (document_ids);
    DELETE FROM document_chunks
    WHERE upload_id IN (SELECT known.upload_id FROM documents AS known WHERE known.id = ANY (document_ids));
    UPDATE documents SET header = '' WHERE id = ANY (document_ids);
    PERFORM log_append(
        tender, 'bids.shredded', person,
        jsonb_build_object(
            'bids', coalesce(cardinality(bid_ids), 0), 'documents', coalesce(cardinality(document_ids), 0)
        )
    );
    RETURN QUERY SELECT instant, coalesce(cardinality(bid_ids), 0)::bigint, coalesce(cardinality(document_ids), 0)::bigint;
END
$$;

REVOKE ALL ON FUNCTION shred_bids FROM PUBLIC;
GRANT EXECUTE ON FUNCTION shred_bids TO tenderscore_app;
GRANT SELECT, INSERT ON retention_periods, legal_holds, shredding_acts TO tenderscore_app;
GRANT SELECT ON shreddings TO tenderscore_app;
