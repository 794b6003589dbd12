-- The contract after its signing: the plan of its periods, the obligations that the awarded bid promised, what was
-- delivered with its evidence, who verified it, remedies, assessments, failures, notices, reminders. Rows are added,
-- never changed.

CREATE TABLE monitoring_plans (
    lot_id uuid NOT NULL,
    award_number integer NOT NULL,
    bid_id uuid NOT NULL CONSTRAINT monitoring_plans_are_of_a_bid REFERENCES bids (id),
    person_id uuid NOT NULL CONSTRAINT monitoring_plans_are_made_by_a_person REFERENCES people (id),
    starts_on date NOT NULL,
    ends_on date NOT NULL,
    period_months integer NOT NULL,
    value numeric,
    bounds jsonb NOT NULL,
    made_at timestamptz NOT NULL,
    CONSTRAINT monitoring_plans_are_made_once PRIMARY KEY (lot_id, award_number),
    CONSTRAINT monitoring_plans_follow_a_contract FOREIGN KEY (lot_id, award_number)
    REFERENCES contracts (lot_id, award_number),
    CONSTRAINT monitoring_plans_end_after_they_start CHECK (starts_on <= ends_on)
);
CREATE INDEX monitoring_plans_by_bid ON monitoring_plans (bid_id);

CREATE TABLE obligations (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT obligations_have_one_id PRIMARY KEY,
    lot_id uuid NOT NULL,
    award_number integer NOT NULL,
    bid_id uuid NOT NULL CONSTRAINT obligations_are_promised_by_a_bid REFERENCES bids (id),
    number integer NOT NULL,
    criterion_id text NOT NULL,
    title text NOT NULL,
    unit text NOT NULL,
    direction text NOT NULL,
    accrual text NOT NULL,
    promised text NOT NULL,
    worth jsonb NOT NULL,
    CONSTRAINT obligations_are_made_once_per_criterion UNIQUE (lot_id, award_number, criterion_id),
    CONSTRAINT obligations_follow_a_plan FOREIGN KEY (lot_id, award_number)
    REFERENCES monitoring_plans (lot_id, award_number)
);
CREATE INDEX obligations_by_bid ON obligations (bid_id);

CREATE TABLE obligation_terms (
    obligation_id uuid NOT NULL CONSTRAINT obligation_terms_are_of_an_obligation REFERENCES obligations (id),
    version integer NOT NULL,
    person_id uuid NOT NULL CONSTRAINT obligation_terms_are_set_by_a_person REFERENCES people (id),
    reason text NOT NULL,
    terms jsonb NOT NULL,
    set_at timestamptz NOT NULL,
    CONSTRAINT obligation_terms_are_numbered PRIMARY KEY (obligation_id, version)
);

CREATE TABLE deliveries (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT deliveries_have_one_id PRIMARY KEY,
    obligation_id uuid NOT NULL CONSTRAINT deliveries_fulfil_an_obligation REFERENCES obligations (id),
    period integer NOT NULL,
    quantity numeric NOT NULL,
    note text NOT NULL,
    counted text [] NOT NULL,
    person_id uuid NOT NULL CONSTRAINT deliveries_are_reported_by_a_person REFERENCES people (id),
    reported_at timestamptz NOT NULL
);
CREATE INDEX deliveries_by_obligation ON deliveries (obligation_id, period);

CREATE TABLE delivery_evidence (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT delivery_evidence_has_one_id PRIMARY KEY,
    delivery_id uuid NOT NULL CONSTRAINT delivery_evidence_is_of_a_delivery REFERENCES deliveries (id),
    object_id uuid NOT NULL CONSTRAINT delivery_evidence_lies_somewhere REFERENCES spend_objects (id),
    name text NOT NULL,
    digest text NOT NULL,
    size bigint NOT NULL,
    person_id uuid NOT NULL CONSTRAINT delivery_evidence_is_sent_by_a_person REFERENCES people (id),
    received_at timestamptz NOT NULL,
    CONSTRAINT delivery_evidence_is_there_once UNIQUE (delivery_id, digest)
);
CREATE INDEX delivery_evidence_by_object ON delivery_evidence (object_id);

CREATE TABLE delivery_decisions (
    delivery_id uuid NOT NULL CONSTRAINT delivery_decisions_are_about_a_delivery REFERENCES deliveries (id),
    step text NOT NULL CONSTRAINT delivery_decisions_are_known_steps CHECK (step IN ('checked', 'accepted')),
    verdict text NOT NULL CONSTRAINT delivery_decisions_are_known_verdicts CHECK (
        (step = 'checked' AND verdict IN ('verified', 'rejected')) OR (step = 'accepted' AND verdict = 'accepted')
    ),
    quantity numeric NOT NULL,
    reason text NOT NULL,
    person_id uuid NOT NULL CONSTRAINT delivery_decisions_are_taken_by_a_person REFERENCES people (id),
    decided_at timestamptz NOT NULL,
    CONSTRAINT delivery_decisions_are_taken_once PRIMARY KEY (delivery_id, step)
);

CREATE TABLE remedies (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT remedies_have_one_id PRIMARY KEY,
    obligation_id uuid NOT NULL CONSTRAINT remedies_are_for_an_obligation REFERENCES obligations (id),
    number integer NOT NULL,
    step text NOT NULL,
    reason text NOT NULL,
    shortfall numeric,
    formula text,
    amount numeric,
    due_on date,
    person_id uuid NOT NULL CONSTRAINT remedies_are_taken_by_a_person REFERENCES people (id),
    taken_at timestamptz NOT NULL,
    CONSTRAINT remedies_are_numbered UNIQUE (obligation_id, number)
);

