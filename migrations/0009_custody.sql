-- Who can open bids: the service for M officers, or M officers with shares of a key that the service never has. Prices
-- in an envelope of their own, opened once the technical consensus is locked.

ALTER TABLE tenders
ADD COLUMN custody text NOT NULL DEFAULT 'service'
CONSTRAINT tenders_are_in_a_known_custody CHECK (custody IN ('service', 'officers')),
ADD COLUMN officers_needed integer NOT NULL DEFAULT 2
CONSTRAINT tenders_are_opened_by_2_to_16_officers CHECK (officers_needed BETWEEN 2 AND 16);

ALTER TABLE lots ADD COLUMN price_opened_at timestamptz;

-- An officer's own key: what is sealed to it, only the officer's client opens.
CREATE TABLE officer_keys (
    person_id uuid CONSTRAINT officer_keys_one_per_person PRIMARY KEY
    CONSTRAINT officer_keys_belong_to_a_person REFERENCES people (id),
    public_key bytea NOT NULL,
    registered_at timestamptz NOT NULL
);

-- A draft's key can be made anew, as its next edition; shares of earlier editions stay and are worth nothing.
ALTER TABLE tender_keys
ADD COLUMN edition integer NOT NULL DEFAULT 1,
ADD COLUMN officers_needed integer;

CREATE FUNCTION keep_published_key() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM tenders AS tender WHERE tender.id = old.tender_id AND tender.published_at IS NOT NULL) THEN
        RAISE EXCEPTION 'bids may be sealed to the key of a published tender'
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'tender_keys_stay_once_published';
    END IF;
    RETURN new;
END
$$;

CREATE TRIGGER tender_keys_stay_once_published
BEFORE UPDATE ON tender_keys FOR EACH ROW EXECUTE FUNCTION keep_published_key();

CREATE TABLE tender_key_shares (
    tender_id uuid NOT NULL CONSTRAINT tender_key_shares_are_of_a_key REFERENCES tender_keys (tender_id),
    edition integer NOT NULL,
    person_id uuid NOT NULL CONSTRAINT tender_key_shares_are_held_by_a_person REFERENCES people (id),
    number integer NOT NULL,
    sealed_share bytea NOT NULL,
    sealed_to text NOT NULL,
    share_digest text NOT NULL,
    rehearsal_digest text NOT NULL,
    rehearsed_at timestamptz,
    CONSTRAINT tender_key_shares_one_per_officer PRIMARY KEY (tender_id, edition, person_id)
);

-- The technical consensus of a lot with a price envelope, and which bids go on: those without a reason.
CREATE TABLE consensus_locks (
    lot_id uuid CONSTRAINT consensus_locks_once_per_lot PRIMARY KEY REFERENCES lots (id),
    person_id uuid NOT NULL CONSTRAINT consensus_locks_are_set_by_a_person REFERENCES people (id),
    locked_at timestamptz NOT NULL
);

CREATE TABLE technical_outcomes (
    bid_id uuid CONSTRAINT technical_outcomes_once_per_bid PRIMARY KEY REFERENCES opened_bids (bid_id),
    lot_id uuid NOT NULL CONSTRAINT technical_outcomes_follow_a_lock REFERENCES consensus_locks (lot_id),
    reason text,
    by_comparison boolean NOT NULL
);
CREATE INDEX technical_outcomes_by_lot ON technical_outcomes (lot_id, bid_id);

-- The officers' requests to open the prices; those for the offers are in opening_acts.
CREATE TABLE price_opening_acts (
    lot_id uuid NOT NULL CONSTRAINT price_opening_acts_follow_a_lock REFERENCES consensus_locks (lot_id),
    person_id uuid NOT NULL CONSTRAINT price_opening_acts_are_of_a_person REFERENCES people (id),
    acted_at timestamptz NOT NULL,
    CONSTRAINT price_opening_acts_once_per_officer PRIMARY KEY (lot_id, person_id)
);

