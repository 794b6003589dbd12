-- name: list_trainings(tender_id)
-- The trainings that are recorded for a tender.
SELECT
    training.person_id, person.name AS person, training.subject, training.held_on, training.recorded_by,
    training.recorded_at
FROM trainings AS training
INNER JOIN people AS person ON training.person_id = person.id
WHERE training.tender_id = :tender_id::uuid
ORDER BY training.held_on, person.name, training.id
LIMIT 10000;

-- name: insert_training(tender_id, person_id, subject, held_on, recorded_by)^
-- Keep a training of somebody who holds a role in the tender.
WITH person AS (
    SELECT person.id, person.name FROM people AS person
    WHERE
        person.id = :person_id::uuid
        AND EXISTS (
            SELECT 1 FROM tender_roles AS held
            WHERE held.tender_id = :tender_id::uuid AND held.person_id = person.id
        )
),

kept AS (
    INSERT INTO trainings (tender_id, person_id, subject, held_on, recorded_by, recorded_at)
    SELECT :tender_id::uuid, person.id, :subject::text, :held_on::date, :recorded_by::uuid, clock_timestamp()
    FROM person
    RETURNING person_id, subject, held_on, recorded_by, recorded_at
)

SELECT kept.person_id, person.name AS person, kept.subject, kept.held_on, kept.recorded_by, kept.recorded_at
FROM kept INNER JOIN person ON kept.person_id = person.id;
