-- name: get_who_set_terms(obligation_id)$
-- Whose the terms in force of an obligation are.
SELECT terms.person_id
FROM obligation_terms AS terms
WHERE terms.obligation_id = :obligation_id::uuid
ORDER BY terms.version DESC
LIMIT 1;

-- name: insert_remedy(obligation_id, step, reason, shortfall, formula, amount, due_on, person_id)!
-- Keep a step of the ladder, as the next of its obligation.
INSERT INTO remedies (
    obligation_id, number, step, reason, shortfall, formula, amount, due_on, person_id, taken_at
)
SELECT
    :obligation_id::uuid,
    1 + (SELECT count(*) FROM remedies AS earlier WHERE earlier.obligation_id = :obligation_id::uuid)::int,
    :step::text, :reason::text, :shortfall::numeric, :formula::text, :amount::numeric, :due_on::date,
    :person_id::uuid, clock_timestamp();

-- name: list_remedies(lot_id, award_number)
-- Every step that was taken on a contract, by obligation.
SELECT
    remedy.obligation_id, remedy.number, remedy.step, remedy.reason, remedy.shortfall, remedy.formula, remedy.amount,
    tender.currency, remedy.due_on, remedy.person_id, remedy.taken_at
FROM remedies AS remedy
INNER JOIN obligations AS obligation ON remedy.obligation_id = obligation.id
INNER JOIN lots AS lot ON obligation.lot_id = lot.id
INNER JOIN tenders AS tender ON lot.tender_id = tender.id
WHERE obligation.lot_id = :lot_id::uuid AND obligation.award_number = :award_number::int
ORDER BY obligation.number, remedy.number, remedy.id
LIMIT 10000;
