-- name: list_sealed(lot_id)
-- The documents that a lot's standing bids name, with the headers that their content keys are sealed in.
SELECT named.bid_id, bid.supplier_id, named.document_id, known.header
FROM bids AS bid
INNER JOIN bid_documents AS named ON bid.id = named.bid_id AND bid.version = named.version
INNER JOIN documents AS known ON named.document_id = known.id
WHERE bid.lot_id = :lot_id::uuid AND bid.withdrawn_at IS NULL
ORDER BY named.bid_id, known.received_at, known.id
LIMIT 1000000;

-- name: keep_opened(document_ids, bid_ids, numbers, names, content_keys, faults)!
-- What the opening learnt of documents.
INSERT INTO opened_documents (document_id, bid_id, number, name, content_key, fault)
SELECT opened.document_id, opened.bid_id, opened.number, opened.name, opened.content_key, opened.fault
FROM unnest(
    :document_ids::uuid [], :bid_ids::uuid [], :numbers::int [], :names::text [], :content_keys::bytea [],
    :faults::text []
) AS opened (document_id, bid_id, number, name, content_key, fault);
