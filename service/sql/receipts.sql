-- name: get_stored(bid_id, version, supplier_id)^
-- What one version's receipt is made of, with the exact entry of the log; the standing version unless one is named.
-- Where commits wait for a standby, this one's does too, and so for all that it has read: a bid can be seen before a standby
-- has it if whoever stored it was told to stop waiting. The message is what makes it a commit; nobody reads it.
SELECT
    CASE
        WHEN current_setting('synchronous_standby_names') <> '' THEN pg_logical_emit_message(TRUE, 'tenderscore', '')
    END AS waited_for,
    bid.id AS bid_id, version.version, lot.tender_id, tender.reference AS tender, bid.lot_id, lot.number AS lot_number,
    bid.supplier_id, supplier.name AS supplier, version.digest, version.size, version.rules_digest,
    version.submitted_at, event.data -> 'documents' AS documents, bid.variant, version.position, version.tree_size,
    version.signed_by,
    log_entry(event.log_id, event.position, event.kind, event.person_id, event.data, event.at, event.salt) AS entry
FROM bids AS bid
INNER JOIN lots AS lot ON bid.lot_id = lot.id
INNER JOIN tenders AS tender ON lot.tender_id = tender.id
INNER JOIN organisations AS supplier ON bid.supplier_id = supplier.id
INNER JOIN bid_versions AS version
    ON bid.id = version.bid_id AND version.version = coalesce(:version::int, bid.version)
INNER JOIN events AS event ON lot.tender_id = event.log_id AND version.position = event.position
WHERE bid.id = :bid_id::uuid AND bid.supplier_id = :supplier_id::uuid;

-- name: get_withdrawn(bid_id, supplier_id)^
-- What the receipt of a withdrawal is made of, with its exact entry of the log; no row where the bid stands. It is waited
-- for as the other is.
SELECT
    CASE
        WHEN current_setting('synchronous_standby_names') <> '' THEN pg_logical_emit_message(TRUE, 'tenderscore', '')
    END AS waited_for,
    bid.id AS bid_id, version.version, lot.tender_id, tender.reference AS tender, bid.lot_id, lot.number AS lot_number,
    bid.supplier_id, supplier.name AS supplier, version.digest, version.size, version.rules_digest,
    version.submitted_at, sent.data -> 'documents' AS documents, bid.variant, event.at AS withdrawn_at,
    bid.withdrawn_position AS position, bid.withdrawn_tree_size AS tree_size, bid.withdrawn_signed_by AS signed_by,
    log_entry(event.log_id, event.position, event.kind, event.person_id, event.data, event.at, event.salt) AS entry
FROM bids AS bid
INNER JOIN lots AS lot ON bid.lot_id = lot.id
INNER JOIN tenders AS tender ON lot.tender_id = tender.id
INNER JOIN organisations AS supplier ON bid.supplier_id = supplier.id
INNER JOIN bid_versions AS version ON bid.id = version.bid_id AND bid.version = version.version
INNER JOIN events AS sent ON lot.tender_id = sent.log_id AND version.position = sent.position
INNER JOIN events AS event ON lot.tender_id = event.log_id AND bid.withdrawn_position = event.position
WHERE bid.id = :bid_id::uuid AND bid.supplier_id = :supplier_id::uuid AND bid.withdrawn_at IS NOT NULL;

-- name: list_stored(tender_id)
-- The same of every version of every bid for a tender, for the buyer's own export.
SELECT
    bid.id AS bid_id, version.version, lot.tender_id, tender.reference AS tender, bid.lot_id, lot.number AS lot_number,
    bid.supplier_id, supplier.name AS supplier, version.digest, version.size, version.rules_digest,
    version.submitted_at, event.data -> 'documents' AS documents, bid.variant, version.position, version.tree_size,
    version.signed_by,
    log_entry(event.log_id, event.position, event.kind, event.person_id, event.data, event.at, event.salt) AS entry
FROM bids AS bid
INNER JOIN lots AS lot ON bid.lot_id = lot.id
INNER JOIN tenders AS tender ON lot.tender_id = tender.id
INNER JOIN organisations AS supplier ON bid.supplier_id = supplier.id
INNER JOIN bid_versions AS version ON bid.id = version.bid_id
INNER JOIN events AS event ON lot.tender_id = event.log_id AND version.position = event.position
WHERE lot.tender_id = :tender_id::uuid
ORDER BY bid.id, version.version
LIMIT 1000000;

-- name: get_leaves(log_id, size)$
-- The first leaves of a log, in order.
SELECT log_leaves(:log_id::uuid, :size::bigint);
