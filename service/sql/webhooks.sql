-- name: insert_webhook(organisation_id, person_id, url, types, secret_line, most)^
-- Keep a webhook, unless its organisation has as many as it may have.
INSERT INTO webhooks (organisation_id, person_id, url, types, secret_line, created_at)
SELECT
    :organisation_id::uuid, :person_id::uuid, :url::text, :types::text [], :secret_line::text, clock_timestamp()
WHERE (
    SELECT count(*) FROM webhooks AS other
    WHERE other.organisation_id = :organisation_id::uuid AND other.removed_at IS NULL
) < :most::int
RETURNING
    id, organisation_id, person_id, url, types, secret_line, secret_number, previous_line, previous_until, created_at,
    disabled_at, disabled_because;

-- name: list_webhooks(organisation_id)
-- An organisation's webhooks, oldest first.
SELECT
    hook.id, hook.organisation_id, hook.person_id, hook.url, hook.types, hook.secret_line, hook.secret_number,
    hook.previous_line, hook.previous_until, hook.created_at, hook.disabled_at, hook.disabled_because
FROM webhooks AS hook
WHERE hook.organisation_id = :organisation_id::uuid AND hook.removed_at IS NULL
ORDER BY hook.created_at, hook.id
LIMIT 1000;

-- name: get_webhook(webhook_id, organisation_id)^
-- A webhook of an organisation's that was not removed.
SELECT
    hook.id, hook.organisation_id, hook.person_id, hook.url, hook.types, hook.secret_line, hook.secret_number,
    hook.previous_line, hook.previous_until, hook.created_at, hook.disabled_at, hook.disabled_because
FROM webhooks AS hook
WHERE hook.id = :webhook_id::uuid AND hook.organisation_id = :organisation_id::uuid AND hook.removed_at IS NULL;

-- name: rotate_secret(webhook_id, organisation_id, secret_line, overlap_hours)^
-- Put the next secret in force; the one before goes on signing for some hours.
UPDATE webhooks AS hook
SET
    previous_line = hook.secret_line,
    previous_until = clock_timestamp() + interval '1 hour' * :overlap_hours::int,
    secret_line = :secret_line::text,
    secret_number = hook.secret_number + 1
WHERE hook.id = :webhook_id::uuid AND hook.organisation_id = :organisation_id::uuid AND hook.removed_at IS NULL
RETURNING
    id, organisation_id, person_id, url, types, secret_line, secret_number, previous_line, previous_until, created_at,
    disabled_at, disabled_because;

-- name: enable_webhook(webhook_id, organisation_id)^
-- Let a webhook be sent to again.
UPDATE webhooks AS hook
SET disabled_at = NULL, disabled_because = NULL
WHERE hook.id = :webhook_id::uuid AND hook.organisation_id = :organisation_id::uuid AND hook.removed_at IS NULL
RETURNING
    id, organisation_id, person_id, url, types, secret_line, secret_number, previous_line, previous_until, created_at,
    disabled_at, disabled_because;

-- name: disable_webhook(webhook_id, because)$
-- Send nothing more to a webhook; nothing is returned where it is disabled or removed already.
UPDATE webhooks AS hook
SET disabled_at = clock_timestamp(), disabled_because = :because::text
WHERE hook.id = :webhook_id::uuid AND hook.disabled_at IS NULL AND hook.removed_at IS NULL
RETURNING hook.organisation_id;

-- name: remove_webhook(webhook_id, organisation_id)^
-- Forget an organisation's webhook; what was sent to it stays on record.
UPDATE webhooks AS hook
SET removed_at = clock_timestamp()
WHERE hook.id = :webhook_id::uuid AND hook.organisation_id = :organisation_id::uuid AND hook.removed_at IS NULL
RETURNING
    id, organisation_id, person_id, url, types, secret_line, secret_number, previous_line, previous_until, created_at,
    disabled_at, disabled_because;

-- name: give_up_all(webhook_id, because)!
-- Stop whatever is on its way to a webhook.
UPDATE webhook_deliveries
SET given_up_at = clock_timestamp(), given_up_because = :because::text, next_attempt_at = NULL
WHERE webhook_id = :webhook_id::uuid AND next_attempt_at IS NOT NULL;