CREATE TABLE performance_assessments (
    lot_id uuid NOT NULL,
    award_number integer NOT NULL,
    number integer NOT NULL,
    starts_on date NOT NULL,
    ends_on date NOT NULL,
    at_termination boolean NOT NULL,
    ratings jsonb NOT NULL,
    person_id uuid NOT NULL CONSTRAINT performance_assessments_are_made_by_a_person REFERENCES people (id),
    assessed_at timestamptz NOT NULL,
    CONSTRAINT performance_assessments_are_numbered PRIMARY KEY (lot_id, award_number, number),
    CONSTRAINT performance_assessments_follow_a_plan FOREIGN KEY (lot_id, award_number)
    REFERENCES monitoring_plans (lot_id, award_number)
);

CREATE TABLE performance_failures (
    lot_id uuid NOT NULL,
    award_number integer NOT NULL,
    number integer NOT NULL,
    kind text NOT NULL,
    outcome text NOT NULL,
    description text NOT NULL,
    arose_on date NOT NULL,
    decided_by text NOT NULL,
    person_id uuid NOT NULL CONSTRAINT performance_failures_are_recorded_by_a_person REFERENCES people (id),
    recorded_at timestamptz NOT NULL,
    CONSTRAINT performance_failures_are_numbered PRIMARY KEY (lot_id, award_number, number),
    CONSTRAINT performance_failures_follow_a_plan FOREIGN KEY (lot_id, award_number)
    REFERENCES monitoring_plans (lot_id, award_number)
);

CREATE TABLE performance_notices (
    lot_id uuid NOT NULL,
    award_number integer NOT NULL,
    about text NOT NULL,
    number integer NOT NULL,
    reference text NOT NULL,
    published_at timestamptz NOT NULL,
    person_id uuid NOT NULL CONSTRAINT performance_notices_are_recorded_by_a_person REFERENCES people (id),
    recorded_at timestamptz NOT NULL,
    CONSTRAINT performance_notices_are_published_once PRIMARY KEY (lot_id, award_number, about, number),
    CONSTRAINT performance_notices_follow_a_plan FOREIGN KEY (lot_id, award_number)
    REFERENCES monitoring_plans (lot_id, award_number)
);

CREATE TABLE contract_reminders (
    lot_id uuid NOT NULL,
    award_number integer NOT NULL,
    kind text NOT NULL,
    about text NOT NULL,
    due_on date NOT NULL,
    reminded_at timestamptz NOT NULL,
    CONSTRAINT contract_reminders_are_given_once PRIMARY KEY (lot_id, award_number, kind, about, due_on),
    CONSTRAINT contract_reminders_follow_a_plan FOREIGN KEY (lot_id, award_number)
    REFERENCES monitoring_plans (lot_id, award_number)
);

GRANT SELECT, INSERT ON monitoring_plans, obligations, obligation_terms, deliveries, delivery_evidence,
delivery_decisions, remedies, performance_assessments, performance_failures, performance_notices, contract_reminders
TO tenderscore_app;

-- The second wall: plan, obligations and what follows from them are the buyer's and the contractor's; how the buyer rates
-- and what it has to do are the buyer's own until it publishes.
DO $$
DECLARE
    walled text;
    whose text;
    mine text := '(SELECT tenant())';
    condition text;
BEGIN
    FOR walled, whose IN
        SELECT named.walled, named.whose
        FROM (VALUES
            ('monitoring_plans', 'parties'), ('obligations', 'parties'), ('obligation_terms', 'obligation'),
            ('deliveries', 'obligation'), ('remedies', 'obligation'), ('delivery_evidence', 'delivery'),
            ('delivery_decisions', 'delivery'), ('performance_assessments', 'lot'), ('performance_failures', 'lot'),
            ('performance_notices', 'lot'), ('contract_reminders', 'lot')
        ) AS named (walled, whose)
    LOOP
        condition := CASE whose
            WHEN 'parties' THEN format(
                'EXISTS (
                    SELECT FROM bids AS bid
                    INNER JOIN lots AS lot ON bid.lot_id = lot.id
                    INNER JOIN tenders AS tender ON lot.tender_id = tender.id
                    WHERE bid.id = %1$I.bid_id AND (tender.buyer_id = %2$s OR bid.supplier_id = %2$s)
                )', walled, mine
            )
            WHEN 'lot' THEN format(
                'EXISTS (
                    SELECT FROM lots AS lot
                    INNER JOIN tenders AS tender ON lot.tender_id = tender.id
                    WHERE lot.id = %1$I.lot_id AND tender.buyer_id = %2$s
                )', walled, mine
            )
            WHEN 'obligation' THEN
                format('EXISTS (SELECT FROM obligations AS one WHERE one.id = %I.obligation_id)', walled)
            WHEN 'delivery' THEN
                format('EXISTS (SELECT FROM deliveries AS one WHERE one.id = %I.delivery_id)', walled)
        END;
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', walled);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', walled);
        EXECUTE format(
            'CREATE POLICY %I ON %I USING (%s IS NULL OR %s)',
            walled || '_are_for_their_' || CASE whose WHEN 'lot' THEN 'buyer' ELSE 'parties' END, walled, mine, condition
        );
    END LOOP;
END
$$;
