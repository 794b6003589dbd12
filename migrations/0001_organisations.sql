-- Organisations, their people and keys; the two roles that the service acts in.

-- The login that migrates owns the tables; requests act as tenderscore_app, and only the opening as tenderscore_opening.
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['tenderscore_app', 'tenderscore_opening'] LOOP
        IF to_regrole(wanted) IS NULL THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL;
            END;
        END IF;
        IF NOT pg_has_role(current_user, wanted, 'MEMBER') THEN
            EXECUTE format('GRANT %I TO CURRENT_USER', wanted);
        END IF;
    END LOOP;
END
$$;

CREATE TABLE organisations (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT organisations_have_one_id PRIMARY KEY,
    kind text NOT NULL CONSTRAINT organisations_are_buyers_or_suppliers CHECK (kind IN ('buyer', 'supplier')),
    name text NOT NULL,
    identifier text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT organisations_one_per_identifier UNIQUE (identifier)
);

CREATE TABLE people (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT people_have_one_id PRIMARY KEY,
    organisation_id uuid NOT NULL CONSTRAINT people_belong_to_an_organisation REFERENCES organisations (id),
    name text NOT NULL,
    email text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX people_by_organisation ON people (organisation_id, created_at, id);

CREATE TABLE api_keys (
    id text COLLATE "C" CONSTRAINT api_keys_have_one_id PRIMARY KEY,
    person_id uuid NOT NULL CONSTRAINT api_keys_belong_to_a_person REFERENCES people (id),
    label text NOT NULL,
    secret_digest bytea NOT NULL,
    scopes text [] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz,
    revoked_at timestamptz
);
CREATE INDEX api_keys_by_person ON api_keys (person_id, created_at, id);

GRANT SELECT, INSERT ON organisations, people TO tenderscore_app;
GRANT SELECT, INSERT ON api_keys TO tenderscore_app;
GRANT UPDATE (revoked_at) ON api_keys TO tenderscore_app;
