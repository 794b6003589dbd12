-- name: insert_delivery(obligation_id, period, quantity, note, counted, person_id)$
-- Keep what was reported as delivered in a period.
INSERT INTO deliveries (obligation_id, period, quantity, note, counted, person_id, reported_at)
VALUES (
    :obligation_id::uuid, :period::int, :quantity::numeric, :note::text, :counted::text [], :person_id::uuid,
    clock_timestamp()
)
RETURNING id;

-- name: list_deliveries(lot_id, award_number, delivery_id)
-- What was reported on a contract, or one delivery of it, with its evidence and what was decided, first to last.
SELECT
    delivery.id, delivery.obligation_id, delivery.period, delivery.quantity, delivery.note, delivery.counted,
    delivery.person_id, reporter.organisation_id AS reported_by, delivery.reported_at,
    coalesce((
        SELECT
            jsonb_agg(
                jsonb_build_object(
                    'id', evidence.id, 'name', evidence.name, 'digest', evidence.digest, 'size', evidence.size,
                    'person_id', evidence.person_id, 'received_at', evidence.received_at
                )
                ORDER BY evidence.received_at, evidence.id
            )
        FROM delivery_evidence AS evidence
        WHERE evidence.delivery_id = delivery.id
    ), '[]') AS evidence,
    coalesce((
        SELECT
            jsonb_agg(
                jsonb_build_object(
                    'verdict', decision.verdict, 'quantity', decision.quantity::text, 'reason', decision.reason,
                    'person_id', decision.person_id, 'decided_at', decision.decided_at
                )
                ORDER BY decision.decided_at
            )
        FROM delivery_decisions AS decision
        WHERE decision.delivery_id = delivery.id
    ), '[]') AS decisions,
    coalesce(
        (
            SELECT decision.verdict
            FROM delivery_decisions AS decision
            WHERE decision.delivery_id = delivery.id
            ORDER BY decision.decided_at DESC, decision.step
            LIMIT 1
        ),
        CASE
            WHEN EXISTS (SELECT 1 FROM delivery_evidence AS evidence WHERE evidence.delivery_id = delivery.id)
                THEN 'evidenced'
            ELSE 'reported'
        END
    ) AS state
FROM deliveries AS delivery
INNER JOIN obligations AS obligation ON delivery.obligation_id = obligation.id
INNER JOIN people AS reporter ON delivery.person_id = reporter.id
WHERE
    obligation.lot_id = :lot_id::uuid AND obligation.award_number = :award_number::int
    AND (:delivery_id::uuid IS NULL OR delivery.id = :delivery_id::uuid)
ORDER BY delivery.reported_at, delivery.id
LIMIT 100000;

-- name: insert_evidence(delivery_id, object_id, name, digest, size, person_id)$
-- Keep a file as evidence of a delivery; the same bytes are kept once.
INSERT INTO delivery_evidence (delivery_id, object_id, name, digest, size, person_id, received_at)
VALUES (
    :delivery_id::uuid, :object_id::uuid, :name::text, :digest::text, :size::bigint, :person_id::uuid,
    clock_timestamp()
)
ON CONFLICT ON CONSTRAINT delivery_evidence_is_there_once DO NOTHING
RETURNING id;

-- name: get_evidence(evidence_id)^
-- Where a file lies that is evidence.
SELECT evidence.object_id, evidence.name, evidence.digest
FROM delivery_evidence AS evidence
WHERE evidence.id = :evidence_id::uuid;

-- name: insert_decision(delivery_id, step, verdict, quantity, reason, person_id)!
-- Keep what was decided about a delivery.
INSERT INTO delivery_decisions (delivery_id, step, verdict, quantity, reason, person_id, decided_at)
VALUES (
    :delivery_id::uuid, :step::text, :verdict::text, :quantity::numeric, :reason::text, :person_id::uuid,
    clock_timestamp()
);
