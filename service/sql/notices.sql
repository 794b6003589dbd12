-- name: insert_notice(lot_id, award_number, reference, published_at, person_id)!
-- Keep that an award notice was published.
INSERT INTO award_notices (lot_id, award_number, reference, published_at, person_id, recorded_at)
VALUES (
    :lot_id::uuid, :award_number::int, :reference::text, :published_at::timestamptz, :person_id::uuid,
    clock_timestamp()
);

-- name: get_notice(lot_id)^
-- The award notice of the last award of a lot that has one, with the end of its standstill, and what annulled the award.
SELECT
    notice.lot_id, notice.award_number, notice.reference, notice.published_at, notice.person_id, notice.recorded_at,
    (
        SELECT standstill.ends_at FROM standstills AS standstill
        WHERE standstill.lot_id = notice.lot_id AND standstill.award_number = notice.award_number
    ) AS standstill_ends_at,
    (
        SELECT
            jsonb_build_object(
                'annulled_at', annulment.annulled_at,
                'annulled_by', annulment.annulled_by,
                'reference', annulment.reference,
                'reason', annulment.reason,
                'replaced_by', NULL
            )
        FROM award_annulments AS annulment
        WHERE annulment.lot_id = notice.lot_id AND annulment.number = notice.award_number
    ) AS annulled
FROM award_notices AS notice
WHERE notice.lot_id = :lot_id::uuid
ORDER BY notice.award_number DESC
LIMIT 1;

-- name: list_notices(tender_id, supplier_id, after_at, after_id, limit)
-- What the law makes public of a tender, in the order in which it was told here: its publication, corrigenda, cancelled
-- lots, award notices, and annulments of awards that such a notice told of. Nothing of a bid but of those that won.
WITH annulled AS (
    SELECT
        annulment.lot_id, annulment.number, annulment.reference, annulment.reason, annulment.annulled_at,
        jsonb_build_object(
            'annulled_at', annulment.annulled_at,
            'annulled_by', annulment.annulled_by,
            'reference', annulment.reference,
            'reason', annulment.reason,
            'replaced_by', (
                SELECT min(later.award_number) FROM award_notices AS later
                WHERE later.lot_id = annulment.lot_id AND later.award_number > annulment.number
            )
        ) AS told
    FROM award_annulments AS annulment
),

told AS (
    SELECT
        'tender' AS kind, tender.id AS part_id, NULL::uuid AS lot_id, NULL::int AS number, tender.published_at AS told_at,
        NULL::timestamptz AS published_at, tender.reference, NULL::text AS reason
    FROM tenders AS tender
    WHERE tender.id = :tender_id::uuid
    UNION ALL
    SELECT
        'corrigendum', issued.tender_id, NULL::uuid, issued.number, issued.issued_at, NULL::timestamptz, NULL::text,
        issued.reason
    FROM corrigenda AS issued
    WHERE issued.tender_id = :tender_id::uuid
    UNION ALL
    SELECT
        'cancellation', lot.id, lot.id, NULL::int, given.cancelled_at, NULL::timestamptz, NULL::text, given.reason
    FROM cancellations AS given
    INNER JOIN lots AS lot ON given.lot_id = lot.id
    WHERE lot.tender_id = :tender_id::uuid
    UNION ALL
    SELECT
        'award', lot.id, lot.id, notice.award_number, notice.recorded_at, notice.published_at, notice.reference, NULL::text
    FROM award_notices AS notice
    INNER JOIN lots AS lot ON notice.lot_id = lot.id
    WHERE lot.tender_id = :tender_id::uuid
    UNION ALL
    SELECT
        'annulment', lot.id, lot.id, annulled.number, annulled.annulled_at, NULL::timestamptz, annulled.reference,
        annulled.reason
    FROM annulled
    INNER JOIN award_notices AS notice ON annulled.lot_id = notice.lot_id AND annulled.number = notice.award_number
    INNER JOIN lots AS lot ON annulled.lot_id = lot.id
    WHERE lot.tender_id = :tender_id::uuid
),

named AS (
    SELECT
        told.kind, told.part_id, told.lot_id, told.number, told.told_at, told.published_at, told.reference, told.reason,
        md5(concat_ws(' ', told.kind, told.part_id, told.number))::uuid AS id
    FROM told
)

SELECT
    named.id, named.kind, named.told_at, named.lot_id, lot.number AS lot_number, lot.title AS lot, named.number,
    named.reference, named.published_at, named.reason,
    ARRAY(
        SELECT bidder_name(won.bid_id)
        FROM (
            SELECT award.bid_id, 1 AS rank
            UNION ALL
            SELECT place.bid_id, place.rank FROM framework_places AS place
            WHERE place.lot_id = award.lot_id AND place.award_number = award.number
        ) AS won
        WHERE won.bid_id IS NOT NULL
        ORDER BY won.rank, bidder_name(won.bid_id)
    ) AS awarded_to,
    price.text AS contract_price, withheld.ground AS withheld_ground, withheld.reason AS withheld_reason,
    standstill.ends_at AS standstill_ends_at,
    annulled.told AS annulled,
    (
        SELECT sent.bid_id FROM sent_letters AS sent
        INNER JOIN bids AS own ON sent.bid_id = own.id
        WHERE
            sent.lot_id = award.lot_id AND sent.award_number = award.number
            AND own.supplier_id = :supplier_id::uuid
        ORDER BY own.variant, own.id
        LIMIT 1
    ) AS your_bid_id
FROM named
LEFT JOIN lots AS lot ON named.lot_id = lot.id
LEFT JOIN award_decisions AS award
    ON named.kind = 'award' AND named.lot_id = award.lot_id AND named.number = award.number
LEFT JOIN annulled ON named.kind IN ('award', 'annulment') AND named.lot_id = annulled.lot_id
    AND named.number = annulled.number
LEFT JOIN standstills AS standstill ON award.lot_id = standstill.lot_id AND award.number = standstill.award_number
LEFT JOIN LATERAL (
    SELECT given.text FROM letter_texts AS given
    WHERE given.lot_id = award.lot_id AND given.bid_id = award.bid_id AND given.field = 'contract_price'
    ORDER BY given.version DESC
    LIMIT 1
) AS price ON TRUE
LEFT JOIN LATERAL (
    SELECT decided.ground, decided.reason FROM letter_redactions AS decided
    WHERE decided.lot_id = award.lot_id AND decided.bid_id = award.bid_id AND decided.field = 'contract_price'
    ORDER BY decided.version DESC
    LIMIT 1
) AS withheld ON TRUE
WHERE (named.told_at, named.id) > (:after_at::timestamptz, :after_id::uuid)
ORDER BY named.told_at, named.id
LIMIT :limit::int;
