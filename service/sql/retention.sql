-- name: get_retention(tender_id, least_years)^
-- How long a tender's record is kept, whether a hold stands, and whether what suppliers sent is destroyed.
SELECT
    period.years AS own_years, period.reason AS own_reason,
    retained_until(:tender_id::uuid, :least_years::int) AS retained_until,
    coalesce(hold.held, FALSE) AS held, hold.reason AS hold_reason, hold.decided_at AS hold_decided_at,
    decider.name AS hold_decided_by, last_hold(:tender_id::uuid) AS hold_number, done.shredded_at
FROM (VALUES (TRUE)) AS single (row)
LEFT JOIN retention_periods AS period
    ON
        period.tender_id = :tender_id::uuid
        AND period.number = (
            SELECT max(other.number) FROM retention_periods AS other WHERE other.tender_id = :tender_id::uuid
        )
LEFT JOIN legal_holds AS hold ON hold.tender_id = :tender_id::uuid AND hold.number = last_hold(:tender_id::uuid)
LEFT JOIN people AS decider ON hold.person_id = decider.id
LEFT JOIN shreddings AS done ON done.tender_id = :tender_id::uuid;

-- name: list_acts(tender_id)
-- Who has asked to destroy what suppliers sent, since the last decision about a hold.
SELECT act.person_id, person.name AS person, act.reason, act.acted_at
FROM shredding_acts AS act
INNER JOIN people AS person ON act.person_id = person.id
WHERE act.tender_id = :tender_id::uuid AND act.hold_number = last_hold(:tender_id::uuid)
ORDER BY act.acted_at, act.person_id
LIMIT 100;

-- name: insert_period(tender_id, years, reason, person_id)!
-- Keep a buyer's own period.
INSERT INTO retention_periods (tender_id, number, years, reason, person_id, set_at)
SELECT
    :tender_id::uuid, coalesce(max(period.number), 0) + 1, :years::int, :reason::text, :person_id::uuid,
    clock_timestamp()
FROM retention_periods AS period WHERE period.tender_id = :tender_id::uuid;

-- name: insert_hold(tender_id, held, reason, person_id)!
-- Keep a decision about a legal hold.
INSERT INTO legal_holds (tender_id, number, held, reason, person_id, decided_at)
VALUES (
    :tender_id::uuid, last_hold(:tender_id::uuid) + 1, :held::boolean, :reason::text, :person_id::uuid,
    clock_timestamp()
);

-- name: insert_act(tender_id, person_id, reason)!
-- Keep a request to destroy; a second one by the same person changes nothing.
INSERT INTO shredding_acts (tender_id, hold_number, person_id, reason, acted_at)
VALUES (:tender_id::uuid, last_hold(:tender_id::uuid), :person_id::uuid, :reason::text, clock_timestamp())
ON CONFLICT ON CONSTRAINT shredding_acts_once_per_person DO NOTHING;

-- name: shred_bids(tender_id, person_id, least_years)^
-- Destroy what suppliers sent, if the database finds every condition to hold.
SELECT done.shredded_at, done.bids, done.documents
FROM shred_bids(:tender_id::uuid, :person_id::uuid, :least_years::int) AS done;

-- name: list_objects(tender_id)
-- The documents of a tender that lie in object storage.
SELECT known.upload_id, known.kept_in
FROM documents AS known
INNER JOIN lots AS lot ON known.lot_id = lot.id
WHERE lot.tender_id = :tender_id::uuid AND known.kept_in IS NOT NULL
ORDER BY known.kept_in, known.id
LIMIT 1000000;
