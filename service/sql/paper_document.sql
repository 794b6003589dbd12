-- name: list_names(person_ids)
-- The names of people, each once.
SELECT person.id, person.name
FROM people AS person
WHERE person.id = ANY(:person_ids::uuid [])
ORDER BY person.name, person.id
LIMIT 10000;

-- name: find_locker(lot_id)$
-- Who locked the technical consensus of a lot.
SELECT person.name
FROM consensus_locks AS held
INNER JOIN people AS person ON held.person_id = person.id
WHERE held.lot_id = :lot_id::uuid;
