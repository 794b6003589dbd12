-- Papers: what a report other than the evaluation's prints, as it stood at one instant, and the files made from it. The
-- same data is one paper; data that has changed since is another, and both stay.
CREATE TABLE papers (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT papers_have_one_id PRIMARY KEY,
    tender_id uuid NOT NULL CONSTRAINT papers_are_of_a_tender REFERENCES tenders (id),
    kind text NOT NULL,
    about_id uuid NOT NULL,
    lang text NOT NULL,
    data bytea NOT NULL,
    data_digest text NOT NULL,
    asked_at timestamptz NOT NULL,
    CONSTRAINT papers_are_told_apart_by_their_data UNIQUE (kind, about_id, lang, data_digest)
);

CREATE TABLE paper_files (
    paper_id uuid CONSTRAINT paper_files_are_stored_once PRIMARY KEY
    CONSTRAINT paper_files_are_of_a_paper REFERENCES papers (id),
    pdf bytea NOT NULL,
    html text NOT NULL,
    digest text NOT NULL,
    stored_at timestamptz NOT NULL
);

GRANT SELECT, INSERT ON papers, paper_files TO tenderscore_app;

-- An opening record quotes who stood behind joint bids and how variants were described: it is destroyed with them, and made
-- anew without them for whoever asks.
CREATE FUNCTION destroy_opening_papers() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    DELETE FROM paper_files AS made USING papers AS paper
    WHERE made.paper_id = paper.id AND paper.tender_id = NEW.tender_id AND paper.kind = 'opening';
    DELETE FROM papers AS paper WHERE paper.tender_id = NEW.tender_id AND paper.kind = 'opening';
    RETURN NULL;
END;
$$;

CREATE TRIGGER shreddings_destroy_opening_papers AFTER INSERT ON shreddings
FOR EACH ROW EXECUTE FUNCTION destroy_opening_papers();
