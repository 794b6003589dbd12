-- The second wall between tenants: whatever a query forgets to ask, rows of others do not come out.

-- Every request that reads or writes says in its transaction for whom it does (service/db.py: SET LOCAL, which a pooler
-- in transaction mode keeps). What runs for nobody's request, such as a report's worker, says nothing and sees all;
-- so do the functions that run with the owner's rights and judge by themselves.
CREATE FUNCTION tenant() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
SELECT CASE
    WHEN current_user <> (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = 'public.bids'::regclass)
        THEN nullif(current_setting('tenderscore.tenant', TRUE), '')::uuid
END;
$$;

-- What a caller may learn of others' rows, and no more: the leaves that a proof is made of, when a lot was ranked, and
-- under which number a question is kept.
CREATE FUNCTION log_leaves(log uuid, size bigint) RETURNS bytea[]
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
SELECT coalesce(array_agg(event.leaf ORDER BY event.position), '{}')
FROM events AS event
WHERE event.log_id = log AND event.position <= size;
$$;

CREATE FUNCTION ranked_at(lot uuid) RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
SELECT max(run.evaluated_at) FROM evaluations AS run WHERE run.lot_id = lot;
$$;

CREATE FUNCTION next_question(tender uuid) RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
SELECT 1 + count(*)::int FROM questions AS earlier WHERE earlier.tender_id = tender;
$$;

REVOKE EXECUTE ON FUNCTION log_leaves, ranked_at, next_question FROM PUBLIC;
GRANT EXECUTE ON FUNCTION log_leaves, ranked_at, next_question TO tenderscore_app;

-- A bid is its supplier's and its buyer's; who won is no secret, which a framework's suppliers learn of each other.
ALTER TABLE bids ENABLE ROW LEVEL SECURITY;
ALTER TABLE bids FORCE ROW LEVEL SECURITY;
CREATE POLICY bids_are_for_their_parties ON bids USING (
    (SELECT tenant()) IS NULL
    OR supplier_id = (SELECT tenant())
    OR EXISTS (
        SELECT FROM lots AS lot
        INNER JOIN tenders AS tender ON lot.tender_id = tender.id
        WHERE lot.id = bids.lot_id AND tender.buyer_id = (SELECT tenant())
    )
    OR EXISTS (SELECT FROM award_decisions AS award WHERE award.bid_id = bids.id)
    OR EXISTS (SELECT FROM framework_places AS place WHERE place.bid_id = bids.id)
);

ALTER TABLE documents ENABLE ROW LEVEL SECURITY;
ALTER TABLE documents FORCE ROW LEVEL SECURITY;
CREATE POLICY documents_are_for_their_parties ON documents USING (
    (SELECT tenant()) IS NULL
    OR supplier_id = (SELECT tenant())
    OR EXISTS (
        SELECT FROM lots AS lot
        INNER JOIN tenders AS tender ON lot.tender_id = tender.id
        WHERE lot.id = documents.lot_id AND tender.buyer_id = (SELECT tenant())
    )
);

ALTER TABLE events ENABLE ROW LEVEL SECURITY;
ALTER TABLE events FORCE ROW LEVEL SECURITY;
CREATE POLICY events_are_for_the_buyer_and_who_did_them ON events USING (
    (SELECT tenant()) IS NULL
    OR EXISTS (
        SELECT FROM tenders AS tender WHERE tender.id = events.log_id AND tender.buyer_id = (SELECT tenant())
    )
    OR data ->> 'supplier_id' = (SELECT tenant())::text
    OR data ->> 'organisation_id' = (SELECT tenant())::text
    OR EXISTS (
        SELECT FROM people AS person WHERE person.id = events.person_id AND person.organisation_id = (SELECT tenant())
    )
);

ALTER TABLE questions ENABLE ROW LEVEL SECURITY;
ALTER TABLE questions FORCE ROW LEVEL SECURITY;
CREATE POLICY questions_are_for_who_asks_until_they_are_answered ON questions USING (
    (SELECT tenant()) IS NULL
    OR supplier_id = (SELECT tenant())
    OR EXISTS (
        SELECT FROM tenders AS tender WHERE tender.id = questions.tender_id AND tender.buyer_id = (SELECT tenant())
    )
    OR EXISTS (
        SELECT FROM question_answers AS answer
        WHERE answer.tender_id = questions.tender_id AND answer.number = questions.number
    )
);

-- A paper is its tender's buyer's; a letter on paper is its bidder's as well. What is public is read in nobody's name.
ALTER TABLE papers ENABLE ROW LEVEL SECURITY;
ALTER TABLE papers FORCE ROW LEVEL SECURITY;
CREATE POLICY papers_are_for_their_parties ON papers USING (
    (SELECT tenant()) IS NULL
    OR EXISTS (
        SELECT FROM tenders AS tender WHERE tender.id = papers.tender_id AND tender.buyer_id = (SELECT tenant())
    )
    OR papers.kind = 'letter' AND EXISTS (
        SELECT FROM bids AS bid WHERE bid.id = papers.about_id AND bid.supplier_id = (SELECT tenant())
    )
);

