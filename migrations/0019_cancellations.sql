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
