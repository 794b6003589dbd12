-- name: insert_organisation(kind, name, identifier)^
-- Register a buyer or a supplier.
INSERT INTO organisations (kind, name, identifier)
VALUES (:kind::text, :name::text, :identifier::text)
RETURNING id, kind, name, identifier, created_at;

-- name: get_organisation(organisation_id)^
-- One organisation.
SELECT organisation.id, organisation.kind, organisation.name, organisation.identifier, organisation.created_at
FROM organisations AS organisation
WHERE organisation.id = :organisation_id::uuid;

-- name: lock_first()$
-- Let one process at a time look whether anybody is registered, and register the first.
SELECT pg_advisory_xact_lock(hashtextextended('tenderscore first key', 0));

-- name: any_organisation()$
-- Whether anybody has been registered yet.
SELECT EXISTS (SELECT 1 FROM organisations);

-- name: insert_person(organisation_id, name, email)^
-- Add a person to an organisation.
INSERT INTO people (organisation_id, name, email)
VALUES (:organisation_id::uuid, :name::text, :email::text)
RETURNING id, organisation_id, name, email, created_at;

-- name: get_person(person_id, organisation_id)^
-- One person of an organisation.
SELECT person.id, person.organisation_id, person.name, person.email, person.created_at
FROM people AS person
WHERE person.id = :person_id::uuid AND person.organisation_id = :organisation_id::uuid;

-- name: list_people(organisation_id, after_at, after_id, limit)
-- An organisation's people, oldest first.
SELECT person.id, person.organisation_id, person.name, person.email, person.created_at
FROM people AS person
WHERE
    person.organisation_id = :organisation_id::uuid
    AND (person.created_at, person.id) > (:after_at::timestamptz, :after_id::uuid)
ORDER BY person.created_at, person.id
LIMIT :limit::int;

-- name: insert_key(id, person_id, label, secret_digest, scopes, expires_at)^
-- Store a key by its digest; the secret itself is never stored.
INSERT INTO api_keys (id, person_id, label, secret_digest, scopes, expires_at)
VALUES (:id::text, :person_id::uuid, :label::text, :secret_digest::bytea, :scopes::text [], :expires_at::timestamptz)
RETURNING id, person_id, label, scopes, created_at, expires_at, revoked_at;

-- name: list_keys(person_id, before_at, before_id, limit)
-- A person's keys, the newest first.
SELECT key.id, key.person_id, key.label, key.scopes, key.created_at, key.expires_at, key.revoked_at
FROM api_keys AS key
WHERE
    key.person_id = :person_id::uuid
    AND (
        :before_at::timestamptz IS NULL
        OR (key.created_at, key.id) < (:before_at::timestamptz, :before_id::text)
    )
ORDER BY key.created_at DESC, key.id DESC
LIMIT :limit::int;

-- name: revoke_key(key_id, organisation_id)^
-- Revoke a key of the organisation, and say whether a provider's subject comes by it; a second time changes nothing.
UPDATE api_keys AS key
SET revoked_at = coalesce(key.revoked_at, clock_timestamp())
FROM people AS person, api_keys AS before
WHERE
    key.id = :key_id::text AND person.id = key.person_id AND person.organisation_id = :organisation_id::uuid
    AND before.id = key.id
RETURNING
    key.id, key.person_id, key.label, key.scopes, key.created_at, key.expires_at, key.revoked_at,
    before.revoked_at IS NULL AS is_new,
    EXISTS (SELECT FROM identities AS identity WHERE identity.key_id = key.id) AS is_identity;

-- name: list_holders(key_ids)
-- Who holds each of these keys, of those that are neither expired nor revoked; and by which acr the organisation
-- decides where keys alone do not. With the database's clock, which says whether a token is over.
SELECT
    key.id AS key_id, key.secret_digest, key.scopes, person.id AS person_id, person.name AS person,
    organisation.id AS organisation_id, organisation.kind, organisation.name AS organisation,
    deciding.acr_values IS NULL AS decides, coalesce(deciding.acr_values, '{}') AS acr_values, clock_timestamp() AS now
FROM api_keys AS key
INNER JOIN people AS person ON key.person_id = person.id
INNER JOIN organisations AS organisation ON person.organisation_id = organisation.id
LEFT JOIN LATERAL (
    SELECT provider.acr_values FROM identity_providers AS provider
    WHERE
        provider.organisation_id = organisation.id AND provider.retired_at IS NULL AND NOT provider.keys_decide
    ORDER BY provider.registered_at
    LIMIT 1
) AS deciding ON TRUE
WHERE
    key.id = ANY (:key_ids::text [])
    AND key.revoked_at IS NULL
    AND (key.expires_at IS NULL OR key.expires_at > clock_timestamp())
ORDER BY key.id
LIMIT 1000;
