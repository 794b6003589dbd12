CREATE TYPE public.pgqueuer_status AS ENUM (
    'queued',
    'picked',
    'successful',
    'exception',
    'canceled',
    'deleted',
    'failed'
);

CREATE FUNCTION public.are_documents(supplier uuid, lot uuid, ids uuid[]) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
SELECT count(*) = cardinality(ids) FROM documents AS known
WHERE known.id = ANY (ids) AND known.supplier_id = supplier AND known.lot_id = lot;
$$;

CREATE FUNCTION public.ask_for_release() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
BEGIN
    INSERT INTO pgqueuer (priority, entrypoint, payload, dedupe_key, status)
    VALUES (
        0, 'ocds-release', convert_to(NEW.log_id || ' ' || NEW.position, 'UTF8'),
        'ocds-release:' || NEW.log_id || ' ' || NEW.position, 'queued'
    );
    RETURN NULL;
END
$$;

CREATE TABLE public.bid_parties (
    bid_id uuid NOT NULL,
    number integer NOT NULL,
    role text NOT NULL,
    name text NOT NULL,
    identifier text,
    organisation_id uuid,
    share text,
    work text,
    CONSTRAINT bid_parties_lead_or_join_or_are_relied_upon CHECK ((role = ANY (ARRAY['lead'::text, 'member'::text, 'subcontractor'::text])))
);

CREATE TABLE public.bids (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    lot_id uuid NOT NULL,
    supplier_id uuid NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    withdrawn_at timestamp with time zone,
    variant integer DEFAULT 0 NOT NULL,
    withdrawn_position bigint,
    withdrawn_tree_size bigint,
    withdrawn_signed_by text
);

ALTER TABLE ONLY public.bids FORCE ROW LEVEL SECURITY;

CREATE TABLE public.organisations (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    identifier text,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT organisations_are_buyers_or_suppliers CHECK ((kind = ANY (ARRAY['buyer'::text, 'supplier'::text])))
);

CREATE FUNCTION public.bidder_name(bid uuid) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (SELECT ((supplier.name || COALESCE((SELECT string_agg((' / '::text || party.name), ''::text ORDER BY party.number) AS string_agg FROM public.bid_parties party WHERE ((party.bid_id = own.id) AND (party.role = 'member'::text))), ''::text)) || CASE WHEN (own.variant > 0) THEN format(', variant %s'::text, own.variant) ELSE ''::text END) FROM (public.bids own JOIN public.organisations supplier ON ((own.supplier_id = supplier.id))) WHERE (own.id = bidder_name.bid));

CREATE FUNCTION public.bind_documents(bid uuid, bid_version integer, supplier uuid, lot uuid, document_ids uuid[]) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
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

CREATE FUNCTION public.clearance(asked_tender uuid, asked_person uuid) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
SELECT
    CASE
        WHEN box.opened_at IS NULL THEN 'not_needed'
        ELSE coalesce(
            (
                SELECT
                    CASE
                        WHEN decision.approved IS NULL THEN 'awaiting'
                        WHEN NOT decision.approved THEN 'rejected'
                        WHEN box.opened_at > declared.declared_at THEN 'outdated'
                        ELSE 'approved'
                    END
                FROM declarations AS declared
                LEFT JOIN declaration_decisions AS decision
                    ON
                        declared.tender_id = decision.tender_id AND declared.person_id = decision.person_id
                        AND declared.number = decision.number
                WHERE declared.tender_id = asked_tender AND declared.person_id = asked_person
                ORDER BY declared.number DESC
                LIMIT 1
            ),
            'none'
        )
    END
FROM (SELECT max(lot.opened_at) AS opened_at FROM lots AS lot WHERE lot.tender_id = asked_tender) AS box;
$$;

CREATE FUNCTION public.destroy_opening_papers() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
BEGIN
    DELETE FROM paper_files AS made USING papers AS paper
    WHERE made.paper_id = paper.id AND paper.tender_id = NEW.tender_id AND paper.kind = 'opening';
    DELETE FROM papers AS paper WHERE paper.tender_id = NEW.tender_id AND paper.kind = 'opening';
    RETURN NULL;
END;
$$;

