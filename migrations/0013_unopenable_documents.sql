-- An officer's finding that a document does not open with the tender's key; only a second officer's makes it count.
CREATE TABLE unopenable_documents (
    document_id uuid NOT NULL CONSTRAINT unopenable_documents_are_documents REFERENCES documents (id),
    person_id uuid NOT NULL CONSTRAINT unopenable_documents_are_found_by_a_person REFERENCES people (id),
    found_at timestamptz NOT NULL,
    CONSTRAINT unopenable_documents_once_per_officer PRIMARY KEY (document_id, person_id)
);

GRANT SELECT, INSERT ON unopenable_documents TO tenderscore_app;
