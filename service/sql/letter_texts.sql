-- name: insert_text(lot_id, bid_id, field, text, person_id)^
-- Keep a text for the letters of a lot as its next version.
INSERT INTO letter_texts (lot_id, bid_id, field, version, text, person_id, given_at)
SELECT
    :lot_id::uuid, :bid_id::uuid, :field::text,
    1 + (
        SELECT count(*) FROM letter_texts AS earlier
        WHERE earlier.lot_id = :lot_id::uuid AND earlier.bid_id = :bid_id::uuid AND earlier.field = :field::text
    )::int,
    :text::text, :person_id::uuid, clock_timestamp()
RETURNING bid_id, field, version, text, given_at;

-- name: insert_redaction(lot_id, bid_id, field, ground, reason, person_id)^
-- Keep whether a field is shown, as the next version of that decision.
INSERT INTO letter_redactions (lot_id, bid_id, field, version, ground, reason, person_id, decided_at)
SELECT
    :lot_id::uuid, :bid_id::uuid, :field::text,
    1 + (
        SELECT count(*) FROM letter_redactions AS earlier
        WHERE earlier.lot_id = :lot_id::uuid AND earlier.bid_id = :bid_id::uuid AND earlier.field = :field::text
    )::int,
    :ground::text, :reason::text, :person_id::uuid, clock_timestamp()
RETURNING bid_id, field, version, ground, reason, decided_at;
