-- name: get_report(evaluation_id, lang)^
-- A stored report with its seal behind it; the digest is of its own bytes.
SELECT report.pdf || coalesce(report.signature, ''::bytea) AS pdf, report.digest
FROM reports AS report
WHERE report.evaluation_id = :evaluation_id::uuid AND report.kind = 'evaluation' AND report.lang = :lang::text;

-- name: insert_report(evaluation_id, lang, pdf, digest, signature)$
-- Keep a report for good; the first one stays.
INSERT INTO reports (evaluation_id, kind, lang, pdf, digest, signature, stored_at)
VALUES (
    :evaluation_id::uuid, 'evaluation', :lang::text, :pdf::bytea, :digest::text, :signature::bytea, clock_timestamp()
)
ON CONFLICT ON CONSTRAINT reports_stored_once DO NOTHING
RETURNING digest;

-- name: find_language(evaluation_id)$
-- The language of the tender that a run is of; null where its buyer has chosen none.
SELECT tender.language
FROM evaluations AS run
INNER JOIN lots AS lot ON run.lot_id = lot.id
INNER JOIN tenders AS tender ON lot.tender_id = tender.id
WHERE run.id = :evaluation_id::uuid;

-- name: get_subject(evaluation_id)^
-- The evaluation and the tender and lot that it is of.
SELECT
    run.lot_id, lot.tender_id, run.canonical, run.digest, run.number, run.evaluated_at, person.name AS evaluated_by,
    tender.title, tender.reference, tender.currency, tender.time_zone, tender.published_at, tender.submission_deadline,
    buyer.name AS buyer, lot.number AS lot_number, lot.title AS lot_title, lot.opened_at, tender.custody,
    (
        SELECT count(*) FROM events AS event
        WHERE
            event.log_id = lot.tender_id AND event.kind = 'bid.withdrawn' AND event.data ->> 'lot_id' = lot.id::text
    ) AS withdrawn,
    held.locked_at, moderator.name AS locked_by, lot.price_opened_at
FROM evaluations AS run
INNER JOIN people AS person ON run.person_id = person.id
INNER JOIN lots AS lot ON run.lot_id = lot.id
INNER JOIN tenders AS tender ON lot.tender_id = tender.id
INNER JOIN organisations AS buyer ON tender.buyer_id = buyer.id
LEFT JOIN consensus_locks AS held ON lot.id = held.lot_id
LEFT JOIN people AS moderator ON held.person_id = moderator.id
WHERE run.id = :evaluation_id::uuid;

-- name: list_entries(lot_id)
-- The bids that were opened: whose, received when, with which digest on the receipt, and what was wrong with it.
SELECT
    opened.bid_id::text AS bid_id, bidder_name(opened.bid_id) AS supplier, receipt.submitted_at, receipt.digest,
    nullif(concat_ws(' ', opened.fault, price.fault), '') AS fault
FROM opened_bids AS opened
LEFT JOIN opened_prices AS price ON opened.bid_id = price.bid_id
INNER JOIN bid_versions AS receipt ON opened.bid_id = receipt.bid_id AND opened.version = receipt.version
WHERE opened.lot_id = :lot_id::uuid
ORDER BY receipt.submitted_at, opened.bid_id
LIMIT 100000;

-- name: list_panel_scores(lot_id, until)
-- Every evaluator's score as it stood at an instant, the places in the bid behind the reason, what was given first and
-- why it changed; who had left the seat on the criterion, and who still had one in the lot.
SELECT DISTINCT ON (score.bid_id, score.criterion_id, person.name, score.person_id)
    score.bid_id::text AS bid_id, score.criterion_id, score.person_id::text AS person_id, person.name AS evaluator,
    score.value, concat_ws(' – ', score.reason, nullif(array_to_string(score.cites, ', '), '')) AS reason,
    score.given_at, score.version, score.change_reason,
    (
        SELECT given.value FROM panel_scores AS given
        WHERE
            given.bid_id = score.bid_id AND given.criterion_id = score.criterion_id
            AND given.person_id = score.person_id AND given.version = 1
    ) AS first,
    coalesce(NOT sat.here, FALSE) AS "left",
    coalesce(sat.anywhere, TRUE) AS seated
FROM panel_scores AS score
INNER JOIN opened_bids AS opened ON score.bid_id = opened.bid_id
INNER JOIN people AS person ON score.person_id = person.id
LEFT JOIN LATERAL (
    SELECT
        bool_or(ending.ended_at IS NULL OR ending.ended_at > :until::timestamptz)
            FILTER (WHERE seat.criterion_id = score.criterion_id) AS here,
        bool_or(ending.ended_at IS NULL OR ending.ended_at > :until::timestamptz) AS anywhere
    FROM seats AS seat
    LEFT JOIN seat_endings AS ending ON seat.id = ending.seat_id
    WHERE
        seat.lot_id = opened.lot_id AND seat.person_id = score.person_id AND seat.seated_at <= :until::timestamptz
) AS sat ON TRUE
WHERE opened.lot_id = :lot_id::uuid AND score.given_at <= :until::timestamptz
ORDER BY score.bid_id, score.criterion_id, person.name, score.person_id, score.version DESC
LIMIT 1000000;

