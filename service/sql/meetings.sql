-- name: list_cleared(tender_id)
-- Who may be at a meeting: of those who hold a role in the tender, the panel with an approved declaration, others without one.
SELECT held.person_id
FROM tender_roles AS held
WHERE held.tender_id = :tender_id::uuid
GROUP BY held.person_id
HAVING
    clearance(:tender_id::uuid, held.person_id) = 'approved'
    OR (
        clearance(:tender_id::uuid, held.person_id) IN ('none', 'outdated')
        AND bool_and(held.role NOT IN ('evaluator', 'moderator', 'approver'))
    )
ORDER BY held.person_id
LIMIT 10000;

-- name: insert_meeting(lot_id, chair_id, present, held_at)$
-- Keep a meeting as the lot's next one.
INSERT INTO meetings (lot_id, number, chair_id, present, held_at, recorded_at)
SELECT
    :lot_id::uuid,
    1 + (SELECT count(*) FROM meetings AS earlier WHERE earlier.lot_id = :lot_id::uuid)::int,
    :chair_id::uuid, :present::uuid [], :held_at::timestamptz, clock_timestamp()
RETURNING id;

-- name: insert_items(meeting_id, majority, bid_ids, criteria, versions, marks, points, dissent, warnings, answers)!
-- Keep what a meeting said about each question, side by side.
INSERT INTO meeting_items (
    meeting_id, bid_id, criterion_id, version, marks, points, dissent, majority, warnings, answer
)
SELECT
    :meeting_id::uuid, item.bid_id, item.criterion_id, item.version, item.marks,
    ARRAY(
        SELECT said.point FROM jsonb_array_elements_text(item.points) WITH ORDINALITY AS said (point, number)
        ORDER BY said.number
    ),
    item.dissent, :majority::text,
    ARRAY(
        SELECT told.warning FROM jsonb_array_elements_text(item.warnings) WITH ORDINALITY AS told (warning, number)
        ORDER BY told.number
    ),
    item.answer
FROM unnest(
    :bid_ids::uuid [], :criteria::text [], :versions::int [], :marks::jsonb [], :points::jsonb [],
    :dissent::jsonb [], :warnings::jsonb [], :answers::text []
) AS item (bid_id, criterion_id, version, marks, points, dissent, warnings, answer);

-- name: list_meetings(lot_id)
-- A lot's meetings, first to last; why another than the panel's chair has chaired one says the log.
WITH held AS (
    SELECT (event.data ->> 'meeting_id')::uuid AS meeting_id, event.data ->> 'chair_reason' AS chair_reason
    FROM lots AS lot
    INNER JOIN events AS event ON lot.tender_id = event.log_id
    WHERE
        lot.id = :lot_id::uuid AND event.kind = 'meeting.held' AND event.data ->> 'lot_id' = lot.id::text
        AND event.data ? 'chair_reason'
)

SELECT
    meeting.id, meeting.lot_id, meeting.number, meeting.chair_id, held.chair_reason, meeting.present, meeting.held_at,
    meeting.recorded_at
FROM meetings AS meeting
LEFT JOIN held ON meeting.id = held.meeting_id
WHERE meeting.lot_id = :lot_id::uuid
ORDER BY meeting.number, meeting.id
LIMIT 10000;

-- name: list_items(lot_id)
-- What the meetings of a lot agreed, with how they came to it, in the order in which each record has it, says the log.
WITH said AS (
    SELECT
        (event.data ->> 'meeting_id')::uuid AS meeting_id, (item.facts ->> 'bid_id')::uuid AS bid_id,
        item.facts ->> 'criterion_id' AS criterion_id, item.place
    FROM lots AS lot
    INNER JOIN events AS event ON lot.tender_id = event.log_id
    CROSS JOIN LATERAL jsonb_array_elements(event.data -> 'said') WITH ORDINALITY AS item (facts, place)
    WHERE lot.id = :lot_id::uuid AND event.kind = 'meeting.held' AND event.data ->> 'lot_id' = lot.id::text
)

SELECT
    item.meeting_id, item.bid_id, item.criterion_id, item.version, score.value, score.reason, score.cites,
    score.change_reason, item.marks, item.points, item.dissent, item.majority, item.warnings, item.answer
FROM meeting_items AS item
INNER JOIN meetings AS meeting ON item.meeting_id = meeting.id
INNER JOIN consensus_scores AS score
    ON item.bid_id = score.bid_id AND item.criterion_id = score.criterion_id AND item.version = score.version
LEFT JOIN said
    ON item.meeting_id = said.meeting_id AND item.bid_id = said.bid_id AND item.criterion_id = said.criterion_id
WHERE meeting.lot_id = :lot_id::uuid
ORDER BY meeting.number, said.place, item.criterion_id, item.bid_id
LIMIT 100000;
