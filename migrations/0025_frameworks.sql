-- Framework agreements and the tenders that call off from them, which only the framework's suppliers see.

ALTER TABLE tenders
ADD COLUMN framework jsonb,
ADD COLUMN framework_id uuid,
ADD COLUMN estimated_value numeric;
ALTER TABLE tenders
ADD CONSTRAINT tenders_call_off_with_a_value_and_are_no_frameworks_themselves CHECK (
    framework_id IS NULL OR (framework IS NULL AND estimated_value IS NOT NULL)
) NOT VALID;
CREATE UNIQUE INDEX tenders_are_known_with_their_buyer ON tenders (id, buyer_id);
ALTER TABLE tenders
ADD CONSTRAINT tenders_call_off_from_a_tender_of_their_buyer FOREIGN KEY (framework_id, buyer_id)
REFERENCES tenders (id, buyer_id) NOT VALID;
CREATE INDEX tenders_by_framework ON tenders (framework_id, published_at, id) WHERE framework_id IS NOT NULL;

-- The bids that have a place in a framework beside the one that an award went to, as its evaluation ranked them.
CREATE TABLE framework_places (
    lot_id uuid NOT NULL,
    award_number integer NOT NULL,
    bid_id uuid NOT NULL CONSTRAINT framework_places_go_to_a_bid REFERENCES bids (id),
    rank integer NOT NULL,
    reason text NOT NULL CONSTRAINT framework_places_have_a_reason CHECK (btrim(reason) <> ''),
    person_id uuid NOT NULL CONSTRAINT framework_places_are_decided_by_a_person REFERENCES people (id),
    decided_at timestamptz NOT NULL,
    CONSTRAINT framework_places_once_per_bid PRIMARY KEY (lot_id, award_number, bid_id),
    CONSTRAINT framework_places_follow_an_award
    FOREIGN KEY (lot_id, award_number) REFERENCES award_decisions (lot_id, number)
);

-- Whose awards stand, and whose places beside them: the suppliers of each framework, lot by lot.
CREATE VIEW framework_suppliers AS
WITH standing AS (
    SELECT award.lot_id, award.number, award.bid_id, award.decided_at
    FROM award_decisions AS award
    WHERE
        award.bid_id IS NOT NULL
        AND NOT EXISTS (
            SELECT FROM award_annulments AS annulment
            WHERE annulment.lot_id = award.lot_id AND annulment.number = award.number
        )
)

SELECT lot.tender_id AS framework_id, lot.id AS lot_id, bid.supplier_id, bid.id AS bid_id, standing.decided_at
FROM standing
INNER JOIN lots AS lot ON standing.lot_id = lot.id
INNER JOIN bids AS bid ON standing.bid_id = bid.id
UNION ALL
SELECT lot.tender_id, lot.id, bid.supplier_id, bid.id, place.decided_at
FROM standing
INNER JOIN framework_places AS place ON standing.lot_id = place.lot_id AND standing.number = place.award_number
INNER JOIN lots AS lot ON place.lot_id = lot.id
INNER JOIN bids AS bid ON place.bid_id = bid.id;

-- Whether an organisation is a supplier of a framework now: what calls off from it does not exist for any other.
CREATE FUNCTION is_framework_supplier(framework uuid, organisation uuid) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
RETURN EXISTS (
    SELECT FROM framework_suppliers AS taken
    WHERE taken.framework_id = framework AND taken.supplier_id = organisation
);

GRANT SELECT ON framework_suppliers TO tenderscore_app;
GRANT SELECT, INSERT ON framework_places TO tenderscore_app;
GRANT UPDATE (framework, framework_id, estimated_value) ON tenders TO tenderscore_app;
