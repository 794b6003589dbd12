-- name: get_due(delivery_id, rights)^
-- A delivery that is neither taken nor given up, with all that an attempt needs, and the clock.
SELECT
    told.id, told.type, told.operation, told.tender_id, told.lot_id, told.bid_id, told.webhook_id, told.at, told.told_at,
    sent.id AS delivery_id, sent.webhook_id AS sent_to, sent.made_at, sent.attempts, sent.next_attempt_at,
    sent.delivered_at, sent.given_up_at, sent.given_up_because,
    hook.organisation_id, hook.url, hook.secret_line, hook.secret_number,
    CASE WHEN hook.previous_until > clock_timestamp() THEN hook.previous_line END AS previous_line,
    hook.disabled_at IS NULL AND hook.removed_at IS NULL
    AND EXISTS (
        SELECT FROM api_keys AS key
        WHERE
            key.person_id = hook.person_id AND key.revoked_at IS NULL
            AND (key.expires_at IS NULL OR key.expires_at > clock_timestamp())
    )
    AND may_be_told(told.tender_id, hook.organisation_id, hook.person_id, :rights::jsonb -> told.operation)
        AS may_be_told,
    clock_timestamp() AS now
FROM webhook_deliveries AS sent
INNER JOIN news AS told ON sent.news_id = told.id
INNER JOIN webhooks AS hook ON sent.webhook_id = hook.id
WHERE sent.id = :delivery_id::uuid AND sent.next_attempt_at IS NOT NULL;

-- name: insert_attempt(delivery_id, at, status, failure, milliseconds)!
-- Keep how an attempt went under the delivery's next number.
INSERT INTO webhook_attempts (delivery_id, number, at, status, failure, milliseconds)
SELECT
    :delivery_id::uuid, 1 + count(*)::int, :at::timestamptz, :status::int, :failure::text, :milliseconds::int
FROM webhook_attempts AS earlier
WHERE earlier.delivery_id = :delivery_id::uuid;

-- name: mark_delivered(delivery_id)!
-- It was taken.
UPDATE webhook_deliveries
SET delivered_at = clock_timestamp(), attempts = attempts + 1, next_attempt_at = NULL
WHERE id = :delivery_id::uuid AND next_attempt_at IS NOT NULL;

-- name: put_off(delivery_id, wait)!
-- It was not taken, and is due again after a while.
UPDATE webhook_deliveries
SET attempts = attempts + 1, next_attempt_at = clock_timestamp() + :wait::interval
WHERE id = :delivery_id::uuid AND next_attempt_at IS NOT NULL;

-- name: give_up(delivery_id, because)!
-- It will not be sent any more.
UPDATE webhook_deliveries
SET given_up_at = clock_timestamp(), given_up_because = :because::text, next_attempt_at = NULL
WHERE id = :delivery_id::uuid AND next_attempt_at IS NOT NULL;

-- name: begin_anew(webhook_id, delivery_id, organisation_id, person_id, rights)^
-- It is due now, as if it never had been; for who may read it, of an organisation's webhook.
UPDATE webhook_deliveries AS sent
SET
    attempts = 0, next_attempt_at = clock_timestamp(), delivered_at = NULL, given_up_at = NULL, given_up_because = NULL
FROM news AS told, webhooks AS hook
WHERE
    sent.news_id = told.id AND sent.webhook_id = hook.id
    AND sent.id = :delivery_id::uuid AND sent.webhook_id = :webhook_id::uuid
    AND hook.organisation_id = :organisation_id::uuid AND hook.removed_at IS NULL
    AND may_be_told(told.tender_id, hook.organisation_id, :person_id::uuid, :rights::jsonb -> told.operation)
RETURNING
    told.id, told.type, told.operation, told.tender_id, told.lot_id, told.bid_id, told.webhook_id, told.at, told.told_at,
    sent.id AS delivery_id, sent.webhook_id AS sent_to, sent.made_at, sent.attempts, sent.next_attempt_at,
    sent.delivered_at, sent.given_up_at, sent.given_up_because;

-- name: list_deliveries(webhook_id, person_id, rights, before_at, before_id, limit)
-- What was sent to a webhook, newest first, from before a place on, as far as this person may read it.
SELECT
    told.id, told.type, told.operation, told.tender_id, told.lot_id, told.bid_id, told.webhook_id, told.at, told.told_at,
    sent.id AS delivery_id, sent.webhook_id AS sent_to, sent.made_at, sent.attempts, sent.next_attempt_at,
    sent.delivered_at, sent.given_up_at, sent.given_up_because
FROM webhook_deliveries AS sent
INNER JOIN news AS told ON sent.news_id = told.id
INNER JOIN webhooks AS hook ON sent.webhook_id = hook.id
WHERE
    sent.webhook_id = :webhook_id::uuid
    AND (sent.made_at, sent.id) < (:before_at::timestamptz, :before_id::uuid)
    AND may_be_told(told.tender_id, hook.organisation_id, :person_id::uuid, :rights::jsonb -> told.operation)
ORDER BY sent.made_at DESC, sent.id DESC
LIMIT :limit::int;

-- name: get_delivery(webhook_id, delivery_id, organisation_id, person_id, rights)^
-- One of these, of an organisation's webhook.
SELECT
    told.id, told.type, told.operation, told.tender_id, told.lot_id, told.bid_id, told.webhook_id, told.at, told.told_at,
    sent.id AS delivery_id, sent.webhook_id AS sent_to, sent.made_at, sent.attempts, sent.next_attempt_at,
    sent.delivered_at, sent.given_up_at, sent.given_up_because
FROM webhook_deliveries AS sent
INNER JOIN news AS told ON sent.news_id = told.id
INNER JOIN webhooks AS hook ON sent.webhook_id = hook.id
WHERE
    sent.id = :delivery_id::uuid AND sent.webhook_id = :webhook_id::uuid
    AND hook.organisation_id = :organisation_id::uuid AND hook.removed_at IS NULL
    AND may_be_told(told.tender_id, hook.organisation_id, :person_id::uuid, :rights::jsonb -> told.operation);

-- name: list_attempts(delivery_id)
-- Each attempt at a delivery, in order.
SELECT tried.number, tried.at, tried.status, tried.failure, tried.milliseconds
FROM webhook_attempts AS tried
WHERE tried.delivery_id = :delivery_id::uuid
ORDER BY tried.number
LIMIT 1000;
