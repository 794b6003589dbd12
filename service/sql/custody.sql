-- name: register_officer_key(person_id, public_key)^
-- Put an officer's own public key; an earlier one is replaced.
WITH key AS (
    INSERT INTO officer_keys (person_id, public_key, registered_at)
    VALUES (:person_id::uuid, :public_key::bytea, clock_timestamp())
    ON CONFLICT ON CONSTRAINT officer_keys_one_per_person
    DO UPDATE SET public_key = excluded.public_key, registered_at = excluded.registered_at
    RETURNING person_id, public_key, registered_at
)

SELECT key.person_id, person.name AS person, encode(key.public_key, 'hex') AS public_key, key.registered_at
FROM key INNER JOIN people AS person ON key.person_id = person.id;

-- name: list_officers(tender_id)
-- The opening officers of a tender, each with the own key and the share of the tender's key, where there are such.
SELECT
    held.person_id, person.name AS person, encode(own.public_key, 'hex') AS public_key,
    share.number, share.sealed_to, share.share_digest, share.rehearsed_at
FROM tender_roles AS held
INNER JOIN people AS person ON held.person_id = person.id
LEFT JOIN officer_keys AS own ON held.person_id = own.person_id
LEFT JOIN tender_keys AS key ON held.tender_id = key.tender_id
LEFT JOIN tender_key_shares AS share
    ON key.tender_id = share.tender_id AND key.edition = share.edition AND held.person_id = share.person_id
WHERE held.tender_id = :tender_id::uuid AND held.role = 'opening_officer'
ORDER BY share.number, person.name, held.person_id
LIMIT 1000;

-- name: get_key(tender_id)^
-- A tender's key as everybody may see it, how many officers it needs and how many shares there are of it.
SELECT
    key.public_key, key.wrapped_by, key.edition, key.officers_needed, key.made_at,
    (
        SELECT count(*) FROM tender_key_shares AS share
        WHERE share.tender_id = key.tender_id AND share.edition = key.edition
    ) AS shares
FROM tender_keys AS key
WHERE key.tender_id = :tender_id::uuid;

-- name: insert_wrapped_key(tender_id, public_key, wrapped_key, wrapped_by)!
-- Keep a key pair whose private half the service has wrapped; one that was made for officers gives way to it.
INSERT INTO tender_keys (tender_id, public_key, wrapped_key, wrapped_by, made_at)
VALUES (:tender_id::uuid, :public_key::bytea, :wrapped_key::bytea, :wrapped_by::text, clock_timestamp())
ON CONFLICT ON CONSTRAINT tender_keys_one_per_tender DO UPDATE
SET
    public_key = :public_key::bytea,
    wrapped_key = :wrapped_key::bytea,
    wrapped_by = :wrapped_by::text,
    edition = tender_keys.edition + 1,
    officers_needed = NULL,
    made_at = excluded.made_at;

-- name: list_lost_wrappings(known)
-- What wrapped keys of tenders that have something sealed, and is not among what is known; how many tenders each.
SELECT key.wrapped_by, count(*) AS tenders
FROM tender_keys AS key
WHERE
    key.wrapped_by <> ALL (:known::text [])
    AND EXISTS (
        SELECT 1 FROM lots AS lot
        WHERE
            lot.tender_id = key.tender_id
            AND (lot.opened_at IS NULL OR (lot.price_envelope <> '{}' AND lot.price_opened_at IS NULL))
    )
GROUP BY key.wrapped_by
ORDER BY key.wrapped_by
LIMIT 100;

-- name: list_signers()
-- What has signed receipts of bids and withdrawals; how many each.
SELECT receipt.signed_by, count(*) AS receipts
FROM (
    SELECT version.signed_by FROM bid_versions AS version
    UNION ALL
    SELECT gone.withdrawn_signed_by FROM bids AS gone WHERE gone.withdrawn_signed_by IS NOT NULL
) AS receipt
WHERE receipt.signed_by <> ''
GROUP BY receipt.signed_by
ORDER BY receipt.signed_by
LIMIT 100;

-- name: list_without_key()
-- Tenders that a release without sealing had published, and that are not opened: nothing can be sealed to them yet.
SELECT tender.id AS tender_id
FROM tenders AS tender
WHERE
    tender.published_at IS NOT NULL AND tender.custody = 'service'
    AND NOT EXISTS (SELECT 1 FROM tender_keys AS key WHERE key.tender_id = tender.id)
    AND EXISTS (SELECT 1 FROM lots AS lot WHERE lot.tender_id = tender.id AND lot.opened_at IS NULL)
ORDER BY tender.published_at, tender.id
LIMIT 1000000;

-- name: insert_missing_key(tender_id, public_key, wrapped_key, wrapped_by)$
-- Keep a key pair for a tender that has none; says nothing where somebody else was faster.
INSERT INTO tender_keys (tender_id, public_key, wrapped_key, wrapped_by, made_at)
VALUES (:tender_id::uuid, :public_key::bytea, :wrapped_key::bytea, :wrapped_by::text, clock_timestamp())
ON CONFLICT ON CONSTRAINT tender_keys_one_per_tender DO NOTHING
RETURNING tender_id;

-- name: put_officers_key(tender_id, public_key, officers_needed)$
-- Keep the public half of a key that officers have made; its private half is not here. Returns the edition.
INSERT INTO tender_keys (tender_id, public_key, officers_needed, made_at)
VALUES (:tender_id::uuid, :public_key::bytea, :officers_needed::int, clock_timestamp())
ON CONFLICT ON CONSTRAINT tender_keys_one_per_tender DO UPDATE
SET
    public_key = excluded.public_key,
    edition = tender_keys.edition + 1,
    officers_needed = excluded.officers_needed,
    made_at = excluded.made_at
RETURNING edition;

-- name: insert_shares(tender_id, edition, person_ids, numbers, sealed_shares, sealed_to, share_digests, rehearsal_digests)!
-- Keep the officers' sealed shares with what they are compared with.
INSERT INTO tender_key_shares (
    tender_id, edition, person_id, number, sealed_share, sealed_to, share_digest, rehearsal_digest
)
SELECT
    :tender_id::uuid, :edition::int, share.person_id, share.number, share.sealed_share, share.sealed_to,
    share.share_digest, share.rehearsal_digest
FROM unnest(
    :person_ids::uuid [], :numbers::int [], :sealed_shares::bytea [], :sealed_to::text [], :share_digests::text [],
    :rehearsal_digests::text []
) AS share (person_id, number, sealed_share, sealed_to, share_digest, rehearsal_digest);

-- name: get_share(tender_id, person_id)^
-- An officer's own share of the tender's present key.
SELECT
    share.number, share.sealed_share, share.sealed_to, share.share_digest, share.rehearsal_digest, share.rehearsed_at
FROM tender_key_shares AS share
INNER JOIN tender_keys AS key ON share.tender_id = key.tender_id AND share.edition = key.edition
WHERE share.tender_id = :tender_id::uuid AND share.person_id = :person_id::uuid;

-- name: record_rehearsal(tender_id, person_id)$
-- Note that an officer has shown to hold the share.
UPDATE tender_key_shares AS share SET rehearsed_at = clock_timestamp()
FROM tender_keys AS key
WHERE
    share.tender_id = :tender_id::uuid AND share.person_id = :person_id::uuid
    AND key.tender_id = share.tender_id AND key.edition = share.edition
RETURNING share.rehearsed_at;
