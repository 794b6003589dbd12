-- name: list_reminders(lot_id, award_number)
-- What somebody was reminded of, last first.
SELECT reminder.kind, reminder.about, reminder.due_on, reminder.reminded_at
FROM contract_reminders AS reminder
WHERE reminder.lot_id = :lot_id::uuid AND reminder.award_number = :award_number::int
ORDER BY reminder.reminded_at DESC, reminder.due_on DESC, reminder.kind, reminder.about
LIMIT 200;

-- name: list_promises(buyer_id)
-- What every contractor of a buyer has promised, with the terms in force and what was verified by period. Obligations
-- that did not come into the contract are left out, and those that no bid promised.
SELECT
    bid.supplier_id, supplier.name AS supplier, plan.lot_id, plan.award_number, plan.starts_on, plan.ends_on,
    plan.period_months, plan.bounds, obligation.title, obligation.unit, obligation.direction, obligation.accrual,
    obligation.worth, terms.terms,
    (
        SELECT
            coalesce(
                jsonb_agg(
                    jsonb_build_object('period', delivery.period, 'quantity', checked.quantity::text)
                    ORDER BY delivery.reported_at, delivery.id
                ),
                '[]'
            )
        FROM deliveries AS delivery
        INNER JOIN delivery_decisions AS checked
            ON delivery.id = checked.delivery_id AND checked.step = 'checked' AND checked.verdict = 'verified'
        WHERE delivery.obligation_id = obligation.id
    ) AS verified,
    (
        SELECT greatest(max(checked.decided_at), plan.made_at)
        FROM deliveries AS delivery
        INNER JOIN delivery_decisions AS checked ON delivery.id = checked.delivery_id
        WHERE delivery.obligation_id = obligation.id
    ) AS known_at
FROM obligations AS obligation
INNER JOIN monitoring_plans AS plan
    ON obligation.lot_id = plan.lot_id AND obligation.award_number = plan.award_number
INNER JOIN lots AS lot ON plan.lot_id = lot.id
INNER JOIN tenders AS tender ON lot.tender_id = tender.id
INNER JOIN bids AS bid ON plan.bid_id = bid.id
INNER JOIN organisations AS supplier ON bid.supplier_id = supplier.id
INNER JOIN LATERAL (
    SELECT latest.terms
    FROM obligation_terms AS latest
    WHERE latest.obligation_id = obligation.id
    ORDER BY latest.version DESC
    LIMIT 1
) AS terms ON TRUE
WHERE tender.buyer_id = :buyer_id::uuid AND obligation.origin = 'bid'
    AND (terms.terms ->> 'contracted')::boolean
ORDER BY supplier.name, plan.starts_on, obligation.id
LIMIT 20000;

-- name: read_day()$
-- The day it is, by the database's clock.
SELECT clock_timestamp()::date;
