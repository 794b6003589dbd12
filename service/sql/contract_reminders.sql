-- name: insert_reminders(lot_id, award_number, dues)
-- Keep what somebody is reminded of now; each thing once for each day from which on it is due.
INSERT INTO contract_reminders (lot_id, award_number, kind, about, due_on, reminded_at)
SELECT
    :lot_id::uuid, :award_number::int, due.one ->> 'kind', due.one ->> 'about', (due.one ->> 'due_on')::date,
    clock_timestamp()
FROM jsonb_array_elements(:dues::jsonb) AS due (one)
ON CONFLICT ON CONSTRAINT contract_reminders_are_given_once DO NOTHING
RETURNING kind, about, due_on, reminded_at;

-- name: find_buyer(lot_id)$
-- Whose a lot is.
SELECT tender.buyer_id
FROM lots AS lot
INNER JOIN tenders AS tender ON lot.tender_id = tender.id
WHERE lot.id = :lot_id::uuid;

-- name: begin_of(day, time_zone)$
-- The instant at which a day begins somewhere.
SELECT :day::date::timestamp AT TIME ZONE :time_zone::text;
