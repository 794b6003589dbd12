-- name: list_parts(tender_id, lang, keys)
-- Those of these parts that were laid out before.
SELECT kept.key, kept.part
FROM report_parts AS kept
WHERE kept.tender_id = :tender_id::uuid AND kept.lang = :lang::text AND kept.key = ANY(:keys::bytea [])
ORDER BY kept.key
LIMIT 1000000;

-- name: keep_parts(tender_id, lang, keys, parts)!
-- Keep what was laid out; who was quicker stays.
INSERT INTO report_parts (tender_id, lang, key, part, kept_at)
SELECT :tender_id::uuid, :lang::text, made.key, made.part, clock_timestamp()
FROM unnest(:keys::bytea [], :parts::bytea []) AS made (key, part)
ON CONFLICT ON CONSTRAINT report_parts_kept_once DO NOTHING;
