-- name: insert_draw(lot_id, secret, person_id)^
-- Keep the revealed secret of a lot; there is one.
INSERT INTO drawn_lots (lot_id, secret, person_id, revealed_at)
VALUES (:lot_id::uuid, :secret::text, :person_id::uuid, clock_timestamp())
RETURNING lot_id, secret, person_id, revealed_at;
