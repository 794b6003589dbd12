-- Sections of reports as they were laid out, by a digest of what they print and of what they are printed with; how far
-- a job is; and the signature that was put behind a report's own bytes.
CREATE TABLE report_parts (
    tender_id uuid NOT NULL CONSTRAINT report_parts_are_of_a_tender REFERENCES tenders (id),
    lang text NOT NULL,
    key bytea NOT NULL CONSTRAINT report_parts_are_found_by_sha256 CHECK (octet_length(key) = 32),
    part bytea NOT NULL,
    kept_at timestamptz NOT NULL,
    CONSTRAINT report_parts_kept_once PRIMARY KEY (tender_id, lang, key)
);

ALTER TABLE job_attempts ADD COLUMN parts_done integer;
ALTER TABLE job_attempts ADD COLUMN parts_total integer;
ALTER TABLE reports ADD COLUMN signature bytea;

GRANT SELECT, INSERT ON report_parts TO tenderscore_app;