CREATE FUNCTION public.discard_upload(upload uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
BEGIN
    DELETE FROM document_uploads AS begun
    WHERE
        begun.id = upload
        AND NOT EXISTS (SELECT FROM documents AS complete WHERE complete.upload_id = begun.id);
    RETURN NOT EXISTS (SELECT FROM documents AS complete WHERE complete.upload_id = upload);
END
$$;

CREATE FUNCTION public.fn_pgqueuer_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    to_emit BOOLEAN := false;  -- Flag to decide whether to emit a notification
BEGIN
    -- Check operation type and set the emit flag accordingly
    IF TG_OP = 'UPDATE' AND OLD IS DISTINCT FROM NEW THEN
        to_emit := true;
    ELSIF TG_OP = 'DELETE' THEN
        to_emit := true;
    ELSIF TG_OP = 'INSERT' THEN
        to_emit := true;
    ELSIF TG_OP = 'TRUNCATE' THEN
        to_emit := true;
    END IF;

    -- Perform notification if the emit flag is set
    IF to_emit THEN
        PERFORM pg_notify(
            'ch_pgqueuer',
            json_build_object(
                'channel', 'ch_pgqueuer',
                'operation', lower(TG_OP),
                'sent_at', NOW(),
                'table', TG_TABLE_NAME,
                'type', 'table_changed_event'
            )::text
        );
    END IF;

    -- Return appropriate value based on the operation
    IF TG_OP IN ('INSERT', 'UPDATE') THEN
        RETURN NEW;
    ELSIF TG_OP = 'DELETE' THEN
        RETURN OLD;
    ELSE
        RETURN NULL; -- For TRUNCATE and other non-row-specific contexts
    END IF;

END;
$$;

CREATE FUNCTION public.hide_retry_key() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
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

CREATE FUNCTION public.in_the_race(asked_bid uuid) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
SELECT coalesce(
    (
        SELECT decision.state = 'admissible' FROM bid_states AS decision
        WHERE decision.bid_id = asked_bid ORDER BY decision.number DESC LIMIT 1
    ),
    TRUE
);
$$;

CREATE TABLE public.award_annulments (
    lot_id uuid NOT NULL,
    number integer NOT NULL,
    annulled_by text NOT NULL,
    reference text NOT NULL,
    reason text NOT NULL,
    person_id uuid NOT NULL,
    annulled_at timestamp with time zone NOT NULL,
    CONSTRAINT award_annulments_are_by_somebody_who_can CHECK ((annulled_by = ANY (ARRAY['court'::text, 'review_body'::text, 'buyer'::text]))),
    CONSTRAINT award_annulments_have_a_reason CHECK ((btrim(reason) <> ''::text))
);

CREATE TABLE public.award_decisions (
    lot_id uuid NOT NULL,
    number integer NOT NULL,
    evaluation_id uuid NOT NULL,
    recommendation_number integer,
    bid_id uuid,
    reason text NOT NULL,
    person_id uuid NOT NULL,
    decided_at timestamp with time zone NOT NULL,
    CONSTRAINT award_decisions_have_a_reason CHECK ((btrim(reason) <> ''::text))
);

CREATE TABLE public.framework_places (
    lot_id uuid NOT NULL,
    award_number integer NOT NULL,
    bid_id uuid NOT NULL,
    rank integer NOT NULL,
    reason text NOT NULL,
    person_id uuid NOT NULL,
    decided_at timestamp with time zone NOT NULL,
    CONSTRAINT framework_places_have_a_reason CHECK ((btrim(reason) <> ''::text))
);

CREATE TABLE public.lots (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    tender_id uuid NOT NULL,
    number integer NOT NULL,
    title text NOT NULL,
    rules jsonb NOT NULL,
    rules_digest text,
    opened_at timestamp with time zone,
    price_envelope text[] DEFAULT '{}'::text[] NOT NULL,
    price_opened_at timestamp with time zone,
    cancelled_at timestamp with time zone,
    variants jsonb,
    CONSTRAINT lots_are_numbered_from_1 CHECK ((number >= 1))
);

CREATE VIEW public.framework_suppliers WITH (security_invoker='true') AS
 WITH standing AS (
         SELECT award.lot_id,
            award.number,
            award.bid_id,
            award.decided_at
           FROM public.award_decisions award
          WHERE ((award.bid_id IS NOT NULL) AND (NOT (EXISTS ( SELECT
                   FROM public.award_annulments annulment
                  WHERE ((annulment.lot_id = award.lot_id) AND (annulment.number = award.number))))))
        )
 SELECT lot.tender_id AS framework_id,
    lot.id AS lot_id,
    bid.supplier_id,
    bid.id AS bid_id,
    standing.decided_at
   FROM ((standing
     JOIN public.lots lot ON ((standing.lot_id = lot.id)))
     JOIN public.bids bid ON ((standing.bid_id = bid.id)))
UNION ALL
 SELECT lot.tender_id AS framework_id,
    lot.id AS lot_id,
    bid.supplier_id,
    bid.id AS bid_id,
    place.decided_at
   FROM (((standing
     JOIN public.framework_places place ON (((standing.lot_id = place.lot_id) AND (standing.number = place.award_number))))
     JOIN public.lots lot ON ((place.lot_id = lot.id)))
     JOIN public.bids bid ON ((place.bid_id = bid.id)));

CREATE FUNCTION public.is_framework_supplier(framework uuid, organisation uuid) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (EXISTS (SELECT FROM public.framework_suppliers taken WHERE ((taken.framework_id = is_framework_supplier.framework) AND (taken.supplier_id = is_framework_supplier.organisation))));

CREATE FUNCTION public.keep_published_key() RETURNS trigger
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

CREATE FUNCTION public.last_hold(tender uuid) RETURNS integer
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$ SELECT coalesce(max(hold.number), 0) FROM legal_holds AS hold WHERE hold.tender_id = tender; $$;

CREATE FUNCTION public.lease_requests(key text, wanted integer, most integer) RETURNS TABLE(granted integer, leased integer, seconds_left double precision)
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
DECLARE
    at timestamptz := clock_timestamp();
    this_minute timestamptz := date_trunc('minute', at);
    before integer;
BEGIN
    INSERT INTO request_quotas AS quota (key_id, minute, leased) VALUES (key, this_minute, 0)
    ON CONFLICT (key_id) DO UPDATE
    SET minute = this_minute, leased = CASE WHEN quota.minute = this_minute THEN quota.leased ELSE 0 END
    RETURNING quota.leased INTO before;
    granted := greatest(0, least(wanted, most - before));
    leased := before + granted;
    UPDATE request_quotas AS quota SET leased = before + granted WHERE quota.key_id = key;
    seconds_left := extract(EPOCH FROM this_minute + interval '1 minute' - at);
    RETURN NEXT;
END
$$;

CREATE FUNCTION public.log_append(log uuid, what text, person uuid, facts jsonb) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
BEGIN
    PERFORM FROM log_heads AS held WHERE held.log_id = log FOR UPDATE;
    RETURN log_enter(log, what, person, facts, clock_timestamp());
END
$$;

CREATE FUNCTION public.log_enter(log uuid, what text, person uuid, facts jsonb, instant timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
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

CREATE FUNCTION public.log_entry(log_id uuid, place bigint, kind text, person_id uuid, data jsonb, at timestamp with time zone, salt uuid) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (jsonb_build_object('log_id', log_id, 'position', place, 'kind', kind, 'person_id', person_id, 'data', data, 'at', to_char((at AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'::text), 'salt', salt))::text;

CREATE FUNCTION public.log_grown(frontier bytea[], size bigint, leaves bytea[]) RETURNS bytea[]
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

CREATE FUNCTION public.log_leaf(entry text) RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN sha256(('\x00'::bytea || convert_to(entry, 'UTF8'::name)));

CREATE FUNCTION public.log_leaves(log uuid, size bigint) RETURNS bytea[]
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
SELECT coalesce(array_agg(event.leaf ORDER BY event.position), '{}')
FROM events AS event
WHERE event.log_id = log AND event.position <= size;
$$;

CREATE FUNCTION public.may_be_opened(lot uuid, stage text) RETURNS boolean
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
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

CREATE FUNCTION public.may_be_told(tender uuid, organisation uuid, person uuid, roles jsonb) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
SELECT tender IS NULL OR EXISTS (
    SELECT
    FROM tenders AS known
    WHERE
        known.id = tender
        AND CASE
            WHEN known.buyer_id = organisation
                THEN
                    roles = '[]'::jsonb
                    OR EXISTS (
                        SELECT FROM tender_roles AS held
                        WHERE held.tender_id = known.id AND held.person_id = person AND roles ? held.role
                    )
            ELSE
                known.published_at IS NOT NULL
                AND (known.framework_id IS NULL OR is_framework_supplier(known.framework_id, organisation))
        END
);
$$;

CREATE FUNCTION public.next_question(tender uuid) RETURNS integer
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
SELECT 1 + count(*)::int FROM questions AS earlier WHERE earlier.tender_id = tender;
$$;

CREATE FUNCTION public.own_scores_are_in(asked_bid uuid, asked_criterion text, asked_person uuid) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
SELECT
    EXISTS (
        SELECT 1 FROM panel_scores AS own
        WHERE own.bid_id = asked_bid AND own.criterion_id = asked_criterion AND own.person_id = asked_person
    )
    AND NOT EXISTS (
        SELECT 1 FROM opened_bids AS asked
        INNER JOIN opened_bids AS other ON asked.lot_id = other.lot_id
        WHERE
            asked.bid_id = asked_bid
            AND in_the_race(other.bid_id)
            AND NOT EXISTS (
                SELECT 1 FROM panel_scores AS own
                WHERE
                    own.bid_id = other.bid_id AND own.criterion_id = asked_criterion
                    AND own.person_id = asked_person
            )
    );
$$;

CREATE FUNCTION public.prune_service_samples() RETURNS bigint
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
    WITH deadlines AS (
        SELECT tender.submission_deadline AS at FROM tenders AS tender WHERE tender.published_at IS NOT NULL
        UNION
        SELECT proposal.submission_deadline FROM corrigendum_proposals AS proposal
    ),

    kept AS (
        SELECT coalesce(
            range_agg(tstzrange(deadline.at - interval '48 hours', deadline.at + interval '48 hours', '[]')), '{}'
        ) AS around
        FROM deadlines AS deadline
    ),

    gone AS (
        DELETE FROM service_samples AS sample USING kept
        WHERE sample.at < clock_timestamp() - interval '30 days' AND NOT sample.at <@ kept.around
        RETURNING 1
    )

    SELECT count(*) FROM gone;
$$;

CREATE FUNCTION public.ranked_at(lot uuid) RETURNS timestamp with time zone
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
SELECT max(run.evaluated_at) FROM evaluations AS run WHERE run.lot_id = lot;
$$;

CREATE FUNCTION public.read_document_chunk(document uuid, place integer) RETURNS bytea
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
SELECT chunk.contents
FROM opened_documents AS opened
INNER JOIN documents AS complete ON opened.document_id = complete.id
INNER JOIN document_chunks AS chunk ON complete.upload_id = chunk.upload_id AND chunk.number = place
WHERE opened.document_id = document AND opened.content_key IS NOT NULL;
$$;

CREATE FUNCTION public.refuse_score_behind_a_lock() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
DECLARE
    touched text [] := ARRAY[NEW.criterion_id];
    touched_bids uuid [] := ARRAY[NEW.bid_id];
BEGIN
    IF TG_OP = 'UPDATE' THEN
        touched := touched || OLD.criterion_id;
        touched_bids := touched_bids || OLD.bid_id;
    END IF;
    PERFORM FROM lots AS lot
    WHERE lot.id IN (SELECT opened.lot_id FROM opened_bids AS opened WHERE opened.bid_id = ANY (touched_bids))
    FOR SHARE;
    IF EXISTS (
        SELECT FROM criterion_locks AS held
        INNER JOIN opened_bids AS opened ON held.lot_id = opened.lot_id
        LEFT JOIN criterion_unlocks AS lifted
            ON held.lot_id = lifted.lot_id AND held.criterion_id = lifted.criterion_id AND held.number = lifted.number
        WHERE opened.bid_id = ANY (touched_bids) AND held.criterion_id = ANY (touched) AND lifted.lot_id IS NULL
    ) THEN
        RAISE EXCEPTION 'the criterion is locked'
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION public.retained_until(tender uuid, least_years integer) RETURNS timestamp with time zone
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
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

CREATE FUNCTION public.retry_name(supplier uuid, operation text, key text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN ('"'::text || encode(sha256(convert_to(((((('name '::text || supplier) || ' '::text) || operation) || ' '::text) || key), 'UTF8'::name)), 'hex'::text));

CREATE FUNCTION public.retry_print(supplier uuid, operation text, key text, fingerprint text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN encode(sha256(convert_to(((((((fingerprint || ' '::text) || supplier) || ' '::text) || operation) || ' '::text) || key), 'UTF8'::name)), 'hex'::text);

CREATE FUNCTION public.shred_bids(tender uuid, person uuid, least_years integer) RETURNS TABLE(shredded_at timestamp with time zone, bids bigint, documents bigint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
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

CREATE FUNCTION public.standby_lag(OUT standbys bigint, OUT bytes numeric, OUT seconds numeric) RETURNS record
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
    SELECT
        count(*),
        max(CASE WHEN NOT pg_is_in_recovery() THEN pg_wal_lsn_diff(pg_current_wal_lsn(), line.replay_lsn) END),
        max(coalesce(extract(EPOCH FROM line.replay_lag), 0))
    FROM pg_stat_replication AS line
    WHERE line.state IS DISTINCT FROM 'backup' AND line.application_name <> 'pg_receivewal';
$$;

CREATE FUNCTION public.store_bids(lot_ids uuid[], bid_ids uuid[], versions integer[], supplier_ids uuid[], person_ids uuid[], key_ids text[], retry_keys text[], fingerprints text[], tender_digests text[], rules_digests text[], sizes integer[], digests text[], offer_headers bytea[], offers bytea[], price_headers bytea[], prices bytea[], documents text[], signer text) RETURNS TABLE(ordinal bigint, verdict text, at timestamp with time zone, submission_deadline timestamp with time zone, bid_id uuid, version integer, fingerprint text, entry text, place bigint, size_before bigint, tree_size bigint, frontier bytea[])
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
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

CREATE FUNCTION public.store_bids(lot_ids uuid[], bid_ids uuid[], versions integer[], supplier_ids uuid[], person_ids uuid[], key_ids text[], retry_keys text[], fingerprints text[], tender_digests text[], rules_digests text[], sizes integer[], digests text[], offer_headers bytea[], offers bytea[], price_headers bytea[], prices bytea[], documents text[], variants integer[], signer text) RETURNS TABLE(ordinal bigint, verdict text, at timestamp with time zone, submission_deadline timestamp with time zone, bid_id uuid, version integer, fingerprint text, entry text, place bigint, size_before bigint, tree_size bigint, frontier bytea[])
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
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

CREATE FUNCTION public.store_document(document uuid, upload uuid, lot uuid, supplier uuid, person uuid, api_key text, retry text, print text, address text, head bytea, sealed_digest text, sealed_size bigint) RETURNS TABLE(verdict text, at timestamp with time zone, submission_deadline timestamp with time zone, document_id uuid, digest text, size bigint, received_at timestamp with time zone, fingerprint text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
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

CREATE FUNCTION public.tenant() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
SELECT CASE
    WHEN current_user <> (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = 'public.bids'::regclass)
        THEN nullif(current_setting('tenderscore.tenant', TRUE), '')::uuid
END;
$$;

CREATE FUNCTION public.wait_for_scores_on_their_way() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
BEGIN
    PERFORM FROM lots AS lot WHERE lot.id = NEW.lot_id FOR NO KEY UPDATE;
    RETURN NEW;
END
$$;

CREATE FUNCTION public.withdraw_bid(bid uuid, supplier uuid, person uuid) RETURNS TABLE(submission_deadline timestamp with time zone, at timestamp with time zone, withdrawn uuid)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
SELECT judged.submission_deadline, judged.at, judged.withdrawn FROM withdraw_bid(bid, supplier, person, NULL) AS judged;
$$;

CREATE FUNCTION public.withdraw_bid(bid uuid, supplier uuid, person uuid, signer text) RETURNS TABLE(submission_deadline timestamp with time zone, at timestamp with time zone, withdrawn uuid)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
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

CREATE TABLE public.abnormally_low_assessments (
    bid_id uuid NOT NULL,
    number integer NOT NULL,
    clarification_id uuid NOT NULL,
    explained boolean NOT NULL,
    mandatory_case text,
    reason text NOT NULL,
    person_id uuid NOT NULL,
    assessed_at timestamp with time zone NOT NULL,
    CONSTRAINT abnormally_low_assessments_explain_no_mandatory_case CHECK (((mandatory_case IS NULL) OR (NOT explained))),
    CONSTRAINT abnormally_low_assessments_have_a_reason CHECK ((btrim(reason) <> ''::text))
);

ALTER TABLE ONLY public.abnormally_low_assessments FORCE ROW LEVEL SECURITY;

CREATE TABLE public.abnormally_low_decisions (
    bid_id uuid NOT NULL,
    number integer NOT NULL,
    assessment integer NOT NULL,
    outcome text NOT NULL,
    reason text NOT NULL,
    person_id uuid NOT NULL,
    decided_at timestamp with time zone NOT NULL,
    CONSTRAINT abnormally_low_decisions_are_known CHECK ((outcome = ANY (ARRAY['accepted'::text, 'rejected'::text]))),
    CONSTRAINT abnormally_low_decisions_have_a_reason CHECK ((btrim(reason) <> ''::text))
);

ALTER TABLE ONLY public.abnormally_low_decisions FORCE ROW LEVEL SECURITY;

CREATE TABLE public.api_keys (
    id text NOT NULL COLLATE pg_catalog."C",
    person_id uuid NOT NULL,
    label text NOT NULL,
    secret_digest bytea NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone
);

CREATE TABLE public.award_notices (
    lot_id uuid NOT NULL,
    award_number integer NOT NULL,
    reference text NOT NULL,
    published_at timestamp with time zone NOT NULL,
    person_id uuid NOT NULL,
    recorded_at timestamp with time zone NOT NULL
);

CREATE TABLE public.awards (
    lot_id uuid NOT NULL,
    evaluation_id uuid NOT NULL,
    bid_id uuid,
    reason text NOT NULL,
    person_id uuid NOT NULL,
    decided_at timestamp with time zone NOT NULL,
    CONSTRAINT awards_have_a_reason CHECK ((btrim(reason) <> ''::text))
);

CREATE TABLE public.bid_documents (
    bid_id uuid NOT NULL,
    version integer NOT NULL,
    document_id uuid NOT NULL
);

ALTER TABLE ONLY public.bid_documents FORCE ROW LEVEL SECURITY;

CREATE TABLE public.bid_envelopes (
    bid_id uuid NOT NULL,
    version integer NOT NULL,
    contents bytea NOT NULL
);

CREATE TABLE public.bid_states (
    bid_id uuid NOT NULL,
    number integer NOT NULL,
    state text NOT NULL,
    reason text NOT NULL,
    person_id uuid NOT NULL,
    decided_at timestamp with time zone NOT NULL,
    source text DEFAULT 'decision'::text NOT NULL,
    verdict text,
    CONSTRAINT bid_states_come_from_a_known_source CHECK ((source = ANY (ARRAY['decision'::text, 'selection'::text, 'abnormally_low'::text]))),
    CONSTRAINT bid_states_have_a_reason CHECK ((btrim(reason) <> ''::text))
);

ALTER TABLE ONLY public.bid_states FORCE ROW LEVEL SECURITY;

CREATE TABLE public.bid_versions (
    bid_id uuid NOT NULL,
    version integer NOT NULL,
    person_id uuid NOT NULL,
    rules_digest text NOT NULL,
    digest text NOT NULL,
    size integer NOT NULL,
    submitted_at timestamp with time zone NOT NULL,
    "position" bigint DEFAULT 0 NOT NULL,
    tree_size bigint DEFAULT 0 NOT NULL,
    signed_by text DEFAULT ''::text NOT NULL
);

ALTER TABLE ONLY public.bid_versions FORCE ROW LEVEL SECURITY;

CREATE TABLE public.cancellations (
    lot_id uuid NOT NULL,
    stage text NOT NULL,
    reason text NOT NULL,
    person_id uuid NOT NULL,
    cancelled_at timestamp with time zone NOT NULL,
    CONSTRAINT cancellations_come_before_the_award CHECK ((stage = ANY (ARRAY['published'::text, 'closed'::text, 'opened'::text]))),
    CONSTRAINT cancellations_have_a_reason CHECK ((btrim(reason) <> ''::text))
);

CREATE TABLE public.clarification_answers (
    clarification_id uuid NOT NULL,
    answer text NOT NULL,
    person_id uuid NOT NULL,
    answered_at timestamp with time zone NOT NULL,
    CONSTRAINT clarification_answers_say_something CHECK ((btrim(answer) <> ''::text))
);

ALTER TABLE ONLY public.clarification_answers FORCE ROW LEVEL SECURITY;

CREATE TABLE public.clarifications (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    bid_id uuid NOT NULL,
    number integer NOT NULL,
    kind text NOT NULL,
    criterion_id text,
    document_id uuid,
    ground_id text,
    question text NOT NULL,
    person_id uuid NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone NOT NULL,
    CONSTRAINT clarifications_are_of_a_known_kind CHECK ((kind = ANY (ARRAY['explanation'::text, 'obvious_error'::text, 'self_cleaning'::text, 'abnormally_low'::text]))),
    CONSTRAINT clarifications_leave_time_to_answer CHECK ((due_at > asked_at)),
    CONSTRAINT clarifications_say_something CHECK ((btrim(question) <> ''::text)),
    CONSTRAINT clarifications_touch_one_part CHECK (
CASE kind
    WHEN 'explanation'::text THEN ((ground_id IS NULL) AND (num_nonnulls(criterion_id, document_id) = 1))
    WHEN 'obvious_error'::text THEN ((criterion_id IS NOT NULL) AND (num_nonnulls(document_id, ground_id) = 0))
    WHEN 'self_cleaning'::text THEN ((ground_id IS NOT NULL) AND (num_nonnulls(criterion_id, document_id) = 0))
    ELSE (num_nonnulls(criterion_id, document_id, ground_id) = 0)
END)
);

ALTER TABLE ONLY public.clarifications FORCE ROW LEVEL SECURITY;

CREATE TABLE public.consensus_locks (
    lot_id uuid NOT NULL,
    person_id uuid NOT NULL,
    locked_at timestamp with time zone NOT NULL
);

CREATE TABLE public.consensus_scores (
    bid_id uuid NOT NULL,
    criterion_id text NOT NULL,
    version integer NOT NULL,
    person_id uuid NOT NULL,
    value text NOT NULL,
    reason text NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    meeting_id uuid,
    cites text[] DEFAULT '{}'::text[] NOT NULL,
    change_reason text,
    CONSTRAINT consensus_scores_have_a_reason CHECK ((btrim(reason) <> ''::text))
);

ALTER TABLE ONLY public.consensus_scores FORCE ROW LEVEL SECURITY;

CREATE TABLE public.contract_reminders (
    lot_id uuid NOT NULL,
    award_number integer NOT NULL,
    kind text NOT NULL,
    about text NOT NULL,
    due_on date NOT NULL,
    reminded_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.contract_reminders FORCE ROW LEVEL SECURITY;

CREATE TABLE public.contracts (
    lot_id uuid NOT NULL,
    award_number integer NOT NULL,
    reference text NOT NULL,
    signed_at timestamp with time zone NOT NULL,
    person_id uuid NOT NULL,
    recorded_at timestamp with time zone NOT NULL
);

CREATE TABLE public.correction_decisions (
    clarification_id uuid NOT NULL,
    proposer_id uuid NOT NULL,
    decision text NOT NULL,
    reason text NOT NULL,
    person_id uuid NOT NULL,
    decided_at timestamp with time zone NOT NULL,
    CONSTRAINT correction_decisions_are_known CHECK ((decision = ANY (ARRAY['confirmed'::text, 'refused'::text]))),
    CONSTRAINT correction_decisions_have_a_reason CHECK ((btrim(reason) <> ''::text)),
    CONSTRAINT corrections_are_confirmed_by_a_second_person CHECK (((decision <> 'confirmed'::text) OR (person_id <> proposer_id)))
);

CREATE TABLE public.corrections (
    clarification_id uuid NOT NULL,
    bid_id uuid NOT NULL,
    criterion_id text NOT NULL,
    original text NOT NULL,
    corrected text NOT NULL,
    reason text NOT NULL,
    person_id uuid NOT NULL,
    proposed_at timestamp with time zone NOT NULL,
    CONSTRAINT corrections_have_a_reason CHECK ((btrim(reason) <> ''::text))
);

CREATE TABLE public.corrigenda (
    tender_id uuid NOT NULL,
    number integer NOT NULL,
    reason text NOT NULL,
    changes jsonb NOT NULL,
    person_id uuid NOT NULL,
    issued_at timestamp with time zone NOT NULL
);

CREATE TABLE public.corrigendum_decisions (
    tender_id uuid NOT NULL,
    number integer NOT NULL,
    proposer_id uuid NOT NULL,
    person_id uuid NOT NULL,
    decision text NOT NULL,
    decided_at timestamp with time zone NOT NULL,
    CONSTRAINT corrigendum_decisions_confirm_or_withdraw CHECK ((decision = ANY (ARRAY['confirmed'::text, 'withdrawn'::text]))),
    CONSTRAINT corrigendum_decisions_confirmed_by_a_second_person CHECK (((decision = 'withdrawn'::text) OR (person_id <> proposer_id)))
);

CREATE TABLE public.corrigendum_proposals (
    tender_id uuid NOT NULL,
    number integer NOT NULL,
    person_id uuid NOT NULL,
    reason text NOT NULL,
    changes jsonb NOT NULL,
    tender_version integer NOT NULL,
    submission_deadline timestamp with time zone NOT NULL,
    later_deadline timestamp with time zone,
    proposed_at timestamp with time zone NOT NULL,
    CONSTRAINT corrigendum_proposals_are_numbered_from_1 CHECK ((number >= 1)),
    CONSTRAINT corrigendum_proposals_have_a_reason CHECK ((btrim(reason) <> ''::text)),
    CONSTRAINT corrigendum_proposals_move_a_deadline_only_later CHECK ((later_deadline > submission_deadline))
);

CREATE TABLE public.criterion_locks (
    lot_id uuid NOT NULL,
    criterion_id text NOT NULL,
    number integer NOT NULL,
    person_id uuid NOT NULL,
    locked_at timestamp with time zone NOT NULL
);

CREATE TABLE public.criterion_unlocks (
    lot_id uuid NOT NULL,
    criterion_id text NOT NULL,
    number integer NOT NULL,
    person_id uuid NOT NULL,
    reason text NOT NULL,
    unlocked_at timestamp with time zone NOT NULL,
    CONSTRAINT criterion_unlocks_have_a_reason CHECK ((btrim(reason) <> ''::text))
);

CREATE TABLE public.declaration_decisions (
    tender_id uuid NOT NULL,
    person_id uuid NOT NULL,
    number integer NOT NULL,
    approved boolean NOT NULL,
    reason text NOT NULL,
    decided_by uuid NOT NULL,
    decided_at timestamp with time zone NOT NULL,
    CONSTRAINT declaration_decisions_are_of_another_person CHECK ((decided_by <> person_id)),
    CONSTRAINT declaration_decisions_have_a_reason CHECK ((btrim(reason) <> ''::text))
);

CREATE TABLE public.declarations (
    tender_id uuid NOT NULL,
    person_id uuid NOT NULL,
    number integer NOT NULL,
    interest text NOT NULL,
    details text NOT NULL,
    mitigation text NOT NULL,
    declared_at timestamp with time zone NOT NULL,
    CONSTRAINT declarations_of_an_interest_tell_it CHECK (((interest = 'none'::text) OR (btrim(details) <> ''::text))),
    CONSTRAINT declarations_tell_a_known_interest CHECK ((interest = ANY (ARRAY['none'::text, 'actual'::text, 'potential'::text, 'perceived'::text])))
);

CREATE TABLE public.deliveries (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    obligation_id uuid NOT NULL,
    period integer NOT NULL,
    quantity numeric NOT NULL,
    note text NOT NULL,
    counted text[] NOT NULL,
    person_id uuid NOT NULL,
    reported_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.deliveries FORCE ROW LEVEL SECURITY;

CREATE TABLE public.delivery_decisions (
    delivery_id uuid NOT NULL,
    step text NOT NULL,
    verdict text NOT NULL,
    quantity numeric NOT NULL,
    reason text NOT NULL,
    person_id uuid NOT NULL,
    decided_at timestamp with time zone NOT NULL,
    CONSTRAINT delivery_decisions_are_known_steps CHECK ((step = ANY (ARRAY['checked'::text, 'accepted'::text]))),
    CONSTRAINT delivery_decisions_are_known_verdicts CHECK ((((step = 'checked'::text) AND (verdict = ANY (ARRAY['verified'::text, 'rejected'::text]))) OR ((step = 'accepted'::text) AND (verdict = 'accepted'::text))))
);

ALTER TABLE ONLY public.delivery_decisions FORCE ROW LEVEL SECURITY;

CREATE TABLE public.delivery_evidence (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    delivery_id uuid NOT NULL,
    object_id uuid NOT NULL,
    name text NOT NULL,
    digest text NOT NULL,
    size bigint NOT NULL,
    person_id uuid NOT NULL,
    received_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.delivery_evidence FORCE ROW LEVEL SECURITY;

CREATE TABLE public.document_chunks (
    upload_id uuid NOT NULL,
    number integer NOT NULL,
    contents bytea NOT NULL
);
ALTER TABLE ONLY public.document_chunks ALTER COLUMN contents SET STORAGE EXTERNAL;

CREATE TABLE public.document_uploads (
    id uuid NOT NULL,
    begun_at timestamp with time zone NOT NULL
);

CREATE TABLE public.documents (
    id uuid NOT NULL,
    upload_id uuid NOT NULL,
    lot_id uuid NOT NULL,
    supplier_id uuid NOT NULL,
    person_id uuid NOT NULL,
    kept_in text,
    header bytea NOT NULL,
    digest text NOT NULL,
    size bigint NOT NULL,
    retry_key text NOT NULL,
    fingerprint text NOT NULL,
    received_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.documents FORCE ROW LEVEL SECURITY;

CREATE TABLE public.drawn_lots (
    lot_id uuid NOT NULL,
    secret text NOT NULL,
    person_id uuid NOT NULL,
    revealed_at timestamp with time zone NOT NULL
);

CREATE TABLE public.evaluation_verifications (
    evaluation_id uuid NOT NULL,
    number integer NOT NULL,
    person_id uuid NOT NULL,
    engine text NOT NULL,
    digest text NOT NULL,
    differences jsonb NOT NULL,
    verified_at timestamp with time zone NOT NULL
);

CREATE TABLE public.evaluations (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    lot_id uuid NOT NULL,
    number integer NOT NULL,
    person_id uuid NOT NULL,
    canonical bytea NOT NULL,
    digest text NOT NULL,
    rules_digest text NOT NULL,
    engine text NOT NULL,
    evaluated_at timestamp with time zone NOT NULL,
    reason text
);

ALTER TABLE ONLY public.evaluations FORCE ROW LEVEL SECURITY;

CREATE TABLE public.events (
    log_id uuid NOT NULL,
    "position" bigint NOT NULL,
    kind text NOT NULL,
    person_id uuid,
    data jsonb NOT NULL,
    at timestamp with time zone NOT NULL,
    salt uuid,
    leaf bytea
);

ALTER TABLE ONLY public.events FORCE ROW LEVEL SECURITY;

CREATE TABLE public.idempotency_keys (
    organisation_id uuid NOT NULL,
    operation text NOT NULL,
    key text NOT NULL,
    fingerprint text NOT NULL,
    bid_id uuid NOT NULL,
    version integer NOT NULL
);

CREATE TABLE public.identities (
    provider_id uuid NOT NULL,
    subject text NOT NULL,
    key_id text NOT NULL COLLATE pg_catalog."C"
);

CREATE TABLE public.identity_providers (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    organisation_id uuid NOT NULL,
    issuer text NOT NULL,
    audience text NOT NULL,
    algorithms text[] NOT NULL,
    acr_values text[] NOT NULL,
    keys_decide boolean NOT NULL,
    registered_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    retired_at timestamp with time zone,
    token_type text DEFAULT 'at+jwt'::text NOT NULL,
    untyped boolean DEFAULT false NOT NULL,
    CONSTRAINT identity_providers_issue_tokens_of_a_known_type CHECK ((token_type = ANY (ARRAY['at+jwt'::text, 'JWT'::text])))
);

CREATE TABLE public.imported_chunks (
    import_id uuid NOT NULL,
    number integer NOT NULL,
    contents bytea NOT NULL
);
ALTER TABLE ONLY public.imported_chunks ALTER COLUMN contents SET STORAGE EXTERNAL;

CREATE TABLE public.imported_tenders (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    digest text NOT NULL,
    checked jsonb NOT NULL,
    size bigint NOT NULL,
    person_id uuid NOT NULL,
    imported_at timestamp with time zone NOT NULL
);

CREATE TABLE public.job_attempts (
    key text NOT NULL COLLATE pg_catalog."C",
    begun integer NOT NULL,
    failure text,
    mend text,
    given_up_at timestamp with time zone,
    parts_done integer,
    parts_total integer,
    CONSTRAINT job_attempts_begun_not_negative CHECK ((begun >= 0))
);

CREATE TABLE public.legal_holds (
    tender_id uuid NOT NULL,
    number integer NOT NULL,
    held boolean NOT NULL,
    reason text NOT NULL,
    person_id uuid NOT NULL,
    decided_at timestamp with time zone NOT NULL,
    CONSTRAINT legal_holds_have_a_reason CHECK ((btrim(reason) <> ''::text))
);

CREATE TABLE public.letter_redactions (
    lot_id uuid NOT NULL,
    bid_id uuid NOT NULL,
    field text NOT NULL,
    version integer NOT NULL,
    reason text,
    person_id uuid NOT NULL,
    decided_at timestamp with time zone NOT NULL,
    ground text,
    CONSTRAINT letter_redactions_have_a_reason CHECK ((btrim(reason) <> ''::text))
);

ALTER TABLE ONLY public.letter_redactions FORCE ROW LEVEL SECURITY;

CREATE TABLE public.letter_texts (
    lot_id uuid NOT NULL,
    bid_id uuid NOT NULL,
    field text NOT NULL,
    version integer NOT NULL,
    text text NOT NULL,
    person_id uuid NOT NULL,
    given_at timestamp with time zone NOT NULL,
    CONSTRAINT letter_texts_are_not_blank CHECK ((btrim(text) <> ''::text))
);

ALTER TABLE ONLY public.letter_texts FORCE ROW LEVEL SECURITY;

CREATE TABLE public.log_heads (
    log_id uuid NOT NULL,
    size bigint DEFAULT 0 NOT NULL,
    frontier bytea[] DEFAULT '{}'::bytea[] NOT NULL,
    CONSTRAINT log_heads_size_not_negative CHECK ((size >= 0))
);

CREATE TABLE public.meeting_items (
    meeting_id uuid NOT NULL,
    bid_id uuid NOT NULL,
    criterion_id text NOT NULL,
    version integer NOT NULL,
    marks jsonb NOT NULL,
    points text[] NOT NULL,
    dissent jsonb NOT NULL,
    majority text NOT NULL,
    warnings text[] NOT NULL,
    answer text,
    CONSTRAINT meeting_items_answer_warnings CHECK (((cardinality(warnings) = 0) OR (btrim(answer) <> ''::text))),
    CONSTRAINT meeting_items_tell_what_was_discussed CHECK ((cardinality(points) > 0))
);

ALTER TABLE ONLY public.meeting_items FORCE ROW LEVEL SECURITY;

CREATE TABLE public.meetings (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    lot_id uuid NOT NULL,
    number integer NOT NULL,
    chair_id uuid NOT NULL,
    present uuid[] NOT NULL,
    held_at timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT meetings_name_who_was_there CHECK ((cardinality(present) > 0))
);

ALTER TABLE ONLY public.meetings FORCE ROW LEVEL SECURITY;

CREATE TABLE public.monitoring_plans (
    lot_id uuid NOT NULL,
    award_number integer NOT NULL,
    bid_id uuid NOT NULL,
    person_id uuid NOT NULL,
    starts_on date NOT NULL,
    ends_on date NOT NULL,
    period_months integer NOT NULL,
    value numeric,
    bounds jsonb NOT NULL,
    made_at timestamp with time zone NOT NULL,
    CONSTRAINT monitoring_plans_end_after_they_start CHECK ((starts_on <= ends_on))
);

ALTER TABLE ONLY public.monitoring_plans FORCE ROW LEVEL SECURITY;

CREATE TABLE public.news (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    organisation_id uuid,
    tender_id uuid,
    lot_id uuid,
    bid_id uuid,
    webhook_id uuid,
    type text NOT NULL,
    operation text NOT NULL,
    at timestamp with time zone NOT NULL,
    told_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.news FORCE ROW LEVEL SECURITY;

CREATE TABLE public.obligation_terms (
    obligation_id uuid NOT NULL,
    version integer NOT NULL,
    person_id uuid NOT NULL,
    reason text NOT NULL,
    terms jsonb NOT NULL,
    set_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.obligation_terms FORCE ROW LEVEL SECURITY;

CREATE TABLE public.obligations (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    lot_id uuid NOT NULL,
    award_number integer NOT NULL,
    bid_id uuid NOT NULL,
    number integer NOT NULL,
    criterion_id text NOT NULL,
    title text NOT NULL,
    unit text NOT NULL,
    direction text NOT NULL,
    accrual text NOT NULL,
    promised text NOT NULL,
    worth jsonb NOT NULL,
    origin text DEFAULT 'bid'::text NOT NULL,
    CONSTRAINT obligations_come_from_the_bid_or_the_contract CHECK ((origin = ANY (ARRAY['bid'::text, 'contract'::text])))
);

ALTER TABLE ONLY public.obligations FORCE ROW LEVEL SECURITY;

CREATE TABLE public.ocds_releases (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    tender_id uuid NOT NULL,
    number integer NOT NULL,
    told text[] NOT NULL,
    digest text NOT NULL,
    current bytea NOT NULL,
    find_a_tender bytea NOT NULL,
    made_at timestamp with time zone NOT NULL
);

CREATE TABLE public.officer_keys (
    person_id uuid NOT NULL,
    public_key bytea NOT NULL,
    registered_at timestamp with time zone NOT NULL
);

CREATE TABLE public.opening_acts (
    lot_id uuid NOT NULL,
    person_id uuid NOT NULL,
    acted_at timestamp with time zone NOT NULL
);

CREATE TABLE public.price_opening_acts (
    lot_id uuid NOT NULL,
    person_id uuid NOT NULL,
    acted_at timestamp with time zone NOT NULL
);

CREATE VIEW public.officers_acts WITH (security_invoker='true') AS
 SELECT act.lot_id,
    'offer'::text AS envelope,
    act.person_id,
    act.acted_at
   FROM public.opening_acts act
UNION ALL
 SELECT act.lot_id,
    'price'::text AS envelope,
    act.person_id,
    act.acted_at
   FROM public.price_opening_acts act;

CREATE TABLE public.opened_bids (
    bid_id uuid NOT NULL,
    lot_id uuid NOT NULL,
    version integer NOT NULL,
    offers jsonb NOT NULL,
    fault text,
    variant_description text,
    currency text,
    salt uuid
);

ALTER TABLE ONLY public.opened_bids FORCE ROW LEVEL SECURITY;

CREATE TABLE public.opened_documents (
    document_id uuid NOT NULL,
    bid_id uuid NOT NULL,
    number integer NOT NULL,
    name text NOT NULL,
    content_key bytea,
    fault text,
    CONSTRAINT opened_documents_have_a_key_or_a_fault CHECK (((content_key IS NULL) <> (fault IS NULL)))
);

ALTER TABLE ONLY public.opened_documents FORCE ROW LEVEL SECURITY;

CREATE TABLE public.opened_prices (
    bid_id uuid NOT NULL,
    lot_id uuid NOT NULL,
    version integer NOT NULL,
    offers jsonb NOT NULL,
    fault text,
    salt uuid
);

ALTER TABLE ONLY public.opened_prices FORCE ROW LEVEL SECURITY;

CREATE TABLE public.own_catalogues (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    buyer_id uuid NOT NULL,
    person_id uuid NOT NULL,
    title text NOT NULL,
    version text NOT NULL,
    licence text NOT NULL,
    source text NOT NULL,
    digest text NOT NULL,
    measures jsonb NOT NULL,
    imported_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.own_catalogues FORCE ROW LEVEL SECURITY;

CREATE TABLE public.panel_scores (
    bid_id uuid NOT NULL,
    criterion_id text NOT NULL,
    person_id uuid NOT NULL,
    version integer NOT NULL,
    value text NOT NULL,
    reason text NOT NULL,
    given_at timestamp with time zone NOT NULL,
    cites text[] DEFAULT '{}'::text[] NOT NULL,
    change_reason text,
    CONSTRAINT panel_scores_have_a_reason CHECK ((btrim(reason) <> ''::text))
);

ALTER TABLE ONLY public.panel_scores FORCE ROW LEVEL SECURITY;

CREATE TABLE public.panels (
    lot_id uuid NOT NULL,
    version integer NOT NULL,
    chair_id uuid NOT NULL,
    reason text NOT NULL,
    policy jsonb NOT NULL,
    set_by uuid NOT NULL,
    set_at timestamp with time zone NOT NULL,
    CONSTRAINT panels_have_a_reason CHECK ((btrim(reason) <> ''::text))
);

CREATE TABLE public.paper_files (
    paper_id uuid NOT NULL,
    pdf bytea NOT NULL,
    html text NOT NULL,
    digest text NOT NULL,
    stored_at timestamp with time zone NOT NULL,
    signature bytea
);

ALTER TABLE ONLY public.paper_files FORCE ROW LEVEL SECURITY;

CREATE TABLE public.papers (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    tender_id uuid NOT NULL,
    kind text NOT NULL,
    about_id uuid NOT NULL,
    lang text NOT NULL,
    data bytea NOT NULL,
    data_digest text NOT NULL,
    asked_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.papers FORCE ROW LEVEL SECURITY;

CREATE TABLE public.people (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    organisation_id uuid NOT NULL,
    name text NOT NULL,
    email text,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

CREATE TABLE public.performance_assessments (
    lot_id uuid NOT NULL,
    award_number integer NOT NULL,
    number integer NOT NULL,
    starts_on date NOT NULL,
    ends_on date NOT NULL,
    at_termination boolean NOT NULL,
    ratings jsonb NOT NULL,
    person_id uuid NOT NULL,
    assessed_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.performance_assessments FORCE ROW LEVEL SECURITY;

CREATE TABLE public.performance_failures (
    lot_id uuid NOT NULL,
    award_number integer NOT NULL,
    number integer NOT NULL,
    kind text NOT NULL,
    outcome text NOT NULL,
    description text NOT NULL,
    arose_on date NOT NULL,
    decided_by text NOT NULL,
    person_id uuid NOT NULL,
    recorded_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.performance_failures FORCE ROW LEVEL SECURITY;

CREATE TABLE public.performance_notices (
    lot_id uuid NOT NULL,
    award_number integer NOT NULL,
    about text NOT NULL,
    number integer NOT NULL,
    reference text NOT NULL,
    published_at timestamp with time zone NOT NULL,
    person_id uuid NOT NULL,
    recorded_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.performance_notices FORCE ROW LEVEL SECURITY;

CREATE TABLE public.pgqueuer (
    id bigint NOT NULL,
    priority integer NOT NULL,
    queue_manager_id uuid,
    created timestamp with time zone DEFAULT now() NOT NULL,
    updated timestamp with time zone DEFAULT now() NOT NULL,
    heartbeat timestamp with time zone DEFAULT now() NOT NULL,
    execute_after timestamp with time zone DEFAULT now() NOT NULL,
    status public.pgqueuer_status NOT NULL,
    entrypoint text NOT NULL,
    dedupe_key text,
    payload bytea,
    headers jsonb,
    attempts integer DEFAULT 0 NOT NULL,
    slot bigint
);

CREATE SEQUENCE public.pgqueuer_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.pgqueuer_id_seq OWNED BY public.pgqueuer.id;

CREATE TABLE public.pgqueuer_log (
    id bigint NOT NULL,
    created timestamp with time zone DEFAULT now() NOT NULL,
    job_id bigint NOT NULL,
    status public.pgqueuer_status NOT NULL,
    priority integer NOT NULL,
    entrypoint text NOT NULL,
    traceback jsonb,
    aggregated boolean DEFAULT false
);

ALTER TABLE public.pgqueuer_log ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.pgqueuer_log_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.pgqueuer_schedules (
    id bigint NOT NULL,
    expression text NOT NULL,
    entrypoint text NOT NULL,
    heartbeat timestamp with time zone DEFAULT now() NOT NULL,
    created timestamp with time zone DEFAULT now() NOT NULL,
    updated timestamp with time zone DEFAULT now() NOT NULL,
    next_run timestamp with time zone DEFAULT now() NOT NULL,
    last_run timestamp with time zone,
    status public.pgqueuer_status DEFAULT 'queued'::public.pgqueuer_status
);

CREATE SEQUENCE public.pgqueuer_schedules_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.pgqueuer_schedules_id_seq OWNED BY public.pgqueuer_schedules.id;

CREATE TABLE public.pgqueuer_statistics (
    id bigint NOT NULL,
    created timestamp with time zone DEFAULT date_trunc('sec'::text, now()) NOT NULL,
    count bigint NOT NULL,
    priority integer NOT NULL,
    status public.pgqueuer_status NOT NULL,
    entrypoint text NOT NULL
);

CREATE SEQUENCE public.pgqueuer_statistics_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.pgqueuer_statistics_id_seq OWNED BY public.pgqueuer_statistics.id;

CREATE TABLE public.question_answers (
    tender_id uuid NOT NULL,
    number integer NOT NULL,
    version integer NOT NULL,
    question text NOT NULL,
    answer text NOT NULL,
    person_id uuid NOT NULL,
    answered_at timestamp with time zone NOT NULL,
    CONSTRAINT question_answers_say_something CHECK ((btrim(answer) <> ''::text))
);

CREATE TABLE public.questions (
    tender_id uuid NOT NULL,
    number integer NOT NULL,
    supplier_id uuid NOT NULL,
    person_id uuid NOT NULL,
    question text NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    CONSTRAINT questions_say_something CHECK ((btrim(question) <> ''::text))
);

ALTER TABLE ONLY public.questions FORCE ROW LEVEL SECURITY;

CREATE TABLE public.recommendation_rejections (
    lot_id uuid NOT NULL,
    number integer NOT NULL,
    reason text NOT NULL,
    person_id uuid NOT NULL,
    rejected_at timestamp with time zone NOT NULL,
    CONSTRAINT recommendation_rejections_have_a_reason CHECK ((btrim(reason) <> ''::text))
);

CREATE TABLE public.recommendations (
    lot_id uuid NOT NULL,
    number integer NOT NULL,
    evaluation_id uuid NOT NULL,
    bid_id uuid,
    reason text NOT NULL,
    warnings jsonb NOT NULL,
    person_id uuid NOT NULL,
    recommended_at timestamp with time zone NOT NULL,
    places integer,
    CONSTRAINT recommendations_have_a_reason CHECK ((btrim(reason) <> ''::text))
);

CREATE TABLE public.record_file_contents (
    record_file_id uuid NOT NULL,
    pdf bytea NOT NULL,
    digest text NOT NULL,
    stored_at timestamp with time zone NOT NULL,
    signature bytea
);

CREATE TABLE public.record_files (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    tender_id uuid NOT NULL,
    person_id uuid NOT NULL,
    log_size bigint NOT NULL,
    sealed boolean NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    lang text DEFAULT 'en'::text NOT NULL
);

CREATE TABLE public.relay (
    id boolean DEFAULT true NOT NULL,
    told_at timestamp with time zone NOT NULL,
    CONSTRAINT relay_is_the_only_one CHECK (id)
);

CREATE TABLE public.relayed_logs (
    log_id uuid NOT NULL,
    "position" bigint NOT NULL,
    CONSTRAINT relayed_logs_position_not_negative CHECK (("position" >= 0))
);

CREATE TABLE public.remedies (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    obligation_id uuid NOT NULL,
    number integer NOT NULL,
    step text NOT NULL,
    reason text NOT NULL,
    shortfall numeric,
    formula text,
    amount numeric,
    due_on date,
    person_id uuid NOT NULL,
    taken_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.remedies FORCE ROW LEVEL SECURITY;

CREATE TABLE public.report_parts (
    tender_id uuid NOT NULL,
    lang text NOT NULL,
    key bytea NOT NULL,
    part bytea NOT NULL,
    kept_at timestamp with time zone NOT NULL,
    CONSTRAINT report_parts_are_found_by_sha256 CHECK ((octet_length(key) = 32))
);

ALTER TABLE ONLY public.report_parts FORCE ROW LEVEL SECURITY;

CREATE TABLE public.report_texts (
    tender_id uuid NOT NULL,
    field text NOT NULL,
    version integer NOT NULL,
    text text NOT NULL,
    person_id uuid NOT NULL,
    given_at timestamp with time zone NOT NULL,
    CONSTRAINT report_texts_are_not_blank CHECK ((btrim(text) <> ''::text))
);

CREATE TABLE public.reports (
    evaluation_id uuid NOT NULL,
    kind text NOT NULL,
    lang text NOT NULL,
    pdf bytea NOT NULL,
    digest text NOT NULL,
    stored_at timestamp with time zone NOT NULL,
    signature bytea,
    CONSTRAINT reports_are_of_a_known_kind CHECK ((kind = 'evaluation'::text))
);

CREATE TABLE public.request_answers (
    name text NOT NULL COLLATE pg_catalog."C",
    fingerprint text NOT NULL,
    answer bytea,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

CREATE UNLOGGED TABLE public.request_quotas (
    key_id text NOT NULL COLLATE pg_catalog."C",
    minute timestamp with time zone NOT NULL,
    leased integer NOT NULL
);

CREATE TABLE public.retention_periods (
    tender_id uuid NOT NULL,
    number integer NOT NULL,
    years integer NOT NULL,
    reason text NOT NULL,
    person_id uuid NOT NULL,
    set_at timestamp with time zone NOT NULL,
    CONSTRAINT retention_periods_have_a_reason CHECK ((btrim(reason) <> ''::text)),
    CONSTRAINT retention_periods_last_1_to_100_years CHECK (((years >= 1) AND (years <= 100)))
);

CREATE TABLE public.schema_migrations (
    number integer NOT NULL,
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    milliseconds integer NOT NULL,
    needs integer
);

CREATE TABLE public.score_drafts (
    bid_id uuid NOT NULL,
    criterion_id text NOT NULL,
    person_id uuid NOT NULL,
    value text NOT NULL,
    reason text NOT NULL,
    cites text[] NOT NULL,
    saved_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.score_drafts FORCE ROW LEVEL SECURITY;

CREATE TABLE public.sealed_envelopes (
    bid_id uuid NOT NULL,
    version integer NOT NULL,
    kind text NOT NULL,
    header bytea NOT NULL,
    contents bytea NOT NULL,
    CONSTRAINT sealed_envelopes_hold_the_offer_or_its_price CHECK ((kind = ANY (ARRAY['offer'::text, 'price'::text])))
)
WITH (toast_tuple_target='8160');
ALTER TABLE ONLY public.sealed_envelopes ALTER COLUMN contents SET STORAGE EXTERNAL;

ALTER TABLE ONLY public.sealed_envelopes FORCE ROW LEVEL SECURITY;

CREATE TABLE public.seat_endings (
    seat_id uuid NOT NULL,
    reason text NOT NULL,
    ended_by uuid NOT NULL,
    ended_at timestamp with time zone NOT NULL,
    CONSTRAINT seat_endings_have_a_reason CHECK ((btrim(reason) <> ''::text))
);

CREATE TABLE public.seats (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    lot_id uuid NOT NULL,
    criterion_id text NOT NULL,
    person_id uuid NOT NULL,
    seated_by uuid NOT NULL,
    seated_at timestamp with time zone NOT NULL
);

CREATE VIEW public.seats_in_force WITH (security_invoker='true') AS
 SELECT id,
    lot_id,
    criterion_id,
    person_id,
    seated_at
   FROM public.seats seat
  WHERE (NOT (EXISTS ( SELECT 1
           FROM public.seat_endings ending
          WHERE (ending.seat_id = seat.id))));

CREATE TABLE public.selection_decisions (
    bid_id uuid NOT NULL,
    number integer NOT NULL,
    subject text NOT NULL,
    subject_id text NOT NULL,
    outcome text NOT NULL,
    evidence text NOT NULL,
    reason text NOT NULL,
    self_cleaning text,
    person_id uuid NOT NULL,
    decided_at timestamp with time zone NOT NULL,
    CONSTRAINT selection_decisions_assess_self_cleaning CHECK (((outcome <> 'self_cleaned'::text) OR (btrim(COALESCE(self_cleaning, ''::text)) <> ''::text))),
    CONSTRAINT selection_decisions_fit_their_subject CHECK (
CASE subject
    WHEN 'ground'::text THEN (outcome = ANY (ARRAY['met'::text, 'excluded'::text, 'self_cleaned'::text, 'not_excluded'::text]))
    ELSE (outcome = ANY (ARRAY['met'::text, 'not_met'::text]))
END),
    CONSTRAINT selection_decisions_have_a_known_subject CHECK ((subject = ANY (ARRAY['ground'::text, 'condition'::text, 'mandatory'::text]))),
    CONSTRAINT selection_decisions_have_a_reason CHECK ((btrim(reason) <> ''::text)),
    CONSTRAINT selection_decisions_name_evidence CHECK ((btrim(evidence) <> ''::text))
);

ALTER TABLE ONLY public.selection_decisions FORCE ROW LEVEL SECURITY;

CREATE TABLE public.sent_letters (
    lot_id uuid NOT NULL,
    award_number integer NOT NULL,
    bid_id uuid NOT NULL,
    canonical bytea NOT NULL,
    digest text NOT NULL,
    person_id uuid NOT NULL,
    sent_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.sent_letters FORCE ROW LEVEL SECURITY;

CREATE TABLE public.service_samples (
    instance_id uuid NOT NULL,
    number integer NOT NULL,
    at timestamp with time zone NOT NULL,
    every_seconds integer NOT NULL,
    version text NOT NULL,
    stopping boolean NOT NULL,
    round_trip_ms numeric(12,3) NOT NULL,
    failed_attempts integer NOT NULL,
    silent_seconds numeric(12,3),
    failure text,
    requests jsonb NOT NULL,
    failures jsonb NOT NULL,
    server_errors integer NOT NULL,
    queue_length integer,
    disk_free_bytes bigint,
    clock_offset_ms numeric(18,3) NOT NULL,
    ntp_synchronised boolean,
    ntp_error_ms numeric(12,3),
    database_on_host boolean,
    CONSTRAINT service_samples_are_numbered_from_1 CHECK ((number >= 1)),
    CONSTRAINT service_samples_are_regular CHECK (((every_seconds >= 1) AND (every_seconds <= 300)))
);

CREATE TABLE public.share_relays (
    lot_id uuid NOT NULL,
    envelope text NOT NULL,
    person_id uuid NOT NULL,
    recipient_id uuid NOT NULL,
    sealed_share bytea NOT NULL,
    relayed_at timestamp with time zone NOT NULL
);

CREATE TABLE public.shredding_acts (
    tender_id uuid NOT NULL,
    hold_number integer NOT NULL,
    person_id uuid NOT NULL,
    reason text NOT NULL,
    acted_at timestamp with time zone NOT NULL,
    CONSTRAINT shredding_acts_have_a_reason CHECK ((btrim(reason) <> ''::text))
);

CREATE TABLE public.shreddings (
    tender_id uuid NOT NULL,
    person_id uuid NOT NULL,
    shredded_at timestamp with time zone NOT NULL
);

CREATE TABLE public.simulations (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    tender_id uuid NOT NULL,
    number integer NOT NULL,
    lot_number integer NOT NULL,
    person_id uuid NOT NULL,
    canonical bytea NOT NULL,
    digest text NOT NULL,
    rules_digest text NOT NULL,
    engine text NOT NULL,
    simulated_at timestamp with time zone NOT NULL,
    CONSTRAINT simulations_name_a_lot CHECK ((lot_number > 0))
);

ALTER TABLE ONLY public.simulations FORCE ROW LEVEL SECURITY;

CREATE TABLE public.spend_analyses (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    buyer_id uuid NOT NULL,
    person_id uuid NOT NULL,
    request jsonb NOT NULL,
    asked_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.spend_analyses FORCE ROW LEVEL SECURITY;

CREATE TABLE public.spend_answers (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    buyer_id uuid NOT NULL,
    person_id uuid NOT NULL,
    supplier text NOT NULL,
    entry text NOT NULL,
    same boolean NOT NULL,
    answered_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.spend_answers FORCE ROW LEVEL SECURITY;

CREATE TABLE public.spend_chunks (
    object_id uuid NOT NULL,
    number integer NOT NULL,
    contents bytea NOT NULL
);

CREATE TABLE public.spend_files (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    buyer_id uuid NOT NULL,
    person_id uuid NOT NULL,
    object_id uuid NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    digest text NOT NULL,
    size bigint NOT NULL,
    received_at timestamp with time zone NOT NULL,
    CONSTRAINT spend_files_are_of_a_known_kind CHECK ((kind = ANY (ARRAY['payments'::text, 'register'::text, 'places'::text])))
);

ALTER TABLE ONLY public.spend_files FORCE ROW LEVEL SECURITY;

CREATE TABLE public.spend_findings (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    tender_id uuid NOT NULL,
    analysis_id uuid NOT NULL,
    person_id uuid NOT NULL,
    finding jsonb NOT NULL,
    outcome text NOT NULL,
    linked_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.spend_findings FORCE ROW LEVEL SECURITY;

CREATE TABLE public.spend_imports (
    file_id uuid NOT NULL,
    version integer NOT NULL,
    lines_id uuid,
    left_out_id uuid,
    summary jsonb,
    fault jsonb,
    imported_at timestamp with time zone NOT NULL,
    CONSTRAINT spend_imports_succeed_or_say_why CHECK (((fault IS NULL) = ((summary IS NOT NULL) AND (lines_id IS NOT NULL) AND (left_out_id IS NOT NULL))))
);

ALTER TABLE ONLY public.spend_imports FORCE ROW LEVEL SECURITY;

CREATE TABLE public.spend_mappings (
    file_id uuid NOT NULL,
    version integer NOT NULL,
    person_id uuid NOT NULL,
    mapping jsonb NOT NULL,
    mapped_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.spend_mappings FORCE ROW LEVEL SECURITY;

CREATE TABLE public.spend_objects (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    kept_in text,
    begun_at timestamp with time zone NOT NULL
);

CREATE TABLE public.spend_report_files (
    analysis_id uuid NOT NULL,
    lang text NOT NULL,
    pdf bytea NOT NULL,
    digest text NOT NULL,
    stored_at timestamp with time zone NOT NULL,
    signature bytea
);

ALTER TABLE ONLY public.spend_report_files FORCE ROW LEVEL SECURITY;

CREATE TABLE public.spend_reports (
    analysis_id uuid NOT NULL,
    pdf bytea NOT NULL,
    digest text NOT NULL,
    stored_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.spend_reports FORCE ROW LEVEL SECURITY;

CREATE TABLE public.spend_results (
    analysis_id uuid NOT NULL,
    left_out_id uuid,
    canonical bytea,
    digest text,
    fault jsonb,
    analysed_at timestamp with time zone NOT NULL,
    CONSTRAINT spend_results_are_there_or_say_why CHECK (((fault IS NULL) = ((canonical IS NOT NULL) AND (digest IS NOT NULL))))
);

ALTER TABLE ONLY public.spend_results FORCE ROW LEVEL SECURITY;

CREATE TABLE public.standstills (
    lot_id uuid NOT NULL,
    award_number integer NOT NULL,
    begins_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    explained jsonb NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT standstills_end_after_they_begin CHECK ((begins_at < ends_at))
);

CREATE TABLE public.technical_outcomes (
    bid_id uuid NOT NULL,
    lot_id uuid NOT NULL,
    reason text,
    by_comparison boolean NOT NULL
);

CREATE TABLE public.tender_key_shares (
    tender_id uuid NOT NULL,
    edition integer NOT NULL,
    person_id uuid NOT NULL,
    number integer NOT NULL,
    sealed_share bytea NOT NULL,
    sealed_to text NOT NULL,
    share_digest text NOT NULL,
    rehearsal_digest text NOT NULL,
    rehearsed_at timestamp with time zone
);

CREATE TABLE public.tender_keys (
    tender_id uuid NOT NULL,
    public_key bytea NOT NULL,
    wrapped_key bytea,
    wrapped_by text,
    made_at timestamp with time zone NOT NULL,
    edition integer DEFAULT 1 NOT NULL,
    officers_needed integer
);

CREATE TABLE public.tender_measures (
    tender_id uuid NOT NULL,
    criterion_id text NOT NULL,
    catalogue text NOT NULL,
    version text NOT NULL,
    licence text NOT NULL,
    counts text NOT NULL,
    social_objective text,
    environmental_impact text,
    goal text
);

CREATE TABLE public.tender_requirements (
    tender_id uuid NOT NULL,
    version integer NOT NULL,
    requirements jsonb NOT NULL,
    digest text NOT NULL,
    person_id uuid NOT NULL,
    written_at timestamp with time zone NOT NULL
);

CREATE TABLE public.tender_roles (
    tender_id uuid NOT NULL,
    person_id uuid NOT NULL,
    role text NOT NULL,
    granted_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT tender_roles_are_known CHECK ((role = ANY (ARRAY['author'::text, 'approver'::text, 'opening_officer'::text, 'evaluator'::text, 'moderator'::text, 'auditor'::text, 'contract_manager'::text])))
);

CREATE TABLE public.tenders (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    buyer_id uuid NOT NULL,
    author_id uuid NOT NULL,
    reference text NOT NULL,
    title text NOT NULL,
    description text NOT NULL,
    currency text NOT NULL,
    time_zone text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    rules_digest text,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    submission_deadline timestamp with time zone,
    published_at timestamp with time zone,
    custody text DEFAULT 'service'::text NOT NULL,
    officers_needed integer DEFAULT 2 NOT NULL,
    jurisdiction text DEFAULT 'none'::text NOT NULL,
    cancelled_at timestamp with time zone,
    vat jsonb DEFAULT '{"basis": "exclusive", "rates": []}'::jsonb NOT NULL,
    accepted_currencies jsonb DEFAULT '[]'::jsonb NOT NULL,
    framework jsonb,
    framework_id uuid,
    estimated_value numeric,
    language text,
    starts_on date,
    notice jsonb,
    CONSTRAINT tenders_are_in_a_known_custody CHECK ((custody = ANY (ARRAY['service'::text, 'officers'::text]))),
    CONSTRAINT tenders_are_opened_by_2_to_16_officers CHECK (((officers_needed >= 2) AND (officers_needed <= 16))),
    CONSTRAINT tenders_follow_known_rules CHECK ((jurisdiction = ANY (ARRAY['uk-pa2023'::text, 'eu-2014-24'::text, 'eu-2014-24-de'::text, 'eu-2014-24-es'::text, 'eu-2014-24-it'::text, 'eu-2014-24-pl'::text, 'eu-2014-24-pt'::text, 'world-bank'::text, 'none'::text]))),
    CONSTRAINT tenders_have_papers_in_a_known_language CHECK ((language = ANY (ARRAY['en'::text, 'de'::text, 'fr'::text, 'es'::text, 'it'::text, 'pt'::text, 'pl'::text, 'nl'::text, 'el'::text, 'bg'::text]))),
    CONSTRAINT tenders_published_with_deadline_and_digest CHECK (((published_at IS NULL) OR ((rules_digest IS NOT NULL) AND (submission_deadline > published_at))))
);

CREATE TABLE public.trainings (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    tender_id uuid NOT NULL,
    person_id uuid NOT NULL,
    subject text NOT NULL,
    held_on date NOT NULL,
    recorded_by uuid NOT NULL,
    recorded_at timestamp with time zone NOT NULL
);

CREATE TABLE public.unopenable_documents (
    document_id uuid NOT NULL,
    person_id uuid NOT NULL,
    found_at timestamp with time zone NOT NULL
);

CREATE TABLE public.unopenable_findings (
    lot_id uuid NOT NULL,
    envelope text NOT NULL,
    bid_id uuid NOT NULL,
    person_id uuid NOT NULL,
    found_at timestamp with time zone NOT NULL
);

CREATE TABLE public.webhook_attempts (
    delivery_id uuid NOT NULL,
    number integer NOT NULL,
    at timestamp with time zone NOT NULL,
    status integer,
    failure text,
    milliseconds integer NOT NULL,
    CONSTRAINT webhook_attempts_count_from_1 CHECK ((number >= 1)),
    CONSTRAINT webhook_attempts_take_time CHECK ((milliseconds >= 0))
);

ALTER TABLE ONLY public.webhook_attempts FORCE ROW LEVEL SECURITY;

CREATE TABLE public.webhook_deliveries (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    webhook_id uuid NOT NULL,
    news_id uuid NOT NULL,
    made_at timestamp with time zone NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    next_attempt_at timestamp with time zone,
    delivered_at timestamp with time zone,
    given_up_at timestamp with time zone,
    given_up_because text,
    CONSTRAINT webhook_deliveries_attempts_not_negative CHECK ((attempts >= 0)),
    CONSTRAINT webhook_deliveries_end_in_one_way CHECK ((num_nonnulls(next_attempt_at, delivered_at, given_up_at) = 1)),
    CONSTRAINT webhook_deliveries_have_a_reason_to_be_given_up CHECK (((given_up_at IS NULL) = (given_up_because IS NULL)))
);

ALTER TABLE ONLY public.webhook_deliveries FORCE ROW LEVEL SECURITY;

CREATE TABLE public.webhooks (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    organisation_id uuid NOT NULL,
    person_id uuid NOT NULL,
    url text NOT NULL,
    types text[] NOT NULL,
    secret_line text NOT NULL,
    secret_number integer DEFAULT 1 NOT NULL,
    previous_line text,
    previous_until timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    disabled_at timestamp with time zone,
    disabled_because text,
    removed_at timestamp with time zone,
    CONSTRAINT webhooks_are_told_something CHECK ((cardinality(types) > 0)),
    CONSTRAINT webhooks_have_a_reason_to_be_disabled CHECK (((disabled_at IS NULL) = (disabled_because IS NULL))),
    CONSTRAINT webhooks_previous_secret_ends CHECK (((previous_line IS NULL) = (previous_until IS NULL))),
    CONSTRAINT webhooks_secrets_count_from_1 CHECK ((secret_number >= 1))
);

ALTER TABLE ONLY public.webhooks FORCE ROW LEVEL SECURITY;

ALTER TABLE ONLY public.pgqueuer ALTER COLUMN id SET DEFAULT nextval('public.pgqueuer_id_seq'::regclass);

ALTER TABLE ONLY public.pgqueuer_schedules ALTER COLUMN id SET DEFAULT nextval('public.pgqueuer_schedules_id_seq'::regclass);

ALTER TABLE ONLY public.pgqueuer_statistics ALTER COLUMN id SET DEFAULT nextval('public.pgqueuer_statistics_id_seq'::regclass);

ALTER TABLE ONLY public.abnormally_low_assessments
    ADD CONSTRAINT abnormally_low_assessments_are_numbered PRIMARY KEY (bid_id, number);

ALTER TABLE ONLY public.abnormally_low_decisions
    ADD CONSTRAINT abnormally_low_decisions_are_numbered PRIMARY KEY (bid_id, number);

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_have_one_id PRIMARY KEY (id);

ALTER TABLE ONLY public.award_decisions
    ADD CONSTRAINT award_decisions_stand_once_per_lot PRIMARY KEY (lot_id, number);

ALTER TABLE ONLY public.award_notices
    ADD CONSTRAINT award_notices_are_published_once_per_award PRIMARY KEY (lot_id, award_number);

ALTER TABLE ONLY public.award_annulments
    ADD CONSTRAINT awards_are_annulled_once PRIMARY KEY (lot_id, number);

ALTER TABLE ONLY public.awards
    ADD CONSTRAINT awards_once_per_lot PRIMARY KEY (lot_id);

ALTER TABLE ONLY public.bid_documents
    ADD CONSTRAINT bid_documents_once_per_version PRIMARY KEY (bid_id, version, document_id);

ALTER TABLE ONLY public.bid_envelopes
    ADD CONSTRAINT bid_envelopes_one_per_version PRIMARY KEY (bid_id, version);

ALTER TABLE ONLY public.bid_parties
    ADD CONSTRAINT bid_parties_are_numbered PRIMARY KEY (bid_id, number);

ALTER TABLE ONLY public.bid_states
    ADD CONSTRAINT bid_states_are_numbered PRIMARY KEY (bid_id, number);

ALTER TABLE ONLY public.bid_versions
    ADD CONSTRAINT bid_versions_are_numbered PRIMARY KEY (bid_id, version);

ALTER TABLE public.bids
    ADD CONSTRAINT bids_count_their_variants_from_1 CHECK ((variant >= 0)) NOT VALID;

ALTER TABLE ONLY public.bids
    ADD CONSTRAINT bids_have_one_id PRIMARY KEY (id);

ALTER TABLE ONLY public.cancellations
    ADD CONSTRAINT cancellations_once_per_lot PRIMARY KEY (lot_id);

ALTER TABLE ONLY public.clarification_answers
    ADD CONSTRAINT clarification_answers_once PRIMARY KEY (clarification_id);

ALTER TABLE ONLY public.clarifications
    ADD CONSTRAINT clarifications_are_numbered UNIQUE (bid_id, number);

ALTER TABLE ONLY public.clarifications
    ADD CONSTRAINT clarifications_have_one_id PRIMARY KEY (id);

ALTER TABLE ONLY public.consensus_locks
    ADD CONSTRAINT consensus_locks_once_per_lot PRIMARY KEY (lot_id);

ALTER TABLE ONLY public.consensus_scores
    ADD CONSTRAINT consensus_scores_are_numbered PRIMARY KEY (bid_id, criterion_id, version);

ALTER TABLE public.consensus_scores
    ADD CONSTRAINT consensus_scores_change_with_a_reason CHECK (((version = 1) OR (btrim(change_reason) <> ''::text))) NOT VALID;

ALTER TABLE public.consensus_scores
    ADD CONSTRAINT consensus_scores_cite_the_bid CHECK ((cardinality(cites) > 0)) NOT VALID;

ALTER TABLE ONLY public.contract_reminders
    ADD CONSTRAINT contract_reminders_are_given_once PRIMARY KEY (lot_id, award_number, kind, about, due_on);

ALTER TABLE ONLY public.contracts
    ADD CONSTRAINT contracts_are_signed_once_per_award PRIMARY KEY (lot_id, award_number);

ALTER TABLE ONLY public.correction_decisions
    ADD CONSTRAINT correction_decisions_once PRIMARY KEY (clarification_id);

ALTER TABLE ONLY public.corrections
    ADD CONSTRAINT corrections_name_their_proposer UNIQUE (clarification_id, person_id);

ALTER TABLE ONLY public.corrections
    ADD CONSTRAINT corrections_once_per_clarification PRIMARY KEY (clarification_id);

ALTER TABLE ONLY public.corrigenda
    ADD CONSTRAINT corrigenda_are_numbered PRIMARY KEY (tender_id, number);

ALTER TABLE ONLY public.corrigendum_decisions
    ADD CONSTRAINT corrigendum_decisions_once_per_proposal PRIMARY KEY (tender_id, number);

ALTER TABLE ONLY public.corrigendum_proposals
    ADD CONSTRAINT corrigendum_proposals_are_numbered PRIMARY KEY (tender_id, number);

ALTER TABLE ONLY public.corrigendum_proposals
    ADD CONSTRAINT corrigendum_proposals_are_of_one_person UNIQUE (tender_id, number, person_id);

ALTER TABLE ONLY public.criterion_locks
    ADD CONSTRAINT criterion_locks_are_numbered PRIMARY KEY (lot_id, criterion_id, number);

ALTER TABLE ONLY public.criterion_unlocks
    ADD CONSTRAINT criterion_unlocks_once PRIMARY KEY (lot_id, criterion_id, number);

ALTER TABLE ONLY public.declaration_decisions
    ADD CONSTRAINT declaration_decisions_once PRIMARY KEY (tender_id, person_id, number);

ALTER TABLE ONLY public.declarations
    ADD CONSTRAINT declarations_are_numbered PRIMARY KEY (tender_id, person_id, number);

ALTER TABLE ONLY public.deliveries
    ADD CONSTRAINT deliveries_have_one_id PRIMARY KEY (id);

ALTER TABLE ONLY public.delivery_decisions
    ADD CONSTRAINT delivery_decisions_are_taken_once PRIMARY KEY (delivery_id, step);

ALTER TABLE ONLY public.delivery_evidence
    ADD CONSTRAINT delivery_evidence_has_one_id PRIMARY KEY (id);

ALTER TABLE ONLY public.delivery_evidence
    ADD CONSTRAINT delivery_evidence_is_there_once UNIQUE (delivery_id, digest);

ALTER TABLE ONLY public.document_chunks
    ADD CONSTRAINT document_chunks_are_numbered PRIMARY KEY (upload_id, number);

ALTER TABLE ONLY public.document_uploads
    ADD CONSTRAINT document_uploads_have_one_id PRIMARY KEY (id);

ALTER TABLE ONLY public.documents
    ADD CONSTRAINT documents_have_one_id PRIMARY KEY (id);

ALTER TABLE ONLY public.documents
    ADD CONSTRAINT documents_one_per_retry_key UNIQUE (supplier_id, lot_id, retry_key);

ALTER TABLE ONLY public.documents
    ADD CONSTRAINT documents_one_per_upload UNIQUE (upload_id);

ALTER TABLE ONLY public.drawn_lots
    ADD CONSTRAINT drawn_lots_are_revealed_once PRIMARY KEY (lot_id);

ALTER TABLE ONLY public.evaluation_verifications
    ADD CONSTRAINT evaluation_verifications_are_numbered PRIMARY KEY (evaluation_id, number);

ALTER TABLE public.evaluations
    ADD CONSTRAINT evaluations_after_the_first_have_a_reason CHECK (((number = 1) OR (COALESCE(btrim(reason), ''::text) <> ''::text))) NOT VALID;

ALTER TABLE ONLY public.evaluations
    ADD CONSTRAINT evaluations_are_numbered UNIQUE (lot_id, number);

ALTER TABLE ONLY public.evaluations
    ADD CONSTRAINT evaluations_have_one_id PRIMARY KEY (id);

ALTER TABLE public.events
    ADD CONSTRAINT events_are_leaves_of_their_log CHECK (((salt IS NOT NULL) AND (leaf IS NOT NULL))) NOT VALID;

ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_one_per_position PRIMARY KEY (log_id, "position");

ALTER TABLE ONLY public.framework_places
    ADD CONSTRAINT framework_places_once_per_bid PRIMARY KEY (lot_id, award_number, bid_id);

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_used_once PRIMARY KEY (organisation_id, operation, key);

ALTER TABLE ONLY public.identities
    ADD CONSTRAINT identities_one_per_key UNIQUE (key_id);

ALTER TABLE ONLY public.identities
    ADD CONSTRAINT identities_one_per_subject PRIMARY KEY (provider_id, subject);

ALTER TABLE ONLY public.identity_providers
    ADD CONSTRAINT identity_providers_have_one_id PRIMARY KEY (id);

ALTER TABLE ONLY public.imported_chunks
    ADD CONSTRAINT imported_chunks_are_numbered PRIMARY KEY (import_id, number);

ALTER TABLE ONLY public.imported_tenders
    ADD CONSTRAINT imported_tenders_are_there_once UNIQUE (digest);

ALTER TABLE ONLY public.imported_tenders
    ADD CONSTRAINT imported_tenders_have_one_id PRIMARY KEY (id);

ALTER TABLE ONLY public.job_attempts
    ADD CONSTRAINT job_attempts_one_count_per_job PRIMARY KEY (key);

ALTER TABLE ONLY public.legal_holds
    ADD CONSTRAINT legal_holds_are_numbered PRIMARY KEY (tender_id, number);

ALTER TABLE ONLY public.letter_redactions
    ADD CONSTRAINT letter_redactions_are_numbered PRIMARY KEY (lot_id, bid_id, field, version);

ALTER TABLE ONLY public.letter_texts
    ADD CONSTRAINT letter_texts_are_numbered PRIMARY KEY (lot_id, bid_id, field, version);

ALTER TABLE ONLY public.log_heads
    ADD CONSTRAINT log_heads_one_per_log PRIMARY KEY (log_id);

ALTER TABLE ONLY public.lots
    ADD CONSTRAINT lots_have_one_id PRIMARY KEY (id);

ALTER TABLE ONLY public.lots
    ADD CONSTRAINT lots_one_per_number_of_a_tender UNIQUE (tender_id, number);

ALTER TABLE ONLY public.meeting_items
    ADD CONSTRAINT meeting_items_once_per_question PRIMARY KEY (meeting_id, bid_id, criterion_id);

ALTER TABLE ONLY public.meetings
    ADD CONSTRAINT meetings_are_numbered UNIQUE (lot_id, number);

ALTER TABLE ONLY public.meetings
    ADD CONSTRAINT meetings_have_one_id PRIMARY KEY (id);

ALTER TABLE ONLY public.monitoring_plans
    ADD CONSTRAINT monitoring_plans_are_made_once PRIMARY KEY (lot_id, award_number);

ALTER TABLE ONLY public.news
    ADD CONSTRAINT news_one_per_id PRIMARY KEY (id);

ALTER TABLE ONLY public.obligation_terms
    ADD CONSTRAINT obligation_terms_are_numbered PRIMARY KEY (obligation_id, version);

ALTER TABLE ONLY public.obligations
    ADD CONSTRAINT obligations_are_made_once_per_criterion UNIQUE (lot_id, award_number, criterion_id);

ALTER TABLE ONLY public.obligations
    ADD CONSTRAINT obligations_have_one_id PRIMARY KEY (id);

ALTER TABLE public.obligations
    ADD CONSTRAINT obligations_of_the_contract_alone_earned_nothing CHECK (((origin = 'bid'::text) OR (NOT (worth ?| ARRAY['points'::text, 'advantage'::text, 'rate'::text, 'levels'::text])))) NOT VALID;

ALTER TABLE ONLY public.ocds_releases
    ADD CONSTRAINT ocds_releases_are_numbered UNIQUE (tender_id, number);

ALTER TABLE ONLY public.ocds_releases
    ADD CONSTRAINT ocds_releases_have_one_id PRIMARY KEY (id);

ALTER TABLE ONLY public.officer_keys
    ADD CONSTRAINT officer_keys_one_per_person PRIMARY KEY (person_id);

ALTER TABLE ONLY public.opened_bids
    ADD CONSTRAINT opened_bids_once PRIMARY KEY (bid_id);

ALTER TABLE ONLY public.opened_documents
    ADD CONSTRAINT opened_documents_are_numbered UNIQUE (bid_id, number);

ALTER TABLE ONLY public.opened_documents
    ADD CONSTRAINT opened_documents_once PRIMARY KEY (document_id);

ALTER TABLE ONLY public.opened_prices
    ADD CONSTRAINT opened_prices_once PRIMARY KEY (bid_id);

ALTER TABLE ONLY public.opening_acts
    ADD CONSTRAINT opening_acts_once_per_officer PRIMARY KEY (lot_id, person_id);

ALTER TABLE ONLY public.organisations
    ADD CONSTRAINT organisations_have_one_id PRIMARY KEY (id);

ALTER TABLE ONLY public.organisations
    ADD CONSTRAINT organisations_one_per_identifier UNIQUE (identifier);

ALTER TABLE ONLY public.own_catalogues
    ADD CONSTRAINT own_catalogues_have_one_id PRIMARY KEY (id);

ALTER TABLE ONLY public.own_catalogues
    ADD CONSTRAINT own_catalogues_have_one_version UNIQUE (buyer_id, title, version);

ALTER TABLE ONLY public.panel_scores
    ADD CONSTRAINT panel_scores_are_numbered PRIMARY KEY (bid_id, criterion_id, person_id, version);

ALTER TABLE public.panel_scores
    ADD CONSTRAINT panel_scores_change_with_a_reason CHECK (((version = 1) OR (btrim(change_reason) <> ''::text))) NOT VALID;

ALTER TABLE public.panel_scores
    ADD CONSTRAINT panel_scores_cite_the_bid CHECK ((cardinality(cites) > 0)) NOT VALID;

ALTER TABLE ONLY public.panels
    ADD CONSTRAINT panels_are_numbered PRIMARY KEY (lot_id, version);

ALTER TABLE ONLY public.paper_files
    ADD CONSTRAINT paper_files_are_stored_once PRIMARY KEY (paper_id);

ALTER TABLE ONLY public.papers
    ADD CONSTRAINT papers_are_told_apart_by_their_data UNIQUE (kind, about_id, lang, data_digest);

ALTER TABLE ONLY public.papers
    ADD CONSTRAINT papers_have_one_id PRIMARY KEY (id);

ALTER TABLE ONLY public.people
    ADD CONSTRAINT people_have_one_id PRIMARY KEY (id);

ALTER TABLE ONLY public.performance_assessments
    ADD CONSTRAINT performance_assessments_are_numbered PRIMARY KEY (lot_id, award_number, number);

ALTER TABLE ONLY public.performance_failures
    ADD CONSTRAINT performance_failures_are_numbered PRIMARY KEY (lot_id, award_number, number);

ALTER TABLE ONLY public.performance_notices
    ADD CONSTRAINT performance_notices_are_published_once PRIMARY KEY (lot_id, award_number, about, number);

ALTER TABLE ONLY public.pgqueuer_log
    ADD CONSTRAINT pgqueuer_log_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.pgqueuer
    ADD CONSTRAINT pgqueuer_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.pgqueuer_schedules
    ADD CONSTRAINT pgqueuer_schedules_expression_entrypoint_key UNIQUE (expression, entrypoint);

ALTER TABLE ONLY public.pgqueuer_schedules
    ADD CONSTRAINT pgqueuer_schedules_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.pgqueuer_statistics
    ADD CONSTRAINT pgqueuer_statistics_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.price_opening_acts
    ADD CONSTRAINT price_opening_acts_once_per_officer PRIMARY KEY (lot_id, person_id);

ALTER TABLE ONLY public.question_answers
    ADD CONSTRAINT question_answers_are_numbered PRIMARY KEY (tender_id, number, version);

ALTER TABLE ONLY public.questions
    ADD CONSTRAINT questions_are_numbered PRIMARY KEY (tender_id, number);

ALTER TABLE public.recommendations
    ADD CONSTRAINT recommendations_are_for_two_places_or_more CHECK ((places > 1)) NOT VALID;

ALTER TABLE ONLY public.recommendations
    ADD CONSTRAINT recommendations_are_numbered PRIMARY KEY (lot_id, number);

ALTER TABLE ONLY public.recommendation_rejections
    ADD CONSTRAINT recommendations_are_rejected_once PRIMARY KEY (lot_id, number);

ALTER TABLE ONLY public.record_file_contents
    ADD CONSTRAINT record_file_contents_stored_once PRIMARY KEY (record_file_id);

ALTER TABLE ONLY public.record_files
    ADD CONSTRAINT record_files_have_one_id PRIMARY KEY (id);

ALTER TABLE ONLY public.relay
    ADD CONSTRAINT relay_is_one PRIMARY KEY (id);

ALTER TABLE ONLY public.relayed_logs
    ADD CONSTRAINT relayed_logs_once_per_log PRIMARY KEY (log_id);

ALTER TABLE ONLY public.remedies
    ADD CONSTRAINT remedies_are_numbered UNIQUE (obligation_id, number);

ALTER TABLE ONLY public.remedies
    ADD CONSTRAINT remedies_have_one_id PRIMARY KEY (id);

ALTER TABLE ONLY public.report_parts
    ADD CONSTRAINT report_parts_kept_once PRIMARY KEY (tender_id, lang, key);

ALTER TABLE ONLY public.report_texts
    ADD CONSTRAINT report_texts_are_numbered PRIMARY KEY (tender_id, field, version);

ALTER TABLE ONLY public.reports
    ADD CONSTRAINT reports_stored_once PRIMARY KEY (evaluation_id, kind, lang);

ALTER TABLE ONLY public.request_answers
    ADD CONSTRAINT request_answers_are_given_once PRIMARY KEY (name);

ALTER TABLE ONLY public.request_quotas
    ADD CONSTRAINT request_quotas_one_per_key PRIMARY KEY (key_id);

ALTER TABLE ONLY public.retention_periods
    ADD CONSTRAINT retention_periods_are_numbered PRIMARY KEY (tender_id, number);

ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (number);

ALTER TABLE ONLY public.score_drafts
    ADD CONSTRAINT score_drafts_once_per_person PRIMARY KEY (bid_id, criterion_id, person_id);

ALTER TABLE ONLY public.sealed_envelopes
    ADD CONSTRAINT sealed_envelopes_one_per_version_and_kind PRIMARY KEY (bid_id, version, kind);

ALTER TABLE ONLY public.seat_endings
    ADD CONSTRAINT seat_endings_once PRIMARY KEY (seat_id);

ALTER TABLE ONLY public.seats
    ADD CONSTRAINT seats_have_one_id PRIMARY KEY (id);

ALTER TABLE ONLY public.selection_decisions
    ADD CONSTRAINT selection_decisions_are_numbered PRIMARY KEY (bid_id, number);

ALTER TABLE ONLY public.sent_letters
    ADD CONSTRAINT sent_letters_once_per_award_and_bid PRIMARY KEY (lot_id, award_number, bid_id);

ALTER TABLE ONLY public.service_samples
    ADD CONSTRAINT service_samples_are_numbered PRIMARY KEY (instance_id, number);

ALTER TABLE ONLY public.share_relays
    ADD CONSTRAINT share_relays_one_per_pair PRIMARY KEY (lot_id, envelope, person_id, recipient_id);

ALTER TABLE ONLY public.shredding_acts
    ADD CONSTRAINT shredding_acts_once_per_person PRIMARY KEY (tender_id, hold_number, person_id);

ALTER TABLE ONLY public.shreddings
    ADD CONSTRAINT shreddings_once_per_tender PRIMARY KEY (tender_id);

ALTER TABLE ONLY public.simulations
    ADD CONSTRAINT simulations_are_numbered UNIQUE (tender_id, number);

ALTER TABLE ONLY public.simulations
    ADD CONSTRAINT simulations_have_one_id PRIMARY KEY (id);

ALTER TABLE ONLY public.spend_analyses
    ADD CONSTRAINT spend_analyses_have_one_id PRIMARY KEY (id);

ALTER TABLE ONLY public.spend_answers
    ADD CONSTRAINT spend_answers_have_one_id PRIMARY KEY (id);

ALTER TABLE ONLY public.spend_chunks
    ADD CONSTRAINT spend_chunks_are_numbered PRIMARY KEY (object_id, number);

ALTER TABLE ONLY public.spend_files
    ADD CONSTRAINT spend_files_are_there_once UNIQUE (buyer_id, kind, digest);

ALTER TABLE ONLY public.spend_files
    ADD CONSTRAINT spend_files_have_one_id PRIMARY KEY (id);

ALTER TABLE ONLY public.spend_findings
    ADD CONSTRAINT spend_findings_have_one_id PRIMARY KEY (id);

ALTER TABLE ONLY public.spend_imports
    ADD CONSTRAINT spend_imports_happen_once PRIMARY KEY (file_id, version);

ALTER TABLE ONLY public.spend_mappings
    ADD CONSTRAINT spend_mappings_are_numbered PRIMARY KEY (file_id, version);

ALTER TABLE ONLY public.spend_objects
    ADD CONSTRAINT spend_objects_have_one_id PRIMARY KEY (id);

ALTER TABLE ONLY public.spend_report_files
    ADD CONSTRAINT spend_report_files_are_stored_once PRIMARY KEY (analysis_id, lang);

ALTER TABLE ONLY public.spend_reports
    ADD CONSTRAINT spend_reports_are_stored_once PRIMARY KEY (analysis_id);

ALTER TABLE ONLY public.spend_results
    ADD CONSTRAINT spend_results_are_stored_once PRIMARY KEY (analysis_id);

ALTER TABLE ONLY public.standstills
    ADD CONSTRAINT standstills_begin_once_per_award PRIMARY KEY (lot_id, award_number);

ALTER TABLE ONLY public.technical_outcomes
    ADD CONSTRAINT technical_outcomes_once_per_bid PRIMARY KEY (bid_id);

ALTER TABLE ONLY public.tender_key_shares
    ADD CONSTRAINT tender_key_shares_one_per_officer PRIMARY KEY (tender_id, edition, person_id);

ALTER TABLE ONLY public.tender_keys
    ADD CONSTRAINT tender_keys_one_per_tender PRIMARY KEY (tender_id);

ALTER TABLE ONLY public.tender_measures
    ADD CONSTRAINT tender_measures_are_kept_once PRIMARY KEY (tender_id, criterion_id);

ALTER TABLE ONLY public.tender_requirements
    ADD CONSTRAINT tender_requirements_are_numbered PRIMARY KEY (tender_id, version);

ALTER TABLE ONLY public.tender_roles
    ADD CONSTRAINT tender_roles_once_per_person PRIMARY KEY (tender_id, person_id, role);

ALTER TABLE public.tenders
    ADD CONSTRAINT tenders_call_off_with_a_value_and_are_no_frameworks_themselves CHECK (((framework_id IS NULL) OR ((framework IS NULL) AND (estimated_value IS NOT NULL)))) NOT VALID;

ALTER TABLE ONLY public.tenders
    ADD CONSTRAINT tenders_have_one_id PRIMARY KEY (id);

ALTER TABLE ONLY public.tenders
    ADD CONSTRAINT tenders_one_per_reference_of_a_buyer UNIQUE (buyer_id, reference);

ALTER TABLE ONLY public.trainings
    ADD CONSTRAINT trainings_have_one_id PRIMARY KEY (id);

ALTER TABLE ONLY public.unopenable_documents
    ADD CONSTRAINT unopenable_documents_once_per_officer PRIMARY KEY (document_id, person_id);

ALTER TABLE ONLY public.unopenable_findings
    ADD CONSTRAINT unopenable_findings_once_per_officer PRIMARY KEY (lot_id, envelope, bid_id, person_id);

ALTER TABLE ONLY public.webhook_attempts
    ADD CONSTRAINT webhook_attempts_once_per_number PRIMARY KEY (delivery_id, number);

ALTER TABLE ONLY public.webhook_deliveries
    ADD CONSTRAINT webhook_deliveries_once_per_news UNIQUE (webhook_id, news_id);

ALTER TABLE ONLY public.webhook_deliveries
    ADD CONSTRAINT webhook_deliveries_one_per_id PRIMARY KEY (id);

ALTER TABLE ONLY public.webhooks
    ADD CONSTRAINT webhooks_one_per_id PRIMARY KEY (id);

CREATE INDEX api_keys_by_person ON public.api_keys USING btree (person_id, created_at, id);

CREATE INDEX bids_by_supplier ON public.bids USING btree (supplier_id, lot_id, id);

CREATE UNIQUE INDEX bids_one_standing_per_supplier_lot_and_variant ON public.bids USING btree (lot_id, supplier_id, variant) WHERE (withdrawn_at IS NULL);

CREATE INDEX corrections_by_bid ON public.corrections USING btree (bid_id, criterion_id);

CREATE INDEX deliveries_by_obligation ON public.deliveries USING btree (obligation_id, period);

CREATE INDEX delivery_evidence_by_object ON public.delivery_evidence USING btree (object_id);

CREATE INDEX identity_providers_by_organisation ON public.identity_providers USING btree (organisation_id, registered_at, id);

CREATE UNIQUE INDEX identity_providers_one_per_issuer_and_audience ON public.identity_providers USING btree (issuer, audience) WHERE (retired_at IS NULL);

CREATE INDEX imported_tenders_in_order ON public.imported_tenders USING btree (imported_at, id);

CREATE INDEX monitoring_plans_by_bid ON public.monitoring_plans USING btree (bid_id);

CREATE INDEX news_by_time ON public.news USING btree (told_at);

CREATE INDEX news_in_order ON public.news USING btree (organisation_id, told_at, id);

CREATE INDEX obligations_by_bid ON public.obligations USING btree (bid_id);

CREATE INDEX ocds_releases_by_time ON public.ocds_releases USING btree (made_at, id);

CREATE INDEX opened_bids_by_lot ON public.opened_bids USING btree (lot_id, bid_id);

CREATE INDEX opened_prices_by_lot ON public.opened_prices USING btree (lot_id, bid_id);

CREATE INDEX people_by_organisation ON public.people USING btree (organisation_id, created_at, id);

CREATE INDEX pgqueuer_ep_ea_idx ON public.pgqueuer USING btree (entrypoint, execute_after) WHERE (status = 'queued'::public.pgqueuer_status);

CREATE INDEX pgqueuer_ep_prio_id_idx ON public.pgqueuer USING btree (entrypoint, priority DESC, id) WHERE (status = 'queued'::public.pgqueuer_status);

CREATE INDEX pgqueuer_log_created ON public.pgqueuer_log USING btree (created);

CREATE INDEX pgqueuer_log_job_id_status ON public.pgqueuer_log USING btree (job_id, created DESC);

CREATE INDEX pgqueuer_log_not_aggregated ON public.pgqueuer_log USING btree ((1)) WHERE (NOT aggregated);

CREATE INDEX pgqueuer_log_status ON public.pgqueuer_log USING btree (status);

CREATE INDEX pgqueuer_picked_heartbeat_idx ON public.pgqueuer USING btree (heartbeat) WHERE (status = 'picked'::public.pgqueuer_status);

CREATE UNIQUE INDEX pgqueuer_picked_slot_idx ON public.pgqueuer USING btree (entrypoint, slot) WHERE ((status = 'picked'::public.pgqueuer_status) AND (slot IS NOT NULL));

CREATE INDEX pgqueuer_priority_id_id1_idx ON public.pgqueuer USING btree (priority, id DESC) INCLUDE (id) WHERE (status = 'queued'::public.pgqueuer_status);

CREATE INDEX pgqueuer_queue_manager_id_idx ON public.pgqueuer USING btree (queue_manager_id) WHERE (queue_manager_id IS NOT NULL);

CREATE UNIQUE INDEX pgqueuer_statistics_unique_count ON public.pgqueuer_statistics USING btree (priority, date_trunc('sec'::text, timezone('UTC'::text, created)), status, entrypoint);

CREATE UNIQUE INDEX pgqueuer_unique_dedupe_key ON public.pgqueuer USING btree (dedupe_key) WHERE ((status = ANY (ARRAY['queued'::public.pgqueuer_status, 'picked'::public.pgqueuer_status])) AND (dedupe_key IS NOT NULL));

CREATE INDEX pgqueuer_updated_id_id1_idx ON public.pgqueuer USING btree (updated, id DESC) INCLUDE (id) WHERE (status = 'picked'::public.pgqueuer_status);

CREATE INDEX record_files_by_tender ON public.record_files USING btree (tender_id, asked_at);

CREATE INDEX request_answers_by_age ON public.request_answers USING btree (at);

CREATE INDEX seats_by_lot ON public.seats USING btree (lot_id, criterion_id, person_id);

CREATE INDEX service_samples_by_instant ON public.service_samples USING btree (at);

CREATE INDEX spend_analyses_by_buyer ON public.spend_analyses USING btree (buyer_id, asked_at);

CREATE INDEX spend_answers_by_buyer ON public.spend_answers USING btree (buyer_id, answered_at);

CREATE INDEX spend_files_by_object ON public.spend_files USING btree (object_id);

CREATE INDEX spend_findings_by_tender ON public.spend_findings USING btree (tender_id, linked_at);

CREATE INDEX spend_imports_by_lines ON public.spend_imports USING btree (lines_id);

CREATE INDEX spend_imports_by_list ON public.spend_imports USING btree (left_out_id);

CREATE INDEX spend_objects_by_age ON public.spend_objects USING btree (begun_at, id);

CREATE INDEX spend_results_by_list ON public.spend_results USING btree (left_out_id);

CREATE INDEX technical_outcomes_by_lot ON public.technical_outcomes USING btree (lot_id, bid_id);

CREATE INDEX tender_roles_by_person ON public.tender_roles USING btree (person_id, tender_id);

CREATE UNIQUE INDEX tenders_are_known_with_their_buyer ON public.tenders USING btree (id, buyer_id);

CREATE INDEX tenders_by_buyer ON public.tenders USING btree (buyer_id, created_at, id);

CREATE INDEX tenders_by_framework ON public.tenders USING btree (framework_id, published_at, id) WHERE (framework_id IS NOT NULL);

CREATE INDEX tenders_by_publication ON public.tenders USING btree (published_at, id) WHERE (published_at IS NOT NULL);

CREATE INDEX trainings_by_tender ON public.trainings USING btree (tender_id, person_id);

CREATE INDEX webhook_deliveries_in_order ON public.webhook_deliveries USING btree (webhook_id, made_at, id);

CREATE INDEX webhook_deliveries_under_way ON public.webhook_deliveries USING btree (next_attempt_at) WHERE (next_attempt_at IS NOT NULL);

CREATE INDEX webhooks_of_an_organisation ON public.webhooks USING btree (organisation_id);

CREATE CONSTRAINT TRIGGER consensus_scores_stay_behind_a_lock AFTER INSERT OR UPDATE ON public.consensus_scores NOT DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION public.refuse_score_behind_a_lock();

CREATE TRIGGER criterion_locks_wait_for_scores BEFORE INSERT ON public.criterion_locks FOR EACH ROW EXECUTE FUNCTION public.wait_for_scores_on_their_way();

CREATE TRIGGER documents_keep_no_retry_key BEFORE INSERT ON public.documents FOR EACH ROW WHEN ((new.retry_key !~~ '"%'::text)) EXECUTE FUNCTION public.hide_retry_key();

CREATE TRIGGER events_that_make_public_ask_for_a_release AFTER INSERT ON public.events FOR EACH ROW WHEN ((new.kind = ANY (ARRAY['tender.published'::text, 'corrigendum.issued'::text, 'lots.cancelled'::text, 'award-notice.published'::text, 'award.annulled'::text, 'contract.signed'::text]))) EXECUTE FUNCTION public.ask_for_release();

CREATE TRIGGER idempotency_keys_are_not_kept BEFORE INSERT ON public.idempotency_keys FOR EACH ROW WHEN ((new.key !~~ '"%'::text)) EXECUTE FUNCTION public.hide_retry_key();

CREATE CONSTRAINT TRIGGER panel_scores_stay_behind_a_lock AFTER INSERT OR UPDATE ON public.panel_scores NOT DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION public.refuse_score_behind_a_lock();

CREATE TRIGGER performance_notices_ask_for_a_release AFTER INSERT ON public.events FOR EACH ROW WHEN ((new.kind = 'performance-notice.published'::text)) EXECUTE FUNCTION public.ask_for_release();

CREATE TRIGGER shreddings_destroy_opening_papers AFTER INSERT ON public.shreddings FOR EACH ROW EXECUTE FUNCTION public.destroy_opening_papers();

CREATE TRIGGER tender_keys_stay_once_published BEFORE UPDATE ON public.tender_keys FOR EACH ROW EXECUTE FUNCTION public.keep_published_key();

CREATE TRIGGER tg_pgqueuer_changed AFTER INSERT OR DELETE OR UPDATE OR TRUNCATE ON public.pgqueuer FOR EACH STATEMENT EXECUTE FUNCTION public.fn_pgqueuer_changed();

ALTER TABLE ONLY public.abnormally_low_assessments
    ADD CONSTRAINT abnormally_low_assessments_are_made_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.abnormally_low_assessments
    ADD CONSTRAINT abnormally_low_assessments_are_of_an_opened_bid FOREIGN KEY (bid_id) REFERENCES public.opened_bids(bid_id);

ALTER TABLE ONLY public.abnormally_low_assessments
    ADD CONSTRAINT abnormally_low_assessments_follow_a_request FOREIGN KEY (clarification_id) REFERENCES public.clarifications(id);

ALTER TABLE ONLY public.abnormally_low_decisions
    ADD CONSTRAINT abnormally_low_decisions_are_made_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.abnormally_low_decisions
    ADD CONSTRAINT abnormally_low_decisions_follow_an_assessment FOREIGN KEY (bid_id, assessment) REFERENCES public.abnormally_low_assessments(bid_id, number);

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_belong_to_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.award_annulments
    ADD CONSTRAINT award_annulments_are_of_an_award FOREIGN KEY (lot_id, number) REFERENCES public.award_decisions(lot_id, number);

ALTER TABLE ONLY public.award_annulments
    ADD CONSTRAINT award_annulments_are_recorded_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.award_decisions
    ADD CONSTRAINT award_decisions_are_made_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.award_decisions
    ADD CONSTRAINT award_decisions_are_of_a_lot FOREIGN KEY (lot_id) REFERENCES public.lots(id);

ALTER TABLE ONLY public.award_decisions
    ADD CONSTRAINT award_decisions_follow_a_recommendation FOREIGN KEY (lot_id, recommendation_number) REFERENCES public.recommendations(lot_id, number);

ALTER TABLE ONLY public.award_decisions
    ADD CONSTRAINT award_decisions_follow_an_evaluation FOREIGN KEY (evaluation_id) REFERENCES public.evaluations(id);

ALTER TABLE ONLY public.award_decisions
    ADD CONSTRAINT award_decisions_go_to_a_bid FOREIGN KEY (bid_id) REFERENCES public.bids(id);

ALTER TABLE ONLY public.award_notices
    ADD CONSTRAINT award_notices_are_recorded_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.award_notices
    ADD CONSTRAINT award_notices_follow_an_award FOREIGN KEY (lot_id, award_number) REFERENCES public.award_decisions(lot_id, number);

ALTER TABLE ONLY public.awards
    ADD CONSTRAINT awards_are_decided_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.awards
    ADD CONSTRAINT awards_follow_an_evaluation FOREIGN KEY (evaluation_id) REFERENCES public.evaluations(id);

ALTER TABLE ONLY public.awards
    ADD CONSTRAINT awards_go_to_a_bid FOREIGN KEY (bid_id) REFERENCES public.bids(id);

ALTER TABLE ONLY public.awards
    ADD CONSTRAINT awards_lot_id_fkey FOREIGN KEY (lot_id) REFERENCES public.lots(id);

ALTER TABLE ONLY public.bid_documents
    ADD CONSTRAINT bid_documents_are_documents FOREIGN KEY (document_id) REFERENCES public.documents(id);

ALTER TABLE ONLY public.bid_documents
    ADD CONSTRAINT bid_documents_are_of_a_version FOREIGN KEY (bid_id, version) REFERENCES public.bid_versions(bid_id, version) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.bid_envelopes
    ADD CONSTRAINT bid_envelopes_are_of_a_version FOREIGN KEY (bid_id, version) REFERENCES public.bid_versions(bid_id, version);

ALTER TABLE ONLY public.bid_parties
    ADD CONSTRAINT bid_parties_stand_behind_an_opened_bid FOREIGN KEY (bid_id) REFERENCES public.opened_bids(bid_id);

ALTER TABLE ONLY public.bid_states
    ADD CONSTRAINT bid_states_are_decided_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.bid_states
    ADD CONSTRAINT bid_states_are_of_an_opened_bid FOREIGN KEY (bid_id) REFERENCES public.opened_bids(bid_id);

ALTER TABLE ONLY public.bid_versions
    ADD CONSTRAINT bid_versions_are_of_a_bid FOREIGN KEY (bid_id) REFERENCES public.bids(id);

ALTER TABLE ONLY public.bid_versions
    ADD CONSTRAINT bid_versions_are_sent_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.bids
    ADD CONSTRAINT bids_are_for_a_lot FOREIGN KEY (lot_id) REFERENCES public.lots(id);

ALTER TABLE ONLY public.bids
    ADD CONSTRAINT bids_are_of_a_supplier FOREIGN KEY (supplier_id) REFERENCES public.organisations(id);

ALTER TABLE ONLY public.cancellations
    ADD CONSTRAINT cancellations_are_decided_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.cancellations
    ADD CONSTRAINT cancellations_are_of_a_lot FOREIGN KEY (lot_id) REFERENCES public.lots(id);

ALTER TABLE ONLY public.clarification_answers
    ADD CONSTRAINT clarification_answers_are_given_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.clarification_answers
    ADD CONSTRAINT clarification_answers_follow_a_question FOREIGN KEY (clarification_id) REFERENCES public.clarifications(id);

ALTER TABLE ONLY public.clarifications
    ADD CONSTRAINT clarifications_are_asked_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.clarifications
    ADD CONSTRAINT clarifications_are_of_an_opened_bid FOREIGN KEY (bid_id) REFERENCES public.opened_bids(bid_id);

ALTER TABLE ONLY public.clarifications
    ADD CONSTRAINT clarifications_touch_a_known_document FOREIGN KEY (document_id) REFERENCES public.documents(id);

ALTER TABLE ONLY public.consensus_locks
    ADD CONSTRAINT consensus_locks_are_set_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.consensus_locks
    ADD CONSTRAINT consensus_locks_lot_id_fkey FOREIGN KEY (lot_id) REFERENCES public.lots(id);

ALTER TABLE ONLY public.consensus_scores
    ADD CONSTRAINT consensus_scores_are_for_an_opened_bid FOREIGN KEY (bid_id) REFERENCES public.opened_bids(bid_id);

ALTER TABLE ONLY public.consensus_scores
    ADD CONSTRAINT consensus_scores_are_recorded_by_a_moderator FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.consensus_scores
    ADD CONSTRAINT consensus_scores_may_come_from_a_meeting FOREIGN KEY (meeting_id) REFERENCES public.meetings(id) NOT VALID;

ALTER TABLE ONLY public.contract_reminders
    ADD CONSTRAINT contract_reminders_follow_a_plan FOREIGN KEY (lot_id, award_number) REFERENCES public.monitoring_plans(lot_id, award_number);

ALTER TABLE ONLY public.contracts
    ADD CONSTRAINT contracts_are_recorded_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.contracts
    ADD CONSTRAINT contracts_follow_an_award FOREIGN KEY (lot_id, award_number) REFERENCES public.award_decisions(lot_id, number);

ALTER TABLE ONLY public.correction_decisions
    ADD CONSTRAINT correction_decisions_are_about_a_correction FOREIGN KEY (clarification_id, proposer_id) REFERENCES public.corrections(clarification_id, person_id);

ALTER TABLE ONLY public.correction_decisions
    ADD CONSTRAINT correction_decisions_are_made_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.corrections
    ADD CONSTRAINT corrections_are_of_an_opened_bid FOREIGN KEY (bid_id) REFERENCES public.opened_bids(bid_id);

ALTER TABLE ONLY public.corrections
    ADD CONSTRAINT corrections_are_proposed_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.corrections
    ADD CONSTRAINT corrections_follow_an_answer FOREIGN KEY (clarification_id) REFERENCES public.clarification_answers(clarification_id);

ALTER TABLE ONLY public.corrigenda
    ADD CONSTRAINT corrigenda_are_issued_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.corrigenda
    ADD CONSTRAINT corrigenda_belong_to_a_tender FOREIGN KEY (tender_id) REFERENCES public.tenders(id);

ALTER TABLE ONLY public.corrigendum_decisions
    ADD CONSTRAINT corrigendum_decisions_are_about_a_proposal FOREIGN KEY (tender_id, number, proposer_id) REFERENCES public.corrigendum_proposals(tender_id, number, person_id);

ALTER TABLE ONLY public.corrigendum_decisions
    ADD CONSTRAINT corrigendum_decisions_are_made_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.corrigendum_proposals
    ADD CONSTRAINT corrigendum_proposals_are_for_a_tender FOREIGN KEY (tender_id) REFERENCES public.tenders(id);

ALTER TABLE ONLY public.corrigendum_proposals
    ADD CONSTRAINT corrigendum_proposals_are_made_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.criterion_locks
    ADD CONSTRAINT criterion_locks_are_of_a_lot FOREIGN KEY (lot_id) REFERENCES public.lots(id);

ALTER TABLE ONLY public.criterion_locks
    ADD CONSTRAINT criterion_locks_are_set_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.criterion_unlocks
    ADD CONSTRAINT criterion_unlocks_are_approved_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.criterion_unlocks
    ADD CONSTRAINT criterion_unlocks_lift_a_lock FOREIGN KEY (lot_id, criterion_id, number) REFERENCES public.criterion_locks(lot_id, criterion_id, number);

ALTER TABLE ONLY public.declaration_decisions
    ADD CONSTRAINT declaration_decisions_are_of_a_person FOREIGN KEY (decided_by) REFERENCES public.people(id);

ALTER TABLE ONLY public.declaration_decisions
    ADD CONSTRAINT declaration_decisions_concern_a_declaration FOREIGN KEY (tender_id, person_id, number) REFERENCES public.declarations(tender_id, person_id, number);

ALTER TABLE ONLY public.declarations
    ADD CONSTRAINT declarations_are_for_a_tender FOREIGN KEY (tender_id) REFERENCES public.tenders(id);

ALTER TABLE ONLY public.declarations
    ADD CONSTRAINT declarations_are_of_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.deliveries
    ADD CONSTRAINT deliveries_are_reported_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.deliveries
    ADD CONSTRAINT deliveries_fulfil_an_obligation FOREIGN KEY (obligation_id) REFERENCES public.obligations(id);

ALTER TABLE ONLY public.delivery_decisions
    ADD CONSTRAINT delivery_decisions_are_about_a_delivery FOREIGN KEY (delivery_id) REFERENCES public.deliveries(id);

ALTER TABLE ONLY public.delivery_decisions
    ADD CONSTRAINT delivery_decisions_are_taken_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.delivery_evidence
    ADD CONSTRAINT delivery_evidence_is_of_a_delivery FOREIGN KEY (delivery_id) REFERENCES public.deliveries(id);

ALTER TABLE ONLY public.delivery_evidence
    ADD CONSTRAINT delivery_evidence_is_sent_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.delivery_evidence
    ADD CONSTRAINT delivery_evidence_lies_somewhere FOREIGN KEY (object_id) REFERENCES public.spend_objects(id);

ALTER TABLE ONLY public.document_chunks
    ADD CONSTRAINT document_chunks_are_of_an_upload FOREIGN KEY (upload_id) REFERENCES public.document_uploads(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.documents
    ADD CONSTRAINT documents_are_for_a_lot FOREIGN KEY (lot_id) REFERENCES public.lots(id);

ALTER TABLE ONLY public.documents
    ADD CONSTRAINT documents_are_of_a_supplier FOREIGN KEY (supplier_id) REFERENCES public.organisations(id);

ALTER TABLE ONLY public.documents
    ADD CONSTRAINT documents_are_sent_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.documents
    ADD CONSTRAINT documents_come_from_an_upload FOREIGN KEY (upload_id) REFERENCES public.document_uploads(id);

ALTER TABLE ONLY public.drawn_lots
    ADD CONSTRAINT drawn_lots_are_of_a_lot FOREIGN KEY (lot_id) REFERENCES public.lots(id);

ALTER TABLE ONLY public.drawn_lots
    ADD CONSTRAINT drawn_lots_are_revealed_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.evaluation_verifications
    ADD CONSTRAINT evaluation_verifications_are_asked_for_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.evaluation_verifications
    ADD CONSTRAINT evaluation_verifications_are_of_a_run FOREIGN KEY (evaluation_id) REFERENCES public.evaluations(id);

ALTER TABLE ONLY public.evaluations
    ADD CONSTRAINT evaluations_are_of_a_lot FOREIGN KEY (lot_id) REFERENCES public.lots(id);

ALTER TABLE ONLY public.evaluations
    ADD CONSTRAINT evaluations_are_run_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_belong_to_a_log FOREIGN KEY (log_id) REFERENCES public.log_heads(log_id);

ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_name_a_known_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.framework_places
    ADD CONSTRAINT framework_places_are_decided_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.framework_places
    ADD CONSTRAINT framework_places_follow_an_award FOREIGN KEY (lot_id, award_number) REFERENCES public.award_decisions(lot_id, number);

ALTER TABLE ONLY public.framework_places
    ADD CONSTRAINT framework_places_go_to_a_bid FOREIGN KEY (bid_id) REFERENCES public.bids(id);

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_answer_with_a_receipt FOREIGN KEY (bid_id, version) REFERENCES public.bid_versions(bid_id, version);

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_are_a_clients_own FOREIGN KEY (organisation_id) REFERENCES public.organisations(id);

ALTER TABLE ONLY public.identities
    ADD CONSTRAINT identities_are_keys FOREIGN KEY (key_id) REFERENCES public.api_keys(id);

ALTER TABLE ONLY public.identities
    ADD CONSTRAINT identities_are_known_to_a_provider FOREIGN KEY (provider_id) REFERENCES public.identity_providers(id);

ALTER TABLE ONLY public.identity_providers
    ADD CONSTRAINT identity_providers_belong_to_an_organisation FOREIGN KEY (organisation_id) REFERENCES public.organisations(id);

ALTER TABLE ONLY public.imported_chunks
    ADD CONSTRAINT imported_chunks_belong_to_an_import FOREIGN KEY (import_id) REFERENCES public.imported_tenders(id);

ALTER TABLE ONLY public.imported_tenders
    ADD CONSTRAINT imported_tenders_are_brought_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.legal_holds
    ADD CONSTRAINT legal_holds_are_decided_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.legal_holds
    ADD CONSTRAINT legal_holds_are_of_a_tender FOREIGN KEY (tender_id) REFERENCES public.tenders(id);

ALTER TABLE ONLY public.letter_redactions
    ADD CONSTRAINT letter_redactions_are_about_a_bid FOREIGN KEY (bid_id) REFERENCES public.bids(id);

ALTER TABLE ONLY public.letter_redactions
    ADD CONSTRAINT letter_redactions_are_decided_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.letter_redactions
    ADD CONSTRAINT letter_redactions_are_of_a_lot FOREIGN KEY (lot_id) REFERENCES public.lots(id);

ALTER TABLE ONLY public.letter_texts
    ADD CONSTRAINT letter_texts_are_about_a_bid FOREIGN KEY (bid_id) REFERENCES public.bids(id);

ALTER TABLE ONLY public.letter_texts
    ADD CONSTRAINT letter_texts_are_given_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.letter_texts
    ADD CONSTRAINT letter_texts_are_of_a_lot FOREIGN KEY (lot_id) REFERENCES public.lots(id);

ALTER TABLE ONLY public.lots
    ADD CONSTRAINT lots_belong_to_a_tender FOREIGN KEY (tender_id) REFERENCES public.tenders(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.meeting_items
    ADD CONSTRAINT meeting_items_agree_a_score FOREIGN KEY (bid_id, criterion_id, version) REFERENCES public.consensus_scores(bid_id, criterion_id, version);

ALTER TABLE ONLY public.meeting_items
    ADD CONSTRAINT meeting_items_are_of_a_meeting FOREIGN KEY (meeting_id) REFERENCES public.meetings(id);

ALTER TABLE ONLY public.meetings
    ADD CONSTRAINT meetings_are_about_a_lot FOREIGN KEY (lot_id) REFERENCES public.lots(id);

ALTER TABLE ONLY public.meetings
    ADD CONSTRAINT meetings_are_chaired_by_a_person FOREIGN KEY (chair_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.monitoring_plans
    ADD CONSTRAINT monitoring_plans_are_made_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.monitoring_plans
    ADD CONSTRAINT monitoring_plans_are_of_a_bid FOREIGN KEY (bid_id) REFERENCES public.bids(id);

ALTER TABLE ONLY public.monitoring_plans
    ADD CONSTRAINT monitoring_plans_follow_a_contract FOREIGN KEY (lot_id, award_number) REFERENCES public.contracts(lot_id, award_number);

ALTER TABLE ONLY public.news
    ADD CONSTRAINT news_are_for_a_known_organisation FOREIGN KEY (organisation_id) REFERENCES public.organisations(id);

ALTER TABLE ONLY public.obligation_terms
    ADD CONSTRAINT obligation_terms_are_of_an_obligation FOREIGN KEY (obligation_id) REFERENCES public.obligations(id);

ALTER TABLE ONLY public.obligation_terms
    ADD CONSTRAINT obligation_terms_are_set_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.obligations
    ADD CONSTRAINT obligations_are_promised_by_a_bid FOREIGN KEY (bid_id) REFERENCES public.bids(id);

ALTER TABLE ONLY public.obligations
    ADD CONSTRAINT obligations_follow_a_plan FOREIGN KEY (lot_id, award_number) REFERENCES public.monitoring_plans(lot_id, award_number);

ALTER TABLE ONLY public.ocds_releases
    ADD CONSTRAINT ocds_releases_are_of_a_tender FOREIGN KEY (tender_id) REFERENCES public.tenders(id);

ALTER TABLE ONLY public.officer_keys
    ADD CONSTRAINT officer_keys_belong_to_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.opened_bids
    ADD CONSTRAINT opened_bids_are_bids FOREIGN KEY (bid_id) REFERENCES public.bids(id);

ALTER TABLE ONLY public.opened_bids
    ADD CONSTRAINT opened_bids_are_for_a_lot FOREIGN KEY (lot_id) REFERENCES public.lots(id);

ALTER TABLE ONLY public.opened_documents
    ADD CONSTRAINT opened_documents_are_documents FOREIGN KEY (document_id) REFERENCES public.documents(id);

ALTER TABLE ONLY public.opened_documents
    ADD CONSTRAINT opened_documents_are_named_by_a_bid FOREIGN KEY (bid_id) REFERENCES public.bids(id);

ALTER TABLE ONLY public.opened_prices
    ADD CONSTRAINT opened_prices_are_for_a_lot FOREIGN KEY (lot_id) REFERENCES public.lots(id);

ALTER TABLE ONLY public.opened_prices
    ADD CONSTRAINT opened_prices_bid_id_fkey FOREIGN KEY (bid_id) REFERENCES public.technical_outcomes(bid_id);

ALTER TABLE ONLY public.opening_acts
    ADD CONSTRAINT opening_acts_are_for_a_lot FOREIGN KEY (lot_id) REFERENCES public.lots(id);

ALTER TABLE ONLY public.opening_acts
    ADD CONSTRAINT opening_acts_are_of_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.own_catalogues
    ADD CONSTRAINT own_catalogues_are_a_buyers FOREIGN KEY (buyer_id) REFERENCES public.organisations(id);

ALTER TABLE ONLY public.own_catalogues
    ADD CONSTRAINT own_catalogues_are_sent_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.panel_scores
    ADD CONSTRAINT panel_scores_are_for_an_opened_bid FOREIGN KEY (bid_id) REFERENCES public.opened_bids(bid_id);

ALTER TABLE ONLY public.panel_scores
    ADD CONSTRAINT panel_scores_are_of_an_evaluator FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.panels
    ADD CONSTRAINT panels_are_chaired_by_a_person FOREIGN KEY (chair_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.panels
    ADD CONSTRAINT panels_are_of_a_lot FOREIGN KEY (lot_id) REFERENCES public.lots(id);

ALTER TABLE ONLY public.panels
    ADD CONSTRAINT panels_are_set_by_a_person FOREIGN KEY (set_by) REFERENCES public.people(id);

ALTER TABLE ONLY public.paper_files
    ADD CONSTRAINT paper_files_are_of_a_paper FOREIGN KEY (paper_id) REFERENCES public.papers(id);

ALTER TABLE ONLY public.papers
    ADD CONSTRAINT papers_are_of_a_tender FOREIGN KEY (tender_id) REFERENCES public.tenders(id);

ALTER TABLE ONLY public.people
    ADD CONSTRAINT people_belong_to_an_organisation FOREIGN KEY (organisation_id) REFERENCES public.organisations(id);

ALTER TABLE ONLY public.performance_assessments
    ADD CONSTRAINT performance_assessments_are_made_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.performance_assessments
    ADD CONSTRAINT performance_assessments_follow_a_plan FOREIGN KEY (lot_id, award_number) REFERENCES public.monitoring_plans(lot_id, award_number);

ALTER TABLE ONLY public.performance_failures
    ADD CONSTRAINT performance_failures_are_recorded_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.performance_failures
    ADD CONSTRAINT performance_failures_follow_a_plan FOREIGN KEY (lot_id, award_number) REFERENCES public.monitoring_plans(lot_id, award_number);

ALTER TABLE ONLY public.performance_notices
    ADD CONSTRAINT performance_notices_are_recorded_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.performance_notices
    ADD CONSTRAINT performance_notices_follow_a_plan FOREIGN KEY (lot_id, award_number) REFERENCES public.monitoring_plans(lot_id, award_number);

ALTER TABLE ONLY public.price_opening_acts
    ADD CONSTRAINT price_opening_acts_are_of_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.price_opening_acts
    ADD CONSTRAINT price_opening_acts_follow_a_lock FOREIGN KEY (lot_id) REFERENCES public.consensus_locks(lot_id);

ALTER TABLE ONLY public.question_answers
    ADD CONSTRAINT question_answers_are_given_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.question_answers
    ADD CONSTRAINT question_answers_follow_a_question FOREIGN KEY (tender_id, number) REFERENCES public.questions(tender_id, number);

ALTER TABLE ONLY public.questions
    ADD CONSTRAINT questions_are_about_a_tender FOREIGN KEY (tender_id) REFERENCES public.tenders(id);

ALTER TABLE ONLY public.questions
    ADD CONSTRAINT questions_are_asked_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.questions
    ADD CONSTRAINT questions_are_asked_by_a_supplier FOREIGN KEY (supplier_id) REFERENCES public.organisations(id);

ALTER TABLE ONLY public.recommendation_rejections
    ADD CONSTRAINT recommendation_rejections_are_decided_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.recommendation_rejections
    ADD CONSTRAINT recommendation_rejections_are_of_a_recommendation FOREIGN KEY (lot_id, number) REFERENCES public.recommendations(lot_id, number);

ALTER TABLE ONLY public.recommendations
    ADD CONSTRAINT recommendations_are_for_a_bid FOREIGN KEY (bid_id) REFERENCES public.bids(id);

ALTER TABLE ONLY public.recommendations
    ADD CONSTRAINT recommendations_are_made_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.recommendations
    ADD CONSTRAINT recommendations_are_of_a_lot FOREIGN KEY (lot_id) REFERENCES public.lots(id);

ALTER TABLE ONLY public.recommendations
    ADD CONSTRAINT recommendations_follow_an_evaluation FOREIGN KEY (evaluation_id) REFERENCES public.evaluations(id);

ALTER TABLE ONLY public.record_file_contents
    ADD CONSTRAINT record_file_contents_were_asked_for FOREIGN KEY (record_file_id) REFERENCES public.record_files(id);

ALTER TABLE ONLY public.record_files
    ADD CONSTRAINT record_files_are_asked_for_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.record_files
    ADD CONSTRAINT record_files_are_of_a_tender FOREIGN KEY (tender_id) REFERENCES public.tenders(id);

ALTER TABLE ONLY public.remedies
    ADD CONSTRAINT remedies_are_for_an_obligation FOREIGN KEY (obligation_id) REFERENCES public.obligations(id);

ALTER TABLE ONLY public.remedies
    ADD CONSTRAINT remedies_are_taken_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.report_parts
    ADD CONSTRAINT report_parts_are_of_a_tender FOREIGN KEY (tender_id) REFERENCES public.tenders(id);

ALTER TABLE ONLY public.report_texts
    ADD CONSTRAINT report_texts_are_given_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.report_texts
    ADD CONSTRAINT report_texts_are_of_a_tender FOREIGN KEY (tender_id) REFERENCES public.tenders(id);

ALTER TABLE ONLY public.reports
    ADD CONSTRAINT reports_are_of_an_evaluation FOREIGN KEY (evaluation_id) REFERENCES public.evaluations(id);

ALTER TABLE ONLY public.retention_periods
    ADD CONSTRAINT retention_periods_are_of_a_tender FOREIGN KEY (tender_id) REFERENCES public.tenders(id);

ALTER TABLE ONLY public.retention_periods
    ADD CONSTRAINT retention_periods_are_set_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.score_drafts
    ADD CONSTRAINT score_drafts_are_for_an_opened_bid FOREIGN KEY (bid_id) REFERENCES public.opened_bids(bid_id);

ALTER TABLE ONLY public.score_drafts
    ADD CONSTRAINT score_drafts_are_of_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.sealed_envelopes
    ADD CONSTRAINT sealed_envelopes_are_of_a_version FOREIGN KEY (bid_id, version) REFERENCES public.bid_versions(bid_id, version);

ALTER TABLE ONLY public.seat_endings
    ADD CONSTRAINT seat_endings_are_of_a_person FOREIGN KEY (ended_by) REFERENCES public.people(id);

ALTER TABLE ONLY public.seat_endings
    ADD CONSTRAINT seat_endings_seat_id_fkey FOREIGN KEY (seat_id) REFERENCES public.seats(id);

ALTER TABLE ONLY public.seats
    ADD CONSTRAINT seats_are_for_a_lot FOREIGN KEY (lot_id) REFERENCES public.lots(id);

ALTER TABLE ONLY public.seats
    ADD CONSTRAINT seats_are_given_by_a_person FOREIGN KEY (seated_by) REFERENCES public.people(id);

ALTER TABLE ONLY public.seats
    ADD CONSTRAINT seats_are_of_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.selection_decisions
    ADD CONSTRAINT selection_decisions_are_about_an_opened_bid FOREIGN KEY (bid_id) REFERENCES public.opened_bids(bid_id);

ALTER TABLE ONLY public.selection_decisions
    ADD CONSTRAINT selection_decisions_are_made_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.sent_letters
    ADD CONSTRAINT sent_letters_are_sent_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.sent_letters
    ADD CONSTRAINT sent_letters_are_to_a_bidder FOREIGN KEY (bid_id) REFERENCES public.bids(id);

ALTER TABLE ONLY public.sent_letters
    ADD CONSTRAINT sent_letters_follow_an_award FOREIGN KEY (lot_id, award_number) REFERENCES public.award_decisions(lot_id, number);

ALTER TABLE ONLY public.share_relays
    ADD CONSTRAINT share_relays_are_for_a_lot FOREIGN KEY (lot_id) REFERENCES public.lots(id);

ALTER TABLE ONLY public.share_relays
    ADD CONSTRAINT share_relays_come_from_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.share_relays
    ADD CONSTRAINT share_relays_go_to_a_person FOREIGN KEY (recipient_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.shredding_acts
    ADD CONSTRAINT shredding_acts_are_of_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.shredding_acts
    ADD CONSTRAINT shredding_acts_concern_a_tender FOREIGN KEY (tender_id) REFERENCES public.tenders(id);

ALTER TABLE ONLY public.shreddings
    ADD CONSTRAINT shreddings_are_done_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.shreddings
    ADD CONSTRAINT shreddings_are_of_a_tender FOREIGN KEY (tender_id) REFERENCES public.tenders(id);

ALTER TABLE ONLY public.simulations
    ADD CONSTRAINT simulations_are_of_a_tender FOREIGN KEY (tender_id) REFERENCES public.tenders(id);

ALTER TABLE ONLY public.simulations
    ADD CONSTRAINT simulations_are_run_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.spend_analyses
    ADD CONSTRAINT spend_analyses_are_a_buyers FOREIGN KEY (buyer_id) REFERENCES public.organisations(id);

ALTER TABLE ONLY public.spend_analyses
    ADD CONSTRAINT spend_analyses_are_asked_for_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.spend_answers
    ADD CONSTRAINT spend_answers_are_a_buyers FOREIGN KEY (buyer_id) REFERENCES public.organisations(id);

ALTER TABLE ONLY public.spend_answers
    ADD CONSTRAINT spend_answers_are_given_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.spend_chunks
    ADD CONSTRAINT spend_chunks_are_of_an_object FOREIGN KEY (object_id) REFERENCES public.spend_objects(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.spend_files
    ADD CONSTRAINT spend_files_are_a_buyers FOREIGN KEY (buyer_id) REFERENCES public.organisations(id);

ALTER TABLE ONLY public.spend_files
    ADD CONSTRAINT spend_files_are_sent_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.spend_files
    ADD CONSTRAINT spend_files_lie_somewhere FOREIGN KEY (object_id) REFERENCES public.spend_objects(id);

ALTER TABLE ONLY public.spend_findings
    ADD CONSTRAINT spend_findings_are_linked_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.spend_findings
    ADD CONSTRAINT spend_findings_are_of_an_analysis FOREIGN KEY (analysis_id) REFERENCES public.spend_analyses(id);

ALTER TABLE ONLY public.spend_findings
    ADD CONSTRAINT spend_findings_speak_for_a_tender FOREIGN KEY (tender_id) REFERENCES public.tenders(id);

ALTER TABLE ONLY public.spend_imports
    ADD CONSTRAINT spend_imports_follow_a_mapping FOREIGN KEY (file_id, version) REFERENCES public.spend_mappings(file_id, version) ON DELETE CASCADE;

ALTER TABLE ONLY public.spend_imports
    ADD CONSTRAINT spend_imports_keep_their_lines FOREIGN KEY (lines_id) REFERENCES public.spend_objects(id);

ALTER TABLE ONLY public.spend_imports
    ADD CONSTRAINT spend_imports_keep_their_list FOREIGN KEY (left_out_id) REFERENCES public.spend_objects(id);

ALTER TABLE ONLY public.spend_mappings
    ADD CONSTRAINT spend_mappings_are_confirmed_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.spend_mappings
    ADD CONSTRAINT spend_mappings_are_of_a_file FOREIGN KEY (file_id) REFERENCES public.spend_files(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.spend_report_files
    ADD CONSTRAINT spend_report_files_are_of_an_analysis FOREIGN KEY (analysis_id) REFERENCES public.spend_analyses(id);

ALTER TABLE ONLY public.spend_reports
    ADD CONSTRAINT spend_reports_are_of_an_analysis FOREIGN KEY (analysis_id) REFERENCES public.spend_analyses(id);

ALTER TABLE ONLY public.spend_results
    ADD CONSTRAINT spend_results_keep_their_list FOREIGN KEY (left_out_id) REFERENCES public.spend_objects(id);

ALTER TABLE ONLY public.spend_results
    ADD CONSTRAINT spend_results_were_asked_for FOREIGN KEY (analysis_id) REFERENCES public.spend_analyses(id);

ALTER TABLE ONLY public.standstills
    ADD CONSTRAINT standstills_follow_an_award FOREIGN KEY (lot_id, award_number) REFERENCES public.award_decisions(lot_id, number);

ALTER TABLE ONLY public.technical_outcomes
    ADD CONSTRAINT technical_outcomes_bid_id_fkey FOREIGN KEY (bid_id) REFERENCES public.opened_bids(bid_id);

ALTER TABLE ONLY public.technical_outcomes
    ADD CONSTRAINT technical_outcomes_follow_a_lock FOREIGN KEY (lot_id) REFERENCES public.consensus_locks(lot_id);

ALTER TABLE ONLY public.tender_key_shares
    ADD CONSTRAINT tender_key_shares_are_held_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.tender_key_shares
    ADD CONSTRAINT tender_key_shares_are_of_a_key FOREIGN KEY (tender_id) REFERENCES public.tender_keys(tender_id);

ALTER TABLE ONLY public.tender_keys
    ADD CONSTRAINT tender_keys_are_of_a_tender FOREIGN KEY (tender_id) REFERENCES public.tenders(id);

ALTER TABLE ONLY public.tender_measures
    ADD CONSTRAINT tender_measures_are_of_a_tender FOREIGN KEY (tender_id) REFERENCES public.tenders(id);

ALTER TABLE ONLY public.tender_requirements
    ADD CONSTRAINT tender_requirements_are_written_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.tender_requirements
    ADD CONSTRAINT tender_requirements_belong_to_a_tender FOREIGN KEY (tender_id) REFERENCES public.tenders(id);

ALTER TABLE ONLY public.tender_roles
    ADD CONSTRAINT tender_roles_are_held_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.tender_roles
    ADD CONSTRAINT tender_roles_are_held_in_a_tender FOREIGN KEY (tender_id) REFERENCES public.tenders(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.tenders
    ADD CONSTRAINT tenders_belong_to_a_buyer FOREIGN KEY (buyer_id) REFERENCES public.organisations(id);

ALTER TABLE ONLY public.tenders
    ADD CONSTRAINT tenders_call_off_from_a_tender_of_their_buyer FOREIGN KEY (framework_id, buyer_id) REFERENCES public.tenders(id, buyer_id) NOT VALID;

ALTER TABLE ONLY public.tenders
    ADD CONSTRAINT tenders_have_an_author FOREIGN KEY (author_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.trainings
    ADD CONSTRAINT trainings_are_for_a_tender FOREIGN KEY (tender_id) REFERENCES public.tenders(id);

ALTER TABLE ONLY public.trainings
    ADD CONSTRAINT trainings_are_of_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.trainings
    ADD CONSTRAINT trainings_are_recorded_by_a_person FOREIGN KEY (recorded_by) REFERENCES public.people(id);

ALTER TABLE ONLY public.unopenable_documents
    ADD CONSTRAINT unopenable_documents_are_documents FOREIGN KEY (document_id) REFERENCES public.documents(id);

ALTER TABLE ONLY public.unopenable_documents
    ADD CONSTRAINT unopenable_documents_are_found_by_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.unopenable_findings
    ADD CONSTRAINT unopenable_findings_are_for_a_lot FOREIGN KEY (lot_id) REFERENCES public.lots(id);

ALTER TABLE ONLY public.unopenable_findings
    ADD CONSTRAINT unopenable_findings_are_of_a_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE ONLY public.unopenable_findings
    ADD CONSTRAINT unopenable_findings_concern_a_bid FOREIGN KEY (bid_id) REFERENCES public.bids(id);

ALTER TABLE ONLY public.webhook_attempts
    ADD CONSTRAINT webhook_attempts_are_of_a_known_delivery FOREIGN KEY (delivery_id) REFERENCES public.webhook_deliveries(id);

ALTER TABLE ONLY public.webhook_deliveries
    ADD CONSTRAINT webhook_deliveries_are_of_known_news FOREIGN KEY (news_id) REFERENCES public.news(id);

ALTER TABLE ONLY public.webhook_deliveries
    ADD CONSTRAINT webhook_deliveries_are_to_a_known_webhook FOREIGN KEY (webhook_id) REFERENCES public.webhooks(id);

ALTER TABLE ONLY public.webhooks
    ADD CONSTRAINT webhooks_are_of_a_known_organisation FOREIGN KEY (organisation_id) REFERENCES public.organisations(id);

ALTER TABLE ONLY public.webhooks
    ADD CONSTRAINT webhooks_read_as_a_known_person FOREIGN KEY (person_id) REFERENCES public.people(id);

ALTER TABLE public.abnormally_low_assessments ENABLE ROW LEVEL SECURITY;

CREATE POLICY abnormally_low_assessments_are_for_their_buyer ON public.abnormally_low_assessments USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (EXISTS ( SELECT
   FROM ((public.bids bid
     JOIN public.lots lot ON ((bid.lot_id = lot.id)))
     JOIN public.tenders tender ON ((lot.tender_id = tender.id)))
  WHERE ((bid.id = abnormally_low_assessments.bid_id) AND (tender.buyer_id = ( SELECT public.tenant() AS tenant)))))));

ALTER TABLE public.abnormally_low_decisions ENABLE ROW LEVEL SECURITY;

CREATE POLICY abnormally_low_decisions_are_for_their_buyer ON public.abnormally_low_decisions USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (EXISTS ( SELECT
   FROM ((public.bids bid
     JOIN public.lots lot ON ((bid.lot_id = lot.id)))
     JOIN public.tenders tender ON ((lot.tender_id = tender.id)))
  WHERE ((bid.id = abnormally_low_decisions.bid_id) AND (tender.buyer_id = ( SELECT public.tenant() AS tenant)))))));

ALTER TABLE public.bid_documents ENABLE ROW LEVEL SECURITY;

CREATE POLICY bid_documents_are_for_their_parties ON public.bid_documents USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (EXISTS ( SELECT
   FROM ((public.bids bid
     JOIN public.lots lot ON ((bid.lot_id = lot.id)))
     JOIN public.tenders tender ON ((lot.tender_id = tender.id)))
  WHERE ((bid.id = bid_documents.bid_id) AND ((tender.buyer_id = ( SELECT public.tenant() AS tenant)) OR (bid.supplier_id = ( SELECT public.tenant() AS tenant))))))));

ALTER TABLE public.bid_states ENABLE ROW LEVEL SECURITY;

CREATE POLICY bid_states_are_for_their_buyer ON public.bid_states USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (EXISTS ( SELECT
   FROM ((public.bids bid
     JOIN public.lots lot ON ((bid.lot_id = lot.id)))
     JOIN public.tenders tender ON ((lot.tender_id = tender.id)))
  WHERE ((bid.id = bid_states.bid_id) AND (tender.buyer_id = ( SELECT public.tenant() AS tenant)))))));

ALTER TABLE public.bid_versions ENABLE ROW LEVEL SECURITY;

CREATE POLICY bid_versions_are_for_their_parties ON public.bid_versions USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (EXISTS ( SELECT
   FROM ((public.bids bid
     JOIN public.lots lot ON ((bid.lot_id = lot.id)))
     JOIN public.tenders tender ON ((lot.tender_id = tender.id)))
  WHERE ((bid.id = bid_versions.bid_id) AND ((tender.buyer_id = ( SELECT public.tenant() AS tenant)) OR (bid.supplier_id = ( SELECT public.tenant() AS tenant))))))));

ALTER TABLE public.bids ENABLE ROW LEVEL SECURITY;

CREATE POLICY bids_are_for_their_parties ON public.bids USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (supplier_id = ( SELECT public.tenant() AS tenant)) OR (EXISTS ( SELECT
   FROM (public.lots lot
     JOIN public.tenders tender ON ((lot.tender_id = tender.id)))
  WHERE ((lot.id = bids.lot_id) AND (tender.buyer_id = ( SELECT public.tenant() AS tenant))))) OR (EXISTS ( SELECT
   FROM public.award_decisions award
  WHERE (award.bid_id = bids.id))) OR (EXISTS ( SELECT
   FROM public.framework_places place
  WHERE (place.bid_id = bids.id)))));

ALTER TABLE public.clarification_answers ENABLE ROW LEVEL SECURITY;

CREATE POLICY clarification_answers_are_for_their_parties ON public.clarification_answers USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (EXISTS ( SELECT
   FROM public.clarifications asked
  WHERE (asked.id = clarification_answers.clarification_id)))));

ALTER TABLE public.clarifications ENABLE ROW LEVEL SECURITY;

CREATE POLICY clarifications_are_for_their_parties ON public.clarifications USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (EXISTS ( SELECT
   FROM ((public.bids bid
     JOIN public.lots lot ON ((bid.lot_id = lot.id)))
     JOIN public.tenders tender ON ((lot.tender_id = tender.id)))
  WHERE ((bid.id = clarifications.bid_id) AND ((tender.buyer_id = ( SELECT public.tenant() AS tenant)) OR (bid.supplier_id = ( SELECT public.tenant() AS tenant))))))));

ALTER TABLE public.consensus_scores ENABLE ROW LEVEL SECURITY;

CREATE POLICY consensus_scores_are_for_their_buyer ON public.consensus_scores USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (EXISTS ( SELECT
   FROM ((public.bids bid
     JOIN public.lots lot ON ((bid.lot_id = lot.id)))
     JOIN public.tenders tender ON ((lot.tender_id = tender.id)))
  WHERE ((bid.id = consensus_scores.bid_id) AND (tender.buyer_id = ( SELECT public.tenant() AS tenant)))))));

ALTER TABLE public.contract_reminders ENABLE ROW LEVEL SECURITY;

CREATE POLICY contract_reminders_are_for_their_buyer ON public.contract_reminders USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (EXISTS ( SELECT
   FROM (public.lots lot
     JOIN public.tenders tender ON ((lot.tender_id = tender.id)))
  WHERE ((lot.id = contract_reminders.lot_id) AND (tender.buyer_id = ( SELECT public.tenant() AS tenant)))))));

ALTER TABLE public.deliveries ENABLE ROW LEVEL SECURITY;

CREATE POLICY deliveries_are_for_their_parties ON public.deliveries USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (EXISTS ( SELECT
   FROM public.obligations one
  WHERE (one.id = deliveries.obligation_id)))));

ALTER TABLE public.delivery_decisions ENABLE ROW LEVEL SECURITY;

CREATE POLICY delivery_decisions_are_for_their_parties ON public.delivery_decisions USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (EXISTS ( SELECT
   FROM public.deliveries one
  WHERE (one.id = delivery_decisions.delivery_id)))));

ALTER TABLE public.delivery_evidence ENABLE ROW LEVEL SECURITY;

CREATE POLICY delivery_evidence_are_for_their_parties ON public.delivery_evidence USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (EXISTS ( SELECT
   FROM public.deliveries one
  WHERE (one.id = delivery_evidence.delivery_id)))));

ALTER TABLE public.documents ENABLE ROW LEVEL SECURITY;

CREATE POLICY documents_are_for_their_parties ON public.documents USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (supplier_id = ( SELECT public.tenant() AS tenant)) OR (EXISTS ( SELECT
   FROM (public.lots lot
     JOIN public.tenders tender ON ((lot.tender_id = tender.id)))
  WHERE ((lot.id = documents.lot_id) AND (tender.buyer_id = ( SELECT public.tenant() AS tenant)))))));

ALTER TABLE public.evaluations ENABLE ROW LEVEL SECURITY;

CREATE POLICY evaluations_are_for_their_buyer ON public.evaluations USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (EXISTS ( SELECT
   FROM (public.lots lot
     JOIN public.tenders tender ON ((lot.tender_id = tender.id)))
  WHERE ((lot.id = evaluations.lot_id) AND (tender.buyer_id = ( SELECT public.tenant() AS tenant)))))));

ALTER TABLE public.events ENABLE ROW LEVEL SECURITY;

CREATE POLICY events_are_for_the_buyer_and_who_did_them ON public.events USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (EXISTS ( SELECT
   FROM public.tenders tender
  WHERE ((tender.id = events.log_id) AND (tender.buyer_id = ( SELECT public.tenant() AS tenant))))) OR ((data ->> 'supplier_id'::text) = (( SELECT public.tenant() AS tenant))::text) OR ((data ->> 'organisation_id'::text) = (( SELECT public.tenant() AS tenant))::text) OR (EXISTS ( SELECT
   FROM public.people person
  WHERE ((person.id = events.person_id) AND (person.organisation_id = ( SELECT public.tenant() AS tenant)))))));

ALTER TABLE public.letter_redactions ENABLE ROW LEVEL SECURITY;

CREATE POLICY letter_redactions_are_for_their_buyer ON public.letter_redactions USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (EXISTS ( SELECT
   FROM (public.lots lot
     JOIN public.tenders tender ON ((lot.tender_id = tender.id)))
  WHERE ((lot.id = letter_redactions.lot_id) AND (tender.buyer_id = ( SELECT public.tenant() AS tenant)))))));

ALTER TABLE public.letter_texts ENABLE ROW LEVEL SECURITY;

CREATE POLICY letter_texts_are_for_their_buyer ON public.letter_texts USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (EXISTS ( SELECT
   FROM (public.lots lot
     JOIN public.tenders tender ON ((lot.tender_id = tender.id)))
  WHERE ((lot.id = letter_texts.lot_id) AND (tender.buyer_id = ( SELECT public.tenant() AS tenant)))))));

ALTER TABLE public.meeting_items ENABLE ROW LEVEL SECURITY;

CREATE POLICY meeting_items_are_for_their_buyer ON public.meeting_items USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (EXISTS ( SELECT
   FROM public.meetings held
  WHERE (held.id = meeting_items.meeting_id)))));

ALTER TABLE public.meetings ENABLE ROW LEVEL SECURITY;

CREATE POLICY meetings_are_for_their_buyer ON public.meetings USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (EXISTS ( SELECT
   FROM (public.lots lot
     JOIN public.tenders tender ON ((lot.tender_id = tender.id)))
  WHERE ((lot.id = meetings.lot_id) AND (tender.buyer_id = ( SELECT public.tenant() AS tenant)))))));

