-- name: insert_obligation(lot_id, award_number, bid_id, criterion_id, title, unit, direction, accrual, promised, worth)$
-- Keep what the contract alone agreed, as its next obligation.
INSERT INTO obligations (
    lot_id, award_number, bid_id, number, criterion_id, title, unit, direction, accrual, promised, worth, origin
)
SELECT
    :lot_id::uuid, :award_number::int, :bid_id::uuid,
    1 + (
        SELECT max(earlier.number) FROM obligations AS earlier
        WHERE earlier.lot_id = :lot_id::uuid AND earlier.award_number = :award_number::int
    ),
    :criterion_id::text, :title::text, :unit::text, :direction::text, :accrual::text, :promised::text, :worth::jsonb,
    'contract'
RETURNING id;

-- name: insert_agreed_terms(obligation_id, person_id, reason, terms)!
-- Keep its first terms. Apart, because the policy on terms asks for the obligation that is there.
INSERT INTO obligation_terms (obligation_id, version, person_id, reason, terms, set_at)
VALUES (:obligation_id::uuid, 1, :person_id::uuid, :reason::text, :terms::jsonb, clock_timestamp());
