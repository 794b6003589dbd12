-- name: find_catalogue(buyer_id, title, version, licence, source, digest)$
-- The catalogue that a buyer has imported already with just this content and these words about it.
SELECT own.id FROM own_catalogues AS own
WHERE
    own.buyer_id = :buyer_id::uuid AND own.title = :title::text AND own.version = :version::text
    AND own.licence = :licence::text AND own.source = :source::text AND own.digest = :digest::text;

-- name: insert_catalogue(buyer_id, person_id, title, version, licence, source, digest, measures)$
-- Keep a catalogue; each version of it once.
INSERT INTO own_catalogues (buyer_id, person_id, title, version, licence, source, digest, measures, imported_at)
VALUES (
    :buyer_id::uuid, :person_id::uuid, :title::text, :version::text, :licence::text, :source::text, :digest::text,
    :measures::jsonb, clock_timestamp()
)
RETURNING id;

-- name: get_catalogue(catalogue_id, buyer_id)^
-- A catalogue of a buyer's.
SELECT
    own.id, own.title, own.version, own.licence, own.source, own.digest, own.measures, own.person_id, own.imported_at
FROM own_catalogues AS own
WHERE own.id = :catalogue_id::uuid AND own.buyer_id = :buyer_id::uuid;

-- name: list_catalogues(buyer_id)
-- A buyer's catalogues, last first, without what is in them.
SELECT
    own.id, own.title, own.version, own.licence, own.source, own.digest, own.imported_at,
    jsonb_array_length(own.measures) AS measures
FROM own_catalogues AS own
WHERE own.buyer_id = :buyer_id::uuid
ORDER BY own.imported_at DESC, own.id
LIMIT 500;
