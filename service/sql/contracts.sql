-- name: insert_contract(lot_id, award_number, reference, signed_at, person_id)!
-- Keep that the contract of an award was signed.
INSERT INTO contracts (lot_id, award_number, reference, signed_at, person_id, recorded_at)
VALUES (
    :lot_id::uuid, :award_number::int, :reference::text, :signed_at::timestamptz, :person_id::uuid, clock_timestamp()
);

-- name: get_contract(lot_id)^
-- The signed contract of a lot, of its last award that has one.
SELECT
    contract.lot_id, contract.award_number, award.bid_id, contract.reference, contract.signed_at, contract.person_id,
    contract.recorded_at
FROM contracts AS contract
INNER JOIN award_decisions AS award ON contract.lot_id = award.lot_id AND contract.award_number = award.number
WHERE contract.lot_id = :lot_id::uuid
ORDER BY contract.award_number DESC
LIMIT 1;
