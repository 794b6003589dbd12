-- Tenders, lots, who does what, and corrigenda.

CREATE TABLE tenders (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT tenders_have_one_id PRIMARY KEY,
    buyer_id uuid NOT NULL CONSTRAINT tenders_belong_to_a_buyer REFERENCES organisations (id),
    author_id uuid NOT NULL CONSTRAINT tenders_have_an_author REFERENCES people (id),
    reference text NOT NULL,
    title text NOT NULL,
    description text NOT NULL,
    currency text NOT NULL,
    time_zone text NOT NULL,
    version integer NOT NULL DEFAULT 1,
    rules_digest text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    submission_deadline timestamptz,
    published_at timestamptz,
    CONSTRAINT tenders_one_per_reference_of_a_buyer UNIQUE (buyer_id, reference),
    CONSTRAINT tenders_published_with_deadline_and_digest CHECK (
        published_at IS NULL OR (rules_digest IS NOT NULL AND submission_deadline > published_at)
    )
);
CREATE INDEX tenders_by_buyer ON tenders (buyer_id, created_at, id);
CREATE INDEX tenders_by_publication ON tenders (published_at, id) WHERE published_at IS NOT NULL;

CREATE TABLE lots (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT lots_have_one_id PRIMARY KEY,
    tender_id uuid NOT NULL CONSTRAINT lots_belong_to_a_tender REFERENCES tenders (id) ON DELETE CASCADE,
    number integer NOT NULL CONSTRAINT lots_are_numbered_from_1 CHECK (number >= 1),
    title text NOT NULL,
    rules jsonb NOT NULL,
    rules_digest text,
    opened_at timestamptz,
    CONSTRAINT lots_one_per_number_of_a_tender UNIQUE (tender_id, number)
);

CREATE TABLE tender_roles (
    tender_id uuid NOT NULL CONSTRAINT tender_roles_are_held_in_a_tender REFERENCES tenders (id) ON DELETE CASCADE,
    person_id uuid NOT NULL CONSTRAINT tender_roles_are_held_by_a_person REFERENCES people (id),
    role text NOT NULL CONSTRAINT tender_roles_are_known CHECK (role IN (
        'author', 'approver', 'opening_officer', 'evaluator', 'moderator', 'auditor', 'contract_manager'
    )),
    granted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT tender_roles_once_per_person PRIMARY KEY (tender_id, person_id, role)
);
CREATE INDEX tender_roles_by_person ON tender_roles (person_id, tender_id);

CREATE TABLE corrigenda (
    tender_id uuid NOT NULL CONSTRAINT corrigenda_belong_to_a_tender REFERENCES tenders (id),
    number integer NOT NULL,
    reason text NOT NULL,
    changes jsonb NOT NULL,
    person_id uuid NOT NULL CONSTRAINT corrigenda_are_issued_by_a_person REFERENCES people (id),
    issued_at timestamptz NOT NULL,
    CONSTRAINT corrigenda_are_numbered PRIMARY KEY (tender_id, number)
);

GRANT SELECT, INSERT, DELETE ON tenders, lots, tender_roles TO tenderscore_app;
GRANT UPDATE (reference, title, description, currency, time_zone, version, rules_digest, submission_deadline, published_at)
ON tenders TO tenderscore_app;
GRANT UPDATE (title, rules, rules_digest, opened_at) ON lots TO tenderscore_app;
GRANT UPDATE (role) ON tender_roles TO tenderscore_app;
GRANT SELECT, INSERT ON corrigenda TO tenderscore_app;
