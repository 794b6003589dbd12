-- What the panel says, what is decided about a bid, the evaluation and the award.

CREATE TABLE panel_scores (
    bid_id uuid NOT NULL CONSTRAINT panel_scores_are_for_an_opened_bid REFERENCES opened_bids (bid_id),
    criterion_id text NOT NULL,
    person_id uuid NOT NULL CONSTRAINT panel_scores_are_of_an_evaluator REFERENCES people (id),
    version integer NOT NULL,
    value text NOT NULL,
    reason text NOT NULL CONSTRAINT panel_scores_have_a_reason CHECK (btrim(reason) <> ''),
    given_at timestamptz NOT NULL,
    CONSTRAINT panel_scores_are_numbered PRIMARY KEY (bid_id, criterion_id, person_id, version)
);

CREATE TABLE consensus_scores (
    bid_id uuid NOT NULL CONSTRAINT consensus_scores_are_for_an_opened_bid REFERENCES opened_bids (bid_id),
    criterion_id text NOT NULL,
    version integer NOT NULL,
    person_id uuid NOT NULL CONSTRAINT consensus_scores_are_recorded_by_a_moderator REFERENCES people (id),
    value text NOT NULL,
    reason text NOT NULL CONSTRAINT consensus_scores_have_a_reason CHECK (btrim(reason) <> ''),
    recorded_at timestamptz NOT NULL,
    CONSTRAINT consensus_scores_are_numbered PRIMARY KEY (bid_id, criterion_id, version)
);

CREATE TABLE bid_states (
    bid_id uuid NOT NULL CONSTRAINT bid_states_are_of_an_opened_bid REFERENCES opened_bids (bid_id),
    number integer NOT NULL,
    state text NOT NULL,
    reason text NOT NULL CONSTRAINT bid_states_have_a_reason CHECK (btrim(reason) <> ''),
    person_id uuid NOT NULL CONSTRAINT bid_states_are_decided_by_a_person REFERENCES people (id),
    decided_at timestamptz NOT NULL,
    CONSTRAINT bid_states_are_numbered PRIMARY KEY (bid_id, number)
);

CREATE TABLE evaluations (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT evaluations_have_one_id PRIMARY KEY,
    lot_id uuid NOT NULL CONSTRAINT evaluations_are_of_a_lot REFERENCES lots (id),
    number integer NOT NULL,
    person_id uuid NOT NULL CONSTRAINT evaluations_are_run_by_a_person REFERENCES people (id),
    canonical bytea NOT NULL,
    digest text NOT NULL,
    rules_digest text NOT NULL,
    engine text NOT NULL,
    evaluated_at timestamptz NOT NULL,
    CONSTRAINT evaluations_are_numbered UNIQUE (lot_id, number)
);

CREATE TABLE awards (
    lot_id uuid CONSTRAINT awards_once_per_lot PRIMARY KEY REFERENCES lots (id),
    evaluation_id uuid NOT NULL CONSTRAINT awards_follow_an_evaluation REFERENCES evaluations (id),
    bid_id uuid CONSTRAINT awards_go_to_a_bid REFERENCES bids (id),
    reason text NOT NULL CONSTRAINT awards_have_a_reason CHECK (btrim(reason) <> ''),
    person_id uuid NOT NULL CONSTRAINT awards_are_decided_by_a_person REFERENCES people (id),
    decided_at timestamptz NOT NULL
);

GRANT SELECT, INSERT ON panel_scores, consensus_scores, bid_states, evaluations, awards TO tenderscore_app;
