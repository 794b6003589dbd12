-- Bids, their versions and sealed contents, the opening.

CREATE TABLE bids (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT bids_have_one_id PRIMARY KEY,
    lot_id uuid NOT NULL CONSTRAINT bids_are_for_a_lot REFERENCES lots (id),
    supplier_id uuid NOT NULL CONSTRAINT bids_are_of_a_supplier REFERENCES organisations (id),
    version integer NOT NULL DEFAULT 1,
    withdrawn_at timestamptz
);
CREATE UNIQUE INDEX bids_one_standing_per_supplier_and_lot ON bids (lot_id, supplier_id) WHERE withdrawn_at IS NULL;
CREATE INDEX bids_by_supplier ON bids (supplier_id, lot_id, id);

CREATE TABLE bid_versions (
    bid_id uuid NOT NULL CONSTRAINT bid_versions_are_of_a_bid REFERENCES bids (id),
    version integer NOT NULL,
    person_id uuid NOT NULL CONSTRAINT bid_versions_are_sent_by_a_person REFERENCES people (id),
    rules_digest text NOT NULL,
    digest text NOT NULL,
    size integer NOT NULL,
    submitted_at timestamptz NOT NULL,
    CONSTRAINT bid_versions_are_numbered PRIMARY KEY (bid_id, version)
);

CREATE TABLE bid_envelopes (
    bid_id uuid NOT NULL,
    version integer NOT NULL,
    contents bytea NOT NULL,
    CONSTRAINT bid_envelopes_one_per_version PRIMARY KEY (bid_id, version),
    CONSTRAINT bid_envelopes_are_of_a_version FOREIGN KEY (bid_id, version) REFERENCES bid_versions (bid_id, version)
);

CREATE TABLE idempotency_keys (
    organisation_id uuid NOT NULL CONSTRAINT idempotency_keys_are_a_clients_own REFERENCES organisations (id),
    operation text NOT NULL,
    key text NOT NULL,
    fingerprint text NOT NULL,
    bid_id uuid NOT NULL,
    version integer NOT NULL,
    CONSTRAINT idempotency_keys_used_once PRIMARY KEY (organisation_id, operation, key),
    CONSTRAINT idempotency_keys_answer_with_a_receipt FOREIGN KEY (bid_id, version)
    REFERENCES bid_versions (bid_id, version)
);

CREATE TABLE opening_acts (
    lot_id uuid NOT NULL CONSTRAINT opening_acts_are_for_a_lot REFERENCES lots (id),
    person_id uuid NOT NULL CONSTRAINT opening_acts_are_of_a_person REFERENCES people (id),
    acted_at timestamptz NOT NULL,
    CONSTRAINT opening_acts_once_per_officer PRIMARY KEY (lot_id, person_id)
);

CREATE TABLE opened_bids (
    bid_id uuid NOT NULL CONSTRAINT opened_bids_are_bids REFERENCES bids (id),
    lot_id uuid NOT NULL CONSTRAINT opened_bids_are_for_a_lot REFERENCES lots (id),
    version integer NOT NULL,
    offers jsonb NOT NULL,
    CONSTRAINT opened_bids_once PRIMARY KEY (bid_id)
);
CREATE INDEX opened_bids_by_lot ON opened_bids (lot_id, bid_id);

GRANT SELECT, INSERT ON bids, bid_versions, idempotency_keys, opening_acts, opened_bids TO tenderscore_app;
GRANT UPDATE (version, withdrawn_at) ON bids TO tenderscore_app;
-- Written by the submission, read by nobody but the opening.
GRANT INSERT ON bid_envelopes TO tenderscore_app;
GRANT SELECT ON bids, bid_versions, bid_envelopes, organisations TO tenderscore_opening;
