-- name: submit_bid(lot_id, supplier_id, person_id, key, fingerprint, tender_digest, rules_digest, size, contents)^
-- Judge, stamp and store a first bid by one reading of the clock, taken once the tender and its log are locked.
WITH tender AS MATERIALIZED (
    SELECT tender.id, tender.submission_deadline, lot.id AS lot_id, tender.rules_digest
    FROM lots AS lot
    INNER JOIN tenders AS tender ON lot.tender_id = tender.id
    WHERE lot.id = :lot_id::uuid AND tender.published_at IS NOT NULL
    FOR KEY SHARE OF tender
),

head AS MATERIALIZED (
    SELECT log.log_id FROM log_heads AS log INNER JOIN tender ON log.log_id = tender.id
    FOR UPDATE OF log
),

clock AS MATERIALIZED (
    SELECT clock_timestamp() AS at FROM head
),

accepted AS MATERIALIZED (
    SELECT tender.id AS tender_id, tender.lot_id, clock.at
    FROM tender CROSS JOIN clock
    WHERE clock.at < tender.submission_deadline AND tender.rules_digest = :tender_digest::text
),

bid AS (
    INSERT INTO bids (lot_id, supplier_id)
    SELECT accepted.lot_id, :supplier_id::uuid FROM accepted
    RETURNING id
),

version AS (
    INSERT INTO bid_versions (bid_id, version, person_id, rules_digest, digest, size, submitted_at)
    SELECT bid.id, 1, :person_id::uuid, :rules_digest::text, :fingerprint::text, :size::int, accepted.at
    FROM bid CROSS JOIN accepted
    RETURNING bid_id, version
),

envelope AS (
    INSERT INTO bid_envelopes (bid_id, version, contents)
    SELECT version.bid_id, version.version, :contents::bytea FROM version
),

key AS (
    INSERT INTO idempotency_keys (organisation_id, operation, key, fingerprint, bid_id, version)
    SELECT
        :supplier_id::uuid, 'submit ' || accepted.lot_id, :key::text, :fingerprint::text,
        version.bid_id, version.version
    FROM version CROSS JOIN accepted
),

size AS (
    UPDATE log_heads AS log SET size = log.size + 1 FROM accepted WHERE log.log_id = accepted.tender_id
    RETURNING log.size
),

event AS (
    INSERT INTO events (log_id, position, kind, person_id, data, at)
    SELECT
        accepted.tender_id, size.size, 'bid.submitted', :person_id::uuid,
        jsonb_build_object(
            'bid_id', bid.id, 'lot_id', accepted.lot_id, 'supplier_id', :supplier_id::uuid,
            'version', 1, 'digest', :fingerprint::text, 'size', :size::int
        ),
        accepted.at
    FROM accepted CROSS JOIN size CROSS JOIN bid
)

SELECT
    tender.submission_deadline, clock.at, tender.rules_digest, tender.id AS tender_id,
    (SELECT bid.id FROM bid) AS bid_id
FROM tender CROSS JOIN clock;

-- name: replace_bid(bid_id, supplier_id, person_id, key, fingerprint, tender_digest, rules_digest, size, contents)^
-- Judge, stamp and store a further version of a standing bid, by one reading of the clock under the same locks.
WITH tender AS MATERIALIZED (
    SELECT tender.id, tender.submission_deadline, lot.id AS lot_id, tender.rules_digest
    FROM bids AS bid
    INNER JOIN lots AS lot ON bid.lot_id = lot.id
    INNER JOIN tenders AS tender ON lot.tender_id = tender.id
    WHERE bid.id = :bid_id::uuid AND bid.supplier_id = :supplier_id::uuid
    FOR KEY SHARE OF tender
),

head AS MATERIALIZED (
    SELECT log.log_id FROM log_heads AS log INNER JOIN tender ON log.log_id = tender.id
    FOR UPDATE OF log
),

clock AS MATERIALIZED (
    SELECT clock_timestamp() AS at FROM head
),

accepted AS MATERIALIZED (
    SELECT tender.id AS tender_id, tender.lot_id, clock.at
    FROM tender CROSS JOIN clock
    WHERE clock.at < tender.submission_deadline AND tender.rules_digest = :tender_digest::text
),

bid AS (
    UPDATE bids AS bid SET version = bid.version + 1
    FROM accepted
    WHERE bid.id = :bid_id::uuid AND bid.withdrawn_at IS NULL
    RETURNING bid.id, bid.version
),

version AS (
    INSERT INTO bid_versions (bid_id, version, person_id, rules_digest, digest, size, submitted_at)
    SELECT bid.id, bid.version, :person_id::uuid, :rules_digest::text, :fingerprint::text, :size::int, accepted.at
    FROM bid CROSS JOIN accepted
    RETURNING bid_id, version
),

envelope AS (
    INSERT INTO bid_envelopes (bid_id, version, contents)
    SELECT version.bid_id, version.version, :contents::bytea FROM version
),

key AS (
    INSERT INTO idempotency_keys (organisation_id, operation, key, fingerprint, bid_id, version)
    SELECT
        :supplier_id::uuid, 'replace ' || version.bid_id, :key::text, :fingerprint::text,
        version.bid_id, version.version
    FROM version
),

