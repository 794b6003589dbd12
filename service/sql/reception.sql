-- name: get_way_in(lot_id)^
-- What has to be known of a published lot to take a bid for it in.
SELECT
    lot.id AS lot_id, lot.number AS lot_number, lot.rules, lot.rules_digest, lot.price_envelope,
    tender.id AS tender_id, tender.reference AS tender, tender.rules_digest AS tender_digest,
    tender.submission_deadline, lot.cancelled_at, tender_key.public_key, tender.currency, tender.vat,
    tender.accepted_currencies, lot.variants, tender.buyer_id, tender.framework_id, clock_timestamp() AS now
FROM lots AS lot
INNER JOIN tenders AS tender ON lot.tender_id = tender.id
INNER JOIN tender_keys AS tender_key ON tender.id = tender_key.tender_id
WHERE lot.id = :lot_id::uuid AND tender.published_at IS NOT NULL;

-- name: takes_part(framework_id, organisation_id)$
-- Whether an organisation has a place in a framework now.
SELECT is_framework_supplier(:framework_id::uuid, :organisation_id::uuid);

-- name: get_own(bid_id, supplier_id)^
-- The lot and the present version of a supplier's own bid, and which variant it is.
SELECT bid.lot_id, bid.version, bid.variant
FROM bids AS bid
WHERE bid.id = :bid_id::uuid AND bid.supplier_id = :supplier_id::uuid;

-- name: get_standing(lot_id, supplier_id, variant, documents)^
-- For whom a bid was refused: the supplier's standing bid for the lot, and which of some documents are not there.
SELECT
    standing.id AS bid_id, standing.version, standing.submitted_at,
    ARRAY(
        SELECT named.id FROM unnest(:documents::uuid []) WITH ORDINALITY AS named (id, place)
        WHERE
            NOT EXISTS (
                SELECT 1 FROM documents AS known
                WHERE
                    known.id = named.id AND known.supplier_id = :supplier_id::uuid AND known.lot_id = :lot_id::uuid
            )
        ORDER BY named.place
    ) AS missing
FROM (VALUES (TRUE)) AS one (row)
LEFT JOIN (
    SELECT bid.id, bid.version, version.submitted_at
    FROM bids AS bid
    INNER JOIN bid_versions AS version ON bid.id = version.bid_id AND bid.version = version.version
    WHERE
        bid.lot_id = :lot_id::uuid AND bid.supplier_id = :supplier_id::uuid AND bid.variant = :variant::int
        AND bid.withdrawn_at IS NULL
) AS standing ON TRUE;
