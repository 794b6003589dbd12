-- name: insert_opening_act(lot_id, person_id)!
-- One officer's request to open the offers; a second one by the same person changes nothing.
INSERT INTO opening_acts (lot_id, person_id, acted_at)
VALUES (:lot_id::uuid, :person_id::uuid, clock_timestamp())
ON CONFLICT ON CONSTRAINT opening_acts_once_per_officer DO NOTHING;

-- name: insert_price_act(lot_id, person_id)!
-- One officer's request to open the prices; a second one by the same person changes nothing.
INSERT INTO price_opening_acts (lot_id, person_id, acted_at)
VALUES (:lot_id::uuid, :person_id::uuid, clock_timestamp())
ON CONFLICT ON CONSTRAINT price_opening_acts_once_per_officer DO NOTHING;

-- name: list_opening_acts(lot_id, envelope)
-- Which officers have asked to open envelopes of a kind, first to last.
SELECT act.person_id, person.name AS person, act.acted_at
FROM officers_acts AS act
INNER JOIN people AS person ON act.person_id = person.id
WHERE act.lot_id = :lot_id::uuid AND act.envelope = :envelope::text
ORDER BY act.acted_at, act.person_id
LIMIT 100;

-- name: count_officers(lot_id, envelope)$
-- How many have asked to open who still are opening officers: one who lost the role does not open.
SELECT count(*)
FROM officers_acts AS act
INNER JOIN lots AS lot ON act.lot_id = lot.id
INNER JOIN tender_roles AS held ON lot.tender_id = held.tender_id AND act.person_id = held.person_id
WHERE act.lot_id = :lot_id::uuid AND act.envelope = :envelope::text AND held.role = 'opening_officer';

-- name: become_opening_officer()!
-- For the rest of the transaction act in the one role that may read envelopes.
SET LOCAL ROLE tenderscore_opening;

-- name: become_service()!
-- Go back to the role that serves requests.
SET LOCAL ROLE tenderscore_app;

-- name: release_key(lot_id, envelope)^
-- The wrapped private key of a tender in the service's custody: from the deadline on, once enough officers have acted.
-- No other query may read tender_keys.wrapped_key.
SELECT key.wrapped_key, key.wrapped_by
FROM lots AS lot
INNER JOIN tenders AS tender ON lot.tender_id = tender.id
INNER JOIN tender_keys AS key ON tender.id = key.tender_id
WHERE
    lot.id = :lot_id::uuid
    AND tender.custody = 'service'
    AND may_be_opened(lot.id, :envelope::text);

-- name: open_envelopes(lot_id, envelope)
-- Every standing bid of a lot with its offer, or with its price where the bid goes on after the technical consensus:
-- from the deadline on, once enough officers have acted. No other query may read sealed_envelopes.contents.
SELECT
    bid.id AS bid_id, bid.version, bid.supplier_id, supplier.name AS supplier, version.submitted_at, version.digest,
    envelope.header, envelope.contents, bid.variant
FROM lots AS lot
INNER JOIN bids AS bid ON lot.id = bid.lot_id
INNER JOIN organisations AS supplier ON bid.supplier_id = supplier.id
INNER JOIN bid_versions AS version ON bid.id = version.bid_id AND bid.version = version.version
LEFT JOIN sealed_envelopes AS envelope
    ON bid.id = envelope.bid_id AND bid.version = envelope.version AND envelope.kind = :envelope::text
WHERE
    lot.id = :lot_id::uuid
    AND bid.withdrawn_at IS NULL
    AND may_be_opened(lot.id, :envelope::text)
    AND (
        :envelope::text = 'offer'
        OR EXISTS (
            SELECT 1 FROM technical_outcomes AS outcome WHERE outcome.bid_id = bid.id AND outcome.reason IS NULL
        )
    )
ORDER BY version.submitted_at, bid.id;

-- name: list_headers(lot_id, envelope)
-- What an officer's client unwraps the content keys from, under the same conditions; no contents.
SELECT
    bid.id AS bid_id, bid.version, bid.supplier_id, supplier.name AS supplier, version.submitted_at, version.digest,
    envelope.header
FROM lots AS lot
INNER JOIN bids AS bid ON lot.id = bid.lot_id
INNER JOIN organisations AS supplier ON bid.supplier_id = supplier.id
INNER JOIN bid_versions AS version ON bid.id = version.bid_id AND bid.version = version.version
INNER JOIN sealed_envelopes AS envelope
    ON bid.id = envelope.bid_id AND bid.version = envelope.version AND envelope.kind = :envelope::text
WHERE
    lot.id = :lot_id::uuid
    AND bid.withdrawn_at IS NULL
    AND may_be_opened(lot.id, :envelope::text)
    AND (
        :envelope::text = 'offer'
        OR EXISTS (
            SELECT 1 FROM technical_outcomes AS outcome WHERE outcome.bid_id = bid.id AND outcome.reason IS NULL
        )
    )
ORDER BY version.submitted_at, bid.id
LIMIT 100000;

-- name: record_opening(lot_id, bid_ids, versions, contents, faults, variant_descriptions, currencies)$
-- Keep what the offers held and mark the lot as opened.
WITH kept AS (
    INSERT INTO opened_bids (bid_id, lot_id, version, offers, fault, variant_description, currency)
    SELECT
        opened.bid_id, :lot_id::uuid, opened.version, opened.contents, opened.fault, opened.variant_description,
        opened.currency
    FROM unnest(
        :bid_ids::uuid [], :versions::int [], :contents::jsonb [], :faults::text [], :variant_descriptions::text [],
        :currencies::text []
    ) AS opened (bid_id, version, contents, fault, variant_description, currency)
)