CREATE VIEW officers_acts AS
SELECT act.lot_id, 'offer' AS envelope, act.person_id, act.acted_at FROM opening_acts AS act
UNION ALL
SELECT act.lot_id, 'price' AS envelope, act.person_id, act.acted_at FROM price_opening_acts AS act;

-- Whether a lot's envelopes of a kind may be opened at this instant: the deadline has passed by the database's clock, and
-- as many have acted as the tender needs who are its opening officers still. Every statement that opens asks it.
CREATE FUNCTION may_be_opened(lot uuid, stage text) RETURNS boolean
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
WHERE tender.id = (SELECT part.tender_id FROM lots AS part WHERE part.id = lot);
$$;

-- A holder's share, sealed again to the officer whose client opens.
CREATE TABLE share_relays (
    lot_id uuid NOT NULL CONSTRAINT share_relays_are_for_a_lot REFERENCES lots (id),
    envelope text NOT NULL,
    person_id uuid NOT NULL CONSTRAINT share_relays_come_from_a_person REFERENCES people (id),
    recipient_id uuid NOT NULL CONSTRAINT share_relays_go_to_a_person REFERENCES people (id),
    sealed_share bytea NOT NULL,
    relayed_at timestamptz NOT NULL,
    CONSTRAINT share_relays_one_per_pair PRIMARY KEY (lot_id, envelope, person_id, recipient_id)
);

-- An officer's finding that an envelope does not open with the tender's key; only a second officer's makes it count.
CREATE TABLE unopenable_findings (
    lot_id uuid NOT NULL CONSTRAINT unopenable_findings_are_for_a_lot REFERENCES lots (id),
    envelope text NOT NULL,
    bid_id uuid NOT NULL CONSTRAINT unopenable_findings_concern_a_bid REFERENCES bids (id),
    person_id uuid NOT NULL CONSTRAINT unopenable_findings_are_of_a_person REFERENCES people (id),
    found_at timestamptz NOT NULL,
    CONSTRAINT unopenable_findings_once_per_officer PRIMARY KEY (lot_id, envelope, bid_id, person_id)
);

-- What was wrong with what an envelope held; the bid stays, for the panel to decide about.
ALTER TABLE opened_bids ADD COLUMN fault text;

CREATE TABLE opened_prices (
    bid_id uuid CONSTRAINT opened_prices_once PRIMARY KEY REFERENCES technical_outcomes (bid_id),
    lot_id uuid NOT NULL CONSTRAINT opened_prices_are_for_a_lot REFERENCES lots (id),
    version integer NOT NULL,
    offers jsonb NOT NULL,
    fault text
);
CREATE INDEX opened_prices_by_lot ON opened_prices (lot_id, bid_id);

GRANT UPDATE (custody, officers_needed) ON tenders TO tenderscore_app;
GRANT UPDATE (price_envelope, price_opened_at) ON lots TO tenderscore_app;
GRANT SELECT, INSERT ON officer_keys, tender_key_shares, share_relays TO tenderscore_app;
GRANT UPDATE (public_key, registered_at) ON officer_keys TO tenderscore_app;
GRANT SELECT (edition, officers_needed, wrapped_by),
UPDATE (public_key, wrapped_key, wrapped_by, edition, officers_needed, made_at) ON tender_keys TO tenderscore_app;
GRANT UPDATE (rehearsed_at) ON tender_key_shares TO tenderscore_app;
GRANT UPDATE (sealed_share, relayed_at) ON share_relays TO tenderscore_app;
GRANT SELECT, INSERT ON consensus_locks, price_opening_acts, technical_outcomes, unopenable_findings, opened_prices
TO tenderscore_app;
GRANT SELECT ON officers_acts TO tenderscore_app, tenderscore_opening;
REVOKE ALL ON FUNCTION may_be_opened FROM PUBLIC;
GRANT EXECUTE ON FUNCTION may_be_opened TO tenderscore_opening;
GRANT SELECT ON technical_outcomes TO tenderscore_opening;
