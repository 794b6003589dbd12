-- name: list_own(buyer_id, codes)
-- What a buyer's own catalogues say of measures with these codes; of several editions the one imported last.
SELECT DISTINCT ON (given.measure ->> 'code')
    given.measure ->> 'code' AS code, own.title AS catalogue, own.version, own.licence,
    coalesce(given.measure ->> 'counts', '') AS counts,
    given.measure ->> 'social_objective' AS social_objective,
    given.measure ->> 'environmental_impact' AS environmental_impact,
    given.measure ->> 'goal' AS goal
FROM own_catalogues AS own
CROSS JOIN LATERAL jsonb_array_elements(own.measures) AS given (measure)
WHERE own.buyer_id = :buyer_id::uuid AND given.measure ->> 'code' = ANY(:codes::text [])
ORDER BY given.measure ->> 'code' ASC, own.imported_at DESC, own.id ASC
LIMIT 1000;

-- name: list_frozen(tender_id)
-- What they said of a tender's criteria at its publication.
SELECT
    kept.criterion_id AS code, kept.catalogue, kept.version, kept.licence, kept.counts,
    kept.social_objective, kept.environmental_impact, kept.goal
FROM tender_measures AS kept
WHERE kept.tender_id = :tender_id::uuid
ORDER BY kept.criterion_id
LIMIT 10000;

-- name: freeze(tender_id, buyer_id, codes)!
-- Keep what a buyer's own catalogues say of a tender's criteria; what was kept of a criterion before stays.
INSERT INTO tender_measures (
    tender_id, criterion_id, catalogue, version, licence, counts, social_objective, environmental_impact, goal
)
SELECT DISTINCT ON (given.measure ->> 'code')
    :tender_id::uuid, given.measure ->> 'code', own.title, own.version, own.licence,
    coalesce(given.measure ->> 'counts', ''),
    given.measure ->> 'social_objective', given.measure ->> 'environmental_impact', given.measure ->> 'goal'
FROM own_catalogues AS own
CROSS JOIN LATERAL jsonb_array_elements(own.measures) AS given (measure)
WHERE own.buyer_id = :buyer_id::uuid AND given.measure ->> 'code' = ANY(:codes::text [])
ORDER BY given.measure ->> 'code' ASC, own.imported_at DESC, own.id ASC
ON CONFLICT ON CONSTRAINT tender_measures_are_kept_once DO NOTHING;

-- name: put_start(tender_id, starts_on)!
-- Keep the day on which a draft's procurement starts; its version, of rules and terms, stays.
UPDATE tenders SET starts_on = :starts_on::date WHERE id = :tender_id::uuid;
