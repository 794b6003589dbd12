-- Answers to requests that carried an Idempotency-Key, and how many requests a key has sent in its minute.

-- Name and fingerprint are digests under the service's secret; the answer is sealed under that and the sender's own
-- Idempotency-Key, which is not stored. It may hold a new API key: neither the database nor a copy of it tells.
CREATE TABLE request_answers (
    name text COLLATE "C" CONSTRAINT request_answers_are_given_once PRIMARY KEY,
    fingerprint text NOT NULL,
    answer bytea,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX request_answers_by_age ON request_answers (at);

-- Not logged: what a crash forgets is a minute's count.
CREATE UNLOGGED TABLE request_quotas (
    key_id text COLLATE "C" CONSTRAINT request_quotas_one_per_key PRIMARY KEY,
    minute timestamptz NOT NULL,
    leased integer NOT NULL
);

-- Lease some of what a key may send in this minute to the process that asks; all processes together get no more than
-- there is.
CREATE FUNCTION lease_requests(key text, wanted integer, most integer)
RETURNS TABLE (granted integer, leased integer, seconds_left double precision)
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    at timestamptz := clock_timestamp();
    this_minute timestamptz := date_trunc('minute', at);
    before integer;
BEGIN
    INSERT INTO request_quotas AS quota (key_id, minute, leased) VALUES (key, this_minute, 0)
    ON CONFLICT (key_id) DO UPDATE
    SET minute = this_minute, leased = CASE WHEN quota.minute = this_minute THEN quota.leased ELSE 0 END
    RETURNING quota.leased INTO before;
    granted := greatest(0, least(wanted, most - before));
    leased := before + granted;
    UPDATE request_quotas AS quota SET leased = before + granted WHERE quota.key_id = key;
    seconds_left := extract(EPOCH FROM this_minute + interval '1 minute' - at);
    RETURN NEXT;
END
$$;

GRANT SELECT, INSERT, DELETE ON request_answers TO tenderscore_app;
GRANT UPDATE (answer) ON request_answers TO tenderscore_app;
GRANT SELECT, INSERT, UPDATE ON request_quotas TO tenderscore_app;
REVOKE EXECUTE ON FUNCTION lease_requests FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lease_requests TO tenderscore_app;
