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

-- name: open_envelopes(lot_id, envelope, bid_ids)
-- Every standing bid of a lot with its offer, or with its price where the bid goes on after the technical consensus:
-- from the deadline on, once enough officers have acted. Contents come for the bids that are named alone, and with them
-- the other envelope as it is, for the digest; without names headers come alone, of all bids.
-- No other query may read sealed_envelopes.
SELECT
    bid.id AS bid_id, bid.version, bid.supplier_id, supplier.name AS supplier, version.submitted_at, version.digest,
    version.rules_digest, version.size, envelope.header,
    CASE WHEN :bid_ids::uuid [] IS NOT NULL THEN envelope.contents END AS contents,
    other.header AS other_header, other.contents AS other_contents,
    bid.variant
FROM lots AS lot
INNER JOIN bids AS bid ON lot.id = bid.lot_id
INNER JOIN organisations AS supplier ON bid.supplier_id = supplier.id
INNER JOIN bid_versions AS version ON bid.id = version.bid_id AND bid.version = version.version
LEFT JOIN sealed_envelopes AS envelope
    ON bid.id = envelope.bid_id AND bid.version = envelope.version AND envelope.kind = :envelope::text
LEFT JOIN sealed_envelopes AS other
    ON
        bid.id = other.bid_id AND bid.version = other.version AND other.kind <> :envelope::text
        AND :bid_ids::uuid [] IS NOT NULL
WHERE
    lot.id = :lot_id::uuid
    AND (:bid_ids::uuid [] IS NULL OR bid.id = ANY (:bid_ids::uuid []))
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

-- name: list_logged(lot_id)
-- What the log says last of each bid for a lot, and whether that entry is still the one that its leaf was hashed from.
SELECT
    last.kind, last.at, (last.data ->> 'bid_id')::uuid AS bid_id, (last.data ->> 'supplier_id')::uuid AS supplier_id,
    (last.data ->> 'version')::int AS version, last.data ->> 'digest' AS digest,
    last.data ->> 'rules_digest' AS rules_digest, last.data -> 'documents' AS documents,
    last.leaf = log_leaf(
        log_entry(last.log_id, last.position, last.kind, last.person_id, last.data, last.at, last.salt)
    ) AS intact
FROM (
    SELECT DISTINCT ON (event.data ->> 'bid_id')
        event.log_id, event.position, event.kind, event.person_id, event.data, event.at, event.salt, event.leaf
    FROM lots AS lot
    INNER JOIN events AS event ON lot.tender_id = event.log_id
    WHERE
        lot.id = :lot_id::uuid
        AND event.kind IN ('bid.submitted', 'bid.replaced', 'bid.withdrawn')
        AND event.data ->> 'lot_id' = lot.id::text
    ORDER BY event.data ->> 'bid_id', event.position DESC
) AS last
ORDER BY last.position, last.log_id
LIMIT 1000000;

-- name: list_going_on(lot_id)
-- The bids whose prices are to be opened, says the log: those that were opened and that the technical consensus let go on.
SELECT (bid.facts ->> 'bid_id')::uuid AS bid_id
FROM lots AS lot
INNER JOIN events AS event ON lot.tender_id = event.log_id
CROSS JOIN LATERAL jsonb_array_elements(event.data -> 'bids') AS bid (facts)
WHERE
    lot.id = :lot_id::uuid AND event.kind = 'bids.opened' AND event.data ->> 'lot_id' = lot.id::text
    AND NOT EXISTS (
        SELECT 1
        FROM events AS lock
        CROSS JOIN LATERAL jsonb_array_elements(lock.data -> 'stay_sealed') AS out (facts)
        WHERE
            lock.log_id = lot.tender_id AND lock.kind = 'consensus.locked' AND lock.data ->> 'lot_id' = lot.id::text
            AND out.facts ->> 'bid_id' = bid.facts ->> 'bid_id'
    )
ORDER BY bid_id
LIMIT 100000;

