-- name: read_told(since)^
-- Up to when was told, and whom since an instant: organisations, and NULL for everybody. None came before this moves.
SELECT
    relay.told_at,
    array(
        SELECT DISTINCT told.organisation_id FROM news AS told WHERE told.told_at > :since::timestamptz
    ) AS organisations
FROM relay;

-- name: list_news(organisation_id, person_id, rights, after_at, after_id, limit)
-- What an organisation is told and what everybody is, as far as this person may read it, from behind a place on.
SELECT
    told.id, told.type, told.operation, told.tender_id, told.lot_id, told.bid_id, told.webhook_id, told.at, told.told_at
FROM (
    (
        SELECT
            own.id, own.type, own.operation, own.tender_id, own.lot_id, own.bid_id, own.webhook_id, own.at, own.told_at
        FROM news AS own
        WHERE
            own.organisation_id = :organisation_id::uuid
            AND (own.told_at, own.id) > (:after_at::timestamptz, :after_id::uuid)
            AND may_be_told(
                own.tender_id, :organisation_id::uuid, :person_id::uuid, :rights::jsonb -> own.operation
            )
        ORDER BY own.told_at, own.id
        LIMIT :limit::int
    )
    UNION ALL
    (
        SELECT
            public.id, public.type, public.operation, public.tender_id, public.lot_id, public.bid_id,
            public.webhook_id, public.at, public.told_at
        FROM news AS public
        WHERE
            public.organisation_id IS NULL
            AND (public.told_at, public.id) > (:after_at::timestamptz, :after_id::uuid)
            AND may_be_told(
                public.tender_id, :organisation_id::uuid, :person_id::uuid, :rights::jsonb -> public.operation
            )
        ORDER BY public.told_at, public.id
        LIMIT :limit::int
    )
) AS told
ORDER BY told.told_at, told.id
LIMIT :limit::int;
