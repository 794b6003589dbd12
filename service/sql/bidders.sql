-- name: insert_parties(bid_ids, numbers, roles, names, identifiers, organisation_ids, shares, works)!
-- Keep who stands behind opened bids, as their offers name them.
INSERT INTO bid_parties (bid_id, number, role, name, identifier, organisation_id, share, work)
SELECT
    party.bid_id, party.number, party.role, party.name, party.identifier, party.organisation_id, party.share, party.work
FROM unnest(
    :bid_ids::uuid [], :numbers::int [], :roles::text [], :names::text [], :identifiers::text [],
    :organisation_ids::uuid [], :shares::text [], :works::text []
) AS party (bid_id, number, role, name, identifier, organisation_id, share, work);

-- name: list_bidders(lot_id)
-- Who stands behind each opened bid of a lot: its supplier as registered, and the parties that its offer names.
SELECT
    opened.bid_id, bid.supplier_id, supplier.name AS supplier, supplier.identifier,
    coalesce(behind.parties, '[]') AS parties
FROM opened_bids AS opened
INNER JOIN bids AS bid ON opened.bid_id = bid.id
INNER JOIN organisations AS supplier ON bid.supplier_id = supplier.id
LEFT JOIN LATERAL (
    SELECT
        jsonb_agg(
            jsonb_build_object(
                'role', party.role, 'name', party.name, 'identifier', party.identifier,
                'organisation_id', party.organisation_id, 'share', party.share, 'work', party.work
            ) ORDER BY party.number
        ) AS parties
    FROM bid_parties AS party
    WHERE party.bid_id = opened.bid_id
) AS behind ON TRUE
WHERE opened.lot_id = :lot_id::uuid
ORDER BY opened.bid_id
LIMIT 100000;
