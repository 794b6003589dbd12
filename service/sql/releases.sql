-- name: hold_the_pen()$
-- One release is made at a time, so that whoever reads behind an instant has read all that is older; then the clock.
SELECT clock_timestamp() FROM pg_advisory_xact_lock(hashtext('ocds_releases'));

-- name: get_last(tender_id)^
-- A tender's last release: its number, all that was told by then, what it tells, and the digest of that.
SELECT made.number, made.told, made.digest, made.current, made.find_a_tender
FROM ocds_releases AS made
WHERE made.tender_id = :tender_id::uuid
ORDER BY made.number DESC
LIMIT 1;

-- name: insert_release(tender_id, number, told, digest, current, find_a_tender, made_at)!
-- Keep a release, in both profiles.
INSERT INTO ocds_releases (tender_id, number, told, digest, current, find_a_tender, made_at)
VALUES (
    :tender_id::uuid, :number::int, :told::text [], :digest::text, :current::bytea, :find_a_tender::bytea,
    :made_at::timestamptz
);

-- name: get_buyer(buyer_id)^
-- The buyer as a party.
SELECT buyer.id, buyer.name, buyer.identifier FROM organisations AS buyer WHERE buyer.id = :buyer_id::uuid;

-- name: list_cancelled(tender_id)
-- A tender's cancelled lots, why and when.
SELECT lot.number AS lot, given.reason, given.cancelled_at
FROM cancellations AS given
INNER JOIN lots AS lot ON given.lot_id = lot.id
WHERE lot.tender_id = :tender_id::uuid
ORDER BY lot.number, lot.id
LIMIT 1000;

-- name: list_noticed(tender_id)
-- Every award of a tender that a notice has told of: who won with everybody in its bid, the texts and grounds about the
-- price, the contract, the annulment.
SELECT
    lot.number AS lot, lot.id AS lot_id, lot.title, notice.award_number AS number, award.evaluation_id, award.bid_id, award.decided_at,
    notice.reference AS notice, notice.recorded_at AS noticed_at, annulment.annulled_at,
    standstill.begins_at AS standstill_begins_at, standstill.ends_at AS standstill_ends_at,
    (
        SELECT max(sent.sent_at) FROM sent_letters AS sent
        WHERE sent.lot_id = notice.lot_id AND sent.award_number = notice.award_number
    ) AS letters_sent_at,
    contract.reference AS contract, contract.signed_at,
    won.bid_ids, won.suppliers
FROM award_notices AS notice
INNER JOIN lots AS lot ON notice.lot_id = lot.id
INNER JOIN award_decisions AS award ON notice.lot_id = award.lot_id AND notice.award_number = award.number
LEFT JOIN award_annulments AS annulment
    ON notice.lot_id = annulment.lot_id AND notice.award_number = annulment.number
LEFT JOIN standstills AS standstill
    ON notice.lot_id = standstill.lot_id AND notice.award_number = standstill.award_number
LEFT JOIN contracts AS contract
    ON notice.lot_id = contract.lot_id AND notice.award_number = contract.award_number
CROSS JOIN LATERAL (
    SELECT
        coalesce(array_agg(DISTINCT named.bid_id), '{}') AS bid_ids,
        coalesce(
            jsonb_agg(
                jsonb_build_object(
                    'bid_id', named.bid_id, 'id', named.id, 'name', named.name, 'identifier', named.identifier
                )
                ORDER BY named.rank, named.bid_id, named.number
            ),
            '[]'
        ) AS suppliers
    FROM (
        SELECT holder.rank, holder.bid_id, 0 AS number, supplier.id, supplier.name, supplier.identifier
        FROM (
            SELECT award.bid_id, 1 AS rank
            UNION
            SELECT place.bid_id, place.rank FROM framework_places AS place
            WHERE place.lot_id = award.lot_id AND place.award_number = award.number
        ) AS holder
        INNER JOIN bids AS bid ON holder.bid_id = bid.id
        INNER JOIN organisations AS supplier ON bid.supplier_id = supplier.id
        UNION ALL
        SELECT 1, party.bid_id, party.number, party.organisation_id, party.name, party.identifier
        FROM bid_parties AS party
        WHERE party.bid_id = award.bid_id AND party.role = 'member'
    ) AS named
) AS won
WHERE lot.tender_id = :tender_id::uuid
ORDER BY lot.number, notice.award_number
LIMIT 1000;

-- name: list_performance(tender_id)
-- What published notices have told of how contracts are performed: the indicators by the terms that were in force when the
-- notice was recorded, an assessment, or a failure.
SELECT
    lot.number AS lot, notice.award_number AS award, notice.about, notice.number, notice.reference, notice.published_at,
    plan.starts_on, plan.ends_on,
    (
        SELECT coalesce(jsonb_agg(to_jsonb(obligation) || terms.set ORDER BY obligation.number), '[]')
        FROM obligations AS obligation
        INNER JOIN LATERAL (
            SELECT jsonb_build_object('version', latest.version, 'terms', latest.terms) AS set
            FROM obligation_terms AS latest
            WHERE latest.obligation_id = obligation.id AND latest.set_at <= notice.recorded_at
            ORDER BY latest.version DESC
            LIMIT 1
        ) AS terms ON TRUE
        WHERE
            notice.about = 'kpis' AND obligation.lot_id = notice.lot_id
            AND obligation.award_number = notice.award_number AND (terms.set #>> '{terms,kpi}')::boolean
    ) AS indicators,
    (
        SELECT to_jsonb(assessed) FROM performance_assessments AS assessed
        WHERE
            notice.about = 'assessment' AND assessed.lot_id = notice.lot_id
            AND assessed.award_number = notice.award_number AND assessed.number = notice.number
    ) AS assessment,
    (
        SELECT to_jsonb(failed) FROM performance_failures AS failed
        WHERE
            notice.about = 'failure' AND failed.lot_id = notice.lot_id
            AND failed.award_number = notice.award_number AND failed.number = notice.number
    ) AS failure
FROM performance_notices AS notice
INNER JOIN lots AS lot ON notice.lot_id = lot.id
INNER JOIN monitoring_plans AS plan ON notice.lot_id = plan.lot_id AND notice.award_number = plan.award_number
WHERE lot.tender_id = :tender_id::uuid
ORDER BY lot.number, notice.award_number, notice.published_at, notice.about, notice.number
LIMIT 3000;
