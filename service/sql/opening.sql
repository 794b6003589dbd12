-- name: insert_opening_act(lot_id, person_id)!
-- One officer's request to open; a second one by the same person changes nothing.
INSERT INTO opening_acts (lot_id, person_id, acted_at)
VALUES (:lot_id::uuid, :person_id::uuid, clock_timestamp())
ON CONFLICT ON CONSTRAINT opening_acts_once_per_officer DO NOTHING;

-- name: list_opening_acts(lot_id)
-- Which officers have asked to open, first to last.
SELECT act.person_id, person.name AS person, act.acted_at
FROM opening_acts AS act
INNER JOIN people AS person ON act.person_id = person.id
WHERE act.lot_id = :lot_id::uuid
ORDER BY act.acted_at, act.person_id
LIMIT 100;

-- name: count_officers(lot_id)$
-- How many have asked to open who still are opening officers: one who lost the role does not open.
SELECT count(*)
FROM opening_acts AS act
INNER JOIN lots AS lot ON act.lot_id = lot.id
INNER JOIN tender_roles AS held ON lot.tender_id = held.tender_id AND act.person_id = held.person_id
WHERE act.lot_id = :lot_id::uuid AND held.role = 'opening_officer';

-- name: become_opening_officer()!
-- For the rest of the transaction act in the one role that may read envelopes.
SET LOCAL ROLE tenderscore_opening;

-- name: become_service()!
-- Go back to the role that serves requests.
SET LOCAL ROLE tenderscore_app;

-- name: open_envelopes(lot_id)
-- Every standing bid of a lot with its contents. No other query may read sealed_envelopes.contents.
SELECT
    bid.id AS bid_id, bid.version, bid.supplier_id, supplier.name AS supplier, version.submitted_at, version.digest,
    version.rules_digest, envelope.header, envelope.contents
FROM bids AS bid
INNER JOIN organisations AS supplier ON bid.supplier_id = supplier.id
INNER JOIN bid_versions AS version ON bid.id = version.bid_id AND bid.version = version.version
INNER JOIN sealed_envelopes AS envelope ON bid.id = envelope.bid_id AND bid.version = envelope.version
WHERE bid.lot_id = :lot_id::uuid AND bid.withdrawn_at IS NULL AND envelope.kind = 'offer'
ORDER BY version.submitted_at, bid.id;

-- name: release_key(lot_id, needed)^
-- The wrapped private key of a lot's tender, from the deadline on and once enough officers have acted.
SELECT tender_key.tender_id, tender_key.wrapped_key, tender_key.wrapped_by
FROM lots AS lot
INNER JOIN tenders AS tender ON lot.tender_id = tender.id
INNER JOIN tender_keys AS tender_key ON tender.id = tender_key.tender_id
WHERE
    lot.id = :lot_id::uuid
    AND tender.submission_deadline <= clock_timestamp()
    AND (
        SELECT count(DISTINCT act.person_id)
        FROM opening_acts AS act
        INNER JOIN tender_roles AS held ON tender.id = held.tender_id AND act.person_id = held.person_id
        WHERE act.lot_id = lot.id AND held.role = 'opening_officer'
    ) >= :needed::int;

-- name: record_opening(lot_id, bid_ids, versions, contents)$
-- Keep what the envelopes held and mark the lot as opened.
WITH kept AS (
    INSERT INTO opened_bids (bid_id, lot_id, version, offers)
    SELECT opened.bid_id, :lot_id::uuid, opened.version, opened.contents
    FROM unnest(:bid_ids::uuid [], :versions::int [], :contents::jsonb []) AS opened (bid_id, version, contents)
)

UPDATE lots SET opened_at = clock_timestamp() WHERE id = :lot_id::uuid
RETURNING opened_at;

-- name: list_opened(lot_id)
-- The opened bids of a lot, with the state that was last decided.
SELECT
    opened.bid_id, bid.supplier_id, supplier.name AS supplier, opened.version, version.submitted_at, version.digest,
    version.rules_digest, opened.offers,
    coalesce(
        (
            SELECT decision.state FROM bid_states AS decision
            WHERE decision.bid_id = opened.bid_id ORDER BY decision.number DESC LIMIT 1
        ),
        'admissible'
    ) AS state
FROM opened_bids AS opened
INNER JOIN bids AS bid ON opened.bid_id = bid.id
INNER JOIN organisations AS supplier ON bid.supplier_id = supplier.id
INNER JOIN bid_versions AS version ON opened.bid_id = version.bid_id AND opened.version = version.version
WHERE opened.lot_id = :lot_id::uuid
ORDER BY version.submitted_at, opened.bid_id
LIMIT 10000;
