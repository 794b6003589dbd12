-- name: list_bidders(tender_id)
-- Who has bid for the opened lots of a tender, and who stands behind each bid as it says itself.
SELECT
    lot.id AS lot_id, lot.number AS lot, supplier.id AS supplier_id, supplier.name AS supplier, supplier.identifier,
    coalesce(
        (
            SELECT
                jsonb_agg(
                    jsonb_build_object('role', party.role, 'name', party.name, 'identifier', party.identifier)
                    ORDER BY party.number
                )
            FROM bid_parties AS party
            WHERE party.bid_id = opened.bid_id
        ),
        '[]'
    ) AS parties
FROM opened_bids AS opened
INNER JOIN lots AS lot ON opened.lot_id = lot.id
INNER JOIN bids AS bid ON opened.bid_id = bid.id
INNER JOIN organisations AS supplier ON bid.supplier_id = supplier.id
WHERE lot.tender_id = :tender_id::uuid
ORDER BY lot.number, supplier.name, supplier.id, opened.bid_id
LIMIT 1000000;

-- name: insert_declaration(tender_id, person_id, interest, details, mitigation)$
-- Keep a person's declaration as the next one and return its number.
INSERT INTO declarations (tender_id, person_id, number, interest, details, mitigation, declared_at)
SELECT
    :tender_id::uuid, :person_id::uuid,
    1 + coalesce(
        (
            SELECT max(earlier.number) FROM declarations AS earlier
            WHERE earlier.tender_id = :tender_id::uuid AND earlier.person_id = :person_id::uuid
        ),
        0
    ),
    :interest::text, :details::text, :mitigation::text, clock_timestamp()
RETURNING number;

-- name: last_number(tender_id, person_id)$
-- The number of a person's last declaration.
SELECT max(declared.number)
FROM declarations AS declared
WHERE declared.tender_id = :tender_id::uuid AND declared.person_id = :person_id::uuid;

-- name: insert_decision(tender_id, person_id, number, approved, reason, decided_by)!
-- Keep what another person decided about a declaration.
INSERT INTO declaration_decisions (tender_id, person_id, number, approved, reason, decided_by, decided_at)
VALUES (
    :tender_id::uuid, :person_id::uuid, :number::int, :approved::boolean, :reason::text, :decided_by::uuid,
    clock_timestamp()
);

-- name: list_declarations(tender_id, person_id, number)
-- The declarations of a tender, of one person or one of them where asked, with what was decided.
SELECT
    declared.tender_id, declared.person_id, person.name AS person, declared.number, declared.interest,
    declared.details, declared.mitigation, declared.declared_at, decision.approved, decision.reason AS decision,
    decision.decided_by, decision.decided_at
FROM declarations AS declared
INNER JOIN people AS person ON declared.person_id = person.id
LEFT JOIN declaration_decisions AS decision
    ON
        declared.tender_id = decision.tender_id AND declared.person_id = decision.person_id
        AND declared.number = decision.number
WHERE
    declared.tender_id = :tender_id::uuid
    AND (:person_id::uuid IS NULL OR declared.person_id = :person_id::uuid)
    AND (:number::int IS NULL OR declared.number = :number::int)
ORDER BY declared.declared_at, declared.person_id, declared.number
LIMIT 10000;
