-- As in migration 0016, and suppliers' questions, their answers to what they were asked, who stood behind their bids, how
-- they described variants, and the values that corrections quote are destroyed as well. What stays is told in `retention`.
CREATE OR REPLACE FUNCTION shred_bids(tender uuid, person uuid, least_years integer) RETURNS TABLE (
    shredded_at timestamptz, bids bigint, documents bigint
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    instant timestamptz;
    bid_ids uuid [];
    document_ids uuid [];
    destroyed CONSTANT text := 'It was destroyed after its retention.';
BEGIN
    PERFORM FROM tenders AS locked WHERE locked.id = tender FOR UPDATE;
    instant := clock_timestamp();
    IF
        coalesce(retained_until(tender, least_years) > instant, TRUE)
        OR EXISTS (SELECT FROM shreddings AS done WHERE done.tender_id = tender)
        OR EXISTS (
            SELECT FROM legal_holds AS hold
            WHERE hold.tender_id = tender AND hold.number = last_hold(tender) AND hold.held
        )
        OR 2 > (
            SELECT count(DISTINCT act.person_id)
            FROM shredding_acts AS act
            INNER JOIN tender_roles AS held ON act.tender_id = held.tender_id AND act.person_id = held.person_id
            WHERE
                act.tender_id = tender AND act.hold_number = last_hold(tender)
                AND held.role IN ('approver', 'auditor')
        )
    THEN
        RETURN;
    END IF;
    INSERT INTO shreddings (tender_id, person_id, shredded_at) VALUES (tender, person, instant);
    SELECT array_agg(bid.id) INTO bid_ids
    FROM bids AS bid INNER JOIN lots AS lot ON bid.lot_id = lot.id WHERE lot.tender_id = tender;
    SELECT array_agg(known.id) INTO document_ids
    FROM documents AS known INNER JOIN lots AS lot ON known.lot_id = lot.id WHERE lot.tender_id = tender;
    UPDATE tender_keys SET wrapped_key = NULL, wrapped_by = NULL WHERE tender_id = tender;
    UPDATE tender_key_shares SET sealed_share = '' WHERE tender_id = tender;
    UPDATE share_relays SET sealed_share = ''
    WHERE lot_id IN (SELECT lot.id FROM lots AS lot WHERE lot.tender_id = tender);
    UPDATE sealed_envelopes SET header = '', contents = '' WHERE bid_id = ANY (bid_ids);
    UPDATE bid_envelopes SET contents = '' WHERE bid_id = ANY (bid_ids);
    UPDATE opened_bids SET offers = '{}', variant_description = NULL WHERE bid_id = ANY (bid_ids);
    UPDATE opened_prices SET offers = '{}' WHERE bid_id = ANY (bid_ids);
    UPDATE opened_documents SET name = '', content_key = NULL, fault = destroyed
    WHERE document_id = ANY (document_ids);
    DELETE FROM document_chunks
    WHERE upload_id IN (SELECT known.upload_id FROM documents AS known WHERE known.id = ANY (document_ids));
    UPDATE documents SET header = '' WHERE id = ANY (document_ids);
    DELETE FROM bid_parties WHERE bid_id = ANY (bid_ids);
    UPDATE questions SET question = destroyed WHERE tender_id = tender;
    UPDATE clarification_answers SET answer = destroyed
    WHERE clarification_id IN (SELECT asked.id FROM clarifications AS asked WHERE asked.bid_id = ANY (bid_ids));
    UPDATE corrections SET original = '', corrected = '' WHERE bid_id = ANY (bid_ids);
    PERFORM log_append(
        tender, 'bids.shredded', person,
        jsonb_build_object(
            'bids', coalesce(cardinality(bid_ids), 0), 'documents', coalesce(cardinality(document_ids), 0)
        )
    );
    RETURN QUERY SELECT instant, coalesce(cardinality(bid_ids), 0)::bigint, coalesce(cardinality(document_ids), 0)::bigint;
END
$$;