size AS (
    UPDATE log_heads AS log SET size = log.size + 1
    FROM accepted CROSS JOIN bid WHERE log.log_id = accepted.tender_id
    RETURNING log.size
),

event AS (
    INSERT INTO events (log_id, position, kind, person_id, data, at)
    SELECT
        accepted.tender_id, size.size, 'bid.replaced', :person_id::uuid,
        jsonb_build_object(
            'bid_id', bid.id, 'lot_id', accepted.lot_id, 'supplier_id', :supplier_id::uuid,
            'version', bid.version, 'digest', :fingerprint::text, 'size', :size::int
        ),
        accepted.at
    FROM accepted CROSS JOIN size CROSS JOIN bid
)

SELECT
    tender.submission_deadline, clock.at, tender.rules_digest, tender.id AS tender_id,
    (SELECT bid.id FROM bid) AS bid_id
FROM tender CROSS JOIN clock;

-- name: withdraw_bid(bid_id, supplier_id, person_id)^
-- Withdraw a standing bid before the deadline, judged, stamped and written down by one reading of the clock under the
-- same locks in the same order: whoever takes the bid before the log's head would deadlock with a replacement.
WITH tender AS MATERIALIZED (
    SELECT tender.id, tender.submission_deadline, lot.id AS lot_id
    FROM bids AS bid
    INNER JOIN lots AS lot ON bid.lot_id = lot.id
    INNER JOIN tenders AS tender ON lot.tender_id = tender.id
    WHERE bid.id = :bid_id::uuid AND bid.supplier_id = :supplier_id::uuid
    FOR KEY SHARE OF tender
),

head AS MATERIALIZED (
    SELECT log.log_id FROM log_heads AS log INNER JOIN tender ON log.log_id = tender.id
    FOR UPDATE OF log
),

clock AS MATERIALIZED (
    SELECT clock_timestamp() AS at FROM head
),

bid AS (
    UPDATE bids AS bid SET withdrawn_at = clock.at
    FROM tender CROSS JOIN clock
    WHERE bid.id = :bid_id::uuid AND bid.withdrawn_at IS NULL AND clock.at < tender.submission_deadline
    RETURNING bid.id, bid.version, bid.withdrawn_at
),

size AS (
    UPDATE log_heads AS log SET size = log.size + 1
    FROM tender CROSS JOIN bid WHERE log.log_id = tender.id
    RETURNING log.size
),

event AS (
    INSERT INTO events (log_id, position, kind, person_id, data, at)
    SELECT
        tender.id, size.size, 'bid.withdrawn', :person_id::uuid,
        jsonb_build_object(
            'bid_id', bid.id, 'lot_id', tender.lot_id, 'supplier_id', :supplier_id::uuid, 'version', bid.version
        ),
        bid.withdrawn_at
    FROM tender CROSS JOIN size CROSS JOIN bid
)

SELECT
    tender.id AS tender_id, tender.submission_deadline, clock.at, (SELECT bid.id FROM bid) AS bid_id
FROM tender CROSS JOIN clock;

-- name: find_answer(organisation_id, operation, key)^
-- What was answered to a request with this key.
SELECT used.bid_id, used.version, used.fingerprint
FROM idempotency_keys AS used
WHERE used.organisation_id = :organisation_id::uuid AND used.operation = :operation::text AND used.key = :key::text;

-- name: get_receipt(bid_id, version, supplier_id)^
-- The receipt of one version of the supplier's bid, the standing one unless a version is named.
SELECT
    bid.id AS bid_id, version.version, bid.lot_id, lot.tender_id, tender.reference AS tender, lot.number AS lot_number,
    bid.supplier_id, supplier.name AS supplier, version.digest, version.size, version.rules_digest,
    version.submitted_at
FROM bids AS bid
INNER JOIN lots AS lot ON bid.lot_id = lot.id
INNER JOIN tenders AS tender ON lot.tender_id = tender.id
INNER JOIN organisations AS supplier ON bid.supplier_id = supplier.id
INNER JOIN bid_versions AS version
    ON bid.id = version.bid_id AND version.version = coalesce(:version::int, bid.version)
WHERE bid.id = :bid_id::uuid AND bid.supplier_id = :supplier_id::uuid;

-- name: list_own(lot_id, supplier_id)
-- A supplier's own bids for a lot: standing and withdrawn ones, never their contents.
SELECT
    bid.id AS bid_id, bid.version, version.submitted_at, version.digest, version.rules_digest, bid.withdrawn_at,
    version.rules_digest IS NOT DISTINCT FROM lot.rules_digest AS under_present_rules
FROM bids AS bid
INNER JOIN lots AS lot ON bid.lot_id = lot.id
INNER JOIN bid_versions AS version ON bid.id = version.bid_id AND bid.version = version.version
WHERE bid.lot_id = :lot_id::uuid AND bid.supplier_id = :supplier_id::uuid
ORDER BY version.submitted_at, bid.id
LIMIT 1000;
