-- Runs that prove each other, lots drawn, recommendations, numbered awards that can be annulled, signed contracts.

ALTER TABLE evaluations ADD COLUMN reason text;
ALTER TABLE evaluations ADD CONSTRAINT evaluations_after_the_first_have_a_reason
CHECK (number = 1 OR coalesce(btrim(reason), '') <> '') NOT VALID;

CREATE TABLE evaluation_verifications (
    evaluation_id uuid NOT NULL CONSTRAINT evaluation_verifications_are_of_a_run REFERENCES evaluations (id),
    number integer NOT NULL,
    person_id uuid NOT NULL CONSTRAINT evaluation_verifications_are_asked_for_by_a_person REFERENCES people (id),
    engine text NOT NULL,
    digest text NOT NULL,
    differences jsonb NOT NULL,
    verified_at timestamptz NOT NULL,
    CONSTRAINT evaluation_verifications_are_numbered PRIMARY KEY (evaluation_id, number)
);

CREATE TABLE drawn_lots (
    lot_id uuid NOT NULL CONSTRAINT drawn_lots_are_of_a_lot REFERENCES lots (id),
    secret text NOT NULL,
    person_id uuid NOT NULL CONSTRAINT drawn_lots_are_revealed_by_a_person REFERENCES people (id),
    revealed_at timestamptz NOT NULL,
    CONSTRAINT drawn_lots_are_revealed_once PRIMARY KEY (lot_id)
);

CREATE TABLE recommendations (
    lot_id uuid NOT NULL CONSTRAINT recommendations_are_of_a_lot REFERENCES lots (id),
    number integer NOT NULL,
    evaluation_id uuid NOT NULL CONSTRAINT recommendations_follow_an_evaluation REFERENCES evaluations (id),
    bid_id uuid CONSTRAINT recommendations_are_for_a_bid REFERENCES bids (id),
    reason text NOT NULL CONSTRAINT recommendations_have_a_reason CHECK (btrim(reason) <> ''),
    warnings jsonb NOT NULL,
    person_id uuid NOT NULL CONSTRAINT recommendations_are_made_by_a_person REFERENCES people (id),
    recommended_at timestamptz NOT NULL,
    CONSTRAINT recommendations_are_numbered PRIMARY KEY (lot_id, number)
);

CREATE TABLE recommendation_rejections (
    lot_id uuid NOT NULL,
    number integer NOT NULL,
    reason text NOT NULL CONSTRAINT recommendation_rejections_have_a_reason CHECK (btrim(reason) <> ''),
    person_id uuid NOT NULL CONSTRAINT recommendation_rejections_are_decided_by_a_person REFERENCES people (id),
    rejected_at timestamptz NOT NULL,
    CONSTRAINT recommendations_are_rejected_once PRIMARY KEY (lot_id, number),
    CONSTRAINT recommendation_rejections_are_of_a_recommendation
    FOREIGN KEY (lot_id, number) REFERENCES recommendations (lot_id, number)
);

-- An annulled award stays, and the next one of its lot has the next number. The table of earlier releases, which holds
-- one award for each lot, is copied and stays behind without rights for anybody.
CREATE TABLE award_decisions (
    lot_id uuid NOT NULL CONSTRAINT award_decisions_are_of_a_lot REFERENCES lots (id),
    number integer NOT NULL,
    evaluation_id uuid NOT NULL CONSTRAINT award_decisions_follow_an_evaluation REFERENCES evaluations (id),
    recommendation_number integer,
    bid_id uuid CONSTRAINT award_decisions_go_to_a_bid REFERENCES bids (id),
    reason text NOT NULL CONSTRAINT award_decisions_have_a_reason CHECK (btrim(reason) <> ''),
    person_id uuid NOT NULL CONSTRAINT award_decisions_are_made_by_a_person REFERENCES people (id),
    decided_at timestamptz NOT NULL,
    CONSTRAINT award_decisions_stand_once_per_lot PRIMARY KEY (lot_id, number),
    CONSTRAINT award_decisions_follow_a_recommendation
    FOREIGN KEY (lot_id, recommendation_number) REFERENCES recommendations (lot_id, number)
);

INSERT INTO award_decisions (lot_id, number, evaluation_id, bid_id, reason, person_id, decided_at)
SELECT award.lot_id, 1, award.evaluation_id, award.bid_id, award.reason, award.person_id, award.decided_at
FROM awards AS award;

REVOKE ALL ON awards FROM tenderscore_app;

CREATE TABLE award_annulments (
    lot_id uuid NOT NULL,
    number integer NOT NULL,
    annulled_by text NOT NULL
    CONSTRAINT award_annulments_are_by_somebody_who_can CHECK (annulled_by IN ('court', 'review_body', 'buyer')),
    reference text NOT NULL,
    reason text NOT NULL CONSTRAINT award_annulments_have_a_reason CHECK (btrim(reason) <> ''),
    person_id uuid NOT NULL CONSTRAINT award_annulments_are_recorded_by_a_person REFERENCES people (id),
    annulled_at timestamptz NOT NULL,
    CONSTRAINT awards_are_annulled_once PRIMARY KEY (lot_id, number),
    CONSTRAINT award_annulments_are_of_an_award FOREIGN KEY (lot_id, number) REFERENCES award_decisions (lot_id, number)
);

CREATE TABLE contracts (
    lot_id uuid NOT NULL,
    award_number integer NOT NULL,
    reference text NOT NULL,
    signed_at timestamptz NOT NULL,
    person_id uuid NOT NULL CONSTRAINT contracts_are_recorded_by_a_person REFERENCES people (id),
    recorded_at timestamptz NOT NULL,
    CONSTRAINT contracts_are_signed_once_per_award PRIMARY KEY (lot_id, award_number),
    CONSTRAINT contracts_follow_an_award FOREIGN KEY (lot_id, award_number) REFERENCES award_decisions (lot_id, number)
);

GRANT SELECT, INSERT ON evaluation_verifications, drawn_lots, recommendations, recommendation_rejections,
award_decisions, award_annulments, contracts TO tenderscore_app;
