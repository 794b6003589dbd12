-- What a bidder must fulfil, what was decided about it, and the procedure for abnormally low bids. Nothing here is a score.

-- The published conditions and requirements; each change of a draft is a version of its own.
CREATE TABLE tender_requirements (
    tender_id uuid NOT NULL CONSTRAINT tender_requirements_belong_to_a_tender REFERENCES tenders (id),
    version integer NOT NULL,
    requirements jsonb NOT NULL,
    digest text NOT NULL,
    person_id uuid NOT NULL CONSTRAINT tender_requirements_are_written_by_a_person REFERENCES people (id),
    written_at timestamptz NOT NULL,
    CONSTRAINT tender_requirements_are_numbered PRIMARY KEY (tender_id, version)
);

CREATE TABLE selection_decisions (
    bid_id uuid NOT NULL CONSTRAINT selection_decisions_are_about_an_opened_bid REFERENCES opened_bids (bid_id),
    number integer NOT NULL,
    subject text NOT NULL CONSTRAINT selection_decisions_have_a_known_subject CHECK (
        subject IN ('ground', 'condition', 'mandatory')
    ),
    subject_id text NOT NULL,
    outcome text NOT NULL CONSTRAINT selection_decisions_fit_their_subject CHECK (
        CASE subject
            WHEN 'ground' THEN outcome IN ('met', 'excluded', 'self_cleaned', 'not_excluded')
            ELSE outcome IN ('met', 'not_met')
        END
    ),
    evidence text NOT NULL CONSTRAINT selection_decisions_name_evidence CHECK (btrim(evidence) <> ''),
    reason text NOT NULL CONSTRAINT selection_decisions_have_a_reason CHECK (btrim(reason) <> ''),
    self_cleaning text CONSTRAINT selection_decisions_assess_self_cleaning CHECK (
        outcome <> 'self_cleaned' OR btrim(coalesce(self_cleaning, '')) <> ''
    ),
    person_id uuid NOT NULL CONSTRAINT selection_decisions_are_made_by_a_person REFERENCES people (id),
    decided_at timestamptz NOT NULL,
    CONSTRAINT selection_decisions_are_numbered PRIMARY KEY (bid_id, number)
);

CREATE TABLE abnormally_low_assessments (
    bid_id uuid NOT NULL CONSTRAINT abnormally_low_assessments_are_of_an_opened_bid REFERENCES opened_bids (bid_id),
    number integer NOT NULL,
    clarification_id uuid NOT NULL
    CONSTRAINT abnormally_low_assessments_follow_a_request REFERENCES clarifications (id),
    explained boolean NOT NULL,
    mandatory_case text CONSTRAINT abnormally_low_assessments_explain_no_mandatory_case CHECK (
        mandatory_case IS NULL OR NOT explained
    ),
    reason text NOT NULL CONSTRAINT abnormally_low_assessments_have_a_reason CHECK (btrim(reason) <> ''),
    person_id uuid NOT NULL CONSTRAINT abnormally_low_assessments_are_made_by_a_person REFERENCES people (id),
    assessed_at timestamptz NOT NULL,
    CONSTRAINT abnormally_low_assessments_are_numbered PRIMARY KEY (bid_id, number)
);

CREATE TABLE abnormally_low_decisions (
    bid_id uuid NOT NULL,
    number integer NOT NULL,
    assessment integer NOT NULL,
    outcome text NOT NULL CONSTRAINT abnormally_low_decisions_are_known CHECK (outcome IN ('accepted', 'rejected')),
    reason text NOT NULL CONSTRAINT abnormally_low_decisions_have_a_reason CHECK (btrim(reason) <> ''),
    person_id uuid NOT NULL CONSTRAINT abnormally_low_decisions_are_made_by_a_person REFERENCES people (id),
    decided_at timestamptz NOT NULL,
    CONSTRAINT abnormally_low_decisions_are_numbered PRIMARY KEY (bid_id, number),
    CONSTRAINT abnormally_low_decisions_follow_an_assessment FOREIGN KEY (bid_id, assessment)
    REFERENCES abnormally_low_assessments (bid_id, number)
);

-- Who put a bid out: a plain decision, the selection, or the procedure for abnormally low bids. `verdict` is what that
-- source says by itself, `state` what all of them together amount to.
ALTER TABLE bid_states ADD COLUMN source text NOT NULL DEFAULT 'decision'
CONSTRAINT bid_states_come_from_a_known_source CHECK (source IN ('decision', 'selection', 'abnormally_low'));
ALTER TABLE bid_states ADD COLUMN verdict text;

GRANT SELECT, INSERT ON tender_requirements, selection_decisions, abnormally_low_assessments, abnormally_low_decisions
TO tenderscore_app;