ALTER TABLE public.monitoring_plans ENABLE ROW LEVEL SECURITY;

CREATE POLICY monitoring_plans_are_for_their_parties ON public.monitoring_plans USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (EXISTS ( SELECT
   FROM ((public.bids bid
     JOIN public.lots lot ON ((bid.lot_id = lot.id)))
     JOIN public.tenders tender ON ((lot.tender_id = tender.id)))
  WHERE ((bid.id = monitoring_plans.bid_id) AND ((tender.buyer_id = ( SELECT public.tenant() AS tenant)) OR (bid.supplier_id = ( SELECT public.tenant() AS tenant))))))));

ALTER TABLE public.news ENABLE ROW LEVEL SECURITY;

CREATE POLICY news_are_for_whom_they_are_told ON public.news USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (organisation_id IS NULL) OR (organisation_id = ( SELECT public.tenant() AS tenant))));

ALTER TABLE public.obligation_terms ENABLE ROW LEVEL SECURITY;

CREATE POLICY obligation_terms_are_for_their_parties ON public.obligation_terms USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (EXISTS ( SELECT
   FROM public.obligations one
  WHERE (one.id = obligation_terms.obligation_id)))));

ALTER TABLE public.obligations ENABLE ROW LEVEL SECURITY;

CREATE POLICY obligations_are_for_their_parties ON public.obligations USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (EXISTS ( SELECT
   FROM ((public.bids bid
     JOIN public.lots lot ON ((bid.lot_id = lot.id)))
     JOIN public.tenders tender ON ((lot.tender_id = tender.id)))
  WHERE ((bid.id = obligations.bid_id) AND ((tender.buyer_id = ( SELECT public.tenant() AS tenant)) OR (bid.supplier_id = ( SELECT public.tenant() AS tenant))))))));

