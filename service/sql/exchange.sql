-- name: list_tables(tender_id)
-- What is stored about a tender, table by table as JSON, without keys, envelopes, drafts and what is a file of its own.
WITH own_lots AS (
    SELECT lot.id FROM lots AS lot WHERE lot.tender_id = :tender_id::uuid
), own_bids AS (
    SELECT bid.id, bid.supplier_id FROM bids AS bid INNER JOIN own_lots AS lot ON bid.lot_id = lot.id
)

SELECT
    'tender' AS name,
    jsonb_agg(to_jsonb(row) || jsonb_build_object('estimated_value', row.estimated_value::text))::text AS rows
FROM tenders AS row
WHERE row.id = :tender_id::uuid
UNION ALL

SELECT 'organisations' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.id)::text AS rows
FROM organisations AS row
WHERE
    row.id IN (SELECT bid.supplier_id FROM own_bids AS bid)
    OR row.id IN (SELECT tender.buyer_id FROM tenders AS tender WHERE tender.id = :tender_id::uuid)
UNION ALL

SELECT 'people' AS name, jsonb_agg(jsonb_build_object('id', row.id, 'name', row.name) ORDER BY row.id)::text AS rows
FROM people AS row
WHERE
    row.id IN (SELECT held.person_id FROM tender_roles AS held WHERE held.tender_id = :tender_id::uuid)
    OR row.id IN (SELECT tender.author_id FROM tenders AS tender WHERE tender.id = :tender_id::uuid)
    OR row.id IN (
        SELECT seat.person_id FROM seats AS seat INNER JOIN own_lots AS lot ON seat.lot_id = lot.id
    )
UNION ALL

SELECT 'bids' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.lot_id, row.id)::text AS rows
FROM bids AS row
WHERE row.id IN (SELECT bid.id FROM own_bids AS bid)
UNION ALL

SELECT 'abnormally_low_assessments' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.bid_id, row.number)::text AS rows
FROM abnormally_low_assessments AS row
WHERE row.bid_id IN (SELECT bid.id FROM own_bids AS bid)
UNION ALL

SELECT 'abnormally_low_decisions' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.bid_id, row.number)::text AS rows
FROM abnormally_low_decisions AS row
WHERE row.bid_id IN (SELECT bid.id FROM own_bids AS bid)
UNION ALL

SELECT 'award_annulments' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.lot_id, row.number)::text AS rows
FROM award_annulments AS row
WHERE row.lot_id IN (SELECT lot.id FROM own_lots AS lot)
UNION ALL

SELECT 'award_decisions' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.lot_id, row.number)::text AS rows
FROM award_decisions AS row
WHERE row.lot_id IN (SELECT lot.id FROM own_lots AS lot)
UNION ALL

SELECT 'award_notices' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.lot_id, row.award_number)::text AS rows
FROM award_notices AS row
WHERE row.lot_id IN (SELECT lot.id FROM own_lots AS lot)
UNION ALL

SELECT 'bid_documents' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.bid_id, row.version, row.document_id)::text AS rows
FROM bid_documents AS row
WHERE row.bid_id IN (SELECT bid.id FROM own_bids AS bid)
UNION ALL

SELECT 'bid_parties' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.bid_id, row.number)::text AS rows
FROM bid_parties AS row
WHERE row.bid_id IN (SELECT bid.id FROM own_bids AS bid)
UNION ALL

SELECT 'bid_states' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.bid_id, row.number)::text AS rows
FROM bid_states AS row
WHERE row.bid_id IN (SELECT bid.id FROM own_bids AS bid)
UNION ALL

SELECT 'bid_versions' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.bid_id, row.version)::text AS rows
FROM bid_versions AS row
WHERE row.bid_id IN (SELECT bid.id FROM own_bids AS bid)
UNION ALL

SELECT 'cancellations' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.lot_id)::text AS rows
FROM cancellations AS row
WHERE row.lot_id IN (SELECT lot.id FROM own_lots AS lot)
UNION ALL

SELECT 'clarification_answers' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.clarification_id)::text AS rows
FROM clarification_answers AS row
WHERE row.clarification_id IN (
        SELECT asked.id FROM clarifications AS asked INNER JOIN own_bids AS bid ON asked.bid_id = bid.id
    )
