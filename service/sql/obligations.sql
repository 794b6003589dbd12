-- name: count_people(person_ids, organisation_id)$
-- How many of these people are of an organisation.
SELECT count(*)::int FROM people AS person
WHERE person.id = ANY(:person_ids::uuid []) AND person.organisation_id = :organisation_id::uuid;

-- name: list_own_measures(buyer_id, codes)
-- What a buyer's own catalogues say of measures with these codes; of several editions the one imported last.
SELECT DISTINCT ON (given.measure ->> 'code')
    given.measure ->> 'code' AS code, coalesce(given.measure ->> 'counts', '') AS counts,
    coalesce(given.measure -> 'evidence', '[]') AS evidence
FROM own_catalogues AS own
CROSS JOIN LATERAL jsonb_array_elements(own.measures) AS given (measure)
WHERE own.buyer_id = :buyer_id::uuid AND given.measure ->> 'code' = ANY(:codes::text [])
ORDER BY given.measure ->> 'code' ASC, own.imported_at DESC, own.id ASC
LIMIT 1000;

-- name: insert_plan(lot_id, award_number, bid_id, person_id, starts_on, ends_on, period_months, value, bounds)!
-- Keep over which periods a contract is watched.
INSERT INTO monitoring_plans (
    lot_id, award_number, bid_id, person_id, starts_on, ends_on, period_months, value, bounds, made_at
)
VALUES (
    :lot_id::uuid, :award_number::int, :bid_id::uuid, :person_id::uuid, :starts_on::date, :ends_on::date,
    :period_months::int, :value::numeric, :bounds::jsonb, clock_timestamp()
);

-- name: insert_obligations(lot_id, award_number, bid_id, obligations)!
-- Keep what the contractor has promised, numbered in the order of the criteria.
INSERT INTO obligations (
    lot_id, award_number, bid_id, number, criterion_id, title, unit, direction, accrual, promised, worth
)
SELECT
    :lot_id::uuid, :award_number::int, :bid_id::uuid, given.number, given.one ->> 'criterion_id',
    given.one ->> 'title', given.one ->> 'unit', given.one ->> 'direction', given.one ->> 'accrual',
    given.one ->> 'promised', given.one -> 'worth'
FROM jsonb_array_elements(:obligations::jsonb) WITH ORDINALITY AS given (one, number);

-- name: insert_first_terms(lot_id, award_number, person_id, reason, obligations)!
-- Keep the first terms of each of them. Apart, because the policy on terms asks for the obligations that are there.
INSERT INTO obligation_terms (obligation_id, version, person_id, reason, terms, set_at)
SELECT obligation.id, 1, :person_id::uuid, :reason::text, given.one -> 'terms', clock_timestamp()
FROM jsonb_array_elements(:obligations::jsonb) AS given (one)
INNER JOIN obligations AS obligation ON given.one ->> 'criterion_id' = obligation.criterion_id
WHERE obligation.lot_id = :lot_id::uuid AND obligation.award_number = :award_number::int;

-- name: insert_terms(obligation_id, person_id, reason, terms)!
-- Keep the next terms of an obligation.
INSERT INTO obligation_terms (obligation_id, version, person_id, reason, terms, set_at)
SELECT
    :obligation_id::uuid,
    1 + (SELECT max(earlier.version) FROM obligation_terms AS earlier WHERE earlier.obligation_id = :obligation_id::uuid),
    :person_id::uuid, :reason::text, :terms::jsonb, clock_timestamp();

-- name: find_plan(lot_id, obligation_id, delivery_id, evidence_id, organisation_id)^
-- The plan of a lot's last contract, or the one to which an obligation, a delivery or its evidence belongs; for the buyer
-- and the contractor, and without an organisation for a job.
SELECT
    plan.lot_id, plan.award_number, plan.bid_id, plan.starts_on, plan.ends_on, plan.period_months, plan.value,
    plan.bounds, plan.made_at, lot.tender_id, tender.currency, contract.reference, contract.signed_at,
    bidder_name(plan.bid_id) AS contractor, bid.supplier_id
FROM (
    SELECT :lot_id::uuid AS lot_id, NULL::int AS award_number
    UNION ALL
    SELECT obligation.lot_id, obligation.award_number
    FROM obligations AS obligation
    WHERE
        obligation.id = coalesce(:obligation_id::uuid, (
            SELECT delivery.obligation_id
            FROM deliveries AS delivery
            WHERE
                delivery.id = coalesce(:delivery_id::uuid, (
                    SELECT evidence.delivery_id FROM delivery_evidence AS evidence WHERE evidence.id = :evidence_id::uuid
                ))
        ))
) AS asked
INNER JOIN monitoring_plans AS plan
    ON asked.lot_id = plan.lot_id AND coalesce(asked.award_number, plan.award_number) = plan.award_number
INNER JOIN contracts AS contract ON plan.lot_id = contract.lot_id AND plan.award_number = contract.award_number
INNER JOIN bids AS bid ON plan.bid_id = bid.id
INNER JOIN lots AS lot ON plan.lot_id = lot.id
INNER JOIN tenders AS tender ON lot.tender_id = tender.id
WHERE coalesce(:organisation_id::uuid IN (tender.buyer_id, bid.supplier_id), TRUE)
ORDER BY plan.award_number DESC
LIMIT 1;

-- name: lock_tender(tender_id)$
-- Wait for whoever writes in the tender; what is read afterwards holds until commit.
SELECT tender.id FROM tenders AS tender WHERE tender.id = :tender_id::uuid FOR UPDATE;

-- name: list_obligations(lot_id, award_number)
-- What a contractor has promised, with the terms in force.
SELECT
    obligation.id, obligation.number, obligation.criterion_id, obligation.title, obligation.unit,
    obligation.direction, obligation.accrual, obligation.promised, obligation.worth, obligation.origin, terms.version,
    terms.terms
FROM obligations AS obligation
INNER JOIN LATERAL (
    SELECT latest.version, latest.terms
    FROM obligation_terms AS latest
    WHERE latest.obligation_id = obligation.id
    ORDER BY latest.version DESC
    LIMIT 1
) AS terms ON TRUE
WHERE obligation.lot_id = :lot_id::uuid AND obligation.award_number = :award_number::int
ORDER BY obligation.number, obligation.id
LIMIT 1000;
