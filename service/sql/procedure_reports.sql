-- name: list_bids(tender_id)
-- Every opened bid of a tender, named with all who bid jointly, with the state that was last decided and the reason.
SELECT
    opened.lot_id, opened.bid_id, bidder_name(opened.bid_id) AS supplier,
    coalesce(decision.state, 'admissible') AS state,
    coalesce(
        (
            SELECT string_agg(last.reason, ' ' ORDER BY last.number)
            FROM (
                SELECT DISTINCT ON (made.source)
                    made.number, made.reason, coalesce(made.verdict, made.state) AS verdict
                FROM bid_states AS made
                WHERE made.bid_id = opened.bid_id
                ORDER BY made.source, made.number DESC
            ) AS last
            WHERE last.verdict <> 'admissible'
        ),
        outcome.reason
    ) AS reason,
    decision.decided_at
FROM opened_bids AS opened
INNER JOIN lots AS lot ON opened.lot_id = lot.id
INNER JOIN bids AS bid ON opened.bid_id = bid.id
INNER JOIN organisations AS supplier ON bid.supplier_id = supplier.id
LEFT JOIN technical_outcomes AS outcome ON opened.bid_id = outcome.bid_id
LEFT JOIN LATERAL (
    SELECT made.state, made.decided_at FROM bid_states AS made
    WHERE made.bid_id = opened.bid_id ORDER BY made.number DESC LIMIT 1
) AS decision ON TRUE
WHERE lot.tender_id = :tender_id::uuid
ORDER BY lot.number, supplier.name, opened.bid_id
LIMIT 1000000;

-- name: list_last_runs(tender_id)
-- The last run of each lot of a tender, as it was stored.
SELECT DISTINCT ON (run.lot_id) run.canonical, run.evaluated_at
FROM evaluations AS run
INNER JOIN lots AS lot ON run.lot_id = lot.id
WHERE lot.tender_id = :tender_id::uuid
ORDER BY run.lot_id, run.number DESC
LIMIT 1000;

-- name: list_awards(tender_id)
-- Every award decision of a tender, the annulled ones with why, and the reasons of the recommendation behind each.
SELECT
    award.lot_id, award.number, award.bid_id, bidder_name(award.bid_id) AS supplier, award.reason,
    made.reason AS recommendation, award.decided_at, annulment.reason AS annulled
FROM award_decisions AS award
INNER JOIN lots AS lot ON award.lot_id = lot.id
LEFT JOIN recommendations AS made ON award.lot_id = made.lot_id AND award.recommendation_number = made.number
LEFT JOIN award_annulments AS annulment ON award.lot_id = annulment.lot_id AND award.number = annulment.number
WHERE lot.tender_id = :tender_id::uuid
ORDER BY lot.number, award.number
LIMIT 10000;

-- name: list_cancelled(tender_id)
-- Why lots of a tender were cancelled.
SELECT given.lot_id, given.reason
FROM cancellations AS given
INNER JOIN lots AS lot ON given.lot_id = lot.id
WHERE lot.tender_id = :tender_id::uuid
ORDER BY lot.number, lot.id
LIMIT 1000;

-- name: list_conflicts(tender_id)
-- The interests that people of a tender have declared, with what was decided; one that was corrected by a later
-- declaration before anybody decided about it is left out.
SELECT
    person.name AS person, declared.interest, declared.details, declared.mitigation, declared.declared_at,
    decision.approved, decision.reason AS decision
FROM declarations AS declared
INNER JOIN people AS person ON declared.person_id = person.id
LEFT JOIN declaration_decisions AS decision
    ON
        declared.tender_id = decision.tender_id AND declared.person_id = decision.person_id
        AND declared.number = decision.number
WHERE
    declared.tender_id = :tender_id::uuid AND declared.interest <> 'none'
    AND (
        decision.decided_at IS NOT NULL
        OR NOT EXISTS (
            SELECT FROM declarations AS later
            WHERE
                later.tender_id = declared.tender_id AND later.person_id = declared.person_id
                AND later.number > declared.number
        )
    )
ORDER BY declared.declared_at, declared.person_id, declared.number
LIMIT 10000;

-- name: list_texts(tender_id)
-- The standing texts of the report.
SELECT DISTINCT ON (given.field) given.field, given.version, given.text, person.name AS person, given.given_at
FROM report_texts AS given
INNER JOIN people AS person ON given.person_id = person.id
WHERE given.tender_id = :tender_id::uuid
ORDER BY given.field, given.version DESC
LIMIT 1000;

-- name: insert_text(tender_id, field, text, person_id)^
-- Keep a text of the report as its next version.
WITH given AS (
    INSERT INTO report_texts (tender_id, field, version, text, person_id, given_at)
    SELECT
        :tender_id::uuid, :field::text,
        1 + (
            SELECT count(*) FROM report_texts AS earlier
            WHERE earlier.tender_id = :tender_id::uuid AND earlier.field = :field::text
        )::int,
        :text::text, :person_id::uuid, clock_timestamp()
    RETURNING field, version, text, person_id, given_at
)

SELECT given.field, given.version, given.text, person.name AS person, given.given_at
FROM given
INNER JOIN people AS person ON given.person_id = person.id;
