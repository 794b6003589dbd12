-- name: insert_tender(buyer_id, author_id, reference, title, description, currency, time_zone, submission_deadline, custody, officers_needed, jurisdiction, language, vat, accepted_currencies, framework, framework_id, estimated_value, starts_on, notice)$
-- Store a draft and return its id.
INSERT INTO tenders (
    buyer_id, author_id, reference, title, description, currency, time_zone, submission_deadline, custody,
    officers_needed, jurisdiction, language, vat, accepted_currencies, framework, framework_id, estimated_value,
    starts_on, notice
)
VALUES (
    :buyer_id::uuid, :author_id::uuid, :reference::text, :title::text, :description::text, :currency::text,
    :time_zone::text, :submission_deadline::timestamptz, :custody::text, :officers_needed::int,
    :jurisdiction::text, :language::text, :vat::jsonb, :accepted_currencies::jsonb, :framework::jsonb,
    :framework_id::uuid, :estimated_value::numeric, :starts_on::date, :notice::jsonb
)
RETURNING id;

-- name: update_tender(tender_id, reference, title, description, currency, time_zone, submission_deadline, custody, officers_needed, jurisdiction, language, vat, accepted_currencies, framework, framework_id, estimated_value, starts_on, notice)!
-- Change a draft, or a published tender by a corrigendum.
UPDATE tenders
SET
    reference = :reference::text,
    title = :title::text,
    description = :description::text,
    currency = :currency::text,
    time_zone = :time_zone::text,
    submission_deadline = :submission_deadline::timestamptz,
    custody = :custody::text,
    officers_needed = :officers_needed::int,
    jurisdiction = :jurisdiction::text,
    language = :language::text,
    vat = :vat::jsonb,
    accepted_currencies = :accepted_currencies::jsonb,
    framework = :framework::jsonb,
    framework_id = :framework_id::uuid,
    estimated_value = :estimated_value::numeric,
    starts_on = :starts_on::date,
    notice = :notice::jsonb,
    version = version + 1
WHERE id = :tender_id::uuid;

-- name: put_lots(tender_id, numbers, titles, rules, price_envelopes, variants)!
-- Store a tender's lots by number; a lot that is there keeps its id.
INSERT INTO lots (tender_id, number, title, rules, price_envelope, variants)
SELECT
    :tender_id::uuid, lot.number, lot.title, lot.rules,
    ARRAY(
        SELECT sealed.name
        FROM jsonb_array_elements_text(lot.price_envelope) WITH ORDINALITY AS sealed (name, place)
        ORDER BY sealed.place
    ),
    lot.variants
FROM unnest(:numbers::int [], :titles::text [], :rules::jsonb [], :price_envelopes::jsonb [], :variants::jsonb [])
    AS lot (number, title, rules, price_envelope, variants)
ON CONFLICT ON CONSTRAINT lots_one_per_number_of_a_tender
DO UPDATE SET
    title = excluded.title, rules = excluded.rules, price_envelope = excluded.price_envelope,
    variants = excluded.variants;

-- name: drop_lots(tender_id, above)!
-- Remove a draft's lots behind a number.
DELETE FROM lots WHERE tender_id = :tender_id::uuid AND number > :above::int;

-- name: get_tender(tender_id, lot_id, organisation_id, person_id)^
-- A tender as its buyer, or once published anybody, may see it, what calls off from a framework only that one's suppliers;
-- with the clock and the caller's roles.
SELECT
    tender.id, tender.buyer_id, buyer.name AS buyer, tender.author_id, tender.reference, tender.title,
    tender.description, tender.currency, tender.time_zone, tender.custody, tender.officers_needed,
    tender.jurisdiction, tender.language, tender.vat, tender.accepted_currencies, tender.framework,
    tender.framework_id, tender.estimated_value, tender.starts_on, tender.notice,
    (
        SELECT (agreed.framework ->> 'ends_at')::timestamptz FROM tenders AS agreed WHERE agreed.id = tender.framework_id
    ) AS framework_ends_at,
    encode(key.public_key, 'hex') AS public_key,
    tender.version, tender.rules_digest, tender.created_at,
    tender.submission_deadline, tender.published_at,
    (SELECT min(lot.opened_at) FROM lots AS lot WHERE lot.tender_id = tender.id) AS first_opened_at,
    clock_timestamp() AS now,
    ARRAY(
        SELECT held.role FROM tender_roles AS held
        WHERE held.tender_id = tender.id AND held.person_id = :person_id::uuid
        ORDER BY held.role
    ) AS roles,
    clearance(tender.id, :person_id::uuid) AS clearance