UNION ALL

SELECT 'clarifications' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.bid_id, row.number)::text AS rows
FROM clarifications AS row
WHERE row.bid_id IN (SELECT bid.id FROM own_bids AS bid)
UNION ALL

SELECT 'consensus_locks' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.lot_id)::text AS rows
FROM consensus_locks AS row
WHERE row.lot_id IN (SELECT lot.id FROM own_lots AS lot)
UNION ALL

SELECT 'consensus_scores' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.bid_id, row.criterion_id, row.version)::text AS rows
FROM consensus_scores AS row
WHERE row.bid_id IN (SELECT bid.id FROM own_bids AS bid)
UNION ALL

SELECT 'contracts' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.lot_id, row.award_number)::text AS rows
FROM contracts AS row
WHERE row.lot_id IN (SELECT lot.id FROM own_lots AS lot)
UNION ALL

SELECT 'correction_decisions' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.clarification_id)::text AS rows
FROM correction_decisions AS row
WHERE row.clarification_id IN (
        SELECT asked.id FROM clarifications AS asked INNER JOIN own_bids AS bid ON asked.bid_id = bid.id
    )
UNION ALL

SELECT 'corrections' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.bid_id, row.clarification_id)::text AS rows
FROM corrections AS row
WHERE row.bid_id IN (SELECT bid.id FROM own_bids AS bid)
UNION ALL

SELECT 'corrigenda' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.number)::text AS rows
FROM corrigenda AS row
WHERE row.tender_id = :tender_id::uuid
UNION ALL

SELECT 'corrigendum_decisions' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.number)::text AS rows
FROM corrigendum_decisions AS row
WHERE row.tender_id = :tender_id::uuid
UNION ALL

SELECT 'corrigendum_proposals' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.number)::text AS rows
FROM corrigendum_proposals AS row
WHERE row.tender_id = :tender_id::uuid
UNION ALL

SELECT 'criterion_locks' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.lot_id, row.criterion_id, row.number)::text AS rows
FROM criterion_locks AS row
WHERE row.lot_id IN (SELECT lot.id FROM own_lots AS lot)
UNION ALL

SELECT 'criterion_unlocks' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.lot_id, row.criterion_id, row.number)::text AS rows
FROM criterion_unlocks AS row
WHERE row.lot_id IN (SELECT lot.id FROM own_lots AS lot)
UNION ALL

SELECT 'declaration_decisions' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.person_id, row.number)::text AS rows
FROM declaration_decisions AS row
WHERE row.tender_id = :tender_id::uuid
UNION ALL

SELECT 'declarations' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.person_id, row.number)::text AS rows
FROM declarations AS row
WHERE row.tender_id = :tender_id::uuid
UNION ALL

SELECT 'drawn_lots' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.lot_id)::text AS rows
FROM drawn_lots AS row
WHERE row.lot_id IN (SELECT lot.id FROM own_lots AS lot)
UNION ALL

SELECT 'evaluations' AS name, jsonb_agg(to_jsonb(row) - 'canonical' ORDER BY row.lot_id, row.number)::text AS rows
FROM evaluations AS row
WHERE row.lot_id IN (SELECT lot.id FROM own_lots AS lot)
UNION ALL

SELECT 'legal_holds' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.number)::text AS rows
FROM legal_holds AS row
WHERE row.tender_id = :tender_id::uuid
UNION ALL

SELECT 'letter_redactions' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.lot_id, row.bid_id, row.field, row.version)::text AS rows
FROM letter_redactions AS row
WHERE row.lot_id IN (SELECT lot.id FROM own_lots AS lot)
UNION ALL

SELECT 'lots' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.number)::text AS rows
FROM lots AS row
WHERE row.tender_id = :tender_id::uuid
UNION ALL

SELECT 'meeting_items' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.meeting_id, row.bid_id, row.criterion_id)::text AS rows
FROM meeting_items AS row
WHERE row.meeting_id IN (
        SELECT held.id FROM meetings AS held INNER JOIN own_lots AS lot ON held.lot_id = lot.id
    )
