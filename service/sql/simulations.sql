-- name: insert_simulation(tender_id, lot_number, person_id, canonical, digest, rules_digest, engine)^
-- Keep a trial of a lot's rules for good, as the tender's next one.
INSERT INTO simulations (
    tender_id, number, lot_number, person_id, canonical, digest, rules_digest, engine, simulated_at
)
SELECT
    :tender_id::uuid,
    1 + (SELECT count(*) FROM simulations AS earlier WHERE earlier.tender_id = :tender_id::uuid)::int,
    :lot_number::int, :person_id::uuid, :canonical::bytea, :digest::text, :rules_digest::text, :engine::text,
    clock_timestamp()
RETURNING id, tender_id, number, lot_number, person_id, digest, rules_digest, engine, simulated_at;

-- name: list_simulations(tender_id)
-- A tender's trials, first to last.
SELECT
    trial.id, trial.tender_id, trial.number, trial.lot_number, trial.person_id, trial.digest, trial.rules_digest,
    trial.engine, trial.simulated_at
FROM simulations AS trial
WHERE trial.tender_id = :tender_id::uuid
ORDER BY trial.number, trial.id
LIMIT 1000;

-- name: get_simulation(simulation_id, organisation_id)^
-- One trial with its canonical bytes, for the buyer whose tender it is.
SELECT trial.tender_id, trial.canonical, trial.digest
FROM simulations AS trial
INNER JOIN tenders AS tender ON trial.tender_id = tender.id
WHERE trial.id = :simulation_id::uuid AND tender.buyer_id = :organisation_id::uuid;
