-- name: get_standing(bid_id, criterion_id, person_id)^
-- A person's last version of a score.
SELECT
    score.bid_id, score.criterion_id, score.person_id, score.version, score.value, score.reason, score.cites,
    score.change_reason, score.given_at
FROM panel_scores AS score
WHERE
    score.bid_id = :bid_id::uuid AND score.criterion_id = :criterion_id::text AND score.person_id = :person_id::uuid
ORDER BY score.version DESC
LIMIT 1;

-- name: insert_panel_score(bid_id, criterion_id, person_id, version, value, reason, cites, change_reason)^
-- Keep one evaluator's score as a new version.
INSERT INTO panel_scores (
    bid_id, criterion_id, person_id, version, value, reason, cites, change_reason, given_at
)
VALUES (
    :bid_id::uuid, :criterion_id::text, :person_id::uuid, :version::int, :value::text, :reason::text,
    :cites::text [], :change_reason::text, clock_timestamp()
)
RETURNING bid_id, criterion_id, person_id, version, value, reason, cites, change_reason, given_at;

-- name: put_draft(bid_id, criterion_id, person_id, value, reason, cites)^
-- Keep what an evaluator has typed, over what was there.
INSERT INTO score_drafts (bid_id, criterion_id, person_id, value, reason, cites, saved_at)
VALUES (
    :bid_id::uuid, :criterion_id::text, :person_id::uuid, :value::text, :reason::text, :cites::text [],
    clock_timestamp()
)
ON CONFLICT ON CONSTRAINT score_drafts_once_per_person
DO UPDATE SET
    value = excluded.value, reason = excluded.reason, cites = excluded.cites, saved_at = excluded.saved_at
RETURNING bid_id, criterion_id, value, reason, cites, saved_at;

-- name: delete_draft(bid_id, criterion_id, person_id)!
-- Clear a draft whose score was submitted.
DELETE FROM score_drafts
WHERE bid_id = :bid_id::uuid AND criterion_id = :criterion_id::text AND person_id = :person_id::uuid;

-- name: list_drafts(lot_id, person_id)
-- A person's own drafts for a lot.
SELECT draft.bid_id, draft.criterion_id, draft.value, draft.reason, draft.cites, draft.saved_at
FROM score_drafts AS draft
INNER JOIN opened_bids AS opened ON draft.bid_id = opened.bid_id
WHERE opened.lot_id = :lot_id::uuid AND draft.person_id = :person_id::uuid
ORDER BY draft.criterion_id, draft.bid_id
LIMIT 1000000;

-- name: list_panel_scores(lot_id, person_id)
-- The standing scores of a lot; for an evaluator the own ones, and others' on criteria where all own ones are in.
SELECT
    score.bid_id, score.criterion_id, score.person_id, person.name AS person, score.version, score.value,
    score.reason, score.cites, score.change_reason, score.given_at,
    EXISTS (
        SELECT 1 FROM seats_in_force AS seat
        WHERE
            seat.lot_id = opened.lot_id AND seat.criterion_id = score.criterion_id
            AND seat.person_id = score.person_id
    ) AS counts
FROM panel_scores AS score
INNER JOIN opened_bids AS opened ON score.bid_id = opened.bid_id
INNER JOIN people AS person ON score.person_id = person.id
WHERE
    opened.lot_id = :lot_id::uuid
    AND NOT EXISTS (
        SELECT 1 FROM panel_scores AS later
        WHERE
            later.bid_id = score.bid_id AND later.criterion_id = score.criterion_id
            AND later.person_id = score.person_id AND later.version > score.version
    )
    AND (
        :person_id::uuid IS NULL
        OR score.person_id = :person_id::uuid
        OR own_scores_are_in(score.bid_id, score.criterion_id, :person_id::uuid)
    )
ORDER BY score.bid_id, score.criterion_id, score.given_at, score.person_id
LIMIT 1000000;

-- name: list_progress(lot_id)
-- For every seat in force how many bids are in the race, and how many of them are scored and drafted.
WITH race AS (
    SELECT opened.bid_id FROM opened_bids AS opened
    WHERE opened.lot_id = :lot_id::uuid AND in_the_race(opened.bid_id)
)

SELECT
    seat.criterion_id, seat.person_id, person.name AS person,
    (SELECT count(*) FROM race)::int AS expected,
    count(DISTINCT score.bid_id)::int AS submitted,
    (
        SELECT count(*) FROM score_drafts AS draft INNER JOIN race ON draft.bid_id = race.bid_id
        WHERE draft.criterion_id = seat.criterion_id AND draft.person_id = seat.person_id
    )::int AS drafted,
    max(score.given_at) AS last_at
FROM seats_in_force AS seat
INNER JOIN people AS person ON seat.person_id = person.id
LEFT JOIN panel_scores AS score
    ON
        seat.criterion_id = score.criterion_id AND seat.person_id = score.person_id
        AND EXISTS (SELECT 1 FROM race WHERE race.bid_id = score.bid_id)
WHERE seat.lot_id = :lot_id::uuid
GROUP BY seat.criterion_id, seat.person_id, person.name
ORDER BY seat.criterion_id, person.name, seat.person_id
LIMIT 100000;