ALTER TABLE public.opened_bids ENABLE ROW LEVEL SECURITY;

CREATE POLICY opened_bids_are_for_their_parties ON public.opened_bids USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (EXISTS ( SELECT
   FROM ((public.bids bid
     JOIN public.lots lot ON ((bid.lot_id = lot.id)))
     JOIN public.tenders tender ON ((lot.tender_id = tender.id)))
  WHERE ((bid.id = opened_bids.bid_id) AND ((tender.buyer_id = ( SELECT public.tenant() AS tenant)) OR (bid.supplier_id = ( SELECT public.tenant() AS tenant))))))));

ALTER TABLE public.opened_documents ENABLE ROW LEVEL SECURITY;

CREATE POLICY opened_documents_are_for_their_parties ON public.opened_documents USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (EXISTS ( SELECT
   FROM ((public.bids bid
     JOIN public.lots lot ON ((bid.lot_id = lot.id)))
     JOIN public.tenders tender ON ((lot.tender_id = tender.id)))
  WHERE ((bid.id = opened_documents.bid_id) AND ((tender.buyer_id = ( SELECT public.tenant() AS tenant)) OR (bid.supplier_id = ( SELECT public.tenant() AS tenant))))))));

ALTER TABLE public.opened_prices ENABLE ROW LEVEL SECURITY;

