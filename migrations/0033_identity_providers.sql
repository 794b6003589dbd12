-- Identity providers of organisations, and whose tokens act for which person.

-- A token is for one organisation: the pair of who issued it and whom it is for leads to no more than one.
CREATE TABLE identity_providers (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT identity_providers_have_one_id PRIMARY KEY,
    organisation_id uuid NOT NULL
    CONSTRAINT identity_providers_belong_to_an_organisation REFERENCES organisations (id),
    issuer text NOT NULL,
    audience text NOT NULL,
    algorithms text [] NOT NULL,
    acr_values text [] NOT NULL,
    keys_decide boolean NOT NULL,
    registered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    retired_at timestamptz
);
CREATE UNIQUE INDEX identity_providers_one_per_issuer_and_audience ON identity_providers (issuer, audience)
WHERE retired_at IS NULL;
CREATE INDEX identity_providers_by_organisation ON identity_providers (organisation_id, registered_at, id);

-- An identity is a key whose secret nobody has: scopes, expiry and revocation are the key's own, and so is its name in
-- every log. The person proves by a token instead, that the provider knows the subject.
CREATE TABLE identities (
    provider_id uuid NOT NULL CONSTRAINT identities_are_known_to_a_provider REFERENCES identity_providers (id),
    subject text NOT NULL,
    key_id text COLLATE "C" NOT NULL CONSTRAINT identities_are_keys REFERENCES api_keys (id),
    CONSTRAINT identities_one_per_subject PRIMARY KEY (provider_id, subject),
    CONSTRAINT identities_one_per_key UNIQUE (key_id)
);

GRANT SELECT, INSERT ON identity_providers, identities TO tenderscore_app;
GRANT UPDATE (retired_at) ON identity_providers TO tenderscore_app;
GRANT UPDATE (key_id) ON identities TO tenderscore_app;