-- name: list_consensus(lot_id, until)
-- Every agreed score as it stood at an instant, the places in the bid behind the reason, what was agreed first and why
-- it changed.
SELECT DISTINCT ON (score.bid_id, score.criterion_id)
    score.bid_id::text AS bid_id, score.criterion_id, score.value,
    concat_ws(' – ', score.reason, nullif(array_to_string(score.cites, ', '), '')) AS reason,
    person.name AS moderator, score.person_id::text AS moderator_id, score.recorded_at, score.version,
    score.change_reason,
    (
        SELECT agreed.value FROM consensus_scores AS agreed
        WHERE
            agreed.bid_id = score.bid_id AND agreed.criterion_id = score.criterion_id AND agreed.version = 1
    ) AS first
FROM consensus_scores AS score
INNER JOIN opened_bids AS opened ON score.bid_id = opened.bid_id
INNER JOIN people AS person ON score.person_id = person.id
WHERE opened.lot_id = :lot_id::uuid AND score.recorded_at <= :until::timestamptz
ORDER BY score.bid_id, score.criterion_id, score.version DESC
LIMIT 1000000;

-- name: list_decisions(lot_id, until)
-- Every decision about a bid up to an instant, in order.
SELECT
    decision.bid_id::text AS bid_id, decision.state, decision.reason, person.name AS decided_by, decision.decided_at
FROM bid_states AS decision
INNER JOIN opened_bids AS opened ON decision.bid_id = opened.bid_id
INNER JOIN people AS person ON decision.person_id = person.id
WHERE opened.lot_id = :lot_id::uuid AND decision.decided_at <= :until::timestamptz
ORDER BY decision.bid_id, decision.number
LIMIT 1000000;

-- name: list_issued(tender_id)
-- A tender's corrigenda in order: what each changed, and why.
SELECT
    corrigendum.number, corrigendum.reason, corrigendum.issued_at,
    (
        SELECT array_agg(part.name ORDER BY part.place)
        FROM jsonb_object_keys(corrigendum.changes) WITH ORDINALITY AS part (name, place)
    ) AS changed
FROM corrigenda AS corrigendum
WHERE corrigendum.tender_id = :tender_id::uuid
ORDER BY corrigendum.number
LIMIT 1000;

-- name: list_late(lot_id, until)
-- The bids that had come too late for a lot by an instant.
SELECT
    supplier.name AS supplier, event.at AS arrived_at, (event.data ->> 'size')::bigint AS size,
    event.data ->> 'digest' AS digest
FROM events AS event
INNER JOIN lots AS lot ON event.log_id = lot.tender_id
INNER JOIN organisations AS supplier ON (event.data ->> 'supplier_id')::uuid = supplier.id
WHERE
    lot.id = :lot_id::uuid AND event.kind = 'bid.late' AND event.data ->> 'lot_id' = lot.id::text
    AND event.at <= :until::timestamptz
ORDER BY event.position, supplier.id
LIMIT 1000000;

-- name: list_missing(lot_id)
-- The bids that the log had and an opening of the lot did not find in the database.
SELECT supplier.name AS supplier, missing.facts ->> 'digest' AS digest
FROM lots AS lot
INNER JOIN events AS event ON lot.tender_id = event.log_id
CROSS JOIN LATERAL jsonb_array_elements(event.data -> 'missing') AS missing (facts)
INNER JOIN organisations AS supplier ON (missing.facts ->> 'supplier_id')::uuid = supplier.id
WHERE
    lot.id = :lot_id::uuid AND event.data ->> 'lot_id' = lot.id::text
    AND event.kind IN ('bids.opened', 'prices.opened')
ORDER BY event.position, supplier.id
LIMIT 100000;

-- name: list_stay_sealed(lot_id)
-- The bids of a lot whose prices were never opened, and why.
SELECT bidder_name(outcome.bid_id) AS supplier, outcome.reason
FROM technical_outcomes AS outcome
WHERE outcome.lot_id = :lot_id::uuid AND outcome.reason IS NOT NULL
ORDER BY supplier, outcome.bid_id
LIMIT 100000;

-- name: list_officers(lot_id, envelope)
-- Who opened the bids, or later the prices.
SELECT person.name, act.acted_at
FROM officers_acts AS act
INNER JOIN people AS person ON act.person_id = person.id
WHERE act.lot_id = :lot_id::uuid AND act.envelope = :envelope::text
ORDER BY act.acted_at, act.person_id
LIMIT 100;

-- name: list_events(tender_id, evaluation_id)
-- The tender's log up to the entry that tells of the evaluation; who was given a role is told by name.
SELECT
    event.position, event.at, coalesce(person.name, '') AS actor, event.kind,
    event.data || CASE WHEN holder.id IS NULL THEN '{}' ELSE jsonb_build_object('person', holder.name) END AS data
FROM events AS event
LEFT JOIN people AS person ON event.person_id = person.id
LEFT JOIN people AS holder
    ON event.kind IN ('role.granted', 'role.taken') AND holder.id::text = event.data ->> 'person_id'
WHERE
    event.log_id = :tender_id::uuid
    AND event.position <= (
        SELECT told.position FROM events AS told
        WHERE
            told.log_id = :tender_id::uuid
            AND told.kind = 'lot.evaluated'
            AND told.data ->> 'evaluation_id' = :evaluation_id::uuid::text
    )
ORDER BY event.position
LIMIT 1000000;
