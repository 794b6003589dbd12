-- name: insert_provider(organisation_id, issuer, audience, algorithms, acr_values, keys_decide, token_type)^
-- Register an identity provider; None where somebody has this issuer with this audience already.
INSERT INTO identity_providers AS provider (
    organisation_id, issuer, audience, algorithms, acr_values, keys_decide, token_type, untyped
)
VALUES (
    :organisation_id::uuid, :issuer::text, :audience::text, :algorithms::text [], :acr_values::text [],
    :keys_decide::boolean, CASE WHEN :token_type::text = 'untyped' THEN 'at+jwt' ELSE :token_type::text END,
    :token_type::text = 'untyped'
)
ON CONFLICT (issuer, audience) WHERE retired_at IS NULL DO NOTHING
RETURNING
    provider.id, provider.issuer, provider.audience, provider.algorithms, provider.acr_values, provider.keys_decide,
    CASE WHEN provider.untyped THEN 'untyped' ELSE provider.token_type END AS token_type,
    provider.registered_at, provider.retired_at;

-- name: list_providers(organisation_id, before_at, before_id, limit)
-- An organisation's identity providers, the newest first.
SELECT
    provider.id, provider.issuer, provider.audience, provider.algorithms, provider.acr_values, provider.keys_decide,
    CASE WHEN provider.untyped THEN 'untyped' ELSE provider.token_type END AS token_type,
    provider.registered_at, provider.retired_at
FROM identity_providers AS provider
WHERE
    provider.organisation_id = :organisation_id::uuid
    AND (
        :before_at::timestamptz IS NULL
        OR (provider.registered_at, provider.id) < (:before_at::timestamptz, :before_id::uuid)
    )
ORDER BY provider.registered_at DESC, provider.id DESC
LIMIT :limit::int;

-- name: retire_provider(provider_id, organisation_id)^
-- Accept no more tokens of a provider; a second time changes nothing. The operator, for no organisation, retires any.
UPDATE identity_providers AS provider
SET retired_at = coalesce(provider.retired_at, clock_timestamp())
FROM identity_providers AS before
WHERE
    provider.id = :provider_id::uuid
    AND coalesce(provider.organisation_id = :organisation_id::uuid, TRUE)
    AND before.id = provider.id
RETURNING
    before.retired_at IS NULL AS is_new, provider.organisation_id, provider.id, provider.issuer, provider.audience,
    provider.algorithms, provider.acr_values, provider.keys_decide,
    CASE WHEN provider.untyped THEN 'untyped' ELSE provider.token_type END AS token_type,
    provider.registered_at, provider.retired_at;

-- name: lock_provider(provider_id, organisation_id)^
-- A provider of the organisation that is not retired, kept so until the end of the transaction.
SELECT
    provider.id, provider.issuer, provider.audience, provider.algorithms, provider.acr_values, provider.keys_decide,
    CASE WHEN provider.untyped THEN 'untyped' ELSE provider.token_type END AS token_type,
    provider.registered_at, provider.retired_at
FROM identity_providers AS provider
WHERE
    provider.id = :provider_id::uuid
    AND provider.organisation_id = :organisation_id::uuid
    AND provider.retired_at IS NULL
FOR SHARE;

-- name: lock_providers(organisation_id)
-- An organisation's providers that are not retired, kept until the end of the transaction from all who name or revoke.
SELECT provider.id, provider.keys_decide
FROM identity_providers AS provider
WHERE provider.organisation_id = :organisation_id::uuid AND provider.retired_at IS NULL
ORDER BY provider.id
FOR NO KEY UPDATE
LIMIT 1000;

-- name: find_working(organisation_id, key_id)^
-- Of the identities by which people of an organisation can sign in: whether this one names others, whether another does,
-- and whether there is another.
SELECT
    coalesce(bool_or('admin' = ANY (key.scopes)) FILTER (WHERE key.id = :key_id::text), FALSE) AS names,
    coalesce(bool_or('admin' = ANY (key.scopes)) FILTER (WHERE key.id <> :key_id::text), FALSE) AS others_name,
    count(*) FILTER (WHERE key.id <> :key_id::text) > 0 AS others_work
FROM identities AS identity
INNER JOIN identity_providers AS provider ON identity.provider_id = provider.id
INNER JOIN api_keys AS key ON identity.key_id = key.id
WHERE
    provider.organisation_id = :organisation_id::uuid AND provider.retired_at IS NULL
    AND key.revoked_at IS NULL AND (key.expires_at IS NULL OR key.expires_at > clock_timestamp());

-- name: insert_identity(provider_id, subject, key_id)^
-- Say whose a subject is; None where it is somebody's already whose key still works.
INSERT INTO identities AS identity (provider_id, subject, key_id)
VALUES (:provider_id::uuid, :subject::text, :key_id::text)
ON CONFLICT (provider_id, subject) DO UPDATE SET key_id = excluded.key_id
WHERE NOT EXISTS (
    SELECT FROM api_keys AS key
    WHERE
        key.id = identity.key_id
        AND key.revoked_at IS NULL
        AND (key.expires_at IS NULL OR key.expires_at > clock_timestamp())
)
RETURNING identity.provider_id, identity.subject;

-- name: list_identities(person_id, before_at, before_id, limit)
-- By which subjects of which providers a person is known, the newest first.
SELECT
    key.id, key.person_id, key.label, key.scopes, key.created_at, key.expires_at, key.revoked_at,
    identity.provider_id, identity.subject
FROM identities AS identity
INNER JOIN api_keys AS key ON identity.key_id = key.id
WHERE
    key.person_id = :person_id::uuid
    AND (
        :before_at::timestamptz IS NULL
        OR (key.created_at, key.id) < (:before_at::timestamptz, :before_id::text)
    )
ORDER BY key.created_at DESC, key.id DESC
LIMIT :limit::int;

-- name: find_identity(issuer, audiences, subject)
-- Whose tokens an issuer may issue for one of these audiences, how they are checked, and who their subject is, by the
-- database's clock; a subject that is nobody's has no person.
SELECT
    provider.algorithms, provider.acr_values,
    CASE WHEN provider.untyped THEN 'untyped' ELSE provider.token_type END AS token_type,
    clock_timestamp() AS now,
    key.id AS key_id, key.scopes, person.id AS person_id, person.name AS person,
    organisation.id AS organisation_id, organisation.kind, organisation.name AS organisation
FROM identity_providers AS provider
INNER JOIN organisations AS organisation ON provider.organisation_id = organisation.id
LEFT JOIN identities AS identity ON provider.id = identity.provider_id AND identity.subject = :subject::text
LEFT JOIN api_keys AS key
    ON
        identity.key_id = key.id
        AND key.revoked_at IS NULL
        AND (key.expires_at IS NULL OR key.expires_at > clock_timestamp())
LEFT JOIN people AS person ON key.person_id = person.id AND person.organisation_id = organisation.id
WHERE
    provider.issuer = :issuer::text
    AND provider.audience = ANY (:audiences::text [])
    AND provider.retired_at IS NULL
ORDER BY provider.registered_at, provider.id
LIMIT 2;
