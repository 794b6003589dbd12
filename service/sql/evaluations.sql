-- name: locate_bid(bid_id)^
-- Which lot and tender an opened bid belongs to.
SELECT opened.bid_id, opened.lot_id, lot.tender_id
FROM opened_bids AS opened
INNER JOIN lots AS lot ON opened.lot_id = lot.id
WHERE opened.bid_id = :bid_id::uuid;

-- name: insert_panel_score(bid_id, criterion_id, person_id, value, reason)^
-- Keep one evaluator's score as a new version.
INSERT INTO panel_scores (bid_id, criterion_id, person_id, version, value, reason, given_at)
SELECT
    :bid_id::uuid, :criterion_id::text, :person_id::uuid,
    1 + coalesce(
        (
            SELECT max(earlier.version) FROM panel_scores AS earlier
            WHERE
                earlier.bid_id = :bid_id::uuid
                AND earlier.criterion_id = :criterion_id::text
                AND earlier.person_id = :person_id::uuid
        ),
        0
    ),
    :value::text, :reason::text, clock_timestamp()
RETURNING bid_id, criterion_id, person_id, version, value, reason, given_at;

-- name: list_panel_scores(lot_id, person_id)
-- The standing scores of a lot; for an evaluator only those on bids and criteria that this person has scored too.
SELECT
    score.bid_id, score.criterion_id, score.person_id, person.name AS person, score.version, score.value,
    score.reason, score.given_at
FROM panel_scores AS score
INNER JOIN opened_bids AS opened ON score.bid_id = opened.bid_id
INNER JOIN people AS person ON score.person_id = person.id
WHERE
    opened.lot_id = :lot_id::uuid
    AND NOT EXISTS (
        SELECT 1 FROM panel_scores AS later
        WHERE
            later.bid_id = score.bid_id AND later.criterion_id = score.criterion_id
            AND later.person_id = score.person_id AND later.version > score.version
    )
    AND (
        :person_id::uuid IS NULL
        OR EXISTS (
            SELECT 1 FROM panel_scores AS own
            WHERE
                own.bid_id = score.bid_id AND own.criterion_id = score.criterion_id
                AND own.person_id = :person_id::uuid
        )
    )
ORDER BY score.bid_id, score.criterion_id, score.given_at, score.person_id
LIMIT 100000;

-- name: count_panel_scores(bid_id, criterion_id)$
-- How many evaluators have scored a bid on a criterion.
SELECT count(DISTINCT score.person_id)
FROM panel_scores AS score
WHERE score.bid_id = :bid_id::uuid AND score.criterion_id = :criterion_id::text;

-- name: insert_consensus(bid_id, criterion_id, person_id, value, reason)^
-- Keep the score that the meeting agreed, as a new version.
INSERT INTO consensus_scores (bid_id, criterion_id, version, person_id, value, reason, recorded_at)
SELECT
    :bid_id::uuid, :criterion_id::text,
    1 + coalesce(
        (
            SELECT max(earlier.version) FROM consensus_scores AS earlier
            WHERE earlier.bid_id = :bid_id::uuid AND earlier.criterion_id = :criterion_id::text
        ),
        0
    ),
    :person_id::uuid, :value::text, :reason::text, clock_timestamp()
RETURNING bid_id, criterion_id, version, person_id, value, reason, recorded_at;

-- name: list_consensus(lot_id)
-- The standing consensus scores of a lot.
SELECT
    score.bid_id, score.criterion_id, score.version, score.person_id, score.value, score.reason, score.recorded_at
FROM consensus_scores AS score
INNER JOIN opened_bids AS opened ON score.bid_id = opened.bid_id
WHERE
    opened.lot_id = :lot_id::uuid
    AND NOT EXISTS (
        SELECT 1 FROM consensus_scores AS later
        WHERE
            later.bid_id = score.bid_id AND later.criterion_id = score.criterion_id AND later.version > score.version
    )
ORDER BY score.bid_id, score.criterion_id
LIMIT 100000;

-- name: list_outcomes(lot_id)
-- What the technical consensus meant for each bid of a lot.
SELECT outcome.bid_id, outcome.reason, outcome.by_comparison
FROM technical_outcomes AS outcome
WHERE outcome.lot_id = :lot_id::uuid
ORDER BY outcome.bid_id
LIMIT 10000;

-- name: count_evaluations(lot_id)$
-- How many runs a lot has.
SELECT count(*) FROM evaluations AS run WHERE run.lot_id = :lot_id::uuid;

-- name: get_secret(lot_id)$
-- The secret for drawing lots, once it is revealed.
SELECT drawn.secret FROM drawn_lots AS drawn WHERE drawn.lot_id = :lot_id::uuid;

-- name: insert_evaluation(lot_id, person_id, reason, canonical, digest, rules_digest, engine)^
-- Keep a result for good, as the lot's next run.
INSERT INTO evaluations (lot_id, number, person_id, reason, canonical, digest, rules_digest, engine, evaluated_at)
SELECT
    :lot_id::uuid,
    1 + (SELECT count(*) FROM evaluations AS earlier WHERE earlier.lot_id = :lot_id::uuid)::int,
    :person_id::uuid, :reason::text, :canonical::bytea, :digest::text, :rules_digest::text, :engine::text,
    clock_timestamp()
RETURNING id, lot_id, number, reason, digest, rules_digest, engine, evaluated_at;

-- name: list_evaluations(lot_id)
-- A lot's runs, first to last.
SELECT run.id, run.lot_id, run.number, run.reason, run.digest, run.rules_digest, run.engine, run.evaluated_at
FROM evaluations AS run
WHERE run.lot_id = :lot_id::uuid
ORDER BY run.number
LIMIT 1000;

-- name: get_evaluation(evaluation_id, organisation_id)^
-- One run with its canonical bytes, for the buyer whose tender it is.
SELECT run.id, run.lot_id, lot.tender_id, run.number, run.reason, run.canonical, run.digest, run.evaluated_at
FROM evaluations AS run
INNER JOIN lots AS lot ON run.lot_id = lot.id
INNER JOIN tenders AS tender ON lot.tender_id = tender.id
WHERE run.id = :evaluation_id::uuid AND tender.buyer_id = :organisation_id::uuid;
