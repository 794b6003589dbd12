-- name: locate_bid(bid_id, organisation_id)^
-- The lot of a bid of one's own, or of a bid for one's own tender, and whether the bid was opened.
SELECT
    bid.lot_id, bid.supplier_id = :organisation_id::uuid AS own,
    EXISTS (SELECT 1 FROM opened_bids AS opened WHERE opened.bid_id = bid.id) AS opened
FROM bids AS bid
INNER JOIN lots AS lot ON bid.lot_id = lot.id
INNER JOIN tenders AS tender ON lot.tender_id = tender.id
WHERE bid.id = :bid_id::uuid AND :organisation_id::uuid IN (bid.supplier_id, tender.buyer_id);

-- name: list_documents(bid_id)
-- The documents that a bid's present version names; names and faults are known from the opening on.
SELECT
    named.document_id, opened.name, known.digest, known.size, known.received_at,
    opened.content_key IS NOT NULL AS readable, opened.fault
FROM bids AS bid
INNER JOIN bid_documents AS named ON bid.id = named.bid_id AND bid.version = named.version
INNER JOIN documents AS known ON named.document_id = known.id
LEFT JOIN opened_documents AS opened ON named.document_id = opened.document_id AND named.bid_id = opened.bid_id
WHERE bid.id = :bid_id::uuid
ORDER BY opened.number, known.received_at, known.id
LIMIT 1000;

-- name: get_document(bid_id, document_id)^
-- A document that a bid's present version names, with what it takes to read it once it is opened, its header not before;
-- the digest is the log's, and intact whether that entry is still the one that its leaf was hashed from.
SELECT
    named.document_id, known.upload_id, known.kept_in, known.size,
    CASE WHEN opened.content_key IS NOT NULL THEN known.header ELSE '' END AS header, opened.name, opened.content_key,
    opened.fault, entry.digest, coalesce(entry.intact, FALSE) AS intact
FROM bids AS bid
INNER JOIN lots AS lot ON bid.lot_id = lot.id
INNER JOIN bid_documents AS named ON bid.id = named.bid_id AND bid.version = named.version
INNER JOIN documents AS known ON named.document_id = known.id
LEFT JOIN opened_documents AS opened ON named.document_id = opened.document_id AND named.bid_id = opened.bid_id
LEFT JOIN LATERAL (
    SELECT
        event.data ->> 'digest' AS digest,
        event.leaf = log_leaf(
            log_entry(event.log_id, event.position, event.kind, event.person_id, event.data, event.at, event.salt)
        ) AS intact
    FROM events AS event
    WHERE
        event.log_id = lot.tender_id AND event.kind = 'document.received'
        AND event.data ->> 'document_id' = known.id::text
    ORDER BY event.position LIMIT 1
) AS entry ON TRUE
WHERE bid.id = :bid_id::uuid AND named.document_id = :document_id::uuid;