CREATE POLICY opened_prices_are_for_their_parties ON public.opened_prices USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (EXISTS ( SELECT
   FROM ((public.bids bid
     JOIN public.lots lot ON ((bid.lot_id = lot.id)))
     JOIN public.tenders tender ON ((lot.tender_id = tender.id)))
  WHERE ((bid.id = opened_prices.bid_id) AND ((tender.buyer_id = ( SELECT public.tenant() AS tenant)) OR (bid.supplier_id = ( SELECT public.tenant() AS tenant))))))));

ALTER TABLE public.own_catalogues ENABLE ROW LEVEL SECURITY;

CREATE POLICY own_catalogues_are_for_their_buyer ON public.own_catalogues USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (buyer_id = ( SELECT public.tenant() AS tenant))));

ALTER TABLE public.panel_scores ENABLE ROW LEVEL SECURITY;

CREATE POLICY panel_scores_are_for_their_buyer ON public.panel_scores USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (EXISTS ( SELECT
   FROM ((public.bids bid
     JOIN public.lots lot ON ((bid.lot_id = lot.id)))
     JOIN public.tenders tender ON ((lot.tender_id = tender.id)))
  WHERE ((bid.id = panel_scores.bid_id) AND (tender.buyer_id = ( SELECT public.tenant() AS tenant)))))));