UNION ALL

SELECT 'meetings' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.lot_id, row.number)::text AS rows
FROM meetings AS row
WHERE row.lot_id IN (SELECT lot.id FROM own_lots AS lot)
UNION ALL

SELECT 'opened_bids' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.lot_id, row.bid_id)::text AS rows
FROM opened_bids AS row
WHERE row.lot_id IN (SELECT lot.id FROM own_lots AS lot)
UNION ALL

SELECT 'opened_prices' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.lot_id, row.bid_id)::text AS rows
FROM opened_prices AS row
WHERE row.lot_id IN (SELECT lot.id FROM own_lots AS lot)
UNION ALL

SELECT 'opening_acts' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.lot_id, row.acted_at, row.person_id)::text AS rows
FROM opening_acts AS row
WHERE row.lot_id IN (SELECT lot.id FROM own_lots AS lot)
UNION ALL

SELECT 'panel_scores' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.bid_id, row.criterion_id, row.person_id, row.version)::text AS rows
FROM panel_scores AS row
WHERE row.bid_id IN (SELECT bid.id FROM own_bids AS bid)
UNION ALL

SELECT 'panels' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.lot_id, row.version)::text AS rows
FROM panels AS row
WHERE row.lot_id IN (SELECT lot.id FROM own_lots AS lot)
UNION ALL

SELECT 'price_opening_acts' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.lot_id, row.acted_at, row.person_id)::text AS rows
FROM price_opening_acts AS row
WHERE row.lot_id IN (SELECT lot.id FROM own_lots AS lot)
UNION ALL

SELECT 'question_answers' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.number, row.version)::text AS rows
FROM question_answers AS row
WHERE row.tender_id = :tender_id::uuid
UNION ALL

SELECT 'questions' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.number)::text AS rows
FROM questions AS row
WHERE row.tender_id = :tender_id::uuid
UNION ALL

SELECT 'recommendation_rejections' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.lot_id, row.number)::text AS rows
FROM recommendation_rejections AS row
WHERE row.lot_id IN (SELECT lot.id FROM own_lots AS lot)
UNION ALL

SELECT 'recommendations' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.lot_id, row.number)::text AS rows
FROM recommendations AS row
WHERE row.lot_id IN (SELECT lot.id FROM own_lots AS lot)
UNION ALL

SELECT 'report_texts' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.field, row.version)::text AS rows
FROM report_texts AS row
WHERE row.tender_id = :tender_id::uuid
UNION ALL

SELECT 'retention_periods' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.number)::text AS rows
FROM retention_periods AS row
WHERE row.tender_id = :tender_id::uuid
UNION ALL

SELECT 'seat_endings' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.seat_id)::text AS rows
FROM seat_endings AS row
WHERE row.seat_id IN (
        SELECT seat.id FROM seats AS seat INNER JOIN own_lots AS lot ON seat.lot_id = lot.id
    )
UNION ALL

SELECT 'seats' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.lot_id, row.criterion_id, row.seated_at, row.id)::text AS rows
FROM seats AS row
WHERE row.lot_id IN (SELECT lot.id FROM own_lots AS lot)
UNION ALL

SELECT 'selection_decisions' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.bid_id, row.number)::text AS rows
FROM selection_decisions AS row
WHERE row.bid_id IN (SELECT bid.id FROM own_bids AS bid)
UNION ALL

SELECT 'sent_letters' AS name, jsonb_agg(to_jsonb(row) - 'canonical' ORDER BY row.lot_id, row.award_number, row.bid_id)::text AS rows
FROM sent_letters AS row
WHERE row.lot_id IN (SELECT lot.id FROM own_lots AS lot)
UNION ALL

SELECT 'standstills' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.lot_id, row.award_number)::text AS rows
FROM standstills AS row
WHERE row.lot_id IN (SELECT lot.id FROM own_lots AS lot)
UNION ALL

SELECT 'technical_outcomes' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.lot_id, row.bid_id)::text AS rows
FROM technical_outcomes AS row
WHERE row.lot_id IN (SELECT lot.id FROM own_lots AS lot)
UNION ALL

