-- Trials of a draft's rules, kept with the tender. A draft's lots may still go, so a trial names its lot by number.

CREATE TABLE simulations (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT simulations_have_one_id PRIMARY KEY,
    tender_id uuid NOT NULL CONSTRAINT simulations_are_of_a_tender REFERENCES tenders (id),
    number integer NOT NULL,
    lot_number integer NOT NULL CONSTRAINT simulations_name_a_lot CHECK (lot_number > 0),
    person_id uuid NOT NULL CONSTRAINT simulations_are_run_by_a_person REFERENCES people (id),
    canonical bytea NOT NULL,
    digest text NOT NULL,
    rules_digest text NOT NULL,
    engine text NOT NULL,
    simulated_at timestamptz NOT NULL,
    CONSTRAINT simulations_are_numbered UNIQUE (tender_id, number)
);

GRANT SELECT, INSERT ON simulations TO tenderscore_app;
