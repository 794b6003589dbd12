-- Open data: what is public of a tender at an instant, as a release that is never changed. A worker makes one after each
-- event that makes something public; what was published earlier gets its first one now.
CREATE TABLE ocds_releases (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT ocds_releases_have_one_id PRIMARY KEY,
    tender_id uuid NOT NULL CONSTRAINT ocds_releases_are_of_a_tender REFERENCES tenders (id),
    number integer NOT NULL,
    told text [] NOT NULL,
    digest text NOT NULL,
    current bytea NOT NULL,
    find_a_tender bytea NOT NULL,
    made_at timestamptz NOT NULL,
    CONSTRAINT ocds_releases_are_numbered UNIQUE (tender_id, number)
);
CREATE INDEX ocds_releases_by_time ON ocds_releases (made_at, id);

GRANT SELECT, INSERT ON ocds_releases TO tenderscore_app;

CREATE FUNCTION ask_for_release() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    INSERT INTO pgqueuer (priority, entrypoint, payload, dedupe_key, status)
    VALUES (
        0, 'ocds-release', convert_to(NEW.log_id || ' ' || NEW.position, 'UTF8'),
        'ocds-release:' || NEW.log_id || ' ' || NEW.position, 'queued'
    );
    RETURN NULL;
END
$$;

REVOKE EXECUTE ON FUNCTION ask_for_release FROM PUBLIC;

CREATE TRIGGER events_that_make_public_ask_for_a_release AFTER INSERT ON events
FOR EACH ROW WHEN (
    NEW.kind IN (
        'tender.published', 'corrigendum.issued', 'lots.cancelled', 'award-notice.published', 'award.annulled',
        'contract.signed'
    )
)
EXECUTE FUNCTION ask_for_release();

INSERT INTO pgqueuer (priority, entrypoint, payload, dedupe_key, status)
SELECT 0, 'ocds-release', convert_to(tender.id || ' 0', 'UTF8'), 'ocds-release:' || tender.id || ' 0', 'queued'
FROM tenders AS tender
WHERE tender.published_at IS NOT NULL AND tender.framework_id IS NULL;
