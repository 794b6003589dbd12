-- name: find_digests(key_ids, evaluation_ids, roles, panel)
-- For each key and result, side by side: the result's digest, if the key is good at this moment and its holder may read it.
-- It says what list_holders and get_evaluation say together; the test of both doors holds them to it.
SELECT asked.place::int AS place, run.digest
FROM unnest(:key_ids::text [], :evaluation_ids::uuid []) WITH ORDINALITY AS asked (key_id, evaluation_id, place)
INNER JOIN api_keys AS key ON asked.key_id = key.id
INNER JOIN people AS person ON key.person_id = person.id
INNER JOIN evaluations AS run ON asked.evaluation_id = run.id
INNER JOIN lots AS lot ON run.lot_id = lot.id
INNER JOIN tenders AS tender ON lot.tender_id = tender.id AND person.organisation_id = tender.buyer_id
WHERE
    key.revoked_at IS NULL
    AND (key.expires_at IS NULL OR key.expires_at > clock_timestamp())
    AND 'read' = ANY(key.scopes)
    AND EXISTS (
        SELECT 1 FROM tender_roles AS held
        WHERE held.tender_id = tender.id AND held.person_id = person.id AND held.role = ANY(:roles::text [])
    )
    AND (
        clearance(tender.id, person.id) = 'approved'
        OR (
            clearance(tender.id, person.id) IN ('none', 'outdated')
            AND NOT EXISTS (
                SELECT 1 FROM tender_roles AS held
                WHERE
                    held.tender_id = tender.id AND held.person_id = person.id
                    AND held.role = ANY(:panel::text [])
            )
        )
    )
ORDER BY asked.place
LIMIT 1000;

-- name: get_result(evaluation_id, digest)$
-- A result's canonical bytes if they are still those of this digest, for whoever has been found to be allowed to read them.
SELECT run.canonical
FROM evaluations AS run
WHERE run.id = :evaluation_id::uuid AND run.digest = :digest::text;
