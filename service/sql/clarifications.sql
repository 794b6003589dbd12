-- name: insert_clarification(bid_id, kind, criterion_id, document_id, ground_id, question, person_id, asked_at, due_at)$
-- Ask a bidder something, under the next number of its bid.
INSERT INTO clarifications (
    bid_id, number, kind, criterion_id, document_id, ground_id, question, person_id, asked_at, due_at
)
SELECT
    :bid_id::uuid,
    1 + (SELECT count(*) FROM clarifications AS earlier WHERE earlier.bid_id = :bid_id::uuid)::int,
    :kind::text, :criterion_id::text, :document_id::uuid, :ground_id::text, :question::text, :person_id::uuid,
    :asked_at::timestamptz, :due_at::timestamptz
RETURNING id;

-- name: list_clarifications(lot_id, bid_id, clarification_id, kinds)
-- What was asked about the opened bids of a lot, about one bid, or one of them, with the answers.
SELECT
    asked.id, asked.bid_id, asked.number, supplier.name AS supplier, asked.kind, asked.criterion_id,
    asked.document_id, asked.ground_id, asked.question, asked.asked_at, asked.due_at, given.answer,
    given.answered_at
FROM clarifications AS asked
INNER JOIN bids AS bid ON asked.bid_id = bid.id
INNER JOIN organisations AS supplier ON bid.supplier_id = supplier.id
LEFT JOIN clarification_answers AS given ON asked.id = given.clarification_id
WHERE
    (:lot_id::uuid IS NULL OR bid.lot_id = :lot_id::uuid)
    AND (:bid_id::uuid IS NULL OR asked.bid_id = :bid_id::uuid)
    AND (:clarification_id::uuid IS NULL OR asked.id = :clarification_id::uuid)
    AND num_nonnulls(:lot_id::uuid, :bid_id::uuid, :clarification_id::uuid) = 1
    AND (:kinds::text [] IS NULL OR asked.kind = ANY(:kinds::text []))
ORDER BY asked.asked_at, asked.bid_id, asked.number, asked.id
LIMIT 1000000;

-- name: locate(clarification_id)$
-- The bid that a clarification is about.
SELECT asked.bid_id FROM clarifications AS asked WHERE asked.id = :clarification_id::uuid;

-- name: find_bid(bid_id, organisation_id)^
-- The lot of an opened bid of one's own, or of a bid for one's own tender.
SELECT bid.lot_id, bid.supplier_id = :organisation_id::uuid AS own
FROM opened_bids AS opened
INNER JOIN bids AS bid ON opened.bid_id = bid.id
INNER JOIN lots AS lot ON bid.lot_id = lot.id
INNER JOIN tenders AS tender ON lot.tender_id = tender.id
WHERE bid.id = :bid_id::uuid AND :organisation_id::uuid IN (bid.supplier_id, tender.buyer_id);

-- name: names_document(bid_id, document_id)$
-- Whether a bid's present version names a document.
SELECT EXISTS (
    SELECT 1 FROM bids AS bid
    INNER JOIN bid_documents AS named ON bid.id = named.bid_id AND bid.version = named.version
    WHERE bid.id = :bid_id::uuid AND named.document_id = :document_id::uuid
);

-- name: lock_own(clarification_id, supplier_id)^
-- Lock the tender of a clarification about the supplier's own bid. What else is true is read after the lock.
SELECT tender.id AS tender_id, lot.id AS lot_id
FROM clarifications AS asked
INNER JOIN bids AS bid ON asked.bid_id = bid.id
INNER JOIN lots AS lot ON bid.lot_id = lot.id
INNER JOIN tenders AS tender ON lot.tender_id = tender.id
WHERE asked.id = :clarification_id::uuid AND bid.supplier_id = :supplier_id::uuid
FOR UPDATE OF tender;

-- name: answer(clarification_id, answer, person_id)$
-- Keep the bidder's answer if its time has not elapsed by the clock read now; no row: it has.
WITH clock AS MATERIALIZED (
    SELECT clock_timestamp() AS now
)

INSERT INTO clarification_answers (clarification_id, answer, person_id, answered_at)
SELECT asked.id, :answer::text, :person_id::uuid, clock.now
FROM clarifications AS asked
CROSS JOIN clock
WHERE asked.id = :clarification_id::uuid AND clock.now < asked.due_at
RETURNING answered_at;
