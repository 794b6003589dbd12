-- Tenders of other installations, kept as evidence: checked when they came, and never changed.

CREATE TABLE imported_tenders (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT imported_tenders_have_one_id PRIMARY KEY,
    digest text NOT NULL CONSTRAINT imported_tenders_are_there_once UNIQUE,
    checked jsonb NOT NULL,
    size bigint NOT NULL,
    person_id uuid NOT NULL CONSTRAINT imported_tenders_are_brought_by_a_person REFERENCES people (id),
    imported_at timestamptz NOT NULL
);
CREATE INDEX imported_tenders_in_order ON imported_tenders (imported_at, id);

CREATE TABLE imported_chunks (
    import_id uuid NOT NULL CONSTRAINT imported_chunks_belong_to_an_import REFERENCES imported_tenders (id),
    number integer NOT NULL,
    contents bytea NOT NULL,
    CONSTRAINT imported_chunks_are_numbered PRIMARY KEY (import_id, number)
);
ALTER TABLE imported_chunks ALTER COLUMN contents SET STORAGE EXTERNAL;

GRANT SELECT, INSERT ON imported_tenders, imported_chunks TO tenderscore_app;
