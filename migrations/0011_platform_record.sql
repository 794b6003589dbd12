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
