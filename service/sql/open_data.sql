-- name: list_current(after_at, after_id, before_at, limit)
-- Releases in the order in which they were made, from behind one and before an instant, with the current extensions.
SELECT made.id, made.made_at, made.current AS release
FROM ocds_releases AS made
WHERE (made.made_at, made.id) > (:after_at::timestamptz, :after_id::uuid) AND made.made_at < :before_at::timestamptz
ORDER BY made.made_at, made.id
LIMIT :limit::int;

-- name: list_find_a_tender(after_at, after_id, before_at, limit)
-- The same as Find a Tender reads them.
SELECT made.id, made.made_at, made.find_a_tender AS release
FROM ocds_releases AS made
WHERE (made.made_at, made.id) > (:after_at::timestamptz, :after_id::uuid) AND made.made_at < :before_at::timestamptz
ORDER BY made.made_at, made.id
LIMIT :limit::int;

-- name: list_years()
-- The years of which there are releases, and how many.
SELECT extract(YEAR FROM made.made_at AT TIME ZONE 'UTC')::int AS year, count(*)::int AS releases
FROM ocds_releases AS made
GROUP BY year
ORDER BY year
LIMIT 1000;
