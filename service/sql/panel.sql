-- name: locate_bid(bid_id)^
-- Which lot and tender an opened bid belongs to.
SELECT opened.bid_id, opened.lot_id, lot.tender_id
FROM opened_bids AS opened
INNER JOIN lots AS lot ON opened.lot_id = lot.id
WHERE opened.bid_id = :bid_id::uuid;

-- name: get_panel(lot_id)^
-- The last version of a lot's panel.
SELECT panel.version, panel.chair_id, panel.reason, panel.policy, panel.set_by, panel.set_at
FROM panels AS panel
WHERE panel.lot_id = :lot_id::uuid
ORDER BY panel.version DESC
LIMIT 1;

-- name: insert_panel(lot_id, chair_id, reason, policy, set_by)!
-- Keep a lot's panel as its next version.
INSERT INTO panels (lot_id, version, chair_id, reason, policy, set_by, set_at)
SELECT
    :lot_id::uuid,
    1 + (SELECT count(*) FROM panels AS earlier WHERE earlier.lot_id = :lot_id::uuid)::int,
    :chair_id::uuid, :reason::text, :policy::jsonb, :set_by::uuid, clock_timestamp();

-- name: list_seats(lot_id)
-- Every seat that there was on a lot's panel, with its end.
SELECT
    seat.id, seat.criterion_id, seat.person_id, person.name AS person, seat.seated_at, ending.ended_at,
    ending.reason AS ended_because
FROM seats AS seat
INNER JOIN people AS person ON seat.person_id = person.id
LEFT JOIN seat_endings AS ending ON seat.id = ending.seat_id
WHERE seat.lot_id = :lot_id::uuid
ORDER BY seat.seated_at, seat.criterion_id, person.name, seat.id
LIMIT 100000;

-- name: change_seats(lot_id, by, reason, ended, criteria, people)!
-- End seats and take others, side by side: a criterion and its person.
WITH endings AS (
    INSERT INTO seat_endings (seat_id, reason, ended_by, ended_at)
    SELECT ending.seat_id, :reason::text, :by::uuid, clock_timestamp()
    FROM unnest(:ended::uuid []) AS ending (seat_id)
)

INSERT INTO seats (lot_id, criterion_id, person_id, seated_by, seated_at)
SELECT :lot_id::uuid, taken.criterion_id, taken.person_id, :by::uuid, clock_timestamp()
FROM unnest(:criteria::text [], :people::uuid []) AS taken (criterion_id, person_id);

-- name: list_scored(lot_id)
-- Who has submitted a score on which criterion of a lot.
SELECT DISTINCT score.criterion_id, score.person_id
FROM panel_scores AS score
INNER JOIN opened_bids AS opened ON score.bid_id = opened.bid_id
WHERE opened.lot_id = :lot_id::uuid
ORDER BY score.criterion_id, score.person_id
LIMIT 100000;

-- name: list_locked(lot_id)
-- The criteria of a lot whose agreed scores are locked.
SELECT held.criterion_id
FROM criterion_locks AS held
LEFT JOIN criterion_unlocks AS lifted
    ON held.lot_id = lifted.lot_id AND held.criterion_id = lifted.criterion_id AND held.number = lifted.number
WHERE held.lot_id = :lot_id::uuid AND lifted.lot_id IS NULL
ORDER BY held.criterion_id
LIMIT 1000;
