-- name: get_last_of_tender(tender_id)^
-- A tender's last release: what all that is told of it follows from.
SELECT made.id, made.number, made.made_at
FROM ocds_releases AS made
WHERE made.tender_id = :tender_id::uuid
ORDER BY made.number DESC
LIMIT 1;

-- name: list_of_tender(tender_id, number, profile)
-- The releases of a tender up to one, in order, as a profile has them.
SELECT
    made.id, made.made_at,
    CASE WHEN :profile::text = 'find-a-tender' THEN made.find_a_tender ELSE made.current END AS release
FROM ocds_releases AS made
WHERE made.tender_id = :tender_id::uuid AND made.number <= :number::int
ORDER BY made.number, made.id
LIMIT 10000;

-- name: list_releases(profile, buyer, after_at, after_id, before_at, limit)
-- Releases in the order in which they were made, from behind one and before an instant, as a profile has them; of all
-- buyers, or of the one that releases name so.
SELECT
    made.id, made.made_at,
    CASE WHEN :profile::text = 'find-a-tender' THEN made.find_a_tender ELSE made.current END AS release
FROM ocds_releases AS made
WHERE
    (made.made_at, made.id) > (:after_at::timestamptz, :after_id::uuid) AND made.made_at < :before_at::timestamptz
    AND (
        :buyer::text IS NULL
        OR made.tender_id IN (
            SELECT tender.id
            FROM organisations AS buyer
            INNER JOIN tenders AS tender ON buyer.id = tender.buyer_id
            WHERE :buyer::text IN (buyer.identifier, 'tenderscore-' || buyer.id)
        )
    )
ORDER BY made.made_at, made.id
LIMIT :limit::int;

-- name: list_years()
-- The years of which there are releases, and how many.
SELECT extract(YEAR FROM made.made_at AT TIME ZONE 'UTC')::int AS year, count(*)::int AS releases
FROM ocds_releases AS made
GROUP BY year
ORDER BY year
LIMIT 1000;