FROM tenders AS tender
INNER JOIN organisations AS buyer ON tender.buyer_id = buyer.id
LEFT JOIN tender_keys AS key ON tender.id = key.tender_id
WHERE
    tender.id = coalesce(:tender_id::uuid, (SELECT lot.tender_id FROM lots AS lot WHERE lot.id = :lot_id::uuid))
    AND (
        tender.buyer_id = :organisation_id::uuid
        OR (
            tender.published_at IS NOT NULL
            AND (
                tender.framework_id IS NULL OR is_framework_supplier(tender.framework_id, :organisation_id::uuid)
            )
        )
    );

-- name: lock_tender(tender_id, lot_id, organisation_id)$
-- Lock one of the buyer's tenders, by its own id or a lot's, until the transaction ends; waits for submissions in flight.
SELECT tender.id
FROM tenders AS tender
WHERE
    tender.buyer_id = :organisation_id::uuid
    AND tender.id = coalesce(:tender_id::uuid, (SELECT lot.tender_id FROM lots AS lot WHERE lot.id = :lot_id::uuid))
FOR UPDATE;

-- name: list_lots(tender_id)
-- A tender's lots with the times of what has happened to them.
SELECT
    lot.id, lot.number, lot.title, lot.rules, lot.price_envelope, lot.variants, lot.rules_digest, lot.opened_at,
    (SELECT held.locked_at FROM consensus_locks AS held WHERE held.lot_id = lot.id) AS consensus_locked_at,
    lot.price_opened_at,
    ranked_at(lot.id) AS evaluated_at,
    (
        SELECT award.decided_at FROM award_decisions AS award
        WHERE
            award.lot_id = lot.id
            AND NOT EXISTS (
                SELECT 1 FROM award_annulments AS annulment
                WHERE annulment.lot_id = award.lot_id AND annulment.number = award.number
            )
    ) AS awarded_at,
    lot.cancelled_at
FROM lots AS lot
WHERE lot.tender_id = :tender_id::uuid
ORDER BY lot.number, lot.id
LIMIT 1000;

-- name: insert_role(tender_id, person_id, role, organisation_id)^
-- Give a person of the buyer's organisation a role; the same role again changes nothing.
WITH person AS (
    SELECT person.id, person.name FROM people AS person
    WHERE person.id = :person_id::uuid AND person.organisation_id = :organisation_id::uuid
),

held AS (
    INSERT INTO tender_roles (tender_id, person_id, role)
    SELECT :tender_id::uuid, person.id, :role::text FROM person
    ON CONFLICT ON CONSTRAINT tender_roles_once_per_person DO UPDATE SET role = excluded.role
    RETURNING role, granted_at
)

SELECT person.id AS person_id, person.name AS person, held.role, held.granted_at FROM person CROSS JOIN held;

-- name: delete_role(tender_id, person_id, role)$
-- Take a role away.
DELETE FROM tender_roles
WHERE tender_id = :tender_id::uuid AND person_id = :person_id::uuid AND role = :role::text
RETURNING role;

-- name: find_reader(tender_id, person_id, roles)$
-- The one of these roles in which a person could read all bids of a lot, says the log: held once bids were open, and
-- without a seat in the lot, which blinds under every role.
SELECT given.data ->> 'role' AS role
FROM events AS given
WHERE
    given.log_id = :tender_id::uuid AND given.kind = 'role.granted'
    AND given.data ->> 'person_id' = :person_id::uuid::text
    AND given.data ->> 'role' = ANY (:roles::text [])
    AND NOT EXISTS (
        SELECT FROM events AS taken
        WHERE
            taken.log_id = given.log_id AND taken.kind = 'role.taken' AND taken.position > given.position
            AND taken.data ->> 'person_id' = given.data ->> 'person_id'
            AND taken.data ->> 'role' = given.data ->> 'role'
            AND taken.position < (
                SELECT min(opened.position) FROM events AS opened
                WHERE opened.log_id = given.log_id AND opened.kind = 'bids.opened'
            )
    )
    AND EXISTS (
        SELECT FROM lots AS lot
        WHERE
            lot.tender_id = given.log_id AND lot.opened_at IS NOT NULL
            AND NOT EXISTS (
                SELECT FROM seats AS seat WHERE seat.lot_id = lot.id AND seat.person_id = :person_id::uuid
            )
    )
ORDER BY given.position
LIMIT 1;

-- name: list_roles(tender_id)
-- Who holds which role.
SELECT held.person_id, person.name AS person, held.role, held.granted_at
FROM tender_roles AS held
INNER JOIN people AS person ON held.person_id = person.id
WHERE held.tender_id = :tender_id::uuid
ORDER BY held.role, held.granted_at, held.person_id
LIMIT 1000;

-- name: list_corrigenda(tender_id)
-- A tender's corrigenda in order.
SELECT corrigendum.number, corrigendum.reason, corrigendum.changes, corrigendum.issued_at
FROM corrigenda AS corrigendum
WHERE corrigendum.tender_id = :tender_id::uuid
ORDER BY corrigendum.number
LIMIT 1000;
