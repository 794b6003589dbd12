-- name: put_relay(lot_id, envelope, person_id, recipient_id, sealed_share)$
-- Pass on an officer's share, sealed to the officer whose client opens; a better one replaces it.
INSERT INTO share_relays (lot_id, envelope, person_id, recipient_id, sealed_share, relayed_at)
VALUES (
    :lot_id::uuid, :envelope::text, :person_id::uuid, :recipient_id::uuid, :sealed_share::bytea, clock_timestamp()
)
ON CONFLICT ON CONSTRAINT share_relays_one_per_pair
DO UPDATE SET sealed_share = excluded.sealed_share, relayed_at = excluded.relayed_at
RETURNING relayed_at;

-- name: list_relays(lot_id, envelope, recipient_id)
-- The shares that were passed on to an officer by those who hold the role now, with what each is compared with.
SELECT relay.person_id, person.name AS person, relay.sealed_share, share.share_digest
FROM share_relays AS relay
INNER JOIN people AS person ON relay.person_id = person.id
INNER JOIN lots AS lot ON relay.lot_id = lot.id
INNER JOIN tender_roles AS held ON lot.tender_id = held.tender_id AND relay.person_id = held.person_id
INNER JOIN tender_keys AS key ON lot.tender_id = key.tender_id
INNER JOIN tender_key_shares AS share
    ON key.tender_id = share.tender_id AND key.edition = share.edition AND relay.person_id = share.person_id
WHERE
    relay.lot_id = :lot_id::uuid AND relay.envelope = :envelope::text AND relay.recipient_id = :recipient_id::uuid
    AND held.role = 'opening_officer'
ORDER BY share.number, relay.person_id
LIMIT 100;

-- name: insert_findings(lot_id, envelope, bid_ids, person_id)!
-- Note that an officer's client could not open these envelopes with the tender's key.
INSERT INTO unopenable_findings (lot_id, envelope, bid_id, person_id, found_at)
SELECT :lot_id::uuid, :envelope::text, finding.bid_id, :person_id::uuid, clock_timestamp()
FROM unnest(:bid_ids::uuid []) AS finding (bid_id)
ON CONFLICT ON CONSTRAINT unopenable_findings_once_per_officer DO NOTHING;

-- name: list_findings(lot_id, envelope)
-- Which envelopes were found not to open, by how many who are opening officers now.
SELECT finding.bid_id, count(*) AS officers
FROM unopenable_findings AS finding
INNER JOIN lots AS lot ON finding.lot_id = lot.id
INNER JOIN tender_roles AS held ON lot.tender_id = held.tender_id AND finding.person_id = held.person_id
WHERE
    finding.lot_id = :lot_id::uuid AND finding.envelope = :envelope::text AND held.role = 'opening_officer'
GROUP BY finding.bid_id
ORDER BY finding.bid_id
LIMIT 100000;

-- name: insert_document_findings(document_ids, person_id)!
-- Note that an officer's client could not open these documents' headers with the tender's key.
INSERT INTO unopenable_documents (document_id, person_id, found_at)
SELECT finding.document_id, :person_id::uuid, clock_timestamp()
FROM unnest(:document_ids::uuid []) AS finding (document_id)
ON CONFLICT ON CONSTRAINT unopenable_documents_once_per_officer DO NOTHING;

-- name: list_document_findings(lot_id)
-- Which documents were found not to open, by how many who are opening officers now.
SELECT finding.document_id, count(*) AS officers
FROM unopenable_documents AS finding
INNER JOIN documents AS known ON finding.document_id = known.id
INNER JOIN lots AS lot ON known.lot_id = lot.id
INNER JOIN tender_roles AS held ON lot.tender_id = held.tender_id AND finding.person_id = held.person_id
WHERE known.lot_id = :lot_id::uuid AND held.role = 'opening_officer'
GROUP BY finding.document_id
ORDER BY finding.document_id
LIMIT 1000000;
