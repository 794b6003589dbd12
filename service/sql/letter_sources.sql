-- name: list_bids(lot_id)
-- The opened bids of a lot: whose each is, and why it is out, if it is, by each procedure but the selection.
SELECT
    opened.bid_id, bid.supplier_id, bidder_name(opened.bid_id) AS supplier, supplier.identifier,
    CASE
        WHEN decided.out THEN decided.elsewhere
        ELSE outcome.reason
    END AS state_reason
FROM opened_bids AS opened
INNER JOIN bids AS bid ON opened.bid_id = bid.id
INNER JOIN organisations AS supplier ON bid.supplier_id = supplier.id
LEFT JOIN technical_outcomes AS outcome ON opened.bid_id = outcome.bid_id
CROSS JOIN LATERAL (
    SELECT
        count(*) > 0 AS out,
        string_agg(last.reason, ' ' ORDER BY last.number) FILTER (WHERE last.source <> 'selection') AS elsewhere
    FROM (
        SELECT DISTINCT ON (made.source)
            made.source, made.number, made.reason, coalesce(made.verdict, made.state) AS verdict
        FROM bid_states AS made
        WHERE made.bid_id = opened.bid_id
        ORDER BY made.source, made.number DESC
    ) AS last
    WHERE last.verdict <> 'admissible'
) AS decided
WHERE opened.lot_id = :lot_id::uuid
ORDER BY supplier.name, opened.bid_id
LIMIT 100000;

-- name: list_names(lot_id)
-- The names and identifiers of everybody behind the opened bids of a lot.
SELECT opened.bid_id, named.kind, named.text
FROM opened_bids AS opened
INNER JOIN bids AS bid ON opened.bid_id = bid.id
INNER JOIN organisations AS supplier ON bid.supplier_id = supplier.id
CROSS JOIN LATERAL (
    SELECT 'name' AS kind, supplier.name AS text
    UNION ALL
    SELECT 'identifier', supplier.identifier
    UNION ALL
    SELECT 'name', party.name FROM bid_parties AS party WHERE party.bid_id = opened.bid_id
    UNION ALL
    SELECT 'identifier', party.identifier FROM bid_parties AS party WHERE party.bid_id = opened.bid_id
) AS named
WHERE opened.lot_id = :lot_id::uuid AND named.text IS NOT NULL
ORDER BY opened.bid_id, named.kind, named.text
LIMIT 1000000;

-- name: list_reasons(lot_id)
-- The agreed reasons for the standing scores of a lot, and where in the bids they are seen.
SELECT score.bid_id, score.criterion_id, score.reason, score.cites
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
LIMIT 1000000;

-- name: list_texts(lot_id)
-- The standing texts for the letters of a lot.
SELECT DISTINCT ON (given.bid_id, given.field) given.bid_id, given.field, given.version, given.text, given.given_at
FROM letter_texts AS given
WHERE given.lot_id = :lot_id::uuid
ORDER BY given.bid_id, given.field, given.version DESC
LIMIT 1000000;

-- name: list_redactions(lot_id)
-- Which fields of a lot's letters are redacted, and which are shown again.
SELECT DISTINCT ON (decided.bid_id, decided.field)
    decided.bid_id, decided.field, decided.version, decided.ground, decided.reason, decided.decided_at
FROM letter_redactions AS decided
WHERE decided.lot_id = :lot_id::uuid
ORDER BY decided.bid_id, decided.field, decided.version DESC
LIMIT 1000000;

-- name: list_sent(lot_id, award_number)
-- The letters of an award as they were sent.
SELECT sent.bid_id, sent.award_number, sent.canonical, sent.digest, sent.sent_at
FROM sent_letters AS sent
WHERE sent.lot_id = :lot_id::uuid AND sent.award_number = :award_number::int
ORDER BY sent.bid_id
LIMIT 100000;
