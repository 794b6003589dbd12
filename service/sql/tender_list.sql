-- name: list_tenders(organisation_id, after_at, after_id, limit)
-- The buyer's own tenders and everybody's published ones, oldest first; of call-offs those from one's own frameworks.
SELECT
    tender.id, buyer.name AS buyer, tender.reference, tender.title, tender.created_at, tender.published_at,
    tender.submission_deadline, tender.cancelled_at, tender.time_zone
FROM tenders AS tender
INNER JOIN organisations AS buyer ON tender.buyer_id = buyer.id
WHERE
    (
        tender.buyer_id = :organisation_id::uuid
        OR (
            tender.published_at IS NOT NULL
            AND (tender.framework_id IS NULL OR is_framework_supplier(tender.framework_id, :organisation_id::uuid))
        )
    )
    AND (tender.created_at, tender.id) > (:after_at::timestamptz, :after_id::uuid)
ORDER BY tender.created_at, tender.id
LIMIT :limit::int;

-- name: find_stamps(key_ids, after_ats, after_ids, limits)
-- For each key and page, side by side: a stamp of each line that list_tenders would tell the key's holder, if the key is good now.
-- A line's stamp is the digest of all that it says, so that whatever changes in it changes its stamp.
SELECT asked.place::int AS place, page.stamps
FROM
    unnest(:key_ids::text [], :after_ats::timestamptz [], :after_ids::uuid [], :limits::int [])
    WITH ORDINALITY AS asked (key_id, after_at, after_id, most, place)
INNER JOIN api_keys AS key ON asked.key_id = key.id
INNER JOIN people AS person ON key.person_id = person.id
CROSS JOIN LATERAL (
    SELECT array_agg(sha256(record_send(line)) ORDER BY line.created_at, line.id) AS stamps
    FROM (
        SELECT
            tender.id, buyer.name AS buyer, tender.reference, tender.title, tender.created_at, tender.published_at,
            tender.submission_deadline, tender.cancelled_at, tender.time_zone
        FROM tenders AS tender
        INNER JOIN organisations AS buyer ON tender.buyer_id = buyer.id
        WHERE
            (
                tender.buyer_id = person.organisation_id
                OR (
                    tender.published_at IS NOT NULL
                    AND (tender.framework_id IS NULL OR is_framework_supplier(tender.framework_id, person.organisation_id))
                )
            )
            AND (tender.created_at, tender.id) > (asked.after_at, asked.after_id)
        ORDER BY tender.created_at, tender.id
        LIMIT asked.most
    ) AS line
) AS page
WHERE
    key.revoked_at IS NULL
    AND (key.expires_at IS NULL OR key.expires_at > clock_timestamp())
    AND 'read' = ANY(key.scopes)
ORDER BY asked.place
LIMIT 1000;

-- name: list_stamped(organisation_id, after_at, after_id, limit)
-- The lines of list_tenders, each with its stamp.
SELECT
    line.id, line.buyer, line.reference, line.title, line.created_at, line.published_at, line.submission_deadline,
    line.cancelled_at, line.time_zone, sha256(record_send(line)) AS stamp
FROM (
    SELECT
        tender.id, buyer.name AS buyer, tender.reference, tender.title, tender.created_at, tender.published_at,
        tender.submission_deadline, tender.cancelled_at, tender.time_zone
    FROM tenders AS tender
    INNER JOIN organisations AS buyer ON tender.buyer_id = buyer.id
    WHERE
        (
            tender.buyer_id = :organisation_id::uuid
            OR (
                tender.published_at IS NOT NULL
                AND (tender.framework_id IS NULL OR is_framework_supplier(tender.framework_id, :organisation_id::uuid))
            )
        )
        AND (tender.created_at, tender.id) > (:after_at::timestamptz, :after_id::uuid)
    ORDER BY tender.created_at, tender.id
    LIMIT :limit::int
) AS line
ORDER BY line.created_at, line.id
LIMIT 1000;