SELECT 'tender_requirements' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.version)::text AS rows
FROM tender_requirements AS row
WHERE row.tender_id = :tender_id::uuid
UNION ALL

SELECT 'tender_roles' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.granted_at, row.person_id, row.role)::text AS rows
FROM tender_roles AS row
WHERE row.tender_id = :tender_id::uuid
UNION ALL

SELECT 'trainings' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.recorded_at, row.id)::text AS rows
FROM trainings AS row
WHERE row.tender_id = :tender_id::uuid
UNION ALL

SELECT 'unopenable_findings' AS name, jsonb_agg(to_jsonb(row) ORDER BY row.lot_id, row.bid_id, row.envelope, row.found_at)::text AS rows
FROM unopenable_findings AS row
WHERE row.lot_id IN (SELECT lot.id FROM own_lots AS lot)
ORDER BY name
LIMIT 1000;

-- name: list_files(tender_id)
-- What a tender has left as files: results, letters, reports, papers, records; the log has the digest of each.
WITH own_lots AS (
    SELECT lot.id FROM lots AS lot WHERE lot.tender_id = :tender_id::uuid
)

SELECT 'evaluations/' || run.id || '.json' AS path, 'evaluation' AS kind, run.id AS of_id, '' AS lang, 0 AS number
FROM evaluations AS run
INNER JOIN own_lots AS lot ON run.lot_id = lot.id
UNION ALL
SELECT 'letters/' || sent.bid_id || '-' || sent.award_number || '.json', 'letter', sent.bid_id, '', sent.award_number
FROM sent_letters AS sent
INNER JOIN own_lots AS lot ON sent.lot_id = lot.id
UNION ALL
SELECT 'papers/report-' || made.evaluation_id || '-' || made.lang || '.pdf', 'report', made.evaluation_id, made.lang, 0
FROM reports AS made
INNER JOIN evaluations AS run ON made.evaluation_id = run.id
INNER JOIN own_lots AS lot ON run.lot_id = lot.id
UNION ALL
SELECT 'papers/' || paper.kind || '-' || paper.id || '-' || paper.lang || '.pdf', 'paper', paper.id, paper.lang, 0
FROM papers AS paper
INNER JOIN paper_files AS made ON paper.id = made.paper_id
WHERE paper.tender_id = :tender_id::uuid
UNION ALL
SELECT 'papers/record-' || asked.id || '.pdf', 'record', asked.id, '', 0
FROM record_files AS asked
INNER JOIN record_file_contents AS made ON asked.id = made.record_file_id
WHERE asked.tender_id = :tender_id::uuid
ORDER BY path
LIMIT 1000000;

-- name: read_file(kind, of_id, lang, number)$
-- The bytes of one of those files.
SELECT run.canonical FROM evaluations AS run WHERE :kind::text = 'evaluation' AND run.id = :of_id::uuid
UNION ALL
SELECT sent.canonical FROM sent_letters AS sent
WHERE :kind::text = 'letter' AND sent.bid_id = :of_id::uuid AND sent.award_number = :number::int
UNION ALL
SELECT made.pdf FROM reports AS made
WHERE :kind::text = 'report' AND made.evaluation_id = :of_id::uuid AND made.lang = :lang::text
UNION ALL
SELECT made.pdf FROM paper_files AS made WHERE :kind::text = 'paper' AND made.paper_id = :of_id::uuid
UNION ALL
SELECT made.pdf FROM record_file_contents AS made WHERE :kind::text = 'record' AND made.record_file_id = :of_id::uuid;

-- name: list_documents(tender_id)
-- The opened documents that the bids of a tender name, where each can be read.
SELECT bid.id AS bid_id, opened.document_id
FROM opened_documents AS opened
INNER JOIN bids AS bid ON opened.bid_id = bid.id
INNER JOIN bid_documents AS named
    ON bid.id = named.bid_id AND bid.version = named.version AND opened.document_id = named.document_id
INNER JOIN lots AS lot ON bid.lot_id = lot.id
WHERE lot.tender_id = :tender_id::uuid AND opened.content_key IS NOT NULL
ORDER BY bid.id, opened.document_id
LIMIT 1000000;
