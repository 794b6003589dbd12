-- The chronological record of a tender as a file: up to which entry of the log, asked for by whom; made by a job.
CREATE TABLE record_files (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT record_files_have_one_id PRIMARY KEY,
    tender_id uuid NOT NULL CONSTRAINT record_files_are_of_a_tender REFERENCES tenders (id),
    person_id uuid NOT NULL CONSTRAINT record_files_are_asked_for_by_a_person REFERENCES people (id),
    log_size bigint NOT NULL,
    sealed boolean NOT NULL,
    asked_at timestamptz NOT NULL
);
CREATE INDEX record_files_by_tender ON record_files (tender_id, asked_at);

CREATE TABLE record_file_contents (
    record_file_id uuid CONSTRAINT record_file_contents_stored_once PRIMARY KEY
    CONSTRAINT record_file_contents_were_asked_for REFERENCES record_files (id),
    pdf bytea NOT NULL,
    digest text NOT NULL,
    stored_at timestamptz NOT NULL
);

GRANT SELECT, INSERT ON record_files, record_file_contents TO tenderscore_app;
