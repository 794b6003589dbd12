-- name: list_sealed(lot_id)
-- The documents that a lot's standing bids were sent with, and the headers that their content keys are sealed in: from the
-- deadline on, once enough officers have acted.
SELECT named.bid_id, bid.supplier_id, named.document_id, known.header
FROM lots AS lot
INNER JOIN bids AS bid ON lot.id = bid.lot_id
INNER JOIN bid_documents AS named ON bid.id = named.bid_id AND bid.version = named.version
INNER JOIN documents AS known ON named.document_id = known.id
WHERE lot.id = :lot_id::uuid AND bid.withdrawn_at IS NULL AND may_be_opened(lot.id, 'offer')
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