-- name: insert_opened(lot_id, bid_ids, versions, contents, faults, salts, variant_descriptions, currencies)!
-- Keep what some of a lot's offers held.
INSERT INTO opened_bids (bid_id, lot_id, version, offers, fault, salt, variant_description, currency)
SELECT
    opened.bid_id, :lot_id::uuid, opened.version, opened.contents, opened.fault, opened.salt,
    opened.variant_description, opened.currency
FROM unnest(
    :bid_ids::uuid [], :versions::int [], :contents::jsonb [], :faults::text [], :salts::uuid [],
    :variant_descriptions::text [], :currencies::text []
) AS opened (bid_id, version, contents, fault, salt, variant_description, currency);

-- name: insert_opened_prices(lot_id, bid_ids, versions, contents, faults, salts)!
-- Keep what some of a lot's price envelopes held.
INSERT INTO opened_prices (bid_id, lot_id, version, offers, fault, salt)
SELECT opened.bid_id, :lot_id::uuid, opened.version, opened.contents, opened.fault, opened.salt
FROM unnest(:bid_ids::uuid [], :versions::int [], :contents::jsonb [], :faults::text [], :salts::uuid [])
    AS opened (bid_id, version, contents, fault, salt);

-- name: mark_opened(lot_id, envelope)!
-- Mark a lot, or its prices, as opened.
UPDATE lots
SET
    opened_at = CASE WHEN :envelope::text = 'offer' THEN clock_timestamp() ELSE opened_at END,
    price_opened_at = CASE WHEN :envelope::text = 'price' THEN clock_timestamp() ELSE price_opened_at END
WHERE id = :lot_id::uuid;

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
LIMIT 100000;

-- name: list_contents(lot_id)
-- What was kept of a lot's opened envelopes, with what the log's digests of it are made of.
SELECT 'offer' AS envelope, opened.bid_id, opened.offers, opened.fault, opened.salt, opened.currency
FROM opened_bids AS opened
WHERE opened.lot_id = :lot_id::uuid
UNION ALL
SELECT 'price' AS envelope, price.bid_id, price.offers, price.fault, price.salt, NULL AS currency
FROM opened_prices AS price
WHERE price.lot_id = :lot_id::uuid
ORDER BY envelope, bid_id
LIMIT 1000000;

-- name: list_contents_logged(lot_id)
-- What the log says that a lot's envelopes held: its digest, none where an earlier release opened them.
SELECT
    CASE WHEN event.kind = 'bids.opened' THEN 'offer' ELSE 'price' END AS envelope,
    (bid.facts ->> 'bid_id')::uuid AS bid_id, bid.facts ->> 'contents_digest' AS digest, entry.intact
FROM lots AS lot
INNER JOIN events AS event ON lot.tender_id = event.log_id
CROSS JOIN LATERAL (
    SELECT
        event.leaf = log_leaf(
            log_entry(event.log_id, event.position, event.kind, event.person_id, event.data, event.at, event.salt)
        ) AS intact
    OFFSET 0
) AS entry
CROSS JOIN LATERAL jsonb_array_elements(event.data -> 'bids') AS bid (facts)
WHERE
    lot.id = :lot_id::uuid AND event.kind IN ('bids.opened', 'prices.opened')
    AND event.data ->> 'lot_id' = lot.id::text
ORDER BY event.position, bid_id
LIMIT 1000000;

-- name: list_own_seats(lot_id, person_id)
-- The criteria of a lot on which a person has ever been seated, and whether that is so now.
SELECT seat.criterion_id, bool_or(ending.seat_id IS NULL) AS in_force
FROM seats AS seat
LEFT JOIN seat_endings AS ending ON seat.id = ending.seat_id
WHERE seat.lot_id = :lot_id::uuid AND seat.person_id = :person_id::uuid
GROUP BY seat.criterion_id
ORDER BY seat.criterion_id
LIMIT 1000;
