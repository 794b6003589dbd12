-- What a buyer's own catalogues said of a published tender's criteria: under which licence their words are, what they
-- count, and which goals they serve in open data. Public with the tender; a later edition of a catalogue changes nothing.
CREATE TABLE tender_measures (
    tender_id uuid NOT NULL CONSTRAINT tender_measures_are_of_a_tender REFERENCES tenders (id),
    criterion_id text NOT NULL,
    catalogue text NOT NULL,
    version text NOT NULL,
    licence text NOT NULL,
    counts text NOT NULL,
    social_objective text,
    environmental_impact text,
    goal text,
    CONSTRAINT tender_measures_are_kept_once PRIMARY KEY (tender_id, criterion_id)
);

GRANT SELECT, INSERT ON tender_measures TO tenderscore_app;
