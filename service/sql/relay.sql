-- name: lock_relay()$
-- Become the one who tells, until the transaction ends, and say up to when was told; nothing where another tells just now.
SELECT relay.told_at FROM relay FOR UPDATE SKIP LOCKED;

-- name: tell(tellings, entries)$
-- Turn the next entries of the logs that have grown into news, and return how many entries were read.
-- Positions in a log have no gaps and are visible in order, so what lies behind the last one read is all that is new.
-- They keep the order of what happened. The instants of being told count what everybody is told and, behind each of that,
-- what one organisation is told: nobody reads from them how much others were.
WITH behind AS MATERIALIZED (
    SELECT
        head.log_id, coalesce(read.position, 0) AS position,
        least(head.size, coalesce(read.position, 0) + :entries::bigint) AS until
    FROM log_heads AS head
    LEFT JOIN relayed_logs AS read ON head.log_id = read.log_id
    WHERE head.size > coalesce(read.position, 0)
    ORDER BY head.log_id
    LIMIT 100
),

entry AS MATERIALIZED (
    SELECT
        told.type, told.audience, told.operation, event.log_id, event.position, event.at, event.data,
        tender.id AS tender_id, tender.buyer_id, lot.id AS lot_id, bid.id AS bid_id, bid.supplier_id
    FROM behind
    INNER JOIN events AS event
        ON behind.log_id = event.log_id AND event.position > behind.position AND event.position <= behind.until
    INNER JOIN
        jsonb_to_recordset(:tellings::jsonb)
            AS told (kind text, type text, audience text, operation text, needs text)
        ON event.kind = told.kind AND (told.needs = '' OR event.data ? told.needs)
    LEFT JOIN tenders AS tender ON event.log_id = tender.id
    LEFT JOIN clarifications AS asked ON asked.id = (event.data ->> 'clarification_id')::uuid
    LEFT JOIN deliveries AS delivered ON delivered.id = (event.data ->> 'delivery_id')::uuid
    LEFT JOIN obligations AS promised
        ON promised.id = coalesce((event.data ->> 'obligation_id')::uuid, delivered.obligation_id)
    LEFT JOIN bids AS bid ON bid.id = coalesce((event.data ->> 'bid_id')::uuid, asked.bid_id, promised.bid_id)
    LEFT JOIN evaluations AS run ON run.id = (event.data ->> 'evaluation_id')::uuid
    LEFT JOIN lots AS lot
        ON lot.id = coalesce((event.data ->> 'lot_id')::uuid, bid.lot_id, run.lot_id) AND lot.tender_id = tender.id
),

told AS (
    SELECT
        entry.type, entry.operation, entry.log_id, entry.position, entry.at, entry.tender_id, entry.lot_id,
        addressee.organisation_id, addressee.bid_id, addressee.webhook_id
    FROM entry
    CROSS JOIN LATERAL (
        SELECT NULL::uuid AS organisation_id, NULL::uuid AS bid_id, NULL::uuid AS webhook_id
        WHERE entry.audience = 'anybody'
        UNION ALL
        SELECT entry.buyer_id, NULL, NULL
        WHERE entry.audience = 'buyer'
        UNION ALL
        SELECT entry.supplier_id, entry.bid_id, NULL
        WHERE entry.audience = 'supplier' AND entry.bid_id IS NOT NULL
        UNION ALL
        SELECT DISTINCT standing.supplier_id, NULL::uuid, NULL::uuid FROM bids AS standing
        WHERE entry.audience = 'bidders' AND standing.lot_id = entry.lot_id AND standing.withdrawn_at IS NULL
        UNION ALL
        SELECT addressed.supplier_id, addressed.id, NULL
        FROM jsonb_array_elements(entry.data -> 'letters') AS letter (facts)
        INNER JOIN bids AS addressed ON addressed.id = (letter.facts ->> 'bid_id')::uuid
        WHERE entry.audience = 'addressees'
        UNION ALL
        SELECT (entry.data ->> 'organisation_id')::uuid, NULL, (entry.data ->> 'webhook_id')::uuid
        WHERE entry.audience = 'owner'
    ) AS addressee
),

