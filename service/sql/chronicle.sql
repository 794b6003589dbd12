-- name: list_entries(tender_id, sealed, size, skip, limit)
-- A tender's log in order with, for each entry, what the last entry about the same thing said. While the tender is sealed
-- suppliers' doings are left out, and positions, whose gaps would count them; so are time stamps, which tell its length.
WITH told AS (
    SELECT
        event.position, event.kind, event.at, event.person_id, person.name AS person, event.data,
        split_part(event.kind, '.', 1) AS noun,
        (
            SELECT jsonb_object_agg(fact.key, fact.value)
            FROM jsonb_each(event.data) AS fact
            WHERE
                CASE
                    WHEN event.kind LIKE 'award.%' THEN fact.key = 'lot_id'
                    WHEN event.kind LIKE 'corrigendum.%' THEN fact.key = 'number'
                    WHEN event.kind LIKE 'consensus.%' THEN fact.key IN ('bid_id', 'criterion_id', 'lot_id')
                    WHEN event.kind LIKE 'role.%' THEN fact.key IN ('person_id', 'role')
                    WHEN event.kind LIKE 'score.%' THEN fact.key IN ('bid_id', 'criterion_id', 'person_id')
                    ELSE fact.key LIKE '%\_id' AND fact.key NOT IN ('person_id', 'organisation_id', 'key_id')
                END
        ) AS subject
    FROM events AS event
    LEFT JOIN people AS person ON event.person_id = person.id
    LEFT JOIN organisations AS actor ON person.organisation_id = actor.id
    WHERE
        event.log_id = :tender_id::uuid
        AND event.position <= :size::bigint
        AND (
            NOT :sealed::boolean
            OR (actor.kind = 'buyer' AND event.kind <> 'log.timestamped')
            OR (actor.kind IS NULL AND event.kind NOT IN ('refused', 'log.timestamped'))
        )
),

followed AS (
    SELECT
        told.position, told.kind, told.at, told.person_id, told.person, told.data, told.subject,
        lag(told.data) OVER same AS before,
        CASE WHEN told.subject ->> 'bid_id' ~ '^[0-9a-f-]{36}$' THEN (told.subject ->> 'bid_id')::uuid END AS bid_id,
        CASE WHEN told.subject ->> 'lot_id' ~ '^[0-9a-f-]{36}$' THEN (told.subject ->> 'lot_id')::uuid END AS lot_id,
        CASE WHEN told.kind LIKE 'role.%' THEN (told.subject ->> 'person_id')::uuid END AS holder_id
    FROM told
    WINDOW same AS (PARTITION BY told.noun, told.subject ORDER BY told.position)
    ORDER BY told.position
    LIMIT :limit::int OFFSET :skip::bigint
)

SELECT
    CASE WHEN NOT :sealed::boolean THEN entry.position END AS position,
    entry.kind, entry.at, entry.person_id, entry.person, entry.data, entry.subject, entry.before,
    supplier.name AS supplier, lot.number AS lot, holder.name AS holder
FROM followed AS entry
LEFT JOIN bids AS bid ON entry.bid_id = bid.id
LEFT JOIN organisations AS supplier ON bid.supplier_id = supplier.id
LEFT JOIN lots AS lot ON lot.id = coalesce(entry.lot_id, bid.lot_id)
LEFT JOIN people AS holder ON entry.holder_id = holder.id
ORDER BY entry.position, entry.kind
LIMIT :limit::int;

-- name: insert_file(tender_id, person_id, log_size, sealed, lang)$
-- Note that the record up to an entry is asked for as a file.
INSERT INTO record_files (tender_id, person_id, log_size, sealed, lang, asked_at)
VALUES (:tender_id::uuid, :person_id::uuid, :log_size::bigint, :sealed::boolean, :lang::text, clock_timestamp())
RETURNING id;

-- name: get_file(record_file_id)^
-- A file that was asked for, and its contents where they are made, with their seal; the digest is of their own bytes.
SELECT
    asked.tender_id, asked.log_size, asked.sealed, asked.lang, asked.asked_at,
    made.pdf || coalesce(made.signature, ''::bytea) AS pdf, made.digest
FROM record_files AS asked
LEFT JOIN record_file_contents AS made ON asked.id = made.record_file_id
WHERE asked.id = :record_file_id::uuid;

-- name: get_title(tender_id)^
-- What a file says about its tender.
SELECT
    tender.id AS tender_id, tender.reference, tender.title, buyer.name AS buyer, tender.jurisdiction, tender.time_zone
FROM tenders AS tender
INNER JOIN organisations AS buyer ON tender.buyer_id = buyer.id
WHERE tender.id = :tender_id::uuid;

-- name: insert_contents(record_file_id, pdf, digest, signature)$
-- Keep a file for good; the first one stays.
INSERT INTO record_file_contents (record_file_id, pdf, digest, signature, stored_at)
VALUES (:record_file_id::uuid, :pdf::bytea, :digest::text, :signature::bytea, clock_timestamp())
ON CONFLICT ON CONSTRAINT record_file_contents_stored_once DO NOTHING
RETURNING digest;