ALTER TABLE public.paper_files ENABLE ROW LEVEL SECURITY;

CREATE POLICY paper_files_are_for_their_parties ON public.paper_files USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (EXISTS ( SELECT
   FROM public.papers paper
  WHERE (paper.id = paper_files.paper_id)))));

ALTER TABLE public.papers ENABLE ROW LEVEL SECURITY;

CREATE POLICY papers_are_for_their_parties ON public.papers USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (EXISTS ( SELECT
   FROM public.tenders tender
  WHERE ((tender.id = papers.tender_id) AND (tender.buyer_id = ( SELECT public.tenant() AS tenant))))) OR ((kind = 'letter'::text) AND (EXISTS ( SELECT
   FROM public.bids bid
  WHERE ((bid.id = papers.about_id) AND (bid.supplier_id = ( SELECT public.tenant() AS tenant))))))));

ALTER TABLE public.performance_assessments ENABLE ROW LEVEL SECURITY;

CREATE POLICY performance_assessments_are_for_their_buyer ON public.performance_assessments USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (EXISTS ( SELECT
   FROM (public.lots lot
     JOIN public.tenders tender ON ((lot.tender_id = tender.id)))
  WHERE ((lot.id = performance_assessments.lot_id) AND (tender.buyer_id = ( SELECT public.tenant() AS tenant)))))));

