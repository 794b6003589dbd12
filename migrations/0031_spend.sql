-- Spend analysis: files of payments, registers of suppliers and lists of places; how people mapped them, what became of
-- them; analyses and what they found. None of it is part of a tender's record: a buyer may delete its files.

CREATE TABLE spend_objects (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT spend_objects_have_one_id PRIMARY KEY,
    kept_in text,
    begun_at timestamptz NOT NULL
);
CREATE INDEX spend_objects_by_age ON spend_objects (begun_at, id);

CREATE TABLE spend_chunks (
    object_id uuid NOT NULL CONSTRAINT spend_chunks_are_of_an_object REFERENCES spend_objects (id) ON DELETE CASCADE,
    number integer NOT NULL,
    contents bytea NOT NULL,
    CONSTRAINT spend_chunks_are_numbered PRIMARY KEY (object_id, number)
);

CREATE TABLE spend_files (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT spend_files_have_one_id PRIMARY KEY,
    buyer_id uuid NOT NULL CONSTRAINT spend_files_are_a_buyers REFERENCES organisations (id),
    person_id uuid NOT NULL CONSTRAINT spend_files_are_sent_by_a_person REFERENCES people (id),
    object_id uuid NOT NULL CONSTRAINT spend_files_lie_somewhere REFERENCES spend_objects (id),
    kind text NOT NULL CONSTRAINT spend_files_are_of_a_known_kind CHECK (kind IN ('payments', 'register', 'places')),
    name text NOT NULL,
    digest text NOT NULL,
    size bigint NOT NULL,
    received_at timestamptz NOT NULL,
    CONSTRAINT spend_files_are_there_once UNIQUE (buyer_id, kind, digest)
);
CREATE INDEX spend_files_by_object ON spend_files (object_id);

CREATE TABLE spend_mappings (
    file_id uuid NOT NULL CONSTRAINT spend_mappings_are_of_a_file REFERENCES spend_files (id) ON DELETE CASCADE,
    version integer NOT NULL,
    person_id uuid NOT NULL CONSTRAINT spend_mappings_are_confirmed_by_a_person REFERENCES people (id),
    mapping jsonb NOT NULL,
    mapped_at timestamptz NOT NULL,
    CONSTRAINT spend_mappings_are_numbered PRIMARY KEY (file_id, version)
);

CREATE TABLE spend_imports (
    file_id uuid NOT NULL,
    version integer NOT NULL,
    lines_id uuid CONSTRAINT spend_imports_keep_their_lines REFERENCES spend_objects (id),
    left_out_id uuid CONSTRAINT spend_imports_keep_their_list REFERENCES spend_objects (id),
    summary jsonb,
    fault jsonb,
    imported_at timestamptz NOT NULL,
    CONSTRAINT spend_imports_happen_once PRIMARY KEY (file_id, version),
    CONSTRAINT spend_imports_follow_a_mapping FOREIGN KEY (file_id, version)
    REFERENCES spend_mappings (file_id, version) ON DELETE CASCADE,
    CONSTRAINT spend_imports_succeed_or_say_why CHECK (
        (fault IS NULL) = (summary IS NOT NULL AND lines_id IS NOT NULL AND left_out_id IS NOT NULL)
    )
);
CREATE INDEX spend_imports_by_lines ON spend_imports (lines_id);
CREATE INDEX spend_imports_by_list ON spend_imports (left_out_id);

CREATE TABLE spend_answers (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT spend_answers_have_one_id PRIMARY KEY,
    buyer_id uuid NOT NULL CONSTRAINT spend_answers_are_a_buyers REFERENCES organisations (id),
    person_id uuid NOT NULL CONSTRAINT spend_answers_are_given_by_a_person REFERENCES people (id),
    supplier text NOT NULL,
    entry text NOT NULL,
    same boolean NOT NULL,
    answered_at timestamptz NOT NULL
);
CREATE INDEX spend_answers_by_buyer ON spend_answers (buyer_id, answered_at);

CREATE TABLE spend_analyses (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT spend_analyses_have_one_id PRIMARY KEY,
    buyer_id uuid NOT NULL CONSTRAINT spend_analyses_are_a_buyers REFERENCES organisations (id),
    person_id uuid NOT NULL CONSTRAINT spend_analyses_are_asked_for_by_a_person REFERENCES people (id),
    request jsonb NOT NULL,
    asked_at timestamptz NOT NULL
);
CREATE INDEX spend_analyses_by_buyer ON spend_analyses (buyer_id, asked_at);

CREATE TABLE spend_results (
    analysis_id uuid CONSTRAINT spend_results_are_stored_once PRIMARY KEY
    CONSTRAINT spend_results_were_asked_for REFERENCES spend_analyses (id),
    left_out_id uuid CONSTRAINT spend_results_keep_their_list REFERENCES spend_objects (id),
    canonical bytea,
    digest text,
    fault jsonb,
    analysed_at timestamptz NOT NULL,
    CONSTRAINT spend_results_are_there_or_say_why CHECK (
        (fault IS NULL) = (canonical IS NOT NULL AND digest IS NOT NULL)
    )
);
CREATE INDEX spend_results_by_list ON spend_results (left_out_id);

CREATE TABLE spend_reports (
    analysis_id uuid CONSTRAINT spend_reports_are_stored_once PRIMARY KEY
    CONSTRAINT spend_reports_are_of_an_analysis REFERENCES spend_analyses (id),
    pdf bytea NOT NULL,
    digest text NOT NULL,
    stored_at timestamptz NOT NULL
);

CREATE TABLE spend_findings (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT spend_findings_have_one_id PRIMARY KEY,
    tender_id uuid NOT NULL CONSTRAINT spend_findings_speak_for_a_tender REFERENCES tenders (id),
    analysis_id uuid NOT NULL CONSTRAINT spend_findings_are_of_an_analysis REFERENCES spend_analyses (id),
    person_id uuid NOT NULL CONSTRAINT spend_findings_are_linked_by_a_person REFERENCES people (id),
    finding jsonb NOT NULL,
    outcome text NOT NULL,
    linked_at timestamptz NOT NULL
);
CREATE INDEX spend_findings_by_tender ON spend_findings (tender_id, linked_at);

GRANT SELECT, INSERT ON spend_mappings, spend_imports, spend_answers, spend_analyses, spend_results, spend_reports,
spend_findings, spend_chunks TO tenderscore_app;
GRANT SELECT, INSERT, DELETE ON spend_objects, spend_files TO tenderscore_app;
