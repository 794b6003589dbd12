-- name: insert_key(tender_id, public_key, wrapped_key, wrapped_by)!
-- Keep a tender's key; a second one changes nothing.
INSERT INTO tender_keys (tender_id, public_key, wrapped_key, wrapped_by, made_at)
VALUES (:tender_id::uuid, :public_key::bytea, :wrapped_key::bytea, :wrapped_by::text, clock_timestamp())
ON CONFLICT ON CONSTRAINT tender_keys_one_per_tender DO NOTHING;