ALTER TABLE public.performance_failures ENABLE ROW LEVEL SECURITY;

CREATE POLICY performance_failures_are_for_their_buyer ON public.performance_failures USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (EXISTS ( SELECT
   FROM (public.lots lot
     JOIN public.tenders tender ON ((lot.tender_id = tender.id)))
  WHERE ((lot.id = performance_failures.lot_id) AND (tender.buyer_id = ( SELECT public.tenant() AS tenant)))))));

ALTER TABLE public.performance_notices ENABLE ROW LEVEL SECURITY;

CREATE POLICY performance_notices_are_for_their_buyer ON public.performance_notices USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (EXISTS ( SELECT
   FROM (public.lots lot
     JOIN public.tenders tender ON ((lot.tender_id = tender.id)))
  WHERE ((lot.id = performance_notices.lot_id) AND (tender.buyer_id = ( SELECT public.tenant() AS tenant)))))));

ALTER TABLE public.questions ENABLE ROW LEVEL SECURITY;

CREATE POLICY questions_are_for_who_asks_until_they_are_answered ON public.questions USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (supplier_id = ( SELECT public.tenant() AS tenant)) OR (EXISTS ( SELECT
   FROM public.tenders tender
  WHERE ((tender.id = questions.tender_id) AND (tender.buyer_id = ( SELECT public.tenant() AS tenant))))) OR (EXISTS ( SELECT
   FROM public.question_answers answer
  WHERE ((answer.tender_id = questions.tender_id) AND (answer.number = questions.number))))));

ALTER TABLE public.remedies ENABLE ROW LEVEL SECURITY;

CREATE POLICY remedies_are_for_their_parties ON public.remedies USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (EXISTS ( SELECT
   FROM public.obligations one
  WHERE (one.id = remedies.obligation_id)))));

ALTER TABLE public.report_parts ENABLE ROW LEVEL SECURITY;

CREATE POLICY report_parts_are_for_their_buyer ON public.report_parts USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (EXISTS ( SELECT
   FROM public.tenders tender
  WHERE ((tender.id = report_parts.tender_id) AND (tender.buyer_id = ( SELECT public.tenant() AS tenant)))))));

ALTER TABLE public.score_drafts ENABLE ROW LEVEL SECURITY;

CREATE POLICY score_drafts_are_for_their_buyer ON public.score_drafts USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (EXISTS ( SELECT
   FROM ((public.bids bid
     JOIN public.lots lot ON ((bid.lot_id = lot.id)))
     JOIN public.tenders tender ON ((lot.tender_id = tender.id)))
  WHERE ((bid.id = score_drafts.bid_id) AND (tender.buyer_id = ( SELECT public.tenant() AS tenant)))))));

