-- Corrigenda by two persons, and samples of the service's own health: what proves that a deadline was kept fairly.

-- A proposal changes nothing by itself. `tender_version` is the version that it was made for, `submission_deadline` the
-- deadline then in force. Nothing is changed here either: a decision is a row of its own.
CREATE TABLE corrigendum_proposals (
    tender_id uuid NOT NULL CONSTRAINT corrigendum_proposals_are_for_a_tender REFERENCES tenders (id),
    number integer NOT NULL CONSTRAINT corrigendum_proposals_are_numbered_from_1 CHECK (number >= 1),
    person_id uuid NOT NULL CONSTRAINT corrigendum_proposals_are_made_by_a_person REFERENCES people (id),
    reason text NOT NULL CONSTRAINT corrigendum_proposals_have_a_reason CHECK (btrim(reason) <> ''),
    changes jsonb NOT NULL,
    tender_version integer NOT NULL,
    submission_deadline timestamptz NOT NULL,
    later_deadline timestamptz,
    proposed_at timestamptz NOT NULL,
    CONSTRAINT corrigendum_proposals_are_numbered PRIMARY KEY (tender_id, number),
    CONSTRAINT corrigendum_proposals_are_of_one_person UNIQUE (tender_id, number, person_id),
    CONSTRAINT corrigendum_proposals_move_a_deadline_only_later CHECK (later_deadline > submission_deadline)
);

CREATE TABLE corrigendum_decisions (
    tender_id uuid NOT NULL,
    number integer NOT NULL,
    proposer_id uuid NOT NULL,
    person_id uuid NOT NULL CONSTRAINT corrigendum_decisions_are_made_by_a_person REFERENCES people (id),
    decision text NOT NULL CONSTRAINT corrigendum_decisions_confirm_or_withdraw
    CHECK (decision IN ('confirmed', 'withdrawn')),
    decided_at timestamptz NOT NULL,
    CONSTRAINT corrigendum_decisions_once_per_proposal PRIMARY KEY (tender_id, number),
    CONSTRAINT corrigendum_decisions_are_about_a_proposal FOREIGN KEY (tender_id, number, proposer_id)
    REFERENCES corrigendum_proposals (tender_id, number, person_id),
    CONSTRAINT corrigendum_decisions_confirmed_by_a_second_person CHECK (
        decision = 'withdrawn' OR person_id <> proposer_id
    )
);

GRANT SELECT, INSERT ON corrigendum_proposals, corrigendum_decisions TO tenderscore_app;

-- One row every few seconds by every process that serves, stamped by the database's clock. Append-only for the service:
-- it cannot change or choose what goes, only ask for what the rule below lets go.
CREATE TABLE service_samples (
    instance_id uuid NOT NULL,
    number integer NOT NULL CONSTRAINT service_samples_are_numbered_from_1 CHECK (number >= 1),
    at timestamptz NOT NULL,
    every_seconds integer NOT NULL CONSTRAINT service_samples_are_regular CHECK (every_seconds BETWEEN 1 AND 300),
    version text NOT NULL,
    stopping boolean NOT NULL,
    round_trip_ms numeric(12, 3) NOT NULL,
    failed_attempts integer NOT NULL,
    silent_seconds numeric(12, 3),
    failure text,
    requests jsonb NOT NULL,
    failures jsonb NOT NULL,
    server_errors integer NOT NULL,
    queue_length integer,
    disk_free_bytes bigint,
    clock_offset_ms numeric(18, 3) NOT NULL,
    ntp_synchronised boolean,
    ntp_error_ms numeric(12, 3),
    database_on_host boolean,
    CONSTRAINT service_samples_are_numbered PRIMARY KEY (instance_id, number)
);
CREATE INDEX service_samples_by_instant ON service_samples (at);

GRANT SELECT, INSERT ON service_samples TO tenderscore_app;

-- Kept: 30 days, and 48 hours on both sides of every deadline that was ever in force.
CREATE FUNCTION prune_service_samples() RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
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
REVOKE ALL ON FUNCTION prune_service_samples() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION prune_service_samples() TO tenderscore_app;