-- The rest goes by the bid, the lot, the tender or the buyer that a row names, or by another row that is walled itself.
DO $$
DECLARE
    walled text;
    mine text := '(SELECT tenant())';
    of_bid text := 'EXISTS (
        SELECT FROM bids AS bid
        INNER JOIN lots AS lot ON bid.lot_id = lot.id
        INNER JOIN tenders AS tender ON lot.tender_id = tender.id
        WHERE bid.id = %1$I.bid_id AND (tender.buyer_id = %2$s%3$s)
    )';
    of_lot text := 'EXISTS (
        SELECT FROM lots AS lot
        INNER JOIN tenders AS tender ON lot.tender_id = tender.id
        WHERE lot.id = %1$I.lot_id AND tender.buyer_id = %2$s
    )';
    of_tender text := 'EXISTS (
        SELECT FROM tenders AS tender WHERE tender.id = %1$I.tender_id AND tender.buyer_id = %2$s
    )';
    of_buyer text := '%1$I.buyer_id = %2$s';
    of_file text := 'EXISTS (SELECT FROM spend_files AS file WHERE file.id = %1$I.file_id)';
    of_analysis text := 'EXISTS (SELECT FROM spend_analyses AS asked WHERE asked.id = %1$I.analysis_id)';
    of_paper text := 'EXISTS (SELECT FROM papers AS paper WHERE paper.id = %1$I.paper_id)';
    of_clarification text := 'EXISTS (SELECT FROM clarifications AS asked WHERE asked.id = %1$I.clarification_id)';
    of_meeting text := 'EXISTS (SELECT FROM meetings AS held WHERE held.id = %1$I.meeting_id)';
    condition text;
    whose text;
BEGIN
    FOR walled, whose IN
        SELECT named.walled, named.whose
        FROM (VALUES
            ('bid_versions', 'parties'), ('bid_documents', 'parties'), ('opened_documents', 'parties'),
            ('opened_bids', 'parties'), ('opened_prices', 'parties'), ('sent_letters', 'parties'),
            ('clarifications', 'parties'), ('clarification_answers', 'clarification'),
            ('sealed_envelopes', 'bid'), ('panel_scores', 'bid'), ('score_drafts', 'bid'), ('consensus_scores', 'bid'),
            ('bid_states', 'bid'), ('selection_decisions', 'bid'), ('abnormally_low_assessments', 'bid'),
            ('abnormally_low_decisions', 'bid'),
            ('letter_texts', 'lot'), ('letter_redactions', 'lot'), ('evaluations', 'lot'), ('meetings', 'lot'),
            ('meeting_items', 'meeting'), ('simulations', 'tender'), ('report_parts', 'tender'),
            ('paper_files', 'paper'), ('spend_findings', 'tender'), ('spend_files', 'buyer'),
            ('spend_answers', 'buyer'), ('spend_analyses', 'buyer'), ('spend_mappings', 'file'),
            ('spend_imports', 'file'), ('spend_results', 'analysis'), ('spend_reports', 'analysis')
        ) AS named (walled, whose)
    LOOP
        condition := CASE whose
            WHEN 'parties' THEN format(of_bid, walled, mine, ' OR bid.supplier_id = ' || mine)
            WHEN 'bid' THEN format(of_bid, walled, mine, '')
            WHEN 'lot' THEN format(of_lot, walled, mine)
            WHEN 'tender' THEN format(of_tender, walled, mine)
            WHEN 'buyer' THEN format(of_buyer, walled, mine)
            WHEN 'file' THEN format(of_file, walled)
            WHEN 'analysis' THEN format(of_analysis, walled)
            WHEN 'paper' THEN format(of_paper, walled)
            WHEN 'clarification' THEN format(of_clarification, walled)
            WHEN 'meeting' THEN format(of_meeting, walled)
        END;
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', walled);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', walled);
        EXECUTE format(
            'CREATE POLICY %I ON %I USING (%s IS NULL OR %s)',
            walled || '_are_for_their_' || CASE WHEN whose IN ('parties', 'clarification', 'paper') THEN 'parties' ELSE 'buyer' END,
            walled, mine, condition
        );
    END LOOP;
END
$$;

-- A view asks with the rights of who reads it, not of who made it.
ALTER VIEW framework_suppliers SET (security_invoker = TRUE);
ALTER VIEW officers_acts SET (security_invoker = TRUE);
ALTER VIEW seats_in_force SET (security_invoker = TRUE);
GRANT SELECT ON price_opening_acts TO tenderscore_opening;
-- What the policy on bids asks.
GRANT SELECT ON award_decisions, framework_places TO tenderscore_opening;
