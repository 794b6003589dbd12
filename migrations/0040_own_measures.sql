-- A buyer's own catalogues of measures, licensed from others or its own, each with the licence under which it is used.
CREATE TABLE own_catalogues (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT own_catalogues_have_one_id PRIMARY KEY,
    buyer_id uuid NOT NULL CONSTRAINT own_catalogues_are_a_buyers REFERENCES organisations (id),
    person_id uuid NOT NULL CONSTRAINT own_catalogues_are_sent_by_a_person REFERENCES people (id),
    title text NOT NULL,
    version text NOT NULL,
    licence text NOT NULL,
    source text NOT NULL,
    digest text NOT NULL,
    measures jsonb NOT NULL,
    imported_at timestamptz NOT NULL,
    CONSTRAINT own_catalogues_have_one_version UNIQUE (buyer_id, title, version)
);

GRANT SELECT, INSERT ON own_catalogues TO tenderscore_app;

ALTER TABLE own_catalogues ENABLE ROW LEVEL SECURITY;
ALTER TABLE own_catalogues FORCE ROW LEVEL SECURITY;
CREATE POLICY own_catalogues_are_for_their_buyer ON own_catalogues USING (
    (SELECT tenant()) IS NULL OR buyer_id = (SELECT tenant())
);