UPDATE lots SET opened_at = clock_timestamp() WHERE id = :lot_id::uuid
RETURNING opened_at;

-- name: record_price_opening(lot_id, bid_ids, versions, contents, faults)$
-- Keep what the price envelopes held and mark the lot's prices as opened.
WITH kept AS (
    INSERT INTO opened_prices (bid_id, lot_id, version, offers, fault)
    SELECT opened.bid_id, :lot_id::uuid, opened.version, opened.contents, opened.fault
    FROM unnest(:bid_ids::uuid [], :versions::int [], :contents::jsonb [], :faults::text [])
        AS opened (bid_id, version, contents, fault)
)

UPDATE lots SET price_opened_at = clock_timestamp() WHERE id = :lot_id::uuid
RETURNING price_opened_at;

-- name: list_opened(lot_id)
-- The opened bids of a lot, with all that is open of each, the state that was last decided, and confirmed corrections.
SELECT
    opened.bid_id, bid.supplier_id, supplier.name AS supplier, opened.version, version.submitted_at, version.digest,
    version.rules_digest, opened.offers || coalesce(price.offers, '{}') AS offers,
    nullif(concat_ws(' ', opened.fault, price.fault), '') AS fault, outcome.reason AS price_stays_sealed,
    bid.variant, opened.variant_description, opened.currency,
    (
        SELECT entry.rate FROM jsonb_array_elements(tender.accepted_currencies) AS entry (rate)
        WHERE entry.rate ->> 'code' = opened.currency LIMIT 1
    ) AS exchange,
    coalesce(
        (
            SELECT decision.state FROM bid_states AS decision
            WHERE decision.bid_id = opened.bid_id ORDER BY decision.number DESC LIMIT 1
        ),
        'admissible'
    ) AS state,
    coalesce(
        (
            SELECT jsonb_object_agg(mend.criterion_id, mend.corrected ORDER BY made.decided_at)
            FROM corrections AS mend
            INNER JOIN correction_decisions AS made ON mend.clarification_id = made.clarification_id
            WHERE mend.bid_id = opened.bid_id AND made.decision = 'confirmed'
        ),
        '{}'
    ) AS corrections
FROM opened_bids AS opened
INNER JOIN bids AS bid ON opened.bid_id = bid.id
INNER JOIN organisations AS supplier ON bid.supplier_id = supplier.id
INNER JOIN bid_versions AS version ON opened.bid_id = version.bid_id AND opened.version = version.version
INNER JOIN lots AS lot ON opened.lot_id = lot.id
INNER JOIN tenders AS tender ON lot.tender_id = tender.id
LEFT JOIN technical_outcomes AS outcome ON opened.bid_id = outcome.bid_id
LEFT JOIN opened_prices AS price ON opened.bid_id = price.bid_id
WHERE opened.lot_id = :lot_id::uuid
ORDER BY version.submitted_at, opened.bid_id
LIMIT 10000;

-- name: list_opened_lines(lot_id)
-- The opened bids of a lot as the opening record names them.
SELECT
    opened.bid_id, supplier.name AS supplier, opened.version, version.submitted_at, version.digest, opened.fault,
    bid.variant, opened.variant_description
FROM opened_bids AS opened
INNER JOIN bids AS bid ON opened.bid_id = bid.id
INNER JOIN organisations AS supplier ON bid.supplier_id = supplier.id
INNER JOIN bid_versions AS version ON opened.bid_id = version.bid_id AND opened.version = version.version
WHERE opened.lot_id = :lot_id::uuid
ORDER BY version.submitted_at, opened.bid_id
LIMIT 10000;

-- name: list_price_lines(lot_id)
-- The bids of a lot after the technical consensus: whose price was opened, with what fault, and whose stays sealed.
SELECT
    outcome.bid_id, supplier.name AS supplier, price.bid_id IS NOT NULL AS opened, price.fault,
    outcome.reason AS stays_sealed
FROM technical_outcomes AS outcome
INNER JOIN bids AS bid ON outcome.bid_id = bid.id
INNER JOIN organisations AS supplier ON bid.supplier_id = supplier.id
INNER JOIN bid_versions AS version ON bid.id = version.bid_id AND bid.version = version.version
LEFT JOIN opened_prices AS price ON outcome.bid_id = price.bid_id
WHERE outcome.lot_id = :lot_id::uuid
ORDER BY version.submitted_at, outcome.bid_id
LIMIT 10000;

-- name: list_late(lot_id)
-- The bids that came too late for a lot and were not stored: whose, when, how large, with which digest.
SELECT
    (event.data ->> 'supplier_id')::uuid AS supplier_id, supplier.name AS supplier, event.at AS arrived_at,
    (event.data ->> 'size')::bigint AS size, event.data ->> 'digest' AS digest
FROM events AS event
INNER JOIN lots AS lot ON event.log_id = lot.tender_id
INNER JOIN organisations AS supplier ON (event.data ->> 'supplier_id')::uuid = supplier.id
WHERE lot.id = :lot_id::uuid AND event.kind = 'bid.late' AND event.data ->> 'lot_id' = lot.id::text
ORDER BY event.position, supplier.id
LIMIT 10000;

-- name: count_withdrawn(lot_id)$
-- How many bids for a lot were withdrawn before the deadline; they are never opened.
SELECT count(*) FROM bids AS bid WHERE bid.lot_id = :lot_id::uuid AND bid.withdrawn_at IS NOT NULL;

-- name: list_own_seats(lot_id, person_id)
-- The criteria of a lot on which a person is seated now.
SELECT DISTINCT seat.criterion_id
FROM seats_in_force AS seat
WHERE seat.lot_id = :lot_id::uuid AND seat.person_id = :person_id::uuid
ORDER BY seat.criterion_id
LIMIT 1000;
