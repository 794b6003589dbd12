-- name: publish_tender(tender_id, rules_digest, published_at, numbers, lot_digests)!
-- Freeze the rules under their digests.
WITH frozen AS (
    UPDATE lots AS lot SET rules_digest = given.digest
    FROM unnest(:numbers::int [], :lot_digests::text []) AS given (number, digest)
    WHERE lot.tender_id = :tender_id::uuid AND lot.number = given.number
)

UPDATE tenders
SET
    published_at = coalesce(published_at, :published_at::timestamptz),
    rules_digest = :rules_digest::text,
    version = version + 1
WHERE id = :tender_id::uuid;

-- name: list_simulated(tender_id)
-- The rules of the tender that have been tried out.
SELECT DISTINCT trial.rules_digest
FROM simulations AS trial
WHERE trial.tender_id = :tender_id::uuid
ORDER BY trial.rules_digest
LIMIT 1000;
