-- name: list_tenders(organisation_id, after_at, after_id, limit)
-- The buyer's own tenders and everybody's published ones, oldest first.
SELECT
    tender.id, buyer.name AS buyer, tender.reference, tender.title, tender.created_at, tender.published_at,
    tender.submission_deadline, tender.time_zone
FROM tenders AS tender
INNER JOIN organisations AS buyer ON tender.buyer_id = buyer.id
WHERE
    (tender.buyer_id = :organisation_id::uuid OR tender.published_at IS NOT NULL)
    AND (tender.created_at, tender.id) > (:after_at::timestamptz, :after_id::uuid)
ORDER BY tender.created_at, tender.id
LIMIT :limit::int;

-- name: find_stamps(key_ids, after_ats, after_ids, limits)
-- For each key and page, side by side: the stamp of what list_tenders would say to the key's holder, if the key is good now.
-- The stamp is the digest of the lines themselves, so that whatever changes in one changes it.
SELECT asked.place::int AS place, page.stamp
FROM
    unnest(:key_ids::text [], :after_ats::timestamptz [], :after_ids::uuid [], :limits::int [])
    WITH ORDINALITY AS asked (key_id, after_at, after_id, most, place)
INNER JOIN api_keys AS key ON asked.key_id = key.id
INNER JOIN people AS person ON key.person_id = person.id
CROSS JOIN LATERAL (
    SELECT sha256(coalesce(string_agg(record_send(line), ''::bytea), ''::bytea)) AS stamp
    FROM (
        SELECT
            tender.id, buyer.name AS buyer, tender.reference, tender.title, tender.created_at, tender.published_at,
            tender.submission_deadline, tender.time_zone
        FROM tenders AS tender
        INNER JOIN organisations AS buyer ON tender.buyer_id = buyer.id
        WHERE
            (tender.buyer_id = person.organisation_id OR tender.published_at IS NOT NULL)
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
-- The lines of list_tenders, each with the stamp of them all.
WITH line AS MATERIALIZED (
    SELECT
        tender.id, buyer.name AS buyer, tender.reference, tender.title, tender.created_at, tender.published_at,
        tender.submission_deadline, tender.time_zone
    FROM tenders AS tender
    INNER JOIN organisations AS buyer ON tender.buyer_id = buyer.id
    WHERE
        (tender.buyer_id = :organisation_id::uuid OR tender.published_at IS NOT NULL)
        AND (tender.created_at, tender.id) > (:after_at::timestamptz, :after_id::uuid)
    ORDER BY tender.created_at, tender.id
    LIMIT :limit::int
)

SELECT
    line.id, line.buyer, line.reference, line.title, line.created_at, line.published_at, line.submission_deadline,
    line.time_zone, whole.stamp
FROM line
CROSS JOIN (SELECT sha256(string_agg(record_send(line), ''::bytea)) AS stamp FROM line) AS whole
ORDER BY line.created_at, line.id
LIMIT 1000;
