-- name: withdraw_bid(bid_id, supplier_id, person_id, signer)^
-- Withdraw a standing bid before the deadline; migration 0054 says how. No row: it is not the supplier's.
SELECT judged.submission_deadline, judged.at, judged.withdrawn
FROM withdraw_bid(:bid_id::uuid, :supplier_id::uuid, :person_id::uuid, :signer::text) AS judged;

-- name: is_withdrawn(bid_id, supplier_id)$
-- Whether a supplier's own bid has been withdrawn.
SELECT bid.withdrawn_at IS NOT NULL AS withdrawn FROM bids AS bid
WHERE bid.id = :bid_id::uuid AND bid.supplier_id = :supplier_id::uuid;

-- name: list_own(lot_id, supplier_id)
-- A supplier's own bids for a lot: standing and withdrawn ones, never their contents; whether rules and requirements are
-- still those that each was sent under.
SELECT
    bid.id AS bid_id, bid.version, version.submitted_at, version.digest, version.rules_digest, bid.variant,
    bid.withdrawn_at,
    version.rules_digest IS NOT DISTINCT FROM lot.rules_digest
    AND NOT EXISTS (
        SELECT 1 FROM corrigenda AS issued
        WHERE
            issued.tender_id = lot.tender_id AND issued.issued_at > version.submitted_at
            AND issued.changes ? 'requirements'
    ) AS under_present_rules
FROM bids AS bid
INNER JOIN lots AS lot ON bid.lot_id = lot.id
INNER JOIN bid_versions AS version ON bid.id = version.bid_id AND bid.version = version.version
WHERE bid.lot_id = :lot_id::uuid AND bid.supplier_id = :supplier_id::uuid
ORDER BY version.submitted_at, bid.id
LIMIT 10000;

-- name: next_version(lot_id, supplier_id, variant)$
-- The version that a supplier's next bid for a lot, or a variant of it, will have: 1, or one more than the standing one's.
SELECT
    coalesce(
        (
            SELECT bid.version FROM bids AS bid
            WHERE
                bid.lot_id = :lot_id::uuid AND bid.supplier_id = :supplier_id::uuid AND bid.variant = :variant::int
                AND bid.withdrawn_at IS NULL
        ),
        0
    ) + 1 AS version;