placed AS (
    SELECT
        told.type, told.operation, told.log_id, told.position, told.at, told.tender_id, told.lot_id,
        told.organisation_id, told.bid_id, told.webhook_id,
        count(*) FILTER (WHERE told.organisation_id IS NULL) OVER (
            ORDER BY told.at, told.log_id, told.position, told.type ROWS UNBOUNDED PRECEDING
        ) AS behind_public
    FROM told
),

instant AS MATERIALIZED (
    SELECT greatest(clock_timestamp(), relay.told_at) AS at FROM relay
),

fresh AS (
    INSERT INTO news (organisation_id, tender_id, lot_id, bid_id, webhook_id, type, operation, at, told_at)
    SELECT
        placed.organisation_id, placed.tender_id, placed.lot_id, placed.bid_id, placed.webhook_id, placed.type,
        placed.operation, placed.at,
        instant.at
        + interval '1 millisecond' * placed.behind_public
        + interval '1 microsecond' * (
            CASE WHEN placed.organisation_id IS NULL THEN 0 ELSE 1 END
            + row_number() OVER (
                PARTITION BY placed.organisation_id, placed.behind_public
                ORDER BY placed.at, placed.log_id, placed.position, placed.type, placed.bid_id
            )
        )
    FROM placed
    CROSS JOIN instant
    RETURNING told_at
),

moved AS (
    UPDATE relay SET told_at = (SELECT max(fresh.told_at) FROM fresh)
    WHERE EXISTS (SELECT FROM fresh)
),

read AS (
    INSERT INTO relayed_logs AS known (log_id, position)
    SELECT behind.log_id, behind.until FROM behind
    ON CONFLICT ON CONSTRAINT relayed_logs_once_per_log DO UPDATE SET position = excluded.position
)

SELECT coalesce(sum(behind.until - behind.position), 0)::bigint AS entries FROM behind;

-- name: insert_deliveries(since, rights)
-- Put what was told behind an instant on its way to every webhook that wants it and whose maker may read it.
INSERT INTO webhook_deliveries (webhook_id, news_id, made_at, next_attempt_at)
SELECT hook.id, told.id, told.told_at, told.told_at
FROM news AS told
INNER JOIN webhooks AS hook
    ON
        (told.organisation_id = hook.organisation_id OR told.organisation_id IS NULL)
        AND CASE WHEN told.type = 'webhook.pinged' THEN told.webhook_id = hook.id ELSE told.type = ANY(hook.types) END
WHERE
    told.told_at > :since::timestamptz
    AND hook.disabled_at IS NULL AND hook.removed_at IS NULL
    AND EXISTS (
        SELECT FROM api_keys AS key
        WHERE
            key.person_id = hook.person_id AND key.revoked_at IS NULL
            AND (key.expires_at IS NULL OR key.expires_at > clock_timestamp())
    )
    AND may_be_told(told.tender_id, hook.organisation_id, hook.person_id, :rights::jsonb -> told.operation)
RETURNING id;

-- name: give_up_failed(duty)!
-- Deliveries whose job was given up are given up as well, for its reason.
UPDATE webhook_deliveries AS sent
SET
    next_attempt_at = NULL, given_up_at = clock_timestamp(),
    given_up_because = coalesce(job.failure, 'It could not be sent.')
FROM job_attempts AS job
WHERE
    job.key = :duty::text || ':' || sent.id::text AND job.given_up_at IS NOT NULL AND sent.next_attempt_at IS NOT NULL;

-- name: list_overdue(duty)
-- Deliveries that should have been attempted long ago: their job was lost with the database's connection.
SELECT sent.id
FROM webhook_deliveries AS sent
WHERE
    sent.next_attempt_at < clock_timestamp() - interval '5 minutes'
    AND NOT EXISTS (
        SELECT FROM pgqueuer AS queued
        WHERE queued.dedupe_key = :duty::text || ':' || sent.id::text AND queued.status IN ('queued', 'picked')
    )
ORDER BY sent.next_attempt_at, sent.id
LIMIT 200;
