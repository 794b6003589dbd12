-- What organisations are told of entries in logs: the feed that they poll, and what their webhooks are sent.

-- A row says that something happened and where to read it, never what a bid or a decision says. It is derived from a
-- log's entry after its commit, by one worker at a time. organisation_id is absent where whoever may read the tender is
-- told. Tenders, lots and bids are named by ids that the log gave, without keys: these would lock a tender that is being
-- opened, and whoever tells would wait for it or hold it up.
CREATE TABLE news (
    id uuid NOT NULL DEFAULT gen_random_uuid() CONSTRAINT news_one_per_id PRIMARY KEY,
    organisation_id uuid CONSTRAINT news_are_for_a_known_organisation REFERENCES organisations (id),
    tender_id uuid,
    lot_id uuid,
    bid_id uuid,
    webhook_id uuid,
    type text NOT NULL,
    operation text NOT NULL,
    at timestamptz NOT NULL,
    told_at timestamptz NOT NULL
);
CREATE INDEX news_in_order ON news (organisation_id, told_at, id);
CREATE INDEX news_by_time ON news (told_at);

-- Up to which entry each log has been read; without a key, which would lock the log's head against bids. What was written before there was a feed is not told.
CREATE TABLE relayed_logs (
    log_id uuid NOT NULL CONSTRAINT relayed_logs_once_per_log PRIMARY KEY,
    position bigint NOT NULL CONSTRAINT relayed_logs_position_not_negative CHECK (position >= 0)
);
INSERT INTO relayed_logs (log_id, position) SELECT head.log_id, head.size FROM log_heads AS head;

-- The feed's one writer holds this row until its transaction ends; told_at never goes back.
CREATE TABLE relay (
    id boolean NOT NULL DEFAULT TRUE CONSTRAINT relay_is_one PRIMARY KEY CONSTRAINT relay_is_the_only_one CHECK (id),
    told_at timestamptz NOT NULL
);
INSERT INTO relay (told_at) VALUES ('2000-01-01T00:00:00Z');

GRANT SELECT, INSERT ON news TO tenderscore_app;
GRANT SELECT, INSERT, UPDATE ON relayed_logs TO tenderscore_app;
GRANT SELECT, UPDATE ON relay TO tenderscore_app;

-- Who may read what news point to: a published tender's anybody, a call-off's the framework's suppliers, and of the
-- buyer's people those who hold one of the roles that the role table asks for, where it asks for any.
CREATE FUNCTION may_be_told(tender uuid, organisation uuid, person uuid, roles jsonb) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
SELECT tender IS NULL OR EXISTS (
    SELECT
    FROM tenders AS known
    WHERE
        known.id = tender
        AND CASE
            WHEN known.buyer_id = organisation
                THEN
                    roles = '[]'::jsonb
                    OR EXISTS (
                        SELECT FROM tender_roles AS held
                        WHERE held.tender_id = known.id AND held.person_id = person AND roles ? held.role
                    )
            ELSE
                known.published_at IS NOT NULL
                AND (known.framework_id IS NULL OR is_framework_supplier(known.framework_id, organisation))
        END
);
$$;

ALTER TABLE news ENABLE ROW LEVEL SECURITY;
ALTER TABLE news FORCE ROW LEVEL SECURITY;
CREATE POLICY news_are_for_whom_they_are_told ON news USING (
    (SELECT tenant()) IS NULL OR organisation_id IS NULL OR organisation_id = (SELECT tenant())
);