ALTER TABLE public.sealed_envelopes ENABLE ROW LEVEL SECURITY;

CREATE POLICY sealed_envelopes_are_for_their_buyer ON public.sealed_envelopes USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (EXISTS ( SELECT
   FROM ((public.bids bid
     JOIN public.lots lot ON ((bid.lot_id = lot.id)))
     JOIN public.tenders tender ON ((lot.tender_id = tender.id)))
  WHERE ((bid.id = sealed_envelopes.bid_id) AND (tender.buyer_id = ( SELECT public.tenant() AS tenant)))))));

ALTER TABLE public.selection_decisions ENABLE ROW LEVEL SECURITY;

CREATE POLICY selection_decisions_are_for_their_buyer ON public.selection_decisions USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (EXISTS ( SELECT
   FROM ((public.bids bid
     JOIN public.lots lot ON ((bid.lot_id = lot.id)))
     JOIN public.tenders tender ON ((lot.tender_id = tender.id)))
  WHERE ((bid.id = selection_decisions.bid_id) AND (tender.buyer_id = ( SELECT public.tenant() AS tenant)))))));

ALTER TABLE public.sent_letters ENABLE ROW LEVEL SECURITY;

CREATE POLICY sent_letters_are_for_their_parties ON public.sent_letters USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (EXISTS ( SELECT
   FROM ((public.bids bid
     JOIN public.lots lot ON ((bid.lot_id = lot.id)))
     JOIN public.tenders tender ON ((lot.tender_id = tender.id)))
  WHERE ((bid.id = sent_letters.bid_id) AND ((tender.buyer_id = ( SELECT public.tenant() AS tenant)) OR (bid.supplier_id = ( SELECT public.tenant() AS tenant))))))));

ALTER TABLE public.simulations ENABLE ROW LEVEL SECURITY;

CREATE POLICY simulations_are_for_their_buyer ON public.simulations USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (EXISTS ( SELECT
   FROM public.tenders tender
  WHERE ((tender.id = simulations.tender_id) AND (tender.buyer_id = ( SELECT public.tenant() AS tenant)))))));

ALTER TABLE public.spend_analyses ENABLE ROW LEVEL SECURITY;

CREATE POLICY spend_analyses_are_for_their_buyer ON public.spend_analyses USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (buyer_id = ( SELECT public.tenant() AS tenant))));

ALTER TABLE public.spend_answers ENABLE ROW LEVEL SECURITY;

CREATE POLICY spend_answers_are_for_their_buyer ON public.spend_answers USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (buyer_id = ( SELECT public.tenant() AS tenant))));

ALTER TABLE public.spend_files ENABLE ROW LEVEL SECURITY;

CREATE POLICY spend_files_are_for_their_buyer ON public.spend_files USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (buyer_id = ( SELECT public.tenant() AS tenant))));

ALTER TABLE public.spend_findings ENABLE ROW LEVEL SECURITY;

CREATE POLICY spend_findings_are_for_their_buyer ON public.spend_findings USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (EXISTS ( SELECT
   FROM public.tenders tender
  WHERE ((tender.id = spend_findings.tender_id) AND (tender.buyer_id = ( SELECT public.tenant() AS tenant)))))));

ALTER TABLE public.spend_imports ENABLE ROW LEVEL SECURITY;

CREATE POLICY spend_imports_are_for_their_buyer ON public.spend_imports USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (EXISTS ( SELECT
   FROM public.spend_files file
  WHERE (file.id = spend_imports.file_id)))));

ALTER TABLE public.spend_mappings ENABLE ROW LEVEL SECURITY;

CREATE POLICY spend_mappings_are_for_their_buyer ON public.spend_mappings USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (EXISTS ( SELECT
   FROM public.spend_files file
  WHERE (file.id = spend_mappings.file_id)))));

ALTER TABLE public.spend_report_files ENABLE ROW LEVEL SECURITY;

CREATE POLICY spend_report_files_are_for_their_buyer ON public.spend_report_files USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (EXISTS ( SELECT
   FROM public.spend_analyses asked
  WHERE (asked.id = spend_report_files.analysis_id)))));

ALTER TABLE public.spend_reports ENABLE ROW LEVEL SECURITY;

CREATE POLICY spend_reports_are_for_their_buyer ON public.spend_reports USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (EXISTS ( SELECT
   FROM public.spend_analyses asked
  WHERE (asked.id = spend_reports.analysis_id)))));

ALTER TABLE public.spend_results ENABLE ROW LEVEL SECURITY;

CREATE POLICY spend_results_are_for_their_buyer ON public.spend_results USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (EXISTS ( SELECT
   FROM public.spend_analyses asked
  WHERE (asked.id = spend_results.analysis_id)))));

ALTER TABLE public.webhook_attempts ENABLE ROW LEVEL SECURITY;

CREATE POLICY webhook_attempts_are_for_their_organisation ON public.webhook_attempts USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (EXISTS ( SELECT
   FROM public.webhook_deliveries sent
  WHERE (sent.id = webhook_attempts.delivery_id)))));

ALTER TABLE public.webhook_deliveries ENABLE ROW LEVEL SECURITY;

CREATE POLICY webhook_deliveries_are_for_their_organisation ON public.webhook_deliveries USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (EXISTS ( SELECT
   FROM public.webhooks hook
  WHERE (hook.id = webhook_deliveries.webhook_id)))));

ALTER TABLE public.webhooks ENABLE ROW LEVEL SECURITY;

CREATE POLICY webhooks_are_for_their_organisation ON public.webhooks USING (((( SELECT public.tenant() AS tenant) IS NULL) OR (organisation_id = ( SELECT public.tenant() AS tenant))));

REVOKE ALL ON FUNCTION public.ask_for_release() FROM PUBLIC;

GRANT SELECT,INSERT ON TABLE public.bid_parties TO tenderscore_app;

GRANT SELECT ON TABLE public.bids TO tenderscore_app;
GRANT SELECT ON TABLE public.bids TO tenderscore_opening;

GRANT SELECT,INSERT ON TABLE public.organisations TO tenderscore_app;
GRANT SELECT ON TABLE public.organisations TO tenderscore_opening;

REVOKE ALL ON FUNCTION public.bind_documents(bid uuid, bid_version integer, supplier uuid, lot uuid, document_ids uuid[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION public.discard_upload(upload uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.discard_upload(upload uuid) TO tenderscore_app;

REVOKE ALL ON FUNCTION public.hide_retry_key() FROM PUBLIC;

GRANT SELECT,INSERT ON TABLE public.award_annulments TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.award_decisions TO tenderscore_app;
GRANT SELECT ON TABLE public.award_decisions TO tenderscore_opening;

GRANT SELECT,INSERT ON TABLE public.framework_places TO tenderscore_app;
GRANT SELECT ON TABLE public.framework_places TO tenderscore_opening;

GRANT SELECT,INSERT,DELETE ON TABLE public.lots TO tenderscore_app;
GRANT SELECT ON TABLE public.lots TO tenderscore_opening;

GRANT UPDATE(title) ON TABLE public.lots TO tenderscore_app;

GRANT UPDATE(rules) ON TABLE public.lots TO tenderscore_app;

GRANT UPDATE(rules_digest) ON TABLE public.lots TO tenderscore_app;

GRANT UPDATE(opened_at) ON TABLE public.lots TO tenderscore_app;

GRANT UPDATE(price_envelope) ON TABLE public.lots TO tenderscore_app;

GRANT UPDATE(price_opened_at) ON TABLE public.lots TO tenderscore_app;

GRANT UPDATE(cancelled_at) ON TABLE public.lots TO tenderscore_app;

GRANT UPDATE(variants) ON TABLE public.lots TO tenderscore_app;

GRANT SELECT ON TABLE public.framework_suppliers TO tenderscore_app;

REVOKE ALL ON FUNCTION public.lease_requests(key text, wanted integer, most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.lease_requests(key text, wanted integer, most integer) TO tenderscore_app;

REVOKE ALL ON FUNCTION public.log_append(log uuid, what text, person uuid, facts jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.log_append(log uuid, what text, person uuid, facts jsonb) TO tenderscore_app;

REVOKE ALL ON FUNCTION public.log_enter(log uuid, what text, person uuid, facts jsonb, instant timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION public.log_leaves(log uuid, size bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION public.log_leaves(log uuid, size bigint) TO tenderscore_app;

REVOKE ALL ON FUNCTION public.may_be_opened(lot uuid, stage text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.may_be_opened(lot uuid, stage text) TO tenderscore_opening;

REVOKE ALL ON FUNCTION public.next_question(tender uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.next_question(tender uuid) TO tenderscore_app;

REVOKE ALL ON FUNCTION public.prune_service_samples() FROM PUBLIC;
GRANT ALL ON FUNCTION public.prune_service_samples() TO tenderscore_app;

REVOKE ALL ON FUNCTION public.ranked_at(lot uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.ranked_at(lot uuid) TO tenderscore_app;

REVOKE ALL ON FUNCTION public.read_document_chunk(document uuid, place integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.read_document_chunk(document uuid, place integer) TO tenderscore_app;

REVOKE ALL ON FUNCTION public.shred_bids(tender uuid, person uuid, least_years integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.shred_bids(tender uuid, person uuid, least_years integer) TO tenderscore_app;

REVOKE ALL ON FUNCTION public.standby_lag(OUT standbys bigint, OUT bytes numeric, OUT seconds numeric) FROM PUBLIC;
GRANT ALL ON FUNCTION public.standby_lag(OUT standbys bigint, OUT bytes numeric, OUT seconds numeric) TO tenderscore_app;

REVOKE ALL ON FUNCTION public.store_bids(lot_ids uuid[], bid_ids uuid[], versions integer[], supplier_ids uuid[], person_ids uuid[], key_ids text[], retry_keys text[], fingerprints text[], tender_digests text[], rules_digests text[], sizes integer[], digests text[], offer_headers bytea[], offers bytea[], price_headers bytea[], prices bytea[], documents text[], signer text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.store_bids(lot_ids uuid[], bid_ids uuid[], versions integer[], supplier_ids uuid[], person_ids uuid[], key_ids text[], retry_keys text[], fingerprints text[], tender_digests text[], rules_digests text[], sizes integer[], digests text[], offer_headers bytea[], offers bytea[], price_headers bytea[], prices bytea[], documents text[], signer text) TO tenderscore_app;

REVOKE ALL ON FUNCTION public.store_bids(lot_ids uuid[], bid_ids uuid[], versions integer[], supplier_ids uuid[], person_ids uuid[], key_ids text[], retry_keys text[], fingerprints text[], tender_digests text[], rules_digests text[], sizes integer[], digests text[], offer_headers bytea[], offers bytea[], price_headers bytea[], prices bytea[], documents text[], variants integer[], signer text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.store_bids(lot_ids uuid[], bid_ids uuid[], versions integer[], supplier_ids uuid[], person_ids uuid[], key_ids text[], retry_keys text[], fingerprints text[], tender_digests text[], rules_digests text[], sizes integer[], digests text[], offer_headers bytea[], offers bytea[], price_headers bytea[], prices bytea[], documents text[], variants integer[], signer text) TO tenderscore_app;

REVOKE ALL ON FUNCTION public.store_document(document uuid, upload uuid, lot uuid, supplier uuid, person uuid, api_key text, retry text, print text, address text, head bytea, sealed_digest text, sealed_size bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION public.store_document(document uuid, upload uuid, lot uuid, supplier uuid, person uuid, api_key text, retry text, print text, address text, head bytea, sealed_digest text, sealed_size bigint) TO tenderscore_app;

REVOKE ALL ON FUNCTION public.withdraw_bid(bid uuid, supplier uuid, person uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.withdraw_bid(bid uuid, supplier uuid, person uuid) TO tenderscore_app;

REVOKE ALL ON FUNCTION public.withdraw_bid(bid uuid, supplier uuid, person uuid, signer text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.withdraw_bid(bid uuid, supplier uuid, person uuid, signer text) TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.abnormally_low_assessments TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.abnormally_low_decisions TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.api_keys TO tenderscore_app;

GRANT UPDATE(revoked_at) ON TABLE public.api_keys TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.award_notices TO tenderscore_app;

GRANT SELECT ON TABLE public.bid_documents TO tenderscore_app;
GRANT SELECT ON TABLE public.bid_documents TO tenderscore_opening;

GRANT SELECT,INSERT ON TABLE public.bid_states TO tenderscore_app;

GRANT SELECT ON TABLE public.bid_versions TO tenderscore_app;
GRANT SELECT ON TABLE public.bid_versions TO tenderscore_opening;

GRANT SELECT,INSERT ON TABLE public.cancellations TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.clarification_answers TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.clarifications TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.consensus_locks TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.consensus_scores TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.contract_reminders TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.contracts TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.correction_decisions TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.corrections TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.corrigenda TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.corrigendum_decisions TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.corrigendum_proposals TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.criterion_locks TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.criterion_unlocks TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.declaration_decisions TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.declarations TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.deliveries TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.delivery_decisions TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.delivery_evidence TO tenderscore_app;

GRANT INSERT ON TABLE public.document_chunks TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.document_uploads TO tenderscore_app;

GRANT SELECT ON TABLE public.documents TO tenderscore_app;
GRANT SELECT ON TABLE public.documents TO tenderscore_opening;

GRANT SELECT,INSERT ON TABLE public.drawn_lots TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.evaluation_verifications TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.evaluations TO tenderscore_app;

GRANT SELECT ON TABLE public.events TO tenderscore_app;

GRANT SELECT ON TABLE public.idempotency_keys TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.identities TO tenderscore_app;

GRANT UPDATE(key_id) ON TABLE public.identities TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.identity_providers TO tenderscore_app;

GRANT UPDATE(retired_at) ON TABLE public.identity_providers TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.imported_chunks TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.imported_tenders TO tenderscore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.job_attempts TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.legal_holds TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.letter_redactions TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.letter_texts TO tenderscore_app;

GRANT SELECT ON TABLE public.log_heads TO tenderscore_app;

GRANT INSERT(log_id) ON TABLE public.log_heads TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.meeting_items TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.meetings TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.monitoring_plans TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.news TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.obligation_terms TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.obligations TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.ocds_releases TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.officer_keys TO tenderscore_app;

GRANT UPDATE(public_key) ON TABLE public.officer_keys TO tenderscore_app;

GRANT UPDATE(registered_at) ON TABLE public.officer_keys TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.opening_acts TO tenderscore_app;
GRANT SELECT ON TABLE public.opening_acts TO tenderscore_opening;

GRANT SELECT,INSERT ON TABLE public.price_opening_acts TO tenderscore_app;
GRANT SELECT ON TABLE public.price_opening_acts TO tenderscore_opening;

GRANT SELECT ON TABLE public.officers_acts TO tenderscore_app;
GRANT SELECT ON TABLE public.officers_acts TO tenderscore_opening;

GRANT SELECT,INSERT ON TABLE public.opened_bids TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.opened_documents TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.opened_prices TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.own_catalogues TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.panel_scores TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.panels TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.paper_files TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.papers TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.people TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.performance_assessments TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.performance_failures TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.performance_notices TO tenderscore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.pgqueuer TO tenderscore_app;

GRANT USAGE ON SEQUENCE public.pgqueuer_id_seq TO tenderscore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.pgqueuer_log TO tenderscore_app;

GRANT USAGE ON SEQUENCE public.pgqueuer_log_id_seq TO tenderscore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.pgqueuer_schedules TO tenderscore_app;

GRANT USAGE ON SEQUENCE public.pgqueuer_schedules_id_seq TO tenderscore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.pgqueuer_statistics TO tenderscore_app;

GRANT USAGE ON SEQUENCE public.pgqueuer_statistics_id_seq TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.question_answers TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.questions TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.recommendation_rejections TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.recommendations TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.record_file_contents TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.record_files TO tenderscore_app;

GRANT SELECT,UPDATE ON TABLE public.relay TO tenderscore_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.relayed_logs TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.remedies TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.report_parts TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.report_texts TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.reports TO tenderscore_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.request_answers TO tenderscore_app;

GRANT UPDATE(answer) ON TABLE public.request_answers TO tenderscore_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.request_quotas TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.retention_periods TO tenderscore_app;

GRANT SELECT ON TABLE public.schema_migrations TO PUBLIC;

GRANT SELECT,INSERT,DELETE ON TABLE public.score_drafts TO tenderscore_app;

GRANT UPDATE(value) ON TABLE public.score_drafts TO tenderscore_app;

GRANT UPDATE(reason) ON TABLE public.score_drafts TO tenderscore_app;

GRANT UPDATE(cites) ON TABLE public.score_drafts TO tenderscore_app;

GRANT UPDATE(saved_at) ON TABLE public.score_drafts TO tenderscore_app;

GRANT SELECT ON TABLE public.sealed_envelopes TO tenderscore_opening;

GRANT SELECT,INSERT ON TABLE public.seat_endings TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.seats TO tenderscore_app;

GRANT SELECT ON TABLE public.seats_in_force TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.selection_decisions TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.sent_letters TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.service_samples TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.share_relays TO tenderscore_app;

GRANT UPDATE(sealed_share) ON TABLE public.share_relays TO tenderscore_app;

GRANT UPDATE(relayed_at) ON TABLE public.share_relays TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.shredding_acts TO tenderscore_app;

GRANT SELECT ON TABLE public.shreddings TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.simulations TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.spend_analyses TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.spend_answers TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.spend_chunks TO tenderscore_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.spend_files TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.spend_findings TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.spend_imports TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.spend_mappings TO tenderscore_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.spend_objects TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.spend_report_files TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.spend_reports TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.spend_results TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.standstills TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.technical_outcomes TO tenderscore_app;
GRANT SELECT ON TABLE public.technical_outcomes TO tenderscore_opening;

GRANT SELECT,INSERT ON TABLE public.tender_key_shares TO tenderscore_app;

GRANT UPDATE(rehearsed_at) ON TABLE public.tender_key_shares TO tenderscore_app;

GRANT INSERT ON TABLE public.tender_keys TO tenderscore_app;
GRANT SELECT ON TABLE public.tender_keys TO tenderscore_opening;

GRANT SELECT(tender_id) ON TABLE public.tender_keys TO tenderscore_app;

GRANT SELECT(public_key),UPDATE(public_key) ON TABLE public.tender_keys TO tenderscore_app;

GRANT UPDATE(wrapped_key) ON TABLE public.tender_keys TO tenderscore_app;

GRANT SELECT(wrapped_by),UPDATE(wrapped_by) ON TABLE public.tender_keys TO tenderscore_app;

GRANT SELECT(made_at),UPDATE(made_at) ON TABLE public.tender_keys TO tenderscore_app;

GRANT SELECT(edition),UPDATE(edition) ON TABLE public.tender_keys TO tenderscore_app;

GRANT SELECT(officers_needed),UPDATE(officers_needed) ON TABLE public.tender_keys TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.tender_measures TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.tender_requirements TO tenderscore_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.tender_roles TO tenderscore_app;
GRANT SELECT ON TABLE public.tender_roles TO tenderscore_opening;

GRANT UPDATE(role) ON TABLE public.tender_roles TO tenderscore_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.tenders TO tenderscore_app;
GRANT SELECT ON TABLE public.tenders TO tenderscore_opening;

GRANT UPDATE(reference) ON TABLE public.tenders TO tenderscore_app;

GRANT UPDATE(title) ON TABLE public.tenders TO tenderscore_app;

GRANT UPDATE(description) ON TABLE public.tenders TO tenderscore_app;

GRANT UPDATE(currency) ON TABLE public.tenders TO tenderscore_app;

GRANT UPDATE(time_zone) ON TABLE public.tenders TO tenderscore_app;

GRANT UPDATE(version) ON TABLE public.tenders TO tenderscore_app;

GRANT UPDATE(rules_digest) ON TABLE public.tenders TO tenderscore_app;

GRANT UPDATE(submission_deadline) ON TABLE public.tenders TO tenderscore_app;

GRANT UPDATE(published_at) ON TABLE public.tenders TO tenderscore_app;

GRANT UPDATE(custody) ON TABLE public.tenders TO tenderscore_app;

GRANT UPDATE(officers_needed) ON TABLE public.tenders TO tenderscore_app;

GRANT UPDATE(jurisdiction) ON TABLE public.tenders TO tenderscore_app;

GRANT UPDATE(cancelled_at) ON TABLE public.tenders TO tenderscore_app;

GRANT UPDATE(vat) ON TABLE public.tenders TO tenderscore_app;

GRANT UPDATE(accepted_currencies) ON TABLE public.tenders TO tenderscore_app;

GRANT UPDATE(framework) ON TABLE public.tenders TO tenderscore_app;

GRANT UPDATE(framework_id) ON TABLE public.tenders TO tenderscore_app;

GRANT UPDATE(estimated_value) ON TABLE public.tenders TO tenderscore_app;

GRANT UPDATE(language) ON TABLE public.tenders TO tenderscore_app;

GRANT UPDATE(starts_on) ON TABLE public.tenders TO tenderscore_app;

GRANT UPDATE(notice) ON TABLE public.tenders TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.trainings TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.unopenable_documents TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.unopenable_findings TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.webhook_attempts TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.webhook_deliveries TO tenderscore_app;

GRANT UPDATE(attempts) ON TABLE public.webhook_deliveries TO tenderscore_app;

GRANT UPDATE(next_attempt_at) ON TABLE public.webhook_deliveries TO tenderscore_app;

GRANT UPDATE(delivered_at) ON TABLE public.webhook_deliveries TO tenderscore_app;

GRANT UPDATE(given_up_at) ON TABLE public.webhook_deliveries TO tenderscore_app;

GRANT UPDATE(given_up_because) ON TABLE public.webhook_deliveries TO tenderscore_app;

GRANT SELECT,INSERT ON TABLE public.webhooks TO tenderscore_app;

GRANT UPDATE(secret_line) ON TABLE public.webhooks TO tenderscore_app;

GRANT UPDATE(secret_number) ON TABLE public.webhooks TO tenderscore_app;

GRANT UPDATE(previous_line) ON TABLE public.webhooks TO tenderscore_app;

GRANT UPDATE(previous_until) ON TABLE public.webhooks TO tenderscore_app;

GRANT UPDATE(disabled_at) ON TABLE public.webhooks TO tenderscore_app;

GRANT UPDATE(disabled_because) ON TABLE public.webhooks TO tenderscore_app;

GRANT UPDATE(removed_at) ON TABLE public.webhooks TO tenderscore_app;
