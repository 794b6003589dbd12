-- In which language a tender's papers come, and in which language a file was asked for.

ALTER TABLE tenders
ADD COLUMN language text
CONSTRAINT tenders_have_papers_in_a_known_language CHECK (
    language IN ('en', 'de', 'fr', 'es', 'it', 'pt', 'pl', 'nl', 'el', 'bg')
);

GRANT UPDATE (language) ON tenders TO tenderscore_app;

ALTER TABLE record_files ADD COLUMN lang text NOT NULL DEFAULT 'en';

-- Reports on spend analyses by language; those that were made before, in English, are copied, and their table stays behind.
CREATE TABLE spend_report_files (
    analysis_id uuid CONSTRAINT spend_report_files_are_of_an_analysis REFERENCES spend_analyses (id),
    lang text NOT NULL,
    pdf bytea NOT NULL,
    digest text NOT NULL,
    stored_at timestamptz NOT NULL,
    CONSTRAINT spend_report_files_are_stored_once PRIMARY KEY (analysis_id, lang)
);
INSERT INTO spend_report_files (analysis_id, lang, pdf, digest, stored_at)
SELECT report.analysis_id, 'en', report.pdf, report.digest, report.stored_at FROM spend_reports AS report;

ALTER TABLE spend_report_files ENABLE ROW LEVEL SECURITY;
ALTER TABLE spend_report_files FORCE ROW LEVEL SECURITY;
CREATE POLICY spend_report_files_are_for_their_buyer ON spend_report_files USING (
    (SELECT tenant()) IS NULL
    OR EXISTS (SELECT FROM spend_analyses AS asked WHERE asked.id = spend_report_files.analysis_id)
);
GRANT SELECT, INSERT ON spend_report_files TO tenderscore_app;
